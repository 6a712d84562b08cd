"""Heads of a model that say nothing of themselves, beside heads of age and gender, and as wide as a known label set.

What a head is called is all that its file may say of it. Where a product was told to hide a race head, it is called
``output_3``: then what is left is how many classes it has, and beside what it stands. Neither proves anything.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.finding import Hit, Mark
from untag.judge.gather import Draft
from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from untag.lexicon import Lexicon
    from untag.surface import Surface

    Path = tuple[str, ...]

__all__ = ["Heads", "sizes"]

#: Fewest classes: pairs and threes are everywhere (yes and no, angles of a pose, channels).
_FEWEST = 4
#: Values from which only a set that proves itself by its names is looked for; and those that such a set has at least
#: where no model is known that tells it.
_MANY, _LONG = 9, 30
_FAMILIES = frozenset({"dataset_model", "vendor_api"})
#: Names and widths that are kept of one model.
_MOST = 50_000
#: Heads that say nothing of themselves, beside age and gender; of more none is singled out.
_FEW = 3
#: Tensors of a head; what has more is the trunk that heads stand on.
_SHALLOW = 24
_SIZES = later(r"\[([^\[\]]*)\]\Z")
_SEAM = later(r"[./]|::")
_WORD = later(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_NUMBER = later(r"(\d+)")
#: Words that frameworks and people give to a layer whatever it tells.
_PLAIN = frozenset({
    "activation", "add", "attr", "attrib", "attribute", "aux", "bias", "branch", "bn", "call", "class", "classes",
    "classifier", "cls", "conv", "dense", "dropout", "end", "face", "faces", "fc", "feature", "features", "final",
    "flatten", "full", "fully", "connected", "gemm", "head", "heads", "identity", "kernel", "last", "layer", "layers",
    "linear", "logit", "logits", "log", "matmul", "mat", "mul", "mlp", "model", "module", "multi", "net", "network",
    "node", "onnx", "op", "out", "output", "outputs", "partitioned", "pred", "predict", "prediction", "predictions",
    "preds", "prob", "probs", "probability", "relu", "reshape", "result", "results", "score", "scores", "sequential",
    "sigmoid", "softmax", "squeeze", "stateful", "sub", "task", "tasks", "tensor", "top", "unnamed", "untitled",
    "var", "variable", "weight", "weights",
})  # fmt: skip
_AGE, _GENDER = "ctx_age", "ctx_gender"
#: The last part of an owner whose things are layers, with how many values each puts out.
_LAYERS = frozenset({"config", "layer", "layers"})


def sizes(lexicon: Lexicon) -> dict[int, tuple[str, ...]]:
    """How many values the label sets have that models are made for, and which sets those are.

    Args:
        lexicon: Its code systems.
    """
    out: dict[int, list[str]] = {}
    for system in lexicon.codes.values():
        count = len(system.values)
        made = system.family in _FAMILIES and (count < _MANY or system.distinct)
        if count >= _FEWEST and (made or (system.distinct and count >= _LONG)):
            out.setdefault(count, []).append(system.title)
    return {count: tuple(sorted(titles)) for count, titles in out.items()}


class Heads:
    """Sees the names and widths of one model as they pass.

    Args:
        lexicon: For label sets, and for what names say.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known = sizes(lexicon)
        self._seen: list[tuple[Path, int, Surface]] = []
        self._near = False
        #: Names that another thing of the same owner only refers to.
        self._referred: set[tuple[str, str]] = set()
        #: Members of each list of labels.
        self._lists: Counter[str] = Counter()

    def see(self, surface: Surface) -> None:
        """Take note of a name that a model gives something."""
        if surface.role in {Role.MEMBER, Role.LABEL}:
            self._lists[surface.owner] += 1
        if (
            surface.role is not Role.OUTPUT
            or surface.kind is not Kind.MODEL
            or len(self._seen) >= _MOST
            or len(surface.text) > 400
        ):
            return
        if surface.value:
            self._referred.add((surface.owner, surface.value))
        width = _width(surface)
        self._near = self._near or width in self._known
        whole = _declared(surface.owner)
        parts = (surface.text.partition(":")[0],) if whole else _SEAM.split(surface.text.partition(":")[0])
        above = tuple(part for part in _SEAM.split(surface.owner) if part)
        self._seen.append(((*above, *(part for part in parts if part)), width, surface))

    def drafts(self) -> list[Draft]:
        """Cases of heads that may be such; mostly none."""
        if not self._near or any(n in self._known and n in self._lists.values() for n in self._widths()):
            return []
        parts = {part for path, _, _ in self._seen for part in path}
        if not {_AGE, _GENDER} <= {term for part in parts for term in self._terms(part)}:
            return []
        rows = [r for r in self._seen if (r[2].owner, r[2].text) not in self._referred]
        homes: dict[Path, dict[str, list[tuple[Path, int, Surface]]]] = {}
        for path, width, _ in rows:
            if width in self._known:
                for at in range(len(path)):
                    if plain(path[at]):
                        homes.setdefault(path[:at], {})
        for path, width, surface in rows:
            for at in range(len(path)):
                if (held := homes.get(path[:at])) is not None:
                    held.setdefault(path[at], []).append((path, width, surface))
        told = {(_declared(s.owner), w) for p, w, s in rows if not plain(p[-1]) and not plain("/".join(p[-2:]))}
        made = [draft for home, held in sorted(homes.items()) if (draft := self._home(home, held, told)) is not None]
        # What a model declares as its output says more than its weights, which are the same head once more.
        return [d for d in made if _declared(d.marks[0].surface.owner)] or made[:1]

    def _terms(self, name: str) -> set[str]:
        """Whether a name is one of an age, a gender or both."""
        return set() if plain(name) else {h.term for h in self._lexicon.match(name)} & {_AGE, _GENDER}

    def _widths(self) -> set[int]:
        return {width for _, width, _ in self._seen}

    def _home(
        self, home: Path, held: Mapping[str, list[tuple[Path, int, Surface]]], told: set[tuple[bool, int]]
    ) -> Draft | None:
        """The case of the things below one path."""
        beside: dict[str, Surface] = {}
        found: list[tuple[Surface, int]] = []
        for name, rows in held.items():
            terms = self._terms(name)
            for term in terms:
                beside.setdefault(term, replace(rows[0][2], text=name))
            if not terms and plain(name) and len(rows) <= _SHALLOW:
                _, width, surface = max(rows, key=lambda row: (row[1] > 0, _order(row[0])))
                # The same head under a name that says what it tells, among the weights or the outputs.
                if width in self._known and (not _declared(surface.owner), width) not in told:
                    found.append((surface, width))
        if len(beside) < 2 or not 0 < len(found) <= _FEW:
            return None
        marks = [Mark(s, (self._hit(s, width),)) for s, width in found]
        around = list(beside.values())
        return Draft(
            ".".join(home),
            Kind.MODEL,
            marks,
            around,
            size=len(marks) + len(around),
            context=Counter(demographic=len(around)),
        )

    def _hit(self, surface: Surface, width: int) -> Hit:
        names = self._known[width]
        gloss = f"{width} classes, as many as {', '.join(names[:2])}" + (" and others have" if names[2:] else "")
        return Hit("width", "context", "width", "weak", "code", gloss, 0, len(surface.text))


