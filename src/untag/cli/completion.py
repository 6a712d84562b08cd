"""``untag completion``."""

from __future__ import annotations

import click

from untag.cli._out import show
from untag.mistake import UntagError

__all__ = ["command"]


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(context: click.Context, /, shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    Examples:
      untag completion bash > ~/.local/share/bash-completion/completions/untag
      untag completion zsh > ~/.zfunc/_untag
      untag completion fish > ~/.config/fish/completions/untag.fish
    """  # noqa: D301
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise UntagError(f"no completion for {shell}")
    source = made(context.find_root().command, {}, "untag", "_UNTAG_COMPLETE")
    show([source.source_template % source.source_vars(), "\n"])
