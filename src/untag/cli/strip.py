"""``untag strip``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from untag.cli._given import scanning, settle, watched
from untag.cli._out import say, show, write
from untag.mistake import UntagError

if TYPE_CHECKING:
    from untag import strip
    from untag.attest.key import PrivateKey

__all__ = ["command"]

_SEVERITIES = ("low", "medium", "high", "critical")
_PURPOSES = ("capability", "claim", "dataset", "proxy", "record", "residue", "targeting")


@click.command("strip")
@click.argument("input", required=True)
@click.option("-o", "--output", metavar="OUT", help="Where the stripped copy goes; it must not be there yet.")
@click.option("--plan", is_flag=True, help="Show what would be done, safe and unsafe steps apart, and write nothing.")
@click.option("--unsafe", is_flag=True, help="Take also steps after which other code may have to be changed.")
@click.option("--severity", type=click.Choice(_SEVERITIES), default="low", help="Lowest severity that is removed.")
@click.option(
    "--purpose", "purposes", type=click.Choice(_PURPOSES), multiple=True, help="Remove these only; may be repeated."
)
@click.option("--finding", "keys", metavar="KEY", multiple=True, help="Remove this finding only; may be repeated.")
@click.option(
    "--evidence", metavar="DIR", help="Where the record of what was there goes; by default OUT.evidence, beside OUT."
)
@click.option("--no-evidence", is_flag=True, help="Keep no record.")
@click.option(
    "--history-plan",
    "history_plan",
    metavar="DIR",
    help="Read also all that git repositories ever held; what takes it out (git filter-repo) is written to DIR.",
)
@click.option("--key", metavar="FILE", help="Private key that signs the record: Ed25519 or ECDSA, PEM.")
@click.option("--passphrase-file", metavar="FILE", help="File with its passphrase; else UNTAG_PASSPHRASE is tried.")
@click.option("--format", "form", type=click.Choice(("plain", "json")), default="plain", help="How it is printed.")
@scanning
def command(input: str, **given: Any) -> None:  # noqa: A002 - click names it so
    """Remove what scan finds in INPUT (a file or folder): from a copy, proven by scanning the copy.

    INPUT is never changed. Each file is rewritten only where everything else in it reads as before, byte for byte
    where it is text; what cannot be proven is kept and told. Nothing is renamed. A record of what was there is kept
    beside OUT.

    \b
    Examples:
      untag strip sdk/ --plan
      untag strip sdk/ -o sdk-clean/
      untag strip config.json -o config-clean.json --unsafe
      untag strip sdk/ -o sdk-clean/ --purpose capability --key key.pem
      untag strip product/ --plan --history-plan rewriting/

    \b
    Exit codes: 0 all that was asked is gone, 1 something stays, 2 your mistake or our crash,
    3 gone as far as it was read, but there are gaps, 130 interrupted (nothing is written).
    """  # noqa: D301
    from untag import strip
    from untag.config import severity
    from untag.finding import Purpose

    if given["files_from"]:
        raise UntagError("strip takes one input, and no list of files")
    wish = strip.Wish(
        severity(given["severity"]), tuple(map(Purpose, given["purposes"])), given["keys"], unsafe=given["unsafe"]
    )
    out, evidence = given["output"], given["evidence"]
    if given["plan"] == bool(out):
        raise UntagError("say where the copy goes with -o OUT, or ask for a --plan; not both")
    if out:
        out = out.rstrip("/" + os.sep) or out
        evidence = None if given["no_evidence"] else evidence or out + ".evidence"
    rewriting = given["history_plan"]
    strip.refuse(input, out, evidence if out else None, rewriting, plan=given["plan"])
    given["history"] = given["history"] or bool(rewriting)
    signer = _signer(given)
    config, options, _ = settle([input], given)
    if given["plan"]:
        with watched(given, config) as watch:
            outcome = strip.planned(input, options, wish, watch)
        if rewriting and not outcome.interrupted:
            _rewriting(outcome, rewriting)
        show(strip.form(outcome, (), given["form"], plan=True))
        raise click.exceptions.Exit(outcome.code)
    with strip.beside(out) as folder:
        with watched(given, config) as watch:
            outcome = strip.removed(input, folder, options, wish, watch)
        if outcome.interrupted or outcome.copy is None:
            say("interrupted: nothing was written")
            raise click.exceptions.Exit(130)
        suffix = os.path.splitext(outcome.copy.root)[1]  # noqa: PTH122
        other = any(one.changed and one.plan.name and len(one.chain) == 1 for one in outcome.changes)
        if other and os.path.isfile(outcome.copy.root) and not out.endswith(suffix):  # noqa: PTH113
            # One file, of which another format is left: a name that says the old one would mislead who loads it.
            raise UntagError(f"what is left is written as {suffix[1:]}: give OUT a name that ends in {suffix}")
        references = strip.references(outcome)
        if rewriting:
            _rewriting(outcome, rewriting)
        if evidence:
            # First the record, then the output: there is never one without what was there.
            made = os.path.join(folder, "evidence")  # noqa: PTH118
            os.mkdir(made, 0o700)  # noqa: PTH102
            rows = strip.files(outcome, references, signer)
            write([(os.path.join(made, name), [text]) for name, text in rows.items()])  # noqa: PTH118
            strip.placed(made, evidence)
        if os.path.lexists(outcome.copy.root):
            strip.placed(outcome.copy.root, out)
        else:
            say("nothing is left of it: no output was written")
    show(strip.form(outcome, references, given["form"], plan=False))
    if evidence and not given["quiet"]:
        say(f"the record of what was there: {evidence}" + ("" if signer else " (not signed: --key signs it)"))
    raise click.exceptions.Exit(outcome.code)


def _rewriting(outcome: strip.Outcome, folder: str) -> None:
    """Write what git filter-repo needs, where there is anything for it."""
    from untag.strip import beside, placed

    made = outcome.rewriting
    if not (made.lines or made.messages or made.blobs):
        say("history alone holds nothing: no history plan was written")
        return
    with beside(folder) as private:
        plan = os.path.join(private, "plan")  # noqa: PTH118
        os.mkdir(plan)  # noqa: PTH102
        rows = made.files(os.path.realpath(outcome.spec))
        write([(os.path.join(plan, name), [text]) for name, text in rows.items()])  # noqa: PTH118
        placed(plan, folder)
    say(f"to take it out of the history, read and run: sh {folder}/commands.sh")


def _signer(given: dict[str, Any]) -> PrivateKey | None:
    """The key that signs the record."""
    from pathlib import Path

    from untag.cli._given import passphrase

    if not given["key"]:
        return None
    from untag.attest import key as keys

    return keys.private(Path(given["key"]), passphrase(given["passphrase_file"]))
