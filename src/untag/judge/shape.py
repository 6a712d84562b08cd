"""How lines are built in which somebody may be named: what divides them, what they declare, who is said to be what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.later import later

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

__all__ = ["QUOTED", "TAG", "body_of", "declares", "depth_of", "pictured", "predicate", "shape", "tokens"]

#: Characters of a line that are looked at.
_LONG = 4000
#: A text in quotes, also in ones that are escaped themselves; one that was cut ends with its line.
QUOTED = later(
    r"(?P<mark>\\+[\"'`])(?P<deep>.*?)(?:(?P=mark)|$)"
    r"|\"(?P<double>[^\"\\]*(?:\\.[^\"\\]*)*)(?:\"|\\?$)"
    r"|(?<!\w)'(?P<single>[^'\\]*(?:\\.[^'\\]*)*)(?:'(?!\w)|\\?$)"
    r"|`(?P<tick>[^`]*)(?:`|$)"
)
TAG = later(r"<[?!/]?[A-Za-z][\w:.\-]{0,40}(?:\s[^<>]{0,400})?[/?]?>")
_DECLARES = later(
    r"\s*(?:create\s+table|alter\s+table|class|struct|enum|interface|message|import|from|package|using|#include|def|func"
    r"|function|public|private|const\s+\w+\s*=\s*[\[{]$)\b",
    2,
)
_SIGNS = later(r"[^|\t;,&'\"{}()]+")
#: A picture that is called after somebody, maybe with its number: ``faces/Ann_Smith_0001.jpg``.
_PICTURE = later(
    r"(?<![^\W_])(?P<name>[^\W\d_][^\s/\\.,;\d\"'`()]{2,60}?)(?:[_\-]?\d{1,6})?\.(?:jpe?g|png|bmp|webp|tiff?)\b", 2
)
#: What stands between somebody and a people.
_IS = later(r"(?:\s?\(|,?\s(?:is|was)\s(?:an?\s)?)(?:ethnic(?:ally)?\s)?")


def declares(line: str) -> bool:
    """Whether a line declares something."""
    return _DECLARES.match(line) is not None and "values" not in line.lower()


def shape(line: str) -> str:
    """What divides a line, where that is much: alike in rows of one table."""
    signs = _SIGNS.sub("", line[:_LONG])
    return signs if len(signs) >= 3 else ""


def depth_of(line: str) -> int:
    """By how much a line is indented."""
    return len(line) - len(line.lstrip())


def pictured(text: str) -> Iterator[re.Match[str]]:
    """Files of pictures that are named in a text, each with the ``name`` that it is called by."""
    return _PICTURE.finditer(text) if "." in text else iter(())


def predicate(line: str, at: int) -> int:
    """Where what is said of somebody begins, whose name ends at some place of a line; 0 if nothing is."""
    found = _IS.match(line, at)
    return found.end() if found is not None else 0


def body_of(found: object) -> tuple[int, int, str]:
    """Bounds of what stands in quotes, without them, and the text."""
    for name in ("deep", "double", "single", "tick"):
        text = found[name]  # type: ignore[index]
        if text is not None:
            return found.start(name), found.end(name), text  # type: ignore[attr-defined]
    return 0, 0, ""


def tokens(line: str, *, bare: bool) -> Iterator[tuple[int, int, str]]:
    """Tags and texts in quotes (without the quotes), in order; ``bare`` leaves quotes alone (a remark)."""
    at = 0
    while at < len(line):
        tag = TAG.search(line, at)
        text = None if bare else QUOTED.search(line, at)
        if tag is not None and (text is None or tag.start() <= text.start()):
            yield tag.start(), tag.end(), "tag"
            at = tag.end()
        elif text is not None:
            low, high, _ = body_of(text)
            yield low, high, "text"
            at = max(text.end(), at + 1)
        else:
            return
