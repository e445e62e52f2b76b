"""Sites found from aircraft whose places are known, and taken up by a replay."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from benchmarks.networks import network

from skypact.cli.intake import Intake
from skypact.config import Union
from skypact.model.reports import SSR, TRACK, take_reports
from skypact.record.tables import reports_to_arrow
from skypact.register.site import find_site
from skypact.units import DEGREE

EARTH_M = 6.371e6


@pytest.fixture(scope="module")
def net():
    return network(5, n_radars=2, seconds=200, n_aircraft=30)


def off_m(found, sensor):
    north = (found.lat_rad - sensor.lat * DEGREE) * EARTH_M
    east = (found.lon_rad - sensor.lon * DEGREE) * EARTH_M * np.cos(found.lat_rad)
    return float(np.hypot(north, east))


def test_a_site_is_found_within_its_sigma(net):
    for i in (0, 1):
        found = find_site(net.reports, i)
        assert off_m(found, net.sensors[i]) < 5.0 * found.sigma_m + 10.0
        assert found.sigma_m < 60.0


def test_wild_plots_and_unknown_aircraft_do_not_move_it(net):
    rng = np.random.default_rng(2)
    wild = (rng.random(len(net.reports.time_s)) < 0.1) & (net.reports.sensor == 0)
    range_m = np.where(wild, rng.uniform(1e4, 2e5, len(wild)), net.reports.range_m)
    found = find_site(net.reports._replace(range_m=range_m), 0)
    assert off_m(found, net.sensors[0]) < 100.0


def test_codes_do_where_addresses_are_missing(net):
    code = net.reports.target + 1200
    own = net.reports.sensor == 0
    reports = net.reports._replace(
        mode3a=code.astype(np.int32),
        icao=np.where(own, -1, net.reports.icao).astype(np.int32),
        kind=np.where(own, SSR, net.reports.kind).astype(np.int8),
    )
    assert off_m(find_site(reports, 0), net.sensors[0]) < 100.0


def test_another_trackers_tracks_do_as_well(net):
    kind = np.where(net.reports.sensor == 2, TRACK, net.reports.kind).astype(np.int8)
    assert off_m(find_site(net.reports._replace(kind=kind), 0), net.sensors[0]) < 100.0


def test_without_references_there_is_no_site(net):
    assert find_site(take_reports(net.reports, net.reports.sensor < 2), 0) is None


def test_references_of_another_sky_give_no_site(net):
    lat = net.reports.lat_rad + np.random.default_rng(3).normal(0, 0.05, len(net.reports.lat_rad))
    assert find_site(net.reports._replace(lat_rad=lat), 0) is None


def test_a_recording_without_sites_is_placed(net, tmp_path, capsys):
    names = [sensor.name for sensor in net.sensors]
    pq.write_table(reports_to_arrow(net.reports, names), tmp_path / "reports.parquet")
    intake = Intake(Union())
    reports = intake.placeable(intake.read([tmp_path / "reports.parquet"], None))
    assert len(reports.time_s) == len(net.reports.time_s)
    placed = {sensor.name for sensor in intake.sensors if sensor.lat is not None}
    assert {"r0", "r1"} <= placed
    assert "site of r0 estimated from" in capsys.readouterr().err


def test_nothing_is_estimated_where_nothing_can_be(net, tmp_path, capsys):
    alone = take_reports(net.reports, net.reports.sensor == 0)
    pq.write_table(reports_to_arrow(alone, ["r0"]), tmp_path / "reports.parquet")
    intake = Intake(Union())
    assert intake.placeable(intake.read([tmp_path / "reports.parquet"], None)).time_s.size == 0
    assert "site of r0 is unknown" in capsys.readouterr().err
