"""What commands print and write: harmless lines, a progress bar, and files that are whole or absent."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.scan import Progress

__all__ = ["bar", "plain", "say", "show", "unpipe", "writable", "write"]


def plain(text: object) -> str:
    """One harmless line."""
    from untag.reports._text import visible

    return visible(" ".join(str(text).split("\n")))


def say(text: object) -> None:
    with contextlib.suppress(OSError):
        print(f"untag: {plain(text)}", file=sys.stderr, flush=True)


def writable(name: str) -> None:
    """Complain about an output before anything is scanned."""
    if name == "-":
        return
    folder = os.path.dirname(os.path.realpath(name))  # noqa: PTH120 - names that are no text must survive
    if os.path.isdir(name):  # noqa: PTH112
        raise UntagError(f"cannot write {name}: it is a folder")
    if not os.path.isdir(folder):  # noqa: PTH112
        raise UntagError(f"cannot write {name}: there is no folder {folder}")
    if not os.access(folder, os.W_OK) and not os.access(name, os.W_OK):
        raise UntagError(f"cannot write {name}: permission denied")


def write(files: Sequence[tuple[str, Iterable[str]]]) -> None:
    """Write all files or none: each beside its target first, then all are moved into place."""
    if not files:
        return
    import stat
    import tempfile

    ready: list[tuple[str, str]] = []
    mask = os.umask(0)
    os.umask(mask)
    try:
        for name, pieces in files:
            target = os.path.realpath(name)
            if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113 - /dev/null and pipes
                with open(target, "w", encoding="utf-8", errors="backslashreplace") as device:  # noqa: PTH123
                    device.writelines(pieces)
                continue
            handle, temporary = tempfile.mkstemp(prefix=".untag-", dir=os.path.dirname(target))  # noqa: PTH120
            ready.append((temporary, target))
            with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:  # noqa: PTH123
                file.writelines(pieces)
            mode = 0o666 & ~mask
            with contextlib.suppress(OSError):
                mode = stat.S_IMODE(os.stat(target).st_mode)  # noqa: PTH116
            os.chmod(temporary, mode)  # noqa: PTH101
        while ready:
            temporary, target = ready[0]
            os.replace(temporary, target)  # noqa: PTH105
            ready.pop(0)
    except OSError as error:
        raise UntagError(f"cannot write {error.filename or ''}: {(error.strerror or 'error').lower()}") from None
    finally:
        for temporary, _ in ready:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108


@contextlib.contextmanager
def bar(
    *, wanted: bool, doing: str = "scanning", found: str = "with words"
) -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar on standard error, only on a terminal.

    It is painted when a batch is done, never by a thread: a thread that holds a lock while processes are forked
    would leave them waiting for ever.

    Args:
        wanted: Whether there is to be one.
        doing: What is done meanwhile.
        found: What is found and counted.
    """
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[files]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task(doing, total=None, files="")
        last = 0.0

        def watch(seen: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < 0.1 and seen.files < seen.total_files:
                return
            last = now
            text = (
                f"{seen.files:,}/{seen.total_files:,} files, {seen.bytes / 1e6:,.1f} of "
                f"{seen.total_bytes / 1e6:,.1f} MB, {seen.found:,} {found}"
            )
            bar.update(task, total=max(seen.total_bytes, 1), completed=seen.bytes, files=text, refresh=True)

        yield watch


def show(pieces: Iterable[str]) -> None:
    """Write to standard output.

    That nobody reads on is no error, and changes no verdict. What cannot be written (a full disk) is one.
    """
    try:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()
    except BrokenPipeError:
        unpipe()
    except OSError as error:
        unpipe()
        raise UntagError(f"cannot write to standard output: {(error.strerror or 'error').lower()}") from None


def unpipe() -> None:
    """Whoever read our output has gone; that is no error of ours, and the rest must not be flushed to it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
