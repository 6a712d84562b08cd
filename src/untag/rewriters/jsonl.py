"""JSON Lines: a key goes out of every row, row by row; all other bytes of a row stay as they are."""

from __future__ import annotations

import hashlib
import io
import json as plain
import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, BinaryIO

from untag.artifact import Artifact
from untag.edit import Edit, Plan, Proof, Rewriter, merged, splice
from untag.gap import Damaged
from untag.place import Place
from untag.readers import tree
from untag.rewriters._columnar import MIXED
from untag.rewriters._page import Notes, Page, bracketed
from untag.surface import Kind, Role
from untag.syntax import json
from untag.syntax.tree import ARRAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.edit import Target
    from untag.surface import Surface
    from untag.syntax.tree import Document, Node

    #: The keys that lead to a value of a row.
    Path = tuple[str, ...]

__all__ = ["JsonlRewriter"]

_TEXT = re.compile(rb'"[^"]*"')
#: Bytes of one row.
_ROW = 64 << 20
#: Names by which a file too large to be held is told.
_NAMED = (".jsonl", ".ndjson", ".jsonlines", ".ldjson")


class JsonlRewriter(Rewriter):
    """Takes keys out of all rows of JSON Lines, however many there are."""

    name = "jsonl"
    reads = ("tree",)
    rank = 5
    exact = False
    limits = (
        "a file with a row that is no JSON and names the key stays",
        "a row of more than 64 MB stays",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether each line is a value of its own."""
        if not artifact.held:
            return artifact.suffix in _NAMED and artifact.head.lstrip().startswith(b"{")
        return tree.form(artifact) == "lines"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:  # noqa: ARG002 - marks say all
        """One step a key."""
        plan = Plan(secret=True)
        rows: dict[Path, tuple[set[str], bool]] = {}
        for target in targets:
            for mark in target.marks:
                spot = mark.place.pointer or ""
                if not spot.startswith("/*/") or mark.surface.kind is not Kind.DATASET:
                    plan.kept.setdefault(target.key, "it is no key of its rows")
                    continue
                path = tuple(part.replace("~1", "/").replace("~0", "~") for part in spot.split("/")[2:])
                keys, named = rows.get(path, (set(), False))
                rows[path] = (keys | {target.key}, named or mark.role is Role.KEY)
        for path, (keys, named) in sorted(rows.items()):
            why = "" if named else MIXED
            what = f'the key "{".".join(path)}" of every row'
            plan.edits.append(Edit(-1, -1, b"", not why, what, why, tuple(sorted(keys)), path[-1:], path))
        return plan

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Copy row by row.

        Raises:
            Damaged: A row that names the key is no JSON.
        """
        paths = _paths(plan)
        quick = _Quick(paths)
        with artifact.open() as file:
            for line in _lines(file):
                made = quick.without(line)
                out.write(_without(line, paths) if made is None else made)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """A key with its values, and all that lies under it."""
        spot = (surface.place.pointer or "") + "/"
        kept = (("", "*", *(p.replace("~", "~0").replace("/", "~1") for p in path), "") for path in _paths(plan))
        return surface.kind is Kind.DATASET and any(spot.startswith("/".join(parts)) for parts in kept)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare all other keys and values of every row, as Python's own parser tells them."""
        paths = _paths(plan)
        outer = frozenset(path[0] for path in paths if len(path) == 1)
        flat = len(outer) == len(set(paths))
        total = hashlib.sha256()
        number = 0
        with before.open() as old, after.open() as new:
            for was, now in zip_longest(_lines(old), _lines(new)):
                if was is None or now is None:
                    return Proof("rows are not the same")
                number += 1
                total.update(now)
                if now == was:
                    continue
                try:
                    wanted, made = _parsed(was), _parsed(now)
                except ValueError:
                    return Proof("a row that stays is no JSON")
                # Of nearly all files keys go from the outside of rows alone, which takes no look at what they hold.
                easy = flat and isinstance(wanted, tuple)
                if (tuple(p for p in wanted if p[0] not in outer) if easy else _left(wanted, paths)) != made:
                    return Proof("a row that stays would read differently")
        said = f"all other keys and values of {number:,} rows are the same, in the same order"
        return Proof("", (said,), {"rows": number, "sha256": total.hexdigest()})


#: Makes of an object a tuple of its members, in order and with those that come twice; of an array a list.
_DECODER = plain.JSONDecoder(object_pairs_hook=tuple)


def _parsed(line: bytes) -> Any:
    """A row, as Python's own parser tells it.

    Raises:
        ValueError: It is no JSON.
    """
    encoding = "utf-8" if line.startswith(b'{"') else plain.detect_encoding(line)
    text = line.decode(encoding, "surrogatepass").strip(" \t\r\n")
    made, end = _DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError("something stands behind it")
    return made


def _paths(plan: Plan) -> list[Path]:
    return [edit.data for edit in plan.edits if isinstance(edit.data, tuple)]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_ROW):
        if len(line) == _ROW:
            raise Damaged("a row that is too long")
        yield line


