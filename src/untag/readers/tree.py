"""Data trees: JSON, JSON Lines, YAML, TOML, XML, property lists, properties, ini, env, gettext and Apple strings files.

Keys, values, member lists and label maps are shown with pointer and line. Rows about people show their keys only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import charset
from untag.gap import Damaged, Gap, Reason
from untag.readers import Reader, _element, _model
from untag.readers._plan import Plan, Said, join
from untag.readers._records import Records, dictionary, like
from untag.readers._text import damage
from untag.readers._walk import Walk
from untag.surface import Kind, Role, Surface
from untag.syntax import flat, json, toml, xml, yaml
from untag.syntax.tree import OBJECT, STRING, Document, Node, Source, unix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Part

__all__ = ["TreeReader"]

_SUFFIX = {
    **dict.fromkeys(
        (
            ".json",
            ".json5",
            ".jsonc",
            ".geojson",
            ".topojson",
            ".webmanifest",
            ".arb",
            ".jsonld",
            ".har",
            ".map",
            ".avsc",
            ".avpr",
            ".json-patch",
            ".babelrc",
            ".eslintrc",
            ".prettierrc",
            ".code-workspace",
            ".xcstrings",
            ".gltf",
            ".wxss-map",
        ),
        "json",
    ),
    **dict.fromkeys((".jsonl", ".ndjson", ".jsonlines", ".ldjson"), "lines"),
    **dict.fromkeys((".yaml", ".yml", ".clang-format", ".clang-tidy", ".cff"), "yaml"),
    **dict.fromkeys((".toml",), "toml"),
    **dict.fromkeys(
        (
            ".xml",
            ".plist",
            ".xsd",
            ".wsdl",
            ".xsl",
            ".xslt",
            ".resx",
            ".xliff",
            ".xlf",
            ".rss",
            ".atom",
            ".kml",
            ".gpx",
            ".csproj",
            ".vcxproj",
            ".vbproj",
            ".fsproj",
            ".props",
            ".targets",
            ".config",
            ".nuspec",
            ".storyboard",
            ".xib",
            ".iml",
            ".filters",
            ".tmx",
            ".wadl",
            ".xmi",
            ".pom",
            ".launch",
            ".entitlements",
            ".stringsdict",
            ".manifest",
            ".ts",
            ".owl",
            ".rdf",
        ),
        "xml",
    ),
    **dict.fromkeys((".properties",), "properties"),
    **dict.fromkeys(
        (
            ".ini",
            ".cfg",
            ".conf",
            ".cnf",
            ".env",
            ".inf",
            ".editorconfig",
            ".gitconfig",
            ".desktop",
            ".service",
            ".lang",
            ".config",
        ),
        "ini",
    ),
    **dict.fromkeys((".po", ".pot"), "catalogue"),
    **dict.fromkeys((".strings",), "strings"),
}
#: Suffixes that say little: the content must agree.
_SHARED = {".ts", ".config", ".map", ".manifest", ".props", ".targets", ".filters", ".lang", ".conf", ".cfg"}
_NAMES = {
    "pipfile": "toml",
    "cargo.lock": "toml",
    "poetry.lock": "toml",
    "pipfile.lock": "json",
    ".env": "ini",
    "uv.lock": "toml",
    "composer.lock": "json",
    ".babelrc": "json",
    ".eslintrc": "json",
    ".prettierrc": "json",
    ".editorconfig": "ini",
    ".clang-format": "yaml",
}
_JSON = re.compile(
    r"\s*(?:(?://[^\n]*\n|/\*(?:[^*]|\*(?!/))*+\*/)\s*)*(?:\{\s*(?:[\"}]|//|/\*|'[^'\n]{1,80}'\s*:|[A-Za-z_$][\w$]*\s*:)|\[\s*(?:[\"{\]\[]|-?\d|true|false|null|//))"
)
_ROW = re.compile(r"\s*\{\s*\"[^\n]*\}\s*\r?\n\s*\{\s*\"[^\n]*\}\s*(?:\r?\n|\Z)")
_XML = re.compile(r"\s*(?:<\?xml\b|<!--|<!DOCTYPE\s+(?!html)|<[A-Za-z_][\w.:-]*(?:\s[^<>]*)?/?>)")
_HTML = re.compile(r"<!DOCTYPE\s+html|<html\b", re.IGNORECASE)
_YAML = re.compile(r"(?:#[^\n]*\n|\s*\n)*---(?:\s|\Z)|%YAML\b")
#: Of JSON Lines that are too large to be held: rows that are looked at, and bytes of one.
_FAR_ROWS, _FAR_LINE = 20_000, 4 << 20
_PLIST = re.compile(r"<!DOCTYPE\s+plist|<plist\b")
_INI = re.compile(r"^[ \t]*(?:\[[^\]\n]+\][ \t\r]*$|[\w.\-]+[ \t]*=)", re.MULTILINE)


def form(artifact: Artifact) -> str:
    """Which of its formats the bytes are in: by content, then by name; empty if in none."""
    data = artifact.data
    if not data.strip(b" \t\r\n") or not charset.is_text(data):
        return ""
    head = artifact.text[:6000] if len(data) < 200_000 else charset.decode(data[:24_000]).text[:6000]
    head = head.removeprefix("\ufeff")
    suffix, name = artifact.suffix, artifact.name.lower()
    known = _NAMES.get(name) or ("ini" if name.startswith(".env") else "") or _SUFFIX.get(suffix, "")
    if known in ("json", "lines"):
        return _json(head, known, artifact)
    if known in ("xml", "ini") and suffix in _SHARED:
        if _XML.match(head) and not _HTML.search(head):
            return "plist" if _PLIST.search(head[:2000]) else "xml"
        return "ini" if suffix != ".ts" and suffix != ".map" and _INI.search(head) else ""
    if known == "xml":
        return (
            "plist" if _PLIST.search(head[:2000]) else "xml" if "<" in head else "strings" if suffix == ".plist" else ""
        )
    if known == "strings":
        return "plist" if _XML.match(head) else "strings"
    if known:
        return known
    if suffix and suffix not in (".txt", ".data", ".dat", ".log", ".in", ".dist", ".lock", ".model", ".meta", ".info"):
        return "xml" if head.startswith("<?xml") and not _HTML.search(head) else ""
    return _sniff(head, artifact)


def _json(head: str, known: str, artifact: Artifact) -> str:
    """JSON or JSON Lines, whatever the name says."""
    if known == "lines" or _ROW.match(head):
        return "lines" if _lines(artifact) else "json"
    return "json"


def _lines(artifact: Artifact) -> bool:
    """Whether each of the first lines is a value of its own."""
    rows = [row for row in artifact.text[:200_000].split("\n")[:5] if row.strip()]
    return bool(rows) and all(
        (row.strip()[:1] in "{[" and row.strip()[-1:] in "}],") or len(row) > 20_000 for row in rows[:3]
    )


def _sniff(head: str, artifact: Artifact) -> str:
    """The format of a file whose name says nothing."""
    if _JSON.match(head):
        return _json(head, "json", artifact)
    if _HTML.search(head):
        return ""
    if head.lstrip().startswith("<?xml"):
        return "plist" if _PLIST.search(head[:2000]) else "xml"
    if head.startswith(("%YAML", "---\n", "---\r\n")) and _YAML.match(head) and ":" in head:
        return "yaml"
    return ""


class TreeReader(Reader):
    """Reads data trees that no more specific reader knows."""

    name = "tree"
    rank = 10
    streams = True
    limits = (
        "rows of data (20 or more objects of the same keys, and JSON Lines) show their keys, not their values",
        "strings that are base64 from end to end are taken for images or weights and passed over",
        "of JSON Lines of more than 64 MB the first 20,000 rows are looked at",
        "aliases and anchors are never followed, entities only as far as the document itself declares them",
        "binary property lists are not read",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether the bytes are a data tree."""
        return bool(form(artifact)) if artifact.held else _far(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Part]:
        """Surfaces in order of the tree.

        Raises:
            Damaged: Nothing of the format can be recognised.
        """
        if not artifact.held:
            yield from _far_rows(artifact, limits)
            return
        what = form(artifact) or "json"
        source = Source.of(artifact)
        if what == "lines":
            yield from _rows(artifact, source, limits)
            return
        document, plan, kind = parsed(artifact, what, limits)
        if not _any(document):
            raise Damaged(f"no {what} can be recognised")
        walk = Walk(document, source, artifact.place, limits, plan, artifact.name)
        yield from walk.run(kind)
        yield from damage(document, source, artifact, what)
        yield from _model.beside(document, source, artifact.place)


