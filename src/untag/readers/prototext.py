"""Models in protocol buffers' text form: Caffe's nets, TensorFlow's graphs and label maps, configurations of Triton."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import media
from untag.gap import Damaged
from untag.readers import Reader
from untag.readers._parts import Parts
from untag.readers._plan import Plan, Said, join
from untag.readers._text import damage
from untag.readers._walk import Walk
from untag.surface import Kind, Role
from untag.syntax import prototext
from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING, Node, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Part
    from untag.surface import Surface

__all__ = ["PrototextReader"]

_SUFFIXES = frozenset({".prototxt", ".pbtxt", ".textproto", ".textpb", ".pbtext"})
#: Suffixes under which such a text may lie as well.
_SHARED = frozenset({"", ".txt", ".config", ".cfg", ".model", ".meta"})
_NODES = 1_500_000
#: Numbers of one shape.
_DIMS = 16
_SIZED = re.compile(r"num_output|num_classes")


class PrototextReader(Reader):
    """Reads layers, nodes, label maps, inputs and outputs; all other fields as keys and values."""

    name = "prototext"
    rank = 14
    limits = (
        "what a field means is known of Caffe's nets, TensorFlow's graphs and label maps and Triton's configurations",
        "a net does not name the file of its weights, so that one without them is no gap",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A name of the form, or a text that begins like one."""
        if artifact.suffix in _SUFFIXES:
            return True
        return artifact.suffix in _SHARED and media.layered(artifact.data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Part]:
        """Surfaces in order of the text.

        Raises:
            Damaged: There is no field at all.
        """
        source = Source.of(artifact).unix()
        document = prototext.parse(source.text, min(limits.nodes, _NODES))
        root = document.roots[0]
        if not root.children:
            raise Damaged("no field can be recognised")
        plan, parts = Plan(), Parts(artifact.place.whole())
        _plan(root, plan, parts)
        walk = Walk(document, source, artifact.place, limits, plan, artifact.name)
        yield from walk.run(Kind.MODEL)
        yield from damage(document, source, artifact, "prototext")
        yield from parts.told()


def _plan(root: Node, plan: Plan, parts: Parts) -> None:
    """Fill a plan for a text."""
    plan.scopes[id(root)] = ("", Kind.MODEL)
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, owner = stack.pop()
        plan.plain.add(id(node))
        for child in reversed(node.children):
            key = child.key or ""
            if not child.children:
                if not owner and key in ("input", "output") and child.kind == STRING:
                    role = Role.OUTPUT if key == "output" else Role.PARAMETER
                    plan.values[id(child)] = [Said(role, None, f"{key}s", Kind.MODEL)]
                continue
            path = owner if child.key is None else join(owner, key)
            rows = child.children if child.kind == ARRAY else [child]
            if not owner and key in ("input", "output"):
                path = f"{key}s"
                for row in rows:
                    _put(row, path, plan, parts)
            elif key in ("layer", "layers", "node", "node_def"):
                for row in rows:
                    _step(row, path, plan)
            elif key == "item":
                _item(child, path, plan)
            plan.scopes[id(child)] = (path, Kind.MODEL)
            stack.append((child, path))


def _step(node: Node, owner: str, plan: Plan) -> None:
    """A layer or node: its name, and how many values it puts out or what shape it holds."""
    type_ = _width(node) or _shape(node)
    op = node.text("type") or node.text("op")
    name = node.text("name")
    for child in node.children:
        if child.kind == STRING and child.key in ("name", "top"):
            # What is put out under the layer's own name is said once.
            twice = child.key == "top" and child.value == name
            said = Said(Role.OUTPUT, None, owner, Kind.MODEL, type=f"{op if child.key == 'name' else ''}{type_}")
            plan.values[id(child)] = [] if twice else [said]
        elif child.kind == STRING and child.key in ("bottom", "input"):
            plan.values[id(child)] = [Said(Role.USE, None, owner, Kind.MODEL)]
        elif child.key == "attr":
            _attribute(child, join(owner, name), plan)


def _attribute(node: Node, owner: str, plan: Plan) -> None:
    """An attribute of a node: texts of its tensor are labels where there are several."""
    value = node.get("value")
    tensor = value.get("tensor") if value is not None else None
    for held in (value, tensor) if value is not None else ():
        texts = [c for c in held.children if c.key == "string_val" and c.kind == STRING] if held is not None else []
        if len(texts) > 1:
            for number, child in enumerate(texts):
                plan.values[id(child)] = [Said(Role.MEMBER, None, owner, Kind.MODEL, value=str(number))]


def _item(node: Node, owner: str, plan: Plan) -> None:
    """An entry of a label map."""
    number = node.text("id")
    seen: set[str] = set()
    for child in node.children:
        if child.kind == STRING and child.key in ("name", "display_name"):
            said = [Said(Role.MEMBER, None, owner, Kind.MODEL, value=number)]
            plan.values[id(child)] = [] if child.value in seen else said
            seen.add(child.value)


def _put(node: Node, owner: str, plan: Plan, parts: Parts) -> None:
    """An input or output of a served model: its name and shape, and the file of its labels."""
    dims = node.get("dims")
    sizes = [c.value for c in (dims.children if dims is not None else ()) if c.kind == NUMBER][:_DIMS]
    type_ = f"[{', '.join(sizes)}]" if sizes else ""
    role = Role.OUTPUT if owner == "outputs" else Role.PARAMETER
    for child in node.children:
        if child.key == "name" and child.kind == STRING:
            plan.values[id(child)] = [Said(role, None, owner, Kind.MODEL, type=type_)]
        elif child.key == "label_filename" and child.kind == STRING and child.value:
            parts.add(child.value, raw=False)


def _width(node: Node) -> str:
    """How many values a layer puts out."""
    for part in node.children:
        if part.kind == OBJECT:
            for child in part.children:
                if child.kind == NUMBER and child.key and _SIZED.fullmatch(child.key):
                    return f"[{child.value}]"
    return ""


def _shape(node: Node) -> str:
    """The shape of the numbers that a node holds or stands for."""
    for attr in node.children:
        value = attr.get("value") if attr.key == "attr" else None
        if value is None or attr.text("key") not in ("value", "shape"):
            continue
        tensor = value.get("tensor")
        held = tensor.get("tensor_shape") if tensor is not None else value.get("shape")
        if held is not None and held.children:
            return f"[{', '.join(dim.text('size') or '?' for dim in held.children[:_DIMS])}]"
    return ""
