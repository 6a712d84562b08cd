"""Entities that a document type declares in its own text, and what they stand for, up to bounds.

An entity may be made of others, so that a few lines stand for gigabytes (the "billion laughs"): how long each would be
is counted first, and what is too long stays as it is written and is told. Nothing outside the text is ever opened.
Source of the grammar: XML 1.0, 4.2 to 4.4; the first of two declarations of a name holds.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, NamedTuple

from untag.gap import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST", "WHOLE", "Declared", "Entities", "bounds", "declares", "resolved"]

#: Characters that one entity may stand for, and those that all references of a document may stand for together.
MOST, WHOLE = 1 << 16, 1 << 20

_MARK = "<!ENTITY"
_ENTITY = re.compile(r"<!ENTITY\s++(%\s++)?([^\s<>\"']++)([^<>\"']*+)(?:\"([^\"]*+)\"|'([^']*+)')([^<>]*+)")
_STANDARD = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[\w:][\w:.\-]{0,127});")
_PARAMETER = re.compile(r"%([\w:][\w:.\-]{0,127});")
_QUOTED = re.compile(r"[\"'\[\]<>]")
#: What an address outside the folder of the document begins with; one beside it is a file that is read by itself.
_OUTSIDE = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.\-]*:|[/\\]|\.\.)")


class Declared(NamedTuple):
    """A declaration: its name and value with where they stand, and where it begins and ends."""

    name: str
    start: int
    end: int
    named: tuple[int, int]
    valued: tuple[int, int]
    parameter: bool
    external: str | None


def declares(text: str) -> bool:
    """Whether a text holds a declaration of an entity."""
    return _MARK in text


def bounds(text: str, at: int) -> int | None:
    """Where the declaration ends that begins at an offset, its brackets included; None where it is not closed."""
    depth, quote = 0, ""
    for mark in _QUOTED.finditer(text, at + 2):
        ch = mark[0]
        if quote:
            if ch == quote:
                quote = ""
        elif ch in "\"'":
            # An apostrophe in running text opens no string: only one after a space or an equals sign does.
            if text[mark.start() - 1] in " \t\r\n=":
                quote = ch
        elif ch in "[<":
            depth += 1
        elif ch == "]":
            depth -= 1
        elif depth <= 0:
            return mark.end()
        else:
            depth -= 1
    return None


def _declared(text: str, start: int, stop: int) -> Iterator[Declared]:
    for found in _ENTITY.finditer(text, start, stop):
        which = 4 if found[4] is not None else 5
        external = None
        if kind := found[3].split():
            external = found[which]
            if kind[0] == "PUBLIC":
                external = found[6].strip().strip("\"'") or external
        end = found.end(which) + 1
        yield Declared(found[2], found.start(), end, found.span(2), found.span(which), bool(found[1]), external)


def resolved(raw: str) -> str:
    """Text whose numeric and predefined references are resolved: one pass, so that nothing is resolved twice."""
    return _STANDARD.sub(lambda found: html.unescape(found[0]), raw) if "&" in raw else raw


class Entities:
    """What a text declares of itself.

    Args:
        text: The document.
        start: Where its document type begins, or anything before that.
        stop: Where that ends.
    """

    def __init__(self, text: str, start: int = 0, stop: int | None = None) -> None:
        self.all = list(_declared(text, start, len(text) if stop is None else stop))
        #: What each name stands for; parameters have a percent sign before their name.
        self._texts: dict[str, str] = {}
        self._left = WHOLE
        #: Position and reason of what is not resolved; one of a kind, and how many there are.
        self._said: dict[str, tuple[int, Reason, str]] = {}
        self._times: dict[str, int] = {}
        #: Entities without a text, and why.
        self._lost: dict[str, str] = {}
        first: dict[str, Declared] = {}
        for one in self.all:
            first.setdefault(_key(one), one)
        self._first = first
        raws = {name: text[slice(*one.valued)] for name, one in first.items() if one.external is None}
        #: What lies outside the text, and its address.
        self._outer = {name: one.external for name, one in first.items() if one.external is not None}
        self._count(raws)

    def __bool__(self) -> bool:
        return bool(self.all)

    def text(self, one: Declared, raw: str) -> str:
        """The value of a declaration as it is shown.

        Args:
            one: The declaration.
            raw: Its value as written.
        """
        if one.external is None and self._first.get(_key(one)) is one:
            return self._texts.get(_key(one), raw)
        return raw

    def resolve(self, raw: str, at: int) -> str:
        """Text with its references resolved, as far as all together stay within bounds.

        Args:
            raw: The text of an element or attribute as written.
            at: Where it stands.
        """
        if "&" not in raw:
            return raw

        def put(found: re.Match[str]) -> str:
            name = found[0][1:-1]
            made = self._texts.get(name)
            if made is None:
                if name in self._outer:
                    self._outside(name, at)
                return html.unescape(found[0]) if name not in self._first else found[0]
            if len(made) > self._left:
                self._tell("long", at, Reason.LIMIT)
                return found[0]
            self._left -= len(made)
            return made

        return _REFERENCE.sub(put, raw)

    def gaps(self) -> Iterator[tuple[int, Reason, str]]:
        """Position, reason and a sentence for each kind of what was not resolved."""
        for kind, (at, reason, said) in sorted(self._said.items(), key=lambda row: row[1][0]):
            times = self._times[kind]
            yield at, reason, said + (f" ({times} places)" if times > 1 else "")

    def _tell(self, kind: str, at: int, reason: Reason) -> None:
        self._said.setdefault(kind, (at, reason, _SAID[kind]))
        self._times[kind] = self._times.get(kind, 0) + 1

    def _outside(self, name: str, at: int) -> None:
        if _OUTSIDE.match(self._outer[name]):
            self._tell("outside", at, Reason.REFUSED)

    def _count(self, raws: dict[str, str]) -> None:
        """Make the texts of all entities: those first that others are made of."""
        sizes: dict[str, int] = {}
        for start in raws:
            stack = [start]
            #: What is being counted: an entity that comes up again while it is there is made of itself.
            above: set[str] = set()
            while stack:
                name = stack[-1]
                if name in sizes:
                    stack.pop()
                    continue
                inner = [part for part in _parts(name, raws[name]) if part in raws]
                todo = [part for part in dict.fromkeys(inner) if part not in sizes and part not in above]
                if name not in above:
                    above.add(name)
                    stack += todo
                    if todo:
                        continue
                endless = any(part not in sizes for part in inner)
                sizes[name] = self._made(name, raws[name], inner, sizes, endless=endless)
                above.discard(name)
                stack.pop()

    def _made(self, name: str, raw: str, inner: list[str], sizes: dict[str, int], *, endless: bool) -> int:
        """Make the text of an entity, if it is short enough; how long it is, at most one more than the bound."""
        at = self._first[name].start
        written = sum(len(part) + (1 if part[0] == "%" else 2) for part in inner)
        size = min(len(raw) - written + sum(sizes.get(part, 0) for part in inner), MOST + 1)
        lost = next((self._lost[part] for part in inner if part in self._lost), "")
        if endless or lost or (inner and (size > MOST or size > self._left)):
            self._lost[name] = kind = "endless" if endless else lost or "long"
            self._tell(kind, at, Reason.DAMAGED if kind == "endless" else Reason.LIMIT)
            return MOST + 1
        if inner:
            self._left -= size
        self._texts[name] = self._put(name, raw) if inner else resolved(raw)
        for part in _parts(name, raw):
            if part in self._outer:
                self._outside(part, at)
        if name.startswith("%") and _MARK in self._texts[name] and (inner or "&#" in raw):
            self._tell("declares", at, Reason.REFUSED)
        return size

    def _put(self, name: str, raw: str) -> str:
        if name.startswith("%"):
            return resolved(_PARAMETER.sub(lambda found: self._texts.get("%" + found[1], found[0]), raw))

        def put(found: re.Match[str]) -> str:
            # One that stands for nothing is no reference that stays.
            made = self._texts.get(found[0][1:-1])
            return html.unescape(found[0]) if made is None else made

        return _REFERENCE.sub(put, raw)


_SAID = {
    "long": f"entities made of entities stand for more than {MOST} characters, or all for more than {WHOLE}: "
    "they are not expanded",
    "endless": "an entity is made of itself: it is not expanded",
    "outside": "an entity stands for something outside the file, which is never fetched",
    "declares": "entities are declared by what other entities are put together to: that is shown, not followed",
}


def _key(one: Declared) -> str:
    return "%" + one.name if one.parameter else one.name


def _parts(name: str, raw: str) -> list[str]:
    """The entities that one is made of."""
    if name.startswith("%"):
        return ["%" + found for found in _PARAMETER.findall(raw)]
    return [part for found in _REFERENCE.findall(raw) if (part := found[1:-1])[:1] != "#"]
