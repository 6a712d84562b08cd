"""Names that compilers wrote into symbols: Itanium C++, Rust (both ways), MSVC C++, JNI; only names, no signatures.

Sources: the Itanium C++ ABI, 5.1; RFC 2603 of Rust; what MSVC writes was never published, and is described in the
LLVM project's ``MicrosoftDemangle``. Each is read from left to right once; what is not understood is left as it stands.
"""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["Named", "demangled", "glued"]

#: Characters of a symbol that are looked at, parts of a name, and how deep a name may nest.
_LONG, _PARTS, _DEPTH = 4096, 64, 64


class Named(Struct, frozen=True):
    """What a symbol names.

    Attributes:
        path: The parts of its qualified name, outermost first.
        what: ``type`` for a type's table or information, ``method`` where it must be one of a class, else nothing.
    """

    path: tuple[str, ...]
    what: str = ""


class _Stuck(Exception):  # noqa: N818 - never leaves this module
    pass


def demangled(symbol: str) -> Named | None:
    """What a mangled symbol names.

    Args:
        symbol: As it stands in a table of symbols, with or without the underscore of macOS.

    Returns:
        None where it is not mangled, or in a way that is not known.
    """
    text = symbol[:_LONG]
    try:
        if text.startswith(("_Z", "__Z", "___Z", "____Z")):
            return _itanium(text[text.index("Z") + 1 :])
        if text.startswith(("_R", "__R")):
            found = _Rust(text[text.index("R") + 1 :]).path(0)
            return Named(tuple(found)) if found else None
        if text.startswith(("?", ".?A")):
            return _microsoft(text)
    except (_Stuck, IndexError):
        return None
    return None


# --- Itanium --------------------------------------------------------------------------------------------------------

_SIZE = re.compile(r"\d{1,4}")
_HASH = re.compile(r"17h[0-9a-f]{16}E")
#: Bytes of a hash that ends a name of Rust's older way.
_HASH_SIZE = 19
_SEQUENCE = re.compile(r"[0-9A-Z]*_")
_LITERAL = re.compile(r"(?:[a-z]|Dn)n?[0-9a-f]*E|b[01]E")
_VALUE = re.compile(r"n?\d+E")
_STRUCTOR = re.compile(r"C[1-5I]\d?|D[0-5](?!\d)")
_LAMBDA = re.compile(r"\d*_")
_ESCAPE = re.compile(r"\$([A-Za-z0-9]{1,6})\$")
_SIGNS = {"LT": "<", "GT": ">", "RF": "&", "BP": "*", "LP": "(", "RP": ")", "C": ",", "SP": "@"}
_STANDARD = {"t": "std", "a": "allocator", "b": "basic_string", "s": "string", "i": "istream", "o": "ostream",
             "d": "iostream"}  # fmt: skip


def _itanium(text: str) -> Named | None:
    """What stands behind ``_Z``."""
    what, at = "", 0
    head = text[:2]
    if head in {"TV", "TI", "TS", "TT"}:
        what, at = "type", 2
    elif head in {"GV", "GR", "GA", "TH", "TW"}:
        at = 2
    elif head in {"Th", "Tv", "Tc"}:
        at = _thunk(text)
    scan = _Itanium(text)
    path, at = scan.name(at, 0)
    if not path:
        return None
    return Named(tuple(path[:_PARTS]), what or scan.what)


def _thunk(text: str) -> int:
    """Behind the offsets of a thunk."""
    at, count = 1, {"h": 1, "v": 2, "c": 0}[text[1]]
    if text[1] == "c":
        return _thunk("T" + text[2:]) + 1 if text[2:3] in {"h", "v"} else 2
    at = 2
    for _ in range(count):
        at = text.index("_", at) + 1 if "_" in text[at:] else len(text)
    return at


