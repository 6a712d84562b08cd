"""The whole road in one loop: sources, sieve, readers, judge, report; the one broad except stands here."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

import untag
from untag import config, registry
from untag import lexicon as words
from untag.again import again
from untag.artifact import Nest, Transcript
from untag.beside import joined, prompted
from untag.crew import alone, apart, shared, thrifty
from untag.gap import Damaged, Gap, Limits, Reason
from untag.judge import Packages, judge, replaced
from untag.judge.coding import systems
from untag.judge.hide import Hidden
from untag.judge.person import Persons
from untag.judge.record import Records
from untag.judge.shelf import shelves
from untag.judge.veil import Veil
from untag.layers import Layers
from untag.origin import Origins
from untag.outcome import Outcome
from untag.place import Place
from untag.policy import Policy, apply, unheeded
from untag.recall import Recall
from untag.report import Report, Run, Unheeded
from untag.rules import rules
from untag.sources import Entry, Passed, choose, sources, told
from untag.tally import Progress, Tally
from untag.work import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.finding import Finding
    from untag.judge import Again, Sheet
    from untag.judge.follow import Name
    from untag.past import Past, Told
    from untag.recall import Done
    from untag.report import Read

__all__ = ["Options", "Progress", "Witness", "brief", "scan"]

#: Files from which on a second process pays for its start.
PARALLEL = 400
#: A batch handed to a worker: at most so many files or bytes.
BATCH_FILES, BATCH_BYTES = 96, 6 << 20


#: Options that are never shown: what persons said.
_SECRET = frozenset({"passwords", "transcripts"})


class Options(Struct, frozen=True):
    """How to scan.

    Attributes:
        jobs: Processes; 0 means one a core.
        sieve: Whether the one-pass sieve decides what is decoded and parsed; without it everything is.
        engine: Name of the sieve's engine, or None for the best there is.
        respect_ignore: Whether ignore files are obeyed.
        strict: Whether a crash of a reader is raised instead of becoming a gap.
        limits: Bounds.
        policy: What is accepted.
        trusted: By input, whether inline allowances in it are obeyed; those not named are not.
        obeyed: Files that a flag or a trusted configuration names: policy and baseline, links resolved.
        stdin_filename: What standard input is called.
        history: Whether repositories of version control are read as well: all that they ever held.
        unreachable: Whether of these also what no name and no log leads to.
        cache: Whether what earlier scans of the same bytes found is used, and what this one finds is kept.
        passwords: For what is encrypted; nothing is kept then.
        transcripts: What persons read on pages; None where none was named. Nothing is kept then, either.
        listed: Whether the report lists every file that was read or passed over, for a statement.
        apart: Whether even a small input is read by a process beside this one, so that a library which crashes on it
            costs no more than a gap.
    """

    jobs: int = 0
    sieve: bool = True
    engine: str | None = None
    respect_ignore: bool = False
    strict: bool = False
    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=Policy)
    trusted: tuple[bool, ...] = ()
    obeyed: tuple[str, ...] = ()
    stdin_filename: str = "-"
    cache: bool = True
    history: bool = False
    unreachable: bool = False
    passwords: tuple[bytes, ...] = ()
    transcripts: tuple[Transcript, ...] | None = None
    listed: bool = False
    apart: bool = False

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _SECRET)
        return f"Options({', '.join(shown)})"

    @property
    def nest(self) -> Nest:
        """What the user says of containers and pages; where that is anything, nothing is kept."""
        return Nest(passwords=self.passwords, transcripts=self.transcripts)


class Witness(Struct):
    """What a scan keeps for somebody who asks afterwards why a thing was or was not found.

    Attributes:
        walked: Everything that was met, read or not.
        gaps: What was not read.
        sheets: What the judge saw.
        packages: Which file belongs to which product.
        persons: Which folders look like persons.
        records: Which cases are records of persons.
        guard: The door behind which a reader runs.
        fresh: Sheets of a second look, for names that the first one proved.
        clear: Findings by key before values of persons were taken out of what they quote: never to be told.
        hide: Which lines are records of persons.
    """

    walked: list[Entry | Passed | Gap] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    packages: Packages | None = None
    persons: Persons | None = None
    records: Records | None = None
    guard: Callable[[Callable[[], None]], str | None] | None = None
    fresh: list[Sheet] = field(default_factory=list)
    clear: dict[str, Finding] = field(default_factory=dict)
    hide: Hidden | None = None

    def noting(self, again: Again) -> Again:
        """The same second look, remembering what it showed."""

        def look(names: dict[tuple[int, str], tuple[Name, ...]]) -> Sequence[Sheet]:
            self.fresh = list(again(names))
            return self.fresh

        return look

    def take(self, sheets: Iterable[Sheet]) -> None:
        """Keep the sheets that the judge saw last: a fresh one stands for the first look at the same artifact."""
        self.sheets = replaced(sorted(sheets, key=lambda s: s.place.sort), self.fresh)


def scan(
    specs: Sequence[str],
    options: Options | None = None,
    watch: Callable[[Progress], None] | None = None,
    witness: Witness | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Report:
    """Scan inputs.

    Args:
        specs: What the user named: files, folders, ``-``.
        options: How.
        watch: Called now and then with the progress.
        witness: Filled with what the scan saw, where somebody asks.
        meanwhile: Called while another process reads a small input, to get ready what is done with the report.

    Returns:
        The report. Interrupted by Ctrl-C, it holds what was found so far, says so, and has a gap for the rest.

    Raises:
        UntagError: An input is not there, or cannot be opened at all; nothing was scanned then.
    """
    options = options or Options()
    started, clock = dt.datetime.now(dt.UTC), time.perf_counter()
    brief(options)
    # From here on nothing but the source knows what is secret in a URL.
    given, specs = specs, [told(spec) for spec in specs]
    lexicon = words.load()
    tally = Tally(progress=Progress(), watch=watch)
    jobs = options.jobs or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else options.jobs or 1
    # Without the sieve everything is to be read again: that is what one asks for it for.
    recall = Recall(specs, options.limits, on=options.cache and options.sieve and options.nest == Nest())
    entries: list[Entry] = []
    lore = _Lore(specs, options, tally) if options.history else None
    today: list[tuple[Place, str]] = []
    try:
        entries = list(_walk(given, options, tally, witness))
        walked = len(entries)
        if lore is not None:
            entries += lore.open()
        tally.progress.walked = True
        for outcome in recall.known(entries):
            tally.take(outcome)
        for batch in _work(
            recall.left, options, jobs, kept=recall.on, meanwhile=lambda: (rules(), systems(lexicon), meanwhile())
        ):
            tally.take(recall.learn(batch, entries))
        if options.listed:
            today = tally.today(entries[:walked])
        if lore is not None:
            lore.read(recall, jobs)
    except KeyboardInterrupt:
        tally.interrupted = True
        tally.interrupt(specs)
    paths = [(place.input, place.flat) for place in tally.places] + tally.members
    packages = Packages(lexicon, paths)
    if not tally.interrupted:
        there = [*paths, *((p.input, p.flat) for p, _ in tally.over)]
        tally.gaps = joined(tally.parts, tally.gaps, there, tally.coverage)
    with _patient() as asked:
        recall.save(partial=tally.interrupted)
        sheets = tally.sheets + shelves(paths, lexicon.match)
        again = _again(entries, packages, options, asked)
        judgement = judge(sheets, packages, lexicon, asked, again if witness is None else witness.noting(again))
        past = lore.tell(judgement.findings, asked) if lore is not None else None
    if judgement.unproven or judgement.unjudged:
        tally.unjudged(specs, judgement)
    records = Records([*tally.sheets, *(past.sheets if past else ())])
    persons = Persons(
        lexicon,
        [*paths, *(past.places if past else ())],
        lambda number, path: packages.about(Place(Place.chain_of(path), number))["biometric"] > 0,
        records.single,
        records.lone,
    )
    tally.gaps += past.gaps if past else ()
    if witness is not None:
        witness.persons, witness.records = persons, records
        witness.take(sheets)
        witness.gaps, witness.packages = tally.gaps, packages
        witness.guard = _guard(options)
    tally.coverage.mentions = judgement.mentions

    def trusted(place: Place) -> bool:
        return _trusted(place, options.trusted)

    asked_for = [comment for sheet in tally.sheets for comment in sheet.asked]
    known = registry.names("untag.rules")
    found = list(judgement.findings)
    if past:
        found = [replace(f, span=past.spans.get(f.key)) for f in found] + past.findings
    found, tally.gaps = prompted(found, tally.gaps, packages.of)
    findings = Layers(entries, tally.members).told(Origins(entries).named(found))
    findings, gaps = apply(
        persons.gathered(findings) if persons else findings,
        sorted(
            map(persons.gap, tally.gaps) if persons else tally.gaps, key=lambda g: (g.place.sort, g.reason, g.detail)
        ),
        options.policy,
        comments=asked_for,
        trusted=trusted,
        rules=known,
        today=started.date(),
    )
    held = [records.holds(f) for f in findings]
    hide = Hidden(Veil(lexicon.match), findings)
    sheets = [*tally.sheets, *(past.sheets if past else ())]
    every = [*paths, *(past.places if past else ())]
    persons.learn({*hide.names(), *(s.named for s in sheets if s.named)}, (path for _, path in every))
    quoted = [records.excerpt(f) for f in findings]
    if witness is not None:
        witness.hide = hide
    findings = tuple(_told(hide, persons, quoted, held, witness))
    if persons:
        gaps = tuple(map(persons.gap, gaps))
    asking = (*tally.untrusted, *unheeded(asked_for, trusted, known))
    return Report(
        version=untag.__version__,
        digests={"lexicon": lexicon.digest, "rules": rules_digest(), "policy": options.policy.digest},
        inputs=tuple(tally.inputs(specs)),
        findings=findings,
        gaps=gaps,
        coverage=tally.coverage,
        run=Run(started.isoformat(timespec="seconds"), round(time.perf_counter() - clock, 3), jobs),
        interrupted=tally.interrupted,
        artifacts=tuple(sorted((p.input, persons.place(p).chain, digest) for p, digest in today)),
        passed=tuple(sorted((p.input, persons.place(p).chain, why) for p, why in tally.over if options.listed)),
        past=tuple(sorted(_masked(persons, lore.listed()))) if lore is not None else (),
        untrusted=tuple(sorted(map(persons.unheeded, asking), key=_order)),
    )


def _unnamed(persons: Persons, finding: Finding, *, record: bool) -> Finding:
    if record:
        finding = persons.finding(finding, record=True)
    return persons.finding(finding) if persons else finding


def _told(
    hide: Hidden, persons: Persons, findings: Sequence[Finding], held: Sequence[bool], witness: Witness | None
) -> list[Finding]:
    """Findings without values and names of persons; a witness keeps what they were, for who has to find the places."""
    out = []
    for finding, record in zip(findings, held, strict=True):
        shown = _unnamed(persons, hide.finding(finding, record=record), record=record)
        # What it was is told to nobody, and needed by who asks afterwards alone.
        if witness is not None and shown != (clear := _unnamed(persons, finding, record=record)):
            witness.clear[finding.key] = clear
        out.append(shown)
    return sorted(out, key=lambda f: (f.place.sort, f.key)) if persons else out


def _masked(persons: Persons, rows: Iterable[Read]) -> Iterator[Read]:
    for row in rows:
        yield row._replace(chain=persons.place(Place(row.chain, row.input)).chain)


def brief(options: Options) -> None:
    """Tell sources what they cannot know of an INPUT: what standard input is called, and passwords of databases."""
    sources()["stdin"].filename = options.stdin_filename  # type: ignore[attr-defined]
    sources()["database"].passwords = options.passwords  # type: ignore[attr-defined]


@contextmanager
def _patient() -> Iterator[Callable[[], int]]:
    """While this lasts, Ctrl-C is counted and not raised: what is judged so far must not be lost.

    Yields:
        A function that says how often it was pressed. Outside of the main thread, or where somebody else handles the
        signal, that is never.
    """
    import signal
    import threading

    count = 0

    def note(_number: int, _frame: object) -> None:
        nonlocal count
        count += 1

    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: 0
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: count
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _order(row: Unheeded) -> tuple[object, ...]:
    return row.place.sort, row.what, row.text


def _trusted(place: Place, inputs: tuple[bool, ...]) -> bool:
    """Whether an allowance at a place is obeyed; of a list of paths only below the working directory."""
    return place.input < len(inputs) and inputs[place.input] and not place.chain[0].startswith(("/", "../"))


def rules_digest() -> str:
    """``sha256:…`` over the files that judge, so that a report says by which rules it was made."""
    total = hashlib.sha256()
    root = Path(untag.__file__).parent
    for room in ("rules", "judge", ""):
        for name in sorted(os.listdir(root / room)):  # noqa: PTH208 - names are enough
            if name.endswith(".py") and (room or name in {"case.py", "finding.py"}):
                total.update(name.encode() + b"\0" + (root / room / name).read_bytes())
    return "sha256:" + total.hexdigest()


def _walk(specs: Sequence[str], options: Options, tally: Tally, witness: Witness | None = None) -> Iterator[Entry]:
    """All entries of all inputs; what is passed over or refused goes to the tally."""
    for number, spec in enumerate(specs):
        for found in choose(spec).walk(spec, number, respect_ignore=options.respect_ignore):
            if witness is not None:
                witness.walked.append(found)
            if isinstance(found, Entry):
                tally.entry(found)
                what = config.what(found.place.chain[0].rpartition("/")[2], found.file) if found.file else ""
                if what and not _trusted(found.place, options.trusted) and _real(found) not in options.obeyed:
                    tally.untrusted.append(Unheeded(found.place, what))
                yield found
            elif isinstance(found, Passed):
                tally.passed(found)
                if found.place.chain == (".",) and found.why == "version_control" and not options.history:
                    detail = "a git repository without working files: --history reads what is in it"
                    tally.gaps.append(Gap(found.place, Reason.ABSENT, detail))
            else:
                tally.gaps.append(found)
                tally.coverage.gap += found.size
                tally.coverage.bytes += found.size


def _again(
    entries: Sequence[Entry], packages: Packages, options: Options, asked: Callable[[], int]
) -> Callable[[dict[tuple[int, str], tuple[Name, ...]]], list[Sheet]]:
    """What reads the files of a package once more for the names that round one found."""
    if len(entries) >= PARALLEL:
        thrifty()  # other processes may have read them the first time, or none

    def look(wanted: dict[tuple[int, str], tuple[Name, ...]]) -> list[Sheet]:
        out: list[Sheet] = []
        rows: dict[tuple[int, str], list[Entry]] = {package: [] for package in wanted}
        for entry in entries:
            if (mine := rows.get(packages.of(entry.place))) is not None:
                mine.append(entry)
        for package, names in wanted.items():
            if not asked():
                out += again(rows[package], names, options.limits, _guard(options), options.nest)
        return out

    return look


def _real(entry: Entry) -> str:
    return os.path.realpath(entry.file)


def _batches(entries: Iterable[tuple[int, Entry]]) -> Iterator[list[tuple[int, Entry]]]:
    batch: list[tuple[int, Entry]] = []
    size = 0
    for number, entry in entries:
        batch.append((number, entry))
        size += entry.size
        if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _work(
    entries: list[tuple[int, Entry]],
    options: Options,
    jobs: int,
    *,
    kept: bool,
    meanwhile: Callable[[], object],
) -> Iterator[list[Done]]:
    """What came of batches, in any order; one process for small inputs, else forked ones that share the lexicon."""
    if not entries:
        return
    small = len(entries) < PARALLEL and sum(e.size for _, e in entries) < 8 * BATCH_BYTES
    # The largest first: a giant at the end would keep one process waiting for the other. What lies in a store is read
    # fastest in the order of the store.
    ordered = sorted(entries, key=lambda e: -e[1].size) if len(entries) >= 2 * PARALLEL else entries
    yield from _share(_batches(ordered), options, 1 if small else jobs, kept=kept, meanwhile=meanwhile)


def _share(
    batches: Iterator[list[tuple[int, Entry]]],
    options: Options,
    jobs: int,
    *,
    kept: bool,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[list[Done]]:
    """Share batches out among processes."""
    make = partial(_worker, options, kept=kept)
    if jobs > 1:
        return shared(batches, make, jobs)
    # Strict is for who looks for the error of a reader, and wants its whole trace.
    return apart(batches, make, meanwhile) if options.apart and not options.strict else alone(batches, make)


class _Lore:
    """The past of all inputs."""

    def __init__(self, specs: Sequence[str], options: Options, tally: Tally) -> None:
        self._specs, self._options, self._tally = specs, options, tally
        self._past: list[Past] = []
        self._stores = ExitStack()

    def open(self) -> Iterator[Entry]:
        """Open the repositories that were met; of one without working files yield those of what is checked out."""
        from untag.history import mercurial
        from untag.history.repository import home
        from untag.past import Past, opened_all

        before = dict.fromkeys(range(len(self._specs)), 0)
        seen: set[str] = set()
        for place in self._tally.stores:
            root = self._specs[place.input]
            before[place.input] += 1
            name = place.chain[0]
            folder, prefix = home(root, name)
            for found in opened_all(folder, place, prefix, root, seen):
                if isinstance(found, Gap):
                    self._tally.gaps.append(found)
                    continue
                self._stores.enter_context(found.store)
                # What the packs hold is counted as what it is.
                self._tally.coverage.by_design["version_control"] -= found.store.bytes
                self._tally.coverage.bytes -= found.store.bytes
                past = Past(found, words.load(), unreachable=self._options.unreachable, listed=self._options.listed)
                self._past.append(past)
                if name == "." and found.place == place:
                    for entry in past.today():
                        self._tally.entry(entry)
                        yield entry
        others = {p.input for p in self._tally.places if p.chain[0].endswith(mercurial.STORE + "00changelog.i")}
        for number, count in before.items():
            if not count and number not in others:
                detail = "no repository of version control is here, so there is no history to read"
                self._tally.gaps.append(Gap(Place((".",), number), Reason.ABSENT, detail))

    def read(self, recall: Recall, jobs: int) -> None:
        """Read everything that the repositories hold."""
        from untag.lexicon.sieve import Sieve

        sieve = Sieve(words.load(), self._options.engine)
        for past in self._past:
            outcome = Outcome()
            entries = past.entries(lambda text: not self._options.sieve or bool(sieve.sift(text)), outcome)
            for batch in _share(_batches(entries), self._options, jobs, kept=recall.on):
                if past.met is not None:
                    made = recall.learn(batch, past.met)
                    past.take([done.number for done in batch], made)
                    self._tally.take(made)
            self._tally.take(outcome)

    def listed(self) -> list[Read]:
        """What was read of each repository, for a statement."""
        return [past.read() for past in self._past] if self._options.listed else []

    def tell(self, findings: Sequence[Finding], asked: Callable[[], int]) -> Told:
        """Judge it, beside what was found in the files of today; the stores are closed."""
        from untag.history import mercurial
        from untag.past import Told

        told = Told()
        paths = [(place.input, place.chain[0]) for place in self._tally.places]
        with self._stores:
            for past in self._past:
                told.add(past.tell(self._tally.sheets, findings, paths, asked))
        for number, spec in enumerate(self._specs):
            mine = [f for f in findings if f.place.input == number and mercurial.STORE in f.place.chain[0]]
            told.spans.update(mercurial.spans(spec, mine) if mine else {})
        return told


def _worker(options: Options, *, kept: bool) -> Worker:
    return Worker(
        options.limits, sieve=options.sieve, engine=options.engine, guard=_guard(options), kept=kept,
        nest=options.nest,
    )  # fmt: skip


def _guard(options: Options) -> Callable[[Callable[[], None]], str | None]:
    """The one door behind which a reader runs.

    Returns:
        A function that calls another and says what went wrong: None for nothing, a sentence for a crash.
        ``Damaged`` passes through, since the reader said it on purpose.
    """

    def run(step: Callable[[], None]) -> str | None:
        try:
            step()
        except Damaged:
            raise
        except Exception as error:
            if options.strict:
                raise
            return f"{type(error).__name__}: {_plain(error)}"
        return None

    return run


def _plain(error: Exception) -> str:
    """The text of an exception without what it may quote from the input."""
    if isinstance(error, (UnicodeError, KeyError, ValueError)):
        return "while reading the artifact"
    return str(error)[:120]
