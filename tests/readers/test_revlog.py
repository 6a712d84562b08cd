"""Stores of Mercurial: a word that a revision held is found once, where it stood; who committed is never shown."""

from __future__ import annotations

import importlib.util
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import adds_up, artifact_of, changes, cuts
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits, Opaque, Reason
from untag.place import Place
from untag.readers import called
from untag.scan import Options, scan
from untag.syntax import revlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.report import Report

TOOL = Path(__file__).parent.parent.parent / "tools" / "specimens.py"
FACE = b"enum FaceEthnicity { FACE_UYGHUR = 1, FACE_OTHER = 2 };\n"


@pytest.fixture(scope="module")
def make() -> Callable[..., bytes]:
    spec = importlib.util.spec_from_file_location("made_revlogs", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    made: Callable[..., bytes] = module.revisions
    return made


def read(name: str, data: bytes, limits: Limits | None = None) -> list[Artifact | Gap | Opaque]:
    artifact = artifact_of(name, data)
    artifact.place = Place((f".hg/store/{name}",))
    out: list[Artifact | Gap | Opaque] = []
    try:
        out += called("revlog").read(artifact, limits or Limits())  # type: ignore[arg-type]
    except Damaged as broken:
        out.append(Gap(artifact.place, Reason.DAMAGED, broken.detail))
    return out


def members(name: str, data: bytes) -> dict[str, bytes]:
    return {i.place.chain[-1]: i.data for i in read(name, data) if isinstance(i, Artifact)}


def look(path: Path) -> Report:
    report = scan([str(path)], Options(jobs=1, cache=False))
    assert adds_up(report.coverage)
    return report


def test_all_revisions_come_out_as_they_went_in(make: Callable[..., bytes]) -> None:
    rows = [b"a\n" * n + b"b" * (n % 7) + b"c\n" for n in range(40)]
    data = make(rows)
    found, whole = revlog.entries(data)
    assert whole
    assert [text for _, text in revlog.texts(data, found, 1 << 20)] == rows


def test_a_line_is_shown_once_and_where_it_stood(make: Callable[..., bytes]) -> None:
    plain = [b"line %d of the file\n" % n for n in range(50)]
    rows = [b"".join(plain)]
    for n in range(20):
        plain[n] = b"changed %d\n" % n
        rows.append(b"".join([*plain[:40], FACE, *plain[40:]]) if n < 10 else b"".join(plain))
    made = members("data/face.h.i", make(rows))
    assert [name for name, text in made.items() if FACE.strip() in text] == ["revision 1/face.h"]
    assert made["revision 1/face.h"].split(b"\n")[40] == FACE.strip()
    assert made["revision 0/face.h"] == rows[0]
    assert len(made) == 21


def test_a_word_of_an_old_revision_is_one_finding(make: Callable[..., bytes], tmp_path: Path) -> None:
    store = tmp_path / ".hg" / "store" / "data"
    store.mkdir(parents=True)
    far = b"// made up\n" + b"\n" * 20
    (store / "_face.h.i").write_bytes(make([far, far + FACE, b"// new" + far + FACE, far]))
    report = look(tmp_path)
    assert [f.place.chain for f in report.shown] == [(".hg/store/data/_face.h.i", "revision 1/Face.h")]
    assert "hg debugdata" in report.shown[0].check[0]
    (store / "_face.h.i").write_bytes(make([b"// made up\n", b"// made up\nenum FaceMood { FACE_CALM };\n"]))
    clean = look(tmp_path)
    assert not clean.findings
    assert not clean.gaps


def test_of_a_commit_the_message_is_read_and_nobody_is_named(make: Callable[..., bytes]) -> None:
    rows = [f"{n:040x}\nZebulon Quackenfirth <z@example.org>\n0 0\nface.h\n\nadd race {n}".encode() for n in range(3)]
    made = members("00changelog.i", make(rows))
    assert list(made.values()) == [b"add race 0", b"add race 1", b"add race 2"]


def test_a_manifest_is_opaque_and_data_that_are_not_beside_are_a_gap(make: Callable[..., bytes]) -> None:
    data = make([b"face.h\x00" + b"0" * 40 + b"\n"])
    assert read("00manifest.i", data) == [Opaque("version_control", len(data))]
    (gap,) = read("data/face.h.i", make([b"a\n", b"b\n"], inline=False))
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.ABSENT
    assert ".d" in gap.detail


def apart(make: Callable[..., bytes], folder: Path, name: str, rows: list[bytes]) -> None:
    """A log with what is packed in a file beside it."""
    packed = bytearray()
    (folder / f"{name}.i").write_bytes(make(rows, inline=False, beside=packed))
    (folder / f"{name}.d").write_bytes(packed)


def test_data_in_a_file_beside_are_read_with_their_index(make: Callable[..., bytes], tmp_path: Path) -> None:
    store = tmp_path / ".hg" / "store" / "data"
    store.mkdir(parents=True)
    far = b"// made up\n" + b"".join(b"int x%d;\n" % n for n in range(2000))
    apart(make, store, "_face.h", [far, far + FACE, far])
    for cache in (False, True, True):
        report = scan([str(tmp_path)], Options(jobs=1, cache=cache))
        assert adds_up(report.coverage)
        assert [f.place.chain[1] for f in report.shown] == ["revision 1/Face.h"]
        assert report.gaps == ()
    # What lies beside it decides, so that nothing of it is kept.
    packed = store / "_face.h.d"
    packed.write_bytes(packed.read_bytes()[:-1])
    assert [g.reason for g in scan([str(tmp_path)], Options(jobs=1)).gaps] == [Reason.DAMAGED]
    packed.unlink()
    packed.symlink_to(tmp_path / "elsewhere")
    assert Reason.ABSENT in {g.reason for g in scan([str(tmp_path)], Options(jobs=1)).gaps}


def committed(
    make: Callable[..., bytes], root: Path, files: list[bytes], branches: list[str], *, beside: bool
) -> list[str]:
    """A repository of one file ``Face.h`` with a commit a revision; the ids of the commits."""
    store = root / ".hg" / "store"
    (store / "data").mkdir(parents=True)

    def log(name: str, rows: list[bytes]) -> list[str]:
        if beside:
            apart(make, store, name, rows)
        else:
            (store / f"{name}.i").write_bytes(make(rows))
        return [row.node.hex() for row in revlog.entries(make(rows))[0]]

    held = log("data/_face.h", files)
    trees = log("00manifest", [b"Face.h\0" + node.encode() + b"\n" for node in held])
    who = "Zebulon Quackenfirth <z@example.org>"
    said = [f"{t}\n{who}\n0 0{b and ' branch:' + b}\nFace.h\n\nstep" for t, b in zip(trees, branches, strict=True)]
    return log("00changelog", [text.encode() for text in said])


@pytest.mark.parametrize("beside", [False, True])
def test_history_names_commits_and_who_holds_it(make: Callable[..., bytes], tmp_path: Path, beside: bool) -> None:
    far = b"// made up\n" + b"\n" * 20
    files = [far, far + FACE, b"int more;\n" + far + FACE, far]
    ids = committed(make, tmp_path / "gone", files, ["", "", "", "stable"], beside=beside)
    (tmp_path / "gone" / ".hg" / "bookmarks").write_text(f"{ids[1]} work\n{ids[0]} early\n{'0' * 40} none\n")
    report = scan([str(tmp_path / "gone")], Options(jobs=1, cache=False, history=True))
    assert report.gaps == ()
    (lost,) = report.shown
    assert lost.span is not None
    assert (lost.span.first, lost.span.last, lost.span.tip) == (ids[1], ids[2], False)
    assert lost.span.refs == ("branch stable", "bookmark work")
    ids = committed(make, tmp_path / "there", files[:3], ["", "", ""], beside=beside)
    (live,) = scan([str(tmp_path / "there")], Options(jobs=1, cache=False, history=True)).shown
    assert live.span is not None
    assert (live.span.first, live.span.last, live.span.tip) == (ids[1], ids[2], True)
    assert live.span.refs == ("branch default",)
    assert look(tmp_path / "there").shown[0].span is None


def test_a_damaged_bookmark_and_a_head_of_no_files_take_nothing_from_what_is_told(
    make: Callable[..., bytes], tmp_path: Path
) -> None:
    far = b"// made up\n" + b"\n" * 20
    ids = committed(make, tmp_path, [far, far + FACE], ["", ""], beside=False)
    (tmp_path / ".hg" / "bookmarks").write_bytes(b"zz broken\n\xff\n\n%s work\n" % ids[1].encode())
    log = tmp_path / ".hg" / "store" / "00changelog.i"
    said = [text for _, text in revlog.texts(log.read_bytes(), revlog.entries(log.read_bytes())[0], 1 << 20)]
    assert None not in said
    log.write_bytes(make([text or b"" for text in said] + [b"0" * 40 + b"\nZ <z@example.org>\n0 0\n\nall gone"]))
    (lost,) = scan([str(tmp_path)], Options(jobs=1, cache=False, history=True)).shown
    assert lost.span is not None
    assert (lost.span.first, lost.span.tip) == (ids[1], False)
    assert lost.span.refs == ("branch default", "bookmark work")


def test_a_store_that_cannot_be_followed_hides_no_finding(make: Callable[..., bytes], tmp_path: Path) -> None:
    far = b"// made up\n"
    committed(make, tmp_path, [far, far + FACE, far], ["", "", ""], beside=False)
    for name in ("00manifest.i", "00changelog.i"):
        path = tmp_path / ".hg" / "store" / name
        whole = path.read_bytes()
        for _, cut in cuts(whole):
            path.write_bytes(cut)
            report = scan([str(tmp_path)], Options(jobs=1, cache=False, history=True))
            assert [f.place.chain[1] for f in report.shown] == ["revision 1/Face.h"]
        path.write_bytes(whole)


def test_what_is_noted_before_a_copy_is_no_line_of_it(make: Callable[..., bytes]) -> None:
    made = members("data/a.h.i", make([b"\1\ncopy: old.h\n\1\nint face;\n"]))
    assert made == {"revision 0/a.h": b"int face;\n"}


def test_a_changed_byte_is_told_by_the_name_of_the_revision(make: Callable[..., bytes]) -> None:
    data = make([b"int face;\n"])
    packed = zlib.compress(b"int race;\n")
    other = data[:8] + struct.pack(">I", len(packed)) + data[12:64] + packed
    assert [i.reason for i in read("data/a.h.i", other) if isinstance(i, Gap)] == [Reason.DAMAGED]


def test_revisions_that_expand_without_end_are_a_limit(make: Callable[..., bytes]) -> None:
    data = make([bytes([n]) * (1 << 20) for n in range(8)])
    got = read("data/a.bin.i", data, Limits(free=1 << 20, ratio=2))
    assert [i.reason for i in got if isinstance(i, Gap)] == [Reason.LIMIT]


def test_what_is_made_from_a_lost_revision_is_not_gone_after_again() -> None:
    """The steps are counted: without that each of them goes back to the first."""

    class Rows(list[revlog.Entry]):
        steps = 0

        def __getitem__(self, at: object) -> revlog.Entry:  # type: ignore[override]
            self.steps += 1
            return super().__getitem__(at)  # type: ignore[call-overload, no-any-return]

    for first, flags in ((b"?", 0), (b"", 0x8000)):
        rows = Rows(revlog.Entry(0, len(first), 0, 0, (-1, -1), bytes(20), flags) for _ in range(1))
        rows += [revlog.Entry(0, 0, 0, n, (n, -1), bytes(20), flags) for n in range(2000)]
        assert [text for _, text in revlog.texts(first, rows, 1 << 20)] == [None] * 2001
        assert rows.steps < 20 * 2001


def test_one_revision_of_millions_of_lines_is_a_limit(make: Callable[..., bytes]) -> None:
    got = read("data/a.txt.i", make([b"face\n", b"\n" * (17 << 20)]))
    assert [i.reason for i in got if isinstance(i, Gap)] == [Reason.LIMIT]
    assert [i.data for i in got if isinstance(i, Artifact)] == [b"face\n"]


def test_damage_is_no_crash(make: Callable[..., bytes]) -> None:
    data = make([b"face %d\n" % n * (n + 1) for n in range(12)])
    for _, cut in cuts(data):
        read("data/a.h.i", cut)
    for changed in changes(data, "revlog", 300):
        read("data/a.h.i", changed)
