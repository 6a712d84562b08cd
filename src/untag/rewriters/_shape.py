"""Languages whose lists are parted by more than commas: what can be taken out of them, by the types of their nodes.

Where a type is not named here nothing is taken out: what lies in it is climbed through, and kept where nothing is met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from untag.readers._row import What
from untag.rewriters._unit import Unit, statement

if TYPE_CHECKING:
    from tree_sitter import Node

    from untag.readers._node import Nodes

__all__ = ["LAYOUTS", "SHAPES", "Item", "parts", "separator", "unit"]

#: Of a block, whose children are statements or declarations; of elements that blanks alone part; of keys and values in
#: turn. Else what parts the elements, behind the bracket that opens the list where others stand before it.
ROWS, BLANK, TURNS = "rows", " ", "2"
SHAPES: dict[str, dict[str, str]] = {
    "pascal": {
        "declEnum": ",", "arrInitializer": ",", "exprBrackets": ",", "recInitializer": ";", "declArgs": ";",
        **dict.fromkeys(
            ("declClass", "declSection", "declConsts", "declTypes", "declVars", "block", "interface"), ROWS
        ),
    },
    "powershell": {
        "parameter_list": ",", "class_method_parameter_list": ",", "attribute_arguments": ",",
        "array_literal_expression": ",",
        **dict.fromkeys(("enum_statement", "class_statement", "statement_list", "hash_literal_body"), ROWS),
    },
    "perl": {"list_expression": ",", "source_file": ROWS, "block": ROWS},
    "elixir": {
        "list": ",", "keywords": ",", "map_content": ",", **dict.fromkeys(("source", "do_block", "else_block"), ROWS),
    },
    "prisma": dict.fromkeys(("enum_block", "model_block", "key_value_block", "source_file"), ROWS),
    "julia": {
        "vector_expression": ",", "argument_list": "(,", "tuple_expression": "(,", "macro_argument_list": BLANK,
        **dict.fromkeys(
            ("source_file", "module_definition", "struct_definition", "function_definition", "compound_statement"), ROWS
        ),
    },
    "haskell": {
        "data_constructors": "|", "fields": ",", "list": ",", "record": "{,", "declarations": ROWS, "imports": ROWS,
    },
    "erlang": {
        "record_decl": "{,", "record_expr": "{,", "map_expr": "{,", "list": ",", "pipe": "|", "source_file": ROWS,
    },
    "fsharp": {
        "enum_type_cases": "|", "union_type_cases": "|", "record_fields": ";", "list_expression": ";",
        "array_expression": ";", "field_initializers": ";", **dict.fromkeys(("file", "named_module"), ROWS),
    },
    "clojure": {"vec_lit": BLANK, "set_lit": BLANK, "map_lit": TURNS, "source": ROWS},
    "nim": {
        "enum_declaration": ",", "array_construction": ",", "curly_construction": ",",
        "parameter_declaration_list": ",",
        **dict.fromkeys(
            ("source_file", "field_declaration_list", "type_section", "const_section", "let_section", "var_section",
             "statement_list"), ROWS,
        ),
    },
    "solidity": {
        "enum_body": ",", "inline_array_expression": ",",
        **dict.fromkeys(
            ("function_definition", "event_definition", "error_declaration", "modifier_definition",
             "constructor_definition"), "(,",
        ),
        **dict.fromkeys(("contract_body", "struct_body", "function_body", "block_statement", "source_file"), ROWS),
    },
    # Nothing is taken out of these: the one is read by another's grammar, of the other no shape is known yet.
    "groovy": {}, "fortran": {},
}  # fmt: skip
#: Blocks of declarations that a word opens: with the last of these it goes, too.
SECTIONS = frozenset({
    "declConsts", "declTypes", "declVars", "const_section", "let_section", "var_section", "type_section",
})  # fmt: skip
#: Languages in which the order of fields is that of a constructor, of storage or of memory.
LAYOUTS = frozenset({"clojure", "erlang", "haskell", "julia", "pascal", "solidity"})
#: Lists of what a function takes.
_TAKES = frozenset({
    "declArgs", "parameter_list", "class_method_parameter_list", "parameter_declaration_list", "function_definition",
    "event_definition", "error_declaration", "modifier_definition", "constructor_definition",
})  # fmt: skip
#: Types of members of an enum, where the reader tells them by where they stand.
_MEMBERS = frozenset({"data_constructor", "enum_value"})
#: Calls that steer what is done, and bind names in turn with their values.
_STEERS = frozenset({"case", "cond", "for", "fn", "if", "receive", "try", "unless", "with"})
_DEFINES = frozenset({
    "def", "defimpl", "defmacro", "defmacrop", "defmodule", "defp", "defprotocol", "embeds_many", "embeds_one",
    "schema",
})  # fmt: skip
_BINDS = frozenset({"binding", "doseq", "dotimes", "for", "if-let", "let", "loop", "when-let", "with-open"})
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_NONE = frozenset({What.CONDITION, What.SWITCH, What.CASE})
_OWNERS = frozenset({What.DEFINED, What.ENUM, What.FUNCTION, What.SCOPE, What.TYPEDEF})
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a list.

    Attributes:
        first: Its first node.
        last: Its last.
        before: What parts it from the one before, if anything does.
        after: What parts it from the next.
    """

    first: Node
    last: Node
    before: Node | None = None
    after: Node | None = None


