"""When a signature was there at the latest: a token of a timestamp authority over its bytes (RFC 3161).

A token lies beside the signature as in-toto's witness writes it: ``"timestamps": [{"type": "tsp", "data": …}]``. It is
asked for over HTTP once, and is checked offline against roots that the verifier names. Whether a certificate was
revoked is not looked up.
"""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from untag.attest.dsse import Malformed
from untag.attest.token import LARGEST, canonical, certificates, response, token_of
from untag.config import contents
from untag.mistake import UntagError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.x509 import Certificate

__all__ = ["fresh", "ready", "roots", "stamped"]

NEEDS = "timestamps need the library rfc3161-client: pip install 'untag[timestamp]'"
#: Seconds that an authority may take.
_WAITED = 60


def ready(url: str) -> None:
    """See that an authority can be asked, before anything else is done.

    Raises:
        UntagError: The library is not there, or it is no address of the web.
    """
    from urllib.parse import urlsplit

    _library()
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
        whole = whole and (parts.port is None or parts.port > 0)
    except ValueError:
        whole = False
    if not whole:
        raise UntagError(f"{url} is no address of a timestamp authority (https://…)")


def fresh(url: str, signature: bytes) -> bytes:
    """Ask an authority for a token.

    Args:
        url: Where it is asked, as ``ready`` takes it. It is told a digest of the signature and nothing else.
        signature: What is to be stamped.

    Returns:
        The token in its one form.

    Raises:
        UntagError: It cannot be reached, refused, or what it sent is no token for what was asked.
    """
    library = _library()
    asked = library.TimestampRequestBuilder(data=signature, hash_algorithm=library.HashAlgorithm.SHA256).build()
    answer = _posted(url, asked.as_bytes())
    try:
        token = canonical(token_of(answer))
        info = library.decode_timestamp_response(response(token)).tst_info
    except Malformed as error:
        raise UntagError(f"{url} sent no timestamp: {error}") from None
    except ValueError:
        raise UntagError(f"{url} sent no timestamp: it cannot be read") from None
    imprint, wanted = info.message_imprint, asked.message_imprint
    same = (imprint.hash_algorithm, imprint.message) == (wanted.hash_algorithm, wanted.message)
    if not same or info.nonce != asked.nonce:
        raise UntagError(f"{url} sent a timestamp for something else")
    return token


def roots(paths: Sequence[Path]) -> list[Certificate]:
    """Certificates that a verifier trusts to state times.

    Args:
        paths: PEM files, each with one or several.

    Raises:
        UntagError: The library is not there, or a file cannot be read or holds none.
    """
    if not paths:
        return []
    _library()
    from cryptography import x509

    made = []
    for path in paths:
        data = contents(path, f"cannot read {path}")
        try:
            made += x509.load_pem_x509_certificates(data)
        except (ValueError, x509.InvalidVersion):
            raise UntagError(f"{path} holds no certificates in PEM") from None
    return made


def stamped(token: bytes, signature: bytes, trusted: Sequence[Certificate]) -> dt.datetime:
    """The time that a token states.

    Args:
        token: As it lay beside the signature.
        signature: Which it has to be about.
        trusted: Roots.

    Raises:
        Malformed: It is about something else, is not by an authority that is trusted, or differs from what such a one
            gave.
    """
    library = _library()
    with warnings.catch_warnings():
        # Of numbers of certificates that the library will refuse one day; here they are compared.
        warnings.simplefilter("ignore")
        if canonical(token) != token:
            raise Malformed("it is not written as it was kept")
        _led(certificates(token), trusted)
        try:
            read = library.decode_timestamp_response(response(token))
            checker = library.VerifierBuilder(roots=list(trusted)).build()
            checker.verify_message(read, signature)
        except library.VerificationError as error:
            raise Malformed(f"it does not verify: {str(error).rstrip('.')}") from None
        except ValueError:
            raise Malformed("it cannot be read") from None
        made: dt.datetime = read.tst_info.gen_time
    return made


def _led(path: Sequence[bytes], trusted: Sequence[Certificate]) -> None:
    """See that each certificate is by the next, the last by a root, and the first for timestamps alone (2.3)."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509.oid import ExtendedKeyUsageOID

    def by(lower: Certificate, upper: Certificate) -> bool:
        try:
            lower.verify_directly_issued_by(upper)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    try:
        rows = [x509.load_der_x509_certificate(row) for row in path]
        uses = rows[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise Malformed("a certificate in it cannot be read") from None
    except x509.ExtensionNotFound:
        raise Malformed("it is signed with a certificate that is not for timestamps") from None
    if list(uses) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Malformed("it is signed with a certificate that is not for timestamps alone")
    ends = [any(by(row, root) for root in trusted) for row in rows]
    if not any(ends):
        raise Malformed("no authority that is trusted here stands behind it")
    for lower, upper in pairwise(rows):
        if not by(lower, upper):
            raise Malformed("one of its certificates is not by the next")
    # One that leads on from a root is looked at by nobody, and could be any.
    if not ends[-1]:
        name = rows[-1].issuer.rfc4514_string()[:200]
        raise Malformed(f"its certificates lead on to another root, which is the one to trust: {name!r}")


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError:
        raise UntagError(NEEDS) from None
    return rfc3161_client


def _posted(url: str, data: bytes) -> bytes:
    """What comes back from an address; it is followed nowhere else."""
    from http.client import HTTPException
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Still(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    heads = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    asked = Request(url, data, heads)  # noqa: S310 - http or https, see ``ready``
    try:
        with build_opener(Still).open(asked, timeout=_WAITED) as answer:
            read: bytes = answer.read(LARGEST + 1)
    except (OSError, HTTPException, ValueError) as error:
        said = getattr(error, "code", None) or getattr(error, "reason", None) or type(error).__name__
        raise UntagError(f"cannot get a timestamp from {url}: {said}") from None
    if len(read) > LARGEST:
        raise UntagError(f"cannot get a timestamp from {url}: its answer is larger than {LARGEST >> 10} KiB")
    return read
