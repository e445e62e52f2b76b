"""Plain twin of kernels/prepare.py: one report at a time, from the named columns of the batch."""

import math

import numpy as np
from tests.naive import geodesy

from skypact.model.reports import ADSB, REMOTEID, TRACK
from skypact.model.sensors import SMR
from skypact.model.tracking import SERIALS, Z_WIDTH

NM = 1852.0
BOUND_OF_CATEGORY = {
    11: 3.0, 10: 10.0, 9: 30.0, 8: 0.05 * NM, 7: 0.1 * NM, 6: 0.3 * NM, 5: 0.5 * NM, 4: NM,
    3: 2 * NM, 2: 4 * NM, 1: 10 * NM, 0: 10 * NM,
}  # fmt: skip
"""Horizontal 95 % bounds in metres of NACp, and of NIC where NACp says nothing."""

GREATEST = {
    "range_m": 1e8, "sigma_m": 1e7, "x_m": 1e9, "y_m": 1e9,
    **dict.fromkeys(("azimuth_rad", "elevation_rad", "track_angle_rad"), 4 * math.pi),
    **dict.fromkeys(("baro_altitude_m", "geo_altitude_m"), 1e7),
    **dict.fromkeys(("vn_mps", "ve_mps", "vu_mps", "ground_speed_mps", "range_rate_mps"), 2e4),
}  # fmt: skip
"""A report that says more than this is not used."""


def local_place(table, s, east, north, height):
    """Place east and north of the site, at a height above it along its vertical."""
    site = geodesy.ecef_from_geodetic(table.lat_rad[s], table.lon_rad[s], table.height_m[s])
    local = np.array([east, north, height - table.height_m[s]])
    return site + local @ geodesy.enu_axes(table.lat_rad[s : s + 1], table.lon_rad[s : s + 1])[0]


def antenna(s, table, flat):
    """Place of the sensor."""
    if flat:
        return np.array([table.lon_rad[s], table.lat_rad[s], table.height_m[s]])
    return geodesy.ecef_from_geodetic(table.lat_rad[s], table.lon_rad[s], table.height_m[s])


def place_in_the_flat(r, form, s, table):
    """Place of a range and azimuth, or of a plane position; longitude is x, latitude is y."""
    origin = np.nan_to_num([table.lon_rad[s], table.lat_rad[s]])
    offset = ground_offset(r) if form == "polar" else np.array([r["x_m"], r["y_m"]])
    return np.array([*(origin + offset), table.height_m[s]])


def ground_offset(r):
    """East and north of a range and azimuth, the range taken along the ground."""
    return r["range_m"] * np.array([math.sin(r["azimuth_rad"]), math.cos(r["azimuth_rad"])])


def has(r, *names):
    """Whether a report gives all of these."""
    return not any(math.isnan(r[name]) for name in names)


def form_of(r, s, table, flat):
    """How a report gives its place: "polar", "geodetic", "local", "bearing"; or None."""
    if any(math.isinf(v) for v in r.values()) or r["sigma_m"] <= 0:
        return None
    if any(abs(r[name]) > limit for name, limit in GREATEST.items()):
        return None
    site_known = flat or not math.isnan(table.lat_rad[s])
    on_earth = abs(r["lat_rad"]) <= np.pi / 2 and abs(r["lon_rad"]) <= 2 * np.pi
    forms = {
        "polar": site_known and has(r, "range_m", "azimuth_rad"),
        "geodetic": on_earth and not flat,
        "local": site_known and has(r, "x_m", "y_m"),
        "bearing": site_known and has(r, "azimuth_rad"),
    }
    first = next((form for form, given in forms.items() if given), None)
    return None if first == "polar" and r["range_m"] <= 0 else first


def has_elevation(r, s, table):
    """Whether a report has an elevation and its data sheet says how good it is."""
    return not math.isnan(r["elevation_rad"] + table.sigma_elevation_rad[s])


def extras(r, kind, s, table, params):
    """Elevation, range rate and vertical rate that the filter uses, NaN where it does not."""
    earth, flat = params.frame == "ecef", params.frame == "flat"
    polar = kind == "polar" and table.kind[s] != SMR
    rising = earth and (polar or kind == "bearing") and has_elevation(r, s, table)
    known_rate = polar and not math.isnan(table.sigma_range_rate_mps[s])
    climbs = not flat and kind != "bearing"
    return np.array(
        [
            r["elevation_rad"] if rising else np.nan,
            r["range_rate_mps"] if known_rate else np.nan,
            r["vu_mps"] if climbs else np.nan,
        ]
    )