def parsed(artifact: Artifact, what: str, limits: Limits) -> tuple[Document, Plan, Kind]:
    """The document of an artifact and what its format says of the nodes."""
    text = unix(artifact.text)
    bound = min(limits.nodes, 1_500_000)
    plan = Plan()
    if what == "json":
        fold = None if _model.looks(text) else _fold(artifact.name)
        document = json.parse(text, limit=bound, fold=fold)
        if document.roots:
            _model.plan(document.roots[0], plan, text)
            if artifact.suffix == ".arb":
                _arb(document.roots[0], plan)
    elif what == "yaml":
        document = yaml.parse(text, bound)
    elif what == "toml":
        document = toml.parse(text, bound)
    elif what in ("xml", "plist"):
        document = xml.parse(text, bound)
        if what == "plist":
            _element.plist(document)
        else:
            _element.plan(document, plan)
            _model.net(document, plan)
    elif what == "properties":
        document = flat.properties(text)
        _dotted(document.roots[0], plan)
    elif what == "catalogue":
        document = flat.catalogue(text)
        _catalogue(document.roots[0], plan)
    elif what == "strings":
        document = flat.strings(text)
    else:
        document = flat.ini(text)
    return document, plan, Kind.TREE


def _fold(name: str) -> Callable[[Node, Node], bool]:
    """A fold that takes the rows of long arrays in as they are parsed."""

    def fold(array: Node, element: Node) -> bool:
        if array.extra is None:
            common = like(array.children)
            hint = array.key or name
            array.extra = Records() if common is not None and not dictionary(common, hint) else False
        if isinstance(array.extra, Records):
            array.extra.add(element)
            return True
        return False

    return fold


