"""Files of weights beside a model in ONNX: places that the model needs no more are overwritten, all others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.edit import Blank, Edit, Plan, Rewriter
from untag.gap import Damaged

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Target

__all__ = ["WeightsRewriter"]

#: Bytes of one step: all of them take their zeros from the same few.
_PIECE = 1 << 20
_ZEROS = bytes(_PIECE)


class WeightsRewriter(Rewriter):
    """Overwrites numbers of a model that are gone, in the file beside it that holds them."""

    name = "weights"
    reads = ()
    limits = ("it is asked by the model alone; the file keeps its size, and other numbers their places",)

    def knows(self, artifact: Artifact) -> bool:  # noqa: ARG002 - the model says which file it is
        """Of itself nothing: bytes say nothing of what they are."""
        return False

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:  # noqa: ARG002 - as above
        """Nothing of itself."""
        return Plan().keep(targets, "it changes with the model that names it, and not by itself")

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Overwrite what a model says.

        Raises:
            Damaged: The file is shorter than that.
        """
        plan = Plan(secret=True)
        for order in orders:
            assert isinstance(order, Blank)  # noqa: S101 - who calls looks at it
            plan.whole = plan.whole or order.whole
            for start, end in order.spans:
                if not 0 <= start <= end <= artifact.size:
                    raise Damaged("it is shorter than the model says")
                for at in range(start, end, _PIECE):
                    stop = min(at + _PIECE, end)
                    new = _ZEROS if stop - at == _PIECE else bytes(stop - at)
                    plan.edits.append(Edit(at, stop, new, order.safe, "numbers of what is gone", order.why, order.keys))
        return plan
