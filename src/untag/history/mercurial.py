"""When something was in the history of a Mercurial repository: out of its revlogs, without Mercurial.

A revision of a file tells the commit that brought it; what each head holds is told by its manifest. Source: Mercurial's
``hg help internals.revlogs``, ``internals.changegroups`` (texts of commits and manifests) and ``.hg/bookmarks``.
"""
# ruff: noqa: PTH118

from __future__ import annotations

import io
import os
import re
import stat
from collections import defaultdict
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

from untag.finding import Span
from untag.later import later
from untag.syntax import revlog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.finding import Finding
    from untag.place import Place

__all__ = ["STORE", "spans"]

#: Where revlogs lie in a repository.
STORE = ".hg/store/"
#: Bytes of an index, of all texts made of one log, and of bookmarks; names that are followed, and told.
_INDEX, _TEXTS, _NAMES, _FOLLOWED, _SHOWN = 64 << 20, 1 << 30, 1 << 20, 200, 50
_REVISION = later(r"revision (\d{1,7})/")
_ID = re.compile(rb"[0-9a-f]{40}")
_BRANCH = re.compile(rb"(?:^| |\0)branch:([^\0\n]*)")
#: What a damaged or hostile store makes of reading it; without Zstandard some cannot be read.
_FAILS = (OSError, ValueError, LookupError, revlog.Full, ImportError)


