"""Pickles, read as programs and never run: models and data of Python (scikit-learn, joblib, torch), any protocol."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from untag import spool
from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.syntax import pickle
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["PickleReader"]

#: Values of one file that are kept.
_MOST = 3_000_000
#: What the old format of torch begins with (``torch/serialization.py``, ``MAGIC_NUMBER``).
_TORCH = 0x1950A86A20F9469CFC6C
#: Pickles in such a file: magic number, version, system, what is kept, names of storages.
_PARTS = 5
_ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_NAMES = (".joblib", ".jl", ".pkl", ".pickle", ".sav", ".z", ".model", ".pkl.z")


class PickleReader(BinaryReader):
    """Reads pickles by their opcodes."""

    name = "pickle"
    rank = 60
    models = True
    starts = (
        b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"(lp", b"(dp", b"(l", b"(d", b"]q", b"}q", b"c",
        *_ZLIB,
    )  # fmt: skip
    limits = (
        "nothing is imported or called: what a class would do with its state is not seen",
        "columns and rows of data show their names and closed vocabularies, never their values",
        "texts that are put together by calls (concatenation, decoding, decompression) are not seen whole",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A protocol header, or first opcodes that make sense; a zlib stream that is named like a joblib file."""
        head = artifact.head
        return pickle.looks(head) or _packed(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """What all pickles in the file hold, then what follows them."""
        if _packed(artifact):
            yield from _unpacked(artifact, limits)
            return
        with bytes_of(artifact) as data:
            yield from self._read(data, artifact, limits)

    def _read(self, data: Bytes, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        from untag.readers._pickled import Values, globals_of  # a text may begin like a pickle, and be asked about

        program = pickle.read(data, min(limits.nodes, _MOST))
        place = artifact.place.whole()
        yield from globals_of(program.globals, place)
        values = Values(data, place, min(limits.nodes, _MOST) * 2)
        many = len(program.roots) > 1
        for number, root in enumerate(program.roots):
            yield from values.show(root, "", f"/{number}" if many else "")
        for number, dropped in enumerate(program.dropped):
            yield from values.show(dropped, "", f"/dropped/{number}")
        for raw in values.nested:
            yield from spool.extent(artifact, f"bytes at {raw.at}", raw.at, raw.size, limits)
        rest = artifact.size - program.end
        weights = values.raw
        if rest and program.roots[:1] == [_TORCH]:
            weights += rest
        elif rest and (bytes(data[program.end : program.end + 4096]).strip(b"\0\r\n \t") or rest > 4096):
            yield from spool.extent(artifact, f"data behind byte {program.end}", program.end, rest, limits)
        if weights:
            yield Opaque("weights", min(weights, artifact.size))
        if program.roots[:1] == [_TORCH] and len(program.roots) < _PARTS and not program.damage:
            yield Gap(place.at(offset=artifact.size), Reason.DAMAGED, "pickle: it breaks off before its end", 1)
        yield from _gaps(program, artifact)


def _gaps(program: pickle.Program, artifact: Artifact) -> Iterator[Gap]:
    """What could not be followed."""
    for number, broken in enumerate(program.damage):
        following = program.damage[number + 1].at if number + 1 < len(program.damage) else artifact.size
        size = max(0, following - broken.at)
        reason = Reason.LIMIT if program.stop and broken is program.damage[-1] else Reason.DAMAGED
        yield Gap(artifact.place.at(offset=broken.at), reason, f"pickle: {broken.detail}, at byte {broken.at}", size)


def _packed(artifact: Artifact) -> bool:
    return artifact.head.startswith(_ZLIB) and artifact.name.lower().endswith(_NAMES)


class _Inflate:
    """A zlib stream that is unpacked as it is asked for."""

    def __init__(self, artifact: Artifact) -> None:
        self._file = artifact.open()
        self._unpack = zlib.decompressobj()

    def read(self, size: int) -> bytes:
        """At most so many bytes.

        Raises:
            zlib.error: The stream is damaged.
            EOFError: It breaks off.
        """
        while not self._unpack.eof:
            packed = self._unpack.unconsumed_tail or self._file.read(1 << 16)
            if not packed:
                raise EOFError("the stream breaks off")
            if piece := self._unpack.decompress(packed, size):
                return piece
        return b""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _unpacked(artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap]:
    """What joblib has packed with zlib."""
    name = artifact.name.rpartition(".")[0] or artifact.name
    stream = _Inflate(artifact)
    try:
        yield from spool.member(artifact, name, stream, limits)
    finally:
        stream.close()
