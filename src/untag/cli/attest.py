"""``untag attest``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from untag.cli._given import named, passphrase, scanning, settle, watched
from untag.cli._out import say, show, writable, write
from untag.mistake import UntagError

if TYPE_CHECKING:
    from untag.attest.signer import Signer

__all__ = ["command"]


@click.command("attest")
@click.argument("inputs", nargs=-1)
@click.option("--key", metavar="FILE", help="Private key that signs: Ed25519 or ECDSA, PEM.")
@click.option(
    "--sigstore", is_flag=True,
    help="Sign with an identity and without a key: Sigstore's services are asked, and a public log keeps who signed.",
)  # fmt: skip
@click.option(
    "--identity-token", metavar="FILE",
    help="File with the identity token for --sigstore; else SIGSTORE_ID_TOKEN, else what the workflow has.",
)  # fmt: skip
@click.option(
    "--trust-config", metavar="FILE",
    help="Client trust config of Sigstore (JSON): which services are asked; the public ones if not given.",
)  # fmt: skip
@click.option("--passphrase-file", metavar="FILE", help="File with its passphrase; else UNTAG_PASSPHRASE is tried.")
@click.option("--by", metavar="NAME", required=True, help="Who says it: a person, a company.")
@click.option(
    "--party", type=click.Choice(("self", "third-party")), default="self", show_default=True,
    help="Whether that is the maker of the product or somebody else.",
)  # fmt: skip
@click.option("--product", metavar="NAME", default="", help="What is attested.")
@click.option("--days", type=click.IntRange(1, 3660), default=90, show_default=True, help="How long it holds.")
@click.option("--inventory", metavar="FILE", help="All there is of it (TOML): each item is reported or a gap.")
@click.option("--previous", metavar="BUNDLE", help="The last attestation of the product, to say what is different.")
@click.option(
    "--timestamp", metavar="URL",
    help="Timestamp authority (RFC 3161) that is asked for a token over the signature; it is told a digest of it.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", default="-", help="Where the bundle goes; else to standard output.")
@click.option("--certificate", metavar="FILE", help="The same for people, as HTML or, where it ends in .md, Markdown.")
@click.option("--cyclonedx", metavar="FILE", help="The same as CycloneDX 1.6 declarations (JSON, unsigned).")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever the result.")
@scanning
def command(inputs: tuple[str, ...], **given: Any) -> None:
    """Scan INPUTs and sign what was read, found and not read; or sign an earlier JSON REPORT as it is.

    The bundle is an in-toto statement in a DSSE envelope. Its result is PASSED only where nothing was found, nothing
    was left unread, and no finding of high or critical severity is merely accepted.

    \b
    Examples:
      openssl genpkey -algorithm ed25519 -out key.pem
      openssl pkey -in key.pem -pubout -out key.pub
      untag attest sdk/ --key key.pem --by "Example Ltd" --product "Face SDK 4" -o sdk.att.json
      untag attest sdk/ --key key.pem --by "Example Ltd" --timestamp https://tsa.example/ -o sdk.att.json
      untag attest sdk/ --sigstore --by "Example Ltd" -o sdk.sigstore.json
      untag attest report.json --key key.pem --by "Example Ltd" -o report.att.json
      untag attest sdk/ models/ --key key.pem --by Auditor --party third-party --inventory all.toml -o all.att.json

    \b
    Exit codes: 0 passed, 1 failed, 2 your mistake or our crash, 3 incomplete
    (with --strict also where gaps are merely accepted), 4 nothing was read,
    130 interrupted (nothing is signed).
    """  # noqa: D301
    from pathlib import Path

    from untag.attest import seal

    if len(inputs) != 1 or seal.report_in(inputs[0]) is None:
        specs: list[str] | None = named(inputs, given)
    else:
        specs = None
    signer = _signer(given)
    targets = [name for name in (given["output"], given["certificate"], given["cyclonedx"]) if name]
    for name in targets:
        writable(name)
    named_files = ("key", "previous", "inventory", "passphrase_file", "identity_token", "trust_config")
    used = [given[name] for name in named_files if given[name]]
    real = [name if name == "-" else os.path.realpath(name) for name in (*targets, *used)]
    if len(set(real)) < len(real):
        raise UntagError("two outputs would go to the same place, or over what was named to be read")
    order = seal.Order(
        signer, given["by"], given["party"], given["product"], given["days"],
        Path(given["inventory"]) if given["inventory"] else None,
        Path(given["previous"]) if given["previous"] else None,
    )  # fmt: skip
    made: seal.Sealed | None
    strict = bool(given["strict"])
    if specs is None:
        made = seal.of_report(inputs[0], order)
    else:
        config, options, _ = settle(specs, given)
        strict = options.strict
        with watched(given, config) as watch:
            made = seal.of_input(specs, options, order, watch)
    if made is None:
        say("interrupted: nothing was signed")
        raise click.exceptions.Exit(130)
    files = [(given["output"], [made.bundle])]
    if given["certificate"]:
        files.append((given["certificate"], [made.certificate(html=not given["certificate"].endswith(".md"))]))
    if given["cyclonedx"]:
        files.append((given["cyclonedx"], [made.cyclonedx()]))
    write([(name, pieces) for name, pieces in files if name != "-"])
    for name, pieces in files:
        if name == "-":
            show(pieces)
    if not given["quiet"]:
        say(f"{made.result}{': ' if made.reasons else ''}{'; '.join(made.reasons)}")
    raise click.exceptions.Exit(0 if given["exit_zero"] else made.exit_code(strict=strict))


def _signer(given: dict[str, Any]) -> Signer:
    """Who signs, as the flags say."""
    from pathlib import Path

    from untag.attest import key as keys
    from untag.attest import keyless, stamp
    from untag.attest.signer import Keyed

    if bool(given["key"]) is given["sigstore"]:
        raise UntagError("say who signs, in one way: --key FILE, or --sigstore")
    files = [Path(given[name]) if given[name] else None for name in ("trust_config", "identity_token")]
    if given["sigstore"]:
        if given["timestamp"]:
            raise UntagError("--timestamp is for signatures with a --key: Sigstore's log says when it was signed")
        made = keyless.Keyless(*files)
        made.ready()
        return made
    if any(files):
        raise UntagError("--identity-token and --trust-config are for --sigstore")
    key = keys.private(Path(given["key"]), passphrase(given["passphrase_file"]))
    if given["timestamp"]:
        stamp.ready(given["timestamp"])
    return Keyed(key, given["timestamp"] or "")
