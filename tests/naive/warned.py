"""Alerts, warners and keys for tests of warnings."""

import math

from tests.naive.certificates import make_certificates

from skypact.deploy import PublicWarnings
from skypact.encode.capalert import District, Warner
from skypact.model.store import AlertRecord
from skypact.record.capsign import read_signing_key
from skypact.rules.warning import WarningParams
from skypact.runtime.warning import warnings_of

NOW_S = 1_795_456_800.0
"""2026-11-23 18:00 UTC."""
SQUARE = {"type": "Polygon", "coordinates": [[[25, 54], [26, 54], [26, 55], [25, 55], [25, 54]]]}
NORTH = Warner("warn.north.example", "Civil protection, north", "+370 5 000000")
DISTRICTS = (District("Vilnius", (("NUTS3", "LT011"),)), District("Alytus", (("NUTS3", "LT021"),)))


def alert(state="raised", time_s=NOW_S, **changed):
    made = AlertRecord(
        "ballistic-7-1", "north", "ballistic", state, time_s, time_s + 300.0, (7,), "extreme",
        SQUARE, {"probability": 0.9},
    )  # fmt: skip
    return made._replace(**changed)


def nowhere(**changed):
    return alert(area=None, event_time_s=math.nan, **changed)


def key_of(folder, name="north"):
    if not (folder / f"{name}.key").exists():
        make_certificates(folder, [name])
    return read_signing_key(folder / f"{name}.key", folder / f"{name}.pem")


def warnings_in(folder, outlets=(), **params):
    """Warnings of a unit, kept in a folder, of an exercise."""
    make_certificates(folder, ["north"])
    settings = PublicWarnings(
        sender="warn.north.example", status="Exercise", note="Autumn exercise",
        key="north.key", certificate="north.pem",
    )  # fmt: skip
    return warnings_of(settings, WarningParams(**params), "north", folder, outlets)
