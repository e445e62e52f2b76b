"""Tells recipients of measures by webhook and warning, and the watch which receipts came.

A measure that is owed goes to each webhook that leads to one of its recipients; it is told when one
answers that it took it. Through ``cap`` a recipient is told when a warning of the alert is out to
the public, or when a webhook that leads to them took a signed message of it, a draft, too. A
receipt is served at a look like an acknowledgement and kept beside them, so that a replay, which
sends nothing, makes the same measures.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from skypact.deploy import Webhook
from skypact.errors import ConfigError
from skypact.model.alerts import Delivery, LiveAlert, MeasureRecord
from skypact.record.alert_file import alert_line
from skypact.record.warnings import Written
from skypact.rules.doctrine import Recipient
from skypact.serve.webhook import Receipt, Webhooks, measure_delivery, warning_delivery

WEBHOOK: Final = "webhook"
CAP: Final = "cap"
MOST_PENDING: Final = 10_000
"""Deliveries without a receipt, and alerts of which messages were taken, that are remembered."""
_PUBLIC: Final = "*"
"""Stands for everybody among those who have a message."""
Untold = Sequence[tuple[MeasureRecord, Sequence[tuple[str, str]]]]


class Deliveries:
    """What is on its way to recipients, and what came back (a `MeasureSink`).

    Nothing is sent before `begin`: what a unit takes up after a crash was sent already.

    Parameters
    ----------
    recipients : sequence of Recipient
        Of the doctrine.
    hooks : sequence of Webhook
        Settings of the unit's webhooks.
    receive : callable
        Takes receipts, from any thread.
    find : callable
        Returns an alert that lives by its id.

    Raises
    ------
    ConfigError
        A webhook leads to somebody whom the doctrine does not know or tells otherwise.
    """

    def __init__(
        self,
        recipients: Sequence[Recipient],
        hooks: Sequence[Webhook],
        receive: Callable[[Delivery], object],
        find: Callable[[str], LiveAlert | None],
    ) -> None:
        self._channels = {one.name: one.channels for one in recipients}
        check_recipients(hooks, self._channels)
        self._leads: dict[str, set[str]] = {}
        for hook in hooks:
            self._leads.setdefault(hook.url, set()).update(hook.recipients)
        self._receive, self._find = receive, find
        self.hooks: Webhooks | None = None
        """Where measures go; None: nowhere."""
        self._is_begun = False
        self._lock = threading.Lock()
        self._pending: OrderedDict[str, list[Delivery]] = OrderedDict()
        self._messages: OrderedDict[str, str] = OrderedDict()
        """Alert by delivery of a signed message."""
        self._have: OrderedDict[str, set[str]] = OrderedDict()
        """Who has a message of an alert."""
        self._awaited: OrderedDict[str, list[Delivery]] = OrderedDict()
        """Receipts by alert that its warning is to bring."""

    def begin(self, untold: Untold, is_released: Callable[[str], bool] = lambda _: False) -> None:
        """Tell whoever is not told yet, and from now on all that is owed.

        Parameters
        ----------
        untold : sequence of (MeasureRecord, pairs)
            Measures and their recipients and channels without a receipt.
        is_released : callable
            Whether the public was warned of an alert before.
        """
        self._is_begun = True
        for record, pairs in untold:
            if is_released(record.alert):
                self._has(record.alert, {_PUBLIC})
            self._tell(record, pairs)

    def append_measures(self, measures: list[MeasureRecord]) -> None:
        """Tell the recipients of measures that begin."""
        for record in measures if self._is_begun else ():
            if record.state == "owed":
                pairs = [(name, c) for name in record.recipients for c in self._channels[name]]
                self._tell(record, [pair for pair in pairs if pair[1] in record.channels])

    def _tell(self, record: MeasureRecord, pairs: Sequence[tuple[str, str]]) -> None:
        for name, channel in pairs:
            if channel == CAP:
                self._await(record.alert, Delivery(record.id, name, CAP))
        names = [name for name, channel in pairs if channel == WEBHOOK]
        for hook in self.hooks.measures if self.hooks is not None else ():
            told = [name for name in names if name in hook.settings.recipients]
            if told:
                alert = self._find(record.alert)
                line = None if alert is None else alert_line(alert.record)
                made = measure_delivery(hook.settings.url, record._asdict(), told, line)
                with self._lock:
                    self._pending[made.id] = [Delivery(record.id, n, WEBHOOK) for n in told]
                    _shorten(self._pending)
                hook.offer(made)

    def receipt(self, receipt: Receipt) -> None:
        """Take how a delivery ended; from the threads of the webhooks."""
        with self._lock:
            told = self._pending.pop(receipt.id, [])
            alert = self._messages.get(receipt.id)
        if receipt.state != "taken":
            return
        for one in told:
            self._receive(one)
        if alert is not None:
            self._has(alert, self._leads.get(receipt.url, set()))

    def warn(self, written: Written) -> None:
        """Take a message of a warning (an `Outlet`)."""
        message = written.message
        name = warning_delivery(message.identifier, written.xml).id
        with self._lock:
            self._messages[name] = written.alert
            _shorten(self._messages)
        if message.scope == "Public" and message.kind != "Cancel":
            self._has(written.alert, {_PUBLIC})

    def _has(self, alert: str, names: set[str]) -> None:
        """Note who has a message of an alert; tell of those that were waited for."""
        with self._lock:
            have = self._have.setdefault(alert, set())
            have |= names
            _shorten(self._have)
            awaited = self._awaited.pop(alert, [])
            came = [one for one in awaited if _PUBLIC in have or one.recipient in have]
            rest = [one for one in awaited if one not in came]
            if rest:
                self._awaited[alert] = rest
        for one in came:
            self._receive(one)

    def _await(self, alert: str, delivery: Delivery) -> None:
        with self._lock:
            have = self._have.get(alert, set())
            is_there = _PUBLIC in have or delivery.recipient in have
            if not is_there:
                self._awaited.setdefault(alert, []).append(delivery)
                _shorten(self._awaited)
        if is_there:
            self._receive(delivery)


def _shorten(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > MOST_PENDING:
        kept.popitem(last=False)


def check_recipients(hooks: Sequence[Webhook], channels: Mapping[str, Sequence[str]]) -> None:
    """See whether webhooks lead to those whom the doctrine tells by them.

    Raises
    ------
    ConfigError
        A name is unknown, or has neither of the channels ``webhook`` and ``cap``.
    """
    able = sorted(n for n, c in channels.items() if WEBHOOK in c or CAP in c)
    for hook in hooks:
        for name in hook.recipients:
            if name not in able:
                raise ConfigError(
                    f"webhook {hook.url!r}: recipients: expected names of [[watch.recipient]] with "
                    f"the channel webhook or cap ({', '.join(able) or 'none'}), got {name!r}"
                )
