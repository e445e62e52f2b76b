"""A flat scene drawn with a seed: its truth, its reports, its union file."""

import numpy as np

from skypact import config
from skypact.model.reports import Floats, ReportBatch, concat_reports, take_reports
from skypact.model.truth import TruthRows
from skypact.simulate.flat.expected import tracking_of
from skypact.simulate.flat.schema import FlatScenario
from skypact.simulate.flat.sensing import data_sheet, observe
from skypact.simulate.flat.targets import paths, scan_times, truth_of


class FlatScene:
    """A flat scenario drawn with a seed; the same seed gives the same bytes.

    Parameters
    ----------
    scenario : FlatScenario
        What moves and who looks; `scenario.model` is the true model.
    seed : int
        Seed of every random draw. Times, truth and each sensor have a stream of their own.
    """

    def __init__(self, scenario: FlatScenario, seed: int) -> None:
        self.scenario = scenario
        streams = [
            np.random.Generator(np.random.PCG64(child))
            for child in np.random.SeedSequence(seed).spawn(2 + len(scenario.sensor))
        ]
        self.time_s: Floats = scan_times(scenario, streams[0])
        """Time of every scan, those without targets included."""
        drawn = paths(scenario, self.time_s, streams[1])
        self.truth: TruthRows
        """Where every object is at every scan, sorted by time and number; flat convention."""
        self.truth, scan = truth_of(drawn, self.time_s)
        self.reports: ReportBatch = self._observed(scan, streams[2:])
        """Reports in order of arrival, `target` set, -1 for false ones."""

    def _observed(self, scan: np.ndarray, streams: list[np.random.Generator]) -> ReportBatch:
        parts = []
        for index, (sensor, rng) in enumerate(zip(self.scenario.sensor, streams, strict=True)):
            part = observe(sensor, self.truth, scan, self.time_s, rng)
            parts.append(part._replace(sensor=np.full(part.time_s.size, index, np.int32)))
        reports = concat_reports(parts)
        return take_reports(reports, np.argsort(reports.received_ns, kind="stable"))

    @property
    def sensors(self) -> tuple[config.Sensor, ...]:
        """Data sheets of the sensors, by their index in the reports."""
        return tuple(
            data_sheet(sensor, self.scenario, i) for i, sensor in enumerate(self.scenario.sensor)
        )

    @property
    def union(self) -> config.Union:
        """The union file of the scene."""
        names = dict.fromkeys(s.member for s in self.scenario.sensor if s.member)
        members = tuple(config.Member(name=name) for name in names)
        title = self.scenario.title
        return config.Union(
            title=title,
            frame="flat",
            member=members,
            sensor=self.sensors,
            tracking=tracking_of(self.scenario),
        )
