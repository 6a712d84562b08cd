"""Tensors that stand alone, in whatever file: what goes of them and of the texts beside them, and what is left."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, NamedTuple, Protocol

from untag.artifact import Artifact
from untag.edit import Edit, Plan, Proof, beside
from untag.gap import Damaged
from untag.reports._words import count
from untag.rewriters._hub import CONFIG, STRICT, Order, module, named, part, sole, within
from untag.rewriters._labels import CARRIED, SHARED, SHIFTED, TWICE, classes, labels, neutral
from untag.rewriters._sweep import residue
from untag.rewriters._tensor import Kept, spread
from untag.surface import Role
from untag.syntax import json
from untag.syntax.safetensors import WIDTHS, Header, Tensor, header, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from untag.edit import Target
    from untag.finding import Mark

__all__ = [
    "CHUNK", "META", "Planner", "Step", "Store", "Trace", "Whole", "carried", "checked", "followed", "steps_of",
    "written_to",
]  # fmt: skip

META = "/__metadata__/"
_NOWHERE, _PATH = "its place is no place among tensors and texts", "a name of a file is not changed"
#: Bytes that are read at once; characters of a name that does not stand in numbers by chance.
CHUNK, _LONG = 4 << 20, 8


class Store(Protocol):
    """A file of tensors.

    Attributes:
        header: What is in it; the places that tensors have there are where ``read`` finds them.
    """

    header: Header

    def read(self, one: Tensor, start: int, end: int) -> Iterator[bytes]:
        """Bytes of a tensor, from and to a place in it.

        Raises:
            Damaged: The file became shorter while it was read.
        """
        ...


class Step(NamedTuple):
    """One thing that is done: ``rows`` and ``drop`` of a tensor; ``labels``, ``lines`` and ``key`` of the metadata."""

    kind: str
    name: str
    places: tuple[int, ...] = ()


@dataclass(slots=True)
class Trace:
    """What steps do to a header.

    Attributes:
        header: As it is after them.
        rows: Places that tensors lose, by name.
        drops: Tensors that are gone.
        pointers: What is gone.
        texts: The same, where only some texts at a pointer go.
        made: Texts at pointers, and what stands there instead.
    """

    header: Header
    rows: dict[str, tuple[int, ...]] = field(default_factory=dict)
    drops: set[str] = field(default_factory=set)
    pointers: set[str] = field(default_factory=set)
    texts: set[tuple[str, str]] = field(default_factory=set)
    made: dict[tuple[str, str], str] = field(default_factory=dict)


class Whole:
    """The tensors of a file of safetensors.

    Args:
        file: At its start; it stays the caller's.
        size: Its bytes.

    Raises:
        Damaged: It does not keep to the format.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.header = header(file, size)

    def read(self, one: Tensor, start: int, end: int) -> Iterator[bytes]:
        """Bytes of a tensor, from and to a place in it.

        Raises:
            Damaged: The file became shorter while it was read.
        """
        self._file.seek(self.header.size + one.start + start)
        left = end - start
        while left:
            piece = self._file.read(min(left, CHUNK))
            if not piece:
                raise Damaged("the file became shorter while it was read")
            yield piece
            left -= len(piece)


def steps_of(plan: Plan) -> list[Step]:
    """All steps of a plan."""
    return [step for edit in plan.edits if isinstance(edit.data, tuple) for step in edit.data]


# -- carrying out ------------------------------------------------------------------------------------------------------


def carried(held: Header, steps: Iterable[Step]) -> Trace:
    """What is left of a header.

    Raises:
        Kept: A step cannot be carried out.
    """
    metadata = dict(held.metadata)
    trace = Trace(held)
    rows: dict[str, set[int]] = {}
    for step in dict.fromkeys(steps):
        if step.kind == "drop":
            trace.drops.add(step.name)
            trace.pointers.add(f"/{step.name}"[:400])
        elif step.kind == "rows":
            rows.setdefault(step.name, set()).update(step.places)
        else:
            _text(step, metadata, trace)
    left = [_cut(one, rows.get(one.name, set())) for one in held.tensors if one.name not in trace.drops]
    trace.rows = {name: tuple(sorted(places)) for name, places in rows.items() if name not in trace.drops}
    trace.header = Header(held.size, metadata, _laid(held.tensors, left))
    return trace


