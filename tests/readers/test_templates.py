"""Templates: labels bound to fields, labels put together, conditions, and hostile markup."""

# ruff: noqa: E501 - tables of hostile pieces read better unwrapped

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import linear
from untag.artifact import Artifact
from untag.gap import Damaged, Limits
from untag.place import Place
from untag.readers.templates import TemplatesReader
from untag.surface import Role, Surface

HEADS = {
    ".vue": "<template>",
    ".html": "<form>",
    ".jsp": "<%@ page %>",
    ".svelte": "<div>",
    ".xml": '<mapper namespace="a.B">',
    ".ui": '<ui version="4.0">',
    ".rc": "X DIALOG 0, 0\n",
    ".resx": "<root><resheader/>",
    ".xaml": "<Window>",
    ".storyboard": '<document type="com.apple.InterfaceBuilder3">',
    ".ts": "<TS>",
}
WORDS = st.sampled_from(
    ["<div>", "</div>", "<input v-model='a.b'>", "<el-option label='x' value=1/>", "<td>", "</tr>", "<label for=x>", "民&nbsp;族", "{{ a.b }}", "{%",
     "<%", "%>", "<!--", "-->", "<script>", "</script>", "if (a) b();", '"', "'", "=", "<", ">", "<a b=", "<select>", "<if test='a'>", "select a from b",
     "where x = #{y}", "<string>", "<item>", 'LTEXT "a",IDC_A', "\n", "<![CDATA[", "]]>", "{#if x}", "{x}", "<resultMap id='r'>", "</resultMap>"]
)  # fmt: skip


def read(text: str | bytes, suffix: str = ".vue") -> list[Surface]:
    data = text if isinstance(text, bytes) else text.encode()
    try:
        items = list(TemplatesReader().read(Artifact(Place(("a" + suffix,)), data), Limits()))
    except Damaged:
        return []
    return [s for s in items if isinstance(s, Surface)]


def labels(text: str, suffix: str = ".vue") -> set[tuple[str, str, str]]:
    return {(s.text, s.owner, s.about) for s in read(text, suffix) if s.role is Role.LABEL}


@pytest.mark.parametrize(
    "text",
    [
        '<el-form-item label="民族"><el-input v-model="p.nation"/></el-form-item>',
        '<el-form-item label="民 族"><el-input v-model="p.nation"/></el-form-item>',
        '<div><span>民&nbsp;&nbsp;族</span><el-input v-model.trim="p.nation"/></div>',
        '<div><b>民</b>族 <input ng-model="p.nation"></div>',
        '<tr><td>姓名</td><td><input v-model="p.name"></td><td>民　族</td><td><input v-model="p.nation"></td></tr>',
        '<label for="n">民族</label><hr><input id="n" v-model="p.nation">',
        "<tr><td>民族</td><td>{{ p.nation }}</td></tr>",
        "<table><tr><th>姓名</th><th>民族</th></tr><tr><td>{{ p.name }}</td><td>{{ p.nation }}</td></tr></table>",
        '<mat-form-field><mat-label>民族</mat-label><input [(ngModel)]="p.nation"></mat-form-field>',
        '<label>民族 <input bind:value="p.nation"></label>',
    ],
)
def test_label_is_bound_to_its_field(text: str) -> None:
    assert ("民族", "p", "nation") in labels(text)


def test_label_is_not_bound_to_a_far_field() -> None:
    text = '<div><button>民族</button></div><div><input v-model="p.nation"></div>'
    assert ("民族", "form", "") in labels(text) | {(t, o or "form", a) for t, o, a in labels(text)}


def test_options_are_members_of_their_select() -> None:
    text = '<form name="f"><select name="race"><option value="1">Asian<option value="2">White</select></form>'
    found = [(s.text, s.owner, s.value) for s in read(text, ".html") if s.role is Role.MEMBER]
    assert found == [("Asian", "f.race", "1"), ("White", "f.race", "2")]


def test_list_in_an_attribute() -> None:
    text = "<el-select v-model=\"p.nation\" :options=\"['汉族', '回族']\"/>"
    assert [(s.text, s.owner) for s in read(text) if s.role is Role.MEMBER] == [
        ("汉族", "p.nation"),
        ("回族", "p.nation"),
    ]


def test_conditions_say_what_they_lead_to() -> None:
    found = [(s.text, s.value) for s in read('<div v-if="p.nation == 5">重点</div>') if s.role is Role.CONDITION]
    assert found == [("p.nation == 5", "重点")]


def test_lines_in_attributes_and_scripts() -> None:
    text = '<template>\n<p\n  v-if="a\n  && race">x y</p>\n</template>\n<script>\nlet race = 1\n</script>\n'
    at = {(s.text, s.place.line, s.place.column) for s in read(text)}
    assert {("a", 3, 9), ("&& race", 4, 3), ("race", 7, 5)} <= at


def test_components_are_no_void_elements() -> None:
    text = '<Col><Input v-model="p.nation"/><span>民族</span></Col>'
    assert ("民族", "p", "nation") in labels(text)


def test_sql_of_a_mapper() -> None:
    text = '<mapper namespace="x.M"><select id="q">select a.nation from t_face a where a.race = #{race}\n and b = 1</select></mapper>'
    found = [(s.role, s.text, s.owner, s.place.line) for s in read(text, ".xml")]
    assert (Role.COLUMN, "a.nation", "M.q", 1) in found
    assert (Role.TYPE, "t_face", "M.q", 1) in found
    assert (Role.CONDITION, "where a.race = #{race}", "M.q", 1) in found
    assert (Role.CONDITION, "and b = 1", "M.q", 2) in found


def test_a_page_of_prose_is_a_document() -> None:
    page = b"<html>" + b"<p>text</p>" * 20 + b"<input name=q></html>"
    assert not TemplatesReader().knows(Artifact(Place(("a.html",)), page))
    assert TemplatesReader().knows(Artifact(Place(("a.html",)), b"<form><input name=q></form>"))
    assert not TemplatesReader().knows(Artifact(Place(("a.ts",)), b"const a: number = 1;"))
    assert not TemplatesReader().knows(Artifact(Place(("pom.xml",)), b"<project><a/></project>"))


@given(st.sampled_from(sorted(HEADS)), st.lists(WORDS, max_size=25))
@settings(max_examples=150, deadline=None)
def test_any_markup(suffix: str, parts: list[str]) -> None:
    text = HEADS[suffix] + "".join(parts)
    for s in read(text, suffix):
        assert s.place.line is not None
        assert 1 <= s.place.line <= text.count("\n") + 1


@given(st.sampled_from(sorted(HEADS)), st.binary(max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_bytes(suffix: str, data: bytes) -> None:
    artifact = Artifact(Place(("a" + suffix,)), data)
    TemplatesReader().knows(artifact)
    read(HEADS[suffix].encode() + data, suffix)


UNITS = (
    "<a ",
    "<div>",
    "{{",
    "<%",
    "<!--",
    '<a b="',
    "<td>",
    "</x>",
    "<input v-model=a>",
    "<b>x</b>",
    "x ",
    "{",
    "<tr><th>a",
)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".vue", ".html", ".xml", ".ui", ".rc", ".svelte", ".xaml"])
@pytest.mark.parametrize("unit", [*UNITS, "<a b={ {x} "])
def test_one_long_line(suffix: str, unit: str) -> None:
    linear(lambda size: read(HEADS[suffix] + unit * (size // len(unit)), suffix))
