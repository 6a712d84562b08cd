"""Safety proof over all specimens and over traps: reading starts no program and opens no socket.

It writes nowhere but to the cache and the report, and imports nothing that an input names. Shown twice: by the audit
hooks of Python, which see what is imported and unpickled, and by the system calls, which see what libraries in C do.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

import servers

#: Of our own processes, with more than one.
SEMAPHORES = "/dev/shm/sem."  # noqa: S108 - nothing is written there
SPECIMENS = Path(__file__).parent / "specimens" / "readers"
#: Runs the command line and writes down what Python's audit hooks tell (docs.python.org, "Audit events table").
WATCH = r"""
import os, sys
log = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
STARTS = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "pty.spawn")
NET = ("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "telnetlib.", "webbrowser.")
FILES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown",
         "os.truncate", "os.setxattr", "os.removexattr", "os.utime", "shutil.", "tempfile.", "sqlite3.connect")
CODE = ("pickle.find_class", "marshal.load", "ctypes.dlopen", "code.__new__", "sqlite3.enable_load_extension",
        "sqlite3.load_extension", "import")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
def hook(event, args):
    if event == "open":
        flags = args[2] if isinstance(args[2], int) else 0
        mode = args[1] or ""
        if flags & WRITES or set(mode) & set("wax+"):
            os.write(log, f"write\t{args[0]!r}\n".encode("utf-8", "backslashreplace"))
    elif event.startswith(STARTS + NET + FILES + CODE):
        what = os.fspath(args[0]) if hasattr(args[0], "__fspath__") else args[0]
        os.write(log, f"{event}\t{what!r}\n".encode("utf-8", "backslashreplace"))
sys.addaudithook(hook)
from untag.__main__ import main
main()
"""


class _Trap:
    """Unpickled, it would import and call."""

    def __init__(self, call: Any, *given: object) -> None:
        self.call, self.given = call, given

    def __reduce__(self) -> Any:
        return self.call, self.given


def trap(folder: Path) -> bytes:
    """A pickle that touches a file, starts a program, and imports a module that lies beside it."""
    marks = [_Trap(os.system, f"touch {folder / 'ran'}"), _Trap(subprocess.Popen, ["true"])]
    raw = pickle.dumps({"race": ["asian", "black", "white"], "face_age": 1, "do": marks}, 2)
    # The class of a module that is on the path of imports, as the working directory is.
    named = b"cuntag_trap_module\nRace\n)R."
    return raw[:-1] + b"0" + named


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All specimens, and traps: what would start, import, connect or write if it were obeyed."""
    root = tmp_path_factory.mktemp("corpus")
    shutil.copytree(SPECIMENS, root / "specimens")
    traps = root / "traps"
    traps.mkdir()
    raw = trap(root)
    with tarfile.open(traps / "a.tar.gz", "w:gz") as tar:
        for name in ("../../outside.pkl", f"{root}/absolute.pkl", "inside.pkl"):
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with zipfile.ZipFile(traps / "a.zip", "w") as archive:
        archive.writestr("../../outside.pkl", raw)
        archive.writestr("model/data.pkl", raw)
    for name in ("a.pkl", "a.joblib", "a.pt", "a.sav"):
        (traps / name).write_bytes(raw)
    (traps / "untag_trap_module.py").write_text(f"open({str(root / 'imported')!r}, 'w')\n", "utf-8")
    (traps / "conftest.py").write_text("raise SystemExit('race ethnicity face')\n", "utf-8")
    (traps / "setup.py").write_text(f"open({str(root / 'imported')!r}, 'w')  # face ethnicity\n", "utf-8")
    (traps / "sitecustomize.py").write_text(f"open({str(root / 'imported')!r}, 'w')\n", "utf-8")
    (traps / "a.xml").write_text(
        '<!DOCTYPE f [<!ENTITY e SYSTEM "http://127.0.0.1:9/x"><!ENTITY g SYSTEM "file:///etc/passwd">]>\n'
        "<face><ethnicity>&e;&g;</ethnicity></face>\n", "utf-8"
    )  # fmt: skip
    (traps / "a.yaml").write_text("face:\n  ethnicity: !!python/object/apply:os.system ['touch ran']\n", "utf-8")
    (traps / "a.json").write_text('{"$ref": "http://127.0.0.1:9/face.json#/ethnicity", "face": "ethnicity"}\n', "utf-8")
    (traps / ".gitattributes").write_text("* filter=run\n", "utf-8")
    return root


