"""One walk over the syntax tree of any language that :mod:`untag.readers._grammar` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.later import later
from untag.readers._dead import DIRECTED, hushed
from untag.readers._grammar import GRAMMARS
from untag.readers._lex import comment_lines, lex
from untag.readers._macro import Macros
from untag.readers._row import What
from untag.readers._stand import Said
from untag.surface import Role, Surface

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

    from tree_sitter import Tree

    from untag.place import Place

__all__ = ["lex_code", "read_code"]

#: Longest source quoted for what a condition leads to.
LEADS = 300

#: Brackets within each other beyond which source is not parsed where the parser has no bound of its own.
DEEPEST = 100

_BRACKET = later(rb"[()\[\]{}]")
_ENUM_MACRO = later(
    rb"\b(?:typedef\s+)?(?:NS|CF)_(?:CLOSED_|ERROR_)?(?:ENUM|OPTIONS)\s*\(\s*[\w \t]{1,80},\s*(\w{1,200})\s*\)(?=\s*\{)"
)


def _plain_enum(found: re.Match[bytes]) -> bytes:
    """``enum Name`` in as many bytes as the macro takes, the name where it was."""
    start, end = found.span(1)
    begin = found.start()
    return b"enum".ljust(start - begin) + found.group(1) + b" " * (found.end() - end)


class Walk(Macros):
    """One file's walk: a cursor that hands each node to what its grammar says it is."""

    def __init__(
        self,
        text: str,
        language: str,
        place: Place,
        first: int,
        owner: str,
        spans: Sequence[tuple[int, int]] | None,
        failed: Callable[[], None] | None,
    ) -> None:
        super().__init__(text, language, place, first, owner, spans)
        self.failed = failed
        self.directed = language in DIRECTED
        self.handlers = {
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
            What.ELEMENT: self.on_element,
            What.SUBSCRIPT: self.on_subscript,
            What.TYPEDEF: self.on_typedef,
            What.BLOCK: self.on_block,
            What.DEFINE: self.on_define,
            What.TEXT: self.on_text,
            What.SPACE: self.on_space,
            What.BODY: self.on_body,
            What.MARKUP: self.on_markup,
            What.WORDS: self.on_words,
            What.BARE: self.on_bare,
            What.REST: self.on_rest,
            What.DEFINED: self.on_defined,
            What.FIELDS: self.on_fields,
            What.MARK: self.on_mark,
            What.LISP: self.on_lisp,
        }

    def run(self) -> Iterator[Surface]:  # noqa: C901 - one branch a kind of node
        """Walk the tree with a cursor and yield what it shows, in order of place as far as binding allows."""
        # Macros that stand for ``enum`` are shown to the parser as such; the text stays what it is.
        seen = hushed(self.source) if self.directed else self.source
        if b"_ENUM" in seen or b"_OPTIONS" in seen:
            seen = _ENUM_MACRO.sub(_plain_enum, seen)
        tree = self.parsed(seen)
        if tree is None:
            if self.failed is not None:
                self.failed()
            self.lex_range(0, len(self.source))
            yield from self.flush(0)
            return
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
            if symbol >= len(rows):
                self.astray = (self.depth + 1, node.end_byte)
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

    def parsed(self, seen: bytes) -> Tree | None:
        """The tree; None where a parser without a bound of its own would take too long: then the source is lexed."""
        parser, left = self.tables.parser, self.grammar.steps
        if not left:
            return parser.parse(seen)
        if seen.count(b"(*", seen.rfind(b"*)") + 1) > DEEPEST:
            return None  # each of these makes the parser look through the rest for where the comment ends
        depth = 0
        for found in _BRACKET.finditer(seen):
            depth = depth + 1 if found.group() in b"([{" else max(depth - 1, 0)
            if depth > DEEPEST:
                return None

        def spent(_offset: int, _error: bool) -> bool:  # noqa: FBT001 - the parser's own way to ask
            nonlocal left
            left -= 1
            return left < 0

        try:
            return parser.parse(lambda at, _point: seen[at : at + 4096], progress_callback=spent)
        except ValueError:
            parser.reset()
            return None

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


def read_code(
    text: str,
    language: str,
    place: Place,
    first_line: int = 1,
    owner: str = "",
    spans: Sequence[tuple[int, int]] | None = None,
    failed: Callable[[], None] | None = None,
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
        failed: Called where a bound of the parser is passed, so that the source is lexed and not parsed.

    Yields:
        Surfaces, nearly in order of place.

    Raises:
        KeyError: The language is not known.
    """
    if language == "sql":
        from untag.readers._sql import read_sql

        yield from read_sql(text, place, first_line, owner)
        return
    yield from Walk(text, language, place, first_line, owner, spans, failed).run()


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
