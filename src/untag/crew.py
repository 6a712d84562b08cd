"""Shares batches out among processes. A process that dies costs one gap: what it held is read again, one by one."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO, TYPE_CHECKING

from untag.gap import Reason
from untag.recall import Done
from untag.work import unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from untag.sources import Entry
    from untag.work import Worker

    Batch = list[tuple[int, Entry]]

__all__ = ["alone", "apart", "shared", "thrifty"]

#: Batches that are under way for each process: enough that none waits, few enough that not much is read twice.
_AHEAD = 3
#: What is said of an entry over which a process died.
_DIED = "the process that read it died (a library crashed, or memory ran out)"
#: Batches for one child, where there is one at a time.
_CHILD = 256
#: Seconds in which a child answers that found nothing.
_SOON = 0.004
#: Bytes from which on what is asked for is given back when it is freed, and the number by which the C library knows
#: that bound (``M_MMAP_THRESHOLD`` in malloc.h of glibc).
_LARGE, _BOUND = 1 << 20, -3
#: The worker of this process, made once by ``_start``.
_WORKER: list[Worker] = []


def thrifty() -> None:
    """Have large pieces of memory given back when they are freed.

    Of itself glibc raises the bound as pieces come and go, up to 32 MB, and keeps what lies below: after thousands of
    files of a megabyte a process had grown to three times what it needed. Elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).mallopt(_BOUND, _LARGE)


def alone(batches: Iterable[Batch], make: Callable[[], Worker]) -> Iterator[list[Done]]:
    """Read batches in this process.

    Args:
        batches: Numbered entries.
        make: Makes a worker.

    Yields:
        What came of each.
    """
    thrifty()
    worker = make()
    for batch in batches:
        yield worker.read(batch)


def apart(
    batches: Iterable[Batch], make: Callable[[], Worker], meanwhile: Callable[[], object] = lambda: None
) -> Iterator[list[Done]]:
    """Read batches in one process beside this one, so that it may die; where there is no fork, in this one.

    A fork and a pipe, since a small input shall not pay for the import of a pool.

    Args:
        batches: Numbered entries.
        make: Makes a worker.
        meanwhile: Called once where the other process takes its time, to get ready what comes after.

    Yields:
        What came of each.
    """
    if not hasattr(os, "fork"):
        yield from alone(batches, make)
        return
    worker, batches = make(), iter(batches)
    while todo := list(islice(batches, _CHILD)):
        while todo:
            for answer in _child(worker, tuple(todo), meanwhile):
                del todo[0]
                yield answer
            if todo:
                # It died over this one; what comes after it is for the next.
                yield _careful(todo.pop(0), lambda: worker)


def _child(worker: Worker, batches: Sequence[Batch], meanwhile: Callable[[], object]) -> Iterator[list[Done]]:
    """What a child makes of batches, as far as it came."""
    import select

    out, into = os.pipe()
    # Whoever presses Ctrl-C while it forks is heard afterwards, when it is clear who is who.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if not child:
        _answer(worker, batches, out, into, before)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(into)
        with os.fdopen(out, "rb") as pipe:
            if not select.select([pipe], [], [], _SOON)[0]:
                meanwhile()
            while (head := pipe.readline()).endswith(b"\n"):
                answer = [_heard(row, pipe) for row in json.loads(head)]
                if None in answer:
                    return
                yield [done for done in answer if done]
    finally:
        # Where nobody waits for children (SIGCHLD is ignored), it is gone already.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def _answer(worker: Worker, batches: Sequence[Batch], out: int, into: int, before: Iterable[int]) -> None:
    """The child's part: it reads and answers, and ends without the parent's clean-up."""
    status = 1
    try:
        # Ctrl-C belongs to the parent: it ends the child and writes what was found.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(out)
        with os.fdopen(into, "wb") as pipe:
            for batch in batches:
                answer = worker.read(batch)
                rows = [[d.number, d.size, d.digest, len(d.blob), d.key.hex(), d.keep] for d in answer]
                pipe.write(json.dumps(rows).encode() + b"\n" + b"".join(d.blob for d in answer))
                pipe.flush()
        status = 0
    finally:
        os._exit(status)


def _heard(row: tuple[int, int, str, int, str, bool], pipe: IO[bytes]) -> Done | None:
    """One row of an answer, or nothing where the child died before it was whole."""
    number, size, digest, length, key, keep = row
    blob = pipe.read(length)
    return Done(number, size, digest, blob, bytes.fromhex(key), keep) if len(blob) == length else None


def shared(batches: Iterator[Batch], make: Callable[[], Worker], jobs: int) -> Iterator[list[Done]]:
    """Share batches out among processes; forked ones, which have the lexicon in common, where that can be.

    Args:
        batches: Numbered entries; taken as they are needed.
        make: Makes a worker: once, where processes are forked and inherit it; else in each, and it has to be one that
            can be pickled.
        jobs: Processes.

    Yields:
        What came of each, in any order.
    """
    from concurrent.futures import FIRST_COMPLETED, wait
    from concurrent.futures.process import BrokenProcessPool

    thrifty()
    if _method() == "fork":
        worker = make()  # never used here, so that what it opens at first use is each child's own

        def make() -> Worker:
            return worker

    left = True
    while left:
        waiting: dict[Future[list[Done]], Batch] = {}
        lost: list[Batch] = []
        with _pool(make, jobs) as pool:
            # They are forked before the first batch is asked for: what is listed for that is not theirs to carry.
            pool.submit(_read, [])
            while not lost:
                while left and len(waiting) < _AHEAD * jobs:
                    batch = next(batches, None)
                    if batch is None:
                        left = False
                        break
                    try:
                        waiting[pool.submit(_read, batch)] = batch
                    except BrokenProcessPool:
                        lost.append(batch)
                        break
                if not waiting:
                    break
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    batch = waiting.pop(future)
                    try:
                        answer = future.result()
                    except BrokenProcessPool:
                        lost.append(batch)
                        continue
                    yield answer
            lost += waiting.values()
        for batch in lost:
            yield _careful(batch, make)


@contextmanager
def _pool(make: Callable[[], Worker], jobs: int) -> Iterator[Executor]:
    """Processes that are gone when this is left, whatever they were about."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context(_method()), _start, (make,))
    whole = False
    try:
        yield pool
        whole = True
    finally:
        if not whole:
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _method() -> str:
    import multiprocessing

    return "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"


def _careful(batch: Batch, make: Callable[[], Worker]) -> list[Done]:
    """Read again what a dead process held: each entry so that the next is safe from it."""
    from concurrent.futures.process import BrokenProcessPool

    done: list[Done] = []
    while len(done) < len(batch):
        with _pool(make, 1) as pool:
            for number, entry in batch[len(done) :]:
                try:
                    done += pool.submit(_read, [(number, entry)]).result()
                except BrokenProcessPool:
                    done.append(unread(number, entry, Reason.CRASH, _DIED))
                    break
    return done


def _start(make: Callable[[], Worker]) -> None:
    # Ctrl-C belongs to the parent: it stops the workers and writes what was found.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nor does it outlive a parent that was killed: nobody would hear its answers, and it would wait for ever.
    threading.Thread(target=_orphaned, args=(os.getppid(),), daemon=True).start()
    thrifty()
    _WORKER[:] = [make()]


def _orphaned(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _read(batch: Batch) -> list[Done]:
    return _WORKER[0].read(batch)
