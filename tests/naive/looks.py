"""Looks in a row, with sensors and the reports that they make of a few tracks."""

import numpy as np
from tests.naive.skies import START_S, flown, sky, track

from skypact.model.reports import ADSB, MLAT, MODES, PSR, empty_reports
from skypact.units import DEGREE, NANOSECONDS
from skypact.watch.cover import ecef_of, polar_of, site_of
from skypact.watch.sky import SensorLook

RADAR = SensorLook(
    "north", "radar", "operational", 48.0 * DEGREE, 16.0 * DEGREE, 200.0, 400_000.0, 4.0,
    p_detection=0.9, sigma_range_m=50.0, sigma_azimuth_rad=0.08 * DEGREE,
)  # fmt: skip
RECEIVER = RADAR._replace(name="ears", kind="adsb", period_s=1.0, p_detection=0.9)
MULTILATERATION = RADAR._replace(
    name="mlat", kind="mlat", period_s=1.0, sigma_position_m=20.0, range_max_m=200_000.0
)
BOTH = (RADAR, RECEIVER)


def plain(number, lat=48.5, lon=16.5, **more):
    """A track with an address of its own."""
    return track(number, lat, lon, **{"icao": 0x440000 + number, **more})


def many(n, **more):
    """Tracks on a grid about the radar."""
    return [
        plain(k + 1, 48.4 + 0.12 * (k // 10), 15.2 + 0.16 * (k % 10), course=31.0 * k, **more)
        for k in range(n)
    ]


def reports_of(sensor, row, entries, at_s, kind, offset=(0.0, 0.0), noise=None, **columns):
    """Reports of tracks by one sensor at their places, or north and east of them by `offset`."""
    out = empty_reports(len(entries))
    out.time_s[:] = START_S + at_s
    out.received_ns[:] = round((START_S + at_s) * NANOSECONDS)
    out.sensor[:], out.kind[:] = row, kind
    lat = np.array([e["lat_rad"] for e in entries]) + offset[0] / 6_371_008.8
    lon = np.array([e["lon_rad"] for e in entries])
    lon += offset[1] / (6_371_008.8 * np.cos(lat))
    height = np.array([e["altitude_m"] for e in entries])
    if kind in (ADSB, MLAT):
        out.lat_rad[:], out.lon_rad[:], out.geo_altitude_m[:] = lat, lon, height
    else:
        polar = polar_of(site_of(sensor), ecef_of(lat, lon, height))
        out.range_m[:], out.azimuth_rad[:] = polar[:, 0], polar[:, 1]
        if noise is not None:
            n = len(entries)
            out.range_m[:] += noise.normal(0.0, sensor.sigma_range_m, n)
            out.azimuth_rad[:] += noise.normal(0.0, sensor.sigma_azimuth_rad, n)
    if kind == ADSB:
        out.vn_mps[:] = [e["vn_mps"] for e in entries]
        out.ve_mps[:] = [e["ve_mps"] for e in entries]
        out.nacp[:], out.nic[:] = 9, 8
    if kind != PSR:
        out.icao[:] = [e.get("icao", -1) for e in entries]
    for name, value in columns.items():
        getattr(out, name)[:] = value
    return out


def joined(parts):
    """One batch of several, and the tracks of all."""
    batches, tracks = zip(*parts, strict=True)
    columns = zip(*batches, strict=True)
    return type(batches[0])(*map(np.concatenate, columns)), np.concatenate(tracks)


def looks(entries, seconds, sensors=BOTH, sees=None, told=None, **more):
    """Looks once a second at tracks that fly straight on; each sensor in turn reports them.

    `sees(sensor name, entry, second)` says whether it is; `told(second)` gives columns of ADS-B and
    the offset of its positions, north and east.
    """
    for s in seconds:
        now = [flown(e, float(s)) for e in entries]
        parts = [(empty_reports(0), np.zeros(0, np.int64))]
        for row, sensor in enumerate(sensors):
            due = [e for e in now if (s + e["track"]) % max(1, int(sensor.period_s)) == 0]
            due = [e for e in due if sees is None or sees(sensor.name, e, s)]
            if due and sensor.state == "operational":
                kind = {"radar": MODES, "adsb": ADSB, "mlat": MLAT}[sensor.kind]
                columns = told(s) if told is not None and kind == ADSB else {}
                batch = reports_of(sensor, row, due, float(s), kind, **columns)
                parts.append((batch, np.array([e["track"] for e in due])))
        reports, of = joined(parts)
        yield sky(*now, at_s=float(s), sensors=sensors, reports=reports, report_track=of, **more)
