"""Keras models, in HDF5 and as ``.keras``: outputs go with the layers that serve only them, weights and settings."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.edit import Edit, Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.rewriters import _hdf
from untag.rewriters._labels import CARRIED
from untag.rewriters._layers import Layers, foreign, parsed
from untag.rewriters._page import Notes, Page, bracketed
from untag.rewriters._proof import asked, copied
from untag.rewriters._sweep import residue
from untag.rewriters._tensor import Kept
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.finding import Mark
    from untag.surface import Surface
    from untag.syntax.tree import Node

__all__ = ["KerasRewriter"]

NEEDS = "pip install 'untag[keras]'"
_MAGIC = b"\x89HDF\r\n\x1a\n"
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MEMBERS = ("metadata.json", _CONFIG, _WEIGHTS)
#: Bytes of a configuration; of all members together as a multiple of the archive.
_TEXT, _TIMES = 64 << 20, 200
#: What the library raises over a damaged archive.
_FAILS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
_NUMBER = re.compile(r"_\d+$")
_TRAINED = "it has to be compiled again before it is trained, since its losses and the state of its optimizer go"
_OWN = "what it puts out cannot be compared: it has layers of its own ({}), which are never run"
_FURTHER = "the names stand further back: what it puts out may be something else"


@dataclass(slots=True)
class _Parts:
    """What a model is made of.

    Attributes:
        config: The configuration.
        listed: Groups and datasets of the HDF5 file, as ``_hdf`` lists them.
        archive: Whether it is a ``.keras``; else all of it is the HDF5 file.
    """

    config: str
    listed: dict[str, Any]
    archive: bool


@dataclass(slots=True)
class _Change:
    """What is done to files.

    Attributes:
        before: The configuration as it was.
        config: The configuration as it is then.
        listed: What the new HDF5 file holds, with digests.
        drop: Paths in the HDF5 file that go.
        move: Paths that are called otherwise.
        attrs: Attributes that change, by path.
        gone: Names of layers that are gone.
        trained: Whether what training needs goes too.
    """

    before: str
    config: str
    listed: dict[str, Any] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)
    move: dict[str, str] = field(default_factory=dict)
    attrs: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    trained: bool = False


class KerasRewriter(Rewriter):
    """Takes outputs and their layers out of Keras models."""

    name = "keras"
    reads = ("hdf5", "zip")
    rank = 60
    exact = False
    inner = True
    limits = (
        CARRIED,
        "functional and sequential models of layers that Keras itself brings; others are planned and not written",
        "single classes of an output stay: which number means which class is not told in the file",
        "a model that was compiled goes on without losses, metrics and optimizer, and only with --unsafe",
        "the name that the model itself has, and layouts before Keras 3 of ``.keras``, stay",
    )

    def knows(self, artifact: Artifact) -> bool:
        """An HDF5 file, or an archive that begins as Keras writes one."""
        head = artifact.head
        if head.startswith(_MAGIC):
            return True
        name = head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("utf-8", "replace")
        return head.startswith(b"PK\3\4") and (artifact.suffix == ".keras" or name == _WEIGHTS) and name in _MEMBERS

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Outputs that the tag names, with what serves only them."""
        try:
            with _opened(artifact) as parts:
                return _planned(parts, targets)
        except Kept as kept:
            return Plan().keep(targets, str(kept))

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Write configuration and weights anew.

        Raises:
            Damaged: It cannot be done.
        """
        change = plan.data = next(e.data for e in plan.edits if isinstance(e.data, _Change))
        try:
            with _unpacked(artifact) as (folder, weights, _, archive):
                target = os.path.join(folder, "after.h5")  # noqa: PTH118
                spec = {"drop": change.drop, "move": change.move, "attrs": change.attrs}
                made = _ask(folder, {"source": weights, "target": target, **spec})
                _same(made["before"], made["after"], change)
                change.listed = made["after"]
                with open(target, "rb") as file:  # noqa: PTH123
                    if archive:
                        _packed(artifact, out, change.config, file)
                        return
                    while piece := file.read(1 << 20):
                        out.write(piece)
        except Kept as kept:
            raise Damaged(str(kept)) from kept

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """Whether what was shown of an HDF5 file went with a layer, or with what training needs."""
        change, pointer = plan.data, surface.place.pointer or ""
        if not isinstance(change, _Change):
            return False
        path, _, name = pointer.partition("@")
        if any(path == one or path.startswith(f"{one}/") for one in change.drop):
            return True
        told = change.attrs.get(path.rstrip("/"), {})
        return name in told and (told[name] is None or surface.text in change.gone)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Run both models on the same made-up numbers; their weights were compared when the new one was written."""
        change = plan.data
        assert isinstance(change, _Change)  # noqa: S101 - ``rewrite`` left it there
        if left := residue(after, {*change.gone, *(n for e in plan.edits for n in e.names)}):
            return Proof(f"the bytes of the new model still hold {left!r}")
        try:
            old = parsed(change.before)
            with _opened(after, values=True) as parts:
                net, archive = parsed(parts.config), parts.archive
                if parts.config != change.config or parts.listed != change.listed:
                    return Proof("its configuration or its weights would be other ones")
            if archive and _rest(before) != _rest(after):
                return Proof("other members would not be the same")
        except Kept as kept:
            return Proof(str(kept))
        if own := foreign(old) or foreign(net):
            return Proof(_OWN.format(own))
        numbers = len(change.listed["datasets"])
        with tempfile.TemporaryDirectory(prefix="untag-proof-") as folder:
            suffix = ".keras" if archive else ".h5"
            spec = {
                "keras": [copied(before, folder, f"before{suffix}"), copied(after, folder, f"after{suffix}")],
                "outputs": list(net.outputs),
            }
            from untag.rewriters import _run

            made = _ask(folder, spec, _run.__file__)
        if "error" in made:
            return Proof(f"what it puts out cannot be compared: {made['error']}")
        where = f"{made['runtime']} on {made['processor']}, {made['rounds']} rounds of made-up numbers"
        said = [f"{numbers} arrays of weights are the same, by digest"]
        for name, (far, units) in made["outputs"].items():
            apart = f"differs by {far:.3g} at most, {units} units in the last place" if far or units else ""
            said.append(f"{name!r} {apart or 'is the same bit for bit'} ({where})")
        return Proof("", tuple(said), {**made, "arrays": numbers})


