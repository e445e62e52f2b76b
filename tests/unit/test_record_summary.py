"""The summary file, and the sensors of a recording."""

import json

import numpy as np
import pytest

from skypact.config import union_from_toml
from skypact.decode.asterix.sensors import SensorSeen
from skypact.errors import RecordingError
from skypact.model.reports import ADSB, MODES, TRACK, empty_reports
from skypact.model.site import Site
from skypact.record.sensors import need_site, sensors_in_force, sensors_of_reports
from skypact.record.summary import out_folder, write_summary
from skypact.units import DEGREE

NAN = float("nan")


def seen(sac, sic, kind, lat_deg=NAN, lon_deg=NAN, height_m=NAN, period_s=NAN):
    place = (lat_deg * DEGREE, lon_deg * DEGREE, height_m)
    return SensorSeen(sac, sic, f"{sac}/{sic}", (), kind, *place, period_s, 1, 1, NAN)


UNION = '[[sensor]]\nname = "north"\nsac = 20\nsic = 129\nlat = 41.0\nlon = 2.0\nperiod_s = 5.0\n'


def test_the_summary_is_json(tmp_path):
    summary = {"latency_s": {"p50": None, "p95": 0.25}}
    write_summary(tmp_path / "summary.json", summary)
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


def test_a_file_in_the_way_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(RecordingError, match="expected a folder"):
        out_folder(tmp_path / "out")


def test_a_union_file_wins_over_what_was_heard_and_a_given_site_over_both():
    heard = [seen(20, 129, "radar", 40.0, 1.0, 5.0, 4.0), seen(0, 7, "smr")]
    union = union_from_toml(UNION)
    assert [s.name for s in sensors_in_force(heard, None, [])] == ["20/129", "0/7"]
    own, smr = sensors_in_force(heard, union, [])
    assert (own.name, own.lat, own.period_s) == ("north", 41.0, 5.0)
    assert smr.lat is None
    own, _ = sensors_in_force(heard, union, [Site(20, 129, 42.0, 3.0, 99.0)])
    assert (own.lat, own.lon, own.height_m) == (42.0, 3.0, 99.0)


def test_a_site_heard_fills_what_the_union_file_leaves_out():
    union = union_from_toml('[[sensor]]\nname = "a"\nsac = 1\nsic = 2\n')
    (sensor,) = sensors_in_force([seen(1, 2, "radar", 41.3, 2.1, 5.0, 4.0)], union, [])
    assert sensor.name == "a"
    assert sensor.lat == pytest.approx(41.3)
    # I034/120 is a position in WGS-84: its height and ours are above the ellipsoid.
    assert sensor.height_m == 5.0


def test_reports_without_place_from_a_sensor_without_site_are_found():
    heard = [seen(1, 1, "radar"), seen(1, 2, "adsb"), seen(1, 3, "radar", 40.0, 1.0, 5.0)]
    sensors = sensors_in_force(heard, None, [])
    reports = empty_reports(6)
    reports.sensor[:] = [0, 0, 0, 1, 2, 0]
    reports.range_m[:] = [1e4, 1e4, 1e4, np.nan, 1e4, 1e4]
    reports.lat_rad[:] = [np.nan, np.nan, 0.7, 0.7, np.nan, np.nan]
    reports.coast[5] = 1
    assert need_site(sensors, reports) == {"1/1": 2}


def test_sensors_of_a_report_table_are_known_by_their_names_and_reports():
    reports = empty_reports(4)
    reports.sensor[:] = [0, 1, 1, 2]
    reports.kind[:] = [MODES, ADSB, ADSB, TRACK]
    found = sensors_of_reports(["20/129", "gbas", "1/2"], reports)
    assert [(s.sac, s.sic, s.name, s.kind) for s in found] == [
        (20, 129, "20/129", "radar"),
        (0, 0, "gbas", "adsb"),
        (1, 2, "1/2", "tracker"),
    ]
