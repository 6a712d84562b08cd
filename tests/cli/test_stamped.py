"""Timestamps of an authority: a bundle that has one is judged by the time it states, and no other token is taken."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

import authorities
from untag.attest import check, key, stamp
from untag.attest.demand import Demands
from untag.attest.dsse import opened
from untag.attest.token import canonical, response
from untag.syntax.der import elements, encoded

if TYPE_CHECKING:
    from conftest import Run

NOW = dt.datetime.now(dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> authorities.Authority:
    return authorities.made(tmp_path_factory.mktemp("authority") / "ec")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A key, its public half, and a certificate of it that holds for two hours."""
    made = ed25519.Ed25519PrivateKey.generate()
    secret, public, held = (tmp_path / name for name in ("key.pem", "key.pub", "key.crt"))
    secret.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Ltd")])
    built = x509.CertificateBuilder(name, name, made.public_key(), 7, NOW - HOUR, NOW + HOUR)
    held.write_bytes(built.sign(made, None).public_bytes(Encoding.PEM))
    return secret, public, held


def attest(untag: Run, secret: Path, out: Path, *more: str | Path, expect: int = 0) -> str:
    done = untag("attest", "sub", "--key", secret, "--by", "Example Ltd", "-o", out, *more)
    assert done.returncode == expect, done.stderr
    return done.stderr.decode()


def as_of(when: dt.datetime) -> tuple[str, str]:
    return "--at", when.isoformat()


@pytest.mark.parametrize(("kind", "middle"), [("ec", False), ("rsa", True)])
def test_a_stamped_bundle_verifies_and_says_when(
    untag: Run, tree: Path, keys: tuple[Path, ...], kind: str, middle: bool
) -> None:
    one = authorities.made(tree.parent / "tsa", kind, middle=middle)
    out = tree.parent / "a.json"
    with authorities.serving(one.answer) as url:
        attest(untag, keys[0], out, "--timestamp", url)
    done = untag("verify", out, "sub", "--key", keys[1], "--timestamp-root", one.root, "--json")
    assert done.returncode == 0, done.stdout
    (said,) = (row for row in json.loads(done.stdout)["checks"] if row["name"] == "timestamp")
    assert said["passed"]
    assert said["detail"].startswith("the signature was there at 20")
    unasked = untag("verify", out, "sub", "--key", keys[1])
    assert unasked.returncode == 0
    assert b"counts for nothing" in unasked.stdout
    demands = tree.parent / "demands.toml"
    demands.write_text('keys = ["key.pub"]\ntimestamp-roots = ["tsa/root.pem"]\n')
    assert untag("verify", out, "sub", "--demands", demands).returncode == 0
    # OpenSSL takes the token as it was kept.
    (tree.parent / "token").write_bytes(opened(out.read_bytes(), stamped=True).stamp)
    (tree.parent / "signature").write_bytes(opened(out.read_bytes(), stamped=True).signature)
    words = ["openssl", "ts", "-verify", "-in", "token", "-token_in", "-data", "signature", "-CAfile", one.root]
    assert subprocess.run(words, cwd=tree.parent, capture_output=True).returncode == 0


def test_a_key_that_expired_is_judged_by_the_stated_time(
    untag: Run, tree: Path, keys: tuple[Path, ...], authority: authorities.Authority
) -> None:
    bare, out = tree.parent / "bare.json", tree.parent / "a.json"
    attest(untag, keys[0], bare)
    with authorities.serving(authority.answer) as url:
        attest(untag, keys[0], out, "--timestamp", url)
    later, root = as_of(NOW + 3 * HOUR), ("--timestamp-root", authority.root)
    assert untag("verify", bare, "sub", "--key", keys[2]).returncode == 0
    for bundle, more, code, said in (
        (bare, (), 1, b"no timestamp shows that it signed before"),
        (out, (), 1, b"no timestamp shows that it signed before"),  # since no authority is trusted
        (bare, root, 1, b"there is none, and one is asked for"),
        (out, root, 0, b"verified, PASSED"),
    ):
        done = untag("verify", bundle, "sub", "--key", keys[2], *later, *more)
        assert done.returncode == code
        assert said in done.stdout, done.stdout
    # The statement's own period is no matter of the key: what it says ends there.
    done = untag("verify", out, "sub", "--key", keys[1], *as_of(NOW + dt.timedelta(days=91)), *root)
    assert b"FAIL  validity: it expired" in done.stdout
    done = untag("verify", out, "sub", "--key", keys[1], *as_of(NOW - HOUR), *root)
    assert b"FAIL  timestamp: it is from the future" in done.stdout


