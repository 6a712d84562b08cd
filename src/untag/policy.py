"""Policy: what is accepted, by whom it was reasoned and until when. It marks findings and gaps and never drops one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from untag.config import document, nearest, severity, tables
from untag.finding import Claim, Confidence, Evidence, Finding, Mark, Purpose, Severity, Status, key_of
from untag.gap import Gap, Reason
from untag.mistake import UntagError
from untag.report import Unheeded
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.place import Place

__all__ = ["ALLOWANCE", "Accept", "AcceptGap", "Policy", "apply", "baseline_text", "load", "unheeded", "with_baseline"]

#: Schema of a baseline file.
BASELINE = "untag.baseline/1"
#: What the rule of this module says, for ``untag explain``.
ALLOWANCE = (
    "A comment asks untag to allow something (`untag: allow[rule] reason`) but gives no reason, or names no rule that "
    "exists. It allows nothing. Write the reason behind the bracket, or remove the comment."
)
_ALLOW = re.compile(r"untag:\s*allow(?:\[([^\]\n]{0,200})\])?[ \t]*:?[ \t]*([^\n]{0,300})")
_TAIL = re.compile(r"\s*(?:\*/|-->|--%>|#>|\*\)|%>|\}\})\s*$")
#: A reason has letters: two of any script are enough, since a word of Chinese is two characters.
_REASON = re.compile(r"[^\W\d_].*[^\W\d_]")
_IN_BASELINE = "in the baseline"


class Accept(Struct, frozen=True):
    """An accepted finding, bound to what it was when it was accepted.

    Attributes:
        key: The finding's key.
        purpose: Its purpose.
        severity: The highest severity that is accepted.
        reason: Why; never empty.
        expires: The last day it holds, or None.
        baseline: Whether it comes from a baseline.
    """

    key: str
    purpose: Purpose
    severity: Severity
    reason: str
    expires: dt.date | None = None
    baseline: bool = False


class AcceptGap(Struct, frozen=True):
    """Accepted gaps.

    Attributes:
        place: Glob over the place as printed without its line (``vendor/*``, ``sdk.zip!*.so``); ``*`` crosses ``/``.
        gap: One reason of gaps, or None for any.
        reason: Why; never empty.
        expires: The last day it holds, or None.
    """

    place: str
    gap: Reason | None
    reason: str
    expires: dt.date | None = None


class Policy(Struct, frozen=True):
    """Everything that is accepted, and the thresholds.

    Attributes:
        accepts: Accepted findings.
        gaps: Accepted gaps.
        fail_on: Lowest severity that makes exit code 1, or None where the policy does not say.
        strict: Whether accepted gaps count, or None.
    """

    accepts: tuple[Accept, ...] = ()
    gaps: tuple[AcceptGap, ...] = ()
    fail_on: Severity | None = None
    strict: bool | None = None

    @property
    def digest(self) -> str:
        """``sha256:…`` over the content, the same for the same content in another order."""
        if self == Policy():
            return "sha256:" + hashlib.sha256(b"").hexdigest()
        rows = sorted(json.dumps([a.key, a.purpose, a.severity, a.reason, str(a.expires)]) for a in self.accepts)
        rows += sorted(json.dumps([g.place, g.gap, g.reason, str(g.expires)]) for g in self.gaps)
        rows.append(json.dumps([self.fail_on, self.strict]))
        return "sha256:" + hashlib.sha256("\n".join(rows).encode()).hexdigest()


# -- reading


def load(path: str | Path) -> Policy:
    """A policy from a TOML file.

    Args:
        path: The file.

    Raises:
        UntagError: It cannot be read, a key is unknown, or an acceptance lacks a reason or what it is bound to.
    """
    file = Path(path)
    raw = tables(file, "policy")
    _known(f"policy {file}", raw, ("accept", "accept-gap", "thresholds"))
    thresholds = raw.get("thresholds", {})
    if not isinstance(thresholds, dict):
        raise UntagError(f"policy {file}: thresholds must be a table")
    _known(f"policy {file}: thresholds", thresholds, ("fail-on", "strict"))
    strict = thresholds.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise UntagError(f"policy {file}: thresholds.strict must be true or false")
    fail_on = thresholds.get("fail-on")
    return Policy(
        tuple(_accept(f"policy {file}: accept {n}", row) for n, row in _rows(file, raw, "accept")),
        tuple(_accept_gap(f"policy {file}: accept-gap {n}", row) for n, row in _rows(file, raw, "accept-gap")),
        severity(fail_on, f"policy {file}: thresholds.fail-on") if fail_on is not None else None,
        strict,
    )


def _rows(file: Path, raw: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = raw.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise UntagError(f"policy {file}: write [[{name}]] with two brackets")
    yield from enumerate(rows, 1)


def _known(where: str, row: dict[str, Any], keys: Sequence[str]) -> None:
    for key in row:
        if key not in keys:
            raise UntagError(f"{where}: unknown key {key!r}{nearest(key, keys)}")


def _text(where: str, row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UntagError(f"{where}: {key} is missing" if key not in row else f"{where}: {key} must be a text")
    return value.strip()


def _expires(where: str, row: dict[str, Any]) -> dt.date | None:
    value = row.get("expires")
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            value = "wrong"
    if isinstance(value, dt.datetime):
        value = value.date()
    if value is not None and not isinstance(value, dt.date):
        raise UntagError(f"{where}: expires must be a date such as 2030-01-31")
    return value


def _purpose(where: str, word: str) -> Purpose:
    if word not in {str(p) for p in Purpose}:
        raise UntagError(f"{where}: unknown purpose {word!r}{nearest(word, [str(p) for p in Purpose])}")
    return Purpose(word)


def _accept(where: str, row: dict[str, Any]) -> Accept:
    _known(where, row, ("key", "purpose", "severity", "reason", "expires"))
    key = _text(where, row, "key")
    if not re.fullmatch(r"k1:[0-9a-f]{16}", key):
        raise UntagError(f"{where}: {key!r} is no finding key (k1: and 16 hex digits)")
    return Accept(
        key,
        _purpose(where, _text(where, row, "purpose")),
        severity(_text(where, row, "severity"), f"{where}: severity"),
        _text(where, row, "reason"),
        _expires(where, row),
    )


def _accept_gap(where: str, row: dict[str, Any]) -> AcceptGap:
    _known(where, row, ("place", "gap", "reason", "expires"))
    gap = row.get("gap")
    words = [str(r) for r in Reason if r is not Reason.INTERRUPTED]
    if gap is not None and gap not in words:
        raise UntagError(f"{where}: gap must be one of {', '.join(words)}{nearest(str(gap), words)}")
    if "place" not in row and gap is None:
        raise UntagError(f"{where}: name a place, a gap, or both")
    place = _text(where, row, "place") if "place" in row else "*"
    return AcceptGap(place, Reason(gap) if gap else None, _text(where, row, "reason"), _expires(where, row))


def with_baseline(policy: Policy, path: str | Path) -> Policy:
    """The policy with what a baseline or an earlier JSON report already shows.

    Args:
        policy: The policy.
        path: A file of schema ``untag.baseline/1``, or a report of schema ``untag.report/1`` whose shown findings
            and baseline ones count; what a policy accepted there is not taken over, since it may have expired.

    Raises:
        UntagError: The file is neither, or cannot be read.
    """
    file = Path(path)
    where = f"baseline {file}"
    raw = document(file, where)
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if schema not in {BASELINE, "untag.report/1"}:
        raise UntagError(f"{where}: neither {BASELINE} nor untag.report/1")
    rows = raw.get("findings")
    if not isinstance(rows, list):
        raise UntagError(f"{where}: findings is missing")
    added = []
    for number, row in enumerate(rows, 1):
        at = f"{where}: finding {number}"
        if not isinstance(row, dict):
            raise UntagError(f"{at}: must be an object")
        if schema != BASELINE and not _standing(row):
            continue
        added.append(
            Accept(
                _text(at, row, "key"),
                _purpose(at, _text(at, row, "purpose")),
                severity(_text(at, row, "severity"), f"{at}: severity"),
                _IN_BASELINE,
                baseline=True,
            )
        )
    return replace(policy, accepts=(*policy.accepts, *added))


def _standing(row: dict[str, Any]) -> bool:
    return row.get("status") == "shown" or (row.get("status") == "accepted" and row.get("reason") == _IN_BASELINE)


def baseline_text(findings: Iterable[Finding]) -> str:
    """A baseline of everything that stands: shown, or accepted by a baseline before.

    Returns:
        JSON, one finding a line, sorted by key and without lines or times, so that two of them merge.
    """
    rows = sorted(
        {
            (f.key, str(f.purpose), f.severity.word)
            for f in findings
            if f.status is Status.SHOWN or (f.status is Status.ACCEPTED and f.reason == _IN_BASELINE)
        }
    )
    lines = [json.dumps({"key": k, "purpose": p, "severity": s}) for k, p, s in rows]
    body = "\n" + ",\n".join("    " + line for line in lines) + "\n  " if lines else ""
    return f'{{\n  "schema": "{BASELINE}",\n  "findings": [{body}]\n}}\n'


# -- applying


def apply(
    findings: Iterable[Finding],
    gaps: Iterable[Gap],
    policy: Policy,
    *,
    comments: Iterable[Surface] = (),
    trusted: Callable[[Place], bool] = lambda _: False,
    rules: Sequence[str] = (),
    today: dt.date,
) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """Mark what is accepted.

    Args:
        findings: As judged.
        gaps: As met.
        policy: What is accepted.
        comments: Comments that speak to untag.
        trusted: Whether an allowance at a place is obeyed.
        rules: Names of all rules.
        today: For acceptances that expire; the day itself still counts.

    Returns:
        All findings and gaps, in the same order, then by place; an allowance without a reason is one finding more.
    """
    table: dict[str, list[Accept]] = {}
    for row in policy.accepts:
        table.setdefault(row.key, []).append(row)
    allowances: dict[tuple[int, tuple[str, ...], int], list[_Allowance]] = {}
    out: list[Finding] = []
    ordinals: dict[tuple[tuple[str, ...], str], int] = {}
    for comment in sorted(comments, key=lambda c: c.place.sort):
        for allowance in _allowances(comment, rules):
            if not allowance.good:
                out.append(_unreasoned(allowance, ordinals))
            elif comment.place.line:
                for line in (comment.place.line, comment.place.line + 1):
                    where = (comment.place.input, comment.place.chain, line)
                    allowances.setdefault(where, []).append(allowance)
    made = [*findings, *out]
    ready = [_judged(f, table.get(f.key, ()), allowances, trusted, today) for f in made]
    return (
        tuple(sorted(ready, key=lambda f: (f.place.sort, f.key))) if out else tuple(ready),
        tuple(_gap(g, policy.gaps, today) for g in gaps),
    )


def unheeded(comments: Iterable[Surface], trusted: Callable[[Place], bool], rules: Sequence[str]) -> Iterator[Unheeded]:
    """Allowances that are not obeyed because of where they stand; those that are wrong in themselves are findings.

    Args:
        comments: Comments that speak to untag.
        trusted: As for :func:`apply`.
        rules: Names of all rules.
    """
    for comment in comments:
        if not trusted(comment.place):
            for allowance in _allowances(comment, rules):
                if allowance.good:
                    yield Unheeded(comment.place, "allowance", allowance.text)


class _Allowance(Struct, frozen=True):
    """One ``untag: allow[…]`` as written."""

    place: Place
    text: str
    rules: tuple[str, ...]
    purposes: tuple[str, ...]
    cap: Severity | None
    reason: str
    good: bool

    def covers(self, finding: Finding) -> bool:
        """Whether it means this finding as it is now.

        Without a word for the severity an allowance reaches up to the purpose's base severity: what names a
        persecuted people, or has become a targeting rule, needs to be allowed as such.
        """
        if self.rules and finding.rule not in self.rules:
            return False
        if self.purposes and finding.purpose not in self.purposes:
            return False
        if self.cap is not None:
            return finding.severity <= self.cap
        return finding.severity <= min(finding.purpose.severity, Severity.HIGH)


def _allowances(comment: Surface, rules: Sequence[str]) -> Iterator[_Allowance]:
    for found in _ALLOW.finditer(comment.text):
        words = [w for w in re.split(r"[\s,]+", found[1] or "") if w]
        purposes = tuple(w for w in words if w in {str(p) for p in Purpose} and w not in rules)
        caps = [s for s in Severity if s.word in words]
        names = tuple(w for w in words if w in rules)
        unknown = [w for w in words if w not in names and w not in purposes and w not in {s.word for s in Severity}]
        reason = _TAIL.sub("", found[2]).strip()
        good = bool((names or purposes) and not unknown and _REASON.search(reason))
        yield _Allowance(
            comment.place, _TAIL.sub("", found[0]).strip()[:200], names, purposes, max(caps) if caps else None, reason,
            good,
        )  # fmt: skip


def _unreasoned(allowance: _Allowance, ordinals: dict[tuple[tuple[str, ...], str], int]) -> Finding:
    """The finding that an allowance without a reason is."""
    place = allowance.place
    mark = Mark(Surface(Role.COMMENT, allowance.text, place), ())
    why = "a comment asks untag to allow something and gives no reason, or names no rule"
    made = Claim("allowance", Purpose.RESIDUE, Severity.LOW, Confidence.CERTAIN, why, marks=(mark,))
    owner = "untag: allow"
    ordinal = ordinals.get((place.chain, owner), 0)
    ordinals[place.chain, owner] = ordinal + 1
    message = "A comment asks untag to allow something and gives no reason, or names no rule. It allows nothing."
    return Finding(key_of(place.chain, owner, ordinal), owner, place, (made,), (mark,), origin="own", message=message)


def _judged(
    finding: Finding,
    accepts: Sequence[Accept],
    allowances: dict[tuple[int, tuple[str, ...], int], list[_Allowance]],
    trusted: Callable[[Place], bool],
    today: dt.date,
) -> Finding:
    if finding.status is not Status.SHOWN:
        return finding
    against: list[Evidence] = []
    for row in sorted(accepts, key=lambda a: (a.baseline, a.reason)):
        if row.expires and row.expires < today:
            against.append(Evidence("acceptance", f"expired on {row.expires}: {row.reason}"[:200]))
        elif row.purpose != finding.purpose or row.severity < finding.severity:
            against.append(
                Evidence(
                    "acceptance",
                    f"was accepted as {row.purpose}, {row.severity.word}; it is {finding.purpose}, "
                    f"{finding.severity.word} now and open again"[:200],
                )
            )
        else:
            return replace(finding, status=Status.ACCEPTED, reason=row.reason)
    lines = {finding.place.line or 0, min((m.place.line or 0 for m in finding.marks), default=0)}
    for line in sorted(lines - {0}):
        for allowance in allowances.get((finding.place.input, finding.place.chain, line), ()):
            if not trusted(finding.place):
                said = f"not obeyed, since the input is not trusted: {allowance.text}"
            elif allowance.covers(finding):
                return replace(finding, status=Status.ACCEPTED, reason=allowance.reason)
            else:
                said = f"does not cover {finding.rule}, {finding.purpose}, {finding.severity.word}: {allowance.text}"
            against.append(Evidence("allowance", said[:200], allowance.place))
    rows = tuple(dict.fromkeys((*finding.against, *against)))
    return replace(finding, against=rows) if against else finding


def _gap(gap: Gap, accepts: Sequence[AcceptGap], today: dt.date) -> Gap:
    if gap.reason is Reason.INTERRUPTED:  # a partial report can never be accepted as a whole one
        return gap
    text = "!".join(gap.place.chain)
    for row in accepts:
        if row.expires and row.expires < today:
            continue
        if row.gap in {None, gap.reason} and fnmatchcase(text, row.place):
            return replace(gap, accepted=True, why=row.reason)
    return gap
