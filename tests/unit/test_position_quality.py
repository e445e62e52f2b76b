"""One rule for the error of a self-reported position, whichever way it came."""

import json

import numpy as np
import pytest
from tests.naive import made_frames as made
from tests.naive.prepare import self_reported_noise

from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoder
from skypact.decode.feeds import octets_of
from skypact.decode.modes.frames import FrameDecoder, reports_of
from skypact.decode.modes.lines import frames_of
from skypact.decode.readsb import SnapshotFeed
from skypact.encode.asterix import encode_block
from skypact.model.packets import packets_from
from skypact.model.quality import accuracy_category, sigma_of_category
from skypact.units import NANOSECONDS

ICAO = 0x4CA123
UNKNOWN_M = 18_520.0
KINDS = {8: 11, 7: 12, 0: 18}
"""Type code of a position in the air with that NIC."""


def by_station(nacp, nic, version=2):
    """Category 021; no extension of I021/090 where no NACp is told."""
    figures = {"NUCRNACV": 1, "NUCPNIC": nic} | ({} if nacp < 0 else {"NACP": nacp})
    record = {
        "010": {"SAC": 25, "SIC": 1}, "073": 43_200.5, "080": ICAO,
        "131": {"LAT": 50.0, "LON": 8.0}, "090": figures, "210": {"VN": version},
    }  # fmt: skip
    data = encode_block(21, [record], table=category(21, "2.7"))
    return Decoder(date_s=0.0).decode(packets_from([data])).reports.sigma_m[-1]


def by_transponder(nacp, nic, version=2):
    """Frames as a receiver hears them; no operational status where no NACp is told."""
    frames = [made.position(ICAO, 50.0, 8.0 + 0.0015 * i, i % 2, kind=KINDS[nic]) for i in range(6)]
    if nacp >= 0:
        frames.insert(0, made.df17(ICAO, 31 << 51 | version << 13 | nacp << 8 | 3 << 4))
    return sigma_of_frames(frames)


def sigma_of_frames(frames, near_deg=None):
    """What the last of the frames states, half a second apart."""
    times = np.arange(len(frames)) * (NANOSECONDS // 2)
    rows = frames_of(list(zip(frames, times.tolist(), strict=True)))
    columns = FrameDecoder(near_deg).decode(rows, rows.received_ns)
    return reports_of(columns.placed, times, times, np.ones(times.size, np.bool_)).sigma_m[-1]


def by_readsb(nacp, nic, **more):
    """A snapshot of ``aircraft.json``."""
    plane = {"hex": "4ca123", "type": "adsb_icao", "lat": 50.0, "lon": 8.0, "seen_pos": 0.1, **more}
    plane |= {name: value for name, value in (("nac_p", nacp), ("nic", nic)) if value >= 0}
    text = json.dumps({"now": 1.7e9, "aircraft": [plane]}).encode()
    return SnapshotFeed().feed(octets_of(text)).reports.sigma_m[0]


@pytest.mark.parametrize("feed", [by_station, by_transponder, by_readsb])
@pytest.mark.parametrize(
    ("nacp", "nic", "bound_m"),
    [(9, 8, 30.0), (9, 0, 30.0), (0, 8, 92.6), (0, 7, 185.2), (0, 0, UNKNOWN_M), (-1, 8, 92.6),
     (-1, 0, UNKNOWN_M)],
)  # fmt: skip
def test_every_feed_gives_the_same_error_for_the_same_quality(feed, nacp, nic, bound_m):
    assert feed(nacp, nic) == pytest.approx(bound_m / 2.4477)


@pytest.mark.parametrize(("nucp", "nic"), [(7, 8), (6, 7), (0, 0)])
def test_version_0_states_both_figures_with_one(nucp, nic):
    assert by_station(-1, nucp, version=0) == pytest.approx(by_transponder(-1, nic))


def test_the_lowest_figure_of_version_0_on_the_ground_is_that_of_the_air():
    frames = [made.surface(ICAO, 50.0, 8.0 + 2e-5 * i, i % 2, kind=8) for i in range(6)]
    sigmas = [
        by_station(-1, 6, version=0),
        sigma_of_frames(frames, near_deg=(50.0, 8.0)),
        by_readsb(-1, 0, alt_baro="ground", version=0),
    ]
    assert sigmas == pytest.approx([185.2 / 2.4477] * 3)
    stated = by_readsb(-1, 0, alt_baro="ground", version=2)
    assert stated == pytest.approx(UNKNOWN_M / 2.4477)


def test_only_a_report_without_any_figure_is_left_to_the_data_sheet():
    assert np.isnan(by_readsb(-1, -1))


def test_categories_are_taken_as_by_the_twin():
    nacp, nic = (figures.ravel() for figures in np.mgrid[-1:16, -1:16])
    told = sigma_of_category(accuracy_category(nacp, nic))
    twin = [self_reported_noise(*both, np.nan) for both in zip(nacp, nic, strict=True)]
    assert told == pytest.approx(twin, nan_ok=True)
