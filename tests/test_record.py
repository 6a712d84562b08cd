"""Data classes whose methods are written late behave as those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, ClassVar

import pytest

from untag.record import _FEW, dataclass


@dataclass(frozen=True, slots=True)
class Frozen:
    name: str
    many: list[int] = dataclasses.field(default_factory=list, compare=False)
    secret: str = dataclasses.field(default="", repr=False)
    told: ClassVar[int] = 3


@dataclass
class Open:
    name: str
    size: int = 2

    def __post_init__(self) -> None:
        self.size += 1


@dataclass(slots=True, unsafe_hash=True)
class Hashed:
    name: str


@dataclass(slots=True, eq=False)
class Single:
    name: str


@dataclass
class Below(Open):
    more: str = "x"


def _std(cls: Any, **how: bool) -> Any:
    rows = [(f.name, f.type, dataclasses.field(default=f.default)
             if f.default_factory is dataclasses.MISSING else dataclasses.field(default_factory=f.default_factory))
            for f in dataclasses.fields(cls)]  # fmt: skip
    return dataclasses.make_dataclass(cls.__name__, rows, **how)


def test_made_shown_and_compared() -> None:
    assert repr(Frozen("a", [1], "s")) == "Frozen(name='a', many=[1])"
    assert repr(Open("a")) == "Open(name='a', size=3)"
    assert Frozen("a", [1]) == Frozen("a", [2]) != Frozen("b")
    assert Frozen("a").many is not Frozen("a").many
    assert Frozen("a") != _std(Frozen)("a")
    assert (Below("a", more="y").size, Below("a").more, Below("a")) == (3, "x", Below("a"))
    assert Open("a") != Below("a")
    assert Single("a") != Single("a")
    assert not hasattr(Frozen("a"), "__dict__")


def test_what_is_missing_or_too_much_is_an_error() -> None:
    for wrong in ((), ("a", [], "s", 4)):
        with pytest.raises(TypeError):
            Frozen(*wrong)
    with pytest.raises(TypeError):
        Frozen("a", other=1)  # type: ignore[call-arg]


def test_hashes_are_those_of_the_standard_library() -> None:
    assert len({Frozen("a"), Frozen("a"), Frozen("b")}) == 2
    assert hash(Hashed("a")) == hash(_std(Hashed, unsafe_hash=True)("a"))
    assert len({Single("a"), Single("a")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open("a"))


def test_frozen_ones_stay_as_they_are() -> None:
    one = Frozen("a", [1], "s")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name
    assert dataclasses.replace(one, name="b") == Frozen("b", [], "s")
    assert copy.copy(one) == one
    again = pickle.loads(pickle.dumps(one))  # noqa: S301
    assert (again.name, again.many, again.secret) == ("a", [1], "s")


def test_methods_do_the_same_before_and_after_they_are_written() -> None:
    @dataclass(frozen=True, slots=True)
    class Pair:
        left: str
        right: tuple[int, ...] = ()
        more: dict[str, int] = dataclasses.field(default_factory=dict, hash=False)

    seen = []
    for number in range(2 * _FEW):
        with pytest.raises(TypeError, match="left"):
            Pair()  # type: ignore[call-arg]
        one = Pair("a", more={"n": 1}) if number % 2 else Pair("a", (), {"n": 1})
        seen.append((repr(one), hash(one), one == Pair("a", more={"n": 1}), one == Pair("a"), one != "a", one.more))
    assert all(row == seen[0] for row in seen)
    assert seen[0][2:5] == (True, False, True)
    assert Pair.__init__.__qualname__.endswith("Pair.__init__")


def test_what_is_called_often_is_written() -> None:
    @dataclass(slots=True)
    class Single:
        name: str

    before = Single.__init__
    for _ in range(_FEW + 1):
        Single("a")
    assert Single.__init__ is not before
