"""Receivers' streams: pieces, damage, counters and times."""

import numpy as np
import pytest
from tests.naive import made_frames as made
from tests.naive.streams import avr_message, beast_message

from skypact.decode.feeds import octets_of
from skypact.decode.modes.clock import FrameClock
from skypact.decode.modes.lines import LineParser
from skypact.decode.modes.receiver import ModesFeed
from skypact.decode.modes.streams import StreamParser
from skypact.kernels.streams import LONGEST
from skypact.model.modes import COMPUTED, empty_frames
from skypact.model.reports import MLAT

SECOND = 10**9
MHZ_12 = 12_000_000
FRAMES = [made.position(0x4B1A2B, 50.0, 8.0 + 0.0015 * i, i % 2) for i in range(8)]


def gps(second, part=0):
    return second << 30 | part


def counted(stamps, received=None):
    frames = empty_frames(len(stamps))
    frames = frames._replace(stamp=np.array(stamps, np.int64))
    return frames if received is None else frames._replace(received_ns=np.array(received, np.int64))


def feed(form, pieces, **options):
    """Feed pieces and end; the parts heard."""
    receiver = ModesFeed(form, **options)
    return [*(receiver.feed(octets_of(p)) for p in pieces), receiver.finish()]


def total(parts, which):
    out: dict[str, int] = {}
    for part in parts:
        for kind, n in getattr(part, which).items():
            out[kind] = out.get(kind, 0) + n
    return out


def test_escapes_are_taken_out_of_beast():
    frame = made.df17(0x1A1A1A, 0x1A1A1A1A1A1A1A)
    data = beast_message(frame, 0x1A001A001A00)
    found, errors = StreamParser("beast").feed(octets_of(data))
    assert found.octets[0].tobytes() == frame
    assert found.stamp.tolist() == [0x1A001A001A00]
    assert errors == {}


