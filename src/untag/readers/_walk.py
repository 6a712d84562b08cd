"""The walk over a data tree that makes surfaces of it: defaults for any tree, a plan for what a format knows better."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING
from urllib.parse import unquote

from untag.gap import Gap, Reason
from untag.place import Place
from untag.readers._lines import BOUND, pieces
from untag.readers._plan import Plan, Said, attributes, join, step
from untag.readers._records import ROWS, Records, coded, dictionary, is_code, like
from untag.surface import Kind, Role, Surface, upto
from untag.syntax import json
from untag.syntax.json import offsets
from untag.syntax.tree import ALIAS, ARRAY, NUMBER, NUMBERS, OBJECT, STRING, WORD, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from untag.gap import Limits
    from untag.syntax.tree import Comment, Document, Node

__all__ = ["Walk"]

#: Characters of the longest scalar that is surely no image or weights in base64.
PLAIN = 400
#: What stands between the names of a list in one string.
_LISTED = re.compile(r"[,|;]")
_DIGITS = re.compile(r"-?\d{1,9}\Z")
_BLOB = re.compile(r"(?:data:[\w/+.;=-]{0,80},)?[A-Za-z0-9+/=_\r\n-]+\Z")
#: The same in lines that are set in, as a designer of forms writes its pictures.
_LINES = re.compile(r"\s*(?:[A-Za-z0-9+/=]{40,}\s+)+[A-Za-z0-9+/=]*\s*\Z")
_IMAGE = re.compile(r"[^/\\]\.(?:jpe?g|png|bmp|gif|webp|tiff?)\Z|\A[0-9a-f-]{8,}\Z|\A\d+\Z", re.IGNORECASE)
_STARS = re.compile(r"\A(?:/\*+|//+|<!--|\*+(?!\w)|[#;!%]+[,:.|~]?)[ \t]*|[ \t]*(?:\*+/|-->)\Z")
#: Keys whose object is a label map whatever its shape.
_MAPS = {
    "id2label",
    "label2id",
    "class_indices",
    "class_index",
    "classes",
    "label_map",
    "labelmap",
    "idx_to_class",
    "class_to_idx",
    "idx2label",
    "label2idx",
}
_MODELS = {
    "id2label",
    "label2id",
    "class_indices",
    "class_index",
    "idx_to_class",
    "class_to_idx",
    "idx2label",
    "label2idx",
}


class _Inner(Source):
    """The text of a string literal, whose characters stand somewhere in another text."""

    def __init__(self, text: str, where: list[int], outer: Source) -> None:
        super().__init__(text)
        self.where = where
        self.outer = outer

    def line(self, position: int) -> int:
        """The physical line in the outer text."""
        return self.outer.line(self.where[min(position, len(self.where) - 1)])

    def spot(self, position: int) -> tuple[int, int]:
        """Line and column in the outer text."""
        return self.outer.spot(self.where[min(position, len(self.where) - 1)])


class Walk:
    """One walk over one document.

    Args:
        document: What a parser made.
        source: The text it was made of.
        place: The artifact's place.
        limits: Bounds.
        plan: What the format knows; nothing by default.
        name: Name of the file, a hint for what its root holds.
    """

    def __init__(
        self, document: Document, source: Source, place: Place, limits: Limits, plan: Plan | None = None, name: str = ""
    ) -> None:
        self.document = document
        self.source = source
        self.place = place.whole()
        self.limits = limits
        self.plan = plan or Plan()
        self.name = name
        self.bound: dict[int, list[Comment]] = {}
        self.free: list[Comment] = []
        self.model = False

    def run(self, kind: Kind = Kind.TREE, owner: str = "") -> Iterator[Surface | Gap]:
        """All surfaces of the document, then those of text that is in no node, then what was not read."""
        self.bind()
        count = 0
        many = len(self.document.roots) > 1
        for index, root in enumerate(self.document.roots):
            start = join(owner, f"[{index}]") if many and root.key is None else owner
            pointer = f"/{index}" if many and root.key is None else ""
            for surface in self.walk(root, start, kind, pointer):
                yield surface
                count += 1
            if count > self.limits.surfaces:
                yield Gap(self.place, Reason.LIMIT, f"more than {self.limits.surfaces} pieces of text")
                return
        for comment in self.free:
            yield from self.comment(comment, "", Kind.FILE, "")
        for begin, end in self.document.lost:
            yield from self.rows(begin, end)
        if self.document.stop is not None:
            yield Gap(
                self.place.at(line=self.source.line(self.document.stop)),
                Reason.LIMIT,
                "more nodes than are held at once; the rest is read as plain lines",
            )
            yield from self.rows(self.document.stop, len(self.source.text))

    def rows(self, start: int, end: int) -> Iterator[Surface]:
        """Text outside the tree, line by line."""
        for row, at in self.source.rows(start, end):
            for offset, piece in pieces(row):
                line, column = self.source.spot(at + offset)
                yield Surface(Role.STRING, piece, self.place.at(line=line, column=column))

    # -- comments --------------------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Give each comment to what is declared on its line before it, or else to what comes next."""
        comments = self.document.comments
        if not comments:
            return
        anchors: list[tuple[int, int, Node]] = []
        for root in self.document.roots:
            for node in root.walk():
                if node.key is not None and node.key_start >= 0:
                    anchors.append((node.key_start, len(anchors), node))
                elif node.kind == STRING:
                    anchors.append((node.start, len(anchors), node))
        anchors.sort()
        starts = [anchor[0] for anchor in anchors]
        line = self.source.line
        for comment in comments:
            at = bisect_left(starts, comment.start)
            here = line(comment.start)
            before = anchors[at - 1][2] if at else None
            # On its line stands a key, or the end of a value that goes on over several lines.
            ended = before is not None and before.scalar and line(max(before.end - 1, 0)) == here
            if at and (ended or line(starts[at - 1]) == here):
                self.bound.setdefault(id(anchors[at - 1][2]), []).append(comment)
            elif at < len(anchors) and not self.apart(comment.end, starts[at]):
                self.bound.setdefault(id(anchors[at][2]), []).append(comment)
            else:
                self.free.append(comment)

    def apart(self, end: int, start: int) -> bool:
        """Whether a blank line or much else lies between a comment and what comes next."""
        if start - end > 2000:
            return True
        between = self.source.text[end:start]
        rows = between.split("\n")
        return any(not row.strip() for row in rows[1:-1])

    def comment(self, comment: Comment, owner: str, kind: Kind, about: str) -> Iterator[Surface]:
        """A comment, one surface a line, without its markers."""
        for row, at in self.source.rows(comment.start, comment.end):
            bare = row
            shift = 0
            for _ in range(2):
                found = _STARS.search(bare)
                if found is None:
                    break
                if found.start() == 0:
                    shift += found.end()
                    bare = bare[found.end() :]
                else:
                    bare = bare[: found.start()]
            for offset, piece in pieces(bare):
                line, column = self.source.spot(at + shift + offset)
                yield Surface(Role.COMMENT, piece, self.place.at(line=line, column=column), owner, kind, about[:200])

    # -- nodes -----------------------------------------------------------------------------------------------------

    def walk(self, root: Node, owner: str, kind: Kind, pointer: str) -> Iterator[Surface]:
        """The surfaces of a node and all below it."""
        plan = self.plan
        keys, values, bound, scopes = plan.keys, plan.values, self.bound, plan.scopes
        stack: list[tuple[Node, str, Kind, str, str]] = [(root, owner, kind, pointer, "")]
        while stack:
            node, owner, kind, pointer, about = stack.pop()
            mark = id(node)
            key = node.key
            said: Sequence[Said] | None = None
            if key is not None and node.key_start >= 0:
                said = keys.get(mark)
                if said is None:
                    value = node.value if node.kind in (NUMBER, WORD) else ""
                    if key:
                        yield self.surface(Role.KEY, key, node.key_start, pointer, owner, kind, "", value)
                else:
                    for one in said:
                        yield from self.say(one, key, node.key_start, pointer)
                about = key
            if mark in bound:
                if said:
                    yield from self.comments(node, owner, kind, said, about)
                else:
                    yield from self.comments(
                        node, owner, kind, values.get(mark) or (), node.value if said is not None else about
                    )
            if node.kind == ALIAS:
                yield self.surface(Role.USE, node.value, node.start + 1, pointer, owner, kind, about)
            elif node.kind == STRING:
                yield from self.scalar(node, owner, kind, pointer, about, values.get(mark))
            elif node.children or node.extra is not None:
                inner = scopes.get(mark)
                if inner is None:
                    inner = (join(owner, key) if key is not None and node.key_start >= 0 else owner, kind)
                yield from self.inside(node, inner[0], inner[1], pointer, stack)
            elif node.kind not in (OBJECT, ARRAY, NUMBERS) and (planned := values.get(mark)):
                for one in planned:
                    yield from self.say(one, node.value, node.body, pointer)

    def comments(self, node: Node, owner: str, kind: Kind, said: Sequence[Said], about: str) -> Iterator[Surface]:
        """The comments bound to a node, with the owner that its first surface has."""
        if said:
            owner, kind = said[0].owner, said[0].kind
            about = said[0].text or about or node.value
        named = self.plan.names.get(id(node))
        if named is not None:
            owner, kind, about = named.owner, named.kind, named.about
        for comment in self.bound[id(node)]:
            yield from self.comment(comment, owner, kind, about or node.value)

    def surface(
        self,
        role: Role,
        text: str,
        at: int,
        pointer: str,
        owner: str,
        kind: Kind,
        about: str = "",
        value: str = "",
        type_: str = "",
    ) -> Surface:
        """One surface at a position of the text."""
        line, column = self.source.spot(at)
        place = self.place
        spot = Place(place.chain, place.input, line, line, column, pointer or None, None, place.commit)
        # Most texts are short; this is called for each of them.
        text = text if len(text) <= BOUND else upto(text, BOUND)
        value = value if len(value) <= 200 else upto(value, 200)
        type_ = type_ if len(type_) <= 200 else upto(type_, 200)
        return Surface(role, text, spot, owner, kind, about[:200], value, type_)

    def say(self, one: Said, text: str, at: int, pointer: str) -> Iterator[Surface]:
        shown = text if one.text is None else one.text
        if shown:
            yield self.surface(one.role, shown, at, pointer, one.owner, one.kind, one.about, one.value, one.type)

    def scalar(
        self, node: Node, owner: str, kind: Kind, pointer: str, about: str, said: list[Said] | None
    ) -> Iterable[Surface]:
        """The text of a scalar: planned, or as the value of its key."""
        value = node.value
        if not value and not node.lines:
            return ()
        plan = self.plan
        # What nearly all scalars are: one short text that no plan takes apart.
        if 0 < len(value) <= PLAIN and node.lines is None and not (plan.nested or plan.lists):
            at = node.body
            if said is None and not (about and _LISTED.search(value)):
                return (self.surface(Role.VALUE if about else Role.STRING, value, at, pointer, owner, kind, about),)
            if said and len(said) == 1 and (one := said[0]).text is None:
                own, sort = one.owner, one.kind
                return (self.surface(one.role, value, at, pointer, own, sort, one.about, one.value, one.type),)
        return self.shown(node, owner, kind, pointer, about, said)

    def shown(
        self, node: Node, owner: str, kind: Kind, pointer: str, about: str, said: list[Said] | None
    ) -> Iterator[Surface]:
        """The same for any scalar."""
        value = node.value
        if len(value) > PLAIN and (_BLOB.match(value) or _LINES.match(value)):
            # An image or weights in base64: any word in it is chance.
            return
        mark = id(node)
        if mark in self.plan.nested and (inner := self.nested(node, pointer)) is not None:
            yield from inner
            return
        # Offsets into the text hold only where it stands in the file as it is.
        exact = node.lines is None and self.source.text.startswith(value, node.body)
        if mark in self.plan.lists and exact:
            holder = self.plan.lists[mark]
            names = attributes(value, "fields")
            if names:
                for text, offset in names:
                    yield self.surface(Role.MEMBER, text, node.body + offset, pointer, holder, Kind.LIST)
                return
            if "?" in value and "=" in value:
                yield from self.address(node, pointer, holder)
        if said is None:
            names = attributes(value, about) if about and exact else []
            if names:
                holder = join(owner, about)
                for text, offset in names:
                    yield self.surface(Role.MEMBER, text, node.body + offset, pointer, holder, Kind.LIST)
                return
            said = [Said(Role.VALUE if about else Role.STRING, None, owner, kind, about)]
        for one in said:
            yield from self.text(one, node, pointer)

    def address(self, node: Node, pointer: str, owner: str) -> Iterator[Surface]:
        """The query of an address: its parameters, and the names in a list that one of them holds."""
        at = node.value.index("?") + 1
        for pair in node.value[at:].split("&")[:200]:
            name, sign, value = pair.partition("=")
            if name:
                yield self.surface(Role.PARAMETER, unquote(name), node.body + at, pointer, owner, Kind.OPERATION)
            if sign and value:
                start = node.body + at + len(name) + 1
                holder = join(owner, name)
                names = attributes(value, "fields")
                for text, offset in names:
                    yield self.surface(Role.MEMBER, text, start + offset, pointer, holder, Kind.LIST)
                if not names:
                    yield self.surface(Role.VALUE, unquote(value), start, pointer, owner, Kind.OPERATION, unquote(name))
            at += len(pair) + 1

    def nested(self, node: Node, pointer: str) -> Iterator[Surface] | None:
        """What JSON inside a string shows, each thing where it stands in the file; None if it is no JSON."""
        owner = self.plan.nested[id(node)]
        if node.value.lstrip()[:1] not in ("{", "[") or node.lines is not None:
            return None
        raw = self.source.text[node.body : node.end - 1]
        text, where = offsets(raw, node.body)
        document = json.parse(text, limit=200_000)
        if not document.roots or not document.roots[0].children or len(document.errors) > 5:
            return None
        inner = Walk(document, _Inner(text, where, self.source), self.place, self.limits)
        return inner.within(owner, pointer)

    def within(self, owner: str, pointer: str) -> Iterator[Surface]:
        """The surfaces of a document that lies in a string of another."""
        self.bind()
        for root in self.document.roots:
            yield from self.walk(root, owner, Kind.OPERATION, pointer)
        for comment in self.free:
            yield from self.comment(comment, owner, Kind.OPERATION, "")
        for start, end in self.document.lost:
            yield from self.rows(start, end)

    def text(self, one: Said, node: Node, pointer: str) -> Iterator[Surface]:
        """A scalar's text in one role: line by line where it has lines, cut where it is long."""
        if one.text is not None:
            yield self.surface(
                one.role, one.text, node.body, pointer, one.owner, one.kind, one.about, one.value, one.type
            )
            return
        if node.lines is None and len(node.value) <= BOUND:
            yield self.surface(
                one.role, node.value, node.body, pointer, one.owner, one.kind, one.about, one.value, one.type
            )
            return
        for row, at in node.pieces():
            for offset, piece in pieces(row):
                yield self.surface(
                    one.role, piece, at + offset, pointer, one.owner, one.kind, one.about, one.value, one.type
                )

    def inside(
        self, node: Node, owner: str, kind: Kind, pointer: str, stack: list[tuple[Node, str, Kind, str, str]]
    ) -> Iterator[Surface]:
        """What an object or array shows as a whole; its children go onto the stack."""
        children = node.children
        shaped = id(node) not in self.plan.plain
        if node.kind == OBJECT:
            if shaped and len(children) > 1 and (made := self.mapped(node, owner, pointer)) is not None:
                yield from made
                return
            if shaped and len(children) >= ROWS and _keyed(children):
                yield from self.keyed(node, owner, pointer)
                return
            stack += [
                (child, owner, kind, pointer if child.key is None else step(pointer, child.key), "")
                for child in reversed(children)
            ]
            return
        if shaped and (isinstance(node.extra, Records) or len(children) >= ROWS):
            records = self.records(node, owner)
            if records is not None:
                yield from records.surfaces(self.source, self.place, owner or "[]", pointer, node.start)
                return
            if len(children) >= ROWS and _table(children):
                return
        if shaped and len(children) > 1 and (made := self.listed(node, owner, pointer)) is not None:
            yield from made
            return
        yield from self.array(node, owner, kind, pointer, stack)

    def array(
        self, node: Node, owner: str, kind: Kind, pointer: str, stack: list[tuple[Node, str, Kind, str, str]]
    ) -> Iterator[Surface]:
        """The elements of an array: strings are members where there are two or more, the rest goes onto the stack."""
        children = node.children
        strings = sum([child.kind == STRING and child.key is None for child in children])
        role = Role.MEMBER if strings > 1 else Role.STRING
        values, bound = self.plan.values, self.bound
        if strings == len(children) and not bound:
            default = [Said(role, None, owner, Kind.LIST)]
            for index, child in enumerate(children):
                yield from self.scalar(child, owner, kind, f"{pointer}/{index}", "", values.get(id(child), default))
            return
        for child in children:
            if child.kind == STRING and child.key is None and id(child) not in values:
                values[id(child)] = [Said(role, None, owner, Kind.LIST)]
        size = len(children)
        for index in range(size - 1, -1, -1):
            child = children[index]
            if child.kind in (NUMBER, NUMBERS, WORD) and id(child) not in values:
                continue
            inner = join(owner, f"[{index}]") if child.children else owner
            stack.append((child, inner, kind, step(pointer, str(index)), ""))

    # -- shapes ----------------------------------------------------------------------------------------------------

    def records(self, node: Node, owner: str) -> Records | None:
        """The rows an array holds, if it holds rows about people."""
        if isinstance(node.extra, Records):
            records = node.extra
        else:
            common = like(node.children)
            hint = owner.rpartition(".")[2] or self.name
            if common is None or dictionary(common, hint):
                return None
            records = Records()
        for child in node.children:
            if child.kind == OBJECT:
                records.add(child)
        return records

    def keyed(self, node: Node, owner: str, pointer: str) -> Iterator[Surface]:
        """Rows that stand under an id or a file name each: their keys, once; neither the ids nor the values."""
        records = Records()
        for child in node.children:
            records.add(child)
        yield from records.surfaces(self.source, self.place, owner or "{}", pointer, node.start)

    def mapped(self, node: Node, owner: str, pointer: str) -> Iterator[Surface] | None:
        """The members of a label map, or None if the object is none."""
        children = node.children
        first = children[0]
        if first.key is None or not (first.kind == NUMBER or _DIGITS.match(first.key)):
            return None
        name = owner.rpartition(".")[2]
        stem = self.name.rsplit(".", 1)[0].lower() if not owner else ""
        known = name in _MAPS or stem in _MAPS or "class_ind" in stem or stem.endswith("labels")
        model = name in _MODELS or stem in _MODELS or "class_ind" in stem or self.model
        kind = Kind.MODEL if model else Kind.DICT
        if id(first) in self.plan.keys:
            return None
        if _DIGITS.match(first.key):
            if all(c.key is not None and _DIGITS.match(c.key) for c in children):
                if all(c.kind == STRING for c in children):
                    return self.numbered(children, owner or stem, kind, pointer)
                if all(c.kind == ARRAY and c.children and all(e.kind == STRING for e in c.children) for c in children):
                    return self.numbered(children, owner or stem, kind, pointer)
            return None
        if first.kind == NUMBER and all(c.kind == NUMBER and c.key for c in children) and (known or _counts(children)):
            return self.named(children, owner or stem, kind, pointer)
        return None

    def listed(self, node: Node, owner: str, pointer: str) -> Iterator[Surface] | None:
        """The members of a code list (objects of a code and its names), or None if the array is none."""
        children = node.children
        if any(child.kind != OBJECT or not child.children for child in children):
            return None
        names = {child.key or "" for child in children[0].children}
        hint = owner.rpartition(".")[2] or self.name
        if not coded(names, hint):
            return None
        if any(part.children or (part.key or "") not in names for child in children for part in child.children):
            return None
        kind = Kind.MODEL if hint == "categories" else Kind.DICT
        return self.entries(children, owner, kind, pointer)

    def entries(self, children: list[Node], owner: str, kind: Kind, pointer: str) -> Iterator[Surface]:
        """The entries of a code list: each name a member with its code as value."""
        for index, child in enumerate(children):
            code = next((part.value for part in child.children if is_code(part.key or "") and part.value), "")
            for part in child.children:
                key = part.key or ""
                inner = f"{pointer}/{index}/{key}"
                label = not is_code(key)
                if index == 0:
                    yield self.surface(Role.KEY, key, part.key_start, inner, owner, kind)
                if part.kind == STRING and part.value:
                    said = (
                        Said(Role.MEMBER, None, owner, kind, value=code)
                        if label
                        else Said(Role.VALUE, None, owner, kind, key)
                    )
                    yield from self.text(said, part, inner)
                if id(part) in self.bound:
                    yield from self.comments(part, owner, kind, (), part.value if label else key)

    def numbered(self, children: list[Node], owner: str, kind: Kind, pointer: str) -> Iterator[Surface]:
        """Members of a map from numbers to names."""
        for child in children:
            inner = step(pointer, child.key or "")
            for part in child.children or [child]:
                for one in self.plan.values.get(
                    id(part), [Said(Role.MEMBER, None, owner, kind, value=child.key or "")]
                ):
                    yield from self.text(one, part, inner)
            if id(child) in self.bound:
                yield from self.comments(child, owner, kind, (), child.value)

    def named(self, children: list[Node], owner: str, kind: Kind, pointer: str) -> Iterator[Surface]:
        """Members of a map from names to numbers."""
        for child in children:
            if child.key:
                inner = step(pointer, child.key)
                yield self.surface(Role.MEMBER, child.key, child.key_start, inner, owner, kind, "", child.value)
            if id(child) in self.bound:
                yield from self.comments(child, owner, kind, (), child.key or "")


