"""What a radar measures wrongly, as a function of time: constant, drawn, drifting, stepping.

Bias = measured - true; gain = measured / true - 1 (DESIGN 2.1).
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from skypact.config import Sensor
from skypact.model.reports import Floats
from skypact.simulate.parts import Drift, Fault, RadarOptions
from skypact.simulate.scenario import Scenario
from skypact.units import DEGREE

_STREAM: Final = 0xB1A5
"""Key of the random streams of biases; no other stream of a scene has it."""
_HOUR_S: Final = 3_600.0
_STILL: Final = Drift()


class Bias(NamedTuple):
    """Biases in force: one number each, or one per row where they change with time."""

    range_m: Floats | float
    range_gain: float
    azimuth_rad: Floats | float
    elevation_rad: float
    time_s: Floats | float


class RadarBiases(NamedTuple):
    """The true biases of one radar."""

    constant: Bias
    """At the scene's start: the data sheet's and the drawn ones together."""
    drift: Drift
    start_s: float

    def at(self, time_s: Floats | float) -> Bias:
        """Return the biases at times (n,) or at one time, seconds UTC."""
        drift, constant = self.drift, self.constant
        if drift == _STILL:
            return constant
        since_s = np.asarray(time_s, np.float64) - self.start_s
        hours = since_s / _HOUR_S
        step_at_s = np.inf if drift.step_at_s is None else drift.step_at_s
        after = since_s >= step_at_s
        azimuth_deg = drift.azimuth_deg_per_h * hours + drift.step_azimuth_deg * after
        return constant._replace(
            range_m=constant.range_m + drift.range_m_per_h * hours + drift.step_range_m * after,
            azimuth_rad=constant.azimuth_rad + azimuth_deg * DEGREE,
            time_s=constant.time_s + drift.time_s_per_h * hours + drift.step_time_s * after,
        )


def radar_biases(scenario: Scenario, link: int, entropy: Any) -> RadarBiases:  # noqa: ANN401
    """Biases of the sensor at index `link`, drawn from the scene's seed (`entropy`).

    The draws come from a stream of their own: other random numbers do not change with them.
    """
    sensor = scenario.sensor[link]
    own, draw = sensor.biases, scenario.bias
    seeds = np.random.SeedSequence(entropy, spawn_key=(_STREAM, link))
    z = np.random.Generator(np.random.PCG64(seeds)).standard_normal(5)
    constant = Bias(
        own.range_m + draw.sigma_range_m * float(z[0]),
        own.range_gain + draw.sigma_range_gain * float(z[1]),
        (own.azimuth_deg + draw.sigma_azimuth_deg * float(z[2])) * DEGREE,
        (own.elevation_deg + draw.sigma_elevation_deg * float(z[3])) * DEGREE,
        own.time_s + draw.sigma_time_s * float(z[4]),
    )
    options = scenario.radar.get(sensor.name, RadarOptions())
    return RadarBiases(constant, options.drift, scenario.start_s)


def entropy_of(rng: np.random.Generator) -> Any:  # noqa: ANN401
    """Seed of the scene from which a generator's stream was spawned."""
    seeds = rng.bit_generator.seed_seq
    if not isinstance(seeds, np.random.SeedSequence):
        raise TypeError(f"random source: expected one made from a seed, got {type(seeds).__name__}")
    return seeds.entropy


def true_biases(scenario: Scenario, seed: int) -> dict[str, dict[str, Any]]:
    """Biases of every sensor of a scene at its start, and how they change, by sensor name.

    Keys ``range_m, range_gain, azimuth_deg, elevation_deg, time_s``, ``drift`` (the keys of
    `parts.Drift`) and ``clock_step_at_s, clock_step_s``, the jump of the sensor's clock
    (`parts.Fault`; null and 0 where there is none); times count from the scene's start. Biases of
    sensors other than radars are those of their entries: none is drawn for them.
    """
    found: dict[str, dict[str, Any]] = {}
    for link, sensor in enumerate(scenario.sensor):
        if sensor.kind == "radar":
            biases = radar_biases(scenario, link, seed)
            told = {**_in_degrees(biases.constant), "drift": _plain(biases.drift)}
        else:
            told = {**_entry(sensor), "drift": _plain(_STILL)}
        found[sensor.name] = told | _clock_step(scenario.fault.get(sensor.name, Fault()))
    return found


def _clock_step(fault: Fault) -> dict[str, float | None]:
    at_s = fault.clock_step_at_s
    return {"clock_step_at_s": at_s, "clock_step_s": 0.0 if at_s is None else fault.clock_step_s}


def _in_degrees(bias: Bias) -> dict[str, float]:
    return {
        "range_m": float(bias.range_m),
        "range_gain": bias.range_gain,
        "azimuth_deg": float(bias.azimuth_rad) / DEGREE,
        "elevation_deg": bias.elevation_rad / DEGREE,
        "time_s": float(bias.time_s),
    }


def _entry(sensor: Sensor) -> Mapping[str, float]:
    return dict(msgspec.structs.asdict(sensor.biases))


def _plain(drift: Drift) -> dict[str, float | None]:
    return dict(msgspec.structs.asdict(drift))
