"""What a node of a syntax tree is: its name, its value, its elements, and what kind of literal it makes."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from untag.later import later
from untag.readers._grammar import GRAMMARS
from untag.readers._lex import unescape, unquote
from untag.readers._row import Grammar, Row, What
from untag.surface import upto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Language, Node, Parser

__all__ = ["NUMBER", "PATTERNS", "VALUE", "WORDS", "Nodes", "last_word", "loaded", "nth", "tables"]

#: Longest source quoted for a value.
VALUE = 200
#: Steps down a declarator (pointers, arrays, brackets) before it is taken as hostile.
STEPS = 64

WORDS = later(r"[^\W\d]\w*")
NUMBER = later(r"@?[-+]?(?:0[xXbBoO])?\d[\w.']*|[-+]?\.\d+|'\w'")
#: Nodes that only hold another.
_WRAPPERS = frozenset(
    {
        "argument",
        "value_argument",
        "array_element_initializer",
        "literal_element",
        "element",
        "field",
        "at_expression",
        "row",
        "value_arguments",
        "argument_part",
        "arguments",
        "expression_list",
        "variable_list",
        "left_assignment_list",
        "constant_pattern",
    }
)
#: Nodes that stand for more than one name.
PATTERNS = frozenset(
    {
        "pattern_list",
        "identifiers",
        "tuple_pattern",
        "object_pattern",
        "array_pattern",
        "expression_list",
        "structured_binding_declarator",
        "list_pattern",
        "left_assignment_list",
        "tuple",
        "list",
    }
)


class Tables(NamedTuple):
    """A grammar with its rows by symbol number."""

    grammar: Grammar
    parser: Parser
    rows: list[Row | None]
    named: list[bool]


@cache
def tables(language: str) -> Tables:
    """The grammar of a language, ready for a walk."""
    from tree_sitter import Parser

    grammar = GRAMMARS[language]
    made = loaded(grammar.parser)
    count = made.node_kind_count
    named = [made.node_kind_is_named(n) for n in range(count)]
    found = [_row(grammar, made.node_kind_for_id(n) or "") if named[n] else None for n in range(count)]
    return Tables(grammar, Parser(made), found, named)


def _row(grammar: Grammar, kind: str) -> Row | None:
    """The row of a named node type: its own, or nothing to show for a keyword."""
    row = grammar.rows.get(kind)
    if row is None and grammar.keywords and re.match(grammar.keywords + "[A-Z]", kind):
        return Row(What.MUTE)
    return row


def loaded(name: str) -> Language:
    """A grammar out of the language pack, without the other modules that the pack imports where it can be had so."""
    from importlib.machinery import EXTENSION_SUFFIXES
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    from tree_sitter import Language

    pack = find_spec("tree_sitter_language_pack")
    for home in (pack.submodule_search_locations or ()) if pack is not None else ():
        for suffix in EXTENSION_SUFFIXES:
            path = f"{home}/bindings/{name}{suffix}"
            if os.path.exists(path):  # noqa: PTH110 - a plain call is faster
                spec = spec_from_file_location(f"tree_sitter_language_pack.bindings.{name}", path)
                if spec is not None and spec.loader is not None:
                    module = module_from_spec(spec)
                    spec.loader.exec_module(module)
                    return Language(module.language())
    from tree_sitter_language_pack import get_language

    return get_language(name)  # type: ignore[arg-type]


def nth(node: Node, number: int) -> Node | None:
    """A named child, or None where there are fewer."""
    return node.named_child(number) if 0 <= number < node.named_child_count else None


def last_word(text: str) -> str:
    """The last identifier of a dotted or scoped name."""
    found = WORDS.findall(text[-200:])
    return found[-1] if found else ""


class Nodes:
    """A file's source with its grammar, and what the grammar lets one say of a node without knowing where it stands."""

    def __init__(self, text: str, language: str) -> None:
        self.tables = tables(language)
        self.grammar = self.tables.grammar
        self.rows = self.tables.rows
        self.source = text.encode("utf-8", "replace")

    # ---- text and parts

    def text(self, node: Node, limit: int = 400) -> str:
        """A node's source, cut."""
        start, end = node.start_byte, node.end_byte
        return upto(self.source[start : min(end, start + limit * 4)].decode("utf-8", "replace"), limit)

    def flat_text(self, node: Node, limit: int) -> str:
        """A node's source on one line."""
        return upto(" ".join(self.text(node, limit * 2).split()), limit)

    def get(self, node: Node, specs: Sequence[str]) -> Node | None:
        """The first child that a row's path names: a field, ``#type``, an index among named children, or itself."""
        for spec in specs:
            if not spec:
                return node
            found: Node | None
            if spec[0] == "#":
                kind = spec[1:]
                found = (
                    next((c for c in node.named_children if c.type == kind), None) if node.child_count < 1000 else None
                )
            elif spec == "<":
                found = None
            elif spec.lstrip("-").isdigit():
                place, count = int(spec), node.named_child_count
                place += count if place < 0 else 0
                found = nth(node, place)
                if spec == "-1" and count < 2:
                    found = None
            else:
                found = node.child_by_field_name(spec)
                if found is not None and not found.is_named and self.grammar.wrappers:
                    # A field may begin with the bracket around what it holds.
                    found = next((c for c in node.children_by_field_name(spec) if c.is_named), found)
            if found is not None:
                return found
        return None

    def row_of(self, node: Node) -> Row | None:
        """The row of a node."""
        symbol = node.kind_id
        return self.rows[symbol] if symbol < len(self.rows) else None

    def what(self, node: Node | None) -> What | None:
        """What a node is."""
        row = self.row_of(node) if node is not None else None
        return row.what if row else None

    def names(self, node: Node, specs: Sequence[str]) -> list[Node]:
        """All the nodes that hold names of a declaration."""
        for spec in specs:
            if spec[:1] == "#":
                found = [c for c in node.named_children if c.type == spec[1:]]
            elif spec.isdigit():
                one = self.get(node, (spec,))
                found = [one] if one else []
            else:
                found = node.children_by_field_name(spec)
            if found:
                return found
        return []

    def leaf_name(self, node: Node | None) -> Node | None:
        """The identifier at the end of a declarator."""
        for _ in range(STEPS):
            if node is None or node.type in PATTERNS:
                return None
            if node.child_count == 0 or self.what(node) is What.STRING:
                return node if node.is_named else None
            if node.named_child_count == 0:
                return node if node.child_count == 1 else None
            node = (
                node.child_by_field_name("declarator")
                or node.child_by_field_name("bound_identifier")
                or node.child_by_field_name("field")
                or node.child_by_field_name("method")
                or node.child_by_field_name("name")
                or node.child_by_field_name("pattern")
                or node.child_by_field_name("left")
                or next((c for c in node.named_children[:8] if self.what(c) is not What.COMMENT), None)
            )
        return None

    def innermost(self, node: Node) -> Node | None:
        """The last name of a qualified one."""
        found: Node | None = node
        for _ in range(STEPS):
            if found is None or found.type != "qualified_identifier":
                break
            found = found.child_by_field_name("name")
        return self.leaf_name(found)

    def tail(self, node: Node) -> Node | None:
        """The last name of an attribute, member or field expression."""
        count = node.named_child_count
        last = nth(node, count - 1) if count else None
        return last if last is not None and last.child_count == 0 else self.leaf_name(last)

    def function_part(self, node: Node | None) -> Node | None:
        """The part of a C declarator that makes it a function (a pointer to one does not)."""
        for _ in range(STEPS):
            if node is None:
                return None
            if node.type == "function_declarator":
                inner = node.child_by_field_name("declarator")
                return None if inner is not None and inner.type == "parenthesized_declarator" else node
            node = node.child_by_field_name("declarator")
        return None

    def declarators(self, node: Node) -> list[Node]:
        """The declarators of a declaration, through one that stands inside another."""
        row = self.row_of(node)
        if row is None:
            return []
        found = self.names(node, row.name)
        if len(found) == 1 and (inner := self.row_of(found[0])) and inner.what is What.DECLARE:
            return self.names(found[0], inner.name)
        return found

    def value_of(self, node: Node, spot: Node) -> Node | None:
        """The value given to a declarator."""
        inner = self.row_of(spot)
        if inner is not None and inner.what is What.KEYWORD:
            value = self.unwrap(self.get(spot, inner.value))
            return (
                value if value is None or self.what(value) is not None or value.type != "array_rank_specifier" else None
            )
        row = self.row_of(node)
        value = self.unwrap(self.get(node, row.value)) if row is not None else None
        return None if value is not None and value.id == spot.id else value

    # ---- literals

    def strings_in(self, node: Node | None) -> list[Node]:
        """The string literals that are a node, or stand close below it."""
        if self.grammar.wrappers:
            node = self.unwrap(node)
        level = [node] if node is not None else []
        for _ in range(4):
            found = [n for n in level if self.what(n) is What.STRING]
            if found:
                return found
            level = [c for n in level for c in n.named_children[:50]]
        return []

    def inside(self, node: Node) -> tuple[int, str]:
        """Bytes before the inside of a string literal, and the inside with escapes resolved, cut."""
        raw = self.text(node, 2400)
        before, inside, rawish = unquote(raw)
        if not rawish and not (raw[:1] in self.grammar.raw and raw[:1]):
            inside = unescape(inside)
        return len(raw[:before].encode("utf-8", "replace")), upto(" ".join(upto(inside, VALUE * 2).split()), VALUE)

    def unwrap(self, node: Node | None) -> Node | None:
        """What a node that only holds another holds."""
        own = self.grammar.wrappers
        # What brackets nothing in a language with a level of its own for each operator lies some twenty nodes deep.
        for _ in range(STEPS if own else 6):
            if node is None:
                break
            if node.type == "defaultValue":
                node = nth(node, node.named_child_count - 1)
                continue
            if node.named_child_count != 1 or (node.type not in _WRAPPERS and node.type not in own):
                break
            node = nth(node, 0)
        return node

    def elements(self, node: Node) -> list[Node]:
        """The elements of a literal or of arguments, without comments."""
        children = node.named_children
        for _ in range(3):
            kinds = {"value_arguments", "arguments", "argument_part", "row"}
            if len(children) != 1 or (children[0].type not in kinds and children[0].type not in self.grammar.wrappers):
                break
            children = children[0].named_children
        out = []
        for child in children:
            if child.type in _WRAPPERS or child.type in self.grammar.wrappers:
                child = self.unwrap(child) or child
            if self.what(child) is not What.COMMENT and child.type != "comma":
                out.append(child)
        return out

    def scalar(self, node: Node) -> str | None:
        """``s`` for a string, ``n`` for a number, ``b`` for a truth value, None for anything else."""
        if self.what(node) is What.STRING:
            return "s"
        if node.end_byte - node.start_byte > 40:
            return None
        raw = self.text(node, 44)
        if NUMBER.fullmatch(raw):
            return "n"
        return "b" if raw in {"true", "false", "True", "False"} else None

    def key_text(self, key: Node) -> str:
        """A key without its quotes."""
        return self.inside(key)[1] if self.what(key) is What.STRING else self.text(key, 100)

    def dictlike(self, node: Node) -> bool:
        """Whether a literal maps names or numbers to values."""
        if self.what(node) is What.DICT or self.couples(node):
            return True
        first = next((c for c in self.elements(node)[:3]), None)
        return first is not None and self.joins(first)

    def joins(self, node: Node) -> bool:
        """Whether a node holds a key and its value."""
        what = self.what(node)
        if node.type == "binary_expression" and what is What.PAIR:
            middle = nth(node, 1)
            return middle is not None and self.text(middle, 4) == "=>"
        if what is What.ASSIGN and self.grammar.assigners:
            operator = node.child_by_field_name("operator")
            return operator is None or operator.type == "=>" or operator.type in self.grammar.assigners
        return what in (What.PAIR, What.ASSIGN)

    def couples(self, node: Node) -> list[tuple[Node, Node]]:
        """Keys and values of a literal that has no node for each pair."""
        row = self.row_of(node)
        sign = row.items[0] if row is not None and row.items and row.what in (What.LIST, What.DICT) else ""
        if sign not in {"=>", ".."}:
            return []
        if sign == "..":
            found = self.elements(node)
            return list(zip(found[::2], found[1::2], strict=False))
        out: list[tuple[Node, Node]] = []
        before: Node | None = None
        open_ = False
        for child in node.children:
            if self.what(child) is What.COMMENT:
                continue
            if child.is_named and open_ and before is not None:
                out.append((before, self.unwrap(child) or child))
                before, open_ = None, False
            elif child.is_named:
                before = child
            elif child.type == sign:
                open_ = before is not None
            elif child.type == ",":
                before, open_ = None, False
        return out

    def telling(self, node: Node) -> bool:
        """Whether a literal holds keys or labels, so that it owns something."""
        if self.dictlike(node):
            return node.named_child_count > 0
        found = self.elements(node)
        if sum(self.what(e) is What.STRING for e in found) >= 2:
            return True
        return self.pairs(found) is not None or self.records(found) is not None

    def literal(self, node: Node) -> Node | None:
        """The literal that an expression is, through brackets, casts and calls that only build a collection."""
        found: Node | None = node
        for _ in range(6):
            if self.grammar.wrappers:
                found = self.unwrap(found)
            if found is None:
                return None
            what = self.what(found)
            if what is What.WORDS:
                return found
            if what in (What.LIST, What.DICT):
                return found if self.telling(found) else None
            if what is What.CALL:
                row = self.row_of(found)
                arguments = self.get(found, row.items) if row is not None else None
                if arguments is None:
                    return None
                inner = found.child_by_field_name("initializer")
                if inner is not None:
                    found = inner
                    continue
                if self.what(arguments) in (What.LIST, What.DICT):
                    found = arguments
                    continue
                children = self.elements(arguments)
                if self.builds(found, row, children):
                    return arguments
                if len(children) != 1 or self.what(children[0]) not in (What.LIST, What.DICT):
                    return None
                found = children[0]
                continue
            if what is not None and what != What.MUTE:
                return None
            count = found.named_child_count
            if count == 0 or count > 6:
                return None
            found = next(
                (c for c in found.named_children if self.what(c) in (What.LIST, What.DICT, What.CALL)), None
            ) or (nth(found, 0) if count == 1 else None)
        return None

    def builds(self, call: Node, row: Row | None, children: list[Node]) -> bool:
        """Whether a call only makes a collection of its arguments."""
        paired = bool(children) and all(self.what(c) is What.PAIR and self.joins(c) for c in children)
        if (
            row is None
            or not self.grammar.builders
            or (not paired and sum(self.what(c) is What.STRING for c in children) < 2)
        ):
            return False
        callee = self.get(call, row.name)
        if callee is None or last_word(self.text(callee).split("<")[0]) not in self.grammar.builders:
            return False
        return paired or all(self.what(c) is What.STRING for c in children)

    def pairs(self, found: list[Node]) -> list[tuple[Node, Node]] | None:
        """A list of two-element lists, one side at least a string."""
        if len(found) < 2 or any(self.what(e) is not What.LIST for e in found):
            return None
        out = []
        for element in found:
            sides = self.elements(element)
            if len(sides) != 2:
                return None
            kinds = (self.scalar(sides[0]), self.scalar(sides[1]))
            if "s" not in kinds or None in kinds:
                return None
            out.append((sides[0], sides[1]))
        return out

    def sides(self, pair: Node) -> tuple[Node | None, Node | None]:
        """Key and value of a pair."""
        row = self.row_of(pair)
        if row is None:
            return None, None
        key, value = self.unwrap(self.get(pair, row.items or row.name)), self.unwrap(self.get(pair, row.value))
        if key is not None and key.type == "computed_property_name":
            inner = self.strings_in(key)
            return (inner[0] if inner else None), value
        if key is not None and key.child_count and self.what(key) is not What.STRING:
            leaf = self.strings_in(key)
            if self.scalar(key) != "n":
                key = leaf[0] if leaf else self.leaf_name(key)
        return key, value

    def records(self, found: list[Node]) -> list[list[tuple[Node, Node]]] | None:
        """A list of small objects of the same keys with plain values: a codebook."""
        if len(found) < 2 or any(self.what(e) is not What.DICT for e in found):
            return None
        out: list[list[tuple[Node, Node]]] = []
        keys: list[str] | None = None
        for element in found:
            row: list[tuple[Node, Node]] = []
            for pair in self.elements(element):
                if self.what(pair) is not What.PAIR:
                    return None
                key, value = self.sides(pair)
                if key is None or value is None or self.scalar(value) is None:
                    return None
                row.append((key, value))
            here = sorted(self.text(k) for k, _ in row)
            if not 1 <= len(row) <= 3 or (keys is not None and keys != here):
                return None
            keys = here
            out.append(row)
        return out if any(self.scalar(v) == "s" for _, v in out[0]) else None
