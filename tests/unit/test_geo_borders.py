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
            assert np.all(np.abs(ring[:, 1]) <= np.pi + 1e-6)


@pytest.mark.parametrize("code", CAPITALS)
def test_each_capital_lies_in_its_country_and_in_no_other(code: str) -> None:
    lat, lon = (np.array([v]) * DEGREE for v in CAPITALS[code])
    found = [c.code for c in countries() if is_inside(c, lat, lon)[0]]
    assert found == [code]


def test_the_open_sea_lies_in_no_country() -> None:
    lat, lon = np.array([45.0]) * DEGREE, np.array([-30.0]) * DEGREE
    assert not any(is_inside(c, lat, lon)[0] for c in countries())


def test_latvia_and_lithuania_share_a_border_and_latvia_and_poland_do_not() -> None:
    pairs = {frozenset(arc.codes) for arc in borders() if len(arc.codes) == 2}
    assert {"428", "440"} in pairs
    assert {"428", "616"} not in pairs
