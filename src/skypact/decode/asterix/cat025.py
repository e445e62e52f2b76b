"""Category 025, CNS/ATM Ground System Status Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 26, edition 1.6 (2025-10-22). Each item is the
standard's data item of the same number (``"015"`` is I025/015, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    extended,
    group,
    profile,
    repeated,
    single,
    spare,
)

ITEMS = (
    group("000", "Report Type", Field("RTYP", 7), Field("RG", 1)),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("015", "Service Identification", 8),
    single("020", "Service Designator", 48, "ia5"),
    single("070", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    extended(
        "100",
        "System and Service Status",
        (Field("NOGO", 1), Field("OPS", 2), Field("SSTAT", 4)),
        (spare(1), Field("SYSTAT", 3), Field("SESTAT", 3)),
    ),
    repeated("105", "System and Service Error Codes", Field("105", 8)),
    repeated("120", "Component Status", Field("CID", 16), Field("ERRC", 6), Field("CS", 2)),
    repeated(
        "140",
        "Service Statistics",
        Field("TYPE", 8),
        Field("REF", 1),
        spare(7),
        Field("COUNT", 32, "unsigned"),
    ),
    single("200", "Message Identification", 24, "unsigned"),
    group(
        "600",
        "Position of the System Reference Point",
        Field("LAT", 32, "signed", 180 / 4294967296, "deg"),
        Field("LON", 32, "signed", 180 / 4294967296, "deg"),
    ),
    single("610", "Height of the System Reference Point", 16, "signed", 1 / 4, "m"),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 200 015 020 070 100",  # 1 to 7
    "105 120 140 SP 600 610 -",  # 8 to 14
)

CAT025 = Category(25, "1.6", ITEMS, {"uap": UAP}, reads=("1.5",))
