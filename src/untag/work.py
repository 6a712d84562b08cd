"""A worker: reads a batch of entries through sieve, readers and gatherer, and keeps only what the judge needs."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag import charset, media
from untag import lexicon as words
from untag.artifact import WHOLE, Artifact, Nest
from untag.cache import Shelf
from untag.fill import filled, opened
from untag.gap import Damaged, Freed, Gap, Limits, Reason
from untag.judge import Gatherer, Sheet
from untag.judge.gather import introduces, lists
from untag.judge.package import telling
from untag.judge.person import Persons
from untag.judge.tongue import speak
from untag.outcome import Outcome, pack, slim
from untag.outline import Outline
from untag.readers import called, formats, is_binary, is_dense, signed, streams, texts
from untag.recall import Done, blank, key_of, may_keep, rows_in, shelf
from untag.strain import Bundle, Remains, Strain, Words
from untag.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.lexicon import Lexicon
    from untag.lexicon.sieve import Sieve, Sifted
    from untag.place import Place
    from untag.readers import BinaryReader, Reader
    from untag.sources import Entry

__all__ = ["Outcome", "Worker", "unread"]

#: Bytes up to which a text is parsed whole; beyond, owners that no strong or medium form touches are passed over.
FOCUS = 2 << 20
#: Bytes up to which code is parsed whole; beyond, owners are passed over that neither a form of any strength touches
#: nor a word that opens a file for weak ones.
CLOSE = 16 << 10
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
        nest: Nest | None = None,
    ) -> None:
        """Get the lexicon and the sieve ready.

        Args:
            limits: Bounds.
            sieve: Whether the sieve decides what is parsed.
            engine: The sieve's engine, None for the best.
            guard: Runs a step and returns a sentence if it crashed.
            kept: Whether outcomes that earlier scans kept are looked up.
            nest: What the user says of containers and pages: passwords, transcripts.
        """
        self._limits = limits
        self._given = nest or Nest()
        self._lexicon = words.load()
        self._guard = guard
        # Without the sieve's verdict every text is parsed; its spans still say where a large file is looked into.
        self._gate = sieve
        self._sieve = _sieve(self._lexicon, engine)
        # Both this process and those it forks match; the tables are made once, before there are several.
        self._matcher = self._lexicon.matcher
        self._shelf = shelf() if kept else Shelf(None)
        self._kept = kept
        self._recent: dict[bytes, bytes] = {}
        self._held = 0

    def read(self, batch: Iterable[tuple[int, Entry]]) -> list[Done]:
        """Read a batch of numbered entries."""
        return [self._entry(number, entry) for number, entry in filled(batch, WHOLE)]

    def _entry(self, number: int, entry: Entry) -> Done:
        outcome = Outcome()
        size, digest = entry.size, ""
        if entry.lost[0]:
            return unread(number, entry, Reason(entry.lost[0]), entry.lost[1])
        try:
            artifact = opened(entry)
            artifact.nest = self._nest(artifact)
            size = artifact.size
            self._artifact(artifact, outcome)
            digest = artifact.digest
        except OSError as error:
            reason = Reason.ABSENT if isinstance(error, FileNotFoundError) else Reason.REFUSED
            return unread(number, entry, reason, f"cannot be opened: {(error.strerror or 'error').lower()}", size)
        # The command that shows a thing of a database belongs to that server alone.
        keep = not entry.show and may_keep(outcome, entry.place.chain) and not self._personal(outcome)
        if outcome.kept:
            return Done(number, size, digest, outcome.kept, outcome.key, keep)
        slim(outcome)
        blob = pack(outcome, entry.place, size)
        if outcome.key and keep:
            self._remember(outcome.key, blob)
        elif keep and outcome.sheets:
            outcome.key = self._key(entry.place, digest)
        return Done(number, size, digest, blob, outcome.key, keep)

    def _nest(self, artifact: Artifact) -> Nest:
        """What may come out of an outermost artifact."""
        limits = self._limits
        left = min(limits.expanded, max(8 * limits.free, limits.ratio * artifact.size))
        return Nest(left, self._given.passwords, self._given.transcripts)

    def _personal(self, outcome: Outcome) -> bool:
        """Whether names of members may be those of persons, which are never kept."""
        return bool(outcome.members) and bool(Persons(self._lexicon, outcome.members, lambda *_: True))

    def _key(self, place: Place, digest: str) -> bytes:
        return key_of(self._limits, digest, place, Gatherer(self._lexicon, place).sheet, kept=self._kept)

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

    def _artifact(self, artifact: Artifact, outcome: Outcome) -> None:
        """Read an artifact and what lies in it."""
        if artifact.depth > self._limits.depth:
            said = f"nested deeper than {self._limits.depth} containers"
            outcome.gaps.append(Gap(artifact.place, Reason.LIMIT, said, artifact.size))
            return
        text = charset.is_text(artifact.head)
        known = formats(artifact, self._asking(artifact, outcome)) if not text or signed(artifact.head) else []
        if known:
            self._format(artifact, known, outcome)
        elif artifact.held:
            self._one(artifact, outcome, text=text)
        else:
            self._large(artifact, outcome)

    def _asking(self, artifact: Artifact, outcome: Outcome) -> Callable[[Reader], bool]:
        """What asks a reader whether it knows an artifact; one that crashes over that leaves a gap and does not."""

        def ask(reader: Reader) -> bool:
            answer: list[bool] = []
            try:
                crash = self._guard(lambda: answer.append(reader.knows(artifact)))
            except Damaged as broken:
                crash = broken.detail
            if crash is not None:
                said = f"reader {reader.name}, while the format was told: {crash}"
                outcome.gaps.append(Gap(artifact.place, Reason.CRASH, said, artifact.size))
            return any(answer)

        return ask

    def _member(self, parent: Artifact, reader: Reader, child: Artifact, outcome: Outcome) -> None:
        """Read what a reader took out of an artifact."""
        child.depth, child.nest = parent.depth + 1, parent.nest
        child.through = (*parent.through, child.show or (reader.shows if is_binary(reader) else ""))
        outcome.expanded += child.size
        outcome.members.append((child.place.input, child.place.flat))
        self._artifact(child, outcome)

    def _format(self, artifact: Artifact, known: list[BinaryReader], outcome: Outcome) -> None:
        """A binary format: all readers that know it read it, and what they do not is swept."""
        if self._again(artifact, outcome):
            return
        named = self._matcher.named(artifact.name)
        if self._gate and not named and all(r.sieved for r in known) and not self._worth(artifact, known):
            outcome.count("sieve", artifact, artifact.size)
            return
        if any(is_dense(r) for r in known):
            artifact.focus = self._spots(artifact)
        gatherer = self._gatherer(artifact.place)
        before = len(outcome.gaps)
        done: list[BinaryReader] = []
        for reader in known:
            covered = any(reader.name in r.covers for r in done)
            if not covered and self._run(reader, artifact, gatherer, outcome):
                done.append(reader)
        opaque, outcome.opaque = outcome.opaque, Counter()
        left = artifact.size
        own = (g for g in outcome.gaps[before:] if g.place.chain == artifact.place.chain)
        gap = min(left, sum(g.size for g in own)) if done else left
        left -= gap
        if not artifact.depth:
            outcome.gap_bytes += gap
            for kind, size in sorted(opaque.items()):
                outcome.by_design[kind] += min(left, size)
                left -= min(left, size)
        if done:
            outcome.count(done[0].name, artifact, left)
        if gap:
            rows = any(r.rows for r in known)
            self._sweep(artifact, Words(gatherer, self._lexicon) if rows else gatherer, outcome)
        sheet = self._close(gatherer, None, "", artifact)
        outcome.private |= rows_in(sheet, data=gatherer.records) or not artifact.lone
        self._keep(sheet, outcome)

    def _worth(self, artifact: Artifact, known: list[BinaryReader]) -> bool:
        """Whether the sieve finds anything in the raw bytes, or in what readers say is hard to see in them."""
        if artifact.held:
            sifted = self._sift(artifact.data)
            found = sifted is None or bool(sifted.strong) or sifted.gate
        else:
            found = any(sifted is None or sifted.strong or sifted.gate for _, _, sifted in self._windows(artifact))
        return found or any(bool(self._sift(text)) for r in known if is_dense(r) for text in r.glued(artifact))

    def _touched(self, data: bytes) -> tuple[tuple[int, int], ...]:
        """Where something stands that is looked at."""
        return self._sieve.touched(data)

    def _spots(self, artifact: Artifact) -> tuple[tuple[int, int], ...]:
        """The same for a whole artifact."""
        if artifact.held:
            return self._touched(artifact.data)
        out: list[tuple[int, int]] = []
        start = 0
        with artifact.open() as file:
            while piece := file.read(WINDOW):
                out += [(a + start, b + start) for a, b in self._touched(piece)]
                start += len(piece)
        return tuple(out)

    def _one(self, artifact: Artifact, outcome: Outcome, *, text: bool) -> None:
        kind = media.opaque(artifact.data)
        named = self._matcher.named(artifact.name)
        if kind and not named:
            outcome.design(kind, artifact)
            return
        if text and not artifact.data.isascii() and artifact.decoded.lost * 300 > len(artifact.data):
            text = False  # no encoding explains it: bytes of some format without a NUL near its head
        sifted = self._sift(artifact.data)
        worth = named or not self._gate or sifted is None or bool(sifted)
        worth = worth or (self._listed(artifact.path) and self._sieve.weak(artifact.data))
        worth = worth or (text and (introduces(artifact.path) or media.implies(artifact.data)))
        if kind:
            outcome.design(kind, artifact)
            outcome.sheets.append(self._close(self._gatherer(artifact.place), None, "", artifact))
            return
        if worth and self._again(artifact, outcome):
            return
        if not text:
            self._binary(artifact, outcome, swept=named or sifted is None or bool(sifted.strong))
            return
        if not artifact.data.isascii() or not worth:
            self._decodable(artifact, outcome)
        if not worth:
            outcome.count("sieve", artifact, artifact.size)
            return
        if len(artifact.data) > FOCUS and sifted is not None and sifted.strong:
            artifact.focus = sifted.strong
        elif len(artifact.data) > CLOSE and sifted is not None and sifted and not named:
            artifact.focus = self._close_by(artifact, sifted)
        self._text(artifact, outcome)

    def _listed(self, path: str) -> bool:
        """Whether a path, folders and all, holds a term, or calls the file a list of classes."""
        return self._matcher.placed(path) or lists(path)

    def _close_by(self, artifact: Artifact, sifted: Sifted) -> tuple[tuple[int, int], ...] | None:
        """Of code, where forms of any strength stand, and the words that open a file for weak ones."""
        from untag.readers.code import language_of

        around = self._sieve.around(artifact.data) if language_of(artifact) else None
        return None if around is None else tuple(sorted({*sifted.strong, *around}))

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

    def _binary(self, artifact: Artifact, outcome: Outcome, *, swept: bool) -> None:
        """Bytes that are no text: their readable strings are swept, and the rest is a gap."""
        if any(r.name != "strings" for r in texts(artifact, self._asking(artifact, outcome))):
            self._decodable(artifact, outcome)
            self._text(artifact, outcome)
            return
        what = media.describe(artifact.data)
        said = f"{what}: no reader knows it; the bytes were swept for the lexicon's words"
        outcome.gaps.append(Gap(artifact.place, Reason.UNKNOWN, said, artifact.size))
        if not artifact.depth:
            outcome.gap_bytes += artifact.size
        if swept:
            gatherer = self._gatherer(artifact.place)
            self._sweep(artifact, gatherer, outcome)
            sheet = self._close(gatherer, None, "", artifact)
            # What is no program may be a database, whose strings stand in rows.
            outcome.private |= bool(sheet.drafts) and not what.startswith(_PROGRAMS)
            self._keep(sheet, outcome)

    def _sweep(self, artifact: Artifact, gatherer: Gatherer, outcome: Outcome) -> None:
        """Look at readable strings around what the sieve finds in the raw bytes."""
        if not artifact.held:
            for data, line, sifted in self._windows(artifact):
                self._window(data, line, sifted, artifact, gatherer, outcome)
            return
        sifted = self._sift(artifact.data)
        artifact.focus = sifted.strong if sifted is not None else None
        self._run(called("strings"), artifact, gatherer, outcome)

    def _text(self, artifact: Artifact, outcome: Outcome) -> None:
        gatherer = self._gatherer(artifact.place)
        used = "raw"
        for number, reader in enumerate(texts(artifact, self._asking(artifact, outcome))):
            used = reader.name if number == 0 else used
            if self._run(reader, artifact, gatherer, outcome):
                break
        decoded = artifact.decoded
        outcome.encodings[decoded.encoding] += 1
        lexed = called(used).lexed(artifact, self._limits)
        outcome.count(used, artifact, artifact.size, lexed=lexed)
        quiet = self._quiet(gatherer, artifact)
        sheet = self._close(gatherer, None if quiet else decoded.text, decoded.encoding, artifact)
        speak(sheet, decoded.text, self._lexicon)
        self._keep(sheet, outcome)
        if used in _DATA or artifact.suffix == ".sql":
            outcome.closed.add(artifact.place.chain)
            blank(sheet)
        outcome.private |= rows_in(sheet, data=quiet)

    @staticmethod
    def _quiet(gatherer: Gatherer, artifact: Artifact) -> bool:
        """Whether lines must not be quoted, since they may be records of persons."""
        return gatherer.records or artifact.suffix in {".csv", ".tsv", ".psv", ".jsonl", ".ndjson", ".log", ".arff"}

    def _run(self, reader: Reader, artifact: Artifact, gatherer: Gatherer, outcome: Outcome) -> bool:
        """Run one reader; False where a lower one must read the artifact too."""
        done = True
        limits, place = self._limits, artifact.place
        strain = Strain(self._touched, gatherer.add) if is_dense(reader) else Bundle(gatherer.extend)
        add = strain.add
        outline = Outline() if is_binary(reader) and reader.models else None
        left = Remains(self._lexicon)

        def take() -> None:
            surfaces = members = 0
            for item in reader.read(artifact, limits):
                if isinstance(item, Surface):
                    surfaces += 1
                    if outline is not None:
                        outline.see(item)
                    if surfaces > limits.surfaces:
                        said = f"more than {limits.surfaces} surfaces; the rest was swept raw"
                        outcome.gaps.append(Gap(place, Reason.LIMIT, said))
                        return
                    add(item)
                elif isinstance(item, Freed):
                    self._freed(item, artifact, left)
                elif not isinstance(item, Artifact):
                    outcome.note(item)
                else:
                    members += 1
                    if members > limits.members:
                        said = f"more than {limits.members} members; the rest was not read"
                        outcome.gaps.append(Gap(place, Reason.LIMIT, said))
                        return
                    opaque, outcome.opaque = outcome.opaque, Counter()
                    self._member(artifact, reader, item, outcome)
                    outcome.opaque = opaque

        def step() -> None:
            try:
                take()
            finally:
                strain.end()
                left.tell(gatherer)

        try:
            crash = self._guard(step)
        except Damaged as broken:
            done = False
            if broken.place is not None or reader.rank >= 20:
                size = artifact.size if is_binary(reader) and broken.place is None else 0
                said = f"{reader.name}: {broken.detail}"
                outcome.gaps.append(Gap(broken.place or artifact.place, Reason.DAMAGED, said, size))
            return done
        if crash is not None:
            outcome.gaps.append(Gap(artifact.place, Reason.CRASH, f"reader {reader.name}: {crash}", artifact.size))
            done = False
        if outline is not None and (said := outline.told()):
            outcome.gaps.append(Gap(place.whole(), Reason.UNKNOWN, said))
        return done

    def _freed(self, item: Freed, artifact: Artifact, left: Remains) -> None:
        """Look for the lexicon's words in what a store gave up."""
        sifted = self._sift(item.data)
        if sifted is None or sifted.strong:
            piece = Artifact(artifact.place, item.data, focus=sifted.strong if sifted is not None else None)
            shown = called("raw" if charset.is_text(item.data) else "strings").read(piece, self._limits)
            left.see(shown, artifact.place.at(offset=item.at))

    @staticmethod
    def _close(gatherer: Gatherer, text: str | None, encoding: str, artifact: Artifact) -> Sheet:
        sheet = gatherer.close(text)
        sheet.encoding, sheet.through = encoding, artifact.through
        return sheet

    @staticmethod
    def _keep(sheet: Sheet, outcome: Outcome) -> None:
        """Only sheets that can say something are kept."""
        if sheet.drafts or sheet.path or sheet.asked or sheet.tells:
            sheet.telling = telling(sheet)
            outcome.sheets.append(sheet)

    def _windows(self, artifact: Artifact) -> Iterator[tuple[bytes, int, Sifted | None]]:
        """A large artifact in windows that end with a line where they can: bytes, first line, what the sieve says."""
        line = 1
        with artifact.open() as file:
            tail = b""
            while piece := file.read(WINDOW):
                window = tail + piece
                cut = window.rfind(b"\n") + 1
                if len(piece) < WINDOW or cut == 0:
                    cut = len(window)
                now, tail = window[:cut], window[cut:]
                if len(tail) > OVERLAP * 16:
                    now, tail = window[:-OVERLAP], window[-OVERLAP:]
                yield now, line, self._sift(now)
                line += now.count(b"\n")
            if tail:
                yield tail, line, self._sift(tail)

    def _large(self, artifact: Artifact, outcome: Outcome) -> None:
        """Bytes too many to hold: sieved in windows; around hits, windows are read as raw text."""
        kind = media.opaque(artifact.head)
        if kind:
            outcome.design(kind, artifact)
            return
        gatherer = self._gatherer(artifact.place)
        done = (
            r for r in streams(artifact, self._asking(artifact, outcome)) if self._run(r, artifact, gatherer, outcome)
        )
        if (reader := next(done, None)) is not None:
            outcome.count(reader.name, artifact, artifact.size)
            sheet = self._close(gatherer, None, "", artifact)
            outcome.private |= rows_in(sheet, data=True)
            self._keep(sheet, outcome)
            return
        seen_text = charset.is_text(artifact.head)
        if seen_text:
            # Text of such a size is a dump or a log: its lines are somebody's records.
            gatherer = Words(gatherer, self._lexicon)
        for data, line, sifted in self._windows(artifact):
            seen_text = seen_text and charset.is_text(data)
            self._window(data, line, sifted, artifact, gatherer, outcome)
        if seen_text:
            outcome.count("raw", artifact, artifact.size, lexed=True)
        else:
            said = f"{media.describe(artifact.head)}, large: no reader knows it; the bytes were swept"
            outcome.gaps.append(Gap(artifact.place, Reason.UNKNOWN, said, artifact.size))
            if not artifact.depth:
                outcome.gap_bytes += artifact.size
        sheet = self._close(gatherer.inner if isinstance(gatherer, Words) else gatherer, None, "", artifact)
        outcome.private |= bool(sheet.drafts)
        self._keep(sheet, outcome)

    def _window(
        self, data: bytes, line: int, sifted: Sifted | None, artifact: Artifact, gatherer: Gatherer, outcome: Outcome
    ) -> None:
        if sifted is not None and not sifted.strong:
            return
        piece = Artifact(artifact.place, data, focus=sifted.strong if sifted is not None else None)
        reader = called("raw" if charset.is_text(data) else "strings")

        def step() -> None:
            for item in reader.read(piece, self._limits):
                if isinstance(item, Surface):
                    place = item.place.at(line=(item.place.line or 1) + line - 1, column=item.place.column)
                    gatherer.add(replace(item, place=place))

        crash = self._guard(step)
        if crash is not None:
            outcome.gaps.append(Gap(artifact.place, Reason.CRASH, f"reader {reader.name}: {crash}", len(data)))


def unread(number: int, entry: Entry, reason: Reason, said: str, size: int | None = None) -> Done:
    """What comes of an entry that cannot be read.

    Args:
        number: The entry's.
        entry: All of whose bytes are a gap.
        reason: Why.
        said: A sentence.
        size: Bytes that it turned out to have, where that is known.
    """
    size = entry.size if size is None else size
    outcome = Outcome(gaps=[Gap(entry.place, reason, said, entry.size)], gap_bytes=entry.size)
    return Done(number, size, "", pack(outcome, entry.place, size), keep=False)
