"""What the node types of each language's grammar are, as data: one section a language, one row a node type.

The names of node types and fields are those of the tree-sitter grammars that the language pack carries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, auto

from untag.surface import Kind, Role

__all__ = ["GRAMMARS", "SUFFIXES", "Grammar", "Row", "What"]


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
    SUBSCRIPT = auto()
    TYPEDEF = auto()
    BLOCK = auto()  # a block of constants
    DEFINE = auto()  # a preprocessor constant
    TEXT = auto()  # text to be lexed
    SPACE = auto()  # the inside of something that is declared elsewhere
    BODY = auto()  # of the function declared just before
    MARKUP = auto()  # markup between pieces of code


@dataclass(frozen=True, slots=True)
class Row:
    """One node type.

    Attributes:
        what: What it is to the walk.
        name: Where its name stands: fields, or child types with a leading ``#``, in order of preference.
        type: Where its declared type stands.
        value: Where its value stands.
        body: Where its body stands; a scope without one is only mentioned, not declared.
        items: Where the condition, arguments or key stand.
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


@dataclass(frozen=True, slots=True)
class Grammar:
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

_PYTHON = rows(
    COMMON,
    {
        "class_definition": Row(W.SCOPE, items=("superclasses",)),
        "function_definition": Row(W.FUNCTION),
        "lambda": Row(W.LAMBDA),
        "lambda_parameters": Row(W.DECLARE, name=("#identifier",), role=Role.PARAMETER),
        "parameters": Row(W.DECLARE, name=("#identifier",), role=Role.PARAMETER),
        "default_parameter": PARAMETER,
        "typed_default_parameter": PARAMETER,
        "typed_parameter": Row(
            W.DECLARE, name=("#identifier", "#list_splat_pattern", "#dictionary_splat_pattern"), role=Role.PARAMETER
        ),
        "list_splat_pattern": Row(W.DECLARE, name=("#identifier",), role=Role.PARAMETER),
        "dictionary_splat_pattern": Row(W.DECLARE, name=("#identifier",), role=Role.PARAMETER),
        "assignment": Row(W.ASSIGN, name=("left",), value=("right",)),
        "named_expression": Row(W.ASSIGN),
        "augmented_assignment": Row(W.ASSIGN, name=("left",), value=("right",)),
        "type_alias_statement": Row(W.ALIAS, name=("left",), value=("right",)),
        "list": LIST,
        "tuple": LIST,
        "set": LIST,
        "expression_list": LIST,
        "dictionary": Row(W.DICT),
        "pair": Row(W.PAIR, items=("key",)),
        "decorator": Row(W.ANNOTATION),
        "import_statement": IMPORT,
        "import_from_statement": IMPORT,
        "future_import_statement": IMPORT,
        "call": Row(W.CALL, name=("function",), items=("arguments",)),
        "keyword_argument": Row(W.KEYWORD),
        "subscript": Row(W.SUBSCRIPT, name=("value",), items=("subscript",)),
        "generic_type": Row(W.UNION, name=("#identifier",), items=("#type_parameter",)),
        "conditional_expression": Row(W.CONDITION, items=("1",), body=("0",)),
        "if_clause": Row(W.CONDITION, items=("0",), body=()),
        "match_statement": Row(W.SWITCH, items=("subject",)),
        "case_clause": Row(W.CASE, items=("#case_pattern",), body=("consequence",)),
    },
    mute("ellipsis"),
)

_JAVA = rows(
    COMMON,
    {
        "class_declaration": Row(W.SCOPE, items=("superclass",)),
        "interface_declaration": Row(W.SCOPE, items=("#extends_interfaces",)),
        "record_declaration": Row(W.SCOPE, kind=Kind.STRUCT),
        "annotation_type_declaration": Row(W.SCOPE),
        "enum_declaration": Row(W.ENUM),
        "enum_constant": Row(W.MEMBER, value=("arguments",)),
        "constant_declaration": Row(W.DECLARE, name=("declarator",)),
        "field_declaration": Row(W.DECLARE, name=("declarator",)),
        "local_variable_declaration": Row(W.DECLARE, name=("declarator",), role=Role.CONSTANT),
        "variable_declarator": Row(W.KEYWORD),
        "enhanced_for_statement": Row(W.DECLARE, value=(), role=Role.CONSTANT),
        "resource": CONSTANT,
        "catch_formal_parameter": Row(W.DECLARE, type=("#catch_type",), role=Role.PARAMETER),
        "method_declaration": Row(W.FUNCTION),
        "constructor_declaration": Row(W.FUNCTION),
        "compact_constructor_declaration": Row(W.FUNCTION),
        "annotation_type_element_declaration": FIELD,
        "formal_parameter": PARAMETER,
        "spread_parameter": Row(W.DECLARE, name=("#variable_declarator",), type=("0",), role=Role.PARAMETER),
        "lambda_expression": Row(W.LAMBDA),
        "annotation": Row(W.ANNOTATION),
        "marker_annotation": Row(W.MUTE),
        "import_declaration": IMPORT,
        "package_declaration": IMPORT,
        "array_initializer": LIST,
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "method_invocation": Row(W.CALL, items=("arguments",)),
        "object_creation_expression": Row(W.CALL, name=("type",), items=("arguments",)),
        "explicit_constructor_invocation": Row(W.CALL, name=("constructor",), items=("arguments",)),
        "switch_expression": Row(W.SWITCH, items=("condition",)),
        "switch_block_statement_group": Row(W.CASE, items=("#switch_label",), body=("",)),
        "switch_rule": Row(W.CASE, items=("#switch_label",), body=("",)),
    },
)

