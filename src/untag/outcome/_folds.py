"""Drafts and lines that lie packed until somebody looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, overload

from msgspec import Struct, field

from untag.judge.gather import Draft
from untag.outcome._packing import DRAFTS, FIELD, loose, part, parts_of, unpacker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.outcome._packing import Packed, Unpacker
    from untag.place import Place

__all__ = ["Folded", "Folds", "Home"]

#: Records that stay open, and bytes of all of them but for the last one.
_HELD = 8
_WEIGHT = 2 << 20
#: What the judge finds out about a draft; a record holds none of it.
_STUDIED = frozenset({"codings", "conflicts", "legends", "scars"})


class Folded(Draft):
    """A draft whose fields are unpacked when somebody looks at them, and gone when nobody does any more.

    What the judge sets on it is held by its sheet, and with scars also its marks, so that these keep referring to the
    marks that the draft shows. Lists that it shows must not be changed.
    """

    __slots__ = ("_at", "_rows")

    @classmethod
    def of(cls, rows: Folds, number: int, told: Iterable[tuple[str, Any]]) -> Folded:
        """A draft by its position, with what was set on it before."""
        made = object.__new__(cls)
        object.__setattr__(made, "_rows", rows)
        object.__setattr__(made, "_at", number)
        for name, value in told:
            object.__setattr__(made, name, value)
        return made

    def __getattr__(self, name: str) -> Any:
        # Only what is not there yet comes here.
        if name in _STUDIED:
            return ()
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._rows.value(self, self._at, name)
        object.__setattr__(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        # A copy with other fields (``dataclasses.replace``) belongs to no sheet.
        rows = getattr(self, "_rows", None)
        if rows is None or not rows.hold(self, self._at, name, value):
            return
        # A scar is known by its mark; what holds marks of its own may outlive those that the draft shows.
        if value and type(value) is tuple and hasattr(value[0], "mark"):
            for kept in ("marks", "cues"):
                rows.hold(self, self._at, kept, getattr(self, kept))


class Folds(Sequence[Draft]):
    """The drafts of a sheet, in its record: there may be millions, and of most nothing is held but what the judge set.

    One that was looked at stays open as long as the record does.
    """

    __slots__ = ("_home", "_sheet", "_size", "_told")

    def __init__(self, home: Home, sheet: int, size: int) -> None:
        """Nothing is unpacked.

        Args:
            home: The record.
            sheet: The sheet's position in it.
            size: How many drafts there are.
        """
        self._home, self._sheet, self._size = home, sheet, size
        self._told: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> Draft: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Draft]: ...
    def __getitem__(self, at: int | slice) -> Draft | Sequence[Draft]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(self._size))]
        number = at + self._size if at < 0 else at
        if not 0 <= number < self._size:
            raise IndexError(at)
        known = self._home.known(self._sheet, number)
        return known or Folded.of(self, number, self._told.get(number, {}).items())

    def __iter__(self) -> Iterator[Draft]:
        for number in range(self._size):
            yield self[number]

    def hold(self, draft: Folded, number: int, name: str, value: Any) -> bool:
        """Hold what is set on a draft; whether that is necessary, which it is not where it says nothing new."""
        if not value and name in _STUDIED and number not in self._told:
            return False
        self._told.setdefault(number, {})[name] = value
        known = self._home.known(self._sheet, number)
        if known is not None and known is not draft:
            object.__setattr__(known, name, value)
        return True

    def value(self, draft: Folded, number: int, name: str) -> Any:
        """A field of a draft."""
        return self._home.value(draft, self._sheet, number, name)


class _Opened(Struct):
    """An open record, with the drafts of it that somebody looked into.

    Its drafts lie in it as they were written, since a record that is read as a whole takes ten times its length.
    """

    home: Home
    weight: int
    unpacker: Unpacker
    drafts: list[list[Any]]
    quoted: list[Any]
    known: dict[tuple[int, int], Folded] = field(default_factory=dict)
    #: The draft that was asked for last, as its parts: its other fields are asked for next.
    last: tuple[int, int] = (-1, -1)
    row: list[Any] = field(default_factory=list)

    def draft(self, sheet: int, number: int) -> list[Any]:
        """The parts of a draft."""
        if self.last != (sheet, number):
            # Before the first one stands what sort of list it is.
            self.last, self.row = (sheet, number), loose(self.drafts[sheet][1 + number])
        return self.row


class Home:
    """The record of one entry, opened on demand; those that were asked for last stay open."""

    _open: ClassVar[dict[int, _Opened]] = {}

    def __init__(self, blob: Callable[[], Packed], place: Place) -> None:
        """Nothing is opened.

        Args:
            blob: Gives the record.
            place: The entry's place now.
        """
        self._blob, self._place = blob, place

    def _opened(self) -> _Opened:
        found = self._open.get(id(self))
        if found is None or found.home is not self:
            weight, record = parts_of(self._blob())
            drafts = [loose(loose(sheet)[DRAFTS]) for sheet in loose(record[6])]
            found = _Opened(self, weight, unpacker(record, self._place), drafts, loose(record[7]))
            while self._open and (
                len(self._open) >= _HELD or weight + sum(o.weight for o in self._open.values()) > _WEIGHT
            ):
                self._open.pop(next(iter(self._open)), None)
            self._open[id(self)] = found
        return found

    def known(self, sheet: int, number: int) -> Folded | None:
        """A draft that is open."""
        found = self._open.get(id(self))
        return found.known.get((sheet, number)) if found is not None and found.home is self else None

    def value(self, draft: Folded, sheet: int, number: int, name: str) -> Any:
        """A field of a draft."""
        opened = self._opened()
        opened.known.setdefault((sheet, number), draft)
        # Before the first field stands what is packed.
        return opened.unpacker.any(part(opened.draft(sheet, number)[1 + FIELD[name]]))

    def quoted(self, sheet: int) -> list[int]:
        """Numbers of the lines around marks."""
        return [row if type(row) is int else row[0] for row in part(self._opened().quoted[sheet])]

    def lines(self, sheet: int, wanted: list[int]) -> dict[int, str]:
        """Lines around marks."""
        opened = self._opened()
        rows = dict(part(opened.quoted[sheet]))
        return {number: opened.unpacker.texts[rows[number]] for number in wanted}
