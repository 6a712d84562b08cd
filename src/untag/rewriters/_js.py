"""Models of TensorFlow.js: layers or a graph in JSON, what of it goes with an output, and how classes are made."""

from __future__ import annotations

import json as strict
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from untag.rewriters._heads import fewer, spans_of
from untag.rewriters._layers import parsed
from untag.rewriters._nodes import bare, web
from untag.rewriters._page import Notes, bracketed
from untag.rewriters._shards import groups
from untag.rewriters._tensor import Kept
from untag.syntax import json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from untag.rewriters._nodes import Web
    from untag.rewriters._page import Page, Span
    from untag.syntax.tree import Document, Node

__all__ = ["Chain", "Model", "parse"]

_MOST = 1_500_000
#: What the libraries themselves write at the outside of a model.
_OWN = frozenset({
    "convertedBy", "format", "generatedBy", "initializerSignature", "modelInitializer", "modelTopology", "signature",
    "trainingConfig", "weightsManifest",
})  # fmt: skip
_SIZES = ("shape", "shapes", "units")
_TRAINING = ("trainingConfig", "training_config")


@dataclass(frozen=True, slots=True)
class Chain:
    """How the classes of an output are made.

    Attributes:
        output: The output.
        parts: Layers or nodes from it back to the weights.
        cuts: Of weights by name the axis that has the classes, from the front.
        kernel: Name of the weights that are multiplied with.
        bias: Name of what is added; nothing where nothing is.
        weighing: Whether a whole is shared among the classes.
    """

    output: str
    parts: tuple[str, ...]
    cuts: dict[str, int]
    kernel: str
    bias: str
    weighing: bool


class Net(Protocol):
    """What layers and graphs have in common.

    Attributes:
        names: All of its parts.
        outputs: Those that put out, in order.
    """

    names: tuple[str, ...]
    outputs: tuple[str, ...]

    def part(self, text: str) -> str | None:
        """The part that a name speaks of."""
        ...

    def called(self, text: str) -> str | None:
        """The output that a signature calls so."""
        ...

    def alone(self, output: str) -> set[str]:
        """Parts that serve one output alone."""
        ...

    def head(self, output: str) -> set[str]:
        """The last layer of an output, with what hands its result on."""
        ...

    def gone(self, outputs: Collection[str]) -> set[str]:
        """Parts that go with some outputs."""
        ...

    def holds(self, weight: str) -> str | None:
        """The part that weights belong to."""
        ...

    def chain(self, output: str, total: int) -> Chain | None:
        """How so many classes of an output are made; None where it is not made so."""
        ...

    def spans(self, page: Page, gone: Collection[str], outputs: Collection[str]) -> list[Span]:
        """Where what goes stands in the text."""
        ...

    def sizes(self, chain: Chain, total: int, less: int) -> list[tuple[int, int, str]]:
        """Numbers that say how many classes there are: from and to, and what stands there then."""
        ...

    def told(self, root: dict[str, Any], gone: Collection[str], touched: Collection[str]) -> object:
        """What a model says of its parts but for those that go, and for the sizes of those that are touched."""
        ...


