"""Declarations in source: types, enums, functions, fields, constants, assignments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.readers._node import NUMBER, PATTERNS, VALUE, WORDS, last_word, nth
from untag.readers._prop import Props
from untag.readers._row import Row, What
from untag.readers._stand import Named, Said, Target
from untag.readers._use import TRIVIAL
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Declarations"]

#: Longest source quoted for a type.
TYPE = 200


class Declarations(Props):
    """Opens the scopes of declared things and gives names their roles."""

    def on_skip(self, _node: Node, _row: Row) -> bool:
        """Nothing."""
        return False

    def on_mute(self, node: Node, _row: Row) -> bool:
        """Nothing, but the source is accounted for."""
        if node.child_count == 0:
            if self.astray[0] == self.depth and node.end_byte <= self.astray[1]:
                # The inside of a string whose quotes were lost.
                self.lex_range(node.start_byte, node.end_byte)
            self.last = max(self.last, node.end_byte)
        return True

    def on_scope(self, node: Node, row: Row) -> bool:
        """A class, struct, interface or enum."""
        alias = self.naming.pop((node.start_byte, node.end_byte), None)
        body = self.get(node, row.body) if row.body else node
        leaf = self.leaf_name(self.get(node, row.name))
        if body is None:
            return True
        enum = (
            row.what is What.ENUM
            or body.type == "enum_class_body"
            or (bool(row.value) and row.value[0] != "value" and self.get(node, row.value) is not None)
        )
        flat = not enum and self.constants_only(node, row, body)
        if body.type == "data_constructors":
            enum = not any(part.type == "record" for c in body.named_children[:200] for part in c.named_children[:3])
        if not flat and not enum and row.items and self.grammar.enums:
            bases = self.get(node, row.items)
            flat = bases is not None and any(
                w in self.grammar.enums or w.endswith("Enum") for w in WORDS.findall(self.text(bases))
            )
        name = alias[0] if alias else self.text(leaf) if leaf else ""
        if not name and not enum:
            return True
        path = alias[1] if alias else self.unique(self.join(self.owner, name or "enum"))
        kind = Kind.ENUM if enum or flat else row.kind
        said = Said(name, path, kind, leaf.start_byte if leaf is not None else -1)
        if leaf is not None:
            self.pending[leaf.start_byte] = Named(Role.ENUM if kind is Kind.ENUM else Role.TYPE, path, kind)
        if not alias or leaf is not None:
            self.declared(node, leaf, said)
        if self.missed(node):
            self.show_name(leaf)
            return False
        self.document(body, said)
        self.push(owner=path, kind=kind, klass=(path, kind), flat=flat, said=said, target=None)
        return True

    def constants_only(self, _node: Node, _row: Row, body: Node) -> bool:
        """Whether a class or interface holds two or more constants and nothing else: an enum in all but name."""
        words = self.grammar.constants
        if not words or body.named_child_count < 2:
            return False
        count = 0
        for child in body.named_children:
            what = self.what(child)
            if what is What.COMMENT:
                continue
            if what is not What.DECLARE:
                return False
            value = next(
                (v for n in self.declarators(child) for v in (self.value_of(child, n),) if v is not None), None
            )
            if value is None or value.end_byte - value.start_byte > VALUE:
                return False
            if child.type != "constant_declaration":
                head = self.source[child.start_byte : value.start_byte].decode("utf-8", "replace").split()
                if not all(w in head for w in words):
                    return False
            count += 1
        return count >= 2

    def on_function(self, node: Node, row: Row) -> bool:
        """A function or method: its name belongs to what holds it, its inside to itself."""
        spot = self.get(node, row.name)
        leaf = self.leaf_name(spot)
        holder: tuple[str, Kind] = (self.dict, Kind.DICT) if self.depth == self.dict_at + 1 else (self.owner, self.kind)
        if spot is not None and (part := self.function_part(spot)) is not None:
            spot = part.child_by_field_name("declarator") or spot
            leaf = self.leaf_name(spot)
            if spot.type == "qualified_identifier":
                words = WORDS.findall(self.text(spot))
                # ``Foo::set`` outside of Foo is Foo's.
                if len(words) > 1:
                    leaf = self.innermost(spot)
                    holder = (self.join(self.owner, *words[:-1]), Kind.CLASS)
        receiver = node.child_by_field_name("receiver")
        if receiver is not None and (word := last_word(self.text(receiver, 200).split("[")[0])):
            holder = (self.join(self.owner, word), Kind.STRUCT)
        return self.function(node, row, leaf, holder)

    def function(self, node: Node, row: Row, leaf: Node | None, holder: tuple[str, Kind]) -> bool:
        """Open the scope of a callable."""
        name = self.text(leaf) if leaf is not None else ""
        path = self.join(holder[0], name or "function")
        self.head = path
        # A prototype and its definition are one thing.
        if self.get(node, row.body) is not None:
            path = self.unique(path)
        if leaf is not None:
            self.pending[leaf.start_byte] = Named(Role.FUNCTION, *holder)
        said = Said(name, path, Kind.CALLABLE, leaf.start_byte if leaf is not None else -1)
        self.declared(node, leaf, said)
        if self.skipped(node):
            self.show_name(leaf)
            return False
        self.document(self.get(node, row.body), said)
        self.push(owner=path, kind=Kind.CALLABLE, said=said, target=None, flat=False)
        return True

    def on_lambda(self, node: Node, _row: Row) -> bool:
        """A function without a name of its own: that of what it is assigned to, or none."""
        known = self.callables.pop((node.start_byte, node.end_byte), None)
        if known is not None:
            if self.skipped(node):
                return False
            self.push(owner=known[1], kind=Kind.CALLABLE, said=None, target=None, flat=False)
        else:
            self.push(target=None)
        return True

    def on_member(self, node: Node, row: Row) -> bool:
        """A member of an enum."""
        leaf = self.leaf_name(self.get(node, row.name))
        if leaf is None:
            return True
        value = self.get(node, row.value)
        if self.grammar.wrappers:
            value = self.unwrap(value)
        shown = ""
        if value is not None:
            shown = self.flat_text(value, VALUE)
            if self.what(value) is What.STRING:
                shown = self.inside(value)[1]
                self.pending[value.start_byte] = Named(Role.VALUE, self.owner, self.kind, self.text(leaf))
            elif shown.startswith("(") and shown.endswith(")"):
                shown = shown[1:-1]
        self.pending[leaf.start_byte] = Named(Role.MEMBER, self.owner, self.kind, "", shown)
        said = Said(self.text(leaf), self.owner, self.kind, leaf.start_byte)
        self.declared(node, leaf, said)
        self.on_line[self.lines.row(max(node.end_byte - 1, 0))] = said
        self.push(said=said, target=Target(self.join(self.owner, said.name), said.name))
        return True

    def on_declare(self, node: Node, row: Row) -> bool:  # noqa: C901 - one branch a kind of node
        """A field, parameter, constant or variable."""
        spots = self.declarators(node)
        if not spots:
            return True
        if spots[0].type in {
            "function_declarator",
            "pointer_declarator",
            "reference_declarator",
        } and self.function_part(spots[0]):
            return self.on_function(node, row)
        if row.role is not None:
            role = row.role
            if (
                role is Role.PARAMETER
                and self.kind in (Kind.CLASS, Kind.STRUCT)
                and node.type != "parameter_declaration"
            ):
                # The parameters of a record's or class's own head are its fields.
                role = Role.FIELD
        elif self.kind in (Kind.CLASS, Kind.STRUCT, Kind.ENUM):
            role = Role.MEMBER if self.flat else Role.FIELD
        else:
            role = Role.CONSTANT
        typed = self.get(node, row.type) if row.type else None
        if typed is None and spots and (outer := self.get(node, row.name)) is not None and outer.id != spots[0].id:
            typed = self.get(outer, row.type)
        kind_text = self.flat_text(typed, TYPE).lstrip(": ") if typed is not None else ""
        if typed is not None and typed.child_by_field_name("body") is not None and (leaf := self.leaf_name(spots[0])):
            # A struct or enum declared on the spot takes the name of what it types.
            inner_row = self.row_of(typed)
            if inner_row is not None and self.get(typed, inner_row.name) is None:
                name = self.text(leaf)
                self.naming[typed.start_byte, typed.end_byte] = (name, self.unique(self.join(self.owner, name)))
            kind_text = kind_text.split("{")[0].strip()
        said: Said | None = None
        tag = node.child_by_field_name("tag")
        if tag is not None and (leaf := self.leaf_name(spots[0])) is not None:
            self.pending[tag.start_byte] = Named(Role.ANNOTATION, self.owner, self.kind, self.text(leaf))
        for spot in spots:
            found = self.leaf_name(spot)
            if found is not None and self.grammar.wrappers and found.start_byte in self.pending:
                continue  # an assignment around it has named it
            if found is None:
                self.spread(spot, role)
            elif made := self.name_it(found, role, kind_text, self.value_of(node, spot), node):
                said = said or made
        if said is not None:
            self.push(said=said, target=Target(self.join(self.owner, said.name), said.name))
            if self.assigned and self.target is not None:
                self.target.count = (
                    1
                    if row.value and any((v := self.value_of(node, s)) is not None and self.literal(v) for s in spots)
                    else 0
                )
        return True

    def spread(self, spot: Node, role: Role) -> None:
        """Several names in one pattern."""
        for child in spot.named_children[:200]:
            leaf = self.leaf_name(child) if child.child_count == 0 else None
            if leaf is not None and self.row_of(leaf) is None:
                self.pending[leaf.start_byte] = Named(role, self.owner, self.kind)

    def name_it(
        self, leaf: Node, role: Role, typed: str, value: Node | None, node: Node, holder: tuple[str, Kind] | None = None
    ) -> Said:
        """Give a leaf its role, with what is known of its value."""
        name = self.text(leaf)
        owner, kind = holder or (self.owner, self.kind)
        base = self.join(owner, name)
        shown = ""
        if value is not None:
            what = self.what(value)
            if what is What.STRING:
                shown = self.inside(value)[1]
                self.pending.setdefault(value.start_byte, Named(Role.VALUE, owner, kind, name))
            elif what is What.LAMBDA:
                role = Role.FUNCTION
                path = self.unique(base)
                self.callables[value.start_byte, value.end_byte] = (name, path)
                self.pending[leaf.start_byte] = Named(role, owner, kind)
                made = Said(name, path, Kind.CALLABLE)
                self.declared(node, leaf, made)
                return made
            elif (literal := self.literal(value)) is not None:
                owner = self.unique(base)
                pairs = self.dictlike(literal) or self.pairs(self.elements(literal)) is not None
                kind = Kind.DICT if pairs else Kind.LIST
                self.assigned[literal.start_byte, literal.end_byte] = owner
            elif value.end_byte - value.start_byte <= VALUE:
                raw = self.flat_text(value, VALUE)
                if NUMBER.fullmatch(raw) or raw in TRIVIAL or role is Role.MEMBER:
                    shown = raw
        self.pending[leaf.start_byte] = Named(role, owner, kind, "", shown, typed)
        made = Said(name, owner, kind, leaf.start_byte)
        self.declared(node, leaf, made)
        if role is not Role.CONSTANT or node.end_byte - node.start_byte < VALUE:
            self.on_line[self.lines.row(max(node.end_byte - 1, 0))] = made
        return made

    def on_name(self, node: Node, row: Row) -> bool:
        """A leaf that declares by itself."""
        role = row.role or Role.CONSTANT
        if node.start_byte not in self.pending:
            owner, kind = (self.dict, Kind.DICT) if role is Role.KEY and self.dict else (self.owner, self.kind)
            self.pending[node.start_byte] = Named(role, owner, kind)
        return True

    def on_assign(self, node: Node, row: Row) -> bool:  # noqa: C901 - one branch a kind of node
        """An assignment: to a name, to a field of its own object, to a key."""
        if self.grammar.assigners:
            operator = node.child_by_field_name("operator")
            if operator is not None and operator.type not in self.grammar.assigners:
                return True
        left, right = self.unwrap(self.get(node, row.name)), self.unwrap(self.get(node, row.value))
        if left is None:
            head = self.get(node, row.items)
            if head is None:
                return True
            return self.function(node, row, self.leaf_name(head), (self.owner, self.kind))
        if left.type == "directly_assignable_expression" and left.named_child_count == 1:
            left = nth(left, 0) or left
        typed = self.get(node, row.type)
        if self.grammar.wrappers and (inner := self.row_of(left)) is not None and inner.what is What.DECLARE:
            # A name with its type, and the value behind it.
            typed, left = self.get(left, inner.type), self.unwrap(self.get(left, inner.name)) or left
        typing = self.flat_text(typed, TYPE) if typed is not None else ""
        name = ""
        said: Said | None = None
        if left.child_count == 0 or left.type in {"variable_name", "identifier", "simple_identifier"}:
            leaf = self.leaf_name(left)
            if leaf is not None and leaf.start_byte in self.pending:
                return self.on_pair(node, row)
            if leaf is not None:
                name = self.text(leaf)
                if self.flat or (self.kind is Kind.ENUM and self.grammar.forms):
                    role = Role.MEMBER
                else:
                    role = Role.FIELD if self.kind in (Kind.CLASS, Kind.STRUCT) else Role.CONSTANT
                if name in self.grammar.fields and right is not None:
                    self.record(right)
                if right is not None and self.closed(right):
                    return self.on_alias(node, row)
                holder = None
                if name.startswith("@") and self.klass is not None:
                    role, holder = Role.FIELD, self.klass
                said = self.name_it(leaf, role, typing, right, node, holder)
        elif left.type in PATTERNS:
            self.spread(left, Role.CONSTANT)
        elif self.what(left) in (What.SUBSCRIPT, What.CALL) and (inner := self.row_of(left)) is not None:
            self.keyed(left, right, inner)
        elif (
            (last := self.get(left, ("-1",))) is not None
            and last.type in {"indexing_suffix", "unconditional_assignable_selector"}
            and self.strings_in(last)
        ):
            self.keyed(left, right, Row(What.SUBSCRIPT, name=("0",), items=("-1",)))
        else:
            whole = self.text(left, 200)
            name = last_word(whole)
            leaf = self.tail(left)
            own = self.klass is not None and any(
                whole.startswith((o + ".", o + "->", "$" + o + "->")) for o in self.grammar.own
            )
            if leaf is not None and own and self.klass is not None and whole.count(".") + whole.count("->") == 1:
                said = self.name_it(leaf, Role.FIELD, typing, right, node, self.klass)
            elif right is not None and self.what(right) is What.STRING:
                self.pending.setdefault(right.start_byte, Named(Role.VALUE, self.owner, self.kind, name))
        if name:
            self.note(node.start_byte, name)
            target = Target(
                said.owner if said and said.kind in (Kind.LIST, Kind.DICT) else self.join(self.owner, name), name
            )
            target.count = 1 if said and said.kind in (Kind.LIST, Kind.DICT) else 0
            self.push(target=target)
        return True

    def closed(self, node: Node) -> bool:
        """Whether an expression is a closed set of literals, ``Literal[…]``."""
        row = self.row_of(node)
        if row is None or row.what is not What.SUBSCRIPT or not self.grammar.enums:
            return False
        return last_word(self.text(self.get(node, row.name) or node, 80)) == "Literal"

    def keyed(self, left: Node, right: Node | None, row: Row) -> None:
        """``thing["key"] = …``."""
        holder = self.get(left, row.name)
        path = self.join(self.owner, self.text(holder, 80) if holder is not None else "")
        for index in self.strings_in(self.get(left, row.items)):
            key = self.inside(index)[1]
            shown = ""
            if right is not None:
                raw = self.flat_text(right, VALUE)
                if self.what(right) is What.STRING:
                    shown = self.inside(right)[1]
                    self.pending[right.start_byte] = Named(Role.VALUE, path, Kind.DICT, key)
                elif NUMBER.fullmatch(raw):
                    shown = raw
            self.pending[index.start_byte] = Named(Role.KEY, path, Kind.DICT, "", shown)

    def record(self, right: Node) -> None:
        """A list of (name, type) pairs that declares the fields of a record."""
        owner, _kind = self.klass or (self.owner, self.kind)
        for element in right.named_children:
            if self.what(element) is not What.LIST or element.named_child_count < 2:
                continue
            name, typed = nth(element, 0), nth(element, 1)
            if name is not None and typed is not None and self.what(name) is What.STRING:
                self.pending[name.start_byte] = Named(
                    Role.FIELD, owner, Kind.STRUCT, "", "", self.flat_text(typed, TYPE)
                )
        self.quiet = (right.start_byte, right.end_byte)

    def on_alias(self, node: Node, row: Row) -> bool:
        """A type of another name: a closed set, a structure, or just a name."""
        leaf, value = self.leaf_name(self.get(node, row.name)), self.get(node, row.value)
        if leaf is None:
            return True
        name = self.text(leaf)
        path = self.unique(self.join(self.owner, name))
        union = (
            value is not None
            and (value.type == "pipe" or any(w in self.text(value, 4000) for w in ("'", '"', "Literal")))
            and "{" not in self.text(value, 4000)
        )
        kind = Kind.ENUM if union else Kind.STRUCT
        said = Said(name, path, kind)
        self.pending[leaf.start_byte] = Named(Role.ENUM if union else Role.TYPE, path, kind)
        self.declared(node, leaf, said)
        if self.missed(node):
            self.show_name(leaf)
            return False
        if union:
            target = Target(path, name)
            self.used.pop(path, None)
            self.push(said=said, target=target)
        else:
            self.push(said=said, owner=path, kind=kind, target=None)
        return True

    def on_typedef(self, node: Node, row: Row) -> bool:
        """``typedef struct {…} NAME, *PNAME;``: the trailing name is the owner's."""
        spots = self.names(node, row.name)
        inner = self.get(node, row.type)
        if self.grammar.wrappers:
            inner = self.unwrap(inner)
        leaves = [leaf for s in spots if (leaf := self.leaf_name(s)) is not None]
        if not leaves:
            return True
        found = self.row_of(inner) if inner is not None else None
        whole = found is not None and found.what in (What.SCOPE, What.ENUM) and found.body == ("",)
        if whole and inner is not None and all(self.what(c) is What.MUTE for c in inner.named_children[:8]):
            return True  # announced here, declared further down
        name = self.text(leaves[0])
        path = self.unique(self.join(self.owner, name))
        kind = Kind.CLASS
        role = Role.TYPE
        if inner is not None and found is not None and (whole or inner.child_by_field_name("body") is not None):
            enum = found.what is What.ENUM
            kind, role = (Kind.ENUM, Role.ENUM) if enum else (found.kind, Role.TYPE)
            self.naming[inner.start_byte, inner.end_byte] = (name, path)
        said = Said(name, path, kind)
        for leaf in leaves:
            self.pending[leaf.start_byte] = Named(role, path, kind)
        self.declared(node, None, said)
        if inner is None or not self.missed(node):
            return True
        self.naming.pop((inner.start_byte, inner.end_byte), None)
        for leaf in leaves:
            self.show_name(leaf)
        return False

    def on_block(self, node: Node, _row: Row) -> bool:
        """A block of constants that share a type or count up: an enum in all but name."""
        specs = [c for c in node.named_children if self.what(c) is What.DECLARE]
        if len(specs) < 2:
            return True
        first = specs[0]
        typed = first.child_by_field_name("type")
        leaf = self.leaf_name(first)
        if typed is not None and typed.child_count == 0 and not self.missed(node):
            path = self.join(self.owner, self.text(typed))
            self.pending[typed.start_byte] = Named(Role.ENUM, path, Kind.ENUM)
        elif "iota" in self.text(first, 400) and leaf is not None:
            path = self.unique(self.join(self.owner, "const", self.text(leaf)))
        else:
            return True
        self.push(owner=path, kind=Kind.ENUM, flat=True, said=None, target=None)
        return True

    def on_space(self, node: Node, row: Row) -> bool:
        """The inside of a type that is declared elsewhere."""
        leaf = self.leaf_name(self.get(node, row.name))
        if leaf is not None:
            path = self.join(self.owner, self.text(leaf))
            self.push(owner=path, kind=Kind.CLASS, klass=(path, Kind.CLASS), flat=False, said=None, target=None)
        return True

    def on_body(self, node: Node, _row: Row) -> bool:
        """The body of the function whose head stood before."""
        if self.skipped(node):
            return False
        self.push(owner=self.head or self.owner, kind=Kind.CALLABLE, said=None, target=None, flat=False)
        return True

    def on_define(self, node: Node, row: Row) -> bool:
        """A preprocessor constant."""
        leaf = self.leaf_name(self.get(node, row.name))
        if leaf is None:
            return True
        value = self.get(node, row.value)
        shown = ""
        if value is not None:
            shown = re.split(r"//|/\*", self.flat_text(value, VALUE))[0].strip()
        self.pending[leaf.start_byte] = Named(Role.CONSTANT, self.owner, self.kind, "", shown)
        said = Said(self.text(leaf), self.owner, self.kind)
        self.declared(node, leaf, said)
        self.push(said=said)
        return True
