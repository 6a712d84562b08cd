"""Offline verification: whether a bundle is genuine, still holds, and is enough for who verifies it."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from untag.artifact import WHOLE
from untag.attest import keyless
from untag.attest.dsse import Malformed, opened
from untag.attest.seal import report_of
from untag.attest.sound import moment, sound
from untag.attest.stamp import stamped
from untag.attest.statement import identity, unreads
from untag.fill import filled
from untag.fill import opened as artifact_of
from untag.gap import Gap
from untag.history.repository import home
from untag.judge.person import PERSON, Persons
from untag.lexicon import load
from untag.outcome import Outcome
from untag.past import Past, opened_all
from untag.place import Place
from untag.report import digest_of
from untag.reports._words import count
from untag.scan import scan
from untag.sources import Entry, Passed, choose

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cryptography.x509 import Certificate

    from untag.attest.demand import Demands
    from untag.attest.dsse import Envelope
    from untag.attest.key import PublicKey
    from untag.attest.keyless import Identity
    from untag.report import Read
    from untag.scan import Options, Progress

__all__ = ["Check", "Verified", "rescanning", "verify"]

#: What a repetition has to cover as well.
_COVER = ("artifacts", "bytes", "ignored", "ignored_artifacts")
#: Names of files that are quoted in one check.
_QUOTED = 5
#: Blobs that a store is asked for at once.
_BATCH = 256
#: How far two clocks may be apart.
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: What: ``envelope``, ``signature``, ``statement``, ``timestamp``, ``key``, ``validity``, ``digests``,
            ``past``, ``coverage``, ``rescan``, ``demands``, ``inventory``.
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

    def add(self, name: str, passed: bool, detail: str) -> None:  # noqa: FBT001 - what was found
        """Note a check."""
        self.checks.append(Check(name, passed, detail))

    def hold(self, name: str, detail: str) -> None:
        """Note a check that holds."""
        self.checks.append(Check(name, True, detail))  # noqa: FBT003

    def fail(self, name: str, detail: str) -> None:
        """Note one that does not."""
        self.checks.append(Check(name, False, detail))  # noqa: FBT003


def verify(
    bundle: bytes,
    specs: Sequence[str],
    keys: Sequence[PublicKey],
    demands: Demands,
    now: dt.datetime,
    rescan: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    *,
    ignoring: bool = False,
    roots: Sequence[Certificate] = (),
    identity: Identity | None = None,
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
        identity: Whom the verifier trusts to sign without a key.
        roots: Of timestamp authorities that the verifier trusts; where there is one, the bundle has to have a token.

    Returns:
        Every check that could be made.

    Raises:
        UntagError: An input is not there.
    """
    made = Verified()
    signed = _signed(bundle, keys, identity, made)
    if signed is None:
        return made
    payload, envelope, signer = signed
    try:
        statement = sound(payload)
    except Malformed as error:
        made.fail("statement", f"the statement cannot be used: {error}")
        return made
    made.hold("statement", "an in-toto statement of untag that agrees with itself")
    made.predicate = predicate = statement["predicate"]
    _timely(signer, _stated(envelope, roots, made), predicate, now, made)
    _valid(predicate, now, made)
    _digests(statement, specs, made, ignoring=ignoring)
    if rescan is not None:
        _rescan(predicate, rescan(predicate), made)
    demands.check(predicate, made.add, rescanned=rescan is not None, now=now)
    made.result, made.reasons = demands.result(predicate)
    proven = bool(predicate["options"].get("history")) and _pasts(statement, specs, made)
    if predicate["options"].get("history") and rescan is None and not proven:
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


