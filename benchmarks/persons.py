"""Persons who never were: each of their values is a canary, made of letters and digits that nothing else holds."""

from __future__ import annotations

import html
import json
import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

__all__ = ["KINDS", "Person", "Watch", "person"]

#: What of a person is looked for.
KINDS = ("name", "id", "phone", "birth", "mail", "address", "people")
_ON = ("b", "br", "d", "dr", "f", "g", "gr", "k", "l", "m", "n", "p", "qu", "r", "t", "tr", "v", "w", "z", "zh")
_IN = ("a", "e", "i", "o", "u", "au", "ei", "oo")
_OFF = ("x", "lk", "rn", "sk", "mb", "ft", "zz", "nd", "rv", "lt", "q", "wk")
_HAN = "赟犇翀嫄彧旻昶晗晟曦朔杺栩桉沅泓淏湉滢漪潇灏烨煊琤瑄璟璠皓睿祎筠絮绾羿翊舸芃苒莞菀蓁蔚蘅虓衎谌迦遒郢钰铄锴"
_SUR = "司诸尉轩辕闾端皇淳濮"
_PEOPLES = (
    "Uyghur", "Tibetan", "Asian", "Black", "Caucasian", "Latino", "Kazakh", "Roma", "Indian", "White", "Han",
    "Middle Eastern", "East Asian", "African American",
)  # fmt: skip
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-/.年]?\d\d[-/.月]?\d\d(?!\d)|(?<!\d)\d\d[-/.]\d\d[-/.](?:19|20)\d\d(?!\d)")
_WORD = re.compile(r"[^\W_]+")
_UNICODE = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})|\\'([0-9a-fA-F]{2})")
_BASE = re.compile(r"[A-Za-z0-9+/]{80,}={0,2}")


@dataclass(frozen=True)
class Person:
    """Somebody made up."""

    first: str
    last: str
    id: str
    phone: str
    birth: str
    mail: str
    street: str
    number: int
    people: str
    han: bool
    #: What the name is written in where that is neither Latin nor Chinese, and what stands between its parts.
    script: str = ""
    gap: str = " "

    def named(self, first: str, last: str, gap: str, script: str) -> Person:
        """The same person under another name."""
        return replace(self, first=first, last=last, gap=gap, script=script)

    @property
    def name(self) -> str:
        """Both names, as people write them."""
        if self.script:
            return self.last + self.gap + self.first
        return self.last + self.first if self.han else f"{self.first} {self.last}"

    @property
    def address(self) -> str:
        """Street and number."""
        return f"{self.number} {self.street} Street"

    @property
    def slug(self) -> str:
        """The name in a file's name."""
        return f"{self.first}_{self.last}".lower()

    def canaries(self) -> Iterator[tuple[str, str]]:
        """Kind and text of what must not come out."""
        whole = self.han or (self.script and not self.gap)
        parts = (self.first,) if self.script == "kanji" else (self.first, self.last)
        yield from (("name", n) for n in ((self.name,) if whole else parts))
        yield "id", self.id
        yield "phone", re.sub(r"\D", "", self.phone)
        yield "birth", self.birth
        yield "mail", self.mail.partition("@")[0]
        yield "address", self.street


def _word(rng: random.Random, parts: int = 2) -> str:
    return "".join(rng.choice(_ON) + rng.choice(_IN) for _ in range(parts)) + rng.choice(_OFF) + rng.choice("aeiou")


def person(rng: random.Random, *, han: bool = False) -> Person:
    """Somebody new."""
    if han:
        first, last = "".join(rng.sample(_HAN, 2)), rng.choice(_SUR)
    else:
        first, last = _word(rng).capitalize(), _word(rng).capitalize() + rng.choice(("bix", "dorf", "wend", "holt"))
    birth = f"{rng.randint(1940, 2008)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return Person(
        first, last, "".join(rng.choice("123456789") for _ in range(rng.choice((9, 12, 18)))),
        "+" + str(rng.randint(10, 98)) + "".join(rng.choice("0123456789") for _ in range(9)), birth,
        f"{_word(rng, 3)}@{rng.choice(('example.org', 'mail.example'))}", _word(rng, 3).capitalize(),
        rng.randint(2, 98), rng.choice(_PEOPLES), han,
    )  # fmt: skip


def _readings(data: bytes) -> Iterator[str]:
    """What bytes say to who undoes escapes."""
    text = data.decode("utf-8", "replace")
    yield text
    if "&" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield _UNICODE.sub(lambda m: chr(int(m[1] or m[2] or m[3], 16)), text)
    if "%" in text:
        yield unquote_plus(text)
    if text.startswith("{") and '"payload"' in text:
        for match in _BASE.finditer(text):
            try:
                yield b64decode(match[0] + "=" * (-len(match[0]) % 4)).decode("utf-8", "replace")
            except (Error, ValueError):
                continue


class Watch:
    """Knows all canaries of a round, and which of them stand in some bytes."""

    def __init__(self) -> None:
        self._words: dict[str, tuple[str, str]] = {}
        self._dates: dict[str, tuple[str, str]] = {}
        self._han: dict[str, tuple[str, str]] = {}

    def add(self, form: str, persons: Iterable[Person]) -> None:
        """Look out for the values of some persons of a form."""
        for one in persons:
            for kind, text in one.canaries():
                rows = (
                    self._dates
                    if kind == "birth"
                    else self._han
                    if kind == "name" and (one.han or one.script)
                    else self._words
                )
                rows[text.replace("-", "") if kind == "birth" else text.casefold()] = (form, kind)

    def seen(self, data: bytes) -> dict[tuple[str, str, str], str]:
        """(form, kind, canary) of what stands in some bytes, with what stands around the first."""
        out: dict[tuple[str, str, str], str] = {}
        for text in _readings(data):
            for match in _WORD.finditer(text):
                row = self._words.get(match[0].casefold())
                if row is not None:
                    out.setdefault((*row, match[0]), _around(text, match.start(), match.end()))
            for match in _DATE.finditer(text):
                digits = re.sub(r"\D", "", match[0])
                row = self._dates.get(digits) or self._dates.get(digits[4:] + digits[2:4] + digits[:2])
                if row is not None:
                    out.setdefault((*row, match[0]), _around(text, match.start(), match.end()))
            folded = text.casefold() if self._han else ""
            for name, row in self._han.items():
                at = folded.find(name)
                if at >= 0:
                    out.setdefault((*row, name), _around(text, at, at + len(name)))
        return out


def _around(text: str, start: int, end: int) -> str:
    return json.dumps(text[max(0, start - 90) : end + 60], ensure_ascii=False)
