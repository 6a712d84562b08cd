"""WebAssembly modules and components: imports, exports, names, debug information and texts in segments of data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import spool
from untag.gap import Damaged, Gap, Reason
from untag.readers import DenseReader, _native
from untag.surface import Kind, Role, Surface
from untag.syntax import wasm
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.place import Place
    from untag.syntax.image import Symbol

__all__ = ["WasmReader"]

#: Sections of a component that hold a module, and another component.
_INNER = {1: "module", 4: "component"}
#: Of a name that the linker wrote as in source: what stands between angle brackets, and what is taken and given.
_ANGLED, _TAKEN = re.compile(r"<[^<>]*>"), re.compile(r"\(.*", re.DOTALL)
_CAPITAL = re.compile(r"[A-Z]")


class WasmReader(DenseReader):
    """Reads modules, object files and components of WebAssembly; instructions are not looked at."""

    name = "wasm"
    rank = 50
    starts = (wasm.MAGIC,)
    sieved = True
    shows = "cat {file}"
    limits = (
        "Instructions are not read: what a program does with a name is not seen.",
        "Names of local variables and of types are not read, but for those in debug information.",
        "Types and names of a component itself are swept; the modules in it are read.",
        "Debug information in a file of its own is read if it is in the input; it is not looked for.",
    )

    def glued(self, artifact: Artifact) -> Iterator[bytes]:
        """Names of plain functions."""
        return _native.glued(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Names, debug information and texts; of a component its modules."""
        version = artifact.head[4:8]
        if version == wasm.COMPONENT:
            yield from _component(artifact, limits)
            return
        if version != wasm.MODULE:
            raise Damaged("an unknown version of WebAssembly")
        place = artifact.place.whole()
        with bytes_of(artifact) as data:
            image = wasm.sections(data)
            plain: list[Symbol] = []
            for symbol in wasm.symbols(data, image):
                if "::" in symbol.name and symbol.what != "import":
                    yield from _written(symbol, place)
                else:
                    plain.append(symbol)
            yield from _native.body(artifact, data, image, plain)


def _component(artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap]:
    """The modules of a component; its own types and names are a gap."""
    rest = 0
    with bytes_of(artifact) as data:
        rows = list(wasm.parts(data))
    for index, (number, start, size) in enumerate(rows):
        if number in _INNER:
            yield from spool.extent(artifact, f"{_INNER[number]} {index + 1}", start, size, limits)
        else:
            rest += size
    if rest:
        said = "types and names of a component of WebAssembly; they were swept"
        yield Gap(artifact.place.whole(), Reason.UNKNOWN, said, min(rest, artifact.size))


def _written(symbol: Symbol, place: Place) -> Iterator[Surface]:
    """A name as it stands in source: ``face::Attr::isGlad() const``."""
    bare, before = symbol.name.replace("(anonymous namespace)", ""), ""
    while bare != before:
        before, bare = bare, _ANGLED.sub("", bare)
    path = [p for p in _TAKEN.sub("", bare).split()[-1:] for p in p.split("::") if p]
    if not path:
        return
    spot = place.at(pointer=f"/{symbol.table}/{symbol.name}"[:400])
    role = Role.CONSTANT if symbol.what == "object" else Role.FUNCTION
    method = len(path) > 1 and _CAPITAL.match(path[-2]) is not None
    owner = ".".join(path[:-1] if method else path)
    yield Surface(role, path[-1][:3000], spot, owner[:400], Kind.CLASS if method else Kind.CALLABLE)
