"""One file: planned, rewritten beside itself, and proven; what cannot be proven is not used."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from untag.artifact import Artifact
from untag.edit import Blank, Edit, Plan, Proof, Target, beside, merged
from untag.gap import Damaged
from untag.look import View, look
from untag.place import Place
from untag.reports._words import count
from untag.rewriters import choose, rewriters
from untag.rewriters._pair import together
from untag.strip.hunk import closed, hunks, private
from untag.strip.prove import compared, residue, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.edit import Rewriter
    from untag.gap import Limits
    from untag.look import Guard
    from untag.rewriters._pair import Walk

__all__ = ["Change", "Worker", "at"]
T = TypeVar("T")

#: Findings of a file that are tried one by one where all of them together cannot be proven.
_SINGLY = 60
UNSAFE = "not safe, and --unsafe was not given"


@dataclass(slots=True)
class Change:
    """What became of one artifact.

    Attributes:
        chain: Its place.
        rewriter: Name of who rewrote it.
        plan: All that was planned.
        edits: What was carried out.
        kept: Key and reason of each finding that stays, or stays in part.
        masked: Key of each finding that is hidden and not taken out, and how.
        before: Digest and size as it was.
        after: Digest and size as it is; None where the whole of it goes, or nothing was changed.
        file: Where the new bytes lie, until they are put in place.
        said: What was proven.
        facts: The same for programs.
        whole: Why the whole artifact goes.
        diff: What goes, as lines of a unified diff.
        inner: Targets in what its reader shows as members, where its rewriter takes those too.
        mates: What became of files beside it that had to change with it.
        later: Keys of findings in it that are looked at again, since another file has had it changed.
        secret: Whether what goes, or what stands around it, is a record of a person.
    """

    chain: tuple[str, ...]
    rewriter: str = ""
    plan: Plan = field(default_factory=Plan)
    edits: list[Edit] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    masked: dict[str, str] = field(default_factory=dict)
    before: tuple[str, int] = ("", 0)
    after: tuple[str, int] | None = None
    file: str = ""
    said: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    whole: str = ""
    diff: list[str] = field(default_factory=list)
    inner: tuple[Target, ...] = ()
    mates: list[Change] = field(default_factory=list)
    later: tuple[str, ...] = ()
    secret: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything was carried out."""
        return bool(self.whole) or self.after is not None

    def keep(self, keys: Iterable[str], why: str) -> None:
        """Note why findings stay; the first reason is told."""
        for key in keys:
            self.kept.setdefault(key, why)


