"""Times as logs write them, in seconds since 1970."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from untag.exposure.tally import FIRST, LAST

__all__ = ["clf", "iso", "number", "told"]

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_CLF = re.compile(r"(\d{1,2})/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d)(?::(\d\d))?(?: ?([+-])(\d\d):?(\d\d))?")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,12})?)?\s*(Z|UTC|([+-])(\d\d):?(\d\d)?)?",
    re.IGNORECASE,
)


def _within(seconds: int) -> int | None:
    return seconds if FIRST <= seconds < LAST else None


@lru_cache(maxsize=1 << 15)
def clf(text: str) -> int | None:
    """``10/Oct/2000:13:55:36 -0700``; seconds and zone may lack (UTC then). None where it is no time."""
    found = _CLF.fullmatch(text.strip())
    if found is None or found[2] not in _MONTHS:
        return None
    try:
        made = dt.datetime(
            int(found[3]), _MONTHS[found[2]], int(found[1]), int(found[4]), int(found[5]), int(found[6] or 0),
            tzinfo=dt.UTC,
        )  # fmt: skip
    except ValueError:
        return None
    ahead = (int(found[8]) * 60 + int(found[9])) * 60 * (-1 if found[7] == "-" else 1) if found[7] else 0
    return _within(int(made.timestamp()) - ahead)


@lru_cache(maxsize=1 << 12)
def iso(text: str) -> int | None:
    """RFC 3339, with a space for the T, without a zone (UTC then). None where it is no time."""
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    try:
        made = dt.datetime(*(int(found[i] or 0) for i in range(1, 7)), tzinfo=dt.UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    ahead = (int(found[9]) * 60 + int(found[10] or 0)) * 60 * (-1 if found[8] == "-" else 1) if found[8] else 0
    return _within(int(made.timestamp()) - ahead)


def number(value: float) -> int | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size."""
    if not FIRST <= value < LAST * 1_000_000_000:
        return None  # also what is too long a number to be divided
    for scale in (1, 1_000, 1_000_000, 1_000_000_000):
        if FIRST <= value / scale < LAST:
            return int(value // scale)
    return None


def told(value: object) -> int | None:
    """A time of any kind; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return number(value)
    if not isinstance(value, str):
        return None
    text = value.strip().strip("[]")
    made = iso(text) if "-" in text[:5] else None
    if made is None:
        made = clf(text)
    if made is None and re.fullmatch(r"\d{9,19}(?:\.\d{1,9})?", text):
        made = number(float(text))
    return made
