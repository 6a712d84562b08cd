"""Compiled Python: code objects as they lie in ``.pyc`` files, read byte by byte and never loaded.

Source: ``Python/marshal.c`` and ``Lib/importlib/_bootstrap_external.py`` of CPython 2.7 to 3.14. The interpreter's own
``marshal.loads`` may crash over damaged bytes, and knows only its own version.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Broken", "Code", "load", "version"]

#: First and last number that a release and those before it gave to its bytecode, and how the release is called.
_VERSIONS = (
    (62171, 62211, (2, 7)), (3000, 3131, (3, 0)), (3141, 3151, (3, 1)), (3160, 3180, (3, 2)), (3190, 3230, (3, 3)),
    (3250, 3310, (3, 4)), (3320, 3351, (3, 5)), (3360, 3379, (3, 6)), (3390, 3399, (3, 7)), (3400, 3419, (3, 8)),
    (3420, 3429, (3, 9)), (3430, 3449, (3, 10)), (3450, 3499, (3, 11)), (3500, 3549, (3, 12)), (3550, 3599, (3, 13)),
    (3600, 3649, (3, 14)),
)  # fmt: skip
#: How deep values nest (a function in a class in a function is six), and bytes of one text that are kept.
_DEPTH, _LONG = 120, 100_000
_REF = 0x80


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format.

    Attributes:
        kept: The code objects that were read to their end before.
    """

    def __init__(self, said: str, kept: list[Code]) -> None:
        super().__init__(said)
        self.kept = kept


class Code(Struct, eq=False):
    """A code object.

    Attributes:
        name: Of the function or class, or ``<module>``.
        takes: Names of parameters.
        local: Names of what lies in its frame, in order; parameters first.
        names: Names that it uses otherwise.
        consts: Constants: ``str``, ``int``, ``float``, ``tuple``, ``Code``, or None for all others.
        code: Its instructions.
        function: Whether it is one of a function, and not of a class or module.
        remark: What documents it, where it is a function.
    """

    name: str = ""
    takes: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    consts: tuple[Any, ...] = ()
    code: bytes = b""
    function: bool = False
    remark: str = ""


def version(head: bytes) -> tuple[int, int] | None:
    """The release of Python that wrote a file, by its first bytes; None where it is none."""
    if len(head) < 12 or head[2:4] != b"\r\n":
        return None
    number = int.from_bytes(head[:2], "little")
    found = next((name for low, high, name in _VERSIONS if low <= number <= high), None)
    return found if found is not None and head[_start(found) : _start(found) + 1] in {b"c", b"\xe3"} else None


def _start(release: tuple[int, int]) -> int:
    """Where the code begins: behind the number, flags from 3.7 on, a time, and a size from 3.3 on."""
    return 16 if release >= (3, 7) else 12 if release >= (3, 3) else 8


def load(data: bytes, release: tuple[int, int]) -> tuple[Code, int]:
    """The code of a module, and where it ends.

    Raises:
        Broken: It is damaged.
    """
    reading = _Reading(data, _start(release), release)
    try:
        made = reading.value(0)
    except (IndexError, struct.error, ValueError) as error:
        raise Broken(str(error) or "it breaks off", reading.done) from error
    if not isinstance(made, Code):
        raise Broken("there is no code in it", reading.done)
    return made, reading.at


