"""Which file, and which of its lines, is asked about."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from untag.gap import Gap
from untag.mistake import UntagError
from untag.place import Place
from untag.sources import Entry, Passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.scan import Witness

__all__ = ["Spot", "resolve", "spot"]

_LINES = re.compile(r"(?P<path>.+):(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Spot:
    """What is asked about.

    Attributes:
        text: As the user wrote it.
        path: The path in it.
        first: First line, or None for the whole file.
        last: Last line.
    """

    text: str
    path: str
    first: int | None = None
    last: int | None = None

    def holds(self, line: int | None, around: int = 0) -> bool:
        """Whether a line is asked about, or lies no further than ``around`` from one that is."""
        if self.first is None or self.last is None:
            return True
        return line is not None and self.first - around <= line <= self.last + around


def spot(text: str) -> Spot:
    """Read ``PATH``, ``PATH:LINE`` or ``PATH:LINE-LINE``.

    Raises:
        UntagError: The lines are no lines.
    """
    found = _LINES.fullmatch(text)
    if found is None:
        if not text:
            raise UntagError("--trace wants PATH, PATH:LINE or PATH:LINE-LINE")
        return Spot(text, text)
    first = int(found["first"])
    last = int(found["last"] or first)
    if first < 1 or last < first:
        raise UntagError(f"--trace {text}: lines count from 1, and the last is not before the first")
    return Spot(text, found["path"], first, last)


def resolve(asked: Spot, specs: Sequence[str], witness: Witness) -> tuple[Spot, list[Entry | Passed | Gap]]:
    """What the scan met at a path: the path in a report, or one as it would be typed."""
    for tried in (Spot(asked.text, asked.text), asked):
        met = [row for row in witness.walked if _named(tried.path, row.place, specs)]
        # An archive's members are told with the archive they lie in.
        met = met or [row for row in witness.walked if tried.path.startswith(row.place.chain[0] + "!")]
        if met:
            return tried, met
    below: list[Entry | Passed | Gap] = [
        row
        for row in witness.walked
        if isinstance(row, (Passed, Gap))
        and any(c.startswith(row.place.chain[0] + "/") for c in _ways(asked, row, specs))
    ]
    if below:
        return asked, below
    names = sorted({row.place.chain[0] for row in witness.walked})
    if any(
        name.startswith(way + "/") for row in witness.walked[:1] for way in _ways(asked, row, specs) for name in names
    ):
        raise UntagError(f"--trace {asked.path}: that is a folder; name a file in it")
    base = asked.path.rsplit("/", 1)[-1]
    same = [n for n in names if n.rsplit("/", 1)[-1] == base]
    near = same or get_close_matches(asked.path, names, 1, 0.6)
    if near and witness.persons:
        near = [n for n in near if witness.persons.place(Place((n,))) == Place((n,))]
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UntagError(f"--trace {asked.path}: no such file in what was scanned{hint}")


def _ways(asked: Spot, row: Entry | Passed | Gap, specs: Sequence[str]) -> list[str]:
    """The path as written, and as it reads from the root of a row's input."""
    plain = asked.path.replace(os.sep, "/")
    out = [plain, os.path.normpath(asked.path).replace(os.sep, "/")]
    spec = specs[row.place.input] if row.place.input < len(specs) else ""
    if spec and spec != "-" and not spec.startswith("files-from:"):
        out.append(os.path.relpath(asked.path, spec).replace(os.sep, "/"))
    return out


def _named(path: str, place: Place, specs: Sequence[str]) -> bool:
    if place.chain[0] == path or "!".join(place.chain) == path:
        return True
    spec = specs[place.input] if place.input < len(specs) else ""
    if spec in {"", "-"} or spec.startswith("files-from:"):
        return place.chain[0] == os.path.normpath(path).replace(os.sep, "/")
    real = os.path.abspath(path)  # noqa: PTH100 - links must not be followed, and names that are no text must survive
    home = os.path.abspath(spec)  # noqa: PTH100
    if os.path.isdir(home):  # noqa: PTH112
        return real == os.path.join(home, *place.chain[0].split("/"))  # noqa: PTH118
    return real == home
