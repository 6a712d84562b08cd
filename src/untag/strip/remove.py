"""From an input to a copy without what was found in it: in rounds, each proven by a scan of the copy."""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.artifact import Artifact
from untag.edit import Target, applied
from untag.finding import Status
from untag.mistake import UntagError
from untag.place import Place
from untag.scan import Witness, scan
from untag.strip.files import Copy, copied, listed, put
from untag.strip.history import PAST, Rewriting, past, rewriting
from untag.strip.nest import nested
from untag.strip.prove import Offsets
from untag.strip.refer import elsewhere
from untag.strip.work import Change, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.finding import Finding, Mark, Purpose, Severity
    from untag.report import Report
    from untag.scan import Options, Progress

__all__ = ["Outcome", "Row", "Wish", "planned", "removed"]

#: Times that a copy is looked at again for what came to light when something else went.
ROUNDS = 6
LAST = "the scan of the copy still finds it"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to go.

    Attributes:
        severity: The lowest.
        purposes: Those; none for all.
        keys: Those findings; none for all.
        unsafe: Whether steps that are not safe are taken.
    """

    severity: Severity
    purposes: tuple[Purpose, ...] = ()
    keys: tuple[str, ...] = ()
    unsafe: bool = False

    def asks(self, finding: Finding) -> bool:
        """Whether a finding is to go: of those that are shown, and not accepted."""
        return (
            finding.status is Status.SHOWN
            and finding.severity >= self.severity
            and (not self.purposes or finding.purpose in self.purposes)
        )


@dataclass(slots=True)
class Row:
    """A finding that was to go, and what became of it.

    Attributes:
        finding: As it was when it was first seen.
        verdict: ``removed``, ``masked`` or ``kept``.
        reason: Why it was kept, or how it is masked.
        later: Whether it came to light only when something else was gone.
    """

    finding: Finding
    verdict: str = ""
    reason: str = ""
    later: bool = False


@dataclass(slots=True)
class Outcome:
    """What strip did, or would do.

    Attributes:
        spec: The input.
        before: The report of it.
        after: The report of the copy; None for a plan.
        rows: What was asked for.
        changes: What became of each artifact, round by round.
        copy: The copy.
        rounds: How many there were.
        interrupted: Whether it was stopped; nothing is written then.
    """

    spec: str
    before: Report
    after: Report | None = None
    rows: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    copy: Copy | None = None
    rounds: int = 0
    interrupted: bool = False

    def split(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those that lie in files; what history alone holds stays, and is what ``rewriting`` is for."""
        rows = list(findings)
        self.rows += [Row(finding, "kept", PAST) for finding in rows if past(finding)]
        return [finding for finding in rows if not past(finding)]

    @property
    def rewriting(self) -> Rewriting:
        """What git filter-repo needs to take out what history holds."""
        return rewriting(row.finding for row in self.rows)

    @property
    def kept(self) -> list[Row]:
        """What stays."""
        return [row for row in self.rows if row.verdict == "kept"]

    @property
    def code(self) -> int:
        """Exit code: 0 all is gone, 1 something stays, 3 something could not be read."""
        if self.interrupted:
            return 130
        if self.kept:
            return 1
        return 3 if self.before.open_gaps or (self.after is not None and self.after.open_gaps) else 0


def planned(spec: str, options: Options, wish: Wish, watch: Callable[[Progress], None] | None = None) -> Outcome:
    """What would be done, as far as the input alone shows it; nothing is written.

    Raises:
        UntagError: The input is not there.
    """
    witness = Witness()
    report = scan([spec], options, watch, witness)
    outcome = Outcome(spec, report, interrupted=report.interrupted)
    asked = outcome.split(_asked(report, wish, first=True))
    outcome.rows += [Row(finding) for finding in asked]
    assert witness.guard is not None  # noqa: S101 - scan fills it
    files = listed(spec)
    used = lambda names, but: elsewhere(files, names, but)  # noqa: E731
    worker = Worker(options.limits, witness.guard, "", unsafe=True, used=used)
    there = _Files(spec)
    touched: set[str] = set()
    for name, groups in _outermost(_grouped(_clear(asked, witness))):
        if name in touched:
            # It changes with a file before it: what is in it then would be looked at again.
            continue
        artifact = there.artifact((name,))
        if artifact is None:
            outcome.changes += [_lost(chain, targets) for chain, targets in groups.items()]
            continue
        made = nested(worker, artifact, groups, plan=True)
        outcome.changes += made
        mates = [mate for change in made for mate in change.mates]
        mates = [m for m in mates if (m.edits or m.plan.whole) and (wish.unsafe or all(e.safe for e in m.edits))]
        touched |= {m.chain[0] for m in mates if len(m.chain) == 1}
        for change in outcome.changes if mates else ():
            # What stays by its own plan goes where another file has it changed.
            if change not in made and change.chain[0] in touched:
                change.kept = {}
    for row in outcome.rows:
        if not row.verdict:
            _told(row, outcome.changes, wish)
    return outcome


