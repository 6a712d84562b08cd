"""Numbers of changing size: what a writer made of them, and where they break off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.syntax import wire
from untag.syntax.leb128 import unsigned, zigzag


def written(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


@given(value=st.integers(0, (1 << 64) - 1), before=st.binary(max_size=3), behind=st.binary(max_size=3))
def test_what_was_written_is_read(value: int, before: bytes, behind: bytes) -> None:
    raw = before + written(value) + behind
    end = len(raw) - len(behind)
    assert unsigned(raw, len(before)) == (value, end)
    assert unsigned(raw, len(before), end) == (value, end)
    with pytest.raises(IndexError):
        unsigned(raw, len(before), end - 1)


def test_one_that_goes_on_breaks_off() -> None:
    with pytest.raises(IndexError):
        unsigned(b"\x80" * 10 + b"\1", 0)
    assert unsigned(b"\x80" * 10 + b"\1", 0, most=11) == (1 << 70, 11)
    assert wire._varint(b"\xff" * 9 + b"\x7f", 0, 10) == ((1 << 64) - 1, 10)
    assert wire._varint(b"\x80", 0, 1) == (0, -1)


@given(value=st.integers(-(1 << 63), (1 << 63) - 1))
def test_signs_are_kept(value: int) -> None:
    assert zigzag(value << 1 if value >= 0 else (-value << 1) - 1) == value
