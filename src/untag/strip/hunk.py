"""Edits as a unified diff, made from their places: linear in the size of the file, unlike a search for differences."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

from untag.judge.veil import cut_out, veil
from untag.reports._words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.artifact import Artifact
    from untag.edit import Edit

__all__ = ["closed", "hunks", "private", "unsaid"]

#: Lines shown around what goes, and characters of a line that are shown.
_AROUND, _WIDE = 3, 2000


def unsaid(what: str) -> str:
    """What goes, without the text of it."""
    return cut_out(what, veil().text(what, sure=True, code=True))


def private(diff: Sequence[str]) -> bool:
    """Whether the lines of a diff are such of a person's record."""
    rows = [line[1:].rstrip("\n") if line[:1] in "-+ " else "" for line in diff[2:]]
    return bool(veil().records(rows))


def closed(path: str, edits: Sequence[Edit], *, secret: bool = False) -> Iterator[str]:
    """Of data the header and counts alone: no row is ever shown.

    Args:
        path: As it is told.
        edits: What goes.
        secret: Whether what is said of them may quote a person's record.
    """
    yield f"--- a/{path}\n"
    yield f"+++ b/{path}\n"
    yield f"@@ {count(len(edits), 'edit')} of data, whose rows are not shown @@\n"
    for what, times in Counter(edit.what for edit in edits).items():
        told = unsaid(what) if secret else what
        yield f"-{told}{f' ({times:,} times)' if times > 1 else ''}\n"


def hunks(path: str, artifact: Artifact, edits: Sequence[Edit]) -> Iterator[str]:
    """The diff of a text.

    Args:
        path: As it is told.
        artifact: As it was.
        edits: At places in it, in order, none over another.
    """
    data, encoding = artifact.data, artifact.decoded.encoding
    starts = [0]
    while (at := data.find(b"\n", starts[-1])) >= 0:
        starts.append(at + 1)
    if encoding.startswith(("utf-16", "utf-32")) or len(starts) < 2:
        starts = [0]
    groups: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        first = bisect_right(starts, edit.start) - 1
        last = bisect_right(starts, max(edit.start, edit.end - 1)) - 1
        if groups and first <= groups[-1][1] + 2 * _AROUND:
            low, high, inside = groups[-1]
            groups[-1] = (low, max(high, last), [*inside, edit])
        else:
            groups.append((first, last, [edit]))
    yield f"--- a/{path}\n"
    yield f"+++ b/{path}\n"
    shift = 0
    for low, high, inside in groups:
        old = _lines(data, starts, low, high + 1)
        new = _after(data, starts, low, high + 1, inside)
        head = min(_AROUND, low)
        before = _lines(data, starts, low - head, low)
        after = _lines(data, starts, high + 1, min(len(starts), high + 1 + _AROUND))
        sizes = len(before) + len(after)
        row = low - head + 1
        yield f"@@ -{row},{sizes + len(old)} +{row + shift},{sizes + len(new)} @@\n"
        shift += len(new) - len(old)
        yield from (" " + _told(line, encoding) for line in before)
        yield from _body(old, new, encoding)
        yield from (" " + _told(line, encoding) for line in after)


def _body(old: list[bytes], new: list[bytes], encoding: str) -> Iterator[str]:
    """Lines that stay between those that go: what is equal is found line by line, in order."""
    at = 0
    known = set(old)
    came: list[bytes] = []
    for line in old:
        if at < len(new) and new[at] == line:
            yield from ("+" + _told(one, encoding) for one in came)
            came = []
            yield " " + _told(line, encoding)
            at += 1
            continue
        yield "-" + _told(line, encoding)
        # A line that was cut inside comes out as another one, behind all that go beside it.
        if at < len(new) and new[at] not in known:
            came.append(new[at])
            at += 1
    yield from ("+" + _told(line, encoding) for line in (*came, *new[at:]))


def _lines(data: bytes, starts: Sequence[int], low: int, high: int) -> list[bytes]:
    if low >= high or low >= len(starts):
        return []
    end = starts[high] if high < len(starts) else len(data)
    return data[starts[low] : end].splitlines(keepends=True) if len(starts) > 1 else [data[starts[low] : end]]


def _after(data: bytes, starts: Sequence[int], low: int, high: int, edits: Sequence[Edit]) -> list[bytes]:
    end = starts[high] if high < len(starts) else len(data)
    at, pieces = starts[low], []
    for edit in edits:
        pieces += [data[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*pieces, data[at : max(at, end)]]).splitlines(keepends=True)


def _told(line: bytes, encoding: str) -> str:
    text = line.decode("utf-8" if encoding == "utf-8-sig" else encoding, "backslashreplace").rstrip("\r\n")
    return (text if len(text) <= _WIDE else text[: _WIDE - 1] + "…") + "\n"
