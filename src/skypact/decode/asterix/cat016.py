"""Category 016, Independent Non-Cooperative Surveillance System Configuration Reports.

Source: EUROCONTROL-SPEC-0149, edition 1.0 (2019-07-15). Each item is the
standard's data item of the same number (``"015"`` is I016/015, chapter 5.2);
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
    spare,
)

WGS84_LSB_DEG = 180 / 2147483648  # deg: I016/400, I016/410, I016/420
POSITION_LSB_M = 1 / 4  # m: I016/405, I016/410, I016/420

ITEMS = (
    single("000", "Message Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("015", "Service Identification", 8),
    single("140", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    single("200", "System Configuration Reporting Period", 8, "unsigned", 1, "s"),
    repeated("300", "Pair Identification", Field("PID", 16), Field("TID", 16), Field("RID", 16)),
    group(
        "400",
        "Position of the System Reference Point",
        Field("LAT", 32, "signed", WGS84_LSB_DEG, "deg"),
        Field("LON", 32, "signed", WGS84_LSB_DEG, "deg"),
    ),
    single("405", "Height of System Reference Point", 16, "signed", POSITION_LSB_M, "m"),
    repeated(
        "410",
        "Transmitter Properties",
        Field("TID", 16),
        Field("LAT", 32, "signed", WGS84_LSB_DEG, "deg"),
        Field("LON", 32, "signed", WGS84_LSB_DEG, "deg"),
        Field("ALT", 16, "signed", POSITION_LSB_M, "m"),
        Field("TTO", 32, "signed", 2, "ns"),
        spare(4),
        Field("ATO", 20, "unsigned", 1, "ns"),
        Field("PCI", 16, "unsigned"),
    ),
    repeated(
        "420",
        "Receiver Properties",
        Field("RID", 16),
        Field("LAT", 32, "signed", WGS84_LSB_DEG, "deg"),
        Field("LON", 32, "signed", WGS84_LSB_DEG, "deg"),
        Field("ALT", 16, "signed", POSITION_LSB_M, "m"),
    ),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 015 000 140 200 300 400",  # 1 to 7
    "405 410 420 SP - - -",  # 8 to 14
)

CAT016 = Category(16, "1.0", ITEMS, {"uap": UAP})
