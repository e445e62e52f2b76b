"""Parameters of the rule `identity`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity

Code = Annotated[int, Meta(ge=0, le=7777)]


class IdentityParams(RuleParams, frozen=True, kw_only=True):
    """One identity on two objects, an identity that nobody may have, one that keeps changing."""

    raise_after_s: NotNegative = 10.0
    clear_after_s: NotNegative = 30.0
    update_s: Positive = 30.0
    apart_m: Positive = 10_000.0
    """Two tracks may be one object up to this distance, and what both may have flown unseen."""
    code_reach_m: Positive = 55_000.0
    """Nearer than this (30 NM) two aircraft have no discrete code in common; farther apart, centres
    give the same one (over Paris twice in three hours within 100 km)."""
    callsign_reach_m: Positive = 1_000_000.0
    """One callsign on two objects is a clash within this distance."""
    shared_codes: tuple[Code, ...] = (
        1177, 7001, 7002, 7003, 7004, 7005, 7006, 7007, 7010,
        7776, 7777,
    )  # fmt: skip
    """Codes of many, beside those that end or begin with 00: conspicuity, services, test
    transponders."""
    shared_callsigns: tuple[str, ...] = (
        "BLOCKED", "FOLLOWME", "N0CALL", "NOCALL", "NOCALLSI", "TEST", "UNKNOWN", "VFR",
    )  # fmt: skip
    """Callsigns of nobody; so are those of one repeated character."""
    least_age_s: NotNegative = 30.0
    """Of both tracks: reflections live shorter."""
    least_speed_mps: NotNegative = 20.0
    """Of both: vehicles and parked aircraft share callsigns and codes."""
    fresh_s: Positive = 15.0
    """Both were seen within this time."""
    changes: Annotated[int, Meta(ge=2, le=100)] = 8
    """Changes of code, address or callsign of one track that are too many..."""
    within_s: Positive = 120.0
    """...within this time."""
    address_severity: Severity = "moderate"
    """Of a clash of addresses; the others are minor."""
