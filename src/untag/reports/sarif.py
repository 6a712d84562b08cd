"""SARIF 2.1.0 for code hosts and editors.

What goes where, and why:

* A rule of SARIF is a purpose with a rule of untag (``capability/labelset``), since code hosts take the severity from
  the rule (``security-severity``) and untag takes it from the purpose. ``level`` of a result follows its own severity:
  error for critical and high, warning for medium, note for low.
* Hidden findings (notes and tentative ones) stay in the file, as the contract wants, but not as alarms: they have
  ``kind`` ``informational`` (of severity note) or ``review`` (the others) and, as the standard then demands, ``level``
  ``none``. Viewers list them apart; a code host's check, which fails on errors and warnings, passes them over.
* Accepted findings keep kind and level and carry ``suppressions``: ``inSource`` for an inline allowance, ``external``
  for policy and baseline, the reason as ``justification``.
* ``partialFingerprints`` hold untag's key, also under the name that GitHub tracks alerts by, so that an alert survives
  edits.
* Gaps are ``toolExecutionNotifications`` of the invocation: what could not be read is part of the outcome.
* A place in a container points to the outermost file, which is what a code host can open, without a region; the spot
  inside stands in ``logicalLocations`` and in the message.
* Runs hold at most 20,000 results (GitHub takes 25,000); with several, each has its own ``automationDetails.id``.

Nothing in it depends on time or machine.
"""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING
from urllib.parse import quote

from untag.finding import Confidence, Purpose, Severity, Status
from untag.gap import REASONS, Reason
from untag.reports._text import LIMIT, visible, wire
from untag.reports._view import excerpt, glossary, glossed, inner, quoted, where
from untag.reports._words import PRESENCE, lasting, rest, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.finding import Finding, Mark
    from untag.gap import Gap
    from untag.place import Place
    from untag.report import Report, Unheeded
    from untag.reports import View

__all__ = ["RUN", "SarifForm"]

#: Results a run holds at most.
RUN = 20_000
# Related locations of a result at most; viewers list all of them.
_RELATED = 20

_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.NOTE: "note",
}
# On the scale of CVSS that code hosts cut into critical (from 9), high (7), medium (4) and low.
_SCORE = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.NOTE: "0.0",
}
_PRECISION = {Confidence.CERTAIN: "very-high", Confidence.FIRM: "high", Confidence.TENTATIVE: "low"}


class SarifForm:
    """Findings for code hosts and editors, gaps included; the view plays no part."""

    name = "sarif"
    suffix = ".sarif"
    display = False

    def write(self, report: Report, view: View) -> Iterator[str]:  # noqa: ARG002 - display options never change it
        """One SARIF log, result by result."""
        bases = _bases(report)
        findings = sorted(report.findings, key=lambda f: (f.place.sort, f.key))
        parts = [findings[at : at + RUN] for at in range(0, len(findings), RUN)] or [[]]
        yield f'{{\n  "$schema": "{_URI}",\n  "version": "2.1.0",\n  "runs": [\n'
        for number, part in enumerate(parts):
            yield ",\n" if number else ""
            yield from _run(report, part, number, len(parts), bases)
        yield "\n  ]\n}\n"


def _dump(value: object, depth: int) -> str:
    text = wire(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))
    return text.replace("\n", "\n" + "  " * depth)


