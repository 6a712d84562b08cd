"""``--history``, on real repositories that git makes here: deleted, renamed, stashed, logged, dangling, hostile."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

import forks
from hostile import adds_up
from untag.fill import filled
from untag.finding import Purpose, Severity, Status
from untag.gap import Reason
from untag.history.store import Store, _tidy
from untag.place import Place
from untag.scan import Options, scan
from untag.sources import Entry

if TYPE_CHECKING:
    from untag.finding import Finding
    from untag.report import Report

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

WHO = {
    "GIT_AUTHOR_NAME": "Jane Doe-Example", "GIT_AUTHOR_EMAIL": "jane.doe@example.org",
    "GIT_COMMITTER_NAME": "Jane Doe-Example", "GIT_COMMITTER_EMAIL": "jane.doe@example.org",
}  # fmt: skip
FACE = """class FaceAttributes:
    age: int
    gender: str
    glasses: bool
    face_score: float
"""
TAGGED = FACE + "    ethnicity: str\n"
NATION = """/* attributes of a detected face */
typedef enum { EM_NATION_UNKNOWN, EM_NATION_UYGUR, EM_NATION_OTHER } EM_NATION_TYPE;
typedef struct { int emAge; int emSex; int emGlasses; EM_NATION_TYPE emNation; } FACE_ATTR;
"""


class Repo:
    """A repository in a scratch folder; each commit is an hour younger than the last."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hour = 0
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *args: str, feed: bytes = b"") -> str:
        date = f"{1_600_000_000 + self.hour * 3600} +0000"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *args],
            cwd=self.root, input=feed, capture_output=True, check=True,
            env={**kept, **WHO, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "GIT_CONFIG_NOSYSTEM": "1",
                 "GIT_CONFIG_GLOBAL": os.devnull},
        )  # fmt: skip
        return done.stdout.decode().strip()

    def commit(self, message: str, **files: str | None) -> str:
        """Write files (``a__b_h`` is ``a/b.h``; None deletes one) and commit."""
        for name, text in files.items():
            head, _, suffix = name.replace("__", "/").rpartition("_")
            path = self.root / f"{head}.{suffix}"
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.hour += 1
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "sdk")


HISTORY = Options(jobs=1, history=True, cache=False)


def read(root: Path, options: Options = HISTORY) -> Report:
    return scan([str(root)], options)


def found(report: Report, path: str) -> list[Finding]:
    return [f for f in report.findings if f.place.chain[0] == path]


def one(report: Report, path: str) -> Finding:
    rows = found(report, path)
    assert len(rows) == 1, [(f.place.chain, f.owner) for f in report.findings]
    return rows[0]


def reasons(report: Report) -> list[Reason]:
    return [g.reason for g in report.gaps]


def names(report: Report) -> str:
    """Everything that a report says, as one text."""
    from untag.reports import View, forms

    view = View(full=True)
    return "".join("".join(form.write(report, view)) for form in forms().values())


# -- what is gone


def test_a_deleted_file_is_residue_with_its_commits(repo: Repo) -> None:
    first = repo.commit("start", face_h=NATION, readme_md="sdk for faces\n")
    last = repo.commit("more", other_c="int x;\n")
    repo.commit("tidy", face_h=None)
    assert read(repo.root, replace(HISTORY, history=False)).findings == ()
    report = read(repo.root)
    lost = one(report, "face.h")
    assert lost.purpose is Purpose.RESIDUE
    assert lost.severity is Severity.HIGH  # it names one people
    assert lost.status is Status.SHOWN
    assert lost.owner == "EM_NATION_TYPE"
    assert lost.place.commit == last
    assert lost.span is not None
    assert (lost.span.first, lost.span.last, lost.span.tip) == (first, last, False)
    assert lost.span.refs == ("refs/heads/main",)
    assert lost.check == (f"git show {last}:face.h | sed -n 1,4p",)
    assert "EM_NATION_UYGUR" in repo.git("show", f"{last}:face.h")
    assert reasons(report) == []
    assert report.exit_code() == 1


