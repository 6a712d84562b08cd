"""Why something was or was not found at a place: every step of the road, told for one file or a few of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.trace.page import AROUND
from untag.trace.spot import Spot, resolve, spot
from untag.trace.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from untag.report import Report
    from untag.scan import Options, Witness

__all__ = ["AROUND", "Spot", "spot", "trace"]


def trace(spots: Sequence[Spot], specs: Sequence[str], options: Options, witness: Witness, report: Report) -> str:
    """Tell what happened at some places.

    Args:
        spots: The places asked about.
        specs: The inputs, as the user named them.
        options: How they were scanned.
        witness: What the scan saw.
        report: What came of it.

    Returns:
        Plain text in 80 columns, without any control character of the input and without a value of a person's record.

    Raises:
        UntagError: A path is not in the inputs; the nearest one is named.
    """
    parts = []
    for asked in spots:
        asked, met = resolve(asked, specs, witness)
        parts += [Telling(asked, one, specs, options, witness, report).text() for one in met]
    return "\n".join(parts)
