"""The command line: arguments, printing and exit codes; no logic."""

from __future__ import annotations

import sys

import click

import untag


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(untag.__version__, prog_name="untag")
def main() -> None:
    """Find, prove, remove and block ethnic tags in biometric software."""


@main.command()
@click.argument("inputs", nargs=-1, required=True)
@click.option("--format", "formats", multiple=True, default=("plain",), help="plain, json, sarif, html, markdown, junit.")
@click.option("-o", "--output", "outputs", multiple=True, help="Write to a file instead of standard output.")
@click.option("--jobs", type=int, default=0)
@click.option("--no-sieve", is_flag=True)
def scan(inputs: tuple[str, ...], formats: tuple[str, ...], outputs: tuple[str, ...], jobs: int, no_sieve: bool) -> None:
    """Find ethnic tags in INPUTS."""
    from untag.reports import View, forms
    from untag.scan import Options
    from untag.scan import scan as run

    report = run(inputs, Options(jobs=jobs, sieve=not no_sieve))
    for i, name in enumerate(formats):
        text = "".join(forms()[name].write(report, View()))
        if i < len(outputs):
            with open(outputs[i], "w", encoding="utf-8") as file:
                file.write(text)
        else:
            sys.stdout.write(text)
    sys.exit(report.exit_code())


if __name__ == "__main__":
    main()
