"""ONNX models: outputs go with all that serves only them, classes of a shared layer are cut out of its weights."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.edit import Blank, Edit, Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.rewriters._beside import blanks, files, reader, wholly
from untag.rewriters._cut import Cutter
from untag.rewriters._hub import Order
from untag.rewriters._labels import CARRIED, SHARED, SHIFTED, TWICE, alike, labels, neutral
from untag.rewriters._saying import LAYERS, WEIGHING
from untag.rewriters._surgery import Model, Step, carve, chain, made_of
from untag.rewriters._sweep import residue
from untag.rewriters._tensor import Kept
from untag.surface import Role
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.finding import Mark
    from untag.rewriters._net import Spot
    from untag.rewriters._sites import Site
    from untag.rewriters._surgery import Trace
    from untag.rewriters._tensor import Outside
    from untag.surface import Surface

__all__ = ["OnnxRewriter"]

_NAMING = frozenset({Role.OUTPUT, Role.USE, Role.PARAMETER, Role.FUNCTION, Role.TYPE})
#: Outputs beyond which it is not asked what each alone is made of.
_OUTPUTS = 256


class OnnxRewriter(Rewriter):
    """Takes outputs, classes and texts out of ONNX models."""

    name = "onnx"
    reads = ("onnx",)
    rank = 60
    exact = False
    limits = (
        CARRIED,
        "after a softmax the other classes share what the removed one had: only the values before it stay the same",
        "a model with operators that are not of ONNX is planned and not written: what it puts out cannot be compared",
        "a cut after which an output differs by more than sums in another order explain is not written",
        "what a layer in a branch or a loop puts out that loses classes has to be the same bit for bit",
        "weights in files beside the model are overwritten with zeros where nothing needs them, and cut off at the end",
        "classes are cut where a layer with weights makes them; where a loop hands them on, or a tree does, they stay",
    )

    def knows(self, artifact: Artifact) -> bool:
        """All that the reader of ONNX reads."""
        return artifact.head[:1] == b"\x08"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Outputs, classes, then texts.

        Raises:
            Damaged: It is no whole model.
        """
        with bytes_of(artifact) as data:
            return _Planner(Model(data, reader(artifact)), targets).plan()

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Cut classes that a list beside it names out of the layer that makes as many.

        Raises:
            Damaged: Nothing tells the layer, or it cannot be cut.
        """
        with bytes_of(artifact) as data:
            planner = _Planner(Model(data, reader(artifact)), ())
            try:
                return planner.follow([order for order in orders if isinstance(order, Order)])
            except Kept as kept:
                raise Damaged(str(kept)) from kept

    def mates(self, artifact: Artifact, plan: Plan) -> tuple[tuple[str, object], ...]:
        """Files with its weights: what nothing needs any more is overwritten there.

        Raises:
            Damaged: A step cannot be carried out, or another model takes its weights from there too.
        """
        with bytes_of(artifact) as data:
            if not plan.edits and not plan.whole:
                return ()
            model = Model(data, reader(artifact))
            try:
                if plan.whole:
                    return tuple((name, Blank(whole=plan.whole)) for name in wholly(artifact, model.draft))
                trace = model.run(*_carried(plan))
                told = blanks(artifact, model.draft, trace.blank)
            except Kept as kept:
                raise Damaged(str(kept)) from kept
        safe, keys = all(e.safe for e in plan.edits), tuple(sorted({k for e in plan.edits for k in e.keys}))
        why = next((e.why for e in plan.edits if not e.safe), "")
        return tuple((name, Blank(spans, "", safe, why, keys)) for name, spans in told.items())

    def parts(self, artifact: Artifact) -> frozenset[str]:
        """Files with its weights."""
        try:
            with bytes_of(artifact) as data:
                return frozenset(files(artifact, Model(data, absent).draft))
        except (Damaged, Kept):
            return frozenset()

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Carry all steps out together; what stays of its bytes is copied in pieces.

        Raises:
            Damaged: A step cannot be carried out.
        """
        with bytes_of(artifact) as data:
            model = Model(data, reader(artifact))
            try:
                plan.data = model.run(*_carried(plan))
            except Kept as kept:
                raise Damaged(str(kept)) from kept
            model.draft.measure()
            model.draft.write(out)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """Whether what was shown there went."""
        trace: Trace | None = plan.data if plan.data is not None else None  # type: ignore[assignment]
        return trace is not None and trace.takes(surface)

    def becomes(self, surface: Surface, plan: Plan) -> Surface | None:
        """A graph that must have a name, and a list that is none any more, show another text."""
        trace: Trace | None = plan.data if plan.data is not None else None  # type: ignore[assignment]
        if trace is not None and (text := trace.made.get((surface.place.pointer or "", surface.text))) is not None:
            owner = surface.owner if surface.role is not Role.MEMBER else surface.owner.rpartition(".")[0]
            return replace(surface, text=text, owner=owner)
        return super().becomes(surface, plan)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare what both models put out, and look for names that were left behind."""
        names = {n for e in plan.edits for n in e.names}
        if left := residue(after, names):
            return Proof(f"the bytes of the new model still hold {left!r}")
        from untag.rewriters._proof import compared

        with bytes_of(before) as data:
            held = files(before, Model(data, absent).draft)
        return compared(before, after, plan.data, held, plan.fresh)  # type: ignore[arg-type]


def _carried(plan: Plan) -> tuple[tuple[Step, ...], set[str]]:
    """All steps of a plan, and names that go with them."""
    steps = tuple(dict.fromkeys(step for edit in plan.edits for step in _steps(edit)))
    return steps, {n for e in plan.edits for n in e.names}


def _steps(edit: Edit) -> tuple[Step, ...]:
    return edit.data if isinstance(edit.data, tuple) else ()


def _named(site: Site) -> tuple[str, ...]:
    """The classes that a text or a list of the model names; none of another text."""
    if site.kind == "list":
        return tuple(site.holder.texts("strings"))
    held = labels(site.text) if site.kind in ("text", "entry", "value") else None
    return held.names if held is not None else ()


def absent(_: Outside) -> bytes:
    """Bytes beside the model are not at hand."""
    raise Kept("its weights lie in a file beside it")


@dataclass(slots=True)
class _Head:
    """An output that goes or loses classes, for whom, and what goes with it."""

    steps: list[Step]
    what: str
    keys: set[str] = field(default_factory=set)
    safe: bool = True
    why: str = ""
    masked: str = ""
    lists: dict[tuple[tuple[str, ...], tuple[int, ...]], None] = field(default_factory=dict)


class _Planner:
    """From targets to steps."""

    def __init__(self, model: Model, targets: tuple[Target, ...]) -> None:
        self.model = model
        self.net = model.net
        self.targets = targets
        self.plan_ = Plan()
        self.names: dict[str, set[str]] = {}
        self.texts: dict[str, list[tuple[Mark, Site]]] = {}
        self.heads: dict[str, _Head] = {}
        self.lost: dict[str, str] = {}

    def plan(self) -> Plan:
        """The plan of all targets."""
        if self.model.draft.of("training"):
            return self.plan_.keep(self.targets, "the model is one that can be trained on, which is not rewritten here")
        for target in self.targets:
            self.sort(target)
        self.outputs()
        self.classes()
        if self.heads and self.going() >= set(self.net.main.outputs):
            self.whole()
            return self.plan_
        self.weigh()
        self.left()
        self.write()
        return self.plan_

    def sort(self, target: Target) -> None:
        """Which marks name things of the net, and which stand in texts."""
        names: set[str] = set()
        texts: list[tuple[Mark, Site]] = []
        for mark in target.marks:
            pointer = mark.place.pointer or ""
            sites = self.model.sites.at(pointer)
            if mark.role in _NAMING and not (mark.role is Role.TYPE and any(s.kind == "name" for s in sites)):
                names.add(mark.text)
            elif sites:
                texts.append((mark, self._site(mark, sites)))
            elif labelled := self.model.sites.at(pointer.rpartition("/")[0]):
                texts.append((mark, self._site(mark, labelled)))
            else:
                self.lost.setdefault(target.key, "its place is no place in the model")
        self.names[target.key] = names
        self.texts[target.key] = texts

    @staticmethod
    def _site(mark: Mark, sites: list[Site]) -> Site:
        """Of several texts at one pointer the one that says it."""
        for site in sites:
            said = site.holder.texts(site.label)
            if any(mark.text in text for text in said) or mark.text in site.holder.texts("key"):
                return site
        return sites[0]

    # -- outputs -----------------------------------------------------------------------------------------------------

    def outputs(self) -> None:
        """Outputs that carry a tag by their own name or that of their last layer; others that such names feed alone."""
        tagged = {n for names in self.names.values() for n in names}
        if not tagged:
            return
        for output in self.net.main.outputs:
            names, _ = chain(self.net, output)
            safe = bool(names & tagged)
            if not safe and len(self.net.main.outputs) <= _OUTPUTS:
                names = made_of(self.net, output)
            if not names & tagged:
                continue
            keys = {key for key, held in self.names.items() if held & names}
            why = "" if safe else "the names stand further back: what it puts out may be something else"
            self.head(output, keys, safe=safe, why=why)

    def head(self, output: str, keys: set[str], *, safe: bool = True, why: str = "") -> None:
        """An output goes."""
        found = self.heads.get(output)
        if found is None or found.steps[0].kind != "output":
            keys = keys | (found.keys if found is not None else set())
            self.heads[output] = _Head([Step("output", output)], f"the output {output!r}", keys, safe, why)
        else:
            found.keys |= keys

    def whole(self) -> None:
        """Nothing would be left."""
        unsafe = next((h for h in self.heads.values() if not h.safe), None)
        if unsafe is not None:
            self.plan_.keep(self.targets, f"nothing of the model would be left, and of {unsafe.what} {unsafe.why}")
        else:
            self.plan_.whole = "all that the model puts out carries the tag"

    # -- classes -----------------------------------------------------------------------------------------------------

    def classes(self) -> None:
        """Lists of labels: of an output that goes they go too, of another one the classes are cut."""
        lists: dict[int, tuple[Site, set[int], set[str]]] = {}
        for key, texts in self.texts.items():
            for mark, site in texts:
                if mark.role is Role.MEMBER and mark.surface.value.isdigit():
                    row = lists.setdefault(site.number, (site, set(), set()))
                    row[1].add(int(mark.surface.value))
                    row[2].add(key)
        for site, places, keys in lists.values():
            try:
                self.listed(site, places, keys)
            except Kept as kept:
                for key in keys:
                    self.lost.setdefault(key, str(kept))

    def listed(self, site: Site, places: set[int], keys: set[str]) -> None:
        """One list.

        Raises:
            Kept: Nothing tells whose classes they are, or they cannot be cut.
        """
        names = _named(site)
        if not names or any(p >= len(names) for p in places):
            raise Kept("its labels are written in a way that is not understood here")
        whole = all(i in places or neutral(n) for i, n in enumerate(names))
        output, axis = self.whose(site, len(names))
        drop = () if site.kind == "list" else (Step("drop", site=site.number),)
        if output in self.heads and self.heads[output].steps[0].kind == "output":
            self.heads[output].keys |= keys
            self.heads[output].steps += drop
        elif whole:
            self.head(output, keys)
            self.heads[output].steps += drop
        else:
            self.part(site, (output, axis), tuple(sorted(places)), keys, names)

    def follow(self, orders: Iterable[Order]) -> Plan:
        """Classes that lists beside the model name.

        Raises:
            Kept: Nothing tells whose they are, or they cannot be cut.
        """
        if self.model.draft.of("training"):
            raise Kept("the model is one that can be trained on, which is not rewritten here")
        gone: set[str] = set()
        for order in orders:
            count = len(order.labels)
            sites = [(s, n) for s in self.model.sites.all if len(n := _named(s)) == count]
            for site, names in sites:
                if not alike(names, order.labels):
                    raise Kept(TWICE.format(site.pointer))
                self.part(site, self.whose(site, count), order.places, set(order.keys), names)
                gone |= {names[p] for p in order.places}
            if sites or not self.wide(count):
                continue
            self.part(None, self.widths(count), order.places, set(order.keys), order.labels)
        why = "; ".join(dict.fromkeys(order.why for order in orders))
        for head in self.heads.values():
            keys, names, steps = tuple(sorted(head.keys)), tuple(sorted(gone)), tuple(head.steps)
            edit = Edit(-1, -1, safe=False, what=head.what, why=why, keys=keys, names=names, data=steps)
            self.plan_.edits.append(edit)
        self.plan_.notes += [CARRIED] if self.heads else []
        return self.plan_

    def wide(self, count: int) -> bool:
        """Whether anything that the model puts out may be so many numbers, or hold them among others."""
        cutter = Cutter(self.net, set(), self.model.fetch)
        for output in self.net.main.outputs:
            dims = cutter.dims(self.net.main, output)
            if not dims or any(d is None or d >= count for d in (dims[1:] or dims)):
                return True
        return False

    def whose(self, site: Site, count: int) -> tuple[str, int]:
        """The output that has as many classes, and along which axis.

        Raises:
            Kept: None has, or several do.
        """
        if site.op is not None:
            made = self.net
            reached = [o for o in made.main.outputs if site.op in chain(made, o)[1]]
            if not reached:
                raise Kept(f"nothing that the model puts out is made by {site.op.said()}")
            return reached[0], -1
        return self.widths(count)

    def widths(self, count: int) -> tuple[str, int]:
        """The output that is so many numbers wide, and along which axis.

        Raises:
            Kept: None is, or several are.
        """
        made = self.net
        cutter = Cutter(made, set(), self.model.fetch)
        found: list[tuple[str, int]] = []
        for output in made.main.outputs:
            dims = cutter.dims(made.main, output) or []
            axes = [i - len(dims) for i, d in enumerate(dims) if d == count and (i or len(dims) == 1)]
            if len(axes) == 1:
                found.append((output, axes[0]))
        going = [row for row in found if row[0] in self.heads]
        found = going[:1] or found
        if len({self.root(o) for o, _ in found}) == 1:
            return found[0]
        said = "no output has" if not found else "more than one output has"
        raise Kept(f"the list names {count} classes, and {said} as many")

    def root(self, output: str) -> int:
        """The layer behind an output: two outputs of one layer have the same classes."""
        ops = chain(self.net, output)[1]
        layers = [op for op in ops if op.kind in LAYERS]
        return id(layers[0] if layers else output)

    def part(
        self, site: Site | None, of: tuple[str, int], places: tuple[int, ...], keys: set[str], names: tuple[str, ...]
    ) -> None:
        """Cut classes out of the layer that makes an output, and out of the list of the model that names them."""
        name, axis = of
        if site is not None and site.op is not None:
            if site.op.kind != "ZipMap" or site.op.scope is not self.net.main:
                raise Kept(f"{site.op.said()} turns classes into names in a way that is not understood here")
            name = site.op.inputs[0]
        step = Step("cut", name, axis, places)
        cutter = Cutter(self.net, self.net.needed(self.net.main.outputs), self.model.fetch)
        cutter.follow(self.net.main, name, axis, places)
        head = self.heads.setdefault(f"{name}\0{axis}\0{places}", _Head([step], f"{len(places)} classes of {name!r}"))
        if step not in head.steps:
            head.steps.append(step)
        head.lists[names, places] = None
        if site is not None and site.op is None:
            head.steps.append(Step("labels", places=places, site=site.number))
        head.keys |= keys
        reasons = list(cutter.warnings)
        if max(places) - len(places) + 1 != min(places) or max(places) != len(names) - 1:
            reasons.append(SHIFTED)
        if any(made[0].kind in WEIGHING for _, made in cutter.makers()):
            reasons.append(SHARED)
        if reasons:
            head.safe, head.why = False, "; ".join(reasons)

    # -- what is left ------------------------------------------------------------------------------------------------

    def going(self) -> set[str]:
        """Outputs that go."""
        return {h.steps[0].name for h in self.heads.values() if h.steps[0].kind == "output"}

    def weigh(self) -> None:
        """Outputs that take no weights with them are cut out of the layer that they share, or only hidden."""
        going = self.going()
        if going:
            self.plan_.notes.append(CARRIED)
        before = self.net.needed(self.net.main.outputs)
        after = self.net.needed([o for o in self.net.main.outputs if o not in going])
        for head in self.heads.values():
            if head.steps[0].kind != "output":
                continue
            name = head.steps[0].name
            if self.heavy(self.net.needed([name]) & (before - after)):
                continue
            try:
                cutter = carve(self.net, name, after, self.model.fetch)
            except Kept as kept:
                head.masked = f"{name!r} is no output any more, and the layer that makes it is still there: {kept}"
                continue
            if cutter is None:
                if self.net.main.makers.get(name) is not None:
                    head.masked = f"{name!r} is no output any more, and all that makes it serves other outputs too"
                continue
            head.steps.append(Step("carve", name))
            head.what += " and its places in a layer that others share"

    def heavy(self, spots: set[Spot]) -> bool:
        """Whether weights are among tensors."""
        from untag.rewriters._prune import weighty

        for number, name in spots:
            scope = self.net.scopes[number]
            if name in scope.weights and weighty(scope.weights[name]):
                return True
            made = scope.makers.get(name)
            value = made[0].attribute("value") if made is not None and made[0].kind == "Constant" else None
            tensor = value.first("tensor") if value is not None else None
            if tensor is not None and weighty(tensor):
                return True
        return False

    def left(self) -> None:
        """Names that still stand in what is needed keep their findings."""
        after = self.net.needed([o for o in self.net.main.outputs if o not in self.going()])
        users: dict[str, str] = {}
        for number, name in after:
            users.setdefault(name, f"{name!r} serves other outputs too")
            made = self.net.scopes[number].makers.get(name)
            if made is not None:
                users.setdefault(made[0].name, f"{made[0].said()} serves other outputs too")
        for name in self.net.main.inputs:
            if (0, name) in after:
                users[name] = f"{name!r} is put into the model, and what is left needs it"
        for key, names in self.names.items():
            stuck = sorted(n for n in names if n in users)
            if stuck:
                self.lost.setdefault(key, users[stuck[0]])

    def write(self) -> None:
        """Steps for heads, then for texts; these only where the model loses what they speak of."""
        stuck = {key for key, why in self.lost.items() if why}
        for head in self.heads.values():
            self.share(head)
        safe = all(h.safe for h in self.heads.values())
        for head in self.heads.values():
            names = tuple(sorted({n for k in head.keys for n in self.names[k]}))
            keys, steps_ = tuple(sorted(head.keys)), tuple(head.steps)
            edit = Edit(-1, -1, b"", head.safe, head.what, head.why, keys, names, steps_, lists=tuple(head.lists))
            self.plan_.edits.append(edit)
            if head.masked:
                self.plan_.masked.update(dict.fromkeys(head.keys, head.masked))
        for target in self.targets:
            key = target.key
            if key in self.lost:
                self.plan_.kept.setdefault(key, self.lost[key])
                continue
            steps = self.steps(key)
            idle = not any(key in h.keys for h in self.heads.values()) and bool(self.names[key])
            if not steps and not idle:
                continue
            if stuck and not idle:
                self.plan_.kept.setdefault(key, f"it goes when what it speaks of does, and {self.lost[min(stuck)]}")
                continue
            why = "" if safe else "the model still has what it speaks of unless the other steps are taken too"
            what = self.said(steps) if steps else "what nothing needs"
            names = tuple(sorted(self.names[key]))
            self.plan_.edits.append(Edit(-1, -1, b"", safe, what, why, (key,), names, tuple(steps)))

    def share(self, head: _Head) -> None:
        """Findings that a head takes with it by the way: texts that it drops, names that only it is made of."""
        sites = {s.site for s in head.steps if s.kind == "drop"}
        head.keys |= {key for key, texts in self.texts.items() if any(site.number in sites for _, site in texts)}
        if head.steps[0].kind != "output":
            return
        made = self.net.needed([head.steps[0].name])
        names = {name for _, name in made}
        for number, name in made:
            if (maker := self.net.scopes[number].makers.get(name)) is not None:
                names |= {maker[0].name, maker[0].kind if self.net.called(maker[0]) is not None else ""}
        head.keys |= {key for key, held in self.names.items() if held & names and key not in self.lost}

    def steps(self, key: str) -> list[Step]:
        """What goes of texts."""
        out: list[Step] = []
        done = {s.site for h in self.heads.values() for s in h.steps if s.site >= 0}
        lines: dict[int, set[int]] = defaultdict(set)
        for mark, site in self.texts[key]:
            if site.number in done or site.kind in ("list", "value"):
                continue
            if site.kind == "name":
                out.append(Step("name", site=site.number))
            elif mark.role is Role.KEY or site.text.lstrip()[:1] in ("{", "[", "<"):
                out.append(Step("drop", site=site.number))
            else:
                lines[site.number] |= {i for i, t in enumerate(site.text.split("\n")) if mark.text in t}
        for number, found in lines.items():
            count = len([t for t in self.model.sites.all[number].text.split("\n") if t.strip()])
            if len(found) >= count or not found:
                out.append(Step("drop", site=number))
            else:
                out.append(Step("lines", places=tuple(sorted(found)), site=number))
        return list(dict.fromkeys(out))

    def said(self, steps: Iterable[Step]) -> str:
        """What goes, for people."""
        out: list[str] = []
        for step in steps:
            where = self.model.sites.all[step.site].pointer
            count = len(step.places)
            out.append(f"{count} lines of {where}" if step.kind == "lines" else where)
        return ", ".join(dict.fromkeys(out))
