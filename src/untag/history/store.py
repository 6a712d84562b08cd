"""The object store of a git repository, read through git itself, which sees nothing of the repository but its objects.

A repository is hostile input: its configuration can start programs, its hooks and filters are programs, and its
alternates lead anywhere. So git never sees it. It is given a private, empty repository in a temporary folder, in which
links lead to those packs and loose objects that were looked at one by one; no configuration, attribute, hook, graft,
replacement, alternate, index, bitmap or commit graph of the input is there. Git is started with fixed arguments, no
protocol is allowed, and nothing is ever checked out.
"""
# ruff: noqa: PTH100, PTH102, PTH103, PTH117, PTH118, PTH120, PTH211

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
from functools import cache
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from types import TracebackType

__all__ = ["Store", "git"]

#: Ids asked for at once: so many fit the buffer of a pipe, and writing them never waits for reading.
ASKED = 900
#: Objects of a pack that may fail before the rest is given up.
DEATHS = 64
_PACK = re.compile(r"pack-[0-9a-f]{40,64}\.(?:pack|idx)")
_LOOSE = re.compile(r"[0-9a-f]{38}(?:[0-9a-f]{24})?")
_HEX = "0123456789abcdef"
#: How private folders are called, and seconds in which one is made and locked.
_NAME, _FRESH = "untag-git-", 60
_FIXED = (
    "--no-pager", "--no-replace-objects",
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never",
    "-c", "safe.directory=*", "-c", "core.commitGraph=false", "-c", "core.multiPackIndex=false",
    "-c", "core.bigFileThreshold=16m", "-c", "core.deltaBaseCacheLimit=32m", "-c", "gc.auto=0",
    "-c", "core.packedGitWindowSize=2m", "-c", "core.packedGitLimit=32m",
    "-c", "core.warnAmbiguousRefs=false",
)  # fmt: skip


def git() -> str:
    """The program, by its absolute path; nothing where it is not installed."""
    found = shutil.which("git", path=os.environ.get("PATH", os.defpath))
    return os.path.abspath(found) if found and os.path.isabs(found) else ""


class _Short(OSError):  # noqa: N818 - a state of the input
    """An object that was answered had fewer bytes than git said."""


