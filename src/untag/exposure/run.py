"""Reads logs once, on all processors, and adds up what they say; the answer does not depend on how many there are."""

from __future__ import annotations

import gc
import os
import stat
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from untag.exposure.artefact import Artefacts
from untag.exposure.format import HEAD, Capture, Format, Lines, known
from untag.exposure.hear import watching
from untag.exposure.name import FIELDS, Customer, Names
from untag.exposure.read import OTHERS, Log, Reader
from untag.exposure.tally import CUSTOMERS, Ledger, Part, Person, Times
from untag.exposure.unpack import head, packed
from untag.lexicon import load
from untag.lexicon.sieve import Sieve
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from untag.exposure.artefact import Artefact
    from untag.guard.policy import Policy
    from untag.tally import Progress

__all__ = ["Exposure", "File", "Settings", "expose"]

#: Bytes of a range that one process reads; the parts do not depend on how many processes there are.
RANGE = 64 << 20
#: Bytes of all logs up to which one process reads them: to start more takes as long.
SMALL = 4 << 20
#: Files that are read at most.
FILES = 1_000_000
#: Seconds without a row that are told, where the user does not say.
GAP = 6 * 3600
#: Customers up to which parts are read ahead of one that takes longer, and as how many a part counts without any.
HELD, LEAST = 50_000, 100
#: Objects more than before at which those that nobody holds are looked for: above what the rows of one block make.
LEFT = 500_000


@dataclass(frozen=True)
class Settings:
    """What a run is told.

    Attributes:
        key: Of the pseudonyms.
        kept: Whether the key outlives the run.
        fields: What a customer is told by, in order.
        labels: Labels by identifier.
        policy: The guard's, for what is declared; None for one that declares nothing.
        faces: Globs of paths that are about faces.
        form: The only format that is tried; None for all.
        gap: Seconds without any row that are told.
        jobs: Processes; 0 for one a core.
        range: Bytes of a part.
        artefacts: What carries a tag, as a scan says, looked for in downloads.
    """

    key: bytes
    kept: bool = False
    fields: tuple[str, ...] = FIELDS
    labels: dict[str, str] = field(default_factory=dict)
    policy: Policy | None = None
    faces: tuple[str, ...] = ()
    form: Format | None = None
    gap: int = GAP
    jobs: int = 0
    range: int = RANGE
    artefacts: tuple[Artefact, ...] = ()


@dataclass(slots=True)
class File:
    """A log, and what was read of it.

    Attributes:
        name: As reports show it.
        path: Where it lies; empty for standard input.
        size: Bytes as it lies.
        format: Name of its format; empty where none is known.
        packed: How it is packed.
        ledger: Its rows.
        gap: Why it was not read, or not to its end.
        reason: The contract's word for that.
    """

    name: str
    path: str = ""
    size: int = 0
    format: str = ""
    packed: str = ""
    ledger: Ledger = field(default_factory=Ledger)
    gap: str = ""
    reason: str = ""


@dataclass
class Exposure:
    """What the logs say.

    Attributes:
        files: In the order they were named; what a folder or glob stands for is sorted.
        people: By pseudonym and label; those listed without a row are among them.
        times: When there were rows.
        settings: What the run was told.
        mark: Of the key.
        lexicon: Digest of the words.
        interrupted: Whether it was stopped.
    """

    files: list[File]
    people: dict[Customer, Person]
    times: Times
    settings: Settings
    mark: str
    lexicon: str
    interrupted: bool = False

    @property
    def artefacts(self) -> tuple[Artefact, ...]:
        """What was looked for in downloads."""
        return self.settings.artefacts

    def count(self, verdict: str) -> int:
        """Customers with a verdict."""
        return sum(person.verdict == verdict for person in self.people.values())

    @property
    def verdict(self) -> str:
        """Of all together: ``findings``, ``clean``, ``incomplete`` or ``empty``."""
        if any(p.count("received") or p.count("requested") or p.count("fetched") for p in self.people.values()):
            return "findings"
        if not any(file.ledger.lines for file in self.files):
            return "empty"
        whole = not self.interrupted and not self.count("no evidence") and not any(f.gap for f in self.files)
        rows = not any(f.ledger.refused for f in self.files)
        return "clean" if whole and rows and not self.times.gaps(self.settings.gap) else "incomplete"

    @property
    def code(self) -> int:
        """Exit code, as the contract has them."""
        if self.interrupted:
            return 130
        return {"findings": 1, "clean": 0, "incomplete": 3, "empty": 4}[self.verdict]

    def ranked(self) -> list[tuple[Customer, Person]]:
        """Customers, the gravest verdict first."""
        order = ("received", "requested", "no evidence", "neither (bodies seen)")

        def rank(row: tuple[Customer, Person]) -> tuple[int, int, int, int, Customer]:
            name, person = row
            met = person.count("received"), person.count("requested")
            return order.index(person.verdict), -met[0], -met[1], -person.rows, name

        return sorted(self.people.items(), key=rank)


