"""The envelope around a statement: DSSE v1.0 (secure-systems-lab/dsse), read strictly.

What is signed is the pre-authentication encoding of payload type and payload, so that neither can be exchanged.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.attest.key import PrivateKey, PublicKey

__all__ = ["LARGEST", "TYPE", "Envelope", "Malformed", "encode", "opened", "sealed", "strict"]

#: The payload type of an in-toto statement (in-toto attestation framework, v1).
TYPE = "application/vnd.in-toto+json"
#: Bytes of a bundle that are looked at.
LARGEST = 256 << 20


class Malformed(ValueError):  # noqa: N818 - a state of the bundle
    """A bundle that is not what it should be; its text says how."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope whose signature was not looked at yet.

    Attributes:
        payload: The statement's bytes, as signed.
        keyid: The key that is said to have signed.
        signature: By it.
    """

    payload: bytes
    keyid: str
    signature: bytes

    def signer(self, keys: Iterable[PublicKey]) -> PublicKey | None:
        """The key that signed, where it is one of some trusted ones and is the one that is named; else None."""
        for key in keys:
            if key.id == self.keyid and key.verifies(self.signature, encode(self.payload)):
                return key
        return None


def encode(payload: bytes, kind: str = TYPE) -> bytes:
    """The pre-authentication encoding."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def sealed(payload: bytes, key: PrivateKey) -> str:
    """A signed envelope as one line of JSON."""
    signature = key.sign(encode(payload))
    row = {
        "payloadType": TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": key.public.id, "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(row, separators=(",", ":")) + "\n"


def opened(data: bytes) -> Envelope:
    """Open an envelope.

    Args:
        data: The bundle's bytes.

    Raises:
        Malformed: It is not exactly an envelope with one signature.
    """
    if len(data) > LARGEST:
        raise Malformed(f"it is larger than {LARGEST >> 20} MiB")
    row = strict(data)
    if not isinstance(row, dict) or set(row) != {"payloadType", "payload", "signatures"}:
        raise Malformed("it is no DSSE envelope (payloadType, payload, signatures)")
    if row["payloadType"] != TYPE:
        raise Malformed(f"its payload is not of type {TYPE}")
    signatures = row["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise Malformed("it does not have exactly one signature")
    (one,) = signatures
    if not isinstance(one, dict) or set(one) != {"keyid", "sig"} or not isinstance(one["keyid"], str):
        raise Malformed("its signature is not a keyid and a sig")
    return Envelope(_base64(row["payload"], "payload"), one["keyid"], _base64(one["sig"], "signature"))


def strict(data: bytes) -> Any:
    """Parse JSON in which no key stands twice and no number is special.

    Raises:
        Malformed: It is not such JSON.
    """

    def pairs(rows: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(rows)
        if len(made) < len(rows):
            raise Malformed("a key stands twice in it")
        return made

    def special(name: str) -> Any:
        raise Malformed(f"{name} stands in it")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_constant=special)
    except Malformed:
        raise
    except (ValueError, RecursionError):  # no text, no JSON, or a number of thousands of digits
        raise Malformed("it is no JSON in UTF-8") from None


def _base64(text: object, what: str) -> bytes:
    """Bytes from base64 in its one canonical form."""
    if not isinstance(text, str):
        raise Malformed(f"its {what} is no text")
    try:
        made = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        made = b""
    if not made or base64.b64encode(made).decode() != text:
        raise Malformed(f"its {what} is no base64")
    return made
