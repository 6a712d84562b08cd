"""Interface languages read by their tokens: Protocol Buffers, Thrift, Avro IDL.

Every token is shown: what a statement declares by its role, other identifiers as uses, strings and comments as such.
A statement that is not understood narrows nothing but itself.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from untag.readers._lines import pieces
from untag.readers._plan import Said, join
from untag.surface import Kind, Role, Surface, upto
from untag.syntax.json import unescape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place
    from untag.syntax.tree import Source

__all__ = ["QUIET", "Scope", "Token", "Tokens", "past", "statements"]

_TOKEN = re.compile(
    r"(?P<space>[\s,\ufeff]+)"
    r"|(?P<line>//[^\n]*+)|(?P<block>/\*)"
    r'|(?P<long>""")'
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?)"
    r"|(?P<name>[$@]?[^\W\d][\w]*+(?:[.\-][^\W\d]\w*+)*+|`[^`\n]*+`)"
    r"|(?P<number>[+-]?(?:0[xX][0-9a-fA-F]++|\d[\w.]*+))"
    r"|(?P<mark>\.\.\.|.)",
    re.DOTALL,
)
_MARKERS = re.compile(r"\A(?:/\*+|//+|\*+/?|#+)[ \t]*")
#: Roles of tokens that declare nothing a comment could be about.
_BESIDE = frozenset((Role.USE, Role.STRING, Role.COMMENT, Role.ANNOTATION, Role.IMPORT))
# fmt: off
QUIET = frozenset((
    "syntax", "edition", "package", "import", "public", "weak", "option", "optional", "required", "repeated",
    "reserved", "extensions", "to", "max", "message", "enum", "service", "rpc", "returns", "stream", "oneof", "map",
    "extend", "group", "struct", "union", "exception", "typedef", "const", "throws", "extends", "namespace",
    "include", "cpp_include", "list", "set", "binary", "void", "oneway", "async", "protocol", "record", "error",
    "fixed", "array", "idl", "schema", "string", "bytes", "bool", "boolean", "int", "long", "float", "double", "i8",
    "i16", "i32", "i64", "byte", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64",
    "sfixed32", "sfixed64", "true", "false", "null", "type", "interface", "input", "scalar", "directive",
    "implements", "on", "query", "mutation", "subscription", "fragment", "String", "Int", "Float", "Boolean", "ID",
    "default",
))
# fmt: on


class Token(NamedTuple):
    """One token: its kind (name, number, string, mark), its text without quotes, its span."""

    kind: str
    text: str
    start: int
    end: int


