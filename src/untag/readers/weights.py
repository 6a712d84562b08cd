"""Raw tensors that another file describes: storages of torch archives, shards of checkpoints and of TensorFlow.js."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag import media
from untag.gap import Opaque
from untag.readers import BinaryReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["WeightsReader"]

#: Names that only such files have. Torch: ``<archive>/data/<number>``; a checkpoint: ``variables.data-00000-of-00001``;
#: TensorFlow.js: ``group1-shard1of4.bin``.
_STORAGE = re.compile(r"(?:^|/)data/\d+$")
_SHARD = re.compile(r"(?:\.data-\d{5}-of-\d{5}|(?:^|[/_.-])(?:group\d+-)?shard-?\d+[-_]?of[-_]?\d+(?:\.bin)?)$")


class WeightsReader(BinaryReader):
    """Accounts for raw weights; they hold no names."""

    name = "weights"
    rank = -5
    sieved = True
    limits = ("known by name alone, so only where no signature says what the bytes are",)

    def knows(self, artifact: Artifact) -> bool:
        """A name that only such a file has, and bytes that begin like no known format."""
        path = artifact.path
        inside = len(artifact.place.chain) > 1 and _STORAGE.search(path) is not None
        if not inside and _SHARD.search(path) is None:
            return False
        return media.describe(artifact.head) == media.describe(b"") and not media.opaque(artifact.head)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Opaque]:
        """All bytes are weights."""
        del limits
        yield Opaque("weights", artifact.size)
