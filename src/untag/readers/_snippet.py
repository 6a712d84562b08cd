"""Code and data that stand inside another text: a fence of a document, a script of a page, a cell of a notebook."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from untag.readers._lines import Line, has_word, pieces, spread
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place

__all__ = ["code", "settings", "snippet", "tree", "unquoted"]

#: Names that people write on a fence, and the language they mean.
_ALIASES = {
    "py": "python", "python2": "python", "python3": "python", "ipython": "python", "ipython3": "python",
    "pycon": "python", "js": "javascript", "jsx": "javascript", "mjs": "javascript", "node": "javascript",
    "ecmascript": "javascript", "ts": "typescript", "c++": "cpp", "cc": "cpp", "cxx": "cpp", "h": "c", "hpp": "cpp",
    "c#": "csharp", "cs": "csharp", "objective-c": "objc", "objectivec": "objc", "obj-c": "objc", "golang": "go",
    "rs": "rust", "kt": "kotlin", "rb": "ruby", "sh": "bash", "shell": "bash", "zsh": "bash", "ksh": "bash",
    "mysql": "sql", "postgresql": "sql", "psql": "sql", "plsql": "sql", "tsql": "sql", "sqlite": "sql",
    "octave": "matlab", "m": "matlab", "ir": "r", "scala3": "scala", "delphi": "pascal", "objectpascal": "pascal",
    "ps1": "powershell", "pwsh": "powershell", "pl": "perl", "ex": "elixir", "exs": "elixir", "jl": "julia",
    "hs": "haskell", "erl": "erlang", "fs": "fsharp", "f#": "fsharp", "clj": "clojure", "sol": "solidity",
    "gradle": "groovy", "f90": "fortran",
}  # fmt: skip
_TREE = frozenset({
    "json", "json5", "jsonc", "jsonl", "ndjson", "geojson", "hjson",
})  # fmt: skip
_SETTINGS = frozenset({
    "yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "env", "dotenv", "editorconfig",
})  # fmt: skip

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|//[^\n]*|\#[^\n]*|[\[\]{}:,]|[^\s\[\]{}:,"\'#/]+|\S')
_KEYED = re.compile(r"(\s*(?:-\s+)*)[\"']?([\w.\-/@$ ]{1,80}?)[\"']?\s*(?::(?=\s|$)|=)\s*")
_ITEM = re.compile(r"(\s*)-\s+(?=\S)")
_TABLE = re.compile(r"\s*\[\[?([^\[\]]{1,200})\]\]?\s*(?:#.*)?$")
#: Longest path an owner gets, so that deep nesting costs no quadratic time.
_PATH = 300


def code(rows: Sequence[Line], language: str, place: Place, owner: str) -> Iterator[Surface]:
    """Source code in some language.

    Args:
        rows: Its lines, each with the column where its text starts.
        language: A language's name.
        place: Place of the artifact.
        owner: What holds the code.

    Returns:
        Its surfaces, with the lines and columns of the artifact.
    """
    from untag.readers._code import read_code

    text = "\n".join(row.text for row in rows)
    for surface in read_code(text, language, place, 1, owner):
        spot = surface.place
        if spot.line is None or not 1 <= spot.line <= len(rows):
            yield surface
            continue
        row = rows[spot.line - 1]
        last = rows[min(spot.end_line or spot.line, len(rows)) - 1]
        column = spot.column + row.indent if spot.column else None
        yield replace(
            surface, place=replace(spot, line=row.number, end_line=max(row.number, last.number), column=column)
        )


def snippet(
    rows: Sequence[Line], language: str, place: Place, owner: str, kind: Kind = Kind.SECTION
) -> Iterator[Surface]:
    """A piece of code or data whose language was named, or not.

    Args:
        rows: Its lines.
        language: What the writer called it; may be empty.
        place: Place of the artifact.
        owner: What holds it.
        kind: What kind of thing the owner is.

    Returns:
        Surfaces of code in a known language, keys and values of data, and strings line by line for the rest.
    """
    from untag.readers._grammar import GRAMMARS

    name = language.strip().lower()
    name = _ALIASES.get(name, name)
    if name == "bash" and any(row.text.lstrip().startswith("$ ") for row in rows):
        name = ""
    if name == "python" and any(row.text.lstrip().startswith(">>> ") for row in rows):
        rows = _session(rows)
    if name in GRAMMARS and any(has_word(row.text) for row in rows):
        yield from code(rows, name, place, owner)
        return
    first = next((row.text.lstrip() for row in rows if row.text.strip()), "")
    if name in _TREE or (not name and first.startswith(("{", "["))):
        yield from tree(rows, place, owner)
    elif name in _SETTINGS:
        yield from settings(rows, place, owner)
    else:
        for row in rows:
            yield from spread(Role.STRING, row, place, owner, kind)


def _session(rows: Sequence[Line]) -> list[Line]:
    """An interactive session with its prompts blanked and its answers as comments, so that lines and columns stay."""
    out = []
    for row in rows:
        bare = row.text.lstrip()
        lead = len(row.text) - len(bare)
        if bare.startswith((">>> ", "... ")):
            out.append(Line(row.number, bare[4:], row.indent + lead + 4))
        elif bare in (">>>", "..."):
            out.append(Line(row.number, "", row.indent))
        else:
            out.append(
                Line(row.number, "#" + bare, row.indent + lead - 1) if bare else Line(row.number, "", row.indent)
            )
    return out


def unquoted(text: str) -> str:
    """A quoted string of a data format, without its quotes and with its escapes resolved."""
    body = text[1:-1]
    if "\\" not in body:
        return body
    try:
        made = json.loads('"' + (body.replace('\\"', '"').replace('"', '\\"') if text[0] == "'" else body) + '"')
    except ValueError:
        return body
    return made if isinstance(made, str) else body


class _Frame(Struct):
    """An open object or array: its path, the key that waits for its value, and an array's first string."""

    path: str
    array: bool
    key: str = ""
    waiting: bool = False
    count: int = 0
    first: tuple[str, Line, int] | None = None
    many: bool = False


