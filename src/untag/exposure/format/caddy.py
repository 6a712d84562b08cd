"""Access logs of Caddy: JSON, the request as an object with its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from untag.exposure.format._object import Objects, text

if TYPE_CHECKING:
    from untag.exposure.row import Row

__all__ = ["CaddyFormat"]


class CaddyFormat(Objects):
    """As Caddy writes them unless told otherwise."""

    name = "caddy"
    title = "Caddy access log"
    source = "https://caddyserver.com/docs/logging"
    limits = "It holds no bodies."
    plain = False
    needs = (("request.uri",), ("request.method",), ("status",))
    names = {  # noqa: RUF012 - as declared
        "time": ("ts",),
        "user": ("user_id",),
        "address": ("request.client_ip", "request.remote_ip", "request.remote_addr"),
        "method": ("request.method",),
        "target": ("request.uri",),
        "status": ("status",),
        "size": ("size",),
    }

    def made(self, row: dict[str, Any]) -> Row:
        """As for ``Objects``, with the headers of the request."""
        made = super().made(row)
        request = row.get("request")
        headers = request.get("headers") if isinstance(request, dict) else None
        if isinstance(headers, dict):
            made.headers = tuple((str(name).lower(), text(value)) for name, value in headers.items())
        return made
