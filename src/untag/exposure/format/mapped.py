"""Lines of JSON of any layout, as the user maps its fields (``--map``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from untag.config import nearest
from untag.exposure.format._object import Objects, at, body, text
from untag.mistake import UntagError

if TYPE_CHECKING:
    from untag.exposure.row import Row

__all__ = ["MappedFormat"]

#: What may be mapped, and how ``Objects`` calls it.
FIELDS = {
    "time": "time", "customer": "key", "user": "user", "address": "address", "method": "method", "target": "target",
    "query": "query", "line": "line", "status": "status", "size": "size", "request": "asked", "response": "answered",
    "request-type": "asked_type", "response-type": "answered_type", "request-size": "asked_size",
}  # fmt: skip


class MappedFormat(Objects):
    """Only used where fields are mapped: it knows no log by itself.

    Args:
        rows: Of ``FIELD=NAME``; a name may have dots between; ``request`` and ``response`` may end in ``|base64``.

    Raises:
        UntagError: A field is unknown or mapped twice, or there is no name.
    """

    name = "mapped"
    title = "lines of JSON with a mapping"
    source = "docs/exposure.md"
    limits = "It holds what is mapped; a response that is not mapped counts as not logged."
    bodies = True
    names: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, rows: tuple[str, ...] = ()) -> None:
        made: dict[str, tuple[str, ...]] = {}
        self._packed: dict[str, str] = {}
        for row in rows:
            field, _, name = row.partition("=")
            if field not in FIELDS:
                raise UntagError(f"--map {row}: there is no field {field!r}{nearest(field, FIELDS)}")
            name, _, way = name.partition("|")
            if not name or way not in {"", "base64"} or (way and FIELDS[field] not in {"asked", "answered"}):
                raise UntagError(f"--map {row}: write FIELD=NAME, for a body also FIELD=NAME|base64")
            if FIELDS[field] in made:
                raise UntagError(f"--map {row}: {field} is mapped twice")
            made[FIELDS[field]] = (name,)
            if way:
                self._packed[FIELDS[field]] = name
        self.hidden = bool(self._packed)
        self.names = made  # type: ignore[misc]
        self.needs = ((made["target"][0],),) if "target" in made else ()  # type: ignore[misc]

    def knows(self, start: bytes) -> float:
        """As for ``Format``: nothing without a mapping."""
        return super().knows(start) if self.names else 0.0

    def made(self, row: dict[str, Any]) -> Row:
        """As for ``Objects``; bodies in base64 are taken out of it."""
        made = super().made(row)
        for what, name in self._packed.items():
            kind = text(self._picker(row)(f"{what}_type"))
            value = body(at(row, name), kind, packed=True)
            if what == "asked":
                made.asked = value
            else:
                made.answered = value
        return made
