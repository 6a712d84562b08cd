"""XML with spans: no entity is expanded, nothing is opened."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.syntax import xml
from untag.syntax.tree import OBJECT, Node

NAMES = st.sampled_from(["a", "b", "ns:c", "d-e", "f.g"])
WORDS = st.text(alphabet="ab <>&\"'\u6c11", max_size=10).map(str.strip)


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(NAMES)
    attributes = "".join(
        f" {n}={quoteattr(v)}" for n, v in draw(st.dictionaries(st.sampled_from(["x", "y"]), WORDS)).items()
    )
    inner = escape(draw(WORDS))
    if depth:
        inner += "".join(draw(st.lists(elements(depth - 1), max_size=3)))
    return f"<{name}{attributes}>{inner}</{name}>" if inner or draw(st.booleans()) else f"<{name}{attributes}/>"


def plain(node: Node) -> Any:
    attributes = {c.key: c.value for c in node.children if c.tag == xml.ATTRIBUTE}
    text = "".join(c.value for c in node.children if c.tag == xml.TEXT)
    return (node.key, attributes, text, [plain(c) for c in node.children if c.kind == OBJECT])


def same(element: ET.Element) -> Any:
    return (element.tag, dict(element.attrib), (element.text or "").strip(), [same(inner) for inner in element])


@given(elements())
def test_agrees_with_the_standard_library(text: str) -> None:
    clean = text.replace("ns:", "ns_")
    document = xml.parse(clean)
    assert not document.errors
    assert plain(document.roots[0]) == same(ET.fromstring(clean))  # noqa: S314 - made here


@given(st.text(alphabet="<>/=\"'!-[]?& ab\n\u6c11#;x1", max_size=200))
def test_takes_any_text(text: str) -> None:
    document = xml.parse(text)
    for root in document.roots:
        for node in root.walk():
            assert 0 <= node.start <= node.end <= len(text)
            if node.scalar and "&" not in text:
                assert all(text.startswith(row, at) for row, at in node.pieces())


def test_a_billion_laughs_are_three() -> None:
    rows = ['<!ENTITY lol "lol">'] + [f'<!ENTITY lol{i} "{f"&lol{i - 1};" * 10}">' for i in range(1, 10)]
    document = xml.parse(
        f"<!DOCTYPE x [{''.join(rows)} <!ENTITY file SYSTEM 'file:///etc/passwd'>]><x>&lol9; &file;</x>"
    )
    assert document.roots[-1].children[0].value == "&lol9; &file;"
    assert sum(1 for root in document.roots for _ in root.walk()) < 20


def test_references_are_resolved_once() -> None:
    root = xml.parse("<a b='&#27665;&#x65cf;'>&amp;lt; &unknown;</a>").roots[0]
    assert [c.value for c in root.children] == ["民族", "&lt; &unknown;"]


@pytest.mark.parametrize(
    "text",
    [
        "<a>" * 100_000,
        "</a>" * 50_000,
        "<!--" * 50_000,
        "<a b='" * 50_000,
        "<![CDATA[" * 50_000,
        "<" * 100_000,
        "<a><b></a>" * 30_000,
        "<!DOCTYPE [" * 3_000,
    ],
)
def test_hostile_text_is_linear(text: str) -> None:
    xml.parse(text)
