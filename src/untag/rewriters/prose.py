"""Text for people in Markdown, reStructuredText, AsciiDoc and plain files: sentences, items, rows of tables."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from untag.edit import Plan, Rewriter, merged
from untag.rewriters._lists import in_lines
from untag.rewriters._page import Page
from untag.rewriters._pair import followed
from untag.rewriters._tree import SHIFT
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.edit import Listing, Target
    from untag.finding import Mark
    from untag.rewriters._page import Span

__all__ = ["ProseRewriter"]

_SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".rst", ".adoc", ".asciidoc", ".txt", ".text", ".names", ".labels")
#: Of these, files that may be nothing but a list.
_LISTS = (".txt", ".text", ".names", ".labels")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,}|-{4,}[ \t]*\r?$)")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_ROW = re.compile(r"[ \t]*\|")
_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-{2,}")
_HEAD = re.compile(r"[ \t]*(?:#{1,6}[ \t]|={1,6}[ \t])")
_UNDER = re.compile(r"[ \t]*(?:={3,}|-{3,}|~{3,}|\^{3,})[ \t\r]*\Z")
#: The end of a sentence: a full stop before a blank and a capital, a digit or a mark; of Chinese and Japanese at once.
_STOP = re.compile(r"[.!?][\"'”’)\]*_]*(?=\s+(?:[^\W_a-z]|[\"'“‘(\[*`<!]))|[。！？]|[.!?](?=\s*\Z)")
#: What stands around an entry that has a line by itself: its number.
_BARE = re.compile(r"[\s\d:=.,;|\"'()\[\]-]*")
#: How a step is called that takes one of several lines, and words of the longest line of a list.
_LINE, _WORDS = "a line of a list", 4
#: One name of a list of names in a line of code.
_QUOTED = "\"'`"


class ProseRewriter(Rewriter):
    """Takes sentences, items of lists and rows of tables out of text."""

    name = "prose"
    reads = ("documents", "raw")
    limits = (
        "headings stay, and so does text in other formats",
        "what is left of a paragraph is not made to read well",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether its name says that it is text for people."""
        return artifact.held and artifact.suffix in _SUFFIXES

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """The smallest pieces of text that hold a mark.

        Raises:
            Damaged: The bytes cannot be cut.
        """
        text = _Text(Page(artifact))
        plan = Plan()
        edits = []
        for target in targets:
            for mark in target.marks:
                if mark.role is Role.PATH:
                    plan.kept.setdefault(target.key, "a name of a file is not changed")
                    continue
                if (row := text.row(mark)) is not None:
                    edits.append(replace(text.page.edit(*row, [target.key], why=SHIFT), entry=True))
                    continue
                cut = False
                for at in text.spots(mark):
                    span, what = text.piece(at)
                    if span is None:
                        plan.kept.setdefault(target.key, what)
                        continue
                    cut = True
                    listed = what.startswith(_LINE)
                    made = text.page.edit(span, what, [target.key], why=SHIFT if listed else "")
                    edits.append(replace(made, entry=listed))
                if not cut:
                    plan.kept.setdefault(target.key, "the text that was marked cannot be told apart from the rest")
        plan.edits = merged(edits)
        return plan

    def listings(self, artifact: Artifact) -> list[Listing]:
        """The classes of a file that has one a line."""
        return in_lines(artifact) if artifact.suffix in _LISTS else []

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Take classes that a model loses out of the list that names them."""
        return followed(artifact, orders, self)


class _Text:
    """A text in lines."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines = page.text.split("\n")
        self.starts = page.source.starts
        self.code: set[int] = set()
        fence = ""
        for number, line in enumerate(self.lines):
            found = _FENCE.match(line)
            if found and (not fence or line.strip().startswith(fence)):
                fence = "" if fence else found[1].strip()[:3]
            elif fence:
                self.code.add(number)

    def row(self, mark: Mark) -> tuple[Span, str] | None:
        """The line of a list that has one entry a line, as files of labels have; None of other text."""
        at = self.page.at(mark.place) if mark.role is Role.MEMBER else None
        number = self.page.source.line(at) - 1 if at is not None else 0
        before, there, after = self.lines[number].partition(mark.text.strip())
        if at is None or number in self.code or not there or not _BARE.fullmatch(before + after):
            return None
        return self._whole(number, number), f"{_LINE} on line {number + 1}"

    def spots(self, mark: Mark) -> Iterator[int]:
        """Where the words of a mark stand: each is looked for behind the last."""
        at = self.page.at(mark.place)
        if at is None:
            return
        end = min(len(self.page.text), at + 4 * len(mark.text) + 4000)
        last = at
        for hit in sorted(mark.hits, key=lambda h: h.start):
            form = mark.text[hit.start : hit.end]
            found = self.page.text.find(form, last, end)
            if hit.kind != "context" and found >= 0:
                yield found
            last = max(last, found)

    def piece(self, at: int) -> tuple[Span | None, str]:
        """The piece of text around a place, or why there is none."""
        number = self.page.source.line(at) - 1
        line = self.lines[number]
        where = f"on line {number + 1}"
        if number in self.code:
            named = self._named(at)
            return named or self._whole(number, number), f"a {'name' if named else 'line'} of an example {where}"
        if _ROW.match(line):
            after = self.lines[number + 1] if number + 1 < len(self.lines) else ""
            if _RULE.match(after):
                return None, "it heads a table"
            return self._whole(number, number), f"a row of a table {where}"
        under = self.lines[number + 1] if number + 1 < len(self.lines) else ""
        if _HEAD.match(line) or (line.strip() and _UNDER.match(under)):
            return None, "it is a heading"
        return self._sentence(at, number, where)

    def _whole(self, first: int, last: int) -> Span:
        end = self.starts[last + 1] if last + 1 < len(self.starts) else len(self.page.text)
        return self.starts[first], end

    def _named(self, at: int) -> Span | None:
        """One quoted name of a list in a line of code, with its comma."""
        text, low, high = self.page.text, at, at
        while low and text[low - 1] not in "\n,[({" and at - low < 80:
            low -= 1
        while high < len(text) and text[high] not in "\n,])}" and high - at < 80:
            high += 1
        item = text[low:high].strip()
        if len(item) < 3 or item[0] not in _QUOTED or item[-1] != item[0]:
            return None
        if text[high : high + 1] == ",":
            end = high + 1
            while text[end : end + 1] == " ":
                end += 1
            return low + len(text[low:high]) - len(text[low:high].lstrip()), end
        return (low - 1, high) if low and text[low - 1] == "," else None

    def _sentence(self, at: int, number: int, where: str) -> tuple[Span | None, str]:
        first = last = number
        while first and not _ITEM.match(self.lines[first]) and self._goes_on(first - 1):
            first -= 1
        while last + 1 < len(self.lines) and self._goes_on(last + 1) and not _ITEM.match(self.lines[last + 1]):
            last += 1
        if (
            first < last
            and not _ITEM.match(self.lines[first])
            and all(len(line.split()) <= _WORDS and not _STOP.search(line) for line in self.lines[first : last + 1])
        ):
            # Labels of a model, one a line, are no paragraph: the others stay.
            return self._whole(number, number), f"{_LINE} {where}"
        start, end = self._whole(first, last)
        item = _ITEM.match(self.page.text, start)
        begin = item.end() if item else start
        body = self.page.text[begin:end].rstrip()
        stops = [begin + found.end() for found in _STOP.finditer(body)]
        low = max((s for s in stops if s <= at), default=begin)
        high = min((s for s in stops if s > at), default=begin + len(body))
        if low <= begin and high >= begin + len(body):
            # All there is of it: with the blank line that parted it from the next.
            if not item and last + 1 < len(self.lines) and not self.lines[last + 1].strip() and first:
                end = self._whole(first, last + 1)[1] if last + 2 < len(self.starts) else end
            return (start, end), f"{'an item' if item else 'a paragraph'} {where}"
        if low <= begin:
            while high < end and self.page.text[high] in " \t":
                high += 1
            return (begin, high), f"a sentence {where}"
        return (low, high), f"a sentence {where}"

    def _goes_on(self, number: int) -> bool:
        """Whether a line is part of the paragraph beside it."""
        line = self.lines[number]
        return bool(line.strip()) and number not in self.code and not (
            _FENCE.match(line) or _ROW.match(line) or _HEAD.match(line) or _UNDER.match(line)
        )  # fmt: skip