_C_FAMILY = rows(
    COMMON,
    {
        "struct_specifier": Row(W.SCOPE, kind=Kind.STRUCT),
        "class_specifier": Row(W.SCOPE),
        "union_specifier": Row(W.SCOPE, kind=Kind.STRUCT),
        "enum_specifier": Row(W.ENUM),
        "enumerator": Row(W.MEMBER),
        "type_definition": Row(W.TYPEDEF, name=("declarator",)),
        "alias_declaration": Row(W.ALIAS, value=("type",)),
        "field_declaration": Row(W.DECLARE, name=("declarator",), value=("default_value",), role=Role.FIELD),
        "declaration": Row(W.DECLARE, name=("declarator",)),
        "init_declarator": Row(W.KEYWORD, name=("declarator",)),
        "parameter_declaration": Row(W.DECLARE, name=("declarator",), role=Role.PARAMETER),
        "optional_parameter_declaration": Row(
            W.DECLARE, name=("declarator",), value=("default_value",), role=Role.PARAMETER
        ),
        "for_range_loop": Row(W.DECLARE, name=("declarator",), value=(), role=Role.CONSTANT),
        "function_definition": Row(W.FUNCTION, name=("declarator",)),
        "lambda_expression": Row(W.LAMBDA),
        "initializer_list": LIST,
        "initializer_pair": Row(W.PAIR, items=("designator",)),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "new_expression": Row(W.CALL, name=("type",), items=("arguments",)),
        "subscript_expression": Row(W.SUBSCRIPT, name=("argument",), items=("indices", "index")),
        "switch_statement": Row(W.SWITCH, items=("condition",)),
        "case_statement": Row(W.CASE, items=("value",), body=("",)),
        "conditional_expression": Row(W.CONDITION, items=("condition",), body=("consequence",)),
        "preproc_include": IMPORT,
        "preproc_import": IMPORT,
        "using_declaration": IMPORT,
        "preproc_def": Row(W.DEFINE),
        "preproc_function_def": Row(W.DEFINE),
        "preproc_if": Row(W.CONDITION, items=("condition",), body=()),
        "preproc_elif": Row(W.CONDITION, items=("condition",), body=()),
        "preproc_arg": Row(W.TEXT),
        "system_lib_string": Row(W.MUTE),
        "preproc_call": Row(W.TEXT),
        "concatenated_string": Row(W.MUTE),
        "attribute_declaration": Row(W.ANNOTATION),
    },
    mute("auto", "storage_class_specifier", "type_qualifier", "access_specifier", "character", "sized_type_specifier"),
)
del _C_FAMILY["concatenated_string"]

_CSHARP = rows(
    COMMON,
    {
        "class_declaration": Row(W.SCOPE),
        "struct_declaration": Row(W.SCOPE, kind=Kind.STRUCT),
        "interface_declaration": Row(W.SCOPE),
        "record_declaration": Row(W.SCOPE, kind=Kind.STRUCT, body=("body", "#parameter_list")),
        "enum_declaration": Row(W.ENUM),
        "enum_member_declaration": Row(W.MEMBER),
        "field_declaration": Row(W.DECLARE, name=("#variable_declaration",)),
        "event_field_declaration": Row(W.DECLARE, name=("#variable_declaration",)),
        "variable_declaration": Row(W.DECLARE, name=("#variable_declarator",)),
        "variable_declarator": Row(W.KEYWORD, value=("-1",)),
        "property_declaration": FIELD,
        "foreach_statement": Row(W.DECLARE, name=("left",), value=(), role=Role.CONSTANT),
        "method_declaration": Row(W.FUNCTION),
        "constructor_declaration": Row(W.FUNCTION),
        "local_function_statement": Row(W.FUNCTION),
        "delegate_declaration": Row(W.FUNCTION),
        "parameter": PARAMETER,
        "implicit_parameter": Row(W.NAME, role=Role.PARAMETER),
        "lambda_expression": Row(W.LAMBDA),
        "attribute": Row(W.ANNOTATION),
        "using_directive": IMPORT,
        "initializer_expression": LIST,
        "anonymous_object_creation_expression": Row(W.DICT),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "invocation_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "object_creation_expression": Row(W.CALL, name=("type",), items=("arguments",)),
        "element_access_expression": Row(W.SUBSCRIPT, name=("expression",), items=("subscript",)),
        "switch_statement": Row(W.SWITCH, items=("value",)),
        "switch_expression": Row(W.SWITCH, items=("0",)),
        "switch_section": Row(W.CASE, items=("#constant_pattern", "#declaration_pattern", "0"), body=("",)),
        "switch_expression_arm": Row(W.CASE, items=("0",), body=("",)),
        "verbatim_string_literal": STRING,
        "interpolated_string_expression": STRING,
        "preproc_if": Row(W.CONDITION, items=("condition",), body=()),
        "preproc_region": Row(W.TEXT),
    },
    mute(
        "string_literal_content",
        "modifier",
        "interpolation_start",
        "interpolation_brace",
        "implicit_type",
        "discard",
        "interpolation_quote",
        "interpolation_format_clause",
        "string_literal_encoding",
    ),
)

