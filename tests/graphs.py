"""Made-up models in ONNX with random weights, one for each way a head may carry a tag. None was ever trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FLOAT = TensorProto.FLOAT
LABELS = ("smiling", "uyghur", "glasses", "beard", "han_chinese")
GONE = (1, 4)
LEFT = tuple(name for i, name in enumerate(LABELS) if i not in GONE)


@dataclass
class Case:
    """A model, and what must be left of it.

    Attributes:
        model: As it is.
        kept: Outputs that stay.
        words: What must stand nowhere in the new one.
        cut: Of an output that loses classes their places along an axis.
        unsafe: Whether the step is one that has to be asked for.
        verdict: ``removed`` or ``masked``.
    """

    model: onnx.ModelProto
    kept: tuple[str, ...]
    words: tuple[str, ...]
    cut: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    unsafe: bool = False
    verdict: str = "removed"


CASES: dict[str, Callable[[], Case]] = {}


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    CASES[make.__name__] = make
    return make


def weights(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def info(name: str, *shape: Any, kind: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def held(**arrays: np.ndarray) -> list[onnx.TensorProto]:
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]


def made(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    initializers: Sequence[onnx.TensorProto],
    *,
    opset: int = 17,
    name: str = "face_attributes",
    labels: Sequence[str] = (),
    extra: Sequence[onnx.OperatorSetIdProto] = (),
    **more: Any,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
    imports = [helper.make_opsetid("", opset), *extra]
    model = helper.make_model(graph, opset_imports=imports, producer_name="untag", ir_version=min(8, max(4, opset - 6)),
                              **more)  # fmt: skip
    if labels:
        helper.set_model_props(model, {"names": str(dict(enumerate(labels))), "author": "nobody"})
    onnx.checker.check_model(model)
    return model


def separate(opset: int) -> Case:
    """Three heads of their own on one trunk; names of nodes, weights, shapes, docs, graph and metadata tell the tag."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "trunk_w", "trunk_b"], ["trunk"], "trunk_fc"),
        helper.make_node("Relu", ["trunk"], ["features"], "trunk_relu"),
        helper.make_node("Gemm", ["features", "age_w", "age_b"], ["face_age"], "age_fc"),
        helper.make_node("Gemm", ["features", "ethnicity_hidden_w"], ["ethnicity_hidden"], "ethnicity_fc1"),
        helper.make_node("Relu", ["ethnicity_hidden"], ["ethnicity_relu"], "ethnicity_act"),
        helper.make_node("Gemm", ["ethnicity_relu", "ethnicity_w", "ethnicity_b"], ["ethnicity_logits"],
                         "ethnicity_fc2", doc_string="Tells the ethnicity of a face."),
        helper.make_node("Softmax", ["ethnicity_logits"], ["face_ethnicity"], "ethnicity_softmax", axis=1),
        helper.make_node("Gemm", ["features", "gender_w", "gender_b"], ["face_gender"], "gender_fc"),
    ]  # fmt: skip
    first = held(trunk_w=weights(8, 6), trunk_b=weights(6), age_w=weights(6, 1), age_b=weights(1),
                 ethnicity_hidden_w=weights(6, 5), ethnicity_w=weights(5, 4), ethnicity_b=weights(4),
                 gender_w=weights(6, 2), gender_b=weights(2))  # fmt: skip
    outs = [info("face_age", "batch", 1), info("face_ethnicity", "batch", 4), info("face_gender", "batch", 2)]
    model = made(nodes, [info("pooled", "batch", 8)], outs, first, opset=opset, name="face_ethnicity_net",
                 doc_string="Reads faces.\nOutputs age, ethnicity and gender of a face.\nMade for tests.")  # fmt: skip
    model.graph.value_info.append(info("ethnicity_logits", "batch", 4))
    helper.set_model_props(model, {"ethnicity_labels": "['asian', 'black', 'white', 'other']", "author": "nobody"})
    return Case(model, ("face_age", "face_gender"), ("ethnicity",))


for _opset in range(11, 23):
    CASES[f"separate_{_opset}"] = lambda opset=_opset: separate(opset)  # type: ignore[misc]


def shared(nodes: Sequence[onnx.NodeProto], initializers: Sequence[onnx.TensorProto], *shape: Any, **more: Any) -> Case:
    """A head whose classes are attributes, two of which are tags."""
    inputs = more.pop("inputs", [info("pooled", "batch", 8)])
    outs = more.pop("outs", [info("attributes", *(shape or ("batch", 5)))])
    axis = more.pop("axis", -1)
    model = made(nodes, inputs, outs, initializers, labels=LABELS, **more)
    words, cut = ("uyghur", "han_chinese"), {"attributes": (axis, GONE)}
    return Case(model, tuple(o.name for o in outs), words, cut, unsafe=True)


