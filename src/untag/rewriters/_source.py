"""Source code: from marks to the units that go, and from units to edits."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from untag.edit import Plan, merged
from untag.readers._node import Nodes
from untag.readers._row import What
from untag.rewriters._about import DESCRIBED, REMARKS, keep, referred, spared
from untag.rewriters._file import Doomed, File
from untag.rewriters._page import Page
from untag.rewriters._shape import LAYOUTS, SHAPES
from untag.rewriters._shape import unit as unit_of
from untag.rewriters._trim import ORDER, Trimmer
from untag.rewriters._unit import UNION, Unit, choices, climb, declared, faults, leaf
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from untag.artifact import Artifact
    from untag.edit import Edit, Target
    from untag.finding import Mark
    from untag.rewriters._page import Span

__all__ = ["errors", "planned"]

#: Roles of names that declare what they stand for.
_DECLARED = frozenset({
    Role.COLUMN, Role.CONSTANT, Role.ENUM, Role.FIELD, Role.FUNCTION, Role.MEMBER, Role.OUTPUT, Role.PARAMETER,
    Role.TYPE,
})  # fmt: skip
#: Nodes inside of a statement whose names others may use.
_NAMED = frozenset({What.ENUM, What.FUNCTION, What.MEMBER, What.SCOPE, What.TYPEDEF})
#: Nodes of a statement that are looked at; characters of a name that are shown.
_STEPS, _SHOWN = 2000, 60
_FIRST = _DECLARED | {Role.KEY}
#: Languages in which the fields of a struct are its layout.
_LAYOUT = frozenset({"c", "cpp", "objc"}) | LAYOUTS
_WORD = re.compile(r"[^\W\d]\w*")
#: A word that a sentence lists: what parts it from the one before, what may follow it, what parts it from the next.
_LISTED = re.compile(r"(?:\s*,\s*(?:and\s+|or\s+|&\s*)?|\s+(?:and|or|&)\s+|\s*[、，]\s*)\Z")
_LAST = re.compile(r"\s*(?:[,.;:)\]}、。，\"'`]|\Z|(?:and|or|of|for|from|in|on)\b)")
_NEXT = re.compile(r"(?:\s*,\s*(?:and\s+|or\s+)?|\s*[、，]\s*)(?=\S)")
#: A word of a literal that is nothing but a list of them, and what parts it from the next.
_BARE = re.compile(r"[\w.-]+")
_BLANKS = " \t\r\n"
_SENTENCE = re.compile(r"\w\W*\s\W*\w")
#: Signs before the names of variables and atoms.
_SIGILS = "$@%:&"
_QUOTES = frozenset("`'\"")
#: Statements by which a program complains: without them it would no longer.
_COMPLAINTS = frozenset({"raise_statement", "throw_expression", "throw_statement"})
LAYOUT = "the layout of the struct changes for everything that was built with it"
STORED = "the database that is made from it changes with it"
CALLED = "who calls it passes it"
STATEMENT = "what stands around it may need it"
NOTHING = "no part of it can go without the rest of the file"
EFFECT = "what is called there may do more"
UNSAID = "the text that was marked is no comment"
COMPLAINT = "it is said in the text of an error; without the statement the program would no longer complain"


class _Planner(File):
    """Finds what goes with marks."""

    def doom(self, target: Target, mark: Mark) -> str:
        """Find what goes with a mark; why nothing does, or nothing."""
        at = self.page.at(mark.place)
        if at is None or at >= len(self.page.text):
            return "its place is no place in the text"
        if mark.role in _DECLARED or mark.role is Role.KEY:
            if not mark.hits and mark.role not in DESCRIBED:
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
        if string is not None and (mark.role in REMARKS or self._document(string)):
            return self._docstring(target, mark, string, at)
        noted = self._around(node, mark) if mark.role is Role.ANNOTATION and self.language in SHAPES else None
        if noted is not None and self.nodes.what(noted.node) is What.ANNOTATION:
            return self._add(target, noted, mark)
        if mark.role in REMARKS:
            return "the comment that was marked is none of the syntax"
        if (words := self._words(node)) is not None:
            return self._word(target, words, at)
        unit = self._around(string or node, mark)
        if unit is None:
            return NOTHING
        if string is not None and unit.kind == "statement" and mark.role not in _DECLARED:
            if self._listing(target, self.span(string.start_byte, string.end_byte), at):
                return ""
            if any(node.type in _COMPLAINTS for node in (unit.node, *unit.node.named_children[:1])):
                return COMPLAINT
        # Without an import its name means nothing to the rest of the file.
        name = self.nodes.text(node) if mark.role is Role.IMPORT and string is None else ""
        return self._add(target, unit, mark, _bare(name))

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
        if (words := self._words(node)) is not None:
            return self._word(target, words, at)
        keyed = mark.role in (Role.MEMBER, Role.KEY, Role.COLUMN, Role.OUTPUT)
        if self.language in SHAPES:
            unit = self._around(string or node, mark)
        elif keyed and (string is not None or not self._names(node)):
            unit = climb(self.nodes, string or node)
        else:
            unit = declared(self.nodes, node)
        if unit is None:
            return NOTHING
        if not _said(mark) and self._chosen(target, unit):
            return ""
        return self._add(target, unit, mark, _bare(mark.text))

    def _chosen(self, target: Target, unit: Unit) -> bool:
        """Whether the word is one of several texts that the type of a thing allows, which goes alone."""
        served = False
        for row in self.doomed.values():
            holder = row.unit.holder
            if row.unit.kind != "element" or not (holder.type == UNION or choices(self.nodes, holder)):
                continue
            if not unit.node.start_byte <= holder.start_byte <= holder.end_byte <= unit.node.end_byte:
                continue
            gone = [one for one in self.doomed.values() if one.unit.holder.id == holder.id]
            if len(gone) < len(self.elements(holder)):
                row.keys = tuple(dict.fromkeys((*row.keys, target.key)))
                served = True
        return served

    def _around(self, node: Node, mark: Mark) -> Unit | None:
        """The smallest thing around a node that can go."""
        if self.language in SHAPES:
            return unit_of(self.nodes, self.language, node, own=mark.role in _FIRST)
        return climb(self.nodes, node)

    def _words(self, node: Node) -> Node | None:
        """The literal of words that a node is, or lies in."""
        at: Node | None = node
        for _ in range(3):
            if at is None or self.nodes.what(at) is What.WORDS:
                return at
            at = at.parent
        return None

    def _word(self, target: Target, words: Node, at: int) -> str:
        """One word of a list that is a literal goes, with a blank beside it; the last of them stays."""
        start, end = self.span(words.start_byte, words.end_byte)
        text = self.page.text
        found = _BARE.match(text, at, end)
        if found is None or not start < at:
            return NOTHING
        low, high = at, found.end()
        while high < end and text[high] in _BLANKS:
            high += 1
        while high == found.end() and low > start and text[low - 1] in _BLANKS:
            low -= 1
        if (low, high) == found.span():
            return NOTHING
        self.entries[low, high] = tuple(dict.fromkeys((*self.entries.get((low, high), ()), target.key)))
        return ""

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
            row = self.doomed[span] = Doomed(unit, (), why)
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
            if found is not None and (text := _bare(self.nodes.text(found))):
                yield text

    def _inside(self, unit: Unit) -> Iterator[str]:
        """Names that a statement declares for others: its own ones, its types', its members'."""
        stack, steps = [unit.node], 0
        while stack and steps < _STEPS:
            node = stack.pop()
            steps += 1
            what, row = self.nodes.what(node), self.nodes.row_of(node)
            # A type that is only named there (``struct x *p``) is declared elsewhere.
            named = node.type.endswith("_specifier") and node.child_by_field_name("body") is None
            if row is not None and what in _NAMED and not named:
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
        if self.language == "prisma" and mark.role in (Role.FIELD, Role.MEMBER):
            return STORED
        if unit.node.type == "enum_member" and unit.kind == "statement" and self._counted(unit.node):
            return ORDER
        if unit.kind == "statement":
            if mark.role not in _DECLARED and mark.role is not Role.IMPORT:
                return STATEMENT
            return EFFECT if mark.role is Role.CONSTANT and self._calls(unit.node) else ""
        if unit.kind == "element" and mark.role in (Role.USE, Role.CONDITION) and not self.plain(unit.node):
            return STATEMENT
        return ""

    def _counted(self, member: Node) -> bool:
        """Whether the value of the member behind one follows from it."""
        after = member.next_named_sibling
        while after is not None and after.type != member.type:
            after = after.next_named_sibling
        return after is not None and "=" not in self.nodes.text(after, 400)

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
        span = self.page.remark(note, at, 2)
        self.remarks[span] = tuple(dict.fromkeys((*self.remarks.get(span, ()), target.key)))

    def _docstring(self, target: Target, mark: Mark, string: Node, at: int) -> str:
        whole = self.span(string.start_byte, string.end_byte)
        if self._listing(target, whole, at):
            return ""
        if "\n" in self.page.text[whole[0] : whole[1]]:
            span = self.page.remark(whole, at, 3)
            self.remarks[span] = tuple(dict.fromkeys((*self.remarks.get(span, ()), target.key)))
            return ""
        statement = string.parent
        if self.language in SHAPES:
            found = unit_of(self.nodes, self.language, string, own=True)
            lone = found is not None and found.kind == "statement" and "\n" not in self.nodes.text(found.node, 400)
            return self._add(target, found, mark) if found is not None and lone else UNSAID
        if not self._document(string) or statement is None or statement.parent is None:
            return UNSAID
        unit = Unit("statement", statement, statement.parent)
        key = (statement.start_byte, statement.end_byte)
        said = f"the docstring on line {statement.start_point[0] + 1}"
        row = self.doomed.setdefault(key, Doomed(unit, (), "", (), said))
        row.keys = tuple(dict.fromkeys((*row.keys, target.key)))
        return ""

    # -- what goes with it ---------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Lists of which nothing is left go with what holds them."""
        while True:
            before = len(self.doomed)
            groups: dict[int, list[Doomed]] = defaultdict(list)
            for row in self.doomed.values():
                if row.unit.kind in ("element", "member"):
                    groups[row.unit.holder.id].append(row)
            for rows in groups.values():
                holder = rows[0].unit.holder
                numbers = {self.number(row) for row in rows} - {None}
                if len(numbers) == len(self.elements(holder)):
                    self._emptied(holder, rows)
            if len(self.doomed) == before:
                return

    def _emptied(self, holder: Node, rows: list[Doomed]) -> None:
        if self.language in SHAPES:
            unit = unit_of(self.nodes, self.language, holder, own=True)
        else:
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
        names: tuple[str, ...] = ()
        if self.language in SHAPES:
            held = (name for row in rows for name in row.names)
            names = tuple(dict.fromkeys((*held, *self._assigned(unit.node), *self._inside(unit))))
        self.doomed[span] = Doomed(unit, keys, why, names, f"the {unit.kind} on line {unit.node.start_point[0] + 1}")


