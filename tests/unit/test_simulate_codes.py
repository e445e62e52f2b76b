"""Wrong codes and levels: Gillham's code, bit errors, garbled replies (99 % bands)."""

import numpy as np
import pytest
from tests.naive.watched_targets import Watched, scene_with, targets, watch

from skypact.simulate.codes import level_bits, level_of_bits
from skypact.simulate.parts import RadarOptions

Z99 = 2.576
LEVEL_FL = (9_000.0 - 100.0) / 30.48


@pytest.mark.parametrize(
    ("level_fl", "pulses"),
    [(-10, 0b0_00000000_010), (-1, 0b0_00000011_011), (0, 0b0_00000011_010),
     (1, 0b0_00000011_110), (2, 0b0_00000011_100), (3, 0b0_00000010_100), (1267, 0b0_10000000_001)],
)  # fmt: skip
def test_levels_have_the_pulses_of_the_standards_table(level_fl: int, pulses: int) -> None:
    """D2 D4 A1 A2 A4 B1 B2 B4, then C1 C2 C4 (ICAO Annex 10, volume IV, appendix to chapter 3)."""
    assert level_bits(np.array([float(level_fl)]))[0] == pulses


def test_neighbouring_levels_differ_in_one_pulse_and_all_are_read_back() -> None:
    level = np.arange(-12.0, 1268.0)
    bits = level_bits(level)
    assert {int(x).bit_count() for x in bits[1:] ^ bits[:-1]} == {1}
    assert (level_of_bits(bits) == level).all()
    assert np.isnan(level_of_bits(np.array([0b000, 0b101, 0b111, 1 << 11 | 0b010]))).all()


def read(found: Watched) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, levels (NaN where not sent) and flags of garbling."""
    garbled = found.column("070", "G") == 1
    return found.column("070", "MODE3A"), found.column("090", "FL"), garbled


def test_a_share_of_codes_and_of_levels_has_a_wrong_bit() -> None:
    flown = targets(np.arange(40) * 9.0, 150_000.0, mode3a=1234)
    found = watch(scene_with(RadarOptions(code_error_share=0.1)), flown, 400.0, 3)
    code, level, garbled = read(found)
    n = len(code)
    band = Z99 * np.sqrt(0.1 * 0.9 / n)
    assert abs((code != 1234).mean() - 0.1) < band
    assert abs((level != np.rint(LEVEL_FL)).mean() - 0.1) < band
    assert np.isnan(level).any()
    assert not garbled.any()
    for wrong in np.unique(code[code != 1234]):
        assert (int(f"{wrong:.0f}", 8) ^ 0o1234).bit_count() == 1


def test_mode_s_replies_have_no_wrong_bits() -> None:
    flown = targets(np.arange(40) * 9.0, 150_000.0, mode3a=1234, icao=0xABC)
    code, _, _ = read(watch(scene_with(RadarOptions(code_error_share=0.5)), flown, 40.0, 3))
    assert (code == 1234).all()


def couple(
    apart_m: float = 2_000.0, apart_deg: float = 0.0, seconds: float = 200.0, **more: int
) -> Watched:
    """Two aircraft on nearly one bearing, which the radar garbles in half of the cases."""
    flown = targets([50.0, 50.0 + apart_deg], [100_000.0, 100_000.0 + apart_m],
                    mode3a=[1200, 2070], **more)  # fmt: skip
    return watch(scene_with(RadarOptions(garble_share=0.5)), flown, seconds, 4)


def test_overlapping_replies_are_garbled_and_half_of_it_is_noticed() -> None:
    found = couple(seconds=2_000.0)
    code, level, garbled = read(found)
    right = np.where(found.target == 0, 1200, 2070)
    n = len(code)
    # Both replies suffer in half of the cases, one of them in the others: three quarters.
    share = 0.5 * 0.75
    # Two replies of one case go together: half as many independent cases.
    band = Z99 * np.sqrt(share * (1 - share) / (n / 2))
    assert abs((code != right).mean() - share) < band
    assert set(code[code != right]) >= {3270.0}
    wrong = code != right
    assert abs(garbled[wrong].mean() - 0.5) < Z99 * 0.5 / np.sqrt(wrong.sum())
    assert not garbled[~wrong].any()
    assert (level[wrong] != np.rint(LEVEL_FL)).all()


def test_replies_that_do_not_overlap_are_not_garbled() -> None:
    for found in (couple(3_200.0), couple(2_000.0, 2.0), couple(icao=0xABC)):
        code, level, garbled = read(found)
        assert (code == np.where(found.target == 0, 1200, 2070)).all()
        assert np.abs(level - LEVEL_FL).max() < 0.6
        assert not garbled.any()


def test_nothing_garbles_unless_told_to() -> None:
    flown = targets([50.0, 50.0], [100_000.0, 100_100.0], mode3a=[1200, 2070])
    found = watch(scene_with(RadarOptions()), flown, 400.0, 4)
    assert (read(found)[0] == np.where(found.target == 0, 1200, 2070)).all()
