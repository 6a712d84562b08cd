"""What the names of files and folders say together: a folder per class, files coded by class, a model called by it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import PICTURED
from untag.finding import Evidence, Mark
from untag.judge.gather import Draft, Sheet
from untag.place import Place
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.finding import Hit

__all__ = ["shelves"]

#: Suffixes of data, pictures and weights: files that are named by their class, and not judged by what they say.
_DATA = frozenset(
    re.split(
        r"\s+",
        """
    .arff .avi .bin .bmp .caffemodel .ckpt .csv .dat .data .feather .gif .h5 .hdf5 .jpeg .jpg .json .jsonl
    .keras .lst .mat .mlmodel .mnn .mp4 .npy .npz .onnx .param .params .parquet .pb .pbtxt .pdmodel .pickle .pkl
    .png .prototxt .pt .pth .rknn .safetensors .tfl .tflite .tfrecord .torchscript .trt .tsv .txt .webp .xml
    .zip
        """.strip(),
    )
)
#: Suffixes of pictures: their names may be persons' names, so only the word for the class is quoted.
_PICTURES = frozenset({".avi", ".bmp", ".gif", ".jpeg", ".jpg", ".mp4", ".png", ".webp"})
_TAGS = frozenset({"attribute", "colour", "group"})
#: How public datasets of faces code what a person is taken for in the names of their files, and how that is written.
_CODED = (
    # UTKFace: susanqq.github.io/UTKFace, "Labels".
    (
        re.compile(r"\d{1,3}_[01]_[0-4]_\d{12,17}(?:\.jpg)?(?:\.chip)?\.(?:jpe?g|png|npy|webp)", re.IGNORECASE),
        "[age]_[gender]_[race]_[date]",
    ),
    # Chicago Face Database, codebook: CFD, race and gender, number of the target and of the picture, expression.
    (re.compile(r"CFD-[ABILMW][FM]-\d{3}-\d{3}-(?:N|A|F|HC|HO)\.(?:jpe?g|png)", re.IGNORECASE), "CFD-[race][gender]"),
)
#: Files of one folder whose names must be coded so.
_SAME = 3


def shelves(paths: Iterable[tuple[int, str]], match: Callable[[str], tuple[Hit, ...]]) -> list[Sheet]:
    """Sheets of folders in which names of entries hold a term.

    Args:
        paths: Input number and flat path of each artifact, read or not.
        match: The matcher.

    Returns:
        One sheet a folder, in order of input and path; its one case holds one mark a term, at the first name by it.
    """
    rows = sorted(set(paths))
    known: dict[str, tuple[Hit, ...]] = {}
    for _, path in rows:
        for part in path.split("/"):
            if part not in known:
                known[part] = match(part)
    tagged = {part for part, hits in known.items() if any(h.kind in _TAGS for h in hits)}
    coded = _coded(rows, match)
    if not tagged:
        return coded
    children: dict[tuple[int, str], dict[str, str]] = {}
    pictures: Counter[tuple[int, str]] = Counter()
    for number, path in rows:
        parts = path.split("/")
        drawn = _suffix(parts[-1]) in _PICTURES
        for i, part in enumerate(parts):
            if part in tagged and (i + 1 < len(parts) or _suffix(part) in _DATA):
                here = (number, "/".join(parts[:i]))
                children.setdefault(here, {}).setdefault(part, "/".join(parts[: i + 1]))
                pictures[here] += drawn and i + 1 < len(parts)
    named = [_sheet(*here, names, known, pictures[here]) for here, names in sorted(children.items())]
    return sorted([*named, *coded], key=lambda s: s.place.sort) if coded else named


def _coded(rows: list[tuple[int, str]], match: Callable[[str], tuple[Hit, ...]]) -> list[Sheet]:
    """Sheets of folders whose files are named by a code: one mark at the folder, and no name of a file."""
    counts: Counter[tuple[int, str, int]] = Counter()
    for number, path in rows:
        folder, _, name = path.rpartition("/")
        for scheme, (pattern, _) in enumerate(_CODED):
            if pattern.fullmatch(name):
                counts[number, folder, scheme] += 1
    out: list[Sheet] = []
    for (number, folder, scheme), count in sorted(counts.items()):
        text = _CODED[scheme][1]
        hits = match(text)
        if count < _SAME or not any(h.kind in _TAGS for h in hits):
            continue
        place = Place(Place.chain_of(folder or "."), number)
        owner = "!".join(place.chain) if folder else ""
        draft = Draft(owner, Kind.DATASET, size=1)
        draft.marks.append(Mark(Surface(Role.PATH, text, place, owner, Kind.DATASET), hits))
        # Such names are given to pictures of faces and to nothing else.
        draft.context.update({"image": 1, "demographic": 2, **Counter(h.family for h in hits if h.kind == "context")})
        sheet = Sheet(place, drafts=[draft], drawn=True, trigger=True)
        draft.near = Counter(draft.context)
        sheet.file = Counter(draft.context)
        out.append(sheet)
    return out


def _suffix(name: str) -> str:
    stem, dot, last = name.rpartition(".")
    return dot + last.lower() if stem else ""


def _sheet(number: int, folder: str, names: dict[str, str], known: dict[str, tuple[Hit, ...]], pictures: int) -> Sheet:
    place = Place(Place.chain_of(folder or "."), number)
    owner = "!".join(place.chain) if folder else ""
    draft = Draft(owner, Kind.DATASET)
    sheet = Sheet(place, drafts=[draft], drawn=True, trigger=True)
    seen: set[str] = set()
    words = {part: known[part] for part in folder.split("/") if part}
    for hit in (h for hits in words.values() for h in hits if h.kind == "context"):
        sheet.pathway[hit.family] += 1
    for name, path in sorted(names.items()):
        hits = known[name]
        for hit in hits:
            if hit.kind == "context":
                draft.context[hit.family] += 1
                sheet.sample.setdefault(hit.family, Evidence("name", name[hit.start : hit.end], None))
        fresh = [h for h in hits if h.kind in _TAGS and h.term not in seen]
        if not fresh:
            continue
        seen.update(h.term for h in fresh)
        if _suffix(name) not in _PICTURES:
            spot = Place(Place.chain_of(path), number)
            draft.marks.append(Mark(Surface(Role.PATH, name, spot, owner, Kind.DATASET), hits))
            continue
        spot = Place(Place.chain_of(folder or "."), number)
        for hit in fresh:
            text = name[hit.start : hit.end]
            told = (replace(hit, start=0, end=len(text)),)
            draft.marks.append(Mark(Surface(Role.PATH, text, spot, owner, Kind.DATASET), told))
    draft.size = len(draft.marks)
    draft.near = Counter(draft.context)
    sheet.file = Counter(draft.context)
    if pictures:
        draft.context[PICTURED] = pictures  # no word of the surroundings: they may be of elephants
    sheet.path = tuple(h for hits in words.values() for h in hits if h.kind != "context")
    return sheet
