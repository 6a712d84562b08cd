"""Which element of a template is bound to which field, and which field a text or a label describes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from untag.readers._helper import Helped, helped
from untag.readers._lines import Names
from untag.readers._markup import Attribute, Node, parse
from untag.readers._page import blocks_of

if TYPE_CHECKING:
    from untag.place import Place

__all__ = ["STOP", "STRING", "Binding", "Bound"]

#: Attributes that bind an element to a field, the surest first.
_BINDS = (
    "v-model", "[(ngmodel)]", "ng-model", "x-model", "bind:value", "bind:checked", "bind:group", "wire:model",
    "@bind-value", "@bind",
    "model:value", "formcontrolname", "[formcontrolname]", "[formcontrol]", "th:field", "*{field}", "asp-for",
    "v-decorator", "path", "dataindex",
    "data-index", "data-field", "prop", "field", "property", "valuefield", "textfield", "bind", "binding",
)  # fmt: skip
#: Attributes that show a field without letting it be changed.
_SHOWS = ("th:text", "v-text", "v-html", "ng-bind", "[innertext]", "[innerhtml]", "data-bind", "wx:value")
#: Elements that take input; their name or id binds them if nothing better does.
_CONTROL = re.compile(
    r"(?:.*[-:.]|[A-Z]\w*)?(?:input|select|textarea|field|checkbox|radio|combobox|picker|autocomplete|switch|cascader|dropdown|hidden|upload|listbox"
    r"|inputtext|radiogroup|checkboxgroup|textbox|radiobuttonlist|dropdownlist|checkboxlist)(?:-?group)?$",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"(?:.*[-:])?(?:form|table|grid|descriptions|dialog|modal|datagrid|gridview|fieldset)$", re.IGNORECASE
)
STOP = frozenset(("form", "body", "html", "table", "tbody", "thead", "template", "script", "main"))
_CHAIN = re.compile(r"[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*|\[['\":]?[\w\-]+['\"]?\])*")
STRING = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|`([^`$]*)`")
#: Attributes that name a field inside a call: ``getFieldDecorator('f2')``, ``form.get('f2')``.
_CALLED = {
    "v-decorator": STRING,
    "[formcontrol]": re.compile(r"\.get\(\s*(?:'([\w.\-]{1,80})'|\"([\w.\-]{1,80})\")"),
}
_ONLY = re.compile(
    r"\s*[*$@#]?\{*\s*(?:Html\.\w+\(|e\()?\s*([A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*|\[['\"]?[\w\-]+['\"]?\])*)\s*(?:\|[^|{}]{0,80})?\)?\s*\}*\s*$"
)
#: Languages of server blocks by suffix of the file.
_SERVER = {
    ".jsp": "java", ".jspf": "java", ".jspx": "java", ".tag": "java", ".aspx": "csharp", ".ascx": "csharp",
    ".master": "csharp",
    ".ashx": "csharp", ".asmx": "csharp", ".cshtml": "csharp", ".razor": "csharp", ".erb": "ruby", ".rhtml": "ruby",
    ".php": "php",
    ".phtml": "php", ".ejs": "javascript",
}  # fmt: skip
#: A container with more controls than this is no row of one label and one field.
_MANY = 24
#: So many pieces of markup may lie between a label and its field.
_NEAR = 30
#: Pieces of a template in which a framework's helper may be called.
_ASKS = frozenset(("directive", "expression", "server"))
_BUTTON = re.compile(r"(?:(?:.*-)?button|a|.*-link|nav|footer|header)$", re.IGNORECASE)


class Bound(NamedTuple):
    """A field that an element is bound to: its name, what holds it, and the attribute that says so."""

    name: str
    owner: str
    attribute: Attribute | None


class Binding:
    """The elements of a template with the fields that they are bound to."""

    def __init__(self, text: str, place: Place, suffix: str, most: int) -> None:
        self.document = parse(text, single=suffix in (".svelte", ".astro", ".marko"), most=most)
        self.nodes = self.document.nodes
        self.place = place
        self.language = _SERVER.get(suffix, "")
        self.blocks = blocks_of(self.document)
        self.bound: dict[int, Bound] = {}
        self.strong: list[int] = []
        self.weak: list[int] = []
        self.ids: dict[str, int] = {}
        self.heads: dict[int, Bound] = {}
        #: The block whose text is being read, so that a label is put together where its first piece stands.
        self.run_in = -2
        #: For each node the form around it, and each form's own name.
        self.forms: list[int] = []
        self.titles: dict[int, str] = {}
        self.names = Names()
        #: What the helpers make that server blocks and expressions call.
        self.helpers: dict[int, Helped] = {}
        self.bind()
        self.tables()

    # Which element is bound to what.

    def bind(self) -> None:
        """Find the fields: one pass over all nodes."""
        for index, node in enumerate(self.nodes):
            around = self.forms[node.parent] if node.parent >= 0 else -1
            if node.sort == "element":
                if len(node.name) < 60 and _FORM.match(node.name) and ((title := self.title(node)) or around < 0):
                    around = index
                    self.titles[index] = title or self.names.fresh("form")
                if name := node.get("id", "ID", "Id"):
                    self.ids.setdefault(name, index)
                made = self.of(node, around)
                if made:
                    self.bound[index] = made
                    self.strong.append(index)
                elif shown := self.shown(node, around):
                    self.bound[index] = shown
                    self.weak.append(index)
            elif node.sort in _ASKS and (asked := helped(node.text)):
                self.helpers[index] = asked
                if asked.control:
                    self.bound[index] = Bound(asked.name, self.owner(around), None)
                    self.strong.append(index)
            elif node.sort in ("expression", "server") and (found := _ONLY.match(node.text[:300].lstrip("=-:!"))):
                self.bound[index] = self.chain(found[1], around, None)
                self.weak.append(index)
            self.forms.append(around)

    def title(self, node: Node) -> str:
        """What a form or table calls its data."""
        value = node.get(
            ":model",
            "[formGroup]",
            ":data",
            ":data-source",
            "model",
            "modelAttribute",
            "th:object",
            ":form",
            "name",
            "id",
            "ref",
            ":rows",
            "data",
        )
        found = _CHAIN.search(value)
        return found[0].rpartition(".")[2] if found else ""

    def of(self, node: Node, around: int) -> Bound | None:
        best: Attribute | None = None
        rank = len(_BINDS)
        for attribute in node.attributes:
            name = attribute.name.lower().lstrip(":") if not attribute.name.startswith((":model", ":prop.")) else ""
            base = name.partition(".")[0]
            for at, bind in enumerate(_BINDS[:rank]):
                if base == bind or (base.startswith(bind + ":") and at < 9):
                    best, rank = attribute, at
                    break
        if best is None and _CONTROL.match(node.name[:60]):
            best = next(
                (a for want in ("name", "id") for a in node.attributes if a.name.lower() == want and a.value), None
            )
        if best is None or not best.value:
            return None
        if called := _CALLED.get(best.name.lower()):
            said = called.search(best.value)
            if said and (said[1] or said[2]):
                return Bound(said[1] or said[2], self.owner(around), best)
            if best.name == "v-decorator":
                return None
        found = _CHAIN.search(best.value[:300])
        return self.chain(found[0], around, best) if found else None

    def shown(self, node: Node, around: int) -> Bound | None:
        for attribute in node.attributes:
            if attribute.value.startswith("#{") and attribute.name.startswith("th:"):
                continue  # a message, no field
            if attribute.name.lower() in _SHOWS and (found := _CHAIN.search(attribute.value[:300])):
                return self.chain(found[0], around, attribute)
        return None

    def chain(self, text: str, around: int, attribute: Attribute | None) -> Bound:
        """``scope.row.nation`` as the field ``nation`` of ``row``."""
        parts = [p.strip("'\"]?:") for p in re.split(r"\.|\[", text.replace("?.", "."))]
        parts = [p for p in parts if p] or [text]
        holder = ".".join(parts[:-1])
        while holder.startswith(("scope.", "this.", "$data.", "Model.", "model.", "props.")):
            holder = holder.partition(".")[2]
        if attribute is not None and attribute.name == "[formControl]":
            holder = ""  # ``form.controls.f4`` is a field of the form around it
        return Bound(parts[-1], holder or self.owner(around), attribute)

    def owner(self, around: int) -> str:
        return self.titles.get(around, "form")

    def tables(self) -> None:
        """Bind the header cells of plain tables to what their columns show."""
        table, heads = -2, list[int]()
        for index, node in enumerate(self.nodes):
            if node.sort != "element" or node.tag != "tr":
                continue
            # A row belongs to the table above its section.
            parent = node.parent
            if parent >= 0 and self.nodes[parent].tag in ("thead", "tbody", "tfoot"):
                parent = self.nodes[parent].parent
            cells = self.cells(index, node)
            if cells and all(self.nodes[c].tag == "th" for c in cells):
                table, heads = parent, cells
            elif cells and table == parent:
                for head, cell in zip(heads, cells, strict=False):
                    if made := self.first(cell, self.nodes[cell].end):
                        self.heads[head] = made
                table = -2

    def cells(self, index: int, node: Node) -> list[int]:
        out: list[int] = []
        at = index + 1
        while at < node.end and len(out) < 400:
            if self.nodes[at].sort == "element" and self.nodes[at].tag in ("td", "th"):
                out.append(at)
                at = self.nodes[at].end
            elif self.nodes[at].sort == "element" and self.nodes[at].tag == "tr":
                break
            else:
                at += 1
        return out

    def first(self, start: int, end: int) -> Bound | None:
        """The first field inside a span of nodes."""
        for group in (self.strong, self.weak):
            at = bisect_left(group, start)
            if at < len(group) and group[at] < end:
                return self.bound[group[at]]
        return None

    def about(self, index: int) -> Bound | None:
        """The field that a text (or an element's own label) describes."""
        at = index if self.nodes[index].sort == "element" else self.nodes[index].parent
        for _ in range(7):
            if at < 0:
                return None
            node = self.nodes[at]
            if at in self.heads:
                return self.heads[at]
            if at in self.bound and self.bound[at].attribute is not None:
                return self.bound[at]
            if node.tag == "label" and (wanted := node.get("for", "htmlFor", "asp-for", ":for", "[for]")):
                target = self.ids.get(wanted)
                if target is not None and target in self.bound:
                    return self.bound[target]
                return self.chain(wanted, self.forms[at], None)
            if node.tag == "label" and node.end in self.bound and self.bound[node.end].attribute is not None:
                return self.bound[node.end]
            if node.tag in STOP or _BUTTON.match(node.name) or at in self.titles:
                return None
            if made := self.inside(index, at, node.end):
                return made
            at = node.parent
        return None

    def inside(self, index: int, start: int, end: int) -> Bound | None:
        """The field that belongs to a text inside a container: the only one, or the next one after the text."""
        for group in (self.strong, self.weak):
            low, high = bisect_left(group, start), bisect_left(group, end)
            if high - low == 0:
                continue
            if high - low > _MANY:
                return None
            at = bisect_right(group, index)
            if at >= high:
                # A label behind its field, as with a check box, where there is no other field to confuse it with.
                at = high - 1
                if high - low > 1 and self.nodes[start].tag != "label":
                    return None
            return self.bound[group[at]] if abs(group[at] - index) <= _NEAR else None
        return None