@case
def gemm() -> Case:
    nodes = [helper.make_node("Gemm", ["pooled", "w", "b"], ["attributes"], "fc")]
    return shared(nodes, held(w=weights(8, 5), b=weights(5)))


@case
def gemm_turned() -> Case:
    nodes = [helper.make_node("Gemm", ["pooled", "w", "b"], ["attributes"], "fc", transB=1, alpha=0.5)]
    return shared(nodes, held(w=weights(5, 8), b=weights(5)), opset=13)


@case
def matmul_add() -> Case:
    nodes = [
        helper.make_node("MatMul", ["pooled", "w"], ["scores"], "fc"),
        helper.make_node("Add", ["scores", "b"], ["attributes"], "bias"),
    ]
    return shared(nodes, held(w=weights(8, 5), b=weights(5)), opset=11)


@case
def gemm_softmax() -> Case:
    """Probabilities behind the logits: these alone can stay the same."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "w", "b"], ["logits"], "fc"),
        helper.make_node("Softmax", ["logits"], ["attributes"], "softmax", axis=1),
    ]
    return shared(nodes, held(w=weights(8, 5), b=weights(5)))


@case
def gemm_norm() -> Case:
    """Batch normalisation, a scale and a sigmoid behind the layer; one scale is of all classes, one of each."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "w"], ["scores"], "fc"),
        helper.make_node("BatchNormalization", ["scores", "s", "b", "m", "v"], ["normal"], "bn"),
        helper.make_node("Mul", ["normal", "one"], ["scaled"], "scale"),
        helper.make_node("Div", ["scaled", "each"], ["even"], "each_scale"),
        helper.make_node("Sigmoid", ["even"], ["attributes"], "sigmoid"),
    ]
    rows = {k: np.abs(weights(5, seed=i)) + 0.5 for i, k in enumerate(("s", "b", "m", "v"))}
    first = held(w=weights(8, 5), one=np.float32([2]), each=np.float32([1, 2, 3, 4, 5]), **rows)
    return shared(nodes, first, opset=15)


@case
def conv() -> Case:
    """A convolution of one pixel as the last layer, pooled and flattened."""
    nodes = [
        helper.make_node("Conv", ["image", "w", "b"], ["maps"], "head", kernel_shape=[1, 1]),
        helper.make_node("GlobalAveragePool", ["maps"], ["means"], "pool"),
        helper.make_node("Flatten", ["means"], ["attributes"], "flat", axis=1),
    ]
    return shared(nodes, held(w=weights(5, 3, 1, 1), b=weights(5)), inputs=[info("image", 1, 3, 4, 4)])


@case
def conv_map() -> Case:
    """Class maps: the classes are the second axis of the output."""
    nodes = [helper.make_node("Conv", ["image", "w", "b"], ["attributes"], "head", kernel_shape=[3, 3])]
    return shared(nodes, held(w=weights(5, 3, 3, 3), b=weights(5)), 1, 5, 4, 4, inputs=[info("image", 1, 3, 6, 6)],
                  opset=12, axis=1)  # fmt: skip


@case
def reshaped() -> Case:
    """A reshape that names the number of classes."""
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["maps"], "head", kernel_shape=[4, 4]),
        helper.make_node("Reshape", ["maps", "shape"], ["attributes"], "flat"),
    ]
    first = [*held(w=weights(5, 3, 4, 4)), numpy_helper.from_array(np.int64([1, 5]), "shape")]
    model = shared(nodes, first, 1, 5, inputs=[info("image", 1, 3, 4, 4)], opset=14)
    model.model.graph.value_info.append(info("maps", 1, 5, 1, 1))
    return model


@case
def joined() -> Case:
    """Three heads joined to one output: one of them goes whole, one in part."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "w1"], ["head1"], "fc1"),
        helper.make_node("Gemm", ["pooled", "w2"], ["head2"], "fc2"),
        helper.make_node("Gemm", ["pooled", "w3"], ["head3"], "fc3"),
        helper.make_node("Concat", ["head1", "head2", "head3"], ["attributes"], "join", axis=1),
    ]
    return shared(nodes, held(w1=weights(8, 1), w2=weights(8, 1), w3=weights(8, 3)), opset=18)


@case
def parted() -> Case:
    """One layer parted into outputs: the part that nothing reads any more is cut out of it."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "w", "b"], ["all"], "fc"),
        helper.make_node("Split", ["all", "sizes"], ["face_age", "face_race", "face_gender"], "part", axis=1),
    ]
    first = [*held(w=weights(8, 7), b=weights(7)), numpy_helper.from_array(np.int64([1, 4, 2]), "sizes")]
    outs = [info("face_age", "batch", 1), info("face_race", "batch", 4), info("face_gender", "batch", 2)]
    model = made(nodes, [info("pooled", "batch", 8)], outs, first, opset=13)
    model.graph.value_info.append(info("all", "batch", 7))
    return Case(model, ("face_age", "face_gender"), ("face_race",))


