"""Which edition some blocks were written in, told from the bytes alone.

Nothing in a block names its edition. A wrong table betrays itself: records do not end where the
block ends, fields beyond the profile are set, and numbers come out that cannot be. Only impossible
values count against a table, never unlikely ones, so that a broken sensor is not taken for an
old edition.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from skypact.decode.asterix.records import Record, bare_name, decode_block
from skypact.decode.asterix.registry import EDITIONS
from skypact.decode.asterix.spec import Category, Field, Fixed
from skypact.decode.asterix.values import TICKS_PER_DAY, is_time_of_day
from skypact.errors import DecodeError

SOURCE_ITEM: Final = "010"
"""SAC and SIC: every category demands them in every record."""
MIN_SHARE: Final = 0.9
"""Share of records that must fit. Of the 100 records of the 2008 layout of category 062, read with
1.21, none fits; of every other recording in the tests, all do."""
MAX_RECORDS: Final = 500
"""Records looked at before deciding."""


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
