"""The sensors of a recording: what was heard, what the union file says, what a person added."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from skypact.config import Sensor, SensorKind, Union
from skypact.model.reports import ReportBatch
from skypact.model.site import Site


class Heard(NamedTuple):
    """A sensor as its own data shows it; None where they do not."""

    sac: int
    sic: int
    kind: SensorKind
    lat_deg: float | None = None
    lon_deg: float | None = None
    height_m: float | None = None
    period_s: float | None = None


def sensors_in_force(
    heard: Sequence[Heard], union: Union | None, sites: Sequence[Site]
) -> list[Sensor]:
    """List the data sheets of the sensors heard, in their order.

    A union file's entry with the same address (SAC/SIC) wins over what was heard; a site given by
    a person wins over both.
    """
    known = {(s.sac, s.sic): s for s in union.sensor} if union else {}
    given = {(s.sac, s.sic): s for s in sites}
    sensors = []
    for h in heard:
        address = (h.sac, h.sic)
        sensor = known.get(address) or Sensor(
            name=f"{h.sac}/{h.sic}",
            sac=h.sac,
            sic=h.sic,
            kind=h.kind,
            period_s=h.period_s,
        )
        if sensor.lat is None and h.lat_deg is not None:
            sensor = msgspec.structs.replace(
                sensor, lat=h.lat_deg, lon=h.lon_deg, height_m=h.height_m or 0.0
            )
        if address in given:
            g = given[address]
            sensor = msgspec.structs.replace(
                sensor, lat=g.lat_deg, lon=g.lon_deg, height_m=g.height_m
            )
        sensors.append(sensor)
    return sensors


def need_site(sensors: Sequence[Sensor], reports: ReportBatch) -> dict[str, int]:
    """Count, by sensor, the reports that cannot be placed because its site is unknown.

    Those give range and azimuth, or plane coordinates, but no latitude and longitude.
    """
    unplaced = np.isnan(reports.lat_rad) & (reports.coast == 0)
    unplaced &= np.isfinite(reports.range_m) | np.isfinite(reports.x_m)
    counts = np.bincount(reports.sensor[unplaced], minlength=len(sensors))
    missing = [i for i, s in enumerate(sensors) if s.lat is None and counts[i]]
    return {sensors[i].name: int(counts[i]) for i in missing}
