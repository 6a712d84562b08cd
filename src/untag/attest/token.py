"""A token of a timestamp authority in the one form in which it is kept: CMS SignedData (RFC 5652) as RFC 3161 has it.

Much of a token is under no signature: versions, names of algorithms that follow from the key, certificates that nobody
needs, attributes, the order of sets, and of the two ECDSA signatures that verify alike which one it is. All that is
made anew here, so that a token that differs by a bit is not the one that was kept. Libraries that sign tokens differ in
just these; OpenSSL does not even sort the set of certificates, which readers of DER refuse.
"""

from __future__ import annotations

import hashlib

from untag.attest.dsse import Malformed
from untag.attest.key import smaller
from untag.syntax.der import Element, elements, encoded

__all__ = ["LARGEST", "canonical", "certificates", "response", "token_of"]

#: Bytes of a token, or of the answer of an authority, that are looked at.
LARGEST = 64 << 10
_SEQUENCE, _SET, _INTEGER, _OCTETS, _OID, _FIRST, _SECOND = 0x30, 0x31, 0x02, 0x04, 0x06, 0xA0, 0xA1
#: Object identifiers: RFC 5652 (signed data, content of a token), RFC 5754 (digests), RFC 5035 (signing certificate).
_SIGNED = bytes.fromhex("2a864886f70d010702")
_INFO = bytes.fromhex("2a864886f70d0109100104")
_DIGESTS = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_ESS = (bytes.fromhex("2a864886f70d010910020c"), bytes.fromhex("2a864886f70d010910022f"))
#: How a signature is named (RFC 3370, 3.2, for RSA; RFC 5758, 3.2, for ECDSA), by the digest.
_RSA = encoded(_SEQUENCE, encoded(_OID, bytes.fromhex("2a864886f70d010101")) + b"\5\0")
_ECDSA = {
    name: encoded(_SEQUENCE, encoded(_OID, bytes.fromhex("2a8648ce3d0403") + bytes([number])))
    for name, number in (("sha256", 2), ("sha384", 3), ("sha512", 4))
}


def token_of(answer: bytes) -> bytes:
    """The token in the answer of an authority (RFC 3161, 2.4.2).

    Raises:
        Malformed: It is no such answer, or the authority refused.
    """
    try:
        status, *rest = elements(_one(elements(answer), _SEQUENCE).body)
        number = int.from_bytes(_at(elements(status.body), 0, _INTEGER).body, "big", signed=True)
        token = _one(rest, _SEQUENCE).whole if number in {0, 1} else b""
    except (ValueError, IndexError) as error:
        raise Malformed(f"it is no answer of a timestamp authority: {error}") from None
    if not token:
        raise Malformed(f"the authority granted none (its status is {number})")
    return token


def response(token: bytes) -> bytes:
    """A token as the answer that granted it, which is what libraries read."""
    return encoded(_SEQUENCE, encoded(_SEQUENCE, encoded(_INTEGER, b"\0")) + token)


def canonical(token: bytes) -> bytes:
    """The token in its one form.

    Args:
        token: As an authority gave it, in DER but for the order of sets.

    Returns:
        The same, with the certificate of who signed it, those that lead from there to a root, and nothing besides.

    Raises:
        Malformed: It is none, has several signatures, or is signed in a way that is not known here.
    """
    try:
        return _canonical(token)
    except Malformed:
        raise
    except (ValueError, IndexError) as error:
        raise Malformed(f"it is no token of a timestamp authority: {error}") from None


def certificates(token: bytes) -> list[bytes]:
    """The certificates of a token in its one form, from who signed it upwards.

    Raises:
        Malformed: It is none.
    """
    try:
        parts = _signed(token)
        return [row.whole for row in _path(elements(_at(parts, 3, _FIRST).body), _signer(parts)[1].body)]
    except Malformed:
        raise
    except (ValueError, IndexError) as error:
        raise Malformed(f"it is no token of a timestamp authority: {error}") from None


def _canonical(token: bytes) -> bytes:
    parts = _signed(token)
    content = elements(_at(parts, 2, _SEQUENCE).body)
    if len(content) != 2 or content[0].whole != encoded(_OID, _INFO):
        raise Malformed("what is signed in it is no timestamp")
    signer = _signer(parts)
    digest = _at(elements(_at(signer, 2, _SEQUENCE).body), 0, _OID).body
    if digest not in _DIGESTS:
        raise Malformed("its digest is none of SHA-256, SHA-384 and SHA-512")
    path = _path(elements(_at(parts, 3, _FIRST).body), _at(signer, 1, _SEQUENCE).body)
    attributes = _at(signer, 3, _FIRST)
    _named(path[0].whole, attributes)
    how, signature = _signature(path[0].whole, _DIGESTS[digest], _at(signer, 5, _OCTETS).body)
    algorithm = encoded(_SEQUENCE, encoded(_OID, digest))
    one = b"".join(
        (encoded(_INTEGER, b"\1"), signer[1].whole, algorithm, attributes.whole, how, encoded(_OCTETS, signature))
    )
    made = b"".join(
        (
            encoded(_INTEGER, b"\3"),
            encoded(_SET, algorithm),
            parts[2].whole,
            encoded(_FIRST, b"".join(sorted(row.whole for row in path))),
            encoded(_SET, encoded(_SEQUENCE, one)),
        )
    )
    return encoded(_SEQUENCE, encoded(_OID, _SIGNED) + encoded(_FIRST, encoded(_SEQUENCE, made)))


