"""Flight plans that another system's tracks carry: I062/390.

Source: EUROCONTROL-SPEC-0149-9, category 062, item 390 (flight plan related data).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.columns import decode_columns
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.registry import category
from skypact.model.flights import FlightPlan
from skypact.model.packets import PacketBatch

COLUMNS: Final = (
    Column("callsign", "390/CS", "", "i8"),
    Column("aircraft_type", "390/TAC", "", "i8"),
    Column("wake", "390/WTC", "", "i8"),
    Column("departure", "390/DEP", "", "i8"),
    Column("destination", "390/DST", "", "i8"),
    Column("icao", "380/ADR"),
)


def text_of(word: int) -> str:
    """Characters of an item of text, without the spaces that fill it; empty where it is absent."""
    if word < 0:
        return ""
    text = word.to_bytes(8, "big").lstrip(b"\0").decode("ascii", "replace")
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in " -/")).strip()


def plans_in(packets: PacketBatch) -> list[FlightPlan]:
    """Read the plans in these packets' tracks of category 062, in their order.

    One without callsign and address belongs to nothing and is left out.
    """
    columns = decode_columns(packets, category(62), COLUMNS).columns
    planned: npt.NDArray[np.bool_] = np.zeros(columns["icao"].size, np.bool_)
    for column in COLUMNS[:-1]:
        planned |= columns[column.name] >= 0
    plans = []
    for row in np.flatnonzero(planned).tolist():
        texts = [text_of(int(columns[c.name][row])) for c in COLUMNS[:-1]]
        callsign, kind, wake, departure, destination = texts
        icao = int(columns["icao"][row])
        plan = FlightPlan(callsign, icao, -1, departure, destination, kind, wake)
        if plan.callsign or plan.icao >= 0:
            plans.append(plan)
    return plans
