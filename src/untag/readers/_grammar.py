"""The languages: grammar, suffixes and ways of each, by the names of the language pack."""

from __future__ import annotations

from untag.readers._dynamic import BASH, LUA, MATLAB, PHP, PYTHON, RUBY, SCRIPT, R
from untag.readers._fortran import FORTRAN
from untag.readers._further import CLOJURE, ERLANG, FSHARP, HASKELL, JULIA, NIM, SOLIDITY, ZIG
from untag.readers._other import ELIXIR, PASCAL, PERL, POWERSHELL, PRISMA
from untag.readers._row import Grammar, Row, W
from untag.readers._static import C_FAMILY, CSHARP, DART, GO, JAVA, KOTLIN, OBJC, RUST, SCALA, SWIFT
from untag.surface import Role

__all__ = ["GRAMMARS", "SUFFIXES"]

#: A node for each level of operators, whether there is one or not.
WRAPPED = frozenset(
    {
        "pipeline",
        "logical_expression",
        "bitwise_expression",
        "comparison_expression",
        "additive_expression",
        "multiplicative_expression",
        "format_expression",
        "range_expression",
        "array_literal_expression",
        "unary_expression",
        "argument_list",
        "argument_expression_list",
        "argument_expression",
        "logical_argument_expression",
        "bitwise_argument_expression",
        "comparison_argument_expression",
        "additive_argument_expression",
        "multiplicative_argument_expression",
        "format_argument_expression",
        "range_argument_expression",
        "left_assignment_expression",
        "script_parameter_default",
        "key_expression",
        "array_expression",
        "parenthesized_expression",
        "statement_list",
        "hash_literal_expression",
    }
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
        PYTHON,
        family="hash",
        own=("self", "cls"),
        enums=("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "Choices", "IntegerChoices", "TextChoices"),
        fields=("_fields_",),
        docstring=True,
        interpreters=("python",),
    ),
    "java": Grammar("java", (".java",), JAVA, builders=_LISTS, constants=("static", "final")),
    "c": Grammar("c", (".c", ".h"), C_FAMILY),
    "cpp": Grammar(
        "cpp", (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".inl", ".ipp", ".tcc", ".cu", ".cuh", ".ino"), C_FAMILY
    ),
    "csharp": Grammar("csharp", (".cs", ".csx"), CSHARP, constants=("const",)),
    "javascript": Grammar(
        "javascript",
        (".js", ".jsx", ".mjs", ".cjs", ".es6"),
        SCRIPT,
        own=("this",),
        builders=frozenset({"Set", "of", "freeze"}),
        interpreters=("node", "deno", "bun"),
    ),
    "typescript": Grammar(
        "typescript", (".ts", ".mts", ".cts"), SCRIPT, own=("this",), builders=frozenset({"Set", "of", "freeze"})
    ),
    "tsx": Grammar("tsx", (".tsx",), SCRIPT, own=("this",), builders=frozenset({"Set", "of", "freeze"})),
    "kotlin": Grammar("kotlin", (".kt", ".kts"), KOTLIN, builders=_LISTS, constants=("const",)),
    "scala": Grammar("scala", (".scala", ".sc"), SCALA, enums=("Enumeration", "Enum"), builders=_LISTS),
    "go": Grammar("go", (".go",), GO, raw=("`",)),
    "rust": Grammar("rust", (".rs",), RUST, builders=frozenset({"vec", "matches", "phf_set", "hashset"})),
    "swift": Grammar("swift", (".swift",), SWIFT, own=("self",)),
    "objc": Grammar("objc", (".m", ".mm"), OBJC, own=("self",)),
    "dart": Grammar("dart", (".dart",), DART),
    "php": Grammar(
        "php",
        (".php", ".phtml", ".php5", ".php7", ".inc"),
        PHP,
        family="php",
        own=("this",),
        raw=("'",),
        declarers={"define": Role.CONSTANT},
        interpreters=("php",),
    ),
    "ruby": Grammar(
        "ruby",
        (".rb", ".rake", ".gemspec"),
        RUBY,
        family="hash",
        own=("self",),
        raw=("'",),
        interpreters=("ruby",),
        # ``t.string :race`` in a migration is a column.
        declarers={
            **dict.fromkeys(("attr_accessor", "attr_reader", "attr_writer"), Role.FIELD),
            **dict.fromkeys(
                (
                    "string",
                    "text",
                    "integer",
                    "bigint",
                    "float",
                    "decimal",
                    "boolean",
                    "date",
                    "datetime",
                    "timestamp",
                    "binary",
                    "json",
                    "jsonb",
                    "uuid",
                    "enum",
                ),
                Role.COLUMN,
            ),
        },
    ),
    "lua": Grammar("lua", (".lua",), LUA, family="dash", own=("self",), interpreters=("lua",)),
    "bash": Grammar(
        "bash",
        (".sh", ".bash", ".zsh", ".ksh"),
        BASH,
        family="hash",
        raw=("'",),
        interpreters=("bash", "sh", "zsh", "ksh", "dash"),
    ),
    "r": Grammar(
        "r",
        (".r",),
        R,
        family="hash",
        builders=frozenset({"c", "list"}),
        interpreters=("Rscript",),
        assigners=("<-", "<<-", "=", ":="),
    ),
    "matlab": Grammar("matlab", (), MATLAB, family="percent", raw=("'",)),
    "pascal": Grammar(
        "pascal",
        (".pas", ".dpr", ".dpk", ".lpr"),
        PASCAL,
        steps=20_000,
        family="pascal",
        own=("Self",),
        raw=("'",),
        keywords="k",
        wrappers=frozenset({"type", "typeref"}),
    ),
    "powershell": Grammar(
        "powershell",
        (".ps1", ".psm1"),
        POWERSHELL,
        steps=20_000,
        family="shell",
        own=("$this",),
        raw=("'", '"'),
        interpreters=("pwsh", "powershell"),
        wrappers=WRAPPED,
    ),
    "perl": Grammar(
        "perl",
        (".pl", ".pm"),
        PERL,
        steps=600,
        family="hash",
        own=("$self",),
        raw=("'",),
        interpreters=("perl",),
        declarers={"has": Role.FIELD},
        wrappers=frozenset({"variable_declaration", "scalar", "array", "hash", "container_variable"}),
    ),
    "elixir": Grammar(
        "elixir",
        (".ex", ".exs"),
        ELIXIR,
        family="hash",
        interpreters=("elixir",),
        assigners=("=",),
        wrappers=frozenset({"map", "keywords"}),
        forms={
            **dict.fromkeys(
                ("defmodule", "defprotocol", "defimpl"), Row(W.SCOPE, name=("#arguments",), body=("#do_block",))
            ),
            **dict.fromkeys(
                ("def", "defp", "defmacro", "defmacrop", "defguard", "defdelegate"),
                Row(W.FUNCTION, name=("#arguments",), body=("#do_block", "#arguments"), items=("#arguments",)),
            ),
            **dict.fromkeys(("defstruct", "defexception"), Row(W.FIELDS)),
            **dict.fromkeys(("if", "unless"), Row(W.CONDITION, items=("#arguments",), body=("#do_block",))),
            "case": Row(W.SWITCH, items=("#arguments",)),
            **dict.fromkeys(("import", "alias", "require", "use"), Row(W.IMPORT)),
        },
        # ``field :race, :string`` in a schema and ``add :race, :string`` in a migration are columns.
        declarers=dict.fromkeys(
            (
                "field",
                "add",
                "add_if_not_exists",
                "modify",
                "belongs_to",
                "has_one",
                "has_many",
                "many_to_many",
                "embeds_one",
                "embeds_many",
                "attribute",
                "attr",
            ),
            Role.COLUMN,
        ),
    ),
    "prisma": Grammar("prisma", (".prisma",), PRISMA),
    "julia": Grammar(
        "julia",
        (".jl",),
        JULIA,
        family="julia",
        interpreters=("julia",),
        builders=frozenset({"Dict", "Set"}),
        wrappers=frozenset({"macro_argument_list"}),
        forms={"@enum": Row(W.ENUM, name=("#macro_argument_list",), body=("",))},
    ),
    "haskell": Grammar(
        "haskell",
        (".hs", ".hsc"),
        HASKELL,
        family="haskell",
        wrappers=frozenset({"match", "literal", "parens"}),
    ),
    "erlang": Grammar(
        "erlang",
        (".erl", ".hrl"),
        ERLANG,
        family="percent",
        interpreters=("escript",),
        wrappers=frozenset({"field_expr", "field_type"}),
    ),
    "fsharp": Grammar(
        "fsharp",
        (".fs", ".fsx"),
        FSHARP,
        steps=600,
        family="ml",
        wrappers=frozenset(
            {
                "value_declaration_left",
                "identifier_pattern",
                "long_identifier_or_op",
                "long_identifier",
                "const",
                "paren_expression",
            }
        ),
    ),
    "clojure": Grammar(
        "clojure",
        (".clj", ".cljs", ".cljc", ".edn"),
        CLOJURE,
        family="lisp",
        wrappers=frozenset({"sym_lit"}),
    ),
    "nim": Grammar("nim", (".nim",), NIM, family="hash", wrappers=frozenset({"ref_type", "pointer_type"})),
    "solidity": Grammar("solidity", (".sol",), SOLIDITY, wrappers=frozenset({"expression", "call_argument"})),
    "zig": Grammar(
        "zig",
        (".zig",),
        ZIG,
        wrappers=frozenset({"ErrorUnionExpr", "SuffixExpr", "AssignExpr", "BlockExpr", "SwitchItem"}),
    ),
    # The pack's own grammar of Groovy knows no declarations; that of Java reads it, and what it misses narrows little.
    "groovy": Grammar(
        "java",
        (".groovy", ".gradle", ".gvy"),
        JAVA,
        builders=_LISTS,
        constants=("static", "final"),
        raw=("'",),
        interpreters=("groovy",),
    ),
    "fortran": Grammar(
        "fortran",
        (".f90", ".f95", ".f03", ".f08", ".f", ".for"),
        FORTRAN,
        family="bang",
        raw=("'", '"'),
        wrappers=frozenset(
            {
                "module_statement",
                "derived_type_statement",
                "subroutine_statement",
                "function_statement",
                "sized_declarator",
            }
        ),
    ),
}

SUFFIXES: dict[str, str] = {
    suffix: name for name, grammar in GRAMMARS.items() for suffix in grammar.suffixes
} | dict.fromkeys((".sql", ".ddl", ".dml", ".pgsql", ".psql", ".plsql", ".pks", ".pkb", ".prc", ".mysql"), "sql")
