"""Category 023, CNS/ATM Ground Station and Service Status Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 16, edition 1.3 (2021-09-27). Each item is the
standard's data item of the same number (``"015"`` is I023/015, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    extended,
    flags,
    group,
    profile,
    repeated,
    single,
    spare,
)

ITEMS = (
    single("000", "Report Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    group("015", "Service Type and Identification", Field("SID", 4), Field("STYP", 4)),
    single("070", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    extended(
        "100",
        "Ground Station Status",
        (*flags("NOGO ODP OXT MSC TSV SPO RN"),),
        (Field("GSSP", 7, "unsigned", 1, "s"),),
    ),
    extended(
        "101",
        "Service Configuration",
        (Field("RP", 8, "unsigned", 1 / 2, "s"), Field("SC", 3), spare(4)),
        (Field("SSRP", 7, "unsigned", 1, "s"),),
    ),
    extended("110", "Service Status", (spare(4), Field("STAT", 3))),
    repeated(
        "120", "Service Statistics", Field("TYPE", 8), Field("REF", 1), spare(7), Field("CV", 32)
    ),
    single("200", "Operational Range", 8, "unsigned", 1, "NM"),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 015 070 100 101 200",  # 1 to 7
    "110 120 - - - RE SP",  # 8 to 14
)

CAT023 = Category(23, "1.3", ITEMS, {"uap": UAP}, reads=("1.2",))
