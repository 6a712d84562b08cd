"""SQL of any dialect, cut into tokens and statements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.readers._statement import ROWS, Statements, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place
    from untag.surface import Surface

__all__ = ["TOKEN", "read_sql"]

#: Tokens of one statement that are kept; the rest of a longer one (data) is passed over.
TOKENS = 50_000

TOKEN = later(
    r"(?P<comment>--[^\n]*|(?<![^\n])[ \t]*\#[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?)"
    r"|(?P<string>[NnEeBbXx]?'(?:[^'\\]|''|\\.)*'?|\$(?P<tag>\w{0,30})\$)"
    r"|(?P<quoted>`[^`]*`?|\"(?:[^\"]|\"\")*\"?|\[(?!\s*')[^\]\n]{1,128}\])"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<word>[^\W\d][\w$#]*|@{1,2}\w+|:\w+)"
    r"|(?P<mark><>|!=|<=|>=|::|\|\||[^\s\w])",
    re.DOTALL,
)

#: What comes before rows as PostgreSQL's pg_dump writes them: values with tabs between, and a last line ``\\.``.
_COPY = later(r"^COPY\s[^;\0]{1,20000}?\bFROM\s+stdin\b[^;\n]{0,200};[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_LAST = later(r"^\\\.", re.MULTILINE)
_VALUE = later(r"[^\r\n]+")


def read_sql(
    text: str, place: Place, first_line: int = 1, owner: str = "", spans: Sequence[tuple[int, int]] | None = None
) -> Iterator[Surface]:
    """What SQL shows.

    Args:
        text: Statements of any dialect; what is not understood is shown as words and strings.
        place: The artifact.
        first_line: Physical line of the artifact that the text's first line is.
        owner: Path under which its owners stand.
        spans: Ranges of characters of interest; statements that none touches are passed over. None: everything is read.

    Yields:
        Surfaces statement by statement. Never a value of a data row, except the names of a short two-column table of
        codes.
    """
    text, blocks = _copied(text)
    rows = {start: kept for start, _, _, kept in blocks}
    if spans is not None:
        # What touches a row touches the statement before it.
        spans = [next(((a, b) for a, b, c, _ in blocks if b <= one[0] < c), one) for one in spans]
    if spans is None:
        yield from _statements(text, place, first_line, owner, rows)
        return
    for start, end in touched(text, spans):
        before = text.count("\n", 0, start)
        inside = {at - start: kept for at, kept in rows.items() if start <= at < end}
        yield from _statements(text[start:end], place, first_line + before, owner, inside)


def _copied(text: str) -> tuple[str, list[tuple[int, int, int, list[list[Token]]]]]:
    """The text without the rows of such blocks, all else in its place; where each and its rows begin and end."""
    blocks: list[tuple[int, int, int, list[list[Token]]]] = []
    parts: list[str] = []
    at = 0
    while (found := _COPY.search(text, at)) is not None:
        low = found.end()
        last = _LAST.search(text, low)
        high = last.end() if last is not None else len(text)
        blocks.append((found.start(), low, high, _values(text, low, high if last is None else last.start())))
        parts += (text[at:low], _VALUE.sub(lambda m: " " * len(m[0]), text[low:high]))
        at = high
    return ("".join((*parts, text[at:])), blocks) if blocks else (text, [])


def _values(text: str, low: int, high: int) -> list[list[Token]]:
    """The rows of a block, where they are as few and as short as those of a codebook; else none."""
    if text.count("\n", low, high) > ROWS:
        return []
    rows: list[list[Token]] = []
    at = low
    for line in text[low:high].splitlines(keepends=True):
        row: list[Token] = []
        inner = at
        for value in line.rstrip("\r\n").split("\t"):
            row.append(Token("string", inner, value, value))
            inner += len(value) + 1
        rows.append(row)
        at += len(line)
    return rows


def _statements(
    text: str, place: Place, first_line: int, owner: str, copied: dict[int, list[list[Token]]]
) -> Iterator[Surface]:
    reader = Statements(text, place, first_line, owner, copied)
    tokens: list[Token] = []
    depth = 0
    lost = False
    body = ""
    for found in TOKEN.finditer(text):
        kind = found.lastgroup if found.lastgroup != "tag" else "string"
        if kind is None:
            continue
        raw = found.group()
        if found.group("tag") is not None:
            # A dollar quote holds the body of a function: it is read as statements.
            body = "" if body == raw else body or raw
            continue
        meant = _meant(kind, raw)
        if kind == "mark" and raw == "(":
            depth += 1
        elif kind == "mark" and raw == ")":
            depth = max(0, depth - 1)
        ends = (kind == "mark" and raw == ";") or (
            kind == "word" and raw in {"GO", "go"} and text[max(0, found.start() - 1)] in "\n\r" and depth == 0
        )
        if ends:
            yield from reader.statement(tokens, lost=lost)
            tokens, depth, lost = [], 0, False
            continue
        if len(tokens) < TOKENS:
            tokens.append(Token(kind, found.start(), raw, meant))
        else:
            lost = True
    yield from reader.statement(tokens, lost=lost)


def touched(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Whole lines that hold the statements which ranges of characters touch, in order and apart."""
    begin = stop = -1
    for start, end in spans:
        low = text.rfind(";\n", 0, start)
        low = 0 if low < 0 else low + 2
        high = text.find(";\n", end)
        # Statements run on to the end of a line; a comment of their last line stands before it.
        high = len(text) if high < 0 else high + 2
        if begin >= 0 and low <= stop:
            stop = max(stop, high)
            continue
        if begin >= 0:
            yield begin, stop
        begin, stop = low, high
    if begin >= 0:
        yield begin, stop


def _meant(kind: str, raw: str) -> str:
    if kind == "string":
        inner = raw[raw.index("'") + 1 :]
        return inner.removesuffix("'").replace("''", "'")
    if kind == "quoted":
        return raw[1:-1] if len(raw) > 1 and raw[-1] in '`"]' else raw[1:]
    return raw
