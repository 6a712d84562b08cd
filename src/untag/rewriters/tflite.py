"""TensorFlow Lite models: outputs go with the operators, tensors and weights that serve only them."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from untag.edit import Edit, Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.reports._words import count
from untag.rewriters import _lite, _run
from untag.rewriters._boxed import FAILS, twin
from untag.rewriters._hub import Order
from untag.rewriters._labels import CARRIED, SHARED, SHIFTED, TWICE, alike, classes, neutral
from untag.rewriters._proof import apart, copied, explained, required, unexplained, weighed, where
from untag.rewriters._route import Route, route
from untag.rewriters._sweep import residue
from untag.rewriters._tensor import Kept

if TYPE_CHECKING:
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.finding import Mark
    from untag.surface import Surface

__all__ = ["TfliteRewriter"]

NEEDS = "pip install 'untag[tflite]'"
#: Numbers of operators in ``schema.fbs`` that have no weights and hand on what they get, so that a head may lie behind
#: them: AVERAGE_POOL_2D, DEQUANTIZE, LOGISTIC, MAX_POOL_2D, RELU, RELU6, RESHAPE, SOFTMAX, TANH, MEAN, SQUEEZE,
#: LOG_SOFTMAX, CAST, ARG_MAX, ARG_MIN, QUANTIZE.
_THROUGH = frozenset({1, 6, 14, 17, 19, 21, 22, 25, 28, 40, 43, 50, 53, 56, 79, 114})
#: Operators that are not of the schema.
_CUSTOM = 32
#: Where a tensor's row tells its buffer; bytes of files behind a model that are held; lines of a list.
_BUFFER, _MOST, _LIST = 6, 16 << 20, 2
_TENSOR = re.compile(r"/subgraphs/0/tensors/(\d+)")
_OWN = "what it puts out cannot be compared: it has operators of its own ({}), which are never run"
_FURTHER = "the names stand further back: what it puts out may be something else"


@dataclass(slots=True)
class _Cut:
    """What is done.

    Attributes:
        tensors: Numbers of those that go.
        ops: Numbers of operators that go.
        outputs: Numbers of tensors that are no outputs any more.
        description: Whether the model's description goes.
        way: How the classes are made that go.
        places: Which these are.
        total: How many there were.
        output: The tensor that puts the classes out.
        packed: Files behind the model as they are then, by name.
        labels: What the classes that go are called.
        lists: What all of them are called, and which go.
        keys: Findings that the classes serve.
        names: Of signatures: what they call the outputs that go, and those that go as a whole.
        after: The new model as it is listed.
    """

    tensors: list[int]
    ops: list[int]
    outputs: list[int]
    description: bool = False
    way: Route = field(default_factory=Route)
    places: list[int] = field(default_factory=list)
    total: int = 0
    output: int = -1
    packed: dict[str, bytes] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    lists: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = ()
    keys: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    after: dict[str, Any] = field(default_factory=dict)


class TfliteRewriter(Rewriter):
    """Takes outputs out of TensorFlow Lite models."""

    name = "tflite"
    reads = ("tflite", "zip")
    rank = 60
    exact = False
    inner = True
    limits = (
        CARRIED,
        "models of one graph; those with a loop, a condition or operators of their own stay",
        "classes go where a file behind the model lists them, out of the dense layer or convolution that makes them",
        "of models with metadata of tensors or files behind them single outputs stay: these would be cut at once",
        "numbers that lie outside of the tables (models over 2 GB) stay",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The file identifier."""
        return artifact.head[4:8] == b"TFL3"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Outputs that the tag names, with what serves only them."""
        try:
            return _planner(artifact, targets).plan()
        except Kept as kept:
            return Plan().keep(targets, str(kept))

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Cut classes that a list beside it names out of the layer that makes as many.

        Raises:
            Damaged: Nothing tells the layer, or it cannot be cut.
        """
        try:
            return _planner(artifact, ()).follow([order for order in orders if isinstance(order, Order)])
        except Kept as kept:
            raise Damaged(str(kept)) from kept

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Write the model anew.

        Raises:
            Damaged: It cannot be done.
        """
        cut = plan.data = next(e.data for e in plan.edits if isinstance(e.data, _Cut))
        try:
            with tempfile.TemporaryDirectory(prefix="untag-lite-") as folder:
                target = os.path.join(folder, "after.tflite")  # noqa: PTH118
                spec = {
                    "source": copied(artifact, folder, "before.tflite"), "target": target, "tensors": cut.tensors,
                    "ops": cut.ops, "outputs": cut.outputs, "description": cut.description, "places": cut.places,
                    "rows": {str(n): cut.places for n in cut.way.arrays}, "narrow": cut.way.chain,
                    "shapes": cut.way.shapes, "reshaped": cut.way.reshaped,
                }  # fmt: skip
                made = required(_lite.__file__, folder, spec, NEEDS)
                _same(made["before"], made["after"], cut)
                cut.after = made["after"]
                if cut.packed:
                    _pack(artifact, target, cut.packed)
                with open(target, "rb") as file:  # noqa: PTH123
                    while piece := file.read(1 << 20):
                        out.write(piece)
        except Kept as kept:
            raise Damaged(str(kept)) from kept

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """Whether what was shown there went."""
        cut, pointer = plan.data, surface.place.pointer or ""
        if not isinstance(cut, _Cut):
            return False
        found = _TENSOR.fullmatch(pointer)
        if found is not None:
            return int(found[1]) in cut.tensors
        return pointer in cut.names or (cut.description and pointer == "/description")

    def becomes(self, surface: Surface, plan: Plan) -> Surface | None:
        """An output that others still need is one tensor among others."""
        cut = plan.data
        found = _TENSOR.fullmatch(surface.place.pointer or "")
        if isinstance(cut, _Cut) and found is not None and int(found[1]) in cut.outputs:
            return None if int(found[1]) in cut.tensors else _inner(surface)
        return super().becomes(surface, plan)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare what is written with what was left, then run both models on the same made-up numbers."""
        cut = plan.data
        assert isinstance(cut, _Cut)  # noqa: S101 - ``rewrite`` left it there
        if left := residue(after, {n for e in plan.edits for n in e.names}):
            return Proof(f"the bytes of the new model still hold {left!r}")
        with tempfile.TemporaryDirectory(prefix="untag-proof-") as folder:
            paths = [copied(one, folder, f"{i}.tflite") for i, one in enumerate((before, after))]
            try:
                told = [required(_lite.__file__, folder, {"source": path}, NEEDS)["before"] for path in paths]
                if told[1] != cut.after:
                    return Proof("other tensors would be there than were left")
                if {**_packed(before), **cut.packed} != _packed(after):
                    return Proof("other files would be packed behind the model")
                if own := _foreign(told[0]):
                    return Proof(_OWN.format(own))
                names = [told[1]["graphs"][0]["tensors"][n][0] for n in told[1]["graphs"][0]["outputs"]]
                keep = [i for i, n in enumerate(told[0]["graphs"][0]["outputs"]) if n not in cut.outputs]
                spec = {"lite": paths, "keep": keep, **self._cuts(told, cut, keep)}
                made = required(_run.__file__, folder, spec, NEEDS)
            except Kept as kept:
                return Proof(str(kept))
        if "error" in made:
            return Proof(f"what it puts out cannot be compared: {made['error']}")
        if other := unexplained(made):
            return Proof(other)
        changed = {*cut.way.arrays, *cut.way.shapes}
        weights = sum(bool(row[5]) for n, row in enumerate(cut.after["graphs"][0]["tensors"]) if n not in changed)
        said = [f"{weights} arrays of weights are the same, by digest"]
        for at, (far, units) in made["outputs"].items():
            name = names[int(at)] if at.isdigit() else told[0]["graphs"][0]["tensors"][cut.way.chain[-1]][0]
            said.append(f"{name!r} {apart(far, units)}{explained(made, at)} ({where(made)})")
        if cut.way.weighs:
            said.append(weighed(told[0]["graphs"][0]["tensors"][cut.output][0]))
        return Proof("", tuple(said), {**made, "arrays": weights})

    @staticmethod
    def _cuts(told: list[dict[str, Any]], cut: _Cut, keep: list[int]) -> dict[str, Any]:
        """How outputs that lost classes are compared: by those that are left, or before what weighs them."""
        if not cut.places:
            return {"cuts": {}, "skip": [], "inner": [], "layer": [], "behind": 0}
        place = keep.index(told[0]["graphs"][0]["outputs"].index(cut.output))
        more = {"layer": [*cut.way.layer, cut.way.chain[-1]], "behind": len(cut.way.chain) - 1}
        if not cut.way.weighs:
            return {"cuts": {str(place): cut.places}, "skip": [], "inner": [], **more}
        # No tensor goes with classes, so that the numbers of tensors are the same in both.
        return {"cuts": {}, "skip": [place], "inner": [[cut.way.chain[-1], cut.places]], **more}


