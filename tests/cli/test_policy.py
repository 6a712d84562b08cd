"""Policy, baseline, inline allowances and configuration, through the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def report(untag: Run, *args: str | Path, cwd: Path | None = None) -> tuple[int, dict[str, Any]]:
    done = untag("scan", *args, "--format", "json", cwd=cwd)
    assert done.returncode != 2, done.stderr
    return done.returncode, json.loads(done.stdout)


def wrong(untag: Run, *args: str, cwd: Path | None = None) -> str:
    done = untag("scan", *args, cwd=cwd)
    assert done.returncode == 2, done.stdout
    assert done.stdout == b""
    said = done.stderr.decode().splitlines()
    assert len(said) == 1
    return said[0]


def accept(key: str, **changes: str) -> str:
    row = {"purpose": "capability", "severity": "high", "reason": "kept for the audit", **changes}
    lines = [f'key = "{key}"', *(f'{k} = "{v}"' for k, v in row.items() if v)]
    return "[[accept]]\n" + "\n".join(lines) + "\n"


@pytest.fixture
def key(untag: Run) -> str:
    return str(report(untag, ".")[1]["findings"][0]["key"])


def test_accepted(untag: Run, tree: Path, key: str) -> None:
    (tree.parent / "p.toml").write_text(accept(key))
    code, made = report(untag, ".", "--policy", "../p.toml")
    assert code == 0
    assert made["verdict"] == "accepted"
    assert made["findings"][0]["status"] == "accepted"
    assert made["findings"][0]["reason"] == "kept for the audit"
    assert made["digests"]["policy"] != report(untag, ".")[1]["digests"]["policy"]


@pytest.mark.parametrize(
    "change", [{"severity": "medium"}, {"purpose": "fairness"}, {"expires": "2020-01-31"}, {"key": "k1:" + "0" * 16}]
)
def test_worse_expired_or_other_is_open_again(untag: Run, tree: Path, key: str, change: dict[str, str]) -> None:
    row = {"key": key, **change}
    (tree.parent / "p.toml").write_text(accept(row.pop("key"), **row))
    code, made = report(untag, ".", "--policy", "../p.toml")
    assert code == 1
    assert made["findings"][0]["status"] == "shown"


def test_what_no_longer_holds_is_said(untag: Run, tree: Path, key: str) -> None:
    (tree.parent / "p.toml").write_text(accept(key, severity="low"))
    against = report(untag, ".", "--policy", "../p.toml")[1]["findings"][0]["against"]
    assert any(row["kind"] == "acceptance" and "open again" in row["text"] for row in against)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (accept("k1:" + "0" * 16, reason=""), "reason is missing"),
        (accept("k1:" + "0" * 16, purpose=""), "purpose is missing"),
        (accept("k1:" + "0" * 16, purpose="capabilty"), "did you mean 'capability'"),
        (accept("k1:" + "0" * 16, expires="soon"), "expires"),
        (accept("nokey"), "no finding key"),
        (accept("k1:" + "0" * 16) + 'raeson = "x"\n', "did you mean 'reason'"),
        ("[[accept-gap]]\nplace = 'x'\n", "reason is missing"),
        ("[[accept-gap]]\nreason = 'x'\n", "place, a gap"),
        ("[[accept-gap]]\ngap = 'interrupted'\nreason = 'x'\n", "gap must be one of"),
        ("[accept]\n", "two brackets"),
        ("[thresholds]\nfail_on = 'low'\n", "did you mean 'fail-on'"),
        ("[[acept]]\n", "did you mean 'accept'"),
        ("not toml", "p.toml"),
    ],
)
def test_bad_policy(untag: Run, tree: Path, text: str, words: str) -> None:
    (tree.parent / "p.toml").write_text(text)
    assert words in wrong(untag, ".", "--policy", "../p.toml", "-o", "out.txt")
    assert not (tree / "out.txt").exists()


def test_accepted_gaps(untag: Run, tree: Path) -> None:
    (tree / "sub" / "blob.bin").write_bytes(b"x\0\1\2\xff\xfe" * 9)
    (tree.parent / "p.toml").write_text("[[accept-gap]]\nplace = '*.bin'\ngap = 'unknown'\nreason = 'firmware'\n")
    code, made = report(untag, "sub", "--policy", "../p.toml")
    assert code == 0
    assert made["gaps"][0]["accepted"] is True
    assert made["gaps"][0]["why"] == "firmware"
    assert report(untag, "sub", "--policy", "../p.toml", "--strict")[0] == 3
    (tree.parent / "p.toml").write_text("[[accept-gap]]\nplace = '*.so'\nreason = 'firmware'\n")
    assert report(untag, "sub", "--policy", "../p.toml")[0] == 3


def test_thresholds(untag: Run, tree: Path) -> None:
    (tree.parent / "p.toml").write_text("[thresholds]\nfail-on = 'critical'\n")
    assert report(untag, ".", "--policy", "../p.toml")[0] == 0
    assert report(untag, ".", "--policy", "../p.toml", "--fail-on", "low")[0] == 1


@pytest.mark.parametrize("form", ["baseline", "report"])
def test_baseline(untag: Run, tree: Path, form: str) -> None:
    known = tree.parent / "known.json"
    if form == "baseline":
        untag("scan", ".", "--write-baseline", known)
    else:
        untag("scan", ".", "-o", known)
    code, made = report(untag, ".", "--baseline", known)
    assert code == 0
    assert made["findings"][0]["status"] == "accepted"
    other = (tree / "face.py").read_text().replace("FaceAttributes", "FaceResult")
    (tree / "other.py").write_text(other)
    code, made = report(untag, ".", "--baseline", known)
    assert code == 1
    assert [f["status"] for f in made["findings"]] == ["accepted", "shown"]


def test_baseline_is_sorted_and_without_times(untag: Run, tree: Path) -> None:
    one, two = tree.parent / "1.json", tree.parent / "2.json"
    untag("scan", ".", "--write-baseline", one)
    (tree / "face.py").write_text("\n\n" + (tree / "face.py").read_text())
    untag("scan", ".", "--write-baseline", two, "--baseline", one)
    assert one.read_text() == two.read_text()
    rows = json.loads(one.read_text())["findings"]
    assert rows == sorted(rows, key=lambda row: row["key"])
    assert set(rows[0]) == {"key", "purpose", "severity"}


# -- inline


def allow(tree: Path, comment: str, *, above: bool = False) -> None:
    text = (tree / "face.py").read_text()
    new = f"    # {comment}\n    ethnicity: str" if above else f"    ethnicity: str  # {comment}"
    (tree / "face.py").write_text(text.replace("    ethnicity: str", new))


@pytest.mark.parametrize("above", [False, True])
def test_allowance(untag: Run, tree: Path, *, above: bool) -> None:
    allow(tree, "untag: allow[field] a fixture of the tests", above=above)
    code, made = report(untag, ".")
    assert code == 0
    assert made["findings"][0]["reason"] == "a fixture of the tests"


def test_allowance_in_an_untrusted_input_is_reported_and_not_obeyed(untag: Run, tree: Path, tmp_path: Path) -> None:
    allow(tree, "untag: allow[field] a fixture of the tests")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code, made = report(untag, tree, cwd=elsewhere)
    assert code == 1
    assert any(row["kind"] == "allowance" for row in made["findings"][0]["against"])
    (row,) = made["untrusted"]
    assert (row["what"], row["text"]) == ("allowance", "untag: allow[field] a fixture of the tests")
    assert row["place"]["line"]
    assert report(untag, tree, "--trust-input", cwd=elsewhere)[0] == 0


@pytest.mark.parametrize("comment", ["untag: allow[field]", "untag: allow[nosuchrule] why", "untag: allow why"])
def test_allowance_without_reason_or_rule_is_a_finding(untag: Run, tree: Path, comment: str) -> None:
    allow(tree, comment)
    code, made = report(untag, ".")
    assert code == 1
    rows = {f["rule"]: f for f in made["findings"]}
    assert set(rows) == {"field", "allowance"}
    assert rows["field"]["status"] == "shown"
    assert rows["allowance"]["severity"] == "low"


def test_allowance_without_reason_is_found_beside_no_tag_at_all(untag: Run, tree: Path) -> None:
    folder = tree / "plain"
    folder.mkdir()
    (folder / "a.py").write_text("total = 1  # untag: allow[field]\n")
    _, made = report(untag, "plain")
    assert [f["rule"] for f in made["findings"]] == ["allowance"]
    assert made["findings"] == report(untag, "plain", "--no-sieve")[1]["findings"]


def test_allowance_of_another_rule_covers_nothing(untag: Run, tree: Path) -> None:
    allow(tree, "untag: allow[labelset] a fixture")
    assert report(untag, ".")[0] == 1
    (tree / "face.py").write_text((tree / "face.py").read_text().replace("labelset", "field, medium"))
    assert report(untag, ".")[0] == 1
    (tree / "face.py").write_text((tree / "face.py").read_text().replace("medium", "high"))
    assert report(untag, ".")[0] == 0


# -- configuration


def test_configuration_from_the_working_directory_upwards(untag: Run, tree: Path) -> None:
    (tree / "untag.toml").write_text('fail-on = "critical"\nformat = "json"\noutput = "out/r.json"\n')
    (tree / "out").mkdir()
    done = untag("scan", "../face.py", cwd=tree / "sub")
    assert done.returncode == 0
    assert json.loads((tree / "out" / "r.json").read_bytes())["verdict"] == "findings"
    assert untag("scan", "../face.py", "--fail-on", "low", cwd=tree / "sub").returncode == 1


def test_configuration_in_pyproject(untag: Run, tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.untag]\nexit-zero = true\n')
    assert untag("scan", ".").returncode == 0
    (tree / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert untag("scan", ".").returncode == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('fromat = "json"\n', "did you mean 'format'"),
        ('severity = "hgh"\n', "hgh"),
        ("jobs = true\n", "jobs"),
        ("strict = 1\n", "strict"),
        ('color = "red"\n', "color"),
        ("broken", "untag.toml"),
        ('policy = "none.toml"\n', "none.toml"),
    ],
)
def test_bad_configuration(untag: Run, tree: Path, text: str, words: str) -> None:
    (tree / "untag.toml").write_text(text)
    assert words in wrong(untag, ".")


def test_configuration_of_an_input_is_not_obeyed(untag: Run, tree: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tree / "untag.toml").write_text("exit-zero = true\n")
    done = untag("scan", tree, cwd=elsewhere)
    assert done.returncode == 1
    assert "is not obeyed" in done.stderr.decode()
    assert "NOT OBEYED: 1 request" in done.stdout.decode()
    assert untag("scan", tree, "--quiet", cwd=elsewhere).stderr == b""
    assert untag("scan", tree, "--trust-input", cwd=elsewhere).returncode == 0


def test_what_an_untrusted_input_asks_is_in_every_report(untag: Run, tree: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    deep = tree / "deep"
    deep.mkdir()
    (deep / "untag.toml").write_text("exit-zero = true\n")
    (deep / "pyproject.toml").write_text("[tool.untag]\nquiet = true\n")
    (tree / "pyproject.toml").write_text("[tool.other]\nquiet = true\n")
    (tree / "untag-policy.toml").write_text("")
    (tree / "untag-baseline.json").write_text('{"schema": "untag.baseline/1", "findings": []}')
    wanted = [
        ("deep/pyproject.toml", "configuration"),
        ("deep/untag.toml", "configuration"),
        ("untag-baseline.json", "baseline"),
        ("untag-policy.toml", "policy"),
    ]
    _, made = report(untag, tree, cwd=elsewhere)
    assert [(u["place"]["chain"][0], u["what"]) for u in made["untrusted"]] == wanted
    for form in ("plain", "markdown", "html", "sarif", "junit"):
        text = untag("scan", tree, "--format", form, cwd=elsewhere).stdout.decode()
        for name, _ in wanted:
            assert name in text, (form, name)
        assert "not obeyed" in text.lower(), form
    # What a flag names is obeyed, wherever it lies; the working directory's own is nobody else's.
    _, made = report(untag, tree, "--policy", tree / "untag-policy.toml", cwd=elsewhere)
    assert "policy" not in {u["what"] for u in made["untrusted"]}
    assert report(untag, tree, "--trust-input", cwd=elsewhere)[1]["untrusted"] == []
    assert report(untag, ".")[1]["untrusted"] == []
