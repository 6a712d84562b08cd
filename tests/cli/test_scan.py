"""``untag scan`` as a user meets it: outputs, exit codes, bad input, interruption."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

GOLDEN = Path(__file__).parent / "golden"


def lines(raw: bytes) -> list[str]:
    return raw.decode().splitlines()


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line that says what is wrong."""
    assert done.returncode == 2, done.stderr.decode()
    assert done.stdout == b""
    said = lines(done.stderr)
    assert len(said) == 1, said
    assert said[0].startswith("untag: ")
    return said[0]


def files(root: Path) -> set[str]:
    return {str(p.relative_to(root)) for p in root.rglob("*")}


# -- exit codes


def test_findings_exit_1(untag: Run) -> None:
    done = untag("scan", ".")
    assert done.returncode == 1
    assert done.stderr == b""
    assert "FaceAttributes" in done.stdout.decode()


def test_clean_exits_0(untag: Run) -> None:
    assert untag("scan", "sub").returncode == 0


def test_gap_exits_3(untag: Run, tree: Path) -> None:
    (tree / "sub" / "blob.bin").write_bytes(b"x\0\1\2\xff\xfe" * 9)
    assert untag("scan", "sub").returncode == 3


def test_nothing_exits_4(untag: Run, tree: Path) -> None:
    (tree / "empty").mkdir()
    assert untag("scan", "empty").returncode == 4


def test_exit_zero(untag: Run) -> None:
    assert untag("scan", ".", "--exit-zero").returncode == 0


def test_fail_on(untag: Run) -> None:
    assert untag("scan", ".", "--fail-on", "critical").returncode == 0
    assert untag("scan", ".", "--fail-on", "high").returncode == 1


def test_display_options_never_change_verdict_or_json(untag: Run) -> None:
    plain = json.loads(untag("scan", ".", "--format", "json").stdout)
    less = untag("scan", ".", "--format", "json", "--severity", "critical", "--confidence", "certain")
    assert less.returncode == 1
    other = json.loads(less.stdout)
    assert {**plain, "run": None} == {**other, "run": None}


#: A process that says when it reads its three hundredth file, and waits there; where the suite runs in the background,
#: it would inherit that Ctrl-C is ignored.
HEARING = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from untag.work import Worker
real, calls = Worker._entry, []
def wrapped(*given):
    calls.append(given)
    if len(calls) == 300:
        os.write(1, b"!")
        time.sleep(300)
    return real(*given)
Worker._entry = wrapped
from untag.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
def test_interrupted_exits_130_with_what_was_found(tree: Path, environment: dict[str, str]) -> None:
    text = (tree / "face.py").read_text()
    big = tree / "big"
    big.mkdir()
    for number in range(400):
        (big / f"face{number:03}.py").write_text(text.replace("FaceAttributes", f"Face{number}"))
    out = tree / "partial.json"
    command = [sys.executable, "-c", HEARING, "scan", "big", "--jobs", "1", "--format", "json", "-o", str(out)]
    with subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"!"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"partial" in said
    report = json.loads(out.read_bytes())
    assert report["interrupted"] is True
    assert "interrupted" in {g["reason"] for g in report["gaps"]}
    found = {f["place"]["chain"][0] for f in report["findings"]}
    assert found
    assert max(found) < "face299.py"


#: A process that gets Ctrl-C at the moment a function is called for the nth time.
STOPPED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # the suite may run in the background
import untag.judge, untag.scan
room, name, turn, times = sys.argv.pop(1), sys.argv.pop(1), int(sys.argv.pop(1)), int(sys.argv.pop(1))
room = {"judge": untag.judge, "scan": untag.scan}[room]
real, calls = getattr(room, name), []
def wrapped(*given):
    calls.append(name)
    if len(calls) == turn:
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
    return real(*given)
