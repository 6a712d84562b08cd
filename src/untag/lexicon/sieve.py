"""Whether bytes can hold an ethnic term at all, and where: one pass for every form in every encoding and escape."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from untag import charset
from untag.cache import Cache
from untag.lexicon import _engine
from untag.lexicon._net import Net
from untag.lexicon._signs import ASK
from untag.lexicon._span import around, joined, placed
from untag.registry import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from untag.lexicon import Lexicon
    from untag.lexicon._plain import Plain

__all__ = ["ENGINES", "Sieve", "Sifted", "literals"]

#: Names of the engines, best first.
ENGINES = _engine.ENGINES
#: Bytes searched at once; hits of one piece are held in memory.
PIECE = 2 << 20
#: How much the pieces of a large file overlap: more than the longest occurrence.
OVERLAP = 4096
#: Everything but letters and bytes beyond ASCII is a space.
_WORDS = bytes(c if c >= 0x80 or chr(c).isalpha() or c in b"'`" else 0x20 for c in range(256))
#: A text of which one byte in so many fits no encoding is a binary.
LOST = 300
#: Words beyond ASCII that are remembered at most.
LEARNED = 100_000
#: Bytes from which a word of a form is looked for inside words.
_FOUR = 4
_CASES = re.compile(rb"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


#: The modules that compile the lexicon.
_MODULES = (
    "_compile",
    "_engine",
    "_net",
    "_plain",
    "_signs",
    "_spell",
    "_store",
    "_table",
    "sieve",
    "sought",
    "fold",
    "match",
)
#: Stands for the place of a gate word that cannot be told.
_SOMEWHERE = -1


class Sifted(Struct, frozen=True):
    """What the sieve says of some bytes.

    Attributes:
        strong: Byte spans of strong and medium forms of attributes, groups and proxies; sorted, apart.
        gate: Whether a gate word stands there and, without a strong one, a weak word near it; or a short or common word
            of context near a weak word for an attribute.
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
        self._key = f"{lexicon.digest} {digest(__package__, _MODULES)}"
        self._text = Net(lexicon, engine, self._cache, self._key, "text")
        self._dull: set[bytes] = set()
        self._told: dict[bytes, _Told] = {}

    @cached_property
    def _binary(self) -> Net:
        """What is searched in binaries besides; made for the first of them, since it is four times as much."""
        return Net(self._lexicon, self._text.engine.name, self._cache, self._key, "binary")

    @cached_property
    def _faint(self) -> Net:
        """What is searched where nothing but a gate word stands."""
        return Net(self._lexicon, self._text.engine.name, self._cache, self._key, "weak")

    @cached_property
    def _near(self) -> Net:
        """What is searched in a large file, to tell which of its parts are worth reading."""
        return Net(self._lexicon, self._text.engine.name, self._cache, self._key, "near")

    @property
    def engine(self) -> str:
        """Name of the engine that is used."""
        return self._text.engine.name

    @cached_property
    def _kin(self) -> Net:
        """What is searched in a binary that is read, to tell which of its many names are looked at."""
        return Net(self._lexicon, self._text.engine.name, self._cache, self._key, "kin")

    @cached_property
    def _plain(self) -> Plain:
        from untag.lexicon._plain import Plain

        tables = self._text.tables
        return Plain(tables["leads"], lambda: tables["folds"])

    @cached_property
    def _parts(self) -> _Parts:
        return _Parts(self._text.tables["parts"], self._text.tables["phrases"])

    def sift(self, data: bytes) -> Sifted:
        """Look at some bytes.

        Args:
            data: A whole file, or a part of one that is read in windows.

        Returns:
            Spans and gate; equal for every engine.
        """
        if len(data) <= PIECE:
            spans, gates, brief = self._piece(data, None)
            return Sifted(joined(spans), self._open(data, spans, gates, brief))
        encoding = self._encoding(data[:PIECE])
        gates, brief = set(), frozenset()
        found: tuple[tuple[int, int], ...] = ()
        for start in range(0, len(data), PIECE):
            low = max(0, start - OVERLAP)
            if encoding and encoding.startswith(("utf-16", "utf-32")):
                low -= low % 4
            elif encoding and encoding != "utf-8":
                # Two-byte encodings are entered behind a line break, which is never half a character.
                low = max(low, data.rfind(b"\n", low, start) + 1) if start else 0
            spans, more, short = self._piece(data[low : start + PIECE], encoding)
            gates |= {at if at == _SOMEWHERE else at + low for at in more}
            brief |= short
            found = joined([*found, *((a + low, b + low) for a, b in spans)])
        return Sifted(found, self._open(data, found, gates, brief))

    def _open(self, data: bytes, spans: Collection[object], gates: set[int], brief: frozenset[int]) -> bool:
        """Whether the gate is open for some bytes, by what was found in their pieces."""
        if spans:
            return bool(gates)
        return (bool(gates) and self._gated(data, gates)) or (bool(brief) and self._brief(data, brief))

    def _gated(self, data: bytes, gates: set[int]) -> bool:
        """Whether a weak word may stand near a gate word."""
        if _SOMEWHERE in gates or b"\0" in data or ASK.encode() in data:
            return self.weak(data)
        # Characters beyond ASCII far from all of them do not matter: a dash in a comment opens no array library.
        return any(self.weak(data[first:last]) for first, last in around(data, gates))

    def _brief(self, data: bytes, numbers: frozenset[int]) -> bool:
        """Whether one of some brief words (race, nation) stands near a context word (face, age) that opens no file.

        Such words are too short or too common to be searched everywhere: first the rare one of the two is looked for.
        """
        words, contexts = self._short
        attributes = [words[number] for number in sorted(numbers)]
        found: set[int] = set()
        for low, piece in _pieces(data):
            small = piece.lower()
            found.update(low + at for word in attributes for at in _stands(word, piece, small))
        for first, last in around(data, found):
            near = data[first:last]
            small = near.lower()
            if any(any(True for _ in _stands(word, near, small)) for word in contexts):
                return True
        return False

    @cached_property
    def _short(self) -> tuple[list[bytes], list[bytes]]:
        """What ``_brief`` looks for."""
        return self._text.tables["brief"], self._text.tables["beside"]

    def weak(self, data: bytes) -> bool:
        """Whether a weak word may stand there: without one a gate word, or the name of a folder, opens no file.

        Only plain ASCII is looked at: of the rest it is taken for granted.
        """
        if _untold(data):
            return True
        for _, piece in _pieces(data):
            seen = self._faint.engine.scan(piece)
            if seen.escapes:
                return True
            spans: set[tuple[int, int]] = set()
            for i in range(0, len(seen.hits), 64):
                self._faint.verify(piece, seen.hits[i : i + 64], spans.add)
                if spans:
                    return True
        return False

    def around(self, data: bytes) -> tuple[tuple[int, int], ...] | None:
        """Where weak forms stand, and words that open a file for them.

        Args:
            data: A whole file.

        Returns:
            Sorted spans that do not touch; None where that is not told, since not all of it is plain ASCII.
        """
        if not data.isascii() or b"\0" in data:
            return None
        found: set[tuple[int, int]] = set()
        for low, piece in _pieces(data):
            seen = self._near.engine.scan(piece)
            if seen.escapes:
                return None
            found |= self._near.spans(piece, seen.hits, low)
        return joined(found)

    def touched(self, data: bytes) -> tuple[tuple[int, int], ...]:
        """Where forms of any strength stand, and words of ASCII for persons and their looks.

        Args:
            data: A binary, or many names, one on a line.

        Returns:
            Sorted spans that do not touch.
        """
        found = set(self.sift(data).strong)
        for low, piece in _pieces(data):
            found |= self._kin.spans(piece, self._kin.engine.scan(piece).hits, low)
        return joined(found)

    def worded(self, data: bytes) -> list[tuple[int, int]]:
        """Where forms of any strength stand, those of the surroundings not among them.

        Weak forms are only found as they are, in ASCII: of what holds escapes or characters beyond it, only the strong
        and medium ones are told.

        Args:
            data: Bytes of at most a few pieces, such as some lines of a log.

        Returns:
            Spans, in no order.
        """
        found: set[tuple[int, int]] = set()
        for low, piece in _pieces(data):
            spans, _, _ = self._piece(piece, "utf-8")
            found |= {(a + low, b + low) for a, b in spans}
            found |= self._faint.spans(piece, self._faint.engine.scan(piece).hits, low)
        return list(found)

    def _piece(self, data: bytes, encoding: str | None) -> tuple[set[tuple[int, int]], set[int], frozenset[int]]:
        """Spans, places of gate words and the brief words that may be there, of at most a piece.

        ``encoding`` is that of the whole.
        """
        spans: set[tuple[int, int]] = set()
        ascii_only = data.isascii()
        if not ascii_only or b"\0" in data[:8000]:
            encoding = encoding or self._encoding(data)
            if encoding != "utf-8":
                gate = self._other(data, encoding, spans)
                return spans, {_SOMEWHERE} if gate else set(), frozenset()
        seen = self._text.engine.scan(data)
        if seen.hits:
            found = self._text.spans(data, seen.hits, 0)
            spans.update(span for span in found if not self._text.vain(data, *span))
        gates = set(seen.gates)
        if seen.escapes or (not ascii_only and self._differs(data, seen.hits)):
            more = self._view(data, spans, folds=not ascii_only, escapes=seen.escapes)
            # How many lines a reader makes of escapes is not known here.
            gates |= {_SOMEWHERE} if more and seen.escapes else more
        return spans, gates, seen.brief

    def _other(self, data: bytes, encoding: str | None, spans: set[tuple[int, int]]) -> bool:
        """Look at a binary, or at text in another encoding than UTF-8; returns the gate."""
        if encoding is not None:
            return self._decoded(data, encoding, spans)
        gate = escapes = False
        for net in (self._text, self._binary):
            seen = net.engine.scan(data)
            if seen.hits:
                net.verify(data, seen.hits, spans.add)
            gate, escapes = gate or bool(seen.gates), escapes or seen.escapes
        # Of a binary only escapes are resolved; its strings are searched as they stand.
        return gate | (escapes and bool(self._view(data, spans, folds=False, escapes=True)))

    def _view(self, data: bytes, spans: set[tuple[int, int]], *, folds: bool, escapes: bool) -> set[int]:
        """Look at the plain view; returns the places of gate words in the bytes."""
        view = self._plain.view(data, folds=folds, escapes=escapes)
        if view is None:
            return set()
        shown, back = view
        seen = self._text.engine.scan(shown)
        if seen.hits:
            found = self._text.spans(shown, seen.hits, 0)
            spans.update(back(*span) for span in found if not self._text.vain(shown, *span))
        return {back(end - 1, end)[1] for end in seen.gates}

    def _differs(self, data: bytes, hits: Iterable[tuple[int, int]]) -> bool:
        """Whether the plain view of UTF-8 may hold what the bytes as they are do not: it seldom does, and is dear.

        An occurrence that is new in the view has a part in a word that folding changes. That part holds the anchor, or
        it holds another word while the anchor stands elsewhere and was hit there; of a phrase without an anchor, its
        needle stands somewhere.
        """
        words = set(data.translate(_WORDS).split())
        words -= self._dull
        fresh = [word for word in words if not word.isascii()]
        if not fresh:
            return False
        unknown = [word for word in fresh if word not in self._told]
        if unknown:
            self._learn(unknown)
        numbers: set[int] = set()
        needles: set[bytes] = set()
        for word in fresh:
            told = self._told.get(word)
            if told is not None:
                if told is _ALONE:
                    return True
                numbers |= told.numbers
                needles |= told.needles
        if numbers and any(number in numbers for number, _ in hits):
            return True
        low = data.lower() if needles else b""
        return any(needle in low for needle in sorted(needles))

    def _learn(self, words: list[bytes]) -> None:
        """Tell the words beyond ASCII that say nothing when folded from those that may."""
        if len(self._dull) + len(self._told) + len(words) > LEARNED:
            self._dull.clear()
            self._told.clear()
        shown = self._plain.word(b"\n".join(words)).split(b"\n")
        changed = [(word, folded) for word, folded in zip(words, shown, strict=True) if folded != word]
        # All are searched at once; what is found across two words says too much of the second, which is allowed.
        seen = self._text.engine.scan(b"\n".join([folded for _, folded in changed]))
        starts = list(accumulate((len(folded) + 1 for _, folded in changed), initial=0))
        lone = {bisect_left(starts, end) - 1 for end in (*(end for _, end in seen.hits), *seen.gates)}
        self._dull.update(words)
        for number, (word, folded) in enumerate(changed):
            told = _ALONE if number in lone else self._parts.of(folded)
            if told is not None:
                self._told[word] = told
                self._dull.discard(word)

    def _encoding(self, data: bytes) -> str | None:
        """The encoding of text, as the readers will see it; None for binaries."""
        if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
            return charset.decode(data).encoding
        if not charset.is_text(data):
            return None
        # A character cut in two by the border of a piece is no sign of another encoding.
        if b"\0" not in data[:8000] and (_utf8(data) or (len(data) >= PIECE and _uncut(data))):
            return "utf-8"
        decoded = charset.decode(data)
        if decoded.lost * LOST > len(data):
            return None
        return "utf-8" if decoded.encoding == "utf-8-sig" else decoded.encoding

    def _decoded(self, data: bytes, encoding: str, spans: set[tuple[int, int]]) -> bool:
        """Look at the text of another encoding; returns the gate."""
        if encoding in {"utf-16", "utf-32"} and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
            # A later piece of a marked text: its order is the one in which more characters are of the first block.
            encoding += "-le" if data[1::2].count(0) >= data[0::2].count(0) else "-be"
        text = data.decode(encoding, "replace")
        raw = text.encode("utf-8", "replace")
        inner: set[tuple[int, int]] = set()
        seen = self._text.engine.scan(raw)
        if seen.hits:
            self._text.verify(raw, seen.hits, inner.add)
        gate = bool(seen.gates)
        if seen.escapes or (not raw.isascii() and self._differs(raw, seen.hits)):
            gate |= bool(self._view(raw, inner, folds=True, escapes=seen.escapes))
        if inner:
            spans.update(placed(sorted(inner), raw, data, encoding))
        return gate or (not inner and bool(seen.brief) and self._brief(raw, seen.brief))


