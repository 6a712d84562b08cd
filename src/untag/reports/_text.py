"""Making text from an input harmless: visible escapes, cutting, wrapping by display width, HTML and Markdown."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LIMIT", "code", "cut", "fence", "markdown", "pad", "page", "visible", "width", "wire", "wrap"]

#: Characters of found text that are quoted at most (contract).
LIMIT = 200

# Everything that moves a cursor, reorders or hides text: C0, DEL and C1, soft hyphen, joiners and fillers, Arabic
# letter mark, Mongolian separators, zero-width and bidi controls, line separators, interlinear anchors, byte order
# mark, object replacement, noncharacters that XML forbids, lone surrogates, tags and variation supplements.
_UNSAFE = later(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SHORT:
        return _SHORT[char]
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a file name that is not UTF-8 (PEP 383)
        return f"\\x{number - 0xDC00:02x}"
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def visible(text: str, limit: int = 0) -> str:
    r"""Text with everything that could move, reorder or hide other text shown as an escape, for example ``\x1b``.

    Args:
        text: Text from an input.
        limit: Cut it to so many characters first; 0 leaves it whole.

    Returns:
        One line, free of control, bidi and zero-width characters.
    """
    return _UNSAFE.sub(_escape, cut(text, limit) if limit else text)


def cut(text: str, limit: int = LIMIT, around: int = 0) -> str:
    """The part of a text that is quoted.

    Args:
        text: Text from an input.
        limit: Characters that are kept, marks of omission included.
        around: Offset that must stay inside the part.

    Returns:
        The text itself if it is short enough; otherwise a window with an ellipsis where something was left out.
    """
    start, end = window(len(text), limit, around)
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def window(size: int, limit: int, around: int) -> tuple[int, int]:
    """Bounds of the part of a text of ``size`` characters that ``cut`` keeps, without the ellipses."""
    if size <= limit:
        return 0, size
    start = max(0, min(around - limit // 4, size - limit + 1))
    if start <= 1:
        return 0, limit - 1
    return start, min(size, start + limit - 1 - (start + limit - 1 < size))


def _wire(match: re.Match[str]) -> str:
    number = ord(match[0])
    if 0xD800 <= number <= 0xDFFF:
        return "\\" + _escape(match)
    if number > 0xFFFF:
        number -= 0x10000
        return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"
    return f"\\u{number:04x}"


_BESIDE_LINES = later(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


def wire(dumped: str) -> str:
    """JSON text (of ``json.dumps`` with ``ensure_ascii=False``) with unsafe characters written as JSON escapes.

    A parser reads back the text as found; only lone surrogates, which no encoding can carry, become visible escapes.
    """
    if dumped.isascii() and "\x7f" not in dumped:  # control characters are escaped already
        return dumped
    return _BESIDE_LINES.sub(_wire, dumped)


def width(text: str) -> int:
    """Columns a text takes on a terminal: wide East Asian characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 0 if unicodedata.category(char) in {"Mn", "Me"} else 1


def pad(text: str, columns: int) -> str:
    """The text with spaces behind it up to a display width."""
    return text + " " * max(0, columns - width(text))


_PIECE = later(r"\s+|[^\s\u1100-\u11ff\u2e80-\ud7af\uf900-\ufaff\uff00-\uff60]+|.", re.DOTALL)


def wrap(text: str, columns: int, first: str = "", rest: str | None = None) -> Iterator[str]:
    """Break one paragraph into lines.

    Args:
        text: The paragraph; already made visible.
        columns: Display columns a line may have, prefix included.
        first: What stands before the first line.
        rest: What stands before the others; as many spaces as ``first`` is wide where it is not given.

    Yields:
        Lines without their ends. It breaks at spaces and between East Asian characters; a longer word is cut.
    """
    rest = " " * width(first) if rest is None else rest
    line, used, empty = first, width(first), True
    for piece in _PIECE.findall(text):
        if piece.isspace():
            piece = " "
            if empty:
                continue
        size = width(piece)
        if used + size > columns and not empty:
            yield line.rstrip()
            line, used, empty = rest, width(rest), True
            if piece == " ":
                continue
        while piece and used + size > columns:
            head = _head(piece, columns - used)
            yield line + head
            piece = piece[len(head) :]
            size = width(piece)
            line, used = rest, width(rest)
        if piece:
            line, used, empty = line + piece, used + size, False
    if not empty or line == first:
        yield line.rstrip()


def _head(word: str, columns: int) -> str:
    used = 0
    for index, char in enumerate(word):
        used += _columns(char)
        if used > columns:
            return word[: max(1, index)]
    return word


def page(text: str, limit: int = 0) -> str:
    """Text for HTML and XML, in an element or a quoted attribute: made visible, then escaped."""
    from html import escape

    return escape(visible(text, limit))


_MARKUP = later(r"[\\`*_\[\]|~$^]|[<>&]|:(?=//)|(?<=www)\.|[@#](?=\w)")
_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "@<!-- -->", "#": "#<!-- -->"}


def markdown(text: str, limit: int = 0) -> str:
    """Text for running Markdown: no character of it starts a link, a mention, a table cell, an image or HTML.

    It must not stand at the start of a line; a comment, which shows nowhere, keeps code hosts from notifying people.
    """
    return _MARKUP.sub(lambda found: _ENTITY.get(found[0]) or "\\" + found[0], visible(text, limit))


def code(text: str, limit: int = 0, *, cell: bool = False) -> str:
    """Text as a Markdown code span, with a fence longer than any run of backticks inside.

    Args:
        text: Text from an input.
        limit: Cut it to so many characters first.
        cell: Whether it stands in a table, where a bar would end the cell.
    """
    shown = visible(text, limit) or " "
    if cell:
        shown = shown.replace("|", "\u2502")  # a backslash before a bar would show in some renderers
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    edge = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{ticks}{edge}{shown}{edge}{ticks}"


def fence(text: str) -> str:
    """A fence for a Markdown code block, longer than any run of backticks in the text."""
    return "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
