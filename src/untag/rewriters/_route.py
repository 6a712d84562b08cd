"""How classes are made in a model of TensorFlow Lite: from an output back to the layer whose rows they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from untag.rewriters._tensor import Kept

__all__ = ["Route", "route"]

#: Numbers of operators in ``schema.fbs``. Layers whose rows are classes: FULLY_CONNECTED, CONV_2D.
_LAYERS = frozenset({9, 3})
_DEQUANTIZE, _RESHAPE, _MEAN = 6, 22, 40
#: Operators that work on each number by itself or on the last axis (DEQUANTIZE, LOGISTIC, RELU, RELU6, SOFTMAX, TANH,
#: LOG_SOFTMAX, QUANTIZE), and those of them that share a whole; those that join what lies beside a class, or take axes
#: of one place away (AVERAGE_POOL_2D, MAX_POOL_2D, RESHAPE, MEAN, SQUEEZE).
_EACH = frozenset({_DEQUANTIZE, 14, 19, 21, 25, 28, 50, 114})
_WEIGHING, _FORMED = frozenset({25, 50}), frozenset({1, 17, _RESHAPE, _MEAN, 43})
#: Bytes of a number by type whose numbers fill bytes (``TensorType``: float32, float16, int32, uint8, int8).
_WIDTHS = {0: 4, 1: 2, 2: 4, 3: 1, 9: 1}
#: Where a row of a tensor tells its shape, type, size, buffer and few whole numbers.
_SHAPE, _TYPE, _SIZE, _BUFFER, _NUMBERS = 1, 2, 5, 6, 7


@dataclass(slots=True)
class Route:
    """How an output's classes are made.

    Attributes:
        chain: Tensors from the output back to what the layer puts out; all hold the classes on their last axis.
        arrays: Weights and bias of the layer, and what they are unpacked to; they hold the classes on their first axis.
        shapes: Tensors that say a shape that ends with how many there are.
        reshaped: Numbers of operators that say it themselves.
        weighs: Whether a whole is shared among the classes.
        layer: Numbers of the layer's input, weights and bias.
    """

    chain: list[int] = field(default_factory=list)
    arrays: list[int] = field(default_factory=list)
    shapes: list[int] = field(default_factory=list)
    reshaped: list[int] = field(default_factory=list)
    weighs: bool = False
    layer: list[int] = field(default_factory=list)


def route(graph: dict[str, Any], output: int, total: int) -> Route | None:
    """How an output's classes are made; None where it is not made so.

    Args:
        graph: As ``_lite`` lists it.
        output: The tensor.
        total: How many classes there must be.

    Raises:
        Kept: It is made so, and the numbers of the layer cannot be cut.
    """
    return _Finder(graph, total).run(output)


class _Finder:
    """One way back."""

    def __init__(self, graph: dict[str, Any], total: int) -> None:
        self.graph, self.total = graph, total
        self.tensors, self.ops = graph["tensors"], graph["ops"]
        self.makers = {n: i for i, op in enumerate(self.ops) for n in op[3]}
        self.users = [n for op in self.ops for n in op[2]]
        self.buffers = [row[_BUFFER] for row in self.tensors]
        self.out = Route()

    def run(self, output: int) -> Route | None:
        """From the output back to the layer."""
        made, at = self.out, output
        while at in self.makers and self.tensors[at][_SHAPE][-1:] == [self.total] and at not in made.chain:
            if at in self.users if at == output else self.users.count(at) != 1 or at in self.graph["outputs"]:
                return None
            made.chain.append(at)
            number = self.makers[at]
            op = self.ops[number]
            if op[0] in _LAYERS:
                return made if self._layer(op) else None
            if op[0] in _FORMED:
                if not self._formed(number, op, at):
                    return None
            elif op[0] not in _EACH:
                return None
            made.weighs |= op[0] in _WEIGHING
            at = op[2][0]
        return None

    def _formed(self, number: int, op: list[Any], at: int) -> bool:
        """Whether a change of shape, or a mean, leaves the classes on the last axis."""
        given = self.tensors[op[2][0]][_SHAPE]
        told = op[2][1] if len(op[2]) > 1 else -1
        numbers = self.tensors[told][_NUMBERS] if told >= 0 else []
        if op[0] == _MEAN:
            return bool(numbers) and all(
                -len(given) <= n < len(given) and n % len(given) != len(given) - 1 for n in numbers
            )
        if op[0] != _RESHAPE:
            return True
        if prod(given) != prod(self.tensors[at][_SHAPE]) or (told >= 0 and numbers[-1:] not in ([self.total], [-1])):
            return False
        self.out.reshaped.append(number)
        if told >= 0 and numbers[-1] > 0:
            self._alone(told)
            self.out.shapes.append(told)
        return True

    def _layer(self, op: list[Any]) -> bool:
        """Whether a layer has a row of numbers for each class; they are noted."""
        rows = [n for n in op[2][1:3] if n >= 0]
        if not rows or any(self.tensors[n][_SHAPE][:1] != [self.total] for n in rows):
            return False
        self.out.layer = [op[2][0], *rows]
        for n in rows:
            self.out.arrays.append(n)
            maker = self.ops[self.makers[n]] if n in self.makers else None
            if maker is not None:
                # Numbers of sixteen bits are unpacked before each use.
                if maker[0] != _DEQUANTIZE or self.tensors[maker[2][0]][_SHAPE] != self.tensors[n][_SHAPE]:
                    raise Kept(f"the numbers of {self.tensors[n][0]!r} are made by the model")
                if self.users.count(n) != 1 or n in self.graph["outputs"]:
                    raise Kept(f"the numbers of {self.tensors[n][0]!r} serve more than one layer")
                n = maker[2][0]
                self.out.arrays.append(n)
            self._alone(n)
        return True

    def _alone(self, n: int) -> None:
        """Nothing, where a tensor's numbers can be cut and serve one operator alone.

        Raises:
            Kept: They cannot, or serve others.
        """
        row = self.tensors[n]
        alone = self.users.count(n) == 1 and self.buffers.count(row[_BUFFER]) == 1 and n not in self.graph["outputs"]
        width = _WIDTHS.get(row[_TYPE], 0)
        if not alone or not width or row[_SIZE] != prod(row[_SHAPE]) * width or n in self.makers:
            raise Kept(f"the numbers of {row[0]!r} cannot be cut")