_SCRIPT = rows(
    COMMON,
    {
        "class_declaration": Row(W.SCOPE),
        "abstract_class_declaration": Row(W.SCOPE),
        "class": Row(W.SCOPE),
        "interface_declaration": Row(W.SCOPE),
        "enum_declaration": Row(W.ENUM),
        "enum_assignment": Row(W.MEMBER),
        "enum_body": Row(W.DECLARE, value=(), type=(), role=Role.MEMBER),
        "type_alias_declaration": Row(W.ALIAS),
        "union_type": Row(W.UNION),
        "property_signature": FIELD,
        "public_field_definition": FIELD,
        "field_definition": Row(W.DECLARE, name=("property", "name"), role=Role.FIELD),
        "method_signature": Row(W.FUNCTION, body=()),
        "abstract_method_signature": Row(W.FUNCTION, body=()),
        "function_signature": Row(W.FUNCTION, body=()),
        "method_definition": Row(W.FUNCTION),
        "function_declaration": Row(W.FUNCTION),
        "generator_function_declaration": Row(W.FUNCTION),
        "function_expression": Row(W.LAMBDA),
        "generator_function": Row(W.LAMBDA),
        "arrow_function": Row(W.LAMBDA),
        "required_parameter": Row(W.DECLARE, name=("pattern",), role=Role.PARAMETER),
        "optional_parameter": Row(W.DECLARE, name=("pattern",), role=Role.PARAMETER),
        "formal_parameters": Row(W.DECLARE, name=("#identifier", "#assignment_pattern"), type=(), role=Role.PARAMETER),
        "variable_declarator": Row(W.DECLARE, role=Role.CONSTANT),
        "shorthand_property_identifier_pattern": Row(W.NAME, role=Role.CONSTANT),
        "array": LIST,
        "object": Row(W.DICT),
        "pair": Row(W.PAIR, items=("key",)),
        "shorthand_property_identifier": Row(W.NAME, role=Role.KEY),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "decorator": Row(W.ANNOTATION),
        "import_statement": IMPORT,
        "export_statement": RETURN,
        "jsx_closing_element": Row(W.SKIP),
        "call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "new_expression": Row(W.CALL, name=("constructor",), items=("arguments",)),
        "subscript_expression": Row(W.SUBSCRIPT, name=("object",), items=("index",)),
        "ternary_expression": Row(W.CONDITION, items=("condition",), body=("consequence",)),
        "switch_statement": Row(W.SWITCH, items=("value",)),
        "switch_case": Row(W.CASE, items=("value",), body=("",)),
        "jsx_text": Row(W.LABEL),
        "jsx_attribute": Row(W.ATTRIBUTE, name=("0",), value=("1",)),
        "regex": STRING,
    },
    mute("regex_pattern", "optional_chain", "html_character_reference"),
)

