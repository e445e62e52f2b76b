"""Webhooks: states of alerts and warnings by HTTP POST, each with a thread of its own.

The pipeline only puts them in a queue. A POST is tried again with ever longer pauses where nobody
answers or the server is at fault (5xx, 408, 429); any other answer than 2xx is a refusal and final.
Redirects are not followed: a signed alert goes where the union file says and nowhere else. Each
delivery ends in a receipt.
"""

import hashlib
import http.client
import random
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from skypact.deploy import Webhook
from skypact.errors import ConfigError
from skypact.serve.access import is_loopback
from skypact.serve.webhooksign import read_secret, signature

SHORTEST_S: Final = 0.5
"""First pause before trying again; each is twice the one before."""
LONGEST_S: Final = 30.0
JITTER: Final = 0.5
"""A pause is cut by up to this part at random."""
MOST_RECEIPTS: Final = 1000
STOP_S: Final = 5.0
"""For which `close` waits for what is being sent."""
AGAIN: Final = (408, 429)
"""Refusals after which it is tried again, as after those of 500 and more."""
JSON: Final = "application/json"
CAP: Final = "application/cap+xml"
"""As registered by IANA."""


class Delivery(NamedTuple):
    """What is to be sent."""

    id: str
    """The same for each try, so that receivers tell what they have had."""
    kind: str
    """``alert``, ``warning`` or ``measure``."""
    content_type: str
    body: bytes


class Receipt(NamedTuple):
    """How a delivery ended."""

    url: str
    """Without its query, which may hold a secret."""
    id: str
    kind: str
    state: str
    """``taken``; ``refused``; ``given up``: too many tries; ``dropped``: too many waited."""
    status: int
    """Of the last answer, 0 for none."""
    tries: int
    time_s: float
    """UTC seconds since 1970."""
    error: str


class Address(NamedTuple):
    """Where to."""

    url: str
    host: str
    port: int | None
    path: str
    tls: ssl.SSLContext | None


def alert_delivery(line: dict[str, Any]) -> Delivery:
    """Return the delivery of a state of an alert, as ``alerts.jsonl`` has it."""
    body = msgspec.json.encode({"type": "alert", "alert": line})
    return Delivery(f"alert-{hashlib.sha256(body).hexdigest()[:32]}", "alert", JSON, body)


def warning_delivery(identifier: str, xml: bytes) -> Delivery:
    """Return the delivery of a signed CAP message."""
    digest = hashlib.sha256(identifier.encode() + b"\0" + xml).hexdigest()[:32]
    return Delivery(f"warning-{digest}", "warning", CAP, xml)


def measure_delivery(
    url: str, measure: dict[str, Any], recipients: Sequence[str], alert: dict[str, Any] | None
) -> Delivery:
    """Return the delivery of a measure of the doctrine to those whom an address leads to.

    Parameters
    ----------
    url : str
        Of the webhook: each has deliveries of its own.
    measure : dict
        As in ``doctrine.jsonl``.
    recipients : sequence of str
        Who is told.
    alert : dict or None
        As in ``alerts.jsonl``, as it was last told.
    """
    told = {"type": "measure", "measure": measure, "recipients": recipients, "alert": alert}
    place = f"{url}\0{measure['id']}\0{measure['times']['owed']}"
    digest = hashlib.sha256(place.encode()).hexdigest()[:32]
    return Delivery(f"measure-{digest}", "measure", JSON, msgspec.json.encode(told))


def address_of(url: str, ca: Path | None = None) -> Address:
    """Read the URL of a webhook.

    Raises
    ------
    ConfigError
        No URL, names and passwords in it, unprotected beyond loopback, or a file of authorities
        that cannot be read.
    """
    shown = shown_url(url)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except ValueError as error:
        raise ConfigError(
            f"webhook.url {shown!r}: expected https://HOST/PATH, got {error}"
        ) from error
    is_clean = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or not is_clean:
        raise ConfigError(f"webhook.url {shown!r}: expected https://HOST[:PORT]/PATH")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigError(f"webhook.url {shown!r}: expected https beyond this machine")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        tls = ssl.create_default_context(cafile=ca) if parts.scheme == "https" else None
    except OSError as error:
        raise ConfigError(f"webhook.ca: expected certificates in {ca}, got {error}") from error
    return Address(url, host, port, path, tls)


