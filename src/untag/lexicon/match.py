"""All terms in a text in one pass over its words, longest first, vetoes obeyed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from untag.finding import Hit
from untag.lexicon._table import HEAD, JOINED, Table, stem_key
from untag.lexicon.fold import Word, alone, cut, fold, folded, pieces_of, words_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.lexicon._table import Entry
    from untag.lexicon.term import Term

__all__ = ["Matcher"]

#: How many letters an inflected word may go on after a stem.
TAIL = 6
#: Letters of a text from which on it is long: 60,000 lines of prose and what stands in them would take 100 MB and more.
LONG = 200
#: Shortest run of letters and digits that may be a hash, and how many pieces in it tell that it is one.
RUN, PIECES = 14, 7
#: Letters of the longest word that such a run may well hold by chance.
CHANCE = 4
#: Glued lower-case prefixes of identifiers ("isuyghur", "recuygur"), for strong words of at least five letters.
PREFIXES = (
    "is", "rec", "has", "get", "set", "by", "em", "sz", "ul", "udw", "dw", "st", "str", "tb", "uc", "un", "non", "not",
    "query", "find", "search", "detect", "face", "person", "target", "user", "p", "n", "e", "m", "b", "s", "u", "i",
)  # fmt: skip
#: Arabic and Hebrew particles written onto the word (and, with, to, the).
_SEMITIC = ("وال", "بال", "كال", "فال", "لل", "ال", "و", "ب", "ل", "וה", "בה", "מה", "שה", "ה", "ו", "ב", "ל", "מ", "ש")


def _bare_of(word: str) -> list[str]:
    """What an Arabic or Hebrew word may be without particles."""
    return [word[len(p) :] for p in _SEMITIC if word.startswith(p) and len(word) - len(p) >= 3]


#: What may stand between the words of a veto of a tag, of a veto of a context word, and of a form.
_SPACE = re.compile(r"[\s_\-\u00a0]{0,20}|['\u2019]")
_LOOSE = re.compile(r"""[\s_\-./=:@"'?!({\u00a0]{0,6}""")
_JOIN = re.compile(r"[\s_\-/.&+'’\u05f3\u05f4\u00a0]{0,20}|[\s*#/]{0,40}")
#: The same in a request for every attribute: quotes, commas and brackets stand between name and value.
_VALUE = re.compile(r"""[\s_\-.:=,"'()\[\]{}\u00a0]{0,12}""")
#: Letters of one kind, or digits: what a hash is made of.
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")


#: What follows the initials of a model number (``MZ5721D``, ``RAC_6X00``) or a random name (``MZ1WDSc5``) and no code$
#: of a people (``RAC1P``).
_MODEL = re.compile(r"[_-]?\d(?:\d\d|\d?[A-Z]\d|[A-Z]{2,}[a-z]|[a-z]+\d[A-Z])")
#: A number that letters are the unit of (``24Mz``).
_NUMBER = re.compile(r"(?<![A-Za-z_\d.])\d{1,9}(?:\.\d{1,9})?$")
_RUN = re.compile(r"[A-Za-z0-9+/]{14,}")


def _apart(text: str, start: int, end: int) -> bool:
    """Whether initials are part of a model number, or the unit of a number."""
    if _MODEL.match(text, end):
        return True
    return text[start - 1 : start].isdecimal() and _NUMBER.search(text, max(0, start - 20), start) is not None


def _random(text: str) -> list[tuple[int, int]]:
    """Where hashes, keys and encoded bytes stand in a text: long runs that change case or to digits at every step.

    An identifier is cut into words (``UTF8Face2RaceNet50Model``: eight pieces of 23 letters), a hash into letters.
    """
    out: list[tuple[int, int]] = []
    for run in _RUN.finditer(text):
        pieces = _PIECE.findall(run.group())
        digits = sum(map(str.isdecimal, pieces))
        if len(pieces) >= PIECES and digits >= 2 and 2 * sum(map(len, pieces)) < 5 * len(pieces):
            out.append(run.span())
    return out


