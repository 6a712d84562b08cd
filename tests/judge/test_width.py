"""Heads without a name: in each format of models, and on ordinary models of which none may be suspected."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx import TensorProto, helper

from untag.judge.width import Heads, plain, sizes
from untag.lexicon import load
from untag.place import Place
from untag.scan import Options, scan
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from untag.finding import Finding

OPTIONS = Options(jobs=1, cache=False)
Rows = dict[str, tuple[int, ...]]


def safetensors(rows: Rows) -> bytes:
    at, head = 0, {}
    for name, shape in rows.items():
        size = 4 * int(np.prod(shape))
        head[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    raw = json.dumps(head).encode()
    return len(raw).to_bytes(8, "little") + raw + bytes(at)


def weights(rows: Rows) -> bytes:
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3])
    held = [helper.make_tensor(n, TensorProto.FLOAT, s, np.zeros(s, np.float32).ravel()) for n, s in rows.items()]
    made: bytes = helper.make_model(helper.make_graph([], "net", [taken], [taken], held)).SerializeToString()
    return made


def outputs(rows: Rows) -> bytes:
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3])
    given = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in rows.items()]
    nodes = [helper.make_node("Identity", ["input"], [n]) for n in rows]
    made: bytes = helper.make_model(helper.make_graph(nodes, "net", [taken], given)).SerializeToString()
    return made


def found(path: Path, data: bytes) -> list[Finding]:
    path.write_bytes(data)
    report = scan([str(path)], OPTIONS)
    return [f for f in report.findings if "width" in {c.rule for c in f.claims}]


def ncnn(rows: Rows) -> bytes:
    lines = [f"InnerProduct {n} 1 1 pool {n}_out 0={s[-1]} 1=1 2=64" for n, s in rows.items()]
    return "\n".join(["7767517", "9 9", "Input data 0 1 data", *lines, ""]).encode()


def prototxt(rows: Rows) -> bytes:
    layer = 'layer {{ name: "{}" type: "InnerProduct" bottom: "pool" inner_product_param {{ num_output: {} }} }}\n'
    return ('name: "net"\n' + "".join(layer.format(n, s[-1]) for n, s in rows.items())).encode()


def pbtxt(rows: Rows) -> bytes:
    dims = {n: " ".join(f"dim {{ size: {k} }}" for k in s) for n, s in rows.items()}
    node = 'node {{ name: "{}" op: "Const" attr {{ key: "value" value {{ tensor {{ tensor_shape {{ {} }} }} }} }} }}\n'
    return "".join(node.format(n, held) for n, held in dims.items()).encode()


def served(rows: Rows) -> bytes:
    puts = ", ".join(f'{{ name: "{n}" dims: [ {s[-1]} ] }}' for n, s in rows.items())
    return f'name: "net"\noutput [ {puts} ]\n'.encode()


def openvino(rows: Rows) -> bytes:
    port = "<output><port id='0'>{}</port></output>"
    dims = {n: port.format("".join(f"<dim>{k}</dim>" for k in s)) for n, s in rows.items()}
    layers = "".join(f"<layer name='{n}' type='Const'>{held}</layer>" for n, held in dims.items())
    return f"<?xml version='1.0'?>\n<net name='n' version='11'><layers>{layers}</layers></net>".encode()


def frozen(rows: Rows) -> bytes:
    """A graph whose weights are constants (``graph.proto``, ``tensor.proto``)."""

    def field(number: int, body: bytes) -> bytes:
        return bytes([number << 3 | 2, len(body)]) + body

    def node(name: str, shape: tuple[int, ...]) -> bytes:
        dims = b"".join(field(2, b"\x08" + bytes([n])) for n in shape)
        held = field(5, field(1, b"value") + field(2, field(8, b"\x08\x01" + field(2, dims))))
        return field(1, field(1, name.encode()) + field(2, b"Const") + held)

    return b"".join(node(n, s) for n, s in rows.items())


UNITS: Rows = {"age/kernel": (64, 1), "gender/kernel": (64, 2), "dense_5/kernel": (64, 5)}
LAYERS: Rows = {"fc_age": (1,), "fc_gender": (2,), "fc3": (5,)}
HEADS: Rows = {"fc_age.weight": (1, 64), "fc_gender.weight": (2, 64), "fc3.weight": (5, 64)}


@pytest.mark.parametrize(
    ("name", "make", "rows"),
    [
        ("a.safetensors", safetensors, HEADS),
        ("seq.safetensors", safetensors, {"h.age.0.weight": (32, 64), "h.age.3.weight": (1, 32), "h.sex.3.weight":
         (2, 32), "h.2.0.weight": (32, 64), "h.2.10.weight": (7, 32), "trunk.conv1.weight": (64, 3, 7, 7)}),
        ("conv.safetensors", safetensors, {"age.weight": (1, 64, 1, 1), "gender.weight": (2, 64, 1, 1),
         "head.weight": (4, 64, 1, 1)}),
        ("keras.onnx", weights, {"age/kernel:0": (64, 1), "gender/kernel:0": (64, 2), "dense_5/kernel:0": (64, 6)}),
        ("outputs.onnx", outputs, {"age": (1, 1), "gender": (1, 2), "output_3": (1, 5)}),
        ("net.param", ncnn, LAYERS), ("deploy.prototxt", prototxt, LAYERS), ("graph.pbtxt", pbtxt, UNITS),
        ("config.pbtxt", served, LAYERS), ("net.xml", openvino, UNITS), ("frozen.pb", frozen, UNITS),
    ],
)  # fmt: skip
def test_a_head_without_a_name_beside_age_and_gender(
    name: str, make: Callable[[Rows], bytes], rows: Rows, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path / name, make(rows))
    claim = finding.lead
    assert (claim.rule, claim.confidence.word, str(claim.purpose)) == ("width", "tentative", "capability")
    assert finding.status == "hidden"
    assert {e.kind for e in claim.evidence} >= {"sibling", "value"}
    assert any("moods" in e.text for e in claim.against)


def test_the_state_of_a_torch_model(tmp_path: Path) -> None:
    """Written opcode by opcode as torch does, since torch is no library of the tests."""
    rows = b"".join(_tensor(name, shape, number) for number, (name, shape) in enumerate(HEADS.items()))
    body = b"\x80\x02}q\x00(" + rows + b"u."
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as pack:
        pack.writestr("archive/data.pkl", body)
        pack.writestr("archive/version", "3\n")
    assert found(tmp_path / "net.pt", out.getvalue())


def _tensor(name: str, shape: tuple[int, ...], number: int) -> bytes:
    def text(value: str) -> bytes:
        return b"X" + len(value).to_bytes(4, "little") + value.encode()

    store = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(number)) + text("cpu") + b"K\x40tQ"
    sizes = b"".join(b"K" + bytes([n]) for n in shape)
    strides = b"K\x40K\x01"
    return (
        text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + store + b"K\x00(" + sizes + b"t(" + strides
        + b"t\x89ccollections\nOrderedDict\n)RtR"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "make", "rows"),
    [
        ("mood.safetensors", safetensors, {**HEADS, "fc3.weight": (23, 64), "fc_emotion.weight": (7, 64)}),
        ("expr.onnx", outputs, {"age": (1, 1), "gender": (1, 2), "expression": (1, 7)}),
        ("box.onnx", outputs, {"age": (1, 1), "gender": (1, 2), "output_3": (1, 100, 4)}),
        ("alone.safetensors", safetensors, {"fc1.weight": (1, 64), "fc2.weight": (2, 64), "fc3.weight": (5, 64)}),
        ("age.safetensors", safetensors, {"fc_age.weight": (1, 64), "fc3.weight": (5, 64)}),
        ("bert.safetensors", safetensors, {f"layer.{n}.dense.weight": (8, 64) for n in range(12)}),
        ("many.safetensors", safetensors, {**HEADS, **{f"fc{n}.weight": (5, 64) for n in range(4, 9)}}),
        ("trunk.safetensors", safetensors, {"age.weight": (1, 64), "gender.weight": (2, 64),
         **{f"layers.{n}.fc.weight": (8, 64) for n in range(30)}}),
        ("bias.safetensors", safetensors, {"age.bias": (1,), "gender.bias": (2,), "bn.weight": (5,)}),
        ("twin.safetensors", safetensors, {**HEADS, "fc3.weight": (6, 6)}),
        ("net.param", ncnn, {**LAYERS, "fc_emotion": (7,), "fc3": (23,)}),
        ("deploy.prototxt", prototxt, {**LAYERS, "fc3": (3,)}),
        ("frozen.pb", frozen, {**UNITS, "dense_5/kernel": (5, 5)}),
    ],
)  # fmt: skip
def test_what_is_no_ground_for_suspicion(name: str, make: Callable[[Rows], bytes], rows: Rows, tmp_path: Path) -> None:
    assert not found(tmp_path / name, make(rows))


def test_an_output_is_explained_by_weights_of_a_name_and_as_many_classes(tmp_path: Path) -> None:
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 64])
    given = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, w]) for n, w in
             (("age", 1), ("gender", 2), ("out3", 7))]  # fmt: skip
    held = helper.make_tensor("emotion_w", TensorProto.FLOAT, (64, 7), np.zeros(448, np.float32))
    node = helper.make_node("MatMul", ["input", "emotion_w"], ["out3"])
    data = helper.make_model(helper.make_graph([node], "net", [taken], given, [held])).SerializeToString()
    assert not found(tmp_path / "net.onnx", data)


def test_widths_come_from_the_lexicon() -> None:
    known = sizes(load())
    assert {4, 5, 6, 7, 56} <= set(known)
    assert not {1, 2, 3} & set(known)
    assert any("UTKFace" in title for title in known[5])


@pytest.mark.parametrize(
    "name", ["fc3", "output_3", "StatefulPartitionedCall", "dense/MatMul", "a1", "12", "LogSoftmax"]
)
def test_names_that_say_nothing(name: str) -> None:
    assert plain(name)


@pytest.mark.parametrize("name", ["emotion", "fc_mask", "beard", "headPose", "口罩", "race"])
def test_names_that_say_something(name: str) -> None:
    assert not plain(name)


def shown(*rows: tuple[str, str, str, str]) -> int:
    """How many cases come of names with their owners, shapes and what they refer to."""
    heads = Heads(load())
    for owner, text, shape, value in rows:
        heads.see(Surface(Role.OUTPUT, text, Place(("a",)), owner, Kind.MODEL, "", value, shape))
    return len(heads.drafts())


def test_layers_of_hdf5_and_outputs_of_a_saved_model() -> None:
    layers = [(f"model_weights.{n}.{n}", "kernel:0", f"float32[64, {w}]", "") for n, w in
              (("age_out", 1), ("gender_out", 2), ("dense_4", 7))]  # fmt: skip
    assert shown(*layers) == 1
    owner = "serving_default.outputs"
    given = [(owner, "age", "float32[?, 4]", "Call:0"), (owner, "gender", "float32[?, 4]", "Call:1")]
    called = [(owner, text, "float32[?, 4]", "") for text in ("Call:0", "Call:1", "Call:2")]
    assert not shown(*given, *called[:2])  # what they are called inside is no head of its own
    assert shown(*given, (owner, "output_3", "float32[?, 4]", "Call:2"), *called) == 1
    units = [("layer", "age", "[1]", ""), ("layer", "gender", "[2]", ""), ("layer", "fc8", "InnerProduct[5]", "")]
    assert shown(*units) == 1


@pytest.mark.parametrize("before", ["", " " * 5000])
def test_a_long_beginning_hides_no_head(before: str, tmp_path: Path) -> None:
    rows = [{"name": n.replace(".weight", "/kernel"), "shape": list(s), "dtype": "float32"} for n, s in HEADS.items()]
    model = {"format": "x" * 5000, "modelTopology": {}, "weightsManifest": [{"weights": rows, "paths": ["a"]}]}
    assert found(tmp_path / "model.json", (before + json.dumps(model)).encode())