class Store:
    """Objects by id. Can be sent to another process, where it starts a git of its own; the first one owns the folder.

    Attributes:
        home: The private folder.
        large: Where files of Git LFS are kept, or nothing.
        bytes: Bytes of the packs and loose objects that git sees.
        odd: Names in the store that are no regular files, and so are not seen.
    """

    def __init__(self, program: str, *, wide: bool = False) -> None:
        """Make the empty repository.

        Args:
            program: Path of git.
            wide: Whether ids are SHA-256.
        """
        self._program = program
        _tidy()
        self.home = tempfile.mkdtemp(prefix=_NAME)
        self._lock = _locked(self.home)
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self.large = ""
        self.bytes = 0
        self.odd = 0
        self._made: set[str] = set()
        for name in ("refs", "objects", "objects/pack"):
            os.mkdir(os.path.join(self.home, name))
        self._write("HEAD", "ref: refs/heads/none\n")
        kind = "\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n"
        self._write("config", "[core]\n\tbare = true\n" + (kind if wide else "\trepositoryformatversion = 0\n"))

    def __getstate__(self) -> dict[str, object]:
        """What another process gets: everything but a running git and the lock."""
        return {**self.__dict__, "_process": None, "_lock": -1}

    def __setstate__(self, state: dict[str, object]) -> None:
        """The way back."""
        self.__dict__.update(state)

    def __enter__(self) -> Self:
        """Nothing to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As ``close``."""
        self.close()

    def close(self) -> None:
        """Take the folder away."""
        self.stop()
        _RUNNING.pop((self.home, os.getpid()), None)
        if os.getpid() == self._owner:
            shutil.rmtree(self.home, ignore_errors=True)
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def _write(self, name: str, text: str) -> None:
        handle = os.open(os.path.join(self.home, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)

    def add(self, folder: str, *, several: bool = False) -> None:
        """Let git see the packs and loose objects of a folder; what is no regular file is left out and counted.

        Args:
            folder: An ``objects`` folder, no link.
            several: Whether another folder is added too, so that each object is shown by itself.
        """
        for name, path, mode, size in _listed(os.path.join(folder, "pack")):
            if _PACK.fullmatch(name):
                self._link(path, f"objects/pack/{name}", mode, size)
        for head in (one + two for one in _HEX for two in _HEX):
            path = os.path.join(folder, head)
            rows = _listed(path)
            plain = all(stat.S_ISREG(mode) and _LOOSE.fullmatch(name) for name, _, mode, _ in rows)
            if rows and plain and not several:
                os.symlink(os.path.realpath(path), os.path.join(self.home, "objects", head))
                self.bytes += sum(size for *_, size in rows)
                continue
            for name, file, mode, size in rows:
                if _LOOSE.fullmatch(name):
                    self._link(file, f"objects/{head}/{name}", mode, size)

    def _link(self, path: str, name: str, mode: int, size: int) -> None:
        if not stat.S_ISREG(mode):
            self.odd += 1
            return
        if name in self._made:
            return
        self._made.add(name)
        target = os.path.join(self.home, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(os.path.realpath(path), target)
        self.bytes += size

    def cut(self, commits: Iterable[str]) -> None:
        """Say at which commits history ends, since their parents are not there."""
        rows = sorted(set(commits))
        if rows:
            self._write("shallow", "".join(f"{row}\n" for row in rows))

    def start(self, *args: str, feed: bool = False) -> subprocess.Popen[bytes]:
        """Start git on the private repository.

        Args:
            args: A command of git, fixed by who calls.
            feed: Whether it reads its standard input.
        """
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"}}
        return subprocess.Popen(  # noqa: S603 - fixed arguments, by its absolute path, on nothing of the input
            [self._program, *_FIXED, *args],
            cwd=self.home,
            env={
                **kept, "GIT_DIR": self.home, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_ATTR_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "HOME": self.home,
                "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C",
            },
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=1 << 18,
        )  # fmt: skip

    def lines(self, *args: str, feed: Iterable[str] = ()) -> Generator[bytes, None, None]:
        """The lines that a command prints, as ``pieces`` without an end gives them."""
        return self.pieces(b"", *args, feed=feed)

    def pieces(self, end: bytes, *args: str, feed: Iterable[str] = (), memory: int = 0) -> Generator[bytes, None, None]:
        """What a command prints, cut.

        Args:
            end: What ends a piece, and is taken off; nothing for lines, which keep their end.
            args: A command of git.
            feed: Lines for its standard input.
            memory: Bytes that it may hold, where the system can see to that; nothing for any.

        Raises:
            OSError: It failed, after what it printed before.
        """
        with tempfile.TemporaryFile() as asked:
            for line in feed:
                asked.write(line.encode("ascii") + b"\n")
            asked.seek(0)
            process = self._fed(asked, *args)
            if memory:
                _bounded(process.pid, memory)
            out = process.stdout
            try:
                yield from (_cut(out, end) if end and out else out or ())
            finally:
                _end(process)
        if process.returncode:
            raise OSError(f"git {args[0]} ended with {process.returncode}")

    def _fed(self, asked: IO[bytes], *args: str) -> subprocess.Popen[bytes]:
        process = self.start(*args, feed=True)
        import threading

        def write() -> None:
            into = process.stdin
            try:
                if into is not None:
                    shutil.copyfileobj(asked, into)
                    into.close()
            except OSError:
                return

        threading.Thread(target=write, daemon=True).start()
        return process

    @property
    def mine(self) -> Store:
        """The store as this process reads it, with a git of its own; one that came with a batch is a description."""
        return _RUNNING.setdefault((self.home, os.getpid()), self)

    def read(self, ids: Sequence[str]) -> Iterator[tuple[str, str, int, IO[bytes] | None]]:
        """Objects one after another.

        Args:
            ids: In the order in which they are wanted; that of a pack is the fastest.

        Yields:
            Each id once, in that order: id, type, size, and a file from which exactly so many bytes must be read before
            the next one is asked for, and which ends before them where the object is damaged inside; type and file are
            empty where it is missing or not to be opened.
        """
        deaths = 0
        for start in range(0, len(ids), ASKED):
            left = list(ids[start : start + ASKED])
            while left:
                if deaths > DEATHS:
                    yield left[0], "", 0, None
                    del left[0]
                    continue
                try:
                    yield from self._answers(left)
                except _Short:
                    self.stop()
                    deaths += 1
                except (OSError, ValueError):
                    self.stop()
                    deaths += 1
                    if left:
                        yield left[0], "", 0, None
                        del left[0]

    def _answers(self, left: list[str]) -> Iterator[tuple[str, str, int, IO[bytes] | None]]:
        """Answers to some questions, which are taken off the list as they are answered."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = self.start("cat-file", "--batch", feed=True)
        into, out = process.stdin, process.stdout
        if into is None or out is None:
            raise OSError("no pipe")
        into.write("".join(f"{one}\n" for one in left).encode("ascii"))
        into.flush()
        while left:
            head = out.readline(400).split()
            if len(head) == 2 and head[1] == b"missing":
                yield left.pop(0), "", 0, None
                continue
            if len(head) != 3:
                raise OSError("no answer")
            kind, size = head[1].decode("ascii"), int(head[2])
            yield left.pop(0), kind, size, out
            if out.read(1) != b"\n":
                raise _Short("the object ended early")

    def data(self, ids: Sequence[str]) -> Iterator[tuple[str, str, bytes | None]]:
        """Whole objects: id, type and bytes; None where one is missing or damaged."""
        for name, kind, size, file in self.read(ids):
            raw = file.read(size) if file is not None else None
            yield name, kind, raw if raw is None or len(raw) == size else None

    def stop(self) -> None:
        """End the git that answers."""
        if self._process is not None:
            _end(self._process)
            self._process = None


def _locked(folder: str) -> int:
    """Lock a folder for as long as this process, or one that it forked, lives; -1 where that cannot be done."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return -1
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return -1
    return handle


@cache
def _tidy() -> None:
    """Take away, once, what scans left that were killed: own folders that nobody holds any more."""
    room = tempfile.gettempdir()
    try:
        with os.scandir(room) as rows:
            found = [(e.path, e.stat(follow_symlinks=False)) for e in rows if e.name.startswith(_NAME)]
    except OSError:
        return
    for path, info in found:
        mine = stat.S_ISDIR(info.st_mode) and info.st_uid == getattr(os, "getuid", int)()
        if mine and time.time() - info.st_mtime > _FRESH and (handle := _locked(path)) >= 0:
            shutil.rmtree(path, ignore_errors=True)
            os.close(handle)


def _bounded(number: int, memory: int) -> None:
    """Bound what a process may hold; where that cannot be done nothing is."""
    try:
        import resource

        resource.prlimit(number, resource.RLIMIT_DATA, (memory, memory))
    except (AttributeError, ImportError, OSError, ValueError):
        return


def _cut(file: IO[bytes], end: bytes) -> Iterator[bytes]:
    rest = b""
    while data := file.read(1 << 16):
        *whole, rest = (rest + data).split(end)
        yield from whole
    if rest:
        yield rest


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
    if process.poll() is None:
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _listed(folder: str) -> list[tuple[str, str, int, int]]:
    """Name, path, mode and size of what lies in a folder that is no link, sorted."""
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            return []
        with os.scandir(folder) as rows:
            found = [(e.name, e.path, (info := e.stat(follow_symlinks=False)).st_mode, info.st_size) for e in rows]
    except OSError:
        return []
    return sorted(found)


_RUNNING: dict[tuple[str, int], Store] = {}
