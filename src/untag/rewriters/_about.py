"""What stands around a thing that goes: remarks that name it or only list it, and what still refers to it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from untag.edit import Edit, Plan, Target
    from untag.finding import Hit, Mark
    from untag.rewriters._page import Page, Span

__all__ = ["DESCRIBED", "REMARKS", "items", "keep", "referred", "spared"]

#: Roles of what is said of a thing.
REMARKS = frozenset({Role.ANNOTATION, Role.COMMENT, Role.PROSE})
#: Of what a marked comment describes, the things that go with it: a function or a class would be too much.
DESCRIBED = frozenset({Role.COLUMN, Role.CONSTANT, Role.FIELD, Role.KEY, Role.MEMBER, Role.PARAMETER})
#: What parts a name from the one before it and from the one behind it.
_BEFORE = re.compile(r"([^\W\d][\w.-]*)[\"'`]?(\s*[,;|、，]\s*)([\"'`]?)\Z")
_AFTER = re.compile(r"([\"'`]?)(\s*[,;|、，]\s*)[\"'`]?([^\W\d][\w.-]*)")
#: A declaration that was commented out: ``race: str = ""``, ``int race;``, ``race = models.CharField()``.
_DEAD = re.compile(
    r"\s*(?:[^\W\d]\w*\??\s*:\s*[^\W\d][\w.\[\]|]*\s*(?:[=,;(#].*)?"
    r"|(?:[^\W\d][\w.<>\[\],*&?]*\s+)+[^\W\d]\w*\s*(?:=[^=].*)?[;,]\s*(?://.*)?"
    r"|[^\W\d][\w.]*\s*=[^=].*)\Z"
)


def items(mark: Mark) -> list[Span]:
    """What goes of a remark that only lists the tag among names of other things: *age, gender, ethnicity*.

    Args:
        mark: A remark with its hits.

    Returns:
        Spans of its text, each with what parts it from its neighbour; none where the remark is about the tag alone.
    """
    told = [h for h in mark.hits if h.kind != "context"]
    if not told or any(h.kind == "group" for h in told) or any(h.end > len(mark.text) for h in told):
        return []
    out: list[Span] = []
    for hit in told:
        start, end = _word(mark.text, hit.start, hit.end)
        before, after = _BEFORE.search(mark.text, 0, start), _AFTER.match(mark.text, end)
        quoted = before is not None and bool(before[3]) and mark.text[end : end + 1] == before[3]
        if before is not None and not _touched(told, before.span(1)):
            out.append((before.start(2), end + quoted))
        elif after is not None and not _touched(told, after.span(3)):
            low = start - (after[1] != "" and mark.text[start - 1 : start] == after[1])
            out.append((low, after.end(2)))
        else:
            return []
    return sorted(set(out))


def spared(target: Target) -> frozenset[int]:
    """Numbers of marks of a finding that stay: what remarks stand beside that do not say that it is the tag.

    They list it among others (*attributes: age, gender, ethnicity*), or are a declaration that was commented out on a
    line above, and say nothing of what comes next.
    """
    out = set()
    for number, mark in enumerate(target.marks):
        if mark.role in REMARKS or any(h.kind != "context" for h in mark.hits):
            continue
        said = [m for m in target.marks if m.role in REMARKS and m.hits and m.surface.about == mark.text]
        if said and all(items(m) or (m.place.line != mark.place.line and _DEAD.match(m.text)) for m in said):
            out.add(number)
    return frozenset(out)


def keep(plan: Plan, page: Page, failed: Iterable[tuple[str, int | None, str]]) -> None:
    """Note what stays; what stands in something that goes as a whole needs no edit of its own.

    Args:
        plan: With its edits.
        page: The text.
        failed: Of each mark that nothing was found for: the finding's key, its character, and why.
    """
    for key, at, why in failed:
        byte = None if at is None else page.source.byte(min(at, len(page.text)))
        if byte is None or not any(edit.start <= byte < edit.end for edit in plan.edits):
            plan.kept.setdefault(key, why)


def referred(edits: list[Edit], places: Mapping[str, Sequence[int]]) -> list[Edit]:
    """Edits, those not safe whose names are used where nothing goes, or where something goes that is not safe itself.

    Args:
        edits: In order, none over another.
        places: For each name that goes with one of them, the bytes at which the file has it.
    """
    out, starts = list(edits), [edit.start for edit in edits]
    while True:
        before = list(out)
        for number, edit in enumerate(out):
            if edit.safe and edit.names:
                used = sum(_left(out, starts, number, at) for name in edit.names for at in places.get(name, ()))
                why = f"the file still refers to it in {used} place{'s' if used > 1 else ''}"
                out[number] = replace(edit, safe=False, why=why) if used else edit
        if out == before:
            return out


def _left(edits: list[Edit], starts: list[int], mine: int, at: int) -> bool:
    """Whether what stands at a byte is there after all safe edits and one that is asked about."""
    number = bisect_right(starts, at) - 1
    return number < 0 or at >= edits[number].end or (number != mine and not edits[number].safe)


def _word(text: str, start: int, end: int) -> Span:
    """The whole name that a hit lies in."""
    while start and (text[start - 1].isalnum() or text[start - 1] in "_-."):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] in "_-"):
        end += 1
    return start, end


def _touched(told: list[Hit], span: Span) -> bool:
    """Whether a name beside it is a tag, too."""
    return any(h.start < span[1] and span[0] < h.end for h in told)
