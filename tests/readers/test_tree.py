"""The tree reader: hostile input, people's values, and what its specimens do not show."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import linear
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits, Reason
from untag.place import Place
from untag.readers.specs import SpecsReader
from untag.readers.tree import TreeReader
from untag.surface import Kind, Role, Surface

READERS = (TreeReader(), SpecsReader())
SPECIMENS = Path(__file__).parent.parent / "specimens" / "readers"
INPUTS = sorted(
    p for room in ("tree", "specs") for p in (SPECIMENS / room).rglob("*") if p.is_file() and p.name != "surfaces.txt"
)
NAMES = (
    "a.json",
    "a.jsonl",
    "a.yaml",
    "a.toml",
    "a.xml",
    "a.plist",
    "a.properties",
    "a.ini",
    "a.env",
    "a.po",
    "a.strings",
    "a.arb",
    "a",
)
NAMES += ("a.proto", "a.graphql", "a.thrift", "a.avdl", "a.avsc", "a.xsd", "a.wsdl")


def read(name: str, data: bytes | str, limits: Limits | None = None) -> list[Surface | Gap]:
    """What the first of the two readers that knows the bytes shows of them."""
    artifact = Artifact(Place((name,)), data.encode() if isinstance(data, str) else data)
    for reader in reversed(READERS):
        if reader.knows(artifact):
            try:
                return [item for item in reader.read(artifact, limits or Limits()) if not isinstance(item, Artifact)]
            except Damaged:
                return []
    return []


def surfaces(name: str, data: bytes | str) -> list[Surface]:
    return [item for item in read(name, data) if isinstance(item, Surface)]


@given(st.sampled_from(NAMES), st.binary(max_size=300))
def test_any_bytes(name: str, data: bytes) -> None:
    artifact = Artifact(Place((name,)), data)
    for reader in READERS:
        reader.knows(artifact)
        with contextlib.suppress(Damaged):
            list(reader.read(artifact, Limits()))


@given(st.sampled_from(INPUTS), st.data())
def test_mutated_specimens(path: Path, data: st.DataObject) -> None:
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        stop = min(len(raw), at + data.draw(st.integers(0, 30)))
        raw[at:stop] = data.draw(
            st.sampled_from([b"", b"{", b"}", b'"', b"\n", b"\t", b"&", b"<", b"\xff", b"[", b"- ", b": "])
        )
    first = read(path.name, bytes(raw))
    assert first == read(path.name, bytes(raw))
    text = Artifact(Place((path.name,)), bytes(raw)).text
    rows = text.split("\n")
    for item in first:
        if isinstance(item, Surface) and item.place.line is not None:
            assert 1 <= item.place.line <= len(rows)
            assert len(item.text) <= 2000


@pytest.mark.parametrize("path", INPUTS, ids=lambda p: f"{p.parent.parent.name}-{p.parent.name}-{p.name}")
def test_surfaces_stand_where_they_say(path: Path) -> None:
    rows = Artifact(Place((path.name,)), path.read_bytes()).text.split("\n")
    whole = str(path.relative_to(SPECIMENS)).split("/", 2)[2].removeprefix("input/")
    for item in surfaces(whole, path.read_bytes()):
        if item.kind is Kind.DATASET or item.role is Role.ENUM:
            continue
        line, column = item.place.line or 0, item.place.column or 0
        raw = rows[line - 1][column - 1 :]
        # An operation's text begins with its method, which stands elsewhere.
        words = (item.text[:8], item.text.split()[-1]) if item.role is Role.OPERATION else (item.text[:8],)
        assert raw.startswith(words) or "\\" in raw or "&" in raw or "''" in raw, (item, raw)


def test_rows_about_people_show_no_value() -> None:
    rows = [{"name": f"Person Number{i}", "city": f"Town{i}", "race": "asian" if i % 2 else "white"} for i in range(60)]
    for text in (json.dumps(rows), json.dumps({"people": rows}, indent=1), "\n".join(json.dumps(row) for row in rows)):
        shown = surfaces("rows.json", text)
        assert {s.text for s in shown if s.role is Role.KEY and s.kind is Kind.DATASET} == {"name", "city", "race"}
        assert {s.text for s in shown if s.role is Role.MEMBER} == {"asian", "white"}
        assert not any("Number" in s.text or "Town" in s.text for s in shown)


def test_a_value_that_stands_once_is_nobodys_group() -> None:
    rows = [{"name": f"Person Number{i}", "race": "asian"} for i in range(60)] + [{"name": "x", "race": "other"}]
    assert not [s for s in surfaces("rows.json", json.dumps(rows)) if s.role is Role.MEMBER]


def test_large_rows_are_folded_the_same() -> None:
    small = [{"name": f"Person Number{i}", "race": ("asian", "white")[i % 2]} for i in range(64)]
    large = [{"name": f"Person Number{i}", "race": ("asian", "white")[i % 2]} for i in range(3000)]
    assert [(s.role, s.text, s.owner) for s in surfaces("a.json", json.dumps(small))] == [
        (s.role, s.text, s.owner) for s in surfaces("a.json", json.dumps(large))
    ]


def test_rows_under_file_names() -> None:
    rows = {f"{i:06}.jpg": {"age": i, "race": "asian" if i % 2 else "white"} for i in range(60)}
    shown = surfaces("a.json", json.dumps({"faces": rows}))
    assert [s.text for s in shown] == ["faces", "age", "race", "asian", "white"]


def test_code_lists_are_no_people() -> None:
    rows = [{"code": f"{i:02}", "name": f"Group {i}"} for i in range(1, 57)]
    shown = surfaces("nation.json", json.dumps(rows))
    assert [(s.text, s.value) for s in shown if s.role is Role.MEMBER][:2] == [("Group 1", "01"), ("Group 2", "02")]


def test_members_of_attributes() -> None:
    shown = surfaces("a.yaml", "return_attributes: age,gender,ethnicity\n")
    assert [(s.text, s.place.column, s.owner) for s in shown if s.role is Role.MEMBER] == [
        ("age", 20, "return_attributes"),
        ("gender", 24, "return_attributes"),
        ("ethnicity", 31, "return_attributes"),
    ]


def test_base64_is_passed_over() -> None:
    shown = surfaces("a.json", json.dumps({"image": "QUJD" * 500, "race": "asian"}))
    assert [s.text for s in shown] == ["image", "race", "asian"]


def test_lone_carriage_returns() -> None:
    shown = surfaces("a.properties", "race=\\u6c11\rage=3\r")
    assert [s.text for s in shown] == ["race", "民", "age"]


def test_damage_is_said() -> None:
    found = read("a.json", '{"race": "asian",\n "x": [1, 2, ? "y": 3')
    assert [item.reason for item in found if isinstance(item, Gap)] == [Reason.DAMAGED]
    with pytest.raises(Damaged):
        list(READERS[0].read(Artifact(Place(("a.json",)), b"nothing of the kind"), Limits()))


def test_limit_on_nodes() -> None:
    found = read("a.json", json.dumps({f"k{i}": f"race {i}" for i in range(500)}, indent=1), Limits(nodes=100))
    assert [item.reason for item in found if isinstance(item, Gap)] == [Reason.LIMIT]
    assert any(isinstance(item, Surface) and "race 499" in item.text for item in found)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", "[" * 30_000),
        ("a.json", '{"race":' * 30_000),
        ("a.yaml", "- " * 30_000),
        ("a.yaml", "{a: " * 30_000),
        ("a.xml", "<race>" * 30_000),
        ("a.plist", "<plist>" + "<dict><key>a</key>" * 20_000),
        ("a.plist", "<plist>" + "<array>" * 20_000),
        ("a.toml", "a = " + "[" * 30_000),
        ("a.proto", 'syntax = "proto3";' + "message A {" * 30_000),
        ("a.proto", 'syntax = "proto3"; message A { ' + "a<" * 30_000),
        ("a.graphql", "type A { a(" + "b:[" * 30_000),
        ("a.thrift", "struct A { 1: " + "list<" * 30_000),
        ("a.xsd", '<schema xmlns="http://www.w3.org/2001/XMLSchema">' + '<element name="a">' * 20_000),
        ("a.xsd", '<schema xmlns="http://www.w3.org/2001/XMLSchema">' + '<complexType name="a">' * 20_000),
        ("a.yaml", "openapi: 3.0.0\ncomponents:\n  schemas:\n    A: " + "{properties: {a: " * 20_000),
        ("a.avsc", '{"type": "record", "name": "a", "fields": [' * 10_000),
        ("a.json", '{"info": {"_postman_id": "1"}, "item": [' + '{"name": "a", "item": [' * 10_000),
    ],
)
def test_depth(name: str, data: str) -> None:
    read(name, data)


def test_bombs() -> None:
    laughs = (
        "<!DOCTYPE x [<!ENTITY a 'ha'>"
        + "".join(f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(20))
        + "]><x>&t;</x>"
    )
    assert len(surfaces("a.xml", laughs)) < 100
    aliases = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)
    )
    assert len(surfaces("a.yaml", aliases)) < 400


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_two_megabytes_in_one_line(name: str) -> None:
    def data(count: int) -> str:
        return "{" + ", ".join(f'"key{i}": "value {i} of race"' for i in range(count)) + "}"

    assert len(surfaces(name, data(60_000))) == 120_000
    linear(lambda size: surfaces(name, data(size // 32)))


def test_a_picture_in_lines_that_are_set_in_holds_no_words() -> None:
    line = "        YxCxhnqVQEfWDwgsEWBTAy7jDSGSXQBMfeoIQtYECEwRAilcEMKgh4WoRghqguRACA630PdJVWzVxsAH\n"
    data = f'<data name="face"><value>\n{line * 8}    </value></data>'
    shown = {s.text for s in surfaces("Face.resx", f'<root>{data}<data name="race"><value>white</value></data></root>')}
    assert "white" in shown
    assert not any("YxCxhn" in text for text in shown)
