"""``untag verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from untag.cli._given import named, scanning, settle, watched
from untag.cli._out import plain, show
from untag.mistake import UntagError

if TYPE_CHECKING:
    from untag.attest.demand import Demands
    from untag.attest.keyless import Identity

__all__ = ["command"]


@click.command("verify")
@click.argument("bundle")
@click.argument("inputs", nargs=-1)
@click.option(
    "--key",
    "keys",
    metavar="FILE",
    multiple=True,
    help="Public key or certificate that you trust (PEM); may be repeated.",
)
@click.option("--certificate-identity", metavar="NAME", help="Who you trust to sign without a key (Sigstore).")
@click.option("--certificate-oidc-issuer", metavar="URL", help="Who vouches for that: an identity provider.")
@click.option(
    "--trusted-root", metavar="FILE", help="Sigstore's roots of trust (JSON); those of its library if not given.",
)  # fmt: skip
@click.option(
    "--timestamp-root", "roots", metavar="FILE", multiple=True,
    help="Certificate (PEM) of an authority by which it has to be stamped; may be repeated.",
)  # fmt: skip
@click.option("--demands", metavar="FILE", help="What you ask of it (TOML): keys, gaps, lexicon, age, inventory …")
@click.option("--rescan", is_flag=True, help="Scan the inputs again, as the bundle says it was done, and compare.")
@click.option("--at", metavar="TIME", help="As of when it shall hold (RFC 3339); now if not given.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@scanning
def command(bundle: str, inputs: tuple[str, ...], **given: Any) -> None:
    """Verify a BUNDLE of untag attest against INPUTs, offline.

    Signature, every digest, files that it does not cover, its validity, and whether what it says of itself follows from
    what it says was found and not read. Trusted keys come from you alone; what the result is worth is computed anew, by
    what you ask for.

    \b
    Examples:
      untag verify sdk.att.json sdk/ --key key.pub
      untag verify sdk.att.json sdk/ --key key.pub --rescan
      untag verify sdk.att.json sdk/ --key key.pub --timestamp-root tsa.pem
      untag verify sdk.sigstore.json sdk/ --certificate-identity release@example.com \\
        --certificate-oidc-issuer https://accounts.google.com
      untag verify all.att.json sdk/ models/ --demands demands.toml --json

    \b
    Exit codes: 0 it verifies and has passed, 1 it does not verify or has failed,
    2 your mistake or our crash, 3 it verifies and is incomplete.
    """  # noqa: D301
    import datetime as dt
    from pathlib import Path

    from untag.attest import check, demand, stamp
    from untag.attest import key as public
    from untag.attest.dsse import LARGEST
    from untag.scan import brief

    specs = named(inputs, given)
    if given["rescan"] and any(spec in {"-", "files-from:-"} for spec in specs):
        raise UntagError("standard input can be read only once: it cannot be scanned again (--rescan)")
    demands = demand.load(Path(given["demands"]) if given["demands"] else None)
    trusted = [public.dated(path, demands.until(path)) for path in (*map(Path, given["keys"]), *demands.keys)]
    roots = stamp.roots([*map(Path, given["roots"]), *demands.roots])
    identity = _identity(given, demands)
    if not trusted and identity is None:
        raise UntagError("name a key that you trust: --key FILE, or keys in the file of --demands")
    try:
        with Path(bundle).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UntagError(f"cannot read {bundle}: {(error.strerror or 'error').lower()}") from None
    now = dt.datetime.now(dt.UTC)
    if given["at"]:
        try:
            now = dt.datetime.fromisoformat(given["at"])
        except ValueError:
            raise UntagError(f"{given['at']} is no time (2026-01-31T12:00:00+00:00)") from None
        now = now if now.tzinfo else now.replace(tzinfo=dt.UTC)
    config, options, _ = settle(specs, given)
    brief(options)
    with watched(given, config) as watch:
        again = check.rescanning(specs, options, watch) if given["rescan"] else None
        made = check.verify(data, specs, trusted, demands, now, again, ignoring=options.respect_ignore, roots=roots,
            identity=identity,
        )  # fmt: skip
    show([made.json()] if given["as_json"] else (plain(row) + "\n" for row in made.lines()))
    raise click.exceptions.Exit(made.exit_code)


def _identity(given: dict[str, Any], demands: Demands) -> Identity | None:
    """Whom the verifier trusts to sign without a key."""
    from pathlib import Path

    from untag.attest.keyless import Identity

    name, issuer = (
        given[key] or demands.values.get(key.replace("_", "-"))
        for key in ("certificate_identity", "certificate_oidc_issuer")
    )
    root = Path(given["trusted_root"]) if given["trusted_root"] else demands.trusted
    if not name and not issuer and root is None:
        return None
    if not name or not issuer:
        raise UntagError("whom you trust is both: --certificate-identity and --certificate-oidc-issuer")
    made = Identity(name, issuer, root)
    made.ready()
    return made
