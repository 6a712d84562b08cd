"""Access logs in Alibaba Cloud's Log Service (SLS) as they are exported: lines of JSON with ``__time__``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from untag.exposure.format._object import Objects

if TYPE_CHECKING:
    from untag.exposure.row import Body, Row

__all__ = ["AliyunslsFormat"]

#: Bytes from which a body may be cut: sizes in these logs are with headers and tell nothing.
_MOST = 10_000


class AliyunslsFormat(Objects):
    """Of load balancers, API Gateway, the web firewall, ingress and OSS."""

    name = "aliyunsls"
    title = "Alibaba Cloud Log Service: SLB, ALB, API Gateway, ingress, WAF, OSS"
    source = "https://www.alibabacloud.com/help/en/sls/"
    limits = "Bodies are held only by API Gateway on dedicated instances, each cut at 10 KB."
    rank = 3
    bodies = True
    needs = (
        ("__time__", "__timestamp__", "__topic__", "__source__"),
        ("request_uri", "url", "requestPath", "path", "object", "uri"),
        ("request_method", "method", "httpMethod"),
    )
    names = {  # noqa: RUF012 - as declared
        "time": ("__time__", "requestHandleTime", "time_iso8601", "time"),
        "key": ("consumerAppKey", "appId", "requester_id", "access_id"),
        "user": ("remote_user", "consumerAppName"),
        "address": ("client_ip", "clientIp", "real_client_ip", "remote_addr", "http_x_forwarded_for"),
        "method": ("request_method", "httpMethod", "method"),
        "target": ("request_uri", "request_path", "requestPath", "url", "path", "uri", "object"),
        "query": ("querystring", "requestQueryString", "args"),
        "status": ("status", "http_status", "statusCode"),
        "size": ("body_bytes_sent", "response_body_length"),
        "asked": ("requestBody", "request_body"),
        "answered": ("responseBody", "response_body"),
    }

    def made(self, row: dict[str, Any]) -> Row:
        """As for ``Objects``; bodies of the greatest length that is kept count as cut."""
        made = super().made(row)
        made.asked, made.answered = _cut(made.asked), _cut(made.answered)
        return made


def _cut(body: Body | None) -> Body | None:
    return body._replace(cut=True) if body is not None and len(body.data) >= _MOST else body
