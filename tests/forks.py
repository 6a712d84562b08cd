"""Runs the command line in processes of its own that are forked from one which has read what all of them read first.

Each has its own arguments, environment, folder and streams, and ends by itself; what it need not do again is to import
untag and to read the lexicon. Tests of how a process starts, dies or is stopped start a whole interpreter.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What the first process does: it reads all, then it forks for each line, and answers with a number.
SERVE = r"""
import atexit, gc, io, json, os, sys, tempfile, time, traceback
from pathlib import Path

import jsonschema
from cryptography.hazmat.primitives import serialization

import untag.attest.check, untag.attest.key, untag.attest.seal, untag.strip
from untag.cli import cli
from untag.gap import Limits
from untag.sources import Entry, choose
from untag.work import Worker

with tempfile.TemporaryDirectory() as folder:
    Path(folder, "face.py").write_text("class FaceAttributes:\n    age: int\n    ethnicity: str\n", "utf-8")
    Path(folder, "face.bin").write_bytes(b"\0\1\2ethnicity of a face\0" * 9)
    out = ["-q", "--exit-zero", "--jobs", "1", "-o", os.devnull]
    cli.main(["scan", folder, *out], prog_name="untag", standalone_mode=False)
    # A scan reads in a process beside it; what that one read first is lost with it.
    entries = [e for e in choose(folder).walk(folder, 0) if isinstance(e, Entry)]
    Worker(Limits(), sieve=True, engine=None, guard=lambda step: step()).read(list(enumerate(entries)))


def begin(given):
    read, write = os.pipe()
    os.write(write, given["stdin"].encode("latin-1"))
    os.close(write)
    for number, file in enumerate((read, *(os.open(name, os.O_WRONLY) for name in given["streams"]))):
        os.dup2(file, number)
        os.close(file)
    os.chdir(given["cwd"])
    os.environ.clear()
    os.environ.update(given["env"])
    time.tzset()
    encoding = given["env"].get("PYTHONIOENCODING", "utf-8")
    stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "r", closefd=False)), encoding)
    stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding)
    stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), encoding, "backslashreplace", line_buffering=True
    )
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = stdin, stdout, stderr
    sys.argv = [sys.modules["untag"].__path__[0] + "/__main__.py", *given["args"]]


def work(given):
    code = 1
    try:
        begin(given)
        from untag.cli import main

        main()
    except SystemExit as error:
        code = error.code or 0
    except BaseException:  # an interpreter ends so: whatever it is, it is printed and the code is not 0
        traceback.print_exc()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = 120
    os._exit(code)


gc.collect()
gc.freeze()
for line in sys.stdin.buffer:
    child = os.fork()
    if not child:
        work(json.loads(line))
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
#: Seconds that one may take, and bytes that a pipe holds while nobody reads.
_LONGEST, _PIPE = 300, 4096


@cache
def _server() -> subprocess.Popen[bytes]:
    made = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def end() -> None:
        assert made.stdin is not None
        assert made.stdout is not None
        made.stdin.close()
        made.wait(60)
        made.stdout.close()

    atexit.register(end)
    return made


def run(
    args: Sequence[str | bytes | Path], cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run untag, and wait for its end.

    Args:
        args: Of the command line.
        cwd: Where it runs.
        env: All of its environment; None for that of this process.
        stdin: What it reads.
    """
    env = dict(os.environ) if env is None else dict(env)
    other = {key for key in ("UNTAG_CACHE", "PATH", "HOME") if env.get(key) != os.environ.get(key)}
    if not hasattr(os, "fork") or other or len(stdin) > _PIPE:
        command = [sys.executable, "-m", "untag", *args]
        return subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=_LONGEST)
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("out", "err")]
        for path in streams:
            path.touch()
        given = {
            "args": [os.fsdecode(arg) for arg in args],
            "cwd": os.fspath(cwd),
            "env": env,
            "stdin": stdin.decode("latin-1"),
            "streams": [str(path) for path in streams],
        }
        server.stdin.write(json.dumps(given).encode() + b"\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], _LONGEST)[0]:
            server.kill()
            raise subprocess.TimeoutExpired(list(map(str, args)), _LONGEST)
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(list(args), code, *(path.read_bytes() for path in streams))
