"""A git repository on disk: where it keeps its objects, and every name and log by which something in them is held."""
# ruff: noqa: PTH112, PTH118, PTH120, PTH208

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.gap import Gap, Reason
from untag.history.store import Store, git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["Repository", "home", "is_bare", "open_at"]

#: Bytes of one file of names or logs that are read, and names in all.
MOST, NAMES = 256 << 20, 2_000_000
#: How deep folders of names may nest, and repositories of submodules in one another.
DEEP = 40
_OID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
_ZERO = re.compile(r"0+")
#: Files beside HEAD that name a commit while something is under way.
_HEADS = re.compile(r"(?:[A-Z]+_)?HEAD|MERGE_AUTOSTASH|AUTO_MERGE")


class Repository(Struct):
    """What a repository holds on to.

    Attributes:
        place: Of the git directory, in the input.
        prefix: What stands before its paths: nothing, or the folder of the working tree with ``/``.
        folder: The git directory.
        store: Its objects.
        head: The commit that is checked out, or nothing.
        refs: Name to object, of branches, tags, remotes, the stash and all others.
        logged: Objects that only a log or an operation under way holds.
        shallow: Commits at which a shallow clone ends.
        partial: Whether some of its packs were fetched in part.
        blind: Whether its names are kept in a form that is not read, so that nothing is known of what is reachable.
        gaps: What was not read.
        inner: Repositories of submodules that are kept inside.
    """

    place: Place
    prefix: str
    folder: str
    store: Store
    head: str = ""
    refs: dict[str, str] = field(default_factory=dict)
    logged: set[str] = field(default_factory=set)
    shallow: set[str] = field(default_factory=set)
    partial: bool = False
    blind: bool = False
    gaps: list[Gap] = field(default_factory=list)
    inner: list[tuple[str, str]] = field(default_factory=list)

    @property
    def tips(self) -> dict[str, str]:
        """Branches, of this repository and of remotes, and what is checked out: what counts as not gone."""
        rows = {n: o for n, o in self.refs.items() if n.startswith(("refs/heads/", "refs/remotes/"))}
        return {"HEAD": self.head, **rows} if self.head else rows


def is_bare(folder: str) -> bool:
    """Whether a folder is a git directory by itself: ``HEAD``, ``objects`` and ``refs`` lie in it."""
    join, directory = os.path.join, os.path.isdir
    try:
        head = stat.S_ISREG(os.lstat(join(folder, "HEAD")).st_mode)
    except OSError:
        return False
    return head and directory(join(folder, "objects")) and directory(join(folder, "refs"))


def open_at(folder: str, place: Place, prefix: str, root: str) -> Repository | Gap:
    """Look at a repository; nothing of its configuration is read.

    Args:
        folder: The git directory, or a file ``.git`` that says where it is.
        place: Of it in the input.
        prefix: What stands before its paths.
        root: The input; what lies outside of it is not followed.

    Returns:
        The repository, whose store the caller must close, or why there is none.
    """
    real = os.path.realpath(root)
    found = _pointed(folder, place, real)
    if isinstance(found, Gap):
        return found
    folder = found
    program = git()
    if not program:
        return Gap(place, Reason.NEEDS, "git is needed to read history, and is not installed (apt install git)")
    common = _common(folder)
    objects = os.path.join(common, "objects")
    if not _inside(common, real) or not _inside(objects, real) or not os.path.isdir(objects):
        return Gap(place, Reason.REFUSED, "the git directory is a link, or its objects lie outside of the input")
    made = Repository(place, prefix, os.path.realpath(common), Store(program))
    try:
        _names(made, folder)
        if any(len(o) == 64 for o in made.refs.values()):
            made.store.close()
            made.store = Store(program, wide=True)
        _objects(made, objects, real)
        large = os.path.join(common, "lfs", "objects")
        made.store.large = large if os.path.isdir(large) and _inside(large, real) else ""
    except OSError as error:
        made.store.close()
        return Gap(place, Reason.REFUSED, f"the repository cannot be looked at: {error.strerror}")
    return made


def _inside(path: str, root: str) -> bool:
    real = os.path.realpath(path)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def _pointed(folder: str, place: Place, root: str) -> str | Gap:
    """The git directory that a ``.git`` file names."""
    if os.path.isdir(folder):
        return folder
    text = _text(folder, 4096).strip()
    target = os.path.join(os.path.dirname(folder), text.removeprefix("gitdir:").strip())
    if not text.startswith("gitdir:") or "\n" in text:
        return Gap(place, Reason.DAMAGED, "a .git file that names no repository")
    if not _inside(target, root):
        return Gap(place, Reason.REFUSED, "a .git file names a repository outside of the input, which is not read")
    if not os.path.isdir(target):
        return Gap(place, Reason.ABSENT, "a .git file names a repository that is not there")
    return os.path.normpath(target)


def _common(folder: str) -> str:
    """The directory that a linked working tree shares with its repository."""
    text = _text(os.path.join(folder, "commondir"), 4096).strip()
    return os.path.normpath(os.path.join(folder, text)) if text and "\n" not in text else folder


