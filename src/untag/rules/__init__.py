"""Rules: what a marked thing means. A rule sees one case, does no I/O, and yields claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from untag.registry import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim

__all__ = ["Rule", "rules"]


class Rule(Protocol):
    """What every file in this room holds as ``<Name>Rule``.

    Attributes:
        name: The file's name.
        limits: What it cannot tell, one sentence each.
        example: The smallest input it speaks of: ``NAME: CONTENT``, one file each.
        sources: Where such a thing was seen or is defined: a report, a standard, a vendor's reference.
    """

    name: str
    limits: tuple[str, ...]
    example: tuple[str, ...]
    sources: tuple[str, ...]

    def judge(self, case: Case) -> Iterator[Claim]:
        """What the rule says of a case; nothing where it has nothing to say."""
        ...


def rules() -> dict[str, Rule]:
    """All rules by name."""
    return leaves(__name__, "Rule")
