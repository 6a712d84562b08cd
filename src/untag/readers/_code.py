"""One walk over the syntax tree of any language that :mod:`untag.readers._grammar` describes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from untag.readers._grammar import GRAMMARS, Grammar, Row, What
from untag.readers._lex import comment_lines, lex, split_lines, unescape, unquote
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tree_sitter import Language, Node, Parser

    from untag.place import Place

__all__ = ["lex_code", "read_code"]

#: Longest source quoted for a call, a condition, what a condition leads to, a type, and a value.
CALL, CONDITION, LEADS, TYPE, VALUE = 300, 500, 300, 200, 200
#: Steps down a declarator (pointers, arrays, brackets) before it is taken as hostile.
STEPS = 64
#: Conditions around a name that learn of it.
AROUND = 6
#: Lines between a comment and what it describes: an ordinary comment, and a documentation comment.
NEAR, DOCNEAR = 1, 3
#: Bytes in a block of the table that counts characters.
BLOCK = 512
#: Literals smaller than this are read even where nothing of interest stands in them.
SMALL = 2000

_CONTINUATION = bytes(range(0x80, 0xC0))
_WORDS = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"@?[-+]?(?:0[xXbBoO])?\d[\w.']*|[-+]?\.\d+|'\w'")
_HEAD = re.compile(rb"[\w\s@.\"'#]*\Z")
_SQL = re.compile(
    r"\s*(?:select\b.{0,4000}?\bfrom|update\b.{0,400}?\bset|delete\s+from|insert\s+into|with\b.{0,400}?\bas|from\s+\w+\b)\b.*?"
    r"\b(where|having)\b(.*)",
    re.IGNORECASE | re.DOTALL,
)
_PATH_WORD = re.compile(r"[\w$.:\[\]<>*&-]{1,120}\Z")
_ENUM_MACRO = re.compile(
    rb"\b(?:typedef\s+)?(?:NS|CF)_(?:CLOSED_|ERROR_)?(?:ENUM|OPTIONS)\s*\(\s*[\w \t]{1,80},\s*(\w{1,200})\s*\)(?=\s*\{)"
)
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
_MARKUP = re.compile(r"<[^<>]{0,4000}>|&(?:nbsp|#160);|[^<&]+|[<&]")
_ATTRIBUTE = re.compile(r"""([\w:-]{1,80})\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TRIVIAL = frozenset({"true", "True", "1", "false", "False", "0"})
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
#: Nodes that stand for more than one name.
_PATTERNS = frozenset(
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


class Said(NamedTuple):
    """A declared thing, as comments and annotations refer to it."""

    name: str
    owner: str
    kind: Kind
    leaf: int = -1


class Named(NamedTuple):
    """The role that waits for a leaf."""

    role: Role
    owner: str
    kind: Kind
    about: str = ""
    value: str = ""
    type: str = ""


class Target:
    """What the literals of an expression are assigned to, passed to or returned from."""

    __slots__ = ("about", "count", "numbered", "path")

    def __init__(self, path: str, about: str, *, numbered: bool = False) -> None:
        self.path = path
        self.about = about
        self.numbered = numbered
        self.count = 0


class Draft:
    """A surface whose binding is not known yet."""

    __slots__ = ("about", "column", "end", "kind", "line", "names", "owner", "role", "text")

    def __init__(self, role: Role, line: int, column: int, text: str, owner: str, kind: Kind, about: str = "") -> None:
        self.role = role
        self.line = line
        self.column = column
        self.text = text
        self.owner = owner
        self.kind = kind
        self.about = about
        self.names: dict[str, None] = {}


class Lines:
    """Lines and columns, counted in characters, of byte offsets in UTF-8 source."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0]
        self.starts.extend(m.end() for m in re.finditer(rb"\n", source))
        self.ascii = source.isascii()
        self.table: list[int] = []
        if not self.ascii:
            total = 0
            for at in range(0, len(source) + 1, BLOCK):
                self.table.append(total)
                total += len(source[at : at + BLOCK].translate(None, _CONTINUATION))

    def characters(self, offset: int) -> int:
        """Characters before a byte."""
        if self.ascii:
            return offset
        block = offset // BLOCK
        return self.table[block] + len(self.source[block * BLOCK : offset].translate(None, _CONTINUATION))

    def row(self, offset: int) -> int:
        """Line from 0."""
        return bisect_right(self.starts, offset) - 1

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column from 0."""
        row = bisect_right(self.starts, offset) - 1
        if self.ascii:
            return row, offset - self.starts[row]
        return row, self.characters(offset) - self.characters(self.starts[row])


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
    from tree_sitter_language_pack import get_language

    grammar = GRAMMARS[language]
    made: Language = get_language(grammar.parser)  # type: ignore[arg-type]
    count = made.node_kind_count
    found = [
        grammar.rows.get(made.node_kind_for_id(n) or "") if made.node_kind_is_named(n) else None for n in range(count)
    ]
    return Tables(grammar, Parser(made), found, [made.node_kind_is_named(n) for n in range(count)])


def _plain_enum(found: re.Match[bytes]) -> bytes:
    """``enum Name`` in as many bytes as the macro takes, the name where it was."""
    start, end = found.span(1)
    begin = found.start()
    return b"enum".ljust(start - begin) + found.group(1) + b" " * (found.end() - end)


def nth(node: Node, number: int) -> Node | None:
    """A named child, or None where there are fewer."""
    return node.named_child(number) if 0 <= number < node.named_child_count else None


def last_word(text: str) -> str:
    """The last identifier of a dotted or scoped name."""
    found = _WORDS.findall(text[-200:])
    return found[-1] if found else ""


class Walk:
    """One file's walk: a cursor, the scopes it stands in, and the surfaces made so far."""

    def __init__(
        self, text: str, language: str, place: Place, first: int, owner: str, spans: Sequence[tuple[int, int]] | None
    ) -> None:
        self.tables = tables(language)
        self.grammar = self.tables.grammar
        self.rows = self.tables.rows
        self.source = text.encode("utf-8", "replace")
        self.lines = Lines(self.source)
        self.place = place
        self.first = first
        self.spans = spans
        self.starts = [a for a, _ in spans] if spans is not None else []
        self.out: list[Surface | Draft] = []
        # Where the walk stands: owner and kind, the class around, what is being declared, what literals go to.
        self.owner = owner
        self.kind = Kind.FILE
        self.klass: tuple[str, Kind] | None = None
        self.flat = False
        self.said: Said | None = None
        self.target: Target | None = None
        self.dict = ""
        self.dict_at = -2
        self.subject = ""
        self.saved: list[tuple[int, tuple[object, ...]]] = []
        self.depth = 0
        self.last = 0
        # What waits for nodes that come later, by their start or span.
        self.pending: dict[int, Named] = {}
        self.docs: dict[int, Said] = {}
        self.naming: dict[tuple[int, int], tuple[str, str]] = {}
        self.assigned: dict[tuple[int, int], str] = {}
        self.callables: dict[tuple[int, int], tuple[str, str]] = {}
        self.head = ""
        self.union = (0, 0)
        self.quiet = (0, 0)
        self.used: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        # Comments: what stands declared on each line, and what waits above a declaration.
        self.on_line: dict[int, Said] = {}
        self.outer_line: dict[int, Said] = {}
        self.above: list[Draft] = []
        self.above_end = -10
        self.above_near = NEAR
        self.trailing: tuple[int, int, Said | None] = (-10, 0, None)
        self.conditions: list[tuple[int, int, Draft]] = []
        self.call = (0, 0)
        self.handlers: dict[What, Callable[[Node, Row], bool]] = {
            What.SKIP: self.on_skip,
            What.MUTE: self.on_mute,
            What.SCOPE: self.on_scope,
            What.ENUM: self.on_scope,
            What.FUNCTION: self.on_function,
            What.LAMBDA: self.on_lambda,
            What.MEMBER: self.on_member,
            What.DECLARE: self.on_declare,
            What.NAME: self.on_name,
            What.ASSIGN: self.on_assign,
            What.LIST: self.on_list,
            What.DICT: self.on_dict,
            What.PAIR: self.on_pair,
            What.STRING: self.on_string,
            What.COMMENT: self.on_comment,
            What.ANNOTATION: self.on_annotation,
            What.ABOVE: self.on_above,
            What.IMPORT: self.on_import,
            What.CALL: self.on_call,
            What.KEYWORD: self.on_keyword,
            What.CONDITION: self.on_condition,
            What.SWITCH: self.on_switch,
            What.CASE: self.on_case,
            What.RETURN: self.on_return,
            What.ALIAS: self.on_alias,
            What.UNION: self.on_union,
            What.LABEL: self.on_label,
            What.ATTRIBUTE: self.on_attribute,
            What.SUBSCRIPT: self.on_subscript,
            What.TYPEDEF: self.on_typedef,
            What.BLOCK: self.on_block,
            What.DEFINE: self.on_define,
            What.TEXT: self.on_text,
            What.SPACE: self.on_space,
            What.BODY: self.on_body,
            What.MARKUP: self.on_markup,
        }

    # ---- the loop

    def run(self) -> Iterator[Surface]:  # noqa: C901 - one branch a kind of node
        """Walk the tree with a cursor and yield what it shows, in order of place as far as binding allows."""
        # Macros that stand for ``enum`` are shown to the parser as such; the text stays what it is.
        tree = self.tables.parser.parse(
            _ENUM_MACRO.sub(_plain_enum, self.source)
            if b"_ENUM" in self.source or b"_OPTIONS" in self.source
            else self.source
        )
        cursor = tree.walk()
        if self.grammar.docstring:
            self.document(tree.root_node, Said("", self.owner, self.kind))
        rows, named, handlers = self.rows, self.tables.named, self.handlers
        while True:
            node = cursor.node
            if node is None:
                break
            symbol = node.kind_id
            # Error nodes have a symbol beyond the table.
            row = rows[symbol] if symbol < len(rows) else None
            descend = True
            if row is not None:
                if node.start_byte > self.last:
                    self.lex_gap(node.start_byte)
                descend = handlers[row.what](node, row)
            if descend:
                if cursor.goto_first_child():
                    self.depth += 1
                    continue
                if row is None or row.what is not What.MUTE:
                    self.leaf(node, visible=symbol >= len(rows) or named[symbol])
            elif self.last < node.end_byte:
                self.last = node.end_byte
            if len(self.out) > 4096:
                yield from self.flush(4096)
            while True:
                while self.saved and self.saved[-1][0] == self.depth:
                    self.restore()
                if cursor.goto_next_sibling():
                    break
                if not cursor.goto_parent():
                    self.lex_gap(len(self.source))
                    yield from self.flush(0)
                    return
                self.depth -= 1

    def flush(self, keep: int) -> Iterator[Surface]:
        """What is settled: nothing while a comment or a condition waits, unless very much has gathered."""
        if keep and len(self.out) < 500_000 and (self.above or self.conditions):
            end = self.last
            self.conditions = [c for c in self.conditions if c[1] > end]
            if self.above or self.conditions:
                return
        out, self.out = self.out, []
        if not keep:
            self.above = []
        for item in out:
            if isinstance(item, Surface):
                yield item
            else:
                leads = " ".join(item.names)[:LEADS]
                yield Surface(
                    item.role,
                    item.text,
                    self.place.at(line=item.line, column=item.column),
                    item.owner,
                    item.kind,
                    item.about,
                    leads,
                )

    # ---- state

    def push(self, **state: object) -> None:
        """Change where the walk stands until the current node is left."""
        self.saved.append(
            (
                self.depth,
                (
                    self.owner,
                    self.kind,
                    self.klass,
                    self.flat,
                    self.said,
                    self.target,
                    self.dict,
                    self.dict_at,
                    self.subject,
                ),
            )
        )
        for name, value in state.items():
            setattr(self, name, value)

    def restore(self) -> None:
        """Stand again where the walk stood before the node that is left."""
        state = self.saved.pop()[1]
        self.owner, self.kind, self.klass, self.flat, self.said, self.target, self.dict, self.dict_at, self.subject = (
            state  # type: ignore[assignment]
        )

    def unique(self, path: str) -> str:
        """A path that no other owner of this file has: the second of a name gets ``#2``."""
        number = self.used.get(path, 0) + 1
        self.used[path] = number
        return path if number == 1 else f"{path}#{number}"

    def join(self, *parts: str) -> str:
        """A dotted path."""
        return ".".join(p for p in parts if p)[:400]

    def path_for(self, sign: str = "[]") -> str:
        """The owner of the next literal: what it is assigned to, passed to or returned from, with an ordinal."""
        target = self.target
        if target is None:
            number = self.counts.get(self.owner, 0) + 1
            self.counts[self.owner] = number
            return self.join(self.owner, f"{sign}{number}")
        target.count += 1
        if target.count == 1 and not target.numbered:
            return self.unique(target.path)
        return self.unique(f"{target.path}.{sign}{target.count}")

    # ---- text

    def text(self, node: Node, limit: int = 400) -> str:
        """A node's source, cut."""
        start, end = node.start_byte, node.end_byte
        return self.source[start : min(end, start + limit * 4)].decode("utf-8", "replace")[:limit]

    def flat_text(self, node: Node, limit: int) -> str:
        """A node's source on one line."""
        return " ".join(self.text(node, limit * 2).split())[:limit]

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
            if node is None or node.type in _PATTERNS:
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

    # ---- emitting

    def emit(
        self, role: Role, offset: int, text: str, named: Named | None = None, about: str = "", value: str = ""
    ) -> None:
        """A surface at a byte."""
        row, column = self.lines.at(offset)
        place = self.place.at(line=self.first + row, column=column + 1)
        if named is None:
            self.out.append(Surface(role, text, place, self.owner, self.kind, about, value))
        else:
            self.out.append(
                Surface(
                    role, text, place, named.owner, named.kind, named.about or about, named.value or value, named.type
                )
            )

    def emit_lines(
        self, role: Role, start: int, end: int, about: str = "", owner: str | None = None, kind: Kind | None = None
    ) -> None:
        """Source as written, a surface a physical line."""
        raw = self.source[start:end].decode("utf-8", "replace")
        row, column = self.lines.at(start)
        for number, inner, body in split_lines(raw):
            if not any(c.isalnum() for c in body):
                continue
            place = self.place.at(line=self.first + row + number, column=(inner if number else column + inner) + 1)
            self.out.append(
                Surface(
                    role,
                    body,
                    place,
                    self.owner if owner is None else owner,
                    self.kind if kind is None else kind,
                    about,
                )
            )

    def lex_gap(self, end: int) -> None:
        """Source between two tokens that the grammar shows no node for: damaged, or skipped by its lexer."""
        start = self.last
        if end <= start:
            return
        self.last = end
        piece = self.source[start:end]
        if piece.isspace():
            return
        self.lex_range(start, end)

    def lex_range(self, start: int, end: int) -> None:
        """Comments, strings and words of a range that has no tree."""
        row, column = self.lines.at(start)
        text = self.source[start:end].decode("utf-8", "replace")
        said = self.said
        for role, _, number, inner, body in lex(text, self.grammar.family):
            place = self.place.at(line=self.first + row + number, column=(inner if number else column + inner) + 1)
            if role is Role.COMMENT and said:
                self.out.append(Surface(role, body, place, said.owner, said.kind, said.name))
            else:
                self.out.append(Surface(role, body, place, self.owner, self.kind))

    def leaf(self, node: Node, *, visible: bool) -> None:
        """An identifier, or whatever else has no children."""
        start, end = node.start_byte, node.end_byte
        if start > self.last:
            self.lex_gap(start)
        if end <= start:
            return
        self.last = end
        named = self.pending.pop(start, None)
        if named is None and not visible:
            return
        text = self.source[start:end].decode("utf-8", "replace")
        if named is not None:
            row, column = self.lines.at(start)
            place = self.place.at(line=self.first + row, column=column + 1)
            self.out.append(Surface(named.role, text[:2000], place, *named[1:]))
            known = self.on_line.get(row)
            own = known is not None and known.owner == named.owner and known.owner.split("#")[0].endswith(known.name)
            if not own or named.role not in (Role.ENUM, Role.TYPE):
                self.on_line[row] = Said(text, named.owner, named.kind)
            return
        first = text[0]
        if first.isdigit():
            return
        if (
            len(text) <= 400
            and (first.isalpha() or first in "_$@")
            and not text.isspace()
            and "\n" not in text
            and " " not in text
        ):
            self.emit(Role.USE, start, text)
        elif any(c.isalpha() for c in text):
            self.lex_range(start, end)

    # ---- comments

    def declared(self, node: Node, leaf: Node | None, said: Said) -> None:
        """Bind the comments that wait above, and remember what stands on these lines."""
        start = node.start_byte
        row = self.lines.row(start)
        if self.above:
            begin = self.lines.starts[row]
            head = self.source[begin:start] if start - begin < 400 else b"("
            if row - self.above_end > self.above_near:
                self.above = []
            elif _HEAD.match(head) or row == self.above_end:
                for draft in self.above:
                    draft.about, draft.owner, draft.kind = said.name, said.owner, said.kind
                self.above = []
        self.on_line[row] = said
        if (
            said.leaf >= 0
            and said.kind in (Kind.LIST, Kind.DICT, Kind.CALLABLE)
            and said.owner.split("#")[0].endswith(said.name)
        ):
            self.outer_line[row] = said
        if leaf is not None:
            self.on_line.setdefault(self.lines.row(leaf.start_byte), said)

    def on_comment(self, node: Node, _row: Row) -> bool:
        """A comment, bound to what stands before it on its line or waiting for what comes below."""
        start, end = node.start_byte, node.end_byte
        self.comment(start, end)
        self.last = max(self.last, end)
        return False

    def comment(self, start: int, end: int) -> None:
        """See :meth:`on_comment`; a range of source instead of a node."""
        raw = self.source[start:end].decode("utf-8", "replace")
        row, column = self.lines.at(start)
        last_row = row + raw.rstrip().count("\n")
        if start == 0 and raw.startswith("#!"):
            self.emit_lines(Role.COMMENT, 2, end)
            return
        begin = self.lines.starts[row]
        alone = self.source[begin:start].isspace() or begin == start
        drafts = [
            Draft(Role.COMMENT, self.first + row + n, (c if n else column + c) + 1, t, self.owner, self.kind)
            for n, c, t in comment_lines(raw)
        ]
        self.out.extend(drafts)
        if not alone:
            before = self.source[max(begin, start - 200) : start].rstrip()
            stop = self.lines.starts[last_row + 1] if last_row + 1 < len(self.lines.starts) else len(self.source)
            follows = not (self.source[end:stop].isspace() or end >= stop)
            if follows and before[-1:] in b"{(,;[<:" and before[-1:]:
                self.above, self.above_end, self.above_near = drafts, last_row, NEAR
                return
            said = self.on_line.get(row)
            if before.rstrip(b" \t;,:{")[-1:] in (b")", b"]", b"}") and (outer := self.outer_line.get(row)) is not None:
                # What is described is the whole list, map or function that closes here, not its last element.
                said = outer
            self.bind(drafts, said)
            self.trailing = (row, column, said)
            self.above = []
            return
        before_row, before_column, said = self.trailing
        if said is not None and before_row == row - 1 and abs(before_column - column) <= 1 and column > 0:
            # A trailing comment that runs on below, in the same column.
            self.bind(drafts, said)
            self.trailing = (last_row, column, said)
            return
        near = DOCNEAR if raw.startswith(("/**", "///", "/*!")) else NEAR
        self.wait(drafts, row, last_row, near)

    def wait(self, drafts: list[Draft], row: int, last_row: int, near: int) -> None:
        """Let comments or annotations wait for the declaration below."""
        if self.above and row - self.above_end <= max(self.above_near, NEAR):
            self.above.extend(drafts)
        else:
            self.above = list(drafts)
        self.above_end = last_row
        self.above_near = near

    def bind(self, drafts: list[Draft], said: Said | None) -> None:
        """Bind comments to a declared thing."""
        if said is not None:
            for draft in drafts:
                draft.about, draft.owner, draft.kind = said.name, said.owner, said.kind

    def on_annotation(self, node: Node, row: Row) -> bool:
        """An annotation inside what it annotates."""
        said = self.said
        if said is None or (not row.role and said.leaf < node.start_byte):
            # What is being declared has its name behind it: this belongs to something further down.
            return self.on_above(node, row)
        self.emit_lines(Role.ANNOTATION, node.start_byte, node.end_byte, said.name, said.owner, said.kind)
        self.last = max(self.last, node.end_byte)
        return False

    def on_above(self, node: Node, _row: Row) -> bool:
        """An annotation that stands before what it annotates."""
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end].decode("utf-8", "replace")
        line, column = self.lines.at(start)
        drafts = [
            Draft(Role.ANNOTATION, self.first + line + n, (c if n else column + c) + 1, t, self.owner, self.kind)
            for n, c, t in split_lines(raw)
            if any(x.isalnum() for x in t)
        ]
        self.out.extend(drafts)
        self.wait(drafts, line, line + raw.rstrip().count("\n"), DOCNEAR)
        self.last = max(self.last, end)
        return False

    # ---- declarations

    def on_skip(self, _node: Node, _row: Row) -> bool:
        """Nothing."""
        return False

    def on_mute(self, node: Node, _row: Row) -> bool:
        """Nothing, but the source is accounted for."""
        if node.child_count == 0:
            self.last = max(self.last, node.end_byte)
        return True

    def missed(self, node: Node) -> bool:
        """Whether nothing of interest stands in a node."""
        if self.spans is None:
            return False
        at = bisect_left(self.starts, node.end_byte)
        return at == 0 or self.spans[at - 1][1] <= node.start_byte

    def show_name(self, leaf: Node | None) -> None:
        """Only the name of what is passed over."""
        if leaf is not None and (named := self.pending.pop(leaf.start_byte, None)):
            self.emit(named.role, leaf.start_byte, self.text(leaf), named)

    def document(self, body: Node | None, said: Said) -> None:
        """A string that stands first in a body documents it."""
        if not self.grammar.docstring or body is None:
            return
        first = nth(body, 0)
        while first is not None and first.type == "comment":
            first = first.next_named_sibling
        if first is not None and first.type == "expression_statement" and first.named_child_count == 1:
            first = nth(first, 0)
        if first is not None and self.what(first) is What.STRING:
            self.docs[first.start_byte] = said

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
        if not flat and not enum and row.items and self.grammar.enums:
            bases = self.get(node, row.items)
            flat = bases is not None and any(
                w in self.grammar.enums or w.endswith("Enum") for w in _WORDS.findall(self.text(bases))
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

    def on_function(self, node: Node, row: Row) -> bool:
        """A function or method: its name belongs to what holds it, its inside to itself."""
        spot = self.get(node, row.name)
        leaf = self.leaf_name(spot)
        holder: tuple[str, Kind] = (self.dict, Kind.DICT) if self.depth == self.dict_at + 1 else (self.owner, self.kind)
        if spot is not None and (part := self.function_part(spot)) is not None:
            spot = part.child_by_field_name("declarator") or spot
            leaf = self.leaf_name(spot)
            if spot.type == "qualified_identifier":
                words = _WORDS.findall(self.text(spot))
                # ``Foo::set`` outside of Foo is Foo's.
                if len(words) > 1:
                    leaf = self.innermost(spot)
                    holder = (self.join(self.owner, *words[:-1]), Kind.CLASS)
        receiver = node.child_by_field_name("receiver")
        if receiver is not None and (word := last_word(self.text(receiver, 200).split("[")[0])):
            holder = (self.join(self.owner, word), Kind.STRUCT)
        return self.function(node, row, leaf, holder)

    def innermost(self, node: Node) -> Node | None:
        """The last name of a qualified one."""
        found: Node | None = node
        for _ in range(STEPS):
            if found is None or found.type != "qualified_identifier":
                break
            found = found.child_by_field_name("name")
        return self.leaf_name(found)

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
        if self.missed(node) and not (self.grammar.own and self.klass is not None):
            self.show_name(leaf)
            return False
        self.document(self.get(node, row.body), said)
        self.push(owner=path, kind=Kind.CALLABLE, said=said, target=None, flat=False)
        return True

    def on_lambda(self, node: Node, _row: Row) -> bool:
        """A function without a name of its own: that of what it is assigned to, or none."""
        known = self.callables.pop((node.start_byte, node.end_byte), None)
        if known is not None:
            if self.missed(node) and not (self.grammar.own and self.klass is not None):
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
                if _NUMBER.fullmatch(raw) or raw in _TRIVIAL or role is Role.MEMBER:
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
            return True
        if left.type == "directly_assignable_expression" and left.named_child_count == 1:
            left = nth(left, 0) or left
        typed = self.get(node, row.type)
        typing = self.flat_text(typed, TYPE) if typed is not None else ""
        name = ""
        said: Said | None = None
        if left.child_count == 0 or left.type in {"variable_name", "identifier", "simple_identifier"}:
            leaf = self.leaf_name(left)
            if leaf is not None and leaf.start_byte in self.pending:
                return self.on_pair(node, row)
            if leaf is not None:
                name = self.text(leaf)
                if self.flat:
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
        elif left.type in _PATTERNS:
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

    def tail(self, node: Node) -> Node | None:
        """The last name of an attribute, member or field expression."""
        count = node.named_child_count
        last = nth(node, count - 1) if count else None
        return last if last is not None and last.child_count == 0 else self.leaf_name(last)

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
                elif _NUMBER.fullmatch(raw):
                    shown = raw
            self.pending[index.start_byte] = Named(Role.KEY, path, Kind.DICT, "", shown)

    def strings_in(self, node: Node | None) -> list[Node]:
        """The string literals that are a node, or stand close below it."""
        level = [node] if node is not None else []
        for _ in range(4):
            found = [n for n in level if self.what(n) is What.STRING]
            if found:
                return found
            level = [c for n in level for c in n.named_children[:50]]
        return []

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

    # ---- literals

    def inside(self, node: Node) -> tuple[int, str]:
        """Bytes before the inside of a string literal, and the inside with escapes resolved, cut."""
        raw = self.text(node, 2400)
        before, inside, rawish = unquote(raw)
        if not rawish and not (raw[:1] in self.grammar.raw and raw[:1]):
            inside = unescape(inside)
        return len(raw[:before].encode("utf-8", "replace")), " ".join(inside[: VALUE * 2].split())[:VALUE]

    def unwrap(self, node: Node | None) -> Node | None:
        """What a node that only holds another holds."""
        for _ in range(6):
            if node is None or node.type not in _WRAPPERS or node.named_child_count != 1:
                break
            node = nth(node, 0)
        return node

    def elements(self, node: Node) -> list[Node]:
        """The elements of a literal or of arguments, without comments."""
        children = node.named_children
        for _ in range(3):
            if len(children) != 1 or children[0].type not in {"value_arguments", "arguments", "argument_part", "row"}:
                break
            children = children[0].named_children
        out = []
        for child in children:
            if child.type in _WRAPPERS:
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
        if _NUMBER.fullmatch(raw):
            return "n"
        return "b" if raw in {"true", "false", "True", "False"} else None

    def dictlike(self, node: Node) -> bool:
        """Whether a literal maps names or numbers to values."""
        if self.what(node) is What.DICT:
            return True
        first = next((c for c in self.elements(node)[:3]), None)
        return first is not None and self.what(first) in (What.PAIR, What.ASSIGN)

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
            if found is None:
                return None
            what = self.what(found)
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
        paired = bool(children) and all(self.what(c) is What.PAIR for c in children)
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

    def key_text(self, key: Node) -> str:
        """A key without its quotes."""
        return self.inside(key)[1] if self.what(key) is What.STRING else self.text(key, 100)

    def on_dict(self, node: Node, _row: Row) -> bool:
        """A map or object literal: a label map where numbers stand on one side throughout, keys otherwise."""
        if self.quiet[0] <= node.start_byte and node.end_byte <= self.quiet[1]:
            return True
        if node.end_byte - node.start_byte > SMALL and self.missed(node):
            return False
        found = [(p, *self.sides(p)) for p in self.elements(node) if self.what(p) in (What.PAIR, What.ASSIGN)]
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
            self.out.append(Surface(named.role, shown[:2000], place, *named[1:]))
        if named.role in (Role.MEMBER, Role.KEY, Role.FIELD):
            self.on_line[line] = Said(inside[:VALUE], named.owner, named.kind)
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
        condition = found.group(2).strip()[:CONDITION]
        at = start + len(
            inside[: found.start(2) + len(found.group(2)) - len(found.group(2).lstrip())].encode("utf-8", "replace")
        )
        self.emit(Role.CONDITION, min(at, len(self.source)), condition)

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

    def on_alias(self, node: Node, row: Row) -> bool:
        """A type of another name: a closed set, a structure, or just a name."""
        leaf, value = self.leaf_name(self.get(node, row.name)), self.get(node, row.value)
        if leaf is None:
            return True
        name = self.text(leaf)
        path = self.unique(self.join(self.owner, name))
        union = (
            value is not None
            and any(w in self.text(value, 4000) for w in ("'", '"', "Literal"))
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
        inner = node.child_by_field_name("type")
        leaves = [leaf for s in spots if (leaf := self.leaf_name(s)) is not None]
        if not leaves:
            return True
        name = self.text(leaves[0])
        path = self.unique(self.join(self.owner, name))
        kind = Kind.CLASS
        role = Role.TYPE
        if (
            inner is not None
            and inner.child_by_field_name("body") is not None
            and (found := self.row_of(inner)) is not None
        ):
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
        if self.missed(node) and not (self.grammar.own and self.klass is not None):
            return False
        self.push(owner=self.head or self.owner, kind=Kind.CALLABLE, said=None, target=None, flat=False)
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

    # ---- use

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
        chained = callee is not None and (callee.child_count > 1 or (callee.start_byte > start))
        # The inner calls of a chain start where the outer one does, and are shown by it.
        if (children or chained) and not (self.call[0] == start and end <= self.call[1]):
            shown = self.source[start : min(end, start + CALL * 4)].decode("utf-8", "replace")[:CALL]
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
        if (not about and shown in _TRIVIAL) or not any(c.isalnum() for c in shown):
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
            for word in _WORDS.findall(self.text(node, 160))[:12]:
                self.note(node.start_byte, word)
        if self.target is None:
            self.push(target=Target(self.owner or "default", "", numbered=bool(self.owner)))
        return True

    def on_label(self, node: Node, _row: Row) -> bool:
        """Text that a user sees."""
        from html import unescape as entities

        raw = self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        line, column = self.lines.at(node.start_byte)
        for number, inner, body in split_lines(raw):
            place = self.place.at(line=self.first + line + number, column=(inner if number else column + inner) + 1)
            self.out.append(Surface(Role.LABEL, entities(body), place, self.owner, self.kind))
        self.last = max(self.last, node.end_byte)
        return False

    def on_attribute(self, node: Node, row: Row) -> bool:
        """An attribute of a markup element: its string describes, under the attribute's name."""
        name, value = self.get(node, row.name), self.get(node, row.value)
        if name is None or value is None:
            return True
        shown = self.text(name, 100)
        if self.what(value) is What.STRING:
            self.pending[value.start_byte] = Named(Role.STRING, self.owner, self.kind, shown)
        self.push(target=Target(self.join(self.owner, shown), shown))
        return True


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


def read_code(
    text: str,
    language: str,
    place: Place,
    first_line: int = 1,
    owner: str = "",
    spans: Sequence[tuple[int, int]] | None = None,
) -> Iterator[Surface]:
    """What source code shows.

    Args:
        text: The source, for example a file, a script block or a notebook cell.
        language: Key of :data:`untag.readers._grammar.GRAMMARS`, for example ``python``, or ``sql``.
        place: The artifact; each surface gets a spot in it.
        first_line: Physical line of the artifact that the text's first line is.
        owner: Path under which its owners stand.
        spans: Byte ranges of interest in the text's UTF-8 form, in order; owners that none touches are passed
            over, all but their names. None: everything is read.

    Yields:
        Surfaces, nearly in order of place.

    Raises:
        KeyError: The language is not known.
    """
    if language == "sql":
        from untag.readers._sql import read_sql

        yield from read_sql(text, place, first_line, owner)
        return
    yield from Walk(text, language, place, first_line, owner, spans).run()


def lex_code(
    text: str, language: str, place: Place, first_line: int = 1, owner: str = "", shift: int = 0, *, cut: bool = False
) -> Iterator[Surface]:
    """Comments, strings and words of source code, without a grammar.

    Args:
        text: The source, or a window of it.
        language: As in :func:`read_code`.
        place: The artifact.
        first_line: Physical line of the artifact that the text's first line is.
        owner: Owner of all of it.
        shift: Characters that stand before the text on its first line.
        cut: Whether the text starts in the middle of a file, perhaps in the middle of a comment.

    Yields:
        Surfaces in order of place.
    """
    family = GRAMMARS[language].family
    if cut and family in {"c", "php"}:
        close, begin = text.find("*/"), text.find("/*")
        if close >= 0 and (begin < 0 or close < begin) and not text[:close].strip().startswith(("//", "#")):
            # A close without an opening: what stands before it is the rest of a comment.
            for number, inner, body in comment_lines(text[: close + 2]):
                column = inner if number else inner + shift
                yield Surface(Role.COMMENT, body, place.at(line=first_line + number, column=column + 1), owner)
            passed = text.count("\n", 0, close + 2)
            shift = close + 2 - (text.rfind("\n", 0, close + 2) + 1) + (0 if passed else shift)
            first_line += passed
            text = text[close + 2 :]
    for role, _, line, column, body in lex(text, family):
        yield Surface(
            role, body, place.at(line=first_line + line, column=(column if line else column + shift) + 1), owner
        )
