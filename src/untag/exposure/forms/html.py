"""The exposure as one page that asks nothing of the network and needs no script: who, when, and what is not known."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from untag import __version__
from untag.exposure.forms._words import (
    DAYS,
    FATES,
    MEANING,
    NONE,
    NOTE,
    away,
    date,
    days,
    evidence,
    fates,
    fetches,
    gaps,
    moment,
    named,
    span,
    spots,
    told,
)  # fmt: skip
from untag.reports._text import page
from untag.reports._words import count, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.exposure.name import Customer
    from untag.exposure.run import Exposure, File
    from untag.exposure.tally import Person

__all__ = ["HtmlForm"]

#: Customers with details, those in the table of the rest, files, stretches without rows.
_TOLD, _LISTED, _FILES, _SILENT = 500, 2000, 500, 200
#: Customers with details up to which all stand open: so few are read, and printed, as a whole.
_OPEN = 20
#: Of a timeline: width, height of the bars, bars at most, in user units.
_WIDE, _HIGH, _BARS = 1000, 90, 400
_CLASS = {"received": "received", "requested": "requested", "neither (bodies seen)": "neither", "no evidence": "none"}
_KEY = (
    '<p class="key soft"><span><i style="background:var(--row)"></i>rows</span>'
    '<span><i style="background:var(--requested)"></i>days on which a tag was asked for</span>'
    '<span><i style="background:var(--received)"></i>days on which one was received</span>'
    '<span><i style="background:var(--well)"></i>no row at all</span></p>\n'
)


class HtmlForm:
    """A page for people who decide: the answer first, then when, who, and what the logs do not hold."""

    name = "html"

    def write(self, exposure: Exposure, run: dict[str, object]) -> Iterator[str]:
        """As for ``Form``."""
        yield from _head()
        yield f'<p class="brand">untag {page(__version__)} · exposure</p>\n<h1>{page(told(exposure))}</h1>\n'
        if exposure.interrupted:
            yield "<p><strong>Interrupted: this is a part.</strong></p>\n"
        yield f'<p class="soft">{page(NOTE)}</p>\n'
        yield from _cards(exposure)
        yield from _timeline(exposure)
        yield from _customers(exposure)
        yield from _artefacts(exposure)
        yield from _coverage(exposure)
        yield from _about(exposure, run)
        yield "</main>\n</body>\n</html>\n"


@cache
def _style() -> str:
    return "\n" + resources.files(__package__).joinpath("_html", "style.css").read_text(encoding="utf-8")


def _head() -> Iterator[str]:
    style = _style()
    mark = "'sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() + "'"
    # Colours of the legend are attributes, whose hashes 'unsafe-hashes' would need: they are told as style attributes.
    policy = f"default-src 'none'; style-src {mark} 'unsafe-hashes' {_inline()}; base-uri 'none'; form-action 'none'"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>untag: who had an ethnic tag</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
    )


def _inline() -> str:
    texts = [f"background:var(--{name})" for name in ("row", "requested", "received", "well")]
    return " ".join("'sha256-" + base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() + "'" for t in texts)


def _cards(exposure: Exposure) -> Iterator[str]:
    yield '<ul class="cards">\n'
    for verdict, meaning in MEANING.items():
        number = exposure.count(verdict)
        yield (
            f'<li class="{_CLASS[verdict]}"><b>{number:,}</b><span>{page(verdict)}</span>'
            f"<small>{page(meaning)}</small></li>\n"
        )
    yield "</ul>\n"


def _timeline(exposure: Exposure) -> Iterator[str]:
    rows = days(exposure)
    if not rows:
        return
    yield "<h2>When</h2>\n<figure>\n"
    yield _bars(rows, "Rows a day, with the days on which a tag was asked for or received")
    empty = sum(not number for _, number, _ in rows)
    text = f"{count(len(rows), 'day')} from {date(rows[0][0])} to {date(rows[-1][0])} (UTC)"
    if empty:
        text += f", {empty:,} of them without any row"
    yield f"<figcaption>{text}</figcaption>\n{_KEY}</figure>\n"


def _bars(rows: list[tuple[int, int, list[int]]], title: str, high: int = _HIGH) -> str:
    """A drawing of days; where there are more than fit, several days share a bar."""
    each = -(-len(rows) // _BARS)
    bars: list[tuple[int, int, int, int, int]] = []
    for at in range(0, len(rows), each):
        some = rows[at : at + each]
        met = [sum(row[2][i] for row in some) for i in range(4)]
        bars.append((some[0][0], some[-1][0], sum(row[1] for row in some), met[0], met[1]))
    most = max(1, *(bar[2] for bar in bars))
    wide = min(_WIDE / len(bars), 60)
    gap = 1 if wide > 4 else 0
    out = [f'<svg viewBox="0 0 {_WIDE} {high + 24}" role="img" aria-label="{page(title)}">']
    for number, (first, last, total, asked, got) in enumerate(bars):
        x = number * wide
        when = date(first) if first == last else f"{date(first)} to {date(last)}"
        said = f"{when}: {count(total, 'row')}, requested {asked:,}, received {got:,}"
        out.append(f"<g><title>{page(said)}</title>")
        if not total:
            out.append(f'<rect class="empty" x="{x:.2f}" y="4" width="{wide - gap:.2f}" height="{high}"/>')
        else:
            tall = max(2.0, high * total / most)
            top = f"{4 + high - tall:.2f}"
            out.append(f'<rect class="row" x="{x:.2f}" y="{top}" width="{wide - gap:.2f}" height="{tall:.2f}"/>')
        if asked or got:
            kind = "received" if got else "requested"
            out.append(f'<rect class="{kind}" x="{x:.2f}" y="{high - 4}" width="{max(wide - gap, 2):.2f}" height="8"/>')
        out.append("</g>")
    out.append(f'<line class="axis" x1="0" x2="{_WIDE}" y1="{high + 4}" y2="{high + 4}"/>')
    out.append(f'<text x="4" y="{high + 18}">{date(rows[0][0])}</text>')
    if len(rows) > 1:
        end = min(len(bars) * wide, _WIDE) - 4
        anchor, x = ("end", end) if end > 160 else ("start", 90)
        out.append(f'<text x="{x:.0f}" y="{high + 18}" text-anchor="{anchor}">{date(rows[-1][0])}</text>')
    return "".join(out) + "</svg>\n"


def _customers(exposure: Exposure) -> Iterator[str]:
    ranked = exposure.ranked()
    met = [row for row in ranked if row[1].evidence]
    rest = [row for row in ranked if not row[1].evidence]
    yield "<h2>Who</h2>\n"
    if not met:
        yield "<p>No customer is seen to have asked for or received a tag in these logs.</p>\n"
    for name, person in met[:_TOLD]:
        yield from _customer(exposure, name, person, "open " if len(met) <= _OPEN else "")
    if len(met) > _TOLD:
        yield f"<p>… and {len(met) - _TOLD:,} more, in the JSON form.</p>\n"
    if not rest:
        return
    yield f"<h2>{'The others' if met else 'All'} ({len(rest):,})</h2>\n"
    yield _table("Customer", "Verdict", "#Rows", "#Bodies seen", "First", "Last")
    for name, person in rest[:_LISTED]:
        yield (
            f"<tr><td><code>{page(named(name))}</code></td>"
            f'<td class="{_CLASS[person.verdict]}"><span class="word">{page(person.verdict)}</span></td>'
            f'<td class="n">{person.rows:,}</td><td class="n">{person.bodies[0]:,}</td>'
            f"{_time(person.first)}{_time(person.last)}</tr>\n"
        )
    yield "</tbody></table></div>\n"
    if len(rest) > _LISTED:
        yield f"<p>… and {len(rest) - _LISTED:,} more, in the JSON form.</p>\n"


def _customer(exposure: Exposure, name: Customer, person: Person, state: str) -> Iterator[str]:
    met = [(way, person.count(way)) for way in ("received", "requested", "fetched", "withheld")]
    counts = ", ".join(f"{way} {number:,}×" for way, number in met if number)
    yield (
        f'<details {state}class="{_CLASS[person.verdict]}"><summary><code>{page(named(name))}</code>'
        f'<span class="word">{page(person.verdict)}</span>'
        f'<span class="soft">{counts} in {count(person.rows, "row")}, {span(person.first, person.last)}</span>'
        "</summary><div>\n"
    )
    every = {**dict.fromkeys(person.met, 0), **person.days}
    if every and max(every) - min(every) < DAYS:
        rows = [(n, every.get(n, 0), person.met.get(n, NONE)) for n in range(min(every), max(every) + 1)]
        yield _bars(rows, "Rows of this customer a day", 40)
    yield _table("What", "Term", "Route", "Where", "#Times", "#Refused", "First", "Last", "Places")
    for heard, route, row in evidence(person):
        places = ", ".join(f"{page(file)}:{line}" for file, line in spots(exposure, row))
        yield (
            f"<tr><td>{page(heard.way)}</td><td>{page(heard.term)} <small>{page(heard.rule)}</small></td>"
            f"<td><code>{page(route)}</code></td><td>{page(heard.zone)} <code>{page(heard.at)}</code></td>"
            f'<td class="n">{row.count:,}</td><td class="n">{row.refused:,}</td>'
            f"{_time(row.first)}{_time(row.last)}<td><code>{places}</code></td></tr>\n"
        )
    yield "</tbody></table></div>\n</div></details>\n"


def _artefacts(exposure: Exposure) -> Iterator[str]:
    if not exposure.artefacts:
        return
    yield "<h2>Releases that carry a tag</h2>\n"
    yield _table("Release", "Term", "#Findings", "#Customers", "#Fetched", "First", "Last")
    for artefact, who, times, first, last in fetches(exposure)[:_LISTED]:
        yield (
            f"<tr><td><code>{page(artefact.name)}</code></td><td>{page(artefact.term)}</td>"
            + "".join(f'<td class="n">{number:,}</td>' for number in (artefact.findings, len(who), times))
            + f"{_time(first)}{_time(last)}</tr>\n"
        )
    yield '</tbody></table></div>\n<p class="soft">Logs that hold no row of one do not show that nobody has it.</p>\n'


def _coverage(exposure: Exposure) -> Iterator[str]:
    yield "<h2>What the logs hold, and what not</h2>\n"
    total = [sum(f.ledger.bodies[i] for f in exposure.files) for i in range(4)]
    yield '<ul class="plain">\n'
    for fate, number in fates(total).items():
        if number:
            yield f"<li>{count(number, 'row')}: {page(FATES[fate])}</li>\n"
    yield "</ul>\n"
    yield _table("File", "Format", "#Bytes", "#Lines", "#Rows", "#Rejected", "#Blank", "Remarks")
    for file in exposure.files[:_FILES]:
        ledger = file.ledger
        numbers = ledger.lines, ledger.accepted, ledger.refused, ledger.blank
        yield (
            f"<tr><td><code>{page(file.name)}</code></td><td>{page(file.format or 'unknown')}</td>"
            f'<td class="n">{size(file.size)}</td>'
            + "".join(f'<td class="n">{number:,}</td>' for number in numbers)
            + f"<td>{_remarks(file)}</td></tr>\n"
        )
    yield "</tbody></table></div>\n"
    if len(exposure.files) > _FILES:
        yield f"<p>… and {len(exposure.files) - _FILES:,} files more.</p>\n"
    if missing := away(exposure):
        yield f'<h3>Not read, or not to the end ({len(missing):,})</h3>\n<ul class="plain">\n'
        for file in missing[:_FILES]:
            yield f"<li><code>{page(file.name)}</code>: {page(file.gap)} ({page(file.reason)})</li>\n"
        yield "</ul>\n"
    silent = gaps(exposure)
    if silent:
        yield f'<h3>Without any row ({len(silent):,})</h3>\n<ul class="plain">\n'
        for first, last in silent[:_SILENT]:
            yield f"<li>{span(first, last)}, {(last - first) / 3600:,.1f} h</li>\n"
        yield "</ul>\n"
        if len(silent) > _SILENT:
            yield f"<p>… and {len(silent) - _SILENT:,} more.</p>\n"


def _table(*heads: str) -> str:
    """The head of a table; columns of numbers begin with #."""
    cells = (f'<th class="n">{h[1:]}</th>' if h.startswith("#") else f"<th>{h}</th>" for h in heads)
    return f'<div class="scroll"><table><thead><tr>{"".join(cells)}</tr></thead><tbody>\n'


