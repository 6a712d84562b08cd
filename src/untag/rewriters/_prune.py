"""What goes with outputs of a model: nodes, weights, shapes, outputs of branches and functions that nothing needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from untag.rewriters._net import always, shift
from untag.rewriters._tensor import dims_of, outside

if TYPE_CHECKING:
    from collections.abc import Collection

    from untag.rewriters._net import Net, Op, Scope, Spot
    from untag.rewriters._tensor import Outside
    from untag.syntax.rewire import Draft

__all__ = ["Gone", "prune", "weighty"]


@dataclass(slots=True)
class Gone:
    """What went.

    Attributes:
        names: Names of tensors, nodes and functions.
        nodes: How many nodes.
        weights: How many tensors of weights.
        outside: Where weights lay beside the model.
    """

    names: set[str] = field(default_factory=set)
    nodes: int = 0
    weights: int = 0
    outside: list[Outside] = field(default_factory=list)


def weighty(tensor: Draft) -> bool:
    """Whether a tensor holds weights, not a setting: more than one number, and no shape or index."""
    inner = tensor.first("weights") if tensor.name == "Sparse" else tensor
    return inner is not None and inner.number("type") not in (7, 8, 9) and prod(dims_of(inner)) > 1


def prune(net: Net, before: set[Spot], outputs: Collection[str], tagged: Collection[str]) -> Gone:
    """Take outputs out of a model, and all that serves only them.

    Args:
        net: The model; its message is changed.
        before: What all outputs were made of.
        outputs: Outputs of the main graph that go.
        tagged: Names of idle nodes, weights and inputs that go too.
    """
    after = net.needed([n for n in net.main.outputs if n not in set(outputs)])
    gone = before - after
    dead = _dead(net, before, gone, tagged)
    out = Gone()
    main = net.main
    main.body.drop_drafts([v for v in main.body.drafts("output") if v.text("name") in outputs])
    out.names |= set(outputs)
    for scope in net.scopes:
        out.nodes += _nodes(scope, dead, out)
        for op in scope.ops:
            if id(op) not in dead:
                _narrower(op, gone)
    for scope in net.functions.values():
        _function(net, scope, before, after, dead, out)
    for scope in net.scopes:
        _weights(scope, (before, gone), tagged, out)
    return out


def _dead(net: Net, before: set[Spot], gone: set[Spot], tagged: Collection[str]) -> set[int]:
    """Nodes that go: those that only what goes needed, and idle ones that read what goes."""
    dead: set[int] = set()
    idle: list[Op] = []
    for op in net.ops():
        made = {(op.scope.number, n) for n in op.outputs if n}
        if made and made <= gone:
            dead.add(id(op))
        elif made and not made & before:
            idle.append(op)
            if op.name in tagged or any(n in tagged for n in op.outputs):
                dead.add(id(op))
                gone |= made
    while True:
        found = [op for op in idle if id(op) not in dead and any(s in gone for s in _reads(net, op))]
        if not found:
            break
        for op in found:
            dead.add(id(op))
            gone |= {(op.scope.number, n) for n in op.outputs if n}
    # What lies in the branch of a node that goes, goes with it.
    for scope in net.scopes:
        if scope.holder is not None and id(scope.holder) in dead:
            dead |= {id(op) for op in scope.ops}
    return dead


def _reads(net: Net, op: Op) -> list[Spot]:
    """All tensors that a node and what lies in it read."""
    out: list[Spot] = []
    stack: list[tuple[Scope, list[str]]] = [(op.scope, op.inputs), *((s, s.outputs) for _, s in op.branches)]
    inner = [s for _, s in op.branches]
    while inner:
        scope = inner.pop()
        for one in scope.ops:
            stack.append((scope, one.inputs))
            for _, deeper in one.branches:
                inner.append(deeper)
                stack.append((deeper, deeper.outputs))
    for scope, names in stack:
        out += [spot for n in names if n and (spot := net.spot(scope, n)) is not None]
    return out


def _nodes(scope: Scope, dead: set[int], out: Gone) -> int:
    """Take nodes out of a scope."""
    going = [op for op in scope.ops if id(op) in dead]
    for op in going:
        out.names |= {n for n in (*op.outputs, op.name) if n}
        for attribute in op.draft.drafts("attribute"):
            for tensor in attribute.drafts("tensor"):
                out.weights += weighty(tensor)
                if (away := outside(tensor)) is not None:
                    out.outside.append(away)
    scope.body.drop_drafts([op.draft for op in going])
    return len(going)


def _narrower(op: Op, gone: set[Spot]) -> None:
    """A node that stays without outputs of its branches that nothing needs."""
    if not op.branches or not (op.plain and op.kind in ("If", "Loop", "Scan")):
        return
    places = [at for at, name in enumerate(op.outputs) if (op.scope.number, name) in gone]
    for _, scope in op.branches:
        ahead = shift(op, scope)
        places = [at for at in places if at + ahead not in always(op, scope)]
    if not places:
        return
    for _, scope in op.branches:
        ahead = shift(op, scope)
        stay = [i for i in range(len(scope.outputs)) if i - ahead not in places]
        scope.body.keep("output", stay)
    op.draft.keep("output", [i for i in range(len(op.outputs)) if i not in places])


def _function(net: Net, scope: Scope, before: set[Spot], after: set[Spot], dead: set[int], out: Gone) -> None:
    """A function without what nobody asks of it any more; one that nobody calls any more goes."""
    calls = net.calls.get(scope.number, [])
    staying = [op for op in calls if id(op) not in dead]
    if calls and not staying:
        net.model.drop_drafts([scope.body])
        out.names |= {n for n in (scope.body.text("name"), *scope.outputs, *scope.inputs) if n}
        return
    for label, names in (("output", scope.outputs), ("input", scope.inputs)):
        gone = [i for i, n in enumerate(names) if (scope.number, n) in before and (scope.number, n) not in after]
        if not gone:
            continue
        out.names |= {names[i] for i in gone}
        scope.body.keep(label, [i for i in range(len(names)) if i not in gone])
        for op in staying:
            held = op.outputs if label == "output" else op.inputs
            out.names |= {held[i] for i in gone if i < len(held) and label == "output"}
            op.draft.keep(label, [i for i in range(len(held)) if i not in gone])


def _weights(scope: Scope, spots: tuple[set[Spot], set[Spot]], tagged: Collection[str], out: Gone) -> None:
    """Weights, shapes and notes on quantisation of tensors that are gone."""
    before, gone = spots
    names = {name for number, name in gone if number == scope.number}
    names |= {n for n in scope.weights if n in tagged and (scope.number, n) not in before}
    names |= {n for n in scope.values if n in tagged and not scope.has(n) and n not in scope.outputs}
    going = [d for name, d in scope.weights.items() if name in names]
    for tensor in going:
        out.weights += weighty(tensor)
        for inner in (tensor, *tensor.drafts("weights"), *tensor.drafts("indices")):
            if inner.name == "Tensor" and (away := outside(inner)) is not None:
                out.outside.append(away)
    out.names |= names - (set() if scope.function else set(scope.inputs))
    scope.body.drop_drafts(going)
    body = scope.body
    body.drop_drafts([v for v in body.drafts("value") if v.text("name") in names])
    body.drop_drafts([q for q in body.drafts("quantized") if q.text("name") in names])
    if not scope.function:
        # Before version 4 of the format weights are inputs too.
        weights = {n for n in names if n in scope.weights}
        idle = {n for n in names if n in tagged}
        body.drop_drafts([v for v in body.drafts("input") if v.text("name") in weights | idle])
