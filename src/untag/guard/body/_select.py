"""GraphQL documents (October 2021): selections, arguments and variables, with their spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.tree import Box, Shown, Tree
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from untag.guard.body import Reading

__all__ = ["select", "selects"]

_BEGINS = re.compile(
    r"[\s,\ufeff]*(?:#[^\n]*\n[\s,]*)*(?:\{\s*[A-Za-z_.]|(?:query|mutation|subscription|fragment)\b[^{]{0,4000}\{)"
)
_TOKEN = re.compile(
    r'[\s,\ufeff]*(?:#[^\r\n]*[\s,]*)*(?:("""(?:[^"\\]|\\.|"(?!""))*+"""|"(?:[^"\\\r\n]|\\.)*+")|([A-Za-z_]\w*)|(-?\d[\w.+-]*)'
    r"|(\.\.\.)|([{}()\[\]:!$@=|&]))",
    re.DOTALL | re.ASCII,
)
_PAIRS = {"{": "}", "(": ")", "[": "]"}
_REST = re.compile(r"[\s,\ufeff]*(?:#[^\r\n]*[\s,]*)*")


def selects(text: str) -> bool:
    """Whether a text begins as a document of GraphQL does."""
    return _BEGINS.match(text) is not None


def select(text: str, reading: Reading, box: Box | None = None, index: int = 0, owner: str = "") -> Tree | None:
    """What a document asks for.

    Args:
        text: The document.
        reading: The look.
        box: The thing whose text it is.
        index: Which one of its box.
        owner: The path it lies in.

    Returns:
        A field for each selection, a parameter for each argument and variable; None where the text is no document.

    Raises:
        Unsound: It nests too deep.
    """
    run = _Run(text, reading, box, index, owner)
    return run.tree if run.run() else None


class _Run:
    """One run over a document; the stack of open boxes is explicit."""

    def __init__(self, text: str, reading: Reading, box: Box | None, index: int, owner: str) -> None:
        self.text = text
        self.reading = reading
        self.tree = Tree()
        self.box = self.tree.box(box, index, inside=box is not None, glued=False)
        self.path = owner
        #: The bracket that closes the box; none around the definitions.
        self.close = ""
        self.stack: list[tuple[Box, str, str]] = []
        #: The name of the last thing of the box, and the two words before.
        self.name = ""
        self.before = self.earlier = ""

    def run(self) -> bool:
        """Fill the tree; False where the text is no document."""
        text, size, at = self.text, len(self.text), 0
        while at < size:
            found = _TOKEN.match(text, at)
            if found is None:
                rest = _REST.match(text, at)
                if rest is None or rest.end() < size:
                    return False
                break
            at = found.end()
            self.reading.spend(1)
            word = found[found.lastindex or 0]
            if word in _PAIRS:
                self._open(found)
            elif word in {"}", ")", "]"}:
                if word != self.close:
                    return False
                self.box, self.path, self.close = self.stack.pop()
                self.box.ends[-1] = at
                self.name = self.box.names[-1] if self.box.names else ""
            else:
                self._word(found)
            self.earlier, self.before = self.before, word
        return not self.stack and bool(self.box.starts)

    def _open(self, found: re.Match[str]) -> None:
        if len(self.stack) >= self.reading.depth:
            raise Unsound("it is nested too deep", limit=True)
        box, sign = self.box, found[5]
        if not box.starts or (not self.close and self.before == "}") or (self.close == "]" and self.before != ":"):
            box.add(found.start(5), found.end(), "")
            self.name = ""
        self.stack.append((box, self.path, self.close))
        if self.name:
            self.path = f"{self.path}.{self.name}" if self.path else self.name
        self.box = self.tree.box(box, len(box.starts) - 1, inside=True, glued=False, listed=sign == "[")
        self.close, self.name = _PAIRS[sign], ""

    def _goes_on(self) -> bool:
        """Whether a word belongs to the last thing of the box."""
        if not self.box.starts:
            return False
        if not self.close:
            return self.before != "}"
        joined = self.before in {":", "@", "=", "$", "...", "&", "|"}
        return joined or (self.before == "on" and self.earlier == "...")

    def _word(self, found: re.Match[str]) -> None:
        """A name, string, number or sign: a new thing of the box, or the last one goes on."""
        which = found.lastindex or 0
        box, word, end = self.box, found[which], found.end()
        sign = which == 5 and word not in {"$", "@"}
        if sign or word == "@" or self._goes_on():
            if not box.starts:
                box.add(found.start(which), end, "")
            box.ends[-1] = end
            if which in {1, 2} and self.close:
                self._value(word, which)
            return
        named = word if which == 2 else ""
        index = box.add(found.start(which), end, named)
        self.name = named
        if which == 2 and self.close in {"}", ")"}:
            role = Role.FIELD if self.close == "}" else Role.PARAMETER
            self.tree.show(Shown(role, word, self.path, Kind.TREE), box, index)
        elif which in {1, 2} and self.close and self.reading.look(_text(word)):
            self.tree.show(Shown(Role.MEMBER, _text(word), self.path, Kind.LIST), box, index)

    def _value(self, token: str, which: int) -> None:
        """What goes on: the field behind an alias, a variable, a value, a directive."""
        box, index, word = self.box, len(self.box.starts) - 1, _text(token)
        if which == 2 and self.before == ":" and self.close == "}":
            self.tree.show(Shown(Role.FIELD, token, self.path, Kind.TREE), box, index)
            self.name = token
        elif which == 2 and self.before == "$" and self.close == ")":
            self.tree.show(Shown(Role.PARAMETER, token, self.path, Kind.TREE), box, index)
            self.name = token
            box.names[index] = token
        elif self.reading.look(word):
            self.tree.show(Shown(Role.VALUE, word, self.path, Kind.TREE, self.name), box, index)


def _text(token: str) -> str:
    return token[3:-3] if token.startswith('"""') else token[1:-1] if token.startswith('"') else token
