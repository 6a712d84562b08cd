"""Steps on a model in ONNX, carried out together: classes are cut, outputs go with all that serves them, then texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.rewriters._cut import Cutter
from untag.rewriters._labels import labels
from untag.rewriters._net import Net
from untag.rewriters._prune import Gone, prune
from untag.rewriters._saying import ADDED, OVER, WEIGHING, constant, numbers_of, same
from untag.rewriters._sites import Sites
from untag.rewriters._tensor import Kept
from untag.syntax.onnx import SCHEMA
from untag.syntax.rewire import draft

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from untag.rewriters._net import Op, Scope, Spot
    from untag.rewriters._sites import Site
    from untag.rewriters._tensor import Outside
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["Model", "Step", "Trace", "carve", "chain", "made_of", "outputs_of"]

_MOST = 3_000_000
#: What a graph is called that had a name and must have one.
NAMELESS = "graph"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        kind: ``output`` (it goes), ``cut`` (it loses classes), ``carve`` (a shared layer loses what only it read),
            ``drop``, ``lines`` and ``labels`` (a text goes, or lines or labels of it), ``name`` (of a graph).
        name: The output.
        axis: Of a cut, from the end.
        places: Of a cut or of labels what goes; of lines their numbers.
        site: Which text.
    """

    kind: str
    name: str = ""
    axis: int = 0
    places: tuple[int, ...] = ()
    site: int = -1


@dataclass(slots=True)
class Trace:
    """What steps did.

    Attributes:
        gone: What went with outputs.
        pointers: Texts and things of the old model that are not in the new one, by pointer.
        texts: The same, where only a part of the texts at a pointer goes.
        made: Texts of the old model at pointers, and what stands there in the new one.
        blank: Places outside of the model that nothing needs any more.
        probes: Tensors before a softmax whose places can be compared, with what was cut out of them.
        after: Outputs behind a softmax, which promise nothing.
        over: Outputs that tell classes by number, or one value over all of them, which are other ones now.
        cuts: Outputs that lost places: axis and places.
    """

    gone: Gone = field(default_factory=Gone)
    pointers: set[str] = field(default_factory=set)
    texts: set[tuple[str, str]] = field(default_factory=set)
    made: dict[tuple[str, str], str] = field(default_factory=dict)
    blank: list[Outside] = field(default_factory=list)
    probes: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    after: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    cuts: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def takes(self, surface: Surface) -> bool:
        """Whether a surface of the old model is gone."""
        pointer = surface.place.pointer or ""
        if pointer in self.pointers or (pointer, surface.text) in self.texts:
            return True
        return any(pointer[:at] in self.pointers for at, sign in enumerate(pointer) if sign == "/" and at)


