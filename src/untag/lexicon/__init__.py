"""The lexicon: the words that ethnic tags are written in, and the words that tell them from innocent ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.cache import Cache
from untag.lexicon import fold
from untag.lexicon.match import Matcher
from untag.lexicon.term import CodeSystem, Form, Term, system_of, term_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.finding import Hit
    from untag.lexicon.sought import Sought

__all__ = ["CodeSystem", "Form", "Lexicon", "Term", "load"]


@dataclass
class Lexicon:
    """All terms and code systems.

    Attributes:
        terms: Term by id, in order of id.
        codes: Code system by id, in order of id.
        hant: Simplified character by traditional or variant one.
        digest: ``sha256:…`` over every data file.
    """

    terms: dict[str, Term]
    codes: dict[str, CodeSystem]
    hant: dict[str, str]
    digest: str

    @cached_property
    def matcher(self) -> Matcher:
        """The tables for matching."""
        return Matcher(self.terms.values(), self.hant)

    @cached_property
    def sought(self) -> Sought:
        """What the sieve looks for, and so what a rule may start from."""
        from untag.lexicon.sought import Sought

        return Sought(self)

    def match(self, text: str) -> tuple[Hit, ...]:
        """Hits in a text, in order of place (see ``Matcher``)."""
        return self.matcher.match(text)

    @property
    def languages(self) -> tuple[str, ...]:
        """Language tags of all forms, sorted."""
        return tuple(sorted({f.language for t in self.terms.values() for f in t.forms}))


def _files() -> Iterator[tuple[str, bytes]]:
    """Every data file with its name inside the room, sorted."""
    root = Path(__file__).parent
    rows = [("_hant.toml", root / "_hant.toml")]
    for room in ("terms", "codes"):
        folder = root / room
        if folder.is_dir():
            rows += [(f"{room}/{p.name}", p) for p in folder.iterdir() if p.name.endswith(".toml")]
    for name, path in sorted(rows, key=lambda row: row[0]):
        if path.is_file():
            yield name, path.read_bytes()


def _parse(files: list[tuple[str, bytes]]) -> dict[str, Any]:
    """All data files as plain tables."""
    import tomllib

    return {name: tomllib.loads(data.decode("utf-8")) for name, data in files}


def _tables(files: list[tuple[str, bytes]], digest: str) -> dict[str, Any]:
    """The data files as tables, out of the user's cache where the same bytes were parsed before.

    The key is the digest of the contents (and of the code that cuts words), so an entry can be missing, never stale.
    """
    store = Cache()
    source = Path(__file__).parent / "fold.py"
    key = f"{digest} {hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else ''}"
    raw = store.read("lexicon", key)
    if raw is not None:
        try:
            kept = json.loads(raw)
            fold.KNOWN.update((form, tuple(words)) for form, words in kept["words"].items())
            tables: dict[str, Any] = kept["tables"]
        except (ValueError, KeyError, TypeError, AttributeError):
            store.drop("lexicon", key)
        else:
            return tables
    tables = _parse(files)
    forms = {
        word
        for table in tables.values()
        for row in (table, *table.get("form", ()))
        for word in (*row.get("words", ()), *row.get("veto", ()))
    }
    words = {form: fold.words_of(form) for form in sorted(forms)}
    store.write("lexicon", key, json.dumps({"tables": tables, "words": words}, ensure_ascii=False).encode())
    return tables


@cache
def load() -> Lexicon:
    """The shipped lexicon.

    Returns:
        One object for the process.

    Raises:
        KeyError, tomllib.TOMLDecodeError: A data file is broken; the tests keep this from being shipped.
    """
    files = list(_files())
    digest = hashlib.sha256()
    for file, data in files:
        digest.update(f"{file}\0{len(data)}\0".encode() + data)
    name = "sha256:" + digest.hexdigest()
    tables = _tables(files, name)
    terms = sorted((term_of(t) for n, t in tables.items() if n.startswith("terms/")), key=lambda t: t.id)
    codes = sorted((system_of(t) for n, t in tables.items() if n.startswith("codes/")), key=lambda s: s.id)
    return Lexicon(
        {t.id: t for t in terms},
        {s.id: s for s in codes},
        dict(tables.get("_hant.toml", {}).get("hant", {})),
        name,
    )
