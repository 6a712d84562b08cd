"""A signed statement of what was read, found and not read, and its offline verification against the input."""

from __future__ import annotations

from untag.attest.statement import PREDICATE, Claimant, Facts, statement

__all__ = ["PREDICATE", "Claimant", "Facts", "statement"]
