"""The sensors of a recording: what was seen, what the union file says, what a person added."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from skypact.config import Sensor, SensorKind, Union
from skypact.decode.asterix.sensors import SensorSeen
from skypact.model.reports import ADSB, MLAT, POSITION, REMOTEID, TRACK, ReportBatch
from skypact.model.site import Site
from skypact.units import DEGREE

_KIND_OF_REPORTS: Final[dict[int, SensorKind]] = {
    MLAT: "mlat",
    ADSB: "adsb",
    REMOTEID: "remoteid",
    TRACK: "tracker",
    POSITION: "position",
}


def _own_sheet(seen: SensorSeen) -> Sensor:
    """Make a data sheet of what the sensor's own data show."""
    period_s = None if np.isnan(seen.period_s) else seen.period_s
    return Sensor(name=seen.name, sac=seen.sac, sic=seen.sic, kind=seen.kind, period_s=period_s)


def _own_site(seen: SensorSeen) -> Site | None:
    """Take the site the sensor itself sent (I034/120, a position in WGS-84)."""
    if np.isnan(seen.lat_rad) or np.isnan(seen.lon_rad):
        return None
    height_m = float(np.nan_to_num(seen.height_m))
    return Site(seen.sac, seen.sic, seen.lat_rad / DEGREE, seen.lon_rad / DEGREE, height_m)


def sheet_of(sensor: Sensor | SensorSeen, entries: Sequence[Sensor]) -> Sensor | None:
    """Find the entry of a sensor, by its name, else by its address; None where there is none."""
    for entry in entries:
        if entry.name == sensor.name:
            return entry
    address = (sensor.sac, sensor.sic)
    return next((s for s in entries if (s.sac, s.sic) == address != (0, 0)), None)


def sensors_in_force(
    seen: Sequence[SensorSeen],
    union: Union | None,
    sites: Sequence[Site] = (),
    kept: Sequence[Sensor] = (),
) -> list[Sensor]:
    """List the data sheets of the sensors seen, in their order.

    A union file's entry with the same address (SAC/SIC) or name wins over the one `kept` from an
    earlier run, and that over what was seen; a site given by a person wins over all.
    """
    entries = union.sensor if union else ()
    given = {(s.sac, s.sic): s for s in sites}
    sensors = []
    for s in seen:
        address = (s.sac, s.sic)
        sensor = sheet_of(s, entries) or sheet_of(s, kept) or _own_sheet(s)
        site = given.get(address) or (_own_site(s) if sensor.lat is None else None)
        if site is not None:
            sensor = msgspec.structs.replace(
                sensor, lat=site.lat_deg, lon=site.lon_deg, height_m=site.height_m
            )
        sensors.append(sensor)
    return sensors


def sensors_of_reports(names: Sequence[str], reports: ReportBatch) -> list[SensorSeen]:
    """Describe the sensors of a report table: addresses from their names, kinds from reports."""
    seen = []
    for row, name in enumerate(names):
        address = re.fullmatch(r"(\d{1,3})/(\d{1,3})", name)
        sac, sic = (int(address[1]), int(address[2])) if address else (0, 0)
        mine = reports.kind[reports.sensor == row]
        most = int(np.bincount(mine).argmax()) if mine.size else 0
        kind: SensorKind = _KIND_OF_REPORTS.get(most, "radar")
        seen.append(
            SensorSeen(
                sac,
                sic,
                name,
                categories=(),
                kind=kind,
                lat_rad=float("nan"),
                lon_rad=float("nan"),
                height_m=float("nan"),
                period_s=float("nan"),
                records=mine.size,
                reports=mine.size,
                clock_offset_s=float("nan"),
            )
        )
    return seen


def need_site(sensors: Sequence[Sensor], reports: ReportBatch) -> dict[str, int]:
    """Count, by sensor, the reports that cannot be placed because its site is unknown.

    Those give range and azimuth, or plane coordinates, but no latitude and longitude.
    """
    unplaced = np.isnan(reports.lat_rad) & (reports.coast == 0)
    unplaced &= np.isfinite(reports.range_m) | np.isfinite(reports.x_m)
    counts = np.bincount(reports.sensor[unplaced], minlength=len(sensors))
    missing = [i for i, s in enumerate(sensors) if s.lat is None and counts[i]]
    return {sensors[i].name: int(counts[i]) for i in missing}
