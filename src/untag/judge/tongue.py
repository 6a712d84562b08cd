"""The language of words that Chinese and Japanese write alike, by what is written around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.finding import Mark
from untag.later import later
from untag.lexicon.fold import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.finding import Hit
    from untag.judge.gather import Sheet
    from untag.lexicon import Lexicon

__all__ = ["speak"]

#: How much of a text is looked at, and how many Han characters one of kana stands against in Japanese.
LOOK, KANA = 1 << 20, 8
_HAN = later("[\u3400-\u9fff]+")
_KANA = later("[\u3041-\u3096\u30a1-\u30fa]+")
#: The tables of the lexicon in use, by its digest, and of each term that was asked for.
_TABLES: dict[str, dict[str, dict[str, dict[str, tuple[str, set[str]]]]]] = {}


def speak(sheet: Sheet, text: str, lexicon: Lexicon) -> None:
    """Give the marks of a sheet the language that the text is written in.

    A form such as 民族 is a word of both; kana in the same piece of text or all over the file say Japanese, else it is
    Chinese, in the characters that stand there. Term and strength of a hit stay what they are.

    Args:
        sheet: A finished sheet; its marks are replaced.
        text: The artifact's text.
        lexicon: Where the forms are.
    """
    if text.isascii():
        return
    asked: list[bool] = []

    def everywhere() -> bool:
        if not asked:
            asked.append(_japanese(text[:LOOK]))
        return asked[0]

    for draft in sheet.drafts:
        draft.marks = [_told(mark, lexicon, everywhere) for mark in draft.marks]


def _japanese(text: str) -> bool:
    kana = sum(map(len, _KANA.findall(text)))
    return kana > 0 and kana * KANA >= sum(map(len, _HAN.findall(text)))


def _told(mark: Mark, lexicon: Lexicon, everywhere: Callable[[], bool]) -> Mark:
    text = mark.surface.text
    if text.isascii():
        return mark
    hits = tuple(_meant(hit, text, lexicon, everywhere) for hit in mark.hits)
    return mark if hits == mark.hits else Mark(mark.surface, hits)


def _meant(hit: Hit, text: str, lexicon: Lexicon, everywhere: Callable[[], bool]) -> Hit:
    word = text[hit.start : hit.end]
    if not _HAN.fullmatch(word):
        return hit
    forms = _forms(hit.term, lexicon).get(_run(word, lexicon))
    if forms is None:
        return hit
    japanese = "ja" in forms and (_KANA.search(text) is not None or everywhere())
    chinese = [language for language in forms if language != "ja"]
    if japanese or not chinese:
        language = "ja"
    else:
        written = [name for name in chinese if word in forms[name][1]]
        language = (written or chinese)[0]
    return hit if language == hit.language else replace(hit, language=language, gloss=forms[language][0])


def _run(word: str, lexicon: Lexicon) -> str:
    """A word as the matcher compares it: traditional and variant characters as simplified ones."""
    return fold("".join(lexicon.hant.get(ch, ch) for ch in word))


def _forms(name: str, lexicon: Lexicon) -> dict[str, dict[str, tuple[str, set[str]]]]:
    """Gloss and spellings by language of a term's forms in Han characters that several languages write, by run."""
    if lexicon.digest not in _TABLES:
        _TABLES.clear()
    tables = _TABLES.setdefault(lexicon.digest, {})
    if name not in tables:
        rows: dict[str, dict[str, tuple[str, set[str]]]] = {}
        term = lexicon.terms.get(name)
        for form in sorted(term.forms if term else (), key=lambda f: f.language):
            if _HAN.fullmatch(form.word):
                languages = rows.setdefault(_run(form.word, lexicon), {})
                languages.setdefault(form.language, (form.gloss, set()))[1].add(form.word)
        tables[name] = {run: languages for run, languages in rows.items() if len(languages) > 1}
    return tables[name]
