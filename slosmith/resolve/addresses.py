"""The address of a dependency: HOST, HOST:PORT, or a URL."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# What DNS resolves, Kubernetes' names and those with an underscore among them.
_HOST = re.compile(
    r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?"
)
_MAX_HOST = 253
# Of a URL: what RFC 3986 allows, without what a copied command may not hold.
_REST = re.compile(r"[A-Za-z0-9/?:@!$&'()*+,;=._~%#\[\]-]*")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """`host` without brackets; `url` is empty unless the address was one."""

    host: str
    port: int | None
    url: str = ""


def parse(text: str, usual_port: int | None, *, takes_url: bool) -> Address | str:
    """The address, or what is wrong with it. Without a port it has the usual one."""
    if "://" in text:
        # A URL may hold a password, so it is not shown.
        return (
            _url(text) if takes_url else f"a URL; write HOST:PORT, such as {_example(usual_port)}"
        )
    found = _host_and_port(text)
    if found is None:
        wanted = "HOST:PORT or a URL" if takes_url else "HOST:PORT"
        return f"`{text}` is no address; write {wanted}, such as {_example(usual_port)}"
    host, port = found
    return Address(host, usual_port if port is None else port)


def _example(port: int | None) -> str:
    return f"users-db.prod.svc.cluster.local:{port or 8080}"


def _host_and_port(text: str) -> tuple[str, int | None] | None:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or not _is_ip(host, 6):
            return None
    else:
        host, colon, port = text.partition(":")
        rest = colon + port
        if not _HOST.fullmatch(host) or len(host) > _MAX_HOST:
            return None
        # A name of digits and dots alone is read as an IP address.
        if re.fullmatch(r"[0-9.]+", host) and not _is_ip(host, 4):
            return None
    if not rest:
        return host, None
    if not re.fullmatch(r":[0-9]{1,5}", rest) or not 1 <= int(rest[1:]) <= 65535:
        return None
    return host, int(rest[1:])


def _is_ip(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version and "%" not in text
    except ValueError:
        return False


def _url(text: str) -> Address | str:
    scheme, _, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        # Not shown: it may be a password.
        return "the address holds a user or a password, and generated files are committed"
    found = _host_and_port(authority)
    if scheme not in _PORTS or found is None or not _REST.fullmatch(rest):
        return f"`{text}` is no URL; write http:// or https://, a host, and a path in ASCII"
    try:
        urlsplit(text)
    except ValueError:
        return f"`{text}` is no URL"
    host, port = found
    return Address(host, _PORTS[scheme] if port is None else port, text)
