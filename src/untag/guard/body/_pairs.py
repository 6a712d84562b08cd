"""What stands around a body: cookies, one header, a path; pairs that are read as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untag.guard.body import Reading
    from untag.guard.tree import Tree

__all__ = ["COOKIES", "HEADERS", "PATH"]


class _Pairs:
    """Cookies, or one header: pairs that are read as they are."""

    types: tuple[str, ...] = ()
    binary = False

    def __init__(self, name: str, mark: str) -> None:
        self.name = name
        self.mark = mark

    def clean(self, text: str, reading: Reading) -> bool:  # noqa: ARG002 - what all formats are told
        """It was looked at before."""
        return False

    def read(self, text: str, reading: Reading) -> Tree:
        """What its pairs are.

        Raises:
            Unsound: An escape in it is broken.
        """
        from untag.guard.body.form import shown

        return shown(text, reading, self.mark)

    def done(self, text: str) -> None:
        """Any rest of it is one."""


COOKIES = _Pairs("cookies", ";")
HEADERS = _Pairs("headers", "")
PATH = _Pairs("path", "/")
