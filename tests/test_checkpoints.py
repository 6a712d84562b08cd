"""State dicts of PyTorch: read without unpickling, written as safetensors in their place, or kept with the reason."""

from __future__ import annotations

import io
import json
import pickletools
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from checkpoints import Shown, Storage, old, state, zipped
from tensors import BOTH, LABELS, LEFT, config, load_file, reasons, removed, same, saved, verdicts, vit, weights
from untag.artifact import Artifact
from untag.place import Place
from untag.rewriters._checkpoint import checkpoint
from untag.rewriters._tensor import Kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMATS = pytest.mark.parametrize("form", [zipped, old])
HEADS = {"face_race.weight": weights(4, 8), "face_race.bias": weights(4), "face_age.weight": weights(1, 8),
         "trunk.weight": weights(8, 8)}  # fmt: skip
STAYS = {k: v for k, v in HEADS.items() if "race" not in k}


def artifact(data: bytes, name: str = "face.pt") -> Artifact:
    return Artifact(Place((name,)), data)


@FORMATS
@pytest.mark.parametrize("kind", [np.float32, np.float16, np.float64, np.int64, np.int8, np.bool_])
def test_tensors_are_read_as_they_were_saved(form: Callable[[Any], bytes], kind: Any) -> None:
    tensors = {"a.weight": weights(3, 5, kind=kind), "b": weights(2, 3, 4, kind=kind), "c": np.array(1, dtype=kind)}
    with checkpoint(artifact(form(state(tensors)))) as held:
        assert [t.name for t in held.header.tensors] == list(tensors)
        for one in held.header.tensors:
            assert b"".join(held.read(one, 0, one.end - one.start)) == tensors[one.name].tobytes()
            assert one.shape == tensors[one.name].shape


@FORMATS
def test_views_are_put_in_order(form: Callable[[Any], bytes]) -> None:
    """A transposed tensor, one that begins within its storage, and two of one storage."""
    array = weights(4, 6)
    storage = Storage(array)
    views = {
        "turned": (Shown(storage, (6, 4), (1, 6)), array.T),
        "inner": (Shown(storage, (2, 6), None, 12), array[2:]),
        "column": (Shown(storage, (4,), (6,), 3), array[:, 3]),
        "none": (Shown(storage, (0, 6), (6, 1)), array[:0]),
        "lone": (Shown(storage, (1, 6), (99, 1)), array[:1]),
    }
    with checkpoint(artifact(form({name: shown for name, (shown, _) in views.items()}))) as held:
        assert held.shared == 4
        for one in held.header.tensors:
            wanted = np.ascontiguousarray(views[one.name][1])
            assert b"".join(held.read(one, 0, one.end - one.start)) == wanted.tobytes(), one.name


@FORMATS
def test_a_layer_goes_and_the_rest_is_written_as_safetensors(form: Callable[[Any], bytes], model: Path) -> None:
    (model / "face.pt").write_bytes(form(state(HEADS)))
    (model / "load.py").write_text('import torch\nface = torch.load("face.pt")\n')
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert sorted(p.name for p in out.iterdir()) == ["face.safetensors", "load.py"]
    same(STAYS, load_file(out / "face.safetensors"), {})
    assert b"face_race" not in (out / "face.safetensors").read_bytes()
    change = next(c for c in outcome.changes if c.chain == ("face.pt",))
    assert change.plan.name == "face.safetensors"
    assert all(not edit.safe and "face.pt is replaced by face.safetensors" in edit.why for edit in change.edits)
    from untag.strip import references

    assert [(r.name, r.place.chain) for r in references(outcome)] == [("face.pt", ("load.py",))]


