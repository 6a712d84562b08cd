"""What can be taken out of source code: elements between separators, statements, branches, lines of comments.

A node of a syntax tree is climbed from until something is met that can go without the rest. What languages call things
is taken from the reader's tables; where things can go is told by their separators and by the blocks that hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from untag.readers._row import What

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from untag.readers._node import Nodes

__all__ = ["UNION", "Unit", "branch", "choices", "climb", "declared", "faults", "items", "leaf", "statement"]

#: Steps that are climbed at most.
_STEPS = 200
_OPEN = frozenset("([{<")
#: A type that is one of several.
UNION = "union_type"
#: Brackets around one expression.
_BRACKETS = frozenset({"parenthesized_expression", "condition_clause", "parenthesized_pattern", "condition"})
_ENDS = frozenset({")", "]", "}", ">", ";", "enum_body_declarations"})
#: Nodes whose children are statements or declarations, none parted from the next by a comma.
_BLOCKS = frozenset({
    "block", "body_statement", "chunk", "class_body", "class_declaration_body", "compilation_unit",
    "compound_statement", "control_structure_body", "declaration_list", "do_block", "enum_body_declarations",
    "enum_class_body", "extension_body", "field_declaration_list", "function_body", "implementation_definition",
    "interface_body", "module", "object_type", "program", "protocol_body", "source_file", "source", "statement_block",
    "statements", "struct_body", "switch_block_statement_group", "template_body", "then", "translation_unit",
    "then_statement", "interface_type", "class_interface", "class_implementation", "protocol_declaration",
    "field_list", "preproc_if", "preproc_ifdef", "preproc_else", "linkage_specification", "constructor_body",
})  # fmt: skip
#: Elements of markup that hold others.
_MARKUP = frozenset({"jsx_element", "jsx_fragment"})
#: Nodes that belong to the statement in them: decorators, exports, templates.
_AROUND = frozenset({
    "decorated_definition", "export_statement", "template_declaration", "expression_statement", "labeled_statement",
    "ambient_declaration", "field_declaration_statement",
})  # fmt: skip
#: Lists whose elements are told by their place in a call or a definition.
_CALLED = frozenset({
    "argument_list", "arguments", "formal_parameters", "function_value_parameters", "lambda_parameters",
    "parameter_list", "parameters", "template_argument_list", "template_parameter_list", "type_arguments",
    "type_parameters", "value_arguments", "call_suffix", "argument_part",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """What can go.

    Attributes:
        kind: ``element``, ``argument``, ``parameter``, ``member``, ``statement``, ``branch``, ``case``.
        node: It.
        holder: Where it lies.
        span: For a branch the bytes that go; else those of the node.
    """

    kind: str
    node: Node
    holder: Node
    span: tuple[int, int] | None = None


def leaf(root: Node, at: int) -> Node | None:
    """The smallest named node at a byte."""
    return root.named_descendant_for_byte_range(at, at + 1)


def faults(root: Node) -> int:
    """Nodes of a tree that are errors or missing."""
    count, stack = 0, [root] if root.has_error else []
    while stack:
        node = stack.pop()
        count += node.is_error or node.is_missing
        stack += [child for child in node.children if child.has_error]
    return count


def items(holder: Node) -> list[tuple[Node, Node]] | None:
    """First and last node of each element of a list that commas part; None where it is no such list.

    Before the first comma of a list without brackets stands more than its first element (``int a, b;``): of that only
    the last node is taken.
    """
    if holder.type in _BRACKETS:
        return None
    if holder.type == UNION:
        return [(node, node) for node in _united(holder)]
    groups: list[list[Node]] = [[]]
    comma = bracket = False
    opened = False
    for child in holder.children:
        if not child.is_named and child.type == ",":
            comma = True
            groups.append([])
        elif not child.is_named and child.type in _OPEN and not opened and not comma:
            bracket = opened = True
            groups = [[]]
        elif child.type in _ENDS:
            if child.type == ";" and bracket and not comma:
                return None
            if comma or bracket:
                break
            groups.append([])
        elif not child.type.endswith("comment"):
            groups[-1].append(child)
    if not comma and (not bracket or holder.type in _BLOCKS):
        return None
    found = [group for group in groups if group]
    if not bracket and found:
        found[0] = found[0][-1:]
    if any(not any(n.is_named for n in group) for group in found):
        return None
    if not comma and len(found) == 1 and sum(n.is_named for n in found[0]) > 1:
        return None
    return [(group[0], group[-1]) for group in found]


def _united(union: Node) -> Iterator[Node]:
    """The types of a union, which nest to the left."""
    stack = [union]
    while stack:
        node = stack.pop()
        if node.type == UNION:
            stack += reversed(node.named_children)
        elif not node.type.endswith("comment"):
            yield node


def _choice(node: Node, holder: Node) -> Unit | None:
    """A text that a union of TypeScript lists; of other types the whole goes, which none of them says alone."""
    if holder.type != UNION or node.type != "literal_type":
        return None
    while holder.parent is not None and holder.parent.type == UNION:
        holder = holder.parent
    return Unit("element", node, holder)


def element(holder: Node, node: Node) -> int | None:
    """The number of the element of a list that a node is, or lies in."""
    rows = items(holder)
    for number, (first, last) in enumerate(rows or ()):
        if first.start_byte <= node.start_byte and node.end_byte <= last.end_byte:
            return number
    return None


def climb(nodes: Nodes, node: Node, *, inside: bool = True) -> Unit | None:
    """The smallest thing around a node that can go.

    Args:
        nodes: The file.
        node: Where to begin.
        inside: Whether elements of literals count, or only arguments that are named, members and statements.
    """
    at = node
    for _ in range(_STEPS):
        parent = at.parent
        if parent is None:
            return None
        what = nodes.what(parent)
        if (alone := _markup(at, parent) or _choice(at, parent)) is not None:
            return alone
        if parent.type == UNION:
            at = parent
            continue
        if what is What.CASE and _guards(nodes, parent, at):
            return Unit("case", parent, parent.parent or parent)
        cut = branch(nodes, parent, at)
        if cut is not None:
            return cut
        if parent.type in _BLOCKS and items(parent) is None:
            return statement(at, parent)
        if element(parent, at) is not None and (unit := _listed(nodes, at, parent, inside=inside)) is not None:
            return unit
        at = parent
    return None


def _listed(nodes: Nodes, node: Node, holder: Node, *, inside: bool) -> Unit | None:
    """A unit of a list, where the element can be taken out of it."""
    what = nodes.what(node)
    if holder.type in _CALLED:
        above = nodes.what(holder.parent) if holder.parent is not None else None
        if above in (What.FUNCTION, What.LAMBDA) or "parameter" in holder.type:
            return Unit("parameter", node, holder)
        if what is What.KEYWORD or (what is What.PAIR and above is What.CALL):
            return Unit("argument", node, holder)
        # Of a call that only builds a list, the arguments are elements.
        call = holder.parent
        for _ in range(2):
            if call is not None and nodes.what(call) is not What.CALL:
                call = call.parent
        if inside and call is not None and nodes.builds(call, nodes.row_of(call), nodes.elements(holder)):
            return Unit("element", node, holder)
        return None
    if what is What.MEMBER or "enum" in holder.type:
        return Unit("member", node, holder)
    if nodes.what(holder) is What.SUBSCRIPT and choices(nodes, holder):
        return Unit("element", node, holder)
    if nodes.what(holder) in (What.ANNOTATION, What.SUBSCRIPT, What.CONDITION):
        return None
    return Unit("element", node, holder) if inside or what is not What.STRING else None


def choices(nodes: Nodes, holder: Node) -> bool:
    """Whether a list is the texts that a type of Python allows: ``Literal["a", "b"]``; its order says nothing."""
    if holder.type == "type_parameter" and holder.prev_sibling is not None:
        return nodes.text(holder.prev_sibling, 40) == "Literal"
    return holder.type == "subscript" and nodes.text(holder.children[0], 80).rpartition(".")[2] == "Literal"


def _markup(node: Node, holder: Node) -> Unit | None:
    """An element of markup in another: what a component shows goes, what stands beside it stays."""
    if holder.type not in _MARKUP or node.type not in {*_MARKUP, "jsx_self_closing_element"}:
        return None
    return Unit("statement", node, holder, (node.start_byte, node.end_byte))


def statement(node: Node, holder: Node) -> Unit:
    """A statement with what belongs to it: its decorators and attributes before it, its semicolon behind it."""
    start, end = node.start_byte, node.end_byte
    after = node.next_sibling
    if after is not None and not after.is_named and after.type in (";", ","):
        end = after.end_byte
    before = node.prev_sibling
    while before is not None and before.type in ("attribute_item", "annotation", "attribute_list", "pub"):
        start, before = before.start_byte, before.prev_sibling
    return Unit("statement", node, holder, (start, end))


def declared(nodes: Nodes, node: Node) -> Unit | None:
    """What declares the name at a node: an enum member, one of several declarators, or a whole statement."""
    at = node
    for _ in range(_STEPS):
        parent = at.parent
        if parent is None:
            return None
        if (alone := _markup(at, parent) or _choice(at, parent)) is not None:
            return alone
        if parent.type == UNION:
            at = parent
            continue
        if nodes.what(at) is What.MEMBER or (nodes.what(parent) is What.MEMBER and items(parent) is None):
            member = at if nodes.what(at) is What.MEMBER else parent
            holder = member.parent
            if holder is None:
                return None
            return Unit("member", member, holder) if element(holder, member) is not None else statement(member, holder)
        rows = items(parent)
        if rows is not None and element(parent, at) is not None and parent.type not in ("tuple", "pattern_list"):
            if parent.type in _CALLED:
                makes = parent.parent is not None and nodes.what(parent.parent) is What.CALL
                return Unit("element" if makes else "parameter", at, parent)
            if "enum" in parent.type:
                return Unit("member", at, parent)
            if len(rows) > 1 or nodes.what(at) is What.PAIR:
                return Unit("element", at, parent)
        if parent.type in _BLOCKS and rows is None:
            return statement(at, parent)
        at = parent
    return None


def branch(nodes: Nodes, holder: Node, node: Node) -> Unit | None:
    """A branch whose condition holds a node, where it can go without the others."""
    if nodes.what(holder) is not What.CONDITION or not _guards(nodes, holder, node):
        return None
    if holder.type == "elif_clause":
        return Unit("branch", holder, holder.parent or holder, (holder.start_byte, holder.end_byte))
    if not holder.type.startswith("if"):
        return None
    others = holder.children_by_field_name("alternative")
    above = holder.parent
    chained = above is not None and above.type in ("else_clause", "if_statement") and not _block(above, holder)
    start = above.start_byte if chained and above is not None and above.type == "else_clause" else holder.start_byte
    if not others:
        if chained and above is not None and above.type == "else_clause":
            return Unit("branch", holder, above, (start, holder.end_byte))
        return None if chained else Unit("branch", holder, above or holder, (holder.start_byte, holder.end_byte))
    first = others[0]
    if chained and above is not None and above.type == "else_clause" and first.type == "else_clause":
        return Unit("branch", holder, above, (start, first.start_byte))
    if first.type == "elif_clause":
        # ``elif`` becomes the ``if``.
        return Unit("branch", holder, above or holder, (holder.start_byte, first.start_byte + 2))
    inner = next((c for c in first.named_children if c.type == holder.type), None)
    if inner is not None and not chained:
        return Unit("branch", holder, above or holder, (holder.start_byte, inner.start_byte))
    return None


def _block(above: Node, node: Node) -> bool:
    """Whether a node is the body of another and not its next condition."""
    body = above.child_by_field_name("consequence") or above.child_by_field_name("body")
    return body is not None and body.id == node.id


def _guards(nodes: Nodes, holder: Node, node: Node) -> bool:
    """Whether a node is the condition of what holds it."""
    row = nodes.row_of(holder)
    guard = nodes.get(holder, row.items) if row is not None else None
    return guard is not None and guard.start_byte <= node.start_byte and node.end_byte <= guard.end_byte
