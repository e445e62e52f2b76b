"""The report table: what every sensor's data becomes before it is tracked (DESIGN 2.2).

One row is one target report. SI units and radians; NaN means absent in float columns, -1 in integer
columns. Strings stay outside: a callsign is packed in an int64 (`pack_callsign`).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]

KINDS: Final = (
    "psr", "ssr", "psr_ssr", "modes", "mlat", "adsb", "remoteid", "passive", "track", "position",
)  # fmt: skip
"""Report kinds; a report's `kind` column is the index in this tuple."""
(PSR, SSR, PSR_SSR, MODES, MLAT, ADSB, REMOTEID, PASSIVE, TRACK, POSITION) = range(10)


class ReportBatch(NamedTuple):
    """Target reports as a struct of arrays, all of the same length n.

    `sensor` is an index into the sensor table in force. `coast`, `simulated`, `test` and `spi` are
    0 or 1. `nic`, `nacp`, `sil` and `emergency` are -1 where absent.
    """

    time_s: Floats
    """Time of applicability, seconds UTC since 1970."""
    received_ns: Longs
    """Arrival, nanoseconds UTC since 1970."""
    sensor: Ints
    kind: Bytes
    range_m: Floats
    """Slant range from the sensor."""
    azimuth_rad: Floats
    """Clockwise from true north at the sensor."""
    elevation_rad: Floats
    lat_rad: Floats
    lon_rad: Floats
    baro_altitude_m: Floats
    """Pressure altitude (1013.25 hPa)."""
    geo_altitude_m: Floats
    """Height above the WGS-84 ellipsoid."""
    range_rate_mps: Floats
    icao: Ints
    mode3a: Ints
    """The code as people say it: 7700 is the integer 7700."""
    callsign: Longs
    vn_mps: Floats
    ve_mps: Floats
    vu_mps: Floats
    ground_speed_mps: Floats
    track_angle_rad: Floats
    track_number: Ints
    """The sensor's own track number."""
    sigma_m: Floats
    """Horizontal position standard deviation per axis where the report states one."""
    nic: Bytes
    nacp: Bytes
    sil: Bytes
    spi: Bytes
    emergency: Bytes
    coast: Bytes
    simulated: Bytes
    test: Bytes
    x_m: Floats
    """East of the sensor (flat scenes, and systems that report plane positions)."""
    y_m: Floats
    """North of the sensor."""
    target: Ints
    """Simulated truth, -1 where unknown."""


_DTYPES: Final[dict[object, type[np.generic]]] = {
    Floats: np.float64,
    Longs: np.int64,
    Ints: np.int32,
    Bytes: np.int8,
}
_ZERO: Final = frozenset({"spi", "coast", "simulated", "test", "sensor", "kind", "received_ns"})

REPORT_DTYPES: Final[dict[str, type[np.generic]]] = {
    name: _DTYPES[hint] for name, hint in ReportBatch.__annotations__.items()
}
"""NumPy type of every report column, in order."""


def empty_reports(n: int) -> ReportBatch:
    """Make a batch of `n` reports in which every optional value is absent."""
    columns = {}
    for name, dtype in REPORT_DTYPES.items():
        if dtype is np.float64:
            columns[name] = np.full(n, np.nan)
        else:
            columns[name] = np.full(n, 0 if name in _ZERO else -1, dtype)
    return ReportBatch(**columns)


def take_reports(batch: ReportBatch, index: npt.NDArray[np.generic] | slice) -> ReportBatch:
    """Rows of `batch` selected by an index array, a mask or a slice, in that order."""
    return ReportBatch._make(column[index] for column in batch)


def concat_reports(batches: list[ReportBatch]) -> ReportBatch:
    """Join batches in the order given."""
    if not batches:
        return empty_reports(0)
    return ReportBatch._make(np.concatenate(columns) for columns in zip(*batches, strict=True))


def in_arrival_order(batches: list[ReportBatch]) -> ReportBatch:
    """Merge batches by arrival; equal stamps keep the order of the batches."""
    joined = concat_reports(batches)
    return take_reports(joined, np.argsort(joined.received_ns, kind="stable"))


def pack_callsign(text: str) -> int:
    """Pack up to eight characters (A-Z, 0-9, space) in 48 bits, six bits each; -1 when empty.

    Source: ICAO Annex 10 Vol. IV, 3.1.2.9.1.2, the six-bit subset of International Alphabet 5.
    """
    text = text.strip()[:8].ljust(8)
    if not text.strip():
        return -1
    packed = 0
    for character in text:
        packed = packed << 6 | (ord(character) & 0x3F)
    return packed


def unpack_callsign(packed: int) -> str:
    """Text of a packed callsign, without trailing spaces; empty for -1."""
    if packed < 0:
        return ""
    codes = [(packed >> shift) & 0x3F for shift in range(42, -6, -6)]
    return "".join(chr(c + 64) if 1 <= c <= 26 else chr(c) for c in codes).strip()
