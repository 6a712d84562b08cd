"""Files that a model names beside it, each once, up to a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Part, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["Parts"]

#: Names of files that are kept of one model, and letters of one.
_MOST, _LONG = 10_000, 1000


class Parts:
    """Takes note of names while a model is read.

    Args:
        place: The model's.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._rows: dict[str, Part] = {}
        self._full = False

    def add(self, name: str, spot: Place | None = None, end: int = 0, *, raw: bool = True) -> None:
        """Note a name.

        Args:
            name: The path from the folder of the model.
            spot: Where it stands; None: nowhere, it follows from the model's own name.
            end: As in ``Part``.
            raw: As in ``Part``.
        """
        name = name[:_LONG]
        known = self._rows.get(name)
        if known is None:
            if len(self._rows) >= _MOST:
                self._full = True
                return
            self._rows[name] = Part(spot or self._place, name, raw, end)
        elif known.end:
            self._rows[name] = Part(known.place, name, raw, max(known.end, end) if end else 0)

    def told(self) -> Iterator[Part | Gap]:
        """All that were noted."""
        yield from self._rows.values()
        if self._full:
            yield Gap(
                self._place, Reason.LIMIT, f"more than {_MOST} files are named beside it; the rest was not looked for"
            )
