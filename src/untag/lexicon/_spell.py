"""Every way a form may be written in bytes; the plain view (``_plain``) leaves fewer of them."""

from __future__ import annotations

import re
import unicodedata
from itertools import product
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.later import later
from untag.lexicon._plain import Plain, folds, leads
from untag.lexicon._signs import ASK, GLUED, LEFT, RIGHT, is_loose
from untag.lexicon.fold import CJK, fold, words_of
from untag.lexicon.match import TAIL
from untag.lexicon.sought import GAP, JOINTS, TOO_COMMON, always, beside, brief, opens, spellings, unaccented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.lexicon import Form, Lexicon, Term

__all__ = [
    "GAP", "Pattern", "back", "behind", "chosen", "gates",
    "handle", "near", "pairs", "patterns", "strings", "weak",
]  # fmt: skip

#: What may stand between two words of a form: anything but letters and digits of ASCII, and the escapes of white space.
_SEP = rb"(?:[^A-Za-z0-9]|\\[nrtfv]){0,40}"
#: What pads short labels of Chinese and Japanese forms: spaces of all widths, also written as entities.
_PADS = (
    b" ", b"\t", b"\xc2\xa0", b"\xe3\x80\x80", b"\xe2\x80\x82", b"\xe2\x80\x83", b"&nbsp;", b"&emsp;", b"&ensp;", b"&#",
)  # fmt: skip
#: The same from right to left, loosely.
_SEP_BACK = rb"(?:[^A-Za-z0-9]|[nrtfv]\\){0,40}"
_PAD_BACK = rb"[^\x00]{1,200}?"
_PAD = rb"(?:[ \t]|\xc2\xa0|\xe3\x80\x80|\xe2\x80[\x80-\x8b]|&[a-z]{4,6};|&#x?[0-9a-fA-F]{2,5};){1,24}"

_CJK_CHAR = later(rf"[{CJK}]")
_CJK_LIKE = later(rf"^[{CJK}\s·・]+$")
_APOSTROPHES = str.maketrans(dict.fromkeys("'\u2018\u2019\u02bb\u02bc`\u00b4", " "))

#: Legacy encodings by what a form is written in.
_LEGACY_CJK = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
_LEGACY: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile("[\u0400-\u04ff]"), ("cp1251", "koi8_r")),
    (re.compile("[\u0600-\u06ff]"), ("cp1256",)),
    (re.compile("[\u0080-\u024f]"), ("cp1252", "cp1254")),
)
#: Shortest literal of a one-byte legacy encoding: shorter ones stand in any binary. Text in these encodings is decoded.
_SHORT = 4
#: Most variants of one form in characters of the same meaning.
_VARIANTS = 48

#: Words that are no use as the needle of a phrase: they stand in more than one of a million bytes of ordinary source
#: code (measured as parts of words on C headers, an array library and a key-value store, and some near to those).
#: A word that is missing here costs time, nothing else.
EVERYWHERE = frozenset(
    re.split(
        rb"\s+",
        b"""
        accuracy adat affiliation alarm alert algorithm analysis analytics angle apache arab array asia asian
        asie attr attribute attributes back background backward base based batch black blue book born brown cape
        card caste categories category central certificate certificates chin city clara class classes cluster
        code codes color colors colour colours column condition confirm core country dari dark data date default
        dentifier deri desi detail details detect detected detection deve dict east eastern embe encoded encoder
        enum ered esle este estimate etna face faces facial fair family fata feature features field file filter
        first flag foreign foreigner form from full gelo general group groups half hani head high home house
        idec identification identifier identity index indi individual indo info information item items itim
        label labels land language last lati latin level life light line list local looking loss main male mate
        member members mens middle mill mixed model mong more multi multiple name names nation nationa national
        nations native natives natural nera nere nord north northern number numbers office only option order
        origi origin original orta other others output outputs over pale palette part pele pell people pers
        person persona persons phan place plet point populat position pred predict primi private prob
        probability profile profiling public puti query race races rang range rass rate recog recognition record
        region reng report reported result results roman romany root sari scale scheduled score scores search
        secondary section select self service shade single size skin sort source south southern special standa
        standar standard state states status string subject super svar system table tags tang target taut teinte
        tere teri test text thai than time tire title tone tono tonu total trait trang true type types ulus unit
        unknown user users valg value values view visible visibles west western white wise with word work world
        year yellow
        """.strip(),
    )
)


