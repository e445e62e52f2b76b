"""GeoJSON and CSV: the columns of `tracks.parquet`, exact numbers, nothing for absent values."""

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
        assert feature["id"] == f"north.{row['track']}"
        place = feature["geometry"]
        assert place["type"] == "Point"
        longitude = feature["properties"].pop("lon_deg")
        assert place["coordinates"] == [longitude, row["lat_deg"], row["altitude_m"]]
        assert longitude == pytest.approx(row.pop("lon_deg"), abs=1e-12)
        plan = {feature["properties"].pop(n) for n in ("plan_callsign", "departure", "destination")}
        assert plan == {None}
        assert feature["properties"] == row


def test_what_is_not_known_is_null_or_left_out():
    nan, rows = np.array([np.nan]), rows_of(1)
    (flat,) = geojson.features(rows._replace(altitude_m=nan), "u")
    assert len(flat["geometry"]["coordinates"]) == 2
    (nowhere,) = geojson.features(rows._replace(lat_rad=nan), "u")
    assert nowhere["geometry"] is None
    (around,) = geojson.features(rows._replace(lon_rad=np.array([200.0 * DEGREE])), "u")
    assert around["geometry"]["coordinates"][0] == pytest.approx(-160.0)


def test_a_collection_is_its_features():
    rows = rows_of(50)
    plans = [FlightPlan("BAW12", departure="EGLL", destination="LFPG")] * 50
    collection = msgspec.json.decode(geojson.feature_collection(rows, "u", plans))
    assert collection["type"] == "FeatureCollection"
    assert collection["features"] == geojson.features(rows, "u", plans)
    assert collection["features"][0]["properties"]["destination"] == "LFPG"
    empty = msgspec.json.decode(geojson.feature_collection(rows_of(0), "u"))
    assert empty["features"] == []


def test_ended_tracks_are_features_without_a_place():
    found = [json.loads(line) for line in geojson.end_lines(ENDED, "u", START_S)]
    assert [feature["id"] for feature in found] == ["u.7", "u.1000000000000"]
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
