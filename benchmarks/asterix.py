"""How many ASTERIX records a second go from bytes to columns and to reports, on one core.

``python -m benchmarks.asterix DATA_DIR`` with the folder of recordings, each repeated to about a
million records; the plain decoder runs on the first thousands in the same run, as the ratio's
other side. Prints one JSON line per figure: name, value, unit, peer, ratio.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skypact.decode.asterix.columns import decode_columns
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoder
from skypact.decode.asterix.spec import Category, Compound, Extended, Fixed, Item
from skypact.decode.asterix.targets import TARGETS
from skypact.decode.framing.read import read_framing
from skypact.model.packets import PacketBatch

RECORDS = 1_000_000
ROUNDS = 5
PLAIN_RECORDS = 10_000
CASES = (
    (48, "230502-est-080001_BCN_60MN_08_09.ast"),
    (62, "jade_cat062.ff"),
    (10, "201002-lebl-080001_mlat.ast"),
)


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
    for number, name in CASES:
        packets = repeated(folder / name)
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
