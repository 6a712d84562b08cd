"""The log of a repository: its commits, which blobs it ever held under which path, and what still leads to them."""

from __future__ import annotations

import heapq
import re
from array import array
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from untag.gap import Gap, Reason
from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from untag.history.repository import Repository
    from untag.history.store import Store

__all__ = ["Commit", "Listed", "Log", "Remark", "listed"]

_TREE = later(rb"tree ([0-9a-f]{40}|[0-9a-f]{64})\n")
_PARENT = later(rb"parent ([0-9a-f]{40}|[0-9a-f]{64})\n")
_OBJECT = later(rb"object ([0-9a-f]{40}|[0-9a-f]{64})\n")
_WHO = later(rb"^(?:author|committer|tagger) ([^<>\n]*)<([^<>\n]*)> ?(-?\d{1,12})?", re.MULTILINE)
_CHARSET = later(rb"^encoding ([\w.:-]{1,40})$", re.MULTILINE)
#: Bytes of a message that are looked at; paths of blobs beside their first that are kept.
LONGEST, PATHS = 1 << 20, 1_000_000
#: Changes of files, commit by commit, that are looked at for them: a few times what the largest projects have.
CHANGES = 20_000_000
#: Bytes that git may hold for what a commit changed: small folders, each many times in another, are files without end.
HELD = 1 << 30


class Commit(Struct):
    """What is kept of a commit.

    Attributes:
        tree: Id of its root folder.
        parents: Those that are there.
        time: Of the commit, in seconds since 1970.
    """

    tree: str
    parents: tuple[str, ...]
    time: int


class Remark(Struct, frozen=True):
    """The message of a commit or tag.

    Attributes:
        oid: The commit or tag.
        kind: ``commit`` or ``tag``.
        text: The message, without its header.
        names: Names and addresses of who made it.
        charset: The encoding that its header names, or nothing.
    """

    oid: str
    kind: str
    text: bytes
    names: tuple[bytes, ...]
    charset: str = ""


class Listed(Struct):
    """The blobs of a repository, in the order in which the store gives them fastest.

    Attributes:
        size: Bytes of each.
        disk: Bytes that each takes in the store.
        path: Where it was met first, going back from the newest commit; None where no tree leads to it.
        commit: The newest commit that holds it there, or nothing.
        tip: Whether the tree of a branch holds it.
        number: By id.
        also: Further paths at which a blob lay, by its place in this list.
    """

    size: array[int] = field(default_factory=lambda: array("Q"))
    disk: array[int] = field(default_factory=lambda: array("Q"))
    path: list[str | None] = field(default_factory=list)
    commit: list[str] = field(default_factory=list)
    tip: bytearray = field(default_factory=bytearray)
    number: dict[str, int] = field(default_factory=dict)
    also: dict[int, dict[str, None]] = field(default_factory=dict)

    def paths(self, number: int) -> list[str]:
        """Every path at which a blob lay, the newest first; none where no tree leads to it."""
        path = self.path[number]
        return [] if path is None else [path, *self.also.get(number, ())]


