"""What is signed: an in-toto Statement v1 whose predicate says what was read, found and not read, and nothing more."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, metadata, version
from typing import TYPE_CHECKING, Any

from untag import lexicon as words
from untag.registry import names
from untag.reports._words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from untag.report import Read

__all__ = [
    "PREDICATE", "SCHEMA", "STATEMENT", "Claimant", "Facts", "extras", "identity", "result", "statement", "unreads",
    "written",
]  # fmt: skip

#: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
STATEMENT = "https://in-toto.io/Statement/v1"
#: The predicate's type; its JSON Schema is ``predicate.schema.json`` beside this module.
PREDICATE = "urn:untag:attestation:1"
SCHEMA = "untag.attestation/1"
#: Severities of accepted findings with which nothing has passed.
_GRAVE = frozenset({"high", "critical"})
#: Keys of a finding that are stated: what it is and where, and no excerpt.
_FINDING = ("key", "rule", "severity", "confidence", "purpose", "status", "reason", "owner")


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who says it.

    Attributes:
        name: As it is to be read.
        party: ``self`` for the maker of the product, ``third-party`` for somebody else.
    """

    name: str
    party: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a statement says beside a report.

    Attributes:
        claimant: Who says it.
        product: Name of what was scanned, or nothing.
        created: When it is made, RFC 3339.
        until: When it expires, RFC 3339.
        options: How it was scanned: what a repetition needs.
        rescanned: Whether the input was scanned for this statement, or an earlier report was taken as it is.
        subjects: (name, number of the input, hexadecimal SHA-256) of each outermost artifact that was read.
        passed: Input number, chain and why of what was passed over.
        inventory: Items of an inventory, each with its state.
        previous: The last attestation of the same product.
        extras: Libraries that were there.
        past: Of each repository whose past was read what that was.
    """

    claimant: Claimant
    product: str
    created: str
    until: str
    options: Mapping[str, object]
    rescanned: bool
    subjects: Sequence[tuple[str, int, str]] = ()
    passed: Sequence[tuple[int, tuple[str, ...], str]] = ()
    inventory: Sequence[Mapping[str, Any]] = ()
    previous: Mapping[str, Any] | None = None
    extras: Mapping[str, str | None] = field(default_factory=dict)
    past: Sequence[Read] = ()


def statement(report: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Make a statement.

    Args:
        report: A report, ``untag.report/1``.
        facts: The rest.

    Returns:
        The statement. Beside ``predicate.run`` the same report and facts give the same bytes (see ``written``).
    """
    lexicon = words.load()
    counts = {"terms": len(lexicon.terms), "forms": _forms(), "code_systems": len(lexicon.codes)}
    predicate: dict[str, Any] = {
        "schema": SCHEMA,
        "claimant": {"name": facts.claimant.name, "party": facts.claimant.party},
        "product": facts.product,
        "tool": dict(report["tool"]),
        "digests": dict(report["digests"]),
        "lexicon": counts if report["digests"]["lexicon"] == lexicon.digest else None,
        "readers": list(names("untag.readers")) if facts.rescanned else None,
        "extras": dict(facts.extras) if facts.rescanned else None,
        "rescanned": facts.rescanned,
        "options": dict(facts.options),
        "inputs": [dict(row) for row in report["inputs"]],
        "report": {"schema": report["schema"], "digest": {"sha256": _digest(report)}},
        "verdict": report["verdict"],
        "interrupted": report["interrupted"],
        "summary": report["summary"],
        "findings": [_finding(row) for row in report["findings"]],
        "gaps": [dict(row) for row in report["gaps"]],
        "untrusted": [dict(row) for row in report["untrusted"]],
        "coverage": report["coverage"],
        "passed": [{"input": n, "chain": list(chain), "why": why} for n, chain, why in facts.passed],
        "inventory": [dict(row) for row in facts.inventory],
        "previous": dict(facts.previous) if facts.previous is not None else None,
    }
    predicate["result"], predicate["reasons"] = result(predicate)
    predicate["run"] = {"timeCreated": facts.created, "notAfter": facts.until}
    return {"_type": STATEMENT, "subject": _subjects(report, facts), "predicateType": PREDICATE, "predicate": predicate}


