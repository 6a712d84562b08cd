"""From characters to lines, columns and bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.artifact import Artifact
from untag.place import Place
from untag.syntax import flat
from untag.syntax.tree import Source


@given(st.text(alphabet="ab\n\r\u6c11\U0001f600", max_size=80), st.data())
def test_lines_and_columns(text: str, data: st.DataObject) -> None:
    source = Source(text)
    for _ in range(5):
        at = data.draw(st.integers(0, len(text)))
        line, column = source.spot(at)
        assert line == text.count("\n", 0, at) + 1
        assert column == at - (text.rfind("\n", 0, at) + 1) + 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_byte_spans_slice_back(encoding: str) -> None:
    text = "名称 = 值\n民族 = 维吾尔族\nage = 3\n" * 3
    artifact = Artifact(Place(("a.ini",)), text.encode(encoding))
    source = Source.of(artifact)
    assert source.text == text
    at = text.index("维吾尔族")
    low, high = source.span(at, at + 4)
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    assert artifact.data[low:high].decode(codec) == "维吾尔族"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "gb18030", "latin-1"])
@given(st.text(alphabet="ab\n\u00e9\u6c11\U0001f600\ud800", max_size=60), st.data())
def test_bytes_are_those_of_the_characters_before(encoding: str, text: str, data: st.DataObject) -> None:
    source = Source(text, encoding, 3)
    how = "surrogatepass" if "utf" in encoding else "replace"
    for _ in range(8):
        at = data.draw(st.integers(0, len(text)))
        assert source.byte(at) == 3 + len(text[:at].encode(encoding, how))


@given(st.text(alphabet="=: \\\n#!ab\u6c11u0[];\"'~msgidtr", max_size=150))
def test_flat_formats_take_any_text(text: str) -> None:
    for parse in (flat.properties, flat.ini, flat.catalogue, flat.strings):
        for node in parse(text).roots[0].walk():
            assert 0 <= node.start <= len(text)
            assert node.key is None or node.key_start <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "\\\n" * 50_000,
        "a=b\\\n" * 50_000,
        '"' * 50_000,
        "/*" * 50_000,
        'msgid "a"\n' * 20_000,
        "[a\n" * 50_000,
        " a\n" * 50_000,
    ],
)
def test_hostile_flat_text_is_linear(text: str) -> None:
    for parse in (flat.properties, flat.ini, flat.catalogue, flat.strings):
        parse(text)
