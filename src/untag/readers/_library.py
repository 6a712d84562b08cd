"""What libraries written in plain Python raise over damaged bytes, beside errors of their own."""

from __future__ import annotations

__all__ = ["FAILS"]

#: They check little of what they read, and tell damage by whatever their own code then meets; ``NotImplementedError``
#: is for parts of a format that a library knows of and does not read.
FAILS: tuple[type[Exception], ...] = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError,
    RecursionError, TypeError, ValueError,
)  # fmt: skip