def _signed(
    bundle: bytes, keys: Sequence[PublicKey], identity: Identity | None, made: Verified
) -> tuple[bytes, Envelope | None, PublicKey | None] | None:
    """What was signed by a trusted key, with its envelope and that key, or by the trusted identity."""
    try:
        keyed = keyless.payload(bundle) is None
        envelope = opened(bundle, stamped=True) if keyed else None
    except Malformed as error:
        made.fail("envelope", f"the bundle cannot be used: {error}")
        return None
    if envelope is None:
        made.hold("envelope", "a bundle of Sigstore")
        return _vouched(bundle, identity, made)
    made.hold("envelope", "a DSSE envelope with one signature")
    signer = envelope.signer(keys)
    if signer is None:
        named = any(key.id == envelope.keyid for key in keys)
        said = "the signature does not fit the content" if named else "it is not signed by a key that is trusted here"
        made.fail("signature", said)
        return None
    made.hold("signature", f"{signer.kind}, key {signer.id}")
    return envelope.payload, envelope, signer


def _vouched(bundle: bytes, identity: Identity | None, made: Verified) -> tuple[bytes, None, None] | None:
    """What the trusted identity signed."""
    if identity is None:
        made.fail("signature", "it is signed without a key: name whom you trust (--certificate-identity)")
        return None
    try:
        payload = keyless.verified(bundle, identity)
    except Malformed as error:
        made.fail("signature", str(error))
        return None
    made.hold("signature", f"{identity.name}, for whom {identity.issuer} vouches, as a public log keeps")
    return payload, None, None


def _stated(envelope: Envelope | None, roots: Sequence[Certificate], made: Verified) -> dt.datetime | None:
    """When the signature was there at the latest, where an authority that is trusted states it."""
    stamp = envelope.stamp if envelope is not None else b""
    if not roots:
        if stamp:
            made.hold("timestamp", "there is one, and it counts for nothing: no root is named (--timestamp-root)")
        return None
    if envelope is None or not stamp:
        made.fail("timestamp", "there is none, and one is asked for")
        return None
    try:
        when = stamped(stamp, envelope.signature, roots)
    except Malformed as error:
        made.fail("timestamp", f"it cannot be used: {error}")
        return None
    made.hold("timestamp", f"the signature was there at {when.isoformat()}, as an authority that is trusted states")
    return when


def _timely(
    signer: PublicKey | None, when: dt.datetime | None, predicate: Mapping[str, Any], now: dt.datetime, made: Verified
) -> None:
    """Whether the key was good when it signed: at the stated time, or, where none is, now.

    What a statement says of its time is no evidence: whoever has an old key can say it.
    """
    start = moment(predicate["run"]["timeCreated"])
    if when is not None and when > now:
        made.fail("timestamp", f"it is from the future: {when.isoformat()}")
    elif when is not None and start is not None and when < start - _SKEW:
        made.fail("timestamp", f"it is from before the statement was made: {when.isoformat()}")
    if signer is None:
        return
    then = now if when is None else when
    if signer.since is not None and then < signer.since:
        made.fail("key", f"it is good only from {signer.since.isoformat()} on")
    elif signer.until is not None and then > signer.until:
        lacks = "" if when is not None else ", and no timestamp shows that it signed before"
        made.fail("key", f"it expired at {signer.until.isoformat()}{lacks}")
    elif signer.until is not None:
        made.hold("key", f"it is good until {signer.until.isoformat()}")


def _valid(predicate: Mapping[str, Any], now: dt.datetime, made: Verified) -> None:
    start, end = (moment(predicate["run"][key]) or now for key in ("timeCreated", "notAfter"))
    if now < start:
        made.fail("validity", f"it is from the future: made at {start.isoformat()}")
    elif now > end:
        made.fail("validity", f"it expired at {end.isoformat()}")
    else:
        made.hold("validity", f"made at {start.isoformat()}, holds until {end.isoformat()}")


#: Number of the input, name, and what stands for the rest: a digest, or why it was not read.
_Row = tuple[int, str, str]


@dataclass
class _Here:
    """What the inputs hold now: files with their digest, what is passed over, and what cannot be read."""

    files: list[_Row] = field(default_factory=list)
    passed: list[_Row] = field(default_factory=list)
    refused: list[_Row] = field(default_factory=list)


