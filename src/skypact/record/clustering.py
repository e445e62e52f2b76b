"""The order of rows in compacted files, so that a reader can pass over most of an hour.

Rows are cut into slabs of time and a slab into row groups by place: the statistics that Parquet
keeps of every row group then bound time and place narrowly.

Source: G. M. Morton, A computer oriented geodetic data base and a new technique in file sequencing,
IBM, 1966 (the order of places).
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

GROUP_ROWS: Final = 16_384
"""Rows of a row group."""
SLAB_ROWS: Final = 16 * GROUP_ROWS
"""Rows that are ordered by place together: 26 s at 10,000 rows/s, some 50 MB."""
_BITS: Final = 16

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def morton(x: Floats, y: Floats) -> Longs:
    """Places (n,) on a curve that fills their bounding box; absent ones are at its beginning."""
    code = np.zeros(x.size, np.int64)
    for shift, values in enumerate((x, y)):
        finite = np.isfinite(values)
        low = values[finite].min(initial=np.inf)
        span = values[finite].max(initial=-np.inf) - low
        if not finite.any() or not span > 0.0:
            continue
        scaled = np.where(finite, (values - low) / span, 0.0) * (2**_BITS - 1)
        cells = scaled.astype(np.int64)
        for bit in range(_BITS):
            code |= ((cells >> bit) & 1) << (2 * bit + shift)
    return code


def _column(table: pa.Table, name: str) -> npt.NDArray[np.generic]:
    values: npt.NDArray[np.generic] = table[name].to_numpy()
    return values


def _by_place(table: pa.Table, rows: Longs) -> Longs:
    """Order of rows (n,) of a slab: row groups by place, within one by track and time."""
    place = morton(
        _column(table, "lon_deg")[rows].astype(np.float64),
        _column(table, "lat_deg")[rows].astype(np.float64),
    )
    group = np.empty(rows.size, np.int64)
    group[np.argsort(place, kind="stable")] = np.arange(rows.size) // GROUP_ROWS
    time_s, track = _column(table, "time_s")[rows], _column(table, "track")[rows]
    return rows[np.lexsort((time_s, track, group))]


def slabs(tables: Iterable[tuple[pa.Table, float]]) -> Iterator[pa.Table]:
    """Sort tables into slabs, rising in time, each in the order of its row groups.

    Parameters
    ----------
    tables : iterable of (pyarrow.Table, float)
        Rows, and the earliest time of all rows that come after them.
    """
    held: list[pa.Table] = []
    for table, next_s in tables:
        held.append(table)
        if sum(part.num_rows for part in held) < SLAB_ROWS and next_s < np.inf:
            continue
        whole = pa.concat_tables(held).combine_chunks()
        time_s = _column(whole, "time_s")
        order = np.argsort(time_s, kind="stable")
        n_ripe = int(np.searchsorted(time_s[order], next_s))
        n_out = n_ripe if next_s == np.inf else n_ripe - n_ripe % SLAB_ROWS
        for first in range(0, n_out, SLAB_ROWS):
            rows = order[first : min(first + SLAB_ROWS, n_out)]
            if "lat_deg" in whole.column_names:
                rows = _by_place(whole, rows)
            yield whole.take(pa.array(rows))
        held = [whole.take(pa.array(order[n_out:])) if n_out else whole]
