"""Runs two models on the same made-up numbers and says how far their outputs are apart: a process of its own.

Called with the name of a JSON file that says what to compare; writes two lines of JSON to standard output: whether the
model leaves sizes open, and what came of it. Whatever the libraries raise ends the process, and its last line on
standard error says why. It takes nothing from untag, so that what a damaged model does to a run time in C++ stays here.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from typing import Any

_ROUNDS = 3
#: Numbers of one input beyond which it is not made.
_MOST = 64 << 20
_OWN = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
#: Bytes of weights that are looked at together.
_PIECE = 16 << 20


def _bounded(memory: int, seconds: int) -> None:
    """No more than so much memory and time of a processor, where the system knows how."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _beside(name: str) -> Any:
    """A module that lies beside this one, which is no part of a package here."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, os.path.join(os.path.dirname(__file__), f"{name}.py"))  # noqa: PTH118, PTH120
    assert spec is not None  # noqa: S101 - for the type checker
    assert spec.loader is not None  # noqa: S101
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def _load(path: str, probes: list[str]) -> tuple[Any, str]:
    """A model with more outputs, written beside itself; nothing but its messages is loaded."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    there = {o.name for o in model.graph.output}
    for name in probes:
        if name not in there:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    shown = path + ".shown"
    onnx.save(model, shown)
    return model, shown


def _foreign(model: Any) -> str:
    """The first operator that is neither of ONNX nor of the model itself."""
    own = {(f.domain, f.name) for f in model.functions}
    stack = [*model.graph.node, *(n for f in model.functions for n in f.node)]
    while stack:
        node = stack.pop()
        if node.domain not in _OWN and (node.domain, node.op_type) not in own:
            return f"{node.domain}.{node.op_type}"
        for attribute in node.attribute:
            graphs = [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]
            stack += [n for g in graphs for n in g.node]
    return ""


def _inputs(session: Any, number: int, size: int) -> dict[str, Any]:
    """Made-up numbers, the same for every model that asks for the same."""
    import numpy as np

    types = {"float": np.float32, "double": np.float64, "float16": np.float16, "int64": np.int64, "int32": np.int32,
             "uint8": np.uint8, "int8": np.int8, "bool": np.bool_, "int16": np.int16, "uint16": np.uint16,
             "uint32": np.uint32, "uint64": np.uint64}  # fmt: skip
    out = {}
    for at, one in enumerate(session.get_inputs()):
        kind = one.type.removeprefix("tensor(").removesuffix(")")
        if kind not in types:
            raise ValueError(f"an input of type {one.type}")
        shape = [d if isinstance(d, int) and d >= 0 else size for d in one.shape]
        if np.prod(shape, dtype=np.float64) > _MOST:
            raise ValueError("an input of too many numbers")
        made = np.random.default_rng([number, at])
        if kind == "bool":
            out[one.name] = np.full(shape, number % 2 == 0)
        elif np.issubdtype(types[kind], np.integer):
            out[one.name] = made.integers(0, 2 if number else 1, shape).astype(types[kind])
        else:
            out[one.name] = (made.standard_normal(shape) * (1, 0.1, 4)[number % 3]).astype(types[kind])
    return out


def _apart(old: Any, new: Any) -> tuple[float, int]:
    """The largest difference, and the largest in units of the last place (-1 where there are none)."""
    import numpy as np

    if old.shape != new.shape or old.dtype != new.dtype:
        raise ValueError("an output has another shape or type")
    if old.tobytes() == new.tobytes():
        return 0.0, 0
    if not np.issubdtype(old.dtype, np.floating):
        return float(np.max(np.abs(old.astype(np.float64) - new.astype(np.float64)))), -1
    if not np.array_equal(np.isnan(old), np.isnan(new)):
        raise ValueError("an output is no number in one of them")
    width = old.dtype.itemsize
    held = f"i{width}"
    low = -(1 << (8 * width - 1))
    whole = [np.where(v < 0, low - v.astype(object), v.astype(object)) for v in (old.view(held), new.view(held))]
    live = ~np.isnan(old)
    far = np.max(np.abs(old[live].astype(np.float64) - new[live].astype(np.float64)), initial=0.0)
    return float(far), int(max((abs(a - b) for a, b in zip(whole[0][live], whole[1][live], strict=True)), default=0))


