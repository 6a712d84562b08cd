"""The engines of the sieve: three ways to find many literals in one pass, with one answer."""

from __future__ import annotations

import json
import re
import sys
from functools import cached_property
from itertools import compress, count
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from untag.lexicon._signs import LEFT, RIGHT, WORTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import hyperscan

    from untag.cache import Cache

__all__ = ["ENGINES", "Engine", "Found", "Needles", "apart", "make"]

#: Names of the engines, best first.
ENGINES = ("hyperscan", "ahocorasick", "plain")


class Needles(Struct, frozen=True):
    """What is searched.

    Attributes:
        anchors: Literals in lower case; the first hits are theirs, by index.
        exact: For each anchor the literal as it must stand, or None where ASCII letters stand for both cases.
        phrases: For each sequence of words that no anchor covers: its longest word, its words, what stands between,
            and whether ASCII letters stand for both cases. Their hits follow those of the anchors.
        gates: Literals that only open a file for weak words, each with whether ASCII letters stand for both cases, and
            whether a word must begin and end with it.
        brief: Words that open a file together with a context word; see ``Found.brief``.
    """

    anchors: Sequence[bytes]
    exact: Sequence[bytes | None]
    phrases: Sequence[tuple[bytes, tuple[bytes, ...], bytes, bool]]
    gates: Sequence[tuple[bytes, bool, bool, bool]]
    brief: Sequence[bytes] = ()


class Found(Struct):
    """What an engine saw.

    Attributes:
        hits: Index of an anchor or phrase, and the place behind its hit: of a phrase, behind some part of it. Too many
            are allowed, too few are not.
        gates: Places behind gate literals.
        escapes: Whether escapes of letters stand in the bytes.
        brief: Numbers of the brief words that may stand there: too many are allowed, too few are not.
    """

    hits: list[tuple[int, int]]
    gates: list[int]
    escapes: bool
    brief: frozenset[int] = frozenset()


class Engine(Protocol):
    """Finds needles.

    Attributes:
        name: One of ``ENGINES``.
    """

    name: str

    def scan(self, data: bytes) -> Found:
        """All hits in some bytes."""
        ...


_BEGINS = re.compile(LEFT)
_ENDS = re.compile(RIGHT)


def _apart(data: bytes, start: int, end: int, left: bool, right: bool) -> bool:  # noqa: FBT001 - called for every hit
    """Whether words begin and end where they must."""
    return (not left or _BEGINS.match(data, start) is not None) and (not right or _ENDS.match(data, end) is not None)


def apart(data: bytes, start: int, end: int) -> bool:
    """Whether a word begins and ends at two places of a text in ASCII."""
    return _apart(data, start, end, True, True)  # noqa: FBT003 - as above


def make(name: str | None, needles: Callable[[], Needles], cache: Cache, key: str) -> Engine:
    """An engine by name, or the best that is installed.

    Args:
        name: One of ``ENGINES`` or None.
        needles: What to search; called only where no compiled database is cached.
        cache: Where a compiled database is kept.
        key: What the needles depend on.

    Raises:
        ImportError: The engine that was asked for is not installed.
        ValueError: There is no engine of that name.
    """
    if name is not None and name not in ENGINES:
        raise ValueError(f"no engine {name!r}; there are {', '.join(ENGINES)}")
    if name in {None, "hyperscan"}:
        try:
            return _Hyperscan(needles, cache, key)
        except ImportError:
            if name:
                raise
        except _Large:
            name = None  # names that a package explains, hundreds long: the others give the same answer
    if name in {None, "ahocorasick"}:
        try:
            return _Ahocorasick(needles())
        except ImportError:
            if name:
                raise
    return _Plain(needles())


class _Large(Exception):  # noqa: N818 - no error of the caller's
    """Hyperscan takes no pattern of this size."""


def _hex(raw: bytes) -> bytes:
    """Literal bytes as Hyperscan's syntax wants them: it would stop at a NUL."""
    return b"".join(bytes((c,)) if chr(c).isalnum() and c < 0x80 else b"\\x%02x" % c for c in raw)


if TYPE_CHECKING:
    #: How many anchors; of each gate its size and whether words begin and end with it; which phrases begin alike; two
    #: databases.
    _Made = tuple[int, list[tuple[int, bool, bool]], list[list[int]], hyperscan.Database, hyperscan.Database]


