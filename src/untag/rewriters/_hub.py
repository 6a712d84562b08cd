"""Models that lie in a folder: a configuration that names classes, lists of shards, and the weights that make them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from untag.edit import around, beside
from untag.gap import Damaged
from untag.rewriters._tensor import Kept
from untag.syntax import json
from untag.syntax.safetensors import header
from untag.syntax.tree import ARRAY, NUMBER, NUMBERS, OBJECT, STRING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from untag.artifact import Artifact
    from untag.finding import Mark
    from untag.syntax.safetensors import Tensor
    from untag.syntax.tree import Node

__all__ = [
    "ALONE", "CONFIG", "FOREIGN", "INDEX", "REPLACED", "STATE", "STRICT", "Named", "Order", "Unit", "became", "heads",
    "indexes", "module", "named", "part", "shards", "sole", "stuck", "unit", "units", "within",
]  # fmt: skip

CONFIG = "config.json"
#: How lists of shards are called: of safetensors, and of state dicts of PyTorch.
INDEX = (".safetensors.index.json", ".bin.index.json")
#: Bytes of a configuration or list that are read.
_MOST = 32 << 20
ALONE = "the layer that makes these classes is not in the input: it makes them until it is cut as well"
#: Of a file whose tensors are written in another format.
REPLACED = "{old} is replaced by {new}, and code that loads it has to load that"
STRICT = "code that loads all of it must no longer make the layers that went"
#: Where the libraries that write ``architectures`` put what makes the classes: outside of the base model (the
#: ``…ForImageClassification`` and ``…ForSequenceClassification`` classes of huggingface/transformers).
_HEAD = re.compile(r"(classifier|cls_classifier|distillation_classifier|score|fc|head)(?:\.[\w-]+)*\.weight")
_SORTED = re.compile(r"For(?:\w*Classification|\w*ClassificationWithTeacher)$")
#: First parts of the names of heads.
_OTHER = re.compile(r"(?:.*_)?(?:head|classifier|fc|logit|score|output|prediction)s?\d*")
#: Files of weights, and archives that may hold some, that no order reaches: as long as one is there, the classes are.
FOREIGN = re.compile(
    r".*\.(?:bin|pt|pth|ckpt|h5|keras|msgpack|onnx|onnx_data|ort|gguf|ggml|tflite|pb|npz|npy|mlmodel|engine|trt|plan|ot"
    r"|pkl|pickle|joblib|pdparams|params|nemo|mar|caffemodel|mnn|safetensors|zip|tar|tgz|tar\.\w+|7z"
    r"|ckpt(?:-\d+)?\.data-\d{5}-of-\d{5})|.*\.(?:mlpackage|mlmodelc)/.*",
    re.IGNORECASE,
)
#: Files of those endings that hold no weights of a head (``transformers`` writes them beside a checkpoint).
STATE = re.compile(r"(?:training_args\.bin|scheduler\.pt|scaler\.pt|rng_state(?:_\d+)?\.pth|spiece\.model)")
#: A file of a cache that holds all versions by digest, and links to them under their names.
_BLOB = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TORCH = re.compile(r"pytorch_model(|-\d{5}-of-\d{5})")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")
#: Numbers that mean what they say: those of other types are multiplied with scales that stand elsewhere.
_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
#: Lists in a configuration that go by class.
_BY_CLASS = re.compile(r"label|class", re.IGNORECASE)
_COUNTS = ("num_labels", "_num_labels", "num_classes")


@dataclass(frozen=True, slots=True)
class Order:
    """What a file of weights, or the list of them, has to do so that what is planned beside it holds.

    Attributes:
        what: For people.
        rows: Tensors that lose places along their first axis.
        drops: Tensors that go.
        labels: All classes in their order, where some of them go: a list of them is cut, too.
        places: Which of them go.
        saved: Bytes and numbers that go from all shards together, for the list of them.
        whole: Why the whole file goes.
        moved: Files that are called otherwise then, all shards of one list, each with its new name: their tensors are
            written in another format, also of those that lose nothing.
        safe: As the edit that asks for it.
        why: As there.
        keys: As there.
    """

    what: str
    rows: tuple[tuple[str, tuple[int, ...]], ...] = ()
    drops: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    saved: tuple[int, int] = (0, 0)
    whole: str = ""
    moved: tuple[tuple[str, str], ...] = ()
    safe: bool = True
    why: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """One set of weights of a model: a file, or shards with the list of them.

    Attributes:
        index: Name of the list; nothing of a single file.
        files: Tensors by file.
    """

    index: str
    files: dict[str, tuple[Tensor, ...]]

    @property
    def tensors(self) -> list[Tensor]:
        """All of them."""
        return list(chain.from_iterable(self.files.values()))

    @property
    def moved(self) -> tuple[tuple[str, str], ...]:
        """Shards of another format than safetensors, each with what it is called when it is written as these."""
        return tuple((name, became(name)) for name in self.files if self.index and name.endswith(_PICKLED))

    @property
    def homes(self) -> dict[str, str]:
        """The file that holds each tensor."""
        return {t.name: file for file, rows in self.files.items() for t in rows}


@dataclass(slots=True)
class Named:
    """The classes that a configuration names.

    Attributes:
        labels: In their order.
        maps: Where each class stands: members of ``id2label`` and ``label2id``, elements of lists, by container.
        counts: Numbers that say how many there are.
        told: The layer that makes them, by name, where the configuration says it.
        sorts: Whether it names a class of model that puts out nothing but these classes.
        many: Whether each class stands for itself (no softmax).
    """

    labels: tuple[str, ...]
    maps: list[tuple[Node, tuple[int, ...]]]
    counts: list[Node]
    told: tuple[str, ...]
    sorts: bool
    many: bool


def named(root: Node) -> Named:
    """The classes of a configuration.

    Raises:
        Kept: It says them in two ways that do not agree, or in none that is understood.
    """
    one, other = root.get("id2label"), root.get("label2id")
    names = root.get("label_names")
    if one is not None and one.kind == OBJECT:
        labels = _numbered((c.key or "", c.value) for c in one.children)
    elif other is not None and other.kind == OBJECT:
        labels = _numbered((c.value, c.key or "") for c in other.children)
    elif names is not None and names.kind == ARRAY:
        labels = tuple(c.value for c in names.children)
    else:
        raise Kept("its classes are named in a way that is not understood here")
    maps: list[tuple[Node, tuple[int, ...]]] = []
    for node in (one, other):
        if node is None or node.kind != OBJECT:
            continue
        pairs = [(c.key or "", c.value) if node is one else (c.value, c.key or "") for c in node.children]
        if _numbered(pairs) != labels:
            raise Kept("id2label and label2id do not agree")
        maps.append((node, tuple(int(number) for number, _ in pairs)))
    inner = root.get("pretrained_cfg")
    counts = []
    for holder in (root, inner):
        if holder is None or holder.kind != OBJECT:
            continue
        for child in holder.children:
            if child.key in _COUNTS and child.kind == NUMBER:
                if child.value != str(len(labels)):
                    raise Kept(f"{child.key} is {child.value[:20]}, and {len(labels)} classes are named")
                counts.append(child)
            rows = child.children if child.kind == ARRAY and _BY_CLASS.search(child.key or "") else []
            if any(c.kind == NUMBERS for c in rows) and sum(_count(c) for c in rows) == len(labels):
                raise Kept(f"{child.key} holds a number for each class, and is not cut here")
            if len(rows) == len(labels) and all(c.kind in (STRING, NUMBER) for c in rows):
                maps.append((child, tuple(range(len(labels)))))
    layer = inner.get("classifier") if inner is not None and inner.kind == OBJECT else None
    told = tuple(n.value for n in (layer.children if layer.kind == ARRAY else [layer])) if layer is not None else ()
    kinds = root.get("architectures")
    sorts = kinds is not None and kinds.kind == ARRAY and bool(kinds.children)
    sorts = sorts and all(_SORTED.search(c.value) for c in kinds.children)  # type: ignore[union-attr]
    return Named(labels, maps, counts, told, sorts, root.text("problem_type") == "multi_label_classification")


def _count(node: Node) -> int:
    """How many elements a node stands for: a run of numbers is read as one."""
    return int(node.value) if node.kind == NUMBERS and node.value.isdigit() else 1


def _numbered(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Labels by number.

    Raises:
        Kept: The numbers have holes, or one stands twice.
    """
    rows = list(pairs)
    if not all(number.isascii() and number.isdigit() and len(number) < 9 for number, _ in rows):
        raise Kept("its classes are named in a way that is not understood here")
    made = {int(number): label for number, label in rows}
    if sorted(made) != list(range(len(rows))):
        raise Kept("the numbers of its classes have holes")
    return tuple(made[i] for i in range(len(rows)))


