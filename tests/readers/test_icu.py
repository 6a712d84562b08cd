"""Data of ICU: its own are opaque by design and said so, in a file and in a program; other packages are gaps."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import adds_up, changes, cuts, shown
from untag.gap import Reason
from untag.scan import Options, scan
from untag.syntax.icu import locales

if TYPE_CHECKING:
    from untag.report import Report

MAKE = Path(__file__).parent.parent / "specimens" / "make" / "programs.py"
ELF = Path(__file__).parent.parent / "specimens" / "readers" / "elf" / "library"
NAMES = "Uyghur|ethnicity of a face|Kazakh|".encode("utf-16-le") * 9


def package(name: str, body: bytes = NAMES) -> bytes:
    spec = importlib.util.spec_from_file_location("made_programs", MAKE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    data: bytes = module.icu(name, body)
    return data


def look(path: Path) -> Report:
    report = scan([str(path)], Options(jobs=1, cache=False))
    assert adds_up(report.coverage)
    return report


def test_its_own_data_are_opaque_and_said_so(tmp_path: Path) -> None:
    data = package("icudt72l")
    (tmp_path / "icudtl.dat").write_bytes(data)
    report = look(tmp_path)
    assert report.coverage.by_design == {"locale_data": len(data)}
    assert not report.gaps
    assert not report.findings


def test_what_stands_behind_them_is_a_gap(tmp_path: Path) -> None:
    data = package("icudt72l")
    more = bytes(1 << 17)
    (tmp_path / "icudtl.dat").write_bytes(data + more)
    report = look(tmp_path)
    assert [g.reason for g in report.gaps] == [Reason.UNKNOWN]
    assert 0 < report.gaps[0].size < len(more)


def test_a_package_of_somebody_else_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "faces.dat").write_bytes(package("faces"))
    assert [g.reason for g in look(tmp_path).gaps] == [Reason.UNKNOWN]


@pytest.mark.parametrize("name", ["icudt72l", "faces"])
def test_damage_is_no_crash(name: str) -> None:
    data = package(name)
    for _, cut in cuts(data):
        shown("a.dat", cut)
    for changed in changes(data, name, 200):
        shown("a.dat", changed)
        start, end = locales(changed, 0, len(changed))
        assert 0 <= start <= end <= len(changed)


def test_those_in_a_program_are_counted(tmp_path: Path) -> None:
    """A section of data of the specimen's library, made longer by them, at the end of the file."""
    from untag.artifact import Artifact
    from untag.place import Place
    from untag.readers._native import body
    from untag.syntax.image import Image, Section

    own = package("icudt72l")
    data = b"\0" * 64 + own + bytes(64)
    section = Section(".rodata", 0, len(data))
    items = list(body(Artifact(Place(("a.so",)), data), data, Image([section]), []))
    assert [(i.kind, i.size) for i in items if hasattr(i, "size")] == [("locale_data", len(own) + 64)]
