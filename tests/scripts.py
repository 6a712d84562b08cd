"""Made-up models of TensorFlow.js, with random weights that were never trained and tell nothing apart."""

from __future__ import annotations

import json
from base64 import b64encode
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tensors import LABELS, weights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["arrays", "dense", "graph", "head", "layered", "saved", "sequence", "told"]

_KINDS = {"float32": "<f4", "float16": "<f2", "uint8": "u1", "uint16": "<u2"}


def kept(name: str, array: np.ndarray, kind: str) -> tuple[dict[str, Any], bytes]:
    """An array as a manifest says it, and its bytes."""
    row: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": "float32"}
    if kind == "float16":
        row["quantization"] = {"dtype": kind, "original_dtype": "float32"}
    elif kind != "float32":
        low, most = float(array.min()), 255 if kind == "uint8" else 65535
        scale = (float(array.max()) - low) / most or 1.0
        row["quantization"] = {"dtype": kind, "min": low, "scale": scale, "original_dtype": "float32"}
        array = np.round((array - low) / scale)
    return row, array.astype(_KINDS[kind]).tobytes()


def saved(
    folder: Path, described: dict[str, Any], held: dict[str, np.ndarray], *, kind: str = "float32", shards: int = 1,
    name: str = "model.json", **more: Any,
) -> None:  # fmt: skip
    """As the converter writes it: one group, in as many files of nearly the same length as are asked for."""
    rows, data = zip(*(kept(key, array, kind) for key, array in held.items()), strict=True)
    whole = b"".join(data)
    size = -(-len(whole) // shards)
    paths = [f"group1-shard{i + 1}of{shards}.bin" for i in range(shards)]
    for i, path in enumerate(paths):
        (folder / path).write_bytes(whole[i * size : (i + 1) * size])
    told_ = {**described, "weightsManifest": [{"paths": paths, "weights": list(rows)}], **more}
    (folder / name).write_text(json.dumps(told_, indent=1) + "\n")


def told(folder: Path, name: str = "model.json") -> dict[str, Any]:
    made: dict[str, Any] = json.loads((folder / name).read_text())
    return made


def arrays(folder: Path, name: str = "model.json") -> dict[str, tuple[tuple[int, ...], bytes]]:
    """What a loader makes of it: shape and bytes of each array."""
    out: dict[str, tuple[tuple[int, ...], bytes]] = {}
    for group in told(folder, name)["weightsManifest"]:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        at = 0
        for row in group["weights"]:
            kind = row.get("quantization", row)["dtype"]
            end = at + prod(row["shape"]) * np.dtype(_KINDS[kind]).itemsize
            out[row["name"]] = tuple(row["shape"]), data[at:end]
            at = end
        assert at == len(data)
    return out


def dense(name: str, units: int, source: str, activation: str = "linear") -> dict[str, Any]:
    return {
        "class_name": "Dense", "name": name,
        "config": {"name": name, "trainable": True, "units": units, "activation": activation, "use_bias": True},
        "inbound_nodes": [[[source, 0, 0, {}]]] if source else [],
    }  # fmt: skip


def head(name: str, size: int, count: int) -> dict[str, np.ndarray]:
    return {f"{name}/kernel": weights(size, count, seed=len(name)), f"{name}/bias": weights(count, seed=len(name))}


def layered(folder: Path, ends: dict[str, int], *, activation: str = "linear", **more: Any) -> None:
    """A trunk, and a dense layer for each end."""
    shape = {"batch_input_shape": [None, 6], "dtype": "float32", "name": "image"}
    first = {"class_name": "InputLayer", "name": "image", "inbound_nodes": [], "config": shape}
    layers = [first, dense("trunk", 8, "image"), *(dense(n, c, "trunk", activation) for n, c in ends.items())]
    config = {
        "name": "face", "layers": layers, "input_layers": [["image", 0, 0]],
        "output_layers": [[name, 0, 0] for name in ends],
    }  # fmt: skip
    topology = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": {
        "class_name": "Functional", "config": config}}  # fmt: skip
    topology |= more.pop("topology", {})
    described = {"format": "layers-model", "generatedBy": "made up", "modelTopology": topology}
    held = head("trunk", 6, 8)
    for name, count in ends.items():
        held |= head(name, 8, count)
    saved(folder, described, held, **more)


