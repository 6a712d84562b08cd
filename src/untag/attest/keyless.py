"""Bundles signed without a key of one's own: Sigstore's (bundle v0.3), where an identity stands for the key.

An authority gives a certificate of ten minutes to whom an identity provider vouches for, and a public log keeps that it
was used. All that is done by the library ``sigstore``. To sign, these services are asked; to verify nothing is fetched:
who verifies names the identity and its issuer, and maybe a file with other roots than those that the library carries.

Source: https://github.com/sigstore/protobuf-specs (bundle, trusted root, client trust config).
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import LARGEST, TYPE, Malformed, strict
from untag.config import contents
from untag.mistake import UntagError

if TYPE_CHECKING:
    from pathlib import Path

    from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
    from sigstore.oidc import IdentityToken

__all__ = ["Identity", "Keyless", "payload", "verified"]

NEEDS = "bundles of Sigstore need the library sigstore: pip install 'untag[sigstore]'"
_MEDIA = "application/vnd.dev.sigstore.bundle.v0.3+json"
#: Where a token is looked for, as Sigstore's other clients do.
_TOKEN = "SIGSTORE_ID_TOKEN"  # noqa: S105 - the name of a variable
#: A line of a checkpoint with a signature.
_SIGNER = re.compile(r"— [!-~]+ [A-Za-z0-9+/=]+")
#: Whose roots the library carries.
_PUBLIC = "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a verifier trusts.

    Attributes:
        name: An address of mail, or what a provider of workflows says.
        issuer: Who vouches for that: the address of an identity provider.
        root: File with the roots of trust (trusted root, JSON); None for those of the public services.
    """

    name: str
    issuer: str
    root: Path | None = None

    def ready(self) -> TrustedRoot:
        """The roots.

        Raises:
            UntagError: The library is not there, or the file is none.
        """
        _library()
        from importlib.resources import as_file, files

        from sigstore.errors import Error
        from sigstore.models import TrustedRoot

        if self.root is not None:
            contents(self.root, f"cannot read {self.root}")
            try:
                made = TrustedRoot.from_file(str(self.root))
                made.get_fulcio_certs()
            except (Error, ValueError):
                raise UntagError(f"{self.root} is no trusted root of Sigstore (JSON)") from None
            return made
        with as_file(files("sigstore") / "_store" / _PUBLIC / "trusted_root.json") as path:
            return TrustedRoot.from_file(str(path))


@dataclass(frozen=True, slots=True)
class Keyless:
    """Signs with an identity; see ``untag.attest.signer.Signer``.

    Attributes:
        services: File with the services that are asked and their roots (client trust config, JSON); None for the public
            ones, whose present state is fetched.
        token: File with an identity token; None for one of the environment.
    """

    services: Path | None = None
    token: Path | None = None

    def ready(self) -> None:
        """See that an identity is at hand, before anything else is done.

        Raises:
            UntagError: The library is not there, or there is none.
        """
        _library()
        if self.services is not None:
            self._config()
        if not _asked():
            self._identity()

    def sealed(self, made: bytes) -> tuple[str, str]:
        """A signed bundle as one line of JSON, and who signed it.

        Args:
            made: The statement.

        Raises:
            UntagError: A service cannot be reached or refuses, or the statement is one that Sigstore does not take.
        """
        from sigstore._internal.fulcio.client import ExpiredCertificate, FulcioClientError
        from sigstore._internal.rekor import RekorClientError
        from sigstore.dsse import Statement
        from sigstore.errors import Error
        from sigstore.oidc import ExpiredIdentity
        from sigstore.sign import SigningContext

        try:
            statement = Statement(made)
        except Error:
            raise UntagError(
                "Sigstore signs only what has a subject with a SHA-256: scan an input with files"
            ) from None
        token = self._identity()
        wrong = (Error, FulcioClientError, RekorClientError, ExpiredCertificate, ExpiredIdentity)
        try:
            with SigningContext.from_trust_config(self._config()).signer(token) as signer:
                bundle = signer.sign_dsse(statement)
        except wrong as error:
            raise UntagError(f"Sigstore did not sign: {_line(error)}") from None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UntagError(f"cannot reach Sigstore's services: {_line(error)}") from None
        return bundle.to_json() + "\n", f"{token.identity} ({token.federated_issuer})"

    def signed(self, _: bytes) -> bool:
        """Whether a bundle is by the same; of keyless ones that is for who verifies to say."""
        return False

    def _config(self) -> ClientTrustConfig:
        from sigstore.errors import Error
        from sigstore.models import ClientTrustConfig

        if self.services is None:
            try:
                return ClientTrustConfig.production()
            except Error as error:
                raise UntagError(f"cannot fetch what Sigstore's services are: {_line(error)}") from None
        data = contents(self.services, f"cannot read {self.services}")
        try:
            made = ClientTrustConfig.from_json(data.decode())
            _ = made.signing_config, made.trusted_root
        except (Error, ValueError):
            raise UntagError(f"{self.services} is no client trust config of Sigstore (JSON)") from None
        return made

    def _identity(self) -> IdentityToken:
        """Who signs: by a file, by the environment, by the machine that runs it, or, on a terminal, by asking."""
        from sigstore.errors import Error
        from sigstore.oidc import IdentityError, IdentityToken, Issuer, IssuerError, detect_credential

        try:
            if self.token is not None:
                raw: str | None = contents(self.token, f"cannot read {self.token}").decode().strip()
            else:
                raw = os.environ.get(_TOKEN) or detect_credential()
            if raw is not None:
                return IdentityToken(raw)
            if not _asked():
                raise UntagError(
                    f"nothing here says who signs: give --identity-token FILE or {_TOKEN}, or run it in a workflow "
                    "that has an identity"
                )
            return Issuer(self._config().signing_config.get_oidc_url()).identity_token()
        except (IdentityError, IssuerError, ValueError) as error:
            raise UntagError(f"the identity token cannot be used: {_line(error)}") from None
        except (Error, OSError) as error:
            raise UntagError(f"cannot get an identity token: {_line(error)}") from None