def plain(name: str) -> bool:
    """Whether a name says nothing of what it is for: numbers, single letters and words of frameworks."""
    words = [word.lower() for word in _WORD.findall(name)]
    return all((len(word) == 1 and word.isascii()) or word in _PLAIN for word in words)


def _declared(owner: str) -> bool:
    return owner.rpartition(".")[2] == "outputs"


def _width(surface: Surface) -> int:
    """How many classes a thing tells, by its shape; 0 where it is none that tells classes."""
    found = _SIZES.search(surface.type)
    if found is None:
        return 0
    rest = [part.strip() for part in found[1].split(",") if part.strip()]
    if _declared(surface.owner):
        return _size(rest[-1]) if 0 < len(rest) <= 2 else 0  # pictures have more, and so have boxes
    if len(rest) == 1:
        return _size(rest[0]) if surface.owner.rpartition(".")[2] in _LAYERS else 0
    while len(rest) > 2 and rest[-1] == "1":
        rest.pop()
    numbers = [_size(part) for part in rest]
    # Frameworks differ in which side of a matrix comes first: classes are fewer than what they are told from.
    return min(numbers) if len(numbers) == 2 and 0 < min(numbers) < max(numbers) else 0


def _size(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _order(path: Iterable[str]) -> list[tuple[int, str]]:
    """Sorts the layers below one name in the order of their numbers."""
    pieces = (piece for part in path for piece in _NUMBER.split(part) if piece)
    return [(int(p), "") if p.isdecimal() and len(p) < 9 else (-1, p) for p in pieces]
