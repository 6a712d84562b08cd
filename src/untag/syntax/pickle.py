"""Pickles read as programs: what a stream of opcodes would build, without building or importing anything.

Opcodes and their arguments are those of Python's ``pickletools`` (protocols 0 to 5). Nothing is ever called: a global
is a name, an object is a name with arguments and a state. A stream that breaks off keeps what was on its stack, and
reading goes on at the next protocol header. The raw arrays that joblib writes between opcodes are stepped over by the
shape and type that stand before them (``joblib/numpy_pickle.py``, ``NumpyArrayWrapper``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from untag.syntax import _argument as argument
from untag.syntax._argument import Broken, Raw, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.syntax._argument import Reading
    from untag.syntax.pages import Bytes

    Doing = Callable[["_Machine", Any, int, int], int | None]

__all__ = [
    "Array",
    "Broken",
    "Bundle",
    "Global",
    "Made",
    "Program",
    "Raw",
    "Text",
    "dtype_of",
    "looks",
    "read",
    "width_of",
]

#: Opcodes that must make sense before bytes without a protocol header are taken for a pickle.
_FIRST = 12
#: Headers behind a break from which a file is read on.
_TRIES = 16
_HEADERS = (b"\x80\x02", b"\x80\x03", b"\x80\x04\x95", b"\x80\x05\x95")
#: A module and a name in it, as a pickle of protocol 0 imports them: no separators of tables and sentences.
_IMPORT = re.compile(rb"c[\w.\x80-\xff]+\r?\n[\w.<>\x80-\xff]+\r?\n")
_MARK = object()


class Global(Struct, eq=False):
    """A name that unpickling would import: ``module.name``."""

    name: str
    at: int


class Bundle(Struct, eq=False):
    """A list, tuple, set or dictionary; a dictionary's items are its keys and values in turn."""

    kind: str
    at: int
    items: list[Any] = field(default_factory=list)


class Made(Struct, eq=False):
    """What calling a global would make: its arguments, its state, and items that were added to it."""

    name: str
    at: int
    args: Any = None
    state: Any = None
    items: list[Any] = field(default_factory=list)
    pairs: list[Any] = field(default_factory=list)


class Array(Struct, eq=False):
    """Raw values of an array that follow their description in the stream (joblib)."""

    dtype: str
    shape: tuple[int, ...]
    raw: Raw


class Program(Struct):
    """What a file of one pickle or more holds.

    Attributes:
        roots: What each pickle leaves: its result, or of a broken one all that was on its stack.
        dropped: Values that the program makes and throws away.
        globals: Names that unpickling would import, in order, none twice.
        damage: Where it could not be followed, and why.
        end: Where the last pickle ends; the rest are other bytes.
        stop: Whether the bound on values was reached.
    """

    roots: list[Any] = field(default_factory=list)
    dropped: list[Any] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    damage: list[Broken] = field(default_factory=list)
    end: int = 0
    stop: bool = False


def looks(data: bytes) -> bool:
    """Whether bytes begin like a pickle: a protocol header, or first opcodes of protocol 0 or 1 that make sense."""
    if len(data) < 2:
        return False
    if data[0] == 0x80:
        return 2 <= data[1] <= 5 and (len(data) < 3 or data[2] in _TABLE)
    if data[:1] not in (b"(", b"c", b"]", b"}", b"l", b"d"):
        return False
    if data[:1] == b"c" and _IMPORT.match(data) is None:
        return False  # the head of a table, ``crop_name,age``, whose first record would stand for a name
    machine = _Machine(data[:4096], _FIRST * 4)
    at = 0
    structure = 0
    for count in range(_FIRST):
        if at >= len(machine.data):
            return False
        code = machine.data[at]
        if code not in _TABLE:
            return False
        structure += code in _SHAPES
        try:
            at = machine.step(at)
        except Broken:
            # A name or text longer than the head is no reason against it.
            return at > 2048 and count > 3
        if machine.done:
            return structure >= 2
    return structure >= 3


