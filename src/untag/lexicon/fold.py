"""Cut text into words and fold them, with the place of each word in the text kept."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CJK", "Word", "alone", "cut", "fold", "folded", "pieces_of", "words_in", "words_of"]

#: Scripts written without word breaks (and Hangul, whose compounds are not broken): Han, kana, Hangul, Thai, Lao,
#: Tibetan, Burmese, Khmer. Ranges from the Unicode block list.
CJK = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u0f00\u0f0b\u0f40-\u0fbc\u1000-\u109f\u1100-\u11ff\u1780-\u17dd"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30fa\u30fc-\u30ff\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0dff\u200c\u200d"
)
_APOSTROPHE = "'\u2018\u2019\u02bb\u02bc`\u00b4"
_ASCII = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_ELISION = frozenset("cdjlmnst")
#: Letters that Unicode does not decompose, and forms that writers mix up (Arabic yeh and kaf, Turkish dotless i).
_PAIRS = str.maketrans(
    {
        "ı": "i", "đ": "d", "ł": "l", "ø": "o", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ə": "a",
        "ی": "ي", "ى": "ي", "ې": "ې", "ک": "ك", "گ": "گ", "ة": "ه", "ہ": "ه", "ۀ": "ه", "ھ": "ه",
        "\u0640": None, "\u200c": None, "\u200d": None,
        **dict.fromkeys(_APOSTROPHE),
    }
)  # fmt: skip
#: The same, and marks that are dropped: of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic.
_FOLDED = _PAIRS | {
    code: None
    for first, last in (
        (0x300, 0x36F), (0x483, 0x487), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED),
    )
    for code in range(first, last + 1)
}  # fmt: skip
#: Letters up to which a run is remembered with its words.
LONG = 48


class Word(Struct):
    """A folded word of a text.

    Attributes:
        text: Folded.
        start: Offset of its first character in the original text.
        end: Offset behind its last.
        cjk: Whether it is a run of a script without word breaks.
    """

    text: str
    start: int
    end: int
    cjk: bool = False


_LETTER = rf"[^\W\d_{CJK}]"
#: A word without apostrophes. Some letters are marks, too: what was taken once is not given back, or a text that is no
#: word would be tried in every way there is.
_WORD = rf"{_LETTER}++(?:[{_MARKS}]++{_LETTER}*+)*+"
_ALONE = later(_WORD)


@cache
def _any() -> re.Pattern[str]:
    """Runs of any script; made for the first text beyond ASCII, since it takes longer than all else at the start."""
    return re.compile(
        rf"(?P<cjk>[{CJK}]+)"
        rf"|(?P<word>{_LETTER}++(?:(?:[{_MARKS}]++|[{_APOSTROPHE}]{_LETTER}){_LETTER}*+)*+)"
        r"|(?P<number>\d+)"
    )


#: What no text of Latin letters holds: marks apart from their letters, and all other scripts.
#: Said by what is no such thing, since a set of so many characters takes long to compile.
_BEYOND = later("[^\\x00-\u02ff\u1e00-\u1eff]")


@cache
def _latin() -> re.Pattern[str]:
    """What ``_any`` finds where nothing ``_BEYOND`` stands; made in a hundredth of the time."""
    return re.compile(rf"(?P<word>[^\W\d_]+(?:[{_APOSTROPHE}](?=[^\W\d_])[^\W\d_]+)*)|(?P<number>\d+)")


@lru_cache(maxsize=1 << 15)
def fold(word: str) -> str:
    """Fold one word for comparison.

    NFKD and case folding; accents of Latin, Greek and Cyrillic letters, Arabic and Hebrew points, tatweel, joiners and
    apostrophes dropped; Turkish dotless i, Arabic yeh, kaf and heh forms joined. Marks of Indic scripts stay, since
    they are vowels; the letters that tell Uyghur from Arabic stay too.

    Args:
        word: Any word, or a run of CJK.

    Returns:
        The folded word; for ASCII its lower case.
    """
    if word.isascii():
        return word.lower().translate(_PAIRS) if "'" in word or "`" in word else word.lower()
    return _folded(word)


def _folded(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold()).translate(_FOLDED)
    # Hangul syllables come apart under NFKD; put them together again.
    flat = unicodedata.normalize("NFC", flat)
    # Thai and Lao AM come apart under NFKD too, and nothing puts them together again.
    return flat.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")


def pieces_of(text: str) -> list[str]:
    """The pieces of an ASCII text as they stand, cut as ``cut`` does it."""
    return _ASCII.findall(text)


def cut(text: str) -> list[Word]:
    """Cut a text into folded words.

    Identifiers come apart at case steps, underscores, digits and punctuation (``emNationType`` gives em, nation,
    type; ``nECType`` n, ec, type); text of scripts without word breaks stays in runs.

    Args:
        text: Any text.

    Returns:
        Words in order of place.
    """
    if text.isascii():
        return [Word(m.group().lower(), m.start(), m.end()) for m in _ASCII.finditer(text)]
    out: list[Word] = []
    words = _any() if _BEYOND.search(text) else _latin()
    for found in words.finditer(text):
        start, piece = found.start(), found.group()
        if found.lastgroup == "cjk":
            out.append(Word(piece, start, found.end(), cjk=True))
        elif found.lastgroup == "number":
            out.append(Word(piece, start, found.end()))
        else:
            # Runs of hundreds of letters are no words that come again.
            for word, first, last in _split(piece) if len(piece) <= LONG else _split.__wrapped__(piece):
                out.append(Word(word, start + first, start + last))
    return out


def words_in(text: str) -> Iterator[tuple[str, bool]]:
    """The words of a text beyond ASCII as ``cut`` gives them, without their places, and whether each is a run."""
    words = _any() if _BEYOND.search(text) else _latin()
    for found in words.finditer(text):
        piece = found.group()
        if found.lastgroup != "word":
            yield piece, found.lastgroup == "cjk"
        elif len(piece) <= LONG:
            for word, _, _ in _split(piece):
                yield word, False
        else:
            for word, _, _ in _split.__wrapped__(piece):
                yield word, False


@lru_cache(maxsize=1 << 15)
def _split(piece: str) -> tuple[tuple[str, int, int], ...]:
    """The folded words of one alphabetic run with their places: French elision and camel case come apart."""
    out: list[tuple[str, int, int]] = []
    start = 0
    if len(piece) > 2 and piece[1] in _APOSTROPHE and piece[0].lower() in _ELISION:
        out.append((piece[0].lower(), 0, 1))
        piece, start = piece[2:], 2
    if piece.isascii() and "'" not in piece and "`" not in piece:
        out.extend((m.group().lower(), start + m.start(), start + m.end()) for m in _ASCII.finditer(piece))
        return tuple(out)
    begin = 0
    # Without a capital behind the first letter, or without a small letter, there is no step.
    stepped = any(map(str.isupper, piece[1:])) and any(map(str.islower, piece))
    for i in range(1, len(piece)) if stepped else ():
        step = piece[i].isupper() and piece[i - 1].islower()
        step = step or (piece[i].islower() and i - begin > 1 and piece[i - 1].isupper() and piece[i - 2].isupper())
        if step:
            at = i if piece[i].isupper() else i - 1
            out.append((fold(piece[begin:at]), start + begin, start + at))
            begin = at
    out.append((fold(piece[begin:]), start + begin, start + len(piece)))
    return tuple(out)


def alone(text: str) -> bool:
    """Whether ``cut`` gives one word of a text, and no run, and it is the whole text (it may be when this says no)."""
    # The expression is slow to compile, and most texts that are no word are told without it.
    if text.isascii():
        if not text.isalpha():
            return False
    elif " " in text or "\u3400" <= text[0] <= "\u9fff" or _ALONE.fullmatch(text) is None:
        return False
    rest = text[1:]
    # Without a capital behind the first letter there is no step.
    return not rest or rest.islower() or (text.lower() == text.upper() and not text.isupper())


def folded(words: list[str]) -> list[str]:
    """What ``fold`` gives for each of many words that stand alone: all at once it takes a fraction of the time."""
    return _folded("\n".join(words)).split("\n") if words else []


def words_of(form: str) -> tuple[str, ...]:
    """The folded words of a written form, cut exactly as text is."""
    return tuple(w.text for w in cut(form))