def _cut(one: Tensor, places: set[int]) -> Tensor:
    """A tensor without places along its first axis; it keeps where its bytes began.

    Raises:
        Kept: It has no such places, or its rows end within a byte.
    """
    if not places:
        return one
    if not one.shape or max(places) >= one.shape[0] or prod(one.shape[1:]) * WIDTHS[one.dtype] % 8:
        raise Kept(f"{one.name} has rows that cannot be cut")
    row = (one.end - one.start) // one.shape[0]
    shape = (one.shape[0] - len(places), *one.shape[1:])
    return Tensor(one.name, one.dtype, shape, one.start, one.end - row * len(places))


def _laid(old: Iterable[Tensor], left: list[Tensor]) -> tuple[Tensor, ...]:
    """Tensors one behind the other: in their order, or the widest numbers first where these would lie askew."""
    order = sorted(left, key=lambda t: (t.start, t.end))
    spots: dict[str, tuple[int, int]] = {}
    straight = all(t.start * 8 % WIDTHS[t.dtype] == 0 for t in old)
    for _ in range(2):
        at = 0
        for one in order:
            spots[one.name] = at, at + one.end - one.start
            at = spots[one.name][1]
        if not straight or all(spots[t.name][0] * 8 % WIDTHS[t.dtype] == 0 for t in order):
            break
        order = sorted(order, key=lambda t: -WIDTHS[t.dtype])
    return tuple(Tensor(t.name, t.dtype, t.shape, *spots[t.name]) for t in left)


def _text(step: Step, metadata: dict[str, str], trace: Trace) -> None:
    """Take a text out of the metadata, or a part of it.

    Raises:
        Kept: It is not understood.
    """
    text = metadata.get(step.name)
    pointer = f"{META}{step.name}"[:400]
    if text is None:
        return
    if step.kind == "key":
        del metadata[step.name]
        trace.pointers.add(pointer)
        return
    if step.kind == "lines":
        lines = text.split("\n")
        trace.texts |= {(pointer, lines[i].strip()) for i in step.places}
        metadata[step.name] = "\n".join(line for i, line in enumerate(lines) if i not in step.places)
        return
    listed = labels(text)
    if listed is None or max(step.places) >= len(listed.names):
        raise Kept("its labels are written in a way that is not understood here")
    metadata[step.name] = listed.without(step.places)
    trace.texts |= {(pointer, listed.names[p]) for p in step.places}
    left = [name for i, name in enumerate(listed.names) if i not in step.places]
    if len(left) == 1:
        # One label alone is no list: the reader shows the text.
        trace.made[pointer, left[0]] = metadata[step.name].strip()


def pieces(store: Store, one: Tensor, gone: tuple[int, ...] = ()) -> Iterator[bytes]:
    """The bytes of a tensor without some rows."""
    row = (one.end - one.start) // one.shape[0] if gone else 0
    spans = [(a * row, b * row) for a, b in spread(one.shape[0], gone)] if gone else [(0, one.end - one.start)]
    for start, end in spans:
        yield from store.read(one, start, end)


def written_to(out: BinaryIO, store: Store, trace: Trace) -> None:
    """Write what is left as safetensors."""
    out.write(written(trace.header.metadata, trace.header.tensors))
    old = {t.name: t for t in store.header.tensors}
    for one in sorted(trace.header.tensors, key=lambda t: (t.start, t.end)):
        out.writelines(pieces(store, old[one.name], trace.rows.get(one.name, ())))


def checked(before: Store, after: Artifact, plan: Plan) -> Proof:
    """Read what was written anew, and compare every tensor and text that is left with what was there.

    Args:
        before: As it was.
        after: Safetensors.
        plan: What was carried out; its ``data`` is the trace of that.
    """
    trace = plan.data
    assert isinstance(trace, Trace)  # noqa: S101 - ``rewrite`` left it there
    names = {n for e in plan.edits for n in e.names}
    # A short name may stand in gigabytes of numbers by chance, and these are compared one by one.
    if left := residue(after, {n for n in names if len(n) >= _LONG}) or residue(_head(after), names):
        return Proof(f"the bytes of the new file still hold {left!r}")
    with after.open() as file:
        now = Whole(file, after.size)
        error, total, digest = _compared(before, now, trace)
        if error:
            return Proof(error)
        said = [f"{total} other tensors are the same, by digest"]
        facts: dict[str, object] = {"tensors": total, "tensors_digest": digest}
        if trace.rows:
            said.append(f"of {len(trace.rows)} tensors that lost classes all other rows are the same, byte for byte")
        from untag.rewriters._layer import put_out

        told = put_out(before, now, trace.rows)
    return Proof(told.error, (*said, *told.said), {**facts, **told.facts})


