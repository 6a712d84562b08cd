"""``untag lexicon``."""

from __future__ import annotations

import click

from untag.cli._out import show

__all__ = ["command"]


@click.command("lexicon")
@click.argument("word", required=False)
@click.option("--forms", is_flag=True, help="Every written form, one a line, fit for rg -F -f.")
@click.option("--language", metavar="TAG", help="Only forms of a language (zh, ru, code, …).")
@click.option("--kind", metavar="KIND", help="Only terms of a kind (attribute, group, colour, proxy, context).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(word: str | None, *, forms: bool, language: str | None, kind: str | None, as_json: bool) -> None:
    """List the words untag knows, or search them for WORD (in forms, glosses and ids).

    \b
    Examples:
      untag lexicon
      untag lexicon этнич
      untag lexicon --kind group --language zh
      untag lexicon --forms > forms.txt
    """  # noqa: D301
    from untag import explain

    show([explain.lexicon(word, forms=forms, language=language, kind=kind, as_json=as_json)])
