"""A model in ONNX as a net: which node makes a tensor, who reads it, and what an output alone is made of.

Bodies of ``If``, ``Loop`` and ``Scan`` and functions of the model are scopes of their own: a name is looked up from the
inside out, as the specification says (github.com/onnx/onnx, docs/IR.md, "Names Within a Graph").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.gap import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.syntax.rewire import Draft

__all__ = ["Net", "Op", "Scope", "Spot"]

#: A tensor: the number of its scope, and its name there.
Spot = tuple[int, str]
_NODES = 1_000_000


@dataclass(eq=False, slots=True)
class Op:
    """A node.

    Attributes:
        draft: Its message.
        scope: Where it stands.
        number: Its place among the nodes of the scope, as the file has them.
        branches: Graphs that it holds, by the name of the attribute.
    """

    draft: Draft
    scope: Scope
    number: int
    kind: str
    domain: str
    name: str
    inputs: list[str]
    outputs: list[str]
    branches: list[tuple[str, Scope]] = field(default_factory=list)

    def attribute(self, name: str) -> Draft | None:
        """An attribute by name."""
        return next((a for a in self.draft.drafts("attribute") if a.text("name") == name), None)

    def setting(self, name: str, default: int) -> int:
        """A number among the attributes."""
        found = self.attribute(name)
        return found.number("i", default) if found is not None else default

    def settings(self, name: str) -> list[int] | None:
        """Numbers among the attributes; None where there are none of that name."""
        found = self.attribute(name)
        return found.numbers("ints") if found is not None else None

    @property
    def plain(self) -> bool:
        """Whether it is an operator of ONNX itself."""
        return self.domain in ("", "ai.onnx")

    def said(self) -> str:
        """How people know it."""
        return f"{self.kind} {self.name!r}" if self.name else f"{self.kind} that makes {next(iter(self.outputs), '')!r}"


@dataclass(eq=False, slots=True)
class Scope:
    """A graph, a branch or body of a node, or a function.

    Attributes:
        number: Tells scopes apart; the main graph is 0.
        body: Its message.
        pointer: Where it stands, as the reader says it.
        holder: The node whose branch it is.
        function: Whether it is a function.
    """

    number: int
    body: Draft
    pointer: str
    holder: Op | None = None
    function: bool = False
    ops: list[Op] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    weights: dict[str, Draft] = field(default_factory=dict)
    makers: dict[str, tuple[Op, int]] = field(default_factory=dict)
    users: dict[str, list[tuple[Op, int]]] = field(default_factory=dict)
    values: dict[str, list[Draft]] = field(default_factory=dict)

    @property
    def parent(self) -> Scope | None:
        """The scope around it."""
        return self.holder.scope if self.holder is not None else None

    def has(self, name: str) -> bool:
        """Whether a tensor of that name is made here."""
        return name in self.makers or name in self.weights or name in self.inputs


class Net:
    """All scopes of a model.

    Attributes:
        model: The message of the whole.
        main: The graph.
        scopes: All scopes by number.
        functions: Functions by domain and name.
        calls: For each function the nodes that call it.
    """

    def __init__(self, model: Draft) -> None:
        """Look at all nodes once.

        Raises:
            Damaged: There is no graph, or more than is held.
        """
        graphs = model.drafts("graph")
        if len(graphs) != 1:
            raise Damaged("a model has one graph")
        self.model = model
        self.scopes: list[Scope] = []
        self.functions: dict[tuple[str, str], Scope] = {}
        self.calls: dict[int, list[Op]] = {}
        self.left = _NODES
        self.main = self._scope(graphs[0], "/graph", None)
        for one in model.drafts("function"):
            name = one.text("name")
            scope = self._scope(one, f"/functions/{name}", None, function=True)
            self.functions[one.text("domain"), name] = scope
        for op in self.ops():
            if (called := self.called(op)) is not None:
                self.calls.setdefault(called.number, []).append(op)

    def _scope(self, body: Draft, pointer: str, holder: Op | None, *, function: bool = False) -> Scope:
        scope = Scope(len(self.scopes), body, pointer, holder, function)
        self.scopes.append(scope)
        if function:
            scope.inputs, scope.outputs = body.texts("input"), body.texts("output")
        else:
            scope.inputs = [v.text("name") for v in body.drafts("input")]
            scope.outputs = [v.text("name") for v in body.drafts("output")]
        for label in ("input", "output", "value"):
            for value in body.drafts(label):
                scope.values.setdefault(value.text("name"), []).append(value)
        for tensor in body.drafts("weights"):
            scope.weights[tensor.text("name")] = tensor
        for sparse in body.drafts("sparse"):
            if (inner := sparse.first("weights")) is not None:
                scope.weights[inner.text("name")] = sparse
        for number, node in enumerate(body.drafts("node")):
            self._op(scope, number, node)
        return scope

    def _op(self, scope: Scope, number: int, node: Draft) -> None:
        self.left -= 1
        if self.left < 0:
            raise Damaged("more nodes than are held")
        inputs, outputs = node.texts("input"), node.texts("output")
        op = Op(node, scope, number, node.text("op"), node.text("domain"), node.text("name"), inputs, outputs)
        scope.ops.append(op)
        for at, name in enumerate(outputs):
            if name:
                scope.makers[name] = (op, at)
        for at, name in enumerate(inputs):
            if name:
                scope.users.setdefault(name, []).append((op, at))
        for attribute in node.drafts("attribute"):
            key = attribute.text("name")
            for graph in attribute.drafts("graph"):
                op.branches.append((key, self._scope(graph, f"{scope.pointer}/node/{number}/{key}", op)))

    def ops(self) -> Iterator[Op]:
        """All nodes of all scopes."""
        for scope in self.scopes:
            yield from scope.ops

    def called(self, op: Op) -> Scope | None:
        """The function that a node calls."""
        return self.functions.get((op.domain, op.kind)) if self.functions else None

    def spot(self, scope: Scope, name: str) -> Spot | None:
        """The tensor that a name means in a scope."""
        at: Scope | None = scope
        while at is not None:
            if at.has(name):
                return at.number, name
            at = at.parent
        return None

    def readers(self, spot: Spot) -> list[tuple[Op, int]]:
        """Nodes that read a tensor, in its scope and in those inside of it, and as which of their inputs."""
        scope, name = self.scopes[spot[0]], spot[1]
        out = list(scope.users.get(name, ()))
        for inner in self.scopes[scope.number + 1 :]:
            if name in inner.users and inner.parent is not None and self.spot(inner, name) == spot:
                out += inner.users[name]
        return out

    def leads(self, spot: Spot) -> list[tuple[Op, int]]:
        """Nodes whose branch gives a tensor back, and as which of its outputs; calls of the function that does."""
        scope, name = self.scopes[spot[0]], spot[1]
        out: list[tuple[Op, int]] = []
        for inner in self.scopes[scope.number :]:
            if name not in inner.outputs or (inner is not scope and self.spot(inner, name) != spot):
                continue
            holders = [inner.holder] if inner.holder is not None else self.calls.get(inner.number, [])
            out += [(h, at) for h in holders for at, given in enumerate(inner.outputs) if given == name]
        return out

    # -- what is needed ----------------------------------------------------------------------------------------------

    def needed(self, outputs: Iterable[str]) -> set[Spot]:
        """All tensors that some outputs of the main graph are made of, they themselves among them."""
        return _Need(self).run(outputs)

    def alone(self, output: str) -> set[Spot]:
        """Tensors that only one output is made of."""
        others = [name for name in self.main.outputs if name != output]
        return self.needed([output]) - self.needed(others)


class _Need:
    """One walk from outputs back to what they are made of."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.seen: set[Spot] = set()
        self.stack: list[Spot] = []
        self.live: dict[int, list[Op]] = {}
        self.entered: set[int] = set()

    def run(self, outputs: Iterable[str]) -> set[Spot]:
        for name in outputs:
            self.want(self.net.main, name)
        while self.stack:
            number, name = self.stack.pop()
            scope = self.net.scopes[number]
            made = scope.makers.get(name)
            if made is not None:
                self.made(*made)
            elif scope.function and name in scope.inputs:
                for op in self.live.get(number, ()):
                    self.passed(op, scope, name)
        return self.seen

    def want(self, scope: Scope, name: str) -> None:
        spot = self.net.spot(scope, name) if name else None
        if spot is not None and spot not in self.seen:
            self.seen.add(spot)
            self.stack.append(spot)

    def made(self, op: Op, at: int) -> None:
        called = self.net.called(op)
        if called is not None:
            self.call(op, called, at)
            return
        if id(op) not in self.entered:
            self.entered.add(id(op))
            for name in op.inputs:
                self.want(op.scope, name)
            for _, scope in op.branches:
                for place in always(op, scope):
                    self.want(scope, scope.outputs[place])
        for _, scope in op.branches:
            place = at + shift(op, scope)
            if place < len(scope.outputs):
                self.want(scope, scope.outputs[place])

    def call(self, op: Op, called: Scope, at: int) -> None:
        if at < len(called.outputs):
            self.want(called, called.outputs[at])
        sites = self.live.setdefault(called.number, [])
        if not any(site is op for site in sites):
            sites.append(op)
            for name in called.inputs:
                if (called.number, name) in self.seen:
                    self.passed(op, called, name)

    def passed(self, op: Op, called: Scope, name: str) -> None:
        place = called.inputs.index(name)
        if place < len(op.inputs):
            self.want(op.scope, op.inputs[place])


def shift(op: Op, scope: Scope) -> int:
    """By how much the outputs of a body are ahead of those of its node: a loop's condition is none of the node's."""
    return 1 if op.plain and op.kind == "Loop" and scope.outputs else 0


def always(op: Op, scope: Scope) -> range:
    """Outputs of a body that are needed whatever is asked of its node: what one round hands to the next."""
    count = len(scope.outputs)
    if op.plain and op.kind == "If":
        return range(0)
    if op.plain and op.kind == "Loop":
        return range(min(count, max(0, len(op.inputs) - 2) + 1))
    if op.plain and op.kind == "Scan":
        return range(min(count, max(0, len(op.inputs) - op.setting("num_scan_inputs", 0))))
    return range(count)
