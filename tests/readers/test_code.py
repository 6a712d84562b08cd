"""Source code: binding of comments, damage, large and hostile input, and what focus may leave out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import linear
from untag.artifact import Artifact
from untag.gap import Gap, Limits
from untag.place import Place
from untag.readers._code import read_code
from untag.readers._grammar import GRAMMARS
from untag.readers._lex import lex, unescape, unquote
from untag.readers.code import CodeReader, language_of
from untag.scan import Options, scan
from untag.surface import Kind, Role, Surface

READER = CodeReader()
SPECIMENS = sorted((Path(__file__).parent.parent / "specimens" / "readers" / "code").glob("*/*"))


def shown(
    name: str, text: str | bytes, limits: Limits | None = None, focus: tuple[tuple[int, int], ...] | None = None
) -> list[Surface]:
    data = text.encode() if isinstance(text, str) else text
    items = list(READER.read(Artifact(Place((name,)), data, focus), limits or Limits()))
    assert all(isinstance(i, Surface) for i in items)
    return [i for i in items if isinstance(i, Surface)]


def bound(items: list[Surface]) -> dict[str, tuple[str, str]]:
    return {s.text: (s.owner, s.about) for s in items if s.role is Role.COMMENT}


@pytest.mark.parametrize(
    ("name", "text", "owner", "about"),
    [
        ("a.h", "struct F {\n  int a, emNation; // X\n};", "F", "emNation"),
        ("a.h", "struct F {\n  // X\n  int a;\n};", "F", "a"),
        ("a.h", "struct F {\n  int a; // y\n         // X\n  int b;\n};", "F", "a"),
        ("a.h", "enum E { /* X */ A, B };", "E", "A"),
        ("a.h", "enum E { A, /* X */ B };", "E", "B"),
        ("a.h", "enum E { // X\n A, B };", "E", "E"),
        ("a.h", "typedef enum { A, B } E; // X", "E", "E"),
        ("a.h", "// X\ntypedef enum { A, B } E;", "E", "E"),
        ("a.h", "void f(int a /* X */, int b);", "f", "a"),
        ("a.java", 'class C {\n /** X\n */\n\n @A("y")\n int race;\n}', "C", "race"),
        ("a.java", "// X\nclass C { int a; }", "C", "C"),
        ("a.java", "// X\n\n\n\n\nclass C { int a; }", "", ""),
        (
            "a.cs",
            'class C {\n /// <summary>\n /// X\n /// </summary>\n [D("y")]\n public int Race { get; set; }\n}',
            "C",
            "Race",
        ),
        ("a.py", "class C:\n    '''X'''\n    a = 1\n", "C", "C"),
        ("a.py", "def f(a, b):  # X\n    pass\n", "f", "f"),
        ("a.py", "l = ['a', 'b']  # X\n", "l", "l"),
        ("a.py", "o = {\n  'race': 1,  # X\n}\n", "o", "race"),
        ("a.py", "f(x)  # X\ny = 1\n", "", ""),
    ],
)
def test_a_comment_is_bound_to_what_it_describes(name: str, text: str, owner: str, about: str) -> None:
    assert bound(shown(name, text))["X"] == (owner, about)


def test_constants_of_an_interface_are_an_enum() -> None:
    items = shown("a.java", "interface EM_X { int EM_A = 1; int EM_B = 5; }")
    assert [(s.role, s.text, s.value) for s in items] == [
        (Role.ENUM, "EM_X", ""),
        (Role.MEMBER, "EM_A", "1"),
        (Role.MEMBER, "EM_B", "5"),
    ]
    assert shown("a.java", "class F { int a; public static final int B = 1; }")[0].role is Role.TYPE


def test_fields_of_a_record_list() -> None:
    items = shown("a.py", "class S(Structure):\n    _fields_ = [('emNation', c_int), ('n', c_char * 3)]\n")
    assert [(s.text, s.type, s.owner) for s in items if s.role is Role.FIELD and s.type] == [
        ("emNation", "c_int", "S"),
        ("n", "c_char * 3", "S"),
    ]


def test_a_condition_says_what_it_leads_to() -> None:
    items = shown("a.c", "int f(P p) { if (p.nation == 2) { alarm(p); level = 3; return HIGH; } else { ok(p); } }")
    found = next(s for s in items if s.role is Role.CONDITION)
    assert (found.text, found.value, found.owner) == ("p.nation == 2", "alarm level HIGH", "f")


def test_equal_names_have_owners_of_their_own() -> None:
    items = shown("a.py", "x = ['a', 'b']\nx = ['c', 'd']\n")
    assert [s.owner for s in items if s.role is Role.MEMBER] == ["x", "x", "x#2", "x#2"]


def test_columns_count_characters() -> None:
    items = shown("a.c", '/* 民族 */ int nation; char *s = "维吾尔"; int race;')
    assert [(s.text, s.place.column) for s in items] == [
        ("民族", 4),
        ("nation", 14),
        ("s", 28),
        ("维吾尔", 33),
        ("race", 43),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "a.py",
        "a.java",
        "a.c",
        "a.cs",
        "a.ts",
        "a.go",
        "a.kt",
        "a.swift",
        "a.php",
        "a.rb",
        "a.rs",
        "a.lua",
        "a.pas",
        "a.ps1",
        "a.pm",
        "a.ex",
        "a.prisma",
        "a.jl",
        "a.hs",
        "a.erl",
        "a.fsx",
        "a.clj",
        "a.nim",
        "a.sol",
        "a.groovy",
        "a.f90",
    ],
)
def test_a_syntax_error_narrows_but_never_loses(name: str) -> None:
    text = 'class ( Face { race = "asian" ;;; )( emNation == 5 ?? "维吾尔" [[ } def nationality \x01 民族 = '
    everything = " ".join(s.text for s in shown(name, text if name != "a.php" else "<?php " + text))
    for word in ("Face", "race", "asian", "emNation", "维吾尔", "nationality", "民族"):
        assert word in everything, word


@pytest.mark.parametrize("source", SPECIMENS, ids=lambda p: p.parent.name)
def test_every_word_of_every_specimen_is_shown(source: Path) -> None:
    if source.name == "surfaces.txt" or source.parent.name == "sql":
        pytest.skip("not an input, or data rows that are held back")
    artifact = Artifact(Place((source.name,)), source.read_bytes())
    lines = [""] * (artifact.text.count("\n") + 2)
    for item in READER.read(artifact, Limits()):
        assert isinstance(item, Surface)
        assert item.place.line
        for number, part in enumerate(item.text.split("\n")):
            lines[item.place.line - 1 + number] += " " + part
    for role, _, line, _, text in lex(artifact.text, GRAMMARS[language_of(artifact) or "c"].family):
        if role is Role.USE and text.isidentifier() and ("race" in text.lower() or "nation" in text.lower()):
            assert text in lines[line], (text, line + 1)


def test_a_large_file_is_lexed_to_the_same_comments_and_strings() -> None:
    text = '/* block\n 民族 */\nint x = 3; // 维吾尔\nchar *s = "种族";\nint y = f("a\\"b");\n' * 300
    small = Limits(parse=100)
    assert READER.lexed(Artifact(Place(("a.c",)), text.encode()), small)

    def spots(items: list[Surface]) -> list[tuple[str, int | None, int | None]]:
        return [
            (s.text, s.place.line, s.place.column) for s in items if s.role in (Role.COMMENT, Role.STRING, Role.VALUE)
        ]

    assert spots(shown("a.c", text, small)) == spots(shown("a.c", text))


@pytest.mark.parametrize(("name", "deep"), [("a.pl", True), ("a.pas", True), ("a.pl", False), ("a.c", False)])
def test_what_passes_a_bound_of_its_parser_says_that_it_was_lexed(name: str, deep: bool) -> None:
    text = "x = " + "(" * 200 + "1" + ")" * 200 + "; # race\n" if deep else "x = (1); # race\n"
    artifact = Artifact(Place((name,)), text.encode())
    assert not READER.lexed(artifact, Limits())
    assert list(READER.read(artifact, Limits()))
    assert READER.lexed(artifact, Limits()) is deep


def test_a_large_file_is_lexed_around_its_focus() -> None:
    text = "/* block\n 民族 */\nint x = 3; // 维吾尔\n" * 5000
    data = text.encode()
    at = data.find("维".encode(), 60_000)
    some = shown("a.c", data, Limits(parse=100), ((at, at + 3),))
    line = data[:at].count(b"\n") + 1
    assert any(s.text == "维吾尔" and s.place.line == line and s.place.column == 15 for s in some)
    whole = {(s.text, s.place.line, s.place.column) for s in shown("a.c", data, Limits(parse=100))}
    assert {(s.text, s.place.line, s.place.column) for s in some} <= whole
    assert len(some) < len(whole) / 10


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_focus_keeps_the_whole_of_what_it_touches(encoding: str) -> None:
    text = "// 文件说明\n" + "".join(
        f"struct S{n} {{\n  int a{n}; // 年龄的类型和数据\n  int b{n}; // 性别的状态信息\n}};\n"
        f"void f{n}(int p) {{ g(p{n}); }}\n"
        for n in range(50)
    )
    data = text.encode(encoding)
    before = text[: text.index("a17")]
    at = len(before.encode(encoding))
    some = shown("a.h", data, focus=((at, at + 3),))
    whole = shown("a.h", data)
    assert [s for s in whole if s.owner == "S17"] == [s for s in some if s.owner == "S17"]
    assert set(some) <= set(whole)
    assert not any(s.text == "a30" for s in some)
    assert any(s.text == "S30" for s in some)


def test_focus_passes_over_runs_of_constants() -> None:
    rows = [f"#define REG_{n}__SHIFT 0x{n:x}\n" + ("\n// REG\n" if n % 7 == 0 else "") for n in range(600)]
    text = "#ifndef A_H\n#define A_H\n" + "".join(rows) + "struct S { int a; /* é */ };\n#endif\n"
    data = text.encode()
    at = data.index(b"REG_300_")
    some, whole = shown("a.h", data, focus=((at, at + 3),)), shown("a.h", data)
    assert set(some) <= set(whole)
    assert any(s.text == "S" for s in some)
    texts = {s.text for s in some}
    assert {"REG_299__SHIFT", "REG_300__SHIFT", "REG_301__SHIFT"} <= texts
    assert "REG_100__SHIFT" not in texts
    assert len(some) < len(whole) / 5


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("a.c", "("),
        ("a.c", "{"),
        ("a.py", "["),
        ("a.js", "{a:["),
        ("a.java", "class A{"),
        ("a.go", "func(){"),
        ("a.cpp", "*"),
        ("a.ts", "a?"),
        ("a.rb", "if x\n"),
        ("a.php", "<?php if("),
        ("a.sql", "CHECK("),
        ("a.lua", "{{"),
        ("a.pas", "begin if ("),
        ("a.ps1", "@{a=@("),
        ("a.pm", "{a=>["),
        ("a.ex", "%{a: ["),
        ("a.ex", "def f do "),
        ("a.jl", "f(["),
        ("a.hs", "a = ("),
        ("a.erl", "f() -> [{"),
        ("a.fsx", "let a = ["),
        ("a.clj", "(let ["),
        ("a.clj", "(def a {"),
        ("a.nim", "f(["),
        ("a.sol", "contract A {"),
        ("a.groovy", "f([a: {"),
        ("a.f90", "a = (/ b("),
    ],
)
def test_deep_nesting_is_walked(name: str, piece: str) -> None:
    items = shown(name, piece * 30_000 + ' "race" ')
    assert len(items) < 300_000


@pytest.mark.parametrize(
    ("name", "piece"),
    [("a.pm", "a("), ("a.pm", "x+\n"), ("a.fsx", "$("), ("a.fsx", "let a = "), ("a.ps1", "-> "), ("a.pas", "(* ")],
)
def test_a_parser_without_a_bound_is_given_one(name: str, piece: str) -> None:
    items = shown(name, piece * (30_000 // len(piece)) + '\n"race"\n')
    assert '"race"' in items[-1].text or items[-1].text == "race"


def test_one_very_long_line_is_read_to_its_end() -> None:
    def text(size: int) -> str:
        return "var 民族=" + '{race:"asian",维:1},' * (size // 20) + '{last:"uyghur"}'

    for limits in (Limits(), Limits(parse=100)):
        assert any(item.text == "uyghur" for item in shown("a.js", text(200_000), limits))
        linear(lambda size, limits=limits: shown("a.js", text(size), limits))


def test_the_bound_on_surfaces_is_said() -> None:
    items = list(READER.read(Artifact(Place(("a.c",)), b"int a;\n" * 100), Limits(surfaces=10)))
    assert isinstance(items[-1], Gap)
    assert len(items) == 11


def test_rows_of_a_dictionary_are_told_where_a_column_says_what_is_coded() -> None:
    rows = "INSERT INTO base_dict (kind, value, name) VALUES ('mzlx', '4', '藏族');\n"
    rows += "INSERT INTO base_dict (kind, value, name) VALUES ('mzlx', '5', '维吾尔族');\n"
    items = shown("a.sql", rows)
    assert [(s.owner, s.value) for s in items if s.role is Role.MEMBER] == [("mzlx", "4"), ("mzlx", "5")]


def test_rows_of_persons_are_not_told_whatever_a_column_is_called() -> None:
    items = shown("a.sql", "INSERT INTO guest (kind, value, name) VALUES ('vip', '4', 'Jane Doe');\n")
    assert all("Doe" not in s.text for s in items)


def test_no_data_row_of_sql_is_shown() -> None:
    items = shown("a.sql", "INSERT INTO face (id, name, nation) VALUES (1, 'Jane Doe', 5), (2, 'John Roe', 3);\n")
    assert [(s.role, s.text) for s in items] == [
        (Role.TYPE, "face"),
        (Role.COLUMN, "id"),
        (Role.COLUMN, "name"),
        (Role.COLUMN, "nation"),
    ]


_COPIED = """--
-- PostgreSQL database dump
--
-- captures of faces

