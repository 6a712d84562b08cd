"""MessagePack (the specification of 2017): spans of its maps and arrays; what is left keeps its form, with new counts.

Read as Latin-1, so that characters are bytes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.body._scan import said
from untag.guard.tree import Box, Cut, Shown, Tree
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from untag.guard.body import Reading

__all__ = ["MsgpackBody"]

#: Bytes of the numbers whose first byte says what they are.
_FIXED = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
    0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17,
}  # fmt: skip
#: Bytes of the length behind the first byte, and of what follows it besides the content.
_LONG = {
    0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1), 0xD9: (1, 0), 0xDA: (2, 0),
    0xDB: (4, 0),
}  # fmt: skip
_TEXTS = frozenset({0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB})
_WIDE = {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}


class _Open:
    """A map or array that goes on."""

    __slots__ = ("box", "key", "key_at", "keys", "left", "mapped", "owner")

    def __init__(self, box: Box, left: int, owner: str, *, mapped: bool) -> None:
        self.box = box
        self.left = left
        self.owner = owner
        self.mapped = mapped
        self.keys: set[str] = set()
        self.key: str | None = None
        self.key_at = 0


class MsgpackBody:
    """Documents of MessagePack."""

    name = "msgpack"
    types = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack", "application/*+msgpack")
    binary = True

    def clean(self, text: str, reading: Reading) -> bool:  # noqa: ARG002 - what all formats are told
        """Never known beforehand."""
        return False

    def read(self, text: str, reading: Reading) -> Tree:
        """What it shows.

        Raises:
            Unsound: It is no MessagePack, too deep, or a key stands twice.
        """
        tree = Tree()
        stack: list[_Open] = []
        at, size, roots = 0, len(text), 0
        while at < size:
            reading.spend(1)
            while stack and not stack[-1].left:
                self._close(stack, at)
            if not stack:
                roots += 1
                if roots > 1:
                    raise Unsound("something stands behind it", ambiguous=True)
            start = at
            at, count, mapped, word = _item(text, at)
            here = stack[-1] if stack else None
            if here is not None and here.mapped and here.key is None:
                if word is None and count is not None:
                    raise Unsound("a key is no text or number")
                key = word if word is not None else text[start:at]
                if key in here.keys:
                    raise Unsound("a key stands twice in a map", ambiguous=True)
                here.keys.add(key)
                here.key, here.key_at = key, start
                continue
            spot = self._thing(tree, here, start, at)
            owner = here.owner if here is not None else ""
            key = (here.key or "") if here is not None and here.mapped else ""
            if here is not None:
                here.key = None
                here.left -= 1
            if count is not None:
                if len(stack) >= reading.depth:
                    raise Unsound("it is nested too deep", limit=True)
                box = tree.box(*(spot or (None, 0)), listed=not mapped, glued=False)
                box.fix = partial(_counted, text=text, start=start)
                path = f"{owner}.{key}" if owner and key else owner or key
                stack.append(_Open(box, count, path, mapped=mapped))
            elif word is not None:
                said(tree, reading, word, "", _nowhere, spot, owner, key)
        while stack and not stack[-1].left:
            self._close(stack, at)
        if stack or not roots:
            raise Unsound("it ends too early")
        return tree

    @staticmethod
    def _thing(tree: Tree, here: _Open | None, start: int, end: int) -> tuple[Box, int] | None:
        """A value: a new thing of the map or array it is in."""
        if here is None:
            return None
        if here.mapped and here.key is not None:
            index = here.box.add(here.key_at, end, here.key)
            tree.show(Shown(Role.KEY, here.key, here.owner, Kind.TREE), here.box, index)
        else:
            index = here.box.add(start, end)
        return here.box, index

    @staticmethod
    def _close(stack: list[_Open], at: int) -> None:
        stack.pop()
        if stack:
            stack[-1].box.ends[-1] = at

    def done(self, text: str) -> None:
        """What is left has its counts anew."""


def _item(text: str, at: int) -> tuple[int, int | None, bool, str | None]:
    """One item: where its head or whole ends, how many it holds, whether in pairs, and its text.

    Raises:
        Unsound: It is none, or ends too early.
    """
    first = ord(text[at])
    at += 1
    if first < 0x80 or first >= 0xE0:
        return at, None, False, None
    if first < 0x90:
        return at, first & 15, True, None
    if first < 0xA0:
        return at, first & 15, False, None
    if first in _WIDE:
        count = _number(text, at, _WIDE[first])
        return at + _WIDE[first], count, first >= 0xDE, None
    length = 0
    if first < 0xC0:
        length = first & 31
    elif first in _FIXED:
        length = _FIXED[first]
    elif first in _LONG:
        wide, more = _LONG[first]
        length = _number(text, at, wide) + more
        at += wide
    else:
        raise Unsound("it is no MessagePack")
    end = at + length
    if end > len(text):
        raise Unsound("it ends too early")
    word = None
    if first < 0xC0 or first in _TEXTS:
        try:
            word = text[at:end].encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            if first not in {0xC4, 0xC5, 0xC6}:
                raise Unsound("a text in it is no UTF-8") from None
    return end, None, False, word


def _number(text: str, at: int, wide: int) -> int:
    part = text[at : at + wide]
    if len(part) < wide:
        raise Unsound("it ends too early")
    return int.from_bytes(part.encode("latin-1"), "big")


def _counted(box: Box, text: str, start: int) -> Cut:
    """The head of a map or array with the count of what is left, as wide as it was."""
    first, count = ord(text[start]), len(box.starts) - len(box.gone)
    if first in _WIDE:
        wide = _WIDE[first]
        return Cut(start + 1, start + 1 + wide, count.to_bytes(wide, "big").decode("latin-1"))
    return Cut(start, start + 1, chr(first & 0xF0 | count))


def _nowhere(at: int) -> int:
    """Lists in a text go as a whole: its length stands before it."""
    return at
