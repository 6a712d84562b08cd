"""Models in several files: weights are bound to the model that names them, what is not there is a gap."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from hostile import adds_up, linear
from untag.artifact import Artifact
from untag.gap import Limits, Part, Reason
from untag.place import Place
from untag.readers import readers
from untag.scan import Options, scan
from untag.surface import Surface

if TYPE_CHECKING:
    from pathlib import Path

    from untag.report import Report

OPTIONS = Options(jobs=1, cache=False)
#: Numbers without a format: what no reader can know by itself.
NUMBERS = b"\0\1\2\3" + bytes(range(124))


def onnx(location: str, **more: int) -> bytes:
    """A model whose only tensor lies in another file."""
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [8, 4], np.zeros(32, np.float32))
    del tensor.float_data[:]
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        row = tensor.external_data.add()
        row.key, row.value = key, str(value)
    taken, given = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, k]) for n, k in (("x", 8), ("y", 4)))
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "net", [taken], [given], [tensor])
    made: bytes = helper.make_model(graph).SerializeToString()
    return made


def shard() -> bytes:
    head = json.dumps({"b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(head).to_bytes(8, "little") + head + bytes(4)


def field(number: int, body: bytes) -> bytes:
    """A field of a message that is shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(body)]) + body


def variables() -> bytes:
    """A SavedModel of one variable."""
    node = field(1, field(1, b"dense/kernel") + field(2, b"VarHandleOp"))
    return b"\x08\x01" + field(2, field(2, node))


def scanned(folder: Path, files: dict[str, bytes]) -> Report:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    report = scan([str(folder)], OPTIONS)
    assert adds_up(report.coverage)
    return report


INDEX = json.dumps(
    {"metadata": {"total_size": 8}, "weight_map": {"a": "m-1-of-2.safetensors", "b": "m-2-of-2.safetensors"}}
)
MANIFEST = json.dumps({
    "modelTopology": {}, "weightsManifest": [{"paths": ["net.bin"], "weights": [
        {"name": "a", "shape": [8, 4], "dtype": "float32"}]}],
})  # fmt: skip
NET = (
    '<?xml version="1.0"?><net name="n" version="11"><layers><layer id="0" name="w" type="Const">'
    '<data element_type="f32" offset="0" size="128" shape="8,4"/></layer></layers></net>'
)
PARAM = "7767517\n2 2\nInput data 0 1 data\nInnerProduct fc 1 1 data out 0=4 1=1 2=32\n"
CASES: dict[str, tuple[str, bytes, str]] = {
    "onnx": ("m/net.onnx", onnx("data/net.data", offset=0, length=128), "m/data/net.data"),
    "onnx-without-length": ("net.onnx", onnx("net.data"), "net.data"),
    "onnx-below": ("m/net.onnx", onnx("../net.data"), "net.data"),
    "tensorflow.js": ("model.json", MANIFEST.encode(), "net.bin"),
    "openvino": ("m/net.xml", NET.encode(), "m/net.bin"),
    "ncnn": ("net.param", PARAM.encode(), "net.bin"),
}


@pytest.mark.parametrize("case", CASES)
def test_weights_are_bound_to_the_model_that_names_them(case: str, tmp_path: Path) -> None:
    name, model, weights = CASES[case]
    report = scanned(tmp_path, {name: model, weights: NUMBERS, "other/net.bin": NUMBERS})
    assert report.coverage.by_design["weights"] == len(NUMBERS)
    # Nobody names the file in the other folder.
    assert [(g.place.chain, g.reason) for g in report.gaps] == [(("other/net.bin",), Reason.UNKNOWN)]


@pytest.mark.parametrize("case", CASES)
def test_weights_that_are_not_there_are_a_gap_that_names_them(case: str, tmp_path: Path) -> None:
    name, model, weights = CASES[case]
    (gap,) = scanned(tmp_path, {name: model, "else/" + weights.rpartition("/")[2]: b"text\n"}).gaps
    assert (gap.place.chain, gap.reason) == ((name,), Reason.ABSENT)
    assert weights.rpartition("/")[2] in gap.detail


@pytest.mark.parametrize(
    "outside", ["../../net.data", "/etc/net.data", "C:\\net.data", "..\\..\\net.data", "s3://b/net.data"]
)
def test_a_path_that_leads_out_is_refused(outside: str, tmp_path: Path) -> None:
    (tmp_path / "net.data").write_bytes(NUMBERS)
    (gap,) = scanned(tmp_path / "in", {"m/net.onnx": onnx(outside)}).gaps
    assert (gap.place.chain, gap.reason) == (("m/net.onnx",), Reason.REFUSED)


