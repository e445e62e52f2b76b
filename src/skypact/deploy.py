"""What a unit needs beside its sensors: sources, recording, store, outputs, page, limits.

The ``[[unit]]`` entries of a union file, as frozen structs checked with their limits. URLs are read
where they are used (`sources.url`, `serve.targets`), so that a wrong one is named with its unit.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Octet = Annotated[int, Meta(ge=0, le=255)]
OutputKind = Literal["asterix", "cot", "tak", "geojson", "csv"]


class Recording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a unit keeps of the bytes that it takes in."""

    enabled: bool = True
    """Without it a crash loses what came since the last checkpoint, and nothing can be replayed."""
    folder: str = ""
    """Left out, ``recording`` in the unit's folder."""
    segment_s: Positive = 300.0
    """A segment ends after so long."""
    segment_mib: Positive = 256.0
    """Or when it has grown to this."""
    sync_s: Annotated[float, Meta(gt=0, le=60)] = 0.5
    """Bytes are on the disk after so long at most."""
    keep_gib: Positive = 100.0
    """The oldest sealed segments are removed beyond this."""
    keep_days: Positive = 30.0
    """Or after so many days."""
    free_gib: NotNegative = 1.0
    """Recording rests while less is free on its disk."""
    seal: bool = True
    """Decode ended segments to tables of reports beside them."""