class Matcher:
    """Finds every form of every term in a text."""

    def __init__(self, terms: Iterable[Term], hant: dict[str, str], kept: dict[str, str] | None = None) -> None:
        """Make the tables.

        Args:
            terms: The lexicon's terms.
            hant: Simplified character by traditional or variant character.
            kept: The tables as ``plain`` gave them; then no terms are needed.

        Raises:
            ValueError, KeyError, TypeError: What was kept are no tables.
        """
        self._hant = str.maketrans(hant)
        self._text = ""
        self._t = t = Table.build(terms, self._hant) if kept is None else Table.load(kept)
        self._infix = re.compile("|".join(sorted(map(re.escape, t.infix), key=lambda s: (-len(s), s))) or r"(?!)")
        self._compound = re.compile("|".join(sorted(re.escape(f) for f in t.exact if len(pieces_of(f)) != 1)) or "(?!)")
        self._tails = frozenset([word[-5:] for word in t.glued])
        self._brief = tuple(sorted(head for head in t.heads if len(head) < HEAD))
        self._short = lru_cache(maxsize=1 << 15)(self._match)
        self._long = lru_cache(maxsize=1 << 10)(self._match)

    def plain(self) -> dict[str, str]:
        """The tables as texts of one line, for the cache."""
        return self._t.plain()

    def named(self, name: str) -> bool:
        """Whether a file's name holds a term (context and colours apart)."""
        return any(h.kind not in {"context", "colour"} for h in self.match(name))

    def placed(self, path: str) -> bool:
        """Whether the path of a file, folders and all, holds a term (context and colours apart)."""
        return self.named(path.replace("/", " / "))

    def match(self, text: str) -> tuple[Hit, ...]:
        """Hits in a text; those of the last texts are remembered, of long ones fewer.

        Args:
            text: A surface's text.

        Returns:
            Hits in order of place. Of hits that lie in one another only the longest stays (context hits apart); none
            lies in a veto of its concept.
        """
        return self._short(text) if len(text) <= LONG else self._long(text)

    def _match(self, text: str) -> tuple[Hit, ...]:
        if self._empty(text) if text.isascii() else self._void(text):
            return ()
        found = self._found(text)
        return _settle(found) if found else ()

    def vetoed(self, text: str) -> tuple[tuple[str, int, int, str, bool], ...]:
        """What ``match`` leaves out of a text, for people who ask why: no part of the search.

        Returns:
            (concept, start, end, what swallowed it, whether that is a phrase in which it means something else; if not,
            a longer hit), in order of place.
        """
        rows: dict[tuple[str, int, int, str, bool], None] = {}
        found = self._found(text)
        kept = [(h.start, h.end, h.term) for h in _settle(found)]
        for a, b, entry in found:
            if not entry.strength or (a, b, entry.term) in kept:
                continue
            phrase = next((text[x:y] for x, y, e in found if not e.strength and e.term == entry.term
                           and x <= a and b <= y), "")  # fmt: skip
            longer = next((text[x:y] for x, y, _ in kept if x <= a and b <= y), "")
            if phrase or longer:
                rows[entry.term, a, b, phrase or longer, bool(phrase)] = None
        return tuple(sorted(rows, key=lambda r: (r[1], r[2], r[0])))

    def _found(self, text: str) -> list[tuple[int, int, Entry]]:
        """Every occurrence of a form or a veto in a text, none weighed against another."""
        words = cut(text)
        self._text = text
        found: list[tuple[int, int, Entry]] = []
        if self._t.exact:
            self._exact(text, words, found)
        first, second, stems, some = self._t.first, self._t.second, self._t.stems, self._t.some
        last = len(words) - 1
        for i, word in enumerate(words):
            plain = word.text
            if word.cjk:
                self._run(words, i, found)
                continue
            if plain in first and (plain not in second or (i < last and words[i + 1].text in some(second, plain))):
                self._words(words, i, found)
            if plain[:3] in stems:
                self._stemmed(words, i, plain, found)
            if "\u0590" <= plain < "\u0700" and len(plain) >= 3:
                self._particles(words, i, plain, found)
        self._inside(text, words, found)
        if len(text) >= RUN and any(r[1] - r[0] <= CHANCE for r in found) and (runs := _random(text)):
            found = [r for r in found if r[1] - r[0] > CHANCE or not any(a <= r[0] and r[1] <= b for a, b in runs)]
        return found if text.isascii() else _spelt(text, found)

    def _empty(self, text: str) -> bool:
        """Whether an ASCII text surely holds no form (it may still hold none when this says no)."""
        return self._bare(text, [p.lower() for p in pieces_of(text)])

    def _void(self, text: str) -> bool:
        """The same of any other text."""
        row: list[str] = []
        more: list[str] = []
        first = self._t.cjk.keys()
        for word, cjk in words_in(text):
            row.append(word)
            if cjk:
                run = word.translate(self._hant)
                if not (first.isdisjoint(run) and first.isdisjoint(fold(run))):
                    return False
            elif "\u0590" <= word < "\u0700" and len(word) >= 3:
                more += _bare_of(word)
        return self._bare(text, row, more)

    def _bare(self, text: str, row: list[str], more: Iterable[str] = ()) -> bool:
        """Whether no form stands in a text, by its folded words in order and what may stand alone as well."""
        pieces = {*row, *more}
        if not self._t.known.isdisjoint(pieces):
            return False
        if not self._t.pairs.keys().isdisjoint(pieces):
            pairs, some = self._t.pairs, self._t.some
            if any(following in some(pairs, word) for word, following in pairwise(row) if word in pairs):
                return False
        if any(map(self._begun, pieces)):
            return False
        # An exact form of several pieces (``race4``, ``WWEZ``), or a distinctive string inside a word.
        return self._compound.search(text) is None and self._infix.search(text.lower()) is None

    def _begun(self, piece: str) -> bool:
        """Whether a folded word may be a stem with its ending, or a form behind a prefix."""
        key = piece[:HEAD]
        if key in self._t.heads and piece.startswith(self._t.begun(key)):
            return True
        return (piece[-5:] in self._tails and len(piece) > 5) or piece.startswith(self._brief)

    def nothing(self, text: str) -> bool:
        """Whether a text of any length surely holds no form, context words among them (it may when this says no)."""
        return self._empty(text) if text.isascii() else self._void(text)

    def silent(self, texts: Iterable[str]) -> set[str]:
        """Those of some texts in which ``match`` surely finds nothing, as far as that can be told of many at once.

        In a dictionary nearly every line is a word that is no form: to match each takes ten times as long.

        Args:
            texts: Any; only words that stand alone are looked at.
        """
        words = [text for text in texts if alone(text)]
        if not words:
            return set()
        block = "\n".join(words)
        inside = self._compound.search(block) is not None or self._infix.search(block.lower()) is not None
        known, begun = self._t.known, self._begun
        out: set[str] = set()
        for text, word in zip(words, folded(words), strict=True):
            if word in known or begun(word):
                continue
            if "\u0590" <= word < "\u0700" and any(p in known or begun(p) for p in _bare_of(word)):
                continue
            if not inside or (self._compound.search(text) is None and self._infix.search(text.lower()) is None):
                out.add(text)
        return out

    def _exact(self, text: str, words: list[Word], found: list[tuple[int, int, Entry]]) -> None:
        exact, row = self._t.exact, self._t.row
        before = last = -1
        for word in words:
            start, end = word.start, word.end
            if (piece := text[start:end]) in exact and not (end - start <= CHANCE and _apart(text, start, end)):
                found.extend([(start, end, entry) for entry in row(exact, piece)])
            # Initials of several words or with digits are one run in the text ("WWEZ", "race4").
            if start == last and (piece := text[before:end]) in exact:
                found.extend([(before, end, entry) for entry in row(exact, piece)])
            before, last = start, end

    def _run(self, words: list[Word], at: int, found: list[tuple[int, int, Entry]]) -> None:
        """Longest match inside a run without word breaks, left to right; a form with a space goes on in the next."""
        word = words[at]
        run = word.text.translate(self._hant)
        folded = fold(run)
        # Where in the run each folded letter comes from, where one letter becomes two.
        back = None
        if len(folded) != len(run):
            parts = [fold(c) for c in run]
            folded = "".join(parts)
            back = [i for i, part in enumerate(parts) for _ in part]
        i, size = 0, len(folded)
        table = self._t.cjk
        while i < size:
            longest = 0
            start = word.start + (i if back is None else back[i])
            for entry in self._t.row(table, folded[i]) if folded[i] in table else ():
                form = entry.spelling
                if len(form) < longest:
                    break
                if folded.startswith(form, i):
                    longest, last = len(form), i + len(form)
                    found.append((start, word.start + (last if back is None else back[last - 1] + 1), entry))
                elif " " in form and (end := self._spaced(words, at, folded[i:], form)):
                    longest = size - i
                    found.append((start, end, entry))
            i += max(1, longest)

    def _spaced(self, words: list[Word], at: int, tail: str, form: str) -> int:
        """Where a form with spaces ends that begins with the tail of a run; 0 where it does not go on so."""
        first, *others = form.split(" ")
        if tail != first:
            return 0
        end = 0
        for k, part in enumerate(others, at + 1):
            if k >= len(words) or not words[k].cjk or self._text[words[k - 1].end : words[k].start].strip(" \u00a0"):
                return 0
            run = fold(words[k].text.translate(self._hant))
            # What follows the last word is its ending.
            if not run.startswith(part) or (k < at + len(others) and run != part):
                return 0
            end = words[k].start + min(len(part), len(words[k].text))
        return end

    def _words(self, words: list[Word], i: int, found: list[tuple[int, int, Entry]]) -> None:
        word = words[i]
        text = word.text
        for entry in self._t.row(self._t.first, text):
            n = len(entry.words)
            if n == 1 or (
                i + n <= len(words)
                and all(words[i + k].text == entry.words[k] for k in range(1, n))
                and self._together(words, i, n, _between(entry))
            ):
                found.append((word.start, words[i + n - 1].end, entry))

    def _particles(self, words: list[Word], i: int, text: str, found: list[tuple[int, int, Entry]]) -> None:
        """Arabic and Hebrew words behind the particles that are written onto them."""
        word = words[i]
        for prefix in _SEMITIC:
            if text.startswith(prefix) and len(text) - len(prefix) >= 3:
                rest = text[len(prefix) :]
                singles = (e for e in self._t.row(self._t.first, rest) if len(e.words) == 1)
                found.extend((word.start, word.end, entry) for entry in singles)
                self._stemmed(words, i, rest, found)

    def _together(self, words: list[Word], i: int, n: int, allowed: re.Pattern[str]) -> bool:
        """Whether the words of a phrase stand together; ``data["race"]`` is no data race."""
        return all(allowed.fullmatch(self._text, words[k].end, words[k + 1].start) for k in range(i, i + n - 1))

    def _stemmed(self, words: list[Word], i: int, text: str, found: list[tuple[int, int, Entry]]) -> None:
        for entry in self._t.row(self._t.stems, stem_key(text)):
            n = len(entry.words)
            if i + n > len(words):
                continue
            if n == 1:
                stem = entry.words[0]
                if text.startswith(stem) and len(text) - len(stem) <= TAIL and not self._coded(words[i], stem):
                    found.append((words[i].start, words[i].end, entry))
            elif _inflected(text, entry.words[0]) and all(
                _inflected(words[i + k].text, entry.words[k]) for k in range(1, n)
            ):
                found.append((words[i].start, words[i + n - 1].end, entry))

    def _coded(self, word: Word, stem: str) -> bool:
        """Whether a short stem goes on inside capitals and digits, as in the name of a file that nobody chose."""
        text = self._text
        if len(stem) > CHANCE or len(stem) == word.end - word.start or not text[word.start : word.end].isupper():
            return False
        return text[word.start - 1 : word.start].isdecimal() or text[word.end : word.end + 1].isdecimal()

    def _inside(self, text: str, words: list[Word], found: list[tuple[int, int, Entry]]) -> None:
        """Distinctive strings inside longer words, and strong words behind glued prefixes."""
        low = text.lower()
        if len(low) == len(text):
            for m in self._infix.finditer(low):
                found.extend([(m.start(), m.end(), e) for e in self._t.row(self._t.infix, m.group())])
        tails = self._tails
        for word in words:
            plain = word.text
            if plain[-5:] not in tails or len(plain) < 6 or word.cjk:
                continue
            for prefix in PREFIXES:
                if plain.startswith(prefix):
                    found.extend([(word.start, word.end, e) for e in self._t.row(self._t.glued, plain[len(prefix) :])])