_KOTLIN = rows(
    COMMON,
    {
        "class_declaration": Row(
            W.SCOPE, name=("#type_identifier",), body=("#class_body", "#enum_class_body", "#primary_constructor")
        ),
        "object_declaration": Row(W.SCOPE, name=("#type_identifier",), body=("#class_body",)),
        "enum_entry": Row(W.MEMBER, name=("#simple_identifier",), value=("#value_arguments",)),
        "class_parameter": Row(
            W.DECLARE,
            name=("#simple_identifier",),
            type=("#user_type", "#nullable_type"),
            value=("#string_literal", "#integer_literal"),
            role=Role.FIELD,
        ),
        "parameter": Row(
            W.DECLARE,
            name=("#simple_identifier",),
            type=("#user_type", "#nullable_type"),
            value=(),
            role=Role.PARAMETER,
        ),
        "property_declaration": Row(W.DECLARE, name=("#variable_declaration",), type=(), value=("-1",)),
        "function_declaration": Row(W.FUNCTION, name=("#simple_identifier",), body=("#function_body",)),
        "secondary_constructor": Row(W.FUNCTION, name=(), body=("#statements",)),
        "lambda_literal": Row(W.LAMBDA),
        "anonymous_function": Row(W.LAMBDA),
        "type_alias": Row(W.ALIAS, name=("#type_identifier",), value=("#user_type",)),
        "annotation": Row(W.ANNOTATION),
        "import_header": IMPORT,
        "package_header": IMPORT,
        "call_expression": Row(W.CALL, name=("0",), items=("#call_suffix",)),
        "constructor_invocation": Row(W.CALL, name=("0",), items=("#value_arguments",)),
        "infix_expression": Row(W.PAIR, items=("0",), value=("2",)),
        "assignment": Row(W.ASSIGN, name=("0",), value=("1",)),
        "indexing_expression": Row(W.SUBSCRIPT, name=("0",), items=("#indexing_suffix",)),
        "collection_literal": LIST,
        "when_expression": Row(W.SWITCH, items=("#when_subject",)),
        "when_entry": Row(W.CASE, items=("#when_condition",), body=("",)),
        "jump_expression": RETURN,
    },
    mute(
        "binding_pattern_kind",
        "property_modifier",
        "class_modifier",
        "visibility_modifier",
        "member_modifier",
        "function_modifier",
    ),
)

_SCALA = rows(
    COMMON,
    {
        "class_definition": Row(W.SCOPE, body=("body", "class_parameters"), items=("extend",)),
        "object_definition": Row(W.SCOPE, items=("extend",)),
        "trait_definition": Row(W.SCOPE),
        "enum_definition": Row(W.ENUM),
        "simple_enum_case": Row(W.MEMBER, value=()),
        "full_enum_case": Row(W.MEMBER, value=("class_parameters",)),
        "class_parameter": Row(W.DECLARE, value=("default_value",), role=Role.FIELD),
        "parameter": Row(W.DECLARE, value=("default_value",), role=Role.PARAMETER),
        "val_definition": Row(W.DECLARE, name=("pattern",)),
        "var_definition": Row(W.DECLARE, name=("pattern",)),
        "val_declaration": Row(W.DECLARE),
        "function_definition": Row(W.FUNCTION),
        "function_declaration": Row(W.FUNCTION),
        "lambda_expression": Row(W.LAMBDA),
        "type_definition": Row(W.ALIAS, value=("type",)),
        "annotation": Row(W.ANNOTATION),
        "import_declaration": IMPORT,
        "package_clause": IMPORT,
        "call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "infix_expression": Row(W.PAIR, items=("left",), value=("right",)),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "match_expression": Row(W.SWITCH, items=("value",)),
        "case_clause": Row(W.CASE, items=("pattern",), body=("body",)),
        "return_expression": RETURN,
        "interpolated_string_expression": STRING,
    },
    mute("operator_identifier"),
)

_GO = rows(
    COMMON,
    {
        "type_spec": Row(W.ALIAS, value=("type",)),
        "type_alias": Row(W.ALIAS, value=("type",)),
        "const_declaration": Row(W.BLOCK),
        "const_spec": Row(W.DECLARE),
        "var_spec": Row(W.DECLARE, role=Role.CONSTANT),
        "field_declaration": FIELD,
        "method_elem": Row(W.FUNCTION),
        "method_spec": Row(W.FUNCTION),
        "function_declaration": Row(W.FUNCTION),
        "method_declaration": Row(W.FUNCTION),
        "func_literal": Row(W.LAMBDA),
        "parameter_declaration": PARAMETER,
        "variadic_parameter_declaration": PARAMETER,
        "short_var_declaration": Row(W.ASSIGN, name=("left",), value=("right",)),
        "assignment_statement": Row(W.ASSIGN, name=("left",), value=("right",)),
        "literal_value": LIST,
        "keyed_element": Row(W.PAIR, items=("key", "0"), value=("value", "1")),
        "interpreted_string_literal": STRING,
        "rune_literal": Row(W.MUTE),
        "call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "index_expression": Row(W.SUBSCRIPT, name=("operand",), items=("index",)),
        "expression_switch_statement": Row(W.SWITCH, items=("value",)),
        "type_switch_statement": Row(W.SWITCH, items=("value",)),
        "expression_case": Row(W.CASE, items=("value",), body=("",)),
        "type_case": Row(W.CASE, items=("type",), body=("",)),
        "import_declaration": IMPORT,
        "package_clause": IMPORT,
    },
    mute("iota", "interpreted_string_literal_content", "raw_string_literal_content", "blank_identifier"),
)

