"""The compiled Mode S decoder against rs1090 (MIT): every recorded frame, field by field."""

import gzip
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import rs1090

from skypact.decode.modes.frames import FrameDecoder
from skypact.decode.modes.lines import frames_of
from skypact.decode.modes.registers import registers_of
from skypact.model import modes as m
from skypact.model.reports import unpack_callsign
from skypact.record.frame_table import frames_from_arrow
from skypact.units import DEGREE, FEET_PER_MINUTE, FOOT, KNOT

pytestmark = pytest.mark.recordings

EVERY = {
    0x40: {"selected_mcp"},
    0x50: {"groundspeed", "TAS"},
    0x60: {"IAS", "heading"},
}


@pytest.fixture(scope="module")
def flight(data_dir):
    """One flight with all its downlink formats: frames, columns and what rs1090 says."""
    with gzip.open(data_dir / "modes" / "full_flight_short.jsonl.gz") as file:
        lines = [json.loads(line) for line in file]
    frames = frames_of([(bytes.fromhex(x["frame"]), round(x["timestamp"] * 1e9)) for x in lines])
    columns = FrameDecoder((49.0, 2.5)).decode(frames, frames.received_ns)
    texts = [
        x["frame"][: 14 if int(x["frame"][:2], 16) < 128 else 28] for x in lines
    ]  # short formats stand there with the noise behind them
    theirs = rs1090.decode(texts, [x["timestamp"] for x in lines], reference=(49.0, 2.5))
    return columns, theirs, frames.octets


def ours(columns, i):
    """Our row under rs1090's names and in its units."""
    labels, numbers = columns.table.labels[i], columns.table.numbers[i]
    level = numbers[m.GEO_M] if labels[m.IS_GNSS] == 1 else numbers[m.BARO_M]
    return {
        "icao24": f"{labels[m.ADDRESS]:06x}",
        "altitude": level / FOOT,
        "squawk": f"{labels[m.CODE]:04}",
        "callsign": unpack_callsign(int(columns.table.callsign[i])),
        "groundspeed": numbers[m.SPEED_MPS] / KNOT,
        "track": numbers[m.TRACK_RAD] / DEGREE,
        "vertical_rate": numbers[m.VU_MPS] / FEET_PER_MINUTE,
        "geo_minus_baro": numbers[m.DIFFERENCE_M] / FOOT,
        "NACv": labels[m.NACV],
        "NACp": labels[m.NACP],
        "SIL": labels[m.SIL],
        "lat_cpr": labels[m.CPR_LAT],
        "lon_cpr": labels[m.CPR_LON],
        "parity": ("even", "odd", None)[labels[m.ODD]],
        "latitude": columns.place_rad[i, 0] / DEGREE,
        "longitude": columns.place_rad[i, 1] / DEGREE,
    }


def agree(name, mine, theirs):
    if isinstance(theirs, str):
        return mine == theirs
    return abs(mine - theirs) <= (1e-9 if name in ("latitude", "longitude") else 0.01)


def test_every_field_of_a_flight_agrees(flight):
    columns, theirs, _ = flight
    compared: dict[str, int] = {}
    for i, their in enumerate(theirs):
        mine = ours(columns, i)
        for name, value in mine.items():
            other = their.get(name)
            if other is None or (name == "altitude" and value != value and other == 0):
                continue
            if name in ("latitude", "longitude") and np.isnan(value):
                continue
            if name == "groundspeed" and "parity" in their and np.isnan(value):
                continue
            assert agree(name, value, other), (i, name, value, their)
            compared[name] = compared.get(name, 0) + 1
    assert compared["icao24"] == 57_793
    assert compared["altitude"] > 34_000
    assert compared["squawk"] > 13_000
    assert compared["latitude"] > 7_000


def test_nearly_every_position_of_a_flight_is_found(flight):
    columns, theirs, _ = flight
    known = np.array(["latitude" in their for their in theirs])
    found = np.isfinite(columns.place_rad[:, 0])
    repeats = columns.errors()["duplicates"]
    assert found.sum() >= 0.99 * known.sum() - repeats
    assert (found & ~known).sum() <= 0.02 * known.sum()


def test_every_reply_of_a_busy_hour_agrees(data_dir):
    frames, errors = frames_from_arrow(pq.read_table(data_dir / "modes" / "modes_50k.parquet"))
    assert errors == {}
    columns = FrameDecoder().decode(frames, frames.received_ns)
    texts = [o[:n].tobytes().hex() for o, n in zip(frames.octets, frames.length, strict=True)]
    named = {"icao24", "altitude", "squawk"}
    n = 0
    for i, their in enumerate(rs1090.decode(texts)):
        mine = ours(columns, i)
        # Codes with the M bit are reserved: rs1090 reads eleven of their bits, others twelve.
        is_metric = frames.octets[i, 3] & 0x40
        if mine["altitude"] != mine["altitude"]:
            assert their.get("altitude") in (None, 0)
        unsure = is_metric or mine["altitude"] != mine["altitude"]
        for name in (named - {"altitude"} if unsure else named) & their.keys():
            assert agree(name, mine[name], their[name]), (texts[i], name, mine, their)
            n += 1
    assert n > 95_000


def test_accepted_registers_agree(flight):
    columns, theirs, octets = flight
    found = registers_of(octets, columns.comm_b())
    values = found.values()
    names = {
        0x40: "bds40",
        0x50: "bds50",
        0x60: "bds60",
        0x10: "bds10",
        0x17: "bds17",
        0x20: "bds20",
    }
    counts = dict.fromkeys(names, 0)
    for k, (row, code) in enumerate(zip(found.row.tolist(), found.code.tolist(), strict=True)):
        if code == 0:
            continue
        their = theirs[row].get(names[code])
        counts[code] += their is not None
        if their is None or code < 0x40:
            continue
        mine = {
            "selected_mcp": values.selected_altitude_m[k] / FOOT,
            "groundspeed": values.ground_speed_mps[k] / KNOT,
            "TAS": values.true_airspeed_mps[k] / KNOT,
            "IAS": values.indicated_airspeed_mps[k] / KNOT,
            "heading": values.heading_rad[k] / DEGREE,
        }
        for name, value in mine.items():
            if their.get(name) is not None and name in EVERY[code]:
                # rs1090 rounds selected altitudes to hundreds of feet.
                assert abs(value - their[name]) <= (16 if name == "selected_mcp" else 0.01), their
    accepted = {code: int((found.code == code).sum()) for code in names}
    assert all(counts[code] >= 0.995 * accepted[code] for code in names)
    assert accepted[0x60] > 6_000
    assert accepted[0x50] > 2_000
    assert accepted[0x40] > 5_500


def test_registers_named_as_callsigns_agree(flight):
    columns, theirs, _ = flight
    known = [i for i, t in enumerate(theirs) if "bds20" in t or t.get("bds") == "08"]
    assert len(known) > 1_000
    for i in known:
        name = theirs[i].get("callsign") or theirs[i]["bds20"].get("callsign")
        if name and "#" not in name:
            assert unpack_callsign(int(columns.table.callsign[i])) == name.strip()
