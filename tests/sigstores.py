"""Sigstore's services for tests, on this machine: who gives certificates, and the public log, under roots of their own.

They do what Fulcio and Rekor (version 1) do as far as a client sees: a certificate of ten minutes for the identity of a
token, with the promise of a log of certificates in it (RFC 6962), and a tree of entries whose head is signed.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

ISSUER = "https://issuer.example"
#: Where Fulcio keeps who vouched: as text, and as a text of ASN.1.
_ISSUERS = ("1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8")
_PROMISES = "1.3.6.1.4.1.11129.2.4.2"
_LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def told(made: ec.EllipticCurvePrivateKey) -> bytes:
    return made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed(by: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return by.sign(data, ec.ECDSA(hashes.SHA256()))


def token(name: str, issuer: str = ISSUER, minutes: int = 10) -> str:
    """An identity token; whoever gives certificates would look who signed it."""
    now = dt.datetime.now(dt.UTC)
    claims = {"iss": issuer, "sub": name, "aud": "sigstore", "iat": now, "exp": now + dt.timedelta(minutes=minutes)}
    return jwt.encode(claims, "of the issuer, who is not here at all", algorithm="HS256")


@dataclass
class Services:
    """The services and what they keep."""

    root: ec.EllipticCurvePrivateKey = field(default_factory=key)
    ledger: ec.EllipticCurvePrivateKey = field(default_factory=key)
    log: ec.EllipticCurvePrivateKey = field(default_factory=key)
    leaves: list[bytes] = field(default_factory=lambda: [b"a", b"b", b"c", b"d"])
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "certificates of a test")])
        built = x509.CertificateBuilder(
            name, name, self.root.public_key(), 1, _LONG_AGO, dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.root.public_key())
        usage = x509.KeyUsage(**{name: name in {"key_cert_sign", "crl_sign"} for name in _USES})
        for one, critical in ((x509.BasicConstraints(True, 0), True), (usage, True), (identifier, False)):
            built = built.add_extension(one, critical)
        self.certificate = built.sign(self.root, hashes.SHA256())

    def given(self, request: bytes, bearer: str) -> dict[str, Any]:
        """A certificate for whom a token names, as Fulcio's answer."""
        claims = jwt.decode(bearer, options={"verify_signature": False})
        pem = base64.b64decode(json.loads(request)["certificateSigningRequest"])
        asked = x509.load_pem_x509_csr(pem)
        now = dt.datetime.now(dt.UTC)
        issuer = claims["iss"].encode()
        built = x509.CertificateBuilder(
            self.certificate.subject, x509.Name([]), asked.public_key(), x509.random_serial_number(),
            now - dt.timedelta(seconds=5), now + dt.timedelta(minutes=10),
        )  # fmt: skip
        usage = x509.KeyUsage(**{name: name == "digital_signature" for name in _USES})
        upper = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.public_key())
        texts = (issuer, b"\x0c" + bytes([len(issuer)]) + issuer)
        for one, critical in (
            (x509.BasicConstraints(False, None), True),
            (usage, True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
            (x509.SubjectAlternativeName([x509.RFC822Name(claims["sub"])]), True),
            (upper, False),
            *(
                (x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), text), False)
                for oid, text in zip(_ISSUERS, texts, strict=True)
            ),
        ):
            built = built.add_extension(one, critical)
        # What is promised is the certificate without the promise.
        body = self._with(built, self._promise(b"", now)).sign(self.root, hashes.SHA256()).extensions
        bare = self._with(built, self._promise(b"", now)).sign(self.root, hashes.SHA256())
        assert len(body) == 8
        upper_key = hashlib.sha256(told(self.root)).digest()
        size = len(bare.tbs_precertificate_bytes).to_bytes(3, "big")
        entry = upper_key + size + bare.tbs_precertificate_bytes
        millis = int(now.timestamp() * 1000)
        data = struct.pack("!BBQH", 0, 0, millis, 1) + entry + b"\0\0"
        whole = self._with(built, self._promise(signed(self.ledger, data), now)).sign(self.root, hashes.SHA256())
        rows = [one.public_bytes(Encoding.PEM).decode() for one in (whole, self.certificate)]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": rows}}}

    def _with(self, built: x509.CertificateBuilder, promise: bytes) -> x509.CertificateBuilder:
        return built.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(_PROMISES), promise), False)

    def _promise(self, signature: bytes, now: dt.datetime) -> bytes:
        """One promise (SCT) in a list, in a text of bytes."""
        one = b"\0" + hashlib.sha256(told(self.ledger)).digest() + struct.pack("!Q", int(now.timestamp() * 1000))
        one += b"\0\0\4\3" + struct.pack("!H", len(signature)) + signature
        rows = struct.pack("!H", len(one) + 2) + struct.pack("!H", len(one)) + one
        size = bytes([len(rows)]) if len(rows) < 128 else bytes([0x81, len(rows)])
        return b"\x04" + size + rows

    def kept(self, request: bytes) -> dict[str, Any]:
        """An entry of the log for what is proposed, as Rekor's answer."""
        proposed = json.loads(request)["spec"]["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        digests = [hashlib.sha256(data).hexdigest() for data in (
            proposed["envelope"].encode(), base64.b64decode(envelope["payload"])
        )]  # fmt: skip
        body = rfc8785.dumps({
            "apiVersion": "0.0.1", "kind": "dsse", "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": digests[0]},
                "payloadHash": {"algorithm": "sha256", "value": digests[1]},
                "signatures": [
                    {"signature": envelope["signatures"][0]["sig"], "verifier": proposed["verifiers"][0]}
                ],
            },
        })  # fmt: skip
        self.leaves.append(body)
        index, now = len(self.leaves) - 1, int(dt.datetime.now(dt.UTC).timestamp())
        name = hashlib.sha256(told(self.log)).digest()
        said = {"body": base64.b64encode(body).decode(), "integratedTime": now, "logID": name.hex(), "logIndex": index}
        head = tree(self.leaves)
        note = f"log.example - 1\n{len(self.leaves)}\n{base64.b64encode(head).decode()}\n"
        by = base64.b64encode(name[:4] + signed(self.log, note.encode())).decode()
        proof = {
            "logIndex": index, "rootHash": head.hex(), "treeSize": len(self.leaves),
            "hashes": [one.hex() for one in path(self.leaves, index)],
            "checkpoint": f"{note}\n— log.example {by}\n",
        }  # fmt: skip
        promise = base64.b64encode(signed(self.log, rfc8785.dumps(said))).decode()
        return {"24" + "0" * 62: {**said, "verification": {"inclusionProof": proof, "signedEntryTimestamp": promise}}}

    def roots(self) -> dict[str, Any]:
        """What a verifier trusts."""

        def log(by: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            data = told(by)
            return {
                "baseUrl": "http://127.0.0.1:9", "hashAlgorithm": "SHA2_256",
                "publicKey": {"rawBytes": base64.b64encode(data).decode(), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                              "validFor": {"start": "2020-01-01T00:00:00Z"}},
                "logId": {"keyId": base64.b64encode(hashlib.sha256(data).digest()).decode()},
            }  # fmt: skip

        der = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log)], "ctlogs": [log(self.ledger)], "timestampAuthorities": [],
            "certificateAuthorities": [{
                "subject": {"organization": "x", "commonName": "x"}, "uri": "http://127.0.0.1:9",
                "certChain": {"certificates": [{"rawBytes": der}]}, "validFor": {"start": "2020-01-01T00:00:00Z"},
            }],
        }  # fmt: skip

    def write(self, folder: Path, url: str) -> tuple[Path, Path]:
        """Files for who signs (client trust config) and for who verifies (trusted root)."""
        service = {"url": url, "majorApiVersion": 1, "validFor": {"start": "2020-01-01T00:00:00Z"}, "operator": "x"}
        config = {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": self.roots(),
            "signingConfig": {
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json", "caUrls": [service],
                "oidcUrls": [], "rekorTlogUrls": [service], "rekorTlogConfig": {"selector": "ANY"}, "tsaUrls": [],
                "tsaConfig": {"selector": "ANY"},
            },
        }  # fmt: skip
        made = folder / "services.json", folder / "roots.json"
        for file, row in zip(made, (config, config["trustedRoot"]), strict=True):
            file.write_text(json.dumps(row))
        return made


_USES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip


def tree(leaves: list[bytes]) -> bytes:
    """The head of a tree (RFC 6962, 2.1)."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def path(leaves: list[bytes], index: int) -> list[bytes]:
    """What is needed to reach it from a leaf (2.1.1)."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*path(leaves[:half], index), tree(leaves[half:])]
    return [*path(leaves[half:], index - half), tree(leaves[:half])]


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """Their address, one for all."""

    def said(request: BaseHTTPRequestHandler, asked: bytes) -> tuple[int, dict[str, str], bytes]:
        services.asked.append(request.path)
        if request.path == "/api/v2/signingCert":
            row = services.given(asked, request.headers["Authorization"].removeprefix("Bearer "))
        else:
            assert request.path == "/api/v1/log/entries"
            row = services.kept(asked)
        return 201, {"Content-Type": "application/json"}, json.dumps(row).encode()

    with servers.answering(said) as address:
        yield address
