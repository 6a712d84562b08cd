"""What is known from earlier scans: outcomes of files that are as they were, and of bytes that were read before."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from untag import lexicon as words
from untag.cache import Cache
from untag.gap import Reason
from untag.index import Index
from untag.judge import Gatherer
from untag.judge.hide import tells
from untag.judge.record import Records
from untag.judge.veil import veil
from untag.later import later
from untag.outcome import Outcome, plain, unpack
from untag.quotes import lines_of
from untag.spool import Heap
from untag.surface import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from untag.cache import Shelf
    from untag.gap import Limits
    from untag.judge import Sheet
    from untag.place import Place
    from untag.sources import Entry

__all__ = ["Done", "Recall", "again_in", "blank", "code_digest", "key_of", "may_keep", "rows_in", "shelf"]

#: An input of fewer files and bytes than these is read anew: that is as fast, and leaves nothing in the cache.
FILES, BYTES = 16, 64 << 10
#: Outcomes that are written to the shelf in one step: so many, or so many bytes.
_ROWS, _BYTES = 512, 4 << 20
#: Bytes of records (about a sixth of the memory that their sheets take) from which on sheets are kept packed.
HELD = 1 << 20
#: Entries whose outcomes are added up before they are handed on.
_BATCH = 1000
#: Kinds of owners whose keys hold data.
_TREES = frozenset({Kind.TREE, Kind.FILE, Kind.DICT, Kind.LIST})
#: A code: what a key may stand for, and the only thing about the value of an unmarked key that judging looks at.
_CODE = later(r"[\"']?(?:[-+]?\d{1,6}(?:\.0)?|0[xX][0-9a-fA-F]{1,8}|[A-Z]{1,5})[\"']?")
_BLANK = "…"
#: Rooms and modules that do not change what comes of reading a file.
_LATER = frozenset({"cli", "reports", "rules", "sources"})
_AFTER = frozenset(
    (name,)
    for name in (
        "__main__",
        "again",
        "beside",
        "config",
        "crew",
        "explain",
        "origin",
        "policy",
        "report",
        "scan",
        "tally",
        "trace",
    )
)


class Done(Struct):
    """What a worker hands back of one entry.

    Attributes:
        number: The entry's number.
        size: Bytes that were read.
        digest: Their digest, or nothing where they could not be read.
        blob: The packed outcome.
        key: Under what it may be kept for other places of the same bytes; nothing where it was not read in full, since
            no word stands in it.
        keep: Whether it may be kept at all.
    """

    number: int
    size: int
    digest: str
    blob: bytes
    key: bytes = b""
    keep: bool = True


@cache
def code_digest() -> str:
    """A digest of all code that takes part in reading, or nothing where it cannot be looked at.

    A kept outcome is good only for the program that made it: a changed reader, parser or interpreter makes another
    digest.
    """
    root = Path(__file__).parent
    total = hashlib.sha256(sys.version.encode())
    try:
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if parts[0] not in _LATER and parts not in _AFTER:
                total.update("/".join(parts).encode() + b"\0" + path.read_bytes() + b"\0")
        # What is installed decides whether some formats can be read at all.
        for home in sorted({p for p in sys.path if p.endswith("-packages") and os.path.isdir(p)}):  # noqa: PTH112
            infos = sorted(n for n in os.listdir(home) if n.endswith(("dist-info", "egg-info")))  # noqa: PTH208
            total.update("\0".join([home, *infos]).encode("utf-8", "surrogateescape"))
    except (OSError, ValueError):
        return ""
    return total.hexdigest()


def _maker(limits: Limits) -> str:
    """Everything but the file that an outcome depends on."""
    return f"{code_digest()} {words.load().digest} {limits!r}"


def key_of(limits: Limits, digest: str, place: Place, path: Sheet, *, kept: bool = True) -> bytes:
    """The key of an outcome: the bytes, and what readers and gatherer make of the path.

    Readers look at a file's name, the gatherer at the terms of its whole path; two places that agree in both give the
    same sheet but for the place.

    Args:
        limits: Bounds.
        digest: Of the bytes.
        place: Where they lie.
        path: An empty sheet of the place.
        kept: Whether the outcome outlives the process.
    """
    terms = [(h.term, h.kind, h.family, h.strength, h.language, h.gloss, h.named, h.checked) for h in path.path]
    name = place.chain[-1].rpartition("/")[2]
    said = repr((_maker(limits) if kept else "", digest, len(place.chain), name, terms, sorted(path.pathway.items())))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[:20]


def shelf() -> Shelf:
    """Where outcomes are kept by key."""
    return Cache().shelf("outcomes")


def may_keep(outcome: Outcome, chain: tuple[str, ...]) -> bool:
    """Whether an outcome may be kept: nothing that may hold a row of a dataset, and no crash, may."""
    if outcome.private or any(g.reason is Reason.CRASH for g in outcome.gaps):
        return False
    return not any(s.excerpts and s.place.chain != chain and s.place.chain in outcome.closed for s in outcome.sheets)


def rows_in(sheet: Sheet, *, data: bool) -> bool:
    """Whether a sheet may hold text out of records of persons.

    Args:
        sheet: A finished sheet.
        data: Whether the artifact holds records by its format.

    Returns:
        False for a sheet of no dataset, and for one of a dataset where every text is the name of a column or of a
        class that the reader of tables shows, or the lexicon's own word.
    """
    if sheet.named or Records([sheet]) or tells(veil(), sheet):
        return True
    if not data and all(d.kind is not Kind.DATASET for d in sheet.drafts):
        return False
    if sheet.asked or any(d.kind is not Kind.DATASET for d in sheet.drafts):
        return True
    shown = {s.text[:200] for d in sheet.drafts for s in [*d.siblings, *(m.surface for m in d.marks)]}
    return any(e.place is not None and e.text not in shown for e in sheet.sample.values())


def blank(sheet: Sheet) -> None:
    """Take what unmarked keys hold out of a sheet of data: it may be anybody's, and nothing but codes is ever used."""
    for draft in sheet.drafts:
        if draft.kind in _TREES and any(s.value for s in draft.siblings):
            draft.siblings = [
                replace(s, value=_BLANK) if s.value and not _CODE.fullmatch(s.value) else s for s in draft.siblings
            ]