class Pattern(Struct, frozen=True):
    """One way of writing a form.

    Attributes:
        words: Its literal parts, in order.
        source: The whole as a regular expression of Python's over bytes; it decides.
        nocase: Whether ASCII letters of the parts stand for both cases.
        join: What Hyperscan is told stands between the parts.
        span: Most bytes an occurrence has.
    """

    words: tuple[bytes, ...]
    source: bytes
    nocase: bool
    join: bytes
    span: int


def chosen(lexicon: Lexicon) -> Iterator[tuple[Term, Form]]:
    """The forms that are searched in every file: strong and medium ones of attributes, groups and proxies."""
    for term in lexicon.terms.values():
        for form in term.forms:
            if always(term, form):
                yield term, form


def gates(lexicon: Lexicon, *, binary: bool) -> list[tuple[bytes, bool, bool, bool]]:
    """What opens a file for weak words.

    Args:
        lexicon: The forms.
        binary: Whether in UTF-16, as strings stand in binaries; else in UTF-8.

    Returns:
        Literals, each with whether its ASCII letters stand for both cases (they are lower-case then), and whether a
        word must begin and end with it: ``system_mask`` holds no ``em_mask``.
    """
    out: dict[tuple[bytes, bool], tuple[bool, bool]] = {}
    inverse = _inverse(lexicon.hant)
    table = folds()
    view = Plain(leads(table), lambda: table)

    def add(raw: bytes, *, nocase: bool, left: bool, right: bool) -> None:
        known = out.get((raw, nocase), (True, True))
        out[raw, nocase] = known[0] and left, known[1] and right

    for form in (f for t in lexicon.terms.values() for f in t.forms if opens(t, f)):
        words = unaccented(form)
        if not form.word.isascii():
            exact = spellings(form.word)
            ways = exact or dict.fromkeys((*_written(form.word, inverse), *_mixed(form.word, inverse)))
            for way in ways:
                for encoding in ("utf-16-le", "utf-16-be") if binary else ("utf-8",):
                    add(way.encode(encoding), nocase=False, left=False, right=False)
            # What stands there as an escape is looked at folded; in ASCII it is one of ``words``.
            for way in exact:
                if not (shown := view.word(way.encode())).isascii():
                    add(shown, nocase=False, left=False, right=False)
        for way in dict.fromkeys(joint.join(words) for joint in JOINTS) if words is not None else ():
            if binary:
                add(way.encode("utf-16-le")[:-1], nocase=True, left=False, right=False)
            else:
                add(way.encode(), nocase=True, left=form.match != "infix", right=form.match == "token")
    # A comment that speaks to untag is read whatever else stands in its file.
    add(ASK.encode("utf-16-le")[:-1] if binary else ASK.encode(), nocase=False, left=False, right=False)
    return [(raw, nocase, left, right) for (raw, nocase), (left, right) in sorted(out.items())]


def pairs(lexicon: Lexicon) -> tuple[list[bytes], list[bytes]]:
    """What together is worth a file without a gate word: weak attributes, and the context words that are none.

    Returns:
        Words of ASCII in lower case, sorted: those of race, nation, ethnicity and minority, and those of age, gender,
        faces and looks that are too short or too common for a gate.
    """
    attributes, contexts = set(), set()
    for term in lexicon.terms.values():
        for form in term.forms:
            if brief(term, form):
                attributes.add(form.word.encode())
            elif beside(term, form):
                contexts.add(form.word.encode())
    return sorted(attributes), sorted(contexts)


def patterns(lexicon: Lexicon) -> list[Pattern]:
    """All ways of writing all chosen forms in a text in UTF-8, without doubles, in a fixed order."""
    return list(_patterns(lexicon, binary=False).values())


