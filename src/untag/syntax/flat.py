"""Flat formats with spans: properties, ini and env files, gettext catalogues, Apple strings.

Every pair becomes a string under its key; a section becomes an object. The document has one root.
"""

from __future__ import annotations

import re

from untag.syntax.json import unescape
from untag.syntax.tree import NUMBER, OBJECT, STRING, Comment, Document, Node

__all__ = ["catalogue", "ini", "properties", "strings"]

_ROW = re.compile(r"[^\n]*+")
_KEY = re.compile(r"((?:[^\s=:\\\\]|\\.)++)(?:[ \t\f]*+[=:][ \t\f]*+|[ \t\f]++|\Z)")
_SECTION = re.compile(r"\[([^\]\n]*+)\][ \t]*+(?=[\r#;]|\Z)")
_PAIR = re.compile(r"(?:export[ \t]++)?([^\s=:#;\[\"'][^=:\n]*?)[ \t]*+([=:])[ \t]*+")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?\Z")
_ENTRY = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)[ \t]*+"((?:[^"\\\n]|\\.)*+)"?')
_MORE = re.compile(r'"((?:[^"\\\n]|\\.)*+)"?')
_STRINGS = re.compile(
    r"//[^\n]*+|/\*|\"((?:[^\"\\]|\\[\s\S])*+)\"\s*+=\s*+\"((?:[^\"\\]|\\[\s\S])*+)\"\s*+;?"
    r"|([A-Za-z0-9_.\-]++)\s*+=\s*+\"((?:[^\"\\]|\\[\s\S])*+)\"\s*+;?|\s++|[^\s/\"]++|."
)


def _rows(text: str) -> list[tuple[str, int]]:
    """Physical lines without their ends, each with its position."""
    out = []
    at = 0
    for row in text.split("\n"):
        out.append((row, at))
        at += len(row) + 1
    return out


def _scalar(value: str, start: int, key: str, low: int, high: int) -> Node:
    kind = NUMBER if value[:1] in "+-0123456789" and _NUMBER.match(value) else STRING
    return Node(kind, start, start + len(value), value, key, low, high)


def properties(text: str) -> Document:
    """Read a Java properties file: escapes, continued lines, three separators."""
    document = Document()
    root = Node(OBJECT, 0, len(text))
    document.roots.append(root)
    rows = _rows(text)
    index = 0
    while index < len(rows):
        row, at = rows[index]
        index += 1
        bare = row.strip(" \t\f\r\ufeff")
        if not bare:
            continue
        first = at + row.index(bare[0])
        if bare[0] in "#!":
            document.comments.append(Comment(first, first + len(bare)))
            continue
        found = _KEY.match(bare)
        if found is None:
            key, rest, where = "", bare, first
        else:
            key, rest, where = unescape(found[1]), bare[found.end() :], first + found.end()
        parts = [(rest, where)]
        while (len(parts[-1][0]) - len(parts[-1][0].rstrip("\\"))) % 2 and index < len(rows):
            parts[-1] = (parts[-1][0][:-1], parts[-1][1])
            row, at = rows[index]
            index += 1
            more = row.strip(" \t\f\r")
            parts.append((more, at + (row.index(more[0]) if more else 0)))
        low = first
        node = _scalar(unescape("".join(p for p, _ in parts)), where, key, low, low + len(found[1]) if found else low)
        node.end = parts[-1][1] + len(parts[-1][0])
        if len(parts) > 1:
            node.kind = STRING
            node.lines = [(unescape(p).strip(), w) for p, w in parts if p.strip()]
        root.children.append(node)
    return document


def ini(text: str) -> Document:
    """Read an ini, cfg, conf or env file; a line that is no pair, section or comment is kept as lost text."""
    document = Document()
    root = Node(OBJECT, 0, len(text))
    document.roots.append(root)
    holder = root
    previous: Node | None = None
    for row, at in _rows(text):
        bare = row.strip(" \t\r\ufeff")
        if not bare:
            previous = None
            continue
        first = at + row.index(bare[0])
        if bare[0] in "#;" or bare.startswith("//"):
            document.comments.append(Comment(first, first + len(bare)))
            continue
        section = _SECTION.match(bare) if bare[0] == "[" else None
        if section is not None:
            low = first + 1
            holder = Node(OBJECT, first, len(text), key=section[1], key_start=low, key_end=low + len(section[1]))
            root.children.append(holder)
            previous = None
            continue
        if previous is not None and row[:1] in " \t":
            # An indented line goes on with the value above it.
            lines = previous.lines or ([(previous.value, previous.body)] if previous.value else [])
            previous.lines = [*lines, (bare, first)] if len(lines) < 2 else lines
            if len(lines) >= 2:
                lines.append((bare, first))
            previous.kind = STRING
            previous.end = first + len(bare)
            continue
        found = _PAIR.match(bare)
        if found is None:
            document.lost.append((first, first + len(bare)))
            previous = None
            continue
        previous = _pair(bare, first, found, document)
        holder.children.append(previous)
    for node in root.walk():
        if node.lines:
            node.value = "\n".join(part for part, _ in node.lines)
    return document


