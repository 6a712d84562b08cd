"""A second look at the files of a package, for names that the first look showed to stand for a tag there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.artifact import Artifact
from untag.history.store import opened
from untag.judge import Gatherer
from untag.judge.follow import lexicon_of
from untag.judge.shelf import shelves
from untag.lexicon.sieve import Sieve, Sifted
from untag.outcome import Outcome
from untag.work import WHOLE, Worker, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.finding import Hit
    from untag.gap import Limits
    from untag.judge import Sheet
    from untag.judge.follow import Name
    from untag.place import Place
    from untag.sources import Entry

__all__ = ["again"]

#: Files in which a name may stand: one that stands in more, and in every fifth, is a word of the product, no tag.
COMMON = 30


def again(
    entries: Iterable[Entry], names: tuple[Name, ...], limits: Limits, guard: Callable[[Callable[[], None]], str | None]
) -> list[Sheet]:
    """Look for names in the files of one package.

    Args:
        entries: The files; those that are gone by now, or too large to be held, are passed over, since the first look
            reported them.
        names: What to look for.
        limits: Bounds.
        guard: Runs a step and returns a sentence if it crashed.

    Returns:
        Sheets of the files in which a name stands, with all that the first look saw in them, and of the folders whose
        entries are called by one.
    """
    rows = [e for e in entries if e.size <= WHOLE]
    where: dict[str, set[int]] = {}
    looker = _Looker(limits, guard, names)
    for number, entry in enumerate(rows):
        for text in looker.names_in(entry):
            where.setdefault(text, set()).add(number)
    kept = tuple(n for n in names if not _common(len(where.get(n.text, ())), len(rows)))
    if not kept:
        return []
    numbers = sorted(set().union(*(where.get(n.text, set()) for n in kept)))
    looker = looker if len(kept) == len(names) else _Looker(limits, guard, kept)
    sheets = [sheet for number in numbers for sheet in looker.sheets(rows[number])]
    return sheets + shelves(((e.place.input, e.place.chain[0]) for e in rows), looker.match)


def _common(files: int, total: int) -> bool:
    return files > COMMON and files * 5 > total


class _Looker(Worker):
    """A worker that knows some names besides the lexicon's words."""

    def __init__(
        self, limits: Limits, guard: Callable[[Callable[[], None]], str | None], names: tuple[Name, ...]
    ) -> None:
        super().__init__(limits, sieve=True, engine=None, guard=guard)
        self._names = lexicon_of(names, self._lexicon)
        self._spelt = {form.word: form for term in self._names.terms.values() for form in term.forms}
        self._own = Sieve(self._names)

    def names_in(self, entry: Entry) -> list[str]:
        """Names that may stand in a file."""
        data = self._data(entry)
        if data is None:
            return []
        spans = self._own.sift(data).strong
        if not spans:
            return []
        if len(self._spelt) == 1:
            return list(self._spelt)
        found: set[str] = set()
        for a, b in spans:
            text = data[max(0, a - 2) : b + 2].replace(b"\0", b"").decode("utf-8", "replace")
            glosses = {h.gloss for h in self._names.match(text)}
            found.update(word for word, form in self._spelt.items() if form.gloss in glosses)
        return sorted(found)

    def sheets(self, entry: Entry) -> list[Sheet]:
        """Sheets of a file, by the lexicon and the names."""
        data = self._data(entry)
        if data is None:
            return []
        outcome = Outcome()
        self._artifact(Artifact(entry.place, data), outcome)
        return outcome.sheets

    def match(self, text: str) -> tuple[Hit, ...]:
        """Hits of the lexicon and of the names."""
        return tuple(sorted((*self._lexicon.match(text), *self._names.match(text)), key=lambda h: (h.start, -h.end)))

    @staticmethod
    def _data(entry: Entry) -> bytes | None:
        if entry.store is not None:
            entry = next(opened([(0, entry)], WHOLE))[1]
            if entry.lost[0]:
                return None
        if not entry.file:
            return entry.data
        try:
            return load(entry.file)
        except OSError:
            return None

    def _gatherer(self, place: Place) -> Gatherer:
        return Gatherer(self._lexicon, place, self._names)

    def _sift(self, data: bytes) -> Sifted | None:
        known, own = super()._sift(data), self._own.sift(data)
        if known is None:
            return None
        return Sifted(tuple(sorted({*known.strong, *own.strong})), known.gate)
