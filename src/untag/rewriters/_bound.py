"""How far outputs of a model may be apart since sums were made in another order: a part of ``_run``, which loads it.

It takes nothing from untag, as that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Operators that add up products, which a run time may do in any order.
_SUMS = ("Gemm", "MatMul", "Conv", "ConvTranspose")
#: Units in the last place by which one operator behind them may be wrong in another way at another place of a row:
#: run times take the end of a row by other instructions than its middle.
_EACH = 8
#: How many standard deviations the error of a sum may be away: see ``bounds``.
_SIGMAS = 8


def bounds(
    spec: dict[str, Any], models: tuple[Any, Any], given: list[Any], names: list[str], pairs: Callable[..., Any]
) -> dict[str, list[float]]:
    """How far outputs may be apart since sums were made in another order.

    A run time that adds fewer columns may add each of them in another order. A sum of n products in any order is wrong
    by no more than g(n) = nu / (1 - nu) of the sum of their magnitudes, u being half a unit in the last place of 1 (N.
    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1 and 4.2), so that two orders are apart by no
    more than twice that. No run time comes near it for large n, since errors go both ways: of independent ones g(n) is
    exp(s n^(1/2) u + n u^2 / (1 - u)) - 1 but with a probability of 2 n exp(-s^2 (1 - u)^2 / 2) at most (N. Higham, T.
    Mary, A New Approach to Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41 (5), 2019, theorem 3.1), with
    s = ``_SIGMAS`` less than one of 10^13 for each term. The smaller of the two is taken: where it is too small, a true
    cut is refused, and no false one is written.

    The magnitudes are computed by the layer itself on magnitudes; four more terms are for a bias, the two factors of
    ``Gemm`` and for computing them. What stands behind the layer changes each number for itself (``_saying`` lets
    nothing else through), so that its values at both ends of what is allowed bound those between, and a rounding to
    whole steps is allowed to fall on either side; ``_EACH`` is added for each operator there.

    All is run without what a run time makes of a graph, so that layers that lost nothing put out the same bit for bit.
    Where a layer lies in a branch or a loop, that is asked of it too.

    Args:
        spec: As ``compare`` takes it.
        models: The old one and the new one, without weights that lie beside them.
        given: Inputs, a set for each round.
        names: The outputs and inner tensors.
        pairs: Sets what is left of an old output against the new one.

    Returns:
        By name: 1 where it is explained and 0 where not, the difference that is explained, at the place where the real
        one comes nearest to it or surpasses it most, the number of terms (0 where nothing need be explained), and the
        real difference there.
    """
    import numpy as np
    import onnx
    import onnx.inliner
    import onnxruntime as ort

    old, new = (onnx.inliner.inline_local_functions(m) if m.functions else m for m in models)
    there = {(n.op_type, n.output[0]) for n in new.graph.node if n.output}
    sums = [n.output[0] for n in old.graph.node
            if n.op_type in _SUMS and n.domain in ("", "ai.onnx") and (n.op_type, n.output[0]) in there]  # fmt: skip

    def session(model: Any, side: str, more: list[str]) -> Any:
        shown = onnx.ModelProto()
        shown.CopyFrom(model)
        known = {o.name for o in shown.graph.output}
        shown.graph.output.extend(onnx.ValueInfoProto(name=n) for n in (*names, *more) if n not in known)
        path = f"{spec[side]}.plain"
        onnx.save(shown, path)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    one = session(old, "before", sums)
    first = dict(zip(sums, one.run(sums, given[0]) if sums else [], strict=True))
    del one
    one = session(new, "after", sums)
    asked = {i.name for i in one.get_inputs()}
    fed = [{k: v for k, v in made.items() if k in asked} for made in given]
    shapes = [v.shape for v in (one.run(sums, fed[0]) if sums else [])]
    nows = [one.run(names, made) for made in fed]
    del one
    cut = {n: first[n] for n, shape in zip(sums, shapes, strict=True) if first[n].shape != shape}
    del first
    model, behind = _strained(old, cut)
    sizes, held = [f"{n}.size" for n in cut], [f"{n}.weights" for n in cut]
    one = session(model, "before", [*sizes, *held])
    out: dict[str, list[float]] = {name: [1, 0.0, 0, 0.0] for name in names}
    for made, now in zip(given, nows, strict=True):
        errors = {f"{n}.error": np.zeros_like(value) for n, value in cut.items()}
        told = one.run([*names, *sizes, *held], {**made, **errors})
        was, rest = told[: len(names)], told[len(names) :]
        terms = [_terms(model, n, weights.shape) for n, weights in zip(cut, rest[len(cut) :], strict=True)]
        allowed = zip(errors, map(_wrong, rest[: len(cut)], terms), strict=True)
        ends = [one.run(names, {**made, **errors, k: sign * v}) for k, v in allowed for sign in (1, -1)]
        for at, name in enumerate(names):
            sides = [pairs(v[at], now[at], spec["cuts"].get(name)) for v in (was, *ends)]
            for (left, right), *others in zip(*sides, strict=True):
                most = max(terms, default=0)
                out[name] = judged(out[name], left, right, [other for other, _ in others], behind, most)
    return out


def judged(told: list[float], was: Any, now: Any, ends: list[Any], behind: int, terms: int) -> list[float]:
    """What is known of an output after one more round.

    Args:
        told: What was known, as ``bounds`` returns it of one output.
        was: What is left of the old output.
        now: The new one.
        ends: What the old one may be at both ends of what is allowed, two for each layer that lost classes.
        behind: Operators behind these.
        terms: How many products a sum has.
    """
    import numpy as np

    far, bound = _room(was, now, ends, behind)
    worst = int(np.argmax(far - bound)) if far.size else -1
    if worst < 0:
        return told
    explained = told[0] if far.flat[worst] <= bound.flat[worst] else 0
    if far.any() and far.flat[worst] >= told[3]:
        return [explained, float(bound.flat[worst]), terms, float(far.flat[worst])]
    return [explained, *told[1:]]


def wrong(size: Any, terms: int) -> Any:
    """How far two orders of sums may be apart, by their magnitudes and how many terms they have; see ``bounds``."""
    return _wrong(size, terms + 4)


def _strained(model: Any, cut: dict[str, Any]) -> tuple[Any, int]:
    """A model whose layers that are cut take an error more, and tell their magnitudes; and what stands behind them."""
    import onnx

    made = onnx.ModelProto()
    made.CopyFrom(model)
    nodes: list[Any] = []
    reached = set(cut)
    behind = 0
    for node in model.graph.node:
        nodes.append(node)
        if node.output and node.output[0] in cut:
            name = node.output[0]
            nodes[-1] = raw = onnx.NodeProto()
            raw.CopyFrom(node)
            raw.output[0] = f"{name}.raw"
            size = onnx.NodeProto()
            size.CopyFrom(node)
            size.name, size.output[0] = f"{name}.size", f"{name}.size"
            for at, given in enumerate(node.input):
                if given:
                    size.input[at] = f"{name}.abs{at}"
                    nodes.append(onnx.helper.make_node("Abs", [given], [f"{name}.abs{at}"]))
            for attribute in size.attribute:
                attribute.f = abs(attribute.f)
            nodes += [
                size,
                onnx.helper.make_node("Identity", [node.input[1]], [f"{name}.weights"]),
                onnx.helper.make_node("Add", [f"{name}.raw", f"{name}.error"], [name]),
            ]
            kind = onnx.helper.np_dtype_to_tensor_dtype(cut[name].dtype)
            made.graph.input.append(onnx.helper.make_tensor_value_info(f"{name}.error", kind, None))
        elif reached & set(node.input):
            behind += 1
            reached |= set(node.output)
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    return made, behind


def _terms(model: Any, name: str, shape: Any) -> int:
    """How many products a layer adds up, by the shape of its weights, and four."""
    import numpy as np

    node = next(n for n in model.graph.node if f"{name}.raw" in n.output)
    turned = any(a.name == "transB" and a.i for a in node.attribute)
    if node.op_type in ("Gemm", "MatMul"):
        number = shape[1 if turned else 0] if node.op_type == "Gemm" else shape[-2] if len(shape) > 1 else shape[0]
    else:
        number = np.prod(shape[1:] if node.op_type == "Conv" else (shape[0], *shape[2:]))
    return int(number) + 4


def _wrong(size: Any, terms: int) -> Any:
    """How far two orders of sums may be apart, by their magnitudes; see ``bounds``."""
    import numpy as np

    unit = float(np.finfo(size.dtype).eps) / 2
    surely = terms * unit / (1 - terms * unit) if terms * unit < 1 else np.inf
    likely = np.expm1(_SIGMAS * np.sqrt(terms) * unit + terms * unit**2 / (1 - unit))
    far = 2 * min(surely, likely)
    return (size.astype(np.float64) * far).astype(size.dtype)


def _room(was: Any, now: Any, ends: list[Any], behind: int) -> tuple[Any, Any]:
    """How far an output is from what it was, and how far it may be by the errors of each layer together.

    What is no number in both is the same. ``ends`` are two for each layer.
    """
    import numpy as np

    wide = [v.astype(np.float64) for v in (was, now, *ends)]
    same = (wide[0] == wide[1]) | (np.isnan(wide[0]) & np.isnan(wide[1]))
    bound = np.zeros_like(wide[0])
    with np.errstate(invalid="ignore"):
        far = np.where(same, 0.0, np.abs(wide[0] - wide[1]))
        for high, low in zip(wide[2::2], wide[3::2], strict=True):
            bound += np.maximum(np.abs(high - wide[0]), np.abs(low - wide[0]))
    if np.issubdtype(was.dtype, np.floating):
        bound = bound + _EACH * behind * float(np.finfo(was.dtype).eps) / 2 * np.abs(wide[0])
    # What is not finite explains nothing.
    return np.where(np.isfinite(far), far, np.finfo(np.float64).max), np.where(np.isfinite(bound), bound, 0.0)