def test_a_field_that_was_taken_out_of_a_live_file(repo: Repo) -> None:
    repo.commit("a", face_py=FACE)
    first = repo.commit("b", face_py=TAGGED)
    last = repo.commit("c", face_py=TAGGED + "    mask: bool\n")
    repo.commit("d", face_py=FACE)
    lost = one(read(repo.root), "face.py")
    assert lost.span is not None
    assert (lost.purpose, lost.span.first, lost.span.last) == (Purpose.RESIDUE, first, last)


def test_a_file_that_changed_often_is_one_finding(repo: Repo) -> None:
    commits = [repo.commit(f"step {n}", face_py=TAGGED + f"    x{n}: int\n") for n in range(12)]
    report = read(repo.root)
    live = one(report, "face.py")
    assert live.place.commit is None
    assert live.purpose is Purpose.CAPABILITY
    assert live.span is not None
    assert (live.span.first, live.span.last, live.span.tip) == (commits[0], commits[-1], True)
    assert live.key == one(read(repo.root, replace(HISTORY, history=False)), "face.py").key


def test_what_is_there_still_keeps_its_finding_and_what_was_more_is_its_own(repo: Repo) -> None:
    repo.commit("a", face_h=NATION.replace("EM_NATION_UYGUR", "EM_NATION_HAN, EM_NATION_UYGUR"), face_py=TAGGED)
    repo.commit("b", face_py=FACE + "    race: str\n")
    rows = found(read(repo.root), "face.py")
    assert [f.purpose for f in rows] == [Purpose.CAPABILITY, Purpose.RESIDUE]
    assert len({f.key for f in rows}) == 2
    assert [m.text for m in rows[1].marks if m.text == "ethnicity"] == ["ethnicity"]


def test_a_moved_file_is_no_loss(repo: Repo) -> None:
    first = repo.commit("a", old__face_py=TAGGED)
    repo.commit("b", old__face_py=None, new__face_py=TAGGED + "    mask: bool\n")
    report = read(repo.root)
    live = one(report, "new/face.py")
    assert live.span is not None
    assert live.span.first == first
    assert found(report, "old/face.py") == []


def test_the_findings_of_today_are_the_same(repo: Repo) -> None:
    repo.commit("a", face_py=TAGGED, gone__face_h=NATION, doc_md="# Faces\n\nIt detects the ethnicity of a face.\n")
    repo.commit("b", gone__face_h=None)
    today = read(repo.root, replace(HISTORY, history=False)).findings
    now = read(repo.root).findings
    assert today
    assert [replace(f, span=None) for f in now if f.place.commit is None] == list(today)


# -- several paths, and names alone


def test_a_blob_that_lay_at_several_paths_names_them(repo: Repo) -> None:
    first = repo.commit("a", old__face_h=NATION, readme_md="sdk for faces\n")
    repo.commit("b", old__face_h=None, new__nation_h=NATION, new__copy_h=NATION)
    repo.commit("c", new__nation_h=None, new__copy_h=None)
    report = read(repo.root)
    (lost,) = report.findings
    assert lost.span is not None
    assert lost.span.first == first
    assert lost.span.path_count == 2
    assert {lost.place.chain[0], *lost.span.paths} == {"old/face.h", "new/nation.h", "new/copy.h"}
    for path in lost.span.paths:
        assert path in names(report)


def test_paths_of_today_are_not_told_as_past(repo: Repo) -> None:
    repo.commit("a", old_h=NATION, readme_md="sdk for faces\n")
    repo.commit("b", old_h=None, face_h=NATION, copy_h=NATION)
    report = read(repo.root)
    for path in ("face.h", "copy.h"):
        span = one(report, path).span
        assert span is not None
        assert (span.paths, span.tip) == (("old.h",), True)


