"""Proof for models: what was put out before is put out after, compared in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.edit import Proof
from untag.rewriters import _run
from untag.rewriters._surgery import outputs_of
from untag.rewriters._tensor import Kept
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from untag.artifact import Artifact
    from untag.rewriters._surgery import Trace

__all__ = ["NEEDS", "apart", "asked", "compared", "copied", "explained", "required", "unexplained", "weighed", "where"]

NEEDS = "pip install 'untag[proof]'"
#: What a size that a model leaves open may be; one after the other is tried until the model runs.
_SIZES = (2, 1, 8, 16, 32, 64, 112, 128, 160, 224, 256)
#: Bytes of a file of weights that are copied for a run.
_COPIED = 256 << 20
#: Seconds after which a run that hangs is ended; its own bound is on the time of a processor.
_HANGS = 3600


def compared(
    before: Artifact, after: Artifact, trace: Trace, held: Mapping[str, str], fresh: Mapping[str, str]
) -> Proof:
    """Run both models and compare the outputs that stay.

    Args:
        before: As it was.
        after: As it is now.
        trace: What was done: which outputs went, which lost places.
        held: Files beside it with its weights, by name.
        fresh: Those of them that were written anew.
    """
    # Files of gigabytes are linked and not copied, which one file system alone does.
    near = os.path.dirname(next(iter(fresh.values()))) if fresh else None  # noqa: PTH120
    with tempfile.TemporaryDirectory(prefix="untag-proof-", dir=near) as folder:
        spec: dict[str, object] = {"beside": sum(os.path.getsize(path) for path in held.values())}  # noqa: PTH202
        for side, one in (("before", before), ("after", after)):
            own = os.path.join(folder, side)  # noqa: PTH118
            os.mkdir(own)  # noqa: PTH102
            spec[side] = copied(one, own, f"{side}.onnx")
            for name, path in held.items():
                if side == "before" or name not in fresh:
                    _linked(path, os.path.join(own, name))  # noqa: PTH118
        with _lent(fresh, os.path.join(folder, "after")):  # noqa: PTH118
            made = _ran(spec, after, trace, folder)
    if "needs" in made:
        return Proof(f"what it puts out cannot be compared: {NEEDS} (it lacks {made['needs']})")
    if "error" in made:
        return Proof(f"what it puts out cannot be compared: {made['error']}")
    return _said(made, trace)


@contextmanager
def _lent(files: Mapping[str, str], folder: str) -> Iterator[None]:
    """Files in a folder under their names, and back where they lay: the checker of ONNX takes none with two names."""
    for name, path in files.items():
        os.rename(path, os.path.join(folder, name))  # noqa: PTH104, PTH118
    try:
        yield
    finally:
        for name, path in files.items():
            os.rename(os.path.join(folder, name), path)  # noqa: PTH104, PTH118


def _linked(path: str, target: str) -> None:
    """A copy of a file; of a large one the same file under another name, where it can have one."""
    try:
        if os.path.getsize(path) > _COPIED:  # noqa: PTH202
            os.link(path, target)
            return
    except OSError:
        pass
    shutil.copyfile(path, target)


def copied(artifact: Artifact, folder: str, name: str) -> str:
    """Copy an artifact into a folder; the path of the copy."""
    path = os.path.join(folder, name)  # noqa: PTH118
    with artifact.open() as file, open(path, "wb") as out:  # noqa: PTH123
        shutil.copyfileobj(file, out, 1 << 20)
    return path


def asked(script: str, folder: str, spec: Mapping[str, object]) -> dict[str, Any]:
    """Run a script of this room in a process of its own, in a folder, on what it is to do, and say what it says."""
    path = os.path.join(folder, "what.json")  # noqa: PTH118
    Path(path).write_text(json.dumps(spec), encoding="utf-8")
    command = [sys.executable, "-I", script, path]
    own = {"SQLITE_TMPDIR": folder, "TMPDIR": folder}
    try:
        done = subprocess.run(  # noqa: S603
            command, check=False, capture_output=True, timeout=_HANGS, cwd=folder, env={**os.environ, **own}
        )
        made = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {"error": "the process that was asked came to no end of its own"}
    return made if isinstance(made, dict) else {}


def required(script: str, folder: str, spec: Mapping[str, object], needs: str) -> dict[str, Any]:
    """As ``asked``, of a script without which nothing is written; that a comparison failed is for the caller to say.

    Raises:
        Kept: A library is missing, which the command in ``needs`` installs, or it cannot be done.
    """
    made = asked(script, folder, spec)
    if "needs" in made:
        raise Kept(f"it cannot be rewritten and compared: {needs} (it lacks {made['needs']})")
    if script != _run.__file__ and "error" in made:
        raise Kept(str(made["error"]))
    return made


def where(made: Mapping[str, object]) -> str:
    """What the outputs were compared with."""
    return f"{made['runtime']} on {made['processor']}, {made['rounds']} rounds of made-up numbers"


def apart(far: float, units: int) -> str:
    """How far an output is from what it was."""
    if not far and not units:
        return "is the same bit for bit"
    return f"differs by {far:.3g} at most" + (f", {units} units in the last place" if units >= 0 else "")


def unexplained(made: Mapping[str, Any]) -> str:
    """The first output that differs by more than sums in another order explain; nothing where none does."""
    for name, (fits, bound, terms, far) in made["bounds"].items():
        if not fits:
            why = f"sums of {terms} terms in another order explain {bound:.3g}" if terms else "nothing explains it"
            return f"what it puts out is not the same: {name!r} differs by {far:.3g}, and {why} ({where(made)})"
    return ""


def explained(made: Mapping[str, Any], name: str) -> str:
    """What explains that an output differs; nothing where it does not."""
    _, bound, terms, far = made["bounds"][name]
    return f": sums of {terms} terms in another order explain it, up to {bound:.3g} there" if far and terms else ""


def weighed(name: str) -> str:
    """Why an output is not compared, of which a softmax makes what it puts out."""
    return f"{name!r} is behind a softmax: its values share what the removed classes had, and are not compared"


def _ran(spec: dict[str, object], after: Artifact, trace: Trace, folder: str) -> dict[str, object]:
    """Ask another process, with one size after the other for what the model leaves open."""
    with bytes_of(after) as data:
        names = outputs_of(data)
    spec["outputs"] = [n for n in names if n not in trace.after | trace.over]
    spec["probes"] = [n for n in trace.probes if n not in names]
    spec["cuts"] = {n: [axis, list(places)] for n, (axis, places) in {**trace.cuts, **trace.probes}.items()}
    path = Path(folder, "what.json")
    said = ""
    for size in _SIZES:
        path.write_text(json.dumps({**spec, "size": size}), encoding="utf-8")
        command = [sys.executable, "-I", _run.__file__, str(path)]
        try:
            done = subprocess.run(command, check=False, capture_output=True, timeout=_HANGS, cwd=folder)  # noqa: S603
            rows = [json.loads(line) for line in done.stdout.splitlines()]
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            return {"error": f"the process that compares could not be run ({type(error).__name__})"}
        if done.returncode == 0 and rows:
            made = rows[-1]
            return made if isinstance(made, dict) else {}
        lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
        said = said or lines[-1][:300] or f"the process that compares ended with {done.returncode}"
        if not rows or rows[0].get("fixed"):
            break
    return {"error": said}


def _said(made: dict[str, Any], trace: Trace) -> Proof:
    rows = made["outputs"]
    if other := unexplained(made):
        return Proof(other)
    same = [n for n, (far, _) in rows.items() if not far]
    said = []
    if same:
        said.append(f"{len(same)} outputs are the same bit for bit ({where(made)})")
    for name, (far, units) in rows.items():
        if far:
            plain = ": it is the same bit for bit where the run time changes nothing of the graph"
            said.append(f"{name!r} {apart(far, units)}{explained(made, name) or plain} ({where(made)})")
    said += map(weighed, sorted(trace.after))
    said += [f"{name!r} counts the classes that are left, and is not compared" for name in sorted(trace.over)]
    if made["weights"]:
        said.append(f"{made['weights']} tensors of weights are the old ones bit for bit, but for the places that went")
    if made["checker"]:
        said.append(f"the checker of ONNX {made['onnx']} takes it")
    return Proof("", tuple(said), made)