def written(made: Mapping[str, Any]) -> bytes:
    """The bytes of a statement: keys in order, no spaces, ASCII."""
    return json.dumps(made, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def result(predicate: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What follows from the rest of a predicate.

    Args:
        predicate: With findings, gaps, coverage and inventory.

    Returns:
        ``PASSED``, ``FAILED`` or ``INCOMPLETE``, and the reasons against the first, gravest first.
    """
    failed, missing = [], []
    shown = sum(row["status"] == "shown" for row in predicate["findings"])
    grave = sum(row["status"] == "accepted" and row["severity"] in _GRAVE for row in predicate["findings"])
    if shown:
        failed.append(f"{count(shown, 'finding')} shown")
    if grave:
        failed.append(f"{count(grave, 'high or critical finding')} accepted, which does not remove them")
    opened = sum(not row["accepted"] for row in predicate["gaps"])
    if opened:
        missing.append(f"{count(opened, 'place')} could not be read")
    ignored = predicate["coverage"]["ignored_artifacts"]
    if ignored:
        missing.append(f"{count(ignored, 'file')} that an ignore file names were not read")
    if predicate["interrupted"]:
        missing.append("the scan was interrupted")
    if not predicate["coverage"]["artifacts"]:
        missing.append("nothing was read")
    for row in predicate["inventory"]:
        if row["state"] == "gap":
            missing.append(f"{row['name']} of the inventory has no report")
        elif row["result"] == "FAILED":
            failed.append(f"{row['name']} of the inventory failed")
        elif row["result"] == "INCOMPLETE":
            missing.append(f"{row['name']} of the inventory is incomplete")
    return ("FAILED" if failed else "INCOMPLETE" if missing else "PASSED"), failed + missing


def identity(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """What a finding is, apart from how sure it is and whether it is accepted: for comparisons."""
    return row["key"], row["rule"], row["severity"], row["purpose"]


def unreads(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """What gaps are, whether they are accepted or not: for comparisons."""
    return {json.dumps([row["place"], row["reason"]], sort_keys=True) for row in rows}


def extras() -> dict[str, str | None]:
    """Versions of the libraries that untag can use, by name; None for one that is not installed."""
    try:
        wanted = metadata("untag").get_all("Requires-Dist") or []
    except PackageNotFoundError:
        return {}
    made: dict[str, str | None] = {}
    for row in wanted:
        name = row.partition(";")[0].strip()
        for sign in "<>=!~[( ":
            name = name.partition(sign)[0]
        if name == "untag" or "extra == 'test'" in row.replace('"', "'"):
            continue
        try:
            made[name] = version(name)
        except PackageNotFoundError:
            made[name] = None
    return dict(sorted(made.items()))


def _subjects(report: Mapping[str, Any], facts: Facts) -> list[dict[str, Any]]:
    """Each artifact with its digest; of an earlier report only its inputs."""
    if not facts.rescanned:
        # ``inputs[].digest`` of the report: a file's own, or one over the sorted list of what a folder holds.
        return [
            {"name": row["spec"], "digest": {"untagInput1": row["digest"].removeprefix("sha256:")}}
            for row in report["inputs"]
        ]
    made = []
    for name, number, value in sorted(facts.subjects, key=lambda s: (s[1], s[0], s[2])):
        one: dict[str, Any] = {"name": name, "digest": {"sha256": value}}
        if number:
            one["annotations"] = {"input": number}
        made.append(one)
    # A past may have millions of blobs: the list of them is the subject, and who verifies makes it again.
    for number, chain, blobs, messages, value in facts.past:
        told = {"past": True, "blobs": blobs, "messages": messages, **({"input": number} if number else {})}
        digest = {"sha256": value.removeprefix("sha256:")}
        made.append({"name": "/".join(chain), "digest": digest, "annotations": told})
    return made


def _finding(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**{key: row[key] for key in _FINDING}, "place": row["place"]}


def _digest(report: Mapping[str, Any]) -> str:
    """Of a report without the block of what is not repeatable."""
    return hashlib.sha256(written({k: v for k, v in report.items() if k != "run"})).hexdigest()


def _forms() -> int:
    return len({form.word for term in words.load().terms.values() for form in term.forms})
