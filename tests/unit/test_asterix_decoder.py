"""The decoder: times across midnight, clocks, duplicates, sensors, refusals, withheld columns."""

import numpy as np
import pytest
from tests.naive import framed_bytes as made

from skypact.config import Sensor
from skypact.decode.asterix.reports import Decoder
from skypact.errors import ConfigError
from skypact.model.packets import packets_from
from skypact.units import DAY, DEGREE, NAUTICAL_MILE


def stamped(times_s: list[float], received_s: list[float]):
    payloads = [made.plots(made.plot(t, 10 + i)) for i, t in enumerate(times_s)]
    return packets_from(payloads, [round(r * 1e9) for r in received_s])


def test_a_plot_becomes_a_report_in_si_units():
    reports = Decoder().decode(packets_from([made.plots(made.plot(100.0, 10.0))])).reports
    assert reports.range_m.tolist() == [10 * NAUTICAL_MILE]
    assert reports.azimuth_rad.tolist() == [90 * DEGREE]
    assert reports.mode3a.tolist() == [2052]
    assert reports.coast.tolist() == [0]
    assert np.isnan(reports.lat_rad).all()


def test_the_day_is_that_of_the_receive_time_on_both_sides_of_midnight():
    batch = stamped([86_399.5, 86_399.9, 0.1], [10 * DAY - 0.4, 10 * DAY + 0.1, 10 * DAY + 0.3])
    times = Decoder().decode(batch).reports.time_s
    expected = [10 * DAY - 0.5, 10 * DAY - 0.1, 10 * DAY + 0.1]
    np.testing.assert_allclose(times, expected, atol=1 / 128)


def test_a_raw_recording_goes_on_over_midnight_from_its_date():
    decoder = Decoder(date_s=5 * DAY)
    first = decoder.decode(packets_from([made.plots(made.plot(86_399.0), made.plot(1.0))]))
    second = decoder.decode(packets_from([made.plots(made.plot(2.0))]))
    times = [*first.reports.time_s, *second.reports.time_s]
    assert times == [6 * DAY - 1, 6 * DAY + 1, 6 * DAY + 2]
    assert first.reports.received_ns.tolist() == [round(t * 1e9) for t in times[:2]]
    assert "no_date" not in first.errors


def test_two_sensors_cross_midnight_each_at_its_own_time():
    late, early = made.plot(86_399.0, sic=1), made.plot(0.5, sic=2)
    decoder = Decoder(date_s=DAY)
    records = [late, made.plot(86_399.9, sic=2), early, made.plot(86_399.5, sic=1)]
    times = decoder.decode(packets_from([made.plots(*records)])).reports.time_s
    np.testing.assert_allclose(
        times, [2 * DAY - 1, 2 * DAY - 0.1, 2 * DAY + 0.5, 2 * DAY - 0.5], atol=1 / 128
    )


def test_an_undated_recording_is_warned_of_once():
    decoder = Decoder()
    counts = [decoder.decode(packets_from([made.plots(made.plot(t))])).errors for t in (1.0, 2.0)]
    assert counts == [{"no_date": 1}, {}]


def test_a_wrong_clock_is_reported_and_corrected_only_when_told():
    batch = stamped([100.0, 104.0], [103.0, 107.0])
    decoder = Decoder()
    assert decoder.decode(batch).reports.time_s.tolist() == [100.0, 104.0]
    assert decoder.sensors[0].clock_offset_s == 3.0
    assert decoder.sensors[0].is_clock_wrong
    told = Decoder(clock_corrections_s={"20/129": 3.0})
    assert told.decode(batch).reports.time_s.tolist() == [103.0, 107.0]


def test_the_same_record_within_a_second_is_removed_and_later_kept():
    record = made.plots(made.plot())
    batch = packets_from([record] * 3, [100 * 10**9, 100 * 10**9 + 3_000_000, 102 * 10**9])
    decoded = Decoder().decode(batch)
    assert decoded.records == {"048": 3}
    assert decoded.reports.time_s.size == 2
    assert decoded.errors == {"duplicates": 1}


