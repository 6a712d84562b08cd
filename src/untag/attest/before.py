"""The last attestation of the same product, and what is different since."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import Malformed
from untag.attest.signer import unverified
from untag.attest.sound import sound
from untag.attest.statement import identity, unreads
from untag.config import contents
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from untag.attest.signer import Signer

__all__ = ["load"]


def load(path: Path, signer: Signer, product: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """What a new statement says of the last one.

    Args:
        path: The last bundle.
        signer: Of the new one; whether it signed the last one as well is told.
        product: Which both have to be about.
        report: The new report.

    Raises:
        UntagError: It cannot be read, is none of ours, or is about another product.
    """
    data = contents(path, f"cannot read {path}")
    try:
        predicate = sound(unverified(data))["predicate"]
    except Malformed as error:
        raise UntagError(f"{path} is no attestation of untag: {error}") from None
    told = predicate["product"], predicate["result"], predicate["run"]["timeCreated"]
    before = set(map(identity, predicate["findings"]))
    unread = unreads(predicate["gaps"])
    if told[0] != product:
        raise UntagError(f"{path} is about {told[0] or 'no named product'}, not about {product or 'no named product'}")
    now, left = set(map(identity, report["findings"])), unreads(report["gaps"])
    return {
        "digest": {"sha256": hashlib.sha256(data).hexdigest()},
        "timeCreated": told[2],
        "result": told[1],
        "sameKey": signer.signed(data),
        "added": sorted({row[0] for row in now - before}),
        "removed": sorted({row[0] for row in before - now}),
        "gapsAdded": len(left - unread),
        "gapsRemoved": len(unread - left),
    }
