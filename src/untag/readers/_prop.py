"""Elements in code (JSX): which field a control is bound to, and which label stands for it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from untag.later import later
from untag.readers._helper import message
from untag.readers._node import last_word, nth
from untag.readers._row import What
from untag.readers._stand import Named
from untag.readers._use import Uses
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from untag.readers._row import Row

__all__ = ["Props"]

#: Properties that bind a component to a field, the surest first; the last ones only where it takes input.
_BINDS = (
    "name", "dataIndex", "accessorKey", "accessor", "formControlName", "fieldName", "field", "prop", "source", "path",
    "fieldKey",
)  # fmt: skip
_VALUES = ("value", "checked", "selected", "modelValue", "selectedValue", "id")
#: Properties whose text is shown to people.
_LABELS = frozenset({
    "label", "title", "placeholder", "aria-label", "ariaLabel", "caption", "header", "legend", "labelText", "hint",
    "tooltip", "fieldLabel", "displayName", "floatingLabelText", "accessibilityLabel",
})  # fmt: skip
#: Components that take input, or hold one that does.
_CONTROL = later(
    r"(?:\w*?\.)*\w*?(?:input|select|textarea|field|checkbox|radio|combobox|picker|autocomplete|switch|cascader|dropdown|listbox"
    r"|textbox|slider|item|controller|column|formtext|formdigit|formcontrol|formgroup)(?:group|number|base)?$",
    re.IGNORECASE,
)
#: Elements that hold the text beside a control.
_TEXTS = later(r"(?:\w*?label|legend|span|text|typography|dt|th|td|div|p|b|strong|view)$", re.IGNORECASE)
#: Elements that are replaced by a message.
_MESSAGE = later(r"\{?\s*<(?:FormattedMessage|Trans|Translate|Message|T)\b")
_ELEMENTS = frozenset({"jsx_element", "jsx_self_closing_element"})
#: Names of what any control holds.
_ANY = frozenset(
    {"v", "val", "value", "x", "data", "state", "e", "event", "undefined", "null", "true", "false", "props"}
)
#: Elements that are looked at for the control in a container, and properties of one element.
_MOST, _PROPS = 60, 80
#: Elements beside each other of which one text and one control make a pair.
_PAIR = 3
#: Longest text that is a label.
_LONGEST = 80


class _Field(NamedTuple):
    """What a component is bound to: the name, and the literal that says it."""

    name: str
    leaf: Node | None


class Props(Uses):
    """Binds the labels of components to their fields."""

    def on_element(self, node: Node, _row: Row) -> bool:
        """An element: its own labels, and the texts that it holds for the controls beside them."""
        opening = node.child_by_field_name("open_tag") or node
        tag = self._tag(opening)
        labels = [v for name, v in self._props(opening) if name in _LABELS]
        field = self._field(opening)
        if field is not None and field.leaf is not None and (labels or _CONTROL.match(tag)):
            self.pending[field.leaf.start_byte] = Named(Role.FIELD, self._form(), Kind.FORM)
        if labels and (field := field or self._inside(node)) is not None:
            for value in labels:
                self._label(value, field.name)
        if opening is not node:
            children = [c for c in node.named_children if c.type != "jsx_text" or self.text(c, 20).strip()]
            if tag.lower().endswith(("label", "legend")):
                own = self._field(opening) if tag == "label" else None
                self._texts(children, own or self._inside(node))
            self._pairs(children)
        return True

    def _form(self) -> str:
        return self.owner or "form"

    def _tag(self, node: Node) -> str:
        name = node.child_by_field_name("name")
        return self.text(name, 80) if name is not None else ""

    def _props(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Names and values of an element's properties."""
        for child in node.named_children[:_PROPS]:
            if child.type == "jsx_attribute" and child.named_child_count > 1:
                yield self.text(child.named_children[0], 80), child.named_children[1]

    def _field(self, node: Node) -> _Field | None:
        """What an element is bound to by its properties."""
        props = dict(self._props(node))
        if self._tag(node) == "label" and "htmlFor" in props:
            return self._named(props["htmlFor"])
        for bind in _BINDS:
            if bind in props and (found := self._named(props[bind])):
                return found
        for child in node.named_children[:_PROPS]:
            # ``{...register("f2")}``
            if child.type == "jsx_expression" and self.text(child, 8).lstrip("{ ").startswith("..."):
                strings = self.strings_in(nth(child, 0))
                if strings and "(" in self.text(child, 200):
                    return _Field(self.inside(strings[0])[1], strings[0])
        if _CONTROL.match(self._tag(node)):
            for bind in _VALUES:
                if bind in props and (found := self._named(props[bind])):
                    return found
        return None

    def _named(self, value: Node) -> _Field | None:
        """``"f2"``, ``{["face", "f2"]}``, ``{form.f2}``."""
        if self.what(value) is What.STRING:
            name = self.inside(value)[1]
            return _Field(name, value) if name.strip() and " " not in name else None
        inner = value.named_children[0] if value.named_child_count == 1 else None
        if inner is None or inner.end_byte - inner.start_byte > _LONGEST:
            return None
        if self.what(inner) in (What.STRING, What.LIST):
            strings = self.strings_in(inner)
            return _Field(self.inside(strings[-1])[1], strings[-1]) if strings else None
        if inner.type in {"identifier", "member_expression", "subscript_expression"}:
            name = last_word(self.text(inner))
            return _Field(name, None) if name and name not in _ANY else None
        return None

    def _inside(self, whole: Node) -> _Field | None:
        """The field of the only control inside an element, or of the first of those that a group is made of."""
        found: list[_Field] = []
        waits = [c for c in whole.named_children if c.type in _ELEMENTS or c.type == "jsx_expression"]
        for count, one in enumerate(waits):
            if count > _MOST or len(found) > 1:
                return None
            opening = one.child_by_field_name("open_tag") or one
            field = self._field(opening) if one.type in _ELEMENTS else None
            if field is not None and _CONTROL.match(self._tag(opening)):
                found.append(field)
                continue
            waits += [c for c in one.named_children[:_PROPS] if c.type in _ELEMENTS][: _MOST + 1 - len(waits)]
        return found[0] if len(found) == 1 else None

    def _texts(self, children: list[Node], field: _Field | None) -> None:
        """Bind the text among an element's children."""
        texts = [c for c in children[:_MOST] if c.type in {"jsx_text", "jsx_expression"}]
        if field is not None and sum(c.end_byte - c.start_byte for c in texts) <= _LONGEST * 4:
            for text in texts:
                self._label(text, field.name)

    def _pairs(self, children: list[Node]) -> None:
        """Bind texts to the controls that stand behind them: labels always, other texts where nothing else stands."""
        alone = sum(c.type in _ELEMENTS for c in children) <= _PAIR
        for text, after in pairwise(children):
            opening = text.child_by_field_name("open_tag") if text.type == "jsx_element" else None
            if opening is None or after.type not in _ELEMENTS:
                continue
            tag = self._tag(opening)
            label = tag.lower().endswith(("label", "legend"))
            if not (label or (alone and _TEXTS.match(tag))) or (tag == "label" and self._field(opening)):
                continue
            control = after.child_by_field_name("open_tag") or after
            field = self._field(control) if _CONTROL.match(self._tag(control)) else None
            self._texts(text.named_children, field or self._inside(after))

    def _label(self, value: Node, field: str) -> None:
        """A text that is shown, or the key of one, as the label of a field."""
        named = Named(Role.LABEL, self._form(), Kind.FORM, field)
        if value.type == "jsx_text" or self.what(value) is What.STRING:
            self.pending.setdefault(value.start_byte, named)
            return
        text = self.text(value, 400)
        key = message(text)
        strings = self.strings_in(value)
        if key is None and not (value.named_child_count == 1 and self.what(value.named_children[0]) is What.STRING):
            strings = strings[:1] if _MESSAGE.match(text) else []
        for string in strings:
            if key is None or self.inside(string)[1] == key[0]:
                self.pending[string.start_byte] = named
                if value.named_child_count == 1:
                    self.labelled.add(value.named_children[0].start_byte)
