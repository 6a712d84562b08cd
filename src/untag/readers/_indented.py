"""Templates that indentation structures: Haml, Slim and Pug. One line is one element with attributes and text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.readers._helper import helped, message
from untag.readers._lines import Line, has_word, lines, spread
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["indented"]

#: An element: its name, its classes and id, and what comes behind them.
_ELEMENT = re.compile(r"%?(?P<tag>[A-Za-z][\w:-]*)?(?P<more>(?:[.#][\w-]+)*)(?P<rest>.*)", re.DOTALL)
_ATTRIBUTE = re.compile(
    r"""(?P<key>[\w.:@-]+?)['"]?\s*(?:=>|=|:)\s*(?::(?P<symbol>\w+)|(?P<quote>['"])(?P<value>(?:(?!(?P=quote))[^\n])*)(?P=quote))"""
)
#: Attributes of Slim and of XML that stand without brackets.
_BARE = re.compile(r"(?:\s+[\w.:@-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']+))+")
_OPEN = {"(": ")", "{": "}", "[": "]"}
_CONTROL = frozenset({"input", "select", "textarea"})
_BINDS = ("v-model", "name", "id")
_LABELS = frozenset({"label", "title", "placeholder", "alt", "aria-label", "data-title"})
_REMARK = re.compile(r"-#|//|/(?!\w)|<!--")
_CODE = re.compile(r"(?:[-=~]|[!&]?==?|\|)\s?")
_CASE = re.compile(r"\s*(?:else\s*if|elsif|if|unless|when|case|while)\b")


def indented(text: str, place: Place) -> Iterator[Surface]:
    """Surfaces of a template in Haml, Slim or Pug.

    Args:
        text: The template.
        place: Place of the artifact.

    Yields:
        Fields, labels bound to them where they say so or stand right above them, choices, conditions and remarks.
    """
    reader = _Indented(place)
    for line in lines(text):
        yield from reader.line(line)
    yield from reader.wait()


class _Indented:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.select = "options"
        #: A label that says not what it is for, until the next field comes.
        self.label: list[Surface] = []

    def wait(self, field: str = "") -> Iterator[Surface]:
        """The label that waits, bound to a field or to nothing."""
        for made in self.label:
            yield Surface(Role.LABEL, made.text, made.place, "form", Kind.FORM, field)
        self.label = []

    def line(self, line: Line) -> Iterator[Surface]:
        body = line.text.strip()
        if not has_word(body):
            return
        lead = line.text.find(body)
        if _REMARK.match(body):
            yield from spread(Role.COMMENT, line, self.place, "", Kind.FILE, "", lead, body)
        elif found := _CODE.match(body):
            if body[0] == "|":
                yield from self.shown(line, lead + found.end(), body[found.end() :], "")
            else:
                yield from self.code(line, lead + found.end(), body[found.end() :])
        else:
            yield from self.element(line, lead, body)

    def code(self, line: Line, lead: int, text: str) -> Iterator[Surface]:
        """What a framework is asked for."""
        made = helped(text)
        column = line.indent + lead + 1
        if made is not None:
            if made.control:
                yield from self.wait(made.name)
            yield from made.surfaces("form", lambda start: self.place.at(line=line.number, column=column + start))
            yield from spread(Role.USE, line, self.place, "form", Kind.FORM, made.name, lead, made.rest(text))
        elif (key := message(text)) and not _CASE.match(text):
            yield from self.shown(line, lead + key[1], key[0], "")
        else:
            role = Role.CONDITION if _CASE.match(text) else Role.USE
            yield from spread(role, line, self.place, "", Kind.FILE, "", lead, text)

    def element(self, line: Line, lead: int, body: str) -> Iterator[Surface]:
        found = _ELEMENT.match(body)
        if found is None or not (found["tag"] or found["more"]):
            yield from self.shown(line, lead, body, "")
            return
        rest, start = found["rest"], found.start("rest")
        end = _ends(rest)
        tag = (found["tag"] or "").lower()
        rows = {a["key"].lower().lstrip(":"): a for a in _ATTRIBUTE.finditer(rest, 0, end)}
        bound = next((b for b in _BINDS if b in rows), "") if tag in _CONTROL or "v-model" in rows else ""
        name = ""
        if bound:
            name, at = _value(rows[bound])
            name, at = name.rpartition(".")[2], at + len(name) - len(name.rpartition(".")[2])
            yield from self.wait(name)
            spot = self.place.at(line=line.number, column=line.indent + lead + start + at + 1)
            yield Surface(Role.FIELD, name, spot, "form", Kind.FORM)
            self.select = f"form.{name}" if tag == "select" else self.select
        for key, row in rows.items():
            said, at = _value(row)
            if key != bound and has_word(said):
                role = Role.LABEL if key in _LABELS else Role.STRING
                yield from spread(role, line, self.place, "form", Kind.FORM, name, lead + start + at, said)
        text = rest[end:].lstrip()
        at = lead + start + len(rest) - len(text)
        if code := _CODE.match(text):
            yield from self.code(line, at + code.end(), text[code.end() :])
        elif tag == "option" and has_word(text):
            spot = self.place.at(line=line.number, column=line.indent + at + 1)
            value = _value(rows["value"])[0] if "value" in rows else ""
            yield Surface(Role.MEMBER, text, spot, self.select, Kind.FORM, value=value)
        elif tag == "label" and "for" in rows:
            yield from spread(Role.LABEL, line, self.place, "form", Kind.FORM, _value(rows["for"])[0], at, text)
        else:
            yield from self.shown(line, at, text, tag)

    def shown(self, line: Line, lead: int, text: str, tag: str) -> Iterator[Surface]:
        """Text that is shown; of a label it waits for its field."""
        made = list(spread(Role.LABEL, line, self.place, "form", Kind.FORM, "", lead, text)) if has_word(text) else []
        if tag == "label":
            yield from self.wait()
            self.label = made
        else:
            yield from made


def _value(row: re.Match[str]) -> tuple[str, int]:
    """The value of an attribute, and where it stands."""
    group = "symbol" if row["symbol"] else "value"
    return row[group] or "", row.start(group)


def _ends(rest: str) -> int:
    """Where the attributes of an element end."""
    close = _OPEN.get(rest[:1])
    if close is None:
        found = _BARE.match(rest)
        return found.end() if found else 0
    depth, quote = 0, ""
    for at, sign in enumerate(rest):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == rest[0]:
            depth += 1
        elif sign == close:
            depth -= 1
            if depth == 0:
                return at + 1
    return len(rest)
