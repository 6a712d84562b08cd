"""Verification of an audit log: what was changed, lost, added or moved, what is signed, and what cannot be seen."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from untag.guard.log import START, files
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Seen", "verify"]

#: Bytes of the longest line.
LONGEST = 1 << 20


@dataclass(slots=True)
class Seen:
    """What verification saw.

    Attributes:
        lines: How many lines.
        head: Digest of the last.
        number: Number of the last.
        faults: What is wrong, with the file and line.
        remarks: What is not wrong and should be known: a run that ended without a word, what a start took off.
        signed: Number of the last line that a valid checkpoint covers; 0 for none.
        checkpoints: How many checkpoints were verified.
    """

    lines: int = 0
    head: str = START
    number: int = 0
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    signed: int = 0
    checkpoints: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def unseen(self) -> str:
        """What cannot be seen, in one sentence."""
        free = self.number - self.signed
        if not free:
            return "every line is covered by a signed checkpoint; that later ones were cut off cannot be seen"
        return (
            f"the last {free} lines are covered by no signed checkpoint: that they were cut off or written anew cannot "
            "be seen without the head kept elsewhere"
        )


def verify(
    path: Path,
    checks: Callable[[str, bytes, bytes], bool] | None = None,
    *,
    head: str = "",
    first: str = "",
) -> Seen:
    """Verify a log with all its files.

    Args:
        path: The file that is written; those that were closed lie beside it.
        checks: Whether a signature of a key's identifier is valid for a payload; None where no key is trusted.
        head: The digest of a line that must be in it, as an earlier verification printed it.
        first: The digest that the first line may follow where older files were put away.

    Raises:
        UntagError: There is no such log, or it cannot be read.
    """
    seen = Seen()
    rows = files(path)
    if not rows:
        raise UntagError(f"there is no log {path}")
    if first:
        seen.head = first
    found = not head or head == seen.head
    ended = True
    for file in rows:
        for place, data in _lines(file):
            row = _row(data)
            if row is None:
                seen.faults.append(f"{place}: no line of a log")
                seen.head = hashlib.sha256(data).hexdigest()
                continue
            if not seen.lines and first:
                seen.number = row["n"] - 1
            _follow(seen, row, place)
            kind = row["kind"]
            if kind == "checkpoint":
                _checkpoint(seen, row, place, checks)
            if kind == "open":
                seen.remarks += [f"{place}: {r}" for r in row.get("remarks", []) if isinstance(r, str)]
            ended = kind == "close"
            seen.lines += 1
            seen.number = row["n"]
            seen.head = hashlib.sha256(data).hexdigest()
            found = found or seen.head == head
    if not found:
        seen.faults.append("the head that was named is in no line: lines were cut off or written anew")
    if not ended:
        seen.remarks.append("the log does not say that it ended: it is being written, or its end is missing")
    return seen


def _follow(seen: Seen, row: dict[str, Any], place: str) -> None:
    """Whether a line follows the one before."""
    if row["n"] != seen.number + 1:
        seen.faults.append(f"{place}: line {row['n']} follows line {seen.number}: lines are missing, added or moved")
    elif row["prev"] != seen.head:
        seen.faults.append(f"{place}: it does not follow what stands before it: that was changed")


def _checkpoint(
    seen: Seen, row: dict[str, Any], place: str, checks: Callable[[str, bytes, bytes], bool] | None
) -> None:
    """A signature over the line before."""
    if checks is None:
        return
    payload = json.dumps({"n": seen.number, "head": seen.head}, separators=(",", ":")).encode()
    try:
        signature = base64.b64decode(row.get("signature", ""), validate=True)
    except (binascii.Error, ValueError, TypeError):
        signature = b""
    if row.get("of") == seen.number and checks(str(row.get("keyid", "")), payload, signature):
        seen.checkpoints += 1
        if not seen.faults:
            seen.signed = row["n"]
    else:
        seen.faults.append(f"{place}: the checkpoint is not signed by a trusted key for what stands before it")


def _row(data: bytes) -> dict[str, Any] | None:
    """A line, if it is one."""
    try:
        row = json.loads(data)
    except ValueError:
        return None
    good = isinstance(row, dict) and isinstance(row.get("kind"), str) and isinstance(row.get("prev"), str)
    return row if good and isinstance(row.get("n"), int) and data.endswith(b"\n") else None


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Lines of a file with their place.

    Raises:
        UntagError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while data := file.readline(LONGEST):
                number += 1
                yield f"{path.name}:{number}", data
    except OSError as error:
        raise UntagError(f"cannot read {path}: {(error.strerror or 'error').lower()}") from None
