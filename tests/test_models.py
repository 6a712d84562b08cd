"""Models without a tag: what is left puts out what it did, and nothing of the tag stands in the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from graphs import CASES
from untag import strip
from untag.finding import Severity
from untag.scan import Options

if TYPE_CHECKING:
    from pathlib import Path

    from graphs import Case

OPTIONS = Options(jobs=1, cache=False)


def removed(model: onnx.ModelProto, tmp_path: Path, *, unsafe: bool) -> tuple[strip.Outcome, Path | None]:
    source = tmp_path / "face_attributes.onnx"
    onnx.save(model, source)
    folder = tmp_path / "out"
    folder.mkdir()
    outcome = strip.removed(str(source), str(folder), OPTIONS, strip.Wish(Severity.LOW, unsafe=unsafe))
    made = folder / source.name
    return outcome, made if made.exists() else None


def session(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def numbers(run: ort.InferenceSession, seed: int) -> dict[str, Any]:
    """Other numbers than strip itself takes."""
    out = {}
    for one in run.get_inputs():
        shape = [d if isinstance(d, int) else 3 for d in one.shape]
        values = np.random.default_rng(1000 + seed).standard_normal(shape).astype(np.float32)
        out[one.name] = np.array(seed % 2 == 1) if one.type == "tensor(bool)" else values
    return out


def compare(case: Case, new: onnx.ModelProto) -> None:
    """The outputs that stay, by another program than strip's own: before a softmax where there is one."""
    old = onnx.ModelProto()
    old.CopyFrom(case.model)
    names = list(case.kept)
    if any(n.op_type == "Softmax" and n.output[0] in case.kept for n in new.graph.node):
        for model in (old, new):
            del model.graph.output[:]
            model.graph.output.append(onnx.ValueInfoProto(name="logits"))
        names, case.cut = ["logits"], {"logits": case.cut["attributes"]}
    before, after = session(old), session(new)
    for seed in range(4):
        given = numbers(before, seed)
        for name, was, now in zip(names, before.run(names, given), after.run(names, given), strict=True):
            if isinstance(was, list):
                assert [{k: row[k] for k in now[0]} for row in was] == now
                assert set(was[0]) - set(now[0]) == {"uyghur", "han_chinese"}
                continue
            axis, places = case.cut.get(name, (-1, ()))
            left = np.delete(was, places, axis=axis)
            assert left.tobytes() == now.tobytes(), name
            assert left.shape == now.shape


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_what_is_left_of_a_model_puts_out_what_it_did(name: str, tmp_path: Path) -> None:
    case = CASES[name]()
    outcome, made = removed(case.model, tmp_path, unsafe=case.unsafe)
    assert {row.verdict for row in outcome.rows} == {case.verdict}, [(r.verdict, r.reason) for r in outcome.rows]
    assert made is not None
    data = made.read_bytes()
    new = onnx.load_model_from_string(data)
    onnx.checker.check_model(new)
    assert tuple(o.name for o in new.graph.output) == case.kept
    for word in case.words:
        assert word.encode() not in data, word
    compare(case, new)


def test_a_model_with_nothing_left_goes_whole(tmp_path: Path) -> None:
    from graphs import held, info, weights

    node = onnx.helper.make_node("Gemm", ["pooled", "w"], ["face_ethnicity"], "fc")
    graph = onnx.helper.make_graph([node], "net", [info("pooled", 1, 8)], [info("face_ethnicity", 1, 4)],
                                   held(w=weights(8, 4)))  # fmt: skip
    outcome, made = removed(onnx.helper.make_model(graph), tmp_path, unsafe=False)
    assert made is None
    assert {row.verdict for row in outcome.rows} == {"removed"}
    assert [change.whole for change in outcome.changes] == ["all that the model puts out carries the tag"]


def test_classes_in_the_middle_are_cut_only_where_that_is_asked_for(tmp_path: Path) -> None:
    outcome, made = removed(CASES["gemm"]().model, tmp_path, unsafe=False)
    assert made is not None
    assert made.read_bytes() == CASES["gemm"]().model.SerializeToString()
    assert all("move up" in row.reason and row.verdict == "kept" for row in outcome.rows)