# -- files -------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(artifact: Artifact, *, values: bool = False) -> Iterator[_Parts]:
    """A model's parts; with digests of its numbers where those are asked for.

    Raises:
        Kept: It is none, or cannot be read.
    """
    with _unpacked(artifact) as (folder, weights, text, archive):
        listed = _ask(folder, {"source": weights, "values": values})["before"]
        if not archive:
            told = listed["groups"].get("", {}).get("model_config")
            if not isinstance(told, str):
                raise Kept("no model of Keras is described in it")
            text = told
        yield _Parts(text, listed, archive)


@contextmanager
def _unpacked(artifact: Artifact) -> Iterator[tuple[str, str, str, bool]]:
    """A private folder, the weights in it as a file, the configuration of an archive, and whether it is one.

    Raises:
        Kept: It is damaged, or holds other things.
    """
    with tempfile.TemporaryDirectory(prefix="untag-keras-") as folder:
        weights = os.path.join(folder, "weights.h5")  # noqa: PTH118
        archive = not artifact.head.startswith(_MAGIC)
        if not archive:
            copied(artifact, folder, "weights.h5")
        yield folder, weights, _members(artifact, weights) if archive else "", archive


def _ask(folder: str, spec: dict[str, Any], script: str = _hdf.__file__) -> dict[str, Any]:
    """Ask another process.

    Raises:
        Kept: It cannot be done, or a library is missing.
    """
    import json

    Path(folder, "what.json").write_text(json.dumps(spec), encoding="utf-8")
    made = asked(script, folder)
    if "needs" in made:
        raise Kept(f"it cannot be rewritten and compared: {NEEDS} (it lacks {made['needs']})")
    if script == _hdf.__file__ and "error" in made:
        raise Kept(str(made["error"]))
    return made


def _members(artifact: Artifact, weights: str) -> str:
    """Put the weights of an archive into a file; its configuration.

    Raises:
        Kept: It is damaged, or holds other things.
    """
    try:
        with artifact.open() as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if sorted(names) != sorted(_MEMBERS):
                other = next((n for n in names if n not in _MEMBERS), "a part twice, or not all parts")
                raise Kept(f"the archive holds {other[:80]}, which is not understood here")
            info = archive.getinfo(_CONFIG)
            whole = sum(i.file_size for i in archive.infolist())
            if info.file_size > _TEXT or whole > _TIMES * artifact.size + _TEXT:
                raise Kept("what is in the archive is larger than is unpacked here")
            text = archive.read(_CONFIG).decode("utf-8")
            with archive.open(_WEIGHTS) as source, open(weights, "wb") as out:  # noqa: PTH123
                while piece := source.read(1 << 20):
                    out.write(piece)
    except _FAILS as error:
        raise Kept(f"the archive cannot be unpacked ({type(error).__name__})") from None
    return text


def _rest(artifact: Artifact) -> list[tuple[object, ...]]:
    """What an archive says of its members, and the bytes of those that are never changed."""
    with artifact.open() as file, zipfile.ZipFile(file) as archive:
        return [
            (i.filename, i.date_time, i.compress_type, i.external_attr, i.create_system,
             b"" if i.filename in (_CONFIG, _WEIGHTS) else archive.read(i))
            for i in archive.infolist()
        ]  # fmt: skip


