"""Comments and annotations, bound to what they describe: on their line, above, below, or as its first string."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.later import later
from untag.readers._lex import comment_lines, split_lines
from untag.readers._node import nth
from untag.readers._row import What
from untag.readers._stand import NEAR, Draft, Said, Stand
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from tree_sitter import Node

    from untag.readers._row import Row

__all__ = ["Remarks"]

#: Lines between a documentation comment and what it describes.
DOCNEAR = 3

#: What may stand before a declaration on its line, also the comma or bar that some lists have first.
_HEAD = later(rb"\s*[,|{]?[\w\s@.\"'#]*\Z")


class Remarks(Stand):
    """Binds comments and annotations."""

    def declared(self, node: Node, leaf: Node | None, said: Said) -> None:
        """Bind the comments that wait above, and remember what stands on these lines."""
        start = node.start_byte
        row = self.lines.row(start)
        if self.above:
            begin = self.lines.starts[row]
            head = self.source[begin:start] if start - begin < 400 else b"("
            if row - self.above_end > self.above_near:
                self.above = []
            elif _HEAD.match(head) or row == self.above_end:
                for draft in self.above:
                    draft.about, draft.owner, draft.kind = said.name, said.owner, said.kind
                self.above = []
        self.on_line[row] = said
        if (
            said.leaf >= 0
            and said.kind in (Kind.LIST, Kind.DICT, Kind.CALLABLE)
            and said.owner.split("#")[0].endswith(said.name)
        ):
            self.outer_line[row] = said
        if leaf is not None:
            self.on_line.setdefault(self.lines.row(leaf.start_byte), said)

    def document(self, body: Node | None, said: Said) -> None:
        """A string that stands first in a body documents it."""
        if not self.grammar.docstring or body is None:
            return
        first = nth(body, 0)
        while first is not None and first.type == "comment":
            first = first.next_named_sibling
        if first is not None and first.type == "expression_statement" and first.named_child_count == 1:
            first = nth(first, 0)
        if first is not None and self.what(first) is What.STRING:
            self.docs[first.start_byte] = said

    def on_comment(self, node: Node, _row: Row) -> bool:
        """A comment, bound to what stands before it on its line or waiting for what comes below."""
        start, end = node.start_byte, node.end_byte
        self.comment(start, end)
        self.last = max(self.last, end)
        return False

    def comment(self, start: int, end: int) -> None:
        """See :meth:`on_comment`; a range of source instead of a node."""
        raw = self.source[start:end].decode("utf-8", "replace")
        row, column = self.lines.at(start)
        last_row = row + raw.rstrip().count("\n")
        if start == 0 and raw.startswith("#!"):
            self.emit_lines(Role.COMMENT, 2, end)
            return
        begin = self.lines.starts[row]
        alone = self.source[begin:start].isspace() or begin == start
        drafts = [
            Draft(Role.COMMENT, self.first + row + n, (c if n else column + c) + 1, t, self.owner, self.kind)
            for n, c, t in comment_lines(raw)
        ]
        self.out.extend(drafts)
        if raw.startswith("#") and self.grammar.family == "c":
            return  # code that is switched off describes nothing
        if not alone:
            before = self.source[max(begin, start - 200) : start].rstrip()
            stop = self.lines.starts[last_row + 1] if last_row + 1 < len(self.lines.starts) else len(self.source)
            follows = not (self.source[end:stop].isspace() or end >= stop)
            if follows and before[-1:] in b"{(,;[<:" and before[-1:]:
                self.above, self.above_end, self.above_near = drafts, last_row, NEAR
                return
            said = self.on_line.get(row)
            if before.rstrip(b" \t;,:{")[-1:] in (b")", b"]", b"}") and (outer := self.outer_line.get(row)) is not None:
                # What is described is the whole list, map or function that closes here, not its last element.
                said = outer
            self.bind(drafts, said)
            self.trailing = (row, column, said)
            self.above = []
            return
        before_row, before_column, said = self.trailing
        if said is not None and before_row == row - 1 and abs(before_column - column) <= 1 and column > 0:
            # A trailing comment that runs on below, in the same column.
            self.bind(drafts, said)
            self.trailing = (last_row, column, said)
            return
        below = self.on_line.get(last_row + 1)
        if below is not None and below.kind in (Kind.DICT, Kind.LIST):
            # The elements of a literal are declared before what stands between them is walked.
            waiting = self.above if self.above and row - self.above_end <= NEAR else []
            self.bind([*waiting, *drafts], below)
            self.above = []
            return
        near = DOCNEAR if raw.startswith(("/**", "///", "/*!")) else NEAR
        self.wait(drafts, row, last_row, near)

    def wait(self, drafts: list[Draft], row: int, last_row: int, near: int) -> None:
        """Let comments or annotations wait for the declaration below."""
        if self.above and row - self.above_end <= max(self.above_near, NEAR):
            self.above.extend(drafts)
        else:
            self.above = list(drafts)
        self.above_end = last_row
        self.above_near = near

    def bind(self, drafts: list[Draft], said: Said | None) -> None:
        """Bind comments to a declared thing."""
        if said is not None:
            for draft in drafts:
                draft.about, draft.owner, draft.kind = said.name, said.owner, said.kind

    def on_annotation(self, node: Node, row: Row) -> bool:
        """An annotation inside what it annotates."""
        said = self.said
        if said is None or (not row.role and said.leaf < node.start_byte):
            # What is being declared has its name behind it: this belongs to something further down.
            return self.on_above(node, row)
        self.emit_lines(Role.ANNOTATION, node.start_byte, node.end_byte, said.name, said.owner, said.kind)
        self.last = max(self.last, node.end_byte)
        return False

    def on_above(self, node: Node, _row: Row) -> bool:
        """An annotation that stands before what it annotates."""
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end].decode("utf-8", "replace")
        line, column = self.lines.at(start)
        drafts = [
            Draft(Role.ANNOTATION, self.first + line + n, (c if n else column + c) + 1, t, self.owner, self.kind)
            for n, c, t in split_lines(raw)
            if any(x.isalnum() for x in t)
        ]
        self.out.extend(drafts)
        self.wait(drafts, line, line + raw.rstrip().count("\n"), DOCNEAR)
        self.last = max(self.last, end)
        return False
