"""What strip did or would do, for people."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from untag.reports._text import visible
from untag.reports._words import count
from untag.strip.hunk import unsaid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.strip.refer import Reference
    from untag.strip.remove import Outcome, Row
    from untag.strip.work import Change

__all__ = ["LIMITS", "plain", "unified", "unreached"]

#: What strip does not do, said in every record.
LIMITS = (
    "what is removed from a label list or a model's head is still carried by embeddings and weights that stay",
    "removing text does not undo what was done with it, and does not show that it was never used",
)
#: References told one by one on a page.
_REFERENCES = 200


def unreached(outcome: Outcome) -> Iterator[str]:
    """Copies of what was removed that strip cannot reach, as far as they are known."""
    root = outcome.spec
    if os.path.isdir(os.path.join(root, ".git")) or os.path.isfile(os.path.join(root, ".git")):  # noqa: PTH112, PTH113, PTH118
        yield "the history of the git repository: branches, tags, reflogs, stashes, and every clone and fork of it"
    for finding in outcome.before.findings:
        if finding.place.commit:
            yield "commits that --history read: only a rewriting of the history (git filter-repo) reaches them"
            break
    vendored = sorted({f.origin for f in outcome.before.findings if f.origin.startswith("vendored")})
    yield from (f"{row}: where it was taken from" for row in vendored)
    yield "releases, packages, images and caches that were made from the input before"


def plain(outcome: Outcome, references: Sequence[Reference], *, plan: bool) -> Iterator[str]:
    """The page."""
    for row in outcome.rows:
        yield _row(row, plan=plan)
    for change in outcome.changes:
        yield from _change(change, plan=plan)
    if references:
        yield f"\nStill referring to names that are gone ({len(references):,}):\n"
        for one in references[:_REFERENCES]:
            yield f"  {visible(str(one.place))}  {visible(one.name)}{' (in a text)' if one.kind == 'text' else ''}\n"
        if len(references) > _REFERENCES:
            yield f"  and {len(references) - _REFERENCES:,} more; the JSON form has them all\n"
    if plan:
        yield from ("\n" * (not n) + visible(line.rstrip("\n")) + "\n" for n, line in enumerate(unified(outcome)))
    left = outcome.copy.left if outcome.copy is not None else {}
    if left:
        yield "\nNot copied:\n"
        yield from (f"  {visible(path)}: {why}\n" for path, why in sorted(left.items()))
    if outcome.rows:
        yield "\nOut of reach:\n"
        yield from (f"  {visible(row)}\n" for row in unreached(outcome))
        yield f"Known limit: {LIMITS[0]}.\n"
    yield "\n" + _sum(outcome, plan=plan) + "\n"


def _sum(outcome: Outcome, *, plan: bool) -> str:
    if not outcome.rows:
        return "nothing was asked for: no finding is shown" + ("" if plan else "; the copy is as the input was")
    parts = []
    for word in ("removed", "masked", "kept"):
        number = sum(row.verdict == word for row in outcome.rows)
        if number:
            parts.append(f"{number:,} {'would be ' if plan else ''}{word}")
    return f"{count(len(outcome.rows), 'finding')}: {', '.join(parts)}"


def _row(row: Row, *, plan: bool) -> str:
    finding = row.finding
    verdict = f"{'would be ' if plan else ''}{row.verdict}"
    reason = f" ({visible(row.reason)})" if row.reason else ""
    late = ", seen when other things were gone" if row.later else ""
    head = f"{verdict}{reason}: {finding.severity.word} {finding.purpose} in {visible(finding.owner, 80)}"
    return f"{head}\n  {visible(str(finding.place))}  {finding.key}{late}\n"


def _change(change: Change, *, plan: bool) -> Iterator[str]:
    if not (change.edits or change.whole or change.plan.planned):
        return
    yield f"\n{visible('!'.join(change.chain))} ({change.rewriter})\n"
    for row in change.plan.planned:
        yield f"  planned, and not written: {visible(row)}\n"
    if not (change.edits or change.whole):
        return
    if change.whole:
        yield f"  the whole file goes: {visible(change.whole)}\n"
    if change.plan.name:
        yield f"  {'would become' if plan else 'became'} {visible(change.plan.name)}\n"
    last = ""
    for edit in sorted(change.edits, key=lambda e: not e.safe):
        sure = "" if edit.safe else f" UNSAFE: {visible(edit.why)}"
        what = unsaid(edit.what) if change.secret else edit.what
        line = f"  {'would go' if plan else 'gone'}: {visible(what)}{sure}\n"
        yield line if line != last else ""
        last = line
    for name in sorted(change.plan.beside):
        yield f"  {'would be written' if plan else 'written'} beside it: {visible(name)}\n"
    for note in change.plan.notes:
        yield f"  note: {visible(note)}\n"
    for said in change.said:
        yield f"  proven: {visible(said)}\n"


def unified(outcome: Outcome) -> Iterator[str]:
    """What goes, as a unified diff; of what may hold records of persons the header and counts alone."""
    for change in outcome.changes:
        yield from change.diff
