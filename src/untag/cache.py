"""A private folder of the user's for things that can be made again: checked when read, written in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["Cache", "Shelf", "directory"]

_MAGIC = b"untag-cache/1\n"
_DIGEST = hashlib.sha256().digest_size
#: Largest entry that is read back.
LIMIT = 256 << 20
#: Entries of one room, and their bytes, beyond which the oldest are dropped.
ENTRIES, ROOM = 64, 512 << 20
#: Bytes that a shelf may hold, and the largest thing on it.
SHELF, LARGEST = 512 << 20, 32 << 20
#: Seconds to wait for another scan that writes to the shelf.
PATIENCE = 2.0
_CHECK = 16


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
    def folder(self) -> Path | None:
        """Where it lies; whether it may be used is another matter."""
        return self._folder

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
        self._trim(path)
        return True

    def touch(self, room: str, key: str) -> None:
        """Say that an entry is still of use, so that it is not the next to be dropped."""
        path = self._path(room, key)
        if path is not None and self.usable:
            with contextlib.suppress(OSError):
                os.utime(path)

    def shelf(self, room: str) -> Shelf:
        """Many small things in one file; one that keeps nothing where there is no folder."""
        path = self._path(room, "")
        return Shelf(path if path is not None and self.usable else None)

    @staticmethod
    def _trim(new: Path) -> None:
        """Drop the oldest entries of a room that holds too many or too much."""
        room = new.name.partition("-")[0]
        rows: list[tuple[float, int, str]] = []
        with contextlib.suppress(OSError), os.scandir(new.parent) as entries:
            for entry in entries:
                if entry.name.startswith(room + "-") and entry.name != new.name:
                    with contextlib.suppress(OSError):
                        about = entry.stat(follow_symlinks=False)
                        rows.append((about.st_mtime, about.st_size, entry.path))
        held = 0
        for number, (_, size, path) in enumerate(sorted(rows, reverse=True), 1):
            held += size
            if number >= ENTRIES or held > ROOM:
                with contextlib.suppress(OSError):
                    Path(path).unlink()

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


class Shelf:
    """Many small things by key in one file of the private folder, an SQLite database.

    Like the cache, it never fails: what cannot be read or is damaged is absent, what cannot be written is not kept.
    Several scans may use it at once. Things that were not asked for the longest go first when it is full. A shelf must
    not be used by a process that was forked after its first use.
    """

    def __init__(self, path: Path | None) -> None:
        """Nothing is touched before the first use.

        Args:
            path: The file, in a folder that can be trusted; None for a shelf that keeps nothing.
        """
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._written = 0

    @property
    def usable(self) -> bool:
        """Whether it can keep anything at all."""
        return self._path is not None

    def read(self, key: bytes) -> bytes | None:
        """What is kept under a key, or None."""
        if self._path is None:
            return None
        import sqlite3

        try:
            if self._db is None and not self._path.exists():
                return None  # looking makes no database
            db = self._db or self._open(self._path)
            row = db.execute("SELECT day, body FROM kept WHERE key = ?", (key,)).fetchone()
            if row is None or not isinstance(row[1], bytes):
                return None
            if row[0] != _today():
                with contextlib.suppress(sqlite3.OperationalError), db:
                    db.execute("UPDATE kept SET day = ? WHERE key = ?", (_today(), key))
        except sqlite3.OperationalError as error:
            if "malformed" in str(error):
                self._ruin()
            return None
        except (sqlite3.Error, OSError):
            self._ruin()
            return None
        body = row[1]
        return body[_CHECK:] if body[:_CHECK] == _check(key, body[_CHECK:]) else None

    def write(self, rows: Iterable[tuple[bytes, bytes]]) -> bool:
        """Keep things by key, all in one step.

        Returns:
            Whether they were kept.
        """
        if self._path is None:
            return False
        import sqlite3

        day = _today()
        made = [(key, day, _check(key, body) + body) for key, body in rows if len(body) <= LARGEST]
        try:
            db = self._db or self._open(self._path)
            with db:
                db.executemany("INSERT OR REPLACE INTO kept (key, day, body) VALUES (?, ?, ?)", made)
            self._written += sum(len(row[2]) for row in made)
            if self._written > SHELF // 16:
                self._trim(db)
        except sqlite3.OperationalError:
            return False
        except (sqlite3.Error, OSError):
            self._ruin()
            return False
        return True

    def close(self) -> None:
        """Let go of the file; it is opened again when it is needed."""
        if self._db is not None:
            import sqlite3

            with contextlib.suppress(sqlite3.Error):
                if self._written:
                    self._trim(self._db)
                self._db.close()
            self._db = None

    def _open(self, path: Path) -> sqlite3.Connection:
        """Open or make the database; raises what SQLite raises, or OSError for a file that is not to be trusted."""
        import sqlite3

        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags, 0o600)
        about = os.fstat(handle)
        os.close(handle)
        if not stat.S_ISREG(about.st_mode) or not _ours(about):
            raise OSError(f"{path} is not to be trusted")
        db = self._db = sqlite3.connect(path, timeout=PATIENCE)
        # A cache need not survive a power cut, and what is torn is noticed.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, day INTEGER NOT NULL, body BLOB NOT NULL)")
        db.execute("CREATE INDEX IF NOT EXISTS age ON kept (day)")
        db.commit()
        return db

    def _trim(self, db: sqlite3.Connection) -> None:
        """Drop the things that were not asked for the longest, a quarter at a time, until the rest fits."""
        self._written = 0
        for _ in range(20):
            pages, free, size = (
                db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
            )
            if (pages - free) * size <= SHELF:
                return
            with db:
                many = db.execute("SELECT count(*) FROM kept").fetchone()[0] // 4 + 1
                db.execute(
                    "DELETE FROM kept WHERE rowid IN (SELECT rowid FROM kept ORDER BY day, rowid LIMIT ?)", (many,)
                )

    def _ruin(self) -> None:
        """Throw a broken database away; the next scan makes a new one."""
        import sqlite3

        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        path, self._path, self._db = self._path, None, None
        if path is not None:
            for tail in ("", "-wal", "-shm", "-journal"):
                with contextlib.suppress(OSError):
                    Path(f"{path}{tail}").unlink()


def _today() -> int:
    """Days since 1970: how fresh a thing is need not be known better, and is seldom written."""
    return int(time.time() // 86400)


def _check(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK, key=hashlib.sha256(key).digest()).digest()


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
