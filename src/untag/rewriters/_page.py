"""What rewriters of text share: characters and bytes, lines, and how items of a list go with what parts them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from untag.edit import Edit
from untag.gap import Damaged
from untag.syntax.tree import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.place import Place
    from untag.syntax.tree import Node

__all__ = ["Nested", "Notes", "Page", "Span", "bracketed", "keys_of"]

#: Characters from the first that goes to the one behind the last.
Span = tuple[int, int]
#: Trivia that is passed over between an item and its separator.
_BLANK = " \t\r\n\f\v\ufeff"
#: What opens and closes a comment, a description or a docstring.
_OPENS = re.compile(r"/\*+!?|<!--|--\[\[|=begin|\{-|\(\*|<#|\{|[a-zA-Z]{0,2}(?:\"\"\"|''')")
_CLOSES = re.compile(r"\s*(?:\*+/|\"\"\"|'''|-->|\]\]|=end|-\}|\*\)|#>|\})\Z")


class Page:
    """A text whose characters can be found again in the bytes.

    Args:
        artifact: The bytes.

    Raises:
        Damaged: The bytes are not what their text would be written as, so that nothing can be cut out safely.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        source = Source.of(artifact)
        text = source.text
        self.source = source.unix()
        try:
            raw = text.encode(self.source.encoding, "surrogatepass" if "utf" in self.source.encoding else "strict")
        except (UnicodeError, LookupError):
            raw = b""
        if artifact.data[self.source.mark :] != raw:
            raise Damaged(f"its bytes are not clean {self.source.encoding}, and cannot be cut without changing others")
        self.text = self.source.text

    def at(self, place: Place) -> int | None:
        """The character at a place; None where it has no line and column, or lies outside."""
        if place.line is None or place.column is None or place.line > len(self.source.starts):
            return None
        spot = self.source.starts[place.line - 1] + place.column - 1
        return spot if spot <= len(self.text) else None

    def edit(
        self,
        span: Span,
        what: str,
        keys: Iterable[str],
        *,
        new: str = "",
        why: str = "",
        names: Iterable[str] = (),
    ) -> Edit:
        """An edit of a span of characters; one with a ``why`` is not safe."""
        start, end = self.source.span(*span)
        made = tuple(dict.fromkeys(keys))
        return Edit(start, end, new.encode(self.source.encoding), not why, what, why, made, tuple(names))

    def rows(self, start: int, end: int) -> Span:
        """A span, with the rest of its first and last line where nothing else stands on them."""
        text, low, stop = self.text, start, end
        # Outwards from the span, not from the ends of its line: a file of one line has as many spans as it has things.
        while low and text[low - 1] in " \t\ufeff":
            low -= 1
        while stop < len(text) and text[stop] in " \t\r":
            stop += 1
        if (low and text[low - 1] != "\n") or (stop < len(text) and text[stop] != "\n"):
            return start, end
        high = stop if stop < len(text) else -1
        if text[low : low + 1] == "\ufeff":
            low += 1
        if high < 0:
            # The last line without a line feed: the one before it goes, so that no empty line is left.
            return (low - 1 if low and text[low - 1] == "\n" else low), stop
        return low, high + 1

    def remark(self, whole: Span, at: int, marks: int) -> Span:
        """The line of a comment or string at a place: all of it, or what stands on it beside the opening or closing.

        Args:
            whole: The comment or string.
            at: The place.
            marks: Characters that open or close it, where its signs are not known.
        """
        text, (start, end) = self.text, whole
        low, high = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        high = len(text) if high < 0 else high
        if low <= start and high >= end:
            rows = self.rows(start, end)
            return rows if rows != whole else self._back(start, end)
        if low > start and high < end:
            return low, high + 1
        if low <= start:
            skip = _OPENS.match(text, start)
            return (skip.end() if skip else start + marks), high
        close = _CLOSES.search(text[low:end])
        return low, (low + close.start() if close else end - marks)

    def items(
        self, spans: Sequence[Span], gone: Iterable[int], notes: Notes, *, separator: str = ",", end: int | None = None
    ) -> list[Span]:
        """What goes when items of a list go: the items, one separator each, and the comments that belong to them.

        Args:
            spans: All items, in order, without separators.
            gone: Numbers of those that go.
            notes: The comments of the text.
            separator: What stands between two; may be nothing.
            end: Where the list ends, before its closing bracket.

        Returns:
            Spans in order.
        """
        out: list[Span] = []
        doomed = sorted(set(gone))
        at = 0
        while at < len(doomed):
            first = last = doomed[at]
            while at + 1 < len(doomed) and doomed[at + 1] == last + 1:
                at += 1
                last = doomed[at]
            at += 1
            start = self._lead(spans, first, separator, notes)
            following = last + 1 < len(spans)
            bound = spans[last + 1][0] if following else len(self.text) if end is None else end
            stop, comma = self._tail(spans[last][1], separator, notes, bound)
            whole = self.rows(start, stop)
            if whole != (start, stop):
                out.append(whole)
            elif following:
                out.append((start, self._lead(spans, last + 1, separator, notes)))
            else:
                out.append(self._back(start, stop))
            if first and separator and not comma and not following:
                found = self._separator(spans[first - 1][1], spans[first][0], separator, notes)
                if found is not None:
                    out.append((found, found + len(separator)))
        return out

    def lines(self, span: Span, notes: Notes) -> Span:
        """A thing with the comments right above it and on its last line, as whole lines where it has them alone."""
        start, end = span
        end, _ = self._tail(end, "", notes, len(self.text))
        return self.rows(self._above(start, 0, notes), end)

    def _back(self, start: int, stop: int) -> Span:
        """A last item, or a comment behind something else, with the blanks before it."""
        while start and self.text[start - 1] in " \t":
            start -= 1
        return start, stop

    def _lead(self, spans: Sequence[Span], number: int, separator: str, notes: Notes) -> int:
        """Where an item starts, with the comments on lines before it that are its own."""
        start = spans[number][0]
        return self._above(start, self._tail(spans[number - 1][1], separator, notes, start)[0] if number else 0, notes)

    def _above(self, start: int, floor: int, notes: Notes) -> int:
        """Where the comments begin that stand on lines of their own right above a thing."""
        while (before := notes.before(start)) is not None:
            low, high = before
            between = self.text[high:start]
            if low < floor or between.strip() or between.count("\n") > 1 or not self._alone(low):
                break
            start = low
        return start

    def _alone(self, start: int) -> bool:
        """Whether nothing stands before a place on its line."""
        return not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip(" \t\ufeff")

    def _separator(self, start: int, end: int, separator: str, notes: Notes) -> int | None:
        """The separator between two items, outside of comments."""
        at = start
        while (at := self.text.find(separator, at, end)) >= 0:
            inside = notes.around(at)
            if inside is None:
                return at
            at = inside[1]
        return None

    def _tail(self, end: int, separator: str, notes: Notes, stop: int) -> tuple[int, bool]:
        """The end of an item with its separator and the comments on its last line; whether a separator was there."""
        text, at, found = self.text, end, not separator
        while at < stop:
            inside = notes.around(at)
            if inside is not None:
                at = end = inside[1]
            elif not found and text.startswith(separator, at):
                at = end = at + len(separator)
                found = True
            elif text[at] in " \t\r":
                at += 1
            else:
                break
        if not found:
            # The separator may stand at the head of a later line.
            while at < stop and text[at] in _BLANK:
                at += 1
            if at < stop and text.startswith(separator, at):
                end, found = at + len(separator), True
        return end, found and bool(separator)


