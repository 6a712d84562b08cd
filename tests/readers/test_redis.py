"""Snapshots of Redis: every way in which a hash is kept, no value of a person anywhere, an end to what is hostile."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hostile import adds_up, changes, cuts, shown
from untag.gap import Gap, Reason
from untag.scan import Options, scan
from untag.surface import Role, Surface
from untag.syntax.rdb import Broken, Stopped, Walk

SPECIMEN = Path(__file__).parent.parent / "specimens" / "readers" / "redis" / "faces" / "input.rdb"
HEAD = b"REDIS0011"


def text(raw: bytes) -> bytes:
    return (bytes([len(raw)]) if len(raw) < 64 else b"\x80" + struct.pack(">I", len(raw))) + raw


def walked(*parts: bytes) -> list[tuple[bytes, list[tuple[bytes, bytes]]]]:
    data = HEAD + b"".join(parts) + b"\xff"
    return list(Walk(data, len(data)).hashes())


def entry(kind: int, key: bytes, raw: bytes) -> bytes:
    return bytes([kind]) + text(key) + text(raw)


def ziplist(*rows: bytes) -> bytes:
    body = b"".join(b"\0" + row for row in rows)
    return struct.pack("<IIH", len(body) + 11, 0, len(rows)) + body + b"\xff"


def listpack(*rows: bytes) -> bytes:
    body = b"".join(row + (bytes([len(row)]) if len(row) < 128 else bytes([len(row) >> 7, len(row) & 127 | 128]))
                    for row in rows)  # fmt: skip
    return struct.pack("<IH", len(body) + 7, len(rows)) + body + b"\xff"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"\x05asian", b"asian"),
        (b"\x40\x05asian", b"asian"),
        (b"\x80\0\0\0\x05asian", b"asian"),
        (b"\xc0\x85\xff", b"-123"),
        (b"\xd0" + struct.pack("<i", -7), b"-7"),
        (b"\xe0" + struct.pack("<q", 1 << 40), b"1099511627776"),
        (b"\xf0\xfe\xff\xff", b"-2"),
        (b"\xfe\x80", b"-128"),
        (b"\xf4", b"3"),
    ],
)
def test_entries_of_a_small_hash_of_old(raw: bytes, value: bytes) -> None:
    assert walked(entry(13, b"a:1", ziplist(b"\x04race", raw))) == [(b"a:1", [(b"race", value)])]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"\x07", b"7"),
        (b"\x85asian", b"asian"),
        (b"\xc1\x00", b"256"),
        (b"\xdf\xff", b"-1"),
        (b"\xe0\x64" + b"x" * 100, b"x" * 100),
        (b"\xe0\xc8" + b"x" * 200, b"x" * 200),
        (b"\xf0" + struct.pack("<I", 5) + b"asian", b"asian"),
        (b"\xf1\xfe\xff", b"-2"),
        (b"\xf2\xfe\xff\xff", b"-2"),
        (b"\xf3" + struct.pack("<i", 70_000), b"70000"),
        (b"\xf4" + struct.pack("<q", -1 << 40), b"-1099511627776"),
    ],
)
def test_entries_of_a_small_hash(raw: bytes, value: bytes) -> None:
    assert walked(entry(16, b"a:1", listpack(b"\x84race", raw))) == [(b"a:1", [(b"race", value)])]


def test_values_of_other_kinds_are_stepped_over() -> None:
    rows = walked(
        b"\xfa" + text(b"redis-ver") + text(b"7"), b"\xfe\0", b"\xfb\1\0",
        b"\xfc" + bytes(8) + entry(0, b"a", b"text"), b"\xfd" + bytes(4) + b"\0" + text(b"n") + b"\xc1\x01\x02",
        b"\1" + text(b"list") + b"\2" + text(b"x") + text(b"y"), b"\3" + text(b"old") + b"\1" + text(b"m") + b"\x011",
        b"\5" + text(b"zset") + b"\1" + text(b"m") + bytes(8), b"\x12" + text(b"quick") + b"\1\2" + text(b"lp"),
        entry(9, b"map", b"\1\1a\2\1bb\0\xff"),
    )  # fmt: skip
    assert [key for key, _ in rows] == [b"a", b"n", b"list", b"old", b"zset", b"quick", b"map"]
    assert rows[-1][1] == [(b"a", b"bb")]


def test_a_packed_text_is_unpacked_and_a_lie_about_it_is_damage() -> None:
    packed = b"\0a\xe0\x5a\0"  # an a, and a hundred more
    good = b"\xc3\x05\x40\x64" + packed
    assert walked(b"\4" + good + b"\1" + text(b"race") + text(b"x"))[0][0] == b"a" * 100
    with pytest.raises(Broken):
        walked(b"\4\xc3\x05\x40\x65" + packed + b"\1" + text(b"race") + text(b"x"))
    with pytest.raises(Stopped):
        walked(b"\4\xc3\x05\x80\xff\xff\xff\xff" + packed)


def test_a_stream_ends_the_walk_and_what_stood_before_is_shown() -> None:
    rows = [b"\4" + text(b"face:%d" % n) + b"\1" + text(b"race") + text(b"Asian") for n in range(60)]
    items = shown("a.rdb", HEAD + b"".join(rows) + b"\x0f" + text(b"stream") + bytes(50))
    assert [i.text for i in items if isinstance(i, Surface)] == ["race", "Asian"]
    (gap,) = (i for i in items if isinstance(i, Gap))
    assert gap.reason is Reason.UNKNOWN
    assert 40 < gap.size < 60


def test_fields_that_are_somebody_are_not_shown() -> None:
    """A hash keyed by persons, and fields that only one or two share."""
    ages = b"\4" + text(b"ages") + b"\3" + b"".join(text(n) + text(b"30") for n in (b"Ann Lee", b"Bob Ray", b"Cy Fox"))
    rare = [b"\4" + text(b"p:%d" % n) + b"\1" + text(b"zebulon") + text(b"Uyghur") for n in range(2)]
    assert not [i for i in shown("a.rdb", HEAD + ages * 5 + b"".join(rare) + b"\xff") if isinstance(i, Surface)]


def hashes(prefix: bytes, times: int, *fields: bytes) -> bytes:
    body = bytes([len(fields)]) + b"".join(text(f) + text(b"1") for f in fields)
    return b"".join(b"\4" + text(prefix + b":%d" % n) + body for n in range(times))


@pytest.mark.parametrize("times", [1, 3])
def test_keys_that_begin_with_a_person_are_rows_of_one_table(times: int) -> None:
    data = b"".join(hashes(name, times, b"face_id", b"ethnicity") for name in (b"quackenfirth", b"zebulon", b"umbriel"))
    items = shown("a.rdb", HEAD + data + hashes(b"device", 3, b"model", b"serial") + b"\xff")
    told = {(i.text, i.owner) for i in items if isinstance(i, Surface)}
    assert told == {("face_id", "a"), ("ethnicity", "a"), ("model", "a.device"), ("serial", "a.device")}
    assert not any(isinstance(i, Gap) for i in items)


def test_fields_of_a_map_are_told_where_many_have_them() -> None:
    rows = [hashes(b"friends", 1, b"ethnicity", b"rare%d" % (n % 80), b"friend%d" % n) for n in range(240)]
    items = shown("a.rdb", HEAD + b"".join(rows) + b"\xff")
    assert [i.text for i in items if isinstance(i, Surface)] == ["ethnicity"]


def test_more_fields_than_are_counted_are_a_gap() -> None:
    rows = [hashes(b"a", 1, b"field%d" % n) for n in range(1001)]
    gaps = [i for i in shown("a.rdb", HEAD + b"".join(rows) + b"\xff") if isinstance(i, Gap)]
    assert [g.reason for g in gaps] == [Reason.LIMIT]


def test_packed_texts_are_unpacked_no_further_than_to_a_bound() -> None:
    packed = b"\0a" + b"\xe0\xff\0" * 4000
    bomb = b"\xc3\x80" + struct.pack(">I", len(packed)) + b"\x80" + struct.pack(">I", 264 * 4000 + 1) + packed
    data = HEAD + (b"\0" + text(b"k") + bomb) * 3 + b"\4" + bomb + b"\1" + text(b"a") + text(b"b")
    walk = Walk(data, len(data))
    walk.packed = 264 * 4000
    with pytest.raises(Stopped, match="packed"):
        list(walk.hashes())  # the key is unpacked, and the texts before it are stepped over
    walk = Walk(data, len(data))
    with pytest.raises(Broken):
        for key, _ in walk.hashes():
            assert set(key) <= set(b"ak")


def test_no_value_of_a_person_is_shown(tmp_path: Path) -> None:
    (tmp_path / "faces.rdb").write_bytes(SPECIMEN.read_bytes())
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert adds_up(report.coverage)
    assert report.shown
    assert "Quackenfirth" not in repr(report)
    assert {m.surface.role for f in report.findings for m in f.marks} <= {Role.COLUMN, Role.MEMBER}


def test_damage_is_no_crash_and_no_endless_walk() -> None:
    data = SPECIMEN.read_bytes()
    for _, cut in cuts(data):
        assert any(isinstance(i, Gap) for i in shown("a.rdb", cut))
    for changed in changes(data, "redis", 300):
        shown("a.rdb", changed)
    shown("a.rdb", HEAD + b"\4\1a\x81" + b"\xff" * 8)
    shown("a.rdb", HEAD + b"\4\1a\x80\x7f\xff\xff\xff" + bytes(1000))