class Tokens:
    """The tokens and comments of a text, and what a format says of them."""

    def __init__(self, text: str, *, hashes: bool) -> None:
        self.items: list[Token] = []
        self.comments: list[tuple[int, int]] = []
        self.said: dict[int, list[Said]] = {}
        self.split(text, hashes=hashes)
        self.closing = self.match()

    def match(self) -> dict[int, int]:
        """For each opening bracket that is closed, where."""
        pairs = {")": "(", "]": "[", "}": "{", ">": "<"}
        closing: dict[int, int] = {}
        stack: list[int] = []
        opened = dict.fromkeys(pairs.values(), 0)
        for index, token in enumerate(self.items):
            if token.kind != "mark":
                continue
            if token.text in opened:
                stack.append(index)
                opened[token.text] += 1
            elif token.text in pairs and opened[pairs[token.text]]:
                while True:
                    last = stack.pop()
                    opened[self.items[last].text] -= 1
                    if self.items[last].text == pairs[token.text]:
                        closing[last] = index
                        break
        return closing

    def split(self, text: str, *, hashes: bool) -> None:
        """Cut a text into tokens; ``hashes`` says whether a hash begins a comment."""
        at, end = 0, len(text)
        gone: set[str] = set()
        while at < end:
            if hashes and text[at] == "#":
                stop = text.find("\n", at)
                stop = end if stop < 0 else stop
                self.comments.append((at, stop))
                at = stop
                continue
            found = _TOKEN.match(text, at)
            if found is None:
                at += 1
                continue
            kind, stop = found.lastgroup or "mark", found.end()
            if kind in ("block", "long"):
                closing = "*/" if kind == "block" else '"""'
                last = -1 if closing in gone else text.find(closing, stop)
                if last < 0:
                    gone.add(closing)
                    self.items.append(Token("mark", found[0], at, stop))
                elif kind == "block":
                    stop = last + 2
                    self.comments.append((at, stop))
                else:
                    self.items.append(Token("long", text[stop:last], stop, last))
                    stop = last + 3
            elif kind == "line":
                self.comments.append((at, stop))
            elif kind == "string":
                closed = len(found[0]) > 1 and found[0][-1] == found[0][0]
                self.items.append(Token("string", unescape(found[0][1 : -1 if closed else None]), at + 1, stop))
            elif kind == "name":
                bare = found[0].strip("`")
                self.items.append(Token("name", bare, at + (found[0][0] == "`"), stop))
            elif kind != "space":
                self.items.append(Token(kind, found[0], at, stop))
            at = stop

    def say(
        self, index: int, role: Role, owner: str, kind: Kind, about: str = "", value: str = "", type_: str = ""
    ) -> None:
        """What the token of an index is."""
        self.said.setdefault(index, []).append(Said(role, None, owner, kind, about, value, type_))

    def surfaces(self, source: Source, place: Place) -> Iterator[Surface]:
        """All tokens and comments with their roles; comments are bound to what is declared beside or below them."""
        declared = [i for i, said in sorted(self.said.items()) if said[0].role not in _BESIDE]
        starts = [self.items[i].start for i in declared]
        for start, end in self.comments:
            yield from self._comment(start, end, declared, starts, source, place)
        for index, token in enumerate(self.items):
            said: Sequence[Said] | None = self.said.get(index)
            if said is None:
                if token.kind == "name" and token.text not in QUIET:
                    said = [Said(Role.USE, None, "", Kind.FILE)]
                elif token.kind in ("string", "long") and token.text.strip():
                    said = [Said(Role.STRING, None, "", Kind.FILE)]
                else:
                    continue
            for one in said:
                if token.kind == "long" or len(token.text) > 2000:
                    yield from _rows(one, token.start, token.end, source, place)
                    continue
                line, column = source.spot(token.start)
                spot = place.at(line=line, column=column)
                text = one.text if one.text is not None else token.text
                if text:
                    yield Surface(
                        one.role,
                        text,
                        spot,
                        one.owner,
                        one.kind,
                        one.about[:200],
                        upto(one.value, 200),
                        upto(one.type, 200),
                    )

    def _comment(
        self, start: int, end: int, declared: list[int], starts: list[int], source: Source, place: Place
    ) -> Iterator[Surface]:
        """A comment: of the declaration before it on its line, else of the next one, if no blank line lies between."""
        at = bisect_left(starts, start)
        target = -1
        if at and source.line(starts[at - 1]) == source.line(start):
            target = declared[at - 1]
        elif at < len(starts) and starts[at] - end < 2000:
            between = source.text[end : starts[at]].split("\n")
            if all(row.strip() for row in between[1:-1]):
                target = declared[at]
        one = Said(Role.COMMENT, None, "", Kind.FILE)
        if target >= 0:
            first = self.said[target][0]
            one = Said(Role.COMMENT, None, first.owner, first.kind, self.items[target].text)
        yield from _rows(one, start, end, source, place)


def _rows(one: Said, start: int, end: int, source: Source, place: Place) -> Iterator[Surface]:
    for row, at in source.rows(start, end):
        found = _MARKERS.match(row) if one.role is Role.COMMENT else None
        shift = found.end() if found else 0
        bare = row[shift:].removesuffix("*/").rstrip()
        for offset, piece in pieces(bare):
            line, column = source.spot(at + shift + offset)
            yield Surface(
                one.role,
                piece,
                place.at(line=line, column=column),
                one.owner,
                one.kind,
                one.about[:200],
                one.value,
                one.type,
            )


# -- Protocol Buffers, Thrift, Avro IDL --------------------------------------------------------------------------------

