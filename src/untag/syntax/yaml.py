"""YAML with spans, read line by line: templates, tabs and broken indentation narrow what is read, never end it.

Anchors and tags are noted, aliases are kept by name and never followed, so a bomb of aliases is a few short lines.
"""

from __future__ import annotations

import re

from untag.syntax._flow import COLON, DOUBLE, GAP, PROPERTY, SINGLE, Flow, Run, folded, plain
from untag.syntax.json import unescape
from untag.syntax.tree import ALIAS, ARRAY, OBJECT, STRING, WORD, Comment, Document, Node

__all__ = ["parse"]

_INDENT = re.compile(r"[ \t\ufeff]*+")
_SPACES = re.compile(r"[ \t]*+")
_COMMAS = re.compile(r"[ \t,]*+")
#: A plain key up to its colon.
_KEY = re.compile(
    r"((?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[\-?:](?=[^\s,\[\]{}])|\{\{)(?:[^:\n\r#]|:(?=\S)|(?<=\S)#)*+):(?=[ \t\r\n]|\Z)"
)
_QUOTED_KEY = re.compile(r"(?:\"((?:[^\"\\\n]|\\.)*+)\"|'((?:[^'\n]|'')*+)')[ \t]*+:(?=[ \t\r\n]|\Z)")
#: A plain scalar to the end of its line or its comment.
_PLAIN = re.compile(r"(?:[^\n\r#]|(?<=[^ \t])#|\r(?!\n))*+")
_BLOCK = re.compile(r"[|>](?:[+-]?[1-9]?|[1-9][+-])[ \t]*+(#[^\n]*+)?(?=\r?\n|\Z)")
_ALIAS = re.compile(r"\*[^\s,\[\]{}:]++")
_DIRECTIVE = re.compile(r"%(?:YAML|TAG)\b[^\n]*")


