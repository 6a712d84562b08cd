"""The files of one commit of a git repository on disk: ``REPO@REV``, out of its store; nothing is checked out."""

from __future__ import annotations

import os
import re
import weakref
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.later import later
from untag.mistake import UntagError
from untag.place import Place
from untag.sources import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.history.repository import Repository
    from untag.sources import Passed

__all__ = ["RevisionSource"]

#: A name or the beginning of an id, and steps to ancestors behind it.
_REV = later(r"(?P<base>[^\s~^:?*\[\\\x00-\x1f\x7f]{1,250}?)(?P<steps>(?:[~^]\d{0,6}){0,20})")
_OID = later(r"[0-9a-f]{4,64}")
#: Where a name is looked for, in git's order.
_ROOMS = ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")


class RevisionSource:
    """One commit of a repository, for instance ``.@v1.2`` or ``sdk@main~3``."""

    name = "revision"
    limits = (
        "Symbolic links are gaps, wherever they lead.",
        "Submodules and files of Git LFS that are not in the repository are gaps.",
        "A revision is a branch, a tag, HEAD or the beginning of an id, with ~N or ^N behind it, and nothing else.",
        "Ignore files play no part: what was committed is read.",
        "The repository must lie in the folder that is named: a linked working tree names the one it belongs to.",
    )

    def knows(self, spec: str) -> bool:
        """Whether no file is called so, and what stands before the last ``@`` that leaves one is a repository."""
        return not os.path.lexists(spec) and _parted(spec) is not None

    def home(self, spec: str) -> str:
        """The folder that the repository lies in."""
        parts = _parted(spec)
        return parts[0] if parts else spec

    def walk(self, spec: str, number: int, *, respect_ignore: bool = False) -> Iterator[Entry | Passed | Gap]:
        """The files of the commit, in order of path.

        Raises:
            UntagError: The repository cannot be opened, or holds no such commit.
        """
        from untag.history.log import listed
        from untag.history.repository import is_bare, open_at

        del respect_ignore
        parts = _parted(spec)
        if parts is None:
            raise UntagError(f"cannot read {spec}: no such file or revision")
        folder, rev = parts
        inner = os.path.join(folder, ".git")  # noqa: PTH118 - names that are no text must survive
        there = folder if is_bare(folder) else inner
        found = open_at(there, Place((".git",), number), "", folder)
        if isinstance(found, Gap):
            raise UntagError(f"cannot read {spec}: {found.detail}")
        weakref.finalize(found.store, _gone, found.store.home, os.getpid())
        commit = _commit(found, rev)
        if not commit:
            raise UntagError(f"cannot read {spec}: the repository holds no commit {rev!r}")
        yield from found.gaps
        try:
            for mode, kind, oid, path, size in listed(found.store, commit):
                place = Place((path,), number, commit=commit)
                if kind == "commit":
                    yield Gap(place, Reason.ABSENT, "a submodule: its files are in a repository of their own")
                elif kind == "blob" and mode == "120000":
                    yield Gap(place, Reason.REFUSED, "a symbolic link")
                elif kind == "blob":
                    yield Entry(place, size, store=found.store, blob=oid)
        except OSError:
            yield Gap(Place((".",), number, commit=commit), Reason.DAMAGED, "its folders cannot be listed")


def _parted(spec: str) -> tuple[str, str] | None:
    """Folder and revision; None where it is none."""
    at = spec.rfind("@")
    while at > 0:
        folder, rev = spec[:at], spec[at + 1 :]
        # A name of a branch may hold the sign, and so may a folder's.
        if rev and _REV.fullmatch(rev) and os.path.isdir(folder) and _repository(folder):  # noqa: PTH112 - as above
            return folder, rev
        at = spec.rfind("@", 0, at)
    return None


def _repository(folder: str) -> bool:
    from untag.history.repository import is_bare  # every scan asks this room what it knows, few have a revision

    return is_bare(folder) or os.path.lexists(os.path.join(folder, ".git"))  # noqa: PTH118 - as above


def _commit(found: Repository, rev: str) -> str:
    """The id of a commit; nothing where there is none."""
    match = _REV.fullmatch(rev)
    if match is None:
        return ""
    base, steps = match["base"], match["steps"]
    oid = found.head if base in {"HEAD", "@"} else ""
    for room in _ROOMS:
        oid = oid or found.refs.get(room + base, "")
    oid = oid or found.refs.get(f"refs/remotes/{base}/HEAD", "")
    if not oid and _OID.fullmatch(base):
        oid = base
    if not oid or not re.fullmatch("[0-9a-f]+", oid):
        return ""
    try:
        rows = list(found.store.lines("rev-parse", "--verify", "--quiet", f"{oid}{steps}^{{commit}}"))
    except OSError:
        return ""
    return rows[0].decode("ascii").strip() if rows else ""


def _gone(folder: str, process: int) -> None:
    """Take the private folder of a store away; copies of it in other processes leave it alone."""
    if os.getpid() == process:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
