"""The ways to write a comparison down. A form returns text; it never opens a file and never decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from untag.registry import leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.diff.outcome import Outcome
    from untag.reports import View

__all__ = ["Form", "form_of"]


class Form(Protocol):
    """What every file in this room holds as ``<Name>Form``.

    Attributes:
        name: The file's name.
    """

    name: str

    def write(self, outcome: Outcome, view: View) -> Iterator[str]:
        """The comparison as pieces of text."""
        ...


def form_of(name: str) -> Form:
    """One form; the others are not imported for it."""
    made: Form = leaf(__name__, "Form", name)
    return made