def test_duplicates_are_found_across_batches():
    decoder = Decoder()
    first, second = (packets_from([made.plots()], [100 * 10**9 + i]) for i in (0, 5))
    assert decoder.decode(first).reports.time_s.size == 1
    assert decoder.decode(second).reports.time_s.size == 0


def test_configured_sensors_come_first_and_unknown_ones_follow():
    decoder = Decoder([Sensor(name="north", sac=20, sic=1), Sensor(name="south", sac=20, sic=2)])
    records = [made.plot(sic=9), made.plot(sic=2), made.plot(sic=7)]
    decoded = decoder.decode(packets_from([made.plots(*records)]))
    assert decoded.reports.sensor.tolist() == [2, 1, 3]
    assert [s.name for s in decoder.sensors] == ["north", "south", "20/9", "20/7"]
    assert decoded.sensors == {"south": 1, "20/9": 1, "20/7": 1}


def test_a_report_without_detection_or_position_is_a_coast():
    silent = bytearray(made.plot())
    silent[6] = 0
    bare = b"\xe0" + made.plot()[1:7]
    decoded = Decoder().decode(packets_from([made.plots(bytes(silent), bare)]))
    assert decoded.reports.coast.tolist() == [1, 1]


def test_a_garbled_code_is_not_used_but_counted():
    garbled = bytearray(made.plot())
    garbled[-2] |= 0x40
    decoded = Decoder(date_s=0.0).decode(packets_from([made.plots(bytes(garbled))]))
    assert decoded.reports.mode3a.tolist() == [-1]
    assert decoded.errors == {"mode3a_garbled": 1}


def test_a_feed_of_another_edition_is_refused_as_a_whole():
    nonsense = made.plots(made.plot(90_000.0))
    decoded = Decoder(date_s=0.0).decode(packets_from([nonsense] * 5))
    assert decoded.records == {}
    assert decoded.errors == {"edition": 5}


def test_one_damaged_record_does_not_condemn_its_feed():
    good, odd = made.plots(made.plot()), made.plots(made.plot(90_000.0))
    broken = made.block(48, made.plot()[:-1])
    payloads = [made.plots(made.plot(t)) for t in range(5)]
    decoded = Decoder(date_s=0.0).decode(packets_from([*payloads, odd, broken, good]))
    assert decoded.records == {"048": 6}
    assert decoded.errors == {"nonsense": 1, "truncated": 1}


def test_unknown_categories_are_skipped_and_their_blocks_counted():
    payload = made.block(200, b"abc") + made.plots() + made.block(200, b"d")
    decoded = Decoder(date_s=0.0).decode(packets_from([payload]))
    assert decoded.records == {"048": 1, "200": 2}


def test_bytes_behind_the_blocks_do_not_lose_the_record():
    decoded = Decoder(date_s=0.0).decode(packets_from([made.plots() + b"\xff\xff\xff\xff"]))
    assert decoded.reports.time_s.size == 1
    assert decoded.errors == {"trailing_bytes": 1}


def test_withheld_columns_are_blank():
    decoder = Decoder(withhold=frozenset({"mode3a", "azimuth_rad"}))
    reports = decoder.decode(packets_from([made.plots()])).reports
    assert reports.mode3a.tolist() == [-1]
    assert np.isnan(reports.azimuth_rad).all()
    with pytest.raises(ConfigError, match="'altitude'"):
        Decoder(withhold=frozenset({"altitude"}))


def test_cutting_a_recording_in_batches_changes_nothing():
    payloads = [made.plots(made.plot(100 + i, sic=i % 3)) for i in range(30)]
    stamps = [(100 + i) * 10**9 + 5 for i in range(30)]
    whole = Decoder().decode(packets_from(payloads, stamps)).reports
    decoder, parts = Decoder(), []
    for i in range(0, 30, 7):
        batch = packets_from(payloads[i : i + 7], stamps[i : i + 7])
        parts.append(decoder.decode(batch).reports)
    for name in whole._fields:
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name), err_msg=name)


def test_no_packets_give_no_reports():
    decoded = Decoder().decode(packets_from([]))
    assert decoded.reports.time_s.size == 0
    assert decoded.services.time_s.size == 0
    assert decoded.errors == {}
