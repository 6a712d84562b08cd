"""Safetensors files: names and shapes of tensors, and the metadata in the header."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._hidden import told
from untag.readers._protobuf import named, shape
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["SafetensorsReader"]

#: The longest header that the format allows (github.com/huggingface/safetensors).
_HEADER = 100 << 20


class SafetensorsReader(BinaryReader):
    """Reads the header of safetensors files."""

    name = "safetensors"
    rank = 60
    models = True
    limits = ("values of tensors are counted, not looked into",)

    def knows(self, artifact: Artifact) -> bool:
        """A length, and behind it the brace that opens the header."""
        head = artifact.head
        size = int.from_bytes(head[:8], "little")
        return (
            head[8:9] == b"{"
            and 2 <= size <= _HEADER
            and (size + 8 <= artifact.size or artifact.suffix == ".safetensors")
        )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Metadata, then tensors.

        Raises:
            Damaged: The header is no JSON.
        """
        with artifact.open() as file:
            size = int.from_bytes(file.read(8), "little")
            raw = file.read(min(size, _HEADER))
        try:
            header = json.loads(raw)
        except (ValueError, RecursionError):
            raise Damaged("the header is no JSON") from None
        if not isinstance(header, dict):
            raise Damaged("the header is no object")
        place = artifact.place.whole()
        end = 0
        metadata = header.pop("__metadata__", {})
        for key, value in metadata.items() if isinstance(metadata, dict) else ():
            spot = place.at(pointer=f"/__metadata__/{key}"[:400])
            yield from told(value if isinstance(value, str) else json.dumps(value), str(key), spot, "metadata")
        for count, (name, told_of) in enumerate(header.items()):
            if count >= limits.nodes:
                yield Gap(place, Reason.LIMIT, "more tensors than are looked at")
                break
            entry = told_of if isinstance(told_of, dict) else {}
            sizes = entry.get("shape")
            type_ = shape(str(entry.get("dtype", "")), sizes[:16] if isinstance(sizes, list) else [])
            offsets = entry.get("data_offsets")
            if isinstance(offsets, list) and len(offsets) == 2 and isinstance(offsets[1], int):
                end = max(end, offsets[1])
            yield named(Role.OUTPUT, name, place, f"/{name}", "tensors", "", "", type_)
        weights = artifact.size - 8 - size
        if weights > 0:
            yield Opaque("weights", min(weights, end))
        if weights < end:
            yield Gap(
                place.at(offset=artifact.size), Reason.DAMAGED, "safetensors: the file ends before its tensors do", 1
            )
        elif weights > end:
            rest = artifact.size - 8 - size - end
            yield Gap(
                place.at(offset=8 + size + end), Reason.UNKNOWN, "safetensors: bytes behind the last tensor", rest
            )