@case
def sliced() -> Case:
    """The same with slices."""
    nodes = [helper.make_node("Gemm", ["pooled", "w", "b"], ["all"], "fc")]
    first = held(w=weights(8, 7), b=weights(7))
    outs = []
    for name, low, high in (("face_age", 0, 1), ("face_race", 1, 5), ("face_gender", 5, 7)):
        for part, value in (("starts", [low]), ("ends", [high]), ("axes", [1])):
            first.append(numpy_helper.from_array(np.int64(value), f"{name}_{part}"))
        nodes.append(helper.make_node("Slice", ["all", *(f"{name}_{p}" for p in ("starts", "ends", "axes"))], [name],
                                      f"{name}_slice"))  # fmt: skip
        outs.append(info(name, "batch", high - low))
    model = made(nodes, [info("pooled", "batch", 8)], outs, first)
    model.graph.value_info.append(info("all", "batch", 7))
    return Case(model, ("face_age", "face_gender"), ("face_race",))


def whole(*shape: int, seed: int = 1, low: int = -100, high: int = 100, kind: Any = np.int8) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, shape).astype(kind)


@case
def quantized_qdq() -> Case:
    """Weights as whole numbers with a scale for each class, and one for what comes out."""
    nodes = [
        helper.make_node("DequantizeLinear", ["wq", "ws", "wz"], ["w"], "weights", axis=0),
        helper.make_node("DequantizeLinear", ["bq", "bs"], ["b"], "bias"),
        helper.make_node("Gemm", ["pooled", "w", "b"], ["scores"], "fc", transB=1),
        helper.make_node("QuantizeLinear", ["scores", "ys", "yz"], ["q"], "pack"),
        helper.make_node("DequantizeLinear", ["q", "ys", "yz"], ["attributes"], "unpack"),
    ]
    first = held(wq=whole(5, 8), ws=np.abs(weights(5)) * 0.01 + 0.01, wz=np.zeros(5, np.int8),
                 bq=whole(5, kind=np.int32), bs=np.float32(0.02), ys=np.float32(0.05), yz=np.int8(3))  # fmt: skip
    return shared(nodes, first, opset=13)


@case
def quantized_matmul() -> Case:
    """``QLinearMatMul`` with one scale of all classes: it must stay as it is."""
    nodes = [
        helper.make_node("QuantizeLinear", ["pooled", "xs", "xz"], ["x"], "pack"),
        helper.make_node("QLinearMatMul", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], "fc"),
        helper.make_node("DequantizeLinear", ["y", "ys", "yz"], ["attributes"], "unpack"),
    ]
    first = held(w=whole(8, 5), ws=np.float32(0.02), wz=np.int8(0), xs=np.float32(0.03), xz=np.uint8(128),
                 ys=np.float32(0.1), yz=np.uint8(128))  # fmt: skip
    return shared(nodes, first, opset=11)


