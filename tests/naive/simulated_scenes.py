"""Small scenes for the simulator's tests, and their bytes decoded by the plain decoder."""

from typing import Any, NamedTuple

import msgspec
import numpy as np

from skypact import config
from skypact.decode.asterix.records import decode_block
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes, polar_from_ecef
from skypact.model.packets import PacketBatch
from skypact.simulate import Scenario, Slice, load_scenario
from skypact.simulate.parts import Fleet, Noise, RadarOptions, Traffic
from skypact.units import DEGREE

RADAR = config.Sensor(
    name="High", sac=1, sic=2, lat=47.9, lon=17.6, height_m=2500.0, range_max_m=900_000.0,
    period_s=10.0, sigma_range_m=50.0, sigma_azimuth_deg=0.08, p_detection=0.9,
    clutter_per_scan=0.0,
)  # fmt: skip
MLAT = config.Sensor(
    name="Wide", kind="mlat", sac=1, sic=3, lat=47.9, lon=17.6, height_m=2500.0,
    range_max_m=900_000.0, sigma_position_m=20.0, p_detection=0.95,
)  # fmt: skip
ADSB = config.Sensor(
    name="Ear", kind="adsb", sac=1, sic=4, lat=47.9, lon=17.6, height_m=2500.0,
    range_max_m=900_000.0, p_detection=0.9,
)  # fmt: skip


def scene_of(
    *sensors: config.Sensor,
    fleet: tuple[Fleet, ...] = (Fleet(kind="airliner", count=150),),
    options: RadarOptions | None = None,
    outliers: float = 0.0,
    **changes: Any,
) -> Scenario:
    """Scenario over the border region's points with other sensors and traffic."""
    radar = {} if options is None else {RADAR.name: options}
    fields: dict[str, Any] = {
        "sensor": sensors,
        "fleet": fleet,
        "radar": radar,
        "noise": Noise(outlier_share=outliers),
        **changes,
    }
    return msgspec.structs.replace(load_scenario("border"), **fields)


TRANSIT_ONLY = Traffic(transit=1.0, domestic=0.0)
WIDE_OPEN = RadarOptions(primary=False, cone_deg=89.0)


class Decoded(NamedTuple):
    """Target records in the order of their origins, and the service messages, with sensors."""

    targets: list[dict[str, Any]]
    links: np.ndarray
    services: list[dict[str, Any]]


def decoded(part: Slice) -> Decoded:
    """Every record of a slice by the plain decoder; fails on any error."""
    targets: list[dict[str, Any]] = []
    services: list[dict[str, Any]] = []
    links: list[int] = []
    data = part.packets.data.tobytes()
    for start, end, link in zip(
        part.packets.start, part.packets.end, part.packets.link, strict=True
    ):
        datagram, offset = data[start:end], 0
        while offset < len(datagram):
            block = decode_block(datagram, offset)
            assert block.error is None
            offset = block.next_offset
            if block.number == 34:
                services.extend(block.records)
            else:
                targets.extend(block.records)
                links.extend([int(link)] * len(block.records))
    assert len(targets) == len(part.origins.target)
    return Decoded(targets, np.array(links, np.int64), services)


def payloads(packets: PacketBatch, link: int) -> list[bytes]:
    """Datagrams of one sensor in order of arrival."""
    data = packets.data.tobytes()
    ours = np.flatnonzero(packets.link == link).tolist()
    return [data[packets.start[i] : packets.end[i]] for i in ours]


def true_polar(sensor: config.Sensor, ecef_m: np.ndarray) -> np.ndarray:
    """Range, azimuth and elevation (n, 3) of positions (n, 3) from a sensor."""
    lat, lon = np.array([sensor.lat * DEGREE]), np.array([sensor.lon * DEGREE])
    site, axes = np.empty((1, 3)), np.empty((1, 3, 3))
    ecef_from_geodetic(lat, lon, np.array([sensor.height_m]), site)
    enu_axes(lat, lon, axes)
    out = np.empty_like(ecef_m)
    polar_from_ecef(np.ascontiguousarray(ecef_m), site[0], axes[0], out)
    return out


def turned(angle: np.ndarray, full: float) -> np.ndarray:
    """Angle in half-open range around zero."""
    return (angle + full / 2) % full - full / 2