def _text(path: str, most: int = MOST) -> str:
    """The text of a regular file, or nothing; a link is not followed."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return ""
        return file.read(most).decode("utf-8", "backslashreplace")


def _files(folder: str) -> Iterator[tuple[str, str]]:
    """Path below a folder and on disk of the regular files in it, in order; links are not followed."""
    waiting = [(folder, "", 0)]
    while waiting:
        at, prefix, depth = waiting.pop()
        try:
            with os.scandir(at) as rows:
                entries = sorted(rows, key=lambda e: e.name)
        except OSError:
            continue
        below = []
        for entry in entries:
            name = prefix + os.fsencode(entry.name).decode("utf-8", "backslashreplace")
            if entry.is_dir(follow_symlinks=False):
                if depth < DEEP:
                    below.append((entry.path, name + "/", depth + 1))
            elif entry.is_file(follow_symlinks=False):
                yield name, entry.path
        waiting.extend(reversed(below))


def _names(made: Repository, own: str) -> None:
    """Read every name and log, of the repository and of its linked working trees."""
    folder = made.folder
    for line in _text(os.path.join(folder, "packed-refs")).splitlines():
        oid, _, name = line.partition(" ")
        if _OID.fullmatch(oid) and name:
            made.refs[name] = oid
    links: dict[str, str] = {}
    for name, path in _files(os.path.join(folder, "refs")):
        text = _text(path, 4096).strip()
        if _OID.fullmatch(text):
            made.refs["refs/" + name] = text
        elif text.startswith("ref: "):
            links["refs/" + name] = text.removeprefix("ref: ").strip()
        if len(made.refs) > NAMES:
            made.gaps.append(Gap(made.place, Reason.LIMIT, f"more than {NAMES} names; the rest was not followed"))
            break
    for name, target in links.items():
        if target in made.refs:
            made.refs[name] = made.refs[target]
    made.head = _head(os.path.join(own, "HEAD"), made.refs)
    made.blind = os.path.isdir(os.path.join(folder, "reftable"))
    if made.blind:
        detail = "its names are kept in a reftable, which is not read; all objects of its store were read instead"
        made.gaps.append(Gap(made.place, Reason.UNKNOWN, detail))
    rooms = [folder, own]
    try:
        trees = os.path.join(folder, "worktrees")
        rooms += [os.path.join(trees, n) for n in sorted(os.listdir(trees))]
    except OSError:
        pass
    for room in dict.fromkeys(rooms):
        _under_way(made, room)
    made.logged -= set(made.refs.values())
    made.shallow = {row for row in _text(os.path.join(folder, "shallow")).split() if _OID.fullmatch(row)}
    _modules(made)


def _head(path: str, refs: dict[str, str]) -> str:
    text = _text(path, 4096).strip()
    return text if _OID.fullmatch(text) else refs.get(text.removeprefix("ref: ").strip(), "")


def _under_way(made: Repository, room: str) -> None:
    """What logs, other heads and bisections hold."""
    held: set[str] = set()
    try:
        names = sorted(os.listdir(room))
    except OSError:
        return
    for name in names:
        if _HEADS.fullmatch(name):
            held.update(_OID.findall(_text(os.path.join(room, name), 1 << 20)))
            head = _head(os.path.join(room, name), made.refs)
            held.update({head} if head else ())
    for _, path in _files(os.path.join(room, "logs")):
        for line in _text(path).splitlines():
            held.update(word for word in line.split(" ", 2)[:2] if _OID.fullmatch(word))
    if room != made.folder:
        held.update(t for _, p in _files(os.path.join(room, "refs")) if _OID.fullmatch(t := _text(p, 4096).strip()))
    made.logged |= {oid for oid in held if not _ZERO.fullmatch(oid)}


def _modules(made: Repository) -> None:
    """Repositories of submodules that lie inside this one."""
    waiting = [(os.path.join(made.folder, "modules"), "")]
    for _ in range(10_000):
        if not waiting:
            return
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as rows:
                below = sorted((e.name, e.path) for e in rows if e.is_dir(follow_symlinks=False))
        except OSError:
            continue
        for name, path in below:
            shown = prefix + os.fsencode(name).decode("utf-8", "backslashreplace")
            if is_bare(path):
                made.inner.append((shown, path))
            elif shown.count("/") < DEEP:
                waiting.append((path, shown + "/"))


def _objects(made: Repository, objects: str, root: str) -> None:
    """Show the store of this repository, and stores that it borrows from inside the input, to git."""
    waiting, found, outside = [objects], [], 0
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in found:
            continue
        if not _inside(folder, root) or not os.path.isdir(folder):
            outside += 1
            continue
        found.append(real)
        lines = _text(os.path.join(real, "info", "alternates"), 1 << 20).splitlines()
        waiting += [os.path.join(folder, line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    for real in found:
        made.store.add(real, several=len(found) > 1)
        made.partial |= any(n.endswith(".promisor") for n in _under(os.path.join(real, "pack")))
    if outside:
        said = f"{outside} borrowed stores of objects lie outside of the input, or are not there; they are not read"
        made.gaps.append(Gap(made.place, Reason.REFUSED, said))
    if made.store.odd:
        said = f"{made.store.odd} packs or objects are links and no files; they are not read"
        made.gaps.append(Gap(made.place, Reason.REFUSED, said))


def _under(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def home(root: str, name: str) -> tuple[str, str]:
    """Where a repository lies that was met in an input, and what stands before its paths.

    Args:
        root: The input.
        name: Of the repository in it.
    """
    folder = root if name == "." else os.path.join(root, name)
    if name in {".", ".git"}:
        return folder, ""
    return folder, name.removesuffix(".git") if name.endswith("/.git") else name + "/"
