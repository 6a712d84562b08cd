"""Texts in which a word stands by chance."""

from __future__ import annotations

import base64
import random

import pytest

from untag.judge._chance import blob, cites


def test_lines_of_a_picture_are_no_words_also_where_they_hold_no_sign() -> None:
    made = random.Random(7)  # noqa: S311  a seed, no secret
    lines = [base64.b64encode(made.randbytes(60)).decode() for _ in range(2000)]
    plain = [line for line in lines if line.isalnum()]
    assert len(plain) > 50
    assert sum(map(blob, plain)) * 5 >= len(plain) * 4


@pytest.mark.parametrize(
    "name",
    [
        "getFaceAttributesV2ForUyghurPersonsInTheCameraViewOfGate12AndGate13",
        "NETDVREVENTFACERACEV40RESULTOFTHECAMERA2WITHNATIONANDSOMETHINGELSE",
        "isUyghurFaceAttributeDetectionEnabledForCamera01AndCamera02InThisProvince",
    ],
)
def test_a_long_name_is_no_blob(name: str) -> None:
    assert not blob(name)


@pytest.mark.parametrize(
    ("line", "cited"),
    [
        ("* Wen Yan, Kai Han, Yu Qiao. A Feature Learning Approach for Face Recognition, ECCV 2016", True),
        ("[3] Han Xiao, Ann Smith, et al. Hashing of images", True),
        ("Smith A., Han B. (2019). Faces of the world.", True),
        ("Ann Smith;f1;33;Asian", False),
        ("1, Kai Han, 1984-02-01, Asian", False),
    ],
)
def test_a_reference_to_a_paper_is_no_row_of_persons(line: str, cited: bool) -> None:
    assert cites(line) is cited
