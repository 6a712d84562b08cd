"""A documented API, tried by schemathesis without the guard and behind it; more of it: ``./check --long contract``."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import contract
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="pip install schemathesis"),
]


def test_the_guard_brings_no_new_failure(tmp_path: Path) -> None:
    (guarded := tmp_path / "guarded").mkdir()
    failures, tried = contract.asked(guarded, contract.POLICY, 4)
    if failures:
        (bare := tmp_path / "bare").mkdir()
        failures -= contract.asked(bare, "", 4)[0]
    assert failures == set()
    assert tried > 100
    # And it did something there.
    assert {"request refuse", "response change"} <= set(contract.verdicts(guarded / "guard.jsonl"))


def test_what_stands_in_the_way_is_seen(tmp_path: Path) -> None:
    failures, _ = contract.asked(tmp_path, contract.NARROW, 2, "--phases", "fuzzing", "--mode", "positive")
    assert ("POST /v1/analyze", "RejectedPositiveData") in failures
