"""State dicts of PyTorch in archives: what is left of one stands there under another name, all else as it was."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from checkpoints import old, state
from checkpoints import zipped as torch
from tensors import (
    BOTH,
    LABELS,
    LEFT,
    OPTIONS,
    config,
    load_file,
    reasons,
    removed,
    same,
    saved,
    verdicts,
    vit,
    weights,
)
from test_packed import clean, members, tarred, unpacked, zipped
from untag import strip
from untag.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKS = pytest.mark.parametrize("pack", [zipped, tarred])
HEADS = {"face_race.weight": weights(4, 8), "face_age.weight": weights(1, 8), "trunk.weight": weights(8, 8)}
STAYS = {name: array for name, array in HEADS.items() if "race" not in name}


@pytest.mark.parametrize("reverse", [False, True])
@PACKS
def test_a_state_dict_follows_its_configuration_in_an_archive(
    root: Path, inside: Path, tmp_path: Path, pack: Callable[..., bytes], *, reverse: bool
) -> None:
    config(inside / "config.json")
    (inside / "pytorch_model.bin").write_bytes(torch(state(vit())))
    (inside / "load.py").write_text('import torch\nmodel = torch.load("pytorch_model.bin")\n')
    (root / "model.pack").write_bytes(pack(inside, reverse=reverse))
    before = [*members(root / "model.pack")]
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    wanted = ["model.safetensors" if name == "pytorch_model.bin" else name for name in before]
    assert [*members(out / "model.pack")] == wanted
    left = unpacked(out / "model.pack", tmp_path / "left")
    same(vit(), load_file(left / "model.safetensors"), BOTH)
    assert [*json.loads((left / "config.json").read_text())["id2label"].values()] == [*LEFT]
    assert (left / "load.py").read_bytes() == (inside / "load.py").read_bytes()
    notes = "\n".join(note for change in outcome.changes for note in change.plan.notes)
    assert "load.py' still names 'pytorch_model.bin'" in notes
    clean(out)


@pytest.mark.parametrize("form", [torch, old])
@PACKS
def test_a_layer_goes_from_a_state_dict_in_an_archive(
    root: Path, inside: Path, tmp_path: Path, pack: Callable[..., bytes], form: Callable[..., bytes]
) -> None:
    (inside / "weights").mkdir()
    (inside / "weights" / "face.pth").write_bytes(form(state(HEADS)))
    (inside / "a.txt").write_text("made up\n")
    (root / "model.pack").write_bytes(pack(inside))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert {*members(out / "model.pack")} == {"a.txt", "weights/face.safetensors"}
    same(STAYS, load_file(unpacked(out / "model.pack", tmp_path / "left") / "weights" / "face.safetensors"), {})
    assert b"face_race" not in b"".join(members(out / "model.pack").values())
    clean(out)


@PACKS
def test_shards_of_state_dicts_and_their_list_are_called_otherwise_together(
    root: Path, inside: Path, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    shards = [{k: v for k, v in vit().items() if k.startswith("classifier") == last} for last in (False, True)]
    names = [f"pytorch_model-0000{i + 1}-of-00002.bin" for i in range(2)]
    for name, tensors in zip(names, shards, strict=True):
        (inside / name).write_bytes(torch(state(tensors)))
    held = {key: name for name, tensors in zip(names, shards, strict=True) for key in tensors}
    total = sum(array.nbytes for array in vit().values())
    told = {"metadata": {"total_size": total}, "weight_map": held}
    (inside / "pytorch_model.bin.index.json").write_text(json.dumps(told, indent=2))
    config(inside / "config.json")
    (root / "model.pack").write_bytes(pack(inside))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    left = unpacked(out / "model.pack", tmp_path / "left")
    made = [f"model-0000{i + 1}-of-00002.safetensors" for i in range(2)]
    assert sorted(p.name for p in left.iterdir()) == ["config.json", *made, "model.safetensors.index.json"]
    same(vit(), {**load_file(left / made[0]), **load_file(left / made[1])}, BOTH)
    index = json.loads((left / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == total - len(BOTH["classifier.bias"]) * 9 * 4
    assert {*index["weight_map"].values()} == {*made}
    clean(out)


@PACKS
def test_a_list_and_a_state_dict_in_an_archive_lose_the_same_classes(
    root: Path, inside: Path, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    (inside / "face.pt").write_bytes(torch(state(vit())))
    (inside / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    (root / "model.pack").write_bytes(pack(inside))
    plan = strip.planned(str(root), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert verdicts(plan) == {"removed"}, reasons(plan)
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    left = unpacked(out / "model.pack", tmp_path / "left")
    assert (left / "labels.txt").read_text().split() == [*LEFT]
    same(vit(), load_file(left / "face.safetensors"), BOTH)
    clean(out)


def test_an_archive_as_the_input_keeps_its_own_name(root: Path, inside: Path) -> None:
    (inside / "face.pt").write_bytes(torch(state(HEADS)))
    (root / "model.zip").write_bytes(zipped(inside))
    words = [sys.executable, "-m", "untag", "strip", "model.zip", "--unsafe", "--no-evidence", "-o", "left"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [*members(root / "left")] == ["face.safetensors"]


@PACKS
def test_without_asking_the_archive_stays(root: Path, inside: Path, pack: Callable[..., bytes]) -> None:
    (inside / "face.pt").write_bytes(torch(state(HEADS)))
    (root / "model.pack").write_bytes(pack(inside))
    outcome, out = removed(root, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    assert (out / "model.pack").read_bytes() == (root / "model.pack").read_bytes()


@PACKS
def test_a_name_that_is_taken_keeps_all_that_hangs_on_it(root: Path, inside: Path, pack: Callable[..., bytes]) -> None:
    config(inside / "config.json")
    saved(inside / "model.safetensors", vit())
    (inside / "pytorch_model.bin").write_bytes(torch(state(vit())))
    (root / "model.pack").write_bytes(pack(inside))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"kept"}
    assert "a file of that name is there" in reasons(outcome)
    assert (out / "model.pack").read_bytes() == (root / "model.pack").read_bytes()


def test_a_compressed_file_has_its_name_from_outside_and_stays(root: Path) -> None:
    import gzip

    (root / "face.pt.gz").write_bytes(gzip.compress(torch(state(HEADS)), mtime=0))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"kept"}
    assert "would need another" in reasons(outcome)
    assert (out / "face.pt.gz").read_bytes() == (root / "face.pt.gz").read_bytes()


def test_other_members_of_an_archive_that_cannot_rename_still_go(root: Path, inside: Path) -> None:
    """What cannot have another name is known before anything is planned around it."""
    from test_packers import arred

    face = b'{\n  "face": {\n    "age": 30,\n    "ethnicity": "asian",\n    "gender": "male"\n  }\n}\n'
    (root / "face.a").write_bytes(arred(("face.pt/", torch(state(HEADS))), ("face.json/", face)))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"kept", "removed"}
    assert b"ethnicity" not in (out / "face.a").read_bytes()
    assert b"face_race" in (out / "face.a").read_bytes()


# -- headers -----------------------------------------------------------------------------------------------------------

DATA = torch(state(HEADS))
LONG = "/".join(["folder" * 4] * 6)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    "name",
    ["face.pt", "./face.pt", "f" * 92 + ".pt", f"{LONG}/face.pt", f"{LONG[:99]}/{'f' * 92}.pt", "gesicht-ü.pt"],
    ids=["short", "dot", "grows", "long", "split", "letters"],
)
def test_names_of_any_length_are_written_in_tar(root: Path, form: int, name: str) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form, encoding="utf-8") as archive:
        for one, data in ((f"{name}.txt", b"made up\n"), (name, DATA), ("z.txt", b"last\n")):
            info = tarfile.TarInfo(one)
            info.size, info.mode, info.mtime, info.uid, info.uname = len(data), 0o640, 1_600_000_000, 7, "maker"
            if form == tarfile.PAX_FORMAT:
                info.pax_headers = {"comment": "made up"}
            archive.addfile(info, io.BytesIO(data))
    (root / "face.tar").write_bytes(made.getvalue())
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    new = f"{name.removesuffix('.pt')}.safetensors"
    with tarfile.open(root / "face.tar") as was, tarfile.open(out / "face.tar") as now:
        rows = [(m.name, m.mode, m.mtime, m.uid, m.uname, m.pax_headers.get("comment")) for m in was]
        left = [(m.name, m.mode, m.mtime, m.uid, m.uname, m.pax_headers.get("comment")) for m in now]
        assert left == [(new, *row[1:]) if row[0] == name else row for row in rows]
        file = now.extractfile(new)
        assert file is not None
        (root.parent / "left.safetensors").write_bytes(file.read())
    same(STAYS, load_file(root.parent / "left.safetensors"), {})
    clean(out)


def test_a_link_to_what_is_called_otherwise_is_named(root: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        info = tarfile.TarInfo("weights/face.pt")
        info.size = len(DATA)
        archive.addfile(info, io.BytesIO(DATA))
        link = tarfile.TarInfo("latest.pt")
        link.type, link.linkname = tarfile.SYMTYPE, "weights/face.pt"
        archive.addfile(link)
    (root / "face.tar").write_bytes(made.getvalue())
    outcome, _ = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    notes = [note for change in outcome.changes for note in change.plan.notes]
    assert "the symbolic link 'latest.pt' leads nowhere then" in notes


def widely(name: str, raw: bytes) -> bytes:
    """A zip whose names are in an old code page, each with a field that says it in UTF-8 too."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one, data in (("a.txt", b"made up\n"), (raw.decode("latin-1"), DATA), ("z.txt", b"last\n")):
            info = zipfile.ZipInfo(one, (2020, 12, 8, 10, 0, 0))
            info.external_attr = 0o100640 << 16
            if one not in ("a.txt", "z.txt"):
                wide = name.encode()
                info.extra = struct.pack("<HHBI", 0x7075, 5 + len(wide), 1, zlib.crc32(raw)) + wide
            archive.writestr(info, data)
    return made.getvalue()


