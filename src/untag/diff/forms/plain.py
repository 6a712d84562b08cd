"""Plain text for a terminal: what a gate fails on first, each with its reasons and what is seen on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.diff.forms._words import PRESENCE, by_verdict, named, side, spots
from untag.diff.outcome import Verdict
from untag.finding import Severity
from untag.reports._text import LIMIT, pad, visible, width, wrap
from untag.reports._view import inner, where
from untag.reports._words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.diff.outcome import Outcome, Reason, Row
    from untag.diff.side import Side
    from untag.reports import View

__all__ = ["PlainForm"]

_MARGIN, _LABEL = "  ", 9
#: Gaps of one side, and reasons of one finding, that are listed.
_GAPS, _REASONS = 10, 12
_COLOURS = {
    Severity.CRITICAL: "1;35", Severity.HIGH: "1;31", Severity.MEDIUM: "1;33", Severity.LOW: "1;36", Severity.NOTE: "2",
}  # fmt: skip


class PlainForm:
    """Text for people; lines keep to the width of the view."""

    name = "plain"

    def write(self, outcome: Outcome, view: View) -> Iterator[str]:
        """The comparison, line by line, each with its newline."""
        for line in _Page(outcome, view).lines():
            yield line + "\n"


class _Page:
    def __init__(self, outcome: Outcome, view: View) -> None:
        self.outcome, self.view = outcome, view
        self.columns = max(40, min(view.width, 120))

    def lines(self) -> Iterator[str]:
        outcome = self.outcome
        for verdict, rows in by_verdict(outcome.rows):
            yield from self.wrapped(f"{verdict.value.upper()} ({len(rows):,}): {verdict.meaning}", style="1")
            yield ""
            silent = 0
            for row in rows:
                if verdict is Verdict.UNCHANGED and not (row.reasons or row.graver or self.view.full):
                    silent += 1
                    continue
                yield from self.row(row)
            if silent:
                yield from self.wrapped(f"{count(silent, 'finding')} as before (--full lists them)", first=_MARGIN)
                yield ""
        for name, one in (("OLD", outcome.old), ("NEW", outcome.new)):
            yield from self.gaps(name, one)
        for remark in outcome.remarks:
            yield from self.wrapped(f"note: {remark}.", rest=_MARGIN * 3)
        if outcome.remarks:
            yield ""
        yield from self.wrapped(PRESENCE)
        yield ""
        for name, one in (("OLD", outcome.old), ("NEW", outcome.new)):
            yield from self.wrapped(side(name, one), rest=_MARGIN * 3)
        yield ""
        style = "1;31" if outcome.failing else "1;33" if outcome.incomplete else "1;32"
        yield from self.wrapped(f"untag diff: {outcome.sentence}", style=style)

    def row(self, row: Row) -> Iterator[str]:
        item = row.item
        spot = visible(where(item.place), LIMIT)
        head = f"{_MARGIN}{item.severity.word}, {item.confidence.word}  {named(row)}  {spot}"
        text = f"{item.severity.word}, {item.confidence.word}: {named(row)} {spot}"
        lines = [head] if width(head) <= self.columns else list(wrap(text, self.columns, _MARGIN, _MARGIN * 3))
        for number, line in enumerate(lines):
            yield self.paint(line, _COLOURS[item.severity]) if number == 0 else line
        if row.graver:
            yield from self.field("graver", "a gate fails on it as on a new one")
        if row.verdict is Verdict.ADDED and item.message:
            yield from self.field("", visible(item.message, 2 * LIMIT))
        for reason in row.reasons[:_REASONS]:
            yield from self.reason(reason)
        if row.reasons[_REASONS:]:
            yield from self.field("", f"and {len(row.reasons) - _REASONS} reasons more")
        yield _MARGIN * 2 + self.paint(pad("key", _LABEL) + item.key, "2")
        yield ""

    def reason(self, reason: Reason) -> Iterator[str]:
        yield from self.field("why", f"{reason.kind}: {visible(reason.text, 2 * LIMIT)}")
        for label, spot in zip(("was", "is"), spots(reason), strict=True):
            if spot:
                yield from self.field(label, spot)

    def gaps(self, name: str, one: Side) -> Iterator[str]:
        if not one.gaps:
            return
        yield from self.wrapped(f"NOT READ IN {name}: {count(len(one.gaps), 'gap')}", style="1")
        for gap in one.gaps[:_GAPS]:
            text = f"{visible('!'.join(gap.place.chain), LIMIT)}{visible(inner(gap.place), LIMIT)}: {gap.reason.value}"
            text += f", {visible(gap.detail, LIMIT)}" if gap.detail else ""
            yield from self.wrapped(text + (" [accepted]" if gap.accepted else ""), first=_MARGIN, rest=_MARGIN * 3)
        if one.gaps[_GAPS:]:
            yield f"{_MARGIN}and {len(one.gaps) - _GAPS:,} more"
        yield ""

    # -- pieces

    def field(self, label: str, text: str) -> Iterator[str]:
        margin = _MARGIN * 2
        for number, line in enumerate(wrap(text, self.columns, margin + pad(label, _LABEL))):
            if number == 0 and label:
                line = margin + self.paint(pad(label, _LABEL), "2") + line[len(margin) + _LABEL :]
            yield line

    def wrapped(self, text: str, *, first: str = "", rest: str = _MARGIN, style: str = "") -> Iterator[str]:
        for line in wrap(text, self.columns, first, rest):
            yield self.paint(line, style)

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.view.colour and style and text.strip() else text
