"""Rich Text Format: headings, paragraphs, tables and remarks, with the line of the file that each begins on.

Format: Rich Text Format Specification 1.9.1. Letters are escaped by code page or number and words are cut into runs, so
that a file shows its words only when it is read.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._lines import Line, dense, has_word
from untag.readers._outline import Cell, Outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["RtfReader"]

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\(.)|([{}])|([^\\{}\r\n]{1,4096})|[\r\n]+|\\", re.DOTALL
)
#: How deep groups nest, characters of a paragraph, and cells of a row.
_DEPTH, _LONG, _CELLS = 1000, 100_000, 500
#: Groups that hold no text of the document; names of persons stand in some of them.
_SKIPPED = frozenset((
    b"colortbl", b"info", b"objdata", b"pict", b"revtbl", b"rsidtbl", b"listtable", b"listoverridetable", b"generator",
    b"themedata", b"colorschememapping", b"datastore", b"latentstyles", b"xmlnstbl", b"fldinst", b"bkmkstart",
    b"bkmkend", b"atnid", b"atnauthor", b"atntime", b"filetbl", b"userprops", b"listtext", b"pntext",
))  # fmt: skip
#: Groups with a star that hold text all the same, and of those that are passed over the ones that do.
_KEPT = frozenset((b"shptxt", b"annotation", b"footnote", b"shpinst", b"title", b"subject", b"keywords", b"doccomm"))
_ENDS = frozenset((b"par", b"sect", b"page", b"column"))
_SIGNS = {
    b"line": " ", b"tab": " ", b"emspace": " ", b"enspace": " ", b"emdash": "\u2014", b"endash": "\u2013",
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022",
}  # fmt: skip
#: Code pages of the character sets that fonts are for.
_SETS = {128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257,
         204: 1251, 222: 874, 238: 1250}  # fmt: skip
_HEADING = re.compile(r"(?:heading|Überschrift|标题|見出し)\s*([1-9])", re.IGNORECASE)


class _State(NamedTuple):
    """What a group inherits: whether its text is kept, where it goes, its font, and letters behind a number."""

    keep: bool = True
    into: bytes = b""
    font: int = -1
    ansi: int = 1


class RtfReader(BinaryReader):
    """Reads RTF documents; it is asked for every one, since the raw bytes do not show its words."""

    name = "rtf"
    rank = 50
    starts = (b"{\\rtf",)
    limits = (
        "pictures are not looked at; embedded objects are a gap",
        "who wrote a document, and who remarked on it, is never shown",
        "fields are shown as the text that was last made of them",
    )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Paragraphs, rows of tables and remarks, in order."""
        del limits
        if not artifact.held:
            raise Damaged("too large for a document")
        story = _Story(artifact)
        yield from story.run()
        if story.pixels:
            yield Opaque("pixels", story.pixels)
        if story.objects:
            said = "embedded objects in a document: save it as docx to have them read"
            yield Gap(artifact.place.whole(), Reason.UNKNOWN, said, story.objects)
        if story.deep or story.open:
            said = "rtf: groups nest too deep" if story.deep else "rtf: it breaks off"
            yield Gap(artifact.place.whole(), Reason.DAMAGED, said, 1)


