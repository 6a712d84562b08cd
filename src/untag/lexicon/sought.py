"""What the sieve looks for, and so what a rule may start from: the two must be the same, and are said here once.

A file is opened for a form that is looked for in every file, for any other form of a tag within ``REACH`` lines of a
word of the surroundings that opens files, or for a brief weak attribute (race, nation) as near to one that is too short
or too common for that (age, face). All else that is found in an opened file may be weighed; it starts nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.finding import FOLLOWED
from untag.later import later
from untag.lexicon.fold import CJK, fold, words_of
from untag.lexicon.match import Matcher

if TYPE_CHECKING:
    from untag.finding import Hit
    from untag.lexicon import Form, Lexicon, Term

__all__ = ["GAP", "JOINTS", "REACH", "Sought", "always", "beside", "brief", "opens"]

#: Lines between a weak word and a word of the surroundings: farther off ``race`` is a bug, ``snapshot`` a disk's, and
#: ``ROM`` a chip's in a list of registers that names a ``FACE_MASK`` ten thousand lines below.
REACH = 40
#: Most separators between two words of a form, in bytes (of UTF-16: in pairs).
GAP = 40
#: Separators that are spelled out: those of words that open files, and of all forms in UTF-16 and legacy encodings
#: inside binaries. Whole texts of these are decoded before they are looked at.
JOINTS = ("", " ", "_", "-")
#: Families of context words that open a file for weak words, and what is left out of them because it stands in
#: ordinary source code everywhere (measured on C headers, an array library and a key-value store).
FAMILIES = frozenset({"demographic", "visual", "biometric"})
TOO_COMMON = frozenset(
    re.split(
        r"\s+",
        """
    address adresse capture captured captures capturing feature features vector vectors feature_vector similarity
    library libraries gallery galleries snapshot snapshots recognition recognize recognise recognized detect detected
    detection detector expression expressions profile profiles matching matcher camera cameras channel image images
    picture pictures photo photos template templates landmark landmarks embedding embeddings threshold
    location locations device devices target targets object objects sensor sensors stream streams attribute attributes
    identity identify identification verify verified verification registration register session sessions
    presentation enhance tracking tracker tracks region regions quality colour colours string jacket
    patterns pattern surface surfaces square camera_id distance scores scored pose estimate bottom
        """.strip(),
    )
)
#: Letters of the shortest word that opens files.
_LEAST = 6
#: Families of attributes whose weak words are looked for beside a word that opens no file alone, and letters of the
#: shortest of them.
WEAK = frozenset({"ethnicity", "minority", "nation", "race"})
_BRIEF = 4
#: Letters of the shortest form in Latin script that is looked for in every file.
_LATIN = 4
#: Letters that folding leaves out.
_DROPPED = frozenset("\u0640\u02bb\u02bc")

_CJK_CHAR = later(rf"[{CJK}]")
_CJK_ONLY = later(rf"^[{CJK}]+$")


def always(term: Term, form: Form) -> bool:
    """Whether a form is looked for in every file: strong and medium ones of attributes, groups and proxies."""
    searched = term.kind in {"attribute", "group", "proxy"}
    return searched and form.strength != "weak" and form.match != "exact" and _long(form.word)


def opens(term: Term, form: Form) -> bool:
    """Whether a word of the surroundings opens a file for the forms that are not looked for in every file."""
    if term.kind != "context" or term.family not in FAMILIES or form.match == "exact":
        return False
    if _CJK_ONLY.match(form.word):
        return len(form.word) >= 2
    joined = "".join(words_of(form.word))
    return form.word.isascii() and joined.isalpha() and len(joined) >= _LEAST and joined not in TOO_COMMON


def brief(term: Term, form: Form) -> bool:
    """Whether a form is a weak attribute that is looked for beside any word of the surroundings (``beside``)."""
    weak = term.kind == "attribute" and term.family in WEAK and form.strength == "weak"
    return weak and _single(form) and len(form.word) >= _BRIEF


def beside(term: Term, form: Form) -> bool:
    """Whether a word of the surroundings, too short or too common to open a file, opens one for ``brief`` words."""
    if term.kind != "context" or term.family not in FAMILIES or not _single(form):
        return False
    return len(form.word) < _LEAST or form.word in TOO_COMMON


def _single(form: Form) -> bool:
    """Whether a form is one word of plain letters that must stand as a word."""
    word = form.word
    return form.match == "token" and word.isascii() and word.isalpha() and word.islower()


def _plain(form: Form) -> bool:
    """Whether a form may be written in ASCII: people leave accents out."""
    return all(c.isascii() or not c.isalnum() for c in fold(form.word))


def _long(word: str) -> bool:
    """Whether a form is long enough: two characters of CJK, three letters of other scripts, four of Latin."""
    letters = [c for c in word if c.isalnum()]
    if word.isascii():
        return len(letters) >= _LATIN
    if sum(1 for c in letters if _CJK_CHAR.match(c)) >= 2:
        return True
    if len(letters) >= _LATIN and not word.isascii() and not _DROPPED.intersection(letters):
        return True  # folding takes marks off letters and never joins two
    folded = "".join(words_of(word))
    return len(folded) >= (_LATIN if folded.isascii() else 3)


class Sought:
    """Says of a hit whether the sieve sees it, too."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Take the lexicon; what is known of a term is made when it is first asked for."""
        self._lexicon = lexicon
        self._matchers: dict[tuple[str, bool], Matcher | None] = {}
        self._pairs: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._ways: dict[str, tuple[tuple[str, str], ...]] = {}
        self._holds = lru_cache(maxsize=1 << 14)(self._held)
        self._gate = lru_cache(maxsize=1 << 14)(self._opened)

    def tag(self, hit: Hit, text: str) -> bool:
        """Whether a hit of a tag is looked for in every file.

        Args:
            hit: Of any term but one of the surroundings.
            text: What it was found in.
        """
        if hit.gloss.startswith(FOLLOWED):
            return True
        return hit.strength != "weak" and hit.kind != "colour" and self._holds(hit.term, text[hit.start : hit.end])

    def gate(self, hit: Hit, text: str) -> bool:
        """Whether a word of the surroundings opens a file, as it stands there.

        Args:
            hit: Of a term of the surroundings.
            text: What it was found in.
        """
        return hit.family in FAMILIES and self._gate(hit.term, text[hit.start : hit.end])

    def brief(self, hit: Hit, text: str) -> bool:
        """Whether a hit of a tag is a weak attribute that opens a file beside any word of the surroundings.

        Args:
            hit: Of any term but one of the surroundings.
            text: What it was found in.
        """
        return text[hit.start : hit.end].lower() in self._pair(hit.term)[0]

    def beside(self, hit: Hit, text: str) -> bool:
        """Whether a word of the surroundings opens a file for such an attribute.

        Args:
            hit: Of a term of the surroundings.
            text: What it was found in.
        """
        return text[hit.start : hit.end].lower() in self._pair(hit.term)[1]

    def _pair(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """The words of the two kinds of a term."""
        made = self._pairs.get(name)
        if made is None:
            term = self._lexicon.terms.get(name)
            forms = term.forms if term is not None else ()
            first, second = (frozenset(f.word for f in forms if term and is_one(term, f)) for is_one in (brief, beside))
            made = self._pairs[name] = first, second
        return made

    def _held(self, name: str, piece: str) -> bool:
        term = self._lexicon.terms.get(name)
        if term is None:
            return True
        low = piece.lower()
        listed = piece == low or (piece.isalpha() and piece in {low.upper(), low.capitalize()})
        listed = listed and len(piece) <= GAP and piece.isascii()
        if listed and any(form.word == low and always(term, form) for form in term.forms):
            return True  # as most are: no matcher is needed
        # In ASCII nothing but forms in ASCII can stand; the others take longer to enter.
        plain = piece.isascii()
        key = name, plain
        if key not in self._matchers:
            forms = [f for f in term.forms if f.strength != "weak"]
            kept = tuple(f for f in forms if always(term, f) and not (plain and not _plain(f)))
            loose = any(not always(term, f) for f in forms)
            one = replace(term, forms=kept, veto=())
            self._matchers[key] = Matcher([one], self._lexicon.hant) if loose else None
        matcher = self._matchers[key]
        if matcher is not None and not matcher.match(piece):
            return False
        # What stands between the words of a form is bounded in bytes.
        return len(piece) <= GAP or len(piece.encode("utf-8", "replace")) <= GAP + sum(
            len(c.encode("utf-8", "replace")) for c in piece if c.isalnum()
        )

    def _opened(self, name: str, piece: str) -> bool:
        term = self._lexicon.terms.get(name)
        if term is None:
            return False
        if not piece.isascii():
            # Characters of one script are searched in all their variants, as the matcher reads them.
            return _CJK_ONLY.match(piece) is not None and any(
                _CJK_ONLY.match(f.word) and len(f.word) == len(piece) and opens(term, f) for f in term.forms
            )
        if name not in self._ways:
            self._ways[name] = tuple(
                (f.match, way)
                for f in term.forms
                if f.word.isascii() and opens(term, f)
                for way in dict.fromkeys(joint.join(words_of(f.word)) for joint in JOINTS)
            )
        low = piece.lower()
        return any(
            low == way or (match == "stem" and low.startswith(way)) or (match == "infix" and way in low)
            for match, way in self._ways[name]
        )
