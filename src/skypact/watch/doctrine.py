"""Doctrine: alerts lead to measures, which are told, acknowledged or escalated in time.

Everything follows from the alerts that were told at looks, from acknowledgements and from receipts
that came by then: the same ones make the same measures at the same times. What is due at a look is
in time if it has come by that look; else it is overdue at that look.
"""

from collections import deque
from collections.abc import Mapping, Sequence, Set
from typing import Any, Final

import msgspec

from skypact.errors import ConfigError
from skypact.model.alerts import Acknowledgement, Delivery, MeasureRecord, Notice
from skypact.model.store import AlertRecord
from skypact.rules.doctrine import Entry, Recipient, Step
from skypact.watch.life import MOST_NAMES, RANKS

PROMPT: Final = ("api", "log")
"""Channels that tell at once."""
ENDS: Final = ("acknowledged", "closed")
"""States in which nothing more is owed."""
MOST_OVER: Final = 200
"""Measures of alerts that are over, the newest, that are kept to be seen."""
_EXACT_S: Final = 1e-6
"""Looks a whole number of steps apart differ from it by rounding."""


class Measure(msgspec.Struct, kw_only=True):
    """One step of one entry for one alert."""

    record: MeasureRecord
    untold: list[tuple[str, str]]
    """Recipients and channels without a receipt."""

    @property
    def is_done(self) -> bool:
        """Whether nothing more is owed."""
        record = self.record
        return record.state in ENDS or (not self.untold and record.acknowledge_by_s is None)

    def enters(self, state: str, now_s: float) -> MeasureRecord:
        """Put it into another state."""
        times = {**self.record.times, state: now_s}
        self.record = self.record._replace(state=state, time_s=now_s, times=times)
        return self.record

    def signed(self, by: str, now_s: float) -> MeasureRecord:
        """Note who has acknowledged it."""
        self.record = self.record._replace(acknowledged_by=by)
        return self.enters("acknowledged", now_s)

    def missed(self, missing: tuple[str, ...], now_s: float) -> MeasureRecord:
        """Note what was not done in time."""
        self.record = self.record._replace(missing=missing)
        return self.enters("overdue", now_s)

    def missing(self, now_s: float) -> tuple[str, ...]:
        """Return what should have happened by now."""
        late: list[str] = []
        if self.untold and now_s >= self.record.tell_by_s - _EXACT_S:
            late += [f"{recipient} by {channel}" for recipient, channel in self.untold]
        by_s = self.record.acknowledge_by_s
        if by_s is not None and now_s >= by_s - _EXACT_S:
            late.append("acknowledgement")
        return tuple(late)


class Chain(msgspec.Struct, kw_only=True):
    """The measures of one entry for one alert, the newest last."""

    entry: str
    alert: str
    severity: str
    """The gravest that its alert had while it was open."""
    measures: list[Measure]
    noticed: list[str] = []
    """Who has acknowledged the alert and is none of those who were told so far."""

    @property
    def is_done(self) -> bool:
        """Whether it was acknowledged, or nothing is owed."""
        return self.measures[-1].is_done


class _State(msgspec.Struct):
    """All that is kept between looks, for checkpoints."""

    chains: list[Chain]
    over: list[MeasureRecord]


