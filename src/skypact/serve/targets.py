"""Where outputs go: URLs read to targets, and what they ask for opened.

``udp://HOST:PORT[?ttl=N&interface=ADDR]``, ``tcp://HOST:PORT`` (connects), ``tcp://HOST:PORT?listen``
(is connected to), ``tls://HOST:PORT?ca=FILE&certificate=FILE&key=FILE[&name=HOST][&listen]``,
``file:PATH[?daily]``.
"""

import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from skypact.errors import ConfigError

_OPTIONS: Final = {
    "udp": frozenset({"ttl", "interface"}),
    "tcp": frozenset({"listen", "clients"}),
    "tls": frozenset({"listen", "clients", "ca", "certificate", "key", "name"}),
    "file": frozenset({"daily"}),
}
MOST_CLIENTS: Final = 64
"""That a listening output takes at a time, where its URL does not say."""
_GRAMMAR: Final = (
    "udp://HOST:PORT[?ttl=N&interface=ADDR], tcp://HOST:PORT[?listen&clients=N],"
    " tls://HOST:PORT?ca=FILE&certificate=FILE&key=FILE[&name=HOST&listen], or file:PATH[?daily]"
)


class Target(NamedTuple):
    """One place to send to."""

    url: str
    kind: str
    """``udp``, ``tcp``, ``tls`` or ``file``."""
    host: str = ""
    port: int = 0
    listen: bool = False
    clients: int = MOST_CLIENTS
    ttl: int | None = None
    interface: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    name: str = ""
    """That the server's certificate must bear, where it is not the host."""
    path: str = ""
    daily: bool = False


def parse_target(url: str) -> Target:
    """Read the URL of an output.

    Raises
    ------
    ConfigError
        It is not of the grammar; the message says what is wrong with it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"output {url!r}: expected {_GRAMMAR}, got {error}") from error
    kind = parts.scheme
    if kind not in _OPTIONS:
        raise ConfigError(f"output {url!r}: expected {_GRAMMAR}")
    options = _options(url, parts.query, _OPTIONS[kind])
    if kind == "file":
        path = unquote(parts.netloc + parts.path)
        if not path:
            raise ConfigError(f"output {url!r}: expected the path of a file after 'file:'")
        return Target(url, kind, path=path, daily="daily" in options)
    listen = "listen" in options
    if not parts.hostname or port is None or (port == 0 and not listen):
        raise ConfigError(f"output {url!r}: expected a host and a port, as in {kind}://HOST:PORT")
    if parts.path not in ("", "/"):
        raise ConfigError(f"output {url!r}: expected no path, got {parts.path!r}")
    target = Target(
        url,
        kind,
        parts.hostname,
        port,
        listen,
        clients=_whole(url, options, "clients", 1, 100_000) or MOST_CLIENTS,
        ttl=_whole(url, options, "ttl", 0, 255),
        interface=options.get("interface", ""),
        ca=options.get("ca", ""),
        certificate=options.get("certificate", ""),
        key=options.get("key", ""),
        name=options.get("name", ""),
    )
    return _checked(target)


def _options(url: str, query: str, known: frozenset[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in known or name in options:
            what = "once" if name in options else f"one of {', '.join(sorted(known))}"
            raise ConfigError(f"output {url!r}: expected {what} after '?', got {name!r}")
        options[name] = value
    return options


def _whole(url: str, options: dict[str, str], name: str, low: int, high: int) -> int | None:
    if name not in options:
        return None
    text = options[name]
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise ConfigError(f"output {url!r}: {name}: expected {low} to {high}, got {text!r}")
    return int(text)


def _checked(target: Target) -> Target:
    url = target.url
    if bool(target.certificate) != bool(target.key):
        raise ConfigError(f"output {url!r}: expected certificate and key together")
    if target.kind == "tls" and target.listen and not target.certificate:
        raise ConfigError(f"output {url!r}: a server needs certificate=FILE and key=FILE")
    return target


def tls_context(target: Target) -> ssl.SSLContext:
    """Make what a TLS target needs: version 1.2 or later, both sides known by their certificates.

    A server asks clients for a certificate where `Target.ca` is given; a client knows its server by
    that file, or by the system's authorities where there is none.

    Raises
    ------
    ConfigError
        A file cannot be read or does not fit.
    """
    side = ssl.PROTOCOL_TLS_SERVER if target.listen else ssl.PROTOCOL_TLS_CLIENT
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    where = target.certificate
    try:
        if target.certificate:
            context.load_cert_chain(target.certificate, target.key)
        where = target.ca
        if target.ca:
            context.load_verify_locations(target.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        elif not target.listen:
            context.load_default_certs()
    except (OSError, ssl.SSLError) as error:
        what = f"{where} (or its key)" if where == target.certificate else where
        raise ConfigError(
            f"output {target.url!r}: expected a PEM file in {what}, got '{error}'"
        ) from error
    return context


def udp_socket(target: Target) -> tuple[socket.socket, tuple[str, int]]:
    """Open the socket of a UDP target; returns it, not blocking, and the address to send to.

    A multicast target's datagrams leave through `Target.interface` (an address of this machine, for
    IPv6 the interface's name) and are heard on this machine, too; they go as far as `Target.ttl`,
    one hop where it is not given.

    Raises
    ------
    ConfigError
        The host has no address, or the interface is not one of this machine.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise ConfigError(
            f"output {target.url!r}: expected a host with an address, got '{error}'"
        ) from error
    family, _, _, _, address = found[0]
    is_six = family == socket.AF_INET6
    host = str(address[0])
    is_multicast = ipaddress.ip_address(host.partition("%")[0]).is_multicast
    out = socket.socket(family, socket.SOCK_DGRAM)
    out.setblocking(False)
    try:
        if is_six:
            _set_six(out, target, is_multicast=is_multicast)
        else:
            _set_four(out, target, is_multicast=is_multicast)
    except (OSError, ValueError) as error:
        out.close()
        raise ConfigError(
            f"output {target.url!r}: expected an interface of this machine, got '{error}'"
        ) from error
    return out, (host, target.port)


def _set_four(out: socket.socket, target: Target, *, is_multicast: bool) -> None:
    if is_multicast:
        ttl = 1 if target.ttl is None else target.ttl
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        if target.interface:
            packed = socket.inet_aton(target.interface)
            out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, packed)
        return
    if target.ttl:
        out.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, target.ttl)
    if target.interface:
        out.bind((target.interface, 0))


def _set_six(out: socket.socket, target: Target, *, is_multicast: bool) -> None:
    if is_multicast:
        ttl = 1 if target.ttl is None else target.ttl
        out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, ttl)
        if target.interface:
            index = socket.if_nametoindex(target.interface)
            out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        return
    if target.ttl:
        out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, target.ttl)


def listener(target: Target) -> socket.socket:
    """Open the socket of a target that is connected to.

    Raises
    ------
    ConfigError
        The port is taken or not allowed, or the host is not of this machine.
    """
    try:
        found = socket.getaddrinfo(
            target.host, target.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return socket.create_server(found[0][4][:2], family=found[0][0], backlog=64)
    except OSError as error:
        raise ConfigError(
            f"output {target.url!r}: expected a free port of this machine, got '{error}'"
        ) from error


def file_path(target: Target, day: str) -> Path:
    """Return the file of a file target on a day (``2026-01-01``)."""
    path = Path(target.path)
    return path.with_name(f"{path.stem}-{day}{path.suffix}") if target.daily else path
