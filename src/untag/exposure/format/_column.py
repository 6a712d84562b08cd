"""Lines of a block as columns of bytes, told apart and counted by numpy without an object for each line.

It takes less than the expressions of the formats do (what is written in plain ASCII, without escapes, and not too
long) and says of it what they say; whatever else stands in a block they read. Texts are told apart by a sum of their
bytes and then compared, so that two that have one sum are never taken for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from untag.exposure.format import Alike, Many
from untag.exposure.tally import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from untag.exposure.format import Block
    from untag.exposure.row import Who

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]
    Bytes = npt.NDArray[np.uint8]

__all__ = ["Column", "Page", "counted", "crossed", "run"]

#: Bytes of the longest text that is told apart; of those that most are shorter than; of a literal, and of a time.
WIDEST, _WIDE, _TIME = 512, 128, 40
#: Bytes behind the block, that what stands near its end can be looked at like the rest.
_PAD = 2 * WIDEST
#: A line of fewer bytes than this, on average, is none that a format has: such blocks are not looked at here.
_SHORT = 32
_NEWLINE, _RETURN, _COMMA, _DASH, _POINT, _SLASH, _ZERO, _COLON, _BACK = b"\n\r,-./0:\\"
#: Odd numbers with which the bytes of a text are added up, eight at once.
_FACTORS = np.random.default_rng(5).integers(1 << 40, 1 << 63, WIDEST // 8, dtype=np.uint64) | np.uint64(1)
#: By width of a column: of each length what keeps the bytes of a text and nothing behind it.
_MASKS: dict[int, npt.NDArray[np.void]] = {}


def _mask(width: int) -> npt.NDArray[np.void]:
    made = _MASKS.get(width)
    if made is None:
        rows = (np.arange(width) < np.arange(width + 1)[:, None]).astype(np.uint8) * np.uint8(255)
        made = _MASKS[width] = np.ascontiguousarray(rows).view(f"V{width}").ravel()
    return made


class Column(NamedTuple):
    """A text of each row.

    Attributes:
        codes: Which of the values it is; -1 where it is not told.
        values: Each once, in no order.
    """

    codes: Ints
    values: list[bytes]

    def holding(self, said: Sequence[bool]) -> Bools:
        """Of each row what is said of its value; false where that is not told."""
        return np.array([*said, False])[self.codes]

    def matching(self, way: Callable[[bytes], object]) -> Bools:
        """Of each row whether an expression takes its value."""
        return self.holding([way(value) is not None for value in self.values])

    def numbers(self, said: Sequence[int]) -> Ints:
        """Of each row a number that its value stands for; -1 where that is not told."""
        return np.array([*said, -1], np.int64)[self.codes]


class Page:
    """Where in a block the lines are, and some signs in them.

    Args:
        block: Whole lines.
        signs: Bytes whose places are looked for, quotes and the like.

    Attributes:
        starts: Of each line its first byte.
        ends: Of each line its line break.
    """

    def __init__(self, block: bytes, signs: bytes) -> None:
        data = block if block.endswith(b"\n") else block + b"\n"
        self._data = data
        self.bytes: Bytes = np.frombuffer(data + bytes(_PAD), np.uint8)
        whole = self.bytes[: len(data)]
        hits = whole == _NEWLINE
        for sign in signs:
            hits |= whole == sign
        self._marks = np.flatnonzero(hits)
        self._signs = self.bytes[self._marks]
        last = np.flatnonzero(self._signs == _NEWLINE)
        self._first = np.concatenate(([0], last[:-1] + 1))
        self._many = last - self._first
        self.ends: Ints = self._marks[last]
        self.starts: Ints = np.concatenate(([0], self.ends[:-1] + 1))

    @property
    def dense(self) -> bool:
        """Whether there are more lines than any format makes of so many bytes."""
        return len(self.ends) * _SHORT > len(self._data)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> bytes:
        """A line, without its line break."""
        return self._data[int(self.starts[number]) : int(self.ends[number])]

    def others(self, rows: Ints, among: Sequence[int] | None = None) -> list[int]:
        """Numbers of all lines, or of some, but those."""
        rest = np.zeros(len(self.ends), np.bool_)
        rest[slice(None) if among is None else np.asarray(among)] = True
        rest[rows] = False
        made: list[int] = np.flatnonzero(rest).tolist()
        return made

    # -- which rows

    def plain(self, least: int, most: int | None = None) -> Ints:
        """Numbers of lines in which nothing stands but printable ASCII without a backslash, and so many signs.

        A carriage return before the line break is no matter.
        """
        good = self._many >= least
        if most is not None:
            good &= self._many <= most
        data, whole = self._data, self.bytes[: len(self._data)]
        fine = np.count_nonzero(whole < 32) == len(self.ends) and data.isascii()
        if not fine or b"\\" in data or b"\x7f" in data:
            odd = np.flatnonzero((whole < 32) | (whole > 126) | (whole == _BACK))
            signs, after = whole[odd], self.bytes[odd + 1]
            odd = odd[(signs != _NEWLINE) & ~((signs == _RETURN) & (after == _NEWLINE))]
            good[np.searchsorted(self.ends, odd)] = False
        return np.flatnonzero(good)

    def mark(self, rows: Ints, number: int) -> Ints:
        """Places of one of the signs of each row, from 0."""
        made: Ints = self._marks[self._first[rows] + number]
        return made

    def sign(self, rows: Ints, number: int) -> Bytes:
        """Which of the signs that is."""
        made: Bytes = self._signs[self._first[rows] + number]
        return made

    # -- what stands there

    def byte(self, at: Ints) -> Bytes:
        """Bytes at some places."""
        made: Bytes = self.bytes[at.clip(0, len(self._data))]
        return made

    def cells(self, at: Ints, width: int, size: Ints | None = None) -> Bytes:
        """So many bytes from some places on, a row each; zeros behind ``size``."""
        view = np.ndarray((len(self.bytes) - width + 1,), f"V{width}", self.bytes, strides=(1,))
        made: Bytes = view[at.clip(0, len(self._data))].view(np.uint8).reshape(-1, width)
        if size is not None:
            keep = _mask(width)[size.clip(0, width)].view(np.uint64).reshape(-1, width // 8)
            words = made.view(np.uint64)
            words &= keep
        return made

    def stands(self, at: Ints, literal: bytes) -> Bools:
        """Whether a literal stands at some places."""
        at = at.clip(0, len(self._data))
        good: Bools = np.ones(len(at), np.bool_)
        for width in (8, 4, 2, 1):
            if len(literal) >= width:
                view = np.ndarray((len(self.bytes) - width + 1,), f"u{width}", self.bytes, strides=(1,))
                # The last word ends where the literal does, over what was compared before.
                for low in (*range(0, len(literal) - width + 1, width), len(literal) - width):
                    good &= view[(at + low).clip(0, len(view) - 1)] == np.frombuffer(literal, f"u{width}", 1, low)[0]
                break
        return good

    def distinct(self, at: Ints, size: Ints, *, shaped: bool = False) -> Column:
        """Texts told apart.

        Args:
            at: Where each begins.
            size: Its bytes; what is negative, or longer than ``WIDEST``, is not told.
            shaped: Whether all digits are taken for ``0``.
        """
        codes: Ints = np.full(len(at), -1, np.int64)
        values: list[bytes] = []
        most = int(size[size <= WIDEST].max(initial=0))
        low = -1
        for width in (max(8, -(-most // 8) * 8),) if most <= _WIDE else (_WIDE, WIDEST):
            mine = np.flatnonzero((size > low) & (size <= width))
            low = width
            if not len(mine):
                continue
            made = self.cells(at[mine], width, size[mine])
            if shaped:
                digits = made - np.uint8(_ZERO)
                digits *= digits < 10
                made -= digits
            inner = _grouped(made, size[mine])
            codes[mine] = np.where(inner.codes < 0, -1, inner.codes + len(values))
            values += inner.values
        return Column(codes, values)

    def stamped(self, at: Ints, size: Ints) -> Column:
        """Times told apart to the minute: their seconds, and parts of them, are zeros where they may be anything."""
        made = self.cells(at, _TIME, size)
        clock = (made[:, 4] == _DASH) & (made[:, 13] == _COLON) & (made[:, 16] == _COLON)
        _still(made, 17, clock)
        _parts(made, clock)
        _still(made, 18, (made[:, 2] == _SLASH) & (made[:, 6] == _SLASH) & (made[:, 17] == _COLON))
        found = _running(made, size)
        return found._replace(codes=np.where((size < 0) | (size > _TIME), -1, found.codes))

    def clocks(self, at: Ints, size: int) -> Column:
        """As ``stamped``, of times in brackets (``[01/Oct/2025:06:25:24 +0000] ``) that are all as long."""
        made = self.cells(at, _TIME, np.full(len(at), size))
        _still(made, 19, made[:, 18] == _COLON)
        return _running(made, np.full(len(at), size))

    def back(self, at: Ints, width: int) -> Ints:
        """How many digits stand in a row before some places; 0 also where there are ``width`` or more."""
        return run(self.cells(at - width, width)[:, ::-1])

    # -- where something was found

    def alike(self, rows: Ints, column: Column, at: Ints, size: Ints) -> Alike:
        """What may say something in each of some rows, as the sweep is given it.

        Args:
            rows: Their numbers.
            column: What stands there, shaped.
            at: Where it begins.
            size: Its bytes.
        """

        def lines(said: Sequence[bool]) -> list[int]:
            made: list[int] = rows[column.holding(said)].tolist()
            return made

        def within(places: Sequence[int]) -> list[int]:
            if not len(rows):
                return []
            some = np.asarray(places, np.int64)
            row = np.searchsorted(rows, np.searchsorted(self.ends, some))
            row[row == len(rows)] = 0
            made: list[int] = rows[row[(some >= at[row]) & (some < at[row] + size[row])]].tolist()
            return made

        return Alike(column.values, lines, within)


def run(cells: Bytes) -> Ints:
    """How many digits stand in a row at the start of each of some rows of bytes; 0 also where all are digits."""
    made: Ints = ((cells - np.uint8(_ZERO)) >= 10).argmax(axis=1)
    return made


def _still(made: Bytes, at: int, where: Bools) -> None:
    """Write zeros for two digits of seconds, where there are such."""
    tens, ones = made[:, at] - np.uint8(_ZERO), made[:, at + 1] - np.uint8(_ZERO)
    where = where & (tens < 6) & (ones < 10)
    made[where, at : at + 2] = _ZERO


def _parts(made: Bytes, where: Bools) -> None:
    """Write zeros for the parts of a second that stand behind a point."""
    rows = np.flatnonzero(where & ((made[:, 19] == _POINT) | (made[:, 19] == _COMMA)))
    if len(rows):
        tail = made[rows, 20:]
        digit = np.logical_and.accumulate((tail - np.uint8(_ZERO)) < 10, axis=1)
        tail[digit] = _ZERO
        made[rows, 20:] = tail


def _running(made: Bytes, size: Ints) -> Column:
    """As ``_grouped``, of what is mostly as in the row before, as times are."""
    if not len(made):
        return _grouped(made, size)
    words = made.view(np.uint64)
    new = np.ones(len(made), np.bool_)
    new[1:] = words[1:, 0] != words[:-1, 0]
    for number in range(1, words.shape[1]):
        new[1:] |= words[1:, number] != words[:-1, number]
    heads = np.flatnonzero(new)
    found = _grouped(made[heads], size[heads])
    return found._replace(codes=found.codes[np.cumsum(new) - 1])


def _grouped(made: Bytes, size: Ints) -> Column:
    """Rows of bytes told apart: by a sum, and then by what they are."""
    if not len(made):
        return Column(np.zeros(0, np.int64), [])
    width = made.shape[1]
    words = np.ascontiguousarray(made).view(np.uint64)
    sums = words @ _FACTORS[: width // 8]
    order = np.argsort(sums)
    ranked = sums[order]
    new = np.ones(len(order), np.bool_)
    np.not_equal(ranked[1:], ranked[:-1], out=new[1:])
    codes: Ints = np.empty(len(order), np.int64)
    codes[order] = np.cumsum(new) - 1
    firsts = order[new]
    same = words == words[firsts][codes]
    if not same.all():
        codes[~same.all(axis=1)] = -1
    raw = made[firsts].tobytes()
    values = [raw[at : at + many] for at, many in zip(range(0, len(raw), width), size[firsts].tolist(), strict=True)]
    return Column(codes, values)


def crossed(columns: Sequence[Column | None], good: Bools) -> tuple[Ints, list[tuple[bytes, ...]]]:
    """Which values of some columns stand together in a row.

    Args:
        columns: One without a value in any row is None.
        good: The rows that are looked at.

    Returns:
        Of each of those a number, and by that the values; empty where there is none.
    """
    key: Ints = np.zeros(int(np.count_nonzero(good)), np.int64)
    for column in columns:
        if column is not None:
            # Numbers stay small: there are no more of them than rows.
            key = np.unique(key * len(column.values) + column.codes[good], return_inverse=True)[1]
    firsts = np.unique(key, return_index=True)[1]
    parts = [
        [b""] * len(firsts) if one is None else [one.values[code] for code in one.codes[good][firsts].tolist()]
        for one in columns
    ]
    return key, list(zip(*parts, strict=True))


def counted(made: Block, who: Ints, askers: Sequence[Who], times: Ints | None, seen: Bools) -> None:
    """Count rows.

    Args:
        made: What they are added to.
        who: Of each row who asked, as a number in ``askers``.
        askers: Who they are.
        times: Of each row its time, to the minute; None where the lines say none.
        seen: Of each row whether neither request nor response had a body.
    """
    if not len(who):
        return
    base = times // DAY if times is not None else np.zeros(len(who), np.int64)
    low = int(base.min())
    key = (who * (int(base.max()) - low + 1) + (base - low)) * 2 + seen
    order = np.argsort(key)
    ranked = key[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    often = np.diff(starts, append=len(order)).tolist()
    some = order[starts]
    names, dark = [askers[number] for number in who[some].tolist()], seen[some].tolist()
    if times is None:
        rows = zip(names, dark, often, strict=True)
        made.rows.extend(Many(name, None, None, None, nothing, count) for name, nothing, count in rows)
        return
    ranked = times[order]
    first, last = np.minimum.reduceat(ranked, starts).tolist(), np.maximum.reduceat(ranked, starts).tolist()
    made.minutes.update(np.unique(times).tolist())
    made.rows.extend(map(Many, names, base[some].tolist(), first, last, dark, often))
