"""Configuration: ``untag.toml`` or ``[tool.untag]`` of ``pyproject.toml``, nearest first, never an input's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from untag.finding import Confidence, Severity
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "KEYS", "NAME", "Config", "below", "confidence", "contents", "document",
    "find", "nearest", "read", "severity", "tables", "what",
]  # fmt: skip

#: Name of the file.
NAME = "untag.toml"
#: Every key with what it takes; ``untag explain`` and the docs show it.
KEYS: dict[str, str] = {
    "format": "a report form, or a list of them",
    "output": "a file, or a list of files, one for each format (relative to the configuration)",
    "jobs": "a number of processes; 0 is one a core",
    "severity": "the lowest severity that is printed",
    "confidence": "the lowest confidence that is printed",
    "fail-on": "the lowest severity that makes exit code 1",
    "strict": "true: any gap exits 3, even an accepted one",
    "exit-zero": "true: report only, exit 0",
    "respect-ignore": "true: obey ignore files, and count what they leave out",
    "policy": "a policy file (relative to the configuration)",
    "baseline": "a baseline file (relative to the configuration)",
    "color": "auto, always or never",
    "progress": "false: no progress bar",
    "quiet": "true: nothing on standard error but errors",
    "full": "true: print hidden and accepted findings too",
    "max-depth": "how deep containers may nest",
}
#: Files that ask untag for something, by the names that ``untag init`` and the documentation give them.
_ASKING = {
    NAME: "configuration",
    "pyproject.toml": "configuration",
    "untag-policy.toml": "policy",
    "untag-baseline.json": "baseline",
}
_FLAGS = frozenset({"strict", "exit-zero", "respect-ignore", "progress", "quiet", "full"})
_NUMBERS = frozenset({"jobs", "max-depth"})
_LISTS = frozenset({"format", "output"})
_PATHS = frozenset({"output", "policy", "baseline"})
#: Largest file that is read as configuration.
_MOST = 1 << 20


#: Bytes of a report or baseline that is read back.
_LARGEST = 256 << 20
_Word = TypeVar("_Word", Severity, Confidence)


class Config(Struct, frozen=True):
    """What a configuration says.

    Attributes:
        path: The file, or None where there is none.
        values: Value by key; lists are tuples, paths are absolute.
    """

    path: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)


def nearest(word: str, known: Iterable[str]) -> str:
    """``"; did you mean X?"`` for a word that is not known, or nothing where none is near."""
    import difflib

    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def severity(word: object, where: str = "severity") -> Severity:
    """A severity by its word.

    Raises:
        UntagError: There is no such severity.
    """
    return _by_word(Severity, word, where)


def confidence(word: object, where: str = "confidence") -> Confidence:
    """A confidence by its word.

    Raises:
        UntagError: There is no such confidence.
    """
    return _by_word(Confidence, word, where)


def _by_word(words: type[_Word], word: object, where: str) -> _Word:
    found = next((w for w in words if w.word == word), None)
    if found is None:
        raise UntagError(f"{where}: {word!r} is none of {', '.join(w.word for w in words)}")
    return found


def document(path: Path, where: str) -> Any:
    """A JSON file of the user's own, as it is.

    Args:
        path: The file.
        where: What it is, for messages.

    Raises:
        UntagError: It cannot be read, is too large or is not JSON.
    """
    import json

    try:
        if path.stat().st_size > _LARGEST:
            raise UntagError(f"{where}: larger than {_LARGEST} bytes")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UntagError(f"{where}: {(error.strerror or 'cannot be read').lower()}") from None
    except (ValueError, RecursionError):
        raise UntagError(f"{where}: not JSON") from None


def contents(path: Path, where: str) -> bytes:
    """The bytes of a file of the user's own.

    Args:
        path: The file.
        where: What it is, for the message.

    Raises:
        UntagError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UntagError(f"{where}: {(error.strerror or 'cannot be read').lower()}") from None


