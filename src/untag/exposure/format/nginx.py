"""Access logs of nginx in JSON, as its documentation and most guides lay them out (``log_format … escape=json``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from untag.exposure.format._object import Objects, whole

if TYPE_CHECKING:
    from untag.exposure.row import Row

__all__ = ["NginxFormat"]


class NginxFormat(Objects):
    """Fields are named as nginx's own variables."""

    name = "nginx"
    title = "nginx access log in JSON"
    source = "https://nginx.org/en/docs/http/ngx_http_log_module.html"
    limits = "It holds no response; a request's body only where $request_body is logged."
    bodies = True
    needs = (
        ("remote_addr", "http_x_forwarded_for", "x_forwarded_for"),
        ("request_uri", "request", "uri"),
        ("status",),
    )
    names = {  # noqa: RUF012 - as declared
        "time": ("time_iso8601", "time_local", "msec", "time", "timestamp", "@timestamp"),
        "key": ("http_x_api_key", "ssl_client_s_dn"),
        "user": ("remote_user",),
        "address": ("remote_addr", "http_x_forwarded_for", "x_forwarded_for"),
        "method": ("request_method", "method"),
        "target": ("request_uri", "uri"),
        "query": ("args", "query_string"),
        "line": ("request",),
        "status": ("status",),
        "size": ("body_bytes_sent", "bytes_sent"),
        "asked": ("request_body",),
        "asked_type": ("content_type", "http_content_type"),
        "asked_size": ("content_length",),
        "answered": ("resp_body", "response_body"),
        "answered_type": ("sent_http_content_type",),
    }

    def made(self, row: dict[str, Any]) -> Row:
        """As for ``Objects``; a body that is logged as an empty text was mostly not read by nginx, and is not there."""
        made = super().made(row)
        if made.asked is not None and not made.asked.data and not made.asked.cut:
            made.asked = made.asked if whole(self._picker(row)("asked_size")) == 0 else None
        if made.answered is not None and not made.answered.data and not made.answered.cut and not made.nothing:
            made.answered = None
        return made
