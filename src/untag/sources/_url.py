"""URLs of databases: taken apart, and told without what is secret in them."""

from __future__ import annotations

from msgspec import Struct

from untag.later import later
from untag.mistake import UntagError

__all__ = ["SCHEMES", "Url", "is_url", "redacted", "scrubbed", "taken"]

#: Schemes that are read, and what each is called.
SCHEMES = {
    "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite",
}  # fmt: skip
_SCHEME = later(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_URL = later(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://"
    r"(?:(?P<user>[^:/?#@\s]*)(?::(?P<password>[^/?#@\s]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:/?#@\s]*)(?::(?P<port>\d{1,5}))?"
    r"(?:/(?P<base>[^?#@\s]*))?(?:\?(?P<query>[^#\s]*))?"
)
#: Parameters whose values are no secret.
_PLAIN = frozenset({
    "application_name", "channel_binding", "charset", "connect_timeout", "dbname", "gssencmode", "host", "hostaddr",
    "mode", "port", "sslmode", "ssl_verify_cert", "ssl_verify_identity", "target_session_attrs", "unix_socket", "user",
})  # fmt: skip
_HIDDEN = "***"


class Url(Struct, frozen=True):
    """A URL, taken apart; percent escapes are resolved."""

    scheme: str
    driver: str
    user: str
    password: str | None
    host: str
    port: int | None
    base: str
    query: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        names = [name for name in self.__struct_fields__ if name not in {"password", "query"}]
        shown = (f"{name}={getattr(self, name)!r}" for name in names)
        return f"Url({', '.join(shown)})"

    @property
    def dialect(self) -> str:
        """Which of the databases that are read it is, or nothing."""
        return SCHEMES.get(self.scheme, "")


def is_url(spec: str) -> bool:
    """Whether an INPUT begins like a URL."""
    return _SCHEME.match(spec) is not None


def redacted(spec: str) -> str:
    """A URL as it may be told: the password is hidden, and every parameter that is not known to be harmless.

    Of what cannot be taken apart only the scheme is left, since anything may be part of a password.
    """
    found = _URL.fullmatch(spec)
    if found is None:
        return spec[: spec.index("://") + 3] + _HIDDEN
    whom = ""
    if found["user"] is not None:
        whom = found["user"] + (f":{_HIDDEN}" if found["password"] else "") + "@"
    out = f"{found['scheme']}://{whom}{found['host']}" + (f":{found['port']}" if found["port"] else "")
    out += f"/{found['base']}" if found["base"] is not None else ""
    if found["query"]:
        pairs = (row.partition("=") for row in found["query"].split("&"))
        out += "?" + "&".join(f"{key}={value if key.lower() in _PLAIN else _HIDDEN}" for key, _, value in pairs)
    return out


def scrubbed(text: str, url: Url) -> str:
    """A sentence of a library, in one line and without anything secret of a URL."""
    for secret in (url.password, *(value for key, value in url.query if key.lower() not in _PLAIN)):
        if secret:
            text = text.replace(secret, _HIDDEN)
    return " ".join(text.split())[:200]


def taken(spec: str) -> Url:
    """Take a URL apart.

    Raises:
        UntagError: It is none, or of nothing that is read; the sentence holds no password.
    """
    from urllib.parse import parse_qsl, unquote  # a scan of files needs nothing of it

    found = _URL.fullmatch(spec)
    if found is None:
        said = "signs such as @ : / ? # in user and password are written as %40 %3A %2F %3F %23"
        raise UntagError(f"{redacted(spec)}: not a URL that can be taken apart; {said}")
    scheme, _, driver = found["scheme"].lower().partition("+")
    if scheme not in SCHEMES:
        raise UntagError(
            f"{redacted(spec)}: databases are read by postgresql://, mysql://, mariadb:// and sqlite:///; "
            "of others scan a dump of the schema"
        )
    return Url(
        scheme,
        driver,
        unquote(found["user"] or ""),
        unquote(found["password"]) if found["password"] is not None else None,
        found["host"].strip("[]"),
        int(found["port"]) if found["port"] else None,
        unquote(found["base"] or ""),
        tuple(parse_qsl(found["query"] or "", keep_blank_values=True)),
    )