# -- weights -----------------------------------------------------------------------------------------------------------


def tensors_of(artifact: Artifact) -> tuple[Tensor, ...]:
    """The tensors of a file.

    Raises:
        Damaged: It does not keep to the format.
    """
    with artifact.open() as file:
        return header(file, artifact.size).tensors


def shards(artifact: Artifact) -> dict[str, str]:
    """Which file holds which tensor, as a list of shards says.

    Raises:
        Kept: It says it in no way that is understood.
    """
    if artifact.size > _MOST:
        raise Kept(f"{artifact.name} is larger than is read here")
    document = json.parse(artifact.text, limit=1_500_000)
    root = document.roots[0] if document.roots and not document.errors and document.stop is None else None
    held = root.get("weight_map") if root is not None else None
    if held is None or held.kind != OBJECT or not all(c.kind == STRING for c in held.children):
        raise Kept(f"{artifact.name} lists no tensors")
    return {c.key or "": c.value for c in held.children}


def indexes(artifact: Artifact) -> Iterator[Artifact]:
    """Lists of shards in the same folder."""
    for name in around(artifact):
        if name.endswith(INDEX) and (found := beside(artifact, name)) is not None:
            yield found


def units(artifact: Artifact) -> list[Unit]:
    """All weights in the folder of a configuration; none where the input holds none.

    Raises:
        Kept: Some of them could not be cut, so that none may be.
    """
    if artifact.depth and not artifact.file:
        raise Kept("the layer that makes these classes lies in another member of the archive, or nowhere in it")
    if _BLOB.fullmatch(artifact.name):
        raise Kept("files are named by their digests here, and which of them belong together is not told")
    names = around(artifact, deep=True)
    if linked := next((n for n in names if n.endswith(INDEX) and "/" not in n and beside(artifact, n) is None), ""):
        raise Kept(f"{linked} is a link, or cannot be read, and would have to change with it")
    out: list[Unit] = []
    taken: set[str] = set()
    for index in indexes(artifact):
        out.append(unit(index))
        taken |= {*out[-1].files}
    homes = tuple(name.removesuffix(CONFIG) for name in names if name.endswith("/" + CONFIG))
    for name in names:
        base = name.rpartition("/")[2]
        if name in taken or not FOREIGN.fullmatch(name) or STATE.fullmatch(base) or name.startswith(homes):
            continue
        file = beside(artifact, name) if "/" not in name and name.endswith((".safetensors", *_PICKLED)) else None
        if file is None:
            raise Kept(f"{name} may hold the same layer, and untag does not cut it together with others")
        if name.endswith(_PICKLED):
            out.append(Unit("", {name: _pickled(file)}))
            continue
        try:
            out.append(Unit("", {name: tensors_of(file)}))
        except Damaged as broken:
            raise Kept(f"{name}: {broken.detail}") from None
    return out


