"""How many ASTERIX records a second go from bytes to columns and to reports, on one core.

``python -m benchmarks.asterix DATA_DIR`` with the folder of recordings, each repeated to about a
million records; the plain decoder runs on the first thousands in the same run, as the ratio's
other side. Of category 021 no recording of any length is at hand: its records are made, with the
items that a ground station sends of an aircraft of version 2. The encoder's rows are category 062
from a picture of 10,000 tracks, against the plain encoder. Prints one JSON line per figure: name,
value, unit, peer, ratio.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from skypact.decode.asterix.columns import decode_columns
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoder
from skypact.decode.asterix.spec import Category, Compound, Extended, Fixed, Item
from skypact.decode.asterix.targets import TARGETS
from skypact.decode.framing.read import read_framing
from skypact.encode.ages import TrackAges
from skypact.encode.asterix import encode_block, encode_record
from skypact.encode.cat062 import TrackNotes, plain_notes, track_records
from skypact.encode.datagrams import Sender, datagrams
from skypact.model.packets import PacketBatch
from skypact.model.tracks import TrackRows, empty_rows

RECORDS = 1_000_000
ROUNDS = 5
PLAIN_RECORDS = 10_000
CASES = (
    (48, "230502-est-080001_BCN_60MN_08_09.ast"),
    (62, "jade_cat062.ff"),
    (10, "201002-lebl-080001_mlat.ast"),
    (21, ""),
)
"""Category and recording; without one its records are made."""
TRACKS = 10_000


def fields_of(item: Item, path: str) -> list[Column]:
    """One column for every named field of an item that a column can hold."""
    spec = item.variation
    if isinstance(spec, Compound):
        return [c for sub in spec.subitems if sub for c in fields_of(sub, f"{path}/{sub.name}")]
    parts = spec.parts if isinstance(spec, Extended) else ()
    fields = spec.fields if isinstance(spec, Fixed) else [f for part in parts for f in part]
    return [
        Column(f"{path}.{f.name}", path, f.name, "f8" if f.lsb != 1 else "i8")
        for f in fields
        if f.name and f.bits <= 49
    ]


def all_columns(table: Category) -> tuple[Column, ...]:
    """Every field of every item, and the transponder registers 4,0 5,0 and 6,0."""
    fields = [c for item in table.items for c in fields_of(item, item.name)]
    return (*fields, *TARGETS[table.number].extras)


def repeated(path: Path) -> PacketBatch:
    """The recording's blocks as one raw run of about `RECORDS` records, in packets."""
    packets = read_framing(path.read_bytes(), path.suffix, 0.0).packets
    runs = [packets.data[s:e] for s, e in zip(packets.start, packets.end, strict=True)]
    once = np.concatenate(runs)
    n = sum(Decoder().decode(packets).records.values())
    return read_framing(np.tile(once, max(1, RECORDS // n))).packets


def adsb_record(i: int) -> dict[str, Any]:
    """What a ground station sends of the i-th position of an aircraft."""
    return {
        "010": {"SAC": 25, "SIC": i % 4 + 1},
        "040": {"ATP": 0, "ARC": 0, "RC": 0, "RAB": 0},
        "161": {"TRNUM": i % 4096},
        "015": 1,
        "071": 43_200.0 + i / 128,
        "131": {"LAT": 40.0 + i % 997 / 100, "LON": 2.0 + i % 1009 / 100},
        "080": 0x340000 + i % 5000,
        "073": 43_200.0 + i / 128,
        "140": 30_000.0,
        "090": {
            "NUCRNACV": 1,
            "NUCPNIC": 8,
            "NICBARO": 1,
            "SIL": 3,
            "NACP": 9,
            "PIC": 11,
            "GVA": 2,
        },
        "210": {"VN": 2, "LTT": 2},
        "070": {"MODE3A": 1234},
        "145": 350.0,
        "157": {"GVR": -625.0},
        "160": {"GS": 0.125, "TA": i % 360},
        "077": 43_200.5 + i / 128,
        "170": f"SKY{i % 1000}",
        "020": 5,
        "200": {"PS": 0, "SS": 0},
    }


def adsb_packets() -> PacketBatch:
    """About `RECORDS` records of category 021, eight to a block."""
    blocks = [
        encode_block(21, [adsb_record(first + k) for k in range(8)]) for first in range(0, 8000, 8)
    ]
    once = np.frombuffer(b"".join(blocks), np.uint8)
    return read_framing(np.tile(once, RECORDS // 8000)).packets


def picture() -> tuple[TrackRows, TrackNotes]:
    """A picture of tracks as four radars, ADS-B and multilateration leave it."""
    n, k = TRACKS, np.arange(TRACKS)
    cooperative, identified = k % 10 < 9, k % 10 < 7
    numbers = {name: np.full(n, 50.0) for name in TrackRows._fields if name.startswith("sigma")}
    rows = empty_rows(n)._replace(
        time_s=1.7e9 + k / n,
        track=k + 1,
        lat_rad=0.8 + k / n / 10,
        lon_rad=0.1 + k / n / 10,
        altitude_m=k % 12_000.0,
        baro_altitude_m=np.where(cooperative, k % 12_000, np.nan),
        vn_mps=k % 300.0,
        ve_mps=k % 200.0,
        vu_mps=k % 10.0,
        corr_ne=np.zeros(n),
        confirmed=np.ones(n, np.int8),
        p_manoeuvre=np.zeros(n),
        icao=np.where(identified, k, -1).astype(np.int32),
        mode3a=np.where(cooperative, 1234, -1).astype(np.int32),
        callsign=np.where(identified, 0x4CB0F1C70820, -1),
        n_sensors=np.full(n, 3, np.int32),
        age_s=np.full(n, 100.0),
        **numbers,
    )
    having = [k % 10 < 9, ~identified & cooperative, identified, k % 10 < 6, k % 10 < 1]
    ages = [np.where(has, 1.5, np.nan) for has in [*having, cooperative, cooperative]]
    notes = plain_notes(k % 32_767 + 1)
    return rows, notes._replace(ages=TrackAges(*ages, np.where(cooperative, 9_000.0, np.nan)))


def encoding() -> None:
    """Measure tracks to datagrams."""
    rows, notes = picture()
    sender = Sender(25, 100)

    def send() -> int:
        records = track_records(rows, notes, sender)
        datagrams(62, records)
        return len(records)

    table = category(62)
    values = [
        record
        for block in datagrams(62, track_records(rows, notes, sender))[:20]
        for record in decode_block(block).records
    ]

    def plainly() -> int:
        for record in values:
            encode_record(table, record)
        return len(values)

    plain = best(plainly)
    line("cat062 tracks to datagrams", best(send), f"plain encoder, {plain:,.0f}/s", plain)


def best(run: Callable[[], int]) -> float:
    """Records a second in the best of a few rounds; the first compiles and does not count."""
    run()
    rates = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        n = run()
        rates.append(n / (time.perf_counter() - begin))
    return max(rates)


def plain_rate(packets: PacketBatch, number: int) -> float:
    """Records a second of the plain decoder, every item."""
    data = packets.data[: 1 << 21].tobytes()
    begin, n, pos = time.perf_counter(), 0, 0
    while n < PLAIN_RECORDS and pos + 3 <= len(data):
        if data[pos] != number:
            pos += int.from_bytes(data[pos + 1 : pos + 3], "big")
            continue
        block = decode_block(data, pos)
        n, pos = n + len(block.records), block.next_offset
    return n / (time.perf_counter() - begin)


def line(name: str, value: float, peer: str, other: float) -> None:
    """Print one figure."""
    row = {"name": name, "value": round(value), "unit": "records/s", "peer": peer}
    print(json.dumps(row | {"ratio": round(value / other, 1)}))


def main(folder: Path) -> None:
    """Measure all cases."""
    encoding()
    for number, name in CASES:
        packets = repeated(folder / name) if name else adsb_packets()
        plain = plain_rate(packets, number)
        table = category(number)
        for what, columns in (
            ("tracking", TARGETS[number].columns),
            ("every item", all_columns(table)),
        ):

            def run(columns: tuple[Column, ...] = columns, table: Category = table) -> int:
                return decode_columns(packets, table, columns).start.size  # noqa: B023

            label = f"cat{number:03} {what}, {len(columns)} columns"
            line(label, best(run), f"plain decoder, {plain:,.0f}/s", plain)

        def reports(packets: PacketBatch = packets) -> int:
            return sum(Decoder(date_s=0.0).decode(packets).records.values())

        peer = f"plain decoder, {plain:,.0f}/s"
        line(f"cat{number:03} recording to reports", best(reports), peer, plain)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