@pytest.mark.parametrize(("form", "write"), [("beast", beast_message), ("avr", avr_message)])
def test_a_stream_in_pieces_gives_what_it_gives_whole(form, write):
    data = b"".join(write(f, 1000 + MHZ_12 * i // 2) for i, f in enumerate(FRAMES))
    whole = feed(form, [data])
    for size in (1, 7, 23):
        parts = feed(form, [data[i : i + size] for i in range(0, len(data), size)])
        times = np.concatenate([p.reports.time_s for p in parts])
        np.testing.assert_array_equal(times, whole[0].reports.time_s)
        assert total(parts, "records") == {"DF17": 8}
    assert whole[0].reports.time_s.size == 6


def test_damage_in_beast_costs_only_its_own_message():
    messages = [beast_message(f, 12_000 + i) for i, f in enumerate(FRAMES)]
    messages[3] = messages[3][:9]
    messages.insert(5, b"garbage")
    parts = feed("beast", [b"".join(messages)])
    assert total(parts, "records") == {"DF17": 7}
    assert total(parts, "errors")["truncated"] == 1
    assert total(parts, "errors")["lost_bytes"] == 7


def test_digits_without_end_are_cut_off_where_the_data_end():
    for n in (LONGEST - 1, LONGEST, LONGEST + 1):
        errors = total(feed("avr", [b"*" + b"0" * (n - 1)]), "errors")
        assert errors["truncated"] == 1


def test_other_messages_of_receivers_are_passed_over():
    head = b"\x1a\xe3" + b"\x01\x02\x1a\x1a\x04\x05\x06\x07\x08"
    status = b"\x1a4" + bytes(21)
    mode_ac = beast_message(b"\x20\x00", 99)
    data = head + status + mode_ac + beast_message(FRAMES[0], 1) + b"\x1a"
    parts = feed("beast", [data])
    assert total(parts, "records") == {"DF17": 1}
    assert total(parts, "errors") == {"no_date": 1, "truncated": 1, "lost_bytes": 1}


def test_avr_comes_with_and_without_counters_and_signal():
    frame = FRAMES[0].hex().encode()
    lines = [
        b"*" + frame + b";",
        b"@0000000000FF" + frame + b";",
        b"<00000000010280" + frame + b";",
    ]
    lines += [b"%000000000103" + frame + b";", b"*02e197b00179c3;", b"*0000;", b"*12;", b"junk"]
    found, errors = StreamParser("avr").feed(octets_of(b"\n".join(lines)))
    assert found.stamp.tolist() == [-1, 0xFF, 0x102, 0x103, -1]
    assert found.length.tolist() == [14, 14, 14, 14, 7]
    assert errors == {"truncated": 1, "lost_bytes": 5}


def test_frames_without_any_time_are_no_measurements():
    parts = feed("avr", [b"".join(map(avr_message, FRAMES))])
    assert total(parts, "records") == {"DF17": 8}
    assert total(parts, "errors") == {"untimed": 8}
    assert set(parts[0].reports.coast.tolist()) == {1}


def test_marked_counters_are_computed_positions():
    data = b"".join(beast_message(f, 0xFF004D4C4154) for f in FRAMES)
    receiver = ModesFeed("beast")
    found, _ = StreamParser("beast").feed(octets_of(data))
    assert set(found.origin.tolist()) == {COMPUTED}
    assert set(found.stamp.tolist()) == {-1}
    reports = [receiver.feed(octets_of(beast_message(f, 0xFF004D4C4154)), i * SECOND // 2).reports
               for i, f in enumerate(FRAMES)]  # fmt: skip
    assert {int(k) for r in reports for k in r.kind} == {MLAT}


def test_a_counter_runs_from_midnight_where_there_is_no_other_time():
    clock = FrameClock(86_400.0)
    time_ns, known = clock.times(counted([MHZ_12, 2 * MHZ_12, -1, 4 * MHZ_12]), errors := {})
    assert ((time_ns - 86_400 * SECOND) / SECOND).tolist() == [0.0, 1.0, 1.0, 3.0]
    assert known.tolist() == [True, True, False, True]
    later, _ = clock.times(counted([5 * MHZ_12]), errors)
    assert later.tolist() == [86_404 * SECOND]
    assert errors == {}


def test_a_counter_that_begins_anew_goes_on_and_is_told():
    clock = FrameClock()
    stamps = [10 * MHZ_12, 11 * MHZ_12, 3 * MHZ_12, 4 * MHZ_12, 9_000 * MHZ_12, 9_001 * MHZ_12]
    time_ns, _ = clock.times(counted(stamps), errors := {})
    assert (time_ns / SECOND).tolist() == [0, 1, 1, 2, 2, 3]
    assert errors == {"clock_step": 2}


def test_a_garbled_counter_moves_nothing_but_itself():
    clock = FrameClock()
    seconds = [10, 11, 1_000, 12, 13, 2, 14]
    time_ns, _ = clock.times(counted([s * MHZ_12 for s in seconds]), errors := {})
    assert (time_ns / SECOND).tolist() == [0, 1, 1, 2, 3, 3, 4]
    assert errors == {"clock_step": 2}


def test_gps_counters_are_seconds_of_the_day_and_pass_midnight():
    clock = FrameClock(0.0)
    stamps = [gps(86_398, 5), gps(86_399, 6), gps(0, 7), gps(1, 8)]
    time_ns, _ = clock.times(counted(stamps), errors := {})
    seconds = [86_398, 86_399, 86_400, 86_401]
    assert time_ns.tolist() == [s * SECOND + 5 + i for i, s in enumerate(seconds)]
    assert errors == {}


def test_gps_counters_take_their_day_from_the_receive_time():
    clock = FrameClock(kind="gps")
    received = [10 * 86_400 * SECOND + 50_000_000] * 2
    time_ns, _ = clock.times(counted([gps(86_399), gps(0)], received), {})
    assert time_ns.tolist() == [(10 * 86_400 - 1) * SECOND, 10 * 86_400 * SECOND]


@pytest.mark.parametrize("kind", ["12mhz", "gps"])
def test_what_is_counted_is_found_out_live(kind):
    clock, late_s = FrameClock(), 0.03
    for i in range(60):
        sent_s = 43_200.0 + 0.05 * i
        stamp = gps(int(sent_s), round(sent_s % 1 * SECOND)) if kind == "gps" else None
        stamp = round(sent_s * MHZ_12) if stamp is None else stamp
        received = [round((sent_s + late_s) * SECOND)]
        time_ns, known = clock.times(counted([stamp], received), errors := {})
        error_s = time_ns[0] / SECOND - sent_s
        assert known.all()
        assert error_s == pytest.approx(0.0 if kind == "gps" and i >= 20 else late_s, abs=1e-3)
        assert errors == {}


def test_a_counter_takes_out_the_jitter_of_the_line():
    clock, rng = FrameClock(), np.random.default_rng(1)
    truth_s = np.arange(0, 60, 0.05)
    delay_s = 0.01 + rng.exponential(0.05, truth_s.size)
    error_s = []
    for sent_s, late_s in zip(truth_s.tolist(), delay_s.tolist(), strict=True):
        stamp = round(sent_s * MHZ_12 * (1 + 5e-6))
        time_ns, _ = clock.times(counted([stamp], [round((sent_s + late_s) * SECOND)]), {})
        error_s.append(time_ns[0] / SECOND - sent_s)
    assert np.std(delay_s) > 0.03
    assert np.std(error_s[200:]) < 0.005
    assert max(error_s) <= max(delay_s)


def test_lines_of_json_and_csv_give_frames_and_times():
    lines = [
        b'{"timestamp":1720248189.5,"frame":"8D4840D6202CC371C32CE0576098","df":"17"}',
        b'1457996400,"8D4840D6202CC371C32CE0576098","4840D6",4',
        b'{"rawmsg":"02e197b00179c3"}', b'{"frame":12}', b"[1]", b"x" * 20, b"",
        b'{"timestamp":true,"frame":"02e197b00179c3"}',
        b'{"timestamp":1e12,"msg":"02e197b00179c3"}',
    ]  # fmt: skip
    frames, errors = LineParser().feed(octets_of(b"\r\n".join(lines) + b"\n"))
    assert frames.received_ns.tolist() == [1720248189500000000, 1457996400 * SECOND, -1, -1, -1]
    assert frames.length.tolist() == [14, 14, 7, 7, 7]
    assert errors == {"no_frame": 3}


def test_the_last_line_needs_no_end_and_one_without_end_is_given_up():
    parser = LineParser()
    assert parser.feed(octets_of(b'{"frame":"02e197b00179c3"}'))[0].length.size == 0
    assert parser.finish()[0].length.size == 1
    assert parser.finish()[0].length.size == 0
    assert parser.feed(octets_of(b"x" * 70_000))[1] == {"lost_bytes": 70_000}
