"""The record: what was there, what was done, what was proven, and what no edit reaches; signed where a key is given."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import sealed
from untag.attest.seal import report_of
from untag.attest.statement import STATEMENT, written
from untag.reports._text import cut, wire
from untag.strip.hunk import unsaid
from untag.strip.show import LIMITS, unified, unreached

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.attest.key import PrivateKey
    from untag.edit import Edit
    from untag.place import Place
    from untag.strip.refer import Reference
    from untag.strip.remove import Outcome, Row
    from untag.strip.work import Change

__all__ = ["PREDICATE", "SCHEMA", "files", "told"]

#: The type of the statement's predicate.
PREDICATE = "urn:untag:strip:1"
SCHEMA = "untag.strip/1"


def told(outcome: Outcome, references: Sequence[Reference]) -> dict[str, Any]:
    """What was done, for programs: the same bytes for the same input, beside ``run``.

    Args:
        outcome: What strip did, or would do.
        references: What still refers to names that are gone.
    """
    after = outcome.after
    return {
        "schema": SCHEMA,
        "tool": {"name": "untag", "version": outcome.before.version},
        "digests": dict(outcome.before.digests),
        "input": {"spec": outcome.spec, "digest": outcome.before.inputs[0].digest},
        "output": {"digest": after.inputs[0].digest} if after is not None else None,
        "rounds": outcome.rounds,
        "summary": {
            word: sum(row.verdict == word for row in outcome.rows) for word in ("removed", "masked", "kept")
        },
        "findings": [_row(row) for row in outcome.rows],
        "files": [_change(change) for change in outcome.changes],
        "references": [{"name": r.name, "kind": r.kind, "place": _place(r.place)} for r in references],
        "rescan": None if after is None else {
            "verdict": after.verdict, "summary": after.summary,
            "gaps": [{"place": _place(g.place), "reason": g.reason.value, "accepted": g.accepted} for g in after.gaps],
        },
        "left_out": dict(sorted(outcome.copy.left.items())) if outcome.copy is not None else {},
        "unreached": list(unreached(outcome)),
        "limits": list(LIMITS),
    }  # fmt: skip


def files(outcome: Outcome, references: Sequence[Reference], key: PrivateKey | None) -> dict[str, str]:
    """The files of the evidence, by name.

    ``before.json`` is the report of the input, ``removed.diff`` the text that went, ``strip.json`` the record with the
    digests of both; with a key ``strip.att.json`` is the record as a signed in-toto statement instead. Where SQL lost
    columns, ``migration.sql`` says what databases made from it have to do.
    """
    before = wire(json.dumps(report_of(outcome.before), indent=2, ensure_ascii=False)) + "\n"
    diff = "".join(unified(outcome))
    made = told(outcome, references)
    rows = {"before.json": before, "removed.diff": diff}
    if run := migration(outcome):
        rows["migration.sql"] = run
    made["evidence"] = {name: _sha(text) for name, text in rows.items()}
    made["run"] = {"created": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat(), "signed": key is not None}
    if key is None:
        rows["strip.json"] = wire(json.dumps(made, indent=2, ensure_ascii=False)) + "\n"
        return rows
    subject = [{"name": name, "digest": {"sha256": value}} for name, value in _subjects(outcome)]
    statement = {"_type": STATEMENT, "subject": subject, "predicateType": PREDICATE, "predicate": made}
    rows["strip.att.json"] = sealed(written(statement), key)
    return rows


def migration(outcome: Outcome) -> str:
    """Statements for databases that were made from what was stripped; nothing runs them."""
    out: list[str] = []
    for change in outcome.changes:
        lines = list(dict.fromkeys(line for edit in change.edits for line in edit.run.split("\n") if line))
        if lines:
            out += [f"-- {'!'.join(change.chain)}".replace("\n", " "), *lines]
    return "\n".join(out) + "\n" if out else ""


def _sha(text: str) -> str:
    from hashlib import sha256

    return "sha256:" + sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _subjects(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Every file of the output with its digest."""
    from hashlib import file_digest

    for name, path in sorted(outcome.copy.files.items()) if outcome.copy is not None else ():
        if os.path.isfile(path):  # noqa: PTH113
            with open(path, "rb") as file:  # noqa: PTH123
                yield name, file_digest(file, "sha256").hexdigest()


def _row(row: Row) -> dict[str, Any]:
    finding = row.finding
    return {
        "key": finding.key,
        "rule": finding.rule,
        "severity": finding.severity.word,
        "purpose": finding.purpose.value,
        "owner": cut(finding.owner),
        "place": _place(finding.place),
        "verdict": row.verdict,
        "reason": row.reason,
        "later": row.later,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "chain": list(change.chain),
        "rewriter": change.rewriter,
        "before": {"digest": change.before[0], "bytes": change.before[1]},
        "after": {"digest": change.after[0], "bytes": change.after[1]} if change.after is not None else None,
        "whole": change.whole,
        **({"becomes": change.plan.name} if change.plan.name and change.edits else {}),
        "edits": [_edit(edit, secret=change.secret) for edit in change.edits],
        "proof": list(change.said),
        "facts": dict(sorted(change.facts.items())),
        "kept": dict(sorted(change.kept.items())),
        "masked": dict(sorted(change.masked.items())),
        "beside": sorted(change.plan.beside),
        "notes": list(change.plan.notes),
        **({"planned": list(change.plan.planned)} if change.plan.planned else {}),
    }


def _edit(edit: Edit, *, secret: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"start": edit.start, "end": edit.end} if edit.start >= 0 else {}
    row |= {"what": unsaid(edit.what) if secret else edit.what, "safe": edit.safe, "keys": sorted(edit.keys)}
    return row | ({"why": edit.why} if edit.why else {}) | ({"new_bytes": len(edit.new)} if edit.new else {})


def _place(place: Place) -> dict[str, Any]:
    row: dict[str, Any] = {"chain": list(place.chain)}
    for key in ("line", "end_line", "column", "pointer", "offset", "commit"):
        value = getattr(place, key)
        if value is not None:
            row[key] = value
    return row
