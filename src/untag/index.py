"""The stat index of an input: which files are as they were when they were last read, and what came of them."""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untag.cache import Cache
    from untag.sources import Entry

__all__ = ["Index"]

#: Nanoseconds before the start of a scan within which a change may have left no trace in a file's times: file systems
#: keep them to a tick of the kernel's clock, old ones to two seconds (git calls such an entry racy).
RACY = 2_000_000_000
_MASK = (1 << 64) - 1
_MAGIC = b"index/1\n"
#: Size, device, inode, time of content and time of status of a file.
_STATS = 5
#: Bytes of a path's digest.
_NAME = 16


class Index:
    """By path below an input: the file's status, its digest, and a verdict, which are bytes of the caller's.

    A file is the same if size, device, inode, and both times are the same to the nanosecond. A file that was changed
    so shortly before the scan (or is dated after it) that a later change might leave the same times is not entered,
    and so is read again. On Windows, where the second time is that of creation, nothing is ever taken as known.

    Paths are kept as digests, since folders may be called like persons.
    """

    def __init__(self, cache: Cache, key: str, maker: str, begun: int) -> None:
        """Load the index that was kept under a key.

        Args:
            cache: Where it is kept.
            key: The input.
            maker: Everything else that verdicts depend on; an index that another one made is of no use.
            begun: When this scan began to look at files, in nanoseconds since 1970.
        """
        self._cache, self._key = cache, key
        self._maker = f"{sys.byteorder} {maker}"
        self._horizon = begun - RACY
        self._rows: dict[bytes, int] = {}
        self._stats = array("Q")
        self._which = array("I")
        self._digests = b""
        self._verdicts: list[bytes] = []
        self._new: dict[bytes, tuple[list[int], bytes, bytes]] = {}
        self._same: dict[bytes, int] = {}
        if sys.platform != "win32":
            raw = cache.read("index", self._key)
            if raw is not None and not self._load(raw):
                cache.drop("index", self._key)

    def _load(self, raw: bytes) -> bool:
        """Take the tables out of bytes whose digest was right; False where they are no index all the same."""
        try:
            head, _, rest = raw.removeprefix(_MAGIC).partition(b"\n")
            maker, rows, verdicts = json.loads(head)
            if maker != self._maker:
                return True
            at = rows * _NAME
            names = rest[:at]
            self._stats.frombytes(rest[at : (at := at + rows * _STATS * 8)])
            self._which.frombytes(rest[at : (at := at + rows * 4)])
            self._digests = rest[at : (at := at + rows * 32)]
            sizes = array("I")
            sizes.frombytes(rest[at : (at := at + verdicts * 4)])
            for size in sizes:
                self._verdicts.append(rest[at : (at := at + size)])
        except (ValueError, TypeError, OverflowError):
            names, rows = b"", -1
        whole = raw.startswith(_MAGIC) and len(self._which) == rows and len(names) == rows * _NAME
        if not whole or len(self._digests) != rows * 32 or len(self._stats) != rows * _STATS:
            self._stats, self._which, self._verdicts = array("Q"), array("I"), []
            return False
        self._rows = {names[i * _NAME : (i + 1) * _NAME]: i for i in range(rows)}
        return True

    def find(self, entry: Entry) -> tuple[str, bytes] | None:
        """The digest (``sha256:…``) and verdict of a file that is as it was, or None."""
        name = _name(entry)
        row = self._rows.get(name)
        if row is None or self._stats[row * _STATS : (row + 1) * _STATS].tolist() != _status(entry):
            return None
        self._same[name] = row
        return "sha256:" + self._digests[row * 32 : (row + 1) * 32].hex(), self._verdicts[self._which[row]]

    def keep(self, entry: Entry, digest: str, verdict: bytes) -> None:
        """Enter what came of a file that was read as the entry says it is."""
        name = _name(entry)
        self._same.pop(name, None)
        if max(entry.stat[2:]) < self._horizon and any(entry.stat) and len(entry.place.chain) == 1:
            raw = bytes.fromhex(digest.removeprefix("sha256:"))
            self._new[name] = (_status(entry), raw, verdict)

    def save(self, *, partial: bool = False) -> None:
        """Write it, if anything is new or gone.

        Args:
            partial: Whether the scan was stopped, so that files it did not come to stay known.
        """
        if sys.platform == "win32":
            return
        same = self._rows if partial else self._same
        if not self._new and len(same) == len(self._rows):
            if self._rows:
                self._cache.touch("index", self._key)
            return
        rows: list[tuple[bytes, list[int], bytes, bytes]] = [
            (
                name,
                self._stats[row * _STATS : (row + 1) * _STATS].tolist(),
                self._digests[row * 32 : (row + 1) * 32],
                self._verdicts[self._which[row]],
            )
            for name, row in same.items()
            if name not in self._new
        ]
        rows += [(name, *about) for name, about in self._new.items()]
        rows.sort()
        numbers: dict[bytes, int] = {}
        stats, which = array("Q"), array("I")
        for _, status, _, verdict in rows:
            stats.extend(status)
            which.append(numbers.setdefault(verdict, len(numbers)))
        names = b"".join(row[0] for row in rows)
        head = json.dumps([self._maker, len(rows), len(numbers)]).encode()
        parts = (
            _MAGIC, head, b"\n", names, stats.tobytes(), which.tobytes(), b"".join(row[2] for row in rows),
            array("I", [len(v) for v in numbers]).tobytes(), *numbers,
        )  # fmt: skip
        self._cache.write("index", self._key, b"".join(parts))


def _name(entry: Entry) -> bytes:
    path = entry.place.chain[0].encode("utf-8", "surrogatepass")
    return hashlib.blake2b(path, digest_size=_NAME).digest()


def _status(entry: Entry) -> list[int]:
    # Times before 1970 are negative; all that matters is whether a number is the same.
    return [entry.size, *[n & _MASK for n in entry.stat]]