def _compared(before: Store, after: Store, trace: Trace) -> tuple[str, int, str]:
    """What is wrong, how many tensors are the same, and the digest of all of these."""
    whole = hashlib.sha256()
    total = 0
    there = {t.name: t for t in after.header.tensors}
    wanted = [t for t in before.header.tensors if t.name not in trace.drops]
    if [t.name for t in wanted] != [t.name for t in after.header.tensors]:
        return "other tensors would be there than were left", 0, ""
    if after.header.metadata != trace.header.metadata:
        return "the metadata would not be what was left of it", 0, ""
    for one in wanted:
        gone, made = trace.rows.get(one.name, ()), there[one.name]
        shape = (one.shape[0] - len(gone), *one.shape[1:]) if gone else one.shape
        digest = _digest(before, one, gone)
        if digest != _digest(after, made, ()) or made.dtype != one.dtype or made.shape != shape:
            return f"the tensor {one.name!r} would not be the same", 0, ""
        if not gone:
            total += 1
            whole.update(digest)
    return "", total, "sha256:" + whole.hexdigest()


def _digest(store: Store, one: Tensor, gone: tuple[int, ...]) -> bytes:
    made = hashlib.sha256()
    for piece in pieces(store, one, gone):
        made.update(piece)
    return made.digest()


def _head(artifact: Artifact) -> Artifact:
    """The header alone."""
    with artifact.open() as file:
        size = header(file, artifact.size).size
        file.seek(0)
        return Artifact(artifact.place, file.read(size))


def followed(held: Header, orders: Iterable[object]) -> Plan:
    """What a configuration or a list of shards says of a file of tensors, as a plan.

    Raises:
        Damaged: It is not there.
    """
    plan = Plan(notes=[CARRIED])
    there = {t.name for t in held.tensors}
    for order in orders:
        assert isinstance(order, Order)  # noqa: S101 - made by this room
        if order.whole or there == set(order.drops):
            plan.whole = order.whole or "all tensors in it carry the tag"
            return plan
        if order.labels and not (order.rows or order.drops or order.moved):
            order = dataclasses.replace(order, rows=_rows(held, order))
            if not order.rows:
                continue
        if not there >= {*order.drops, *(name for name, _ in order.rows)}:
            raise Damaged("it does not hold what is to go")
        steps = [Step("drop", name) for name in order.drops]
        steps += [Step("rows", name, places) for name, places in order.rows]
        for key, text in held.metadata.items():
            listed = labels(text)
            if not order.labels or listed is None or len(listed.names) != len(order.labels):
                continue
            if listed.names != order.labels:
                raise Damaged(TWICE.format(key))
            steps.append(Step("labels", key, order.places))
        names = tuple(n for n in dict.fromkeys(order.labels[p] for p in order.places) if n.isidentifier())
        edit = Edit(-1, -1, b"", order.safe, order.what, order.why, order.keys, names, tuple(steps))
        plan.edits.append(edit)
    return plan