class Log:
    """Everything that was ever committed to a repository and can be reached; with ``unreachable`` all that is stored.

    Attributes:
        blobs: The blobs.
        commits: By id.
        rank: Place of each commit in the order of history, the newest first; children stand before parents.
        gaps: What could not be followed.
        submodules: Paths at which a commit of another repository is named.
        loose: Whether what nothing leads to is read too.
        left: Blobs that nothing leads to and that are passed over, and their bytes.
        missing: Objects that are named and not there.
    """

    def __init__(self, repository: Repository, *, unreachable: bool) -> None:
        """List the store; nothing is followed yet.

        Args:
            repository: Where.
            unreachable: Whether what nothing leads to is read too.
        """
        self._repository = repository
        self._store = repository.store
        self.loose = unreachable or repository.blind
        self.blobs = Listed()
        self.commits: dict[str, Commit] = {}
        self.rank: dict[str, int] = {}
        self.gaps: list[Gap] = list(repository.gaps)
        self.submodules: dict[str, str] = {}
        self.left: tuple[int, int] = (0, 0)
        self.missing = 0
        self._tags: dict[str, str] = {}
        self._told: list[str] = []
        self._damaged: dict[str, str] = {}
        self._list()

    def _gap(self, reason: Reason, detail: str, size: int = 0) -> None:
        self.gaps.append(Gap(self._repository.place, reason, detail, size))

    def _list(self) -> None:
        """All objects of the store by kind."""
        blobs = self.blobs
        form = "--batch-check=%(objectname) %(objecttype) %(objectsize) %(objectsize:disk)"
        try:
            for line in self._store.lines("cat-file", "--batch-all-objects", "--unordered", form):
                row = line.split()
                oid = row[0].decode("ascii") if row else ""
                if len(row) != 4:
                    self._damaged[oid] = ""
                elif row[1] == b"blob":
                    blobs.number[oid] = len(blobs.size)
                    blobs.size.append(int(row[2]))
                    blobs.disk.append(int(row[3]))
                elif row[1] in {b"commit", b"tag"}:
                    self._told.append(oid)
        except (OSError, OverflowError, ValueError):
            self._gap(Reason.DAMAGED, "the store of objects is damaged; what git could list of it was read")
        count = len(blobs.size)
        blobs.path, blobs.commit, blobs.tip = [None] * count, [""] * count, bytearray(count)

    def remarks(self) -> Iterator[Remark]:
        """Messages of commits and tags; commits and their order are known when all were asked for."""
        broken = 0
        for oid, kind, raw in self._store.data(self._told):
            if raw is None or kind not in {"commit", "tag"}:
                broken += 1
                continue
            head, _, text = raw.partition(b"\n\n")
            who = _WHO.findall(head + b"\n")
            if kind == "commit":
                tree = _TREE.match(head)
                if tree is None:
                    broken += 1
                    continue
                stop = head.find(b"\nauthor ")
                parents = tuple(p.decode("ascii") for p in _PARENT.findall(head, 0, max(0, stop) + 1 or len(head)))
                time = int(who[-1][2] or 0) if who else 0
                self.commits[oid] = Commit(tree[1].decode("ascii"), parents, time)
            elif (target := _OBJECT.match(head)) is not None:
                self._tags[oid] = target[1].decode("ascii")
            named = _CHARSET.search(head)
            names = tuple(part.strip() for name, mail, _ in who for part in (name, mail) if part.strip())
            yield Remark(oid, kind, text[:LONGEST], names, named[1].decode("ascii") if named else "")
        if broken:
            self._gap(Reason.DAMAGED, f"{broken} commits or tags are damaged; their messages and parents are not known")
        self._settle()

    def _settle(self) -> None:
        """Cut history where parents are not there, and order what is left."""
        cut, lost = [], 0
        for oid, made in self.commits.items():
            there = tuple(p for p in made.parents if p in self.commits)
            if len(there) < len(made.parents):
                cut.append(oid)
                lost += oid not in self._repository.shallow
                # Git can be told that a commit has no parents, not that it has lost one of two.
                made.parents = there
        shallow = sorted(self._repository.shallow & set(cut))
        if shallow:
            self._gap(
                Reason.ABSENT,
                f"a shallow clone: history is cut at {len(shallow)} commits, and what was before is not here",
            )
        if lost:
            self._gap(Reason.ABSENT, f"the parents of {lost} commits are not there; history is cut at them")
        self._cut = cut
        self._store.cut(cut)
        self._order()

    def _order(self) -> None:
        """Children before parents, and of those that could come next the newest first."""
        waiting = dict.fromkeys(self.commits, 0)
        for made in self.commits.values():
            for parent in made.parents:
                waiting[parent] += 1
        heap = [(-self.commits[oid].time, oid) for oid, n in waiting.items() if n == 0]
        heapq.heapify(heap)
        while heap:
            _, oid = heapq.heappop(heap)
            self.rank[oid] = len(self.rank)
            for parent in self.commits[oid].parents:
                waiting[parent] -= 1
                if waiting[parent] == 0:
                    heapq.heappush(heap, (-self.commits[parent].time, parent))

    # -- what leads where

    def commit_of(self, oid: str) -> str:
        """The commit that a name leads to, through tags; nothing where it leads elsewhere."""
        for _ in range(40):
            if oid in self.commits:
                return oid
            if oid not in self._tags:
                return ""
            oid = self._tags[oid]
        return ""

    def tips(self) -> list[str]:
        """Commits of branches and of what is checked out, that first."""
        rows = self._repository.tips
        head = self.commit_of(rows.get("HEAD", ""))
        return [*filter(None, [head]), *sorted({c for o in rows.values() if (c := self.commit_of(o)) and c != head})]

    def follow(self) -> None:
        """Find out where blobs lie, and which nothing leads to."""
        repository = self._repository
        named = set(repository.refs.values()) | repository.logged | ({repository.head} if repository.head else set())
        there = self._there(named)
        if len(there) < len(named):
            self._gap(Reason.ABSENT, f"{len(named) - len(there)} names or logs lead to objects that are not there")
        self._walk(self.tips(), newest=False)
        # Of a commit that has lost one of two parents git is told that it has none.
        extra = {p for oid in self._cut for p in self.commits[oid].parents}
        starts = there | extra
        broken = not self._walk(sorted(starts), newest=True)
        if self.loose or broken:
            self._walk(sorted(set(self._told)), newest=True)
        self._spread(starts)
        blobs = self.blobs
        if broken or self.missing or self._damaged:
            # What lies below a folder that is not there is in no tree; it is read all the same.
            self.loose = True
        if broken:
            detail = "a damaged object stops the way through history; blobs beyond it were read without their paths"
            self._gap(Reason.DAMAGED, detail)
        if not self.loose:
            rest = [i for i, path in enumerate(blobs.path) if path is None]
            self.left = (len(rest), sum(blobs.size[i] for i in rest))
        if self.missing:
            why = "a partial clone" if repository.partial else "the store is not whole"
            self._gap(Reason.ABSENT, f"{self.missing} objects that history names are not there ({why})")
        for oid, path in sorted(self._damaged.items()):
            place = self._repository.place
            chain = (self._repository.prefix + path,) if path else (*place.chain, f"object {oid}")
            self.gaps.append(Gap(replace(place, chain=chain), Reason.DAMAGED, "an object of the store is damaged"))

    def _there(self, named: set[str]) -> set[str]:
        known = {o for o in named if o in self.commits or o in self._tags or o in self.blobs.number}
        rest = sorted(named - known)
        if not rest:
            return known
        try:
            for line in self._store.lines("cat-file", "--batch-check=%(objectname) %(objecttype)", feed=rest):
                row = line.split()
                if len(row) == 2 and row[1] in {b"tree", b"blob"}:
                    known.add(row[0].decode("ascii"))
        except OSError:
            pass
        return known

    def _walk(self, starts: Sequence[str], *, newest: bool) -> bool:
        """Follow commits and trees from some objects; False where that broke off.

        Args:
            starts: Ids.
            newest: Whether all of history is followed, or only the trees of these commits.
        """
        if not starts:
            return True
        blobs = self.blobs
        names: dict[bytes, str] = {}
        shape = [] if newest else ["--no-walk=unsorted"]
        current, missing = "", 0
        try:
            for line in self._store.lines(
                "rev-list", "--objects", "--in-commit-order", *shape, "--missing=print", "--stdin", feed=starts
            ):
                if line[:1] == b"?":
                    missing += 1
                    continue
                head, space, tail = line[:-1].partition(b" ")
                oid = head.decode("ascii")
                if not space:
                    if oid in self.commits:
                        current = oid
                    if oid not in blobs.number:
                        continue
                number = blobs.number.get(oid)
                if number is None:
                    if oid in self._damaged:
                        self._damaged[oid] = _shown(tail, names)
                    continue
                if not newest:
                    blobs.tip[number] = 1
                if blobs.path[number] is None:
                    blobs.path[number] = _shown(tail, names)
                    blobs.commit[number] = current
        except (OSError, UnicodeDecodeError):
            return False
        finally:
            if newest:
                self.missing = max(self.missing, missing)
        return True

    def _spread(self, starts: Iterable[str]) -> None:
        """Find the further paths of blobs: git tells each object once, at the first path that it meets.

        What a commit holds, it or one before it brought: as what differs from its first parent.
        """
        waiting = list(self.commits) if self.loose else [c for o in starts if (c := self.commit_of(o))]
        met = set(waiting)
        while waiting:
            fresh = set(self.commits[waiting.pop()].parents) - met
            met |= fresh
            waiting += fresh
        blobs, count, seen = self.blobs, 0, 0
        names: dict[bytes, str] = {}
        feed = (" ".join((oid, *self.commits[oid].parents[:1])) for oid in sorted(met, key=self._rank_of))
        rows = self._store.pieces(
            b"\0", "diff-tree", "--stdin", "-r", "-z", "--root", "--raw", "--no-renames", "--no-abbrev",
            "--no-commit-id", "--diff-filter=AMT", feed=feed, memory=HELD,
        )  # fmt: skip
        try:
            for row in rows:
                number, raw = blobs.number.get(row.split(b" ", 4)[3].decode("ascii")), next(rows)
                seen += 1
                if number is None or blobs.path[number] is None:
                    continue
                path = _shown(raw, names)
                if path != blobs.path[number]:
                    known = blobs.also.setdefault(number, {})
                    count += path not in known
                    known[path] = None
                if count > PATHS or seen > CHANGES:
                    self._gap(Reason.LIMIT, "too many changes of files; not every path at which one lay is told")
                    break
        except (OSError, ValueError, IndexError, StopIteration):
            reason = Reason.ABSENT if self.missing else Reason.DAMAGED
            said = "a folder cannot be read, or leads to files without end"
            self._gap(reason, f"{said}; not every path at which a file lay is told")
        finally:
            rows.close()

    def _rank_of(self, oid: str) -> int:
        return self.rank.get(oid, len(self.rank))

    # -- folders

    def listing(self, commit: str) -> Iterator[tuple[str, str, str, int]]:
        """Mode, id, path and size of everything in the tree of a commit; submodules go to ``submodules``."""
        for mode, kind, oid, path, size in listed(self._store, commit):
            if kind == "commit":
                self.submodules[path] = oid
            elif kind == "blob":
                yield mode, oid, path, size

    def trees(self, ids: Iterable[str]) -> Iterator[tuple[str, list[tuple[bytes, bytes, str]]]]:
        """Trees by id: mode, name and id of each entry; a tree that is not there has none."""
        wide = 32 if any(len(oid) == 64 for oid in self.commits) else 20
        entry = re.compile(rb"(\d{1,7}) ([^\0]+)\0(.{%d})" % wide, re.DOTALL)
        for oid, kind, raw in self._store.data(list(ids)):
            rows = entry.findall(raw) if raw is not None and kind == "tree" else []
            yield oid, [(mode, name, inner.hex()) for mode, name, inner in rows]


def listed(store: Store, commit: str) -> Iterator[tuple[str, str, str, str, int]]:
    """Mode, kind, id, path and size of everything in the tree of a commit, in order of path.

    Raises:
        OSError: Git failed, before anything was listed.
    """
    rows = b"".join(store.lines("ls-tree", "-r", "-l", "-z", "--full-tree", commit))
    for row in rows.split(b"\0"):
        head, tab, tail = row.partition(b"\t")
        parts = head.split()
        if tab and len(parts) == 4:
            size = int(parts[3]) if parts[3].isdigit() else 0
            yield parts[0].decode("ascii"), parts[1].decode("ascii"), parts[2].decode("ascii"), _shown(tail, {}), size


def _shown(raw: bytes, names: dict[bytes, str]) -> str:
    """A path as text: bytes that are no UTF-8 stand as escapes; folders of many paths are kept once."""
    head, slash, tail = raw.rpartition(b"/")
    if not slash:
        return raw.decode("utf-8", "backslashreplace")
    folder = names.get(head)
    if folder is None:
        folder = names[head] = head.decode("utf-8", "backslashreplace") + "/"
    return folder + tail.decode("utf-8", "backslashreplace")
