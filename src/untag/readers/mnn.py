"""MNN models: operators, tensors and outputs by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._protobuf import doc, named
from untag.surface import Role
from untag.syntax.flatbuffer import Buffer, Wrong
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.flatbuffer import Table

__all__ = ["MnnReader"]


class MnnReader(BinaryReader):
    """Reads MNN models; fields by their index in ``MNN.fbs`` (github.com/alibaba/MNN, ``schema/default``)."""

    name = "mnn"
    rank = 30
    models = True
    limits = ("known by its name, since the format has no mark of its own; parameters of operators are not read",)

    def knows(self, artifact: Artifact) -> bool:
        """The name, and a first table that lies in the file."""
        if artifact.suffix != ".mnn" or artifact.size < 16:
            return False
        return 4 <= int.from_bytes(artifact.head[:4], "little") < artifact.size

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Outputs, tensors, operators."""
        place = artifact.place.whole()
        texts = 0
        with bytes_of(artifact) as data:
            try:
                root = Buffer(data, 0, min(limits.nodes, 4_000_000)).root()
                for role, text, pointer, owner in _rows(root):
                    texts += len(text)
                    yield named(role, text, place, pointer, owner)
                for index, field in ((0, "bizCode"), (11, "mnn_uuid")):
                    yield from doc(root.text(index), place, f"/{field}", "", field)
            except Wrong as wrong:
                yield Gap(place.at(offset=wrong.at), Reason.DAMAGED, f"mnn: {wrong}", artifact.size - texts)
                return
        yield Opaque("weights", max(0, artifact.size - texts))


def _rows(root: Table) -> Iterator[tuple[Role, str, str, str]]:
    for number, text in enumerate(root.texts(4)):
        yield Role.OUTPUT, text, f"/outputName/{number}", "outputs"
    for number, text in enumerate(root.texts(7)):
        yield Role.OUTPUT, text, f"/tensorName/{number}", "tensors"
    for number, operator in enumerate(root.tables(3)):
        yield Role.OUTPUT, operator.text(3), f"/oplists/{number}", "operators"
    for graph in root.tables(10):
        name = graph.text(0)
        yield Role.TYPE, name, f"/subgraphs/{name}", name
        for number, text in enumerate(graph.texts(3)):
            yield Role.OUTPUT, text, f"/subgraphs/{name}/tensors/{number}", f"{name}.tensors"
        for number, operator in enumerate(graph.tables(4)):
            yield Role.OUTPUT, operator.text(3), f"/subgraphs/{name}/nodes/{number}", f"{name}.nodes"
