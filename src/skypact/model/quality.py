"""How good a self-reported position is: one rule for every feed of ADS-B.

Source: RTCA DO-260B / EUROCAE ED-102A, tables 2-70 (NIC) and 2-71 (NACp). A category k from 1 to 8
bounds the 95 % error (NACp) by half the radius of containment of the integrity category k (NIC), a
category of 9 to 11 by 0.4 of it: the two ratios in which version 0 states both with one figure
(DO-260, table 2-11: 0.05 of 0.1 NM, 10 of 25 m). So NIC stands for NACp where that says nothing.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.int8]

EPU_M: Final = np.array(
    [18520.0, 18520.0, 7408.0, 3704.0, 1852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0]
)
"""95 % bound of the position error by category; that of 0 is unknown, 10 NM or more."""
EPU_SIGMA: Final = 2.4477
"""95 % radius of a circular normal error in standard deviations per axis: sqrt(-2 ln 0.05)."""
MOST_CATEGORY: Final = 11
"""Higher ones have no meaning and count as not stated."""
LEAST_FIRST_ON_GROUND: Final = 7
"""Category of version 0's type code 8, the lowest of its positions on the ground: 0.1 NM or more.
It is NUCp 6 as in the air, and is taken for that."""


def accuracy_category(nacp: npt.ArrayLike, nic: npt.ArrayLike) -> Bytes:
    """Return the category that a position's error is taken from.

    NACp if it is 1 or more, else NIC if that is; 0, unknown, where only zeros are stated; -1 where
    nothing is.
    """
    accuracy, integrity = np.asarray(nacp), np.asarray(nic)
    accuracy = np.where(accuracy > MOST_CATEGORY, -1, accuracy)
    integrity = np.where(integrity > MOST_CATEGORY, -1, integrity)
    return np.where(accuracy > 0, accuracy, np.maximum(accuracy, integrity)).astype(np.int8)


def sigma_of_category(category: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the standard deviation per axis by accuracy category; NaN where it is -1."""
    rows = np.asarray(category)
    return np.where(rows < 0, np.nan, EPU_M[np.maximum(rows, 0)] / EPU_SIGMA)
