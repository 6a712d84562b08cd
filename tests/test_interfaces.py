"""Interface files that were stripped compile with protoc, graphql-core and thriftpy2, and say the rest as before."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf import descriptor_pb2
from graphql import build_schema, validate_schema
from grpc_tools import protoc
from thriftpy2.parser import parser as thrift

from untag import strip
from untag.finding import Severity
from untag.scan import Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_PLAIN = ("age", "gender", "glasses", "blur", "yaw", "pitch", "smile", "beard", "mask", "quality")
_TAGS = ("ethnicity", "race_score", "ethnic_group", "is_uyghur", "ethnicity_confidence")
_SCALARS = ("int32", "string", "float", "bool")
_README = "# FaceKit\n\nFace recognition: finds faces on cameras, reads the age and gender of each face.\n"


def stripped(folder: Path, name: str, text: str) -> str:
    """What strip leaves of a file in a product for faces; all that was found must be gone."""
    source = folder / "product"
    source.mkdir(parents=True)
    (source / "README.md").write_text(_README, encoding="utf-8")
    (source / name).write_text(text, encoding="utf-8")
    outcome = strip.removed(str(source), str(folder), Options(jobs=1), strip.Wish(Severity.LOW, unsafe=True))
    kept = [(row.finding.owner, row.reason) for row in outcome.rows if row.verdict != "removed"]
    assert not kept, (kept, text)
    assert outcome.copy is not None
    return (Path(outcome.copy.root) / name).read_text(encoding="utf-8")


def words(dice: random.Random) -> Iterator[tuple[str, bool]]:
    """Names of attributes, each once, and whether it is a tag."""
    names = [(name, False) for name in dice.sample(_PLAIN, dice.randint(2, 6))]
    names += [(name, True) for name in dice.sample(_TAGS, dice.randint(1, 3))]
    dice.shuffle(names)
    yield from names


# -- Protocol Buffers --------------------------------------------------------------------------------------------------


def message(dice: random.Random, name: str, tagged: set[tuple[str, int]]) -> str:
    numbers = count(1)
    rows, chosen = [], []
    for word, tag in words(dice):
        number = next(numbers)
        if tag:
            tagged.add((name, number))
        form = dice.choice(("{0} {1} = {2};", "repeated {0} {1} = {2};", "map<string, {0}> {1} = {2};"))
        row = form.format(dice.choice(_SCALARS), word, number)
        if not form.startswith(("repeated", "map")) and dice.random() < 0.4:
            chosen.append(row)
        else:
            above = f"  // what is told of {word}\n" if dice.random() < 0.3 else ""
            rows.append(f"{above}  {row}{' // estimated' if dice.random() < 0.3 else ''}")
    if chosen:
        body = "\n    ".join(chosen) if dice.random() < 0.7 else " ".join(chosen)
        rows.insert(dice.randint(0, len(rows)), f"  oneof kind {{\n    {body}\n  }}")
    return f"message {name} {{\n" + "\n".join(rows) + "\n}\n"


def enum(dice: random.Random, tagged: set[tuple[str, int]]) -> str:
    numbers = count(1)
    rows = ["  FACE_NONE = 0;"]
    for word, tag in words(dice):
        number = next(numbers)
        if tag:
            tagged.add(("FaceAttribute", number))
        rows.append(f"  FACE_{word.upper()} = {number};")
    return "enum FaceAttribute {\n" + "\n".join(rows) + "\n}\n"


def compiled(folder: Path, text: str) -> descriptor_pb2.FileDescriptorProto:
    (folder / "face.proto").write_text(text, encoding="utf-8")
    assert protoc.main(["protoc", f"-I{folder}", f"-o{folder / 'face.desc'}", str(folder / "face.proto")]) == 0, text
    made = descriptor_pb2.FileDescriptorSet()
    made.ParseFromString((folder / "face.desc").read_bytes())
    return made.file[0]


def told(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[str, int], tuple[object, ...]]:
    """Fields and values by owner and number."""
    out: dict[tuple[str, int], tuple[object, ...]] = {}
    for one in file.message_type:
        out.update({(one.name, f.number): (f.name, f.type, f.label, f.HasField("oneof_index")) for f in one.field})
    for two in file.enum_type:
        out.update({(two.name, v.number): (v.name,) for v in two.value})
    return out


def reserved(file: descriptor_pb2.FileDescriptorProto) -> set[tuple[str, int]]:
    out = {(m.name, n) for m in file.message_type for r in m.reserved_range for n in range(r.start, r.end)}
    return out | {(e.name, n) for e in file.enum_type for r in e.reserved_range for n in range(r.start, r.end + 1)}


@pytest.mark.parametrize("seed", range(12))
def test_protocol_buffers(seed: int, tmp_path: Path) -> None:
    dice, tagged = random.Random(seed), set[tuple[str, int]]()  # noqa: S311 - drawn the same every time
    parts = [message(dice, "FaceAttributes", tagged), message(dice, "FaceFilter", tagged), enum(dice, tagged)]
    dice.shuffle(parts)
    text = 'syntax = "proto3";\npackage faces.v1;\n\n' + "\n".join(parts)
    before = compiled(tmp_path, text)
    after = compiled(tmp_path, stripped(tmp_path / "strip", "face.proto", text))
    assert told(after) == {key: row for key, row in told(before).items() if key not in tagged}
    assert reserved(after) == tagged


# -- GraphQL -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_graphql(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)  # noqa: S311 - drawn the same every time
    parts, wanted = [], {}
    for kind, name in (("type", "Face"), ("input", "FaceFilter"), ("enum", "FaceAttribute")):
        names = list(words(dice))
        wanted[name] = [word for word, tag in names if not tag]
        rows = [
            ('"what is told of it" ' if dice.random() < 0.3 else "") + (word if kind == "enum" else f"{word}: String")
            for word, _ in names
        ]
        joined = "\n  ".join(rows) if dice.random() < 0.6 else (", " if dice.random() < 0.5 else "\n  , ").join(rows)
        parts.append(f"{kind} {name} {{\n  {joined}\n}}\n")
    names = list(words(dice))
    wanted["faces"] = [word for word, tag in names if not tag]
    asked = (", " if dice.random() < 0.5 else " ").join(f"{word}: String" for word, _ in names)
    parts.append(f"type Query {{ faces({asked}): [Face!]! face(id: ID!): Face }}\n")
    dice.shuffle(parts)
    text = "\n".join(parts)
    assert not validate_schema(build_schema(text))
    schema = build_schema(stripped(tmp_path, "schema.graphql", text))
    assert not validate_schema(schema)
    for name in ("Face", "FaceFilter"):
        assert list(schema.type_map[name].fields) == wanted[name]  # type: ignore[attr-defined]
    assert list(schema.type_map["FaceAttribute"].values) == wanted["FaceAttribute"]  # type: ignore[attr-defined]
    assert list(schema.query_type.fields["faces"].args) == wanted["faces"]  # type: ignore[union-attr]


# -- Thrift ------------------------------------------------------------------------------------------------------------


def parsed(folder: Path, name: str, text: str) -> ModuleType:
    path = folder / f"{name}.thrift"
    path.write_text(text, encoding="utf-8")
    return thrift.parse(str(path), f"{name}_thrift", enable_cache=False)


@pytest.mark.parametrize("seed", range(12))
def test_thrift(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)  # noqa: S311 - drawn the same every time
    names, parts, wanted = list(words(dice)), [], {}
    ends = [dice.choice((",", ";", "")) for _ in names]
    fields = [
        f"  {n}: optional string {word}{end}" for n, ((word, _), end) in enumerate(zip(names, ends, strict=True), 1)
    ]
    wanted["FaceAttributes"] = {n: word for n, (word, tag) in enumerate(names, 1) if not tag}
    parts.append("struct FaceAttributes {\n" + "\n".join(fields) + "\n}\n")
    names = list(words(dice))
    wanted["FaceAttribute"] = {n: word.upper() for n, (word, tag) in enumerate(names, 1) if not tag}
    parts.append(
        "enum FaceAttribute { " + ", ".join(f"{w.upper()} = {n}" for n, (w, _) in enumerate(names, 1)) + " }\n"
    )
    names = list(words(dice))
    wanted["analyze"] = {n: word for n, (word, tag) in enumerate(names, 1) if not tag}
    taken = ", ".join(f"{n}: bool {w}" for n, (w, _) in enumerate(names, 1))
    parts.append(f"service FaceService {{\n  string analyze({taken}),\n  void ping()\n}}\n")
    text = "namespace py face\n\n" + "\n".join(parts)
    parsed(tmp_path, f"before{seed}", text)
    made = parsed(tmp_path, f"after{seed}", stripped(tmp_path / "strip", "face.thrift", text))
    assert {n: row[1] for n, row in made.FaceAttributes.thrift_spec.items()} == wanted["FaceAttributes"]
    assert dict(made.FaceAttribute._VALUES_TO_NAMES) == wanted["FaceAttribute"]
    assert {n: row[1] for n, row in made.FaceService.analyze_args.thrift_spec.items()} == wanted["analyze"]
    assert made.FaceService.thrift_services == ["analyze", "ping"]
