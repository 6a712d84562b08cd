"""Files of weights beside a model: places that it needs no more are overwritten or taken out, all others stay."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from untag.edit import Blank, Edit, Plan, Rewriter
from untag.gap import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.artifact import Artifact
    from untag.edit import Target

__all__ = ["WeightsRewriter"]

#: Bytes of one step: all of them take their zeros from the same few.
_PIECE = 1 << 20
_ZEROS = bytes(_PIECE)
#: Bytes between two numbers that go in one step.
_NEAR = 1 << 16
_GONE = "numbers of what is gone"


class WeightsRewriter(Rewriter):
    """Overwrites or takes out numbers of a model that are gone, in the file beside it that holds them."""

    name = "weights"
    reads = ()
    limits = (
        "it is asked by the model alone; for ONNX other numbers keep their places, and what goes at the end is cut off",
        "of TensorFlow.js the numbers are taken out, and those behind them move up",
    )

    def knows(self, artifact: Artifact) -> bool:  # noqa: ARG002 - the model says which file it is
        """Of itself nothing: bytes say nothing of what they are."""
        return False

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:  # noqa: ARG002 - as above
        """Nothing of itself."""
        return Plan().keep(targets, "it changes with the model that names it, and not by itself")

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Overwrite or take out what a model says.

        Raises:
            Damaged: The file is shorter than that.
        """
        plan = Plan(secret=True, bare=True)
        # Zeros behind all that the model still names would be bytes that nothing explains.
        last = _kept(artifact.size, (order for order in orders if isinstance(order, Blank) and not order.out))
        for order in orders:
            assert isinstance(order, Blank)  # noqa: S101 - who calls looks at it
            plan.whole = plan.whole or order.whole
            if any(not 0 <= start <= end <= artifact.size for start, end in order.spans):
                raise Damaged("it is shorter than the model says")
            if order.out:
                plan.edits += _shorter(artifact, order)
                continue
            for start, end in order.spans:
                if start >= last:
                    plan.edits.append(Edit(start, end, b"", order.safe, _GONE, order.why, order.keys))
                    continue
                for at in range(start, end, _PIECE):
                    stop = min(at + _PIECE, end)
                    new = _ZEROS if stop - at == _PIECE else bytes(stop - at)
                    plan.edits.append(Edit(at, stop, new, order.safe, _GONE, order.why, order.keys))
        return plan


def _kept(size: int, orders: Iterable[Blank]) -> int:
    """Where the last bytes end that no order names; all of the file where none is left."""
    last = size
    for start, end in sorted((span for order in orders for span in order.spans), reverse=True):
        if end < last:
            break
        last = min(last, start)
    return last or size


def _shorter(artifact: Artifact, order: Blank) -> list[Edit]:
    """Numbers that are taken out; of a layer that loses classes those of many rows in one step."""
    groups: list[list[tuple[int, int]]] = []
    for span in order.spans:
        last = groups[-1] if groups else None
        if last is None or span[0] - last[-1][1] > _NEAR or span[1] - last[0][0] > _PIECE:
            groups.append([span])
        else:
            last.append(span)
    out: list[Edit] = []
    with artifact.open() as file:
        for group in groups:
            new: list[bytes] = []
            for (_, end), (start, _) in pairwise(group):
                file.seek(end)
                new.append(file.read(start - end))
            low, high = group[0][0], group[-1][1]
            out.append(Edit(low, high, b"".join(new), order.safe, _GONE, order.why, order.keys))
    return out
