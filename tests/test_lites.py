"""Models of TensorFlow Lite: outputs go with what serves only them, and what is left puts out what it did."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from lites import Net, heads
from tensors import GONE, LABELS, LEFT, OPTIONS, reasons, removed, verdicts
from untag import strip
from untag.artifact import Artifact
from untag.finding import Severity
from untag.place import Place
from untag.rewriters import rewriters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "face_attributes"
    made.mkdir()
    return made


def run(data: bytes, seed: int) -> dict[str, bytes]:
    """Outputs by name, for other numbers than strip itself takes."""
    made = Interpreter(model_content=data, num_threads=1)
    made.allocate_tensors()
    for told in made.get_input_details():
        random = np.random.default_rng(1000 + seed)
        held = random.integers(-128, 127, told["shape"]) if told["dtype"] == np.int8 else random.random(told["shape"])
        made.set_tensor(told["index"], held.astype(told["dtype"]))
    made.invoke()
    return {told["name"]: made.get_tensor(told["index"]).tobytes() for told in made.get_output_details()}


@pytest.mark.parametrize("quantised", [False, True])
def test_an_output_goes_with_all_that_serves_only_it(folder: Path, quantised: bool) -> None:
    (folder / "face.tflite").write_bytes(heads(quantised=quantised))
    outcome, out = removed(folder, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    data = (out / "face.tflite").read_bytes()
    model = schema.ModelT.InitFromPackedBuf(data)
    graph = model.subgraphs[0]
    names = {t.name.decode() for t in graph.tensors}
    kept = [f"{n}{t}" for n in ("trunk", "face_age", "face_gender") for t in ("", "/kernel", "/bias")]
    assert names == {"image", *kept}
    assert [t.name for t in model.signatureDefs[0].outputs] == [b"age", b"gender"]
    assert len(model.buffers) == 7
    assert len(graph.operators) == 3
    assert b"race" not in data
    # Numbers lie where the run time may take them as they are.
    starts = [data.find(bytes(b.data)) for b in model.buffers[1:] if len(b.data) > 8]
    assert all(at % 16 == 0 for at in starts)
    for seed in range(3):
        old, new = run(heads(quantised=quantised), seed), run(data, seed)
        assert new == {name: raw for name, raw in old.items() if name in new}
        assert set(new) == {"face_age", "face_gender"}
    said = [line for change in outcome.changes for line in change.said]
    assert sum("is the same bit for bit (LiteRT " in line for line in said) == 2


def plan(folder: Path, data: bytes, *, unsafe: bool = True) -> strip.Outcome:
    (folder / "face.tflite").write_bytes(data)
    return strip.planned(str(folder), OPTIONS, strip.Wish(Severity.LOW, unsafe=unsafe))


def test_what_the_description_says_goes_with_the_output(folder: Path) -> None:
    data = heads(description="Infers the ethnicity of a face.")
    outcome = plan(folder, data, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    edits = [edit for change in outcome.changes for edit in change.edits]
    assert [edit.data.description for edit in edits] == [True]


def test_a_model_with_nothing_left_goes_whole(folder: Path) -> None:
    net = Net()
    image = net.tensor("image", (1, 8))
    outcome = plan(folder, net.bytes([image], [net.dense(image, "face_race", 4)]), unsafe=False)
    assert verdicts(outcome) == {"removed"}
    assert [change.plan.whole for change in outcome.changes] == ["all that the model puts out carries the tag"]


def test_a_tensor_that_others_need_stays(folder: Path) -> None:
    net = Net()
    image = net.tensor("image", (1, 8))
    shared = net.dense(image, "face_ethnicity_features", 8)
    outs = [net.dense(shared, "face_age", 1), net.dense(shared, "face_gender", 2)]
    outcome = plan(folder, net.bytes([image], outs))
    assert verdicts(outcome) == {"kept"}
    assert "'face_ethnicity_features/kernel' serves other outputs too" in reasons(outcome)


def test_an_output_without_weights_of_its_own_is_masked(folder: Path) -> None:
    net = Net()
    image = net.tensor("image", (1, 8))
    shared = net.dense(image, "trunk", 4)
    outcome = plan(folder, net.bytes([image], [shared, net.softmax(shared, "face_race", 4)]))
    assert verdicts(outcome) == {"masked"}


def test_operators_of_their_own_are_never_run(folder: Path) -> None:
    outcome = plan(folder, heads(custom=True))
    assert verdicts(outcome) == {"kept"}
    assert "operators of its own (VendorOp), which are never run" in reasons(outcome)
    assert [row for change in outcome.changes for row in change.plan.planned] == [
        "the outputs 'face_race_scores' with 3 operators"
    ]


def changed(case: str) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(heads())
    if case == "graphs":
        model.subgraphs.append(model.subgraphs[0])
    elif case == "outside":
        model.buffers[1].offset, model.buffers[1].size = 1 << 20, 64
    else:
        model.metadata = [schema.MetadataT()]
        model.metadata[0].name, model.metadata[0].buffer = "TFLITE_METADATA", 1
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize(
    ("case", "said"),
    [("graphs", "more than one graph"), ("outside", "lie outside")],
)
def test_what_is_not_understood_is_kept_with_the_reason(case: str, said: str) -> None:
    artifact = Artifact(Place(("face.tflite",)), changed(case))
    from untag.edit import Target

    outcome: Any = rewriters()["tflite"].plan(artifact, (Target(_Finding(), ()),))  # type: ignore[arg-type]
    assert said in outcome.kept["k"]


def test_outputs_that_metadata_describes_stay(folder: Path) -> None:
    outcome = plan(folder, changed("metadata"))
    assert verdicts(outcome) == {"kept"}
    assert "its metadata describes" in reasons(outcome)


def packed(data: bytes, labels: Sequence[str], **more: str) -> bytes:
    """A model with files behind it, as the metadata library packs them."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        for name, text in {"face_labels": "\n".join(labels) + "\n", **more}.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.txt", (2024, 1, 2, 3, 4, 6)), text)
    return out.getvalue()


