"""Models without a tag that onnxruntime's own tools made whole numbers of, in each of their forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

from graphs import GONE, LABELS, Case, held, info, made, weights
from test_models import compare, removed

if TYPE_CHECKING:
    from pathlib import Path


class Numbers(CalibrationDataReader):
    """Made-up numbers for one input."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        rows = [np.random.default_rng(seed).standard_normal(shape).astype(np.float32) for seed in range(4)]
        self.left = iter([{name: row} for row in rows])

    def get_next(self) -> Any:
        return next(self.left, None)


def plain(kind: str, opset: int) -> onnx.ModelProto:
    """A model of two layers in floats; the classes are made by the second."""
    image = info("image", 1, 3, 8, 8) if kind == "conv" else info("pooled", "batch", 8)
    first = held(w=weights(5, 64, seed=3), b=weights(5))
    if kind == "conv":
        nodes = [
            helper.make_node("Conv", ["image", "k0", "c0"], ["h"], "trunk", kernel_shape=[3, 3]),
            helper.make_node("Relu", ["h"], ["r"], "relu"),
            helper.make_node("Conv", ["r", "w", "b"], ["maps"], "head", kernel_shape=[1, 1]),
            helper.make_node("GlobalAveragePool", ["maps"], ["means"], "pool"),
            helper.make_node("Flatten", ["means"], ["attributes"], "flat"),
        ]
        first = held(k0=weights(16, 3, 3, 3), c0=weights(16), w=weights(5, 16, 1, 1, seed=3), b=weights(5))
    elif kind == "matmul":
        nodes = [
            helper.make_node("MatMul", ["pooled", "w0"], ["h"], "trunk"),
            helper.make_node("Relu", ["h"], ["r"], "relu"),
            helper.make_node("MatMul", ["r", "w"], ["scores"], "fc"),
            helper.make_node("Add", ["scores", "b"], ["attributes"], "bias"),
        ]
        first = held(w0=weights(8, 64), w=weights(64, 5, seed=3), b=weights(5))
    else:
        nodes = [
            helper.make_node("Gemm", ["pooled", "w0", "b0"], ["h"], "trunk"),
            helper.make_node("Relu", ["h"], ["r"], "relu"),
            helper.make_node("Gemm", ["r", "w", "b"], ["attributes"], "fc", transB=1),
        ]
        first += held(w0=weights(8, 64), b0=weights(64))
    return made(nodes, [image], [info("attributes", 1 if kind == "conv" else "batch", 5)], first, opset=opset)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("channels", [False, True])
@pytest.mark.parametrize("form", ["dynamic", "QDQ", "QOperator"])
@pytest.mark.parametrize(("kind", "opset"), [("gemm", 13), ("matmul", 17), ("conv", 19)])
def test_classes_are_cut_out_of_what_quantisers_write(
    kind: str, opset: int, form: str, channels: bool, tmp_path: Path
) -> None:
    source, target = tmp_path / "plain.onnx", tmp_path / "whole.onnx"
    onnx.save(plain(kind, opset), source)
    if form == "dynamic":
        quantize_dynamic(source, target, per_channel=channels, weight_type=QuantType.QInt8)
    else:
        given = Numbers("image", (1, 3, 8, 8)) if kind == "conv" else Numbers("pooled", (2, 8))
        quantize_static(source, target, given, quant_format=QuantFormat[form], per_channel=channels,
                        weight_type=QuantType.QInt8)  # fmt: skip
    model = onnx.load(target)
    del model.metadata_props[:]
    helper.set_model_props(model, {"names": str(dict(enumerate(LABELS)))})
    # By channel there are scales as long as the classes, which go with them; the tool makes none for ConvInteger.
    scales = [t for t in model.graph.initializer if "scale" in t.name and list(t.dims) == [5]]
    assert bool(scales) == (channels and (form, kind) != ("dynamic", "conv"))
    case = Case(model, ("attributes",), ("uyghur", "han_chinese"), {"attributes": (-1, GONE)})
    folder = tmp_path / "run"
    folder.mkdir()
    outcome, file = removed(model, folder, unsafe=True)
    assert {row.verdict for row in outcome.rows} == {"removed"}, [row.reason for row in outcome.rows]
    assert file is not None
    new = onnx.load(file)
    onnx.checker.check_model(new)
    assert not any(word.encode() in file.read_bytes() for word in case.words)
    compare(case, new)
    left = [t for t in new.graph.initializer if "scale" in t.name and list(t.dims) == [3]]
    assert len(left) == len(scales)


