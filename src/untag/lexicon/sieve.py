"""Whether bytes can hold an ethnic term at all, and where: one pass for every form in every encoding and escape."""

from __future__ import annotations

import hashlib
import marshal
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag import charset
from untag.cache import Cache
from untag.lexicon import _engine, _spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.lexicon import Lexicon

__all__ = ["ENGINES", "Sieve", "Sifted", "literals"]

#: Names of the engines, best first.
ENGINES = _engine.ENGINES
#: Bytes searched at once; hits of one piece are held in memory.
PIECE = 2 << 20
#: How much the pieces of a large file overlap: more than the longest occurrence.
OVERLAP = 4096
#: Most spans of one file; beyond that, near ones are joined.
SPANS = 50_000


@dataclass(frozen=True, slots=True)
class Sifted:
    """What the sieve says of some bytes.

    Attributes:
        strong: Byte spans of strong and medium forms of attributes, groups and proxies; sorted, apart.
        gate: Whether a gate word stands there, so that weak words are worth looking for.
    """

    strong: tuple[tuple[int, int], ...]
    gate: bool

    def __bool__(self) -> bool:
        """Whether the bytes are worth reading."""
        return self.gate or bool(self.strong)


def literals(lexicon: Lexicon) -> list[str]:
    """Every written form of the lexicon once, sorted; fit for ``rg -F -f``, one a line."""
    words = {form.word for term in lexicon.terms.values() for form in term.forms}
    return sorted(w for w in words if w.strip() and "\n" not in w)


