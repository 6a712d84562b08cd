"""Pages of an SQLite database: trees of rows, each offset checked, and no statement of the file ever run.

Format: sqlite.org/fileformat2.html. SQLite itself would run triggers, views and virtual tables of a hostile schema, and
is written in C; for names and comments a look at the pages is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.gap import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.syntax.pages import Bytes

__all__ = ["Database", "Value"]

#: A value of a row: a number, a text (not longer than is looked at), or something else.
Value = int | str | None
_HEADER = 100
#: Characters of a value that are kept of a row, and bytes of a record that are read.
_LONG, _RECORD = 200, 1 << 20
#: How deep a tree may be; SQLite's own bound (``BTCURSOR_MAX_DEPTH``).
_DEPTH = 20
_INNER, _LEAF, _INNER_KEYS, _LEAF_KEYS = 5, 13, 2, 10


class Database(Struct):
    """Pages of a database, and what could not be followed in them.

    Attributes:
        data: The file.
        broken: Pages that make no sense.
        read: Pages whose rows were looked at.
        left: Pages that may still be read.
    """

    data: Bytes
    left: int = 2_000_000
    broken: set[int] = field(default_factory=set)
    read: set[int] = field(default_factory=set)
    page: int = 4096
    usable: int = 4096
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        head = self.data[:_HEADER]
        if len(head) < _HEADER:
            raise Damaged("its header is cut off")
        self.page = int.from_bytes(head[16:18], "big")
        self.page = 65536 if self.page == 1 else self.page
        self.usable = self.page - head[20]
        if self.page < 512 or self.page & (self.page - 1) or self.usable < 480:
            raise Damaged("a size of pages that makes no sense")
        self.encoding = {2: "utf-16-le", 3: "utf-16-be"}.get(int.from_bytes(head[56:60], "big"), "utf-8")

    @property
    def pages(self) -> int:
        """Pages in the file."""
        return -(-len(self.data) // self.page)

    def stated(self) -> int:
        """Pages that the file says it has; 0 where an old program wrote it, which did not say."""
        same = self.data[24:28] == self.data[92:96]
        return int.from_bytes(self.data[28:32], "big") if same else 0

    def leaves(self, root: int, most: int) -> list[int]:
        """Pages of a tree that hold rows (of a tree of keys all of its pages), in order, at most so many."""
        out: list[int] = []
        seen: set[int] = set()
        stack = [(root, 0)]
        while stack and len(out) < most:
            number, depth = stack.pop()
            if number in seen or not 0 < number <= self.pages or depth > _DEPTH or self.left <= 0:
                self.broken.add(number)
                continue
            seen.add(number)
            body, start, kind, count = self._head(number)
            if kind in (_LEAF, _LEAF_KEYS, _INNER_KEYS):
                out.append(number)
            if kind in (_INNER, _INNER_KEYS):
                cells = list(self._cells(body, start + 12, count, number))
                below = [int.from_bytes(body[at : at + 4], "big") for at in (start + 8, *reversed(cells))]
                stack += [(n, depth + 1) for n in below]
            elif kind not in (_LEAF, _LEAF_KEYS):
                self.broken.add(number)
        return out

    def rows(self, number: int, *, long: bool = False) -> Iterator[tuple[int, list[Value]]]:
        """The rows of a page: number of the row (0 in a tree of keys), and its values.

        Args:
            number: The page.
            long: Whether texts are read to their ends.
        """
        body, start, kind, count = self._head(number)
        self.read.add(number)
        if kind == _INNER:
            return
        inner = kind == _INNER_KEYS
        for cell in self._cells(body, start + (12 if inner else 8), count, number):
            try:
                size, at = _varint(body, cell + 4 * inner)
                row = 0
                if kind == _LEAF:
                    row, at = _varint(body, at)
                yield row, self._record(self._payload(body, at, size, long=long, rows=kind == _LEAF), long=long)
            except (Damaged, IndexError):
                self.broken.add(number)

    def freed(self) -> Iterator[tuple[int, bytes]]:
        """What deleted rows and tables leave: pages of the list of free ones, and free space in pages that were read.

        Yields:
            Where the page begins, and its bytes; of a page that still holds rows their texts, a line each.
        """
        spent, seen, broken = self._unused(), set(self.read), set(self.broken)
        for number in sorted(spent):
            at = (number - 1) * self.page
            held = self._head(number)[2] in (_LEAF, _LEAF_KEYS)
            texts = [v for _, row in self.rows(number) for v in row if isinstance(v, str)] if held else []
            if texts:
                seen.add(number)
            yield at, "\n".join(texts).encode("utf-8", "replace") if texts else self.data[at : at + self.page]
        for number in sorted(seen):
            at = (number - 1) * self.page
            slack = [self.data[at + start : at + start + size] for start, size in self._slack(number)]
            if any(map(any, slack)):
                yield at, b"\0".join(slack)
        # What was given up may make no sense, and damages nothing.
        self.broken = broken

    def _unused(self) -> set[int]:
        """Pages of the list of free ones (fileformat2.html, 1.5)."""
        out: set[int] = set()
        trunk = int.from_bytes(self.data[32:36], "big")
        while 0 < trunk <= self.pages and trunk not in out and self.left > 0:
            self.left -= 1
            out.add(trunk)
            at = (trunk - 1) * self.page
            page = self.data[at : at + self.usable]
            count = min(int.from_bytes(page[4:8], "big"), len(page) // 4 - 2)
            leaves = (int.from_bytes(page[8 + 4 * i : 12 + 4 * i], "big") for i in range(count))
            out.update(n for n in leaves if 0 < n <= self.pages)
            trunk = int.from_bytes(page[:4], "big")
        return out

    def _slack(self, number: int) -> Iterator[tuple[int, int]]:
        """Free space in a page: between its directory and its cells, and blocks among these (1.6)."""
        body, start, kind, count = self._head(number)
        first = start + (12 if kind in (_INNER, _INNER_KEYS) else 8) + 2 * count
        cells = int.from_bytes(body[start + 5 : start + 7], "big") or 65536
        if first < cells <= len(body):
            yield first, cells - first
        block, before = int.from_bytes(body[start + 1 : start + 3], "big"), 0
        while before < block <= len(body) - 4:
            following, size = (int.from_bytes(body[block + i : block + i + 2], "big") for i in (0, 2))
            # Blocks lie apart; of those that a file says to lie over each other each byte is taken once.
            yield block, min(size, (following if following > block else len(body)) - block)
            before, block = block, following

    def _head(self, number: int) -> tuple[bytes, int, int, int]:
        self.left -= 1
        at = (number - 1) * self.page
        body = self.data[at : at + self.page]
        start = _HEADER if number == 1 else 0
        if len(body) < start + 12:
            self.broken.add(number)
            return body, start, 0, 0
        return body, start, body[start], int.from_bytes(body[start + 3 : start + 5], "big")

    def _cells(self, body: bytes, at: int, count: int, number: int) -> Iterator[int]:
        for slot in range(at, at + 2 * count, 2):
            cell = int.from_bytes(body[slot : slot + 2], "big")
            if slot + 2 > len(body) or not at <= cell < len(body):
                self.broken.add(number)
                return
            yield cell

    def _payload(self, body: bytes, at: int, size: int, *, long: bool, rows: bool) -> bytes:
        """The bytes of a record, from its page and those it flows over into."""
        most = self.usable - 35 if rows else (self.usable - 12) * 64 // 255 - 23
        if size <= most:
            return body[at : at + size]
        least = (self.usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self.usable - 4)
        local = local if local <= most else least
        out = bytearray(body[at : at + local])
        following = int.from_bytes(body[at + local : at + local + 4], "big")
        seen: set[int] = set()
        wanted = min(size, _RECORD) if long else local
        while len(out) < wanted and following:
            if following in seen or following > self.pages or self.left <= 0:
                raise Damaged("pages that lead nowhere")
            seen.add(following)
            self.left -= 1
            start = (following - 1) * self.page
            page = self.data[start : start + self.usable]
            following = int.from_bytes(page[:4], "big")
            out += page[4:]
        return bytes(out[:size])

    def _record(self, raw: bytes, *, long: bool) -> list[Value]:
        end, at = _varint(raw, 0)
        kinds: list[int] = []
        while at < end and len(kinds) < 2000:
            kind, at = _varint(raw, at)
            kinds.append(kind)
        out: list[Value] = []
        at = end
        for kind in kinds:
            if kind >= 12:
                size = (kind - 12) // 2
                if kind & 1:
                    stop = at + (size if long else min(size, _LONG))
                    out.append(raw[at:stop].decode(self.encoding, "replace"))
                else:
                    out.append(None)
                at += size
            elif kind in (8, 9):
                out.append(kind - 8)
            else:
                size = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind]
                out.append(int.from_bytes(raw[at : at + size], "big", signed=True) if 0 < kind < 7 else None)
                at += size
        return out


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to nine bytes, the highest first, and where it ends."""
    value = 0
    for number in range(9):
        byte = data[at + number]
        if number == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + number + 1
    raise Damaged("a number without end")