@case
def quantized_conv() -> Case:
    """``QLinearConv`` with a scale for each class and a bias."""
    nodes = [
        helper.make_node("QuantizeLinear", ["image", "xs", "xz"], ["x"], "pack"),
        helper.make_node("QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], ["y"], "head"),
        helper.make_node("DequantizeLinear", ["y", "ys", "yz"], ["maps"], "unpack"),
        helper.make_node("Flatten", ["maps"], ["attributes"], "flat"),
    ]
    first = held(w=whole(5, 3, 4, 4), ws=np.abs(weights(5)) * 0.01 + 0.01, wz=np.zeros(5, np.int8), xs=np.float32(0.03),
                 xz=np.uint8(128), ys=np.float32(0.1), yz=np.uint8(128), b=whole(5, kind=np.int32))  # fmt: skip
    model = shared(nodes, first, 1, 5, inputs=[info("image", 1, 3, 4, 4)], opset=16)
    model.model.graph.value_info.append(info("maps", 1, 5, 1, 1))
    return model


@case
def quantized_integer() -> Case:
    """``MatMulInteger`` with zero points for each class."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["pooled"], ["x", "xs", "xz"], "pack"),
        helper.make_node("MatMulInteger", ["x", "w", "xz", "wz"], ["y"], "fc"),
        helper.make_node("Cast", ["y"], ["f"], "float", to=FLOAT),
        helper.make_node("Mul", ["f", "s"], ["attributes"], "scale"),
    ]
    first = held(w=whole(8, 5), wz=np.zeros(5, np.int8), s=np.abs(weights(5)))
    return shared(nodes, first, opset=12)


@case
def branch() -> Case:
    """A head in both branches of an ``If``: its output goes out of each of them."""

    def graph(name: str, seed: int) -> onnx.GraphProto:
        nodes = [
            helper.make_node("Gemm", ["pooled", f"{name}_age_w"], [f"{name}_age"], f"{name}_age_fc"),
            helper.make_node("Gemm", ["pooled", f"{name}_race_w"], [f"{name}_race"], f"{name}_race_fc"),
        ]
        first = held(**{f"{name}_age_w": weights(8, 2, seed=seed), f"{name}_race_w": weights(8, 4, seed=seed)})
        return helper.make_graph(nodes, name, [], [info(f"{name}_age", 1, 2), info(f"{name}_race", 1, 4)], first)

    node = helper.make_node("If", ["large"], ["face_age", "face_race"], "choose", then_branch=graph("deep", 1),
                            else_branch=graph("flat", 2))  # fmt: skip
    inputs = [info("large", kind=TensorProto.BOOL), info("pooled", 1, 8)]
    model = made([node], inputs, [info("face_age", 1, 2), info("face_race", 1, 4)], [], opset=16)
    return Case(model, ("face_age",), ("face_race", "deep_race", "flat_race"))


@case
def branch_classes() -> Case:
    """Classes that both branches of an ``If`` make, one of them with weights from outside."""
    flat = helper.make_graph(
        [helper.make_node("Gemm", ["pooled", "outer_w"], ["flat_out"], "flat_fc")], "flat", [], [info("flat_out", 1, 5)]
    )
    deep = helper.make_graph(
        [helper.make_node("Gemm", ["pooled", "inner_w"], ["deep_out"], "deep_fc")],
        "deep",
        [],
        [info("deep_out", 1, 5)],
        held(inner_w=weights(8, 5, seed=2)),
    )
    node = helper.make_node("If", ["large"], ["attributes"], "choose", then_branch=deep, else_branch=flat)
    inputs = [info("large", kind=TensorProto.BOOL), info("pooled", 1, 8)]
    return shared([node], held(outer_w=weights(8, 5)), 1, 5, inputs=inputs, opset=19)


@case
def function() -> Case:
    """A function of the model gives back three heads: one of them goes, with its weights at the call."""
    nodes = [
        helper.make_node("Gemm", ["x", "wa"], ["age"], "age_fc"),
        helper.make_node("Gemm", ["x", "wr"], ["race"], "race_fc"),
        helper.make_node("Gemm", ["x", "wg"], ["gender"], "gender_fc"),
    ]
    body = helper.make_function("own", "Heads", ["x", "wa", "wr", "wg"], ["age", "race", "gender"], nodes,
                                [helper.make_opsetid("", 17)])  # fmt: skip
    given = ["pooled", "age_w", "race_w", "gender_w"]
    call = helper.make_node("Heads", given, ["face_age", "face_race", "face_gender"], "heads", domain="own")
    outs = [info("face_age", "batch", 1), info("face_race", "batch", 4), info("face_gender", "batch", 2)]
    first = held(age_w=weights(8, 1), race_w=weights(8, 4), gender_w=weights(8, 2))
    model = made([call], [info("pooled", "batch", 8)], outs, first, functions=[body],
                 extra=[helper.make_opsetid("own", 1)])  # fmt: skip
    return Case(model, ("face_age", "face_gender"), ("face_race", "race_w", "race_fc"))


@case
def function_classes() -> Case:
    """Classes that a function makes of weights it is given."""
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["y"], "fc"),
        helper.make_node("Sigmoid", ["y"], ["z"], "sigmoid"),
    ]
    body = helper.make_function("own", "Head", ["x", "w", "b"], ["z"], nodes, [helper.make_opsetid("", 17)])
    call = helper.make_node("Head", ["pooled", "w5", "b5"], ["attributes"], "head", domain="own")
    own = [helper.make_opsetid("own", 1)]
    return shared([call], held(w5=weights(8, 5), b5=weights(5)), functions=[body], extra=own)


@case
def loop() -> Case:
    """A loop with two results for each round: one of them goes."""
    nodes = [
        helper.make_node("Identity", ["go"], ["again"]),
        helper.make_node("Gemm", ["pooled", "age_w"], ["age"], "age_fc"),
        helper.make_node("Gemm", ["pooled", "race_w"], ["race"], "race_fc"),
        helper.make_node("Add", ["sum", "age"], ["total"], "add"),
    ]
    body = helper.make_graph(
        nodes, "body", [info("round", kind=TensorProto.INT64), info("go", kind=TensorProto.BOOL), info("sum", 1, 2)],
        [info("again", kind=TensorProto.BOOL), info("total", 1, 2), info("age", 1, 2), info("race", 1, 4)],
        held(age_w=weights(8, 2), race_w=weights(8, 4)),
    )  # fmt: skip
    node = helper.make_node("Loop", ["times", "", "start"], ["face_sum", "face_ages", "face_race"], "loop", body=body)
    first = [numpy_helper.from_array(np.int64(3), "times"), *held(start=np.zeros((1, 2), np.float32))]
    outs = [info("face_sum", 1, 2), info("face_ages", 3, 1, 2), info("face_race", 3, 1, 4)]
    model = made([node], [info("pooled", 1, 8)], outs, first, opset=17)
    return Case(model, ("face_sum", "face_ages"), ("face_race", "race_w", "race_fc"))


@case
def labelled() -> Case:
    """A map of labels to values: all labels are tags, so that the whole of it goes with the layer."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "age_w"], ["face_age"], "age_fc"),
        helper.make_node("Gemm", ["pooled", "w"], ["scores"], "fc"),
        helper.make_node("ZipMap", ["scores"], ["mapped"], "zip", domain="ai.onnx.ml",
                         classlabels_strings=["uyghur", "han_chinese", "other"]),
    ]  # fmt: skip
    outs = [info("face_age", "batch", 1),
            helper.make_value_info("mapped", helper.make_sequence_type_proto(helper.make_map_type_proto(
                TensorProto.STRING, helper.make_tensor_type_proto(FLOAT, []))))]  # fmt: skip
    model = made(nodes, [info("pooled", "batch", 8)], outs, held(age_w=weights(8, 1), w=weights(8, 3)),
                 extra=[helper.make_opsetid("ai.onnx.ml", 3)])  # fmt: skip
    return Case(model, ("face_age",), ("uyghur", "han_chinese", "mapped"))