def test_paths_that_only_an_unreachable_commit_had_are_not_told(repo: Repo) -> None:
    repo.commit("a", face_h=NATION, readme_md="sdk for faces\n")
    repo.commit("b", face_h=None, lost_h=NATION)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.git("reflog", "expire", "--expire=now", "--all")
    (repo.root / ".git" / "ORIG_HEAD").unlink()
    span = one(read(repo.root), "face.h").span
    assert span is not None
    assert span.paths == ()
    span = one(read(repo.root, replace(HISTORY, unreachable=True)), "face.h").span
    assert span is not None
    assert span.paths == ("lost.h",)


def test_paths_are_bounded(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit("a", face_h=NATION, readme_md="sdk for faces\n", **{f"c{n}_h": NATION for n in range(60)})
    repo.commit("b", face_h=None, **{f"c{n}_h": None for n in range(60)})
    (lost,) = read(repo.root).findings
    assert lost.span is not None
    assert (len(lost.span.paths), lost.span.path_count) == (50, 60)
    monkeypatch.setattr("untag.history.log.CHANGES", 20)
    assert reasons(read(repo.root)) == [Reason.LIMIT]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="another process is bounded on Linux alone")
def test_folders_that_hold_each_other_many_times_are_bounded(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit("a", face_h=NATION, readme_md="sdk for faces\n")
    blob = repo.git("rev-parse", "HEAD:face.h")
    rows = f"100644 blob {blob}\tf%d.h\n"
    for _ in range(5):
        tree = repo.git("mktree", feed="".join(rows % number for number in range(10)).encode())
        rows = f"040000 tree {tree}\td%d\n"
    repo.git("update-ref", "refs/heads/many", repo.git("commit-tree", tree, "-m", "many"))
    monkeypatch.setattr("untag.history.log.HELD", 16 << 20)
    report = read(repo.root)
    (gap,) = report.gaps
    assert "files without end" in gap.detail
    assert one(report, "face.h").span is not None


#: A product about faces, as the rule for names asks for one.
PRODUCT: dict[str, str | None] = {
    "README_md": "# Faces\n\nFace recognition with face embeddings and landmarks of faces on camera.\n",
    "face_recognition_py": "import face_recognition\nfaces = face_recognition.face_locations(image)\n",
    "face_detector_py": "x = 1\n",
}
NAMED = ("asian_females", "asian_males", "black_females", "white_males", "indian_males")
CLASSES = {name: f"{number}\n" for number, name in enumerate(NAMED)}


def test_a_folder_that_was_renamed_is_gone_although_its_files_are_not(repo: Repo) -> None:
    old = {f"images__{name}__1_txt": text for name, text in CLASSES.items()}
    first = repo.commit("a", **PRODUCT, **old)
    new = {f"images__c{number}__1_txt": text for number, text in enumerate(CLASSES.values())}
    repo.commit("b", **dict.fromkeys(old), **new)
    (lost,) = read(repo.root).findings
    assert lost.place.chain[0] == "images/asian_females"
    assert lost.span is not None
    assert (lost.span.first, lost.span.last, lost.span.tip) == (first, first, False)
    assert lost.purpose is Purpose.RESIDUE


def test_a_folder_of_today_is_not_told_again_for_a_file_that_left_it(repo: Repo) -> None:
    rows = {f"images__{name}__{n}_txt": f"{n}{text}" for name, text in CLASSES.items() for n in range(2)}
    repo.commit("a", **PRODUCT, **rows)
    repo.commit("b", images__asian_males__1_txt=None)
    now = read(repo.root)
    today = read(repo.root, replace(HISTORY, history=False))
    assert len(today.findings) == 1
    assert [f.key for f in now.findings] == [f.key for f in today.findings]


def test_words_in_names_of_pictures_that_are_gone(repo: Repo) -> None:
    races = ("Asian", "Black", "Middle_Eastern", "White")
    repo.commit("a", **PRODUCT, test__other_jpg="o", **{f"test__race_{name}_jpg": name for name in races})
    last = repo.commit("b", test__other_jpg="p")
    repo.commit("c", **{f"test__race_{name}_jpg": None for name in races})
    (lost,) = read(repo.root).findings
    assert lost.place.chain[0] == "test"
    assert lost.span is not None
    assert (lost.span.last, lost.span.tip) == (last, False)


# -- where it may hide


def test_another_branch_is_a_tip(repo: Repo) -> None:
    repo.commit("a", readme_md="faces\n")
    repo.git("checkout", "-q", "-b", "dev")
    repo.commit("b", face_py=TAGGED)
    repo.git("checkout", "-q", "main")
    live = one(read(repo.root), "face.py")
    assert live.purpose is Purpose.CAPABILITY
    assert live.span is not None
    assert live.span.tip
    assert live.span.refs == ("refs/heads/dev",)


def test_a_tag_alone_is_no_tip(repo: Repo) -> None:
    repo.commit("a", face_py=TAGGED)
    repo.git("tag", "v1")
    repo.git("checkout", "-q", "--orphan", "fresh")
    repo.commit("b", face_py=FACE)
    repo.git("branch", "-D", "main")
    lost = one(read(repo.root), "face.py")
    assert lost.span is not None
    assert lost.span.refs == ("refs/tags/v1",)
    assert lost.purpose is Purpose.RESIDUE


def test_stash(repo: Repo) -> None:
    repo.commit("a", face_py=FACE)
    (repo.root / "face.py").write_text(TAGGED, encoding="utf-8")
    repo.git("stash")
    lost = one(read(repo.root), "face.py")
    assert lost.span is not None
    assert lost.span.refs == ("refs/stash",)


def test_only_a_log_leads_there(repo: Repo) -> None:
    repo.commit("a", face_py=FACE)
    repo.commit("b", face_py=TAGGED)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    lost = one(read(repo.root), "face.py")
    assert lost.span is not None
    assert lost.span.refs == ("reflog",)


def test_dangling_only_on_demand(repo: Repo) -> None:
    repo.commit("a", readme_md="faces\n")
    repo.git("hash-object", "-w", "--stdin", feed=NATION.encode())
    repo.commit("b", face_py=TAGGED)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.git("reflog", "expire", "--expire=now", "--all")
    (repo.root / ".git" / "ORIG_HEAD").unlink()
    plain = read(repo.root)
    assert plain.findings == ()
    assert plain.coverage.by_design["unreachable"] == len(NATION) + len(TAGGED)
    full = read(repo.root, replace(HISTORY, unreachable=True))
    assert {f.place.chain for f in full.findings} >= {("face.py",)}
    dangling = [f for f in full.findings if f.place.chain[0] == ".git" and f.place.chain[1].startswith("blob ")]
    assert dangling
    assert dangling[0].check[0].startswith("git cat-file -p ")
    assert "unreachable" not in full.coverage.by_design


def test_messages_are_read_and_name_nobody(repo: Repo) -> None:
    repo.commit("start", face_py=FACE)
    oid = repo.commit(
        "Face attributes: detect the ethnicity of a face\n\nThanks to Jane Doe-Example for asking.\n"
        "Co-authored-by: John Roe <john@example.net>\nSigned-off-by: Jane Doe-Example <jane.doe@example.org>\n"
    )
    repo.git("tag", "-a", "v1", "-m", "Release: face capture with Uyghur detection, by Jane Doe-Example")
    report = read(repo.root)
    rows = {f.place.chain[1].split(" ")[0]: f for f in found(report, ".git")}
    assert set(rows) == {"commit", "tag"}
    assert rows["commit"].place.commit == oid
    assert rows["commit"].span is not None
    assert rows["commit"].span.refs == ("refs/heads/main", "refs/tags/v1")
    assert rows["tag"].severity is Severity.HIGH
    said = names(report)
    for person in ("Jane", "Roe", "john@", "example.org"):
        assert person not in said, person


# -- where it lies


def pack(repo: Repo) -> None:
    repo.git("gc", "-q", "--aggressive", "--prune=now")
    assert not list((repo.root / ".git" / "objects").glob("[0-9a-f][0-9a-f]"))


def test_packed_and_loose_say_the_same(repo: Repo) -> None:
    for n in range(30):
        repo.commit(f"step {n}", face_py=TAGGED + f"    x{n}: int\n", face_h=NATION + f"/* {n} */\n")
    repo.commit("tidy", face_py=FACE, face_h=None)
    loose = read(repo.root)
    pack(repo)
    packed = read(repo.root)
    assert loose.findings
    assert packed.findings == loose.findings
    assert packed.coverage.read == loose.coverage.read
    assert read(repo.root, replace(HISTORY, jobs=2)).findings == loose.findings


def test_bytes_are_accounted_for(repo: Repo) -> None:
    repo.commit("a", face_py=TAGGED, data_bin="x\0\1\2" * 99)
    repo.commit("b", face_py=FACE)
    assert adds_up(read(repo.root).coverage)


def test_bare(repo: Repo, tmp_path: Path) -> None:
    repo.commit("a", face_py=TAGGED, face_h=NATION, sub__doc_md="# Faces\n\nIt detects the ethnicity of a face.\n")
    repo.commit("b", face_h=None)
    bare = tmp_path / "store"
    repo.git("clone", "-q", "--bare", ".", str(bare))
    plain = read(bare, replace(HISTORY, history=False))
    assert reasons(plain) == [Reason.ABSENT]
    assert "--history" in plain.gaps[0].detail
    assert plain.exit_code() == 3
    report = read(bare)
    live, lost = one(report, "face.py"), one(report, "face.h")
    assert (live.purpose, lost.purpose) == (Purpose.CAPABILITY, Purpose.RESIDUE)
    today = read(repo.root, replace(HISTORY, history=False)).findings
    assert {f.key for f in today} <= {f.key for f in report.findings}
    assert report.gaps == ()


def test_linked_working_trees(repo: Repo) -> None:
    repo.commit("a", readme_md="faces\n")
    repo.git("worktree", "add", "-q", "--detach", "wt")
    (repo.root / "wt" / "face.py").write_text(TAGGED, encoding="utf-8")
    repo.git("-C", "wt", "add", "-A")
    repo.git("-C", "wt", "commit", "-q", "-m", "only there")
    (repo.root / "wt" / "face.py").unlink()
    rows = found(read(repo.root), "face.py")
    assert [f.span is not None and f.span.refs for f in rows] == [("reflog",)]
    # The working tree alone says that its repository is elsewhere.
    assert Reason.REFUSED in reasons(read(repo.root / "wt"))


def test_shallow(repo: Repo, tmp_path: Path) -> None:
    repo.commit("a", face_py=TAGGED)
    repo.commit("b", face_py=FACE)
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.root}", str(tmp_path / "cut"))
    report = read(tmp_path / "cut")
    assert report.findings == ()
    assert reasons(report) == [Reason.ABSENT]
    assert "shallow" in report.gaps[0].detail
    assert report.exit_code() == 3


