"""Source code: from marks to the units that go, and from units to edits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from untag.edit import Plan, merged
from untag.readers._node import Nodes
from untag.readers._row import What
from untag.rewriters._page import Notes, Page
from untag.rewriters._tree import SHIFT, named_set
from untag.rewriters._unit import Unit, climb, declared, element, items, leaf
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

    from untag.artifact import Artifact
    from untag.edit import Edit, Target
    from untag.finding import Mark
    from untag.rewriters._page import Span

__all__ = ["planned"]

#: Roles of names that declare what they stand for.
_DECLARED = frozenset({
    Role.COLUMN, Role.CONSTANT, Role.ENUM, Role.FIELD, Role.FUNCTION, Role.MEMBER, Role.OUTPUT, Role.PARAMETER,
    Role.TYPE,
})  # fmt: skip
#: Of what a marked comment describes, the things that go with it: a function or a class would be too much.
_DESCRIBED = frozenset({Role.COLUMN, Role.CONSTANT, Role.FIELD, Role.KEY, Role.MEMBER, Role.PARAMETER})
#: Nodes inside of a statement whose names others may use.
_NAMED = frozenset({What.ENUM, What.FUNCTION, What.MEMBER, What.SCOPE, What.TYPEDEF})
#: Nodes of a statement that are looked at; characters of a name that are shown.
_STEPS, _SHOWN = 2000, 60
_FIRST = _DECLARED | {Role.KEY}
_REMARK = frozenset({Role.ANNOTATION, Role.COMMENT, Role.PROSE})
#: Languages whose enums count on from the value before, and take a written one.
_COUNTS = frozenset({"c", "cpp", "csharp", "objc", "typescript", "tsx"})
#: Languages in which the fields of a struct are its layout.
_LAYOUT = frozenset({"c", "cpp", "objc"})
_OPENS = re.compile(r"/\*+!?|<!--|--\[\[|=begin|\{-|[a-zA-Z]{0,2}(?:\"\"\"|''')")
_CLOSES = re.compile(r"\s*(?:\*+/|\"\"\"|'''|-->|\]\]|=end|-\})\Z")
_WORD = re.compile(r"[^\W\d]\w*")
#: A word that a sentence lists: what parts it from the one before, what may follow it, what parts it from the next.
_LISTED = re.compile(r"(?:\s*,\s*(?:and\s+|or\s+|&\s*)?|\s+(?:and|or|&)\s+|\s*[、，]\s*)\Z")
_LAST = re.compile(r"\s*(?:[,.;:)\]}、。，\"'`]|\Z|(?:and|or|of|for|from|in|on)\b)")
_NEXT = re.compile(r"(?:\s*,\s*(?:and\s+|or\s+)?|\s*[、，]\s*)(?=\S)")
_SENTENCE = re.compile(r"\w\W*\s\W*\w")
_QUOTES = frozenset("`'\"")
#: Statements by which a program complains: without them it would no longer.
_COMPLAINTS = frozenset({"raise_statement", "throw_expression", "throw_statement"})
LAYOUT = "the layout of the struct changes for everything that was built with it"
ORDER = "values of the members behind it change"
CALLED = "who calls it passes it"
STATEMENT = "what stands around it may need it"
LENGTH = "the length of the array may be declared"
NOTHING = "no part of it can go without the rest of the file"
EFFECT = "what is called there may do more"
COMPLAINT = "it is said in the text of an error; without the statement the program would no longer complain"


@dataclass(slots=True)
class _Doomed:
    unit: Unit
    keys: tuple[str, ...]
    why: str = ""
    names: tuple[str, ...] = ()
    what: str = ""


@dataclass
class _File:
    """One source file, its tree, and what goes of it."""

    page: Page
    nodes: Nodes
    root: Node
    language: str
    doomed: dict[tuple[int, int], _Doomed] = field(default_factory=dict)
    remarks: dict[Span, tuple[str, ...]] = field(default_factory=dict)
    words: dict[Span, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ascii = self.page.text.isascii()
        source, starts = self.nodes.source, [0]
        while (at := source.find(b"\n", starts[-1])) >= 0:
            starts.append(at + 1)
        self.starts = starts
        self.comments: list[tuple[int, int]] = []
        stack = [self.root]
        while stack:
            node = stack.pop()
            if self.nodes.what(node) is What.COMMENT:
                self.comments.append(self.span(node.start_byte, node.end_byte))
            else:
                stack += node.children
        self.notes = Notes(self.comments)

    def char(self, byte: int) -> int:
        """The character at a byte of the UTF-8 form."""
        if self.ascii:
            return byte
        row = bisect_right(self.starts, byte) - 1
        return self.page.source.starts[row] + len(self.nodes.source[self.starts[row] : byte].decode("utf-8", "replace"))

    def byte(self, char: int) -> int:
        """The byte of a character."""
        if self.ascii:
            return char
        row = self.page.source.line(char) - 1
        return self.starts[row] + len(self.page.text[self.page.source.starts[row] : char].encode("utf-8", "replace"))

    def span(self, start: int, end: int) -> Span:
        """A span of bytes in characters, without the blanks at its end."""
        while end > start and self.nodes.source[end - 1 : end] in (b"\n", b"\r", b" ", b"\t"):
            end -= 1
        return self.char(start), self.char(end)

    # -- what goes ---------------------------------------------------------------------------------------------------

    def doom(self, target: Target, mark: Mark) -> str:
        """Find what goes with a mark; why nothing does, or nothing."""
        at = self.page.at(mark.place)
        if at is None or at >= len(self.page.text):
            return "its place is no place in the text"
        if mark.role in _DECLARED or mark.role is Role.KEY:
            if not mark.hits and mark.role not in _DESCRIBED:
                return ""
            return self._declared(target, mark, at)
        strong = [hit for hit in mark.hits if hit.kind != "context"]
        spots = list(self._spots(mark, at, [mark.text[h.start : h.end] for h in strong])) or [at]
        for spot in spots:
            why = self._spot(target, mark, spot)
            if why:
                return why
        return ""

    def _spots(self, mark: Mark, at: int, forms: list[str]) -> Iterator[int]:
        """Where the words of a mark stand: its text may be folded, so that each is looked for behind the last."""
        text, end = self.page.text, min(len(self.page.text), at + 4 * len(mark.text) + 400)
        if text.startswith(mark.text, at):
            yield from (at + hit.start for hit in mark.hits if hit.kind != "context")
            return
        last = at
        for form in forms:
            found = text.find(form, last, end)
            if found >= 0:
                yield found
                last = found + len(form)

    def _spot(self, target: Target, mark: Mark, at: int) -> str:
        """What goes with a word at a place."""
        if self.notes.around(at) is not None:
            self._remark(target, at)
            return ""
        byte = self.byte(at)
        for (start, end), row in self.doomed.items():
            if start <= byte < end:
                row.keys = tuple(dict.fromkeys((*row.keys, target.key)))
                return ""
        node = leaf(self.root, byte)
        if node is None:
            return "it stands in no part of the syntax"
        string = self._string(node)
        if string is not None and (mark.role in _REMARK or self._document(string)):
            return self._docstring(target, string, at)
        if mark.role in _REMARK:
            return "the comment that was marked is none of the syntax"
        unit = climb(self.nodes, string or node)
        if unit is None:
            return NOTHING
        if string is not None and unit.kind == "statement" and mark.role not in _DECLARED:
            if self._listing(target, self.span(string.start_byte, string.end_byte), at):
                return ""
            if any(node.type in _COMPLAINTS for node in (unit.node, *unit.node.named_children[:1])):
                return COMPLAINT
        # Without an import its name means nothing to the rest of the file.
        name = self.nodes.text(node) if mark.role is Role.IMPORT and string is None else ""
        return self._add(target, unit, mark, name if _WORD.fullmatch(name) else "")

    def _listing(self, target: Target, whole: Span, at: int) -> bool:
        """Take the word at a place, with what parts it from its neighbours, where a sentence lists it; if one does."""
        start, end = whole
        text = self.page.text[start:end]
        word = _WORD.match(text, at - start)
        if word is None or not _SENTENCE.search(text):
            return False
        first, last = word.span()
        if first > 1 and last + 1 < len(text) and text[first - 1] == text[last] and text[last] in _QUOTES:
            first, last = first - 1, last + 1
        before = _LISTED.search(text[max(0, first - 12) : first])
        if before is not None and _LAST.match(text, last):
            span = start + first - len(before[0]), start + last
        elif (ahead := _NEXT.match(text, last)) is not None and first > 0:
            span = start + first, start + ahead.end()
        else:
            return False
        self.words[span] = tuple(dict.fromkeys((*self.words.get(span, ()), target.key)))
        return True

    def _string(self, node: Node) -> Node | None:
        """The string that a node is, or lies in."""
        at: Node | None = node
        for _ in range(4):
            if at is None:
                return None
            if self.nodes.what(at) is What.STRING:
                return at
            at = at.parent
        return None

    def _document(self, string: Node) -> bool:
        """Whether a string is a statement of its own."""
        parent = string.parent
        return parent is not None and parent.type == "expression_statement" and parent.named_child_count == 1

    def _declared(self, target: Target, mark: Mark, at: int) -> str:
        node = leaf(self.root, self.byte(at))
        if node is None:
            return "it stands in no part of the syntax"
        if self.notes.around(at) is not None:
            self._remark(target, at)
            return ""
        string = self._string(node)
        keyed = mark.role in (Role.MEMBER, Role.KEY, Role.COLUMN, Role.OUTPUT)
        if keyed and (string is not None or not self._names(node)):
            unit = climb(self.nodes, string or node)
        else:
            unit = declared(self.nodes, node)
        if unit is None:
            return NOTHING
        return self._add(target, unit, mark, mark.text if _WORD.fullmatch(mark.text) else "")

    def _names(self, node: Node) -> bool:
        """Whether a leaf is the name of what is declared around it, not the key of a pair."""
        at = node.parent
        for _ in range(3):
            if at is None:
                return True
            if self.nodes.what(at) is What.PAIR:
                return False
            at = at.parent
        return True

    def _add(self, target: Target, unit: Unit, mark: Mark, name: str = "") -> str:
        span = unit.span or (unit.node.start_byte, unit.node.end_byte)
        why = self._why(unit, mark)
        row = self.doomed.get(span)
        if row is None:
            row = self.doomed[span] = _Doomed(unit, (), why)
        row.keys = tuple(dict.fromkeys((*row.keys, target.key)))
        row.why = row.why or why
        inside = [*self._assigned(unit.node), *(self._inside(unit) if name else ())] if unit.kind == "statement" else ()
        row.names = tuple(dict.fromkeys((*row.names, *([name] if name else []), *inside)))
        row.what = row.what or self._what(unit, mark, name)
        return ""

    def _assigned(self, node: Node) -> Iterator[str]:
        """Names that a statement gives a value to."""
        if node.type in ("expression_statement", "local_variable_declaration") and node.named_child_count:
            node = node.named_children[-1] if self.nodes.row_of(node) is None else node
        row = self.nodes.row_of(node)
        if row is None or row.what not in (What.ASSIGN, What.DECLARE):
            return
        for spot in self.nodes.names(node, row.name):
            found = spot if spot.child_count == 0 else None
            found = found or (self.nodes.leaf_name(spot) if row.what is What.DECLARE else None)
            if found is not None and _WORD.fullmatch(text := self.nodes.text(found)):
                yield text

    def _inside(self, unit: Unit) -> Iterator[str]:
        """Names that a statement declares for others: its own ones, its types', its members'."""
        stack, steps = [unit.node], 0
        while stack and steps < _STEPS:
            node = stack.pop()
            steps += 1
            what, row = self.nodes.what(node), self.nodes.row_of(node)
            if row is not None and what in _NAMED:
                for spot in self.nodes.names(node, row.name):
                    found = self.nodes.leaf_name(spot)
                    if found is not None and _WORD.fullmatch(text := self.nodes.text(found)):
                        yield text
            if what not in (What.FUNCTION, What.SCOPE):
                stack += node.named_children

    def _what(self, unit: Unit, mark: Mark, name: str) -> str:
        line = unit.node.start_point[0] + 1
        said = f' "{name or mark.text}"' if name or (mark.role is Role.MEMBER and len(mark.text) < _SHOWN) else ""
        kind = str(mark.role) if unit.kind == "statement" and mark.role in _DECLARED else unit.kind
        return f"the {kind}{said} on line {line}"

    def _why(self, unit: Unit, mark: Mark) -> str:
        """Why it is not safe to take a unit out, as far as that shows without the rest of the file."""
        if unit.kind in ("argument", "branch", "case"):
            return STATEMENT
        if unit.kind == "parameter":
            return CALLED
        if mark.role is Role.FIELD and self.language in _LAYOUT:
            return LAYOUT
        if unit.kind == "statement":
            if mark.role not in _DECLARED and mark.role is not Role.IMPORT:
                return STATEMENT
            return EFFECT if mark.role is Role.CONSTANT and self._calls(unit.node) else ""
        if unit.kind == "element" and mark.role in (Role.USE, Role.CONDITION) and not self._plain(unit.node):
            return STATEMENT
        return ""

    def _calls(self, node: Node) -> bool:
        """Whether a statement calls anything."""
        stack, steps = [node], 0
        while stack and steps < 2000:
            one = stack.pop()
            steps += 1
            if self.nodes.what(one) is What.CALL:
                return True
            stack += one.named_children
        return bool(stack)

    # -- comments ------------------------------------------------------------------------------------------------------

    def _remark(self, target: Target, at: int) -> None:
        """A line of a comment goes, or the whole of one that has no other."""
        note = self.notes.around(at)
        if note is None or self._listing(target, note, at):
            return
        span = self._line(note, at, 2)
        self.remarks[span] = tuple(dict.fromkeys((*self.remarks.get(span, ()), target.key)))

    def _line(self, whole: Span, at: int, marks: int) -> Span:
        """The line of a comment or string at a place: all of it, or what stands on it beside the opening or closing."""
        text, (start, end) = self.page.text, whole
        low, high = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        high = len(text) if high < 0 else high
        if low <= start and high >= end:
            return self.page.rows(start, end) if self.page.rows(start, end) != whole else self._tail(whole)
        if low > start and high < end:
            return low, high + 1
        if low <= start:
            skip = _OPENS.match(text, start)
            return (skip.end() if skip else start + marks), high
        close = _CLOSES.search(text[low:end])
        return low, (low + close.start() if close else end - marks)

    def _tail(self, span: Span) -> Span:
        """A comment behind something else, with the blanks before it."""
        start, end = span
        while start and self.page.text[start - 1] in " \t":
            start -= 1
        return start, end

    def _docstring(self, target: Target, string: Node, at: int) -> str:
        whole = self.span(string.start_byte, string.end_byte)
        if self._listing(target, whole, at):
            return ""
        if "\n" in self.page.text[whole[0] : whole[1]]:
            span = self._line(whole, at, 3)
            self.remarks[span] = tuple(dict.fromkeys((*self.remarks.get(span, ()), target.key)))
            return ""
        statement = string.parent
        if not self._document(string) or statement is None or statement.parent is None:
            return "the text that was marked is no comment"
        unit = Unit("statement", statement, statement.parent)
        key = (statement.start_byte, statement.end_byte)
        said = f"the docstring on line {statement.start_point[0] + 1}"
        row = self.doomed.setdefault(key, _Doomed(unit, (), "", (), said))
        row.keys = tuple(dict.fromkeys((*row.keys, target.key)))
        return ""

    # -- what goes with it ---------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Lists of which nothing is left go with what holds them."""
        while True:
            before = len(self.doomed)
            groups: dict[int, list[_Doomed]] = defaultdict(list)
            for row in self.doomed.values():
                if row.unit.kind in ("element", "member"):
                    groups[row.unit.holder.id].append(row)
            for rows in groups.values():
                holder = rows[0].unit.holder
                numbers = {self._number(row) for row in rows} - {None}
                if len(numbers) == len(items(holder) or ()):
                    self._emptied(holder, rows)
            if len(self.doomed) == before:
                return

    def _number(self, row: _Doomed) -> int | None:
        return element(row.unit.holder, row.unit.node)

    def _emptied(self, holder: Node, rows: list[_Doomed]) -> None:
        unit = declared(self.nodes, holder) if rows[0].unit.kind == "member" else climb(self.nodes, holder)
        if unit is None:
            return
        span = unit.span or (unit.node.start_byte, unit.node.end_byte)
        if span in self.doomed:
            return
        keys = tuple(dict.fromkeys(key for row in rows for key in row.keys))
        why = next((row.why for row in rows if row.why), "")
        if not why and unit.kind in ("argument", "parameter"):
            why = CALLED
        if not why and unit.kind == "statement" and self._calls(unit.node):
            why = EFFECT
        self.doomed[span] = _Doomed(unit, keys, why, (), f"the {unit.kind} on line {unit.node.start_point[0] + 1}")

    # -- how it goes ---------------------------------------------------------------------------------------------------

    def edits(self) -> list[Edit]:
        """What is cut out of the text."""
        out: list[Edit] = []
        groups: dict[int, list[_Doomed]] = defaultdict(list)
        for row in self.doomed.values():
            if row.unit.kind in ("element", "argument", "parameter", "member") and self._number(row) is not None:
                groups[row.unit.holder.id].append(row)
            else:
                out += self._whole(row)
        for rows in groups.values():
            out += self._listed(rows)
        for span, keys in self.remarks.items():
            out.append(self.page.edit(span, f"a comment on line {self.page.source.line(span[0])}", keys))
        for span, keys in self.words.items():
            out.append(self.page.edit(span, f"a word of a list on line {self.page.source.line(span[0])}", keys))
        return out + self._filled()

    def _whole(self, row: _Doomed) -> list[Edit]:
        span = row.unit.span or (row.unit.node.start_byte, row.unit.node.end_byte)
        if row.unit.kind == "branch" and span != (row.unit.node.start_byte, row.unit.node.end_byte):
            cut = self.char(span[0]), self.char(span[1])
        else:
            cut = self.page.lines(self.span(*span), self.notes)
        return [self.page.edit(cut, row.what, row.keys, why=row.why, names=row.names)]

    def _listed(self, rows: list[_Doomed]) -> list[Edit]:
        """Elements of one list, with their commas."""
        holder = rows[0].unit.holder
        found = items(holder) or []
        spans = [self.span(first.start_byte, last.end_byte) for first, last in found]
        by = {number: row for row in rows if (number := self._number(row)) is not None}
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
        if self.language == "rust" and holder.type == "array_expression":
            why = why or LENGTH
        if rows[0].unit.kind == "member" and left and chosen[0] < left[-1]:
            extra, moved = self._pinned(found, chosen, keys)
            why = why or moved
        cuts = self.page.items(spans, chosen, self.notes, end=self._end(holder))
        if holder.type == "tuple" and len(left) == 1:
            cuts = self._single(cuts, spans[left[0]])
        names = tuple(dict.fromkeys(name for n in chosen for name in by[n].names))
        what = ", ".join(dict.fromkeys(by[n].what for n in chosen))
        edits = [replace(self.page.edit(cut, what, keys, why=why, names=names), entry=entry) for cut in cuts]
        return edits + [replace(edit, safe=not why, why=why) for edit in extra]

    def _end(self, holder: Node) -> int:
        last = holder.children[-1] if holder.children else holder
        closes = not last.is_named and last.type in (")", "]", "}", ">", ";")
        return self.char(last.start_byte if closes else holder.end_byte)

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
        if any(self.nodes.what(node) in (What.PAIR, What.KEYWORD) or not self._plain(node) for node in first):
            return ""
        if self.nodes.what(holder) is What.DECLARE:
            return ""
        if "import" in holder.type or holder.type in ("set", "union_type"):
            return ""
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

    def _plain(self, node: Node) -> bool:
        return self.nodes.scalar(node) == "s" or node.child_count == 0

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
                return [], ORDER
            at = self.char(found[place][1].end_byte)
            what = f"the value {known} is written out for the member behind it"
            out.append(self.page.edit((at, at), what, keys, new=f" = {known}"))
        return out, ""

    def _filled(self) -> list[Edit]:
        """Python wants a statement in every block: one that is left empty gets ``pass``."""
        if self.language != "python":
            return []
        groups: dict[int, tuple[Node, list[_Doomed]]] = {}
        for row in self.doomed.values():
            if row.unit.holder.type == "block":
                groups.setdefault(row.unit.holder.id, (row.unit.holder, []))[1].append(row)
        out = []
        for holder, rows in groups.values():
            gone = {row.unit.node.id for row in rows}
            stay = [c for c in holder.named_children if c.id not in gone and self.nodes.what(c) is not What.COMMENT]
            if stay:
                continue
            first = holder.named_children[0]
            start = self.char(first.start_byte)
            line = self.page.text.rfind("\n", 0, start) + 1
            indent = self.page.text[line:start]
            keys = [key for row in rows for key in row.keys]
            new = f"{indent}pass\n" if not indent.strip() else "pass"
            at = line if not indent.strip() else start
            why = next((row.why for row in rows if row.why), "")
            out.append(self.page.edit((at, at), "an empty block gets a pass", keys, new=new, why=why))
        return out


