"""``untag exposure``."""

from __future__ import annotations

from typing import Any

import click

from untag.cli._out import bar, say, show, writable, write
from untag.mistake import UntagError

__all__ = ["command"]


@click.command("exposure")
@click.argument("logs", nargs=-1)
@click.option("--format", "formats", multiple=True, metavar="FORM", help="plain, json or html.")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", help="Where to write; one for each --format.")
@click.option("--faces", multiple=True, metavar="GLOB", help="Paths that are about faces or persons on camera: /v1/**.")
@click.option("--policy", "policy_file", metavar="FILE", help="The guard's policy: what it declares, maps, masks.")
@click.option("--key", "key_file", metavar="FILE", help="Key of the pseudonyms; made if it is not there.")
@click.option("--customer", "fields", metavar="FIELDS", help="What a customer is told by: key,user,address in order.")
@click.option("--customers", "labels_file", metavar="FILE", help="CSV of identifier,label: your names for customers.")
@click.option("--artefacts", "report", metavar="REPORT", help="JSON of untag scan: who fetched what carries a tag.")
@click.option("--image", "images", multiple=True, metavar="NAME:TAG", help="What registries call what REPORT is of.")
@click.option("--map", "maps", multiple=True, metavar="FIELD=NAME", help="Where fields stand in lines of JSON.")
@click.option("--log-format", "form", metavar="NAME", help="Read all logs as this format (--formats lists them).")
@click.option("--formats", "listed", is_flag=True, help="List the formats of logs and what each cannot tell.")
@click.option("--silence", type=click.FloatRange(0.1), default=6, metavar="HOURS", help="Times without a row; 6.")
@click.option("--jobs", type=click.IntRange(0), default=0, help="Processes; 0, the default, is one a core.")
@click.option("--exit-zero", is_flag=True, help="Report only: exit 0 whatever is found.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no remarks on standard error.")
@click.option("--progress/--no-progress", default=None, help="Progress bar on a terminal.")
def command(logs: tuple[str, ...], **given: Any) -> None:
    """Who asked for or received an ethnic tag, from access logs and captures.

    LOG is a file, a folder, a glob in quotes, or - for standard input; .gz, .bz2, .xz and .zst are unpacked. For each
    customer it says received, requested, neither (only where all bodies are in the logs), or no evidence. Customers
    are pseudonyms; no query, body or value is printed or kept.

    \b
    Examples:
      untag exposure access.log
      untag exposure '/var/log/nginx/access.log*' --faces '/v1/faces/**' --key customers.key
      untag exposure calls.ndjson --map time=ts --map customer=tenant --map target=path --map response=answer
      untag exposure 'cdn/*.gz' --artefacts report.json
      untag exposure registry.log --artefacts image.json --image acme/face-sdk:2.1
      untag exposure capture.har logs/ --format json -o exposure.json --format html -o exposure.html

    \b
    Exit codes: 0 all bodies seen and none held a tag, 1 somebody asked for, received or fetched one,
    2 your mistake or our crash, 3 none seen but the logs do not show all, 4 nothing was read, 130 interrupted.
    """  # noqa: D301
    if given["listed"]:
        _list()
        return
    if not logs:
        raise UntagError("name a log: a file, a folder, a glob, or - for standard input")
    import datetime as dt
    import time
    from pathlib import Path

    from untag.exposure.artefact import read as artefacts
    from untag.exposure.format.mapped import MappedFormat
    from untag.exposure.forms import forms
    from untag.exposure.name import FIELDS, labels
    from untag.exposure.run import Settings, expose
    from untag.guard.policy import load

    if given["images"] and not given["report"]:
        raise UntagError("--image says what the report of --artefacts is of: name that too")
    plan = _plan(given)
    fields = tuple(given["fields"].split(",")) if given["fields"] else FIELDS
    if any(field not in FIELDS for field in fields) or len(set(fields)) != len(fields):
        raise UntagError(f"--customer takes {', '.join(FIELDS)}, each once, with commas")
    if any(not glob.startswith(("/", "**")) for glob in given["faces"]):
        raise UntagError("--faces takes globs of paths that begin with / or **")
    form = MappedFormat(given["maps"]) if given["maps"] else _form(given["form"]) if given["form"] else None
    key, kept = _key(given["key_file"], quiet=given["quiet"])
    settings = Settings(
        key, kept, fields,
        labels(Path(given["labels_file"])) if given["labels_file"] else {},
        load(Path(given["policy_file"])) if given["policy_file"] else None,
        given["faces"], form, int(given["silence"] * 3600), given["jobs"],
        artefacts=tuple(artefacts(Path(given["report"]), given["images"])) if given["report"] else (),
    )  # fmt: skip
    started, clock = dt.datetime.now(dt.UTC), time.monotonic()
    with bar(wanted=not given["quiet"] and given["progress"] is not False, doing="reading", found="rows") as watch:
        made = expose(list(logs), settings, watch)
    run: dict[str, object] = {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 3),
    }
    write([(target, forms()[name].write(made, run)) for name, target in plan if target != "-"])
    for name, target in plan:
        if target == "-":
            show(forms()[name].write(made, run))
    if made.interrupted:
        say("interrupted: the report is partial")
    raise click.exceptions.Exit(0 if given["exit_zero"] and not made.interrupted else made.code)


def _plan(given: dict[str, Any]) -> list[tuple[str, str]]:
    """Forms and where each goes.

    Raises:
        UntagError: There is no such form, or there are not as many places as forms.
    """
    from untag.config import nearest
    from untag.exposure.forms import forms

    chosen = list(given["formats"]) or ["plain"]
    for name in chosen:
        if name not in forms():
            raise UntagError(f"no form {name!r}; there are {', '.join(forms())}{nearest(name, forms())}")
    outputs = list(given["outputs"]) or (["-"] if len(chosen) == 1 else [])
    if len(outputs) != len(chosen):
        raise UntagError("give one -o for each --format")
    if len(set(outputs)) != len(outputs):
        raise UntagError("two outputs would go to the same place")
    for name in outputs:
        writable(name)
    return list(zip(chosen, outputs, strict=True))


def _form(name: str) -> Any:
    """A format of logs by name.

    Raises:
        UntagError: There is none of that name.
    """
    from untag.config import nearest
    from untag.exposure.format import formats

    if name not in formats() or name == "mapped":
        raise UntagError(f"no format {name!r}{nearest(name, formats())}; untag exposure --formats lists them")
    return formats()[name]


def _list() -> None:
    from untag.exposure.format import formats
    from untag.reports._text import wrap

    for name, one in formats().items():
        click.echo(f"{name:<12}{one.title}")
        for line in wrap(one.limits, 80, " " * 12):
            click.echo(line)


def _key(name: str | None, *, quiet: bool) -> tuple[bytes, bool]:
    """The key of pseudonyms, and whether it is kept; a file that is not there is made.

    Raises:
        UntagError: It cannot be read or made, or is too short.
    """
    import os
    import secrets
    from pathlib import Path

    if not name:
        return secrets.token_bytes(32), False
    path = Path(name)
    try:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32) + "\n")
            if not quiet:
                say(f"made a key of pseudonyms: {name}; whoever has it can tell customers from their pseudonyms")
        key = path.read_bytes().strip()
    except OSError as error:
        raise UntagError(f"cannot use the key {name}: {(error.strerror or 'error').lower()}") from None
    if len(key) < 16:
        raise UntagError(f"{name}: a key of pseudonyms has at least 16 bytes")
    return key, True
