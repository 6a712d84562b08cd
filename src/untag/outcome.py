"""What came of reading something, and the compact bytes in which it crosses processes and is kept for the next run."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast, overload

from msgspec import Struct, field
from msgspec import json as swift

from untag.finding import Evidence, Hit, Mark
from untag.gap import Gap, Opaque, Part, Reason
from untag.judge import Sheet
from untag.judge.gather import Draft
from untag.place import Place
from untag.quotes import Quotes
from untag.spool import Heap
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.artifact import Artifact

__all__ = ["Folded", "Folds", "Outcome", "Packed", "pack", "plain", "slim", "unpack"]

#: A record, or the key of one.
Packed: TypeAlias = bytes
#: Bytes from which a record is worth compressing.
_SMALL = 256
#: Records that stay open, and bytes of all of them but for the last one.
_HELD = 8
_WEIGHT = 2 << 20


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


# -- what is not held


#: What the judge finds out about a draft; a record holds none of it.
_STUDIED = frozenset({"codings", "conflicts", "legends", "scars"})


class Folded(Draft):
    """A draft whose fields are unpacked when somebody looks at them, and gone when nobody does any more.

    What the judge sets on it is held by its sheet, and with scars also its marks, so that these keep referring to the
    marks that the draft shows. Lists that it shows must not be changed.
    """

    __slots__ = ("_at", "_rows")

    @classmethod
    def of(cls, rows: Folds, number: int, told: Iterable[tuple[str, Any]]) -> Folded:
        """A draft by its position, with what was set on it before."""
        made = object.__new__(cls)
        object.__setattr__(made, "_rows", rows)
        object.__setattr__(made, "_at", number)
        for name, value in told:
            object.__setattr__(made, name, value)
        return made

    def __getattr__(self, name: str) -> Any:
        # Only what is not there yet comes here.
        if name in _STUDIED:
            return ()
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._rows.value(self, self._at, name)
        object.__setattr__(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        # A copy with other fields (``dataclasses.replace``) belongs to no sheet.
        rows = getattr(self, "_rows", None)
        if rows is None or not rows.hold(self, self._at, name, value):
            return
        # A scar is known by its mark; what holds marks of its own may outlive those that the draft shows.
        if value and type(value) is tuple and hasattr(value[0], "mark"):
            for kept in ("marks", "cues"):
                rows.hold(self, self._at, kept, getattr(self, kept))


class Folds(Sequence[Draft]):
    """The drafts of a sheet, in its record: there may be millions, and of most nothing is held but what the judge set.

    One that was looked at stays open as long as the record does.
    """

    __slots__ = ("_home", "_sheet", "_size", "_told")

    def __init__(self, home: _Home, sheet: int, size: int) -> None:
        """Nothing is unpacked.

        Args:
            home: The record.
            sheet: The sheet's position in it.
            size: How many drafts there are.
        """
        self._home, self._sheet, self._size = home, sheet, size
        self._told: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> Draft: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Draft]: ...
    def __getitem__(self, at: int | slice) -> Draft | Sequence[Draft]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(self._size))]
        number = at + self._size if at < 0 else at
        if not 0 <= number < self._size:
            raise IndexError(at)
        known = self._home.known(self._sheet, number)
        return known or Folded.of(self, number, self._told.get(number, {}).items())

    def __iter__(self) -> Iterator[Draft]:
        for number in range(self._size):
            yield self[number]

    def hold(self, draft: Folded, number: int, name: str, value: Any) -> bool:
        """Hold what is set on a draft; whether that is necessary, which it is not where it says nothing new."""
        if not value and name in _STUDIED and number not in self._told:
            return False
        self._told.setdefault(number, {})[name] = value
        known = self._home.known(self._sheet, number)
        if known is not None and known is not draft:
            object.__setattr__(known, name, value)
        return True

    def value(self, draft: Folded, number: int, name: str) -> Any:
        """A field of a draft."""
        return self._home.value(draft, self._sheet, number, name)


class _Opened(Struct):
    """An open record, with the drafts of it that somebody looked into."""

    home: _Home
    weight: int
    unpacker: _Unpacker
    sheets: list[Any]
    quoted: list[Any]
    known: dict[tuple[int, int], Folded] = field(default_factory=dict)


class _Home:
    """The record of one entry, opened on demand; those that were asked for last stay open."""

    _open: ClassVar[dict[int, _Opened]] = {}

    def __init__(self, blob: Callable[[], Packed], place: Place) -> None:
        self._blob, self._place = blob, place

    def _opened(self) -> _Opened:
        found = self._open.get(id(self))
        if found is None or found.home is not self:
            weight, record = _record(self._blob())
            found = _Opened(self, weight, _unpacker(record, self._place), record[6], record[7])
            while self._open and (
                len(self._open) >= _HELD or weight + sum(o.weight for o in self._open.values()) > _WEIGHT
            ):
                self._open.pop(next(iter(self._open)), None)
            self._open[id(self)] = found
        return found

    def known(self, sheet: int, number: int) -> Folded | None:
        """A draft that is open."""
        found = self._open.get(id(self))
        return found.known.get((sheet, number)) if found is not None and found.home is self else None

    def value(self, draft: Folded, sheet: int, number: int, name: str) -> Any:
        """A field of a draft."""
        opened = self._opened()
        opened.known.setdefault((sheet, number), draft)
        # Behind the mark of what it is stand the fields.
        return opened.unpacker.any(opened.sheets[sheet][_DRAFTS][1 + number][1 + _FIELD[name]])

    def lines(self, sheet: int, wanted: list[int]) -> dict[int, str]:
        """Lines around marks."""
        opened = self._opened()
        rows = dict(opened.quoted[sheet])
        return {number: opened.unpacker.texts[rows[number]] for number in wanted}


def slim(outcome: Outcome) -> None:
    """Take out of sheets that no rule will look at what only rules look at; they are counted and nothing else."""
    for sheet in outcome.sheets:
        if not sheet.trigger:
            sheet.excerpts, sheet.sample = {}, {}
            for draft in sheet.drafts:
                draft.siblings, draft.described = [], []


# -- packing


#: Values that JSON writes as they are.
_PLAIN = frozenset({str, int, bool, float, type(None)})
_SHEET = Sheet.__struct_fields__
_DRAFT = tuple(f.name for f in fields(Draft))
_DRAFTS = _SHEET.index("drafts")
_FIELD = {name: i for i, name in enumerate(_DRAFT)}
_ROLES, _KINDS = tuple(Role), tuple(Kind)
_ROLE = {role: i for i, role in enumerate(_ROLES)}
_KIND = {kind: i for i, kind in enumerate(_KINDS)}


class _Packer:
    """Turns sheets into lists of numbers; texts, terms and chains stand once in tables."""

    def __init__(self, base: tuple[str, ...]) -> None:
        self.base = base
        self.texts: dict[str, int] = {}
        self.terms: dict[tuple[object, ...], int] = {}
        self.chains: dict[tuple[str, ...], int] = {}

    def text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def place(self, p: Place) -> list[Any]:
        # Most places are on one line; the input's number is the reader's own, and is put in again.
        pointer = None if p.pointer is None else self.text(p.pointer)
        chain = self.chains.setdefault(p.chain, len(self.chains))
        return [chain, p.line, p.end_line, p.column, pointer, p.offset]

    def surface(self, s: Surface) -> list[Any]:
        text = self.text
        return [
            _ROLE[s.role], text(s.text), text(s.owner), _KIND[s.kind], text(s.about), text(s.value), text(s.type),
            *self.place(s.place),
        ]  # fmt: skip

    def hit(self, h: Hit) -> list[Any]:
        term = (h.term, h.kind, h.family, h.strength, h.language, h.gloss, h.named, h.checked)
        return [self.terms.setdefault(term, len(self.terms)), h.start, h.end]

    def mark(self, m: Mark) -> list[Any]:
        return [self.surface(m.surface), *[n for h in m.hits for n in self.hit(h)]]

    def any(self, value: Any) -> Any:
        """Any value of a sheet or draft; what is no plain value is a list that begins with its sort."""
        sort = type(value)
        if sort in _PLAIN:
            return value
        if sort is list or sort is tuple:
            tag = "l" if sort is list else "t"
            kinds = {type(v) for v in value}
            if kinds == {Mark}:
                return [tag + "M", *map(self.mark, value)]
            if kinds == {Surface}:
                return [tag + "S", *map(self.surface, value)]
            return [tag, *map(self.any, value)]
        if sort is dict or sort is Counter:
            return ["d" if sort is dict else "c", *[self.any(x) for pair in value.items() for x in pair]]
        return self._one(value)

    def _one(self, value: Any) -> list[Any]:
        """An object of the model."""
        if isinstance(value, Draft):
            return ["D", *[self.any(getattr(value, name)) for name in _DRAFT]]
        if isinstance(value, Hit):
            return ["H", *self.hit(value)]
        if isinstance(value, Evidence):
            return ["E", value.kind, value.text, None if value.place is None else self.place(value.place)]
        if isinstance(value, Place):
            return ["P", *self.place(value)]
        if isinstance(value, Surface):
            return ["S", *self.surface(value)]
        if isinstance(value, Mark):
            return ["M", *self.mark(value)]
        if isinstance(value, Kind):
            return ["K", _KIND[value]]
        if isinstance(value, Role):
            return ["R", _ROLE[value]]
        raise TypeError(f"no way to pack a {type(value).__name__}")

    def sheet(self, sheet: Sheet) -> list[Any]:
        return [None if name == "excerpts" else self.any(getattr(sheet, name)) for name in _SHEET]


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
    packer = _Packer(place.chain)

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
    raw = _bytes(record)
    return b"j" + raw if len(raw) < _SMALL else b"z" + zlib.compress(raw, 1)


def _origin(chain: tuple[str, ...]) -> str:
    """Where a record was made; a digest, since folders may be called like persons."""
    return hashlib.blake2b("\0".join(chain).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _bytes(record: list[Any]) -> bytes:
    try:
        return swift.encode(record)
    except UnicodeEncodeError:
        # Lone surrogates may come out of escapes, and two of them must not become one character on the way back.
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _json(raw: bytes) -> Any:
    try:
        return swift.decode(raw)
    except ValueError:
        return json.loads(raw.decode("utf-8", "surrogatepass"))


@lru_cache(1 << 16)
def _hit(term: tuple[Any, ...], start: int, end: int) -> Hit:
    """A hit; the same terms stand at the same spots again and again."""
    name, kind, family, strength, language, gloss, named, checked = term
    return Hit(name, kind, family, strength, language, gloss, start, end, named, checked)


class _Unpacker:
    """The way back."""

    def __init__(
        self,
        texts: list[str],
        terms: list[list[Any]],
        chains: list[tuple[str, ...]],
        number: int,
        commit: str | None = None,
    ) -> None:
        self.texts = texts
        self.terms = [tuple(term) for term in terms]
        self.chains = chains
        self.number = number
        self.commit = commit

    def place(self, row: list[Any]) -> Place:
        chain, line, end, column, pointer, offset = row
        texts = self.texts
        return Place(
            self.chains[chain], self.number, line, line if end == line else end, column,
            None if pointer is None else texts[pointer], offset, self.commit,
        )  # fmt: skip

    def surface(self, row: list[Any]) -> Surface:
        texts = self.texts
        role, text, owner, kind, about, value, type_ = row[:7]
        return Surface(
            _ROLES[role], texts[text], self.place(row[7:]), texts[owner], _KINDS[kind], texts[about], texts[value],
            texts[type_],
        )  # fmt: skip

    def hit(self, number: int, start: int, end: int) -> Hit:
        return _hit(self.terms[number], start, end)

    def mark(self, row: list[Any]) -> Mark:
        hits = [self.hit(row[i], row[i + 1], row[i + 2]) for i in range(1, len(row), 3)]
        return Mark(self.surface(row[0]), tuple(hits))

    def any(self, value: Any) -> Any:
        if type(value) is not list:
            return value
        sort, *rest = value
        if sort[0] in "lt":
            one = {"M": self.mark, "S": self.surface}.get(sort[1:], self.any)
            rows = map(one, rest)
            return list(rows) if sort[0] == "l" else tuple(rows)
        if sort == "D":
            return Draft(*map(self.any, rest))
        if sort in {"d", "c"}:
            made: dict[Any, Any] = {} if sort == "d" else Counter()
            made.update(dict(zip(map(self.any, rest[::2]), map(self.any, rest[1::2]), strict=True)))
            return made
        if sort == "E":
            return Evidence(rest[0], rest[1], None if rest[2] is None else self.place(rest[2]))
        if sort == "K":
            return _KINDS[rest[0]]
        if sort == "R":
            return _ROLES[rest[0]]
        if sort == "H":
            return self.hit(*rest)
        return {"P": self.place, "S": self.surface, "M": self.mark}[sort](rest)

    def sheet(self, row: list[Any], *, drafts: bool = True) -> Sheet:
        named = {
            n: v if type(v) is not list else self.any(v)
            for n, v in zip(_SHEET, row, strict=True)
            if n != "excerpts" and (drafts or n != "drafts")
        }
        return Sheet(**named)


def plain(blob: bytes) -> tuple[list[Any], list[Any], list[Any]] | None:
    """Of a record that is not compressed and holds nothing but counts: those read, opaque, and by encoding.

    -1 stands for all bytes of the entry. None for any other record.
    """
    try:
        gap_bytes, expanded, read, by_design, encodings, gaps, sheets, *_, parts, members = _json(blob[1:])
    except ValueError:
        return None
    return None if gap_bytes or expanded or gaps or sheets or parts or members else (read, by_design, encodings)


def _record(blob: Packed) -> tuple[int, list[Any]]:
    """The length of a record and its parts."""
    raw = blob[1:] if blob[:1] == b"j" else zlib.decompress(blob[1:])
    parts: list[Any] = _json(raw)
    return len(raw), parts


def _unpacker(record: list[Any], place: Place) -> _Unpacker:
    texts, terms, chains = record[8:11]
    base = place.chain
    # The commit is the reader's own, too: the same bytes may be met in another one.
    shown = [(*base, *c[1:]) if c[0] else tuple(c[1:]) for c in chains]
    return _Unpacker(texts, terms, shown, place.input, place.commit)


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
        weight, record = _record(blob)
        gap_bytes, expanded, read, by_design, encodings, gaps, sheets, quoted, texts, *_ = record
        origin, parts, members = record[-3:]
        base = place.chain

        def bytes_of(number: int) -> int:
            return size if number == -1 else number

        unpacker = _unpacker(record, place)
        made = Outcome(
            [unpacker.sheet(row, drafts=not folded) for row in sheets],
            [Gap(unpacker.place(p), Reason(r), detail, bytes_of(n), bool(why), why) for p, r, detail, n, why in gaps],
            [Part(unpacker.place(p), name, raw, end) for p, name, raw, end in parts],
            gap_bytes=bytes_of(gap_bytes),
            expanded=expanded,
            members=[(place.input, place.flat + name) for name in members],
            read={name: [artifacts, bytes_of(n), lexed] for name, artifacts, n, lexed in read},
            by_design=Counter({name: bytes_of(n) for name, n in by_design}),
            encodings=Counter(dict(encodings)),
            weight=weight,
        )
        home = _Home((heap or Heap()).put(blob), place) if folded else None
        for at, (sheet, rows) in enumerate(zip(made.sheets, quoted, strict=True)):
            looked = [row for row in rows if type(row) is int]
            if looked and lines is not None:
                sheet.excerpts = Quotes(looked, partial(lines, encoding=sheet.encoding))
            elif home is None:
                sheet.excerpts = {row[0]: texts[row[1]] for row in rows if type(row) is not int}
            elif not looked and rows:
                sheet.excerpts = Quotes([row[0] for row in rows], partial(home.lines, at))
            if home is not None:
                sheet.drafts = cast("list[Draft]", Folds(home, at, len(sheets[at][_DRAFTS]) - 1))
        if sheets and origin != _origin(base) and path is not None:
            fresh = path(place)
            for sheet in made.sheets:
                if sheet.place.chain == base:
                    sheet.path, sheet.pathway = fresh.path, Counter(fresh.pathway)
    except (zlib.error, ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("no record of an outcome") from error
    return made