def read(data: Bytes, bound: int) -> Program:
    """Follow all pickles in ``data``.

    Args:
        data: The file.
        bound: Values that are kept at most.

    Returns:
        What they hold; never raises for what the input holds.
    """
    program = Program()
    at, left = 0, bound
    seen: set[str] = set()
    while at < len(data) and left > 0:
        machine = _Machine(data, left)
        broken: Broken | None = None
        try:
            at = machine.run(at)
        except Broken as error:
            broken = error
        left -= machine.count
        for one in machine.globals:
            if one.name not in seen:
                seen.add(one.name)
                program.globals.append(one)
        program.roots += machine.left()
        program.dropped += machine.dropped
        program.stop |= machine.full
        if broken is None:
            program.end = at
            if not _more(data, at):
                break
            continue
        program.damage.append(broken)
        following = -1 if machine.full else _next(data, max(broken.at, at + 1))
        if following < 0 or len(program.damage) >= _TRIES:
            program.end = len(data)
            break
        at = following
    program.stop |= left <= 0
    return program


def _more(data: Bytes, at: int) -> bool:
    """Whether another pickle follows directly, as in the old files of torch."""
    head = data[at : at + 3]
    return head[:1] == b"\x80" and len(head) == 3 and 2 <= head[1] <= 5 and head[2] in _TABLE


def _next(data: Bytes, at: int) -> int:
    """Where the next pickle seems to begin; -1 if none does."""
    while True:
        found = min((n for n in (data.find(h, at) for h in _HEADERS) if n >= 0), default=-1)
        if found < 0 or _more(data, found):
            return found
        at = found + 1


class _Machine:
    """The stack, the memo and the marks of one pickle."""

    def __init__(self, data: Bytes, bound: int) -> None:
        self.data = data
        self.bound = bound
        self.count = 0
        self.full = False
        self.done = False
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.globals: list[Global] = []
        self.dropped: list[Any] = []

    def run(self, at: int) -> int:
        """Follow opcodes up to the end of this pickle; where it ends."""
        size = len(self.data)
        while at < size:
            at = self.step(at)
            if self.done:
                return at
            if self.count > self.bound:
                self.full = True
                raise Broken("more values than are kept", at)
        raise Broken("it breaks off before its end", size)

    def step(self, at: int) -> int:
        """One opcode; where the next one stands."""
        entry = _TABLE.get(self.data[at])
        if entry is None:
            raise Broken("a byte that is no opcode", at)
        reader, act = entry
        value, after = reader(self.data, at + 1)
        return act(self, value, at, after) or after

    def left(self) -> list[Any]:
        """What is on the stack, marks apart."""
        return [v for v in self.stack if v is not _MARK]

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.count += 1
        self.stack.append(value)

    def pop(self) -> Any:
        """The top value; nothing where a damaged stream has none."""
        while self.stack:
            value = self.stack.pop()
            if value is not _MARK:
                return value
        return None

    def marked(self) -> list[Any]:
        """All values above the last mark, which goes with them."""
        stack = self.stack
        for index in range(len(stack) - 1, -1, -1):
            if stack[index] is _MARK:
                values = stack[index + 1 :]
                del stack[index:]
                return values
        values, self.stack = stack, []
        return values

    def top(self) -> Any:
        """The top value, left where it is."""
        return next((v for v in reversed(self.stack) if v is not _MARK), None)

    def named(self, name: str, at: int) -> Global:
        """A global, noted."""
        found = Global(name[:400], at)
        self.globals.append(found)
        return found


# -- what opcodes do ---------------------------------------------------------------------------------------------------


def _nothing(m: _Machine, value: Any, at: int, after: int) -> None:
    del m, value, at, after


def _push(m: _Machine, value: Any, at: int, after: int) -> None:
    del at, after
    m.push(value)


def _const(*, value: Any) -> Callable[[_Machine, Any, int, int], None]:
    def const(m: _Machine, got: Any, at: int, after: int) -> None:
        del got, at, after
        m.push(value)

    return const