def test_submodules(repo: Repo, tmp_path: Path) -> None:
    inner = Repo(tmp_path / "lib")
    inner.commit("a", face_py=TAGGED)
    inner.commit("b", face_py=FACE)
    inner.git("branch", "-m", "trunk")
    repo.commit("a", readme_md="faces\n")
    repo.git("submodule", "add", "-q", str(inner.root), "lib")
    repo.commit("b")
    report = read(repo.root)
    assert one(report, "lib/face.py").purpose is Purpose.RESIDUE
    assert reasons(report) == []
    repo.git("clone", "-q", ".", str(tmp_path / "alone"))
    report = read(tmp_path / "alone")
    assert reasons(report) == [Reason.ABSENT]
    assert report.gaps[0].place.chain == ("lib",)
    assert "submodule" in report.gaps[0].detail


def test_large_file_pointers(repo: Repo) -> None:
    import hashlib

    def pointer(data: bytes) -> str:
        oid = hashlib.sha256(data).hexdigest()
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"

    oid = hashlib.sha256(NATION.encode()).hexdigest()
    repo.commit("a", here_h=pointer(NATION.encode()), away_h=pointer(b"something else"))
    repo.commit("b", here_h=None, away_h=None)
    room = repo.root / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4]
    room.mkdir(parents=True)
    (room / oid).write_text(NATION, encoding="utf-8")
    report = read(repo.root)
    assert one(report, "here.h").purpose is Purpose.RESIDUE
    assert [(g.place.chain, g.reason) for g in report.gaps] == [(("away.h",), Reason.ABSENT)]