class _Hyperscan:
    """Two block-mode databases, one of literals and one of what is none; see Hyperscan's developer reference.

    Apart they are compiled in a quarter of the time that they take together, and searched as fast.
    """

    name = "hyperscan"

    def __init__(self, needles: Callable[[], Needles], cache: Cache, key: str) -> None:
        import hyperscan

        self._hs = hyperscan
        # A database loads only into the version and onto the processor family it was made for.
        version = f"{_version()} {_processor()} {key}"
        raw = cache.read("hyperscan", version)
        made = None
        if raw is not None:
            try:
                made = self._load(raw)
            except (hyperscan.error, ValueError, EOFError, TypeError, IndexError):
                cache.drop("hyperscan", version)
        if made is None:
            made = self._compile(needles())
            cache.write("hyperscan", version, self._dump(made))
        self._strong, self._gates, self._phrases, self._literals, self._others = made
        self._escaped = len(self._phrases) + len(_alternatives(WORTH))
        self._scratch = hyperscan.Scratch(self._literals)
        self._more = hyperscan.Scratch(self._others)

    def _load(self, raw: bytes) -> _Made:
        head, _, body = raw.partition(b"\n")
        strong, gates, phrases, size = json.loads(head)
        load, mode = self._hs.loadb, self._hs.HS_MODE_BLOCK
        return int(strong), [tuple(g) for g in gates], list(phrases), load(body[:size], mode), load(body[size:], mode)

    def _dump(self, made: _Made) -> bytes:
        strong, gates, phrases, literals, others = made
        first = self._hs.dumpb(literals)
        head = json.dumps([strong, gates, phrases, len(first)], separators=(",", ":"))
        return head.encode() + b"\n" + first + self._hs.dumpb(others)

    def _compile(self, needles: Needles) -> _Made:
        hs = self._hs
        both, once = hs.HS_FLAG_CASELESS, hs.HS_FLAG_SINGLEMATCH
        rows: list[tuple[bytes, int]] = []
        for anchor, exact in zip(needles.anchors, needles.exact, strict=True):
            rows.append((_hex(anchor), both) if exact is None else (_hex(exact), 0))
        rows += [(_hex(gate), both if nocase else 0) for gate, nocase, _, _ in needles.gates]
        gates = [(len(gate), left, right) for gate, _, left, right in needles.gates]
        # Phrases that begin alike are one expression: which of them it was is told where a hit is looked at.
        groups: dict[tuple[bytes, bytes, bool], list[int]] = {}
        for i, (_, words, join, nocase) in enumerate(needles.phrases):
            groups.setdefault((words[0].lower() if nocase else words[0], join, nocase), []).append(i)
        others: list[tuple[bytes, int]] = []
        for (first, join, nocase), numbers in groups.items():
            rests = sorted({join.join(map(_hex, needles.phrases[i][1][1:])) for i in numbers})
            # The bound in ``join`` matters: without it the automaton is smaller, but the scan takes twice the time.
            source = b"%s%s(?:%s)" % (_hex(first), join, b"|".join(rests))
            others.append((source, (both if nocase else 0) | hs.HS_FLAG_DOTALL))
        others += [(part, once) for part in _alternatives(WORTH)]
        others += [(part, once) for part in _briefly(needles.brief)]
        strong = len(needles.anchors)
        phrases = [[strong + i for i in numbers] for numbers in groups.values()]
        return strong, gates, phrases, self._database(rows), self._database(others)

    def _database(self, rows: list[tuple[bytes, int]]) -> hyperscan.Database:
        db: hyperscan.Database = self._hs.Database(mode=self._hs.HS_MODE_BLOCK)
        try:
            db.compile(expressions=[r for r, _ in rows], ids=list(range(len(rows))), flags=[f for _, f in rows])
        except self._hs.error as error:
            raise _Large(str(error)) from error
        return db

    def scan(self, data: bytes) -> Found:
        hits: list[tuple[int, int]] = []
        gates: list[int] = []
        strong, sizes, phrases, known = self._strong, self._gates, self._phrases, len(self._phrases)
        last = self._escaped
        escapes = False
        brief: set[int] = set()
        add = hits.append

        def literal(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            if number < strong:
                add((number, end))
            else:
                size, left, right = sizes[number - strong]
                if _apart(data, end - size, end, left, right):
                    gates.append(end)

        def other(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal escapes
            if number < known:
                hits.extend([(phrase, end) for phrase in phrases[number]])
            elif number < last:
                escapes = True
            else:
                brief.add(number - last)

        self._literals.scan(data, match_event_handler=literal, scratch=self._scratch)
        self._others.scan(data, match_event_handler=other, scratch=self._more)
        return Found(hits, gates, escapes, frozenset(brief))


def _version() -> str:
    from hyperscan import _version as made

    return str(made.__version__)


def _processor() -> str:
    import platform

    return f"{platform.system()} {platform.machine()}"


def _briefly(words: Sequence[bytes]) -> list[bytes]:
    """Expressions for words that stand apart, in lower or upper case or with a capital; some that do not are let in."""
    out = []
    for low in words:
        title, high = low[:1].upper() + low[1:], low.upper()
        out.append(
            b"(?:^|[^a-z])%s(?:[^a-z]|$)|%s(?:[^a-z]|$)|(?:^|[^A-Z])%s(?:[^A-Z]|[A-Z][a-z]|$)" % (low, title, high)
        )
    return out


def _alternatives(source: bytes) -> list[bytes]:
    """The branches of a regular expression that has none inside brackets."""
    out, depth, last, i = [], 0, 0, 0
    while i < len(source):
        c = source[i : i + 1]
        if c == b"\\":
            i += 1
        elif c in {b"(", b"["}:
            depth += 1
        elif c in {b")", b"]"}:
            depth -= 1
        elif c == b"|" and not depth:
            out.append(source[last:i])
            last = i + 1
        i += 1
    return [*out, source[last:]]


class _Literal:
    """What the engines share that know only literals: they search lower-case bytes for words in lower case.

    Of a phrase only one word is searched, and these words are common; so what stands beside it is looked at here.
    """

    def __init__(self, needles: Needles) -> None:
        self._targets: dict[bytes, list[int]] = {}
        for i, anchor in enumerate(needles.anchors):
            self._targets.setdefault(anchor, []).append(i)
        self._strong = len(needles.anchors)
        self._beside: dict[int, tuple[re.Pattern[bytes] | None, re.Pattern[bytes] | None]] = {}
        by_needle: dict[bytes, list[int]] = {}
        for i, (needle, *_) in enumerate(needles.phrases):
            by_needle.setdefault(needle.lower(), []).append(i)
        for needle, numbers in by_needle.items():
            self._targets.setdefault(needle, []).extend(self._strong + i for i in numbers)
            for i in numbers:
                self._beside[self._strong + i] = _beside(*needles.phrases[i][:3])
        self._gates = needles.gates
        self._all = frozenset(range(len(needles.brief)))
        for i, (gate, *_) in enumerate(needles.gates):
            self._targets.setdefault(gate.lower(), []).append(-1 - i)
        self._literals = list(self._targets)
        self._rows_of = list(self._targets.values())

    @cached_property
    def _worth(self) -> re.Pattern[bytes]:
        return re.compile(WORTH)

    def _escapes(self, data: bytes) -> bool:
        return (b"\\" in data or b"%" in data or b"&" in data) and self._worth.search(data) is not None

    def _found(self, data: bytes, low: bytes, places: list[tuple[int, int]]) -> Found:
        """From literals (by index) and ends to hits."""
        hits: list[tuple[int, int]] = []
        gates: list[int] = []
        strong = self._strong
        for number, end in places:
            for target in self._rows_of[number]:
                if target >= strong:
                    ahead, behind = self._beside[target]
                    if ahead is not None:
                        near = ahead.match(low, end)
                    else:
                        start = end - len(self._literals[number])
                        near = behind.match(low[max(0, start - 200) : start][::-1]) if behind is not None else None
                    if near:
                        hits.append((target, end))
                elif target >= 0:
                    hits.append((target, end))
                else:
                    exact, nocase, left, right = self._gates[-1 - target]
                    start = end - len(exact)
                    if (nocase or data.startswith(exact, start)) and _apart(data, start, end, left, right):
                        gates.append(end)
        return Found(hits, gates, self._escapes(data), self._all)


def _beside(
    needle: bytes, words: tuple[bytes, ...], join: bytes
) -> tuple[re.Pattern[bytes] | None, re.Pattern[bytes] | None]:
    """What must follow a needle in lower-case bytes, or, where it is the last word, precede it from right to left."""
    from untag.lexicon._spell import back

    k = [word.lower() for word in words].index(needle)
    if k + 1 < len(words):
        return re.compile(join + re.escape(words[k + 1].lower()), re.DOTALL), None
    return None, re.compile(back(join) + re.escape(words[k - 1].lower()[::-1]), re.DOTALL)


class _Ahocorasick(_Literal):
    """The crate aho-corasick behind ``ahocorasick_rs``."""

    name = "ahocorasick"

    def __init__(self, needles: Needles) -> None:
        import ahocorasick_rs

        super().__init__(needles)
        # The automaton of the contiguous kind takes a tenth of the memory of the full table.
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            self._literals, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        )

    def scan(self, data: bytes) -> Found:
        low = data.lower()
        rows = self._automaton.find_matches_as_indexes(low, overlapping=True)
        return self._found(data, low, [(number, end) for number, _, end in rows])


class _Plain(_Literal):
    """The standard library: every four bytes, taken as a number, are looked up in a set without leaving C."""

    name = "plain"

    def __init__(self, needles: Needles) -> None:
        super().__init__(needles)
        self._rows: dict[int, list[tuple[bytes, int]]] = {}
        self._short: list[tuple[bytes, int]] = []
        for number, literal in enumerate(self._literals):
            if len(literal) < _HEAD:
                self._short.append((literal, number))
            else:
                self._rows.setdefault(int.from_bytes(literal[:_HEAD], sys.byteorder), []).append((literal, number))
        self._heads = frozenset(self._rows)

    def scan(self, data: bytes) -> Found:
        low = data.lower()
        places: list[tuple[int, int]] = []
        known = self._heads.__contains__
        for shift in range(_HEAD):
            size = (len(low) - shift) // _HEAD * _HEAD
            if size <= 0:
                break
            numbers = memoryview(low)[shift : shift + size].cast("I")
            for i in compress(count(), map(known, numbers)):
                at = shift + i * _HEAD
                for literal, number in self._rows[numbers[i]]:
                    if low.startswith(literal, at):
                        places.append((number, at + len(literal)))
        for literal, number in self._short:
            at = low.find(literal)
            while at >= 0:
                places.append((number, at + len(literal)))
                at = low.find(literal, at + 1)
        return self._found(data, low, places)


#: Bytes of a machine number of type ``I``.
_HEAD = 4