class Sieve:
    """Finds in one pass over raw bytes what may be a form.

    It may say yes too often, never no wrongly: whatever ``Lexicon.match`` finds of strong and medium forms (of
    attributes, groups and proxies, long enough) in the decoded text lies in a span, as long as no more than
    ``GAP`` bytes stand between two words of a form.

    Bytes are looked at as they are; where they hold characters beyond ASCII or escapes, also in a plain view with
    these resolved and folded; and where they are text of another encoding than UTF-8, also decoded.
    """

    def __init__(self, lexicon: Lexicon, engine: str | None = None, cache: Cache | None = None) -> None:
        """Load the compiled lexicon from the cache, or compile and keep it.

        Args:
            lexicon: Only its digest is looked at where everything is cached.
            engine: ``hyperscan``, ``ahocorasick`` or ``plain``; None for the best that is installed. All give the same
                answer.
            cache: Another cache than the user's.

        Raises:
            ImportError: The engine asked for is not installed.
            ValueError: There is no such engine.
        """
        self._lexicon = lexicon
        self._cache = Cache() if cache is None else cache
        self._key = f"{lexicon.digest} {_code()}"
        self._heads: dict[int, list[tuple[int, re.Pattern[bytes]]]] = {}
        self._tails: dict[int, list[tuple[re.Pattern[bytes], int]]] = {}
        self._engine = _engine.make(engine, lambda: _needles(self._tables), self._cache, self._key)

    @property
    def engine(self) -> str:
        """Name of the engine that is used."""
        return self._engine.name

    @cached_property
    def _tables(self) -> dict[str, Any]:
        """The compiled lexicon; needed only for the first hit, or the first character beyond ASCII."""
        raw = self._cache.read("sieve", self._key)
        if raw is not None:
            try:
                tables: dict[str, Any] = marshal.loads(raw)  # noqa: S302 - checked, from the user's own private folder
            except (ValueError, EOFError, TypeError):
                self._cache.drop("sieve", self._key)
            else:
                return tables
        tables = _tables(self._lexicon)
        self._cache.write("sieve", self._key, marshal.dumps(tables))
        return tables

    @cached_property
    def _plain(self) -> _spell.Plain:
        return _spell.Plain(self._tables["folds"])

    def sift(self, data: bytes) -> Sifted:
        """Look at some bytes.

        Args:
            data: A whole file, or a part of one that is read in windows.

        Returns:
            Spans and gate; equal for every engine.
        """
        if len(data) <= PIECE:
            spans, gate = self._piece(data, None)
            return Sifted(_joined(spans), gate)
        encoding = self._encoding(data[:PIECE])
        gate = False
        found: tuple[tuple[int, int], ...] = ()
        for start in range(0, len(data), PIECE):
            low = max(0, start - OVERLAP)
            if encoding and not encoding.startswith("utf"):
                # Two-byte encodings are entered behind a line break, which is never half a character.
                low = max(low, data.rfind(b"\n", low, start) + 1) if start else 0
            spans, more = self._piece(data[low : start + PIECE], encoding)
            gate = gate or more
            found = _joined([*found, *((a + low, b + low) for a, b in spans)])
        return Sifted(found, gate)

    def _piece(self, data: bytes, encoding: str | None) -> tuple[set[tuple[int, int]], bool]:
        """Spans and gate of at most a piece; ``encoding`` is that of the whole where it is known."""
        spans: set[tuple[int, int]] = set()
        seen = self._engine.scan(data)
        if seen.hits:
            self._verify(data, seen.hits, spans.add)
        gate = seen.gate
        wide = not data.isascii()
        if wide or seen.escapes:
            gate |= self._view(data, spans, escapes=seen.escapes)
        if wide or b"\0" in data[:8000]:
            gate |= self._decoded(data, encoding or self._encoding(data), spans)
        return spans, gate

    def _view(self, data: bytes, spans: set[tuple[int, int]], *, escapes: bool) -> bool:
        """Look at the plain view; returns the gate."""
        view = self._plain.view(data, escapes=escapes)
        if view is None:
            return False
        shown, back = view
        seen = self._engine.scan(shown)
        if seen.hits:
            self._verify(shown, seen.hits, lambda span: spans.add(back(*span)))
        return seen.gate

    def _encoding(self, data: bytes) -> str | None:
        """The encoding of text that is not UTF-8, as the readers will see it; None for UTF-8 and for binaries."""
        if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
            return charset.decode(data).encoding
        if not charset.is_text(data):
            return None
        if b"\0" not in data[:8000]:
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                pass
            else:
                return None
        found = charset.decode(data).encoding
        return None if found in {"utf-8", "utf-8-sig"} else found

    def _decoded(self, data: bytes, encoding: str | None, spans: set[tuple[int, int]]) -> bool:
        """Look at the text of another encoding; returns the gate."""
        if encoding is None:
            return False
        text = data.decode(encoding, "replace")
        raw = text.encode("utf-8", "replace")
        inner: set[tuple[int, int]] = set()
        seen = self._engine.scan(raw)
        if seen.hits:
            self._verify(raw, seen.hits, inner.add)
        gate = seen.gate
        gate |= self._view(raw, inner, escapes=seen.escapes)
        if inner:
            spans.update(_placed(sorted(inner), raw, data, encoding))
        return gate

    # -- what decides ------------------------------------------------------------------------------------------------

    def _verify(
        self, data: bytes, hits: Iterable[tuple[int, int]], add: Callable[[tuple[int, int]], object]
    ) -> None:
        """Turn an engine's hits into spans: every pattern that hangs on the hit is tried there."""
        anchors: list[bytes] = self._tables["anchors"]
        for number, end in hits:
            start = end - len(anchors[number]) if number < len(anchors) else end
            for offset, rx in self._heads.get(number) or self._make_heads(number):
                if start >= offset and (found := rx.match(data, start - offset)):
                    add(found.span())
            tails = self._tails.get(number)
            if tails is None:
                tails = self._make_tails(number)
            for rx, span in tails:
                at, last, stop = max(0, end - span), end, end + span
                while (found := rx.search(data, at, stop)) and found.start() < last:
                    add(found.span())
                    at = found.start() + 1

    def _make_heads(self, number: int) -> list[tuple[int, re.Pattern[bytes]]]:
        heads = self._tables["heads"]
        rows: dict[int, list[bytes]] = {}
        for offset, source in heads[number] if number < len(heads) else ():
            rows.setdefault(offset, []).append(source)
        made = [(offset, _any_of(sources)) for offset, sources in sorted(rows.items())]
        self._heads[number] = made
        return made

    def _make_tails(self, number: int) -> list[tuple[re.Pattern[bytes], int]]:
        tails = self._tables["tails"]
        if number < len(tails):
            rows = tails[number]
        else:
            phrase = self._tables["phrases"][number - len(tails)]
            rows = [(phrase[4], phrase[5])]
        made = [(_any_of([source for source, _ in rows]), max(span for _, span in rows))] if rows else []
        self._tails[number] = made
        return made


def _any_of(sources: list[bytes]) -> re.Pattern[bytes]:
    """One expression for several, the longest first."""
    return re.compile(b"|".join(sorted(sources, key=lambda s: (-len(s), s))), re.DOTALL)


def _code() -> str:
    """A digest of the code that compiles the lexicon, so that a newer version does not use an older one's tables."""
    made = hashlib.sha256(b"1")
    here = Path(__file__).parent
    for name in ("_spell.py", "_engine.py", "sieve.py", "fold.py", "match.py"):
        try:
            made.update((here / name).read_bytes())
        except OSError:
            # Run from an archive: the version has to do.
            from untag import __version__

            made.update(__version__.encode())
    return made.hexdigest()[:16]


