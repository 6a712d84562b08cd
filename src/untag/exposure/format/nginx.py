"""Access logs of nginx in JSON, as its documentation and most guides lay them out (``log_format … escape=json``)."""

from __future__ import annotations

from untag.exposure.format._object import Objects

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
