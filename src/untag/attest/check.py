"""Offline verification: whether a bundle is genuine, still holds, and is enough for who verifies it."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import Malformed, opened
from untag.attest.seal import report_of
from untag.attest.sound import moment, sound
from untag.judge.person import Persons
from untag.lexicon import load
from untag.place import Place
from untag.report import digest_of
from untag.scan import scan
from untag.sources import Entry, Passed, choose
from untag.work import opened as artifact_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from untag.attest.demand import Demands
    from untag.attest.key import PublicKey
    from untag.scan import Options, Progress

__all__ = ["Check", "Verified", "rescanning", "verify"]

#: What a repetition has to cover as well.
_COVER = ("artifacts", "bytes", "ignored", "ignored_artifacts")
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
    *,
    ignoring: bool = False,
) -> Verified:
    """Verify a bundle against inputs.

    Args:
        bundle: Its bytes.
        specs: The inputs, in the order in which they were attested.
        keys: Those that the verifier trusts; a key that the bundle names is never fetched from it.
        demands: What the verifier asks for.
        now: The moment as of which it shall hold.
        rescan: Scans the inputs again as the predicate says; None where that was not asked for.
        ignoring: Whether ignore files are obeyed, where the statement does not say it.

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
    _digests(statement, specs, made, ignoring=ignoring)
    if rescan is not None:
        _rescan(predicate, rescan(predicate), made)
    demands.check(predicate, made.add, rescanned=rescan is not None, now=now)
    made.result, made.reasons = demands.result(predicate)
    if predicate["options"].get("history") and rescan is None:
        made.reasons.append("the past of the inputs is proven only by --rescan")
        made.result = "INCOMPLETE" if made.result == "PASSED" else made.result
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
        report = scan(specs, wanted, watch)
        if report.interrupted:
            raise KeyboardInterrupt
        return report_of(report)

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
    try:
        row = sound(envelope.payload)
    except Malformed as error:
        made.add("statement", False, f"the statement cannot be used: {error}")  # noqa: FBT003
        return None
    made.add("statement", True, "an in-toto statement of untag that agrees with itself")  # noqa: FBT003
    return row


def _valid(predicate: Mapping[str, Any], now: dt.datetime, made: Verified) -> None:
    start, end = (moment(predicate["run"][key]) or now for key in ("timeCreated", "notAfter"))
    if now < start:
        made.add("validity", False, f"it is from the future: made at {start.isoformat()}")  # noqa: FBT003
    elif now > end:
        made.add("validity", False, f"it expired at {end.isoformat()}")  # noqa: FBT003
    else:
        made.add("validity", True, f"made at {start.isoformat()}, holds until {end.isoformat()}")  # noqa: FBT003


@dataclass
class _Here:
    """What the inputs hold now.

    Attributes:
        files: Place and hexadecimal digest of every file; no digest where it cannot be opened.
        passed: (input, chain, why) of what is passed over.
        refused: (input, chain, reason) of what the walk does not enter.
        persons: Masks the names of persons.
    """

    files: list[tuple[Place, str]] = field(default_factory=list)
    passed: set[tuple[int, tuple[str, ...], str]] = field(default_factory=set)
    refused: set[tuple[int, tuple[str, ...], str]] = field(default_factory=set)
    persons: Persons | None = None

    def named(self, place: Place) -> Place:
        """A place as it may be told."""
        return place if self.persons is None else self.persons.place(place)


def _here(specs: Sequence[str], *, respect_ignore: bool) -> _Here:
    made = _Here()
    over: list[tuple[Place, str]] = []
    for number, spec in enumerate(specs):
        for found in choose(spec).walk(spec, number, respect_ignore=respect_ignore):
            if isinstance(found, Entry):
                made.files.append((Place(found.place.chain, number), _hashed(found)))
            elif isinstance(found, Passed):
                over.append((found.place, found.why))
            else:
                made.refused.add((number, found.place.chain, found.reason.value))
    made.persons = Persons(load(), [(p.input, p.flat) for p, _ in made.files], lambda *_: True)
    made.passed = {(p.input, made.named(p).chain, why) for p, why in over}
    made.refused = {(n, made.named(Place(chain, n)).chain, why) for n, chain, why in made.refused}
    return made