class Model:
    """A model as its JSON describes it.

    Args:
        text: The JSON.

    Raises:
        Kept: It is not understood.
    """

    def __init__(self, text: str) -> None:
        document = parse(text)
        if document.errors or document.lost or document.stop is not None or len(document.roots) != 1:
            raise Kept("it is no JSON")
        self.root = document.roots[0]
        try:
            # Read as those read it who load it; a name that stands twice would mean something else there.
            self.plain: dict[str, Any] = strict.loads(text, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            raise Kept("it is no JSON, or a name stands in it twice") from None
        self.groups = groups(self.root)
        self.weights = {one.name: one for group in self.groups for one in group.weights}
        graph = web(self.root)
        self.net: Net = _Graph(self, graph) if graph is not None else _Layered(self, text)

    def training(self) -> Iterator[tuple[Node, int]]:
        """What training needs: what holds it, and its number in there."""
        topology = self.root.get("modelTopology")
        for holder in (self.root, topology):
            for number, child in enumerate(holder.children if holder is not None else ()):
                if child.key in _TRAINING:
                    yield holder, number  # type: ignore[misc]

    def own(self, spot: int) -> bool:
        """Whether a place belongs to the model itself, and not to what is said of it."""
        for child in self.root.children:
            if child.key_start <= spot < child.end:
                inner = [c for c in child.children if c.key in ("signature", "structuredOutputKeys")]
                user = child.key == "userDefinedMetadata" and any(c.key_start <= spot < c.end for c in inner)
                return child.key in _OWN or user
        return True


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def parse(text: str) -> Document:
    """JSON as far as it is looked at."""
    return json.parse(text, limit=_MOST)


class _Layered:
    """Layers, as Keras describes them."""

    def __init__(self, model: Model, text: str) -> None:
        topology = model.root.get("modelTopology")
        if topology is None:
            raise Kept("it has no modelTopology")
        inner = topology.get("model_config") is not None
        self.way = ("modelTopology", "model_config") if inner else ("modelTopology",)
        self.net = parsed(text, self.way, flat=True)
        self.model = model
        self.names, self.outputs = tuple(self.net.layers), self.net.outputs
        # Weights are told by the names of their layers alone, also of those in a layer that is a model itself.
        found = Counter(
            config.text("name") for node in self.net.root.walk() if node.text("class_name")
            if (config := node.get("config")) is not None
        )  # fmt: skip
        self.twice = {name for name in self.names if found[name] > 1}

    def part(self, text: str) -> str | None:
        if text in self.net.layers:
            return text
        return self.holds(text) if text in self.model.weights else None

    def called(self, text: str) -> str | None:  # noqa: ARG002 - layers have no other names
        return None

    def alone(self, output: str) -> set[str]:
        return self.net.needed([output]) - self.net.needed([o for o in self.outputs if o != output])

    def head(self, output: str) -> set[str]:
        return self.net.head(output)

    def gone(self, outputs: Collection[str]) -> set[str]:
        left = self.net.needed([o for o in self.outputs if o not in outputs])
        gone = set(self.names) - left
        if twice := gone & self.twice:
            raise Kept(f"two layers are called {min(twice)!r}, and their weights cannot be told apart")
        return gone

    def holds(self, weight: str) -> str | None:
        at = len(weight)
        while (at := weight.rfind("/", 0, at)) > 0:
            if weight[:at] in self.net.layers:
                return weight[:at]
        return None

    def chain(self, output: str, total: int) -> Chain | None:
        rows = self.net.classes(output, total)
        # What a convolution makes is not computed here.
        if not rows or rows[-1].name in self.twice or rows[-1].kind != "Dense":
            return None
        mine = {n.rpartition("/")[2]: one for n, one in self.model.weights.items() if self.holds(n) == rows[-1].name}
        mine = {n: one for n, one in mine.items() if not one.training}
        if not {"kernel"} <= set(mine) <= {"kernel", "bias"}:
            return None
        if any(one.shape[-1:] != (total,) for one in mine.values()) or len(mine["kernel"].shape) != 2:
            return None
        cuts = {one.name: len(one.shape) - 1 for one in mine.values()}
        bias = mine["bias"].name if "bias" in mine else ""
        parts = tuple(one.name for one in rows)
        return Chain(output, parts, cuts, mine["kernel"].name, bias, self.net.weighing(rows))

    def spans(self, page: Page, gone: Collection[str], outputs: Collection[str]) -> list[Span]:
        return spans_of(page, self.net, gone, outputs)

    def sizes(self, chain: Chain, total: int, less: int) -> list[tuple[int, int, str]]:
        return fewer([self.net.layers[name] for name in chain.parts], total, less)

    def told(self, root: dict[str, Any], gone: Collection[str], touched: Collection[str]) -> object:
        for key in self.way:
            root = root[key]
        config = {k: v for k, v in root["config"].items() if k not in ("layers", "output_layers")}
        rows = []
        for layer in root["config"]["layers"]:
            name = layer["config"].get("name") or layer.get("name")
            if name not in gone:
                inner = touched and layer.get("class_name") == "Sequential"
                rows.append(_bare(layer) if name in touched or inner else layer)
        ends = [end for end in root["config"].get("output_layers", []) if _end(end) not in gone]
        return {k: v for k, v in root.items() if k not in ("config", *_TRAINING)}, config, rows, ends


def _end(end: object) -> object:
    return end[0] if isinstance(end, list) and end else end


def _bare(one: Any) -> Any:
    """What a layer says but for its sizes: those are looked at with its weights."""
    if isinstance(one, list):
        return [_bare(child) for child in one]
    if not isinstance(one, dict):
        return one
    return {k: _bare(v) for k, v in one.items() if not k.lower().endswith(_SIZES)}


class _Graph:
    """Nodes, as TensorFlow describes them."""

    def __init__(self, model: Model, graph: Web) -> None:
        self.model, self.web = model, graph
        self.names, self.outputs = tuple(graph.nodes), graph.outputs
        self.shapes = {name: one.shape for name, one in model.weights.items()}
        if not set(self.shapes) <= set(self.names):
            raise Kept("weights belong to no node of its graph")

    def part(self, text: str) -> str | None:
        name = bare(text)
        return name if name in self.web.nodes else None

    def called(self, text: str) -> str | None:
        return self.web.called.get(text)

    def alone(self, output: str) -> set[str]:
        return self.web.needed([output]) - self.web.needed([o for o in self.outputs if o != output])

    def head(self, output: str) -> set[str]:
        return self.web.head(output)

    def gone(self, outputs: Collection[str]) -> set[str]:
        return self.web.gone(outputs)

    def holds(self, weight: str) -> str | None:
        return weight

    def chain(self, output: str, total: int) -> Chain | None:
        way = self.web.way(output, total, self.shapes)
        if way is None:
            return None
        return Chain(output, tuple(way.nodes), way.cuts, way.kernel, way.bias, way.weighing)

    def spans(self, page: Page, gone: Collection[str], outputs: Collection[str]) -> list[Span]:
        notes, graph = Notes(()), self.web
        nodes = [i for i, node in enumerate(graph.rows.children) if node.text("name") in gone]
        out = bracketed(page, graph.rows, nodes, notes) if nodes else []
        keys = {key for key, name in graph.called.items() if name in outputs}
        told = graph.signature.get("outputs") if graph.signature is not None else None
        user = self.model.root.get("userDefinedMetadata")
        listed = user.get("structuredOutputKeys") if user is not None else None
        for holder in (told, listed):
            rows = holder.children if holder is not None else []
            doomed = [i for i, c in enumerate(rows) if (c.key if holder is told else c.value) in keys]
            if holder is not None and doomed:
                out += bracketed(page, holder, doomed, notes)
        return out

    def sizes(self, chain: Chain, total: int, less: int) -> list[tuple[int, int, str]]:
        way = self.web.way(chain.output, total, self.shapes)
        assert way is not None  # noqa: S101 - it made the chain
        rows = {n.body: n for n in self.web.sizes(way, chain.output) if n.value == str(total)}
        return [(at, at + len(n.value), str(total - less)) for at, n in sorted(rows.items())]

    def told(self, root: dict[str, Any], gone: Collection[str], touched: Collection[str]) -> object:
        topology = root["modelTopology"]
        rest = {k: v for k, v in topology.items() if k != "node"}
        rows = [n for n in topology["node"] if n["name"] not in gone]
        rows = [{**n, "attr": _bare(n.get("attr"))} if n["name"] in touched else n for n in rows]
        signature = root.get("signature") or root.get("userDefinedMetadata", {}).get("signature") or {}
        outputs = {k: v for k, v in signature.get("outputs", {}).items() if bare(v["name"]) not in gone}
        outputs = {k: _bare(v) if bare(v["name"]) in touched else v for k, v in outputs.items()}
        return rest, rows, {k: v for k, v in signature.items() if k != "outputs"}, outputs