def classes(*, quantised: bool = False, weigh: bool = False, size: int = 5) -> bytes:
    net = Net(quantised=quantised)
    image = net.tensor("image", (1, 8))
    trunk = net.dense(image, "trunk", 8)
    scores = net.dense(trunk, "attribute_scores", size)
    if quantised:
        # One scale a row, as converters write them.
        kernel, bias = (net.graph.tensors[scores - n].quantization for n in (2, 1))
        for held in (kernel, bias):
            held.scale, held.zeroPoint = [0.01 * (i + 1) for i in range(size)], [0] * size
    out = net.softmax(scores, "attributes", size) if weigh else scores
    return net.bytes([image], [out, net.dense(trunk, "face_age", 1)])


@pytest.mark.parametrize("quantised", [False, True])
@pytest.mark.parametrize("weigh", [False, True])
def test_classes_that_a_packed_file_lists_are_cut(folder: Path, quantised: bool, weigh: bool) -> None:
    before = packed(classes(quantised=quantised, weigh=weigh), LABELS, notes="made up\n")
    (folder / "face.tflite").write_bytes(before)
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    data = (out / "face.tflite").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("face_labels.txt").decode().split() == list(LEFT)
        assert archive.read("notes.txt") == b"made up\n"
        assert {i.date_time for i in archive.infolist()} == {(2024, 1, 2, 3, 4, 6)}
    old, new = (schema.ModelT.InitFromPackedBuf(raw).subgraphs[0] for raw in (before, data))
    held = {t.name.decode(): t for t in new.tensors}
    assert {len(LEFT)} == {int(held[f"attribute_scores{n}"].shape[0]) for n in ("/kernel", "/bias")}
    if quantised:
        was = {t.name.decode(): t for t in old.tensors}["attribute_scores/kernel"].quantization
        left = [v for i, v in enumerate(was.scale) if i not in GONE]
        assert list(held["attribute_scores/kernel"].quantization.scale) == left
    said = "\n".join(line for change in outcome.changes for line in change.said)
    assert "'attribute_scores' is the same bit for bit (LiteRT" in said
    assert ("'attributes' is behind a softmax" in said) == weigh
    for seed in range(2):
        olds, news = run(before, seed), run(data, seed)
        assert olds["face_age"] == news["face_age"]
        if not weigh:
            kind = np.int8 if quantised else np.float32
            rows = [np.frombuffer(one["attribute_scores"], kind) for one in (olds, news)]
            assert np.delete(rows[0], GONE).tobytes() == rows[1].tobytes()
    assert not any(LABELS[i].encode() in data for i in GONE)