def expose(specs: list[str], settings: Settings, watch: Callable[[Progress], None] | None = None) -> Exposure:
    """Read logs.

    Args:
        specs: Files, folders, globs, ``-`` for standard input.
        settings: What to do with them.
        watch: Told of each part that is read: files, bytes as they lie, and rows (``found``).

    Raises:
        UntagError: There is nothing of a name.
    """
    files = list(_files(specs))
    names = Names(settings.key, settings.fields, settings.labels)
    lexicon = load()
    artefacts = Artefacts(settings.artefacts) if settings.artefacts else None
    reader = Reader(watching(settings.policy, settings.faces), names, Sieve(lexicon), artefacts)
    people: dict[Customer, Person] = {}
    units: list[Log] = []
    for number, file in enumerate(files):
        if not file.gap:
            units += _units(number, file, settings)
    interrupted = False
    step = _stepper(units, files, watch)
    try:
        with _unbothered():
            for log, part in _parts(units, files, reader, settings.jobs or os.cpu_count() or 1):
                file = files[log.number]
                part.shift(file.ledger.lines)
                file.ledger.join(part.ledger)
                if part.gap and not file.gap:
                    file.gap, file.reason = part.gap, part.reason
                _join(people, part)
                step(log, part)
    except KeyboardInterrupt:
        interrupted = True
        for file in files:
            if not file.gap and not file.ledger.lines:
                file.gap, file.reason = "the run was stopped before it came here", "interrupted"
    for customer in names.listed():
        people.setdefault(customer, Person())
    times = Times()
    for file in files:
        times.join(file.ledger.times)
    return Exposure(files, people, times, settings, names.mark, lexicon.digest, interrupted)


def _stepper(
    units: list[Log], files: list[File], watch: Callable[[Progress], None] | None
) -> Callable[[Log, Part], None]:
    """What says how far the reading is."""
    if watch is None:
        return lambda _log, _part: None
    from untag.tally import Progress

    def size(log: Log) -> int:
        return files[log.number].size if log.end is None else log.end - log.start

    # What is of no known format is not among the units, and is done with.
    seen = Progress(total_files=len({log.number for log in units}), total_bytes=sum(map(size, units)), walked=True)
    watch(seen)

    def step(log: Log, part: Part) -> None:
        seen.files += log.end is None or log.end == files[log.number].size
        seen.bytes += size(log)
        seen.found += part.ledger.accepted
        watch(seen)

    return step


