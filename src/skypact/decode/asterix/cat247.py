"""Category 247, Version Number Exchange: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 20, edition 1.3 (2021-08-31). Each item is the
standard's data item of the same number (``"140"`` is I247/140, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    group,
    profile,
    repeated,
    single,
)

ITEMS = (
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("015", "Service Identification", 8),
    single("140", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    repeated(
        "550",
        "Category Version Number Report",
        Field("CAT", 8, "unsigned"),
        Field("MAIN", 8, "unsigned"),
        Field("SUB", 8, "unsigned"),
    ),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 015 140 550 - SP RE",  # 1 to 7
)

CAT247 = Category(247, "1.3", ITEMS, {"uap": UAP}, reads=("1.2",))