def _pairs(old: Any, new: Any, cut: list[Any] | None) -> list[tuple[Any, Any]]:
    """What is compared of an output: of a map from labels to numbers the labels that are left."""
    import numpy as np

    if isinstance(old, list) and old and isinstance(old[0], dict):
        rows = zip(old, new, strict=True)
        return [(np.array([was[k] for k in now]), np.array(list(now.values()))) for was, now in rows]
    if isinstance(old, list):
        return list(zip(old, new, strict=True))
    return [(old if cut is None else np.delete(old, cut[1], axis=cut[0]), new)]


def _checked(path: str) -> str:
    """What the checker of ONNX says; nothing where it is content."""
    import onnx

    try:
        onnx.checker.check_model(path)
    except onnx.checker.ValidationError as error:
        return str(error).strip().split("\n")[0][:300]
    return ""


def compare(spec: dict[str, Any]) -> dict[str, Any]:
    """Compare two models.

    Args:
        spec: ``before`` and ``after`` (files), ``outputs`` (names), ``probes`` (names of inner tensors), ``cuts``
            (name to axis and places that only the new one lacks) and ``size`` (of axes that the model leaves open).

    Returns:
        ``outputs``: for each name the largest difference and that in units of the last place; ``bounds``: for each that
        differs what explains it (``_bound``); ``weights``: how many tensors of weights are the old ones; versions and
        processor.
    """
    import onnx
    import onnxruntime as ort

    wanted = [*spec["outputs"], *spec["probes"]]
    old, before = _load(spec["before"], spec["probes"])
    new, after = _load(spec["after"], spec["probes"])
    if foreign := _foreign(old):
        return {"error": f"the model has operators of its own ({foreign}), which are never run"}
    said = _checked(spec["after"])
    if said and not _checked(spec["before"]):
        return {"error": f"the checker of ONNX does not take the new model: {said}"}
    weights, other = _weights(old, new, spec)
    if other:
        return {"error": f"the weights {other!r} are not those of the old model"}
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # One after the other, so that the weights of one model alone are in memory.
    session = ort.InferenceSession(before, options, providers=["CPUExecutionProvider"])
    rows: dict[str, list[float]] = {name: [0.0, 0] for name in wanted}
    fixed = all(isinstance(d, int) and d >= 0 for i in session.get_inputs() for d in i.shape)
    sys.stdout.write(json.dumps({"fixed": fixed}) + "\n")
    bounds: dict[str, list[float]] = {}
    if wanted:
        given = [_inputs(session, number, spec["size"]) for number in range(_ROUNDS)]
        were = [session.run(wanted, made) for made in given]
        del session
        session = ort.InferenceSession(after, options, providers=["CPUExecutionProvider"])
        asked = {i.name for i in session.get_inputs()}
        for made, olds in zip(given, were, strict=True):
            news = session.run(wanted, {k: v for k, v in made.items() if k in asked})
            for name, was, now in zip(wanted, olds, news, strict=True):
                for left, right in _pairs(was, now, spec["cuts"].get(name)):
                    far, units = _apart(left, right)
                    rows[name] = [max(rows[name][0], far), units if units < 0 else max(rows[name][1], units)]
        del session, were
        if differ := [name for name, (far, _) in rows.items() if far]:
            bounds = _beside("_bound").bounds(spec, (old, new), given, differ, _pairs)
    libraries = {"runtime": f"onnxruntime {ort.__version__}", "onnx": onnx.__version__}
    told = {"outputs": rows, "bounds": bounds, "weights": weights, "rounds": _ROUNDS, "checker": not said}
    return {**told, **libraries, "processor": _processor()}


