"""Requirement sets as data, and the comparison of measured figures with them.

The sets are TOML files in ``sets``; every figure says where it comes from, or that this has not
been verified. Comparing figures is not a conformity assessment: the specifications also say how,
where and how long to measure.
"""

import inspect
from importlib.resources import files
from typing import Final, Literal, NamedTuple

import msgspec

from skypact.config import read_toml
from skypact.errors import ConfigError
from skypact.evaluate.performance import MEASURES, Evidence

NO_CONFORMITY: Final = (
    "figures are compared with the limits of the set; no conformity with any standard is claimed"
)
"""To be printed with every result."""


MATCH_FACTOR: Final = 2.0
"""The match must reach this much farther than the limits to be checked."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure of a set."""

    name: str
    measure: str
    """Function of `evaluate.performance`."""
    sense: Literal["at most", "at least"]
    limit: float
    unit: Literal["", "m", "m/s", "deg"] = ""
    parameters: dict[str, float] = {}
    origin: str
    """Document and place, or ``unverified``."""
    note: str = ""


class RequirementSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures that belong together."""

    title: str
    requirement: tuple[Requirement, ...]


class Verdict(NamedTuple):
    """One figure beside its limit."""

    name: str
    value: float | None
    sense: str
    limit: float
    unit: str
    verdict: Literal["pass", "fail", "not measured"]
    origin: str
    reason: str = ""
    """Why it was not measured, where there may be something to measure."""


def requirement_sets() -> tuple[str, ...]:
    """Names of the sets that come with the package."""
    names = (entry.name for entry in (files("skypact.evaluate") / "sets").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_requirements(name: str) -> RequirementSet:
    """Read a shipped set by name; a ConfigError lists the known ones."""
    known = requirement_sets()
    if name not in known:
        raise ConfigError(f"requirements {name!r}: expected one of {', '.join(known)}")
    text = (files("skypact.evaluate") / "sets" / f"{name}.toml").read_text("utf-8")
    return requirements_from_toml(text, f"requirements {name}")


def requirements_from_toml(text: str, where: str = "requirements") -> RequirementSet:
    """Read and check a set; a ConfigError names the key and what was expected."""
    try:
        found = msgspec.convert(read_toml(text, where), RequirementSet)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from None
    for requirement in found.requirement:
        _check_measure(requirement, f"{where}, {requirement.name}")
    return found


def measure(requirements: RequirementSet, evidence: Evidence) -> dict[str, float | None]:
    """Measure every figure of the set, by the name of its requirement."""
    return {
        one.name: MEASURES[one.measure](evidence, **one.parameters)
        for one in requirements.requirement
    }


def least_match_m(requirements: RequirementSet) -> float:
    """Limit of the match from which the set can be judged: twice its largest limit in metres.

    Errors above the limit of the match are never seen: a smaller one would pass any tracker.
    """
    limits = [one.limit for one in requirements.requirement if one.unit == "m"]
    limits += [one.parameters.get("limit_m", 0.0) for one in requirements.requirement]
    return MATCH_FACTOR * max(limits, default=0.0)


def check(
    requirements: RequirementSet, measured: dict[str, float | None], match_m: float
) -> list[Verdict]:
    """Compare; what is None or absent in `measured` is not measured.

    Nothing is where `match_m`, the limit of the match, is below `least_match_m`.
    """
    least_m = least_match_m(requirements)
    small = f"--match: expected {least_m:g} m or more for this set, got {match_m:g} m"
    verdicts = []
    for one in requirements.requirement:
        value = measured.get(one.name) if match_m >= least_m else None
        verdict: Literal["pass", "fail", "not measured"] = "not measured"
        reason = small if match_m < least_m else ""
        if value is not None:
            met = value <= one.limit if one.sense == "at most" else value >= one.limit
            verdict, reason = "pass" if met else "fail", ""
        verdicts.append(
            Verdict(one.name, value, one.sense, one.limit, one.unit, verdict, one.origin, reason)
        )
    return verdicts


def _check_measure(requirement: Requirement, where: str) -> None:
    """Refuse a measure that does not exist, and parameters that it does not take."""
    if requirement.measure not in MEASURES:
        raise ConfigError(
            f"{where}: measure: expected one of {', '.join(sorted(MEASURES))}, "
            f"got {requirement.measure!r}"
        )
    takes = set(inspect.signature(MEASURES[requirement.measure]).parameters) - {"evidence"}
    if takes != set(requirement.parameters):
        raise ConfigError(
            f"{where}: parameters of {requirement.measure}: expected "
            f"{', '.join(sorted(takes)) or 'none'}, "
            f"got {', '.join(sorted(requirement.parameters)) or 'none'}"
        )
