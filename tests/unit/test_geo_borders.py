"""Capitals lie in their countries, and neighbours share their border."""

import numpy as np
import pytest

from skypact.geo.borders import borders, countries, is_inside
from skypact.units import DEGREE

CAPITALS = {
    "428": (56.95, 24.11), "440": (54.69, 25.28), "616": (52.23, 21.01), "724": (40.42, -3.70),
    "643": (55.75, 37.62), "554": (-41.29, 174.78), "426": (-29.31, 27.48), "710": (-25.75, 28.19),
}  # fmt: skip


def test_rings_are_closed_and_on_the_earth() -> None:
    for country in countries():
        for ring in country.rings:
            assert np.allclose(ring[0], ring[-1])
            assert np.all(np.abs(ring[:, 0]) <= np.pi / 2 + 1e-9)
            assert np.max(np.abs(np.diff(ring[:, 1]))) <= 2 * np.pi + 1e-6


@pytest.mark.parametrize("code", CAPITALS)
def test_each_capital_lies_in_its_country_and_in_no_other(code: str) -> None:
    lat, lon = (np.array([v]) * DEGREE for v in CAPITALS[code])
    found = [c.code for c in countries() if is_inside(c, lat, lon)[0]]
    assert found == [code]


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "code"),
    [(66.5, -172.0, "643"), (68.0, 177.0, "643"), (-16.6, 179.3, "242"), (-89.0, 10.0, "010")],
)
def test_outlines_across_the_date_line_and_around_the_pole_hold(
    lat_deg: float, lon_deg: float, code: str
) -> None:
    lat, lon = np.array([lat_deg]) * DEGREE, np.array([lon_deg]) * DEGREE
    assert [c.code for c in countries() if is_inside(c, lat, lon)[0]] == [code]


def test_the_open_sea_lies_in_no_country() -> None:
    lat = np.array([45.0, 66.0, 68.9, 71.2, -50.0]) * DEGREE
    lon = np.array([-30.0, -28.0, -1.0, 20.0, 150.0]) * DEGREE
    assert not any(np.any(is_inside(c, lat, lon)) for c in countries())


def test_latvia_and_lithuania_share_a_border_and_latvia_and_poland_do_not() -> None:
    pairs = {frozenset(arc.codes) for arc in borders() if len(arc.codes) == 2}
    assert {"428", "440"} in pairs
    assert {"428", "616"} not in pairs