class Model:
    """A model that is read, and may be changed once.

    Args:
        data: Its bytes.
        fetch: Gives bytes of files beside it.
    """

    def __init__(self, data: Bytes, fetch: Callable[[Outside], bytes]) -> None:
        self.draft = draft(data, SCHEMA, "Model", _MOST)
        self.net = Net(self.draft)
        self.sites = Sites(self.net)
        self.fetch = fetch

    def run(self, steps: Sequence[Step], tagged: Collection[str]) -> Trace:
        """Carry steps out.

        Args:
            steps: All of them.
            tagged: Names that are to go; idle things of these names go too.

        Raises:
            Kept: A step cannot be carried out; the model is spoilt then.
        """
        trace = Trace()
        net = self.net
        outputs = {s.name for s in steps if s.kind == "output"}
        before = net.needed(net.main.outputs)
        after = net.needed([n for n in net.main.outputs if n not in outputs])
        sites = [(s, self.sites.all[s.site]) for s in steps if s.site >= 0]
        texts = {id(site): site.text for _, site in sites if site.kind != "list"}
        old = {id(op): (list(op.inputs), list(op.outputs)) for op in net.ops()}
        for step in steps:
            if step.kind == "cut":
                self._cut(step, after, trace)
            elif step.kind == "carve":
                cutter = carve(net, step.name, after, self.fetch)
                if cutter is None:
                    raise Kept(f"nothing tells what of a shared layer serves {step.name!r} alone")
                trace.blank += cutter.run()
        if any(step.kind in ("output", "cut", "carve") for step in steps) or tagged:
            trace.gone = prune(net, before, outputs, tagged)
            trace.blank += trace.gone.outside
            _pointers(net, trace, old)
        for step, site in sites:
            _text(step, site, texts.get(id(site), ""), trace)
        return trace

    def _cut(self, step: Step, alive: set[Spot], trace: Trace) -> None:
        net = self.net
        cutter = Cutter(net, alive, self.fetch)
        cutter.follow(net.main, step.name, step.axis, step.places)
        for (number, name), (axis, places) in cutter.touched.items():
            if number:
                continue
            if name in net.main.outputs:
                trace.cuts[name] = axis, places
            made = net.main.makers.get(name)
            if made is not None and made[0].kind in WEIGHING:
                source = made[0].inputs[0]
                trace.probes[source] = axis, places
                trace.after |= _behind(net, name)
        for op in net.main.ops:
            if op.kind in OVER and op.inputs and (0, op.inputs[0]) in cutter.touched:
                for name in filter(None, op.outputs):
                    trace.over |= _behind(net, name)
            if op.kind == "ZipMap" and op.inputs and (0, op.inputs[0]) in cutter.touched:
                _, places = cutter.touched[0, op.inputs[0]]
                at = f"/graph/node/{op.number}/classlabels_strings"
                trace.pointers |= {f"{at}/{p}" for p in places}
        for number, scope in enumerate(net.scopes):
            for name, tensor in scope.weights.items():
                # What lay beside the model lies in it then.
                if any(tensor is cut for cut in cutter.cuts) and scope.number == number:
                    rows = [r.text("value") for r in tensor.drafts("external") if r.text("key") == "location"]
                    trace.texts |= {(f"{scope.pointer}/initializer/{name}"[:400], text) for text in rows}
        trace.blank += cutter.run()


def outputs_of(data: Bytes) -> list[str]:
    """What a model puts out."""
    graph = draft(data, SCHEMA, "Model", _MOST).first("graph")
    return [v.text("name") for v in graph.drafts("output")] if graph is not None else []


def _behind(net: Net, name: str) -> set[str]:
    """Outputs of the main graph that are made of a tensor."""
    return {o for o in net.main.outputs if (0, name) in net.needed([o])}


def _pointers(net: Net, trace: Trace, old: dict[int, tuple[list[str], list[str]]]) -> None:
    """What the reader showed of things that are gone."""
    for scope in net.scopes:
        at = scope.pointer
        there = {id(d) for d in scope.body.drafts("node")}
        for op in scope.ops:
            here = f"{at}/node/{op.number}"
            if id(op.draft) not in there:
                trace.pointers.add(here[:400])
                continue
            inputs, outputs = old[id(op)]
            left = set(op.draft.texts("output"))
            trace.texts |= {(f"{here}/output", n) for n in outputs if n not in left}
            kept = op.draft.texts("input")
            trace.texts |= {(f"{here}/input", n) for n in inputs if n not in kept}
        for field_ in ("input", "output", "value"):
            names = scope.body.texts(field_) if scope.function else [v.text("name") for v in scope.body.drafts(field_)]
            were = scope.inputs if field_ == "input" else scope.outputs if field_ == "output" else list(scope.values)
            trace.pointers |= {f"{at}/{field_}/{n}"[:400] for n in set(were) - set(names)}
        weights = {t.text("name") for t in scope.body.drafts("weights")}
        trace.pointers |= {f"{at}/initializer/{n}"[:400] for n in set(scope.weights) - weights}
    functions = {id(d) for d in net.model.drafts("function")}
    for scope in net.functions.values():
        if id(scope.body) not in functions:
            trace.pointers.add(scope.pointer[:400])
            trace.pointers |= {f"{scope.pointer}/node/{op.number}"[:400] for op in scope.ops}
            trace.pointers |= {f"{scope.pointer}/attribute/{n}" for n in scope.body.texts("attribute")}
            for label, names in (("input", scope.inputs), ("output", scope.outputs)):
                trace.pointers |= {f"{scope.pointer}/{label}/{n}" for n in names}