class _Itanium:
    """Reads names; ``what`` is as of ``Named``: of what makes or ends one, and of conversions, the class is told."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.what = ""

    def name(self, at: int, depth: int) -> tuple[list[str], int]:
        """A name: nested, local, or plain."""
        text = self.text
        if depth > _DEPTH:
            raise _Stuck
        first = text[at : at + 1]
        if first == "N":
            return self.nested(at + 1, depth)
        if first == "Z":
            path, at = self.name(at + 1, depth + 1)
            at = self.skip(at, depth + 1)
            if text[at : at + 1] in {"s", "d"}:
                return path, at + 1
            more, at = self.name(at, depth + 1)
            return path + more, at
        path = []
        if first == "S" and text[at + 1 : at + 2] in _STANDARD:
            path, at = [_STANDARD[text[at + 1]]], at + 2
            if path != ["std"]:
                return path, at
        while text[at : at + 1] == "L":
            at += 1
        part, at = self.part(at)
        if part:
            path.append(part)
        if text[at : at + 1] == "I":
            at = self.skip(at + 1, depth + 1)
        return path, at

    def nested(self, at: int, depth: int) -> tuple[list[str], int]:
        """The parts between ``N`` and ``E``."""
        text = self.text
        path: list[str] = []
        while text[at : at + 1] in {"r", "V", "K", "R", "O"}:
            self.what = "method" if text[at] == "K" else self.what
            at += 1
        while at < len(text):
            one = text[at]
            if one == "E":
                return path, at + 1
            if one == "I":
                at = self.skip(at + 1, depth + 1)
            elif one == "S" and (name := _STANDARD.get(text[at + 1 : at + 2])):
                path.append(name)
                at += 2
            elif one in {"S", "T"}:
                at = self.ahead(_SEQUENCE, at + 1)
            elif one in {"L", "M"}:
                at += 1
            elif text.startswith(("Dt", "DT"), at):
                at = self.skip(at + 2, depth + 1)
            elif _HASH.match(text, at):
                at += _HASH_SIZE
            elif text.startswith("cv", at):  # a conversion: its type follows, and nothing else that is told
                self.what = "type"
                return path, len(text)
            elif found := _STRUCTOR.match(text, at):
                self.what = "type"
                at = found.end()
            else:
                part, at = self.part(at)
                if part:
                    path.append(part)
            if len(path) > _PARTS:
                raise _Stuck
        raise _Stuck

    def part(self, at: int) -> tuple[str, int]:
        """One unqualified name; of an operator or a lambda nothing is told."""
        text = self.text
        one = text[at : at + 1]
        if one.isdigit():
            return self.source(at)
        if one == "B":  # a tag of the ABI
            _, at = self.source(at + 1)
            return "", at
        if one == "U":
            if text[at + 1 : at + 2] == "l":
                return "", self.ahead(_LAMBDA, self.skip(at + 2, 1))
            return "", self.ahead(_LAMBDA, at + 2)
        if text[at : at + 2] == "li":
            return self.source(at + 2)
        if one.islower():
            return "", at + 2
        raise _Stuck

    def source(self, at: int) -> tuple[str, int]:
        """A length and so many characters."""
        found = _SIZE.match(self.text, at)
        if found is None or not int(found[0]):
            raise _Stuck
        end = found.end() + int(found[0])
        if end > len(self.text):
            raise _Stuck
        name = self.text[found.end() : end]
        if name.startswith("_GLOBAL__N_"):
            return "", end
        return (_plain(name) if "$" in name or ".." in name else name), end

    def ahead(self, pattern: re.Pattern[str], at: int) -> int:
        found = pattern.match(self.text, at)
        if found is None:
            raise _Stuck
        return found.end()

    def skip(self, at: int, depth: int) -> int:
        """Behind the ``E`` that ends what is open here."""
        text, open_ = self.text, [" "] * 1
        while at < len(text) and len(open_) + depth < _DEPTH * 2:
            one = text[at]
            if one == "E":
                open_.pop()
                at += 1
                if not open_:
                    return at
            elif one.isdigit():
                if open_[-1] == "L" and (found := _VALUE.match(text, at)):
                    at = found.end() - 1
                else:
                    _, at = self.source(at)
            elif one == "L":
                if found := _LITERAL.match(text, at + 1):
                    at = found.end()
                else:
                    open_.append("L")
                    at += 3 if text[at + 1 : at + 3] == "_Z" else 1
            elif one in "NIFXJZ":
                open_.append(one)
                at += 1
            elif one == "S":
                at = at + 2 if text[at + 1 : at + 2] in _STANDARD else self.ahead(_SEQUENCE, at + 1)
            elif one == "T" or (one == "A" and text[at + 1 : at + 2].isdigit()):
                at = self.ahead(_SEQUENCE, at + 1)
            elif one == "D" and text[at + 1 : at + 2] in {"t", "T", "O"}:
                open_.append("D")
                at += 2
            elif text[at : at + 2] == "Ul":
                open_.append("U")
                at += 2
            else:
                at += 2 if one == "D" else 1
        raise _Stuck


def _plain(name: str) -> str:
    """A name of Rust's older way without its escapes."""

    def sign(found: re.Match[str]) -> str:
        code = found[1]
        if code in _SIGNS:
            return _SIGNS[code]
        try:
            return chr(int(code[1:], 16)) if code[0] == "u" else found[0]
        except (ValueError, OverflowError):
            return found[0]

    return _ESCAPE.sub(sign, name).replace("..", "::").lstrip("_")


