"""What really happened that a watch should tell of, and what was told with the places of tracks."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from skypact.model.store import AlertRecord


class TrueEvent(NamedTuple):
    """Something that a rule should tell of, from the truth alone."""

    rule: str
    begin_s: float
    """When it happens, or begins to be so, UTC seconds since 1970."""
    end_s: float
    """When it is over; the same for an instant."""
    targets: tuple[int, ...] = ()
    """Objects of the truth; alerts about them are about it."""
    names: tuple[str, ...] = ()
    """Or sensors and 24-bit addresses (six hexadecimal digits)."""
    area: Mapping[str, Any] | None = None
    """Or a part of the ground, GeoJSON geometry."""
    known_s: float = float("-inf")
    """Since when the truth has what it is about."""
    is_needed: bool = True
    """False: an alert is right, but none is asked for."""


class Witnessed(NamedTuple):
    """A state of an alert, with where its tracks were by their newest updates."""

    record: AlertRecord
    time_s: tuple[float, ...]
    """Of the updates, UTC seconds."""
    lat_rad: tuple[float, ...]
    lon_rad: tuple[float, ...]
    icao: tuple[int, ...]
    """24-bit addresses, -1 none."""
