"""Hiding from the tracker what reports carry, to see what it makes of the rest."""

from typing import Final

WITHHOLDABLE: Final[dict[str, tuple[str, ...]]] = {
    "callsign": ("callsign",),
    "height": ("baro_altitude_m", "geo_altitude_m"),
    "icao": ("icao",),
    "mode3a": ("mode3a",),
    "track_number": ("track_number",),
    "velocity": (
        "vn_mps", "ve_mps", "vu_mps", "ground_speed_mps", "track_angle_rad", "range_rate_mps",
    ),
}  # fmt: skip
"""Columns of the report table by the word used on the command line."""
