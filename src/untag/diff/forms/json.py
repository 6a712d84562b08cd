"""JSON for programs, schema ``untag.diff/1``: everything, in fixed order; the same two sides give the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import untag
from untag.reports._text import cut, wire
from untag.reports.json import placed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.diff.outcome import Outcome, Reason, Row
    from untag.diff.side import Item, Side
    from untag.gap import Gap
    from untag.place import Place
    from untag.reports import View

__all__ = ["SCHEMA", "JsonForm"]

SCHEMA = "untag.diff/1"


class JsonForm:
    """The comparison that other programs rely on; its JSON Schema is ``diff.schema.json`` beside this module.

    Text stands as found, cut at 200 characters, and what could hide or move text on a screen is an escape. Keys are
    only ever added.
    """

    name = "json"

    def write(self, outcome: Outcome, view: View) -> Iterator[str]:  # noqa: ARG002 - display options never change it
        """One JSON object."""
        count = outcome.count
        made = {
            "schema": SCHEMA,
            "tool": {"name": "untag", "version": untag.__version__},
            "old": _side(outcome.old),
            "new": _side(outcome.new),
            "complete": not outcome.incomplete,
            "gate": {
                "asked": outcome.gate,
                "fail_on": outcome.fail_on.word,
                "fails": len(outcome.failing),
            },
            "exit_code": outcome.code,
            "summary": {name: count[name] for name in (*_VERDICTS, "graver")},
            "findings": [_row(row) for row in outcome.rows],
            "remarks": list(outcome.remarks),
        }
        yield wire(json.dumps(made, ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


_VERDICTS = ("added", "laundered", "unknown", "moved", "removed", "unchanged")


def _side(side: Side) -> dict[str, object]:
    row = side.row
    return {
        "name": side.name,
        "kind": side.kind,
        "inputs": [{"spec": i["spec"], "kind": i["kind"], "digest": i["digest"]} for i in row["inputs"]],
        "digests": dict(row["digests"]),
        "verdict": row["verdict"],
        "interrupted": side.interrupted,
        "files_at_hand": side.held,
        "gaps": [_gap(gap) for gap in side.gaps],
    }


def _gap(gap: Gap) -> dict[str, object]:
    return {"place": placed(gap.place), "reason": gap.reason.value, "detail": gap.detail, "accepted": gap.accepted}


def _row(row: Row) -> dict[str, object]:
    return {
        "verdict": row.verdict.value,
        "graver": row.graver,
        "old": _item(row.old),
        "new": _item(row.new),
        "reasons": [_reason(reason) for reason in row.reasons],
    }


def _item(item: Item | None) -> dict[str, object] | None:
    if item is None:
        return None
    return {
        "key": item.key,
        "rule": item.rule,
        "severity": item.severity.word,
        "confidence": item.confidence.word,
        "purpose": item.purpose.value,
        "status": item.status.value,
        "owner": cut(item.owner),
        "place": placed(item.place),
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {"kind": reason.kind, "text": reason.text, "old": _spot(reason.old), "new": _spot(reason.new)}


def _spot(one: tuple[Place, str] | None) -> dict[str, object] | None:
    return None if one is None else {"place": placed(one[0]), "text": cut(one[1])}
