"""A worker: reads a batch of entries through sieve, readers and gatherer, and keeps only what the judge needs."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from untag import charset, media
from untag import lexicon as words
from untag.artifact import Artifact
from untag.cache import Shelf
from untag.gap import Damaged, Gap, Limits, Reason
from untag.history.store import opened
from untag.judge import Gatherer, Sheet
from untag.judge.tongue import speak
from untag.outcome import Outcome, pack, slim
from untag.readers import pick, readers
from untag.recall import Done, blank, key_of, may_keep, rows_in, shelf
from untag.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.lexicon import Lexicon
    from untag.lexicon.sieve import Sieve, Sifted
    from untag.place import Place
    from untag.readers import Reader
    from untag.sources import Entry

__all__ = ["Outcome", "Worker", "load"]

#: Bytes above which a file is not held whole: it is sieved in windows, and only what stands around a hit is read.
WHOLE = 64 << 20
#: Bytes up to which a text is parsed whole; beyond, owners that no strong or medium form touches are passed over.
FOCUS = 2 << 20
#: Readers of formats that hold data: their lines may be records of persons, and are looked up, not kept.
_DATA = frozenset({"notebooks", "raw", "tables", "tree"})
#: Binaries that are programs or models and no stores of data (see ``media.describe``).
_PROGRAMS = ("an ELF", "a Windows", "a Mach-O", "a Java", "an Android", "a WebAssembly", "a static", "a TensorFlow")
#: Bytes of packed outcomes that a worker remembers, for other copies of the same bytes.
_RECENT = 16 << 20
#: A window of a large file, and how much of it the next one repeats.
WINDOW, OVERLAP = 4 << 20, 64 << 10


class _Sieves(threading.local):
    """The sieves of a thread: one takes a while to load, and must not be shared between threads."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str | None], Sieve] = {}


_SIEVES = _Sieves()


def _sieve(lexicon: Lexicon, engine: str | None) -> Sieve:
    key = (lexicon.digest, engine)
    if key not in _SIEVES.made:
        from untag.lexicon.sieve import Sieve

        _SIEVES.made[key] = Sieve(lexicon, engine)
    return _SIEVES.made[key]


