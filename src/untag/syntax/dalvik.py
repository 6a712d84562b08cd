"""Instructions of Android's Dalvik: which texts a method loads, and which arrays and fields it puts them into.

Source: source.android.com, "Dalvik bytecode format". Instructions are stepped over one by one; only those are followed
that load texts, make arrays, and store the one in the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Array", "Walk"]

#: Operations that put another object into the register of their first argument.
_SETS = frozenset((0x0D, 0x1C, 0x22, 0x46, 0x54, 0x62, 0xFE, 0xFF))


def _sizes() -> bytes:
    """Units of two bytes that an operation takes, by its number."""
    out = bytearray(b"\1" * 256)
    for size, rows in (
        (2, ((0x02,), (0x05,), (0x08,), (0x13,), (0x15, 0x16), (0x19, 0x1A), (0x1C,), (0x1F, 0x20), (0x22, 0x23),
             (0x29,), (0x2D, 0x3D), (0x44, 0x6D), (0x90, 0xAF), (0xD0, 0xE2), (0xFE, 0xFF))),
        (3, ((0x03,), (0x06,), (0x09,), (0x14,), (0x17,), (0x1B,), (0x24, 0x26), (0x2A, 0x2C), (0x6E, 0x72),
             (0x74, 0x78), (0xFC, 0xFD))),
        (4, ((0xFA, 0xFB),)), (5, ((0x18,),)),
    ):  # fmt: skip
        for row in rows:
            for number in range(row[0], row[-1] + 1):
                out[number] = size
    return bytes(out)


_SIZES = _sizes()


class Array(Struct):
    """An array that code fills.

    Attributes:
        texts: Numbers of texts.
        field: Number of the field it is put into; -1 where it is in none.
    """

    texts: list[int] = field(default_factory=list)
    field: int = -1


class Walk:
    """One pass over the instructions of a method, as they stand there; jumps are not followed.

    Attributes:
        texts: Numbers of the texts that are loaded, in order.
        arrays: Arrays that are made.
    """

    def __init__(self, units: Sequence[int]) -> None:
        """Nothing is looked at before ``run``."""
        self._units = units
        self._held: dict[int, int | Array] = {}
        self._result: Array | None = None
        self.texts: list[int] = []
        self.arrays: list[Array] = []

    def run(self, members: Mapping[int, list[int]]) -> None:
        """Find texts and arrays.

        Args:
            members: Of an enumeration by number of the field the texts that it is made with, to be filled.
        """
        units, at, fresh = self._units, 0, 0
        while at < len(units):
            unit = units[at]
            code = unit & 0xFF
            size = _SIZES[code] if code or unit < 0x100 else self._payload(at)
            if at + size > len(units):
                return
            self._follow(code, unit >> 8, at)
            if code == 0x69:
                if units[at + 1] in members:
                    members[units[at + 1]].extend(self.texts[fresh:])
                fresh = len(self.texts)
            at += size

    def _payload(self, at: int) -> int:
        """Units of a table that stands between instructions."""
        units, sort = self._units, self._units[at] >> 8
        count = units[at + 1] if at + 1 < len(units) else 0
        if sort == 1:
            return 2 * count + 4
        if sort == 2:
            return 4 * count + 2
        if sort == 3 and at + 3 < len(units):
            return ((units[at + 2] | units[at + 3] << 16) * count + 1) // 2 + 4
        return 1

    def _follow(self, code: int, high: int, at: int) -> None:
        """What an operation does to the registers."""
        if code in {0x1A, 0x1B}:
            self._text(code, high, at)
        elif code in {0x07, 0x08, 0x09}:
            self._move(code, high, at)
        elif code == 0x0C:
            self._taken(high)
        elif code == 0x23:
            self._held[high & 15] = made = Array()
            self.arrays.append(made)
        elif code in {0x24, 0x25}:
            self._filled(code, high, at)
        elif code == 0x4D:
            self._stored(high, at)
        elif code in {0x5B, 0x69}:
            self._put(high if code == 0x69 else high & 15, at)
        elif code in _SETS:
            self._held.pop(high & 15 if code == 0x54 else high, None)

    def _text(self, code: int, high: int, at: int) -> None:
        number = self._units[at + 1]
        if code == 0x1B:
            number |= self._units[at + 2] << 16
        self._held[high] = number
        self.texts.append(number)

    def _move(self, code: int, high: int, at: int) -> None:
        to, source = (high & 15, high >> 4) if code == 7 else (high, self._units[at + 1])
        if code == 9:
            to, source = self._units[at + 1], self._units[at + 2]
        if source in self._held:
            self._held[to] = self._held[source]
        else:
            self._held.pop(to, None)

    def _taken(self, high: int) -> None:
        """The result of what was called or made before."""
        if self._result is None:
            self._held.pop(high, None)
        else:
            self._held[high], self._result = self._result, None

    def _filled(self, code: int, high: int, at: int) -> None:
        """An array that is made with what it holds."""
        units = self._units
        if code == 0x24:
            rows = [units[at + 2] >> 4 * n & 15 for n in range(4)] + [high & 15]
            rows = rows[: high >> 4]
        else:
            rows = list(range(units[at + 2], units[at + 2] + high))
        made = Array([n for n in map(self._held.get, rows) if isinstance(n, int)])
        self.arrays.append(made)
        self._result = made

    def _stored(self, high: int, at: int) -> None:
        """A text into an array."""
        array, text = self._held.get(self._units[at + 1] & 0xFF), self._held.get(high)
        if isinstance(array, Array) and isinstance(text, int):
            array.texts.append(text)

    def _put(self, source: int, at: int) -> None:
        """An array into a field."""
        array = self._held.get(source)
        if isinstance(array, Array) and array.field < 0:
            array.field = self._units[at + 1]
