"""What several sources sent to reports: ASTERIX of all together, every other feed by itself.

ASTERIX of all links goes through one decoder, so that what came on two lines is recognised as one;
a link of another format has a decoder of its own. The same packets make the same reports.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from skypact.config import KIND_DEFAULTS, Sensor
from skypact.decode.asterix.reports import Decoded, Decoder
from skypact.decode.feeds import Feed, Heard
from skypact.decode.recognise import FORMATS, FeedFormat, open_feed
from skypact.model.packets import PacketBatch, take_packets
from skypact.model.reports import ReportBatch, in_arrival_order


class Link(NamedTuple):
    """One source."""

    format: str
    """One of `decode.recognise.FORMATS`; any other word is ASTERIX."""
    sheet: Sensor | None = None
    """Data sheet of the receiver, where it is known; not of ASTERIX, whose records name theirs."""


class LinkReports(NamedTuple):
    """What packets of several links held."""

    decoded: Decoded | None
    """Their ASTERIX; None where there was none."""
    heard: list[tuple[int, Heard]]
    """Each other packet's link and reports, in order of the packets."""

    def joined(self, rows: Mapping[int, int]) -> ReportBatch:
        """Return all reports in order of arrival; `rows` are the sensors' indices by link."""
        batches = [] if self.decoded is None else [self.decoded.reports]
        for link, heard in self.heard:
            index = np.full(heard.reports.time_s.size, rows[link], np.int32)
            batches.append(heard.reports._replace(sensor=index))
        return in_arrival_order(batches)


class LinkDecoder:
    """Decodes packets of several links, and counts.

    Parameters
    ----------
    sensors : sequence of config.Sensor
        The first rows of `ReportBatch.sensor` in ASTERIX; other senders follow as they are heard.
    links : sequence of Link
        `link` of the packets is a place in it.
    """

    def __init__(self, sensors: Sequence[Sensor], links: Sequence[Link]) -> None:
        self.asterix = Decoder(sensors)
        self.records: dict[str, int] = {}
        self.errors: dict[str, int] = {}
        self._feeds: dict[int, Feed] = {}
        for place, link in enumerate(links):
            form = next((f for f in FORMATS if f == link.format), None)
            if form is not None:
                self._feeds[place] = receiver_feed(form, link.sheet)

    def decode(self, packets: PacketBatch) -> LinkReports:
        """Decode packets in order of arrival."""
        is_other = np.isin(packets.link, list(self._feeds))
        asterix = take_packets(packets, ~is_other)
        decoded = self.asterix.decode(asterix) if asterix.start.size else None
        if decoded is not None:
            self._count(decoded)
        heard = []
        for i in np.flatnonzero(is_other).tolist():
            link = int(packets.link[i])
            octets = packets.data[packets.start[i] : packets.end[i]]
            piece = self._feeds[link].feed(octets, int(packets.received_ns[i]))
            heard.append((link, piece))
            self._count(piece)
        return LinkReports(decoded, heard)

    def finish(self) -> LinkReports:
        """End the feeds; return what they held back."""
        heard = [(link, feed.finish()) for link, feed in self._feeds.items()]
        for _, piece in heard:
            self._count(piece)
        return LinkReports(None, heard)

    def _count(self, found: Decoded | Heard) -> None:
        for total, more in ((self.records, found.records), (self.errors, found.errors)):
            for name, n in more.items():
                total[name] = total.get(name, 0) + n


def receiver_feed(form: FeedFormat, sheet: Sensor | None, date_s: float | None = None) -> Feed:
    """Make the decoder of a receiver's feed, near the place that its data sheet gives.

    Parameters
    ----------
    form : str
        One of `decode.recognise.FORMATS`.
    sheet : config.Sensor or None
        The receiver's.
    date_s : float or None
        UTC midnight of the first day, where only a counter tells the time.
    """
    if sheet is None or sheet.lat is None or sheet.lon is None:
        return open_feed(form, date_s=date_s)
    reach_m = sheet.range_max_m or KIND_DEFAULTS[sheet.kind].range_max_m
    return open_feed(form, (sheet.lat, sheet.lon), reach_m, date_s)
