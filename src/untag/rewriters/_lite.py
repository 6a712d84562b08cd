"""Lists TensorFlow Lite models and writes them anew without some tensors: a process of its own.

Called with the name of a JSON file that says what to do; writes one line of JSON to standard output. The classes that
read and write the format are made from its schema and trust all offsets, so that what a damaged file does to them stays
here. It takes nothing from untag.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
from typing import Any

#: Buffers of weights begin at multiples of so many bytes (``force_align`` in ``schema.fbs``).
_ALIGNED = 16
#: The type of whole numbers of 32 bits, and bytes of them up to which they are told.
_INT32, _SMALL = 2, 64


def _bounded(memory: int, seconds: int) -> None:
    """No more than so much memory and time of a processor, where the system knows how."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _loaded(path: str) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    with open(path, "rb") as file:  # noqa: PTH123
        data = file.read()
    return schema.ModelT.InitFromPackedBuf(data)


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value or "")


def _row(value: Any) -> list[int]:
    return [int(v) for v in value] if value is not None else []


def _whole(buffer: Any) -> bytes:
    return bytes(buffer.data) if buffer.data is not None else b""


def _plain(value: Any, depth: int = 0) -> Any:
    """What an object of the schema holds, as a row that can be compared."""
    if depth > 12:
        raise ValueError("it is nested too deep")
    if hasattr(value, "__dict__"):
        return [type(value).__name__, *((k, _plain(v, depth + 1)) for k, v in sorted(vars(value).items()))]
    if isinstance(value, list):
        return [_plain(v, depth + 1) for v in value]
    return value.tolist() if hasattr(value, "tolist") else _text(value) if isinstance(value, bytes) else value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()


def _fewer(graph: Any, number: int, buffers: Any, spec: dict[str, Any]) -> tuple[Any, bytes]:
    """A tensor and its numbers as they are without the classes that a spec names; the tensor is a copy.

    Args:
        graph: That it lies in.
        number: Which.
        buffers: Of the model.
        spec: ``rows`` (number of a tensor to places of its first axis), ``narrow`` (numbers of tensors that hold
            classes on their last axis), ``shapes`` (those that say a shape that ends with how many there are) and
            ``places``.
    """
    import copy

    import numpy as np

    one, raw = graph.tensors[number], _whole(buffers[graph.tensors[number].buffer])
    if number in spec.get("shapes", ()):
        asked = np.frombuffer(raw, "<i4").copy()
        asked[-1] -= len(spec["places"]) if asked[-1] > 0 else 0
        return one, asked.tobytes()
    places = spec.get("rows", {}).get(str(number))
    axis = 0 if places is not None else -1
    if places is None and number not in spec.get("narrow", ()):
        return one, raw
    gone = spec["places"] if places is None else places
    made = copy.deepcopy(one)
    shape = _row(one.shape)
    if places is not None and raw:
        if len(raw) % shape[0]:
            raise ValueError("numbers that are not in rows")
        rows = np.frombuffer(raw, np.uint8).reshape(shape[0], -1)
        raw = np.delete(rows, gone, axis=0).tobytes()
    made.shape = [*shape]
    made.shape[axis] -= len(gone)
    if made.shapeSignature is not None and len(made.shapeSignature):
        told = _row(one.shapeSignature)
        told[axis] -= len(gone) if told[axis] > 0 else 0
        made.shapeSignature = told
    held = made.quantization
    own = int(held.quantizedDimension or 0) if held is not None else 0
    if (
        held is not None
        and held.scale is not None
        and len(held.scale) > 1
        and own != (axis if axis == 0 else len(shape) - 1)
    ):
        raise ValueError("scales along another axis")
    for key in ("scale", "zeroPoint", "min", "max") if held is not None else ():
        values = getattr(held, key)
        if values is not None and len(values) == shape[axis] and len(values) > 1:
            setattr(held, key, [v for i, v in enumerate(values) if i not in gone])
    return made, raw


