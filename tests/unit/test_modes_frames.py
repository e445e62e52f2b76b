"""Mode S frames whose contents are published, and what the decoder makes of a sky of them."""

import numpy as np
import pytest
from tests.naive import made_frames as made
from tests.naive import modes as plain

from skypact.decode.modes.frames import FrameDecoder, reports_of
from skypact.decode.modes.lines import frames_of
from skypact.errors import BAD_PARITY, OK, TRUNCATED, UNKNOWN_ADDRESS, UNKNOWN_FORMAT
from skypact.model import modes as m
from skypact.model.reports import ADSB, MLAT, TRACK, unpack_callsign
from skypact.units import DEGREE, FEET_PER_MINUTE, FOOT, KNOT

ICAO = 0x4B1A2B
SECOND = 10**9


def decode(frames, times_ns=None, near_deg=None, origin=0, decoder=None):
    rows = [(f, t) for f, t in zip(frames, times_ns or [0] * len(frames), strict=True)]
    batch = frames_of(rows)
    batch = batch._replace(origin=np.full(len(frames), origin, np.int8))
    return (decoder or FrameDecoder(near_deg)).decode(batch, batch.received_ns)


def heard(frames, times_ns, **options):
    """Reports of frames."""
    columns = decode(frames, times_ns, **options)
    times = np.array(times_ns, np.int64)
    return reports_of(columns.placed, times, times, np.ones(times.size, np.bool_)), columns


def hexes(*texts):
    return [bytes.fromhex(text) for text in texts]


def eastward(n, icao=ICAO, start_s=0.0, lat=50.0, lon=8.0, make=made.position):
    """Positions of an aircraft every half second, even and odd in turn, and their times."""
    frames = [make(icao, lat, lon + 0.0015 * i, i % 2) for i in range(n)]
    return frames, [round((start_s + 0.5 * i) * SECOND) for i in range(n)]


# Frames and values: J. Sun, The 1090 Megahertz Riddle, second edition, chapters 4 to 9.


def test_an_identification_is_read():
    columns = decode(hexes("8D4840D6202CC371C32CE0576098"))
    assert unpack_callsign(int(columns.table.callsign[0])) == "KLM1023"
    assert columns.table.labels[0, [m.FORMAT, m.ADDRESS, m.TYPE]].tolist() == [17, 0x4840D6, 4]


def test_a_pair_of_positions_gives_a_place():
    pair = hexes("8D40621D58C386435CC412692AD6", "8D40621D58C382D690C8AC2863A7")
    columns = decode([*pair, *pair], [0, SECOND, 2 * SECOND, 3 * SECOND])
    place = columns.place_rad / DEGREE
    assert np.isnan(place[1]).all()  # one pair alone is not sure
    assert place[3] == pytest.approx([52.25720, 3.91937], abs=1e-5)
    assert columns.placed.numbers[-1, m.R_BARO] == pytest.approx(38_000 * FOOT)


def test_positions_on_the_ground_need_to_know_where():
    pair = hexes("8C4841753AAB238733C8CD4020B1", "8C4841753A8A35323FAEBDAC702D")
    times = [0, SECOND, 2 * SECOND, 3 * SECOND]
    near = decode([*pair, *pair], times, (51.990, 4.375))
    assert near.place_rad[3] / DEGREE == pytest.approx([52.32061, 4.73473], abs=1e-4)
    assert near.table.labels[:, m.GROUND].tolist() == [1, 1, 1, 1]
    nowhere = decode([*pair, *pair], times)
    assert np.isnan(nowhere.place_rad).all()
    assert nowhere.errors() == {"no_reference": 3}


def test_velocities_are_read():
    columns = decode(hexes("8D485020994409940838175B284F", "8DA05F219B06B6AF189400CBC33F"))
    over, through = columns.table.numbers
    assert over[m.SPEED_MPS] / KNOT == pytest.approx(159.20, abs=0.01)
    assert over[m.TRACK_RAD] / DEGREE == pytest.approx(182.88, abs=0.01)
    assert over[m.VU_MPS] / FEET_PER_MINUTE == pytest.approx(-832)
    assert over[m.DIFFERENCE_M] / FOOT == pytest.approx(550)
    assert through[m.AIRSPEED_MPS] / KNOT == pytest.approx(375)
    assert through[m.HEADING_RAD] / DEGREE == pytest.approx(243.98, abs=0.01)
    assert through[m.VU_MPS] / FEET_PER_MINUTE == pytest.approx(-2304)


def test_a_supersonic_velocity_counts_in_steps_of_four_knots():
    slow = made.moving(ICAO, 300, -150)
    word = int.from_bytes(slow[4:11], "big")
    fast = made.df17(ICAO, word + (1 << 48))
    numbers = decode([slow, fast]).table.numbers
    assert numbers[1, m.VE_MPS] == pytest.approx(4 * numbers[0, m.VE_MPS]) == 1200 * KNOT
    assert numbers[1, m.VN_MPS] == pytest.approx(4 * numbers[0, m.VN_MPS])