def _pickled(file: Artifact) -> tuple[Tensor, ...]:
    """The tensors of a state dict.

    Raises:
        Kept: It is none, or what is left of it could not be written beside the others.
    """
    from untag.rewriters._checkpoint import checkpoint

    name = became(file.name)
    if why := stuck(file):
        raise Kept(f"{file.name} may hold the same layer, and stays: {why}")
    try:
        with checkpoint(file) as held:
            found = held.header.tensors
    except Kept as kept:
        raise Kept(f"{file.name} may hold the same layer, and stays: {kept}") from None
    if name in around(file):
        raise Kept(f"what is left of {file.name} would be called {name}, and a file of that name is there")
    return found


def stuck(file: Artifact) -> str:
    """Why what is written in the place of a file cannot be called otherwise; nothing where it can."""
    if file.depth and not file.file:
        return "it lies in an archive whose members could not be laid out, so that nothing there gets another name"
    return file.fixed


def became(name: str) -> str:
    """What a file or a list of shards is called whose tensors are written as safetensors: as libraries look for it."""
    listed = ".index.json" if name.endswith(INDEX) else ""
    stem = name.removesuffix(listed).rpartition(".")[0] or name
    found = _TORCH.fullmatch(stem)
    return (f"model{found[1]}" if found else stem) + ".safetensors" + listed


def unit(index: Artifact) -> Unit:
    """The shards of a list.

    Raises:
        Kept: One is missing, or does not hold what the list says.
    """
    held = shards(index)
    files: dict[str, tuple[Tensor, ...]] = {}
    for name in sorted(set(held.values())):
        file = beside(index, name)
        if file is None:
            raise Kept(f"{name}, which {index.name} lists, is not here")
        if name.endswith(_PICKLED):
            files[name] = _pickled(file)
            continue
        try:
            files[name] = tensors_of(file)
        except Damaged as broken:
            raise Kept(f"{name}: {broken.detail}") from None
    pickled = [name for name in files if name.endswith(_PICKLED)]
    if pickled and (len(pickled) < len(files) or became(index.name) in around(index)):
        raise Kept(f"what is left of {index.name} could not stand beside other files")
    made = Unit(index.name, files)
    if made.homes != held or len(made.tensors) != len(held):
        raise Kept(f"the shards do not hold what {index.name} says")
    return made


