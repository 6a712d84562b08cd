"""Office documents: text that runs cut stays whole, inside its archive too; a workbook is not read as text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from untag.artifact import Artifact
from untag.gap import Limits
from untag.place import Place
from untag.readers import called
from untag.scan import Options, scan
from untag.surface import Role, Surface

ROOT = Path(__file__).parent.parent / "specimens/readers/office"


def shown(data: bytes) -> list[Surface]:
    reader = called("office")
    artifact = Artifact(Place(("document.xml",)), data)
    assert reader.knows(artifact)
    return [item for item in reader.read(artifact, Limits()) if isinstance(item, Surface)]


def test_runs_are_one_text() -> None:
    items = shown((ROOT / "text/input.xml").read_bytes())
    assert [i.text for i in items if i.role is Role.HEADING] == ["Face attributes"]
    assert any(i.role is Role.PROSE and i.text.endswith("gender and ethnicity of each person.") for i in items)
    assert any(i.text == "民族" and i.about == "byEthnicity" for i in items)


def test_what_was_struck_out_is_a_remark() -> None:
    items = shown((ROOT / "text/input.xml").read_bytes())
    assert [i.text for i in items if i.role is Role.COMMENT] == ["The camera also tells race."]


def test_points_of_a_slide_are_a_list() -> None:
    items = shown((ROOT / "slide/input.xml").read_bytes())
    assert [i.text for i in items if i.role is Role.MEMBER] == ["Age", "Gender", "Ethnicity (Uyghur, Han)"]


def test_a_workbook_is_no_text() -> None:
    data = (ROOT / "open/input.xml").read_bytes().replace(b"office:text>", b"office:spreadsheet>")
    assert not called("office").knows(Artifact(Place(("content.xml",)), data))


@pytest.mark.parametrize(
    ("case", "name"), [("text", "word/document.xml"), ("slide", "ppt/slides/slide1.xml"), ("open", "content.xml")]
)
def test_a_document_is_read_in_its_archive(tmp_path: Path, case: str, name: str) -> None:
    found = []
    for folder in (case, f"{case}-clean"):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as file:
            file.writestr(name, (ROOT / folder / "input.xml").read_bytes())
        path = tmp_path / folder / "manual.docx"
        path.parent.mkdir()
        path.write_bytes(made.getvalue())
        found.append([f.place.chain for f in scan([str(path)], Options(cache=False)).shown])
    assert set(found[0]) == {("manual.docx", name)}
    assert not found[1]


def test_hostile_markup_ends() -> None:
    data = (ROOT / "text/input.xml").read_bytes()
    for size in range(300, len(data), 41):
        shown(data[:size])
    head = data[: data.index(b"<w:body>")]
    for piece in (b"<w:p>", b"<w:tbl><w:tr><w:tc>", b"<w:p><w:r><w:t>race", b"<w:sp>"):
        assert len(shown(head + piece * 20_000)) < 50_000
