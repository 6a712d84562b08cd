"""Weights of TensorFlow.js: groups of arrays one behind another, in files that are read as if they were one.

After ``weightsManifest`` of ``tfjs-core/src/io/types.ts`` and ``io_utils.ts`` (tensorflow/tfjs, Apache 2.0).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from untag.edit import Blank, beside
from untag.gap import Damaged
from untag.rewriters._beside import owned
from untag.rewriters._tensor import Kept, cut_bytes
from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from untag.artifact import Artifact
    from untag.syntax.tree import Node

__all__ = ["Files", "Group", "Loss", "Weight", "compared", "groups", "orders", "said_of", "taken"]

#: Bytes of a number, as it is kept.
_WIDTHS = {"float32": 4, "int32": 4, "complex64": 8, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}
_DIMS, _DIGITS, _CHUNK = 16, 12, 4 << 20
#: Bytes of one array that loses classes: the last layer of a head.
_MOST = 256 << 20
#: Spans of one array.
_SPANS = 1_000_000


@dataclass(frozen=True, slots=True)
class Weight:
    """One array.

    Attributes:
        name: Its own.
        node: Where it is described.
        shape: Its sizes, the last the nearest.
        sizes: Where these stand.
        kind: What its numbers are kept as.
        scale: What they are multiplied with and then lifted by, where they are quantised.
        start: Its first byte in the group.
        end: The byte behind its last.
        training: Whether only training needs it.
    """

    name: str
    node: Node
    shape: tuple[int, ...]
    sizes: tuple[Node, ...]
    kind: str
    scale: tuple[float, float] | None
    start: int
    end: int
    training: bool

    @property
    def width(self) -> int:
        """Bytes of one number."""
        return _WIDTHS[self.kind]


@dataclass(frozen=True, slots=True)
class Group:
    """Arrays that lie in the same files.

    Attributes:
        node: Where it is described.
        held: Where its arrays are listed.
        listed: Where its files are.
        paths: Names of these, in order.
        weights: The arrays, in order.
    """

    node: Node
    held: Node
    listed: Node
    paths: tuple[str, ...]
    weights: tuple[Weight, ...]

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return self.weights[-1].end if self.weights else 0


@dataclass(slots=True)
class Loss:
    """What arrays lose.

    Attributes:
        gone: Names of those that go.
        cuts: Of others by name an axis, from the front, and the places along it that go.
    """

    gone: set[str] = field(default_factory=set)
    cuts: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def shape(self, one: Weight) -> tuple[int, ...]:
        """The sizes of an array afterwards."""
        if one.name not in self.cuts:
            return one.shape
        axis, places = self.cuts[one.name]
        return (*one.shape[:axis], one.shape[axis] - len(places), *one.shape[axis + 1 :])

    def spans(self, one: Weight) -> list[tuple[int, int]]:
        """Bytes of a group that go with an array.

        Raises:
            Kept: They are too many pieces.
        """
        if one.name in self.gone:
            return [(one.start, one.end)] if one.end > one.start else []
        if one.name not in self.cuts:
            return []
        axis, places = self.cuts[one.name]
        inner = prod(one.shape[axis + 1 :]) * one.width
        row = one.shape[axis] * inner
        rows = (one.end - one.start) // row if row else 0
        if rows * len(places) > _SPANS or one.end - one.start > _MOST:
            raise Kept("the last layer is larger than is cut at once")
        return _joined([(at + p * inner, at + (p + 1) * inner)
                        for at in range(one.start, one.end, row or 1) for p in places])  # fmt: skip


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and out[-1][1] == start:
            out[-1] = out[-1][0], end
        else:
            out.append((start, end))
    return out


def groups(root: Node) -> tuple[Group, ...]:
    """The groups of a model, as its description lists them.

    Raises:
        Kept: They are not understood.
    """
    manifest = root.get("weightsManifest")
    if manifest is None or manifest.kind != ARRAY:
        raise Kept("its weights are listed in a way that is not understood here")
    out: list[Group] = []
    names: set[str] = set()
    for node in manifest.children:
        held, listed = node.get("weights"), node.get("paths")
        if held is None or listed is None or held.kind != ARRAY or listed.kind != ARRAY:
            raise Kept("its weights are listed in a way that is not understood here")
        rows: list[Weight] = []
        for child in held.children:
            rows.append(_weight(child, rows[-1].end if rows else 0))
            if rows[-1].name in names:
                raise Kept("two of its arrays are called alike")
            names.add(rows[-1].name)
        if not all(one.kind == STRING for one in listed.children):
            raise Kept("its files are listed in a way that is not understood here")
        out.append(Group(node, held, listed, tuple(one.value for one in listed.children), tuple(rows)))
    paths = [path for group in out for path in group.paths]
    if len(set(paths)) != len(paths):
        raise Kept("a file of weights is named twice")
    return tuple(out)


def _weight(node: Node, start: int) -> Weight:
    name, sizes = node.text("name"), node.get("shape")
    if not name or sizes is None or sizes.kind != ARRAY or len(sizes.children) > _DIMS:
        raise Kept("an array of its weights has no name or shape")
    numbers = [one for one in sizes.children if one.kind == NUMBER and one.value.isdecimal()]
    if len(numbers) != len(sizes.children) or any(len(one.value) > _DIGITS for one in numbers):
        raise Kept("an array of its weights has no shape")
    quantized = node.get("quantization")
    inner = quantized if quantized is not None and quantized.kind == OBJECT else None
    kind = (inner.text("dtype") if inner is not None else "") or node.text("dtype")
    if kind not in _WIDTHS:
        raise Kept(f"its weights are kept as {kind[:20] or 'nothing'}, whose length is not told")
    scale = None
    if inner is not None and kind != "float16":
        try:
            scale = float(inner.text("scale")), float(inner.text("min"))
        except ValueError:
            raise Kept("nothing tells what its quantised numbers mean") from None
    shape = tuple(int(one.value) for one in numbers)
    end = start + prod(shape) * _WIDTHS[kind]
    training = node.text("group") == "optimizer"
    return Weight(name, node, shape, tuple(numbers), kind, scale, start, end, training)


# -- files -------------------------------------------------------------------------------------------------------------


class Files:
    """The bytes of a group.

    Args:
        group: It.
        open_: Gives a file by its name.

    Raises:
        Kept: A file is not there, or they are not as long together as the arrays are.
    """

    def __init__(self, group: Group, open_: Callable[[str], Artifact | None]) -> None:
        self.rows: list[tuple[int, int, Artifact]] = []
        at = 0
        for name in group.paths:
            file = open_(name)
            if file is None:
                raise Kept(f"its weights lie in {name[:80]}, which is not beside it, or is a link")
            self.rows.append((at, at + file.size, file))
            at += file.size
        if at != group.size:
            raise Kept(f"its arrays of weights are {group.size:,} bytes, and the files of them {at:,}")

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Bytes from and to a place.

        Raises:
            Damaged: A file became shorter while it was read.
        """
        for first, last, file in self.rows:
            low, high = max(start, first), min(end, last)
            if low >= high:
                continue
            with file.open() as held:
                held.seek(low - first)
                left = high - low
                while left:
                    piece = held.read(min(left, _CHUNK))
                    if not piece:
                        raise Damaged("a file became shorter while it was read")
                    yield piece
                    left -= len(piece)


