"""Raw text: lines, forms of lines, label lists, and the bounds."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import linear
from untag.artifact import Artifact
from untag.gap import Limits
from untag.place import Place
from untag.readers._lines import BOUND, joined, lines, numeric, pieces
from untag.readers.raw import RawReader
from untag.readers.strings import _KINDS, StringsReader, _chinese, _found
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable


def read(text: str | bytes, name: str = "a.xyz") -> list[Surface]:
    data = text if isinstance(text, bytes) else text.encode()
    items = list(RawReader().read(Artifact(Place((name,)), data), Limits()))
    return [s for s in items if isinstance(s, Surface)]


def test_line_numbers_are_those_of_line_feeds_only() -> None:
    text = "a one;\r\nb\x0b\x0c two;\rc three;\n\nd\u2028 four;"
    assert [s.place.line for s in read(text)] == [1, 2, 4]
    assert [line.number for line in lines(text)] == [1, 2, 3, 4]


def test_label_file_by_name_or_by_length() -> None:
    few = "asian\nwhite\n"
    assert {(s.role, s.owner, s.kind) for s in read(few, "x.txt")} == {(Role.MEMBER, "x", Kind.LIST)}
    many = "".join(f"word{chr(97 + i % 26)}{i}\n" for i in range(300))
    assert {s.role for s in read(many, "x.txt")} == {Role.STRING}
    assert {s.role for s in read(many, "labels.txt")} == {Role.MEMBER}


def test_long_word_list_is_no_label_list() -> None:
    vocabulary = "".join(f"token{i}\n" for i in range(2500))
    assert {(s.role, s.kind) for s in read(vocabulary, "labels.txt")} == {(Role.STRING, Kind.FILE)}


def test_column_of_values_shows_each_once() -> None:
    text = "".join(("white\n", "black\n")[i % 2] for i in range(100))
    assert [(s.text, s.place.line) for s in read(text, "y.labels")] == [("white", 1), ("black", 2)]


def test_bytes_that_are_no_text_are_not_known() -> None:
    assert not RawReader().knows(Artifact(Place(("a",)), b"\x7fELF\0\0\0\1\xff\xfe" * 100))
    assert RawReader().knows(Artifact(Place(("a",)), b""))


def test_pieces_cover_every_word() -> None:
    words = " ".join(f"word{i}" for i in range(5000))
    found = [p for _, p in pieces(words)]
    assert all(len(p) <= BOUND for p in found)
    assert " ".join(found).split() == words.split()
    run = "x" * 5000 + "needle" + "y" * 5000
    assert any("needle" in p for _, p in pieces(run))


def test_joined_labels() -> None:
    assert joined("民\u00a0\u00a0族") == "民族"
    assert joined("年\u3000龄：") == "年龄："
    assert joined("East  Asian") == "East Asian"
    assert joined("民族 nation") == "民族 nation"


def test_rows_of_numbers_are_passed_over() -> None:
    assert numeric("a.jpg 1 2 3 4")
    assert not numeric("a b 1 2 3 4")
    assert not numeric("1, 2, 3, 4, 5, 6, 7, 8 // asian first")


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_bytes(data: bytes) -> None:
    count = data.count(b"\n") + 1
    for surface in read(data):
        assert len(surface.text) <= BOUND
        assert surface.place.line is not None
        assert surface.place.line <= max(count, len(data))


@pytest.mark.parametrize("unit", ["a=b ", "race,", "x", "民族", "[a] ", '"k": '])
def test_one_long_line(unit: str) -> None:
    linear(lambda size: read(unit * (size // len(unit))))


def strings(data: bytes) -> list[str]:
    items = list(StringsReader().read(Artifact(Place(("a.bin",)), data), Limits()))
    return [s.text for s in items if isinstance(s, Surface)]


def test_weights_that_happen_to_be_printable_are_no_strings() -> None:
    for seed in range(40):
        chance = random.Random(seed)  # noqa: S311 - drawn the same every time
        centre, spread = chance.uniform(94, 103), chance.uniform(1, 6)
        data = bytes(min(126, max(32, int(chance.gauss(centre, spread)))) for _ in range(3000))
        assert strings(b"\0" + data + b"\0") == [], seed


@pytest.mark.parametrize(
    "text",
    [
        "Race classification of the detected face: Asian, Black, Indian or White",
        '{"race": ["asian", "black"], "age": [1, 2, 3], "face": {"x": 1, "y": [2, {"z": 3}]}}',
        "C:\\Users\\build\\src\\face\\ethnicity\\EthnicityClassifier.cpp:1234",
        "label_map = {'\\u6c11\\u65cf': 1, '\\u6027\\u522b': 2, '\\u5e74\\u9f84': 3}",
        "========================= RACE =========================",
        "com/example/face/attribute/EthnicityResult$Builder;getEthnicity()Ljava/lang/String;",
        "_ZN4face9attribute17EthnicityDetector6detectERKNS_5ImageERNS_6ResultE",
    ],
)
def test_strings_of_programs_are_shown(text: str) -> None:
    assert strings(b"\0\1\2" + text.encode() + b"\0\xff") == [text]


@pytest.mark.slow
def test_runs_of_gb2312_are_what_one_expression_says_they_are() -> None:
    """As an expression it tried 200 letters from each letter: text of 2 MB took it fifteen seconds."""
    whole = re.compile(
        rb"[\x20-\x7e]{0,200}(?:[\xb0-\xf7][\xa1-\xfe]){3}(?:[\x20-\x7e]|[\xa1-\xa3\xb0-\xf7][\xa1-\xfe]){0,500}\0"
    )
    rng = random.Random("gb2312")  # noqa: S311 - noise that can be repeated
    pieces = [b"a", b"z " * 60, b"~" * 201, b"\0", b"\x01", b"\xa1", b"\xff"]
    pieces += [b"\xb0\xa1", b"\xb0\xa1" * 3]
    # The longest is dear to the expression, so it is drawn seldom.
    pieces = [*pieces * 8, b"\xf7\xfe" * 499]
    found = 0
    for _ in range(4000):
        data = b"".join(rng.choice(pieces) for _ in range(rng.randrange(1, 14)))
        spans = [m.span() for m in whole.finditer(data)]
        found += len(spans)
        assert list(_chinese(data)) == spans, data
    assert found > 500
    assert not list(_chinese(b"a" * (2 << 20)))


def test_runs_around_a_focus_are_those_of_the_whole() -> None:
    """Of weights only the places that words touch are looked at, and show what a look at all of them shows."""
    rng = random.Random(3)  # noqa: S311 - made-up bytes
    makers: tuple[Callable[[int], bytes], ...] = (
        rng.randbytes,
        bytes,
        lambda n: bytes(rng.randrange(0x20, 0x7F) for _ in range(n)),
        lambda n: bytes(rng.choice((0, 4, 6, 0x30, 0x4E, 0x90)) for _ in range(n)),
        lambda n: bytes(rng.choice((0x41, 0xA1, 0xB1, 0xE4, 0xB8, 0x80)) for _ in range(n)),
        lambda n: "".join(chr(rng.randrange(0x4E00, 0x9F00)) for _ in range(n)).encode("utf-8"),
        lambda n: "".join(chr(rng.randrange(0x4E00, 0x9F00)) for _ in range(n)).encode("utf-16-le"),
        lambda n: b"".join(bytes((rng.randrange(0xB0, 0xF8), rng.randrange(0xA1, 0xFF))) for _ in range(n)) + b"\0",
        lambda n: ("face " * n).encode("utf-16-le"),
        lambda n: ("\u0648\u062c\u0647" * n).encode("utf-16-le"),
        lambda n: ("\u043b\u0438\u0446\u043e" * n).encode("utf-16-le"),
    )  # fmt: skip
    shown = Counter[str]()
    for _ in range(400):
        pieces = (rng.choice(makers)(rng.choice((1, 2, 5, 9, 40, 300, 2500))) for _ in range(rng.randrange(1, 9)))
        data = b"\0" + b"".join(pieces)
        spots = sorted(rng.sample(range(len(data)), min(len(data), rng.randrange(1, 5))))
        focus: list[tuple[int, int]] = []
        for at in spots:
            if not focus or at > focus[-1][1]:
                focus.append((at, at + rng.randrange(1, 9)))
        for runs, encoding, table, sign in _KINDS:
            touched = [row for row in runs(data) if any(row[1] > a and row[0] < b for a, b in focus)]
            found = _found(runs, data, focus, table, sign)
            assert [row for row in found if any(row[1] > a and row[0] < b for a, b in focus)] == touched, (data, focus)
            shown[encoding] += len(touched)
    assert min(shown[encoding] for _, encoding, _, _ in _KINDS) > 20, shown