def test_codes_of_altitude_and_identity_are_read():
    known = made.with_parity(bytes([11 << 3 | 5]) + ICAO.to_bytes(3, "big"))
    replies = [
        made.reply(5, ICAO, 0b1010101010100),
        made.reply(4, ICAO, made.altitude_code(35_000) >> 6 << 7 | made.altitude_code(35_000) & 63),
        made.reply(4, ICAO, 0b0000000000010),  # B4 alone
        made.reply(4, ICAO, 0b1000000000010),
    ]
    columns = decode([known, *replies])
    assert (columns.table.status == OK).all()
    levels = columns.table.numbers[1:, m.BARO_M]
    assert levels[1] == pytest.approx(35_000 * FOOT)
    assert np.isnan(levels[2])  # no hundreds: no code of Gillham's
    twin = plain.altitude(f"{0b1000000000010:013b}")
    assert levels[3] == pytest.approx(twin)
    assert columns.table.labels[1, m.CODE] == plain.identity(f"{0b1010101010100:013b}")


def test_frames_that_cannot_be_read_have_a_status():
    good = made.position(ICAO, 50.0, 8.0, 0)
    frames = [good, good[:13], bytes([*good[:13], good[13] ^ 1]), b"\x98" + good[1:], b"\x00"]
    status = decode(frames).table.status.tolist()
    assert status == [OK, TRUNCATED, BAD_PARITY, UNKNOWN_FORMAT, TRUNCATED]


def test_an_address_from_a_parity_counts_only_after_one_in_the_clear():
    reply = made.reply(5, ICAO, 0x0AAA)
    squitter = made.identification(ICAO, "TEST")
    columns = decode([reply, squitter, reply, reply], [0, 0, SECOND, 62 * SECOND])
    assert columns.table.status.tolist() == [UNKNOWN_ADDRESS, OK, OK, UNKNOWN_ADDRESS]
    assert columns.errors() == {"unknown_address": 2}
    assert columns.records() == {"DF05": 3, "DF17": 1}


def test_an_all_call_reply_with_an_interrogators_code_vouches_for_nobody():
    head = bytes([11 << 3 | 5]) + ICAO.to_bytes(3, "big")
    columns = decode([made.with_parity(head, 5), made.with_parity(head), made.with_parity(head, 5)])
    assert columns.table.status.tolist() == [UNKNOWN_ADDRESS, OK, OK]
    assert columns.table.labels[:, m.INTERROGATOR].tolist() == [5, 0, 5]


def test_a_report_bears_what_other_messages_said():
    frames, times = eastward(8)
    quality = 31 << 51 | 2 << 13 | 1 << 12 | 9 << 8 | 3 << 4
    others = [
        made.identification(ICAO, "SKY42"),
        made.moving(ICAO, 400, 30, 640),
        made.reply(5, ICAO, 0b1010101010100),
        made.df17(ICAO, quality),
        made.df17(ICAO, 28 << 51 | 1 << 48 | 5 << 45),
    ]
    reports, _ = heard(frames[:4] + others + frames[4:], times[:4] + [times[4]] * 5 + times[4:])
    assert reports.time_s.size == 6
    assert unpack_callsign(int(reports.callsign[-1])) == "SKY42"
    assert reports.ve_mps[2] == pytest.approx(400 * KNOT)
    assert reports.vu_mps[2] == pytest.approx(640 * FEET_PER_MINUTE)
    assert np.isfinite(reports.ve_mps).tolist() == [False, False, True, False, False, False]
    assert reports.mode3a[-1] == plain.identity(f"{0b1010101010100:013b}")
    assert (reports.nacp[-1], reports.sil[-1], reports.nic[-1]) == (9, 3, 8)
    assert reports.emergency[-1] == 5
    assert reports.sigma_m[-1] == pytest.approx(30 / 2.4477)
    assert reports.nacp[0] == -1
    assert reports.sigma_m[0] == pytest.approx(92.6 / 2.4477)  # type 11 of version 0
    assert (reports.icao == ICAO).all()
    assert (reports.kind == ADSB).all()


def test_old_values_are_not_told_again():
    frames, times = eastward(4)
    late = eastward(4, start_s=400.0)
    others = [made.moving(ICAO, 400, 0), made.identification(ICAO, "SKY42")]
    reports, _ = heard([*frames, *others, *late[0]], [*times, times[-1], times[-1], *late[1]])
    assert np.isnan(reports.vn_mps[-1])
    assert reports.callsign[-1] == -1


