"""Plots to records of category 048, or to reports: biases, noise, quantisation.

A radar that measures elevation sends it as height above mean sea level (I048/110), the way it
would compute it: from its measured range, azimuth and elevation, on the ellipsoid, less the geoid
there, which is not quite the scene's (``air.undulation_m``). Elevations are those of the straight
line: the radar is taken to correct refraction itself. A range rate (I048/120, calculated Doppler
speed) is measured of echoes only; it is positive where the range grows: the standard gives no sign.
Values beyond what their item can hold are left out.

A radar with ``format = "reports"`` hands over what it measured as it is: nothing is rounded, the
stamps neither, elevation is not turned into height, and no item bounds height or range rate. Codes
and levels that it says are garbled are left out, as decoding leaves them out.
"""

from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from skypact.encode.packing import Column, Layout, Part, layout, pack
from skypact.geo.geoid import undulation_m
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.model.reports import (
    MODES,
    PSR,
    PSR_SSR,
    SSR,
    Floats,
    Longs,
    ReportBatch,
    empty_reports,
)
from skypact.simulate.beam import TURN
from skypact.simulate.biases import RadarBiases
from skypact.simulate.feed import Records, split_rows, time_of_day
from skypact.simulate.plots import Plots, take_plots
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import ecef, enu_of_polar, errors, site_of
from skypact.units import DEGREE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

_PSR, _SSR, _SSR_PSR, _MODES, _MODES_PSR = 1, 2, 3, 5, 7
_HIGHEST_FT: Final = 8191 * 25
"""What I048/110 can hold."""
_FASTEST_MPS: Final = 511
"""What I048/120 can hold."""
_CODED, _ADDRESSED, _LEVEL, _HEIGHT, _RATE = 1, 2, 4, 8, 16


@cache
def _layout(kind: int) -> Layout:
    """Layout of records that hold what the bits of `kind` say."""
    items: dict[str, Part] = {"010": 1, "140": 1, "020": 1, "040": 1}
    optional: tuple[tuple[int, dict[str, Part]], ...] = (
        (_CODED, {"070": 1}),
        (_LEVEL, {"090": 1}),
        (_ADDRESSED, {"220": 1, "240": 1}),
        (_HEIGHT, {"110": 1}),
        (_RATE, {"120": ("CAL",)}),
    )
    for bit, more in optional:
        if kind & bit:
            items |= more
    return layout(48, items)


FARTHEST_M: Final = (256.0 - 1.0 / 512.0) * NAUTICAL_MILE
"""I048/040 holds no range beyond; such plots are not sent."""


class Measured(NamedTuple):
    """What a radar measured of plots (n,), before it is sent."""

    stamp_s: Floats
    """By the radar's clock."""
    range_m: Floats
    azimuth_rad: Floats
    """Not wrapped."""
    elevation_rad: Floats
    """NaN where not measured, as the next."""
    range_rate_mps: Floats


