"""Safetensors: tensors of a layer, rows of classes, and the metadata; all other tensors keep their bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.edit import Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.rewriters._hub import Order, indexes, shards
from untag.rewriters._labels import CARRIED
from untag.rewriters._tensor import Kept
from untag.rewriters._tensors import META, Planner, Trace, Whole, carried, checked, followed, steps_of, written_to
from untag.syntax.safetensors import header

if TYPE_CHECKING:
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.surface import Surface

__all__ = ["SafetensorsRewriter"]

_SHARD = re.compile(r"-\d{5}-of-\d{5}\.safetensors$")


class SafetensorsRewriter(Rewriter):
    """Takes tensors, rows of classes and texts out of safetensors."""

    name = "safetensors"
    reads = ("safetensors",)
    rank = 60
    exact = False
    limits = (
        CARRIED,
        "no graph stands in the file: what else used a layer that goes is not told, and code that loads it must change",
        "layers of quantised or packed numbers, and those with more than weights and bias, keep their classes",
        "what the last layer puts out is computed with numpy where it is installed; the rest is compared byte for byte",
    )

    def knows(self, artifact: Artifact) -> bool:
        """All that the reader of safetensors reads."""
        return artifact.head[8:9] == b"{"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Layers that are named, classes that the metadata lists, then texts.

        Raises:
            Damaged: It does not keep to the format.
        """
        with artifact.open() as file:
            held = header(file, artifact.size)
        keys = {f"{META}{key}"[:400]: key for key in reversed(held.metadata)}
        return _Planner(artifact, held, targets, lambda mark: keys.get(mark.place.pointer or "")).plan()

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Cut what a configuration or a list of shards says.

        Raises:
            Damaged: It is not there.
        """
        if any(isinstance(one, Order) and one.labels and not (one.rows or one.whole) for one in orders):
            self._alone(artifact)
        with artifact.open() as file:
            return followed(header(file, artifact.size), orders)

    @staticmethod
    def _alone(artifact: Artifact) -> None:
        """Whether a list of labels may say what goes: not of shards, and not where a configuration counts classes.

        Raises:
            Damaged: It may not.
        """
        if next(indexes(artifact), None) is not None or _SHARD.search(artifact.name):
            raise Damaged("it is one of several shards, and nothing tells the layer of these classes")

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Write the new header, then the tensors that are left, in their order.

        Raises:
            Damaged: A step cannot be carried out.
        """
        with artifact.open() as file:
            store = Whole(file, artifact.size)
            try:
                plan.data = trace = carried(store.header, steps_of(plan))
            except Kept as kept:
                raise Damaged(str(kept)) from kept
            written_to(out, store, trace)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """Whether what was shown there went."""
        trace, pointer = plan.data, surface.place.pointer or ""
        return isinstance(trace, Trace) and (pointer in trace.pointers or (pointer, surface.text) in trace.texts)

    def becomes(self, surface: Surface, plan: Plan) -> Surface | None:
        """A list of which one label is left is shown as a text."""
        trace = plan.data
        key = surface.place.pointer or "", surface.text
        if isinstance(trace, Trace) and (text := trace.made.get(key)) is not None:
            return replace(surface, text=text, owner="metadata")
        return super().becomes(surface, plan)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare every tensor that is left, byte for byte, and what the cut layers put out."""
        with before.open() as file:
            return checked(Whole(file, before.size), after, plan)


class _Planner(Planner):
    """The same for a file that may be one of several shards."""

    def lists(self) -> list[tuple[Artifact, dict[str, str]]]:
        """Lists of shards that name this file.

        Raises:
            Kept: One cannot be read, or is not at hand.
        """
        rows = [(index, shards(index)) for index in indexes(self.artifact)]
        found = [row for row in rows if self.artifact.name in row[1].values()]
        if not found and _SHARD.search(self.artifact.name):
            raise Kept("it is one of several shards, and the list of them is not beside it")
        return found
