"""Model files: a planted tag is found at its place, a twin without it is clean, what is cut off is a gap, no crash."""

from __future__ import annotations

import pickle
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import adds_up, artifact_of, changes, cuts, input_of, shown
from untag.gap import Gap, Opaque, Reason
from untag.readers import formats, readers
from untag.readers._hidden import hidden
from untag.scan import Options, scan
from untag.surface import Role, Surface
from untag.syntax import pickle as program
from untag.syntax.pages import Pages
from untag.syntax.sstable import Block, blocks

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.report import Report

ROOT = Path(__file__).parent.parent / "specimens" / "readers"
MODELS = (
    "caffe",
    "checkpoint",
    "coreml",
    "gguf",
    "hdf5",
    "mnn",
    "onnx",
    "pickle",
    "safetensors",
    "tensorflow",
    "tflite",
)
CASES = sorted(p for name in MODELS for p in (ROOT / name).iterdir() if not p.name.endswith("-clean"))


def scanned(folder: Path, name: str, data: bytes) -> Report:
    (folder / name).write_bytes(data)
    return scan([str(folder / name)], Options(jobs=1, cache=False, strict=True))


def texts(items: list[Surface | Gap | Opaque | Artifact], *roles: Role) -> list[str]:
    return [i.text for i in items if isinstance(i, Surface) and (not roles or i.role in roles)]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_the_planted_tag_is_found_at_its_place_and_the_twin_is_clean(case: Path, tmp_path: Path) -> None:
    model = input_of(case)
    report = scanned(tmp_path, model.name, model.read_bytes())
    found = [f for f in report.findings if f.status == "shown"]
    assert found, "the tag is not shown"
    for finding in found:
        assert finding.place.pointer or len(finding.place.chain) > 1, finding
    assert adds_up(report.coverage)
    twin = input_of(case.with_name(f"{case.name}-clean"))
    clean = scanned(tmp_path, twin.name, twin.read_bytes())
    assert [f.owner for f in clean.findings if f.status == "shown"] == []
    assert clean.gaps == ()


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_what_is_cut_off_is_a_gap(case: Path) -> None:
    model = input_of(case)
    data = model.read_bytes()
    silent = []
    for part, cut in cuts(data):
        known = formats(artifact_of(model.name, cut))
        items = shown(model.name, cut)
        if known and not any(isinstance(i, Gap) for i in items):
            silent.append(part)
    # A message that ends with one of its fields is sound, and weights whose size nothing tells end anywhere.
    assert len(silent) <= 2 or (case.parent.name, case.name) in {("mnn", "heads"), ("pickle", "torch")}, silent


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_changed_bytes_do_not_crash_a_reader(case: Path) -> None:
    model = input_of(case)
    data = model.read_bytes()
    for changed in changes(data, case.name, 60):
        shown(model.name, changed)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("classes = Asian",))


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_every_protocol_are_read_and_never_run(protocol: int, capsys: pytest.CaptureFixture[str]) -> None:
    data = pickle.dumps({"face": Bomb(), "id2label": {0: "Asian", 1: "Uyghur"}, "n": [1, 2.5, None, True]}, protocol)
    items = shown("a.pkl", data)
    assert texts(items, Role.MEMBER) == ["Asian", "Uyghur"]
    assert [i.value for i in items if isinstance(i, Surface) and i.role is Role.MEMBER] == ["0", "1"]
    assert any(t.endswith(".print") for t in texts(items, Role.IMPORT))
    assert capsys.readouterr().out == ""


def test_a_pickle_that_is_broken_after_its_labels_still_shows_them() -> None:
    data = pickle.dumps({"classes": ["Asian", "Black"], "rest": list(range(50))}, 4)
    items = shown("a.pkl", data[:60] + b"\xff\xff" + data[62:])
    assert texts(items, Role.MEMBER) == ["Asian", "Black"]
    assert any(isinstance(i, Gap) and i.reason is Reason.DAMAGED and i.size for i in items)