_BLOCKS = {
    "message": (Role.TYPE, Kind.STRUCT), "struct": (Role.TYPE, Kind.STRUCT), "union": (Role.TYPE, Kind.STRUCT),
    "exception": (Role.TYPE, Kind.STRUCT), "record": (Role.TYPE, Kind.STRUCT), "error": (Role.TYPE, Kind.STRUCT),
    "enum": (Role.ENUM, Kind.ENUM), "senum": (Role.ENUM, Kind.ENUM), "service": (Role.TYPE, Kind.CLASS),
    "protocol": (Role.TYPE, Kind.CLASS), "extend": (Role.USE, Kind.STRUCT), "group": (Role.TYPE, Kind.STRUCT),
}  # fmt: skip


_STARTS = frozenset(("typedef", "const", "namespace", "include", "cpp_include", "package", "import"))


class Scope(NamedTuple):
    """An open block: its path and kind; ``word`` is the keyword that opened it."""

    path: str
    kind: Kind
    word: str


def statements(tokens: Tokens) -> None:
    """Say what the statements of a proto, thrift or avdl file declare."""
    items = tokens.items
    scopes: list[Scope] = []
    begin = index = 0
    depth = 0
    while index < len(items):
        text = items[index].text if items[index].kind == "mark" else ""
        if text in ("(", "[", "<"):
            depth += 1
        elif text in (")", "]", ">"):
            depth = max(0, depth - 1)
        elif text == "{" and index and items[index - 1].text == "union" and items[index - 1].kind == "name":
            # A union of Avro IDL is a type inside a statement.
            index = past(tokens, index, len(items))
            continue
        elif text == "{" and not (depth and scopes):
            scopes.append(_open(tokens, begin, index, scopes))
            begin, depth = index + 1, 0
        elif text == "}":
            _statement(tokens, begin, index, scopes)
            if scopes:
                scopes.pop()
            begin, depth = index + 1, 0
        elif text == ";":
            _statement(tokens, begin, index, scopes)
            begin, depth = index + 1, 0
        index += 1
    _statement(tokens, begin, index, scopes)


def _open(tokens: Tokens, begin: int, end: int, scopes: list[Scope]) -> Scope:
    """A block begins: what the tokens before its brace declare."""
    items = tokens.items
    top = scopes[-1] if scopes else Scope("", Kind.FILE, "")
    for index in range(begin, end):
        word = items[index].text
        if items[index].kind != "name":
            continue
        if word in _BLOCKS and index + 1 < end and items[index + 1].kind == "name":
            # What stands before the keyword on the way here is a statement without a semicolon (thrift allows that).
            _statement(tokens, begin, index, scopes)
            role, kind = _BLOCKS[word]
            name = items[index + 1].text
            path = name if word == "extend" else join(top.path, name)
            tokens.say(index + 1, role, path, kind)
            return Scope(path, kind, word)
        if word == "oneof" and index + 1 < end and items[index + 1].kind == "name":
            tokens.say(index + 1, Role.FIELD, top.path, top.kind, type_="oneof")
            return Scope(top.path, top.kind, top.word)
        if word == "rpc":
            path = _operation(tokens, index + 1, end, top)
            return Scope(path, Kind.OPERATION, "rpc")
    _statement(tokens, begin, end, scopes)
    return Scope(top.path, top.kind, "option" if top.kind is not Kind.CLASS else top.word)


def _statement(tokens: Tokens, begin: int, end: int, scopes: list[Scope]) -> None:
    """One statement, or several where nothing divides them."""
    items = tokens.items
    if not scopes:
        # Thrift needs nothing between its statements: the next keyword begins the next one.
        for index in range(begin + 1, end):
            if items[index].kind == "name" and items[index].text in _STARTS and items[index - 1].text not in ("=", ":"):
                _one(tokens, begin, index, Scope("", Kind.FILE, ""))
                begin = index
    if begin < end:
        _one(tokens, begin, end, scopes[-1] if scopes else Scope("", Kind.FILE, ""))