class Store(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the picture is kept."""

    url: str = ""
    """A folder (``parquet:DIR``) or a database (``postgresql://USER@HOST/NAME``); left out,
    ``picture`` in the unit's folder."""
    batch_s: Positive = 1.0
    """Rows are gathered for so long."""
    keep_days: Positive = 30.0
    """Older rows are removed."""
    most_waiting: Count = 2_000_000
    """Rows that wait while the store is away; beyond it the oldest are dropped and counted."""


class Server(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page, the interface for programs, and the figures for monitoring."""

    listen: str = "127.0.0.1:8600"
    """Address and port; beyond loopback it needs `certificate`, `key` and `tokens`."""
    certificate: str = ""
    """PEM file."""
    key: str = ""
    """PEM file."""
    tokens: str = ""
    """File with one ``ROLE SHA256-OF-TOKEN`` a line; roles are view, operate and release."""


class Output(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place that the picture is sent to."""

    kind: OutputKind
    """``asterix``: categories 062, 063, 065 (and 004); ``cot``: Cursor on Target as XML; ``tak``:
    the same in the TAK protocol; ``geojson`` and ``csv``: a line a track update."""
    url: str
    """``udp://HOST:PORT``, ``tcp://HOST:PORT`` (connects), ``tcp://HOST:PORT?listen``,
    ``tls://HOST:PORT?ca=FILE&certificate=FILE&key=FILE``, or ``file:PATH``."""
    period_s: NotNegative = 0.0
    """A track is sent at most so often; 0: at each update."""
    confirmed_only: bool = True
    """Leave tentative tracks out."""
    alerts: tuple[str, ...] | None = None
    """Alerts of these rules go out, too: as category 004 with ``asterix`` (left out, all that it
    can say), as drawn areas with ``cot`` and ``tak`` (left out, none)."""


class PublicWarnings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In whose name a unit warns, and with which key (``[unit.warnings]``)."""

    sender: Annotated[str, Meta(min_length=1, pattern=r"^[^\s,<&]+$")]
    """Unique in the world, as ``warn.north.example.org``."""
    status: Literal["Actual", "Exercise", "Test"]
    """What its messages are; there is no default, so that nobody warns by mistake."""
    key: str
    """PEM file of a private key on the curve P-256."""
    certificate: str
    """PEM file; that of the key."""
    sender_name: str = ""
    """As people know the sender."""
    contact: str = ""
    """Whom to ask."""
    web: str = ""
    """Page with more."""
    note: str = ""
    """What is exercised; needed with ``Exercise``."""
    languages: Annotated[tuple[Literal["en", "fr"], ...], Meta(min_length=1)] = ("en", "fr")
    """Of its texts."""
    folder: str = ""
    """Where messages and steps are kept; left out, ``warnings`` in the unit's folder."""
    geocodes: dict[str, dict[str, str]] = {}
    """Codes of districts by their names: ``{ Vilnius = { NUTS3 = "LT011" } }``."""

    def __post_init__(self) -> None:
        """Refuse an exercise that does not say what it is."""
        if self.status == "Exercise" and not self.note.strip():
            raise ValueError("warnings: expected a note with status Exercise: what is exercised")


class Webhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address that is told of alerts by HTTP."""

    url: str
    """``https://HOST[:PORT]/PATH``; ``http://`` on loopback only."""
    secret: str
    """File with the secret of the signatures: at least 24 bytes, or ``whsec_`` and base64."""
    alerts: bool = True
    """States of alerts, as in ``alerts.jsonl``."""
    rules: tuple[str, ...] = ()
    """Alerts of these rules; all where it is left out."""
    warnings: Literal["none", "released", "all"] = "released"
    """Signed messages of the Common Alerting Protocol; ``all``: restricted drafts, too."""
    recipients: tuple[str, ...] = ()
    """Recipients of the doctrine that it leads to: they are told of its measures here."""
    ca: str = ""
    """PEM file of the authority that the server's certificate is of; left out, the system's."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """For one try, in all."""
    tries: Annotated[int, Meta(ge=1, le=100)] = 10
    """Then it is given up."""
    most_waiting: Count = 1000
    """Beyond it the oldest are dropped; alerts and warnings wait apart."""


class Overload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens when more comes in than can be tracked."""

    lag_s: Positive = 3.0
    """The unit is overloaded when it is so far behind; it sheds until it is less than a third."""
    most_packets: Count = 200_000
    """Packets that wait at most, of all sources together."""
    most_mib: Positive = 256.0
    """Their bytes."""
    keep: tuple[str, ...] = ("radar", "mlat", "passive", "smr", "adsb", "tracker", "remoteid")
    """Kinds of sensors in the order in which they are kept; sources of the last are shed first."""


class FlightPlans(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lists of flights that are expected."""

    files: tuple[str, ...] = ()
    """CSV or JSON files; read again when they change."""
    reload_s: Positive = 5.0
    """How often that is looked at."""


class Standby(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second process of the same unit that takes over when the first one dies."""

    beat_s: Positive = 0.5
    """The active process says so often that it lives."""
    dead_s: Positive = 5.0
    """After so long without, it hangs, and the other one ends it and takes over; a process that
    dies is replaced at once. At least three times `beat_s`."""

    def __post_init__(self) -> None:
        """Refuse figures by which a process that works would be ended."""
        if self.dead_s < 3.0 * self.beat_s:
            raise ValueError(
                f"standby: expected dead_s of at least three times beat_s, got {self.dead_s:g} and"
                f" {self.beat_s:g}"
            )


class Unit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member's unit: what it takes in, keeps and sends."""

    name: Annotated[str, Meta(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    member: str = ""
    """Its sensors are those of this member; of every member where it is left out."""
    sensors: tuple[str, ...] = ()
    """Sensors by name, where they are not all of the member's."""
    source: tuple[str, ...] = ()
    """URLs of feeds beside those of its sensors."""
    sac: Octet = 0
    sic: Octet = 0
    """Its address in what it sends."""
    folder: str = ""
    """Where it keeps its state; left out, a folder of its name beside the union file."""
    checkpoint_s: Positive = 10.0
    """Its state is kept so often; after a crash the recording since then is taken again."""
    step_s: Annotated[float, Meta(ge=0.02, le=1.0)] = 0.1
    """Reports are gathered so long before they are tracked."""
    record: Recording = Recording()
    """What it keeps of the bytes."""
    store: Store = Store()
    """Where it keeps the picture."""
    server: Server = Server()
    """Its page."""
    output: tuple[Output, ...] = ()
    """Where it sends the picture."""
    warnings: PublicWarnings | None = None
    """In whose name it warns; left out, it makes no messages for the public."""
    webhook: tuple[Webhook, ...] = ()
    """Who is told of alerts by HTTP."""
    overload: Overload = Overload()
    """What it leaves out when there is too much."""
    flight_plans: FlightPlans = FlightPlans()
    """Flights that are expected."""
    standby: Standby = Standby()
    """When another process takes its place (`skypact run --standby`)."""
    parameters: dict[str, Any] = {}
    """Figures of the tracker of this unit, by name (`TrackerParams`)."""