def test_a_folder_without_history_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing\n", encoding="utf-8")
    report = read(tmp_path)
    assert reasons(report) == [Reason.ABSENT]


# -- damage and hostility


def test_a_damaged_object_hides_no_other(repo: Repo) -> None:
    repo.commit("a", face_h=NATION, other_txt="some other words of no import\n")
    repo.commit("b", face_h=None, other_txt=None)
    oid = repo.git("rev-parse", "HEAD~1:other.txt")
    path = repo.root / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_bytes(b"x" * 20)
    report = read(repo.root)
    assert one(report, "face.h").purpose is Purpose.RESIDUE
    assert Reason.DAMAGED in reasons(report)


def test_a_blob_that_is_damaged_inside_is_one_gap(repo: Repo) -> None:
    noise = "".join(f"{hashlib.sha256(b'%d' % n).hexdigest()}\n" for n in range(3000))
    repo.commit("a", face_h=NATION, noise_txt=noise, other_h=NATION.replace("FACE_ATTR", "FACE_MORE"))
    repo.commit("b", face_h=None, noise_txt=None, other_h=None)
    oid = repo.git("rev-parse", "HEAD~1:noise.txt")
    path = repo.root / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    report = read(repo.root)
    assert [(g.place.chain, g.reason) for g in report.gaps] == [(("noise.txt",), Reason.DAMAGED)]
    assert {f.place.chain[0] for f in report.findings} == {"face.h", "other.h"}
    assert adds_up(report.coverage)


