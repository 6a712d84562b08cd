"""Who keeps the guard: the engine of the policy as it is now, and the log; shared by all doors."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from untag.guard.engine import Engine
from untag.guard.log import KIND, Log, LogError
from untag.guard.message import Problem, Verdict
from untag.guard.policy import Policy, Watch
from untag.guard.pool import Died, Pool, Unable

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.guard.message import Message

__all__ = ["Keeper", "signing"]

#: Seconds between two looks at the file of the policy.
EVERY = 1.0
#: Bytes from which a body is judged in another process, so that other requests go on.
LARGE = 32 << 10


def signing(path: Path) -> Callable[[bytes], tuple[str, bytes]]:
    """What signs checkpoints, by a private key as ``untag attest`` takes it (without a passphrase).

    Raises:
        UntagError: It cannot be read or is no such key.
    """
    from untag.attest import dsse, key

    private = key.private(path, None)
    return lambda payload: (private.public.id, private.sign(dsse.encode(payload, KIND)))


class Keeper:
    """The engine and the log.

    Args:
        policy: A policy, or a file that is read again when it changes.
        observe: Whether nothing is changed and only logged; None for what the policy says.

    Raises:
        UntagError: The policy is wrong, or the log cannot be written.
    """

    def __init__(self, policy: Policy | Path | str | None = None, *, observe: bool | None = None) -> None:
        self._watch = Watch(Path(policy)) if isinstance(policy, (str, Path)) else None
        self._observe = observe
        given = self._watch.policy if self._watch is not None else policy
        self.engine = Engine(self._told(given if isinstance(given, Policy) else Policy()))
        self._looked = time.monotonic()
        #: How many messages by direction and verdict, and how many could not be logged.
        self.counts: Counter[tuple[str, str]] = Counter()
        #: Processes for large bodies, once there was one; whether they are to be there before; and those that died.
        self._pool: Pool | None = None
        self._warm = False
        self.died = 0
        #: Why the file of the policy was refused; empty while it is what counts.
        self.refused = ""
        settings = self.policy.log
        self.log: Log | None = None
        if settings.file is not None:
            sign = signing(settings.key) if settings.key is not None else None
            self.log = Log(settings.file, settings, sign, self.policy.digest)

    def _told(self, policy: Policy) -> Policy:
        return policy if self._observe is None else replace(policy, observe=self._observe)

    @property
    def policy(self) -> Policy:
        """What counts now."""
        return self.engine.policy

    def renew(self, *, now: bool = False) -> None:
        """Take a new policy, if its file is another; a wrong one is refused, and the one before is kept.

        Args:
            now: Whether to look whenever it was looked last.
        """
        if self._watch is None or (not now and time.monotonic() - self._looked < EVERY):
            return
        self._looked = time.monotonic()
        fresh, wrong = self._watch.again()
        if wrong:
            self.refused = wrong
            self._note("policy refused", {"why": wrong[:300]})
        elif fresh:
            # The log stays the one that it is: where it lies is settled at the start.
            self.engine = Engine(self._told(replace(self._watch.policy, log=self.policy.log)))
            if self._pool is not None:
                self._pool.close()
                self._pool = None
            if self._warm:
                self.warm()
            self.refused = ""
            self._note("policy", {"policy": self.policy.digest})

    def _note(self, kind: str, row: dict[str, object]) -> None:
        if self.log is not None:
            try:
                self.log.write(kind, row)
            except LogError:
                self.counts["log", "failed"] += 1

    def judge(self, message: Message, caller: str = "") -> Verdict:
        """What becomes of a message, logged.

        Args:
            message: Whole, or one unit of a stream.
            caller: Who asks; only a pseudonym is logged.

        Returns:
            The verdict; a refusal where it must be logged and cannot.
        """
        return self.logged(self.engine.judge(message), message, caller)

    def logged(self, verdict: Verdict, message: Message, caller: str = "") -> Verdict:
        """A verdict, counted and logged.

        Args:
            verdict: What the engine, or whoever knows, said.
            message: Of what.
            caller: Who asks; only a pseudonym is logged.

        Returns:
            The verdict; a refusal where it must be logged and cannot.
        """
        self.counts[message.direction, f"would {verdict.would}" if verdict.would else verdict.action] += 1
        if self.log is None or not verdict.told:
            return verdict
        try:
            self.log.record(verdict, message, caller)
        except LogError as error:
            self.counts["log", "failed"] += 1
            if self.policy.log.required and not self.policy.observe:
                problem = Problem(503, "log", "The audit log cannot be written", str(error))
                return Verdict("refuse", message, problem=problem, route=verdict.route)
        return verdict

    async def settle(self, message: Message, caller: str) -> Verdict:
        """As ``judge``, for servers; a large body in another process, and not passed where that dies."""
        if len(message.body) < LARGE:
            return self.judge(message, caller)
        loop = asyncio.get_running_loop()
        pool, engine = self._processes(), self.engine
        try:
            verdict = await loop.run_in_executor(pool.threads, pool.judge, message)
        except Died:
            self.died += 1
            verdict = engine.died(message)
        except Unable:
            verdict = await loop.run_in_executor(None, engine.judge, message)
        return self.logged(verdict, message, caller)

    def _processes(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(self.policy)
        return self._pool

    def warm(self) -> None:
        """Start a process for large bodies before the first of them comes."""
        self._warm = True
        self._processes().warm()

    def noted(self, verdict: Verdict, caller: str) -> None:
        """Log a verdict that was made elsewhere; where that fails, it is counted."""
        self.counts[verdict.message.direction, verdict.action] += 1
        if self.log is not None:
            try:
                self.log.record(verdict, verdict.message, caller)
            except LogError:
                self.counts["log", "failed"] += 1

    def close(self) -> None:
        """Close the log.

        Raises:
            LogError: Its end could not be written.
        """
        if self._pool is not None:
            self._pool.close()
            self._pool = None
        if self.log is not None:
            self.log.close()
