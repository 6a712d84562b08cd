"""Rows of languages with ways of their own: Pascal, PowerShell, Perl, Elixir, Prisma."""

from __future__ import annotations

from untag.readers._row import (
    COMMENT,
    COMMON,
    CONSTANT,
    FIELD,
    IMPORT,
    LIST,
    RETURN,
    STRING,
    Row,
    W,
    mute,
    rows,
    same,
)
from untag.surface import Kind, Role

__all__ = ["ELIXIR", "PASCAL", "PERL", "POWERSHELL", "PRISMA"]

#: A declared type whose body is the node itself.
_INSIDE = Row(W.SCOPE, name=(), body=("",), kind=Kind.STRUCT)

PASCAL = rows(
    {
        "comment": COMMENT,
        "pp": Row(W.TEXT),
        "declUses": IMPORT,
        "declType": Row(W.TYPEDEF),
        **same(_INSIDE, "declClass", "declIntf", "declHelper"),
        "declEnum": Row(W.ENUM, name=(), body=("",)),
        "declEnumValue": Row(W.MEMBER),
        "declField": FIELD,
        "declProp": Row(W.DECLARE, value=("defaultValue",), role=Role.FIELD),
        "declConst": Row(W.DECLARE, value=("defaultValue",), role=Role.CONSTANT),
        "declVar": Row(W.DECLARE, value=("defaultValue",), role=Role.CONSTANT),
        "varDef": CONSTANT,
        "declArg": Row(W.DECLARE, value=("defaultValue",), role=Role.PARAMETER),
        "declProc": Row(W.FUNCTION, body=()),
        "defProc": Row(W.DEFINED, name=("header",)),
        "lambda": Row(W.LAMBDA),
        "rttiAttributes": Row(W.ANNOTATION),
        "literalString": STRING,
        "arrInitializer": LIST,
        "exprBrackets": LIST,
        "recInitializer": Row(W.DICT),
        "recInitializerField": Row(W.PAIR, items=("name",)),
        "assignment": Row(W.ASSIGN, name=("lhs",), value=("rhs",)),
        "exprCall": Row(W.CALL, name=("entity",), items=("args",)),
        "exprSubscript": Row(W.SUBSCRIPT, name=("entity",), items=("args",)),
        **same(Row(W.CONDITION, items=("condition",), body=("then", "body")), "if", "ifElse", "while"),
        "case": Row(W.SWITCH, items=("1",)),
        "caseCase": Row(W.CASE, items=("label",), body=("body",)),
        "raise": RETURN,
    },
    mute("literalNumber", "literalChar", "guid"),
)

POWERSHELL = rows(
    COMMON,
    {
        "class_statement": Row(W.SCOPE, name=("#simple_name",), body=("",)),
        "class_property_definition": Row(
            W.DECLARE, name=("#variable",), type=("#type_literal",), value=("#logical_expression",), role=Role.FIELD
        ),
        "class_method_definition": Row(W.FUNCTION, name=("#simple_name",), body=("#script_block",)),
        "class_method_parameter": Row(W.DECLARE, name=("#variable",), type=("#type_literal",), role=Role.PARAMETER),
        "enum_statement": Row(W.ENUM, name=("#simple_name",), body=("",)),
        "enum_member": Row(W.MEMBER, name=("#simple_name",), value=("#integer_literal",)),
        "function_statement": Row(W.FUNCTION, name=("#function_name",), body=("#script_block",)),
        "script_block_expression": Row(W.LAMBDA),
        "script_parameter": Row(
            W.DECLARE, name=("#variable",), type=(), value=("#script_parameter_default",), role=Role.PARAMETER
        ),
        # ``[ValidateSet('asian', 'black')]`` closes the set of what a parameter or field may be.
        "attribute_arguments": Row(W.UNION),
        "attribute_list": Row(W.MUTE),
        "foreach_statement": Row(W.DECLARE, name=("#variable",), type=(), value=(), role=Role.CONSTANT),
        "assignment_expression": Row(W.ASSIGN, name=("#left_assignment_expression",), value=("value",)),
        "array_literal_expression": LIST,
        "hash_literal_body": Row(W.DICT),
        "hash_entry": Row(W.PAIR, items=("#key_expression",), value=("#pipeline",)),
        "element_access": Row(W.SUBSCRIPT, name=("0",), items=("1",)),
        "command": Row(W.CALL, name=("command_name",), items=("command_elements",)),
        "invokation_expression": Row(W.CALL, name=("#member_name",), items=("#argument_list",)),
        "if_statement": Row(W.CONDITION, items=("condition",), body=("#statement_block",)),
        "elseif_clause": Row(W.CONDITION, items=("condition",), body=("#statement_block",)),
        "while_statement": Row(W.CONDITION, items=("condition",), body=("#statement_block",)),
        "switch_statement": Row(W.SWITCH, items=("#switch_condition",)),
        "switch_clause": Row(W.CASE, items=("#switch_clause_condition",), body=("#statement_block",)),
        "flow_control_statement": RETURN,
        "label": Row(W.MUTE),
    },
    mute("comparison_operator", "assignement_operator", "command_argument_sep", "class_attribute", "format_operator"),
)
del POWERSHELL["attribute_list"]

