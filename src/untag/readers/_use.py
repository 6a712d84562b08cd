"""What source does with names: calls, conditions and what they lead to, imports, and text shown to a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.later import later
from untag.readers._lex import split_lines
from untag.readers._literal import CONDITION, Literals
from untag.readers._node import WORDS, last_word
from untag.readers._row import What
from untag.readers._stand import Draft, Named, Said, Target
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from tree_sitter import Node

    from untag.readers._row import Row

__all__ = ["TRIVIAL", "Uses"]

#: Longest source quoted for a call.
CALL = 300
#: Conditions around a name that learn of it.
AROUND = 6

_MARKUP = later(r"<[^<>]{0,4000}>|&(?:nbsp|#160);|[^<&]+|[<&]")
_ATTRIBUTE = later(r"""([\w:-]{1,80})\s*=\s*(?:"([^"]*)"|'([^']*)')""")
TRIVIAL = frozenset({"true", "True", "1", "false", "False", "0"})
_KEYWORDS = frozenset(
    {
        "return",
        "throw",
        "raise",
        "yield",
        "new",
        "await",
        "async",
        "null",
        "None",
        "nil",
        "true",
        "false",
        "True",
        "False",
        "this",
        "self",
        "not",
        "and",
        "or",
        "if",
        "else",
        "typeof",
        "in",
        "is",
    }
)


