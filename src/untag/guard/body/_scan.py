"""One run over a document of JSON, or over a text that may hold one; what several formats share."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from untag.guard.body import Unsound, listed
from untag.guard.body._mold import Run
from untag.guard.body._select import select, selects
from untag.guard.tree import Box, Shown, Spot, Tree
from untag.surface import Kind, Role
from untag.syntax.json import offsets, unescape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from untag.guard.body import Reading
    from untag.guard.body._mold import Choice, Molds

__all__ = ["Scan", "inner", "parsed", "parts", "said", "sound"]

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"(?:[ \t\r\n]*(:))?|([{\[])|([}\]])|([^\s",:{}\[\]]+)|,)', re.DOTALL
)
#: What stands before a document that somebody put before scripts, or calls a function with.
_SHIELD = re.compile(r"\)\]\}',?\r?\n|for\s*\(;;\);|while\s*\(1\);|/\*\*/")
_CALL = re.compile(r"\s*(?:/\*\*/)?\s*(?:typeof [\w.$]+ === 'function' && )?[A-Za-z_$][\w.$]*\s*\(")
_CALLED = re.compile(r"\)\s*;?\s*\Z")
_MEMBER = re.compile(r'[ \t\r\n,]*"([^"\\]*+)"[ \t\r\n]*:[ \t\r\n]*(?:"([^"\\]*+)"|(-?\d[\d.eE+\-]*+|true|false|null))')
_VALUE = r"(?:-?\d[\d.eE+\-]*+|true|false|null)[ \t\r\n]*+,?[ \t\r\n]*+"
_POINT = rf'\{{[ \t\r\n]*+(?:"[^"\\]*+"[ \t\r\n]*+:[ \t\r\n]*+{_VALUE})++\}}'
_FLAT = re.compile(
    rf"[ \t\r\n,]*+({_POINT}|\[[ \t\r\n]*+(?:{_VALUE})++\]|\[[ \t\r\n]*+(?:{_POINT}[ \t\r\n]*+,?[ \t\r\n]*+)++\])"
)
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


def sound(text: str) -> None:
    """See to it that a text is JSON, where no escape stands in it: a key that stands twice is not looked for.

    It takes what the parser of the standard library takes and makes nothing of it.

    Raises:
        Unsound: It is not.
    """
    try:
        _sound(text)
    except RecursionError:
        raise Unsound("it is nested too deep", limit=True) from None
    except ValueError:
        raise Unsound("it is no JSON") from None


_sound = msgspec.json.Decoder(msgspec.Raw).decode


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
        self,
        text: str,
        tree: Tree,
        reading: Reading,
        spot: tuple[Box, int] | None = None,
        owner: str = "",
        *,
        molds: Molds | None = None,
    ) -> None:
        """Begin.

        Args:
            text: A sound document.
            tree: What it is added to.
            reading: The look.
            spot: The thing whose text the document is.
            owner: The path it lies in.
            molds: Forms of elements that were met before; only where places in the document stay as they are.
        """
        self.text = text
        self.tree = tree
        self.reading = reading
        self.spot = spot
        self.owner = owner
        #: The outermost value lies in no box of its own: what it is in a string, the box of that string says.
        self.box = Box()
        self.stack: list[tuple[Box, str]] = []
        self.key: str | None = None
        self.key_at = 0
        self.names: dict[tuple[str, str], list[tuple[Box, int]]] = {}
        #: By path and names: whether an object of numbers says nothing.
        self.shapes: dict[tuple[str, tuple[str, ...]], bool] = {}
        self.molds = molds
        #: Where the things of such elements stand, to be added to.
        self.chosen: dict[Choice, list[list[Spot]]] = {}

    def run(self) -> None:
        """Fill the tree.

        Raises:
            Unsound: It nests too deep, or has too many parts.
        """
        text, stack = self.text, self.stack
        token, member, flat, size = _TOKEN.match, _MEMBER.match, _FLAT.match, len(self.text)
        at = steps = 0
        while at < size:
            steps += 1
            if steps >= _STEPS:
                self.reading.spend(steps)
                steps = 0
            if self.key is None and stack:
                if not self.box.listed:
                    if (found := member(text, at)) is not None:
                        self.member(found)
                        at = found.end()
                        continue
                elif self.molds is not None and self.molds.at(self.owner) and (end := self.cast(at)) > at:
                    at = end
                    steps -= 1  # its own were counted
                    continue
            if stack and (found := flat(text, at)) is not None and self.flat(found):
                at = found.end()
                continue
            found = token(text, at)
            if found is None:
                break  # spaces at the end: the text is sound
            at = found.end()
            if found.lastindex is not None:
                self.token(found, found.lastindex, at)
        self.reading.spend(steps)

    def cast(self, at: int) -> int:
        """As many elements as come of forms that were met before; where they end."""
        molds, text, box, owner = self.molds, self.text, self.box, self.owner
        assert molds is not None  # noqa: S101 - for the type checker
        room, mute = self.reading.depth - len(self.stack), molds.mute
        run: Run | None = None
        last: Choice | None = None
        while True:
            for mold in molds.at(owner):
                found = mold.match(text, at)
                if found is not None:
                    break
            else:
                return at
            if mold.levels > room:
                return at
            values = found.group(*mold.values)
            words = () if not mold.texts or mute.issuperset(values) else molds.words(values, self.reading.look)
            if words is None:
                return at  # what somebody wrote is not kept
            choice = mold.choices.get(words) or molds.choice(mold, found, owner, words, self.stepped)
            if choice is None:
                return at
            mold.met += 1
            start, at = found.span(1)
            here = box.add(start, at)
            self.reading.spend(choice.steps + (here > 0))  # with the comma before it
            if run is None or choice is not last:
                run, last = Run(box, here, choice), choice
                self.tree.boxes.append(run)
                spots = self.chosen.get(choice)
                if spots is None:
                    spots = self.chosen[choice] = [self.tree.spots(thing) for thing, _ in choice.things]
                for number, rows in enumerate(spots):
                    rows.append((run, number))
            run.found.append(found)

    def stepped(self, text: str, owner: str) -> tuple[Tree, int]:
        """What a list in a path shows, read step by step; and how many steps that takes beside those for the list."""
        tree, left = Tree(), self.reading.left
        Scan(text, tree, self.reading, owner=owner).run()
        steps, self.reading.left = left - self.reading.left - 2, left
        return tree, steps

    def named(self, owner: str, name: str) -> list[tuple[Box, int]]:
        """Where a key stands, to be added to."""
        spots = self.names.get((owner, name))
        if spots is None:
            spots = self.names[owner, name] = self.tree.spots(Shown(Role.KEY, name, owner, Kind.TREE))
        return spots

    def inner(self) -> str:
        """The path of what lies in the value that comes."""
        if self.key is None:
            return self.owner
        return f"{self.owner}.{self.key}" if self.owner else self.key

    def member(self, found: re.Match[str]) -> None:
        """A member with a plain name and a number, word or plain string: nearly all there is, in one step."""
        box, name = self.box, found[1]
        here = len(box.starts)
        box.starts.append(found.start(1) - 1)
        box.names.append(name)
        self.named(self.owner, name).append((box, here))
        value = found[2]
        if value is None:
            box.ends.append(found.end(3))
            return
        box.ends.append(found.end(2) + 1)
        if self.reading.look(value) or value.startswith(_BEGINS):
            self.value(value, value, found.start(2), (box, here), self.owner, name)

    def flat(self, found: re.Match[str]) -> bool:
        """A point, a box, a row of numbers or of points: one thing, where none of its names says anything."""
        names = found[1].split('"')[1::2]
        keys = tuple(dict.fromkeys(names))
        if names != [*keys] * (found[1].count("{") or 1):
            return False  # not of one form: they are looked at one by one, and a key that stands twice is found
        owner = self.inner()
        known = self.shapes.get((owner, keys))
        if known is None:
            known = self.reading.clean(set(keys))
            self.shapes[owner, keys] = known
            if known:
                for name in keys:
                    self.named(owner, name)
        if not known:
            return False
        begin, end = found.span(1)
        here = self.box.add(begin if self.key is None else self.key_at, end, self.key)
        if self.key is not None:
            self.named(self.owner, self.key).append((self.box, here))
            self.key = None
        return True

    def token(self, found: re.Match[str], which: int, end: int) -> None:
        """One token: a key, a bracket, or a value by itself.

        Raises:
            Unsound: It nests too deep.
        """
        box, key = self.box, self.key
        if which == 2:
            raw = found[1]
            self.key = unescape(raw) if "\\" in raw else raw
            self.key_at = found.start(1) - 1
            return
        if which == 4:
            if len(set(box.names)) < len(box.names):
                raise Unsound("a key stands twice in an object", ambiguous=True)
            self.box, self.owner = self.stack.pop()
            self.box.ends[-1] = end
            if self.molds is not None and self.box.listed and box.names:
                start = self.box.starts[-1]
                if self.molds.often(self.owner, box.names, end - start):
                    self.molds.learn(self.owner, self.text[start:end], self.reading.clean, _FLAT)
            return
        here = box.add(found.start(which) - (which == 1) if key is None else self.key_at, end, key)
        if key is not None:
            self.named(self.owner, key).append((box, here))
        if which == 3:
            if len(self.stack) >= self.reading.depth:
                raise Unsound("it is nested too deep", limit=True)
            outer = (box, here) if self.stack else (self.spot or (None, 0))
            self.stack.append((box, self.owner))
            self.owner = self.inner()
            self.box = self.tree.box(*outer, listed=found[3] == "[")
        elif which == 1:
            raw = found[1]
            value = unescape(raw) if "\\" in raw else raw
            if self.reading.look(value) or value.startswith(_BEGINS):
                spot = (box, here) if self.stack else None
                self.value(value, raw, found.start(1), spot, self.owner, key or "")
        self.key = None

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
    inner.shown = {thing: [spot] for thing in inner.shown} if spot is not None else {}
    inner.boxes = []