PERL = rows(
    COMMON,
    {
        "pod": COMMENT,
        "package_statement": Row(W.REST, body=("#block",)),
        "class_statement": Row(W.REST, body=("#block",)),
        "role_statement": Row(W.REST, body=("#block",)),
        "subroutine_declaration_statement": Row(W.FUNCTION),
        "method_declaration_statement": Row(W.FUNCTION),
        "anonymous_subroutine_expression": Row(W.LAMBDA),
        "anonymous_method_expression": Row(W.LAMBDA),
        "mandatory_parameter": Row(W.DECLARE, name=("0",), role=Role.PARAMETER),
        "optional_parameter": Row(W.DECLARE, name=("0",), value=("default",), role=Role.PARAMETER),
        "named_parameter": Row(W.DECLARE, name=("0",), value=("default",), role=Role.PARAMETER),
        "variable_declaration": Row(W.DECLARE, name=("variables", "variable"), value=(), role=Role.CONSTANT),
        "assignment_expression": Row(W.ASSIGN, name=("left",), value=("right",)),
        "list_expression": Row(W.LIST, items=("=>",)),
        "quoted_word_list": Row(W.WORDS, name=()),
        "autoquoted_bareword": STRING,
        "interpolated_string_literal": STRING,
        "heredoc_content": STRING,
        "match_regexp": STRING,
        "quoted_regexp": STRING,
        "substitution_regexp": STRING,
        "hash_element_expression": Row(W.SUBSCRIPT, name=("hash", "0"), items=("key",)),
        "function_call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "ambiguous_function_call_expression": Row(W.CALL, name=("function",), items=("arguments",)),
        "method_call_expression": Row(W.CALL, name=("method",), items=("arguments",)),
        "conditional_statement": Row(W.CONDITION, items=("condition",), body=("block",)),
        "loop_statement": Row(W.CONDITION, items=("condition",), body=("block",)),
        "elsif": Row(W.CONDITION, items=("condition",), body=("block",)),
        "conditional_expression": Row(W.CONDITION, items=("condition",), body=("consequent",)),
        "postfix_conditional_expression": Row(W.CONDITION, items=("condition",), body=("0",)),
        "return_expression": RETURN,
        "require_expression": IMPORT,
    },
    mute("version", "undef_expression", "heredoc_end", "heredoc_token", "prototype"),
)

ELIXIR = rows(
    COMMON,
    {
        "call": Row(W.CALL, name=("target",), items=("#arguments",)),
        "unary_operator": Row(W.MARK, value=("operand",)),
        "binary_operator": Row(W.ASSIGN, name=("left",), value=("right",)),
        "stab_clause": Row(W.CASE, items=("left",), body=("right",)),
        "anonymous_function": Row(W.LAMBDA),
        "list": LIST,
        "tuple": LIST,
        "map_content": Row(W.DICT),
        "keywords": Row(W.DICT),
        "pair": Row(W.PAIR, items=("key",)),
        "keyword": STRING,
        "quoted_keyword": STRING,
        "atom": STRING,
        "quoted_atom": STRING,
        "charlist": STRING,
        "sigil": Row(W.WORDS, name=("#sigil_name",)),
        "access_call": Row(W.SUBSCRIPT, name=("target",), items=("key",)),
    },
    mute("boolean", "char", "quoted_content", "operator_identifier"),
)

PRISMA = rows(
    COMMON,
    {
        "document_comment": COMMENT,
        "enum_block": Row(W.ENUM, name=("#identifier",), body=("",)),
        "identifier": Row(W.BARE),
        "model_block": Row(W.SCOPE, name=("#identifier",), body=("",), kind=Kind.STRUCT),
        "model_field": Row(W.DECLARE, name=("field_name",), type=("field_type",), value=(), role=Role.FIELD),
        "model_single_attribute": Row(W.ANNOTATION, role=Role.FIELD),
        "model_multi_attribute": Row(W.ANNOTATION, role=Role.TYPE),
        "key_value_block": Row(W.SCOPE, name=("#identifier",), body=("",)),
        "key_value": Row(W.PAIR, items=("#key",), value=("#value",)),
    },
    mute("prisma_type"),
)
