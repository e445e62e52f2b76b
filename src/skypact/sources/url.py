"""URLs of sources: one grammar for command lines and union files.

``SCHEME://HOST:PORT?OPTION=VALUE&OPTION``. Whatever is wrong is an error that names the URL, what
was expected and what came; an unknown option names the known ones.
"""

import math
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from skypact.errors import ConfigError

Kind = Literal["udp", "tcp", "listen", "file", "stdin", "http"]
Network = IPv4Network | IPv6Network

FORMATS: Final = (
    "asterix", "beast", "avr", "sbs", "frames", "aircraft.json", "remoteid", "radio",
)  # fmt: skip
"""What a source may hold (`decode.recognise.FORMATS` and ASTERIX)."""
SCHEMES: Final = (
    "udp://GROUP:PORT, udp://ADDRESS:PORT, udp://:PORT, tcp://HOST:PORT, tcp://:PORT?listen,"
    " file:PATH, http://HOST/PATH or - (standard input)"
)
NETWORK: Final[tuple[Kind, ...]] = ("udp", "tcp", "listen", "http")
EVERY: Final[tuple[Kind, ...]] = (*NETWORK, "file", "stdin")


class SourceUrl(msgspec.Struct, frozen=True, kw_only=True):
    """One source as its URL tells it."""

    url: str
    """As it was written."""
    kind: Kind
    format: str = "asterix"
    host: str = ""
    """Name or address; of ``udp`` and ``listen`` the address to listen at, empty for all."""
    port: int = 0
    """Where it listens, 0 leaves the choice to the system."""
    path: str = ""
    """Of a file; of ``http`` what is asked for."""
    is_tls: bool = False
    interface: str = ""
    sender: str = ""
    """The only sender of a source-specific group."""
    allowed: tuple[Network, ...] = ()
    """Networks that may send; empty for all."""
    packets_per_s: float = math.inf
    bytes_per_s: float = math.inf
    silent_s: float = 10.0
    idle_s: float = 60.0
    speed: float = 1.0
    is_looped: bool = False
    period_s: float = 1.0

    @property
    def is_multicast(self) -> bool:
        """Whether it listens to a group."""
        return self.kind == "udp" and _is_group(self.host)


class Option(NamedTuple):
    """One option of the grammar."""

    field: str
    read: Callable[[str], Any]
    kinds: tuple[Kind, ...]
    value: str
    default: str
    meaning: str


def _is_group(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_multicast
    except ValueError:
        return False


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < math.inf:
        raise ValueError(text)
    return value


def _speed(text: str) -> float:
    return math.inf if text == "max" else _positive(text)


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part, strict=False) for part in text.split(","))


def _format(text: str) -> str:
    if text not in FORMATS:
        raise ValueError(text)
    return text


def _flag(text: str) -> bool:
    if text not in ("", "true"):
        raise ValueError(text)
    return True


def _address(text: str) -> str:
    return str(ip_address(text))


