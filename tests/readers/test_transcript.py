"""Transcripts: what a person read is bound to the page's digest, judged like it, and not taken for our reading."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from untag.artifact import Transcript
from untag.gap import Reason
from untag.mistake import UntagError
from untag.readers._transcript import digest
from untag.scan import Options, scan
from untag.transcript import load

if TYPE_CHECKING:
    from untag.report import Report

pypdf = pytest.importorskip("pypdf")

MANUAL = Path(__file__).parent.parent / "specimens" / "readers" / "pdf" / "manual" / "input.pdf"
CLEAN = MANUAL.parent.parent / "manual-clean" / "input.pdf"


def look(path: Path, *rows: Transcript) -> Report:
    return scan([str(path)], Options(jobs=1, cache=False, transcripts=rows))


def digests(path: Path) -> dict[str, str]:
    return {g.place.pointer or "": g.detail.rpartition("(")[2].rstrip(")") for g in look(path).gaps}


def told(path: Path, page: str, text: str) -> Transcript:
    return Transcript(digests(path)[page], text, "A. Auditor", "2026-01-31")


def test_without_the_option_the_pages_are_one_gap_of_each_kind() -> None:
    report = scan([str(CLEAN)], Options(jobs=1, cache=False))
    assert {g.reason for g in report.gaps} == {Reason.UNKNOWN, Reason.UNDECODABLE}
    assert all("--transcript" in g.detail and "sha256" not in g.detail for g in report.gaps)


def test_what_a_person_read_is_found_at_its_page_and_the_gap_stays_accepted() -> None:
    rows = [told(CLEAN, f"/pages/{n}", "The camera tells age, gender and ethnicity of each face.") for n in (3, 4)]
    report = look(CLEAN, *rows)
    assert {f.place.pointer for f in report.shown} == {"/pages/3/transcript", "/pages/4/transcript"}
    assert not [g for g in report.gaps if not g.accepted]
    assert len(report.gaps) == 2
    assert all("A. Auditor" in g.detail and "2026-01-31" in g.detail and g.why for g in report.gaps)
    assert "ethnicity of each" not in repr(Options(transcripts=tuple(rows)))


def test_a_page_that_says_nothing_of_interest_is_clean_but_for_strict() -> None:
    rows = [told(CLEAN, f"/pages/{n}", "Mounting the camera.") for n in (3, 4)]
    report = look(CLEAN, *rows)
    assert not report.findings
    assert report.exit_code() == 0
    assert report.exit_code(strict=True) == 3


def test_a_digest_is_that_of_the_page_in_any_document_and_of_no_other() -> None:
    first, second = digests(MANUAL), digests(CLEAN)
    assert first == second  # the twins differ in their other pages
    assert len(set(first.values())) == len(first) == 2


@pytest.mark.parametrize("change", ["picture", "drawing"])
def test_a_changed_page_is_unread_again(change: str, tmp_path: Path) -> None:
    from pypdf.generic import NameObject, StreamObject

    book = pypdf.PdfWriter(clone_from=pypdf.PdfReader(MANUAL))
    page = book.pages[2]
    if change == "picture":
        things = page["/Resources"]["/XObject"].get_object()
        picture = next(iter(things.values())).get_object()
        picture._data = picture._data[:-1] + bytes([picture._data[-1] ^ 1])
    else:
        drawn = StreamObject()
        drawn._data = page.get_contents().get_data() + b"\n"
        page[NameObject("/Contents")] = book._add_object(drawn)
    out = io.BytesIO()
    book.write(out)
    (tmp_path / "a.pdf").write_bytes(out.getvalue())
    report = look(tmp_path / "a.pdf", told(MANUAL, "/pages/3", "ethnicity of faces"))
    assert "/pages/3" in {g.place.pointer for g in report.gaps if not g.accepted}


class Ref:
    """A reference, as pypdf has them."""

    generation = 0

    def __init__(self, idnum: int, thing: object) -> None:
        self.idnum, self.thing = idnum, thing

    def get_object(self) -> object:
        return self.thing


def test_a_digest_tells_which_of_several_pictures_is_drawn_again() -> None:
    first, second = Ref(5, {"/Width": 1}), Ref(6, {"/Width": 2})
    pages = [{"/Resources": {"/A": first, "/B": second, "/C": third}} for third in (first, second)]
    assert len({digest(page) for page in pages}) == 2
    moved = {"/Resources": {"/A": Ref(1, {"/Width": 1}), "/B": (other := Ref(2, {"/Width": 2})), "/C": other}}
    assert digest(moved) == digest(pages[1])


def test_a_digest_tells_where_lists_end_and_how_much_of_a_page_shows() -> None:
    texts = ({"/Contents": [["a"], "b"]}, {"/Contents": [["a", "b"]]}, {"/Contents": "a\n/Resources text 4 None"},
             {"/Contents": "a", "/CropBox": [0, 0, 1, 1]}, {"/Contents": "a"})  # fmt: skip
    assert len({digest(page) for page in texts}) == len(texts)


def test_a_page_of_too_many_things_has_no_digest() -> None:
    assert digest({"/Contents": ["a"] * 100_001}) == ""


def test_a_long_line_is_read_to_its_end() -> None:
    text = "Mounting the camera. " * 200 + "It tells age, gender and ethnicity of each face."
    report = look(CLEAN, told(CLEAN, "/pages/3", text))
    assert [f.place.pointer for f in report.shown] == ["/pages/3/transcript"]


def test_a_file_of_transcripts(tmp_path: Path) -> None:
    mark = "sha256:" + "0" * 64
    (tmp_path / "a.toml").write_text(f'[[page]]\ndigest = "{mark}"\nby = "A"\ndate = 2026-01-31\ntext = "b"\n')
    assert load([str(tmp_path / "a.toml")]) == (Transcript(mark, "b", "A", "2026-01-31"),)
    (tmp_path / "a.toml").write_text("")
    assert load([str(tmp_path / "a.toml")]) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[pages]]\n", "did you mean 'page'"),
        ("[[page]]\ndigset = 'x'\n", "did you mean 'digest'"),
        ("[[page]]\ndigest = 'sha256:0'\ntext = 'a'\nby = 'b'\n", "64 digits"),
        ("[[page]]\ntext = 'a'\nby = 'b'\n", "digest is missing"),
        (f"[[page]]\ndigest = 'sha256:{'0' * 64}'\ntext = 'a'\n", "by is missing"),
        ("page = 3\n", "no such key"),
        (f"[[page]]\ndigest = 'sha256:{'0' * 64}'\ntext = 'a'\nby = 'b'\n" * 2, "another one"),
    ],
)
def test_a_mistake_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(UntagError, match=said):
        load([str(tmp_path / "a.toml")])
