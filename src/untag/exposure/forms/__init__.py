"""Ways to write an exposure: one module a form, found by walking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from untag import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.exposure.run import Exposure

__all__ = ["Form", "forms"]


class Form(Protocol):
    """A way to write it.

    Attributes:
        name: Its module.
    """

    name: str

    def write(self, exposure: Exposure, run: dict[str, object]) -> Iterator[str]:
        """The text, piece by piece.

        Args:
            exposure: What the logs say.
            run: What differs from run to run: when it began, how long it took.
        """
        ...


def forms() -> dict[str, Form]:
    """All forms by name."""
    found: dict[str, Form] = registry.leaves(__name__, "Form")
    return found