def separator(language: str, holder: Node) -> str:
    """What parts the elements of a list; nothing where a node is none."""
    shape = SHAPES.get(language, {}).get(holder.type, "")
    return "" if shape == ROWS else shape[-1:]


def parts(language: str, holder: Node) -> list[Item]:
    """The elements of a list, in order; none where a node is no list."""
    shape = SHAPES[language].get(holder.type, "")
    if shape in ("", ROWS):
        return []
    sign, opens = shape[-1], shape[:-1]
    rows: list[tuple[list[Node], Node | None]] = [([], None)]
    for child in _inside(holder, opens):
        if child.type.endswith("comment") or child.type in ("haddock", "dis_expr"):
            continue
        parted = not child.is_named and child.type.strip() == sign
        if parted or (not child.is_named and child.type in (";", "\n") and sign != "|"):
            rows.append(([], child))
        elif sign in (BLANK, TURNS) or (holder.type in _LOOSE and child.type in _LOOSE[holder.type]):
            # What stands on a line of its own needs no sign.
            full = sign == TURNS and len(rows[-1][0]) == 1
            if rows[-1][0] and not full:
                rows.append(([], None))
            rows[-1][0].append(child)
        elif child.is_named or child.type not in _OPEN | _CLOSE:
            rows[-1][0].append(child)
    held = [(nodes, sign_) for nodes, sign_ in rows if any(n.is_named for n in nodes)]
    signs = [*(sign_ for _, sign_ in held[1:]), rows[-1][1] if not rows[-1][0] else None]
    return [Item(nodes[0], nodes[-1], sign_, after) for (nodes, sign_), after in zip(held, signs, strict=True)]


#: Lists whose elements of these types need no sign between them where each has a line.
_LOOSE: dict[str, frozenset[str]] = {
    "enum_declaration": frozenset({"enum_field_declaration"}),
    "record_fields": frozenset({"record_field"}),
    "field_initializers": frozenset({"field_initializer"}),
}


def _inside(holder: Node, opens: str) -> list[Node]:
    """Children of a list, without what stands before its bracket and behind the one that closes it."""
    if holder.type == "pipe":
        # Alternatives hang in each other, the second in the first.
        out: list[Node] = []
        for child in holder.children:
            out += _inside(child, "") if child.type == "pipe" else [child]
        return out
    children = holder.children
    if holder.type == "enum_declaration":
        return [c for c in children if c.type in (*_LOOSE["enum_declaration"], ",") or c.type.endswith("comment")]
    start = next((i for i, c in enumerate(children) if not c.is_named and c.type == opens), -1) if opens else -1
    if opens and start < 0:
        return []
    if not opens:
        start = next((i for i, c in enumerate(children) if not c.is_named and c.type in _OPEN), -1)
    end = next((i for i in range(start + 1, len(children)) if _closes(children[i])), len(children))
    return children[start + 1 : end]


def _closes(node: Node) -> bool:
    return not node.is_named and node.type in _CLOSE


def unit(nodes: Nodes, language: str, node: Node, *, own: bool) -> Unit | None:
    """The smallest thing around a node that can go; None where nothing is known to.

    Args:
        nodes: The file.
        language: Its language.
        node: Where to begin.
        own: Whether the node is the name of what is declared there.
    """
    shapes = SHAPES[language]
    at = node
    for _ in range(_STEPS):
        parent = at.parent
        if parent is None or (nodes.what(parent) in _NONE and not own):
            return None
        while parent.type == "pipe" and parent.parent is not None and parent.parent.type == "pipe":
            parent = parent.parent
        shape = shapes.get(parent.type)
        if shape == ROWS and _after(parent, at):
            return _row(nodes, at, parent, node, own=own)
        if shape is not None and shape != ROWS and (found := _element(nodes, language, parent, at)) is not None:
            return found
        if language == "elixir" and parent.type == "call" and _word(nodes, parent) in _STEERS:
            return None
        at = parent
    return None


def _after(block: Node, node: Node) -> bool:
    """Whether a node stands in a block and not before it, where its name does."""
    opened = next((c for c in block.children if not c.is_named and c.type in ("{", "do")), None)
    if opened is not None:
        return node.start_byte >= opened.end_byte
    return not (node.type.startswith("k") and node.type[1:2].isupper()) and node.type not in ("type_head", "signature")


