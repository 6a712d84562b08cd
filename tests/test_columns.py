"""Columns that are cut out of tables: all others stay as they were, byte for byte."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag import strip
from untag.finding import Severity
from untag.gap import Damaged
from untag.scan import Options
from untag.syntax.table import cells, without

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = Options(jobs=1, cache=False)
GROUPS = ("Asian", "Black", "Indian", "White")


def removed(source: Path, *, unsafe: bool = False) -> tuple[strip.Outcome, bytes]:
    folder = source.parent / "out"
    folder.mkdir()
    outcome = strip.removed(str(source), str(folder), OPTIONS, strip.Wish(Severity.LOW, unsafe=unsafe))
    return outcome, (folder / source.name).read_bytes()


TEXT = st.text(st.sampled_from('ab,;"\n\t |éß民😀'), max_size=5) | st.sampled_from(["", '"', '""', "\r\n", " x ", ","])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], list[int]]:
    width = draw(st.integers(2, 6))
    row = st.lists(TEXT, min_size=width, max_size=width)
    gone = draw(st.lists(st.integers(0, width - 1), min_size=1, max_size=width - 1, unique=True))
    return draw(st.lists(row, min_size=1, max_size=8)), sorted(gone)


@given(tables(), st.sampled_from(",;\t|"), st.sampled_from(("\n", "\r\n")), st.sampled_from((0, 1)))
def test_other_cells_are_the_same(table: tuple[list[list[str]], list[int]], mark: str, end: str, quoting: int) -> None:
    rows, gone = table
    if mark == "|" and any(row[0].lstrip(" \t")[:1] in ("", "|") for row in rows):
        return  # a table that is drawn with bars at its sides is written otherwise
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=quoting, delimiter=mark).writerows(rows)
    file = io.BytesIO(out.getvalue().encode())
    made = b""
    while line := file.readline():
        whole, spans = cells(line, mark.encode(), file.readline)
        made += without(whole, spans, gone)
    back = list(csv.reader(io.StringIO(made.decode(), newline=""), delimiter=mark))
    left = [[c for i, c in enumerate(row) if i not in gone] for row in rows]
    assert [row or [""] for row in back] == left


def faces(encoding: str, end: str, mark: str) -> str:
    """Enough rows that the groups are a closed set."""
    rows = [mark.join(("face_id", "age", "race", "head_pose", "remark"))]
    words = ("", "café à la crème", "déjà vu")
    rows += [mark.join((str(i), str(i % 40), GROUPS[i % 4], f'"{i}; ""{i}"""', words[i % 3])) for i in range(80)]
    return end.join(rows) + end


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_column_goes_and_no_other_byte(mark: str, end: str, encoding: str, tmp_path: Path) -> None:
    text = faces(encoding, end, mark)
    source = tmp_path / "faces.csv"
    source.write_bytes(text.encode(encoding))
    outcome, made = removed(source)
    assert {row.verdict for row in outcome.rows} == {"removed"}, [r.reason for r in outcome.rows]
    sign = re.escape(mark)
    lines = text.split(end)[:-1]
    kept = end.join(re.sub(rf"^((?:[^{mark}]*{sign}){{2}})[^{mark}]*{sign}", r"\1", line) for line in lines) + end
    assert made == kept.encode(encoding)


def test_a_row_of_one_empty_cell_stays_a_row(tmp_path: Path) -> None:
    source = tmp_path / "faces.csv"
    source.write_text("face_age,race\n1,3\n,4\n5,3\n", encoding="utf-8")
    outcome, made = removed(source)
    assert {row.verdict for row in outcome.rows} == {"removed"}
    assert made == b'face_age\n1\n""\n5\n'


def test_rows_with_more_cells_than_the_header_stay(tmp_path: Path) -> None:
    """Nobody can tell which of them is the tag's."""
    source = tmp_path / "faces.csv"
    source.write_text("face_name,race,age\nOne,3,30\nTwo, and more,4,31\n", encoding="utf-8")
    outcome, made = removed(source)
    assert made == source.read_bytes()
    assert outcome.rows
    assert all(row.verdict == "kept" and "line 3 has more cells" in row.reason for row in outcome.rows)


def test_a_quotation_mark_that_is_never_closed_stays(tmp_path: Path) -> None:
    source = tmp_path / "faces.csv"
    source.write_text('face_name,race,age\nOne,3,30\n"Two,4,31\nThree,3,2\n', encoding="utf-8")
    outcome, made = removed(source)
    assert made == source.read_bytes()
    assert any("never closed" in row.reason for row in outcome.rows)


def test_no_value_is_told(tmp_path: Path) -> None:
    source = tmp_path / "faces.csv"
    source.write_text(faces("utf-8", "\n", ","), encoding="utf-8")
    outcome, _ = removed(source)
    said = repr([(c.edits, c.said, c.facts, c.diff) for c in outcome.changes])
    assert not any(group in said for group in GROUPS)


def test_the_attributes_of_celeba_lose_one(tmp_path: Path) -> None:
    """A count, names, and rows with a file's name before their values."""
    names = ["Male", "Smiling", "Uyghur", "Eyeglasses", "Young"]
    rows = [f"{i:06d}.jpg  {' '.join(str((i + j) % 2 * 2 - 1).rjust(2) for j in range(5))}" for i in range(60)]
    source = tmp_path / "list_attr_face.txt"
    source.write_text("60\n" + " ".join(names) + "\n" + "\n".join(rows) + "\n", encoding="utf-8")
    outcome, made = removed(source)
    assert {row.verdict for row in outcome.rows} == {"removed"}, [r.reason for r in outcome.rows]
    lines = made.decode().split("\n")
    assert lines[1] == "Male Smiling Eyeglasses Young"
    for line, old in zip(lines[2:], rows, strict=False):
        parts = old.split()
        assert line.split() == [*parts[:3], *parts[4:]]


def test_damage_is_told() -> None:
    from untag.artifact import Artifact
    from untag.place import Place
    from untag.rewriters._rows import rows, way

    artifact = Artifact(Place(("a.csv",)), "a,b\nc,".encode("utf-16") + b"\0\xd8")
    with artifact.open() as file, pytest.raises(Damaged):
        list(rows(file, way(artifact)))
