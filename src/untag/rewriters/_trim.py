"""How units go out of source code: with their separators and comments, and with what keeps the values of the others."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from untag.readers._row import What
from untag.rewriters._shape import SHAPES, parts, separator
from untag.rewriters._tree import SHIFT, named_set
from untag.rewriters._unit import UNION, choices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

    from untag.edit import Edit
    from untag.rewriters._file import Doomed, File
    from untag.rewriters._page import Span
    from untag.rewriters._shape import Item

__all__ = ["ORDER", "Trimmer"]

#: Languages whose enums count on from the value before, and take a written one.
_COUNTS = frozenset({"c", "cpp", "csharp", "objc", "typescript", "tsx"})
#: Lists whose length stands with the type of what they are given to.
_SIZED = {"pascal": "arrInitializer", "rust": "array_expression", "solidity": "inline_array_expression"}
#: Blocks that must hold something, and what says nothing.
_EMPTY = {"nim": ("statement_list", "discard"), "python": ("block", "pass")}
_WORD = re.compile(r"[^\W\d]\w*")
ORDER = "values of the members behind it change"
LENGTH = "the length of the array may be declared"


class Trimmer:
    """Cuts what goes out of the text of a file."""

    def __init__(self, file: File) -> None:
        self.file, self.page, self.nodes, self.notes = file, file.page, file.nodes, file.notes
        self.language = file.language

    def edits(self) -> list[Edit]:
        """What is cut out of the text."""
        out: list[Edit] = []
        groups: dict[int, list[Doomed]] = defaultdict(list)
        for row in self.file.doomed.values():
            if row.unit.kind in ("element", "argument", "parameter", "member") and self.file.number(row) is not None:
                groups[row.unit.holder.id].append(row)
            else:
                out += self._whole(row)
        for rows in groups.values():
            out += self._listed(rows)
        for span, keys in self.file.remarks.items():
            out.append(self.page.edit(span, f"a comment on line {self.page.source.line(span[0])}", keys))
        for span, keys in self.file.entries.items():
            what = f"a word of a list on line {self.page.source.line(span[0])}"
            out.append(replace(self.page.edit(span, what, keys, why=SHIFT), entry=True))
        for span, keys in self.file.words.items():
            out.append(self.page.edit(span, f"a word of a list on line {self.page.source.line(span[0])}", keys))
        return out + self._filled()

    def _whole(self, row: Doomed) -> list[Edit]:
        span = row.unit.span or (row.unit.node.start_byte, row.unit.node.end_byte)
        if row.unit.kind == "branch" and span != (row.unit.node.start_byte, row.unit.node.end_byte):
            cut = self.file.char(span[0]), self.file.char(span[1])
        else:
            cut = self._one_blank(self.page.lines(self.file.span(*span), self.notes))
        return [self.page.edit(cut, row.what, row.keys, why=row.why, names=row.names)]

    def _one_blank(self, cut: Span) -> Span:
        """Of what stands in a line between others, the blank behind it goes too."""
        start, end = cut
        text = self.page.text
        inside = (
            0 < start < end < len(text) - 1 and text[start - 1] == text[end] == " " and text[end + 1] not in " \r\n"
        )
        return (start, end + 1) if inside and text[text.rfind("\n", 0, start) + 1 : start].strip() else cut

    def _listed(self, rows: list[Doomed]) -> list[Edit]:
        """Elements of one list, with their commas."""
        holder = rows[0].unit.holder
        found = self.file.elements(holder)
        spans = [self.file.span(first.start_byte, last.end_byte) for first, last in found]
        by = {number: row for row in rows if (number := self.file.number(row)) is not None}
        left = [number for number in range(len(found)) if number not in by]
        chosen = sorted(by)
        why = next((by[n].why for n in chosen if by[n].why), "")
        extra: list[Edit] = []
        keys = [key for n in chosen for key in by[n].keys]
        shift = self._shift(holder, found, chosen) if rows[0].unit.kind == "element" and left else ""
        # Of a list that keeps others its length alone may be that of a model's classes.
        entry = bool(shift)
        if left and chosen[0] < left[-1]:
            why = why or shift
        if self.language in _SIZED and holder.type == _SIZED[self.language]:
            why = why or LENGTH
        if rows[0].unit.kind == "member" and left and chosen[0] < left[-1]:
            extra, moved = self._pinned(found, chosen, keys)
            why = why or moved
        if self.language in SHAPES:
            cuts = self._shaped(holder, chosen, spans)
        elif holder.type == UNION:
            cuts = self._united(chosen, found, spans)
        else:
            cuts = self.page.items(spans, chosen, self.notes, end=self._end(holder))
        if holder.type == "tuple" and len(left) == 1:
            cuts = self._single(cuts, spans[left[0]])
        names = tuple(dict.fromkeys(name for n in chosen for name in by[n].names))
        what = ", ".join(dict.fromkeys(by[n].what for n in chosen))
        edits = [replace(self.page.edit(cut, what, keys, why=why, names=names), entry=entry) for cut in cuts]
        return edits + [replace(edit, safe=not why, why=why) for edit in extra]

    def _shaped(self, holder: Node, chosen: list[int], spans: list[Span]) -> list[Span]:
        """Cuts of a list by what its language parts elements with, which may stand before each of them."""
        sign, rows = separator(self.language, holder), parts(self.language, holder)
        lead = any(row.before is not None and self._leads(row.before) for row in rows)
        if holder.type == "argument_list":
            return [self._argument(rows, spans, number) for number in chosen]
        if sign != "|" and not lead:
            bare = sign.strip("2 ")
            return self.page.items(spans, chosen, self.notes, separator=bare, end=self._end(holder))
        out = []
        for number in chosen:
            row, (start, end) = rows[number], spans[number]
            if row.before is not None:
                cut = self.file.char(row.before.start_byte), end
                out.append(self.page.lines(cut, self.notes) if self._leads(row.before) else self._blank(cut))
            elif number + 1 < len(rows):
                out.append((start, spans[number + 1][0]))
            else:
                out.append((start, end))
        return out

    def _united(self, chosen: list[int], found: list[tuple[Node, Node]], spans: list[Span]) -> list[Span]:
        """Cuts of a union, whose sign may stand before each type, on a line of its own with it."""
        out = []
        for number in chosen:
            start, end = spans[number]
            sign = _sign(found[number][0])
            if sign is not None and self._leads(sign):
                out.append(self.page.lines((self.file.char(sign.start_byte), end), self.notes))
            elif number + 1 < len(spans):
                out.append((start, spans[number + 1][0]))
            else:
                # Nothing stands behind it: what parted it from the last one that stays goes with it.
                stay = max((n for n in range(number) if n not in chosen), default=-1)
                out.append((spans[stay][1] if stay >= 0 else start, end))
        return merged_spans(out)

    def _argument(self, rows: list[Item], spans: list[Span], number: int) -> Span:
        """One of what a function takes, where another sign parts what is named from what is not."""
        row, (start, end) = rows[number], spans[number]
        if row.after is not None and row.after.type == "," and number + 1 < len(spans):
            return start, spans[number + 1][0]
        return (self.file.char(row.before.start_byte) if row.before is not None else start), end

    def _leads(self, sign: Node) -> bool:
        """Whether a separator stands first on its line."""
        at = self.file.char(sign.start_byte)
        return not self.page.text[self.page.text.rfind("\n", 0, at) + 1 : at].strip()

    def _blank(self, span: Span) -> Span:
        """A cut with the blanks before it."""
        start, end = span
        while start and self.page.text[start - 1] in " \t":
            start -= 1
        return start, end

    def _end(self, holder: Node) -> int:
        last = holder.children[-1] if holder.children else holder
        closes = not last.is_named and last.type in (")", "]", "}", ">", ";")
        return self.file.char(last.start_byte if closes else holder.end_byte)

    def _single(self, cuts: list[Span], kept: Span) -> list[Span]:
        """A tuple of one keeps a comma behind it."""
        text = self.page.text
        at = kept[1]
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if not text.startswith(",", at):
            return cuts
        out = []
        for start, end in cuts:
            if start <= at < end:
                out += [(start, at)] if start < at else []
                out += [(at + 1, end)] if at + 1 < end else []
            else:
                out.append((start, end))
        return out

    def _shift(self, holder: Node, found: list[tuple[Node, Node]], chosen: list[int]) -> str:
        """Why it is not safe to take elements out of a list that keeps others behind them."""
        first = [found[n][0] for n in chosen]
        if any(self.nodes.what(node) in (What.PAIR, What.KEYWORD) or not self.file.plain(node) for node in first):
            return ""
        if self.nodes.what(holder) is What.DECLARE:
            return ""
        if choices(self.nodes, holder):
            return ""
        if "import" in holder.type or holder.type in ("attribute_arguments", "pipe", "set", "set_lit", "union_type"):
            return ""
        if self.language in SHAPES and any(one.id != last.id for one, last in (found[n] for n in chosen)):
            return ""  # a key and what stands for it
        at: Node | None = holder
        name = ""
        for _ in range(4):
            if at is None:
                break
            row = self.nodes.row_of(at)
            if row is not None and row.what in (What.ASSIGN, What.DECLARE, What.KEYWORD, What.PAIR, What.DEFINE):
                named = self.nodes.get(at, (*row.items, *row.name))
                name = self.nodes.text(named, 80) if named is not None else ""
                break
            at = at.parent
        words = _WORD.findall(name)
        return "" if words and named_set(words[-1]) else SHIFT

    def _pinned(self, found: list[tuple[Node, Node]], chosen: list[int], keys: Iterable[str]) -> tuple[list[Edit], str]:
        """What keeps the values of the enum members behind those that go; or why nothing does."""
        values: list[int | None] = []
        explicit: list[bool] = []
        last: int | None = -1
        for first, node in found:
            text = self.nodes.text(first, 400) if first.id == node.id else ""
            _, sign, value = text.partition("=")
            if sign:
                last = _number(value.strip())
            elif last is not None:
                last += 1
            values.append(last)
            explicit.append(bool(sign))
        out: list[Edit] = []
        gone = set(chosen)
        for place in range(1, len(found)):
            if place in gone or place - 1 not in gone or explicit[place]:
                continue
            known = values[place]
            if self.language not in _COUNTS or known is None:
                union = found[place][1].type in ("union_type_case", "atom")
                return [], "" if union else ORDER
            at = self.file.char(found[place][1].end_byte)
            what = f"the value {known} is written out for the member behind it"
            out.append(self.page.edit((at, at), what, keys, new=f" = {known}"))
        return out, ""

    def _filled(self) -> list[Edit]:
        """Some languages want a statement in every block: one that is left empty gets ``pass``."""
        if self.language not in _EMPTY:
            return []
        kind, word = _EMPTY[self.language]
        groups: dict[int, tuple[Node, list[Doomed]]] = {}
        for row in self.file.doomed.values():
            if row.unit.holder.type == kind:
                groups.setdefault(row.unit.holder.id, (row.unit.holder, []))[1].append(row)
        out = []
        for holder, rows in groups.values():
            gone = {row.unit.node.id for row in rows}
            stay = [c for c in holder.named_children if c.id not in gone and self.nodes.what(c) is not What.COMMENT]
            if stay:
                continue
            first = holder.named_children[0]
            start = self.file.char(first.start_byte)
            line = self.page.text.rfind("\n", 0, start) + 1
            indent = self.page.text[line:start]
            keys = [key for row in rows for key in row.keys]
            new = f"{indent}{word}\n" if not indent.strip() else word
            at = line if not indent.strip() else start
            why = next((row.why for row in rows if row.why), "")
            out.append(self.page.edit((at, at), f"an empty block gets a {word}", keys, new=new, why=why))
        return out


def _sign(node: Node) -> Node | None:
    """The sign of a union that stands before a type."""
    before = node.prev_sibling
    if before is None and node.parent is not None and node.parent.type == UNION:
        # The first of a union that nests: the sign stands before, or in, what holds it.
        before = node.parent.prev_sibling
    return before if before is not None and before.type == "|" else None


def merged_spans(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch as one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((start, end))
    return out


def _number(text: str) -> int | None:
    """A written number, or None for anything else."""
    text = text.rstrip("uUlL")
    if text.isdigit():
        return int(text)
    return int(text, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text) else None