def test_a_damaged_tree_hides_no_blob(repo: Repo) -> None:
    repo.commit("a", deep__face_h=NATION)
    repo.commit("b", deep__face_h=None, readme_md="faces\n")
    oid = repo.git("rev-parse", "HEAD~1^{tree}")
    path = repo.root / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.unlink()
    report = read(repo.root)
    assert report.gaps
    path.write_bytes(b"x" * 20)
    report = read(repo.root)
    assert Reason.DAMAGED in reasons(report)
    assert {f.place.chain[0] for f in report.findings} == {".git"}


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_truncated_pack_is_a_gap(repo: Repo, cut: int) -> None:
    for n in range(6):
        repo.commit(f"step {n}", face_py=TAGGED + f"    x{n}: int\n")
    repo.commit("tidy", face_py=FACE)
    pack(repo)
    path = next((repo.root / ".git" / "objects" / "pack").glob("*.pack"))
    path.chmod(0o644)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * cut // 16])
    assert read(repo.root).gaps


def hostile(repo: Repo, tripped: Path) -> None:
    """Everything by which a repository could start a program."""
    trip = tripped.parent / "trip.sh"
    trip.write_text(f"#!/bin/sh\ntouch {tripped}\n", encoding="utf-8")
    trip.chmod(0o755)
    folder = repo.root / ".git"
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(trip, folder / "hooks" / hook)
    included = folder / "more"
    included.write_text(f"[core]\n\tsshCommand = {trip}\n\tgitProxy = {trip}\n", encoding="utf-8")
    with (folder / "config").open("a", encoding="utf-8") as file:
        file.write(
            f"[include]\n\tpath = {included}\n[core]\n\tfsmonitor = {trip}\n\thooksPath = {folder}/hooks\n"
            f"\talternateRefsCommand = {trip}\n[pager]\n\tcat-file = {trip}\n[diff]\n\texternal = {trip}\n"
            f'[filter "x"]\n\tsmudge = {trip}\n\tclean = {trip}\n\trequired = true\n'
            f'[diff "x"]\n\ttextconv = {trip}\n[extensions]\n\tpartialClone = origin\n'
            f'[remote "origin"]\n\turl = ext::{trip}\n\tpromisor = true\n[protocol "ext"]\n\tallow = always\n'
            f"[gpg]\n\tprogram = {trip}\n[alias]\n\trev-list = !{trip}\n\tcat-file = !{trip}\n"
        )
    (repo.root / ".gitattributes").write_text("* filter=x diff=x\n", encoding="utf-8")


