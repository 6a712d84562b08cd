"""Languages: whether peoples stand in a list of languages, of locales or of one text in several of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.case import Case
    from untag.finding import Hit, Mark

__all__ = ["block", "keyed", "lingual", "localized", "scripts", "spoken", "state", "tongue", "written"]

#: A language tag as a key: what it maps to is the name of a language.
_TAG = later(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")


#: Tables of characters, which are called after those who write them.
_BLOCKS = later(r"unicode|(?<![a-z])ucs|ucsis|codepoint|(?<![a-z])(?:sub)?lang_", re.IGNORECASE)


def block(name: str) -> bool:
    """Whether a name is one of a table of characters or of a constant for a language."""
    return _BLOCKS.search(name) is not None


def tongue(mark: Mark) -> bool:
    """Whether the mark is the name of a language in a map from language tags."""
    return mark.surface.role is Role.VALUE and (_TAG.fullmatch(mark.surface.about) is not None or keyed(mark))


#: What is written, spoken or set in a language, behind its name: *Russian letters*, *русские буквы*.
_WRITING = later(
    r"[\s_-]{1,2}(?:letters?|characters?|alphabets?|scripts?|texts?|words?|messages?|comments?|strings?|translations?"
    r"|captions?|subtitles?|keyboards?|fonts?|numerals|documentation|docs|sentences?|transcripts?"
    r"|labels? (?:map|text)\w*|ocr|tts|asr|stt|nlp|букв\w*|символ\w*|текст\w*|алфавит\w*|слов\w{0,3}"
    r"|сообщени\w*|надпис\w*|комментари\w*|раскладк\w*"
    r"|літер\w*|tili\w*|harf\w*|matn\w*|so.zlar\w*|metin\w*|karakter\w*|klavye\w*|znak\w*|liter\w*|buchstaben|zeichen|schrift)(?![^\W\d_])",
    re.IGNORECASE,
)
#: The same where each of them may be a class as well.
_LABEL = later(r"[\s_-]{1,2}(?:labels?|titles?|names?)(?![^\W\d_])", re.IGNORECASE)
#: What stands before the name, where adjectives follow, and what is in the language.
_WRITES = later(
    r"(?:(?<!\w)(?:letras|caracteres|textos?|comentarios|mensajes|lettres|caractères|textes?|commentaires|lettere"
    r"|testi|huruf|aksara|teks|komentar|chữ|ký tự)|(?:ال)?(?:تعليقات|رسائل|نص|نصوص|حروف|أحرف|كلمات|واجهة|ترجمة"
    r"|أرقام|خطوط|حرف)"
    r"|(?<!\w)(?:texts?|ui|interface|labels?|messages?|comments?|documentation|readme|written|translat\w+|speaks?|spoken)"
    r"(?:\W+\w+){0,2}\W+(?:in|into|to))\s+(?:ال)?\Z",
    re.IGNORECASE,
)
#: With a dotless *i* a list in Azerbaijani; with a dot a black person in Turkish.
_LIST = "siyahı"
#: Characters before a name in which that stands.
_BACK = 48


def written(mark: Mark, hit: Hit) -> bool:
    """Whether the name of a people is that of its letters, of its language or of what is written in it."""
    if hit.kind != "group" or hit.end > len(mark.text):
        return False
    if _WRITING.match(mark.text, hit.end) is not None or mark.text[hit.start : hit.end].lower() == _LIST:
        return True
    if not hit.named and hit.family == "people" and " " in mark.text and _LABEL.match(mark.text, hit.end) is not None:
        return True
    return _WRITES.search(mark.text[max(0, hit.start - _BACK) : hit.start]) is not None


#: What a list, a choice or a key of languages is called.
_NAMED = (
    r"(?:lang(?:uage|ue)?s?|locales?|idiomas?|lingua|sprachen?|taal|dil|kieli|spr[a\u00e5]k|jazyk|j\u0119zyk|bahasa"
    r"|\u044f\u0437\u044b\u043a)"
)
#: Characters of a key that is not a sentence.
_KEY = 80
_KEYED = later(rf"(?:^|[._\-\[]){_NAMED}(?:[._\-\]]|$)", re.IGNORECASE)


def keyed(mark: Mark) -> bool:
    """Whether the mark is a key among those of languages, ``settings.language.ug``, or what stands behind one."""
    key = mark.text if mark.surface.role is Role.KEY else mark.surface.about
    return 0 < len(key) <= _KEY and _KEYED.search(key) is not None


#: Keys beside which the name of a people is what those who live in a country are called.
_STATE = frozenset(
    {"alpha2", "alpha3", "alpha_2", "alpha_3", "capital", "cca2", "cca3", "demonym", "gentile", "iso", "iso2", "iso3"}
)


#: A country's code (ISO 3166-1), and how many of them make a list of countries.
_COUNTRY, _COUNTRIES = later(r"[A-Z]{2}"), 12


def state(case: Case) -> bool:
    """Whether the case is an entry of a list of countries, or such a list by their codes."""
    keys = [s.text for s in (*case.siblings, *(m.surface for m in case.marks)) if s.role is Role.KEY]
    if any(key.lower() in _STATE for key in keys):
        return True
    coded = {key for key in keys if _COUNTRY.fullmatch(key)}
    return len(coded) >= _COUNTRIES and len(coded) * 5 >= len(set(keys)) * 4


_SHORT_TAG = later(r"[a-z]{2}")
#: Letters of a language's name at least.
_LANGUAGE = 4


#: Languages that lists of them hold and lists of races do not.
_SPEECHES = frozenset(
    {
        "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian", "italian", "norwegian",
        "polish", "portuguese", "simpchinese", "simplechinese", "spanish", "swedish", "tradchinese", "turkish",
    }
)  # fmt: skip


def lingual(case: Case, members: Sequence[Mark]) -> bool:
    """Whether peoples stand beside two letters that begin as they do (*Uighur*, ``ug``): languages and their codes."""
    if case.owner.startswith((".", "__")) and any(s.text.lower() in _SPEECHES for s in case.siblings):
        return True  # strings of a program, one behind the other
    begin = {m.text[0].lower() for m in members if len(m.text) >= _LANGUAGE and m.text[0].isupper()}
    tags = sum(_SHORT_TAG.fullmatch(s.text) is not None and s.text[0] in begin for s in case.siblings)
    return tags > 0 and tags * 3 >= len(members)


#: One thing in several languages: ``Title (Kazakh)`` beside ``Title (English)``, ``nameKz`` beside ``nameEn``.
_SPOKEN = later(r"(?P<stem>.{2,40}?)[\s_]{0,3}[(\[（](?P<of>[^()\[\]（）]{2,24})[)\]）]\s*[:*：]?")
_CODED = later(r"(?P<stem>\w{1,40}?[a-z])(?:_(?P<low>[a-z]{2})|(?P<of>[A-Z][a-z]))")
_LANGUAGES = frozenset(
    {"en", "eng", "english", "ru", "rus", "russian", "рус", "русский", "английский", "англ", "français", "英文", "俄文"}
)


def localized(case: Case) -> bool:
    """Whether the case holds one text in several languages, English or Russian among them."""
    texts = [m.text.strip() for m in case.marks] + [m.surface.about for m in case.marks]
    spoken: dict[str, set[str]] = {}
    for text in (*texts, *(s.text.strip() for s in case.siblings)):
        for pattern in (_SPOKEN, _CODED):
            found = pattern.fullmatch(text[:80])
            if found:
                which = found["of"] or found["low"]
                spoken.setdefault(found["stem"].casefold(), set()).add(which.strip().casefold())
    return any(len(which) >= 2 and which & _LANGUAGES for which in spoken.values())


#: A locale or a script as software writes it: ``zh_Hans``, ``ug-CN``.
_LOCALE = later(r"[a-z]{2,3}[-_](?:[A-Z]{2}|[A-Z][a-z]{3})(?:[-_][A-Z]{2})?(?:\.[Uu][Tt][Ff]-?8)?")
#: Languages that nobody is called by; a language such as French, whose people is called so too, proves no list.
_ONLY = frozenset(
    {
        "afrikaans", "amharic", "bokmal", "cantonese", "chichewa", "dari", "dhivehi", "divehi", "esperanto", "faroese",
        "farsi", "gaelic", "hebrew", "hindi", "interlingua", "inuktitut", "kannada", "kinyarwanda", "kirundi", "latin",
        "lingala", "luganda", "luxembourgish", "malayalam", "mandarin", "marathi", "nynorsk", "occitan", "oriya",
        "pashto", "pushto", "sanskrit", "sesotho", "setswana", "shona", "sinhala", "swahili", "tagalog", "telugu",
        "tigrinya", "urdu", "volapuk", "xhosa", "yiddish",
    }
)  # fmt: skip
#: Scripts by their four letters, which are no words.
_SCRIPTS = frozenset(
    {
        "armn", "beng", "cyrl", "deva", "ethi", "geor", "grek", "gujr", "guru", "hang", "hani", "hans", "hant", "hebr",
        "hira", "jpan", "kana", "khmr", "knda", "kore", "laoo", "latn", "mlym", "mymr", "orya", "sinh", "taml", "telu",
        "tibt", "zyyy",
    }
)  # fmt: skip
#: The language that no list of languages is without, and few lists of peoples hold.
_ENGLISH = frozenset(
    {
        "english",
        "englisch",
        "anglais",
        "ingl\u00e9s",
        "\u82f1\u8bed",
        "\u82f1\u8a9e",
        "\u0430\u043d\u0433\u043b\u0438\u0439\u0441\u043a\u0438\u0439",
    }
)
#: How many of these make a list one of languages, and how many races one of people whatever else stands in it.
_SEVERAL, _RACES = 3, 2


#: What a table of writing systems is called, and systems that are called like a people.
_WRITTEN = later(r"(?:blocks?|scripts?|glyphs?|char_?(?:sets?|ranges?)|code_?pages?)(?![a-z])", re.IGNORECASE)
_ALPHABETS = frozenset(
    {
        "arabic", "armenian", "balinese", "batak", "bengali", "buginese", "cham", "cherokee", "chinese", "georgian",
        "gujarati", "han", "hanunoo", "hebrew", "javanese", "khmer", "lao", "lisu", "malayalam", "mongolian", "myanmar",
        "oriya", "punjabi", "sinhala", "sundanese", "tamil", "telugu", "thai", "tibetan", "uighur", "uyghur", "yi",
    }
)  # fmt: skip


#: Families of what a list lies in that make it none of languages.
_PERSONS = frozenset({"alert", "attribute", "biometric", "demographic", "filter", "inference", "list"})


def scripts(marks: Sequence[Mark]) -> bool:
    """Whether the peoples of some marks are entries of a table of writing systems.

    Args:
        marks: Of one case.
    """
    rows = [m for m in marks if any(h.kind == "group" for h in m.hits)]
    return len(rows) >= _SEVERAL and all(
        m.text.strip().lower() in _ALPHABETS and _WRITTEN.search(m.surface.about) is not None for m in rows
    )


def spoken(case: Case, members: Sequence[Mark]) -> bool:
    """Whether the peoples of a set stand among names of languages or of locales, and no races do.

    Args:
        case: The set.
        members: The peoples in it.
    """
    races = {h.term for m in members for h in m.hits if h.family == "race" and h.strength == "strong"}
    if len(races) >= _RACES or sum(m.text.strip().endswith("族") for m in members) >= _RACES:
        return False
    texts = {s.text.strip() for s in case.siblings} | {m.text.strip() for m in case.marks}
    if _KEYED.search(case.owner.rpartition(".")[2]) is not None or _said(case, members):
        return True
    known = _ONLY | _SCRIPTS
    found = sum(text.lower() in known or _LOCALE.fullmatch(text) is not None for text in texts)
    if found >= _SEVERAL:
        return True
    around = case.setting
    if (around.case["locale"] or around.near["locale"] or around.path["locale"]) and any(
        text.lower() in _ENGLISH for text in texts
    ):
        return True
    # Strings of a program, one behind the other, hold more than one list.
    strings = case.owner.startswith((".", "__"))
    return strings and found + sum(text.lower() in _SPEECHES for text in texts) >= _SEVERAL


def _said(case: Case, members: Sequence[Mark]) -> bool:
    """Whether a list stands under a key for languages in whichever language, or its people is said to be a language."""
    if any(h.kind == "attribute" for m in case.marks for h in m.hits) or set(case.within) & _PERSONS:
        return False
    spoken = sum(any(h.family == "locale" or h.term == "ctx_tongue" for h in m.hits) for m in members)
    return "locale" in case.within or (spoken > 0 and spoken * 2 >= len(members))
