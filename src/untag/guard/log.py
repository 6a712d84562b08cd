"""The audit log: lines of JSON, each with the digest of the one before, checkpoints signed, files that follow on.

A line says what was left out or refused, by which rule and term, where, and for whom by pseudonym. It never holds a
value, a picture or a body.

What the chain shows: a line that was changed, lost, added or moved, and a file that is missing between two others. What
it cannot show by itself: that lines behind the last checkpoint were cut off or written anew. Keep the head that
``verify`` prints, or the checkpoints, somewhere else.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from untag import __version__
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from untag.guard.message import Message, Verdict
    from untag.guard.policy import Logging

__all__ = ["KIND", "START", "Log", "LogError", "files", "line"]

#: Payload type of a checkpoint's signature.
KIND = "application/vnd.untag.checkpoint+json"
#: What the first line of a log follows.
START = "0" * 64
#: Seconds between two syncs where the policy says ``interval``.
EVERY = 1.0
#: Hexadecimal digits of a pseudonym.
SHORT = 20


class LogError(Exception):
    """Something could not be logged."""


def line(row: dict[str, Any]) -> bytes:
    """A record as it stands in the log."""
    return json.dumps(row, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def files(path: Path) -> list[Path]:
    """The files of a log in order: those that were closed, by number, then the one that is written."""
    closed = []
    if path.parent.is_dir():
        prefix = path.name + "."
        closed = [p for p in path.parent.iterdir() if p.name.startswith(prefix) and p.name[len(prefix) :].isdecimal()]
    closed.sort(key=lambda p: int(p.name.rpartition(".")[2]))
    return [*closed, *([path] if path.exists() else [])]


class Log:
    """A log that is written.

    Args:
        path: Its file.
        settings: How it is written.
        sign: Signs the payload of a checkpoint; gives the key's identifier and the signature. None: no checkpoints.
        policy: Digest of the policy, which the first line of a run names.

    Raises:
        UntagError: The file cannot be written, or its last line is none of a log.
    """

    def __init__(
        self,
        path: Path,
        settings: Logging,
        sign: Callable[[bytes], tuple[str, bytes]] | None = None,
        policy: str = "",
    ) -> None:
        self.path = path
        self._settings = settings
        self._sign = sign
        self._lock = threading.Lock()
        self._secret = self._key()
        self._synced = time.monotonic()
        self._since = 0
        #: What a start has to say of the run before it.
        self.remarks: list[str] = []
        try:
            self._file, self._number, self._head, self._size = self._begin()
            self._append("open", {"version": __version__, "policy": policy, "remarks": self.remarks})
            self._sync()
        except OSError as error:
            raise UntagError(f"cannot write the log {path}: {(error.strerror or 'error').lower()}") from None

    def _key(self) -> bytes:
        if self._settings.secret is None:
            return secrets.token_bytes(32)
        try:
            key = self._settings.secret.read_bytes().strip()
        except OSError as error:
            raise UntagError(f"cannot read {self._settings.secret}: {(error.strerror or 'error').lower()}") from None
        if len(key) < 16:
            raise UntagError(f"{self._settings.secret}: a key of pseudonyms has at least 16 bytes")
        return key

    # -- starting

    def _begin(self) -> tuple[BinaryIO, int, str, int]:
        """Open the file behind what is in it: the number of the next line, the digest of the last, the size."""
        known = files(self.path)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
        file = os.fdopen(handle, "r+b", buffering=0)
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                raise UntagError(f"the log {self.path} is written by another process") from None
        size = file.seek(0, os.SEEK_END)
        tail, start = self._tail(file, size)
        cut = size - (start + len(tail)) if tail else size
        if cut:
            # What a crash left of a line: no record, and so no part of the chain.
            file.truncate(size - cut)
            size -= cut
            self.remarks.append(f"a line of {cut} bytes was not whole and was taken off the end")
        if not tail and len(known) > 1:
            tail = _last(known[-2])
        if not tail:
            return file, 1, START, size
        try:
            row = json.loads(tail)
            number, kind = int(row["n"]), row["kind"]
        except (ValueError, KeyError, TypeError):
            file.close()
            raise UntagError(f"the log {self.path}: its last line is none of a log") from None
        if kind != "close":
            self.remarks.append(
                "the run before ended without a word; records that were not synced to the disk may be lost"
            )
        return file, number + 1, hashlib.sha256(tail).hexdigest(), size

    @staticmethod
    def _tail(file: BinaryIO, size: int) -> tuple[bytes, int]:
        """The last whole line, and where it begins."""
        wide = 1 << 16
        while True:
            start = max(0, size - wide)
            file.seek(start)
            data = file.read(size - start)
            end = data.rfind(b"\n")
            begin = data.rfind(b"\n", 0, max(end, 0)) if end >= 0 else -1
            if start == 0 or begin >= 0:
                return (data[begin + 1 : end + 1], start + begin + 1) if end >= 0 else (b"", 0)
            wide *= 4

    # -- writing

    def pseudonym(self, caller: str) -> str:
        """What stands for a caller: a keyed digest, the same for the same caller and key."""
        return hmac.new(self._secret, caller.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:SHORT]

    def record(self, verdict: Verdict, message: Message, caller: str) -> None:
        """Log what became of a message.

        Args:
            verdict: What the engine said.
            message: What it was asked; method and direction are taken from it, nothing else.
            caller: Who asked; a pseudonym is logged.

        Raises:
            LogError: It could not be written; nothing of it is in the log then.
        """
        row: dict[str, Any] = {
            "direction": message.direction,
            "method": message.method[:16],
            "route": verdict.route,
            "caller": self.pseudonym(caller),
            "verdict": (verdict.would and f"would {verdict.would}") or verdict.action,
        }
        if verdict.problem is not None:
            row["problem"] = verdict.problem.kind
        if verdict.note:
            row["note"] = verdict.note[:300]
        if verdict.removed:
            seen = dict.fromkeys((r.zone, r.pointer, r.rule, r.term) for r in verdict.removed)
            row["removed"] = [dict(zip(("zone", "at", "rule", "term"), r, strict=True)) for r in list(seen)[:64]]
            if len(seen) > 64:
                row["more"] = len(seen) - 64
        self.write("verdict", row)

    def write(self, kind: str, row: dict[str, Any]) -> None:
        """Log something else: a new policy, one that was refused.

        Raises:
            LogError: It could not be written.
        """
        with self._lock:
            try:
                if self._size >= self._settings.rotate:
                    self._rotate()
                self._append(kind, row)
                self._since += 1
                if self._sign is not None and self._since >= self._settings.checkpoint:
                    self._checkpoint()
                self._settle()
            except (OSError, ValueError) as error:
                raise LogError(f"the audit log cannot be written ({type(error).__name__})") from None

    def _append(self, kind: str, row: dict[str, Any]) -> None:
        data = line(
            {"n": self._number, "t": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"), "kind": kind, **row,
             "prev": self._head}
        )  # fmt: skip
        done = 0
        try:
            while done < len(data):
                done += self._file.write(data[done:]) or 0
        except OSError:
            # A line that is not whole would be taken for one that was tampered with.
            self._file.truncate(self._size)
            raise
        self._number += 1
        self._size += len(data)
        self._head = hashlib.sha256(data).hexdigest()

    def _settle(self) -> None:
        mode = self._settings.fsync
        if mode == "always" or (mode == "interval" and time.monotonic() - self._synced >= EVERY):
            self._sync()

    def _sync(self) -> None:
        if self._settings.fsync != "never":
            os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def _checkpoint(self) -> None:
        """Sign the number and digest of the last line."""
        if self._sign is None:
            return
        payload = json.dumps({"n": self._number - 1, "head": self._head}, separators=(",", ":")).encode()
        keyid, signature = self._sign(payload)
        self._append(
            "checkpoint", {"of": self._number - 1, "keyid": keyid, "signature": base64.b64encode(signature).decode()}
        )
        self._since = 0
        os.fsync(self._file.fileno())

    def _rotate(self) -> None:
        """Close the file and go on in another, which follows its last line."""
        self._checkpoint()
        self._append("rotate", {})
        os.fsync(self._file.fileno())
        taken = [int(p.name.rpartition(".")[2]) for p in files(self.path) if p != self.path]
        self.path.rename(self.path.with_name(f"{self.path.name}.{max(taken, default=0) + 1}"))
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fresh = os.fdopen(handle, "r+b", buffering=0)
        if os.name == "posix":
            import fcntl

            fcntl.flock(fresh, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._file.close()
        self._file, self._size = fresh, 0

    def sync(self) -> None:
        """See to it that what was logged is on the disk, where the policy lets time pass between two syncs."""
        with self._lock:
            if not self._file.closed and time.monotonic() - self._synced >= EVERY:
                self._sync()

    def close(self) -> None:
        """Sign, say that it ends, and close.

        Raises:
            LogError: That could not be written.
        """
        with self._lock:
            if self._file.closed:
                return
            try:
                self._checkpoint()
                self._append("close", {})
                os.fsync(self._file.fileno())
            except OSError as error:
                raise LogError(f"the audit log cannot be written ({type(error).__name__})") from None
            finally:
                self._file.close()


def _last(path: Path) -> bytes:
    """The last whole line of a closed file."""
    with path.open("rb") as file:
        return Log._tail(file, file.seek(0, os.SEEK_END))[0]  # noqa: SLF001 - of this module