def _row(nodes: Nodes, at: Node, block: Node, node: Node, *, own: bool) -> Unit | None:
    """A statement or declaration of a block, unless it holds more than what is spoken of."""
    lone = own and _names(nodes, at, node)
    if not lone and _holds(nodes, at, node):
        return None
    if at.type == "pp":
        return None  # one of two that stand or fall together
    names = [c for c in at.children if c.type == "identifier"]
    if at.type == "declField" and len(names) > 1:
        return None
    if block.type in SECTIONS and block.parent is not None and sum(
        c.is_named and not c.type.endswith("comment") and c.type[1:2].islower() for c in block.children
    ) == 1:  # fmt: skip
        return statement(block, block.parent)
    return statement(at, block)


def _names(nodes: Nodes, at: Node, node: Node) -> bool:
    """Whether a name is that of a thing."""
    if at.type == "list_lit":
        held = at.named_children
        return len(held) > 1 and held[1].start_byte <= node.start_byte < held[1].end_byte
    if _word(nodes, at) in _DEFINES:
        first = at.named_children[-1] if len(at.named_children) < 3 else at.named_children[1]
        named = first.named_children[:1] if first.type == "arguments" else []
        while named and named[0].type in ("call", "binary_operator"):
            named = named[0].named_children[:1]
        return any(one.start_byte <= node.start_byte < one.end_byte for one in named)
    row = nodes.row_of(at)
    while row is None and at.named_child_count == 1:
        at = at.named_children[0]
        row = nodes.row_of(at)
    spots = nodes.names(at, row.name) if row is not None else []
    named = [nodes.leaf_name(one) or one for one in spots]
    return any(one.start_byte <= node.start_byte < one.end_byte for one in named)


def _holds(nodes: Nodes, at: Node, node: Node) -> bool:
    """Whether between a thing and a node in it stands a function, a type or another owner."""
    one: Node | None = node
    while one is not None and one.id != at.id:
        if _owns(nodes, one):
            return True
        one = one.parent
    return not _plain(nodes, at) if at.type == "list_lit" else _owns(nodes, at)


def _owns(nodes: Nodes, node: Node) -> bool:
    """Whether a node is a function, a type, a module."""
    if nodes.what(node) in _OWNERS:
        return True
    first = node.named_children[0].type if node.named_child_count else ""
    if first == "function_declaration_left" or (node.type == "assignment" and first == "call_expression"):
        return True
    return node.type == "call" and _word(nodes, node) in _DEFINES


def _plain(nodes: Nodes, form: Node) -> bool:
    """Whether a form only gives a name to data, or is a comment."""
    return _word(nodes, form).rpartition("/")[2] in ("comment", "def", "defonce")


def _word(nodes: Nodes, form: Node) -> str:
    """The first word of a call or form."""
    held = form.named_children
    return nodes.text(held[0], 60) if held else ""


def _element(nodes: Nodes, language: str, holder: Node, node: Node) -> Unit | None:
    """A unit of a list; None where the node is none of its elements, or what else lies in them is not known."""
    rows = parts(language, holder)
    here = next((r for r in rows if r.first.start_byte <= node.start_byte and node.end_byte <= r.last.end_byte), None)
    if here is None or not _free(nodes, language, holder, rows):
        return None
    what = nodes.what(here.first)
    if holder.type in _TAKES or _defines(nodes, holder):
        return Unit("parameter", here.first, holder)
    if what is What.MEMBER or here.first.type in _MEMBERS or holder.type == "macro_argument_list":
        return Unit("member", here.first, holder)
    return Unit("element", here.first, holder)


def _free(nodes: Nodes, language: str, holder: Node, rows: list[Item]) -> bool:
    """Whether elements of a list can go one by one."""
    above = holder.parent
    if language == "clojure" and above is not None and above.type == "list_lit":
        first = _word(nodes, above).rpartition("/")[2]
        return first not in _BINDS and not first.startswith(":")
    if holder.type == "argument_list":
        # Of a call that only builds a map, and of what a function takes.
        call = holder.parent
        return call is not None and (_word(nodes, call) in ("Dict", "Set") or _defines(nodes, holder))
    if holder.type == "macro_argument_list":
        # The grammar takes a value and the members behind it for one product.
        return holder.parent is not None and "@enum" in nodes.text(holder.parent, 12) and all(
            row.first.id == row.last.id and row.first.type == "identifier" for row in rows[1:]
        )  # fmt: skip
    if holder.type in ("array_literal_expression", "list_expression"):
        return len(rows) > 1 or holder.type == "list_expression"
    return True


def _defines(nodes: Nodes, holder: Node) -> bool:
    """Whether a list says what a function takes: of Julia's signatures and Clojure's ``defn``."""
    at = holder.parent
    if holder.type == "vec_lit":
        return at is not None and at.type == "list_lit" and _word(nodes, at) in ("defn", "defn-", "fn", "defmacro")
    for _ in range(3):
        if at is None:
            return False
        if at.type == "signature":
            return True
        at = at.parent
    return False
