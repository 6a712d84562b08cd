"""Protocol buffers' text form with spans: Caffe's nets, TensorFlow's graphs and label maps, configurations of servers.

Format: protobuf.dev, "Text Format Language Specification". A field that stands several times stays several members of
its object, in order; a field of messages is an object, a list an array.
"""

from __future__ import annotations

import re

from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING, WORD, Comment, Document, Node

__all__ = ["parse"]

_TOKEN = re.compile(
    r"(?P<space>[\s,;]++)|(?P<comment>#[^\n]*+)|(?P<open>[{<])|(?P<close>[}>])|(?P<list>\[)|(?P<end>\])|(?P<colon>:)"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*+\"?+|'(?:[^'\\\n]|\\.)*+'?+)"
    r"|(?P<number>[-+]?\.?\d(?:[eE][-+]|[\w.])*+)|(?P<word>-?[A-Za-z_][\w.]*+)"
)
_TYPE = re.compile(r"[ \t]*+[A-Za-z_][\w./]*+[ \t]*+\][ \t]*+[:{<]")
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))")
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def parse(text: str, limit: int = 1_500_000) -> Document:
    """Read a text; what fits nowhere is kept as lost text.

    Args:
        text: The whole text.
        limit: Nodes at most.
    """
    return _Parser(text, limit).run()


class _Parser:
    """One walk over the tokens; open messages and lists stand on a stack."""

    def __init__(self, text: str, limit: int) -> None:
        self.text, self.left = text, limit
        self.document = Document()
        self.root = Node(OBJECT, 0, len(text))
        self.document.roots.append(self.root)
        self.stack = [self.root]
        #: A name that waits for its value: where it begins and ends.
        self.name: tuple[int, int] | None = None
        #: The text that stood last, where another may go on with it; and those that go on.
        self.last: Node | None = None
        self.joined: list[Node] = []

    def run(self) -> Document:
        """All tokens."""
        text, at, size = self.text, 0, len(self.text)
        match = _TOKEN.match
        while at < size:
            found = match(text, at)
            if found is None:
                self.lose(at, at + 1)
                at += 1
                continue
            kind, end = found.lastgroup, found.end()
            if self.left <= 0:
                self.document.stop = at
                break
            if kind == "comment":
                self.document.comments.append(Comment(at, end))
            elif kind == "list" and self.name is None and self.stack[-1].kind == OBJECT and _TYPE.match(text, end):
                # An extension or the type of an Any: a name in brackets.
                end = text.index("]", end) + 1
                self.name = (at + 1, end - 1)
            elif kind == "string":
                self.string(at, end)
            elif kind in ("number", "word"):
                self.word(kind, at, end)
            elif kind == "space":
                self.last = None if "," in found[0] or ";" in found[0] else self.last
            elif kind != "colon":
                self.bracket(kind or "", at, end)
            at = end
        self.waiting()
        for node in self.joined:
            node.value = "".join(piece for piece, _ in node.pieces())
        for node in self.stack[1:]:
            node.end = size
            self.document.errors.append((node.start, "a message is not closed"))
        return self.document

    def lose(self, start: int, end: int) -> None:
        """Keep what fits nowhere."""
        lost = self.document.lost
        if lost and lost[-1][1] == start:
            lost[-1] = (lost[-1][0], end)
        else:
            lost.append((start, end))
            self.document.errors.append((start, "no field stands here"))

    def waiting(self) -> None:
        """A name without a value is lost."""
        if self.name is not None:
            self.lose(*self.name)
            self.name = None

    def add(self, node: Node) -> None:
        """Put a value under the name that waits for it, or into the list."""
        if self.name is not None:
            low, high = self.name
            node.key, node.key_start, node.key_end = self.text[low:high], low, high
            self.name = None
        self.left -= 1
        self.stack[-1].children.append(node)
        self.last = node if node.kind == STRING else None

    def bracket(self, kind: str, at: int, end: int) -> None:
        """A message or list opens or closes."""
        top = self.stack[-1]
        if kind in ("open", "list"):
            if self.name is None and top.kind == OBJECT:
                self.lose(at, end)
                return
            node = Node(OBJECT if kind == "open" else ARRAY, at, end)
            self.add(node)
            self.stack.append(node)
            return
        self.waiting()
        if len(self.stack) == 1 or (top.kind == OBJECT) != (kind == "close"):
            self.lose(at, end)
            return
        self.stack.pop().end = end
        self.last = None

    def word(self, kind: str, at: int, end: int) -> None:
        """A name, or a value that is no text."""
        if self.name is None and self.stack[-1].kind == OBJECT:
            if kind == "word":
                self.name = (at, end)
                self.last = None
            else:
                self.lose(at, end)
            return
        self.add(Node(NUMBER if kind == "number" else WORD, at, end, self.text[at:end]))

    def string(self, at: int, end: int) -> None:
        """A text, or what goes on with the one before it."""
        sign = self.text[at]
        body = self.text[at + 1 : end - 1 if end - at > 1 and self.text[end - 1] == sign else end]
        value = _bare(body)
        last = self.last
        if self.name is None and last is not None:
            if last.lines is None:
                last.lines = [(last.value, last.body)]
                self.joined.append(last)
            last.lines.append((value, at + 1))
            last.end = end
            return
        if self.name is None and self.stack[-1].kind == OBJECT:
            self.lose(at, end)
            return
        self.add(Node(STRING, at, end, value, body=at + 1))


def _bare(text: str) -> str:
    """A string's text; bytes that are escaped one by one are UTF-8."""
    if "\\" not in text:
        return text
    out, at = bytearray(), 0
    for found in _ESCAPE.finditer(text):
        out += text[at : found.start()].encode("utf-8", "surrogatepass")
        octal, byte, short, long, sign = found.groups()
        if octal or byte:
            out.append((int(octal, 8) if octal else int(byte, 16)) & 0xFF)
        elif short or long:
            code = int(short or long, 16)
            out += chr(code if code <= 0x10FFFF else 0xFFFD).encode("utf-8", "surrogatepass")
        else:
            out += _SHORT.get(sign, sign).encode("utf-8", "surrogatepass")
        at = found.end()
    out += text[at:].encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "replace")