def convolved(form: str, *, quantised: bool = False, axes: tuple[int, ...] = (1, 2)) -> bytes:
    """Classes that a convolution of one pixel makes, pooled, reshaped, or behind a softmax."""
    net = Net(quantised=quantised)
    side = 1 if form in ("reshape", "half") else 5
    image = net.tensor("image", (1, side, side, 8))
    maps = net.pixel(image, "attribute_maps", 5, side=side, half=form == "half")
    if form == "maps":
        return net.bytes([image], [maps])
    out = net.mean(maps, "attribute_scores", 5, axes) if side > 1 else net.reshape(maps, "attribute_scores", 5, -1)
    return net.bytes([image], [net.softmax(out, "attributes", 5) if form == "weighed" else out])


@pytest.mark.parametrize(
    ("form", "quantised"),
    # Numbers are of sixteen bits or whole ones.
    [*((form, whole) for form in ("maps", "mean", "reshape", "weighed") for whole in (False, True)), ("half", False)],
)
def test_classes_that_a_convolution_makes_are_cut(folder: Path, form: str, quantised: bool) -> None:
    before = convolved(form, quantised=quantised)
    (folder / "face.tflite").write_bytes(packed(before, LABELS))
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    data = (out / "face.tflite").read_bytes()
    graph = schema.ModelT.InitFromPackedBuf(data).subgraphs[0]
    tensors = {t.name.decode(): t for t in graph.tensors}
    assert list(tensors["attribute_maps/kernel"].shape) == [3, 1, 1, 8]
    assert all(t.shape[-1] == 3 for name, t in tensors.items() if name in ("attributes", "attribute_scores"))
    if quantised:
        left = [0.01 * (i + 1) for i in range(5) if i not in GONE]
        assert list(tensors["attribute_maps/kernel"].quantization.scale) == pytest.approx(left)
    said = "\n".join(line for change in outcome.changes for line in change.said)
    assert "is the same bit for bit (LiteRT" in said
    for seed in range(2) if form != "weighed" else ():
        (old,), (new,) = run(before, seed).values(), run(data, seed).values()
        kind = np.int8 if quantised else np.float32
        rows = np.frombuffer(old, kind).reshape(-1, 5)
        assert np.delete(rows, GONE, axis=-1).tobytes() == np.frombuffer(new, kind).tobytes()
    assert not any(LABELS[i].encode() in data for i in GONE)


def test_a_mean_over_the_classes_makes_none(folder: Path) -> None:
    """As many places are left of another axis: these are no classes."""
    outcome = plan(folder, packed(convolved("mean", axes=(2, 3)), LABELS))
    assert verdicts(outcome) == {"kept"}
    assert "no output has as many" in reasons(outcome)