def weak(lexicon: Lexicon) -> list[Pattern]:
    """The ways of writing every other form of a tag in ASCII: weak and short ones, and those of one exact spelling."""
    strong = {(term.id, form) for term, form in chosen(lexicon)}
    out: dict[tuple[bytes, bool], Pattern] = {}
    for term in lexicon.terms.values():
        for form in term.forms if term.kind != "context" else ():
            if (term.id, form) in strong or form.match == "cjk":
                continue
            if form.match == "exact":
                made = iter([_spelled(form.word.encode())])
            elif all(map(str.isascii, words_of(form.word))):
                made = _worded(form, glued=form.strength == "strong", binary=False)
            else:
                continue
            for pattern in made:
                out.setdefault((pattern.source, pattern.nocase), pattern)
    return list(out.values())


def near(lexicon: Lexicon) -> list[Pattern]:
    """The same, and the words of ASCII that open a file for them."""
    out = weak(lexicon)
    for raw, nocase, left, right in gates(lexicon, binary=False):
        if raw.isascii():
            body = (b"(?i:%s)" if nocase else b"%s") % re.escape(raw)
            source = (LEFT if left else b"") + body + (RIGHT if right else b"")
            out.append(Pattern((raw,), source, nocase, b"", len(raw)))
    return out


#: Families of the surroundings that no verdict over a binary rests on, and that stand in every one of them.
_EVERYWHERE = frozenset({"filter", "finance", "image", "layer", "list", "privacy", "retouch", "spare", "wildcard"})


def kin(lexicon: Lexicon) -> list[Pattern]:
    """The same, and words of the surroundings in ASCII, innocent ones among them: what of a binary is looked at."""
    out = near(lexicon)
    known = {pattern.words[0] for pattern in out if len(pattern.words) == 1}
    for term in lexicon.terms.values():
        for form in term.forms if term.kind == "context" and term.family not in _EVERYWHERE else ():
            raw = form.word.encode()
            plain = form.match == "token" and raw.isalpha() and raw.islower() and raw.isascii()
            if plain and raw not in known and form.word not in TOO_COMMON:
                known.add(raw)
                source = LEFT + b"(?i:%s)" % re.escape(raw) + RIGHT
                out.append(Pattern((raw,), source, nocase=True, join=b"", span=len(raw)))
    return out


def strings(lexicon: Lexicon) -> list[Pattern]:
    """The further ways in which they stand inside binaries, where nothing is decoded and folded: four times as many."""
    known = _patterns(lexicon, binary=False)
    return [pattern for key, pattern in _patterns(lexicon, binary=True).items() if key not in known]


def _patterns(lexicon: Lexicon, *, binary: bool) -> dict[tuple[bytes, bool], Pattern]:
    inverse = _inverse(lexicon.hant)
    out: dict[tuple[bytes, bool], Pattern] = {}
    for term, form in chosen(lexicon):
        if form.match == "cjk" or _CJK_LIKE.match(form.word):
            made = _runs(form.word, inverse, padded=term.kind != "group", binary=binary)
        else:
            made = _worded(form, glued=form.strength == "strong" and term.kind != "proxy", binary=binary)
        for pattern in made:
            out.setdefault((pattern.source, pattern.nocase), pattern)
    return out


# --- forms of scripts without word breaks ---------------------------------------------------------------------------


def _inverse(hant: dict[str, str]) -> dict[str, str]:
    """Characters that the matcher reads as a simplified character, by that character."""
    table: dict[str, str] = {}
    for other, plain in sorted(hant.items()):
        table[plain] = table.get(plain, "") + other
    return table


def _written(word: str, inverse: dict[str, str]) -> list[str]:
    """Ways of writing a run: as listed, folded, in simplified and traditional characters, and their mixtures if few."""
    plain = {other: p for p, others in inverse.items() for other in others}
    out = dict.fromkeys((unicodedata.normalize("NFC", word), fold(word)))
    base = "".join(plain.get(c, c) for c in fold(word))
    options = [c + inverse.get(c, "") for c in base]
    for rank in range(max(map(len, options))):
        out["".join(o[min(rank, len(o) - 1)] for o in options)] = None
    return list(out)


