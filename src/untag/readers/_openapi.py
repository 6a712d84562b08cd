"""OpenAPI 2, 3.0 and 3.1, AsyncAPI and JSON Schema documents, in JSON or YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._plan import Plan, Said, join
from untag.readers._schema import Schemas, Spot, range_of, texts, type_of
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from untag.syntax.tree import Node

__all__ = ["kind_of", "plan"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_SPEAKS = ("publish", "subscribe")
_KEYWORDS = ("properties", "enum", "oneOf", "anyOf", "allOf", "$ref", "items", "patternProperties", "const")


def kind_of(root: Node) -> str:
    """``openapi``, ``asyncapi``, ``schema`` or nothing, by what the document says of itself."""
    if root.kind != OBJECT:
        return ""
    if root.get("asyncapi") is not None:
        return "asyncapi"
    if root.get("openapi") is not None or root.get("swagger") is not None:
        return "openapi"
    paths = root.get("paths")
    if paths is not None and paths.kind == OBJECT and any((c.key or "").startswith("/") for c in paths.children[:3]):
        return "openapi"
    said = root.text("$schema")
    keywords = any(root.get(key) is not None for key in _KEYWORDS)
    if "json-schema.org" in said or ("schema" in said and keywords and root.text("type")):
        return "schema"
    properties = root.get("properties")
    if properties is not None and root.text("type") == "object" and properties.kind == OBJECT:
        return "schema"
    types = root.get("$defs") or root.get("definitions")
    if (
        types is not None
        and types.kind == OBJECT
        and any(c.get("type") or c.get("properties") for c in types.children[:5])
    ):
        return "schema"
    components = root.get("components")
    schemas = components.get("schemas") if components is not None else None
    return "openapi" if schemas is not None and schemas.kind == OBJECT else ""


def plan(root: Node, plans: Plan, kind: str, stem: str) -> None:
    """Fill a plan for a document of one of the kinds."""
    _Reader(plans).root(root, kind, stem)


class _Reader:
    """What one document says; the stack of parts still to be read is explicit."""

    def __init__(self, plans: Plan) -> None:
        self.plan = plans
        self.schemas = Schemas(plans)
        self.stack: list[tuple[Node, str, str]] = []

    def root(self, root: Node, kind: str, stem: str) -> None:
        plans = self.plan
        plans.plain.add(id(root))
        if kind == "schema":
            name = root.text("title") or stem or "schema"
            title = root.get("title")
            if title is not None and title.kind == STRING:
                plans.keys[id(title)] = []
                plans.values[id(title)] = [Said(Role.TYPE, None, name, Kind.SCHEMA)]
            self.schemas.schema(root, Spot(name, name, name))
            return
        for child in root.children:
            if child.kind != OBJECT:
                continue
            if child.key in ("paths", "webhooks", "x-webhooks"):
                self.paths(child)
            elif child.key == "channels":
                self.channels(child)
            elif child.key == "operations":
                self.operations(child)
            elif child.key == "components":
                plans.plain.add(id(child))
                for part in child.children:
                    self.components(part, f"components.{part.key}")
            elif child.key == "info":
                texts(child, plans, "info", Kind.SECTION, child.text("title"))
            else:
                self.components(child, child.key or "")
        self.drain()

    def components(self, node: Node, owner: str) -> None:
        """One shelf of reusable parts."""
        shelf = owner.rpartition(".")[2]
        if node.kind != OBJECT:
            return
        if shelf in ("schemas", "definitions"):
            self.schemas.types(node, owner)
        elif shelf == "parameters":
            self.plan.plain.add(id(node))
            for child in node.children:
                self.parameter(child, owner)
        elif shelf in (
            "responses",
            "requestBodies",
            "messages",
            "headers",
            "callbacks",
            "pathItems",
            "channels",
            "operations",
        ):
            self.plan.plain.add(id(node))
            for child in node.children:
                self.stack.append((child, join(owner, child.key or ""), child.key or ""))
        elif shelf == "examples":
            self.plan.scopes[id(node)] = (owner, Kind.OPERATION)

    def paths(self, node: Node) -> None:
        """Paths with their operations."""
        plans = self.plan
        plans.plain.add(id(node))
        for path in node.children:
            name = path.key or ""
            owner = name[:300]
            plans.plain.add(id(path))
            plans.scopes[id(path)] = (owner, Kind.OPERATION)
            said = []
            for child in path.children:
                method = child.key or ""
                if method in _METHODS and child.kind == OBJECT:
                    operation = f"{method.upper()} {owner}"
                    said.append(Said(Role.OPERATION, f"{method.upper()} {name}", operation, Kind.OPERATION))
                    plans.keys[id(child)] = []
                    self.stack.append((child, operation, child.text("operationId") or operation))
                elif method == "parameters" and child.kind == ARRAY:
                    self.parameters(child, owner)
            plans.keys[id(path)] = said or [Said(Role.OPERATION, None, owner, Kind.OPERATION)]
            texts(path, plans, owner, Kind.OPERATION, name)

    def channels(self, node: Node) -> None:
        """Topics with what is said on them."""
        plans = self.plan
        plans.plain.add(id(node))
        for topic in node.children:
            name = topic.key or ""
            plans.keys[id(topic)] = [Said(Role.OPERATION, None, name[:300], Kind.OPERATION)]
            self.stack.append((topic, name[:300], name))

    def operations(self, node: Node) -> None:
        """Named operations."""
        self.plan.plain.add(id(node))
        for child in node.children:
            name = child.key or ""
            self.plan.keys[id(child)] = [Said(Role.OPERATION, None, name[:300], Kind.OPERATION)]
            self.stack.append((child, name[:300], name))

    def drain(self) -> None:
        while self.stack:
            self.one(*self.stack.pop())

    def one(self, node: Node, owner: str, about: str) -> None:
        """An operation, request, response, message, media type or header."""
        plans = self.plan
        plans.plain.add(id(node))
        plans.scopes[id(node)] = (owner, Kind.OPERATION)
        texts(node, plans, owner, Kind.OPERATION, about, ("description", "summary", "title", "x-description"))
        for child in node.children:
            self.part(child, owner, about)

    def part(self, child: Node, owner: str, about: str) -> None:
        """One keyword of such a thing."""
        key, plans, mark = child.key or "", self.plan, id(child)
        if key in ("schema", "payload") and child.children:
            plans.keys[mark] = []
            self.schemas.schema(child, Spot(owner, about, owner, Kind.OPERATION))
        elif key in ("example", "examples", "x-example", "x-examples"):
            plans.scopes[mark] = (join(owner, "example"), Kind.OPERATION)
            if child.scalar:
                plans.lists[mark] = join(owner, "example")
        elif key == "parameters":
            self.parameters(child, owner)
        elif key == "operationId" and child.kind == STRING:
            plans.keys[mark] = []
            plans.values[mark] = [Said(Role.OPERATION, None, owner, Kind.OPERATION)]
        elif child.kind == ARRAY and key in ("oneOf", "anyOf", "traits"):
            plans.plain.add(mark)
            plans.scopes[mark] = (owner, Kind.OPERATION)
            self.stack.extend((part, owner, about) for part in child.children)
        elif child.kind == ARRAY and key == "tags":
            for part in child.children:
                plans.values[id(part)] = [Said(Role.STRING, None, owner, Kind.OPERATION)]
        elif child.kind == OBJECT:
            self.group(child, key, owner, about)

    def group(self, child: Node, key: str, owner: str, about: str) -> None:
        """A keyword that holds other such things."""
        plans, mark = self.plan, id(child)
        if key == "requestBody":
            self.stack.append((child, join(owner, "request"), about))
        elif key in ("responses", "callbacks", "messages"):
            plans.plain.add(mark)
            plans.scopes[mark] = (owner, Kind.OPERATION)
            self.stack.extend((part, join(owner, part.key or ""), about) for part in child.children)
        elif key in ("content", "headers"):
            plans.plain.add(mark)
            plans.scopes[mark] = (owner, Kind.OPERATION)
            if child.get("properties") is not None:
                self.schemas.schema(child, Spot(owner, about, owner, Kind.OPERATION))
                return
            for part in child.children:
                self.stack.append((part, owner, part.key if key == "headers" and part.key else about))
        elif key in (*_SPEAKS, *_METHODS, "message", "encoding"):
            self.stack.append((child, owner if key in ("message", *_SPEAKS) else join(owner, key), about))

    def parameters(self, node: Node, owner: str) -> None:
        """A list of parameters."""
        self.plan.plain.add(id(node))
        self.plan.scopes[id(node)] = (owner, Kind.OPERATION)
        for child in node.children:
            self.parameter(child, owner)

    def parameter(self, node: Node, owner: str) -> None:
        """One parameter: its name, and the schema it has or is."""
        if node.kind != OBJECT:
            return
        plans = self.plan
        name = node.get("name")
        text = name.value if name is not None and name.scalar else node.key or ""
        if not text:
            reference = node.get("$ref")
            plans.scopes[id(node)] = (owner, Kind.OPERATION)
            if reference is not None:
                plans.keys[id(reference)] = []
                plans.values[id(reference)] = [Said(Role.USE, None, owner, Kind.OPERATION)]
            return
        path = join(owner, text)
        schema = node.get("schema") or node
        said = [Said(Role.PARAMETER, None, owner, Kind.OPERATION, value=range_of(schema), type=type_of(node))]
        inner = schema.get("items") or schema
        if schema.get("enum") is not None or inner.get("enum") is not None:
            said.append(Said(Role.ENUM, text, path, Kind.ENUM))
        if name is not None and name.kind == STRING:
            plans.keys[id(name)] = []
            plans.values[id(name)] = said
        else:
            plans.keys[id(node)] = said
        self.schemas.schema(node, Spot(path, text, owner, Kind.OPERATION))
        content = node.get("content")
        if content is not None and content.kind == OBJECT:
            for part in content.children:
                self.stack.append((part, path, text))
