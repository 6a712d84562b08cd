"""What all kinds of XML that describe an interface or a mapping have in common."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

from untag.readers._lines import Line, dense, has_word, joined, spread
from untag.readers._markup import parse
from untag.readers._runs import rows, show
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place
    from untag.readers._markup import Attribute, Node

__all__ = ["Dialect", "first"]


class Dialect:
    """What all kinds do: comments, and strings for what has no role of its own."""

    def __init__(self, text: str, place: Place, most: int) -> None:
        self.document = parse(text, xml=True, most=most)
        self.nodes = self.document.nodes
        self.place = place
        self.prepare()

    def prepare(self) -> None:
        """Look at the whole before it is shown."""

    def run(self) -> Iterator[Surface]:
        for index, node in enumerate(self.nodes):
            if node.sort == "element":
                yield from self.element(index, node)
            elif node.sort in ("text", "data"):
                if has_word(node.text):
                    yield from self.text(index, node)
            elif node.sort == "comment":
                yield from self.remark(index, node)
            elif node.sort != "instruction" or node.text[:3].lower() not in ("xml", "doc") or "[" in node.text:
                yield from show(Role.STRING, self.document, node, self.place, "", Kind.FILE, "")

    def remark(self, index: int, node: Node) -> Iterator[Surface]:
        yield from show(Role.COMMENT, self.document, node, self.place, *self.around(index), "")

    def around(self, index: int) -> tuple[str, Kind]:  # noqa: ARG002 - kinds with owners look at it
        """Owner and its kind of what has none of its own."""
        return "", Kind.FILE

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        for attribute in node.attributes:
            yield from self.plain(index, attribute)

    def plain(self, index: int, attribute: Attribute) -> Iterator[Surface]:
        if attribute.name.partition(":")[0] not in ("xmlns", "xsi"):
            yield from self.put(Role.STRING, attribute, *self.around(index))

    def text(self, index: int, node: Node) -> Iterator[Surface]:
        yield from show(Role.STRING, self.document, node, self.place, *self.around(index), "")

    def put(self, role: Role, attribute: Attribute, owner: str, kind: Kind, about: str = "") -> Iterator[Surface]:
        """An attribute's value, line by line; a label also in one piece where spaces cut it."""
        if not has_word(attribute.value):
            return
        number, column = self.document.spot(attribute.inner)
        for at, part in enumerate(attribute.value.split("\n")):
            line = Line(number + at, part.rstrip("\r"), column - 1 if at == 0 else 0)
            yield from spread(role, line, self.place, owner, kind, about)
            if role is Role.LABEL and len(part) <= 200 and (made := joined(part)) != dense(part):
                yield from spread(role, line, self.place, owner, kind, about, text=made)

    def named(
        self, role: Role, attribute: Attribute | None, owner: str, kind: Kind, type_: str = "", value: str = ""
    ) -> Iterator[Surface]:
        """A name that is declared in an attribute."""
        if attribute and has_word(attribute.value):
            line, column = self.document.spot(attribute.inner)
            yield Surface(
                role,
                attribute.value[:2000],
                self.place.at(line=line, column=column),
                owner,
                kind,
                type=upto(type_, 200),
                value=upto(value, 200),
            )

    def shown(
        self, role: Role, node: Node, owner: str, kind: Kind, about: str = "", value: str = ""
    ) -> Iterator[Surface]:
        """A text as a value, label or member."""
        for line in rows(self.document, node):
            if not has_word(line.text):
                continue
            bare = line.text.lstrip()
            clean = unescape(bare) if node.sort == "text" else bare
            spot = self.place.at(line=line.number, column=line.indent + len(line.text) - len(bare) + 1)
            if len(clean) > 2000:
                yield from spread(role, line, self.place, owner, kind, about)
                continue
            yield Surface(role, clean.strip(), spot, owner, kind, about[:200], upto(value, 200))
            if role is Role.LABEL and (made := joined(clean)) != dense(clean):
                yield Surface(role, made, spot, owner, kind, about[:200], upto(value, 200))

    def up(self, index: int, *tags: str) -> Node | None:
        """The nearest element around a node with one of these names."""
        for at in self.document.parents(index):
            if self.nodes[at].name in tags:
                return self.nodes[at]
        return None


def first(node: Node, *names: str) -> Attribute | None:
    return next((a for n in names for a in node.attributes if a.name == n and a.value), None)
