"""Classes of a shared layer: everything that is as wide as the classes loses the same places, or nothing does.

From the tensor that holds the classes the net is followed both ways: to the weights, biases and scales that make it,
and to all that reads it. Each operator says which of its tensors go together (``_saying``). What is not understood
stops the cut before anything is changed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from untag.rewriters._saying import ADDED, BROAD, LAYERS, MINE, SAME, SAYINGS, fixed, numbers_of, terms
from untag.rewriters._tensor import Kept, cut, dims_of
from untag.syntax.rewire import varint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.rewriters._net import Net, Op, Scope, Spot
    from untag.rewriters._tensor import Outside
    from untag.syntax.rewire import Draft

__all__ = ["Cutter"]

_STEPS = 20_000
#: Operators of more than one input whose output has the shape of the first.
_KEEPING = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "BatchNormalization"})


class Cutter:
    """Follows one cut through a net.

    Attributes:
        warnings: What works on and means something else, one sentence each.
        cuts: Weights that lose places.
        touched: Tensors that do.
    """

    def __init__(self, net: Net, alive: set[Spot], fetch: Callable[[Outside], bytes]) -> None:
        self.net = net
        self.alive = alive
        self.fetch = fetch
        self.warnings: list[str] = []
        self.touched: dict[Spot, tuple[int, tuple[int, ...]]] = {}
        self.actions: list[Callable[[], Outside | None]] = []
        self.cuts: list[Draft] = []
        self.stack: list[Spot] = []
        self.met: set[tuple[int, str, int]] = set()

    # -- the way through the net -------------------------------------------------------------------------------------

    def follow(self, scope: Scope, name: str, axis: int, places: Iterable[int]) -> None:
        """Find all that goes with places of a tensor.

        Raises:
            Kept: Something that goes with it is not understood.
        """
        self.tie(scope, name, axis, tuple(sorted(set(places))))
        while self.stack:
            if len(self.touched) > _STEPS:
                raise Kept("too much of the model depends on it")
            spot = self.stack.pop()
            axis_, places_ = self.touched[spot]
            self.source(spot, axis_, places_)
            self.drain(spot, axis_, places_)
        if not self.cuts:
            raise Kept("no weights were found that make these classes alone")

    def run(self) -> list[Outside]:
        """Do it; places outside of the model that are not needed any more."""
        return [away for act in self.actions if (away := act()) is not None]

    def tie(self, scope: Scope, name: str, axis: int, places: tuple[int, ...]) -> None:
        """Note that a tensor loses places."""
        spot = self.net.spot(scope, name)
        if spot is None:
            raise Kept(f"nothing makes {name!r}")
        known = self.touched.get(spot)
        if known is not None:
            if known != (axis, places):
                raise Kept(f"{name!r} would have to lose places in two ways")
            return
        self.touched[spot] = (axis, places)
        self.stack.append(spot)

    def source(self, spot: Spot, axis: int, places: tuple[int, ...]) -> None:
        """What makes a tensor."""
        scope, name = self.net.scopes[spot[0]], spot[1]
        for value in scope.values.get(name, ()):
            self.actions.append(partial(_narrow, value, axis, len(places)))
        if name in scope.weights:
            tensor = scope.weights[name]
            if tensor.name != "Tensor":
                raise Kept(f"the weights {name!r} are sparse")
            users = [op for op, _ in self.net.readers(spot) if self.lives(op)]
            if len({id(op) for op in users}) > 1 or scope.outputs.count(name):
                raise Kept(f"the weights {name!r} serve more than one layer")
            self.cuts.append(tensor)
            self.actions.append(partial(cut, tensor, axis, places, self.fetch))
        elif name in scope.makers:
            op, at = scope.makers[name]
            self.node(op, "out", at, axis, places)
        elif scope.function:
            for call in self.net.calls.get(scope.number, []):
                place = scope.inputs.index(name)
                if place < len(call.inputs) and self.lives(call):
                    self.tie(call.scope, call.inputs[place], axis, places)
        else:
            raise Kept(f"{name!r} is put into the model, not made by it")

    def drain(self, spot: Spot, axis: int, places: tuple[int, ...]) -> None:
        """What reads a tensor."""
        for op, at in self.net.readers(spot):
            if self.lives(op):
                self.node(op, "in", at, axis, places)
        for op, at in self.net.leads(spot):
            if not self.lives(op):
                continue
            if op.branches and not (op.plain and op.kind == "If"):
                raise Kept(f"{op.said()} hands it from round to round")
            if at < len(op.outputs) and op.outputs[at]:
                self.tie(op.scope, op.outputs[at], axis, places)

    def lives(self, op: Op) -> bool:
        """Whether a node is needed for anything that stays."""
        return any((op.scope.number, name) in self.alive for name in op.outputs)

    def node(self, op: Op, side: str, at: int, axis: int, places: tuple[int, ...]) -> None:
        """Ask a node what goes with one of its tensors."""
        if (id(op), side, at) in self.met:
            return
        self.met.add((id(op), side, at))
        called = self.net.called(op)
        if called is not None:
            names = called.outputs if side == "out" else called.inputs
            if at < len(names):
                self.tie(called, names[at], axis, places)
            return
        saying = SAYINGS.get(op.kind) if op.domain in (*MINE, "ai.onnx.ml") else None
        if saying is None:
            raise Kept(f"{op.said()} {'makes' if side == 'out' else 'reads'} it, which is not understood here")
        for name, other in saying(self, op, side, at, axis, places):
            if name:
                self.tie(op.scope, name, other, places)

    def makers(self) -> list[tuple[str, tuple[Op, int]]]:
        """The nodes that make what loses places, by its name."""
        rows = [(name, self.net.scopes[number].makers.get(name)) for number, name in self.touched]
        return [(name, made) for name, made in rows if made is not None]

    # -- shapes ------------------------------------------------------------------------------------------------------

    def dims(self, scope: Scope, name: str, depth: int = 0) -> list[int | None] | None:
        """The sizes of a tensor, None for those that change; None where nothing tells them."""
        spot = self.net.spot(scope, name) if name else None
        if spot is None or depth > 40:
            return None
        at = self.net.scopes[spot[0]]
        if name in at.weights:
            return list(dims_of(at.weights[name])) if at.weights[name].name == "Tensor" else None
        for value in at.values.get(name, ()):
            if (found := _shape(value)) is not None:
                return found
        if name not in at.makers:
            return self._passed(at, name, depth)
        op, number = at.makers[name]
        return self._made(op, number, depth + 1)

    def _passed(self, scope: Scope, name: str, depth: int) -> list[int | None] | None:
        for call in self.net.calls.get(scope.number, []):
            place = scope.inputs.index(name)
            if place < len(call.inputs):
                return self.dims(call.scope, call.inputs[place], depth + 1)
        return None

    def _made(self, op: Op, number: int, depth: int) -> list[int | None] | None:
        called = self.net.called(op)
        if called is not None:
            return self.dims(called, called.outputs[number], depth) if number < len(called.outputs) else None
        if op.kind == "Constant":
            value = op.attribute("value")
            tensor = value.first("tensor") if value is not None else None
            return list(dims_of(tensor)) if tensor is not None else None
        if op.kind == "DynamicQuantizeLinear" and number:
            return []  # one scale and one zero point of the whole
        if op.kind in ("Reshape", "Flatten"):
            return self._formed(op, depth)
        if op.kind in ("GlobalAveragePool", "GlobalMaxPool", "QLinearGlobalAveragePool"):
            held = self.dims(op.scope, op.inputs[0], depth)
            return [*held[:2], *[1] * (len(held) - 2)] if held is not None else None
        if op.kind in SAME or op.kind in _KEEPING:
            return self.dims(op.scope, op.inputs[0], depth) if op.inputs else None
        if op.kind in BROAD | ADDED:
            known = [self.dims(op.scope, name, depth) for name in terms(op)]
            told = [k for k in known if k is not None]
            return max(told, key=lambda d: (len(d), d[-1] or 0 if d else 0), default=None)
        return self._layer(op, depth)

    def _formed(self, op: Op, depth: int) -> list[int | None] | None:
        """The sizes that a change of shape asks for, as far as they are written down."""
        held = self.dims(op.scope, op.inputs[0], depth)
        if op.kind == "Flatten":
            return [held[0], _product(held[1:])] if held and op.setting("axis", 1) == 1 else None
        spot = self.net.spot(op.scope, op.inputs[1]) if len(op.inputs) > 1 and op.inputs[1] else None
        tensor = fixed(self.net, spot) if spot is not None else None
        if tensor is None or op.setting("allowzero", 0):
            return None
        try:
            wanted: list[int | None] = [*numbers_of(tensor)]
        except Kept:
            return None
        for at, size in enumerate(wanted):
            if size == 0:
                wanted[at] = held[at] if held is not None and at < len(held) else None
        whole = _product(held) if held is not None else None
        if -1 in wanted:
            rest = _product([size for size in wanted if size != -1])
            wanted[wanted.index(-1)] = whole // rest if whole and rest and whole % rest == 0 else None
        return wanted if -1 not in wanted else None

    def _layer(self, op: Op, depth: int) -> list[int | None] | None:
        row = LAYERS.get(op.kind)
        if row is None or row[0] >= len(op.inputs):
            return None
        held = self.dims(op.scope, op.inputs[row[0]], depth)
        if held is None or len(held) < 2:
            return None
        if "Conv" in op.kind:
            return [None, held[0], *[None] * (len(held) - 2)]
        first = self.dims(op.scope, op.inputs[0], depth)
        rank = len(first) if first is not None else 2
        return [*[None] * (rank - 1), held[-2] if op.setting("transB", 0) else held[-1]]

    def size(self, op: Op, name: str, axis: int) -> int | None:
        """How wide a tensor is along an axis: 1 where it has no such axis, None where that is not known."""
        held = self.dims(op.scope, name)
        if held is None:
            return None
        return held[axis] if len(held) >= -axis else 1


def _product(sizes: Iterable[int | None]) -> int | None:
    """How many places there are; None where a size is not known."""
    out = 1
    for size in sizes:
        if size is None:
            return None
        out *= size
    return out


def _shape(value: Draft) -> list[int | None] | None:
    kind = value.first("type")
    dense = kind.first("tensor") if kind is not None else None
    shape = dense.first("shape") if dense is not None else None
    if shape is None:
        return None
    return [d.number("size") if d.of("size") else None for d in shape.drafts("dim")]


def _narrow(value: Draft, axis: int, count: int) -> None:
    """The declared size of a tensor."""
    kind = value.first("type")
    dense = kind.first("tensor") if kind is not None else None
    shape = dense.first("shape") if dense is not None else None
    dims = shape.drafts("dim") if shape is not None else []
    if len(dims) >= -axis and dims[axis].of("size"):
        dims[axis].put(1, varint(dims[axis].number("size") - count), 0)