def tables(path: Path, what: str) -> dict[str, Any]:
    """A TOML file as tables.

    Args:
        path: The file.
        what: What it is to the user, for the message.

    Raises:
        UntagError: It cannot be read, or is not TOML.
    """
    import tomllib

    try:
        if path.stat().st_size > _MOST:
            raise UntagError(f"{what} {path}: larger than {_MOST} bytes")
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise UntagError(f"{what} {path}: {(error.strerror or 'cannot be read').lower()}") from None
    except UnicodeDecodeError:
        raise UntagError(f"{what} {path}: not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UntagError(f"{what} {path}: {error}") from None


def _own(path: Path) -> dict[str, Any] | None:
    """The table of a file, or None where it has none for untag."""
    if path.name == NAME:
        return tables(path, "configuration")
    try:
        with path.open("rb") as file:
            if b"tool.untag" not in file.read(_MOST):
                return None  # a pyproject.toml of other tools need not even be sound
    except OSError:
        return None
    tool = tables(path, "configuration").get("tool", {})
    own = tool.get("untag") if isinstance(tool, dict) else None
    return own if isinstance(own, dict) else None


def read(path: Path) -> Config:
    """A configuration from a file.

    Args:
        path: ``untag.toml``, or a ``pyproject.toml``.

    Returns:
        The configuration; empty where a ``pyproject.toml`` has no ``[tool.untag]``.

    Raises:
        UntagError: A key is unknown (the nearest known one is named), or a value is not what the key takes.
    """
    raw = _own(path)
    if raw is None:
        return Config()
    values: dict[str, Any] = {}
    for key, value in raw.items():
        name = key.replace("_", "-")
        if name not in KEYS:
            raise UntagError(f"{path}: unknown key {key!r}{nearest(name, KEYS)}")
        values[name] = _checked(path, name, value)
    return Config(path, values)


def _checked(path: Path, key: str, value: object) -> object:
    where = f"{path}: {key}"
    good = isinstance(value, str)
    if key in _FLAGS:
        good = isinstance(value, bool)
    elif key in _NUMBERS:
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    elif key in _LISTS:
        rows = value if isinstance(value, list) else [value]
        good = all(isinstance(row, str) for row in rows)
        value = tuple(rows)
    if not good:
        raise UntagError(f"{where}: must be {KEYS[key]}")
    if key in {"severity", "fail-on"}:
        return severity(value, where)
    if key == "confidence":
        return confidence(value, where)
    if key == "color" and value not in {"auto", "always", "never"}:
        raise UntagError(f"{where}: must be {KEYS[key]}")
    if key in _PATHS:
        base = path.parent.absolute()
        return tuple(_joined(base, p) for p in value) if isinstance(value, tuple) else _joined(base, str(value))
    return value


def _joined(base: Path, name: str) -> str:
    return name if name == "-" else str(base / name)


def find(start: Path) -> Config:
    """The nearest configuration from a folder upwards.

    Args:
        start: Usually the working directory.

    Raises:
        UntagError: The nearest one is wrong.
    """
    here = start.absolute()
    for folder in (here, *here.parents):
        for name in (NAME, "pyproject.toml"):
            path = folder / name
            if path.is_file() and (found := read(path)).path is not None:
                return found
    return Config()


def below(path: str, roots: Sequence[Path]) -> bool:
    """Whether a path lies at or below one of some folders, links resolved."""
    real = os.path.realpath(path)
    for root in roots:
        top = os.path.realpath(root)
        if real == top or real.startswith(top.rstrip(os.sep) + os.sep):
            return True
    return False


def what(name: str, path: str) -> str:
    """What a file inside an input is to untag.

    Args:
        name: Its base name.
        path: Where it can be opened.

    Returns:
        ``configuration``, ``policy``, ``baseline``, or nothing for any other file.
    """
    found = _ASKING.get(name, "")
    if name == "pyproject.toml":
        try:
            return found if _own(Path(path)) is not None else ""
        except UntagError:
            return found
    return found