def _text(step: Step, site: Site, text: str, trace: Trace) -> None:
    """Take a text out, or a part of it."""
    if step.kind == "name":
        trace.made[site.pointer, site.text] = NAMELESS
        site.holder.put(2, NAMELESS.encode())
    elif step.kind == "drop" and site.parent is not None:
        site.parent.drop_drafts([site.holder])
        trace.pointers.add(site.pointer)
    elif step.kind == "drop":
        site.holder.drop(site.holder.of(site.label))
        _said(site, text.split("\n"), trace)
    elif step.kind == "labels":
        _labels(step, site, text, trace)
    else:
        lines = text.split("\n")
        _said(site, [lines[number] for number in step.places], trace)
        _put(site, "\n".join(line for i, line in enumerate(lines) if i not in step.places))


def _said(site: Site, lines: Sequence[str], trace: Trace) -> None:
    """Lines that are gone; the pointer is also that of what they describe."""
    trace.texts |= {(site.pointer, line.strip()) for line in lines}
    held = labels("\n".join(lines))
    if held is not None:
        trace.texts |= {(f"{site.pointer}/{i}", name) for i, name in enumerate(held.names)}


def _labels(step: Step, site: Site, text: str, trace: Trace) -> None:
    if site.kind == "list":
        names = site.holder.texts("strings")
        site.holder.keep("strings", [i for i in range(len(names)) if i not in step.places])
        if site.holder.name == "Tensor":
            raise Kept("a tensor of labels serves the model itself")
        trace.pointers |= {f"{site.pointer}/{i}" for i in step.places}
        return
    held = labels(text)
    if held is None:
        raise Kept("its labels are written in a way that is not understood here")
    gone = {*step.places} if len(held.names) - len(step.places) > 1 else set(range(len(held.names)))
    trace.texts |= {(at, held.names[i]) for i in gone for at in (site.pointer, f"{site.pointer}/{i}")}
    text = held.without(step.places)
    if len(gone) > len(step.places):
        # One label alone is no list: the reader shows the text.
        left = min(gone - set(step.places))
        for at in (site.pointer, f"{site.pointer}/{left}"):
            trace.texts.discard((at, held.names[left]))
            trace.made[at, held.names[left]] = text.strip()
    _put(site, text)


def _put(site: Site, text: str) -> None:
    number = site.holder.labels[site.label][0]
    site.holder.put(number, text.encode("utf-8"))


# -- what an output is made of -----------------------------------------------------------------------------------------


def chain(net: Net, output: str) -> tuple[set[str], list[Op]]:
    """The last layer of an output.

    Returns:
        Names of the tensors, weights and nodes from the output back to the layer whose weights make it, and its nodes.
    """
    names: set[str] = {output}
    ops: list[Op] = []
    stack: list[tuple[Scope, str]] = [(net.main, output)]
    seen: set[Spot] = set()
    while stack:
        scope, name = stack.pop()
        spot = net.spot(scope, name)
        if spot is None or spot in seen or len(ops) > 200:
            continue
        seen.add(spot)
        names.add(name)
        at = net.scopes[spot[0]]
        if name not in at.makers:
            continue
        op, place = at.makers[name]
        ops.append(op)
        called = net.called(op)
        if len(op.outputs) == 1:
            # The name of a node with several outputs says nothing of one of them.
            names |= {op.name, op.kind if called is not None else ""} - {""}
        if called is not None:
            stack += [(called, n) for n in called.outputs[place : place + 1]]
        elif op.branches:
            stack += [(s, n) for _, s in op.branches for n in s.outputs[place : place + 1]]
        else:
            stack += _back(net, op, names)
    return names, ops


