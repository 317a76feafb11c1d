"""One POST to an address that somebody typed in: only by https, never into the house, never for long (SSRF).

Called by `accounts/webhooks.py` and by the form in which RevOps types the address. The name is looked up here, every address it
stands for is judged, and the one that was judged is the one connected to: a name that changes its mind in between gains nothing.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from urllib.parse import urlsplit

from django.conf import settings

CONNECT, ALTOGETHER = 4.0, 8.0  # seconds


class Failed(Exception):
    """It did not arrive. `is_everybodys`: the address does not answer, so that nothing else need be tried there now."""

    def __init__(self, words: str, is_everybodys: bool = True):
        super().__init__(words)
        self.words, self.is_everybodys = words, is_everybodys


class Unfit(ValueError):
    """An address that nothing is ever sent to, with words for the person who typed it."""


def parse(url: str) -> tuple[str, int, str, bool]:
    """Return host, port, path and whether it is one inside the house that is allowed. Raises Unfit. Looks nothing up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unfit("That is no address. Example: https://hooks.example.com/leadops") from None
    host = parts.hostname or ""
    if not url.isascii() or not url.isprintable() or " " in url or not host:
        raise Unfit("That is no address. Example: https://hooks.example.com/leadops")
    port = port or (443 if parts.scheme == "https" else 80)
    is_ours = f"{host}:{port}" in settings.LEADOPS_WEBHOOK_HOSTS
    if parts.scheme != "https" and not (is_ours and parts.scheme == "http"):
        raise Unfit("The address begins with https://.")
    if parts.username is not None or parts.password is not None:
        raise Unfit("An address with a name and password in it is not taken.")
    if parts.fragment:
        raise Unfit("An address has no part after #.")
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), is_ours


def resolve(host: str, port: int, is_ours: bool) -> list[tuple]:
    """Look the host up, and return where to connect. Raises Unfit where any of its addresses lies inside a house."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failed(f"{host} was not found") from None
    for _family, _kind, _proto, _name, address in found:
        if not is_ours and not is_outside(address[0]):
            raise Unfit(f"{host} is an address inside a house ({address[0]}).")
    return found


def is_outside(address: str) -> bool:
    """Say whether an IP address is one of the public internet. Pure."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if inner is None and ip.version == 6 and ip in ipaddress.ip_network("64:ff9b::/96"):
        inner = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not ip.is_multicast and (inner is None or is_outside(str(inner)))


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send a body, and return the status of an answer that says it arrived (2xx). Raises Failed. Follows no way elsewhere."""
    try:
        host, port, path, is_ours = parse(url)
        where = resolve(host, port, is_ours)
    except Unfit as problem:
        raise Failed(str(problem)) from None
    link = _Link(host, port, where[0], is_tls=url.startswith("https:"))
    # Each step has its own patience; a receiver that drips byte by byte has all of it only once.
    over = threading.Timer(ALTOGETHER, link.cut)
    over.daemon = True
    over.start()
    try:
        link.request("POST", path, body, headers)
        status = link.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Failed("it took too long" if link.is_cut else _said(problem)) from None
    finally:
        over.cancel()
        link.close()
    if 200 <= status < 300:
        return status
    raise Failed(
        f"it answered {status}", is_everybodys=status >= 500 or status == 429 or status in (401, 403, 404, 410)
    )


def _said(problem: Exception) -> str:
    return "it took too long" if isinstance(problem, TimeoutError) else f"{type(problem).__name__}"


class _Link(http.client.HTTPConnection):
    """A connection to one address that was judged, under the name it was typed as."""

    def __init__(self, host: str, port: int, where: tuple, *, is_tls: bool):
        super().__init__(host, port, timeout=CONNECT)
        self.where, self.is_tls, self.is_cut = where, is_tls, False
        self.default_port = 443 if is_tls else 80

    def connect(self) -> None:
        family, kind, proto, _name, address = self.where
        self.sock = socket.socket(family, kind, proto)
        self.sock.settimeout(self.timeout)
        self.sock.connect(address)
        if self.is_tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        self.is_cut = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