def _told(row: Row, changes: Sequence[Change], wish: Wish) -> None:
    """What a plan promises of a finding."""
    key = row.finding.key
    for change in changes:
        if key in change.kept:
            row.verdict, row.reason = "kept", change.kept[key]
            return
        if not wish.unsafe and any(key in e.keys and not e.safe for e in change.edits):
            why = next(e.why for e in change.edits if key in e.keys and not e.safe)
            row.verdict, row.reason = "kept", f"only with --unsafe: {why}"
            return
        if key in change.masked:
            row.verdict, row.reason = "masked", change.masked[key]
    row.verdict = row.verdict or "removed"


def removed(
    spec: str, folder: str, options: Options, wish: Wish, watch: Callable[[Progress], None] | None = None
) -> Outcome:
    """Take what was found out of a copy.

    Args:
        spec: The input, which is not changed.
        folder: A private one, for the copy and all that is made on the way.
        options: How it is scanned.
        wish: What is to go.
        watch: Is shown the progress.

    Returns:
        What came of it, with the copy.

    Raises:
        UntagError: The input cannot be read or copied.
    """
    witness = Witness()
    report = scan([spec], options, watch, witness)
    outcome = Outcome(spec, report, report, interrupted=report.interrupted)
    if report.interrupted:
        return outcome
    assert witness.guard is not None  # noqa: S101 - scan fills it
    outcome.copy = copied(spec, folder)
    files = outcome.copy.files
    worker = Worker(options.limits, witness.guard, folder, wish.unsafe, lambda names, but: elsewhere(files, names, but))
    _Run(outcome, options, wish, worker, watch, witness).go()
    return outcome


def _asked(report: Report, wish: Wish, *, first: bool) -> list[Finding]:
    """What is to go; keys choose among what is found first.

    Raises:
        UntagError: A key names nothing that is shown.
    """
    if first and (missing := set(wish.keys) - {f.key for f in report.findings if wish.asks(f)}):
        raise UntagError(f"no such finding is shown here: {min(missing)}")
    return [f for f in report.findings if wish.asks(f) and (not first or not wish.keys or f.key in wish.keys)]


def _clear(findings: Iterable[Finding], witness: Witness) -> list[Finding]:
    """The same findings with the text that what a report quotes does not have: a rewriter has to find its place."""
    return [witness.clear.get(finding.key, finding) for finding in findings]


def _grouped(findings: Iterable[Finding]) -> dict[tuple[str, ...], tuple[Target, ...]]:
    """Targets by the artifact that their marks lie in, in order of place."""
    groups: dict[tuple[str, ...], dict[str, list[Mark]]] = defaultdict(dict)
    known = {}
    for finding in findings:
        known[finding.key] = finding
        for mark in finding.marks:
            groups[mark.place.chain].setdefault(finding.key, []).append(mark)
    return {
        chain: tuple(Target(known[key], tuple(marks)) for key, marks in groups[chain].items())
        for chain in sorted(groups)
    }


def _outermost(
    groups: dict[tuple[str, ...], tuple[Target, ...]],
) -> Iterator[tuple[str, dict[tuple[str, ...], tuple[Target, ...]]]]:
    """The same, by the file that all of them lie in."""
    for name, rows in itertools.groupby(groups.items(), key=lambda row: row[0][0]):
        yield name, dict(rows)


def _offset(offsets: Offsets, mark: Mark) -> int | None:
    """The byte of a file that a mark stands at; None of one that has none, or lies in a member."""
    return offsets.at(mark.place) if len(mark.place.chain) == 1 else None


def _lost(chain: tuple[str, ...], targets: Sequence[Target]) -> Change:
    change = Change(chain)
    change.keep((t.key for t in targets), "its file cannot be told: names of persons are masked")
    return change


