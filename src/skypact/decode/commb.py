"""Which register a Comm-B reply holds: the likeliest of the hypotheses of `decode.bds`.

A reply does not say which register it holds, and a few bits set at random pass for two of them:
of the registers 5,0 that a radar asked for in a recorded hour, every second one could be 6,0. What
tells is whether the values agree with each other and with what is known of the aircraft. Each
agreement counts by how much likelier its residual is than under random bits (log of the normal
density over the uniform one over the parameter's range); the sums are compared.

Sources: ICAO Doc 9871, second edition, appendix A (registers); ICAO Doc 7488/3 (standard
atmosphere); J. D. Anderson, "Introduction to Flight", 4.11 (calibrated airspeed from Mach number).
"""

import math
from typing import Final, NamedTuple

from skypact.decode.bds import Hypothesis, hypotheses
from skypact.units import DEGREE, FOOT, GRAVITY, KNOT

_NAN: Final = math.nan

SIGMA_TURN_DEG_S: Final = 0.6
SIGMA_WIND_KT: Final = 60.0
SIGMA_SPEED_KT: Final = 20.0
SIGMA_TRACK_DEG: Final = 6.0
SIGMA_DRIFT_DEG: Final = 15.0
"""Of magnetic heading against track: wind and declination."""
SIGMA_AIRSPEED_KT: Final = 8.0
"""Of indicated airspeed against that from Mach number and height."""
SIGMA_CLIMB_FT_MIN: Final = 400.0
SIGMA_PRESSURE_HPA: Final = 15.0
SIGMA_HUNDREDS_FT: Final = 8.0
"""Of a selected altitude against the nearest hundred feet: half a step of 16 ft."""
MIN_LEAD: Final = math.log(20.0)
"""A hypothesis leads when it is twenty times likelier than the next."""
_STANDARD_HPA: Final = 1013.25
_SOUND_KT: Final = 661.4786
"""Speed of sound at sea level."""


class Known(NamedTuple):
    """What is known of the aircraft from elsewhere, NaN where not."""

    altitude_ft: float = _NAN
    """Pressure altitude."""
    ground_speed_kt: float = _NAN
    track_deg: float = _NAN


NOTHING: Final = Known()


def pressure_ratio(altitude_ft: float) -> float:
    """Return pressure over that at sea level in the standard atmosphere, up to 20 km."""
    height_m = altitude_ft * FOOT
    if height_m <= 11_000.0:
        return math.pow(max(1.0 - 2.25577e-5 * height_m, 0.0), 5.25588)
    return 0.223361 * math.exp((11_000.0 - height_m) / 6_341.62)


def calibrated_airspeed_kt(mach: float, altitude_ft: float) -> float:
    """Return the airspeed that an ideal instrument shows."""
    impact = pressure_ratio(altitude_ft) * ((1.0 + 0.2 * mach * mach) ** 3.5 - 1.0)
    return _SOUND_KT * math.sqrt(5.0 * ((impact + 1.0) ** (2.0 / 7.0) - 1.0))


def turn_rate_deg_s(roll_deg: float, speed_kt: float) -> float:
    """Return the rate of a coordinated turn."""
    return GRAVITY * math.tan(roll_deg * DEGREE) / (speed_kt * KNOT) / DEGREE


def _gain(residual: float, sigma: float, width: float) -> float:
    """Log likelihood of a residual against random bits over `width`; 0 where it is unknown."""
    if math.isnan(residual):
        return 0.0
    return math.log(width / (sigma * math.sqrt(2.0 * math.pi))) - 0.5 * (residual / sigma) ** 2


def _apart_deg(a_deg: float, b_deg: float) -> float:
    return (a_deg - b_deg + 180.0) % 360.0 - 180.0


def _gain_40(v: dict[str, float], known: Known) -> float:
    del known
    total = 0.0
    for name in ("MCP_ALTITUDE", "FMS_ALTITUDE"):
        altitude_ft = v.get(name, _NAN)
        total += _gain((altitude_ft + 50.0) % 100.0 - 50.0, SIGMA_HUNDREDS_FT, 100.0)
    return total + _gain(v.get("PRESSURE", _NAN) - _STANDARD_HPA, SIGMA_PRESSURE_HPA, 410.0)


def _gain_50(v: dict[str, float], known: Known) -> float:
    ground_kt, air_kt = v.get("GROUND_SPEED", _NAN), v.get("TRUE_AIRSPEED", _NAN)
    total = _gain(ground_kt - air_kt, SIGMA_WIND_KT, 2.0 * 250.0)
    total += _gain(ground_kt - known.ground_speed_kt, SIGMA_SPEED_KT, 1500.0)
    total += _gain(_apart_deg(v.get("TRACK", _NAN), known.track_deg), SIGMA_TRACK_DEG, 360.0)
    speed_kt = ground_kt if math.isnan(air_kt) else air_kt
    if "ROLL" in v and speed_kt > 0.0:
        expected = turn_rate_deg_s(v["ROLL"], speed_kt)
        total += _gain(v.get("TURN_RATE", _NAN) - expected, SIGMA_TURN_DEG_S, 32.0)
    return total


def _gain_60(v: dict[str, float], known: Known) -> float:
    mach, shown_kt = v.get("MACH", _NAN), v.get("INDICATED_AIRSPEED", _NAN)
    total = 0.0
    if not math.isnan(mach + known.altitude_ft):
        expected_kt = calibrated_airspeed_kt(mach, known.altitude_ft)
        total += _gain(shown_kt - expected_kt, SIGMA_AIRSPEED_KT, 1023.0)
    difference = v.get("BARO_RATE", _NAN) - v.get("INERTIAL_RATE", _NAN)
    total += _gain(difference, SIGMA_CLIMB_FT_MIN, 20_000.0)
    drift_deg = _apart_deg(v.get("MAGNETIC_HEADING", _NAN), known.track_deg)
    return total + _gain(drift_deg, SIGMA_DRIFT_DEG, 360.0)


_GAINS: Final = {0x40: _gain_40, 0x50: _gain_50, 0x60: _gain_60}


def gain_of(hypothesis: Hypothesis, known: Known = NOTHING) -> float:
    """Return how much likelier the values are than random bits, as a logarithm."""
    return _GAINS[hypothesis.code](hypothesis.values, known)


def likeliest(mb: int, known: Known = NOTHING) -> Hypothesis | None:
    """Return the register that a reply holds, or None where nothing or too little tells.

    Parameters
    ----------
    mb : int
        The 56 bits, first bit sent uppermost.
    known : Known
        What is known of the aircraft.
    """
    found = sorted(
        ((gain_of(one, known), one) for one in hypotheses(mb)), key=lambda pair: -pair[0]
    )
    if not found or found[0][0] < 0.0:
        return None
    if len(found) > 1 and found[0][0] - found[1][0] < MIN_LEAD:
        return None
    return found[0][1]
