"""Declarations in other clothes: calls that declare, heads apart from bodies, lists in one word, marks of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.later import later
from untag.readers._declare import Declarations
from untag.readers._lex import split_lines, unquote
from untag.readers._node import STEPS, WORDS
from untag.readers._row import Row, What
from untag.readers._stand import Draft, Named, Said, Target
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tree_sitter import Node

    from untag.place import Place

__all__ = ["Macros"]

#: Nodes that hold the parameters of a function right in it.
_ARGUMENTS = frozenset({"expr_args", "argument_patterns"})
#: Words that open a list which declares, tests or chooses.
_DEFINES = frozenset({"def", "defonce", "defmulti", "s/def", "spec/def", "defprotocol"})
_FUNCTIONS = frozenset({"defn", "defn-", "defmacro", "defmethod", "fn"})
_RECORDS = frozenset({"defrecord", "deftype"})
_BINDS = frozenset({"let", "loop", "binding", "doseq", "for", "with-open", "do", "try", "->", "->>"})
_TESTS = frozenset({"if", "when", "if-not", "when-not", "while", "if-let", "when-let"})

#: A function that is written as a list.
_FORM = Row(What.FUNCTION, body=("",))
_WORD = later(r"[^\s,()\[\]{}<>|/]+")
#: Attributes of a module that say what follows, that speak of types, and that name nothing of their own.
_DOCUMENT = frozenset({"moduledoc", "doc", "typedoc", "shortdoc"})
_TYPE = frozenset({"type", "typep", "opaque"})
#: Sigils that hold a template, and most pieces of one that are looked at.
_TEMPLATES = frozenset({"E", "F", "H", "L"})
NODES = 200_000
_ASIDE = frozenset({"spec", "callback", "macrocallback", "impl", "behaviour", "dialyzer", "derive"})


class Macros(Declarations):
    """What a few languages write as a call, a mark or a bare word."""

    handlers: dict[What, Callable[[Node, Row], bool]]

    def __init__(
        self,
        text: str,
        language: str,
        place: Place,
        first: int,
        owner: str,
        spans: Sequence[tuple[int, int]] | None,
    ) -> None:
        super().__init__(text, language, place, first, owner, spans)
        self.home = owner
        self.headed = (0, 0)

    def on_call(self, node: Node, row: Row) -> bool:
        """A call, or what is declared in the form of one."""
        if self.grammar.forms:
            callee = self.get(node, row.name)
            form = self.grammar.forms.get(self.text(callee, 40)) if callee is not None else None
            if form is not None:
                return self.handlers[form.what](node, form)
        return super().on_call(node, row)

    def on_function(self, node: Node, row: Row) -> bool:
        """A function; where its head is written as a call, the arguments of that are its parameters."""
        if (node.start_byte, node.end_byte) == self.headed:
            return True
        went = super().on_function(node, row)
        if went and row.items:
            self.parameters(self.get(node, row.items))
        return went

    def parameters(self, head: Node | None) -> None:
        """Give the arguments of a head their role."""
        for _ in range(STEPS):
            if head is None or self.what(head) is What.CALL or head.type in _ARGUMENTS:
                break
            head = head.child_by_field_name("left") or next(iter(head.named_children[:1]), None)
        if head is None:
            return
        row = self.row_of(head)
        arguments = head if row is None or row.what is not What.CALL else self.get(head, row.items)
        if arguments is not head:
            self.call = (head.start_byte, arguments.end_byte if arguments is not None else head.end_byte)
        for child in self.elements(arguments)[:200] if arguments is not None else ():
            leaf = self.leaf_name(child)
            if leaf is not None and self.what(leaf) in (None, What.BARE):
                self.pending[leaf.start_byte] = Named(Role.PARAMETER, self.owner, self.kind)

    def on_defined(self, node: Node, row: Row) -> bool:
        """A function whose head is a node of its own: ``procedure TFace.Detect;`` is TFace's."""
        head = self.get(node, row.name)
        spot = head.child_by_field_name("name") if head is not None else None
        if head is None or spot is None:
            return True
        words = WORDS.findall(self.text(spot))
        leaf = self.tail(spot) if spot.child_count else spot
        holder = (self.join(self.owner, *words[:-1]), Kind.CLASS) if len(words) > 1 else (self.owner, self.kind)
        self.headed = (head.start_byte, head.end_byte)
        return self.function(node, row, leaf, holder)

    def on_declare(self, node: Node, row: Row) -> bool:
        """A thing; a type without a name of its own takes that of the constant that it is the value of (Zig)."""
        value = self.unwrap(self.get(node, row.value)) if row.role is Role.CONSTANT else None
        kind = self.row_of(value) if value is not None else None
        if kind is not None and kind.what is What.SCOPE and not kind.name:
            return self.on_typedef(node, replace(row, type=row.value))
        if self.kind is Kind.ENUM and node.type == "ContainerField":
            row = replace(row, type=(), role=Role.MEMBER)
        return super().on_declare(node, row)

    def on_scope(self, node: Node, row: Row) -> bool:
        """A type; what one without a name is, the word that it begins with says."""
        if not row.name and self.text(node, 8).startswith("enum"):
            row = replace(row, what=What.ENUM)
        return super().on_scope(node, row)

    def on_words(self, node: Node, row: Row) -> bool:
        """A list of words in one literal: ``qw(asian black)``."""
        sort = self.get(node, row.name) if row.name else None
        inner = next((c for c in node.named_children if "content" in c.type), None)
        if sort is not None and inner is not None and self.text(sort, 4) in _TEMPLATES:
            self.template(inner)
            self.last = max(self.last, node.end_byte)
            return False
        if sort is not None and self.text(sort, 4) not in {"w", "W"}:
            return self.on_string(node, row)
        known = self.assigned.pop((node.start_byte, node.end_byte), None)
        self.last = max(self.last, node.end_byte)
        if inner is None:
            return False
        raw = self.source[inner.start_byte : inner.end_byte].decode("utf-8", "replace")
        found = list(_WORD.finditer(raw))
        path, kind, role = self.owner, self.kind, Role.STRING
        if len(found) > 1:
            path, kind, role = known or self.path_for(), Kind.LIST, Role.MEMBER
        at = inner.start_byte
        done = 0
        for word in found:
            at += len(raw[done : word.start()].encode("utf-8", "replace"))
            done = word.start()
            self.emit(role, at, word.group()[:2000], Named(role, path, kind))
            self.on_line[self.lines.row(at)] = Said(word.group()[:200], path, kind)
        return False

    def template(self, node: Node) -> None:
        """A template in a literal: ``~H"<.input field={@form[:age]} />"``."""
        from untag.readers._form import form

        raw = self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        row, column = self.lines.at(node.start_byte)
        for surface in form(raw, self.place, ".heex", NODES):
            if isinstance(surface, Surface) and (line := surface.place.line):
                spot = self.place.at(
                    line=self.first + row + line - 1, column=(surface.place.column or 1) + (0 if line > 1 else column)
                )
                self.out.append(replace(surface, place=spot, owner=self.join(self.owner, surface.owner)))

    def on_bare(self, node: Node, _row: Row) -> bool:
        """A name that is a member where it stands right in an enum."""
        start = node.start_byte
        # What stands in the brackets of an attribute that the grammar does not know is no member.
        if self.kind is Kind.ENUM and start not in self.pending and self.source[start - 1 : start] not in b"@\"'(":
            self.pending[start] = Named(Role.MEMBER, self.owner, self.kind)
            self.declared(node, node, Said(self.text(node), self.owner, self.kind, start))
        return True

    def on_rest(self, node: Node, row: Row) -> bool:
        """A statement that names the owner of all that follows it: ``package Face;``."""
        if self.get(node, row.body) is not None:
            return self.on_scope(node, row)
        leaf = self.get(node, row.name)
        if leaf is None or self.kind is Kind.CALLABLE:
            return True
        path = self.unique(self.join(self.home, self.text(leaf, 200)))
        self.pending[leaf.start_byte] = Named(Role.TYPE, path, Kind.CLASS)
        self.declared(node, leaf, Said(self.text(leaf, 200), path, Kind.CLASS, leaf.start_byte))
        self.owner, self.kind, self.klass = path, Kind.CLASS, (path, Kind.CLASS)
        return True

    def on_fields(self, node: Node, _row: Row) -> bool:
        """``defstruct [:age, race: "asian"]``: names and keys are fields of what it stands in."""
        stack = [node]
        for _ in range(2000):
            if not stack:
                break
            one = stack.pop()
            if self.what(one) is What.PAIR:
                key, value = self.sides(one)
                if key is not None:
                    shown = self.inside(value)[1] if value is not None and self.what(value) is What.STRING else ""
                    self.pending[key.start_byte] = Named(Role.FIELD, self.owner, self.kind, "", shown)
                    self.declared(one, key, Said(self.key_text(key), self.owner, self.kind, key.start_byte))
            elif self.what(one) is What.STRING:
                self.pending[one.start_byte] = Named(Role.FIELD, self.owner, self.kind)
                self.declared(one, one, Said(self.inside(one)[1], self.owner, self.kind, one.start_byte))
            elif one.id == node.id or self.what(one) in (None, What.LIST, What.DICT):
                stack.extend(reversed(one.named_children[:2000]))
        return True

    def on_mark(self, node: Node, row: Row) -> bool:
        """An attribute of a module: its documentation, a type, or a constant."""
        call = self.get(node, row.value)
        inner = self.row_of(call) if call is not None else None
        if call is None or inner is None or inner.what is not What.CALL or self.source[node.start_byte :][:1] != b"@":
            return True
        leaf, arguments = self.get(call, inner.name), self.get(call, inner.items)
        if leaf is None or arguments is None:
            return True
        name = self.text(leaf, 80)
        self.call = (call.start_byte, call.end_byte)
        given = self.elements(arguments)
        if name in _DOCUMENT:
            return self.told(node, arguments, name)
        if name in _ASIDE or not given:
            return True
        if name in _TYPE:
            return self.typed(given[0])
        made = self.name_it(leaf, Role.CONSTANT, "", given[0], node)
        self.push(said=made, target=self.aim(made))
        return True

    def told(self, node: Node, arguments: Node, name: str) -> bool:
        """The documentation of a module, or of what comes below."""
        drafts: list[Draft] = []
        for string in self.strings_in(arguments)[:1]:
            raw = self.source[string.start_byte : string.end_byte].decode("utf-8", "replace")
            before, inside, _ = unquote(raw)
            row, column = self.lines.at(string.start_byte)
            for number, shift, body in split_lines(inside):
                at = (shift if number else column + before + shift) + 1
                drafts.append(Draft(Role.COMMENT, self.first + row + number, at, body, self.owner, self.kind))
        if not drafts:
            return True
        self.out.extend(drafts)
        self.last = max(self.last, node.end_byte)
        if name == "moduledoc":
            self.bind(drafts, self.said)
        else:
            row = self.lines.row(node.start_byte)
            self.wait(drafts, row, self.lines.row(max(node.end_byte - 1, 0)), 3)
        return False

    def typed(self, node: Node) -> bool:
        """``@type race :: :asian | :black``: a closed set under its name."""
        leaf, right = self.leaf_name(node.child_by_field_name("left")), node.child_by_field_name("right")
        if leaf is None or right is None:
            return True
        strings: list[Node] = []
        stack = [right]
        for _ in range(20_000):
            if not stack:
                break
            one = stack.pop()
            if self.what(one) is What.STRING:
                strings.append(one)
            elif self.what(one) in (None, What.ASSIGN):
                stack.extend(reversed(one.named_children[:200]))
        if len(strings) < 2:
            return True
        name = self.text(leaf)
        path = self.unique(self.join(self.owner, name))
        self.pending[leaf.start_byte] = Named(Role.ENUM, path, Kind.ENUM)
        self.declared(node, leaf, Said(name, path, Kind.ENUM, leaf.start_byte))
        for string in strings:
            self.label(string, path, Kind.ENUM, "")
        return True

    def on_lisp(self, node: Node, row: Row) -> bool:  # noqa: C901 - one branch a kind of form
        """A list whose first word says what it is: a definition, a test, a comment, a call."""
        parts = self.elements(node)
        word = self.text(parts[0], 40) if parts else ""
        leaf = self.leaf_name(parts[1]) if len(parts) > 1 else None
        if word == "comment":
            return self.on_comment(node, row)
        if word in {"ns", "require", "import", "use", "in-ns"}:
            return self.on_import(node, row)
        if word in _RECORDS and leaf is not None:
            path = self.unique(self.join(self.owner, self.text(leaf)))
            said = Said(self.text(leaf), path, Kind.STRUCT, leaf.start_byte)
            self.pending[leaf.start_byte] = Named(Role.TYPE, path, Kind.STRUCT)
            self.declared(node, leaf, said)
            self.push(owner=path, kind=Kind.STRUCT, said=said, target=None)
            for name in self.elements(parts[2])[:2000] if len(parts) > 2 else ():
                if (found := self.leaf_name(name)) is not None:
                    self.pending[found.start_byte] = Named(Role.FIELD, path, Kind.STRUCT)
                    self.declared(name, found, Said(self.text(found), path, Kind.STRUCT, found.start_byte))
            return True
        if word in _FUNCTIONS and leaf is not None and self.what(parts[1]) is None:
            went = self.function(node, _FORM, leaf, (self.owner, self.kind))
            text = next((p for p in parts[2:3] if self.what(p) is What.STRING), None)
            if text is not None:
                self.docs[text.start_byte] = Said(self.text(leaf), self.owner, self.kind)
            vector = next((p for p in parts[2:6] if p.type == "vec_lit"), None)
            for name in self.elements(vector)[:200] if went and vector is not None else ():
                found = self.leaf_name(name)
                if found is not None and self.what(found) is None:
                    self.pending[found.start_byte] = Named(Role.PARAMETER, self.owner, self.kind)
            return went
        if word in _DEFINES and leaf is not None:
            value = parts[-1] if len(parts) > 2 else None
            spot = parts[1] if self.what(parts[1]) is What.STRING else leaf
            made = self.name_it(spot, Role.CONSTANT, "", value, node)
            if len(parts) > 3 and self.what(parts[2]) is What.STRING:
                self.docs[parts[2].start_byte] = made
            self.push(said=made, target=self.aim(made))
            return True
        if word in _TESTS and len(parts) > 1:
            self.condition(parts[1], node, start=parts[1].end_byte)
            return True
        if word in {"case", "condp"} and len(parts) > 1:
            self.condition(parts[1], node, start=parts[1].end_byte)
            self.push(subject=self.flat_text(parts[1], 100))
            return True
        if word in _BINDS:
            pairs = self.elements(parts[1]) if len(parts) > 1 and parts[1].type == "vec_lit" else []
            for spot, value in zip(pairs[::2], pairs[1::2], strict=False):
                if spot.child_count == 0 and self.what(spot) is None:
                    self.name_it(spot, Role.CONSTANT, "", value, spot)
            return True
        if len(parts) > 1 and self.what(parts[0]) is None:
            called = word.rpartition("/")[2]
            self.note(node.start_byte, called)
            self.emit(Role.CALL, node.start_byte, self.text(node, 300))
            if self.target is None and called:
                self.push(target=Target(self.join(self.owner, called), "", numbered=True))
        return True

    def aim(self, made: Said) -> Target:
        """Where the literals of what was named go."""
        settled = made.kind in (Kind.LIST, Kind.DICT)
        target = Target(made.owner if settled else self.join(self.owner, made.name), made.name)
        target.count = 1 if settled else 0
        return target
