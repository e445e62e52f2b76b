"""Pictures full of absent and absurd values: no rule fails, and the same looks find the same."""

import msgspec
import numpy as np
import pytest
import shapely
from tests.naive.skies import START_S

from skypact.model.reports import PSR, REPORT_DTYPES, empty_reports
from skypact.model.tracks import TRACK_DTYPES, empty_rows
from skypact.rules.identity import IdentityParams
from skypact.rules.kinematics import KinematicsParams
from skypact.rules.noncooperative import NoncooperativeParams
from skypact.rules.slow import ProtectedPoint, SlowParams, WindLevel
from skypact.rules.swarm import SwarmParams
from skypact.watch.ground import Ground
from skypact.watch.identity import IdentityRule
from skypact.watch.kinematics import KinematicsRule
from skypact.watch.noncooperative import NoncooperativeRule, Place
from skypact.watch.sky import sky_of
from skypact.watch.slow import SlowRule
from skypact.watch.swarm import SwarmRule
from skypact.watch.wind_drift import wind_of

SQUARE = Place("territory", Ground(shapely.box(16.0, 47.0, 20.0, 49.0)))
POINT = ProtectedPoint(name="port", centre=(48.0, 17.0))
WIND = wind_of((WindLevel(height_m=0.0, wind_north_mps=3.0, wind_east_mps=4.0),))
EASY = {"least_age_s": 0.0, "least_existence": 1e-9}
RULES = {
    "noncooperative": lambda: NoncooperativeRule(
        NoncooperativeParams(
            any_sensor=True, least_reports=1, least_travel_m=0.0, keep_straightness=1e-3, **EASY
        ),
        [SQUARE],
    ),
    "identity": lambda: IdentityRule(IdentityParams(least_age_s=0.0, changes=2)),
    "kinematics": lambda: KinematicsRule(KinematicsParams(**EASY)),
    "slow": lambda: SlowRule(SlowParams(point=(POINT,), follow_s=1.0), [SQUARE]),
    "slow in wind": lambda: SlowRule(SlowParams(follow_s=1.0, near_wind_mps=99.0), [SQUARE], WIND),
    "swarm": lambda: SwarmRule(
        SwarmParams(
            distance_m=3e6,
            velocity_mps=1e12,
            height_m=1e12,
            least_speed_mps=0.0,
            least_count=2,
            **EASY,
        )
    ),
}


def filled(rng, table, dtypes, places):
    """Random columns: a third absent, some absurd, places near each other."""
    for name, dtype in dtypes.items():
        column = getattr(table, name)
        n = column.size
        if dtype is np.float64:
            values = rng.choice([0.0, 1e-9, 5.0, 30.0, 300.0, 5e3, 1e9, -300.0], n)
            column[:] = np.where(rng.random(n) < 0.3, np.nan, values * rng.uniform(0.5, 1.5, n))
        else:
            column[:] = rng.choice([-1, 0, 1, 5, 8, 77], n)
    n = table.lat_rad.size
    table.lat_rad[:] = np.radians(48.0 + rng.uniform(-2.0, 2.0, n))
    table.lon_rad[:] = np.radians(17.0 + rng.uniform(-2.0, 2.0, n))
    absent = rng.random(n) < places
    table.lat_rad[absent] = np.nan
    return table


def skies(seed):
    rng = np.random.default_rng(seed)
    for s in range(12):
        n, m = rng.integers(0, 60, 2)
        rows = filled(rng, empty_rows(int(n)), TRACK_DTYPES, 0.0)
        rows.track[:] = np.sort(rng.choice(80, n, replace=False))
        rows.time_s[:] = START_S + s - rng.choice([0.0, 5.0, 100.0], n)
        for identity in (rows.icao, rows.mode3a, rows.callsign):
            identity[::2] = -1
        rows.target_class[:] = rng.integers(-1, 9, n)
        reports = filled(rng, empty_reports(int(m)), REPORT_DTYPES, 0.3)
        reports.time_s[:] = START_S + s - rng.choice([0.0, 0.5, -50.0, 300.0], m)
        reports.kind[:] = rng.integers(0, 10, m)
        for said in (reports.icao, reports.mode3a, reports.callsign, reports.kind):
            said[::2] = PSR if said is reports.kind else -1
        reports.baro_altitude_m[::2] = np.nan
        reports.sensor[:] = rng.integers(0, 4, m)
        track = rng.integers(-1, 80, m)
        yield sky_of(rows, START_S + s, reports=reports, report_track=track)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(12))
def test_absurd_skies_break_no_rule_and_repeat(name, seed):
    first, second = RULES[name](), RULES[name]()
    for sky in skies(seed):
        with np.errstate(over="ignore"):
            found, again = first.look(sky), second.look(sky)
        assert msgspec.json.encode([f._asdict() for f in found]) == msgspec.json.encode(
            [f._asdict() for f in again]
        )
        assert len({f.key for f in found}) == len(found)
        known = set(sky.rows.track.tolist())
        assert all(set(f.tracks) <= known for f in found)
        assert all(isinstance(f.holds, bool) for f in found)


def test_absurd_skies_are_not_empty_of_findings():
    for name, make in RULES.items():
        rules = [make() for _ in range(12)]
        n = sum(len(rule.look(sky)) for seed, rule in enumerate(rules) for sky in skies(seed))
        assert n > 0, name