class _Files:
    """Artifacts of an input or its copy."""

    def __init__(self, root: str, names: dict[str, str] | None = None) -> None:
        self.root, self._names = root, names

    def path(self, name: str) -> str | None:
        """Where a file lies."""
        if self._names is not None:
            return self._names.get(name)
        whole = os.path.join(self.root, name) if os.path.isdir(self.root) else self.root  # noqa: PTH112, PTH118
        return whole if os.path.isfile(whole) and not os.path.islink(whole) else None  # noqa: PTH113, PTH114

    def artifact(self, chain: tuple[str, ...]) -> Artifact | None:
        """The outermost artifact of a chain."""
        path = self.path(chain[0])
        if path is None:
            return None
        size = os.stat(path).st_size  # noqa: PTH116
        made = Artifact(Place(chain[:1]), opener=lambda: open(path, "rb"), size=size)  # noqa: PTH123, SIM115
        # Beside an input that is one file lies nothing that was given.
        made.file = path if os.path.isdir(self.root) else ""  # noqa: PTH112
        return made


class _Run:
    """The rounds."""

    def __init__(
        self,
        outcome: Outcome,
        options: Options,
        wish: Wish,
        worker: Worker,
        watch: Callable[[Progress], None] | None,
        witness: Witness,
    ) -> None:
        self.witness = witness
        assert outcome.copy is not None  # noqa: S101 - made by who calls
        self.outcome, self.options, self.wish, self.worker, self.watch = outcome, options, wish, worker, watch
        self.copy = outcome.copy
        self.files = _Files(self.copy.root, self.copy.files)
        #: Which rows each finding of the present report goes on.
        self.of: dict[str, set[int]] = {}
        self.reasons: dict[int, list[str]] = {}
        #: Keys of findings in files that changed with others: they are looked at again.
        self.deferred: set[str] = set()
        self.masks: dict[int, str] = {}

    def go(self) -> None:
        """Rounds, until nothing is left or nothing more can be done."""
        outcome = self.outcome
        asked = outcome.split(_asked(outcome.before, self.wish, first=True))
        for finding in asked:
            self.of.setdefault(finding.key, set()).add(len(outcome.rows))
            outcome.rows.append(Row(finding))
        for number in range(ROUNDS):
            outcome.rounds = number
            if not asked:
                break
            trail = self._round(asked)
            if trail is None:
                break
            if not os.path.lexists(self.copy.root):
                # One file, and the whole of it went: there is nothing to scan.
                outcome.after, asked = None, []
                break
            self.witness = Witness()
            outcome.after = scan([self.copy.root], self.options, self.watch, self.witness)
            if outcome.after.interrupted:
                outcome.interrupted = True
                return
            asked = self._next(asked, trail, outcome.after)
        still = {row for finding in asked for row in self.of[finding.key]}
        for number, row in enumerate(outcome.rows):
            if row.verdict:
                continue
            reasons = self.reasons.get(number, [])
            if number in still or reasons:
                row.verdict, row.reason = "kept", "; ".join(dict.fromkeys(reasons)) or LAST
            elif number in self.masks:
                row.verdict, row.reason = "masked", self.masks[number]
            else:
                row.verdict = "removed"

    def _round(self, asked: list[Finding]) -> dict[tuple[object, ...], set[str]] | None:
        """Change the copy; where marks stand afterwards, or None where nothing was changed."""
        for finding in asked:
            for row in self.of[finding.key]:
                self.reasons.pop(row, None)
        trail: dict[tuple[object, ...], set[str]] = {}
        changed = False
        self.worker.walks.clear()
        self.deferred = set()
        touched: set[str] = set()
        told: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for name, groups in _outermost(_grouped(_clear(asked, self.witness))):
            if name in touched:
                # Another file had it changed: what was found in it is asked for again where it is still there.
                self.deferred |= {t.key for targets in groups.values() for t in targets}
                continue
            artifact = self.files.artifact((name,))
            if artifact is None:
                made = [_lost(chain, targets) for chain, targets in groups.items()]
            else:
                made = nested(self.worker, artifact, groups, plan=False)
            for change in made:
                for key, why in change.kept.items():
                    told.setdefault(change.chain, []).append((key, why))
                    for row in self.of.get(key, ()):
                        self.reasons.setdefault(row, []).append(why)
                for key, how in change.masked.items():
                    self.masks.update(dict.fromkeys(self.of.get(key, ()), how))
                if artifact is not None:
                    inner = artifact if len(change.chain) == 1 else Artifact(Place(change.chain), b"")
                    self._trace(inner, (*groups.get(change.chain, ()), *change.inner), change, trail)
                    changed |= change.changed
                    self._apply(change)
                    self.deferred |= set(change.later)
                    fresh = {mate.chain for mate in change.mates if mate.changed}
                    touched |= {chain[0] for chain in fresh if len(chain) == 1}
                    self._again(row for one in fresh for row in told.pop(one, ()))
            self.outcome.changes += made
        return trail if changed else None

    def _again(self, rows: Iterable[tuple[str, str]]) -> None:
        """Forget why findings of a file stayed that another one has then had changed: it is looked at again."""
        for key, why in rows:
            self.deferred.add(key)
            for row in self.of.get(key, ()):
                if why in self.reasons.get(row, ()):
                    self.reasons[row].remove(why)

    def _trace(
        self, artifact: Artifact, targets: Sequence[Target], change: Change, trail: dict[tuple[object, ...], set[str]]
    ) -> None:
        """Note where the marks of findings stand when the edits are done."""
        if change.whole:
            return
        offsets = Offsets(artifact)
        placed = [e for e in change.edits if e.start >= 0] if change.after else []
        for target in targets:
            for mark in target.marks:
                before = _offset(offsets, mark)
                at = applied(placed, before) if before is not None else None
                if at is not None:
                    trail.setdefault((*change.chain, at), set()).add(target.key)
                elif before is None:
                    spot = (*mark.place.chain, mark.place.pointer, mark.role, mark.text)
                    trail.setdefault(spot, set()).add(target.key)

    def _apply(self, change: Change) -> None:
        """Put in place what was made; a member is put by what holds it."""
        chain = change.chain
        path = self.files.path(chain[0])
        if path is None:
            return
        if change.whole and len(chain) == 1:
            os.unlink(path)  # noqa: PTH108
            del self.copy.files[chain[0]]
        elif change.file and change.plan.name:
            self._instead(path, chain[0], change)
        elif change.file:
            put(change.file, path)
        if change.changed:
            for name, data in change.plan.beside.items():
                self._beside(path, chain[0], name, data)

    def _instead(self, path: str, shown: str, change: Change) -> None:
        """A file of another name in the place of one that goes."""
        target = os.path.join(os.path.dirname(path), change.plan.name)  # noqa: PTH118, PTH120
        put(change.file, path)
        os.rename(path, target)  # noqa: PTH104
        del self.copy.files[shown]
        self.copy.files[shown[: len(shown) - len(shown.rpartition("/")[2])] + change.plan.name] = target
        if self.copy.root == path:
            self.copy.root = self.files.root = target

    def _beside(self, path: str, shown: str, name: str, data: bytes) -> None:
        """A file beside a changed one, under a name that is free."""
        folder, stem, number = os.path.dirname(path), name, 1  # noqa: PTH120
        while os.path.lexists(os.path.join(folder, name)):  # noqa: PTH118
            number += 1
            head, dot, tail = stem.rpartition(".")
            name = f"{head}-{number}{dot}{tail}" if dot else f"{stem}-{number}"
        target = os.path.join(folder, name)  # noqa: PTH118
        with open(target, "wb") as file:  # noqa: PTH123
            file.write(data)
        self.copy.files[shown[: len(shown) - len(shown.rpartition("/")[2])] + name] = target

    def _next(
        self, asked: Sequence[Finding], trail: dict[tuple[object, ...], set[str]], report: Report
    ) -> list[Finding]:
        """What is still to go, tied to the rows that it goes on."""
        before, self.of = self.of, {}
        found = _asked(report, self.wish, first=False)
        offsets: dict[str, Offsets] = {}
        went = {finding.key for finding in asked}
        out = []
        for finding in found:
            rows: set[int] = set()
            for mark in finding.marks:
                chain = mark.place.chain
                if chain[0] not in offsets:
                    artifact = self.files.artifact(chain)
                    offsets[chain[0]] = Offsets(artifact if artifact is not None else Artifact(Place(chain), b""))
                at = _offset(offsets[chain[0]], mark)
                spot = (*chain, at) if at is not None else (*chain, mark.place.pointer, mark.role, mark.text)
                for key in trail.get(spot, ()):
                    rows |= before[key]
            if finding.key in self.deferred:
                rows |= before[finding.key]
            if not rows and self.wish.keys:
                continue  # others were never asked for
            if not rows:
                rows = {len(self.outcome.rows)}
                self.outcome.rows.append(Row(finding, later=finding.key not in went))
            self.of.setdefault(finding.key, set()).update(rows)
            out.append(finding)
        return out
