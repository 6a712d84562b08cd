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
from untag.readers import formats
from untag.rewriters import choose
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

    def changes(self, view: View, deeper: Groups, own: tuple[Target, ...]) -> list[Change]:
        """What becomes of members, and of the container."""
        packer = _rewriter(self.worker, self.artifact, view, lambda one: one.packs)
        self.change.keep((t.key for t in own), "it is what holds others; strip does not rename")
        if packer is None:
            what = view.readers[0] if view.readers else "none"
            return [*_kept(deeper, f"it lies in what the reader {what} reads, which untag cannot write"), self.change]
        self.change.rewriter = packer.name
        made, fresh = self._members(packer, deeper, tuple(name for name, _ in view.members))
        met = {change.chain for change in made}
        lost = {c: t for c, t in deeper.items() if c not in met}
        made += _kept(lost, "it cannot be taken out of what holds it")
        error = self._packed(packer, view, fresh) if fresh else ""
        for file in fresh.values():
            if file is not None:
                os.unlink(file.name)  # noqa: PTH108
        if error:
            # What was proven of members is of no use where the container cannot be written.
            for change in made:
                change.keep((t.key for t in deeper.get(change.chain, ()) if change.changed), error)
                change.edits, change.after, change.whole = [], None, ""
                change.diff, change.said, change.facts, change.plan = [], (), {}, Plan()
        return [*made, self.change]

    def _members(
        self, packer: Rewriter, deeper: Groups, names: tuple[str, ...]
    ) -> tuple[list[Change], dict[str, _File | None]]:
        """What became of members, and what stands in their place: a file, or nothing."""
        made: list[Change] = []
        fresh: dict[str, _File | None] = {}
        depth = len(self.artifact.place.chain) + 1
        for item in self._read(packer):
            chain = item.place.chain
            inner = {c: t for c, t in deeper.items() if c[:depth] == chain}
            if not inner or any(change.chain == chain for change in made):
                continue
            item.depth, item.nest, item.near = self.artifact.depth + 1, self.artifact.nest, names
            rows = nested(self.worker, item, inner, plan=self.plan)
            made += rows
            if rows[-1].whole and not self.plan:
                fresh[chain[-1]] = None
            elif rows[-1].file:
                fresh[chain[-1]] = _File(rows[-1].file, item)
                rows[-1].file = ""
        return made, fresh

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
        if now.readers != view.readers or now.crash or len(now.gaps) != len(view.gaps):
            return "the container could no longer be read as before"
        wanted = []
        for name, digest in view.members:
            if name not in fresh:
                wanted.append((name, digest))
            elif (file := fresh[name]) is not None:
                wanted.append((name, file.artifact.digest))
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
