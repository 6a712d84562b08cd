"""What a build can be told: options, definitions and variables of CMake, Make, Docker, Kconfig and Meson."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import charset
from untag.readers import Reader
from untag.readers._lines import Line, has_word, lines, spread
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.place import Place

__all__ = ["BuildsReader"]

#: Names of files by what they tell.
_SORTS = (
    ("cmake", re.compile(r"cmakelists\.txt|.*\.cmake(?:\.in)?|cmakecache\.txt")),
    ("docker", re.compile(r"(?:.*[.-])?(?:docker|container)file(?:[.-].*)?")),
    ("kconfig", re.compile(r"(?:.*\.)?kconfig(?:\..*)?")),
    ("meson", re.compile(r"meson_options\.txt|meson\.(?:options|build)")),
    ("make", re.compile(r"(?:gnu)?makefile(?:\.(?:am|in|inc|common|\w{2,12}))?|.*\.(?:mk|mak)")),
)
_NAME = r"[A-Za-z_][\w.-]{0,79}"
#: A definition on a command line: ``-DWITH_RACE=ON``, ``/DWITH_RACE``.
_DEFINED = re.compile(rf"(?<![\w/-])[-/]D\s?(?P<name>{_NAME})(?::\w+)?(?:=(?P<value>[^\s\"')]{{0,80}}))?")
_GLUED = len("-D")
_PAIR = re.compile(rf"(?<!\S)(?P<name>{_NAME})=(?P<value>\"[^\"]*\"|'[^']*'|\S*)")
_ENTRIES = {
    "cmake": (
        re.compile(
            rf"(?i:\b(?:cmake_dependent_)?option)\s*\(\s*(?P<name>{_NAME})"
            r"\s*(?:\"(?P<label>[^\"\n]*)\"\s*(?P<value>\w{1,40})?)?"
        ),
        re.compile(rf"(?i:\bset)\s*\(\s*(?P<name>{_NAME})\s+\"?(?P<value>[^\s\")]{{1,80}})"),
        re.compile(rf"^(?P<name>{_NAME}):(?:BOOL|STRING|PATH|FILEPATH|INTERNAL)=(?P<value>.*)"),
    ),
    "docker": (re.compile(rf"^(?i:ARG|ENV)\s+(?P<name>{_NAME})(?:=(?P<first>\S*)|\s+(?P<value>\S+))?"),),
    "kconfig": (re.compile(rf"^(?:menu)?config\s+(?P<name>{_NAME})"),),
    "meson": (re.compile(rf"\boption\s*\(\s*'(?P<name>{_NAME})'(?:[^#\n]*\bvalue\s*:\s*'?(?P<value>\w+))?"),),
    "make": (re.compile(rf"^(?:(?:export|override)\s+)*(?P<name>{_NAME})\s*(?::{{1,3}}|[?+!])?=\s*(?P<value>.*)"),),
}
_DEFINES = re.compile(r"(?i)\b(?:\w+_)?compile_definitions\s*\(")
_CAPITALS = re.compile(r"(?<![\w-])(?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=(?P<value>[^\s\"')]{0,80}))?")
_CONDITION = re.compile(r"(?i)(?:if|elseif|while)\s*\(|(?:else\s+)?ifn?(?:eq|def)\b|depends\s+on\b|if\s|visible\s+if\b")
_PROMPT = re.compile(r"(?:bool|tristate|string|int|hex|prompt)\s+\"(?P<label>[^\"\n]+)\"")
_SAID = re.compile(r"\bdescription\s*:\s*'(?P<label>[^'\n]+)'")


class BuildsReader(Reader):
    """See the module's first line."""

    name = "builds"
    rank = 28
    formats = ("CMake", "Make", "Dockerfile", "Kconfig", "Meson options")
    limits = ("each line is read by itself: what a variable is set to is not put in where it is used",)

    def knows(self, artifact: Artifact) -> bool:
        """By the name of the file."""
        return _sort(artifact.name) != "" and charset.is_text(artifact.data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:  # noqa: ARG002
        """Keys with what they are set to, labels of options, conditions, remarks, and the rest by line."""
        sort, place = _sort(artifact.name), artifact.place.whole()
        option = ""
        for line in lines(artifact.text):
            body = line.text.strip()
            if not has_word(body):
                continue
            lead = line.text.find(body)
            if body[0] == "#":
                yield from spread(Role.COMMENT, line, place, "", Kind.TREE, option, lead, body)
            elif _CONDITION.match(body):
                yield from spread(Role.CONDITION, line, place, "", Kind.TREE, "", lead, body)
            else:
                found = list(_found(sort, body))
                option = found[0]["name"] if found else option
                yield from _told(found, sort, line, lead, place, option)


def _sort(name: str) -> str:
    low = name.lower()
    return next((sort for sort, pattern in _SORTS if pattern.fullmatch(low)), "")


def _found(sort: str, body: str) -> Iterator[re.Match[str]]:
    """What a line sets or defines, each name once, in order."""
    body = body[:2000]
    patterns = [*_ENTRIES[sort], _DEFINED]
    if sort == "docker" and body[:4].upper() in {"ARG ", "ENV "}:
        patterns.append(_PAIR)
    if sort == "cmake" and _DEFINES.search(body):
        patterns.append(_CAPITALS)
    seen: dict[int, re.Match[str]] = {}
    for pattern in patterns:
        for found in pattern.finditer(body):
            seen.setdefault(found.start("name"), found)
    yield from (seen[at] for at in sorted(seen))


def _told(found: list[re.Match[str]], sort: str, line: Line, lead: int, place: Place, option: str) -> Iterator[Surface]:
    """Keys and labels of a line, and what is left of it."""
    body = line.text[lead:].rstrip()
    rest = body
    for row in found:
        groups = row.groupdict()
        value = (groups.get("first") or groups.get("value") or "").strip("\"' ")
        # As written, ``-DWITH_RACE``: what the reader shows must not hold a word that the bytes do not.
        start = row.start() if row.re is _DEFINED and row.start("name") - row.start() == _GLUED else row.start("name")
        spot = place.at(line=line.number, column=lead + start + 1)
        yield Surface(Role.KEY, body[start : row.end("name")], spot, "", Kind.TREE, value=upto(value, 200))
        rest = rest.replace(row["name"], "…", 1)
    for pattern in (*_ENTRIES["cmake"][:1], _PROMPT, _SAID) if sort in {"cmake", "kconfig", "meson"} else ():
        said = pattern.search(body)
        if said is not None and said["label"] and has_word(said["label"]):
            spot = place.at(line=line.number, column=lead + said.start("label") + 1)
            yield Surface(Role.LABEL, upto(said["label"], 400), spot, "", Kind.TREE, option)
            rest = rest.replace(said["label"], "…", 1)
    if has_word(rest):
        yield from spread(Role.STRING, line, place, "", Kind.TREE, option, lead, rest)
