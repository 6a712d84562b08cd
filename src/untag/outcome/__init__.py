"""What came of reading something, and the compact bytes in which it crosses processes and is kept for the next run."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct, field

from untag.gap import Gap, Opaque, Part, Reason
from untag.outcome._folds import Folded, Folds, Home
from untag.outcome._packing import DRAFTS, Packed, Packer, encoded, loose, part, parts_of, unpacker
from untag.quotes import Quotes
from untag.spool import Heap

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.artifact import Artifact
    from untag.judge import Sheet
    from untag.judge.gather import Draft
    from untag.place import Place

__all__ = ["Folded", "Folds", "Outcome", "Packed", "pack", "plain", "slim", "unpack"]


class Outcome(Struct):
    """What came of one entry, or of several.

    Attributes:
        sheets: Sheets of artifacts with marks.
        gaps: What was not read.
        parts: Files that models name as parts of them.
        digests: (input, chain, digest) of every outermost artifact.
        artifacts: How many outermost artifacts.
        bytes: Their bytes.
        gap_bytes: Bytes of those that ended in a gap as a whole.
        expanded: Bytes of members of containers.
        members: Where these lie: input and flat path.
        opaque: While an artifact is read, what its reader says to be opaque.
        read: By reader: artifacts, bytes, how many were lexed only.
        by_design: Bytes that are opaque to this kind of audit, by kind.
        encodings: Text encodings used.
        closed: Chains of artifacts that hold data, whose lines are neither held nor kept.
        private: Whether a sheet may hold text out of records of persons, so that it must never be kept.
        key: Of one entry, under what its outcome may be kept.
        kept: The packed outcome of the same bytes, where they were read before.
        weight: Bytes of its record before compression, a measure of the memory that its sheets take.
    """

    sheets: list[Sheet] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    digests: list[tuple[int, tuple[str, ...], str]] = field(default_factory=list)
    artifacts: int = 0
    bytes: int = 0
    gap_bytes: int = 0
    expanded: int = 0
    members: list[tuple[int, str]] = field(default_factory=list)
    opaque: Counter[str] = field(default_factory=Counter)
    read: dict[str, list[int]] = field(default_factory=dict)
    by_design: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    closed: set[tuple[str, ...]] = field(default_factory=set)
    private: bool = False
    key: Packed = b""
    kept: Packed = b""
    weight: int = 0

    def note(self, item: Gap | Opaque | Part) -> None:
        """Take what a reader says of an artifact besides what it shows."""
        if isinstance(item, Gap):
            self.gaps.append(item)
        elif isinstance(item, Opaque):
            self.opaque[item.kind] += item.size
        else:
            self.parts.append(item)

    def count(self, reader: str, artifact: Artifact, size: int, *, lexed: bool = False) -> None:
        """Note that a reader read an artifact, and so many of its bytes; those of members are no outermost ones."""
        row = self.read.setdefault(reader, [0, 0, 0])
        row[0] += 1
        row[2] += lexed
        if not artifact.depth:
            row[1] += size

    def design(self, kind: str, artifact: Artifact) -> None:
        """Note that an artifact is opaque by design."""
        if not artifact.depth:
            self.by_design[kind] += artifact.size


def slim(outcome: Outcome) -> None:
    """Take out of sheets that no rule will look at what only rules look at; they are counted and nothing else."""
    for sheet in outcome.sheets:
        if not sheet.trigger:
            sheet.excerpts, sheet.sample = {}, {}
            for draft in sheet.drafts:
                draft.siblings, draft.described = [], []


# -- packing


def pack(outcome: Outcome, place: Place, size: int) -> bytes:
    """One entry's outcome as bytes that hold neither its size nor its digest, nor a line of it where it holds data.

    Args:
        outcome: Of one entry.
        place: The entry's place.
        size: Its bytes; where the outcome says the same number, the record says "all of it", so that the records of
            all files of a sort are the same.

    Returns:
        Bytes that ``unpack`` reads.
    """
    packer = Packer(place.chain)

    def bytes_of(number: int) -> int:
        return -1 if number == size and number else number

    sheets = [packer.sheet(s) for s in outcome.sheets]
    # Lines of data are looked up again in the file. Those of a member cannot be: they stay with the outcome, which is
    # not kept then (``recall.may_keep``).
    again = {place.chain} & outcome.closed
    lines = [
        [n if s.place.chain in again else [n, packer.text(line)] for n, line in sorted(s.excerpts.items())]
        for s in outcome.sheets
    ]
    # A reader accepts a gap only where a person's transcript stands for it.
    gaps = [[packer.place(g.place), g.reason.value, g.detail, bytes_of(g.size), g.why] for g in outcome.gaps]
    parts = [[packer.place(p.place), p.name, p.raw, p.end] for p in outcome.parts]
    record = [
        bytes_of(outcome.gap_bytes),
        outcome.expanded,
        [[name, row[0], bytes_of(row[1]), row[2]] for name, row in sorted(outcome.read.items())],
        [[name, bytes_of(number)] for name, number in sorted(outcome.by_design.items())],
        sorted(outcome.encodings.items()),
        gaps,
        sheets,
        lines,
        list(packer.texts),
        list(packer.terms),
        # The entry's own chain is known to who unpacks; a file without marks leaves no name here.
        [[len(place.chain), *c[len(place.chain) :]] if c[: len(place.chain)] == place.chain else [0, *c]
         for c in packer.chains],
        _origin(place.chain) if sheets else "",
        parts,
        [path[len(place.flat) :] for _, path in outcome.members],
    ]  # fmt: skip
    return encoded(record)


def _origin(chain: tuple[str, ...]) -> str:
    """Where a record was made; a digest, since folders may be called like persons."""
    return hashlib.blake2b("\0".join(chain).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def plain(blob: bytes) -> tuple[list[Any], list[Any], list[Any]] | None:
    """Of a record that is not compressed and holds nothing but counts: those read, opaque, and by encoding.

    -1 stands for all bytes of the entry. None for any other record.
    """
    try:
        gap_bytes, expanded, read, by_design, encodings, gaps, sheets, *_, parts, members = map(part, loose(blob[1:]))
    except ValueError:
        return None
    return None if gap_bytes or expanded or gaps or sheets or parts or members else (read, by_design, encodings)


def unpack(
    blob: bytes,
    place: Place,
    size: int,
    *,
    lines: Callable[..., dict[int, str]] | None = None,
    path: Callable[[Place], Sheet] | None = None,
    folded: bool = False,
    heap: Heap | None = None,
) -> Outcome:
    """The outcome of an entry from its bytes.

    Args:
        blob: As ``pack`` made it, there or at another place of the same bytes.
        place: The entry's place now.
        size: Its bytes.
        lines: Gives lines of the entry by number, in an encoding; nothing where it is no longer the same.
        path: Makes an empty sheet of a place, for what the path says; needed where the record comes from elsewhere.
        folded: Whether drafts and lines stay packed until somebody looks at them.
        heap: Where the bytes wait then.

    Returns:
        The outcome, without digest and counts of the entry itself.

    Raises:
        ValueError: The bytes are no record.
    """
    try:
        weight, record = parts_of(blob)
        gap_bytes, expanded, read, by_design, encodings, gaps = map(part, record[:6])
        sheets, quoted = [loose(row) for row in loose(record[6])], part(record[7])
        origin, parts, members = map(part, record[-3:])
        base = place.chain

        def bytes_of(number: int) -> int:
            return size if number == -1 else number

        way = unpacker(record, place)
        made = Outcome(
            [way.sheet(row, drafts=not folded) for row in sheets],
            [Gap(way.place(p), Reason(r), detail, bytes_of(n), bool(why), why) for p, r, detail, n, why in gaps],
            [Part(way.place(p), name, raw, end) for p, name, raw, end in parts],
            gap_bytes=bytes_of(gap_bytes),
            expanded=expanded,
            members=[(place.input, place.flat + name) for name in members],
            read={name: [artifacts, bytes_of(n), lexed] for name, artifacts, n, lexed in read},
            by_design=Counter({name: bytes_of(n) for name, n in by_design}),
            encodings=Counter(dict(encodings)),
            weight=weight,
        )
        home = Home((heap or Heap()).put(blob), place) if folded else None
        for at, (sheet, rows) in enumerate(zip(made.sheets, quoted, strict=True)):
            looked = [row for row in rows if type(row) is int]
            if looked and lines is not None:
                # There may be millions of numbers, and nobody looks at most of these either.
                wanted = looked if home is None else partial(home.quoted, at)
                sheet.excerpts = Quotes(wanted, partial(lines, encoding=sheet.encoding))
            elif home is None:
                sheet.excerpts = {row[0]: way.texts[row[1]] for row in rows if type(row) is not int}
            elif not looked and rows:
                sheet.excerpts = Quotes(partial(home.quoted, at), partial(home.lines, at))
            if home is not None:
                sheet.drafts = cast("list[Draft]", Folds(home, at, len(loose(sheets[at][DRAFTS])) - 1))
        if sheets and origin != _origin(base) and path is not None:
            fresh = path(place)
            for sheet in made.sheets:
                if sheet.place.chain == base:
                    sheet.path, sheet.pathway = fresh.path, Counter(fresh.pathway)
    except (zlib.error, ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("no record of an outcome") from error
    return made