class Worker:
    """Reads entries one after another; one lives in each process."""

    def __init__(
        self,
        limits: Limits,
        *,
        sieve: bool,
        engine: str | None,
        guard: Callable[[Callable[[], None]], str | None],
        kept: bool = False,
    ) -> None:
        """Get the lexicon and the sieve ready.

        Args:
            limits: Bounds.
            sieve: Whether the sieve decides what is parsed.
            engine: The sieve's engine, None for the best.
            guard: Runs a step and returns a sentence if it crashed.
            kept: Whether outcomes that earlier scans kept are looked up.
        """
        self._limits = limits
        self._lexicon = words.load()
        self._guard = guard
        # Without the sieve's verdict every text is parsed; its spans still say where a large file is looked into.
        self._gate = sieve
        self._sieve = _sieve(self._lexicon, engine)
        self._shelf = shelf() if kept else Shelf(None)
        self._recent: dict[bytes, bytes] = {}
        self._held = 0

    def read(self, batch: Iterable[tuple[int, Entry]]) -> list[Done]:
        """Read a batch of numbered entries."""
        return [self._entry(number, entry) for number, entry in opened(batch, WHOLE)]

    def _entry(self, number: int, entry: Entry) -> Done:
        outcome = Outcome()
        size, digest, data = entry.size, "", entry.data
        if entry.lost[0]:
            outcome.gaps.append(Gap(entry.place, Reason(entry.lost[0]), entry.lost[1], size))
            outcome.gap_bytes += size
            return Done(number, size, "", pack(outcome, entry.place, size), keep=False)
        if entry.size > WHOLE and entry.file:
            self._large(entry, outcome)
            digest = outcome.digests[0][2] if outcome.digests else ""
        else:
            if entry.file:
                try:
                    data = load(entry.file)
                except OSError as error:
                    reason = Reason.ABSENT if isinstance(error, FileNotFoundError) else Reason.REFUSED
                    said = f"cannot be opened: {(error.strerror or 'error').lower()}"
                    outcome.gaps.append(Gap(entry.place, reason, said, entry.size))
                    outcome.gap_bytes += entry.size
                    return Done(number, size, "", pack(outcome, entry.place, size), keep=False)
            artifact = Artifact(entry.place, data)
            size, digest = len(data), artifact.digest
            self._artifact(artifact, outcome)
        keep = bool(digest) and may_keep(outcome, entry.place.chain)
        if outcome.kept:
            return Done(number, size, digest, outcome.kept, outcome.key, keep)
        slim(outcome)
        blob = pack(outcome, entry.place, size)
        if outcome.key and keep:
            self._remember(outcome.key, blob)
        elif keep and outcome.sheets:
            outcome.key = self._key(entry.place, digest)
        return Done(number, size, digest, blob, outcome.key, keep)

    def _key(self, place: Place, digest: str) -> bytes:
        return key_of(self._limits, digest, place, Gatherer(self._lexicon, place).sheet)

    def _remember(self, key: bytes, blob: bytes) -> None:
        if len(blob) > _RECENT // 8:
            return
        self._recent[key] = blob
        self._held += len(blob)
        while self._held > _RECENT:
            self._held -= len(self._recent.pop(next(iter(self._recent))))

    def _again(self, artifact: Artifact, outcome: Outcome) -> bool:
        """Whether the same bytes were read before, under a path that says the same; then their outcome is taken."""
        if artifact.depth or not self._gate:
            return False
        outcome.key = self._key(artifact.place, artifact.digest)
        outcome.kept = self._recent.get(outcome.key) or self._shelf.read(outcome.key) or b""
        return bool(outcome.kept)

    def _artifact(self, first: Artifact, outcome: Outcome) -> None:
        """Read an artifact and its children; members wait on a list, so that depth costs no stack."""
        waiting = [first]
        while waiting:
            artifact = waiting.pop()
            if artifact.depth > self._limits.depth:
                outcome.gaps.append(
                    Gap(
                        artifact.place,
                        Reason.LIMIT,
                        f"nested deeper than {self._limits.depth} containers",
                        len(artifact.data),
                    )
                )
                continue
            waiting.extend(reversed(self._one(artifact, outcome)))

    def _one(self, artifact: Artifact, outcome: Outcome) -> list[Artifact]:
        kind = media.opaque(artifact.data)
        named = self._lexicon.matcher.named(artifact.name)
        if kind and not named:
            outcome.by_design[kind] += len(artifact.data)
            return []
        text = charset.is_text(artifact.data)
        if text and not artifact.data.isascii() and artifact.decoded.lost * 300 > len(artifact.data):
            text = False  # no encoding explains it: bytes of some format without a NUL near its head
        sifted = self._sift(artifact.data)
        worth = named or not self._gate or sifted is None or bool(sifted.strong) or sifted.gate
        if kind:
            outcome.by_design[kind] += len(artifact.data)
            outcome.sheets.append(self._close(self._gatherer(artifact.place), None, ""))
            return []
        if worth and self._again(artifact, outcome):
            return []
        if not text:
            return self._binary(artifact, sifted, outcome, named=named)
        if not artifact.data.isascii() or not worth:
            self._decodable(artifact, outcome)
        if not worth:
            outcome.count("sieve", artifact)
            return []
        if len(artifact.data) > FOCUS and sifted is not None and sifted.strong:
            artifact.focus = sifted.strong
        return self._text(artifact, outcome)

    def _gatherer(self, place: Place) -> Gatherer:
        return Gatherer(self._lexicon, place)

    def _sift(self, data: bytes) -> Sifted | None:
        return self._sieve.sift(data)

    @staticmethod
    def _decodable(artifact: Artifact, outcome: Outcome) -> None:
        """Text that no encoding explains is a gap; it was swept raw all the same."""
        if artifact.data.isascii():
            return
        decoded = artifact.decoded
        if decoded.lost:
            outcome.gaps.append(
                Gap(
                    artifact.place,
                    Reason.UNDECODABLE,
                    f"{decoded.lost} bytes fit no encoding (best: {decoded.encoding}); they were swept raw",
                    decoded.lost,
                )
            )

    def _binary(self, artifact: Artifact, sifted: Sifted | None, outcome: Outcome, *, named: bool) -> list[Artifact]:
        """Bytes that are no text: their readable strings are swept, and the rest is a gap."""
        known = [r for r in pick(artifact) if r.name != "strings"]
        if known:
            self._decodable(artifact, outcome)
            return self._text(artifact, outcome)
        what = media.describe(artifact.data)
        outcome.gaps.append(
            Gap(
                artifact.place,
                Reason.UNKNOWN,
                f"{what}: no reader knows it; the bytes were swept for the lexicon's words",
                len(artifact.data),
            )
        )
        if not artifact.depth:
            outcome.gap_bytes += len(artifact.data)
        if named or sifted is None or sifted.strong:
            artifact.focus = sifted.strong if sifted is not None else None
            gatherer = self._gatherer(artifact.place)
            self._run(readers()["strings"], artifact, gatherer, outcome, [])
            sheet = self._close(gatherer, None, "")
            # What is no program may be a database, whose strings stand in rows.
            outcome.private |= bool(sheet.drafts) and not what.startswith(_PROGRAMS)
            self._keep(sheet, outcome)
        return []

    def _text(self, artifact: Artifact, outcome: Outcome) -> list[Artifact]:
        children: list[Artifact] = []
        gatherer = self._gatherer(artifact.place)
        used = "raw"
        for number, reader in enumerate(pick(artifact)):
            used = reader.name if number == 0 else used
            if self._run(reader, artifact, gatherer, outcome, children):
                break
        decoded = artifact.decoded
        outcome.encodings[decoded.encoding] += 1
        first = readers().get(used)
        lexed = bool(first and getattr(first, "lexed", None) and first.lexed(artifact, self._limits))  # type: ignore[attr-defined]
        outcome.count(used, artifact, lexed=lexed)
        quiet = self._quiet(gatherer, artifact)
        sheet = self._close(gatherer, None if quiet else decoded.text, decoded.encoding)
        speak(sheet, decoded.text, self._lexicon)
        self._keep(sheet, outcome)
        if used in _DATA or artifact.suffix == ".sql":
            outcome.closed.add(artifact.place.chain)
            blank(sheet)
        outcome.private |= rows_in(sheet, data=quiet)
        return children

    @staticmethod
    def _quiet(gatherer: Gatherer, artifact: Artifact) -> bool:
        """Whether lines must not be quoted, since they may be records of persons."""
        return gatherer.records or artifact.suffix in {".csv", ".tsv", ".psv", ".jsonl", ".ndjson", ".log", ".arff"}

    def _run(
        self, reader: Reader, artifact: Artifact, gatherer: Gatherer, outcome: Outcome, children: list[Artifact]
    ) -> bool:
        """Run one reader; False where a lower one must read the artifact too."""
        done = True

        def step() -> None:
            count = 0
            for item in reader.read(artifact, self._limits):
                if isinstance(item, Surface):
                    count += 1
                    if count > self._limits.surfaces:
                        outcome.gaps.append(
                            Gap(
                                artifact.place,
                                Reason.LIMIT,
                                f"more than {self._limits.surfaces} surfaces; the rest was swept raw",
                            )
                        )
                        return
                    gatherer.add(item)
                elif isinstance(item, Gap):
                    outcome.gaps.append(item)
                elif len(children) < self._limits.members:
                    item.depth = artifact.depth + 1
                    children.append(item)

        try:
            crash = self._guard(step)
        except Damaged as broken:
            done = False
            if broken.place is not None or reader.rank >= 20:
                outcome.gaps.append(
                    Gap(broken.place or artifact.place, Reason.DAMAGED, f"{reader.name}: {broken.detail}")
                )
            return done
        if crash is not None:
            outcome.gaps.append(Gap(artifact.place, Reason.CRASH, f"reader {reader.name}: {crash}", len(artifact.data)))
            done = False
        return done

    @staticmethod
    def _close(gatherer: Gatherer, text: str | None, encoding: str) -> Sheet:
        sheet = gatherer.close(text)
        sheet.encoding = encoding
        return sheet

    @staticmethod
    def _keep(sheet: Sheet, outcome: Outcome) -> None:
        """Only sheets that can say something are kept."""
        if sheet.drafts or sheet.path or sheet.asked:
            outcome.sheets.append(sheet)

    def _large(self, entry: Entry, outcome: Outcome) -> None:
        """A file too large to hold: sieved in windows; around hits, windows are read as raw text."""
        total = hashlib.sha256()
        gatherer = self._gatherer(entry.place)
        line, seen_text = 1, True
        try:
            with open(entry.file, "rb") as file:  # noqa: PTH123 - names that are no text must survive
                tail = b""
                while piece := file.read(WINDOW):
                    total.update(piece)
                    window = tail + piece
                    cut = window.rfind(b"\n") + 1
                    if len(piece) < WINDOW or cut == 0:
                        cut = len(window)
                    now, tail = window[:cut], window[cut:]
                    if len(tail) > OVERLAP * 16:
                        now, tail = window[:-OVERLAP], window[-OVERLAP:]
                    seen_text = seen_text and charset.is_text(now)
                    self._window(now, line, entry, gatherer, outcome)
                    line += now.count(b"\n")
                if tail:
                    self._window(tail, line, entry, gatherer, outcome)
        except OSError as error:
            outcome.gaps.append(Gap(entry.place, Reason.REFUSED, f"cannot be read: {error.strerror}", entry.size))
            outcome.gap_bytes += entry.size
            return
        outcome.digests.append((entry.place.input, entry.place.chain, "sha256:" + total.hexdigest()))
        if not seen_text:
            outcome.gaps.append(
                Gap(
                    entry.place,
                    Reason.UNKNOWN,
                    "a large binary file: no reader knows it; the bytes were swept",
                    entry.size,
                )
            )
            outcome.gap_bytes += entry.size
        else:
            row = outcome.read.setdefault("raw", [0, 0, 0])
            row[0] += 1
            row[1] += entry.size
            row[2] += 1
        sheet = gatherer.close(None)
        # Text of such a size is a dump or a log: its lines are somebody's records.
        outcome.private |= bool(sheet.drafts)
        self._keep(sheet, outcome)

    def _window(self, data: bytes, line: int, entry: Entry, gatherer: Gatherer, outcome: Outcome) -> None:
        sifted = self._sift(data)
        if sifted is not None and not sifted.strong:
            return
        artifact = Artifact(entry.place, data, focus=sifted.strong if sifted is not None else None)
        reader = readers()["raw" if charset.is_text(data) else "strings"]

        def step() -> None:
            for item in reader.read(artifact, self._limits):
                if isinstance(item, Surface):
                    place = item.place.at(line=(item.place.line or 1) + line - 1, column=item.place.column)
                    gatherer.add(replace(item, place=place))

        crash = self._guard(step)
        if crash is not None:
            outcome.gaps.append(Gap(entry.place, Reason.CRASH, f"reader {reader.name}: {crash}", len(data)))


def load(path: str) -> bytes:
    """The bytes of a file, with as few calls as it takes."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
    try:
        size = os.fstat(handle).st_size
        data = os.read(handle, size + 1)
        if len(data) >= size and len(data) < (1 << 20):
            return data
        pieces = [data]
        while piece := os.read(handle, 1 << 20):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(handle)
