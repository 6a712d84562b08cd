"""Compiled Python (.pyc, .pyo): classes, functions, constants, lists, dictionaries, conditions, calls and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from untag.gap import Damaged, Gap, Reason
from untag.readers import BinaryReader
from untag.surface import Kind, Role, Surface
from untag.syntax import marshalled
from untag.syntax.bytecode import Bundle, Name, walk, written
from untag.syntax.marshalled import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.place import Place
    from untag.syntax.bytecode import Step

__all__ = ["PycReader"]

_LONG = 3000
#: How deep classes and functions nest, and lists and dictionaries in one value.
_DEPTH, _NESTED = 40, 6
_ENUMS = ("Enum", "Flag", "Choices")
#: Constants that are names in Python 2.
_CONSTANTS = frozenset({"False", "None", "True"})


class PycReader(BinaryReader):
    """Reads compiled modules of CPython 2.7 to 3.14 with a parser of its own; nothing is loaded or run."""

    name = "pyc"
    rank = 50
    sieved = True
    limits = (
        "Jumps are not followed: under which condition something is done is not seen.",
        "A subscript is not told from other operations in Python 3.14.",
        "What a program encrypts or builds at run time is not seen; other interpreters than CPython are not known.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The number of a release of Python, and a code object behind it."""
        return marshalled.version(artifact.head[:64]) is not None

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """The module with all it declares."""
        release = marshalled.version(artifact.head[:64])
        if release is None or not artifact.held:
            raise Damaged("too large for a compiled module")
        place = artifact.place.whole()
        module = _Module(place, release, limits.nodes)
        try:
            made, end = marshalled.load(artifact.data, release)
        except marshalled.Broken as error:
            # What was read last holds what was read before; so the outermost that are whole are shown.
            inside = {id(one) for code in error.kept for one in code.consts}
            for code in error.kept:
                if id(code) not in inside:
                    yield from module.code(code, code.name, Kind.CALLABLE if code.function else Kind.CLASS, 0)
            yield Gap(place, Reason.DAMAGED, f"pyc: {error}", 1)
            return
        yield from module.code(made, "", Kind.FILE, 0)
        if module.full:
            yield Gap(place, Reason.LIMIT, "pyc: more is nested or shared than is followed; the rest was swept", 1)
        if end < artifact.size:
            yield Gap(place, Reason.UNKNOWN, "bytes behind a compiled module; they were swept", artifact.size - end)


class _Module:
    def __init__(self, place: Place, release: tuple[int, int], steps: int) -> None:
        self.place, self.release, self.left = place, release, steps
        self.full = False

    def at(self, *path: str) -> Place:
        """A place by dotted names."""
        return self.place.at(pointer=("/" + "/".join(p.replace(".", "/") for p in path if p))[:400])

    def code(self, code: Code, own: str, kind: Kind, depth: int) -> Iterator[Surface]:
        """Everything that a code object shows.

        Args:
            code: It.
            own: What it is called, with dots; nothing for the module.
            kind: What it is.
            depth: How deep it lies.
        """
        self.left -= 1 + len(code.code) + len(code.consts)
        if depth > _DEPTH or self.left < 0:
            self.full = True
            return
        body = _Body(self, code, own, kind, depth)
        yield from body.run()


