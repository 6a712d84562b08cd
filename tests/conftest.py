"""Settings for all tests: properties draw the same examples every time, so that a run can be repeated.

New examples are looked for by the long runs (``./check --long fuzz``) and with ``UNTAG_RANDOM=1``.
"""

from __future__ import annotations

import gc
import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
if not os.environ.get("UNTAG_RANDOM"):
    settings.load_profile("same")


def pytest_collection_finish() -> None:
    """What was imported and collected stays: rubbish is looked for elsewhere, and as seldom as by the command line."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