@pytest.mark.parametrize("rows", [8, 7])
@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("kind", ["int4", "uint4", "blocks"])
def test_numbers_of_half_a_byte_and_scales_of_blocks_are_cut(kind: str, raw: bool, rows: int, tmp_path: Path) -> None:
    """An odd number of them leaves half a byte over."""
    random = np.random.default_rng(1)
    low, high = (0, 16) if kind == "uint4" else (-8, 8)
    numbers = random.integers(low, high, (rows, 5))
    types = {"int4": TensorProto.INT4, "uint4": TensorProto.UINT4, "blocks": TensorProto.INT8}
    if raw and kind != "blocks":
        halves = [*(int(n) & 15 for n in numbers.reshape(-1)), 0]
        packed = bytes(a | b << 4 for a, b in zip(halves[::2], halves[1::2], strict=False))
        weight = helper.make_tensor("whole", types[kind], numbers.shape, packed, raw=True)
    else:
        weight = helper.make_tensor("whole", types[kind], numbers.shape, [*map(int, numbers.reshape(-1))])
    scale = np.abs(weights(2, 5)) if kind == "blocks" else np.abs(weights(5))
    more = {"axis": 0, "block_size": 4} if kind == "blocks" else {"axis": 1}
    nodes = [
        helper.make_node("DequantizeLinear", ["whole", "scale"], ["w"], "unpack", **more),
        helper.make_node("MatMul", ["pooled", "w"], ["attributes"], "fc"),
    ]
    graph = helper.make_graph(nodes, "face_attributes", [info("pooled", 2, rows)], [info("attributes", 2, 5)],
                              [weight, *held(scale=scale)])  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    helper.set_model_props(model, {"names": str(dict(enumerate(LABELS)))})
    onnx.checker.check_model(model)
    outcome, file = removed(model, tmp_path, unsafe=True)
    assert {row.verdict for row in outcome.rows} == {"removed"}, [row.reason for row in outcome.rows]
    assert file is not None
    new = onnx.load(file)
    onnx.checker.check_model(new)
    left = {t.name: onnx.numpy_helper.to_array(t) for t in new.graph.initializer}
    assert (left["whole"].astype(int) == np.delete(numbers, GONE, axis=1)).all()
    assert left["scale"].tobytes() == np.delete(scale, GONE, axis=-1).tobytes()
    compare(Case(model, ("attributes",), (), {"attributes": (-1, GONE)}), new)


def test_a_scale_of_a_block_of_classes_keeps_them(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("DequantizeLinear", ["whole", "scale"], ["w"], "unpack", axis=0, block_size=3),
        helper.make_node("Gemm", ["pooled", "w"], ["attributes"], "fc", transB=1),
    ]
    first = held(whole=np.ones((5, 8), np.int8), scale=np.abs(weights(2, 8)))
    graph = helper.make_graph(nodes, "face_attributes", [info("pooled", 2, 8)], [info("attributes", 2, 5)], first)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    helper.set_model_props(model, {"names": str(dict(enumerate(LABELS)))})
    outcome, _ = removed(model, tmp_path, unsafe=True)
    assert {row.verdict for row in outcome.rows} == {"kept"}
    assert "each of a block of several classes" in outcome.rows[0].reason


@pytest.mark.filterwarnings("ignore")
def test_classes_behind_a_softmax_of_whole_numbers_are_compared_before_it(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Gemm", ["pooled", "w", "b"], ["logits"], "fc", transB=1),
        helper.make_node("Softmax", ["logits"], ["attributes"], "softmax"),
    ]
    first = held(w=weights(5, 8, seed=3), b=weights(5))
    source, target = tmp_path / "plain.onnx", tmp_path / "whole.onnx"
    onnx.save(made(nodes, [info("pooled", 2, 8)], [info("attributes", 2, 5)], first), source)
    quantize_static(source, target, Numbers("pooled", (2, 8)), quant_format=QuantFormat.QOperator)
    model = onnx.load(target)
    assert "QLinearSoftmax" in {node.op_type for node in model.graph.node}
    helper.set_model_props(model, {"names": str(dict(enumerate(LABELS)))})
    folder = tmp_path / "run"
    folder.mkdir()
    outcome, file = removed(model, folder, unsafe=True)
    assert {row.verdict for row in outcome.rows} == {"removed"}, [row.reason for row in outcome.rows]
    said = "\n".join(line for change in outcome.changes for line in change.said)
    assert "is behind a softmax" in said
    assert "1 outputs are the same bit for bit" in said
    assert file is not None
    assert list(onnx.load(file).graph.output[0].type.tensor_type.shape.dim)[-1].dim_value == 3
