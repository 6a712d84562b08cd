"""Refactorings that hide nothing: true removals, and what people do to code for other reasons. Two states each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from products import FORMATS, Field, Product, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["refactorings"]

Files = dict[str, str]
TAG = "ethnicity"


def _put(product: Product, at: int, *fields: Field) -> Product:
    rows = list(product.fields)
    rows[at:at] = fields
    return replace(product, fields=tuple(rows))


def _turned(product: Product) -> Product:
    return replace(product, fields=tuple(reversed(product.fields)))


def _cased(product: Product) -> Product:
    return replace(product, fields=tuple(replace(f, name=f.camel) for f in product.fields))


def _sorted(product: Product) -> Product:
    return replace(product, fields=tuple(sorted(product.fields, key=lambda f: f.name)))


def _replaced(name: str, kind: str) -> Callable[[Product], Product]:
    """The tag gone for good, and at its place something else."""
    return lambda p: _put(p.without(TAG), p.at(TAG), Field(name, kind, number=9))


#: What is done to one file.
CHANGES: dict[str, Callable[[Product], Product]] = {
    "removed": lambda p: p.without(TAG),
    "removed, another renamed": lambda p: p.without(TAG).changed("gender", name="sex"),
    "removed, the next one renamed": lambda p: p.without(TAG).changed("glasses", name="eyewear"),
    "removed, two others renamed": lambda p: p.without(TAG).changed("gender", name="sex").changed("mask", name="cover"),
    "removed with what stood beside it": lambda p: p.without(TAG).without("glasses").without("gender"),
    "removed and turned round": lambda p: _turned(p.without(TAG)),
    "removed, one more at the end": lambda p: _put(p.without(TAG), 6, Field("emotion", number=8)),
    "removed, a known one at its place": _replaced("beard", "str"),
    "removed, another of another type at its place": _replaced("created_at", "int"),
    "removed, two more at its place": lambda p: _put(
        p.without(TAG), p.at(TAG), Field("camera", number=8), Field("hat", "bool", number=9)
    ),
    "removed, and its class renamed": lambda p: replace(p.without(TAG), owner="FaceTraits"),
    "removed, with more room": lambda p: replace(p.without(TAG), wide=True),
    "removed, with a remark at the top": lambda p: replace(p.without(TAG), head="Attributes, since version 4"),
    "removed, and it is said so": lambda p: replace(p.without(TAG), head="Removed in version 4: ethnicity"),
    "removed, one that says nothing at the end": lambda p: _put(p.without(TAG), 6, Field("extra", number=9)),
    "removed, a set of another instead": lambda p: replace(
        _put(p.without(TAG), p.at(TAG) + 1, Field("emotion", number=9)),
        values=("happy", "sad", "neutral", "angry"),
        of="emotion",
    ),
    "removed, and all names in another case": lambda p: _cased(p.without(TAG)),
    "removed and sorted": lambda p: _sorted(p.without(TAG)),
    "all names in another case": _cased,
    "one value more": lambda p: replace(p, values=(*p.values, "hispanic")),
    "one value less": lambda p: replace(p, values=p.values[:-1]),
    "called race": lambda p: p.changed(TAG, name="race"),
    "turned round": _turned,
    "others renamed": lambda p: p.changed("gender", name="sex").changed("mask", name="cover"),
    "more room": lambda p: replace(p, wide=True),
    "a remark at the top": lambda p: replace(p, head="Attributes, since version 4"),
    "one more beside it": lambda p: _put(p, p.at(TAG), Field("emotion", number=8)),
    "one less beside it": lambda p: p.without("glasses"),
    "its class renamed": lambda p: replace(p, owner="FaceTraits"),
}


def refactorings() -> Iterator[tuple[str, Files, Files]]:
    """Name, files before and files after; in a fixed order."""
    base = plain()
    for form, (path, write) in FORMATS.items():
        for name, change in CHANGES.items():
            if form == "labels" and name.startswith("removed") and "one" in name:
                continue
            yield f"{form}: {name}", {path: write(base)}, {path: write(change(base))}
        folder, _, base_name = path.rpartition("/")
        there = {path: write(base), "face/other.py": "def area(face):\n    return face.width * face.height\n"}
        rest = {k: v for k, v in there.items() if k != path}
        yield f"{form}: moved", there, {**rest, f"lib/{folder}/{base_name}": write(base)}
        yield f"{form}: moved and removed", there, {**rest, f"lib/{folder}/{base_name}": write(base.without(TAG))}
        yield f"{form}: the file is gone", there, rest
        yield f"{form}: renamed", there, {**rest, f"{folder}/new_{base_name}": write(base)}
        paper, tell = FORMATS["markdown"]
        if form != "markdown":
            yield (
                f"{form}: removed here and in the documents",
                {path: write(base), paper: tell(base)},
                {path: write(base.without(TAG)), paper: tell(base.without(TAG))},
            )