def own(domain: str) -> onnx.ModelProto:
    case = CASES["separate_17"]()
    case.model.graph.node[0].domain = domain
    case.model.opset_import.append(onnx.helper.make_opsetid(domain, 1))
    return case.model


def test_operators_of_their_own_are_never_run(tmp_path: Path) -> None:
    outcome, made = removed(own("vendor.example"), tmp_path, unsafe=True)
    assert made is not None
    assert made.read_bytes() == own("vendor.example").SerializeToString()
    assert any("vendor.example.Gemm" in row.reason for row in outcome.rows)
    assert {row.verdict for row in outcome.rows} == {"kept"}


def test_a_name_that_other_outputs_need_stays_with_all_that_speaks_of_it(tmp_path: Path) -> None:
    """A doc that goes while what it speaks of stays would hide it."""
    from graphs import held, info, weights

    nodes = [
        onnx.helper.make_node("Gemm", ["pooled", "w"], ["ethnicity_features"], "ethnicity_fc"),
        onnx.helper.make_node("Gemm", ["ethnicity_features", "a"], ["face_age"], "age_fc"),
        onnx.helper.make_node("Gemm", ["ethnicity_features", "b"], ["face_gender"], "gender_fc"),
    ]
    outs = [info("face_age", 1, 1), info("face_gender", 1, 2)]
    graph = onnx.helper.make_graph(nodes, "net", [info("pooled", 1, 8)], outs,
                                   held(w=weights(8, 4), a=weights(4, 1), b=weights(4, 2)))  # fmt: skip
    model = onnx.helper.make_model(graph, doc_string="Infers the ethnicity of a face.")
    outcome, made = removed(model, tmp_path, unsafe=False)
    assert made is not None
    assert made.read_bytes() == model.SerializeToString()
    assert outcome.rows
    assert {row.verdict for row in outcome.rows} == {"kept"}


def test_tied_weights_are_not_cut(tmp_path: Path) -> None:
    from graphs import LABELS, held, info, weights

    nodes = [
        onnx.helper.make_node("Gemm", ["pooled", "w"], ["attributes"], "fc"),
        onnx.helper.make_node("Gemm", ["other", "w"], ["more"], "fc2"),
        onnx.helper.make_node("ReduceSum", ["more"], ["total"], "sum"),
    ]
    graph = onnx.helper.make_graph(nodes, "net", [info("pooled", 1, 8), info("other", 1, 8)],
                                   [info("attributes", 1, 5), info("total", 1, 1)], held(w=weights(8, 5)))  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.helper.set_model_props(model, {"names": str(dict(enumerate(LABELS)))})
    outcome, _ = removed(model, tmp_path, unsafe=True)
    assert all("serve more than one layer" in row.reason for row in outcome.rows if row.verdict == "kept")
    assert any(row.verdict == "kept" for row in outcome.rows)


def test_what_counts_the_classes_is_told_and_not_compared(tmp_path: Path) -> None:
    from graphs import GONE, LABELS, held, info, made, weights

    nodes = [
        onnx.helper.make_node("Gemm", ["pooled", "w"], ["attributes"], "fc"),
        onnx.helper.make_node("ArgMax", ["attributes"], ["best"], "best", axis=1, keepdims=0),
    ]
    outs = [info("attributes", "batch", 5), info("best", "batch", kind=onnx.TensorProto.INT64)]
    model = made(nodes, [info("pooled", "batch", 8)], outs, held(w=weights(8, 5)), labels=LABELS)
    outcome, path = removed(model, tmp_path, unsafe=True)
    assert {row.verdict for row in outcome.rows} == {"removed"}, [(r.verdict, r.reason) for r in outcome.rows]
    assert path is not None
    assert onnx.load(path).graph.initializer[0].dims == [8, 5 - len(GONE)]
    said = [line for change in outcome.changes for line in change.said]
    assert "'best' counts the classes that are left, and is not compared" in said
    assert any("1 outputs are the same bit for bit" in line or "'attributes' differs" in line for line in said)