def _back(net: Net, op: Op, names: set[str]) -> list[tuple[Scope, str]]:
    """Where to look on behind a node: through it where it has no weights, else at its weights alone."""
    held = [n for n in op.inputs if n and _fixed(net, op.scope, n)]
    names |= set(held)
    back = [(op.scope, n) for n in held]
    if same(op) or op.kind in ("ZipMap", "ArgMax", "TopK", "Slice", "Gather", "Split", "ArrayFeatureExtractor"):
        back += [(op.scope, n) for n in op.inputs[:1]]
    elif (op.kind in ("Add", "Sub", "Mul", "Div") or op.kind in ADDED) and len(held) < len(op.inputs):
        # A bias or a scale: the layer lies behind it.
        back += [(op.scope, n) for n in op.inputs if n and n not in held]
    return back


def _fixed(net: Net, scope: Scope, name: str, depth: int = 0) -> bool:
    """Whether a tensor never changes: weights, or what is made of nothing else."""
    spot = net.spot(scope, name)
    if spot is None or depth > 20:
        return False
    at = net.scopes[spot[0]]
    if name in at.weights:
        return True
    if name in at.makers:
        op = at.makers[name][0]
        return not op.branches and net.called(op) is None and all(
            _fixed(net, at, n, depth + 1) for n in op.inputs if n
        )  # fmt: skip
    if at.function and name in at.inputs:
        place = at.inputs.index(name)
        calls = net.calls.get(at.number, [])
        return bool(calls) and all(
            place < len(c.inputs) and _fixed(net, c.scope, c.inputs[place], depth + 1) for c in calls
        )
    return False


def made_of(net: Net, output: str) -> set[str]:
    """Names of all that only one output is made of."""
    alone = net.alone(output)
    out = {name for _, name in alone}
    for op in net.ops():
        if any((op.scope.number, n) in alone for n in op.outputs):
            out.add(op.name)
    return out - {""}


def carve(net: Net, output: str, alive: set[Spot], fetch: Callable[[Outside], bytes]) -> Cutter | None:
    """Find the places of a shared layer that one output alone reads, through a split, a slice or a gather.

    Returns:
        What would cut them; None where the output reads no part that can be told.

    Raises:
        Kept: Something that goes with them is not understood.
    """
    scope, name = net.main, output
    for _ in range(100):
        spot = net.spot(scope, name)
        if spot is None or name not in net.scopes[spot[0]].makers:
            return None
        op, at = net.scopes[spot[0]].makers[name]
        scope = op.scope
        if op.plain and op.kind in ("Split", "Slice", "Gather") and (scope.number, op.inputs[0]) in alive:
            return _part(net, op, at, alive, fetch)
        if not (same(op) or op.kind in ("ZipMap", "ArgMax")) or (scope.number, op.inputs[0]) in alive:
            return None
        name = op.inputs[0]
    return None


def _part(net: Net, op: Op, at: int, alive: set[Spot], fetch: Callable[[Outside], bytes]) -> Cutter:
    cutter = Cutter(net, alive, fetch)
    held = cutter.dims(op.scope, op.inputs[0])
    if held is None:
        raise Kept(f"the shape that {op.said()} takes a part of is not known")
    rank = len(held)
    if op.kind == "Split":
        told = op.attribute("split")
        sizes = told.numbers("ints") if told is not None else numbers_of(constant(cutter, op, 1))
        axis, start = op.setting("axis", 0), sum(sizes[:at])
        places: Collection[int] = range(start, start + sizes[at])
    elif op.kind == "Slice":
        axes = numbers_of(constant(cutter, op, 3)) if len(op.inputs) > 3 else [0]
        axis = axes[0]
        size = held[axis]
        first, last = (numbers_of(constant(cutter, op, i)) for i in (1, 2))
        if len(axes) != 1 or size is None:
            raise Kept(f"{op.said()} takes a part that is not understood here")
        low, high = (min(max(v + size if v < 0 else v, 0), size) for v in (first[0], last[0]))
        places = range(low, high)
    else:
        axis = op.setting("axis", 0)
        size = held[axis] or 0
        places = {n + size if n < 0 else n for n in numbers_of(constant(cutter, op, 1))}
    cutter.follow(op.scope, op.inputs[0], axis - rank if axis >= 0 else axis, places)
    return cutter
