"""Proof for a layer that lost classes: what it puts out for the others, computed before and after by numpy."""

from __future__ import annotations

import tempfile
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from untag.edit import Proof
from untag.rewriters import _run
from untag.rewriters._proof import NEEDS, apart, asked, explained, unexplained, where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from untag.rewriters._tensors import Store
    from untag.syntax.safetensors import Tensor

__all__ = ["computed", "put_out"]

_TYPES = ("F64", "F32", "F16", "BF16")
#: Bytes of a layer beyond which it is compared and not computed.
_MOST = 256 << 20


def put_out(before: Store, after: Store, rows: Mapping[str, tuple[int, ...]]) -> Proof:
    """Compute each layer that lost rows on made-up numbers.

    Args:
        before: Tensors as they were.
        after: As they are.
        rows: Which rows went, by tensor.

    Returns:
        How far what is put out for the other classes is apart. Where numpy is missing that is said, and no error: the
        rows themselves are compared already.
    """
    layers: list[dict[str, object]] = []
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="untag-proof-") as folder:
        for name, places in sorted(rows.items()):
            if not name.endswith(".weight"):
                continue
            layer = name.removesuffix(".weight")
            made = [_taken(one, layer, folder, f"{len(layers)}-{at}") for at, one in enumerate((before, after))]
            if None in made:
                said.append(f"what {layer!r} puts out was not computed: its numbers are of another type, or too many")
                continue
            layers.append({"name": layer, "cut": list(places), "sides": made})
        return computed(layers, folder, said)


def computed(layers: Sequence[Mapping[str, object]], folder: str, said: Sequence[str] = ()) -> Proof:
    """Compute layers before and after.

    Args:
        layers: As ``_run.layers`` takes them.
        folder: A private one.
        said: What is told of others.

    Returns:
        As ``put_out``.
    """
    if not layers:
        return Proof("", tuple(said))
    told = asked(_run.__file__, folder, {"layers": layers})
    if "needs" in told:
        return Proof("", (*said, f"what it puts out was not computed: {NEEDS} (it lacks {told['needs']})"))
    if "error" in told or "outputs" not in told:
        return Proof(f"what it puts out cannot be compared: {told.get('error', 'it could not be computed')}")
    if other := unexplained(told):
        return Proof(other)
    for layer, (far, units) in told["outputs"].items():
        how = apart(far, units) + explained(told, layer)
        said = (*said, f"what {layer!r} puts out for the other classes {how} ({where(told)})")
    return Proof("", tuple(said), told)


def _taken(store: Store, layer: str, folder: str, stem: str) -> dict[str, object] | None:
    """The numbers of a layer as files; None where they are not computed."""
    out: dict[str, object] = {}
    there = {t.name: t for t in store.header.tensors}
    for kind in ("weight", "bias"):
        one = there.get(f"{layer}.{kind}")
        if one is None:
            continue
        if one.dtype not in _TYPES or one.end - one.start > _MOST:
            return None
        path = Path(folder, f"{stem}-{kind}")
        with path.open("wb") as file:
            file.writelines(store.read(one, 0, one.end - one.start))
        out[kind] = {"file": str(path), "type": one.dtype, "shape": _flat(one)}
    return out


def _flat(one: Tensor) -> list[int]:
    return [one.shape[0], prod(one.shape[1:])] if len(one.shape) > 1 else [one.shape[0]]
