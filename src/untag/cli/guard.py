"""``untag guard``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from untag.cli._out import plain, say, writable, write
from untag.mistake import UntagError

if TYPE_CHECKING:
    from untag.guard.message import Direction, Message

__all__ = ["command"]


@click.group("guard", invoke_without_command=True)
@click.option("--limits", is_flag=True, help="Print what the guard cannot see.")
@click.option("--upstream", metavar="URL", help="Be a reverse proxy before what answers here: http://HOST:PORT.")
@click.option("--ext-proc", metavar="ADDR", help="Be an external processor of Envoy at HOST:PORT or unix:PATH (gRPC).")
@click.option("--egress", is_flag=True, help="Be a forward proxy for what leaves: webhooks, calls to other services.")
@click.option("--listen", metavar="ADDR", default="127.0.0.1:8080", show_default=True, help="Where the proxy listens.")
@click.option("--policy", "policy_file", metavar="FILE", help="Its policy, read again when it changes.")
@click.option("--observe", is_flag=True, help="Change nothing, and log what would be done.")
@click.option("--tls-cert", metavar="FILE", default="", help="Certificate chain (PEM): connections are TLS.")
@click.option("--tls-key", metavar="FILE", default="", help="Its private key (PEM).")
@click.option("--upstream-ca", metavar="FILE", default="", help="Certificates that the upstream's is checked against.")
@click.option("--upstream-insecure", is_flag=True, help="Do not check the upstream's certificate.")
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True, help="In seconds.")
@click.option("--preserve-host", is_flag=True, help="Pass the client's Host header on.")
@click.option(
    "--status",
    metavar="PATH",
    default="/-/untag",
    show_default=True,
    help="Where health, ready and metrics (Prometheus) are; nothing for nowhere.",
)
@click.pass_context
def command(ctx: click.Context, /, *, limits: bool, **given: Any) -> None:
    """Keep ethnic tags out of requests and responses at run time.

    The guard is a reverse proxy (--upstream), a forward proxy for what leaves (--egress), an external processor of
    Envoy (--ext-proc), middleware for ASGI applications (untag.guard.asgi.Guard) and a function
    (untag.guard.engine.Engine); the commands write its policy, try it on a captured message and verify its log.

    \b
    Examples:
      untag guard policy -o guard.toml
      untag guard --upstream http://127.0.0.1:5000 --listen 0.0.0.0:8080 --policy guard.toml
      untag guard --egress --listen 127.0.0.1:3128 --policy guard.toml
      untag guard --ext-proc 127.0.0.1:9002 --policy guard.toml
      untag guard check response.json --path /v1/faces --policy guard.toml
      untag guard verify-log guard.jsonl --key key.pub
      untag guard --limits
    """  # noqa: D301
    if limits:
        from untag.guard.starter import LIMITS

        click.echo(LIMITS, nl=False)
    elif sum(map(bool, (given["upstream"], given["ext_proc"], given["egress"]))) > 1:
        raise UntagError("one of a reverse proxy (--upstream), a forward proxy (--egress), an external processor "
                         "(--ext-proc)")  # fmt: skip
    elif given["upstream"] and ctx.invoked_subcommand is None:
        _serve(given)
    elif given["egress"] and ctx.invoked_subcommand is None:
        _leave(given)
    elif given["ext_proc"] and ctx.invoked_subcommand is None:
        from untag.guard.envoy import serve

        serve(given["ext_proc"], given["policy_file"] or "", observe=given["observe"])
    elif ctx.invoked_subcommand is None:
        raise click.exceptions.NoArgsIsHelpError(ctx)


def _leave(given: dict[str, Any]) -> None:
    """Serve as a forward proxy until it is ended."""
    from untag.guard.egress import Egress, serve

    for flag in ("upstream_insecure", "preserve_host"):
        if given[flag]:
            raise UntagError(f"--{flag.replace('_', '-')} is for a reverse proxy (--upstream)")
    host, port = _listen(given)
    serve(
        Egress(
            host, port, given["policy_file"] or "", given["observe"], given["tls_cert"], given["tls_key"],
            given["upstream_ca"], given["timeout"], status=given["status"],
        )
    )  # fmt: skip


def _listen(given: dict[str, Any]) -> tuple[str, int]:
    """Where a proxy listens.

    Raises:
        UntagError: It is no address.
    """
    host, colon, port = given["listen"].rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UntagError(f"not an address to listen at: {given['listen']} (HOST:PORT)")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - ':8080' is what people write for every address


def _serve(given: dict[str, Any]) -> None:
    """Serve as a reverse proxy until it is ended."""
    from untag.guard.proxy import Proxy, serve

    host, port = _listen(given)
    serve(
        Proxy(
            given["upstream"], host, port, given["policy_file"] or "", given["observe"], given["tls_cert"],
            given["tls_key"], given["upstream_ca"], given["upstream_insecure"], given["timeout"],
            preserve=given["preserve_host"], status=given["status"],
        )
    )  # fmt: skip


@command.command("policy")
@click.option("-o", "--output", metavar="FILE", default="-", help="Where it goes; else to standard output.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def policy(output: str, *, force: bool) -> None:
    """Write a policy to start from, with every key explained.

    \b
    Examples:
      untag guard policy
      untag guard policy -o guard.toml
    """  # noqa: D301
    from pathlib import Path

    from untag.guard.starter import POLICY

    if output == "-":
        click.echo(POLICY, nl=False)
        return
    if Path(output).exists() and not force:
        raise UntagError(f"already there: {output} (--force writes over)")
    writable(output)
    write([(output, [POLICY])])


@command.command("check")
@click.argument("file")
@click.option("--policy", "policy_file", metavar="FILE", help="The policy; without one every route is undeclared.")
@click.option("--request", "asked", is_flag=True, help="FILE is the body of a request; alone it is a response's.")
@click.option("--delivery", is_flag=True, help="FILE is the body of a delivery: a webhook, a broker's message.")
@click.option("--type", "kind", metavar="TYPE", help="Media type of a body alone; else told by the suffix of FILE.")
@click.option("--method", metavar="METHOD", help="Method of the request.")
@click.option("--path", metavar="PATH", help="Path of the request, with its query.")
@click.option("-o", "--output", metavar="FILE", help="Where the body goes as it would be passed on.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def check(file: str, **given: Any) -> None:
    """Say what the guard would do with the request or response in FILE (- for standard input).

    FILE is a body alone, or a message of HTTP/1.1 as it was captured, with its first line and headers. Nothing is
    logged.

    \b
    Examples:
      untag guard check response.json --path /v1/faces
      untag guard check request.http --policy guard.toml
      curl -s https://example.org/v1/faces | untag guard check - --type application/json -o clean.json

    \b
    Exit codes: 0 it passes as it is, 1 something is left out or it is refused for a tag,
    2 your mistake or our crash, 3 it is refused because it cannot be read.
    """  # noqa: D301
    import json
    import sys
    from pathlib import Path

    from untag.config import contents
    from untag.guard.captured import message
    from untag.guard.engine import Engine
    from untag.guard.policy import Policy, load

    rules = load(Path(given["policy_file"])) if given["policy_file"] else Policy()
    data = sys.stdin.buffer.read() if file == "-" else contents(Path(file), f"cannot read {file}")
    if given["asked"] and given["delivery"]:
        raise UntagError("--request or --delivery, not both")
    way: Direction | None = "request" if given["asked"] else "delivery" if given["delivery"] else None
    asked: Message = message(data, file, way, given["kind"], given["method"], given["path"])
    if given["output"]:
        writable(given["output"])
    made = Engine(rules).judge(asked)
    problem = made.problem
    if given["output"]:
        out = problem.body() if problem is not None else made.message.body
        _bytes(given["output"], out)
    if given["as_json"]:
        row = {
            "verdict": f"would {made.would}" if made.would else made.action,
            "route": made.route,
            "removed": [{"zone": r.zone, "at": r.pointer, "rule": r.rule, "term": r.term} for r in made.removed],
            "problem": json.loads(problem.body()) if problem is not None else None,
            "note": made.note,
        }
        click.echo(json.dumps(row, indent=2))
    else:
        what = {"pass": "passes", "change": "passes without what is left out", "refuse": "is refused"}[made.action]
        click.echo(plain(f"the {asked.direction} {what} (route: {made.route})"))
        if made.would:
            click.echo(f"  the policy only observes: it would be {'refused' if made.would == 'refuse' else 'cut'}")
        if made.note:
            click.echo(plain(f"  {made.note}"))
        for one in dict.fromkeys(made.removed):
            click.echo(plain(f"  {one.zone} {one.pointer}: {one.term} (rule {one.rule})"))
        if problem is not None:
            click.echo(plain(f"  {problem.status} {problem.title}: {problem.detail}"))
    found = bool(made.removed) or made.action == "change"
    raise click.exceptions.Exit(1 if found else 3 if made.action == "refuse" or made.would else 0)


def _bytes(name: str, data: bytes) -> None:
    """Write bytes to a file or to standard output."""
    import os
    import sys
    import tempfile
    from pathlib import Path

    if name == "-":
        sys.stdout.buffer.write(data)
        return
    target = Path(os.path.realpath(name))
    try:
        with tempfile.NamedTemporaryFile(prefix=".untag-", dir=target.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(target)
    except OSError as error:
        raise UntagError(f"cannot write {name}: {(error.strerror or 'error').lower()}") from None


@command.command("verify-log")
@click.argument("log")
@click.option("--key", "keys", metavar="FILE", multiple=True, help="Public key that you trust (PEM); may be repeated.")
@click.option("--head", metavar="DIGEST", default="", help="Digest of a line that must be in it, as printed before.")
@click.option("--follows", metavar="DIGEST", default="", help="What its first line follows, if older files are away.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def verify_log(log: str, *, keys: tuple[str, ...], head: str, follows: str, as_json: bool) -> None:
    """Verify an audit LOG with all its files: that no line was changed, lost, added or moved.

    Prints the head, the digest of the last line: kept elsewhere and given with --head the next time, it shows that
    nothing was cut off. Without --key no signature is looked at.

    \b
    Examples:
      untag guard verify-log guard.jsonl
      untag guard verify-log guard.jsonl --key key.pub --head 9f86d081…

    \b
    Exit codes: 0 it verifies, 1 it does not, 2 your mistake or our crash.
    """  # noqa: D301
    import json
    from pathlib import Path

    from untag.guard.chain import verify

    seen = verify(Path(log), _checks(keys), head=head, first=follows)
    if as_json:
        row = {
            "verifies": seen.good, "lines": seen.lines, "last": seen.number, "head": seen.head, "faults": seen.faults,
            "remarks": seen.remarks, "signed": seen.signed, "checkpoints": seen.checkpoints, "unseen": seen.unseen(),
        }  # fmt: skip
        click.echo(json.dumps(row, indent=2))
    else:
        for fault in seen.faults[:50]:
            click.echo(plain(f"wrong: {fault}"))
        if len(seen.faults) > 50:
            click.echo(f"wrong: {len(seen.faults) - 50} more")
        for remark in seen.remarks:
            click.echo(plain(f"note: {remark}"))
        signed = f", {seen.checkpoints} checkpoints verified" if keys else ", no key given: signatures not looked at"
        click.echo(f"{'verifies' if seen.good else 'does not verify'}: {seen.lines} lines{signed}")
        click.echo(f"head: {seen.head}")
        click.echo(plain(seen.unseen()))
    if not seen.good:
        say("the log does not verify")
    raise click.exceptions.Exit(0 if seen.good else 1)


def _checks(names: tuple[str, ...]) -> Any:
    """What checks the signatures of checkpoints, or None where no key is trusted."""
    if not names:
        return None
    from pathlib import Path

    from untag.attest import dsse
    from untag.attest import key as keys
    from untag.guard.log import KIND

    trusted = {key.id: key for key in (keys.public(Path(name)) for name in names)}

    def checks(keyid: str, payload: bytes, signature: bytes) -> bool:
        key = trusted.get(keyid)
        return key is not None and key.verifies(signature, dsse.encode(payload, KIND))

    return checks
