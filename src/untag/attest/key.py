"""Keys that sign and verify: Ed25519, and ECDSA over P-256, P-384 and P-521, from PEM files.

The kind of a key decides how it is used; nothing that a bundle says does. The identifier of a key is the SHA-256 of its
public half as SubjectPublicKeyInfo (RFC 5280), so that it cannot name another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from untag.config import contents
from untag.mistake import UntagError

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

__all__ = ["PrivateKey", "PublicKey", "dated", "private", "public", "smaller"]

NEEDS = "signing and verifying need the library cryptography: pip install 'untag[attest]'"
_KINDS = "an Ed25519 key or an ECDSA key on P-256, P-384 or P-521"
#: The order of each curve's group (SEC 2): of the signatures (r, s) and (r, order - s), which verify alike, only the
#: one with the smaller s is made and taken, so that no bundle has a twin.
_ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
    "secp521r1": int("1" + "F" * 65 + "A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
}
#: The hash that goes with a curve (FIPS 186-5, 6.1.1).
_HASHES = {"secp256r1": "SHA256", "secp384r1": "SHA384", "secp521r1": "SHA512"}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies.

    Attributes:
        key: As the library holds it.
        id: ``sha256:`` and hexadecimal.
        kind: ``Ed25519``, or ``ECDSA`` with its curve.
        since: From when it is good, where the verifier says it; by its certificate.
        until: Until when: what was signed later, or cannot be shown to have been signed before, is not taken.
    """

    key: Ed25519PublicKey | EllipticCurvePublicKey
    id: str
    kind: str
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether a signature over data is by this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey

        try:
            if isinstance(self.key, EllipticCurvePublicKey):
                if smaller(signature, self.key.curve.name) != signature:
                    return False
                self.key.verify(signature, data, ECDSA(_hash(self.key)))
            else:
                self.key.verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that signs.

    Attributes:
        key: As the library holds it.
        public: Its other half.
    """

    key: Ed25519PrivateKey | EllipticCurvePrivateKey
    public: PublicKey

    def sign(self, data: bytes) -> bytes:
        """A signature over data."""
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey

        if isinstance(self.key, EllipticCurvePrivateKey):
            return smaller(self.key.sign(data, ECDSA(_hash(self.key))), self.key.curve.name)
        return self.key.sign(data)


def private(path: Path, passphrase: bytes | None = None) -> PrivateKey:
    """Read a private key.

    Args:
        path: A PEM file.
        passphrase: Where it is encrypted; else it is not used.

    Raises:
        UntagError: It cannot be read, is no such key, or its passphrase is wrong or missing.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise UntagError(NEEDS) from None
    data = contents(path, f"cannot read the key {path}")
    if b"ENCRYPTED" not in data:
        passphrase = None
    try:
        key = load_pem_private_key(data, passphrase)
    except TypeError:
        raise UntagError(f"cannot use the key {path}: it is encrypted: give its passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        said = f"it is no PEM file with {_KINDS}" + (", or the passphrase is wrong" if passphrase is not None else "")
        raise UntagError(f"cannot use the key {path}: {said}") from None
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not isinstance(key, (Ed25519PrivateKey, EllipticCurvePrivateKey)):
        raise UntagError(f"cannot use the key {path}: it is not {_KINDS}")
    return PrivateKey(key, _public(key.public_key(), path))


def public(path: Path) -> PublicKey:
    """Read a public key.

    Args:
        path: A PEM file.

    Raises:
        UntagError: It cannot be read or is no such key.
    """
    return _read(path, certificates=False)


def dated(path: Path, until: dt.datetime | None = None) -> PublicKey:
    """Read a public key, or a certificate.

    Of a certificate its key and its period are taken and nothing else: who names it trusts it, whoever issued it.

    Args:
        path: A PEM file.
        until: Until when it is good, where the verifier says it.

    Raises:
        UntagError: It cannot be read or is neither.
    """
    made = _read(path, certificates=True)
    ends = [end for end in (made.until, until) if end is not None]
    return replace(made, until=min(ends, default=None))


def _read(path: Path, *, certificates: bool) -> PublicKey:
    try:
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        raise UntagError(NEEDS) from None
    data = contents(path, f"cannot read the key {path}")
    if b"PRIVATE KEY-----" in data:
        raise UntagError(f"cannot use the key {path}: it is a private key; a verifier needs the public one")
    try:
        if not certificates or b"-----BEGIN CERTIFICATE-----" not in data:
            return _public(load_pem_public_key(data), path)
        held = x509.load_pem_x509_certificate(data)
        made = _public(held.public_key(), path)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise UntagError(f"cannot use the key {path}: it is no PEM file with {_KINDS}") from None
    return replace(made, since=held.not_valid_before_utc, until=held.not_valid_after_utc)


def _public(key: object, path: Path) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    curved = isinstance(key, EllipticCurvePublicKey) and key.curve.name in _HASHES
    if not curved and not isinstance(key, Ed25519PublicKey):
        raise UntagError(f"cannot use the key {path}: it is not {_KINDS}")
    assert isinstance(key, (Ed25519PublicKey, EllipticCurvePublicKey))  # noqa: S101 - for the type checker
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kind = f"ECDSA {key.curve.name}" if isinstance(key, EllipticCurvePublicKey) else "Ed25519"
    return PublicKey(key, "sha256:" + hashlib.sha256(info).hexdigest(), kind)


def smaller(signature: bytes, curve: str) -> bytes:
    """A signature in DER with the smaller s.

    Raises:
        ValueError: It is no signature.
    """
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _ORDERS[curve] - s) if 0 < s < _ORDERS[curve] else s)


def _hash(key: EllipticCurvePrivateKey | EllipticCurvePublicKey) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    made: HashAlgorithm = getattr(hashes, _HASHES[key.curve.name])()
    return made
