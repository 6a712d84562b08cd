"""Models that carry no label: what they tell does not stand in their file, and they are never called clean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from onnx import TensorProto, helper

from untag.gap import Reason
from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = Options(jobs=1, cache=False)
TOWERS = ("visual.conv1.weight", "token_embedding.weight", "transformer.resblocks.0.ln_1.weight", "text_projection")


def tensors(*names: str) -> bytes:
    """Tensors of one number each (safetensors)."""
    rows = {n: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, n in enumerate(names)}
    head = json.dumps(rows).encode()
    return len(head).to_bytes(8, "little") + head + bytes(4 * len(names))


def graph(*outputs: tuple[str, int]) -> bytes:
    rows = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width]) for name, width in outputs]
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3])
    nodes = [helper.make_node("Identity", ["input"], [name]) for name, _ in outputs]
    made: bytes = helper.make_model(helper.make_graph(nodes, "net", [taken], rows)).SerializeToString()
    return made


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("clip.safetensors", tensors("logit_scale", *TOWERS), "open-vocabulary"),
        ("hub.safetensors", tensors("logit_scale", "vision_model.a.weight", "text_model.b.weight"), "open-vocabulary"),
        ("towers.safetensors", tensors(*TOWERS), ""),
        ("arc.onnx", graph(("embedding", 512)), "bare vectors"),
        ("heads.onnx", graph(("embedding", 512), ("age", 1)), ""),
        ("classes.onnx", graph(("logits", 512)), ""),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_model_without_labels_is_a_gap(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    report = scan([str(tmp_path)], OPTIONS)
    told = [gap.detail for gap in report.gaps if gap.reason is Reason.UNKNOWN]
    assert len(told) == bool(said)
    assert not said or (said in told[0] and "not attestable from the file" in told[0])


CLIP = tensors("logit_scale", "vision_model.a.weight", "text_model.b.weight")
PROMPTS = "a photo of a Uyghur face\na photo of a Tibetan face\na photo of a Han Chinese face\n"


def test_a_model_and_the_words_that_it_can_be_asked_with_are_told_together(tmp_path: Path) -> None:
    other = "struct FACE_ATTR { int age; int gender; int ethnicity; bool glasses; };\n"
    files = {"w/clip.safetensors": CLIP, "prompts.txt": PROMPTS.encode(), "face.h": other.encode()}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    report = scan([str(tmp_path)], OPTIONS)
    (gap,) = report.gaps
    assert "not attestable from the file" in gap.detail
    assert "prompts.txt" in gap.detail
    assert "face.h" not in gap.detail
    told = {f.place.chain[0]: any("open-vocabulary" in e.text for e in f.lead.evidence) for f in report.findings}
    assert told == {"prompts.txt": True, "face.h": False}


def test_words_of_another_product_are_not_those_of_a_model(tmp_path: Path) -> None:
    for name, data in {"a/README.md": b"# A\n", "a/clip.safetensors": CLIP, "b/README.md": b"# Faces\n",
                       "b/prompts.txt": PROMPTS.encode()}.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (gap,) = scan([str(tmp_path)], OPTIONS).gaps
    assert "prompts.txt" not in gap.detail
