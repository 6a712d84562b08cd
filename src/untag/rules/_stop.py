"""Where the sentence around a word begins and ends.

Shared by rules, no rule itself.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

__all__ = ["around"]


def around(stop: re.Pattern[str], text: str, start: int, end: int) -> tuple[int, int]:
    """The characters between the stops around a part of a text.

    Args:
        stop: What ends a sentence, one character.
        text: The text.
        start: Where the part begins.
        end: Where it ends.
    """
    stops = _stops(stop, text)
    before, after = bisect_left(stops, (start, 0)), bisect_left(stops, (end, 0))
    return stops[before - 1][1] if before else 0, stops[after][0] if after < len(stops) else len(text)


@lru_cache(maxsize=32)
def _stops(stop: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """All of them, once for all words of a text: a line may hold thousands."""
    return [m.span() for m in stop.finditer(text)]
