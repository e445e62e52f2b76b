"""Who may read: addresses, certificates, tokens with roles, wrong tries.

On loopback everything is open unless a file of tokens is given. Anywhere else a certificate and
tokens are required. A token is 256 random bits; the file holds only its SHA-256.
"""

import hashlib
import hmac
import ipaddress
import re
import secrets
import ssl
from collections import OrderedDict
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

from skypact.deploy import Server as Settings
from skypact.errors import ConfigError

Role = Literal["view", "operate", "release"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""Each may do what those before it may."""
TOKEN_BYTES: Final = 32
MOST_CHARACTERS: Final = 512
"""Of a token that is looked at."""
NAME_DIGITS: Final = 12
"""Of a token's SHA-256 that tell it from others."""
FREE_TRIES: Final = 5
"""Wrong tokens from one address that are answered at once."""
FORGET_S: Final = 60.0
"""After so long without a wrong token an address begins anew."""
MOST_ADDRESSES: Final = 1024


def split_address(listen: str) -> tuple[str, int]:
    """Read ``HOST:PORT``; an IPv6 host may stand in brackets.

    Raises
    ------
    ConfigError
        It is not that.
    """
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535
    if not (colon and host and is_port):
        raise ConfigError(f"server.listen: expected HOST:PORT as 127.0.0.1:8600, got {listen!r}")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, by what is written, not looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def digest(token: str) -> bytes:
    """SHA-256 of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_token(role: Role) -> tuple[str, str]:
    """Make a token; returns it and its line for the file."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, f"{role} {digest(token).hex()}"


def named(role: Role, token: str) -> str:
    """Name of a token's owner: its role and how its SHA-256 in the file of tokens begins."""
    return f"{role} {digest(token).hex()[:NAME_DIGITS]}"


class Tokens:
    """The tokens of a file: a line each, role and SHA-256 in hexadecimal digits; # begins a remark.

    Parameters
    ----------
    path : Path
        The file; read now and at each `reload`.

    Raises
    ------
    ConfigError
        It cannot be read, a line is wrong, or there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[tuple[bytes, Role], ...] = ()
        self.reload()

    def reload(self) -> None:
        """Read the file again; tokens that are no longer in it are worth nothing from now on."""
        try:
            lines = self._path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            remedy = "make one with `skypact token view >> FILE`"
            raise ConfigError(
                f"server.tokens: expected a file at {self._path}, got '{error}'; {remedy}"
            ) from error
        known: list[tuple[bytes, Role]] = []
        for number, line in enumerate(lines, 1):
            text = line.partition("#")[0].strip()
            if not text:
                continue
            match = re.fullmatch(r"(\w+)\s+([0-9A-Fa-f]{64})", text)
            if not match or match[1] not in ROLES:
                raise ConfigError(
                    f"{self._path}, line {number}: expected ROLE SHA256-OF-TOKEN with a role of "
                    f"{', '.join(ROLES)}, got {text[:20]!r}; "
                    "`skypact token ROLE` writes such lines"
                )
            known += [(bytes.fromhex(match[2]), role) for role in ROLES if role == match[1]]
        if not known:
            raise ConfigError(
                f"server.tokens: expected a token in {self._path}, found none; "
                "make one with `skypact token view >> FILE`"
            )
        self._known = tuple(known)

    def role(self, token: str) -> Role | None:
        """Role of a token, None where it is not known; takes as long for any token."""
        if len(token) > MOST_CHARACTERS:
            return None
        asked, found = digest(token), None
        for kept, role in self._known:
            if hmac.compare_digest(kept, asked) and (found is None or _covers(role, found)):
                found = role
        return found


def _covers(role: Role, needed: Role) -> bool:
    return ROLES.index(role) >= ROLES.index(needed)


def may(role: Role | None, needed: Role) -> bool:
    """Whether a role is enough."""
    return role is not None and _covers(role, needed)


class Tries:
    """Counts wrong tokens by address, so that those who guess can be slowed.

    Right tokens are never slowed: else one address could shut out the others behind it.
    """

    def __init__(self) -> None:
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self.n_wrong = 0
        """Wrong tokens so far."""

    def add(self, address: str, now_s: float) -> float:
        """Count a wrong token; returns for how many seconds to come again, 0 at once."""
        self.n_wrong += 1
        count, last_s = self._tries.pop(address, (0, now_s))
        count = count + 1 if now_s - last_s < FORGET_S else 1
        self._tries[address] = (count, now_s)
        if len(self._tries) > MOST_ADDRESSES:
            self._tries.popitem(last=False)
        over = count - FREE_TRIES
        return float(min(2 ** min(over, 6), FORGET_S)) if over > 0 else 0.0


class Certificate(NamedTuple):
    """Files of a certificate and its key, PEM."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Make what serves TLS 1.2 and newer with them.

        Raises
        ------
        ConfigError
            They cannot be read or do not fit.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.load(context)
        return context

    def load(self, context: ssl.SSLContext) -> None:
        """Put them into force, also in a context that serves already."""
        try:
            context.load_cert_chain(self.certificate, self.key, lambda: "")
        except (OSError, ValueError) as error:
            files = f"{self.certificate} and {self.key}"
            raise ConfigError(
                f"server.certificate, server.key: expected a certificate and its key without a "
                f"password in PEM files, got {files}: {error}"
            ) from error


class Access(NamedTuple):
    """How a server is reached, and by whom."""

    host: str = "127.0.0.1"
    port: int = 8600
    certificate: Certificate | None = None
    tokens: Tokens | None = None

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)

    def check(self) -> None:
        """Refuse what anybody could read.

        Raises
        ------
        ConfigError
            The address is not a loopback one, and a certificate or tokens are missing.
        """
        if self.is_local or (self.certificate and self.tokens):
            return
        missing = [] if self.certificate else ["a certificate and its key"]
        missing += [] if self.tokens else ["a file of tokens"]
        raise ConfigError(
            f"server.listen: expected a loopback address, or certificate, key and tokens; got "
            f"{self.host} without {' and '.join(missing)}; set certificate, key and tokens in "
            "[unit.server] (`skypact token view` makes a token), or listen on 127.0.0.1 and come "
            "through a tunnel"
        )

    def reload(self) -> None:
        """Read the file of tokens again."""
        if self.tokens is not None:
            self.tokens.reload()


def access_of(settings: Settings, folder: Path) -> Access:
    """Make what a union file's ``[unit.server]`` says; its paths are relative to a folder.

    Raises
    ------
    ConfigError
        A file is missing or wrong, or what is needed beyond loopback is not given.
    """
    host, port = split_address(settings.listen)
    if bool(settings.certificate) != bool(settings.key):
        raise ConfigError("server: expected certificate and key together, got one of them")
    certificate = None
    if settings.certificate:
        certificate = Certificate(folder / settings.certificate, folder / settings.key)
        certificate.context()
    tokens = Tokens(folder / settings.tokens) if settings.tokens else None
    access = Access(host, port, certificate, tokens)
    access.check()
    return access
