"""Rows about people: which keys a large array of like objects has, and never what stands under them.

A closed vocabulary is the one exception: a key whose values, over enough rows, are few and each come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.surface import Kind, Role, Surface, upto
from untag.syntax.tree import ARRAY, OBJECT, STRING, Node

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from untag.place import Place
    from untag.syntax.tree import Source

__all__ = ["ROWS", "Records", "coded", "dictionary", "is_code", "like"]

#: Objects an array must have to be taken for rows of data.
ROWS = 20
#: Rows over which a closed set of values must hold, and most values it may have.
_SURE = 50
_CLOSED = 30
_LONG = 64
#: Distinct keys that are kept, and how deep rows are looked into.
_COLUMNS = 4000
_DEPTH = 8
#: Elements that decide whether the rest are rows too.
_SAMPLE = 64

# fmt: off
_CODE = frozenset((
    "id", "code", "value", "key", "index", "no", "num", "number", "order", "sort", "seq", "label_id", "class_id",
    "classid", "category_id", "dictvalue", "dictsort", "dictcode", "dict_value", "cssclass", "listclass",
    "isdefault", "supercategory", "isthing", "color", "colour", "abbr", "short", "letter", "letters", "pinyin",
    "alpha2", "mid",
))
# fmt: on
# fmt: off
_NAME = frozenset((
    "name", "label", "text", "title", "display", "displayname", "display_name", "dictlabel", "dict_label", "desc",
    "description", "remark", "caption", "zh", "cn", "en", "name_en", "name_zh", "name_cn", "en_name", "cn_name",
    "zh_name", "english", "chinese", "synonyms",
))
# fmt: on
#: Keys of an object that describes a thing of a program (a column, a rule, a translation), never a person.
# fmt: off
_PROGRAM = frozenset((
    "field", "prop", "dataindex", "datatype", "column", "columnname", "column_name", "fieldname", "field_name",
    "columncomment", "component", "method", "msgid", "msgstr", "translation", "translations", "defaultmessage",
    "selector", "operation", "rule", "query", "regex", "pattern", "enum", "op", "patterns", "keywords", "in",
    "schema", "operationid", "endpoint", "statuscode", "children",
))
# fmt: on
_HINTS = (
    "categor",
    "label",
    "class",
    "option",
    "dict",
    "nation",
    "ethnic",
    "race",
    "enum",
    "type",
    "code",
    "group",
    "item",
    "menu",
)


def like(elements: Sequence[Node]) -> frozenset[str] | None:
    """The keys that nearly all of the first elements share, if these are rows; None if they are not."""
    sample = elements[:_SAMPLE]
    if len(sample) < ROWS:
        return None
    counts: dict[str, int] = {}
    for element in sample:
        if element.kind != OBJECT:
            return None
        for name in {child.key or "" for child in element.children[:400]}:
            counts[name] = counts.get(name, 0) + 1
    common = frozenset(name for name, count in counts.items() if count * 10 >= len(sample) * 9)
    if not common or len(common) * 2 < len(counts):
        return None
    return common


def dictionary(common: frozenset[str], hint: str) -> bool:
    """Whether rows of these keys are a program's own table (codes with labels, columns, rules) and no people.

    Args:
        common: Keys that the rows share.
        hint: The key or file name the rows stand under; it decides where the keys are only a number and a name.
    """
    return bool(_PROGRAM.intersection(name.lower() for name in common)) or coded(common, hint)


def is_code(key: str) -> bool:
    """Whether a key of a code list holds the code (or order) rather than a name."""
    return key.lower() in _CODE


def coded(keys: Collection[str], hint: str) -> bool:
    """Whether objects of these keys are a code list: codes with their names, and nothing else.

    Args:
        keys: Keys that the objects share.
        hint: The key or file name they stand under; it decides where the keys are only a number and a name.
    """
    names = {name.lower() for name in keys}
    if not names <= _CODE | _NAME or not names & _NAME or not names & _CODE:
        return False
    if names & {"value", "code", "supercategory", "dictvalue", "dict_value"}:
        return True
    low = hint.lower()
    return any(word in low for word in _HINTS)


class _Column:
    """What is known of a key: where it first stands, how many strings it held, and which, while they are few."""

    __slots__ = ("count", "first", "values")

    def __init__(self, first: int) -> None:
        self.first = first
        self.count = 0
        self.values: dict[str, int] | None = {}

    def add(self, text: str) -> None:
        self.count += 1
        values = self.values
        if values is None:
            return
        if text in values:
            values[text] += 1
        elif len(values) >= _CLOSED or len(text) > _LONG:
            self.values = None
        else:
            values[text] = 1

    def closed(self) -> list[str]:
        """The values, in order of the alphabet, if they are a closed vocabulary."""
        if self.count < _SURE or not self.values or any(count < 2 for count in self.values.values()):
            return []
        return sorted(self.values)


class Records:
    """The columns of an array of rows; rows are added one by one and not kept."""

    def __init__(self) -> None:
        self.columns: dict[tuple[str, ...], _Column] = {}
        self.rows = 0

    def add(self, row: Node, base: int = 0) -> None:
        """Take one row in.

        Args:
            row: Its node.
            base: What to add to its positions (where rows were parsed one by one).
        """
        self.rows += 1
        stack: list[tuple[Node, tuple[str, ...]]] = [(row, ())]
        columns = self.columns
        while stack:
            node, path = stack.pop()
            for child in reversed(node.children) if node.kind == ARRAY else node.children:
                here = path
                if child.key is not None:
                    if len(path) >= _DEPTH:
                        continue
                    here = (*path, child.key)
                    column = columns.get(here)
                    if column is None:
                        if len(columns) >= _COLUMNS:
                            continue
                        columns[here] = column = _Column(child.key_start + base)
                else:
                    column = columns.get(path)
                if child.children:
                    stack.append((child, here))
                elif child.kind == STRING and column is not None and child.value:
                    column.add(child.value)

    def surfaces(self, source: Source, place: Place, owner: str, pointer: str, first: int) -> Iterator[Surface]:
        """Each key once, and the closed vocabularies; ``first`` is where the array starts."""
        head = source.line(first)
        for path, column in sorted(self.columns.items(), key=lambda item: (item[1].first, item[0])):
            holder = ".".join((owner, *path[:-1]))
            line, at = source.spot(column.first)
            inside = pointer + "/*/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)
            spot = place.at(line=line, column=at, pointer=inside[:1000])
            yield Surface(Role.KEY, upto(path[-1], 2000), spot, holder[:1000], Kind.DATASET)
            for text in column.closed():
                yield Surface(
                    Role.MEMBER,
                    text,
                    place.at(line=head, column=1, pointer=inside[:1000]),
                    f"{holder}.{path[-1]}"[:1000],
                    Kind.DATASET,
                )
