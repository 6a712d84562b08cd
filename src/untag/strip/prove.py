"""The proof that an edit took out of a file what it should and nothing else."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.edit import applied
from untag.surface import Role
from untag.syntax.tree import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from untag.artifact import Artifact
    from untag.edit import Edit, Plan, Rewriter
    from untag.gap import Gap
    from untag.look import View
    from untag.place import Place
    from untag.surface import Surface

    #: What a surface is in a comparison: role, text, owner.
    Row = tuple[str, str, str]

__all__ = ["Offsets", "compared", "residue", "same"]

_CHUNK = 1 << 20
#: Bytes of a window that the next one repeats; letters of words that are looked for.
_TAIL, _SHORT = 256, 3
#: Bytes that a text may be longer than it is shown; characters from which on it may have been cut.
_REACH, _CUT = 400, 180
#: Numbers of elements in the name of an owner.
_NUMBER = re.compile(r"\[(\d+)\]")
#: Roles that a reader gives by a text's neighbours: a list that keeps one name is no closed set, keys are a set where
#: nothing beside them is computed.
_LOOSE = frozenset({Role.KEY, Role.LABEL, Role.MEMBER, Role.STRING, Role.VALUE})
#: Roles of text beside things; whose it is may change when the thing next to it goes.
_BESIDE = frozenset({Role.ANNOTATION, Role.COMMENT, Role.HEADING, Role.PROSE})


class Offsets:
    """From places in a text to its bytes."""

    def __init__(self, artifact: Artifact) -> None:
        self._source = Source.of(artifact).unix() if artifact.held and artifact.data else None

    def at(self, place: Place) -> int | None:
        """The byte at a place; None where it says none."""
        if place.offset is not None and place.line is None:
            return place.offset
        source = self._source
        if source is None or place.line is None or place.line > len(source.starts):
            return None
        try:
            return source.byte(min(source.starts[place.line - 1] + (place.column or 1) - 1, len(source.text)))
        except (UnicodeError, LookupError):
            return None


def compared(
    before: tuple[Artifact, View], after: tuple[Artifact, View], edits: Sequence[Edit], rewriter: Rewriter, plan: Plan
) -> tuple[str, int]:
    """Compare an artifact before and after.

    Args:
        before: As it was, with what it shows.
        after: As it is now.
        edits: What was carried out.
        rewriter: By whom.
        plan: All that was planned.

    Returns:
        Why the new one must not be used, or nothing; and how many surfaces were compared.
    """
    old, new = before[1], after[1]
    if new.crash and not old.crash:
        return new.crash, 0
    if worse := _worse(old.gaps, new.gaps):
        return f"it can no longer be read whole: {worse}", 0
    stay = [*_staying(before[0], old.surfaces, edits, rewriter, plan)]
    was, now = _Rows(stay), _Rows(new.surfaces)
    left, there = Counter(map(was.row, stay)), Counter(map(now.row, new.surfaces))
    if left == there:
        return "", sum(left.values())
    lost, made = left - there, there - left
    if rewriter.name == "code" and _alone(before, after, (was, now), (lost, made), edits):
        return "", sum(left.values())
    if rewriter.exact and _thinned(before[0], old.surfaces, was, lost, made, edits):
        return "", sum(left.values())
    spot = next((s for s in old.surfaces if was.row(s) in lost), None) or next(
        (s for s in new.surfaces if now.row(s) in made), None
    )
    what = f"a {spot.role} near line {spot.place.line}" if spot is not None and spot.place.line else "a part"
    counts = f"{sum(lost.values())} lost, {sum(made.values())} new"
    return f"other parts of the file would read differently ({what}; {counts})", 0


def _alone(
    before: tuple[Artifact, View],
    after: tuple[Artifact, View],
    rows: tuple[_Rows, _Rows],
    differ: tuple[Counter[Row], Counter[Row]],
    edits: Sequence[Edit],
) -> bool:
    """Whether what reads differently is elements that are left alone: of a set of one there is no name any more.

    Those, at the same place, are taken out of what differs.
    """
    (was, now), (lost, made) = rows, differ
    offsets = Offsets(after[0])
    there = {
        (at, s.text): s
        for s in after[1].surfaces
        if s.role in _LOOSE and made[now.row(s)] and (at := offsets.at(s.place)) is not None
    }
    offsets = Offsets(before[0])
    for surface in before[1].surfaces if there else ():
        row = was.row(surface)
        at = offsets.at(surface.place) if surface.role in _LOOSE and lost[row] else None
        to = applied(edits, at) if at is not None else None
        same = there.get((to, surface.text)) if to is not None else None
        if same is not None and made[now.row(same)] and surface.owner.startswith(same.owner):
            lost[row] -= 1
            made[now.row(same)] -= 1
    for counts in differ:
        for row in [row for row, number in counts.items() if not number]:
            del counts[row]
    return not lost and not made


def _thinned(
    artifact: Artifact,
    old: Iterable[Surface],
    was: _Rows,
    lost: Counter[Row],
    made: Counter[Row],
    edits: Sequence[Edit],
) -> bool:
    """Whether what reads differently is text around an edit (a call, an import) that lost a part and gained nothing."""
    offsets = Offsets(artifact)
    starts = [edit.start for edit in edits]
    shorter: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (role, text, owner), number in made.items():
        shorter[role, owner] += [text] * number
    for surface in old:
        row = was.row(surface)
        at = offsets.at(surface.place)
        if at is None:
            continue
        begins = applied(edits, at) is None
        if not begins and not lost[row]:
            continue
        number = bisect_left(starts, at)
        # Text is folded and cut when it is shown, so that it may reach further than it is long.
        reach = at + 4 * len(surface.text) + _REACH
        if begins:
            # It begins in what goes: what is left of it now begins behind that.
            number = bisect_right(starts, at) - 1
        if number == len(starts) or (starts[number] > reach):
            continue
        match = next((text for text in shorter[row[0], row[2]] if _part(text, surface.text)), None)
        if match is not None:
            shorter[row[0], row[2]].remove(match)
            lost[row] -= not begins
    return lost.total() == 0 and not any(shorter.values())


def _part(short: str, long: str) -> bool:
    """Whether a text is another one of which parts were taken out; one that was cut may go on further."""
    rest = iter(long)
    missing = sum(char not in rest for char in short)
    return missing == 0 or (len(long) >= _CUT and short[: len(short) // 2] == long[: len(short) // 2])


def _worse(old: Iterable[Gap], new: Iterable[Gap]) -> str:
    """The first gap that was not there before."""
    known = Counter((g.reason, g.detail) for g in old)
    for gap in new:
        if not known[gap.reason, gap.detail] and not any(g.reason is gap.reason for g in old):
            return gap.detail
    return ""


def _staying(
    artifact: Artifact, surfaces: Iterable[Surface], edits: Sequence[Edit], rewriter: Rewriter, plan: Plan
) -> Iterator[Surface]:
    """The surfaces that edits do not take out."""
    if not rewriter.exact:
        yield from (shown for s in surfaces if (shown := rewriter.becomes(s, plan)) is not None)
        return
    offsets = Offsets(artifact)
    placed = [edit for edit in edits if edit.start >= 0]
    counts = {edit.start: edit for edit in placed if edit.new.isdigit()}
    for surface in surfaces:
        at = offsets.at(surface.place)
        if at is not None and (edit := counts.get(at)) is not None and _counted(surface, edit):
            yield replace(surface, text=edit.new.decode("ascii"))
        elif (at is None or applied(placed, at) is not None) and not rewriter.gone(surface, plan):
            yield surface


def _counted(surface: Surface, edit: Edit) -> bool:
    """Whether a text is a number of which an edit makes another: how many of something are left."""
    return surface.text.isdecimal() and len(surface.text) == edit.end - edit.start


class _Rows:
    """What surfaces are in a comparison.

    Elements are counted anew among those that stay, as what goes moves the others up; one that is left alone has no
    number.

    Args:
        surfaces: Those that stay.
    """

    def __init__(self, surfaces: Iterable[Surface]) -> None:
        seen: dict[str, set[str]] = defaultdict(set)
        for owner in {surface.owner for surface in surfaces}:
            for found in _NUMBER.finditer(owner):
                seen[owner[: found.start()]].add(found[1])
        self._places = {
            ahead: {text: at for at, text in enumerate(sorted(numbers, key=lambda n: (len(n), n)))}
            for ahead, numbers in seen.items()
            if len(numbers) > 1
        }
        self._owners: dict[str, str] = {}

    def row(self, surface: Surface) -> Row:
        """One surface."""
        role = "value" if surface.role in _LOOSE else str(surface.role)
        return role, surface.text, "" if surface.role in _BESIDE else self._owner(surface.owner)

    def _owner(self, owner: str) -> str:
        made = self._owners.get(owner)
        if made is None:
            made = self._owners[owner] = _NUMBER.sub(self._number, owner)
        return made

    def _number(self, found: re.Match[str]) -> str:
        places = self._places.get(found.string[: found.start()])
        return f"[{places.get(found[1], '')}]" if places is not None else ""


def residue(artifact: Artifact, words: Iterable[str]) -> int:
    """Places in the raw bytes of an artifact at which one of some words stands, in UTF-8 or UTF-16, in any case."""
    forms = {w.lower().encode(name) for w in words if len(w) >= _SHORT for name in ("utf-8", "utf-16-le", "utf-16-be")}
    total, tail = 0, b""
    with artifact.open() as file:
        while piece := file.read(_CHUNK):
            window = (tail + piece).lower()
            for form in forms:
                # What lies wholly in the part that is repeated was counted before.
                total += window.count(form) - tail.count(form)
            tail = window[-_TAIL:]
    return total


def same(before: Artifact, after: Artifact, edits: Sequence[Edit]) -> bool:
    """Whether all bytes outside the edits are the same, by reading both."""
    with before.open() as old, after.open() as new:
        at = 0
        for start, end, put in [*((e.start, e.end, e.new) for e in edits), (before.size, before.size, b"")]:
            left = start - at
            while left > 0:
                piece = old.read(min(left, _CHUNK))
                if not piece or new.read(len(piece)) != piece:
                    return False
                left -= len(piece)
            if new.read(len(put)) != put:
                return False
            old.seek(end)
            at = end
        return not new.read(1)
