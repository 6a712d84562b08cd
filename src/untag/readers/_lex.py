"""A tolerant lexer: comments, strings and words of any source text, where no grammar helps."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from untag.later import later
from untag.surface import Role, upto

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["comment_lines", "lex", "split_lines", "unescape", "unquote"]

#: Longest text of one surface.
LONGEST = 2000

_ESCAPE = later(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u+([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|([0-7]{1,3})|(.))", re.DOTALL
)
_UNICODE = later(r"\\u+([0-9A-Fa-f]{4})")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b", "\n": ""}
#: Opening of a string in any of the languages: an optional prefix, hashes, and the quote or long bracket.
_OPEN = later(
    r"""(?:R"([^\s()\\]{0,16})\(|[A-Za-z_]{0,3}[@$]{0,3}\#{0,16}("{3,16}|'{3}|["'`\u201c\u2018])|(\[=*\[)|%[qQwWiI]?([(\[{<|!/]))"""
)
_CLOSES = {"(": ")", "[": "]", "{": "}", "<": ">", "\u201c": "\u201d", "\u2018": "\u2019"}


def _surrogates(text: str) -> str:
    """Joined surrogate pairs; a lone half stands as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _one(found: re.Match[str]) -> str:
    for number in range(1, 5):
        digits = found.group(number)
        if digits:
            code = int(digits, 16)
            return chr(code) if code < 0x110000 else "\ufffd"
    octal, simple = found.group(5), found.group(6)
    if octal:
        return chr(int(octal, 8))
    return _SIMPLE.get(simple, simple)


def unescape(text: str) -> str:
    r"""Text with ``\\uXXXX``, ``\\xXX``, ``\\n`` and their like resolved."""
    if "\\" not in text:
        return text
    made = _ESCAPE.sub(_one, text)
    return _surrogates(made) if any("\ud800" <= c <= "\udfff" for c in made) else made


def plain(text: str) -> str:
    r"""Text with only ``\\uXXXX`` resolved, as in a comment."""
    if "\\u" not in text:
        return text
    made = _UNICODE.sub(lambda m: chr(int(m.group(1), 16)), text)
    return _surrogates(made) if any("\ud800" <= c <= "\udfff" for c in made) else made


def unquote(raw: str) -> tuple[int, str, bool]:
    """The inside of a string literal.

    Args:
        raw: The literal as written, with prefix and quotes; text without quotes is taken as it is.

    Returns:
        Characters before the inside, the inside as written, and whether the literal is of a raw kind.
    """
    found = _OPEN.match(raw)
    if not found:
        if raw[:1] == ":" and raw[1:2].isalpha():
            return 1, raw[1:], True
        if raw[-1:].isspace() and raw.rstrip()[-1:] == ":":
            return 0, raw.rstrip()[:-1], True  # the key of a keyword list, with the blank that makes it one
        return 0, raw, False
    start = found.end()
    prefix = raw[:start]
    tail = raw[start:]
    if found.group(1) is not None:
        return start, tail.removesuffix('"').removesuffix(found.group(1)).removesuffix(")"), True
    if found.group(3):
        return start, tail.removesuffix(found.group(3).replace("[", "]")), True
    quote = found.group(2) or found.group(4)
    hashes = prefix.count("#")
    close = _CLOSES.get(quote, quote) + "#" * hashes
    rawish = hashes > 0 or "r" in prefix.lower() or ("@" in prefix[:-1] and not prefix.startswith('@"'))
    return start, tail.removesuffix(close), rawish


def split_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Physical lines that hold text, cut at the longest a surface may be.

    Yields:
        Line number from 0, column from 0 of the first character shown, and the text without outer blanks.
    """
    for number, line in enumerate(text.split("\n")):
        body = line.strip()
        if not body:
            continue
        start = len(line) - len(line.lstrip())
        if len(body) <= LONGEST:
            yield number, start, body
            continue
        for at, piece in _cut(body):
            yield number, start + at, piece


def _cut(body: str) -> Iterator[tuple[int, str]]:
    """Pieces of a text, none longer than a surface may be; they overlap, and neither begin nor end inside a word."""
    at = 0
    while at < len(body):
        yield at, upto(body[at : at + LONGEST + 1], LONGEST)
        at += LONGEST - 100
        low = at - 100
        back = at
        while back > low and back < len(body) and body[back - 1].isalnum() and body[back].isalnum():
            back -= 1
        # A longer run of letters is no word.
        at = back if back > low else at


_FRONT = later(
    r"\s*(?:/\*+[!<]?|//+[!<]?|\*+/|\*+(?=[\s/]|$)|\#+!?|--\[=*\[|--+(?:\s?[|^](?=\s))?|<!--|\(\*|%+|=begin\b|=end\b|;+|'{3}|\"{3}|\]=*\])?\s?"
)
_BACK = later(r"\s*(?:\*+/|-->|\*+\)|\]=*\](?:--)?|'{3}|\"{3})\s*$")
#: Marks of a block comment that other languages write for other things, where the comment itself begins with one.
_OPENING = later(r"\{-[|^]?\s?|\{\s?|<\#\s?|\#=\s?|\#_\s?|!+[<>]?\s?")
_CLOSING = {"{": ("-}", "}"), "<": ("#>",), "#": ("=#",), "!": ("!",)}
_TAG = later(
    r"</?(?:summary|remarks|value|para|returns|c|code|see|list|item|description|br|p|b|i)\b[^<>]{0,200}>", re.IGNORECASE
)


def comment_lines(raw: str) -> Iterator[tuple[int, int, str]]:
    """The text lines of a comment, without its markers.

    Yields:
        Line number from 0 within the comment, column from 0 within that line, and the text.
    """
    opening = _OPENING.match(raw)
    ends = _CLOSING[raw[0]] if opening else ()
    for number, line in enumerate(raw.split("\n")):
        front = _FRONT.match(line) if number or opening is None else opening
        start = front.end() if front else 0
        body = line[start:]
        if ends and body.rstrip().endswith(ends):
            body = body.rstrip().removesuffix(ends[0]).removesuffix(ends[-1])
        cut = body.rstrip()
        if cut.endswith(("*/", "-->", "*)", "]]", "]=]", "'''", '"""')):
            body = _BACK.sub("", cut[-LONGEST:]) if len(cut) <= LONGEST else cut
        if "<" in body:
            tags = _TAG.match(body.lstrip())
            while tags:
                start += len(body) - len(body.lstrip()) + tags.end()
                body = body.lstrip()[tags.end() :]
                tags = _TAG.match(body.lstrip())
            body = _TAG.sub(" ", body)
        body = plain(body)
        start += len(body) - len(body.lstrip())
        body = body.strip()
        if not any(c.isalnum() for c in body):
            continue
        for at, piece in _cut(body):
            yield number, start + at, piece


_WORD = r"(?P<word>[^\W\d]\w*|[$@][^\W\d]\w*|\\u[0-9A-Fa-f]{4}(?:\w|\\u[0-9A-Fa-f]{4})*)"
_STRINGS = {
    "c": r'@?"(?:[^"\\\n]|\\.)*"?|\'(?:[^\'\\\n]|\\.)*\'?|`(?:[^`\\]|\\.)*`?',
    "hash": r'"""(?:[^"\\]|\\.|"(?!""))*(?:""")?|'
    r'\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*(?:\'\'\')?|"(?:[^"\\\n]|\\.)*"?|\'(?:[^\'\\\n]|\\.)*\'?',
    "dash": r'"(?:[^"\\\n]|\\.)*"?|\'(?:[^\'\\\n]|\\.)*\'?|\[\[(?:[^\]]|\](?!\]))*(?:\]\])?',
    "percent": r'"(?:[^"\n]|"")*"?|(?<![\w\)\]\}.\'])\'(?:[^\'\n]|\'\')*\'?',
    "pascal": r"'(?:[^'\n]|'')*'?",
    "bang": r"'(?:[^'\n]|'')*'?|\"(?:[^\"\n]|\"\")*\"?",
    "shell": r'"(?:[^"`]|`.)*"?|\'(?:[^\']|\'\')*\'?',
    "mixed": r'"""(?:[^"\\]|\\.|"(?!""))*(?:""")?|"(?:[^"\\\n]|\\.)*"?',
}
_COMMENTS = {
    "c": r"/\*(?:[^*]|\*(?!/))*(?:\*/)?|//[^\n]*",
    "hash": r"\#[^\n]*",
    "dash": r"--\[\[(?:[^\]]|\](?!\]))*(?:\]\])?|--[^\n]*",
    "percent": r"%[^\n]*",
    "pascal": r"\{(?!\$)[^}]*\}?|\(\*(?:[^*]|\*(?!\)))*(?:\*\))?|//[^\n]*",
    "julia": r"\#=(?:[^=]|=(?!\#))*(?:=\#)?|\#[^\n]*",
    "haskell": r"\{-(?:[^-]|-(?!\}))*(?:-\})?|--[^\n]*",
    "ml": r"\(\*(?:[^*]|\*(?!\)))*(?:\*\))?|//[^\n]*",
    "lisp": r";[^\n]*",
    "bang": r"![^\n]*",
    "shell": r"<\#(?:[^#]|\#(?!>))*(?:\#>)?|\#[^\n]*",
    "php": r"/\*(?:[^*]|\*(?!/))*(?:\*/)?|//[^\n]*|\#(?!\[)[^\n]*",
}


@cache
def _pattern(family: str) -> re.Pattern[str]:
    strings = _STRINGS.get("mixed" if family in {"julia", "haskell", "ml", "lisp"} else family, _STRINGS["c"])
    return re.compile(f"(?P<comment>{_COMMENTS[family]})|(?P<string>{strings})|{_WORD}", re.DOTALL)


def lex(text: str, family: str) -> Iterator[tuple[Role, int, int, int, str]]:
    """Comments, strings and words of a text, in order, whatever its grammar.

    Args:
        text: Any text.
        family: How comments and strings look, for example ``c``, ``hash``, ``dash`` or ``pascal``.

    Yields:
        Role, offset of the line's start, line number from 0, column from 0, text.
    """
    line = start = last = 0
    for found in _pattern(family).finditer(text):
        at = found.start()
        # The lines between the last token and this one.
        passed = text.count("\n", last, at)
        if passed:
            line += passed
            start = text.rfind("\n", last, at) + 1
        last = at
        column = at - start
        kind = found.lastgroup
        raw = found.group()
        if kind == "word":
            if len(raw) <= LONGEST:
                yield Role.USE, start, line, column, plain(raw)
            continue
        if kind == "comment":
            for number, inner, body in comment_lines(raw):
                yield Role.COMMENT, start, line + number, inner if number else column + inner, body
            continue
        before, inside, rawish = unquote(raw)
        for number, inner, body in split_lines(inside):
            made = body if rawish else unescape(body)
            yield Role.STRING, start, line + number, inner if number else column + before + inner, made
