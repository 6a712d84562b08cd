"""What still refers to names that are gone: exact names, in the languages whose syntax is known; nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from untag.artifact import WHOLE, Artifact
from untag.gap import Limits
from untag.place import Place
from untag.readers._grammar import SUFFIXES
from untag.readers._node import Nodes
from untag.readers._row import What
from untag.readers.code import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from tree_sitter import Node

    from untag.strip.remove import Outcome

__all__ = ["Reference", "elsewhere", "references"]

#: Endings of files with code in them.
_SUFFIXES = frozenset(suffix.removeprefix(".") for suffix in SUFFIXES)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that is gone, where it still stands.

    Attributes:
        name: The name.
        place: Where.
        kind: ``name`` for an identifier of the language, ``text`` for a string that is nothing but the name.
    """

    name: str
    place: Place
    kind: str


def references(outcome: Outcome) -> list[Reference]:
    """All of them in the copy, in order of place.

    Which of several things of one name is meant is not resolved: each place is one to look at.
    """
    names = {
        name for change in outcome.changes if change.changed for edit in change.edits for name in edit.names
    }  # fmt: skip
    if not names or outcome.copy is None:
        return []
    return sorted(_among(outcome.copy.files.items(), names), key=lambda r: (r.place.sort, r.name))


def elsewhere(files: dict[str, str], names: frozenset[str], but: str) -> int:
    """How many places in other files refer to names, or to whole strings that are one."""
    code = (row for row in files.items() if row[0] != but and row[0].rpartition(".")[2].lower() in _SUFFIXES)
    return sum(1 for _ in _among(code, names))


def _among(files: Iterable[tuple[str, str]], names: AbstractSet[str]) -> Iterator[Reference]:
    """References in files, each by what it is called and where it lies."""
    raw = [name.encode() for name in names]
    for shown, path in files:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read(WHOLE)
        if any(name in data for name in raw):
            yield from _in(Artifact(Place((shown,)), data), names)


def _in(artifact: Artifact, names: AbstractSet[str]) -> Iterator[Reference]:
    language = language_of(artifact)
    if language is None or language == "sql" or artifact.size > Limits().parse:
        return
    nodes = Nodes(artifact.text, language)
    for node, name, kind in _tokens(nodes, names):
        line = node.start_point[0] + 1
        low = nodes.source.rfind(b"\n", 0, node.start_byte) + 1
        before = nodes.source[low : node.start_byte].decode("utf-8", "replace")
        yield Reference(name, artifact.place.at(line=line, column=len(before) + 1), kind)


def _tokens(nodes: Nodes, names: AbstractSet[str]) -> Iterator[tuple[Node, str, str]]:
    """Identifiers and whole strings that are one of the names."""
    stack = [nodes.tables.parser.parse(nodes.source).root_node]
    while stack:
        node = stack.pop()
        what = nodes.what(node)
        if what is What.COMMENT:
            continue
        if what is What.STRING:
            text = nodes.inside(node)[1]
            if text in names:
                yield node, text, "text"
                continue
        if not node.child_count:
            if node.is_named and node.end_byte - node.start_byte <= 400 and (text := nodes.text(node)) in names:
                yield node, text, "name"
            continue
        stack += reversed(node.children)
