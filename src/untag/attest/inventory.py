"""An inventory (repositories, models, releases): each item has a report or is a gap, so that no part passes for all.

A TOML file of ``[[item]]`` tables: ``name``, ``kind``, and one of ``input`` (an INPUT of the same command), ``report``
(an earlier JSON report) or ``bundle`` (an attestation by the same key); an item without any is a gap that is named.
Paths are relative to the file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import Malformed
from untag.attest.signer import unverified
from untag.attest.sound import moment, sound
from untag.config import contents, nearest, tables
from untag.mistake import UntagError
from untag.sources import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from untag.attest.signer import Signer

__all__ = ["KINDS", "load"]

KINDS = ("repository", "model", "release", "api", "dataset", "image", "database")
_KEYS = ("name", "kind", "input", "report", "bundle")
#: What the verdict of a report comes to.
_RESULTS = {
    "accepted": "FAILED", "clean": "PASSED", "empty": "INCOMPLETE", "findings": "FAILED", "incomplete": "INCOMPLETE",
}  # fmt: skip
_SOURCES = ("input", "report", "bundle")


def load(path: Path, specs: Sequence[str], signer: Signer) -> list[dict[str, Any]]:
    """Read an inventory and look up what is there of each item.

    Args:
        path: The file.
        specs: The inputs that are scanned now.
        signer: Of the new one; only bundles that it signed as well count.

    Returns:
        Name, kind, state (``scanned``, ``reported``, ``attested`` or ``gap``), result and detail of each item, in the
        order of the file. The result of a scanned one is that of the statement.

    Raises:
        UntagError: The file is not as described, or what an item names is not there.
    """
    rows = tables(path, "inventory")
    items = rows.pop("item", [])
    if rows or not isinstance(items, list) or not items:
        raise UntagError(f"{path}: an inventory is a list of [[item]] tables")
    inputs = {_real(spec) for spec in specs}
    made, seen, used = [], set(), set()
    for item in items:
        _checked(path, item)
        if item["name"] in seen:
            raise UntagError(f"{path}: {item['name']} stands twice in it")
        seen.add(item["name"])
        for name in _SOURCES:
            if name in item and (source := _real(item[name], path.parent)) in used:
                raise UntagError(f"{path}: {item['name']} has the same {name} as another item")
            if name in item:
                used.add(source)
        made.append({"name": item["name"], "kind": item["kind"], **_state(path, item, inputs, signer)})
    return made


def _checked(path: Path, item: object) -> None:
    if not isinstance(item, dict) or not all(isinstance(value, str) for value in item.values()):
        raise UntagError(f"{path}: an item is a table of texts")
    for name in item:
        if name not in _KEYS:
            raise UntagError(f"{path}: unknown key {name!r}{nearest(name, _KEYS)}")
    if not item.get("name"):
        raise UntagError(f"{path}: an item without a name")
    if item.get("kind") not in KINDS:
        raise UntagError(f"{path}: the kind of {item['name']} is one of {', '.join(KINDS)}")
    if sum(name in item for name in _SOURCES) > 1:
        raise UntagError(f"{path}: {item['name']} has more than one of {', '.join(_SOURCES)}")


def _state(path: Path, item: Mapping[str, str], inputs: set[str], signer: Signer) -> dict[str, Any]:
    """What is there of an item."""
    if "input" in item:
        said = told(item["input"])
        if _real(item["input"], path.parent) in inputs:
            return {"state": "scanned", "result": "", "detail": said}
        return {"state": "gap", "result": "", "detail": f"{said} is no input of this scan"}
    if "report" in item:
        return _reported(path.parent / item["report"], item["report"])
    if "bundle" in item:
        return _attested(path.parent / item["bundle"], item["bundle"], signer)
    return {"state": "gap", "result": "", "detail": "neither scanned nor reported"}


def _reported(path: Path, name: str) -> dict[str, Any]:
    data = contents(path, f"cannot read {path}")
    try:
        row = json.loads(data)
        verdict = row["verdict"] if row["schema"] == "untag.report/1" else None
    except (ValueError, KeyError, TypeError):
        verdict = None
    if verdict not in _RESULTS:
        raise UntagError(f"{path} is no JSON report of untag")
    digest = hashlib.sha256(data).hexdigest()
    return {"state": "reported", "result": _RESULTS[verdict], "detail": name, "digest": {"sha256": digest}}


def _attested(path: Path, name: str, signer: Signer) -> dict[str, Any]:
    data = contents(path, f"cannot read {path}")
    try:
        predicate = sound(unverified(data))["predicate"]
    except Malformed as error:
        raise UntagError(f"{path} is no attestation of untag: {error}") from None
    if not signer.signed(data):
        return {"state": "gap", "result": "", "detail": f"{name} is not signed by this key"}
    until = moment(predicate["run"]["notAfter"])
    if until is None or until < dt.datetime.now(dt.UTC):
        return {"state": "gap", "result": "", "detail": f"{name} has expired"}
    digest = hashlib.sha256(data).hexdigest()
    return {"state": "attested", "result": predicate["result"], "detail": name, "digest": {"sha256": digest}}


def _real(spec: str, folder: Path | None = None) -> str:
    """What tells whether two inputs are one: a URL as it is, of a path the real one."""
    return spec if "://" in spec else os.path.realpath(spec if folder is None else folder / spec)