CREATE TABLE public.inmate (id int, race text, uyghur bool, face bytea);
COPY public.inmate (id, name, race, uyghur) FROM stdin;
1\tZeb Quack\tUyghur; t\tt
2\tJane Quack\tBlack\tf
\\.

COPY public.race (id, label) FROM stdin;
1\tHan
2\tUyghur
3\tTibetan
\\.

CREATE INDEX by_race ON public.inmate (race);
"""


def test_no_row_of_a_copy_is_shown() -> None:
    items = shown("a.sql", _COPIED)
    assert [(s.role, s.text, s.place.line) for s in items if s.owner == "inmate" and (s.place.line or 0) > 6] == [
        (Role.TYPE, "inmate", 7),
        (Role.COLUMN, "id", 7),
        (Role.COLUMN, "name", 7),
        (Role.COLUMN, "race", 7),
        (Role.COLUMN, "uyghur", 7),
    ]
    assert [(s.text, s.value, s.place.line) for s in items if s.role is Role.MEMBER] == [
        ("Han", "1", 13),
        ("Uyghur", "2", 14),
        ("Tibetan", "3", 15),
    ]
    assert any(s.text == "by_race" and s.place.line == 18 for s in items)


@pytest.mark.parametrize("name", ["a.sql", "backup.txt", "backup.bak"])
def test_no_person_of_a_copy_is_reported(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(_COPIED)
    for sieved in (True, False):
        report = scan([str(tmp_path)], Options(jobs=1, cache=False, sieve=sieved))
        assert {m.text for f in report.findings for m in f.marks} >= {"uyghur", "Uyghur", "Tibetan"}
        assert "Quack" not in repr(report)
        assert "Quack" not in repr([f.excerpt for f in report.findings])


def test_a_query_in_a_string_shows_its_condition() -> None:
    items = shown("a.py", 'q = "SELECT id FROM face WHERE nation = 5"\n')
    found = next(s for s in items if s.role is Role.CONDITION)
    assert (found.text, found.place.column) == ("nation = 5", 32)


def test_blocks_keep_the_lines_of_what_holds_them() -> None:
    found = list(read_code("let race = 1;\nlet b = 2;", "javascript", Place(("a.vue",)), first_line=10, owner="script"))
    assert [(s.text, s.place.line, s.owner) for s in found] == [("race", 10, "script"), ("b", 11, "script")]


@pytest.mark.parametrize(
    ("name", "head", "language"),
    [
        ("a.h", "#import <x.h>\n@interface A\n@end", "objc"),
        ("a.h", "int a;", "cpp"),
        ("a.m", "% x\nfunction f\n", "matlab"),
        ("a.m", "#import <x.h>\n", "objc"),
        ("a.ts", "<?xml version='1.0'?>", None),
        ("a.ts", "let a;", "typescript"),
        ("a.inc", "<?php $a = 1;", "php"),
        ("a.inc", "const\n  RACE_ASIAN = 1;\n", "pascal"),
        ("a.inc", "define('A', 1);", "php"),
        ("a.pl", "use strict;\nmy $a = 1;\n", "perl"),
        ("a.fs", "module A\nlet a = 1\n", "fsharp"),
        ("a.fs", "#version 330\nvoid main() { }\n", None),
        ("a.pl", ":- module(face, []).\nrace(X) :- face(X).\n", None),
        ("a.py.svn-base", "x", "python"),
        ("tool", "#!/bin/sh\n", "bash"),
        ("tool", "plain", None),
    ],
)
def test_language(name: str, head: str, language: str | None) -> None:
    assert language_of(Artifact(Place((name,)), head.encode())) == language


@pytest.mark.parametrize(
    ("raw", "inside"),
    [
        ('"a"', "a"),
        ("'''a'''", "a"),
        ('r"a"', "a"),
        ('f"a"', "a"),
        ('@"a"', "a"),
        ("`a`", "a"),
        ('R"x(a)x"', "a"),
        ('r#"a"#', "a"),
        ("[[a]]", "a"),
        ("[==[a]==]", "a"),
        (":a", "a"),
        ('L"a"', "a"),
        ("a", "a"),
    ],
)
def test_quotes_of_every_language(raw: str, inside: str) -> None:
    assert unquote(raw)[1] == inside


def test_escapes() -> None:
    assert unescape(r"\u6c11\x41\101\n\u{1F600}\ud83d\ude00\"") == '民AA\n😀😀"'


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(GRAMMARS)), st.text(max_size=300))
def test_any_text_is_read(language: str, text: str) -> None:
    for item in read_code(text, language, Place(("x",))):
        assert item.kind in Kind
        assert len(item.text) <= 2000


def test_persons_in_two_columns_are_no_codes(tmp_path: Path) -> None:
    rows = (("face_person", "Zeb Quack"), ("face_person", "zeb"), ("face_attrs", "zeb"), ("face_race", "ZQ"))
    for table, first in rows:
        made = f"CREATE TABLE {table} (name text, ethnicity text);\nINSERT INTO {table} VALUES "
        (tmp_path / "a.sql").write_text(made + f"('{first}','Uyghur'),('{first}b','Han'),('{first}c','Tibetan');\n")
        report = scan([str(tmp_path)], Options(jobs=1, cache=False))
        assert report.findings
        assert any("Tibetan" in m.text for f in report.findings for m in f.marks) is (table == "face_race")
        assert "Quack" not in repr(report)
