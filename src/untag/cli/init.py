"""``untag init``."""

from __future__ import annotations

import click

import untag
from untag.cli._out import show, writable, write
from untag.mistake import UntagError

__all__ = ["command"]


@click.command("init")
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def command(*, dry_run: bool, force: bool) -> None:
    """Write starter files: configuration, policy, pre-commit hook, CI workflow.

    They go into the working directory. A file that is there is never written over without --force.

    \b
    Examples:
      untag init --dry-run
      untag init
    """  # noqa: D301
    from pathlib import Path

    from untag.explain import starter

    files = starter(untag.__version__)
    if dry_run:
        show(f"# --- {name}\n{text}\n" for name, text in files.items())
        return
    there = [name for name in files if Path(name).exists()]
    if there and not force:
        raise UntagError(f"already there: {', '.join(there)} (--force writes over, --dry-run prints)")
    for name in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        writable(name)
    write([(name, [text]) for name, text in files.items()])
    show(f"wrote {name}\n" for name in files)
