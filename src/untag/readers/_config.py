"""XML that describes an interface or a mapping: MyBatis, Hibernate, Qt, Android, XAML, Interface Builder, resx."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers._lines import Line, dense, has_word, joined, spread
from untag.readers._markup import parse
from untag.readers._runs import rows, show
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place
    from untag.readers._markup import Attribute, Node

__all__ = ["config", "sort_of"]

_HEAD = re.compile(r"<([A-Za-z_][\w:.\-]*)([^>]*)")
_SKIP = re.compile(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_PARAMETER = re.compile(r"[#$]\{?\s*([A-Za-z_][\w.\[\]]*)[^{}]*\}?|:([a-z]\w*)")
_WORD = re.compile(
    r"'(?:[^'\\]|\\.)*'|[#$]\{[^{}]*\}|[`\"\[]?[A-Za-z_\u3400-\u9fff][\w$.\u3400-\u9fff]*[`\"\]]?|--[^\n]*|[(),;=<>]"
)
_SQL = frozenset({
    "select", "insert", "update", "delete", "from", "where", "and", "or", "not", "null", "is", "in", "like", "as",
    "on", "join", "left", "right", "inner", "outer", "full", "cross", "group", "by", "order", "having", "limit",
    "offset", "union", "all", "distinct", "set", "values", "into", "case", "when", "then", "else", "end", "asc",
    "desc", "between", "exists", "count", "sum", "max", "min", "avg", "if", "ifnull", "nvl", "coalesce", "concat",
    "cast", "true", "false", "top", "with", "replace", "ignore", "key", "duplicate", "using", "natural", "trim",
    "date_format", "now", "varchar", "integer", "bigint", "timestamp", "date", "rownum", "over", "partition",
})  # fmt: skip
_STATEMENTS = frozenset(("select", "insert", "update", "delete", "sql", "statement", "procedure", "selectkey"))
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


def sort_of(head: str, suffix: str) -> str:
    """Which of the known kinds of XML a file is.

    Args:
        head: Its first few thousand characters.
        suffix: Its suffix.

    Returns:
        A word for the kind, or nothing.
    """
    found = _HEAD.search(_SKIP.sub(" ", head))
    if not found:
        return ""
    root, rest = found[1], found[2]
    if root in ("mapper", "sqlMap", "sqlMapConfig") and ("namespace" in rest or "mybatis" in head or "ibatis" in head):
        return "mapper"
    if root in ("generatorConfiguration", "hibernate-mapping", "entity-mappings", "class-mapping"):
        return "mapping"
    if root == "ui" and ("version" in rest or "<class>" in head):
        return "qt"
    if root in ("TS", "RCC"):
        return root.lower()
    if root == "resources" or "schemas.android.com/apk/res" in rest:
        return "android" if root != "manifest" else ""
    if "InterfaceBuilder" in rest or (root == "archive" and suffix in (".xib", ".storyboard")):
        return "apple"
    if (
        suffix in (".xaml", ".axaml", ".fxml")
        or "winfx/2006/xaml" in rest
        or "javafx" in head[:2000]
        or "avaloniaui" in rest
    ):
        return "xaml"
    if root == "root" and ("resheader" in head or suffix in (".resx", ".resw")):
        return "resx"
    return ""


def config(text: str, place: Place, sort: str, most: int) -> Iterator[Surface | Gap]:
    """Surfaces of an XML file of a known kind.

    Args:
        text: The file.
        place: Place of the artifact.
        sort: What ``sort_of`` said.
        most: Most nodes to look at.
    """
    kinds = {
        "mapper": _Mapper,
        "mapping": _Mapping,
        "qt": _Qt,
        "ts": _Linguist,
        "android": _Android,
        "apple": _Apple,
        "resx": _Resx,
        "xaml": _Android,
    }
    reader = kinds.get(sort, _Config)(text, place, most)
    yield from reader.run()
    if reader.document.cut:
        yield Gap(place, Reason.LIMIT, "more pieces of markup than are looked at")


class _Config:
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
            elif not (node.sort == "instruction" and node.text[:3].lower() in ("xml", "doc")):
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
                type=type_[:200],
                value=value[:200],
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
            yield Surface(role, clean.strip(), spot, owner, kind, about[:200], value[:200])
            if role is Role.LABEL and (made := joined(clean)) != dense(clean):
                yield Surface(role, made, spot, owner, kind, about[:200], value[:200])

    def up(self, index: int, *tags: str) -> Node | None:
        """The nearest element around a node with one of these names."""
        for at in self.document.parents(index):
            if self.nodes[at].name in tags:
                return self.nodes[at]
        return None


def _attribute(node: Node, *names: str) -> Attribute | None:
    return next((a for n in names for a in node.attributes if a.name == n and a.value), None)


class _Mapper(_Config):
    """MyBatis and iBATIS: result maps, statements, their conditions and SQL."""

    def prepare(self) -> None:
        self.space = ""
        self.held: list[str] = []
        #: State of the SQL of the statement that is read: the clause, and its depth of brackets.
        self.clause = ""
        self.statement = ""
        self.end = -1
        for node in self.nodes:
            if node.sort == "element" and node.name in ("mapper", "sqlMap"):
                self.space = node.get("namespace").rpartition(".")[2]
                break

    def around(self, index: int) -> tuple[str, Kind]:
        if index < self.end:
            return self.statement, Kind.QUERY
        for at in self.document.parents(index):
            if self.nodes[at].name in ("resultMap", "parameterMap"):
                return self.nodes[at].get("id"), Kind.TABLE
        return self.space, Kind.FILE

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        name = node.name.lower()
        if name in ("resultmap", "parametermap"):
            own = node.get("id")
            yield from self.named(Role.TYPE, _attribute(node, "id"), own, Kind.TABLE, node.get("type", "class"))
            for attribute in node.attributes:
                if attribute.name != "id":
                    yield from self.put(Role.USE, attribute, own, Kind.TABLE)
        elif name in (
            "id",
            "result",
            "association",
            "collection",
            "idarg",
            "arg",
            "parameter",
            "discriminator",
        ) and self.up(index, "resultMap", "parameterMap"):
            owner, kind = self.around(index)
            for attribute in node.attributes:
                low = attribute.name.lower()
                role = Role.FIELD if low in ("property", "name") else Role.COLUMN if low == "column" else Role.USE
                if role is Role.USE:
                    yield from self.put(role, attribute, owner, kind, node.get("property"))
                else:
                    yield from self.named(
                        role,
                        attribute,
                        owner,
                        kind,
                        node.get("jdbcType", "javaType"),
                        node.get("column") if role is Role.FIELD else "",
                    )
        elif name in _STATEMENTS and (own := node.get("id")):
            self.statement = f"{self.space}.{own}" if self.space else own
            self.clause, self.end = name if name != "sql" else "", node.end
            yield from self.named(
                Role.FUNCTION,
                _attribute(node, "id"),
                self.space,
                Kind.FILE,
                node.get("resultMap", "resultType", "resultClass"),
            )
            for attribute in node.attributes:
                if attribute.name != "id":
                    yield from self.put(Role.USE, attribute, self.statement, Kind.QUERY)
        else:
            yield from self.dynamic(index, node, name)

    def dynamic(self, index: int, node: Node, name: str) -> Iterator[Surface]:
        """Elements that make SQL depend on what is asked for."""
        owner, kind = self.around(index)
        if name in ("where", "set"):
            self.clause = name
        elif name == "trim" and (prefix := node.get("prefix").strip().lower()):
            self.clause = "columns" if prefix == "(" else prefix.partition(" ")[0].partition("(")[0] or self.clause
        for attribute in node.attributes:
            low = attribute.name.lower()
            if low == "test" or (name.startswith("is") and low in ("property", "compareproperty", "comparevalue")):
                yield from self.put(Role.CONDITION, attribute, owner, kind)
            elif low in ("collection", "refid", "item", "value", "property"):
                yield from self.put(Role.USE, attribute, owner, kind)
            else:
                yield from self.plain(index, attribute)

    def text(self, index: int, node: Node) -> Iterator[Surface]:
        owner, kind = self.around(index)
        if index >= self.end:
            yield from self.shown(Role.STRING, node, owner, kind)
            return
        for line in rows(self.document, node):
            yield from self.sql(
                Line(line.number, unescape(line.text) if node.sort == "text" else line.text, line.indent), owner
            )

    def sql(self, line: Line, owner: str) -> Iterator[Surface]:
        """A line of SQL: what stands in a condition as a condition, names as tables and columns."""
        begun = -1
        for found in _WORD.finditer(line.text):
            word = found[0]
            low = word.strip('`"[]').lower()
            if low in ("where", "having", "on"):
                self.clause = "where"
            elif low in (
                "select",
                "from",
                "join",
                "into",
                "update",
                "set",
                "values",
                "order",
                "group",
                "limit",
                "union",
                "insert",
                "delete",
            ):
                if begun >= 0:
                    yield from self.condition(line, begun, found.start(), owner)
                    begun = -1
                self.clause = {"join": "from", "into": "into", "update": "into"}.get(low, low)
                continue
            if self.clause == "where":
                begun = found.start() if begun < 0 else begun
                continue
            yield from self.word(line, found, low, owner)
        if begun >= 0:
            yield from self.condition(line, begun, len(line.text), owner)

    def condition(self, line: Line, start: int, end: int, owner: str) -> Iterator[Surface]:
        yield from spread(Role.CONDITION, line, self.place, owner, Kind.QUERY, "", start, line.text[start:end])

    def word(self, line: Line, found: re.Match[str], low: str, owner: str) -> Iterator[Surface]:
        word = found[0]
        spot = self.place.at(line=line.number, column=line.indent + found.start() + 1)
        if word == "(" and self.clause == "into":
            self.clause = "columns"
        elif word[0] in "#$":
            name = _PARAMETER.match(word)
            if name and name[1]:
                yield Surface(Role.PARAMETER, name[1][:200], spot, owner, Kind.QUERY)
        elif word.startswith("--"):
            yield from spread(Role.COMMENT, line, self.place, owner, Kind.QUERY, "", found.start(), word)
        elif word[0] == "'":
            yield from spread(Role.STRING, line, self.place, owner, Kind.QUERY, "", found.start() + 1, word[1:-1])
        elif low not in _SQL and has_word(word):
            role = Role.TYPE if self.clause in ("from", "into") else Role.COLUMN
            if role is Role.TYPE and self.clause == "from" and len(low) <= 2:
                return
            yield Surface(role, word.strip('`"[]')[:2000], spot, owner, Kind.QUERY)


class _Mapping(_Config):
    """Object-relational mappings and generator configurations: classes, tables, fields and columns."""

    def around(self, index: int) -> tuple[str, Kind]:
        for at in (
            [index, *self.document.parents(index)]
            if self.nodes[index].sort == "element"
            else self.document.parents(index)
        ):
            node = self.nodes[at]
            if node.name in ("class", "entity", "table", "subclass", "joined-subclass", "embeddable", "component"):
                return node.get("name", "class", "domainObjectName", "tableName", "table"), Kind.TABLE
        return "", Kind.FILE

    def element(self, index: int, node: Node) -> Iterator[Surface]:
        owner, kind = self.around(index)
        holds = node.name in ("class", "entity", "table", "subclass", "joined-subclass", "embeddable")
        for attribute in node.attributes:
            low = attribute.name.lower()
            if holds and low in ("name", "table", "class", "tablename", "domainobjectname"):
                yield from self.named(Role.TYPE, attribute, owner, kind)
            elif low in ("column", "delimitedcolumnname") or (low == "name" and node.name == "column"):
                yield from self.named(Role.COLUMN, attribute, owner, kind)
            elif low in ("name", "property", "javaproperty") and owner:
                yield from self.named(
                    Role.FIELD, attribute, owner, kind, node.get("type", "javaType"), node.get("column")
                )
            elif low == "value" and node.name == "property":
                yield from self.put(Role.VALUE, attribute, owner, kind, node.get("name"))
            else:
                yield from self.put(Role.STRING, attribute, owner, kind)


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


class _Qt(_Config):
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
            yield from self.named(role, _attribute(node, "name"), self.form, Kind.FORM, node.get("class"))
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


class _Linguist(_Config):
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


class _Resx(_Config):
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


class _Android(_Config):
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


class _Apple(_Config):
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
