"""``untag scan``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from untag.cli._given import named, pick, planned, scanning, settle, viewed, watched, witnessed
from untag.cli._out import say, show, writable, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.report import Report
    from untag.reports import View

__all__ = ["command"]

_SEVERITIES = ("note", "low", "medium", "high", "critical")
_CONFIDENCES = ("tentative", "firm", "certain")
#: Requests of untrusted inputs named on standard error; the report has them all.
_NOTES = 3


@click.command("scan")
@click.argument("inputs", nargs=-1)
@click.option("--format", "formats", multiple=True, metavar="FORM", help="plain, json, sarif, html, markdown or junit.")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", help="Where to write; one for each --format.")
@click.option("--write-baseline", metavar="FILE", help="Write what is found as a baseline.")
@click.option("--severity", type=click.Choice(_SEVERITIES), help="Lowest severity printed.")
@click.option("--confidence", type=click.Choice(_CONFIDENCES), help="Lowest confidence printed.")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), help="Lowest severity that makes exit code 1.")
@click.option("--exit-zero", is_flag=True, default=None, help="Report only: exit 0 whatever is found.")
@click.option(
    "--trace",
    "traces",
    multiple=True,
    metavar="PATH:LINE",
    help="Say step by step why something was or was not found there, instead of the report. Also PATH, PATH:LINE-LINE.",
)
@click.option("--full", is_flag=True, default=None, help="Print hidden and accepted findings too.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), help="Colours in plain text.")
@scanning
def command(inputs: tuple[str, ...], **given: Any) -> None:
    """Find ethnic tags in INPUTs: files, folders, databases by URL, - for stdin.

    \b
    Examples:
      untag scan .
      untag scan sdk/ app.py --severity high
      untag scan . --format sarif -o untag.sarif --format plain -o -
      untag scan . --baseline untag-baseline.json --fail-on medium
      git diff --name-only | untag scan --files-from -
      cat model.json | untag scan - --stdin-filename model.json
      untag scan sdk/ --trace include/face.h:48
      untag scan . --history
      untag scan postgresql://auditor@db.example.org/faces --password-file secret.txt

    A database is only read, and no value of a person leaves it. Its password is taken from the URL, from PGPASSWORD or
    MYSQL_PWD, or from --password-file; no output holds it.

    \b
    Exit codes: 0 clean and complete, 1 findings, 2 your mistake or our crash,
    3 no findings but gaps, 4 nothing was read, 130 interrupted.
    """  # noqa: D301
    specs = named(inputs, given)
    config, options, fail_on = settle(specs, given)
    plan = planned(given, config)
    witness, spots = witnessed(given, plan)
    for name in filter(None, (given["write_baseline"], *(target for _, target in plan))):
        writable(name)
    view = viewed(given, config)
    quiet = pick(given, config, "quiet")
    with watched(given, config) as watch:
        from untag.reports import form_of
        from untag.scan import scan as run

        report = run(specs, options, watch, witness, lambda: [form_of(form) for form, _ in plan])
    if not quiet:
        for row in report.untrusted[:_NOTES]:
            say(f"note: {row.place}: this {row.what} lies inside an input that is not trusted and is not obeyed")
    if witness is not None:
        from untag.sources import told as without
        from untag.trace import trace

        # Before anything is written: a path that is not there is a mistake.
        told = trace(spots, [without(s) for s in specs], options, witness, report)
        _deliver(report, plan, view, given["write_baseline"])
        show([told])
    else:
        _deliver(report, plan, view, given["write_baseline"])
    if report.interrupted:
        say("interrupted: the report is partial")
        raise click.exceptions.Exit(130)
    if pick(given, config, "exit-zero"):
        raise click.exceptions.Exit(0)
    raise click.exceptions.Exit(report.exit_code(fail_on, strict=options.strict))


def _deliver(report: Report, plan: list[tuple[str, str]], view: View, baseline: str | None) -> None:
    """Write every report; files first and all at once, so that a failure leaves none half written."""
    from msgspec.structs import replace

    from untag.policy import baseline_text
    from untag.reports import form_of

    files: list[tuple[str, Iterable[str]]] = [
        (target, form_of(form).write(report, replace(view, colour=False, width=80)))
        for form, target in plan
        if target != "-"
    ]
    if baseline:
        files.append((baseline, [baseline_text(report.findings)]))
    write(files)
    for form, target in plan:
        if target == "-":
            show(form_of(form).write(report, view))
