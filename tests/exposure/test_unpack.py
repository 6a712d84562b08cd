"""Lines come out whole and once, however a log is divided, packed or damaged."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.exposure import unpack
from untag.exposure.format._object import loaded
from untag.exposure.row import Rejected
from untag.exposure.unpack import Cut, blocks, head, plain

if TYPE_CHECKING:
    from collections.abc import Callable


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("backports.zstd").compress(data))


@given(
    st.lists(st.sampled_from([b"", b"a", b"bc\r", b"d" * 30]), max_size=12),
    st.booleans(),
    st.integers(1, 40),
    st.integers(3, 17),
)
def test_ranges_hold_every_line_once(rows: list[bytes], ends: bool, size: int, block: int) -> None:
    data = b"\n".join(rows) + (b"\n" if ends and rows else b"")
    old = unpack.BLOCK
    unpack.BLOCK = block
    try:
        out = b""
        for start in range(0, len(data), size):
            for one in blocks(io.BytesIO(data), start, min(start + size, len(data))):
                assert not out or out.endswith(b"\n")
                out += one
    finally:
        unpack.BLOCK = old
    assert out == data


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_members_and_damage(pack: Callable[[bytes], bytes]) -> None:
    data = b"one\ntwo\nthree\n" * 99
    packed = pack(data) + pack(data)
    assert b"".join(blocks(io.BytesIO(packed), 0, None)) == data * 2
    assert head(io.BytesIO(packed), 5) == b"one\nt"
    for wrong in (packed[:-3], pack(data) + b"something else"):
        with pytest.raises(Cut) as error:
            list(plain(io.BytesIO(wrong)))
        assert error.value.reason == "damaged"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_a_bomb_is_met_before_it_is_large(pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "FREE", 1 << 16)
    monkeypatch.setattr(unpack, "BLOCK", 1 << 14)
    monkeypatch.setattr(unpack, "RATIO", 50)
    made = 0
    with pytest.raises(Cut) as error:
        for piece in plain(io.BytesIO(pack(bytes(6 << 20)))):
            made += len(piece)
    assert error.value.reason == "limit"
    assert made < 5 << 20


def test_json_that_nests_too_deep_is_rejected() -> None:
    with pytest.raises(Rejected, match="too deep"):
        loaded(b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}")
    assert loaded(b'{"a": "' + b"[" * 5000 + b'"}') == {"a": "[" * 5000}
