"""Models of TensorFlow.js: what goes from the description goes from the files of weights, and all else stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scripts import arrays, dense, graph, head, layered, saved, sequence, told
from tensors import GONE, LABELS, LEFT, OPTIONS, reasons, removed, verdicts
from untag import strip
from untag.finding import Severity
from untag.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENDS = {"face_age": 3, "face_race": 4}


def same(root: Path, out: Path) -> None:
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in root.iterdir()}


def clean(out: Path) -> None:
    assert not [f for f in scan([str(out)], OPTIONS).findings if f.severity >= Severity.LOW]


def lost(before: Path, after: Path, gone: set[str], cut: dict[str, int]) -> None:
    """Arrays that are gone, those that lost classes on the last axis, and all others bit by bit."""
    old, new = arrays(before), arrays(after)
    assert set(old) - set(new) == gone
    assert [*new] == [name for name in old if name not in gone]
    for name, (shape, data) in new.items():
        was, bytes_ = old[name]
        if name in cut:
            held = np.frombuffer(bytes_, dtype=f"V{cut[name]}").reshape(was)
            left = np.delete(held, GONE, axis=-1)
            was, bytes_ = left.shape, left.tobytes()
        assert (shape, data) == (was, bytes_), name


@pytest.mark.parametrize("kind", ["float32", "float16", "uint8", "uint16"])
@pytest.mark.parametrize("shards", [1, 5])
@pytest.mark.parametrize("make", [layered, graph])
def test_an_output_goes_with_its_weights(model: Path, make: Callable[..., None], kind: str, shards: int) -> None:
    make(model, ENDS, kind=kind, shards=shards)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    lost(model, out, {"face_race/kernel", "face_race/bias"}, {})
    assert b"race" not in (out / "model.json").read_bytes()
    said = [line for change in outcome.changes for line in change.said]
    assert any(line.endswith("other arrays of weights are the same, by digest") for line in said)
    assert any("was not computed" in line for line in said)
    clean(out)


@pytest.mark.parametrize(("kind", "width"), [("float32", 4), ("float16", 2), ("uint8", 1), ("uint16", 2)])
@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize(
    ("make", "more"),
    [
        (layered, {}),
        (layered, {"activation": "softmax"}),
        (graph, {}),
        (graph, {"fused": True}),
        (graph, {"softmax": True}),
    ],
)
def test_classes_go_from_the_list_and_the_layer(
    model: Path, make: Callable[..., None], more: dict[str, Any], kind: str, width: int, shards: int
) -> None:
    ends = {"face_age": 3, "classes": len(LABELS)}
    make(model, ends, kind=kind, shards=shards, userDefinedMetadata={"classLabels": list(LABELS)}, **more)
    (model / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    lost(model, out, set(), {"classes/kernel": width, "classes/bias": width})
    assert (out / "labels.txt").read_text().split() == [*LEFT]
    now, was = told(out), told(model)
    assert now["userDefinedMetadata"] == {"classLabels": [*LEFT]}
    assert was["weightsManifest"][0]["paths"] == now["weightsManifest"][0]["paths"]
    said = "\n".join(line for change in outcome.changes for line in change.said)
    assert "puts out for the other classes" in said
    assert ("behind a softmax" in said) == bool({"softmax", "activation"} & set(more))
    clean(out)


def test_sizes_are_said_anew_wherever_they_stand(model: Path) -> None:
    graph(model, {"classes": len(LABELS)}, userDefinedMetadata={"classLabels": list(LABELS)})
    _, out = removed(model)
    now = told(out)
    dims = [{"size": "-1"}, {"size": str(len(LEFT))}]
    assert now["signature"]["outputs"]["classes"]["tensorShape"]["dim"] == dims
    nodes = {node["name"]: node for node in now["modelTopology"]["node"]}
    assert nodes["Identity_1"]["attr"]["_output_shapes"]["list"]["shape"] == [{"dim": dims}]
    assert nodes["classes/kernel"]["attr"]["value"]["tensor"]["tensorShape"]["dim"] == [{"size": "8"}, dims[1]]


def test_a_sequence_of_sequences_loses_classes(model: Path) -> None:
    sequence(model)
    (model / "metadata.json").write_text(json.dumps({"tfjsVersion": "1.3.1", "labels": list(LABELS)}))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    lost(model, out, set(), {"classes/kernel": 4, "classes/bias": 4})
    assert json.loads((out / "metadata.json").read_text())["labels"] == [*LEFT]
    last = told(out)["modelTopology"]["config"]["layers"][1]["config"]["layers"][0]
    assert last["config"]["units"] == len(LEFT)


def test_a_model_under_another_name_is_cut_with_its_list(model: Path) -> None:
    sequence(model, name="face.json")
    (model / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert arrays(out, "face.json")["classes/bias"][0] == (len(LEFT),)


def test_files_of_which_nothing_is_left_go_and_are_no_longer_named(model: Path) -> None:
    layered(model, {"age": 1, "face_race": 64}, shards=6)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    lost(model, out, {"face_race/kernel", "face_race/bias"}, {})
    paths = told(out)["weightsManifest"][0]["paths"]
    assert {p.name for p in out.iterdir()} == {"model.json", *paths}
    assert len(paths) < 6


def test_a_model_with_nothing_left_goes_with_all_its_files(model: Path) -> None:
    layered(model, {"face_race": 4}, shards=2)
    (model / "notes.txt").write_text("made up\n")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]


def test_what_training_needs_goes_only_where_that_is_asked_for(model: Path, tmp_path: Path) -> None:
    config = {"optimizer_config": {"class_name": "Adam"}, "loss": {"face_age": "mse", "face_race": "mse"}}
    layered(model, ENDS, topology={"training_config": config})
    outcome = strip.planned(str(model), OPTIONS, strip.Wish(Severity.LOW))
    assert verdicts(outcome) == {"kept"}
    assert "compiled again" in reasons(outcome)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert "training_config" not in told(out)["modelTopology"]


def test_without_asking_classes_stay(model: Path) -> None:
    sequence(model, userDefinedMetadata={"labels": list(LABELS)})
    outcome, out = removed(model, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    same(model, out)


def case(model: Path, name: str) -> str:
    """A model that cannot be cut whole, and what is said of it."""
    if name == "shared":
        layered(model, ENDS)
        (model / "other.json").write_text((model / "model.json").read_text().replace("face_race", "face_look"))
        return "other.json takes weights from group1-shard1of1.bin too"
    if name == "function":
        graph(model, ENDS)
        made = told(model)
        made["modelTopology"]["library"] = {"function": [{"signature": {"name": "f"}}]}
        (model / "model.json").write_text(json.dumps(made))
        return "a graph with functions"
    layered(model, ENDS, shards=2)
    made, said = told(model), ""
    group = made["weightsManifest"][0]
    if name == "missing":
        (model / "group1-shard2of2.bin").unlink()
        said = "which is not beside it"
    elif name == "link":
        (model / "group1-shard2of2.bin").rename(model / "numbers")
        (model / "group1-shard2of2.bin").symlink_to("numbers")
        said = "which is not beside it, or is a link"
    elif name == "short":
        (model / "group1-shard2of2.bin").write_bytes(b"\1\2")
        said = "and the files of them"
    elif name == "outside":
        group["paths"][1] = "../" + group["paths"][1]
        said = "which is not beside it"
    elif name == "texts":
        group["weights"][0]["dtype"] = "string"
        said = "whose length is not told"
    elif name == "alike":
        group["weights"][1]["name"] = group["weights"][0]["name"]
        said = "called alike"
    elif name == "huge":
        group["weights"][0]["shape"] = [1 << 30, 1 << 30]
        said = "and the files of them"
    elif name == "twice":
        (model / "model.json").write_text(
            (model / "model.json").read_text().replace('"format":', '"format": "x", "format":')
        )
        return "a name stands in it twice"
    elif name == "nested":
        inner = {"class_name": "Functional", "config": {"name": "inner", "layers": [dense("face_race", 4, "trunk")]}}
        made["modelTopology"]["model_config"]["config"]["layers"].append(
            {**inner, "name": "inner", "inbound_nodes": [[["trunk", 0, 0, {}]]]}
        )
        said = "cannot be told apart"
    (model / "model.json").write_text(json.dumps(made))
    return said


@pytest.mark.parametrize(
    "name", ["shared", "function", "missing", "link", "short", "outside", "texts", "alike", "huge", "twice", "nested"]
)
def test_what_cannot_be_done_in_all_files_is_done_in_none(model: Path, name: str) -> None:
    said = case(model, name)
    outcome, out = removed(model)
    assert "kept" in verdicts(outcome)
    assert said in reasons(outcome)
    for path in model.iterdir():
        if path.name != "other.json":
            assert (out / path.name).read_bytes() == path.read_bytes()


def test_a_layer_that_others_need_stays(model: Path) -> None:
    layered(model, {"age": 3})
    (model / "model.json").write_text((model / "model.json").read_text().replace("trunk", "face_race"))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    same(model, out)


def test_two_heads_of_one_size_are_not_guessed_about(model: Path) -> None:
    layered(model, {"one": 5, "other": 5}, userDefinedMetadata={"labels": list(LABELS)})
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "more than one output has as many" in reasons(outcome)
    same(model, out)


def test_a_second_list_of_as_many_keeps_the_classes(model: Path) -> None:
    other = {"labels": list(LABELS), "shown": ["a1", "b1", "c1", "d1", "e1"]}
    sequence(model, userDefinedMetadata=other)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    same(model, out)


def test_weights_that_are_no_longer_the_same_fail_the_proof(model: Path) -> None:
    """A rewriter that harms a number of another layer is found out."""
    from untag.rewriters.weights import WeightsRewriter

    layered(model, ENDS)
    whole = WeightsRewriter.rewrite

    def harmed(self: Any, artifact: Any, plan: Any, out: Any) -> None:
        whole(self, artifact, plan, out)
        out.seek(0)
        out.write(b"\7")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WeightsRewriter, "rewrite", harmed)
        outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    same(model, out)


def test_manifests_of_several_groups_lose_those_that_are_empty(model: Path) -> None:
    layered(model, ENDS)
    made, held = told(model), arrays(model)
    rows = {row["name"]: row for row in made["weightsManifest"][0]["weights"]}
    made["weightsManifest"] = []
    (model / "group1-shard1of1.bin").unlink()
    for number, layer in enumerate(("trunk", *ENDS)):
        mine = [row for name, row in rows.items() if name.startswith(f"{layer}/")]
        path = f"group{number + 1}-shard1of1.bin"
        (model / path).write_bytes(b"".join(held[row["name"]][1] for row in mine))
        made["weightsManifest"].append({"paths": [path], "weights": mine})
    (model / "model.json").write_text(json.dumps(made))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    lost(model, out, {"face_race/kernel", "face_race/bias"}, {})
    assert not (out / "group3-shard1of1.bin").exists()
    assert len(told(out)["weightsManifest"]) == 2


def test_a_model_beside_another_of_the_same_list_is_cut_too(model: Path) -> None:
    (model / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    sequence(model)
    described = {k: v for k, v in told(model).items() if k != "weightsManifest"}
    held = head("base", 6, 8) | head("classes", 8, len(LABELS))
    (model / "group1-shard1of1.bin").rename(model / "first.bin")
    made = told(model)
    made["weightsManifest"][0]["paths"] = ["first.bin"]
    (model / "model.json").write_text(json.dumps(made))
    saved(model, described, held, kind="uint8", name="small.json")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert arrays(out)["classes/bias"][0] == arrays(out, "small.json")["classes/bias"][0] == (len(LEFT),)