def _between(entry: Entry) -> re.Pattern[str]:
    """What may stand between the words of a form or veto."""
    if entry.strength:
        return _VALUE if entry.family == "wildcard" else _JOIN
    return _SPACE if entry.kind != "context" else _LOOSE


def _inflected(text: str, word: str) -> bool:
    """Whether a word of an inflected phrase may be this one: the last two letters may differ."""
    if text == word:
        return True
    least = 6 if word.startswith("ال") else 4  # the Arabic article tells nothing
    keep = max(least, len(word) - 2)
    return len(word) > least and text.startswith(word[:keep]) and len(text) <= len(word) + TAIL


#: Letters and marks that in their multitude only Vietnamese has: where one stands, people type its accents.
_TONES = re.compile("[\u01a0\u01a1\u01af\u01b0\u0309\u031b\u0323\u1ea0-\u1ef9]")
#: Letters whose stroke Unicode does not take off and ``fold`` does.
_STROKES = frozenset("đłøħŧ")


@lru_cache(maxsize=1 << 14)
def _accents(word: str, letters: int = 0) -> tuple[str, ...]:
    """Accents of the Latin letters of a word (of the first ``letters`` of them), sorted."""
    out: list[str] = []
    base, seen = "", 0
    for ch in unicodedata.normalize("NFD", word.casefold()):
        if "\u0300" <= ch <= "\u036f":
            # The dot that case folding leaves of a Turkish capital is the letter's own.
            if "a" <= base <= "z" and not (base == "i" and ch == "\u0307"):
                out.append(ch)
            continue
        base, seen = ch, seen + ch.isalpha()
        if letters and seen > letters:
            break
        if ch in _STROKES:
            out.append(ch)
    return tuple(sorted(out))


