"""Rows of Fortran."""

from __future__ import annotations

from untag.readers._row import COMMON, LIST, Row, W, mute, rows
from untag.surface import Kind

__all__ = ["FORTRAN"]

FORTRAN = rows(
    COMMON,
    {
        "module": Row(W.SCOPE, name=("#module_statement",), body=("",)),
        "derived_type_definition": Row(W.SCOPE, name=("#derived_type_statement",), body=("",), kind=Kind.STRUCT),
        "enum": Row(W.ENUM, name=(), body=("",)),
        "identifier": Row(W.BARE),
        "variable_declaration": Row(W.DECLARE, name=("declarator",), type=("type",), value=()),
        "init_declarator": Row(W.ASSIGN, name=("left",), value=("right",)),
        "subroutine": Row(W.FUNCTION, name=("#subroutine_statement",), body=("",)),
        "function": Row(W.FUNCTION, name=("#function_statement",), body=("",)),
        "parameters": Row(W.SPACE),
        "array_literal": LIST,
        "if_statement": Row(W.CONDITION, items=("0",), body=("1",)),
        "elseif_clause": Row(W.CONDITION, items=("0",), body=("1",)),
        "subroutine_call": Row(W.CALL, name=("subroutine",), items=("#argument_list",)),
        "call_expression": Row(W.CALL, name=("0",), items=("#argument_list",)),
        "select_case_statement": Row(W.SWITCH, items=("#selector",)),
        "case_statement": Row(W.CASE, items=("0",)),
        "assignment_statement": Row(W.ASSIGN, name=("left",), value=("right",)),
    },
    mute("type_qualifier", "none"),
)
