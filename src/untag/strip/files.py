"""The copy that is worked on, and how it becomes the output: whole, or not at all."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.history.repository import is_bare
from untag.mistake import UntagError
from untag.sources import choose

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Copy", "beside", "copied", "listed", "placed", "put", "refuse"]


@dataclass(slots=True)
class Copy:
    """A copy of an input.

    Attributes:
        root: Where it lies; under the input's own name where it is one file.
        files: Path of each file in it by the path that places show.
        left: What was not copied, by path, and why.
    """

    root: str
    files: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


def refuse(spec: str, out: str | None, evidence: str | None, history: str | None = None, *, plan: bool = False) -> None:
    """Complain about an input that cannot be copied, or an output that would harm something.

    Args:
        spec: The input.
        out: The copy.
        evidence: The folder of the record.
        history: The folder of what git filter-repo needs.
        plan: Whether nothing is copied.

    Raises:
        UntagError: With one clear line.
    """
    if choose(spec).name != "path" or spec == "-" or not os.path.exists(spec):  # noqa: PTH110 - names that are no text
        if not os.path.lexists(spec) and "://" not in spec and spec != "-":
            raise UntagError(f"cannot read {spec}: no such file or directory")
        raise UntagError("strip takes one file or folder: what it makes is a copy of that")
    if os.path.isdir(spec) and is_bare(spec) and not (plan and history):  # noqa: PTH112
        raise UntagError(
            f"{spec} is a git repository without working files: strip rewrites no history; "
            "--plan --history-plan DIR writes what git filter-repo needs"
        )
    if history and not (os.path.lexists(os.path.join(spec, ".git")) or is_bare(spec)):  # noqa: PTH118
        raise UntagError(f"{spec} is no git repository: --history-plan takes one")
    source = os.path.realpath(spec)
    for name, what in ((out, "output"), (evidence, "evidence"), (history, "history plan")):
        if name is None:
            continue
        target = os.path.realpath(name)
        if os.path.lexists(name):
            raise UntagError(f"{name} is there already; the {what} needs a name of its own")
        folder = os.path.dirname(target)  # noqa: PTH120
        if not os.path.isdir(folder):  # noqa: PTH112
            raise UntagError(f"cannot write {name}: there is no folder {folder}")
        if not os.access(folder, os.W_OK):
            raise UntagError(f"cannot write {name}: permission denied")
        if _inside(target, source):
            raise UntagError(f"{name} lies inside of the input, which is never changed")
    given = [os.path.realpath(name) for name in (out, evidence, history) if name is not None]
    for one, other in itertools.permutations(given, 2):
        if _inside(one, other):
            raise UntagError("evidence and plans show what was removed, and must not lie in the output or each other")


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


@contextmanager
def beside(out: str) -> Iterator[str]:
    """A private folder beside an output, gone at the end."""
    folder = tempfile.mkdtemp(prefix=".untag-strip-", dir=os.path.dirname(os.path.realpath(out)))  # noqa: PTH120
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copied(spec: str, folder: str) -> Copy:
    """Copy an input into a folder: modes and times too; of links those that stay inside; no version control.

    Raises:
        UntagError: Something cannot be read or written.
    """
    try:
        if os.path.isfile(spec):  # noqa: PTH113
            name = os.path.basename(os.path.abspath(spec))  # noqa: PTH100, PTH119
            made = Copy(os.path.join(folder, name))  # noqa: PTH118
            shutil.copy2(spec, made.root)
            made.files[shown(name)] = made.root
            return made
        made = Copy(os.path.join(folder, "tree"))  # noqa: PTH118
        _tree(spec, made)
    except OSError as error:
        said = (error.strerror or "error").lower()
        raise UntagError(f"cannot copy {error.filename or spec}: {said}; nothing was written") from None
    return made


def listed(spec: str) -> dict[str, str]:
    """Path of each file that would be copied, by the path that places show; what cannot be read is left to the copy."""
    if os.path.isfile(spec):  # noqa: PTH113
        return {shown(os.path.basename(os.path.abspath(spec))): spec}  # noqa: PTH100, PTH119
    out: dict[str, str] = {}
    waiting = [(spec, "")]
    while waiting:
        folder, prefix = waiting.pop()
        with suppress(OSError), os.scandir(folder) as rows:
            for entry in sorted(rows, key=lambda e: os.fsencode(e.name)):
                if entry.is_symlink() or _versions(entry):
                    continue
                if entry.is_dir():
                    waiting.append((entry.path, prefix + shown(entry.name) + "/"))
                elif entry.is_file():
                    out[prefix + shown(entry.name)] = entry.path
    return out


def _versions(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder of version control."""
    return entry.name == ".git" or (entry.is_dir() and entry.name.endswith(".git") and is_bare(entry.path))


