"""Tables: headers, closed sets, label lists, and never a value of a row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import linear
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits
from untag.place import Place
from untag.readers.tables import TablesReader, _Shape, _Table
from untag.surface import Kind, Role, Surface


def both(data: str | bytes, name: str = "faces.csv") -> list[Surface | Artifact | Gap]:
    raw = data if isinstance(data, bytes) else data.encode()
    try:
        return list(TablesReader().read(Artifact(Place((name,)), raw), Limits()))
    except Damaged:
        return []


def read(data: str | bytes, name: str = "faces.csv") -> list[Surface]:
    return [s for s in both(data, name) if isinstance(s, Surface)]


def columns(data: str | bytes, name: str = "faces.csv") -> list[str]:
    return [s.text for s in read(data, name) if s.role is Role.COLUMN]


def test_header_with_places() -> None:
    found = [(s.text, s.place.line, s.place.column, s.owner, s.kind) for s in read('a,"b ""c""", race\n1,2,3\n')]
    assert found == [
        ("a", 1, 1, "faces", Kind.DATASET),
        ('b "c"', 1, 4, "faces", Kind.DATASET),
        ("race", 1, 14, "faces", Kind.DATASET),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "utf-16-le"])
def test_encodings(encoding: str) -> None:
    text = "编号,民族\r\n" + "1,汉族\r\n2,回族\r\n" * 40
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert columns(data) == ["编号", "民族"]
    assert [s.text for s in read(data) if s.role is Role.MEMBER] == ["回族", "汉族"]


def test_closed_set_needs_rows_and_repetition() -> None:
    assert [s.text for s in read("race\n" + "a\nb\n" * 24) if s.role is Role.MEMBER] == []
    assert [s.text for s in read("race\n" + "a\nb\n" * 25) if s.role is Role.MEMBER] == ["a", "b"]
    assert [s.text for s in read("race\n" + "a\nb\n" * 25 + "c\n") if s.role is Role.MEMBER] == []
    assert [
        s.text
        for s in read("race\n" + "".join(f"v{chr(97 + i % 26)}{i % 31}\n" for i in range(900)))
        if s.role is Role.MEMBER
    ] == []


def test_numbers_and_people_are_no_closed_set() -> None:
    rows = "".join(f"{i % 5},Ann Alpha,img/{i % 2}.jpg,x@example.org,2020-01-0{i % 2 + 1}\n" for i in range(100))
    assert [s.role for s in read("race_label,name,file,contact,born\n" + rows)] == [Role.COLUMN] * 5
    assert read(rows) == []


def test_first_row_of_data_is_no_header() -> None:
    assert columns("a.jpg,White,Male\nb.jpg,Black,Male\n") == []
    assert columns("White,1\nBlack,2\nWhite,3\n") == []


def test_label_list_only_where_the_name_says_so() -> None:
    rows = "0,White\n1,Black\n"
    assert [(s.text, s.value, s.place.line) for s in read(rows, "race_labels.csv")] == [
        ("White", "0", 1),
        ("Black", "1", 2),
    ]
    assert read(rows, "visitors.csv") == []
    assert [s.role for s in read("id,name\n1,Ann Alpha\n2,Bob Beta\n", "visitors.csv")] == [Role.COLUMN] * 2


@pytest.mark.parametrize(
    "rows",
    [
        "field,type,description\nage,int,\nrace,string,Race\n",
        "Field Name,Description\nage,age of the person shown\nrace,which race the model tells\n",
        "字段,说明\nage,年龄\nrace,种族\n",
    ],
)
def test_lists_of_fields_are_told(rows: str) -> None:
    assert [s.text for s in read(rows, "a.csv") if s.role is Role.COLUMN][-2:] == ["age", "race"]


