"""Which categories and editions there are, newest edition first."""

from types import MappingProxyType
from typing import Final

from skypact.decode.asterix.cat001 import CAT001
from skypact.decode.asterix.cat002 import CAT002
from skypact.decode.asterix.cat004 import CAT004
from skypact.decode.asterix.cat010 import CAT010
from skypact.decode.asterix.cat015 import CAT015
from skypact.decode.asterix.cat016 import CAT016
from skypact.decode.asterix.cat019 import CAT019
from skypact.decode.asterix.cat020 import CAT020
from skypact.decode.asterix.cat021 import CAT021, CAT021_2_1
from skypact.decode.asterix.cat021_first import CAT021_0_23, CAT021_0_26
from skypact.decode.asterix.cat023 import CAT023
from skypact.decode.asterix.cat025 import CAT025
from skypact.decode.asterix.cat034 import CAT034
from skypact.decode.asterix.cat048 import CAT048
from skypact.decode.asterix.cat062 import CAT062
from skypact.decode.asterix.cat063 import CAT063
from skypact.decode.asterix.cat065 import CAT065
from skypact.decode.asterix.cat129 import CAT129
from skypact.decode.asterix.cat247 import CAT247
from skypact.decode.asterix.spec import Category
from skypact.errors import ConfigError

_TABLES: Final = (
    CAT001,
    CAT002,
    CAT004,
    CAT010,
    CAT015,
    CAT016,
    CAT019,
    CAT020,
    CAT021,
    CAT021_2_1,
    CAT021_0_26,
    CAT021_0_23,
    CAT023,
    CAT025,
    CAT034,
    CAT048,
    CAT062,
    CAT063,
    CAT065,
    CAT129,
    CAT247,
)

EDITIONS: Final = MappingProxyType(
    {
        number: tuple(table for table in _TABLES if table.number == number)
        for number in sorted({table.number for table in _TABLES})
    }
)
"""Tables by category number, the newest edition first."""


def category(number: int, edition: str | None = None) -> Category:
    """Return the table that reads a category, the newest edition unless one is named.

    Raises
    ------
    ConfigError
        The category or the edition has no table.
    """
    tables = EDITIONS.get(number)
    if tables is None:
        known = ", ".join(f"{n:03}" for n in EDITIONS)
        raise ConfigError(f"ASTERIX category {number:03} has no item table; known are {known}")
    if edition is None:
        return tables[0]
    for table in tables:
        if edition == table.edition or edition in table.reads:
            return table
    known = ", ".join(name for table in tables for name in (table.edition, *table.reads))
    raise ConfigError(
        f"ASTERIX category {number:03} has no edition {edition!r}; choose one of {known}"
    )
