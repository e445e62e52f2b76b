"""Whatever is predicted and reported, covariances stay symmetric and positive definite."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import states

from skypact.kernels import kalman, update
from skypact.track.params import TrackerParams, track_params

MOTION = {
    flat: track_params(TrackerParams(frame="flat" if flat else "ecef")).motion[0]
    for flat in (False, True)
}
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # model
        st.floats(-0.5, 30.0),  # dt
        st.sampled_from(["none", "polar", "plane"]),
        st.booleans(),  # height
        st.booleans(),  # velocity
        st.floats(0.5, 2_000.0),  # sigma of the place
    ),
    min_size=5,
    max_size=40,
)


def take(x, P, z, form, flat):
    site, axes = states.frame(flat)
    d2 = np.full(1, np.nan)
    update.update(x, P, z[None], 0 if form == "polar" else 1, site, axes, int(flat), d2)
    return d2[0]


def relative_eigenvalues(P):
    """Eigenvalues of the correlation matrix: units and scales taken out."""
    d = np.sqrt(np.diag(P))
    return np.linalg.eigvalsh(P / np.outer(d, d))


@settings(max_examples=60, deadline=None)
@given(STEPS, st.booleans(), st.integers(0, 2**32 - 1))
def test_covariances_stay_symmetric_and_positive_definite(steps, flat, seed):
    rng = np.random.default_rng(seed)
    x = states.random_state(rng, flat)[None]
    P = states.random_covariance(rng, (2e4, 2e4, 2e4, 150, 150, 8, 0.035))[None]
    for model, dt, form, height, velocity, sigma in steps:
        kalman.predict(x, P, model, dt, MOTION[flat])
        if form != "none":
            z = states.report_of(rng, x[0], flat, height=height, velocity=velocity)
            z[9] = sigma
            assert take(x, P, z, form, flat) >= 0.0
        assert np.isfinite(x).all()
        assert np.abs(P[0] - P[0].T).max() <= 1e-12 * np.abs(P[0]).max()
        assert relative_eigenvalues(P[0]).min() > 0.0


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.sampled_from(["polar", "plane"]), st.integers(0, 2**32 - 1))
def test_a_report_never_makes_a_state_less_certain(flat, form, seed):
    rng = np.random.default_rng(seed)
    x = states.random_state(rng, flat)[None]
    P = states.random_covariance(rng)[None]
    before = P[0].copy()
    take(x, P, states.report_of(rng, x[0], flat), form, flat)
    d = np.sqrt(np.diag(before))
    assert np.linalg.eigvalsh((before - P[0]) / np.outer(d, d)).min() > -1e-9
