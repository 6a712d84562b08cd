"""Made-up models of tensors alone, with random weights that were never trained and tell nothing apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file, save_file

from untag import strip
from untag.finding import Severity
from untag.scan import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BOTH", "GONE", "LABELS", "LEFT", "OPTIONS", "config", "listed", "load_file", "reasons", "removed", "same", "saved",
    "verdicts", "vit", "weights",
]  # fmt: skip

OPTIONS = Options(jobs=1, cache=False)
LABELS = ("smiling", "uyghur", "glasses", "beard", "han_chinese")
GONE = (1, 4)
LEFT = tuple(name for i, name in enumerate(LABELS) if i not in GONE)
#: What the layer of ``vit`` loses with these.
BOTH = {"classifier.weight": GONE, "classifier.bias": GONE}


def weights(*shape: int, seed: int = 1, kind: Any = np.float32) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(kind)


def vit(count: int = len(LABELS), *, kind: Any = np.float32, **more: np.ndarray) -> dict[str, np.ndarray]:
    """A base and the layer that makes classes."""
    return {
        "vit.embeddings.cls_token": weights(1, 1, 8, kind=kind), "vit.layernorm.weight": weights(8, kind=kind),
        "classifier.weight": weights(count, 8, kind=kind), "classifier.bias": weights(count, kind=kind), **more,
    }  # fmt: skip


def saved(path: Path, tensors: dict[str, np.ndarray], **metadata: str) -> None:
    save_file(tensors, path, {"format": "pt", **metadata})


def config(path: Path, labels: Sequence[str] = LABELS, **more: Any) -> None:
    """As transformers writes it."""
    told = {
        "architectures": ["ViTForImageClassification"], "hidden_size": 8,
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
        "model_type": "vit", "problem_type": "multi_label_classification", **more,
    }  # fmt: skip
    path.write_text(json.dumps(told, indent=2) + "\n")


def listed(folder: Path, *shards: dict[str, np.ndarray]) -> None:
    """Shards with their list."""
    names = [f"model-{i + 1:05}-of-{len(shards):05}.safetensors" for i in range(len(shards))]
    for name, tensors in zip(names, shards, strict=True):
        saved(folder / name, tensors)
    total = sum(a.nbytes for tensors in shards for a in tensors.values())
    held = {key: name for name, tensors in zip(names, shards, strict=True) for key in tensors}
    told = {"metadata": {"total_size": total}, "weight_map": held}
    (folder / "model.safetensors.index.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")


def removed(root: Path, *, unsafe: bool = True) -> tuple[strip.Outcome, Path]:
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    folder = root.parent / "out"
    folder.mkdir()
    outcome = strip.removed(str(root), str(folder), OPTIONS, strip.Wish(Severity.LOW, unsafe=unsafe))
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before
    assert outcome.copy is not None
    return outcome, Path(outcome.copy.root)


def verdicts(outcome: strip.Outcome) -> set[str]:
    return {row.verdict for row in outcome.rows}


def reasons(outcome: strip.Outcome) -> str:
    return "\n".join(row.reason for row in outcome.rows)


def same(old: dict[str, np.ndarray], new: dict[str, np.ndarray], cut: dict[str, tuple[int, ...]]) -> None:
    """The library of the format reads it, and every number that is left is the one that was there."""
    assert set(old) == set(new)
    for name, was in old.items():
        left = np.delete(was, cut[name], axis=0) if name in cut else was
        assert left.tobytes() == new[name].tobytes(), name
        assert left.shape == new[name].shape
