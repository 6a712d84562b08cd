"""Links in containers: nothing is written, so none is followed; what leads out of the container is told."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["Links"]


class Links:
    """Symbolic and hard links of one container."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._first = ""
        self._count = 0

    def add(self, name: str, target: str, *, hard: bool = False) -> None:
        """Note a link.

        Args:
            name: The link's own name.
            target: What it leads to; of a hard link a path from the container's root.
            hard: Whether it is a hard link.
        """
        base = "" if hard else posixpath.dirname(name)
        path = posixpath.normpath(posixpath.join(base, target.replace("\\", "/")))
        if path.startswith(("/", "..")):
            self._count += 1
            self._first = self._first or name

    def gaps(self) -> Iterator[Gap]:
        """One gap for all links that lead out."""
        if self._count:
            said = f"links that lead out of the container are not followed: {self._count}, the first {self._first}"
            yield Gap(self._place, Reason.REFUSED, said)
