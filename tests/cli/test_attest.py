"""Attestations: what is signed is what was read, and nothing that differs from it by a bit verifies."""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from untag.attest import check, dsse, key
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
    assert check.schema_errors(row) == []
    assert check.schema_errors({**row, "subject": [{"name": "a", "digest": {"md5": "0"}}]})
    row["predicate"]["gaps"] = [{"reason": "nice"}]
    assert check.schema_errors(row)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: (tree / "face.py").write_text("x = 1\n"), "changed: face.py"),
        (lambda tree: (tree / "new.py").write_text("x = 1\n"), "not covered: new.py"),
        (lambda tree: (tree / ".hidden").write_text("x = 1\n"), "not covered: .hidden"),
        (lambda tree: (tree / "face.py").unlink(), "missing: face.py"),
        (lambda tree: (tree / "face.py").rename(tree / "mask.py"), "missing: face.py"),
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
    row["predicate"]["findings"] = []
    row["predicate"]["result"], row["predicate"]["reasons"] = "PASSED", []
    out.write_text(dsse.sealed(written(row), key.private(keys[0])))
    assert untag("verify", out, ".", "--key", keys[1]).returncode == 0
    done = untag("verify", out, ".", "--key", keys[1], "--rescan")
    assert done.returncode == 1
    assert b"found now and not stated" in done.stdout


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
    names = ["Ada_Lovelace", "Alan_Turing", "Emmy_Noether", "Grace_Hopper", "Marie_Curie"]
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
    (tree / "faces" / names[0] / "more.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    assert b"not covered" in untag("verify", out, ".", "--key", keys[1]).stdout


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
