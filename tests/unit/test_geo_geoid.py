"""The geoid's height at places where it is published, and between grid points."""

import numpy as np
import pytest

from skypact.geo.geoid import undulation_m
from skypact.units import DEGREE

METRE = 1.0


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "expected_m"),
    [
        # NGA's test points for the EGM96 interpolation program F477 (INPUT.DAT and OUTPUT.DAT).
        (38.6281550, 269.7791550, -31.628),
        (-14.6212170, 305.0211140, -2.969),
        (46.8743190, 102.4487290, -43.575),
        (-23.6174460, 133.8747120, 15.871),
        (38.6254730, 359.9995000, 50.066),
        (-0.4667440, 0.0023000, 17.329),
    ],
)
def test_published_points_agree_within_a_metre(
    lat_deg: float, lon_deg: float, expected_m: float
) -> None:
    assert undulation_m(lat_deg * DEGREE, lon_deg * DEGREE) == pytest.approx(
        expected_m, abs=1.0 * METRE
    )


def test_it_is_continuous_across_greenwich_and_the_date_line() -> None:
    lat = np.linspace(-80.0, 80.0, 33) * DEGREE
    for seam_deg in (0.0, 180.0, 360.0):
        west = undulation_m(lat, (seam_deg - 1e-6) * DEGREE)
        east = undulation_m(lat, (seam_deg + 1e-6) * DEGREE)
        assert np.max(np.abs(west - east)) < 0.001 * METRE


def test_the_poles_do_not_depend_on_longitude() -> None:
    lon = np.linspace(-180.0, 180.0, 97) * DEGREE
    for lat_deg in (90.0, -90.0):
        heights = undulation_m(lat_deg * DEGREE, lon)
        assert np.ptp(heights) < 0.02 * METRE


def test_shapes_broadcast_and_unknown_places_stay_unknown() -> None:
    lat = np.array([[0.5], [np.nan]])
    heights = undulation_m(lat, np.array([0.1, 0.2, 0.3]))
    assert heights.shape == (2, 3)
    assert np.all(np.isfinite(heights[0]))
    assert np.all(np.isnan(heights[1]))


def test_degrees_given_by_mistake_are_refused() -> None:
    with pytest.raises(ValueError, match="degrees given"):
        undulation_m(50.0, 20.0)
