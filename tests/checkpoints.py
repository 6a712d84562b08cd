"""Files as ``torch.save`` writes them, made without torch: the same opcodes and members, from arrays."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Shown", "Storage", "old", "state", "zipped"]

_KINDS = {
    "float32": "Float",
    "float16": "Half",
    "float64": "Double",
    "int64": "Long",
    "int8": "Char",
    "uint8": "Byte",
    "bool": "Bool",
}


class Storage:
    """Numbers that tensors are made of."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = np.ascontiguousarray(array).reshape(-1)


class Shown:
    """A tensor: a view of a storage."""

    def __init__(
        self,
        storage: Storage,
        shape: tuple[int, ...],
        stride: tuple[int, ...] | None = None,
        offset: int = 0,
        scale: float = 0,
    ) -> None:
        straight = tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))
        self.storage, self.shape, self.stride, self.offset = storage, shape, stride or straight, offset
        self.scale = scale


def state(tensors: dict[str, np.ndarray], *, versions: bool = True) -> OrderedDict[str, Shown]:
    """A state dict, with the versions of modules that torch keeps beside it."""
    made = OrderedDict((name, Shown(Storage(a), a.shape)) for name, a in tensors.items())
    if versions:
        layers = {name.rpartition(".")[0] for name in tensors}
        made._metadata = OrderedDict((name, {"version": 1}) for name in sorted(layers))  # type: ignore[attr-defined]
    return made


@contextmanager
def _torch() -> Iterator[types.ModuleType]:
    """Modules of the names that pickles are to hold, for as long as one is written."""
    names = ("torch", "torch._utils")
    before = {name: sys.modules.get(name) for name in names}
    torch, utils = (types.ModuleType(name) for name in names)

    def _rebuild_tensor_v2() -> None: ...
    def _rebuild_parameter() -> None: ...
    def _rebuild_qtensor() -> None: ...

    for one in (_rebuild_tensor_v2, _rebuild_parameter, _rebuild_qtensor):
        one.__module__, one.__qualname__ = "torch._utils", one.__name__
        setattr(utils, one.__name__, one)
    torch._utils = utils  # type: ignore[attr-defined]
    for kind in _KINDS.values():
        name = f"{kind}Storage"
        setattr(torch, name, type(name, (), {"__module__": "torch", "__qualname__": name}))
    sys.modules.update(dict(zip(names, (torch, utils), strict=True)))
    try:
        yield torch
    finally:
        for name, was in before.items():
            if was is None:
                del sys.modules[name]
            else:
                sys.modules[name] = was


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, torch: Any, tail: tuple[Any, ...]) -> None:
        super().__init__(file, 2)
        self.torch, self.tail, self.keys, self.held = torch, tail, {}, []  # type: ignore[var-annotated]

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, Storage):
            return None
        if id(obj) not in self.keys:
            self.keys[id(obj)] = str(len(self.held))
            self.held.append(obj)
        kind = getattr(self.torch, _KINDS[obj.array.dtype.name] + "Storage")
        return ("storage", kind, self.keys[id(obj)], "cpu", obj.array.size, *self.tail)

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, Shown):
            return NotImplemented
        args = (obj.storage, obj.offset, obj.shape, obj.stride, False, OrderedDict())
        if obj.scale:
            # By ``torch/_utils.py``: storage, offset, size, stride, then scheme with scale and zero point.
            return self.torch._utils._rebuild_qtensor, (*args[:4], ("per_tensor_affine", obj.scale, 0), *args[4:])
        return self.torch._utils._rebuild_tensor_v2, args


def _dumped(value: Any, tail: tuple[Any, ...]) -> tuple[bytes, dict[str, Storage]]:
    out = io.BytesIO()
    with _torch() as torch:
        made = _Pickler(out, torch, tail)
        made.dump(value)
    return out.getvalue(), {str(i): one for i, one in enumerate(made.held)}


def zipped(value: Any, *, root: str = "archive", more: dict[str, bytes] | None = None) -> bytes:
    """As torch writes since 1.6: nothing is packed."""
    data, held = _dumped(value, ())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        rows = {"data.pkl": data, "byteorder": b"little", **{f"data/{k}": v.array.tobytes() for k, v in held.items()}}
        for name, raw in {**rows, "version": b"3\n", **(more or {})}.items():
            archive.writestr(zipfile.ZipInfo(f"{root}/{name}"), raw)
    return out.getvalue()


def old(value: Any) -> bytes:
    """As torch wrote before: five pickles, then the storages."""
    data, held = _dumped(value, (None,))
    sizes = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    keys = sorted(held)
    parts = [pickle.dumps(p, 2) for p in (0x1950A86A20F9469CFC6C, 1001, sizes)]
    rows = [struct.pack("<q", held[k].array.size) + held[k].array.tobytes() for k in keys]
    return b"".join([*parts, data, pickle.dumps(keys, 2), *rows])
