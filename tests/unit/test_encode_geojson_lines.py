"""GeoJSON as the interface for programs has it; CSV: the columns of `tracks.parquet`, exact."""

import csv
import io
import json

import msgspec
import numpy as np
import pyarrow.csv as pacsv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.naive.track_rows import START_S, rows_of

from skypact.encode import geojson, lines
from skypact.encode.columns import TRACK_COLUMNS
from skypact.model.flights import FlightPlan
from skypact.model.reports import pack_callsign
from skypact.model.store import stored
from skypact.record.tables import tracks_from_arrow, tracks_to_arrow
from skypact.units import DEGREE

ENDED = np.array([7, 10**12])


def expected(rows):
    """Rows of the table that `tracks.parquet` holds, absent values None."""
    table = tracks_to_arrow(rows, "north").to_pylist()
    for row in table:
        for name, value in row.items():
            if value != value or (name in ("icao", "mode3a") and value < 0):
                row[name] = None
    return table


def test_the_columns_are_those_of_tracks_parquet():
    assert tuple(tracks_to_arrow(rows_of(1), "u").column_names) == TRACK_COLUMNS


def test_a_feature_holds_the_row():
    rows = rows_of(200)
    found = [json.loads(line) for line in geojson.feature_lines(rows, "north")]
    for feature, row in zip(found, expected(rows), strict=True):
        assert feature["type"] == "Feature"
        micros = round(row["time_s"] * 1e6)
        assert feature["id"] == f"north.{row['track']}.{micros}"
        place = [row.pop("lon_deg"), row.pop("lat_deg"), row["altitude_m"]]
        assert feature["geometry"]["coordinates"] == pytest.approx(place, abs=0.05)
        assert feature["geometry"]["coordinates"][:2] == pytest.approx(place[:2], abs=6e-8)
        told = feature["properties"]
        moment = np.datetime64(told.pop("time").removesuffix("Z")).astype("datetime64[us]")
        assert abs(int(moment.astype(np.int64)) - micros) <= 501
        for name, digits in (("icao", "06x"), ("mode3a", "04d")):
            if row[name] is not None:
                row[name] = format(row[name], digits)
        assert told == pytest.approx({k: v for k, v in row.items() if v is not None}, abs=0.051)


def test_what_is_not_known_is_left_out_and_no_place_is_no_feature():
    nan, rows = np.array([np.nan]), rows_of(1)
    (flat,) = api_features(rows._replace(altitude_m=nan))
    assert len(flat.geometry.coordinates) == 2
    assert b"altitude_m" not in msgspec.json.encode(flat).replace(b"baro_altitude_m", b"")
    assert api_features(rows._replace(lat_rad=nan)) == []
    (around,) = api_features(rows._replace(lon_rad=np.array([200.0 * DEGREE])))
    assert around.geometry.coordinates[0] == pytest.approx(-160.0)


def api_features(rows):
    """Features as the interface for programs has them."""
    return geojson.features(stored([(rows, "u")]))


def test_an_output_says_what_the_interface_for_programs_says():
    rows = rows_of(50)
    lines_of = b"".join(geojson.feature_lines(rows, "u"))
    assert lines_of == b"".join(msgspec.json.encode(f) + b"\n" for f in api_features(rows))


def test_a_collection_is_its_features_with_their_plans():
    rows, plan = rows_of(50), FlightPlan("BAW12", departure="EGLL", destination="LFPG")
    collection = msgspec.json.decode(geojson.feature_collection(rows, "u", [plan, None] * 25))
    assert collection["type"] == "FeatureCollection"
    lines_of = geojson.feature_lines(rows, "u", [plan, None] * 25)
    assert collection["features"] == [json.loads(line) for line in lines_of]
    first, second = (feature["properties"] for feature in collection["features"][:2])
    assert (first["plan_callsign"], first["destination"]) == ("BAW12", "LFPG")
    assert "destination" not in second
    empty = msgspec.json.decode(geojson.feature_collection(rows_of(0), "u", []))
    assert empty["features"] == []


def test_plans_stay_with_their_rows_where_one_has_no_place():
    rows, plan = rows_of(3), FlightPlan("BAW12")
    rows.lat_rad[0] = np.nan
    found = [json.loads(line) for line in geojson.feature_lines(rows, "u", [None, plan, None])]
    assert [f["properties"].get("plan_callsign") for f in found] == ["BAW12", None]


def test_ended_tracks_are_features_without_a_place():
    found = [json.loads(line) for line in geojson.end_lines(ENDED, "u", START_S)]
    micros = round(START_S * 1e6)
    assert [feature["id"] for feature in found] == [f"u.{n}.{micros}" for n in ENDED]
    assert all(feature["properties"]["ended"] and feature["geometry"] is None for feature in found)


def read(made):
    return list(csv.DictReader(io.StringIO((lines.CSV_HEADER + b"".join(made)).decode())))


def test_numbers_in_csv_are_read_back_exactly():
    rows = rows_of(200)
    for line, row in zip(read(lines.track_lines(rows, "north")), expected(rows), strict=True):
        for name in TRACK_COLUMNS:
            if name == "lon_deg":
                assert float(line[name]) == pytest.approx(row[name], abs=1e-12)
            elif isinstance(row[name], bool):
                assert line[name] == str(row[name]).lower()
            elif isinstance(row[name], float | int):
                assert type(row[name])(line[name]) == row[name]
            else:
                assert line[name] == (row[name] or "")


def test_our_own_reader_takes_the_csv():
    rows = rows_of(100)
    data = lines.CSV_HEADER + b"".join(lines.track_lines(rows, "north"))
    back, _ = tracks_from_arrow(pacsv.read_csv(io.BytesIO(data)).select(list(TRACK_COLUMNS)))
    for name in ("track", "icao", "mode3a", "callsign", "target_class", "confirmed"):
        assert getattr(back, name).tolist() == getattr(rows, name).tolist()
    np.testing.assert_allclose(back.lat_rad, rows.lat_rad, rtol=1e-15)
    np.testing.assert_array_equal(back.vu_mps, rows.vu_mps)


def test_ended_tracks_are_lines_with_the_flag():
    found = read(lines.end_lines(ENDED, "u", START_S))
    assert [(line["track"], line["ended"], line["lat_deg"]) for line in found] == [
        ("7", "true", ""),
        ("1000000000000", "true", ""),
    ]


def test_a_callsign_is_no_formula():
    rows = rows_of(1)._replace(callsign=np.array([pack_callsign("=1+2,\"'")]))
    (line,) = read(lines.track_lines(rows, "u"))
    assert line["callsign"] == "'=1+2,\"'"


@given(st.text())
def test_no_text_begins_a_formula_or_ends_a_line(text):
    plain = text.translate(dict.fromkeys((*range(32), 127)))
    made = lines.cell(text)
    assert "\n" not in made
    ((back,),) = list(csv.reader([made])) if made else (("",),)
    assert not back.lstrip().startswith(("=", "+", "-", "@"))
    assert back in (plain, "'" + plain)
