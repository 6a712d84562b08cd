"""One self-contained HTML file: searchable, filterable, printable as a dossier, and readable without JavaScript."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from untag.finding import Confidence, Severity, Status
from untag.gap import REASONS
from untag.reports._text import LIMIT, page, visible
from untag.reports._view import (
    ORDER,
    beside,
    by_purpose,
    by_reason,
    commands,
    excerpt,
    glossary,
    glossed,
    gravest,
    inner,
    picked,
    quoted,
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
    from untag.reports._view import Line, Span

__all__ = ["HtmlForm"]

# Names of folders are joined below this depth of the map; browsers limit how deep elements nest.
_DEPTH = 12
# Rows of the map up to which all folders stand open.
_OPEN = 60
# Width of the longest bar in the map and of the account of bytes, in user units of their drawings.
_BAR, _ACCOUNT = 160, 600

_KEYS = (
    ("/", "search"),
    ("j", "next finding"),
    ("k", "previous finding"),
    ("Enter", "open or close"),
    ("Esc", "clear"),
)


class HtmlForm:
    """A page that asks nothing of the network, and that its own policy forbids to.

    Everything is in the markup; the script only filters, moves and copies. What the view leaves out stays in the page,
    folded away at the end of the findings, so that display options hide nothing from a reader of a dossier.
    """

    name = "html"
    suffix = ".html"
    display = True

    def write(self, report: Report, view: View) -> Iterator[str]:
        """The page, piece by piece."""
        page_ = _Page(report, view)
        yield from _head(report)
        yield from page_.top()
        yield '<main id="main">\n'
        yield from page_.summary()
        yield from page_.map()
        yield from page_.findings()
        yield from page_.gaps()
        yield from page_.unheeded()
        yield from page_.coverage()
        yield from page_.about()
        yield "</main>\n</body>\n</html>\n"


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("_html", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _head(report: Report) -> Iterator[str]:
    style, script = "\n" + _asset("style.css"), "\n" + _asset("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    title = ", ".join(item.spec for item in report.inputs) or "nothing"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="untag {page(report.version)}">\n'
        f'<link rel="icon" href="data:,">\n<title>untag: {page(title, LIMIT)}</title>\n'
        f"<style>{style}</style>\n<script>{script}</script>\n</head>\n"
    )


def _span(text: str, css: str) -> str:
    return f'<span class="{css}">{text}</span>'


class _Page:
    def __init__(self, report: Report, view: View) -> None:
        self.report = report
        self.view = view
        self.several = len(report.inputs) > 1
        order = sorted(report.findings, key=lambda f: (-f.severity, -f.confidence, f.place.sort, f.key))
        self.told = [f for f in order if picked(f, view)]
        self.folded = [f for f in order if not picked(f, view)]
        self.ids: dict[int, str] = {}
        seen: Counter[str] = Counter()
        for finding in order:
            digits = finding.key.removeprefix("k1:")
            seen[digits] += 1
            self.ids[id(finding)] = f"f-{page(digits)}" + (f"-{seen[digits]}" if seen[digits] > 1 else "")

    # -- top

    def top(self) -> Iterator[str]:
        report = self.report
        specs = "".join(f"<bdi>{page(item.spec, LIMIT)}</bdi> " for item in report.inputs)
        yield f'<body>\n<a class="skip" href="#findings">Skip to the findings</a>\n<header class="top {self.tone()}">\n'
        yield '<div class="bar"><span class="brand">untag report</span>\n<nav aria-label="Sections">'
        yield f'<a href="#findings">Findings <b>{len(report.shown):,}</b></a>'
        yield f'<a href="#gaps">Not read <b>{len(report.open_gaps):,}</b></a>'
        yield f'<a href="#coverage">Read <b>{report.coverage.artifacts:,}</b></a><a href="#about">About</a></nav>\n'
        yield '<span class="tools"><button type="button" id="theme" class="js">Theme: system</button>'
        yield '<button type="button" id="print" class="js">Print</button></span></div>\n'
        yield f'<h1>{specs}</h1>\n<p class="verdict"><strong>{page(verdict(report))}</strong></p>\n'
        yield f'<p class="presence">{page(PRESENCE)}</p>\n</header>\n'

    def tone(self) -> str:
        if self.report.verdict == "findings":
            return "t-" + gravest(self.report.shown).word
        return "t-clean" if self.report.verdict == "clean" else "t-open"

    def summary(self) -> Iterator[str]:
        report, cover = self.report, self.report.coverage
        levels = Counter(f.severity for f in report.shown)
        summary = report.summary
        yield '<section class="cards" aria-label="Summary">\n'
        yield '<div class="card"><h2><a href="#findings">Findings</a></h2>'
        yield f'<p class="big">{len(report.shown):,}</p>\n<ul class="levels">'
        for level in reversed(Severity):
            if levels[level]:
                yield f"<li>{_span(level.word, 'sev ' + level.word)} <b>{levels[level]:,}</b></li>"
        yield f'</ul><p class="soft">{summary["hidden"]} hidden, {summary["accepted"]} accepted'
        yield f", {count(cover.mentions, 'mention')} without a product" if cover.mentions else ""
        yield "</p></div>\n"
        still = len(report.open_gaps)
        yield f'<div class="card"><h2><a href="#gaps">Not read</a></h2><p class="big">{still:,}</p>\n'
        yield '<ul class="levels">'
        for reason, gaps in by_reason(report.open_gaps):
            yield f"<li>{reason.value} <b>{len(gaps):,}</b></li>"
        accepted = len(report.gaps) - still
        unread = f"{size(cover.gap)} in gaps" if cover.gap else "no open gap" if not still else "size not known"
        yield f'</ul><p class="soft">{unread}, {accepted:,} accepted</p></div>\n'
        yield '<div class="card"><h2><a href="#coverage">Read</a></h2>'
        yield f'<p class="big">{cover.artifacts:,} <small>{"file" if cover.artifacts == 1 else "files"}</small></p>\n'
        yield from self.account()
        yield f'<p class="soft">{size(cover.bytes)} in all'
        yield f", {size(cover.expanded_bytes)} more unpacked" if cover.expanded_bytes else ""
        yield "</p></div>\n</section>\n"

    def account(self) -> Iterator[str]:
        """What became of every byte, as one bar with its legend."""
        cover = self.report.coverage
        parts = [
            ("read", sum(row["bytes"] for row in cover.read.values())),
            ("opaque", sum(cover.by_design.values())),
            ("ignored", cover.ignored),
            ("gap", cover.gap),
        ]
        total = sum(number for _, number in parts)
        if not total:
            return
        told = ", ".join(f"{name} {size(number)}" for name, number in parts if number)
        yield f'<svg class="account" viewBox="0 0 {_ACCOUNT} 12" preserveAspectRatio="none" role="img" '
        yield f'aria-label="{told}">'
        at = 0.0
        for name, number in parts:
            wide = _ACCOUNT * number / total
            if number:
                yield f'<rect class="a-{name}" x="{at:.1f}" y="0" width="{max(wide, 1):.1f}" height="12"/>'
            at += wide
        yield '</svg>\n<ul class="legend">'
        for name, number in parts:
            if number:
                label = {"read": "read", "opaque": "opaque by design", "ignored": "ignored", "gap": "in gaps"}[name]
                yield f'<li class="k-{name}">{label} <b>{size(number)}</b></li>'
        yield "</ul>\n"

    # -- map

    def map(self) -> Iterator[str]:
        if not self.report.findings:
            return
        root = _tree(self.report, self.ids)
        yield '<section id="map" aria-labelledby="map-h">\n<h2 id="map-h">Where in the input</h2>\n'
        yield '<p class="soft">Folders and files that hold findings'
        yield '<span class="js">; choose one to see only its findings</span>.</p>\n<div class="map">\n<ul>\n'
        most = max((n.shown for n in root.nodes() if n.path.count("/") > 1), default=root.shown) or 1
        opened = sum(1 for _ in root.nodes()) <= _OPEN
        # An explicit stack: a path of an input may be as deep as its author likes.
        stack: list[_Node | str] = list(reversed(root.sorted()))
        while stack:
            node = stack.pop()
            if isinstance(node, str):
                yield node
            elif node.children:
                show = " open" if opened or node.depth < 2 else ""
                yield f"<li><details{show}><summary>{_node(node, most)}</summary>\n<ul>\n"
                stack.append("</ul></details></li>\n")
                stack.extend(reversed(node.sorted()))
            else:
                yield f'<li><div class="leaf">{_node(node, most)}</div></li>\n'
        yield "</ul>\n</div>\n</section>\n"

    # -- findings

    def findings(self) -> Iterator[str]:
        report = self.report
        yield '<section id="findings" aria-labelledby="findings-h">\n<h2 id="findings-h">Findings</h2>\n'
        if not report.findings:
            yield f'<p class="none">{page(verdict(report))}</p>\n</section>\n'
            return
        yield '<div class="layout">\n'
        yield from self.filters()
        yield '<div class="list">\n'
        yield '<p id="status" class="js" role="status" aria-live="polite"></p>\n'
        yield '<p id="none" class="none" hidden>No finding fits these filters.</p>\n'
        if not self.told:
            yield '<p class="none static">No finding is shown.</p>\n'
        for purpose, findings in by_purpose(self.told):
            name = purpose.value
            yield f'<section class="group" aria-labelledby="g-{name}">\n<h3 id="g-{name}">{name.capitalize()} '
            yield f'<span class="n">{len(findings):,}</span></h3>\n'
            yield f'<p class="soft">{page(_sentence(purpose.meaning))}</p>\n'
            for finding in findings:
                yield from self.finding(finding)
            yield "</section>\n"
        if self.folded:
            yield '<details id="rest" class="group"><summary><h3>Hidden, accepted and below what was asked for '
            yield f'<span class="n">{len(self.folded):,}</span></h3></summary>\n'
            for finding in self.folded:
                yield from self.finding(finding)
            yield "</details>\n"
        yield "</div>\n</div>\n</section>\n"

    def filters(self) -> Iterator[str]:
        findings = self.report.findings
        view = self.view
        narrow = view.severity > Severity.LOW
        sure = view.confidence > Confidence.FIRM
        words = sorted({_language(h.language) for f in findings for m in f.marks for h in m.hits})
        facets = (
            ("severity", [(s.word, narrow and s >= view.severity) for s in reversed(Severity)]),
            ("purpose", [(p.value, False) for p in ORDER]),
            ("confidence", [(c.word, sure and c >= view.confidence) for c in reversed(Confidence)]),
            ("status", [(s.value, not view.full and self.told != [] and self.asked(s)) for s in Status]),
            ("language", [(word, False) for word in words]),
        )
        tally = Counter(pair for f in findings for pair in _facts(f))
        yield '<form id="filters" class="js" role="search" aria-label="Filter the findings">\n'
        yield '<label class="find"><span>Search <kbd>/</kbd></span><input type="search" id="q" autocomplete="off" '
        yield 'spellcheck="false" placeholder="word, path, key…"></label>\n'
        yield '<p id="path" hidden>In <bdi></bdi> <button type="button">Everywhere</button></p>\n'
        yield '<details id="facets" open><summary>Filters</summary>\n'
        for facet, values in facets:
            present = [(value, on) for value, on in values if tally[facet, value]]
            if len(present) < 2:
                continue
            yield f'<fieldset data-facet="{facet}"><legend>{facet.capitalize()}</legend>'
            for value, on in present:
                yield f'<label><input type="checkbox" name="{facet}" value="{page(value)}"{" checked" if on else ""}>'
                css = f' class="sev {value}"' if facet == "severity" else ""
                yield f'<span{css}>{page(value)}</span> <span class="n">{tally[facet, value]:,}</span></label>'
            yield "</fieldset>\n"
        yield '</details>\n<p><button type="reset">Show everything</button></p>\n<dl class="keys">'
        yield "".join(f"<div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>" for key, what in _KEYS)
        yield "</dl>\n</form>\n"

    def asked(self, status: Status) -> bool:
        """Whether findings of a status stand among those the view prints."""
        return any(f.status is status for f in self.told)

    def finding(self, finding: Finding) -> Iterator[str]:
        words = glossary(finding.marks)
        place = finding.place
        facts: dict[str, list[str]] = {}
        for facet, value in _facts(finding):
            facts.setdefault(facet, []).append(value)
        data = " ".join(f'data-{facet}="{page(" ".join(values))}"' for facet, values in facts.items())
        name = self.ids[id(finding)]
        level = finding.severity.word
        yield f'<article class="finding {level}" id="{name}" tabindex="-1" aria-labelledby="h-{name}" {data} '
        yield f'data-path="{page("/".join(_steps(place)))}">\n'
        owner = f"<bdi>{page(glossed(finding.owner, words), LIMIT)}</bdi>" if finding.owner else "The file itself"
        yield f"<header>{_span(level, 'sev ' + level)} {_span(finding.confidence.word, 'conf')} "
        yield f'<h4 id="h-{name}">{owner}</h4>'
        yield f'<a class="key" href="#{name}" title="Link to this finding">{page(finding.key)}</a></header>\n'
        yield f'<p class="place">{self.place(place)}</p>\n'
        if finding.status is not Status.SHOWN:
            yield f'<p class="state"><b>{finding.status.value.capitalize()}:</b> {page(rest(finding), LIMIT)}</p>\n'
        message = finding.message or finding.lead.why
        yield f'<p class="message">{page(_sentence(glossed(message, words)), 3 * LIMIT)}</p>\n'
        lines = list(excerpt(finding))
        if lines:
            yield '<pre class="code" dir="ltr" tabindex="0" aria-label="Excerpt"><code>'
            yield "".join(_line(line) for line in lines)
            yield "</code></pre>\n"
        if words:
            yield '<p class="words">' + "".join(
                f"<span><bdi>{page(word, 60)}</bdi> <i>{page(gloss, 80)}</i></span> "
                for word, gloss in list(words.items())[:12]
            )
            yield f"and {len(words) - 12} more" if len(words) > 12 else ""
            yield "</p>\n"
        if finding.span is not None:
            yield f'<p class="state"><b>History:</b> {page(_sentence(lasting(finding)), 2 * LIMIT)}</p>\n'
        yield from self.evidence(finding, words)
        if shown := commands(finding, self.report):
            yield '<details class="check"><summary>See it without untag</summary>\n'
            for command in shown:
                yield f'<div class="cmd"><code dir="ltr">{page(command)}</code></div>\n'
            yield "</details>\n"
        yield "</article>\n"

    def evidence(self, finding: Finding, words: dict[str, str]) -> Iterator[str]:
        claims, items = reasons(finding), beside(finding.claims)
        against = list(dict.fromkeys((*finding.against, *(item for claim in claims for item in claim.against))))
        yield '<details class="evidence"><summary>Evidence '
        support = len(items) + len(finding.marks)
        yield f'<span class="n">{support:,} for</span> <span class="n{" contra" if against else ""}">'
        yield f"{len(against):,} against</span></summary>\n"
        yield '<h5>What the rules say</h5>\n<ul class="claims">'
        for claim in claims:
            yield f"<li>{page(_sentence(glossed(claim.why, words)), 3 * LIMIT)} "
            grade = f"{claim.rule}: {claim.purpose.value}, {claim.severity.word}, {claim.confidence.word}"
            yield f"{_span(page(grade), 'soft')}</li>\n"
        yield "</ul>\n"
        if items:
            yield "<h5>What stands beside it</h5>\n<ul>"
            yield "".join(self.item(item, finding, words) for item in items[:50]) + "</ul>\n"
            yield f'<p class="soft">and {len(items) - 50:,} more</p>\n' if items[50:] else ""
        yield '<h5>Words found</h5>\n<ul class="marks">'
        for mark in finding.marks[:50]:
            glosses = "; ".join(dict.fromkeys(f"{hit.gloss} [{hit.language}]" for hit in mark.hits if hit.gloss))
            yield f"<li>{_span(page(mark.role.value), 'kind')} <code><bdi>{page(quoted(mark))}</bdi></code> "
            yield f"{_span(page(glosses, LIMIT), 'soft')} {self.spot(mark.place, finding)}</li>\n"
        if finding.marks[50:]:
            yield f"<li>and {len(finding.marks) - 50:,} more; the JSON report has all of them</li>"
        yield "</ul>\n<h5>What speaks against it</h5>\n"
        if against:
            yield "<ul>" + "".join(self.item(item, finding, words) for item in against) + "</ul>\n"
        else:
            yield '<p class="soft">Nothing was recorded.</p>\n'
        yield f'<p class="soft">Origin: <bdi>{page(finding.origin, LIMIT)}</bdi></p></details>\n'

    def item(self, item: Evidence, finding: Finding, words: dict[str, str]) -> str:
        spot = self.spot(item.place, finding) if item.place else ""
        return f"<li>{_span(page(item.kind), 'kind')} <bdi>{page(glossed(item.text, words), LIMIT)}</bdi> {spot}</li>"

    def spot(self, place: Place, finding: Finding) -> str:
        return f'<span class="spot"><bdi>{page(where(place, finding.place), LIMIT)}</bdi></span>'

    def place(self, place: Place) -> str:
        parts = [f"<bdi>{page(part)}</bdi>" for part in place.chain]
        text = ' <span class="in" aria-label="in it">›</span> '.join(parts) + f"<b>{page(inner(place))}</b>"
        if place.commit:
            text += f" in commit {page(place.commit[:12])}"
        if self.several and place.input < len(self.report.inputs):
            text = f"<bdi>{page(self.report.inputs[place.input].spec, LIMIT)}</bdi>: {text}"
        return text

    # -- what was and was not read

    def gaps(self) -> Iterator[str]:
        report = self.report
        yield '<section id="gaps" aria-labelledby="gaps-h">\n<h2 id="gaps-h">Not read '
        yield f'<span class="n">{len(report.gaps):,}</span></h2>\n'
        if not report.gaps:
            yield '<p class="none">Nothing was left unread.</p>\n'
        for reason, gaps in by_reason(report.gaps):
            yield f'<h3>{reason.value.capitalize()} <span class="n">{len(gaps):,}</span></h3>\n'
            yield f'<p class="soft">{page(_sentence(REASONS[reason]))}</p>\n'
            yield from self.gap_rows(gaps[:10])
            if gaps[10:]:
                yield f"<details><summary>{len(gaps) - 10:,} more</summary>\n"
                yield from self.gap_rows(gaps[10:])
                yield "</details>\n"
        yield "</section>\n"

    def unheeded(self) -> Iterator[str]:
        """What the inputs ask of untag."""
        rows = self.report.untrusted
        if not rows:
            return
        yield '<section id="unheeded" aria-labelledby="unheeded-h">\n<h2 id="unheeded-h">Not obeyed '
        yield f'<span class="n">{len(rows):,}</span></h2>\n'
        yield f'<p class="soft">{page(_sentence(unheeded(self.report)))}</p>\n'
        yield '<ul class="rows">'
        for row in rows:
            yield f'<li>{row.what} <span class="place">{self.place(row.place)}</span>'
            yield f" <bdi>{page(row.text, LIMIT)}</bdi>" if row.text else ""
            yield "</li>\n"
        yield "</ul>\n</section>\n"

    def gap_rows(self, gaps: Iterable[Gap]) -> Iterator[str]:
        yield '<ul class="rows">'
        for gap in gaps:
            yield f'<li><span class="place">{self.place(gap.place)}</span> '
            yield f"{_span(size(gap.size), 'n')} " if gap.size else ""
            yield f"<bdi>{page(gap.detail, 2 * LIMIT)}</bdi>"
            if gap.accepted:
                yield f' <span class="state"><b>Accepted:</b> {page(gap.why or "no reason recorded", LIMIT)}</span>'
            yield "</li>\n"
        yield "</ul>\n"

    def coverage(self) -> Iterator[str]:
        report, cover = self.report, self.report.coverage
        yield '<section id="coverage" aria-labelledby="coverage-h">\n<h2 id="coverage-h">Read '
        yield f'<span class="n">{count(cover.artifacts, "file")}, {size(cover.bytes)}</span></h2>\n'
        yield '<div class="scroll"><table>\n<thead><tr><th scope="col">What</th><th scope="col" class="num">Bytes</th>'
        yield '<th scope="col">Remark</th></tr></thead>\n<tbody>\n'
        for name, number, remark in coverage(report):
            yield f'<tr><th scope="row">{page(_sentence(name, stop=""))}</th>'
            yield f'<td class="num">{number}</td><td>{page(remark)}</td></tr>\n'
        yield "</tbody></table></div>\n"
        if cover.encodings:
            text = ", ".join(f"{name} {number:,}" for name, number in sorted(cover.encodings.items()))
            yield f'<p class="soft">Encodings: {page(text)}</p>\n'
        yield "</section>\n"

    def about(self) -> Iterator[str]:
        report = self.report
        yield '<section id="about" aria-labelledby="about-h">\n<h2 id="about-h">About this report</h2>\n'
        yield f"<p>{page(PRESENCE)}</p>\n<dl>"
        yield f"<dt>Written by</dt><dd>untag {page(report.version)}</dd>\n"
        for item in report.inputs:
            yield f"<dt>Input</dt><dd><bdi>{page(item.spec, LIMIT)}</bdi> ({page(item.kind)})<br>"
            yield f"<code>{page(item.digest)}</code></dd>\n"
        for name, digest in report.digests.items():
            yield f"<dt>{page(name.capitalize())}</dt><dd><code>{page(digest)}</code></dd>\n"
        yield f"<dt>Started</dt><dd>{page(report.run.started)}</dd>\n</dl>\n</section>\n"


def _sentence(text: str, stop: str = ".") -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + (stop if text and text[-1] not in ".!?…:" else "")


def _language(tag: str) -> str:
    return tag.split("-", maxsplit=1)[0] or "und"


def _facts(finding: Finding) -> list[tuple[str, str]]:
    """What the filters go by."""
    languages = dict.fromkeys(_language(hit.language) for mark in finding.marks for hit in mark.hits)
    return [
        ("severity", finding.severity.word),
        ("purpose", finding.purpose.value),
        ("confidence", finding.confidence.word),
        ("status", finding.status.value),
        *(("language", tag) for tag in languages),
    ]


def _line(line: Line) -> str:
    text = "".join(_mark(piece, span) if span else page(piece) for piece, span in line.pieces)
    return f'<span class="{"l hit" if line.marked else "l"}" data-n="{line.number}">{text}</span>\n'


def _mark(piece: str, span: Span) -> str:
    title = f"{span.gloss} [{span.language}]" if span.language else span.gloss
    near = ' class="near"' if span.near else ""
    return f'<mark{near} title="{page(title, LIMIT)}"><bdi>{page(piece)}</bdi></mark>'


# -- the map


class _Node:
    """A folder, container or file with the findings under it."""

    __slots__ = ("accepted", "anchor", "children", "depth", "levels", "name", "path")

    def __init__(self, name: str, path: str, depth: int) -> None:
        self.name = name
        self.path = path
        self.depth = depth
        self.levels: Counter[Severity] = Counter()
        self.accepted = 0
        self.anchor = ""
        self.children: dict[str, _Node] = {}

    @property
    def shown(self) -> int:
        return self.levels.total()

    def sorted(self) -> list[_Node]:
        return sorted(self.children.values(), key=lambda n: (-max(n.levels, default=-1), -n.shown, n.name))

    def nodes(self) -> Iterator[_Node]:
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.children.values())


def _steps(place: Place) -> list[str]:
    """Where a place lies in the map: the input, then folders, containers and the file."""
    steps = [f"/{place.input}"]
    for number, part in enumerate(place.chain):
        names = [visible(name) for name in part.strip("/").split("/") if name] or ["."]
        if number + 1 < len(place.chain):
            names[-1] += "!"  # a container, as in a printed place
        steps += names
    return steps if len(steps) <= _DEPTH else [*steps[: _DEPTH - 1], "/".join(steps[_DEPTH - 1 :])]


def _tree(report: Report, ids: dict[int, str]) -> _Node:
    root = _Node("", "", -1)
    for finding in sorted(report.findings, key=lambda f: (-f.severity, -f.confidence, f.place.sort)):
        node = root
        for depth, step in enumerate(_steps(finding.place)):
            if step not in node.children:
                name = step
                if depth == 0 and finding.place.input < len(report.inputs):
                    name = visible(report.inputs[finding.place.input].spec, LIMIT)
                node.children[step] = _Node(name, f"{node.path}/{step}" if depth else step, depth)
            node = node.children[step]
            if finding.status is Status.SHOWN:
                node.levels[finding.severity] += 1
            else:
                node.accepted += 1
            node.anchor = node.anchor or ids[id(finding)]
        root.levels.update([finding.severity] if finding.status is Status.SHOWN else [])
    for node in root.nodes():  # a folder that holds nothing but one folder takes one row with it
        for step, child in list(node.children.items()):
            if not child.depth:
                continue
            while len(child.children) == 1:
                (only,) = child.children.values()
                only.name = f"{child.name}{'' if child.name.endswith('!') else '/'}{only.name}"
                only.depth = child.depth
                child = only
            node.children[step] = child
    return root


def _node(node: _Node, most: int) -> str:
    slash = "/" if node.children and not node.name.endswith("!") else ""
    said = ", ".join(f"{node.levels[level]:,} {level.word}" for level in reversed(Severity) if node.levels[level])
    text = (
        f'<a class="node" href="#{node.anchor}" data-path="{page(node.path)}"><bdi>{page(node.name)}{slash}</bdi></a> '
    )
    at, bars = 0.0, []
    scale = _BAR / max(most, 1)
    for level in reversed(Severity):
        if node.levels[level] and node.depth:
            wide = max(3.0, node.levels[level] * scale)
            bars.append(f'<rect class="{level.word}" x="{at:.1f}" y="0" width="{wide:.1f}" height="10"/>')
            at += wide
    box = max(at, _BAR)
    nil = "" if bars else " nil"
    text += f'<svg class="heat{nil}" viewBox="0 0 {box:.0f} 10" preserveAspectRatio="none" aria-hidden="true">'
    text += "".join(bars) + "</svg> "
    silent = f"{node.accepted:,} not shown" if node.accepted else ""
    return f'<span class="row">{text}<span class="said">{", ".join(p for p in (said, silent) if p)}</span></span>'
