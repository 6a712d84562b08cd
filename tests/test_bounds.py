"""A model that puts out something else is written only where sums in another order explain it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from graphs import CASES, GONE, held, info, made, weights
from untag.artifact import Artifact
from untag.edit import Edit, Plan
from untag.place import Place
from untag.rewriters import _run, rewriters
from untag.rewriters._surgery import Step

if TYPE_CHECKING:
    from pathlib import Path

WIDE = 3000
CUT = {"attributes": [-1, list(GONE)]}


def compared(folder: Path, old: onnx.ModelProto, new: onnx.ModelProto, outputs: tuple[str, ...]) -> dict[str, Any]:
    """What the process that compares says."""
    spec: dict[str, Any] = {"outputs": list(outputs), "probes": [], "cuts": CUT, "size": 2}
    for side, model in (("before", old), ("after", new)):
        (folder / side).mkdir(exist_ok=True)
        spec[side] = str(folder / side / f"{side}.onnx")
        onnx.save(model, spec[side])
    return _run.compare(spec)


def wide(*, left: np.ndarray | None = None, turn: bool = False, behind: str = "", more: int = 0) -> onnx.ModelProto:
    """A layer that adds up many products; turned, it adds them in another order, which is none of its weights' matter.

    Args:
        left: The columns that are left.
        turn: Whether it is turned.
        behind: An operator behind it.
        more: Units in the last place that one of its weights is more.
    """
    w = weights(WIDE, 5)
    if more:
        w[7, 2] = (w[7:8, 2].view(np.int32) + more).view(np.float32)[0]
    order = np.random.default_rng(5).permutation(WIDE)
    w = w if left is None else w[:, left]
    first = [numpy_helper.from_array(w[order] if turn else w, "turned" if turn else "w")]
    nodes = []
    if turn:
        first.append(numpy_helper.from_array(order.astype(np.int64), "order"))
        nodes.append(helper.make_node("Gather", ["pooled", "order"], ["other"], "turn", axis=1))
    scores = "scores" if behind else "attributes"
    nodes.append(helper.make_node("MatMul", ["other" if turn else "pooled", first[0].name], [scores], "fc"))
    if behind == "QuantizeLinear":
        nodes.append(helper.make_node("QuantizeLinear", ["scores", "ys", "yz"], ["q"], "pack"))
        nodes.append(helper.make_node("DequantizeLinear", ["q", "ys", "yz"], ["attributes"], "unpack"))
        first += held(ys=np.float32(1e-3), yz=np.int8(0))
    elif behind:
        nodes.append(helper.make_node(behind, ["scores"], ["attributes"], "behind"))
    return made(nodes, [info("pooled", 4, WIDE)], [info("attributes", 4, w.shape[1])], first)


LEFT = np.array([0, 2, 3])


@pytest.mark.parametrize("behind", ["", "Sigmoid", "QuantizeLinear", "HardSwish", "Neg"])
def test_sums_in_another_order_are_explained(tmp_path: Path, behind: str) -> None:
    said = compared(tmp_path, wide(behind=behind), wide(left=LEFT, turn=True, behind=behind), ("attributes",))
    far, _ = said["outputs"]["attributes"]
    if not behind:
        assert far > 0
    if far:
        explained, bound, terms, there = said["bounds"]["attributes"]
        assert (explained, terms) == (1, WIDE + 4)
        assert there <= bound < 1


@pytest.mark.parametrize("behind", ["", "Sigmoid"])
def test_what_no_order_explains_is_not(tmp_path: Path, behind: str) -> None:
    """One weight of thousands that is twice, half or four times as large."""
    old = wide(behind=behind)
    for more in (1 << 23, -(1 << 23), 1 << 24):
        said = compared(tmp_path, old, wide(left=LEFT, turn=True, behind=behind, more=more), ("attributes",))
        explained, bound, _, far = said["bounds"]["attributes"]
        assert not explained
        assert far > bound


def test_each_weight_has_to_be_the_old_one_bit_for_bit(tmp_path: Path) -> None:
    """What an order could explain is still seen, since the weights themselves are compared."""
    said = compared(tmp_path, wide(), wide(left=LEFT), ("attributes",))
    assert said["weights"] == 1
    said = compared(tmp_path, wide(), wide(left=LEFT, more=1), ("attributes",))
    assert said["error"] == "the weights 'w' are not those of the old model"
    for columns in ([2, 0, 3], [0, 0, 3]):
        said = compared(tmp_path, wide(), wide(left=np.array(columns)), ("attributes",))
        assert "are not those" in said["error"]


@pytest.mark.parametrize("name", ["gemm", "gemm_softmax", "conv", "separate_17", "function_classes", "branch_classes"])
def test_a_wrong_cut_is_refused(tmp_path: Path, name: str) -> None:
    """The proof reads both models anew: a number that is another one is seen, wherever it stands."""
    case = CASES[name]()
    rewriter, before = rewriters()["onnx"], Artifact(Place(("net.onnx",)), case.model.SerializeToString())
    if case.cut:
        steps = tuple(Step("cut", output, axis, places) for output, (axis, places) in case.cut.items())
    else:
        steps = tuple(Step("output", o.name) for o in case.model.graph.output if o.name not in case.kept)
    plan = Plan([Edit(-1, -1, data=steps)])
    out = io.BytesIO()
    rewriter.rewrite(before, plan, out)
    proof = rewriter.check(before, Artifact(before.place, out.getvalue()), plan)
    assert not proof.error
    assert any("tensors of weights are the old ones bit for bit" in line for line in proof.said)
    new = onnx.load_model_from_string(out.getvalue())
    tensors = list(new.graph.initializer)
    for node in new.graph.node:
        tensors += [t for a in node.attribute for t in a.g.initializer]
    for tensor in tensors:
        good = tensor.raw_data
        tensor.raw_data = good[:-1] + bytes([good[-1] ^ 0x80])  # the sign of the last number
        wrong = rewriter.check(before, Artifact(before.place, new.SerializeToString()), plan)
        assert "not those of the old model" in wrong.error or "is not the same" in wrong.error
        tensor.raw_data = good