setattr(room, name, wrapped)
from untag.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
@pytest.mark.parametrize(
    ("stop", "shown", "said"),
    [
        (("scan", "judge", "1", "1"), 3, "were not followed"),
        (("judge", "_second", "2", "1"), 2, "1 of 3 files"),
        (("judge", "_second", "1", "2"), 1, "2 of 3 files"),
    ],
)
def test_interrupted_while_judging_keeps_what_was_found(
    tree: Path, environment: dict[str, str], stop: tuple[str, ...], shown: int, said: str
) -> None:
    text = (tree / "face.py").read_text()
    folder = tree / "three"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.py").write_text(text)
    out = tree / "partial.json"
    command = [sys.executable, "-c", STOPPED, *stop, "scan", "three", "--jobs", "1", "--format", "json", "-o", str(out)]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 130, done.stderr
    assert "partial" in done.stderr
    report = json.loads(out.read_bytes())
    assert report["interrupted"] is True
    assert len({f["place"]["chain"][0] for f in report["findings"]}) == shown
    assert [g["detail"] for g in report["gaps"] if said in g["detail"] and g["reason"] == "interrupted"]


def test_text_in_an_encoding_that_is_not_known_is_a_gap_and_is_read(untag: Run, tree: Path) -> None:
    folder = tree / "greek"
    folder.mkdir()
    text = "Η κάμερα επιστρέφει το φύλο, την ηλικία και την ethnicity του προσώπου.\n" * 3
    (folder / "notes.txt").write_bytes(text.encode("cp1253"))
    report = json.loads(untag("scan", "greek", "--format", "json").stdout)
    assert [g["reason"] for g in report["gaps"]] == ["undecodable"]
    assert report["coverage"]["read"]["raw"]["artifacts"] == 1


# -- the user's own mistakes: one line, exit 2, nothing written


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("scan",), "name something to scan"),
        (("scan", "missing"), "missing"),
        (("scan", "face.py/x"), "face.py/x"),
        (("scan", ".", "--format", "jsn", "-o", "x"), "did you mean 'json'"),
        (("scan", ".", "-o", "a.txt", "-o", "b.txt", "--format", "json"), "2 outputs"),
        (("scan", ".", "--format", "json", "--format", "html", "-o", "a"), "one -o each"),
        (("scan", ".", "--format", "json", "--format", "html", "-o", "a", "-o", "./a"), "same place"),
        (("scan", ".", "-o", "sub"), "folder"),
        (("scan", ".", "-o", "no/such/x.json"), "no folder"),
        (("scan", ".", "--policy", "no.toml"), "no.toml"),
        (("scan", ".", "--policy", "sub"), "sub"),
        (("scan", ".", "--baseline", "face.py"), "not JSON"),
        (("scan", ".", "--severity", "hgh"), "hgh"),
        (("scan", ".", "--sevrity", "high"), "--severity"),
        (("scan", ".", "--jobs", "-1"), "--jobs"),
        (("scan", ".", "--engine", "hyprscan"), "did you mean 'hyperscan'"),
        (("scan", "-", "--files-from", "-"), "only once"),
        (("scan", "--files-from", "none"), "none"),
        (("scn", "."), "did you mean 'scan'"),
        (("completion", "tcsh"), "tcsh"),
    ],
)
def test_mistakes(untag: Run, tree: Path, args: tuple[str, ...], words: str) -> None:
    before = files(tree)
    assert words in one_line(untag(*args))
    assert files(tree) == before


def test_missing_input_leaves_an_old_report_alone(untag: Run, tree: Path) -> None:
    (tree / "old.json").write_text("old")
    one_line(untag("scan", "missing", "--format", "json", "-o", "old.json"))
    assert (tree / "old.json").read_text() == "old"


def test_message_is_neutralised(untag: Run) -> None:
    said = one_line(untag("scan", "a\x1b[31m\nb"))
    assert "\x1b" not in said


# -- outputs