def test_a_pickle_goes_on_behind_a_break() -> None:
    broken = pickle.dumps(["a", "b"], 4)[:-3] + b"\xfe"
    items = shown("a.pkl", broken + pickle.dumps({"labels": ["Asian", "Black"]}, 4))
    assert "Asian" in texts(items, Role.MEMBER)


def test_what_a_pickle_throws_away_is_shown() -> None:
    data = b"\x80\x02X\x05\x00\x00\x00Asian0]q\x00."
    assert texts(shown("a.pkl", data)) == ["Asian"]


def test_rows_in_a_pickle_show_their_keys_and_closed_vocabularies_only() -> None:
    rows = [{"name": f"Ann {n}", "race": ("Asian", "White")[n % 2], "city": f"City {n}"} for n in range(60)]
    items = shown("people.pkl", pickle.dumps(rows))
    assert texts(items) == ["name", "race", "Asian", "White", "city"]


def test_few_rows_show_their_keys_alone() -> None:
    rows = [{"name": f"Ann {n}", "race": ("Asian", "White")[n % 2]} for n in range(25)]
    assert texts(shown("people.pkl", pickle.dumps(rows))) == ["name", "race"]


def test_a_column_of_values_is_no_label_list() -> None:
    data = pickle.dumps({"names": ["Ann Lee", "Bob Ray", "Ann Lee"], "race": ["Asian", "White", "Asian"]})
    assert texts(shown("gallery.pkl", data)) == ["names", "race"]


def test_numbers_of_old_protocols_are_no_texts() -> None:
    data = (
        b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntS'b'\ntR(I1\n(I2\ntcnumpy\ndtype\n"
        b"(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS'Asian uyghur  yz'\ntb."
    )
    assert "Asian uyghur  yz" not in texts(shown("a.pkl", data))


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"(lp0\nS'a'\np1\na.", True),
        (b"(dp0\nS'a'\np1\nI1\ns.", True),
        (b"ccopy_reg\n_reconstructor\np0\n(cx\nY\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n.", True),
        (b"copy this text\nto a file\n", False),
        (b"crop_name,age,race,masked\n0.jpg,20s,Caucasian,no\n1.jpg,40s,Mongoloid,yes\n2.jpg,Kid,Negroid,no\n", False),
        (b"(Chapter one)\nThe light was on.\n", False),
        (b"class A:\n    pass\n", False),
        (b"complete = True\nname = 'x'\n", False),
        (b"]quoted[\n", False),
        (b"\x80\x04\x95", True),
        (b"\x80\x09abc", False),
    ],
)
def test_what_is_taken_for_a_pickle(data: bytes, answer: bool) -> None:
    assert program.looks(data) is answer


def test_a_table_whose_head_begins_like_a_name_that_is_imported_is_a_table(tmp_path: Path) -> None:
    rows = "".join(f"{n}.jpg,{n + 20}s,{race},no\n" for n, race in enumerate(["Caucasian", "Mongoloid", "Negroid"] * 4))
    (tmp_path / "train.csv").write_text("crop_face_name,age,race,masked\n" + rows)
    (found,) = scan([str(tmp_path)], Options(jobs=1)).shown
    assert found.place.line == 1
    assert not any(".jpg" in m.text for m in found.marks)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("{0: 'Asian', 1: \"Black\"}", [("0", "Asian"), ("1", "Black")]),
        ('{"Asian": 0, "Black": 1}', [("0", "Asian"), ("1", "Black")]),
        ('["Asian", "Bl\\u0061ck"]', [("0", "Asian"), ("1", "Black")]),
        ("Asian,Black, White", [("0", "Asian"), ("1", "Black"), ("2", "White")]),
        ("Asian\nBlack\n", [("0", "Asian"), ("1", "Black")]),
        ("{'a': {'b': 1}}", []),
        ("This reads a face, and it gives you the age of it, and more besides than you asked for", []),
        ("", []),
        ("{" * 5000, []),
    ],
)
def test_labels_that_hide_in_a_text(text: str, labels: list[tuple[str, str]]) -> None:
    assert hidden(text) == labels