def _mixed(word: str, inverse: dict[str, str]) -> list[str]:
    """The mixtures of simplified and traditional characters; of long words only one character in the other script."""
    plain = {other: p for p, others in inverse.items() for other in others}
    base = "".join(plain.get(c, c) for c in fold(word))
    options = [c + inverse.get(c, "") for c in base]
    count = 1
    for option in options:
        count *= len(option)
    if count <= _VARIANTS:
        return ["".join(mix) for mix in product(*options)]
    return [base[:i] + c + base[i + 1 :] for i, option in enumerate(options) for c in option]


def _runs(word: str, inverse: dict[str, str], *, padded: bool, binary: bool) -> Iterator[Pattern]:
    parts = [p for p in re.split(r"[\s·・]+", word) if p]
    if len(parts) > 1:
        # Parts of a form that are set apart may stand together or apart.
        phrases = [tuple(w.encode() for w in p) for p in product(*(_written(p, inverse)[:8] for p in parts))]
        for way in phrases[:_VARIANTS]:
            yield _phrase(way, nocase=False)
        return
    ways = _written(word, inverse)
    for spelling in dict.fromkeys((*ways, *_mixed(word, inverse))):
        yield _literal(spelling.encode("utf-8", "surrogatepass"), nocase=False)
    for spelling in ways:
        for encoding in ("utf-16-le", "utf-16-be", *_LEGACY_CJK) if binary else ():
            raw = _encode(spelling, encoding)
            if raw is not None and len(raw) >= _SHORT:
                yield _literal(raw, nocase=False)
        # 民 族: labels of forms are padded to equal width.
        if padded and len(spelling) == 2:
            first, last = spelling[0].encode(), spelling[1].encode()
            for pad in _PADS:
                source = re.escape(first) + b"(?=%s)" % re.escape(pad) + _PAD + re.escape(last)
                yield Pattern((first + pad, last), source, nocase=False, join=_PAD, span=len(first + last) + 24 * 8)


# --- forms of words -------------------------------------------------------------------------------------------------


def _worded(form: Form, *, glued: bool, binary: bool) -> Iterator[Pattern]:
    words = words_of(form.word.translate(_APOSTROPHES))
    if not words:
        return
    ascii_only = all(w.isascii() for w in words)
    inside = form.match == "infix"
    stem = form.match == "stem"
    joined = "".join(words)
    # Glued prefixes ("isuyghur") stand before strong words; Arabic and Hebrew particles are no ASCII.
    free = inside or (glued and form.match == "token" and len(joined) >= 5)
    if inside:
        words = (joined,)
    heads = list(words)
    if stem and len(words) > 1:
        heads = [w if len(w) <= 4 else w[: max(4, len(w) - 2)] for w in words]
    parts = tuple(w.encode() for w in heads)
    # Between a digit and a letter there is always a boundary.
    left = b"" if inside or not words[0][0].isalpha() else GLUED if free else LEFT
    right = b"" if stem or inside or not words[-1][-1].isalpha() else RIGHT
    if ascii_only:
        yield _phrase(parts, nocase=True, left=left, right=right, loose=stem)
        if not binary:
            return
        # Inside binaries only the last word of an inflected phrase may be another than listed.
        spelled = [*words[:-1], heads[-1]]
        for joint in JOINTS if len(spelled) > 1 else ("",):
            yield _literal(joint.join(spelled).encode("utf-16-le")[:-1], nocase=True)
        if form.word.translate(_APOSTROPHES) != form.word and form.word.isascii():
            # An apostrophe is no joint that could be tried: such a form is searched as it is listed.
            yield _literal(form.word.encode("utf-16-le")[:-1], nocase=True)
    else:
        # In UTF-8 the plain view shows the folded spelling, whatever the case and the accents.
        yield _phrase(parts, nocase=True, loose=stem)
    if binary:
        yield from _elsewhere(form.word, stem=stem)