class _Quick:
    """Cuts keys out of rows of a plain form, as nearly all rows are, without parsing them.

    Plain is a row without an escape, in which a key stands once, by its path, with a number, a word or a text behind
    it. Of all others nothing is said; that the result is right is proven by ``check`` for each row.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._rows = [(_pattern(path), [f'"{key}"'.encode("utf-8", "surrogatepass") for key in path]) for path in paths]

    def without(self, line: bytes) -> bytes | None:
        """The row without the keys; None where it is not plain."""
        if b"\\" in line:
            return None
        for pattern, keys in self._rows:
            number = line.count(keys[-1])
            if not number and keys[-1][1:-1] not in line:
                continue
            if any(line.count(key) != 1 for key in keys):
                return None
            found = pattern.search(line)
            if found is None or not _outermost(line[: found.start()]):
                return None
            start, end = found.span("cut")
            if found["comma"] is None:
                if line[end : end + 1] != b"}":
                    return None
                ahead = line[:start].rstrip(b" \t")
                start = len(ahead) - ahead.endswith(b",")
            line = line[:start] + line[end:]
        return line


def _pattern(path: Path) -> re.Pattern[bytes]:
    """A key with its plain value, behind the keys that lead to it."""
    steps = [re.escape(f'"{key}"'.encode("utf-8", "surrogatepass")) + rb"[ \t]*:[ \t]*" for key in path]
    ahead = b"".join(step + rb"\{[^{}\[\]]*?" for step in steps[:-1])
    value = rb'(?:"[^"]*"|-?[0-9][-+.0-9eE]*|true|false|null)'
    return re.compile(ahead + rb"(?P<cut>" + steps[-1] + value + rb"(?P<comma>[ \t]*,[ \t]*)?)")


def _outermost(before: bytes) -> bool:
    """Whether what follows stands right in the object of the row."""
    bare = _TEXT.sub(b"", before)
    return bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]") == 1


def _without(line: bytes, paths: Sequence[Path]) -> bytes:
    """A row without keys."""
    # A key may be written with escapes; a row that has neither names none.
    asked = [p for p in paths if b"\\" in line or p[-1].encode("utf-8", "surrogatepass") in line]
    if not asked or not line.strip():
        return line
    page = Page(Artifact(Place(("row.json",)), line))
    document = json.parse(page.text, limit=1_500_000)
    if document.errors or document.lost or document.stop is not None:
        raise Damaged("a row that is no JSON")
    notes = Notes(())
    spans = [s for node, numbers in _doomed(document, asked) for s in bracketed(page, node, numbers, notes)]
    out = io.BytesIO()
    splice(page.artifact, merged(page.edit(span, "", ()) for span in spans), out)
    return out.getvalue()


def _doomed(document: Document, paths: Sequence[Path]) -> list[tuple[Node, list[int]]]:
    """Objects, and the numbers of their members that go."""
    out: list[tuple[Node, list[int]]] = []
    stack: list[tuple[Node, list[Path]]] = [(root, list(paths)) for root in document.roots]
    while stack:
        node, wanted = stack.pop()
        if node.kind == ARRAY:
            stack += [(child, wanted) for child in node.children if child.children]
            continue
        numbers = [n for n, child in enumerate(node.children) if (child.key,) in wanted]
        if numbers:
            out.append((node, numbers))
        for number, child in enumerate(node.children):
            deeper = [p[1:] for p in wanted if len(p) > 1 and p[0] == child.key]
            if deeper and child.children and number not in numbers:
                stack.append((child, deeper))
    return out


def _left(value: Any, paths: Sequence[Path]) -> Any:
    """A value as it should be without keys."""
    if isinstance(value, tuple):
        rows = ((k, v, [p[1:] for p in paths if len(p) > 1 and p[0] == k]) for k, v in value if (k,) not in paths)
        return tuple((key, _left(inner, deeper) if deeper else inner) for key, inner, deeper in rows)
    return [_left(item, paths) for item in value] if isinstance(value, list) else value