#: Accents that writers of a language add to a word that the lexicon has without: tones of pinyin, long vowels.
_ADDED = {"zh-Latn-pinyin": frozenset("\u0300\u0301\u0304\u0308\u030c"), "tr": frozenset("\u0302")}


def _foreign(ours: tuple[str, ...], theirs: tuple[str, ...], entry: Entry) -> bool:
    """Whether a text's accents make another word of a form; a long word stays itself (``éthnicité``)."""
    if sum(map(len, entry.words)) >= JOINED:
        return False
    return not _ADDED.get(entry.language, frozenset()).issuperset(Counter(ours) - Counter(theirs))


def _spelt(text: str, found: list[tuple[int, int, Entry]]) -> list[tuple[int, int, Entry]]:
    """Leave out what is a form only without its accents: ``còn lại`` is no ``con lai``, ``hän`` no ``Han``.

    People leave accents out, they do not put them in: a text may lack accents of a form, not have others. Where it is
    Vietnamese and typed with its accents, they tell every word, so a word without one is meant so. Words of the
    surroundings, which prove nothing, may be spelt as in the next language (``câmera``, ``cámara``).
    """
    tones = _TONES.search(text) is not None
    out: list[tuple[int, int, Entry]] = []
    for row in found:
        start, end, entry = row
        if entry.spelling and entry.strength and (tones or entry.kind != "context"):
            part = text[start:end]
            exact = tones and entry.language == "vi"
            if exact or not part.isascii():
                if entry.stem:
                    if len(entry.words) > 1:
                        out.append(row)
                        continue
                    ours = _accents(part, len(entry.words[0]))
                else:
                    ours = _accents(part)
                theirs = _accents(entry.spelling)
                if ours != theirs and (exact or _foreign(ours, theirs, entry)):
                    continue
        out.append(row)
    return out


