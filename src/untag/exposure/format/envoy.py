"""Access logs of Envoy (and Istio, which sets it up) in JSON."""

from __future__ import annotations

from untag.exposure.format._object import Objects

__all__ = ["EnvoyFormat"]


class EnvoyFormat(Objects):
    """Fields are named as in Envoy's default format in JSON."""

    name = "envoy"
    title = "Envoy or Istio access log in JSON"
    source = "https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage"
    limits = "It holds no bodies."
    rank = 2
    needs = (("start_time",), ("path", "x-envoy-original-path", ":path"), ("response_code",))
    names = {  # noqa: RUF012 - as declared
        "time": ("start_time",),
        "key": ("x_api_key", "downstream_peer_subject"),
        "user": ("requested_user", "user"),
        "address": ("downstream_remote_address_without_port", "x_forwarded_for", "downstream_remote_address",
                    "downstream_direct_remote_address"),
        "method": ("method", ":method"),
        "target": ("x-envoy-original-path", "path", ":path"),
        "status": ("response_code",),
        "size": ("bytes_sent",),
    }  # fmt: skip