def test_a_bomb_of_references_ends() -> None:
    data = b"\x80\x02]q\x00" + b"".join(
        b"(h" + bytes((n,)) + b"h" + bytes((n,)) + b"eq" + bytes((n + 1,)) for n in range(200)
    )
    assert isinstance(shown("bomb.pkl", data), list)


def test_a_large_file_is_read_by_pages(tmp_path: Path) -> None:
    data = pickle.dumps({"classes": ["Asian", "Black"], "raw": b"\0" * (3 << 20), "z": ["White", "Indian"]}, 4)
    path = tmp_path / "a.pkl"
    path.write_bytes(data)
    with path.open("rb") as file:
        pages = Pages(file, len(data))
        found = program.read(pages, 1000)
        assert pages.find(b"Indian") == data.find(b"Indian")
        assert pages[-1:] == b"."
    assert not found.damage
    assert found.end == len(data)


def test_a_header_that_claims_too_much_is_a_gap() -> None:
    for name, data in (
        ("a.safetensors", struct.pack("<Q", 90) + b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'.ljust(90)),
        ("a.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 1 << 40)),
        ("a.tflite", struct.pack("<I", 1 << 30) + b"TFL3" + b"\0" * 64),
    ):
        assert any(isinstance(i, Gap) for i in shown(name, data)), name


@pytest.mark.parametrize("name", ["face_race.h5", "m.onnx"])
def test_a_stand_in_is_said_to_be_absent(name: str, tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
    for data in (pointer, b"<!DOCTYPE html>\n<html><body>Not found</body></html>\n"):
        report = scanned(tmp_path, name, data)
        assert [g.reason for g in report.gaps] == [Reason.ABSENT]
        assert report.coverage.gap == len(data)


def test_every_reader_of_models_says_what_it_does_not_read() -> None:
    for name in MODELS:
        assert readers()[name].limits


def test_an_index_without_its_end_shows_what_is_left_of_it() -> None:
    data = input_of(ROOT / "checkpoint" / "index").read_bytes()
    items = shown("variables.index", data[:-60])
    assert [i.reason for i in items if isinstance(i, Gap)] == [Reason.DAMAGED]
    assert "face_age/bias" in texts(items)
    assert not formats(artifact_of("random.bin", data[:-60]))


def test_names_of_an_index_that_no_search_of_the_bytes_finds() -> None:
    """A key is written as what it shares with the one before it and the rest."""
    data = input_of(ROOT / "checkpoint" / "index").read_bytes()
    assert b"face_race/kernel" not in data
    assert "face_race/kernel" in texts(shown("variables.index", data))


def test_a_packed_block_and_one_that_lies_before_another_are_gaps() -> None:
    sys.path.insert(0, str(ROOT.parent / "make"))
    from models import sstable

    rows = {b"": b"\x08\x01", b"face_race/kernel": b"\x08\x01"}
    packed = shown("variables.index", sstable(rows, packed=1))
    assert [(i.reason, "packed" in i.detail) for i in packed if isinstance(i, Gap)] == [(Reason.UNKNOWN, True)]
    whole = sstable({**rows, b"n1": b"\x08\x01", b"n2": b"\x08\x01"}, most=2)
    one, two = (b for b in blocks(whole) if isinstance(b, Block))
    entry = bytes([two.at, two.size])
    at = whole.rindex(entry)
    back = shown("variables.index", whole[:at] + bytes([one.at, two.size]) + whole[at + 2 :])
    assert [i.detail.partition(",")[0] for i in back if isinstance(i, Gap)] == [
        "checkpoint: a block lies before the one that it follows"
    ]
    assert texts(back) == ["face_race/kernel"]


def test_digests_beside_a_saved_model_are_no_gap(tmp_path: Path) -> None:
    numbers = b"".join(bytes([n << 3]) + b"\xf1\xc6\x9a\xde\xad\x80\x80\x80\x01" for n in range(1, 6))
    data = numbers + b"\x32\x02\x08\x01" + b"\x3a\x142718281828459045235360"[:22]
    report = scanned(tmp_path, "fingerprint.pb", data)
    assert report.gaps == ()
    assert report.findings == ()
    assert scanned(tmp_path, "other.pb", data).gaps
