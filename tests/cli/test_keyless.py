"""Bundles of Sigstore: signed with an identity by services on this machine, verified offline against their roots."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import sigstores
from untag.attest import check, keyless
from untag.attest.demand import Demands
from untag.attest.statement import written

if TYPE_CHECKING:
    from conftest import Run

NAME = "release@vendor.example"
NOW = dt.datetime.now(dt.UTC)
#: Whoever asks for an address or a connection ends. (urllib3 binds a port as it is imported, to see what IPv6 is here.)
DEAF = """
import sys
def heard(event, _):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit("the network was asked: " + event)
sys.addaudithook(heard)
"""


@pytest.fixture(scope="module")
def services() -> sigstores.Services:
    return sigstores.Services()


def sign(
    untag: Run, tree: Path, services: sigstores.Services, out: Path, *more: str | Path, spec: str | Path = "sub"
) -> subprocess.CompletedProcess[bytes]:
    (tree.parent / "token").write_text(sigstores.token(NAME) + "\n")
    with sigstores.serving(services) as url:
        config, _ = services.write(tree.parent, url)
        return untag(
            "attest", spec, "--sigstore", "--identity-token", tree.parent / "token", "--trust-config", config,
            "--by", "Example Ltd", "-o", out, *more,
        )  # fmt: skip


def trusting(tree: Path, name: str = NAME, issuer: str = sigstores.ISSUER) -> tuple[str | Path, ...]:
    root = tree.parent / "roots.json"
    return "--certificate-identity", name, "--certificate-oidc-issuer", issuer, "--trusted-root", root


def test_a_bundle_is_signed_and_verified_offline(untag: Run, tree: Path, services: sigstores.Services) -> None:
    out = tree.parent / "a.sigstore.json"
    page, cyclone = tree.parent / "c.md", tree.parent / "c.json"
    asked = len(services.asked)
    done = sign(untag, tree, services, out, "--certificate", page, "--cyclonedx", cyclone)
    assert (done.returncode, done.stderr) == (0, b"untag: PASSED\n")
    assert services.asked[-2:] == ["/api/v2/signingCert", "/api/v1/log/entries"]
    row = json.loads(out.read_bytes())
    assert row["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert row["dsseEnvelope"]["payloadType"] == "application/vnd.in-toto+json"
    who = f"{NAME} ({sigstores.ISSUER})"
    assert who in page.read_text()
    assert who in cyclone.read_text()
    done = untag("verify", out, "sub", *trusting(tree), "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["verified"], said["result"]) == (0, True, "PASSED")
    assert untag("verify", out, "sub", *trusting(tree), "--rescan").returncode == 0
    demands = tree.parent / "demands.toml"
    demands.write_text(
        f'certificate-identity = "{NAME}"\ncertificate-oidc-issuer = "{sigstores.ISSUER}"\n'
        'trusted-root = "roots.json"\n'
    )
    assert untag("verify", out, "sub", "--demands", demands).returncode == 0
    (tree / "sub" / "clean.py").write_text("x = 2\n")
    assert b"changed: clean.py" in untag("verify", out, "sub", *trusting(tree)).stdout
    assert len(services.asked) == asked + 2  # who verifies asks nobody


def test_nothing_is_fetched_to_verify(untag: Run, tree: Path, services: sigstores.Services, compiled: Path) -> None:
    out = tree.parent / "a.json"
    assert sign(untag, tree, services, out).returncode == 0
    (tree.parent / "deaf").mkdir()
    (tree.parent / "deaf" / "sitecustomize.py").write_text(DEAF)
    home = tree.parent / "home"
    shutil.copytree(compiled, home / "cache")
    room = f"{tree.parent / 'deaf'}{os.pathsep}{Path(check.__file__).parents[2]}"
    env = {**os.environ, "PYTHONPATH": room, "HOME": str(home), "UNTAG_CACHE": str(home / "cache")}

    def run(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, "-m", "untag", *words], cwd=tree, capture_output=True, env=env)

    done = run("verify", out, "sub", *trusting(tree))
    assert done.returncode == 0, done.stderr
    # The roots that the library carries are those of the public services, which did not sign this.
    done = run("verify", out, "sub", *trusting(tree)[:4])
    assert done.returncode == 1
    assert b"FAIL  signature: Sigstore's library does not verify it" in done.stdout
    assert not done.stderr
    assert not list(home.rglob("*sigstore*"))
    done = run("attest", "sub", "--sigstore", "--identity-token", tree.parent / "token", "--by", "x",
               "--trust-config", tree.parent / "services.json", "-o", tree.parent / "b.json")  # fmt: skip
    assert b"the network was asked" in done.stderr  # so that the ear is there


def test_who_is_not_trusted_is_not_taken_and_not_named(
    untag: Run, tree: Path, services: sigstores.Services, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tree.parent / "a.json"
    assert sign(untag, tree, services, out).returncode == 0
    made = Ed25519PrivateKey.generate()
    (tree.parent / "key.pem").write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tree.parent / "key.pub").write_bytes(public)
    other = sigstores.Services()
    folder = tmp_path_factory.mktemp("other")
    _, foreign = other.write(folder, "http://127.0.0.1:9")
    for flags, said in (
        (trusting(tree, name="other@vendor.example"), "not by the identity and issuer that are trusted"),
        (trusting(tree, issuer="https://other.example"), "not by the identity and issuer that are trusted"),
        ((*trusting(tree)[:5], foreign), "Sigstore's library does not verify it"),
        (("--key", tree.parent / "key.pub"), "name whom you trust"),
        ((*trusting(tree), "--timestamp-root", tree.parent / "tsa.pem"), "there is none, and one is asked for"),
    ):
        if "--timestamp-root" in flags:
            (tree.parent / "tsa.pem").write_bytes(services.certificate.public_bytes(Encoding.PEM))
        done = untag("verify", out, "sub", *flags)
        assert done.returncode == 1, done.stderr
        assert said in done.stdout.decode()
        assert NAME not in done.stdout.decode() or "--timestamp-root" in flags
    keyed = tree.parent / "keyed.json"
    assert untag("attest", "sub", "--key", tree.parent / "key.pem", "--by", "x", "-o", keyed).returncode == 0
    assert b"not signed by a key that is trusted here" in untag("verify", keyed, "sub", *trusting(tree)).stdout
    # A bundle before that somebody else signed is told as such, and counts for nothing in an inventory.
    again = sign(untag, tree, services, out, "--previous", keyed)
    assert again.returncode == 0
    payload = json.loads(base64.b64decode(json.loads(out.read_bytes())["dsseEnvelope"]["payload"]))
    assert payload["predicate"]["previous"]["sameKey"] is False
    (tree.parent / "all.toml").write_text('[[item]]\nname = "a"\nkind = "model"\nbundle = "a.json"\n')
    words = ("attest", "sub", "--key", tree.parent / "key.pem", "--by", "x", "-o", keyed)
    assert untag(*words, "--inventory", tree.parent / "all.toml", "--previous", out).returncode == 3


def test_mistakes_and_refusals_are_one_line(untag: Run, tree: Path, services: sigstores.Services) -> None:
    out, report = tree.parent / "a.json", tree.parent / "r.json"
    assert untag("scan", "sub", "--format", "json", "-o", report).returncode == 0
    told = [sign(untag, tree, services, out, spec=report)]  # its subjects have no SHA-256
    (tree / "hollow").mkdir()
    told.append(sign(untag, tree, services, out, spec="hollow"))
    config, token = tree.parent / "services.json", tree.parent / "token"

    def attest(*words: str | Path, **env: str) -> None:
        told.append(untag("attest", "sub", "--by", "x", "-o", out, *words, **env))

    attest("--sigstore", "--identity-token", token, "--trust-config", config)  # nobody is there any more
    attest("--sigstore", "--trust-config", config)
    attest("--sigstore", "--trust-config", config, SIGSTORE_ID_TOKEN=sigstores.token(NAME, minutes=-1))
    attest("--sigstore", "--trust-config", config, SIGSTORE_ID_TOKEN="x.y.z")  # noqa: S106 - none
    attest("--sigstore", "--trust-config", token, "--identity-token", token)
    attest("--sigstore", "--trust-config", "nowhere.json", "--identity-token", token)
    attest("--sigstore", "--key", token)
    attest()
    attest("--sigstore", "--timestamp", "https://tsa.example/")
    attest("--key", token, "--trust-config", config)
    told += [untag("verify", report, "sub", *flags) for flags in (trusting(tree)[:2], (*trusting(tree)[:5], token))]
    wanted = [
        "scan an input with files", "scan an input with files", "Sigstore's services", "nothing here says who signs",
        "token cannot be used", "token cannot be used", "no client trust config", "cannot read nowhere.json",
        "in one way", "in one way", "for signatures with a --key", "are for --sigstore", "is both", "no trusted root",
    ]  # fmt: skip
    for done, said in zip(told, wanted, strict=True):
        assert done.returncode == 2
        assert said in done.stderr.decode()
        assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


def test_no_forgery_of_a_keyless_bundle_verifies(untag: Run, tree: Path, services: sigstores.Services) -> None:
    out, other = tree.parent / "a.json", tree.parent / "b.json"
    assert sign(untag, tree, services, other, "--product", "Other").returncode == 0
    assert sign(untag, tree, services, out, "--product", "Lens").returncode == 0
    bundle = out.read_bytes()
    who = keyless.Identity(NAME, sigstores.ISSUER, tree.parent / "roots.json")
    rng = random.Random("keyless")  # noqa: S311 - noise that can be repeated

    def verified(data: bytes) -> bool:
        later = NOW + dt.timedelta(hours=1)
        return check.verify(data, [str(tree / "sub")], [], Demands(), later, identity=who).genuine

    assert verified(bundle)
    for _ in range(1000):
        data = bytearray(bundle)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        assert not verified(bytes(data))
    row, rest = json.loads(bundle), json.loads(other.read_bytes())
    entry = row["verificationMaterial"]["tlogEntries"][0]
    statement = json.loads(base64.b64decode(row["dsseEnvelope"]["payload"]))
    statement["predicate"]["product"] = "Mask"

    def swapped(**parts: Any) -> bytes:
        return json.dumps({**row, **parts}).encode()

    def proven(**parts: Any) -> bytes:
        material = {**row["verificationMaterial"], "tlogEntries": [{**entry, **parts}]}
        return swapped(verificationMaterial=material)

    lie = base64.b64encode(written(statement)).decode()
    note = entry["inclusionProof"]["checkpoint"]["envelope"]
    for data in (
        swapped(dsseEnvelope=rest["dsseEnvelope"]),
        swapped(dsseEnvelope={**row["dsseEnvelope"], "payload": lie}),
        swapped(dsseEnvelope={**row["dsseEnvelope"], "payloadType": "application/json"}),
        swapped(verificationMaterial=rest["verificationMaterial"]),
        swapped(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.2"),
        swapped(more=1),
        proven(inclusionPromise=None),
        proven(inclusionProof={**entry["inclusionProof"], "treeSize": "1" + entry["inclusionProof"]["treeSize"]}),
        proven(inclusionProof={**entry["inclusionProof"], "checkpoint": {"envelope": note.replace("— log", "— lag")}}),
        proven(inclusionProof={**entry["inclusionProof"], "checkpoint": {"envelope": note + "x"}}),
        proven(inclusionProof={**entry["inclusionProof"], "checkpoint": {}}),
        proven(integratedTime="1"),
        swapped(verificationMaterial={}),
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
        b'{"mediaType":1}',
    ):
        assert not verified(data)


def test_without_the_extra_the_command_that_installs_it_is_told(
    untag: Run, tree: Path, services: sigstores.Services
) -> None:
    out = tree.parent / "a.json"
    assert sign(untag, tree, services, out).returncode == 0
    (tree.parent / "none").mkdir()
    (tree.parent / "none" / "sigstore.py").write_text("raise ImportError\n")
    env = {**os.environ, "PYTHONPATH": f"{tree.parent / 'none'}{os.pathsep}{Path(check.__file__).parents[2]}"}
    for words in (
        ("attest", "sub", "--sigstore", "--by", "x", "-o", tree.parent / "b.json"),
        ("verify", out, "sub", *trusting(tree)),
    ):
        done = subprocess.run([sys.executable, "-m", "untag", *words], cwd=tree, capture_output=True, env=env)
        assert done.returncode == 2
        assert b"pip install 'untag[sigstore]'" in done.stderr


def test_what_does_not_need_them_imports_no_library_for_it() -> None:
    heavy = ("sigstore", "rfc3161_client", "pydantic", "requests", "cryptography", "urllib.request")
    script = "import sys, untag.cli.attest, untag.cli.verify, untag.attest.check\n"
    script += f"print(sys.modules.keys() & {heavy!r})"
    env = {**os.environ, "PYTHONPATH": str(Path(check.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env=env, check=True)
    assert done.stdout.strip() == b"set()"