def assumed_height(r, form, s, table, heights):
    """Height and deviation where none is given: a plot is not above 30 degrees of elevation."""
    height, sigma = heights[s]
    if form == "polar" and table.kind[s] != SMR and has_elevation(r, s, table):
        up, r_m = r["elevation_rad"], r["range_m"]
        bend = (r_m * math.cos(up)) ** 2 / (2 * 6_371_008.8)
        height = table.height_m[s] + r_m * math.sin(up) + bend
        return height, 3.0 * r_m * table.sigma_elevation_rad[s]
    rise = 0.5 * r["range_m"]
    if form == "polar" and table.kind[s] != SMR and height > table.height_m[s] + rise:
        return table.height_m[s] + rise, float(np.clip(rise, 100.0, max(sigma, 100.0)))
    return height, sigma


def position(r, form, height, s, table):
    """Place of the report at a height."""
    if table.kind[s] == SMR and form == "polar":  # on the ground: as east and north
        return local_place(table, s, *ground_offset(r), height)
    if form == "geodetic":
        return geodesy.ecef_from_geodetic(r["lat_rad"], r["lon_rad"], height)
    if form == "local":
        return local_place(table, s, r["x_m"], r["y_m"], height)
    site = [*local_place(table, s, 0.0, 0.0, table.height_m[s]), table.height_m[s]]
    axes = geodesy.enu_axes(table.lat_rad[s : s + 1], table.lon_rad[s : s + 1])[0]
    return geodesy.ecef_from_polar(r["range_m"], r["azimuth_rad"], height, site, axes)


def place_noise(r, form, s, table, flat):
    """Deviations of range and azimuth, or of the place and zero."""
    if form == "bearing":
        return table.sigma_range_m[s], table.sigma_azimuth_rad[s]
    if table.kind[s] == SMR:
        spread = table.sigma_position_m[s]
        if has(r, "range_m"):
            spread = max(r["range_m"] * table.sigma_azimuth_rad[s], table.sigma_range_m[s])
        return math.hypot(spread, 8.0), 0.0
    if form == "polar":
        return table.sigma_range_m[s], table.sigma_azimuth_rad[s]
    stated = r["sigma_m"]
    if math.isnan(stated):
        stated = self_reported_noise(int(r["nacp"]), int(r["nic"]), table.sigma_position_m[s])
    least = table.sigma_position_m[s] / 4 if r["kind"] == TRACK else 2.0
    return stated if flat else max(least, stated), 0.0


def self_reported_noise(nacp, nic, sheet):
    """Deviation of a position by its quality; the data sheet's where none is stated."""
    for category in (nacp, nic):
        if 1 <= category <= 11:
            return BOUND_OF_CATEGORY[category] / 2.4477
    return BOUND_OF_CATEGORY[0] / 2.4477 if 0 in (nacp, nic) else sheet


def latency_noise(r, table, flat, speed_mps):
    """Deviation of an object's own position for encoding and the time it took; else 0."""
    if flat or r["kind"] not in (ADSB, REMOTEID) or table.kind[r["sensor"]] == SMR:
        return 0.0
    return math.hypot(2.0, 0.02 * (250.0 if math.isnan(speed_mps) else speed_mps))


def height_of(r, ground, field):
    """Height above the ellipsoid, NaN where there is none, and its level's variance; learns."""
    undulation, lat, lon = ground
    baro, geo = r["baro_altitude_m"], r["geo_altitude_m"]
    if math.isnan(baro):
        return geo, 0.0
    if r["kind"] in (ADSB, REMOTEID) and r["icao"] >= 0:
        field.note(int(r["icao"]), r["time_s"], lat, lon, baro, geo - baro - undulation)
    above, variance = field.at(lat, lon, baro)
    return baro + undulation + above, variance


def source_of(r, s, tracked):
    """Another tracker's number of the object, or the serial number that it told itself."""
    if tracked and r["track_number"] >= 0:
        return s, int(r["track_number"])
    own = r["kind"] in (ADSB, REMOTEID) and r["icao"] < 0 and r["callsign"] >= 0
    return (SERIALS, int(r["callsign"])) if own else None


