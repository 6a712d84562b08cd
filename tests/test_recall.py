"""The second run: what is known from the first never changes an answer, and holds no record of a person."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import zlib
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from untag import lexicon, recall, scan
from untag.artifact import Artifact
from untag.cache import Cache, Shelf
from untag.case import Legend, Scar
from untag.finding import Evidence, Hit, Mark
from untag.gap import Gap, Limits, Reason
from untag.index import Index
from untag.judge import Gatherer, Sheet
from untag.judge.gather import Draft
from untag.outcome import Folded, Outcome, pack, slim, unpack
from untag.place import Place
from untag.quotes import lines_of
from untag.registry import leaves
from untag.reports import View
from untag.scan import Options
from untag.sources import Entry
from untag.surface import Kind, Role, Surface
from untag.work import Worker

SPECIMENS = Path(__file__).parent / "specimens" / "readers"
FACE = """class FaceAttributes:
    age: int
    gender: str
    ethnicity: str  # of the detected face
    face_score: float


LABELS = ["asian", "black", "white", "indian"]
"""
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the second time of a file is that of creation there")


def aged(root: Path) -> None:
    """Wait until the times of what was just written are no longer racy; nothing but waiting moves a status time."""
    newest = max(max(p.stat().st_ctime_ns, p.stat().st_mtime_ns) for p in root.rglob("*"))
    time.sleep(max(0.0, 2.05 - (time.time_ns() - newest) / 1e9))


def plant(root: Path) -> Path:
    """A tree with findings, gaps, copies, other encodings and plain files."""
    for number in range(30):
        path = root / f"plain/file{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"def f{number}(a):\n    return a + {number}\n", encoding="utf-8")
    for name in ("sdk/face.py", "copy/a/face.py", "copy/b/face.py", "tests/face.py", "uyghur/face.py", "sdk/other.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(FACE, encoding="utf-8")
    (root / "sdk/net.h").write_bytes(
        "typedef enum { 未知 = 0, 汉族, 维吾尔族 } EM_NATION; // 人脸民族\r\n".encode("gb18030")
    )
    (root / "sdk/blob.bin").write_bytes(b"\x7fELF" + b"\0\1\2ethnicity of face\0" * 40)
    (root / "sdk/torn.json").write_text('{"face": {"age": 3, "ethnicity": "uyghur", ', encoding="utf-8")
    (root / "sdk/face.json").write_text(
        json.dumps({"face": {"age": 1, "gender": "m", "ethnicity": ["asian", "black", "white"]}}, indent=1),
        encoding="utf-8",
    )
    (root / "sdk/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (root / "sdk/README.md").write_text("# Face SDK\n\nDetects faces and estimates ethnicity.\n", encoding="utf-8")
    (root / "sdk/allow.py").write_text("x = 1  # untag: allow[field] because\n", encoding="utf-8")
    (root / "sdk/empty").write_bytes(b"")
    return root


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Trees that have lain long enough: they wait together."""
    made = tmp_path_factory.mktemp("grown")
    rows = [plant(made / str(number)) for number in range(24)]
    aged(made)
    return rows


@pytest.fixture
def root(tmp_path: Path, grown: list[Path]) -> Path:
    """One of them for a test alone; to be moved does not make its files any younger."""
    made = (grown.pop() if grown else plant(tmp_path / "more")).rename(tmp_path / "tree")
    aged(made)
    return made


def text_of(root: Path | str, **given: Any) -> str:
    """The JSON report, without what differs from one run to the next."""
    report = scan.scan([str(root)], Options(jobs=1, **given))
    raw = json.loads("".join(leaves("untag.reports", "Form")["json"].write(report, View())))
    del raw["run"]
    return json.dumps(raw, indent=1, ensure_ascii=False)