def _weights(old: Any, new: Any, spec: dict[str, Any]) -> tuple[int, str]:
    """How many tensors of the new model are those of the old one under the same name, and the first that is not.

    Places may be gone from one axis; the rest is the same bit for bit and in the same order. Whole numbers of 64 bits
    are left out: shapes and places are written with them, and these change.
    """
    import onnx

    known = {one.name: one for one in old.graph.initializer}
    count = 0
    for one in new.graph.initializer:
        was = known.get(one.name)
        if was is None or one.data_type in (onnx.TensorProto.INT64, onnx.TensorProto.STRING):
            continue
        sides = [_bytes(t, os.path.dirname(spec[s])) for t, s in ((was, "before"), (one, "after"))]  # noqa: PTH120
        if any(side is None for side in sides):
            continue
        if was.data_type != one.data_type or not _kept(*sides):
            return count, str(one.name)
        count += 1
    return count, ""


def _bytes(tensor: Any, folder: str) -> Any:
    """The numbers of a tensor as bytes, one more axis; None where several share a byte."""
    import numpy as np
    import onnx

    told = {row.key: row.value for row in tensor.external_data}
    size = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    shape = (*tensor.dims, size)
    if "location" in told:
        length = int(told.get("length", 0)) or int(np.prod(shape))
        if length != np.prod(shape):
            return None
        path = os.path.join(folder, told["location"])  # noqa: PTH118
        return np.memmap(path, np.uint8, "r", int(told.get("offset", 0)), shape) if length else np.empty(shape, "u1")
    held = onnx.numpy_helper.to_array(tensor)
    return np.frombuffer(held.tobytes(), np.uint8).reshape(shape) if held.nbytes == np.prod(shape) else None


def _kept(was: Any, now: Any) -> bool:
    """Whether an array is another one, of which places of one axis may be gone."""
    import numpy as np

    if was.shape == now.shape:
        flat = [side.reshape(-1) for side in (was, now)]
        return all(np.array_equal(*(s[at : at + _PIECE] for s in flat)) for at in range(0, flat[0].size, _PIECE))
    axes = [i for i, (a, b) in enumerate(zip(was.shape, now.shape, strict=False)) if a != b]
    if was.ndim != now.ndim or len(axes) != 1:
        return False
    rows = iter(np.moveaxis(was, axes[0], 0))
    return all(any(np.array_equal(row, old) for old in rows) for row in np.moveaxis(now, axes[0], 0))


def _numbers(told: dict[str, Any]) -> Any:
    """The numbers of a tensor out of a file; of sixteen bits or less as wider ones, which hold them exactly.

    Quantised ones (``scale``: what they are multiplied with, and lifted by) as what they mean; where they are
    ``turned`` the classes stand on the last axis, and are put on the first.
    """
    import numpy as np

    kinds = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "U8": "<u1", "U16": "<u2"}
    raw = np.fromfile(told["file"], kinds[told["type"]])
    if told["type"] == "BF16":
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    made = (raw if raw.dtype.kind == "f" and raw.itemsize > 2 else raw.astype(np.float32)).reshape(told["shape"])
    if "scale" in told:
        made = made * np.float32(told["scale"][0]) + np.float32(told["scale"][1])
    return np.ascontiguousarray(made.T) if told.get("turned") else made


def layers(spec: dict[str, Any]) -> dict[str, Any]:
    """Compare what layers put out that lost classes.

    Args:
        spec: ``layers``: for each its ``name``, the places that are ``cut`` and its two ``sides``, each a ``weight``
            and maybe a ``bias`` (file, type, shape).

    Returns:
        As ``compare``.
    """
    import numpy as np

    rows: dict[str, list[float]] = {}
    bounds: dict[str, list[float]] = {}
    bound = _beside("_bound")
    for layer in spec["layers"]:
        sides = [(_numbers(side["weight"]), _numbers(side["bias"]) if "bias" in side else 0) for side in layer["sides"]]
        name, width = layer["name"], sides[0][0].shape[1]
        rows[name], bounds[name] = [0.0, 0], [1, 0.0, 0, 0.0]
        for number in range(_ROUNDS):
            made = np.random.default_rng(number).standard_normal((4, width)).astype(sides[0][0].dtype)
            old, new = (made @ weight.T + bias for weight, bias in sides)
            size = np.abs(made) @ np.abs(sides[0][0].T) + np.abs(sides[0][1])
            wrong = bound.wrong(size, width)
            left, *ends = (np.delete(v, layer["cut"], axis=-1).copy() for v in (old, old + wrong, old - wrong))
            far, units = _apart(left, np.ascontiguousarray(new))
            rows[name] = [max(rows[name][0], far), max(rows[name][1], units)]
            bounds[name] = bound.judged(bounds[name], left, new, ends, 0, width + 4)
    told = {"outputs": rows, "bounds": bounds, "rounds": _ROUNDS}
    return {**told, "runtime": f"numpy {np.__version__}", "processor": _processor()}


