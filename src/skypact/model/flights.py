"""What is expected to fly: flight plans, and flights that are authorised in an area."""

import math
from typing import Final, NamedTuple


class FlightPlan(NamedTuple):
    """One expected flight; empty texts, -1 and infinite times are not said."""

    callsign: str = ""
    icao: int = -1
    """24-bit address of the aircraft."""
    mode3a: int = -1
    """Code 7421 is the integer 7421."""
    departure: str = ""
    destination: str = ""
    """Location indicators of four letters."""
    aircraft_type: str = ""
    wake: str = ""
    """Wake turbulence category: L, M, H or J."""
    from_s: float = -math.inf
    until_s: float = math.inf
    """Time in which it is valid, UTC seconds."""
    area: str = ""
    """Where the flight is authorised, by name."""
    remarks: str = ""


NO_PLAN: Final = -1
"""Index of the plan of a track that has none."""