def _time(time: int | None) -> str:
    return f'<td class="time">{(moment(time) or "–")[:16].replace("T", " ")}</td>'


def _remarks(file: File) -> str:
    ledger = file.ledger
    out = [f"{number:,} {page(why)}" for why, (number, *_) in sorted(ledger.rejected.items())]
    out += [f"{ledger.words:,} rejected with a word of a tag"] if ledger.words else []
    out += [f"{ledger.timeless:,} without a time"] if ledger.timeless else []
    out += [f"{number:,} bodies not judged ({page(why)})" for why, number in sorted(ledger.unread.items())]
    if ledger.mentions:
        top = sorted(ledger.mentions.items(), key=lambda row: (-row[1], row[0]))[:6]
        out.append("not taken for a tag: " + ", ".join(f"{page(term)} {number:,}×" for term, number in top))
    return "<br>".join(out)


def _about(exposure: Exposure, run: dict[str, object]) -> Iterator[str]:
    kept = "kept: the same in every run with it" if exposure.settings.kept else "of this run only"
    yield (
        "<h2>How this was made</h2>\n"
        f'<p class="soft">Customers are pseudonyms (keyed digests, key <code>{page(exposure.mark)}</code>, {kept}); '
        "no query, body or value of anybody is in this page; what stands in a route and is no word of an API is *. "
        f"Lexicon <code>{page(exposure.lexicon[:19])}</code>. {page(str(run.get('started', '')))}</p>\n"
    )