_RUST = rows(
    COMMON,
    {
        "struct_item": Row(W.SCOPE, kind=Kind.STRUCT),
        "union_item": Row(W.SCOPE, kind=Kind.STRUCT),
        "trait_item": Row(W.SCOPE),
        "impl_item": Row(W.SPACE, name=("type",)),
        "enum_item": Row(W.ENUM),
        "enum_variant": Row(W.MEMBER),
        "field_declaration": FIELD,
        "const_item": CONSTANT,
        "static_item": CONSTANT,
        "let_declaration": Row(W.DECLARE, name=("pattern",), role=Role.CONSTANT),
        "function_item": Row(W.FUNCTION),
        "function_signature_item": Row(W.FUNCTION),
        "closure_expression": Row(W.LAMBDA),
        "parameter": Row(W.DECLARE, name=("pattern",), role=Role.PARAMETER),
        "type_item": Row(W.ALIAS, value=("type",)),
        "attribute_item": Row(W.ANNOTATION),
        "inner_attribute_item": Row(W.ANNOTATION),
        "use_declaration": IMPORT,
        "array_expression": LIST,
        "tuple_expression": LIST,
        "field_initializer_list": Row(W.DICT),
        "field_initializer": Row(W.PAIR, items=("field",)),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "macro_invocation": Row(W.CALL, name=("macro",), items=("#token_tree",)),
        "index_expression": Row(W.SUBSCRIPT, name=("0",), items=("1",)),
        "match_expression": Row(W.SWITCH, items=("value",)),
        "match_arm": Row(W.CASE, items=("pattern",), body=("value",)),
        "return_expression": RETURN,
    },
    mute("mutable_specifier", "lifetime", "visibility_modifier", "crate"),
)

_SWIFT = rows(
    COMMON,
    {
        "class_declaration": Row(W.SCOPE),
        "protocol_declaration": Row(W.SCOPE),
        "enum_entry": Row(W.DECLARE, type=(), value=("raw_value",), role=Role.MEMBER),
        "property_declaration": Row(W.DECLARE, type=("#type_annotation",)),
        "protocol_property_declaration": Row(W.DECLARE, type=("#type_annotation",), role=Role.FIELD),
        "function_declaration": Row(W.FUNCTION),
        "protocol_function_declaration": Row(W.FUNCTION),
        "init_declaration": Row(W.FUNCTION, name=()),
        "lambda_literal": Row(W.LAMBDA),
        "parameter": Row(
            W.DECLARE,
            name=("#simple_identifier",),
            type=("#user_type", "#optional_type", "#array_type", "#dictionary_type"),
            value=(),
            role=Role.PARAMETER,
        ),
        "typealias_declaration": Row(W.ALIAS, value=("-1",)),
        "attribute": Row(W.ANNOTATION),
        "import_declaration": IMPORT,
        "line_string_literal": STRING,
        "multi_line_string_literal": STRING,
        "raw_string_literal": STRING,
        "array_literal": LIST,
        "dictionary_literal": Row(W.DICT),
        "assignment": Row(W.ASSIGN, name=("target",), value=("result",)),
        "call_expression": Row(W.CALL, name=("0",), items=("#call_suffix",)),
        "if_statement": Row(W.CONDITION, items=("condition",), body=("#statements",)),
        "guard_statement": Row(W.CONDITION, items=("condition",), body=("#statements",)),
        "while_statement": Row(W.CONDITION, items=("condition",), body=("#statements",)),
        "ternary_expression": Row(W.CONDITION, items=("condition",), body=("if_true",)),
        "switch_statement": Row(W.SWITCH, items=("expr",)),
        "switch_entry": Row(W.CASE, items=("#switch_pattern",), body=("",)),
        "control_transfer_statement": RETURN,
    },
    mute(
        "line_str_text",
        "multi_line_str_text",
        "str_escaped_char",
        "else",
        "default_keyword",
        "property_modifier",
        "value_binding_pattern",
    ),
)

_OBJC = rows(
    _C_FAMILY,
    {
        "class_interface": Row(W.SCOPE, name=("#identifier",), body=("",)),
        "protocol_declaration": Row(W.SCOPE, name=("#identifier",), body=("",)),
        "category_interface": Row(W.SPACE, name=("#identifier",)),
        "class_implementation": Row(W.SPACE, name=("#identifier",)),
        "category_implementation": Row(W.SPACE, name=("#identifier",)),
        "property_declaration": Row(W.DECLARE, name=("#struct_declaration",), role=Role.FIELD),
        "struct_declaration": Row(W.DECLARE, name=("#struct_declarator",), type=("0",), role=Role.FIELD),
        "method_declaration": Row(W.FUNCTION, name=("#identifier",), body=()),
        "method_definition": Row(W.FUNCTION, name=("#identifier",), body=("",)),
        "method_parameter": Row(
            W.DECLARE, name=("#identifier",), type=("#method_type",), value=(), role=Role.PARAMETER
        ),
        "message_expression": Row(W.CALL, name=("method",), items=("",)),
        "block_literal": Row(W.LAMBDA),
        "array_literal": LIST,
        "dictionary_literal": Row(W.DICT),
        "dictionary_pair": Row(W.PAIR, items=("0",), value=("1",)),
    },
    mute("property_attributes_declaration"),
)