def test_a_frame_that_two_receivers_heard_is_one_report():
    frames, times = eastward(6)
    twice = [f for frame in frames for f in (frame, frame)]
    doubled = [t for time in times for t in (time, time + 40_000_000)]
    reports, columns = heard(twice, doubled)
    assert reports.time_s.size == heard(frames, times)[0].time_s.size
    assert columns.errors() == {"duplicates": 6}


def test_a_jump_is_left_out_and_a_new_place_is_found_in_the_end():
    frames, times = eastward(6)
    away, later = eastward(12, start_s=3.0, lat=40.0)
    reports, columns = heard(frames + away, times + later)
    assert columns.errors()["position_jump"] == 4
    assert np.degrees(reports.lat_rad[-1]) == pytest.approx(40.0, abs=1e-3)
    assert (np.abs(np.degrees(reports.lat_rad) - 45.0) > 4.9).all()


def test_a_landed_aircraft_keeps_its_place_without_a_known_receiver():
    frames, times = eastward(6)
    ground = eastward(4, start_s=3.0, lon=8.009, make=made.surface)
    reports, columns = heard(frames + ground[0], times + ground[1])
    assert reports.time_s.size == 8
    assert np.degrees(reports.lon_rad[-1]) == pytest.approx(8.0135, abs=1e-3)
    assert np.isnan(reports.baro_altitude_m[-1])
    assert columns.errors() == {}


def test_an_aircraft_on_the_ground_is_placed_by_others_in_the_air():
    air, air_times = eastward(6)
    ground, times = eastward(6, icao=0x3C0001, start_s=3.0, lat=50.1, make=made.surface)
    reports, _ = heard(air + ground, air_times + times)
    mine = reports.icao == 0x3C0001
    assert mine.sum() == 4
    assert np.degrees(reports.lat_rad[mine]) == pytest.approx(50.1, abs=1e-4)


def test_a_feed_of_the_whole_world_places_nobody_by_others():
    air = [eastward(6, icao=0x100 + i, start_s=10 * i, lat=lat) for i, lat in enumerate((50, -30))]
    ground, times = eastward(6, icao=0x3C0001, start_s=30.0, lat=50.1, make=made.surface)
    frames = [*air[0][0], *air[1][0], *ground]
    columns = heard(frames, [*air[0][1], *air[1][1], *times])[1]
    assert columns.errors()["no_reference"] == 5


def test_what_a_receiver_cannot_hear_is_left_out():
    frames, times = eastward(8)
    decoder = FrameDecoder((30.0, 8.0), 400_000.0)
    columns = decode(frames, times, decoder=decoder)
    assert columns.placed.callsign.size == 0
    assert columns.errors()["out_of_reach"] > 0


def test_ground_stations_messages_are_tracks_and_foreign_addresses_no_aircrafts():
    def sent(control):
        frames, times = eastward(6)
        words = [int.from_bytes(f[4:11], "big") for f in frames]
        return heard([made.df17(ICAO, w, 18, control) for w in words], times)[0]

    kinds = {0: ADSB, 1: ADSB, 2: TRACK, 5: TRACK, 6: ADSB}
    for control, kind in kinds.items():
        reports = sent(control)
        foreign = control in (1, 5)
        assert set(reports.kind.tolist()) == {kind}
        assert set(reports.icao.tolist()) == {-1 if foreign else ICAO}
        assert set(reports.track_number.tolist()) == {ICAO if foreign else -1}
    assert sent(3).time_s.size == sent(4).time_s.size == 0


def test_computed_positions_are_multilateration():
    frames, times = eastward(6)
    reports, _ = heard(frames, times, origin=m.COMPUTED)
    assert set(reports.kind.tolist()) == {MLAT}
    assert reports.sigma_m == pytest.approx(150.0)


def test_a_full_fleet_forgets_whom_it_heard_longest_ago_and_says_so():
    decoder = FrameDecoder(rows=16)
    frames = [made.identification(icao, "X") for icao in range(1, 41)]
    columns = decode(frames, [i * SECOND for i in range(40)], decoder=decoder)
    assert columns.errors() == {"fleet_full": 24}
    assert (columns.table.status == OK).all()


def test_decoding_in_parts_is_decoding_at_once():
    frames, times = made_sky()
    whole = decode(frames, times)
    decoder = FrameDecoder()
    parts = [
        decode(frames[i : i + 7], times[i : i + 7], decoder=decoder)
        for i in range(0, len(frames), 7)
    ]
    numbers = np.concatenate([p.placed.numbers for p in parts])
    np.testing.assert_array_equal(numbers, whole.placed.numbers)


def made_sky():
    """Three aircraft at once."""
    rows = []
    for k in range(3):
        frames, times = eastward(20, icao=0x400000 + k, start_s=0.1 * k, lat=50 + k)
        rows += list(zip(times, frames, strict=True))
    rows.sort()
    return [f for _, f in rows], [t for t, _ in rows]