@pytest.mark.parametrize("quantised", [False, True])
def test_a_difference_that_no_other_order_explains_fails_the_proof(tmp_path: Path, quantised: bool) -> None:
    """The same model but for one number of a class that stays."""
    from untag.rewriters import _run
    from untag.rewriters._proof import required, unexplained

    paths, image, layer = [], 0, [0, 1, 2, 3]
    for at, change in enumerate((0, 1)):
        net = Net(quantised=quantised)
        image = net.tensor("image", (1, 8))
        scores = net.dense(image, "attribute_scores", 5)
        held = net.model.buffers[net.graph.tensors[1].buffer]
        weights = held.data.view(np.int8 if quantised else np.float32).copy()
        # Of a float three units in the thousand, of a whole number the next.
        weights[0] += change * 40 if quantised else change * 3e-3
        held.data = weights.view(np.uint8)
        (tmp_path / f"{at}.tflite").write_bytes(net.bytes([image], [scores]))
        paths.append(str(tmp_path / f"{at}.tflite"))
    spec = {"lite": paths, "keep": [0], "cuts": {"0": []}, "skip": [], "inner": [], "layer": layer, "behind": 0}
    made = required(_run.__file__, str(tmp_path), spec, "")
    assert "what it puts out is not the same: '0' differs" in unexplained(made)
    same = required(_run.__file__, str(tmp_path), {**spec, "lite": [paths[0], paths[0]]}, "")
    assert not unexplained(same)


def test_a_list_of_nothing_but_the_tag_takes_the_whole_model(folder: Path) -> None:
    net = Net()
    image = net.tensor("image", (1, 8))
    data = net.bytes([image], [net.softmax(net.dense(image, "scores", 5), "probabilities", 5)])
    outcome = plan(folder, packed(data, ["Asian", "Black", "Indian", "White", "other"]), unsafe=False)
    assert verdicts(outcome) == {"removed"}
    assert "all that the model puts out carries the tag" in {change.plan.whole for change in outcome.changes}


def test_a_second_list_of_as_many_keeps_the_classes(folder: Path) -> None:
    """Names in another language, or a calibration for each class: with one row less each would say another class."""
    outcome = plan(folder, packed(classes(), LABELS, calibration="1,0\n" * 5))
    assert verdicts(outcome) == {"kept"}
    assert "calibration.txt has an entry for each class too" in reasons(outcome)


def test_a_list_of_another_length_stays(folder: Path) -> None:
    outcome = plan(folder, packed(classes(size=6), LABELS))
    assert verdicts(outcome) == {"kept"}
    assert "face_labels.txt names 5 classes, and no output has as many" in reasons(outcome)


class _Finding:
    key = "k"


def test_files_that_are_packed_behind_a_model_are_not_lost(folder: Path) -> None:
    outcome = plan(folder, packed(heads(), ["one", "two"]))
    assert verdicts(outcome) == {"kept"}
    assert "files are packed behind the model" in reasons(outcome)


def test_damage_is_refused(folder: Path) -> None:
    data = heads()
    made = np.random.default_rng(1)
    for size in (8, 64, len(data) // 2, len(data) - 8):
        assert not rewriters()["tflite"].plan(Artifact(Place(("a.tflite",)), data[:size]), ()).edits
    for _ in range(6):
        broken = bytearray(data)
        for at in made.integers(8, len(data), 8):
            broken[at] = made.integers(0, 256)
        assert not rewriters()["tflite"].plan(Artifact(Place(("a.tflite",)), bytes(broken)), ()).edits


def test_a_byte_that_is_another_one_fails_the_proof(folder: Path) -> None:
    outcome = plan(folder, heads(), unsafe=False)
    rewriter, before = rewriters()["tflite"], Artifact(Place(("face.tflite",)), heads())
    made, out = outcome.changes[-1].plan, io.BytesIO()
    rewriter.rewrite(before, made, out)
    data = bytearray(out.getvalue())
    weights = bytes(schema.ModelT.InitFromPackedBuf(out.getvalue()).buffers[1].data)
    data[data.find(weights)] ^= 1
    assert "other tensors" in rewriter.check(before, Artifact(before.place, bytes(data)), made).error
