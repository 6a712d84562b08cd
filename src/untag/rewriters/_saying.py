"""What each operator says of a cut: which of its tensors lose the same places.

Operators: github.com/onnx/onnx, docs/Operators.md and Operators-ml.md; those of ``com.microsoft``:
github.com/microsoft/onnxruntime, docs/ContribOperators.md.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from untag.rewriters._tensor import Kept, cut, dims_of
from untag.syntax.rewire import varint

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.rewriters._cut import Cutter
    from untag.rewriters._net import Net, Op, Spot
    from untag.syntax.rewire import Draft

    #: What one operator says: tensors that go together with the one that was met, each with its axis from the end.
    Ties = list[tuple[str, int]]
    Saying = Callable[[Cutter, Op, str, int, int, tuple[int, ...]], Ties]

__all__ = [
    "ADDED", "BROAD", "LAYERS", "MINE", "OVER", "SAME", "SAYINGS", "WEIGHING", "constant", "fixed", "numbers_of",
    "renumber", "same", "terms",
]  # fmt: skip

#: Operators that keep the shape and give each place a value of its own, or weigh the classes against each other.
SAME = frozenset({
    "Identity", "Softmax", "LogSoftmax", "Sigmoid", "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Tanh", "Cast",
    "Dropout", "Clip", "HardSigmoid", "HardSwish", "HardTanh", "Exp", "Log", "Neg", "Abs", "Sqrt", "Erf", "Softplus",
    "Softsign", "Reciprocal", "Gelu", "Mish", "Swish", "Round", "Floor", "Ceil", "Sign", "Not", "Hardmax",
    "ThresholdedRelu", "GlobalAveragePool", "GlobalMaxPool", "AveragePool", "MaxPool", "QLinearSigmoid",
    "QLinearLeakyRelu", "QLinearSoftmax", "QLinearAveragePool", "QLinearGlobalAveragePool",
})  # fmt: skip
#: Those of two tensors and more, the smaller of which are spread over the larger.
BROAD = frozenset({
    "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mean", "Sum", "PRelu", "Where", "Greater", "Less", "Equal",
    "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor",
})  # fmt: skip
#: Those of two tensors whose scales and zero points are of the whole.
ADDED = frozenset({"QLinearAdd", "QLinearMul"})
#: Those that make one place of all that lies beside it.
POOLS = frozenset({"AveragePool", "MaxPool", "GlobalAveragePool", "GlobalMaxPool", "QLinearAveragePool",
                   "QLinearGlobalAveragePool"})  # fmt: skip
#: Those that share a whole among the classes.
WEIGHING = frozenset({"Softmax", "LogSoftmax", "Hardmax", "QLinearSoftmax"})
#: Those that tell classes by number, or one value over all of them: they still work and say another thing.
OVER = frozenset({"ArgMax", "ArgMin", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean", "ReduceL2", "ReduceL1"})
#: Layers: which input holds the weights, and which others go with them (bias, scales, zero points).
LAYERS: dict[str, tuple[int, tuple[int, ...]]] = {
    "Gemm": (1, (2,)), "MatMul": (1, ()), "MatMulInteger": (1, (3,)), "QLinearMatMul": (3, (4, 5)),
    "QGemm": (3, (4, 5, 6)), "Conv": (1, (2,)), "ConvInteger": (1, (3,)), "QLinearConv": (3, (4, 5, 8)),
    "DynamicQuantizeMatMul": (1, (2, 3, 4)), "MatMulIntegerToFloat": (1, (3, 5, 6)), "FusedMatMul": (1, ()),
    "FusedGemm": (1, (2,)), "FusedConv": (1, (2,)),
}  # fmt: skip
MINE = ("", "ai.onnx", "com.microsoft")


def same(op: Op) -> bool:
    """Whether a node has no weights of its own and keeps what each place stands for."""
    return op.domain in MINE and (
        op.kind in SAME or op.kind in ("QuantizeLinear", "DequantizeLinear", "Flatten", "Squeeze", "Unsqueeze",
                                        "Reshape", "Transpose")
    )  # fmt: skip


def terms(op: Op) -> list[str]:
    """What an operator of two tensors and more works on, without their scales and zero points."""
    return op.inputs[:4:3] if op.kind in ADDED else op.inputs


def _alike(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """The first input and all outputs go together."""
    del cutter, places
    if side == "in" and at:
        raise Kept(f"{op.said()} takes it for a setting")
    if op.kind in POOLS and (axis > -3 or op.setting("channels_last", 0)):
        raise Kept(f"{op.said()} joins it with what lies beside it")
    return [(op.inputs[0], axis), *((name, axis) for name in op.outputs)]


def _broad(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """All that are as wide go together; what is spread over them stays."""
    del places
    if op.kind in ADDED and side == "in" and at not in (0, 3):
        raise Kept(f"{op.said()} takes it for a setting")
    out = [(op.outputs[0], axis)]
    for name in terms(op):
        size = cutter.size(op, name, axis)
        if size is None:
            raise Kept(f"the shape of {name!r} is not known")
        if size != 1:
            out.append((name, axis))
    return out


def _layer(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """The output of a layer goes with the columns of its weights, their bias and their scales."""
    del places
    weights, others = LAYERS[op.kind]
    held = cutter.dims(op.scope, op.inputs[weights]) if len(op.inputs) > weights else None
    if held is None or len(held) < 2:
        raise Kept(f"the weights of {op.said()} are not known")
    if "Conv" in op.kind:
        if op.setting("group", 1) != 1:
            raise Kept(f"{op.said()} works in groups")
        out, column = 1 - len(held), -len(held)
    else:
        out, column = -1, -2 if op.setting("transB", 0) else -1
        if op.kind == "FusedMatMul" and (op.setting("transBatchA", 0) or op.setting("transBatchB", 0)):
            raise Kept(f"{op.said()} turns its weights in a way that is not understood here")
    width = held[column]
    met = out if side == "out" else column if at == weights else -1 if at in others else None
    if met != axis or (side == "in" and at not in (weights, *others)):
        raise Kept(f"{op.said()} sums over it")
    ties = [(op.outputs[0], out), (op.inputs[weights], column)]
    for number in others:
        if number >= len(op.inputs) or not op.inputs[number]:
            continue
        size = cutter.size(op, op.inputs[number], -1)
        if size is None:
            raise Kept(f"the shape of {op.inputs[number]!r} is not known")
        if size == width and size != 1:
            ties.append((op.inputs[number], -1))
        elif size != 1:
            raise Kept(f"{op.inputs[number]!r} is not as wide as the layer")
    return ties


def _quantized(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """Scales of the whole stay as they are, so that what is left keeps its values; those of each place go with it."""
    del places
    held = cutter.dims(op.scope, op.inputs[1])
    if held is None:
        raise Kept(f"the scale of {op.said()} is not known")
    if op.setting("block_size", 0):
        return _blocked(cutter, op, held, axis)
    each = held not in ([], [1])
    own = 0
    if each:
        rank = cutter.dims(op.scope, op.inputs[0])
        if len(held) != 1 or rank is None:
            raise Kept(f"the scales of {op.said()} are of a kind that is not understood here")
        own = op.setting("axis", 1)
        own = own - len(rank) if own >= 0 else own
    if side == "in" and at:
        if not each:
            raise Kept(f"{op.said()} takes it for a setting")
        axis = own
    ties = [(op.inputs[0], axis), (op.outputs[0], axis)]
    if each and own == axis:
        ties += [(name, -1) for name in op.inputs[1:3]]
    return ties


def _blocked(cutter: Cutter, op: Op, held: list[int | None], axis: int) -> Ties:
    """A scale for each few places of one axis: along any other axis it has the same places as what it scales."""
    rank = cutter.dims(op.scope, op.inputs[0])
    own = op.setting("axis", 1)
    if rank is None or len(held) != len(rank) or (own - len(rank) if own >= 0 else own) == axis:
        raise Kept(f"the scales of {op.said()} are each of a block of several classes")
    return [(name, axis) for name in (*op.inputs[:3], op.outputs[0])]


def _normal(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """Batch normalisation has a row of numbers for each channel."""
    del at, places
    held = cutter.dims(op.scope, op.inputs[0]) or cutter.dims(op.scope, op.outputs[0])
    if held is None:
        raise Kept(f"the shape that {op.said()} works on is not known")
    channel = 1 - len(held)
    if side == "out" and axis != channel:
        raise Kept(f"{op.said()} works along another axis")
    return [(op.inputs[0], channel), (op.outputs[0], channel), *((name, -1) for name in op.inputs[1:5])]


def _turned(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A transpose moves the axis."""
    del places, at
    perm = op.settings("perm")
    if perm is None:
        held = cutter.dims(op.scope, op.inputs[0]) or cutter.dims(op.scope, op.outputs[0])
        if held is None:
            raise Kept(f"the shape that {op.said()} turns is not known")
        perm = list(range(len(held)))[::-1]
    rank = len(perm)
    if sorted(perm) != list(range(rank)) or not 0 <= rank + axis < rank:
        raise Kept(f"{op.said()} makes no sense")
    if side == "out":
        return [(op.outputs[0], axis), (op.inputs[0], perm[rank + axis] - rank)]
    return [(op.inputs[0], axis), (op.outputs[0], perm.index(rank + axis) - rank)]


