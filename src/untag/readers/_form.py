"""Templates of user interfaces: which label stands beside which field, what a select offers, what is shown when."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.readers._bind import STOP, STRING, Binding
from untag.readers._helper import message, translated
from untag.readers._lines import Line, dense, has_word, joined, numeric, pieces, spread
from untag.readers._runs import INLINE, rows, show, whole
from untag.readers._snippet import snippet, tree
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Gap
    from untag.place import Place
    from untag.readers._bind import Bound
    from untag.readers._helper import Helped
    from untag.readers._markup import Attribute, Node

__all__ = ["form"]

_OPTION = re.compile(
    r"(?:.*[-:])?(?:option|radio|radio-?button|checkbox|checkbox-?button|menu-?item|listitem|selectitem|tag)$",
    re.IGNORECASE,
)
#: Attributes whose text is shown to people.
_LABELS = frozenset({
    "label", "title", "placeholder", "header", "header-text", "headertext", "caption", "aria-label", "alt", "tip",
    "tooltip", "tips", "hint", "text", "desc", "description", "sub-title", "subtitle", "content",
    "data-original-title", "data-title", "data-label", "legend", "prepend", "append", "start-placeholder",
    "end-placeholder", "unchecked-text", "active-text", "inactive-text", "floatlabel", "displayname",
    "display-name", "messages", "emptytext", "empty-text", "nametext", "labeltext", "label-text",
})  # fmt: skip
_CONDITIONS = frozenset({
    "v-if", "v-else-if", "v-show", "*ngif", "[hidden]", "ng-if", "ng-show", "ng-hide", "ng-switch",
    "ng-switch-when", "[ngswitch]", "*ngswitchcase", "x-if", "x-show", "th:if", "th:unless", "th:switch", "th:case",
    "test", "rendered", "wx:if", "wx:elif", "a:if", "s-if", ":disabled", "v-bind:disabled", "[disabled]",
    "ng-disabled", "visible", ":visible",
})  # fmt: skip
_LOOPS = frozenset({
    "v-for", "*ngfor", "ng-repeat", "x-for", "th:each", "items", "wx:for", "a:for", "s-for", "ng-options", "v-slot",
    "slot-scope", "scope", "#default",
})  # fmt: skip
_EVENT = re.compile(r"(?:@|v-on:|\(|on|bind:?tap|catchtap|hx-|wire:(?:click|change))[\w.:\-]+\)?$", re.IGNORECASE)
_CASE = re.compile(
    r"\s*(?:-\s*)?[#/:]?\s*(?:if|elif|elsif|elseif|else if|unless|when|case|switch|ifequal|ifnotequal|eq|ne)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\s*[-/:]?\s*(?:end\w*|else|if|each|/\w+)\s*$")


def form(text: str, place: Place, suffix: str, most: int) -> Iterator[Surface | Gap]:
    """Surfaces of a template.

    Args:
        text: The template.
        place: Place of the artifact.
        suffix: Suffix of the file, which tells the language of its server blocks.
        most: Most nodes to look at.
    """
    reader = _Form(text, place, suffix, most)
    yield from reader.run()
    yield from reader.document.gaps(place)


class _Form(Binding):
    """What is shown."""

    def run(self) -> Iterator[Surface]:
        nodes = self.nodes
        for index, node in enumerate(nodes):
            if node.sort != "text" and not (node.sort == "element" and node.name.lower() in INLINE):
                self.run_in = -2
            if node.sort == "element":
                for attribute in node.attributes:
                    yield from self.attribute(index, node, attribute)
            elif node.sort == "text":
                yield from self.text(index, node)
            elif node.sort in ("expression", "directive", "server"):
                yield from self.block(index, node)
            elif node.sort == "raw":
                yield from self.raw(node)
            else:
                role = Role.COMMENT if node.sort == "comment" else Role.STRING
                yield from show(role, self.document, node, self.place, "", Kind.FILE, "")

    def spots(self, attribute: Attribute) -> list[Line]:
        """The lines of an attribute's value."""
        number, column = self.document.spot(attribute.inner)
        parts = attribute.value.split("\n") if "\n" in attribute.value else [attribute.value]
        return [Line(number + i, part.rstrip("\r"), column - 1 if i == 0 else 0) for i, part in enumerate(parts)]

    def put(self, role: Role, attribute: Attribute, owner: str, kind: Kind, about: str = "") -> Iterator[Surface]:
        for line in self.spots(attribute):
            yield from spread(role, line, self.place, owner, kind, about)

    def attribute(self, index: int, node: Node, attribute: Attribute) -> Iterator[Surface]:
        value = attribute.value
        name = attribute.name
        # A name without a value, or one that says something itself (Angular, Svelte shorthand), is text too.
        if not value:
            if len(name) > 2 and has_word(name) and "{" in name:
                number, column = self.document.spot(attribute.start)
                yield from spread(Role.USE, Line(number, name, column - 1), self.place)
            return
        if not has_word(value):
            return
        made = self.bound.get(index)
        around = self.owner(self.forms[index])
        if made and made.attribute is attribute:
            yield from self.field(made, attribute)
            return
        low = name.lower()
        base = low.lstrip(":[").rstrip("]").removeprefix("v-bind:")
        if key := translated(node.name, base, value):
            yield from self.key(index, attribute, *key)
            return
        if low in _CONDITIONS or base in _CONDITIONS:
            leads = self.content(index, node)
            for line in self.spots(attribute):
                for start, piece in pieces(line.text):
                    spot = self.place.at(line=line.number, column=line.indent + start + 1)
                    owner, about = (made.owner, made.name) if made else (around, "")
                    yield Surface(Role.CONDITION, piece, spot, owner, Kind.FORM, about, leads)
        elif low in _LOOPS or low.startswith(("v-slot:", "#", "let-")):
            yield from self.put(Role.USE, attribute, around, Kind.FORM)
        elif _EVENT.match(low) and not low.startswith("on-") and low not in ("one", "only", "once"):
            yield from self.put(Role.CALL, attribute, around, Kind.FORM)
        elif low.startswith((":", "[", "v-bind:", "*")) or value.startswith(("{", "${", "#{", "@", "%{")):
            yield from self.dynamic(index, attribute, base, around)
        elif (base == "value" and _OPTION.match(node.name)) or (
            base == "value" and node.get("type").lower() in ("radio", "checkbox")
        ):
            yield from self.option(index, node, attribute)
        elif base in _LABELS or (base == "value" and node.get("type").lower() in ("submit", "button", "reset")):
            yield from self.label(index, node, attribute)
        else:
            yield from self.put(
                Role.STRING, attribute, made.owner if made else around, Kind.FORM, made.name if made else ""
            )

    def field(self, made: Bound, attribute: Attribute) -> Iterator[Surface]:
        start = attribute.value.find(made.name)
        bare = attribute.value.strip()
        if start < 0 or len(bare) > 300 or "\n" in bare:
            yield from self.put(Role.USE, attribute, made.owner, Kind.FORM)
            return
        number, column = self.document.spot(attribute.inner + start)
        yield Surface(Role.FIELD, made.name, self.place.at(line=number, column=column), made.owner, Kind.FORM)
        rest = (bare[: bare.find(made.name)] + " " + bare[bare.find(made.name) + len(made.name) :]).strip(
            " .'\"[]{}()$*#"
        )
        if has_word(rest) and rest != made.owner:
            yield from self.put(Role.USE, attribute, made.owner, Kind.FORM, made.name)

    def label(self, index: int, node: Node, attribute: Attribute) -> Iterator[Surface]:
        """A label in an attribute; of an option it is what the option is called."""
        if _OPTION.match(node.name) and attribute.name.lower() in ("label", "title", "text"):
            yield from self.option(index, node, attribute)
            return
        made = self.about(index)
        owner, about = (made.owner, made.name) if made else (self.owner(self.forms[index]), "")
        for line in self.spots(attribute):
            yield from self.both(line, owner, about)

    def key(self, index: int, attribute: Attribute, key: str, start: int) -> Iterator[Surface]:
        """The key of a message in an attribute: what it is called stands for what is shown."""
        about = self.about(index)
        owner, name = (about.owner, about.name) if about else (self.owner(self.forms[index]), "")
        number, column = self.document.spot(attribute.inner + max(0, start))
        yield Surface(Role.LABEL, key, self.place.at(line=number, column=column), owner, Kind.FORM, name)

    def both(self, line: Line, owner: str, about: str) -> Iterator[Surface]:
        """A label as written, and in one piece where spaces cut it."""
        yield from spread(Role.LABEL, line, self.place, owner, Kind.FORM, about)
        made = joined(line.text) if len(line.text) <= 200 else ""
        if made and made != dense(line.text):
            lead = len(line.text) - len(line.text.lstrip())
            yield from spread(Role.LABEL, line, self.place, owner, Kind.FORM, about, lead, made)

    def select(self, index: int) -> str:
        """Owner of the options of the control around an element, or of the one that it is part of."""
        at = index
        for _ in range(8):
            made = self.bound.get(at)
            if made:
                return f"{made.owner}.{made.name}"
            at = self.nodes[at].parent
            if at < 0 or self.nodes[at].tag in STOP:
                break
        return f"{self.owner(self.forms[index])}.options"

    def option(self, index: int, node: Node, attribute: Attribute) -> Iterator[Surface]:
        """A value that can be chosen: shown once with its label; the value itself where it is a word."""
        owner = self.select(index)
        name = attribute.name.lower()
        content = self.content(index, node)
        shown = node.get("label", "title", "text") or content
        if name == "value" and shown and shown != attribute.value:
            # The label stands for the option; the value is shown beside it, and for itself where it is a word.
            yield from self.put(Role.VALUE, attribute, owner, Kind.FORM, upto(shown, 200))
            return
        value = node.get("value", ":value", "v-bind:value", "[value]")
        for line in self.spots(attribute):
            for start, piece in pieces(line.text):
                spot = self.place.at(line=line.number, column=line.indent + start + 1)
                yield Surface(
                    Role.MEMBER, joined(piece), spot, owner, Kind.FORM, value=value[:200] if value != piece else ""
                )

    def content(self, index: int, node: Node) -> str:
        texts = [n.text for n in self.nodes[index + 1 : min(node.end, index + 12)] if n.sort == "text"]
        return upto(joined(unescape(" ".join(texts))), 200)

    def dynamic(self, index: int, attribute: Attribute, base: str, around: str) -> Iterator[Surface]:
        """An expression: literals of a list are members, a string that is a label is one, the rest is use."""
        value = attribute.value.strip()
        made = self.bound.get(index)
        owner = f"{made.owner}.{made.name}" if made else around
        if base in _LABELS and value[:1] == "{" and (key := message(value)):
            yield from self.key(index, attribute, key[0], attribute.value.find(key[0]))
            return
        if value[:1] in "[{" and value.count("'") + value.count('"') >= 2 and "{{" not in value:
            yield from tree(self.spots(attribute), self.place, owner if value[:1] == "[" else f"{around}.{base}")
            return
        only = STRING.fullmatch(value)
        if only and base in _LABELS:
            about = self.about(index)
            owner, name = (about.owner, about.name) if about else (around, "")
            for line in self.spots(attribute):
                yield from self.both(Line(line.number, line.text.strip("'\"` "), line.indent + 1), owner, name)
            return
        if base in _LABELS and (key := message(value)):
            yield from self.key(index, attribute, key[0], attribute.value.find(key[0]))
            return
        if base in _LABELS and (found := STRING.search(value)):
            about = self.about(index)
            yield from self.put(
                Role.LABEL,
                attribute,
                about.owner if about else around,
                Kind.FORM,
                about.name if about else found[0].strip("'\"`"),
            )
            return
        yield from self.put(Role.USE, attribute, made.owner if made else around, Kind.FORM, made.name if made else "")

    def text(self, index: int, node: Node) -> Iterator[Surface]:
        parent = self.nodes[node.parent] if node.parent >= 0 else None
        if parent is not None and parent.tag in ("i18n", "json"):
            yield from snippet(rows(self.document, node), "json", self.place, parent.tag)
            return
        if not has_word(node.text) or numeric(node.text):
            return
        block = self.blocks[index]
        tag = self.nodes[block].tag if block >= 0 else ""
        if parent is not None and _OPTION.match(parent.name) and not parent.get("label"):
            yield from self.chosen(node, parent)
            return
        first, self.run_in = self.run_in != block, block
        role = Role.HEADING if tag in ("h1", "h2", "h3", "h4", "h5", "h6", "title") else Role.LABEL
        made = self.about(index) if role is Role.LABEL else None
        owner, about = (
            (made.owner, made.name) if made else (self.owner(self.forms[index]) if self.forms[index] >= 0 else "", "")
        )
        kind = Kind.FORM if owner else Kind.FILE
        if role is Role.LABEL and not about and len(node.text) > 120:
            role = Role.PROSE
        yield from show(role, self.document, node, self.place, owner, kind, about)
        label, line = whole(self.document, index, self.blocks) if first else ("", None)
        if label and line:
            lead = len(line.text) - len(line.text.lstrip())
            yield from spread(role, line, self.place, owner, kind, about, lead, label)

    def chosen(self, node: Node, parent: Node) -> Iterator[Surface]:
        """The text of an option."""
        owner = self.select(node.parent)
        value = parent.get("value", ":value", "v-bind:value", "[value]")
        for line in rows(self.document, node):
            if has_word(line.text):
                bare = line.text.lstrip()
                spot = self.place.at(line=line.number, column=line.indent + len(line.text) - len(bare) + 1)
                shown = upto(joined(unescape(bare)), 2000)
                yield Surface(Role.MEMBER, shown, spot, owner, Kind.FORM, value=value[:200])

    def block(self, index: int, node: Node) -> Iterator[Surface]:
        """What a server or framework puts in: conditions, uses and code."""
        body = rows(self.document, node)
        if not any(has_word(line.text) for line in body):
            return
        if index in self.helpers:
            yield from self.helper(index, node, self.helpers[index])
            return
        made = self.bound.get(index)
        owner = made.owner if made else self.owner(self.forms[index]) if self.forms[index] >= 0 else ""
        kind = Kind.FORM if owner else Kind.FILE
        if (key := message(node.text)) and not _CASE.match(node.text[:40]):
            about = self.about(index)
            spot = self.within(node, key[1])
            yield Surface(Role.LABEL, key[0], spot, about.owner if about else owner, kind, about.name if about else "")
            return
        if node.sort == "server" and self.language and not made and node.text[:1] not in "=@:-!#":
            yield from snippet(body, self.language, self.place, owner)
            return
        if made:
            around = self.about(index)
            same = around is not None and around.name == made.name
            yield from show(
                Role.USE, self.document, node, self.place, owner, kind, "" if same or not around else around.name
            )
            return
        if _ENDS.match(node.text[:40]):
            return
        role = Role.CONDITION if _CASE.match(node.text[:40]) else Role.USE
        yield from show(role, self.document, node, self.place, owner, kind, "")

    def helper(self, index: int, node: Node, made: Helped) -> Iterator[Surface]:
        """A control or label that a framework writes: its field, what it says and offers, and what else is asked."""
        owner = self.owner(self.forms[index])
        yield from made.surfaces(owner, lambda start: self.within(node, start))
        rest = replace(node, text=made.rest(node.text))
        yield from show(Role.USE, self.document, rest, self.place, owner, Kind.FORM, made.name)

    def within(self, node: Node, start: int) -> Place:
        """A place in a piece of text."""
        line, column = self.document.spot(node.inner + start)
        return self.place.at(line=line, column=column)

    def raw(self, node: Node) -> Iterator[Surface]:
        """A script, in its language, or lines of a style."""
        parent = self.nodes[node.parent] if node.parent >= 0 else None
        body = rows(self.document, node)
        sort = (parent.get("lang", "type", "language") if parent else "").lower()
        if node.name == "script" and "template" not in sort and "html" not in sort:
            language = (
                "typescript"
                if sort in ("ts", "tsx") or "typescript" in sort
                else "json"
                if "json" in sort
                else "javascript"
            )
            yield from snippet(body, language, self.place, "")
            return
        for line in body:
            yield from spread(Role.STRING, line, self.place, node.name, Kind.SECTION)