def _one(tokens: Tokens, begin: int, end: int, top: Scope) -> None:
    """One statement."""
    items = tokens.items
    word = items[begin].text if items[begin].kind == "name" else ""
    if top.word == "option" or word in ("option", "extensions", "syntax", "edition"):
        _rest(tokens, begin, end, top)
    elif top.kind is Kind.ENUM:
        if word == "reserved":
            _reserved(tokens, begin, end, top)
        else:
            _members(tokens, begin, end, top)
    elif word in ("package", "import", "include", "namespace", "cpp_include"):
        for index in range(begin + 1, end):
            if items[index].kind in ("name", "string") and items[index].text not in ("public", "weak", "idl", "schema"):
                tokens.say(index, Role.IMPORT, "", Kind.FILE)
    elif word == "reserved":
        _reserved(tokens, begin, end, top)
    elif word == "rpc":
        _operation(tokens, begin + 1, end, top)
    elif top.kind is Kind.CLASS:
        _callables(tokens, begin, end, top)
    elif word == "const":
        _constant(tokens, begin, end, top)
    elif word == "typedef" and end - begin > 2:
        tokens.say(
            end - 1,
            Role.TYPE,
            join(top.path, items[end - 1].text),
            Kind.STRUCT,
            type_=_joined(items[begin + 1 : end - 1]),
        )
        _rest(tokens, begin, end, top)
    else:
        _fields(tokens, begin, end, top, Role.FIELD)


def _joined(items: Sequence[Token]) -> str:
    """Tokens as they would be written together."""
    out: list[str] = []
    for token in items:
        if token.text in ("optional", "required", "repeated", "stream"):
            continue
        # Commas are no tokens here: two names side by side, or a name behind a bracket, had one between them.
        if out and token.kind == "name" and out[-1][-1:] not in ("<", "(", "[", "{"):
            out.append(",")
        out.append(token.text)
    return "".join(out)


def _reserved(tokens: Tokens, begin: int, end: int, top: Scope) -> None:
    """Names that were fields once."""
    role = Role.MEMBER if top.kind is Kind.ENUM else Role.FIELD
    for index in range(begin + 1, end):
        if tokens.items[index].kind in ("string", "name") and tokens.items[index].text not in ("to", "max"):
            tokens.say(index, role, top.path, top.kind, type_="reserved")


def _rest(tokens: Tokens, begin: int, end: int, top: Scope, about: str = "") -> None:
    """Tokens nobody declared: uses, and the strings of options."""
    for index in range(begin, end):
        token = tokens.items[index]
        if index in tokens.said:
            continue
        if token.kind == "string" and token.text:
            tokens.say(index, Role.ANNOTATION if about else Role.STRING, top.path, top.kind, about)
        elif token.kind == "name" and token.text not in QUIET:
            tokens.say(index, Role.USE, top.path, top.kind, about)


def _members(tokens: Tokens, begin: int, end: int, top: Scope) -> None:
    """Members of an enum: names at the depth of the block, each with the number it is given."""
    items = tokens.items
    depth = 0
    last = ""
    for index in range(begin, end):
        token = items[index]
        if token.kind == "mark":
            depth += (token.text in ("[", "(")) - (token.text in ("]", ")"))
        elif token.kind == "name" and not depth and (index == begin or items[index - 1].text != "="):
            value = items[index + 2].text if index + 2 < end and items[index + 1].text == "=" else ""
            tokens.say(index, Role.MEMBER, top.path, Kind.ENUM, value=value)
            last = token.text
        elif token.kind in ("string", "name") and token.text not in QUIET:
            tokens.say(index, Role.ANNOTATION if token.kind == "string" else Role.USE, top.path, Kind.ENUM, last)


def _fields(tokens: Tokens, begin: int, end: int, top: Scope, role: Role) -> None:
    """Fields: a type, then a name; several where nothing divides them (``1: string a 2: string b``)."""
    items = tokens.items
    index = begin
    while index < end:
        start = index
        number = ""
        if items[index].kind == "number" and index + 1 < end and items[index + 1].text == ":":
            number, index = items[index].text, index + 2
        elif items[index].kind in ("string", "long"):
            index += 1
            continue
        found = _typed(tokens, index, end)
        if found is None:
            if items[start].kind == "name" and items[start].text not in QUIET and start not in tokens.said:
                tokens.say(start, Role.USE, top.path, top.kind)
            index = start + 1
            continue
        low, at = found
        if at + 2 < end and items[at + 1].text == "=" and items[at + 2].kind == "number" and not number:
            number = items[at + 2].text
        tokens.say(at, role, top.path, top.kind, value=number, type_=_joined(items[low:at]))
        _rest(tokens, start, at, top, items[at].text)
        stop = _until(tokens, at + 1, end)
        _rest(tokens, at + 1, stop, top, items[at].text)
        index = stop


