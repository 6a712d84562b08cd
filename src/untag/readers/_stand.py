"""Where a walk over source stands, what is waiting for nodes to come, and the surfaces made so far."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from untag.later import later
from untag.readers._lex import lex, split_lines
from untag.readers._node import Nodes
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from untag.place import Place

__all__ = ["NEAR", "Draft", "Named", "Said", "Stand", "Target"]

#: Lines between a comment and what it describes.
NEAR = 1
#: Bytes in a block of the table that counts characters.
BLOCK = 512

_CONTINUATION = bytes(range(0x80, 0xC0))


class Said(NamedTuple):
    """A declared thing, as comments and annotations refer to it."""

    name: str
    owner: str
    kind: Kind
    leaf: int = -1


class Named(NamedTuple):
    """The role that waits for a leaf."""

    role: Role
    owner: str
    kind: Kind
    about: str = ""
    value: str = ""
    type: str = ""


class Target:
    """What the literals of an expression are assigned to, passed to or returned from."""

    __slots__ = ("about", "count", "numbered", "path")

    def __init__(self, path: str, about: str, *, numbered: bool = False) -> None:
        self.path = path
        self.about = about
        self.numbered = numbered
        self.count = 0


class Draft:
    """A surface whose binding is not known yet."""

    __slots__ = ("about", "column", "end", "kind", "line", "names", "owner", "role", "text")

    def __init__(self, role: Role, line: int, column: int, text: str, owner: str, kind: Kind, about: str = "") -> None:
        self.role = role
        self.line = line
        self.column = column
        self.text = text
        self.owner = owner
        self.kind = kind
        self.about = about
        self.names: dict[str, None] = {}


class Lines:
    """Lines and columns, counted in characters, of byte offsets in UTF-8 source."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0]
        self.starts.extend(m.end() for m in re.finditer(rb"\n", source))
        self.ascii = source.isascii()
        self.table: list[int] = []
        if not self.ascii:
            total = 0
            for at in range(0, len(source) + 1, BLOCK):
                self.table.append(total)
                total += len(source[at : at + BLOCK].translate(None, _CONTINUATION))

    def characters(self, offset: int) -> int:
        """Characters before a byte."""
        if self.ascii:
            return offset
        block = offset // BLOCK
        return self.table[block] + len(self.source[block * BLOCK : offset].translate(None, _CONTINUATION))

    def row(self, offset: int) -> int:
        """Line from 0."""
        return bisect_right(self.starts, offset) - 1

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column from 0."""
        row = bisect_right(self.starts, offset) - 1
        if self.ascii:
            return row, offset - self.starts[row]
        return row, self.characters(offset) - self.characters(self.starts[row])


#: A run of plain constants of the preprocessor, as generators write them by the thousand; comments between them.
_DEFINES = later(
    rb"(?:^[ \t]*+(?:\#[ \t]*+define[ \t]++\w++(?:[ \t]++[^\n\\\"'/]*+)?+|//[^\n]*+)?+\r?\n){64,}+", re.MULTILINE
)
#: Lines of such a run that are kept beside what is of interest.
KEPT = 8
_BLANK = bytes(c if c in b"\r\n" else 0x20 for c in range(256))


def _bare(source: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """Source whose long runs of constants are blank but for what is of interest and the lines around it."""
    out: list[bytes] = []
    last = at = 0
    for run in _DEFINES.finditer(source):
        start, end = run.span()
        out.append(source[last:start])
        last = start
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        while at < len(spans) and spans[at][0] < end:
            low, high = spans[at]
            for _ in range(KEPT + 1):
                low = max(source.rfind(b"\n", last, max(low, last)), last)
                high = source.find(b"\n", high, end) + 1 or end
            at += 1
            out.append(source[last:low].translate(_BLANK))
            out.append(source[low:high])
            last = max(high, last)
        out.append(source[last:end].translate(_BLANK))
        last = end
    out.append(source[last:])
    return b"".join(out)


class Stand(Nodes):
    """Owner and kind at the cursor, roles and bindings that wait, and the surfaces in order."""

    def __init__(
        self, text: str, language: str, place: Place, first: int, owner: str, spans: Sequence[tuple[int, int]] | None
    ) -> None:
        super().__init__(text, language)
        if spans is not None and self.grammar.family == "c":
            self.source = _bare(self.source, spans)
        self.lines = Lines(self.source)
        self.place = place
        self.first = first
        self.spans = spans
        self.starts = [a for a, _ in spans] if spans is not None else []
        self.out: list[Surface | Draft] = []
        # Where the walk stands: owner and kind, the class around, what is being declared, what literals go to.
        self.owner = owner
        self.kind = Kind.FILE
        self.klass: tuple[str, Kind] | None = None
        self.flat = False
        self.said: Said | None = None
        self.target: Target | None = None
        self.dict = ""
        self.dict_at = -2
        self.subject = ""
        self.saved: list[tuple[int, tuple[object, ...]]] = []
        self.depth = 0
        self.last = 0
        # Depth of what stands right in the last damaged stretch, and where that ends.
        self.astray = (-1, 0)
        # What waits for nodes that come later, by their start or span.
        self.pending: dict[int, Named] = {}
        self.docs: dict[int, Said] = {}
        self.naming: dict[tuple[int, int], tuple[str, str]] = {}
        self.assigned: dict[tuple[int, int], str] = {}
        self.callables: dict[tuple[int, int], tuple[str, str]] = {}
        self.head = ""
        self.union = (0, 0)
        self.quiet = (0, 0)
        self.used: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        # Comments: what stands declared on each line, and what waits above a declaration.
        self.on_line: dict[int, Said] = {}
        self.outer_line: dict[int, Said] = {}
        self.above: list[Draft] = []
        self.above_end = -10
        self.above_near = NEAR
        self.trailing: tuple[int, int, Said | None] = (-10, 0, None)
        self.conditions: list[tuple[int, int, Draft]] = []
        self.call = (0, 0)
        # Calls that are shown as what a control is called.
        self.labelled: set[int] = set()

    # ---- state

    def push(self, **state: object) -> None:
        """Change where the walk stands until the current node is left."""
        self.saved.append(
            (
                self.depth,
                (
                    self.owner,
                    self.kind,
                    self.klass,
                    self.flat,
                    self.said,
                    self.target,
                    self.dict,
                    self.dict_at,
                    self.subject,
                ),
            )
        )
        for name, value in state.items():
            setattr(self, name, value)

    def restore(self) -> None:
        """Stand again where the walk stood before the node that is left."""
        state = self.saved.pop()[1]
        self.owner, self.kind, self.klass, self.flat, self.said, self.target, self.dict, self.dict_at, self.subject = (
            state  # type: ignore[assignment]
        )

    def unique(self, path: str) -> str:
        """A path that no other owner of this file has: the second of a name gets ``#2``."""
        number = self.used.get(path, 0) + 1
        self.used[path] = number
        return path if number == 1 else f"{path}#{number}"

    def join(self, *parts: str) -> str:
        """A dotted path."""
        return ".".join(p for p in parts if p)[:400]

    def path_for(self, sign: str = "[]") -> str:
        """The owner of the next literal: what it is assigned to, passed to or returned from, with an ordinal."""
        target = self.target
        if target is None:
            number = self.counts.get(self.owner, 0) + 1
            self.counts[self.owner] = number
            return self.join(self.owner, f"{sign}{number}")
        target.count += 1
        if target.count == 1 and not target.numbered:
            return self.unique(target.path)
        return self.unique(f"{target.path}.{sign}{target.count}")

    def missed(self, node: Node) -> bool:
        """Whether nothing of interest stands in a node."""
        if self.spans is None:
            return False
        at = bisect_left(self.starts, node.end_byte)
        return at == 0 or self.spans[at - 1][1] <= node.start_byte

    def skipped(self, node: Node) -> bool:
        """Whether a function is not walked into: nothing stands in it, and none of it declares fields of a class."""
        return self.missed(node) and not (self.grammar.own and self.klass is not None)

    # ---- emitting

    def emit(
        self, role: Role, offset: int, text: str, named: Named | None = None, about: str = "", value: str = ""
    ) -> None:
        """A surface at a byte."""
        row, column = self.lines.at(offset)
        place = self.place.at(line=self.first + row, column=column + 1)
        if named is None:
            self.out.append(Surface(role, text, place, self.owner, self.kind, about, value))
        else:
            self.out.append(
                Surface(
                    role, text, place, named.owner, named.kind, named.about or about, named.value or value, named.type
                )
            )

    def emit_lines(
        self, role: Role, start: int, end: int, about: str = "", owner: str | None = None, kind: Kind | None = None
    ) -> None:
        """Source as written, a surface a physical line."""
        raw = self.source[start:end].decode("utf-8", "replace")
        row, column = self.lines.at(start)
        for number, inner, body in split_lines(raw):
            if not any(c.isalnum() for c in body):
                continue
            place = self.place.at(line=self.first + row + number, column=(inner if number else column + inner) + 1)
            self.out.append(
                Surface(
                    role,
                    body,
                    place,
                    self.owner if owner is None else owner,
                    self.kind if kind is None else kind,
                    about,
                )
            )

    def lex_gap(self, end: int) -> None:
        """Source between two tokens that the grammar shows no node for: damaged, or skipped by its lexer."""
        start = self.last
        if end <= start:
            return
        self.last = end
        piece = self.source[start:end]
        if piece.isspace():
            return
        self.lex_range(start, end)

    def lex_range(self, start: int, end: int) -> None:
        """Comments, strings and words of a range that has no tree."""
        row, column = self.lines.at(start)
        text = self.source[start:end].decode("utf-8", "replace")
        said = self.said
        for role, _, number, inner, body in lex(text, self.grammar.family):
            place = self.place.at(line=self.first + row + number, column=(inner if number else column + inner) + 1)
            if role is Role.COMMENT and said:
                self.out.append(Surface(role, body, place, said.owner, said.kind, said.name))
            else:
                self.out.append(Surface(role, body, place, self.owner, self.kind))

    def leaf(self, node: Node, *, visible: bool) -> None:
        """An identifier, or whatever else has no children."""
        start, end = node.start_byte, node.end_byte
        if start > self.last:
            self.lex_gap(start)
        if end <= start:
            return
        self.last = end
        named = self.pending.pop(start, None)
        if named is None and not visible:
            return
        text = self.source[start:end].decode("utf-8", "replace")
        if named is not None:
            row, column = self.lines.at(start)
            place = self.place.at(line=self.first + row, column=column + 1)
            self.out.append(Surface(named.role, text[:2000], place, *named[1:]))
            known = self.on_line.get(row)
            own = known is not None and known.owner == named.owner and known.owner.split("#")[0].endswith(known.name)
            if not own or named.role not in (Role.ENUM, Role.TYPE):
                self.on_line[row] = Said(text, named.owner, named.kind)
            return
        first = text[0]
        if first.isdigit():
            return
        if (
            len(text) <= 400
            and (first.isalpha() or first in "_$@")
            and not text.isspace()
            and "\n" not in text
            and " " not in text
        ):
            self.emit(Role.USE, start, text)
        elif any(c.isalpha() for c in text):
            self.lex_range(start, end)

    def show_name(self, leaf: Node | None) -> None:
        """Only the name of what is passed over."""
        if leaf is not None and (named := self.pending.pop(leaf.start_byte, None)):
            self.emit(named.role, leaf.start_byte, self.text(leaf), named)