def prepare_one(r, ground, table, heights, params, field):
    """One report as a dict, None where it cannot be used; `heights` (S, 2) are the assumed ones."""
    s, flat = r["sensor"], params.frame == "flat"
    kind = form_of(r, s, table, flat)
    tracked = r["kind"] == TRACK
    if r["coast"] == 1 or r["test"] == 1 or kind is None:
        return None
    plane = kind in ("geodetic", "local") or (kind == "polar" and table.kind[s] == SMR)
    if tracked and (r["simulated"] == 1 or not plane):
        return None
    height, level_var = height_of(r, ground, field)
    assumed, sigma = height, params.sigma_level_m
    if math.isnan(height):
        assumed, sigma = assumed_height(r, kind, s, table, heights)
    if kind == "bearing":
        place = antenna(s, table, flat)
    elif flat:
        place = place_in_the_flat(r, kind, s, table)
    else:
        place = position(r, kind, assumed, s, table)
    form = 0 if kind == "polar" and table.kind[s] != SMR else (2 if kind == "bearing" else 1)
    z = np.full(Z_WIDTH, np.nan)
    z[0:3] = place
    z[3:6] = [0, 0, 1] if flat else geodesy.up_at(place)
    z[6], z[7] = r["range_m"], r["azimuth_rad"]
    z[8] = math.nan if flat or kind == "bearing" else height
    z[9], z[10] = place_noise(r, kind, s, table, flat)
    z[11] = 1.0 if flat else sigma
    if not math.isnan(r["vn_mps"] + r["ve_mps"]):
        z[12:14] = r["vn_mps"], r["ve_mps"]
    elif has(r, "ground_speed_mps", "track_angle_rad"):
        way = r["track_angle_rad"]
        z[12:14] = r["ground_speed_mps"] * np.array([math.cos(way), math.sin(way)])
    z[14] = params.sigma_tracked_mps if tracked else params.sigma_velocity_mps
    if kind != "bearing" and kind != "polar":
        z[9] = math.hypot(z[9], latency_noise(r, table, flat, math.hypot(z[12], z[13])))
    z[15] = params.self_report_memory_s if r["kind"] in (ADSB, REMOTEID) else 0.0
    z[28] = params.velocity_lag_s if z[15] > 0.0 and r["icao"] >= 0 else 0.0
    z[17:20] = extras(r, kind, s, table, params)
    z[19] = np.nan if tracked else z[19]
    z[26] = float(tracked)
    z[16] = np.count_nonzero(~np.isnan(z[17:20]))
    z[20], z[21] = table.sigma_elevation_rad[s], table.sigma_range_rate_mps[s]
    z[22:26] = params.sigma_climb_mps, 0.0, 0.0, np.nan if flat else assumed
    z[27] = 0.0 if flat or kind == "bearing" else level_var
    far = table.range_max_m[s]
    space = [2 * np.pi * far, np.pi * far**2, 2 * np.pi][form]
    space *= np.prod(np.array([0.5, 1_000.0, 60.0])[~np.isnan(z[17:20])])
    if not math.isnan(z[8]):
        space *= 15_000.0
    if not math.isnan(z[12]):
        space *= 600.0**2
    labelled = r["mode3a"] >= 0 or not math.isnan(r["baro_altitude_m"])
    share = 0.01 if r["icao"] >= 0 else (0.1 if labelled else 1.0)
    return {
        "time_s": r["time_s"], "sensor": s, "form": form, "z": z,
        "clutter": max(table.clutter_per_scan[s], 1e-3) * share / space,
        "birth": 0.0 if form == 2 else params.births_per_scan / space,
        "icao": int(r["icao"]), "mode3a": int(r["mode3a"]), "callsign": int(r["callsign"]),
        "baro_m": r["baro_altitude_m"],
        "source": source_of(r, s, tracked),
    }  # fmt: skip


def prepare(batch, order, table, heights, params, ground, field):
    """All usable reports in the given order, each with its row in the batch as `serial`."""
    out = []
    for i in order:
        r = {name: column[i] for name, column in zip(batch._fields, batch, strict=True)}
        one = prepare_one(r, ground[i], table, heights, params, field)
        if one is not None:
            out.append({**one, "serial": int(i)})
    return out
