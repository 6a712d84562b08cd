"""Weights without a graph: classes go from the configuration and from every file of weights at once, or from none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensors import (
    BOTH,
    GONE,
    LABELS,
    LEFT,
    OPTIONS,
    config,
    listed,
    load_file,
    reasons,
    removed,
    same,
    saved,
    verdicts,
    vit,
    weights,
)  # fmt: skip
from untag import strip
from untag.finding import Severity


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.float64])
def test_classes_go_from_configuration_weights_and_metadata(model: Path, kind: Any) -> None:
    config(model / "config.json", num_labels=5)
    saved(model / "model.safetensors", vit(kind=kind), labels=json.dumps(LABELS), note="made up")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    told = json.loads((out / "config.json").read_text())
    assert told["id2label"] == {str(i): name for i, name in enumerate(LEFT)}
    assert told["label2id"] == {name: i for i, name in enumerate(LEFT)}
    assert told["num_labels"] == len(LEFT)
    same(vit(kind=kind), load_file(out / "model.safetensors"), BOTH)
    data = (out / "model.safetensors").read_bytes()
    assert not any(LABELS[i].encode() in data for i in GONE)
    assert b"made up" in data
    said = [line for change in outcome.changes for line in change.said]
    assert any("bit for bit (numpy" in line or "in another order explain it" in line for line in said)


def test_without_asking_nothing_is_changed(model: Path) -> None:
    config(model / "config.json")
    saved(model / "model.safetensors", vit())
    outcome, out = removed(model, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    assert "move up" in reasons(outcome)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in model.iterdir()}


def test_last_classes_that_stand_for_themselves_are_safe(model: Path) -> None:
    labels = ("smiling", "glasses", "beard", "uyghur")
    config(model / "config.json", labels)
    saved(model / "model.safetensors", vit(4))
    outcome, out = removed(model, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    same(vit(4), load_file(out / "model.safetensors"), dict.fromkeys(BOTH, (3,)))


def test_a_plan_promises_of_every_file_what_is_done(model: Path) -> None:
    """Labels in the weights' own metadata go with the configuration's, and not by themselves."""
    config(model / "config.json")
    saved(model / "model.safetensors", vit(), labels=json.dumps(LABELS))
    for unsafe, verdict in ((True, "removed"), (False, "kept")):
        outcome = strip.planned(str(model), OPTIONS, strip.Wish(Severity.LOW, unsafe=unsafe))
        assert verdicts(outcome) == {verdict}, reasons(outcome)
        assert len({row.finding.place.chain for row in outcome.rows}) == 2


def test_another_head_of_the_same_size_is_not_guessed_about(model: Path) -> None:
    config(model / "config.json")
    saved(model / "model.safetensors", vit(**{"dist_head.weight": weights(5, 8)}))
    outcome, _ = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "model.safetensors: dist_head.weight makes as many numbers" in reasons(outcome)


def test_one_finding_that_is_asked_for_takes_all_files_with_it(model: Path, tmp_path: Path) -> None:
    config(model / "config.json")
    saved(model / "model.safetensors", vit())
    plan = strip.planned(str(model), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    key = next(row.finding.key for row in plan.rows if row.finding.owner == "label2id")
    (tmp_path / "out").mkdir()
    wish = strip.Wish(Severity.LOW, keys=(key,), unsafe=True)
    outcome = strip.removed(str(model), str(tmp_path / "out"), OPTIONS, wish)
    assert [(row.finding.key, row.verdict) for row in outcome.rows] == [(key, "removed")]
    assert outcome.copy is not None
    same(vit(), load_file(Path(outcome.copy.root) / "model.safetensors"), BOTH)


def test_a_plan_shows_all_files_and_writes_none(model: Path) -> None:
    config(model / "config.json")
    listed(model, {k: v for k, v in vit().items() if k[0] == "v"}, {k: v for k, v in vit().items() if k[0] == "c"})
    outcome = strip.planned(str(model), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert verdicts(outcome) == {"removed"}
    files = {change.chain[0] for change in outcome.changes if change.edits}
    assert files == {"config.json", "model-00002-of-00002.safetensors", "model.safetensors.index.json"}


def test_classes_go_from_shards_and_their_list(model: Path) -> None:
    config(model / "config.json")
    one, two = ({k: v for k, v in vit().items() if k.startswith(p)} for p in ("vit", "classifier"))
    listed(model, one, two)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    first, second = sorted(out.glob("*.safetensors"))
    assert first.read_bytes() == (model / first.name).read_bytes()
    same(two, load_file(second), BOTH)
    told = json.loads((out / "model.safetensors.index.json").read_text())
    assert told["metadata"]["total_size"] == sum(a.nbytes for p in (first, second) for a in load_file(p).values())


def test_all_classes_take_the_whole_model(model: Path) -> None:
    labels = ("Asian", "Black", "Indian", "White", "other")
    config(model / "config.json", labels, problem_type="single_label_classification")
    listed(model, {k: v for k, v in vit(5).items() if k[0] == "v"}, {k: v for k, v in vit(5).items() if k[0] == "c"})
    (model / "preprocessor_config.json").write_text('{"do_resize": true}\n')
    outcome, out = removed(model, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert [p.name for p in out.iterdir()] == ["preprocessor_config.json"]
    assert {change.whole for change in outcome.changes} == {"all classes that the model tells apart carry the tag"}


def test_of_a_model_with_another_head_nothing_goes_whole(model: Path) -> None:
    config(model / "config.json", ("Asian", "Black", "Indian", "White"))
    saved(model / "model.safetensors", vit(4, **{"age_head.weight": weights(1, 8)}))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "age_head.weight" in reasons(outcome)
    assert (out / "config.json").read_bytes() == (model / "config.json").read_bytes()


def test_a_layer_that_a_tag_names_goes_with_its_bias(model: Path) -> None:
    more = {"face_race.0.weight": weights(4, 8), "face_race.0.bias": weights(4), "age_head.weight": weights(1, 8)}
    saved(model / "model.safetensors", vit(**more), note="Predicts the ethnicity of a face")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    left = load_file(out / "model.safetensors")
    same(vit(**{"age_head.weight": more["age_head.weight"]}), left, {})
    assert b"face_race" not in (out / "model.safetensors").read_bytes()
    assert all(not edit.safe for change in outcome.changes for edit in change.edits)


def test_a_layer_of_shards_goes_from_all_of_them_and_the_list(model: Path) -> None:
    one = {"trunk.weight": weights(8, 8), "face_race_head.weight": weights(4, 8)}
    two = {"face_race_head.bias": weights(4), "face_age_head.weight": weights(1, 8)}
    listed(model, one, two)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    told = json.loads((out / "model.safetensors.index.json").read_text())
    assert set(told["weight_map"]) == {"trunk.weight", "face_age_head.weight"}
    held = {k: p.name for p in out.glob("*.safetensors") for k in load_file(p)}
    assert held == told["weight_map"]
    assert told["metadata"]["total_size"] == 8 * 8 * 4 + 8 * 4


def test_labels_in_the_metadata_cut_the_only_layer_of_that_size(model: Path) -> None:
    saved(model / "model.safetensors", vit(), face_labels=json.dumps(LABELS))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    same(vit(), load_file(out / "model.safetensors"), BOTH)


@pytest.mark.parametrize("configured", [False, True])
def test_a_second_list_of_as_many_keeps_the_classes(model: Path, configured: bool) -> None:
    more = {} if configured else {"face_labels": json.dumps(LABELS)}
    saved(model / "model.safetensors", vit(), short=json.dumps([f"n{i}" for i in range(len(LABELS))]), **more)
    if configured:
        config(model / "config.json")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "short has an entry for each class too" in reasons(outcome)
    assert (out / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()


@pytest.mark.parametrize("form", ["{1}", "{0} {1}", '{0}: "{1}",'])
def test_a_file_of_labels_loses_lines_and_only_where_that_is_asked_for(model: Path, form: str) -> None:
    def text(labels: tuple[tuple[int, str], ...]) -> str:
        return "".join(form.format(*row) + "\n" for row in labels)

    rows = tuple(enumerate(LABELS))
    (model / "labels.txt").write_text(text(rows))
    outcome, out = removed(model, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    assert (out / "labels.txt").read_text() == text(rows)
    shutil.rmtree(model.parent / "out")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / "labels.txt").read_text() == text(tuple(r for r in rows if r[1] in LEFT))


def broken(model: Path, case: str) -> str:
    """A folder in which something stands in the way; a word of the reason."""
    config(model / "config.json")
    tensors = vit()
    if case == "pytorch":
        (model / "pytorch_model.bin").write_bytes(b"\0" * 64)
        said = "pytorch_model.bin may hold the same layer"
    elif case == "export":
        (model / "onnx").mkdir()
        (model / "onnx" / "model.onnx").write_bytes(b"\0" * 64)
        said = "onnx/model.onnx may hold the same layer"
    elif case == "size":
        tensors = vit(7)
        said = "no layer of the weights makes as many numbers"
    elif case == "kind":
        config(model / "config.json", architectures=["FaceNet"])
        said = "does not say what kind of model it is"
    elif case == "adapter":
        tensors["classifier.lora_A"] = weights(2, 8)
        said = "classifier.lora_A belongs to the layer"
    elif case == "maps":
        config(model / "config.json", label2id={name: i for i, name in enumerate(reversed(LABELS))})
        said = "id2label and label2id do not agree"
    elif case == "twice":
        text = (model / "config.json").read_text()
        (model / "config.json").write_text(text.replace('"label2id"', '"id2label": {"0": "uyghur"}, "label2id"'))
        said = "a key stands in it twice"
    elif case == "count":
        config(model / "config.json", num_labels=9)
        said = "num_labels is 9"
    elif case == "shard":
        listed(model, tensors)
        (model / "model-00001-of-00001.safetensors").unlink()
        return "which model.safetensors.index.json lists, is not here"
    elif case == "link":
        saved(model / "weights", tensors)
        (model / "model.safetensors").symlink_to("weights")
        return "model.safetensors may hold the same layer"
    elif case == "list":
        listed(model, tensors)
        (model / "model.safetensors.index.json").rename(model / "list")
        (model / "model.safetensors.index.json").symlink_to("list")
        return "model.safetensors.index.json is a link"
    elif case == "cache":
        blobs = model / "blobs"
        blobs.mkdir()
        (model / "config.json").rename(blobs / ("0a" * 20))
        saved(blobs / ("1b" * 32), tensors)
        (model / "config.json").symlink_to("blobs/" + "0a" * 20)
        (model / "model.safetensors").symlink_to("blobs/" + "1b" * 32)
        return "files are named by their digests"
    elif case == "cut":
        saved(model / "model.safetensors", tensors)
        data = (model / "model.safetensors").read_bytes()
        (model / "model.safetensors").write_bytes(data[:-4])
        return "does not end where its tensors do"
    saved(model / "model.safetensors", tensors)
    return said


CASES = (
    "pytorch", "export", "size", "kind", "adapter", "maps", "count", "shard", "cut", "link", "list", "cache", "twice",
)  # fmt: skip


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        # Of each class or of all, with scales beside or elsewhere; two numbers in a byte; eight in a whole number.
        ({"weight": np.zeros((5, 8), np.int8)}, "classifier.weight holds quantised numbers (I8)"),
        (
            {"weight": np.zeros((5, 8), np.int8), "weight_scale": weights(5)},
            "classifier.weight holds quantised numbers (I8)",
        ),
        (
            {"weight": np.zeros((20, 1), np.uint8), "weight.absmax": weights(1)},
            "no layer of the weights makes as many numbers",
        ),
        (
            {"qweight": np.zeros((1, 5), np.int32), "scales": weights(1, 5)},
            "no layer of the weights makes as many numbers",
        ),
    ],
)
def test_quantised_layers_keep_their_classes_in_all_files(
    model: Path, tensors: dict[str, np.ndarray], said: str
) -> None:
    config(model / "config.json")
    base = {name: array for name, array in vit().items() if name != "classifier.weight"}
    saved(model / "model.safetensors", {**base, **{f"classifier.{name}": one for name, one in tensors.items()}})
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert said in reasons(outcome)
    assert all((out / p.name).read_bytes() == p.read_bytes() for p in model.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "rust_model.ot", "runs/best/weights/best.pt", "coreml/face.mlpackage/Data/weights/0-weight",
        "model.ckpt-7.data-00000-of-00001", "face.tar.gz",
    ],
)  # fmt: skip
def test_what_may_hold_the_same_weights_keeps_the_classes(model: Path, name: str) -> None:
    config(model / "config.json")
    saved(model / "model.safetensors", vit())
    (model / name).parent.mkdir(parents=True, exist_ok=True)
    (model / name).write_bytes(b"\0" * 64)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert f"{name} may hold the same layer" in reasons(outcome)
    assert (out / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()


def test_models_in_folders_with_a_configuration_of_their_own_are_others(model: Path) -> None:
    config(model / "config.json")
    saved(model / "model.safetensors", vit())
    inner = model / "checkpoints" / "last" / "onnx"
    inner.mkdir(parents=True)
    (inner / "model.onnx").write_bytes(b"\0" * 64)
    (inner.parent / "config.json").write_text("{}")
    outcome, out = removed(model)
    assert "removed" in verdicts(outcome), reasons(outcome)
    same(vit(), load_file(out / "model.safetensors"), BOTH)


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_done_in_all_files_is_done_in_none(model: Path, case: str) -> None:
    said = broken(model, case)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert said in reasons(outcome)
    for path in model.rglob("*"):
        if path.is_file():
            assert (out / path.relative_to(model)).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("labels", [LABELS, ("Asian", "Black", "Indian", "White")])
def test_a_configuration_alone_loses_its_classes_only_where_that_is_asked_for(
    model: Path, labels: tuple[str, ...]
) -> None:
    """Beside an input of one file nothing was given, even where something lies there."""
    config(model / "config.json", labels)
    saved(model / "model.safetensors", vit())
    given = str(model / "config.json")
    outcome = strip.planned(given, OPTIONS, strip.Wish(Severity.LOW))
    assert verdicts(outcome) == {"kept"}
    assert "it makes them until it is cut as well" in reasons(outcome)
    outcome = strip.removed(given, str(model.parent), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert verdicts(outcome) == {"removed"}
    assert outcome.copy is not None
    left = json.loads(Path(outcome.copy.root).read_text()).get("id2label", {})
    assert tuple(left.values()) == (LEFT if labels == LABELS else ())


def test_lists_that_go_by_class_are_cut_too_or_keep_all(model: Path) -> None:
    more = [f"attribute_{i}" for i in range(8)]
    for labels, verdict in ((LABELS, "removed"), ((*LABELS, *more), "kept")):
        config(model / "config.json", labels, class_weights=[float(i) for i in range(len(labels))])
        saved(model / "model.safetensors", vit(len(labels)))
        outcome = strip.planned(str(model), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
        assert verdicts(outcome) == {verdict}, reasons(outcome)
    assert "class_weights holds a number for each class" in reasons(outcome)


def test_two_heads_of_one_kind_of_model_are_both_cut(model: Path) -> None:
    """A distilled model: the kind says that both layers make the classes."""
    config(model / "config.json", architectures=["DeiTForImageClassificationWithTeacher"])
    kinds = (("weight", (8,)), ("bias", ()))
    heads = {f"{n}_classifier.{k}": weights(5, *shape) for n in ("cls", "distillation") for k, shape in kinds}
    saved(model / "model.safetensors", {"deit.norm": weights(8), **heads})
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    same({"deit.norm": weights(8), **heads}, load_file(out / "model.safetensors"), dict.fromkeys(heads, GONE))


def test_the_layer_that_timm_names_is_cut(model: Path) -> None:
    told = {
        "architecture": "resnet18", "num_classes": 5, "label_names": list(LABELS),
        "pretrained_cfg": {"classifier": "fc", "num_classes": 5},
    }  # fmt: skip
    (model / "config.json").write_text(json.dumps(told, indent=1))
    tensors = {"conv1.weight": weights(5, 3, 3, 3), "fc.weight": weights(5, 8), "fc.bias": weights(5)}
    saved(model / "model.safetensors", tensors)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    made = json.loads((out / "config.json").read_text())
    assert (made["label_names"], made["num_classes"], made["pretrained_cfg"]["num_classes"]) == (list(LEFT), 3, 3)
    same(tensors, load_file(out / "model.safetensors"), {"fc.weight": GONE, "fc.bias": GONE})


HEADS = [
    {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}},  # longer than its shape
    {"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}},  # a hole before it
    {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "U8", "shape": [1],
                                                                          "data_offsets": [4, 5]}},
    {"a": {"dtype": "X9", "shape": [2], "data_offsets": [0, 8]}},
    {"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}},
    {"a": {"dtype": "F32", "shape": [True, 2], "data_offsets": [0, 8]}},
    {"a": 3},
]  # fmt: skip


@pytest.mark.parametrize("told", HEADS)
def test_headers_that_do_not_keep_to_the_format_are_refused(told: dict[str, Any]) -> None:
    import io

    from untag.gap import Damaged
    from untag.syntax.safetensors import header

    raw = json.dumps(told).encode()
    data = len(raw).to_bytes(8, "little") + raw + b"\0" * 8
    with pytest.raises(Damaged):
        header(io.BytesIO(data), len(data))


def test_a_weights_file_that_is_no_longer_the_same_fails_the_proof(model: Path) -> None:
    """The proof reads both files anew: a byte that is another one is seen."""
    from untag.artifact import Artifact
    from untag.place import Place
    from untag.rewriters import rewriters
    from untag.rewriters._hub import Order

    saved(model / "model.safetensors", vit())
    rewriter = rewriters()["safetensors"]
    before = Artifact(Place(("model.safetensors",)), (model / "model.safetensors").read_bytes())
    rows = tuple((name, GONE) for name in BOTH)
    plan = rewriter.follow(before, (Order("classes", rows=rows, labels=LABELS, places=GONE),))
    with (model / "new").open("wb") as out:
        rewriter.rewrite(before, plan, out)
    data = bytearray((model / "new").read_bytes())
    assert not rewriter.check(before, Artifact(before.place, bytes(data)), plan).error
    for at in (len(data) - 1, len(data) - 150):
        data[at] ^= 1
        assert "would not be the same" in rewriter.check(before, Artifact(before.place, bytes(data)), plan).error
        data[at] ^= 1
