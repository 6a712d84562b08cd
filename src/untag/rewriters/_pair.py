"""Files of one model: a list loses the name of a class only where what makes the class loses it too, or not at all."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from untag.edit import Edit, Plan, around, beside, merged
from untag.gap import Damaged
from untag.readers import formats
from untag.rewriters import rewriters
from untag.rewriters._hub import FOREIGN, STATE, Order
from untag.rewriters._labels import SHARED, SHIFTED, TWICE, alike, classes, neutral
from untag.rewriters._page import Page
from untag.rewriters._tensor import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.edit import Listing, Rewriter

__all__ = ["Walk", "followed", "modelled", "together"]

#: More files of models than those that may lie below a configuration of Hugging Face.
_MODEL = re.compile(
    r".*\.(?:param|prototxt|pdmodel|pdiparams|rknn|om|dlc|hef|nb|weights|t7|ptl|torchscript|task|onnx\.data|lite)"
    r"|(?:.*/)?(?:saved_model\.pb|model\.json)",
    re.IGNORECASE,
)
_ARCHIVE = re.compile(r".*\.(?:zip|tar|tgz|tar\.\w+|7z)", re.IGNORECASE)
#: Files that may list classes, and names that say so.
_LISTS = re.compile(
    r".*\.(?:txt|text|names|labels|json|ya?ml|toml|properties|ini|cfg|csv|tsv|pbtxt|lst)|[^.]*", re.IGNORECASE
)
_SAYS = re.compile(r"label|class|categor|synset|names\b", re.IGNORECASE)
#: Files that may name both a list and a model: settings and code.
_NAMING = re.compile(
    r".*\.(?:json|ya?ml|toml|ini|cfg|conf|properties|xml|plist|pbtxt|prototxt|py|js|ts|tsx|jsx|java|kt|swift|m|mm|c|cc|cpp"
    r"|h|hpp|cs|go|rs|rb|php|dart|lua|sh|bat|gradle|cmake|md|rst|txt)",
    re.IGNORECASE,
)
#: What a model of TensorFlow.js says within its first bytes.
_TOPOLOGY = (b'"modelTopology"', b'"weightsManifest"')
_FILES, _TEXT, _LIST = 50_000, 1 << 20, 4 << 20
ARCHIVED = "it lies in an archive, where {} would have to change with it"
STAYS = "{} may make these classes, and their names would then be those of others: it is not cut with this list"
WHOLE = "all of the classes carry the tag, and {} makes them: it goes as a whole, or neither does"


@dataclass(frozen=True, slots=True)
class _Near:
    """What lies around a file.

    Attributes:
        models: Names of models, or parts of them; with a folder where they lie in another.
        lists: Names of files beside it that may list classes.
    """

    models: tuple[str, ...]
    lists: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """What lies in an input, as far as one file of it may name others.

    Attributes:
        models: Models by the last part of their names.
        texts: Where files lie that name models, each with the last parts of these.
    """

    models: dict[str, list[str]]
    texts: list[tuple[str, frozenset[str]]]


def together(artifact: Artifact, plan: Plan, rewriter: Rewriter, walks: dict[str, Walk] | None = None) -> Plan:
    """A plan in which names of classes go with what makes them, and classes with all that names them.

    Args:
        artifact: The file.
        plan: What its rewriter would do by itself.
        rewriter: Whose plan it is.
        walks: What is known of inputs, by where they lie; filled here, so that each is walked once.

    Returns:
        The plan: steps that need others are bound to these (``Edit.mates``); those that cannot be are taken out of it.

    Raises:
        Damaged: The file cannot be cut.
    """
    if plan.whole or not plan.edits:
        return plan
    near: _Near | None = None
    walks = {} if walks is None else walks
    if any(edit.lists for edit in plan.edits):
        near = _near(artifact, walks)
        _classes(artifact, plan, near)
    page: Page | None = None
    for labels, group in _groups(rewriter.listings(artifact)).items():
        page = page or Page(artifact)
        hit, places = _touched(page, plan.edits, group)
        if not places:
            continue
        near = near or _near(artifact, walks)
        if not near.models:
            for edit in hit:
                plan.edits[plan.edits.index(edit)] = replace(edit, entry=False)
            continue
        _list(artifact, plan, page, near, _Loss(labels, group, hit, places))
    entries = [edit for edit in plan.edits if edit.entry and not edit.mates]
    near = near or (_near(artifact, walks) if entries else None)
    if entries and near is not None and near.models:
        _drop(plan, entries, STAYS.format(near.models[0]))
    plan.edits = merged(plan.edits)
    return plan


@dataclass(frozen=True, slots=True)
class _Loss:
    """What lists of the same classes in one file lose: which of them, by which steps, and which places."""

    labels: tuple[str, ...]
    group: list[Listing]
    hit: list[Edit]
    places: tuple[int, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for edit in self.hit for key in edit.keys))


def _groups(found: list[Listing]) -> dict[tuple[str, ...], list[Listing]]:
    """Lists of the same classes."""
    out: dict[tuple[str, ...], list[Listing]] = {}
    for one in found:
        labels = next((labels for labels in out if alike(one.labels, labels)), one.labels)
        out.setdefault(labels, []).append(one)
    return out


def _touched(page: Page, edits: list[Edit], group: list[Listing]) -> tuple[list[Edit], tuple[int, ...]]:
    """Steps in lists (also those that take what parts two entries), and the places of the entries that go."""
    hit: dict[int, Edit] = {}
    places: set[int] = set()
    for listing in group:
        spans = [page.source.span(*span) for span in listing.spans]
        first, last = min(low for low, _ in spans), max(high for _, high in spans)
        for number, edit in enumerate(edits):
            if not 0 <= edit.start < last or edit.end <= first or edit.lists:
                continue
            hit[number] = edit
            places |= {
                i for i, (low, high) in enumerate(spans) if edit.start < high and edit.end > low and not edit.new
            }
    return list(hit.values()), tuple(sorted(places))


def _list(artifact: Artifact, plan: Plan, page: Page, near: _Near, loss: _Loss) -> None:
    """Bind what a list loses to the models around it, or take it out of the plan."""
    try:
        if all(i in loss.places or neutral(label) for i, label in enumerate(loss.labels)):
            _stop(WHOLE, near.models[0])
        order = _order(loss.labels, loss.places, loss.keys)
        mates = dict.fromkeys((*_cuttable(artifact, near), *_same(artifact, near, loss.labels)), order)
    except Kept as kept:
        _drop(plan, loss.hit, str(kept))
        return
    made = _edits(page, loss.group, order)
    plan.edits = [edit for edit in plan.edits if edit not in loss.hit]
    plan.edits += [replace(edit, mates=tuple(mates.items())) for edit in made]


def _classes(artifact: Artifact, plan: Plan, near: _Near) -> None:
    """Bind classes that a model loses to the lists beside it, and to the other models that these serve."""
    for edit in [edit for edit in plan.edits if edit.lists]:
        mates = dict(edit.mates)
        try:
            for labels, places in edit.lists:
                if not (listed := _same(artifact, near, labels)):
                    continue
                # Who binds files already has looked for all of the model's.
                bound = any(isinstance(order, Order) for order in mates.values())
                others = () if bound else _cuttable(artifact, near, listed[0])
                mates = dict.fromkeys((*listed, *others), _order(labels, places, edit.keys)) | mates
        except Kept as kept:
            _drop(plan, [edit], str(kept))
            continue
        plan.edits[plan.edits.index(edit)] = replace(edit, mates=tuple(mates.items()))


def _cuttable(artifact: Artifact, near: _Near, first: str = "") -> tuple[str, ...]:
    """Models that are asked to lose classes together with a file.

    Raises:
        Kept: One of them, or the file named first, cannot be asked.
    """
    if artifact.depth and not artifact.file:
        _stop(ARCHIVED, first or near.models[0])
    if other := next((name for name in near.models if "/" in name), ""):
        _stop(STAYS, other)
    return near.models


def _stop(why: str, name: str) -> NoReturn:
    raise Kept(why.format(name))


def _drop(plan: Plan, edits: list[Edit], why: str) -> None:
    plan.edits = [edit for edit in plan.edits if edit not in edits]
    for key in dict.fromkeys(key for edit in edits for key in edit.keys):
        plan.kept.setdefault(key, why)


def _order(labels: tuple[str, ...], places: tuple[int, ...], keys: tuple[str, ...]) -> Order:
    what = f"{classes(len(places))} of {len(labels)}"
    why = SHARED if min(places) == len(labels) - len(places) else f"{SHIFTED}; {SHARED}"
    return Order(what, labels=labels, places=places, safe=False, why=why, keys=keys)


def _edits(page: Page, group: list[Listing], order: Order) -> list[Edit]:
    return [
        page.edit(span, order.what, order.keys, new=new, why=order.why)
        for listing in group
        for span, new in listing.without(order.places)
    ]


def followed(artifact: Artifact, orders: tuple[object, ...], rewriter: Rewriter) -> Plan:
    """Take classes that a model loses out of the lists that name them.

    Raises:
        Damaged: Something else is asked, or no list names them.
    """
    page, plan = Page(artifact), Plan()
    for order in orders:
        assert isinstance(order, Order)  # noqa: S101 - made by this room
        group = [one for one in rewriter.listings(artifact) if alike(one.labels, order.labels)]
        if not group:
            raise Damaged("it does not list the classes that are to go")
        plan.edits += _edits(page, group, order)
    return plan


# -- what lies around --------------------------------------------------------------------------------------------------


def _same(artifact: Artifact, near: _Near, labels: tuple[str, ...]) -> list[str]:
    """Files beside one that list the same classes.

    Raises:
        Kept: One lists as many by other names, or cannot be read.
    """
    out: list[str] = []
    for name in near.lists:
        if artifact.depth and not artifact.file:
            if _SAYS.search(name.rpartition("/")[2]):
                out.append(name)
            continue
        file = beside(artifact, name)
        found = _listed(file) if file is not None and file.size <= _LIST else []
        if any(alike(one.labels, labels) for one in found):
            out.append(name)
        elif _SAYS.search(name) and any(len(one.labels) == len(labels) for one in found):
            _stop(TWICE, name)
    return out


def _listed(file: Artifact) -> list[Listing]:
    for one in _knowing(file):
        try:
            if found := one.listings(file):
                return found
        except Damaged:
            continue
    return []


def _near(artifact: Artifact, walks: dict[str, Walk]) -> _Near:
    """What lies around a file: in its folder and below, or named together with it by another file of the input."""
    if artifact.depth and not artifact.file:
        folder = artifact.place.chain[-1].rpartition("/")[0]
        names = [n for n in artifact.near if n.startswith(f"{folder}/" if folder else "")]
        own = artifact.place.chain[-1]
        return _Near(
            tuple(sorted(n for n in names if _model(n) and n != own)),
            tuple(sorted(n for n in names if _LISTS.fullmatch(n.rpartition("/")[2]) and not _model(n) and n != own)),
        )
    models: list[str] = []
    lists: list[str] = []
    names = around(artifact, deep=True)
    parts = _parts(artifact, names)
    for name in names:
        if name == artifact.name or name in parts:
            continue
        if _model(name) or ("/" not in name and _graph(artifact, name)):
            if not name.endswith("model.json") or "/" in name or _graph(artifact, name):
                models.append(name)
        elif "/" not in name and _LISTS.fullmatch(name):
            lists.append(name)
    owned = _owned(names)
    models = [name for name in models if "/" not in name or not name.startswith(owned)]
    known = {*models, *parts, artifact.name}
    models += [name for name in _named(artifact, walks) if name.rpartition("/")[2] not in known]
    return _Near(tuple(dict.fromkeys(models)), tuple(lists))


def modelled(name: str) -> bool:
    """Whether a member of an archive may be a model, or a part of one."""
    return _model(name)


def _model(name: str) -> bool:
    base = name.rpartition("/")[2]
    return bool(
        (FOREIGN.fullmatch(name) and not _ARCHIVE.fullmatch(name) and not STATE.fullmatch(base))
        or _MODEL.fullmatch(name)
    )


def _graph(artifact: Artifact, name: str) -> bool:
    """Whether a file beside one is a model of TensorFlow.js."""
    file = beside(artifact, name) if name.lower().endswith(".json") else None
    if file is None or not file.held or not any(key in file.head for key in _TOPOLOGY):
        return False
    return b'"weightsManifest"' in file.data


def _parts(artifact: Artifact, names: list[str]) -> frozenset[str]:
    """Files in the folder of one that a model there names as where its weights lie: they change with that alone."""
    out: set[str] = set()
    for name in names:
        known = "/" not in name and (name.lower().endswith(".onnx") or _graph(artifact, name))
        if known and (file := beside(artifact, name)) is not None:
            out |= {part for one in _knowing(file) for part in one.parts(file)}
    # What is a model by itself is no part of another, whatever that says.
    return frozenset(name for name in out if (file := beside(artifact, name)) is None or not _itself(file))


def _itself(file: Artifact) -> bool:
    """Whether a file is a model that a rewriter and a reader know: bare numbers may begin as one does."""
    wanted = {name for one in _knowing(file) for name in one.reads}
    return any(reader.name in wanted for reader in formats(file))


def _knowing(file: Artifact) -> list[Rewriter]:
    """The rewriters that know a file, the best first."""
    return sorted((r for r in rewriters().values() if r.knows(file)), key=lambda r: (-r.rank, r.name))


def _owned(names: list[str]) -> tuple[str, ...]:
    """Folders whose models have a list of their own."""
    return tuple(sorted({
        name.rpartition("/")[0] + "/" for name in names
        if "/" in name and _LISTS.fullmatch(base := name.rpartition("/")[2]) and _SAYS.search(base)
    }))  # fmt: skip


def _named(artifact: Artifact, walks: dict[str, Walk]) -> list[str]:
    """Models elsewhere in the input that a file names together with this one, or this one itself names."""
    if not artifact.file:
        return []
    root = artifact.file
    for _ in range(artifact.path.count("/") + 1):
        root = os.path.dirname(root)  # noqa: PTH120
    if root not in walks:
        walks[root] = _walk(root)
    walk = walks[root]
    own = re.compile(rb"(?<![\w.-])%b(?![\w.-])" % re.escape(artifact.name.encode("utf-8", "replace")))
    out: dict[str, None] = {}
    for path, bases in walk.texts:
        if path != artifact.file and not own.search(_read(path)):
            continue
        for base in bases:
            out |= dict.fromkeys(walk.models[base])
    return sorted(out)


def _walk(root: str) -> Walk:
    """Look through an input once: its models, and the texts that name some."""
    texts: list[str] = []
    models: dict[str, list[str]] = defaultdict(list)
    for path in _walked(root):
        shown = os.path.relpath(path, root)
        if _model(shown):
            models[os.path.basename(path)].append(shown if "/" in shown else f"./{shown}")  # noqa: PTH119
        elif _NAMING.fullmatch(shown) and os.path.getsize(path) <= _TEXT:  # noqa: PTH202
            texts.append(path)
    coded = {base: os.fsencode(base) for base in models}
    naming: list[tuple[str, frozenset[str]]] = []
    for path in texts if models else ():
        data = _read(path)
        if bases := frozenset(base for base, name in coded.items() if name in data):
            naming.append((path, bases))
    return Walk(dict(models), naming)


def _read(path: str) -> bytes:
    """A text; nothing of one that went in the meantime."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _walked(root: str) -> Iterator[str]:
    """Files of the input, none behind a link."""
    number = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)  # noqa: PTH118
            if os.path.islink(path):  # noqa: PTH114
                continue
            yield path
            number += 1
            if number >= _FILES:
                return
