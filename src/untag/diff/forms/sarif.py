"""SARIF 2.1.0 with ``baselineState``, for code hosts and viewers that tell new results from old ones.

Added is ``new``; unchanged is ``unchanged``; laundered, moved and graver ones are ``updated``; removed is ``absent``.
What was not read in NEW has no such state, since the standard has none for what is not known, and the kind ``open``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import untag
from untag.diff.forms._words import PRESENCE, named
from untag.diff.outcome import Verdict
from untag.finding import Severity
from untag.reports._text import LIMIT, visible, wire
from untag.reports._view import inner, where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.diff.outcome import Outcome, Row
    from untag.gap import Gap
    from untag.place import Place
    from untag.reports import View

__all__ = ["SarifForm"]

_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {
    Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note",
    Severity.NOTE: "none",
}  # fmt: skip
_STATE = {
    Verdict.ADDED: "new", Verdict.LAUNDERED: "updated", Verdict.MOVED: "updated", Verdict.REMOVED: "absent",
    Verdict.UNCHANGED: "unchanged",
}  # fmt: skip


class SarifForm:
    """One run whose results say what became of them."""

    name = "sarif"

    def write(self, outcome: Outcome, view: View) -> Iterator[str]:  # noqa: ARG002 - display options never change it
        """One SARIF log."""
        rules = sorted({_rule(row) for row in outcome.rows})
        run: dict[str, object] = {
            "tool": {
                "driver": {
                    "name": "untag",
                    "version": untag.__version__,
                    "rules": [
                        {"id": name, "shortDescription": {"text": f"Ethnic tag: {name.replace('/', ' (')})"}}
                        for name in rules
                    ],
                    "notifications": [
                        {"id": f"gap/{reason}", "shortDescription": {"text": f"Not read: {reason}"}}
                        for reason in sorted({g.reason.value for s in (outcome.old, outcome.new) for g in s.gaps})
                    ],
                }
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [
                {
                    "executionSuccessful": not (outcome.old.interrupted or outcome.new.interrupted),
                    "toolExecutionNotifications": [
                        _gap(name, gap)
                        for name, side in (("OLD", outcome.old), ("NEW", outcome.new))
                        for gap in side.gaps
                    ],
                }
            ],
            "results": [_result(row, rules) for row in outcome.rows],
            "properties": {
                "sentence": outcome.sentence, "presence": PRESENCE, "remarks": outcome.remarks,
                "old": visible(outcome.old.name, LIMIT), "new": visible(outcome.new.name, LIMIT),
            },
        }  # fmt: skip
        log = {"$schema": _URI, "version": "2.1.0", "runs": [run]}
        yield wire(json.dumps(log, ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def _rule(row: Row) -> str:
    return f"{row.item.purpose.value}/{row.item.rule}"


def _result(row: Row, rules: list[str]) -> dict[str, object]:
    item = row.item
    said = "; ".join(visible(f"{r.kind}: {r.text}", 2 * LIMIT) for r in row.reasons) or visible(item.message, 2 * LIMIT)
    state = "updated" if row.graver else _STATE.get(row.verdict)
    unknown = row.verdict is Verdict.UNKNOWN
    made: dict[str, object] = {
        "ruleId": _rule(row),
        "ruleIndex": rules.index(_rule(row)),
        "kind": "open" if unknown else "fail",
        "level": "none" if unknown else _LEVEL[row.severity],
        "message": {"text": f"{row.verdict.value}: {named(row)}" + (f": {said}" if said else "")},
        "locations": [_located(item.place)],
        "partialFingerprints": {"untag/k1": item.key},
    }
    if state is not None:
        made["baselineState"] = state
    if item.severity is Severity.NOTE and not unknown:
        made["kind"] = "informational"
    related = [
        {"id": number, **_located(place), "message": {"text": visible(f"{label}: {text or where(place)}", LIMIT)}}
        for number, (label, place, text) in enumerate(
            ((label, *spot) for r in row.reasons for label, spot in (("was", r.old), ("is", r.new)) if spot), 1
        )
    ]
    if related:
        made["relatedLocations"] = related[:20]
    made["properties"] = {"verdict": row.verdict.value, "graver": row.graver}
    return made


def _located(place: Place) -> dict[str, object]:
    path = place.chain[0].encode("utf-8", "backslashreplace")
    physical: dict[str, object] = {"artifactLocation": {"uri": quote(path, safe="/~-._").lstrip("/") or "."}}
    if len(place.chain) == 1 and place.line is not None:
        region: dict[str, object] = {"startLine": place.line}
        if place.column is not None:
            region["startColumn"] = place.column
        physical["region"] = region
    row: dict[str, object] = {"physicalLocation": physical}
    if len(place.chain) > 1:
        row["logicalLocations"] = [{"fullyQualifiedName": visible(where(place), LIMIT)}]
    return row


def _gap(name: str, gap: Gap) -> dict[str, object]:
    text = f"Not read in {name} ({gap.reason.value}): {'!'.join(gap.place.chain)}{inner(gap.place)}"
    return {
        "descriptor": {"id": f"gap/{gap.reason.value}"},
        "level": "note" if gap.accepted else "warning",
        "message": {"text": visible(text + (f": {gap.detail}" if gap.detail else ""), 1000)},
        "locations": [_located(gap.place)],
    }
