"""The shape of a document whatever its markup: sections, prose with what stands inside it, lists and tables."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, NamedTuple

from untag.readers._lines import Line, Names, dense, has_word, joined, pieces, spread
from untag.readers._snippet import snippet
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place

__all__ = ["Cell", "Outline"]

#: What stands inside a line of prose. Every class excludes the character that opens it, so that time stays linear.
_INSIDE = re.compile(
    r"(?P<code>`{1,2}[^`\n]{1,400}`{1,2})"
    r"|(?P<link>\]\(\s*<?[^()\s<>]*(?:\([^()\s<>]*\)[^()\s<>]*)?)"
    r"|(?P<url>(?:https?|ftp)://[^\s<>\"'`\])]+)"
    r"|(?P<tag></?[A-Za-z][^<>]*>)"
    r"|(?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});)"
)
_QUOTED = re.compile(r"=\s*(?:\"([^\"]+)\"|'([^']+)')")
_DRESS = re.compile(r"[`*]+|(?<!\w)_+|_+(?!\w)")
#: A picture (a badge, mostly) and a link, after their addresses were taken out.
_PICTURE = re.compile(r"!\[[^\[\]]*\]\(\)")
_LINK = re.compile(r"\[([^\[\]]*)\]\(\)")
_END = re.compile(r"[.:;!?。：；！？]$")
_TERM = re.compile(
    r"(?:\*\*|__)?(`{1,2}|\*\*|__)([^`*\n]{1,80}?)\1(?:\*\*|__)?\s*(?:\([^()\n]{0,80}\)\s*)?(?:[:：]|\s[-–—=]+)\s*"
)
#: A list is shown at once when it has grown so long.
_LONG = 5000


class Cell(NamedTuple):
    """A cell of a table: where it lies in its line, and what it holds."""

    line: Line
    offset: int
    text: str


class Outline:
    """Where a document has got to; its methods turn what a markup's reader meets into surfaces.

    Attributes:
        place: Place of the artifact.
        owner: Path of the section, ``Usage > Attributes``.
    """

    def __init__(self, place: Place, base: str = "") -> None:
        self.place = place
        self.base = base
        self.owner = base
        self._names = Names()
        self._path: list[tuple[int, str]] = []
        self._items: list[Cell] = []
        self._level = 0
        self._list = 0
        self._table = 0
        self._code = 0

    @property
    def kind(self) -> Kind:
        """Kind of the owner."""
        return Kind.SECTION if self.owner else Kind.FILE

    def heading(self, level: int, line: Line, offset: int, text: str) -> Iterator[Surface]:
        """A heading: it opens a section."""
        yield from self.flush()
        bare = _LINK.sub(r"\1", _PICTURE.sub("", _INSIDE.sub(_kept, text)))
        title = dense(_DRESS.sub("", html.unescape(bare)))[:80].strip("[]# ") or "…"
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, title))
        parts = ([self.base] if self.base else []) + [t for _, t in self._path[-6:]]
        self.owner = self._names.fresh(" > ".join(parts))
        self._list = self._table = self._code = 0
        yield from self.inside(Role.HEADING, line, offset, text)

    def prose(self, line: Line, offset: int = 0, text: str | None = None, about: str = "") -> Iterator[Surface]:
        """A line of prose, or a part of one."""
        yield from self.flush()
        yield from self.inside(Role.PROSE, line, offset, line.text[offset:] if text is None else text, about)

    def inside(self, role: Role, line: Line, offset: int, text: str, about: str = "") -> Iterator[Surface]:
        """Text with code, links, tags and entities in it: itself without addresses and tags, and those as strings."""
        if not any(mark in text for mark in "`]<&:"):
            yield from spread(role, line, self.place, self.owner, self.kind, about, offset, text)
            return
        kept: list[str] = []
        last, strings = 0, []
        for found in _INSIDE.finditer(text):
            kept.append(text[last : found.start()])
            kept.append(_kept(found))
            last = found.end()
            if found.lastgroup == "code":
                strings.append((found.start(), found[0]))
            elif found.lastgroup in ("link", "url"):
                skip = 2 if found.lastgroup == "link" else 0
                strings.append((found.start() + skip, found[0][skip:].strip(" <")))
            elif found.lastgroup == "tag":
                strings += [(found.start() + q.start(), q[1] or q[2]) for q in _QUOTED.finditer(found[0])]
        kept.append(text[last:])
        clean = "".join(kept)
        lead = len(text) - len(text.lstrip())
        yield from spread(role, line, self.place, self.owner, self.kind, about, offset + lead, clean.lstrip())
        if "<" in text or "&" in text:
            whole = joined(clean)
            if whole != dense(clean) and len(whole) <= 200:
                yield from spread(role, line, self.place, self.owner, self.kind, about, offset + lead, whole)
        for start, string in strings:
            bare = string.strip("`")
            yield from spread(
                Role.STRING,
                line,
                self.place,
                self.owner,
                self.kind,
                about,
                offset + start + string.find(bare[:1]),
                bare,
            )

    def item(self, line: Line, offset: int, level: int | None = None) -> Iterator[Surface]:
        """An item of a list; short ones wait to be told from a sentence by what follows them.

        Args:
            line: Its line.
            offset: Where its text begins.
            level: How deep it lies; by default what its column says. Items of one list lie equally deep.
        """
        level = line.indent + offset if level is None else level
        text = line.text[offset:]
        bare = dense(_DRESS.sub("", text)) if len(text) <= 120 else text
        if (
            has_word(bare)
            and len(bare) <= 40
            and len(bare.split()) <= 5
            and not _END.search(bare)
            and "](" not in bare
            and ": " not in bare
        ):
            if self._items and self._level != level:
                yield from self.flush()
            self._level = level
            self._items.append(Cell(line, offset + len(text) - len(text.lstrip("`*_ ")), bare))
            if len(self._items) > _LONG:
                yield from self.flush()
            return
        yield from self.flush()
        yield from self.term(line, offset)

    def term(self, line: Line, offset: int) -> Iterator[Surface]:
        """Text that may begin with a term it explains: a key and its prose, or prose."""
        text = line.text[offset:]
        found = _TERM.match(text[:400])
        if found and has_word(found[2]):
            key = found[2].strip()
            spot = self.place.at(line=line.number, column=line.indent + offset + found.start(2) + 1)
            yield Surface(Role.KEY, key, spot, self.owner, self.kind)
            yield from self.inside(Role.PROSE, line, offset + found.end(), text[found.end() :], key)
            return
        yield from self.inside(Role.PROSE, line, offset, text)

    def flush(self) -> Iterator[Surface]:
        """End a list: three short items and more are a set, fewer are prose."""
        if not self._items:
            return
        items, self._items = self._items, []
        if len(items) < 3:
            for cell in items:
                yield from self.inside(Role.PROSE, cell.line, cell.offset, cell.line.text[cell.offset :])
            return
        self._list += 1
        owner = self._names.fresh(f"{self.owner} > list {self._list}" if self.owner else f"list {self._list}")
        for cell in items:
            spot = self.place.at(line=cell.line.number, column=cell.line.indent + cell.offset + 1)
            yield Surface(Role.MEMBER, cell.text, spot, owner, Kind.LIST)

    def table(self, head: Sequence[Cell], rows: Iterator[Sequence[Cell]]) -> Iterator[Surface]:
        """A table: its header as columns, the first cell of each row as a key, the others as prose about it."""
        yield from self.flush()
        self._table += 1
        outer = self.owner
        owner = self._names.fresh(f"{outer} > table {self._table}" if outer else f"table {self._table}")
        for cell in head:
            for start, piece in pieces(_plain(cell.text)):
                column = cell.line.indent + cell.offset + start + 1
                yield Surface(
                    Role.COLUMN, piece, self.place.at(line=cell.line.number, column=column), owner, Kind.TABLE
                )
        self.owner = owner
        for row in rows:
            about = ""
            for at, cell in enumerate(row):
                if at == 0:
                    about = _plain(cell.text).strip()[:200]
                    yield from self.inside(Role.KEY, cell.line, cell.offset, _plain(cell.text))
                else:
                    yield from self.inside(Role.PROSE, cell.line, cell.offset, cell.text, about)
        self.owner = outer

    def code(self, rows: Sequence[Line], language: str) -> Iterator[Surface]:
        """A block of code or data."""
        yield from self.flush()
        if not any(has_word(row.text) for row in rows):
            return
        self._code += 1
        owner = self._names.fresh(f"{self.owner} > code {self._code}" if self.owner else f"code {self._code}")
        yield from snippet(rows, language, self.place, owner)

    def comment(self, line: Line, offset: int, text: str) -> Iterator[Surface]:
        """A comment, or one line of one."""
        yield from self.flush()
        yield from spread(Role.COMMENT, line, self.place, self.owner, self.kind, "", offset, text)


def _kept(found: re.Match[str]) -> str:
    """What stays of a piece inside prose in the prose itself."""
    if found.lastgroup == "code":
        return found[0]
    if found.lastgroup == "link":
        return "]("
    if found.lastgroup == "entity":
        return html.unescape(found[0])
    # A line break between words is one; other tags may stand inside a word.
    return " " if found.lastgroup == "tag" and found[0][:3].lower() in ("<br", "<td", "<th", "<li") else ""


def _plain(text: str) -> str:
    """A cell without code marks and emphasis, which may change nothing but its ends."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] in "`*" and bare[-1] == bare[0]:
        inner = bare.strip("`*")
        if inner and "`" not in inner:
            return " " * (text.find(inner)) + inner
    return text
