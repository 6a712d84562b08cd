"""Stand-ins where a model or dataset should be: a Git LFS pointer, a page of HTML, a few words, nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers import BinaryReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["AbsentReader"]

_POINTER = b"version https://git-lfs.github.com/spec/"
_SIZE = re.compile(rb"^size (\d{1,15})\r?$", re.MULTILINE)
_PAGE = (b"<!DOCTYPE html", b"<!doctype html", b"<html", b"<HTML")
#: Suffixes of formats that are never text.
_BINARY = (
    ".caffemodel", ".ckpt", ".feather", ".gguf", ".h5", ".hdf5", ".joblib", ".keras", ".mat", ".mlmodel", ".mnn",
    ".npy", ".npz", ".onnx", ".parquet", ".pt", ".pth", ".rknn", ".safetensors", ".sqlite", ".tflite", ".tfrecord",
    ".torchscript", ".trt", ".xlsx",
)  # fmt: skip


class AbsentReader(BinaryReader):
    """Says that the thing itself is not there."""

    name = "absent"
    rank = 90
    starts = (_POINTER, *_PAGE)
    limits = ("nothing is fetched: what a pointer stands for must be brought into the input",)

    def knows(self, artifact: Artifact) -> bool:
        """A pointer of Git LFS; a page of HTML under the name of a binary format."""
        head = artifact.head
        if head.startswith(_POINTER):
            return artifact.size < 4096
        return head.startswith(_PAGE) and artifact.name.lower().endswith(_BINARY)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Gap]:
        """One gap that says what stands there instead."""
        del limits
        head = artifact.head
        if head.startswith(_POINTER):
            found = _SIZE.search(head)
            more = f" of {int(found[1])} bytes" if found else ""
            said = f"a Git LFS pointer: the file{more} is not here (git lfs pull)"
        else:
            said = "a page of HTML stands where the file should be (a failed download?)"
        yield Gap(artifact.place.whole(), Reason.ABSENT, said, artifact.size)