def _needles(tables: dict[str, Any]) -> _engine.Needles:
    phrases = [tuple(p[:4]) for p in tables["phrases"]]
    return _engine.Needles(tables["anchors"], tables["exact"], phrases, tables["gates"])


def _tables(lexicon: Lexicon) -> dict[str, Any]:
    """Compile a lexicon to plain lists: anchors to search, and what hangs on each.

    An anchor is a literal that contains no other anchor. Every pattern of one word hangs on an anchor inside that
    word; a pattern of several words hangs on an anchor inside one of them, or else is a phrase of its own.
    """
    every = _spell.patterns(lexicon)
    single = sorted((p for p in every if len(p.words) == 1), key=lambda p: (len(p.words[0]), p.words[0]))
    index: dict[bytes, int] = {}
    lengths: list[int] = []
    exact: list[bytes | None] = []
    heads: list[list[tuple[int, bytes]]] = []
    tails: list[list[tuple[bytes, int]]] = []

    def inside(word: bytes) -> tuple[int, int] | None:
        for start in range(len(word)):
            for size in lengths:
                if start + size > len(word):
                    break
                number = index.get(word[start : start + size])
                if number is not None:
                    return number, start
        return None

    for pattern in single:
        word = pattern.words[0].lower()
        place = inside(word)
        if place is None:
            place = len(index), 0
            index[word] = place[0]
            exact.append(pattern.words[0])
            heads.append([])
            tails.append([])
            if not lengths or lengths[-1] != len(word):
                lengths.append(len(word))
        number, offset = place
        _loosen(exact, number, pattern, pattern.words[0][offset:])
        heads[number].append((offset, pattern.source))

    phrases: list[tuple[bytes, tuple[bytes, ...], bytes, bool, bytes, int]] = []
    for pattern in every:
        if len(pattern.words) == 1:
            continue
        places = [inside(word.lower()) for word in pattern.words]
        if (first := places[0]) is not None:
            _loosen(exact, first[0], pattern, pattern.words[0][first[1] :])
            heads[first[0]].append((first[1], pattern.source))
        elif (k := next((i for i, p in enumerate(places) if p), None)) is not None:
            number, offset = places[k] or (0, 0)
            _loosen(exact, number, pattern, pattern.words[k][offset:])
            tails[number].append((pattern.source, pattern.span))
        elif (k := _spell.handle(pattern)) is not None:
            word = pattern.words[k]
            if word.lower() not in index:
                index[word.lower()] = len(index)
                exact.append(None if pattern.nocase else word)
                heads.append([])
                tails.append([])
            number = index[word.lower()]
            _loosen(exact, number, pattern, word)
            if k == 0:
                heads[number].append((0, pattern.source))
            else:
                tails[number].append((pattern.source, pattern.span))
        else:
            longest = max(pattern.words, key=len).lower()
            phrases.append((longest, pattern.words, pattern.join, pattern.nocase, pattern.source, pattern.span))
    return {
        "anchors": list(index),
        "exact": exact,
        "heads": heads,
        "tails": tails,
        "phrases": phrases,
        "gates": sorted(_spell.gates(lexicon)),
        "folds": _spell.folds(),
    }


def _loosen(exact: list[bytes | None], number: int, pattern: _spell.Pattern, here: bytes) -> None:
    """Let an anchor stand for both cases where a pattern that hangs on it does, or is written otherwise."""
    now = exact[number]
    if now is not None and (not here.startswith(now) or (pattern.nocase and now.lower() != now.upper())):
        exact[number] = None


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted spans that do not touch, at most ``SPANS`` of them."""
    rows = sorted(spans)
    gap = 0
    while True:
        out: list[tuple[int, int]] = []
        for start, end in rows:
            if out and start <= out[-1][1] + gap:
                if end > out[-1][1]:
                    out[-1] = (out[-1][0], end)
            else:
                out.append((start, end))
        if len(out) <= SPANS:
            return tuple(out)
        rows, gap = out, gap * 4 or 64


def _placed(
    spans: list[tuple[int, int]], raw: bytes, data: bytes, encoding: str
) -> list[tuple[int, int]]:
    """From spans in the UTF-8 of a text to spans in its bytes; where that cannot be told, all of them."""
    name = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
    shift = 0
    if name != encoding:
        shift = 2 if name.startswith("utf-16") else 4
    whole = [(0, len(data))]
    points = sorted({p for span in spans for p in span})
    where: dict[int, int] = {}
    last, here = 0, shift
    for point in points:
        try:
            part = raw[last:point].decode("utf-8").encode(name)
        except UnicodeError:
            return whole
        if name == encoding and data[here : here + len(part)] != part:
            return whole
        here += len(part)
        where[point] = here
        last = point
    return [(where[a], where[b]) for a, b in spans]
