"""Every recording of receivers gives exactly these counts; its README's counts are among them."""

import numpy as np
import pytest

from skypact.cli.receivers import Receivers, format_of
from skypact.model.reports import concat_reports
from skypact.units import FOOT, KNOT

pytestmark = pytest.mark.recordings

RECORDINGS = {
    "modes_50k.parquet": (
        "frames",
        {"DF04": 7_404, "DF05": 3_352, "DF20": 26_170, "DF21": 13_836},
        0,
        {"unknown_address": 50_762},
    ),
    "full_flight_short.jsonl.gz": (
        "frames",
        {
            "DF00": 15_691, "DF04": 4_296, "DF05": 1_031, "DF16": 810, "DF17": 15_573,
            "DF20": 7_770, "DF21": 12_622,
        },
        6_554,
        {"no_reference": 1_252, "duplicates": 507},
    ),
    "adsb_one_aircraft.csv": ("frames", {"DF17": 2_000}, 931, {"duplicates": 1}),
    "sample_dump1090.bin": (
        "beast",
        {
            "DF00": 44, "DF04": 39, "DF05": 12, "DF11": 90, "DF16": 1, "DF17": 23, "DF20": 16,
            "DF21": 14,
        },
        2,
        {"unknown_address": 10, "no_date": 1},
    ),
}  # fmt: skip


def read(folder, name):
    path = folder / "modes" / name
    form = format_of(path)
    receivers = Receivers(None, None)
    heard = receivers.read([(path, form)])
    records: dict[str, int] = {}
    errors: dict[str, int] = {}
    for _, part in heard:
        for total, more in ((records, part.records), (errors, part.errors)):
            for key, n in more.items():
                total[key] = total.get(key, 0) + n
    reports = concat_reports([part.reports for _, part in heard])
    return form, records, errors, reports, receivers.seen[0]


def test_every_recording_of_the_folder_is_counted_here(data_dir):
    assert {path.name for path in (data_dir / "modes").iterdir()} == set(RECORDINGS)


@pytest.mark.parametrize("name", RECORDINGS)
def test_records_reports_and_errors_are_those_of_before(name, data_dir):
    form, records, reports, errors = RECORDINGS[name]
    got_form, got_records, got_errors, got_reports, seen = read(data_dir, name)
    assert (got_form, got_records) == (form, records)
    assert (got_reports.time_s.size, got_errors) == (reports, errors)
    assert (seen.records, seen.reports, seen.kind) == (sum(records.values()), reports, "adsb")
    assert seen.name == name.split(".")[0]


def test_a_flight_is_one_aircraft_from_paris_to_toulouse(data_dir):
    _, _, _, reports, seen = read(data_dir, "full_flight_short.jsonl.gz")
    assert set(reports.icao.tolist()) == {0x393322}
    assert np.degrees(reports.lat_rad[[0, -1]]) == pytest.approx([48.9961, 43.6291], abs=1e-3)
    assert np.degrees(reports.lon_rad[[0, -1]]) == pytest.approx([2.5621, 1.3740], abs=1e-3)
    level_ft = reports.baro_altitude_m / FOOT
    assert np.nanmax(level_ft) == pytest.approx(35_000, abs=60)
    speed_kt = reports.ground_speed_mps / KNOT
    assert 400 < np.nanmax(speed_kt) < 520
    assert (reports.mode3a == 1000).all()
    assert np.isfinite(reports.sigma_m).all()
    assert seen.period_s == pytest.approx(0.5, abs=0.15)
    step_m = 6.371e6 * np.hypot(
        np.diff(reports.lat_rad), np.diff(reports.lon_rad) * np.cos(reports.lat_rad[1:])
    )
    gap_s = np.diff(reports.time_s)
    # Two positions of the same moment may be stamped half a second apart by their networks.
    assert (step_m <= 260 * (gap_s + 0.5)).all()


def test_a_receiver_that_counts_from_midnight_has_its_own_seconds(data_dir):
    _, _, _, reports, _ = read(data_dir, "sample_dump1090.bin")
    assert 0 <= reports.time_s.min() <= reports.time_s.max() < 30
    assert np.degrees(reports.lat_rad) == pytest.approx([43.6460, 43.6567], abs=1e-3)