def shown(name: str) -> str:
    """A name as places show it."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def _tree(spec: str, made: Copy) -> None:
    root = os.path.realpath(spec)
    os.mkdir(made.root)  # noqa: PTH102
    waiting = [(spec, made.root, "")]
    folders: list[tuple[str, str]] = [(spec, made.root)]
    while waiting:
        source, target, prefix = waiting.pop()
        with os.scandir(source) as rows:
            entries = sorted(rows, key=lambda e: os.fsencode(e.name))
        for entry in entries:
            path, to = prefix + shown(entry.name), os.path.join(target, entry.name)  # noqa: PTH118
            if entry.is_symlink():
                _link(entry.path, to, root, path, made)
            elif _versions(entry):
                made.left[path] = "version control: it holds what is removed here"
            elif entry.is_dir():
                os.mkdir(to)  # noqa: PTH102
                folders.append((entry.path, to))
                waiting.append((entry.path, to, path + "/"))
            elif stat.S_ISREG(entry.stat().st_mode):
                shutil.copy2(entry.path, to)
                made.files[path] = to
            else:
                made.left[path] = "a device, socket or pipe"
    for source, target in reversed(folders):
        shutil.copystat(source, target)


def _link(source: str, to: str, root: str, path: str, made: Copy) -> None:
    """A link that stays inside leads to the copy of what it leads to."""
    target = os.path.realpath(source)
    if not _inside(target, root):
        made.left[path] = "a symbolic link that leads out of the input"
        return
    said = os.readlink(source)  # noqa: PTH115
    if os.path.isabs(said):  # noqa: PTH117
        said = os.path.relpath(target, os.path.dirname(os.path.realpath(os.path.dirname(source)) + os.sep))  # noqa: PTH120
    os.symlink(said, to)  # noqa: PTH211


def put(new: str, old: str) -> None:
    """Put a rewritten file in the place of the old one, with its mode and times."""
    info = os.stat(old)  # noqa: PTH116
    os.chmod(new, stat.S_IMODE(info.st_mode))  # noqa: PTH101
    os.utime(new, ns=(info.st_atime_ns, info.st_mtime_ns))
    os.replace(new, old)  # noqa: PTH105


def placed(made: str, out: str) -> None:
    """Make what is finished the output: on disk first, then under its name in one step.

    Raises:
        UntagError: It cannot be, or something of that name came into being in the meantime.
    """
    try:
        _sync(made)
        if os.path.lexists(out):
            raise UntagError(f"{out} came into being in the meantime; nothing was written")
        os.rename(made, out)  # noqa: PTH104
        _flush(os.path.dirname(os.path.realpath(out)))  # noqa: PTH120
    except OSError as error:
        raise UntagError(f"cannot write {out}: {(error.strerror or 'error').lower()}") from None


def _sync(path: str) -> None:
    """All of it on disk."""
    if not os.path.isdir(path):  # noqa: PTH112
        _flush(path)
        return
    for folder, _, names in os.walk(path, topdown=False):
        for name in names:
            whole = os.path.join(folder, name)  # noqa: PTH118
            if not os.path.islink(whole):  # noqa: PTH114
                _flush(whole)
        _flush(folder)


def _flush(path: str) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
