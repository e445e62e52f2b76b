"""Figures of the tracker from data sheets: the limits of what flies, in the union file.

Rules of thumb with their sources, so that no figure is tuned to a scene:

* An object's velocity is anywhere in the disc of its greatest speed: variance per axis v^2 / 4.
* An object climbs or descends a quarter of the time, at any rate up to the greatest: c^2 / 12.
* A strong manoeuvre holds an acceleration between zero and the greatest for `HELD_S`: density
  a^2 / 3 times that time (Bar-Shalom, Li and Kirubarajan 2001, 6.2.2: the change of velocity over a
  time T has the standard deviation sqrt(q T)).
* A level-off or a new climb changes the rate by anything up to the greatest in `LEVEL_OFF_S`:
  density c^2 / 12 over that time.
* An unknown rate of turn is anywhere up to the fastest: variance w^2 / 3.

Classes are averaged by their shares.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from skypact.config import TargetClass, Union
from skypact.errors import ConfigError
from skypact.track.areas import AreaMotion
from skypact.track.params import MOTION_FIGURES, TrackerParams

HELD_S: Final = 4.0
"""How long a strong manoeuvre holds its acceleration."""
LEVEL_OFF_S: Final = 20.0
"""How long an object takes to change its rate of climb."""

DEFAULT_CLASSES: Final = (
    TargetClass(
        name="airliner", share=0.6, speed_max_mps=310.0, accel_max_mps2=5.0, turn_max_dps=3.0,
        climb_max_mps=25.0,
    ),
    TargetClass(
        name="light", share=0.2, speed_max_mps=90.0, accel_max_mps2=8.0, turn_max_dps=6.0,
        climb_max_mps=8.0,
    ),
    TargetClass(
        name="helicopter", share=0.1, speed_max_mps=85.0, accel_max_mps2=6.0, turn_max_dps=6.0,
        climb_max_mps=10.0,
    ),
    TargetClass(
        name="fast", share=0.06, speed_max_mps=600.0, accel_max_mps2=40.0, turn_max_dps=6.0,
        climb_max_mps=100.0,
    ),
    TargetClass(
        name="drone", share=0.04, speed_max_mps=40.0, accel_max_mps2=8.0, turn_max_dps=10.0,
        climb_max_mps=8.0,
    ),
)  # fmt: skip
"""What the tracker expects where a union file names no classes: published figures of service, a
share of each that is common over Europe. `TrackerParams`' own values are within a
third of theirs: they were tuned about them on seeds that are not scored."""


def figures_of(classes: Sequence[TargetClass]) -> dict[str, float]:
    """Compute the figures of motion that follow from the limits of classes.

    Parameters
    ----------
    classes : sequence of TargetClass
        At least one; averaged by `share`.

    Returns
    -------
    dict
        Values of `TrackerParams` by name.
    """
    total = sum(c.share for c in classes)

    def mean(value: Callable[[TargetClass], float]) -> float:
        return sum(c.share * value(c) for c in classes) / total

    return {
        "start_speed_mps": mean(lambda c: c.speed_max_mps**2 / 4.0) ** 0.5,
        "start_climb_mps": mean(lambda c: c.climb_max_mps**2 / 12.0) ** 0.5,
        "manoeuvre_accel_psd": mean(lambda c: c.accel_max_mps2**2 / 3.0) * HELD_S,
        "manoeuvre_climb_psd": mean(lambda c: c.climb_max_mps**2 / 12.0) / LEVEL_OFF_S,
        "turn_rate_deg_s": mean(lambda c: c.turn_max_dps**2 / 3.0) ** 0.5,
    }


def tracker_params(union: Union | None, **given: float | str) -> TrackerParams:
    """Make the tracker's configuration from a union file.

    Parameters
    ----------
    union : Union or None
        Its frame and `tracking`; None: the defaults.
    given
        Further values of `TrackerParams`, over those of the union file.

    Raises
    ------
    ConfigError
        A parameter that does not exist, or a value out of its range.
    """
    union = Union() if union is None else union
    fields: dict[str, Any] = {"frame": "flat" if union.frame == "flat" else "ecef"}
    return with_figures(fields, union.tracking.target_class, union.tracking.parameters | given)


def area_motions(union: Union | None) -> tuple[AreaMotion, ...]:
    """Make the areas of a union file ready for the tracker.

    Raises
    ------
    ConfigError
        A parameter that does not exist, a value out of its range, or areas in a flat scene.
    """
    if union is None or not union.tracking.area:
        return ()
    if union.frame == "flat":
        raise ConfigError('tracking.area: expected frame = "earth", got "flat"; leave areas out')
    tracking = union.tracking
    for area in tracking.area:
        others = sorted(set(area.parameters) - MOTION_FIGURES)
        if others:
            raise ConfigError(
                f"tracking.area {area.name}: parameters: expected figures of motion "
                f"({', '.join(sorted(MOTION_FIGURES))}), got {others[0]}; set others in "
                "[tracking.parameters]"
            )
    return tuple(
        AreaMotion(
            area,
            with_figures(
                {},
                area.target_class or tracking.target_class,
                tracking.parameters | area.parameters,
                f"tracking.area {area.name}",
            ),
        )
        for area in tracking.area
    )


def with_figures(
    fields: dict[str, Any],
    classes: Sequence[TargetClass],
    by_hand: dict[str, Any],
    where: str = "tracking",
) -> TrackerParams:
    """Join what follows from classes and what is set by hand, the latter over the former."""
    derived = figures_of(classes) if classes else {}
    try:
        return msgspec.convert(fields | derived | by_hand, TrackerParams)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}; see docs/reference/configuration.md") from error
