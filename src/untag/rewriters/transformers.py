"""Configurations of Hugging Face and timm, and lists of shards: classes go from them and the weights beside at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from untag.edit import Edit, Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.readers import specs, tree
from untag.reports._words import count
from untag.rewriters import _tree
from untag.rewriters._hub import (
    ALONE,
    INDEX,
    REPLACED,
    STRICT,
    Named,
    Order,
    became,
    heads,
    named,
    part,
    shards,
    unit,
    units,
    within,
)  # fmt: skip
from untag.rewriters._labels import CARRIED, SHARED, SHIFTED, classes, neutral
from untag.rewriters._lists import in_tree
from untag.rewriters._page import Notes, Page, bracketed
from untag.rewriters._tensor import Kept
from untag.surface import Kind, Role
from untag.syntax import json
from untag.syntax.tree import ARRAY, NUMBER, OBJECT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from untag.artifact import Artifact
    from untag.edit import Listing, Target
    from untag.finding import Mark
    from untag.rewriters._hub import Unit
    from untag.surface import Surface
    from untag.syntax.safetensors import Tensor
    from untag.syntax.tree import Document, Node

__all__ = ["TransformersRewriter"]

_MAPS = ("id2label", "label2id", "label_names")
_KINDS = (b'"architectures"', b'"model_type"', b'"architecture"')


class TransformersRewriter(Rewriter):
    """Takes classes out of a model's configuration, and with them the rows of the layer that makes them."""

    name = "transformers"
    reads = ("tree", "specs")
    rank = 70
    limits = (
        CARRIED,
        "classes go only together with the layer that makes them, in every file of weights beside the configuration",
        "the layer is told by the kind of model (…Classification), or by what timm says; others keep their classes",
        "where the input holds no weights the classes go from the configuration alone, and only with --unsafe",
        "weights that are neither safetensors nor a state dict of PyTorch keep the classes in all files",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A configuration that names classes and what makes them, or a list of shards."""
        if not artifact.held:
            return False
        data = artifact.data
        listed = artifact.name.endswith(INDEX) and b'"weight_map"' in data
        classes = any(f'"{key}"'.encode() in data for key in _MAPS) and any(kind in data for kind in _KINDS)
        return (listed or classes) and (specs.form(artifact) or tree.form(artifact)) == "json"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Classes, or tensors of a list, and what else speaks of them.

        Raises:
            Damaged: The text cannot be cut.
        """
        page = Page(artifact)
        document = _parse(page.text)
        if document.errors or document.lost or document.stop is not None or len(document.roots) != 1:
            return Plan().keep(targets, "the text does not keep to its format, so that nothing can be cut out of it")
        listed = document.roots[0].get("weight_map") is not None and artifact.name.endswith(INDEX)
        return (_List if listed else _Config)(artifact, page, document, targets).plan()

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Take tensors off a list of shards.

        Raises:
            Damaged: It lists other tensors.
        """
        plan = Plan()
        page = Page(artifact)
        document = _parse(page.text)
        for order in orders:
            assert isinstance(order, Order)  # noqa: S101 - made by this room
            if order.labels and document.roots and document.roots[0].get("weight_map") is None:
                raise Damaged("it names as many classes: they go together with those, or not at all")
            if order.whole:
                plan.whole = order.whole
            try:
                plan.edits += _unlisted(page, document, order)
            except Kept as kept:
                raise Damaged(str(kept)) from kept
            if order.moved:
                plan.name = became(artifact.name)
        return plan

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Of a list of shards that are called otherwise: that it lists what is left, and where that is now."""
        if not plan.name:
            return Proof()
        try:
            old, new = shards(before), shards(after)
        except Kept as kept:
            return Proof(str(kept))
        left = {name: became(home) for name, home in old.items() if name in new}
        if new != left or not new:
            return Proof("it would not list what is left of the shards")
        return Proof("", (f"the other {count(len(new), 'tensor')} are listed as before, in files of their new names",))

    def listings(self, artifact: Artifact) -> list[Listing]:
        """The classes of a configuration; they go by its own plan alone."""
        return in_tree(artifact, _parse, bracketed)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """As of any JSON: the values of a key that goes out of all rows are shown at the row's list."""
        rows = plan.data if isinstance(plan.data, frozenset) else frozenset()
        return surface.kind is Kind.DATASET and surface.role is Role.MEMBER and surface.place.pointer in rows


def _parse(text: str) -> Document:
    return json.parse(text, limit=1_500_000)


def _at(node: Node, spot: int) -> int | None:
    """Which child of a container a character lies in."""
    for number, child in enumerate(node.children):
        if (child.key_start if child.key is not None else child.start) <= spot < child.end:
            return number
    return None


class _Text:
    """What both kinds of files share: some marks are those of the model, the others those of any JSON."""

    def __init__(self, artifact: Artifact, page: Page, document: Document, targets: tuple[Target, ...]) -> None:
        self.artifact, self.page, self.document, self.targets = artifact, page, document, targets
        self.root = document.roots[0]
        self.notes = Notes((c.start, c.end) for c in document.comments)
        self.made = Plan()

    def rest(self, marks: Mapping[str, list[Mark]], lost: Mapping[str, str], *, safe: bool) -> Plan:
        """Add what goes of marks that speak of the model, which goes when the model's own part does.

        Args:
            marks: By key of their target.
            lost: Why targets keep their place in the model.
            safe: Whether the model's own part goes without being asked for.
        """
        return _tree.speaking(self.artifact, self.targets, (marks, lost), self.made, _parse, bracketed, safe=safe)


class _Config(_Text):
    """A configuration that names classes."""

    def plan(self) -> Plan:
        """Classes with all that makes them; then the rest."""
        rest: dict[str, list[Mark]] = {}
        keys: list[str] = []
        names = [child.key for child in self.root.children]
        try:
            told: Named | str = named(self.root) if len(set(names)) == len(names) else "a key stands in it twice"
        except Kept as kept:
            told = str(kept)
        places: set[int] = set()
        for target in self.targets:
            for mark in target.marks:
                if not self._classes(mark):
                    rest.setdefault(target.key, []).append(mark)
                    continue
                keys.append(target.key)
                place = None if isinstance(told, str) else self._place(mark, told)
                if place is None and not isinstance(told, str):
                    told = "these are classes of a part of the model, whose layer is not told"
                elif place is not None:
                    places.add(place)
        keys = list(dict.fromkeys(keys))
        if not keys:
            return self.rest(rest, {}, safe=True)
        safe = False
        if not isinstance(told, str):
            try:
                safe = self._cut(told, tuple(sorted(places)), tuple(keys))
            except Kept as kept:
                told = str(kept)
        if isinstance(told, str):
            return self.rest(rest, dict.fromkeys(keys, told), safe=False)
        if self.made.whole:
            return self.made
        if not self.made.edits:
            # All classes of a model that is not here: nothing is left of their maps, as in any JSON.
            plan = _tree.planned(self.artifact, self.targets, _parse, bracketed)
            plan.edits = [replace(e, safe=False, why=e.why or ALONE) for e in plan.edits]
            return plan
        return self.rest(rest, {}, safe=safe)

    @staticmethod
    def _classes(mark: Mark) -> bool:
        """Whether a mark names a class."""
        return any(step in _MAPS for step in (mark.place.pointer or "").split("/")[:-1])

    def _place(self, mark: Mark, told: Named) -> int | None:
        """The number of the class that a mark names."""
        spot = self.page.at(mark.place)
        for node, numbers in told.maps:
            if spot is not None and node.start <= spot < node.end and (at := _at(node, spot)) is not None:
                return numbers[at]
        return None

    def _cut(self, told: Named, places: tuple[int, ...], keys: tuple[str, ...]) -> bool:
        """Plan the cut; whether it is safe.

        Raises:
            Kept: What makes the classes cannot be told, or cannot be cut.
        """
        total, plan = len(told.labels), self.made
        weights = units(self.artifact)
        found = [_heads(told, one) for one in weights]
        gone = {told.labels[p] for p in places}
        plan.notes.append(CARRIED if weights else ALONE)
        if not weights and all(i in places or neutral(label) for i, label in enumerate(told.labels)):
            return False
        if all(i in places or neutral(label) for i, label in enumerate(told.labels)):
            other = next((t.name for _, others in found for t in others), "")
            if other:
                raise Kept(f"all of its classes carry the tag, and the weights have another head ({other})")
            plan.whole = "all classes that the model tells apart carry the tag"
            order = Order("the whole model", whole=plan.whole, keys=keys)
            plan.mates = tuple((name, order) for name in _files(weights))
            return True
        reasons = [] if weights else [ALONE]
        if min(places) != total - len(places):
            reasons.append(SHIFTED)
        if not told.many:
            reasons.append(SHARED)
        reasons += _replaced(weights)
        why = "; ".join(reasons)
        mates = _cuts(told, places, list(zip(weights, (h for h, _ in found), strict=True)), keys, why)
        if total - len(places) == 1:
            plan.notes.append("one class is left: libraries take such a model for a regression unless told otherwise")
        for node, numbers in told.maps:
            plan.edits += self._map(node, numbers, places, keys, why)
        for node in told.counts:
            span = (node.start, node.end)
            plan.edits.append(self.page.edit(span, f"{node.key}", keys, new=str(total - len(places)), why=why))
        names = tuple(sorted(n for n in gone if n.isidentifier()))
        lists = ((told.labels, places),)
        plan.edits = [replace(e, mates=mates, names=names, lists=lists) for e in plan.edits]
        return not why

    def _map(
        self, node: Node, numbers: tuple[int, ...], places: tuple[int, ...], keys: tuple[str, ...], why: str
    ) -> list[Edit]:
        """Classes out of one map or list; the numbers behind them move up."""
        doomed = [at for at, number in enumerate(numbers) if number in places]
        what = f"{classes(len(doomed))} of {node.key}"
        out = [self.page.edit(s, what, keys, why=why) for s in bracketed(self.page, node, doomed, self.notes)]
        for child, number in zip(node.children, numbers, strict=True):
            moved = number - sum(p < number for p in places)
            if node.kind == ARRAY or number in places or moved == number:
                continue
            span = (child.key_start, child.key_end)
            if node.key != "id2label":
                span = (child.body, child.body + len(child.value))
            out.append(self.page.edit(span, what, keys, new=str(moved), why=why))
        return out


def _heads(told: Named, one: Unit) -> tuple[list[Tensor], list[Tensor]]:
    """As ``heads``, with the file that the reason is about.

    Raises:
        Kept: As there.
    """
    try:
        return heads(told, one.tensors)
    except Kept as kept:
        raise Kept(f"{one.index or next(iter(one.files))}: {kept}") from None


def _files(weights: Iterable[Unit]) -> list[str]:
    return [name for one in weights for name in [*one.files, *filter(None, [one.index])]]


def _replaced(weights: Iterable[Unit]) -> list[str]:
    """Files whose tensors are written in another format; of several shards their list is told."""
    out: list[str] = []
    for one in weights:
        names = [one.index] if one.moved else [n for n in one.files if not n.endswith(".safetensors")]
        out += [REPLACED.format(old=name, new=became(name)) for name in names]
    return out


def _cuts(
    told: Named, places: tuple[int, ...], found: Iterable[tuple[Unit, list[Tensor]]], keys: tuple[str, ...], why: str
) -> tuple[tuple[str, object], ...]:
    """What every file of weights has to do."""
    out: list[tuple[str, object]] = []
    what = f"{classes(len(places))} of {len(told.labels)}"
    base = Order(what, labels=told.labels, places=places, safe=not why, why=why, keys=keys)
    for one, rows in found:
        saved = [0, 0]
        for file, tensors in one.files.items():
            mine = [t for t in tensors if t in rows]
            if mine or one.moved:
                out.append((file, replace(base, rows=tuple((t.name, places) for t in mine), moved=one.moved)))
            for t in mine:
                saved[0] += (t.end - t.start) // t.shape[0] * len(places)
                saved[1] += prod(t.shape[1:]) * len(places)
        if one.index:
            out.append((one.index, replace(base, saved=(saved[0], saved[1]), moved=one.moved)))
    return tuple(out)


class _List(_Text):
    """A list of shards."""

    def plan(self) -> Plan:
        """Tensors that a tag names, with the layers they belong to; then the rest."""
        held = self.root.get("weight_map")
        rest: dict[str, list[Mark]] = {}
        keys: dict[str, None] = {}
        parts: set[str] = set()
        for target in self.targets:
            for mark in target.marks:
                spot = self.page.at(mark.place)
                at = _at(held, spot) if held is not None and spot is not None else None
                if held is None or at is None or mark.text != held.children[at].key:
                    rest.setdefault(target.key, []).append(mark)
                    continue
                keys[target.key] = None
                parts.add(part(mark))
        if not keys:
            return self.rest(rest, {}, safe=True)
        try:
            one = unit(self.artifact)
            tensors = [t for t in one.tensors if within(t.name, parts)]
            mine = tuple(keys)
            if len(tensors) == len(one.tensors):
                self.made.whole = "all tensors carry the tag"
                order = Order("all shards", whole=self.made.whole, keys=mine)
                self.made.mates = tuple((name, order) for name in one.files)
                return self.made
            names = tuple(t.name for t in tensors)
            saved = (sum(t.end - t.start for t in tensors), sum(prod(t.shape) for t in tensors))
            why = "; ".join([STRICT, *_replaced([one])])
            base = Order("parts of a list of shards", moved=one.moved, safe=False, why=why, keys=mine)
            order = replace(base, what=count(len(names), "tensor"), drops=names, saved=saved)
            homes, parted = one.homes, defaultdict[str, list[str]](list)
            for name in names:
                parted[homes[name]].append(name)
            others = [file for file in one.files if one.moved and file not in parted]
            mates = tuple((home, replace(order, drops=tuple(some))) for home, some in sorted(parted.items()))
            mates += tuple((home, base) for home in others)
            edits = _unlisted(self.page, self.document, order)
        except Kept as kept:
            return self.rest(rest, dict.fromkeys(keys, str(kept)), safe=False)
        self.made.notes.append(CARRIED)
        self.made.edits = [replace(e, mates=mates) for e in edits]
        if one.moved:
            self.made.name = became(self.artifact.name)
            self.made.notes.append(REPLACED.format(old=self.artifact.name, new=self.made.name))
        return self.rest(rest, {}, safe=False)


def _unlisted(page: Page, document: Document, order: Order) -> list[Edit]:
    """Take tensors off a list of shards.

    Raises:
        Kept: It does not list them, or counts otherwise.
    """
    root = document.roots[0] if len(document.roots) == 1 else None
    held = root.get("weight_map") if root is not None else None
    if root is None or held is None or held.kind != OBJECT or document.errors:
        raise Kept("it lists no tensors")
    notes = Notes((c.start, c.end) for c in document.comments)
    drops: Collection[str] = set(order.drops)
    numbers = [number for number, child in enumerate(held.children) if child.key in drops]
    if len(numbers) != len(drops):
        raise Kept("it does not list what is to go")
    why = "" if order.safe else order.why
    out = []
    if numbers:
        spans = bracketed(page, held, numbers, notes)
        out += [page.edit(span, f"{count(len(numbers), 'tensor')} of the list", order.keys, why=why) for span in spans]
    moved = dict(order.moved)
    for number, child in enumerate(held.children):
        if number not in numbers and (new := moved.get(child.value)) is not None:
            span = (child.body, child.body + len(child.value))
            out.append(page.edit(span, "names of shards", order.keys, new=new, why=why))
    metadata = root.get("metadata")
    for key, less in (("total_size", order.saved[0]), ("total_parameters", order.saved[1])):
        node = metadata.get(key) if metadata is not None and metadata.kind == OBJECT else None
        if node is None or not less:
            continue
        whole = node.value.removesuffix(".0")
        if node.kind != NUMBER or not whole.isdigit() or int(whole) < less:
            raise Kept(f"{key} is less than what goes")
        span = (node.start, node.start + len(whole))
        out.append(page.edit(span, key, order.keys, new=str(int(whole) - less), why=why))
    return out
