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
    from collections.abc import Callable, Iterable

    from untag.attest.key import PrivateKey, PublicKey

__all__ = ["LARGEST", "TYPE", "Envelope", "Malformed", "encode", "opened", "sealed", "strict"]

#: The payload type of an in-toto statement (in-toto attestation framework, v1).
TYPE = "application/vnd.in-toto+json"
#: Bytes of a bundle that are looked at.
LARGEST = 256 << 20
#: The type of a timestamp beside a signature: RFC 3161.
_STAMP = "tsp"


class Malformed(ValueError):  # noqa: N818 - a state of the bundle
    """A bundle that is not what it should be; its text says how."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope whose signature was not looked at yet.

    Attributes:
        payload: The statement's bytes, as signed.
        keyid: The key that is said to have signed.
        signature: By it.
        stamp: What lies beside it: a token of a timestamp authority over it; empty where none does.
    """

    payload: bytes
    keyid: str
    signature: bytes
    stamp: bytes = b""

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


def sealed(payload: bytes, key: PrivateKey, stamp: Callable[[bytes], bytes] | None = None) -> str:
    """A signed envelope as one line of JSON.

    Args:
        payload: What is signed.
        key: By which.
        stamp: Gives a token of a timestamp authority over a signature, to be kept beside it.
    """
    signature = key.sign(encode(payload))
    one: dict[str, Any] = {"keyid": key.public.id, "sig": base64.b64encode(signature).decode()}
    if stamp is not None:
        # As in-toto's witness has it (go-witness, dsse.SignatureTimestamp).
        one["timestamps"] = [{"type": _STAMP, "data": base64.b64encode(stamp(signature)).decode()}]
    row = {"payloadType": TYPE, "payload": base64.b64encode(payload).decode(), "signatures": [one]}
    return json.dumps(row, separators=(",", ":")) + "\n"


def opened(data: bytes, *, stamped: bool = False) -> Envelope:
    """Open an envelope.

    Args:
        data: The bundle's bytes.
        stamped: Whether a timestamp may lie beside the signature.

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
    rest = set(one) - {"keyid", "sig"} if isinstance(one, dict) else {""}
    if rest - ({"timestamps"} if stamped else set()) or not {"keyid", "sig"} <= set(one):
        raise Malformed("its signature is not a keyid and a sig")
    if not isinstance(one["keyid"], str):
        raise Malformed("its signature is not a keyid and a sig")
    stamp = _stamp(one["timestamps"]) if rest else b""
    return Envelope(_base64(row["payload"], "payload"), one["keyid"], _base64(one["sig"], "signature"), stamp)


def _stamp(rows: object) -> bytes:
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise Malformed("its timestamps are not exactly one")
    if set(rows[0]) != {"type", "data"} or rows[0]["type"] != _STAMP:
        raise Malformed(f"its timestamp is not of type {_STAMP}")
    return _base64(rows[0]["data"], "timestamp")


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
