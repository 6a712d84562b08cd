"""``untag exposure`` as people use it: exit codes, outputs, mistakes, the key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from untag.cli import cli
from untag.mistake import UntagError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

ASKS = '192.0.2.1 - - [01/Oct/2025:06:25:24 +0000] "GET /v1/faces?attributes=age,race HTTP/1.1" 200 5 "-" "x"\n'


@pytest.fixture
def log(tree: Path) -> Path:
    path = tree / "access.log"
    path.write_text(ASKS + ASKS.replace("192.0.2.1", "192.0.2.2").replace(",race", ""))
    return path


def test_all_forms_at_once_and_a_key_that_is_kept(untag: Run, log: Path) -> None:
    folder = log.parent
    given = ("exposure", "access.log", "--key", "names.key", "--format", "json", "-o", "1.json")
    done = untag(*given, "--format", "html", "-o", "1.html", "--format", "plain", "-o", "-")
    assert done.returncode == 1, done.stderr
    assert b"made a key" in done.stderr
    assert (folder / "names.key").stat().st_mode & 0o077 == 0
    assert "1 only asked for one" in " ".join(done.stdout.decode().split())
    first = json.loads((folder / "1.json").read_text())
    assert [c["verdict"] for c in first["customers"]] == ["requested", "no evidence"]
    page = (folder / "1.html").read_text()
    assert not re.search(r"(?:src|href)=|<script|url\(|@import|192\.0\.2", page)
    assert untag("exposure", "access.log", "--key", "names.key", "--format", "json", "-o", "2.json").returncode == 1
    again = json.loads((folder / "2.json").read_text())
    assert {**first, "run": 0} == {**again, "run": 0}


def test_standard_input_and_a_glob(untag: Run, log: Path) -> None:
    done = untag("exposure", "-", "--format", "json", stdin=ASKS.encode())
    assert json.loads(done.stdout)["customers"][0]["verdict"] == "requested"
    assert untag("exposure", "*.log", "--exit-zero").returncode == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["none.log"], "there is no log"),
        ([], "name a log"),
        (["access.log", "--map", "tiem=t"], "did you mean"),
        (["access.log", "--log-format", "combinde"], "did you mean"),
        (["access.log", "--format", "htlm"], "did you mean"),
        (["access.log", "--customer", "ip"], "--customer takes"),
        (["access.log", "--format", "json", "--format", "html"], "one -o for each"),
        (["access.log", "--faces", "faces"], "--faces takes"),
    ],
)
def test_mistakes_are_told(log: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str) -> None:
    monkeypatch.chdir(log.parent)
    with pytest.raises(UntagError, match=said):
        cli.main(["exposure", *given], standalone_mode=False)


def test_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["exposure", "--formats"], standalone_mode=False)
    said = capsys.readouterr().out
    assert {"combined", "har", "guard", "alb"} <= {line.split()[0] for line in said.splitlines() if line[0] != " "}
