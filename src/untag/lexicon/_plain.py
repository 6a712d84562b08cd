"""The plain view of bytes: letters folded and escapes resolved, so that a form is written there in fewer ways."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from untag.later import later
from untag.lexicon.fold import CJK, fold

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Plain", "folds"]

_CJK_CHAR = later(rf"[{CJK}]")
_U = rb"u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|U[0-9a-fA-F]{8}"
#: Escapes of characters, by their first byte: the ones of C, Java, JSON, HTML and URLs, in runs.
ESCAPES = {
    b"\\": rb"(?:(?:%s)(?:\\(?:%s))*"
    rb"|x[0-9a-fA-F]{2}(?:\\x[0-9a-fA-F]{2})*|[0-3][0-7]{2}(?:\\[0-3][0-7]{2})*)" % (_U, _U),
    b"%": rb"[2-9a-fA-F][0-9a-fA-F](?:%[2-9a-fA-F][0-9a-fA-F])*",
    b"&": (
        rb"(?:#(?:[0-9]{2,7}|[xX][0-9a-fA-F]{2,6});(?:&#(?:[0-9]{2,7}|[xX][0-9a-fA-F]{2,6});)*"
        rb"|(?:nbsp|ensp|emsp|[A-Za-z]{1,2}(?:acute|grave|circ|uml|tilde|cedil|ring|slash|caron|lig));)"
    ),
}
_UNIT = later(r"\\u([0-9a-fA-F]{4})|\\u\{([0-9a-fA-F]{1,6})\}|\\U([0-9a-fA-F]{8})")
_ENTITY = later(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")


#: Blocks of letters, marks and compatibility forms that folding changes.
_FOLDED = (
    (0x80, 0x2FDF), (0xA640, 0xA7FF), (0xAB30, 0xABBF), (0xF900, 0xFEFE), (0xFF21, 0xFF5A), (0xFF66, 0xFF9F),
    (0x10400, 0x1044F), (0x1D400, 0x1D7FF), (0x2F800, 0x2FA1F),
)  # fmt: skip


def folds() -> dict[bytes, bytes]:
    """What the plain view shows for a character in UTF-8, for every character that folding changes.

    Traditional characters are left as they are (they are searched as such), compatibility forms are not; the case of
    Latin letters is kept, since it tells words apart in identifiers.
    """
    table: dict[bytes, bytes] = {}
    for first, last in _FOLDED:
        for code in range(first, last + 1):
            ch = chr(code)
            category = unicodedata.category(ch)
            plain = fold(ch)
            if category == "Cn" or (_CJK_CHAR.match(ch) and len(plain) != 1):
                continue
            if ch in "\u2018\u2019\u02bb\u02bc\u00b4":
                plain = ""
            if plain == ch or (not ch.isalpha() and category[0] not in "MCLPS"):
                continue
            if ch.isalpha() and ch.upper() == ch and ch.lower() != ch and plain.isascii():
                plain = plain.upper()
            elif not ch.isalpha() and plain and not plain.isalpha() and category != "So":
                continue
            table[ch.encode()] = plain.encode()
    # Indic vowels and letters with a dot may come in one piece or in two.
    for code in range(0x0900, 0x0E00):
        ch = chr(code)
        flat = unicodedata.normalize("NFKD", ch)
        if len(flat) > 1 and fold(ch) == ch:
            table[flat.encode()] = ch.encode()
    return table


def folding(table: dict[bytes, bytes], *, escapes: bool) -> bytes:
    """A regular expression for the keys of ``folds()``, or for escapes, or for both.

    It starts with a set of bytes, since only then ``re`` passes quickly over what is not in it; what follows is chosen
    by looking back at that byte.
    """
    rests: dict[bytes, list[bytes]] = {}
    for key in sorted((key for key in table if not _one(key)), key=lambda k: (-len(k), k)):
        rests.setdefault(key[:1], []).append(re.escape(key[1:]))
    single: dict[bytes, list[bytes]] = {}
    for key in table:
        if _one(key):
            single.setdefault(key[:1], []).append(key[1:])
    for first, tails in single.items():
        rests.setdefault(first, []).extend(_branches(tails))
    if escapes:
        for first, rest in ESCAPES.items():
            rests.setdefault(first, []).append(rest)
    by_rest: dict[bytes, list[int]] = {}
    for first, branches in rests.items():
        by_rest.setdefault(b"(?:" + b"|".join(branches) + b")", []).append(first[0])
    firsts = _ranges(sorted(first[0] for first in rests))
    rows = [b"(?<=[%s])%s" % (_ranges(sorted(heads)), rest) for rest, heads in by_rest.items()]
    return b"[%s](?:%s)" % (firsts, b"|".join(rows))


def leads(table: dict[bytes, bytes]) -> bytes:
    """The first bytes of the keys of ``folds()``, as a set of a regular expression: Chinese and Japanese has few."""
    return _ranges(sorted({key[0] for key in table}))


def _one(key: bytes) -> bool:
    return len(key.decode()) == 1


def _branches(keys: list[bytes]) -> list[bytes]:
    """Branches of a trie over byte strings; equal ones share a set of first bytes."""
    tree: dict[int, list[bytes]] = {}
    for key in sorted(keys):
        tree.setdefault(key[0], []).append(key[1:])
    by_rest: dict[bytes, list[int]] = {}
    for first, rests in tree.items():
        if rests == [b""]:
            rest = b""
        else:
            inner = _branches(rests)
            rest = inner[0] if len(inner) == 1 else b"(?:" + b"|".join(inner) + b")"
        by_rest.setdefault(rest, []).append(first)
    return [b"[%s]%s" % (_ranges(firsts), rest) for rest, firsts in by_rest.items()]


def _ranges(codes: list[int]) -> bytes:
    out, i = b"", 0
    while i < len(codes):
        j = i
        while j + 1 < len(codes) and codes[j + 1] == codes[j] + 1:
            j += 1
        out += b"\\x%02x-\\x%02x" % (codes[i], codes[j])
        i = j + 1
    return out


def unescaped(raw: bytes) -> str:
    """The characters that a run of escapes stands for; what stands for none becomes U+FFFD."""
    two = raw[:2]
    if two in {b"\\u", b"\\U"}:
        units = [int(a or b or c, 16) for a, b, c in _UNIT.findall(raw.decode("ascii"))]
        text = "".join(chr(u) if u < 0x110000 else "\ufffd" for u in units)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if two == b"\\x":
        return _bytes_or_latin(bytes.fromhex(raw.decode("ascii").replace("\\x", "")))
    if raw[:1] == b"\\":
        return _bytes_or_latin(bytes(int(raw[i + 1 : i + 4], 8) & 0xFF for i in range(0, len(raw), 4)))
    if raw[:1] == b"%":
        # What is no UTF-8 is no escape: "%dA" is a format and a letter.
        plain = bytes.fromhex(raw.decode("ascii").replace("%", ""))
        try:
            return plain.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("ascii")
    if two == b"&#":
        codes = [int(x, 16) if x else int(d) for x, d in _ENTITY.findall(raw.decode("ascii"))]
        return "".join(chr(c) if 0 < c < 0x110000 and not 0xD800 <= c < 0xE000 else "\ufffd" for c in codes)
    from html import unescape

    return unescape(raw.decode("ascii"))


def _bytes_or_latin(raw: bytes) -> str:
    """Bytes of UTF-8 if they are; else characters by number, as JavaScript and Python mean them."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