def shown_url(url: str) -> str:
    """Return a URL as logs and receipts may show it: without names, passwords and a query."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return scheme + mark + host.rpartition("@")[2] + slash + re.split(r"[?#]", path)[0]


class _Refused(Exception):
    """The server will not take it, however often it is tried."""


class Hook:
    """One queue to one address: its thread, its receipts.

    Parameters
    ----------
    settings : Webhook
    folder : Path
        That paths of the settings are relative to.
    note : callable, optional
        Gets each receipt, on the thread of the hook.
    clock : callable, optional
        UTC seconds.
    shortest_s : float
        First pause before trying again.

    Raises
    ------
    ConfigError
        The URL, the secret or the authorities are wrong.
    """

    def __init__(
        self,
        settings: Webhook,
        folder: Path,
        note: Callable[[Receipt], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        shortest_s: float = SHORTEST_S,
    ) -> None:
        ca = folder / settings.ca if settings.ca else None
        self.settings, self._address = settings, address_of(settings.url, ca)
        self._secret = read_secret(folder / settings.secret)
        self._note, self._clock, self._shortest_s = note, clock, shortest_s
        self._draw = random.Random(settings.url)
        self._queue: deque[Delivery] = deque()
        self._change = threading.Condition()
        self._stop = threading.Event()
        self.receipts: deque[Receipt] = deque(maxlen=MOST_RECEIPTS)
        self.n_taken = self.n_refused = self.n_given_up = self.n_dropped = 0
        self.error = ""
        """What went wrong last; empty when the last delivery was taken."""
        self._thread = threading.Thread(target=self._run, name="skypact-webhook", daemon=True)
        self._thread.start()

    @property
    def n_waiting(self) -> int:
        """Deliveries that are not yet begun."""
        return len(self._queue)

    def offer(self, delivery: Delivery) -> None:
        """Put into the queue what is to be sent; never blocks for long."""
        dropped = None
        with self._change:
            if self._stop.is_set():
                return
            self._queue.append(delivery)
            if len(self._queue) > self.settings.most_waiting:
                dropped = self._queue.popleft()
            self._change.notify()
        if dropped is not None:
            self.n_dropped += 1
            self._end(dropped, "dropped", 0, 0, "too many wait")

    def close(self) -> None:
        """Send what waits, for `STOP_S` at most and without trying again, and end the thread."""
        with self._change:
            self._stop.set()
            self._change.notify()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._queue or self._stop.is_set())
                if not self._queue:
                    return
                delivery = self._queue.popleft()
            self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> None:
        """Try until it is taken, refused or given up."""
        pause_s, status, error = self._shortest_s, 0, ""
        for n in range(1, self.settings.tries + 1):
            try:
                status, error = self._post(delivery), ""
                self.n_taken += 1
                self._end(delivery, "taken", status, n, "")
                return
            except _Refused as refusal:
                status, error = refusal.args
                self.n_refused += 1
                self._end(delivery, "refused", status, n, error)
                return
            except (OSError, ValueError, http.client.HTTPException) as failure:
                status, error = 0, f"{type(failure).__name__}: {failure}"
                if isinstance(failure, _BusyError):
                    status, error = failure.status, str(failure)
                self.error = error
            if n < self.settings.tries and self._stop.wait(
                pause_s * (1.0 - JITTER * self._draw.random())
            ):
                break
            pause_s = min(2.0 * pause_s, LONGEST_S)
        self.n_given_up += 1
        self._end(delivery, "given up", status, n, error)

    def _end(self, delivery: Delivery, state: str, status: int, tries: int, error: str) -> None:
        self.error = error
        url, time_s = shown_url(self.settings.url), self._clock()
        receipt = Receipt(url, delivery.id, delivery.kind, state, status, tries, time_s, error)
        self.receipts.append(receipt)
        try:
            self._note(receipt)
        except Exception as fault:  # a full disk must not end the thread
            self.error = f"{type(fault).__name__}: {fault}"

    def _post(self, delivery: Delivery) -> int:
        """Return the status of the answer, 200 to 299.

        Raises
        ------
        OSError, ValueError, http.client.HTTPException
            To be tried again.
        _Refused
            Final.
        """
        address, timeout_s = self._address, self.settings.timeout_s
        connection = _connection(address, timeout_s)
        late = threading.Event()
        watch = threading.Timer(timeout_s, _hang_up, (connection, late))
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", address.path, delivery.body, self._headers(delivery))
            status = connection.getresponse().status
        finally:
            watch.cancel()
            connection.close()
        if late.is_set():
            raise TimeoutError(f"no whole answer in {timeout_s:g} s")
        if 200 <= status < 300:
            return status
        if status >= 500 or status in AGAIN:
            raise _BusyError(status)
        what = "a redirect, which is not followed" if 300 <= status < 400 else "a refusal"
        raise _Refused(status, f"expected status 2xx, got {status}, {what}")

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        timestamp = int(self._clock())
        return {
            "Content-Type": delivery.content_type,
            "User-Agent": "skypact",
            "Connection": "close",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secret, delivery.id, timestamp, delivery.body),
        }


class _BusyError(OSError):
    """The server is at fault or has no time."""

    def __init__(self, status: int) -> None:
        super().__init__(f"expected status 2xx, got {status}")
        self.status = status


def _connection(address: Address, timeout_s: float) -> http.client.HTTPConnection:
    if address.tls is None:
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
    return http.client.HTTPSConnection(
        address.host, address.port, timeout=timeout_s, context=address.tls
    )


def _hang_up(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    """End a connection whose other side is too slow; the thread that reads goes on."""
    late.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(SHUT_RDWR)


class Webhooks:
    """All addresses of a unit.

    Parameters
    ----------
    settings : sequence of Webhook
    folder : Path
        That their paths are relative to.
    note : callable, optional
        Gets each receipt.

    Raises
    ------
    ConfigError
        One of them is wrong.
    """

    def __init__(
        self,
        settings: Sequence[Webhook],
        folder: Path,
        note: Callable[[Receipt], None] = lambda _: None,
    ) -> None:
        self._alerts: list[Hook] = []
        self._warnings: list[Hook] = []
        self.measures: list[Hook] = []
        """Queues to those whom the doctrine tells."""
        try:
            for one in settings:
                if one.alerts:
                    self._alerts.append(Hook(one, folder, note))
                if one.warnings != "none":
                    self._warnings.append(Hook(one, folder, note))
                if one.recipients:
                    self.measures.append(Hook(one, folder, note))
        except ConfigError:
            self.close()
            raise

    @property
    def hooks(self) -> list[Hook]:
        """All queues; those of warnings and measures are apart, so that no alert holds one up."""
        return self._alerts + self._warnings + self.measures

    def tell_alert(self, line: dict[str, Any]) -> None:
        """Send a state of an alert, as ``alerts.jsonl`` has it."""
        hooks = [h for h in self._alerts if line["rule"] in (h.settings.rules or (line["rule"],))]
        if hooks:
            delivery = alert_delivery(line)
            for hook in hooks:
                hook.offer(delivery)

    def tell_warning(self, identifier: str, scope: str, xml: bytes) -> None:
        """Send a signed CAP message; those that are not public only where all are asked for."""
        for hook in self._warnings:
            if scope == "Public" or hook.settings.warnings == "all":
                hook.offer(warning_delivery(identifier, xml))

    def close(self) -> None:
        """Send what waits and end the threads (`Hook.close`)."""
        for hook in self.hooks:
            hook.close()