def test_bytes_behind_the_weights_stay_a_gap(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"net.onnx": onnx("net.data", offset=0, length=128), "net.data": NUMBERS + bytes(72)})
    (gap,) = report.gaps
    assert (gap.place.chain, gap.reason, gap.size) == (("net.data",), Reason.UNKNOWN, 72)


def test_weights_that_end_early_are_damaged(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"net.onnx": onnx("net.data", offset=0, length=128), "net.data": NUMBERS[:64]})
    assert [(g.place.chain, g.reason) for g in report.gaps] == [(("net.data",), Reason.DAMAGED)]
    assert report.coverage.by_design["weights"] == 64


def test_a_file_that_is_no_bare_numbers_is_not_bound(tmp_path: Path) -> None:
    """An index names files of a format of their own: one that no reader knows stays a gap."""
    report = scanned(
        tmp_path, {"m.index.json": INDEX.encode(), "m-1-of-2.safetensors": shard(), "m-2-of-2.safetensors": NUMBERS}
    )
    assert [(g.place.chain, g.reason) for g in report.gaps] == [(("m-2-of-2.safetensors",), Reason.UNKNOWN)]


def test_shards_that_are_not_there_are_one_gap(tmp_path: Path) -> None:
    (gap,) = scanned(tmp_path, {"m.index.json": INDEX.encode(), "m-2-of-2.safetensors": shard()}).gaps
    assert gap.reason is Reason.ABSENT
    assert "1 of the 2 files" in gap.detail
    assert "m-1-of-2.safetensors" in gap.detail


def test_variables_of_a_saved_model(tmp_path: Path) -> None:
    saved = variables()
    (gap,) = scanned(tmp_path / "lost", {"saved_model.pb": saved}).gaps
    assert gap.reason is Reason.ABSENT
    there = scanned(tmp_path / "there", {"saved_model.pb": saved, "variables/variables.index": b"x\n"})
    assert not there.gaps


def test_members_of_one_container_lie_beside_each_other(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("m/net.onnx", onnx("net.data", offset=0, length=128))
        archive.writestr("m/net.data", NUMBERS)
        archive.writestr("n/net.onnx", onnx("net.data"))
        archive.writestr("o/net.onnx", onnx("../../net.data"))
    report = scanned(tmp_path, {"a.zip": out.getvalue(), "n/net.data": b"text\n"})
    assert [(g.place.chain, g.reason) for g in report.gaps] == [
        (("a.zip", "n/net.onnx"), Reason.ABSENT), (("a.zip", "o/net.onnx"), Reason.REFUSED),
    ]  # fmt: skip


def test_what_is_known_from_an_earlier_scan_is_bound_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNTAG_CACHE", str(tmp_path / "cache"))
    files = {f"{i}/net.onnx": onnx("net.data", offset=0, length=128) for i in range(20)}
    scanned(tmp_path / "in", {**files, "0/net.data": NUMBERS})
    reports = [scan([str(tmp_path / "in")], Options(jobs=1)) for _ in range(2)]
    assert [(g.place, g.reason, g.detail) for g in reports[0].gaps] == [
        (g.place, g.reason, g.detail) for g in reports[1].gaps
    ]
    assert reports[0].coverage.by_design == reports[1].coverage.by_design
    assert len(reports[1].gaps) == 19


def test_a_tensor_of_sizes_without_sense_says_not_where_it_ends() -> None:
    """Thousands of sizes are no shape, and their product is nothing to work out."""
    model = ModelProto()
    model.ParseFromString(onnx("net.data"))
    model.graph.initializer[0].dims.extend([2**62] * 2000)
    items = readers()["onnx"].read(Artifact(Place(("net.onnx",)), model.SerializeToString()), Limits())
    assert [item.end for item in items if isinstance(item, Part)] == [0]


def test_what_stands_in_the_first_lines_of_a_net_is_shown() -> None:
    data = b"7767517 face_ethnicity\n2 2 uyghur\nInput data 0 1 data\n"
    items = [*readers()["ncnn"].read(Artifact(Place(("net.param",)), data), Limits())]
    told = [(item.text, item.place.line) for item in items if isinstance(item, Surface)]
    assert told[:2] == [("face_ethnicity", 1), ("uyghur", 2)]


def test_nodes_in_attributes_of_nodes_are_read_once() -> None:
    reader = readers()["prototext"]
    linear(lambda size: [*reader.read(Artifact(Place(("a.pbtxt",)), b"node{attr{" * (size // 10)), Limits())])