class _Body:
    """One code object.

    Attributes:
        told: Names and texts that were shown as something.
        walked: Tuples whose texts were told, by identity, and how deep they lay.
    """

    def __init__(self, module: _Module, code: Code, own: str, kind: Kind, depth: int) -> None:
        self.module, self.code, self.own, self.kind, self.depth = module, code, own, kind, depth
        self.told: set[str] = set()
        self.walked: dict[int, int] = {}
        self.shown: set[int] = set()
        self.maps: list[Step] = []

    def run(self) -> Iterator[Surface]:
        code, spot = self.code, self.module.at(self.own)
        for name in code.takes:
            self.told.add(name)
            yield Surface(Role.PARAMETER, name[:_LONG], spot, self.own, Kind.CALLABLE)
        if code.remark:
            yield from self.lines(Role.COMMENT, code.remark, self.own.rpartition(".")[2])
        for step in walk(code, self.module.release):
            yield from self.step(step)
        yield from self.flush()
        for one in code.consts:
            if isinstance(one, Code) and id(one) not in self.shown:
                yield from self.inner(one)
            else:
                yield from self.texts(one, 0)
        for name in dict.fromkeys((*code.names, *code.local)):
            if name and name not in self.told and not name.startswith("__") and name not in _CONSTANTS:
                yield Surface(Role.USE, name[:_LONG], spot, self.own, self.kind)

    def inner(self, code: Code) -> Iterator[Surface]:
        """A function without a name of its own, or one that was not seen to be stored."""
        self.shown.add(id(code))
        noted = code.name.startswith("__annotate") and self.kind in {Kind.CLASS, Kind.ENUM}
        name = "" if code.name.startswith(("<", "__annotate")) else code.name
        own = f"{self.own}.{name}".strip(".") if name else self.own
        kind = self.kind if noted else Kind.CALLABLE if code.function else Kind.CLASS
        if noted:
            code = Code(code.name, [], code.local, code.names, code.consts, code.code)
        yield from self.module.code(code, own[:400], kind, self.depth + 1)

    def texts(self, value: Any, depth: int) -> Iterator[Surface]:
        """Texts of a constant that nothing told."""
        self.module.left -= 1
        if self.module.left < 0:
            self.module.full = True
        elif isinstance(value, tuple) and depth < _NESTED:
            # Tuples may share tuples; what one holds was told the first time, unless the depth cut it.
            if self.walked.get(id(value), _NESTED) <= depth:
                return
            self.walked[id(value)] = depth
            for one in value:
                yield from self.texts(one, depth + 1)
        elif isinstance(value, str) and value not in self.told:
            self.told.add(value)
            # Before 3.11 the full name of each function is a constant beside it.
            if value != self.own and "<locals>" not in value and not (self.own and value.startswith(self.own + ".")):
                yield from self.lines(Role.STRING, value, "")

    def lines(self, role: Role, text: str, about: str) -> Iterator[Surface]:
        self.told.add(text)
        spot = self.module.at(self.own)
        for line in text.split("\n"):
            if line.strip():
                yield Surface(role, line.strip()[:_LONG], spot, self.own, self.kind, about)

    def step(self, step: Step) -> Iterator[Surface]:
        if step.what in {"store", "keep", "attribute"}:
            yield from self.stored(step)
        elif step.what == "map":
            self.maps.append(step)
        elif step.what == "note" or (step.what == "compare" and None not in step.items):
            yield from self.said(step)
        elif step.what == "call":
            yield from self.called(step)

    def said(self, step: Step) -> Iterator[Surface]:
        """A comparison, or a name with its type."""
        first, second = step.items
        if step.what == "compare":
            if isinstance(first, Name) or isinstance(second, Name):
                text = f"{written(first)} {step.name} {written(second)}"
                yield Surface(Role.CONDITION, text[:_LONG], self.module.at(self.own), self.own, self.kind)
        elif isinstance(first, str):
            role = Role.FIELD if self.kind in {Kind.CLASS, Kind.ENUM} else Role.CONSTANT
            self.told.add(first)
            yield Surface(role, first[:_LONG], self.spot(first), self.own, self.kind, "", "", written(second))

    def called(self, step: Step) -> Iterator[Surface]:
        """A call, and lists among its arguments."""
        plain = len(step.items) - len(step.beside)
        rows = [(step.beside[n - plain] if n >= plain else "", value) for n, value in enumerate(step.items)]
        said = ", ".join(f"{name}={written(value)}" if name else written(value) for name, value in rows)
        yield Surface(Role.CALL, f"{step.name}({said})"[:_LONG], self.module.at(self.own), self.own, self.kind)
        for name, value in rows:
            if isinstance(value, (Bundle, tuple)):
                yield from self.listed(value, ".".join(filter(None, (self.own, step.name, name))), 0)

    def flush(self) -> Iterator[Surface]:
        """Dictionaries that got no name."""
        maps, self.maps = self.maps, []
        for step in maps:
            if self.code.name.startswith("__annotate"):
                for first, second in zip(step.items[::2], step.items[1::2], strict=False):
                    if isinstance(first, str):
                        self.told.add(first)
                        role = Role.FIELD if self.kind in {Kind.CLASS, Kind.ENUM} else Role.CONSTANT
                        yield Surface(role, first, self.spot(first), self.own, self.kind, "", "", written(second))
            else:
                yield from self.pairs(step.items, f"{self.own}.{{}}".strip("."), 0)

    def spot(self, name: str) -> Place:
        return self.module.at(self.own, name)

    def stored(self, step: Step) -> Iterator[Surface]:
        """Something that gets a name."""
        name, value = step.name, step.items[0]
        self.told.add(name)
        keyed = isinstance(value, Bundle) and value.keyed
        if keyed:
            self.maps.clear()
        yield from self.flush()
        if step.made is not None and step.what != "attribute" and step.made.name == name:
            yield from self.declared(name, step)
        elif name.startswith("__"):
            yield from self.special(name, value)
        elif isinstance(value, Name) and value.imported:
            yield Surface(Role.IMPORT, value.text or name, self.spot(name), self.own, self.kind)
        elif step.what == "attribute":
            if self.code.takes[:1] == list(step.beside[-1:]):
                yield from self.named(Role.FIELD, name, value, self.own.rpartition(".")[0], Kind.CLASS)
        else:
            roles = {Kind.ENUM: Role.MEMBER, Kind.CLASS: Role.FIELD}
            yield from self.named(roles.get(self.kind, Role.CONSTANT), name, value, self.own, self.kind)

    def declared(self, name: str, step: Step) -> Iterator[Surface]:
        """A class or function."""
        if step.made is None:
            return
        self.shown.add(id(step.made))
        own = f"{self.own}.{name}".strip(".")[:400]
        if step.made.function:
            method = self.kind in {Kind.CLASS, Kind.ENUM}
            yield Surface(Role.FUNCTION, name, self.spot(name), self.own if method else own,
                          self.kind if method else Kind.CALLABLE)  # fmt: skip
            kind = Kind.CALLABLE
        else:
            enum = any(one.endswith(_ENUMS) for one in step.beside)
            kind = Kind.ENUM if enum else Kind.CLASS
            yield Surface(Role.ENUM if enum else Role.TYPE, name, self.spot(name), own, kind)
        yield from self.module.code(step.made, own, kind, self.depth + 1)

    def special(self, name: str, value: Any) -> Iterator[Surface]:
        """What documents a class or module, and the fields it has room for."""
        if name == "__doc__" and isinstance(value, str):
            yield from self.lines(Role.COMMENT, value, self.own.rpartition(".")[2])
        elif name == "__slots__" and isinstance(value, (Bundle, tuple)):
            for one in _items(value):
                if isinstance(one, str):
                    self.told.add(one)
                    yield Surface(Role.FIELD, one[:_LONG], self.spot(one), self.own, self.kind)
        elif name in {"__module__", "__qualname__", "__static_attributes__"}:
            self.told.update(one for one in (value, *_items(value)) if isinstance(one, str))

    def named(self, role: Role, name: str, value: Any, own: str, kind: Kind) -> Iterator[Surface]:
        """A name with its value."""
        text = value if isinstance(value, str) else written(value) if isinstance(value, (int, float)) else ""
        spot = self.spot(name)
        yield Surface(role, name[:_LONG], spot, own, kind, "", text[:200])
        if isinstance(value, str) and value.strip():
            self.told.add(value)
            yield Surface(Role.VALUE, value.strip()[:_LONG], spot, own, kind, name[:400])
        elif isinstance(value, (Bundle, tuple)):
            yield from self.listed(value, f"{own}.{name}".strip("."), 0)

    def listed(self, value: Bundle | tuple[Any, ...], own: str, depth: int) -> Iterator[Surface]:
        """What is in a list or dictionary."""
        self.module.left -= 1 + len(_items(value))
        if depth > _NESTED or self.module.left < 0:
            self.module.full = True
            return
        if isinstance(value, Bundle) and value.keyed:
            yield from self.pairs(value.items, own, depth)
            return
        for number, one in enumerate(_items(value)):
            if isinstance(one, str):
                self.told.add(one)
                spot = self.module.at(own, str(number))
                yield Surface(Role.MEMBER, one[:_LONG], spot, own[:400], Kind.LIST, "", str(number))
            elif isinstance(one, (Bundle, tuple)):
                yield from self.listed(one, own, depth + 1)

    def pairs(self, items: Sequence[Any], own: str, depth: int) -> Iterator[Surface]:
        """What is in a dictionary: numbers with their labels, or keys with their values."""
        own = own[:400]
        for key, value in zip(items[::2], items[1::2], strict=False):
            spot = self.module.at(own, str(key) if isinstance(key, (str, int)) else "")
            if isinstance(key, int) and isinstance(value, str):
                self.told.add(value)
                yield Surface(Role.MEMBER, value[:_LONG], spot, own, Kind.DICT, "", str(key))
            elif isinstance(key, str):
                self.told.add(key)
                text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
                yield Surface(Role.KEY, key[:_LONG], spot, own, Kind.DICT, "", text[:200])
                if isinstance(value, str) and value.strip():
                    self.told.add(value)
                    yield Surface(Role.VALUE, value.strip()[:_LONG], spot, own, Kind.DICT, key[:400])
            if isinstance(value, (Bundle, tuple)):
                yield from self.listed(value, f"{own}.{key}" if isinstance(key, str) else own, depth + 1)


def _items(value: Any) -> Sequence[Any]:
    return value.items if isinstance(value, Bundle) else value if isinstance(value, tuple) else ()