@contextmanager
def _unbothered() -> Iterator[None]:
    """Read without a search for lost objects every few rows: columns of rows hold each other nowhere.

    What was there before, the lexicon above all, is not looked at again and again, and stays shared between processes.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(LEFT, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _join(people: dict[Customer, Person], part: Part) -> None:
    """Add what a part says of its customers."""
    for name, person in part.people.items():
        known = people.get(name)
        if known is None:
            if len(people) >= CUSTOMERS and not name.label and not person.evidence:
                name = OTHERS
                known = people.get(name)
            if known is None:
                people[name] = person
                continue
        known.join(person)


# -- files


def _files(specs: Iterable[str]) -> Iterator[File]:
    """The logs that are named.

    Raises:
        UntagError: There is nothing of a name.
    """
    seen: set[str] = set()
    for spec in specs:
        if spec == "-":
            yield File("-")
            continue
        rows = list(_named(spec))
        if not rows:
            raise UntagError(f"there is no log {spec}")
        for path, name, gap in rows:
            if path in seen:
                continue  # a log that is named twice is read once
            seen.add(path)
            if len(seen) > FILES:
                raise UntagError(f"there are more than {FILES} files")
            yield File(name, path, gap=gap, reason="refused" if gap else "")


def _named(spec: str) -> Iterator[tuple[str, str, str]]:
    """Path, name, and why it is not read, of what a name stands for; what cannot be read is told, not passed over."""
    import glob

    path = Path(spec)
    if path.is_dir():
        yield from _within(spec, path)
    elif path.exists():
        yield spec, path.name, ""
    elif glob.has_magic(spec):
        for name in sorted(glob.glob(spec, recursive=True)):  # noqa: PTH207 - patterns may be absolute
            if not Path(name).is_dir():
                yield name, Path(name).as_posix(), _irregular(Path(name))


def _within(spec: str, path: Path) -> Iterator[tuple[str, str, str]]:
    """All files of a folder."""
    root = path.parent if path.name else path
    failed: list[OSError] = []

    def gaps() -> Iterator[tuple[str, str, str]]:
        for error in failed:
            here = Path(error.filename or spec)
            yield str(here), here.relative_to(root).as_posix(), (error.strerror or "cannot be read").lower()
        failed.clear()

    for folder, folders, names in os.walk(spec, onerror=failed.append):
        yield from gaps()
        folders.sort()
        for name in folders:
            here = Path(folder, name)
            if here.is_symlink():
                yield str(here), here.relative_to(root).as_posix(), "a linked folder is not followed"
        for name in sorted(names):
            here = Path(folder, name)
            yield str(here), here.relative_to(root).as_posix(), _irregular(here)
    yield from gaps()


def _irregular(path: Path) -> str:
    """Why something is no file that can be read; empty where it is one."""
    try:
        return "" if stat.S_ISREG(path.stat().st_mode) else "it is no regular file"
    except OSError as error:
        return (error.strerror or "cannot be read").lower()


def _open(file: File) -> BinaryIO:
    if not file.path:
        return _Once(sys.stdin.buffer)  # type: ignore[return-value]
    return Path(file.path).open("rb")


class _Once:
    """Standard input, of which the start can be looked at before it is read."""

    _kept: bytes = b""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        if _Once._kept:
            out, _Once._kept = _Once._kept, b""
            return out
        return self._file.read(size)

    def tell(self) -> int:
        """Nothing that is known."""
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def _units(number: int, file: File, settings: Settings) -> list[Log]:
    """Parts of a log that are read by themselves."""
    try:
        with _open(file) as data:
            if file.path:
                file.size = Path(file.path).stat().st_size
                first = data.read(8)
                data.seek(0)
                start = head(data, HEAD)
            else:
                first = start = _Once._kept = data.read(HEAD)  # noqa: SLF001 - of this module
                if packed(start):
                    import io

                    start = head(io.BytesIO(start), HEAD)
    except OSError as error:
        file.gap, file.reason = (error.strerror or "cannot be read").lower(), "refused"
        return []
    file.packed = packed(first)
    form = settings.form or known(start)
    if form is None:
        if start.strip():
            file.gap, file.reason = "no format of logs that is known", "unknown"
        elif file.size:
            file.gap, file.reason = "it cannot be unpacked, or is empty", "damaged"
        return []
    file.format = form.name
    whole = not file.path or bool(file.packed) or isinstance(form, Capture) or (isinstance(form, Lines) and form.headed)
    if whole or file.size <= settings.range:
        return [Log(number, form)]
    starts = range(0, file.size, settings.range)
    return [Log(number, form, at, min(at + settings.range, file.size)) for at in starts]


# -- processes

_READER: list[tuple[Reader, list[File]]] = []


def _read(log: Log) -> Part:
    reader, files = _READER[0]
    try:
        with _open(files[log.number]) as data:
            return reader.read(log, data)
    except OSError as error:
        return Part(gap=(error.strerror or "cannot be read").lower(), reason="refused")


def _done(future: Future[Part]) -> Part:
    """What came of a part.

    Raises:
        UntagError: Its process died.
    """
    from concurrent.futures.process import BrokenProcessPool

    try:
        return future.result()
    except BrokenProcessPool:
        raise UntagError("a process that read logs died (memory ran out?): try --jobs 1") from None


def _parts(units: list[Log], files: list[File], reader: Reader, jobs: int) -> Iterator[tuple[Log, Part]]:
    """What came of each part, in order."""
    _READER[:] = [(reader, files)]
    stdin = any(not files[log.number].path for log in units)
    size = sum(files[log.number].size for log in units if log.start == 0)
    if jobs == 1 or stdin or len(units) == 1 or size < SMALL or os.name != "posix" or sys.platform == "darwin":
        for log in units:
            yield log, _read(log)
        return
    import multiprocessing
    from collections import deque
    from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait

    # Forked, so that the lexicon is in memory once; nothing else runs in this process.
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"))
    try:
        waiting: deque[tuple[Log, Future[Part]]] = deque()
        left = iter(units)
        while True:
            going = [future for _, future in waiting if not future.done()]
            # A log that is read in one part, as packed ones are, keeps no process from the parts behind it: what came
            # of those is held, as long as it is of few customers.
            held = sum(LEAST + len(_done(future).people) for _, future in waiting if future.done())
            if len(waiting) < jobs + 2 or held < HELD:
                fresh = [(one, pool.submit(_read, one)) for one in islice(left, jobs + 2 - len(going))]
                waiting.extend(fresh)
                going += [future for _, future in fresh]
            if not waiting:
                return
            if waiting[0][1].done():
                log, future = waiting.popleft()
                yield log, _done(future)
            else:
                wait(going, return_when=FIRST_COMPLETED)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
