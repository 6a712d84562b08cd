"""ONNX as protocol buffers: the fields of its messages, and its number types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untag.syntax.wire import Schema

__all__ = ["SCHEMA", "TYPES", "WIDTHS"]

#: Fields of ``onnx.proto`` (github.com/onnx/onnx) that hold names, shapes, texts or weights.
SCHEMA: Schema = {
    "Model": {
        1: ("ir", "int"), 2: ("producer", "text"), 3: ("producer_version", "text"), 4: ("domain", "text"),
        5: ("version", "int"), 6: ("doc", "text"), 7: ("graph", "Graph"), 8: ("opset", "Opset"),
        14: ("metadata", "Entry"), 20: ("training", "Training"), 25: ("function", "Function"),
        26: ("configuration", "bytes"),
    },
    "Opset": {1: ("domain", "text"), 2: ("version", "int")},
    "Entry": {1: ("key", "text"), 2: ("value", "text")},
    "Training": {1: ("graph", "Graph"), 2: ("graph", "Graph"), 3: ("entry", "Entry"), 4: ("entry", "Entry")},
    "Graph": {
        1: ("node", "Node"), 2: ("name", "text"), 5: ("weights", "Tensor"), 10: ("doc", "text"), 11: ("input", "Value"),
        12: ("output", "Value"), 13: ("value", "Value"), 14: ("quantized", "Quantized"), 15: ("sparse", "Sparse"),
        16: ("metadata", "Entry"),
    },
    "Quantized": {1: ("name", "text"), 2: ("entry", "Entry")},
    "Sparse": {1: ("weights", "Tensor"), 2: ("indices", "Tensor"), 3: ("dims", "int")},
    "Node": {
        1: ("input", "text"), 2: ("output", "text"), 3: ("name", "text"), 4: ("op", "text"),
        5: ("attribute", "Attribute"),
        6: ("doc", "text"), 7: ("domain", "text"), 8: ("overload", "text"), 9: ("metadata", "Entry"),
        10: ("configuration", "bytes"),
    },
    "Attribute": {
        1: ("name", "text"), 2: ("f", "bytes"), 3: ("i", "int"), 4: ("s", "text"), 5: ("tensor", "Tensor"),
        6: ("graph", "Graph"), 7: ("floats", "bytes"), 8: ("ints", "int"), 9: ("strings", "text"),
        10: ("tensor", "Tensor"), 11: ("graph", "Graph"), 13: ("doc", "text"), 14: ("type", "bytes"),
        15: ("type", "bytes"), 20: ("kind", "int"), 21: ("refers", "text"), 22: ("sparse", "Sparse"),
        23: ("sparse", "Sparse"),
    },
    "Tensor": {
        1: ("dims", "int"), 2: ("type", "int"), 3: ("segment", "bytes"), 4: ("data", "bytes"), 5: ("data", "bytes"),
        6: ("strings", "text"), 7: ("data", "bytes"), 8: ("name", "text"), 9: ("data", "bytes"), 10: ("data", "bytes"),
        11: ("data", "bytes"), 12: ("doc", "text"), 13: ("external", "Entry"), 14: ("where", "int"),
        16: ("metadata", "Entry"),
    },
    "Value": {1: ("name", "text"), 2: ("type", "Type"), 3: ("doc", "text"), 4: ("metadata", "Entry")},
    "Type": {1: ("tensor", "Dense"), 4: ("sequence", "Holder"), 5: ("map", "Map"), 6: ("denotation", "text"),
             8: ("tensor", "Dense"), 9: ("optional", "Holder")},
    "Dense": {1: ("type", "int"), 2: ("shape", "Shape")},
    "Holder": {1: ("type", "Type")},
    "Map": {1: ("key", "int"), 2: ("type", "Type")},
    "Shape": {1: ("dim", "Dim")},
    "Dim": {1: ("size", "int"), 2: ("name", "text"), 3: ("denotation", "text")},
    "Function": {
        1: ("name", "text"), 4: ("input", "text"), 5: ("output", "text"), 6: ("attribute", "text"), 7: ("node", "Node"),
        8: ("doc", "text"), 9: ("opset", "Opset"), 10: ("domain", "text"), 11: ("default", "Attribute"),
        12: ("value", "Value"), 13: ("overload", "text"), 14: ("metadata", "Entry"),
    },
}  # fmt: skip
#: ``TensorProto.DataType``.
TYPES = (
    "", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64",
    "uint32", "uint64", "complex64", "complex128", "bfloat16",
)  # fmt: skip
#: Bytes of one number in ``raw_data``, by ``TensorProto.DataType``; types of half a byte and texts have none.
WIDTHS = {
    1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2, 17: 1, 18: 1,
    19: 1, 20: 1,
}  # fmt: skip