_DART = rows(
    COMMON,
    {
        "class_definition": Row(W.SCOPE),
        "mixin_declaration": Row(W.SCOPE),
        "extension_declaration": Row(W.SCOPE),
        "enum_declaration": Row(W.ENUM),
        "enum_constant": Row(W.MEMBER, value=("#argument_part",)),
        "initialized_identifier_list": Row(W.DECLARE, name=("#initialized_identifier",)),
        "static_final_declaration_list": Row(W.DECLARE, name=("#static_final_declaration",)),
        "initialized_identifier": Row(W.KEYWORD, name=("0",), value=("-1",)),
        "static_final_declaration": Row(W.KEYWORD, name=("0",), value=("-1",)),
        "initialized_variable_definition": Row(W.DECLARE, role=Role.CONSTANT),
        "formal_parameter": PARAMETER,
        "function_signature": Row(W.FUNCTION),
        "constructor_signature": Row(W.FUNCTION),
        "function_body": Row(W.BODY),
        "function_expression": Row(W.LAMBDA),
        "type_alias": Row(W.ALIAS, name=("0",), value=("1",)),
        "annotation": Row(W.ANNOTATION),
        "import_or_export": IMPORT,
        "library_name": IMPORT,
        "documentation_comment": COMMENT,
        "list_literal": LIST,
        "set_or_map_literal": Row(W.DICT),
        "pair": Row(W.PAIR, items=("key",)),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "named_argument": Row(W.KEYWORD, name=("#label",), value=("-1",)),
        "selector": Row(W.CALL, name=("<",), items=("#argument_part",)),
        "if_statement": Row(W.CONDITION, items=("0",), body=("consequence",)),
        "conditional_expression": Row(W.CONDITION, items=("0",), body=("consequence",)),
        "switch_statement": Row(W.SWITCH, items=("condition",)),
        "switch_statement_case": Row(W.CASE, items=("#constant_pattern",), body=("",)),
    },
    mute("final_builtin", "const_builtin", "case_builtin", "break_builtin", "inferred_type", "equality_operator"),
)

_PHP = rows(
    COMMON,
    {
        "class_declaration": Row(W.SCOPE),
        "interface_declaration": Row(W.SCOPE),
        "trait_declaration": Row(W.SCOPE),
        "enum_declaration": Row(W.ENUM),
        "enum_case": Row(W.MEMBER),
        "property_declaration": Row(W.DECLARE, name=("#property_element",), role=Role.FIELD),
        "property_element": Row(W.KEYWORD, value=("default_value",)),
        "const_declaration": Row(W.DECLARE, name=("#const_element",), type=(), role=Role.CONSTANT),
        "const_element": Row(W.KEYWORD, name=("0",), value=("1",)),
        "simple_parameter": Row(W.DECLARE, value=("default_value",), role=Role.PARAMETER),
        "property_promotion_parameter": Row(W.DECLARE, value=("default_value",), role=Role.FIELD),
        "method_declaration": Row(W.FUNCTION),
        "function_definition": Row(W.FUNCTION),
        "anonymous_function": Row(W.LAMBDA),
        "anonymous_function_creation_expression": Row(W.LAMBDA),
        "arrow_function": Row(W.LAMBDA),
        "attribute": Row(W.ANNOTATION),
        "namespace_use_declaration": IMPORT,
        "namespace_definition": IMPORT,
        "encapsed_string": STRING,
        "heredoc_body": STRING,
        "nowdoc_body": STRING,
        "array_creation_expression": LIST,
        "array_element_initializer": Row(W.PAIR, items=("0",), value=("1",)),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "function_call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "member_call_expression": Row(W.CALL, items=("arguments",)),
        "nullsafe_member_call_expression": Row(W.CALL, items=("arguments",)),
        "scoped_call_expression": Row(W.CALL, items=("arguments",)),
        "object_creation_expression": Row(W.CALL, name=("0",), items=("#arguments",)),
        "subscript_expression": Row(W.SUBSCRIPT, name=("0",), items=("1",)),
        "conditional_expression": Row(W.CONDITION, items=("condition",), body=("body", "alternative")),
        "switch_statement": Row(W.SWITCH, items=("condition",)),
        "case_statement": Row(W.CASE, items=("value",), body=("",)),
        "match_expression": Row(W.SWITCH, items=("condition",)),
        "match_conditional_expression": Row(W.CASE, items=("conditional_expressions",), body=("return_expression",)),
        "text": Row(W.MARKUP),
        "text_interpolation": Row(W.MARKUP),
    },
    mute(
        "php_tag", "visibility_modifier", "static_modifier", "final_modifier", "abstract_modifier", "readonly_modifier"
    ),
)

