"""TensorFlow.js: outputs with all that serves only them, and classes, go from the JSON and from the files of weights.

No run time of it is here, so that what a whole model puts out is not computed. What is left is the same by its parts:
the description but for what went, every array by digest, and what a layer that lost classes puts out by numpy. Of
configurations of Keras alone it is planned and told what would go, and nothing written: their weights are not at hand.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from untag.edit import Blank, Plan, Proof, Rewriter, beside
from untag.gap import Damaged
from untag.readers import specs, tree
from untag.reports._words import count
from untag.rewriters import _tree
from untag.rewriters._heads import FURTHER, TRAINED
from untag.rewriters._hub import Order
from untag.rewriters._js import Chain, Model, parse
from untag.rewriters._labels import CARRIED, SHARED, SHIFTED, TWICE, alike, classes, neutral
from untag.rewriters._layer import computed
from untag.rewriters._layers import parsed
from untag.rewriters._lists import in_tree
from untag.rewriters._page import Notes, Page, bracketed
from untag.rewriters._proof import weighed
from untag.rewriters._shards import Files, Loss, compared, groups, orders, said_of, taken
from untag.rewriters._sweep import residue
from untag.rewriters._tensor import Kept
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from untag.artifact import Artifact
    from untag.edit import Listing, Target
    from untag.finding import Mark
    from untag.rewriters._shards import Weight
    from untag.surface import Surface

__all__ = ["TfjsRewriter"]

_KERAS = re.compile(rb'^\s*\{[^{}]*"class_name"\s*:\s*"(?:Functional|Model|Sequential)"')
ALONE = "no run time is here that could compare what is left of it with what was, and its weights lie elsewhere"
UNRUN = (
    "no run time of TensorFlow.js is here: what it puts out as a whole was not computed; all that is left of its "
    "description and of its weights is as it was"
)
#: Characters of a name that does not stand in numbers by chance.
_LONG = 8


@dataclass(frozen=True, slots=True)
class _Cut:
    """Classes of an output that go."""

    chain: Chain
    names: tuple[str, ...]
    places: tuple[int, ...]
    keys: tuple[str, ...]

    @property
    def left(self) -> int:
        return len(self.names) - len(self.places)


@dataclass(slots=True)
class _Trace:
    """What steps do: parts and outputs that go, what weights lose, classes that are cut, and rows as of any JSON."""

    gone: set[str]
    outputs: tuple[str, ...]
    loss: Loss
    cuts: tuple[_Cut, ...]
    rows: frozenset[object] = field(default_factory=frozenset)


class TfjsRewriter(Rewriter):
    """Takes outputs and classes out of models whose description is JSON and whose weights lie in files beside it."""

    name = "tfjs"
    reads = ("tree", "specs")
    rank = 70
    limits = (
        CARRIED,
        UNRUN,
        "what a layer that lost classes puts out is computed with numpy where it is installed",
        "classes go from dense layers; convolutions, graphs with functions, and weights of texts stay",
        "of a configuration of Keras without its weights it is told what would go, and nothing is written",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A model of TensorFlow.js, or the configuration of one of Keras."""
        if not artifact.held:
            return False
        keras = _KERAS.search(artifact.head[:4000]) is not None and b'"layers"' in artifact.data
        return (_js(artifact) or keras) and (specs.form(artifact) or tree.form(artifact)) == "json"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Outputs that a tag names, classes that the model lists, then what else is said of them.

        Raises:
            Damaged: The text cannot be cut.
        """
        if not _js(artifact):
            return _told(artifact, targets)
        page = Page(artifact)
        try:
            return _Planner(artifact, page, targets).plan()
        except Kept as kept:
            return Plan().keep(targets, str(kept))

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Cut classes that a list beside it names out of the layer that makes as many.

        Raises:
            Damaged: Nothing tells the layer, or it cannot be cut.
        """
        if not _js(artifact):
            raise Damaged(ALONE)
        try:
            return _Planner(artifact, Page(artifact), ()).follow([one for one in orders if isinstance(one, Order)])
        except Kept as kept:
            raise Damaged(str(kept)) from kept

    def parts(self, artifact: Artifact) -> frozenset[str]:
        """Files with its weights."""
        document = parse(artifact.text) if _js(artifact) else None
        try:
            held = groups(document.roots[0]) if document is not None and document.roots else ()
        except Kept:
            held = ()
        return frozenset(path for group in held for path in group.paths)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """As of any JSON: the values of a key that goes out of all rows are shown at the row's list."""
        rows = plan.data.rows if isinstance(plan.data, _Trace) else frozenset[object]()
        return surface.kind is Kind.DATASET and surface.role is Role.MEMBER and surface.place.pointer in rows

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare description and weights, and compute what cut layers put out."""
        trace = plan.data
        if not isinstance(trace, _Trace):
            return Proof()
        names = {n for e in plan.edits for n in e.names}
        if left := residue(after, names):
            return Proof(f"the bytes of the new model still hold {left!r}")
        try:
            old, new = Model(Page(before).text), Model(Page(after).text)
            error = _described(old, new, trace)
            sides = [_held(old, lambda name: beside(before, name)), _held(new, _fresh(before, plan))]
        except Kept as kept:
            return Proof(str(kept))
        for _, files in sides[1].values():
            for *_, file in files.rows:
                if left := residue(file, {n for n in names if len(n) >= _LONG}):
                    return Proof(f"the bytes of the new weights still hold {left!r}")
        made, total, digest = ("", 0, "") if error else compared(sides[0], sides[1], trace.loss)
        if error or made:
            return Proof(error or made)
        said = [f"{total} other arrays of weights are the same, by digest"]
        if cut := len(trace.loss.cuts):
            said.append(f"of {cut} arrays that lost classes all other numbers are the same, by digest")
        with tempfile.TemporaryDirectory(prefix="untag-proof-") as folder:
            layers = [row for at, one in enumerate(trace.cuts) if (row := _layer(one, sides, folder, at)) is not None]
            told = computed(layers, folder)
        if len(layers) < len(trace.cuts):
            said.append("what a cut layer puts out was not computed: its numbers are of another type, or too many")
        behind = [weighed(one.chain.output) for one in trace.cuts if one.chain.weighing]
        facts = {**told.facts, "arrays": total, "arrays_digest": digest, "ran": False}
        return Proof(told.error, (*said, *told.said, *behind, UNRUN), facts)


def _js(artifact: Artifact) -> bool:
    return artifact.held and b'"modelTopology"' in artifact.data and b'"weightsManifest"' in artifact.data


# -- proof -------------------------------------------------------------------------------------------------------------


def _held(model: Model, open_: Callable[[str], Artifact | None]) -> dict[str, tuple[Weight, Files]]:
    """Arrays by name, each with the files that it lies in.

    Raises:
        Kept: A file is not there, or they are of another length.
    """
    return {one.name: (one, files) for g in model.groups for files in [Files(g, open_)] for one in g.weights}


def _fresh(before: Artifact, plan: Plan) -> Callable[[str], Artifact | None]:
    """Files of the new model: those that were written anew with it, and the others as they are."""
    from untag.artifact import Artifact

    def open_(name: str) -> Artifact | None:
        old, path = beside(before, name), plan.fresh.get(name)
        if path is None or old is None:
            return old
        size = os.stat(path).st_size  # noqa: PTH116
        return Artifact(old.place, opener=lambda: open(path, "rb"), size=size)  # noqa: PTH123

    return open_


def _described(old: Model, new: Model, trace: _Trace) -> str:
    """Whether the new description is what was left of the old one; what is wrong, or nothing."""
    touched = {name for one in trace.cuts for name in (*one.chain.parts, *one.chain.cuts)}
    left = tuple(name for name in old.net.outputs if name not in trace.outputs)
    if new.net.outputs != left or set(new.net.names) != set(old.net.names) - trace.gone:
        return "other layers would be there than were left"
    if old.net.told(old.plain, trace.gone, touched) != new.net.told(new.plain, (), touched):
        return "its layers would be other ones"
    for one in trace.cuts:
        made = new.net.chain(one.chain.output, one.left)
        if made is None or made.cuts != one.chain.cuts:
            return f"what makes the classes of {one.chain.output!r} would not fit together"
    return ""


def _layer(
    one: _Cut, sides: Sequence[dict[str, tuple[Weight, Files]]], folder: str, at: int
) -> dict[str, object] | None:
    """A layer that lost classes, for who computes it; None of numbers that are not computed with."""
    rows: list[dict[str, object]] = []
    turned = one.chain.cuts[one.chain.kernel] == 1
    for number, side in enumerate(sides):
        row: dict[str, object] = {}
        for kind, name in (("weight", one.chain.kernel), ("bias", one.chain.bias)):
            if not name:
                continue
            path = os.path.join(folder, f"{at}-{number}-{kind}")  # noqa: PTH118
            row[kind] = said_of(side, name, path, turned=turned and kind == "weight", flat=kind == "bias")
        rows.append(row)
    if any(part is None for row in rows for part in row.values()):
        return None
    return {"name": one.chain.output, "cut": list(one.places), "sides": rows}


# -- planning ----------------------------------------------------------------------------------------------------------


class _Planner:
    """From marks to outputs and classes that go, in all files.

    Raises:
        Kept: The model is not understood.
    """

    def __init__(self, artifact: Artifact, page: Page, targets: tuple[Target, ...]) -> None:
        self.artifact, self.page, self.targets = artifact, page, targets
        self.model = Model(page.text)
        self.net = self.model.net
        self.made = Plan()
        self.listed = [one for one in in_tree(artifact, parse, bracketed) if not self.model.own(one.spans[0][0])]
        #: Parts that a tag names, marks that only speak of the model, and why targets keep their place in it: by key.
        self.tagged: dict[str, set[str]] = {}
        self.rest: dict[str, list[Mark]] = {}
        self.lost: dict[str, str] = {}
        #: Outputs that go, and why that is not safe; classes that go, with the lists that name them.
        self.outputs: dict[str, str] = {}
        self.cuts: list[_Cut] = []
        self.spans: list[tuple[tuple[int, int], str]] = []
        self.trained: set[str] = set()

    def plan(self) -> Plan:
        """The plan of all targets.

        Raises:
            Kept: Nothing can go.
        """
        lists = self._sort()
        for output in self.net.outputs:
            if self.net.head(output) & set(self.tagged):
                self.outputs[output] = ""
            elif self.net.alone(output) & set(self.tagged):
                self.outputs[output] = FURTHER
        for group, marks in lists:
            try:
                self._classes(group, marks)
            except Kept as kept:
                self.lost.update({key: str(kept) for key, _, _ in marks if key not in self.lost})
        if not self.outputs and not self.cuts:
            if self.tagged:
                raise Kept("no output is made by it alone")
            self.lost.update(dict.fromkeys(self.trained - set(self.lost), "it goes when an output does"))
            return self._speak(safe=True)
        if len(self.outputs) == len(self.net.outputs):
            return self._whole()
        return self._steps()

    def follow(self, asked: Sequence[Order]) -> Plan:
        """Classes that lists beside the model name.

        Raises:
            Kept: Nothing tells whose they are, or they cannot be cut.
        """
        if not self.model.weights:
            raise Kept("it lists no weights")
        for order in asked:
            total = len(order.labels)
            if not any(size >= total for one in self.model.weights.values() for size in one.shape):
                continue
            group = [one for one in self.listed if len(one.labels) == total]
            if group and not all(alike(one.labels, order.labels) for one in group):
                raise Kept(TWICE.format("a list in it"))
            self._cut(order.labels, order.places, order.keys, group)
        return self._steps() if self.cuts else self.made

    def _sort(self) -> list[tuple[list[Listing], list[tuple[str, int, Mark]]]]:
        """Which marks name parts of the model, which classes of a list, and which stand in texts."""
        found: list[tuple[list[Listing], list[tuple[str, int, Mark]]]] = []
        held = [(node.children[at].key_start, node.children[at].end) for node, at in self.model.training()]
        for target in self.targets:
            for mark in target.marks:
                spot = self.page.at(mark.place)
                if spot is None or any(low <= spot < high for low, high in held):
                    self.trained.add(target.key)
                elif self.model.own(spot):
                    name = self.net.part(mark.text) or self.net.called(mark.text)
                    if name is None:
                        self.lost.setdefault(target.key, "it stands in no layer, and strip does not rename")
                    else:
                        self.tagged.setdefault(name, set()).add(target.key)
                elif (place := self._place(spot)) is not None:
                    one, number = place
                    row = next((r for r in found if alike(r[0][0].labels, one.labels)), None)
                    if row is None:
                        row = ([other for other in self.listed if alike(other.labels, one.labels)], [])
                        found.append(row)
                    row[1].append((target.key, number, mark))
                else:
                    self.rest.setdefault(target.key, []).append(mark)
        return found

    def _place(self, spot: int) -> tuple[Listing, int] | None:
        """The class that stands at a place."""
        for one in self.listed:
            for number, (low, high) in enumerate(one.spans):
                if low <= spot < high:
                    return one, number
        return None

    def _classes(self, group: list[Listing], marks: list[tuple[str, int, Mark]]) -> None:
        """Classes that the model lists: they are cut, or their output goes.

        Raises:
            Kept: Nothing tells whose classes they are.
        """
        names = group[0].labels
        places = tuple(sorted({number for _, number, _ in marks}))
        keys = tuple(dict.fromkeys(key for key, _, _ in marks))
        chain = self._chain(len(names))
        if chain.output in self.outputs or all(i in places or neutral(n) for i, n in enumerate(names)):
            self.outputs.setdefault(chain.output, "")
            self.tagged.setdefault(chain.output, set()).update(keys)
            for key, _, mark in marks:
                self.rest.setdefault(key, []).append(mark)
            return
        if any(len(one.labels) == len(names) for one in self.listed if one not in group):
            raise Kept(TWICE.format("another list in it"))
        self._cut(names, places, keys, group)

    def _chain(self, total: int) -> Chain:
        """The one output that has so many classes; of those that go, if there are.

        Raises:
            Kept: There is none, or more than one.
        """
        found = [one for name in self.net.outputs if (one := self.net.chain(name, total)) is not None]
        found = [one for one in found if one.output in self.outputs] or found
        if len(found) != 1:
            said = "more than one output has" if found else "no output has"
            raise Kept(f"the list names {total} classes, and {said} as many")
        return found[0]

    def _cut(
        self, names: tuple[str, ...], places: tuple[int, ...], keys: tuple[str, ...], group: Iterable[Listing]
    ) -> None:
        chain = self._chain(len(names))
        if any(one.chain.output == chain.output for one in self.cuts):
            raise Kept("two lists name its classes")
        self.cuts.append(_Cut(chain, names, places, keys))
        self.spans += [row for one in group for row in one.without(places)]

    def _whole(self) -> Plan:
        """All that the model puts out carries the tag.

        Raises:
            Kept: That is not sure, or its weights are not there.
        """
        if why := next((w for w in self.outputs.values() if w), ""):
            raise Kept(f"nothing of the model would be left, and {why}")
        plan = self.made
        plan.whole = "all that the model puts out carries the tag"
        plan.mates = taken(self.artifact, self.model.groups, plan.whole, tuple(t.key for t in self.targets))
        return plan

    def _steps(self) -> Plan:
        """What goes from the description, as edits of its text, and from the files of weights.

        Raises:
            Kept: It cannot be done in all of them.
        """
        plan, net = self.made, self.net
        gone = net.gone(tuple(self.outputs)) if self.outputs else set[str]()
        training = [*self.model.training()]
        loss = Loss({n for n, one in self.model.weights.items() if one.training or net.holds(n) in gone})
        for cut in self.cuts:
            loss.cuts |= {name: (axis, cut.places) for name, axis in cut.chain.cuts.items()}
        trained = bool(training) or any(one.training for one in self.model.weights.values())
        self._stay(gone)
        why = self._reason(trained=trained)
        served = tuple(sorted(self._served(gone)))
        mates, empty = orders(self.artifact, self.model.groups, loss, Blank((), "", not why, why, served))
        ends = ", ".join(map(repr, self.outputs))
        said = [f"the outputs {ends} with {count(len(gone), 'layer')}"] if ends else []
        said += [f"{classes(len(one.places))} of {one.chain.output!r}" for one in self.cuts]
        arrays = count(len(loss.gone) + len(loss.cuts), "array")
        what = f"{', '.join(said)} and {arrays} of weights"
        names = (*sorted(n for n in gone if n in self.tagged), *self._labels())
        lists = tuple((one.names, one.places) for one in self.cuts)
        changes = [(span, "") for span in self._spans(gone, loss, empty, training)] + self._sizes(loss) + self.spans
        edits = [self.page.edit(span, what, served, new=new, why=why, names=names) for span, new in changes]
        plan.edits = [replace(e, mates=mates, lists=lists) for e in edits]
        plan.notes += [CARRIED, UNRUN]
        if self.outputs and not any(net.holds(name) in gone for name in loss.gone):
            masked = "it is no output any more, and all that makes it serves other outputs too"
            plan.masked.update(dict.fromkeys({k for n in gone for k in self.tagged.get(n, ())}, masked))
        if self.targets:
            plan = self._speak(safe=not why)
        rows = plan.data if isinstance(plan.data, frozenset) else frozenset[object]()
        plan.data = _Trace(gone, tuple(self.outputs), loss, tuple(self.cuts), rows)
        return plan

    def _stay(self, gone: set[str]) -> None:
        """Note why tags stay that name what other outputs need too."""
        for name in sorted(set(self.tagged) - gone - set(self.outputs)):
            for key in self.tagged[name]:
                self.lost.setdefault(key, f"{name!r} serves other outputs too")

    def _served(self, gone: set[str]) -> set[str]:
        served = {key for name in gone | set(self.outputs) for key in self.tagged.get(name, ())}
        return served | self.trained | {key for one in self.cuts for key in one.keys}

    def _reason(self, *, trained: bool) -> str:
        """Why it is not safe; nothing where it is."""
        reasons = [why for why in self.outputs.values() if why]
        for one in self.cuts:
            reasons += [SHIFTED] if min(one.places) != one.left else []
            reasons += [SHARED] if one.chain.weighing else []
        reasons += [TRAINED] if trained else []
        return "; ".join(dict.fromkeys(reasons))

    def _labels(self) -> tuple[str, ...]:
        """What classes that go are called, as far as these are names."""
        return tuple(n for one in self.cuts for p in one.places if (n := one.names[p]).isidentifier())

    def _spans(
        self, gone: set[str], loss: Loss, empty: set[str], training: Iterable[tuple[object, int]]
    ) -> list[tuple[int, int]]:
        """What goes from the text: parts, outputs, arrays, files that are empty, and what training needs."""
        page, notes = self.page, Notes(())
        out = self.net.spans(page, gone, self.outputs) if self.outputs else []
        out += [span for holder, at in training for span in bracketed(page, holder, [at], notes)]  # type: ignore[arg-type]
        manifest = self.model.root.get("weightsManifest")
        lost: list[int] = []
        for number, group in enumerate(self.model.groups):
            doomed = [i for i, one in enumerate(group.weights) if one.name in loss.gone]
            if doomed and len(doomed) == len(group.weights):
                lost.append(number)
                continue
            out += bracketed(page, group.held, doomed, notes) if doomed else []
            files = [i for i, path in enumerate(group.paths) if path in empty]
            out += bracketed(page, group.listed, files, notes) if files else []
        assert manifest is not None  # noqa: S101 - its groups were read
        return out + (bracketed(page, manifest, lost, notes) if lost else [])

    def _sizes(self, loss: Loss) -> list[tuple[tuple[int, int], str]]:
        """Numbers in the text that say how many classes there are."""
        out: list[tuple[tuple[int, int], str]] = []
        for one in self.cuts:
            rows = self.net.sizes(one.chain, len(one.names), len(one.places))
            out += [((low, high), new) for low, high, new in rows]
        for name, (axis, places) in loss.cuts.items():
            weight = self.model.weights[name]
            size = weight.sizes[axis]
            out.append(((size.start, size.end), str(weight.shape[axis] - len(places))))
        return out

    def _speak(self, *, safe: bool) -> Plan:
        """What else is said of what goes."""
        told = self.rest, self.lost
        return _tree.speaking(self.artifact, self.targets, told, self.made, parse, bracketed, safe=safe)


# -- configurations alone ----------------------------------------------------------------------------------------------


def _told(artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
    """What would go of a configuration of Keras; all targets stay."""
    plan = Plan()
    marked = {mark.text for target in targets for mark in target.marks}
    try:
        net = parsed(artifact.text)
    except Kept as kept:
        return plan.keep(targets, f"{ALONE} ({kept})")
    tagged = {name for name in net.layers if name in marked or any(m.startswith(f"{name}/") for m in marked)}
    going = [o for o in net.outputs if tagged & (net.needed([o]) - net.needed([p for p in net.outputs if p != o]))]
    if not going:
        return plan.keep(targets, f"{ALONE} (no output is made by it alone)")
    if len(going) == len(net.outputs):
        plan.planned.append("the whole model, since all that it puts out carries the tag")
    else:
        gone = set(net.layers) - net.needed([o for o in net.outputs if o not in going])
        plan.planned.append(f"the outputs {', '.join(map(repr, sorted(going)))} with {count(len(gone), 'layer')}")
    return plan.keep(targets, ALONE)
