"""One table of named leaves for each room, found by walking the room; a clash is an error."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from functools import cache
from typing import Any

__all__ = ["digest", "leaf", "leaves", "names"]


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
def leaf(room: str, suffix: str, name: str) -> Any:
    """Import one leaf of a room and make it.

    Args:
        room: Dotted name of the package.
        suffix: What the class name ends in: ``readers/onnx.py`` holds ``OnnxReader``.
        name: The leaf's.

    Raises:
        TypeError: The module holds no class of the expected name, or its ``name`` is not its file name.
    """
    module = importlib.import_module(f"{room}.{name}")
    made = getattr(module, name.capitalize() + suffix, None)
    if made is None:
        raise TypeError(f"{module.__name__} holds no class {name.capitalize() + suffix}")
    one = made()
    if one.name != name:
        raise TypeError(f"{module.__name__}: the leaf calls itself {one.name!r}, its file {name!r}")
    return one


@cache
def leaves(room: str, suffix: str) -> dict[str, Any]:
    """Import every leaf of a room and make one of each.

    Args:
        room: Dotted name of the package.
        suffix: As for ``leaf``.

    Returns:
        Leaf by name, in order of name.

    Raises:
        TypeError: As for ``leaf``.
    """
    return {name: leaf(room, suffix, name) for name in names(room)}


@cache
def digest(room: str, modules: tuple[str, ...]) -> str:
    """A digest of the code of some modules, so that a newer version does not use what an older one kept.

    Args:
        room: Dotted name of the package.
        modules: Names of modules in it.

    Returns:
        Hexadecimal; run from an archive, where code cannot be looked at, one of the version.
    """
    total = hashlib.sha256()
    folder = importlib.import_module(room).__path__[0]
    for name in modules:
        try:
            with open(f"{folder}/{name}.py", "rb") as file:  # noqa: PTH123 - a plain call is faster, at every start
                code = file.read()
        except OSError:
            from untag import __version__

            code = __version__.encode()
        total.update(f"{name}\0".encode() + code)
    return total.hexdigest()