def _number(text: str) -> int | None:
    """A written number, or None for anything else."""
    text = text.rstrip("uUlL")
    if text.isdigit():
        return int(text)
    return int(text, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text) else None


def planned(artifact: Artifact, targets: tuple[Target, ...], language: str) -> Plan:
    """The plan for a source file.

    Raises:
        Damaged: Its bytes cannot be cut.
    """
    page = Page(artifact)
    nodes = Nodes(page.text, language)
    file = _File(page, nodes, nodes.tables.parser.parse(nodes.source).root_node, language)
    plan = Plan()
    failed: list[tuple[str, int | None, str]] = []
    rows = [(target, mark) for target in targets for mark in target.marks]
    # What declares or holds a name goes first: a use in it then needs no statement to go.
    for target, mark in sorted(rows, key=lambda r: r[1].role not in _FIRST):
        why = "a name of a file is not changed" if mark.role is Role.PATH else file.doom(target, mark)
        if why:
            failed.append((target.key, page.at(mark.place), why))
    file.follow()
    plan.edits = _referred(file, merged(file.edits()))
    for key, at, why in failed:
        # What stands in something that goes as a whole needs no edit of its own.
        byte = None if at is None else page.source.byte(min(at, len(page.text)))
        if byte is None or not any(edit.start <= byte < edit.end for edit in plan.edits):
            plan.kept.setdefault(key, why)
    return plan


def _referred(file: _File, edits: list[Edit]) -> list[Edit]:
    """Edits, those not safe whose names the file still uses elsewhere."""
    names = {name for edit in edits for name in edit.names}
    if not names:
        return edits
    gone = [(edit.start, edit.end) for edit in edits]
    starts = [start for start, _ in gone]
    left: Counter[str] = Counter()
    stack = [file.root]
    while stack:
        node = stack.pop()
        if file.nodes.what(node) is What.COMMENT:
            continue
        if node.child_count:
            stack += node.children
            continue
        if not node.is_named or node.end_byte - node.start_byte > 400:
            continue
        text = file.nodes.text(node)
        if text in names:
            at = file.page.source.byte(file.char(node.start_byte))
            number = bisect_right(starts, at) - 1
            if number < 0 or at >= gone[number][1]:
                left[text] += 1
    out = []
    for edit in edits:
        used = sum(left[name] for name in edit.names)
        if used and edit.safe:
            why = f"the file still refers to it in {used} place{'s' if used > 1 else ''}"
            edit = replace(edit, safe=False, why=why)
        out.append(edit)
    return out