def keras(spec: dict[str, Any]) -> dict[str, Any]:
    """Compare what two models of Keras put out; who calls has seen that all their layers are Keras's own.

    Args:
        spec: ``keras`` (two files), ``outputs`` (names of the layers that make them), ``cuts`` (of these, by name the
            places that only the new one lacks), ``layers_cut`` (the same of layers that make classes: these are
            compared before their activation) and ``chains`` (their names, and of all behind each up to the output).

    Returns:
        As ``compare``.
    """
    os.environ["KERAS_BACKEND"] = "numpy"
    os.environ["JAX_PLATFORMS"] = "cpu"
    # Where the library would keep settings of its user's, and read them.
    os.environ["KERAS_HOME"] = os.path.dirname(os.path.abspath(spec["keras"][0]))  # noqa: PTH100, PTH120
    import warnings

    warnings.simplefilter("ignore")
    import keras as library
    import numpy as np

    old, new = (library.saving.load_model(path, compile=False, safe_mode=True) for path in spec["keras"])
    rows: dict[str, list[float]] = {}
    bounds: dict[str, list[float]] = {}
    bound, bare = _beside("_bound"), spec["layers_cut"]

    def told(name: str, was: Any, now: Any, ends: list[Any], behind: int, terms: int) -> None:
        far, units = _apart(was, np.ascontiguousarray(now))
        best = rows.setdefault(name, [0.0, 0])
        rows[name] = [max(best[0], far), units if units < 0 else max(best[1], units)]
        bounds[name] = bound.judged(bounds.get(name, [1, 0.0, 0, 0.0]), was, now, ends, behind, terms)

    for number in range(_ROUNDS):
        made = [_given(one, number, at) for at, one in enumerate(old.inputs)]
        ends = [[_out(m, n) for n in spec["outputs"]] for m in (old, new)]
        sides = [_all(library, m, end, made) for m, end in zip((old, new), ends, strict=True)]
        values = dict(zip(spec["outputs"], zip(*sides, strict=True), strict=True))
        for name in [n for n in values if n not in spec["cuts"]]:
            told(name, np.ascontiguousarray(values[name][0]), values[name][1], [], 0, 0)
        # What comes out of the layers that lost classes, and what stands behind them.
        for layer, places in bare.items():
            chain = spec["chains"][layer]
            *wide, terms = _strained(library, old, layer, made, bound)
            now = _strained(library, new, layer, made, bound)[0]
            cut = [np.ascontiguousarray(np.delete(v, places, axis=-1)) for v in wide]
            told(f"{layer} before its activation", cut[0], now, cut[1:], 0, terms)
            if chain[-1] in values:
                tails = [_behind(old, chain, v) for v in wide]
                cut = [np.ascontiguousarray(np.delete(v, places, axis=-1)) for v in tails]
                told(chain[-1], np.ascontiguousarray(np.delete(values[chain[-1]][0], places, axis=-1)),
                     values[chain[-1]][1], cut[1:], len(chain), terms)  # fmt: skip
    runtime = f"keras {library.__version__} with numpy {np.__version__}"
    return {"outputs": rows, "bounds": bounds, "rounds": _ROUNDS, "runtime": runtime, "processor": _processor()}


def _all(library: Any, model: Any, ends: list[Any], made: list[Any]) -> list[Any]:
    """What a model puts out at some of its tensors."""
    import numpy as np

    if not ends:
        return []
    side = library.Model(model.inputs, ends)(made)
    # One output alone is put out as it is, several as a list.
    return [np.asarray(v) for v in (side if isinstance(side, list | tuple) else [side])]


