"""Source code, read by the grammar of its language: declarations, labels, comments, conditions, calls."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from untag.charset import is_text
from untag.gap import Gap, Reason
from untag.later import later
from untag.readers import Reader
from untag.readers._code import lex_code, read_code
from untag.readers._grammar import GRAMMARS, SUFFIXES
from untag.readers._sniff import sniff
from untag.readers._sql import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["CodeReader", "language_of"]

#: Lines shown before and after a span of interest in a file that is only lexed, and their bytes at most.
AROUND, AROUND_BYTES = 40, 8192
#: Lines lexed at a time where nothing is known of interest.
WINDOW = 1 << 20

#: Suffixes of copies: what stands before them may be a hash.
COPIES = (".svn-base", ".bak", ".orig", ".old", ".save", ".tmp")
#: UTF-8 bytes that continue a character.
CONTINUATION = bytes(range(0x80, 0xC0))

_SHEBANG = later(rb"#![^\n]{0,200}?([A-Za-z]+)[\d.]*(?:\s[^\n]*)?\r?\n")
_OBJECTIVE = later(
    rb"^\s*(?:@interface|@implementation|@protocol|@class|@import|@end|#import|NS_ASSUME_NONNULL_BEGIN)\b"
    rb"|\b(?:NS_ENUM|NS_OPTIONS|NSString|NSInteger)\b",
    re.MULTILINE,
)
_PLUS = later(
    rb"^\s*(?:class\s+\w|namespace\b|template\s*<|public:|private:|protected:|using\s+\w)|\w::\w|#include\s*<\w+>",
    re.MULTILINE,
)
_PASCAL = later(
    rb"^\s*(?:\{\$\w|(?:procedure|function|unit|type|const|begin|uses)\b(?![^\n]*[{(]\s*$))|:=|\bend[;.]",
    re.IGNORECASE | re.MULTILINE,
)
_PROLOG = later(rb"^[^\n#$;]*:-\s|^:-", re.MULTILINE)
_PERL = later(rb"^\s*(?:use\s+\w|package\s+\w|sub\s+\w|my\s*[$@%(]|require\b)|[$@%]\w", re.MULTILINE)
_FSHARP = later(rb"^\s*(?:module|namespace|open|let|type)\s+[\w(]|^\s*\[<", re.MULTILINE)
_MATLAB = later(rb"^\s*(?:%|function\b|classdef\b|end\b\s*$)", re.MULTILINE)

#: How mysqldump and pg_dump begin what they write, whatever the file is called.
_DUMP = later(
    rb"(?:\xef\xbb\xbf)?\s*(?:--[^\n]{0,200}\n\s*){0,3}-- (?:PostgreSQL database|MySQL|MariaDB) dump", re.IGNORECASE
)


def language_of(artifact: Artifact) -> str | None:
    """The language of an artifact, by its name, its first line and, where a suffix has several, its content.

    Args:
        artifact: Any artifact.

    Returns:
        A key of the grammars, or None.
    """
    data = artifact.data
    language = SUFFIXES.get(artifact.suffix)
    if language is None:
        if data.startswith(b"#!") and (found := _SHEBANG.match(data[:300])):
            word = found.group(1).decode()
            line = found.group().decode("ascii", "replace")
            for name, grammar in GRAMMARS.items():
                if word in grammar.interpreters or any(
                    re.search(rf"[/\s]{i}[\d.]*(?:\s|$)", line) for i in grammar.interpreters
                ):
                    return name
        if _DUMP.match(data[:4096]):
            return "sql"  # rows of persons are known for such under any name
        # Only names that say nothing are looked into: a known suffix of another format is believed.
        nameless = (
            "." not in artifact.name or artifact.name != artifact.name.rstrip("~") or artifact.name.endswith(COPIES)
        )
        return sniff(data) if nameless and b"\0" not in data[:1024] else None
    if artifact.name.lower().endswith(".blade.php"):
        return None  # a template
    head = data[:65536]
    if artifact.suffix == ".h":
        return "objc" if _OBJECTIVE.search(head) and not re.search(rb"^\s*namespace\b", head, re.MULTILINE) else "cpp"
    if artifact.suffix == ".m":
        return "objc" if _OBJECTIVE.search(head) or not _MATLAB.search(head) else "matlab"
    if artifact.suffix == ".inc" and b"<?" not in head and _PASCAL.search(head):
        return "pascal"
    if artifact.suffix == ".fs" and not _FSHARP.search(head):
        return None  # a shader
    if artifact.suffix == ".pl" and _PROLOG.search(head) and not _PERL.search(head):
        return None
    if language == "typescript" and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<!DOCTYPE TS", b"<TS")):
        return None
    return language


class CodeReader(Reader):
    """See the module's first line."""

    name = "code"
    rank = 30
    formats = tuple(
        f"{name} ({' '.join(suffix for suffix, of in SUFFIXES.items() if of == name) or '.m'})"
        for name in (*GRAMMARS, "sql")
    )
    limits = (
        "Source above the parse limit is lexed: comments, strings and words are shown, but bound to nothing.",
        "Perl and F# beyond about 30 KB is lexed too; so are they, Pascal and PowerShell a hundred brackets deep.",
        "Macros are not expanded and types are not resolved across files.",
        "What a program builds at run time (names put together from pieces) is shown as the pieces.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether the name or the first line says source code, and the content is text."""
        return language_of(artifact) is not None and is_text(artifact.data)

    def lexed(self, artifact: Artifact, limits: Limits) -> bool:
        """Whether :meth:`read` does not parse this artifact but only lexes it (or did), for the coverage.

        Args:
            artifact: An artifact that this reader knows.
            limits: The bounds of the run.

        Returns:
            True above ``limits.parse`` bytes, and where a bound of the parser was passed.
        """
        return artifact.lexed or (len(artifact.data) > limits.parse and language_of(artifact) != "sql")

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Surfaces of source code; a syntax error narrows what is bound, never what is shown."""
        language = language_of(artifact) or "c"
        if language == "sql":
            stream = read_sql(artifact.text, artifact.place, spans=characters(artifact))
        elif self.lexed(artifact, limits):
            stream = windows(artifact, language)
        else:

            def failed() -> None:
                artifact.lexed = True

            stream = read_code(artifact.text, language, artifact.place, spans=spans_of(artifact), failed=failed)
        for count, surface in enumerate(stream):
            if count >= limits.surfaces:
                yield Gap(artifact.place, Reason.LIMIT, f"more than {limits.surfaces} pieces of text in one file", 0)
                return
            yield surface


def spans_of(artifact: Artifact) -> list[tuple[int, int]] | None:
    """The artifact's spans of interest in the UTF-8 form of its text, in order and apart.

    Args:
        artifact: An artifact with or without a focus.

    Returns:
        Byte ranges, or None where no focus is known.
    """
    if artifact.focus is None:
        return None
    merged: list[tuple[int, int]] = []
    for start, end in sorted(artifact.focus):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, max(end, start + 1)))
    encoding = artifact.decoded.encoding
    if encoding == "utf-8" and not artifact.decoded.lost:
        return merged
    if encoding == "utf-8-sig" and not artifact.decoded.lost:
        return [(max(0, a - 3), max(1, b - 3)) for a, b in merged]
    # Another encoding: decode piece by piece and count what each piece is in UTF-8.
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    out: list[tuple[int, int]] = []
    at = total = 0
    for start, end in merged:
        total += len(decoder.decode(artifact.data[at:start]).encode("utf-8", "replace"))
        width = len(decoder.decode(artifact.data[start:end]).encode("utf-8", "replace"))
        # A span may cut a character in two: a little more is taken on each side.
        out.append((max(0, total - 4), total + width + 4))
        total += width
        at = end
    apart: list[tuple[int, int]] = []
    for start, end in out:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def characters(artifact: Artifact) -> list[tuple[int, int]] | None:
    """The artifact's spans of interest in characters of its text.

    Args:
        artifact: An artifact with or without a focus.

    Returns:
        Ranges of characters, or None where no focus is known.
    """
    spans = spans_of(artifact)
    text = artifact.text
    if spans is None or text.isascii():
        return spans
    source = text.encode("utf-8", "replace")
    out = []
    at = count = 0
    for start, end in spans:
        count += len(source[at:start].translate(None, CONTINUATION))
        width = len(source[start:end].translate(None, CONTINUATION))
        out.append((count, count + width))
        count += width
        at = end
    return out


def windows(artifact: Artifact, language: str) -> Iterator[Surface]:
    """Comments, strings and words of a file too large to parse: around its spans of interest, or all of it.

    Args:
        artifact: A large source file.
        language: Its language.

    Yields:
        Surfaces with their lines and columns in the file.
    """
    text = artifact.text
    spans = characters(artifact)
    pieces = [(0, len(text))] if spans is None else list(_around(text, spans))
    line = last = 0
    for start, end in pieces:
        at = start
        while at < end:
            stop = end
            if end - at > WINDOW:
                stop = text.rfind("\n", at, at + WINDOW) + 1 or at + WINDOW
            line += text.count("\n", last, at)
            last = at
            piece = text[at:stop]
            shift = at - (text.rfind("\n", 0, at) + 1)
            yield from lex_code(piece, language, artifact.place, line + 1, cut=at > 0, shift=shift)
            at = stop


def _around(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges of characters, whole lines where these are short, around ranges of interest."""
    begin, stop = -1, -1
    for first, last in spans:
        left = right = 0
        low, high = first, last
        while left < AROUND and low > max(0, first - AROUND_BYTES):
            low = text.rfind("\n", 0, low)
            left += 1
            if low < 0:
                low = 0
        while right < AROUND and high < min(len(text), last + AROUND_BYTES):
            found = text.find("\n", high)
            high = len(text) if found < 0 else found + 1
            right += 1
        low = max(low, first - AROUND_BYTES, 0)
        if begin >= 0 and low <= stop:
            stop = max(stop, high)
            continue
        if begin >= 0:
            yield begin, stop
        begin, stop = low, high
    if begin >= 0:
        yield begin, stop
