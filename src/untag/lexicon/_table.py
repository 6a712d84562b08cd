"""The tables that the matcher looks words up in, made of the lexicon or of what was kept of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from untag.later import later
from untag.lexicon.fold import CJK, fold, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from untag.lexicon.term import Form, Term

__all__ = ["HEAD", "JOINED", "Entry", "Rows", "Table", "stem_key"]

#: Letters by which stems are looked up.
HEAD = 4
#: Shortest joined writing of a form of several words ("skincolor").
JOINED = 8
_CJK_ONLY = later(rf"^[{CJK}\s·・]+$")
#: What stands between the parts of an entry, between its words, and between entries, in the cache.
_PART, _WORD, _LINE = "\x1f", "\x1e", "\x1d"


class Entry(Struct, eq=False):
    """A form made ready, or a veto (``strength`` empty)."""

    term: str
    kind: str
    family: str
    strength: str
    language: str
    gloss: str
    named: bool
    checked: bool
    words: tuple[str, ...] = ()
    stem: bool = False
    #: As written, where a text has to have no accent that this has not (nothing: any may stand there); of scripts
    #: without word breaks, what is compared.
    spelling: str = ""


#: Entries by what they are looked up by; as numbers in a text until they are first asked for (see ``Table.row``).
Rows = dict[str, "list[Entry] | str"]
#: Words by what they are looked up by; as one text until they are first asked for (see ``Table.some``).
Sets = dict[str, "frozenset[str] | str"]


class Table(Struct):
    """The tables.

    Attributes:
        first: By first word.
        stems: By the first letters of the first word.
        cjk: By first character, the longest first.
        infix: By what stands inside words.
        exact: By what is written so.
        glued: By what may stand behind a glued prefix.
        second: What may come second, by word that begins a form or veto and is none by itself.
        known: Words and exact forms that are a form by themselves.
        pairs: What may come second, by word that begins a form, vetoes apart.
        heads: Beginnings of words that may be stems, by their first letters.
    """

    first: Rows = field(default_factory=dict)
    stems: Rows = field(default_factory=dict)
    cjk: Rows = field(default_factory=dict)
    infix: Rows = field(default_factory=dict)
    exact: Rows = field(default_factory=dict)
    glued: Rows = field(default_factory=dict)
    second: Sets = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    pairs: Sets = field(default_factory=dict)
    heads: dict[str, tuple[str, ...] | str] = field(default_factory=dict)
    _kept: list[Entry | str] = field(default_factory=list)
    _about: list[list[Any] | str] = field(default_factory=list)

    @classmethod
    def build(cls, terms: Iterable[Term], hant: dict[int, str]) -> Table:
        """The tables of some terms.

        Args:
            terms: Their forms and vetoes are entered.
            hant: Simplified by traditional or variant character, for ``str.translate``.
        """
        made = cls()
        builder = _Builder(made, hant)
        for term in terms:
            for form in term.forms:
                builder.add(term, form)
            for phrase in term.veto:
                builder.veto(term, phrase)
        builder.finish()
        return made

    def row(self, table: Rows, key: str) -> Sequence[Entry]:
        """The entries of a table under a key; none where it is not there."""
        row = table.get(key)
        if row is None:
            return ()
        if isinstance(row, str):
            row = table[key] = [self._entry(int(number)) for number in row.split(" ")]
        return row

    @staticmethod
    def some(table: Sets, key: str) -> frozenset[str]:
        """The words of a table under a key that is there."""
        words = table[key]
        if isinstance(words, str):
            words = table[key] = frozenset(words.split(_WORD))
        return words

    def begun(self, key: str) -> tuple[str, ...]:
        """The beginnings of stems under their first letters, that are there."""
        some = self.heads[key]
        if isinstance(some, str):
            some = self.heads[key] = tuple(some.split(_WORD))
        return some

    def _entry(self, number: int) -> Entry:
        kept = self._kept[number]
        if isinstance(kept, str):
            about, stem, spelling, words = kept.split(_PART)
            parts = tuple(words.split(_WORD)) if words else ()
            shared = self._about[int(about)]
            if isinstance(shared, str):
                shared = self._about[int(about)] = json.loads(shared)
            term, kind, family, strength, language, gloss, named, checked = shared
            kept = Entry(
                term, kind, family, strength, language, gloss, named, checked, parts, stem == "1", spelling
            )  # fmt: skip
            self._kept[number] = kept
        return kept

    def plain(self) -> dict[str, str]:
        """The tables as texts of one line, for the cache: few large ones, since many small ones take long to read."""
        abouts: dict[tuple[Any, ...], int] = {}
        numbers: dict[int, int] = {}
        lines: list[str] = []

        def number(entry: Entry) -> str:
            if id(entry) not in numbers:
                e = entry
                about = (e.term, e.kind, e.family, e.strength, e.language, e.gloss, e.named, e.checked)
                at = abouts.setdefault(about, len(abouts))
                numbers[id(entry)] = len(lines)
                lines.append(_PART.join((str(at), str(int(e.stem)), e.spelling, _WORD.join(e.words))))
            return str(numbers[id(entry)])

        def rows(table: Rows) -> str:
            return _paired(table, [" ".join(map(number, self.row(table, key))) for key in table])

        def sets(table: Sets) -> str:
            return _paired(table, [_WORD.join(sorted(self.some(table, key))) for key in table])

        tables = {name: rows(getattr(self, name)) for name in _ROWS}
        return {
            **tables,
            "entries": _LINE.join(lines),
            "about": _LINE.join(map(json.dumps, abouts)),
            "known": _LINE.join(sorted(self.known)),
            "second": sets(self.second),
            "pairs": sets(self.pairs),
            "heads": _paired(self.heads, [_WORD.join(self.begun(key)) for key in self.heads]),
        }

    @classmethod
    def load(cls, kept: dict[str, str]) -> Table:
        """The tables that ``plain`` was asked of.

        Raises:
            ValueError, KeyError, TypeError: These are none.
        """
        rows: list[Rows] = [{**_pairs(kept[name])} for name in _ROWS]
        first, stems, cjk, infix, exact, glued = rows
        return cls(
            first, stems, cjk, infix, exact, glued,
            second={**_pairs(kept["second"])},
            known=frozenset(kept["known"].split(_LINE)),
            pairs={**_pairs(kept["pairs"])},
            heads={**_pairs(kept["heads"])},
            _kept=[*kept["entries"].split(_LINE)],
            _about=[*kept["about"].split(_LINE)],
        )  # fmt: skip


#: The tables of entries.
_ROWS = ("first", "stems", "cjk", "infix", "exact", "glued")


def _paired(keys: Iterable[str], values: list[str]) -> str:
    """A table as one text: all keys, then all values, so that it comes apart in two steps and not in thousands."""
    return _LINE.join(keys) + _PART + _LINE.join(values)


def _pairs(text: str) -> dict[str, str]:
    keys, _, values = text.partition(_PART)
    return dict(zip(keys.split(_LINE), values.split(_LINE), strict=True)) if text != _PART else {}


def stem_key(word: str) -> str:
    """By what a stem is looked up."""
    return word[:3]


class _Builder:
    """Fills the tables."""

    def __init__(self, table: Table, hant: dict[int, str]) -> None:
        self._t, self._hant = table, hant
        self._rows: dict[str, dict[str, list[Entry]]] = {name: {} for name in _ROWS}

    def _enter(self, name: str, key: str, entry: Entry) -> None:
        self._rows[name].setdefault(key, []).append(entry)

    def finish(self) -> None:
        """Sort the rows, and make what tells quickly where nothing can be found."""
        for name in ("first", "stems", "exact"):
            for rows in self._rows[name].values():
                if len(rows) > 1:
                    rows.sort(key=lambda e: (-len(e.words), -len(e.words[0]), e.term, e.language))
        for rows in self._rows["cjk"].values():
            rows.sort(key=lambda e: (-len(e.spelling), e.strength != "", e.term, e.language))
        for name in _ROWS:
            setattr(self._t, name, self._rows[name])
        # Words that only begin a form or veto, with what may come second; and, vetoes apart, words that are a form or
        # begin one, which tells in one look that a plain text holds nothing: most texts end there.
        alone: list[str] = []
        second: dict[str, set[str]] = {}
        pairs: dict[str, set[str]] = {}
        for word, rows in self._rows["first"].items():
            if all(len(e.words) > 1 for e in rows):
                second[word] = {e.words[1] for e in rows}
            for e in rows:
                if len(e.words) == 1:
                    if e.strength:
                        alone.append(word)
                elif e.strength:
                    pairs.setdefault(word, set()).add(e.words[1])
        heads: dict[str, set[str]] = {}
        for rows in self._rows["stems"].values():
            for e in rows:
                # Of several words each may be inflected (``_inflected``): two letters are free.
                head = e.words[0] if len(e.words) == 1 else e.words[0][: max(4, len(e.words[0]) - 2)]
                heads.setdefault(head[:HEAD], set()).add(head)
        self._t.second = {word: frozenset(some) for word, some in second.items()}
        self._t.known = frozenset({*alone, *(p for e in self._rows["exact"] for p in (e, e.lower(), fold(e)))})
        self._t.pairs = {word: frozenset(some) for word, some in pairs.items()}
        self._t.heads = {key: tuple(sorted(some)) for key, some in heads.items()}

    def add(self, term: Term, form: Form) -> None:
        words = words_of(form.word)
        if form.match == "exact":
            words = (form.word,)
        entry = Entry(
            term.id, term.kind, term.family, form.strength, form.language, form.gloss, term.named, form.checked, words,
            form.match == "stem", form.word if form.match in {"token", "stem"} else "",
        )  # fmt: skip
        if form.match == "cjk" or (words and not form.word.isascii() and _CJK_ONLY.match(form.word)):
            run = fold(form.word).translate(self._hant)
            entry.spelling = run
            self._enter("cjk", run[0], entry)
            for veto in form.veto:
                self.veto(term, veto)
            return
        for veto in form.veto:
            self.veto(term, veto)
        if not words:
            return
        if form.match == "infix":
            self._rows["infix"].setdefault("".join(words), [entry])
        elif form.match == "exact":
            self._enter("exact", form.word, entry)
        elif form.match == "stem":
            self._enter("stems", stem_key(words[0]), entry)
        else:
            self._enter("first", words[0], entry)
        if form.match == "token":
            joined = "".join(words)
            if len(words) > 1 and len(joined) >= JOINED:
                one = Entry(
                    term.id, term.kind, term.family, form.strength, form.language, form.gloss, term.named,
                    form.checked, (joined,), spelling=form.word,
                )  # fmt: skip
                self._enter("first", joined, one)
            if form.strength == "strong" and len(joined) >= 5 and term.kind in {"attribute", "group"}:
                self._rows["glued"].setdefault(joined, [entry])

    def veto(self, term: Term, phrase: str) -> None:
        words = words_of(phrase)
        entry = Entry(term.id, term.kind, term.family, "", "", "", named=False, checked=True, words=words)
        if not phrase.isascii() and _CJK_ONLY.match(phrase):
            run = fold(phrase).translate(self._hant)
            entry.spelling = run
            self._enter("cjk", run[0], entry)
        elif words:
            self._enter("first", words[0], entry)
            joined = "".join(words)
            if len(words) > 1:
                one = Entry(term.id, term.kind, term.family, "", "", "", named=False, checked=True, words=(joined,))
                self._enter("first", joined, one)
