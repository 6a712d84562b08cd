"""Members of containers: rewritten each by itself, then the container around them, from the inside out."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from untag.artifact import Artifact
from untag.edit import Plan, Proof
from untag.gap import Damaged
from untag.look import look
from untag.place import Place
from untag.readers import formats
from untag.rewriters import choose
from untag.strip.folder import Folder, wanted
from untag.strip.work import Change, at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from untag.edit import Rewriter, Target
    from untag.look import View
    from untag.readers import Reader
    from untag.strip.work import Worker

    #: Findings by the chain of the artifact that their marks lie in.
    Groups = Mapping[tuple[str, ...], tuple[Target, ...]]

__all__ = ["nested"]

_FIXED = "it lies in what holds it under this name alone, and what is left of it would need another"


def nested(worker: Worker, artifact: Artifact, groups: Groups, *, plan: bool) -> list[Change]:
    """Take targets out of an artifact and of all that lies in it.

    Args:
        worker: Does the work.
        artifact: The outermost one, or a container in it.
        groups: Findings in it, by chain.
        plan: Whether nothing is written.

    Returns:
        What became of each artifact and of files that had to change with it; the last is ``artifact`` itself.
    """
    chain = artifact.place.chain
    deeper = {c: t for c, t in groups.items() if len(c) > len(chain)}
    own = groups.get(chain, ())
    if not deeper:
        change = worker.planned(artifact, own) if plan else worker.file(artifact, own)
        return [*change.mates, change]
    view = look(artifact, worker.limits, worker.guard)
    if _rewriter(worker, artifact, view, lambda one: one.inner) is not None:
        inner = tuple(target for targets in deeper.values() for target in targets)
        whole = _joined((*own, *inner))
        change = worker.planned(artifact, whole, view) if plan else worker.file(artifact, whole, view)
        change.inner = inner
        return [*change.mates, change]
    return _Container(worker, artifact, plan=plan).changes(view, deeper, own)


def _rewriter(worker: Worker, artifact: Artifact, view: View, fits: Callable[[Rewriter], bool]) -> Rewriter | None:
    """The first rewriter for an artifact that is of a kind."""
    found: list[Rewriter] = []
    worker.guard(lambda: found.extend(r for name in view.readers if (r := choose(artifact, name)) and fits(r)))
    return found[0] if found else None


def _joined(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Targets with the marks of one finding together."""
    rows: dict[str, Target] = {}
    for target in targets:
        known = rows.get(target.key)
        rows[target.key] = target if known is None else replace(known, marks=(*known.marks, *target.marks))
    return tuple(rows.values())