def _counts(children: list[Node]) -> bool:
    """Whether the numbers under the keys are codes (0, 1, 2 …) or shares of a whole: then the keys are labels."""
    texts = [child.value for child in children]
    if all(text.isdigit() and len(text) < 7 for text in texts):
        numbers = sorted({int(text) for text in texts})
        return len(numbers) == len(texts) and numbers[0] < 2 and numbers[-1] <= len(numbers) * 3 // 2
    if len(texts) < 3:
        return False
    try:
        total = sum(float(text) for text in texts)
    except ValueError:
        return False
    return (0.97 <= total <= 1.03 or 97 <= total <= 103) and all(not text.startswith("-") for text in texts)


def _keyed(children: list[Node]) -> bool:
    """Whether objects of the same keys stand under ids or file names."""
    sample = children[:64]
    if any(child.kind != OBJECT or not _IMAGE.search(child.key or "") for child in sample):
        return False
    return like(children) is not None


def _table(children: list[Node]) -> bool:
    """Whether the elements are rows without keys: arrays of one length that mix numbers and text."""
    sample = children[:64]
    width = len(sample[0].children)
    if width < 3 or any(child.kind != ARRAY or len(child.children) != width for child in sample):
        return False
    kinds = [{cell.kind for cell in child.children} for child in sample]
    return all(STRING in kind and kind & {NUMBER, NUMBERS, WORD} for kind in kinds)
