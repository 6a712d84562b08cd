"""What is commented out is told from what is said; backups are told from the files they are copies of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag import lexicon
from untag.finding import Mark
from untag.judge.scar import backup_of, code_in
from untag.place import Place
from untag.surface import Kind, Role, Surface

CODE = [
    ("private int ethnicity;", "field"),
    ("int32 race = 3;", "field"),
    ("BYTE byRace;  /*人种", "field"),
    ("private String nation; // 民族", "field"),
    ("val race: String,", "field"),
    ("race: Optional[str] = None", "field"),
    ("ethnicity=2,", "constant"),
    ('race_labels = ["asian", "white", "black"]', "constant"),
    ("self.race = model.predict(x)", "constant"),
    ("def predict_race(face):", "function"),
    ("public String getRace() {", "function"),
    ("if (attr.race == 2) { alarm(); }", "condition"),
    ('elif race == "asian":', "condition"),
    ("case UYGHUR:", "condition"),
    ("for race in races:", "condition"),
    ("NATION_UYGHUR,", "member"),
    ('"race": 1,', "member"),
    ("nation varchar(2) COMMENT '民族',", "column"),
    ("and nation = #{nation}", "column"),
    ("select race from face where id=1", "column"),
    ('<result column="race" property="race"/>', "key"),
    ('result.put("ethnicity", face.getEthnicity());', "call"),
    ("return face.race;", "call"),
    ("$face['race'] = 1;", "constant"),
    ("public string Ethnicity { get; set; }", "field"),
    ("pub race: Option<String>,", "field"),
    ('@SerializedName("ethnicity")', "call"),
]
OWN = [
    ('Ethnicity string `json:"ethnicity"`', ".go", "field"),
    ("Race      int", ".go", "field"),
    ("ethnicity: face.ethnicity,", ".ts", "member"),
    ("ethnicity: Ethnicity,", ".rs", "field"),
    ("ethnicity: true", ".yaml", "key"),
    ("Ethnicity, Other: TKind;", ".pas", "field"),
    ("property Ethnicity: TKind read FKind;", ".pas", "field"),
    ("[string]$Ethnicity", ".ps1", "field"),
    ("[ValidateSet('a', 'b')] [string] $Ethnicity = 'a',", ".psm1", "field"),
    ("ethnicity => $x->{kind},", ".pl", "member"),
    ("my $ethnicity;", ".pm", "member"),
    ("$self->{ethnicity} = 5;", ".pm", "member"),
    ("field :ethnicity, Ecto.Enum, values: [:a, :b]", ".ex", "field"),
    ("t.string :ethnicity", ".rb", "field"),
    ("ethnicity String?", ".prisma", "field"),
    ("ethnicity::Vector{String}", ".jl", "field"),
    (", ethnicity :: !Text", ".hs", "field"),
    ("ethnicity :: integer(),", ".hrl", "field"),
    ("mutable Ethnicity: string option", ".fs", "field"),
    (':ethnicity "x"', ".clj", "member"),
    ("ethnicity*: Kind", ".nim", "field"),
    ('ethnicity Kind @default(A) @map("e")', ".prisma", "field"),
]
PROSE = [
    "race conditions: if x = y then z", "handles race;", "The race;", "avoid a data race (see below)", "race(s)",
    "the race of the person", "0=White,1=Black", "White = 0, Black = 1", "race: the race of the person",
    "nation = ethnicity", "race = ethnicity of the person", "race: 0 unknown, 1 white", "民族", "getRace()",
    "if race is unknown, return 0", "Avoid race in Foo::bar().", "see Race.classify()", "race, age, gender",
    "return race of the face", "possible race: two threads call foo();", "race = 1 means asian",
    "for each race in the list:", "select the race from the list", "let race be the class",
    '>>> detect(face, attributes="ethnicity")', "Example: detect(race=True)",
]  # fmt: skip


def mark(text: str) -> Mark:
    surface = Surface(Role.COMMENT, text, Place(("a.java",), line=1), "Face", Kind.CLASS)
    return Mark(surface, lexicon.load().match(text))


@pytest.mark.parametrize(("text", "role"), CODE)
def test_code(text: str, role: str) -> None:
    live = code_in(mark(text))
    assert live is not None
    assert live.role == role
    assert any(h.kind != "context" for h in live.hits)


@pytest.mark.parametrize(("text", "suffix", "role"), OWN)
def test_code_of_one_language(text: str, suffix: str, role: str) -> None:
    live = code_in(mark(text), suffix)
    assert live is not None
    assert live.role == role
    assert code_in(mark(text), ".c") is None


@pytest.mark.parametrize(
    "suffix",
    [
        "",
        ".go",
        ".ts",
        ".py",
        ".yaml",
        ".pas",
        ".ps1",
        ".pl",
        ".ex",
        ".rb",
        ".prisma",
        ".jl",
        ".hs",
        ".erl",
        ".fs",
        ".clj",
        ".nim",
    ],
)
@pytest.mark.parametrize("text", PROSE)
def test_prose(text: str, suffix: str) -> None:
    assert code_in(mark(text), suffix) is None


@given(st.text(alphabet="race =;(){}.,\"'<>/*#[]:AB_0-\t", max_size=300))
def test_any_line(text: str) -> None:
    live = code_in(mark(text))
    assert live is None or all(0 <= h.start <= h.end for h in live.hits)


@pytest.mark.parametrize(
    ("path", "twin"),
    [
        ("a/Face.java.bak", ("a/Face.java", False)),
        ("a/Face.java.orig", ("a/Face.java", False)),
        ("a/face.py~", ("a/face.py", False)),
        ("a/face.h.old2", ("a/face.h", False)),
        ("a/.svn/text-base/Face.java.svn-base", ("a/Face.java", False)),
        ("a/.svn/pristine/01/" + "01" * 20 + ".svn-base", ("a/", True)),
        (".svn/pristine/01/" + "01" * 20 + ".svn-base", ("", True)),
        ("a/Face.java", None),
        ("a/backup/Face.java", None),
        ("a/~/Face.java", None),
        (".bak", None),
    ],
)
def test_backups(path: str, twin: tuple[str, bool] | None) -> None:
    assert backup_of(path) == twin