def sequence(folder: Path, labels: Sequence[str] = LABELS, **more: Any) -> None:
    """A sequence of sequences, as tools for those who do not program make them: features, then the classes."""
    first = {"class_name": "Dense", "config": {**dense("base", 8, "")["config"], "batch_input_shape": [None, 6]}}
    last = {"class_name": "Dense", "config": {
        **dense("classes", len(labels), "", "softmax")["config"], "batch_input_shape": [None, 8]}}  # fmt: skip
    parts = [
        {"class_name": "Sequential", "config": {"name": f"sequential_{i}", "layers": [one]}}
        for i, one in enumerate((first, last))
    ]
    topology = {"class_name": "Sequential", "config": {"name": "sequential_9", "layers": parts},
                "keras_version": "tfjs-layers 4.22.0", "backend": "tensor_flow.js"}  # fmt: skip
    described = {"format": "layers-model", "generatedBy": "made up", "modelTopology": topology}
    saved(folder, described, head("base", 6, 8) | head("classes", 8, len(labels)), **more)


def _node(name: str, op: str, *taken: str, **attr: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(taken), "attr": attr}


def _const(name: str, array: np.ndarray) -> dict[str, Any]:
    dims = [{"size": str(size)} for size in array.shape]
    value = {"tensor": {"dtype": "DT_FLOAT", "tensorShape": {"dim": dims}}}
    return _node(name, "Const", value=value, dtype={"type": "DT_FLOAT"})


def graph(folder: Path, ends: dict[str, int], *, fused: bool = False, softmax: bool = False, **more: Any) -> None:
    """The same as a graph, with a signature."""
    float_ = {"type": "DT_FLOAT"}
    shape = {"shape": {"dim": [{"size": "-1"}, {"size": "6"}]}}
    nodes = [_node("image", "Placeholder", shape=shape, dtype=float_)]
    held = head("trunk", 6, 8)
    for name, count in ends.items():
        held |= head(name, 8, count)
    nodes += [_const(name, array) for name, array in held.items()]
    outputs = {}
    for i, (name, count) in enumerate({"trunk": 8, **ends}.items()):
        taken = "image" if name == "trunk" else "trunk/out"
        if fused:
            ops = {"list": {"s": [b64encode(b"BiasAdd").decode()]}}
            said = {"fused_ops": ops, "num_args": {"i": "1"}, "transpose_a": {"b": False}, "transpose_b": {"b": False}}
            weights_ = f"{name}/kernel", f"{name}/bias"
            nodes.append(_node(f"{name}/out", "_FusedMatMul", taken, *weights_, T=float_, **said))
        else:
            nodes.append(_node(f"{name}/MatMul", "MatMul", taken, f"{name}/kernel", T=float_,
                               transpose_a={"b": False}, transpose_b={"b": False}))  # fmt: skip
            nodes.append(_node(f"{name}/out", "BiasAdd", f"{name}/MatMul", f"{name}/bias", T=float_))
        if name == "trunk":
            continue
        end = f"{name}/out"
        if softmax:
            nodes.append(_node(f"{name}/Softmax", "Softmax", end, T=float_))
            end = f"{name}/Softmax"
        put = f"Identity_{i}"
        sizes = {"list": {"shape": [{"dim": [{"size": "-1"}, {"size": str(count)}]}]}}
        nodes.append(_node(put, "Identity", end, T=float_, _output_shapes=sizes))
        dims = [{"size": "-1"}, {"size": str(count)}]
        outputs[name] = {"name": f"{put}:0", "dtype": "DT_FLOAT", "tensorShape": {"dim": dims}}
    inputs = {"image": {"name": "image:0", "dtype": "DT_FLOAT", "tensorShape": shape["shape"]}}
    described = {
        "format": "graph-model", "generatedBy": "made up", "signature": {"inputs": inputs, "outputs": outputs},
        "modelTopology": {"node": nodes, "library": {}, "versions": {"producer": 1087}},
    }  # fmt: skip
    saved(folder, described, held, **more)
