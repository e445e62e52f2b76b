"""Wide-area multilateration (category 020)."""

from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.encode.packing import Column, Part, layout, pack
from skypact.errors import ConfigError
from skypact.kernels.geodesy import enu_axes
from skypact.model.reports import Floats
from skypact.simulate.feed import (
    Datagram,
    Records,
    line_of,
    send_in_parts,
    split_rows,
    time_of_day,
)
from skypact.simulate.network import Network
from skypact.simulate.parts import MlatOptions, Noise
from skypact.simulate.places import geodetic, moved
from skypact.simulate.polling import Emitters, Polling, emitters_at, take_emitters, with_transponder
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import (
    Mask,
    cooperative_probability,
    errors,
    over_horizon,
    polar,
    site_of,
)
from skypact.simulate.tick import Tick
from skypact.units import DEGREE, FLIGHT_LEVEL, FOOT

_ITEMS: Final[dict[str, Part]] = {
    "010": 1, "020": 1, "140": 1, "041": 1, "070": 1, "090": 1, "105": 1,
}  # fmt: skip
_DELAY_S: Final = (0.1, 0.3)


class Multilateration:
    """A wide-area multilateration system: every transponder once per period.

    With stations, accuracy follows from where they stand and is sent along (I020/500), and ghosts
    are found where their transmitters are; else it is that of the data sheet everywhere.
    """

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._sensor = sensor
        self._scenario = scenario
        self._site = site_of(sensor, scenario.air)
        self._rng = rng
        self._line = line_of(link, scenario, 20, _DELAY_S, rng)
        ghosts = len(scenario.ghost)
        self._polling = Polling(scenario.start_s, self._site.period_s, n, ghosts, rng)
        options = scenario.mlat.get(sensor.name, MlatOptions())
        _check(options, f"scenario: mlat.{sensor.name}")
        self._network = Network(options, scenario.air) if options.station else None
        items = _ITEMS | {"020": 2 if scenario.mark_simulated else 1}
        if self._network is not None:
            items |= {"500": ("SDP", "SDH")}
        self._coded = layout(20, items)
        self._addressed = layout(20, items | {"220": 1, "245": 1})

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the reports of one tick."""
        network = self._network
        row, time_s = self._polling.due(tick, with_transponder(tick, ghosts=network is not None))
        found = emitters_at(tick, row, time_s)
        seen = self._transmitted(found)
        if network is None:
            visible = self._visible(found)
            records = self._everywhere(take_emitters(found, seen & visible))
        else:
            records = self._located(network, take_emitters(found, seen))
        return send_in_parts(self._line, tick.span.end_s, records)

    def _transmitted(self, found: Emitters) -> Mask:
        range_m = polar(self._site, found.ecef_m)[:, 0]
        chance = cooperative_probability(self._site, range_m)
        return np.asarray(self._rng.random(len(range_m)) < chance)

    def _visible(self, found: Emitters) -> Mask:
        range_m = polar(self._site, found.ecef_m)[:, 0]
        return over_horizon(self._site, range_m, found.height_m, self._scenario.air.ground_m)

    def _everywhere(self, found: Emitters) -> Records:
        """Make records with the data sheet's accuracy."""
        n, sigma, noise = len(found.time_s), self._site.sigma_position_m, self._scenario.noise
        north, east = (errors(sigma, n, noise, self._rng) for _ in range(2))
        up = errors(1.5 * sigma, n, noise, self._rng)
        return self._records(found, north, east, up, {})

    def _located(self, network: Network, found: Emitters) -> Records:
        """Make records with the accuracy that the geometry gives."""
        heard = network.heard(found.ecef_m, found.height_m, self._rng)
        place = geodetic(found.ecef_m)
        axes = np.empty((len(place), 3, 3))
        enu_axes(np.ascontiguousarray(place[:, 0]), np.ascontiguousarray(place[:, 1]), axes)
        covariance = network.covariance(found.ecef_m, axes, heard)
        usable = network.usable(covariance, heard)
        covariance, found = covariance[usable], take_emitters(found, usable)
        east, north, up = drawn(covariance, self._scenario.noise, self._rng).T
        variance = np.diagonal(covariance, axis1=1, axis2=2)
        sigma = np.sqrt(variance)
        accuracy: dict[str, Column] = {
            "500/SDP.X": sigma[:, 0],
            "500/SDP.Y": sigma[:, 1],
            "500/SDP.XY": stated_correlation(covariance[:, 0, 1] / (sigma[:, 0] * sigma[:, 1])),
            "500/SDH.SDH": sigma[:, 2],
        }
        return self._records(found, north, east, up, accuracy)

    def _records(
        self,
        found: Emitters,
        north_m: Floats,
        east_m: Floats,
        up_m: Floats,
        accuracy: dict[str, Column],
    ) -> Records:
        place = geodetic(found.ecef_m)
        lat, lon = moved(place, north_m, east_m)
        modes = found.icao >= 0
        columns: dict[str, Column] = {
            "010.SAC": self._sensor.sac,
            "010.SIC": self._sensor.sic,
            "020.MS": modes.astype(np.int64),
            "020.SSR": (~modes).astype(np.int64),
            "020.SIM": 1,
            "140.140": time_of_day(self._line.stamp_s(found.time_s) + self._sensor.biases.time_s),
            "041.LAT": lat / DEGREE,
            "041.LON": lon / DEGREE,
            "070.MODE3A": found.mode3a,
            "090.FL": np.rint(found.baro_m / (25 * FOOT)) * 25 * FOOT / FLIGHT_LEVEL,
            "105.105": (place[:, 2] + up_m) / FOOT,
            "220.220": found.icao,
            "245.CHR": found.callsign,
        }
        octets = self._packed(columns | accuracy, modes)
        return Records(octets, found.target, found.time_s, found.ecef_m)

    def _packed(self, columns: dict[str, Column], modes: Mask) -> list[bytes]:
        octets = [b""] * len(modes)
        for shape, rows in ((self._addressed, modes), (self._coded, ~modes)):
            index = np.flatnonzero(rows)
            chosen = {
                name: values[index] if isinstance(values, np.ndarray) else values
                for name, values in columns.items()
                if name in shape.slots
            }
            packed = split_rows(pack(shape, chosen, len(index)))
            for i, record in zip(index.tolist(), packed, strict=True):
                octets[i] = record
        return octets


def _check(options: MlatOptions, where: str) -> None:
    got, least = len(options.station), options.least_stations
    if 0 < got < least:
        raise ConfigError(
            f"{where}.station: expected at least {least} (least_stations), got {got}; such a system"
            " would never report"
        )


def stated_correlation(correlation: Floats) -> Floats:
    """Correlations (k,) of east and north as I020/500 can state them.

    Its field is unsigned, in steps of a quarter (category 020, edition 1.11, I020/500, subfield 2):
    negative ones are stated as 0, which claims no more than is so, and none as 1, which would
    claim a line.
    """
    return np.clip(correlation, 0.0, 0.75)


def drawn(covariance: Floats, noise: Noise, rng: np.random.Generator) -> Floats:
    """Draw errors (k, 3) of covariances (k, 3, 3); a share is heavy-tailed on all axes."""
    k = len(covariance)
    normal = rng.standard_normal((k, 3))
    stray = rng.random(k) < noise.outlier_share
    heavy = noise.outlier_scale * rng.standard_t(2.0, (k, 3))
    z = np.where(stray[:, None], heavy, normal)
    return np.asarray(np.einsum("kij,kj->ki", np.linalg.cholesky(covariance), z))
