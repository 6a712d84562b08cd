"""Models of layers: outputs go with what serves only them, and what is left puts out what it did."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from networks import made
from tensors import GONE, LABELS, LEFT, OPTIONS, reasons, removed, verdicts, weights
from untag import strip
from untag.artifact import Artifact
from untag.edit import Plan
from untag.finding import Severity
from untag.place import Place
from untag.rewriters import rewriters
from untag.rewriters._hdf import listed
from untag.rewriters._layers import foreign, parsed
from untag.rewriters._tensor import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = ("face_race", "face_race_features")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("models"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "face_attributes"
    made.mkdir()
    return made


def config(path: Path) -> dict[str, Any]:
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    with h5py.File(path) as file:
        return json.loads(file.attrs["model_config"])


def arrays(path: Path) -> dict[tuple[str, ...], bytes]:
    """All numbers by the layer that they belong to."""
    source: Any = path
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            source = io.BytesIO(archive.read("model.weights.h5"))
    out: dict[tuple[str, ...], bytes] = {}

    def take(name: str, one: Any) -> None:
        if isinstance(one, h5py.Dataset) and not name.startswith("optimizer"):
            holder = one.parent.attrs.get("name")
            out[(holder, name[-1]) if holder is not None else tuple(name.split("/")[-2:])] = one[()].tobytes()

    with h5py.File(source) as file:
        file.visititems(take)
    return out


def words(path: Path) -> bytes:
    """All bytes of a file, members unpacked."""
    if path.suffix != ".keras":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def given(models: Path, folder: Path, name: str) -> tuple[Path, Path]:
    one, other = (Path(shutil.copy(models / f"{name}{suffix}", folder)) for suffix in (".keras", ".h5"))
    return one, other


@pytest.mark.slow
def test_an_output_goes_with_all_that_serves_only_it(models: Path, folder: Path) -> None:
    given(models, folder, "heads")
    outcome, out = removed(folder, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    for path in (out / "heads.keras", out / "heads.h5"):
        told, before = config(path)["config"], config(models / path.name)["config"]
        names = [layer["config"]["name"] for layer in told["layers"]]
        assert names == ["image", "conv", "bn", "pool", "face_age", "face_gender"]
        assert told["layers"] == [layer for layer in before["layers"] if layer["config"]["name"] in names]
        assert told["output_layers"] == [["face_age", 0, 0], ["face_gender", 0, 0]]
        old, new = arrays(models / path.name), arrays(path)
        assert new == {key: raw for key, raw in old.items() if key[0] not in HEAD}
        assert len(new) == len(old) - 4
        assert b"race" not in words(path)
    for change in outcome.changes:
        assert sum("is the same bit for bit (keras " in line for line in change.said) == 2
    with zipfile.ZipFile(out / "heads.keras") as new, zipfile.ZipFile(models / "heads.keras") as old:
        assert [i.filename for i in new.infolist()] == [i.filename for i in old.infolist()]
        assert [i.date_time for i in new.infolist()] == [i.date_time for i in old.infolist()]
        assert new.read("metadata.json") == old.read("metadata.json")


def labelled(path: Path, labels: Any) -> Path:
    with h5py.File(path, "a") as file:
        file.attrs["face_labels"] = labels
    return path


@pytest.mark.slow
@pytest.mark.parametrize("form", [list, json.dumps])
def test_classes_that_the_file_lists_are_cut_from_their_layer(models: Path, folder: Path, form: Any) -> None:
    path = labelled(Path(shutil.copy(models / "classes.h5", folder)), form(list(LABELS)))
    before = config(path)["config"]["layers"]
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    told = config(out / path.name)["config"]["layers"]
    assert [layer["config"].get("units") for layer in told if layer["class_name"] == "Dense"] == [3, 1]
    assert json.dumps(told) == json.dumps(before).replace('"units": 5', '"units": 3').replace("[null, 5]", "[null, 3]")
    with h5py.File(models / path.name) as old, h5py.File(out / path.name) as new:
        for name in ("kernel", "bias"):
            at = f"model_weights/attribute_scores/attribute_scores/{name}"
            assert np.delete(old[at][()], GONE, axis=-1).tobytes() == new[at][()].tobytes()
        held = new.attrs["face_labels"]
        names = json.loads(held) if isinstance(held, str) else [n.decode() if isinstance(n, bytes) else n for n in held]
        assert tuple(names) == LEFT
    assert not any(LABELS[i].encode() in (out / path.name).read_bytes() for i in GONE)
    said = [line for change in outcome.changes for line in change.said]
    assert sum("is the same bit for bit (keras " in line for line in said) == 3


@pytest.mark.slow
def test_behind_a_softmax_only_what_goes_into_it_is_compared(models: Path, folder: Path) -> None:
    labelled(Path(shutil.copy(models / "sequence.h5", folder)), list(LABELS))
    outcome, _ = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    said = "\n".join(line for change in outcome.changes for line in change.said)
    assert "'attributes before its activation' is the same bit for bit" in said
    assert "'attributes' is behind a softmax" in said
    edits = [edit for change in outcome.changes for edit in change.edits]
    assert all(not edit.safe and "share what the others had" in edit.why for edit in edits)


@pytest.mark.parametrize("other", [[f"n{i}" for i in range(5)], list(LABELS)])
def test_a_second_list_of_as_many_keeps_the_classes(models: Path, folder: Path, other: list[str]) -> None:
    path = labelled(Path(shutil.copy(models / "classes.h5", folder)), list(LABELS))
    with h5py.File(path, "a") as file:
        file.attrs["classes_short"] = other
    outcome = plan(path, unsafe=True)
    assert verdicts(outcome) == {"kept"}
    assert "has an entry for each class too" in reasons(outcome)


def test_classes_that_no_output_has_stay(models: Path, folder: Path) -> None:
    path = labelled(Path(shutil.copy(models / "classes.h5", folder)), [*LABELS, "more"])
    outcome = plan(path, unsafe=True)
    assert verdicts(outcome) == {"kept"}
    assert "the list names 6 classes, and no output has as many" in reasons(outcome)


def rewritten(path: Path, outcome: strip.Outcome) -> Path:
    """What a plan makes of a file; that it is proven is tested elsewhere."""
    made = path.with_name("made.h5")
    with made.open("wb") as out:
        rewriters()["keras"].rewrite(Artifact(Place((path.name,)), path.read_bytes()), outcome.changes[-1].plan, out)
    return made


def old(path: Path) -> None:
    """A model as Keras 2 wrote it: what a layer takes from as lists, attributes as bytes, arrays packed."""

    def dense(name: str, units: int, source: str) -> dict[str, Any]:
        held = {"name": name, "units": units, "activation": "linear", "use_bias": True}
        return {"class_name": "Dense", "config": held, "name": name, "inbound_nodes": [[[source, 0, 0, {}]]]}

    given = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 6], "name": "image"}, "name": "image",
             "inbound_nodes": []}  # fmt: skip
    layers = [given, dense("trunk", 8, "image"), dense("face_race", 4, "trunk"), dense("face_age", 1, "trunk")]
    ends = {"input_layers": [["image", 0, 0]], "output_layers": [["face_race", 0, 0], ["face_age", 0, 0]]}
    told = {"class_name": "Functional", "config": {"name": "face", "layers": layers, **ends}}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(told).encode(), b"2.11.0"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([b"image", b"trunk", b"face_race", b"face_age"], "S")
        for name, shape in (("trunk", (6, 8)), ("face_race", (8, 4)), ("face_age", (8, 1))):
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [f"{name}/kernel:0".encode()]
            inner.create_dataset(f"{name}/kernel:0", data=weights(*shape), compression="gzip")


def test_models_of_keras_2_are_understood(folder: Path) -> None:
    path = folder / "face.h5"
    old(path)
    outcome = plan(path, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    out = rewritten(path, outcome)
    assert [layer["name"] for layer in config(out)["config"]["layers"]] == ["image", "trunk", "face_age"]
    with h5py.File(out) as file:
        assert file["model_weights"].attrs["layer_names"].tolist() == [b"image", b"trunk", b"face_age"]
        kernel = file["model_weights/face_age/face_age/kernel:0"]
        assert (kernel.compression, kernel[()].tobytes()) == ("gzip", weights(8, 1).tobytes())
    assert b"race" not in out.read_bytes()


def test_a_list_of_nothing_but_the_tag_takes_the_output(models: Path, folder: Path) -> None:
    labels = ["Asian", "Black", "Indian", "White", "other"]
    path = labelled(Path(shutil.copy(models / "classes.h5", folder)), labels)
    outcome = plan(path, unsafe=False)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    out = rewritten(path, outcome)
    assert config(out)["config"]["output_layers"] == [["face_age", 0, 0]]
    with h5py.File(out) as file:
        assert "face_labels" not in file.attrs
        assert "attribute_scores" not in file["model_weights"]


def plan(path: Path, *, unsafe: bool) -> strip.Outcome:
    return strip.planned(str(path), OPTIONS, strip.Wish(Severity.LOW, unsafe=unsafe))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_what_training_needs_goes_only_where_that_is_asked_for(models: Path, suffix: str) -> None:
    path = models / f"compiled{suffix}"
    outcome = plan(path, unsafe=False)
    assert verdicts(outcome) == {"kept"}
    assert "compiled again before it is trained" in reasons(outcome)
    assert verdicts(plan(path, unsafe=True)) == {"removed"}


def test_losses_metrics_and_optimizer_go_with_an_output(models: Path, folder: Path) -> None:
    path = Path(shutil.copy(models / "compiled.h5", folder))
    outcome = plan(path, unsafe=True)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    with h5py.File(rewritten(path, outcome)) as file:
        assert set(file) == {"model_weights"}
        assert set(file.attrs) == {"backend", "keras_version", "model_config"}
        assert "softmax" not in file["model_weights"].attrs["layer_names"]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_with_nothing_left_goes_whole(models: Path, suffix: str) -> None:
    outcome = plan(models / f"lone{suffix}", unsafe=False)
    assert verdicts(outcome) == {"removed"}
    assert {change.plan.whole for change in outcome.changes} == {"all that the model puts out carries the tag"}


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_layer_that_others_need_stays(models: Path, suffix: str) -> None:
    outcome = plan(models / f"shared{suffix}", unsafe=True)
    assert verdicts(outcome) == {"kept"}
    assert "'face_ethnicity_features' serves other outputs too" in reasons(outcome)


def test_layers_with_code_of_their_own_are_never_run(models: Path, folder: Path) -> None:
    """The layer would go with the output; the old model would still have to be run to compare it."""
    paths = given(models, folder, "lambda")
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"kept"}
    assert "layers of its own (Lambda), which are never run" in reasons(outcome)
    assert all((out / path.name).read_bytes() == path.read_bytes() for path in paths)


def test_without_the_library_it_stays_and_says_what_to_install(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that is asked finds no h5py: Python is told of a folder in which that name cannot be imported."""
    import sys

    from untag.rewriters import _proof

    class Bare:
        executable = sys.executable

    command = models / "bare.sh"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    command.chmod(0o755)
    Bare.executable = str(command)
    monkeypatch.setattr(_proof, "sys", Bare)
    outcome = plan(models / "heads.h5", unsafe=True)
    assert verdicts(outcome) == {"kept"}
    assert "pip install 'untag[keras]' (it lacks h5py)" in reasons(outcome)


