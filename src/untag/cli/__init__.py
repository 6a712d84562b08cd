"""The command line: arguments, printing and exit codes; no logic."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import TYPE_CHECKING, NoReturn, Self

import click

import untag
from untag.cli._out import plain, say, unpipe
from untag.mistake import UntagError
from untag.registry import names

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["cli", "main"]


class _Group(click.Group):
    """Commands, each a module of this room; one is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """Their names."""
        return list(names(__name__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """One by name; None where there is none."""
        if cmd_name not in names(__name__):
            return None
        made: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return made

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Look a command up; for a mistyped one the nearest is named."""
        known = names(__name__)
        if args and not args[0].startswith("-") and args[0] not in known:
            from untag.config import nearest

            raise click.UsageError(f"no such command {args[0]!r}{nearest(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(untag.__version__, prog_name="untag")
def cli() -> None:
    """Find ethnic tags in biometric software, prove them, and keep them out.

    \b
    Examples:
      untag scan .
      untag scan sdk/ --format json -o report.json --format html -o report.html
      untag explain uyghur
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped


class _Crash:
    """Our own crash is exit code 2 and asks for a report; the one broad ``except`` stands elsewhere."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not issubclass(kind, Exception):
            return
        import traceback

        for line in traceback.format_exception(kind, error, trace):
            for part in line.rstrip("\n").split("\n"):
                print(plain(part), file=sys.stderr)
        say("this is a crash of untag itself; please report it with the lines above")
        sys.exit(2)


def main() -> NoReturn:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # Text that a terminal cannot show must not stop a report.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # The lexicon is a hundred thousand small objects that stay: looking at them again and again only costs time.
    gc.set_threshold(100_000, 20, 50)
    code: object = 0
    with _Crash():
        try:
            code = cli.main(prog_name="untag", standalone_mode=False)
        except UntagError as error:
            say(error)
            code = 2
        except click.exceptions.NoArgsIsHelpError as error:
            print(error.format_message(), file=sys.stderr)
            code = 2
        except click.ClickException as error:
            say(error.format_message())
            code = 2
        except (click.Abort, KeyboardInterrupt):
            say("interrupted before there was anything to report")
            code = 130
        except BrokenPipeError:
            unpipe()
            code = 0
    # What is left goes with the process: to look at all of it once more takes a sixth of a small scan.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
