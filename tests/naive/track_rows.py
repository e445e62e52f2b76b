"""Track rows of all kinds, for encoders."""

import numpy as np

from skypact.encode.ages import TrackAges
from skypact.encode.cat062 import plain_notes
from skypact.model.reports import pack_callsign
from skypact.model.tracks import empty_rows

START_S = 1_767_268_800.0


def some(rng, values, share=0.6, absent=np.nan):
    """The values, some of them absent."""
    return np.where(rng.random(len(values)) < share, values, absent)


def rows_of(n, seed=1):
    """Tracks anywhere on the earth, as different as they come."""
    rng = np.random.default_rng(seed)
    sigmas = {name: rng.uniform(3.0, 900.0, n) for name in ("sigma_n_m", "sigma_e_m", "sigma_u_m")}
    return empty_rows(n)._replace(
        time_s=START_S + rng.uniform(0.0, 86_400.0, n),
        track=rng.permutation(n) + 10**12,
        lat_rad=rng.uniform(-1.5, 1.5, n),
        lon_rad=rng.uniform(-3.14, 3.14, n),
        altitude_m=rng.uniform(-900.0, 60_000.0, n),
        baro_altitude_m=some(rng, rng.uniform(-300.0, 14_000.0, n)),
        vn_mps=rng.normal(0.0, 250.0, n),
        ve_mps=rng.normal(0.0, 250.0, n),
        vu_mps=some(rng, rng.normal(0.0, 12.0, n)),
        corr_ne=rng.uniform(-0.95, 0.95, n),
        sigma_vn_mps=rng.uniform(0.1, 90.0, n),
        sigma_ve_mps=rng.uniform(0.1, 90.0, n),
        existence=np.ones(n),
        confirmed=rng.integers(0, 2, n).astype(np.int8),
        p_manoeuvre=rng.random(n),
        p_ballistic=np.zeros(n),
        target_class=rng.integers(0, 8, n).astype(np.int8),
        icao=some(rng, rng.integers(1, 1 << 24, n), absent=-1).astype(np.int32),
        mode3a=rng.choice([-1, 2000, 7421, 7500, 7600, 7700], n).astype(np.int32),
        callsign=some(rng, np.full(n, pack_callsign("SKY 12A")), absent=-1).astype(np.int64),
        n_sensors=rng.integers(0, 4, n).astype(np.int32),
        age_s=rng.uniform(0.0, 300.0, n),
        **sigmas,
    )


def notes_of(n, seed=2):
    """Notes with ages of all kinds and up to two partners."""
    rng = np.random.default_rng(seed)
    ages = [some(rng, rng.uniform(0.0, 90.0, n)) for _ in range(7)]
    partners = rng.integers(0, 3, n)
    unit = np.where(np.arange(2) < partners[:, None], rng.integers(0, 256, (n, 2)), -1)
    return plain_notes(rng.integers(1, 32_768, n))._replace(
        ages=TrackAges(*ages, some(rng, rng.uniform(-300.0, 15_000.0, n))),
        begins=rng.random(n) < 0.2,
        ends=rng.random(n) < 0.2,
        partner_unit=unit,
        partner_number=rng.integers(1, 32_768, (n, 2)),
    )
