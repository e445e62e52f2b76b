"""Conversion factors to SI and radians. Multiply to come in, divide to go out."""

import math
from typing import Final

METRE: Final = 1.0
SECOND: Final = 1.0
DEGREE: Final = math.pi / 180.0
"""Radians in one degree."""
NAUTICAL_MILE: Final = 1852.0
"""Metres in one international nautical mile."""
FOOT: Final = 0.3048
"""Metres in one foot."""
FLIGHT_LEVEL: Final = 100.0 * FOOT
"""Metres of pressure altitude in one flight level."""
KNOT: Final = NAUTICAL_MILE / 3600.0
"""Metres per second in one knot."""
FEET_PER_MINUTE: Final = FOOT / 60.0
"""Metres per second in one foot per minute."""
GRAVITY: Final = 9.80665
"""Standard gravity, m/s^2."""
DAY: Final = 86_400.0
"""Seconds in one UTC day (leap seconds are not counted in Unix time)."""
NANOSECONDS: Final = 1_000_000_000
"""Nanoseconds in one second."""