def test_pairs_of_outputs(untag: Run, tree: Path) -> None:
    done = untag("scan", ".", "--format", "json", "-o", "r.json", "--format", "plain", "-o", "-", "--format", "html",
                 "-o", "r.html")  # fmt: skip
    assert done.returncode == 1
    assert b"FaceAttributes" in done.stdout
    assert json.loads((tree / "r.json").read_bytes())["verdict"] == "findings"
    assert (tree / "r.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")
    assert not [name for name in files(tree) if ".untag-" in name]


def test_commands_show_the_findings_when_pasted(untag: Run, tree: Path) -> None:
    face = (tree / "face.py").read_text("utf-8")
    odd = tree / "sub" / "it's a face $HOME.py"
    odd.write_text(face, encoding="utf-8")
    (tree / "sub" / "旧的").mkdir()
    (tree / "sub" / "旧的" / "face.h").write_bytes(
        "struct FaceAttr {\n  int age;\n  int x; // 人脸的民族\n};\n".encode("gb18030")
    )
    for spec, number in (
        ("sub", 2),
        (".", 3),
        ("sub/", 2),
        (str(odd.relative_to(tree)), 1),
        (str(tree / "face.py"), 1),
    ):
        said = lines(untag("scan", spec).stdout)
        found = [row.partition(" $ ")[2] for row in said if row.strip().startswith("see it")]
        assert len(found) == number, spec
        for command in found:
            shown = subprocess.run(["sh", "-c", command], cwd=tree, capture_output=True, text=True, encoding="utf-8")
            assert "ethnicity" in shown.stdout or "民族" in shown.stdout, (command, shown.stderr)


def test_suffix_names_the_form(untag: Run, tree: Path) -> None:
    untag("scan", ".", "-o", "r.sarif")
    assert json.loads((tree / "r.sarif").read_bytes())["version"] == "2.1.0"


def test_devices_are_not_replaced(untag: Run) -> None:
    assert untag("scan", ".", "-o", os.devnull).returncode == 1
    assert not Path(os.devnull).is_file()


def test_output_keeps_the_mode_of_the_file(untag: Run, tree: Path) -> None:
    (tree / "r.json").write_text("")
    (tree / "r.json").chmod(0o640)
    untag("scan", ".", "-o", "r.json")
    assert (tree / "r.json").stat().st_mode & 0o777 == 0o640


def test_colour(untag: Run) -> None:
    assert b"\x1b[" not in untag("scan", ".").stdout
    assert b"\x1b[" in untag("scan", ".", "--color", "always").stdout
    assert b"\x1b[" not in untag("scan", ".", "--color", "never").stdout


def test_closed_pipe_keeps_the_verdict(tree: Path, environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "untag", "scan", "."], cwd=tree, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    said = process.stderr.read()
    assert process.wait(60) == 1
    assert said == b""
    process.stderr.close()


