"""JSON with spans: comments, trailing commas, single quotes, bare keys (JSONC, JSON5) and damage are taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.syntax.tree import ARRAY, NUMBER, NUMBERS, OBJECT, STRING, WORD, Comment, Document, Node

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["offsets", "parse", "unescape"]

_SPACE = r"[ \t\r\n\ufeff\u00a0\u2028\u2029\v\f]"
#: A whole member in one match, with the comma behind it: what nearly all of a real file is made of.
_MEMBER = re.compile(
    rf'{_SPACE}*+"([^"\\\n]*+)"[ \t\r\n]*+:[ \t\r\n]*+'
    r'(?:"([^"\\\n]*+)"|(-?\d[\d.eE+\-]*+)(?!\w)|(true|false|null)\b|([{\[])),?+'
)
_ELEMENT = re.compile(
    rf'{_SPACE}*+(?:"([^"\\\n]*+)"'
    r"|((?:-?\d[\d.eE+\-]*+[ \t\r\n]*+,[ \t\r\n]*+){8,}+)|(-?\d[\d.eE+\-]*+)(?!\w)|([{\[])),?+"
)
_GAP = re.compile(rf"(?:{_SPACE}|,)*+")
_BLANK = re.compile(rf"{_SPACE}*+")
_DOUBLE = re.compile(r'"((?:[^"\\\n]|\\(?:\r\n|[\s\S]))*+)"?')
_SINGLE = re.compile(r"'((?:[^'\\\n]|\\(?:\r\n|[\s\S]))*+)'?")
_BARE = re.compile(r"[^\s,:{}\[\]\"'/#]++")
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Infinity|NaN)\Z")
_JUNK = re.compile(r"[^\n,{}\[\]\"]++|.", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}


def _escaped(found: re.Match[str]) -> str:
    number = found[1] or found[2] or found[3]
    if number:
        code = int(number, 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"
    return _SIMPLE.get(found[4], found[4])


def unescape(raw: str) -> str:
    """The text of a string literal's inside, its escapes resolved and surrogate pairs joined."""
    if "\\" not in raw:
        return raw
    text = _ESCAPE.sub(_escaped, raw)
    return _joined(text)


