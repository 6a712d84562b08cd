"""State dicts of PyTorch: read without unpickling, and written as safetensors in their place."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from untag.edit import Plan, Proof, Rewriter, around
from untag.gap import Damaged
from untag.rewriters._checkpoint import checkpoint, legacy, zipped
from untag.rewriters._hub import REPLACED, Order, became, stuck
from untag.rewriters._tensor import Kept
from untag.rewriters._tensors import Planner, carried, checked, followed, steps_of, written_to

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.finding import Mark

__all__ = ["TorchRewriter"]


_SHARD = re.compile(r"-\d{5}-of-\d{5}\.\w+$")


class TorchRewriter(Rewriter):
    """Takes layers, rows of classes and texts out of state dicts."""

    name = "torch"
    reads = ("zip", "pickle")
    rank = 60
    exact = False
    inner = True
    limits = (
        "what is left is written as safetensors under a name that says so, and the old file goes: loaders must follow",
        "no pickle is written, and none is unpickled: a file that holds more than tensors and plain values stays",
        "TorchScript, whole modules, optimizers, single shards, quantised, sparse and 8-bit float tensors stay",
        "tensors that share their numbers become tensors of their own; versions of modules are not kept",
    )

    def knows(self, artifact: Artifact) -> bool:
        """An archive of ``torch.save``, or its old format."""
        return zipped(artifact) or legacy(artifact)

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """As of safetensors; no step is safe, since the file gets another name and format."""
        try:
            name = _named(artifact)
            with checkpoint(artifact) as held:
                plan = Planner(artifact, held.header, targets, _where(held.nested, {*held.header.metadata})).plan()
                shared = held.shared
        except Kept as kept:
            return Plan().keep(targets, str(kept))
        return _replaced(plan, artifact, name, shared)

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Cut what a configuration says.

        Raises:
            Damaged: It is not there, or cannot be written.
        """
        try:
            moved = {old for order in orders if isinstance(order, Order) for old, _ in order.moved}
            name = _named(artifact, moved)
            with checkpoint(artifact) as held:
                return _replaced(followed(held.header, orders), artifact, name, held.shared)
        except Kept as kept:
            raise Damaged(str(kept)) from kept

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Write what is left as safetensors.

        Raises:
            Damaged: A step cannot be carried out.
        """
        try:
            with checkpoint(artifact) as held:
                plan.data = trace = carried(held.header, steps_of(plan))
                written_to(out, held, trace)
        except Kept as kept:
            raise Damaged(str(kept)) from kept

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare every tensor that is left, byte for byte, and what the cut layers put out."""
        try:
            with checkpoint(before) as held:
                return checked(held, after, plan)
        except Kept as kept:
            return Proof(str(kept))


def _named(artifact: Artifact, moved: Collection[str] = ()) -> str:
    """The name of what is written.

    Args:
        artifact: The file.
        moved: Shards whose list is changed with them.

    Raises:
        Kept: It cannot have one.
    """
    if why := stuck(artifact):
        raise Kept(why)
    if _SHARD.search(artifact.name) and artifact.name not in moved:
        raise Kept("it is one of several shards: it goes with the list of them, or not at all")
    name = became(artifact.name)
    if name in around(artifact):
        raise Kept(f"what is left of it would be called {name}, and a file of that name is there")
    return name


def _replaced(plan: Plan, artifact: Artifact, name: str, shared: int) -> Plan:
    """A plan whose file gets another name."""
    if plan.whole or not plan.edits:
        return plan
    plan.name = name
    why = REPLACED.format(old=artifact.name, new=name)
    plan.edits = [
        replace(e, safe=False, why=f"{e.why}; {why}" if e.why else why, names=(*e.names, artifact.name))
        for e in plan.edits
    ]
    plan.notes.append(f"{artifact.name} goes, and {name} stands in its place: load it with safetensors.torch.load_file")
    if shared:
        plan.notes.append(f"{shared} tensors that shared their numbers with others have their own now")
    return plan


def _where(nested: str, keys: set[str]):  # type: ignore[no-untyped-def]
    """What tells the key of the metadata that a mark stands under."""

    def where(mark: Mark) -> str | None:
        chain = mark.place.chain
        if len(chain) > 1 and not chain[-1].endswith("/data.pkl"):
            return None
        steps = (mark.place.pointer or "").split("/")
        # In the old format the fourth of several pickles is what was saved.
        first = steps[2:3] if len(chain) == 1 and steps[1:2] == ["3"] else steps[1:2]
        key = first[0].replace("~1", "/").replace("~0", "~") if first else ""
        return key if key in keys and key != nested else None

    return where
