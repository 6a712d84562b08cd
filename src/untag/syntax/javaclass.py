"""Class files of Java: names, fields, methods, texts, and arrays of texts that the code fills.

Source: The Java Virtual Machine Specification, chapter 4.
"""

from __future__ import annotations

import re
import struct

from msgspec import Struct, field

__all__ = ["Broken", "JavaClass", "decoded", "parse", "plain"]

#: Bytes behind the tag of an entry of the constant pool.
_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
#: ``dup``, the place in the array, a text, ``aastore``: and a store into a field behind the last.
_STORE = re.compile(rb"\x59(?:[\x02-\x08]|\x10.|\x11..)(?:\x12(.)|\x13(..))\x53", re.DOTALL)
_PUT = re.compile(rb"[\xb3\xb5](..)", re.DOTALL)
_ENUM = 0x4000
_PLAIN = {"B": "byte", "C": "char", "D": "double", "F": "float", "I": "int", "J": "long", "S": "short", "Z": "boolean"}


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format."""


class JavaClass(Struct):
    """What a class file declares.

    Attributes:
        name: With dots.
        enum: Whether it is an enumeration.
        fields: Name, type, whether it is a member of the enumeration, and its constant text.
        methods: Name, and types of what it takes and gives.
        arrays: The field and the texts of each array that the code fills with texts.
        texts: All texts.
    """

    name: str
    enum: bool = False
    fields: list[tuple[str, str, bool, str]] = field(default_factory=list)
    methods: list[tuple[str, str]] = field(default_factory=list)
    arrays: list[tuple[str, list[str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class _Pool:
    """The constant pool: texts by number, and what other entries point to."""

    def __init__(self, data: bytes) -> None:
        self.texts: dict[int, str] = {}
        self.rows: dict[int, tuple[int, bytes]] = {}
        count = struct.unpack_from(">H", data, 8)[0]
        at, number = 10, 1
        while number < count:
            tag = data[at]
            if tag == 1:
                size = struct.unpack_from(">H", data, at + 1)[0]
                raw = data[at + 3 : at + 3 + size]
                if len(raw) < size:
                    raise Broken("the pool of constants breaks off")
                self.texts[number] = decoded(raw)
                at += 3 + size
            elif tag in _SIZES:
                self.rows[number] = tag, data[at + 1 : at + 1 + _SIZES[tag]]
                at += 1 + _SIZES[tag]
                number += tag in {5, 6}
            else:
                raise Broken("an unknown constant")
            number += 1
        self.end = at

    def first(self, number: int) -> str:
        """The text that an entry's first number points to."""
        row = self.rows.get(number)
        return self.texts.get(int.from_bytes(row[1][:2], "big"), "") if row is not None else ""

    def member(self, number: int) -> str:
        """The name of a member of a class."""
        row = self.rows.get(number)
        return self.first(int.from_bytes(row[1][2:4], "big")) if row is not None and row[0] in {9, 10, 11} else ""


def parse(data: bytes) -> JavaClass:
    """A class file.

    Raises:
        Broken: It is damaged.
    """
    try:
        return _parse(data)
    except (IndexError, struct.error) as error:
        raise Broken("it breaks off") from error


def _parse(data: bytes) -> JavaClass:
    pool = _Pool(data)
    access, this, _, interfaces = struct.unpack_from(">4H", data, pool.end)
    made = JavaClass(plain(pool.first(this)), bool(access & _ENUM))
    at = pool.end + 8 + 2 * interfaces
    at = _members(data, at, pool, made, methods=False)
    _members(data, at, pool, made, methods=True)
    _arrays(data, pool, made)
    listed = {t for _, rows in made.arrays for t in rows} | {name for name, _, member, _ in made.fields if member}
    rows = (pool.first(n) for n, (tag, _) in pool.rows.items() if tag == 8)
    made.texts = [t for t in rows if t and t not in listed]
    return made


def _members(data: bytes, at: int, pool: _Pool, made: JavaClass, *, methods: bool) -> int:
    """Read fields or methods; returns where what follows begins."""
    count = struct.unpack_from(">H", data, at)[0]
    at += 2
    for _ in range(count):
        access, name, kind, attributes = struct.unpack_from(">4H", data, at)
        at += 8
        value = ""
        for _ in range(attributes):
            label, size = struct.unpack_from(">HI", data, at)
            if pool.texts.get(label) == "ConstantValue" and size == 2:
                value = pool.first(struct.unpack_from(">H", data, at + 6)[0])
            at += 6 + size
        if methods:
            made.methods.append((pool.texts.get(name, ""), pool.texts.get(kind, "")))
        else:
            made.fields.append((pool.texts.get(name, ""), pool.texts.get(kind, ""), bool(access & _ENUM), value))
    return at


def _arrays(data: bytes, pool: _Pool, made: JavaClass) -> None:
    """Find arrays of texts in code."""
    rows: list[str] = []
    end = -1
    for found in _STORE.finditer(data, pool.end):
        text = pool.first(int.from_bytes(found[1] or found[2], "big"))
        if found.start() != end and rows:
            made.arrays.append((_field(data, end, pool), rows))
            rows = []
        rows.append(text)
        end = found.end()
    if rows:
        made.arrays.append((_field(data, end, pool), rows))


def _field(data: bytes, at: int, pool: _Pool) -> str:
    found = _PUT.match(data, at)
    return pool.member(int.from_bytes(found[1], "big")) if found is not None else ""


def decoded(raw: bytes) -> str:
    """A text as class files and dex files keep it: NUL in two bytes, half a character beyond 16 bits in three.

    What is damaged stands as U+FFFD.
    """
    raw = raw.replace(b"\xc0\x80", b"\0")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def plain(descriptor: str) -> str:
    """A name of a class or type as it is written: ``[Lcom/acme/Face;`` is ``com.acme.Face``."""
    name = descriptor.lstrip("[")
    if name in _PLAIN:
        return _PLAIN[name]
    if name.startswith("L") and name.endswith(";"):
        name = name[1:-1]
    return name.replace("/", ".")