class Uses(Literals):
    """Shows calls, conditions, imports, labels and markup."""

    def on_text(self, node: Node, _row: Row) -> bool:
        """Source that the grammar keeps as plain text."""
        self.lex_range(node.start_byte, node.end_byte)
        self.last = max(self.last, node.end_byte)
        return False

    def on_import(self, node: Node, _row: Row) -> bool:
        """An import as written, a surface for each line of it."""
        end = node.end_byte
        comments = [c for c in node.named_children[-8:] if self.what(c) is What.COMMENT]
        if comments:
            end = comments[0].start_byte
        self.emit_lines(Role.IMPORT, node.start_byte, end)
        for comment in comments:
            self.comment(comment.start_byte, comment.end_byte)
        return False

    def note(self, start: int, name: str) -> None:
        """Tell the conditions around that their body calls, returns or assigns this."""
        conditions = self.conditions
        while conditions and conditions[-1][1] <= start:
            conditions.pop()
        for begin, end, draft in conditions[-1 : -AROUND - 1 : -1]:
            if begin <= start < end and len(draft.names) < 40 and name not in _KEYWORDS:
                draft.names[name] = None

    def on_call(self, node: Node, row: Row) -> bool:
        """A call with arguments, or at the end of a chain."""
        callee, arguments = self.get(node, row.name), self.get(node, row.items)
        begin = node.start_byte
        if row.name == ("<",):
            # The callee stands before its arguments, as a sibling.
            if arguments is None:
                return True
            callee = node.prev_named_sibling
            begin = callee.start_byte if callee is not None else begin
        name = last_word(self.text(callee, 400).split("<")[0] if callee is not None else "")
        if callee is not None and callee.end_byte - callee.start_byte > 400:
            tail = self.tail(callee)
            name = self.text(tail, 80) if tail is not None else name
        self.note(node.start_byte, name)
        start, end = begin, node.end_byte
        children = self.elements(arguments) if arguments is not None else []
        if arguments is not None and (arguments.child_count == 0 or self.what(arguments) is What.STRING):
            children = [arguments]
        chained = callee is not None and (callee.child_count > 1 or (callee.start_byte > start))
        if self.grammar.forms:
            # A block that a call takes is no part of what is shown; a name behind a dot is a call to the grammar.
            end = arguments.end_byte if arguments is not None else end
            chained = chained and arguments is not None
            if children and self.what(children[0]) in (What.SCOPE, What.FUNCTION):
                return True  # a mark on a definition
        # The inner calls of a chain start where the outer one does, and are shown by it.
        if (children or chained) and start not in self.labelled and not (self.call[0] == start and end <= self.call[1]):
            shown = self.source[start : min(end, start + CALL * 4)].decode("utf-8", "replace")
            shown = upto(shown, CALL)
            self.call = (start, start + len(shown.encode("utf-8", "replace")))
            self.emit(Role.CALL, start, shown)
        declares = self.grammar.declarers.get(name)
        if declares is not None:
            for child in children if declares is Role.FIELD else children[:1]:
                if self.what(child) is What.STRING:
                    self.pending[child.start_byte] = Named(declares, self.owner, self.kind)
                    self.declared(node, child, Said(self.inside(child)[1], self.owner, self.kind, child.start_byte))
        if arguments is not None and self.builds(node, row, children):
            if self.dictlike(arguments):
                return self.on_dict(arguments, row)
            self.listed(arguments)
        if self.target is None and name:
            self.push(target=Target(self.join(self.owner, name), "", numbered=True))
        return True

    def on_keyword(self, node: Node, row: Row) -> bool:
        """A named argument or declarator: its value goes to that name."""
        leaf = self.leaf_name(self.get(node, row.name))
        value = self.get(node, row.value)
        if leaf is None or value is None:
            return True
        name = self.text(leaf)
        holder = self.pending.get(leaf.start_byte)
        if self.what(value) is What.STRING:
            self.pending.setdefault(value.start_byte, Named(Role.VALUE, self.owner, self.kind, name))
        if holder is not None:
            literal = (value.start_byte, value.end_byte) in self.assigned or holder.kind in (Kind.LIST, Kind.DICT)
            target = Target(holder.owner if literal else self.join(holder.owner, name), name)
            target.count = 1 if literal else 0
        else:
            target = Target(self.join(self.target.path if self.target is not None else self.owner, name), name)
        self.push(target=target)
        return True

    def condition(self, test: Node, body: Node | None, about: str = "", start: int | None = None) -> None:
        """A condition as written, with what its body leads to."""
        shown = self.text(test, CONDITION)
        offset = test.start_byte
        while (
            shown.startswith("(")
            and shown.endswith(")")
            and shown.count("(") == shown.count(")")
            and ")" not in shown[1:-1].split("(")[0]
        ):
            if not _outer(shown):
                break
            shown = shown[1:-1]
            offset += 1
        if (not about and shown in TRIVIAL) or not any(c.isalnum() for c in shown):
            return
        row, column = self.lines.at(offset)
        draft = Draft(Role.CONDITION, self.first + row, column + 1, shown, self.owner, self.kind, about)
        self.out.append(draft)
        if body is not None:
            begin = body.start_byte if start is None else start
            while self.conditions and self.conditions[-1][1] <= test.start_byte:
                self.conditions.pop()
            self.conditions.append((begin, body.end_byte, draft))

    def on_condition(self, node: Node, row: Row) -> bool:
        """If, while, and a choice in an expression."""
        test = self.get(node, row.items)
        if test is None:
            return True
        body = self.get(node, row.body) if row.body else None
        self.condition(test, body)
        if body is not None and body.child_count == 0 and body.is_named:
            self.note(body.start_byte, self.text(body, 80))
        return True

    def on_switch(self, node: Node, row: Row) -> bool:
        """What a switch looks at."""
        test = self.get(node, row.items)
        if test is None:
            return True
        self.condition(test, node, start=test.end_byte)
        self.push(subject=self.flat_text(test, 100).strip("()"))
        return True

    def on_case(self, node: Node, row: Row) -> bool:
        """A label of a switch, with what stands under it."""
        test = self.get(node, row.items)
        body = self.get(node, row.body)
        if test is None or test.end_byte - test.start_byte <= 0:
            return True
        shown = self.text(test, 20)
        if not shown.startswith("default"):
            self.condition(test, body, self.subject, test.end_byte if body is not None and body.id == node.id else None)
        return True

    def on_return(self, node: Node, _row: Row) -> bool:
        """What is returned, thrown or exported."""
        if self.conditions:
            for word in WORDS.findall(self.text(node, 160))[:12]:
                self.note(node.start_byte, word)
        if self.target is None:
            self.push(target=Target(self.owner or "default", "", numbered=bool(self.owner)))
        return True

    def on_label(self, node: Node, _row: Row) -> bool:
        """Text that a user sees."""
        from html import unescape as entities

        raw = self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        line, column = self.lines.at(node.start_byte)
        owner, kind, about = self.owner, self.kind, ""
        if (named := self.pending.pop(node.start_byte, None)) is not None:
            owner, kind, about = named.owner, named.kind, named.about
        for number, inner, body in split_lines(raw):
            place = self.place.at(line=self.first + line + number, column=(inner if number else column + inner) + 1)
            self.out.append(Surface(Role.LABEL, entities(body), place, owner, kind, about))
        self.last = max(self.last, node.end_byte)
        return False

    def on_attribute(self, node: Node, row: Row) -> bool:
        """An attribute of a markup element: its string describes, under the attribute's name."""
        name, value = self.get(node, row.name), self.get(node, row.value)
        if name is None or value is None:
            return True
        shown = self.text(name, 100)
        if self.what(value) is What.STRING:
            self.pending.setdefault(value.start_byte, Named(Role.STRING, self.owner, self.kind, shown))
        self.push(target=Target(self.join(self.owner, shown), shown))
        return True

    def on_markup(self, node: Node, _row: Row) -> bool:
        """Markup between pieces of code: its text is what a user sees."""
        start, end = max(node.start_byte, self.last), node.end_byte
        raw = self.source[start:end].decode("utf-8", "replace")
        line, column = self.lines.at(start)
        base = 0
        for found in _MARKUP.finditer(raw):
            piece = found.group()
            role, items = Role.LABEL, [(0, piece)]
            if piece[:1] == "<":
                role = Role.STRING
                items = [
                    (m.start(2) if m.group(2) is not None else m.start(3), m.group(2) or m.group(3) or "")
                    for m in _ATTRIBUTE.finditer(piece)
                ]
            for shift, body in items:
                for number, inner, shown in split_lines(body):
                    if not any(c.isalnum() for c in shown):
                        continue
                    offset = found.start() + shift
                    line += raw.count("\n", base, offset)
                    if "\n" in raw[base:offset]:
                        column = 0
                    begin = raw.rfind("\n", 0, offset) + 1
                    base = offset
                    place = self.place.at(
                        line=self.first + line + number,
                        column=(inner if number else offset - begin + (column if begin == 0 else 0) + inner) + 1,
                    )
                    self.out.append(Surface(role, shown, place, self.owner, self.kind))
        return False


def _outer(text: str) -> bool:
    """Whether the first bracket of a text closes at its end."""
    depth = 0
    for number, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return number == len(text) - 1
    return False
