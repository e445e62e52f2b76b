"""Blocks of one edition to columns; nonsense is left out, and feeds that are mostly nonsense."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.columns import Blocks, decode_columns
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.reading import Target
from skypact.decode.asterix.services import SERVICES
from skypact.decode.asterix.spec import Category
from skypact.decode.asterix.targets import target_of
from skypact.model.packets import PacketBatch
from skypact.units import DAY

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

MIN_BAD_BLOCKS: Final = 4
MAX_BAD_SHARE: Final = 0.6
"""A feed of which more blocks are damaged or nonsense is of another edition: it is refused."""
_PLACE_LIMITS: Final = (
    ("lat_rad", np.pi / 2),
    ("lat_low_rad", np.pi / 2),
    ("lon_rad", np.pi),
    ("lon_low_rad", np.pi),
)


class Part(NamedTuple):
    """Records of one category in one edition, refused ones left out."""

    number: int
    target: Target | None
    """How they become reports; None: they are service messages."""
    columns: dict[str, Array]
    start: Array
    end: Array
    packet: Array


class FeedReader:
    """Reads feeds, and remembers which of them are damaged or nonsense for the most part."""

    def __init__(self, *, with_extras: bool) -> None:
        self._with_extras = with_extras
        self._feeds: dict[tuple[int, int], list[int]] = {}

    def _columns(self, table: Category) -> tuple[Column, ...]:
        target = target_of(table)
        if target is not None:
            return target.columns + (target.extras if self._with_extras else ())
        return SERVICES[table.number]

    def read(
        self,
        packets: PacketBatch,
        edition: Category,
        blocks: Blocks,
        errors: dict[str, int],
    ) -> Part:
        """Read one edition; leave out nonsense, and feeds of another edition altogether."""
        number, target = edition.number, target_of(edition)
        table = decode_columns(packets, edition, self._columns(edition), blocks)
        for kind, count in table.errors.items():
            errors[kind] = errors.get(kind, 0) + count
        nonsense = _nonsense(table.columns)
        bad = table.damaged.copy()
        bad[table.block[nonsense]] = True
        link = packets.link[table.block_packet]
        refused = self._refused(number, link, bad)
        if refused.any():
            errors["edition"] = errors.get("edition", 0) + int(refused.sum())
        keep = ~nonsense & ~refused[table.block]
        odd = int((nonsense & ~refused[table.block]).sum())
        if odd:
            errors["nonsense"] = errors.get("nonsense", 0) + odd
        if keep.all():
            return Part(number, target, table.columns, table.start, table.end, table.packet)
        kept = {name: values[keep] for name, values in table.columns.items()}
        return Part(number, target, kept, table.start[keep], table.end[keep], table.packet[keep])

    def _refused(self, number: int, link: Array, bad: Mask) -> Mask:
        """Blocks of feeds that are mostly damaged or nonsense, all batches so far considered."""
        refused = np.zeros(bad.size, np.bool_)
        for line in np.unique(link).tolist():
            mine = link == line
            tally = self._feeds.setdefault((number, line), [0, 0])
            tally[0] += int(bad[mine].sum())
            tally[1] += int(mine.sum())
            refused |= mine & (tally[0] >= MIN_BAD_BLOCKS) & (tally[0] > MAX_BAD_SHARE * tally[1])
        return refused


def _nonsense(columns: dict[str, Array]) -> Mask:
    """Find records without a source, or with a time past midnight or a place not on the earth."""
    bad = (columns["sac"] < 0) | (columns["tod_s"] >= DAY)
    for name, limit in _PLACE_LIMITS:
        if name in columns:
            bad |= np.abs(columns[name]) > limit
    return np.asarray(bad, np.bool_)
