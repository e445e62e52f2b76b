"""Which edition some blocks were written in, told from the bytes alone.

Nothing in a block names its edition. A wrong table betrays itself: records do not end where the
block ends, fields beyond the profile are set, and numbers come out that cannot be. Only impossible
values count against a table, never unlikely ones, so that a broken sensor is not taken for an
old edition.

Where several tables are known (category 021), each sensor has its own edition: as configured, else
as its bytes show, else, where they leave it open, as the sensor says itself (category 247).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.records import Record, bare_name, decode_block
from skypact.decode.asterix.registry import EDITIONS, category
from skypact.decode.asterix.spec import Category, Field, Fixed
from skypact.decode.asterix.values import TICKS_PER_DAY, is_time_of_day
from skypact.errors import ConfigError, DecodeError

SOURCE_ITEM: Final = "010"
"""SAC and SIC: every category demands them in every record."""
MIN_SHARE: Final = 0.9
"""Share of records that must fit. Of the 100 records of the 2008 layout of category 062, read with
1.21, none fits; of every other recording in the tests, all do."""
MAX_RECORDS: Final = 500
"""Records looked at before deciding."""
MIN_RECORDS: Final = 4
"""Records that no table fits, before a sensor's blocks are refused."""
NO_SOURCE: Final = -1
"""Key of blocks whose first record names no source."""
HEADER_BYTES: Final = 3

Longs = npt.NDArray[np.int64]


class Limit(NamedTuple):
    """A field that cannot be outside its bounds; `field` is empty for a bare value."""

    item: str
    field: str
    low: float
    high: float


def _limit_of(item: str, bare: str, field: Field) -> Limit | None:
    name = "" if field.name == bare else field.name
    if is_time_of_day(field):
        return Limit(item, name, 0.0, TICKS_PER_DAY / 128)
    if field.kind == "signed" and field.unit == "deg" and field.name in ("LAT", "LON"):
        bound = 90.0 if field.name == "LAT" else 180.0
        return Limit(item, name, -bound, bound)
    return None


def limits_of(table: Category) -> tuple[Limit, ...]:
    """Return the bounds of times of day, latitudes and longitudes in a table's fixed items."""
    limits = []
    for item in table.items:
        if isinstance(item.variation, Fixed):
            bare = bare_name(item.name, item.variation.fields)
            limits += [_limit_of(item.name, bare, field) for field in item.variation.fields]
    return tuple(limit for limit in limits if limit)


def plausible(limits: tuple[Limit, ...], record: Record) -> bool:
    """Tell whether a record names its source and holds no impossible number."""
    if SOURCE_ITEM not in record:
        return False
    for item, field, low, high in limits:
        value = record.get(item)
        if value is not None and not low <= (value[field] if field else value) <= high:
            return False
    return True


def count_fits(table: Category, blocks: Iterable[bytes]) -> tuple[int, int]:
    """Count plausible records and all; a record that ends in an error does not fit."""
    limits = limits_of(table)
    n_fit = n_all = 0
    for data in blocks:
        try:
            block = decode_block(data, table=table)
        except DecodeError:
            n_all += 1
            continue
        n_all += len(block.records) + (block.error is not None)
        n_fit += sum(plausible(limits, record) for record in block.records)
        if n_all >= MAX_RECORDS:
            break
    return n_fit, n_all


def share_that_fits(table: Category, blocks: Iterable[bytes]) -> float:
    """Return the share of plausible records; a record that ends in an error does not fit.

    Parameters
    ----------
    table : Category
        The edition to try.
    blocks : iterable of bytes
        Whole data blocks of its category.

    Returns
    -------
    float
        Between 0 and 1; 0 where there is no record.
    """
    n_fit, n_all = count_fits(table, blocks)
    return n_fit / n_all if n_all else 0.0


def detect_edition(number: int, blocks: Iterable[bytes]) -> Category | None:
    """Return the edition that fits the blocks best, the newest where several fit alike.

    None: no known edition fits, and the blocks must be refused rather than read as nonsense; or
    the category is unknown.
    """
    kept = list(blocks)
    shares = [(share_that_fits(table, kept), table) for table in EDITIONS.get(number, ())]
    best = max((share for share, _ in shares), default=0.0)
    if best < MIN_SHARE:
        return None
    return next(table for share, table in shares if share == best)


