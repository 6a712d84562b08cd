"""Files of one model: a list loses the name of a class only where the model loses the class, or not at all."""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

import graphs
from hostile import linear
from lites import Net
from tensors import GONE, LABELS, LEFT, OPTIONS, config, load_file, reasons, removed, saved, verdicts, vit, weights
from untag import strip
from untag.artifact import Artifact
from untag.finding import Severity
from untag.place import Place
from untag.rewriters._lists import in_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def graph(path: Path, size: int = len(LABELS), labels: Sequence[str] = ()) -> None:
    """A model that says nothing of what its numbers mean, unless it is told."""
    nodes = [onnx.helper.make_node("Gemm", ["pooled", "w", "b"], ["scores"], "fc", transB=1)]
    held = graphs.held(w=graphs.weights(size, 8), b=graphs.weights(size))
    ends = [graphs.info("scores", "n", size)]
    onnx.save(graphs.made(nodes, [graphs.info("pooled", "n", 8)], ends, held, labels=labels), path)


def lite(path: Path) -> None:
    net = Net()
    image = net.tensor("image", (1, 8))
    path.write_bytes(net.bytes([image], [net.dense(image, "scores", len(LABELS))]))


def tensors(path: Path) -> None:
    saved(path, {"base.weight": weights(8, 8), "scores.weight": weights(5, 8), "scores.bias": weights(5)})


def lines(labels: Sequence[str]) -> str:
    return "".join(f"{label}\n" for label in labels)


def numbered(labels: Sequence[str]) -> str:
    return "".join(f"{i} {label}\n" for i, label in enumerate(labels))


def array(labels: Sequence[str]) -> str:
    return json.dumps({"model": "made up", "face_labels": list(labels)}, indent=1) + "\n"


def index(labels: Sequence[str]) -> str:
    return json.dumps({str(i): ["n" + str(i) * 8, label] for i, label in enumerate(labels)}, indent=1) + "\n"


def names(labels: Sequence[str]) -> str:
    return json.dumps({label: i for i, label in enumerate(labels)}, indent=1) + "\n"


def things(labels: Sequence[str]) -> str:
    rows = [{"id": i, "name": label} for i, label in enumerate(labels)]
    return json.dumps({"face_attributes": rows}, indent=1) + "\n"


def config_yaml(labels: Sequence[str]) -> str:
    return "path: faces\nnames:\n" + "".join(f"  {i}: {label}\n" for i, label in enumerate(labels))


FORMS: list[tuple[str, Callable[[Sequence[str]], str]]] = [
    ("labels.txt", lines), ("face.names", lines), ("labels.txt", numbered), ("face_labels.json", array),
    ("class_index.json", index), ("a_class_index.json", names), ("labels.json", things), ("face.yaml", config_yaml),
]  # fmt: skip


def same(root: Path, out: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            assert (out / path.relative_to(root)).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize(("name", "form"), FORMS, ids=[f"{n}-{f.__name__}" for n, f in FORMS])
def test_a_list_and_the_layer_beside_it_lose_the_same_classes(
    model: Path, name: str, form: Callable[[Sequence[str]], str]
) -> None:
    (model / name).write_text(form(LABELS))
    graph(model / "net.onnx")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    left = onnx.load(out / "net.onnx")
    assert [d.dim_value for d in left.graph.output[0].type.tensor_type.shape.dim][1] == len(LEFT)
    kept = onnx.numpy_helper.to_array(left.graph.initializer[0])
    assert kept.tobytes() == np.delete(graphs.weights(5, 8), GONE, axis=0).tobytes()
    wanted = form(LEFT)
    if form is index:
        wanted = json.dumps({str(i): ["n" + str(LABELS.index(n)) * 8, n] for i, n in enumerate(LEFT)}, indent=1) + "\n"
    assert (out / name).read_text() == wanted


@pytest.mark.parametrize(("name", "make"), [("net.tflite", lite), ("net.safetensors", tensors)])
def test_other_models_are_cut_with_the_list_beside_them(model: Path, name: str, make: Callable[[Path], None]) -> None:
    (model / "labels.txt").write_text(lines(LABELS))
    make(model / name)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / "labels.txt").read_text() == lines(LEFT)
    said = [line for change in outcome.changes for line in change.said]
    assert any("bit for bit" in line or "units in the last place" in line for line in said)
    assert (out / name).read_bytes() != (model / name).read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "net.caffemodel", "net.prototxt", "net.param", "net.mnn", "net.bin", "net.engine", "saved_model/saved_model.pb",
        "net.rknn", "weights/best.pt", "net.pdmodel", "net.mlmodel",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("labels", "form"), [FORMS[0], FORMS[4]], ids=["lines", "index"])
def test_a_list_stays_beside_a_model_that_is_not_cut(
    model: Path, name: str, labels: str, form: Callable[[Sequence[str]], str]
) -> None:
    (model / labels).write_text(form(LABELS))
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_bytes(b"\7\1\2\3" * 64)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert name in reasons(outcome)
    same(model, out)


def test_a_graph_of_tensorflow_js_without_weights_keeps_its_list(model: Path) -> None:
    (model / "labels.json").write_text(json.dumps(LABELS))
    told = {"modelTopology": {"node": []}, "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": []}]}
    (model / "model.json").write_text(json.dumps(told))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "model.json" in reasons(outcome)
    same(model, out)