class Nested(Page):
    """A text that stands, with escapes, in a string of another.

    Attributes:
        where: For each of its characters the one of the outer text that it starts at, and one for its end.
    """

    def __init__(self, outer: Page, text: str, where: list[int]) -> None:
        self.outer, self.text, self.where = outer, text, where

    def edit(
        self,
        span: Span,
        what: str,
        keys: Iterable[str],
        *,
        new: str = "",
        why: str = "",
        names: Iterable[str] = (),
    ) -> Edit:
        """An edit of the outer text."""
        low, high = self.where[span[0]], self.where[span[1]]
        return self.outer.edit((low, high), what, keys, new=new, why=why, names=names)


class Notes:
    """The comments of a text, to be asked for by place."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = sorted(spans)
        self._starts = [low for low, _ in self._spans]

    def around(self, at: int) -> Span | None:
        """The comment that a character lies in."""
        number = bisect_right(self._starts, at) - 1
        return self._spans[number] if number >= 0 and at < self._spans[number][1] else None

    def before(self, at: int) -> Span | None:
        """The last comment that ends at a place or before."""
        number = bisect_left(self._starts, at) - 1
        return self._spans[number] if number >= 0 and self._spans[number][1] <= at else None


def bracketed(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """The spans of children of a container in brackets, which commas part."""
    text = page.text
    spans = []
    for child in parent.children:
        start = child.start
        if child.key is not None and child.key_start >= 0:
            start = child.key_start - (text[child.key_start - 1 : child.key_start] in ('"', "'"))
        spans.append((start, child.end))
    return page.items(spans, gone, notes, end=parent.end - 1)


def keys_of(targets: Iterable[Target]) -> tuple[str, ...]:
    """The keys of targets, each once."""
    return tuple(dict.fromkeys(t.key for t in targets))