class _Told(Struct, frozen=True):
    """What else must stand in a file for a folded word to matter: the hit of an anchor, or a needle."""

    numbers: frozenset[int] = frozenset()
    needles: frozenset[bytes] = frozenset()


#: A folded word that matters whatever else stands there.
_ALONE = _Told()


class _Parts:
    """Which words of forms of several words stand in a folded word, and what else must stand in the file then."""

    def __init__(
        self,
        hung: list[tuple[int, tuple[bytes, ...]]],
        phrases: list[tuple[bytes, tuple[bytes, ...], bytes, bool, bytes, int]],
    ) -> None:
        #: The answers so far: there are few, to very many words.
        self._made: dict[tuple[frozenset[int], frozenset[bytes]], _Told] = {}
        #: Words by their first four bytes; shorter ones of ASCII, which count only at edges; shorter others.
        self._long: dict[bytes, dict[bytes, set[int | bytes]]] = {}
        self._brief: dict[bytes, set[int | bytes]] = {}
        self._other: dict[bytes, set[int | bytes]] = {}
        rows: list[tuple[int | bytes, tuple[bytes, ...]]] = [*hung, *((p[0].lower(), p[1]) for p in phrases)]
        for lead, words in rows:
            low = [word.lower() for word in words]
            joined = [a + b for a, b in pairwise(low) if len(a) < _FOUR and len(b) < _FOUR and len(a + b) >= _FOUR]
            for word in [*low, *joined]:
                if len(word) >= _FOUR:
                    table = self._long.setdefault(word[:_FOUR], {})
                else:
                    table = self._brief if word.isascii() else self._other
                table.setdefault(word, set()).add(lead)
        self._fours = frozenset(map(tuple, self._long))
        self._sizes = sorted({len(word) for word in self._brief})
        #: Shorter words beyond ASCII by their length, as the numbers of their bytes.
        self._spans = [
            (size, frozenset(tuple(word) for word in self._other if len(word) == size))
            for size in sorted({len(word) for word in self._other})
        ]

    def _inside(self, low: bytes) -> set[int | bytes]:
        """What hangs on the longer words that stand anywhere in a word."""
        out: set[int | bytes] = set()
        # Whether there is anything is told first, without a step of Python's for each letter.
        if not self._fours.isdisjoint(zip(low, low[1:], low[2:], low[3:], strict=False)):
            for i in range(len(low) - _FOUR + 1):
                for word, leads in self._long.get(low[i : i + _FOUR], _NOTHING).items():
                    if low.startswith(word, i):
                        out |= leads
        return out

    def of(self, folded: bytes) -> _Told | None:
        """What must stand beside a word; ``_ALONE`` where it holds a needle itself; None where it is in no form."""
        low = folded.lower()
        out = self._inside(low)
        # Words of a few letters count only where a word begins or ends.
        for piece in _CASES.findall(folded):
            small = piece.lower()
            for size in self._sizes:
                for edge in (small[:size], small[-size:]):
                    if (found := self._brief.get(edge)) is not None:
                        out |= found
        if not low.isascii():
            for size, known in self._spans:
                if not known.isdisjoint(zip(*(low[k:] for k in range(size)), strict=False)):
                    for i in range(len(low) - size + 1):
                        out |= self._other.get(low[i : i + size], frozenset())
        if not out:
            return None
        needles = frozenset(lead for lead in out if isinstance(lead, bytes))
        if any(needle in low for needle in needles):
            return _ALONE
        numbers = frozenset(lead for lead in out if isinstance(lead, int))
        return self._made.setdefault((numbers, needles), _Told(numbers, needles))