def test_what_a_retired_key_signs_later_is_not_taken(
    untag: Run, tree: Path, keys: tuple[Path, ...], authority: authorities.Authority
) -> None:
    out, demands = tree.parent / "a.json", tree.parent / "demands.toml"
    with authorities.serving(authority.answer) as url:
        attest(untag, keys[0], out, "--timestamp", url)
    (tree.parent / "root.pem").write_bytes(authority.root.read_bytes())
    for until, code in ((NOW - HOUR, 1), (NOW + HOUR, 0)):
        demands.write_text(
            f'keys = ["key.pub"]\ntimestamp-roots = ["root.pem"]\n[keys-until]\n"key.pub" = {until.isoformat()}\n'
        )
        done = untag("verify", out, "sub", "--demands", demands)
        assert done.returncode == code
        assert (b"FAIL  key: it expired at" in done.stdout) is bool(code)
    for text, said in (('"key" = 2026-01-01T00:00:00Z', b"key.pub"), ('"key.pub" = 2026-01-01', b"time with its zone")):
        demands.write_text(f'keys = ["key.pub"]\n[keys-until]\n{text}\n')
        done = untag("verify", out, "sub", "--demands", demands)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_token_of_another_or_for_something_else_is_told(
    untag: Run, tree: Path, keys: tuple[Path, ...], authority: authorities.Authority
) -> None:
    other = authorities.made(tree.parent / "other")  # a root of the same name
    wide = authorities.made(tree.parent / "wide", use="both")
    loose = authorities.made(tree.parent / "loose", middle=True)
    bundles = {}
    for name, one in {"a": authority, "b": authority, "wide": wide, "loose": loose}.items():
        out = bundles[name] = tree.parent / f"{name}.json"
        with authorities.serving(one.answer) as url:
            if one is wide:  # OpenSSL itself will not sign with it
                assert "cannot get a timestamp" in attest(untag, keys[0], out, "--timestamp", url, expect=2)
                continue
            attest(untag, keys[0], out, "--timestamp", url, "--days", "7" if name == "b" else "9")

    def said(bundle: Path, root: Path) -> str:
        done = untag("verify", bundle, "sub", "--key", keys[1], "--timestamp-root", root)
        assert not done.stderr
        return f"{done.returncode} {done.stdout.decode()}"

    assert said(bundles["a"], authority.root).startswith("0")
    assert "1 " in said(bundles["a"], other.root)[:2]
    assert "no authority that is trusted here" in said(bundles["a"], other.root)
    # What stands between is no root.
    assert said(bundles["loose"], loose.root).startswith("0")
    assert "lead on to another root" in said(bundles["loose"], loose.folder / "middle.pem")
    swapped = json.loads(bundles["a"].read_bytes())
    swapped["signatures"][0]["timestamps"] = json.loads(bundles["b"].read_bytes())["signatures"][0]["timestamps"]
    bundles["a"].write_text(json.dumps(swapped))
    assert "Mismatch between messages" in said(bundles["a"], authority.root)


def mutations(token: bytes, rng: random.Random) -> list[tuple[str, bytes]]:
    """Tokens that differ from a genuine one."""
    made = []
    for at in range(len(token)):
        data = bytearray(token)
        data[at] ^= 1 << rng.randrange(8)
        made.append((f"bit at {at}", bytes(data)))
    made += [(f"cut at {at}", token[:at]) for at in range(0, len(token), 40)]
    made.append(("longer", token + b"\0"))

    def with_part(at: int, data: bytes) -> bytes:
        outer = elements(elements(token)[0].body)
        parts = [row.whole for row in elements(elements(outer[1].body)[0].body)]
        parts[at] = data
        return encoded(0x30, outer[0].whole + encoded(0xA0, encoded(0x30, b"".join(parts))))

    parts = elements(elements(elements(elements(token)[0].body)[1].body)[0].body)
    (signer,) = elements(parts[-1].body)
    rows = [row.whole for row in elements(signer.body)]
    r, low = decode_dss_signature(elements(rows[5])[0].body)
    twin = encode_dss_signature(r, key._ORDERS["secp256r1"] - low)
    alike = {
        "the twin of the signature": [*rows[:5], encoded(4, twin)],
        "an attribute that is not signed": [*rows, encoded(0xA1, b"")],
        "another version": [encoded(2, b"\3"), *rows[1:]],
        "another name of the digest": [*rows[:2], encoded(0x30, elements(elements(rows[2])[0].body)[0].whole + b"\5\0"),
                                       *rows[3:]],
        "another name of how it is signed": [*rows[:4], rows[2], rows[5]],
    }  # fmt: skip
    made += [(name, with_part(-1, encoded(0x31, encoded(0x30, b"".join(one))))) for name, one in alike.items()]
    made.append(("two signers", with_part(-1, encoded(0x31, signer.whole * 2))))
    made.append(("a certificate twice", with_part(3, encoded(0xA0, parts[3].body * 2))))
    made.append(("no certificate", with_part(3, encoded(0xA0, b""))))
    return made


