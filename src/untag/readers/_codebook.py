"""Variables of a study: names, labels and what their codes mean, as statistics programs keep them beside the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.readers._columns import columns, glosses
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place

__all__ = ["Variable", "code", "remark", "said"]

_LONG = 2000


class Variable(Struct):
    """A variable: its name, type and label, and (code, meaning) of its values."""

    name: str
    type: str = ""
    label: str = ""
    codes: Sequence[tuple[str, str]] = field(default_factory=tuple)


def code(number: float) -> str:
    """A code as people write it."""
    return str(int(number)) if number == number and abs(number) < 1e15 and number == int(number) else str(number)


def remark(text: str, place: Place, pointer: str, owner: str, about: str = "") -> Iterator[Surface]:
    """What is written beside a variable or file, line by line."""
    spot = place.at(pointer=pointer[:400])
    for line in text[:20_000].splitlines():
        if line := line.strip():
            yield Surface(Role.COMMENT, line[:_LONG], spot, owner, Kind.DATASET, about[:200])


def said(variables: Sequence[Variable], place: Place, owner: str, limit: int) -> Iterator[Surface]:
    """What the variables show."""
    yield from columns(((v.name, v.type) for v in variables), place, owner, limit)
    for one in variables[:limit]:
        yield from remark(one.label, place, f"/{one.name}", owner, one.name)
        yield from glosses(one.codes, one.name, place, owner)