@pytest.mark.parametrize(
    "rows",
    [
        "campo,descripcion\nnombre,Zeb Quackenfirth\netnia,Quackian\n",
        "字段,说明\n姓名,Quackenfirth\n民族,Quackian\n",
        "field,label\nrace,Quackian\nname,Quackenfirth\n",
        "id,patient,field,comments\n1,Q,Surgery,a Quackian woman of age\n2,R,Cardiology,a Quackian man of age\n",
        "患者,字段,类型\nQuackenfirth,a,Quackian\nQuackington,b,Quackian\n",
    ],
)
def test_records_that_look_like_a_list_of_fields_are_not_shown(rows: str) -> None:
    assert "Quack" not in repr(read(rows, "a.csv"))


def test_ragged_rows_nul_and_stray_quotes() -> None:
    data = 'id,race\n1\n2,a,b,c,d\n\0,\0\n3,"open\n' + "4,x\n" * 100
    assert columns(data) == ["id", "race"]
    assert columns("id,ra\0ce\n1,2\n") == ["id", "race"]


def test_many_columns() -> None:
    found = both(",".join(f"c{i}" for i in range(100_000)) + "\n" + ",".join(["1"] * 100_000) + "\n")
    assert sum(isinstance(s, Surface) for s in found) == 100_000
    assert any(isinstance(s, Gap) for s in found)


def test_text_files_that_are_tables() -> None:
    rows = "file\tage\trace\n" + "".join(f"{i}.jpg\t{i}\tWhite\n" for i in range(30))
    assert TablesReader().knows(Artifact(Place(("list.txt",)), rows.encode()))
    prose = "One thing, and another.\n" * 30
    assert not TablesReader().knows(Artifact(Place(("list.txt",)), prose.encode()))
    assert not TablesReader().knows(Artifact(Place(("a.py",)), rows.encode()))


NAMES = st.text(alphabet="abcdefghij", min_size=3, max_size=8)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=2, max_size=80, unique=True), st.sampled_from([",", ";", "\t", "|"]))
@settings(max_examples=60, deadline=None)
def test_no_value_of_a_row_is_ever_shown(rows: list[tuple[str, str]], mark: str) -> None:
    text = f"file{mark}who\n" + "".join(f"Q{a}{i}{mark}Q{b}{i}\n" for i, (a, b) in enumerate(rows))
    assert not [s.text for s in read(text) if s.text.startswith("Q")]


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv", "a.psv", "a.arff", "labels.csv"]))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data: bytes, name: str) -> None:
    TablesReader().knows(Artifact(Place((name,)), data))
    for s in read(data, name):
        assert s.place.line is not None


@pytest.mark.parametrize("unit", ["a,", '"', '"a', "a b", '"",', "\t"])
def test_one_long_line(unit: str) -> None:
    linear(lambda size: read(unit * (size // len(unit))))


@pytest.mark.slow
def test_two_hundred_thousand_rows() -> None:
    data = "id,race,score\n" + "1,White,0.5\n2,Black,0.25\n" * 100_000
    assert [s.text for s in read(data) if s.role is Role.MEMBER] == ["Black", "White"]


def test_a_cell_of_quotation_marks_takes_no_memory_of_its_own() -> None:
    """A group that is repeated once kept a place for each repetition: a hundred bytes for each mark."""
    import tracemalloc

    raw = b'"' * 1_000_000
    reader, artifact = TablesReader(), Artifact(Place(("a.csv",)), raw)
    list(reader.read(artifact, Limits()))  # what is made once is made
    tracemalloc.start()
    try:
        list(reader.read(artifact, Limits()))
        assert tracemalloc.get_traced_memory()[1] < 20 * len(raw)
    finally:
        tracemalloc.stop()


def test_cells_know_where_they_stand() -> None:
    table = _Table(Place(("a.csv",)), "a", _Shape("utf-8", ","), Limits())
    for cells in (table.split("a,bb,,ccc"), table.quoted('a,"bb",,ccc')):
        assert [cells[n] for n in range(len(cells))] == list(cells)
        assert [c.text for c in cells] == ["a", "bb", "", "ccc"]
    assert [c.column for c in table.split("a,bb,,ccc")] == [0, 2, 5, 6]
    assert [c.column for c in table.quoted('a,"bb",,ccc')] == [0, 3, 7, 8]
