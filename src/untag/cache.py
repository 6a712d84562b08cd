"""A private folder of the user's for things that can be made again: checked when read, written in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from pathlib import Path

__all__ = ["Cache", "directory"]

_MAGIC = b"untag-cache/1\n"
_DIGEST = hashlib.sha256().digest_size
#: Largest entry that is read back.
LIMIT = 256 << 20


def directory() -> Path | None:
    """Where the cache lies, by the platform's convention; nothing is made.

    ``UNTAG_CACHE`` names another folder; set to nothing it turns the cache off. Otherwise it is ``untag`` in
    ``$XDG_CACHE_HOME`` or ``~/.cache`` (XDG base directories), ``~/Library/Caches`` (macOS) or ``%LOCALAPPDATA%``.

    Returns:
        An absolute path, or None where there is no such folder or the cache is off.
    """
    own = os.environ.get("UNTAG_CACHE")
    if own is not None:
        return Path(own).absolute() if own.strip() else None
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) / "untag" / "cache" if local and Path(local).is_absolute() else None
    xdg = os.environ.get("XDG_CACHE_HOME")
    # A relative value is to be ignored, says the XDG specification.
    if xdg and xdg.startswith("/"):
        return Path(xdg) / "untag"
    home = os.environ.get("HOME")
    if not home or not home.startswith("/"):
        return None
    return Path(home) / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "untag"


class Cache:
    """Checked entries by room and key.

    It never fails: what cannot be read is absent, what cannot be written is not kept. An entry holds a digest of its
    key and its bytes, so that a torn, damaged or swapped file counts as absent. The folder is used only when it is a
    real folder (no link) that belongs to the user and that nobody else may write to, since a compiled database is
    loaded from it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Nothing is touched before the first use.

        Args:
            folder: Another folder than ``directory()``.
        """
        self._folder = directory() if folder is None else folder
        self._usable: bool | None = None

    @property
    def usable(self) -> bool:
        """Whether there is a folder that can be trusted; it is made, for the user alone, if it is missing."""
        if self._usable is None:
            self._usable = self._folder is not None and _private(self._folder)
        return self._usable

    def read(self, room: str, key: str) -> bytes | None:
        """The bytes kept under a key.

        Args:
            room: What kind of thing it is; a short word.
            key: Everything the bytes depend on.

        Returns:
            The bytes as written, or None where there are none or they are damaged.
        """
        path = self._path(room, key)
        if path is None or not self.usable:
            return None
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        except (OSError, ValueError):
            return None
        try:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or not _ours(about) or about.st_size > LIMIT:
                return None
            raw = _all(handle, about.st_size)
        except OSError:
            return None
        finally:
            os.close(handle)
        head = len(_MAGIC) + _DIGEST
        if len(raw) < head or not raw.startswith(_MAGIC):
            return None
        body = raw[head:]
        return body if raw[len(_MAGIC) : head] == _digest(room, key, body) else None

    def write(self, room: str, key: str, body: bytes) -> bool:
        """Keep bytes under a key; readers see the old entry or the new one, never half of it.

        Returns:
            Whether they were kept.
        """
        path = self._path(room, key)
        if path is None or len(body) > LIMIT - 64 or not self.usable:
            return False
        import tempfile

        temporary = None
        try:
            handle, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
            with os.fdopen(handle, "wb") as out:
                out.write(_MAGIC + _digest(room, key, body))
                out.write(body)
            Path(temporary).replace(path)
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
            return False
        return True

    def drop(self, room: str, key: str) -> None:
        """Forget an entry, for example one that was whole but turned out to be of no use."""
        path = self._path(room, key)
        if path is not None and self.usable:
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, room: str, key: str) -> Path | None:
        if self._folder is None:
            return None
        # Keys are hashed: they may hold anything, and file names may not.
        name = hashlib.sha256(f"{room}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
        return self._folder / f"{''.join(c for c in room if c.isalnum())}-{name}"


def _digest(room: str, key: str, body: bytes) -> bytes:
    head = f"{len(room)} {room}\0{len(key)} {key}\0".encode("utf-8", "surrogatepass")
    made = hashlib.sha256(head)
    made.update(body)
    return made.digest()


def _all(handle: int, size: int) -> bytes:
    """Read a whole file, at most what it was said to hold."""
    parts = []
    left = size
    while left > 0:
        part = os.read(handle, min(left, 1 << 24))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _ours(about: os.stat_result) -> bool:
    """Whether a file belongs to the user; Windows keeps its cache folder private by its own means."""
    return sys.platform == "win32" or about.st_uid == os.geteuid()


def _private(folder: Path) -> bool:
    """Make a folder if it is missing, and say whether it can be trusted."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        about = folder.lstat()
        if not stat.S_ISDIR(about.st_mode) or not _ours(about):
            return False
        # A folder of the user's own choice keeps its mode, but one that others may write to is not trusted.
        if sys.platform != "win32" and stat.S_IMODE(about.st_mode) & 0o022:
            return False
    except (OSError, ValueError):
        return False
    return True
