"""Who signs a statement: a key, or (``keyless``) an identity; and what a bundle says, whichever signed it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from untag.attest import dsse, keyless, stamp

if TYPE_CHECKING:
    from untag.attest.key import PrivateKey

__all__ = ["Keyed", "Signer", "unverified"]


class Signer(Protocol):
    """Signs statements."""

    def sealed(self, made: bytes) -> tuple[str, str]:
        """A signed bundle, and who signed it.

        Args:
            made: The statement.

        Raises:
            UntagError: Somebody else is asked for it, and cannot be reached or refuses.
        """

    def signed(self, data: bytes) -> bool:
        """Whether a bundle is by the same, as far as that can be told here."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """Signs with a key.

    Attributes:
        key: The key.
        authority: Address of a timestamp authority that is asked for a token over the signature.
    """

    key: PrivateKey
    authority: str = ""

    def sealed(self, made: bytes) -> tuple[str, str]:
        """See ``Signer``."""
        asked = partial(stamp.fresh, self.authority) if self.authority else None
        return dsse.sealed(made, self.key, asked), self.key.public.id

    def signed(self, data: bytes) -> bool:
        """See ``Signer``."""
        if keyless.payload(data) is not None:
            return False
        return dsse.opened(data, stamped=True).signer([self.key.public]) is not None


def unverified(data: bytes) -> bytes:
    """The statement of a bundle, whoever signed it.

    Raises:
        Malformed: It is no bundle.
    """
    made = keyless.payload(data)
    return dsse.opened(data, stamped=True).payload if made is None else made
