"""Plain text for a terminal or a mail: readable in 80 columns, gravest purpose first, gaps and coverage included."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from untag.finding import Severity, Status
from untag.gap import REASONS
from untag.reports._text import LIMIT, pad, visible, width, wrap
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
    from collections.abc import Iterable, Iterator

    from untag.finding import Evidence, Finding
    from untag.gap import Gap
    from untag.place import Place
    from untag.report import Report
    from untag.reports import View

__all__ = ["PlainForm"]

# Findings of one purpose in one file that are told in full; the others follow as one line each.
_FULL = 4
# Places listed of one reason for gaps.
_GAPS = 10
_MARGIN = "  "
_LABEL = 9

_COLOURS = {
    Severity.CRITICAL: "1;35",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "1;33",
    Severity.LOW: "1;36",
    Severity.NOTE: "2",
}


class PlainForm:
    """Text for people.

    With ``view.colour`` the only escape sequences in it are the form's own; text from an input has none left. Lines
    keep to ``view.width`` except commands and digests, which one copies whole.
    """

    name = "plain"
    suffix = ".txt"
    display = True

    def write(self, report: Report, view: View) -> Iterator[str]:
        """The report, line by line, each with its newline."""
        for line in _Page(report, view).lines():
            yield line + "\n"


class _Page:
    def __init__(self, report: Report, view: View) -> None:
        self.report = report
        self.view = view
        self.columns = max(40, min(view.width, 120))
        self.several = len(report.inputs) > 1

    def lines(self) -> Iterator[str]:
        report = self.report
        told = [f for f in report.findings if picked(f, self.view)]
        for purpose, findings in by_purpose(told):
            yield from self.wrapped(f"{purpose.value.upper()}: {purpose.meaning}", style="1", rest=_MARGIN)
            yield ""
            yield from self.files(findings)
        yield from self.left_out(told)
        yield from self.gaps()
        yield from self.unheeded()
        yield from self.coverage()
        yield from self.close()

    # -- findings

    def files(self, findings: list[Finding]) -> Iterator[str]:
        gravest: dict[tuple[int, tuple[str, ...], str], int] = {}
        for number, finding in enumerate(findings):  # a file stands where its gravest finding does
            gravest.setdefault(_home(finding.place), number)
        for _, group in groupby(sorted(findings, key=lambda f: gravest[_home(f.place)]), key=lambda f: _home(f.place)):
            rows = list(group)
            head = self.path(rows[0].place)
            if len(rows) > 1:
                head += f"  ({count(len(rows), 'finding')})"
            yield from self.wrapped(head, style="1;4" if self.view.colour else "", rest=_MARGIN)
            full = len(rows) if len(rows) == _FULL + 1 else _FULL  # one more costs no more than saying so
            for finding in rows[:full]:
                yield from self.finding(finding)
            if rows[full:]:
                yield from self.more(rows[full:])

    def more(self, rows: list[Finding]) -> Iterator[str]:
        yield f"{_MARGIN}and {len(rows):,} more in this file:"
        for finding in rows:
            words = glossary(finding.marks)
            text = f"{inner(finding.place) or '(whole)'} {glossed(finding.owner, words)}, {finding.rule}"
            text = f"{visible(text, LIMIT)}: {self.grade(finding)}"
            yield from self.wrapped(text, first=_MARGIN * 2, rest=_MARGIN * 3)
        yield ""

    def finding(self, finding: Finding) -> Iterator[str]:
        words = glossary(finding.marks)
        owner = visible(glossed(finding.owner, words), LIMIT) or "(the file itself)"
        grade = self.grade(finding)
        # Severity first, then what it is about and where: what a reader scans a long list for.
        spot = visible(where(finding.place, finding.place), LIMIT) if inner(finding.place) else ""
        head = f"{_MARGIN}{grade}  {owner}  {spot}".rstrip()
        fits = width(head) <= self.columns
        lines = [head] if fits else list(wrap(f"{grade}: {owner} {spot}", self.columns, _MARGIN, _MARGIN * 3))
        for number, line in enumerate(lines):
            yield self.paint(line, _COLOURS[finding.severity]) if number == 0 else line
        if finding.status is not Status.SHOWN:
            yield from self.field(finding.status.value, visible(rest(finding), LIMIT))
        if finding.message:
            yield from self.field("", visible(glossed(finding.message, words), 2 * LIMIT))
        lead = finding.lead
        for claim in reasons(finding):
            if claim.why in finding.message or (claim.rule == "use" and claim is not lead):
                continue  # said already; that it is a tag elsewhere too is in the other forms
            why = visible(glossed(claim.why, words), 2 * LIMIT)
            yield from self.field("also" if claim is not lead else "why", f"{why} [{visible(claim.rule)}]")
        yield from self.beside(finding, words)
        yield from self.excerpt(finding)
        if words:
            yield from self.field("words", _meaning(words))
        against = dict.fromkeys((*finding.against, *lead.against))
        yield from self.evidence("against", against, finding, words)
        yield from self.others(finding)
        if finding.origin.startswith("vendored"):
            yield from self.field("origin", visible(finding.origin, LIMIT))
        if finding.span is not None:
            yield from self.field("history", visible(lasting(finding), 2 * LIMIT))
        for command in commands(finding, self.report)[:1]:
            yield _MARGIN * 2 + self.paint(pad("see it", _LABEL), "2") + "$ " + visible(command)
        yield _MARGIN * 2 + self.paint(pad("key", _LABEL) + finding.key, "2")
        yield ""

    def beside(self, finding: Finding, words: dict[str, str]) -> Iterator[str]:
        """What stands beside it: short names in a row, a sentence each on its own."""
        items = beside((finding.lead,))
        near = [item for item in items if item.kind == "sibling"]
        if near:
            names = [visible(glossed(item.text, words), 40) for item in near[:6]]
            names += [f"and {len(near) - 6} more"] if near[6:] else []
            yield from self.field("beside", ", ".join(names))
        far = [item for item in items if item.kind != "sibling"]
        for item in far[:3]:
            spot = f" ({where(item.place, finding.place)})" if item.place else ""
            yield from self.field("near", visible(glossed(item.text, words), 100) + visible(spot, LIMIT))
        if far[3:]:
            yield from self.field("near", f"and {len(far) - 3} more")

    def evidence(self, label: str, items: Iterable[Evidence], finding: Finding, words: dict[str, str]) -> Iterator[str]:
        told = [
            f"{item.kind}: {glossed(item.text, words)}"
            + (f" ({where(item.place, finding.place)})" if item.place else "")
            for item in items
        ]
        for text in told[:5]:
            yield from self.field(label, visible(text, LIMIT + 60))
        if told[5:]:
            yield from self.field(label, f"and {len(told) - 5} more")

    def excerpt(self, finding: Finding) -> Iterator[str]:
        if finding.excerpt is None:
            return
        gutter = len(str(finding.excerpt[0] + finding.excerpt[1].count("\n")))
        lines = list(excerpt(finding, self.columns - gutter - 2 * len(_MARGIN) - 3))
        # At most nine lines, those with marks first; a report is read, the file is where the rest stands.
        keep = sorted(sorted(range(len(lines)), key=lambda i: (not lines[i].marked, i))[:9])
        for before, index in zip([keep[0] - 1, *keep], keep, strict=False):
            line = lines[index]
            if index != before + 1:
                yield f"{_MARGIN * 2}{' ' * gutter} ⋮"
            prefix = f"{_MARGIN * 2}{line.number:>{gutter}} │ "
            room = self.columns - width(prefix)
            text, under, used = "", "", 0
            for piece, span in line.pieces:
                shown = visible(piece)
                part = _fit(shown, room - used - (0 if shown == "…" else 1))
                text += self.paint(part, "1;31" if not span.near else "1") if span else part
                under += ("^" if span and not span.near else "~" if span else " ") * width(part)
                used += width(part)
                if part != shown:
                    text += "…"
                    break
            yield (prefix + text).rstrip()
            if line.marked and under.strip():
                yield f"{_MARGIN * 2}{' ' * gutter} │ {under}".rstrip()

    def others(self, finding: Finding) -> Iterator[str]:
        seen = {line.number for line in excerpt(finding)}
        home = _home(finding.place)
        spots = dict.fromkeys(
            where(m.place, finding.place) for m in finding.marks if _home(m.place) != home or m.place.line not in seen
        )
        if finding.excerpt is None:
            spots.pop(where(finding.place, finding.place), None)
        if not spots:
            return
        names = list(spots)
        text = ", ".join(names[:6]) + (f" and {len(names) - 6:,} more places" if names[6:] else "")
        yield from self.field("places", f"{count(len(finding.marks), 'mark')} in all, also at {visible(text)}")

    def left_out(self, told: list[Finding]) -> Iterator[str]:
        report = self.report
        kept = {id(f) for f in told}
        unseen = [f for f in report.shown if id(f) not in kept]
        if unseen:
            yield from self.wrapped(
                f"{count(len(unseen), 'finding')} more, below what was asked for "
                f"(severity {self.view.severity.word}, confidence {self.view.confidence.word}).",
                rest=_MARGIN,
            )
            yield ""
        silent = [f for f in report.findings if f.status is not Status.SHOWN]
        mentions = report.coverage.mentions
        if not silent and not mentions:
            return
        yield self.paint("NOT SHOWN", "1")
        for status in (Status.HIDDEN, Status.ACCEPTED):
            tally: dict[str, int] = {}
            for finding in silent:
                if finding.status is status:
                    reason = rest(finding)
                    tally[reason] = tally.get(reason, 0) + 1
            for reason, number in sorted(tally.items(), key=lambda item: (-item[1], item[0]))[:8]:
                yield from self.wrapped(
                    f"{number:,} {status.value}: {visible(reason, LIMIT)}", first=_MARGIN, rest=_MARGIN * 3
                )
            if len(tally) > 8:
                yield f"{_MARGIN}and {len(tally) - 8} more reasons for {status.value} ones"
        if mentions:
            yield from self.wrapped(
                f"{count(mentions, 'mention')} without any product beside it (news, mail, a page about a people), "
                "counted only",
                first=_MARGIN,
                rest=_MARGIN * 3,
            )
        yield ""

    # -- what was and was not read

    def gaps(self) -> Iterator[str]:
        report = self.report
        if not report.gaps:
            yield self.paint("NOT READ", "1")
            yield f"{_MARGIN}nothing was left unread"
            yield ""
            return
        accepted = len(report.gaps) - len(report.open_gaps)
        yield self.paint(
            f"NOT READ: {count(len(report.gaps), 'gap')}" + (f", {accepted:,} accepted" if accepted else ""), "1"
        )
        for reason, gaps in by_reason(report.gaps):
            yield from self.wrapped(f"{len(gaps):,} {reason.value}: {REASONS[reason]}", first=_MARGIN, rest=_MARGIN * 3)
            for gap in gaps[:_GAPS]:
                yield from self.wrapped(self.gap(gap), first=_MARGIN * 2, rest=_MARGIN * 3)
            if gaps[_GAPS:]:
                yield f"{_MARGIN * 2}and {len(gaps) - _GAPS:,} more"
        yield ""

    def gap(self, gap: Gap) -> str:
        text = self.path(gap.place) + visible(inner(gap.place), LIMIT)
        if gap.size:
            text += f" ({size(gap.size)})"
        if gap.detail:
            text += f": {visible(gap.detail, LIMIT)}"
        return text + (f" [accepted: {visible(gap.why or 'no reason recorded', LIMIT)}]" if gap.accepted else "")

    def unheeded(self) -> Iterator[str]:
        """What the inputs ask of untag."""
        rows = self.report.untrusted
        if not rows:
            return
        yield from self.wrapped(f"NOT OBEYED: {unheeded(self.report)}", style="1", rest=_MARGIN)
        for row in rows[:_GAPS]:
            text = f"{row.what}: {self.path(row.place)}{visible(inner(row.place), LIMIT)}"
            text += f": {visible(row.text, LIMIT)}" if row.text else ""
            yield from self.wrapped(text, first=_MARGIN, rest=_MARGIN * 3)
        if rows[_GAPS:]:
            yield f"{_MARGIN}and {len(rows) - _GAPS:,} more"
        yield ""

    def coverage(self) -> Iterator[str]:
        cover = self.report.coverage
        yield self.paint(f"READ: {count(cover.artifacts, 'file')}, {size(cover.bytes)}", "1")
        rows = coverage(self.report)
        left = min(max((width(name) for name, _, _ in rows), default=0), 36)
        right = max((len(number) for _, number, _ in rows), default=0)
        for name, number, remark in rows:
            first = f"{_MARGIN}{pad(visible(name), left)}  {number:>{right}}  "
            yield from wrap(visible(remark), self.columns, first)
        if cover.encodings:
            text = ", ".join(f"{visible(name)} {number:,}" for name, number in sorted(cover.encodings.items()))
            yield from self.wrapped(f"encodings: {text}", first=_MARGIN, rest=_MARGIN * 3)
        yield ""

    def close(self) -> Iterator[str]:
        report = self.report
        yield from self.wrapped(PRESENCE)
        yield ""
        for number, item in enumerate(report.inputs):
            yield f"{pad('input' + (f' {number}' if self.several else ''), _LABEL)}{visible(item.spec, LIMIT)}"
            yield f"{' ' * _LABEL}{visible(item.digest)}"
        for name, digest in report.digests.items():
            yield f"{pad(visible(name), _LABEL)}{visible(digest)}"
        yield ""
        style = {"findings": "1;31", "clean": "1;32"}.get(report.verdict, "1;33")
        yield from self.wrapped(f"untag {visible(report.version)}: {verdict(report)}", style=style)

    # -- pieces

    def path(self, place: Place) -> str:
        chain = visible("!".join(place.chain)) + (f" in commit {visible(place.commit[:12])}" if place.commit else "")
        return f"[{place.input}] {chain}" if self.several else chain

    def grade(self, finding: Finding) -> str:
        return f"{finding.severity.word}, {finding.confidence.word}"

    def field(self, label: str, text: str) -> Iterator[str]:
        """A labelled paragraph; the label is painted after the breaking, which must not count its escapes."""
        margin = _MARGIN * 2
        for number, line in enumerate(wrap(text, self.columns, margin + pad(label, _LABEL))):
            if number == 0 and label:
                line = margin + self.paint(pad(label, _LABEL), "2") + line[len(margin) + max(_LABEL, len(label)) :]
            yield line

    def wrapped(self, text: str, *, first: str = "", rest: str = "", style: str = "") -> Iterator[str]:
        for line in wrap(text, self.columns, first, rest):
            yield self.paint(line, style)

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.view.colour and style and text.strip() else text


def _home(place: Place) -> tuple[int, tuple[str, ...], str]:
    return place.input, place.chain, place.commit or ""


def _meaning(words: dict[str, str]) -> str:
    """``EM_NATION, 民族: ethnic group; 维族: Uyghur``."""
    by_gloss: dict[str, list[str]] = {}
    for word, gloss in words.items():
        by_gloss.setdefault(gloss, []).append(visible(word, 60))
    rows = [f"{', '.join(group[:4])}: {visible(gloss, 80)}" for gloss, group in list(by_gloss.items())[:12]]
    return "; ".join(rows) + (f"; and {len(by_gloss) - 12} more" if len(by_gloss) > 12 else "")


def _fit(text: str, columns: int) -> str:
    """As much of the text as fits."""
    if width(text) <= columns:
        return text
    used = 0
    for index, char in enumerate(text):
        used += width(char)
        if used > columns:
            return text[:index]
    return text