class _Reading:
    def __init__(self, data: bytes, at: int, release: tuple[int, int]) -> None:
        self.data, self.at, self.release = data, at, release
        self.refs: list[Any] = []
        self.interned: list[str] = []
        self.done: list[Code] = []

    def take(self, size: int) -> bytes:
        raw = self.data[self.at : self.at + size]
        if size < 0 or len(raw) < size:
            raise IndexError("it breaks off")
        self.at += size
        return raw

    def long(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def value(self, depth: int) -> Any:
        """The next value.

        Raises:
            IndexError: It breaks off.
            ValueError: It is of no known kind, or nests too deep.
        """
        if depth > _DEPTH:
            raise ValueError("values nest too deep")
        kind = self.data[self.at]
        self.at += 1
        sort, place = kind & 0x7F, -1
        if kind & _REF and self.release >= (3, 4):
            place = len(self.refs)
            self.refs.append(None)
        if sort in _TUPLES:
            made: Any = self.many(self.data[self.at] if sort == 0x29 else self.long(), depth, short=sort == 0x29)
        elif sort == 0x63:
            made = self.code(depth)
        elif sort == 0x7B:
            made = None
            self.pairs(depth)
        elif sort == 0x3A:
            made = None
            self.many(3, depth, short=False)
        elif sort in _SCALARS:
            made = _SCALARS[sort](self)
        else:
            raise ValueError("an unknown kind of value")
        if place >= 0:
            self.refs[place] = made
        return made

    def many(self, count: int, depth: int, *, short: bool) -> tuple[Any, ...]:
        self.at += short
        if count < 0 or count > len(self.data) - self.at:
            raise IndexError("it breaks off")
        return tuple([self.value(depth + 1) for _ in range(count)])

    def pairs(self, depth: int) -> None:
        """A dictionary: it ends with a NULL. Compilers make none."""
        while self.data[self.at] != 0x30:
            self.value(depth + 1)
            self.value(depth + 1)
        self.at += 1

    def text(self, size: int, encoding: str = "utf-8") -> str:
        return self.take(size)[:_LONG].decode(encoding, "replace")

    def intern(self) -> str:
        made = self.text(self.long())
        if self.release < (3, 0):
            self.interned.append(made)
        return made

    def big(self) -> int:
        """A number of many digits of 15 bits each."""
        count = self.long()
        raw = self.take(2 * abs(count))
        if abs(count) > 64:
            return 0
        digits = struct.unpack(f"<{abs(count)}H", raw)
        made: int = sum(digit << 15 * n for n, digit in enumerate(digits))
        return -made if count < 0 else made

    def ref(self) -> Any:
        number = self.long()
        if not 0 <= number < len(self.refs):
            raise IndexError("a reference leads nowhere")
        return self.refs[number]

    def old(self) -> str:
        number = self.long()
        if not 0 <= number < len(self.interned):
            raise IndexError("a reference leads nowhere")
        return self.interned[number]

    def code(self, depth: int) -> Code:
        new = self.release >= (3, 11)
        takes = self.long()
        if self.release >= (3, 8):
            self.long()  # of these, the ones that have no name for a caller
        keywords = self.long() if self.release >= (3, 0) else 0
        if not new:
            self.long()  # locals
        self.long()  # depth of the stack
        flags = self.long()
        rows = [self.value(depth + 1) for _ in range(8)]
        made = Code(function=bool(flags & 1))
        made.code = rows[0] if isinstance(rows[0], bytes) else b""
        made.consts = tuple(map(_plain, rows[1])) if isinstance(rows[1], tuple) else ()
        # From 3.14 on a flag says so; before, the first constant is kept free for it.
        if made.function and made.consts and (flags & 0x4000000 or self.release < (3, 14)):
            made.remark = made.consts[0] if isinstance(made.consts[0], str) else ""
        made.names, made.local = _texts(rows[2]), _texts(rows[3])
        made.name = next(iter(_texts((rows[6 if new else 7],))), "")
        more = bool(flags & 4) + bool(flags & 8)
        made.takes = made.local[: max(0, takes + keywords + more)] if made.function else []
        self.long()  # the first line
        self.value(depth + 1)
        if new:
            self.value(depth + 1)
        self.done.append(made)
        return made


def _skip(size: int) -> Callable[[_Reading], None]:
    def skip(reading: _Reading) -> None:
        reading.take(size)

    return skip


def _ascii(reading: _Reading) -> float | None:
    raw = reading.take(reading.take(1)[0])
    try:
        return float(raw)
    except ValueError:
        return None


def _two(reading: _Reading) -> None:
    _ascii(reading)
    _ascii(reading)


_TUPLES = frozenset(b"()[<>")
_SCALARS: dict[int, Callable[[_Reading], Any]] = {
    ord("0"): lambda _: None, ord("N"): lambda _: None, ord("F"): lambda _: 0, ord("T"): lambda _: 1,
    ord("S"): lambda _: None, ord("."): lambda _: None, ord("i"): _Reading.long,
    ord("I"): lambda r: int.from_bytes(r.take(8), "little", signed=True), ord("f"): _ascii,
    ord("g"): lambda r: struct.unpack("<d", r.take(8))[0], ord("x"): _two, ord("y"): _skip(16), ord("l"): _Reading.big,
    ord("s"): lambda r: r.take(r.long()), ord("t"): _Reading.intern, ord("u"): lambda r: r.text(r.long()),
    ord("r"): _Reading.ref,
    ord("R"): _Reading.old, ord("a"): lambda r: r.text(r.long(), "latin-1"),
    ord("A"): lambda r: r.text(r.long(), "latin-1"), ord("z"): lambda r: r.text(r.take(1)[0], "latin-1"),
    ord("Z"): lambda r: r.text(r.take(1)[0], "latin-1"),
}  # fmt: skip


def _plain(value: Any) -> Any:
    """A constant; a row of bytes as text, if it is one."""
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return None


def _texts(value: Any) -> list[str]:
    """Names; of Python 2 they are rows of bytes."""
    rows = value if isinstance(value, tuple) else ()
    return [
        row if isinstance(row, str) else row.decode("utf-8", "replace") if isinstance(row, bytes) else ""
        for row in rows
    ]
