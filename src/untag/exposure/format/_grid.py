"""Lines of JSON of one shape as columns: what stands between their values is compared, the values are told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from untag.exposure.format._shape import ANY, NONE, SOLID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.exposure.format._column import Bools, Column, Ints, Page
    from untag.exposure.format._shape import Piece, Shape

__all__ = ["Cells", "laid"]

#: Fields that are asked for as they stand, and those in which words are looked for.
_RAW, _TEXTS = ("key", "user", "address", "method", "status"), ("target", "line", "query")
#: Digits alone, all of them zeros.
_DIGITS = re.compile(rb"0{1,18}")
_DASH, _ZERO = b"-0"


class Cells(NamedTuple):
    """What some lines say.

    Attributes:
        rows: Their numbers.
        good: Which of them are of the shape; of the others nothing is said.
        columns: Values by field, in quotes where they are texts; those with words have zeros for digits.
        empty: Whether the size is nothing.
        spots: Of fields with words, where they begin, and their bytes.
    """

    rows: Ints
    good: Bools
    columns: dict[str, Column]
    empty: Bools
    spots: dict[str, tuple[Ints, Ints]]


class _Value(NamedTuple):
    """A value of each row: where it begins, and its bytes, quotes not among them."""

    piece: Piece
    at: Ints
    size: Ints


def laid(shape: Shape, page: Page, among: Sequence[int] | None) -> Cells:
    """The lines of a shape.

    Args:
        shape: What they are written like: values that were a text in the line that was learned from are one in all.
        page: The lines, with the places of quotes.
        among: The only lines that are looked at; None for all.
    """
    literals = _literals(shape)
    quotes = sum(literal.count(b'"') for literal in literals)
    rows = page.plain(quotes, quotes)
    if among is not None:
        rows = np.intersect1d(rows, np.asarray(among), assume_unique=True)
    places: list[Ints] = []
    good: Bools = np.ones(len(rows), np.bool_)
    before = 0
    for literal in literals:
        if b'"' in literal:
            places.append(page.mark(rows, before) - literal.index(b'"'))
        else:
            places.append(page.ends[rows] - len(literal))  # the last, behind a number
        good &= page.stands(places[-1], literal)
        before += literal.count(b'"')
    good &= (places[0] == page.starts[rows]) & (places[-1] + len(literals[-1]) == page.ends[rows])
    made = Cells(rows, good, {}, np.zeros(len(rows), np.bool_), {})
    for piece, literal, place, after in zip(shape.pieces, literals, places, places[1:], strict=False):
        at = place + len(literal)
        made = made._replace(good=made.good & (after >= at))
        made = _read(page, made, _Value(piece, at, after - at))
    return made


def _literals(shape: Shape) -> list[bytes]:
    """What stands between values, with the quotes of those that are texts."""
    signs = [b'"' if piece.text else b"" for piece in shape.pieces]
    before = [piece.before for piece in shape.pieces]
    return [
        left + text + right
        for left, text, right in zip([b"", *signs], [*before, shape.after], [*signs, b""], strict=True)
    ]


def _read(page: Page, made: Cells, value: _Value) -> Cells:
    """Take in one value of each row."""
    piece, good = value.piece, made.good
    plain = page.byte(value.at)
    if piece.text:
        dash = (value.size == 1) & (plain == _DASH)
        if piece.way == NONE:
            return made._replace(good=good & dash)
        if piece.way not in {ANY, SOLID}:
            good = good & ~dash
    elif piece.field not in {*_RAW, "time"}:
        good = good & _numbers(page, value)
    if not piece.field:
        return made._replace(good=good)
    if piece.field == "size":
        digits = page.distinct(value.at, value.size, shaped=True).matching(_DIGITS.fullmatch)
        good = good & digits & ((plain != _ZERO) | (value.size == 1))
        return made._replace(good=good, empty=plain == _ZERO)
    # Words are looked for in texts with their quotes, as in those that the expression reads.
    worded = piece.field in _TEXTS
    at, size = (value.at - 1, value.size + 2) if piece.text else (value.at, value.size)
    if piece.field == "time":
        column = page.stamped(value.at, value.size)
        if piece.text:
            column = column._replace(values=[b'"' + one + b'"' for one in column.values])
    else:
        column = page.distinct(at, size, shaped=worded)
    way = re.compile(piece.way)
    made.columns[piece.field] = column
    if worded:
        made.spots[piece.field] = at, size
        return made._replace(good=good & (column.matching(way.fullmatch) if piece.text else column.codes >= 0))
    return made._replace(good=good & column.matching(way.fullmatch))


def _numbers(page: Page, value: _Value) -> Bools:
    """Whether values that are no texts are what they may be, of which all digits are looked at as if they were ones."""
    way = re.compile(value.piece.way)
    found = page.distinct(value.at, value.size, shaped=True)
    minus = page.byte(value.at) == _DASH
    first, second = page.byte(value.at + minus), page.byte(value.at + minus + 1)
    leads = (first == _ZERO) & (second - np.uint8(_ZERO) < 10) & (value.size > 1 + minus)
    good = found.holding([way.fullmatch(one.replace(b"0", b"1")) is not None for one in found.values])
    made: Bools = good & ~leads
    return made
