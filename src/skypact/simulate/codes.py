"""Wrong Mode A codes and Mode C levels: bits added where replies overlap, and bits that flip.

Source: ICAO Annex 10, volume IV, 3.1.1.6 and the appendix to chapter 3: twelve pulses each; levels
are in Gillham's code, a Gray code of 500 ft steps (D2 D4 A1 A2 A4 B1 B2 B4) and of 100 ft within
them (C1 C2 C4). The pulse D1 is never sent.
"""

from typing import Final

import numpy as np

from skypact.decode.asterix.fields import decimal_code
from skypact.encode.packing import octal_bits
from skypact.model.reports import Floats, Longs
from skypact.simulate.plots import Plots

_PULSES: Final = 12
_STEPS: Final = np.array([0b001, 0b011, 0b010, 0b110, 0b100])
"""C1 C2 C4 of the five 100 ft steps in an even step of 500 ft; odd ones run backwards."""
_LOWEST, _HIGHEST = -12, 1267


def level_bits(level_fl: Floats) -> Longs:
    """Pulses of levels (n,) in hundreds of feet, clipped to what the code can hold."""
    step = np.clip(np.rint(level_fl), _LOWEST, _HIGHEST).astype(np.int64) - _LOWEST
    coarse, fine = step // 5, step % 5
    fine = np.where(coarse % 2 == 1, 4 - fine, fine)
    return np.asarray((coarse ^ coarse >> 1) << 3 | _STEPS[fine])


_LEVELS: Final = np.full(1 << _PULSES, np.nan)
_LEVELS[level_bits(np.arange(_LOWEST, _HIGHEST + 1.0))] = np.arange(_LOWEST, _HIGHEST + 1.0)


def level_of_bits(bits: Longs) -> Floats:
    """Levels of pulses (n,); NaN where no level has these pulses."""
    return np.asarray(_LEVELS[bits])


def garble(plots: Plots, pair: Longs, suffers: tuple[bool, bool], rng: np.random.Generator) -> None:
    """Let two replies overlap, in place: to those that suffer the other's pulses are added.

    Where that changes nothing a stray pulse is wrong, so that a garbled reply is never right. Half
    the time the radar notices.
    """
    code, level = octal_bits(plots.mode3a[pair], 4), plots.level_fl[pair]
    readable = not np.isnan(level).any()
    pulses = level_bits(level) if readable else np.zeros(2, np.int64)
    for own in range(2):
        if not suffers[own]:
            continue
        row, order = pair[own], [own, 1 - own]
        plots.mode3a[row] = decimal_code(_overlaid(code[order], rng))[0]
        if readable:
            plots.level_fl[row] = level_of_bits(_overlaid(pulses[order], rng))[0]
        plots.garbled[row] = rng.random() < 0.5


def _overlaid(bits: Longs, rng: np.random.Generator) -> Longs:
    """Pulses (1,) of the first reply with those of the second added."""
    both = bits[:1] | bits[1:]
    stray = 1 << rng.integers(0, _PULSES)
    return np.asarray(np.where(both == bits[0], bits[:1] ^ stray, both))


def corrupt(plots: Plots, share: float, rng: np.random.Generator) -> Plots:
    """Flip one bit of a share of the codes, and of the levels; replies of Mode S have parity."""
    n = len(plots.time_s)
    plain = plots.by_code & ~plots.modes
    hit = (rng.random((2, n)) < share) & plain
    flip = 1 << rng.integers(0, _PULSES, (2, n))
    code = decimal_code(octal_bits(plots.mode3a, 4) ^ flip[0])
    readable = hit[1] & ~np.isnan(plots.level_fl)
    level = level_of_bits(level_bits(np.where(readable, plots.level_fl, 0.0)) ^ flip[1])
    return plots._replace(
        mode3a=np.where(hit[0], code, plots.mode3a),
        level_fl=np.where(readable, level, plots.level_fl),
    )
