"""Texts in which a word is there by chance: digests, bytes, strings of a binary, layers, whose rights something is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.surface import Kind

if TYPE_CHECKING:
    from untag.finding import Hit
    from untag.surface import Surface

__all__ = ["blob", "cased", "cites", "controls", "meant", "raw"]

#: Characters from which a text without spaces is looked at as an encoded blob (base64, a source map, a hash list).
NOISE = 160
#: Control characters that no text has.
_CONTROLS = later(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
#: A hash or key in base64 or hexadecimal: one word with digits and both cases, or a known prefix.
_DIGEST = later(r"(?:sha\d{1,3}[-:])[\w+/=-]{16,}|(?=[^ ]*\d[^ ]*\d)(?=[^ ]*[+/=])[A-Za-z0-9+/]{20,}={0,2}")
#: One line of many in base64 that happens to have no sign in it, and its letters that stand as words have them.
_LINE = later(r"(?=\D*\d\D*\d)[A-Za-z0-9]{60,}")
_RUNS, _SMALL = later(r"[a-z]{3,}"), later(r"[a-z]")


def blob(text: str) -> bool:
    """Whether a text is a digest, or encoded bytes."""
    size = len(text)
    # A digest has no space and twenty characters or more.
    if size < 20:
        return False
    if size > NOISE and _noise(text):
        return True
    if " " in text:
        return False
    return _DIGEST.fullmatch(text) is not None or (60 <= size <= NOISE and _torn(text))


def _torn(text: str) -> bool:
    """Whether the letters of a long word change their case as no name does."""
    if _LINE.fullmatch(text) is None:
        return False
    size = len(text)
    return len(_SMALL.findall(text)) * 5 >= size and sum(map(len, _RUNS.findall(text))) * 4 < size


def _noise(text: str) -> bool:
    """Whether a long text is an encoded blob: ASCII with hardly a space, and digits or signs among its letters."""
    if not text.isascii() or text.count(" ") * 60 > len(text):
        return False
    letters = sum(map(str.isalpha, text))
    return letters < len(text) * 0.95 and (text.count("_") + text.count("-") + text.count(".")) * 12 < len(text)


def controls(text: str) -> bool:
    """Whether a text has control characters all over: the bytes of a picture, read as text."""
    found = len(_CONTROLS.findall(text))
    return found > 1 and found * 50 >= len(text)


def cased(text: str, hit: Hit) -> bool:
    """Whether a word out of binary bytes stands as people write words: whole, and of one case; random bytes do not."""
    word = text[hit.start : hit.end]
    if not word.isascii():
        return True
    beside = text[max(0, hit.start - 1) : hit.start] + text[hit.end : hit.end + 1]
    letters = "".join(filter(str.isalpha, word))
    plain = letters.islower() or letters.isupper() or letters.istitle()
    return plain and len(word) >= 5 and not any(c.isalpha() and c.islower() == letters[-1].islower() for c in beside)


#: The vector that a layer adds, at the end of its name: ``gender.bias``, ``gender/bias:0``.
_ADDED = later(r"[./_\\]bias(?::\d+)?$", re.IGNORECASE)


def raw(surface: Surface) -> bool:
    """Whether a surface was cut out of the bytes of a binary, where nothing tells texts from chance."""
    return surface.place.offset is not None and surface.place.line is None


#: Before whose rights something is, and how far that goes.
_RIGHTS = later(r"(?:\bcopyright\b|©|(?<!\w)\(c\)(?=\s))(?P<whose>(?:(?!\.\s|[;:\n]).){0,80})", re.IGNORECASE)


def _held(text: str, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Without those that are of a person's or company's name behind a sign of rights: *Copyright (C) SAN People*."""
    spans = [found.span("whose") for found in _RIGHTS.finditer(text)]
    return tuple(h for h in hits if h.kind == "context" or not any(a <= h.start and h.end <= b for a, b in spans))


def meant(surface: Surface, text: str, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Of some hits those that are no chance: whole words of binary bytes; in a model no layer called as its head is."""
    if any(h.kind != "context" for h in hits):
        hits = _held(text, hits)
    if hits and raw(surface):
        hits = tuple(h for h in hits if cased(text, h))
    if hits and surface.kind is Kind.MODEL and (added := _ADDED.search(text)):
        hits = tuple(h for h in hits if h.family != "fairness" or h.end <= added.start())
    return hits


#: What stands in a reference to a paper: others, where it was printed, its number, its year behind the names.
_CITES = later(
    r"(?i:\bet al\b|\barxiv\b|\bdoi\b|\bproc(?:eedings|\.))"
    r"|(?i:\b(?:conference|symposium|workshop|journal|transactions) (?:on|of)\b)"
    r"|\b(?:CVPR|ICCV|ECCV|WACV|BMVC|ICLR|ICML|NeurIPS|NIPS|AAAI|IJCAI|ACCV|ICIP|TPAMI|IJCV|IJCB|LNCS|IEEE|Springer)\b"
    r"|\bpp\. ?\d|\b[Vv]ol\. ?\d|[,.] ?\(?(?:19|20)\d\d[a-z]?\)?\."
)


def cites(text: str) -> bool:
    """Whether a line is a reference to a paper, whose names are those of its authors and no record of anybody."""
    return _CITES.search(text) is not None
