"""HDF5 files: Keras models; of any other (NetCDF 4, MATLAB) the names of groups, datasets and fields."""

from __future__ import annotations

import io
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from untag import spool
from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._hidden import hidden, told
from untag.readers._protobuf import labels, named
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["Hdf5Reader"]

_MAGIC = b"\x89HDF\r\n\x1a\n"
#: Where a file may begin behind a block of its user's own (HDF5 file format specification, II.A).
_STARTS = (0, 512, 1024, 2048, 4096, 8192, 16384)
#: What the library raises over damaged bytes.
_FAILS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, NotImplementedError, OSError,
    RecursionError,
    TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
#: Reads that one file may cause, and bytes as a multiple of its own: a tree of pages may lead in a circle.
_READS, _TIMES, _FREE = 4_000_000, 8, 256 << 20
#: Groups and datasets that are looked at, how deep, and members of a group that make it a table of rows.
_MOST, _DEPTH, _ROWS = 200_000, 32, 20
#: Values of a dataset of texts that are looked at; distinct ones of a closed set, over at least so many.
_TEXTS, _CLOSED, _SURE = 200_000, 30, 50
_LABELS = re.compile(r"(?:class|label|categor|target|species|names?$|attribute)", re.IGNORECASE)
_MODEL = frozenset({"keras_version", "layer_names", "model_config", "backend", "training_config", "weight_names"})