#: Runs and escapes whose plain spelling is remembered at most; a repetitive text holds a few thousand.
KEPT = 1 << 16


class _Shown(dict[bytes, bytes]):
    """What a run of high bytes, or of escapes, is shown as; made once for each."""

    def __init__(self, changes: Callable[[bytes], list[tuple[int, int, bytes]]]) -> None:
        super().__init__()
        self._changes = changes

    def __missing__(self, run: bytes) -> bytes:
        out, last = b"", 0
        for start, end, plain in self._changes(run):
            out += run[last:start] + plain
            last = end
        out += run[last:]
        if len(run) <= 64:
            if len(self) >= KEPT:
                self.clear()
            self[run] = out
        return out


class Plain:
    """Makes the plain view of bytes: escapes resolved, accents, cases and joiners beyond ASCII folded away."""

    def __init__(self, leads: bytes, table: Callable[[], dict[bytes, bytes]]) -> None:
        """Take what ``leads`` says of the table of ``folds()``, and what gives the table itself when it is needed."""
        self._lead = re.compile(b"[%s]" % leads)
        self._make = table
        self._shown = _Shown(self._changes)
        runs, escapes = rb"[\x80-\xff]+", folding({}, escapes=True)
        self._runs = re.compile(b"(%s)" % runs)
        self._escapes = re.compile(b"(%s)" % escapes)
        self._both = re.compile(b"(%s|%s)" % (runs, escapes))

    @cached_property
    def _table(self) -> dict[bytes, bytes]:
        return self._make()

    @cached_property
    def _fold(self) -> re.Pattern[bytes]:
        return re.compile(folding(self._table, escapes=False))

    def word(self, word: bytes) -> bytes:
        """A word in UTF-8 without accents, cases beyond ASCII and joiners."""
        parts = self._runs.split(word)
        parts[1::2] = map(self._shown.__getitem__, parts[1::2])
        return b"".join(parts)

    def view(
        self, data: bytes, *, folds: bool, escapes: bool
    ) -> tuple[bytes, Callable[[int, int], tuple[int, int]]] | None:
        """The view of some bytes, or None where it shows nothing else than the bytes themselves.

        Args:
            data: Bytes of UTF-8, or of anything.
            folds: Whether characters in UTF-8 are folded.
            escapes: Whether escapes are resolved; one of both must be.

        Returns:
            The view, and what turns a span of it into the span of the bytes it was made from.
        """
        # Every other part is a run that may change; most runs come again and again.
        parts = ((self._both if folds else self._escapes) if escapes else self._runs).split(data)
        runs = parts[1::2]
        shown = list(map(self._shown.__getitem__, runs))
        if shown == runs:
            return None
        sizes = list(map(len, parts))
        parts[1::2] = shown
        made = b"".join(parts)
        ends: list[tuple[list[int], list[int]]] = []

        def place(at: int, spot: Callable[[list[int], list[int], int, int], int]) -> int:
            if not ends:
                # Only looked up where something was found: the places behind each part, in the view and in the bytes.
                ends.append((list(accumulate(map(len, parts))), list(accumulate(sizes))))
            there, here = ends[0]
            i = bisect_right(there, at)
            if i == len(there):
                return len(data)
            start = here[i - 1] if i else 0
            inner = at - (there[i - 1] if i else 0)
            if i % 2 == 0:
                return start + inner
            return start + spot(*self._places(runs[i // 2]), inner, sizes[i])

        return made, lambda start, end: (place(start, _before), place(end, _behind))

    def _changes(self, run: bytes) -> list[tuple[int, int, bytes]]:
        """Start, end and plain spelling of what changes in a run of high bytes, or of escapes."""
        if run[0] >= 0x80 and self._lead.search(run) is None:
            return []
        get = self._table.get
        if run[0] < 0x80:
            plain = self._fold.sub(lambda m: get(m.group(), b""), unescaped(run).encode("utf-8", "replace"))
            return [(0, len(run), plain)]
        return [(*found.span(), get(found.group(), b"")) for found in self._fold.finditer(run)]

    def _places(self, run: bytes) -> tuple[list[int], list[int]]:
        """Places before and behind each change of a run, in the view and in the bytes."""
        there, here, shift = [0], [0], 0
        for start, end, plain in self._changes(run):
            there += [start + shift, start + shift + len(plain)]
            here += [start, end]
            shift += len(plain) - (end - start)
        return there, here


def _before(there: list[int], here: list[int], at: int, _size: int) -> int:
    """The place in the bytes of a place in the view; inside a change, its start."""
    i = bisect_right(there, at) - 1
    # Even rows (from 2) end a change, odd ones begin it: inside, only the start is a place.
    return here[i] if i % 2 else here[i] + at - there[i]


def _behind(there: list[int], here: list[int], at: int, size: int) -> int:
    """The same for an end; inside a change, its end."""
    i = bisect_right(there, at) - 1
    if i % 2 and at > there[i]:
        return here[i + 1] if i + 1 < len(here) else size
    while i + 1 < len(there) and there[i + 1] == at:
        i += 1
    return here[i] if i % 2 or at == there[i] else here[i] + at - there[i]
