"""Macros: read out of old documents beside what these say, in their code page, and bounded whatever they claim."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import adds_up, changes, cuts, shown
from untag.artifact import Artifact
from untag.gap import Gap, Reason
from untag.scan import Options, scan
from untag.syntax import vba

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "specimens" / "readers" / "vba" / "project" / "input.bin"
OPTIONS = Options(jobs=1, cache=False)


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """What made the specimens."""
    spec = importlib.util.spec_from_file_location("made_specimens", ROOT.parent / "tools" / "specimens.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("text", ["", "a", "abc" * 3000, "".join(chr(40 + n * n % 90) for n in range(9001))])
def test_what_is_compressed_comes_out_again(text: str, maker: ModuleType) -> None:
    packed = maker.crushed(text.encode())
    assert vba.decompress(packed, 1 << 20) == text.encode()
    assert len(packed) < len(text) * 9 // 8 + 9


def test_a_container_that_unpacks_to_more_is_cut(maker: ModuleType) -> None:
    packed = maker.crushed(b"a" * 1_000_000)
    with pytest.raises(vba.Broken) as caught:
        vba.decompress(packed, 100_000)
    assert len(caught.value.part) == 100_000


def test_macros_of_a_document_are_read_beside_its_text(maker: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(maker.compound({"WordDocument": b"", "1Table": b"", **_source(maker, "Uyghur")}))
    report = scan([str(tmp_path)], OPTIONS)
    assert adds_up(report.coverage)
    assert {f.place.chain for f in report.shown} == {("a.doc", "VBA/Faces.bas")}
    (tmp_path / "a.doc").write_bytes(maker.compound({"WordDocument": b"", "1Table": b"", **_source(maker, "Calm")}))
    assert not scan([str(tmp_path)], OPTIONS).findings


def _source(maker: ModuleType, what: str) -> dict[str, bytes]:
    made: dict[str, bytes] = maker.macros(f"Public Enum Face\n    Face{what} = 1\n    FaceOther = 2\nEnd Enum\n")
    return made


def test_the_code_page_of_the_project_is_told(maker: ModuleType) -> None:
    items = shown("a.bin", maker.compound(maker.macros("' лицо\nEnd Sub\n")))
    (module,) = (i for i in items if isinstance(i, Artifact))
    assert module.text == "' лицо\nEnd Sub\n"
    assert not any(isinstance(i, Gap) for i in items)


def test_a_module_that_is_not_there_or_broken_hides_no_other(maker: ModuleType) -> None:
    rows = maker.macros("Sub Faces()\nEnd Sub\n")
    without = shown("a.bin", maker.compound({k: v for k, v in rows.items() if not k.endswith("/Faces")}))
    assert {i.reason for i in without if isinstance(i, Gap)} == {Reason.DAMAGED}
    rows["VBA/Faces"] = rows["VBA/Faces"] + b"\x55\x55"
    items = shown("a.bin", maker.compound(rows))
    assert {i.reason for i in items if isinstance(i, Gap)} == {Reason.DAMAGED}
    assert [i.text for i in items if isinstance(i, Artifact)] == ["Sub Faces()\nEnd Sub\n"]


def test_modules_without_end_in_one_stream_are_read_once_and_within_a_bound(
    maker: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = maker.macros("Sub Faces()\nEnd Sub\n" * 200)
    found, page = vba.modules(vba.decompress(next(v for k, v in rows.items() if k.endswith("/dir")), 1 << 20))
    with monkeypatch.context() as made:
        made.setattr("untag.syntax.vba.modules", lambda _: (found * 1000, page))
        once = [i for i in shown("a.bin", maker.compound(rows)) if isinstance(i, Artifact)]
    assert len(once) == len(found)
    others = [vba.Module(m.name, m.stream, m.offset + n) for n in range(1000) for m in found]
    monkeypatch.setattr("untag.syntax.vba.modules", lambda _: (others, page))
    monkeypatch.setattr("untag.readers.vba._ALL", 3000)
    gaps = [i for i in shown("a.bin", maker.compound(rows)) if isinstance(i, Gap)]
    assert gaps[-1].reason is Reason.LIMIT
    assert len(gaps) < 100


def test_damage_is_no_crash() -> None:
    data = PROJECT.read_bytes()
    for _, cut in cuts(data):
        shown("a.bin", cut)
    for changed in changes(data, "vba", 300):
        shown("a.bin", changed)


def test_without_the_library_the_gap_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "olefile", None)
    said = [g.detail for g in scan([str(PROJECT)], OPTIONS).gaps if g.reason is Reason.NEEDS]
    assert said
    assert all("untag[documents]" in text for text in said)
