"""The user's mistake, in a module that imports nothing, so that what only complains stays fast."""

from __future__ import annotations

__all__ = ["UntagError"]


class UntagError(Exception):
    """The user's mistake: a bad argument, policy or key. One clear line, exit 2."""
