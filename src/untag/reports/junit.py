"""JUnit XML for build servers: a finding fails, a gap is an error, what is hidden or accepted is skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.finding import Status
from untag.reports._text import LIMIT, page
from untag.reports._view import commands, excerpt, glossary, glossed, where
from untag.reports._words import PRESENCE, lasting, rest, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.finding import Finding
    from untag.gap import Gap
    from untag.report import Report
    from untag.reports import View

__all__ = ["JunitForm"]


class JunitForm:
    """Two suites, ``findings`` and ``reading``; the view plays no part.

    A suite without anything to say holds one test case that passes, since build servers take an empty file for a broken
    one. No attribute depends on time or machine.
    """

    name = "junit"
    suffix = ".xml"
    display = False

    def write(self, report: Report, view: View) -> Iterator[str]:  # noqa: ARG002 - display options never change it
        """The XML, case by case."""
        findings = sorted(report.findings, key=lambda f: (f.place.sort, f.key))
        gaps = sorted(report.gaps, key=lambda g: (g.place.sort, g.reason, g.detail))
        shown, errors = len(report.shown), len(report.open_gaps)
        cases = max(1, len(findings)), max(1, len(gaps))
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield f'<testsuites name="untag" tests="{sum(cases)}" failures="{shown}" errors="{errors}" time="0">\n'
        yield (
            f'  <testsuite name="findings" tests="{cases[0]}" failures="{shown}" errors="0" '
            f'skipped="{len(findings) - shown}" time="0">\n'
        )
        yield f'    <properties>\n      <property name="verdict" value="{page(report.verdict)}"/>\n'
        for name, digest in report.digests.items():
            yield f'      <property name="{page(name)}" value="{page(digest)}"/>\n'
        for row in report.untrusted:
            spot = where(row.place) + (f": {row.text}" if row.text else "")
            yield f'      <property name="not obeyed: {row.what}" value="{page(spot, LIMIT)}"/>\n'
        yield "    </properties>\n"
        for finding in findings:
            yield _finding(finding, report)
        if not findings:
            yield '    <testcase classname="untag" name="none was found in what was read" time="0"/>\n'
        yield f"    <system-out>{page(verdict(report))} {page(PRESENCE)}</system-out>\n  </testsuite>\n"
        yield (
            f'  <testsuite name="reading" tests="{cases[1]}" failures="0" errors="{errors}" '
            f'skipped="{len(gaps) - errors}" time="0">\n'
        )
        for gap in gaps:
            yield _gap(gap)
        if not gaps:
            yield '    <testcase classname="untag" name="nothing was left unread" time="0"/>\n'
        yield "  </testsuite>\n</testsuites>\n"


def _case(home: str, name: str, inner: str, file: str = "", line: int | None = None) -> str:
    spot = (f' file="{file}"' if file else "") + (f' line="{line}"' if line is not None else "")
    return f'    <testcase classname="{home}" name="{name}"{spot} time="0">\n{inner}    </testcase>\n'


def _finding(finding: Finding, report: Report) -> str:
    place = finding.place
    words = glossary(finding.marks)
    grade = f"{finding.severity.word}, {finding.confidence.word}, {finding.purpose.value}"
    said = glossed(finding.message or finding.lead.why, words)
    message = page(f"{grade}: {said}", 2 * LIMIT)
    if finding.status is Status.SHOWN:
        rows = [f"place: {page(where(place))}", f"key: {finding.key}"]
        rows += [f"why: {page(glossed(c.why, words), 2 * LIMIT)} [{page(c.rule)}]" for c in finding.claims]
        rows += [f"{line.number:>6} | " + "".join(page(piece) for piece, _ in line.pieces) for line in excerpt(finding)]
        rows += [f"against: {page(item.kind)}: {page(item.text, LIMIT)}" for item in finding.against]
        rows += [f"history: {page(lasting(finding), 2 * LIMIT)}"] if finding.span is not None else []
        rows += [f"see it: {page(command)}" for command in commands(finding, report)[:1]]
        inner = f'      <failure type="{page(finding.purpose.value)}/{page(finding.rule)}" message="{message}">'
        inner += "\n".join(rows) + "</failure>\n"
    else:
        inner = f'      <skipped message="{page(finding.status.value)}: {page(rest(finding), LIMIT)} ({message})"/>\n'
    name = page(f"{finding.owner or place.chain[-1]} ({finding.rule}) {finding.key}", LIMIT)
    line = place.line if len(place.chain) == 1 else None
    return _case(page("!".join(place.chain)), name, inner, page(place.chain[0]), line)


def _gap(gap: Gap) -> str:
    text = page(f"{gap.reason.value}: {gap.detail or 'not read'}", 2 * LIMIT)
    if gap.accepted:
        inner = f'      <skipped message="accepted: {page(gap.why or "no reason recorded", LIMIT)} ({text})"/>\n'
    else:
        inner = f'      <error type="gap/{gap.reason.value}" message="{text}">{page(where(gap.place))}</error>\n'
    return _case(page("!".join(gap.place.chain)), f"read: {gap.reason.value}", inner, page(gap.place.chain[0]))