def _strained(library: Any, model: Any, name: str, made: list[Any], bound: Any) -> tuple[Any, ...]:
    """What a layer puts out before its activation, both ends of it, and how many terms it adds.

    The magnitudes that it adds up are what the layer itself makes of magnitudes.
    """
    import numpy as np

    layer = model.get_layer(name)
    (taken,) = _all(library, model, [layer.input], made)
    kept, held = layer.activation, layer.get_weights()
    layer.activation = library.activations.linear
    out = np.asarray(layer(taken))
    layer.set_weights([np.abs(one) for one in held])
    size = np.asarray(layer(np.abs(taken)))
    layer.set_weights(held)
    layer.activation = kept
    terms = int(np.prod(held[0].shape[:-1]))
    wrong = bound.wrong(size, terms)
    return out, out + wrong, out - wrong, terms + 4


def _behind(model: Any, chain: list[str], value: Any) -> Any:
    """What layers behind another one make of what it puts out before its activation."""
    import numpy as np

    value = model.get_layer(chain[0]).activation(value)
    for name in chain[1:]:
        value = model.get_layer(name)(value)
    return np.asarray(value)


def lite(spec: dict[str, Any]) -> dict[str, Any]:
    """Compare what two models of TensorFlow Lite put out; who calls has seen that all their operators are known.

    Args:
        spec: ``lite`` (two files), ``keep`` (places of the old one's outputs that the new one still has), ``cuts`` (of
            these, by place in the new one, what it lost of the last axis), ``skip`` (those that are not compared),
            ``inner`` (numbers of tensors that are, with what they lost), ``layer`` (tensors that the layer takes which
            makes the classes, and what it puts out) and ``behind`` (how many operators stand behind it).

    Returns:
        As ``compare``, the outputs by their places in the new one.
    """
    import ai_edge_litert
    import numpy as np

    whole = bool(spec["inner"])
    sides = [_interpreter(path, whole=whole) for path in spec["lite"]]
    names = [str(i) for i in range(len(spec["keep"])) if i not in spec["skip"]]
    cuts = {**spec["cuts"], **{f"tensor {index}": places for index, places in spec["inner"]}}
    rows: dict[str, list[float]] = {name: [0.0, 0] for name in names}
    bounds: dict[str, list[float]] = {}
    strained: dict[str, Any] = {}
    for number in range(_ROUNDS):
        given = _fed(sides[0], number)
        for one in sides:
            _invoked(one, given)
        olds, news = ([s.get_tensor(d["index"]) for d in s.get_output_details()] for s in sides)
        pairs = [(str(i), olds[place], news[i]) for i, place in enumerate(spec["keep"]) if str(i) in rows]
        pairs += [(f"tensor {i}", *(one.get_tensor(i) for one in sides)) for i, _ in spec["inner"]]
        for name, was, now in pairs:
            left = np.ascontiguousarray(np.delete(was, cuts[name], axis=-1)) if name in cuts else was
            far, units = _apart(left, now)
            best = rows.setdefault(name, [0.0, 0])
            rows[name] = [max(best[0], far), units if units < 0 else max(best[1], units)]
            wrong, terms = np.zeros(1), 0
            if far and name in cuts:
                strained["old"] = strained.get("old") or _interpreter(spec["lite"][0], whole=True)
                wrong, terms = _allowed(strained["old"], given, spec, was.dtype)
            ends = [was + wrong, was - wrong] if terms else []
            ends = [np.delete(end, cuts[name], axis=-1) for end in ends]
            behind = spec["behind"] if terms else 0
            told = bounds.get(name, [1, 0.0, 0, 0.0])
            bounds[name] = _beside("_bound").judged(told, left, now, ends, behind, terms)
    runtime = f"LiteRT {getattr(ai_edge_litert, '__version__', '')}".strip()
    return {"outputs": rows, "bounds": bounds, "rounds": _ROUNDS, "runtime": runtime, "processor": _processor()}