class Meter:
    """Measures and packs the plots of one radar.

    Parameters
    ----------
    link : int
        Index of the radar among the scenario's sensors.
    scenario : Scenario
        The scene it stands in.
    biases : RadarBiases
        Its biases.
    stamp_s : callable
        Times (k,) by the radar's clock.
    rng : numpy.random.Generator
        Of the errors of elevation and range rate; a stream of its own, so that other values are
        the same whether or not these are measured.
    """

    def __init__(
        self,
        link: int,
        scenario: Scenario,
        biases: RadarBiases,
        stamp_s: Callable[[Floats], Floats],
        rng: np.random.Generator,
    ) -> None:
        self._link = link
        self._sensor = scenario.sensor[link]
        self._site = site_of(self._sensor, scenario.air)
        self._biases = biases
        self._noise = scenario.noise
        self._simulated = int(scenario.mark_simulated)
        self._stamp_s = stamp_s
        self._rng = rng

    def records(self, plots: Plots, rng: np.random.Generator) -> Records:
        """Return the plots' records, in their order; `rng` draws the errors of the position."""
        measured = self._measured(plots, rng)
        if self._sensor.format == "reports":
            reports = self._reports(plots, measured)
            return Records([], plots.target, plots.time_s, plots.ecef_m, reports)
        fits = (measured.range_m >= 0.0) & (measured.range_m < FARTHEST_M)
        plots, measured = take_plots(plots, fits), Measured(*(column[fits] for column in measured))
        packed = self._packed(plots, measured)
        return Records(packed, plots.target, plots.time_s, plots.ecef_m)

    def _measured(self, plots: Plots, rng: np.random.Generator) -> Measured:
        """Add biases and errors."""
        site, bias, noise = self._site, self._biases.at(plots.time_s), self._noise
        n = len(plots.time_s)
        range_m = plots.range_m * (1.0 + bias.range_gain) + bias.range_m
        range_m = range_m + errors(site.sigma_range_m, n, noise, rng)
        azimuth = plots.azimuth_rad + bias.azimuth_rad
        azimuth = azimuth + errors(site.sigma_azimuth_rad, n, noise, rng)
        elevation, rate = np.full(n, np.nan), np.full(n, np.nan)
        if not np.isnan(site.sigma_elevation_rad):
            elevation = plots.elevation_rad + bias.elevation_rad
            elevation = elevation + errors(site.sigma_elevation_rad, n, noise, self._rng)
        if not np.isnan(site.sigma_range_rate_mps):
            stray = errors(site.sigma_range_rate_mps, n, noise, self._rng)
            rate = np.where(plots.by_echo, plots.range_rate_mps + stray, np.nan)
        stamp_s = self._stamp_s(plots.time_s) + bias.time_s
        return Measured(stamp_s, range_m, azimuth, elevation, rate)

    def _packed(self, plots: Plots, measured: Measured) -> list[bytes]:
        """Return records of category 048."""
        kind = np.where(plots.by_code, np.where(plots.modes, _CODED | _ADDRESSED, _CODED), 0)
        kind += _LEVEL * (plots.by_code & ~np.isnan(plots.level_fl))
        secondary = np.where(plots.modes, _MODES, _SSR)
        both = np.where(plots.modes, _MODES_PSR, _SSR_PSR)
        rate = measured.range_rate_mps
        columns: dict[str, Column] = {
            "010.SAC": self._sensor.sac,
            "010.SIC": self._sensor.sic,
            "020.TYP": np.where(plots.by_code, np.where(plots.by_echo, both, secondary), _PSR),
            "020.SIM": self._simulated,
            "140.140": time_of_day(measured.stamp_s),
            "040.RHO": measured.range_m / NAUTICAL_MILE,
            "040.THETA": measured.azimuth_rad / DEGREE,
            "070.MODE3A": plots.mode3a,
            "090.FL": plots.level_fl,
            "220.220": plots.icao,
            "240.240": plots.callsign,
            "120/CAL.CAL": rate,
        }
        # What is not measured is NaN, and no comparison with it holds.
        kind += _RATE * (np.abs(rate) <= _FASTEST_MPS)
        if not np.isnan(self._site.sigma_elevation_rad):
            columns["110.3DH"] = height_ft = self._height_m(measured) / FOOT
            kind += _HEIGHT * (np.abs(height_ft) <= _HIGHEST_FT)
        if plots.garbled.any():
            columns |= {"070.G": plots.garbled, "090.G": plots.garbled}
        return _packed(columns, kind)

    def _reports(self, plots: Plots, measured: Measured) -> ReportBatch:
        """Return reports that no category carries."""
        n = len(plots.time_s)
        secondary = np.where(plots.modes, MODES, np.where(plots.by_echo, PSR_SSR, SSR))
        read = plots.by_code & ~plots.garbled
        named = plots.by_code & plots.modes
        return empty_reports(n)._replace(
            time_s=measured.stamp_s,
            sensor=np.full(n, self._link, np.int32),
            kind=np.where(plots.by_code, secondary, PSR).astype(np.int8),
            range_m=np.maximum(measured.range_m, 0.0),
            azimuth_rad=measured.azimuth_rad % TURN,
            elevation_rad=measured.elevation_rad,
            range_rate_mps=measured.range_rate_mps,
            baro_altitude_m=np.where(read, plots.level_fl * FLIGHT_LEVEL, np.nan),
            mode3a=np.where(read, plots.mode3a, -1).astype(np.int32),
            icao=np.where(named, plots.icao, -1).astype(np.int32),
            callsign=np.where(named, plots.callsign, -1),
            simulated=np.full(n, self._simulated, np.int8),
            target=plots.target.astype(np.int32),
        )

    def _height_m(self, measured: Measured) -> Floats:
        """Height above mean sea level (the geoid's, there) of measured places (n,)."""
        place = ecef(self._site, enu_of_polar(*measured[1:4]))
        out = np.empty_like(place)
        geodetic_from_ecef(place, out)
        return np.asarray(out[:, 2] - undulation_m(out[:, 0], out[:, 1]))


def _packed(columns: dict[str, Column], kind: Longs) -> list[bytes]:
    """Pack records in the order of the rows, each in the layout of what is known of it."""
    octets = [b""] * len(kind)
    for value in np.unique(kind).tolist():
        index = np.flatnonzero(kind == value)
        shape = _layout(value)
        chosen = {
            name: values[index] if isinstance(values, np.ndarray) else values
            for name, values in columns.items()
            if name in shape.slots
        }
        packed = split_rows(pack(shape, chosen, len(index)))
        for i, record in zip(index.tolist(), packed, strict=True):
            octets[i] = record
    return octets