def _packed(artifact: Artifact, out: BinaryIO, config: str, weights: BinaryIO) -> None:
    """The archive anew: members in their order, with their times and modes."""
    with artifact.open() as file, zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            made = zipfile.ZipInfo(info.filename, info.date_time)
            made.compress_type, made.external_attr = info.compress_type, info.external_attr
            made.create_system = info.create_system
            if info.filename == _CONFIG:
                new.writestr(made, config.encode("utf-8"))
                continue
            with new.open(made, "w", force_zip64=info.file_size > 1 << 31) as target:
                if info.filename == _WEIGHTS:
                    while piece := weights.read(1 << 20):
                        target.write(piece)
                else:
                    target.write(old.read(info))


def _same(before: dict[str, Any], after: dict[str, Any], change: _Change) -> None:
    """Whether the new HDF5 file holds what is left of the old one, and nothing else.

    Raises:
        Kept: It does not.
    """

    def path(name: str) -> str | None:
        if any(name == one or name.startswith(f"{one}/") for one in change.drop):
            return None
        for one, other in change.move.items():
            if name == one or name.startswith(f"{one}/"):
                return other + name[len(one) :]
        return name

    for kind in ("groups", "datasets"):
        wanted = {}
        for name, told in before[kind].items():
            if (called := path(name)) is None:
                continue
            fresh = change.attrs.get(name, {})
            if kind == "groups":
                told = {k: fresh.get(k, v) for k, v in told.items() if fresh.get(k, v) is not None}
            wanted[called] = told
        if wanted != after[kind]:
            raise Kept("other weights would be there than were left")


# -- planning ----------------------------------------------------------------------------------------------------------


def _planned(parts: _Parts, targets: tuple[Target, ...]) -> Plan:
    """From targets to outputs that go.

    Raises:
        Kept: Nothing of it can go.
    """
    plan = Plan()
    net = parsed(parts.config)
    owners = _owners(parts, net)
    tagged: dict[str, set[str]] = {}
    for target in targets:
        for mark in target.marks:
            name = _layer(mark, net, owners)
            if name is None:
                plan.kept.setdefault(target.key, "it stands in no layer, and strip does not rename")
            else:
                tagged.setdefault(name, set()).add(target.key)
    outputs: dict[str, str] = {}
    for output in net.outputs:
        alone = net.needed([output]) - net.needed([o for o in net.outputs if o != output])
        if net.head(output) & set(tagged):
            outputs[output] = ""
        elif alone & set(tagged):
            outputs[output] = _FURTHER
    left = net.needed([o for o in net.outputs if o not in outputs])
    stuck = sorted(n for n in tagged if n in left)
    for name in stuck:
        for key in tagged[name]:
            plan.kept.setdefault(key, f"{name!r} serves other outputs too")
    keys = {key for held in tagged.values() for key in held}
    if not outputs:
        return plan.keep([t for t in targets if t.key in keys], "no output is made by it alone")
    why = next((w for w in outputs.values() if w), "")
    if len(outputs) == len(net.outputs):
        if why:
            return plan.keep(targets, f"nothing of the model would be left, and {why}")
        plan.whole, plan.kept = "all that the model puts out carries the tag", dict[str, str]()
        return plan
    gone = tuple(name for name in net.layers if name not in left)
    change = _changed(parts, net, outputs, gone)
    reasons = [w for w in (why, _TRAINED if change.trained else "") if w]
    served = tuple(sorted({key for name in gone for key in tagged.get(name, ())}))
    names = tuple(sorted(n for n in gone if n in tagged))
    what = f"the outputs {', '.join(map(repr, outputs))} with {len(gone)} layers"
    plan.notes.append(CARRIED)
    if not any(_holds(parts, owners, name) for name in gone):
        masked = "it is no output any more, and all that makes it serves other outputs too"
        plan.masked.update(dict.fromkeys(served, masked))
    if own := foreign(net):
        plan.notes.append(f"planned, and not written: {what}")
        return plan.keep([t for t in targets if t.key in served], _OWN.format(own))
    plan.edits.append(Edit(-1, -1, b"", not reasons, what, "; ".join(reasons), served, names, change))
    return plan


def _owners(parts: _Parts, net: Layers) -> dict[str, str]:
    """Which layer each group of weights belongs to, by path.

    Raises:
        Kept: It is not told.
    """
    out: dict[str, str] = {}
    base = "/layers/" if parts.archive else "/model_weights/"
    for path in parts.listed["groups"]:
        name = path.removeprefix(base)
        if path == name or "/" in name:
            continue
        if parts.archive:
            held = parts.listed["groups"].get(f"{path}/vars", {})
            layer = held.get("name")
        else:
            layer = name if name != "top_level_model_weights" else None
        if layer in net.layers:
            out[path] = layer
        elif parts.archive or layer is not None:
            raise Kept(f"the weights in {path[:80]} belong to no layer of the configuration")
    return out