def _run(report: Report, findings: Sequence[Finding], number: int, total: int, bases: list[str]) -> Iterator[str]:
    rules = sorted({_rule_id(f) for f in findings})
    first: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda f: (-f.confidence, f.key)):
        first.setdefault(_rule_id(finding), finding)
    reasons = sorted({g.reason for g in report.gaps}) if number == 0 else []
    untrusted = report.untrusted if number == 0 else ()
    asked = sorted({u.what for u in untrusted})
    head: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "untag",
                "version": visible(report.version),
                "shortDescription": {"text": "Finds ethnic tags in biometric software."},
                "rules": [_rule(name, first[name]) for name in rules],
                "notifications": [_descriptor(reason) for reason in reasons] + [_asking(what) for what in asked],
                "properties": {"digests": {visible(k): visible(v) for k, v in report.digests.items()}},
            }
        },
        "columnKind": "unicodeCodePoints",
    }
    if total > 1:
        head["automationDetails"] = {"id": f"untag/part-{number + 1}/"}
    gaps = sorted(report.gaps, key=lambda g: (g.place.sort, g.reason, g.detail)) if number == 0 else []
    head["invocations"] = [
        {
            "executionSuccessful": not report.interrupted,
            "toolExecutionNotifications": [_notification(gap, bases) for gap in gaps],
            **({"toolConfigurationNotifications": [_unheeded(u, bases) for u in untrusted]} if untrusted else {}),
        }
    ]
    head["properties"] = {"verdict": report.verdict, "sentence": verdict(report), "presence": PRESENCE}
    yield "    " + _dump(head, 2).removesuffix("\n    }") + ',\n      "results": ['
    index = {name: at for at, name in enumerate(rules)}
    for at, finding in enumerate(findings):
        yield ("," if at else "") + "\n        " + _dump(_result(finding, index[_rule_id(finding)], bases), 4)
    yield ("\n      ]" if findings else "]") + "\n    }"


def _bases(report: Report) -> list[str]:
    """For each input, what stands before its places to make them relative to the working directory, or nothing.

    Code hosts resolve paths from the root of the repository, which is where a workflow runs. An absolute input, or one
    outside, has no such path; its places stay relative to the input.
    """
    only: dict[int, set[str]] = {}
    places = [f.place for f in report.findings] + [g.place for g in report.gaps] + [u.place for u in report.untrusted]
    for place in places:
        only.setdefault(place.input, set()).add(place.chain[0])
    bases = []
    for number, item in enumerate(report.inputs):
        spec = posixpath.normpath(item.spec.replace("\\", "/"))
        if item.kind != "path" or spec.startswith(("/", "..")) or spec[1:2] == ":" or spec == ".":
            bases.append("")
        elif only.get(number) == {posixpath.basename(spec)}:  # a single file: its places start with its own name
            bases.append(posixpath.dirname(spec))
        else:
            bases.append(spec)
    return bases


def _uri(place: Place, bases: list[str]) -> str:
    base = bases[place.input] if place.input < len(bases) else ""
    path = posixpath.join(base, place.chain[0]) if base else place.chain[0]
    uri = quote(path.encode("utf-8", "surrogateescape" if _bytes(path) else "replace"), safe="/~-._")
    return uri.lstrip("/") or "."


def _bytes(path: str) -> bool:
    return all(not 0xD800 <= ord(char) <= 0xDFFF or 0xDC80 <= ord(char) <= 0xDCFF for char in path)


def _physical(place: Place, bases: list[str], region: dict[str, object] | None) -> dict[str, object]:
    row: dict[str, object] = {"artifactLocation": {"uri": _uri(place, bases)}}
    if region:
        row["region"] = region
    return row


def _region(place: Place, lines: str = "") -> dict[str, object] | None:
    if len(place.chain) > 1:
        return None
    if place.line is None:
        return {"byteOffset": place.offset, "byteLength": 0} if place.offset is not None else None
    region: dict[str, object] = {"startLine": place.line}
    if place.column is not None:
        region["startColumn"] = place.column
    if place.end_line is not None and place.end_line > place.line:
        region["endLine"] = place.end_line
    if lines:
        region["snippet"] = {"text": lines}
    return region


def _rule_id(finding: Finding) -> str:
    return f"{finding.purpose.value}/{finding.rule}"


def _rule(name: str, finding: Finding) -> dict[str, object]:
    purpose = finding.purpose
    return {
        "id": name,
        "name": "".join(part.capitalize() for part in name.replace("/", " ").replace("-", " ").split()),
        "shortDescription": {"text": f"Ethnic tag: {purpose.value} ({finding.rule})"},
        "fullDescription": {"text": f"{purpose.meaning[:1].upper()}{purpose.meaning[1:]}."},
        "help": {
            "text": f"{_HELP[purpose]} {PRESENCE} More: untag explain {finding.rule}",
            "markdown": f"**{_HELP[purpose]}**\n\n{PRESENCE}\n\nMore: `untag explain {finding.rule}`",
        },
        "defaultConfiguration": {"level": _LEVEL[purpose.severity]},
        "properties": {
            "tags": ["security", "ethnic-tag", purpose.value],
            "precision": _PRECISION[finding.confidence],
            "problem.severity": {"error": "error", "warning": "warning"}.get(
                _LEVEL[purpose.severity], "recommendation"
            ),
            "security-severity": _SCORE[purpose.severity],
        },
    }


