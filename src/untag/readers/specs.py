"""Interface specifications: OpenAPI, AsyncAPI, JSON Schema, Postman, protobuf, GraphQL, Thrift, Avro, WSDL, XSD.

Operations, parameters, fields and closed sets are shown as such, each with what is written about it; the rest of such a
document is shown as the data tree it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import charset
from untag.gap import Damaged
from untag.readers import Reader, _avro, _graphql, _idl, _openapi, _postman, _xsd
from untag.readers._lines import stem
from untag.readers._plan import Plan
from untag.readers._text import damage
from untag.readers._walk import Walk
from untag.surface import Kind
from untag.syntax import json, xml, yaml
from untag.syntax.tree import Source, unix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.surface import Surface
    from untag.syntax.tree import Document

__all__ = ["SpecsReader"]

_YAML = re.compile(r"^(?:openapi|swagger|asyncapi)[ \t]*:[ \t]*[\"']?\d", re.MULTILINE)
_JSON = re.compile(
    r'"(?:openapi|swagger|asyncapi)"\s*:\s*"\d|"_postman_id"|getpostman\.com|"\$schema"\s*:\s*"[^"]*json-?schema|'
    r'"type"\s*:\s*"(?:record|error)"|"symbols"\s*:\s*\[|"protocol"\s*:\s*"|"\$defs"\s*:|"definitions"\s*:\s*\{|'
    r'"properties"\s*:\s*\{|"components"\s*:\s*\{|"paths"\s*:\s*\{\s*"/'
)
_SCHEMA_YAML = re.compile(
    r"^(?:\$schema[ \t]*:.*json-?schema|(?:paths|components|definitions|\$defs|channels)[ \t]*:[ \t]*(?:#.*)?$)",
    re.MULTILINE,
)
_PROTO = re.compile(
    r"^[ \t]*(?:syntax[ \t]*=[ \t]*[\"']proto[23]|edition[ \t]*=[ \t]*[\"']\d{4})"
    r"|^[ \t]*(?:message|enum|service)[ \t]+\w+[ \t]*(?:\r?\n[ \t]*)?"
    r"\{[^{}]{0,400}?(?:=[ \t]*\d+[ \t]*[;\[]|\brpc[ \t]+\w+)",
    re.MULTILINE,
)
_THRIFT = re.compile(
    r"^[ \t]*(?:namespace[ \t]+[\w.*]+[ \t]+[\w.]+|struct[ \t]+\w+[ \t]*\{"
    r"[^{}]{0,200}?\d+[ \t]*:[ \t]*(?:optional|required)?[ \t]*\w+)",
    re.MULTILINE,
)
_GRAPHQL = re.compile(
    r"^[ \t]*(?:(?:extend[ \t]+)?(?:type|interface|input|enum)[ \t]+\w+[^\n{=;]*\{"
    r"|(?:query|mutation|subscription)\b[^\n{=;]*\{|fragment[ \t]+\w+[ \t]+on[ \t]+\w+"
    r"|schema[ \t]*\{|scalar[ \t]+\w+|union[ \t]+\w+[ \t]*=)",
    re.MULTILINE,
)
_XML = re.compile(r"<(?:[\w.\-]+:)?(?:schema|definitions|description)\s[^<>]*?(?:XMLSchema|wsdl)")
_TREES = {
    ".json",
    ".yaml",
    ".yml",
    ".json5",
    ".jsonc",
    ".avsc",
    ".avpr",
    ".postman_collection",
    ".schema",
    ".jsonschema",
    ".raml",
}


#: Suffixes that say it all.
_NAMED = {
    ".proto": "proto",
    ".proto3": "proto",
    ".protodevel": "proto",
    ".graphql": "graphql",
    ".graphqls": "graphql",
    ".gql": "graphql",
    ".thrift": "thrift",
    ".avdl": "avdl",
}


def form(artifact: Artifact) -> str:
    """Which kind of specification the bytes are, as far as the text alone says; empty if none."""
    data = artifact.data
    if not data or not charset.is_text(data):
        return ""
    suffix = artifact.suffix
    if suffix in _NAMED:
        return _NAMED[suffix]
    head = artifact.text[:40_000] if len(data) < 200_000 else charset.decode(data[:64_000]).text[:40_000]
    start = head.lstrip("\ufeff \t\r\n")
    if suffix in (".xsd", ".wsdl"):
        return "xml" if "<" in head else ""
    if start.startswith("<"):
        return "xml" if _XML.search(head) and suffix in ("", ".xml", ".txt", ".svc") else ""
    if suffix in _TREES or not suffix:
        found = _tree(head, start, suffix)
        if found:
            return found
    return _language(head, start, suffix) if suffix in ("", ".txt", ".idl", ".in") else ""


def _tree(head: str, start: str, suffix: str) -> str:
    """A specification in JSON or YAML."""
    if start[:1] == "{" or (start[:1] in ("[", "/") and suffix in (".avsc", ".json")):
        return "json" if suffix in (".avsc", ".avpr") or _JSON.search(head) else ""
    if _YAML.search(head) or (suffix in (".yaml", ".yml") and _SCHEMA_YAML.search(head)):
        return "yaml"
    return ""


def _language(head: str, start: str, suffix: str) -> str:
    """A specification in a language of its own, in a file whose name does not say so."""
    if _PROTO.search(head):
        return "proto"
    if suffix != ".txt" and _THRIFT.search(head):
        return "thrift"
    return "graphql" if not suffix and _GRAPHQL.match(start) else ""


class SpecsReader(Reader):
    """Reads interface specifications."""

    name = "specs"
    rank = 20
    limits = (
        "references to other files are shown, not followed",
        "external examples (externalValue) are not read",
        "scripts inside a Postman collection are shown as text, not as code",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether the bytes are a specification."""
        what = form(artifact)
        if what in ("json", "yaml", "xml"):
            # The marks looked for also stand in other documents: what the document is decides.
            return _planned(artifact, what, 1_500_000) is not None
        return bool(what)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Surfaces in order of the document.

        Raises:
            Damaged: Nothing of the format can be recognised.
        """
        what = form(artifact)
        source = Source.of(artifact)
        if what in ("json", "yaml", "xml"):
            made = _planned(artifact, what, min(limits.nodes, 1_500_000))
            artifact.__dict__.pop("_specification", None)
            if made is None:
                raise Damaged("no specification can be recognised")
            document, plan = made
            yield from Walk(document, source, artifact.place, limits, plan, artifact.name).run(Kind.TREE)
            yield from damage(document, source, artifact, what)
            return
        tokens = _idl.Tokens(unix(artifact.text), hashes=what in ("graphql", "thrift"))
        if what == "graphql":
            _graphql.graphql(tokens)
        else:
            _idl.statements(tokens)
        if not tokens.said and tokens.items:
            raise Damaged(f"no {what or 'specification'} can be recognised")
        yield from tokens.surfaces(source, artifact.place.whole())


def _planned(artifact: Artifact, what: str, limit: int) -> tuple[Document, Plan] | None:
    """The document and what is known of its nodes; None if it is no specification."""
    kept = artifact.__dict__.get("_specification")
    if kept is not None and kept[0] == limit:
        made: tuple[Document, Plan] | None = kept[1]
        return made
    text = unix(artifact.text)
    plan = Plan()
    known = False
    if what == "xml":
        document = xml.parse(text, limit)
        known = _xsd.is_schema(document)
        if known:
            _xsd.plan(document, plan)
    else:
        document = json.parse(text, limit=limit) if what == "json" else yaml.parse(text, limit)
        for root in document.roots:
            if _postman.is_collection(root):
                _postman.plan(root, plan)
            elif _avro.is_avro(root):
                _avro.plan(root, plan)
            elif kind := _openapi.kind_of(root):
                _openapi.plan(root, plan, kind, stem(artifact.name))
            else:
                continue
            known = True
    made = (document, plan) if known else None
    # `knows` and `read` ask the same question one after the other: the artifact keeps the answer between them.
    artifact.__dict__["_specification"] = (limit, made)
    return made
