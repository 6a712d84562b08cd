"""Offline verification: whether a bundle is genuine, still holds, and is enough for who verifies it."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import Malformed, opened, strict
from untag.attest.seal import report_of
from untag.attest.statement import PREDICATE, SCHEMA, STATEMENT, identities, result
from untag.gap import UntagError
from untag.place import Place
from untag.report import digest_of
from untag.scan import scan
from untag.sources import Entry, choose
from untag.work import opened as artifact_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from untag.attest.demand import Demands
    from untag.attest.key import PublicKey
    from untag.scan import Options, Progress

__all__ = ["Check", "Verified", "rescanning", "schema_errors", "verify"]

#: Names of files that are quoted in one check.
_QUOTED = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: What: ``envelope``, ``signature``, ``statement``, ``validity``, ``digests``, ``coverage``, ``rescan``,
            ``demands``, ``inventory``.
        passed: Whether it holds.
        detail: One sentence.
    """

    name: str
    passed: bool
    detail: str


@dataclass
class Verified:
    """What came of verifying.

    Attributes:
        checks: In the order they were made; nothing is checked after the first of the first three that fails.
        result: What the bundle's data come to for the verifier: ``PASSED``, ``FAILED`` or ``INCOMPLETE``; nothing where
            the bundle is not genuine.
        reasons: Why it is not ``PASSED``.
        predicate: The statement's, once its signature was found to be by a trusted key.
    """

    checks: list[Check] = field(default_factory=list)
    result: str = ""
    reasons: list[str] = field(default_factory=list)
    predicate: Mapping[str, Any] | None = None

    @property
    def genuine(self) -> bool:
        """Whether every check holds."""
        return bool(self.checks) and all(c.passed for c in self.checks)

    @property
    def exit_code(self) -> int:
        """0 where it verifies and has passed, 3 where it verifies and is incomplete, else 1."""
        if not self.genuine or self.result == "FAILED":
            return 1
        return 3 if self.result == "INCOMPLETE" else 0

    def lines(self) -> list[str]:
        """What was checked, for people; the last line says what it comes to."""
        rows = [f"{'ok  ' if c.passed else 'FAIL'}  {c.name}: {c.detail}" for c in self.checks]
        if not self.genuine:
            return [*rows, "not verified"]
        why = f": {'; '.join(self.reasons)}" if self.reasons else ""
        return [*rows, f"verified, {self.result}{why}"]

    def json(self) -> str:
        """The same for programs."""
        row = {
            "schema": "untag.verification/1",
            "verified": self.genuine,
            "result": self.result if self.genuine else "",
            "reasons": self.reasons if self.genuine else [],
            "checks": [{"name": c.name, "passed": c.passed, "detail": c.detail} for c in self.checks],
        }
        return json.dumps(row, indent=2) + "\n"

    def add(self, name: str, passed: bool, detail: str) -> bool:  # noqa: FBT001 - what was found
        """Note a check, and say whether it holds."""
        self.checks.append(Check(name, passed, detail))
        return passed