def _rows(held: Header, order: Order) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Of a list of classes beside the file: what loses rows; nothing where no layer is as wide.

    Raises:
        Damaged: Nothing tells the layer.
    """
    if not any(one.shape and one.shape[0] >= len(order.labels) for one in held.tensors):
        return ()
    try:
        return tuple((one.name, order.places) for one in sole(len(order.labels), held.tensors))
    except Kept as kept:
        raise Damaged(str(kept)) from kept


# -- planning ----------------------------------------------------------------------------------------------------------


class Planner:
    """From targets to steps.

    Args:
        artifact: The file.
        held: What is in it.
        targets: What is to go.
        where: Of a mark the key of the metadata that it stands under; nothing of a tensor's name.
    """

    def __init__(
        self, artifact: Artifact, held: Header, targets: tuple[Target, ...], where: Callable[[Mark], str | None]
    ) -> None:
        self.artifact, self.held, self.targets, self.where = artifact, held, targets, where
        self.made = Plan()
        self.texts: dict[str, list[tuple[str, Mark]]] = {}
        self.lost: dict[str, str] = {}
        self.safe = True

    def plan(self) -> Plan:
        """The plan of all targets."""
        layers: dict[str, set[str]] = {}
        lists: dict[str, tuple[set[int], set[str]]] = {}
        self._sorted(layers, lists)
        gone = [t for t in self.held.tensors if within(t.name, layers)]
        if layers and len(gone) == len(self.held.tensors):
            return self._whole({k for keys in layers.values() for k in keys})
        if layers:
            self._layers(gone, layers)
        for key, (places, keys) in sorted(lists.items()):
            try:
                self._classes(key, tuple(sorted(places)), tuple(sorted(keys)), {t.name for t in gone})
            except Kept as kept:
                self.lost.update({one: str(kept) for one in keys if one not in self.lost})
        if self.made.edits:
            self.made.notes.append(CARRIED)
        self._said()
        return self.made

    def _sorted(self, layers: dict[str, set[str]], lists: dict[str, tuple[set[int], set[str]]]) -> None:
        """Which marks name layers, which classes of a list, and which stand in texts."""
        names = {t.name for t in self.held.tensors}
        for target in self.targets:
            for mark in target.marks:
                key = self.where(mark) if mark.role is not Role.PATH else None
                if key is not None and mark.role is Role.MEMBER and mark.surface.value.isdigit():
                    row = lists.setdefault(key, (set(), set()))
                    row[0].add(int(mark.surface.value))
                    row[1].add(target.key)
                elif key is not None:
                    self.texts.setdefault(target.key, []).append((key, mark))
                elif mark.text in names:
                    layers.setdefault(part(mark), set()).add(target.key)
                else:
                    self.lost.setdefault(target.key, _NOWHERE if mark.role is not Role.PATH else _PATH)

    def lists(self) -> list[tuple[Artifact, dict[str, str]]]:
        """Lists of shards that name this file; of most formats there are none.

        Raises:
            Kept: One cannot be read, or is not at hand.
        """
        return []

    def _whole(self, keys: set[str]) -> Plan:
        """All tensors are of the tag."""
        plan = self.made
        try:
            lists = self.lists()
        except Kept as kept:
            return plan.keep(self.targets, str(kept))
        if any(len(set(held.values())) > 1 for _, held in lists):
            why = f"it is one of the shards that {lists[0][0].name} lists, and all of it would go"
            return plan.keep(self.targets, why)
        plan.whole = "all tensors carry the tag"
        order = Order("the list of them", whole=plan.whole, keys=tuple(sorted(keys)))
        plan.mates = tuple((index.name, order) for index, _ in lists)
        return plan

    def _layers(self, gone: list[Tensor], layers: Mapping[str, set[str]]) -> None:
        """Layers that a tag names, with the entries of a list of shards."""
        keys = tuple(sorted({key for row in layers.values() for key in row}))
        steps = tuple(Step("drop", t.name) for t in gone)
        what = f"{count(len(gone), 'tensor')} of {', '.join(sorted({module(t) or t.name for t in gone})[:5])}"
        order = Order(
            what,
            drops=tuple(t.name for t in gone),
            saved=(sum(t.end - t.start for t in gone), sum(prod(t.shape) for t in gone)),
            safe=False, why=STRICT, keys=keys,
        )  # fmt: skip
        try:
            mates = tuple((index.name, order) for index, _ in self.lists())
        except Kept as kept:
            self.lost.update(dict.fromkeys(keys, str(kept)))
            return
        names = tuple(sorted({layer.rpartition(".")[2] for layer in layers}))
        edit = Edit(-1, -1, safe=False, what=what, why=STRICT, keys=keys, names=names, data=steps, mates=mates)
        self.made.edits.append(edit)
        self.safe = False

    def _classes(self, key: str, places: tuple[int, ...], keys: tuple[str, ...], gone: set[str]) -> None:
        """Classes that the metadata lists, with the rows of the layer that makes them.

        Raises:
            Kept: Nothing tells the layer, or something beside the file names the classes too.
        """
        listed = labels(self.held.metadata[key])
        if listed is None or max(places) >= len(listed.names):
            raise Kept("its labels are written in a way that is not understood here")
        total = len(listed.names)
        self._alone(listed.names)
        for other, text in self.held.metadata.items():
            if other != key and (more := labels(text)) is not None and len(more.names) == total:
                raise Kept(TWICE.format(other))
        left = [t for t in self.held.tensors if t.name not in gone]
        try:
            found = sole(total, left)
        except Kept:
            if not gone or any(t.shape[:1] == (total,) for t in left):
                raise
            # The layer that made them is one of those that go by their names.
            found = []
        whole = not found or all(i in places or neutral(n) for i, n in enumerate(listed.names))
        if whole:
            steps = [Step("drop", t.name) for t in found] + [Step("key", key)]
            what, why = f"the layer of {key} and its labels", STRICT
            names: tuple[str, ...] = ()
            if len(found) == len(left):
                self.made.whole = "all tensors carry the tag"
        else:
            steps = [Step("rows", t.name, places) for t in found] + [Step("labels", key, places)]
            reasons = [SHIFTED] if min(places) != total - len(places) else []
            what, why = f"{classes(len(places))} of {module(found[0])}", "; ".join([*reasons, SHARED])
            names = tuple(listed.names[p] for p in places)
        lists = () if whole else ((listed.names, places),)
        edit = Edit(-1, -1, safe=False, what=what, why=why, keys=keys, names=names, data=tuple(steps), lists=lists)
        self.made.edits.append(edit)
        self.safe = False

    def _alone(self, names: tuple[str, ...]) -> None:
        """Whether this file alone says how many classes there are.

        Raises:
            Kept: A configuration beside it names as many, or it is one of several shards.
        """
        if self.lists():
            raise Kept("it is one of several shards, and its labels go with the configuration or not at all")
        if self.artifact.depth and not self.artifact.file:
            raise Kept("it lies in an archive, where what else names its classes cannot change with it")
        config = beside(self.artifact, CONFIG)
        if config is None or not config.held:
            return
        document = json.parse(config.text, limit=1_500_000)
        try:
            told = named(document.roots[0]) if document.roots else None
        except Kept:
            return
        if told is not None and len(told.labels) == len(names):
            raise Kept(f"{CONFIG} names as many classes: they go together with those, or not at all")

    def _said(self) -> None:
        """Texts, which go only where what they speak of goes."""
        plan = self.made
        for key, why in self.lost.items():
            plan.kept.setdefault(key, why)
        if plan.whole:
            return
        for target in self.targets:
            texts = self.texts.get(target.key)
            if not texts or target.key in self.lost:
                continue
            if self.lost:
                why = next(iter(self.lost.values()))
                plan.kept.setdefault(target.key, f"it goes when what it speaks of does, and {why}")
                continue
            steps = list(dict.fromkeys(_said(key, mark, self.held.metadata) for key, mark in texts))
            why = "" if self.safe else "the model still has what it speaks of unless the other steps are taken too"
            what = ", ".join(dict.fromkeys(f"metadata {step.name}" for step in steps))
            plan.edits.append(Edit(-1, -1, b"", not why, what, why, (target.key,), (), _joined(steps)))


def _said(key: str, mark: Mark, metadata: Mapping[str, str]) -> Step:
    """The step for one text: a line, or the entry."""
    text = metadata[key]
    lines = text.split("\n")
    found = tuple(i for i, line in enumerate(lines) if mark.text in line)
    if mark.role is Role.KEY or text.lstrip()[:1] in ("{", "[", "<") or not found:
        return Step("key", key)
    return Step("lines", key, found)


def _joined(steps: list[Step]) -> tuple[Step, ...]:
    """Lines of one entry together; an entry of which no line is left goes."""
    out: dict[str, Step] = {}
    for step in steps:
        known = out.get(step.name)
        if known is None or step.kind == "key":
            out[step.name] = step
        elif known.kind == "lines":
            out[step.name] = known._replace(places=tuple(sorted({*known.places, *step.places})))
    return tuple(out.values())
