"""``explain``, ``lexicon``, ``init``, ``completion``, help and version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from untag.syntax import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.mark.parametrize("command", ["scan", "explain", "lexicon", "init", "completion", "attest", "exposure"])
def test_help_has_examples(untag: Run, command: str) -> None:
    done = untag(command, "--help")
    assert done.returncode == 0
    assert f"untag {command}" in done.stdout.decode().split("Examples:", 1)[1]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("command", ["scan .", "explain uyghur", "lexicon", "init --dry-run", "completion bash"])
def test_a_full_disk_is_one_line(tree: Path, environment: dict[str, str], command: str) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "untag", *command.split()], cwd=tree, env=environment, stdout=full,
            stderr=subprocess.PIPE, timeout=120,
        )  # fmt: skip
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert b"cannot write to standard output" in done.stderr


def test_version(untag: Run) -> None:
    assert untag("--version").stdout.decode().startswith("untag, version ")


def test_no_command_is_a_mistake(untag: Run) -> None:
    assert untag().returncode == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("uyghur", ["Uyghur", "source:", "review:", "cn-gbt3304", "not in"]),
        ("民族", ["ethnicity"]),
        ("rfw4", ["RFW", "4 values"]),
        ("labelset", ["(rule)", "limit"]),
        ("allowance", ["(rule)", "reason"]),
        ("code", ["(reader)"]),
        ("sarif", ["(report form)"]),
        ("targeting", ["(purpose)", "critical"]),
        ("firm", ["(confidence)"]),
        ("critical", ["(severity)"]),
        ("undecodable", ["(reason of a gap)"]),
        ("fail-on", ["(configuration key)"]),
    ],
)
def test_explain(untag: Run, name: str, words: list[str]) -> None:
    done = untag("explain", name)
    assert done.returncode == 0
    text = done.stdout.decode()
    assert [w for w in words if w not in text] == []


def test_explain_names_the_nearest(untag: Run) -> None:
    done = untag("explain", "targetting")
    assert done.returncode == 2
    assert "did you mean targeting" in done.stderr.decode()


def test_explain_a_finding(untag: Run, tree: Path) -> None:
    untag("scan", ".", "-o", "r.json")
    key = json.loads((tree / "r.json").read_bytes())["findings"][0]["key"]
    text = untag("explain", key, "--report", "r.json").stdout.decode()
    assert "face.py:7" in text
    assert "[[accept]]" in text
    assert untag("explain", key).returncode == 2
    assert untag("explain", key[:-1], "--report", "r.json").returncode == 2
    assert untag("explain", key, "--report", "face.py").returncode == 2


def test_lexicon(untag: Run) -> None:
    text = untag("lexicon").stdout.decode()
    assert "code systems" in text
    assert "languages" in text
    found = untag("lexicon", "этнич").stdout.decode()
    assert "ethnicity" in found
    groups = json.loads(untag("lexicon", "--kind", "group", "--language", "ru", "--json").stdout)
    assert {t["kind"] for t in groups["terms"]} == {"group"}
    assert {f["language"] for t in groups["terms"] for f in t["forms"]} == {"ru"}
    assert untag("lexicon", "--kind", "grup").returncode == 2
    assert untag("lexicon", "qqqqzzzz").returncode == 2


def test_forms_fit_for_a_pattern_file(untag: Run) -> None:
    rows = untag("lexicon", "--forms").stdout.decode().split("\n")
    assert rows.pop() == ""
    assert all(row.strip() for row in rows)
    assert len(set(rows)) == len(rows) > 1000


def test_init(untag: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    dry = untag("init", "--dry-run", cwd=folder)
    assert dry.returncode == 0
    assert list(folder.iterdir()) == []
    assert untag("init", cwd=folder).returncode == 0
    made = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert made == {"untag.toml", "untag-policy.toml", ".pre-commit-config.yaml", ".github/workflows/untag.yml"}
    (folder / "untag.toml").write_text("# mine\n")
    again = untag("init", cwd=folder)
    assert again.returncode == 2
    assert (folder / "untag.toml").read_text() == "# mine\n"
    assert untag("init", "--force", cwd=folder).returncode == 0
    assert untag("scan", "untag.toml", cwd=folder).returncode in {0, 1, 3}
    assert tomllib.loads((folder / "untag-policy.toml").read_text()) == {"thresholds": {}}


def test_what_init_writes_is_sound_yaml(untag: Run, tmp_path: Path) -> None:
    assert untag("init", cwd=tmp_path).returncode == 0
    hook = yaml.parse((tmp_path / ".pre-commit-config.yaml").read_text())
    flow = yaml.parse((tmp_path / ".github/workflows/untag.yml").read_text())
    assert (hook.errors, hook.lost, flow.errors, flow.lost) == ([], [], [], [])
    (repo,) = hook.roots[0].children[0].children
    (one,) = next(c for c in repo.children if c.key == "hooks").children
    assert {"id", "name", "entry", "language"} <= {c.key for c in one.children}
    assert [c.key for c in flow.roots[0].children] == ["name", "on", "permissions", "jobs"]
    steps = next(c for c in flow.roots[0].children[3].children[0].children if c.key == "steps").children
    assert all({"uses", "run"} & {c.key for c in step.children} for step in steps)
    assert "${{ runner.temp }}/untag.sarif" in (tmp_path / ".github/workflows/untag.yml").read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(untag: Run, shell: str) -> None:
    assert "_UNTAG_COMPLETE" in untag("completion", shell).stdout.decode()
