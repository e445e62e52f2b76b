"""Track messages: what libasterix (MIT) reads in them is what the tracks say, to the last item."""

import math

import numpy as np
import pytest
from tests.naive.libasterix_records import assert_same_record, oracle_records
from tests.naive.track_rows import notes_of, rows_of

from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import category
from skypact.encode.asterix import encode_record
from skypact.encode.cat062 import can_be_sent, plain_notes, track_records
from skypact.encode.datagrams import MOST_BYTES, Sender, datagrams
from skypact.model.reports import unpack_callsign
from skypact.units import DAY, DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT

N = 400
SENDER = Sender(25, 100, service=3, unit=17)


@pytest.fixture(scope="module")
def sent():
    rows, notes = rows_of(N), notes_of(N)
    records = track_records(rows, notes, SENDER)
    blocks = datagrams(62, records)
    decoded = [record for block in blocks for record in decode_block(block).records]
    assert len(decoded) == N
    return rows, notes, records, blocks, decoded


def test_libasterix_reads_every_item_as_our_decoder_does(sent):
    *_, blocks, _ = sent
    for block in blocks:
        raw, scaled = decode_block(block, raw=True), decode_block(block)
        assert raw.error is None
        theirs = oracle_records(62, block)
        for triple in zip(raw.records, scaled.records, theirs, strict=True):
            assert_same_record(*triple)


def test_the_plain_encoder_writes_the_same_bytes(sent):
    _, _, records, _, decoded = sent
    assert [encode_record(category(62), record) for record in decoded] == records


def test_blocks_fit_a_datagram_and_keep_the_order(sent):
    rows, notes, records, blocks, decoded = sent
    assert max(map(len, blocks)) <= MOST_BYTES
    assert b"".join(block[3:] for block in blocks) == b"".join(records)
    assert [record["040"] for record in decoded] == notes.number.tolist()
    del rows


def near(value, expected, lsb):
    return math.isnan(expected) or abs(value - expected) <= 0.5000001 * lsb


def test_place_and_speed_are_those_of_the_tracks(sent):
    rows, *_, decoded = sent
    for i, record in enumerate(decoded):
        off_s = (record["070"] - rows.time_s[i] % DAY + DAY / 2) % DAY - DAY / 2
        assert abs(off_s) <= 1 / 256 + 1e-6
        assert near(record["105"]["LAT"], rows.lat_rad[i] / DEGREE, 180 / 2**25)
        assert near(record["105"]["LON"], rows.lon_rad[i] / DEGREE, 180 / 2**25)
        assert near(record["185"]["VX"], rows.ve_mps[i], 0.25)
        assert near(record["185"]["VY"], rows.vn_mps[i], 0.25)
        accuracy = record["500"]
        assert near(accuracy["APC"]["X"], rows.sigma_e_m[i], 0.5)
        assert near(accuracy["APC"]["Y"], rows.sigma_n_m[i], 0.5)
        covariance = rows.corr_ne[i] * rows.sigma_n_m[i] * rows.sigma_e_m[i]
        assert near(accuracy["COV"], math.copysign(math.sqrt(abs(covariance)), covariance), 0.5)
        assert near(accuracy["ATV"]["X"], min(rows.sigma_ve_mps[i], 63.75), 0.25)
        assert near(accuracy["AGA"], min(rows.sigma_u_m[i] / FOOT, 255 * 6.25), 6.25)


def test_heights_outside_the_category_are_left_out(sent):
    rows, notes, *_, decoded = sent
    for i, record in enumerate(decoded):
        height_ft = rows.altitude_m[i] / FOOT
        assert ("130" in record) == (-1_500 <= height_ft <= 150_000)
        assert near(record.get("130", height_ft), height_ft, 6.25)
        level = rows.baro_altitude_m[i] / FLIGHT_LEVEL
        assert ("135" in record) == (not math.isnan(level))
        assert near(record["135"]["CTB"] if "135" in record else level, level, 0.25)
        measured = notes.ages.level_m[i] / FLIGHT_LEVEL
        assert ("136" in record) == (not math.isnan(measured))
        climb = rows.vu_mps[i] / FEET_PER_MINUTE
        assert ("220" in record) == (not math.isnan(climb))
        assert near(record.get("220", climb), climb, 6.25)


def test_identity_is_that_of_the_tracks(sent):
    rows, *_, decoded = sent
    for i, record in enumerate(decoded):
        derived = record.get("380", {})
        assert derived.get("ADR", -1) == rows.icao[i]
        callsign = unpack_callsign(int(rows.callsign[i]))
        assert derived.get("ID", "") == callsign
        assert record.get("245", {"CHR": ""})["CHR"] == callsign
        assert record.get("060", {"MODE3A": -1})["MODE3A"] == rows.mode3a[i]
        emergency = {7500: 5, 7600: 4, 7700: 1}.get(int(rows.mode3a[i]), 0)
        assert record["080"]["EMS"] == emergency


AGES = [("PSR", "psr_s"), ("SSR", "ssr_s"), ("MDS", "modes_s"), ("ES", "adsb_s"), ("MLT", "mlat_s")]


def test_ages_by_sensor_kind_are_sent_and_stop_at_their_largest(sent):
    rows, notes, *_, decoded = sent
    for i, record in enumerate(decoded):
        found = record["290"]
        assert near(found.pop("TRK"), min(rows.age_s[i], 63.75), 0.25)
        for sub, name in AGES:
            age_s = getattr(notes.ages, name)[i]
            assert (sub in found) == (not math.isnan(age_s))
            assert near(found.get(sub, age_s), min(age_s, 63.75), 0.25)
        data = record.get("295", {})
        assert ("MFL" in data) == (not math.isnan(notes.ages.level_s[i]))
        assert ("MDA" in data) == (not math.isnan(notes.ages.mode3a_s[i]))


def test_the_composed_track_number_names_the_unit_and_its_partners(sent):
    _, notes, *_, decoded = sent
    for i, record in enumerate(decoded):
        partners = zip(
            notes.partner_unit[i].tolist(), notes.partner_number[i].tolist(), strict=True
        )
        expected = [{"IDENT": 17, "TRACK": int(notes.number[i])}]
        expected += [{"IDENT": unit, "TRACK": number} for unit, number in partners if unit >= 0]
        assert record["510"] == expected


def test_a_track_without_a_place_or_faster_than_the_item_cannot_be_sent():
    rows = rows_of(3)
    rows = rows._replace(lat_rad=np.array([0.1, np.nan, 0.1]), vn_mps=np.array([0.0, 0.0, 9e3]))
    assert can_be_sent(rows).tolist() == [True, False, False]


def test_no_tracks_are_no_records():
    assert track_records(rows_of(0), plain_notes(np.empty(0, np.int64)), SENDER) == []
    assert datagrams(62, []) == []
