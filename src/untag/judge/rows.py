"""Rows: what stands alike in many elements of one array is one finding; what a few of thousands hold is data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.finding import Finding
    from untag.place import Place

__all__ = ["gather"]

_INDEX = later(r"\[(\d+)\]")
#: Elements of an array from which its parts are rows of data, and findings from which they are told together.
LONG, MANY = 50, 5
#: One in so many elements that holds a word is chance.
RARE = 10
#: Marks of other rows that the one finding takes up.
MOST = 200
_TEXT = frozenset({Role.VALUE, Role.STRING})


def gather(findings: Sequence[Finding]) -> list[Finding]:
    """Tell once what stands in the rows of an array.

    Args:
        findings: In order of place.

    Returns:
        The same, where findings in five rows and more of one array are the gravest of them, with the marks of the
        others; without those that rest on nothing but texts in a few rows of very many (a school of that name).
    """
    groups: dict[tuple[Place, str, str, str], list[int]] = {}
    for number, finding in enumerate(findings):
        if _INDEX.search(finding.owner) and finding.marks[0].surface.kind in {Kind.TREE, Kind.LIST, Kind.DICT}:
            pattern = _INDEX.sub("[]", finding.owner)
            groups.setdefault((finding.place.whole(), pattern, finding.rule, finding.purpose), []).append(number)
    gone: set[int] = set()
    told: dict[int, Finding] = {}
    for numbers in groups.values():
        rows = [findings[n] for n in numbers]
        longest = max(int(n) for f in rows for n in _INDEX.findall(f.owner)) + 1
        if longest >= LONG and len(rows) * RARE <= longest and all(_texts(f) for f in rows):
            gone.update(numbers)
        elif len(rows) >= MANY:
            lead = min(rows, key=lambda f: (-f.severity, -f.confidence, f.place.sort))
            more = [m for f in rows if f is not lead for m in f.marks][:MOST]
            said = f"{lead.message} It stands so in {len(rows):,} rows of one list."
            told[numbers[rows.index(lead)]] = replace(
                lead, marks=tuple(dict.fromkeys((*lead.marks, *more))), message=said
            )
            gone.update(numbers)
    return [told.get(i, f) for i, f in enumerate(findings) if i in told or i not in gone]


def _texts(finding: Finding) -> bool:
    """Whether a finding rests on what is written in a row, not on what its columns are called."""
    return all(m.role in _TEXT for m in finding.marks if any(h.kind != "context" for h in m.hits))
