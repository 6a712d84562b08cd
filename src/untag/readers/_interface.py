"""User interfaces and their texts in XML: Qt, Android, XAML, FXML, Interface Builder, resx."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from untag.readers._dialect import Dialect, first
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.readers._markup import Node

__all__ = ["Android", "Apple", "Linguist", "Qt", "Resx"]

#: Attributes of Android, XAML and Interface Builder elements that are shown to people.
_SHOWN = frozenset({
    "text", "hint", "title", "contentdescription", "summary", "label", "content", "header", "placeholder",
    "tooltip", "placeholdertext", "tooltiptext", "prompt", "headline", "watermark", "caption", "entries",
    "subtitle", "dialogtitle", "texton", "textoff", "description", "name.text", "prompttext", "accessibilitylabel",
})  # fmt: skip

_NAMED = frozenset(
    ("x:name", "name", "android:id", "fx:id", "x:uid", "id", "userlabel", "android:key", "automationproperties.name")
)

_BINDING = re.compile(r"\{(?:x:)?Binding\s+(?:Path=)?([\w.]+)")

#: Widgets whose items are what can be chosen.
_OFFERS = frozenset(("QComboBox", "QListWidget", "QTreeWidget", "QTableWidget"))

#: Properties of a widget that are shown to people.
_TEXTS = frozenset(
    (
        "text",
        "title",
        "windowTitle",
        "toolTip",
        "placeholderText",
        "whatsThis",
        "statusTip",
        "iconText",
        "label",
        "prefix",
        "suffix",
    )
)

_UNNAMED = re.compile(r"(?:label|text|static)_?\d*$", re.IGNORECASE)


class Qt(Dialect):
    """Qt Designer: widgets as fields of the form, their texts as labels, what a combo box offers as members."""

    def prepare(self) -> None:
        self.form = (
            next((self.content(i) for i, n in enumerate(self.nodes) if n.sort == "element" and n.name == "class"), "")
            or "form"
        )
        #: A label's buddy is the field that it stands for.
        self.buddies: dict[str, str] = {}
        for index, node in enumerate(self.nodes):
            if node.sort == "element" and node.name == "property" and node.get("name") == "buddy":
                widget = self.up(index, "widget")
                if widget:
                    self.buddies[widget.get("name")] = self.content(index)
        # A label that nobody named stands for the widget that comes after it.
        before = ""
        for node in self.nodes:
            if node.sort != "element" or node.name != "widget":
                continue
            name = node.get("name")
            if before and not _UNNAMED.match(name):
                self.buddies.setdefault(before, name)
            before = name if node.get("class") == "QLabel" and _UNNAMED.match(name) else ""

    def content(self, index: int) -> str:
        node = self.nodes[index]
        return next((n.text.strip() for n in self.nodes[index + 1 : min(node.end, index + 4)] if n.sort == "text"), "")[
            :200
        ]

    def around(self, index: int) -> tuple[str, Kind]:  # noqa: ARG002
        return self.form, Kind.FORM

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        if node.name in ("widget", "action", "addaction", "layout"):
            role = Role.USE if node.name == "addaction" else Role.FIELD
            yield from self.named(role, first(node, "name"), self.form, Kind.FORM, node.get("class"))
        elif node.name not in ("property", "attribute"):
            for attribute in node.attributes:
                yield from self.plain(index, attribute)

    def text(self, index: int, node: Node) -> Iterator[Surface]:
        sort = self.nodes[node.parent].name if node.parent >= 0 else ""
        widget = self.up(index, "widget", "action", "column", "row")
        name = widget.get("name") if widget else ""
        holder = self.up(index, "property", "attribute", "item")
        what = holder.get("name") if holder else ""
        about = self.buddies.get(name, name)
        if sort != "string" or what not in _TEXTS:
            yield from self.shown(Role.STRING, node, self.form, Kind.FORM, about)
            return
        offers = widget is not None and widget.get("class") in _OFFERS and self.nodes[node.parent].parent >= 0
        if offers and what == "text" and any(self.nodes[a].name == "item" for a in self.document.parents(index)[:4]):
            yield from self.shown(Role.MEMBER, node, f"{self.form}.{name}", Kind.FORM)
            return
        yield from self.shown(Role.LABEL, node, self.form, Kind.FORM, about)


class Linguist(Dialect):
    """Qt Linguist: source texts as labels, translations as their values."""

    def prepare(self) -> None:
        self.context = ""
        self.source = ""

    def text(self, index: int, node: Node) -> Iterator[Surface]:  # noqa: ARG002
        parent = self.nodes[node.parent] if node.parent >= 0 else None
        owner = self.context
        if parent is None:
            return
        if parent.name == "name":
            self.context = node.text.strip()[:200]
            yield from self.shown(Role.TYPE, node, self.context, Kind.FORM)
        elif parent.name == "source":
            self.source = node.text.strip()[:200]
            yield from self.shown(Role.LABEL, node, owner, Kind.FORM)
        elif parent.name in ("translation", "numerusform"):
            yield from self.shown(Role.VALUE, node, owner, Kind.FORM, unescape(self.source))
        elif parent.name in ("comment", "extracomment", "translatorcomment"):
            yield from self.shown(Role.COMMENT, node, owner, Kind.FORM, self.source)
        else:
            yield from self.shown(Role.STRING, node, owner, Kind.FORM)


class Resx(Dialect):
    """.NET resources: names as keys, texts as their values."""

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        for attribute in node.attributes:
            if node.name == "data" and attribute.name == "name":
                yield from self.named(Role.KEY, attribute, "resources", Kind.FORM)
            elif node.name in ("data", "assembly"):
                yield from self.plain(index, attribute)

    def text(self, index: int, node: Node) -> Iterator[Surface]:
        data = self.up(index, "data")
        if data is None:
            if not self.up(index, "resheader", "xsd:schema"):
                yield from self.shown(Role.STRING, node, "resources", Kind.FORM)
            return
        role = Role.COMMENT if self.nodes[node.parent].name == "comment" else Role.VALUE
        yield from self.shown(role, node, "resources", Kind.FORM, data.get("name"))


#: Elements of Android resources that are named by an attribute, and the role of the name.
_RESOURCES = {
    "string": Role.KEY, "plurals": Role.CONSTANT, "string-array": Role.CONSTANT, "integer-array": Role.CONSTANT,
    "array": Role.CONSTANT, "item": Role.KEY, "dimen": Role.KEY, "color": Role.KEY, "attr": Role.KEY,
    "enum": Role.MEMBER, "flag": Role.MEMBER, "style": Role.KEY,
}  # fmt: skip

_ITEMS = frozenset(("comboboxitem", "listboxitem", "string", "menuflyoutitem", "pickeritem", "radiobutton"))
_STATIC = frozenset(("textblock", "textview", "label", "text"))


class Android(Dialect):
    """Android resources and layouts, XAML and FXML: names as fields, shown texts as labels about them."""

    def prepare(self) -> None:
        #: A text without a name stands for the named element that comes right after it.
        self.next: dict[int, str] = {}
        waiting = -1
        for index, node in enumerate(self.nodes):
            if node.sort != "element":
                continue
            name = self.name(node)
            if name and waiting >= 0 and index - waiting <= 3:
                self.next[waiting] = name
            waiting = index if node.tag in _STATIC and not name else -1

    def around(self, index: int) -> tuple[str, Kind]:  # noqa: ARG002
        return "form", Kind.FORM

    def name(self, node: Node) -> str:
        """What an element is called or bound to."""
        for attribute in node.attributes:
            if found := _BINDING.search(attribute.value[:200]):
                return found[1].rpartition(".")[2]
        for attribute in node.attributes:
            if attribute.name.lower() in _NAMED:
                return attribute.value.rpartition("/")[2].rpartition(":")[2][:200]
        return ""

    def offered(self, index: int) -> str:
        """Owner of what an element offers: the named element around it."""
        for at in self.document.parents(index):
            if name := self.name(self.nodes[at]):
                return f"form.{name}"
        return "form.items"

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        about = self.name(node) or self.next.get(index, "")
        for attribute in node.attributes:
            low = attribute.name.lower()
            local = low.rpartition(":")[2].rpartition(".")[2]
            if low == "name" and node.name in _RESOURCES:
                listed = _RESOURCES[node.name] is Role.CONSTANT
                owner = attribute.value if listed else "resources"
                yield from self.named(_RESOURCES[node.name], attribute, owner, Kind.LIST if listed else Kind.FORM)
            elif found := _BINDING.search(attribute.value[:200]):
                holder, _, name = found[1].rpartition(".")
                line, column = self.document.spot(attribute.inner + found.end(1) - len(name))
                yield Surface(Role.FIELD, name, self.place.at(line=line, column=column), holder or "form", Kind.FORM)
            elif low in _NAMED:
                yield from self.named(Role.FIELD, attribute, "form", Kind.FORM, node.name)
            elif local in ("content", "text") and node.tag in _ITEMS:
                yield from self.named(Role.MEMBER, attribute, self.offered(index), Kind.FORM)
            elif local in _SHOWN:
                role = Role.STRING if attribute.value.startswith("@") else Role.LABEL
                yield from self.put(role, attribute, "form", Kind.FORM, about)
            else:
                yield from self.plain(index, attribute)

    def text(self, index: int, node: Node) -> Iterator[Surface]:
        array = self.up(index, "string-array", "array", "integer-array", "plurals")
        if array is not None:
            yield from self.shown(Role.MEMBER, node, array.get("name"), Kind.LIST)
            return
        holder = self.up(index, "string", "item")
        if holder is not None and holder.get("name"):
            yield from self.shown(Role.VALUE, node, "resources", Kind.FORM, holder.get("name"))
            return
        parent = self.nodes[node.parent] if node.parent >= 0 else None
        if parent is not None and parent.tag in _ITEMS:
            yield from self.shown(Role.MEMBER, node, self.offered(node.parent), Kind.FORM)
            return
        about = self.name(parent) or self.next.get(node.parent, "") if parent is not None else ""
        yield from self.shown(Role.LABEL, node, "form", Kind.FORM, about)


class Apple(Dialect):
    """Storyboards and nibs: outlets as fields, shown texts as labels about the outlet of their view."""

    def prepare(self) -> None:
        self.outlets: dict[str, str] = {}
        self.form = "form"
        for node in self.nodes:
            if node.sort != "element":
                continue
            if node.name in ("outlet", "outletCollection") and (target := node.get("destination")):
                self.outlets.setdefault(target, node.get("property"))
            if self.form == "form" and node.get("customClass"):
                self.form = node.get("customClass")

    def around(self, index: int) -> tuple[str, Kind]:  # noqa: ARG002
        return self.form, Kind.FORM

    def name(self, index: int) -> str:
        for at in [index, *self.document.parents(index)]:
            node = self.nodes[at]
            if node.sort == "element" and (name := self.outlets.get(node.get("id")) or node.get("userLabel")):
                return name
        return ""

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        for attribute in node.attributes:
            low = attribute.name.lower()
            if node.name in ("outlet", "outletCollection", "action") and low in ("property", "selector"):
                yield from self.named(Role.FIELD if low == "property" else Role.USE, attribute, self.form, Kind.FORM)
            elif node.name == "segment" and low == "title":
                yield from self.named(
                    Role.MEMBER, attribute, f"{self.form}.{self.name(index) or 'segments'}", Kind.FORM
                )
            elif low in (
                "text",
                "title",
                "placeholder",
                "headertitle",
                "footertitle",
                "label",
                "prompt",
                "tooltip",
                "userlabel",
            ):
                yield from self.put(Role.LABEL, attribute, self.form, Kind.FORM, self.name(index))
            elif low in (
                "id",
                "destination",
                "key",
                "colorspace",
                "fontdescription",
                "targetruntime",
                "propertyaccesscontrol",
            ):
                continue
            else:
                yield from self.plain(index, attribute)

    def text(self, index: int, node: Node) -> Iterator[Surface]:  # noqa: ARG002
        yield from self.shown(
            Role.LABEL, node, self.form, Kind.FORM, self.name(node.parent) if node.parent >= 0 else ""
        )
