"""One made-up product in many formats: attributes of a face, of which one is a tag. For disguises and refactorings.

A product is a list of fields and a closed set, and each format writes them down as people do in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMATS", "Field", "Product", "plain"]


@dataclass(frozen=True)
class Field:
    """One attribute.

    Attributes:
        name: In snake case.
        kind: ``int``, ``str``, ``bool`` or ``float``.
        remark: Said beside it, or nothing.
        state: ``live``, ``commented`` or ``reserved``.
        number: In formats that number fields; 0 for its place.
    """

    name: str
    kind: str = "str"
    remark: str = ""
    state: str = "live"
    number: int = 0

    @property
    def camel(self) -> str:
        """``face_score`` as ``faceScore``."""
        head, *tail = self.name.split("_")
        return head + "".join(t.capitalize() for t in tail)

    @property
    def pascal(self) -> str:
        """``face_score`` as ``FaceScore``."""
        return "".join(t.capitalize() for t in self.name.split("_"))


@dataclass(frozen=True)
class Product:
    """What is written down.

    Attributes:
        owner: Name of the class, table or schema, in Pascal case.
        fields: Its attributes.
        values: The closed set of one of them.
        of: Which.
        head: Remark at the top.
        extra: Lines of text at the end of documents.
        wide: Whether it is laid out with more room.
    """

    owner: str = "FaceAttributes"
    fields: tuple[Field, ...] = field(default_factory=tuple)
    values: tuple[str, ...] = ()
    of: str = ""
    head: str = ""
    extra: str = ""
    wide: bool = False

    def at(self, name: str) -> int:
        """The place of a field."""
        return next(n for n, f in enumerate(self.fields) if f.name == name)

    def without(self, name: str) -> Product:
        """The same without a field, and without the set where it is that field's."""
        left = tuple(f for f in self.fields if f.name != name)
        return replace(self, fields=left, **({"values": (), "of": ""} if self.of == name else {}))

    def changed(self, which: str, /, **more: object) -> Product:
        """The same with one field changed."""
        rows = tuple(replace(f, **more) if f.name == which else f for f in self.fields)  # type: ignore[arg-type]
        of = str(more.get("name", self.of)) if self.of == which else self.of
        return replace(self, fields=rows, of=of)

    def numbered(self) -> list[tuple[int, Field]]:
        """Fields with their numbers: those they have, else their places."""
        return [(f.number or n, f) for n, f in enumerate(self.fields, 1)]


def plain() -> Product:
    """The product as it was."""
    return Product(
        fields=(
            Field("face_id", "int", number=1), Field("age", "int", number=2), Field("gender", number=3),
            Field("ethnicity", number=4), Field("glasses", "bool", number=5), Field("mask", "bool", number=6),
            Field("face_score", "float", number=7),
        ),
        values=("asian", "black", "indian", "white"),
        of="ethnicity",
    )  # fmt: skip


_TYPES = {
    "python": {"int": "int", "str": "str", "bool": "bool", "float": "float"},
    "java": {"int": "int", "str": "String", "bool": "boolean", "float": "float"},
    "c": {"int": "int", "str": "char", "bool": "unsigned char", "float": "float"},
    "proto": {"int": "int32", "str": "string", "bool": "bool", "float": "float"},
    "open": {"int": "integer", "str": "string", "bool": "boolean", "float": "number"},
    "sql": {"int": "INT", "str": "VARCHAR(20)", "bool": "BOOLEAN", "float": "FLOAT"},
    "ts": {"int": "number", "str": "string", "bool": "boolean", "float": "number"},
    "go": {"int": "int", "str": "string", "bool": "bool", "float": "float32"},
    "cs": {"int": "int", "str": "string", "bool": "bool", "float": "float"},
    "kotlin": {"int": "Int", "str": "String", "bool": "Boolean", "float": "Float"},
    "gql": {"int": "Int", "str": "String", "bool": "Boolean", "float": "Float"},
    "rust": {"int": "i32", "str": "String", "bool": "bool", "float": "f32"},
}
_SAMPLE = {"int": "7", "str": '"x"', "bool": "true", "float": "0.5"}


def _upper(text: str) -> str:
    return text.upper().replace(" ", "_")


def _python(p: Product) -> str:
    gap = "\n\n" if p.wide else "\n"
    rows = [f"# {p.head}"] if p.head else []
    rows += ["from dataclasses import dataclass", "", "", "@dataclass", f"class {p.owner}:"]
    rows += ['    """Attributes of a detected face."""', ""]
    body = []
    for f in p.fields:
        line = f"{f.name}: {_TYPES['python'][f.kind]}" + (f"  # {f.remark}" if f.remark else "")
        body.append("    " + ("# " + line if f.state == "commented" else line))
    text = "\n".join(rows) + "\n" + gap.join(body) + "\n"
    if p.values:
        name = next(f for f in p.fields if f.name == p.of)
        listed = ", ".join(f'"{v}"' for v in p.values)
        lead = "# " if name.state == "commented" else ""
        text += f"\n\n{lead}{name.name.upper()}_LABELS = [{listed}]\n"
        text += f"\n\n{lead}def predict_{name.name}(model, face):\n{lead}    face.{name.name} = model.run(face)\n"
        text += f"{lead}    return face.{name.name}\n"
    return text


