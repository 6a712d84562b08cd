"""What the values of a pickle show: names of classes, attributes and keys, label lists, tensors; never rows of data."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from untag.later import later
from untag.readers._hidden import hidden
from untag.surface import Kind, Role, Surface
from untag.syntax.pickle import Array, Bundle, Global, Made, Raw, Text, dtype_of, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place
    from untag.syntax.pages import Bytes

__all__ = ["Values"]

#: Rows over which a closed set of values must hold, most values it may have, and dictionaries that make rows.
_SURE, _CLOSED, _ROWS = 50, 30, 20
#: Names of one list beyond which it is a vocabulary or a column.
_NAMES = 5000
#: Characters of a text that are shown, and of a path.
_LONG, _PATH = 3000, 300
#: Raw bytes of an array that are looked at for texts.
_RAW = 4 << 20
#: Names under which a set of texts is what a model tells apart.
_LABELS = later(r"(?:class|label|categor|name|target|idx|id2|2id|output|attribute|vocab)", re.IGNORECASE)
#: Two words with capitals: a key like this over numbers is a person in a gallery.
_PERSON = later(r"[^\W\d_][^\W\d_A-Z]*(?:[ _][A-Z][\w'’.]*)+")
#: Where pandas keeps the values of a table, not the names of its columns.
_BLOCK = later(r"(?:_unpickle_block|BlockManager|Block)(?![^.])(?!.*(?:_new_Index|Index))")
_ARRAYS = ("._reconstruct", "._frombuffer")
_TENSORS = later(r"torch\.(?:_utils\._rebuild_\w+|nn\.parameter\.\w+|\w*Tensor|_tensor\.\w+|storage\.\w+)")
_MAPS = later(r"(?:collections\.(?:OrderedDict|defaultdict|Counter)|(?:builtins|__builtin__)\.dict)$")
_LISTS = later(r"(?:builtins|__builtin__)\.(?:set|frozenset|list|tuple)$|collections\.deque$|\.ListConfig$")
_HIDDEN = ("copyreg.", "copy_reg.", "_codecs.", "numpy.", "torch._utils.")


class Values:
    """One walk over all values.

    Args:
        data: The file, for texts in raw arrays.
        place: The artifact's place.
        bound: Values that are visited.
    """

    def __init__(self, data: Bytes, place: Place, bound: int) -> None:
        self.data = data
        self.place = place.whole()
        self.left = bound
        self.raw = 0
        self.nested: list[Raw] = []
        self._seen: set[int] = set()

    def show(self, value: Any, owner: str, pointer: str) -> Iterator[Surface]:
        """Surfaces of a value and all below it; each value once."""
        stack: list[tuple[Any, str, Kind, str]] = [(value, owner, Kind.TREE, pointer)]
        while stack and self.left > 0:
            value, owner, kind, pointer = stack.pop()
            self.left -= 1
            if isinstance(value, Text):
                yield from self._text(value.value, Role.STRING, owner, kind, pointer)
                continue
            if isinstance(value, Raw):
                self._bytes(value)
                continue
            if not isinstance(value, Bundle | Made | Array) or id(value) in self._seen:
                continue
            self._seen.add(id(value))
            below: list[tuple[Any, str, Kind, str]] = []
            yield from self._one(value, owner, pointer, below)
            stack += reversed(below)

    def _one(self, value: Any, owner: str, pointer: str, below: list[tuple[Any, str, Kind, str]]) -> Iterator[Surface]:
        labels = self._labels(value)
        if labels is not None:
            yield from self._listed(labels, owner, pointer, shape=self._shape(value))
        elif (pairs := _pairs(value)) is not None:
            yield from self._mapped(pairs, owner, pointer, below)
        elif isinstance(value, Made):
            yield from self._object(value, owner, pointer, below)
        elif isinstance(value, Bundle):
            yield from self._bundle(value.items, owner, pointer, below)
        elif isinstance(value, Array):
            self.raw += value.raw.size

    def _text(self, text: str, role: Role, owner: str, kind: Kind, pointer: str, about: str = "") -> Iterator[Surface]:
        """A text, line by line; a list in it by its members."""
        labels = hidden(text) if text[:1] in ("{", "[") else []
        if len(labels) > 1:
            holder = _join(owner, about)
            for number, label in labels:
                yield self._surface(Role.MEMBER, label, pointer, holder, Kind.MODEL, "", number)
            return
        for line in text.split("\n"):
            for start in range(0, len(line), _LONG):
                if piece := line[start : start + _LONG].strip():
                    yield self._surface(role, piece, pointer, owner, kind, about)

    def _surface(
        self,
        role: Role,
        text: str,
        pointer: str,
        owner: str,
        kind: Kind,
        about: str = "",
        value: str = "",
        type_: str = "",
    ) -> Surface:
        place = self.place.at(pointer=pointer[:_PATH] or "/")
        return Surface(role, text[:_LONG], place, owner[:_PATH], kind, about[:200], value[:200], type_[:200])

    # -- objects ---------------------------------------------------------------------------------------------------

    def _object(
        self, value: Made, owner: str, pointer: str, below: list[tuple[Any, str, Kind, str]]
    ) -> Iterator[Surface]:
        """An object by its class: its attributes are fields."""
        name = value.name.rpartition(".")[2]
        array = value.name.endswith(_ARRAYS) or isinstance(value.args, Array)
        if array:
            # Numbers are no texts, though old protocols keep them in one.
            held = _values(value)
            self.raw += sum(
                v.raw.size if isinstance(v, Array) else len(v.value) for v in held if isinstance(v, Array | Text)
            )
            below += [(v, owner, Kind.LIST, pointer) for v in held if isinstance(v, Bundle | Raw)]
            return
        if value.name.endswith((".scalar", ".dtype")) or value.name == "_codecs.encode":
            return
        holder = _join(owner, name) if name and not value.name.startswith(_HIDDEN) else owner
        if isinstance(value.state, Bundle) and name:
            yield self._surface(Role.TYPE, name, pointer, holder, Kind.CLASS)
        for part in _states(value.state):
            pairs = _pairs(part)
            if pairs is None:
                below.append((part, holder, Kind.CLASS, pointer))
                continue
            for key, held in pairs:
                if isinstance(key, Text):
                    yield from self._field(key.value, held, holder, f"{pointer}/{_step(key.value)}", below)
        for number, held in enumerate([*_items(value.args), *value.items, *value.pairs]):
            below.append((held, holder, Kind.CLASS, f"{pointer}/{number}"))

    def _field(
        self, name: str, held: Any, owner: str, pointer: str, below: list[tuple[Any, str, Kind, str]]
    ) -> Iterator[Surface]:
        yield self._surface(Role.FIELD, name, pointer, owner, Kind.CLASS, "", _number(held), self._type(held))
        if isinstance(held, Text):
            yield from self._text(held.value, Role.VALUE, owner, Kind.CLASS, pointer, name)
        else:
            below.append((held, _join(owner, name), Kind.CLASS, pointer))

    # -- dictionaries ----------------------------------------------------------------------------------------------

    def _mapped(
        self, pairs: list[tuple[Any, Any]], owner: str, pointer: str, below: list[tuple[Any, str, Kind, str]]
    ) -> Iterator[Surface]:
        """A dictionary: a label map by its members, else keys and values."""
        kind = Kind.MODEL if _LABELS.search(owner.rpartition(".")[2]) else Kind.DICT
        if len(pairs) <= _NAMES and (members := self._map(pairs)) is not None:
            for name, number in members:
                yield self._surface(Role.MEMBER, name, f"{pointer}/{_step(name)}", owner, kind, "", number)
            return
        tensors = False
        for key, held in pairs:
            if not isinstance(key, Text):
                below.append((key, owner, Kind.DICT, pointer))
                below.append((held, owner, Kind.DICT, f"{pointer}/{_number(key) or '*'}"))
                continue
            inner = f"{pointer}/{_step(key.value)}"
            type_ = self._type(held)
            if isinstance(held, Made) and _TENSORS.match(held.name):
                tensors = True
                yield self._surface(Role.OUTPUT, key.value, inner, owner, Kind.MODEL, "", "", type_)
            elif not (type_.startswith("[") and _PERSON.fullmatch(key.value)):
                yield self._surface(Role.KEY, key.value, inner, owner, Kind.DICT, "", _number(held), type_)
            if isinstance(held, Text):
                yield from self._text(held.value, Role.VALUE, owner, Kind.DICT, inner, key.value)
            else:
                below.append((held, owner if tensors else _join(owner, key.value), Kind.DICT, inner))

    def _map(self, pairs: list[tuple[Any, Any]]) -> list[tuple[str, str]] | None:
        """Names and codes of a label map; None if the dictionary is none."""
        if len(pairs) < 2:
            return None
        if all(isinstance(k, int) and isinstance(v, Text) for k, v in pairs):
            return [(v.value, str(k)) for k, v in pairs]
        if all(isinstance(k, Text) and isinstance(v, int) and not isinstance(v, bool) for k, v in pairs):
            codes = sorted(v for _, v in pairs)
            if len(set(codes)) == len(codes) and codes[0] in (0, 1) and codes[-1] <= len(codes) * 3 // 2:
                return [(k.value, str(v)) for k, v in pairs]
        return None

    # -- lists -----------------------------------------------------------------------------------------------------

    def _bundle(
        self, items: Sequence[Any], owner: str, pointer: str, below: list[tuple[Any, str, Kind, str]]
    ) -> Iterator[Surface]:
        """A list of anything but texts; many dictionaries of the same keys are rows, and show their keys alone."""
        rows = [_pairs(v) for v in items[: _ROWS * 4]] if len(items) >= _ROWS else []
        if rows and all(rows):
            yield from self._rows(items, owner, pointer)
            return
        if len(items) >= _ROWS and all(
            isinstance(v, Bundle) and any(isinstance(c, Text) for c in v.items) for v in items[:64]
        ):
            yield from self._table([v.items for v in items if isinstance(v, Bundle)], owner, pointer)
            return
        for number, held in enumerate(items):
            if not isinstance(held, int | float) and held is not None:
                below.append((held, owner, Kind.LIST, f"{pointer}/{number}"))

    def _rows(self, items: Sequence[Any], owner: str, pointer: str) -> Iterator[Surface]:
        columns: dict[str, list[str]] = {}
        for item in items:
            for key, held in _pairs(item) or ():
                if isinstance(key, Text) and (key.value in columns or len(columns) < 4000):
                    texts = columns.setdefault(key.value, [])
                    if isinstance(held, Text):
                        texts.append(held.value)
        for name, texts in columns.items():
            inner = f"{pointer}/*/{_step(name)}"
            yield self._surface(Role.KEY, name, inner, owner or "rows", Kind.DATASET)
            yield from self._closed(texts, _join(owner or "rows", name), inner)

    def _table(self, rows: list[list[Any]], owner: str, pointer: str) -> Iterator[Surface]:
        """Rows without keys: closed vocabularies of their columns, and nothing else."""
        for number in range(min(64, max(map(len, rows), default=0))):
            texts = [row[number].value for row in rows if number < len(row) and isinstance(row[number], Text)]
            yield from self._closed(texts, _join(owner, f"[{number}]"), f"{pointer}/*/{number}")

    def _listed(self, texts: list[str], owner: str, pointer: str, shape: tuple[int, ...]) -> Iterator[Surface]:
        """A list or array of texts: names, each once, or a column of values."""
        if _BLOCK.search(owner):
            yield from self._closed(texts, owner, pointer)
            return
        if len(shape) > 1 and max(shape) >= _ROWS:
            width = shape[-1] if shape[-1] <= shape[0] else 0
            lines = (
                [texts[n::width] for n in range(min(width, 64))]
                if width
                else [texts[n * shape[-1] : (n + 1) * shape[-1]] for n in range(min(shape[0], 64))]
            )
            for number, line in enumerate(lines):
                yield from self._closed(line, _join(owner, f"[{number}]"), f"{pointer}/{number}")
            return
        if len(set(texts)) < len(texts) or len(texts) > _NAMES:
            yield from self._closed(texts, owner, pointer)
            return
        kind = Kind.MODEL if _LABELS.search(owner.rpartition(".")[2]) else Kind.LIST
        role = Role.MEMBER if len(texts) > 1 else Role.STRING
        for number, text in enumerate(texts):
            if text.strip():
                yield self._surface(role, text, f"{pointer}/{number}", owner, kind, "", str(number))

    def _closed(self, texts: list[str], owner: str, pointer: str) -> Iterator[Surface]:
        """The values of a column, in order of the alphabet, if they are a closed vocabulary."""
        if len(texts) < _SURE:
            return
        counts: dict[str, int] = {}
        for text in texts:
            counts[text] = counts.get(text, 0) + 1
            if len(counts) > _CLOSED or len(text) > 64:
                return
        if all(count > 1 for count in counts.values()):
            for text in sorted(counts):
                yield self._surface(Role.MEMBER, text, pointer, owner, Kind.DATASET)

    def _labels(self, value: Any) -> list[str] | None:
        """The texts of a list, tuple, set or array that holds nothing else; None if it is none."""
        if isinstance(value, Bundle):
            if value.kind != "dict" and value.items and all(isinstance(v, Text) for v in value.items):
                return [v.value for v in value.items]
            return None
        if isinstance(value, Made):
            if _LISTS.search(value.name):
                rows = value.items or next((v.items for v in _items(value.args) if isinstance(v, Bundle)), [])
                return [v.value for v in rows] if rows and all(isinstance(v, Text) for v in rows) else None
            if value.name.endswith(".scalar") and "multiarray" in value.name:
                parts = _items(value.args)
                return self._array(dtype_of(parts[0]), parts[1]) if len(parts) == 2 else None
            if isinstance(value.args, Array):
                return self._array(value.args.dtype, value.args.raw)
            if value.name.endswith(_ARRAYS):
                state = _items(value.state)
                if len(state) >= 5:
                    return self._array(dtype_of(state[2]), state[4])
            if value.name == "pyarrow.lib._restore_array":
                return self._arrow(_items(value.args))
            if isinstance(value.args, Bundle) and value.name.endswith(".NumpyArrayWrapper"):
                inner = next((v for v in value.args.items if isinstance(v, Made)), None)
                return self._labels(inner) if inner is not None else None
        return self._array(value.dtype, value.raw) if isinstance(value, Array) else None

    def _array(self, dtype: str, held: Any) -> list[str] | None:
        """The texts of an array of texts; None for numbers."""
        if isinstance(held, Bundle):
            return (
                [v.value for v in held.items] if held.items and all(isinstance(v, Text) for v in held.items) else None
            )
        code = dtype.lstrip("<>|=")[:1]
        width = width_of(dtype)
        if code not in ("U", "S") or not width:
            return None
        raw = self._raw(held)
        if not raw:
            return None
        count = min(len(raw) // width, _NAMES * 20)
        encoding = "utf-8" if code == "S" else "utf-32-be" if dtype.startswith(">") else "utf-32-le"
        return [raw[n * width : (n + 1) * width].decode(encoding, "replace").rstrip("\0") for n in range(count)]

    def _arrow(self, parts: list[Any]) -> list[str] | None:
        """The texts of a pickled Arrow array: its type, length, and the buffers of offsets and characters."""
        parts = _items(parts[0]) if len(parts) == 1 else parts
        kind = (
            next((v.value for v in _items(parts[0].args) if isinstance(v, Text)), "")
            if parts and isinstance(parts[0], Made)
            else ""
        )
        width = {"string": 4, "utf8": 4, "large_string": 8, "large_utf8": 8}.get(kind)
        if width is None or len(parts) < 5 or not isinstance(parts[1], int):
            return None
        buffers = [self._raw(b) for b in _items(parts[4]) if isinstance(b, Made)]
        if len(buffers) < 2:
            return None
        offsets, characters = buffers[-2:]
        spots = [int.from_bytes(offsets[n : n + width], "little") for n in range(0, len(offsets) - width + 1, width)]
        rows = list(itertools.pairwise(spots[: min(parts[1] + 1, _NAMES * 20)]))
        return [characters[a:b].decode("utf-8", "replace") for a, b in rows if a <= b <= len(characters)] or None

    def _raw(self, held: Any) -> bytes:
        if isinstance(held, Raw):
            return self.data[held.at : held.at + min(held.size, _RAW)]
        if isinstance(held, Made) and held.name == "_codecs.encode":
            parts = _items(held.args)
            text = parts[0].value if parts and isinstance(parts[0], Text) else ""
            return text[:_RAW].encode("latin-1", "replace")
        if isinstance(held, Made) and held.name.endswith((".bytearray", ".bytes", ".py_buffer")):
            # Buffers of Arrow; the nesting is that of the call, three deep at most.
            inner = next(iter(_items(held.args)), None)
            return self._raw(inner) if not isinstance(inner, Made) or inner.name != held.name else b""
        if isinstance(held, Text):
            return held.value[:_RAW].encode("latin-1", "replace")
        return b""

    def _shape(self, value: Any) -> tuple[int, ...]:
        if isinstance(value, Array):
            return value.shape
        if isinstance(value, Made):
            if isinstance(value.args, Array):
                return value.args.shape
            parts = _items(value.state if value.name.endswith(_ARRAYS) else value.args)
            number = 1 if value.name.endswith(_ARRAYS) else 2 if _TENSORS.match(value.name) else -1
            if 0 <= number < len(parts):
                return tuple(n for n in _items(parts[number]) if isinstance(n, int))
            if number == 2 and parts:
                return self._shape(parts[0])
        return ()

    def _type(self, value: Any) -> str:
        """The shape of an array or tensor, the class of an object."""
        shape = self._shape(value)
        if shape:
            return f"[{', '.join(map(str, shape))}]"
        if isinstance(value, Made) and not value.name.startswith(_HIDDEN):
            return value.name.rpartition(".")[2]
        return ""

    def _bytes(self, value: Raw) -> None:
        """Raw bytes are numbers, or another file."""
        if self.data[value.at : value.at + 4].startswith(
            (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\3\4")
        ):
            self.nested.append(value)
        else:
            self.raw += value.size


def _items(value: Any) -> list[Any]:
    return value.items if isinstance(value, Bundle) else []


def _values(value: Made) -> list[Any]:
    """The values of an array, where they are objects or raw."""
    state = _items(value.state)
    if isinstance(value.args, Array):
        return [value.args]
    if isinstance(value.args, Bundle) and value.name.endswith(".NumpyArrayWrapper"):
        return value.args.items
    return state[4:5] if len(state) >= 5 else []


def _states(state: Any) -> list[Any]:
    """A state, or the two parts of one (dictionary and slots)."""
    if isinstance(state, Bundle) and state.kind == "tuple" and any(_pairs(v) is not None for v in state.items):
        return state.items
    return [state] if state is not None else []


def _pairs(value: Any) -> list[tuple[Any, Any]] | None:
    """Keys and values of a dictionary or of what stands for one; None if it is none."""
    if isinstance(value, Bundle):
        flat = value.items if value.kind == "dict" else None
    elif isinstance(value, Made) and _MAPS.search(value.name):
        flat = value.pairs
        if not flat:
            rows = next((v.items for v in _items(value.args) if isinstance(v, Bundle)), [])
            if all(isinstance(r, Bundle) and len(r.items) == 2 for r in rows):
                flat = [v for r in rows for v in r.items]
    else:
        flat = None
    return list(zip(flat[::2], flat[1::2], strict=False)) if flat is not None else None


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _join(owner: str, name: str) -> str:
    return f"{owner}.{name}"[-_PATH:] if owner and name else owner or name[:_PATH]


def _step(name: str) -> str:
    return name[:80].replace("~", "~0").replace("/", "~1")


def globals_of(found: list[Global], place: Place) -> Iterator[Surface]:
    """Names that unpickling would import."""
    for number, one in enumerate(found):
        yield Surface(Role.IMPORT, one.name, place.at(pointer=f"/globals/{number}"))
