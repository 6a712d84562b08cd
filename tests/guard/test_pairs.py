"""Generated requests and responses through the middleware, read by other parsers than the guard's.

The same generator runs longer with ``./check --long leak``.
"""

from __future__ import annotations

from functools import cache

import leak
import pytest


@cache
def door() -> object:
    return leak.guard()


@pytest.mark.parametrize("part", range(10))
@pytest.mark.slow
def test_nothing_leaks_and_nothing_else_is_altered(part: int) -> None:
    wrong = []
    for number in range(part * 200, (part + 1) * 200):
        said, one = leak.tried(door(), 2, number)
        if said:
            wrong.append((number, one.format, said))
    assert not wrong


def test_the_first_pairs() -> None:
    assert [said for n in range(60) if (said := leak.tried(door(), 3, n)[0])] == []


def test_the_harness_can_see_a_leak_and_an_alteration() -> None:
    """A harness that finds nothing in an engine that lets all pass, or that cuts too much, proves nothing."""
    seen = set()
    for number in range(80):
        one = leak.pair(2, number)
        status = 200
        body = leak._packed(one.answer, one.coding)
        headers = [(b"content-length", str(len(body)).encode())]
        said = leak.wrong(one, status, headers, body, asked=True)
        assert said, (number, one)
        seen.add(said.split(" (")[0])
    assert "a tag came out, or something else went" in seen
    assert "a request for a tag was let through" in seen
    assert "innocent traffic was altered" in seen
