"""Reports: the ways to write one down. A form returns text; it never opens a file and never decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from untag.finding import Confidence, Severity
from untag.registry import leaf, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.report import Report

__all__ = ["Form", "View", "form_of", "forms"]


class View(Struct, frozen=True):
    """What to print, for forms that are made for people; JSON, SARIF and JUnit always hold everything.

    Attributes:
        severity: Lowest severity printed.
        confidence: Lowest confidence printed.
        width: Columns of the terminal.
        colour: Whether escape sequences may be used.
        full: Whether hidden and accepted findings are printed too.
    """

    severity: Severity = Severity.LOW
    confidence: Confidence = Confidence.FIRM
    width: int = 80
    colour: bool = False
    full: bool = False


class Form(Protocol):
    """What every file in this room holds as ``<Name>Form``.

    Attributes:
        name: The file's name.
        suffix: Usual suffix of such a file.
        display: Whether the view applies.
    """

    name: str
    suffix: str
    display: bool

    def write(self, report: Report, view: View) -> Iterator[str]:
        """The report as pieces of text."""
        ...


def forms() -> dict[str, Form]:
    """All forms by name."""
    return leaves(__name__, "Form")


def form_of(name: str) -> Form:
    """One form; the others are not imported for it."""
    made: Form = leaf(__name__, "Form", name)
    return made