class Hdf5Reader(BinaryReader):
    """Reads HDF5 files with pyfive, which is plain Python and runs no filter but those of the standard library."""

    name = "hdf5"
    rank = 60
    models = True
    limits = (
        "values are not read, but for texts that are class names or a closed vocabulary over 50 rows and more",
        "links to other files are not followed",
        "many groups of one parent are taken for records: what they hold is shown once, their names are not",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature, at the start or behind a user's block."""
        return any(artifact.head[at : at + 8] == _MAGIC for at in _STARTS)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Attributes, groups and datasets from the root down."""
        try:
            import pyfive
        except ImportError:
            said = "an HDF5 file: pip install 'untag[models]' reads it"
            yield Gap(artifact.place.whole(), Reason.NEEDS, said, artifact.size)
            return
        with artifact.open() as file:
            walk = _Walk(artifact, limits, (*_FAILS, pyfive.core.InvalidHDF5File))
            try:
                root = pyfive.File(_Counted(file, artifact.size, _base(artifact)))
                yield from walk.group(root, pyfive)
            except walk.fails as error:
                said = f"hdf5: cannot be followed ({type(error).__name__})"
                yield Gap(artifact.place.whole(), Reason.DAMAGED, said, max(1, artifact.size - walk.numbers))
            for what, error_name in walk.broken[:16]:
                spot = artifact.place.at(pointer=what[:400])
                yield Gap(spot, Reason.DAMAGED, f"hdf5: cannot be followed ({error_name})", 1)
            if walk.numbers:
                yield Opaque("weights" if walk.model else "numbers", min(walk.numbers, artifact.size))


def _base(artifact: Artifact) -> int:
    return next((at for at in _STARTS if artifact.head[at : at + 8] == _MAGIC), 0)


class _Counted(io.RawIOBase):
    """A file that gives up after too many reads."""

    def __init__(self, file: BinaryIO, size: int, base: int) -> None:
        self._file = file
        self._base = base
        self._reads = _READS
        self._bytes = size * _TIMES + _FREE

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset + (self._base if whence == 0 else 0), whence) - self._base

    def tell(self) -> int:
        return self._file.tell() - self._base

    def read(self, size: int = -1) -> bytes:
        """Bytes.

        Raises:
            OSError: Too much was read already.
        """
        self._reads -= 1
        self._bytes -= max(0, size)
        if self._reads < 0 or self._bytes < 0:
            raise OSError("more reads than a sound file needs")
        return self._file.read(size)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Walk:
    """One walk over a file; ``numbers`` counts the bytes that are only that."""

    def __init__(self, artifact: Artifact, limits: Limits, fails: tuple[type[Exception], ...]) -> None:
        self.artifact = artifact
        self.limits = limits
        self.fails = fails
        self.place = artifact.place.whole()
        self.numbers = 0
        self.model = False
        self.left = min(_MOST, limits.nodes)
        self.broken: list[tuple[str, str]] = []

    def group(self, root: Any, library: Any) -> Iterator[Surface | Artifact | Gap]:
        """The root and all below it; a broken member is noted and its neighbours are read."""
        attributes = self.attributes(root, "/")
        self.model = (
            any(name in _MODEL for name in attributes) or "model_weights" in root or "layer_names" in attributes
        )
        yield from self.attached(attributes, "/", "")
        stack: list[tuple[Any, str, int]] = [(root, "", 0)]
        while stack and self.left > 0:
            group, path, depth = stack.pop()
            names = list(group)
            rows = not self.model and sum(1 for n in names[: _ROWS * 2]) >= _ROWS and self.alike(group, names, library)
            below: list[tuple[Any, str, int]] = []
            for name in names[:_ROWS] if rows else names:
                self.left -= 1
                inner = f"{path}/{name}" if not rows else f"{path}/*"
                try:
                    yield from self.one(group[name], inner, name, library, below, depth, quiet=rows)
                except self.fails as error:
                    self.broken.append((inner, type(error).__name__))
            stack += reversed(below)
        if self.left <= 0:
            yield Gap(self.place, Reason.LIMIT, "more groups and datasets than are looked at")

    def alike(self, group: Any, names: Sequence[str], library: Any) -> bool:
        """Whether the members of a group are records: all of them groups, or datasets of one type."""
        sample = names[:_ROWS]
        try:
            members = [group[name] for name in sample]
        except self.fails:
            return False
        if all(isinstance(m, library.Group) for m in members):
            return True
        return all(isinstance(m, library.Dataset) for m in members) and len({str(m.dtype) for m in members}) == 1

    def one(
        self,
        member: Any,
        path: str,
        name: str,
        library: Any,
        below: list[tuple[Any, str, int]],
        depth: int,
        *,
        quiet: bool,
    ) -> Iterator[Surface | Artifact | Gap]:
        """One member of a group."""
        owner = path.rpartition("/")[0].strip("/").replace("/", ".")
        attributes = self.attributes(member, path)
        if isinstance(member, library.Group):
            if not quiet:
                yield self.said(name, path, owner, "")
            yield from self.attached(attributes, path, path.strip("/").replace("/", "."))
            if depth < _DEPTH:
                below.append((member, path, depth + 1))
            return
        if not isinstance(member, library.Dataset):
            return
        shape = tuple(member.shape or ())
        type_ = f"{member.dtype}[{', '.join(map(str, shape))}]" if member.dtype is not None else ""
        if not quiet:
            yield self.said(name, path, owner, type_[:200])
        yield from self.attached(attributes, path, path.strip("/").replace("/", "."))
        yield from self.fields(member.dtype, path, library)
        yield from self.values(member, path, shape, library)

    def said(self, name: str, path: str, owner: str, type_: str) -> Surface:
        """The name of a member: of a model what it puts out, of data a column."""
        if self.model:
            return named(Role.OUTPUT, name, self.place, path, owner, "", "", type_)
        spot = self.place.at(pointer=path[:400])
        return Surface(Role.COLUMN, name, spot, owner or "/", Kind.DATASET, "", "", type_)

    def fields(self, dtype: Any, path: str, library: Any) -> Iterator[Surface]:
        """The fields of a compound type are columns, the members of an enumeration labels."""
        owner = path.strip("/").replace("/", ".")
        for name in getattr(dtype, "names", None) or ():
            yield Surface(Role.COLUMN, str(name), self.place.at(pointer=f"{path}/{name}"[:400]), owner, Kind.DATASET)
        coded = library.check_enum_dtype(dtype) if dtype is not None else None
        for name, number in (coded or {}).items():
            yield named(Role.MEMBER, str(name), self.place, f"{path}/{name}", owner, "", str(number))

    def values(self, member: Any, path: str, shape: tuple[int, ...], library: Any) -> Iterator[Surface]:
        """Texts of a dataset, where they are names of classes or a closed vocabulary; else its bytes are numbers."""
        count = 1
        for size in shape:
            count *= size
        texts = library.check_string_dtype(member.dtype) is not None if member.dtype is not None else False
        width = getattr(member.dtype, "itemsize", 1) or 1
        if not texts or len(shape) > 1 or not 0 < count <= _TEXTS or count * width > _FREE:
            self.numbers += 0 if texts else min(count * width, self.artifact.size)
            return
        rows = [_text(v) for v in (member[...].ravel().tolist() if shape else [member[()]])]
        owner = path.strip("/").replace("/", ".")
        distinct = set(rows)
        if _LABELS.search(owner.rpartition(".")[2]) and len(distinct) == len(rows) <= 1000:
            yield from labels([(str(i), t) for i, t in enumerate(rows)], self.place, path, owner)
        elif self.model and len(rows) == 1:
            yield from told(rows[0], owner, self.place.at(pointer=path), owner)
        elif len(rows) >= _SURE and len(distinct) <= _CLOSED and all(rows.count(t) > 1 for t in distinct):
            for text in sorted(distinct):
                yield Surface(Role.MEMBER, text[:200], self.place.at(pointer=path[:400]), owner, Kind.DATASET)

    def attributes(self, member: Any, path: str) -> dict[str, Any]:
        """The attributes of a member."""
        try:
            return dict(member.attrs)
        except self.fails as error:
            self.broken.append((f"{path}@", type(error).__name__))
            return {}

    def attached(self, attributes: dict[str, Any], path: str, owner: str) -> Iterator[Surface | Artifact | Gap]:
        """Attributes: a configuration in JSON is a file of its own, lists of texts are names or labels."""
        for name, value in attributes.items():
            at = f"{path}@{name}"
            if isinstance(value, bytes | str):
                text = _text(value)
                if len(text) > 1 and text[0] in "{[" and not hidden(text):
                    inner = f"{path.strip('/')}@{name}.json".lstrip("@")
                    yield from spool.member(self.artifact, inner, io.BytesIO(text.encode()), self.limits)
                else:
                    yield from told(text, name, self.place.at(pointer=at[:400]), owner)
                continue
            yield named(Role.KEY, name, self.place, at, owner)
            rows = value.ravel().tolist() if hasattr(value, "ravel") else value if isinstance(value, list) else []
            texts = [_text(v) for v in rows[:5000] if isinstance(v, bytes | str)]
            if name in _MODEL:
                for text in texts:
                    yield named(Role.OUTPUT, text, self.place, at, owner)
            else:
                inner = f"{owner}.{name}".lstrip(".")
                yield from labels([(str(i), t) for i, t in enumerate(texts)], self.place, at, inner)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace").rstrip("\0") if isinstance(value, bytes) else str(value)