def _planner(artifact: Artifact, targets: tuple[Target, ...]) -> _Planner:
    """What plans for a model.

    Raises:
        Kept: It cannot be read.
    """
    packed = _packed(artifact)
    with tempfile.TemporaryDirectory(prefix="untag-lite-") as folder:
        spec = {"source": copied(artifact, folder, "before.tflite")}
        return _Planner(required(_lite.__file__, folder, spec, NEEDS)["before"], targets, packed)


def _packed(artifact: Artifact) -> dict[str, bytes]:
    """Files that are packed behind a model, by name.

    Raises:
        Kept: They cannot be unpacked.
    """
    if b"PK\5\6" not in artifact.tail:
        return {}
    try:
        with artifact.open() as file, zipfile.ZipFile(file) as archive:
            rows = archive.infolist()
            if len({i.filename for i in rows}) != len(rows) or sum(i.file_size for i in rows) > _MOST:
                raise Kept("the files behind the model are more than are unpacked here, or one stands there twice")
            return {i.filename: archive.read(i) for i in rows}
    except FAILS as error:
        raise Kept(f"the files behind the model cannot be unpacked ({type(error).__name__})") from None


def _lines(data: bytes) -> int:
    """How many lines of a file hold something."""
    return sum(bool(row.strip()) for row in data.split(b"\n"))


