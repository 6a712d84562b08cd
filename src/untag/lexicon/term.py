"""Terms and code systems: the lexicon's entries as read from TOML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

__all__ = ["CodeSystem", "CodeValue", "Form", "Kept", "Term", "system_of", "term_of"]


class Form(NamedTuple):
    """One written form of a concept; a tuple, since there are tens of thousands to make at every start.

    Attributes:
        word: As written.
        language: BCP 47 tag; ``code`` for names that live only in software, ``zh-Latn-pinyin`` for pinyin.
        match: ``token``, ``stem``, ``infix``, ``cjk`` or ``exact``.
        strength: ``strong``, ``medium`` or ``weak``.
        source: Where the form was taken from.
        review: ``unreviewed``, ``checked: how`` or ``native: who``.
        gloss: What it means in English.
        veto: Longer texts in which it means something else.
    """

    word: str
    language: str
    match: str
    strength: str
    source: str
    review: str
    gloss: str
    veto: tuple[str, ...] = ()

    @property
    def checked(self) -> bool:
        """Whether a source or a person vouches for it."""
        return not self.review.startswith("unreviewed")


class Term(Struct, frozen=True):
    """One concept.

    Attributes:
        id: Its name for ever.
        kind: ``attribute``, ``group``, ``colour``, ``proxy`` or ``context``.
        family: Finer class.
        gloss: English.
        named: A persecuted people or single minority; raises severity.
        note: For ``untag explain``.
        veto: Phrases in which no form counts.
        hits: Texts in which it must be found.
        misses: Texts in which it must not.
        forms: Its written forms.
    """

    id: str
    kind: str
    family: str
    gloss: str
    named: bool
    note: str
    veto: tuple[str, ...]
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    forms: tuple[Form, ...]

    def dump(self) -> str:
        """The term as JSON, for the cache."""
        return _dump([getattr(self, name) for name in self.__struct_fields__])

    @classmethod
    def load(cls, text: bytes) -> Term:
        """The term that ``dump`` was asked of.

        Raises:
            ValueError, TypeError: This is no such text.
        """
        name, kind, family, gloss, named, note, veto, hits, misses, forms = json.loads(text)
        made = tuple(Form._make([*form[:-1], tuple(form[-1])]) for form in forms)
        return cls(name, kind, family, gloss, named, note, tuple(veto), tuple(hits), tuple(misses), made)


class CodeValue(NamedTuple):
    """One value of a code system."""

    code: str
    name: str
    term: str
    forms: tuple[str, ...]
    letters: str


class CodeSystem(Struct, frozen=True):
    """A code system or label set.

    Attributes:
        id: Its name.
        title: What it is.
        family: ``census_national``, ``vendor_api``, ``dataset_model`` …
        source: Where it was taken from.
        review: As for forms.
        note: For ``untag explain``.
        distinct: Whether an overlap of three values alone proves an ethnic set.
        named: As for terms.
        values: The values.
    """

    id: str
    title: str
    family: str
    source: str
    review: str
    note: str
    distinct: bool
    named: bool
    values: tuple[CodeValue, ...]

    def dump(self) -> str:
        """The system as JSON, for the cache."""
        return _dump([getattr(self, name) for name in self.__struct_fields__])

    @classmethod
    def load(cls, text: bytes) -> CodeSystem:
        """The system that ``dump`` was asked of.

        Raises:
            ValueError, TypeError: This is no such text.
        """
        name, title, family, source, review, note, distinct, named, rows = json.loads(text)
        made = (CodeValue(code, called, term, tuple(forms), letters) for code, called, term, forms, letters in rows)
        return cls(name, title, family, source, review, note, distinct, named, tuple(made))


_T = TypeVar("_T")


class Kept(Mapping[str, _T]):
    """Entries by id, each made of its text when it is first asked for: most scans need few of them, many none."""

    def __init__(
        self, names: Iterable[str], texts: Callable[[], Mapping[str, bytes]], make: Callable[[bytes], _T]
    ) -> None:
        """Nothing is made yet.

        Args:
            names: The ids, in the order of the whole.
            texts: Gives the texts by id; asked for when the first entry is.
            make: ``Term.load`` or ``CodeSystem.load``.
        """
        self._names, self._texts, self._make = tuple(names), texts, make
        self._made: dict[str, _T] = {}

    def __getitem__(self, name: str) -> _T:
        """The entry of an id."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._make(self._texts()[name])
        return made

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)


def _dump(row: list[Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def term_of(raw: dict[str, Any]) -> Term:
    """A term from its TOML table (schema in ``docs/lexicon.md``)."""
    gloss = raw["gloss"]
    forms = tuple(
        Form(
            word,
            f["language"],
            f["match"],
            f["strength"],
            f.get("source", "unsourced"),
            f.get("review", "unreviewed"),
            f.get("gloss", gloss),
            tuple(f.get("veto", ())),
        )
        for f in raw.get("form", ())
        for word in f["words"]
    )
    return Term(
        raw["id"],
        raw["kind"],
        raw["family"],
        gloss,
        raw.get("named", False),
        raw.get("note", ""),
        tuple(raw.get("veto", ())),
        tuple(raw.get("hits", ())),
        tuple(raw.get("misses", ())),
        forms,
    )


def system_of(raw: dict[str, Any]) -> CodeSystem:
    """A code system from its TOML table."""
    values = tuple(
        CodeValue(
            str(v.get("code", "")),
            v.get("name", ""),
            v.get("term", ""),
            tuple(v.get("forms", ())),
            v.get("letters", ""),
        )
        for v in raw.get("value", ())
    )
    return CodeSystem(
        raw["id"],
        raw["title"],
        raw["family"],
        raw.get("source", "unsourced"),
        raw.get("review", "unreviewed"),
        raw.get("note", ""),
        raw.get("distinct", False),
        raw.get("named", False),
        values,
    )