def heads(told: Named, tensors: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The layers that make the classes.

    Args:
        told: What the configuration says.
        tensors: All of one set of weights.

    Returns:
        Their weights and biases, the weights first; and tensors of other heads that nothing is said of.

    Raises:
        Kept: Nothing tells them from others.
    """
    count = len(told.labels)
    if told.told:
        found = [t for t in tensors if t.name in {f"{n}.weight" for n in told.told} and _layer(t, count)]
        roots = {module(t) for t in found}
        if len(found) != len(told.told):
            raise Kept("the layer that the configuration names does not make as many classes")
    elif told.sorts:
        found = [t for t in tensors if _HEAD.fullmatch(t.name) and _layer(t, count)]
        roots = {t.name.partition(".")[0] for t in found}
        if len(roots) != len(found):
            raise Kept(f"more than one layer makes {count} numbers, and nothing tells which of them are the classes")
    else:
        raise Kept("the configuration does not say what kind of model it is, so that nothing tells the layer")
    if not found:
        raise Kept(f"no layer of the weights makes as many numbers as there are classes ({count})")
    others = [
        t for t in tensors if t.name.partition(".")[0] not in roots and module(t) not in roots
        and _OTHER.fullmatch(t.name.partition(".")[0])
    ]  # fmt: skip
    if wide := next((t for t in others if t.shape[:1] == (count,)), None):
        raise Kept(f"{wide.name} makes as many numbers, and nothing tells whether they are the classes too")
    return [*found, *chain.from_iterable(_rest(t, tensors, count) for t in found)], others


def sole(count: int, tensors: Sequence[Tensor]) -> list[Tensor]:
    """The one layer that makes so many numbers, where nothing but its shape tells it.

    Raises:
        Kept: There is none, or more than one.
    """
    wide = [t for t in tensors if t.shape[:1] == (count,) and (len(t.shape) < 3 or _layer(t, count))]
    found = [t for t in wide if _layer(t, count)]
    if len(found) != 1:
        raise Kept(f"{'more than one layer makes' if found else 'no layer makes'} {count} numbers")
    rest = _rest(found[0], tensors, count)
    if len(wide) != 1 + len(rest):
        raise Kept(f"more than one tensor is {count} long, and nothing tells which of them are the classes")
    return [found[0], *rest]


def part(mark: Mark) -> str:
    """The layer that a mark in the name of a tensor speaks of: the name up to the part with the word in it."""
    hits = [h.end for h in mark.hits if h.kind != "context"] or [h.end for h in mark.hits]
    end = mark.text.find(".", max(hits, default=len(mark.text)))
    return mark.text if end < 0 else mark.text[:end]


def within(name: str, parts: Container[str]) -> bool:
    """Whether a tensor belongs to one of some layers."""
    return name in parts or any(sign == "." and name[:at] in parts for at, sign in enumerate(name))


def module(tensor: Tensor) -> str:
    """The layer that a tensor belongs to."""
    return tensor.name.rpartition(".")[0]


def _layer(tensor: Tensor, count: int) -> bool:
    """Whether it may be the weights of a linear layer, or of a convolution of one pixel, that makes so many numbers."""
    shape = tensor.shape
    return tensor.name.endswith(".weight") and shape[:1] == (count,) and (
        len(shape) == 2 or (len(shape) > 2 and set(shape[2:]) == {1})
    )  # fmt: skip


def _rest(weight: Tensor, tensors: Sequence[Tensor], count: int) -> list[Tensor]:
    """What else belongs to a layer: a bias.

    Raises:
        Kept: There is something that is not understood, or its numbers are quantised.
    """
    if weight.dtype not in _FLOATS:
        raise Kept(f"{weight.name} holds quantised numbers ({weight.dtype}), and nothing here tells what scales them")
    inside = [t for t in tensors if t.name.startswith(module(weight) + ".") and t is not weight]
    for one in inside:
        if one.name != f"{module(weight)}.bias" or one.shape != (count,):
            raise Kept(f"{one.name} belongs to the layer of the classes, and is not understood here")
    return inside
