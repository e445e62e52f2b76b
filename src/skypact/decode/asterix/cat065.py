"""Category 065, SDPS Service Status Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 15, edition 1.6 (2023-03-21). Each item is the
standard's data item of the same number (``"040"`` is I065/040, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    flags,
    group,
    profile,
    single,
    spare,
)

ITEMS = (
    single("000", "Message Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("015", "Service Identification", 8),
    single("020", "Batch Number", 8, "unsigned"),
    single("030", "Time of Message", 24, "unsigned", 1 / 128, "s"),
    group(
        "040",
        "SDPS Configuration and Status",
        Field("NOGO", 2),
        *flags("OVL TSV"),
        Field("PSS", 2),
        Field("STTN", 1),
        spare(1),
    ),
    single("050", "Service Status Report", 8),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 015 030 020 040 050",  # 1 to 7
    "- - - - - RE SP",  # 8 to 14
)

CAT065 = Category(65, "1.6", ITEMS, {"uap": UAP}, reads=("1.5", "1.4"))
