"""Stations of a multilateration system: who hears a transmission, and how well it is located.

A station's time of arrival is t_i = t_0 + |x - s_i| / c + e_i. With u_i the unit vector from the
station to the target and the time of transmission t_0 eliminated, the information on the place x is

    J = sum_i (u_i - mean u)(u_i - mean u)^T / (c sigma)^2 + up up^T / sigma_a^2,

which is the Gauss-Markov covariance of all time differences with the correlation that they have
from sharing a station. The last term is the altitude that the transponder says: systems use it,
since stations on the ground hardly measure height. Three stations then give a place.
Source: D. J. Torrieri, "Statistical Theory of Passive Location Systems", IEEE Trans. AES-20 (1984),
183-198, eqs. 36 to 41; EUROCAE ED-142A names the use of the pressure altitude.
"""

from typing import Final

import numpy as np

from skypact.geo.horizon import effective_reach_m, reach_m
from skypact.model.reports import Floats
from skypact.simulate.parts import Air, MlatOptions
from skypact.simulate.places import ecef_of
from skypact.simulate.tick import Mask
from skypact.units import DEGREE

LIGHT_MPS: Final = 299_792_458.0
ALTITUDE_SIGMA_M: Final = 50.0
"""Standard deviation of the height that is made of a pressure altitude by a correction from other
aircraft's geometric heights."""
_LOWEST_MAST_M: Final = 5.0
_LEAST: Final = 1e-14
"""Information per axis that keeps a geometry without any solution invertible: sigma 10,000 km."""


class Network:
    """The stations."""

    def __init__(self, options: MlatOptions, air: Air) -> None:
        stations = options.station
        height_m = np.array([s.height_m for s in stations], np.float64)
        self._options = options
        self._ground_m = air.ground_m
        self._reach_m = effective_reach_m(np.maximum(_LOWEST_MAST_M, height_m - air.ground_m))
        self._ecef = ecef_of(
            np.array([s.lat * DEGREE for s in stations]),
            np.array([s.lon * DEGREE for s in stations]),
            height_m,
        )

    def heard(self, ecef_m: Floats, height_m: Floats, rng: np.random.Generator) -> Mask:
        """Which stations (k, s) receive transmissions from places (k, 3) at heights (k,)."""
        distance = np.linalg.norm(ecef_m[:, None, :] - self._ecef[None, :, :], axis=2)
        horizon = reach_m(np.maximum(height_m - self._ground_m, 0.0))[:, None] + self._reach_m
        lucky = rng.random(distance.shape) < self._options.station_detection
        return np.asarray((distance < horizon) & lucky)

    def covariance(self, ecef_m: Floats, axes: Floats, heard: Mask) -> Floats:
        """Covariances (k, 3, 3), m^2, east, north, up, of solutions of places (k, 3).

        `axes` (k, 3, 3) are the local axes there, `heard` (k, s) the stations that take part.
        """
        away = ecef_m[:, None, :] - self._ecef[None, :, :]
        unit = away / np.linalg.norm(away, axis=2, keepdims=True)
        unit = np.einsum("kij,ksj->ksi", axes, unit)
        share = heard / np.maximum(heard.sum(axis=1, keepdims=True), 1)
        mean = np.einsum("ks,ksi->ki", share, unit)
        apart = (unit - mean[:, None, :]) * heard[:, :, None]
        sigma_m = LIGHT_MPS * self._options.sigma_time_ns * 1e-9
        information = np.einsum("ksi,ksj->kij", apart, apart) / sigma_m**2
        information += _LEAST * np.eye(3)
        information[:, 2, 2] += 1.0 / ALTITUDE_SIGMA_M**2
        return np.asarray(np.linalg.inv(information))

    def usable(self, covariance_m2: Floats, heard: Mask) -> Mask:
        """Which solutions (k,) are sent: enough stations, and good enough."""
        variance = 0.5 * (covariance_m2[:, 0, 0] + covariance_m2[:, 1, 1])
        enough = heard.sum(axis=1) >= self._options.least_stations
        return np.asarray(enough & (variance <= self._options.worst_sigma_m**2))