def _java(p: Product) -> str:
    rows = [f"/* {p.head} */"] if p.head else []
    rows += [f"public class {p.owner} {{"]
    for f in p.fields:
        line = f"private {_TYPES['java'][f.kind]} {f.camel};" + (f" // {f.remark}" if f.remark else "")
        rows.append("    " + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    for f in p.fields:
        lead = "    // " if f.state == "commented" else "    "
        rows.append(f"{lead}public {_TYPES['java'][f.kind]} get{f.pascal}() {{ return {f.camel}; }}")
    rows.append("}")
    if p.values:
        rows += ["", f"enum {_pascal(p.of)}Type {{", "    " + ", ".join(map(_upper, p.values)), "}"]
    return "\n".join(rows) + "\n"


def _pascal(name: str) -> str:
    return "".join(t.capitalize() for t in name.split("_"))


def _c(p: Product) -> str:
    rows = [f"/* {p.head} */"] if p.head else []
    if p.values:
        stem = p.of.upper()
        rows += ["typedef enum {"]
        rows += [f"    {stem}_{_upper(v)} = {n}," for n, v in enumerate(p.values)]
        rows += [f"}} {stem}_TYPE;", ""]
    rows += ["typedef struct {"]
    for f in p.fields:
        if f.state == "reserved":
            rows.append(f"    {_TYPES['c'][f.kind]} byReserved[16];")
            continue
        size = "[16]" if f.kind == "str" else ""
        line = f"{_TYPES['c'][f.kind]} {f.camel}{size};" + (f" /* {f.remark} */" if f.remark else "")
        rows.append("    " + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    return "\n".join([*rows, f"}} {p.owner};"]) + "\n"


def _proto(p: Product) -> str:
    rows = ['syntax = "proto3";'] + ([f"// {p.head}"] if p.head else [])
    if p.values:
        rows += ["", f"enum {_pascal(p.of)} {{"]
        rows += [f"  {p.of.upper()}_{_upper(v)} = {n};" for n, v in enumerate(p.values)]
        rows += ["}"]
    rows += ["", f"message {p.owner} {{"]
    for n, f in p.numbered():
        kind = _pascal(p.of) if p.values and f.name == p.of else _TYPES["proto"][f.kind]
        if f.state == "reserved":
            rows.append(f"  reserved {n};")
            continue
        line = f"{kind} {f.name} = {n};" + (f" // {f.remark}" if f.remark else "")
        rows.append("  " + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    return "\n".join([*rows, "}"]) + "\n"


def _openapi(p: Product) -> str:
    rows = [f"# {p.head}"] if p.head else []
    rows += ["openapi: 3.0.0", "info: {title: Face API, version: '1'}", "paths: {}", "components:", "  schemas:"]
    rows += [f"    {p.owner}:", "      type: object", "      properties:"]
    for f in p.fields:
        lead = "        # " if f.state == "commented" else "        "
        rows += [f"{lead}{f.name}:", f"{lead}  type: {_TYPES['open'][f.kind]}"]
        if f.remark:
            rows.append(f"{lead}  description: {f.remark}")
        if p.values and f.name == p.of:
            rows.append(f"{lead}  enum: [{', '.join(p.values)}]")
        rows += [""] if p.wide else []
    return "\n".join(rows) + "\n"


def _json(p: Product) -> str:
    rows = []
    for f in p.fields:
        if f.state == "live":
            value = f'"{p.values[0]}"' if p.values and f.name == p.of else _SAMPLE[f.kind]
            rows.append(f'"{f.camel}": {value}')
    if p.values:
        rows.append(f'"{Field(p.of).camel}Labels": [{", ".join(chr(34) + v + chr(34) for v in p.values)}]')
    join = ",\n\n    " if p.wide else ",\n    "
    return "{\n  " + f'"{p.owner}": {{\n    {join.join(rows)}\n  }}\n}}\n'


def _sql(p: Product) -> str:
    rows = []
    for f in p.fields:
        remark = f" COMMENT '{f.remark}'" if f.remark else ""
        line = f"{f.name} {_TYPES['sql'][f.kind]}{remark}"
        rows.append(f"  -- {line}," if f.state == "commented" else f"  {line},")
        rows += [""] if p.wide else []
    head = f"-- {p.head}\n" if p.head else ""
    return head + f"CREATE TABLE {p.owner} (\n" + "\n".join(rows) + "\n  template BLOB\n);\n"


def _yaml(p: Product) -> str:
    rows = [f"# {p.head}"] if p.head else []
    rows += [f"{p.owner}:", "  face_model: resnet", "  outputs:"]
    for f in p.fields:
        remark = f"  # {f.remark}" if f.remark else ""
        lead = "    # " if f.state == "commented" else "    "
        rows.append(f"{lead}{f.name}: {{type: {f.kind}, head: true}}{remark}")
        rows += [""] if p.wide else []
    if p.values:
        rows += [f"  {p.of}_classes:"] + [f"    - {v}" for v in p.values]
    return "\n".join(rows) + "\n"


def _ts(p: Product) -> str:
    rows = [f"// {p.head}"] if p.head else []
    if p.values:
        rows += [f"export enum {_pascal(p.of)} {{"] + [f'  {v.capitalize()} = "{v}",' for v in p.values] + ["}", ""]
    rows += [f"export interface {p.owner} {{"]
    for f in p.fields:
        kind = _pascal(p.of) if p.values and f.name == p.of else _TYPES["ts"][f.kind]
        line = f"{f.camel}: {kind};" + (f" // {f.remark}" if f.remark else "")
        rows.append("  " + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    return "\n".join([*rows, "}"]) + "\n"


def _csv(p: Product) -> str:
    live = [f for f in p.fields if f.state == "live"]
    rows = [",".join(["image", *(f.name for f in live)])]
    for n in range(12):
        cells = {"int": str(n + 1), "str": "ab"[n % 2], "bool": str(n % 2), "float": f"0.{n}"}
        row = [p.values[n % len(p.values)] if p.values and f.name == p.of else cells[f.kind] for f in live]
        rows.append(",".join([f"face_{n}.jpg", *row]))
    return "\n".join(rows) + "\n"


def _labels(p: Product) -> str:
    return "\n".join([f.name for f in p.fields if f.state == "live" and f.name != p.of] + list(p.values)) + "\n"


def _go(p: Product) -> str:
    rows = [f"// {p.head}"] if p.head else []
    rows += ["package face", "", f"type {p.owner} struct {{"]
    for f in p.fields:
        line = f'{f.pascal} {_TYPES["go"][f.kind]} `json:"{f.name}"`' + (f" // {f.remark}" if f.remark else "")
        rows.append("\t" + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    return "\n".join([*rows, "}"]) + "\n"


def _cs(p: Product) -> str:
    rows = [f"// {p.head}"] if p.head else []
    rows += [f"public class {p.owner}", "{"]
    for f in p.fields:
        line = f"public {_TYPES['cs'][f.kind]} {f.pascal} {{ get; set; }}" + (f" // {f.remark}" if f.remark else "")
        rows.append("    " + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    return "\n".join([*rows, "}"]) + "\n"


def _kotlin(p: Product) -> str:
    rows = [f"// {p.head}"] if p.head else []
    rows += [f"data class {p.owner}("]
    for f in p.fields:
        line = f"val {f.camel}: {_TYPES['kotlin'][f.kind]}," + (f" // {f.remark}" if f.remark else "")
        rows.append("    " + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    return "\n".join([*rows, ")"]) + "\n"


def _graphql(p: Product) -> str:
    rows = [f"# {p.head}"] if p.head else []
    rows += [f"type {p.owner} {{"]
    for f in p.fields:
        kind = _pascal(p.of) if p.values and f.name == p.of else _TYPES["gql"][f.kind]
        line = f"{f.camel}: {kind}"
        rows.append("  " + ("# " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    rows += ["}"]
    if p.values:
        rows += ["", f"enum {_pascal(p.of)} {{"] + [f"  {_upper(v)}" for v in p.values] + ["}"]
    return "\n".join(rows) + "\n"


def _rust(p: Product) -> str:
    rows = [f"// {p.head}"] if p.head else []
    rows += [f"pub struct {p.owner} {{"]
    for f in p.fields:
        line = f"pub {f.name}: {_TYPES['rust'][f.kind]}," + (f" // {f.remark}" if f.remark else "")
        rows.append("    " + ("// " + line if f.state == "commented" else line))
        rows += [""] if p.wide else []
    return "\n".join([*rows, "}"]) + "\n"


def _markdown(p: Product) -> str:
    rows = [f"# {p.owner}", "", "The face service returns for each detected face:", ""]
    rows += [f"- the predicted {f.name.replace('_', ' ')} of the face" for f in p.fields if f.state == "live"]
    return "\n".join(rows) + "\n" + (f"\n{p.extra}\n" if p.extra else "")


#: How each format writes a product down, and under which path.
FORMATS: dict[str, tuple[str, Callable[[Product], str]]] = {
    "python": ("face/attributes.py", _python),
    "java": ("src/FaceAttributes.java", _java),
    "c": ("include/face_sdk.h", _c),
    "proto": ("api/face.proto", _proto),
    "openapi": ("api/openapi.yaml", _openapi),
    "json": ("config/face.json", _json),
    "sql": ("db/schema.sql", _sql),
    "yaml": ("config/face_model.yaml", _yaml),
    "ts": ("web/face.ts", _ts),
    "csv": ("data/face_labels.csv", _csv),
    "labels": ("model/face_labels.txt", _labels),
    "go": ("pkg/face/attributes.go", _go),
    "cs": ("sdk/FaceAttributes.cs", _cs),
    "kotlin": ("app/FaceAttributes.kt", _kotlin),
    "graphql": ("api/face.graphql", _graphql),
    "rust": ("src/face.rs", _rust),
    "markdown": ("docs/face.md", _markdown),
}