class Recall:
    """What is known of the entries of one scan, and what is learned."""

    def __init__(self, specs: Sequence[str], limits: Limits, *, on: bool) -> None:
        """Note the time; files are looked at only after this.

        Args:
            specs: The inputs, as the user wrote them.
            limits: Bounds.
            on: Whether anything is looked up or kept.
        """
        self._begun = time.time_ns()
        self._specs = specs
        self._limits = limits
        self._on = on
        self._cache = Cache()
        self._shelf: Shelf | None = None
        self._index: dict[int, Index] = {}
        self._rows: list[tuple[bytes, bytes]] = []
        self._waiting = 0
        self._weight = 0
        self._heap = Heap()
        self.left: list[tuple[int, Entry]] = []

    @property
    def on(self) -> bool:
        """Whether outcomes are looked up and kept; settled when the entries are known."""
        return self._shelf is not None

    def known(self, entries: Sequence[Entry]) -> Iterator[Outcome]:
        """Outcomes of the entries that are known, added up; the others are in ``left`` afterwards."""
        few = len(entries) < FILES and sum(e.size for e in entries) < BYTES
        if not self._on or few or not code_digest() or not self._cache.usable:
            self.left = list(enumerate(entries))
            return
        self._shelf = self._cache.shelf("outcomes")
        made, simple = Outcome(), _Simple()
        for number, entry in enumerate(entries):
            found = self._found(entry, made, simple)
            if not found:
                self.left.append((number, entry))
            elif made.artifacts >= _BATCH:
                yield made
                made = Outcome()
        # Forked workers must not meet an open database.
        self._shelf.close()
        if made.artifacts:
            yield made

    def _found(self, entry: Entry, made: Outcome, simple: _Simple) -> bool:
        """Add what is known of an entry to an outcome; False where nothing is."""
        if not entry.file or self._shelf is None:
            return False
        number = entry.place.input
        index = self._index.get(number)
        if index is None:
            spec = os.path.abspath(self._specs[number])  # noqa: PTH100 - names that are no text must survive
            if self._specs[number].startswith("files-from:"):
                spec = f"{self._specs[number]} {os.getcwd()}"  # noqa: PTH109
            index = self._index[number] = Index(self._cache, spec, _maker(self._limits), self._begun)
        row = index.find(entry)
        if row is None:
            return False
        digest, verdict = row
        blob: bytes | None = verdict[1:]
        if verdict[:1] == b"@":
            blob = self._shelf.read(verdict[1:])
        if blob is None:
            return False
        if not simple.add(blob, entry.size, made):
            try:
                one = self._open(entry, digest, blob)
            except ValueError:
                return False
            _join(made, one)
        made.artifacts += 1
        made.bytes += entry.size
        made.digests.append((number, entry.place.chain, digest))
        return True

    def _open(self, entry: Entry, digest: str, blob: bytes, size: int | None = None) -> Outcome:
        lexicon = words.load()
        made = unpack(
            blob, entry.place, entry.size if size is None else size,
            lines=partial(again_in, entry, digest), path=lambda place: Gatherer(lexicon, place).sheet,
            folded=self._weight > HELD, heap=self._heap,
        )  # fmt: skip
        self._weight += made.weight
        return made

    def learn(self, batch: Iterable[Done], entries: Sequence[Entry]) -> Outcome:
        """Take what a worker made of a batch: remember it, and add it up.

        Args:
            batch: What the worker handed back.
            entries: All entries, by number.
        """
        made, simple = Outcome(), _Simple()
        for done in batch:
            entry = entries[done.number]
            made.artifacts += 1
            made.bytes += done.size
            if not simple.add(done.blob, done.size, made):
                _join(made, self._open(entry, done.digest, done.blob, done.size))
            if not done.digest:
                continue
            made.digests.append((entry.place.input, entry.place.chain, done.digest))
            if not done.keep or self._shelf is None:
                continue
            inline = done.blob[:1] == b"j"
            if done.key:
                self._rows.append((done.key, done.blob))
                self._waiting += len(done.blob)
            index = self._index.get(entry.place.input)
            if index is not None and done.size == entry.size and (inline or done.key):
                index.keep(entry, done.digest, b"=" + done.blob if inline else b"@" + done.key)
        if len(self._rows) >= _ROWS or self._waiting >= _BYTES:
            self._flush()
        return made

    def _flush(self) -> None:
        if self._shelf is not None and self._rows:
            self._shelf.write(self._rows)
        self._rows, self._waiting = [], 0

    def save(self, *, partial: bool = False) -> None:
        """Write what was learned.

        Args:
            partial: Whether the scan was stopped.
        """
        if self._shelf is None:
            return
        self._flush()
        self._shelf.close()
        for index in self._index.values():
            index.save(partial=partial)