class Doctrine:
    """Keeps the measures of alerts.

    Parameters
    ----------
    entries : sequence of Entry
        In the order in which they are applied; all that fit are.
    recipients : sequence of Recipient
        Who can be told.
    rules : sequence of str
        Names of rules that there are.
    unit : str
        Whose measures they are.

    Raises
    ------
    ConfigError
        A name is unknown or there twice, or a recipient has none of the channels.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        recipients: Sequence[Recipient],
        rules: Sequence[str],
        unit: str,
    ) -> None:
        check_doctrine(entries, recipients, rules)
        self._entries = list(entries)
        self._recipients = {recipient.name: recipient for recipient in recipients}
        self._unit = unit
        self._chains: dict[tuple[str, str], Chain] = {}
        self._over: deque[MeasureRecord] = deque(maxlen=MOST_OVER)

    @property
    def measures(self) -> list[MeasureRecord]:
        """State of each measure: those that are over, then those of alerts that live."""
        living = [m.record for chain in self._chains.values() for m in chain.measures]
        return [*self._over, *living]

    @property
    def untold(self) -> list[tuple[MeasureRecord, list[tuple[str, str]]]]:
        """Measures of alerts that live, with the recipients and channels without a receipt."""
        living = [m for chain in self._chains.values() for m in chain.measures]
        return [(m.record, list(m.untold)) for m in living if m.untold]

    def step(
        self, now_s: float, told: Sequence[AlertRecord], notices: Sequence[Notice] = ()
    ) -> list[MeasureRecord]:
        """Take what happened at a look; what has changed, in order.

        Parameters
        ----------
        now_s : float
            Time of the look, UTC seconds.
        told : sequence of AlertRecord
            States of alerts that were told at it.
        notices : sequence of Acknowledgement or Delivery
            That came since the look before.
        """
        out: list[MeasureRecord] = []
        for notice in notices:
            if isinstance(notice, Delivery):
                out += self._received(notice, now_s)
            else:
                out += self._acknowledged(notice, now_s)
        for alert in told:
            out += self._close(alert, now_s) if alert.state == "cleared" else []
            if alert.state in ("raised", "updated"):
                out += self._open(alert, now_s)
        for chain in self._chains.values():
            out += self._judge(chain, now_s)
        return out

    def _open(self, alert: AlertRecord, now_s: float) -> list[MeasureRecord]:
        out: list[MeasureRecord] = []
        for entry in self._entries:
            if not fits(entry, alert):
                continue
            before = self._chains.get((alert.id, entry.name))
            if before is not None:
                is_worse = RANKS[alert.severity] > RANKS[before.severity]
                if is_worse and not before.is_done:  # what is owed is owed for this
                    before.severity, before.noticed = alert.severity, []
                if not (is_worse and before.is_done):
                    continue
                self._over.extend(m.record for m in before.measures)
            chain = Chain(entry=entry.name, alert=alert.id, severity=alert.severity, measures=[])
            self._chains[alert.id, entry.name] = chain
            out += self._owe(chain, alert.rule, entry, (0, 0), now_s)
        return out

    def _owe(
        self, chain: Chain, rule: str, step: Step, place: tuple[int, int], now_s: float
    ) -> list[MeasureRecord]:
        """Begin a step; what is told at once is told."""
        pairs: list[tuple[str, str]] = [
            (name, channel)
            for name in step.tell
            for channel in self._recipients[name].channels
            if not step.through or channel in step.through
        ]
        within_s = step.acknowledge_within_s
        record = MeasureRecord(
            id=f"{chain.alert}.{chain.entry}.{chain.severity}.{place[0]}.{place[1]}",
            unit=self._unit, time_s=now_s, state="owed", alert=chain.alert, rule=rule,
            severity=chain.severity, doctrine=chain.entry, step=place[0], turn=place[1],
            recipients=step.tell, channels=tuple(dict.fromkeys(c for _, c in pairs)),
            tell_by_s=now_s + step.within_s,
            acknowledge_by_s=None if within_s is None else now_s + within_s,
            acknowledged_by="", missing=(), times={"owed": now_s},
        )  # fmt: skip
        untold = [pair for pair in pairs if pair[1] not in PROMPT]
        measure = Measure(record=record, untold=untold)
        chain.measures.append(measure)
        return [record] if untold else [record, measure.enters("told", now_s)]

    def _received(self, receipt: Delivery, now_s: float) -> list[MeasureRecord]:
        pair = receipt.recipient, receipt.channel
        for chain in self._chains.values():
            for measure in chain.measures:
                if measure.record.id == receipt.measure and pair in measure.untold:
                    measure.untold.remove(pair)
                    is_all = not measure.untold and measure.record.state not in ENDS
                    return [measure.enters("told", now_s)] if is_all else []
        return []

    def _acknowledged(self, notice: Acknowledgement, now_s: float) -> list[MeasureRecord]:
        out = []
        for chain in self._chains.values():
            if chain.alert != notice.alert:
                continue
            if not self._counts(chain, notice.by):
                chain.noticed = [*chain.noticed, notice.by][-MOST_NAMES:]
                continue
            out += [
                measure.signed(notice.by, now_s)
                for measure in chain.measures
                if measure.record.acknowledge_by_s is not None and measure.record.state not in ENDS
            ]
        return out

    def _counts(self, chain: Chain, by: str) -> bool:
        """Whether somebody is one of those who were told."""
        told = [self._recipients[n] for m in chain.measures for n in m.record.recipients]
        return any(not recipient.signs_as or by in recipient.signs_as for recipient in told)

    def _close(self, alert: AlertRecord, now_s: float) -> list[MeasureRecord]:
        out: list[MeasureRecord] = []
        for place in [p for p in self._chains if p[0] == alert.id]:
            chain = self._chains.pop(place)
            out += [m.enters("closed", now_s) for m in chain.measures if not m.is_done]
            self._over.extend(m.record for m in chain.measures)
        return out

    def _judge(self, chain: Chain, now_s: float) -> list[MeasureRecord]:
        """See whether the newest measure of a chain is overdue; go on with the next step."""
        measure = chain.measures[-1]
        if measure.is_done or "overdue" in measure.record.times:
            return []
        missing = measure.missing(now_s)
        if not missing:
            return []
        out = [measure.missed(missing, now_s)]
        following = self._following(chain, measure.record)
        if following is not None:
            out.append(measure.enters("escalated", now_s))
            out += self._owe(chain, measure.record.rule, *following, now_s)
            out += self._noticed_before(chain, now_s)
        return out

    def _noticed_before(self, chain: Chain, now_s: float) -> list[MeasureRecord]:
        """Let acknowledgements count that came before the one who gave it was told."""
        by = next((who for who in chain.noticed if self._counts(chain, who)), None)
        if by is None:
            return []
        return self._acknowledged(Acknowledgement(chain.alert, by), now_s)

    def _following(
        self, chain: Chain, record: MeasureRecord
    ) -> tuple[Step, tuple[int, int]] | None:
        entry = next(entry for entry in self._entries if entry.name == chain.entry)
        steps: list[Step] = [entry, *entry.escalate]
        step, turn = record.step, record.turn
        if step < len(steps) and turn < steps[step].repeats:
            return steps[step], (step, turn + 1)
        return (steps[step + 1], (step + 1, 0)) if step + 1 < len(steps) else None

    def pack(self) -> bytes:
        """Bytes of all measures, for checkpoints."""
        state = _State(list(self._chains.values()), list(self._over))
        return msgspec.msgpack.encode(state)

    def load(self, packed: bytes, alive: Set[str]) -> None:
        """Take up what `pack` gave; what is of entries, recipients, alerts that are gone is not.

        Raises
        ------
        ValueError
            It is none of that.
        """
        state = msgspec.msgpack.decode(packed, type=_State)
        entries = {entry.name for entry in self._entries}
        known = self._recipients.keys()
        self._chains = {
            (chain.alert, chain.entry): chain
            for chain in state.chains
            if chain.entry in entries
            and chain.alert in alive
            and all(name in known for m in chain.measures for name in m.record.recipients)
        }
        self._over = deque(state.over, MOST_OVER)


def fits(entry: Entry, alert: AlertRecord) -> bool:
    """Whether an entry is for an alert."""
    return (
        (not entry.rules or alert.rule in entry.rules)
        and (not entry.severities or alert.severity in entry.severities)
        and all(_has(alert.evidence, key, texts) for key, texts in entry.evidence.items())
    )


def _has(evidence: Mapping[str, Any], key: str, texts: Sequence[str]) -> bool:
    """Whether evidence has one of the texts under a key, or in a list under it."""
    value = evidence.get(key)
    values = [] if value is None else value if isinstance(value, list | tuple) else [value]
    return any(_alike(str(one), text) for one in values for text in texts)


def _alike(value: str, text: str) -> bool:
    return value.startswith(text[:-1]) if text.endswith("*") else value == text


def check_doctrine(
    entries: Sequence[Entry], recipients: Sequence[Recipient], rules: Sequence[str]
) -> None:
    """See whether a doctrine can be applied.

    Raises
    ------
    ConfigError
        A name is unknown or there twice, or a recipient has none of the channels.
    """
    _once("watch.recipient", [recipient.name for recipient in recipients])
    _once("watch.doctrine", [entry.name for entry in entries])
    by_name = {recipient.name: recipient for recipient in recipients}
    for entry in entries:
        where = f"watch.doctrine {entry.name}"
        for rule in entry.rules:
            if rule not in rules:
                raise ConfigError(
                    f"{where}: expected rules of {', '.join(sorted(rules))}, got {rule!r}"
                )
        for i, step in enumerate((entry, *entry.escalate)):
            _check_step(where if i == 0 else f"{where}, escalate {i}", step, by_name)


def _check_step(where: str, step: Step, recipients: Mapping[str, Recipient]) -> None:
    for name in step.tell:
        if name not in recipients:
            known = ", ".join(sorted(recipients)) or "none"
            raise ConfigError(
                f"{where}: expected recipients of [[watch.recipient]] ({known}), got {name!r}"
            )
        has = recipients[name].channels
        if step.through and not set(step.through) & set(has):
            raise ConfigError(
                f"{where}: expected a channel of {name} ({', '.join(has)}) in through, got "
                f"{', '.join(step.through)}"
            )


def _once(where: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{where}: expected each name once, got {name!r} again")
