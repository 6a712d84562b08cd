"""Languages whose lines each declare or do one thing: what a line shows, and the comments that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.later import later
from untag.readers._lines import has_word, pieces
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place
    from untag.readers._lines import Line

__all__ = ["DEEPEST", "LONGEST", "Lined"]

#: Characters of a line beyond which it is shown and not taken apart, and how many scopes stand in each other.
LONGEST, DEEPEST = 4000, 100

#: Strings and names of what is left of a line.
_PIECE = later(r"\"(?P<double>(?:[^\"]|\"\")*)\"?|'(?P<single>(?:[^']|'')*)'?|(?P<word>[^\W\d][\w\-]*)")
_WORD = later(r"[^\W\d][\w\-]*")
#: Longest text of a value, and of what a condition leads to.
_VALUE, _LEADS = 200, 300


class Lined:
    """Where a reader stands in such a text, and what it has made of the line that it is at."""

    #: Whether apostrophes enclose strings; else they begin comments.
    single = False
    #: Words of the language, which nobody named.
    words: frozenset[str] = frozenset()

    def __init__(self, place: Place) -> None:
        """Begin at the first line of an artifact.

        Args:
            place: The artifact.
        """
        self.place = place
        self.owner, self.kind = "", Kind.FILE
        self.now: list[Surface] = []
        self.taken: list[tuple[int, int]] = []
        #: What is declared on this line, to which a comment behind it belongs.
        self.said: tuple[str, str, Kind] | None = None
        #: Comments that wait for what is declared below them, and the line of the last.
        self.above: list[Surface] = []
        self.below = -10
        self.used: dict[str, int] = {}

    def join(self, *parts: str) -> str:
        """A dotted path, cut."""
        return ".".join(p for p in parts if p)[:400]

    def unique(self, path: str) -> str:
        """A path that no other owner of this file has."""
        number = self.used.get(path, 0) + 1
        self.used[path] = number
        return path if number == 1 else f"{path}#{number}"

    def put(
        self, role: Role, line: Line, span: tuple[int, int], owner: tuple[str, Kind] | None = None, **more: str
    ) -> None:
        """Show a piece of a line.

        Args:
            role: Its role.
            line: The line.
            span: Where it stands in the text of the line.
            owner: Whose it is; None: of what the reader stands in.
            more: ``about``, ``value`` and ``type``.
        """
        start, end = span
        text = line.text[start:end]
        if not text.strip() or (role not in {Role.MEMBER, Role.CONDITION} and not has_word(text)):
            return
        path, kind = owner or (self.owner, self.kind)
        for at, piece in pieces(text) if has_word(text) else [(0, text)]:
            spot = self.place.at(line=line.number, column=line.indent + start + at + 1)
            short = {name: upto(value, _VALUE if name != "value" else _LEADS) for name, value in more.items()}
            self.now.append(Surface(role, piece, spot, path, kind, **short))
        self.taken.append(span)

    def declare(
        self, role: Role, line: Line, span: tuple[int, int], owner: tuple[str, Kind] | None = None, **more: str
    ) -> None:
        """Show the name of a declared thing, and give it the comments that stand right above it."""
        path, kind = owner or (self.owner, self.kind)
        name = line.text[span[0] : span[1]]
        self.put(role, line, span, owner, **more)
        self.said = (name, path, kind)
        if self.above and line.number - self.below <= 1:
            self.above = [replace(s, about=name, owner=path, kind=kind) for s in self.above]
        self.now += self.above
        self.above = []

    def remark(self, line: Line, start: int, *, alone: bool) -> None:
        """Show a comment: of what its line declares, or of what comes below it."""
        for at, piece in pieces(line.text[start:].lstrip("'*>/! \t")):
            skip = len(line.text[start:]) - len(line.text[start:].lstrip("'*>/! \t"))
            spot = self.place.at(line=line.number, column=line.indent + start + skip + at + 1)
            made = Surface(Role.COMMENT, piece, spot, self.owner, self.kind)
            if alone:
                if self.above and line.number - self.below > 1:
                    self.now += self.above
                    self.above = []
                self.above.append(made)
                self.below = line.number
            elif self.said is not None:
                name, path, kind = self.said
                self.now.append(replace(made, about=name, owner=path, kind=kind))
            else:
                self.now.append(made)

    def rest(self, line: Line, start: int, end: int, about: str = "") -> None:
        """Show the strings and names of a line that nothing has shown."""
        for found in _PIECE.finditer(line.text, start, end):
            inside = found.lastgroup or "word"
            if inside == "single" and not self.single:
                continue
            low, high = found.span(inside)
            if any(a < high and low < b for a, b in self.taken):
                continue
            if inside == "word" and found["word"].lower() in self.words:
                continue
            self.put(Role.USE if inside == "word" else Role.STRING, line, (low, high), about=about)

    def flush(self) -> Iterator[Surface]:
        """What the line shows, in order of place; the next line begins with nothing."""
        yield from sorted(self.now, key=lambda s: (s.place.line or 0, s.place.column or 0))
        self.now, self.taken, self.said = [], [], None

    def end(self) -> Iterator[Surface]:
        """Comments that nothing came after."""
        yield from self.above
        self.above = []

    @staticmethod
    def names(text: str) -> str:
        """The names in a piece of code, as what a condition leads to."""
        return " ".join(dict.fromkeys(_WORD.findall(text[:_LEADS])))
