"""What a file of very many short texts may still say of persons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from untag.judge import Gatherer
from untag.lexicon import load
from untag.place import Place
from untag.scan import Options, scan
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from pathlib import Path

_FACE = {"face_id": 1, "age": 1, "gender": 1, "ethnicity": 1}


def shown(path: Path, tree: object) -> list[str]:
    path.write_text(json.dumps(tree), encoding="utf-8")
    return [f.rule for f in scan([str(path)], Options(jobs=1, cache=False)).shown]


def test_attributes_of_a_person_among_thousands_of_settings(tmp_path: Path) -> None:
    settings = {f"option{n}": {"on": True, "level": n} for n in range(3_000)}
    assert shown(tmp_path / "a.json", {"settings": settings, "capture": _FACE}) == ["field"]


def test_attributes_of_a_person_ten_thousand_levels_down(tmp_path: Path) -> None:
    text = '{"a":' * 10_000 + json.dumps(_FACE) + "}" * 10_000
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert [f.rule for f in scan([str(tmp_path)], Options(jobs=1, cache=False)).shown] == ["field"]


def test_attributes_of_an_element_ten_thousand_levels_down(tmp_path: Path) -> None:
    text = "<a>" * 10_000 + '<face age="1" gender="1" ethnicity="1"/>' + "</a>" * 10_000
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    assert [f.rule for f in scan([str(tmp_path)], Options(jobs=1, cache=False)).shown] == ["field"]


def test_a_vocabulary_says_nothing(tmp_path: Path) -> None:
    words = {f"word{n}": n for n in range(3_000)} | {"face": 1, "age": 2, "ethnicity": 3, "gender": 4}
    assert shown(tmp_path / "vocab.json", {"model": {"vocab": words}}) == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [("+$\x14\x00\x06\x134MZ Uyghur\x1b{|iX4\x7fGUOGV:\x02BSgt\x10", 0), ("Uyghur faces on the camera\tof a gate", 1)],
)
def test_the_bytes_of_a_picture_read_as_text_say_nothing(text: str, kept: int) -> None:
    place = Place(("finger.raw",))
    gatherer = Gatherer(load(), place)
    gatherer.add(Surface(Role.STRING, text, place.at(line=1)))
    assert len(gatherer.close(None).drafts) == kept


@pytest.mark.parametrize(("word", "kept"), [("origin", 0), ("ethnicity", 1)])
def test_source_of_a_shader_in_a_binary_is_no_row_of_persons(word: str, kept: int) -> None:
    place = Place(("render.dll",))
    gatherer = Gatherer(load(), place)
    for n in range(3):
        text = f"face;float r{n};int {word};Texture G_Tex;out vec{n}"
        gatherer.add(Surface(Role.STRING, text, place.at(pointer=f"/.rdata/{64 * n}")))
    assert len(gatherer.close(None).drafts) == kept


def test_a_word_out_of_the_bytes_of_a_picture_is_told_as_tentative(tmp_path: Path) -> None:
    nations = '{"1": "Han", "2": "Uyghur", "3": "Tatar", "4": "Tibetan"}'
    (tmp_path / "README.md").write_text("# Identity cards beside faces\n", encoding="utf-8")
    (tmp_path / "nation.py").write_text(f"# 民族 of the face on a card\nNATION = {nations}\n", encoding="utf-8")
    texts = [b"s\0\0\0\x05\0\0\0" + w.encode("utf-16-le") + b"\0\0%\0\0\0" for w in ("Open", "tatar", "Segoe Print")]
    (tmp_path / "fingerprint").mkdir()
    (tmp_path / "fingerprint" / "image1.emf").write_bytes(bytes(40) + b"".join(texts) + bytes(400))
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert {f.place.chain[0] for f in report.shown} == {"nation.py"}
    assert {f.place.chain[0] for f in report.findings} == {"nation.py", "fingerprint/image1.emf"}


def test_heads_of_age_gender_and_race_are_of_persons_and_what_a_model_is_told_is_not(tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    heads = {f"{name}_head.0.weight": np.zeros((n, 4), "f4") for name, n in (("age", 9), ("gender", 2), ("race", 7))}
    save_file(heads, tmp_path / "heads.safetensors")
    (tmp_path / "trees.json").write_text('{"learner": {"feature_names": ["age", "sex", "race", "hours_per_week"]}}')
    shown = {f.place.chain[0] for f in scan([str(tmp_path)], Options(jobs=1)).shown}
    assert shown == {"heads.safetensors"}


def test_what_a_layer_adds_is_no_measure_of_bias(tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    heads = {"age": 1, "gender": 2, "race": 4, "face": 8}
    save_file(
        {f"{k}.{part}": np.zeros(n, "f4") for k, n in heads.items() for part in ("weight", "bias")},
        tmp_path / "a.safetensors",
    )
    (finding,) = scan([str(tmp_path)], Options(jobs=1)).shown
    assert finding.against == ()


@pytest.mark.parametrize(("between", "found"), [(3, ["Maintainers List"]), (900, [])])
def test_a_camera_far_away_in_a_list_of_everything_is_no_neighbour(
    tmp_path: Path, between: int, found: list[str]
) -> None:
    parts = ["Maintainers List\n----------------\n", "CAMERA SENSOR FACE\nF:\tdrivers/camera/\nF:\tfaces/gender.h\n"]
    parts += [f"PART {n}\nM:\tA B <a{n}@example.org>\nF:\tdrivers/part{n}/\n" for n in range(between)]
    parts.append("RELIABILITY\nF:\tdrivers/ras/\nF:\tinclude/ras/ras_event.h\n")
    (tmp_path / "MAINTAINERS").write_text("\n".join(parts), encoding="utf-8")
    assert [f.owner for f in scan([str(tmp_path)], Options(jobs=1, cache=False)).shown] == found
