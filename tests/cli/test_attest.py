"""Attestations: what is signed is what was read, and nothing that differs from it by a bit verifies."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import random
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from untag.attest import check, dsse, key, sound
from untag.attest.demand import Demands
from untag.attest.statement import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from conftest import Run

NOW = dt.datetime.now(dt.UTC)
KINDS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
}


def pair(folder: Path, name: str = "key", kind: str = "ed25519", passphrase: bytes | None = None) -> tuple[Path, Path]:
    made = KINDS[kind]()
    lock = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    (folder / f"{name}.pem").write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pub").write_bytes(public)
    return folder / f"{name}.pem", folder / f"{name}.pub"


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return pair(tmp_path)


def attest(untag: Run, secret: Path, out: Path, *more: str | Path, expect: int = 1) -> dict[str, Any]:
    done = untag("attest", *more, "--key", secret, "--by", "Example Ltd", "-o", out)
    assert done.returncode == expect, done.stderr
    row: dict[str, Any] = json.loads(base64.b64decode(json.loads(out.read_bytes())["payload"]))
    return row


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_verifies_where_nothing_changed(untag: Run, tree: Path, kind: str) -> None:
    secret, public = pair(tree.parent, kind=kind)
    out = tree.parent / "a.json"
    attest(untag, secret, out, "sub", expect=0)
    done = untag("verify", out, "sub", "--key", public, "--json")
    assert done.returncode == 0, done.stdout
    said = json.loads(done.stdout)
    assert (said["verified"], said["result"]) == (True, "PASSED")
    assert untag("verify", out, "sub", "--key", public, "--rescan").returncode == 0


def test_nothing_read_is_said_and_signed_as_such(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    (tree / "hollow").mkdir()
    row = attest(untag, keys[0], tree.parent / "a.json", "hollow", expect=4)
    assert row["predicate"]["result"] == "INCOMPLETE"


def test_strict_counts_gaps_that_are_accepted(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    (tree / "sub" / "torn.zip").write_bytes(b"PK\3\4" + bytes(40))
    policy = tree / "policy.toml"
    policy.write_text('[[accept-gap]]\nplace = "torn.zip"\nreason = "an empty package of the vendor"\n')
    out = tree.parent / "a.json"
    attest(untag, keys[0], out, "sub", "--policy", policy, expect=0)
    attest(untag, keys[0], out, "sub", "--policy", policy, "--strict", expect=3)


def test_results_and_exit_codes(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    out = tree.parent / "a.json"
    failed = attest(untag, keys[0], out, ".")
    assert failed["predicate"]["result"] == "FAILED"
    assert untag("verify", out, ".", "--key", keys[1]).returncode == 1
    assert untag("attest", ".", "--key", keys[0], "--by", "x", "-o", out, "--exit-zero").returncode == 0
    (tree / "sub" / "a.bin").write_bytes(bytes(range(256)) * 3)
    partial = attest(untag, keys[0], out, "sub", expect=3)
    assert partial["predicate"]["result"] == "INCOMPLETE"
    assert [g["place"]["chain"] for g in partial["predicate"]["gaps"]] == [["a.bin"]]
    assert untag("verify", out, "sub", "--key", keys[1]).returncode == 3
    demands = tree.parent / "demands.toml"
    demands.write_text('keys = ["key.pub"]\nmax-gaps = 1\nmin-forms = 1000\n')
    assert untag("verify", out, "sub", "--demands", demands).returncode == 0
    demands.write_text('keys = ["key.pub"]\nmax-gaps = 1\nmin-forms = 100000000\n')
    assert untag("verify", out, "sub", "--demands", demands).returncode == 1


def test_an_accepted_grave_finding_has_not_passed(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    (found,) = json.loads(untag("scan", ".", "--format", "json").stdout)["findings"]
    bound = f'key = "{found["key"]}"\npurpose = "{found["purpose"]}"\nseverity = "{found["severity"]}"\n'
    (tree.parent / "policy.toml").write_text(f'[[accept]]\n{bound}reason = "known"\n')
    row = attest(untag, keys[0], tree.parent / "a.json", ".", "--policy", "../policy.toml")
    assert row["predicate"]["findings"][0]["status"] == "accepted"
    assert row["predicate"]["result"] == "FAILED"
    assert "accepted" in row["predicate"]["reasons"][0]


def test_the_statement_is_the_same_but_for_its_times(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    rows = []
    for number, jobs in enumerate(("1", "2")):
        row = attest(untag, keys[0], tree.parent / f"{number}.json", ".", "--jobs", jobs)
        row["predicate"].pop("run")
        rows.append(written(row))
    assert rows[0] == rows[1]


def test_a_statement_keeps_to_its_schema(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    row = attest(untag, keys[0], tree.parent / "a.json", ".")
    assert sound.schema_errors(row) == []
    assert sound.schema_errors({**row, "subject": [{"name": "a", "digest": {"md5": "0"}}]})
    row["predicate"]["gaps"] = [{"reason": "nice"}]
    assert sound.schema_errors(row)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: (tree / "face.py").write_text("x = 1\n"), "changed: face.py"),
        (lambda tree: (tree / "new.py").write_text("x = 1\n"), "not covered: new.py"),
        (lambda tree: (tree / ".hidden").write_text("x = 1\n"), "not covered: .hidden"),
        (lambda tree: (tree / "face.py").unlink(), "missing: face.py"),
        (lambda tree: (tree / "face.py").rename(tree / "mask.py"), "missing: face.py"),
        (lambda tree: (tree / "out").symlink_to("/etc"), "not to be read, and not said to be: out"),
        (lambda tree: (tree / "in").symlink_to("face.py"), "passed over now and not then, or then and not now: in"),
        (lambda tree: os.mkfifo(tree / "pipe"), "not to be read, and not said to be: pipe"),
        (lambda tree: (tree / ".git").mkdir(), "passed over now and not then, or then and not now: .git"),
    ],
)
def test_every_difference_of_the_input_is_told(
    untag: Run, tree: Path, keys: tuple[Path, Path], change: Callable[[Path], object], said: str
) -> None:
    out = tree.parent / "a.json"
    attest(untag, keys[0], out, ".")
    change(tree)
    done = untag("verify", out, ".", "--key", keys[1])
    assert done.returncode == 1
    assert said in done.stdout.decode()
    assert "not verified" in done.stdout.decode()


def test_an_earlier_report_is_signed_as_it_is_and_says_so(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    report, out = tree.parent / "r.json", tree.parent / "a.json"
    untag("scan", ".", "--format", "json", "-o", report)
    row = attest(untag, keys[0], out, report)
    assert row["predicate"]["rescanned"] is False
    assert untag("verify", out, ".", "--key", keys[1], "--rescan").returncode == 1
    assert b"verified, FAILED" in untag("verify", out, ".", "--key", keys[1]).stdout
    (tree / "new.py").write_text("x = 1\n")
    assert b"not verified" in untag("verify", out, ".", "--key", keys[1]).stdout
    (tree.parent / "demands.toml").write_text("rescanned = true\n")
    demanded = untag("verify", out, ".", "--key", keys[1], "--demands", tree.parent / "demands.toml")
    assert b"signed unseen" in demanded.stdout


def test_a_rescan_tells_what_the_statement_keeps_silent_about(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    """Whoever signs may lie about what was found; who scans again sees it."""
    out = tree.parent / "a.json"
    row = attest(untag, keys[0], out, ".")
    said = row["predicate"]
    said["result"], said["reasons"] = "PASSED", []
    hidden = [{**f, "status": "hidden"} for f in said["findings"]]
    for findings in ([], hidden):
        said["findings"] = findings
        said["summary"].update(shown=0, hidden=len(findings))
        out.write_text(dsse.sealed(written(row), key.private(keys[0])))
        assert untag("verify", out, ".", "--key", keys[1]).returncode == 0
        done = untag("verify", out, ".", "--key", keys[1], "--rescan")
        assert done.returncode == 1
        assert b"found now and not stated" in done.stdout
    said["summary"]["shown"] = 1
    out.write_text(dsse.sealed(written(row), key.private(keys[0])))
    assert b"does not count" in untag("verify", out, ".", "--key", keys[1]).stdout


def test_inventory_and_previous(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    items = tree.parent / "all.toml"
    items.write_text(
        '[[item]]\nname = "lens"\nkind = "repository"\ninput = "project/sub"\n'
        '[[item]]\nname = "weights"\nkind = "model"\n'
        '[[item]]\nname = "old"\nkind = "release"\nreport = "r.json"\n'
    )
    untag("scan", ".", "--format", "json", "-o", tree.parent / "r.json")
    first, second = tree.parent / "1.json", tree.parent / "2.json"
    row = attest(untag, keys[0], first, "sub", "--inventory", items, "--product", "Lens")
    assert [i["state"] for i in row["predicate"]["inventory"]] == ["scanned", "gap", "reported"]
    assert row["predicate"]["reasons"] == ["old of the inventory failed", "weights of the inventory has no report"]
    (tree.parent / "demands.toml").write_text('inventory = ["lens", "weights", "router"]\n')
    done = untag("verify", first, "sub", "--key", keys[1], "--demands", tree.parent / "demands.toml")
    assert b"FAIL  inventory: weights: gap" in done.stdout
    assert b"FAIL  inventory: router: absent" in done.stdout
    row = attest(untag, keys[0], second, ".", "--previous", first, "--product", "Lens")
    last = row["predicate"]["previous"]
    assert (last["result"], last["sameKey"], len(last["added"]), last["removed"]) == ("FAILED", True, 1, [])
    other = untag("attest", ".", "--key", keys[0], "--by", "x", "--previous", first, "--product", "Mask")
    assert other.returncode == 2
    assert b"is about Lens, not about Mask" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("attest", ".", "--key", "no.pem", "--by", "x"), "cannot read the key"),
        (("attest", ".", "--key", "face.py", "--by", "x"), "no PEM file"),
        (("attest", ".", "--key", "../rsa.pem", "--by", "x"), "it is not an Ed25519 key"),
        (("attest", ".", "--key", "../locked.pem", "--by", "x"), "give its passphrase"),
        (("attest", "nowhere", "--key", "../key.pem", "--by", "x"), "nowhere"),
        (("verify", "../a.json", "."), "name a key that you trust"),
        (("verify", "../a.json", ".", "--key", "../key.pem"), "needs the public one"),
        (("verify", "../a.json", ".", "--key", "../key.pub", "--at", "noon"), "no time"),
        (("verify", "../none.json", ".", "--key", "../key.pub"), "cannot read"),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_written(
    untag: Run, tree: Path, keys: tuple[Path, Path], arguments: tuple[str, ...], said: str
) -> None:
    pair(tree.parent, "locked", passphrase=b"sesame")
    made = rsa.generate_private_key(65537, 2048)
    secret = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tree.parent / "rsa.pem").write_bytes(secret)
    attest(untag, keys[0], tree.parent / "a.json", ".")
    done = untag(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1
    assert not done.stdout


def test_a_locked_key_signs_with_its_passphrase(untag: Run, tree: Path) -> None:
    secret, public = pair(tree.parent, passphrase=b"open sesame")
    (tree.parent / "phrase").write_bytes(b"open sesame\n")
    out = tree.parent / "a.json"
    attest(untag, secret, out, "sub", "--passphrase-file", tree.parent / "phrase", expect=0)
    assert untag("verify", out, "sub", "--key", public).returncode == 0
    (tree.parent / "phrase").write_bytes(b"shut sesame\n")
    wrong = untag("attest", "sub", "--key", secret, "--by", "x", "--passphrase-file", tree.parent / "phrase")
    assert wrong.returncode == 2
    assert b"passphrase is wrong" in wrong.stderr


def test_names_of_persons_are_not_signed(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    # No name is made of hexadecimal digits: a digest may hold one by chance.
    names = ["Lily_Lovelace", "Alan_Turing", "Emmy_Noether", "Grace_Hopper", "Marie_Curie"]
    for name in names:
        folder = tree / "faces" / name
        folder.mkdir(parents=True)
        for i in range(3):
            (folder / f"{name}_{i}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + name.encode() + bytes([i]))
    out = tree.parent / "a.json"
    row = attest(untag, keys[0], out, ".")
    text = json.dumps(row).lower()
    assert "<person>" in text
    assert not [part for name in names for part in name.lower().split("_") if part in text]
    assert b"all 17 files" in untag("verify", out, ".", "--key", keys[1]).stdout
    folder = tree / "faces" / names[0]
    (folder / f"{names[0]}_0.jpg").rename(folder / f"{names[0]}_uyghur_0.jpg")
    told = untag("verify", out, ".", "--key", keys[1])
    assert told.returncode == 1
    (folder / f"{names[0]}_uyghur_0.jpg").rename(tree / "uyghur_0.jpg")
    assert untag("verify", out, ".", "--key", keys[1]).returncode == 1
    (folder / "more.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    told = untag("verify", out, ".", "--key", keys[1])
    assert b"not covered" in told.stdout
    assert b"lovelace" not in told.stdout.lower()
    (folder / "untag.toml").write_text("jobs = 1\n")
    (tree.parent / "work").mkdir()
    asked = untag("scan", tree, "--format", "json", cwd=tree.parent / "work")
    assert json.loads(asked.stdout)["untrusted"]
    assert b"lovelace" not in asked.stdout.lower()


def test_records_of_persons_are_masked_and_verify(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    """Who verifies cannot know that a file was masked for what it holds."""
    names = ["Ada", "Alan", "Emmy", "Grace", "Marie"]
    (tree / "data").mkdir()
    for number, name in enumerate(names):
        row = {"image": f"{name}.jpg", "age": 20 + number, "gender": "f", "ethnicity": ("uyghur", "han")[number % 2]}
        (tree / "data" / f"{name}.json").write_text(json.dumps(row))
    out = tree.parent / "a.json"
    row = attest(untag, keys[0], out, ".")
    assert [s["name"] for s in row["subject"]].count("data/<person>.json") == 5
    assert b"all 7 files" in untag("verify", out, ".", "--key", keys[1]).stdout
    (tree / "data" / "Ada.json").rename(tree / "data" / "Uyghur.json")
    assert b"not verified" in untag("verify", out, ".", "--key", keys[1]).stdout


def test_certificate_and_cyclonedx(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    (tree / "<b>x.py").write_text((tree / "face.py").read_text())
    files = [tree.parent / name for name in ("a.json", "c.html", "c.md", "d.json")]
    page, short, cyclone = files[1:]
    attest(untag, keys[0], files[0], ".", "--certificate", page, "--cyclonedx", cyclone, "--product", "<i>Lens</i>")
    attest(untag, keys[0], files[0], ".", "--certificate", short)
    text = page.read_text()
    assert "<b>" not in text
    assert "<i>" not in text
    assert "&lt;b&gt;x.py" in text
    assert "default-src 'none'" in text
    assert "# Attestation: FAILED" in short.read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(cyclone.read_text()) is None


def test_what_is_ignored_or_only_in_the_past_has_not_passed(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    out = tree.parent / "a.json"
    (tree / "sub" / ".gitignore").write_text("face.h\n")
    (tree / "sub" / "face.h").write_text("struct Face { int age; bool isUyghur; };\n")
    row = attest(untag, keys[0], out, "sub", "--respect-ignore", expect=3)
    assert row["predicate"]["reasons"] == ["1 file that an ignore file names were not read"]
    assert untag("verify", out, "sub", "--key", keys[1]).returncode == 3
    (tree / "sub" / ".gitignore").write_text("face.h\nmore.h\n")
    (tree / "sub" / "more.h").write_text("bool isUyghur;\n")
    assert untag("verify", out, "sub", "--key", keys[1]).returncode == 1
    for name in (".gitignore", "face.h", "more.h"):
        (tree / "sub" / name).unlink()
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a")):
        subprocess.run(["git", *words], cwd=tree / "sub", check=True)
    row = attest(untag, keys[0], out, "sub", "--history", expect=0)
    # A statement of one that did not say what it read of the past.
    row["subject"] = [one for one in row["subject"] if not one.get("annotations", {}).get("past")]
    out.write_text(dsse.sealed(written(row), key.private(keys[0])))
    done = untag("verify", out, "sub", "--key", keys[1])
    assert done.returncode == 3
    assert b"only by --rescan" in done.stdout
    assert untag("verify", out, "sub", "--key", keys[1], "--rescan").returncode == 0


def test_what_a_repository_ever_held_is_a_subject(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    home = tree / "sub"

    def git(*words: str, cwd: Path = home) -> None:
        names = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        dates = {f"GIT_{who}_DATE": "2026-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")}
        subprocess.run(["git", *words], cwd=cwd, check=True, capture_output=True, env={**os.environ, **names, **dates})

    def commit(text: str, said: str) -> None:
        (home / "more.py").write_text(text)
        git("add", ".")
        git("commit", "-qm", said)

    git("init", "-q")
    commit("a = 1\n", "one")
    commit("a = 2\n", "two")
    out = tree.parent / "a.json"
    row = attest(untag, keys[0], out, "sub", "--history", expect=0)
    (past,) = (one for one in row["subject"] if one.get("annotations", {}).get("past"))
    assert (past["name"], past["annotations"]) == (".git", {"past": True, "blobs": 3, "messages": 2})
    assert sound.schema_errors(row) == []

    def said(spec: str = "sub") -> tuple[int, str]:
        done = untag("verify", out, spec, "--key", keys[1])
        return done.returncode, done.stdout.decode()

    whole = "ok    past: all 3 blobs and 2 messages that .git ever held are the ones that were read"
    assert said()[0] == 0
    assert whole in said()[1]
    git("gc", "-q")
    assert whole in said()[1]
    git("clone", "-q", "sub", "copy", cwd=tree)
    assert said("copy")[0] == 0
    (tree / "copy" / "more.py").write_text("a = 3\n")
    git("commit", "-qam", "three", cwd=tree / "copy")
    git("revert", "--no-edit", "HEAD", cwd=tree / "copy")
    code, text = said("copy")
    assert code == 1
    assert "FAIL  past: what a repository here ever held is not what was read: 4 blobs and 4 messages now" in text
    assert "FAIL  past: what was read of .git is not here" in text
    assert "ok    digests: all 2 files" in text
    # Other words for the same change, and nothing else.
    git("clone", "-q", "sub", "other", cwd=tree)
    git("reset", "-q", "--soft", "HEAD~1", cwd=tree / "other")
    git("commit", "-qm", "2", cwd=tree / "other")
    for name in ("logs", "packed-refs", "ORIG_HEAD"):
        gone = tree / "other" / ".git" / name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink(missing_ok=True)
    shutil.rmtree(tree / "other" / ".git" / "refs" / "remotes", ignore_errors=True)
    assert "FAIL  past: what a repository here ever held is not what was read: 3 blobs" in said("other")[1]


def test_a_hostile_bundle_is_told_in_one_line(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    out = tree.parent / "a.json"
    row = attest(untag, keys[0], out, ".")
    secret = key.private(keys[0])
    said = row["predicate"]
    bundles = [
        b'{"payload":' + b"1" * 5000 + b"}",
        b"[" * 100_000,
        b"\xff\xfe",
    ]
    lies: list[dict[str, object]] = [
        {"predicate": {**said, "rescanned": False}},
        {"subject": [{"name": "a", "digest": {"untagInput1": "0" * 64}}]},
        {"predicate": {**said, "run": {"timeCreated": "now", "notAfter": ""}}},
    ]
    bundles += [dsse.sealed(written({**row, **lie}), secret).encode() for lie in lies]
    for bundle in bundles:
        out.write_bytes(bundle)
        done = untag("verify", out, ".", "--key", keys[1])
        assert done.returncode == 1
        assert b"cannot be used" in done.stdout
        assert not done.stderr


def test_an_inventory_takes_no_bundle_that_is_none_and_nothing_twice(
    untag: Run, tree: Path, keys: tuple[Path, Path]
) -> None:
    items, out = tree.parent / "all.toml", tree.parent / "a.json"
    made = {"predicateType": "x", "predicate": {"result": "PASSED"}}
    (tree.parent / "b.json").write_text(dsse.sealed(written(made), key.private(keys[0])))
    items.write_text('[[item]]\nname = "a"\nkind = "api"\nbundle = "b.json"\n')
    done = untag("attest", "sub", "--key", keys[0], "--by", "x", "-o", out, "--inventory", items)
    assert done.returncode == 2
    assert b"is no attestation" in done.stderr
    item = '[[item]]\nname = "{}"\nkind = "model"\ninput = "project/sub"\n'
    items.write_text(item.format("a") + item.format("b"))
    done = untag("attest", "sub", "--key", keys[0], "--by", "x", "-o", out, "--inventory", items)
    assert done.returncode == 2
    assert b"the same input" in done.stderr
    assert not out.exists()


def test_a_report_that_is_none_is_not_signed(untag: Run, tree: Path, keys: tuple[Path, Path]) -> None:
    report, out = tree.parent / "r.json", tree.parent / "a.json"
    untag("scan", ".", "--format", "json", "-o", report)
    row = json.loads(report.read_text())
    place = {"chain": ["a"], "input": 0}
    row["gaps"] = [{"place": place, "reason": "nice", "detail": "", "bytes": 1, "accepted": True}]
    report.write_text(json.dumps(row))
    for text in (json.dumps(row), report.read_text()[:-200]):
        report.write_text(text)
        done = untag("attest", report, "--key", keys[0], "--by", "x", "-o", out)
        assert done.returncode == 2
        assert len(done.stderr.decode().splitlines()) == 1
        assert not out.exists()
    same = untag("attest", "sub", "--key", keys[0], "--by", "x", "-o", "z.out", "--certificate", "./z.out")
    assert same.returncode == 2
    over = untag("attest", "sub", "--key", keys[0], "--by", "x", "-o", keys[0])
    assert over.returncode == 2


# -- forgery


def mutations(bundle: bytes, secret: Path, other: Path, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Bundles that differ from a genuine one."""
    for _ in range(800):
        data = bytearray(bundle)
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)
        yield f"bit at {at}", bytes(data)
    for _ in range(60):
        at = rng.randrange(1, len(bundle))
        yield f"cut at {at}", bundle[:at].rstrip() if rng.random() < 0.5 else bundle[at:]
    row = json.loads(bundle)
    payload = base64.b64decode(row["payload"])
    statement = json.loads(payload)
    rogue = key.private(other)
    trusted = key.private(secret)

    def again(**change: object) -> bytes:
        return json.dumps({**row, **change}).encode()

    def signed(made: object, by: key.PrivateKey, name: str = "") -> bytes:
        sealed = json.loads(dsse.sealed(written(made) if isinstance(made, dict) else made, by))  # type: ignore[arg-type]
        if name:
            sealed["signatures"][0]["keyid"] = name
        return json.dumps(sealed).encode()

    said = statement["predicate"]
    lies = {"gaps": [], "findings": [], "result": "PASSED", "reasons": [], "claimant": {"name": "y"}}
    for part, value in lies.items():
        assert said[part] != value
        changed = {**statement, "predicate": {**said, part: value}}
        swapped = base64.b64encode(written(changed)).decode()
        yield f"{part} trimmed, the signature kept", again(payload=swapped)
        yield f"{part} trimmed, signed by another", signed(changed, rogue)
        yield f"{part} trimmed, signed by another under the trusted name", signed(changed, rogue, trusted.public.id)
    yield "signed by another", signed(payload, rogue)
    yield "another payload type", again(payloadType="application/json")
    yield "no signature", again(signatures=[])
    yield "two signatures", again(signatures=row["signatures"] * 2)
    yield "the key renamed", again(signatures=[{**row["signatures"][0], "keyid": rogue.public.id}])
    yield "an algorithm named", again(signatures=[{**row["signatures"][0], "alg": "none"}])
    yield "a key stands twice", bundle.replace(b'{"payloadType"', b'{"payload":"e30=","payloadType"', 1)
    yield "not what it says", signed({**statement, "predicate": {**said, "result": "PASSED"}}, trusted)
    yield "another predicate", signed({**statement, "predicateType": "https://slsa.dev/provenance/v1"}, trusted)
    signature = base64.b64decode(row["signatures"][0]["sig"])
    if signature[0] == 0x30 and len(signature) < 80:
        r, low = decode_dss_signature(signature)
        twin = base64.b64encode(encode_dss_signature(r, key._ORDERS["secp256r1"] - low)).decode()
        yield "the twin of the signature", again(signatures=[{**row["signatures"][0], "sig": twin}])
    for _ in range(150):
        data = bytearray(base64.b64decode(row["signatures"][0]["sig"]))
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        sig = base64.b64encode(bytes(data)).decode()
        yield "another signature", again(signatures=[{**row["signatures"][0], "sig": sig}])


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_no_forgery_verifies(untag: Run, tree: Path, kind: str) -> None:
    secret, public = pair(tree.parent, kind=kind)
    other, _ = pair(tree.parent, "other", kind)
    (tree / "sub" / "a.bin").write_bytes(bytes(range(256)) * 3)
    out = tree.parent / "a.json"
    attest(untag, secret, out, ".")
    bundle, trusted = out.read_bytes(), [key.public(public)]
    rng = random.Random(f"forgery {kind}")  # noqa: S311 - noise that can be repeated

    def verified(data: bytes, spec: Path = tree, now: dt.datetime = NOW + dt.timedelta(hours=1)) -> bool:
        return check.verify(data, [str(spec)], trusted, Demands(), now).genuine

    assert verified(bundle)
    made = 0
    for what, data in mutations(bundle, secret, other, rng):
        if data != bundle:
            made += 1
            assert not verified(data), what
    for number in range(60):
        copy = tree.parent / f"copy{number}"
        shutil.copytree(tree, copy)
        victim = copy / rng.choice(["face.py", "sub/clean.py"])
        data = bytearray(victim.read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        victim.write_bytes(bytes(data))
        made += 1
        assert not verified(bundle, copy)
        shutil.rmtree(copy)
    assert not verified(bundle, now=NOW + dt.timedelta(days=91))
    assert not verified(bundle, now=NOW - dt.timedelta(days=1))
    assert verified(bundle, now=NOW + dt.timedelta(days=89))
    assert made + 2 >= 1000


def test_an_object_behind_a_large_one_needs_no_file(tmp_path: Path) -> None:
    from untag.fill import filled
    from untag.history.repository import Repository
    from untag.outcome import Outcome
    from untag.past import Past, opened_all
    from untag.place import Place

    (tmp_path / "a.txt").write_text("a" * 500)
    (tmp_path / "b.txt").write_text("b" * 50)
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (found,) = opened_all(str(tmp_path / ".git"), Place((".git",)), "", str(tmp_path), set())
    assert isinstance(found, Repository)
    with found.store:
        rows = list(Past(found, check.load(), unreachable=False).entries(lambda _: False, Outcome()))
        sizes = {}
        for _, entry in filled(sorted(rows, key=lambda row: -row[1].size), 100):
            sizes[entry.place.chain[0]] = (bool(entry.file), len(entry.data))
    assert sizes == {"a.txt": (True, 0), "b.txt": (False, 50)}