def orders(
    artifact: Artifact, held: tuple[Group, ...], loss: Loss, like: Blank
) -> tuple[tuple[tuple[str, Blank], ...], set[str]]:
    """What the files of weights have to do.

    Args:
        artifact: The model.
        held: Its groups.
        loss: What goes of them.
        like: What is said of each step.

    Returns:
        By name what each has to do; and names of those of which nothing is left.

    Raises:
        Kept: One is not there, or another model takes weights from it too.
    """
    out: list[tuple[str, Blank]] = []
    empty: set[str] = set()
    for group in held:
        spans = [span for one in group.weights for span in loss.spans(one)]
        if not spans:
            continue
        files = Files(group, lambda name: beside(artifact, name))
        for (first, last, _), name in zip(files.rows, group.paths, strict=True):
            mine = [(max(a, first) - first, min(b, last) - first) for a, b in spans if a < last and b > first]
            mine = _joined(mine)
            if mine == [(0, last - first)]:
                empty.add(name)
                out.append((name, Blank((), "nothing of what it holds is left", like.safe, like.why, like.keys)))
            elif mine:
                out.append((name, Blank(tuple(mine), "", like.safe, like.why, like.keys, out=True)))
    owned(artifact, [name for name, _ in out])
    return tuple(out), empty


def taken(
    artifact: Artifact, held: tuple[Group, ...], why: str, keys: tuple[str, ...]
) -> tuple[tuple[str, Blank], ...]:
    """What the files of weights have to do where all of a model goes.

    Raises:
        Kept: One is not there, or another model takes weights from it too.
    """
    for group in held:
        Files(group, lambda name: beside(artifact, name))
    names = [name for group in held for name in group.paths]
    owned(artifact, names)
    return tuple((name, Blank((), why, keys=keys)) for name in names)


def compared(
    before: Mapping[str, tuple[Weight, Files]], after: Mapping[str, tuple[Weight, Files]], loss: Loss
) -> tuple[str, int, str]:
    """Compare arrays.

    Args:
        before: By name, each with the files that it lies in.
        after: The same.
        loss: What went.

    Returns:
        What is wrong, or nothing; how many arrays are the same, and the digest of all of these.
    """
    if [name for name in before if name not in loss.gone] != [*after]:
        return "other arrays of weights would be there than were left", 0, ""
    whole, total = hashlib.sha256(), 0
    for name, (made, files) in after.items():
        one, old = before[name]
        if made.shape != loss.shape(one) or (made.kind, made.scale) != (one.kind, one.scale):
            return f"the array {name!r} would be of another shape or kind", 0, ""
        digest, was = hashlib.sha256(), hashlib.sha256()
        for piece in files.read(made.start, made.end):
            digest.update(piece)
        if name in loss.cuts:
            axis, places = loss.cuts[name]
            data = b"".join(old.read(one.start, one.end))
            was.update(cut_bytes(data, one.shape, one.width, axis, places))
        else:
            for piece in old.read(one.start, one.end):
                was.update(piece)
            total += 1
            whole.update(was.digest())
        if was.digest() != digest.digest():
            return f"the array {name!r} would not be the same", 0, ""
    return "", total, "sha256:" + whole.hexdigest()


def said_of(
    held: Mapping[str, tuple[Weight, Files]], name: str, path: str, *, turned: bool, flat: bool
) -> dict[str, object] | None:
    """The numbers of an array put into a file, and what they are, for who computes with them; None of other kinds.

    Args:
        held: All arrays.
        name: Which.
        path: The file.
        turned: Whether its classes stand on the last axis.
        flat: Whether it is a row of numbers, whatever its shape.
    """
    one, files = held[name]
    kinds = {"float32": "F32", "float16": "F16", "uint8": "U8", "uint16": "U16"}
    if one.kind not in kinds or one.end - one.start > _MOST:
        return None
    with open(path, "wb") as out:  # noqa: PTH123
        out.writelines(files.read(one.start, one.end))
    shape = [prod(one.shape)] if flat else [*one.shape]
    made: dict[str, object] = {"file": path, "type": kinds[one.kind], "shape": shape, "turned": turned}
    return made | ({"scale": list(one.scale)} if one.scale is not None else {})