def _holds(parts: _Parts, owners: dict[str, str], layer: str) -> bool:
    """Whether a layer has weights."""
    paths = [path for path, name in owners.items() if name == layer]
    return any(name.startswith(f"{path}/") for path in paths for name in parts.listed["datasets"])


def _layer(mark: Mark, net: Layers, owners: dict[str, str]) -> str | None:
    """The layer that a mark names, by its own name or by the group of its weights."""
    if mark.text in net.layers:
        return mark.text
    path = (mark.place.pointer or "").partition("@")[0]
    steps = path.split("/")
    for end in range(len(steps), 1, -1):
        if (found := owners.get("/".join(steps[:end]))) is not None:
            return found
    first = mark.text.partition("/")[0]
    return first if first in net.layers else None


def _changed(parts: _Parts, net: Layers, outputs: Iterable[str], layers: tuple[str, ...]) -> _Change:
    """What it means for configuration and weights that outputs and layers go.

    Raises:
        Kept: It cannot be said.
    """
    gone = set(layers)
    owners = _owners(parts, net)
    config, trained = _text(net, gone, set(outputs))
    change = _Change(net.text, config, gone=layers, trained=trained)
    change.drop = [path for path, layer in owners.items() if layer in gone]
    groups = parts.listed["groups"]
    for path in ("/optimizer", "/optimizer_weights"):
        if path in groups:
            change.drop.append(path)
            change.trained = True
    if parts.archive:
        change.move = _moved([p for p in groups if p in owners], set(change.drop))
        return change
    root = groups.get("", {})
    change.attrs[""] = {"model_config": config}
    if "training_config" in root:
        change.attrs[""]["training_config"] = None
        change.trained = True
    held = groups.get("/model_weights", {}).get("layer_names")
    if not isinstance(held, list) or not gone & set(held) <= set(held):
        raise Kept("its weights are listed in a way that is not understood here")
    change.attrs["/model_weights"] = {"layer_names": [n for n in held if n not in gone]}
    return change


def _moved(paths: list[str], drop: set[str]) -> dict[str, str]:
    """New names of groups: Keras counts those of one class."""
    out: dict[str, str] = {}
    rows: dict[str, list[tuple[int, str]]] = {}
    for path in paths:
        found = _NUMBER.search(path)
        rows.setdefault(path[: found.start()] if found else path, []).append((int(found[0][1:]) if found else 0, path))
    for base, held in rows.items():
        if [number for number, _ in sorted(held)] != list(range(len(held))):
            raise Kept(f"groups of weights like {base[:80]} are not counted as Keras does")
        left = [path for _, path in sorted(held) if path not in drop]
        out |= {path: f"{base}_{i}" if i else base for i, path in enumerate(left)}
    return {path: name for path, name in out.items() if path != name}


def _text(net: Layers, gone: set[str], outputs: set[str]) -> tuple[str, bool]:
    """The configuration without some layers and outputs, and whether what training needs went; all else as it was."""
    root = net.document.roots[0]
    notes = Notes(())
    page = _Sheet(net.text)
    config = root.get("config")
    rows = config.get("layers") if config is not None else None
    assert rows is not None  # noqa: S101 - it was parsed
    spans = bracketed(page, rows, [i for i, n in enumerate(rows.children) if _name(n) in gone], notes)
    if net.put is not None:
        put = net.put
        if put.kind == ARRAY and put.children and put.children[0].kind == STRING:
            raise Kept("it has one output alone")
        doomed = [i for i, n in enumerate(put.children) if n.children and n.children[0].value in outputs]
        spans += bracketed(page, put, doomed, notes)
    compiled = [i for i, n in enumerate(root.children) if n.key == "compile_config"]
    trained = any(root.children[i].kind == OBJECT and root.children[i].children for i in compiled)
    if compiled:
        spans += bracketed(page, root, compiled, notes)
    text, at = [], 0
    for start, end in sorted(spans):
        text.append(net.text[at:start])
        at = max(at, end)
    made = "".join([*text, net.text[at:]])
    again = parsed(made)
    if set(again.layers) != set(net.layers) - gone or set(again.outputs) != set(net.outputs) - outputs:
        raise Kept("its configuration would not read as it should")
    return made, trained


def _name(node: Node) -> str:
    inner = node.get("config")
    return (inner.text("name") if inner is not None else "") or node.text("name")


class _Sheet(Page):
    """A text that is no file of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
