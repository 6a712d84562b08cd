"""Lists of labels in a text (JSON, a Python literal, names in lines or between commas): some go, the rest move up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["CARRIED", "SHARED", "SHIFTED", "TWICE", "Labels", "alike", "classes", "labels", "neutral"]

#: What is told with classes and outputs that go, and the limit of what can be proven of them.
SHARED = "behind a softmax the classes that are left share what the others had"
CARRIED = "removing an output does not remove what the features before it still carry"
SHIFTED = "the places of the classes that are left move up: what reads them by number must follow"

_QUOTED = r"'(?:[^'\\\n]|\\.){0,200}'|\"(?:[^\"\\\n]|\\.){0,200}\""
_ENTRY = re.compile(
    rf"\s*(?:(?P<key>{_QUOTED}|-?\d{{1,9}})\s*:\s*)?(?P<value>{_QUOTED}|-?\d{{1,9}})\s*(?P<next>,|[\]}})])"
)
_SIGNS = ("\n", ",", ";", "|", "\t")
_SIGN = re.compile(r"[\W_]+")
#: What a list of classes calls the rest.
_NEUTRAL = frozenset({
    "other", "others", "unknown", "none", "background", "na", "n/a", "unsure", "misc", "null", "undefined", "mixed",
    "其他", "其它", "未知", "その他", "기타", "другое", "autre", "autres", "otro", "otros", "andere", "sonstige",
})  # fmt: skip


def classes(number: int) -> str:
    """How many classes, for people."""
    return f"{number:,} class{'' if number == 1 else 'es'}"


def neutral(text: str) -> bool:
    """Whether a label names none of the classes but what is left of them."""
    return text.strip().lower() in _NEUTRAL or not any(c.isalpha() for c in text)


def alike(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two lists name the same classes in the same order, however these are written."""
    return [_bare(one) for one in some] == [_bare(one) for one in others]


def _bare(label: str) -> str:
    return _SIGN.sub(" ", label).strip().casefold()


@dataclass(frozen=True, slots=True)
class _Entry:
    start: int
    end: int
    label: str
    number: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Labels:
    """A list of labels.

    Attributes:
        names: The labels by place: the number that stands with each, or their order.
    """

    text: str
    sign: str
    names: tuple[str, ...]
    entries: tuple[_Entry, ...]

    def without(self, places: Collection[int]) -> str:
        """The text without the labels at some places; numbers that stand with the others are those that follow."""
        stay = [e for i, e in enumerate(self.entries) if i not in places]
        if not stay:
            return ""
        gone = sorted(places)
        out = [self.text[: self.entries[0].start]]
        for number, entry in enumerate(stay):
            if number:
                # The separator that stood before the first of two neighbours looks like all others.
                first = self.entries.index(entry)
                out.append(self.text[self.entries[first - 1].end : entry.start])
            out.append(self._moved(entry, gone))
        out.append(self.text[self.entries[-1].end :])
        return "".join(out)

    def _moved(self, entry: _Entry, gone: list[int]) -> str:
        if entry.number is None:
            return self.text[entry.start : entry.end]
        low, high = entry.number
        old = int(self.text[low:high])
        return self.text[entry.start : low] + str(old - sum(g < old for g in gone)) + self.text[high : entry.end]


#: Why classes stay that one list names, and another one by other names.
TWICE = "{} has an entry for each class too, and nothing tells that they may go from it as well"


def labels(text: str) -> Labels | None:
    """The list in a text, whose places are 0, 1, 2 …; None where it is none."""
    bare = text.strip().rstrip("\0")
    if bare[:1] and bare[0] in "{[(":
        return _literal(text, text.index(bare[0]) + 1)
    for sign in _SIGNS:
        if sign not in bare:
            continue
        entries: list[_Entry] = []
        at = 0
        for part in text.split(sign):
            inner = part.strip()
            if inner:
                start = at + part.index(inner)
                entries.append(_Entry(start, start + len(inner), inner, None))
            at += len(part) + 1
        if len(entries) > 1:
            return Labels(text, sign, tuple(e.label for e in entries), tuple(entries))
    return None


def _literal(text: str, at: int) -> Labels | None:
    entries: list[_Entry] = []
    numbers: list[int] = []
    while True:
        found = _ENTRY.match(text, at)
        if found is None:
            return None
        start = found.start("key") if found["key"] is not None else found.start("value")
        end = found.end("value")
        key, value = found["key"], found["value"]
        quoted, number = (value, "key") if value[0] in "'\"" else (key, "value")
        if quoted is None or quoted[0] not in "'\"":
            return None
        span = None
        if key is not None:
            low, high = found.span(number)
            if text[low] in "'\"":
                low, high = low + 1, high - 1
            if not text[low:high].isdigit():
                return None
            span = low, high
            numbers.append(int(text[low:high]))
        entries.append(_Entry(start, end, quoted[1:-1], span))
        at = found.end()
        if found["next"] != ",":
            break
        if text[at:].lstrip()[:1] in ("]", "}", ")"):
            break
    # Places are told by number only where these run without a hole, in order.
    if numbers and numbers != list(range(len(entries))):
        return None
    return Labels(text, "", tuple(e.label for e in entries), tuple(entries))