def _here(specs: Sequence[str], *, respect_ignore: bool) -> _Here:
    made = _Here()
    for number, spec in enumerate(specs):
        for found in choose(spec).walk(spec, number, respect_ignore=respect_ignore):
            name = found.place.chain[0]
            if isinstance(found, Passed):
                made.passed.append((number, name, found.why))
            elif isinstance(found, Gap):
                made.refused.append((number, name, found.reason.value))
            elif digest := _hashed(found):
                made.files.append((number, name, digest))
    return made


def _digests(statement: Mapping[str, Any], specs: Sequence[str], made: Verified, *, ignoring: bool) -> None:
    """Compare every file of the inputs with what was read."""
    predicate = statement["predicate"]
    if len(specs) != len(predicate["inputs"]):
        made.fail("digests", f"it is about {count(len(predicate['inputs']), 'input')}, not {len(specs)}")
        return
    here = _here(specs, respect_ignore=bool(predicate["options"].get("respect_ignore", ignoring)))
    whole = [_whole(here, number, spec) == row["digest"]
             for number, (spec, row) in enumerate(zip(specs, predicate["inputs"], strict=True))]  # fmt: skip
    if not predicate["rescanned"]:
        for row, same in zip(predicate["inputs"], whole, strict=True):
            said = "is the one that the report is about" if same else "is not the one that the report is about"
            made.add("digests", same, f"{row['spec']} {said}")
        return
    files = [row for row in statement["subject"] if not row.get("annotations", {}).get("past")]
    gone, new = _apart([_subject(row) for row in files], here.files)
    gaps = [(g["place"].get("input", 0), g["place"]["chain"][0], g["reason"]) for g in predicate["gaps"]]
    _, refused = _apart(gaps, here.refused)
    over = _apart([(row["input"], row["chain"][0], row["why"]) for row in predicate["passed"]], here.passed)
    differences = {
        "changed": gone & new,
        "missing": gone - new,
        "not covered": new - gone,
        "not to be read, and not said to be": refused,
        "passed over now and not then, or then and not now": over[0] | over[1],
    }
    told = Persons(load(), [row[:2] for row in here.files], lambda *_: True)
    for said, names in differences.items():
        if names:
            made.fail("digests", f"{said}: {_quoted(told, names)}")
    past = predicate["options"].get("history", False)
    if any(differences.values()):
        return
    if not past and not all(whole):
        # Alike one by one, but not as a whole: a name that is masked is another one now.
        made.fail("digests", "the files are the same, and names that are not told differ")
    elif here.files:
        made.hold("digests", f"all {len(here.files):,} files are the ones that were read")
    else:
        made.add("digests", past, "there is no file to compare")


def _pasts(statement: Mapping[str, Any], specs: Sequence[str], made: Verified) -> bool:
    """Compare what repositories ever held with what was read of it; whether the statement says what that was."""
    predicate = statement["predicate"]
    stated = [row for row in statement["subject"] if row.get("annotations", {}).get("past")]
    if not stated or not predicate["rescanned"] or len(specs) != len(predicate["inputs"]):
        return False
    left: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for row in stated:
        left.setdefault((_subject(row)[0], row["digest"]["sha256"]), []).append(row)
    for read in _reread(specs, unreachable=bool(predicate["options"].get("unreachable"))):
        of = f"{count(read.blobs, 'blob')} and {count(read.messages, 'message')}"
        rows = left.get((read.input, read.digest.removeprefix("sha256:")))
        if rows:
            made.hold("past", f"all {of} that {rows.pop()['name']} ever held are the ones that were read")
        else:
            made.fail("past", f"what a repository here ever held is not what was read: {of} now")
    for row in (row for rows in left.values() for row in rows):
        made.fail("past", f"what was read of {row['name']} is not here")
    return True