_RUBY = rows(
    COMMON,
    {
        "class": Row(W.SCOPE, body=("",)),
        "module": Row(W.SCOPE, body=("",)),
        "method": Row(W.FUNCTION, body=("",)),
        "singleton_method": Row(W.FUNCTION, body=("",)),
        "method_parameters": Row(W.DECLARE, name=("#identifier",), role=Role.PARAMETER),
        "keyword_parameter": PARAMETER,
        "optional_parameter": PARAMETER,
        "splat_parameter": PARAMETER,
        "lambda": Row(W.LAMBDA),
        "assignment": Row(W.ASSIGN, name=("left",), value=("right",)),
        "string_array": LIST,
        "symbol_array": LIST,
        "array": LIST,
        "bare_string": STRING,
        "bare_symbol": STRING,
        "simple_symbol": STRING,
        "delimited_symbol": STRING,
        "heredoc_body": STRING,
        "hash": Row(W.DICT),
        "pair": Row(W.PAIR, items=("key",)),
        "call": Row(W.CALL, name=("method",), items=("arguments",)),
        "element_reference": Row(W.SUBSCRIPT, name=("object",), items=("1",)),
        "if": IF,
        "elsif": IF,
        "unless": IF,
        "while": IF,
        "if_modifier": IF,
        "unless_modifier": IF,
        "conditional": Row(W.CONDITION, items=("condition",), body=("consequence",)),
        "case": Row(W.SWITCH, items=("value",)),
        "when": Row(W.CASE, items=("pattern",), body=("body",)),
        "return": RETURN,
    },
)

_LUA = rows(
    COMMON,
    {
        "assignment_statement": Row(W.ASSIGN, name=("#variable_list",), value=("#expression_list",)),
        "function_declaration": Row(W.FUNCTION),
        "function_definition": Row(W.LAMBDA),
        "parameters": Row(W.DECLARE, role=Role.PARAMETER),
        "table_constructor": LIST,
        "field": Row(W.PAIR, items=("name",)),
        "function_call": Row(W.CALL, items=("arguments",)),
        "bracket_index_expression": Row(W.SUBSCRIPT, name=("table",), items=("field",)),
        "if_statement": IF,
        "elseif_statement": IF,
    },
)

_BASH = rows(
    COMMON,
    {
        "function_definition": Row(W.FUNCTION),
        "variable_assignment": Row(W.ASSIGN),
        "array": LIST,
        "word": STRING,
        "raw_string": STRING,
        "ansi_c_string": STRING,
        "heredoc_body": STRING,
        "extglob_pattern": STRING,
        "translated_string": Row(W.MUTE),
        "command": Row(W.CALL, items=("",)),
        "if_statement": Row(W.CONDITION, items=("condition",), body=("",)),
        "while_statement": Row(W.CONDITION, items=("condition",), body=("body",)),
        "elif_clause": Row(W.CONDITION, items=("0",), body=("",)),
        "case_statement": Row(W.SWITCH, items=("value",)),
        "case_item": Row(W.CASE, items=("value",), body=("",)),
    },
    mute(
        "test_operator", "heredoc_start", "heredoc_end", "file_descriptor", "special_variable_name", "heredoc_content"
    ),
)

_R = rows(
    COMMON,
    {
        "binary_operator": Row(W.ASSIGN, name=("lhs",), value=("rhs",)),
        "function_definition": Row(W.LAMBDA),
        "parameter": Row(W.DECLARE, value=("default",), role=Role.PARAMETER),
        "call": Row(W.CALL, name=("function",), items=("arguments",)),
        "argument": Row(W.PAIR, items=("name",)),
        "subset2": Row(W.SUBSCRIPT, name=("function",), items=("arguments",)),
        "subset": Row(W.SUBSCRIPT, name=("function",), items=("arguments",)),
    },
    mute("return", "comma"),
)

_MATLAB = rows(
    COMMON,
    {
        "class_definition": Row(W.SCOPE, body=("",), value=("#enumeration",)),
        "enum": Row(W.MEMBER, name=("0",), value=("1",)),
        "property": Row(W.DECLARE, value=("#default_value",), role=Role.FIELD),
        "function_definition": Row(W.FUNCTION, body=("",)),
        "function_arguments": Row(W.DECLARE, name=("#identifier",), role=Role.PARAMETER),
        "lambda": Row(W.LAMBDA),
        "assignment": Row(W.ASSIGN, name=("left",), value=("right",)),
        "cell": LIST,
        "matrix": LIST,
        "function_call": Row(W.CALL, items=("#arguments",)),
        "if_statement": Row(W.CONDITION, items=("condition",), body=("#block",)),
        "elseif_clause": Row(W.CONDITION, items=("condition",), body=("#block",)),
        "switch_statement": Row(W.SWITCH, items=("condition",)),
        "case_clause": Row(W.CASE, items=("condition",), body=("#block",)),
    },
)

