"""Regular expressions that are compiled when they are first used: most scans need few of those that there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr, cast

__all__ = ["later"]

#: The methods of an expression that are taken over at its first use, so that from then on a call is as fast as ever.
_METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")


class _Later:
    """Stands for an expression."""

    if TYPE_CHECKING:  # else every name would be there before ``__getattr__`` is asked
        pattern: Any

    def __init__(self, source: Any, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = re.compile(self._source, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(made, method))
        return getattr(made, name)


def later(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What ``re.compile`` gives, but that it is compiled when a method is first called.

    Args:
        source: The expression.
        flags: As for ``re.compile``.

    Returns:
        Something with an expression's methods; a mistake in it is raised at the first call.
    """
    return cast("re.Pattern[AnyStr]", _Later(source, flags))
