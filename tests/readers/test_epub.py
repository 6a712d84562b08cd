"""EPUB: chapters in the order of reading; what is locked by a publisher, or is missing, is a gap beside the rest."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import adds_up, changes, cuts, shown
from untag.artifact import Artifact
from untag.gap import Gap, Reason
from untag.scan import Options, scan

if TYPE_CHECKING:
    from untag.report import Report

BOOK = Path(__file__).parent.parent / "specimens" / "readers" / "epub" / "book" / "input.epub"
LOCKS = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData>'
    '<EncryptionMethod Algorithm="{}"/><CipherData><CipherReference URI="text/2.xhtml"/></CipherData>'
    "</EncryptedData></encryption>"
)


def book(**more: str | None) -> bytes:
    """The specimen with members put in, changed or left out; ``__`` in a name stands for a slash."""
    rows = {k.replace("__", "/").replace("META_", "META-"): v for k, v in more.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(BOOK) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            stem = info.filename.rpartition(".")[0] or info.filename
            text = rows.pop(stem, old.read(info).decode())
            if text is not None:
                new.writestr(info, text)
        for name, text in rows.items():
            new.writestr(f"{name}.xml", text or "")
    return out.getvalue()


def look(path: Path, data: bytes) -> Report:
    path.write_bytes(data)
    report = scan([str(path)], Options(jobs=1, cache=False))
    assert adds_up(report.coverage)
    assert "Quackenfirth" not in repr(report)
    return report


def test_chapters_come_in_the_order_of_reading() -> None:
    names = [i.place.chain[-1] for i in shown("a.epub", BOOK.read_bytes()) if isinstance(i, Artifact)]
    assert names[:5] == ["text/1.xhtml", "text/2.xhtml", "mimetype", "META-INF/container.xml", "book.opf"]


def test_a_locked_chapter_is_a_gap_and_fonts_are_none(tmp_path: Path) -> None:
    locked = look(tmp_path / "a.epub", book(META_INF__encryption=LOCKS.format("http://www.w3.org/2001/04/xmlenc#aes")))
    assert [(g.reason, g.place.chain[-1]) for g in locked.gaps] == [(Reason.ENCRYPTED, "text/2.xhtml")]
    assert not locked.findings
    fonts = look(tmp_path / "a.epub", book(META_INF__encryption=LOCKS.format("http://www.idpf.org/2008/embedding")))
    assert not fonts.gaps
    assert fonts.findings


def test_a_chapter_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    report = look(tmp_path / "a.epub", book(text__1=None))
    assert [g.reason for g in report.gaps] == [Reason.ABSENT]
    assert report.findings


@pytest.mark.parametrize("package", [None, "", "<package><spine><itemref idref='x'/></spine></package>"])
def test_without_a_package_it_is_read_all_the_same(package: str | None, tmp_path: Path) -> None:
    report = look(tmp_path / "a.epub", book(book=package))
    assert [g.reason for g in report.gaps] == [Reason.DAMAGED]
    assert report.findings


def test_damage_is_no_crash() -> None:
    data = BOOK.read_bytes()
    for part, cut in cuts(data):
        assert any(isinstance(i, Gap) for i in shown("a.epub", cut)) or part < 2
    for changed in changes(data, "epub", 200):
        shown("a.epub", changed)
