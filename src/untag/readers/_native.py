"""What readers of native programs share: surfaces of symbols, of debug information and of texts in data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.gap import Gap, Opaque, Reason
from untag.readers._pool import pooled
from untag.surface import Kind, Role, Surface
from untag.syntax import mangled
from untag.syntax.dwarf import Debug
from untag.syntax.icu import locales
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.artifact import Artifact
    from untag.place import Place
    from untag.syntax.dwarf import Thing
    from untag.syntax.image import Image, Section, Symbol
    from untag.syntax.pages import Bytes

__all__ = ["body", "glued", "thing", "things"]

#: Things that are remembered, so that what many units declare is shown once.
_SEEN = 2_000_000
_CAPITAL = re.compile(r"[A-Z]")
#: Parameters that the compiler made.
_MADE = frozenset({"this", "self", "__in_chrg", "__vtt_parm"})
_RECORDS = frozenset({"class", "struct"})
_DEBUG = ("info", "types", "abbrev", "str", "line_str", "str_offsets")


def body(artifact: Artifact, data: Bytes, image: Image, symbols: Iterable[Symbol]) -> Iterator[Surface | Gap | Opaque]:
    """Everything that a program of any format shows.

    Args:
        artifact: The program.
        data: Its bytes.
        image: Its sections.
        symbols: Its symbols.
    """
    place = artifact.place.whole()
    shown: set[tuple[str, str]] = set()
    for symbol in symbols:
        key = (_bare(symbol.name), symbol.what)
        if key not in shown and len(shown) < _SEEN:
            shown.add(key)
            yield from _symbol(symbol, place)
    where = {n: (s.start, s.size) for n in _DEBUG if (s := image.section(f".debug_{n}", f"__debug_{n}", _cut(n)))}
    debug = Debug(where, data, image.order)
    yield from things(debug.things(artifact.focus), place)
    yield from pooled(data, _texts(image), artifact.focus, place, frozenset(name for name, _ in shown))
    for said in image.damage[:16]:
        yield Gap(place, Reason.DAMAGED, said, 1)
    if debug.damage:
        yield Gap(place, Reason.DAMAGED, f"debug information: {debug.damage} units could not be read to their end", 1)
    if debug.full:
        yield Gap(place, Reason.LIMIT, "debug information: more entries than are read; the rest was swept", 1)
    spans = (locales(data, section.start, section.end) for section in _texts(image))
    if names := sum(end - start for start, end in spans):
        yield Opaque("locale_data", min(names, artifact.size))
    code = sum(s.size for s in image.sections if s.code)
    if code:
        yield Opaque("machine_code", min(code, artifact.size))


def _texts(image: Image) -> list[Section]:
    """Sections that hold texts; where compilers give each text one of its own, those side by side are one."""
    out: list[Section] = []
    texts = (s for s in image.sections if s.size and not s.code and not s.names and not s.packed)
    for section in sorted(texts, key=lambda s: s.start):
        if out and out[-1].name == section.name and out[-1].end == section.start:
            out[-1] = replace(out[-1], size=out[-1].size + section.size)
        else:
            out.append(section)
    return out


def _cut(name: str) -> str:
    """A section of Mach-O has sixteen characters at most for its name."""
    return f"__debug_{name}"[:16]


def glued(artifact: Artifact) -> Iterator[bytes]:
    """Names of functions that the sieve cannot see, since a letter for a type is glued to them."""
    with bytes_of(artifact) as data:
        for start in range(0, len(data), 1 << 22):
            piece = data[max(0, start - 4096) : start + (1 << 22)]
            names = {piece[a:b] for a, b in mangled.glued(piece)}
            if names:
                yield b"\n".join(sorted(names))


def _bare(name: str) -> str:
    """A symbol without its version."""
    return name if name.startswith(("?", ".", "@")) else name.partition("@")[0]


def _symbol(symbol: Symbol, place: Place) -> Iterator[Surface]:
    """A symbol as what it names: a function or method, a variable, a type, or something of another library."""
    name = _bare(symbol.name)
    named = mangled.demangled(name)
    path = named.path if named is not None else (name,)
    last = path[-1]
    if not last:
        return
    spot = place.at(pointer=f"/{symbol.table}/{symbol.name}"[:400])
    if symbol.what == "import":
        yield Surface(Role.IMPORT, last, spot, ".".join(path)[:400], Kind.CALLABLE)
    elif named is not None and named.what in {"type", "enum"}:
        role, kind = (Role.ENUM, Kind.ENUM) if named.what == "enum" else (Role.TYPE, Kind.CLASS)
        yield Surface(role, last, spot, ".".join(path)[:400], kind)
    else:
        role = Role.CONSTANT if symbol.what == "object" else Role.FUNCTION
        method = len(path) > 1 and ((named is not None and named.what == "method") or _CAPITAL.match(path[-2]))
        owner = ".".join(path[:-1] if method else path)
        yield Surface(role, last, spot, owner[:400], Kind.CLASS if method else Kind.CALLABLE)


def things(rows: Iterable[Thing], place: Place) -> Iterator[Surface]:
    """Surfaces of what debug information declares; what several units declare comes once."""
    seen: set[tuple[str, tuple[str, ...], str]] = set()
    for row in rows:
        key = (row.what, row.path, row.name)
        if key in seen or len(seen) > _SEEN or row.name in _MADE:
            continue
        seen.add(key)
        yield from thing(row, place)


def thing(row: Thing, place: Place) -> Iterator[Surface]:
    """A declared thing."""
    owner, own = ".".join(row.path)[:400], ".".join((*row.path, row.name))[:400]
    spot = place.at(pointer=f"/debug_info/{own.replace('.', '/')}"[:400])
    if row.what in _RECORDS:
        yield Surface(Role.TYPE, row.name, spot, own, Kind.CLASS)
    elif row.what == "enum":
        yield Surface(Role.ENUM, row.name, spot, own, Kind.ENUM)
    elif row.what == "member":
        yield Surface(Role.MEMBER, row.name, spot, owner, Kind.ENUM, "", row.value)
    elif row.what == "field":
        yield Surface(Role.FIELD, row.name, spot, owner, Kind.CLASS, "", "", row.type[:200])
    elif row.what == "parameter":
        yield Surface(Role.PARAMETER, row.name, spot, owner, Kind.CALLABLE, "", "", row.type[:200])
    elif row.within in _RECORDS:
        role = Role.FIELD if row.what == "variable" else Role.FUNCTION
        yield Surface(role, row.name, spot, owner, Kind.CLASS, "", "", row.type[:200])
    elif row.within == "function":
        yield Surface(Role.CONSTANT, row.name, spot, owner, Kind.CALLABLE, "", "", row.type[:200])
    else:
        role = Role.CONSTANT if row.what == "variable" else Role.FUNCTION
        yield Surface(role, row.name, spot, own, Kind.CALLABLE, "", "", row.type[:200])
