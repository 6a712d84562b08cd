"""Markdown for issues, pull requests and job summaries: a table of what stands where, then the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.finding import Status
from untag.gap import REASONS
from untag.reports._text import LIMIT, code, fence, markdown, visible
from untag.reports._view import (
    beside,
    by_purpose,
    by_reason,
    commands,
    excerpt,
    glossary,
    glossed,
    inner,
    picked,
    reasons,
    where,
)
from untag.reports._words import PRESENCE, count, coverage, lasting, rest, size, unheeded, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.finding import Evidence, Finding
    from untag.report import Report
    from untag.reports import View

__all__ = ["MarkdownForm"]

# Findings told in full; the others stand in the table. Code hosts cut long comments.
_FULL = 100
# Places listed of one reason for gaps.
_GAPS = 10


class MarkdownForm:
    """GitHub-flavoured Markdown. Found text stands in code spans or is escaped: it makes no link, mention or HTML."""

    name = "markdown"
    suffix = ".md"
    display = True

    def write(self, report: Report, view: View) -> Iterator[str]:
        """The report, block by block."""
        told = [f for f in report.findings if picked(f, view)]
        groups = by_purpose(told)
        yield f"# untag report\n\n**{markdown(verdict(report))}**\n\n{PRESENCE}\n\n"
        yield from _numbers(report)
        if groups:
            yield "## Findings\n\n| severity | confidence | purpose | what | where |\n|---|---|---|---|---|\n"
            for _, findings in groups:
                for finding in findings:
                    yield _row(finding)
            yield "\n"
        left = _FULL
        for purpose, findings in groups:
            yield f"### {purpose.value.capitalize()}\n\n{purpose.meaning[:1].upper()}{purpose.meaning[1:]}.\n\n"
            for finding in findings[:left]:
                yield from _finding(finding, report)
            if findings[left:]:
                yield f"And {count(len(findings) - left, 'finding')} more, in the table above.\n\n"
            left = max(0, left - len(findings))
        yield from _silent(report, told)
        yield from _gaps(report)
        yield from _unheeded(report)
        yield from _coverage(report)


def _numbers(report: Report) -> Iterator[str]:
    summary = report.summary
    yield "| shown | hidden | accepted | not read | read |\n|---:|---:|---:|---:|---:|\n"
    yield (
        f"| {summary['shown']} | {summary['hidden']} | {summary['accepted']} | {count(len(report.gaps), 'gap')} "
        f"| {count(report.coverage.artifacts, 'file')}, {size(report.coverage.bytes)} |\n\n"
    )


def _row(finding: Finding) -> str:
    state = "" if finding.status is Status.SHOWN else f" ({finding.status.value})"
    owner = code(finding.owner or "(the file itself)", 80, cell=True)
    spot = code(where(finding.place), LIMIT, cell=True)
    grade = f"{finding.severity.word}{state} | {finding.confidence.word} | {finding.purpose.value}"
    return f"| {grade} | {owner} | {spot} |\n"


def _finding(finding: Finding, report: Report) -> Iterator[str]:
    words = glossary(finding.marks)
    yield f"#### {finding.severity.word.capitalize()}: {code(finding.owner or '(the file itself)', 80)}\n\n"
    yield f"{code(where(finding.place))}, confidence {finding.confidence.word}, key `{finding.key}`"
    if finding.status is not Status.SHOWN:
        yield f", {finding.status.value}: {markdown(rest(finding), LIMIT)}"
    yield "\n\n"
    if finding.message:
        yield f"What: {markdown(glossed(finding.message, words), 2 * LIMIT)}\n\n"
    lines = list(excerpt(finding))
    if lines:
        gutter = len(str(lines[-1].number))
        text = "\n".join(
            f"{line.number:>{gutter}} │ {visible(''.join(piece for piece, _ in line.pieces))}".rstrip()
            for line in lines
        )
        ticks = fence(text)
        yield f"{ticks}text\n{text}\n{ticks}\n\n"
    for claim in reasons(finding):
        yield f"- Why ({markdown(claim.rule)}): {markdown(glossed(claim.why, words), 2 * LIMIT)}\n"
    for item in beside(finding.claims)[:8]:
        yield f"- Beside: {_evidence(item, finding, words)}\n"
    for item in dict.fromkeys((*finding.against, *finding.lead.against)):
        yield f"- Against: {_evidence(item, finding, words)}\n"
    if words:
        yield "- Words: " + ", ".join(f"{code(w, 60)} ({markdown(g, 80)})" for w, g in list(words.items())[:12]) + "\n"
    if finding.origin.startswith("vendored"):
        yield f"- Origin: {markdown(finding.origin, LIMIT)}\n"
    if finding.span is not None:
        yield f"- History: {markdown(lasting(finding), 2 * LIMIT)}\n"
    for command in commands(finding, report)[:1]:
        yield f"- See it: {code(command)}\n"
    yield "\n"


def _evidence(item: Evidence, finding: Finding, words: dict[str, str]) -> str:
    spot = f" ({code(where(item.place, finding.place))})" if item.place else ""
    return f"{markdown(item.kind)}: {code(glossed(item.text, words), LIMIT)}{spot}"


def _silent(report: Report, told: list[Finding]) -> Iterator[str]:
    kept = {id(f) for f in told}
    silent = [f for f in report.findings if f.status is not Status.SHOWN and id(f) not in kept]
    below = sum(id(f) not in kept for f in report.shown)
    if below:
        yield f"{count(below, 'finding')} more, below the severity or confidence asked for.\n\n"
    if silent or report.coverage.mentions:
        yield "## Not shown\n\n"
    if silent:
        yield "| status | severity | what | where | reason |\n|---|---|---|---|---|\n"
        for finding in silent[:_FULL]:
            owner = code(finding.owner or "(the file itself)", 80, cell=True)
            spot = code(where(finding.place), LIMIT, cell=True)
            reason = markdown(rest(finding), LIMIT)
            yield f"| {finding.status.value} | {finding.severity.word} | {owner} | {spot} | {reason} |\n"
        yield "\n"
        if silent[_FULL:]:
            yield f"And {len(silent) - _FULL:,} more.\n\n"
    if report.coverage.mentions:
        yield f"{count(report.coverage.mentions, 'mention')} without any product beside it, counted only.\n\n"


def _gaps(report: Report) -> Iterator[str]:
    yield "## Not read\n\n"
    if not report.gaps:
        yield "Nothing was left unread.\n\n"
    for reason, gaps in by_reason(report.gaps):
        yield f"**{reason.value}** ({len(gaps):,}): {REASONS[reason]}.\n\n"
        for gap in gaps[:_GAPS]:
            text = f"- {code('!'.join(gap.place.chain) + inner(gap.place))}"
            text += f" ({size(gap.size)})" if gap.size else ""
            text += f": {markdown(gap.detail, LIMIT)}" if gap.detail else ""
            text += f" *accepted: {markdown(gap.why or 'no reason recorded', LIMIT)}*" if gap.accepted else ""
            yield text + "\n"
        if gaps[_GAPS:]:
            yield f"- and {len(gaps) - _GAPS:,} more\n"
        yield "\n"


def _unheeded(report: Report) -> Iterator[str]:
    if not report.untrusted:
        return
    yield f"## Not obeyed\n\n{unheeded(report)}.\n\n"
    for row in report.untrusted[:_GAPS]:
        text = f"- {row.what}: {code('!'.join(row.place.chain) + inner(row.place))}"
        yield text + (f" {code(row.text, LIMIT)}" if row.text else "") + "\n"
    if report.untrusted[_GAPS:]:
        yield f"- and {len(report.untrusted) - _GAPS:,} more\n"
    yield "\n"


def _coverage(report: Report) -> Iterator[str]:
    yield "## Read\n\n| what | bytes | remark |\n|---|---:|---|\n"
    for name, number, remark in coverage(report):
        yield f"| {markdown(name)} | {number} | {markdown(remark)} |\n"
    if report.coverage.encodings:
        text = ", ".join(f"{name} {number:,}" for name, number in sorted(report.coverage.encodings.items()))
        yield f"\nEncodings: {markdown(text)}.\n"
    yield "\n"
    for item in report.inputs:
        yield f"- input {code(item.spec)} {code(item.digest)}\n"
    for name, digest in report.digests.items():
        yield f"- {markdown(name)} {code(digest)}\n"
    yield f"\nWritten by untag {markdown(report.version)}.\n"