def _digests(statement: Mapping[str, Any], specs: Sequence[str], made: Verified, *, ignoring: bool) -> None:
    """Compare every file of the inputs with what was read."""
    predicate = statement["predicate"]
    if len(specs) != len(predicate["inputs"]):
        count = len(predicate["inputs"])
        made.add("digests", False, f"it is about {count} input{'s' * (count != 1)}, not {len(specs)}")  # noqa: FBT003
        return
    here = _here(specs, respect_ignore=bool(predicate["options"].get("respect_ignore", ignoring)))
    told = [(p, "sha256:" + digest) for p, digest in here.files if digest]
    whole = [
        digest_of([(p.chain, digest) for p, digest in told if p.input == number], folder=os.path.isdir(spec))  # noqa: PTH112
        == row["digest"]
        for number, (spec, row) in enumerate(zip(specs, predicate["inputs"], strict=True))
    ]
    if not predicate["rescanned"]:
        for row, same in zip(predicate["inputs"], whole, strict=True):
            said = "is the one that the report is about" if same else "is not the one that the report is about"
            made.add("digests", same, f"{row['spec']} {said}")
        return
    rows = Counter(_subject(row) for row in statement["subject"])
    rows.subtract((p.input, here.named(p).chain[0], digest) for p, digest in here.files if digest)
    before, now = ({(n, name) for (n, name, _), count in rows.items() if sign * count > 0} for sign in (1, -1))
    known = {(g["place"].get("input", 0), tuple(g["place"]["chain"]), g["reason"]) for g in predicate["gaps"]}
    over = {(row["input"], tuple(row["chain"]), row["why"]) for row in predicate["passed"]}
    differences: dict[str, Iterable[tuple[int, str | tuple[str, ...]]]] = {
        "changed": before & now,
        "missing": before - now,
        "not covered": now - before,
        "not to be read, and not said to be": {(n, chain) for n, chain, _ in here.refused - known},
        "passed over now and not then, or then and not now": {(n, chain) for n, chain, _ in here.passed ^ over},
    }
    sound = True
    for said, places in differences.items():
        if places:
            sound = made.add("digests", False, f"{said}: {_quoted(places)}")  # noqa: FBT003
    past = predicate["options"].get("history", False)
    if sound and not past and not all(whole):
        # Alike one by one, but not as a whole: a name that is masked is another one now.
        sound = made.add("digests", False, "the files are the same, and names that are not told differ")  # noqa: FBT003
    if sound and here.files:
        made.add("digests", True, f"all {len(here.files):,} files are the ones that were read")  # noqa: FBT003
    elif sound:
        made.add("digests", past, "there is no file to compare")


def _subject(row: Mapping[str, Any]) -> tuple[int, str, str]:
    return row.get("annotations", {}).get("input", 0), row["name"], row["digest"]["sha256"]


def _quoted(places: Iterable[tuple[int, str | tuple[str, ...]]]) -> str:
    """A few names."""
    names = sorted(name if isinstance(name, str) else "!".join(name) for _, name in places)
    more = f" and {len(names) - _QUOTED} more" if len(names) > _QUOTED else ""
    return ", ".join(names[:_QUOTED]) + more


def _hashed(entry: Entry) -> str:
    """Hexadecimal SHA-256 of an entry's bytes."""
    try:
        return artifact_of(entry).digest.removeprefix("sha256:")
    except OSError:
        return ""


def _rescan(predicate: Mapping[str, Any], report: Mapping[str, Any], made: Verified) -> None:
    """Compare what is found and not read now with what is stated."""
    before, now = _told(predicate["findings"]), _told(report["findings"])
    cover = [{key: row["coverage"][key] for key in _COVER} for row in (predicate, report)]
    if cover[0] != cover[1]:
        names = ", ".join(key for key in _COVER if cover[0][key] != cover[1][key])
        made.add("rescan", False, f"the coverage is another: {names}")  # noqa: FBT003
    for rows, said in ((now - before, "found now and not stated"), (before - now, "stated and not found now")):
        if rows:
            keys = ", ".join(sorted(key for key, *_ in rows)[:_QUOTED])
            made.add("rescan", False, f"{len(rows):,} {said}: {keys}")  # noqa: FBT003
    gaps = [{_gap(row) for row in rows["gaps"]} for rows in (predicate, report)]
    if gaps[0] != gaps[1]:
        count = len(gaps[0] ^ gaps[1])
        made.add("rescan", False, f"{count:,} gaps are stated or met, and not both")  # noqa: FBT003
    if before == now and gaps[0] == gaps[1] and cover[0] == cover[1]:
        same = predicate["digests"]["lexicon"] == report["digests"]["lexicon"]
        by = "with the same lexicon" if same else "with another lexicon"
        made.add("rescan", True, f"a scan {by} finds the same {len(now):,} things and the same gaps")  # noqa: FBT003


def _told(rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str, str, bool]]:
    """What findings are and whether they are hidden: whatever a policy accepts was shown."""
    return {(r["key"], r["rule"], r["severity"], r["purpose"], r["status"] == "hidden") for r in rows}


def _gap(row: Mapping[str, Any]) -> str:
    place = {k: v for k, v in row["place"].items() if k != "input"}
    return json.dumps([place, row["place"].get("input", 0), row["reason"]], sort_keys=True)
