"""Models of Keras: from marks to outputs, layers and classes that go, and what that means for their files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from untag.edit import Edit, Plan
from untag.reports._words import count
from untag.rewriters._labels import CARRIED, SHARED, SHIFTED, TWICE, alike, classes, labels, neutral
from untag.rewriters._layers import Layer, Layers, foreign, parsed
from untag.rewriters._page import Notes, Page, bracketed
from untag.rewriters._tensor import Kept
from untag.surface import Role
from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from untag.edit import Target
    from untag.finding import Mark
    from untag.rewriters._hub import Order
    from untag.rewriters._labels import Labels
    from untag.rewriters._page import Span
    from untag.syntax.tree import Node

__all__ = [
    "FURTHER", "OWN", "TRAINED", "Change", "Cut", "Parts", "changed", "fewer", "followed", "planned", "same",
    "spans_of",
]  # fmt: skip

#: Attributes that Keras itself writes.
_OWN_TEXTS = frozenset({"model_config", "training_config", "keras_version", "backend"})
#: Labels that a text must hold to be a list.
_LIST = 2
_NUMBER = re.compile(r"_\d+$")
TRAINED = "it has to be compiled again before it is trained, since its losses and the state of its optimizer go"
OWN = "what it puts out cannot be compared: it has layers of its own ({}), which are never run"
FURTHER = "the names stand further back: what it puts out may be something else"


@dataclass(slots=True)
class Parts:
    """What a model is made of.

    Attributes:
        config: The configuration.
        listed: Groups and datasets of the HDF5 file, as ``_hdf`` lists them.
        archive: Whether it is a ``.keras``; else all of it is the HDF5 file.
    """

    config: str
    listed: dict[str, Any]
    archive: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """Classes of an output that go.

    Attributes:
        output: Its name.
        chain: The layers from it back to the one that makes the classes.
        places: Which classes.
        names: What all of them are called.
        arrays: Paths of the arrays that lose them, on their last axis.
        keys: Findings that this serves.
    """

    output: str
    chain: list[Layer]
    places: tuple[int, ...]
    names: tuple[str, ...]
    arrays: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.names)

    @property
    def labels(self) -> tuple[str, ...]:
        """What those that go are called."""
        return tuple(self.names[p] for p in self.places)


@dataclass(slots=True)
class Change:
    """What is done to files.

    Attributes:
        before: The configuration as it was.
        config: The configuration as it is then.
        listed: What the new HDF5 file holds, with digests.
        drop: Paths in the HDF5 file that go.
        move: Paths that are called otherwise.
        attrs: Attributes that change, by path.
        gone: Names of layers and classes that are gone.
        cuts: Arrays that lose places on their last axis.
        classes: The same, by output.
        trained: Whether what training needs goes too.
    """

    before: str
    config: str
    listed: dict[str, Any] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)
    move: dict[str, str] = field(default_factory=dict)
    attrs: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    cuts: dict[str, list[int]] = field(default_factory=dict)
    classes: tuple[Cut, ...] = ()
    trained: bool = False


def same(before: dict[str, Any], after: dict[str, Any], change: Change) -> None:
    """Whether the new HDF5 file holds what is left of the old one, and nothing else.

    Raises:
        Kept: It does not.
    """

    def path(name: str) -> str | None:
        if any(name == one or name.startswith(f"{one}/") for one in change.drop):
            return None
        for one, other in change.move.items():
            if name == one or name.startswith(f"{one}/"):
                return other + name[len(one) :]
        return name

    for kind in ("groups", "datasets"):
        wanted = {}
        for name, told in before[kind].items():
            if (called := path(name)) is None:
                continue
            fresh = change.attrs.get(name, {})
            if kind == "groups":
                told = {k: fresh.get(k, v) for k, v in told.items() if fresh.get(k, v) is not None}
            wanted[called] = told
        if wanted != after[kind]:
            raise Kept("other weights would be there than were left")


def followed(parts: Parts, orders: Sequence[Order]) -> Plan:
    """Cut classes that lists beside a model name.

    Raises:
        Kept: They cannot be cut.
    """
    return _Planner(parts, ()).follow(orders)


def planned(parts: Parts, targets: tuple[Target, ...]) -> Plan:
    """From targets to outputs and classes that go.

    Raises:
        Kept: Nothing of it can go.
    """
    return _Planner(parts, targets).plan()


class _Planner:
    """One plan."""

    def __init__(self, parts: Parts, targets: tuple[Target, ...]) -> None:
        self.parts, self.targets = parts, targets
        self.net = parsed(parts.config)
        self.owners = _owners(parts, self.net)
        self.made = Plan()
        #: By layer, by list of labels (with their places), and by text: the keys of findings.
        self.tagged: dict[str, set[str]] = {}
        self.lists: dict[str, tuple[set[int], set[str]]] = {}
        self.texts: dict[str, set[str]] = {}
        #: Outputs that go, and why that is not safe; attributes that go with them; what is cut.
        self.outputs: dict[str, str] = {}
        self.attrs: dict[str, Any] = {}
        self.cut: list[Cut] = []

    def plan(self) -> Plan:
        """The plan."""
        plan = self.made
        self._sort()
        for output in self.net.outputs:
            alone = self.net.needed([output]) - self.net.needed([o for o in self.net.outputs if o != output])
            if self.net.head(output) & set(self.tagged):
                self.outputs[output] = ""
            elif alone & set(self.tagged):
                self.outputs[output] = FURTHER
        for name, (places, keys) in sorted(self.lists.items()):
            try:
                self._listed(name, tuple(sorted(places)), keys)
            except Kept as kept:
                for key in keys:
                    plan.kept.setdefault(key, str(kept))
        left = self.net.needed([o for o in self.net.outputs if o not in self.outputs])
        for name in sorted(n for n in self.tagged if n in left):
            for key in self.tagged[name]:
                plan.kept.setdefault(key, f"{name!r} serves other outputs too")
        if not self.outputs and not self.cut:
            return plan.keep(self.targets, "no output is made by it alone")
        why = next((w for w in self.outputs.values() if w), "")
        if len(self.outputs) == len(self.net.outputs):
            if why:
                return plan.keep(self.targets, f"nothing of the model would be left, and {why}")
            plan.whole, plan.kept = "all that the model puts out carries the tag", dict[str, str]()
            return plan
        return self._steps(why, tuple(name for name in self.net.layers if name not in left))

    def _sort(self) -> None:
        """Which marks name layers, classes, or stand in texts."""
        root = self.parts.listed["groups"].get("", {})
        for target in self.targets:
            for mark in target.marks:
                path, _, name = (mark.place.pointer or "").partition("@")
                # A label stands at the attribute, with its number behind it.
                name = name if name in root else name.rpartition("/")[0]
                attribute = path == "/" and name in root and len(mark.place.chain) == 1
                layer = _layer(mark, self.net, self.owners)
                if attribute and mark.role is Role.MEMBER and mark.surface.value.isdigit():
                    row = self.lists.setdefault(name, (set(), set()))
                    row[0].add(int(mark.surface.value))
                    row[1].add(target.key)
                elif attribute:
                    self.texts.setdefault(name, set()).add(target.key)
                elif layer is not None:
                    self.tagged.setdefault(layer, set()).add(target.key)
                else:
                    self.made.kept.setdefault(target.key, "it stands in no layer, and strip does not rename")

    def _listed(self, name: str, places: tuple[int, ...], keys: set[str]) -> None:
        """One list of labels: its classes are cut, or its output goes.

        Raises:
            Kept: Nothing tells whose classes they are.
        """
        held = self.parts.listed["groups"][""][name]
        told = labels(held) if isinstance(held, str) else None
        names = _names(held)
        if not names or max(places) >= len(names):
            raise Kept("its labels are written in a way that is not understood here")
        self._cutting(names, places, keys, name, told)

    def _cutting(
        self, names: tuple[str, ...], places: tuple[int, ...], keys: set[str], name: str, told: Labels | None
    ) -> None:
        """Classes that a list names are cut, or their output goes; the list is an attribute where it has a name.

        Raises:
            Kept: Nothing tells whose classes they are.
        """
        found = [o for o in self.net.outputs if self.net.classes(o, len(names))]
        found = [o for o in found if o in self.outputs] or found
        if len(found) != 1:
            said = "more than one output has" if found else "no output has"
            raise Kept(f"the list names {len(names)} classes, and {said} as many")
        output = found[0]
        if output in self.outputs or all(i in places or neutral(n) for i, n in enumerate(names)):
            self.outputs.setdefault(output, "")
            self.attrs |= {name: None} if name else {}
            for layer in self.net.classes(output, len(names)):
                self.tagged.setdefault(layer.name, set()).update(keys)
            return
        for other, value in self.parts.listed["groups"][""].items():
            if other not in (*_OWN_TEXTS, name) and len(_names(value)) == len(names):
                raise Kept(TWICE.format(other))
        if told is not None and len(names) - len(places) < _LIST:
            raise Kept("of the labels in a text one alone would be left, which is none of a list")
        chain = self.net.classes(output, len(names))
        arrays = _arrays(self.parts, self.owners, chain[-1].name, len(names))
        left = [n for i, n in enumerate(names) if i not in places]
        if name:
            self.attrs[name] = told.without(places) if told is not None else left
        self.cut.append(Cut(output, chain, places, names, tuple(arrays), tuple(sorted(keys))))

    def follow(self, orders: Sequence[Order]) -> Plan:
        """Classes that lists beside the model name.

        Raises:
            Kept: Nothing tells whose they are, or they cannot be cut.
        """
        root = self.parts.listed["groups"].get("", {})
        for order in orders:
            count = len(order.labels)
            held = {n: rows for n in root if n not in _OWN_TEXTS and len(rows := _names(root[n])) == count}
            for name, rows in held.items():
                if len(held) > 1 or not alike(rows, order.labels):
                    raise Kept(TWICE.format(name))
                self._listed(name, order.places, set(order.keys))
            if not held:
                self._cutting(order.labels, order.places, set(order.keys), "", None)
        if self.outputs:
            raise Kept("an output as a whole would go")
        plan = self._steps("", ())
        if plan.kept or plan.planned:
            raise Kept(next(iter(plan.kept.values()), "what it puts out cannot be compared"))
        return plan

    def _steps(self, why: str, gone: tuple[str, ...]) -> Plan:
        """What is done, as one edit for all of it: the file is written once."""
        plan, net = self.made, self.net
        stuck = next(iter(plan.kept.values()), "")
        for name, keys in self.texts.items():
            for key in keys:
                if stuck:
                    plan.kept.setdefault(key, f"it goes when what it speaks of does, and {stuck}")
            if not stuck:
                self.attrs[name] = None
        change = changed(self.parts, net, self.outputs, gone, self.cut, self.attrs)
        reasons = [why] if why else []
        for cut in self.cut:
            reasons += [SHIFTED] if min(cut.places) != cut.total - len(cut.places) else []
            reasons += [SHARED] if net.weighing(cut.chain) else []
        reasons += [TRAINED] if change.trained else []
        tagged = {key for name in gone for key in self.tagged.get(name, ())}
        served = tagged | {key for cut in self.cut for key in cut.keys}
        served |= {key for keys in self.texts.values() for key in keys if not stuck}
        names = (*sorted(n for n in gone if n in self.tagged), *(n for cut in self.cut for n in cut.labels))
        ends = ", ".join(map(repr, self.outputs))
        said = [f"the outputs {ends} with {count(len(gone), 'layer')}"] if ends else []
        what = ", ".join([*said, *(f"{classes(len(c.places))} of {c.output!r}" for c in self.cut)])
        plan.notes.append(CARRIED)
        if self.outputs and not any(_holds(self.parts, self.owners, name) for name in gone):
            masked = "it is no output any more, and all that makes it serves other outputs too"
            plan.masked.update(dict.fromkeys(tagged, masked))
        if own := foreign(net):
            plan.planned.append(what)
            return plan.keep([t for t in self.targets if t.key in served], OWN.format(own))
        reason = "; ".join(dict.fromkeys(reasons))
        lists = tuple((cut.names, cut.places) for cut in self.cut)
        edit = Edit(-1, -1, b"", not reasons, what, reason, tuple(sorted(served)), names, change, lists=lists)
        plan.edits.append(edit)
        return plan


def _names(held: object) -> tuple[str, ...]:
    """The labels in an attribute; none in one that lists none."""
    told = labels(held) if isinstance(held, str) else None
    return told.names if told is not None else tuple(map(str, held)) if isinstance(held, list) else ()


def _arrays(parts: Parts, owners: dict[str, str], layer: str, total: int) -> list[str]:
    """The arrays of a layer, each with its classes on the last axis.

    Raises:
        Kept: There are others than a kernel and a bias.
    """
    paths = [f"{path}/" for path, name in owners.items() if name == layer]
    found = {n: told[0] for n, told in parts.listed["datasets"].items() if any(n.startswith(p) for p in paths)}
    kinds = sorted(name.rpartition("/")[2].removesuffix(":0") for name in found)
    known = (["0"], ["0", "1"]) if parts.archive else (["kernel"], ["bias", "kernel"])
    # An archive numbers them: the kernel first, which alone has more than one axis.
    wide = [len(shape) > 1 for _, shape in sorted(found.items())]
    odd = parts.archive and wide != [True, False][: len(wide)]
    if kinds not in known or odd or any(s[-1:] != [total] for s in found.values()):
        raise Kept(f"the layer {layer!r} has arrays that are not understood here")
    return sorted(found)


def _owners(parts: Parts, net: Layers) -> dict[str, str]:
    """Which layer each group of weights belongs to, by path.

    Raises:
        Kept: It is not told.
    """
    out: dict[str, str] = {}
    base = "/layers/" if parts.archive else "/model_weights/"
    for path in parts.listed["groups"]:
        name = path.removeprefix(base)
        if path == name or "/" in name:
            continue
        if parts.archive:
            held = parts.listed["groups"].get(f"{path}/vars", {})
            layer = held.get("name")
        else:
            layer = name if name != "top_level_model_weights" else None
        if layer in net.layers:
            out[path] = layer
        elif parts.archive or layer is not None:
            raise Kept(f"the weights in {path[:80]} belong to no layer of the configuration")
    return out


def _holds(parts: Parts, owners: dict[str, str], layer: str) -> bool:
    """Whether a layer has weights."""
    paths = [path for path, name in owners.items() if name == layer]
    return any(name.startswith(f"{path}/") for path in paths for name in parts.listed["datasets"])


def _layer(mark: Mark, net: Layers, owners: dict[str, str]) -> str | None:
    """The layer that a mark names, by its own name or by the group of its weights."""
    if mark.text in net.layers:
        return mark.text
    path = (mark.place.pointer or "").partition("@")[0]
    steps = path.split("/")
    for end in range(len(steps), 1, -1):
        if (found := owners.get("/".join(steps[:end]))) is not None:
            return found
    first = mark.text.partition("/")[0]
    return first if first in net.layers else None


def changed(
    parts: Parts,
    net: Layers,
    outputs: Iterable[str],
    layers: tuple[str, ...],
    cut: Sequence[Cut] = (),
    told: Mapping[str, Any] | None = None,
) -> Change:
    """What it means for configuration and weights that outputs, layers and classes go.

    Args:
        parts: The model.
        net: Its layers.
        outputs: Those that go.
        layers: Those that go.
        cut: Classes that go.
        told: Attributes of the whole file that change, or go (None).

    Raises:
        Kept: It cannot be said.
    """
    gone = set(layers)
    owners = _owners(parts, net)
    less = [row for one in cut for row in fewer(one.chain, one.total, len(one.places))]
    config, trained = _text(net, gone, set(outputs), less)
    names = (*layers, *(label for one in cut for label in one.labels))
    change = Change(net.text, config, gone=names, trained=trained, classes=tuple(cut))
    change.drop = [path for path, layer in owners.items() if layer in gone]
    change.cuts = {path: list(one.places) for one in cut for path in one.arrays}
    groups = parts.listed["groups"]
    for path in ("/optimizer", "/optimizer_weights"):
        if path in groups:
            change.drop.append(path)
            change.trained = True
    if parts.archive:
        change.move = _moved([p for p in groups if p in owners], set(change.drop))
        return change
    root = groups.get("", {})
    change.attrs[""] = {"model_config": config, **(told or {})}
    if "training_config" in root:
        change.attrs[""]["training_config"] = None
        change.trained = True
    held = groups.get("/model_weights", {}).get("layer_names")
    if not isinstance(held, list):
        raise Kept("its weights are listed in a way that is not understood here")
    if gone & set(held):
        change.attrs["/model_weights"] = {"layer_names": [n for n in held if n not in gone]}
    return change


def fewer(chain: Sequence[Layer], total: int, less: int) -> list[tuple[int, int, str]]:
    """Numbers in the configuration that say how many classes there are: spans, and what stands there then."""
    left, out = str(total - less), []
    config = chain[-1].node.get("config")
    units = config.get("units") or config.get("filters") if config is not None else None
    if units is not None:
        out.append((units.start, units.end, left))
    for layer in chain[:-1]:
        config = layer.node.get("config") if layer.kind == "Reshape" else None
        held = [layer.node.get("build_config"), layer.node.get("inbound_nodes"), config]
        for node in (part for one in held if one is not None for part in one.walk()):
            last = node.children[-1] if node.kind == ARRAY and node.children else None
            shape = node.key is not None and node.key.endswith("shape")
            if shape and last is not None and last.kind == NUMBER and last.value == str(total):
                out.append((last.start, last.end, left))
    return out


def _moved(paths: list[str], drop: set[str]) -> dict[str, str]:
    """New names of groups: Keras counts those of one class."""
    out: dict[str, str] = {}
    rows: dict[str, list[tuple[int, str]]] = {}
    for path in paths:
        found = _NUMBER.search(path)
        rows.setdefault(path[: found.start()] if found else path, []).append((int(found[0][1:]) if found else 0, path))
    for base, held in rows.items():
        if [number for number, _ in sorted(held)] != list(range(len(held))):
            raise Kept(f"groups of weights like {base[:80]} are not counted as Keras does")
        left = [path for _, path in sorted(held) if path not in drop]
        out |= {path: f"{base}_{i}" if i else base for i, path in enumerate(left)}
    return {path: name for path, name in out.items() if path != name}


def spans_of(page: Page, net: Layers, gone: Collection[str], outputs: Collection[str]) -> list[Span]:
    """Where layers and outputs stand that go, with what parts them from others.

    Args:
        page: The text that the layers were parsed from.
        net: They.
        gone: Names of layers.
        outputs: Names of layers that are no output any more.

    Raises:
        Kept: It cannot be said.
    """
    notes = Notes(())
    config = net.root.get("config")
    rows = config.get("layers") if config is not None else None
    assert rows is not None  # noqa: S101 - it was parsed
    spans = bracketed(page, rows, [i for i, n in enumerate(rows.children) if _name(n) in gone], notes) if gone else []
    if net.put is not None and outputs:
        put = net.put
        if put.kind == ARRAY and put.children and put.children[0].kind == STRING:
            raise Kept("it has one output alone")
        doomed = [i for i, n in enumerate(put.children) if n.children and n.children[0].value in outputs]
        spans += bracketed(page, put, doomed, notes)
    return spans


def _text(net: Layers, gone: set[str], outputs: set[str], less: list[tuple[int, int, str]]) -> tuple[str, bool]:
    """The configuration without some layers and outputs, and whether what training needs went; all else as it was."""
    root, page = net.root, _Sheet(net.text)
    spans = spans_of(page, net, gone, outputs)
    compiled = [i for i, n in enumerate(root.children) if n.key == "compile_config"]
    trained = any(root.children[i].kind == OBJECT and root.children[i].children for i in compiled)
    if compiled:
        spans += bracketed(page, root, compiled, Notes(()))
    text, at = [], 0
    for start, end, new in sorted([*((low, high, "") for low, high in spans), *less]):
        if start >= at:
            text += [net.text[at:start], new]
        at = max(at, end)
    made = "".join([*text, net.text[at:]])
    again = parsed(made)
    if set(again.layers) != set(net.layers) - gone or set(again.outputs) != set(net.outputs) - outputs:
        raise Kept("its configuration would not read as it should")
    return made, trained


def _name(node: Node) -> str:
    inner = node.get("config")
    return (inner.text("name") if inner is not None else "") or node.text("name")


class _Sheet(Page):
    """A text that is no file of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
