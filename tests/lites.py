"""Made-up models of TensorFlow Lite with random weights that were never trained, built from the format's schema."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

__all__ = ["Net", "heads"]

_TYPES = {np.dtype(np.float32): 0, np.dtype(np.float16): 1, np.dtype(np.int32): 2, np.dtype(np.int8): 9}


class Net:
    """A model in the making."""

    def __init__(self, *, quantised: bool = False) -> None:
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.description = 3, "made up"
        self.model.operatorCodes, self.model.buffers, self.model.subgraphs = [], [schema.BufferT()], [self.graph]
        self.graph.tensors, self.graph.operators, self.graph.name = [], [], "main"
        self.quantised = quantised
        self.seed = 0

    def tensor(self, name: str, shape: tuple[int, ...], data: np.ndarray | None = None) -> int:
        """A tensor; its number."""
        one = schema.TensorT()
        one.name, one.shape, one.buffer = name, list(shape), 0
        one.type = _TYPES[data.dtype] if data is not None else 9 if self.quantised else 0
        if self.quantised:
            one.quantization = schema.QuantizationParametersT()
            one.quantization.scale, one.quantization.zeroPoint = [0.05 + len(self.graph.tensors) * 0.001], [0]
        if data is not None:
            held = schema.BufferT()
            held.data = np.frombuffer(data.tobytes(), np.uint8)
            one.buffer = len(self.model.buffers)
            self.model.buffers.append(held)
        self.graph.tensors.append(one)
        return len(self.graph.tensors) - 1

    def op(self, code: int, inputs: list[int], outputs: list[int], options: Any = None, custom: str = "") -> None:
        """An operator."""
        named = schema.OperatorCodeT()
        named.builtinCode, named.deprecatedBuiltinCode, named.version = code, min(code, 127), 1
        named.customCode = custom or None
        one = schema.OperatorT()
        one.opcodeIndex, one.inputs, one.outputs = len(self.model.operatorCodes), inputs, outputs
        if options is not None:
            one.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
            one.builtinOptions = options
        self.model.operatorCodes.append(named)
        self.graph.operators.append(one)

    def dense(self, given: int, name: str, size: int, width: int = 8) -> int:
        """A layer with all to all."""
        self.seed += 1
        made = np.random.default_rng(self.seed)
        weights, bias = made.standard_normal((size, width)), made.standard_normal(size)
        kinds = (np.int8, np.int32) if self.quantised else (np.float32, np.float32)
        weights, bias = ((a * (30 if self.quantised else 1)) for a in (weights, bias))
        rows = [given, self.tensor(f"{name}/kernel", (size, width), weights.astype(kinds[0])),
                self.tensor(f"{name}/bias", (size,), bias.astype(kinds[1]))]  # fmt: skip
        out = self.tensor(name, (1, size))
        self.op(9, rows, [out], schema.FullyConnectedOptionsT())
        return out

    def pixel(self, given: int, name: str, size: int, *, side: int = 1, width: int = 8, half: bool = False) -> int:
        """A convolution of one pixel; with ``half`` its numbers are of sixteen bits, and unpacked before each use."""
        self.seed += 1
        made = np.random.default_rng(self.seed)
        rows = []
        for part, shape in (("kernel", (size, 1, 1, width)), ("bias", (size,))):
            held = made.standard_normal(shape) * (30 if self.quantised else 1)
            kind = (np.int8 if part == "kernel" else np.int32) if self.quantised else np.float16 if half else np.float32
            rows.append(self.tensor(f"{name}/{part}", shape, held.astype(kind)))
            if half:
                out = self.tensor(f"{name}/{part}/wide", shape)
                self.op(6, [rows[-1]], [out])
                rows[-1] = out
            if self.quantised:
                one = self.graph.tensors[rows[-1]].quantization
                one.scale, one.zeroPoint = [0.01 * (i + 1) for i in range(size)], [0] * size
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
        out = self.tensor(name, (1, side, side, size))
        self.op(3, [given, *rows], [out], options)
        return out

    def mean(self, given: int, name: str, size: int, axes: tuple[int, ...] = (1, 2)) -> int:
        """The mean over some axes."""
        options = schema.ReducerOptionsT()
        options.keepDims = False
        out = self.tensor(name, (1, size))
        self._like(out, given)
        self.op(40, [given, self.tensor(f"{name}/axes", (len(axes),), np.array(axes, np.int32))], [out], options)
        return out

    def reshape(self, given: int, name: str, size: int, first: int = 1) -> int:
        """Single places taken away, by a shape that says how many classes there are."""
        options = schema.ReshapeOptionsT()
        options.newShape = [first, size]
        out = self.tensor(name, (1, size))
        self._like(out, given)
        self.op(22, [given, self.tensor(f"{name}/shape", (2,), np.array([first, size], np.int32))], [out], options)
        return out

    def _like(self, out: int, given: int) -> None:
        self.graph.tensors[out].quantization = self.graph.tensors[given].quantization

    def softmax(self, given: int, name: str, size: int) -> int:
        """Shares of a whole."""
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        out = self.tensor(name, (1, size))
        if self.quantised:
            held = self.graph.tensors[out].quantization
            held.scale, held.zeroPoint = [1 / 256], [-128]
        self.op(25, [given], [out], options)
        return out

    def bytes(self, inputs: list[int], outputs: list[int], signature: dict[str, int] | None = None) -> bytes:
        """The file."""
        self.graph.inputs, self.graph.outputs = inputs, outputs
        if signature:
            one = schema.SignatureDefT()
            one.signatureKey, one.subgraphIndex = "serving_default", 0
            one.inputs = [self._named("image", inputs[0])]
            one.outputs = [self._named(name, number) for name, number in signature.items()]
            self.model.signatureDefs = [one]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    @staticmethod
    def _named(name: str, number: int) -> Any:
        made = schema.TensorMapT()
        made.name, made.tensorIndex = name, number
        return made


def heads(*, quantised: bool = False, custom: bool = False, description: str = "made up") -> bytes:
    """Three heads over one trunk, one of them of two layers and behind a softmax."""
    net = Net(quantised=quantised)
    net.model.description = description
    image = net.tensor("image", (1, 8))
    trunk = net.dense(image, "trunk", 8)
    inner = net.dense(trunk, "face_race_features", 8)
    race = net.softmax(net.dense(inner, "face_race", 4), "face_race_scores", 4)
    age = net.dense(trunk, "face_age", 1)
    gender = net.dense(trunk, "face_gender", 2)
    if custom:
        out = net.tensor("own", (1, 2))
        net.op(32, [gender], [out], custom="VendorOp")
        gender = out
    return net.bytes([image], [age, race, gender], {"age": age, "face_race": race, "gender": gender})
