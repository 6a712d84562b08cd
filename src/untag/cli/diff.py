"""``untag diff``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from untag.cli._given import pick, planned, scanning, settle, viewed, watched
from untag.cli._out import say, show, writable, write
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["command"]

_SEVERITIES = ("note", "low", "medium", "high", "critical")


@click.command("diff")
@click.argument("old", required=True)
@click.argument("new", required=True)
@click.option("--gate", is_flag=True, help="Exit 1 on what is added, laundered, or graver than it was.")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), help="Lowest severity that a gate fails on.")
@click.option("--format", "formats", multiple=True, metavar="FORM", help="plain, json, markdown or sarif.")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", help="Where to write; one for each --format.")
@click.option("--full", is_flag=True, default=None, help="List findings that are as before, too.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), help="Colours in plain text.")
@scanning
def command(old: str, new: str, **given: Any) -> None:
    """Say what became of each finding between OLD and NEW: added, removed, moved, unchanged, or laundered.

    OLD and NEW are each a JSON report of untag scan, a folder, a file, an archive, an image, or REPO@REV, a revision of
    a git repository. Laundered is what is only renamed in its place, commented out, reserved, given codes for values,
    moved apart, or dropped from the documents alone; that is seen only where both sides are files. What is not found in
    NEW where NEW was not read is unknown, never removed.

    \b
    Examples:
      untag diff sdk-1.0.zip sdk-2.0.zip
      untag diff .@v4.0 .
      untag diff .@origin/main . --gate --format markdown -o comment.md
      untag diff last-report.json . --gate --fail-on high

    \b
    Exit codes: 0 told, and with --gate nothing is worse; 1 --gate fails, 2 your mistake or our crash,
    3 not all of both was read, 4 nothing was read on one side, 130 interrupted.
    """  # noqa: D301
    from msgspec.structs import replace

    from untag import diff
    from untag.diff.forms import form_of

    if given["files_from"]:
        raise UntagError("diff takes two inputs, and no list of files")
    if old == new == "-":
        raise UntagError("standard input can be read only once")
    plan = planned(given, room="untag.diff.forms")
    for _, target in plan:
        writable(target)
    config, options, fail_on = settle([old, new], given)
    sides = []
    for number, spec in enumerate((old, new)):
        with watched(given, config) as watch:
            side = diff.side(spec, replace(options, trusted=options.trusted[number : number + 1]), watch)
        sides.append(side)
        if side.held and side.interrupted:
            say("interrupted: nothing was compared")
            raise click.exceptions.Exit(130)
    outcome = diff.compared(*sides)
    outcome.gate, outcome.fail_on, outcome.strict = given["gate"], fail_on, options.strict
    view = viewed({**given, "severity": None, "confidence": None}, config)
    files: list[tuple[str, Iterable[str]]] = [
        (target, form_of(form).write(outcome, replace(view, colour=False, width=80)))
        for form, target in plan
        if target != "-"
    ]
    write(files)
    for form, target in plan:
        if target == "-":
            show(form_of(form).write(outcome, view))
    if not pick(given, config, "quiet"):
        for remark in outcome.remarks:
            say(f"note: {remark}")
    raise click.exceptions.Exit(outcome.code)