def tree(rows: Sequence[Line], place: Place, owner: str) -> Iterator[Surface]:
    """JSON or what is written like it, whole or in parts, with comments and dots: keys, values and members.

    Args:
        rows: Its lines; no string goes over a line end.
        place: Place of the artifact.
        owner: What holds it; keys of nested objects get it as the head of their path.
    """
    stack = [_Frame(owner, array=False)]
    held: tuple[str, Line, int] | None = None
    for row in rows:
        for found in _TOKEN.finditer(row.text):
            token = found[0]
            mark = token[0]
            spot = place.at(line=row.number, column=row.indent + found.start() + 1)
            if mark == ":":
                if held:
                    yield _key(held, stack[-1], place)
                held = None
                continue
            if held:
                yield from _value(held, stack[-1], place)
                held = None
            if mark in "{[":
                _open(stack, array=mark == "[")
            elif mark in "}]":
                yield from _close(stack, place)
            elif mark == ",":
                stack[-1].waiting = False
            elif token.startswith(("//", "#")):
                if has_word(token):
                    yield Surface(Role.COMMENT, upto(token, 2000), spot, stack[-1].path, Kind.DICT, about=stack[-1].key)
            elif has_word(token):
                held = (unquoted(token) if mark in "\"'" and len(token) > 1 else token, row, found.start())
    if held:
        yield from _value(held, stack[-1], place)
    while len(stack) > 1:
        yield from _close(stack, place)


def _open(stack: list[_Frame], *, array: bool) -> None:
    top = stack[-1]
    step = top.key if top.waiting else ""
    if top.array:
        top.count += 1
        step = f"[{top.count}]"
    path = f"{top.path}.{step}" if step and len(top.path) < _PATH else top.path
    top.waiting = False
    stack.append(_Frame(path, array))


