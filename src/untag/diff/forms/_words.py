"""What the forms for people say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.reports._text import LIMIT, visible
from untag.reports._view import where
from untag.reports._words import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.diff.outcome import Reason, Row, Verdict
    from untag.diff.side import Side
    from untag.place import Place

__all__ = ["PRESENCE", "by_verdict", "named", "side", "spots"]

PRESENCE = (
    "Removed says that the place was read in NEW and that nothing was seen there that stands for the tag; it does not "
    "say that no other place does the same."
)


def by_verdict(rows: Iterable[Row]) -> list[tuple[Verdict, list[Row]]]:
    """Rows by verdict, in the order in which they come."""
    groups: dict[Verdict, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.verdict, []).append(row)
    return list(groups.items())


def named(row: Row) -> str:
    """What carries the tag, as it is called now or was."""
    return visible(row.item.owner, LIMIT) or "(the file itself)"


def spots(reason: Reason) -> tuple[str, str]:
    """Where a reason is seen in OLD and in NEW, with what stands there."""
    return _spot(reason.old), _spot(reason.new)


def _spot(one: tuple[Place, str] | None) -> str:
    if one is None:
        return ""
    place, text = one
    return f"{visible(text, 80)} ({visible(where(place), LIMIT)})" if text else visible(where(place), LIMIT)


def side(name: str, one: Side) -> str:
    """One side in a line: what it is, and how whole."""
    cover = one.row["coverage"]
    text = f"{name}: {visible(one.name, LIMIT)}, {one.kind}, {count(int(cover['artifacts']), 'file')}"
    gaps = len(one.gaps)
    if gaps:
        accepted = gaps - len(one.open_gaps)
        text += f", {count(gaps, 'gap')}" + (f" ({accepted} accepted)" if accepted else "")
    return text + (", interrupted" if one.interrupted else "")