def _joined(text: str) -> str:
    """Surrogate pairs as the characters they mean; a lone one becomes U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def offsets(raw: str, base: int) -> tuple[str, list[int]]:
    """The text of a string literal's inside, and for each of its characters where it stands.

    Args:
        raw: What stands between the quotes.
        base: Position of ``raw`` in the text.

    Returns:
        The resolved text and as many positions plus one (the end).
    """
    out: list[str] = []
    where: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(raw):
        out.append(raw[at : found.start()])
        where.extend(range(base + at, base + found.start()))
        piece = _escaped(found)
        out.append(piece)
        where.extend([base + found.start()] * len(piece))
        at = found.end()
    out.append(raw[at:])
    where.extend(range(base + at, base + len(raw)))
    where.append(base + len(raw))
    text = "".join(out)
    # Pairs of surrogates would become one character and shift the rest: they stay two replacement characters here.
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text), where


class _Parser:
    """One run over a text; the stack of open containers is explicit."""

    def __init__(self, text: str, start: int, end: int, limit: int, fold: Callable[[Node, Node], bool] | None) -> None:
        self.text = text
        self.at = start
        self.end = end
        self.limit = limit
        self.fold = fold
        self.document = Document()
        self.stack: list[Node] = []
        self.open = {OBJECT: 0, ARRAY: 0}
        self.names: dict[str, str] = {}
        self.count = 0
        #: Set once a key is read and its value is awaited.
        self.key: tuple[str, int, int] | None = None
        self.unclosed = False

    def add(self, node: Node) -> None:
        """Put a value where it belongs."""
        self.count += 1
        if self.key is not None:
            node.key, node.key_start, node.key_end = self.key
            self.key = None
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.document.roots.append(node)

    def begin(self, kind: str, at: int) -> None:
        node = Node(kind, at, self.end)
        self.add(node)
        self.stack.append(node)
        self.open[kind] += 1

    def finish(self, kind: str, at: int) -> None:
        """A closing bracket at ``at``: closes the nearest open container of its kind, if there is one."""
        self.at = at + 1
        if self.key is not None:
            self.add(Node(WORD, at, at))
        if not self.open[kind]:
            self.document.errors.append((at, "a bracket closes what was not opened"))
            return
        while self.stack:
            node = self.stack.pop()
            self.open[node.kind] -= 1
            if node.kind == kind:
                node.end = at + 1
                break
            node.end = at
            self.document.errors.append((at, "a bracket is missing"))
        if self.fold is not None and kind == OBJECT and self.stack and self.stack[-1].kind == ARRAY:
            array = self.stack[-1]
            if len(array.children) > 64:
                size = len(array.children)
                if self.fold(array, array.children[-1]):
                    self.count -= sum(1 for _ in array.children[-1].walk())
                    del array.children[size - 1]

    def run(self) -> Document:
        text, end = self.text, self.end
        element, gap = _ELEMENT.match, _GAP.match
        while True:
            if self.count > self.limit:
                self.document.stop = self.at
                break
            if self.stack and self.key is None:
                top = self.stack[-1]
                if top.kind == OBJECT:
                    if self.members(top):
                        continue
                else:
                    found = element(text, self.at, end)
                    if found is not None:
                        self.element(found, top)
                        continue
            found = gap(text, self.at, end)
            if found is not None:
                self.at = found.end()
            if self.at >= end:
                break
            self.slow()
        return self.close()

    def members(self, top: Node) -> bool:
        """The next members of an object, up to one that holds others; False where something else comes next."""
        text, end, names, append = self.text, self.end, self.names, top.children.append
        match, at, left = _MEMBER.match, self.at, self.limit - self.count
        while (found := match(text, at, end)) is not None:
            which = found.lastindex or 0
            name = found[1]
            name = names.setdefault(name, name)
            low, high = found.span(1)
            first, last = found.span(which)
            at = found.end()
            left -= 1
            if which == 2:
                append(Node(STRING, first - 1, last + 1, found[2], name, low, high, first))
            elif which == 5:
                self.key = (name, low, high)
                self.count = self.limit - left - 1
                self.begin(OBJECT if text[first] == "{" else ARRAY, first)
                self.at = at
                return True
            else:
                append(Node(NUMBER if which == 3 else WORD, first, last, found[which], name, low, high))
            if left < 0:
                break
        self.count, self.at = self.limit - left, at
        return left < 0

    def element(self, found: re.Match[str], top: Node) -> None:
        which = found.lastindex or 0
        first, last = found.span(which)
        self.at = found.end()
        if which == 1:
            top.children.append(Node(STRING, first - 1, last + 1, found[1], body=first))
            self.count += 1
        elif which == 2:
            top.children.append(Node(NUMBERS, first, last, str(found[2].count(","))))
            self.count += 1
        elif which == 3:
            top.children.append(Node(NUMBER, first, last, found[3]))
            self.count += 1
        else:
            self.begin(OBJECT if found[4] == "{" else ARRAY, first)

    def close(self) -> Document:
        if self.key is not None:
            self.add(Node(WORD, self.at, self.at))
        if self.stack:
            self.document.errors.append((self.at, "the text ends inside a container"))
        for node in self.stack:
            node.end = min(self.at, self.end)
        return self.document

    def slow(self) -> None:
        """One token that the fast patterns do not know."""
        text, at = self.text, self.at
        ch = text[at]
        if ch in "{[":
            self.begin(OBJECT if ch == "{" else ARRAY, at)
            self.at = at + 1
        elif ch in "}]":
            self.finish(OBJECT if ch == "}" else ARRAY, at)
        elif ch == "/" or ch == "#":
            self.comment()
        elif ch in "\"'":
            self.quoted(ch)
        elif ch == ":":
            self.at = at + 1
        else:
            found = _BARE.match(text, at, self.end)
            if found is None:
                self.junk()
            else:
                self.at = found.end()
                self.token(found[0], at, found.end(), at, found.end(), quoted=False)

    def quoted(self, quote: str) -> None:
        found = (_DOUBLE if quote == '"' else _SINGLE).match(self.text, self.at, self.end)
        if found is None:
            self.junk()
            return
        if not found[0].endswith(quote) or len(found[0]) == 1:
            self.document.errors.append((self.at, "a string is not closed"))
        self.at = found.end()
        first, last = found.span(1)
        self.token(unescape(found[1]), first, last, found.start(), found.end(), quoted=True)

    def token(self, value: str, first: int, last: int, start: int, end: int, *, quoted: bool) -> None:
        """A string or bare word: a key where a colon follows inside an object, else a value."""
        if self.key is None and self.stack and self.stack[-1].kind == OBJECT:
            blank = _BLANK.match(self.text, self.at, self.end)
            after = blank.end() if blank else self.at
            if self.text.startswith(":", after, self.end):
                self.at = after + 1
                self.key = (self.names.setdefault(value, value), first, last)
                return
        if quoted:
            self.add(Node(STRING, start, end, value, body=first))
        elif _NUMBER.match(value):
            self.add(Node(NUMBER, start, end, value))
        elif value in ("true", "false", "null", "undefined", "None", "True", "False"):
            self.add(Node(WORD, start, end, value))
        else:
            self.document.errors.append((start, "a word without quotes"))
            self.add(Node(STRING, start, end, value))

    def comment(self) -> None:
        text, at = self.text, self.at
        if text.startswith("//", at) or text[at] == "#":
            stop = text.find("\n", at, self.end)
            stop = self.end if stop < 0 else stop
        elif text.startswith("/*", at) and not self.unclosed:
            stop = text.find("*/", at + 2, self.end)
            if stop < 0:
                # Looked for once only, or many openings without an end would be looked through again and again.
                self.unclosed = True
                self.junk()
                return
            stop += 2
        else:
            self.junk()
            return
        self.document.comments.append(Comment(at, stop))
        self.at = stop

    def junk(self) -> None:
        found = _JUNK.match(self.text, self.at, self.end)
        stop = found.end() if found else self.at + 1
        self.document.errors.append((self.at, "text that is no value"))
        self.document.lost.append((self.at, stop))
        self.at = stop


def parse(
    text: str,
    start: int = 0,
    end: int | None = None,
    limit: int = 20_000_000,
    fold: Callable[[Node, Node], bool] | None = None,
) -> Document:
    """Read JSON, JSONC or JSON5, or what is left of it.

    Args:
        text: Any text.
        start: Where to begin.
        end: Where to stop.
        limit: How many nodes may be held at once.
        fold: Called with an array and its newest element (an object) once the array is long; if it returns True, it
            has taken what it needs and the element is dropped, so that a large data file fits into memory.

    Returns:
        The document; ``errors`` says where the text does not keep to JSON, ``lost`` which text is in no node. Several
        values one after the other are several roots.
    """
    return _Parser(text, start, len(text) if end is None else end, limit, fold).run()