def _pack(artifact: Artifact, target: str, packed: dict[str, bytes]) -> None:
    """Put the files behind a model that is written anew, in their order and with their times."""
    with artifact.open() as file, zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "a") as new:
        for info in old.infolist():
            new.writestr(twin(info), packed.get(info.filename, old.read(info)))


def _inner(surface: Surface) -> Surface:
    from msgspec.structs import replace

    return replace(surface, owner=surface.owner.rpartition(".")[0] + "tensors")


def _foreign(told: dict[str, Any]) -> str:
    """The first operator that is none of the schema's; nothing where there is none."""
    return next((op[1] or "custom" for g in told["graphs"] for op in g["ops"] if op[1] or op[0] == _CUSTOM), "")


def _same(before: dict[str, Any], after: dict[str, Any], cut: _Cut) -> None:
    """Whether the new model is what is left of the old one, and nothing else.

    Raises:
        Kept: It is not.
    """
    old, new = before["graphs"][0], after["graphs"][0]
    tensors, ops, outputs = set(cut.tensors), set(cut.ops), set(cut.outputs)
    number = {-1: -1}
    for at in range(len(old["tensors"])):
        if at not in tensors:
            number[at] = len(number) - 1

    def moved(rows: list[int]) -> list[int]:
        return [number[n] for n in rows]

    wanted = {
        "tensors": [row[:_BUFFER] for i, row in enumerate(old["tensors"]) if i not in tensors],
        "ops": [
            [op[0], op[1], moved(op[2]), moved(op[3]), op[4], moved(op[5])]
            for i, op in enumerate(old["ops"])
            if i not in ops
        ],
        "inputs": moved(old["inputs"]),
        "outputs": moved([n for n in old["outputs"] if n not in outputs]),
        "name": old["name"],
    }
    signatures = []
    for one in before["signatures"]:
        left = [[name, number[n]] for name, n in one["outputs"] if n not in outputs]
        if left:
            signatures.append({**one, "inputs": [[name, number[n]] for name, n in one["inputs"]], "outputs": left})
    description = "" if cut.description else before["description"]
    told = {**before, "graphs": [wanted], "signatures": signatures, "description": description}
    bare = {**new, "tensors": [row[:_BUFFER] for row in new["tensors"]]}
    if told != {**after, "graphs": [bare]}:
        raise Kept("other tensors would be there than were left")


