"""When something was in history: the first and last commit that held it, the names that still lead to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.finding import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from untag.history.log import Log

__all__ = ["Track"]

#: Names, and other paths, that one finding lists.
SHOWN = 50
#: Names looked at in one pass over history; a pass holds as many bits for each commit on its edge.
_PASS = 4096
#: What a log, or an operation under way, is called among the names.
LOGGED = "reflog"


class _Node(Struct):
    """A folder or file on the way to wanted paths."""

    path: str = ""
    wanted: bool = False
    below: dict[bytes, _Node] = field(default_factory=dict)


class Track:
    """Follows some paths through all commits; folders that did not change are looked at once."""

    def __init__(
        self,
        log: Log,
        paths: Iterable[str],
        refs: Mapping[str, str],
        logged: Iterable[str],
        commits: Iterable[str] = (),
    ) -> None:
        """Look at every tree on the way to the paths.

        Args:
            log: Its commits are in order.
            paths: Relative to the root of the repository.
            refs: Name to object.
            logged: Objects that only logs hold.
            commits: Commits that are wanted themselves, as things without a path.
        """
        self._log = log
        root = _Node()
        for path in sorted(set(paths)):
            node, at = root, ""
            for part in path.split("/"):
                at = f"{at}/{part}" if at else part
                node = node.below.setdefault(part.encode("utf-8"), _Node(at))
            node.wanted = True
        #: What the wanted paths hold, by root tree: pairs of path and id.
        held = self._held(root)
        #: Newest and oldest commit, and reached names, by what is held.
        self._states: dict[frozenset[tuple[str, str]], list[int]] = {}
        order = sorted(log.rank, key=log.rank.__getitem__)
        self._order = order
        own = set(commits)
        state_of = [
            held.get(log.commits[oid].tree, _NOTHING) | ({("", oid)} if oid in own else _NOTHING) for oid in order
        ]
        for number, state in enumerate(state_of):
            row = self._states.setdefault(state, [number, number])
            row[1] = number
        tips = {log.rank[c] for c in log.tips()}
        self._tips = {state_of[n] for n in tips}
        self._names = sorted(refs, key=_weight)
        self._bits = self._reach(refs, logged, state_of)

    def _held(self, root: _Node) -> dict[str, frozenset[tuple[str, str]]]:
        """Level by level down the folders, then together again on the way up."""
        level: dict[str, list[_Node]] = {made.tree: [root] for made in self._log.commits.values()}
        levels: list[dict[tuple[str, int], tuple[list[tuple[str, str]], list[tuple[str, int]]]]] = []
        while level and root.below:
            found: dict[tuple[str, int], tuple[list[tuple[str, str]], list[tuple[str, int]]]] = {}
            next_level: dict[str, list[_Node]] = {}
            for tree, rows in self._log.trees(level):
                entries = {name: (mode, oid) for mode, name, oid in rows}
                for node in level[tree]:
                    here: list[tuple[str, str]] = []
                    inner: list[tuple[str, int]] = []
                    for name, child in node.below.items():
                        mode, oid = entries.get(name, (b"", ""))
                        if not oid:
                            continue
                        if child.wanted:
                            here.append((child.path, oid))
                        if child.below and mode.lstrip(b"0") == b"40000":
                            inner.append((oid, id(child)))
                            known = next_level.setdefault(oid, [])
                            if all(k is not child for k in known):
                                known.append(child)
                    found[tree, id(node)] = (here, inner)
            levels.append(found)
            level = next_level
        made: dict[tuple[str, int], frozenset[tuple[str, str]]] = {}
        same: dict[frozenset[tuple[str, str]], frozenset[tuple[str, str]]] = {}
        for found in reversed(levels):
            for key, (here, inner) in found.items():
                held = frozenset(here).union(*(made.get(k, _NOTHING) for k in inner))
                made[key] = same.setdefault(held, held)
        return {tree: rows for (tree, node), rows in made.items() if node == id(root)}

    def _reach(
        self, refs: Mapping[str, str], logged: Iterable[str], state_of: list[frozenset[tuple[str, str]]]
    ) -> list[dict[frozenset[tuple[str, str]], int]]:
        """By pass, which names lead to a commit with some state, as bits."""
        log = self._log
        rows = [(name, log.commit_of(refs[name])) for name in self._names]
        out = []
        for start in range(0, len(rows), _PASS):
            here: dict[str, int] = {}
            for bit, (_, commit) in enumerate(rows[start : start + _PASS]):
                if commit:
                    here[commit] = here.get(commit, 0) | 1 << bit
            out.append(self._pass(here, state_of))
        held = {c: 1 for oid in logged if (c := log.commit_of(oid))}
        self._logged = self._pass(held, state_of)
        return out

    def _pass(
        self, here: dict[str, int], state_of: list[frozenset[tuple[str, str]]]
    ) -> dict[frozenset[tuple[str, str]], int]:
        """Hand bits on from children to parents."""
        seen: dict[frozenset[tuple[str, str]], int] = {}
        for number, oid in enumerate(self._order):
            bits = here.pop(oid, 0)
            if not bits:
                continue
            state = state_of[number]
            if state:
                seen[state] = seen.get(state, 0) | bits
            for parent in self._log.commits[oid].parents:
                here[parent] = here.get(parent, 0) | bits
        return seen

    def span(self, wanted: Iterable[tuple[str, str]], other: Iterable[str] = ()) -> Span | None:
        """How long any of some things was in history.

        Args:
            wanted: Path and id of each; an empty id stands for whatever the path holds.
            other: Further paths of theirs that are told.

        Returns:
            None where no commit holds any of them.
        """
        rows = set(wanted)
        paths = {path for path, oid in rows if path and not oid}
        states = [s for s in self._states if not rows.isdisjoint(s) or (paths and any(p in paths for p, _ in s))]
        if not states:
            return None
        first = max(self._states[s][1] for s in states)
        last = min(self._states[s][0] for s in states)
        names: list[str] = []
        for number, table in enumerate(self._bits):
            bits = 0
            for state in states:
                bits |= table.get(state, 0)
            start = number * _PASS
            while bits:
                low = bits & -bits
                names.append(self._names[start + low.bit_length() - 1])
                bits ^= low
        if not names and any(s in self._logged for s in states):
            names.append(LOGGED)
        tip = any(s in self._tips for s in states)
        further = sorted(set(other))
        ends = self._order[first], self._order[last]
        return Span(*ends, tuple(names[:SHOWN]), len(names), tip, tuple(further[:SHOWN]), len(further))


_NOTHING: frozenset[tuple[str, str]] = frozenset()


def _weight(name: str) -> tuple[int, str]:
    """Branches first, then tags, then what is remote, then the rest."""
    for number, start in enumerate(("refs/heads/", "refs/tags/", "refs/remotes/", "refs/stash")):
        if name.startswith(start):
            return number, name
    return 4, name
