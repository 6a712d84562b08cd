"""Graphs of TensorFlow in JSON: what each node takes in, what is put out, and how classes are made of weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.rewriters._layers import reached
from untag.rewriters._tensor import Kept
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from untag.syntax.tree import Node

__all__ = ["Way", "Web", "bare", "web"]

#: Operators that work on each number by itself or on all of the last axis: classes stay where they are.
_EACH = frozenset({
    "Elu", "Identity", "LeakyRelu", "LogSoftmax", "Relu", "Relu6", "Selu", "Sigmoid", "Softmax", "Softplus", "Tanh",
})  # fmt: skip
#: Of these, those that share a whole among classes.
_WEIGHING = frozenset({"LogSoftmax", "Softmax"})
_ADDS = frozenset({"Add", "AddV2", "BiasAdd"})
_LAYERS = frozenset({"MatMul", "_FusedMatMul"})
#: What a fused layer may do behind its bias.
_FUSED = frozenset({"BiasAdd", "Elu", "LeakyRelu", "Relu", "Relu6", "Sigmoid", "Tanh"})
#: Where a node says how large something is.
_CONST = ("attr", "value", "tensor", "tensorShape")


@dataclass(slots=True)
class Way:
    """How classes are made: from an output back to the weights.

    Attributes:
        nodes: Names of the nodes, those of weights too.
        cuts: Of weights by name the axis that has the classes, from the front.
        kernel: Name of the weights that are multiplied with.
        bias: Name of what is added; nothing where nothing is.
        weighing: Whether a whole is shared among the classes.
    """

    nodes: list[str] = field(default_factory=list)
    cuts: dict[str, int] = field(default_factory=dict)
    kernel: str = ""
    bias: str = ""
    weighing: bool = False


@dataclass(slots=True)
class Web:
    """A graph.

    Attributes:
        rows: Where its nodes are listed.
        nodes: Each by name, in order.
        sources: What each takes in, by name.
        signature: Where it says what is put out; None where it does not.
        outputs: Nodes that put out, in order.
        called: What the signature calls outputs, and the node of each.
        inputs: Nodes that are put in.
    """

    rows: Node
    nodes: dict[str, Node]
    sources: dict[str, tuple[str, ...]]
    signature: Node | None
    outputs: tuple[str, ...]
    called: dict[str, str]
    inputs: tuple[str, ...]

    def needed(self, outputs: Iterable[str]) -> set[str]:
        """Nodes that some are made of, with all that is put in."""
        return reached((*outputs, *self.inputs), self.sources.__getitem__)

    def gone(self, outputs: Collection[str]) -> set[str]:
        """Nodes that serve only some outputs, with what is made of those."""
        left = self.needed([name for name in self.outputs if name not in outputs])
        out = self.needed(outputs) - left
        more = True
        while more:
            fresh = {n for n, taken in self.sources.items() if n not in left | out and out.intersection(taken)}
            more = bool(fresh)
            out |= fresh
        return out

    def head(self, output: str) -> set[str]:
        """The last layer of an output with its weights, and what hands its result on."""
        out: set[str] = set()
        stack = [output]
        while stack:
            name = stack.pop()
            if name in out:
                continue
            out.add(name)
            taken = self.sources[name]
            made = [one for one in taken if not self._weights(one)]
            out.update(one for one in taken if self._weights(one))
            if len(made) == 1 and self.nodes[name].text("op") in _EACH | _ADDS:
                stack += made
        return out

    def _weights(self, name: str) -> bool:
        while self.nodes[name].text("op") == "Identity" and len(self.sources[name]) == 1:
            name = self.sources[name][0]
        return self.nodes[name].text("op") == "Const"

    def way(self, output: str, total: int, shapes: Mapping[str, tuple[int, ...]]) -> Way | None:
        """How an output's classes are made; None where it is not made so.

        Args:
            output: Its name.
            total: How many classes there must be.
            shapes: The sizes of all weights.
        """
        users = Counter(name for taken in self.sources.values() for name in taken)
        out, at = Way(), output
        seen: set[str] = set()
        while at not in seen:
            seen.add(at)
            node, taken = self.nodes[at], self.sources[at]
            kind = node.text("op")
            if at != output and (users[at] != 1 or at in self.outputs):
                return None
            out.nodes.append(at)
            if kind in _EACH and len(taken) == 1:
                out.weighing |= kind in _WEIGHING
                at = taken[0]
            elif kind in _ADDS and len(taken) == 2 and not out.bias:
                if not self._take(out, taken[1], total, shapes, users, turned=False):
                    return None
                out.bias, at = out.nodes[-1], taken[0]
            elif kind in _LAYERS:
                made = self._layer(out, node, taken, total, shapes, users)
                return out if made and not users[output] else None
            else:
                return None
        return None

    def _layer(
        self, out: Way, node: Node, taken: tuple[str, ...], total: int, shapes: Mapping[str, tuple[int, ...]],
        users: Counter[str],
    ) -> bool:  # fmt: skip
        """Whether a layer makes the classes; its weights are noted."""
        fused = node.text("op") == "_FusedMatMul"
        if len(taken) not in ((3,) if fused else (2,)) or (fused and out.bias):
            return False
        attributes = node.get("attr")
        said = attributes.get("transpose_b") if attributes is not None else None
        turned = said is not None and said.text("b") == "true"
        if fused:
            told = attributes.get("fused_ops") if attributes is not None else None
            ops = _texts(told)
            if ops[:1] != ["BiasAdd"] or not set(ops) <= _FUSED:
                return False
            if not self._take(out, taken[2], total, shapes, users, turned=False):
                return False
            out.bias = out.nodes[-1]
        if not self._take(out, taken[1], total, shapes, users, turned=turned, layer=True):
            return False
        out.kernel = out.nodes[-1]
        return True

    def _take(
        self, out: Way, name: str, total: int, shapes: Mapping[str, tuple[int, ...]], users: Counter[str], *,
        turned: bool, layer: bool = False,
    ) -> bool:  # fmt: skip
        """Whether weights hold the classes on one axis and serve nothing else; they are noted."""
        while True:
            if users[name] != 1 or name in self.outputs:
                return False
            out.nodes.append(name)
            if self.nodes[name].text("op") != "Identity" or len(self.sources[name]) != 1:
                break
            name = self.sources[name][0]
        shape = shapes.get(name, ())
        axis = 0 if turned else len(shape) - 1
        fits = len(shape) == 2 if layer else bool(shape) and all(size == 1 for size in shape[:-1])
        if self.nodes[name].text("op") != "Const" or not fits or shape[axis] != total:
            return False
        out.cuts[name] = axis
        return True

    def sizes(self, way: Way, output: str) -> Iterator[Node]:
        """Numbers that say how many classes there are, in nodes and in the signature."""
        for name in way.nodes:
            attributes = self.nodes[name].get("attr")
            node: Node | None = self.nodes[name]
            for key in _CONST if name in way.cuts else ():
                node = node.get(key) if node is not None else None
            yield from _size(node, way.cuts.get(name, -1))
            told = attributes.get("_output_shapes") if attributes is not None else None
            held = told.get("list") if told is not None else None
            rows = held.get("shape") if held is not None else None
            for row in rows.children if rows is not None else ():
                yield from _size(row, way.cuts.get(name, -1))
        told = self.signature.get("outputs") if self.signature is not None else None
        for child in told.children if told is not None else ():
            if self.called.get(child.key or "") == output:
                yield from _size(child.get("tensorShape"), -1)


def _size(shape: Node | None, axis: int) -> Iterator[Node]:
    """The number of an axis in a shape."""
    dims = shape.get("dim") if shape is not None and shape.kind == OBJECT else None
    if dims is None or not dims.children:
        return
    size = dims.children[axis].get("size")
    if size is not None and size.scalar and size.value.isdecimal():
        yield size


def _texts(node: Node | None) -> list[str]:
    """A list of texts in an attribute; TensorFlow.js writes them in base64 or as they are."""
    import base64
    import binascii

    held = node.get("list") if node is not None else None
    rows = held.get("s") if held is not None else None
    out: list[str] = []
    for child in rows.children if rows is not None else ():
        try:
            made = base64.b64decode(child.value, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            made = ""
        out.append(made if made in _FUSED else child.value)
    return out


def web(root: Node) -> Web | None:
    """The graph of a model; None where it is none.

    Raises:
        Kept: It is not understood.
    """
    topology = root.get("modelTopology")
    rows = topology.get("node") if topology is not None and topology.kind == OBJECT else None
    if topology is None or rows is None or rows.kind != ARRAY:
        return None
    library = topology.get("library")
    functions = library.get("function") if library is not None else None
    if root.get("modelInitializer") is not None or (functions is not None and functions.children):
        raise Kept("a graph with functions or an initializer is not understood here")
    nodes: dict[str, Node] = {}
    sources: dict[str, tuple[str, ...]] = {}
    for node in rows.children:
        name, held = node.text("name"), node.get("input")
        if not name or name in nodes:
            raise Kept("a node has no name, or that of another")
        nodes[name] = node
        taken = held.children if held is not None and held.kind == ARRAY else []
        sources[name] = tuple(bare(one.value) for one in taken if one.kind == STRING)
    if not all(name in nodes for taken in sources.values() for name in taken):
        raise Kept("a node takes from one that is not there")
    signature = root.get("signature")
    if signature is None and (user := root.get("userDefinedMetadata")) is not None:
        signature = user.get("signature")
    ends = [signature.get(key) if signature is not None else None for key in ("inputs", "outputs")]
    inputs, called = (
        {c.key or "": bare(c.text("name")) for c in one.children} if one is not None else {} for one in ends
    )
    users = {name for taken in sources.values() for name in taken}
    outputs = tuple(dict.fromkeys(called.values())) or tuple(name for name in nodes if name not in users)
    if not {*outputs, *inputs.values()} <= set(nodes):
        raise Kept("its signature names nodes that are not there")
    return Web(rows, nodes, sources, signature, outputs, called, tuple(inputs.values()))


def bare(name: str) -> str:
    """A node, without the number of its output and the sign of a mere order."""
    return name.removeprefix("^").partition(":")[0]
