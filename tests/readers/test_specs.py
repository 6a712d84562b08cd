"""The reader of specifications: what it takes for one, and where things stand in it."""

from __future__ import annotations

import json

import pytest

from untag.artifact import Artifact
from untag.gap import Limits
from untag.place import Place
from untag.readers.specs import SpecsReader
from untag.surface import Kind, Role, Surface

READER = SpecsReader()


def known(name: str, text: str) -> bool:
    return READER.knows(Artifact(Place((name,)), text.encode()))


def surfaces(name: str, text: str) -> list[Surface]:
    artifact = Artifact(Place((name,)), text.encode())
    assert READER.knows(artifact)
    return [item for item in READER.read(artifact, Limits()) if isinstance(item, Surface)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("anything", "openapi: 3.1.0\npaths: {}\n"),
        ("api.json", '{"swagger": "2.0", "paths": {}}'),
        ("parts.yaml", "components:\n  schemas:\n    Face: {type: object}\n"),
        ("x", 'syntax = "proto2";\nmessage X { optional int32 a = 1; }'),
        ("x.txt", "message Face {\n  int32 race = 1;\n}\n"),
        ("x.json", '{"type": "enum", "name": "Race", "symbols": ["A"]}'),
        ("service.xml", '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>'),
    ],
)
def test_knows_by_content(name: str, text: str) -> None:
    assert known(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tsconfig.json", '{"compilerOptions": {"paths": {"/*": ["x"]}}}'),
        ("a.json", '{"properties": {"a": 1}}'),
        ("a.json", '{"components": {"a": 1}, "definitions": {"x": 3}}'),
        ("a.py", 'openapi: 3.0.0\nsyntax = "proto3"'),
        ("a.yaml", "paths:\n  - a\n  - b\n"),
        ("a.html", '<html xmlns:xs="http://www.w3.org/2001/XMLSchema"><schema/></html>'),
        ("notes.txt", "The message Face has fields.\n"),
    ],
)
def test_leaves_other_things_alone(name: str, text: str) -> None:
    assert not known(name, text)


def test_json_inside_a_string_stands_on_its_physical_line() -> None:
    body = json.dumps(json.dumps({"nation": "民族", "list": "age,race,gender"}, indent=2))
    text = (
        '{"info": {"_postman_id": "1"}, "item": [\n{"name": "x", "request": {"method": "POST",\n'
        '"body": {"mode": "raw", "raw": ' + body + "}}}]}"
    )
    shown = surfaces("a.json", text)
    nation = next(s for s in shown if s.text == "nation")
    assert (nation.role, nation.place.line, nation.owner) == (Role.KEY, 3, "x")
    row = text.split("\n")[2]
    assert row[(nation.place.column or 0) - 1 :].startswith("nation")
    race = next(s for s in shown if s.text == "race")
    assert (race.role, race.kind) == (Role.MEMBER, Kind.LIST)
    assert row[(race.place.column or 0) - 1 :].startswith("race,")


def test_lines_of_a_block_description() -> None:
    text = "openapi: 3.0.0\npaths:\n  /x:\n    get:\n      description: |\n        first\n\n        race of the face\n"
    found = next(s for s in surfaces("a.yaml", text) if "race" in s.text)
    assert (found.role, found.place.line, found.place.column, found.owner) == (Role.COMMENT, 8, 9, "GET /x")


def test_inline_schemas_of_operations() -> None:
    text = """
openapi: 3.0.0
paths:
  /detect:
    post:
      responses:
        "200":
          content:
            application/json:
              schema:
                properties:
                  faces:
                    type: array
                    items:
                      properties:
                        ethnicity: {type: string, enum: [a, b]}
"""
    shown = surfaces("a.yaml", text)
    field = next(s for s in shown if s.role is Role.FIELD and s.text == "ethnicity")
    assert (field.owner, field.type) == ("POST /detect.200.faces", "string")
    assert [s.text for s in shown if s.owner == "POST /detect.200.faces.ethnicity" and s.role is Role.MEMBER] == [
        "a",
        "b",
    ]


def test_references_that_go_round() -> None:
    schema = '{"type": "object", "properties": {"b": {"$ref": "#/definitions/A"}}}'
    text = f'{{"$schema": "http://json-schema.org/x", "definitions": {{"A": {schema}}}}}'
    field = next(s for s in surfaces("a.json", text) if s.role is Role.FIELD)
    assert (field.text, field.type, field.owner) == ("b", "A", "a.definitions.A")


def test_all_words_of_a_proto_are_shown() -> None:
    text = 'syntax = "proto3"; message A { option (x) = { race: "nation" }; ??? gender } oddity'
    assert {"race", "nation", "gender", "oddity"} <= {s.text for s in surfaces("a.proto", text)}
