"""Spans of bytes: lines around places, spans that touch put together, spans of a text found in its own encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.lexicon.sought import REACH

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SPANS", "around", "joined", "placed"]

#: Most spans of one file; beyond that, near ones are joined.
SPANS = 50_000
#: Lines around a word of the surroundings in which another opens a file: more than ``REACH``, since where a reader says
#: that a text begins may be above its words.
_AROUND = 2 * REACH


def around(data: bytes, places: Iterable[int]) -> list[tuple[int, int]]:
    """The lines around some places, ``_AROUND`` on each side and some more; sorted, apart."""
    out: list[tuple[int, int]] = []
    known = -1
    for at in sorted(places):
        if at < known:
            continue
        first = at
        for _ in range(_AROUND + 1):
            if (first := data.rfind(b"\n", 0, first)) < 0:
                break
        # What lies below is taken wider, so that places in the next few lines need no look of their own.
        known = _below(data, at, REACH)
        last = _below(data, known, _AROUND)
        if out and first <= out[-1][1]:
            out[-1] = out[-1][0], last
        else:
            out.append((max(0, first), last))
    return out


def _below(data: bytes, at: int, lines: int) -> int:
    """The end of the line that is so many below that of a place, or of all."""
    for _ in range(lines + 1):
        if (at := data.find(b"\n", at + 1)) < 0:
            return len(data)
    return at


def joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted spans that do not touch, at most ``SPANS`` of them."""
    rows = sorted(spans)
    gap = 0
    while True:
        out: list[tuple[int, int]] = []
        for start, end in rows:
            if out and start <= out[-1][1] + gap:
                if end > out[-1][1]:
                    out[-1] = (out[-1][0], end)
            else:
                out.append((start, end))
        if len(out) <= SPANS:
            return tuple(out)
        rows, gap = out, gap * 4 or 64


def placed(spans: list[tuple[int, int]], raw: bytes, data: bytes, encoding: str) -> list[tuple[int, int]]:
    """From spans in the UTF-8 of a text to spans in its bytes; where that cannot be told, all of them."""
    name = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
    shift = 0
    if name != encoding:
        shift = 2 if name.startswith("utf-16") else 4
    whole = [(0, len(data))]
    points = sorted({p for span in spans for p in span})
    where: dict[int, int] = {}
    last, here = 0, shift
    for point in points:
        try:
            part = raw[last:point].decode("utf-8").encode(name)
        except UnicodeError:
            return whole
        if name == encoding and data[here : here + len(part)] != part:
            return whole
        here += len(part)
        where[point] = here
        last = point
    return [(where[a], where[b]) for a, b in spans]