def _close(stack: list[_Frame], place: Place) -> Iterator[Surface]:
    if len(stack) == 1:
        return
    top = stack.pop()
    if top.array and top.first and not top.many:
        yield from _put(Role.STRING, top.first, top, place)


def _key(held: tuple[str, Line, int], top: _Frame, place: Place) -> Surface:
    top.key, top.waiting = held[0][:200], True
    spot = place.at(line=held[1].number, column=held[1].indent + held[2] + 1)
    return Surface(Role.KEY, upto(held[0], 2000), spot, top.path, Kind.DICT)


def _value(held: tuple[str, Line, int], top: _Frame, place: Place) -> Iterator[Surface]:
    if top.waiting:
        yield from _put(Role.VALUE, held, top, place, top.key)
    elif not top.array:
        yield from _put(Role.STRING, held, top, place)
    elif top.first is None:
        top.first = held
    else:
        if not top.many:
            yield from _put(Role.MEMBER, top.first, top, place)
            top.many = True
        yield from _put(Role.MEMBER, held, top, place)


def _put(role: Role, held: tuple[str, Line, int], top: _Frame, place: Place, about: str = "") -> Iterator[Surface]:
    kind = Kind.LIST if role is Role.MEMBER else Kind.DICT
    for start, piece in pieces(held[0]):
        spot = place.at(line=held[1].number, column=held[1].indent + held[2] + 1 + start)
        yield Surface(role, piece, spot, top.path, kind, about)


def settings(rows: Sequence[Line], place: Place, owner: str) -> Iterator[Surface]:
    """YAML, TOML, INI and properties, by line and indentation: keys, values, members and comments.

    Args:
        rows: Its lines.
        place: Place of the artifact.
        owner: What holds it.
    """
    # (indentation, path): a key lies in the last one that is less indented than itself.
    stack: list[tuple[int, str, str]] = [(-1, owner, "")]
    for row in rows:
        text = row.text
        bare = text.lstrip()
        if bare.startswith(("#", ";", "//")):
            yield from spread(Role.COMMENT, row, place, stack[-1][1], Kind.DICT)
            continue
        section = _TABLE.match(text) if len(text) < 400 else None
        if section and "," not in section[1] and '"' not in section[1]:
            stack = [(-1, f"{owner}.{section[1].strip()}" if owner else section[1].strip(), "")]
            yield from spread(Role.KEY, row, place, owner, Kind.DICT, offset=section.start(1), text=section[1])
            continue
        found = _KEYED.match(text) if len(text) < 4000 else None
        if found and has_word(found[2]):
            depth = len(found[1])
            while len(stack) > 1 and stack[-1][0] >= depth:
                stack.pop()
            path = stack[-1][1]
            key = found[2].strip()
            yield Surface(
                Role.KEY, key, place.at(line=row.number, column=row.indent + found.start(2) + 1), path, Kind.DICT
            )
            rest = text[found.end() :]
            step = f"{path}.{key}" if path and len(path) < _PATH else path or key
            if rest.lstrip().startswith(("[", "{")):
                yield from tree([Line(row.number, rest, row.indent + found.end())], place, step)
            else:
                yield from spread(Role.VALUE, row, place, path, Kind.DICT, about=key, offset=found.end())
            if len(stack) < _PATH:
                stack.append((depth, step, key))
            continue
        item = _ITEM.match(text)
        if item:
            while len(stack) > 1 and stack[-1][0] > len(item[1]):
                stack.pop()
            yield from spread(
                Role.MEMBER,
                row,
                place,
                stack[-1][1],
                Kind.LIST,
                offset=item.end(),
                text=text[item.end() :].strip("\"'"),
            )
            continue
        yield from spread(Role.STRING, row, place, stack[-1][1], Kind.DICT)
