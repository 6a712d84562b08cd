"""One table of named leaves for each room, found by walking the room; a clash is an error."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

__all__ = ["leaves", "names"]


@cache
def names(room: str) -> tuple[str, ...]:
    """Names of the leaves of a room.

    Args:
        room: Dotted name of the package, for example ``untag.readers``.

    Returns:
        Module names, sorted; a module whose name starts with an underscore is not a leaf.
    """
    package = importlib.import_module(room)
    return tuple(sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")))


@cache
def leaves(room: str, suffix: str) -> dict[str, Any]:
    """Import every leaf of a room and make one of each.

    Args:
        room: Dotted name of the package.
        suffix: What the class name ends in: ``readers/onnx.py`` holds ``OnnxReader``.

    Returns:
        Leaf by name, in order of name.

    Raises:
        TypeError: A module holds no class of the expected name, or its ``name`` is not its file name.
    """
    table: dict[str, Any] = {}
    for name in names(room):
        module = importlib.import_module(f"{room}.{name}")
        made = getattr(module, name.capitalize() + suffix, None)
        if made is None:
            raise TypeError(f"{module.__name__} holds no class {name.capitalize() + suffix}")
        leaf = made()
        if leaf.name != name:
            raise TypeError(f"{module.__name__}: the leaf calls itself {leaf.name!r}, its file {name!r}")
        table[name] = leaf
    return table
