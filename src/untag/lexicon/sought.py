"""What the sieve looks for, and so what a rule may start from: the two must be the same, and are said here once.

A file is opened for a form that is looked for in every file, for any other form of a tag within ``REACH`` lines of a
word of the surroundings that opens files, or for a brief weak attribute (race, nation) as near to one that is too short
or too common for that (age, face). All else that is found in an opened file may be weighed; it starts nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from untag.finding import FOLLOWED
from untag.later import later
from untag.lexicon.fold import CJK, fold, words_of
from untag.lexicon.match import Matcher

if TYPE_CHECKING:
    from untag.finding import Hit
    from untag.lexicon import Form, Lexicon, Term

__all__ = ["GAP", "JOINTS", "REACH", "Sought", "Ways", "always", "beside", "brief", "opens", "spellings", "unaccented"]

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
#: Terms whose words open files in every script (other context is told of in any text), and letters of the shortest of
#: these: of Latin ones with accents that have letters beyond ASCII when folded, and of those in other scripts.
_FACES = frozenset({"ctx_biometric", "ctx_face", "ctx_faceapi"})
_ACCENTED, _SCRIPTED = 5, 4
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
    if not form.word.isascii():
        # Escapes of accented letters are looked at without their accents.
        if term.id not in _FACES or form.match not in {"token", "stem"} or not spellings(form.word):
            return False
        return unaccented(form) is not None or not _bare(form)
    return unaccented(form) is not None


def _bare(form: Form) -> bool:
    """Whether a form is in ASCII when it is folded."""
    return all(map(str.isascii, words_of(form.word)))


def unaccented(form: Form) -> tuple[str, ...] | None:
    """The words of a form of the surroundings that open a file in ASCII, as people write who leave accents out.

    Args:
        form: Of a word that opens files.

    Returns:
        Its words in lower case; None where it has no such spelling, or a short or common one.
    """
    words = tuple(words_of(form.word))
    joined = "".join(words)
    told = joined.isascii() and joined.isalpha() and len(joined) >= _LEAST and joined not in TOO_COMMON
    return words if told else None


@lru_cache(maxsize=1 << 12)
def spellings(word: str) -> tuple[str, ...]:
    """The spellings in which a word beyond ASCII, not of CJK, opens a file: just these, so that bytes can be searched.

    What folding makes alike is not the same bytes, and inside binaries and escapes nothing is folded.

    Args:
        word: A form.

    Returns:
        In small and large letters; none for a form that is too short, or has signs in it.
    """
    letters = [c for c in word if c != " "]
    if _CJK_CHAR.search(word) or not all(unicodedata.category(c)[0] in "LM" for c in letters):
        return ()
    latin = all(unicodedata.name(c, "").startswith(("LATIN", "COMBINING")) for c in letters)
    if len(letters) < (_ACCENTED if latin else _SCRIPTED):
        return ()
    return tuple(dict.fromkeys((word, word.lower(), word.capitalize(), word.upper())))


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


class Ways(NamedTuple):
    """How the sieve sees the forms of one term: small enough for the cache, where a term as a whole takes long to read.

    Attributes:
        opening: How words in ASCII that open files are matched, and as what they may be written.
        exact: Spellings of words beyond ASCII that open files (``spellings``).
        begun: The same of their stems.
        runs: Lengths of words without word breaks that open files.
        brief: Words that are ``brief``.
        beside: Words that are ``beside``.
        always: Words in ASCII and small letters that are looked for in every file.
    """

    opening: tuple[tuple[str, str], ...]
    exact: frozenset[str]
    begun: frozenset[str]
    runs: frozenset[int]
    brief: frozenset[str]
    beside: frozenset[str]
    always: frozenset[str]

    @classmethod
    def of(cls, term: Term) -> Ways:
        """Those of a term."""
        forms = term.forms
        open_ = [f for f in forms if opens(term, f)]
        written = [f for f in open_ if not f.word.isascii() and _CJK_ONLY.match(f.word) is None]
        return cls(
            tuple(
                (f.match, way)
                for f in open_
                if (words := unaccented(f)) is not None
                for way in dict.fromkeys(joint.join(words) for joint in JOINTS)
            ),
            frozenset(way for f in written if f.match == "token" for way in spellings(f.word)),
            frozenset(way for f in written if f.match == "stem" for way in spellings(f.word)),
            frozenset(len(f.word) for f in open_ if _CJK_ONLY.match(f.word)),
            frozenset(f.word for f in forms if brief(term, f)),
            frozenset(f.word for f in forms if beside(term, f)),
            frozenset(f.word for f in forms if f.word.isascii() and f.word == f.word.lower() and always(term, f)),
        )

    def dump(self) -> str:
        """As one line, for the cache."""
        opening, *sets = self
        return json.dumps([opening, *(sorted(some) for some in sets)])  # type: ignore[type-var]

    @classmethod
    def load(cls, text: str) -> Ways:
        """What ``dump`` was asked of.

        Raises:
            ValueError, TypeError: This is no such text.
        """
        opening, *sets = json.loads(text)
        return cls(tuple(map(tuple, opening)), *map(frozenset, sets))


class Sought:
    """Says of a hit whether the sieve sees it, too."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Take the lexicon; what is known of a term is made when it is first asked for."""
        self._lexicon = lexicon
        self._matchers: dict[tuple[str, bool], Matcher | None] = {}
        self._known: dict[str, Ways | None] = {}
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
        ways = self._ways(hit.term)
        return ways is not None and text[hit.start : hit.end].lower() in ways.brief

    def beside(self, hit: Hit, text: str) -> bool:
        """Whether a word of the surroundings opens a file for such an attribute.

        Args:
            hit: Of a term of the surroundings.
            text: What it was found in.
        """
        ways = self._ways(hit.term)
        return ways is not None and text[hit.start : hit.end].lower() in ways.beside

    def _ways(self, name: str) -> Ways | None:
        """How the sieve sees the forms of a term; None where there is no such term."""
        if name not in self._known:
            kept = self._lexicon.ways.get(name)
            term = None if kept else self._lexicon.terms.get(name)
            self._known[name] = Ways.load(kept) if kept else Ways.of(term) if term else None
        return self._known[name]

    def _held(self, name: str, piece: str) -> bool:
        ways = self._ways(name)
        if ways is None:
            return True
        low = piece.lower()
        listed = piece == low or (piece.isalpha() and piece in {low.upper(), low.capitalize()})
        if listed and len(piece) <= GAP and low in ways.always:
            return True  # as most are: no matcher is needed
        term = self._lexicon.terms[name]
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
        ways = self._ways(name)
        if ways is None:
            return False
        if not piece.isascii():
            if piece in ways.exact or any(piece.startswith(way) for way in ways.begun):
                return True
            # Characters of one script are searched in all their variants, as the matcher reads them.
            return len(piece) in ways.runs and _CJK_ONLY.match(piece) is not None
        low = piece.lower()
        return any(
            low == way or (match == "stem" and low.startswith(way)) or (match == "infix" and way in low)
            for match, way in ways.opening
        )
