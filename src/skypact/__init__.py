"""Skypact: one air picture for a union of members.

The public names load when first used, so that importing the package costs nothing; the package's
own modules never import from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from skypact.config import Sensor, Union, sensor_table, union_from_toml
    from skypact.decode.asterix.reports import Decoder
    from skypact.errors import SkypactError
    from skypact.model.packets import PacketBatch
    from skypact.model.reports import ReportBatch
    from skypact.model.sensors import SensorTable
    from skypact.model.tracks import TrackRows
    from skypact.record.tables import reports_from_arrow, reports_to_arrow, tracks_to_arrow
    from skypact.sources.file import FileSource
    from skypact.track.params import TrackerParams
    from skypact.track.tracker import Tracker

__version__: Final = "0.1.0"

__all__ = [
    "Decoder",
    "FileSource",
    "PacketBatch",
    "ReportBatch",
    "Sensor",
    "SensorTable",
    "SkypactError",
    "TrackRows",
    "Tracker",
    "TrackerParams",
    "Union",
    "reports_from_arrow",
    "reports_to_arrow",
    "sensor_table",
    "tracks_to_arrow",
    "union_from_toml",
]

_HOME: Final = {
    "Decoder": "skypact.decode.asterix.reports",
    "FileSource": "skypact.sources.file",
    "PacketBatch": "skypact.model.packets",
    "ReportBatch": "skypact.model.reports",
    "Sensor": "skypact.config",
    "SensorTable": "skypact.model.sensors",
    "SkypactError": "skypact.errors",
    "TrackRows": "skypact.model.tracks",
    "Tracker": "skypact.track.tracker",
    "TrackerParams": "skypact.track.params",
    "Union": "skypact.config",
    "reports_from_arrow": "skypact.record.tables",
    "reports_to_arrow": "skypact.record.tables",
    "sensor_table": "skypact.config",
    "tracks_to_arrow": "skypact.record.tables",
    "union_from_toml": "skypact.config",
}
"""Where each public name lives."""


def __getattr__(name: str) -> object:
    """Load a public name from its module on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'skypact' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, for completion."""
    return [*__all__, "__version__"]