def _reread(specs: Sequence[str], *, unreachable: bool) -> Iterator[Read]:
    """What repositories in the inputs ever held."""
    seen: set[str] = set()
    for number, spec in enumerate(specs):
        for found in choose(spec).walk(spec, number, respect_ignore=False):
            name = "" if isinstance(found, Gap) else found.place.chain[0]
            store = isinstance(found, Passed) and found.why == "version_control"
            if not store and name.rpartition("/")[2] != ".git":
                continue
            folder, prefix = home(spec, name)
            for repository in opened_all(folder, found.place, prefix, spec, seen):
                if isinstance(repository, Gap):
                    continue
                with repository.store:
                    yield _held(Past(repository, load(), unreachable=unreachable, listed=True))


def _held(past: Past) -> Read:
    """What a repository ever held: all is opened for its digest, and nothing is looked at."""
    entries = past.entries(lambda _: False, Outcome())
    while batch := list(islice(entries, _BATCH)):
        outcome = Outcome()
        for _, entry in filled(batch, WHOLE):
            if not entry.lost[0] and (digest := _hashed(entry)):
                outcome.digests.append((entry.place.input, entry.place.chain, f"sha256:{digest}"))
        past.take([number for number, _ in batch], outcome)
    return past.read()


def _whole(here: _Here, number: int, spec: str) -> str:
    """The digest of an input as a report has it."""
    rows = [((name,), "sha256:" + digest) for n, name, digest in here.files if n == number]
    return digest_of(rows, folder=os.path.isdir(spec))  # noqa: PTH112 - names that are no text must survive


def _apart(stated: Iterable[_Row], here: Iterable[_Row]) -> tuple[set[tuple[int, str]], set[tuple[int, str]]]:
    """Inputs and names of what is stated and not here, and of what is here and not stated.

    Who verifies cannot know which names were masked: a masked one fits whatever lies there and is alike.
    """
    left = Counter(here)
    gone: set[tuple[int, str]] = set()
    masked: list[_Row] = []
    for row in stated:
        if PERSON in row[1]:
            masked.append(row)
        elif left[row] > 0:
            left[row] -= 1
        else:
            gone.add(row[:2])
    rest: dict[tuple[int, str], list[str]] = {}
    for number, name, what in left.elements():
        rest.setdefault((number, what), []).append(name)
    for number, name, what in masked:
        names = rest.get((number, what), [])
        pattern = re.compile("[^/]+".join(map(re.escape, name.split(PERSON))))
        found = next((i for i, other in enumerate(names) if pattern.fullmatch(other)), None)
        if found is None:
            gone.add((number, name))
        else:
            del names[found]
    return gone, {(number, name) for (number, _), names in rest.items() for name in names}


def _subject(row: Mapping[str, Any]) -> _Row:
    return row.get("annotations", {}).get("input", 0), row["name"], row["digest"]["sha256"]


def _quoted(persons: Persons, places: Iterable[tuple[int, str]]) -> str:
    """A few names, without those of persons."""
    names = sorted(persons.place(Place((name,), number)).chain[0] for number, name in places)
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
    # Whatever a policy accepts was shown.
    before, now = (
        {(*identity(row), row["status"] == "hidden") for row in rows["findings"]} for rows in (predicate, report)
    )
    cover = [{key: row["coverage"][key] for key in _COVER} for row in (predicate, report)]
    if cover[0] != cover[1]:
        names = ", ".join(key for key in _COVER if cover[0][key] != cover[1][key])
        made.fail("rescan", f"the coverage is another: {names}")
    for rows, said in ((now - before, "found now and not stated"), (before - now, "stated and not found now")):
        if rows:
            keys = ", ".join(sorted(key for key, *_ in rows)[:_QUOTED])
            made.fail("rescan", f"{len(rows):,} {said}: {keys}")
    gaps = [unreads(rows["gaps"]) for rows in (predicate, report)]
    if gaps[0] != gaps[1]:
        made.fail("rescan", f"{len(gaps[0] ^ gaps[1]):,} gaps are stated or met, and not both")
    if before == now and gaps[0] == gaps[1] and cover[0] == cover[1]:
        same = predicate["digests"]["lexicon"] == report["digests"]["lexicon"]
        by = "with the same lexicon" if same else "with another lexicon"
        made.hold("rescan", f"a scan {by} finds the same {len(now):,} things and the same gaps")
