"""Models whose weights lie in a file beside them: what goes of these is overwritten, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

import graphs
from graphs import CASES
from tensors import GONE, LABELS, LEFT, reasons, removed, verdicts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "face_attributes"
    made.mkdir()
    return made


def saved(model: onnx.ModelProto, path: Path, *, sized: bool = True) -> None:
    """With all weights in one file beside it; lengths may be left out where a tensor is the last."""
    onnx.save(model, path, save_as_external_data=True, all_tensors_to_one_file=True, location="weights.bin",
              size_threshold=0)  # fmt: skip
    if not sized:
        model = onnx.load(path, load_external_data=False)
        spans = places(path)
        last = max(model.graph.initializer, key=lambda one: spans[one.name])
        kept = [e for e in last.external_data if e.key != "length"]
        del last.external_data[:]
        last.external_data.extend(kept)
        onnx.save(model, path)


def places(path: Path) -> dict[str, tuple[int, int]]:
    """Where the numbers of each tensor lie in the file beside."""
    model = onnx.load(path, load_external_data=False)
    told = {one.name: ({e.key: e.value for e in one.external_data}, one) for one in model.graph.initializer}
    return {
        name: (int(rows["offset"]), int(rows["offset"]) + 4 * int(np.prod(one.dims)))
        for name, (rows, one) in told.items()
        if rows
    }


def moved(path: Path, location: str, name: str = "") -> None:
    """A model says of all its tensors, or of one, that they lie elsewhere."""
    model = onnx.load(path, load_external_data=False)
    for one in model.graph.initializer:
        if name in ("", one.name):
            next(e for e in one.external_data if e.key == "location").value = location
    path.write_bytes(model.SerializeToString())


def single(path: Path, output: str) -> None:
    """A model of one layer."""
    node = onnx.helper.make_node("Gemm", ["pooled", "w"], [output], "fc")
    graph = onnx.helper.make_graph([node], "net", [graphs.info("pooled", 1, 8)], [graphs.info(output, 1, 4)],
                                   graphs.held(w=graphs.weights(8, 4)))  # fmt: skip
    saved(onnx.helper.make_model(graph), path)


def arrays(path: Path) -> dict[str, np.ndarray]:
    model = onnx.load(path)
    return {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}


@pytest.mark.parametrize("name", ["separate_17", "gemm", "conv"])
@pytest.mark.parametrize("sized", [True, False])
def test_what_goes_is_overwritten_in_the_file_beside(folder: Path, name: str, *, sized: bool) -> None:
    case = CASES[name]()
    saved(case.model, folder / "net.onnx", sized=sized)
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    onnx.checker.check_model(str(out / "net.onnx"))
    was, now = arrays(folder / "net.onnx"), arrays(out / "net.onnx")
    before, after = ((root / "weights.bin").read_bytes() for root in (folder, out))
    assert len(before) == len(after)
    assert before != after
    spans, gone = places(folder / "net.onnx"), set[int]()
    for key, (start, end) in spans.items():
        if key in now and now[key].shape == was[key].shape:
            assert now[key].tobytes() == was[key].tobytes(), key
        else:
            gone |= set(range(start, end))
    assert gone
    assert all(new == (0 if at in gone else before[at]) for at, new in enumerate(after))
    said = [line for change in outcome.changes for line in change.said]
    assert any("bit for bit" in line for line in said)
    assert any("the checker of ONNX" in line for line in said)


@pytest.mark.parametrize("case", ["missing", "shared", "link", "elsewhere", "text", "itself", "twice"])
def test_what_cannot_change_with_the_model_keeps_all_of_it(folder: Path, case: str) -> None:
    model = CASES["separate_17"]().model
    saved(model, folder / "net.onnx")
    said = "weights.bin, which is not beside it, or is a link"
    if case == "missing":
        (folder / "weights.bin").unlink()
    elif case == "shared":
        nodes = [onnx.helper.make_node("Gemm", ["pooled", "w"], ["scores"], "fc")]
        other = graphs.made(nodes, [graphs.info("pooled", 1, 8)], [graphs.info("scores", 1, 4)],
                            graphs.held(w=graphs.weights(8, 4)))  # fmt: skip
        other.producer_version = "weights.bin"
        onnx.save(other, folder / "other.onnx")
        said = "other.onnx takes weights from weights.bin too"
    elif case == "link":
        (folder / "weights.bin").rename(folder / "held")
        (folder / "weights.bin").symlink_to("held")
    elif case == "text":
        (folder / "LICENSE").write_text("Made up, and free for all.\n" * 40)
        moved(folder / "net.onnx", "LICENSE")
        said = "LICENSE, which is no file of bare numbers"
    elif case == "itself":
        moved(folder / "net.onnx", "net.onnx")
        said = "net.onnx, which is no file of bare numbers"
    elif case == "twice":
        moved(folder / "net.onnx", "./weights.bin", "gender_b")
        said = "weights.bin, which it names in two ways"
    else:
        moved(folder / "net.onnx", "../weights.bin")
        said = "which is not beside it"
    outcome, out = removed(folder)
    assert "kept" in verdicts(outcome)
    assert said in reasons(outcome)
    for path in folder.iterdir():
        assert path.suffix == ".onnx" or (out / path.name).read_bytes() == path.read_bytes(), path.name
    left = onnx.load(out / "net.onnx", load_external_data=False)
    assert "face_ethnicity" in {one.name for one in left.graph.output}


def test_what_goes_at_the_end_of_the_file_beside_is_cut_off(folder: Path) -> None:
    model = CASES["separate_17"]().model
    tensors = list(model.graph.initializer)
    del model.graph.initializer[:]
    model.graph.initializer.extend(sorted(tensors, key=lambda t: "ethnicity" in t.name or "race" in t.name))
    saved(model, folder / "net.onnx")
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert outcome.code == 0
    before, after = ((root / "weights.bin").read_bytes() for root in (folder, out))
    assert 0 < len(after) < len(before)
    assert before.startswith(after)


def test_numbers_that_another_layer_takes_too_are_not_overwritten(folder: Path) -> None:
    """Two tensors over the same bytes, as exporters write tied weights."""
    saved(CASES["separate_17"]().model, folder / "net.onnx")
    start, end = places(folder / "net.onnx")["ethnicity_b"]
    model = onnx.load(folder / "net.onnx", load_external_data=False)
    tied = next(one for one in model.graph.initializer if one.name == "gender_b")
    next(e for e in tied.external_data if e.key == "offset").value = str(start)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    before, after = ((root / "weights.bin").read_bytes() for root in (folder, out))
    assert after[start : start + 8] == before[start : start + 8]
    assert after[start + 8 : end] == bytes(end - start - 8)


def test_a_model_that_goes_whole_takes_its_weights_along(folder: Path) -> None:
    single(folder / "net.onnx", "face_ethnicity")
    (folder / "notes.txt").write_text("made up\n")
    outcome, out = removed(folder, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]


def test_weights_that_another_model_takes_too_do_not_go_with_the_whole_of_one(folder: Path) -> None:
    single(folder / "net.onnx", "face_ethnicity")
    single(folder / "other.onnx", "scores")
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"kept"}
    assert "other.onnx takes weights from weights.bin too" in reasons(outcome)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.mark.parametrize("location", ["numbers.dat", "weights.bin"])
def test_a_list_and_a_model_with_weights_beside_it_lose_the_same_classes(folder: Path, location: str) -> None:
    nodes = [onnx.helper.make_node("Gemm", ["pooled", "w"], ["scores"], "fc", transB=1)]
    saved(graphs.made(nodes, [graphs.info("pooled", "n", 8)], [graphs.info("scores", "n", len(LABELS))],
                      graphs.held(w=graphs.weights(len(LABELS), 8))), folder / "net.onnx")  # fmt: skip
    if location != "weights.bin":
        (folder / "weights.bin").rename(folder / location)
        moved(folder / "net.onnx", location)
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / "labels.txt").read_text().split() == [*LEFT]
    kept = arrays(out / "net.onnx")["w"]
    assert kept.tobytes() == np.delete(graphs.weights(len(LABELS), 8), GONE, axis=0).tobytes()
    assert not any((out / location).read_bytes())
    said = [line for change in outcome.changes for line in change.said]
    assert any("bit for bit" in line or "units in the last place" in line for line in said)


def test_a_list_stays_where_the_weights_of_its_model_cannot_change(folder: Path) -> None:
    nodes = [onnx.helper.make_node("Gemm", ["pooled", "w"], ["scores"], "fc", transB=1)]
    for name in ("net.onnx", "other.onnx"):
        saved(graphs.made(nodes, [graphs.info("pooled", "n", 8)], [graphs.info("scores", "n", len(LABELS))],
                          graphs.held(w=graphs.weights(len(LABELS), 8))), folder / name)  # fmt: skip
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"kept"}
    assert "takes weights from weights.bin too" in reasons(outcome)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in folder.iterdir()}