def test_no_token_that_differs_is_taken(
    untag: Run, tree: Path, keys: tuple[Path, ...], authority: authorities.Authority
) -> None:
    out = tree.parent / "a.json"
    with authorities.serving(authority.answer) as url:
        attest(untag, keys[0], out, "--timestamp", url)
    bundle, trusted = out.read_bytes(), [key.public(keys[1])]
    roots = stamp.roots([authority.root])

    def verified(data: bytes) -> bool:
        later = NOW + dt.timedelta(hours=1)
        return check.verify(data, [str(tree / "sub")], trusted, Demands(), later, roots=roots).genuine

    row = json.loads(bundle)
    token = base64.b64decode(row["signatures"][0]["timestamps"][0]["data"])
    made = mutations(token, random.Random("stamps"))  # noqa: S311 - noise that can be repeated
    assert verified(bundle)
    assert len(made) > 800
    for what, data in made:
        assert data != token, what
        row["signatures"][0]["timestamps"] = [{"type": "tsp", "data": base64.b64encode(data).decode()}]
        assert not verified(json.dumps(row).encode()), what
    for stamps in ([], [{"type": "tsp"}], [{"type": "x", "data": "AA=="}], "AA==", [None], row["signatures"][0] and 1):
        row["signatures"][0]["timestamps"] = stamps
        assert not verified(json.dumps(row).encode())
    del row["signatures"][0]["timestamps"]
    assert not verified(json.dumps(row).encode())


def test_what_an_authority_may_say_is_told_in_one_line(
    untag: Run, tree: Path, keys: tuple[Path, ...], authority: authorities.Authority
) -> None:
    out = tree.parent / "a.json"
    asked = []

    def stale(data: bytes) -> bytes:  # always the answer to the first request
        asked.append(data)
        return authority.answer(asked[0])

    def refused(_: bytes) -> bytes:
        return encoded(0x30, encoded(0x30, encoded(2, b"\2")))

    with authorities.serving(stale) as url:
        attest(untag, keys[0], out, "--timestamp", url)
        out.unlink()
        told = [attest(untag, keys[0], out, "--timestamp", url, expect=2)]
    for answer in (refused, lambda _: b"", lambda _: b"0" * 100, lambda _: bytes(1 << 20), lambda _: b"http://[::1]/"):
        with authorities.serving(answer) as url:
            told.append(attest(untag, keys[0], out, "--timestamp", url, expect=2))
    told.append(attest(untag, keys[0], out, "--timestamp", "http://127.0.0.1:9/", expect=2))
    told += [
        attest(untag, keys[0], out, "--timestamp", url, expect=2) for url in ("file:///etc/passwd", "tsa", "http:")
    ]
    wanted = [
        "for something else", "status is 2", "503", "no answer of a timestamp", "larger than", "302",
        "cannot get a timestamp", "no address", "no address", "no address",
    ]  # fmt: skip
    for text, said in zip(told, wanted, strict=True):
        assert said in text
        assert len(text.splitlines()) == 1
    assert not out.exists()
    (tree.parent / "no.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    done = untag("verify", keys[0], "sub", "--key", keys[1], "--timestamp-root", tree.parent / "no.pem")
    assert done.returncode == 2
    assert b"holds no certificates" in done.stderr


def test_without_the_extra_the_command_that_installs_it_is_told(
    untag: Run, tree: Path, keys: tuple[Path, ...], authority: authorities.Authority
) -> None:
    (tree.parent / "none").mkdir()
    (tree.parent / "none" / "rfc3161_client.py").write_text("raise ImportError\n")
    lacking = {"PYTHONPATH": f"{tree.parent / 'none'}:{Path(check.__file__).parents[2]}"}

    def said(*words: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "untag", *words], cwd=tree, capture_output=True, env={**os.environ, **lacking}
        )
        assert done.returncode == 2
        return done.stderr.decode()

    out = tree.parent / "a.json"
    asks = ("attest", "sub", "--key", keys[0], "--by", "x", "-o", out, "--timestamp", "http://127.0.0.1:9/")
    assert "pip install 'untag[timestamp]'" in said(*asks)
    assert not out.exists()
    attest(untag, keys[0], out)
    told = said("verify", out, "sub", "--key", keys[1], "--timestamp-root", authority.root)
    assert "pip install 'untag[timestamp]'" in told


def test_the_one_form_of_a_token_is_its_own(authority: authorities.Authority) -> None:
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

    from untag.attest.token import token_of

    asked = TimestampRequestBuilder(data=b"x", hash_algorithm=HashAlgorithm.SHA512).build()
    token = canonical(token_of(authority.answer(asked.as_bytes())))
    assert canonical(token) == token
    read = decode_timestamp_response(response(token))
    assert len(read.signed_data.certificates) == 1  # the root, which OpenSSL puts in as well, is the verifier's to have
    assert read.tst_info.message_imprint.message == asked.message_imprint.message
