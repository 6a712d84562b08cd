"""Texts of an ONNX model that the net does not need (docs, metadata, labels), by the pointers of its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.rewriters._net import Net, Op, Scope
    from untag.syntax.rewire import Draft

__all__ = ["Site", "Sites"]

_LONG = 400


@dataclass(frozen=True, slots=True)
class Site:
    """A text that can go.

    Attributes:
        number: Its place in the walk, the same whenever the same file is walked.
        kind: ``text`` (a field of its own), ``entry`` (of a map of texts), ``list`` and ``value`` (texts of an
            attribute or tensor), or ``name`` (of a graph, which must have one).
        pointer: As the reader says it.
        holder: The message that holds it.
        label: The field.
        parent: Of an entry the message it goes from.
        op: The node whose attribute it is.
        scope: The graph or function it stands in.
    """

    number: int
    kind: str
    pointer: str
    holder: Draft
    label: str
    parent: Draft | None = None
    op: Op | None = None
    scope: Scope | None = None

    @property
    def text(self) -> str:
        """What it says."""
        return self.holder.text(self.label)


class Sites:
    """All such texts of a model."""

    def __init__(self, net: Net) -> None:
        self.all: list[Site] = []
        self._at: dict[str, list[Site]] = {}
        for kind, pointer, holder, label, parent, op, scope in _walk(net):
            site = Site(len(self.all), kind, pointer[:_LONG], holder, label, parent, op, scope)
            self.all.append(site)
            self._at.setdefault(site.pointer, []).append(site)

    def at(self, pointer: str) -> list[Site]:
        """What stands at a pointer, or at the list that it is an element of."""
        found = self._at.get(pointer)
        if found is None:
            found = [s for s in self._at.get(pointer.rpartition("/")[0], ()) if s.kind == "list"]
        return found


_Row = tuple[str, str, "Draft", str, "Draft | None", "Op | None", "Scope | None"]


def _walk(net: Net) -> Iterator[_Row]:
    model = net.model
    for label in ("producer", "producer_version", "domain"):
        yield from _plain(model, label, f"/{label}", None)
    yield from _plain(model, "doc", "/doc_string", None)
    yield from _entries(model, "/metadata_props", None)
    for scope in net.scopes:
        at = scope.pointer
        if scope.function:
            yield from _plain(scope.body, "doc", at, scope)
        else:
            if scope.body.of("name"):
                yield "name", f"{at}/name", scope.body, "name", None, None, scope
            yield from _plain(scope.body, "doc", f"{at}/doc_string", scope)
        yield from _entries(scope.body, f"{at}/metadata_props", scope)
        for field in ("input", "output", "value"):
            for value in scope.body.drafts(field):
                inner = f"{at}/{field}/{value.text('name')}"
                yield from _plain(value, "doc", inner, scope)
                yield from _entries(value, inner, scope)
        for op in scope.ops:
            yield from _node(op, f"{at}/node/{op.number}", scope)
        for tensor in scope.body.drafts("weights"):
            yield from _tensor(tensor, f"{at}/initializer", None, scope)


def _node(op: Op, at: str, scope: Scope) -> Iterator[_Row]:
    yield from _plain(op.draft, "doc", at, scope)
    yield from _entries(op.draft, at, scope)
    for attribute in op.draft.drafts("attribute"):
        inner = f"{at}/{attribute.text('name')}"
        if attribute.of("strings"):
            yield "list", inner, attribute, "strings", None, op, scope
        if attribute.of("s"):
            yield "value", inner, attribute, "s", None, op, scope
        yield from _plain(attribute, "doc", inner, scope)
        for tensor in attribute.drafts("tensor"):
            yield from _tensor(tensor, inner, op, scope)


def _tensor(tensor: Draft, at: str, op: Op | None, scope: Scope) -> Iterator[_Row]:
    inner = f"{at}/{tensor.text('name')}"
    yield from _plain(tensor, "doc", inner, scope)
    yield from _entries(tensor, inner, scope)
    if tensor.of("strings"):
        yield "list", inner, tensor, "strings", None, op, scope


def _plain(holder: Draft, label: str, pointer: str, scope: Scope | None) -> Iterator[_Row]:
    if holder.of(label):
        yield "text", pointer, holder, label, None, None, scope


def _entries(parent: Draft, pointer: str, scope: Scope | None) -> Iterator[_Row]:
    for entry in parent.drafts("metadata"):
        key = entry.text("key")[:80].replace("~", "~0").replace("/", "~1")
        yield "entry", f"{pointer}/{key}", entry, "value", parent, None, scope
