"""A process that dies takes nothing with it but what killed it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from untag.crew import apart, shared
from untag.gap import Limits, Reason
from untag.outcome import unpack
from untag.sources import Entry, choose
from untag.work import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.recall import Done

TAG = "struct Face {\n    int age;\n    bool isUyghur;\n};\n"


class Fragile(Worker):
    """A worker whose process is killed by what a file is called, as a library's crash would."""

    def read(self, batch: Iterable[tuple[int, Entry]]) -> list[Done]:
        rows = list(batch)
        if any("deadly" in entry.place.chain[0] for _, entry in rows):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(rows)


def make() -> Worker:
    def guard(step: Callable[[], None]) -> str | None:
        step()
        return None

    return Fragile(Limits(), sieve=True, engine=None, guard=guard)


def entries(root: Path, *, deadly: Iterable[int], count: int = 40) -> list[tuple[int, Entry]]:
    for number in range(count):
        name = f"deadly{number:02}.h" if number in deadly else f"face{number:02}.h"
        (root / name).write_text(TAG.replace("age", f"age{number}"))
    found = [e for e in choose(str(root)).walk(str(root), 0, respect_ignore=False) if isinstance(e, Entry)]
    return list(enumerate(sorted(found, key=lambda e: e.place.sort)))


def batches(rows: list[tuple[int, Entry]], size: int = 6) -> Iterator[list[tuple[int, Entry]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The sieve, which each process that is forked would load for itself."""
    make().read(entries(tmp_path_factory.mktemp("one"), deadly=(), count=1))


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("share", [apart, partial(shared, jobs=1), partial(shared, jobs=2), partial(shared, jobs=5)])
@pytest.mark.parametrize("deadly", [(), (0,), (39,), (3, 4, 17, 18, 30)])
def test_what_kills_its_process_is_a_gap_and_the_rest_is_read(
    tmp_path: Path, share: Callable[..., Iterator[list[Done]]], deadly: tuple[int, ...]
) -> None:
    rows = entries(tmp_path, deadly=deadly)
    done = sorted((one for batch in share(batches(rows), make) for one in batch), key=lambda d: d.number)
    assert [d.number for d in done] == [number for number, _ in rows]
    for one, (_, entry) in zip(done, rows, strict=True):
        outcome = unpack(one.blob, entry.place, one.size)
        name = entry.place.chain[0]
        if "deadly" in name:
            assert [g.reason for g in outcome.gaps] == [Reason.CRASH]
            assert "died" in outcome.gaps[0].detail
            assert not outcome.sheets
            assert outcome.gap_bytes == entry.size
            assert not one.keep
        else:
            assert not outcome.gaps
            assert outcome.sheets


def children(pid: int) -> list[int]:
    return [int(c) for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to see the processes of a scan")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_scan_whose_process_is_killed_tells_all_that_the_undisturbed_one_tells(tmp_path: Path, jobs: str) -> None:
    """What killed it is not in the files here, so that what was lost is read again without a gap."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(450):
        (tree / f"face{number:03}.h").write_text(TAG.replace("age", f"age{number}"))
    command = [sys.executable, "-m", "untag", "scan", str(tree), "--jobs", jobs, "--format", "json", "--no-cache"]
    whole = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    killed, out = 0, ""
    for _ in range(9):  # where the machine is slow to look, it may have ended
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not killed:
            time.sleep(0.01)
            # It may end between the two.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for child in children(process.pid)[:1]:
                    os.kill(child, signal.SIGKILL)
                    killed = child
        out, _ = process.communicate(timeout=120)
        if killed:
            break
    assert killed
    told = json.loads(out)
    del told["run"], whole["run"]
    assert told == whole


COUNTS = """
import ctypes
from untag.crew import thrifty
class Info(ctypes.Structure):  # of malloc.h; the fourth counts the pieces that are given back when they are freed
    _fields_ = [(name, ctypes.c_size_t) for name in "abcdefghij"]
library = ctypes.CDLL(None)
library.mallinfo2.restype = Info
thrifty()
bytearray(16 << 20)  # without a bound, all below this size is kept from here on
before = library.mallinfo2().d
kept = [bytearray(2 << 20) for _ in range(8)]
print(library.mallinfo2().d - before)
"""


def test_large_pieces_of_memory_are_given_back() -> None:
    """Of itself glibc keeps more and more: a process that read thousands of blobs had grown to three times its size."""
    import ctypes

    if sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("not the C library of GNU")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", COUNTS], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.split() == ["8"]
