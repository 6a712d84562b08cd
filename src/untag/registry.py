"""One table of named leaves for each room, found by walking the room; a clash is an error."""

from __future__ import annotations

import hashlib
import importlib
import os
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["digest", "leaf", "leaves", "names", "stamp"]


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
    """What the code of some modules is known by, so that a newer version does not use what an older one kept.

    Args:
        room: Dotted name of the package.
        modules: Names of modules in it.

    Returns:
        Hexadecimal, as ``stamp`` of their files; run from an archive, where there are none, a digest of the version.
    """
    folder = importlib.import_module(room).__path__[0]
    return stamp(folder, [f"{name}.py" for name in modules])


def stamp(folder: str, files: Iterable[str]) -> str:
    """What some files are known by without reading them, which would take longer than to read a small input.

    Args:
        folder: Where they lie.
        files: Their paths in it.

    Returns:
        A digest of place, size, inode and times of each. The time of the last change of the inode is among them, which
        nobody can set: a file that was put in place of another, by whatever tool, has another stamp. For one that the
        system does not know, the version of the program counts.
    """
    rows: list[object] = [folder]
    for name in files:
        try:
            about = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a plain call is faster, at every start
            rows.append((name, about.st_size, about.st_ino, about.st_mtime_ns, about.st_ctime_ns))
        except OSError:
            from untag import __version__

            rows.append((name, __version__))
    return hashlib.sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()
