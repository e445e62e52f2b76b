"""Parameters of the rule `kinematics`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share


class MotionLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no aircraft of a class exceeds, with a margin."""

    speed_mps: Positive
    """Over the ground, a strong jet stream behind it."""
    climb_mps: Positive
    """Up or down."""
    acceleration_mps2: Positive
    """Horizontal."""


class KinematicsParams(RuleParams, frozen=True, kw_only=True):
    """Motion that no aircraft is capable of: of a track, or of what an aircraft says of itself."""

    raise_after_s: NotNegative = 4.0
    clear_after_s: NotNegative = 30.0
    any: MotionLimits = MotionLimits(speed_mps=1_100.0, climb_mps=350.0, acceleration_mps2=120.0)
    """Of unknown class: above the fastest aircraft there were (SR-71: 980 m/s)."""
    airliner: MotionLimits = MotionLimits(speed_mps=420.0, climb_mps=100.0, acceleration_mps2=30.0)
    """Limits of this class; the next alike."""
    light: MotionLimits = MotionLimits(speed_mps=200.0, climb_mps=60.0, acceleration_mps2=60.0)
    """The same of light aircraft."""
    helicopter: MotionLimits = MotionLimits(speed_mps=150.0, climb_mps=50.0, acceleration_mps2=40.0)
    """The same of helicopters."""
    drone: MotionLimits = MotionLimits(speed_mps=300.0, climb_mps=100.0, acceleration_mps2=100.0)
    """The same of drones."""
    balloon: MotionLimits = MotionLimits(speed_mps=130.0, climb_mps=80.0, acceleration_mps2=30.0)
    surface: MotionLimits = MotionLimits(speed_mps=130.0, climb_mps=20.0, acceleration_mps2=30.0)
    """The same of what moves on the ground."""
    keep_share: Share = 0.85
    """An alert goes on down to this share of the limit."""
    least_age_s: NotNegative = 30.0
    """Of a track that is judged."""
    least_existence: Share = 0.9
    """Tracks that are less sure to exist are left out."""
    lowest_m: float = -1_000.0
    """Heights that aircraft say and that are absurd: below..."""
    highest_m: float = 45_000.0
    """...and above (no aircraft with wings flew at more than 38 km, balloons reach 42)."""
    thrust_mps2: Positive = 15.0
    """Who says a speed gains no more than this along its way."""
    jump_m: Positive = 5_000.0
    """Places that aircraft say are this far from where they can be."""
    rise_m: Positive = 1_000.0
    """Heights that aircraft say are so far from what they can have climbed."""
    least_reports: Annotated[int, Meta(ge=2, le=50)] = 3
    """So many absurd reports of one address make it one; a single one is a transmission error."""
    within_s: Positive = 30.0
    """Within this time; a jump stays told for so long."""
    memory_s: Positive = 120.0
    """The last place of an address is compared for so long."""
    severity: Severity = "moderate"
