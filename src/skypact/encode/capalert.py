"""Alerts of the watch as warnings: what a message says of an alert.

Source: OASIS, Common Alerting Protocol Version 1.2 (CAP-v1.2-os), section 3.2.2: urgency by the
time that is left (``Immediate``: at once; ``Expected``: within the hour; ``Future``), certainty by
the probability (``Likely``: more than about a half). Evidence stays inside: it tells of sensors.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.encode.cap import CapArea, CapInfo, CapMessage, Outline, outline_of
from skypact.encode.captexts import CapTexts, filled, texts_of
from skypact.errors import WarningError
from skypact.model.store import AlertRecord

AT_ONCE_S: Final = 1800.0
"""An event that is less far away needs action at once."""
SOON_S: Final = 3600.0
LIKELY: Final = 0.5
CERTAIN: Final = 0.99
GRAVE: Final = ("severe", "extreme")
RULE: Final = "skypact:rule"
"""Parameter that names the rule of the alert."""
MOST_TIMED: Final = 20
"""Districts whose own times are in the text."""
Geocodes = tuple[tuple[str, str], ...]
"""Kind of code and code, as ``("NUTS3", "LT021")``."""


class Window(NamedTuple):
    """When it happens, UTC seconds since 1970; NaN where unknown."""

    first_s: float = math.nan
    last_s: float = math.nan


class District(NamedTuple):
    """A part of the country that is warned."""

    name: str
    geocodes: Geocodes = ()
    window: Window = Window()


class Warner(NamedTuple):
    """Who warns, and how."""

    sender: str
    """Unique and without spaces, commas, < and &, as ``warn.north.example.org``."""
    sender_name: str = ""
    contact: str = ""
    web: str = ""
    status: str = "Actual"
    """``Exercise`` and ``Test`` mark every text."""
    note: str = ""
    """What is exercised; needed with ``Exercise``."""
    languages: tuple[str, ...] = ("en", "fr")
    categories: tuple[str, ...] = ("Security", "Safety")
    valid_s: float = 900.0
    """A message expires so long after it is sent, or after the event where that is later."""


def window_of(alert: AlertRecord) -> Window:
    """Return when it happens: ``first_s`` and ``last_s`` of the evidence, else the event's time."""
    if "first_s" in alert.evidence:
        return _window(alert.evidence)
    return Window(alert.event_time_s)


def _window(told: Mapping[str, object]) -> Window:
    values = [told.get(name) for name in ("first_s", "last_s")]
    first_s, last_s = (float(v) if isinstance(v, int | float) else math.nan for v in values)
    return Window(first_s, last_s)


def districts_of(
    alert: AlertRecord, geocodes: Mapping[str, Geocodes] | None = None
) -> tuple[District, ...]:
    """Return the ``districts`` of the evidence, with their codes by name."""
    rows = alert.evidence.get("districts") or ()
    codes = geocodes or {}
    return tuple(District(r["name"], codes.get(r["name"], ()), _window(r)) for r in rows)


def rule_of(message: CapMessage) -> str:
    """Return the rule of the alert that a message is of, empty where it does not say."""
    told = [dict(info.parameters).get(RULE, "") for info in message.infos]
    return told[0] if told else ""


def urgency_of(alert: AlertRecord, now_s: float) -> str:
    """Return how soon something must be done."""
    left_s = alert.event_time_s - now_s
    if math.isnan(left_s):
        return "Immediate" if alert.severity in GRAVE else "Unknown"
    if left_s < AT_ONCE_S:
        return "Immediate"
    return "Expected" if left_s < SOON_S else "Future"


def certainty_of(alert: AlertRecord, now_s: float) -> str:
    """Return how certain it is, by the ``probability`` of the evidence."""
    probability = alert.evidence.get("probability")
    if not isinstance(probability, int | float) or math.isnan(probability):
        return "Unknown"
    if probability >= CERTAIN and alert.event_time_s <= now_s:
        return "Observed"
    return "Likely" if probability > LIKELY else "Possible"


def infos_of(
    alert: AlertRecord,
    warner: Warner,
    now_s: float,
    districts: Sequence[District] = (),
    *,
    is_over: bool = False,
) -> tuple[CapInfo, ...]:
    """Say an alert in each language.

    Parameters
    ----------
    alert : AlertRecord
        Its area, as GeoJSON, becomes polygons.
    warner : Warner
    now_s : float
        When the message is sent.
    districts : sequence of District
        Warned; their names are in the texts.
    is_over : bool
        The all-clear.

    Notes
    -----
    An area that CAP cannot say is left out, and a parameter says why: the warning goes without it.
    """
    window = window_of(alert)
    known = [t for t in (window.first_s, window.last_s) if math.isfinite(t)]
    area, said = _area_of(alert, districts)
    info = CapInfo(
        language="",
        categories=warner.categories,
        event="",
        urgency="Past" if is_over else urgency_of(alert, now_s),
        severity=alert.severity.capitalize(),
        certainty=certainty_of(alert, now_s),
        headline="",
        description="",
        responses=("AllClear",) if is_over else ("Shelter",),
        effective_s=now_s,
        onset_s=None if is_over or not known else known[0],
        expires_s=max([now_s, *([] if is_over else known)]) + warner.valid_s,
        sender_name=warner.sender_name,
        web=warner.web,
        contact=warner.contact,
        parameters=((RULE, alert.rule), *said),
    )
    spoken = [texts for texts in texts_of(alert.rule) if texts.language in warner.languages]
    return tuple(_said(info, texts, area, districts, window, is_over) for texts in spoken)


def _area_of(
    alert: AlertRecord, districts: Sequence[District]
) -> tuple[CapArea | None, tuple[tuple[str, str], ...]]:
    try:
        outline = outline_of(alert.area)
        said = outline.parameters()
    except (WarningError, ValueError, TypeError, LookupError) as error:
        outline, said = Outline(), (("skypact:areaLeftOut", str(error)),)
    if not outline.rings and not districts:
        return None, said
    codes = tuple(code for district in districts for code in district.geocodes)
    return CapArea("", outline.rings, codes), said


def _said(
    info: CapInfo,
    texts: CapTexts,
    area: CapArea | None,
    districts: Sequence[District],
    window: Window,
    is_over: bool,
) -> CapInfo:
    names = ", ".join(district.name for district in districts)
    clock = [_clock(window.first_s), _clock(window.last_s)]

    def said(text: str) -> str:
        return filled(text, texts.language, names, *clock)

    areas = () if area is None else (area._replace(desc=said("$areas")),)
    headline = texts.over_headline if is_over else texts.headline
    description = texts.over_description if is_over else texts.description
    return info._replace(
        language=texts.language,
        event=texts.event,
        headline=said(headline),
        description=said(description) + ("" if is_over else _by_district(districts)),
        instruction="" if is_over else said(texts.instruction),
        areas=areas,
    )


def _by_district(districts: Sequence[District]) -> str:
    """Return the times of districts that have their own, the same in all languages."""
    timed = [d for d in districts if math.isfinite(d.window.first_s)][:MOST_TIMED]
    spans = [f"{d.name} {'-'.join(filter(None, map(_clock, d.window)))} UTC" for d in timed]
    return f" {'; '.join(spans)}." if spans else ""


def _clock(time_s: float) -> str:
    """Return a time of day as people read it."""
    if not math.isfinite(time_s):
        return ""
    return str(np.datetime64(math.floor(time_s), "s")).partition("T")[2][:5]