class _Simple:
    """Adds up outcomes that are only counts: there are as many of them as files, and hardly any two sorts."""

    def __init__(self) -> None:
        self._known: dict[bytes, Any] = {}

    def add(self, blob: bytes, size: int, made: Outcome) -> bool:
        """Add a packed outcome; False, and nothing done, for one that is more than counts."""
        if blob[:1] != b"j":
            return False
        if blob not in self._known:
            self._known[blob] = plain(blob)
        row = self._known[blob]
        if row is None:
            return False
        read, by_design, encodings = row
        for name, artifacts, number, lexed in read:
            to = made.read.setdefault(name, [0, 0, 0])
            to[0] += artifacts
            to[1] += size if number == -1 else number
            to[2] += lexed
        for name, number in by_design:
            made.by_design[name] += size if number == -1 else number
        for name, number in encodings:
            made.encodings[name] += number
        return True


def _join(made: Outcome, one: Outcome) -> None:
    """Add an entry's outcome to that of a batch."""
    made.sheets += one.sheets
    made.gaps += one.gaps
    made.parts += one.parts
    made.gap_bytes += one.gap_bytes
    made.expanded += one.expanded
    made.members += one.members
    made.by_design.update(one.by_design)
    made.encodings.update(one.encodings)
    for name, row in one.read.items():
        to = made.read.setdefault(name, [0, 0, 0])
        to[:] = [a + b for a, b in zip(to, row, strict=True)]


def again_in(entry: Entry, digest: str, wanted: list[int], encoding: str) -> dict[int, str]:
    """Lines of an entry by number, if its bytes are the same still.

    Args:
        entry: Which.
        digest: Of its bytes when they were read.
        wanted: Numbers, from 1, sorted.
        encoding: What it was decoded with.
    """
    data = entry.data
    if entry.file:
        try:
            data = Path(entry.file).read_bytes()
        except OSError:
            return {}
    if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
        return {}
    return lines_of(data, wanted, encoding)
