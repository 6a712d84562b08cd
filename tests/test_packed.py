"""Models in archives: members that belong together change together, at any depth, and all others are the same bytes."""

from __future__ import annotations

import io
import json
import tarfile
import warnings
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

import graphs
from scripts import arrays, sequence
from tensors import BOTH, GONE, LABELS, LEFT, OPTIONS, config, load_file, reasons, removed, same, saved, verdicts, vit
from untag import strip
from untag.finding import Severity
from untag.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def zipped(inside: Path, *, reverse: bool = False, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for path in sorted((p for p in inside.rglob("*") if p.is_file()), reverse=reverse):
            archive.write(path, str(path.relative_to(inside)))
    return made.getvalue()


def tarred(inside: Path, *, reverse: bool = False, before: str = "./") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for path in sorted((p for p in inside.rglob("*") if p.is_file()), reverse=reverse):
            archive.add(path, before + str(path.relative_to(inside)))
    return made.getvalue()


def members(path: Path) -> dict[str, bytes]:
    if not tarfile.is_tarfile(path):  # a tar whose last member is a zip may be taken for one
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(path) as archive:
        return {m.name.removeprefix("./"): archive.extractfile(m).read() for m in archive}  # type: ignore[union-attr]


def unpacked(path: Path, folder: Path) -> Path:
    folder.mkdir()
    for name, data in members(path).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def clean(out: Path) -> None:
    assert not [f for f in scan([str(out)], OPTIONS).findings if f.severity >= Severity.LOW]


def tagged(folder: Path) -> None:
    """A configuration with its weights, and a file of which nothing is told."""
    config(folder / "config.json")
    saved(folder / "model.safetensors", vit())
    (folder / "notes.txt").write_text("made up\n")


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_configuration_and_its_weights_change_together(
    root: Path, inside: Path, tmp_path: Path, pack: Callable[..., bytes], *, reverse: bool
) -> None:
    tagged(inside)
    (root / "model.pack").write_bytes(pack(inside, reverse=reverse))
    before = [*members(root / "model.pack")]
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert [*members(out / "model.pack")] == before
    left = unpacked(out / "model.pack", tmp_path / "left")
    same(load_file(inside / "model.safetensors"), load_file(left / "model.safetensors"), BOTH)
    assert [*json.loads((left / "config.json").read_text())["id2label"].values()] == [*LEFT]
    assert (left / "notes.txt").read_bytes() == (inside / "notes.txt").read_bytes()
    said = "\n".join(line for change in outcome.changes for line in change.said)
    assert "other members are the same, by digest" in said
    assert "puts out for the other classes" in said
    clean(out)


@pytest.mark.parametrize("reverse", [False, True])
def test_texts_of_the_weights_are_asked_for_again_when_these_have_changed(
    root: Path, inside: Path, tmp_path: Path, *, reverse: bool
) -> None:
    config(inside / "config.json")
    saved(inside / "model.safetensors", vit(), face_labels=json.dumps(LABELS))
    (root / "model.zip").write_bytes(zipped(inside, reverse=reverse))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    left = unpacked(out / "model.zip", tmp_path / "left")
    same(load_file(inside / "model.safetensors"), load_file(left / "model.safetensors"), BOTH)
    clean(out)


def graph(path: Path) -> None:
    nodes = [onnx.helper.make_node("Gemm", ["pooled", "w", "b"], ["scores"], "fc", transB=1)]
    held = graphs.held(w=graphs.weights(len(LABELS), 8), b=graphs.weights(len(LABELS)))
    onnx.save(
        graphs.made(nodes, [graphs.info("pooled", "n", 8)], [graphs.info("scores", "n", len(LABELS))], held), path
    )


def test_a_list_and_a_graph_in_an_archive_lose_the_same_classes(root: Path, inside: Path, tmp_path: Path) -> None:
    (inside / "assets").mkdir()
    graph(inside / "assets" / "net.onnx")
    (inside / "assets" / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    (inside / "code.txt").write_text("made up\n")
    (root / "face.zip").write_bytes(zipped(inside))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    left = unpacked(out / "face.zip", tmp_path / "left")
    assert (left / "assets" / "labels.txt").read_text().split() == [*LEFT]
    kept = onnx.numpy_helper.to_array(onnx.load(left / "assets" / "net.onnx").graph.initializer[0])
    assert kept.tobytes() == np.delete(graphs.weights(len(LABELS), 8), GONE, axis=0).tobytes()
    clean(out)


def test_archives_in_archives_are_written_from_the_inside_out(root: Path, inside: Path, tmp_path: Path) -> None:
    tagged(inside)
    outer = tmp_path / "outer"
    outer.mkdir()
    (outer / "inner.zip").write_bytes(zipped(inside))
    (outer / "other.txt").write_text("made up\n")
    sequence(outer)
    (outer / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    (root / "outer.zip").write_bytes(zipped(outer, method=zipfile.ZIP_STORED))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    left = unpacked(out / "outer.zip", tmp_path / "left")
    assert arrays(left)["classes/bias"][0] == (len(LEFT),)
    assert (left / "other.txt").read_bytes() == (outer / "other.txt").read_bytes()
    most = unpacked(left / "inner.zip", tmp_path / "most")
    same(load_file(inside / "model.safetensors"), load_file(most / "model.safetensors"), BOTH)
    clean(out)


def test_a_plan_promises_of_members_what_is_done(root: Path, inside: Path) -> None:
    tagged(inside)
    (root / "model.zip").write_bytes(zipped(inside))
    outcome = strip.planned(str(root), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    outcome = strip.planned(str(root), OPTIONS, strip.Wish(Severity.LOW))
    assert verdicts(outcome) == {"kept"}
    assert "only with --unsafe" in reasons(outcome)


def case(inside: Path, name: str) -> bytes:
    """An archive of which nothing may change."""
    tagged(inside)
    if name == "foreign":
        (inside / "flax_model.msgpack").write_bytes(b"\7\1\2\3" * 64)
    elif name == "pickled":
        (inside / "model.safetensors").rename(inside / "odd.safetensors.bak")
        (inside / "pytorch_model.bin").write_bytes(b"\7\1\2\3" * 64)
    data = zipped(inside)
    if name in ("outside", "twice", "folded"):
        made = io.BytesIO(data)
        with warnings.catch_warnings(), zipfile.ZipFile(made, "a") as one:
            warnings.simplefilter("ignore")
            one.writestr({"outside": "../x.txt", "twice": "notes.txt", "folded": "Notes.TXT"}[name], "made up\n")
        data = made.getvalue()
    return data


@pytest.mark.parametrize("name", ["foreign", "pickled", "outside", "twice", "folded"])
def test_archives_whose_members_cannot_be_laid_out_or_cut_stay(root: Path, inside: Path, name: str) -> None:
    (root / "model.zip").write_bytes(case(inside, name))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"kept"}
    assert (out / "model.zip").read_bytes() == (root / "model.zip").read_bytes()


def test_an_archive_that_is_larger_than_is_laid_out_stays(
    root: Path, inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from untag.strip import folder

    monkeypatch.setattr(folder, "_MOST", 100)
    tagged(inside)
    (root / "model.zip").write_bytes(zipped(inside))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"kept"}
    assert "another member of the archive" in reasons(outcome)
    assert (out / "model.zip").read_bytes() == (root / "model.zip").read_bytes()
