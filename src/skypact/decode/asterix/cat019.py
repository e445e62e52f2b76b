"""Category 019, Multilateration System Status Messages: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 18, edition 1.3 (2010-12-01). Each item is the
standard's data item of the same number (``"140"`` is I019/140, chapter 5.2);
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
    single("000", "Message Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("140", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    group("550", "System Status", Field("NOGO", 2), *flags("OVL TSV TTF"), spare(3)),
    group(
        "551",
        "Tracking Processor Detailed Status",
        *flags("TP1A TP1B TP2A TP2B TP3A TP3B TP4A TP4B"),
    ),
    repeated(
        "552",
        "Remote Sensor Detailed Status",
        Field("RSI", 8),
        spare(1),
        *flags("RS1090 TX1030 TX1090 RSS RSO"),
        spare(2),
    ),
    extended(
        "553",
        "Reference Transponder Detailed Status",
        (Field("REFTR1", 2), spare(2), Field("REFTR2", 2), spare(1)),
        (Field("REFTR3", 2), spare(2), Field("REFTR4", 2), spare(1)),
    ),
    group(
        "600",
        "Position of the MLT System Reference Point",
        Field("LAT", 32, "signed", 180 / 1073741824, "deg"),
        Field("LON", 32, "signed", 180 / 1073741824, "deg"),
    ),
    single("610", "Height of the MLT System Reference Point", 16, "signed", 1 / 4, "m"),
    single("620", "WGS-84 Undulation", 8, "signed", 1, "m"),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 140 550 551 552 553",  # 1 to 7
    "600 610 620 - - RE SP",  # 8 to 14
)

CAT019 = Category(19, "1.3", ITEMS, {"uap": UAP})
