"""Feeds that are not ASTERIX: what a receiver's bytes are, and one decoder per feed.

A feed takes bytes piece by piece, whole files or what a socket gave, and yields reports. It is
pure: the same pieces with the same receive times give the same reports.
"""

from typing import NamedTuple, Protocol

import numpy as np

from skypact.model.modes import Octets
from skypact.model.reports import ReportBatch, empty_reports


class Heard(NamedTuple):
    """What a piece of a feed held."""

    reports: ReportBatch
    """In order of arrival; `sensor` is 0."""
    records: dict[str, int]
    """Messages by kind (``DF17``, ``SBS``), duplicates included."""
    errors: dict[str, int]
    """Counted by kind."""


class Feed(Protocol):
    """One receiver's stream."""

    def feed(self, data: Octets, received_ns: int = -1) -> Heard:
        """Take the next piece of the stream, which came at `received_ns` (-1: nobody knows)."""
        ...

    def finish(self) -> Heard:
        """End the stream."""
        ...


def nothing_heard() -> Heard:
    """Make the result of a piece that held nothing."""
    return Heard(empty_reports(0), {}, {})


def octets_of(data: bytes) -> Octets:
    """View bytes as octets."""
    return np.frombuffer(data, np.uint8)
