"""A file or a folder on disk: everything in it is read, hidden files and version-control copies too."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.mistake import UntagError
from untag.place import Place
from untag.sources import Entry, Passed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PathSource"]


def _shown(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 stand as escapes."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


class PathSource:
    """Files and folders."""

    name = "path"
    limits = (
        "Symbolic links are not followed: a target inside the input is read at its own place, one outside is a gap.",
        "The object store of a git repository is read only with --history.",
        "Devices, sockets and pipes are never opened.",
    )

    def knows(self, spec: str) -> bool:
        """Whether the path exists."""
        return os.path.lexists(spec)

    def walk(self, spec: str, number: int, *, respect_ignore: bool = False) -> Iterator[Entry | Passed | Gap]:
        """Everything below a path, in order of path."""
        try:
            info = os.stat(spec)  # noqa: PTH116 - names that are no text must survive
        except OSError as error:
            raise UntagError(f"cannot read {spec}: {(error.strerror or 'no such file').lower()}") from None
        if stat.S_ISDIR(info.st_mode) and _bare(spec):
            yield Passed(Place((".",), number), _weight(spec), "version_control")
            return
        if stat.S_ISDIR(info.st_mode):
            yield from _Folder(spec, number, respect_ignore=respect_ignore).walk()
            return
        if not stat.S_ISREG(info.st_mode):
            raise UntagError(f"cannot read {spec}: it is neither a file nor a folder")
        if not os.access(spec, os.R_OK):
            raise UntagError(f"cannot read {spec}: permission denied")
        name = _shown(os.path.basename(os.path.abspath(spec)))  # noqa: PTH100, PTH119 - as above
        yield Entry(Place((name,), number), info.st_size, spec, stat=_stamp(info))


def _bare(folder: str) -> bool:
    from untag.history.repository import is_bare  # a single file needs nothing of it

    return is_bare(folder)


def _stamp(info: os.stat_result) -> tuple[int, int, int, int]:
    return info.st_dev, info.st_ino, info.st_mtime_ns, info.st_ctime_ns


class _Folder:
    """One walk; folders wait on a list, so that depth costs no stack."""

    def __init__(self, root: str, number: int, *, respect_ignore: bool) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._number = number
        self._ignore = _Ignore() if respect_ignore else None

    def walk(self) -> Iterator[Entry | Passed | Gap]:
        """Depth first, names in byte order."""
        try:
            os.scandir(self._root).close()
        except OSError as error:
            raise UntagError(f"cannot read {self._root}: {(error.strerror or 'error').lower()}") from None
        waiting = [(self._root, "")]
        while waiting:
            folder, prefix = waiting.pop()
            try:
                with os.scandir(folder) as rows:
                    entries = sorted(rows, key=lambda e: os.fsencode(e.name))
            except OSError as error:
                yield Gap(self._place(prefix or "."), Reason.REFUSED, f"the folder cannot be listed: {error.strerror}")
                continue
            if self._ignore:
                self._ignore.enter(folder, prefix)
            below = []
            for entry in entries:
                path = prefix + _shown(entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if entry.name == ".git" or self._bare(entry):
                        yield Passed(self._place(path), _weight(entry.path), "version_control")
                    elif self._ignore and self._ignore.has(path + "/"):
                        yield Passed(self._place(path), _weight(entry.path), "ignored")
                    else:
                        below.append((entry.path, path + "/"))
                else:
                    yield from self._file(entry, path)
            waiting.extend(reversed(below))

    @staticmethod
    def _bare(entry: os.DirEntry[str]) -> bool:
        """A git directory under another name (a bare repository, a submodule's store)."""
        return entry.name.endswith(".git") and _bare(entry.path)

    def _file(self, entry: os.DirEntry[str], path: str) -> Iterator[Entry | Passed | Gap]:
        place = self._place(path)
        try:
            info = entry.stat(follow_symlinks=False)
        except OSError as error:
            yield Gap(place, Reason.REFUSED, f"cannot be looked at: {error.strerror}")
            return
        if stat.S_ISLNK(info.st_mode):
            yield from self._link(entry, place)
        elif not stat.S_ISREG(info.st_mode):
            yield Gap(place, Reason.REFUSED, "a device, socket or pipe is never opened")
        elif self._ignore and self._ignore.has(path):
            yield Passed(place, info.st_size, "ignored")
        else:
            yield Entry(place, info.st_size, entry.path, stat=_stamp(info))

    def _link(self, entry: os.DirEntry[str], place: Place) -> Iterator[Gap | Passed]:
        target = os.path.realpath(entry.path)
        if not os.path.lexists(target):
            yield Gap(place, Reason.ABSENT, "a symbolic link to something that is not there")
        elif target == self._real or target.startswith(self._real.rstrip(os.sep) + os.sep):
            yield Passed(place, 0, "links")
        else:
            yield Gap(place, Reason.REFUSED, "a symbolic link leads outside the input and is not followed")

    def _place(self, path: str) -> Place:
        return Place((path.rstrip("/"),), self._number)


def _weight(folder: str) -> int:
    """Bytes of the regular files below a folder that is not read."""
    total, waiting = 0, [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as rows:
                for entry in rows:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


class _Ignore:
    """The ignore files of a tree, git's rules (nested ones too), through the pathspec library."""

    def __init__(self) -> None:
        self._specs: list[tuple[str, object]] = []

    def enter(self, folder: str, prefix: str) -> None:
        """Read the ignore file of a folder, if there is one."""
        from pathspec import GitIgnoreSpec

        self._specs = [(base, spec) for base, spec in self._specs if prefix.startswith(base)]
        for name in (".gitignore", ".ignore"):
            try:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:  # noqa: PTH118, PTH123
                    lines = file.read(1 << 20).splitlines()
            except OSError:
                continue
            self._specs.append((prefix, GitIgnoreSpec.from_lines(lines)))

    def has(self, path: str) -> bool:
        """Whether the innermost ignore file that speaks of a path leaves it out."""
        from pathspec import GitIgnoreSpec

        for base, spec in reversed(self._specs):
            if path.startswith(base) and isinstance(spec, GitIgnoreSpec):
                said = spec.check_file(path[len(base) :]).include
                if said is not None:
                    return said
        return False
