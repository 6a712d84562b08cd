"""What a grammar says of a node type: the vocabulary in which languages are described, and the rows that many share.

The names of node types and fields are those of the tree-sitter grammars that the language pack carries.
"""

from __future__ import annotations

from enum import IntEnum, auto

from msgspec import Struct, field

from untag.surface import Kind, Role

__all__ = [
    "COMMENT",
    "COMMON",
    "CONSTANT",
    "FIELD",
    "IF",
    "IMPORT",
    "LIST",
    "PARAMETER",
    "RETURN",
    "STRING",
    "Grammar",
    "Row",
    "W",
    "What",
    "mute",
    "rows",
    "same",
]


class What(IntEnum):
    """What a node is to the walk."""

    SKIP = auto()  # shows nothing, nor do its children
    MUTE = auto()  # a leaf that shows nothing
    SCOPE = auto()  # class, struct, interface, table
    ENUM = auto()
    FUNCTION = auto()
    LAMBDA = auto()
    MEMBER = auto()  # of an enum
    DECLARE = auto()  # field, parameter, constant, variable
    NAME = auto()  # a leaf that declares by itself
    ASSIGN = auto()
    LIST = auto()
    DICT = auto()
    PAIR = auto()
    STRING = auto()
    COMMENT = auto()
    ANNOTATION = auto()  # inside what it annotates
    ABOVE = auto()  # an annotation before what it annotates
    IMPORT = auto()
    CALL = auto()
    KEYWORD = auto()  # a named argument
    CONDITION = auto()
    SWITCH = auto()
    CASE = auto()
    RETURN = auto()
    ALIAS = auto()  # of a type
    UNION = auto()  # a closed set of literals in a type
    LABEL = auto()  # text a user sees
    ATTRIBUTE = auto()  # of a markup element
    ELEMENT = auto()  # of markup
    SUBSCRIPT = auto()
    TYPEDEF = auto()
    BLOCK = auto()  # a block of constants
    DEFINE = auto()  # a preprocessor constant
    TEXT = auto()  # text to be lexed
    SPACE = auto()  # the inside of something that is declared elsewhere
    BODY = auto()  # of the function declared just before
    MARKUP = auto()  # markup between pieces of code
    WORDS = auto()  # a list of words in one literal
    BARE = auto()  # a leaf that is a member where it stands right in an enum
    REST = auto()  # what names the owner of all that follows
    DEFINED = auto()  # a function whose head is a node of its own
    FIELDS = auto()  # a call whose words are the fields of what it stands in
    MARK = auto()  # an attribute of a module
    LISP = auto()  # a list whose first word says what it is


class Row(Struct, frozen=True):
    """One node type.

    Attributes:
        what: What it is to the walk.
        name: Where its name stands: fields, or child types with a leading ``#``, in order of preference.
        type: Where its declared type stands.
        value: Where its value stands.
        body: Where its body stands; a scope without one is only mentioned, not declared.
        items: Where the condition, arguments or key stand; ``=>`` says of a literal that its keys stand before that
            sign and have no node for each pair, ``..`` that keys and values take turns. Of a function it is where its
            head stands, if that is written as a call.
        role: Role of what it declares; None: by the scope that it stands in.
        kind: Kind of a scope.
    """

    what: What
    name: tuple[str, ...] = ("name",)
    type: tuple[str, ...] = ("type",)
    value: tuple[str, ...] = ("value",)
    body: tuple[str, ...] = ("body",)
    items: tuple[str, ...] = ()
    role: Role | None = None
    kind: Kind = Kind.CLASS


class Grammar(Struct, frozen=True):
    """One language.

    Attributes:
        parser: Name of its grammar in the language pack.
        suffixes: File name endings.
        rows: Row by node type.
        family: How its comments look, for the lexer.
        own: Names by which an object speaks of itself.
        enums: Base classes whose children are enums.
        fields: Class attribute that lists the fields of a record.
        builders: Functions that only build a list, set or map of their arguments.
        docstring: Whether a string that stands first in a body documents it.
        constants: Words that together mark a field as a constant.
        raw: Opening quotes after which no escape is resolved.
        interpreters: Programs that a first line ``#!`` may name.
        declarers: Functions whose string arguments declare something of this role.
        assigners: Operators that assign, where the grammar has one node type for all operators.
        keywords: How node types of keywords begin, where the grammar names them; they show nothing.
        wrappers: Node types that only hold another, beside those of all languages.
        forms: Calls that declare, by the name of what is called.
        steps: Hundreds of steps that its parser may take, where its time grows with the square of depth; 0: no bound.
    """

    parser: str
    suffixes: tuple[str, ...]
    rows: dict[str, Row]
    family: str = "c"
    own: tuple[str, ...] = ()
    enums: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    builders: frozenset[str] = frozenset()
    docstring: bool = False
    constants: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    declarers: dict[str, Role] = field(default_factory=dict)
    assigners: tuple[str, ...] = ()
    keywords: str = ""
    wrappers: frozenset[str] = frozenset()
    forms: dict[str, Row] = field(default_factory=dict)
    steps: int = 0


W = What


def rows(*groups: dict[str, Row]) -> dict[str, Row]:
    """Several tables in one; later ones win."""
    table: dict[str, Row] = {}
    for group in groups:
        table.update(group)
    return table


def same(row: Row, *names: str) -> dict[str, Row]:
    """The same row for several node types."""
    return dict.fromkeys(names, row)


def mute(*names: str) -> dict[str, Row]:
    """Leaves that show nothing."""
    return same(Row(W.MUTE), *names)


COMMENT = Row(W.COMMENT)
STRING = Row(W.STRING)
IMPORT = Row(W.IMPORT)
LIST = Row(W.LIST)
PARAMETER = Row(W.DECLARE, role=Role.PARAMETER)
CONSTANT = Row(W.DECLARE, role=Role.CONSTANT)
FIELD = Row(W.DECLARE, role=Role.FIELD)
RETURN = Row(W.RETURN)
IF = Row(W.CONDITION, items=("condition",), body=("consequence", "body"))

#: What is alike in most grammars.
COMMON = rows(
    same(COMMENT, "comment", "line_comment", "block_comment", "multiline_comment"),
    same(
        STRING, "string_literal", "string", "char_literal", "character_literal", "template_string", "raw_string_literal"
    ),
    mute(
        "string_fragment",
        "string_content",
        "escape_sequence",
        "string_start",
        "string_end",
        "multiline_string_fragment",
        "primitive_type",
        "predefined_type",
        "integral_type",
        "floating_point_type",
        "boolean_type",
        "void_type",
        "true",
        "false",
        "null",
        "none",
        "nil",
        "this",
        "self",
        "super",
        "boolean_literal",
        "null_literal",
        "number",
        "integer",
        "float",
        "number_literal",
        "decimal_integer_literal",
        "hex_integer_literal",
        "integer_literal",
        "real_literal",
        "float_literal",
        "decimal_floating_point_literal",
        "int_literal",
        "escape_interpolation",
        "type_conversion",
        "regex_flags",
        "undefined",
    ),
    same(RETURN, "return_statement", "throw_statement", "yield_statement", "raise_statement"),
    same(
        IF,
        "if_statement",
        "while_statement",
        "do_statement",
        "elif_clause",
        "else_if_clause",
        "if_expression",
        "while_expression",
        "conditional_expression",
        "ternary_expression",
        "if_clause",
    ),
)
