"""Every way a form may be written in bytes, and the plain view of bytes in which there are fewer ways."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, product
from typing import TYPE_CHECKING

from untag.later import later
from untag.lexicon._signs import ASK, GLUED, LEFT, RIGHT, is_loose
from untag.lexicon.fold import CJK, fold, words_of
from untag.lexicon.match import TAIL
from untag.lexicon.sought import GAP, JOINTS, TOO_COMMON, always, beside, brief, opens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.lexicon import Form, Lexicon, Term

__all__ = [
    "GAP", "Pattern", "Plain", "back", "behind", "chosen", "folds", "gates",
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


@dataclass(frozen=True, slots=True)
class Pattern:
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

    def add(raw: bytes, *, nocase: bool, left: bool, right: bool) -> None:
        known = out.get((raw, nocase), (True, True))
        out[raw, nocase] = known[0] and left, known[1] and right

    for form in (f for t in lexicon.terms.values() for f in t.forms if opens(t, f)):
        if not form.word.isascii():
            for way in dict.fromkeys((*_written(form.word, inverse), *_mixed(form.word, inverse))):
                for encoding in ("utf-16-le", "utf-16-be") if binary else ("utf-8",):
                    add(way.encode(encoding), nocase=False, left=False, right=False)
            continue
        words = words_of(form.word)
        for way in dict.fromkeys(joint.join(words) for joint in JOINTS):
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


# --- the plain view -------------------------------------------------------------------------------------------------

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

    def __init__(self, table: dict[bytes, bytes]) -> None:
        """Take the table of ``folds()``."""
        self._table = table
        self._fold = re.compile(folding(table, escapes=False))
        self._shown = _Shown(self._changes)
        runs, escapes = rb"[\x80-\xff]+", folding({}, escapes=True)
        self._runs = re.compile(b"(%s)" % runs)
        self._escapes = re.compile(b"(%s)" % escapes)
        self._both = re.compile(b"(%s|%s)" % (runs, escapes))

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
