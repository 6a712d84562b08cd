"""A second look at the files of a package, for names that the first look showed to stand for a tag there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag import recall
from untag.case import DECLARED
from untag.fill import opened
from untag.finding import Mark
from untag.judge import Gatherer, initials
from untag.judge.follow import bare, lexicon_of
from untag.judge.gather import Draft
from untag.judge.shelf import shelves
from untag.later import later
from untag.lexicon.sieve import Sieve, Sifted
from untag.outcome import Outcome, pack, unpack
from untag.spool import Heap
from untag.surface import Kind, Role, upto
from untag.work import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from untag.artifact import Artifact, Nest
    from untag.finding import Hit
    from untag.gap import Limits
    from untag.judge import Sheet
    from untag.judge.follow import Name
    from untag.lexicon import Lexicon
    from untag.place import Place
    from untag.readers import BinaryReader
    from untag.sources import Entry
    from untag.surface import Surface

__all__ = ["again"]

#: Roles that declare a type, and of what may be of one.
_DECLARE = frozenset({Role.ENUM, Role.TYPE})
_OF_TYPE = frozenset({Role.COLUMN, Role.FIELD, Role.PARAMETER})
#: Files in which a name may stand: one that stands in more, and in every fifth, is a word of the product, no tag.
COMMON = 30
#: Roles of what compares or asks.
_COMPARE = frozenset({Role.CALL, Role.CONDITION})
#: Longest condition in which initials are looked for.
CONDITION = 400
_WORD = later(r"[A-Za-z_]\w*")
_KEY = later(r"[\"'{]([\w-]{1,80}(?:\.[\w-]{1,80})+)[\"'}]")


def again(
    entries: Iterable[Entry],
    names: tuple[Name, ...],
    limits: Limits,
    guard: Callable[[Callable[[], None]], str | None],
    nest: Nest | None = None,
) -> list[Sheet]:
    """Look for names in the files of one package.

    Args:
        entries: The files, containers among them; those that are gone by now are passed over, and so is text too large
            to be held, since the first look reported it.
        names: What to look for.
        limits: Bounds.
        guard: Runs a step and returns a sentence if it crashed.
        nest: What the user says of containers and pages.

    Returns:
        Sheets of the files in which a name stands, with all that the first look saw in them, and of the folders whose
        entries are called by one.
    """
    rows = list(entries)
    where: dict[str, set[str]] = {}
    homes: dict[str, set[int]] = {}
    looker = _Looker(limits, guard, names, nest)
    paths: list[tuple[int, str]] = []
    for number, entry in enumerate(rows):
        for path, found in looker.names_in(entry):
            paths.append((entry.place.input, path))
            for text in found:
                where.setdefault(text, set()).add(path)
                homes.setdefault(text, set()).add(number)
    kept = tuple(n for n in names if not _common(len(where.get(n.text, ())), len(paths)))
    if not kept:
        return []
    looker = looker if len(kept) == len(names) else _Looker(limits, guard, kept, nest)
    sheets = _sheets(looker, kept, homes, rows)
    sole = tuple(n for n in kept if not n.homes or looker.declared.get(n.text, set()) <= n.homes)
    if len(sole) < len(kept):
        # Another file declares a type of that name: which of them is meant where, only a compiler knows.
        looker = _Looker(limits, guard, sole, nest)
        sheets = _sheets(looker, sole, homes, rows)
    return sheets + shelves(paths, looker.match)


def _sheets(looker: _Looker, names: tuple[Name, ...], homes: dict[str, set[int]], rows: Sequence[Entry]) -> list[Sheet]:
    """Sheets of the files in which one of some names may stand."""
    numbers = sorted(set[int]().union(*(homes.get(n.text, set()) for n in names)))
    return [sheet for number in numbers for sheet in looker.sheets(rows[number])]


def _common(files: int, total: int) -> bool:
    return files > COMMON and files * 5 > total


class _Knowing(Gatherer):
    """A gatherer that knows some names besides, some types, some keys of messages and some initials."""

    def __init__(
        self,
        lexicon: Lexicon,
        place: Place,
        names: Lexicon,
        types: dict[str, Name],
        keys: dict[str, Name],
        opaque: dict[str, Name],
        declared: dict[str, set[tuple[str, ...]]],
    ) -> None:
        super().__init__(lexicon, place, names)
        self._types, self._keys = types, keys
        self._declared = declared
        #: Initials where they are declared or compared, until it is known what stands beside them.
        self._opaque = opaque
        self._wait: list[tuple[Surface, tuple[Hit, ...], Name]] = []

    def _put(self, surface: Surface, hits: tuple[Hit, ...]) -> None:
        super()._put(surface, hits)
        if not self._opaque or _tagged(hits):
            return
        if surface.role in DECLARED and not (surface.role is Role.KEY and surface.kind is Kind.TREE):
            names = [initials.known(surface.text)]
        elif surface.role in _COMPARE and len(surface.text) <= CONDITION:
            names = [initials.known(word) for word in _WORD.findall(surface.text)]  # ``where mz = #{mz}``
        else:
            return
        for name in dict.fromkeys(self._opaque[n] for n in names if n in self._opaque):
            self._wait.append((surface, hits, name))

    def close(self, text: str | None) -> Sheet:
        """See ``Gatherer``; initials count where their company is that of the record which explains them."""
        told: set[str] = set()
        for surface, hits, name in self._wait:
            if surface.role in DECLARED and initials.same(name, surface, self._company(surface)):
                told.add(name.text)
                self._told(surface, hits, initials.heard(name, 0, len(surface.text)))
        for surface, hits, name in self._wait:
            if surface.role in _COMPARE and name.text in told:
                word = initials.known(name.text)
                found = next(m for m in _WORD.finditer(surface.text) if initials.known(m.group()) == word)
                self._told(surface, hits, initials.heard(name, *found.span()))
        return super().close(text)

    def _company(self, surface: Surface) -> frozenset[str]:
        """What the record is known by that a surface stands in."""
        draft = self._drafts[surface.owner, surface.kind]
        return initials.company((*draft.siblings, *(m.surface for m in draft.marks)), draft.owner, draft.kind)

    def _told(self, surface: Surface, hits: tuple[Hit, ...], hit: Hit) -> None:
        """Make a mark of what was taken for a neighbour, or for nothing."""
        draft = self._drafts.setdefault((surface.owner, surface.kind), Draft(surface.owner, surface.kind))
        draft.siblings = [s for s in draft.siblings if s is not surface]
        draft.marks = [m for m in draft.marks if m.surface is not surface]
        draft.marks.append(Mark(surface, (hit, *(h for h in hits if h.kind == "context"))))
        self.sheet.drawn = True

    def _hits(self, surface: Surface, text: str) -> tuple[Hit, ...]:
        hits = super()._hits(surface, text)
        if surface.role in _DECLARE and text in self._types:
            self._declared.setdefault(text, set()).add(surface.place.chain)
        if surface.role is Role.LABEL or (surface.role is Role.ANNOTATION and surface.about and self._keys):
            # ``@Excel(key = "person.col4")`` is a label as well.
            said = text if surface.role is Role.LABEL else next((k for k in _KEY.findall(text) if k in self._keys), "")
            name, gloss = self._keys.get(said), "what is shown for this key:"
        elif surface.role in _OF_TYPE and surface.type and self._types:
            name, gloss = self._types.get(bare(upto(surface.type, 200))), "one of several peoples, by its type"
        else:
            return hits
        if name is None or _tagged(hits):
            return hits
        self.sheet.drawn = True
        return (replace(name.hit, start=0, end=len(text), gloss=f"{gloss} {name.said[:80]}"), *hits)


def _tagged(hits: tuple[Hit, ...]) -> bool:
    """Whether a name says by itself that it is a tag; ``origin`` may be one of a drawing as well."""
    return any(h.kind != "context" and h.strength != "weak" for h in hits)


class _Looker(Worker):
    """A worker that knows some names besides the lexicon's words."""

    def __init__(
        self,
        limits: Limits,
        guard: Callable[[Callable[[], None]], str | None],
        names: tuple[Name, ...],
        nest: Nest | None,
    ) -> None:
        super().__init__(limits, sieve=True, engine=None, guard=guard, nest=nest)
        every = lexicon_of(names, self._lexicon)
        self._spelt = {form.word: form for term in every.terms.values() for form in term.forms}
        self._own, self._sought = Sieve(every), every
        #: Names that mean a tag wherever they stand, and types, that do where something is of them.
        self._names = lexicon_of((n for n in names if n.plain), self._lexicon)
        self._types = {n.text: n for n in names if n.homes}
        self._keys = {n.text: n for n in names if n.key}
        self._opaque = initials.merged(names)
        #: Initials too short for the sieve, as words of their own.
        self._brief = initials.searched(names)
        #: For each of the types, the files that declare one of that name.
        self.declared: dict[str, set[tuple[str, ...]]] = {}
        self._heap, self._weight = Heap(), 0
        #: While names are looked for and nothing is read: by flat path, those that may stand there.
        self._seen: list[tuple[str, list[str]]] | None = None

    def names_in(self, entry: Entry) -> list[tuple[str, list[str]]]:
        """Names that may stand in a file and in each of its members, by flat path."""
        seen: list[tuple[str, list[str]]] = []
        self._seen = seen
        try:
            artifact = opened(entry)
            artifact.nest = self._nest(artifact)
            self._artifact(artifact, Outcome())
        except OSError:
            return []
        finally:
            self._seen = None
        return seen

    def _one(self, artifact: Artifact, outcome: Outcome, *, text: bool) -> None:
        if self._seen is None:
            super()._one(artifact, outcome, text=text)
        else:
            self._seen.append((artifact.place.flat, self._held_in(artifact.data)))

    def _large(self, artifact: Artifact, outcome: Outcome) -> None:  # noqa: ARG002 - text too large is not looked at again
        if self._seen is not None:
            self._seen.append((artifact.place.flat, []))

    def _format(self, artifact: Artifact, known: list[BinaryReader], outcome: Outcome) -> None:
        if self._seen is not None:
            found = self._held_in(artifact.data) if artifact.held else []
            self._seen.append((artifact.place.flat, found))
        super()._format(artifact, known, outcome)

    def _worth(self, artifact: Artifact, known: list[BinaryReader]) -> bool:
        # While names are looked for, only what is read whatever stands in it is opened: it may hold members.
        return self._seen is None and super()._worth(artifact, known)

    def _touched(self, data: bytes) -> tuple[tuple[int, int], ...]:
        return tuple(sorted({*super()._touched(data), *self._spans(data)}))

    def _spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where a name may stand in some bytes."""
        short = [m.span() for m in self._brief.finditer(data)] if self._brief is not None else []
        return [*self._own.sift(data).strong, *short]

    def _held_in(self, data: bytes) -> list[str]:
        """Names that may stand in some bytes."""
        spans = self._spans(data)
        if not spans:
            return []
        if len(self._spelt) == 1:
            return list(self._spelt)
        found: set[str] = set()
        for a, b in spans:
            text = data[max(0, a - 2) : b + 2].replace(b"\0", b"").decode("utf-8", "replace")
            glosses = {h.gloss for h in self._sought.match(text)}
            found.update(word for word, form in self._spelt.items() if form.gloss in glosses)
        return sorted(found)

    def sheets(self, entry: Entry) -> list[Sheet]:
        """Sheets of a file and its members, by the lexicon and the names; in a large tree they are held packed."""
        outcome = Outcome()
        try:
            artifact = opened(entry)
            artifact.nest = self._nest(artifact)
            self._artifact(artifact, outcome)
            digest = artifact.digest
        except OSError:
            return []
        blob = pack(Outcome(outcome.sheets, closed=outcome.closed), entry.place, artifact.size)
        lines = partial(recall.again_in, entry, digest)
        folded = self._weight > recall.HELD
        made = unpack(blob, entry.place, artifact.size, lines=lines, folded=folded, heap=self._heap)
        self._weight += made.weight
        return made.sheets

    def match(self, text: str) -> tuple[Hit, ...]:
        """Hits of the lexicon and of the names."""
        return tuple(sorted((*self._lexicon.match(text), *self._names.match(text)), key=lambda h: (h.start, -h.end)))

    def _gatherer(self, place: Place) -> Gatherer:
        return _Knowing(self._lexicon, place, self._names, self._types, self._keys, self._opaque, self.declared)

    def _sift(self, data: bytes) -> Sifted | None:
        known = super()._sift(data)
        if known is None:
            return None
        return Sifted(tuple(sorted({*known.strong, *self._spans(data)})), known.gate)