LAYER = {"class_name": "Dense", "config": {"name": "a"}}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"class_name": "Lambda"}, "Lambda"),
        ({"class_name": "TFSMLayer"}, "TFSMLayer"),
        ({"module": "os"}, "os.Dense"),
        ({"module": "keras.src.utils", "class_name": "get_file"}, "get_file"),
        ({"registered_name": "vendor>Dense"}, "vendor>Dense"),
        ({"config": {"name": "a", "activation": {"class_name": "function", "config": "f"}}}, "function"),
        ({"config": {"name": "a", "kernel_initializer": {"class_name": "__lambda__", "config": {}}}}, "__lambda__"),
    ],
)
def test_only_layers_that_keras_brings_are_known(change: dict[str, Any], what: str) -> None:
    told = {"class_name": "Sequential", "config": {"layers": [LAYER | change]}}
    assert foreign(parsed(json.dumps(told))) == what
    assert foreign(parsed(json.dumps({"class_name": "Sequential", "config": {"layers": [LAYER]}}))) == ""


def test_a_name_that_stands_twice_hides_no_layer() -> None:
    """Readers of JSON take the last of two, some parsers the first."""
    text = json.dumps({"class_name": "Sequential", "config": {"layers": [LAYER]}})
    for hidden in ('"class_name": "Dense", "class_name": "Lambda"', '"class_name": "Lambda", "class_name": "Dense"'):
        assert foreign(parsed(text.replace('"class_name": "Dense"', hidden)))


