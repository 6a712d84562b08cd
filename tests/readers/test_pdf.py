"""PDF documents: damage is a gap beside what could be read, a form's content is never shown, a password opens."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

import forks
from untag.artifact import Artifact, Nest
from untag.gap import Gap, Limits, Reason
from untag.place import Place
from untag.readers import called
from untag.readers.pdf import _ranges, paragraphs
from untag.surface import Role, Surface

pypdf = pytest.importorskip("pypdf")

SPECIMEN = Path(__file__).parent.parent / "specimens/readers/pdf/manual/input.pdf"


def shown(data: bytes, *passwords: bytes) -> list[object]:
    artifact = Artifact(Place(("a.pdf",)), data)
    artifact.nest = Nest(passwords=passwords)
    return list(called("pdf").read(artifact, Limits()))


def texts(items: list[object]) -> list[str]:
    return [i.text for i in items if isinstance(i, Surface)]


def reasons(items: list[object]) -> set[Reason]:
    return {i.reason for i in items if isinstance(i, Gap)}


def test_a_sentence_over_two_lines_is_one() -> None:
    assert any("classifies the ethnicity of each person" in text for text in texts(shown(SPECIMEN.read_bytes())))


@pytest.mark.parametrize(
    ("page", "made"),
    [
        ("Ethnicity\nAge\n", ["Ethnicity", "Age"]),
        ("The camera tells the age, the gender and the\nethnicity of people.\nNext.", 2),
        (
            "This feature is not there in the first ver-\nsion of it",
            ["This feature is not there in the first version of it"],
        ),
        ("系统可以识别人员的年龄、性别、是否戴眼镜以及人员的民\n族等属性。", 1),
        ("- the first thing in a list of several things\n- the second", 2),
        ("", []),
    ],
)
def test_paragraphs(page: str, made: list[str] | int) -> None:
    got = list(paragraphs(page))
    assert got == made if isinstance(made, list) else len(got) == made


def test_ranges_of_pages() -> None:
    assert _ranges([1, 2, 3, 7]) == "1-3, 7"
    assert _ranges(list(range(1, 99, 2))).endswith("and 29 more ranges")


def test_what_was_filled_in_and_who_wrote_it_is_never_shown(tmp_path: Path) -> None:
    for form in ("plain", "json", "html"):
        done = forks.run(["scan", SPECIMEN, "--full", "--format", form], tmp_path)
        assert done.returncode == 1, done.stderr
        assert b"ethnicity" in done.stdout
        assert b"A Person" not in done.stdout + done.stderr


def test_an_encrypted_document_needs_its_password() -> None:
    made = io.BytesIO()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(SPECIMEN.read_bytes()))
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(made)
    assert reasons(shown(made.getvalue())) == {Reason.ENCRYPTED}
    assert not texts(shown(made.getvalue(), b"other"))
    assert any("ethnicity" in text for text in texts(shown(made.getvalue(), b"other", b"secret")))


def test_one_that_only_forbids_printing_is_read() -> None:
    made = io.BytesIO()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(SPECIMEN.read_bytes()))
    writer.encrypt("", "owner", algorithm="AES-128")
    writer.write(made)
    assert any("ethnicity" in text for text in texts(shown(made.getvalue())))


def test_a_damaged_page_hides_no_other() -> None:
    data = SPECIMEN.read_bytes()
    broken = data.replace(b"/Contents 13 0 R", b"/Contents 99 0 R").replace(b"/Type/Filespec", b"/Type/Filesp[c")
    items = shown(broken)
    assert any("ethnicity of each person" in text for text in texts(items))
    assert reasons(items) & {Reason.DAMAGED, Reason.UNKNOWN}


def test_hostile_bytes_end_in_gaps() -> None:
    """Cut, and with bytes changed: no exception comes out, and what is not read is said."""
    data = SPECIMEN.read_bytes()
    for size in range(0, len(data), 97):
        items = shown(data[:size])
        assert items or size == 0
    some = random.Random(5)  # noqa: S311 - the same changes every time
    for _ in range(120):
        bad = bytearray(data)
        for _ in range(some.randrange(1, 12)):
            bad[some.randrange(len(bad))] = some.randrange(256)
        assert shown(bytes(bad))


def test_a_page_of_much_drawing_is_a_gap() -> None:
    data = SPECIMEN.read_bytes()
    start = data.index(b"stream\n", data.index(b"12 0 obj")) + 7
    end = data.index(b"\nendstream", start)
    body = data[start:end] + b" 0 0 m" * (1 << 20)
    head = data[: data.index(b"<<", data.index(b"12 0 obj"))]
    large = head + b"<</Length %d>>stream\n" % len(body) + body + data[end:]
    assert Reason.LIMIT in reasons(shown(large))


def test_choices_of_a_field_are_a_list() -> None:
    members = [i for i in shown(SPECIMEN.read_bytes()) if isinstance(i, Surface) and i.role is Role.MEMBER]
    assert [m.text for m in members] == ["Han", "Uyghur", "other"]
    assert {m.owner for m in members} == {"form.ethnicity"}