def _empty(kind: str) -> Callable[[_Machine, Any, int, int], None]:
    def empty(m: _Machine, value: Any, at: int, after: int) -> None:
        del value, after
        m.push(Bundle(kind, at))

    return empty


def _gather(kind: str) -> Callable[[_Machine, Any, int, int], None]:
    def gathered(m: _Machine, value: Any, at: int, after: int) -> None:
        del value, after
        m.push(Bundle(kind, at, m.marked()))

    return gathered


def _tuple(count: int) -> Callable[[_Machine, Any, int, int], None]:
    def made(m: _Machine, value: Any, at: int, after: int) -> None:
        del value, after
        items = [m.pop() for _ in range(count)]
        m.push(Bundle("tuple", at, items[::-1]))

    return made


def _add(m: _Machine, items: list[Any], *, pairs: bool) -> None:
    """Put items into what is on top."""
    target = m.top()
    if isinstance(target, Bundle):
        target.items += items
    elif isinstance(target, Made):
        (target.pairs if pairs else target.items).extend(items)


def _append(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    _add(m, [m.pop()], pairs=False)


def _appends(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    _add(m, m.marked(), pairs=False)


def _setitem(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    held = m.pop()
    _add(m, [m.pop(), held], pairs=True)


def _setitems(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    _add(m, m.marked(), pairs=True)


def _mark(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    m.stack.append(_MARK)


def _drop(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    if m.stack and (dropped := m.stack.pop()) is not _MARK:
        m.dropped.append(dropped)


def _drops(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    m.dropped += m.marked()


def _twice(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    m.push(m.top())


def _global(m: _Machine, value: Any, at: int, after: int) -> None:
    del after
    m.push(m.named(value, at + 1))


def _stacked(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, after
    name, module = m.pop(), m.pop()
    parts = [p.value if isinstance(p, Text) else "?" for p in (module, name)]
    m.push(m.named(".".join(parts), name.at if isinstance(name, Text) else at))


def _call(m: _Machine, value: Any, at: int, after: int) -> None:
    """REDUCE and NEWOBJ: a callable and its arguments."""
    del value, after
    args, what = m.pop(), m.pop()
    m.push(_made(what, args, at))


def _keyed_call(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, after
    named, args, what = m.pop(), m.pop(), m.pop()
    made = _made(what, args, at)
    if isinstance(named, Bundle):
        made.pairs += named.items
    m.push(made)


def _made(what: Any, args: Any, at: int) -> Made:
    name = what.name if isinstance(what, Global | Made) else ""
    if name.endswith(("copy_reg._reconstructor", "copyreg._reconstructor", "copyreg.__newobj__")) and _items(args):
        first = _items(args)[0]
        if isinstance(first, Global):
            return Made(first.name, at, None)
    return Made(name, at, args)


def _items(value: Any) -> list[Any]:
    return value.items if isinstance(value, Bundle) else []


def _instance(m: _Machine, value: Any, at: int, after: int) -> None:
    """INST: a class by name with the marked arguments."""
    del after
    found = m.named(value, at + 1)
    m.push(Made(found.name, at, Bundle("tuple", at, m.marked())))


def _object(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, after
    values = m.marked()
    m.push(_made(values[0] if values else None, Bundle("tuple", at, values[1:]), at))


def _build(m: _Machine, value: Any, at: int, after: int) -> int | None:
    """BUILD: a state for what is on top; of joblib's arrays the values follow."""
    del value
    state, target = m.pop(), m.top()
    if isinstance(target, Made):
        target.state = state
        if target.name.endswith(".NumpyArrayWrapper"):
            return _wrapped(m, target, at, after)
    return None


def _persistent(m: _Machine, value: Any, at: int, after: int) -> None:
    del after
    what = value if value is not None else m.pop()
    m.push(Made("persistent", at, what))


def _put(m: _Machine, value: Any, at: int, after: int) -> None:
    del at, after
    if value is not None:
        m.memo[value] = m.top()


def _memoize(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    m.memo[len(m.memo)] = m.top()


def _get(m: _Machine, value: Any, at: int, after: int) -> None:
    del at, after
    m.push(m.memo.get(value))


def _stop(m: _Machine, value: Any, at: int, after: int) -> None:
    del value, at, after
    m.done = True


_SIZE = re.compile(r"[<>|=]?([a-zA-Z?])(\d*)")


def width_of(dtype: str) -> int:
    """Bytes of one value of a NumPy type by its short name (``<f4``, ``U7``); 0 for objects and what is not known."""
    found = _SIZE.fullmatch(dtype)
    if found is None or found[1] == "O":
        return 0
    number = int(found[2] or 1) if len(found[2]) < 8 else 0
    return number * 4 if found[1] == "U" else number


def dtype_of(value: Any) -> str:
    """The short name of a pickled ``numpy.dtype``, with its byte order."""
    if not isinstance(value, Made) or not value.name.endswith("dtype"):
        return ""
    first = next(iter(_items(value.args)), None)
    name = first.value if isinstance(first, Text) else ""
    state = _items(value.state)
    order = state[1].value if len(state) > 1 and isinstance(state[1], Text) else ""
    if name[:1] in "US" and name and len(state) > 5 and isinstance(state[5], int) and state[5] > 0:
        # The length of texts stands in the state: ``('U0', 0, 1)`` with an item size.
        name = name[0] + str(state[5] // 4 if name[0] == "U" else state[5])
    return (order if order in ("<", ">") else "") + name


def _wrapped(m: _Machine, target: Made, at: int, after: int) -> int | None:
    """Step over the values of a joblib array.

    Raises:
        Broken: Its size is not known, or its values are cut off.
    """
    state = _items(target.state)
    told = {k.value: v for k, v in zip(state[::2], state[1::2], strict=False) if isinstance(k, Text)}
    dtype = dtype_of(told.get("dtype"))
    shape = tuple(n for n in _items(told.get("shape")) if isinstance(n, int) and n >= 0)
    if dtype.endswith("O") or dtype[-2:] == "O8":
        # The values are a pickle of their own, in the same stream.
        inner = _Machine(m.data, m.bound - m.count)
        end = inner.run(after)
        m.count += inner.count
        m.globals += inner.globals
        target.args = Bundle("list", after, inner.left())
        return end
    total = width_of(dtype)
    for number in shape:
        total *= number
    if not total and 0 not in shape:
        raise Broken("an array whose size is not told", at)
    begin = after
    if isinstance(told.get("numpy_array_alignment_bytes"), int):
        begin = after + 1 + m.data[after] if after < len(m.data) else after
    end = argument.cut(m.data, begin, total)
    target.args = Array(dtype, shape, Raw(begin, total))
    return end


#: Opcode to what reads its argument and what it does (names as in ``pickletools``).
_TABLE: dict[int, tuple[Reading, Doing]] = {
    ord(code): (reader, act)
    for code, reader, act in (
        ("I", argument.number, _push),  # INT
        ("J", argument.integer(4, "<i"), _push),  # BININT
        ("K", argument.integer(1, "<B"), _push),  # BININT1
        ("M", argument.integer(2, "<H"), _push),  # BININT2
        ("L", argument.number, _push),  # LONG
        ("\x8a", argument.counted(1, "<B", "long"), _push),  # LONG1
        ("\x8b", argument.counted(4, "<i", "long"), _push),  # LONG4
        ("S", argument.quoted, _push),  # STRING
        ("T", argument.counted(4, "<i", "old"), _push),  # BINSTRING
        ("U", argument.counted(1, "<B", "old"), _push),  # SHORT_BINSTRING
        ("B", argument.counted(4, "<I", "raw"), _push),  # BINBYTES
        ("C", argument.counted(1, "<B", "raw"), _push),  # SHORT_BINBYTES
        ("\x8e", argument.counted(8, "<Q", "raw"), _push),  # BINBYTES8
        ("\x96", argument.counted(8, "<Q", "raw"), _push),  # BYTEARRAY8
        ("\x97", argument.none, _const(value=None)),  # NEXT_BUFFER
        ("\x98", argument.none, _nothing),  # READONLY_BUFFER
        ("N", argument.none, _const(value=None)),  # NONE
        ("\x88", argument.none, _const(value=True)),  # NEWTRUE
        ("\x89", argument.none, _const(value=False)),  # NEWFALSE
        ("V", argument.unicode, _push),  # UNICODE
        ("\x8c", argument.counted(1, "<B", "text"), _push),  # SHORT_BINUNICODE
        ("X", argument.counted(4, "<I", "text"), _push),  # BINUNICODE
        ("\x8d", argument.counted(8, "<Q", "text"), _push),  # BINUNICODE8
        ("F", lambda data, at: (0.0, argument.line(data, at)[1]), _push),  # FLOAT
        ("G", lambda data, at: (0.0, argument.cut(data, at, 8)), _push),  # BINFLOAT
        ("]", argument.none, _empty("list")),  # EMPTY_LIST
        ("a", argument.none, _append),  # APPEND
        ("e", argument.none, _appends),  # APPENDS
        ("l", argument.none, _gather("list")),  # LIST
        (")", argument.none, _empty("tuple")),  # EMPTY_TUPLE
        ("t", argument.none, _gather("tuple")),  # TUPLE
        ("\x85", argument.none, _tuple(1)),  # TUPLE1
        ("\x86", argument.none, _tuple(2)),  # TUPLE2
        ("\x87", argument.none, _tuple(3)),  # TUPLE3
        ("}", argument.none, _empty("dict")),  # EMPTY_DICT
        ("d", argument.none, _gather("dict")),  # DICT
        ("s", argument.none, _setitem),  # SETITEM
        ("u", argument.none, _setitems),  # SETITEMS
        ("\x8f", argument.none, _empty("set")),  # EMPTY_SET
        ("\x90", argument.none, _appends),  # ADDITEMS
        ("\x91", argument.none, _gather("set")),  # FROZENSET
        ("0", argument.none, _drop),  # POP
        ("2", argument.none, _twice),  # DUP
        ("(", argument.none, _mark),  # MARK
        ("1", argument.none, _drops),  # POP_MARK
        ("g", argument.number, _get),  # GET
        ("h", argument.integer(1, "<B"), _get),  # BINGET
        ("j", argument.integer(4, "<I"), _get),  # LONG_BINGET
        ("p", argument.number, _put),  # PUT
        ("q", argument.integer(1, "<B"), _put),  # BINPUT
        ("r", argument.integer(4, "<I"), _put),  # LONG_BINPUT
        ("\x94", argument.none, _memoize),  # MEMOIZE
        ("\x82", argument.skip(1), _const(value=None)),  # EXT1
        ("\x83", argument.skip(2), _const(value=None)),  # EXT2
        ("\x84", argument.skip(4), _const(value=None)),  # EXT4
        ("c", argument.pair, _global),  # GLOBAL
        ("\x93", argument.none, _stacked),  # STACK_GLOBAL
        ("R", argument.none, _call),  # REDUCE
        ("b", argument.none, _build),  # BUILD
        ("i", argument.pair, _instance),  # INST
        ("o", argument.none, _object),  # OBJ
        ("\x81", argument.none, _call),  # NEWOBJ
        ("\x92", argument.none, _keyed_call),  # NEWOBJ_EX
        ("\x80", argument.skip(1), _nothing),  # PROTO
        (".", argument.none, _stop),  # STOP
        ("\x95", argument.skip(8), _nothing),  # FRAME
        ("P", argument.text_id, _persistent),  # PERSID
        ("Q", argument.none, _persistent),  # BINPERSID
    )
}
#: Opcodes that make or fill something, which text that is no pickle hardly has in a row.
_SHAPES = frozenset(b"(]}ldtcpqRsubaei.0\x85\x86\x87\x94")
