"""Text that nobody else knows, line by line: prose, settings, comments, label files and word lists."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from untag import charset
from untag.later import later
from untag.readers import Reader
from untag.readers._lines import Line, Names, dense, has_word, lines, numeric, spread, stem
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.place import Place

__all__ = ["RawReader"]

#: Lines looked at to tell prose from data.
_SAMPLE = 400
#: Characters of a line looked at for its form; longer lines are no settings and no labels.
_LOOK = 4000
#: Most lines of a label list; a longer one is a word list.
_LABELS = 2000
#: Letters of a word that is surely a label.
_PLAIN = 16
#: A file of short lines that is no longer than this is taken for a label list whatever it is called.
_FEW = 200
_SAYS = later(r"label|class|categor|synset|races?\b|ethnic|attribute|vocabular|\.names$|names?\.txt$", re.IGNORECASE)
_COMMENT = later(r"\s*(?:#(?!\w+\()|//|;|--(?:\s|$)|/\*|<!--|[Rr][Ee][Mm]\s)")
_SECTION = later(r"\s*\[([^\[\]=,]{1,100})\]\s*(?:[#;].*)?$")
_ASSIGN = later(r"\s*(?:export\s+|set\s+|SET\s+|let\s+)?[\"']?([^\W\d][\w.\-/@ \[\]]{0,63}?)[\"']?\s*(:=|=>|=(?!=))\s*")
_COLON = later(r"\s*(?:[-*]\s+)?[\"']?([^\W\d][\w.\-/ ()]{0,47}?)[\"']?\s*([:：])(?![/:\\])\s*")
_RULE = later(r"\s*([=\-~*^#_+])\1{2,}\s*$")
_NUMBERED = later(
    r"\s*(?:(?:\d{1,2}\.){1,4}\d{0,2}|[IVX]{1,5}\.|第[一二三四五六七八九十百\d]{1,4}[章节節部]|[一二三四五六七八九十]{1,3}、)\s*\S"
)
_LABEL = later(r"(?:(?:[nN]?\d{1,9})[\s:,.\t]+)?((?:\d{1,2}[_-])?[^\W\d_][\w '’.\-&/(),、]{0,79})$")
_STOP = later(r"[.!?。！？;；](?:\s|$)")
_WIDE = later(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af\u0e00-\u0e7f]")


class RawReader(Reader):
    """Reads any text."""

    name = "raw"
    rank = 0
    limits = (
        "rows of a file of unknown format in which all fields but one are numbers are taken for data and passed over",
        "the owner of a line is the nearest heading above it; structure deeper than that is not seen",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Any text; bytes that are no text are left to the sweep."""
        return charset.is_text(artifact.data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:  # noqa: ARG002
        """Surfaces of the text, in order of line."""
        text = artifact.text
        place = artifact.place.whole()
        shape = _shape(text)
        if shape == "words":
            yield from _words(text, place)
        elif shape == "labels" or (shape == "short" and _SAYS.search(artifact.name)):
            yield from _labels(text, place, artifact.name)
        else:
            yield from _lines(text, place)


#: How a phrase begins with which a model is asked what a picture shows.
_PROMPT = re.compile(
    r"(?:(?:an?|the|this is an?|one)\s+)?(?:[\w-]+\s+){0,2}"
    r"(?:photo(?:graph)?|picture|image|portrait|close-?up|snapshot|headshot)s?\s+(?:of|showing)\s",
    re.IGNORECASE,
)


def _label_of(text: str) -> re.Match[str] | None:
    """A line that is one short token or phrase, with or without an index before it."""
    bare = text.strip()
    if len(bare) > 90:
        return None
    found = _LABEL.match(bare)
    if not found or len(found[1].split()) > 8 or _STOP.search(found[1]):
        return None
    # A list of synonyms may be long; a plain phrase is short.
    if "," not in found[1] and (len(found[1].split()) > 4 or len(found[1]) > 48) and not _PROMPT.match(found[1]):
        return None
    if len(_WIDE.findall(found[1])) > 16:
        return None
    return found


def _shape(text: str) -> str:
    """``labels`` (short lines, few), ``short`` (short lines, a name must say so), ``words`` (many), or nothing."""
    count = 0
    for line in lines(text):
        if line.text.isalpha() and len(line.text) <= _PLAIN:
            count += 1  # most lines of a dictionary
            continue
        if not line.text or line.text.isspace() or line.text.startswith("#"):
            continue
        if not _label_of(line.text[:100]) or len(line.text) > 100:
            return ""
        count += 1
    if count > _LABELS:
        return "words"
    if count < 2:
        return ""
    return "labels" if count <= _FEW else "short"


def _words(text: str, place: Place) -> Iterator[Surface]:
    """A dictionary or vocabulary: strings of the file, no set of classes."""
    for line in lines(text):
        yield from spread(Role.STRING, line, place)


def _labels(text: str, place: Place, name: str) -> Iterator[Surface]:
    """A label list: each line a member; where few values repeat it is a column of data, and each is shown once."""
    rows = [line for line in lines(text) if line.text.strip()]
    values = [line.text.strip() for line in rows]
    distinct = len(set(values))
    column = len(values) >= 50 and distinct * 2 < len(values)
    seen: set[str] = set()
    owner = stem(name)
    for line, value in zip(rows, values, strict=True):
        if value.startswith("#"):
            yield from spread(Role.COMMENT, line, place, owner, Kind.LIST)
            continue
        if column and value in seen:
            continue
        seen.add(value)
        found = _label_of(value)
        if not found:
            yield from spread(Role.STRING, line, place, owner, Kind.LIST)
            continue
        index = value[: found.start(1)].strip(" \t:,.")
        start = len(line.text) - len(line.text.lstrip()) + found.start(1)
        spot = place.at(line=line.number, column=start + 1)
        yield Surface(Role.MEMBER, found[1].strip(), spot, owner, Kind.LIST, value=index)


def _wordy(text: str) -> bool:
    """Whether a line reads like a sentence."""
    text = text[:600]
    wide = len(_WIDE.findall(text))
    if wide >= 8 and any(mark in text for mark in "，。；、！？："):
        return True
    words = text.split()
    plain = sum(1 for w in words if w.strip("\"'“”‘’(),.;:!?-–").isalpha())
    return len(words) >= 5 and plain * 4 >= len(words) * 3 and not text.rstrip().endswith(("{", "}", ";", "\\"))


def _prosaic(text: str) -> bool:
    """Whether a file is mostly prose."""
    seen = wordy = 0
    for line in islice(lines(text), _SAMPLE):
        if has_word(line.text[:_LOOK]):
            seen += 1
            wordy += _wordy(line.text)
    return seen > 0 and wordy * 5 >= seen * 2


def _heading(line: Line, before: str, after: str) -> bool:
    """Whether a line is a heading by what stands around it."""
    bare = line.text.strip()
    if not 1 < len(bare) <= 80 or len(bare.split()) > 12 or not has_word(bare):
        return False
    if _RULE.match(after) and not _RULE.match(bare):
        return True
    if _STOP.search(bare[-1:] + " ") or bare[-1] in ",;，、；":
        return False
    alone = not before.strip() and not after.strip()
    if _NUMBERED.match(bare) and not before.strip():
        return True
    return alone and (bare.isupper() or bare[-1] in ":：") and "=" not in bare


def _lines(text: str, place: Place) -> Iterator[Surface]:
    prose = _prosaic(text)
    names = Names()
    owner, kind = "", Kind.FILE
    before = ""
    stream = lines(text)
    line = next(stream, None)
    while line is not None:
        following = next(stream, None)
        after = following.text[:100] if following else ""
        look = line.text[:_LOOK]
        if has_word(look) or len(line.text) > _LOOK:
            section = _SECTION.match(look)
            if section or _heading(line, before, after):
                bare = dense(section[1] if section else look).strip("=#*- ")
                owner, kind = names.fresh(bare), Kind.SECTION
                yield from spread(Role.HEADING, line, place, owner, kind)
            elif not numeric(line.text):
                yield from _line(line, place, owner, kind, prose=prose)
        before, line = look[:100], following


def _line(line: Line, place: Place, owner: str, kind: Kind, *, prose: bool) -> Iterator[Surface]:
    text = line.text
    if len(text) <= _LOOK:
        if _COMMENT.match(text) and not (prose and text.lstrip().startswith(("--", ";"))):
            yield from spread(Role.COMMENT, line, place, owner, kind)
            return
        found = _ASSIGN.match(text) or _COLON.match(text)
        if found and len(found[1].split()) <= 4 and not (prose and _wordy(text[found.end() :])):
            key = found[1].strip()
            yield Surface(Role.KEY, key, place.at(line=line.number, column=found.start(1) + 1), owner, kind)
            yield from spread(Role.VALUE, line, place, owner, kind, about=key, offset=found.end())
            return
    yield from spread(Role.PROSE if prose else Role.STRING, line, place, owner, kind)