class _Planner:
    """From targets to outputs that go."""

    def __init__(self, told: dict[str, Any], targets: tuple[Target, ...], packed: dict[str, bytes]) -> None:
        self.told, self.targets, self.packed = told, targets, packed
        self.lists: dict[str, tuple[set[int], set[str]]] = {}
        self.cut = _Cut([], [], [])
        if len(told["graphs"]) != 1:
            raise Kept("it has more than one graph")
        if told["outside"]:
            raise Kept("its weights lie outside of its tables")
        #: What would have to change with an output, and is not rewritten here.
        self.tied = ""
        if any(name == "TFLITE_METADATA" for name, _ in told["metadata"]):
            self.tied = "its metadata describes tensors and labels, and would have to be cut at once"
        elif packed:
            self.tied = "files are packed behind the model, and would have to be cut at once"
        self.graph = told["graphs"][0]
        self.tensors = self.graph["tensors"]
        self.ops = self.graph["ops"]
        self.makers = {n: op for op in self.ops for n in op[3]}
        self.made = Plan()

    def plan(self) -> Plan:
        """The plan.

        Raises:
            Kept: Nothing of it can go.
        """
        plan, outputs = self.made, self.graph["outputs"]
        tagged, described = self._tagged()
        going: dict[int, str] = {}
        for one in outputs:
            alone = self.needed([one]) - self.needed([o for o in outputs if o != one])
            if self.head(one) & set(tagged):
                going[one] = ""
            elif alone & set(tagged):
                going[one] = _FURTHER
        for name, (places, keys) in sorted(self.lists.items()):
            try:
                self._listed(name, sorted(places), keys, going)
            except Kept as kept:
                for key in keys:
                    plan.kept.setdefault(key, str(kept))
        left = self.needed([o for o in outputs if o not in going]) | set(self.graph["inputs"])
        for number in sorted(set(tagged) & left):
            for key in tagged[number]:
                plan.kept.setdefault(key, f"{self.tensors[number][0]!r} serves other outputs too")
        why = next((w for w in going.values() if w), "")
        if not going and not self.cut.places:
            return plan.keep(self.targets, "no output is made by it alone")
        if set(going) >= set(outputs):
            if why:
                return plan.keep(self.targets, f"nothing of the model would be left, and {why}")
            plan.whole, plan.kept = "all that the model puts out carries the tag", dict[str, str]()
            return plan
        if going and self.tied:
            return plan.keep(self.targets, self.tied)
        return self._steps(tagged, described, going, left, why)

    def _listed(self, name: str, places: list[int], keys: set[str], going: dict[int, str]) -> None:
        """A file of labels behind the model: its classes are cut, or their output goes.

        Raises:
            Kept: Nothing tells the layer that makes them, or it cannot be cut.
        """
        rows = self.packed[name].decode("utf-8").split("\n")
        labels = [row.strip() for row in rows if row.strip()]
        self._cutting(labels, places, keys, going, name)
        if not self.cut.places:
            return
        numbers = [i for i, row in enumerate(rows) if row.strip()]
        gone = {numbers[p] for p in places}
        self.cut.packed = {name: "\n".join(row for i, row in enumerate(rows) if i not in gone).encode("utf-8")}

    def _cutting(self, labels: list[str], places: list[int], keys: set[str], going: dict[int, str], name: str) -> None:
        """Classes that a file names are cut, or their output goes.

        Raises:
            Kept: As ``_listed``.
        """
        found = [(o, made) for o in self.graph["outputs"] if (made := route(self.graph, o, len(labels))) is not None]
        if len(found) != 1:
            said = "more than one output has" if found else "no output has"
            raise Kept(f"{name} names {len(labels)} classes, and {said} as many")
        output, way = found[0]
        if all(i in places or neutral(n) for i, n in enumerate(labels)):
            going[output] = ""
            return
        if self.cut.places or len(labels) - len(places) < _LIST:
            raise Kept("more than one list of labels is behind the model, or one class alone would be left")
        for other, data in self.packed.items():
            if other != name and _lines(data) == len(labels):
                raise Kept(TWICE.format(other))
        cut = self.cut
        cut.way, cut.places, cut.total, cut.output = way, places, len(labels), output
        cut.labels, cut.keys = tuple(labels[p] for p in places), keys
        cut.lists = ((tuple(labels), tuple(places)),)

    def follow(self, orders: list[Order]) -> Plan:
        """Classes that lists beside the model name.

        Raises:
            Kept: Nothing tells whose they are, or they cannot be cut.
        """
        for order in orders:
            count, name = len(order.labels), "a list beside it"
            held = [n for n, data in self.packed.items() if _lines(data) == count]
            widths = [size for o in self.graph["outputs"] for size in (self.tensors[o][1][1:] or self.tensors[o][1])]
            if held:
                rows = self.packed[held[0]].decode("utf-8", "replace").split("\n")
                if len(held) > 1 or not alike([r for r in rows if r.strip()], order.labels):
                    raise Kept(TWICE.format(held[-1]))
                self._listed(held[0], list(order.places), set(order.keys), {})
            elif any(size < 0 or size >= count for size in widths):
                self._cutting(list(order.labels), list(order.places), set(order.keys), {}, name)
        if not self.cut.places:
            return self.made
        plan = self._steps({}, set(), {}, self.needed(self.graph["outputs"]) | set(self.graph["inputs"]), "")
        if plan.kept or plan.planned:
            raise Kept(next(iter(plan.kept.values()), "what it puts out cannot be compared"))
        return plan

    def _steps(
        self, tagged: dict[int, set[str]], described: set[str], going: dict[int, str], left: set[int], why: str
    ) -> Plan:
        plan = self.made
        tensors = [n for n in range(len(self.tensors)) if n not in left]
        ops = [i for i, op in enumerate(self.ops) if not any(n in left for n in op[3])]
        # An operator that stays may put out more than is needed: these tensors stay with it.
        stay = {n for i, op in enumerate(self.ops) if i not in set(ops) for n in (*op[2], *op[3], *op[5])}
        tensors = [n for n in tensors if n not in stay]
        for number in sorted(set(tagged) & stay - left):
            for key in tagged[number]:
                plan.kept.setdefault(key, f"{self.tensors[number][0]!r} is made together with what other outputs need")
        stuck = next(iter(plan.kept.values()), "")
        for key in described if stuck else ():
            plan.kept.setdefault(key, f"it goes when what it speaks of does, and {stuck}")
        cut = self.cut
        cut.tensors, cut.ops, cut.outputs = tensors, ops, sorted(going)
        cut.description = bool(described) and not stuck
        for one in self.told["signatures"]:
            called = {name for name, number in one["outputs"] if number in going}
            cut.names |= {f"/signature_defs/{one['key']}/outputs/{name}"[:400] for name in called}
            if len(called) == len(one["outputs"]):
                cut.names.add(f"/signature_defs/{one['key']}"[:400])
                cut.names |= {f"/signature_defs/{one['key']}/inputs/{name}"[:400] for name, _ in one["inputs"]}
        served = {key for number in {*tensors, *going} for key in tagged.get(number, ())}
        served |= (described if not stuck else set()) | cut.keys
        gone = sorted({self.tensors[n][0] for n in tensors if n in tagged} - self._names(tensors))
        names = (*gone, *cut.labels)
        said = []
        if going:
            ends = ", ".join(repr(self.tensors[n][0]) for n in going)
            said.append(f"the outputs {ends} with {count(len(ops), 'operator')}")
        if cut.places:
            said.append(f"{classes(len(cut.places))} of {self.tensors[cut.output][0]!r}")
        what = ", ".join(said)
        reasons = [why] if why else []
        reasons += [SHIFTED] if cut.places and min(cut.places) != cut.total - len(cut.places) else []
        reasons += [SHARED] if cut.way.weighs else []
        why = "; ".join(reasons)
        plan.notes.append(CARRIED)
        if going and not any(self.tensors[n][5] for n in tensors):
            masked = "it is no output any more, and all that makes it serves other outputs too"
            plan.masked.update(dict.fromkeys(served, masked))
        if own := _foreign(self.told):
            plan.planned.append(what)
            return plan.keep([t for t in self.targets if t.key in served], _OWN.format(own))
        keys = tuple(sorted(served))
        plan.edits.append(Edit(-1, -1, b"", not why, what, why, keys, names, cut, lists=cut.lists))
        return plan

    def _names(self, gone: list[int]) -> set[str]:
        """Names of tensors that stay."""
        return {row[0] for i, row in enumerate(self.tensors) if i not in set(gone)}

    def _tagged(self) -> tuple[dict[int, set[str]], set[str]]:
        """Findings by the tensor that they name, and those in the description."""
        tagged: dict[int, set[str]] = {}
        described: set[str] = set()
        for target in self.targets:
            for mark in target.marks:
                pointer = mark.place.pointer or ""
                numbers = self._numbers(mark, pointer)
                chain = mark.place.chain
                place = self._line(chain[1], mark.text) if len(chain) == 2 and chain[1] in self.packed else None
                if place is not None:
                    row = self.lists.setdefault(chain[1], (set(), set()))
                    row[0].add(place)
                    row[1].add(target.key)
                    continue
                if len(mark.place.chain) == 1 and pointer == "/description":
                    described.add(target.key)
                elif not numbers:
                    self.made.kept.setdefault(target.key, "it names no tensor, and strip does not rename")
                for number in numbers:
                    tagged.setdefault(number, set()).add(target.key)
        return tagged, described

    def _line(self, name: str, text: str) -> int | None:
        """Which label of a file a text is; None where it is none, or the file is no text."""
        try:
            rows = [row.strip() for row in self.packed[name].decode("utf-8").split("\n") if row.strip()]
        except UnicodeDecodeError:
            return None
        return rows.index(text.strip()) if rows.count(text.strip()) == 1 else None

    def _numbers(self, mark: Mark, pointer: str) -> set[int]:
        """Tensors that a mark names, by themselves or as the output of a signature."""
        found = _TENSOR.fullmatch(pointer)
        if found is not None and int(found[1]) < len(self.tensors):
            return {int(found[1])}
        return {
            number
            for one in self.told["signatures"]
            for field_ in ("inputs", "outputs")
            for name, number in one[field_]
            if pointer == f"/signature_defs/{one['key']}/{field_}/{name}"[:400] and mark.text == name
        }

    def needed(self, outputs: list[int]) -> set[int]:
        """Tensors that some are made of."""
        out: set[int] = set()
        stack = [*outputs]
        while stack:
            number = stack.pop()
            if number < 0 or number in out:
                continue
            out.add(number)
            if number in self.makers:
                stack += self.makers[number][2]
        return out

    def head(self, output: int) -> set[int]:
        """The last layer of an output: its tensors back to the operator with weights, and these."""
        out = {output}
        at = output
        while at in self.makers:
            op = self.makers[at]
            fixed = {n for n in op[2] if n >= 0 and n not in self.makers and n not in self.graph["inputs"]}
            out |= fixed
            if op[0] not in _THROUGH or not op[2] or op[2][0] in out:
                break
            at = op[2][0]
            out.add(at)
        return out
