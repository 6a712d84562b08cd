"""TensorFlow.js, and Keras configurations beside their weights: what would go is planned and told, and nothing written.

No run time here could compare what is left with what was. Without this rewriter the JSON would lose layers like any
other tree, while the weights beside it kept them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.edit import Plan, Rewriter
from untag.readers import specs, tree
from untag.reports._words import count
from untag.rewriters._labels import CARRIED
from untag.rewriters._layers import parsed
from untag.rewriters._tensor import Kept
from untag.syntax import json
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.syntax.tree import Node

__all__ = ["TfjsRewriter"]

_MOST = 1_500_000
_KERAS = re.compile(rb'^\s*\{[^{}]*"class_name"\s*:\s*"(?:Functional|Model|Sequential)"')
REFUSED = "no run time is here that could compare what is left of it with what was"


class TfjsRewriter(Rewriter):
    """Plans what would go of models whose layers stand in JSON and whose weights lie in other files."""

    name = "tfjs"
    reads = ("tree", "specs")
    rank = 70
    limits = (
        CARRIED,
        "nothing is written: no run time of TensorFlow.js is here, and a configuration alone cannot be run",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A model of TensorFlow.js, or the configuration of one of Keras."""
        if not artifact.held:
            return False
        data = artifact.data
        js = b'"modelTopology"' in data and b'"weightsManifest"' in data
        keras = _KERAS.search(data[:4000]) is not None and b'"layers"' in data
        return (js or keras) and (specs.form(artifact) or tree.form(artifact)) == "json"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """What would go; all targets stay."""
        plan = Plan()
        marked = {mark.text for target in targets for mark in target.marks}
        try:
            plan.planned.append(_planned(artifact.text, marked))
        except Kept as kept:
            return plan.keep(targets, f"{REFUSED} ({kept})")
        return plan.keep(targets, REFUSED)


def _planned(text: str, marked: set[str]) -> str:
    """What would go, for people.

    Raises:
        Kept: It is not understood.
    """
    document = json.parse(text, limit=_MOST)
    if document.errors or document.stop is not None or len(document.roots) != 1:
        raise Kept("it is no JSON")
    root = document.roots[0]
    sources, outputs, named = _net(root, text)
    tagged = {name for name in sources if name in marked or any(m.startswith(f"{name}/") for m in marked)}
    tagged |= {name for label, name in named.items() if label in marked}
    going = [o for o in outputs if tagged & (_needed([o], sources) - _needed([p for p in outputs if p != o], sources))]
    if not going:
        raise Kept("no output is made by it alone")
    if len(going) == len(outputs):
        return "the whole model, since all that it puts out carries the tag"
    gone = set(sources) - _needed([o for o in outputs if o not in going], sources)
    weights, files = _weights(root, gone)
    said = f"the outputs {', '.join(map(repr, sorted(going)))} with {count(len(gone), 'layer')}"
    return f"{said} and {count(weights, 'array')} of weights" + (f" in {', '.join(files)}" if files else "")


def _net(root: Node, text: str) -> tuple[dict[str, set[str]], list[str], dict[str, str]]:
    """What each layer or node takes from, what is put out, and what a signature calls that."""
    topology = root.get("modelTopology")
    nodes = topology.get("node") if topology is not None and topology.kind == OBJECT else None
    if nodes is None or nodes.kind != ARRAY:
        way: tuple[str, ...] = ()
        if topology is not None:
            way = ("modelTopology", "model_config") if topology.get("model_config") is not None else ("modelTopology",)
        net = parsed(text, way)
        return {name: one.sources for name, one in net.layers.items()}, list(net.outputs), {}
    sources: dict[str, set[str]] = {}
    for node in nodes.children:
        held = node.get("input")
        rows = held.children if held is not None and held.kind == ARRAY else []
        sources[node.text("name")] = {_bare(one.value) for one in rows if one.kind == STRING}
    signature = root.get("signature")
    told = signature.get("outputs") if signature is not None else None
    named = {c.key or "": _bare(c.text("name")) for c in told.children} if told is not None else {}
    taken = {name for rows in sources.values() for name in rows}
    outputs = list(dict.fromkeys(named.values())) or [name for name in sources if name not in taken]
    if not set(outputs) <= set(sources):
        raise Kept("its signature names outputs that are not there")
    return sources, outputs, named


def _bare(name: str) -> str:
    """A node, without the number of its output and the sign of a mere order."""
    return name.removeprefix("^").partition(":")[0]


def _needed(outputs: Iterable[str], sources: dict[str, set[str]]) -> set[str]:
    out: set[str] = set()
    stack = [*outputs]
    while stack:
        name = stack.pop()
        if name not in out and name in sources:
            out.add(name)
            stack += sources[name]
    return out


def _weights(root: Node, gone: set[str]) -> tuple[int, list[str]]:
    """How many arrays belong to layers, and the files that they lie in."""
    total, files = 0, dict[str, None]()
    manifest = root.get("weightsManifest")
    for group in manifest.children if manifest is not None else ():
        held, paths = group.get("weights"), group.get("paths")
        rows = [one.text("name") for one in held.children] if held is not None else []
        mine = sum(name in gone or name.partition("/")[0] in gone for name in rows)
        total += mine
        if mine and paths is not None:
            files |= dict.fromkeys(one.value for one in paths.children)
    return total, sorted(files)
