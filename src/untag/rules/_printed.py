"""Texts of a program that say nothing by themselves: what is printed of a field, and what only leads somewhere.

Shared by rules, no rule itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from untag.case import PROSE
from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from untag.finding import Mark

__all__ = ["pointed", "printed"]

#: Where a value is filled in: ``%s``, ``%-10d``, ``%@``, ``{0}``, ``${nation}``.
_FILLED = later(r"%[-+ #0]*\d*(?:\.\d+)?(?:hh?|ll?|z)?[sdiuxcfg@]|%\d\$[sd@]|[$#]?\{[\w.]*(?:[:,][^{}]{0,12})?\}")
#: A caption before it, with nothing behind but its mark; what may stand behind the last one.
_CAPTION = later(r"[^.!?。！？]{1,24}[:：=]\s*[\"'\[(]?")
_END = later(r"(?:\s|\\[nrt]|[\"'\])},;.<>/-])*")
#: Signs of an alphabet that is recognised, of which one in so many comes twice: no sentence of that length is so.
_ALPHABET = 24
#: What stands around a word without a space; an address, or a name of three words and more with hyphens.
_TOKEN = later(r"[^\s\"'`<>()\[\]{}|,;*]+")
_ADDRESS = later(r"[A-Za-z][A-Za-z0-9+]{1,9}://\S+|git@\S+")
_SLUG = later(r"(?:[.~]?[\w.]*[/\\])*[\w.]+(?:-[\w.]+){2,}[/\\]?")
#: Programs, weights and tables are called after what they do and hold.
_WORKS = later(
    r"\.(?:py|pyw|ipynb|r|m|js|ts|java|kt|cs|cpp|cc|c|h|hpp|go|rs|rb|php|sh|swift|h5|hdf5|keras|pth?|pkl|onnx|tflite|pb|bin|weights"
    r"|caffemodel|safetensors|joblib|csv|tsv|parquet|json|npy|npz)$",
    re.IGNORECASE,
)


def printed(mark: Mark) -> bool:
    """Whether a text is a caption that a value is printed behind, or the signs that are recognised.

    Args:
        mark: A text of a program, with words of the lexicon.
    """
    text = mark.text.strip()
    if mark.role in PROSE:
        return False
    signs = [c for c in text if "\u2e80" <= c <= "\ud7ff"]
    if len(signs) >= _ALPHABET and len(signs) == len(text) and len(signs) - len(set(signs)) <= len(signs) // _ALPHABET:
        return True
    parts = _FILLED.split(text)
    return len(parts) > 1 and all(map(_CAPTION.fullmatch, parts[:-1])) and _END.fullmatch(parts[-1]) is not None


def pointed(mark: Mark) -> bool:
    """Whether all tags of a text in a document stand in addresses and names of the product's parts.

    Args:
        mark: A text with words of the lexicon.
    """
    if mark.role is Role.HEADING or not (mark.role in PROSE or mark.surface.kind is Kind.SECTION):
        return False
    hits = [h for h in mark.hits if h.kind != "context"]
    spans = [m.span() for m in _TOKEN.finditer(mark.text)]  # a long line has thousands of both
    starts = [low for low, _ in spans]
    around = [spans[at] if (at := bisect_right(starts, h.start) - 1) >= 0 else (0, 0) for h in hits]
    inside = all(h.end <= high for h, (_, high) in zip(hits, around, strict=True))
    return bool(hits) and inside and all(_leads(mark.text[a:b].rstrip(".:!?_")) for a, b in dict.fromkeys(around))


def _leads(token: str) -> bool:
    """Whether a run of signs is an address or the name of a project's part, and no program, weights or table."""
    if _ADDRESS.fullmatch(token) is not None:
        return True
    return _SLUG.fullmatch(token) is not None and _WORKS.search(token) is None
