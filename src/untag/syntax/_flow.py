"""The scalars of YAML and its collections in brackets."""

from __future__ import annotations

import re

from untag.syntax.json import unescape
from untag.syntax.tree import ALIAS, ARRAY, NUMBER, OBJECT, STRING, WORD, Comment, Node

__all__ = ["COLON", "DOUBLE", "GAP", "PROPERTY", "SINGLE", "Flow", "Run", "folded", "plain"]

DOUBLE = re.compile(r'"((?:[^"\\]|\\[\s\S])*+)"')
SINGLE = re.compile(r"'((?:[^']|'')*+)'")
PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*+|!<[^>\s]*+>")

_NUMBER = re.compile(
    r"[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|\.inf|\.nan)\Z", re.IGNORECASE
)

_WORD = re.compile(r"(?:~|null|true|false)\Z", re.IGNORECASE)

#: A plain scalar inside brackets.
_FLOW = re.compile(r"(?:[^,\[\]{}:#\n\r]|:(?=[^\s,\[\]{}])|(?<=\S)#)++")

GAP = re.compile(r"[ \t\r\n]*+")
COLON = re.compile(r"[ \t]*+:")


def plain(value: str, start: int, end: int) -> Node:
    """A scalar without quotes."""
    kind = STRING
    if value[:1] in "+-.0123456789" and _NUMBER.match(value):
        kind = NUMBER
    elif len(value) < 6 and _WORD.match(value):
        kind = WORD
    return Node(kind, start, end, value)


def folded(raw: str, base: int) -> list[tuple[str, int]]:
    """The physical lines of a quoted scalar, each without the space around it."""
    out = []
    at = 0
    for row in raw.split("\n"):
        bare = row.strip()
        if bare:
            out.append((bare, base + at + len(row) - len(row.lstrip())))
        at += len(row) + 1
    return out


class Run:
    """What the parts of one run over a text share.

    Attributes:
        text: The text.
        end: Its length.
        limit: How many nodes may be made.
        count: How many were made.
        unclosed: Quotes of which no closing one is left in the text.
        names: Keys met so far, each kept once.
    """

    def __init__(self, text: str, limit: int) -> None:
        self.text = text
        self.end = len(text)
        self.limit = limit
        self.count = 0
        self.unclosed: set[str] = set()
        self.names: dict[str, str] = {}


class Flow:
    """One collection in brackets, with its own explicit stack."""

    def __init__(self, parser: Run, at: int, floor: int) -> None:
        self.parser = parser
        self.text = parser.text
        self.end = parser.end
        self.at = at
        self.floor = floor
        self.stack: list[Node] = []
        self.open = {OBJECT: 0, ARRAY: 0}
        self.key: tuple[str, int, int] | None = None
        self.comments: list[Comment] = []
        self.lost: list[tuple[int, int]] = []

    def add(self, node: Node) -> None:
        self.parser.count += 1
        if self.key is not None:
            node.key, node.key_start, node.key_end = self.key
            self.key = None
        if self.stack:
            self.stack[-1].children.append(node)

    def run(self) -> tuple[Node, int, bool]:
        """The collection, where it ends, and whether it was closed."""
        text = self.text
        root: Node | None = None
        while True:
            found = GAP.match(text, self.at)
            stop = found.end() if found else self.at
            if stop > self.at and "\n" in text[self.at : stop]:
                begin = text.rfind("\n", 0, stop) + 1
                if stop - begin <= self.floor and stop < self.end and text[stop] not in "]}":
                    self.at = begin
                    break
            self.at = stop
            if stop >= self.end or self.parser.count > self.parser.limit:
                break
            ch = text[stop]
            if ch in "[{":
                node = Node(ARRAY if ch == "[" else OBJECT, stop, self.end)
                self.add(node)
                root = root or node
                self.stack.append(node)
                self.open[node.kind] += 1
                self.at = stop + 1
            elif ch in "]}":
                if self.close(ARRAY if ch == "]" else OBJECT) and root is not None:
                    return root, self.at, True
            else:
                self.token(ch)
        if self.key is not None:
            self.add(Node(WORD, self.at, self.at))
        for node in self.stack:
            node.end = self.at
        return root or Node(ARRAY, self.at, self.at), self.at, False

    def close(self, kind: str) -> bool:
        """A closing bracket; True if it was the last."""
        if self.key is not None:
            self.add(Node(WORD, self.at, self.at))
        self.at += 1
        if not self.open[kind]:
            return False
        while self.stack:
            node = self.stack.pop()
            self.open[node.kind] -= 1
            node.end = self.at
            if node.kind == kind:
                break
        return not self.stack

    def token(self, ch: str) -> None:
        text, at = self.text, self.at
        if ch == ",":
            if self.key is not None:
                self.add(Node(WORD, at, at))
            self.at = at + 1
        elif ch == "#":
            stop = text.find("\n", at)
            stop = self.end if stop < 0 else stop
            self.comments.append(Comment(at, stop))
            self.at = stop
        elif ch in "\"'" and self.quoted(ch):
            pass
        elif ch in "&!":
            found = PROPERTY.match(text, at)
            self.at = found.end() if found else at + 1
            self.lost.append((at + 1, self.at))
        elif ch == ":":
            self.at = at + 1
        else:
            found = _FLOW.match(text, at)
            if found is None:
                self.lost.append((at, at + 1))
                self.at = at + 1
                return
            value = found[0].rstrip()
            self.at = found.end()
            node = (
                Node(ALIAS, at, found.end(), value[1:], body=at + 1) if ch == "*" else plain(value, at, at + len(value))
            )
            self.settle(node)

    def quoted(self, quote: str) -> bool:
        text, at = self.text, self.at
        end = self.end
        if quote in self.parser.unclosed:
            end = text.find("\n", at)
            end = self.end if end < 0 else end
        found = (DOUBLE if quote == '"' else SINGLE).match(text, at, end)
        if found is None:
            self.parser.unclosed.add(quote)
            return False
        raw = found[1]
        value = unescape(raw) if quote == '"' else raw.replace("''", "'")
        self.at = found.end()
        node = Node(STRING, at, self.at, value, body=at + 1)
        if "\n" in raw:
            node.lines = [(unescape(row) if quote == '"' else row, where) for row, where in folded(raw, at + 1)]
            node.value = " ".join(row for row, _ in node.lines)
        self.settle(node)
        return True

    def settle(self, node: Node) -> None:
        """A scalar: a key where a colon follows, else a value."""
        if self.key is None:
            found = COLON.match(self.text, self.at)
            if found is not None:
                self.at = found.end()
                name = self.parser.names.setdefault(node.value, node.value)
                if self.stack and self.stack[-1].kind == ARRAY:
                    # `[a: b]` is a list of one pair: shown as a member with a key.
                    self.key = (name, node.body, node.body + len(node.value))
                    return
                self.key = (name, node.body, node.body + len(node.value))
                return
        self.add(node)
