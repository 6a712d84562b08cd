"""XML: elements with their lines and attributes; property lists, resources, forms, schemas."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from untag.artifact import Artifact
from untag.edit import Proof, Rewriter, merged
from untag.readers import _element, specs, tree
from untag.rewriters import _source, _tree
from untag.rewriters._statement import item
from untag.rewriters._tree import Grove
from untag.syntax import xml
from untag.syntax.tree import Source
from untag.syntax.xml import local

if TYPE_CHECKING:
    from untag.edit import Plan, Target
    from untag.finding import Mark
    from untag.rewriters._page import Notes, Page, Span
    from untag.syntax.tree import Document, Node

__all__ = ["XmlRewriter"]


def _parse(text: str) -> Document:
    document = xml.parse(text, 1_500_000)
    document.lost.clear()  # document types and processing instructions: nothing is cut out of them
    return document


def _plist(text: str) -> Document:
    document = _parse(text)
    _element.plist(document)
    return document


def elements(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """The spans of elements, texts and attributes."""
    out = []
    for number in gone:
        child = parent.children[number]
        if child.tag == xml.ATTRIBUTE:
            start = child.key_start
            while start and page.text[start - 1] in " \t\r\n":
                start -= 1
            out.append((start, max(child.end, child.key_end)))
        elif child.tag == xml.TEXT:
            out.append((child.start, child.end))
        else:
            out.append(page.lines((child.start, child.end), notes))
    return out


def values(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """Keys of a property list with their values."""
    out = []
    for number in gone:
        child = parent.children[number]
        start = child.start if child.key is None else page.text.rfind("<key", 0, child.key_start + 5)
        start = min(start, child.start) if start >= 0 else child.start
        out.append(page.lines((start, child.end), notes))
    return out


#: Elements that hold a statement of SQL or a part of one: mappers of MyBatis.
_STATEMENTS = frozenset({
    "bind", "choose", "delete", "foreach", "if", "insert", "otherwise", "select", "set", "sql", "trim", "update",
    "when", "where",
})  # fmt: skip
#: Languages of scripts, by what their elements say.
_SCRIPTS = {
    "": "javascript", "javascript": "javascript", "js": "javascript", "jsx": "javascript", "module": "javascript",
    "ts": "typescript", "tsx": "tsx", "typescript": "typescript",
}  # fmt: skip
_WHOLE = "the statement around it has to be written anew"
_LISTED = "a statement of a database is changed with it"


#: Signs before a parameter of a statement.
_SIGN = 2


@dataclass
class _Markup(Grove):
    """Elements, attributes and texts; of a text that is a statement, parts of lists alone.

    Attributes:
        stated: By statement, for whom and where in it words are marked.
    """

    stated: dict[int, list[tuple[Node, Target, list[Span]]]] = field(default_factory=dict)

    def _value(self, node: Node, mark: Mark, target: Target, at: int) -> str:
        parent = self.parents.get(id(node))
        stated = parent is not None and local(parent.key or "").lower() in _STATEMENTS and node.tag == xml.TEXT
        # What a condition guards goes with the element; what always stands is a list, or stays.
        if not stated or parent is None or local(parent.key or "").lower() in ("if", "when"):
            return super()._value(node, mark, target, at)
        begin = self.page.text.find(mark.text, at, at + len(mark.text) + _SIGN)
        spots = [(begin + h.start, begin + h.end) for h in mark.hits if h.kind != "context" and begin >= 0]
        self.stated.setdefault(id(node), []).append((node, target, spots))
        return ""

    def follow(self) -> None:
        """A statement loses all parts that name what goes, or none."""
        for rows in self.stated.values():
            cuts = [(row[1], item(self.page.text[: row[0].end], *spot)) for row in rows for spot in row[2]]
            if not all(row[2] for row in rows) or any(span is None for _, span in cuts):
                self.failed.update({target.key: _WHOLE for _, target, _ in rows})
                continue
            self.parts += [(span, (t.key,), "a part of a list in a statement", _LISTED) for t, span in cuts if span]
        self.stated.clear()
        super().follow()


class XmlRewriter(Rewriter):
    """Takes elements out of XML."""

    name = "xml"
    reads = ("tree", "specs", "templates")
    limits = (
        "markup that is not well-formed (most HTML, templates with code in them) is left as it is",
        "declarations of entities and document types are left as they are",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is XML."""
        if not artifact.held or not artifact.data:
            return False
        form = specs.form(artifact) or tree.form(artifact)
        return form in ("xml", "plist") or (not form and artifact.text.lstrip("\ufeff \t\r\n").startswith("<"))

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Elements with their comments, attributes alone where elements stand in theirs."""
        if tree.form(artifact) == "plist":
            return _tree.planned(artifact, targets, _plist, values)
        scripts = _scripts(artifact)
        inside = [tuple(t for t in (_part(t, one) for t in targets) if t is not None) for one in scripts]
        outside = [replace(t, marks=tuple(m for m in t.marks if not any(s.holds(m) for s in scripts))) for t in targets]
        plan = _tree.planned(
            artifact, tuple(t for t in outside if t.marks), _parse, elements, markup=True, kind=_Markup
        )
        for one, mine in zip(scripts, inside, strict=True):
            if mine:
                made = _source.planned(one.alone(artifact), mine, one.language)
                plan.edits = merged([*plan.edits, *made.edits])
                for key, why in made.kept.items():
                    plan.kept.setdefault(key, why)
        return plan

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:  # noqa: ARG002 - the syntax alone counts
        """That scripts in it still parse: no error more than before."""
        old = sum(_source.errors(one.alone(before), one.language) for one in _scripts(before))
        new = sum(_source.errors(one.alone(after), one.language) for one in _scripts(after))
        return Proof("a script in it would no longer parse" if new > old else "")


class _Script(NamedTuple):
    """A script in a page: where it stands, in lines and bytes, and its language."""

    start: int
    end: int
    first: tuple[int, int]
    last: tuple[int, int]
    language: str

    def holds(self, mark: Mark) -> bool:
        """Whether a mark stands in it."""
        spot = mark.place.line or 0, mark.place.column or 1
        return self.first <= spot < self.last

    def alone(self, artifact: Artifact) -> Artifact:
        """The page with all but the script made semicolons, so that places in it are the same."""
        data = artifact.data
        head, tail = (re.sub(rb"[^\r\n]", b";", part) for part in (data[: self.start], data[self.end :]))
        return Artifact(artifact.place, head + data[self.start : self.end] + tail, depth=artifact.depth)


def _part(target: Target, script: _Script) -> Target | None:
    """What of a finding stands in a script."""
    marks = tuple(m for m in target.marks if script.holds(m))
    return replace(target, marks=marks) if marks else None


def _scripts(artifact: Artifact) -> list[_Script]:
    """Scripts of a page that are code; none of one that is not in UTF-8, where bytes and columns are others."""
    if b"<script" not in artifact.data.lower() or artifact.data.startswith(b"\xef\xbb\xbf"):
        return []
    source = Source.of(artifact)
    if source.encoding not in ("utf-8", "ascii") or source.unix().text != source.text:
        return []
    document = xml.parse(source.text, 1_500_000)
    if document.errors or document.stop is not None:
        return []
    out = []
    for root in document.roots:
        for node in root.walk():
            if local(node.key or "").lower() != "script":
                continue
            said = (node.text("lang") or node.text("type")).lower().rpartition("/")[2]
            for text in node.children:
                if text.tag == xml.TEXT and said in _SCRIPTS:
                    span = source.span(text.start, text.end)
                    out.append(_Script(*span, source.spot(text.start), source.spot(text.end), _SCRIPTS[said]))
    return out