_HELP = {
    Purpose.TARGETING: "Something acts on people because of their ethnicity. Remove the rule and the field it reads.",
    Purpose.CAPABILITY: "The product infers or hands out ethnicity. Remove it from model, interface and documents.",
    Purpose.DATASET: "Biometric data are labelled with ethnicity. Drop the label, or say why it stays.",
    Purpose.RECORD: "Ethnicity is stored beside biometric data. Drop the field and what fills it.",
    Purpose.PROXY: "A stand-in sorts people as ethnicity would. Find out what reads it, and remove it if it does.",
    Purpose.RESIDUE: "What is left of an ethnic tag. Remove it, so that nobody switches it on again.",
    Purpose.CLAIM: "A text says that the product does it. Find out whether it does, and correct product or text.",
    Purpose.FAIRNESS: "Groups are named to measure error rates. Nothing to remove; keep it apart from the product.",
    Purpose.DECLARED: "It is read off a document or form. Keep it away from faces, searches and alerts.",
}


def _result(finding: Finding, index: int, bases: list[str]) -> dict[str, object]:
    place = finding.place
    words = glossary(finding.marks)
    lead = finding.lead
    body = glossed(finding.message or lead.why, words)
    text = f"{finding.owner or place.chain[-1]}: {body}"
    if len(place.chain) > 1:
        text += f" ({where(place)})"
    result: dict[str, object] = {"ruleId": _rule_id(finding), "ruleIndex": index}
    if finding.status is Status.HIDDEN:
        result["kind"] = "informational" if finding.severity is Severity.NOTE else "review"
        result["level"] = "none"
    else:
        result["kind"] = "fail"
        result["level"] = _LEVEL[finding.severity]
    result["message"] = {"text": visible(text, 1000)}
    snippet = "\n".join(visible("".join(piece for piece, _ in line.pieces)) for line in excerpt(finding))
    location: dict[str, object] = {"physicalLocation": _physical(place, bases, _region(place))}
    if snippet and "region" in location["physicalLocation"] and finding.excerpt:  # type: ignore[operator]
        start = finding.excerpt[0]
        location["physicalLocation"]["contextRegion"] = {  # type: ignore[index]
            "startLine": min(start, place.line or start),
            "endLine": max(start + snippet.count("\n"), place.end_line or start),
            "snippet": {"text": snippet},
        }
    location["logicalLocations"] = [
        {
            "name": visible(finding.owner, LIMIT) or visible(place.chain[-1], LIMIT),
            "fullyQualifiedName": visible(f"{where(place)} {finding.owner}".rstrip()),
        }
    ]
    result["locations"] = [location]
    related = [_related(number, mark, bases) for number, mark in enumerate(finding.marks[:_RELATED])]
    if related:
        result["relatedLocations"] = related
    digits = finding.key.removeprefix("k1:")
    result["partialFingerprints"] = {"primaryLocationLineHash": f"{digits}:1", "untag/k1": digits}
    if finding.status is Status.ACCEPTED:
        kind = "inSource" if finding.reason.lower().startswith("inline") else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": visible(rest(finding), LIMIT)}]
    fixes = _fixes(finding, bases)
    if fixes:
        result["fixes"] = fixes
    result["properties"] = _properties(finding, words)
    return result


