"""Texts in the data of a program: rows of short ones beside each other are a list, longer ones stand for themselves.

Only texts are looked at in which something of interest stands, and the few beside them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from untag.surface import Kind, Role, Surface
from untag.syntax.icu import locales
from untag.syntax.mangled import demangled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place
    from untag.syntax.image import Section
    from untag.syntax.pages import Bytes

__all__ = ["pooled"]

#: Bytes of a text, of one in a list, and of zeros between two texts of a list.
_LONG, _SHORT, _GAP = 2000, 48, 16
#: Texts that are shown on either side of one of interest at least, those that may stand between two such of one list,
#: and those of one list.
_BESIDE, _NEAR, _MOST = 3, 2, 400
#: Texts of one program that are looked at.
_TEXTS = 200_000
#: Short texts side by side from which they are a dictionary, and those of interest that are classes all the same.
_DICTIONARY, _CLASSES = 30, 3
#: What only names in programs have.
_NAME = re.compile(r"[a-z][A-Z][a-z]|[A-Za-z0-9]_[A-Za-z0-9]")
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LABEL = re.compile(r"[^\W\d_](?:[\w .,:/&()'’+-]*[\w)])?")
#: What prints one value behind its name: ``<line %u> race: %d``; the name is what the text says.
_PRINTS = re.compile(
    r"(?<![\w%])([A-Za-z][\w-]{1,30})\s?[:=]\s?%[-+ #0]{0,4}\d{0,3}(?:\.\d{0,3})?(?:hh?|ll?|z)?[diouxXeEfFgGs]\W?\Z"
)
#: The name of a type in its information, as compilers for Itanium write it.
_INFORMATION = re.compile(rb"\*?(?:N[1-9]|[1-9]\d{0,2}[A-Za-z_])[\w.$]+")


class _Text(NamedTuple):
    start: int
    end: int
    text: str
    #: Bytes of its zero.
    width: int


def pooled(
    data: Bytes,
    sections: Sequence[Section],
    spots: Sequence[tuple[int, int]] | None,
    place: Place,
    known: frozenset[str] = frozenset(),
) -> Iterator[Surface]:
    """Surfaces of texts in sections.

    Args:
        data: The artifact.
        sections: Those that hold data, in order of place.
        spots: Where something of interest stands, sorted; None looks at everything.
        place: The artifact.
        known: Names that were shown as symbols, and are not shown again.
    """
    left = _TEXTS
    for section in sections:
        rows = _found(data, section, spots)
        hidden = locales(data, section.start, section.end)
        rows = [row for row in rows if not hidden[0] <= row[0] < hidden[1]]
        done = section.start
        runs = _Runs(data, section)
        for start, end in rows:
            if start < done or left <= 0:
                continue
            first = _text(data, start, end, section)
            if first is None:
                continue
            if not _label(first):
                done, group = first.end, [first]
            else:
                group, touched = _group(data, first, section, rows if spots is not None else None)
                done = group[-1].end
                if spots is not None and not _told(group, touched) and runs.long(first):
                    continue
            left -= len(group)
            yield from _said([t for t in group if t.text not in known], section, place)


def _told(group: Sequence[_Text], touched: int) -> bool:
    """Whether a list is shown even as a stretch of a dictionary: classes side by side, or names of a program."""
    if touched >= _CLASSES and touched * 3 >= len(group) and all(t.text.isascii() for t in group):
        return True
    return any(_NAME.search(t.text) for t in group)


class _Runs:
    """Tells dictionaries: rows of so many short texts that a word in them says nothing, such as all languages."""

    def __init__(self, data: Bytes, section: Section) -> None:
        self._data, self._section = data, section
        self._low = self._high = 0

    def long(self, text: _Text) -> bool:
        """Whether a text stands in one."""
        if self._low <= text.start < self._high:
            return True
        count, low, high = 1, text, text
        for step in (_behind, _before):
            at = text
            while count < _DICTIONARY:
                other = step(self._data, at, self._section)
                if other is None or other.width != text.width or not _label(other):
                    break
                at, count = other, count + 1
            low, high = (at, high) if step is _before else (low, at)
        if count < _DICTIONARY:
            return False
        self._low, self._high = low.start, high.end
        return True


def _found(data: Bytes, section: Section, spots: Sequence[tuple[int, int]] | None) -> list[tuple[int, int]]:
    """Where texts are looked for in a section."""
    if spots is not None:
        return [(a, b) for a, b in spots if section.start <= a and b <= section.end]
    raw = data[section.start : section.end]
    return [(m.start() + section.start, m.end() + section.start) for m in re.finditer(rb"[^\0]{2,}", raw)]


def _text(data: Bytes, start: int, end: int, section: Section) -> _Text | None:
    """The text around some bytes."""
    low = max(section.start, start - _LONG)
    raw = data[low : min(section.end, end + _LONG)]
    at, stop = start - low, end - low
    if b"\0" in raw[at:stop].rstrip(b"\0") or (raw[at + 1 : at + 2] == b"\0" and raw[at + 3 : at + 4] == b"\0"):
        return _wide(raw, at, low)
    first = raw.rfind(b"\0", 0, at) + 1
    last = raw.find(b"\0", stop)
    last = len(raw) if last < 0 else last
    for sign in _CONTROL.finditer(raw, first, at):
        first = sign.end()
    if found := _CONTROL.search(raw, stop, last):
        last = found.start()
    text = _decoded(raw[first:last], "utf-8")
    if not text and (wide := _wide(raw, at, low)) is not None:
        return wide
    text = text or _decoded(raw[first:last], "gb18030")
    if "%" in text[-8:] and len(text) <= _SHORT and (printed := _PRINTS.search(text)) is not None:
        text = printed[1]
    return _Text(low + first, low + last, text, 1) if text else None


def _wide(raw: bytes, at: int, low: int) -> _Text | None:
    """A text of UTF-16 around a place, in one script and ASCII; it begins at an even distance from it."""
    script = next((s for s in (_script(raw[i : i + 2]) for i in range(at, at + 8, 2)) if s > 1), 1)
    first = at
    while first >= 2 and _script(raw[first - 2 : first]) in {1, script}:
        first -= 2
    last = at
    while _script(raw[last : last + 2]) in {1, script}:
        last += 2
    text = raw[first:last].decode("utf-16-le", "replace").strip()
    ends = raw[last : last + 2] in {b"\0\0", b""}
    return _Text(low + first, low + last, text, 2) if len(text) > 1 and ends else None


#: Blocks of characters that stand together in texts: Latin, Cyrillic, Arabic, Chinese and Japanese, Korean.
_BLOCKS = (
    (0x20, 0x7F, 1), (9, 14, 1), (0xA0, 0x250, 1), (0x400, 0x530, 2), (0x600, 0x700, 3), (0x3000, 0x3100, 4),
    (0x4E00, 0xA000, 4), (0xFF00, 0xFFF0, 4), (0xAC00, 0xD7A4, 5),
)  # fmt: skip


def _script(pair: bytes) -> int:
    """Which block a character of UTF-16 is of; 0 where it is of none."""
    code = pair[0] | pair[1] << 8 if len(pair) == 2 else 0
    return next((s for low, high, s in _BLOCKS if low <= code < high), 0)


def _decoded(raw: bytes, encoding: str) -> str:
    """Bytes as text; nothing if they are none. Of GB18030 only Chinese is believed."""
    raw = raw.strip()
    if len(raw) < 2:
        return ""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return ""
    if encoding != "utf-8" and not all("\u4e00" <= c <= "\u9fff" or c.isascii() or c in _SIGNS for c in text):
        return ""
    return text if text.translate(_BREAKS).isprintable() else ""


_SIGNS = "，。：；（）、！？《》“”—"
_BREAKS = str.maketrans("\n\t\r", "   ")


def _label(text: _Text) -> bool:
    """Whether a text may be a member of a list."""
    size = text.end - text.start
    return size <= _SHORT * text.width and text.text.count(" ") <= 3 and _LABEL.fullmatch(text.text) is not None


def _group(
    data: Bytes, first: _Text, section: Section, rows: Sequence[tuple[int, int]] | None
) -> tuple[list[_Text], int]:
    """A text with those before and behind it, as many on either side as there are of interest among them.

    So a short list is told from a stretch of a long one, in which there is a word for everything.

    Returns:
        The texts, and how many of interest are among them.
    """
    out = [first]
    touched, last = 1, 0
    spot = bisect_left(rows, (first.end, 0)) if rows is not None else 0
    while len(out) < _MOST and len(out) - last <= max(_BESIDE, touched):
        other = _behind(data, out[-1], section)
        if other is None or other.width != first.width or not _label(other):
            break
        out.append(other)
        if rows is None:
            last = len(out) - 1
            continue
        while spot < len(rows) and rows[spot][1] <= other.start:
            spot += 1
        if spot < len(rows) and rows[spot][0] < other.end and len(out) - 1 - last <= _NEAR:
            touched, last = touched + 1, len(out) - 1
    before: list[_Text] = []
    while len(before) < min(max(_BESIDE, touched), _MOST):
        other = _before(data, before[-1] if before else first, section)
        if other is None or other.width != first.width or not _label(other):
            break
        before.append(other)
    return [*reversed(before), *out], touched


def _behind(data: Bytes, text: _Text, section: Section) -> _Text | None:
    """The next text, where nothing but a few zeros stands between."""
    raw = data[text.end : min(section.end, text.end + _GAP + _LONG)]
    rest = raw.lstrip(b"\0")
    gap = len(raw) - len(rest)
    if not rest or not text.width <= gap <= _GAP:
        return None
    start = text.end + gap
    return _text(data, start, start + (1 if text.width == 1 else 4), section)


def _before(data: Bytes, text: _Text, section: Section) -> _Text | None:
    """The text before, where nothing but a few zeros stands between."""
    low = max(section.start, text.start - _GAP - _LONG)
    raw = data[low : text.start]
    rest = raw.rstrip(b"\0")
    gap = len(raw) - len(rest)
    if not rest or not text.width <= gap <= _GAP:
        return None
    if text.width == 2:
        size = len(rest) + (len(rest) + low - text.start) % 2
        return _text(data, low + size - 2, low + size + 2, section) if size >= 4 else None
    return _text(data, low + len(rest) - 1, low + len(rest), section)


def _said(group: Sequence[_Text], section: Section, place: Place) -> Iterator[Surface]:
    """Surfaces of one text, or of a list."""
    listed = len(group) > 1
    owner = f"{section.name}.{group[0].text}"[:200] if listed else ""
    for row in group:
        spot = place.at(pointer=f"/{section.name}/{row.start:#x}", offset=None)
        raw = row.text.encode()
        if section.name.endswith("__objc_methname"):
            yield Surface(Role.FUNCTION, row.text, spot, row.text[:200], Kind.CALLABLE)
        elif section.name.endswith("__objc_classname"):
            yield Surface(Role.TYPE, row.text, spot, row.text[:200], Kind.CLASS)
        elif (_INFORMATION.fullmatch(raw) or row.text.startswith(".?A")) and (named := _information(row.text)):
            yield _type(named, spot)
        elif row.text.startswith(("_Z", "_R", "?")) and (name := demangled(row.text)) is not None:
            yield Surface(Role.FUNCTION, name.path[-1], spot, ".".join(name.path)[:400], Kind.CALLABLE)
        elif listed:
            yield Surface(Role.MEMBER, row.text, spot, owner, Kind.LIST)
        else:
            for line in row.text.split("\n"):
                if line.strip():
                    yield Surface(Role.STRING, line.strip(), spot)


def _information(text: str) -> tuple[tuple[str, ...], str] | None:
    """The path and sort of a type whose information begins so."""
    named = demangled(text) if text.startswith(".?A") else demangled("_ZTS" + text.lstrip("*"))
    return (named.path, named.what) if named is not None else None


def _type(named: tuple[tuple[str, ...], str], spot: Place) -> Surface:
    """A surface for a type that is known by its information at run time."""
    path, what = named
    role, kind = (Role.ENUM, Kind.ENUM) if what == "enum" else (Role.TYPE, Kind.CLASS)
    return Surface(role, path[-1], spot, ".".join(path), kind)