def _options(op: Any, number: int, spec: dict[str, Any]) -> Any:
    """What is set of an operator; a change of shape that ends with how many classes there are ends with those left."""
    import copy

    held = op.builtinOptions
    if number not in spec.get("reshaped", ()) or held is None or held.newShape is None or not len(held.newShape):
        return held
    made = copy.copy(held)
    told = _row(held.newShape)
    told[-1] -= len(spec["places"]) if told[-1] > 0 else 0
    made.newShape = told
    return made


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def listed(model: Any, spec: dict[str, Any] | None = None) -> dict[str, Any]:
    """All of a model that is planned with or compared.

    Args:
        model: It.
        spec: Classes that are told as if they had gone (``_fewer``).

    Returns:
        ``graphs``: ``tensors`` (name, shape, type, digest of the rest, digest and size of the numbers, the buffer they
        lie in, the numbers themselves of a few whole ones), ``ops`` (code, name of one that is none of the schema's,
        inputs, outputs, digest of the rest, tensors between), ``inputs`` and ``outputs``; ``signatures``,
        ``description``, ``metadata`` (name, digest), and ``outside``: whether numbers lie elsewhere.
    """
    codes = model.operatorCodes or []
    graphs = []
    for graph in model.subgraphs or []:
        tensors = []
        for number, one in enumerate(graph.tensors or []):
            one, raw = _fewer(graph, number, model.buffers, spec or {})
            kept = [one.quantization, one.isVariable, one.sparsity, one.shapeSignature, one.hasRank, one.variantTensors]
            told = [_text(one.name), _row(one.shape), int(one.type), _digest(kept), _hash(raw), len(raw)]
            small = int(one.type) == _INT32 and len(raw) <= _SMALL and len(raw) % 4 == 0
            numbers = [int.from_bytes(raw[i : i + 4], "little", signed=True) for i in range(0, len(raw) * small, 4)]
            tensors.append([*told, one.buffer, numbers])
        ops = []
        for number, op in enumerate(graph.operators or []):
            code = codes[op.opcodeIndex]
            which = max(int(code.builtinCode), int(code.deprecatedBuiltinCode))
            kept = [
                _options(op, number, spec or {}),
                op.builtinOptions2,
                op.customOptions,
                op.mutatingVariableInputs,
                code.version,
            ]
            ops.append([which, _text(code.customCode), _row(op.inputs), _row(op.outputs), _digest(kept),
                        _row(op.intermediates)])  # fmt: skip
        graphs.append({
            "tensors": tensors, "ops": ops, "inputs": _row(graph.inputs), "outputs": _row(graph.outputs),
            "name": _text(graph.name),
        })  # fmt: skip
    signatures = [
        {
            "key": _text(one.signatureKey), "graph": int(one.subgraphIndex),
            "inputs": [[_text(t.name), int(t.tensorIndex)] for t in one.inputs or []],
            "outputs": [[_text(t.name), int(t.tensorIndex)] for t in one.outputs or []],
        }
        for one in model.signatureDefs or []
    ]  # fmt: skip
    outside = any(b.offset or b.size for b in model.buffers or [])
    outside |= any(op.largeCustomOptionsOffset for g in model.subgraphs or [] for op in g.operators or [])
    metadata = [[_text(m.name), _hash(_whole(model.buffers[m.buffer]))] for m in model.metadata or []]
    return {"graphs": graphs, "signatures": signatures, "description": _text(model.description),
            "version": model.version, "metadata": metadata, "outside": outside}  # fmt: skip