def _formed(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A change of shape that only adds or takes away axes of one place."""
    if side == "in" and at:
        raise Kept(f"{op.said()} takes it for a setting")
    before, after = cutter.dims(op.scope, op.inputs[0]), cutter.dims(op.scope, op.outputs[0])
    if op.kind == "Flatten" and op.setting("axis", 1) == 1 and before is not None:
        after = [before[0], before[1]]
        if any(d != 1 for d in before[2:]):
            raise Kept(f"{op.said()} joins the classes with something else")
    if before is None or after is None:
        raise Kept(f"the shape that {op.said()} changes is not known")
    known, other = (after, before) if side == "out" else (before, after)
    width, front = known[axis], len(known) + axis
    there = max((i for i, d in enumerate(other) if d != 1), default=0)
    # Behind the classes only single places may stand, before and after; the first axis is that of the batch, but where
    # there is no other.
    first = there < 1 and len(other) > 1
    if width is None or other[there] != width or first or any(d != 1 for d in known[front + 1 :]):
        raise Kept(f"{op.said()} changes the shape in a way that is not understood here")
    if op.kind == "Reshape":
        _reshaped(cutter, op, after, front if side == "out" else there, len(places))
    mine, theirs = (op.outputs[0], op.inputs[0]) if side == "out" else (op.inputs[0], op.outputs[0])
    return [(mine, axis), (theirs, there - len(other))]


def _reshaped(cutter: Cutter, op: Op, after: list[int | None], front: int, count: int) -> None:
    """The shape that is asked for names the number of classes, or leaves it open."""
    tensor = constant(cutter, op, 1)
    wanted = numbers_of(tensor)
    if len(wanted) != len(after):
        raise Kept(f"the shape that {op.said()} asks for is not known")
    if wanted[front] > 0:
        wanted[front] -= count
        cutter.actions.append(partial(renumber, tensor, wanted))


def _joined(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A concatenation: along the axis of the classes each input has its own places."""
    rank = next((len(d) for n in (*op.outputs, *op.inputs) if (d := cutter.dims(op.scope, n)) is not None), None)
    if rank is None:
        raise Kept(f"the shape that {op.said()} joins is not known")
    own = op.setting("axis", 0)
    own = own - rank if own >= 0 else own
    if own != axis:
        return [*((n, axis) for n in op.inputs), (op.outputs[0], axis)]
    sizes = [cutter.size(op, n, axis) for n in op.inputs]
    if None in sizes:
        raise Kept(f"the shape of what {op.said()} joins is not known")
    starts = [sum(s or 0 for s in sizes[:i]) for i in range(len(sizes))]
    if side == "in":
        cutter.tie(op.scope, op.outputs[0], axis, tuple(p + starts[at] for p in places))
        cutter.met.add((id(op), "out", 0))
        return []
    gone = []
    for number, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        mine = tuple(p - start for p in places if start <= p < start + (size or 0))
        cutter.met.add((id(op), "in", number))
        if len(mine) == size:
            gone.append(number)
        elif mine:
            cutter.tie(op.scope, op.inputs[number], axis, mine)
    if gone:
        cutter.cuts.append(op.draft)
        cutter.actions.append(partial(_without, op, "input", gone))
    return []


def _parted(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A split: each output has its own places of the input."""
    held = cutter.dims(op.scope, op.inputs[0])
    if held is None:
        raise Kept(f"the shape that {op.said()} parts is not known")
    own = op.setting("axis", 0)
    own = own - len(held) if own >= 0 else own
    if own != axis:
        return [(op.inputs[0], axis), *((n, axis) for n in op.outputs)]
    sizes, change = _sizes(cutter, op, held[axis])
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    if side == "out":
        cutter.tie(op.scope, op.inputs[0], axis, tuple(p + starts[at] for p in places))
        return []
    left = list(sizes)
    gone = []
    for number, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        mine = tuple(p - start for p in places if start <= p < start + size)
        left[number] -= len(mine)
        cutter.met.add((id(op), "out", number))
        if len(mine) == size:
            if (op.scope.number, op.outputs[number]) in cutter.alive:
                raise Kept(f"{op.outputs[number]!r} would be left without a place")
            gone.append(number)
        elif mine:
            cutter.tie(op.scope, op.outputs[number], axis, mine)
    cutter.actions.append(partial(change, [s for i, s in enumerate(left) if i not in gone]))
    cutter.actions.append(partial(_without, op, "output", gone))
    return []


def _sizes(cutter: Cutter, op: Op, whole: int | None) -> tuple[list[int], Callable[[list[int]], None]]:
    """The sizes of the parts of a split, and how others are written."""
    told = op.attribute("split")
    if told is not None:
        return told.numbers("ints"), lambda sizes: told.put(8, b"".join(map(varint, sizes)))
    if len(op.inputs) > 1 and op.inputs[1]:
        tensor = constant(cutter, op, 1)
        return numbers_of(tensor), lambda sizes: renumber(tensor, sizes)
    raise Kept(f"{op.said()} parts {whole} places evenly, which it cannot do with fewer")


def _sliced(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A slice of one axis, from one place to another."""
    held = cutter.dims(op.scope, op.inputs[0])
    if held is None or (side == "in" and at):
        raise Kept(f"the shape that {op.said()} takes a part of is not known")
    starts, ends = (constant(cutter, op, i) for i in (1, 2))
    first, last = numbers_of(starts), numbers_of(ends)
    axes = numbers_of(constant(cutter, op, 3)) if len(op.inputs) > 3 and op.inputs[3] else list(range(len(first)))
    steps = numbers_of(constant(cutter, op, 4)) if len(op.inputs) > 4 and op.inputs[4] else [1] * len(first)
    axes = [a - len(held) if a >= 0 else a for a in axes]
    size = held[axis]
    if axes != [axis]:
        if axis in axes:
            raise Kept(f"{op.said()} takes a part of several axes")
        return [(op.inputs[0], axis), (op.outputs[0], axis)]
    if size is None or steps != [1]:
        raise Kept(f"{op.said()} takes a part that is not understood here")
    low, high = (min(max(v + size if v < 0 else v, 0), size) for v in (first[0], last[0]))
    if side == "out":
        cutter.tie(op.scope, op.inputs[0], axis, tuple(p + low for p in places))
        return []
    mine = tuple(p - low for p in places if low <= p < high)
    if len(mine) == high - low:
        raise Kept(f"{op.outputs[0]!r} would be left without a place")
    cutter.actions.append(partial(renumber, starts, [low - sum(p < low for p in places)]))
    cutter.actions.append(partial(renumber, ends, [high - sum(p < high for p in places)]))
    if mine:
        cutter.met.add((id(op), "out", 0))
        cutter.tie(op.scope, op.outputs[0], axis, mine)
    return []


def _picked(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A gather by fixed places."""
    held = cutter.dims(op.scope, op.inputs[0])
    if held is None or (side == "in" and at):
        raise Kept(f"the shape that {op.said()} picks from is not known")
    own = op.setting("axis", 0)
    own = own - len(held) if own >= 0 else own
    indices = constant(cutter, op, 1)
    wanted = numbers_of(indices)
    size = held[axis]
    if own != axis or size is None:
        raise Kept(f"{op.said()} picks along another axis")
    wanted = [w + size if w < 0 else w for w in wanted]
    if side == "out":
        if len(dims_of(indices)) != 1:
            raise Kept(f"{op.said()} picks one place alone")
        mine = tuple(sorted({wanted[p] for p in places if p < len(wanted)}))
        if any(w in mine for i, w in enumerate(wanted) if i not in places):
            raise Kept(f"{op.said()} picks a place twice")
        cutter.actions.append(partial(cut, indices, -1, places, cutter.fetch))
        stay = [w for i, w in enumerate(wanted) if i not in places]
        cutter.met.add((id(op), "in", 0))
        cutter.tie(op.scope, op.inputs[0], axis, mine)
        cutter.actions.append(partial(renumber, indices, [w - sum(p < w for p in mine) for w in stay]))
        return []
    if any(w in places for w in wanted):
        raise Kept(f"{op.said()} picks what would go")
    cutter.actions.append(partial(renumber, indices, [w - sum(p < w for p in places) for w in wanted]))
    return []


def _over(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """What tells the classes by number says other numbers afterwards."""
    del axis, places
    if side == "out" or at:
        raise Kept(f"{op.said()} makes it")
    cutter.warnings.append(f"{op.said()} counts the classes that are left, from 0")
    return []


def _named(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A map from labels to values loses labels."""
    del at
    labels = op.attribute("classlabels_strings") or op.attribute("classlabels_int64s")
    if side == "out" or axis != -1 or labels is None:
        raise Kept(f"{op.said()} makes it")
    if labels.text("name") == "classlabels_strings":
        stay = [i for i in range(len(labels.of("strings"))) if i not in places]
        cutter.actions.append(partial(labels.keep, "strings", stay))
    else:
        numbers = [n for i, n in enumerate(labels.numbers("ints")) if i not in places]
        cutter.actions.append(partial(labels.put, 8, b"".join(map(varint, numbers))))
    return []


def _held(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """A constant is cut like weights."""
    del side, at
    value = op.attribute("value")
    tensor = value.first("tensor") if value is not None else None
    if tensor is None:
        raise Kept(f"{op.said()} is of a kind that is not understood here")
    if sum(cutter.lives(o) for o, _ in cutter.net.readers((op.scope.number, op.outputs[0]))) > 1:
        raise Kept(f"the weights {op.outputs[0]!r} serve more than one layer")
    cutter.cuts.append(tensor)
    cutter.actions.append(partial(cut, tensor, axis, places, cutter.fetch))
    return []


def _chosen(cutter: Cutter, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> Ties:
    """Both branches of a choice give the same thing."""
    if side == "in":
        raise Kept(f"{op.said()} takes it for a setting")
    for _, scope in op.branches:
        cutter.tie(scope, scope.outputs[at], axis, places)
    return []


SAYINGS: dict[str, Saying] = {
    **dict.fromkeys(SAME, _alike), **dict.fromkeys(BROAD | ADDED, _broad), **dict.fromkeys(OVER, _over),
    **dict.fromkeys(LAYERS, _layer), "QuantizeLinear": _quantized, "DequantizeLinear": _quantized,
    "BatchNormalization": _normal, "Transpose": _turned, "Flatten": _formed, "Reshape": _formed, "Squeeze": _formed,
    "Unsqueeze": _formed, "Concat": _joined, "Split": _parted, "Slice": _sliced, "Gather": _picked, "ZipMap": _named,
    "Constant": _held, "If": _chosen,
}  # fmt: skip


# -- small things ------------------------------------------------------------------------------------------------------


def constant(cutter: Cutter, op: Op, at: int) -> Draft:
    """The tensor behind an input that never changes, and that no other node reads.

    Raises:
        Kept: It is made by the model, or serves others too.
    """
    name = op.inputs[at] if at < len(op.inputs) else ""
    spot = cutter.net.spot(op.scope, name) if name else None
    if spot is None:
        raise Kept(f"{op.said()} is not told its shape")
    if sum(cutter.lives(o) for o, _ in cutter.net.readers(spot)) > 1:
        raise Kept(f"{name!r} serves more than one node")
    if (tensor := fixed(cutter.net, spot)) is None:
        raise Kept(f"{name!r} is worked out by the model")
    return tensor


def fixed(net: Net, spot: Spot) -> Draft | None:
    """A tensor that never changes; None where it is none."""
    scope, name = net.scopes[spot[0]], spot[1]
    tensor: Draft | None = scope.weights.get(name)
    if tensor is None and name in scope.makers and scope.makers[name][0].kind == "Constant":
        value = scope.makers[name][0].attribute("value")
        tensor = value.first("tensor") if value is not None else None
    return tensor if tensor is not None and tensor.name == "Tensor" else None


def numbers_of(tensor: Draft) -> list[int]:
    """Whole numbers of a small tensor.

    Raises:
        Kept: It holds others.
    """
    width = {6: 4, 7: 8}.get(tensor.number("type"), 0)
    if not width or tensor.drafts("external"):
        raise Kept("a setting is no whole number")
    raws = [tensor.raw(p) for p in tensor.pieces if p.number == 9]
    if raws:
        return [int.from_bytes(raws[-1][i : i + width], "little", signed=True) for i in range(0, len(raws[-1]), width)]
    number = 5 if width == 4 else 7
    held = [p for p in tensor.pieces if p.number == number]
    whole = type(tensor)(tensor.data, "", 0, 0, {"n": (number,)})
    whole.pieces = held
    return whole.numbers("n")


def renumber(tensor: Draft, values: list[int]) -> None:
    """Give a tensor of one axis other whole numbers."""
    width = {6: 4, 7: 8}[tensor.number("type")]
    tensor.drop([p for p in tensor.pieces if p.number in (5, 7, 9)])
    tensor.put(9, b"".join(v.to_bytes(width, "little", signed=True) for v in values))
    if tensor.of("dims"):
        tensor.put(1, varint(len(values)))


def _without(op: Op, label: str, gone: list[int]) -> None:
    """Take inputs or outputs off a node."""
    names = op.inputs if label == "input" else op.outputs
    stay = [i for i in range(len(names)) if i not in gone]
    op.draft.keep(label, stay)
    for i in sorted(gone, reverse=True):
        del names[i]
