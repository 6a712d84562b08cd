"""Literals in source: strings, label lists, label maps, objects, closed sets in a type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.readers._lex import split_lines, unescape, unquote
from untag.readers._node import VALUE, last_word, nth
from untag.readers._remark import Remarks
from untag.readers._row import What
from untag.readers._stand import Named, Said, Target
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from tree_sitter import Node

    from untag.readers._row import Row

__all__ = ["CONDITION", "Literals"]

#: Longest source quoted for a condition.
CONDITION = 500
#: Literals smaller than this are read even where nothing of interest stands in them.
SMALL = 2000

_SQL = later(
    r"\s*(?:select\b.{0,4000}?\bfrom|update\b.{0,400}?\bset|delete\s+from|insert\s+into|with\b.{0,400}?\bas|from\s+\w+\b)\b.*?"
    r"\b(where|having)\b(.*)",
    re.IGNORECASE | re.DOTALL,
)


class Literals(Remarks):
    """Gives strings and the elements of literals their roles."""

    def on_string(self, node: Node, _row: Row) -> bool:
        """A string literal, a surface for each line of it."""
        start, end = node.start_byte, node.end_byte
        said = self.docs.pop(start, None)
        named = self.pending.pop(start, None)
        self.last = max(self.last, end)
        raw = self.source[start:end].decode("utf-8", "replace")
        before, inside, rawish = unquote(raw)
        rawish = rawish or raw[:1] in self.grammar.raw
        line, column = self.lines.at(start)
        if said is not None:
            for number, inner, body in split_lines(inside):
                place = self.place.at(
                    line=self.first + line + number, column=(inner if number else column + before + inner) + 1
                )
                self.out.append(Surface(Role.COMMENT, body, place, said.owner, said.kind, said.name))
            return False
        if named is None:
            named = Named(Role.STRING, self.owner, self.kind, self.target.about if self.target is not None else "")
        for number, inner, body in split_lines(inside):
            shown = body if rawish or "\\" not in body else unescape(body).strip()
            if not shown:
                continue
            place = self.place.at(
                line=self.first + line + number, column=(inner if number else column + before + inner) + 1
            )
            self.out.append(Surface(named.role, upto(shown, 2000), place, *named[1:]))
        if named.role in (Role.MEMBER, Role.KEY, Role.FIELD):
            self.on_line[line] = Said(upto(inside, VALUE), named.owner, named.kind)
        if len(inside) > 16 and (
            " where " in inside.lower() or "where\n" in inside.lower() or "\nwhere" in inside.lower()
        ):
            self.query(inside[:8000], start + len(raw[:before].encode("utf-8", "replace")))
        return node.named_child_count > 0 and any(
            "interpolation" in c.type or "substitution" in c.type or "expansion" in c.type
            for c in node.named_children[:400]
        )

    def query(self, inside: str, start: int) -> None:
        """The condition of a query that stands in a string."""
        found = _SQL.match(inside)
        if found is None or not found.group(2).strip():
            return
        condition = upto(found.group(2).strip(), CONDITION)
        at = start + len(
            inside[: found.start(2) + len(found.group(2)) - len(found.group(2).lstrip())].encode("utf-8", "replace")
        )
        self.emit(Role.CONDITION, min(at, len(self.source)), condition)

    def on_list(self, node: Node, row: Row) -> bool:
        """A list, tuple, set or array literal; two strings or more are labels."""
        if self.quiet[0] <= node.start_byte and node.end_byte <= self.quiet[1]:
            return True
        if node.end_byte - node.start_byte > SMALL and self.missed(node):
            return False
        if self.dictlike(node):
            return self.on_dict(node, row)
        self.listed(node)
        return True

    def listed(self, node: Node) -> None:
        """Give the elements of a list their roles."""
        found = self.elements(node)
        known = self.assigned.pop((node.start_byte, node.end_byte), None)
        strings = [e for e in found if self.what(e) is What.STRING and e.start_byte not in self.pending]
        if len(strings) >= 2:
            path = known or self.path_for()
            for element in strings:
                self.label(element, path, Kind.LIST, "")
        elif (pairs := self.pairs(found)) is not None:
            path = known or self.path_for()
            for left, right in pairs:
                self.paired(left, right, path)
            self.quiet = (node.start_byte, node.end_byte)
        elif (records := self.records(found)) is not None:
            path = known or self.path_for()
            for record in records:
                self.recorded(record, path)
            self.quiet = (node.start_byte, node.end_byte)

    def label(self, node: Node, path: str, kind: Kind, value: str) -> None:
        """A string that is one of a set."""
        self.pending[node.start_byte] = Named(Role.MEMBER, path, kind, "", value)
        self.declared(node, None, Said(self.inside(node)[1], path, kind))

    def paired(self, left: Node, right: Node, path: str) -> None:
        """A label beside its code, whichever comes first."""
        if self.scalar(left) == "s" and self.scalar(right) == "s":
            self.pending[left.start_byte] = Named(Role.KEY, path, Kind.DICT)
            self.label(right, path, Kind.DICT, self.inside(left)[1])
        elif self.scalar(left) == "s":
            self.label(left, path, Kind.DICT, self.text(right, 40))
        else:
            self.label(right, path, Kind.DICT, self.text(left, 40))

    def recorded(self, record: list[tuple[Node, Node]], path: str) -> None:
        """A small object in a list of its like: its strings are labels, the other value is their code."""
        for key, value in record:
            self.pending.setdefault(key.start_byte, Named(Role.KEY, self.join(path, "[]"), Kind.DICT))
            if self.scalar(value) != "s":
                continue
            other = next((v for _, v in record if v.id != value.id and self.scalar(v) == "n"), None) or next(
                (v for _, v in record if v.id != value.id), None
            )
            code = "" if other is None else self.inside(other)[1] if self.scalar(other) == "s" else self.text(other, 40)
            self.pending[value.start_byte] = Named(Role.MEMBER, path, Kind.LIST, self.key_text(key), code)
            self.declared(value, None, Said(self.inside(value)[1], path, Kind.LIST))

    def on_dict(self, node: Node, _row: Row) -> bool:
        """A map or object literal: a label map where numbers stand on one side throughout, keys otherwise."""
        if self.quiet[0] <= node.start_byte and node.end_byte <= self.quiet[1]:
            return True
        if node.end_byte - node.start_byte > SMALL and self.missed(node):
            return False
        found = [(p, *self.sides(p)) for p in self.elements(node) if self.joins(p)]
        if not found and node.named_child_count:
            found = [(k, k, v) for k, v in self.couples(node)]
            if found and found[0][0].start_byte in self.pending:
                return True
        if not found and node.named_child_count:
            # Keys and values in a row, without a node for each pair.
            found = [
                (k, k, v)
                for k, v in zip(node.children_by_field_name("key"), node.children_by_field_name("value"), strict=False)
            ]
        known = self.assigned.pop((node.start_byte, node.end_byte), None)
        if not found:
            if any(self.what(c) is What.FUNCTION for c in node.named_children[:50]):
                self.push(dict=known or self.path_for("{}"), dict_at=self.depth)
            elif self.what(node) is What.DICT:
                self.listed(node)
            return True
        if self.grammar.wrappers and any(n is not None and n.start_byte in self.pending for n in found[0][1:]):
            return True  # what holds it has told its pairs
        path = known or self.path_for("{}")
        coded = len(found) >= 2 and all(
            k is not None
            and v is not None
            and ((self.scalar(k) == "n" and self.scalar(v) == "s") or (self.scalar(v) == "n" and self.scalar(k) != "n"))
            for _, k, v in found
        )
        for pair, key, value in found:
            if key is None:
                continue
            if coded and value is not None:
                label, code = (value, key) if self.scalar(value) == "s" else (key, value)
                self.pending[label.start_byte] = Named(Role.MEMBER, path, Kind.DICT, "", self.text(code, 40))
                self.declared(pair, label, Said(self.key_text(label), path, Kind.DICT))
                continue
            self.key(pair, key, value, path)
        self.push(dict=path, dict_at=self.depth)
        return True

    def key(self, pair: Node, key: Node, value: Node | None, path: str) -> None:
        """A key of an object, with its value."""
        name = self.key_text(key)
        shown = ""
        role = Role.KEY
        said = Said(name, path, Kind.DICT)
        if value is not None:
            kind = self.scalar(value)
            if kind == "s":
                shown = self.inside(value)[1]
                self.pending[value.start_byte] = Named(Role.VALUE, path, Kind.DICT, name)
            elif kind is not None:
                shown = self.text(value, 40)
            elif pair.id == key.id and (literal := self.literal(value)) is not None:
                # No node of the pair will be met that could say where its value belongs.
                self.assigned[literal.start_byte, literal.end_byte] = self.unique(self.join(path, name))
            elif self.what(value) is What.LAMBDA:
                role = Role.FUNCTION
                inner = self.unique(self.join(path, name))
                self.callables[value.start_byte, value.end_byte] = (name, inner)
                said = Said(name, inner, Kind.CALLABLE)
        if key.start_byte not in self.pending and self.scalar(key) != "n":
            self.pending[key.start_byte] = Named(role, path, Kind.DICT, "", shown)
        self.declared(pair, key, said)

    def on_pair(self, node: Node, _row: Row) -> bool:
        """What stands behind a key goes to that key."""
        if node.type == "binary_expression" and not self.joins(node):
            return True
        if (
            node.type == "infix_expression"
            and (middle := nth(node, 1)) is not None
            and self.text(middle, 3) not in {"to", "->"}
        ):
            return True
        key, value = self.sides(node)
        if key is not None and value is not None:
            name = self.key_text(key)
            self.push(target=Target(self.join(self.dict or self.owner, name), name))
        return True

    def on_union(self, node: Node, row: Row) -> bool:
        """A closed set of string literals in a type."""
        if self.union[0] <= node.start_byte and node.end_byte <= self.union[1]:
            return True
        self.union = (node.start_byte, node.end_byte)
        if row.items and last_word(self.text(self.get(node, row.name) or node, 80).split("[")[0]) != "Literal":
            return True
        strings: list[Node] = []
        stack = [node]
        steps = 0
        while stack and steps < 20_000:
            steps += 1
            one = stack.pop()
            if self.what(one) is What.STRING:
                strings.append(one)
            elif one is node or self.what(one) in (None, What.UNION, What.LIST):
                stack.extend(reversed(one.named_children[:5000]))
        if len(strings) < 2:
            return True
        path = self.assigned.pop((node.start_byte, node.end_byte), None) or self.path_for()
        for string in strings:
            self.label(string, path, Kind.ENUM, "")
        return True

    def on_subscript(self, node: Node, row: Row) -> bool:
        """``thing["key"]``, or a closed set where the thing is ``Literal``."""
        holder = self.get(node, row.name)
        if holder is None:
            return True
        name = self.text(holder, 80)
        if last_word(name) == "Literal":
            return self.on_union(node, row)
        index = self.get(node, row.items)
        if index is not None:
            for string in self.strings_in(index)[:1]:
                self.pending.setdefault(string.start_byte, Named(Role.STRING, self.owner, self.kind, last_word(name)))
        return True