_RANK = {"strong": 0, "medium": 1, "weak": 2}
_LATE = {"ja": 1}


def _order(row: tuple[int, int, Entry]) -> tuple[object, ...]:
    start, end, entry = row
    late = _LATE.get(entry.language, 0)
    return start, -end, _RANK[entry.strength], not entry.checked, entry.term, late, entry.language


def _settle(found: list[tuple[int, int, Entry]]) -> tuple[Hit, ...]:
    """Obey vetoes, keep the longest of what lies in one another, one hit a concept and place."""
    vetoes = [(a, b, e.term) for a, b, e in found if not e.strength]
    live = [
        (a, b, e)
        for a, b, e in found
        if e.strength and not any(x <= a and b <= y and t == e.term for x, y, t in vetoes)
    ]
    # What Chinese and Japanese write alike is Chinese until what stands around it says otherwise (``judge.tongue``).
    live.sort(key=_order)
    out: list[Hit] = []
    taken: set[tuple[int, int, str]] = set()
    spans: list[tuple[int, int]] = []
    for a, b, e in live:
        if (a, b, e.term) in taken:
            continue
        taken.add((a, b, e.term))
        if e.kind != "context":
            if any(x <= a and b <= y and (x, y) != (a, b) for x, y in spans):
                continue
            spans.append((a, b))
        out.append(Hit(e.term, e.kind, e.family, e.strength, e.language, e.gloss, a, b, e.named, e.checked))
    return tuple(out)
