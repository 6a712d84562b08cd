"""Settings for all tests: properties draw the same examples every time, so that a run can be repeated.

New examples are looked for by the long runs (``./check --long fuzz``) and with ``UNTAG_RANDOM=1``.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
if not os.environ.get("UNTAG_RANDOM"):
    settings.load_profile("same")