class _Container:
    """One container."""

    def __init__(self, worker: Worker, artifact: Artifact, *, plan: bool) -> None:
        self.worker, self.artifact, self.plan = worker, artifact, plan
        self.change = Change(artifact.place.chain, before=(artifact.digest, artifact.size))
        #: What members were called before something else was put in their place.
        self.was: dict[str, str] = {}

    def changes(self, view: View, deeper: Groups, own: tuple[Target, ...]) -> list[Change]:
        """What becomes of members, and of the container."""
        packer = _rewriter(self.worker, self.artifact, view, lambda one: one.packs)
        self.change.keep((t.key for t in own), "it is what holds others; strip does not rename")
        if packer is None:
            what = view.readers[0] if view.readers else "none"
            return [*_kept(deeper, f"it lies in what the reader {what} reads, which untag cannot write"), self.change]
        self.change.rewriter = packer.name
        view = view.only(packer.reads)
        with tempfile.TemporaryDirectory(prefix="members-", dir=self.worker.folder or None) as root:
            made, error = self._rewritten(packer, view, deeper, root)
        if error:
            # What was proven of members is of no use where the container cannot be written.
            for change in made:
                keys = [*(t.key for t in deeper.get(change.chain, ()) if change.changed), *change.later]
                change.keep(keys, error)
                change.edits, change.after, change.whole, change.later = [], None, "", ()
                change.diff, change.said, change.facts, change.plan = [], (), {}, Plan()
        return [*made, self.change]

    def _rewritten(self, packer: Rewriter, view: View, deeper: Groups, root: str) -> tuple[list[Change], str]:
        """What became of members, and why their container could not be written, or nothing."""
        folder = self._folder(packer, view, root)
        made, fresh = self._members(packer, deeper, view, folder)
        met = {change.chain for change in made}
        met |= {c for change in made if change.inner for c in deeper if c[: len(change.chain)] == change.chain}
        lost = {c: t for c, t in deeper.items() if c not in met}
        if any(change.changed or (self.plan and change.edits) for change in made):
            # What another reader shows of the same bytes is asked for again where it is still there.
            depth, known = len(self.artifact.place.chain), {name for name, _ in view.members}
            twice = {c: t for c, t in lost.items() if c[depth] not in known}
            lost = {c: t for c, t in lost.items() if c not in twice}
            made += [Change(c, later=tuple(t.key for t in targets)) for c, targets in twice.items()]
        made += _kept(lost, "it cannot be taken out of what holds it")
        error = self._packed(packer, view, fresh) if fresh else ""
        if folder is not None and not error:
            self._pointed(view, fresh, folder)
        for file in fresh.values():
            if file is not None:
                os.unlink(file.name)  # noqa: PTH108
        return made, error

    def _folder(self, packer: Rewriter, view: View, root: str) -> Folder | None:
        """The members as files, where some may be models; None where they are not laid out."""
        if not wanted(view):
            return None
        folder = Folder(root)
        return folder if folder.fill(self._read(packer), [name for name, _ in view.members]) else None

    def _members(
        self, packer: Rewriter, deeper: Groups, view: View, folder: Folder | None
    ) -> tuple[list[Change], dict[str, _File | None]]:
        """What became of members, and what stands in their place: a file, or nothing."""
        made: list[Change] = []
        fresh: dict[str, _File | None] = {}
        #: Members that another one has had changed, or would.
        bound: set[tuple[str, ...]] = set()
        depth = len(self.artifact.place.chain) + 1
        for item in self._read(packer):
            chain = item.place.chain
            inner = {c: t for c, t in deeper.items() if c[:depth] == chain}
            if not inner or any(change.chain == chain for change in made if chain not in bound):
                continue
            if chain in bound:
                # It is not what it was: what was found in it is asked for again where it is still there.
                made += [Change(c, later=tuple(t.key for t in targets)) for c, targets in inner.items()]
                continue
            item.depth, item.nest = self.artifact.depth + 1, self.artifact.nest
            item.near = tuple(name for name, _ in view.members)
            item.fixed = "" if packer.names else _FIXED
            item.file = folder.path(chain[-1]) if folder is not None else ""
            rows = nested(self.worker, item, inner, plan=self.plan)
            mates = [mate for mate in rows[:-1] if len(mate.chain) == depth and mate in rows[-1].mates]
            mates = [mate for mate in mates if mate.changed or (self.plan and (mate.edits or mate.plan.whole))]
            fixed = {(*mate.chain[:-1], self.was.get(mate.chain[-1], mate.chain[-1])) for mate in mates}
            bound |= fixed
            for change in made:
                if change.chain[:depth] in fixed:
                    # What stays by its own plan is asked for again, since another member has it changed.
                    change.later, change.kept = (*change.later, *change.kept), {}
            made += rows
            for row in [*mates, rows[-1]]:
                self._put(row, fresh, folder)
        return made, fresh

    def _put(self, change: Change, fresh: dict[str, _File | None], folder: Folder | None) -> None:
        """Note what stands in the place of a member, and lay it out for those that come after it."""
        name = called = change.chain[-1]
        if self.plan or not (change.whole or change.file):
            return
        path = change.file
        if path and change.plan.name:
            called = name[: len(name) - len(name.rpartition("/")[2])] + change.plan.name
        own = self.was.get(name, name)
        self.was[called] = own
        if folder is not None:
            folder.put(name, path, called)
            path = folder.path(called)
        elif fresh.get(own) is not None:
            os.unlink(fresh[own].name)  # type: ignore[union-attr]  # noqa: PTH108
        like = Artifact(Place((*change.chain[:-1], called)), b"", depth=self.artifact.depth + 1)
        like.nest = self.artifact.nest
        fresh[own] = None if change.whole else _File(path, like)
        change.file = ""

    def _pointed(self, view: View, fresh: Mapping[str, _File | None], folder: Folder) -> None:
        """Say which members name what is called otherwise now."""
        for name, file in sorted(fresh.items()):
            if file is not None and file.artifact.place.chain[-1] != name:
                base = name.rpartition("/")[2]
                rows = folder.naming((one for one, _ in view.members), base)
                self.change.plan.notes += [f"the member {one!r} still names {base!r}" for one in rows]

    def _read(self, packer: Rewriter) -> Iterator[Artifact]:
        """Members, one at a time, as the reader that the packer goes by yields them."""

        def ask(reader: Reader) -> bool:
            return reader.name in packer.reads

        for reader in formats(self.artifact, ask):
            stream = iter(reader.read(self.artifact, self.worker.limits))
            while True:
                row: list[object] = []
                try:
                    crash = self.worker.guard(lambda: row.append(next(stream, None)))  # noqa: B023 - called at once
                except Damaged:
                    return
                if crash is not None or not row or row[0] is None:
                    break
                if isinstance(row[0], Artifact):
                    yield row[0]

    def _packed(self, packer: Rewriter, view: View, fresh: Mapping[str, _File | None]) -> str:
        """Write the container anew and prove it; why that failed, or nothing."""
        made: list[Plan] = []
        members = {name: file.artifact if file is not None else None for name, file in fresh.items()}
        try:
            crash = self.worker.guard(lambda: made.append(packer.pack(self.artifact, members)))
        except Damaged as broken:
            crash = broken.detail
        if crash is not None:
            return crash
        plan = self.change.plan = made[0]
        self.change.edits = plan.edits
        if plan.whole:
            self.change.whole = plan.whole
            return ""
        handle, name = tempfile.mkstemp(dir=self.worker.folder)
        try:
            with os.fdopen(handle, "wb") as out:
                crash = self.worker.guard(lambda: packer.rewrite(self.artifact, plan, out))
        except Damaged as broken:
            crash = broken.detail
        crash = crash or self._proven(packer, view, at(name, self.artifact), fresh)
        if crash:
            os.unlink(name)  # noqa: PTH108
            self.change.edits = []
            self.change.plan = Plan()
            return crash
        self.change.file = name
        return ""

    def _proven(self, packer: Rewriter, view: View, after: Artifact, fresh: Mapping[str, _File | None]) -> str:
        """Compare all members before and after; why the new container must not be used, or nothing."""
        now = look(after, self.worker.limits, self.worker.guard)
        # A member that was a container of the same bytes, too, may no longer be one.
        twin = now.readers == view.readers
        known = twin or (not {*packer.reads}.isdisjoint(now.readers) and {*now.readers} < {*view.readers})
        if not known or now.crash or len(now.gaps) > len(view.gaps) or (twin and len(now.gaps) != len(view.gaps)):
            return "the container could no longer be read as before"
        now = now.only(packer.reads)
        wanted = []
        for name, digest in view.members:
            if name not in fresh:
                wanted.append((name, digest))
            elif (file := fresh[name]) is not None:
                wanted.append((file.artifact.place.chain[-1], file.artifact.digest))
        if wanted != now.members:
            return "other members would not be the same"
        made: list[Proof] = []
        try:
            crash = self.worker.guard(lambda: made.append(packer.check(self.artifact, after, self.change.plan)))
        except Damaged as broken:
            return broken.detail
        if crash is not None or made[0].error:
            return crash or made[0].error
        proof = made[0]
        others = sum(name not in fresh for name, _ in view.members)
        same = f"all {others:,} other members are the same, by digest"
        self.change.said = (same if others else "what it holds is the new file, by digest", *proof.said)
        self.change.facts = {"members": len(wanted), "others": others, **proof.facts}
        self.change.after = (after.digest, after.size)
        return ""


class _File:
    """What stands in the place of a member, until its container is written."""

    def __init__(self, name: str, like: Artifact) -> None:
        self.name = name
        self.artifact = at(name, like)


def _kept(groups: Groups, why: str) -> list[Change]:
    rows = []
    for chain, targets in sorted(groups.items()):
        change = Change(chain)
        change.keep((t.key for t in targets), why)
        rows.append(change)
    return rows
