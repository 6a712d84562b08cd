"""Strip: takes what scan found out of a copy, proves it by scanning the copy, and keeps a record of what was there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from untag.reports._text import wire
from untag.strip.files import beside, placed, refuse
from untag.strip.record import files, told
from untag.strip.refer import references
from untag.strip.remove import Outcome, Row, Wish, planned, removed
from untag.strip.show import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from untag.strip.refer import Reference

__all__ = [
    "Outcome", "Row", "Wish", "beside", "files", "form", "placed", "planned", "references", "refuse", "removed",
]  # fmt: skip


def form(outcome: Outcome, references: Sequence[Reference], name: str, *, plan: bool) -> Iterable[str]:
    """An outcome as ``plain`` text or ``json``."""
    if name == "json":
        return [wire(json.dumps(told(outcome, references), indent=2, ensure_ascii=False)) + "\n"]
    return plain(outcome, references, plan=plan)
