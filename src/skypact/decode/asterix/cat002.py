"""Category 002, Transmission of Monoradar Service Messages: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 2b, edition 1.2 (2024-03-15). Each item is the
standard's data item of the same number (``"040"`` is I002/040, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    RandomFields,
    group,
    profile,
    repeated,
    single,
)

TIME_LSB_S = 1 / 128  # s: I002/030, I002/041
DISTANCE_LSB_NM = 1 / 128  # NM: I002/090, I002/100
ANGLE_LSB_DEG = 360 / 65536  # deg: I002/100

ITEMS = (
    single("000", "Message Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("020", "Sector Number", 8, "unsigned", 360 / 256, "deg"),
    single("030", "Time of Day", 24, "unsigned", TIME_LSB_S, "s"),
    single("041", "Antenna Rotation Speed", 16, "unsigned", TIME_LSB_S, "s"),
    repeated("050", "Station Configuration Status", Field("050", 7), counter_bytes=0),
    repeated("060", "Station Processing Mode", Field("060", 7), counter_bytes=0),
    repeated(
        "070",
        "Plot Count Values",
        Field("A", 1),
        Field("IDENT", 5),
        Field("COUNTER", 10, "unsigned"),
    ),
    repeated("080", "Warning/Error Conditions", Field("080", 7), counter_bytes=0),
    group(
        "090",
        "Collimation Error",
        Field("RE", 8, "signed", DISTANCE_LSB_NM, "NM"),
        Field("AE", 8, "signed", 360 / 16384, "deg"),
    ),
    group(
        "100",
        "Dynamic Window Type 1",
        Field("RS", 16, "unsigned", DISTANCE_LSB_NM, "NM"),
        Field("RE", 16, "unsigned", DISTANCE_LSB_NM, "NM"),
        Field("TS", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
        Field("TE", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    Item("SP", "Special Purpose Field", Explicit()),
    Item("RFS", "Random Field Sequencing", RandomFields()),
)

UAP = profile(
    "010 000 020 030 041 050 060",  # 1 to 7
    "070 100 090 080 - SP RFS",  # 8 to 14
)

CAT002 = Category(2, "1.2", ITEMS, {"uap": UAP}, reads=("1.1", "1.0"))
