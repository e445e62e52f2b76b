"""Files of recorded trajectories are read by their columns, and wrong files are named."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skypact.errors import RecordingError
from skypact.model.reports import pack_callsign
from skypact.record.trajectories import read_trajectories
from skypact.units import DEGREE, FOOT

ROWS: list[dict[str, Any]] = [
    {"timestamp": 1633608774000, "icao24": "0101de", "latitude": 48.5, "longitude": 3.5,
     "altitude": 10000.0, "callsign": "MSR799", "squawk": "1000", "onground": False},
    {"timestamp": 1633608773000, "icao24": "0101de", "latitude": 48.4, "longitude": 3.4,
     "altitude": None, "callsign": None, "squawk": None, "onground": False},
    {"timestamp": 1633608773000, "icao24": "3c4591", "latitude": 50.0, "longitude": -179.5,
     "altitude": 2000.0, "callsign": "BOX413", "squawk": "7000", "onground": False},
    {"timestamp": 1633608775000, "icao24": "3c4591", "latitude": 50.0, "longitude": -179.5,
     "altitude": 0.0, "callsign": "BOX413", "squawk": "7000", "onground": True},
    {"timestamp": 1633608776000, "icao24": "3c4591", "latitude": None, "longitude": None,
     "altitude": 2000.0, "callsign": "BOX413", "squawk": "7000", "onground": False},
]  # fmt: skip
ENGLAND = (
    "time,icao24,lat,lon,callsign,onground,squawk,baroaltitude,geoaltitude,lastposupdate\n"
    "1626098410,3c4591,51.5,-0.5,BOX413  ,False,1174.0,10668.0,10843.0,1626098408.5\n"
    "1626098400,400123,53.5,-4.0,,False,,6050.0,,1626098399.0\n"
)
DRONE = (
    "time,timestamp,latitude,longitude,altitude (m)\n"
    "2019-12-09 10:49:35,38975.0,50.2973285,-30.891,708.0\n"
    "2019-12-09 10:49:36,38976.0,50.297329,-30.891,710.9\n"
)


def written(folder: Path, name: str, text: str) -> Path:
    data = text.encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder / name


def by_columns(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {str(k): row[name] for k, row in enumerate(rows)} for name in rows[0]}


@pytest.mark.parametrize("name", ["paths.json", "paths.json.gz"])
@pytest.mark.parametrize("content", [ROWS, by_columns(ROWS)], ids=["records", "columns"])
def test_json_of_records_and_of_columns_is_read(tmp_path: Path, name: str, content: Any) -> None:
    paths = read_trajectories(written(tmp_path, name, json.dumps(content)))
    assert paths.time_s.tolist() == [1633608773.0, 1633608774.0, 1633608773.0]
    assert paths.number.tolist() == [0, 0, 1]
    assert paths.icao.tolist() == [0x0101DE, 0x0101DE, 0x3C4591]
    assert paths.mode3a.tolist() == [-1, 1000, 7000]
    assert paths.callsign.tolist() == [-1, pack_callsign("MSR799"), pack_callsign("BOX413")]
    assert paths.lat_rad == pytest.approx(np.array([48.4, 48.5, 50.0]) * DEGREE)
    assert paths.lon_rad == pytest.approx(np.array([3.4, 3.5, -179.5]) * DEGREE)
    assert paths.baro_altitude_m[1:] == pytest.approx(np.array([10000.0, 2000.0]) * FOOT)
    assert np.isnan(paths.baro_altitude_m[0])
    assert np.isnan(paths.altitude_m).all()
    assert paths.sigma_m > 0.0


def test_csv_of_state_vectors_is_read_with_the_positions_own_time(tmp_path: Path) -> None:
    paths = read_trajectories(written(tmp_path, "england.csv", ENGLAND))
    assert paths.icao.tolist() == [0x3C4591, 0x400123]
    assert paths.time_s.tolist() == [1626098408.5, 1626098399.0]
    assert paths.baro_altitude_m.tolist() == [10668.0, 6050.0]
    assert paths.altitude_m[0] == 10843.0
    assert np.isnan(paths.altitude_m[1])
    assert paths.mode3a.tolist() == [1174, -1]


def test_csv_of_one_object_without_an_address_is_read(tmp_path: Path) -> None:
    paths = read_trajectories(written(tmp_path, "drone.csv", DRONE))
    assert paths.number.tolist() == [0, 0]
    assert paths.icao.tolist() == [-1, -1]
    assert paths.altitude_m.tolist() == [708.0, 710.9]
    assert np.diff(paths.time_s).tolist() == [1.0]


def test_an_address_that_looks_like_a_number_stays_an_address(tmp_path: Path) -> None:
    text = "time,icao24,lat,lon,baroaltitude\n1,040123,51,0,1\n2,040123,51,0,1\n"
    assert read_trajectories(written(tmp_path, "a.csv", text)).icao.tolist() == [0x040123] * 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "time,lat\n1,2\n", r"expected a column lon or longitude, got time, lat"),
        ("a.csv", "lat,lon,altitude\n1,2,3\n", r"expected a column lastposupdate or"),
        ("a.csv", "time,lat,lon\n1,2,3\n", r"expected altitudes in baroaltitude"),
        ("a.csv", "time,lat,lon,altitude\n1,95,3,4\n", r"column latitude: .* got 95"),
        ("a.csv", "time,lat,lon,altitude\n1,north,3,4\n", r"column lat: expected numbers"),
        ("a.csv", "time,lat,lon,altitude,icao24\n1,2,3,4,xyz\n", r"column icao24: .* got 'xyz'"),
        ("a.csv", "time,lat,lon,altitude,onground\n1,2,3,4,True\n", r"in the air, got none"),
        ("a.csv", "", r"a\.csv: "),
        ("a.json", "[1, 2]", r"expected a list of records or columns of one length"),
        ("a.json", '{"time": [1], "lat": [1, 2]}', r"expected a list of records or columns"),
        ("a.json", "{", r"a\.json: "),
        ("a.json", "[" * 9_999, r"a\.json: "),
        ("a.json", "[]", r"expected a list of records"),
        ("a.parquet", "no", r"a\.parquet: "),
        ("a.txt", "no", r"expected a file named \.json\.gz, "),
    ],
)
def test_a_wrong_file_is_named_with_what_was_expected(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(RecordingError, match=message) as caught:
        read_trajectories(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_or_not_compressed_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none\.csv"):
        read_trajectories(tmp_path / "none.csv")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b"[]")[:10] + b"\xff" * 20)
    with pytest.raises(RecordingError, match=r"b\.json\.gz"):
        read_trajectories(tmp_path / "b.json.gz")
    (tmp_path / "a.json.gz").write_bytes(b"plain")
    with pytest.raises(RecordingError, match=r"a\.json\.gz"):
        read_trajectories(tmp_path / "a.json.gz")
