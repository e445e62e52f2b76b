"""Parts of the ground about the antimeridian: one part, whichever way they are written."""

import numpy as np
import pytest
import shapely
from tests.naive.skies import sky, track

from skypact.rules.border import BorderParams
from skypact.watch.border import BorderRule
from skypact.watch.ground import Ground, ring_about

CUT = Ground(shapely.union_all([shapely.box(178, 50, 180, 54), shapely.box(-180, 50, -178, 54)]))
BEYOND = Ground(shapely.box(178, 50, 182, 54))


def holds(ground, lat, lon):
    return ground.holds(np.radians([lat]), np.radians([lon])).item()


def share(ground, *way):
    return ground.first_edge(*(np.radians([value]) for value in way)).item()


@pytest.mark.parametrize("ground", [CUT, BEYOND])
def test_ground_goes_on_beyond_the_antimeridian(ground):
    assert [holds(ground, 52, lon) for lon in (177, 179, 180, -180, -179, -177)] == [
        False, True, True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("ground", [CUT, BEYOND])
def test_the_antimeridian_is_no_edge(ground):
    assert np.isnan(share(ground, 52, 179, 52, -179))
    assert share(ground, 52, -177, 52, -179) == pytest.approx(0.5)
    assert share(ground, 52, 177, 52, 179) == pytest.approx(0.5)


def test_a_circle_at_the_antimeridian_holds_both_sides():
    circle = Ground(ring_about(52.0, 179.99, 5_000.0))
    assert holds(circle, 52.0, -179.99)
    assert not holds(circle, 52.0, -179.9)


@pytest.mark.parametrize("course", [90.0, 270.0])
def test_who_crosses_the_antimeridian_meets_no_border_on_the_other_side_of_the_earth(course):
    europe = Ground(shapely.box(10.0, 45.0, 20.0, 55.0))
    entry = track(1, 50.0, 179.99 if course == 90.0 else -179.99, course=course)
    assert BorderRule(BorderParams(), europe).look(sky(entry)) == []
