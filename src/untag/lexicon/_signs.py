"""What the sieve needs at every start: signs of words and escapes in bytes, apart from what compiles the lexicon."""

from __future__ import annotations

__all__ = ["ASK", "GLUED", "LEFT", "RIGHT", "WORTH", "is_loose"]

#: How a comment that speaks to untag begins.
ASK = "untag:"
#: Word boundaries of ASCII text as ``fold.cut`` makes them; beside other bytes a boundary is taken for granted. Behind
#: the escape of a control character begins a word, too: a reader resolves it.
LEFT = rb"(?:(?<![A-Za-z])|(?<=\\[abefnrtv])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z\x80-\xff]))"
RIGHT = rb"(?:(?![A-Za-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z\x80-\xff]))"
#: Where a word may begin that a prefix is glued to; a comment: what decides is looked at apart, once for all.
GLUED = rb"(?#glued)"
#: Escapes of characters, as far as they can matter: what only writes ASCII signs (%02x, \x00) is not worth a second
#: look.
WORTH = (
    rb"\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\U[0-9a-fA-F]{8}|\\x[2-7a-fA-F89][0-9a-fA-F]|\\[1-3][0-7]{2}"
    rb"|%[a-fA-F89][0-9a-fA-F]%|%[4-7][0-9a-fA-F]%|[A-Za-z]%20[A-Za-z]"
    rb"|&#[0-9]{2,7};|&#[xX][0-9a-fA-F]{2,6};"
    rb"|&(?:nbsp|ensp|emsp|[A-Za-z]{1,2}(?:acute|grave|circ|uml|tilde|cedil|ring|slash|caron|lig));"
)


def is_loose(source: bytes) -> bool:
    """Whether a pattern lets the letters of an inflected ending follow its words."""
    return b"[A-Za-z]{0," in source