def _interpreter(path: str, *, whole: bool) -> Any:
    """What runs a model of TensorFlow Lite; ``whole`` keeps what lies between its operators."""
    from ai_edge_litert.interpreter import Interpreter

    made = Interpreter(model_path=path, num_threads=1, experimental_preserve_all_tensors=whole)
    made.allocate_tensors()
    return made


def _fed(one: Any, number: int) -> list[Any]:
    """Made-up numbers for all inputs of a model."""
    import numpy as np

    out = []
    for at, told in enumerate(one.get_input_details()):
        if np.prod(told["shape"], dtype=np.float64) > _MOST:
            raise ValueError("an input of too many numbers")
        random = np.random.default_rng([number, at])
        if np.issubdtype(told["dtype"], np.integer):
            info = np.iinfo(told["dtype"])
            made = random.integers(max(info.min, -128), min(info.max, 255), told["shape"], endpoint=True)
        else:
            made = random.standard_normal(told["shape"]) * (1, 0.1, 4)[number % 3]
        out.append(made.astype(told["dtype"]))
    return out


def _invoked(one: Any, given: list[Any]) -> None:
    for told, made in zip(one.get_input_details(), given, strict=True):
        one.set_tensor(told["index"], made)
    one.invoke()


def _allowed(one: Any, given: list[Any], spec: dict[str, Any], kind: Any) -> tuple[Any, int]:
    """How far each class may be from what it was, and of how many terms the layer adds; 0 where nothing explains it.

    What stands behind the layer (``_route``) changes a number by no more than the number that it is made of changes; a
    mean adds up in another order too. Magnitudes of a convolution are taken to be the largest everywhere. Layers of
    whole numbers add them up exactly, so that nothing is explained there.
    """
    import numpy as np

    _invoked(one, given)
    taken, weights, *bias, out = (one.get_tensor(number) for number in spec["layer"])
    if not all(v.dtype == np.float32 for v in (taken, weights, *bias, out)) or kind != np.float32:
        return np.zeros(1), 0
    terms = int(np.prod(weights.shape[1:]))
    if weights.ndim == 2:
        size = np.max(np.abs(taken.reshape(-1, terms)) @ np.abs(weights.T), axis=0)
    else:
        size = np.max(np.abs(taken)) * np.abs(weights).reshape(weights.shape[0], -1).sum(axis=1)
    size = (size + np.abs(bias[0]) if bias else size).astype(np.float32)
    bound = _beside("_bound")
    joined = int(np.prod(out.shape[:-1]))
    more = bound.wrong(np.max(np.abs(out)).astype(np.float32), joined) if spec["behind"] and joined > 1 else 0
    return bound.wrong(size, terms) + more, terms + 4


def _given(one: Any, number: int, at: int) -> Any:
    """Made-up numbers for an input of a model."""
    import numpy as np

    shape = [2, *(d if isinstance(d, int) else 64 for d in one.shape[1:])]
    if np.prod(shape, dtype=np.float64) > _MOST:
        raise ValueError("an input of too many numbers")
    made = np.random.default_rng([number, at]).standard_normal(shape) * (1, 0.1, 4)[number % 3]
    return made.astype(np.dtype(one.dtype)) if one.dtype != "bool" else made > 0


def _out(model: Any, name: str) -> Any:
    """The output of a model that a layer makes."""
    for one in model.outputs:
        if one._keras_history[0].name == name:  # noqa: SLF001 - where Keras keeps it
            return one
    raise ValueError("an output is not there")


def _processor() -> str:
    """Which processor it ran on."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def main() -> None:
    """Read what to compare, compare it, say it."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        spec = json.load(file)
    if "before" not in spec:
        _bounded((16 if "keras" in spec else 8) << 30, 1800)
        try:
            made = layers(spec) if "layers" in spec else keras(spec) if "keras" in spec else lite(spec)
        except ImportError as error:
            made = {"needs": str(error.name)}
        sys.stdout.write(json.dumps(made))
        return
    size = os.path.getsize(spec["before"]) + int(spec.get("beside", 0))  # noqa: PTH202
    _bounded((8 << 30) + 8 * size, 1800)
    try:
        made = compare(spec)
    except ImportError as error:
        made = {"needs": str(error.name)}
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