_NOTHING: dict[bytes, set[int | bytes]] = {}


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Pieces of plain bytes that overlap, each with where it begins."""
    for start in range(0, len(data), PIECE):
        low = max(0, start - OVERLAP)
        yield low, data[low : start + PIECE]


def _stands(word: bytes, data: bytes, low: bytes) -> Iterator[int]:
    """Where a word in lower case stands as a word, cut as identifiers are."""
    at = low.find(word)
    while at >= 0:
        if _engine.apart(data, at, at + len(word)):
            yield at
        at = low.find(word, at + 1)


def _untold(data: bytes) -> bool:
    """Whether it is taken for granted that a weak word stands there: it is not all plain ASCII, or speaks to untag."""
    return not data.isascii() or b"\0" in data or ASK.encode() in data


#: Bytes inside a character of UTF-8.
_INNER = bytes(range(0x80, 0xC0))


def _uncut(data: bytes) -> bool:
    """Whether bytes are UTF-8 but for the characters that their two ends cut in two."""
    head = data[:3].lstrip(_INNER) + data[3:]
    tail = len(head)
    while tail > len(head) - 3 and head[tail - 1] & 0xC0 == 0x80:
        tail -= 1
    return _utf8(head[: tail - 1] if head[tail - 1] >= 0xC0 else head)


def _utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
