"""Diff: what became of each finding between two states of a product, and what was only renamed or hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.diff.compare import compared
from untag.diff.outcome import Outcome, Reason, Row, Verdict
from untag.diff.side import Side, of_input, of_report, report_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.scan import Options, Progress

__all__ = [
    "Outcome",
    "Reason",
    "Row",
    "Side",
    "Verdict",
    "compared",
    "diff",
    "of_input",
    "of_report",
    "report_in",
    "side",
]


def side(spec: str, options: Options, watch: Callable[[Progress], None] | None = None) -> Side:
    """One side: a JSON report as it is, anything else scanned.

    Raises:
        UntagError: It is not there, or a report that lacks a part.
    """
    row = report_in(spec)
    return of_report(spec, row) if row is not None else of_input(spec, options, watch)


def diff(old: str, new: str, options: Options, watch: Callable[[Progress], None] | None = None) -> Outcome:
    """Compare two states.

    Args:
        old: A report, or what a scan takes.
        new: The same.
        options: How what is no report is scanned.
        watch: Called now and then with the progress.

    Raises:
        UntagError: One of them is not there.
    """
    return compared(side(old, options, watch), side(new, options, watch))