def scanned(folder: Path, out: Path, compiled: Path | None, *more: str) -> tuple[list[str], dict[str, str]]:
    """A command that scans a folder, and its environment; without a compiled lexicon it makes it."""
    cache = out / "cache"
    if compiled is None:
        cache.mkdir()
    else:
        shutil.copytree(compiled, cache)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UNTAG", "PYTEST", "COV"))}
    env = {**kept, "UNTAG_CACHE": str(cache), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    args = ["scan", str(folder), "--format", "json", "-o", str(out / "report.json"), "-q", *more]
    return args, env


def allowed(path: str, out: Path) -> bool:
    """Whether something may be written there: the cache, the report and what stands beside it until it is whole."""
    real = os.path.realpath(path)
    return real.startswith((f"{out / 'cache'}/", str(out / ".untag-"), "/dev/null")) or real in {
        str(out), str(out / "cache"), str(out / "report.json"),
    }  # fmt: skip


def unharmed(corpus: Path, out: Path) -> None:
    assert not (corpus / "ran").exists()
    assert not (corpus / "imported").exists()
    assert not list(corpus.parent.glob("outside*"))
    report = json.loads((out / "report.json").read_text("utf-8"))
    found = {f["place"]["chain"][0] for f in report["findings"]}
    assert {n for n in found if n.startswith("traps/")} >= {"traps/a.pkl", "traps/a.zip", "traps/a.tar.gz"}
    assert len(found) > 100
    assert "crash" not in {g["reason"] for g in report["gaps"]}


@pytest.mark.slow
@pytest.mark.parametrize("sieve", [True, False])
def test_audit_hooks_tell_of_nothing(corpus: Path, compiled: Path, tmp_path: Path, sieve: bool) -> None:
    more = [] if sieve else ["--no-sieve"]
    args, env = scanned(corpus, tmp_path, None if sieve else compiled, "--jobs", "1", *more)
    watch, log = tmp_path / "watch.py", tmp_path / "log"
    watch.write_text(WATCH, "utf-8")
    done = subprocess.run(
        [sys.executable, str(watch), str(log), *args], env=env, cwd=corpus / "traps", capture_output=True, timeout=900
    )
    assert done.returncode == 1, done.stderr.decode()
    unharmed(corpus, tmp_path)
    rows = [line.split("\t", 1) for line in log.read_text("utf-8").splitlines()]
    told: dict[str, set[str]] = {}
    for event, what in rows:
        told.setdefault(event, set()).add(what)
    imported = {name.strip("'\"") for name in told.pop("import", set())}
    assert not [n for n in imported if "trap" in n or n in {"conftest", "setup", "sitecustomize", "Race"}]
    assert not {name.partition(".")[0] for name in imported} & {"torch", "joblib", "sklearn", "requests", "pip"}
    # What the lexicon's tables are kept as, in the cache, behind a checksum; never a byte of an input.
    told.pop("marshal.loads", None)
    told.pop("marshal.load", None)
    # Made by dataclasses and by the standard library, while they are imported.
    told.pop("code.__new__", None)
    libraries = {what for what in told.pop("ctypes.dlopen", set()) if what != "None"}
    assert not [what for what in libraries if "archive" not in what], libraries
    told.pop("sqlite3.connect/handle", None)  # the object behind what ``sqlite3.connect`` told
    places = {(event, what) for event in told for what in told[event]}
    files = {event for event in told if event in {"write", "sqlite3.connect"} or event.startswith(("os.", "tempfile."))}
    assert set(told) <= files, {k: v for k, v in told.items() if k not in files}
    assert not {e for e in told if e.startswith(("os.system", "os.exec", "os.posix_spawn", "os.spawn"))}
    bad = [(e, p) for e, p in places if not re.fullmatch(r"-?\d+", p) and not allowed(p.strip("'\""), tmp_path)]
    assert not bad


CALLS = (
    "execve,execveat,socket,socketpair,connect,bind,listen,sendto,sendmsg,openat,open,openat2,creat,unlink,unlinkat,"
    "rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,chmod,fchmodat,chown,fchownat,truncate,"
    "mknod,mknodat,utimensat,setxattr,mount,ptrace"
)
_CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+|\?)")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_system_calls_tell_of_nothing(corpus: Path, compiled: Path, tmp_path: Path, jobs: str) -> None:
    strace = servers.program("strace", "/usr/bin")
    probe = subprocess.run([strace, "-f", "-o", "/dev/null", "true"], capture_output=True)
    if probe.returncode:
        pytest.skip(f"strace may not trace here: {probe.stderr.decode()[:100]}")
    args, env = scanned(corpus, tmp_path, None if jobs == "1" else compiled, "--jobs", jobs)
    log = tmp_path / "log"
    command = [strace, "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-e", "signal=none", "-o",
               str(log), sys.executable, "-m", "untag", *args]  # fmt: skip
    done = subprocess.run(command, env=env, cwd=corpus / "traps", capture_output=True, timeout=900)
    assert done.returncode == 1, done.stderr.decode()
    unharmed(corpus, tmp_path)
    calls = [found.groups() for line in log.read_text("utf-8", "replace").splitlines() if (found := _CALL.match(line))]
    done_well = [(name, given) for name, given, code in calls if not code.startswith("-")]
    assert [given for name, given in done_well if name.startswith("exec")][1:] == []
    net = {"socket", "socketpair", "connect", "bind", "listen", "sendto", "sendmsg"}
    assert [row for row in calls if row[0] in net] == []
    assert [row for row in calls if row[0] in {"mount", "ptrace", "mknod", "mknodat"}] == []
    bad = []
    for name, given in done_well:
        reads = name.startswith("open") and not re.search(r"O_(?:WRONLY|RDWR|CREAT|TRUNC)", given)
        if name.startswith("exec") or reads:
            continue
        names = re.findall(r'"((?:[^"\\]|\\.)*)"', given)
        bad += [(name, p) for p in names if not allowed(p, tmp_path) and not p.startswith(SEMAPHORES)]
    assert not bad
