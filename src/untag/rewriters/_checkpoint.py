"""State dicts of PyTorch, zipped or in the old format: their tensors by name, found without unpickling anything.

Layouts after ``torch/serialization.py`` and ``torch/_utils.py`` (github.com/pytorch/pytorch): a storage is a
persistent id ``("storage", class, key, device, numbers)``, a tensor a call of ``_rebuild_tensor_v2`` with storage,
offset, size and stride. Zipped, storage ``key`` is the member ``<root>/data/<key>``; in the old format the storages
follow the fifth pickle, which lists their keys, each behind its number of elements.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from untag.readers._zip import LOCAL, Parts
from untag.rewriters._tensor import Kept
from untag.rewriters._tensors import CHUNK
from untag.syntax import pickle
from untag.syntax._argument import LONGEST
from untag.syntax.pages import bytes_of
from untag.syntax.pickle import Bundle, Global, Made, Text
from untag.syntax.safetensors import WIDTHS, Header, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.readers._zip import Part

__all__ = ["Checkpoint", "checkpoint", "legacy", "zipped"]

#: What the old format begins with (``MAGIC_NUMBER``), and the pickles before its storages.
_MAGIC, _PARTS = 0x1950A86A20F9469CFC6C, 5
#: Values of the pickle, its bytes, and numbers that are gathered one by one.
_VALUES, _PICKLE, _GATHERED = 2_000_000, 64 << 20, 16 << 20
#: Bytes that such numbers may lie apart, and how many of them are gathered at once.
_SPREAD, _AT_ONCE = 256 << 20, 64 << 10
_TYPES = {
    "FloatStorage": "F32", "DoubleStorage": "F64", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8",
    "BoolStorage": "BOOL", "ComplexFloatStorage": "C64",
}  # fmt: skip
#: What makes a tensor: the older of the two has no hooks, the arguments before are the same.
_CALLS = frozenset({"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"})
#: Others, by what they make: safetensors have no place for scales, nor for numbers that are not written out.
_KINDS = {
    "torch._utils._rebuild_qtensor": " (quantised)", "torch._utils._rebuild_sparse_tensor": " (sparse)",
    "torch._utils._rebuild_wrapper_subclass": " (packed)",
}  # fmt: skip
_MAPS = frozenset({"collections.OrderedDict", "builtins.dict", "__builtin__.dict"})
#: Members of the archive beside the pickle and the storages.
_BESIDE = frozenset({"version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"})
OTHER = "it is no state dict"


class _View(NamedTuple):
    """Where a tensor's numbers lie in a storage."""

    key: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class Checkpoint:
    """The tensors of a state dict.

    Attributes:
        header: What is in it; texts beside the tensors are its metadata, those of other kinds as JSON.
        nested: The key that the state dict stands under; nothing where it is all of the file.
        shared: Tensors that share numbers with another one.
    """

    def __init__(self, file: BinaryIO, root: Any, storages: dict[str, tuple[int, int]]) -> None:
        self._file = file
        self._storages = storages
        self._views: dict[str, _View] = {}
        self.nested, rows, rest = _state(root)
        used: dict[str, int] = {}
        found: list[Tensor] = []
        for name, value in rows:
            if len(name) >= LONGEST:
                raise Kept("a tensor has a name that is too long")
            found.append(self._tensor(name, value, used))
        if len({t.name for t in found}) != len(found):
            raise Kept("a tensor stands in it twice")
        self.shared = sum(number - 1 for number in used.values())
        texts = {key: value.value if isinstance(value, Text) else json.dumps(_plain(value, key)) for key, value in rest}
        # As safetensors writes it for PyTorch: loaders refuse metadata that do not say so (``load_state_dict`` of
        # huggingface/transformers).
        texts.setdefault("format", "pt")
        self.header = Header(0, texts, _laid(found))
        if sum(t.end - t.start for t in found) > 4 * sum(size for _, size in storages.values()) + 4096:
            raise Kept("its tensors are much larger than what they are made of")

    def read(self, one: Tensor, start: int, end: int) -> Iterator[bytes]:
        """Bytes of a tensor, from and to a place in it, in the order of its shape.

        Raises:
            Kept: The file became shorter while it was read, or its numbers lie too far apart.
        """
        view = self._views[one.name]
        width = WIDTHS[one.dtype] // 8
        at, _ = self._storages[view.key]
        if _straight(view):
            yield from self._span(at + view.offset * width + start, end - start)
            return
        low, high = _reach(view)
        if prod(view.shape) > _GATHERED or (high - low + 1) * width > _SPREAD:
            raise Kept(f"the numbers of {one.name!r} do not lie in order, and are too many to be put in order here")
        raw = b"".join(self._span(at + low * width, (high - low + 1) * width)) if prod(view.shape) else b""
        spots = (view.offset - low + sum(map(_times, where, view.stride)) for where in product(*map(range, view.shape)))
        wanted = islice(spots, start // width, -(-end // width))
        skip, left = start % width, end - start
        while left and (some := list(islice(wanted, _AT_ONCE))):
            piece = b"".join(raw[s * width : s * width + width] for s in some)[skip : skip + left]
            skip, left = 0, left - len(piece)
            yield piece

    def _span(self, at: int, left: int) -> Iterator[bytes]:
        self._file.seek(at)
        while left:
            piece = self._file.read(min(left, CHUNK))
            if not piece:
                raise Kept("the file became shorter while it was read")
            yield piece
            left -= len(piece)

    def _tensor(self, name: str, value: Any, used: dict[str, int]) -> Tensor:
        """One tensor.

        Raises:
            Kept: It is of a kind that is not written here, or lies outside of its storage.
        """
        while isinstance(value, Made) and value.name == "torch._utils._rebuild_parameter":
            value = next(iter(_items(value.args)), None)
        parts = _items(value.args) if isinstance(value, Made) else []
        if not isinstance(value, Made) or value.name not in _CALLS or len(parts) < 4:
            kind = _KINDS.get(value.name, "") if isinstance(value, Made) else ""
            raise Kept(f"the tensor {name[:80]!r} is of a kind that is not written here{kind}")
        kind, key = _storage(parts[0], name)
        sizes, strides = _numbers(parts[2]), _numbers(parts[3])
        offset = parts[1]
        if sizes is None or strides is None or len(sizes) != len(strides) or type(offset) is not int or offset < 0:
            raise Kept(f"the tensor {name[:80]!r} has no shape that is understood here")
        view = _View(key, offset, sizes, strides)
        width, total = WIDTHS[kind] // 8, prod(sizes)
        if key not in self._storages or (total and (_reach(view)[1] + 1) * width > self._storages[key][1]):
            raise Kept(f"the tensor {name[:80]!r} is larger than what it is made of")
        used[key] = used.get(key, 0) + 1
        self._views[name] = view
        return Tensor(name, kind, sizes, 0, total * width)


def zipped(artifact: Artifact) -> bool:
    """Whether it is an archive as ``torch.save`` makes one: its first member is the pickle, and a version is told."""
    head = artifact.head
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if not head.startswith(LOCAL) or not name.endswith(b"/data.pkl"):
        return False
    version = name.removesuffix(b"data.pkl") + b"version"
    return any(part.raw == version for part in Parts(artifact).walk())


def legacy(artifact: Artifact) -> bool:
    """Whether it begins with the number of the old format."""
    return artifact.head[:1] == b"\x80" and artifact.head[2:15] == b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


@contextmanager
def checkpoint(artifact: Artifact) -> Iterator[Checkpoint]:
    """Read a state dict; nothing is unpickled.

    Raises:
        Kept: It is none, or holds what cannot be written as safetensors.
    """
    with artifact.open() as file:
        if zipped(artifact):
            root, storages = _zip(artifact, file)
        elif legacy(artifact):
            root, storages = _old(artifact)
        else:
            raise Kept(OTHER)
        yield Checkpoint(file, root, storages)


def _zip(artifact: Artifact, file: BinaryIO) -> tuple[Any, dict[str, tuple[int, int]]]:
    """What the pickle in an archive leaves, and where its storages lie."""
    parts = Parts(artifact)
    rows: dict[str, Part] = {}
    for part, name, _ in parts.named():
        if name in rows:
            raise Kept(f"{OTHER}: {name[:80]} stands in the archive twice")
        rows[name] = part
    found = [name for name in rows if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(found) != 1 or parts.damage or parts.overlapping:
        raise Kept(f"{OTHER}: the archive is damaged, or holds more than one")
    base = found[0].removesuffix("data.pkl")
    storages: dict[str, tuple[int, int]] = {}
    for name, part in rows.items():
        inner = name.removeprefix(base)
        if part.method or part.flags & 1:
            raise Kept(f"{name[:80]} is packed, as torch packs nothing")
        if inner.startswith("data/") and inner[5:].isdigit():
            storages[inner[5:]] = part.at, part.packed
        elif inner not in _BESIDE and name != found[0]:
            raise Kept(f"{OTHER}: it holds {name[:80]} (a program that torch runs, or a model with its code)")
    order = rows.get(base + "byteorder")
    if order is not None:
        file.seek(order.at)
        if file.read(min(order.packed, 16)) != b"little":
            raise Kept("its numbers are written the other way round")
    part = rows[found[0]]
    if part.packed > _PICKLE:
        raise Kept("its pickle is larger than is read here")
    file.seek(part.at)
    program = pickle.read(file.read(part.packed), _VALUES)
    _sound(program, 1)
    return program.roots[0], storages


def _old(artifact: Artifact) -> tuple[Any, dict[str, tuple[int, int]]]:
    """What the fourth pickle leaves, and where the storages lie that the fifth lists."""
    with bytes_of(artifact) as data:
        program = pickle.read(data, _VALUES)
        _sound(program, _PARTS)
        if program.roots[0] != _MAGIC:
            raise Kept(OTHER)
        system = {k.value: v for k, v in _pairs(program.roots[2]) or () if isinstance(k, Text)}
        if system.get("little_endian") is not True:
            raise Kept("its numbers are written the other way round")
        widths = _widths(program.roots[3])
        storages: dict[str, tuple[int, int]] = {}
        at = program.end
        for key in _items(program.roots[4]):
            name = key.value if isinstance(key, Text) else ""
            size = int.from_bytes(data[at : at + 8], "little") * widths.get(name, 0)
            if name not in widths or at + 8 + size > len(data):
                raise Kept("its storages break off")
            storages[name] = at + 8, size
            at += 8 + size
        if at != len(data):
            raise Kept("bytes follow its storages")
    return program.roots[3], storages


def _widths(root: Any) -> dict[str, int]:
    """Bytes of a number of each storage, as the tensors say that are made of them."""
    out: dict[str, int] = {}
    stack, seen = [root], set[int]()
    while stack:
        value = stack.pop()
        if not isinstance(value, Bundle | Made) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Made) and value.name == "persistent":
            kind, key = _storage(value, "")
            out[key] = WIDTHS[kind] // 8
            continue
        stack += value.items if isinstance(value, Bundle) else [value.args, *value.pairs, *value.items]
    return out


def _sound(program: pickle.Program, parts: int) -> None:
    """Complain of a pickle that could not be followed to its end."""
    if program.damage or program.stop or len(program.roots) != parts or program.dropped:
        raise Kept(f"{OTHER}: its pickle cannot be followed, or holds other things")


def _storage(value: Any, name: str) -> tuple[str, str]:
    """Type and key of a storage."""
    parts = _items(value.args) if isinstance(value, Made) and value.name == "persistent" else []
    first = parts[0].value if len(parts) > 4 and isinstance(parts[0], Text) else ""
    if first != "storage" or not isinstance(parts[2], Text):
        raise Kept(f"the tensor {name[:80]!r} is of a kind that is not written here")
    kind = parts[1].name.removeprefix("torch.") if isinstance(parts[1], Global) else ""
    if kind not in _TYPES or (len(parts) > 5 and parts[5] is not None):
        raise Kept(f"the tensor {name[:80]!r} is of a type that is not written here ({kind[:40] or 'none'})")
    return _TYPES[kind], parts[2].value


def _state(root: Any) -> tuple[str, list[tuple[str, Any]], list[tuple[str, Any]]]:
    """The state dict in a file.

    Returns:
        The key that it stands under, its tensors, and what stands beside it.

    Raises:
        Kept: There is none, or more than one.
    """
    pairs = _pairs(root)
    if pairs is None:
        what = root.name if isinstance(root, Made) else "no map of tensors"
        raise Kept(f"{OTHER}: it holds {what[:80]}")
    if not all(isinstance(key, Text) for key, _ in pairs):
        raise Kept(f"{OTHER}: keys of it are no texts")
    rows = [(key.value, value) for key, value in pairs]
    if rows and all(_tensor(value) for _, value in rows):
        return "", rows, []
    held = [(key, inner) for key, value in rows if (inner := _pairs(value)) and any(_tensor(v) for _, v in inner)]
    if len(held) != 1:
        said = ", ".join(key[:40] for key, _ in held) or "none"
        raise Kept(f"{OTHER}, or more than one ({said}): safetensors hold tensors and texts alone")
    key, inner = held[0]
    if not all(isinstance(k, Text) and _tensor(v) for k, v in inner):
        raise Kept(f"{OTHER}: beside tensors {key[:40]!r} holds other things")
    rest = [(k, v) for k, v in rows if k != key]
    for k, v in rest:
        _plain(v, k)
    return key, [(k.value, v) for k, v in inner], rest


def _tensor(value: Any) -> bool:
    return isinstance(value, Made) and value.name.startswith("torch._utils._rebuild_")


def _plain(value: Any, key: str, depth: int = 0) -> Any:
    """A value that JSON can hold.

    Raises:
        Kept: It is none.
    """
    if isinstance(value, Text) and len(value.value) < LONGEST:
        return value.value
    if value is None or isinstance(value, bool | int):
        return value
    pairs = _pairs(value)
    if depth < 8 and pairs is not None:
        names = [_plain(k, key, depth + 1) for k, _ in pairs]
        if all(isinstance(n, str | int) for n in names) and len({str(n) for n in names}) == len(names):
            return {str(n): _plain(v, key, depth + 1) for n, (_, v) in zip(names, pairs, strict=True)}
    if depth < 8 and isinstance(value, Bundle) and value.kind in ("list", "tuple"):
        return [_plain(v, key, depth + 1) for v in value.items]
    raise Kept(f"beside its tensors it holds {key[:40]!r}, which safetensors cannot hold")


def _pairs(value: Any) -> list[tuple[Any, Any]] | None:
    """Keys and values of a dictionary; None if it is none."""
    if isinstance(value, Bundle) and value.kind == "dict":
        flat = value.items
    elif isinstance(value, Made) and value.name in _MAPS and not value.items:
        # Python 2 called it with a list of pairs; Python 3 puts them in afterwards.
        flat = [v for rows in _items(value.args) for row in _items(rows) for v in (_items(row) or [None])] + value.pairs
        state = _pairs(value.state) if isinstance(value.state, Bundle) else None
        told = value.state is None or all(isinstance(k, Text) and k.value == "_metadata" for k, _ in state or ((0, 0),))
        paired = all(len(_items(row)) == 2 for rows in _items(value.args) for row in _items(rows))
        if not told or not paired:
            return None
    else:
        return None
    return list(zip(flat[::2], flat[1::2], strict=False))


def _items(value: Any) -> list[Any]:
    return value.items if isinstance(value, Bundle) else []


def _numbers(value: Any) -> tuple[int, ...] | None:
    rows: list[Any] = value.items if isinstance(value, Bundle) and len(value.items) <= 64 else [None]
    return tuple(rows) if all(type(v) is int and 0 <= v < 1 << 48 for v in rows) else None


def _straight(view: _View) -> bool:
    """Whether the numbers lie in the order of their shape; how far apart one alone lies from others does not count."""
    return all(
        size == 1 or step == prod(view.shape[at + 1 :])
        for at, (size, step) in enumerate(zip(view.shape, view.stride, strict=True))
    )


def _reach(view: _View) -> tuple[int, int]:
    """The first and last number of a storage that a tensor is made of."""
    return view.offset, view.offset + sum((n - 1) * s for n, s in zip(view.shape, view.stride, strict=True) if n)


def _times(one: int, other: int) -> int:
    return one * other


def _laid(found: list[Tensor]) -> tuple[Tensor, ...]:
    """Tensors one behind the other, the widest numbers first, so that none lies askew."""
    at, spots = 0, dict[str, int]()
    for one in sorted(found, key=lambda t: -WIDTHS[t.dtype]):
        spots[one.name] = at
        at += one.end
    return tuple(Tensor(t.name, t.dtype, t.shape, spots[t.name], spots[t.name] + t.end) for t in found)