BROKEN: list[Any] = [
    [], {}, {"class_name": "Other", "config": {"layers": []}}, {"class_name": "Functional", "config": {"layers": []}},
    {"class_name": "Functional", "config": {"layers": [LAYER, LAYER]}},
    {"class_name": "Functional", "config": {"layers": [LAYER], "output_layers": [["b", 0, 0]]}},
    {"class_name": "Functional", "config": {"layers": [LAYER], "output_layers": []}},
    {"class_name": "Functional", "config": {"layers": [LAYER | {"inbound_nodes": [[["b", 0, 0, {}]]]}]}},
    {"class_name": "Functional", "config": {"layers": 3}},
]  # fmt: skip


@pytest.mark.parametrize("told", BROKEN)
def test_configurations_that_are_not_understood_are_refused(told: Any) -> None:
    with pytest.raises(Kept):
        parsed(json.dumps(told))


def odd(path: Path, case: str) -> None:
    """A file that leads out of itself, or in a circle."""
    with h5py.File(path, "a") as file:
        group = file["model_weights"]
        if case == "outside":
            group["more"] = h5py.ExternalLink("/etc/passwd", "/")
        elif case == "soft":
            group["more"] = h5py.SoftLink("/model_weights")
        elif case == "circle":
            group["more"] = group
        else:
            space = h5py.h5s.create_simple((2,))
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_external(b"/etc/hostname", 0, 8)
            h5py.h5d.create(group.id, b"more", h5py.h5t.NATIVE_INT32, space, plist)