def _typed(tokens: Tokens, index: int, end: int) -> tuple[int, int] | None:
    """A type and a name from an index on: where the type starts and where the name stands."""
    items = tokens.items
    while index < end and items[index].text in ("optional", "required", "repeated", "oneway", "async", "stream"):
        index += 1
    while index + 1 < end and items[index].text.startswith("@") and items[index].kind == "name":
        # An annotation of Avro IDL: @name("value")
        index += 1
        if index < end and items[index].text == "(":
            index = past(tokens, index, end)
    low = index
    if index >= end or items[index].kind != "name":
        return None
    index += 1
    while index < end and items[index].text in ("<", "(", "{"):
        index = past(tokens, index, end)
    if index < end and items[index].text == "?":
        index += 1
    if index < end and items[index].kind == "name":
        return low, index
    return None


def past(tokens: Tokens, index: int, end: int) -> int:
    """Behind the bracket that closes the one at an index; one that is never closed is passed over alone."""
    return min(tokens.closing.get(index, index) + 1, end)


def _until(tokens: Tokens, index: int, end: int) -> int:
    """The end of a field: past its default and options, up to what looks like the next one."""
    items = tokens.items
    while index < end:
        token = items[index]
        if token.kind == "mark" and token.text in ("[", "(", "{"):
            index = past(tokens, index, end)
        elif token.kind == "mark" and token.text == "=":
            index += 1
            if index < end and items[index].kind != "mark":
                index += 1
        elif (token.kind == "number" and index + 1 < end and items[index + 1].text == ":") or token.kind == "name":
            break
        else:
            index += 1
    return index


def _operation(tokens: Tokens, index: int, end: int, top: Scope) -> str:
    """An rpc: its name, what goes in and what comes out."""
    items = tokens.items
    if index >= end or items[index].kind != "name":
        return top.path
    path = join(top.path, items[index].text)
    names = [t.text for t in items[index + 1 : end] if t.kind == "name" and t.text not in ("returns", "stream")]
    tokens.say(index, Role.OPERATION, path, Kind.OPERATION, type_=" -> ".join(names[:2]))
    _rest(tokens, index + 1, end, Scope(path, Kind.OPERATION, "rpc"))
    return path


def _callables(tokens: Tokens, begin: int, end: int, top: Scope) -> None:
    """Functions of a service: a type, a name and parameters in parentheses."""
    items = tokens.items
    index = begin
    while index < end:
        found = _typed(tokens, index, end)
        if found is None or found[1] + 1 >= end or items[found[1] + 1].text != "(":
            index += 1
            continue
        low, at = found
        path = join(top.path, items[at].text)
        inner = Scope(path, Kind.OPERATION, "rpc")
        tokens.say(at, Role.OPERATION, path, Kind.OPERATION, type_=_joined(items[low:at]))
        stop = past(tokens, at + 1, end)
        _fields(tokens, at + 2, stop - 1, inner, Role.PARAMETER)
        if stop < end and items[stop].text == "throws":
            after = past(tokens, stop + 1, end)
            _fields(tokens, stop + 2, after - 1, inner, Role.FIELD)
            stop = after
        _rest(tokens, low, at, inner)
        index = stop
    _rest(tokens, begin, end, top)


def _constant(tokens: Tokens, begin: int, end: int, top: Scope) -> None:
    """A constant; the strings of a list are its members."""
    items = tokens.items
    found = _typed(tokens, begin + 1, end)
    if found is None:
        _rest(tokens, begin, end, top)
        return
    low, at = found
    name = join(top.path, items[at].text)
    strings = [i for i in range(at + 1, end) if items[i].kind == "string"]
    listed = len(strings) > 1
    tokens.say(
        at, Role.CONSTANT, name if listed else top.path, Kind.LIST if listed else top.kind, type_=_joined(items[low:at])
    )
    for index in strings:
        if listed:
            tokens.say(index, Role.MEMBER, name, Kind.LIST)
        else:
            tokens.say(index, Role.VALUE, top.path, top.kind, items[at].text)
    _rest(tokens, begin, end, top)
