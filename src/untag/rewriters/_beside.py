"""Weights of a model in ONNX that lie in files beside it: which files, which bytes, and what needs them no more."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from posixpath import normpath
from typing import TYPE_CHECKING

from untag.charset import is_text
from untag.edit import around, beside
from untag.rewriters._tensor import Kept, Outside, dims_of, outside
from untag.syntax.onnx import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.artifact import Artifact
    from untag.syntax.rewire import Draft

__all__ = ["blanks", "files", "owned", "reader", "wholly"]

_CHUNK = 8 << 20
#: Bytes of one tensor that are read at once: the last layer of a head.
_MOST = 256 << 20
_NOWHERE = "its weights lie in {}, which is not beside it, or is a link"
_SHARED = "{} takes weights from {} too"
_NONE = "its weights lie in {}, which is no file of bare numbers"
_TWICE = "its weights lie in {}, which it names in two ways"
#: Sizes of one tensor that are multiplied; of one with more all that follows is needed.
_DIMS, _REST = 16, 1 << 60


def reader(artifact: Artifact) -> Callable[[Outside], bytes]:
    """What reads weights of a model that lie beside it."""

    def read(where: Outside) -> bytes:
        file = _file(artifact, where.location)
        if where.length > _MOST:
            raise Kept("the weights of the layer are more than are cut at once")
        with file.open() as held:
            held.seek(where.offset)
            return held.read(where.length)

    return read


def _file(artifact: Artifact, location: str) -> Artifact:
    file = beside(artifact, location)
    if file is None:
        raise Kept(_NOWHERE.format(location[:80]))
    # What a model says of a file next to it is no reason to write into a text, or into the model itself.
    if location == artifact.name or is_text(file.head):
        raise Kept(_NONE.format(location[:80]))
    return file


def files(artifact: Artifact, model: Draft) -> dict[str, str]:
    """Files beside a model that hold its weights, by name: where they lie; those that are not there are left out."""
    names = dict.fromkeys(one.location for one, _ in _tensors(model))
    found = ((name, beside(artifact, name)) for name in names)
    return {name: file.file for name, file in found if file is not None}


def _tensors(model: Draft) -> Iterator[tuple[Outside, Draft]]:
    """Tensors whose numbers lie beside a model, wherever in it they stand."""
    stack = [model]
    while stack:
        one = stack.pop()
        if one.name == "Tensor" and (where := outside(one)) is not None:
            yield where, one
        stack += [piece.inner for piece in one.pieces if piece.inner is not None]


def blanks(artifact: Artifact, model: Draft, gone: Iterable[Outside]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Bytes of files beside a model that nothing in it needs any more.

    Args:
        artifact: The model.
        model: It, as it is when steps were carried out.
        gone: Where numbers lay that went.

    Returns:
        Spans by file, in order.

    Raises:
        Kept: A file is not there, holds something else, or another model takes weights from it.
    """
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in gone:
        file = _file(artifact, one.location)
        end = file.size if one.length < 0 else one.offset + one.length
        spans[one.location].append((one.offset, min(end, file.size)))
    needed: dict[str, list[tuple[int, int]]] = defaultdict(list)
    known = {_plain(name): name for name in spans}
    for one, tensor in _tensors(model):
        if (name := known.get(_plain(one.location))) is None:
            continue
        if name != one.location:
            raise Kept(_TWICE.format(name[:80]))
        size = one.length if one.length >= 0 else _size(tensor)
        needed[name].append((one.offset, one.offset + size))
    if len(known) < len(spans):
        raise Kept(_TWICE.format(next(iter(spans))[:80]))
    owned(artifact, spans)
    return {name: tuple(_without(rows, needed[name])) for name, rows in sorted(spans.items())}


def wholly(artifact: Artifact, model: Draft) -> list[str]:
    """Files beside a model that go with all of it.

    Raises:
        Kept: One holds something else, or another model takes weights from it.
    """
    names = list(files(artifact, model))
    for name in names:
        _file(artifact, name)
    owned(artifact, names)
    return names


def owned(artifact: Artifact, names: Iterable[str]) -> None:
    """Nothing, where no other model beside one names any of some files.

    Raises:
        Kept: One does.
    """
    others = [n for n in around(artifact) if n != artifact.name and n.lower().endswith((".onnx", ".ort", ".json"))]
    for name in names:
        for other in others:
            if _names(artifact, other, name):
                raise Kept(_SHARED.format(other, name))


def _plain(location: str) -> str:
    """A location by which two ways to say it are told to be one, also where case does not count."""
    return normpath(location.replace("\\", "/")).casefold()


def _size(tensor: Draft) -> int:
    """Bytes of a tensor; of one whose width or shape makes no sense all that follows."""
    dims = dims_of(tensor)
    width = WIDTHS.get(tensor.number("type"), 0)
    return prod(dims) * width if width and len(dims) <= _DIMS and min(dims, default=1) >= 0 else _REST


def _names(artifact: Artifact, other: str, name: str) -> bool:
    """Whether another model beside this one names a file; of a link that is taken to be so."""
    file = beside(artifact, other)
    if file is None:
        return True
    if other.lower().endswith(".json") and not (file.held and b'"dtype"' in file.data):
        return False  # it describes no weights
    wanted, rest = name.encode(), b""
    with file.open() as held:
        while piece := held.read(_CHUNK):
            if wanted in rest + piece:
                return True
            rest = piece[-len(wanted) :]
    return False


def _without(spans: list[tuple[int, int]], needed: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans, joined, without what lies in others."""
    keep = sorted(needed)
    at = 0
    for start, end in sorted(spans):
        low = max(start, at)
        at = max(at, end)
        for first, last in keep:
            if last <= low or first >= end:
                continue
            if first > low:
                yield low, first
            low = max(low, last)
        if low < end:
            yield low, end
