"""Mutated logs: rows add up, and blocks, lines and parts say the same. ``./check --long fuzz`` reads many more."""

from __future__ import annotations

import random

import fuzz
import pytest


@pytest.fixture(scope="module")
def ways() -> fuzz.Forms:
    return fuzz.Forms()


@pytest.mark.parametrize("seed", range(4))
def test_rows_of_mutated_logs_add_up(ways: fuzz.Forms, seed: int) -> None:
    for number in range(15):
        rng = random.Random(f"test:{seed}:{number}")  # noqa: S311 - reproducible noise, no secret
        for _, _, step in ways.steps(rng, number == 0):
            step()


def test_what_a_run_looks_for_is_found(ways: fuzz.Forms, monkeypatch: pytest.MonkeyPatch) -> None:
    log = next(data for name, data in ways.seeds if name == "combined")
    kind = type(ways.all["combined"])
    many = kind.many
    monkeypatch.setattr(kind, "many", lambda self, block: many(self, block)._replace(blank=7))  # type: ignore[attr-defined]
    with pytest.raises(fuzz.Wrong, match="are not"):
        fuzz.logged(ways.reader, ways.all["combined"], log, 0)
