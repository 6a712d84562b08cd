"""What is searched of the lexicon in some kind of bytes, and what decides whether a hit is one."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeAlias

from untag.lexicon import _engine, _store
from untag.lexicon._signs import GLUED, LEFT, is_loose
from untag.lexicon.match import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.cache import Cache
    from untag.lexicon import Lexicon

__all__ = ["Net"]

#: How far a span is stretched over the letters beside it, in bytes: longer than any ending the matcher lets follow.
WORD = 30
_LETTERS = re.compile(rb"[A-Za-z'`\x80-\xff]+")
#: What beside a word may be part of it, or of what stands for a letter of it.
_BESIDE = re.compile(rb"[^\s_!\"#'`()*+,./:;<=>?@\[\]^{|}~-]")
#: Words that are remembered at most.
_LEARNED = 10_000
#: An expression, and whether a prefix may be glued to what it finds (see ``_glued``).
_Decider: TypeAlias = tuple[re.Pattern[bytes], bool]
#: By offset in the first word; by what must stand before, with the most bytes of an occurrence.
_Heads: TypeAlias = list[tuple[int, _Decider]]
_Tails: TypeAlias = list[tuple[re.Pattern[bytes] | None, _Decider, int]]
#: Beyond what an occurrence takes, bytes that an expression looks at; and hits with what stands around them that are
#: remembered at most, since text that repeats itself would be judged anew at each hit.
_EDGE, _WINDOWS = 64, 2_000
#: How often an anchor is hit before all that hangs on it is compiled.
_FEW = 8


class Net:
    """What is searched everywhere, in binaries besides, or beside gate words; and what decides whether a hit is one."""

    def __init__(self, lexicon: Lexicon, engine: str | None, cache: Cache, key: str, kind: str) -> None:
        self._lexicon, self._cache, self._key, self._kind = lexicon, cache, f"{key} {kind}", kind
        self._heads: dict[int, _Heads] = {}
        self._tails: dict[int, _Tails] = {}
        self._hung: dict[int, list[_store.Hung]] = {}
        self._met: dict[int, int] = {}
        self._vain: dict[bytes, bool] = {}
        self._reach: dict[int, int] = {}
        self._seen: dict[tuple[int, int, bytes], list[tuple[int, int]]] = {}
        self.engine = _engine.make(engine, lambda: _needles(self.tables), cache, self._key)

    @cached_property
    def tables(self) -> _store.Tables:
        """The compiled lexicon; needed only for the first hit, or the first character beyond ASCII."""
        raw = self._cache.read("sieve", self._key)
        if raw is not None:
            try:
                return _store.Tables(raw)
            except (ValueError, KeyError, TypeError, AttributeError):
                self._cache.drop("sieve", self._key)
        from untag.lexicon._compile import Tables

        raw = _store.dump(Tables(self._lexicon, self._kind).plain())
        self._cache.write("sieve", self._key, raw)
        return _store.Tables(raw)

    @cached_property
    def _sizes(self) -> list[int]:
        sizes: list[int] = self.tables["sizes"]
        return sizes

    def vain(self, data: bytes, start: int, end: int) -> bool:
        """Whether a span is a whole word that means something else by itself (``blackman``), so that no form counts.

        Phrases with the word in them have spans of their own, which reach further.
        """
        word = data[start:end].strip(b"'`")
        # Signs beside it may belong to it: as part of a name, or as an escape.
        if not word.isalpha() or _BESIDE.search(data[max(0, start - 1) : start] + data[end : end + 1]):
            return False
        known = self._vain.get(word)
        if known is None:
            if len(self._vain) > _LEARNED:
                self._vain.clear()
            text = word.decode("ascii")
            matcher = self._lexicon.matcher
            known = self._vain[word] = not matcher.match(text) and any(row[4] for row in matcher.vetoed(text))
        return known

    def spans(self, data: bytes, hits: Iterable[tuple[int, int]], start: int) -> set[tuple[int, int]]:
        """What ``verify`` tells of a piece that begins somewhere in its whole."""
        found: set[tuple[int, int]] = set()
        self.verify(data, hits, lambda span: found.add((span[0] + start, span[1] + start)))
        return found

    def verify(self, data: bytes, hits: Iterable[tuple[int, int]], add: Callable[[tuple[int, int]], object]) -> None:
        """Turn an engine's hits into spans: every pattern that hangs on the hit is tried there."""
        sizes, seen = self._sizes, self._seen
        for number, end in hits:
            start = end - sizes[number] if number < len(sizes) else end
            reach = self._reach.get(number)
            if reach is None:
                for span in self._tried(number, data, start, end):
                    add(span)
                continue
            low = max(0, start - reach)
            around = (number, start - low, data[low : end + reach])
            known = seen.get(around)
            if known is None:
                if len(seen) >= _WINDOWS:
                    seen.clear()
                known = seen[around] = [(a - start, b - start) for a, b in self._tried(number, data, start, end)]
            for before, after in known:
                add((start + before, start + after))

    def _tried(self, number: int, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Spans of all patterns that hang on one hit."""
        heads, tails = self._heads.get(number), self._tails.get(number)
        if heads is None or tails is None:
            heads, tails = self._deciders(number, data, start, end)
        for offset, (rx, glued) in heads:
            if start >= offset and (found := rx.match(data, start - offset)):
                if glued and not _glued().match(data, start - offset):
                    continue
                yield _whole(data, *found.span())
        for quick, (rx, glued), span in tails:
            if quick is not None and not quick.match(data[max(0, start - span) : start][::-1]):
                continue
            at, last, stop = max(0, end - span), end, end + span
            while (found := rx.search(data, at, stop)) and found.start() < last:
                at = found.start() + 1
                if not glued or _glued().match(data, at - 1):
                    yield _whole(data, *found.span())

    def _deciders(self, number: int, data: bytes, start: int, end: int) -> tuple[_Heads, _Tails]:
        """The expressions that decide at a hit: at the first few of an anchor only those whose words stand around it.

        To compile all that hang on an anchor takes as long as to read a small file.
        """
        met = self._met[number] = self._met.get(number, 0) + 1
        if number >= len(self._sizes):
            *_, source, span = self.tables["phrases"][number - len(self._sizes)]
            rows = [_store.Hung(-1, 0, source, span, ())]
        elif text := self.tables.hung[number]:
            rows = self._hung.get(number) or self._hung.setdefault(number, _store.hung(text))
        else:
            exact = self.tables["exact"][number]
            rows = [_store.Hung(0, len(exact), re.escape(exact), len(exact), ())]
        if met <= _FEW and len(rows) > _FEW:
            span = max(row.span for row in rows)
            around = data[max(0, start - span) : end + span].lower()
            rows = [row for row in rows if all(word in around for word in row.words)]
            return _heads(rows), _tails(rows)
        if not any(is_loose(row.source.removeprefix(GLUED)) for row in rows):
            self._reach[number] = max(row.span for row in rows) + WORD + _EDGE
        made = self._heads[number], self._tails[number] = _heads(rows), _tails(rows, quick=met > _FEW)
        self._hung.pop(number, None)
        return made


def _heads(rows: Iterable[_store.Hung]) -> _Heads:
    """The expressions of patterns with the anchor in their first word."""
    by: dict[int, list[tuple[int, bytes]]] = {}
    for row in rows:
        if row.offset >= 0:
            by.setdefault(row.offset, []).append((row.weight, row.source))
    return [(offset, rx) for offset, sources in sorted(by.items()) for rx in _any_of(sources)]


def _tails(rows: Iterable[_store.Hung], *, quick: bool = False) -> _Tails:
    """The expressions of patterns with the anchor in a later word; ``quick`` with one that is tried before."""
    later = [row for row in rows if row.offset < 0]
    if not later:
        return []
    first = None
    if quick and all(row.quick for row in later):
        first = re.compile(b"|".join(sorted({row.quick for row in later})), re.DOTALL)
    span = max(row.span for row in later)
    return [(first, rx, span) for rx in _any_of([(row.weight, row.source) for row in later])]


def _whole(data: bytes, start: int, end: int) -> tuple[int, int]:
    """A span with the rest of the words it begins and ends in: particles and glued prefixes, inflected endings."""
    before = _LETTERS.match(data[max(0, start - WORD) : start][::-1])
    after = _LETTERS.match(data, end, end + WORD)
    low = start - before.end() if before else start
    high = after.end() if after else end
    # Not into the middle of a character of UTF-8.
    while low < start and data[low] & 0xC0 == 0x80:
        low += 1
    while high > end and high < len(data) and data[high] & 0xC0 == 0x80:
        high -= 1
    return low, high


def _any_of(sources: list[tuple[int, bytes]]) -> list[_Decider]:
    """A few expressions for several, the one with more letters first, so that the longest occurrence wins.

    Those that let an ending of any length follow are kept apart from those that do not, since a short one of the former
    may reach further than a long one of the latter; and those to which a prefix may be glued from the others.
    """
    groups: dict[tuple[bool, bool], list[bytes]] = {}
    for _, source in sorted(set(sources), key=lambda row: (-row[0], row[1])):
        groups.setdefault((source.startswith(GLUED), is_loose(source)), []).append(source.removeprefix(GLUED))
    return [(re.compile(b"|".join(some), re.DOTALL), glued) for (glued, _), some in sorted(groups.items())]


@cache
def _glued() -> re.Pattern[bytes]:
    """Where a word begins, or a prefix that the matcher takes for glued ends; ``trace output`` is no race output."""
    longest: dict[int, list[bytes]] = {}
    for prefix in PREFIXES:
        longest.setdefault(len(prefix), []).append(prefix.encode())
    behind = [rb"(?<=%s(?i:%s))" % (LEFT, b"|".join(some)) for _, some in sorted(longest.items())]
    # A reader resolves escapes of signs in strings and addresses.
    return re.compile(b"|".join([LEFT, rb"(?<=\\[abefnrtv])", rb"(?<=%[0-9A-Fa-f]{2})", *behind]))


def _needles(tables: _store.Tables) -> _engine.Needles:
    phrases = [tuple(p[:4]) for p in tables["phrases"]]
    return _engine.Needles(tables["anchors"], tables["exact"], phrases, tables["gates"], tables["brief"])