def payload(data: bytes) -> bytes | None:
    """The statement of a bundle of Sigstore, unverified; None where it is another kind of bundle.

    Raises:
        Malformed: It begins as one and is none.
    """
    row = _row(data)
    if row is None:
        return None
    try:
        return base64.b64decode(row["dsseEnvelope"]["payload"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise Malformed("it is a bundle of Sigstore without a statement") from None


def verified(data: bytes, who: Identity) -> bytes:
    """The statement of a bundle that an identity signed.

    Args:
        data: The bundle.
        who: Whom the verifier trusts.

    Raises:
        Malformed: It is none, is by somebody else, or differs from what was signed and logged.
        UntagError: The library is not there, or the roots cannot be used.
    """
    root = who.ready()
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from sigstore.errors import Error
    from sigstore.models import Bundle
    from sigstore.verify import Verifier, policy

    row = _row(data)
    if row is None or row["mediaType"] != _MEDIA:
        raise Malformed("it is no bundle of Sigstore of version 0.3")
    damaged = (ValueError, TypeError, AttributeError, LookupError, struct.error, AssertionError, UnsupportedAlgorithm,
               x509.ExtensionNotFound, x509.InvalidVersion, x509.DuplicateExtension)  # fmt: skip
    known = policy.Identity(identity=who.name, issuer=who.issuer)
    try:
        bundle = Bundle.from_json(data)
        _exact(bundle, row)
    except (Error, *damaged):
        raise Malformed("it is no bundle of Sigstore, or not written in its one form") from None
    try:
        known.verify(bundle.signing_certificate)
    except (Error, *damaged):
        # The library's own words name who signed: that is nothing for a report.
        raise Malformed("it is not by the identity and issuer that are trusted here") from None
    try:
        kind, made = Verifier(trusted_root=root).verify_dsse(bundle, known)
    except Error as error:
        raise Malformed(f"Sigstore's library does not verify it: {_line(error)}") from None
    except damaged:
        raise Malformed("it is damaged") from None
    if kind != TYPE:
        raise Malformed(f"its payload is not of type {TYPE}")
    return made


def _row(data: bytes) -> dict[str, Any] | None:
    if len(data) > LARGEST:
        raise Malformed(f"it is larger than {LARGEST >> 20} MiB")
    row = strict(data)
    return row if isinstance(row, dict) and "mediaType" in row else None


def _exact(bundle: Bundle, row: dict[str, Any]) -> None:
    """See that a bundle says nothing that is under no signature, and says it in one way.

    The library looks neither at what is unknown in base64 nor at how large the tree is said to be, which the checkpoint
    says under a signature, nor at the name of who signed that.

    Raises:
        ValueError: It does.
    """
    if json.loads(bundle.to_json()) != row:
        raise ValueError("not in its one form")
    (entry,) = row["verificationMaterial"]["tlogEntries"]
    proof = entry["inclusionProof"]
    note = proof["checkpoint"]["envelope"].split("\n")
    origin, size = note[:2]
    *signers, last = note[note.index("") + 1 :]
    whole = not last and all(map(_SIGNER.fullmatch, signers))
    # The log's own line has its name; witnesses may stand below.
    if size != proof["treeSize"] or not whole or not signers[0].startswith(f"— {origin.split(' - ')[0]} "):
        raise ValueError("its checkpoint says something else")


def _asked() -> bool:
    """Whether somebody sits at a terminal who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _line(error: Exception) -> str:
    """What went wrong, in one line."""
    return (str(error).strip() or type(error).__name__).split("\n")[0][:300]


def _library() -> None:
    try:
        import sigstore.models  # noqa: F401
    except ImportError:
        raise UntagError(NEEDS) from None
    # What it has to say it raises; its warnings would be printed by Python where nobody handles them.
    logging.getLogger("sigstore").addHandler(logging.NullHandler())
