"""``untag strip``: a copy without what was found, proven, beside a record; the input is never touched."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from untag.attest import dsse

if TYPE_CHECKING:
    from conftest import Run

ATTRIBUTES = """{
  "face": {
    "age": 30,
    "ethnicity": "asian",
    "gender": "male"
  }
}
"""
LABELS = '{"face_labels": ["male", "female", "asian", "black", "white", "glasses"]}\n'


def digests(root: Path) -> dict[str, tuple[str, int, int]]:
    files = [p for p in sorted(root.rglob("*")) if p.is_file()]
    return {
        p.relative_to(root).as_posix(): (
            hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns, p.stat().st_ino,
        )
        for p in files
    }  # fmt: skip


@pytest.fixture
def product(tmp_path: Path) -> Path:
    root = tmp_path / "product"
    (root / "conf").mkdir(parents=True)
    (root / "conf" / "face.json").write_text(ATTRIBUTES, encoding="utf-8")
    (root / "clean.txt").write_text("nothing here\n", encoding="utf-8")
    os.utime(root / "conf" / "face.json", ns=(1_000_000_000, 1_000_000_000))
    return root


def test_a_folder_is_copied_without_what_was_found(untag: Run, product: Path) -> None:
    before = digests(product)
    done = untag("strip", product, "-o", product.parent / "out")
    assert done.returncode == 0, done.stderr
    out = product.parent / "out"
    assert json.loads((out / "conf" / "face.json").read_bytes()) == {"face": {"age": 30, "gender": "male"}}
    left = ATTRIBUTES.replace('    "ethnicity": "asian",\n', "")
    assert (out / "conf" / "face.json").read_text(encoding="utf-8") == left
    assert (out / "conf" / "face.json").stat().st_mtime_ns == 1_000_000_000
    assert (out / "clean.txt").read_bytes() == (product / "clean.txt").read_bytes()
    assert digests(product) == before
    assert untag("scan", out).returncode == 0
    assert b"1 finding: 1 removed" in done.stdout
    assert b"not signed" in done.stderr
    assert not [p for p in product.parent.iterdir() if p.name.startswith(".untag")]


def test_what_stays_is_told_and_exits_1(untag: Run, product: Path) -> None:
    (product / "labels.json").write_text(LABELS, encoding="utf-8")
    done = untag("strip", product, "-o", product.parent / "out", "--format", "json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert {(r["verdict"], r["place"]["chain"][0]) for r in said["findings"]} == {
        ("removed", "conf/face.json"),
        ("kept", "labels.json"),
    }
    assert "--unsafe" in next(r["reason"] for r in said["findings"] if r["verdict"] == "kept")
    assert (product.parent / "out" / "labels.json").read_text(encoding="utf-8") == LABELS
    done = untag("strip", product, "-o", product.parent / "again", "--unsafe", "--no-evidence")
    assert done.returncode == 0, done.stdout
    left = json.loads((product.parent / "again" / "labels.json").read_bytes())
    assert left == {"face_labels": ["male", "female", "glasses"]}
    assert not (product.parent / "again.evidence").exists()


def test_a_plan_writes_nothing(untag: Run, product: Path) -> None:
    (product / "labels.json").write_text(LABELS, encoding="utf-8")
    before = sorted(p.name for p in product.parent.rglob("*"))
    done = untag("strip", product, "--plan")
    assert done.returncode == 1
    assert b'-    "ethnicity": "asian",' in done.stdout
    assert b"UNSAFE" in done.stdout
    assert sorted(p.name for p in product.parent.rglob("*")) == before


def test_the_record_holds_what_was_there(untag: Run, product: Path) -> None:
    secret = ed25519.Ed25519PrivateKey.generate()
    key = product.parent / "key.pem"
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    done = untag("strip", product, "-o", product.parent / "out", "--key", key, "--evidence", product.parent / "kept")
    assert done.returncode == 0, done.stderr
    kept = product.parent / "kept"
    assert sorted(p.name for p in kept.iterdir()) == ["before.json", "removed.diff", "strip.att.json"]
    assert json.loads((kept / "before.json").read_bytes())["summary"]["shown"] == 1
    assert '-    "ethnicity": "asian",' in (kept / "removed.diff").read_text(encoding="utf-8")
    bundle = (kept / "strip.att.json").read_bytes()
    envelope = dsse.opened(bundle)
    secret.public_key().verify(envelope.signature, dsse.encode(envelope.payload))
    said = json.loads(base64.b64decode(json.loads(bundle)["payload"]))
    made = said["predicate"]
    assert made["findings"][0]["verdict"] == "removed"
    for name in ("before.json", "removed.diff"):
        assert made["evidence"][name] == "sha256:" + hashlib.sha256((kept / name).read_bytes()).hexdigest()
    out = product.parent / "out"
    assert {s["name"]: s["digest"]["sha256"] for s in said["subject"]} == {n: d for n, (d, *_) in digests(out).items()}


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("-o", "product/out"), "inside of the input"),
        (("-o", "there"), "is there already"),
        (("-o", "no/out"), "no folder"),
        (("-o", "out", "--plan"), "not both"),
        ((), "where the copy goes"),
        (("-o", "out", "--evidence", "out/kept"), "no folder"),
        (("-o", "out", "--finding", "k1:0000000000000000"), "no such finding"),
    ],
)
def test_mistakes(untag: Run, product: Path, args: tuple[str, ...], word: str) -> None:
    (product.parent / "there").mkdir()
    done = untag("strip", "product", *args, cwd=product.parent)
    assert done.returncode == 2
    assert word in done.stderr.decode()
    assert not (product.parent / "out").exists()


def test_other_inputs_are_refused(untag: Run, product: Path) -> None:
    for spec in ("-", "postgresql://a@localhost/b", "missing"):
        assert untag("strip", spec, "-o", product.parent / "out").returncode == 2


def test_links_and_version_control(untag: Run, product: Path) -> None:
    (product / "inside").symlink_to("conf/face.json")
    (product / "absolute").symlink_to(product / "conf")
    (product / "outside").symlink_to("/etc/hostname")
    (product / ".git").mkdir()
    (product / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    done = untag("strip", product, "-o", product.parent / "out")
    assert done.returncode == 3  # the link that leads out is a gap
    out = product.parent / "out"
    assert (out / "inside").readlink().as_posix() == "conf/face.json"
    assert (out / "absolute").resolve() == (out / "conf").resolve()
    assert not (out / "outside").is_symlink()
    assert not (out / ".git").exists()
    assert b"history of the git repository" in done.stdout


def test_only_what_was_asked_for_goes(untag: Run, product: Path) -> None:
    (product / "other.json").write_text(ATTRIBUTES, encoding="utf-8")
    found = json.loads(untag("scan", product, "--format", "json").stdout)["findings"]
    key = next(f["key"] for f in found if f["place"]["chain"] == ["other.json"])
    done = untag("strip", product, "-o", product.parent / "out", "--finding", key)
    assert done.returncode == 0, done.stdout
    assert b"ethnicity" in (product.parent / "out" / "conf" / "face.json").read_bytes()
    assert b"ethnicity" not in (product.parent / "out" / "other.json").read_bytes()


def test_nothing_found_is_a_copy(untag: Run, product: Path) -> None:
    done = untag("strip", product / "clean.txt", "-o", product.parent / "copy.txt")
    assert done.returncode == 0
    assert (product.parent / "copy.txt").read_bytes() == (product / "clean.txt").read_bytes()


def test_code_that_other_files_use_is_not_safe(untag: Run, product: Path) -> None:
    (product / "attributes.py").write_text(
        "class FaceAttributes:\n    age: int\n    ethnicity: str\n    face_score: float\n", encoding="utf-8"
    )
    (product / "show.py").write_text("def show(result):\n    return result.ethnicity\n", encoding="utf-8")
    done = untag("strip", product, "-o", product.parent / "out", "--format", "json")
    said = json.loads(done.stdout)
    row = next(r for r in said["findings"] if r["place"]["chain"] == ["attributes.py"])
    assert (row["verdict"], "other files refer to it" in row["reason"]) == ("kept", True)
    assert (product.parent / "out" / "attributes.py").read_bytes() == (product / "attributes.py").read_bytes()
    plan = json.loads(untag("strip", product, "--plan", "--format", "json").stdout)
    shown = {r["key"]: r["verdict"] for r in plan["findings"]}
    assert shown == {r["key"]: r["verdict"] for r in said["findings"]}
    done = untag("strip", product, "-o", product.parent / "more", "--format", "json", "--unsafe")
    said = json.loads(done.stdout)
    assert "ethnicity" not in (product.parent / "more" / "attributes.py").read_text(encoding="utf-8")
    left = [(r["name"], r["place"]["chain"], r["place"]["line"]) for r in said["references"]]
    if "ethnicity" in (product.parent / "more" / "show.py").read_text(encoding="utf-8"):
        assert left == [("ethnicity", ["show.py"], 2)]


@pytest.mark.slow
def test_killed_at_any_moment_the_output_is_whole_or_absent(product: Path, environment: dict[str, str]) -> None:
    before = digests(product)
    whole: dict[str, str] | None = None
    seen = {True: 0, False: 0}
    for number in range(12):
        out = product.parent / f"out{number}"
        with subprocess.Popen(
            [sys.executable, "-m", "untag", "strip", str(product), "-o", str(out)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        ) as process:  # fmt: skip
            # Not timed: how far it comes is chance, and every moment must do.
            for _ in range(number * 3):
                if process.poll() is not None:
                    break
                time.sleep(0.05)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        assert digests(product) == before
        seen[out.exists()] += 1
        if out.exists():
            made = {name: row[0] for name, row in digests(out).items()}
            whole = whole or made
            assert made == whole
            assert (product.parent / f"out{number}.evidence" / "strip.json").exists()
    assert sum(seen.values()) == 12


def test_what_history_holds_is_taken_out_by_the_commands_that_are_written(untag: Run, tmp_path: Path) -> None:
    """The commands run git filter-repo on a clone, and end with a scan of it."""
    root = tmp_path / "repo"
    root.mkdir()

    def git(*args: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *args], cwd=root, check=True, capture_output=True)

    git("init", "-q")
    (root / "face.py").write_text('class Face:\n    age = 1\n    ethnicity = "asian"\n', encoding="utf-8")
    (root / "faces.csv").write_text("face_id,ethnicity,age\n1,asian,3\n2,black,4\n", encoding="utf-8")
    seed = '    dict(name="Maria Gonzalez", ethnicity="hispanic", face_id=3),\n'
    (root / "seed.py").write_text(f"FACES = [\n{seed}]\n", encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "Detect race and ethnicity of faces")
    (root / "face.py").write_text("class Face:\n    age = 1\n", encoding="utf-8")
    (root / "faces.csv").unlink()
    (root / "seed.py").unlink()
    git("commit", "-qam", "clean")
    plan = tmp_path / "plan"
    done = untag("strip", root, "-o", tmp_path / "out", "--history-plan", plan)
    assert done.returncode == 1, done.stderr
    assert b" kept" in done.stdout
    assert sorted(p.name for p in plan.iterdir()) == ["blobs.txt", "commands.sh", "lines.txt", "messages.txt"]
    said = "".join(p.read_text(encoding="utf-8") for p in plan.iterdir())
    assert not [word for word in ("black", "Maria", "Gonzalez", "hispanic") if word in said]
    assert untag("scan", "--history", root).returncode == 1
    tools = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["sh", plan / "commands.sh"], env=tools, check=False, capture_output=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = subprocess.run(
        ["git", "log", "-p", "--format=%B"], cwd=plan / "rewritten.git", check=True, capture_output=True
    ).stdout
    assert b"age = 1" in told
    assert b"ethnicity" not in told
    assert b"race" not in told


def test_what_is_planned_and_not_written_is_shown(untag: Run, tmp_path: Path) -> None:
    case = Path(__file__).parent.parent / "specimens" / "rewriters" / "tfjs" / "kept-config" / "input.json"
    done = untag("strip", case, "-o", tmp_path / "out.json", "--unsafe")
    assert done.returncode == 1
    assert b"planned, and not written: the outputs 'face_race' with 1 layer" in done.stdout
    assert (tmp_path / "out.json").read_bytes() == case.read_bytes()
