"""Category 021, ADS-B Target Reports, editions 0.23 to 0.26: items and profile.

Nothing of this first layout but the first two field reference numbers is as in editions 2.1 on.

Source: EUROCONTROL-SPEC-0149 Part 12, edition 0.26 (2005-06-27). Each item is the
standard's data item of the same number (``"030"`` is I021/030, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    Switch,
    compound,
    extended,
    flags,
    group,
    profile,
    repeated,
    replaced,
    single,
    spare,
)

HEIGHT_LSB_FT = 25  # ft: I021/146, I021/148
SPEED_LSB_NM_S = 1 / 16384  # NM/s: I021/150, I021/160
ANGLE_LSB_DEG = 360 / 65536  # deg: I021/152, I021/160
CLIMB_LSB_FT_MIN = 25 / 4  # ft/min: I021/155, I021/157
WGS84_24_LSB_DEG = 180 / 8388608  # deg: I021/110, and I021/130 of edition 0.23

ITEMS = (
    group("010", "Data Source Identification", Field("SAC", 8), Field("SIC", 8)),
    single("020", "Emitter Category", 8),
    single("030", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    single("032", "Time of Day Accuracy", 8, "unsigned", 1 / 256, "s"),
    group(
        "040",
        "Target Report Descriptor",
        *flags("DCR GBS SIM TST RAB SAA SPI"),
        spare(1),
        Field("ATP", 3),
        Field("ARC", 2),
        spare(3),
    ),
    group(
        "070",
        "Mode 3/A Code in Octal Representation",
        *flags("V G L"),
        spare(1),
        Field("MODE3A", 12, "octal"),
    ),
    single("080", "Target Address", 24),
    group(
        "090",
        "Figure of Merit",
        Field("AC", 2),
        Field("MN", 2),
        Field("DC", 2),
        spare(6),
        Field("PA", 4, "signed"),
    ),
    single("095", "Velocity Accuracy", 8),
    compound(
        "110",
        "Trajectory Intent",
        extended("TIS", "Trajectory Intent Status", (*flags("NAV NVB"), spare(5))),
        repeated(
            "TID",
            "Trajectory Intent Data",
            *flags("TCA NC"),
            Field("TCPN", 6),
            Field("ALT", 16, "signed", 10, "ft"),
            Field("LAT", 24, "signed", WGS84_24_LSB_DEG, "deg"),
            Field("LON", 24, "signed", WGS84_24_LSB_DEG, "deg"),
            Field("PT", 4),
            Field("TD", 2),
            *flags("TRA TOA"),
            Field("TOV", 24, "unsigned", 1, "s"),
            Field("TTR", 16, "unsigned", 1 / 100, "NM"),
        ),
    ),
    group(
        "130",
        "Position in WGS-84 Co-ordinates",
        Field("LAT", 32, "signed", 180 / 33554432, "deg"),
        Field("LON", 32, "signed", 180 / 33554432, "deg"),
    ),
    single("131", "Signal Amplitude", 8),
    single("140", "Geometric Altitude", 16, "signed", 25 / 4, "ft"),
    single("145", "Flight Level", 16, "signed", 1 / 4, "FL"),
    group(
        "146",
        "Intermediate State Selected Altitude",
        Field("SAS", 1),
        Field("SRC", 2),
        Field("ALT", 13, "signed", HEIGHT_LSB_FT, "ft"),
    ),
    group(
        "148",
        "Final State Selected Altitude",
        *flags("MV AH AM"),
        Field("ALT", 13, "signed", HEIGHT_LSB_FT, "ft"),
    ),
    group(
        "150",
        "Air Speed",
        Field("IM", 1),
        Field("AS", 15, "unsigned", SPEED_LSB_NM_S, "NM/s", Switch("IM", 1 / 1000, "Mach")),
    ),
    single("151", "True Airspeed", 16, "unsigned", 1, "kt"),
    single("152", "Magnetic Heading", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    single("155", "Barometric Vertical Rate", 16, "signed", CLIMB_LSB_FT_MIN, "ft/min"),
    single("157", "Geometric Vertical Rate", 16, "signed", CLIMB_LSB_FT_MIN, "ft/min"),
    group(
        "160",
        "Ground Vector",
        Field("GS", 16, "signed", SPEED_LSB_NM_S, "NM/s"),
        Field("TA", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    extended(
        "165",
        "Rate Of Turn",
        (Field("TI", 2), spare(5)),
        (Field("ROT", 7, "signed", 1 / 4, "deg/s"),),
    ),
    single("170", "Target Identification", 48, "ia5"),
    single("200", "Target Status", 8),
    group("210", "Link Technology Indicator", spare(3), *flags("DTI MDS UAT VDL OTR")),
    compound(
        "220",
        "Met Information",
        single("WS", "Wind Speed", 16, "unsigned", 1, "kt"),
        single("WD", "Wind Direction", 16, "unsigned", 1, "deg"),
        single("TMP", "Temperature", 16, "signed", 1 / 4, "degC"),
        single("TRB", "Turbulence", 8, "unsigned"),
    ),
    single("230", "Roll Angle", 16, "signed", 1 / 100, "deg"),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 040 030 130 080 140 090",  # 1 to 7
    "210 230 145 150 151 152 155",  # 8 to 14
    "157 160 165 170 095 032 200",  # 15 to 21
    "020 220 146 148 110 070 131",  # 22 to 28
    "- - - - - RE SP",  # 29 to 35
)

CAT021_0_26 = Category(21, "0.26", ITEMS, {"uap": UAP}, reads=("0.25", "0.24"))

CAT021_0_23 = Category(
    21,
    "0.23",
    replaced(
        ITEMS,
        group(
            "130",
            "Position in WGS-84 Co-ordinates",
            Field("LAT", 24, "signed", WGS84_24_LSB_DEG, "deg"),
            Field("LON", 24, "signed", WGS84_24_LSB_DEG, "deg"),
        ),
    ),
    {"uap": (*UAP[:26], None, None, *UAP[28:])},
)
"""Edition 0.23 (2003-11-01): I021/130 is shorter; field reference numbers 27 and 28 are spare."""
