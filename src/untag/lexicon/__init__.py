"""The lexicon: the words that ethnic tags are written in, and the words that tell them from innocent ones."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from untag import registry
from untag.cache import Cache
from untag.lexicon.match import Matcher
from untag.lexicon.term import CodeSystem, Form, Kept, Term, system_of, term_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from untag.finding import Hit
    from untag.lexicon.sought import Sought

__all__ = ["CodeSystem", "Form", "Lexicon", "Term", "load"]


class Lexicon(Struct, dict=True, eq=False):
    """All terms and code systems.

    Attributes:
        terms: Term by id, in order of id.
        codes: Code system by id, in order of id.
        hant: Simplified character by traditional or variant one.
        digest: ``sha256:…`` over every data file.
        compiled: The matcher's tables, where they were made before (see ``Matcher.plain``).
        ways: How the sieve sees the forms of a term, by its id, as ``Ways.dump`` wrote them; none where they are to be
            made of the term.
        kept: Kind and family of a term by its id, where the terms themselves were not read.
    """

    terms: Mapping[str, Term]
    codes: Mapping[str, CodeSystem]
    hant: dict[str, str]
    digest: str
    compiled: dict[str, str] | None = None
    ways: Mapping[str, str] = {}
    kept: Mapping[str, tuple[str, str]] | None = None

    @cached_property
    def matcher(self) -> Matcher:
        """The tables for matching."""
        if self.compiled is None:
            return Matcher(self.terms.values(), self.hant)
        kept, self.compiled = self.compiled, None
        return Matcher((), self.hant, kept)

    @cached_property
    def sought(self) -> Sought:
        """What the sieve looks for, and so what a rule may start from."""
        from untag.lexicon.sought import Sought

        return Sought(self)

    def match(self, text: str) -> tuple[Hit, ...]:
        """Hits in a text, in order of place (see ``Matcher``)."""
        return self.matcher.match(text)

    @cached_property
    def sorts(self) -> Mapping[str, tuple[str, str]]:
        """Kind and family of each term by its id."""
        return self.kept if self.kept is not None else {t.id: (t.kind, t.family) for t in self.terms.values()}

    @property
    def languages(self) -> tuple[str, ...]:
        """Language tags of all forms, sorted."""
        return tuple(sorted({f.language for t in self.terms.values() for f in t.forms}))


#: Where the data files lie.
_ROOT = os.path.dirname(__file__)  # noqa: PTH120 - plain calls take half the time, at every start


def _names() -> list[str]:
    """Every data file by its name inside the room, sorted."""
    names = ["_hant.toml"]
    for room in ("terms", "codes"):
        names += [f"{room}/{name}" for name in os.listdir(f"{_ROOT}/{room}") if name.endswith(".toml")]  # noqa: PTH208
    return sorted(names)


def _files(names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Data files with their contents."""
    for name in names:
        with open(f"{_ROOT}/{name}", "rb") as file:  # noqa: PTH123
            yield name, file.read()


def _parse(files: list[tuple[str, bytes]]) -> dict[str, Any]:
    """All data files as plain tables."""
    import tomllib

    return {name: tomllib.loads(data.decode("utf-8")) for name, data in files}


def _made(files: list[tuple[str, bytes]], digest: str) -> Lexicon:
    """The lexicon out of its data files."""
    tables = _parse(files)
    terms = sorted((term_of(t) for n, t in tables.items() if n.startswith("terms/")), key=lambda t: t.id)
    codes = sorted((system_of(t) for n, t in tables.items() if n.startswith("codes/")), key=lambda s: s.id)
    hant = dict(tables.get("_hant.toml", {}).get("hant", {}))
    return Lexicon({t.id: t for t in terms}, {s.id: s for s in codes}, hant, digest)


#: The modules that make what is cached.
_MODULES = ("__init__", "_table", "fold", "match", "sought", "term")


@cache
def load() -> Lexicon:
    """The shipped lexicon.

    Returns:
        One object for the process.

    Raises:
        KeyError, tomllib.TOMLDecodeError: A data file is broken; the tests keep this from being shipped.
    """
    names = _names()
    store = Cache()
    # The key says which files these are, and which code: an entry can be missing, never stale. Their contents are only
    # read where it is.
    key = f"{registry.stamp(_ROOT, names)} {registry.digest(__name__, _MODULES)}"
    raw = store.read("lexicon", key)
    if raw is not None:
        try:
            return _restored(raw, cache(partial(_texts, store, key)))
        except (ValueError, KeyError, TypeError, AttributeError):
            store.drop("lexicon", key)
    files = list(_files(names))
    digest = hashlib.sha256()
    for file, data in files:
        digest.update(f"{file}\0{len(data)}\0".encode() + data)
    lexicon = _made(files, "sha256:" + digest.hexdigest())
    store.write("lexicon", key, _kept(lexicon))
    for room in _ROOMS:
        store.write(room, key, _dumped(lexicon, room))
    return lexicon


def _kept(lexicon: Lexicon) -> bytes:
    """What every scan needs of the lexicon, as lines for the cache: the first says what the others are."""
    from untag.lexicon.sought import Ways

    tables = lexicon.matcher.plain()
    head = {
        "digest": lexicon.digest,
        "terms": list(lexicon.terms),
        "codes": list(lexicon.codes),
        "tables": list(tables),
        "hant": lexicon.hant,
        "sorts": dict(lexicon.sorts),
    }
    ways = (Ways.of(term).dump() for term in lexicon.terms.values())
    return "\n".join([json.dumps(head), *tables.values(), *ways]).encode()


def _restored(raw: bytes, texts: Callable[[str], dict[str, bytes]]) -> Lexicon:
    """The lexicon out of the cache.

    Args:
        raw: As ``_kept`` gave it.
        texts: Gives terms or code systems by id, as ``_dumped`` wrote them.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: This is none.
    """
    first, *lines = raw.decode().split("\n")
    head = json.loads(first)
    rows = iter(lines)
    tables, ways = ({name: next(rows) for name in head[part]} for part in ("tables", "terms"))
    terms = Kept(head["terms"], partial(texts, "terms"), Term.load)
    codes = Kept(head["codes"], partial(texts, "codes"), CodeSystem.load)
    sorts = {name: (kind, family) for name, (kind, family) in head["sorts"].items()}
    return Lexicon(terms, codes, head["hant"], head["digest"], tables, ways, sorts)


#: What lies apart in the cache: terms are more than half of the whole, and most scans need none of them.
_ROOMS = ("terms", "codes")


def _dumped(lexicon: Lexicon, room: str) -> bytes:
    """Terms or code systems as lines for the cache."""
    rows: Mapping[str, Term] | Mapping[str, CodeSystem] = lexicon.terms if room == "terms" else lexicon.codes
    return "\n".join([json.dumps(list(rows)), *(row.dump() for row in rows.values())]).encode()


def _texts(store: Cache, key: str, room: str) -> dict[str, bytes]:
    """Terms or code systems by id as the cache has them; out of their files, where it has none."""
    raw = store.read(room, key)
    if raw is None:
        raw = _dumped(_made(list(_files(_names())), ""), room)
        store.write(room, key, raw)
    first, *lines = raw.split(b"\n")
    return dict(zip(json.loads(first), lines, strict=True))
