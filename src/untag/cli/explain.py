"""``untag explain``."""

from __future__ import annotations

import click

from untag.cli._out import show

__all__ = ["command"]


@click.command("explain")
@click.argument("name")
@click.option("--report", metavar="FILE", help="A JSON report, to explain one of its findings by key.")
def command(name: str, report: str | None) -> None:
    """Say what NAME is.

    A term, written form, code system, rule, reader, report form, purpose, severity, confidence, reason of gaps,
    configuration key, or (with --report) a finding's key.

    \b
    Examples:
      untag explain uyghur
      untag explain 民族
      untag explain labelset
      untag explain undecodable
      untag explain k1:0123456789abcdef --report report.json
    """  # noqa: D301
    from untag.explain import explain as text_of

    show([text_of(name, report)])
