"""Disguises: what people do so that a tag is no longer found and works as before. Generated, each in two states."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from products import FORMATS, Field, Product, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["disguises"]

Files = dict[str, str]
TAG = "ethnicity"


def _one(form: str, old: Product, new: Product) -> tuple[Files, Files]:
    path, write = FORMATS[form]
    return {path: write(old)}, {path: write(new)}


def disguises() -> Iterator[tuple[str, Files, Files]]:
    """Name, files before and files after; in a fixed order."""
    base = plain()
    codes = ("c0", "c1", "c2", "c3")
    coded = replace(base.changed(TAG, name="attr_7"), values=codes)
    for form in FORMATS:
        if form != "markdown":
            yield f"{form}: a name and values that say nothing", *_one(form, base, coded)
    for form in ("python", "java", "proto", "openapi", "ts", "go", "cs", "kotlin", "graphql", "rust", "c"):
        yield f"{form}: another word", *_one(form, base, replace(base.changed(TAG, name="lineage"), values=codes))
    rows = tuple(sorted(coded.fields, key=lambda f: f.name))
    for form in FORMATS:
        if form != "markdown":
            yield f"{form}: another name in another order", *_one(form, base, replace(coded, fields=rows))
    for form in ("python", "java", "proto", "sql", "go", "csv"):
        yield f"{form}: another name, and a neighbour gone", *_one(form, base, coded.without("glasses"))
        yield f"{form}: another name in a class of another name", *_one(form, base, replace(coded, owner="FaceTraits"))
    bare = replace(base, values=(), of="")
    for form in ("sql", "go", "rust", "cs"):
        yield (
            f"{form}: the field alone, a word that says nothing",
            *_one(form, bare, bare.changed(TAG, name="ext_code")),
        )
    for form in (
        "python",
        "java",
        "c",
        "proto",
        "openapi",
        "sql",
        "yaml",
        "ts",
        "go",
        "cs",
        "kotlin",
        "graphql",
        "rust",
    ):
        hidden = replace(base.changed(TAG, state="commented"), values=(), of="")
        yield f"{form}: commented out", *_one(form, replace(base, values=(), of=""), hidden)
    for form in ("c", "proto"):
        kept = replace(base.changed(TAG, state="reserved"), values=(), of="")
        yield f"{form}: reserved", *_one(form, replace(base, values=(), of=""), kept)
    for form in ("python", "java", "c", "json", "yaml", "ts", "proto", "graphql", "labels", "openapi"):
        yield f"{form}: values that are codes", *_one(form, base, replace(base, values=codes))
    for form in ("c", "java", "go", "rust", "sql"):
        said = bare.changed(TAG, name="type_2", remark="ethnic group of the face")
        yield f"{form}: the remark that said it is gone", *_one(form, said, said.changed("type_2", remark=""))
    for form in ("python", "go", "ts"):
        path, write = FORMATS[form]
        folder, _, name = path.rpartition("/")
        apart = Product("FaceExtension", (Field("face_id", "int"), Field(TAG)))
        yield (
            f"{form}: moved to a file of its own",
            {path: write(bare)},
            {path: write(bare.without(TAG)), f"{folder}/more_{name}": write(apart)},
        )
    for form in ("python", "java", "proto"):
        path, write = FORMATS[form]
        paper, tell = FORMATS["markdown"]
        yield (
            f"{form}: only the documents say nothing of it now",
            {path: write(base), paper: tell(base)},
            {path: write(base), paper: tell(base.without(TAG))},
        )
    rule = (
        'def on_face(face, alarm):\n    if face.{0} == "{1}" and face.score > 0.9:\n        alarm.raise_alert(face)\n'
    )
    yield (
        "python: a rule on another name",
        {"rule.py": rule.format("ethnicity", "uyghur")},
        {"rule.py": rule.format("attr_7", "k1")},
    )
    path, write = FORMATS["python"]
    yield (
        "python: another name in a file of another name",
        {path: write(base)},
        {"face/traits.py": write(coded)},
    )