def sources(data: npt.NDArray[np.uint8], rows: Longs) -> Longs:
    """Return SAC * 256 + SIC of the first record of each block (n,), `NO_SOURCE` where none is.

    Every category has I.../010 at the first place of its profile, behind the field specification.
    """
    at, end = rows[:, 1] + HEADER_BYTES, rows[:, 2]
    named = at < end
    named[named] = data[at[named]] >= 0x80
    more = named.copy()
    while more.any():
        more[more] = data[at[more]] & 1 == 1
        at = at + more
        more &= at < end
    named &= at + 2 < end
    out = np.full(at.size, NO_SOURCE, np.int64)
    first = at[named] + 1
    out[named] = data[first].astype(np.int64) << 8 | data[first + 1]
    return out


class _Evidence:
    """What the records of one sensor's category have shown so far, by table."""

    def __init__(self, n_tables: int) -> None:
        self.n_fit = [0] * n_tables
        self.n_all = [0] * n_tables

    def add(self, counts: Sequence[tuple[int, int]]) -> None:
        for i, (n_fit, n_all) in enumerate(counts):
            self.n_fit[i] += n_fit
            self.n_all[i] += n_all

    def shares(self) -> list[float]:
        return [fit / n if n else 0.0 for fit, n in zip(self.n_fit, self.n_all, strict=True)]


class EditionChooser:
    """Chooses, by category and sensor, the table that reads its blocks.

    Parameters
    ----------
    by_category : mapping of category to edition
        Where not the newest one; nothing is then tried.
    by_sensor : mapping of (category, SAC * 256 + SIC) to edition
        Likewise, and it goes first.
    """

    def __init__(
        self, by_category: Mapping[int, str], by_sensor: Mapping[tuple[int, int], str]
    ) -> None:
        self._everywhere = {n: category(n, edition) for n, edition in by_category.items()}
        self._given = {key: category(key[0], edition) for key, edition in by_sensor.items()}
        self._told: dict[tuple[int, int], Category] = {}
        self._evidence: dict[tuple[int, int], _Evidence] = {}
        self.found: dict[tuple[int, int], Category] = {}
        """Edition that each sensor's bytes were read with, where there was a choice."""

    def tell(self, source: int, versions: Sequence[Mapping[str, Any]]) -> None:
        """Note the editions that a sensor says it uses (I247/550)."""
        for version in versions:
            number = version["CAT"]
            try:
                table = category(number, f"{version['MAIN']}.{version['SUB']}")
            except ConfigError:
                continue
            self._told[number, source] = table

    def split(
        self, number: int, data: npt.NDArray[np.uint8], rows: Longs
    ) -> list[tuple[Category | None, Longs]]:
        """Split a category's blocks by the table that reads them; None: no table does.

        `rows` are those of `columns.Blocks`.
        """
        tables = EDITIONS[number]
        if number in self._everywhere and not any(n == number for n, _ in self._given):
            return [(self._everywhere[number], rows)]
        if len(tables) == 1:
            return [(tables[0], rows)]
        key = sources(data, rows)
        chosen: dict[int, list[Longs]] = {}
        by_id: dict[int, Category | None] = {id(None): None}
        for source in np.unique(key).tolist():
            mine = rows[key == source]
            table = self._choose(number, source, data, mine)
            by_id[id(table)] = table
            chosen.setdefault(id(table), []).append(mine)
        out = []
        for which, parts in chosen.items():
            joined = np.concatenate(parts)
            out.append((by_id[which], joined[np.argsort(joined[:, 1], kind="stable")]))
        return out

    def _choose(
        self, number: int, source: int, data: npt.NDArray[np.uint8], rows: Longs
    ) -> Category | None:
        given = self._given.get((number, source), self._everywhere.get(number))
        if given is not None:
            return given
        tables = EDITIONS[number]
        evidence = self._evidence.setdefault((number, source), _Evidence(len(tables)))
        if max(evidence.n_all) < MAX_RECORDS:
            blocks = [
                data[first:last].tobytes() for _, first, last, _ in rows[:MAX_RECORDS].tolist()
            ]
            evidence.add([count_fits(table, blocks) for table in tables])
        shares = evidence.shares()
        best = max(shares)
        if best < MIN_SHARE and min(evidence.n_all) >= MIN_RECORDS:
            return None
        alike = [table for table, share in zip(tables, shares, strict=True) if share == best]
        told = self._told.get((number, source))
        self.found[number, source] = table = told if told in alike else alike[0]
        return table
