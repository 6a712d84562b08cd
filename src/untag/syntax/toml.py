"""TOML with spans: tables become objects, arrays of tables arrays, dotted keys nested objects."""

from __future__ import annotations

import re

from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING, WORD, Comment, Document, Node

__all__ = ["parse"]

_BLANK = re.compile(r"[ \t\r\n\ufeff]*+")
_SPACES = re.compile(r"[ \t]*+")
_PART = re.compile(r"[ \t]*+(?:\"((?:[^\"\\\n]|\\.)*+)\"|'([^'\n]*+)'|([^\s.=\[\]{}\"',#]++))[ \t]*+")
_STRING = re.compile(
    r'"""(?:\r?\n)?((?:[^"\\]|\\[\s\S]|"(?!""))*+)"{3,5}'
    r"|'''(?:\r?\n)?((?:[^']|'(?!''))*+)'{3,5}"
    r'|"((?:[^"\\\n]|\\.)*+)"'
    r"|'([^'\n]*+)'"
)
_BARE = re.compile(r"[^\s,\]}#]++(?: \d\d:\d\d[^\s,\]}#]*+)?")
_NUMBER = re.compile(r"[+-]?(?:0[xob][0-9a-fA-F_]+|\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?[\d_]+)?|inf|nan)\Z")
_JUNK = re.compile(r"[^\n]++")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([ \t]*\r?\n\s*)|(.))", re.DOTALL)
_SIMPLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def _escaped(found: re.Match[str]) -> str:
    number = found[1] or found[2]
    if number:
        code = int(number, 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd"
    if found[3] is not None:
        return ""
    return _SIMPLE.get(found[4], found[4])


def _unescape(raw: str) -> str:
    return _ESCAPE.sub(_escaped, raw) if "\\" in raw else raw


class _Parser:
    """One run over a text."""

    def __init__(self, text: str, limit: int) -> None:
        self.text = text
        self.end = len(text)
        self.at = 0
        self.limit = limit
        self.count = 0
        self.document = Document()
        self.root = Node(OBJECT, 0, self.end)
        self.table = self.root
        #: Members of an object by key, so that a header finds its table at once.
        self.index: dict[int, dict[str, Node]] = {}
        self.unclosed = False

    def run(self) -> Document:
        text = self.text
        self.document.roots.append(self.root)
        while True:
            found = _BLANK.match(text, self.at)
            self.at = found.end() if found else self.at
            if self.at >= self.end:
                break
            if self.count > self.limit:
                self.document.stop = self.at
                break
            ch = text[self.at]
            if ch == "#":
                self.comment()
            elif ch == "[":
                self.header()
            elif not self.pair(self.table):
                self.junk("a line that is no pair of key and value")
        return self.document

    def comment(self) -> None:
        stop = self.text.find("\n", self.at)
        stop = self.end if stop < 0 else stop
        self.document.comments.append(Comment(self.at, stop))
        self.at = stop

    def junk(self, why: str) -> None:
        found = _JUNK.match(self.text, self.at)
        stop = found.end() if found else self.at + 1
        self.document.errors.append((self.at, why))
        self.document.lost.append((self.at, stop))
        self.at = stop

    def rest(self) -> None:
        """After a pair or header: the line ends, with or without a comment."""
        found = _SPACES.match(self.text, self.at)
        self.at = found.end() if found else self.at
        if self.at < self.end and self.text[self.at] == "#":
            self.comment()
        elif self.at < self.end and self.text[self.at] not in "\r\n":
            self.junk("text after a value")

    def path(self) -> list[tuple[str, int, int]]:
        """A dotted key at the present position; empty if there is none."""
        parts: list[tuple[str, int, int]] = []
        at = self.at
        while True:
            found = _PART.match(self.text, at)
            if found is None:
                return []
            which = found.lastindex or 3
            low, high = found.span(which)
            parts.append((_unescape(found[which]) if which == 1 else found[which], low, high))
            at = found.end()
            if not self.text.startswith(".", at):
                self.at = at
                return parts
            at += 1

    def child(self, holder: Node, part: tuple[str, int, int], kind: str, *, fresh: bool) -> Node:
        """The member of that key; made if need be (or always, where ``fresh``: duplicates are kept)."""
        members = self.index.setdefault(id(holder), {})
        name, low, high = part
        found = members.get(name)
        if found is None or fresh:
            found = Node(kind, low, high, key=name, key_start=low, key_end=high)
            self.count += 1
            holder.children.append(found)
            members.setdefault(name, found)
        return found

    def inner(self, holder: Node, part: tuple[str, int, int]) -> Node:
        """The object to go on in under a key: for an array of tables its last element."""
        found = self.child(holder, part, OBJECT, fresh=False)
        if found.kind == ARRAY and found.children and found.children[-1].kind == OBJECT:
            return found.children[-1]
        if found.kind != OBJECT:
            return self.child(holder, part, OBJECT, fresh=True)
        return found

    def header(self) -> None:
        begin = self.at
        double = self.text.startswith("[[", begin)
        self.at += 2 if double else 1
        parts = self.path()
        closing = "]]" if double else "]"
        if not parts or not self.text.startswith(closing, self.at):
            self.at = begin
            self.junk("a header that is not closed")
            return
        self.at += len(closing)
        holder = self.root
        for part in parts[:-1]:
            holder = self.inner(holder, part)
        if double:
            array = self.child(holder, parts[-1], ARRAY, fresh=False)
            if array.kind != ARRAY:
                array = self.child(holder, parts[-1], ARRAY, fresh=True)
            # Each header is written out, so each element carries the key's own span.
            self.table = Node(OBJECT, begin, self.at)
            self.count += 1
            array.children.append(self.table)
        else:
            self.table = self.inner(holder, parts[-1])
        self.rest()

    def pair(self, holder: Node, *, inline: bool = False) -> bool:
        """One ``key = value``; False (and nothing read) if there is none."""
        begin = self.at
        parts = self.path()
        if not parts or not self.text.startswith("=", self.at):
            self.at = begin
            return False
        self.at += 1
        for part in parts[:-1]:
            holder = self.inner(holder, part)
        found = _SPACES.match(self.text, self.at)
        self.at = found.end() if found else self.at
        name, low, high = parts[-1]
        node = self.scalar()
        if node is None and self.text.startswith(("[", "{"), self.at):
            node = self.container()
        if node is None:
            node = Node(WORD, self.at, self.at)
        node.key, node.key_start, node.key_end = name, low, high
        self.count += 1
        holder.children.append(node)
        self.index.setdefault(id(holder), {}).setdefault(name, node)
        if not inline:
            self.rest()
        return True

    def scalar(self) -> Node | None:
        """A string or bare word at the present position."""
        text, at = self.text, self.at
        if text.startswith(('"', "'"), at):
            if text.startswith(('"""', "'''"), at) and self.unclosed:
                return None
            found = _STRING.match(text, at)
            if found is None:
                self.unclosed = self.unclosed or text.startswith(('"""', "'''"), at)
                return None
            which = found.lastindex or 1
            self.at = found.end()
            raw = found[which]
            first = found.start(which)
            node = Node(STRING, at, self.at, _unescape(raw) if which in (1, 3) else raw, body=first)
            if "\n" in raw:
                node.lines = self.rows(raw, first, escaped=which == 1)
            return node
        bare = _BARE.match(text, at)
        if bare is None or text[at] in "[{":
            return None
        self.at = bare.end()
        value = bare[0]
        kind = NUMBER if _NUMBER.match(value) else WORD
        if kind == WORD and value not in ("true", "false") and not value[0].isdigit():
            self.document.errors.append((at, "a word without quotes"))
            kind = STRING
        return Node(kind, at, self.at, value)

    def rows(self, raw: str, base: int, *, escaped: bool) -> list[tuple[str, int]]:
        out = []
        at = 0
        for row in raw.split("\n"):
            bare = row.strip()
            if bare:
                shown = _unescape(bare.removesuffix("\\")) if escaped else bare
                out.append((shown, base + at + len(row) - len(row.lstrip())))
            at += len(row) + 1
        return out

    def container(self) -> Node:
        """An array or inline table, over several lines, with an explicit stack."""
        text = self.text
        stack: list[Node] = []
        root: Node | None = None
        keys: list[list[tuple[str, int, int]]] = []
        while self.at < self.end:
            found = _BLANK.match(text, self.at)
            self.at = found.end() if found else self.at
            if self.at >= self.end:
                break
            ch = text[self.at]
            if ch in "[{":
                node = Node(ARRAY if ch == "[" else OBJECT, self.at, self.end)
                self.put(stack, node, keys)
                root = root or node
                stack.append(node)
                self.at += 1
            elif ch in "]}":
                self.at += 1
                stack[-1].end = self.at
                stack.pop()
                if not stack:
                    break
            elif ch == "#":
                self.comment()
            elif ch == ",":
                self.at += 1
            elif stack[-1].kind == OBJECT and not keys and self.key(keys):
                pass
            else:
                scalar = self.scalar()
                if scalar is None:
                    self.junk("text that is no value")
                else:
                    self.put(stack, scalar, keys)
        if stack:
            self.document.errors.append((stack[-1].start, "a bracket is missing"))
            for node in stack:
                node.end = self.at
        return root or Node(ARRAY, self.at, self.at)

    def key(self, keys: list[list[tuple[str, int, int]]]) -> bool:
        """A key of an inline table; it waits in ``keys`` for its value."""
        begin = self.at
        parts = self.path()
        if not parts or not self.text.startswith("=", self.at):
            self.at = begin
            return False
        self.at += 1
        keys.append(parts)
        return True

    def put(self, stack: list[Node], node: Node, keys: list[list[tuple[str, int, int]]]) -> None:
        self.count += 1
        if not stack:
            return
        holder = stack[-1]
        if keys:
            parts = keys.pop()
            for part in parts[:-1]:
                holder = self.inner(holder, part)
            node.key, node.key_start, node.key_end = parts[-1]
        holder.children.append(node)


def parse(text: str, limit: int = 20_000_000) -> Document:
    """Read TOML, or what is left of it.

    Args:
        text: Any text.
        limit: How many nodes may be made.

    Returns:
        A document with one root; the nodes of a table stand in order of the text within that table.
    """
    return _Parser(text, limit).run()
