"""Folders that look like persons are masked; classes of people are not."""

from __future__ import annotations

import pytest

from untag import lexicon
from untag.judge.person import PERSON, Persons
from untag.place import Place

WORDS = lexicon.load()
FULL = ["Ada_Lovelace", "Alan_Turing", "Grace_Hopper"]
MANY = [f"{a}_{b}" for a in ("Ada", "Ben", "Cem", "Dora") for b in ("Lind", "Okoro", "Sato")]


def persons(names: list[str], root: str = "data", *, faces: bool = True, more: int = 0) -> Persons:
    paths = [(0, f"{root}/{name}/{i}.jpg") for name in names for i in range(2)]
    paths += [(0, f"{root}/{name}/{i}.txt") for name in names for i in range(more)]
    return Persons(WORDS, paths, lambda _number, _path: faces)


@pytest.mark.parametrize(
    "names",
    [
        FULL,
        ["ada_lovelace", "alan_turing", "grace_hopper", "madonna"],
        ["张伟", "王芳", "李娜"],
        ["amy", "raj", "penny", "stuart", "howard"],
        [f"n{i:06}" for i in range(20)],
        [f"{i:05}" for i in range(20)],
    ],
)
def test_masked_in_a_product_about_faces(names: list[str]) -> None:
    assert persons(names).place(Place((f"data/{names[0]}/info.json",))).chain == (f"data/{PERSON}/info.json",)


def test_many_full_names_anywhere() -> None:
    assert persons(MANY, faces=False)
    assert not persons(FULL, faces=False)
    assert persons(FULL, "lfw faces", faces=False)


@pytest.mark.parametrize(
    "names",
    [
        ["Asian", "Black", "Indian", "White"],
        ["East_Asian", "South_Asian", "Latino_Hispanic", "Middle_Eastern"],
        ["train", "test", "val", "raw", "aligned"],
        ["汉族", "维吾尔族", "回族", "藏族"],
        ["male", "female", "other", "child", "adult"],
        FULL[:2],
        ["0", "1", "2", "3"],
    ],
)
def test_not_persons(names: list[str]) -> None:
    assert not persons(names)


def test_folders_of_code_with_a_picture_are_not_persons() -> None:
    assert not persons(MANY, more=9)


def test_deeper_folders_and_names_of_files() -> None:
    paths = [(0, f"lfw/{name}/session 1/{name}_0001.jpg") for name in FULL]
    made = Persons(WORDS, paths, lambda _n, _p: True)
    assert made.place(Place(("lfw/Ada_Lovelace/session 1/ada_lovelace_0001.txt",), line=3)) == Place(
        (f"lfw/{PERSON}/session 1/{PERSON}_0001.txt",), line=3
    )
    assert made.place(Place(("boxes/Alan_Turing.json",))).chain == (f"boxes/{PERSON}.json",)
    assert made.place(Place(("src/a.py",))) == Place(("src/a.py",))


def test_texts() -> None:
    made = persons([*FULL, "张伟"])
    assert made.text("see Ada_Lovelace and grace hopper, not Ada or Turing") == (
        f"see {PERSON} and {PERSON}, not Ada or Turing"
    )
    assert made.text("张伟的照片") == f"{PERSON}的照片"


def test_one_input_does_not_mask_another() -> None:
    made = persons(["amy", "raj", "penny", "stuart", "howard"])
    assert made.place(Place(("data/amy/x.txt",), 1)) == Place(("data/amy/x.txt",), 1)
