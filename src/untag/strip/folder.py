"""Members of a container as files in a private folder: what names others beside it finds them there."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from untag.rewriters._pair import modelled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.artifact import Artifact
    from untag.look import View

__all__ = ["Folder", "wanted"]

#: Bytes and number of members that are laid out; bytes of a name and of a part of one; of a text that names others.
_MOST, _MEMBERS, _LONG, _PART, _TEXT = 4 << 30, 20_000, 1000, 200, 1 << 20


def wanted(view: View) -> bool:
    """Whether members of a container are laid out: some may be models, all could be read, and their names are plain."""
    names = [name.removeprefix("./") for name, _ in view.members]
    if view.gaps or view.crash or len(names) > _MEMBERS or not any(map(modelled, names)):
        return False
    folders = {name[:at] for name in names for at, sign in enumerate(name) if sign == "/"}
    folded = {name.casefold() for name in names}
    return len(folded) == len(names) and folders.isdisjoint(names) and all(map(_plain, names))


def _plain(name: str) -> bool:
    """Whether a name is that of a file below a folder, on any system."""
    if not name.isprintable() or "\\" in name or ":" in name or len(name.encode()) > _LONG:
        return False
    return all(part not in ("", ".", "..") and len(part.encode()) <= _PART for part in name.split("/"))


class Folder:
    """Members of one container.

    Args:
        root: An empty folder, which is the caller's.
    """

    def __init__(self, root: str) -> None:
        self.root = root

    def path(self, name: str) -> str:
        """Where a member lies."""
        return os.path.join(self.root, name)  # noqa: PTH118

    def fill(self, members: Iterable[Artifact], names: Iterable[str]) -> bool:
        """Lay members out.

        Args:
            members: One at a time.
            names: What all of them are called.

        Returns:
            Whether all of them are there; if not, nothing may be made of those that are.
        """
        left, known = _MOST, set(names)
        missing = set(known)
        for item in members:
            name = item.place.chain[-1]
            if name in known and name not in missing:
                continue  # two readers show what one container holds
            left -= item.size
            if left < 0 or name not in missing:
                return False
            missing.discard(name)
            path = self.path(name)
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            with item.open() as source, open(path, "xb") as out:  # noqa: PTH123
                shutil.copyfileobj(source, out, 1 << 20)
        return not missing

    def put(self, name: str, new: str, called: str) -> None:
        """Put what was made of a member in its place; nothing where the member goes.

        Args:
            name: The member.
            new: The file.
            called: What it is called from now on.
        """
        if new:
            os.replace(new, self.path(called))  # noqa: PTH105
        if not new or called != name:
            os.unlink(self.path(name))  # noqa: PTH108

    def naming(self, names: Iterable[str], word: str) -> list[str]:
        """Members that name something: small ones alone, as settings and code are.

        Args:
            names: All that were laid out; those that are gone are passed over.
            word: The name.
        """
        found = re.compile(rb"(?<![\w.-])%b(?![\w-])" % re.escape(word.encode()))
        rows = ((name, self.path(name)) for name in names)
        small = [(n, p) for n, p in rows if os.path.isfile(p) and os.path.getsize(p) <= _TEXT]  # noqa: PTH113, PTH202
        return [name for name, path in small if found.search(Path(path).read_bytes())]
