"""Markdown for a comment on a pull request: the sentence, a table of what a gate fails on, the rest folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.diff.forms._words import PRESENCE, by_verdict, named, side, spots
from untag.diff.outcome import Verdict
from untag.reports._text import LIMIT, code, markdown
from untag.reports._view import inner, where
from untag.reports._words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.diff.outcome import Outcome, Row
    from untag.diff.side import Side
    from untag.reports import View

__all__ = ["MarkdownForm"]

#: Rows of a table, and gaps; code hosts cut long comments.
_ROWS, _GAPS, _REASONS = 100, 10, 6
_OPEN = frozenset({Verdict.ADDED, Verdict.LAUNDERED, Verdict.UNKNOWN})


class MarkdownForm:
    """GitHub-flavoured Markdown. Found text stands in code spans or is escaped: it makes no link, mention or HTML."""

    name = "markdown"

    def write(self, outcome: Outcome, view: View) -> Iterator[str]:
        """The comparison, block by block."""
        yield f"### untag diff\n\n**{markdown(outcome.sentence)}**\n\n"
        for verdict, rows in by_verdict(outcome.rows):
            shown = [r for r in rows if view.full or verdict is not Verdict.UNCHANGED or r.reasons or r.graver]
            title = f"{verdict.value.capitalize()} ({len(rows):,})"
            if not shown:
                yield f"**{title}**: as before.\n\n"
                continue
            open_ = verdict in _OPEN or any(r.graver for r in shown)
            if open_:
                yield f"#### {title}\n\n{verdict.meaning[:1].upper()}{verdict.meaning[1:]}.\n\n"
            else:
                yield f"<details><summary>{title}: {verdict.meaning}</summary>\n\n"
            yield from self._table(shown)
            yield "\n" if open_ else "\n</details>\n\n"
        for name, one in (("OLD", outcome.old), ("NEW", outcome.new)):
            yield from self._gaps(name, one)
        for remark in outcome.remarks:
            yield f"> {markdown(remark)}.\n\n"
        yield f"{PRESENCE}\n\n"
        for name, one in (("OLD", outcome.old), ("NEW", outcome.new)):
            yield f"- {markdown(side(name, one))}\n"

    def _table(self, rows: list[Row]) -> Iterator[str]:
        yield "| severity | what | where | why |\n|---|---|---|---|\n"
        for row in rows[:_ROWS]:
            item = row.item
            grade = item.severity.word + (" (graver)" if row.graver else "")
            cells = [grade, code(named(row), LIMIT, cell=True), code(where(item.place), LIMIT, cell=True), _why(row)]
            yield f"| {' | '.join(cells)} |\n"
        if rows[_ROWS:]:
            yield f"\nand {len(rows) - _ROWS:,} more\n"

    def _gaps(self, name: str, one: Side) -> Iterator[str]:
        if not one.gaps:
            return
        yield f"<details><summary>Not read in {name}: {count(len(one.gaps), 'gap')}</summary>\n\n"
        for gap in one.gaps[:_GAPS]:
            spot = code("!".join(gap.place.chain) + inner(gap.place), LIMIT)
            said = f", {markdown(gap.detail, LIMIT)}" if gap.detail else ""
            yield f"- {spot}: {gap.reason.value}{said}{' (accepted)' if gap.accepted else ''}\n"
        if one.gaps[_GAPS:]:
            yield f"- and {len(one.gaps) - _GAPS:,} more\n"
        yield "\n</details>\n\n"


def _why(row: Row) -> str:
    """The reasons in one cell."""
    parts = []
    for reason in row.reasons[:_REASONS]:
        old, new = spots(reason)
        text = f"*{reason.kind}*: {markdown(reason.text, 2 * LIMIT)}"
        if old or new:
            seen = [code(s, 2 * LIMIT, cell=True) for s in (old, new) if s]
            text += f" ({' → '.join(seen)})"
        parts.append(text)
    if row.reasons[_REASONS:]:
        parts.append(f"and {len(row.reasons) - _REASONS} more")
    if not parts and row.item.message:
        parts.append(markdown(row.item.message, 2 * LIMIT))
    return "<br>".join(parts) or "-"