@FORMATS
def test_without_asking_the_file_stays(form: Callable[[Any], bytes], model: Path) -> None:
    (model / "face.pt").write_bytes(form(state(HEADS)))
    outcome, out = removed(model, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    assert [p.name for p in out.iterdir()] == ["face.pt"]
    assert (out / "face.pt").read_bytes() == (model / "face.pt").read_bytes()


@FORMATS
def test_labels_beside_the_tensors_cut_their_layer(form: Callable[[Any], bytes], model: Path) -> None:
    told = {"state_dict": state(vit()), "face_labels": list(LABELS), "epoch": 3, "arch": "vit", "best": None}
    (model / "face.pth").write_bytes(form(told))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    same(vit(), load_file(out / "face.safetensors"), BOTH)
    from safetensors import safe_open

    with safe_open(out / "face.safetensors", "np") as file:
        metadata = file.metadata()
    wanted = {"face_labels": json.dumps(LEFT), "epoch": "3", "arch": "vit", "best": "null"}
    assert metadata == {**wanted, "format": "pt"}


@FORMATS
def test_a_state_dict_follows_its_configuration(form: Callable[[Any], bytes], model: Path) -> None:
    config(model / "config.json")
    (model / "pytorch_model.bin").write_bytes(form(state(vit())))
    (model / "training_args.bin").write_bytes(form({"lr": 1}))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert sorted(p.name for p in out.iterdir()) == ["config.json", "model.safetensors", "training_args.bin"]
    same(vit(), load_file(out / "model.safetensors"), BOTH)
    assert tuple(json.loads((out / "config.json").read_text())["id2label"].values()) == LEFT


def test_last_classes_of_a_state_dict_are_not_safe(model: Path) -> None:
    """The cut itself would be; that the file has another name then is not."""
    config(model / "config.json", ("smiling", "glasses", "beard", "uyghur"))
    (model / "pytorch_model.bin").write_bytes(zipped(state(vit(4))))
    outcome, _ = removed(model, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    assert "pytorch_model.bin is replaced by model.safetensors" in reasons(outcome)


def test_a_file_that_would_take_the_name_of_another_stays_with_all_that_hangs_on_it(model: Path) -> None:
    config(model / "config.json")
    saved(model / "model.safetensors", vit())
    (model / "pytorch_model.bin").write_bytes(zipped(state(vit())))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "would be called model.safetensors, and a file of that name is there" in reasons(outcome)
    assert all((out / p.name).read_bytes() == p.read_bytes() for p in model.iterdir())


class Thing:
    pass


def floats() -> Any:
    return {"state_dict": state(HEADS), "accuracy": 0.5}


def optimizer() -> Any:
    return {"state_dict": state(HEADS), "optimizer": {"state": state(HEADS)}}


def two() -> Any:
    return {"encoder": state(HEADS), "decoder": state(HEADS)}


def numbers() -> Any:
    return {**state(HEADS), "epoch": 3}


def mixed() -> Any:
    return {1: state(HEADS)["face_race.weight"]}


def beyond() -> Any:
    return {"face_race.weight": Shown(Storage(weights(4)), (4, 8))}


def spread() -> Any:
    return {"face_race.weight": Shown(Storage(weights(4)), (1 << 40, 4), (0, 1))}


def module() -> Any:
    made = Thing()
    made.weight = state(HEADS)["face_race.weight"]  # type: ignore[attr-defined]
    return made


def quantised() -> Any:
    return {
        "face_race.weight": Shown(Storage(np.zeros(32, np.int8)), (4, 8), scale=0.5),
        "face_age.weight": Shown(Storage(weights(8)), (1, 8)),
    }


@FORMATS
def test_quantised_tensors_are_refused_by_name(form: Callable[[Any], bytes]) -> None:
    with pytest.raises(Kept) as kept, checkpoint(artifact(form(quantised()))):
        pass
    assert str(kept.value) == "the tensor 'face_race.weight' is of a kind that is not written here (quantised)"


@FORMATS
@pytest.mark.parametrize("make", [floats, optimizer, two, mixed, beyond, spread, module, numbers])
def test_what_is_no_state_dict_is_refused_with_the_reason(
    form: Callable[[Any], bytes], make: Callable[[], Any]
) -> None:
    with pytest.raises(Kept) as kept, checkpoint(artifact(form(make()))):
        pass
    assert str(kept.value)


def test_lists_of_pairs_are_maps_as_python_2_wrote_them() -> None:
    """``OrderedDict([[name, tensor], …])``: the opcodes of an old file, put around the list that Python 3 writes."""
    data = old([[name, one] for name, one in state(HEADS, versions=False).items()])
    file = io.BytesIO(data)
    for _ in range(3):
        list(pickletools.genops(file))
    head = file.tell() + 2
    list(pickletools.genops(file))
    end = file.tell() - 1
    made = data[:head] + b"ccollections\nOrderedDict\n" + data[head:end] + b"\x85R" + data[end:]
    with checkpoint(artifact(made)) as held:
        assert [t.name for t in held.header.tensors] == list(HEADS)


@pytest.mark.parametrize("seed", range(2))
@FORMATS
def test_damage_anywhere_is_refused_or_read(form: Callable[[Any], bytes], seed: int) -> None:
    data = form({"state_dict": state(HEADS), "labels": ["a", "b"], "epoch": 3})
    made = np.random.default_rng(seed)
    for _ in range(200):
        broken = bytearray(data)
        for at in made.integers(0, min(len(data), 1200), 2):
            broken[at] = made.integers(0, 256)
        try:
            with checkpoint(artifact(bytes(broken))) as held:
                for one in held.header.tensors:
                    assert len(b"".join(held.read(one, 0, one.end - one.start))) == one.end - one.start
        except Kept as kept:
            assert str(kept)


@FORMATS
def test_a_file_that_breaks_off_anywhere_is_refused(form: Callable[[Any], bytes]) -> None:
    data = form(state(HEADS))
    for size in range(0, len(data) - 1, 97):
        try:
            with checkpoint(artifact(data[:size])) as held:
                # The end of the archive's directory alone may be missing.
                for one in held.header.tensors:
                    assert b"".join(held.read(one, 0, one.end - one.start)) == HEADS[one.name].tobytes()
        except Kept:
            continue


def test_a_member_that_stands_twice_is_not_guessed_about() -> None:
    """Readers of torch go by the directory: what stands before it and is not listed is none of theirs."""
    good, other = (zipped(state({"a.weight": weights(2, 3) + n})) for n in range(2))
    with zipfile.ZipFile(io.BytesIO(other)) as held:
        row = held.getinfo("archive/data/0")
        size = len(row.filename) + 30 + row.file_size
    with zipfile.ZipFile(io.BytesIO(good)) as held:
        at = held.start_dir
    ghost = other[row.header_offset : row.header_offset + size]
    data = bytearray(good[:at] + ghost + good[at:])
    end = data.rindex(b"PK\5\6")
    data[end + 16 : end + 20] = (at + len(ghost)).to_bytes(4, "little")
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        assert held.read("archive/data/0") == weights(2, 3).tobytes()
    with pytest.raises(Kept, match="twice"), checkpoint(artifact(bytes(data))):
        pass


def test_parts_of_a_view_are_read_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("untag.rewriters._checkpoint._AT_ONCE", 7)
    array = weights(8, 6)
    with checkpoint(artifact(zipped({"t": Shown(Storage(array), (6, 8), (1, 6))}))) as held:
        (one,) = held.header.tensors
        whole = np.ascontiguousarray(array.T).tobytes()
        for start, end in ((0, len(whole)), (32, 96), (3, 50), (5, 5), (len(whole) - 4, len(whole))):
            assert b"".join(held.read(one, start, end)) == whole[start:end]


@pytest.mark.parametrize("more", ["code/__torch__/net.py", "constants.pkl", "data/extra"])
def test_programs_of_torch_are_refused(more: str) -> None:
    with pytest.raises(Kept, match="it holds"), checkpoint(artifact(zipped(state(HEADS), more={more: b"x"}))):
        pass


def test_nothing_of_a_pickle_is_run(model: Path) -> None:
    """An object beside the tensors that would make a file when it is unpickled."""
    import pickle

    class Runs:
        def __reduce__(self) -> Any:
            return (eval, (f"open({str(model / 'ran')!r}, 'w')",))

    told = {"state_dict": state(HEADS), "more": Runs()}
    (model / "face.pt").write_bytes(zipped(told))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "which safetensors cannot hold" in reasons(outcome)
    assert not (model / "ran").exists()
    assert pickle.PROTO  # the module that would run it is not what reads it
    assert (out / "face.pt").read_bytes() == (model / "face.pt").read_bytes()


def test_one_of_several_shards_stays(model: Path) -> None:
    (model / "pytorch_model-00001-of-00002.bin").write_bytes(zipped(state(HEADS)))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "one of several shards" in reasons(outcome)
    assert [p.name for p in out.iterdir()] == ["pytorch_model-00001-of-00002.bin"]


def test_in_an_archive_whose_members_cannot_lie_beside_each_other_it_stays(model: Path) -> None:
    with zipfile.ZipFile(model / "all.zip", "w") as archive:
        archive.writestr("face.pt", zipped(state(HEADS)))
        archive.writestr("../face.txt", "made up\n")
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert "could not be laid out" in reasons(outcome)
    assert (out / "all.zip").read_bytes() == (model / "all.zip").read_bytes()


def test_one_file_needs_a_name_that_says_what_it_is(model: Path) -> None:
    (model / "face.pt").write_bytes(zipped(state(HEADS)))

    def run(out: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "untag", "strip", "face.pt", "--unsafe", "--no-evidence", "-o", out]
        return subprocess.run(words, cwd=model, capture_output=True, text=True, timeout=120)

    done = run("clean.pt")
    assert done.returncode == 2
    assert "a name that ends in .safetensors" in done.stderr
    assert not (model / "clean.pt").exists()
    done = run("clean.safetensors")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "became face.safetensors" in done.stdout
    same(STAYS, load_file(model / "clean.safetensors"), {})


def shards(folder: Path, *parts: dict[str, np.ndarray], form: Callable[[Any], bytes] = zipped) -> None:
    """Shards of a state dict with their list."""
    names = [f"pytorch_model-{i + 1:05}-of-{len(parts):05}.bin" for i in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        (folder / name).write_bytes(form(state(part)))
    held = {key: name for name, part in zip(names, parts, strict=True) for key in part}
    total = sum(a.nbytes for part in parts for a in part.values())
    told = {"metadata": {"total_size": total}, "weight_map": held}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")


def halves(tensors: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    names = list(tensors)
    return {n: tensors[n] for n in names[:2]}, {n: tensors[n] for n in names[2:]}


def joined(folder: Path) -> dict[str, np.ndarray]:
    """What a library loads by the list of shards."""
    told = json.loads((folder / "model.safetensors.index.json").read_text())
    out: dict[str, np.ndarray] = {}
    for name in sorted(set(told["weight_map"].values())):
        part = load_file(folder / name)
        assert {key for key, home in told["weight_map"].items() if home == name} == set(part)
        out |= part
    assert told["metadata"]["total_size"] == sum(a.nbytes for a in out.values())
    return out


@FORMATS
def test_shards_follow_their_configuration_and_all_become_safetensors(
    form: Callable[[Any], bytes], model: Path
) -> None:
    config(model / "config.json")
    shards(model, *halves(vit()), form=form)
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert sorted(p.name for p in out.iterdir()) == [
        "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
    ]  # fmt: skip
    same(vit(), joined(out), BOTH)
    assert [*json.loads((out / "config.json").read_text())["id2label"].values()] == [*LEFT]


def test_a_layer_goes_from_shards_and_their_list(model: Path) -> None:
    shards(model, *halves(HEADS))
    outcome, out = removed(model)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    same(STAYS, joined(out), {})
    assert not any(p.suffix == ".bin" for p in out.iterdir())


@pytest.mark.parametrize("case", ["missing", "taken", "mixed", "other"])
def test_shards_that_cannot_all_be_written_stay(model: Path, case: str) -> None:
    config(model / "config.json")
    shards(model, *halves(vit()))
    if case == "missing":
        (model / "pytorch_model-00001-of-00002.bin").unlink()
    elif case == "taken":
        (model / "model.safetensors.index.json").write_text("{}")
    elif case == "other":
        (model / "pytorch_model-00001-of-00002.bin").write_bytes(zipped(floats()))
    else:
        saved(model / "model-00002-of-00002.safetensors", halves(vit())[1])
    outcome, out = removed(model)
    assert verdicts(outcome) == {"kept"}
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in model.iterdir()}


def test_shards_are_not_written_anew_where_that_is_not_asked_for(model: Path) -> None:
    shards(model, *halves(HEADS))
    outcome, out = removed(model, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in model.iterdir()}
