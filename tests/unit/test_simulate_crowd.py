"""Plots that merge and plots that come out as two, and detection per channel (seeds stated)."""

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import turned
from tests.naive.watched_targets import WATCHER, Watched, scene_with, targets, watch

from skypact.simulate.parts import RadarOptions
from skypact.simulate.sight import primary_probability, site_of
from skypact.units import DEGREE

Z99 = 2.576
Z99_OF_SIX = 3.14
"""Six looks are all inside with 99 %."""
FAR_M = 2_000_000.0
"""Range of half detection that makes everything nearer be seen."""
ALONE = RadarOptions(primary=True, secondary=False, primary_range_m=FAR_M)
MERGING = RadarOptions(
    primary=True, secondary=False, primary_range_m=FAR_M, cell_range_m=500.0, cell_azimuth_deg=1.5
)


def formation(options: RadarOptions, seed: int, gain: float = 1.0) -> Watched:
    """Watch 40 pairs 300 m and 0.6 degrees apart, all around, for 25 turns."""
    bearing = np.arange(40) * 9.0
    flown = targets(
        np.concatenate([bearing, bearing + 0.6]),
        np.repeat([100_000.0, 100_300.0], 40),
        gain=np.repeat([1.0, gain], 40),
    )
    return watch(scene_with(options), flown, 100.0, seed)


def test_two_echoes_in_one_cell_make_one_plot_wherever_the_tick_ends() -> None:
    apart, merged = formation(ALONE, 1), formation(MERGING, 1)
    assert len(apart.target) > 1.98 * 40 * 25
    # A miss of one of the two (0.1 %) leaves the other, which is one plot too.
    assert 0.99 * 40 * 25 <= len(merged.target) <= 40 * 25 + 2
    assert set(merged.typ) == {1}


def test_a_merged_plot_lies_between_its_targets_by_their_amplitudes_and_belongs_to_the_stronger(
) -> None:  # fmt: skip
    found = formation(MERGING, 2, gain=0.25)
    assert (found.target < 40).mean() > 0.995
    mine = found.target < 40
    true = found.polar()[mine]
    # Amplitudes are as 1 to 1/2: the plot is a third of the way to the weaker.
    azimuth = turned(found.azimuth_deg[mine] - true[:, 1] / DEGREE, 360.0)
    n = len(azimuth)
    assert abs(azimuth.mean() - 0.2) < Z99 * 0.08 / np.sqrt(n) + 0.002
    assert abs((found.range_m[mine] - true[:, 0]).mean() - 100.0) < Z99 * 50 / np.sqrt(n) + 3.0


def test_targets_farther_apart_than_the_cell_do_not_merge() -> None:
    flown = targets([10.0, 10.0, 90.0, 91.7], [90_000.0, 90_600.0, 90_000.0, 90_000.0])
    assert len(watch(scene_with(MERGING), flown, 400.0, 3).target) > 0.99 * 400


def test_merging_leaves_secondary_replies_alone() -> None:
    both = RadarOptions(primary=True, primary_range_m=FAR_M, cell_range_m=500.0)
    flown = targets([50.0, 50.3], [100_000.0, 100_200.0], mode3a=[1000, 2000])
    found = watch(scene_with(both), flown, 400.0, 4)
    for target in (0, 1):
        mine = found.target == target
        assert mine.sum() > 97
        assert abs((found.range_m - found.polar()[:, 0])[mine].mean()) < 3.0 * 50.0 / 10.0
    # Only the stronger, nearer one has an echo too.
    assert (found.typ[found.target == 0] == 3).mean() > 0.97
    assert (found.typ[found.target == 1] == 2).mean() > 0.97


@pytest.mark.parametrize("cell_m", [0.0, 800.0])
@pytest.mark.compiled
def test_a_share_of_plots_comes_out_as_two_a_cell_apart(cell_m: float) -> None:
    options = RadarOptions(split_share=0.2, cell_range_m=cell_m)
    flown = targets(np.arange(36) * 10.0, 150_000.0, mode3a=1234)
    found = watch(scene_with(options), flown, 200.0, 5)
    plain = watch(scene_with(RadarOptions()), flown, 200.0, 5)
    n = len(plain.target)
    twice = len(found.target) - n
    assert abs(twice / n - 0.2) < Z99 * np.sqrt(0.2 * 0.8 / n) + 2 / n
    true = found.polar()
    azimuth = turned(found.azimuth_deg - true[:, 1] / DEGREE, 360.0)
    range_m = found.range_m - true[:, 0]
    aside = np.abs(np.abs(azimuth) - 1.5) < 0.5
    along = np.abs(np.abs(range_m) - 800.0) < 300.0
    share = 1.0 if cell_m == 0.0 else 0.5
    assert abs(aside.sum() - share * twice) < Z99 * np.sqrt(twice * 0.25) + 1
    # At the end a plot may be on its way, and its twin not.
    assert abs(aside.sum() + along.sum() - twice) <= 2
    assert set(found.column("070", "MODE3A")) == {1234}


@pytest.mark.compiled
def test_each_channel_detects_with_its_own_probability() -> None:
    options = RadarOptions(primary=True, primary_range_m=150_000.0)
    sheet = msgspec.structs.replace(WATCHER, p_detection=0.85)
    flown = targets(np.arange(90) * 4.0, np.repeat([80_000.0, 150_000.0, 200_000.0], 30),
                    mode3a=1234)  # fmt: skip
    scenario = scene_with(options, sheet)
    found = watch(scenario, flown, 400.0, 6)
    site, turns = site_of(sheet, scenario.air), 100
    for ring in range(3):
        mine = found.target // 30 == ring
        by_echo = np.isin(found.typ[mine], (1, 3)).sum() / (30 * turns)
        by_code = np.isin(found.typ[mine], (2, 3)).sum() / (30 * turns)
        _, first = np.unique(found.target[mine], return_index=True)
        range_m = found.polar()[mine][first, 0]
        chance = primary_probability(site, 150_000.0, range_m, np.ones(30)).mean()
        # The last turn's sectors may be on their way: up to one plot in 100.
        for share, expected in ((by_echo, chance), (by_code, 0.85)):
            band = Z99_OF_SIX * np.sqrt(expected * (1 - expected) / (30 * turns))
            assert -band - 0.01 < share - expected < band
