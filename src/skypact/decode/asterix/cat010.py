"""Category 010, Transmission of Monosensor Surface Movement Data: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 7, edition 1.1 (2007-03-01). Each item is the
standard's data item of the same number (``"040"`` is I010/040, chapter 5.2);
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

ANGLE_LSB_DEG = 360 / 65536  # deg: I010/040, I010/200
WGS84_32_LSB_DEG = 180 / 2147483648  # deg: I010/041
SIGMA_LSB_M = 1 / 4  # m: I010/500

ITEMS = (
    single("000", "Message Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    extended(
        "020",
        "Target Report Descriptor",
        (Field("TYP", 3), *flags("DCR CHN GBS CRT")),
        (*flags("SIM TST RAB"), Field("LOP", 2), Field("TOT", 2)),
        (Field("SPI", 1), spare(6)),
    ),
    group(
        "040",
        "Measured Position in Polar Co-ordinates",
        Field("RHO", 16, "unsigned", 1, "m"),
        Field("TH", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    group(
        "041",
        "Position in WGS-84 Co-ordinates",
        Field("LAT", 32, "signed", WGS84_32_LSB_DEG, "deg"),
        Field("LON", 32, "signed", WGS84_32_LSB_DEG, "deg"),
    ),
    group(
        "042",
        "Position in Cartesian Co-ordinates",
        Field("X", 16, "signed", 1, "m"),
        Field("Y", 16, "signed", 1, "m"),
    ),
    group(
        "060",
        "Mode-3/A Code in Octal Representation",
        *flags("V G L"),
        spare(1),
        Field("MODE3A", 12, "octal"),
    ),
    group(
        "090",
        "Flight Level in Binary Representation",
        *flags("V G"),
        Field("FL", 14, "signed", 1 / 4, "FL"),
    ),
    single("091", "Measured Height", 16, "signed", 25 / 4, "ft"),
    single("131", "Amplitude of Primary Plot", 8),
    single("140", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    group("161", "Track Number", spare(4), Field("TRK", 12)),
    extended(
        "170",
        "Track Status",
        (*flags("CNF TRE"), Field("CST", 2), *flags("MAH TCC STH")),
        (Field("TOM", 2), Field("DOU", 3), Field("MRS", 2)),
        (Field("GHO", 1), spare(6)),
    ),
    group(
        "200",
        "Calculated Track Velocity in Polar Co-ordinates",
        Field("GSP", 16, "unsigned", 1 / 16384, "NM/s"),
        Field("TRA", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    group(
        "202",
        "Calculated Track Velocity in Cartesian Co-ordinates",
        Field("VX", 16, "signed", 1 / 16, "m/s"),
        Field("VY", 16, "signed", 1 / 16, "m/s"),
    ),
    group(
        "210",
        "Calculated Acceleration",
        Field("AX", 8, "signed", 1 / 16, "m/s2"),
        Field("AY", 8, "signed", 1 / 16, "m/s2"),
    ),
    single("220", "Target Address", 24),
    group("245", "Target Identification", Field("STI", 2), spare(6), Field("CHR", 48, "ia5")),
    repeated("250", "Mode S MB Data", Field("MB", 56, "bds"), Field("BDS", 8)),
    extended(
        "270",
        "Target Size and Orientation",
        (Field("LENGTH", 7, "unsigned", 1, "m"),),
        (Field("ORIENTATION", 7, "unsigned", 360 / 128, "deg"),),
        (Field("WIDTH", 7, "unsigned", 1, "m"),),
    ),
    repeated(
        "280",
        "Presence",
        Field("DRHO", 8, "signed", 1, "m"),
        Field("DTHETA", 8, "signed", 3 / 20, "deg"),
    ),
    single("300", "Vehicle Fleet Identification", 8),
    group("310", "Pre-programmed Message", Field("TRB", 1), Field("MSG", 7)),
    group(
        "500",
        "Standard Deviation of Position",
        Field("DEVX", 8, "unsigned", SIGMA_LSB_M, "m"),
        Field("DEVY", 8, "unsigned", SIGMA_LSB_M, "m"),
        Field("COVXY", 16, "signed", SIGMA_LSB_M, "m"),
    ),
    group("550", "System Status", Field("NOGO", 2), *flags("OVL TSV DIV TTF"), spare(2)),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 020 140 041 040 042",  # 1 to 7
    "200 202 161 170 060 220 245",  # 8 to 14
    "250 300 090 091 270 550 310",  # 15 to 21
    "500 280 131 210 - SP RE",  # 22 to 28
)

CAT010 = Category(10, "1.1", ITEMS, {"uap": UAP})
"""Edition 1.1."""
