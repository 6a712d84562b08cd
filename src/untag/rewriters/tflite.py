"""TensorFlow Lite models: outputs go with the operators, tensors and weights that serve only them."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.edit import Edit, Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.rewriters import _lite, _run
from untag.rewriters._labels import CARRIED
from untag.rewriters._proof import asked, copied
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
#: them: DEQUANTIZE, LOGISTIC, RELU, RESHAPE, SOFTMAX, TANH, SQUEEZE, LOG_SOFTMAX, CAST, ARG_MAX, ARG_MIN, QUANTIZE.
_THROUGH = frozenset({6, 14, 19, 22, 25, 28, 43, 50, 53, 56, 79, 114})
#: Operators that are not of the schema.
_CUSTOM = 32
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
        names: Of signatures: what they call the outputs that go, and those that go as a whole.
        after: The new model as it is listed.
    """

    tensors: list[int]
    ops: list[int]
    outputs: list[int]
    description: bool = False
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
        "models with metadata of tensors and label files behind them stay: these would have to be cut at once",
        "numbers that lie outside of the tables (models over 2 GB) stay",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The file identifier."""
        return artifact.head[4:8] == b"TFL3"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Outputs that the tag names, with what serves only them."""
        if b"PK\5\6" in artifact.tail:
            return Plan().keep(targets, "files are packed behind the model, and would have to be cut at once")
        try:
            with tempfile.TemporaryDirectory(prefix="untag-lite-") as folder:
                spec = {"source": copied(artifact, folder, "before.tflite")}
                return _Planner(_ask(folder, spec)["before"], targets).plan()
        except Kept as kept:
            return Plan().keep(targets, str(kept))

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
                    "ops": cut.ops, "outputs": cut.outputs, "description": cut.description,
                }  # fmt: skip
                made = _ask(folder, spec)
                _same(made["before"], made["after"], cut)
                cut.after = made["after"]
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
                told = [_ask(folder, {"source": path})["before"] for path in paths]
                if told[1] != cut.after:
                    return Proof("other tensors would be there than were left")
                if own := _foreign(told[0]):
                    return Proof(_OWN.format(own))
                names = [told[1]["graphs"][0]["tensors"][n][0] for n in told[1]["graphs"][0]["outputs"]]
                keep = [i for i, n in enumerate(told[0]["graphs"][0]["outputs"]) if n not in cut.outputs]
                made = _ask(folder, {"lite": paths, "keep": keep}, _run.__file__)
            except Kept as kept:
                return Proof(str(kept))
        if "error" in made:
            return Proof(f"what it puts out cannot be compared: {made['error']}")
        where = f"{made['runtime']} on {made['processor']}, {made['rounds']} rounds of made-up numbers"
        weights = sum(bool(row[5]) for row in cut.after["graphs"][0]["tensors"])
        said = [f"{weights} arrays of weights are the same, by digest"]
        for name, (far, units) in zip(names, made["outputs"].values(), strict=True):
            last = f", {units} units in the last place" if units >= 0 else ""
            apart = f"differs by {far:.3g} at most{last}" if far or units else "is the same bit for bit"
            said.append(f"{name!r} {apart} ({where})")
        return Proof("", tuple(said), {**made, "arrays": weights})


def _inner(surface: Surface) -> Surface:
    from msgspec.structs import replace

    return replace(surface, owner=surface.owner.rpartition(".")[0] + "tensors")


def _ask(folder: str, spec: dict[str, Any], script: str = _lite.__file__) -> dict[str, Any]:
    """Ask another process.

    Raises:
        Kept: It cannot be done, or a library is missing.
    """
    Path(folder, "what.json").write_text(json.dumps(spec), encoding="utf-8")
    made = asked(script, folder)
    if "needs" in made:
        raise Kept(f"it cannot be rewritten and compared: {NEEDS} (it lacks {made['needs']})")
    if script == _lite.__file__ and "error" in made:
        raise Kept(str(made["error"]))
    return made


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
        "tensors": [row for i, row in enumerate(old["tensors"]) if i not in tensors],
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
    if told != after or new != wanted:
        raise Kept("other tensors would be there than were left")


class _Planner:
    """From targets to outputs that go."""

    def __init__(self, told: dict[str, Any], targets: tuple[Target, ...]) -> None:
        self.told, self.targets = told, targets
        if len(told["graphs"]) != 1:
            raise Kept("it has more than one graph")
        if told["outside"]:
            raise Kept("its weights lie outside of its tables")
        if any(name == "TFLITE_METADATA" for name, _ in told["metadata"]):
            raise Kept("its metadata describes tensors and labels, and would have to be cut at once")
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
        left = self.needed([o for o in outputs if o not in going]) | set(self.graph["inputs"])
        for number in sorted(set(tagged) & left):
            for key in tagged[number]:
                plan.kept.setdefault(key, f"{self.tensors[number][0]!r} serves other outputs too")
        why = next((w for w in going.values() if w), "")
        if not going:
            return plan.keep(self.targets, "no output is made by it alone")
        if set(going) >= set(outputs):
            if why:
                return plan.keep(self.targets, f"nothing of the model would be left, and {why}")
            plan.whole, plan.kept = "all that the model puts out carries the tag", dict[str, str]()
            return plan
        return self._steps(tagged, described, going, left, why)

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
        cut = _Cut(tensors, ops, sorted(going), description=bool(described) and not stuck)
        for one in self.told["signatures"]:
            called = {name for name, number in one["outputs"] if number in going}
            cut.names |= {f"/signature_defs/{one['key']}/outputs/{name}"[:400] for name in called}
            if len(called) == len(one["outputs"]):
                cut.names.add(f"/signature_defs/{one['key']}"[:400])
                cut.names |= {f"/signature_defs/{one['key']}/inputs/{name}"[:400] for name, _ in one["inputs"]}
        served = {key for number in {*tensors, *going} for key in tagged.get(number, ())}
        served |= described if not stuck else set()
        names = tuple(sorted({self.tensors[n][0] for n in tensors if n in tagged} - self._names(tensors)))
        what = f"the outputs {', '.join(repr(self.tensors[n][0]) for n in going)} with {len(ops)} operators"
        plan.notes.append(CARRIED)
        if not any(self.tensors[n][5] for n in tensors):
            masked = "it is no output any more, and all that makes it serves other outputs too"
            plan.masked.update(dict.fromkeys(served, masked))
        if own := _foreign(self.told):
            plan.planned.append(what)
            return plan.keep([t for t in self.targets if t.key in served], _OWN.format(own))
        plan.edits.append(Edit(-1, -1, b"", not why, what, why, tuple(sorted(served)), names, cut))
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
                if len(mark.place.chain) == 1 and pointer == "/description":
                    described.add(target.key)
                elif not numbers:
                    self.made.kept.setdefault(target.key, "it names no tensor, and strip does not rename")
                for number in numbers:
                    tagged.setdefault(number, set()).add(target.key)
        return tagged, described

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
