"""Thrift's compact protocol, with a plan that says what is wanted; the rest is stepped over.

Written for footers that are large or damaged: what stands before a break or a bound is kept. Format: the Apache Thrift
specification, "Thrift Compact protocol encoding".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from untag.syntax import leb128

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    #: Field number to the plan of what lies in it; an empty one for numbers and bytes.
    Plan: TypeAlias = "Mapping[int, Plan]"
    #: A struct that was read: field number to number, bytes, list or struct.
    Struct: TypeAlias = "dict[int, Any]"

__all__ = ["Broken", "Walker", "read"]

_DEPTH = 32


class Broken(Exception):  # noqa: N818 - a state of the input
    """The bytes do not keep to the protocol, or hold more than is read."""


class Walker:
    """A place in the bytes, and values that may still be read."""

    def __init__(self, data: bytes, at: int, bound: int) -> None:
        self.data = data
        self.at = at
        self.left = bound

    def byte(self) -> int:
        """The next byte."""
        if self.at >= len(self.data):
            raise Broken
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        """A number without a sign."""
        try:
            value, self.at = leb128.unsigned(self.data, self.at)
        except IndexError:
            raise Broken from None
        return value

    def zigzag(self) -> int:
        """A number with a sign."""
        return leb128.zigzag(self.varint())

    def skip(self, size: int) -> None:
        """Step over bytes."""
        if size > len(self.data) - self.at:
            raise Broken
        self.at += size

    def value(self, kind: int, plan: Plan | None, into: Any, depth: int) -> Any:
        """A value; None for one that is not wanted. ``into`` takes a struct or list as it is read."""
        self.left -= 1
        if self.left < 0 or depth > _DEPTH:
            raise Broken
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self.byte()
        if kind in (4, 5, 6):
            return self.zigzag()
        if kind == 7:
            self.skip(8)
        elif kind == 8:
            size = self.varint()
            start = self.at
            self.skip(size)
            return self.data[start : self.at] if plan is not None else None
        elif kind in (9, 10):
            self.items(plan, into, depth)
        elif kind == 11:
            self.pairs(depth)
        elif kind == 12:
            self.struct(plan, into, depth)
        else:
            raise Broken
        return into

    def items(self, plan: Plan | None, into: list[Any] | None, depth: int) -> None:
        """A list."""
        head = self.byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self.varint()
        if count > len(self.data) - self.at:
            raise Broken
        for _ in range(count):
            inner = self.empty(kind, plan)
            if into is not None and inner is not None:
                into.append(inner)
                self.value(kind, plan, inner, depth + 1)
            else:
                # A truth value in a list is a byte of its own.
                made = self.byte() == 1 if kind in (1, 2) else self.value(kind, plan, None, depth + 1)
                if into is not None:
                    into.append(made)

    def pairs(self, depth: int) -> None:
        """A map; none that is wanted has one."""
        count = self.varint()
        if not count:
            return
        kinds = self.byte()
        if count > len(self.data) - self.at:
            raise Broken
        for _ in range(count):
            for kind in (kinds >> 4, kinds & 15):
                if kind in (1, 2):
                    self.byte()
                else:
                    self.value(kind, None, None, depth + 1)

    def struct(self, plan: Plan | None, into: Struct | None, depth: int) -> None:
        """A struct."""
        number = 0
        while True:
            head = self.byte()
            kind = head & 15
            if not kind:
                return
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            wanted = plan.get(number) if plan is not None else None
            inner = self.empty(kind, wanted)
            if into is not None and inner is not None:
                # Put there before it is read: what stands before a break is kept.
                into[number] = inner
            made = self.value(kind, wanted, inner, depth + 1)
            if into is not None and wanted is not None and inner is None:
                into[number] = made

    @staticmethod
    def empty(kind: int, plan: Plan | None) -> Any:
        """What takes a value as it is read."""
        if plan is None:
            return None
        return [] if kind in (9, 10) else {} if kind == 12 else None


def read(data: bytes, plan: Plan, at: int = 0, bound: int = 4_000_000) -> tuple[Struct, int, bool]:
    """Read a struct.

    Args:
        data: Bytes that hold it.
        plan: What is wanted of it.
        at: Where it begins.
        bound: Values that are read at most.

    Returns:
        The struct, where it ends, and whether it was read to its end.
    """
    reader = Walker(data, at, bound)
    out: Struct = {}
    try:
        reader.struct(plan, out, 0)
    except Broken:
        return out, reader.at, False
    return out, reader.at, True
