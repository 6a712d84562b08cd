"""Data classes whose methods are written when they are used: most scans use few of those that there are.

The standard library writes source text for ``__init__``, ``__repr__``, ``__eq__`` and others of every class, and
compiles it at import, which took a fifth of the time of a small scan. Here the standard library does that for a method
when it was called a few times; until then a plain one stands in its place.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(
        cls: type | None = None,
        /,
        *,
        eq: bool = True,
        frozen: bool = False,
        unsafe_hash: bool = False,
        slots: bool = False,
    ) -> Any:
        """As ``dataclasses.dataclass``, with the options that are used here.

        Args:
            cls: The class, or nothing where the decorator has arguments.
            eq: Whether two of the same fields are equal.
            frozen: Whether no field may be set again; not inherited by what a subclass adds.
            unsafe_hash: Whether one that is not frozen has a hash of its fields.
            slots: Whether the class has slots; a new one is returned then.

        Returns:
            The class, or a decorator.
        """

        def make(one: type) -> type:
            return _made(one, _Shape(eq=eq, frozen=frozen, unsafe_hash=unsafe_hash, slots=slots))

        return make if cls is None else make(cls)


__all__ = ["dataclass"]


class _Shape:
    """What is asked of a class."""

    __slots__ = ("eq", "frozen", "slots", "unsafe_hash")

    def __init__(self, *, eq: bool, frozen: bool, unsafe_hash: bool, slots: bool) -> None:
        self.eq, self.frozen, self.unsafe_hash, self.slots = eq, frozen, unsafe_hash, slots


def _made(cls: type, shape: _Shape) -> type:
    """The class with its fields known and a stub for each method."""
    own = set(cls.__dict__)
    # Without a text of its own one would be made of the signature, which takes long.
    cls.__doc__ = cls.__doc__ or cls.__name__
    cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=shape.slots)(cls)
    names = ["__init__"]
    if "__repr__" not in own:
        names.append("__repr__")
    if shape.eq and "__eq__" not in own:
        names.append("__eq__")
    if "__hash__" not in own or cls.__dict__["__hash__"] is None:
        if shape.unsafe_hash or (shape.eq and shape.frozen):
            names.append("__hash__")
        elif shape.eq:
            cls.__hash__ = None  # type: ignore[assignment]
    for name in names:
        setattr(cls, name, _stub(cls, name, shape))
    if shape.frozen:
        for name, method in _FIXED.items():
            if name not in own:
                setattr(cls, name, method)
        if shape.slots:
            for name, method in _PICKLED.items():
                if name not in own:
                    setattr(cls, name, method)
    return cls


def _stub(cls: type, name: str, shape: _Shape) -> Callable[..., Any]:
    """What stands for a method: it goes through the fields for a few calls, and is written for those that follow."""
    few = _FEW
    simple: Callable[..., Any] | None = None

    def method(self: object, /, *args: Any, **given: Any) -> Any:
        nonlocal few, simple
        if few:
            few -= 1
            if simple is None:
                simple = _SIMPLE[name](cls)
            made = simple(self, *args, **given)
            if made is not _UNFIT:
                return made
        made = _written(cls, name, shape)
        setattr(cls, name, made)
        return made(self, *args, **given)

    method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return method


def _init(cls: Any) -> Callable[..., Any]:
    """Sets the fields one by one; what does not fit is left to the method that is written, and to what it says."""
    fields = dataclasses.fields(cls)
    names = [f.name for f in fields]
    made = {f.name: f.default_factory for f in fields if f.default_factory is not dataclasses.MISSING}
    known = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    plain = all(f.init and not f.kw_only for f in fields)
    after = getattr(cls, "__post_init__", None)
    put = object.__setattr__

    def init(self: object, *args: Any, **given: Any) -> Any:
        rest = names[len(args) :]
        if not plain or len(args) > len(names) or not given.keys() <= set(rest):
            return _UNFIT
        if any(name not in given and name not in made and name not in known for name in rest):
            return _UNFIT
        for name, value in zip(names, args, strict=False):
            put(self, name, value)
        for name in rest:
            put(self, name, given[name] if name in given else made[name]() if name in made else known[name])
        if after is not None:
            after(self)
        return None

    return init


def _eq(cls: Any) -> Callable[..., Any]:
    names = [f.name for f in dataclasses.fields(cls) if f.compare]

    def eq(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return [getattr(self, name) for name in names] == [getattr(other, name) for name in names]

    return eq


def _hash(cls: Any) -> Callable[..., Any]:
    names = [f.name for f in dataclasses.fields(cls) if (f.compare if f.hash is None else f.hash)]
    return lambda self: hash(tuple(getattr(self, name) for name in names))


#: How often a method is called before it is written: most are called no oftener in a small scan.
_FEW = 8
_UNFIT = object()
_SIMPLE: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "__init__": _init, "__eq__": _eq, "__hash__": _hash, "__repr__": lambda _cls: lambda _self: _UNFIT,
}  # fmt: skip


def _written(cls: type, name: str, shape: _Shape) -> Callable[..., Any]:
    """One method of a class, written by the standard library for another class of the same fields."""
    rows: list[tuple[str, Any, Any]] = [(f.name, f.type, _copied(f)) for f in dataclasses.fields(cls)]
    after = {"__post_init__": None} if hasattr(cls, "__post_init__") else {}
    hashes = name == "__hash__"
    # A text of its own, see ``_made``.
    body = {"__doc__": cls.__name__, "__module__": cls.__module__, **after}
    twin = dataclasses.make_dataclass(
        cls.__name__, rows, namespace=body, init=name == "__init__",
        repr=name == "__repr__", eq=name == "__eq__", unsafe_hash=hashes, frozen=shape.frozen and name == "__init__",
    )  # fmt: skip
    made: Callable[..., Any] = twin.__dict__[name]
    made.__qualname__ = f"{cls.__qualname__}.{name}"
    return made


def _copied(f: dataclasses.Field[Any]) -> Any:
    if f.default_factory is not dataclasses.MISSING:
        return dataclasses.field(
            default_factory=f.default_factory, init=f.init, repr=f.repr, hash=f.hash, compare=f.compare,
            kw_only=bool(f.kw_only),
        )  # fmt: skip
    return dataclasses.field(
        default=f.default, init=f.init, repr=f.repr, hash=f.hash, compare=f.compare, kw_only=bool(f.kw_only)
    )


def _set(self: object, name: str, value: object) -> None:  # noqa: ARG001 - the signature of __setattr__
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> None:  # noqa: ARG001 - the signature of __delattr__
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """What a frozen object with slots is pickled as."""
    return [getattr(self, f.name) for f in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for f, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, f.name, value)


_FIXED: dict[str, Callable[..., Any]] = {"__setattr__": _set, "__delattr__": _delete}
_PICKLED: dict[str, Callable[..., Any]] = {"__getstate__": _state, "__setstate__": _restore}
