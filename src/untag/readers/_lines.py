"""Physical lines of a text, and lines cut into pieces short enough for a surface.

A line ends at a line feed and nowhere else, so that numbers agree with ``sed -n``, editors and tree-sitter; a carriage
return before it is no part of the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from untag.later import later
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["BOUND", "Line", "Names", "dense", "has_word", "joined", "lines", "numeric", "pieces", "spread", "stem"]

#: Most characters a surface holds.
BOUND = 2000
#: How far back from the bound a seam between words is looked for.
_SEAM = 400
#: What two pieces share where a run has no seam, so that a word on the cut stands whole in one of them.
_OVERLAP = 40
_WORD = later(r"[^\W\d_]")
_SPACE = later(r"\s+")
_NUMBER = later(r"[-+]?[\d.,:%$€£/xXeE+-]*\d[\d.,:%eE+-]*[)\]},;]?$")
#: Scripts that are written without spaces: Han, kana, bopomofo, and their full-width marks.
_WIDE = (
    r"\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b\u3040-\u30ff\u3105-\u312f\u31a0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_INNER = later(rf"(?<=[{_WIDE}])[\s\u00a0\u3000\u200b-\u200d\ufeff]+(?=[{_WIDE}])")


class Line(NamedTuple):
    """One line: its number, and its text without the line end; the text starts at column 1 + ``indent``."""

    number: int
    text: str
    indent: int = 0


def lines(text: str) -> Iterator[Line]:
    """The physical lines of a text, from 1."""
    start, number = 0, 1
    size = len(text)
    while start < size:
        end = text.find("\n", start)
        if end < 0:
            end = size
        stop = end - 1 if end > start and text[end - 1] == "\r" else end
        yield Line(number, text[start:stop])
        start, number = end + 1, number + 1


def has_word(text: str) -> bool:
    """Whether there is a letter of any script."""
    return _WORD.search(text) is not None


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """A line, stripped and cut.

    Args:
        text: A line.

    Returns:
        Offset in the line and piece, each of at most ``BOUND`` characters, none without a letter. Cuts lie between
        words; where a run has no seam, neighbouring pieces overlap a little.
    """
    start, end = 0, len(text)
    if end <= BOUND:
        if has_word(text):
            yield end - len(text.lstrip()), text.strip()
        return
    while start < end:
        stop = min(end, start + BOUND)
        back = stop
        if stop < end:
            low = max(start + 1, stop - _SEAM)
            while back > low and (text[back - 1].isalnum() or text[back - 1] == "_"):
                back -= 1
            back = stop if back <= low else back
        piece = text[start:back]
        bare = piece.strip()
        if bare and has_word(bare):
            yield start + len(piece) - len(piece.lstrip()), bare
        overlap = _OVERLAP if stop < end and back == stop and text[stop].isalnum() and text[stop - 1].isalnum() else 0
        start = back - overlap


def spread(
    role: Role,
    line: Line,
    place: Place,
    owner: str = "",
    kind: Kind = Kind.FILE,
    about: str = "",
    offset: int = 0,
    text: str | None = None,
) -> Iterator[Surface]:
    """A line, or a part of it, as surfaces of one role.

    Args:
        role: Role of the surfaces.
        line: The line.
        place: Place of the artifact.
        owner: As in a surface.
        kind: As in a surface.
        about: As in a surface.
        offset: Where in the line the part begins.
        text: The part; by default the line from the offset.
    """
    part = line.text[offset:] if text is None else text
    for start, piece in pieces(part):
        yield Surface(
            role, piece, place.at(line=line.number, column=line.indent + offset + start + 1), owner, kind, about[:200]
        )


def dense(text: str) -> str:
    """Text with its white space (also no-break and full-width) collapsed to single spaces."""
    return _SPACE.sub(" ", text).strip()


def joined(text: str) -> str:
    """Dense text without the spaces that stand between characters of scripts written without spaces."""
    return _INNER.sub("", dense(text))


def numeric(text: str, least: int = 4) -> bool:
    """Whether a line is a row of data: at least so many fields are numbers and at most one is not."""
    if len(text) > 4 * BOUND:
        return False
    fields = text.replace("\t", " ").replace(",", " ").replace(";", " ").replace("|", " ").split()
    count = sum(1 for f in fields if _NUMBER.match(f))
    return count >= least and count + 1 >= len(fields)


def stem(name: str) -> str:
    """A file name without its last suffix."""
    head, dot, _ = name.rpartition(".")
    return head if dot and head else name


class Names:
    """Gives every owner a name of its own: the second ``Example`` of an artifact is ``Example (2)``."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def fresh(self, name: str) -> str:
        """The name, with an ordinal if it was given before."""
        count = self._seen.get(name, 0) + 1
        self._seen[name] = count
        return name if count == 1 else f"{name} ({count})"
