"""Models of layers, as Keras writes their configuration: what each layer takes in, what the model puts out."""

from __future__ import annotations

import json as strict
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from untag.rewriters._tensor import Kept
from untag.syntax import json
from untag.syntax.tree import ARRAY, STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from untag.syntax.tree import Node

__all__ = ["Layer", "Layers", "foreign", "parsed", "reached"]

#: Layers that have no weights and hand on what they get: a head may lie behind them.
_THROUGH = frozenset({
    "Activation", "AveragePooling2D", "Dropout", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Identity",
    "LeakyReLU", "MaxPooling2D", "Permute", "ReLU", "Reshape", "Softmax",
})  # fmt: skip
#: Classes of Keras that are loaded for a proof: none runs code that stands in the file (``Lambda`` and
#: ``TorchModuleWrapper`` do), reads another file, or is looked up under a name of the file's own.
_KNOWN = frozenset({
    *_THROUGH, "Add", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "Average", "BatchNormalization",
    "Concatenate", "Conv1D", "Conv2D", "Conv2DTranspose", "Conv3D", "Cropping1D", "Cropping2D", "Dense",
    "DepthwiseConv1D", "DepthwiseConv2D", "Dot", "ELU", "Functional", "GaussianNoise", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GroupNormalization", "InputLayer",
    "LayerNormalization", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum", "Minimum", "Model", "Multiply",
    "MultiHeadAttention", "Normalization", "PReLU", "RepeatVector", "Rescaling", "Resizing", "SeparableConv1D",
    "SeparableConv2D", "Sequential", "SpatialDropout2D", "Subtract", "UnitNormalization", "UpSampling1D",
    "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D", "DTypePolicy", "__keras_tensor__",
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform",
    "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
    "L1", "L2", "L1L2", "MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm",
})  # fmt: skip
#: Of these, layers that work on each number by itself or on all of the last axis: classes stay where they are.
_EACH = frozenset({"Activation", "Dropout", "Identity", "LeakyReLU", "ReLU", "Softmax"})
_WEIGHING = ("softmax", "log_softmax")
#: Layers that join what lies beside a class, where the classes are the last axis.
_POOLS = frozenset({"AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "MaxPooling2D"})
_MODULES = re.compile(r"keras(?:\.(?:layers|initializers|regularizers|constraints|models|src(?:\.[\w.]+)?))?")
#: What tells which class is meant.
_NAMING = ("class_name", "module", "registered_name")
_MOST = 2_000_000


@dataclass(slots=True)
class Layer:
    """One layer.

    Attributes:
        name: Its own.
        kind: Its class.
        node: Where it stands in the configuration.
        sources: Layers that it takes from.
    """

    name: str
    kind: str
    node: Node
    sources: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Layers:
    """A model.

    Attributes:
        root: Where it is described in what was parsed from ``text``.
        text: The configuration, with what stands around it.
        layers: By name, in order.
        inputs: Names of layers that take what is put in.
        outputs: Names of layers whose result is put out, in order.
        put: Where the outputs are listed; None of a model that has one by its nature.
    """

    root: Node
    text: str
    layers: dict[str, Layer]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    put: Node | None

    def needed(self, outputs: Iterable[str]) -> set[str]:
        """Layers that some outputs are made of, with all that is put in."""
        return reached((*outputs, *self.inputs), lambda name: self.layers[name].sources)

    def head(self, output: str) -> set[str]:
        """The last layer of an output, with what hands its result on."""
        out = {output}
        at = self.layers[output]
        while at.kind in _THROUGH and len(at.sources) == 1:
            at = self.layers[next(iter(at.sources))]
            if at.name in out:
                break
            out.add(at.name)
        return out

    def classes(self, output: str, total: int) -> list[Layer]:
        """The layers from an output back to the one that makes its classes; none where it is not made so.

        That is a dense one or a convolution.

        Args:
            output: Its name.
            total: How many classes there must be.
        """
        users: dict[str, int] = {}
        for layer in self.layers.values():
            for name in layer.sources:
                users[name] = users.get(name, 0) + 1
        at = self.layers[output]
        out = [at]
        while _handed(at, total) and len(at.sources) == 1:
            at = self.layers[next(iter(at.sources))]
            if at in out or users[at.name] != 1 or at.name in self.outputs:
                return []
            out.append(at)
        config = at.node.get("config")
        made = at.kind == "Dense" and config is not None and config.text("units") == str(total)
        if at.kind == "Conv2D" and config is not None:
            whole = config.text("groups") in ("", "1") and config.text("data_format") == "channels_last"
            made = whole and config.text("filters") == str(total)
        # What takes from an output too would get fewer numbers than before.
        return out if made and output not in users else []

    def weighing(self, layers: Iterable[Layer]) -> bool:
        """Whether one of some layers shares a whole among classes."""
        for layer in layers:
            config = layer.node.get("config")
            if layer.kind == "Softmax" or (config is not None and config.text("activation") in _WEIGHING):
                return True
        return False


def _handed(layer: Layer, total: int) -> bool:
    """Whether a layer leaves classes on the last axis."""
    config = layer.node.get("config")
    if layer.kind in _POOLS:
        return config is not None and config.text("data_format") == "channels_last"
    if layer.kind == "Reshape":
        shape = config.get("target_shape") if config is not None else None
        return shape is not None and bool(shape.children) and shape.children[-1].value == str(total)
    return layer.kind in _EACH


def reached(names: Iterable[str], sources: Callable[[str], Iterable[str]]) -> set[str]:
    """Parts of a graph, and all that they are made of.

    Args:
        names: Parts to begin with.
        sources: Gives what a part is made of.
    """
    out: set[str] = set()
    stack = [*names]
    while stack:
        name = stack.pop()
        if name not in out:
            out.add(name)
            stack += sources(name)
    return out


def parsed(text: str, way: tuple[str, ...] = (), *, flat: bool = False) -> Layers:
    """The layers of a configuration.

    Args:
        text: JSON that holds it.
        way: Keys under which it stands.
        flat: Whether layers of a sequence in a sequence count as those of the outer one.

    Raises:
        Kept: It is none that is understood here.
    """
    document = json.parse(text, limit=_MOST)
    if document.errors or document.lost or document.stop is not None or len(document.roots) != 1:
        raise Kept("its configuration is no JSON")
    root = document.roots[0]
    for key in way:
        inner = root.get(key)
        if inner is None:
            raise Kept(f"it has no {key}")
        root = inner
    config, kind = root.get("config"), root.text("class_name")
    rows = config.get("layers") if config is not None else None
    if config is None or rows is None or rows.kind != ARRAY or kind not in ("Functional", "Model", "Sequential"):
        raise Kept(f"a model of the class {kind[:40] or 'none'} is not understood here")
    layers: dict[str, Layer] = {}
    for node in _flat(rows) if flat and kind == "Sequential" else rows.children:
        inner = node.get("config")
        name = (inner.text("name") if inner is not None else "") or node.text("name")
        if not name or name in layers:
            raise Kept("a layer has no name, or that of another")
        layers[name] = Layer(name, node.text("class_name"), node)
    if not layers:
        raise Kept("it has no layers")
    if kind == "Sequential":
        names = [*layers]
        for one, other in pairwise(names):
            layers[other].sources.add(one)
        return Layers(root, text, layers, (), (names[-1],), None)
    for layer in layers.values():
        layer.sources = _sources(layer.node, layers)
    put, taken = config.get("output_layers"), config.get("input_layers")
    made = Layers(root, text, layers, _ends(taken, layers), _ends(put, layers), put)
    if not made.outputs or len(set(made.outputs)) != len(made.outputs):
        raise Kept("it puts out nothing, or one thing twice")
    return made


def _flat(rows: Node) -> Iterator[Node]:
    """The layers of a sequence, and in the place of a sequence among them its own."""
    stack = [*reversed(rows.children)]
    while stack:
        node = stack.pop()
        config = node.get("config") if node.text("class_name") == "Sequential" else None
        inner = config.get("layers") if config is not None else None
        if inner is not None and inner.kind == ARRAY:
            stack += reversed(inner.children)
        else:
            yield node


def _sources(node: Node, layers: dict[str, Layer]) -> set[str]:
    """What a layer takes from: ``keras_history`` of Keras 3, ``[name, node, tensor, …]`` before."""
    out: set[str] = set()
    inbound = node.get("inbound_nodes")
    for part in inbound.walk() if inbound is not None else ():
        history = part.kind == ARRAY and len(part.children) >= 3 and part.children[0].kind == STRING
        if history and part.children[1].value.isdigit() and part.children[2].value.isdigit():
            name = part.children[0].value
            if name not in layers:
                raise Kept(f"a layer takes from {name[:80]!r}, which is not there")
            out.add(name)
    return out


def _ends(node: Node | None, layers: dict[str, Layer]) -> tuple[str, ...]:
    """Layers that a list of ends names, in order."""
    if node is None:
        return ()
    rows = [node] if node.kind == ARRAY and node.children and node.children[0].kind == STRING else node.children
    names = []
    for row in rows:
        name = row.children[0].value if row.kind == ARRAY and row.children else ""
        if name not in layers:
            raise Kept("what it puts out is named in a way that is not understood here")
        names.append(name)
    return tuple(names)


def foreign(layers: Layers) -> str:
    """The first class in a configuration that is not loaded here; nothing where there is none.

    The configuration is read as Keras reads it, by the standard library and with no name twice, so that nothing in it
    means something else there.
    """
    try:
        told = strict.loads(layers.text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return "one that stands twice, or is nested too deep"
    # How it was compiled is not looked at: a model that is loaded for a proof is not compiled.
    stack = [v for k, v in told.items() if k != "compile_config"] + [{k: told.get(k) for k in _NAMING}]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack += one
        if not isinstance(one, dict):
            continue
        stack += one.values()
        kind, where, registered = (one.get(key) for key in _NAMING)
        if kind is not None and not (isinstance(kind, str) and kind in _KNOWN):
            return str(kind)[:60]
        if where is not None and not (isinstance(where, str) and _MODULES.fullmatch(where)):
            return f"{where}.{kind}"[:120]
        if registered is not None and registered != kind:
            return str(registered)[:60]
    return ""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made
