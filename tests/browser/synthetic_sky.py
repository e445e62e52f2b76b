"""Aircraft on straight and turning paths over central Europe, as rows that a tracker would leave.

Not a simulator: it feeds the page in its tests and in the measurement of its frame rate.
"""

import numpy as np
import numpy.typing as npt

from skypact.model.reports import pack_callsign
from skypact.model.tracks import TrackRows, empty_rows
from skypact.serve.history import TrackHistory
from skypact.serve.scene import Scene, SceneMember, SceneSensor
from skypact.units import DEGREE

EARTH_RADIUS_M = 6_371_008.8
START_S = 1_767_262_500.0
"""2026-01-01 10:15 UTC."""
AIRLINES = ("BTI", "LOT", "DLH", "AFR", "KLM", "FIN", "SAS", "AUA", "WZZ", "RYR")


class SyntheticSky:
    """`n` tracks whose state is a function of time; each is updated once in four seconds."""

    def __init__(self, n: int, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.n = n
        self.number = np.arange(1, n + 1, dtype=np.int64)
        self.lat_rad = random.uniform(50.5, 58.5, n) * DEGREE
        self.lon_rad = random.uniform(15.0, 29.0, n) * DEGREE
        self.speed_mps = random.uniform(120.0, 250.0, n)
        self.course_rad = random.uniform(0.0, 2 * np.pi, n)
        self.turn_radps = np.where(random.random(n) < 0.3, random.normal(0, 0.008, n), 0.0)
        self.climb_mps = np.where(random.random(n) < 0.35, random.normal(0, 8.0, n), 0.0)
        self.height_m = random.uniform(3000.0, 11_500.0, n)
        self.has_address = random.random(n) < 0.92
        self.icao = np.where(self.has_address, random.integers(0x400000, 0x4CFFFF, n), -1)
        self.mode3a = np.where(random.random(n) < 0.97, random.integers(1000, 6777, n), -1)
        names = [f"{AIRLINES[k % 10]}{100 + k * 7 % 9000}" for k in range(n)]
        packed = [pack_callsign(name) for name in names]
        self.callsign = np.where(self.has_address, np.array(packed, np.int64), -1)
        self.n_sensors = random.integers(1, 4, n)
        self.confirmed = (random.random(n) < 0.94).astype(np.int8)
        self.phase = random.integers(0, 40, n)

    def rows_at(self, time_s: float, which: npt.NDArray[np.bool_] | None = None) -> TrackRows:
        """Exact states at `time_s` of all tracks or of a mask of them."""
        pick = np.ones(self.n, np.bool_) if which is None else which
        t = time_s - START_S
        course = self.course_rad + self.turn_radps * t
        turn = np.where(self.turn_radps == 0.0, 1.0, self.turn_radps)
        straight = self.turn_radps == 0.0
        north = np.where(
            straight, np.cos(course) * t, (np.sin(course) - np.sin(self.course_rad)) / turn
        )
        east = np.where(
            straight, np.sin(course) * t, (np.cos(self.course_rad) - np.cos(course)) / turn
        )
        n = int(np.count_nonzero(pick))
        height = np.clip(self.height_m + self.climb_mps * t, 600.0, 12_500.0)
        level = (height <= 600.0) | (height >= 12_500.0)
        values = {
            "time_s": np.full(self.n, time_s),
            "track": self.number,
            "lat_rad": self.lat_rad + north * self.speed_mps / EARTH_RADIUS_M,
            "lon_rad": self.lon_rad
            + east * self.speed_mps / (EARTH_RADIUS_M * np.cos(self.lat_rad)),
            "altitude_m": height + 40.0,
            "baro_altitude_m": height,
            "vn_mps": np.cos(course) * self.speed_mps,
            "ve_mps": np.sin(course) * self.speed_mps,
            "vu_mps": np.where(level, 0.0, self.climb_mps),
            "sigma_n_m": np.full(self.n, 45.0),
            "sigma_e_m": np.full(self.n, 60.0),
            "existence": np.where(self.confirmed > 0, 0.998, 0.6),
            "confirmed": self.confirmed,
            "p_manoeuvre": np.where(straight, 0.02, 0.9),
            "p_ballistic": np.zeros(self.n),
            "target_class": np.ones(self.n, np.int8),
            "icao": self.icao.astype(np.int32),
            "mode3a": self.mode3a.astype(np.int32),
            "callsign": self.callsign,
            "n_sensors": self.n_sensors.astype(np.int32),
            "age_s": np.full(self.n, t + 30.0),
        }
        return empty_rows(n)._replace(**{name: column[pick] for name, column in values.items()})

    def step(self, history: TrackHistory, tick: int) -> None:
        """Append tick `tick` of a tenth of a second: the tracks whose turn it is."""
        time_s = START_S + tick * 0.1
        rows = self.rows_at(time_s, self.phase == tick % 40)
        history.append(rows, np.empty(0, np.int64), time_s)


def baltic_scene(mode: str) -> Scene:
    """Three members around a real border, six radars, a multilateration system."""
    radars = (
        ("Riga", "Latvia", 56.92, 23.97), ("Ventspils", "Latvia", 57.36, 21.54),
        ("Vilnius", "Lithuania", 54.64, 25.29), ("Palanga", "Lithuania", 55.97, 21.09),
        ("Warsaw", "Poland", 52.17, 20.97), ("Gdansk", "Poland", 54.38, 18.47),
    )  # fmt: skip
    sensors = [
        SceneSensor(name=n, kind="radar", member=m, lat_deg=lat, lon_deg=lon, range_max_m=220e3)
        for n, m, lat, lon in radars
    ]
    mlat = SceneSensor(name="Riga MLAT", kind="mlat", member="Latvia", lat_deg=56.6, lon_deg=24.6)
    members = tuple(
        SceneMember(name=n, title=n, countries=(code,))
        for n, code in (("Latvia", "428"), ("Lithuania", "440"), ("Poland", "616"))
    )
    live = "live" if mode == "live" else "replay"
    return Scene(
        title="Baltic demonstration union", mode=live, members=members, sensors=(*sensors, mlat)
    )
