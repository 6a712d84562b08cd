"""The sweep lets no line by that says something: every form of the lexicon, written as queries write it, is marked."""

from __future__ import annotations

from urllib.parse import quote

from untag.exposure.format.combined import CombinedFormat
from untag.exposure.hear import watching
from untag.exposure.name import Names
from untag.exposure.read import Reader
from untag.lexicon import load
from untag.lexicon.sieve import Sieve

TARGETS = ("/f/a?attributes=age,{}", "/f/a?{}=1&age=1", "/f/{}/new", "/f/a?q=x{}Score")
#: Every so many forms: all of them take a minute, and say the same.
STEP = 17


def test_lines_that_say_something_are_marked() -> None:
    lexicon = load()
    reader = Reader(watching(None, ("/f/**",)), Names(b"k"), Sieve(lexicon))
    words = [form.word for term in lexicon.terms.values() if term.kind != "context" for form in term.forms]
    lines = []
    for number, word in enumerate(words[::STEP]):
        joint = "+_-"[number % 3]
        written = word.title().replace(" ", "") if number % 2 else word.replace(" ", joint)
        written = "".join(c if c.isascii() and c not in '"\\\n&#% ' else quote(c) for c in written)
        target = TARGETS[number % len(TARGETS)].format(written)
        lines.append(f'192.0.2.1 - - [01/Oct/2025:06:25:24 +0000] "GET {target} HTTP/1.1" 200 5'.encode())
    marked = reader.marked(b"\n".join(lines) + b"\n") or set()
    assert len(marked) > len(lines) * 0.9
    rest = [line for number, line in enumerate(lines) if number not in marked]
    for line in rest:
        row = CombinedFormat().row(line)
        assert row is not None
        said = reader.ear.target(row)
        assert not said.heard, row.target
        assert not said.terms, row.target


def test_most_lines_of_a_service_for_faces_are_not() -> None:
    reader = Reader(watching(), Names(b"k"), Sieve(load()))
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
    line = f'192.0.2.1 - - [01/Oct/2025:06:25:24 +0000] "GET /v1/faces/9?attributes=age HTTP/1.1" 200 5 "-" "{agent}"\n'
    assert reader.marked(line.encode() * 20) == set()


def test_numbers_do_not_hide_a_word() -> None:
    """What differs only in its numbers is swept once; what holds a word is marked each time it comes."""
    reader = Reader(watching(), Names(b"k"), Sieve(load()))
    plain = [f"/v1/faces/{n}?image={n}&attributes=age".encode() for n in range(50)]
    asks = [f"/v1/faces/{n}?image={n}&attributes=age,race".encode() for n in range(50)]
    assert reader.told([*plain, *asks, *plain, asks[0]]) == {*range(50, 100), 150}
    assert reader.told([*asks, *plain]) == set(range(50))
    # Forms with digits, and digits in escapes.
    forms = [b"/f?a=GB/T 3304", b"/f?a=GB/T 1111", b"/f?a=race4", b"/f?a=race%207", b"/f?a=%72ace", b"/f?a=w1&b=22"]
    assert {0, 2, 3, 4} <= (reader.told(forms) or set()) <= {0, 1, 2, 3, 4}