class _Story:
    def __init__(self, artifact: Artifact) -> None:
        self.data = artifact.data
        self.out = Outline(artifact.place.whole())
        self.state = _State()
        self.stack: list[_State] = []
        self.page = 1252
        self.fonts: dict[int, int] = {}
        self.headings: dict[int, int] = {}
        self.text: list[str] = []
        self.raw = bytearray()
        self.size = self.level = self.style = 0
        self.line = self.begun = 1
        self.skip = 0
        self.star = False
        self.cells: list[Cell] = []
        self.rows: list[list[Cell]] = []
        self.within = False
        self.pixels = self.objects = 0
        self.deep = self.open = False

    def run(self) -> Iterator[Surface]:
        data, at = self.data, 0
        while (found := _TOKEN.match(data, at)) is not None:
            at = found.end()
            hexed, word, number, sign, brace, plain = found.groups()
            if brace is not None:
                yield from self.brace(brace)
            elif word is not None:
                value = int(number) if number is not None else None
                if word == b"bin" and value:
                    at += max(0, value)
                yield from self.word(word, value)
            elif hexed is not None:
                self.letter(bytes.fromhex(hexed.decode()))
            elif sign is not None:
                yield from self.sign(sign)
            elif plain is not None:
                self.plain(plain)
            self.line += found[0].count(b"\n")
            if not self.stack and at > 1:
                break
        self.open = bool(self.stack)
        yield from self.end()
        yield from self.table()
        yield from self.out.flush()

    def brace(self, brace: bytes) -> Iterator[Surface]:
        self.star, self.skip = False, 0
        if brace == b"{":
            if len(self.stack) >= _DEPTH:
                self.deep = True
                return
            self.decode()
            self.stack.append(self.state)
        elif self.stack:
            self.decode()
            if self.state.into == b"stylesheet":
                self.styled()
            elif self.state.into != self.stack[-1].into and self.state.into in _KEPT:
                yield from self.end()
            self.state = self.stack.pop()

    def styled(self) -> None:
        """The name of a style, at the end of its group."""
        found = _HEADING.search("".join(self.text))
        if found is not None:
            self.headings[self.style] = int(found[1])
        self.text.clear()
        self.size = self.style = 0

    def word(self, word: bytes, value: int | None) -> Iterator[Surface]:
        star, self.star = self.star, False
        if word in _KEPT:
            yield from self.end()
            self.state = self.state._replace(keep=True, into=word)
        elif star or word in _SKIPPED:
            self.state = self.state._replace(keep=False, into=word)
        elif word in {b"fonttbl", b"stylesheet"}:
            self.state = self.state._replace(keep=word == b"stylesheet", into=word)
        elif word == b"fcharset" and value is not None and self.state.into == b"fonttbl":
            self.fonts[self.state.font] = _SETS.get(value, 0)
        elif word == b"u" and value is not None:
            self.decode()
            self.add(chr(value & 0xFFFF))
            self.skip = self.state.ansi
        elif word in _SIGNS:
            self.decode()
            self.add(_SIGNS[word])
        elif self.state.keep and self.state.into != b"stylesheet":
            yield from self.shape(word)
        self.numbered(word, value)

    def numbered(self, word: bytes, value: int | None) -> None:
        """Words with a number that say how what follows is to be read."""
        if value is None:
            if word == b"pard":
                self.level, self.within, self.style = 0, False, 0
        elif word == b"f":
            self.decode()
            self.state = self.state._replace(font=value)
        elif word == b"uc":
            self.state = self.state._replace(ansi=min(max(value, 0), 8))
        elif word == b"ansicpg":
            self.page = value
        elif word == b"s":
            self.style = value
        elif word == b"outlinelevel":
            self.level = value + 1 if 0 <= value < 9 else 0

    def shape(self, word: bytes) -> Iterator[Surface]:
        """Words that end a paragraph, cell or row."""
        if word in _ENDS:
            yield from self.end()
        elif word in {b"cell", b"nestcell"}:
            self.decode()
            text = dense(self.taken())
            if len(self.cells) < _CELLS:
                self.cells.append(Cell(Line(self.begun, text), 0, text))
            self.begun = self.line
        elif word in {b"row", b"nestrow"}:
            self.rows.append(self.cells)
            self.cells = []
        elif word == b"intbl":
            self.within = True

    def sign(self, sign: bytes) -> Iterator[Surface]:
        if sign == b"*":
            self.star = True
        elif sign in b"\r\n":
            yield from self.end()
        elif sign in b"~_":
            self.plain(b" " if sign == b"~" else b"-")
        elif sign in b"{}\\":
            self.plain(sign)

    def letter(self, raw: bytes) -> None:
        """A letter that is escaped by its code page."""
        if self.skip:
            self.skip -= 1
        elif self.state.keep:
            self.raw += raw
        else:
            self.passed(4)

    def plain(self, raw: bytes) -> None:
        if self.skip:
            raw, self.skip = raw[self.skip :], max(0, self.skip - len(raw))
        if not self.state.keep:
            self.passed(len(raw))
        elif raw:
            self.raw += raw

    def passed(self, size: int) -> None:
        """Bytes that are no text."""
        if self.state.into == b"pict":
            self.pixels += size
        elif self.state.into == b"objdata":
            self.objects += size

    def decode(self) -> None:
        """Turn the bytes since the last sign into text."""
        if not self.raw:
            return
        page = self.fonts.get(self.state.font) or self.page
        raw, self.raw = bytes(self.raw), bytearray()
        self.add(raw.decode(_codec(page), "replace"))

    def add(self, text: str) -> None:
        if not self.text:
            self.begun = self.line
        if self.state.keep and self.size < _LONG:
            self.text.append(text)
            self.size += len(text)

    def taken(self) -> str:
        text = "".join(self.text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self.text.clear()
        self.size = 0
        return text

    def end(self) -> Iterator[Surface]:
        """A paragraph ends."""
        self.decode()
        text = dense(self.taken())
        if not has_word(text):
            return
        if self.within and self.cells:
            last = self.cells.pop()
            self.cells.append(last._replace(text=f"{last.text} {text}".strip()))
            return
        yield from self.table()
        line = Line(self.begun, text)
        level = self.level or self.headings.get(self.style, 0)
        if self.state.into == b"annotation":
            yield from self.out.comment(line, 0, text)
        elif level or self.state.into == b"title":
            yield from self.out.heading(level or 1, line, 0, text)
        else:
            yield from self.out.prose(line)

    def table(self) -> Iterator[Surface]:
        rows, self.rows = [[c for c in row if has_word(c.text)] for row in self.rows], []
        if rows:
            head = rows.pop(0) if len(rows) > 1 else []
            yield from self.out.table(head, iter(rows))


def _codec(page: int) -> str:
    """The encoding of a code page; that of Western Europe where it is not known."""
    try:
        return codecs.lookup(
            {936: "gb18030", 932: "cp932", 65001: "utf-8", 10000: "mac-roman"}.get(page, f"cp{page}")
        ).name
    except LookupError:
        return "cp1252"
