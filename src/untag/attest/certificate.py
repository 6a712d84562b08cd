"""A statement for people, as Markdown or as one self-contained page; the bundle is what counts."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.gap import REASONS, Reason
from untag.report import PRESENCE
from untag.reports._text import code, markdown, visible
from untag.reports._words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["html_page", "markdown_page"]

#: Rows of one table; the bundle has them all.
_ROWS = 200
_SAYS = {
    "PASSED": "In what was read, with the lexicon named here, no ethnic tag was found.",
    "FAILED": "Ethnic tags were found.",
    "INCOMPLETE": "No ethnic tag was found in what was read; not everything could be read.",
}
_PARTY = {"self": "the maker of the product says it of itself", "third-party": "a third party says it"}
_HOW = {
    True: "The inputs were scanned for this statement.",
    False: "An earlier report was signed; nothing was scanned again.",
}


def _sections(statement: Mapping[str, Any], keyid: str) -> Iterator[tuple[str, list[str], list[str], list[list[str]]]]:
    """Heading, sentences, heads of a table, and its rows; cells in backquotes are code."""
    p = statement["predicate"]
    reasons = (f"{text[0].upper()}{text[1:]}." for text in p["reasons"])
    said = [_SAYS[p["result"]], *reasons, _HOW[p["rescanned"]], PRESENCE]
    if p["gaps"] and p["result"] == "PASSED":
        said.insert(1, f"What could not be read ({count(len(p['gaps']), 'place')}) is accepted.")
    yield "What is stated", said, [], []
    tool, lexicon = p["tool"], p["lexicon"]
    facts = [
        ["Product", p["product"] or "not named"],
        ["Who says it", f"{p['claimant']['name']}: {_PARTY[p['claimant']['party']]}"],
        ["Made", p["run"]["timeCreated"]],
        ["Holds until", p["run"]["notAfter"]],
        ["Key" if keyid.startswith("sha256:") else "Identity", f"`{keyid}`"],
        ["Tool", f"{tool['name']} {tool['version']}"],
        ["Lexicon", f"`{p['digests']['lexicon']}`"],
        ["Written forms in it", f"{lexicon['forms']:,}" if lexicon else "not known"],
        ["Rules", f"`{p['digests']['rules']}`"],
        ["Policy", f"`{p['digests']['policy']}`"],
    ]
    yield "By whom, with what", [], [], facts
    rows = [[row["spec"], f"`{row['digest']}`"] for row in p["inputs"]]
    cover = p["coverage"]
    read = sum(row["bytes"] for row in cover["read"].values())
    opaque = sum(cover["by_design"].values())
    told = (
        f"{cover['artifacts']:,} files, {cover['bytes']:,} bytes: {read:,} read, {opaque:,} opaque by design, "
        f"{cover['ignored']:,} ignored, {cover['gap']:,} not read."
    )
    yield "What was read", [told], ["Input", "Digest"], rows
    shown = [row for row in p["findings"] if row["status"] == "shown"]
    accepted = [row for row in p["findings"] if row["status"] == "accepted"]
    heads = ["Severity", "Purpose", "What", "Where", "Key"]
    yield count(len(shown), "finding"), [], heads if shown else [], [_finding(row) for row in shown]
    if accepted:
        rows = [[*_finding(row), row["reason"]] for row in accepted]
        yield f"{count(len(accepted), 'finding')} accepted", ["Accepted is not removed."], [*heads, "Reason"], rows
    gaps = [[_place(g), g["reason"], g["why"] or REASONS[Reason(g["reason"])]] for g in p["gaps"]]
    yield f"{count(len(gaps), 'place')} not read", [], ["Where", "Reason", "What that is"] if gaps else [], gaps
    if p["inventory"]:
        rows = [[r["name"], r["kind"], r["state"], r["result"] or "as above", r["detail"]] for r in p["inventory"]]
        yield "Inventory", [], ["Name", "Kind", "State", "Result", "From"], rows
    if (last := p["previous"]) is not None:
        rows = [
            ["Made", last["timeCreated"]],
            ["Result", last["result"]],
            ["Digest", f"`sha256:{last['digest']['sha256']}`"],
            ["Signed with the same key", "yes" if last["sameKey"] else "no"],
            ["Findings since", f"{len(last['added']):,} more, {len(last['removed']):,} fewer"],
            ["Gaps since", f"{last['gapsAdded']:,} more, {last['gapsRemoved']:,} fewer"],
        ]
        yield "The statement before", [], [], rows


def markdown_page(statement: Mapping[str, Any], keyid: str) -> str:
    """The certificate as Markdown."""
    out = [f"# Attestation: {statement['predicate']['result']}\n"]
    for title, said, heads, rows in _sections(statement, keyid):
        out.append(f"\n## {title}\n")
        out += [f"\n{markdown(text)}\n" for text in said]
        if not rows:
            continue
        heads = heads or ["", ""]
        out.append("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads) + "\n")
        out += ["| " + " | ".join(map(_cell, row)) + " |\n" for row in rows[:_ROWS]]
        if len(rows) > _ROWS:
            out.append(f"\n{len(rows) - _ROWS:,} more are in the bundle.\n")
    return "".join(out)


def html_page(statement: Mapping[str, Any], keyid: str) -> str:
    """The certificate as one page without script that asks for nothing from elsewhere."""
    result = statement["predicate"]["result"]
    product = statement["predicate"]["product"] or "Attestation"
    style = (Path(__file__).parent / "certificate.css").read_text(encoding="utf-8")
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_text(product)}: {result}</title><style>{style}</style></head><body>\n"
        f'<h1>{_text(product)}</h1>\n<p class="result {result}">{result}</p>\n'
    )
    out = [head]
    for title, said, heads, rows in _sections(statement, keyid):
        out.append(f"<h2>{_text(title)}</h2>\n")
        out += [f"<p>{_text(text)}</p>\n" for text in said]
        if not rows:
            continue
        out.append("<table>")
        if heads:
            out.append("<thead><tr>" + "".join(f'<th scope="col">{_text(h)}</th>' for h in heads) + "</tr></thead>")
        out.append("<tbody>\n")
        for row in rows[:_ROWS]:
            first = "td" if heads else "th"
            cells = [f"<{first}>{_markup(row[0])}</{first}>", *(f"<td>{_markup(cell)}</td>" for cell in row[1:])]
            out.append("<tr>" + "".join(cells) + "</tr>\n")
        out.append("</tbody></table>\n")
        if len(rows) > _ROWS:
            out.append(f"<p>{len(rows) - _ROWS:,} more are in the bundle.</p>\n")
    out.append("</body></html>\n")
    return "".join(out)


def _finding(row: Mapping[str, Any]) -> list[str]:
    return [row["severity"], row["purpose"], f"`{row['owner']}`", _place(row), f"`{row['key']}`"]


def _place(row: Mapping[str, Any]) -> str:
    place = row["place"]
    return f"`{'!'.join(place['chain'])}{':' + str(place['line']) if place.get('line') else ''}`"


def _quoted(cell: str) -> str | None:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == "`" else None


def _cell(cell: str) -> str:
    quoted = _quoted(cell)
    return markdown(cell) if quoted is None else code(quoted, cell=True)


def _text(text: str) -> str:
    return html.escape(visible(text))


def _markup(cell: str) -> str:
    quoted = _quoted(cell)
    return _text(cell) if quoted is None else f"<code>{_text(quoted)}</code>"
