"""Tensors of ONNX: places along an axis are cut out of their numbers, in whatever form these are kept."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from untag.syntax.leb128 import unsigned
from untag.syntax.onnx import WIDTHS
from untag.syntax.rewire import varint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from untag.syntax.rewire import Draft

__all__ = ["Kept", "Outside", "cut", "cut_bytes", "dims_of", "outside", "spread"]

#: Bytes of numbers that are cut at once: the last layer of a head, not a backbone.
_MOST = 1 << 30
_FLOATS, _INT32, _TEXTS, _INT64, _RAW, _DOUBLES, _UINT64 = 4, 5, 6, 7, 9, 10, 11
#: Types of which two numbers share a byte, the first in its lower half (``UINT4``, ``INT4``).
_HALVES = (21, 22)
_STRIDES = {_FLOATS: 4, _DOUBLES: 8}


class Kept(Exception):  # noqa: N818 - a verdict, not a fault
    """Something cannot be taken out here; why is its text."""


class Outside(NamedTuple):
    """Where numbers lie that are kept beside the model."""

    location: str
    offset: int
    length: int


def outside(tensor: Draft) -> Outside | None:
    """Where a tensor's numbers lie, if not in the model; a length of -1 is all that is left of the file."""
    rows = {r.text("key"): r.text("value") for r in tensor.drafts("external")}
    if not rows or tensor.number("where") != 1:
        return None
    try:
        made = Outside(rows.get("location", ""), int(rows.get("offset", "0")), int(rows.get("length", "-1")))
    except ValueError:
        made = None
    if made is None or made.offset < 0:
        raise Kept("the place of its weights makes no sense")
    return made


def dims_of(tensor: Draft) -> list[int]:
    """The sizes of a tensor."""
    return tensor.numbers("dims")


def spread(size: int, places: Sequence[int]) -> list[tuple[int, int]]:
    """What stays of a row of things: spans from and to, without some places."""
    edges = [-1, *sorted(set(places)), size]
    return [(a + 1, b) for a, b in pairwise(edges) if b > a + 1]


def cut_bytes(data: bytes, dims: Sequence[int], width: int, axis: int, places: Sequence[int]) -> bytes:
    """Numbers without some places along an axis.

    Args:
        data: The numbers, the last axis the nearest.
        dims: Sizes.
        width: Bytes of one number.
        axis: Which axis, from the front.
        places: What goes.
    """
    inner = prod(dims[axis + 1 :]) * width
    row = dims[axis] * inner
    spans = [(a * inner, b * inner) for a, b in spread(dims[axis], places)]
    return b"".join(data[at + a : at + b] for at in range(0, len(data), row) for a, b in spans) if row else b""


def cut(tensor: Draft, axis: int, places: Sequence[int], fetch: Callable[[Outside], bytes]) -> Outside | None:
    """Take places along an axis out of a tensor.

    Args:
        tensor: It is changed.
        axis: Which axis, from the end (-1 is the last).
        places: What goes.
        fetch: Gives bytes that lie outside of the model; the rest of them is then kept inside.

    Returns:
        Where its numbers lay outside, if they did: nothing needs them there any more.

    Raises:
        Kept: Its numbers are in a form that is not cut here.
    """
    dims = dims_of(tensor)
    front = len(dims) + axis
    if not 0 <= front < len(dims) or any(not 0 <= p < dims[front] for p in places):
        raise Kept("the weights have another shape than the layer says")
    width = WIDTHS.get(tensor.number("type"), 0)
    count = prod(dims)
    if count * max(width, 1) > _MOST:
        raise Kept("the last layer is larger than is cut at once")
    away = outside(tensor)
    halves = tensor.number("type") in _HALVES
    if away is not None:
        _inside(tensor, away, (count + 1) // 2 if halves else count * width, fetch)
    held = [p for p in tensor.pieces if p.number in (_FLOATS, _INT32, _TEXTS, _INT64, _RAW, _DOUBLES, _UINT64)]
    numbers = {p.number for p in held}
    if len(numbers) != 1 or tensor.of("segment"):
        raise Kept("the weights are kept in more than one form, or not at all")
    number = numbers.pop()
    if halves and number in (_RAW, _INT32):
        raw = b"".join(tensor.raw(p) for p in held) if number == _RAW else bytes(_bytes(tensor, number))
        tensor.drop(held)
        tensor.put(_RAW, _halved(raw, dims, front, places))
    elif number == _TEXTS:
        stay = [i for a, b in spread(len(held), places) for i in range(a, b)]
        if len(dims) != 1 or len(held) != count:
            raise Kept("texts of more than one axis are not cut")
        tensor.keep("strings", stay)
    elif number == _RAW or number in _STRIDES:
        width = _STRIDES.get(number, width)
        raw = b"".join(tensor.raw(p) for p in held)
        if not width or len(raw) != count * width:
            raise Kept("the weights are of a type that is not cut here, or fewer than their shape says")
        tensor.put(number, cut_bytes(raw, dims, width, front, places))
    else:
        tensor.put(number, b"".join(map(varint, _listed(tensor, number, dims, front, places))))
    dims[front] -= len(set(places))
    tensor.put(1, b"".join(map(varint, dims)))
    return away


def _inside(tensor: Draft, away: Outside, size: int, fetch: Callable[[Outside], bytes]) -> None:
    """Bring numbers into the model that lay beside it."""
    if away.length not in (-1, size) or not size:
        raise Kept("the weights beside the model are not as long as their shape says")
    raw = fetch(Outside(away.location, away.offset, size))
    if len(raw) != size:
        raise Kept("the file of weights beside the model is missing or cut off")
    tensor.drop([*tensor.of("external"), *tensor.of("where")])
    tensor.put(_RAW, raw)


def _halved(raw: bytes, dims: Sequence[int], axis: int, places: Sequence[int]) -> bytes:
    """Numbers of half a byte without some places along an axis."""
    count = prod(dims)
    if len(raw) != (count + 1) // 2:
        raise Kept("the weights are fewer than their shape says")
    single = bytes(half for byte in raw for half in (byte & 15, byte >> 4))[:count]
    left = cut_bytes(single, dims, 1, axis, places)
    left += bytes(len(left) % 2)
    return bytes(low | high << 4 for low, high in zip(left[::2], left[1::2], strict=True))


def _bytes(tensor: Draft, number: int) -> list[int]:
    """Numbers of at most a byte.

    Raises:
        Kept: One is larger.
    """
    values = _values(tensor, number)
    if any(value > 255 for value in values):
        raise Kept("the weights are larger than their type says")
    return values


def _listed(tensor: Draft, number: int, dims: Sequence[int], axis: int, places: Sequence[int]) -> list[int]:
    values = _values(tensor, number)
    if len(values) != prod(dims):
        raise Kept("the weights are fewer than their shape says, or two in one byte")
    inner = prod(dims[axis + 1 :])
    row = dims[axis] * inner
    spans = [(a * inner, b * inner) for a, b in spread(dims[axis], places)]
    return [v for at in range(0, len(values), row) for a, b in spans for v in values[at + a : at + b]] if row else []


def _values(tensor: Draft, number: int) -> list[int]:
    """The numbers of a field, packed or one by one."""
    values: list[int] = []
    for piece in tensor.pieces:
        if piece.number != number:
            continue
        if piece.kind == 0:
            values.append(piece.value)
            continue
        raw, at = tensor.raw(piece), 0
        while at < len(raw):
            try:
                value, at = unsigned(raw, at)
            except IndexError:
                raise Kept("its numbers break off") from None
            values.append(value)
    return values