def _word(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _mebibytes(text: str) -> float:
    return _positive(text) * (1 << 20)


OPTIONS: Final[dict[str, Option]] = {
    "format": Option(
        "format", _format, EVERY, ", ".join(FORMATS), "that of its sensor, else asterix",
        "What its bytes are.",
    ),
    "silent": Option(
        "silent_s", _positive, EVERY, "seconds", "10",
        "After so long without a packet it is told to be silent.",
    ),
    "packets": Option(
        "packets_per_s", _positive, NETWORK, "number", "no limit",
        "Packets a second that it may bring; those beyond are dropped and counted.",
    ),
    "mib": Option(
        "bytes_per_s", _mebibytes, NETWORK, "number", "no limit",
        "MiB a second that it may bring; likewise.",
    ),
    "from": Option(
        "allowed", _networks, ("udp", "listen"), "CIDR,CIDR", "everybody",
        "Senders that are heard; others are refused and counted.",
    ),
    "interface": Option(
        "interface", _word, ("udp",), "address or name", "the system's choice",
        "Interface on which a group is joined.",
    ),
    "source": Option(
        "sender", _address, ("udp",), "address", "every sender",
        "The one sender of a source-specific group (IPv4).",
    ),
    "listen": Option(
        "is_listening", _flag, ("tcp", "listen"), "nothing", "off",
        "Senders connect here, several at a time where they send ASTERIX.",
    ),
    "idle": Option(
        "idle_s", _positive, ("tcp", "listen"), "seconds", "60",
        "A connection that brings nothing for so long is given up.",
    ),
    "speed": Option(
        "speed", _speed, ("file",), "number or max", "1",
        "Recorded seconds a second; a recording without stamps is played as fast as it is taken.",
    ),
    "loop": Option("is_looped", _flag, ("file",), "nothing", "off", "It begins again at its end."),
    "period": Option("period_s", _positive, ("http",), "seconds", "1", "Between two questions."),
}  # fmt: skip
"""Every option by name."""


def parse_source(url: str, sensor_format: str = "asterix") -> SourceUrl:
    """Read one URL.

    Parameters
    ----------
    url : str
        ``udp://239.0.0.1:8600?interface=10.0.0.1`` and the like.
    sensor_format : str
        What its bytes are where the URL does not say.

    Raises
    ------
    ConfigError
        It does not follow the grammar.
    """
    scheme, colon, rest = url.partition(":")
    if url == "-" or (scheme == "stdin" and colon):
        rest = rest.lstrip("/")
        if rest and not rest.startswith("?"):
            raise _wrong(url, f"expected stdin: with options only, got {rest!r}")
        return _made(url, "stdin", rest.removeprefix("?"), sensor_format)
    if scheme in ("file", "pcap") and colon:
        path, _, query = rest.partition("?")
        path = unquote(path.removeprefix("//"))
        if not path:
            raise _wrong(url, "expected the path of a recording, got none")
        return _made(url, "file", query, sensor_format, path=path)
    if scheme not in ("udp", "tcp", "http", "https") or not rest.startswith("//"):
        raise _wrong(url, f"expected {SCHEMES}")
    return _of_network(url, scheme, sensor_format)


def _wrong(url: str, what: str) -> ConfigError:
    return ConfigError(f"source {url}: {what}")


def _place(url: str) -> tuple[SplitResult, str, int]:
    """Parts of a URL, its host and its port, -1 where there is none."""
    try:
        parts = urlsplit(url)
        host, port = unquote(parts.hostname or ""), -1 if parts.port is None else parts.port
        if not _is_numeric(host):
            host.encode("idna")
    except ValueError as error:
        raise _wrong(url, f"expected HOST:PORT with a port of 1 to 65535, got {error}") from error
    if parts.username is not None or parts.fragment:
        raise _wrong(url, "expected neither a user nor a part after #")
    return parts, host, port


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _of_network(url: str, scheme: str, sensor_format: str) -> SourceUrl:
    parts, host, port = _place(url)
    if scheme in ("http", "https"):
        is_tls = scheme == "https"
        if not host:
            raise _wrong(url, "expected a host, got none")
        spec = {
            "host": host,
            "port": port if port > 0 else (443 if is_tls else 80),
            "is_tls": is_tls,
        }
        form = "aircraft.json" if sensor_format == "asterix" else sensor_format
        return _made(url, "http", parts.query, form, path=parts.path or "/", **spec)
    if port < 0:
        raise _wrong(url, "expected a port, got none")
    if parts.path.strip("/"):
        raise _wrong(url, f"expected nothing between port and ?, got {parts.path!r}")
    options = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    kind: Kind = "udp" if scheme == "udp" else ("listen" if "listen" in options else "tcp")
    if kind != "tcp" and host and not _is_numeric(host):
        raise _wrong(url, f"expected an address to listen at, got the name {host!r}")
    if kind == "tcp" and not host:
        raise _wrong(url, "expected a host to connect to, or ?listen to be connected to")
    if kind == "tcp" and not port:
        raise _wrong(url, "expected a port of 1 to 65535, got 0")
    found = _made(url, kind, parts.query, sensor_format, host=host, port=port)
    if (found.interface or found.sender) and not found.is_multicast:
        raise _wrong(url, "interface and source belong to groups, and this is none")
    if found.sender and (":" in found.host or ":" in found.sender):
        raise _wrong(url, "source works with IPv4 groups only; use from=ADDRESS instead")
    return found


def _made(url: str, kind: Kind, query: str, sensor_format: str, **place: Any) -> SourceUrl:  # noqa: ANN401  fields
    """Put the struct together from its place and its options."""
    known = [name for name, option in OPTIONS.items() if kind in option.kinds]
    fields: dict[str, Any] = {"format": sensor_format}
    seen = set()
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            raise _wrong(url, f"unknown option {name!r}; known here are {', '.join(known)}")
        if name in seen:
            raise _wrong(url, f"option {name} is given twice")
        seen.add(name)
        option = OPTIONS[name]
        try:
            fields[option.field] = option.read(text)
        except ValueError as error:
            raise _wrong(url, f"{name}: expected {option.value}, got {text!r}") from error
    fields.pop("is_listening", None)
    return SourceUrl(url=url, kind=kind, **place, **fields)
