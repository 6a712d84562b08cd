"""Names of what merely holds: a buffer a page is built in, a record of many keys, a job, a bucket, a file.

A text about a tag that is put into ``strHtml``, asked of ``student_record`` or given to ``bucket`` says nothing of what
that name stands for elsewhere; one that explains ``c5`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.later import later
from untag.lexicon import fold
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.surface import Surface

__all__ = ["asked", "holds", "points"]

#: What a name ends in that holds text of any kind, or leads to a place where things are kept.
_HOLDS = frozenset(
    {
        "body", "bucket", "buf", "buffer", "directory", "file", "filename", "filepath", "folder", "foldername", "html",
        "htm", "job", "json", "path", "pathname", "prefix", "query", "repo", "repository", "sb", "sql", "stdout",
        "uri", "url", "writer", "xml", "yaml",
    }
)  # fmt: skip
#: What stands behind that and says no more, and the same of a name written in one.
_OF = frozenset({"description", "id", "key", "name", "str", "string", "text", "title"})
_JOINED = later(r".*(?:file|folder|dir|directory|path|bucket|job|repo|repository)(?:name|path)|.*(?:bucket|filepath)")
#: Names of files and places, of which a word is a part: ``train/x.csv``, ``x-pred-repo``, ``x-model-``.
_FILE = later(r"[^\s]*[\w)]\.(?=\w*[A-Za-z])\w{1,8}(?:\.\w{1,5})?|[^\s]*[-_/\\]|[./\\~][^\s]*|[A-Za-z][\w+]*://[^\s]*")
_SLUG = later(r"\w+(?:-\w+){2,}")
#: A piece of a page, or a text that a value is filled into.
_PIECE = later(r"<[/!A-Za-z]|%[sd]|\{\d*\}|\\n|\n")
#: Lines between a name that is declared and the text that is put into it.
_NEXT = 1


def holds(name: str) -> bool:
    """Whether a name is one of a buffer, a job or a place, in any case and with any prefix.

    Args:
        name: As written: ``strHtml``, ``JobName``, ``trainfilename``.
    """
    words = [w.lower() for w in fold.words_of(name) if not w.isdigit()]
    while len(words) > 1 and words[-1] in _OF:
        words.pop()
    return bool(words) and (words[-1] in _HOLDS or _JOINED.fullmatch(words[-1]) is not None)


def points(text: str) -> bool:
    """Whether a text is the name of a file, a job or a place rather than what something is called.

    Args:
        text: As put there.
    """
    text = text.strip()
    return _FILE.fullmatch(text) is not None or _SLUG.fullmatch(text) is not None


def asked(surface: Surface, declared: Iterable[Surface]) -> bool:
    """Whether a string of code only passes by the name that it is about: it is a key of a record, a piece of a page.

    Args:
        surface: What says something of a name.
        declared: What is declared around it.
    """
    if surface.role is not Role.STRING:
        return False
    if _PIECE.search(surface.text):
        return True
    line = surface.place.line
    if line is None:
        return False
    # ``record["x"]`` is about a record that was declared elsewhere; ``c5 = form.get("x")`` is about ``c5``.
    return not any(
        s.text == surface.about and s.place.line is not None and 0 <= line - s.place.line <= _NEXT for s in declared
    )