def test_a_name_that_a_zip_says_twice_is_changed_in_both_places(root: Path) -> None:
    (root / "face.zip").write_bytes(widely("face.pt", b"face.pt"))
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    data = (out / "face.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as now:
        assert now.testzip() is None
        assert now.namelist() == ["a.txt", "face.safetensors", "z.txt"]
        row = now.infolist()[1]
        assert (row.date_time, row.external_attr) == ((2020, 12, 8, 10, 0, 0), 0o100640 << 16)
        new = b"face.safetensors"
        assert row.extra == struct.pack("<HHBI", 0x7075, 5 + len(new), 1, zlib.crc32(new)) + new
    assert data.count(b"face.safetensors") == 4
    assert b"face.pt" not in data
    clean(out)


@pytest.mark.parametrize("kind", ["members", "directory", "both", "streamed", "streamed-directory", "stub"])
def test_names_grow_in_every_kind_of_zip(root: Path, kind: str) -> None:
    from test_packers import streamed, widened
    from test_packers import zipped as plain

    rows = [("a.txt", b"first\n"), ("face.pt", DATA), ("z.txt", b"last\n" * 50)]
    data = {
        "members": lambda: plain(rows, wide=True), "directory": lambda: widened(plain(rows)),
        "both": lambda: widened(plain(rows, wide=True)), "streamed": lambda: streamed(rows),
        "streamed-directory": lambda: widened(streamed(rows)), "stub": lambda: b"#!stub\n" + plain(rows),
    }[kind]()  # fmt: skip
    (root / "face.zip").write_bytes(data)
    outcome, out = removed(root)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    with zipfile.ZipFile(out / "face.zip") as now:
        assert now.testzip() is None
        assert now.namelist() == ["a.txt", "face.safetensors", "z.txt"]
        (root.parent / "left.safetensors").write_bytes(now.read("face.safetensors"))
    same(STAYS, load_file(root.parent / "left.safetensors"), {})