_LISTS = frozenset(
    {
        "asList",
        "listOf",
        "setOf",
        "arrayOf",
        "arrayListOf",
        "mutableListOf",
        "hashSetOf",
        "linkedSetOf",
        "of",
        "List",
        "Set",
        "Seq",
        "Array",
        "Vector",
        "Sets",
        "newHashSet",
        "newArrayList",
        "Enum",
        "mapOf",
        "mutableMapOf",
        "hashMapOf",
        "linkedMapOf",
        "Map",
    }
)

GRAMMARS: dict[str, Grammar] = {
    "python": Grammar(
        "python",
        (".py", ".pyi", ".pyw", ".pyx", ".pxd"),
        _PYTHON,
        family="hash",
        own=("self", "cls"),
        enums=("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "Choices", "IntegerChoices", "TextChoices"),
        fields=("_fields_",),
        docstring=True,
        interpreters=("python",),
    ),
    "java": Grammar("java", (".java",), _JAVA, builders=_LISTS, constants=("static", "final")),
    "c": Grammar("c", (".c", ".h"), _C_FAMILY),
    "cpp": Grammar(
        "cpp", (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".inl", ".ipp", ".tcc", ".cu", ".cuh", ".ino"), _C_FAMILY
    ),
    "csharp": Grammar("csharp", (".cs", ".csx"), _CSHARP, constants=("const",)),
    "javascript": Grammar(
        "javascript",
        (".js", ".jsx", ".mjs", ".cjs", ".es6"),
        _SCRIPT,
        own=("this",),
        builders=frozenset({"Set", "of", "freeze"}),
        interpreters=("node", "deno", "bun"),
    ),
    "typescript": Grammar(
        "typescript", (".ts", ".mts", ".cts"), _SCRIPT, own=("this",), builders=frozenset({"Set", "of", "freeze"})
    ),
    "tsx": Grammar("tsx", (".tsx",), _SCRIPT, own=("this",), builders=frozenset({"Set", "of", "freeze"})),
    "kotlin": Grammar("kotlin", (".kt", ".kts"), _KOTLIN, builders=_LISTS, constants=("const",)),
    "scala": Grammar("scala", (".scala", ".sc"), _SCALA, enums=("Enumeration", "Enum"), builders=_LISTS),
    "go": Grammar("go", (".go",), _GO, raw=("`",)),
    "rust": Grammar("rust", (".rs",), _RUST, builders=frozenset({"vec", "matches", "phf_set", "hashset"})),
    "swift": Grammar("swift", (".swift",), _SWIFT, own=("self",)),
    "objc": Grammar("objc", (".m", ".mm"), _OBJC, own=("self",)),
    "dart": Grammar("dart", (".dart",), _DART),
    "php": Grammar(
        "php",
        (".php", ".phtml", ".php5", ".php7", ".inc"),
        _PHP,
        family="php",
        own=("this",),
        raw=("'",),
        declarers={"define": Role.CONSTANT},
        interpreters=("php",),
    ),
    "ruby": Grammar(
        "ruby",
        (".rb", ".rake", ".gemspec"),
        _RUBY,
        family="hash",
        own=("self",),
        raw=("'",),
        interpreters=("ruby",),
        declarers={"attr_accessor": Role.FIELD, "attr_reader": Role.FIELD, "attr_writer": Role.FIELD},
    ),
    "lua": Grammar("lua", (".lua",), _LUA, family="dash", own=("self",), interpreters=("lua",)),
    "bash": Grammar(
        "bash",
        (".sh", ".bash", ".zsh", ".ksh"),
        _BASH,
        family="hash",
        raw=("'",),
        interpreters=("bash", "sh", "zsh", "ksh", "dash"),
    ),
    "r": Grammar(
        "r",
        (".r",),
        _R,
        family="hash",
        builders=frozenset({"c", "list"}),
        interpreters=("Rscript",),
        assigners=("<-", "<<-", "=", ":="),
    ),
    "matlab": Grammar("matlab", (), _MATLAB, family="percent", raw=("'",)),
}

SUFFIXES: dict[str, str] = {
    suffix: name for name, grammar in GRAMMARS.items() for suffix in grammar.suffixes
} | dict.fromkeys((".sql", ".ddl", ".dml", ".pgsql", ".psql", ".plsql", ".pks", ".pkb", ".prc", ".mysql"), "sql")