@pytest.mark.parametrize("case", ["outside", "soft", "circle", "external"])
def test_files_that_lead_elsewhere_are_refused(models: Path, folder: Path, case: str) -> None:
    path = shutil.copy(models / "heads.h5", folder)
    odd(path, case)
    with pytest.raises((ValueError, TypeError)):
        listed(str(path), values=False)


def cut_off(data: bytes) -> Iterator[bytes]:
    for size in range(64, len(data), len(data) // 6):
        yield data[:size]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_damage_is_refused_with_a_reason(models: Path, suffix: str) -> None:
    rewriter = rewriters()["keras"]
    for data in cut_off((models / f"heads{suffix}").read_bytes()):
        artifact = Artifact(Place((f"heads{suffix}",)), data)
        made: Plan = rewriter.plan(artifact, ())
        assert not made.edits
        assert not made.whole


def test_weights_that_are_no_longer_the_same_fail_the_proof(models: Path) -> None:
    from untag.edit import Edit
    from untag.rewriters import _heads, keras

    rewriter = rewriters()["keras"]
    before = Artifact(Place(("heads.h5",)), (models / "heads.h5").read_bytes())
    with keras._opened(before) as parts:
        change = _heads.changed(parts, parsed(parts.config), ["softmax"], (*HEAD, "softmax"))
    plan = Plan([Edit(-1, -1, data=change)])
    out = io.BytesIO()
    rewriter.rewrite(before, plan, out)
    data = bytearray(out.getvalue())
    with h5py.File(io.BytesIO(out.getvalue())) as file:
        at = file["model_weights/face_age/face_age/kernel"].id.get_offset()
    data[at] ^= 1
    assert "its weights would be other ones" in rewriter.check(before, Artifact(before.place, bytes(data)), plan).error


@pytest.mark.slow
def test_classes_that_a_list_beside_the_file_names_are_cut_from_their_layer(models: Path, folder: Path) -> None:
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    shutil.copy(models / "classes.h5", folder)
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / "labels.txt").read_text() == "".join(f"{label}\n" for label in LEFT)
    was, now = arrays(folder / "classes.h5"), arrays(out / "classes.h5")
    for name, data in was.items():
        held = np.frombuffer(data, np.float32)
        wide = np.delete(held.reshape(-1, len(LABELS)), GONE, axis=-1) if name[0] == "attribute_scores" else held
        assert wide.tobytes() == now[name], name


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("name", ["classes", "pixel", "maps"])
def test_classes_go_from_archives_and_from_convolutions(models: Path, folder: Path, name: str, suffix: str) -> None:
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    path = Path(shutil.copy(models / f"{name}{suffix}", folder))
    outcome, out = removed(folder)
    assert verdicts(outcome) == {"removed"}, reasons(outcome)
    assert (out / "labels.txt").read_text() == "".join(f"{label}\n" for label in LEFT)
    was, now = arrays(path), arrays(out / path.name)
    changed = [key for key in was if was[key] != now[key]]
    assert len(changed) == 2
    for key in changed:
        wide = np.frombuffer(was[key], np.float32).reshape(-1, len(LABELS))
        assert np.delete(wide, GONE, axis=-1).tobytes() == now[key]
    said = "\n".join(line for change in outcome.changes for line in change.said)
    assert "'attribute_scores before its activation'" in said
    assert re.search(r"'attributes' (is the same bit for bit|differs by .* explain it)", said), said