def planned(artifact: Artifact, targets: tuple[Target, ...], language: str) -> Plan:
    """The plan for a source file.

    Raises:
        Damaged: Its bytes cannot be cut.
    """
    page = Page(artifact)
    nodes = Nodes(page.text, language)
    file = _Planner(page, nodes, nodes.tables.parser.parse(nodes.source).root_node, language)
    plan = Plan()
    failed: list[tuple[str, int | None, str]] = []
    stay = {target.key: spared(target) for target in targets}
    rows = [(t, mark) for t in targets for number, mark in enumerate(t.marks) if number not in stay[t.key]]
    # What declares or holds a name goes first: a use in it then needs no statement to go. What only its type describes
    # goes last: a part of the type may be enough.
    for target, mark in sorted(rows, key=lambda r: (not _said(r[1]), r[1].role not in _FIRST)):
        why = "a name of a file is not changed" if mark.role is Role.PATH else file.doom(target, mark)
        if why:
            failed.append((target.key, page.at(mark.place), why))
    file.follow()
    plan.edits = _referred(file, merged(Trimmer(file).edits()))
    keep(plan, page, failed)
    return plan


def _said(mark: Mark) -> bool:
    """Whether a mark has other words than those of its type."""
    return not mark.hits or any(hit.end > hit.start for hit in mark.hits)


def _bare(name: str) -> str:
    """A name without the sign before it; nothing where it is none."""
    name = name.lstrip(_SIGILS)
    return name if _WORD.fullmatch(name) else ""


def _referred(file: _Planner, edits: list[Edit]) -> list[Edit]:
    """Edits, those not safe whose names the file still uses elsewhere."""
    names = {name for edit in edits for name in edit.names}
    if not names:
        return edits
    places: dict[str, list[int]] = {name: [] for name in names}
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
        text = file.nodes.text(node).lstrip(_SIGILS)
        if text in names:
            places[text].append(file.page.source.byte(file.char(node.start_byte)))
    return referred(edits, places)


def errors(artifact: Artifact, language: str) -> int:
    """Nodes of a syntax tree that are errors or missing."""
    nodes = Nodes(artifact.text, language)
    return faults(nodes.tables.parser.parse(nodes.source).root_node)