class Reads:
    """Counts what workers read and what readers see."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[str] = []
        self.read: list[str] = []
        entry, run = Worker._entry, Worker._run

        def on_entry(worker: Worker, number: int, found: Entry) -> recall.Done:
            self.files.append(found.place.chain[0])
            return entry(worker, number, found)

        def on_run(worker: Worker, reader: Any, artifact: Artifact, *rest: Any) -> bool:
            self.read.append(artifact.place.chain[0])
            return run(worker, reader, artifact, *rest)

        monkeypatch.setattr(Worker, "_entry", on_entry)
        monkeypatch.setattr(Worker, "_run", on_run)

    def take(self) -> tuple[list[str], list[str]]:
        """What was read since the last time."""
        out = sorted(self.files), sorted(set(self.read))
        self.files.clear()
        self.read.clear()
        return out


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private cache folder."""
    shutil.copytree(compiled, tmp_path / "cache")
    monkeypatch.setenv("UNTAG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@POSIX
def test_the_second_run_opens_nothing_and_says_the_same(root: Path, folder: Path, reads: Reads) -> None:
    plain = text_of(root, cache=False)
    assert not list(folder.glob("index-*"))
    assert not list(folder.glob("outcomes-*"))
    reads.take()
    cold = text_of(root)
    files, read = reads.take()
    assert len(files) == len([p for p in root.rglob("*") if p.is_file()])
    # One blob in several places is read once, where its path says nothing of its own.
    assert sum(name.endswith("face.py") for name in read) <= 3
    warm = text_of(root)
    assert reads.take() == ([], [])
    assert plain == cold == warm
    assert '"ethnicity"' in cold
    assert text_of(root, cache=False) == warm


@POSIX
def test_processes_give_the_same(tmp_path: Path, folder: Path) -> None:
    root = plant(tmp_path / "tree")
    for number in range(500):
        (root / f"plain/more{number}.txt").write_text(f"line {number}\n" * 3, encoding="utf-8")
    shutil.copytree(root / "sdk", root / "again/sdk")
    aged(root)
    one = text_of(root)
    assert json.loads(one) == json.loads(_with_jobs(root, 2, cache=False))
    assert json.loads(one) == json.loads(_with_jobs(root, 2))
    for path in [*folder.glob("index-*"), *folder.glob("outcomes-*")]:
        path.unlink()
    assert json.loads(one) == json.loads(_with_jobs(root, 2))
    assert json.loads(one) == json.loads(_with_jobs(root, 2))


def _with_jobs(root: Path, jobs: int, *, cache: bool = True) -> str:
    report = scan.scan([str(root)], Options(jobs=jobs, cache=cache))
    raw = json.loads("".join(leaves("untag.reports", "Form")["json"].write(report, View())))
    del raw["run"]
    return json.dumps(raw)


@POSIX
def test_a_changed_file_is_noticed_by_its_status_time(root: Path, folder: Path, reads: Reads) -> None:
    del folder
    before = text_of(root)
    path = root / "plain/file3.py"
    old = path.stat()
    path.write_bytes(b"ethnicity = face.race\n".ljust(old.st_size, b" ")[: old.st_size])
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert path.stat().st_size == old.st_size
    assert path.stat().st_mtime_ns == old.st_mtime_ns
    reads.take()
    after = text_of(root)
    assert reads.take()[0] == ["plain/file3.py"]
    assert after != before
    assert after == text_of(root, cache=False)


@POSIX
def test_what_was_just_written_is_read_again(root: Path, folder: Path, reads: Reads) -> None:
    late = root / "plain/late.py"
    late.write_text("a = 1\n", encoding="utf-8")
    future = root / "plain/future.py"
    future.write_text("b = 2\n", encoding="utf-8")
    os.utime(future, (time.time() + 9e5, time.time() + 9e5))
    del folder
    text_of(root)
    reads.take()
    text_of(root)
    assert reads.take()[0] == ["plain/future.py", "plain/late.py"]
    time.sleep(2.1)
    text_of(root)
    reads.take()
    text_of(root)
    # What is dated after the scan is never taken as known.
    assert reads.take()[0] == ["plain/future.py"]


@POSIX
def test_a_moved_tree_is_read_by_its_bytes(tmp_path: Path, root: Path, folder: Path, reads: Reads) -> None:
    del folder
    text_of(root)
    moved = tmp_path / "elsewhere"
    shutil.copytree(root, moved)
    reads.take()
    here = text_of(moved)
    files, read = reads.take()
    assert len(files) > 30
    assert read == []
    assert here == text_of(moved, cache=False)


@POSIX
def test_a_renamed_file_takes_nothing_from_its_old_name(root: Path, folder: Path) -> None:
    del folder
    text_of(root)
    # Terms in the path, another reader, and names that say what a list is.
    (root / "sdk/face.py").rename(root / "sdk/ethnicity_face.py")
    (root / "copy/a/face.py").rename(root / "copy/a/face.txt")
    (root / "copy/b").rename(root / "copy/race_classifier")
    (root / "sdk/face.json").rename(root / "sdk/face.csv")
    assert text_of(root) == text_of(root, cache=False)


@pytest.mark.slow
def test_the_same_bytes_say_the_same_wherever_they_lie(tmp_path: Path) -> None:
    """A kept outcome, taken at another place with the same key, is what reading there would give."""
    words = lexicon.load()
    worker = Worker(Limits(), sieve=True, engine=None, guard=lambda step: step())
    homes = (
        "a",
        "docs",
        "tests/unit",
        "node_modules/x",
        "vendor/y/z",
        ".svn/pristine/ab",
        "ethnicity",
        "race/data",
        "",
    )
    seen = 0
    for path in sorted(p for p in SPECIMENS.glob("*/*/input*") if p.is_file()):
        data = path.read_bytes()
        kept: dict[bytes, bytes] = {}
        for home in homes:
            place = Place((f"{home}/{path.name}".lstrip("/"),))
            made = Outcome()
            worker._recent.clear()
            worker._artifact(Artifact(place, data), made)
            slim(made)
            blob = pack(made, place, len(data))
            fresh = Gatherer(words, place).sheet
            key = recall.key_of(Limits(), "x", place, fresh)
            other = unpack(
                kept.setdefault(key, blob), place, len(data),
                lines=lambda wanted, encoding, data=data: lines_of(data, wanted, encoding),
                path=lambda p: Gatherer(words, p).sheet,
            )  # fmt: skip
            assert _shown(other) == _shown(made), (path, home)
            seen += len(made.sheets)
    assert seen > 300


def _shown(outcome: Outcome) -> object:
    rows = [[{n: getattr(s, n) for n in Sheet.__slots__ if n != "excerpts"} for s in outcome.sheets]]
    lines = [{n: s.excerpts[n] for n in s.excerpts} for s in outcome.sheets]
    return rows, lines, outcome.gaps, outcome.read, outcome.by_design, outcome.encodings, outcome.gap_bytes


@pytest.mark.slow
@POSIX
def test_sheets_that_are_kept_packed_say_the_same(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = plant(tmp_path / "tree")
    for path in sorted(p for p in SPECIMENS.glob("*/*/input*") if p.is_file()):
        to = root / "specimens" / path.parent.parent.name / path.parent.name / path.name
        to.parent.mkdir(parents=True)
        shutil.copy(path, to)
    del folder
    held = text_of(root)
    made: list[Folded] = []
    real = Folded.of
    monkeypatch.setattr(Folded, "of", lambda *given: made.append(real(*given)) or made[-1])
    monkeypatch.setattr(recall, "HELD", -1)
    assert text_of(root) == held
    assert len(made) > 100


def test_what_is_read_once_more_for_a_name_is_kept_packed_as_well(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del folder
    root = tmp_path / "tree"
    root.mkdir()
    (root / "pom.xml").write_text("<project><artifactId>face-capture</artifactId></project>", encoding="utf-8")
    (root / "Service.java").write_text(
        """public class Service {
    /** 人脸抓拍记录 */
    public List<Detail> list(String sex, String uygur) {
        StringBuilder filter = new StringBuilder();
        filter.append(uygur == null ? "" : String.format(" and a.TZKX5 in (%s) ", uygur));
        return faceMapper.list(filter.toString());
    }
}
""",
        encoding="utf-8",
    )
    (root / "Detail.java").write_text("public class Detail {\n    private String TZKX5;\n}\n", encoding="utf-8")
    for number in range(20):
        (root / f"f{number}.py").write_text(f"def f{number}(face):\n    return face\n", encoding="utf-8")
    held = text_of(root)
    assert "Detail.java" in held
    made: list[Folded] = []
    real = Folded.of
    monkeypatch.setattr(Folded, "of", lambda *given: made.append(real(*given)) or made[-1])
    monkeypatch.setattr(recall, "HELD", -1)
    assert text_of(root) == held
    assert any(m.text == "TZKX5" for d in made for m in d.marks)


def test_what_is_set_on_a_packed_draft_stays_with_its_marks() -> None:
    surface = Surface(Role.FIELD, "race", Place(("a",), 0, 1), "o", Kind.ENUM)
    sheet = Sheet(Place(("a",)), drafts=[Draft("o", Kind.ENUM, [Mark(surface, ())], size=3)], excerpts={1: "race"})
    blob = pack(Outcome([sheet]), sheet.place, 9)
    (read,) = unpack(blob, sheet.place, 9, folded=True).sheets
    (draft,) = read.drafts
    assert isinstance(draft, Folded)
    names = [f.name for f in dataclasses.fields(Draft)]
    assert [getattr(draft, name) for name in names] == [getattr(sheet.drafts[0], name) for name in names]
    assert read.excerpts[1] == "race"
    assert 2 not in read.excerpts
    draft.scars = ()
    first = draft.marks
    draft.size = 7
    draft.within = ("filter",)
    draft.scars = (Scar(first[0], first[0], "why"),)
    others = [unpack(blob, sheet.place, 9, folded=True).sheets for _ in range(20)]
    assert all(other[0].drafts[0].marks == first for other in others)
    assert draft.marks is first
    assert dataclasses.replace(draft, size=8).marks is first
    assert (draft.size, draft.within) == (7, ("filter",))
    assert not hasattr(draft, "_nothing")
    with pytest.raises(AttributeError):
        object.__new__(Folded).marks  # noqa: B018


def test_of_packed_drafts_only_what_was_set_is_held() -> None:
    surface = Surface(Role.FIELD, "race", Place(("a",), 0, 1), "o", Kind.ENUM)
    rows = [Draft(f"o{i}", Kind.ENUM, [Mark(surface, ())], size=i) for i in range(40)]
    sheet = Sheet(Place(("a",)), drafts=rows)
    blob = pack(Outcome([sheet]), sheet.place, 9)

    def other() -> list[Draft]:
        (read,) = unpack(blob, sheet.place, 9, folded=True).sheets
        return read.drafts

    def held() -> int:
        gc.collect()
        return sum(type(o) is Folded and o._rows is drafts for o in gc.get_objects())

    drafts = other()
    assert (len(drafts), held()) == (40, 0)
    assert all(d.marks for d in drafts)
    assert held() == 40
    drafts[3].legends = (Legend("o", "race", (), inline=False),)
    drafts[4].scars = drafts[4].legends = ()  # nothing that it did not say
    for _ in range(10):  # others are opened
        assert all(d.marks for d in other())
    assert held() == 0
    assert [d.size for d in drafts if d.legends] == [3]
    assert [d.size for d in drafts[-2:]] == [38, 39]
    assert drafts[-1].owner == "o39"
    with pytest.raises(IndexError):
        drafts[40]


def test_packing_keeps_every_field() -> None:
    place = Place(("a", "b\ud83d\ude00"), 0, 3, 4, 5, "/x\0\udcff", 7, "c0ffee")
    surface = Surface(Role.FIELD, "te\ud83d\ude00xt\0", place, "o", Kind.ENUM, "a", "v", "t")
    hit = Hit("uyghur", "group", "people", "strong", "zh", "gl", 1, 2, named=True, checked=False)
    mark = Mark(surface, (hit, replace(hit, start=5)))
    sheet = Sheet(
        place, (hit,), Counter({"x": 2}), [], Counter(a=1), Counter(), {"f": Evidence("k", "t", None)}, prose=True,
        trigger=True, surfaces=9, excerpts={4: "line"}, encoding="big5", asked=[surface],
    )  # fmt: skip
    draft = Draft("o", Kind.LIST, [mark], [surface], 3, Counter(q=1), Counter())
    sheet.drafts.append(draft)
    gap = Gap(place, Reason.DAMAGED, "d", 10)
    made = Outcome(
        [sheet], [gap], gap_bytes=10, expanded=4, read={"tree": [1, 10, 0]}, by_design=Counter(pixels=3),
        encodings=Counter(big5=1),
    )  # fmt: skip
    blob = pack(made, Place(("a",)), 10)
    # Whose bytes they are is said where they are met: the same ones may lie in another commit.
    back = unpack(blob, Place(("a",), commit="c0ffee"), 10)
    assert _shown(back) == _shown(made)
    moved = unpack(blob, Place(("q", "r"), 4), 10, path=Sheet)
    assert moved.sheets[0].place == replace(place, chain=("q", "r", "b\ud83d\ude00"), input=4, commit=None)
    with pytest.raises(ValueError, match="no record"):
        unpack(b"z" + zlib.compress(b"[1,2]"), Place(("a",)), 1)


@POSIX
@pytest.mark.parametrize("room", ["index", "outcomes"])
@pytest.mark.parametrize("how", ["flip", "cut", "empty", "swap"])
def test_damage_counts_as_absent(root: Path, folder: Path, room: str, how: str) -> None:
    want = text_of(root)
    (path,) = (p for p in folder.glob(f"{room}-*") if not p.name.endswith(("-wal", "-shm")))
    raw = bytearray(path.read_bytes())
    if how == "flip":
        for at in range(60, len(raw), 97):
            raw[at] ^= 0x5A
    elif how == "cut":
        del raw[len(raw) // 2 :]
    elif how == "empty":
        raw.clear()
    else:
        raw = bytearray(next(folder.glob("sieve-*")).read_bytes())
    path.write_bytes(bytes(raw))
    assert text_of(root) == want
    assert text_of(root) == want


@POSIX
def test_one_changed_bit_of_a_kept_outcome_is_noticed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    assert shelf.write([(b"key", b"body" * 100), (b"other", b"x")])
    assert shelf.read(b"key") == b"body" * 100
    assert shelf.read(b"none") is None
    shelf.close()
    assert (tmp_path / "shelf").stat().st_mode & 0o077 == 0
    db = sqlite3.connect(tmp_path / "shelf")
    (raw,) = db.execute("SELECT body FROM kept WHERE key = ?", (b"key",)).fetchone()
    db.execute("UPDATE kept SET body = ? WHERE key = ?", (raw[:-1] + b"z", b"key"))
    db.execute("UPDATE kept SET body = 'text' WHERE key = ?", (b"other",))
    db.commit()
    db.close()
    assert shelf.read(b"key") is None
    assert shelf.read(b"other") is None


@POSIX
def test_a_link_in_the_place_of_the_shelf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "shelf").symlink_to(tmp_path / "real")
    shelf = Shelf(tmp_path / "shelf")
    assert not shelf.write([(b"key", b"body")])
    assert (tmp_path / "real").read_bytes() == b""


def test_a_full_shelf_drops_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("untag.cache.SHELF", 1 << 20)
    shelf = Shelf(tmp_path / "shelf")
    monkeypatch.setattr("untag.cache._today", lambda: 10)
    assert shelf.write([(b"old%d" % n, os.urandom(20_000)) for n in range(40)])
    monkeypatch.setattr("untag.cache._today", lambda: 11)
    assert shelf.read(b"old7") is not None  # asked for, so it is of use still
    for round_ in range(4):
        assert shelf.write([(b"new%d %d" % (round_, n), os.urandom(20_000)) for n in range(6)])
    shelf.close()
    assert shelf.read(b"old0") is None
    assert shelf.read(b"old7") is not None
    assert shelf.read(b"new3 5") is not None


def test_too_many_indexes_drop_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("untag.cache.ENTRIES", 4)
    cache = Cache(tmp_path / "c")
    for number in range(9):
        assert cache.write("index", str(number), b"x")
        for path in (tmp_path / "c").iterdir():
            os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**9))
    assert [cache.read("index", str(n)) for n in range(9)] == [None] * 5 + [b"x"] * 4


@POSIX
def test_another_lexicon_takes_nothing(root: Path, folder: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    del folder
    want = text_of(root)
    reads.take()
    # The same words under another digest.
    other = replace(lexicon.load(), digest="sha256:" + "0" * 64)
    monkeypatch.setattr(recall, "words", SimpleNamespace(load=lambda: other))
    assert text_of(root) == want
    assert len(reads.take()[0]) > 40
    text_of(root)
    assert reads.take() == ([], [])


@POSIX
def test_bounds_are_part_of_what_is_known(root: Path, folder: Path, reads: Reads) -> None:
    del folder
    text_of(root)
    reads.take()
    text_of(root, limits=Limits(depth=2))
    assert len(reads.take()[0]) > 40


@POSIX
def test_without_the_sieve_everything_is_read(root: Path, folder: Path, reads: Reads) -> None:
    del folder
    text_of(root)
    reads.take()
    text_of(root, sieve=False)
    assert len(reads.take()[0]) > 40
    text_of(root)
    assert reads.take()[0] == []


@POSIX
def test_no_cache_leaves_nothing_behind(tmp_path: Path, root: Path, folder: Path) -> None:
    out: list[str] = []
    for flags in (["--no-cache"], [], []):
        made = tmp_path / "report.json"
        command = [sys.executable, "-m", "untag", "scan", str(root), "--format", "json", "-o", str(made), *flags]
        assert subprocess.run(command, cwd=tmp_path, timeout=120, check=False).returncode == 1
        raw = json.loads(made.read_text(encoding="utf-8"))
        del raw["run"]
        out.append(json.dumps(raw))
        if flags:
            # The compiled lexicon may come in, and what untag knows of its readers; nothing of the input does.
            assert {p.name.partition("-")[0] for p in folder.iterdir()} <= {
                "codes",
                "hyperscan",
                "lexicon",
                "readers",
                "sieve",
                "terms",
            }
    assert len(set(out)) == 1
    assert {p.name.partition("-")[0] for p in folder.iterdir()} > {"index", "outcomes"}
    # Nothing is written beside what was scanned.
    assert {p.name for p in tmp_path.iterdir()} == {"tree", "cache", "report.json"}


@pytest.mark.parametrize("value", ["", "/proc/untag-cache", "FILE"])
def test_no_place_to_keep_anything_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    root = plant(tmp_path / "tree")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("UNTAG_CACHE", str(tmp_path / "file") if value == "FILE" else value)
    assert text_of(root) == text_of(root)


@POSIX
def test_a_locked_shelf_is_passed_over(root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("untag.cache.PATIENCE", 0.01)
    want = text_of(root)
    (path,) = (p for p in folder.glob("outcomes-*") if not p.name.endswith(("-wal", "-shm")))
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    (root / "sdk/new.py").write_text(FACE.replace("face_score", "score"), encoding="utf-8")
    try:
        more = text_of(root)
    finally:
        db.execute("ROLLBACK")
        db.close()
    assert more == text_of(root, cache=False) != want


# -- what is never kept


SENTINEL = "Zaynigul Sentinelova"
PERSONS = [(f"{SENTINEL} {n}", ("uyghur", "han", "kazakh")[n % 3], 20 + n % 50) for n in range(90)]


def specimens(root: Path) -> None:
    """Records of made-up persons in every format that holds data."""
    root.mkdir()
    rows = [{"name": name, "ethnicity": people, "age": age, "face_id": age * 7} for name, people, age in PERSONS]
    table = "name,ethnicity,age,face_id\n" + "".join(f"{n},{p},{a},{a * 7}\n" for n, p, a in PERSONS)
    (root / "faces.csv").write_text(table, encoding="utf-8")
    (root / "faces.tsv").write_text(table.replace(",", "\t"), encoding="utf-8")
    (root / "faces.log").write_text(table.replace(",", " - "), encoding="utf-8")
    (root / "faces.txt").write_text(table, encoding="utf-8")
    (root / "faces16.csv").write_bytes(table.encode("utf-16"))
    (root / "broken.csv").write_text('"' + table, encoding="utf-8")
    (root / "faces.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    (root / "faces.json").write_text(json.dumps({"faces": rows}, indent=1), encoding="utf-8")
    (root / "few.json").write_text(json.dumps({"faces": rows[:5]}, indent=1), encoding="utf-8")
    (root / "line.json").write_text(json.dumps({"faces": rows[:5]}), encoding="utf-8")
    (root / "few.yaml").write_text(
        "".join(f"- {{name: '{r['name']}', ethnicity: {r['ethnicity']}, face: 1}}\n" for r in rows[:5]),
        encoding="utf-8",
    )
    (root / "few.xml").write_text(
        "<faces>" + "".join(f'<face name="{r["name"]}" ethnicity="{r["ethnicity"]}"/>' for r in rows[:5]) + "</faces>",
        encoding="utf-8",
    )
    (root / "faces.arff").write_text(
        "@relation faces\n@attribute name string\n@attribute ethnicity {uyghur,han,kazakh}\n@data\n"
        + "".join(f"'{n}',{p}\n" for n, p, _ in PERSONS),
        encoding="utf-8",
    )
    inserts = "".join(f"INSERT INTO face (name, ethnicity) VALUES ('{n}', '{p}');\n" for n, p, _ in PERSONS)  # noqa: S608
    (root / "faces.sql").write_text("CREATE TABLE face (name TEXT, ethnicity TEXT);\n" + inserts, encoding="utf-8")
    db = sqlite3.connect(root / "faces.db")
    db.execute("CREATE TABLE face (name TEXT, ethnicity TEXT)")
    db.executemany("INSERT INTO face VALUES (?, ?)", [row[:2] for row in PERSONS])
    db.commit()
    db.close()


@POSIX
def test_no_value_of_a_person_is_kept(tmp_path: Path, folder: Path) -> None:
    root = tmp_path / "set"
    specimens(root)
    for number in range(20):
        (root / f"plain{number}.txt").write_text("nothing\n", encoding="utf-8")
    (root / SENTINEL).mkdir()
    (root / SENTINEL / "face.py").write_text(FACE, encoding="utf-8")
    aged(root)
    cold = text_of(root)
    assert text_of(root) == cold
    assert text_of(root, cache=False) == cold
    wanted = re.compile(b"(?i)zaynigul|sentinelova")
    looked = 0
    for path in folder.rglob("*"):
        assert not wanted.search(path.read_bytes()), path
    (path,) = (p for p in folder.glob("outcomes-*") if not p.name.endswith(("-wal", "-shm")))
    for (body,) in sqlite3.connect(path).execute("SELECT body FROM kept"):
        raw = body[16:]
        said = zlib.decompress(raw[1:]) if raw[:1] == b"z" else raw
        assert not wanted.search(said), said[:3000]
        looked += 1
    assert looked >= 3


def test_the_index_takes_only_what_is_the_same(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    begun = time.time_ns()
    old = begun - 10**10
    entry = Entry(Place(("a/b\udcff",)), 5, "x", stat=(1, (1 << 64) - 1, -5, old))
    index = Index(cache, "key", "maker", begun)
    assert index.find(entry) is None
    index.keep(entry, "sha256:" + "ab" * 32, b"=v")
    index.keep(replace(entry, place=Place(("racy",)), stat=(1, 2, old, begun - 10**9)), "sha256:" + "ab" * 32, b"=v")
    index.save()
    again = Index(cache, "key", "maker", begun)
    if sys.platform != "win32":
        assert again.find(entry) == ("sha256:" + "ab" * 32, b"=v")
    assert again.find(replace(entry, place=Place(("racy",)), stat=(1, 2, old, begun - 10**9))) is None
    for other in (
        replace(entry, size=6), replace(entry, stat=(2, *entry.stat[1:])), replace(entry, place=Place(("a/c",))),
        replace(entry, stat=(*entry.stat[:3], old + 1)), replace(entry, stat=(1, entry.stat[1], -4, old)),
    ):  # fmt: skip
        assert again.find(other) is None
    assert Index(cache, "key", "another maker", begun).find(entry) is None
    assert Index(cache, "another key", "maker", begun).find(entry) is None


def test_a_stopped_scan_forgets_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    begun = time.time_ns()
    rows = [Entry(Place((name,)), 5, "x", stat=(1, 2, 3, 4)) for name in "abc"]
    index = Index(cache, "key", "maker", begun)
    for row in rows:
        index.keep(row, "sha256:" + "00" * 32, b"=v")
    index.save()
    index = Index(cache, "key", "maker", begun)
    index.find(rows[0])
    index.save(partial=True)
    index = Index(cache, "key", "maker", begun)
    found = [index.find(row) is not None for row in rows]
    assert found == [sys.platform != "win32"] * 3
    index = Index(cache, "key", "maker", begun)
    index.find(rows[1])
    index.save()
    index = Index(cache, "key", "maker", begun)
    assert [index.find(row) is not None for row in rows] == [False, sys.platform != "win32", False]


def test_lines_are_cut_as_the_gatherer_cuts_them() -> None:
    text = "one\r\ntwo\n" + "x" * 300 + "\nfür\n\nlast"
    for encoding in ("utf-8", "utf-16"):
        data = text.encode(encoding)
        got = lines_of(data, [1, 3, 4, 5, 6, 7, 9], encoding)
        assert got == {1: "one", 3: "x" * 200, 4: "für", 5: "", 6: "last"}


def test_a_record_is_read_in_parts_as_it_is_as_a_whole() -> None:
    place = Place(("a.json",))
    rows = []
    for text in ("race", "\ud83d\udc36 half \ud83d", "民族"):
        at = Place(("a.json",), 0, 3)
        marks = [Mark(Surface(Role.KEY, text, at, text, Kind.TREE, value="1"), ())]
        near = [Surface(Role.KEY, f"{text}{i}", at, text, Kind.TREE) for i in range(30)]
        rows.append(Draft(text, Kind.TREE, marks, near, 31, Counter({"visual": 2}), within=(text,)))
    lines = {2: "half \ud83d", 3: "race"}
    outcome = Outcome([Sheet(place, drafts=rows[:2], excerpts=lines), Sheet(place), Sheet(place, drafts=rows[2:])])
    asked: list[list[int]] = []

    def looked(wanted: list[int], encoding: str) -> dict[int, str]:
        asked.append(wanted)
        return {n: encoding + lines[n] for n in wanted}

    for closed in (False, True):
        outcome.closed = {place.chain} if closed else set()
        for few in (outcome, Outcome(outcome.sheets[2:], closed=outcome.closed)):
            blob = pack(few, place, 9)
            whole, folded = (unpack(blob, place, 9, lines=looked, folded=f).sheets for f in (False, True))
            assert [len(s.drafts) for s in folded] == [len(s.drafts) for s in few.sheets]
            for one, other, real in zip(whole, folded, few.sheets, strict=True):
                assert dict(other.excerpts.items()) == {}  # nothing is read before somebody asks
                assert [other.excerpts.get(n) for n in (1, 2, 3)] == [one.excerpts.get(n) for n in (1, 2, 3)]
                # Fields are asked for in any order, and drafts in any.
                for at in reversed(range(len(real.drafts))):
                    for name in ("within", "siblings", "owner", "marks", "size", "context", "kind"):
                        told = [getattr(s.drafts[at], name) for s in (one, other, real)]
                        assert told[0] == told[1] == told[2]
    assert [2, 3] in asked