def test_nothing_of_the_repository_is_run(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit("a", face_h=NATION, readme_md="faces\n")
    repo.commit("b", face_h=None)
    # A missing object of a partial clone is what git would fetch.
    oid = repo.git("rev-parse", "HEAD~1:readme.md")
    repo.git("gc", "-q")
    (repo.root / ".git" / "objects" / oid[:2]).mkdir(exist_ok=True)
    tripped = tmp_path / "tripped"
    hostile(repo, tripped)
    for pack_ in (repo.root / ".git" / "objects" / "pack").glob("*.pack"):
        pack_.with_suffix(".promisor").touch()
    (repo.root / ".git" / "refs" / "heads" / "lost").write_text("1" * 40 + "\n", encoding="utf-8")
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(tmp_path / "trip.sh"))
    report = read(repo.root)
    assert one(report, "face.h").purpose is Purpose.RESIDUE
    assert [g.reason for g in report.gaps] == [Reason.ABSENT]
    assert not tripped.exists()
    assert not (tmp_path / "trace").exists()


def before(root: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_size) for p in sorted(root.rglob("*"))}


def test_nothing_is_written_into_it(repo: Repo) -> None:
    repo.commit("a", face_h=NATION)
    repo.commit("b", face_h=None)
    then = before(repo.root)
    read(repo.root)
    assert before(repo.root) == then


def test_what_lies_outside_is_refused(repo: Repo, tmp_path: Path) -> None:
    secret = Repo(tmp_path / "secret")
    secret.commit("a", face_h=NATION)
    head = secret.git("rev-parse", "HEAD")
    repo.commit("a", readme_md="faces\n")
    info = repo.root / ".git" / "objects" / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text(f"{secret.root}/.git/objects\n", encoding="utf-8")
    (repo.root / ".git" / "refs" / "heads" / "borrowed").write_text(head + "\n", encoding="utf-8")
    report = read(repo.root, replace(HISTORY, unreachable=True))
    assert report.findings == ()
    assert sorted(reasons(report)) == [Reason.ABSENT, Reason.REFUSED]


def test_links_in_the_store_are_refused(repo: Repo, tmp_path: Path) -> None:
    secret = Repo(tmp_path / "secret")
    secret.commit("a", face_h=NATION)
    pack(secret)
    repo.commit("a", readme_md="faces\n")
    for path in (secret.root / ".git" / "objects" / "pack").iterdir():
        (repo.root / ".git" / "objects" / "pack" / path.name).symlink_to(path)
    report = read(repo.root, replace(HISTORY, unreachable=True))
    assert report.findings == ()
    assert reasons(report) == [Reason.REFUSED]
    shutil.rmtree(repo.root / ".git")
    (repo.root / ".git").symlink_to(secret.root / ".git")
    assert Reason.REFUSED in reasons(read(repo.root, replace(HISTORY, unreachable=True)))
    (repo.root / ".git").unlink()
    (repo.root / ".git").write_text(f"gitdir: {secret.root}/.git\n", encoding="utf-8")
    report = read(repo.root)
    assert report.findings == ()
    assert reasons(report) == [Reason.REFUSED]


def test_grafts_and_replacements_hide_nothing(repo: Repo) -> None:
    repo.commit("a", face_h=NATION)
    repo.commit("b", face_h=None, readme_md="faces\n")
    head, clean = repo.git("rev-parse", "HEAD"), repo.git("rev-parse", "HEAD:readme.md")
    repo.git("replace", repo.git("rev-parse", "HEAD~1:face.h"), clean)
    (repo.root / ".git" / "info" / "grafts").write_text(f"{head}\n", encoding="utf-8")
    assert one(read(repo.root), "face.h").purpose is Purpose.RESIDUE


