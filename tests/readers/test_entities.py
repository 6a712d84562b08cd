"""Entities: what a document makes of its own is read, up to bounds, and what is not is a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from untag.artifact import Artifact
from untag.gap import Gap, Limits, Reason
from untag.place import Place
from untag.readers import pick
from untag.scan import Options, scan
from untag.surface import Surface
from untag.syntax.entity import WHOLE, Entities

if TYPE_CHECKING:
    from pathlib import Path

#: Ten times ten times ten …: a thousand million words in a few lines.
ROWS = ['<!ENTITY lol0 "lol">', *(f'<!ENTITY lol{i} "{f"&lol{i - 1};" * 10}">' for i in range(1, 10))]
LAUGHS = "<!DOCTYPE {0} [\n" + "\n".join(ROWS) + "\n]>\n<{0}>{1}</{0}>\n"
PARTS = '<!DOCTYPE {0} [<!ENTITY a "Uy"><!ENTITY b "&a;ghur">]>\n'

#: A form of each reader of markup, and what goes around a text in it.
FORMS = [
    ("a.xml", "faces", "<attribute name='ethnicity'>{}</attribute>"),
    ("a.xhtml", "html", "<body><p>Faces are told by ethnicity: {}</p></body>"),
    ("strings.xml", "resources", "<string name='face_ethnicity'>{}</string>"),
]


def read(name: str, text: str) -> tuple[list[str], list[Gap]]:
    artifact = Artifact(Place((name,)), text.encode())
    items = list(pick(artifact)[0].read(artifact, Limits()))
    return [i.text for i in items if isinstance(i, Surface)], [i for i in items if isinstance(i, Gap)]


@pytest.mark.parametrize(("name", "root", "around"), FORMS)
def test_laughs_are_a_gap_at_their_line(name: str, root: str, around: str) -> None:
    texts, gaps = read(name, LAUGHS.format(root, around.format("&lol9;")))
    assert [(g.reason, g.place.line) for g in gaps] == [(Reason.LIMIT, 7)]  # lol5 is the first that is too long
    assert sum(map(len, texts)) < 2 * WHOLE


@pytest.mark.parametrize(("name", "root", "around"), FORMS)
@pytest.mark.parametrize("said", ["&a;ghur", "&b;"])
def test_a_word_out_of_entities_is_found(name: str, root: str, around: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(PARTS.format(root) + f"<{root}>{around.format(said)}</{root}>\n")
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert any(m.text for f in report.findings for m in f.marks if "Uyghur" in m.text)
    assert not report.gaps
    twin = (PARTS.format(root) + f"<{root}>{around.format(said)}</{root}>\n").replace("Uy", "Dau")
    (tmp_path / name).write_text(twin.replace("ethnicity", "hair"))
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert not report.gaps
    assert not report.findings


def test_laughs_without_a_word_are_a_gap_and_their_neighbours_are_found(tmp_path: Path) -> None:
    (tmp_path / "laughs.xml").write_text(LAUGHS.format("x", "&lol9;"))
    (tmp_path / "sdk.h").write_text("enum FaceEthnicity { FACE_UYGHUR = 1, FACE_OTHER = 2 };\n")
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert [(g.place.chain, g.reason) for g in report.gaps] == [(("laughs.xml",), Reason.LIMIT)]
    assert {f.place.chain for f in report.findings} == {("sdk.h",)}


def test_encodings_with_two_bytes_a_letter_hide_no_laughs(tmp_path: Path) -> None:
    (tmp_path / "laughs.xml").write_text('<?xml version="1.0"?>' + LAUGHS.format("x", "&lol9;"), encoding="utf-16")
    assert [g.reason for g in scan([str(tmp_path)], Options(jobs=1, cache=False)).gaps] == [Reason.LIMIT]


def test_an_entity_of_itself_is_damage() -> None:
    _, gaps = read("a.xml", '<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]><x>&a;</x>')
    assert [g.reason for g in gaps] == [Reason.DAMAGED]


@pytest.mark.parametrize(
    ("declared", "refused"),
    [
        ('SYSTEM "file:///etc/hosts"', True),
        ('SYSTEM "/etc/hosts"', True),
        ('SYSTEM "../hosts.xml"', True),
        ('PUBLIC "-//A//B" "https://example.org/a.ent"', True),
        ('SYSTEM "chapter.xml"', False),
    ],
)
def test_what_lies_outside_is_refused_where_it_is_used(declared: str, refused: bool) -> None:
    text = f"<!DOCTYPE x [<!ENTITY a {declared}>]><x>{{}}</x>"
    assert [g.reason for g in read("a.xml", text.format("&a;"))[1]] == [Reason.REFUSED] * refused
    assert not read("a.xml", text.format(""))[1]


def test_entities_that_other_entities_declare_are_a_gap() -> None:
    text = '<!DOCTYPE x [<!ENTITY % e "<!ENTITY"><!ENTITY % d "%e; a \'Uyghur\'>"> %d;]><x>&a;</x>'
    texts, gaps = read("a.xml", text)
    assert [g.reason for g in gaps] == [Reason.REFUSED]
    assert any("Uyghur" in t for t in texts)


def test_many_references_to_a_long_entity_stay_within_bounds() -> None:
    texts, gaps = read("a.xml", f'<!DOCTYPE x [<!ENTITY a "{"la " * 20_000}">]><x>{"&a;" * 10_000}</x>')
    assert [g.reason for g in gaps] == [Reason.LIMIT]
    assert sum(map(len, texts)) < 4 * WHOLE


def test_a_chain_of_entities_is_linear() -> None:
    rows = "".join(f'<!ENTITY a{i} "&a{i - 1};x">' for i in range(100_000))
    made = Entities(f"<!DOCTYPE x [{rows}]>")
    assert len(made.all) == 100_000
    assert [reason for _, reason, _ in made.gaps()] == [Reason.LIMIT]


def test_an_entity_that_stands_for_nothing_hides_no_word_in_another_one() -> None:
    text = '<!DOCTYPE a [<!ENTITY e ""><!ENTITY b "Uy&e;ghur">]><a>&b;</a>'
    assert Entities(text).resolve("&b;", 0) == "Uyghur"


def test_the_first_of_two_declarations_holds() -> None:
    made = Entities('<!ENTITY a "one"><!ENTITY a "two">')
    assert made.resolve("&a;", 0) == "one"


@pytest.mark.parametrize("before", ["", "\x0c", "some words\n", "\n" * 5000])
def test_what_stands_before_a_document_hides_nothing_from_the_sieve(before: str, tmp_path: Path) -> None:
    text = '<!DOCTYPE f [<!ENTITY a "ethni"><!ENTITY b "&a;city">]>\n<faces><face><field name="&b;"/></face></faces>\n'
    (tmp_path / "a.xml").write_text(before + text)
    seen = [scan([str(tmp_path)], Options(jobs=1, cache=False, sieve=sieve)).findings for sieve in (True, False)]
    assert seen[0]
    assert [f.key for f in seen[0]] == [f.key for f in seen[1]]