def _any(document: Document) -> bool:
    """Whether anything of the format was recognised."""
    if document.comments and not document.errors:
        return True
    for root in document.roots:
        if root.children or root.extra is not None:
            return True
        if not document.errors and not document.lost:
            return True
    return False


def _rows(artifact: Artifact, source: Source, limits: Limits) -> Iterator[Surface | Gap]:
    """JSON Lines: one row at a time, of which nothing is kept but its keys and closed vocabularies."""
    text = unix(artifact.text)
    records = Records()
    bad = lost = at = 0
    broken = -1
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        if not text[at:stop].isspace() and stop > at:
            document = json.parse(text, at, stop, min(limits.nodes, 1_500_000))
            if document.roots and document.roots[0].children:
                records.add(document.roots[0])
            if document.errors or document.stop is not None or not document.roots:
                bad += 1
                lost += stop - at
                broken = at if broken < 0 else broken
        at = stop + 1
    if not records.columns:
        if bad:
            raise Damaged("no JSON Lines can be recognised")
        return
    yield from records.surfaces(source, artifact.place.whole(), "[]", "", 0)
    if bad:
        spot = artifact.place.at(line=source.line(broken))
        yield Gap(spot, Reason.DAMAGED, f"{bad} lines are no JSON; their readable keys were read", lost)


def _far(artifact: Artifact) -> bool:
    """Whether a text that is too large to be held is one of JSON Lines."""
    if not charset.is_text(artifact.head):
        return False
    head = charset.decode(artifact.head).text.removeprefix("\ufeff")
    named = _SUFFIX.get(artifact.suffix) == "lines" and head.lstrip().startswith(("{", "["))
    return named or (_SUFFIX.get(artifact.suffix, "json") == "json" and _ROW.match(head) is not None)


def _far_rows(artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap]:
    """JSON Lines that are too many to be held: the keys and closed vocabularies of the first rows."""
    records = Records()
    first = ""
    bad = 0
    with artifact.open() as file:
        for _ in range(_FAR_ROWS):
            raw = file.readline(_FAR_LINE)
            if not raw:
                break
            text = raw.decode("utf-8", "replace").strip()
            document = json.parse(text, limit=min(limits.nodes, 1_500_000))
            if document.roots and document.roots[0].children:
                first = first or text
                records.add(document.roots[0])
            bad += bool(text) and (bool(document.errors) or not document.roots)
    if not records.columns:
        raise Damaged("no JSON Lines can be recognised")
    for column in records.columns.values():
        column.first = min(column.first, len(first))
    yield from records.surfaces(Source(first), artifact.place.whole(), "[]", "", 0)
    if bad:
        yield Gap(artifact.place.whole(), Reason.DAMAGED, f"{bad} lines are no JSON; their readable keys were read", 1)


def _dotted(root: Node, plan: Plan) -> None:
    """Keys of a properties file lie in the part before their last dot."""
    for child in root.children:
        key = child.key or ""
        owner = key.rpartition(".")[0]
        if not owner:
            continue
        value = "" if child.kind == STRING else child.value
        plan.keys[id(child)] = [Said(Role.KEY, None, owner, Kind.TREE, value=value)]
        if child.kind == STRING:
            plan.values[id(child)] = [Said(Role.VALUE, None, owner, Kind.TREE, key)]


def _catalogue(root: Node, plan: Plan) -> None:
    """Entries of a catalogue: the message is the key, shown once; what it says of itself is a comment."""
    previous: tuple[str | None, int] = (None, -1)
    for child in root.children:
        if (child.key, child.key_start) == previous:
            plan.keys[id(child)] = []
        previous = (child.key, child.key_start)
        role = {"msgctxt": Role.COMMENT, "msgid": Role.KEY, "header": Role.COMMENT}.get(child.tag, Role.VALUE)
        about = "" if role is Role.KEY else child.key or ""
        plan.values[id(child)] = [Said(role, None, "", Kind.TREE, about)]


def _arb(root: Node, plan: Plan) -> None:
    """The descriptions in an Application Resource Bundle are about the message whose name follows the at sign."""
    for child in root.children:
        key = child.key or ""
        if child.kind != OBJECT or not key.startswith("@") or len(key) < 2:
            continue
        about = key[1:]
        for part in child.children:
            if part.key in ("description", "context") and part.kind == STRING:
                plan.keys[id(part)] = []
                plan.values[id(part)] = [Said(Role.COMMENT, None, "", Kind.TREE, about)]
        plan.scopes[id(child)] = (join("", key), Kind.TREE)
