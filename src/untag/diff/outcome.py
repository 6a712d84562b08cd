"""What a comparison says: of each finding what became of it, with the reasons, and the exit code that follows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from untag.finding import Severity

if TYPE_CHECKING:
    from untag.diff.side import Item, Side
    from untag.place import Place

__all__ = ["Outcome", "Reason", "Row", "Verdict"]


class Verdict(StrEnum):
    """What became of a finding; in the order in which they are told."""

    ADDED = "added"
    LAUNDERED = "laundered"
    UNKNOWN = "unknown"
    MOVED = "moved"
    REMOVED = "removed"
    UNCHANGED = "unchanged"

    @property
    def meaning(self) -> str:
        """What it is, in one line."""
        return _MEANING[self]


_MEANING = {
    Verdict.ADDED: "found in NEW, and not in OLD",
    Verdict.LAUNDERED: "no longer found as it was, but still there: renamed, hidden, or moved apart",
    Verdict.UNKNOWN: "not found in NEW, where its place was not read or could not be looked at for another name",
    Verdict.MOVED: "found at another place, with what stood beside it",
    Verdict.REMOVED: "found in OLD; its file is gone, or was read in NEW as a whole and nothing stands for it there",
    Verdict.UNCHANGED: "found in both",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is.

    Attributes:
        kind: ``renamed``, ``recoded``, ``commented out``, ``reserved``, ``undescribed``, ``residue``, ``proxy``,
            ``moved apart``, ``documents only``, ``file gone``, ``gap``, ``not looked at``, ``moved``, ``changed``,
            ``status`` or ``graver``.
        text: A sentence.
        old: Where in OLD, and what stands there; or None.
        new: The same in NEW.
    """

    kind: str
    text: str
    old: tuple[Place, str] | None = None
    new: tuple[Place, str] | None = None


@dataclass(slots=True)
class Row:
    """A finding and what became of it.

    Attributes:
        verdict: That.
        old: As OLD has it; None for what is new.
        new: As NEW has it; None where NEW has none.
        reasons: Why.
        graver: Whether it is graver than it was, or no longer accepted: as much as a new one.
    """

    verdict: Verdict
    old: Item | None
    new: Item | None
    reasons: list[Reason] = field(default_factory=list)
    graver: bool = False

    @property
    def item(self) -> Item:
        """What it is, as NEW has it where it has."""
        one = self.new or self.old
        assert one is not None  # noqa: S101 - there is no row of nothing
        return one

    @property
    def severity(self) -> Severity:
        """The higher one of both."""
        return max(i.severity for i in (self.old, self.new) if i is not None)

    @property
    def fails(self) -> bool:
        """Whether a gate fails on it, if it is grave enough."""
        return self.verdict in {Verdict.ADDED, Verdict.LAUNDERED} or self.graver


@dataclass
class Outcome:
    """The whole comparison.

    Attributes:
        old: The side that was.
        new: The side that is.
        rows: In order of verdict, severity and place.
        remarks: What a reader must know about it.
        gate: Whether it was asked as a gate.
        fail_on: Lowest severity that makes a gate fail.
        strict: Whether accepted gaps count as well.
    """

    old: Side
    new: Side
    rows: list[Row]
    remarks: list[str] = field(default_factory=list)
    gate: bool = False
    fail_on: Severity = Severity.LOW
    strict: bool = False

    @property
    def failing(self) -> list[Row]:
        """What a gate fails on."""
        return [r for r in self.rows if r.fails and r.severity >= self.fail_on]

    @property
    def count(self) -> Counter[str]:
        """Rows by verdict, and how many are graver."""
        made = Counter({v.value: 0 for v in Verdict})
        made.update(r.verdict.value for r in self.rows)
        made["graver"] = sum(r.graver for r in self.rows)
        return made

    @property
    def incomplete(self) -> bool:
        """Whether something was not read on either side."""
        if any(r.verdict is Verdict.UNKNOWN for r in self.rows) or self.old.interrupted or self.new.interrupted:
            return True
        return any(bool(s.gaps) if self.strict else bool(s.open_gaps) for s in (self.old, self.new))

    @property
    def code(self) -> int:
        """Exit code: 1 a gate fails, 3 not all was read, 4 nothing was read in NEW, else 0."""
        if self.gate and self.failing:
            return 1
        if self.new.empty or self.old.empty:
            return 4
        return 3 if self.incomplete else 0

    @property
    def sentence(self) -> str:
        """How it ended, in one line."""
        count = self.count
        parts = [f"{count[v.value]:,} {v.value}" for v in Verdict if count[v.value]]
        text = ", ".join(parts) if parts else "no finding on either side"
        if count["graver"]:
            text += f"; {count['graver']:,} graver than before"
        if self.new.empty or self.old.empty:
            text += f". Nothing was read in {'NEW' if self.new.empty else 'OLD'}"
        elif self.incomplete:
            text += ". Not all of both was read"
        if self.gate:
            failing = len(self.failing)
            text += f". The gate fails on {failing:,}" if failing else ". The gate passes"
        return text[:1].upper() + text[1:] + "."
