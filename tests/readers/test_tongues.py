"""One struct of a face in each language: its tag is found, its twin is clean, commented out it is what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from untag.readers._grammar import SUFFIXES
from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path

    from untag.report import Report


class Tongue(NamedTuple):
    """A struct with a gap for a field, the field, and how a line is commented out."""

    text: str
    field: str
    remark: str = "// {}"


TONGUES = {
    "face.pas": Tongue(
        "unit Face;\n\ninterface\n\ntype\n  TFaceAttr = packed record\n    Age: Integer;\n    Gender: Byte;\n"
        "@    Glasses: Boolean;\n  end;\n\nimplementation\n\nend.\n",
        "Ethnicity: TKind;",
        "{{ {} }}",
    ),
    "face.ps1": Tongue(
        "class FaceAttribute {\n    [int]$Age\n    [string]$Gender\n@    [bool]$Glasses\n}\n",
        "[string]$Ethnicity = 'x'",
        "# {}",
    ),
    "Face.pm": Tongue(
        "package Face::Attributes;\nuse strict;\nmy %face = (\n    age => 30,\n"
        "    gender => 'f',\n@    glasses => 0,\n);\n1;\n",
        "ethnicity => 'x',",
        "# {}",
    ),
    "face.ex": Tongue(
        'defmodule Demo.Face do\n  use Ecto.Schema\n\n  schema "faces" do\n    field :age, :integer\n'
        "    field :gender, :string\n@    field :glasses, :boolean\n  end\nend\n",
        "field :ethnicity, :string",
        "# {}",
    ),
    "face.jl": Tongue(
        "module Face\nstruct FaceAttr\n    age::Int\n    gender::String\n@    glasses::Bool\nend\nend\n",
        "ethnicity::String",
        "# {}",
    ),
    "Face.hs": Tongue(
        "module Face where\ndata FaceAttr = FaceAttr\n  { age :: Int\n  , gender :: Text\n@  , glasses :: Bool\n  }\n",
        ", ethnicity :: Text",
        "-- {}",
    ),
    "face.hrl": Tongue(
        "-record(face, {\n    age :: integer(),\n    gender = undefined,\n@    glasses = false\n}).\n",
        "ethnicity :: integer(),",
        "% {}",
    ),
    "Face.fs": Tongue(
        "module Demo.Face\ntype FaceAttr =\n    { Age: int\n      Gender: string\n@      Glasses: bool }\n",
        "  Ethnicity: string",
    ),
    "face.clj": Tongue(
        '(ns demo.face)\n(def face\n  {:age 3\n   :gender "f"\n@   :glasses false})\n',
        ':ethnicity "x"',
        ";; {}",
    ),
    "face.nim": Tongue(
        "type\n  FaceAttr* = object\n    age*: int\n    gender*: string\n@    glasses*: bool\n",
        "ethnicity*: string",
        "# {}",
    ),
    "Face.sol": Tongue(
        "contract Face {\n  struct FaceAttr {\n    uint8 age;\n    string gender;\n@    bool glasses;\n  }\n}\n",
        "string ethnicity;",
    ),
    "Face.groovy": Tongue(
        "class FaceAttr {\n    Integer age\n    String gender\n@    Boolean glasses\n}\n", "String ethnicity"
    ),
    "face.f90": Tongue(
        "module face\n  type :: face_t\n    integer :: age\n    integer :: gender\n"
        "@    logical :: glasses\n  end type\nend module\n",
        "integer :: ethnicity",
        "! {}",
    ),
    "face.prisma": Tongue(
        "model Face {\n  id Int @id\n  age Int?\n  gender String\n@  glasses Boolean\n}\n", "ethnicity String?"
    ),
}


def scanned(folder: Path, name: str, text: str) -> Report:
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    return scan([str(folder)], Options(jobs=1, cache=False, strict=True))


@pytest.mark.parametrize("name", TONGUES)
def test_a_field_its_twin_and_what_is_left_of_it(name: str, tmp_path: Path) -> None:
    assert "." + name.rpartition(".")[2] in SUFFIXES
    text, field, remark = TONGUES[name]
    line = text[: text.index("@")].count("\n") + 1

    planted = scanned(tmp_path / "planted", name, text.replace("@", f"    {field}\n"))
    assert [(f.place.line, f.rule) for f in planted.shown] == [(line, "field")], planted.shown
    assert planted.gaps == ()

    clean = scanned(tmp_path / "clean", name, text.replace("@", ""))
    assert list(clean.shown) == []
    assert clean.gaps == ()

    left = scanned(tmp_path / "left", name, text.replace("@", f"    {remark.format(field)}\n"))
    assert [(f.place.line, f.rule) for f in left.shown] == [(line, "residue")], left.findings