def cut(model: Any, spec: dict[str, Any]) -> None:
    """Take tensors and operators out of the one graph of a model.

    Args:
        model: It is changed.
        spec: ``tensors`` and ``ops`` (numbers of those that go), ``outputs`` (of tensors), ``description`` (whether it
            goes), and the classes of ``_fewer``.
    """
    graph = model.subgraphs[0]
    fewer = [_fewer(graph, number, model.buffers, spec) for number in range(len(graph.tensors))]
    for number, (one, raw) in enumerate(fewer):
        if one is not graph.tensors[number]:
            graph.tensors[number] = one
            if str(number) in spec["rows"] and raw:
                model.buffers[one.buffer].data = raw
        if number in spec["shapes"]:
            model.buffers[one.buffer].data = raw
    for number, op in enumerate(graph.operators):
        op.builtinOptions = _options(op, number, spec)
    gone, ops, outputs = set(spec["tensors"]), set(spec["ops"]), set(spec["outputs"])
    new: dict[int, int] = {-1: -1}
    for number in range(len(graph.tensors)):
        if number not in gone:
            new[number] = len(new) - 1
    graph.tensors = [t for i, t in enumerate(graph.tensors) if i not in gone]
    graph.operators = [o for i, o in enumerate(graph.operators) if i not in ops]
    for op in graph.operators:
        op.inputs = [new[n] for n in _row(op.inputs)]
        op.outputs = [new[n] for n in _row(op.outputs)]
        if op.intermediates is not None:
            op.intermediates = [new[n] for n in _row(op.intermediates)]
    graph.inputs = [new[n] for n in _row(graph.inputs)]
    graph.outputs = [new[n] for n in _row(graph.outputs) if n not in outputs]
    for one in model.signatureDefs or []:
        one.outputs = [t for t in one.outputs or [] if t.tensorIndex not in outputs]
        for tensor in [*(one.inputs or []), *one.outputs]:
            tensor.tensorIndex = new[tensor.tensorIndex]
    if model.signatureDefs:
        model.signatureDefs = [one for one in model.signatureDefs if one.outputs]
    if spec["description"]:
        model.description = None
    _buffers(model)
    _codes(model)


def _buffers(model: Any) -> None:
    """Numbers that nothing needs any more go; the first buffer is always there, and empty."""
    used = {0, *(t.buffer for t in model.subgraphs[0].tensors), *(m.buffer for m in model.metadata or [])}
    used |= set(_row(model.metadataBuffer))
    new = {number: i for i, number in enumerate(sorted(used))}
    model.buffers = [b for i, b in enumerate(model.buffers) if i in used]
    for tensor in model.subgraphs[0].tensors:
        tensor.buffer = new[tensor.buffer]
    for one in model.metadata or []:
        one.buffer = new[one.buffer]
    if model.metadataBuffer is not None:
        model.metadataBuffer = [new[n] for n in _row(model.metadataBuffer)]


def _codes(model: Any) -> None:
    used = sorted({op.opcodeIndex for op in model.subgraphs[0].operators})
    new = {number: i for i, number in enumerate(used)}
    model.operatorCodes = [model.operatorCodes[n] for n in used]
    for op in model.subgraphs[0].operators:
        op.opcodeIndex = new[op.opcodeIndex]


def packed(model: Any) -> bytes:
    """A model as bytes, with its numbers where the run time may take them as they lie."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def pack(self: Any, builder: Any) -> Any:
        data = 0
        if self.data is not None:
            raw = _whole(self)
            builder.StartVector(1, len(raw), _ALIGNED)
            builder.head -= len(raw)
            builder.Bytes[builder.head : builder.head + len(raw)] = raw
            data = builder.EndVector()
        schema.BufferStart(builder)
        if data:
            schema.BufferAddData(builder, data)
        return schema.BufferEnd(builder)

    schema.BufferT.Pack = pack
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def main() -> None:
    """Read what to do, do it, say it."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        spec = json.load(file)
    _bounded((4 << 30) + 8 * os.path.getsize(spec["source"]), 1800)  # noqa: PTH202
    try:
        model = _loaded(spec["source"])
        made: dict[str, Any] = {"before": listed(model)}
        if "target" in spec:
            wanted = listed(model, spec)
            cut(model, spec)
            with open(spec["target"], "wb") as out:  # noqa: PTH123
                out.write(packed(model))
            made["before"] = wanted
            made["after"] = listed(_loaded(spec["target"]))
    except ImportError as error:
        made = {"needs": str(error.name)}
    except (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError,
            struct.error) as error:  # fmt: skip
        made = {"error": f"it cannot be taken apart ({type(error).__name__})"}
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