def normal(text: str) -> str:
    """A report with everything that differs from one version or machine to another as a placeholder."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:DIGEST", text)
    text = re.sub(r"untag \d+\.\d+\.\d+", "untag VERSION", text)
    text = re.sub(r'"version": "\d[^"]*"', '"version": "VERSION"', text)
    text = re.sub(r'"started": "[^"]*"', '"started": "TIME"', text)
    text = re.sub(r'"jobs": \d+', '"jobs": N', text)
    return re.sub(r'"seconds": [\d.]+', '"seconds": N', text)


@pytest.mark.parametrize(("name", "args"), [("clean.txt", ()), ("clean.json", ("--format", "json"))])
def test_golden(untag: Run, name: str, args: tuple[str, ...]) -> None:
    text = normal(untag("scan", "sub", *args).stdout.decode())
    path = GOLDEN / name
    if os.environ.get("UNTAG_BLESS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# -- inputs


def test_stdin(untag: Run, tree: Path) -> None:
    data = (tree / "face.py").read_bytes()
    done = untag("scan", "-", "--stdin-filename", "in/face.py", "--format", "json", stdin=data)
    report = json.loads(done.stdout)
    assert report["inputs"][0]["kind"] == "stdin"
    assert report["findings"][0]["place"]["chain"] == ["in/face.py"]


@pytest.mark.parametrize("separator", [b"\n", b"\0", b"\r\n"])
def test_files_from(untag: Run, tree: Path, separator: bytes) -> None:
    listed = separator.join([b"face.py", b"./sub", b"face.py", b""])
    report = json.loads(untag("scan", "--files-from", "-", "--format", "json", stdin=listed).stdout)
    assert report["inputs"][0]["kind"] == "list"
    assert report["coverage"]["artifacts"] == 2
    assert [f["place"]["chain"] for f in report["findings"]] == [["face.py"]]
    (tree / "list").write_bytes(listed)
    again = json.loads(untag("scan", "--files-from", "list", "--format", "json").stdout)
    assert again["findings"] == report["findings"]


def test_ignore_files_are_obeyed_on_demand_only(untag: Run, tree: Path) -> None:
    (tree / "sub" / "deep").mkdir()
    (tree / "sub" / "deep" / "face.py").write_bytes((tree / "face.py").read_bytes())
    (tree / ".gitignore").write_text("/face.py\n")
    (tree / "sub" / ".gitignore").write_text("deep/\n")
    whole = json.loads(untag("scan", ".", "--format", "json").stdout)
    assert len(whole["findings"]) == 2
    assert whole["coverage"]["ignored"] == 0
    done = untag("scan", ".", "--format", "json", "--respect-ignore")
    report = json.loads(done.stdout)
    assert report["findings"] == []
    assert report["coverage"]["ignored_artifacts"] == 2
    assert report["coverage"]["ignored"] == 2 * (tree / "face.py").stat().st_size
    assert done.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_never_lead_outside(untag: Run, tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "face.py").write_bytes((tree / "face.py").read_bytes())
    (tree / "face.py").unlink()
    (tree / "link").symlink_to(outside)
    (tree / "file.py").symlink_to(outside / "face.py")
    (tree / "loop").symlink_to(tree)
    (tree / "gone").symlink_to(tree / "nowhere")
    done = untag("scan", ".", "--format", "json")
    report = json.loads(done.stdout)
    assert report["findings"] == []
    assert sorted((g["place"]["chain"][0], g["reason"]) for g in report["gaps"]) == [
        ("file.py", "refused"), ("gone", "absent"), ("link", "refused"),
    ]  # fmt: skip
    assert done.returncode == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_hostile_names_are_neutralised(untag: Run, tree: Path) -> None:
    data = (tree / "face.py").read_bytes()
    for name in (b"a\nb.py", b"\x1b[31mred.py", b"\xff\xfe.py", "\u202eyp.py".encode()):
        (tree / os.fsdecode(name)).write_bytes(data)
    for form in ("plain", "json", "sarif", "markdown", "junit", "html"):
        done = untag("scan", ".", "--format", form)
        assert done.returncode == 1, done.stderr
        text = done.stdout.decode()
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\\xff\\xfe" in text or "\\\\xff" in text or "&#92;xff" in text
    assert untag("scan", os.fsencode(tree) + b"/\xff\xfe.py").returncode == 1


def test_jobs_do_not_matter(untag: Run, tree: Path) -> None:
    for number in range(450):
        (tree / "sub" / f"f{number}.py").write_text(f"x = {number}\n")
    one, two = (json.loads(untag("scan", ".", "--format", "json", "--jobs", n).stdout) for n in "12")
    assert {**one, "run": 0} == {**two, "run": 0}


def test_without_sieve_the_answer_is_the_same(untag: Run) -> None:
    one = json.loads(untag("scan", ".", "--format", "json").stdout)
    two = json.loads(untag("scan", ".", "--format", "json", "--no-sieve").stdout)
    assert one["findings"] == two["findings"]
