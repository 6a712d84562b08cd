"""JSON for programs, schema ``untag.report/1``: everything, in fixed order, byte-stable outside ``run``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import json as swift

from untag.reports._text import cut, wire
from untag.reports._view import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Claim, Evidence, Finding, Mark, Span
    from untag.gap import Gap
    from untag.place import Place
    from untag.report import Coverage, Report, Unheeded
    from untag.reports import View

__all__ = ["SCHEMA", "JsonForm", "placed"]

SCHEMA = "untag.report/1"
#: Hits of a finding from which its marks are written one by one.
LONG = 2000


class JsonForm:
    """The report that other programs rely on; its JSON Schema is ``report.schema.json`` beside this module.

    Text stands as found, cut at 200 characters; characters that could move, hide or reorder text on a screen are
    written as JSON escapes, so that the file itself is harmless to look at. The view plays no part. Keys are only ever
    added.
    """

    name = "json"
    suffix = ".json"
    display = False

    def write(self, report: Report, view: View) -> Iterator[str]:  # noqa: ARG002 - display options never change the JSON
        """One JSON object, finding by finding and mark by mark."""
        head = {
            "schema": SCHEMA,
            "tool": {"name": "untag", "version": report.version},
            "digests": {name: report.digests[name] for name in sorted(report.digests, key=_digest)},
            "inputs": [{"spec": i.spec, "kind": i.kind, "digest": i.digest} for i in report.inputs],
            "verdict": report.verdict,
            "interrupted": report.interrupted,
            "summary": report.summary,
        }
        yield _dump(head).removesuffix("\n}") + ',\n  "findings": '
        yield from _array(_finding(f) for f in sorted(report.findings, key=lambda f: (f.place.sort, f.key)))
        yield ',\n  "gaps": '
        yield from _array(_gap(g) for g in sorted(report.gaps, key=lambda g: (g.place.sort, g.reason, g.detail)))
        yield ',\n  "untrusted": '
        yield from _array(_unheeded(u) for u in sorted(report.untrusted, key=lambda u: (u.place.sort, u.what, u.text)))
        run = report.run
        tail = {
            "coverage": _coverage(report.coverage),
            "run": {"started": run.started, "seconds": round(run.seconds, 3), "jobs": run.jobs, "host": run.host},
        }
        yield "," + _dump(tail).removeprefix("{") + "\n"


def _digest(name: str) -> tuple[int, str]:
    known = ("lexicon", "rules", "policy")
    return (known.index(name) if name in known else len(known), name)


def _dump(value: object, depth: int = 0) -> str:
    try:
        text = swift.format(swift.encode(value), indent=2).decode()
    except (UnicodeEncodeError, OverflowError):  # lone surrogates, numbers of more than 64 bits
        text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    text = wire(text)
    return text.replace("\n", "\n" + "  " * depth) if depth else text


def _array(rows: Iterable[dict[str, object]], depth: int = 1) -> Iterator[str]:
    line = "\n" + "  " * depth
    empty = True
    for row in rows:
        yield ("[" if empty else ",") + line + "  "
        yield from _object(row, depth + 1)
        empty = False
    yield "[]" if empty else line + "]"


def _object(row: dict[str, object], depth: int) -> Iterator[str]:
    """As ``_dump``, but rows that are made one by one are written so, too."""
    if not any(isinstance(value, Iterator) for value in row.values()):
        yield _dump(row, depth)
        return
    line = "\n" + "  " * depth
    before = "{"
    for key, value in row.items():
        yield f"{before}{line}  {_dump(key)}: "
        yield from _array(value, depth + 1) if isinstance(value, Iterator) else (_dump(value, depth + 1),)
        before = ","
    yield line + "}"


def placed(place: Place) -> dict[str, object]:
    """A place as it stands in JSON; for other documents that name places too."""
    row: dict[str, object] = {"chain": list(place.chain), "input": place.input}
    for key in ("line", "end_line", "column", "pointer", "offset", "commit"):
        value = getattr(place, key)
        if value is not None:
            row[key] = value
    return row


def _span(span: Span | None) -> dict[str, object]:
    """What history says of a place."""
    if span is None:
        return {}
    row: dict[str, object] = {"first_commit": span.first, "last_commit": span.last} if span.first else {}
    row |= {"refs": list(span.refs), "ref_count": span.count, "at_tip": span.tip}
    return row | ({"other_paths": list(span.paths), "other_path_count": span.path_count} if span.paths else {})


def _mark(mark: Mark) -> dict[str, object]:
    hits = sorted(mark.hits, key=lambda h: (h.start, -h.end, h.term))
    return {
        "text": quoted(mark),
        "role": mark.role.value,
        "place": placed(mark.place),
        "terms": [
            {
                "id": h.term,
                "kind": h.kind,
                "language": h.language,
                "gloss": h.gloss,
                "form": cut(mark.text[h.start : h.end]),
            }
            for h in hits
        ],
    }


def _evidence(items: Iterable[Evidence]) -> list[dict[str, object]]:
    def order(item: Evidence) -> tuple[object, ...]:
        return (item.kind, item.place is not None, item.place.sort if item.place else (), item.text)

    rows: list[dict[str, object]] = []
    for item in sorted(items, key=order):
        row: dict[str, object] = {"kind": item.kind, "text": cut(item.text)}
        if item.place is not None:
            row["place"] = placed(item.place)
        rows.append(row)
    return rows


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "rule": claim.rule,
        "severity": claim.severity.word,
        "confidence": claim.confidence.word,
        "why": claim.why,
        "evidence": _evidence(claim.evidence),
        "purpose": claim.purpose.value,
        "against": _evidence(claim.against),
    }


def _finding(finding: Finding) -> dict[str, object]:
    claims = sorted(finding.claims, key=lambda c: (-c.severity, -c.confidence, c.rule, c.why))
    marks = sorted(finding.marks, key=lambda m: (m.place.sort, m.role, m.text))
    # Of text that is dense in words a finding takes a hundred megabytes and more.
    rows = map(_mark, marks)
    long = sum(len(m.hits) for m in marks) > LONG
    return {
        "key": finding.key,
        "rule": finding.rule,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "purpose": finding.purpose.value,
        "status": finding.status.value,
        "reason": finding.reason,
        "owner": cut(finding.owner),
        "place": placed(finding.place) | _span(finding.span),
        "marks": rows if long else list(rows),
        "claims": [_claim(c) for c in claims],
        "against": _evidence(finding.against),
        "origin": finding.origin,
        "excerpt": _excerpt(finding),
        "check": list(finding.check),
        "message": finding.message,
        "fix": finding.fix,
    }


def _excerpt(finding: Finding) -> dict[str, object] | None:
    if finding.excerpt is None:
        return None
    first, text = finding.excerpt
    return {"first_line": first, "text": "\n".join(cut(line) for line in text.split("\n"))}


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "place": placed(gap.place),
        "reason": gap.reason.value,
        "detail": gap.detail,
        "bytes": gap.size,
        "accepted": gap.accepted,
        "why": gap.why,
    }


def _unheeded(row: Unheeded) -> dict[str, object]:
    return {"place": placed(row.place), "what": row.what, "text": cut(row.text)}


def _coverage(cover: Coverage) -> dict[str, object]:
    return {
        "artifacts": cover.artifacts,
        "bytes": cover.bytes,
        "read": {
            name: {key: row.get(key, 0) for key in ("artifacts", "bytes", "lexed_only")}
            for name, row in sorted(cover.read.items())
        },
        "expanded_bytes": cover.expanded_bytes,
        "by_design": dict(sorted(cover.by_design.items())),
        "ignored": cover.ignored,
        "gap": cover.gap,
        "ignored_artifacts": cover.ignored_artifacts,
        "encodings": dict(sorted(cover.encodings.items())),
        "mentions": cover.mentions,
    }
