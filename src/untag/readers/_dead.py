"""Code that a preprocessor leaves out whatever is set: ``#if 0``, the way C has of commenting code out."""

from __future__ import annotations

import re
from typing import NamedTuple

from untag.later import later

__all__ = ["DIRECTED", "hushed"]

#: Grammars whose languages have such directives.
DIRECTED = frozenset({"c", "cpp", "objc", "csharp", "swift"})

_ANY = later(rb"#[ \t]*(?:el)?if[ \t]*\(?[ \t]*(?:0|1|false|true|FALSE|TRUE)\b")
#: Comments, strings and directives, whichever begins first; an unclosed comment reaches to the end.
_PIECE = later(
    rb"/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?"
    rb"|^[ \t]*(?P<mark>\#[ \t]*(?P<word>if|ifdef|ifndef|elif|else|endif)\b)(?P<rest>[^\n]*)",
    re.MULTILINE,
)
_OFF = later(rb"\s*\(?\s*(?:0|false|FALSE)\s*\)?\s*(?:/[/*].*)?")
_ON = later(rb"\s*\(?\s*(?:1|true|TRUE)\s*\)?\s*(?:/[/*].*)?")
_INK = later(rb"[^\n]")


def hushed(source: bytes) -> bytes:
    """Source as a parser should see it: what no setting compiles is one comment.

    Args:
        source: Of a language with directives of C.

    Returns:
        As many bytes, every line where it was. ``#if 0 … #endif`` is ``/* … */``, and so is what stands after the
        ``#else`` of an ``#if 1`` and after an ``#elif 0``. What depends on a name that somebody may define stays.
    """
    if not _ANY.search(source):
        return source
    out = bytearray(source)
    blocks: list[_Block] = []
    for found in _PIECE.finditer(source):
        word = found["word"]
        if word is None:
            continue
        start = found.start("mark")
        if word not in {b"if", b"ifdef", b"ifndef"}:
            if blocks:
                _turn(out, found, blocks)
        elif blocks and blocks[-1].dead != _LIVE:
            blocks.append(_Block(_WITHIN))
        elif word == b"if" and _OFF.fullmatch(found["rest"]):
            blocks.append(_Block(start, ours=True))
        elif word == b"if" and _ON.fullmatch(found["rest"]):
            _blank(out, start, found.end())
            blocks.append(_Block(_LIVE, ours=True, settled=True))
        else:
            blocks.append(_Block(_LIVE))
    dead = next((block.dead for block in blocks if block.dead >= 0), None)
    if dead is not None:
        _comment(out, dead, len(out))
    return bytes(out)


#: In place of where a dead part began: it is live, or the whole block lies within a dead part.
_LIVE, _WITHIN = -1, -2


class _Block(NamedTuple):
    """An open block: where its dead part began; whether its ``#if`` is gone; whether all that follows is dead.

    ``middle`` says that the dead part is an ``#elif 0``: the directives on either side of it stay.
    """

    dead: int
    ours: bool = False
    settled: bool = False
    middle: bool = False


def _turn(out: bytearray, found: re.Match[bytes], blocks: list[_Block]) -> None:
    """An ``#elif``, ``#else`` or ``#endif``: what the innermost block is from here on."""
    block = blocks.pop()
    word, (start, end) = found["word"], found.span("mark")
    if block.middle:
        _comment(out, block.dead, out.rindex(b"\n", 0, start) + 1)
        block = _Block(_LIVE)
    if word == b"elif" and block == _Block(_LIVE) and _OFF.fullmatch(found["rest"]):
        blocks.append(_Block(start, middle=True))
    elif word == b"endif":
        if block.dead >= 0:
            _comment(out, block.dead, end)
        elif block.ours:
            _blank(out, start, end)
    elif block.dead >= 0 and not block.settled and word == b"else":
        _comment(out, block.dead, end)
        blocks.append(_Block(_LIVE, ours=True, settled=True))
    elif block.dead >= 0 and not block.settled and not _OFF.fullmatch(found["rest"]):
        _blank(out, block.dead, start)
        out[block.dead : block.dead + 2] = b"/*"
        out[start:end] = b"*/#if".rjust(end - start)  # it goes on as an #if of its own
        blocks.append(_Block(_LIVE))
    elif block.dead == _LIVE and block.settled:
        blocks.append(_Block(start, ours=True, settled=True))
    else:
        blocks.append(block)


def _blank(out: bytearray, start: int, end: int) -> None:
    out[start:end] = _INK.sub(b" ", bytes(out[start:end]))


def _comment(out: bytearray, start: int, end: int) -> None:
    _blank(out, start, end)
    out[start : start + 2] = b"/*"
    # No line end may go; what is left out by this are lines of one character.
    while b"\n" in out[end - 2 : end]:
        end -= 1
    out[end - 2 : end] = b"*/"