def _elsewhere(word: str, *, stem: bool) -> Iterator[Pattern]:
    """Spellings outside UTF-8 of a form with letters beyond ASCII, in the usual cases."""
    listed = unicodedata.normalize("NFC", word)
    spellings = dict.fromkeys((listed, listed.translate(_YEH), listed.translate(_HEY)))
    spellings[" ".join(map(fold, listed.split()))] = None
    cased: dict[str, None] = {}
    for s in spellings:
        if s.isascii():
            continue
        titled = " ".join(w[:1].upper() + w[1:] for w in s.lower().split(" "))
        cased.update(dict.fromkeys((s, s.lower(), s.upper(), titled, titled[:1] + s.lower()[1:])))
        if "i" in s or "ı" in s:
            cased[s.replace("i", "\u0130").upper()] = None
    for s in cased:
        parts = [p for p in re.split(r"[\s_\-.]+", s) if p]
        if stem and parts and len(parts) > 1:
            last = parts[-1]
            parts[-1] = last if len(last) <= 4 else last[: max(4, len(last) - 2)]
        # Identifiers with underscores and hyphens are of one case.
        joints = JOINTS if s in {s.lower(), s.upper()} else JOINTS[:2]
        for joint in joints if len(parts) > 1 else ("",):
            whole = joint.join(parts)
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                yield _literal(whole.encode(encoding, "surrogatepass"), nocase=False)
            for script, encodings in _LEGACY:
                for encoding in encodings if script.search(whole) else ():
                    raw = _encode(whole, encoding)
                    if raw is not None and len(raw) >= _SHORT:
                        yield _literal(raw, nocase=False)


_YEH = str.maketrans("یکہ", "يكه")
_HEY = str.maketrans("يك", "یک")


def _encode(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


def _spelled(raw: bytes) -> Pattern:
    """One exact spelling of ASCII, as whole words: ``TRACE`` holds no ``RAC``."""
    left = LEFT if raw[:1].isalpha() else b""
    right = RIGHT if raw[-1:].isalpha() else b""
    return Pattern((raw,), left + re.escape(raw) + right, nocase=False, join=b"", span=len(raw))


def _literal(raw: bytes, *, nocase: bool) -> Pattern:
    return Pattern((raw,), (b"(?i:%s)" if nocase else b"%s") % re.escape(raw), nocase, b"", len(raw))


def _phrase(
    parts: tuple[bytes, ...], *, nocase: bool, left: bytes = b"", right: bytes = b"", loose: bool = False
) -> Pattern:
    """A sequence of literal parts; ``loose`` lets ASCII letters of an inflected ending stand after each."""
    tail = rb"[A-Za-z]{0,%d}" % (TAIL + 2) if loose else b""
    between = tail + _SEP
    body = between.join(re.escape(p) for p in parts)
    source = left + (b"(?i:%s)" if nocase else b"%s") % body + tail + right
    ending = TAIL + 2 if loose else 0
    span = sum(map(len, parts)) + ending + (2 * GAP + ending) * (len(parts) - 1)
    return Pattern(parts, source, nocase, between, span)


def back(join: bytes) -> bytes:
    """What may stand between two words, read from right to left."""
    ending = rb"[A-Za-z]{0,%d}" % (TAIL + 2) if is_loose(join) else b""
    return (_PAD_BACK if join == _PAD else _SEP_BACK) + ending


def behind(pattern: Pattern, k: int, offset: int) -> bytes:
    """What must stand before an anchor at an offset inside word ``k`` (not the first), read from right to left."""
    word, before = pattern.words[k][:offset], pattern.words[k - 1]
    body = re.escape(word[::-1]) + back(pattern.join) + re.escape(before[::-1])
    return b"(?i:%s)" % body if pattern.nocase else body


def handle(pattern: Pattern) -> tuple[int, bool]:
    """Which of a pattern's words is best searched.

    Returns:
        Its index, and whether it is rare and long enough to be searched by itself.
    """
    rare = [i for i, word in enumerate(pattern.words) if len(word) >= 4 and word not in EVERYWHERE]
    return max(rare or range(len(pattern.words)), key=lambda i: (len(pattern.words[i]), -i)), bool(rare)