# --- Rust -----------------------------------------------------------------------------------------------------------

_BASE62 = re.compile(r"[0-9A-Za-z]*_")


class _Rust:
    """Reads paths of Rust's newer way; what they point back to was read before, and is not told again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def path(self, depth: int) -> list[str]:
        """A path."""
        if depth > _DEPTH:
            raise _Stuck
        while self.text[self.at].isdigit() and depth == 0:  # the version of the encoding
            self.at += 1
        kind = self.take()
        if kind == "C":
            return self.name()
        if kind in "MX":
            self.mark()
            self.path(depth + 1)
            out = self.type(depth + 1)
            if kind == "X":
                self.path(depth + 1)
            return out
        if kind == "Y":
            out = self.type(depth + 1)
            self.path(depth + 1)
            return out
        if kind == "N":
            self.take()
            return self.path(depth + 1) + self.name()
        if kind == "I":
            out = self.path(depth + 1)
            try:
                while self.text[self.at] != "E":
                    self.argument(depth + 1)
                self.at += 1
            except (_Stuck, IndexError):
                if depth or not out:
                    raise
            return out
        if kind == "B":
            self.skip()
            return []
        raise _Stuck

    def argument(self, depth: int) -> None:
        one = self.text[self.at]
        if one == "L":
            self.at += 1
            self.skip()
        elif one == "K":
            self.at = self.text.find("_", self.at) + 1 or len(self.text)
        else:
            self.type(depth)

    def type(self, depth: int) -> list[str]:
        """A type, by the names in it."""
        if depth > _DEPTH:
            raise _Stuck
        one = self.text[self.at]
        if one in "CMXYNI":
            return self.path(depth)
        self.at += 1
        if one.islower():
            return []
        if one == "B":
            self.skip()
            return []
        if one in "RQ":
            if self.text[self.at] == "L":
                self.at += 1
                self.skip()
            return self.type(depth + 1)
        if one in "PO" or one == "S":
            return self.type(depth + 1)
        if one == "A":
            out = self.type(depth + 1)
            self.argument(depth + 1)
            return out
        if one == "T":
            while self.text[self.at] != "E":
                self.type(depth + 1)
            self.at += 1
            return []
        raise _Stuck

    def mark(self) -> None:
        if self.text[self.at] == "s":
            self.at += 1
            self.skip()

    def skip(self) -> None:
        found = _BASE62.match(self.text, self.at)
        if found is None:
            raise _Stuck
        self.at = found.end()

    def name(self) -> list[str]:
        """An identifier."""
        self.mark()
        coded = self.text[self.at] == "u"
        self.at += coded
        found = _SIZE.match(self.text, self.at)
        if found is None:
            raise _Stuck
        start = found.end() + (self.text[found.end() : found.end() + 1] == "_")
        self.at = start + int(found[0])
        if self.at > len(self.text):
            raise _Stuck
        name = self.text[start : self.at]
        if coded:
            try:
                name = name.replace("_", "-").encode().decode("punycode")
            except (UnicodeError, ValueError):
                return []
        return [name] if name else []


# --- MSVC -----------------------------------------------------------------------------------------------------------

_PIECE = re.compile(r"[A-Za-z_][\w$<>-]*")
#: Tables and information that belong to a class: vftable, vbtable, RTTI.
_TABLES = re.compile(r"\?\?_(?:[789BCLS]|R[1-4])")


def _microsoft(text: str) -> Named | None:
    """A decorated name, or the name of a type in its information (``.?AVFace@@``)."""
    what, at = "", 1
    if text.startswith(".?A"):
        what, at = ("enum" if text[3:4] == "W" else "type"), 5 if text[3:4] == "W" else 4
    elif text.startswith("??_R0?A"):
        what, at = ("enum" if text[7:8] == "W" else "type"), 9 if text[7:8] == "W" else 8
    elif found := _TABLES.match(text):
        what, at = "type", found.end()
    elif text.startswith("??$"):
        at = 1
    elif text.startswith("??"):  # a constructor, destructor or operator: of its class
        what, at = "type", 4 if text[2:3] == "_" else 3
    path: list[str] = []
    while at < len(text) and len(path) < _PARTS:
        if text[at] == "@":
            break
        if text.startswith("?$", at):
            end = text.find("@", at)
            path.append(text[at + 2 : end])
            at = _arguments(text, end + 1)
            continue
        if text.startswith("?A0x", at) or text.startswith("?A@", at):
            at = text.find("@", at) + 1 or len(text)
            continue
        if text[at].isdigit():  # a name that was read before
            if int(text[at]) < len(path):
                path.append(path[int(text[at])])
            at += 1
            continue
        found = _PIECE.match(text, at)
        if found is None or text[found.end() : found.end() + 1] != "@":
            raise _Stuck
        path.append(found[0])
        at = found.end() + 1
    return Named(tuple(reversed(path)), what) if path else None


def _arguments(text: str, at: int) -> int:
    """Behind the arguments of a template: names in them end with two signs, they themselves with one."""
    inner = 0
    for _ in range(_LONG):
        if at >= len(text):
            raise _Stuck
        if text[at] == "@":
            if inner == 0:
                return at + 1
            inner -= 1
            at += 1
            continue
        if text[at] in "VUTW" and inner == 0:
            at += 2 if text[at] == "W" else 1
            while at < len(text) and text[at] != "@":
                if text.startswith("?$", at):
                    at = _arguments(text, text.find("@", at) + 1)
                    continue
                end = text.find("@", at)
                if end < 0:
                    raise _Stuck
                at = end + 1 if not text[at].isdigit() else at + 1
            at += 1
            continue
        at += 1
    raise _Stuck


# --- what the sieve cannot see --------------------------------------------------------------------------------------

_FREE = re.compile(rb"_Z(?:L|St)?(\d{1,3})[A-Za-z_]")


def glued(data: bytes) -> list[tuple[int, int]]:
    """Where names of plain functions stand to which a letter is glued: the type of the first parameter follows them."""
    out = []
    for found in _FREE.finditer(data):
        start = found.end() - 1
        end = start + int(found[1])
        if data[end - 1 : end].islower() and data[end : end + 1].islower():
            out.append((start, end))
    return out
