"""What a model's own names and shapes say of itself: that what it tells of people does not stand in its file.

Two kinds of models carry no label that could be found, and are never called clean. An *open-vocabulary* model compares
pictures with words that it is given when it runs: two towers, one of pictures and one of texts, and one scale between
them (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021; names of tensors as
in the public code of CLIP, OpenCLIP and the Transformers library). A model whose only outputs are *bare vectors* leaves
it to whoever reads the vectors what they are compared with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from untag.surface import Surface

__all__ = ["Outline"]

_SIGHT = later(r"(?:^|[./])(?:visual|vision_model|vision_tower|image_encoder|visual_projection|img_encoder)(?:$|[./_])")
_WORDS = later(
    r"(?:^|[./])(?:text_model|text_encoder|text_projection|text_tower|token_embedding|textual|bert)(?:$|[./_])"
)
_SCALE = later(r"(?:^|[./])(?:logit_scale|t_prime|temperature)$")
_VECTOR = later(r"embed|feature|descriptor|feat(?:$|[_.\d])|vector|(?:^|[_./])fc1(?:$|[_.])", re.IGNORECASE)
#: Numbers of a vector by which faces are compared: powers of two and their halves in public models.
_SIZES = frozenset({64, 96, 128, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 4096})
_SHAPE = later(r"\[(?:[^\[\]]*,)?\s*(\d+)\]\Z")
OPEN = (
    "not attestable from the file: an open-vocabulary model tells whatever it is asked for in words; "
    "the words are in the programs and texts that use it"
)
BARE = (
    "not attestable from the file: its outputs are bare vectors, without a label; "
    "what they are compared with is in the programs and data that use it"
)


class Outline:
    """Sees the surfaces of one model as they pass."""

    __slots__ = ("_bare", "_labels", "_outputs", "_scale", "_sight", "_words")

    def __init__(self) -> None:
        self._sight = self._words = self._scale = False
        self._outputs = self._bare = 0
        self._labels = False

    def see(self, surface: Surface) -> None:
        """Take note of a name that a model gives something."""
        if surface.role in {Role.LABEL, Role.MEMBER}:
            self._labels = True
        if surface.kind is not Kind.MODEL or surface.role is not Role.OUTPUT:
            return
        name = surface.text
        self._sight = self._sight or _SIGHT.search(name) is not None
        self._words = self._words or _WORDS.search(name) is not None
        self._scale = self._scale or _SCALE.search(name) is not None
        if surface.owner == "outputs":
            self._outputs += 1
            width = _SHAPE.search(surface.type)
            self._bare += bool(width and int(width[1]) in _SIZES and _VECTOR.search(name))

    def told(self) -> str:
        """Why nothing can be attested from the file, or nothing."""
        if self._sight and self._words and self._scale:
            return OPEN
        if self._outputs and self._outputs == self._bare and not self._labels:
            return BARE
        return ""
