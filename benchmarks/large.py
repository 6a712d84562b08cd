"""untag strip on a model in ONNX with more than 2 GB of weights beside it: what went, memory, time, and what is proven.

The weights are made up and lie in a folder of their own, which is removed at the end; it takes three times their size.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["arguments", "run"]

_WIDTH, _CLASSES, _PIECE = 1024, 6, 1 << 20


def _made(folder: Path, size: int, *, dense: bool) -> int:
    """A table of so many megabytes that is read at one place, and two heads; the bytes of the file beside it.

    Args:
        folder: Where both files go.
        size: Megabytes of the table.
        dense: Whether all of it is numbers; else numbers at both ends of a tensor, and zeros between them.
    """
    import numpy as np
    import onnx
    from onnx import TensorProto, helper

    rows = (size << 20) // (4 * _WIDTH)
    shapes = {"table": (rows, _WIDTH), "age_w": (_WIDTH, 1), "ethnicity_w": (_WIDTH, _CLASSES)}
    tensors, at = [], 0
    rng = np.random.default_rng(1)
    with (folder / "weights.bin").open("wb") as file:
        for name, shape in shapes.items():
            one = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
            length = 4 * shape[0] * shape[1]
            for key, value in (("location", "weights.bin"), ("offset", at), ("length", length)):
                one.external_data.add(key=key, value=str(value))
            tensors.append(one)
            at += length
            places = range(0, length, _PIECE) if dense else sorted({0, max(0, length - _PIECE)})
            for place in places:
                file.seek(at - length + place)
                count = min(length - place, _PIECE) // 4
                file.write(rng.standard_normal(count, dtype=np.float32).tobytes())
    nodes = [
        helper.make_node("Gather", ["table", "place"], ["features"], "take"),
        helper.make_node("MatMul", ["features", "age_w"], ["face_age"], "age_fc"),
        helper.make_node("MatMul", ["features", "ethnicity_w"], ["face_ethnicity"], "ethnicity_fc"),
    ]
    given = [helper.make_tensor_value_info("place", TensorProto.INT64, [1])]
    outs = [
        helper.make_tensor_value_info("face_age", TensorProto.FLOAT, [1, 1]),
        helper.make_tensor_value_info("face_ethnicity", TensorProto.FLOAT, [1, _CLASSES]),
    ]
    graph = helper.make_graph(nodes, "faces", given, outs, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "net.onnx")
    return at


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--size", type=int, default=2100, help="megabytes of weights")
    parser.add_argument("--sparse", action="store_true", help="zeros between the ends of each tensor: swept faster")
    parser.add_argument("--memory", type=int, default=600, help="megabytes that untag may hold of its own")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Strip it, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="untag-large-", dir=Path.cwd()) as name:
        folder = Path(name)
        (folder / "in").mkdir()
        total = _made(folder / "in", args.size, dense=not args.sparse)
        begun = time.monotonic()
        command = [sys.executable, "-m", "untag", "strip", str(folder / "in"), "-o", str(folder / "out"), "--no-cache"]
        done, held = _watched(command)
        wall = time.monotonic() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(done.stdout[-3000:] + done.stderr[-2000:])
        import onnx

        onnx.checker.check_model(str(folder / "out" / "net.onnx"))
        tail = 4 * _WIDTH * _CLASSES
        with (folder / "in" / "weights.bin").open("rb") as old, (folder / "out" / "weights.bin").open("rb") as new:
            left = total - tail
            while left:
                piece = old.read(min(left, _PIECE))
                if piece != new.read(len(piece)):
                    print("other weights are not the same")
                    return 1
                left -= len(piece)
            if new.read():
                print("weights of what went are left")
                return 1
        spent = f"{wall:.0f} s, processor {used.ru_utime + used.ru_stime:.0f} s"
        print(f"{total:,} bytes beside the model | exit {done.returncode} | {spent}")
        print(f"largest process {used.ru_maxrss >> 10:,} MB resident, pages of the file that it maps among them")
        print(f"largest {held >> 10:,} MB of its own, without pages of files (at most {args.memory:,})")
        return 0 if done.returncode == 0 and held >> 10 <= args.memory else 1


def _watched(command: list[str]) -> tuple[subprocess.CompletedProcess[str], int]:
    """Run a command; what came of it, and the most kilobytes that one of its processes held which are no file's."""
    most = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        ended = threading.Event()

        def watch() -> None:
            nonlocal most
            while not ended.wait(0.1):
                for one in _below(running.pid):
                    most = max(most, _own(one))

        watcher = threading.Thread(target=watch)
        watcher.start()
        out, err = running.communicate()
        ended.set()
        watcher.join()
    return subprocess.CompletedProcess(command, running.returncode, out, err), most


def _below(pid: int) -> list[int]:
    """A process and those that it started, as far as they are still there."""
    out, stack = [], [pid]
    while stack:
        out.append(stack.pop())
        for path in Path(f"/proc/{out[-1]}/task").glob("*/children"):
            with suppress(OSError):
                stack += map(int, path.read_text().split())
    return out


def _own(pid: int) -> int:
    """Kilobytes that a process holds which are no pages of files."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0