@dataclass(frozen=True, slots=True)
class Worker:
    """Rewrites files.

    Attributes:
        limits: Bounds of readers.
        guard: Runs a step and says what it died of.
        folder: Where new files are made.
        unsafe: Whether steps that are not safe are carried out.
        used: Says how many places outside of a file refer to names; None where nobody knows.
        walks: What is known of the files of an input, until these are others.
    """

    limits: Limits
    guard: Guard
    folder: str
    unsafe: bool = False
    used: Callable[[frozenset[str], str], int] | None = None
    walks: dict[str, Walk] = field(default_factory=dict)

    def planned(self, artifact: Artifact, targets: tuple[Target, ...], view: View | None = None) -> Change:
        """What would be done to an artifact; nothing is written. What is given is as for ``file``."""
        change = Change(artifact.place.chain, before=(artifact.digest, artifact.size))
        view = view or look(artifact, self.limits, self.guard)
        rewriter = self._rewriter(artifact, view, change, targets)
        if rewriter is not None:
            plan = self._plan(rewriter, artifact, targets, change)
            if plan is not None and (error := self._together(rewriter, artifact, plan, targets, change, write=False)):
                bound = [edit for edit in change.edits if edit.mates] or change.edits
                change.keep((key for edit in bound for key in edit.keys), error)
                if plan.whole:
                    change.keep((t.key for t in targets), error)
                change.edits = [edit for edit in change.edits if edit not in bound]
                plan.whole = ""
            _show(rewriter, artifact, change)
        return change

    def file(self, artifact: Artifact, targets: tuple[Target, ...], view: View | None = None) -> Change:
        """Take targets out of an artifact, as far as it can be proven.

        Args:
            artifact: As it is.
            targets: Findings in it.
            view: What it shows, where that is known.

        Returns:
            What became of it; ``file`` is the new one, where there is one.
        """
        change = Change(artifact.place.chain, before=(artifact.digest, artifact.size))
        view = view or look(artifact, self.limits, self.guard)
        rewriter = self._rewriter(artifact, view, change, targets)
        if rewriter is None:
            return change
        error = self._try(rewriter, artifact, view, targets, change)
        if not error:
            return change
        if len(targets) == 1 or len(targets) > _SINGLY:
            change.keep((t.key for t in targets), error)
            return change
        return self._singly(rewriter, artifact, view, targets)

    def _rewriter(self, artifact: Artifact, view: View, change: Change, targets: tuple[Target, ...]) -> Rewriter | None:
        found: list[Rewriter] = []
        crash = self.guard(lambda: found.extend(r for name in view.readers if (r := choose(artifact, name))))
        if crash is None and found:
            change.rewriter = found[0].name
            return found[0]
        what = view.readers[0] if view.readers else "none"
        said = crash or f"untag cannot rewrite what the reader {what} reads here"
        change.keep((t.key for t in targets), said)
        return None

    def _made(self, plan: Callable[[], T]) -> T | str:
        """What a rewriter plans; or why it plans nothing: the file is damaged, or the rewriter crashed."""
        made: list[T] = []
        try:
            crash = self.guard(lambda: made.append(plan()))
        except Damaged as broken:
            crash = broken.detail
        return made[0] if crash is None else crash

    def _plan(self, rewriter: Rewriter, artifact: Artifact, targets: tuple[Target, ...], change: Change) -> Plan | None:
        """The plan with the steps that are allowed; None where there is none."""
        plan = self._made(lambda: together(artifact, rewriter.plan(artifact, targets), rewriter, self.walks))
        if isinstance(plan, str):
            change.keep((t.key for t in targets), plan)
            return None
        change.plan = plan
        change.masked = dict(plan.masked)
        for key, why in plan.kept.items():
            change.keep([key], why)
        served = {key for edit in plan.edits for key in edit.keys}
        change.keep(
            (t.key for t in targets if t.key not in served and t.key not in plan.masked and not plan.whole),
            "nothing of it can be told apart from the rest of the file",
        )
        plan.edits = [self._looked(edit, change) for edit in plan.edits]
        allowed = [e for e in plan.edits if e.safe or self.unsafe]
        for edit in plan.edits:
            if not (edit.safe or self.unsafe):
                change.keep(edit.keys, f"{UNSAFE}: {edit.why}" if edit.why else UNSAFE)
        change.edits = merged(allowed)
        plan.edits = change.edits
        return plan

    def _looked(self, edit: Edit, change: Change) -> Edit:
        """An edit, not safe where other files refer to a name that code declares in it."""
        if self.used is None or not edit.safe or not edit.names or change.rewriter != "code":
            return edit
        places = self.used(frozenset(edit.names), change.chain[0])
        if not places:
            return edit
        why = f"other files refer to it in {count(places, 'place')}"
        return replace(edit, safe=False, why=why)

    def _try(
        self, rewriter: Rewriter, artifact: Artifact, view: View, targets: tuple[Target, ...], change: Change
    ) -> str:
        """Carry a plan out and prove it; why that failed, or nothing."""
        plan = self._plan(rewriter, artifact, targets, change)
        if plan is None or not (plan.edits or plan.whole):
            return ""
        error = self._together(rewriter, artifact, plan, targets, change, write=True)
        if not error and plan.whole:
            change.whole = plan.whole
            return ""
        error = error or self._write(rewriter, artifact, view, plan, targets, change)
        if error:
            _dropped(change)
            change.edits, change.mates = [], []
        return error

    def _write(
        self,
        rewriter: Rewriter,
        artifact: Artifact,
        view: View,
        plan: Plan,
        targets: tuple[Target, ...],
        change: Change,
    ) -> str:
        """Write an artifact anew and prove it; why that failed, or nothing."""
        handle, name = tempfile.mkstemp(dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as out:
                crash = self.guard(lambda: rewriter.rewrite(artifact, plan, out))
        except Damaged as broken:
            crash = broken.detail
        if crash is None:
            after = at(name, artifact, plan.name)
            crash, proof = self._prove(rewriter, artifact, view, after, plan, targets)
            if not crash:
                change.file, change.after = name, (after.digest, after.size)
                change.said, change.facts = proof.said, proof.facts
                _show(rewriter, artifact, change)
                return ""
        os.unlink(name)  # noqa: PTH108
        return crash

    def _together(
        self,
        rewriter: Rewriter,
        artifact: Artifact,
        plan: Plan,
        targets: tuple[Target, ...],
        change: Change,
        *,
        write: bool,
    ) -> str:
        """Plan, or carry out, what files beside an artifact have to do with it: all, or why none."""
        orders: dict[str, dict[object, None]] = {}
        pairs = plan.mates if plan.whole else tuple(pair for edit in change.edits for pair in edit.mates)
        for name, order in pairs:
            orders.setdefault(name, {})[order] = None
        more = self._made(lambda: rewriter.mates(artifact, plan))
        if isinstance(more, str):
            return more
        for name, order in more:
            orders.setdefault(name, {})[order] = None
        change.mates = []
        for name, rows in sorted(orders.items()):
            mate = beside(artifact, name)
            if mate is None:
                return f"{name} has to change with it, and is not beside it"
            made = Change(mate.place.chain, before=(mate.digest, mate.size))
            change.mates.append(made)
            error = self._mate(mate, tuple(rows), targets, made, write=write)
            # What has to change with that one is noted beside it: each file once, and not the first again.
            inner, made.mates = made.mates, []
            change.mates += inner
            if error:
                return f"{name} has to change with it: {error}"
            chains = [artifact.place.chain, *(one.chain for one in change.mates)]
            if inner and len(set(chains)) != len(chains):
                return f"{name} has to change with it, and both would change {inner[0].chain[-1]}"
            if made.file:
                plan.fresh[name] = made.file
        return ""

    def _mate(
        self, mate: Artifact, orders: tuple[object, ...], targets: tuple[Target, ...], change: Change, *, write: bool
    ) -> str:
        """One file that follows another; why it cannot, or nothing."""
        blanked = all(isinstance(order, Blank) for order in orders)
        # Numbers are compared byte for byte, and read as text by chance alone, gigabytes of them for a long time.
        view = View() if blanked else look(mate, self.limits, self.guard)
        rewriter = rewriters()["weights"] if blanked else self._rewriter(mate, view, change, ())
        change.rewriter = rewriter.name if rewriter is not None else ""
        if rewriter is None:
            return f"untag cannot rewrite what the reader {view.readers[0] if view.readers else 'none'} reads there"
        plan = self._made(lambda: rewriter.follow(mate, orders))
        if isinstance(plan, str):
            return plan
        change.plan = plan
        plan.edits = change.edits = merged(plan.edits)
        if not plan.edits and not plan.whole:
            return ""  # it makes no such classes
        if error := self._together(rewriter, mate, plan, targets, change, write=write):
            return error
        if not write:
            _show(rewriter, mate, change)
            return ""
        if plan.whole:
            change.whole = plan.whole
            return ""
        return self._write(rewriter, mate, view, plan, targets, change)

    def _prove(
        self,
        rewriter: Rewriter,
        artifact: Artifact,
        view: View,
        after: Artifact,
        plan: Plan,
        targets: tuple[Target, ...],
    ) -> tuple[str, Proof]:
        bare = plan.bare and rewriter.exact
        now = View() if bare else look(after, self.limits, self.guard)
        said, total = [], 0
        if plan.name:
            if now.crash or now.gaps:
                return now.crash or now.gaps[0].detail, Proof()
        elif not bare:
            error, total = compared((artifact, view), (after, now), plan.edits, rewriter, plan)
            if error:
                return error, Proof()
            said.append(f"{total:,} other pieces of text read as before")
        if rewriter.exact:
            if not same(artifact, after, plan.edits):
                return "bytes outside of the edits are not the same", Proof()
            said.append("all bytes outside of the edits are the same")
        made: list[Proof] = []
        try:
            crash = self.guard(lambda: made.append(rewriter.check(artifact, after, plan)))
        except Damaged as broken:
            crash = broken.detail
        if crash is not None or made[0].error:
            return crash or made[0].error, Proof()
        words = {m.text[h.start : h.end] for t in targets for m in t.marks for h in m.hits if h.kind != "context"}
        left = residue(after, words)
        other = f"words that went still stand in {count(left, 'place')} of its bytes, for something else"
        said.append(other if left else "none of the words that went is left in its bytes")
        return "", Proof("", (*said, *made[0].said), {"surfaces": total, "residue": left, **made[0].facts})

    def _singly(self, rewriter: Rewriter, artifact: Artifact, view: View, targets: tuple[Target, ...]) -> Change:
        """Where all targets together cannot be proven: as many of them as can, in order."""
        best = Change(artifact.place.chain, rewriter.name, before=(artifact.digest, artifact.size))
        taken: tuple[Target, ...] = ()
        failed: dict[str, str] = {}
        for target in targets:
            change = Change(artifact.place.chain, rewriter.name, before=(artifact.digest, artifact.size))
            error = self._try(rewriter, artifact, view, (*taken, target), change)
            if error:
                failed[target.key] = error
                continue
            _dropped(best)
            best, taken = change, (*taken, target)
        for key, why in failed.items():
            best.keep([key], why)
        return best


def _dropped(change: Change) -> None:
    """Files that were made and are not used."""
    for one in (change, *change.mates):
        if one.file:
            os.unlink(one.file)  # noqa: PTH108
            one.file = ""


def _show(rewriter: Rewriter, artifact: Artifact, change: Change) -> None:
    """Put what goes as a diff into a change."""
    path = "!".join(change.chain)
    if not change.edits:
        return
    open_ = rewriter.exact and artifact.held and not change.plan.secret and all(e.start >= 0 for e in change.edits)
    if open_:
        change.diff = list(hunks(path, artifact, change.edits))
        change.secret = private(change.diff)
    if not open_ or change.secret:
        change.diff = list(closed(path, change.edits, secret=change.secret))


def at(name: str, like: Artifact, called: str = "") -> Artifact:
    """The bytes of a file, at the place of another artifact, or beside it where they are called otherwise."""
    size = os.stat(name).st_size  # noqa: PTH116
    folder, sign, _ = like.path.rpartition("/")
    place = Place((*like.place.chain[:-1], folder + sign + called)) if called else like.place
    made = Artifact(place, opener=lambda: open(name, "rb"), size=size, depth=like.depth)  # noqa: PTH123, SIM115
    made.nest = like.nest
    return made