def _signed(token: bytes) -> list[Element]:
    """Version, digests, content, certificates, maybe revocations, and signers."""
    if len(token) > LARGEST:
        raise Malformed(f"it is larger than {LARGEST >> 10} KiB")
    outer = elements(_one(elements(token), _SEQUENCE).body)
    if len(outer) != 2 or outer[0].whole != encoded(_OID, _SIGNED):
        raise Malformed("it is no signed data")
    return elements(_one(elements(_at(outer, 1, _FIRST).body), _SEQUENCE).body)


def _signer(parts: list[Element]) -> list[Element]:
    """Version, name, digest, signed attributes, how it is signed, the signature, and maybe further attributes."""
    return elements(_one(elements(_at(parts, -1, _SET).body), _SEQUENCE).body)


def _path(found: list[Element], name: bytes) -> list[Element]:
    """From the certificate of who signed up to the last before a root, which is not kept."""
    made: list[Element] = []
    wanted: bytes | None = None
    left = list(found)
    while True:
        for row in left:
            issuer, serial, subject = _names(row)
            # Who signed is named by issuer and number, each further one by its subject; a root issues itself.
            if issuer + serial == name if wanted is None else subject == wanted and issuer != subject:
                break
        else:
            break
        left.remove(row)
        made.append(row)
        wanted = issuer
    if not made:
        raise Malformed("the certificate of who signed it is not in it")
    return made


def _names(certificate: Element) -> tuple[bytes, bytes, bytes]:
    """Issuer, number and subject (RFC 5280, 4.1)."""
    rows = elements(_at(elements(certificate.body), 0, _SEQUENCE).body)
    rows = rows[1:] if rows[0].tag == _FIRST else rows
    return _at(rows, 2, _SEQUENCE).whole, _at(rows, 0, _INTEGER).whole, _at(rows, 4, _SEQUENCE).whole


def _named(certificate: bytes, attributes: Element) -> None:
    """See that the signed attributes name the certificate by its digest, as RFC 3161 (2.4.2) and RFC 5816 ask for."""
    for row in elements(attributes.body):
        kind, values = elements(row.body)
        if kind.body not in _ESS:
            continue
        # SigningCertificate { SEQUENCE OF ESSCertID { hash, … } }; in the second version an algorithm may stand first.
        first = elements(elements(_one(elements(values.body), _SEQUENCE).body)[0].body)[0]
        fields = elements(first.body)
        used = "sha1" if kind.body == _ESS[0] else "sha256"
        if fields[0].tag == _SEQUENCE:
            used = _DIGESTS.get(_at(elements(fields[0].body), 0, _OID).body, "")
            fields = fields[1:]
        # SHA-1 only where the attribute has no other: the signature is what binds.
        if used and _at(fields, 0, _OCTETS).body == hashlib.new(used, certificate, usedforsecurity=False).digest():
            return
    raise Malformed("it does not name the certificate that it is signed with")


def _signature(certificate: bytes, digest: str, signature: bytes) -> tuple[bytes, bytes]:
    """How a signature is named that a certificate's key made, and that signature or its twin with the smaller s."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    try:
        key = load_der_x509_certificate(certificate).public_key()
    except (InvalidVersion, UnsupportedAlgorithm):
        raise Malformed("its certificate cannot be read") from None
    if isinstance(key, RSAPublicKey):
        return _RSA, signature
    if isinstance(key, EllipticCurvePublicKey):
        return _ECDSA[digest], smaller(signature, key.curve.name)
    raise Malformed("it is signed neither with RSA nor with ECDSA")


def _at(rows: list[Element], at: int, tag: int) -> Element:
    if not -len(rows) <= at < len(rows) or rows[at].tag != tag:
        raise ValueError("a part of it is missing or another")
    return rows[at]


def _one(rows: list[Element], tag: int) -> Element:
    if len(rows) != 1:
        raise ValueError("a part of it is there several times or not at all")
    return _at(rows, 0, tag)
