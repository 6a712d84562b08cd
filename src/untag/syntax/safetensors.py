"""Safetensors: the header with its names, types, shapes and places, and how it is written (huggingface/safetensors)."""

from __future__ import annotations

import json
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from untag.gap import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import BinaryIO

__all__ = ["HEADER", "WIDTHS", "Header", "Tensor", "header", "written"]

#: The longest header that the format allows.
HEADER = 100 << 20
#: Bits of one number by the name of its type.
WIDTHS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
}  # fmt: skip
_META = "__metadata__"


class Tensor(NamedTuple):
    """One tensor: its bytes lie at ``start`` to ``end`` behind the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class Header(NamedTuple):
    """A header.

    Attributes:
        size: Bytes before the first tensor's.
        metadata: Texts by key.
        tensors: In the order of the header.
    """

    size: int
    metadata: dict[str, str]
    tensors: tuple[Tensor, ...]


def header(file: BinaryIO, size: int) -> Header:
    """Read a header that keeps to the format in all: no name twice, no byte in two tensors or in none.

    Args:
        file: At its start.
        size: Bytes of the file.

    Raises:
        Damaged: It does not.
    """
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(HEADER, size - 8):
        raise Damaged("the header is longer than the file or the format allows")
    try:
        told = json.loads(file.read(length), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Damaged("the header is no JSON, or names something twice") from None
    if not isinstance(told, dict):
        raise Damaged("the header is no object")
    metadata = told.pop(_META, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise Damaged("the metadata is no map of texts")
    tensors = tuple(_tensor(name, row) for name, row in told.items())
    at = 0
    for one in sorted(tensors, key=lambda t: (t.start, t.end)):
        if one.start != at:
            raise Damaged("bytes belong to two tensors, or to none")
        at = one.end
    if at != size - 8 - length:
        raise Damaged("the file does not end where its tensors do")
    return Header(8 + length, metadata, tensors)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _tensor(name: str, row: object) -> Tensor:
    told = row if isinstance(row, dict) else {}
    dtype, shape, spot = told.get("dtype"), _whole(told.get("shape")), _whole(told.get("data_offsets"))
    if not isinstance(dtype, str) or dtype not in WIDTHS or shape is None or spot is None or len(spot) != 2:
        raise Damaged("a tensor has no type, shape or place that is understood here")
    start, end = spot
    if (end - start) * 8 != prod(shape) * WIDTHS[dtype]:
        raise Damaged("a tensor is not as long as its shape says")
    return Tensor(name, dtype, tuple(shape), start, end)


def _whole(row: object) -> list[int] | None:
    """A list of whole numbers; None where it is none."""
    return row if isinstance(row, list) and all(type(v) is int and v >= 0 for v in row) else None


def written(metadata: Mapping[str, str], tensors: Iterable[Tensor]) -> bytes:
    """A header with the length before it, filled with blanks so that the numbers behind it begin at eight bytes.

    Args:
        metadata: Texts by key; none is written where there is none.
        tensors: In the order they are to be named.
    """
    told: dict[str, object] = {_META: dict(metadata)} if metadata else {}
    for one in tensors:
        told[one.name] = {"dtype": one.dtype, "shape": list(one.shape), "data_offsets": [one.start, one.end]}
    raw = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    raw += b" " * (-len(raw) % 8)
    return len(raw).to_bytes(8, "little") + raw