def _properties(finding: Finding, words: dict[str, str]) -> dict[str, object]:
    row: dict[str, object] = {
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "purpose": finding.purpose.value,
        "status": finding.status.value,
        "why": [visible(glossed(c.why, words), 1000) for c in finding.claims],
        "against": [visible(f"{e.kind}: {e.text}", LIMIT) for e in (*finding.against, *finding.lead.against)],
        "origin": visible(finding.origin, LIMIT),
        "check": [visible(command) for command in finding.check],
    }
    if finding.status is Status.HIDDEN:
        row["reason"] = visible(rest(finding), LIMIT)
    if finding.span is not None:
        row["history"] = visible(lasting(finding), 2 * LIMIT)
    if words:
        row["glosses"] = {visible(word, LIMIT): visible(gloss, LIMIT) for word, gloss in words.items()}
    return row


def _related(number: int, mark: Mark, bases: list[str]) -> dict[str, object]:
    words = glossary((mark,), every=True)
    gloss = "; ".join(f"{word}: {meaning}" for word, meaning in words.items())
    spot = f" at {where(mark.place)}" if len(mark.place.chain) > 1 else ""
    text = f"{mark.role.value} {quoted(mark)}{spot}" + (f" ({gloss})" if gloss else "")
    return {
        "id": number,
        "physicalLocation": _physical(mark.place, bases, _region(mark.place)),
        "message": {"text": visible(text, 400)},
    }


def _fixes(finding: Finding, bases: list[str]) -> list[dict[str, object]]:
    """Safe edits only: a code host offers a fix as something to click."""
    fix = finding.fix
    if not fix or fix.get("safe") is not True or len(finding.place.chain) > 1:
        return []
    edits = fix.get("edits")
    replacements: list[dict[str, object]] = []
    for edit in edits if isinstance(edits, list) else []:
        if "line" in edit:
            region = {
                "startLine": edit["line"],
                "startColumn": edit["column"],
                "endLine": edit["end_line"],
                "endColumn": edit["end_column"],
            }
        else:
            region = {"byteOffset": edit["offset"], "byteLength": edit["length"]}
        replacement: dict[str, object] = {"deletedRegion": region}
        if edit["text"]:
            replacement["insertedContent"] = {"text": edit["text"]}
        replacements.append(replacement)
    if not replacements:
        return []
    change = {"artifactLocation": {"uri": _uri(finding.place, bases)}, "replacements": replacements}
    return [{"description": {"text": "Remove the tag (untag strip)"}, "artifactChanges": [change]}]


def _descriptor(reason: Reason) -> dict[str, object]:
    return {
        "id": f"gap/{reason.value}",
        "shortDescription": {"text": f"Not read: {reason.value}"},
        "fullDescription": {"text": REASONS[reason]},
        "defaultConfiguration": {"level": "error" if reason is Reason.CRASH else "warning"},
    }


def _asking(what: str) -> dict[str, object]:
    return {
        "id": f"untrusted/{what}",
        "shortDescription": {"text": f"Not obeyed: {what}"},
        "fullDescription": {"text": f"Inside an input that is not trusted; it was not obeyed ({what})."},
        "defaultConfiguration": {"level": "note"},
    }


def _unheeded(row: Unheeded, bases: list[str]) -> dict[str, object]:
    place = row.place
    text = f"Not obeyed ({row.what}): {'!'.join(place.chain)}{inner(place)}" + (f": {row.text}" if row.text else "")
    return {
        "descriptor": {"id": f"untrusted/{row.what}"},
        "level": "note",
        "message": {"text": visible(text, 1000)},
        "locations": [{"physicalLocation": _physical(place, bases, _region(place))}],
    }


def _notification(gap: Gap, bases: list[str]) -> dict[str, object]:
    place = gap.place
    text = f"Not read ({gap.reason.value}): {'!'.join(place.chain)}{inner(place)}"
    if gap.detail:
        text += f": {gap.detail}"
    if gap.accepted:
        text += f" [accepted: {gap.why or 'no reason recorded'}]"
    level = "note" if gap.accepted else "error" if gap.reason is Reason.CRASH else "warning"
    return {
        "descriptor": {"id": f"gap/{gap.reason.value}"},
        "level": level,
        "message": {"text": visible(text, 1000)},
        "locations": [{"physicalLocation": _physical(place, bases, _region(place))}],
        "properties": {"bytes": gap.size, "accepted": gap.accepted},
    }