def _pair(bare: str, first: int, found: re.Match[str], document: Document) -> Node:
    """The node of a ``key = value`` line; a comment after the value goes to the document."""
    value = bare[found.end() :]
    where = first + found.end()
    for mark in (" #", " ;", "\t#", "\t;"):
        cut = value.find(mark)
        if cut >= 0 and value[:1] not in "\"'":
            document.comments.append(Comment(where + cut + 1, where + len(value)))
            value = value[:cut].rstrip()
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        value, where = value[1:-1], where + 1
    low = first + found.start(1)
    return _scalar(value, where, found[1], low, low + len(found[1]))


def catalogue(text: str) -> Document:
    """Read a gettext catalogue: each entry's message under the message it translates."""
    document = Document()
    root = Node(OBJECT, 0, len(text))
    document.roots.append(root)
    parts: list[tuple[str, str, int]] = []  # field, raw text, position
    entry: dict[str, list[tuple[str, int]]] = {}
    field = ""
    for row, at in _rows(text):
        bare = row.strip(" \t\r\ufeff")
        first = at + row.index(bare[0]) if bare else at
        obsolete = bare.startswith("#~")
        body, shift = bare, 0
        if obsolete:
            body = bare[2:].lstrip()
            shift = len(bare) - len(body)
        found = _ENTRY.match(body)
        if found is not None:
            if found[1] in ("msgid", "msgctxt") and (
                "msgid" in entry and (found[1] == "msgctxt" or "msgstr" in "".join(entry))
            ):
                _flush(root, entry)
                entry = {}
            field = found[1]
            entry.setdefault(field, []).append((found[2], first + shift + found.start(2)))
            continue
        more = _MORE.match(body) if field and body[:1] == '"' else None
        if more is not None:
            entry[field].append((more[1], first + shift + 1))
        elif bare.startswith("#"):
            if entry and "msgstr" in "".join(entry):
                _flush(root, entry)
                entry, field = {}, ""
            document.comments.append(Comment(first, first + len(bare)))
        elif bare:
            document.lost.append((first, first + len(bare)))
            document.errors.append((first, "a line that is no entry"))
    del parts
    _flush(root, entry)
    return document


def _flush(root: Node, entry: dict[str, list[tuple[str, int]]]) -> None:
    """One finished entry as nodes: the context and the translations, each under the message."""
    if not entry:
        return
    source = entry.get("msgid") or entry.get("msgctxt") or [("", 0)]
    key = unescape("".join(raw for raw, _ in source))
    low = next((where for raw, where in source if raw), source[0][1])
    first = next((raw for raw, _ in source if raw), "")
    for field, rows in entry.items():
        if field == "msgid" and len(entry) > 1:
            continue
        filled = [(unescape(raw).strip("\n"), where) for raw, where in rows if raw.strip()]
        value = unescape("".join(raw for raw, _ in rows)) if field != "msgid" else ""
        where = filled[0][1] if filled else rows[0][1]
        node = Node(STRING, where, rows[-1][1] + len(rows[-1][0]), value, key, low, low + len(first))
        node.tag = field
        if len(filled) > 1 and field != "msgid":
            node.lines = filled
        if field == "msgstr" and not key:
            # The header of the catalogue: its lines are a letter's, not a translation.
            node.tag = "header"
        root.children.append(node)
    # A message over several lines: the rest of its lines are text of the key.
    rest = [(unescape(raw).strip("\n"), where) for raw, where in source if raw.strip()][1:]
    if rest:
        node = Node(STRING, rest[0][1], rest[-1][1], "\n".join(r for r, _ in rest), key, low, low + len(first))
        node.lines = rest
        node.tag = "msgid"
        root.children.append(node)


def strings(text: str) -> Document:
    """Read an Apple strings file: ``"key" = "value";`` with C comments."""
    document = Document()
    root = Node(OBJECT, 0, len(text))
    document.roots.append(root)
    at = 0
    unclosed = False
    while at < len(text):
        found = _STRINGS.match(text, at)
        if found is None:
            break
        stop = found.end()
        mark = found[0]
        if mark == "/*" and not unclosed:
            end = text.find("*/", at + 2)
            unclosed = end < 0
            stop = len(text) if end < 0 else end + 2
            document.comments.append(Comment(at, stop))
        elif mark.startswith("//"):
            document.comments.append(Comment(at, stop))
        elif found.lastindex:
            which = 1 if found[1] is not None else 3
            key, value = unescape(found[which]), unescape(found[which + 1])
            low, high = found.span(which)
            node = Node(STRING, found.start(which + 1) - 1, found.end(which + 1) + 1, value, key, low, high)
            node.body = found.start(which + 1)
            if "\n" in found[which + 1]:
                node.lines = []
                offset = node.body
                for row in found[which + 1].split("\n"):
                    if row.strip():
                        node.lines.append((unescape(row.strip()), offset + len(row) - len(row.lstrip())))
                    offset += len(row) + 1
            root.children.append(node)
        elif not mark.isspace() and mark not in ";\ufeff":
            document.errors.append((at, "text that is no pair"))
            document.lost.append((at, stop))
        at = stop
    return document