class _Log:
    """A revlog on disk."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        with _opened(path) as file:
            index = file.read(_INDEX)
        if not revlog.revlog(index):
            raise ValueError("no revlog")
        self.rows, _ = revlog.entries(index)
        inline = int.from_bytes(index[:4], "big") & revlog.INLINE
        file = io.BytesIO(index) if inline else stack.enter_context(_opened(path.removesuffix(".i") + ".d"))
        self.data = revlog.Stretches(file)
        self.number = {row.node: number for number, row in enumerate(self.rows)}

    def text(self, number: int) -> bytes:
        """A revision; nothing where it is broken."""
        return revlog.text(self.data, self.rows, number, _TEXTS) or b""


class _Commits:
    """The commits of a repository, the names that lead to them, and which of some files its heads hold.

    Args:
        folder: ``.hg``.
        wanted: Paths of the files.
        stack: Closes what is open.
    """

    def __init__(self, folder: str, wanted: Iterable[bytes], stack: ExitStack) -> None:
        self._log = _Log(os.path.join(folder, "store", "00changelog.i"), stack)
        self._manifest = _Log(os.path.join(folder, "store", "00manifest.i"), stack)
        self.rows = self._log.rows
        parents = {p for row in self.rows for p in row.parents}
        self.heads = [n for n in range(len(self.rows)) if n not in parents][-_FOLLOWED:]
        self._wanted = frozenset(wanted)
        self._held: dict[int, dict[bytes, bytes]] = {}
        self.names: dict[str, list[int]] = defaultdict(list)
        for number in self.heads:
            extra = self._log.text(number).split(b"\n", 3)[2:3]
            found = _BRANCH.search(extra[0]) if extra else None
            self.names["branch " + (_shown(found[1]) if found else "default")].append(number)
        try:
            with _opened(os.path.join(folder, "bookmarks")) as file:
                lines = file.read(_NAMES).splitlines()[:_FOLLOWED]
        except OSError:
            lines = []
        for line in lines:
            oid, _, name = line.partition(b" ")
            number = self._log.number.get(bytes.fromhex(oid.decode("ascii")), -1) if _ID.fullmatch(oid) else -1
            if number >= 0 and name:
                self.names["bookmark " + _shown(name)].append(number)
        self._leading = self._reached()

    def name(self, number: int) -> str:
        """The id of a commit."""
        return self.rows[number].node.hex() if 0 <= number < len(self.rows) else ""

    def leading(self, first: int) -> list[str]:
        """Names from which a commit is reached."""
        bits = self._leading[first]
        return [name for at, name in enumerate(sorted(self.names, key=_order)) if bits >> at & 1]

    def _reached(self) -> list[int]:
        """By commit, the names that lead to it, each a bit: all of them in one way through the commits."""
        out = [0] * len(self.rows)
        for at, name in enumerate(sorted(self.names, key=_order)):
            for tip in self.names[name]:
                out[tip] |= 1 << at
        for number in range(len(out) - 1, -1, -1):
            for parent in self.rows[number].parents if out[number] else ():
                if 0 <= parent < number:
                    out[parent] |= out[number]
        return out

    def held(self, number: int) -> dict[bytes, bytes]:
        """Path and id of those of the files that a commit holds."""
        if number not in self._held:
            head = self._log.text(number).partition(b"\n")[0]
            node = bytes.fromhex(head.decode("ascii"))
            # A commit of no files has no manifest.
            text = self._manifest.text(self._manifest.number[node]) if any(node) or not node else b""
            rows = (line.partition(b"\0") for line in text.splitlines())
            self._held[number] = {
                path: bytes.fromhex(rest[:40].decode("ascii")) for path, _, rest in rows if path in self._wanted
            }
        return self._held[number]


def spans(root: str, findings: Iterable[Finding]) -> dict[str, Span]:
    """How long findings were in the history of Mercurial repositories.

    Args:
        root: The input.
        findings: Of it; those in no revision of such a store are passed over.

    Returns:
        By key; nothing of what lies in a store that cannot be followed. The last commit is the newest head that holds
        it, else the one that brought the last revision with it.
    """
    by: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        before, store, path = finding.place.chain[0].rpartition(STORE)
        if store and len(finding.place.chain) > 1 and (not before or before.endswith("/")):
            by[before][path].append(finding)
    out: dict[str, Span] = {}
    for before, files in by.items():
        folder = os.path.join(root, before, ".hg")
        with ExitStack() as stack:
            try:
                commits = _Commits(folder, map(_path, files), stack)
            except _FAILS:
                continue
            for path, rows in files.items():
                try:
                    out.update(_told(folder, path, rows, commits))
                except _FAILS:
                    continue
    return out


def _told(folder: str, path: str, findings: list[Finding], commits: _Commits) -> Iterator[tuple[str, Span]]:
    """Key and span of the findings in one log."""
    with ExitStack() as stack:
        log = _Log(os.path.join(folder, "store", *path.split("/")), stack)
        numbers = {f.key: n for f in findings if (n := _number(f.place)) is not None and n < len(log.rows)}
        found = [f for f in findings if f.key in numbers]
        if path == "00changelog.i":
            for finding in found:
                number = numbers[finding.key]
                yield finding.key, _span(commits, number, number, tip=number in commits.heads)
            return
        if not path.startswith("data/"):
            return
        wanted: dict[str, set[bytes]] = {}
        for finding in found:
            lines = revlog.bare(log.text(numbers[finding.key])).split(b"\n")
            spots = (m.place.line for m in finding.marks if m.place.chain == finding.place.chain)
            wanted[finding.key] = {lines[n - 1].strip() for n in spots if n and n <= len(lines)}
        holders: dict[str, list[int]] = defaultdict(list)
        for number, text in revlog.texts(log.data, log.rows, _TEXTS):
            every = {line.strip() for line in revlog.bare(text or b"").split(b"\n")}
            for key, lines_of in wanted.items():
                if lines_of and lines_of <= every:
                    holders[key].append(number)
        today = [(head, log.number.get(commits.held(head).get(_path(path), b""), -1)) for head in commits.heads]
        for finding in found:
            mine = holders[finding.key]
            if mine:
                live = [head for head, number in today if number in mine]
                last = max(live) if live else log.rows[mine[-1]].link
                yield finding.key, _span(commits, log.rows[mine[0]].link, last, tip=bool(live))


def _span(commits: _Commits, first: int, last: int, *, tip: bool) -> Span:
    if not 0 <= first < len(commits.rows):
        raise ValueError("a revision of no commit")
    names = commits.leading(first)
    return Span(commits.name(first), commits.name(last), tuple(names[:_SHOWN]), len(names), tip)


def _number(place: Place) -> int | None:
    found = _REVISION.match(place.chain[1])
    return int(found[1]) if found else None


def _path(log: str) -> bytes:
    """The path of a file by that of its log in the store."""
    return revlog.unescaped(log.removeprefix("data/").removesuffix(".i")).encode("latin-1", "replace")


def _order(name: str) -> tuple[bool, str]:
    return not name.startswith("branch "), name


def _shown(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _opened(path: str) -> IO[bytes]:
    """A regular file; a link is not followed.

    Raises:
        OSError: There is none.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    file = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise OSError("no file")
    return file