def test_an_empty_file_stands_between_others(repo: Repo) -> None:
    repo.commit("a", a_py="x = 1\n", b_py="", face_h=NATION)
    repo.commit("b", face_h=None)
    report = read(repo.root)
    assert one(report, "face.h").purpose is Purpose.RESIDUE
    assert reasons(report) == []


def test_only_what_is_large_is_put_into_a_file(repo: Repo) -> None:
    """After one that was, each that followed it was put into a file of its own, too."""
    texts = ("small\n", "large " * 20, "small again\n")
    ids = [repo.git("hash-object", "-w", "--stdin", feed=text.encode()).strip() for text in texts]
    with Store(shutil.which("git") or "") as store:
        store.add(str(repo.root / ".git" / "objects"))
        batch = [(n, Entry(Place((f"{n}",)), 1, store=store, blob=oid)) for n, oid in enumerate(ids)]
        read = [(bool(entry.file), entry.data.decode()) for _, entry in filled(batch, 100)]
    assert read == [(False, texts[0]), (True, ""), (False, texts[2])]


def test_sha256(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "wide")
    shutil.rmtree(repo.root / ".git")
    repo.git("init", "-q", "-b", "main", "--object-format=sha256", ".")
    first = repo.commit("a", face_h=NATION)
    repo.commit("b", face_h=None)
    lost = one(read(repo.root), "face.h")
    assert len(first) == 64
    assert lost.span is not None
    assert lost.span.first == first


def test_a_bomb_is_a_gap(repo: Repo) -> None:
    path = repo.root / "zeros.bin"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    repo.commit("a", face_h=NATION)
    repo.commit("b", face_h=None, zeros_bin=None)
    report = read(repo.root)
    assert [(g.place.chain, g.reason) for g in report.gaps] == [(("zeros.bin",), Reason.LIMIT)]
    assert one(report, "face.h")


# -- what a killed scan leaves


HOLDS = """
import sys
from untag.history.store import Store
store = Store(sys.argv[1])
print(store.home, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_scan_left_is_taken_away_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, room = shutil.which("git") or "", tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    env = {**os.environ, "TMPDIR": str(room), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", HOLDS, program]
    killed, alive = (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) for _ in range(2)
    )
    try:
        homes = [Path(p.stdout.readline().strip()) for p in (killed, alive) if p.stdout is not None]
        killed.kill()
        killed.wait()
        (room / "elsewhere").mkdir()
        for name in ("untag-git-link", "untag-gitignore"):
            (room / name).symlink_to(room / "elsewhere")
        for path in (*homes, room / "elsewhere"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
        (room / "untag-git-fresh").mkdir()
        _tidy.cache_clear()
        Store(program).close()
        names = sorted(p.name for p in room.iterdir())
        assert names == sorted([homes[1].name, "elsewhere", "untag-git-fresh", "untag-git-link", "untag-gitignore"])
        assert (homes[1] / "HEAD").exists()
    finally:
        for process in (killed, alive):
            process.kill()
            process.communicate()


def test_command_line(repo: Repo) -> None:
    import json

    import jsonschema

    from untag.reports.json import SCHEMA  # noqa: F401 - the form is there

    repo.commit("a", face_h=NATION)
    repo.commit("b", face_h=None)
    done = forks.run(["scan", ".", "--history", "--format", "json"], repo.root)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    from importlib import resources

    schema = json.loads((resources.files("untag.reports") / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    place = report["findings"][0]["place"]
    assert place["at_tip"] is False
    assert place["refs"] == ["refs/heads/main"]
    assert place["first_commit"] == place["last_commit"] == place["commit"]
    plain = forks.run(["scan", ".", "--history"], repo.root).stdout.decode()
    assert "held by" in plain
