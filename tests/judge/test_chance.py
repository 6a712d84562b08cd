"""Texts in which a word stands by chance."""

from __future__ import annotations

import base64
import random

import pytest

from untag.judge._chance import blob


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
