"""Judging large bodies in processes of their own, so that whoever else asks meanwhile does not wait for one.

A thread is not enough: one step over megabytes (a parse, an expression) keeps all other threads standing. A process
gets the policy once and a message at a time over a pipe, and answers with the verdict. One that dies, or does not
answer, has judged nothing: its message does not pass, and another process takes its place.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from untag.guard.message import Verdict
from untag.guard.policy import LIMITS

if TYPE_CHECKING:
    from untag.guard.message import Message
    from untag.guard.policy import Policy

__all__ = ["Died", "Pool", "Unable", "received", "send", "tables"]

#: Seconds that one message may take, and that a process may take until it is there.
PATIENCE, START = 120.0, 60.0
#: Most processes; each holds the lexicon.
MOST = 4
_SIZE = 4
#: A message goes without its body; a verdict comes so, and with whether its body is the one that was sent.
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(tuple[Verdict, bool])
#: Where the package is, so that another process finds the same.
_ROOT = str(Path(__file__).resolve().parents[2])


class Died(Exception):  # noqa: N818 - a state of the process
    """The process that judged a message is gone, or answered nothing that can be read."""


class Unable(Exception):  # noqa: N818 - a state of the machine
    """No process can be started here."""


class Pool:
    """Processes that judge by one policy, started when they are needed.

    Args:
        policy: By what they judge.
        most: How many there may be; by default one for every core but one.
    """

    def __init__(self, policy: Policy, most: int | None = None) -> None:
        most = most or max(1, min(MOST, (os.cpu_count() or 2) - 1))
        self._policy = json.dumps(tables(policy)).encode()
        #: The threads that wait for them.
        self.threads = ThreadPoolExecutor(most, "untag-judge")
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._closed = False
        weakref.finalize(self, _end, self._all)

    def warm(self) -> None:
        """Start one process already; nothing is said where that cannot be done."""
        self.threads.submit(self._warm)

    def _warm(self) -> None:
        with suppress(Unable):
            self._back(self._taken())

    def judge(self, message: Message) -> Verdict:
        """The verdict of a process; to be called in one of ``threads``.

        Raises:
            Died: It is gone.
            Unable: None can be started.
        """
        process = self._taken()
        verdict = None
        try:
            verdict = process.judge(message)
        finally:
            if verdict is None:
                self._lost(process)
            else:
                self._back(process)
        return verdict

    def _taken(self) -> _Process:
        with self._lock:
            process = self._idle.pop() if self._idle else None
        while process is not None:
            if process.lives:
                return process
            # It held nothing when it died, so that nothing is refused for it.
            self._lost(process)
            with self._lock:
                process = self._idle.pop() if self._idle else None
        made = _Process(self._policy)
        with self._lock:
            self._all.add(made)
        return made

    def _back(self, process: _Process) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(process)
                return
        self._lost(process)

    def _lost(self, process: _Process) -> None:
        with self._lock:
            self._all.discard(process)
        process.end()

    def close(self) -> None:
        """End the processes; what is under way is judged to its end."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            self._lost(process)
        # Those that wait still come: a policy is renewed under them.
        self.threads.shutdown(wait=False)


def _end(processes: set[_Process]) -> None:
    for process in processes:
        process.end()


class _Process:
    """One process.

    Args:
        policy: By what it judges, as JSON.

    Raises:
        Unable: It cannot be started, or is not there in time.
    """

    def __init__(self, policy: bytes) -> None:
        if not sys.executable:
            raise Unable("nobody knows where Python is")
        path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "untag.guard.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
        except OSError:
            raise Unable("no process can be started") from None
        try:
            self._asked(START, policy)
        except (Died, OSError):
            self.end()
            raise Unable("the process that was started does not answer") from None

    @property
    def lives(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    def judge(self, message: Message) -> Verdict:
        """The verdict.

        Raises:
            Died: It is gone, or answered nothing that can be read.
        """
        # The body goes by itself, and comes back only where it is another: who copies it keeps all others waiting.
        head = _ENCODER.encode(replace(message, body=b""))
        try:
            said, body = self._asked(PATIENCE, head, message.body)
            made, same = _DECODER.decode(said)
        except (OSError, msgspec.MsgspecError):
            raise Died("the process that judged it is gone") from None
        return replace(made, message=replace(made.message, body=message.body if same else body))

    def _asked(self, seconds: float, *parts: bytes) -> list[bytes]:
        """What comes back for what is sent: as many parts.

        Raises:
            Died: Nothing comes in time.
            OSError: It is gone.
        """
        into, out = self._process.stdin, self._process.stdout
        assert into is not None  # noqa: S101 - for the type checker
        assert out is not None  # noqa: S101 - for the type checker
        clock = threading.Timer(seconds, self._process.kill)
        clock.daemon = True
        clock.start()
        try:
            send(into, *parts)
            made = [data for _ in parts if (data := received(out)) is not None]
        finally:
            clock.cancel()
        if len(made) < len(parts):
            raise Died("the process that judged it is gone")
        return made

    def end(self) -> None:
        """End it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()


def send(pipe: IO[bytes], *parts: bytes) -> None:
    """Send bytes, with their length before each part.

    Raises:
        OSError: Nobody takes them.
    """
    for data in parts:
        pipe.write(len(data).to_bytes(_SIZE, "big"))
        pipe.write(data)
    pipe.flush()


def received(pipe: IO[bytes]) -> bytes | None:
    """The bytes that a length stands before; None where they end too early."""
    head = pipe.read(_SIZE)
    if len(head) < _SIZE:
        return None
    size = int.from_bytes(head, "big")
    data = pipe.read(size)
    return data if len(data) == size else None


def tables(policy: Policy) -> dict[str, Any]:
    """A policy as ``policy.read`` takes it: all by which messages are judged, and neither log nor tunnels."""
    limits = policy.limits
    return {
        "observe": policy.observe,
        "families": sorted(policy.families),
        "limits": {name: getattr(limits, name) for name in LIMITS},
        "route": [
            {
                "path": row.paths, "methods": sorted(row.methods), "host": row.hosts, "biometric": row.biometric,
                "request": row.request, "response": row.response, "delivery": row.delivery, "media": row.media,
                "prompts": sorted(row.prompts), "wildcards": "refuse" if row.wildcards else "pass",
                "masks": dict(row.masks), "fail-open": sorted(row.fail_open), "reason": row.reason or "-",
                "name": row.name,
                **(
                    {
                        "descriptors": str(row.descriptors.path.resolve()), "messages": dict(row.messages),
                        "unknown": "pass" if row.unknown else "refuse",
                    }
                    if row.descriptors is not None
                    else {}
                ),
            }
            for row in policy.routes
        ],
        "exempt": [
            {
                "path": row.paths, "methods": sorted(row.methods), "host": row.hosts, "reason": row.reason or "-",
                "expires": row.expires.isoformat(),
            }
            for row in policy.exempt
        ],
        "map": [{"field": row.field, "values": dict(row.values)} for row in policy.maps],
    }  # fmt: skip