class _Parser(Run):
    """One run over a text.

    A *slot* is a node whose value is still unknown: the value of a key just read, an item after its dash, the root.
    Whatever comes next, indented deeply enough, fills it.
    """

    def __init__(self, text: str, limit: int) -> None:
        super().__init__(text, limit)
        self.at = 0
        self.document = Document()
        #: Open block containers: column, node.
        self.stack: list[tuple[int, Node]] = []
        self.slot: Node | None = None

    def run(self) -> Document:
        while self.at < self.end:
            if self.count > self.limit:
                self.document.stop = self.at
                break
            self.line()
        return self.document

    # -- lines -----------------------------------------------------------------------------------------------------

    def line(self) -> None:
        """One physical line, and what belongs to it further down."""
        text = self.text
        begin = self.at
        found = _INDENT.match(text, begin)
        at = found.end() if found else begin
        if at >= self.end or text[at] in "\r\n":
            self.skip(at)
            return
        if at == begin:
            if text.startswith(("---", "..."), at) and (at + 3 >= self.end or text[at + 3] in " \t\r\n"):
                self.stack.clear()
                self.slot = None
                at += 3
                found = _SPACES.match(text, at)
                at = found.end() if found else at
                self.content(at, at - begin, begin)
                return
            if text[at] == "%" and not self.stack:
                directive = _DIRECTIVE.match(text, at)
                if directive:
                    self.skip(directive.end())
                    return
        self.content(at, at - begin, begin)

    def skip(self, at: int) -> None:
        """On to the next line."""
        stop = self.text.find("\n", at)
        self.at = self.end if stop < 0 else stop + 1

    def content(self, at: int, column: int, begin: int) -> None:
        """What stands on a line from ``at`` on: dashes and keys, then at most one value."""
        text = self.text
        valued = False  # whether a key or dash of this line awaits its value
        keyed = False
        while True:
            found = _SPACES.match(text, at)
            at = found.end() if found else at
            if at >= self.end or text[at] in "\r\n":
                self.skip(at)
                return
            ch = text[at]
            if ch == "#" and (at == begin or text[at - 1] in " \t\ufeff"):
                self.comment(at)
                return
            column = at - begin
            if not keyed and ch in "-?" and (at + 1 >= self.end or text[at + 1] in " \t\r\n"):
                if ch == "-":
                    self.dash(column, at)
                at += 1
                valued = True
                continue
            if ch in "&!":
                prop = PROPERTY.match(text, at)
                if prop is not None and (prop.end() >= self.end or text[prop.end()] in " \t\r\n"):
                    self.document.lost.append((at + 1, prop.end()))
                    at = prop.end()
                    continue
            if not keyed:
                stop = self.key(column, at)
                if stop is not None:
                    at, valued, keyed = stop, True, True
                    continue
            self.value(at, column, valued=valued)
            return

    def comment(self, at: int) -> None:
        stop = self.text.find("\n", at)
        stop = self.end if stop < 0 else stop
        self.document.comments.append(Comment(at, stop))
        self.at = min(stop + 1, self.end)

    # -- containers ------------------------------------------------------------------------------------------------

    def container(self, column: int, at: int, kind: str) -> Node:
        """The container of a kind that a dash or key at a column belongs to; opened if need be."""
        stack = self.stack
        while stack and stack[-1][0] > column:
            self.pop(at)
        if stack and stack[-1][0] == column and stack[-1][1].kind != kind:
            top = stack[-1][1]
            # A list may stand at the column of the key that holds it.
            if not (kind == ARRAY and top.children and top.children[-1] is self.slot):
                self.pop(at)
        if stack and stack[-1][0] == column and stack[-1][1].kind == kind:
            return stack[-1][1]
        slot = self.slot
        if slot is not None and (not stack or (stack[-1][1].children and stack[-1][1].children[-1] is slot)):
            slot.kind, slot.start, slot.end = kind, at, self.end
            self.slot = None
            stack.append((column, slot))
            return slot
        if not stack:
            root = Node(kind, at, self.end)
            self.count += 1
            self.document.roots.append(root)
            stack.append((column, root))
            return root
        top = stack[-1][1]
        if top.kind != kind or column > stack[-1][0]:
            self.document.errors.append((at, "the indentation fits no open list or mapping"))
        if top.kind == kind:
            return top
        node = Node(kind, at, self.end)
        self.count += 1
        top.children.append(node)
        stack.append((column, node))
        return node

    def pop(self, at: int) -> None:
        _, node = self.stack.pop()
        node.end = at
        self.slot = None

    def dash(self, column: int, at: int) -> None:
        holder = self.container(column, at, ARRAY)
        self.slot = Node(WORD, at + 1, at + 1)
        self.count += 1
        holder.children.append(self.slot)

    def key(self, column: int, at: int) -> int | None:
        """A key at ``at``: where its value may begin; None if there is no key."""
        text = self.text
        ch = text[at]
        if ch in "\"'":
            found = _QUOTED_KEY.match(text, at)
            if found is None:
                return None
            which = 1 if found[1] is not None else 2
            low, high = found.span(which)
            name = unescape(found[which]) if which == 1 else found[which].replace("''", "'")
        elif ch == "*":
            found = _ALIAS.match(text, at)
            colon = COLON.match(text, found.end()) if found else None
            if found is None or colon is None:
                return None
            low, high = found.span()
            name = found[0]
            found = colon
        else:
            found = _KEY.match(text, at)
            if found is None:
                if ch == ":" and text[at + 1 : at + 2] in ("", " ", "\n", "\r", "\t"):
                    return self.explicit(column, at)
                return None
            low = at
            name = found[1].rstrip()
            high = low + len(name)
        holder = self.container(column, at, OBJECT)
        stop = found.end()
        name = self.names.setdefault(name, name)
        self.slot = Node(WORD, stop, stop, key=name, key_start=low, key_end=high)
        self.count += 1
        holder.children.append(self.slot)
        return stop

    def explicit(self, column: int, at: int) -> int:
        """The value mark of a key that was given with a question mark: that key was read as a scalar."""
        holder = self.container(column, at, OBJECT)
        previous = holder.children[-1] if holder.children else None
        name, low, high = "", at, at
        if previous is not None and previous.key is None and previous.scalar:
            name, low, high = previous.value, previous.body, previous.end
            holder.children.pop()
        self.slot = Node(WORD, at + 1, at + 1, key=name, key_start=low, key_end=high)
        self.count += 1
        holder.children.append(self.slot)
        return at + 1

    # -- values ----------------------------------------------------------------------------------------------------

    def put(self, node: Node) -> None:
        """A finished value: into the slot, or where the text seems to want it."""
        slot = self.slot
        if slot is not None:
            slot.kind, slot.value, slot.start, slot.end = node.kind, node.value, node.start, node.end
            slot.body, slot.lines, slot.children, slot.tag = node.body, node.lines, node.children, node.tag
            self.slot = None
            return
        self.count += 1
        if self.stack:
            self.stack[-1][1].children.append(node)
        else:
            self.document.roots.append(node)

    def value(self, at: int, column: int, *, valued: bool) -> None:
        text = self.text
        ch = text[at]
        if not valued:
            # A value on a line of its own: it belongs to the open slot if it is indented below it, else to nothing.
            while (
                self.stack
                and self.stack[-1][0] >= column
                and not (self.slot is not None and column > self.stack[-1][0])
            ):
                if self.slot is None and self.stack[-1][1].kind == OBJECT and self.stack[-1][0] == column:
                    break
                self.pop(at)
        floor = self.stack[-1][0] if self.stack else -1
        if ch in "|>":
            block = _BLOCK.match(text, at)
            if block is not None:
                self.block(block, floor)
                return
        if ch in "\"'" and self.quoted(at, ch, floor):
            return
        if ch == "*":
            alias = _ALIAS.match(text, at)
            if alias is not None:
                self.put(Node(ALIAS, at, alias.end(), alias[0][1:], body=at + 1))
                self.rest(alias.end())
                return
        if ch in "[{" and not text.startswith(("{{", "{%"), at) and self.flow(at, floor):
            return
        self.plain(at, floor)

    def rest(self, at: int) -> None:
        """What stands on the line after a value: a comment, or text that is lost to the tree."""
        text = self.text
        found = _COMMAS.match(text, at)
        stop = found.end() if found else at
        if stop >= self.end or text[stop] in "\r\n":
            self.skip(stop)
        elif text[stop] == "#":
            self.comment(stop)
        else:
            line = text.find("\n", stop)
            line = self.end if line < 0 else line
            self.document.errors.append((stop, "text after a value"))
            self.document.lost.append((stop, line))
            self.at = min(line + 1, self.end)

    def block(self, header: re.Match[str], floor: int) -> None:
        """A literal or folded scalar: all lines below that are indented more than ``floor``."""
        text = self.text
        if header[1]:
            self.document.comments.append(Comment(header.start(1), header.end(1)))
        rows: list[tuple[str, int]] = []
        values: list[str] = []
        stop = text.find("\n", header.end())
        at = self.end if stop < 0 else stop + 1
        width = -1
        last = header.end()
        while at < self.end:
            stop = text.find("\n", at)
            stop = self.end if stop < 0 else stop
            row = text[at:stop]
            bare = row.strip()
            if bare:
                indent = len(row) - len(row.lstrip())
                if indent <= floor and not (floor < 0 and not text.startswith(("---", "..."), at)):
                    break
                if width < 0 or indent < width:
                    width = indent
                rows.append((bare, at + indent))
                values.append(row[width:].rstrip("\r"))
                last = stop
            else:
                values.append("")
            at = min(stop + 1, self.end) if stop < self.end else self.end
        while values and not values[-1]:
            values.pop()
        node = Node(STRING, header.start(), last, "\n".join(values), body=rows[0][1] if rows else header.start())
        node.lines = rows
        self.put(node)
        self.at = at

    def quoted(self, at: int, quote: str, floor: int) -> bool:
        """A quoted scalar, over several lines if it must; False if it is none."""
        text = self.text
        end = self.end
        if quote in self.unclosed:
            end = text.find("\n", at)
            end = self.end if end < 0 else end
        found = (DOUBLE if quote == '"' else SINGLE).match(text, at, end)
        if found is None:
            self.unclosed.add(quote)
            self.document.errors.append((at, "a string is not closed"))
            return False
        raw = found[1]
        value = unescape(raw) if quote == '"' else raw.replace("''", "'")
        node = Node(STRING, at, found.end(), value, body=at + 1)
        if "\n" in raw:
            for row, where in folded(raw, at + 1):
                start = text.rfind("\n", at, where) + 1
                if start and where - start <= floor and row:
                    self.document.errors.append((at, "a string is not closed"))
                    return False
            node.lines = [
                (unescape(row) if quote == '"' else row.replace("''", "'"), where) for row, where in folded(raw, at + 1)
            ]
            node.value = " ".join(row for row, _ in node.lines)
        stop = _SPACES.match(text, found.end())
        after = stop.end() if stop else found.end()
        if after < self.end and text[after] not in "\r\n#,":
            # `"a" and "b"`: not a quoted scalar after all.
            if "\n" in raw:
                self.put(node)
                self.rest(found.end())
                return True
            return False
        self.put(node)
        self.rest(found.end())
        return True

    def plain(self, at: int, floor: int) -> None:
        """A scalar without quotes and the lines it goes on over."""
        text = self.text
        found = _PLAIN.match(text, at)
        stop = found.end() if found else at
        value = text[at:stop].rstrip()
        node = plain(value, at, at + len(value))
        if stop < self.end and text[stop] == "#":
            self.put(node)
            self.comment(stop)
            return
        rows = [(value, at)]
        self.skip(stop)
        while self.at < self.end:
            match = _INDENT.match(text, self.at)
            first = match.end() if match else self.at
            if first >= self.end:
                break
            if text[first] in "\r\n":
                # A blank line goes on only if what follows it does.
                ahead = GAP.match(text, first)
                first = ahead.end() if ahead else first
                if first >= self.end:
                    break
                begin = text.rfind("\n", 0, first) + 1
            else:
                begin = self.at
            if first - begin <= floor or text[first] == "#" or self.starts(first, begin):
                break
            found = _PLAIN.match(text, first)
            stop = found.end() if found else first
            row = text[first:stop].rstrip()
            rows.append((row, first))
            node.end = first + len(row)
            if stop < self.end and text[stop] == "#":
                self.comment(stop)
                break
            self.skip(stop)
        if len(rows) > 1:
            node.kind = STRING
            node.lines = rows
            node.value = " ".join(row for row, _ in rows)
        self.put(node)

    def starts(self, at: int, begin: int) -> bool:
        """Whether a line begins something of its own (a key, an item, a document) rather than going on."""
        text = self.text
        if at == begin and text.startswith(("---", "..."), at):
            return True
        ch = text[at]
        if ch == "-" and text[at + 1 : at + 2] in ("", " ", "\t", "\r", "\n"):
            return True
        if ch in "\"'":
            return _QUOTED_KEY.match(text, at) is not None
        return _KEY.match(text, at) is not None

    # -- brackets --------------------------------------------------------------------------------------------------

    def flow(self, at: int, floor: int) -> bool:
        """A collection in brackets; False if what stands here is no such thing (`[sic] a title`)."""
        flow = Flow(self, at, floor)
        node, stop, closed = flow.run()
        text = self.text
        if closed and text.find("\n", at, stop) < 0:
            found = _SPACES.match(text, stop)
            after = found.end() if found else stop
            if after < self.end and text[after] not in "\r\n#,":
                return False
        self.document.comments.extend(flow.comments)
        self.document.lost.extend(flow.lost)
        if not closed:
            self.document.errors.append((at, "a bracket is missing"))
        self.put(node)
        if closed:
            self.rest(stop)
        else:
            self.at = stop
        return True


def parse(text: str, limit: int = 20_000_000) -> Document:
    """Read YAML, or what is left of it.

    Args:
        text: Any text.
        limit: How many nodes may be made.

    Returns:
        A root for each document of the stream; ``errors`` and ``lost`` say what was not understood.
    """
    return _Parser(text, limit).run()