@case
def labelled_classes() -> Case:
    """A map of labels to values of which some are tags."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "w"], ["scores"], "fc"),
        helper.make_node("ZipMap", ["scores"], ["attributes"], "zip", domain="ai.onnx.ml", classlabels_strings=LABELS),
    ]
    outs = [helper.make_value_info("attributes", helper.make_sequence_type_proto(helper.make_map_type_proto(
        TensorProto.STRING, helper.make_tensor_type_proto(FLOAT, []))))]  # fmt: skip
    model = made(nodes, [info("pooled", "batch", 8)], outs, held(w=weights(8, 5)),
                 extra=[helper.make_opsetid("ai.onnx.ml", 3)])  # fmt: skip
    return Case(model, ("attributes",), ("uyghur", "han_chinese"), unsafe=True)


@case
def last_classes() -> Case:
    """Tags at the end of the list: nothing moves up when they go."""
    nodes = [helper.make_node("Gemm", ["pooled", "w", "b"], ["attributes"], "fc")]
    first, outs = held(w=weights(8, 5), b=weights(5)), [info("attributes", "batch", 5)]
    names = ["smiling", "glasses", "beard", "uyghur", "han_chinese"]
    model = made(nodes, [info("pooled", "batch", 8)], outs, first, labels=names)
    return Case(model, ("attributes",), ("uyghur", "han_chinese"), {"attributes": (-1, (3, 4))})


@case
def masked() -> Case:
    """An output that is nothing but another name for what another output needs: it can be hidden, not removed."""
    nodes = [
        helper.make_node("Gemm", ["pooled", "w"], ["features"], "fc"),
        helper.make_node("Identity", ["features"], ["face_race"], "same"),
        helper.make_node("Gemm", ["features", "age_w"], ["face_age"], "age_fc"),
    ]
    outs = [info("face_age", "batch", 1), info("face_race", "batch", 4)]
    model = made(nodes, [info("pooled", "batch", 8)], outs, held(w=weights(8, 4), age_w=weights(4, 1)))
    return Case(model, ("face_age",), ("face_race",), verdict="masked")
