"""Instructions of Python: what a code object declares, compares, calls, and puts into lists and dictionaries.

Source: the module ``opcode`` of CPython 2.7 to 3.14. Instructions are gone through once, as they stand there, with a
stack that knows names and constants alone; what it cannot follow, it forgets. Nothing is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from untag.syntax.marshalled import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Bundle", "Name", "Step", "walk", "written"]

#: Things that the stack holds, and characters of one expression.
_MOST, _LONG = 1000, 200
_OPERATORS = ("<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not")
#: What the operations of releases do, by the word for it.
_OLD = {
    90: "store", 97: "store", 125: "keep", 95: "attribute", 100: "const", 101: "name", 116: "global", 124: "local",
    106: "dot", 102: "bundle", 103: "bundle", 104: "bundle", 105: "map", 107: "compare", 144: "more", 1: "end",
    83: "end", 60: "put", 25: "part", 108: "import", 109: "from",
}  # fmt: skip
_CALLED = {131: "call", 141: "keyword", 160: "dot", 161: "call", 156: "keys"}
_NEWER = {162: "extend", 163: "extend", 118: "contains"}
#: The last release that each table is for.
_TABLES: tuple[tuple[tuple[int, int], dict[int, str]], ...] = (
    ((2, 7), _OLD | {105: "fresh", 54: "item", 131: "call", 145: "more", 144: ""}),
    ((3, 4), _OLD | {105: "fresh", 54: "item", 131: "call"}),
    ((3, 5), _OLD | {131: "call"}),
    ((3, 8), _OLD | _CALLED),
    ((3, 10), _OLD | _CALLED | _NEWER),
    ((3, 12), _OLD | _NEWER | {156: "keys", 160: "dot", 171: "call", 172: "named"}),
    ((3, 13), {
        114: "store", 113: "store", 110: "keep", 108: "attribute", 83: "const", 92: "name", 91: "global", 85: "local",
        88: "locals", 82: "dot", 47: "bundle", 52: "bundle", 49: "bundle", 48: "map", 46: "keys", 58: "compare",
        59: "contains", 81: "extend", 107: "extend", 53: "call", 57: "keyword", 71: "more", 32: "end", 36: "end",
        39: "put", 5: "part", 75: "import", 74: "from",
    }),
    ((3, 14), {
        116: "store", 115: "store", 112: "keep", 110: "attribute", 82: "const", 94: "small", 93: "name", 92: "global",
        84: "local", 86: "local", 87: "locals", 89: "locals", 80: "dot", 46: "bundle", 51: "bundle", 48: "bundle",
        47: "map", 56: "compare", 57: "contains", 79: "extend", 109: "extend", 52: "call", 55: "keyword", 69: "more",
        31: "end", 35: "end", 38: "put", 73: "import", 72: "from",
    }),
)  # fmt: skip


class Name(Struct, frozen=True):
    """A name or what is reached from one, as it is written.

    Attributes:
        text: It.
        imported: Whether it is what an import gives.
    """

    text: str
    imported: bool = False


class Bundle(Struct, frozen=True):
    """A list, tuple or set; or the pairs of a dictionary.

    Attributes:
        items: What is in it, or keys and values in turn.
        keyed: Whether it is a dictionary.
    """

    items: tuple[Any, ...]
    keyed: bool = False


class Step(Struct, frozen=True):
    """Something that happens.

    Attributes:
        what: ``store`` (a name of a module or class), ``keep`` (a local one), ``attribute``, ``map`` (pairs of a
            dictionary), ``note`` (a name and its type), ``compare``, or ``call``.
        name: That is stored; of what is called, its name; of a comparison, its operator.
        items: The value that is stored; pairs; both sides; arguments.
        beside: Names that were met since the last thing was stored; of a call, names of its last arguments.
        made: The code of the function or class that was made since then.
    """

    what: str
    name: str
    items: tuple[Any, ...]
    beside: tuple[str, ...] = ()
    made: Code | None = None


def walk(code: Code, release: tuple[int, int]) -> Iterator[Step]:
    """What a code object does, in order.

    Args:
        code: It.
        release: Of Python.
    """
    yield from _Walk(code, release).run()


class _Walk:
    def __init__(self, code: Code, release: tuple[int, int]) -> None:
        self.code, self.release = code, release
        self.table = next((table for upto, table in _TABLES if release <= upto), {})
        self.stack: list[Any] = []
        self.beside: list[str] = []
        self.keywords: tuple[Any, ...] = ()
        self.made: Code | None = None

    def run(self) -> Iterator[Step]:
        for number, argument in self._operations():
            what = self.table.get(number, "")
            if what:
                yield from self._do(what, argument)
            if len(self.stack) > _MOST:
                self.stack.clear()

    def _operations(self) -> Iterator[tuple[int, int]]:
        """Number and argument of each; two bytes from 3.6 on, one or three before."""
        raw, at, high = self.code.code, 0, 0
        while at < len(raw):
            number = raw[at]
            if self.release >= (3, 6):
                argument, size = raw[at + 1] if at + 1 < len(raw) else 0, 2
            else:
                size = 3 if number >= 90 else 1
                argument = int.from_bytes(raw[at + 1 : at + size], "little")
            argument |= high
            high = 0
            if self.table.get(number) == "more":
                high = (argument << (8 if size == 2 else 16)) & 0xFFFFFFFF
            else:
                yield number, argument
            at += size

    def _do(self, what: str, argument: int) -> Iterator[Step]:
        if what in {"store", "keep", "attribute"}:
            yield from self._stored(what, argument)
        elif what == "compare":
            argument >>= {(3, 12): 4, (3, 13): 5, (3, 14): 5}.get(self.release, 0)
            yield Step("compare", _at(_OPERATORS, argument) or "?", self._pop(2))
        elif what == "contains":
            yield Step("compare", "not in" if argument & 1 else "in", self._pop(2))
        elif what in {"call", "keyword"}:
            yield from self._called(what, argument)
        elif what in {"map", "keys"}:
            yield from self._mapped(what, argument)
        elif what in {"put", "item"}:
            yield from self._put(what)
        elif what == "end":
            self.stack.clear()
            self.beside.clear()
            self.made = None
        else:
            self._push(what, argument)

    def _push(self, what: str, argument: int) -> None:
        names = self.code.names
        if what == "const":
            self.stack.append(one := _at(self.code.consts, argument))
            self.made = one if isinstance(one, Code) else self.made
        elif what == "small":
            self.stack.append(argument)
        elif what == "name":
            self._named(_at(names, argument))
        elif what == "global":
            self._named(_at(names, argument >> (self.release >= (3, 11))))
        elif what == "local":
            self._named(_at(self.code.local, argument))
        elif what == "locals":
            self._named(_at(self.code.local, argument >> 4))
            self._named(_at(self.code.local, argument & 15))
        elif what in {"import", "from"}:
            self._pop(2 if what == "import" else 0)
            self.stack.append(Name(str(_at(names, argument) or "")[:_LONG], imported=True))
        elif what in {"dot", "part"}:
            self._reached(what, argument)
        elif what in {"bundle", "fresh"}:
            self.stack.append(Bundle(self._pop(argument if what == "bundle" else 0), keyed=what == "fresh"))
        elif what == "extend":
            self._extended()
        elif what == "named":
            held = _at(self.code.consts, argument)
            self.keywords = held if isinstance(held, tuple) else ()

    def _reached(self, what: str, argument: int) -> None:
        """What is reached from a name: an attribute or an item."""
        if what == "dot":
            (owner,) = self._pop(1)
            more = f".{_at(self.code.names, argument >> (self.release >= (3, 12)))}"
        else:
            owner, key = self._pop(2)
            more = f"[{written(key)}]"
        self._named((owner.text if isinstance(owner, Name) else "") + more)

    def _named(self, text: object) -> None:
        text = str(text or "")[:_LONG]
        self.stack.append(Name(text))
        if len(self.beside) < _MOST:
            self.beside.append(text)

    def _pop(self, count: int) -> tuple[Any, ...]:
        """The last things; None for those that are not known."""
        count = min(count, _MOST)
        there = self.stack[len(self.stack) - min(count, len(self.stack)) :]
        del self.stack[len(self.stack) - len(there) :]
        return (*[None] * (count - len(there)), *there)

    def _extended(self) -> None:
        """A list that is filled from a constant."""
        into, more = self._pop(2)
        rows = more if isinstance(more, tuple) else more.items if isinstance(more, Bundle) else ()
        held = into.items if isinstance(into, Bundle) else ()
        self.stack.append(Bundle((*held, *rows[:_MOST])[:_MOST] if held else rows))

    def _stored(self, what: str, argument: int) -> Iterator[Step]:
        if what == "attribute":
            self._pop(1)
        (value,) = self._pop(1)
        names = self.code.local if what == "keep" else self.code.names
        yield Step(what, str(_at(names, argument) or ""), (value,), tuple(self.beside), self.made)
        self.beside.clear()
        self.made = None

    def _put(self, what: str) -> Iterator[Step]:
        """An item into a dictionary, or a type beside a name."""
        if what == "item":
            value, key = self._pop(2)
            (into,) = self._pop(1)
            held = into.items if isinstance(into, Bundle) else ()
            self.stack.append(Bundle((*held, key, value)[-_MOST:], keyed=True))
        else:
            value, into, key = self._pop(3)
        noted = isinstance(into, Name) and into.text.endswith("__annotations__")
        yield Step("note" if noted else "map", "", (key, value))

    def _mapped(self, what: str, argument: int) -> Iterator[Step]:
        """A dictionary."""
        if what == "keys":
            keys = self._pop(1)[0]
            values = self._pop(argument)
            pairs = tuple(
                x for pair in zip(keys if isinstance(keys, tuple) else (), values, strict=False) for x in pair
            )
        else:
            pairs = self._pop(2 * argument)
        self.stack.append(Bundle(pairs, keyed=True))
        if pairs:
            yield Step("map", "", pairs)

    def _called(self, what: str, argument: int) -> Iterator[Step]:
        keywords = self._pop(1)[0] if what == "keyword" else self.keywords
        self.keywords = ()
        old = what == "call" and self.release < (3, 6)
        values = self._pop((argument & 0xFF) + 2 * (argument >> 8) if old else argument)
        (callee,) = self._pop(1)
        self.stack.append(None)
        if isinstance(callee, Name):
            names = tuple(n for n in keywords if isinstance(n, str)) if isinstance(keywords, tuple) else ()
            yield Step("call", callee.text, values, names)


def written(value: object, depth: int = 0) -> str:
    """A thing of the stack as it would stand in source; three points for what is not known, or nests deep."""
    if isinstance(value, Name):
        return value.text
    if isinstance(value, (Bundle, tuple)) and depth < 2:
        listed = isinstance(value, Bundle) and not value.keyed
        items = value.items if isinstance(value, Bundle) else value
        said = ", ".join(written(one, depth + 1) for one in items[:20])
        return (f"[{said}]" if listed else f"({said})")[:_LONG]
    if isinstance(value, (str, int, float)):
        return repr(value[:_LONG] if isinstance(value, str) else value)[:_LONG]
    return "..."


def _at(rows: Sequence[Any], number: int) -> Any:
    return rows[number] if 0 <= number < len(rows) else None
