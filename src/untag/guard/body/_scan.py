"""One run over a document of JSON, or over a text that may hold one; what several formats share."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from untag.guard.body import Unsound, listed
from untag.guard.body._select import select, selects
from untag.guard.tree import Box, Shown, Spot, Tree
from untag.surface import Kind, Role
from untag.syntax.json import offsets, unescape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from untag.guard.body import Reading

__all__ = ["Scan", "inner", "parsed", "parts", "said"]

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"(?:[ \t\r\n]*(:))?|([{\[])|([}\]])|([^\s",:{}\[\]]+)|,)', re.DOTALL
)
#: What stands before a document that somebody put before scripts, or calls a function with.
_SHIELD = re.compile(r"\)\]\}',?\r?\n|for\s*\(;;\);|while\s*\(1\);|/\*\*/")
_CALL = re.compile(r"\s*(?:/\*\*/)?\s*(?:typeof [\w.$]+ === 'function' && )?[A-Za-z_$][\w.$]*\s*\(")
_CALLED = re.compile(r"\)\s*;?\s*\Z")
#: After how many values the work is counted.
_STEPS = 500
#: What a document in a text begins with.
_BEGINS = ("{", "[", " ", "\t", "\r", "\n")


def _special(name: str) -> Any:
    raise Unsound(f"{name} stands in it, which is no JSON")


def _pairs(rows: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(rows)
    if len(made) < len(rows):
        raise Unsound("a key stands twice in an object", ambiguous=True)
    return made


def parsed(text: str, *, twice: bool) -> None:
    """See to it that a text is JSON.

    Raises:
        Unsound: It is not, or a key stands twice (looked for on demand).
    """
    try:
        json.loads(text, parse_constant=_special, object_pairs_hook=_pairs if twice else None)
    except Unsound:
        raise
    except RecursionError:
        raise Unsound("it is nested too deep", limit=True) from None
    except ValueError:
        raise Unsound("it is no JSON") from None


def inner(text: str) -> tuple[int, int]:
    """Where the document stands: behind a byte-order mark, a shield, or in a call (JSONP)."""
    start = 1 if text.startswith("\ufeff") else 0
    if found := _SHIELD.match(text, start):
        start = found.end()
    if text[start : start + 1] not in '{["' and (found := _CALL.match(text, start)):
        last = _CALLED.search(text, found.end())
        if last is not None:
            return found.end(), last.start()
    return start, len(text)


class Scan:
    """One run over a sound document; the stack of open boxes is explicit."""

    def __init__(
        self, text: str, tree: Tree, reading: Reading, spot: tuple[Box, int] | None = None, owner: str = ""
    ) -> None:
        """Begin.

        Args:
            text: A sound document.
            tree: What it is added to.
            reading: The look.
            spot: The thing whose text the document is.
            owner: The path it lies in.
        """
        self.text = text
        self.tree = tree
        self.reading = reading
        self.spot = spot
        self.owner = owner

    def run(self) -> None:
        """Fill the tree.

        Raises:
            Unsound: It nests too deep, or has too many parts.
        """
        text, tree, reading = self.text, self.tree, self.reading
        match, look, size = _TOKEN.match, reading.look, len(self.text)
        # The outermost value lies in no box of its own: what it is in a string, the box of that string says.
        box = Box()
        stack: list[tuple[Box, str]] = []
        owner, key, at, key_at, steps = self.owner, None, 0, 0, 0
        names: dict[tuple[str, str], Shown] = {}
        while at < size:
            found = match(text, at)
            if found is None:
                break  # spaces at the end: the text is sound
            at = found.end()
            which = found.lastindex
            if which is None:
                continue
            if which == 2:
                raw = found[1]
                key = unescape(raw) if "\\" in raw else raw
                key_at = found.start(1) - 1
                continue
            if which == 4:
                box, owner = stack.pop()
                box.ends[-1] = at
                continue
            steps += 1
            if steps >= _STEPS:
                reading.spend(steps)
                steps = 0
            here = box.add(found.start(which) - (which == 1) if key is None else key_at, at, key)
            if key is not None:
                thing = names.get((owner, key))
                if thing is None:
                    thing = names[owner, key] = Shown(Role.KEY, key, owner, Kind.TREE)
                tree.show(thing, box, here)
            if which == 3:
                if len(stack) >= reading.depth:
                    raise Unsound("it is nested too deep", limit=True)
                outer = (box, here) if stack else (self.spot or (None, 0))
                stack.append((box, owner))
                if key is not None:
                    owner = f"{owner}.{key}" if owner else key
                box = tree.box(*outer, listed=found[3] == "[")
            elif which == 1:
                raw = found[1]
                value = unescape(raw) if "\\" in raw else raw
                if look(value) or value.startswith(_BEGINS):
                    self.value(value, raw, found.start(1), (box, here) if stack else None, owner, key or "")
            key = None
        reading.spend(steps)

    def value(self, value: str, raw: str, start: int, spot: tuple[Box, int] | None, owner: str, key: str) -> None:
        """A string that may hold a word of the lexicon: a document, a list, or a text."""
        if "\\" in raw:
            text, where = offsets(raw, start)
            said(self.tree, self.reading, value, text, where.__getitem__, spot or self.spot, owner, key)
        else:
            said(self.tree, self.reading, value, value, lambda at: at + start, spot or self.spot, owner, key)


def said(
    tree: Tree,
    reading: Reading,
    value: str,
    text: str,
    where: Callable[[int], int],
    spot: tuple[Box, int] | None,
    owner: str,
    key: str,
    role: Role = Role.VALUE,
) -> None:
    """Show a text that is the value of something: a document by itself, a list, or words.

    Args:
        tree: What it is added to.
        reading: The look.
        value: The text.
        text: The same, character by character as ``where`` knows it; empty where its characters have no places.
        where: Where a character of it stands in the outer text.
        spot: The thing that goes where it goes; None where nothing can.
        owner: The path it lies in.
        key: What it is the value of; empty for an element of a list.
        role: What a value is in its format.

    Raises:
        Unsound: A document in it is ambiguous or too deep.
    """
    path = f"{owner}.{key}" if owner and key else owner or key
    if value.startswith(_BEGINS) and _nested(tree, reading, text or value, where if text else None, spot, path):
        return
    if not reading.look(value):
        return
    if spot is None:
        tree.whole.append(value)
        return
    box, index = spot
    if selects(value):
        inner = select(text or value, reading, box, index, path)
        if inner is not None:
            _settle(inner, where if text else None, spot)
            tree.take(inner)
            return
    if not key:
        tree.show(Shown(Role.MEMBER, value, owner, Kind.LIST), box, index)
        return
    if pieces := listed(value):
        if text:
            parts(tree, reading, text, pieces, where, spot, path)
        else:
            for first, last in pieces:
                if reading.look(value[first:last]):
                    tree.show(Shown(Role.MEMBER, value[first:last], path, Kind.LIST), box, index)
        return
    tree.show(Shown(role, value, owner, Kind.TREE, key), box, index)


def parts(
    tree: Tree,
    reading: Reading,
    text: str,
    pieces: Sequence[tuple[int, int]],
    where: Callable[[int], int],
    spot: tuple[Box, int],
    path: str,
) -> None:
    """Show the parts of a list that stands in a text."""
    inner = tree.box(*spot, inside=True)
    for first, last in pieces:
        number = inner.add(where(first), where(last))
        if reading.look(text[first:last]):
            tree.show(Shown(Role.MEMBER, text[first:last], path, Kind.LIST), inner, number)


def _nested(
    tree: Tree,
    reading: Reading,
    text: str,
    where: Callable[[int], int] | None,
    spot: tuple[Box, int] | None,
    owner: str,
) -> bool:
    """Read a document in a text; False where it is none."""
    bare = text.lstrip(" \t\r\n")
    if not bare.startswith(("{", "[")):
        return False
    try:
        parsed(text, twice=True)
    except Unsound as error:
        if error.limit or error.ambiguous:
            raise
        return False
    reading.enter()
    inner = Tree()
    Scan(text, inner, reading, spot, owner).run()
    reading.leave()
    _settle(inner, where, spot)
    tree.take(inner)
    return True


def _settle(inner: Tree, where: Callable[[int], int] | None, spot: tuple[Box, int] | None) -> None:
    """Take the spans of a document to those of the text it is in; without places all of it goes as one thing."""
    if where is not None:
        inner.moved(where)
        return
    if spot is None:
        inner.whole += [thing.text for thing in inner.shown]
    inner.shown = {thing: [Spot(*spot)] for thing in inner.shown} if spot is not None else {}
    inner.boxes = []