def verify(
    bundle: bytes,
    specs: Sequence[str],
    keys: Sequence[PublicKey],
    demands: Demands,
    now: dt.datetime,
    rescan: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> Verified:
    """Verify a bundle against inputs.

    Args:
        bundle: Its bytes.
        specs: The inputs, in the order in which they were attested.
        keys: Those that the verifier trusts; a key that the bundle names is never fetched from it.
        demands: What the verifier asks for.
        now: The moment as of which it shall hold.
        rescan: Scans the inputs again as the predicate says; None where that was not asked for.

    Returns:
        Every check that could be made.

    Raises:
        UntagError: An input is not there.
    """
    made = Verified()
    predicate = _genuine(bundle, keys, made)
    if predicate is None:
        return made
    statement, predicate = predicate, predicate["predicate"]
    made.predicate = predicate
    _valid(predicate, now, made)
    _digests(statement, specs, made)
    if rescan is not None:
        _rescan(predicate, rescan(predicate), made)
    demands.check(predicate, made.add, rescanned=rescan is not None, now=now)
    made.result, made.reasons = demands.result(predicate)
    return made


def rescanning(
    specs: Sequence[str], options: Options, watch: Callable[[Progress], None] | None
) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """What scans inputs again as a predicate says that it was done.

    Args:
        specs: The inputs.
        options: Whatever the statement does not say: processes, passwords, policy.
        watch: Is shown the progress.
    """

    def again(predicate: Mapping[str, Any]) -> Mapping[str, Any]:
        said = predicate["options"]
        wanted = replace(
            options,
            history=said.get("history", False),
            unreachable=said.get("unreachable", False),
            respect_ignore=said.get("respect_ignore", False),
            limits=replace(options.limits, depth=said.get("depth", options.limits.depth)),
        )
        return report_of(scan(specs, wanted, watch))

    return again


def _genuine(bundle: bytes, keys: Sequence[PublicKey], made: Verified) -> dict[str, Any] | None:
    """The statement, where a trusted key signed it and it is one of ours and agrees with itself."""
    try:
        envelope = opened(bundle)
    except Malformed as error:
        made.add("envelope", False, f"the bundle cannot be used: {error}")  # noqa: FBT003
        return None
    made.add("envelope", True, "a DSSE envelope with one signature")  # noqa: FBT003
    signer = envelope.signer(keys)
    if signer is None:
        named = any(key.id == envelope.keyid for key in keys)
        said = "the signature does not fit the content" if named else "it is not signed by a key that is trusted here"
        made.add("signature", False, said)  # noqa: FBT003
        return None
    made.add("signature", True, f"{signer.kind}, key {signer.id}")  # noqa: FBT003
    wrong = _wrong(envelope.payload)
    if isinstance(wrong, str):
        made.add("statement", False, wrong)  # noqa: FBT003
        return None
    made.add("statement", True, "an in-toto statement of untag that agrees with itself")  # noqa: FBT003
    return wrong


def _wrong(payload: bytes) -> dict[str, Any] | str:
    """The statement, or what is wrong with it."""
    try:
        row = strict(payload)
    except Malformed as error:
        return f"the statement cannot be used: {error}"
    if not isinstance(row, dict) or row.get("_type") != STATEMENT or row.get("predicateType") != PREDICATE:
        return "it is no in-toto statement with untag's predicate"
    errors = schema_errors(row)
    if errors:
        return f"it does not keep to the schema of {SCHEMA}: {errors[0]}"
    predicate = row["predicate"]
    if (predicate["result"], predicate["reasons"]) != result(predicate):
        return "its result does not follow from what it says was found and not read"
    return row


def schema_errors(statement: Mapping[str, Any]) -> list[str]:
    """Where a statement does not keep to its schema, in order of place.

    Raises:
        UntagError: The library that checks schemas is not installed.
    """
    try:
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
    except ImportError:
        raise UntagError("verifying needs the library jsonschema: pip install 'untag[attest]'") from None
    here = Path(__file__).parent
    paths = (here / "predicate.schema.json", here.parent / "reports" / "report.schema.json")
    schema, report = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    table: Registry[Any] = Registry().with_resource(report["$id"], Resource.from_contents(report))
    errors = Draft202012Validator(schema, registry=table).iter_errors(statement)
    return sorted(f"/{'/'.join(map(str, e.absolute_path))}: {e.validator}" for e in errors)


def _valid(predicate: Mapping[str, Any], now: dt.datetime, made: Verified) -> None:
    start, end = (_time(predicate["run"][key]) for key in ("timeCreated", "notAfter"))
    if start is None or end is None:
        made.add("validity", False, "its times cannot be read")  # noqa: FBT003
    elif now < start:
        made.add("validity", False, f"it is from the future: made at {start.isoformat()}")  # noqa: FBT003
    elif now > end:
        made.add("validity", False, f"it expired at {end.isoformat()}")  # noqa: FBT003
    else:
        made.add("validity", True, f"made at {start.isoformat()}, holds until {end.isoformat()}")  # noqa: FBT003


def _time(text: str) -> dt.datetime | None:
    try:
        made = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return made if made.tzinfo is not None else None


def _digests(statement: Mapping[str, Any], specs: Sequence[str], made: Verified) -> None:
    """Compare every file of the inputs with what was read."""
    predicate = statement["predicate"]
    if len(specs) != len(predicate["inputs"]):
        count = len(predicate["inputs"])
        made.add("digests", False, f"it is about {count} input{'s' * (count != 1)}, not {len(specs)}")  # noqa: FBT003
        return
    here = list(_here(specs, respect_ignore=bool(predicate["options"].get("respect_ignore"))))
    if not predicate["rescanned"]:
        _inputs(statement, specs, here, made)
        return
    named: dict[tuple[int, str], str] = {}
    masked: Counter[str] = Counter()
    for row in statement["subject"]:
        number = row.get("annotations", {}).get("input", 0)
        if "<person>" in row["name"]:
            masked[row["digest"]["sha256"]] += 1
        else:
            named[number, row["name"]] = row["digest"]["sha256"]
    unread = {(g["place"]["input"], g["place"]["chain"][0]) for g in predicate["gaps"]}
    changed, extra, left = [], [], dict(named)
    for place, digest in here:
        name = place.input, place.chain[0]
        known = left.pop(name, None)
        if known is None and masked[digest] > 0:
            masked[digest] -= 1
        elif known is None and (name not in unread or digest):
            extra.append(place.chain[0])
        elif known is not None and known != digest:
            changed.append(place.chain[0])
    lost = [name for _, name in left] + ["<person>"] * sum(masked.values())
    for rows, said in ((changed, "changed"), (extra, "not covered"), (lost, "missing")):
        if rows:
            more = f" and {len(rows) - _QUOTED} more" if len(rows) > _QUOTED else ""
            made.add("digests", False, f"{said}: {', '.join(sorted(rows)[:_QUOTED])}{more}")  # noqa: FBT003
    if not (changed or extra or lost):
        made.add("digests", True, f"all {len(here):,} files are the ones that were read")  # noqa: FBT003


def _inputs(
    statement: Mapping[str, Any], specs: Sequence[str], here: Sequence[tuple[Place, str]], made: Verified
) -> None:
    """The same where a report was signed that knows only its inputs."""
    for number, spec in enumerate(specs):
        rows = [(p.chain, "sha256:" + digest) for p, digest in here if p.input == number and digest]
        known = statement["subject"][number]["digest"]["untagInput1"]
        same = digest_of(rows, folder=os.path.isdir(spec)) == "sha256:" + known  # noqa: PTH112 - names that are no text
        said = "is the one that the report is about" if same else "is not the one that the report is about"
        made.add("digests", same, f"{spec} {said}")


def _here(specs: Sequence[str], *, respect_ignore: bool) -> Iterator[tuple[Place, str]]:
    """Every file of the inputs with its digest; nothing for one that cannot be opened."""
    for number, spec in enumerate(specs):
        for found in choose(spec).walk(spec, number, respect_ignore=respect_ignore):
            if isinstance(found, Entry):
                yield Place(found.place.chain, number), _hashed(found)


def _hashed(entry: Entry) -> str:
    """Hexadecimal SHA-256 of an entry's bytes."""
    try:
        return artifact_of(entry).digest.removeprefix("sha256:")
    except OSError:
        return ""


def _rescan(predicate: Mapping[str, Any], report: Mapping[str, Any], made: Verified) -> None:
    """Compare what is found and not read now with what is stated."""
    before, now = identities(predicate["findings"]), identities(report["findings"])
    for rows, said in ((now - before, "found now and not stated"), (before - now, "stated and not found now")):
        if rows:
            keys = ", ".join(sorted(key for key, *_ in rows)[:_QUOTED])
            made.add("rescan", False, f"{len(rows):,} {said}: {keys}")  # noqa: FBT003
    gaps = [{_gap(row) for row in rows["gaps"]} for rows in (predicate, report)]
    if gaps[0] != gaps[1]:
        count = len(gaps[0] ^ gaps[1])
        made.add("rescan", False, f"{count:,} gaps are stated or met, and not both")  # noqa: FBT003
    if before == now and gaps[0] == gaps[1]:
        same = predicate["digests"]["lexicon"] == report["digests"]["lexicon"]
        by = "with the same lexicon" if same else "with another lexicon"
        made.add("rescan", True, f"a scan {by} finds the same {len(now):,} things and the same gaps")  # noqa: FBT003


def _gap(row: Mapping[str, Any]) -> str:
    place = {k: v for k, v in row["place"].items() if k != "input"}
    return json.dumps([place, row["place"].get("input", 0), row["reason"]], sort_keys=True)
