"""Lists HDF5 files and writes them anew without some groups: a process of its own, since the library is written in C.

Called with the name of a JSON file that says what to do; writes one line of JSON to standard output. It takes nothing
from untag, so that what a damaged file does to the library stays here.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import Any

#: Groups and datasets of a file, how deep, and bytes of a dataset that are read at once.
_MOST, _DEEP, _PIECE = 200_000, 64, 16 << 20
#: Bytes of a layer that is cut.
_LAYER = 1 << 30


def _bounded(memory: int, seconds: int) -> None:
    """No more than so much memory and time of a processor, where the system knows how."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _plain(value: Any) -> Any:
    """An attribute as JSON: texts, lists of texts; of others a digest of their bytes."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, str):
        return value
    rows = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(rows, list) and rows and all(isinstance(v, bytes | str) for v in rows):
        return [v.decode("utf-8") if isinstance(v, bytes) else v for v in rows]
    raw = value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()
    return {"digest": hashlib.sha256(raw).hexdigest(), "type": str(getattr(value, "dtype", ""))}


def _digest(dataset: Any, places: list[int] | None) -> str:
    """The digest of a dataset's values, row by row; without some places of its last axis where those are to go."""
    made = hashlib.sha256()
    if places is not None:
        made.update(_without(dataset, places).tobytes())
        return made.hexdigest()
    shape = dataset.shape
    if shape is None:
        return made.hexdigest()
    width = max(1, dataset.dtype.itemsize)
    row = width
    for size in shape[1:]:
        row *= size
    if not shape or row > 1 << 34:
        made.update(dataset[()].tobytes())
        return made.hexdigest()
    step = max(1, _PIECE // max(1, row))
    for at in range(0, shape[0], step):
        made.update(dataset[at : at + step].tobytes())
    return made.hexdigest()


def _without(dataset: Any, places: list[int]) -> Any:
    import numpy as np

    if not dataset.shape or dataset.size * dataset.dtype.itemsize > _LAYER:
        raise ValueError("a layer that is too large to be cut")
    return np.delete(dataset[()], places, axis=-1)


def listed(path: str, *, values: bool, cuts: dict[str, list[int]] | None = None) -> dict[str, Any]:
    """All of a file.

    Args:
        path: The file.
        values: Whether digests of datasets are made.
        cuts: Datasets that are told as if they had lost places of their last axis.

    Returns:
        ``groups`` and ``datasets`` by path, each with its attributes.
    """
    import h5py

    out: dict[str, dict[str, Any]] = {"groups": {}, "datasets": {}}
    seen: set[Any] = set()
    with h5py.File(path, "r") as file:
        stack: list[tuple[str, Any, int]] = [("", file, 0)]
        while stack:
            name, one, depth = stack.pop()
            here = h5py.h5o.get_info(one.id)
            if (here.fileno, here.addr) in seen or len(seen) > _MOST or depth > _DEEP:
                raise ValueError("it has two ways to one thing, or more things than are looked at")
            seen.add((here.fileno, here.addr))
            attributes = {key: _plain(value) for key, value in one.attrs.items()}
            if isinstance(one, h5py.Dataset):
                if one.external or one.is_virtual or one.dtype.kind not in "biufc":
                    raise ValueError("a dataset that lies in other files, or holds no numbers")
                gone = (cuts or {}).get(name)
                shape = list(one.shape or ())
                if gone is not None:
                    shape[-1] -= len(gone)
                told = [shape, str(one.dtype), _digest(one, gone) if values else "", attributes]
                out["datasets"][name] = told
                continue
            if not isinstance(one, h5py.Group):
                raise TypeError("something that is neither a group nor numbers")
            out["groups"][name] = attributes
            for key in one:
                if not isinstance(one.get(key, getlink=True), h5py.HardLink):
                    raise TypeError("a link that leads elsewhere")
                stack.append((f"{name}/{key}", one[key], depth + 1))
    return out


def written(spec: dict[str, Any]) -> None:
    """Copy a file without some things.

    Args:
        spec: ``source``, ``target``; ``drop`` (paths), ``move`` (path to path, of groups beside each other), ``attrs``
            (path to name to text or texts; null where the attribute goes), ``cuts`` (path to places of the last axis).
    """
    import h5py

    drop, move = set(spec["drop"]), spec["move"]
    changed = {*drop, *move, *spec["attrs"], *spec["cuts"]}
    ways = {"/".join(p.split("/")[:n]) for p in changed for n in range(1, p.count("/") + 1)} | {*spec["attrs"]}
    with h5py.File(spec["source"], "r") as old, h5py.File(spec["target"], "w") as new:
        stack: list[tuple[str, Any, Any]] = [("", old, new)]
        while stack:
            name, source, target = stack.pop()
            _attributes(source, target, spec["attrs"].get(name, {}))
            for key in source:
                inner = f"{name}/{key}"
                if inner in drop:
                    continue
                called = move.get(inner, inner).rpartition("/")[2]
                if inner in spec["cuts"]:
                    made = target.create_dataset(called, data=_without(source[key], spec["cuts"][inner]))
                    _attributes(source[key], made, {})
                elif inner in ways:
                    stack.append((inner, source[key], target.create_group(called)))
                else:
                    old.copy(source[key], target, name=called)


def _attributes(source: Any, target: Any, told: dict[str, Any]) -> None:
    for key in source.attrs:
        held = source.attrs.get_id(key)
        if key not in told:
            target.attrs.create(key, source.attrs[key], shape=held.shape, dtype=held.dtype)
        elif isinstance(told[key], str):
            value = told[key] if held.dtype.kind == "O" else told[key].encode("utf-8")
            target.attrs.create(key, value, dtype=held.dtype if held.dtype.kind == "O" else None)
        elif told[key] is not None:
            rows = told[key] if held.dtype.kind == "O" else [v.encode("utf-8") for v in told[key]]
            target.attrs.create(key, rows, shape=(len(rows),), dtype=held.dtype)


def main() -> None:
    """Read what to do, do it, say it."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        spec = json.load(file)
    _bounded((4 << 30) + 4 * os.path.getsize(spec["source"]), 1800)  # noqa: PTH202
    try:
        made: dict[str, Any] = {}
        if "target" in spec:
            written(spec)
            made["after"] = listed(spec["target"], values=True)
        values = "target" in spec or bool(spec.get("values"))
        made["before"] = listed(spec["source"], values=values, cuts=spec.get("cuts"))
    except ImportError as error:
        made = {"needs": str(error.name)}
    except (ArithmeticError, LookupError, OSError, RuntimeError, TypeError, UnicodeError, ValueError) as error:
        made = {"error": f"the library of HDF5 does not take it ({str(error)[:200]})"}
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
