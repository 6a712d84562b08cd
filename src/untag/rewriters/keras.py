"""Keras models, in HDF5 and as ``.keras``: outputs go with the layers that serve only them, weights and settings."""

from __future__ import annotations

import os
import tempfile
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from untag.edit import Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.rewriters import _hdf
from untag.rewriters._boxed import FAILS, twin
from untag.rewriters._heads import OWN, Change, Parts, followed, planned, same
from untag.rewriters._hub import Order
from untag.rewriters._labels import CARRIED
from untag.rewriters._layers import foreign, parsed
from untag.rewriters._proof import apart, copied, explained, required, unexplained, weighed, where
from untag.rewriters._sweep import residue
from untag.rewriters._tensor import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.surface import Surface

__all__ = ["KerasRewriter"]

NEEDS = "pip install 'untag[keras]'"
_MAGIC = b"\x89HDF\r\n\x1a\n"
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MEMBERS = ("metadata.json", _CONFIG, _WEIGHTS)
#: Bytes of a configuration; of all members together as a multiple of the archive.
_TEXT, _TIMES = 64 << 20, 200
#: What the library raises over a damaged archive.


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
        "single classes of an output go where an attribute of HDF5 lists them; ``.keras`` has no place for that",
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
                return planned(parts, targets)
        except Kept as kept:
            return Plan().keep(targets, str(kept))

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Cut classes that a list beside it names out of the layer that makes as many.

        Raises:
            Damaged: Nothing tells the layer, or it cannot be cut.
        """
        try:
            with _opened(artifact) as parts:
                return followed(parts, [order for order in orders if isinstance(order, Order)])
        except Kept as kept:
            raise Damaged(str(kept)) from kept

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Write configuration and weights anew.

        Raises:
            Damaged: It cannot be done.
        """
        change = plan.data = next(e.data for e in plan.edits if isinstance(e.data, Change))
        try:
            with _unpacked(artifact) as (folder, weights, _, archive):
                target = os.path.join(folder, "after.h5")  # noqa: PTH118
                spec = {"drop": change.drop, "move": change.move, "attrs": change.attrs, "cuts": change.cuts}
                made = required(_hdf.__file__, folder, {"source": weights, "target": target, **spec}, NEEDS)
                same(made["before"], made["after"], change)
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
        if not isinstance(change, Change):
            return False
        path, _, name = pointer.partition("@")
        if any(path == one or path.startswith(f"{one}/") for one in change.drop):
            return True
        told = change.attrs.get(path.rstrip("/"), {})
        name = name if name in told else name.rpartition("/")[0]
        return name in told and (told[name] is None or surface.text in change.gone)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Run both models on the same made-up numbers; their weights were compared when the new one was written."""
        change = plan.data
        assert isinstance(change, Change)  # noqa: S101 - ``rewrite`` left it there
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
            return Proof(OWN.format(own))
        numbers = len(change.listed["datasets"])
        behind = {cut.output for cut in change.classes if old.weighing(cut.chain)}
        with tempfile.TemporaryDirectory(prefix="untag-proof-") as folder:
            suffix = ".keras" if archive else ".h5"
            spec = {
                "keras": [copied(before, folder, f"before{suffix}"), copied(after, folder, f"after{suffix}")],
                "outputs": [n for n in net.outputs if n not in behind],
                "cuts": {cut.output: cut.places for cut in change.classes},
                "layers_cut": {cut.chain[-1].name: cut.places for cut in change.classes},
                "chains": {cut.chain[-1].name: [c.name for c in reversed(cut.chain)] for cut in change.classes},
            }
            from untag.rewriters import _run

            made = required(_run.__file__, folder, spec, NEEDS)
        if "error" in made:
            return Proof(f"what it puts out cannot be compared: {made['error']}")
        if other := unexplained(made):
            return Proof(other)
        cut = len(change.cuts)
        said = [f"{numbers - cut} arrays of weights are the same, by digest"]
        said += [f"of {cut} arrays that lost classes all other numbers are the same, by digest"] if cut else []
        for name, (far, units) in made["outputs"].items():
            said.append(f"{name!r} {apart(far, units)}{explained(made, name)} ({where(made)})")
        said += map(weighed, sorted(behind))
        return Proof("", tuple(said), {**made, "arrays": numbers})


# -- files -------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(artifact: Artifact, *, values: bool = False) -> Iterator[Parts]:
    """A model's parts; with digests of its numbers where those are asked for.

    Raises:
        Kept: It is none, or cannot be read.
    """
    with _unpacked(artifact) as (folder, weights, text, archive):
        listed = required(_hdf.__file__, folder, {"source": weights, "values": values}, NEEDS)["before"]
        if not archive:
            told = listed["groups"].get("", {}).get("model_config")
            if not isinstance(told, str):
                raise Kept("no model of Keras is described in it")
            text = told
        yield Parts(text, listed, archive)


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
    except FAILS as error:
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
            made = twin(info)
            if info.filename == _CONFIG:
                new.writestr(made, config.encode("utf-8"))
                continue
            with new.open(made, "w", force_zip64=info.file_size > 1 << 31) as target:
                if info.filename == _WEIGHTS:
                    while piece := weights.read(1 << 20):
                        target.write(piece)
                else:
                    target.write(old.read(info))