def test_a_file_that_names_list_and_model_binds_them_over_folders(model: Path) -> None:
    (model / "assets").mkdir()
    (model / "assets" / "labels.txt").write_text(lines(LABELS))
    (model / "weights").mkdir()
    graph(model / "weights" / "net.onnx")
    outcome = strip.planned(str(model), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert verdicts(outcome) == {"removed"}
    (model / "pipeline.toml").write_text('model = "weights/net.onnx"\nlabels = "assets/labels.txt"\n')
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "weights/net.onnx may make these classes" in reasons(outcome)
    same(model, out)


@pytest.mark.parametrize("name", ["a_labels.txt", "z_labels.txt"])
@pytest.mark.parametrize("unsafe", [False, True])
def test_classes_that_a_model_itself_names_go_from_the_list_beside_it(model: Path, name: str, *, unsafe: bool) -> None:
    """Whichever comes first."""
    (model / name).write_text(lines(LABELS))
    graph(model / "net.onnx", labels=LABELS)
    outcome, out = removed(model, unsafe=unsafe)
    if not unsafe:
        assert verdicts(outcome) == {"kept"}
        same(model, out)
        return
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / name).read_text() == lines(LEFT)
    data = (out / "net.onnx").read_bytes()
    assert not any(LABELS[i].encode() in data for i in GONE)


def test_a_list_by_other_names_keeps_the_classes_of_a_model_too(model: Path) -> None:
    (model / "z_labels.txt").write_text(lines(["un", "deux", "trois", "quatre", "cinq"]))
    graph(model / "net.onnx", labels=LABELS)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "z_labels.txt has an entry for each class too" in reasons(outcome)
    same(model, out)


@pytest.mark.parametrize("name", ["classes.txt", "labels.txt"])
def test_a_configuration_takes_the_list_beside_it_along(model: Path, name: str) -> None:
    config(model / "config.json")
    saved(model / "model.safetensors", vit())
    (model / name).write_text(lines(LABELS))
    outcome = strip.planned(str(model), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / name).read_text() == lines(LEFT)
    assert load_file(out / "model.safetensors")["classifier.bias"].shape == (len(LEFT),)


def test_two_models_of_one_list_are_both_cut_or_neither(model: Path) -> None:
    (model / "labels.txt").write_text(lines(LABELS))
    graph(model / "a.onnx")
    graph(model / "b.onnx")
    (model / "c.mnn").write_bytes(b"\7\1\2\3" * 64)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "c.mnn has to change with it" in reasons(outcome)
    same(model, out)
    (model / "c.mnn").unlink()
    import shutil

    shutil.rmtree(out.parent)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    for name in ("a.onnx", "b.onnx"):
        assert onnx.load(out / name).graph.initializer[1].dims[0] == len(LEFT)


def test_a_model_that_puts_out_less_is_none_of_the_list_s(model: Path) -> None:
    (model / "labels.txt").write_text(lines(LABELS))
    graph(model / "face_score.onnx", 1)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / "face_score.onnx").read_bytes() == (model / "face_score.onnx").read_bytes()


def test_a_list_of_nothing_but_the_tag_stays_with_its_model(model: Path) -> None:
    (model / "labels.txt").write_text(lines(["Asian", "Black", "Indian", "White", "Others"]))
    graph(model / "net.onnx")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "net.onnx makes them: it goes as a whole" in reasons(outcome)
    same(model, out)


def test_in_an_archive_a_list_stays_beside_a_model(model: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("assets/labels.txt", lines(LABELS))
        archive.writestr("assets/net.tflite", b"\7\1\2\3" * 64)
    (model / "face.apk").write_bytes(held.getvalue())
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "net.tflite has to change with it" in reasons(outcome)
    same(model, out)


def test_a_list_in_code_or_a_table_stays_beside_a_model(model: Path) -> None:
    (model / "face.py").write_text(f"FACE_LABELS = {list(LABELS)!r}\n")
    (model / "face_labels.csv").write_text("id,label\n" + "".join(f"{i},{n}\n" for i, n in enumerate(LABELS)))
    (model / "net.mnn").write_bytes(b"\7\1\2\3" * 64)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}, reasons(outcome)
    same(model, out)


def test_lists_are_read_and_cut_in_steps_as_many_as_they_have_lines() -> None:
    """Lines of spaces, which an expression alone would go over again and again, and long lists that lose many."""

    def read(size: int) -> None:
        assert not in_lines(Artifact(Place(("labels.txt",)), b"a\nb" + b" " * size + b"c\n"))
        rows = "".join(f"{number} class\n" for number in range(size // 10)).encode()
        (listing,) = in_lines(Artifact(Place(("labels.txt",)), rows))
        assert len(listing.without(tuple(range(0, size // 10, 2)))) == size // 10

    linear(read)


def test_an_input_is_walked_once_for_all_of_its_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "face_attributes"
    for number in range(8):
        folder = root / f"part{number}"
        folder.mkdir(parents=True)
        (folder / "labels.txt").write_text(lines(LABELS))
    (root / "notes.md").write_text("made up\n")
    walked: list[str] = []
    whole = os.walk

    def counted(top: str, *given: object, **more: object) -> object:
        walked.append(top)
        return whole(top, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "walk", counted)
    outcome = strip.planned(str(root), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert len(outcome.rows) >= 8
    assert walked.count(str(root)) == 1
