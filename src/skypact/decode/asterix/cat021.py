"""Category 021, ADS-B Target Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 12, edition 2.7 (2025-07-02). Each item is the
standard's data item of the same number (``"040"`` is I021/040, chapter 5.2);
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

TIME_LSB_S = 1 / 128  # s: I021/071, I021/072, I021/073, I021/075 and others
WGS84_24_LSB_DEG = 180 / 8388608  # deg: I021/110, I021/130
WGS84_30_LSB_DEG = 180 / 1073741824  # deg: I021/131
HEIGHT_25_LSB_FT = 25  # ft: I021/146, I021/148
SPEED_LSB_NM_S = 1 / 16384  # NM/s: I021/150, I021/160
ANGLE_LSB_DEG = 360 / 65536  # deg: I021/152, I021/160
CLIMB_LSB_FT_MIN = 25 / 4  # ft/min: I021/155, I021/157
DATA_AGE_LSB_S = 1 / 10  # s: I021/295


def _age(name: str, title: str) -> Item:
    return single(name, title, 8, "unsigned", DATA_AGE_LSB_S, "s")


ITEMS = (
    group(
        "008",
        "Aircraft Operational Status",
        Field("RA", 1),
        Field("TC", 2),
        *flags("TS ARV CDTIA NOTTCAS SA"),
    ),
    group("010", "Data Source Identification", Field("SAC", 8), Field("SIC", 8)),
    single("015", "Service Identification", 8),
    single("016", "Service Management", 8, "unsigned", 1 / 2, "s"),
    single("020", "Emitter Category", 8),
    extended(
        "040",
        "Target Report Descriptor",
        (Field("ATP", 3), Field("ARC", 2), *flags("RC RAB")),
        (*flags("DCR GBS SIM TST SAA"), Field("CL", 2)),
        (spare(1), *flags("LLC IPC NOGO CPR LDPJ RCF")),
        (Field("TBC_EP", 1), Field("TBC_VAL", 6, "unsigned")),
        (Field("MBC_EP", 1), Field("MBC_VAL", 6, "unsigned")),
    ),
    group("070", "Mode 3/A Code in Octal Representation", spare(4), Field("MODE3A", 12, "octal")),
    single("071", "Time of Applicability for Position", 24, "unsigned", TIME_LSB_S, "s"),
    single("072", "Time of Applicability for Velocity", 24, "unsigned", TIME_LSB_S, "s"),
    single("073", "Time of Message Reception for Position", 24, "unsigned", TIME_LSB_S, "s"),
    group(
        "074",
        "Time of Message Reception of Position-High Precision",
        Field("FSI", 2),
        Field("TOMRP", 30, "unsigned", 1 / 1073741824, "s"),
    ),
    single("075", "Time of Message Reception for Velocity", 24, "unsigned", TIME_LSB_S, "s"),
    group(
        "076",
        "Time of Message Reception of Velocity-High Precision",
        Field("FSI", 2),
        Field("TOMRP", 30, "unsigned", 1 / 1073741824, "s"),
    ),
    single("077", "Time of ASTERIX Report Transmission", 24, "unsigned", TIME_LSB_S, "s"),
    single("080", "Target Address", 24),
    extended(
        "090",
        "Quality Indicators",
        (Field("NUCRNACV", 3), Field("NUCPNIC", 4)),
        (Field("NICBARO", 1), Field("SIL", 2), Field("NACP", 4)),
        (spare(2), Field("SILS", 1), Field("SDA", 2), Field("GVA", 2)),
        (Field("PIC", 4), Field("SRC", 1), spare(2)),
        (spare(2), Field("VALSTATE_EP", 1), Field("VALSTATE_VAL", 2), *flags("VD VQ")),
        (Field("VALDISTP1", 7, "unsigned", 128, "m"),),
        (Field("VALDISTP2", 7, "unsigned", 1, "m"),),
        (Field("VALDISTQUALP1", 7, "unsigned", 128, "m"),),
        (Field("VALDISTQUALP2", 7, "unsigned", 1, "m"),),
    ),
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
        Field("LAT", 24, "signed", WGS84_24_LSB_DEG, "deg"),
        Field("LON", 24, "signed", WGS84_24_LSB_DEG, "deg"),
    ),
    group(
        "131",
        "High-Resolution Position in WGS-84 Co-ordinates",
        Field("LAT", 32, "signed", WGS84_30_LSB_DEG, "deg"),
        Field("LON", 32, "signed", WGS84_30_LSB_DEG, "deg"),
    ),
    single("132", "Message Amplitude", 8, "signed", 1, "dBm"),
    single("140", "Geometric Height", 16, "signed", 25 / 4, "ft"),
    single("145", "Flight Level", 16, "signed", 1 / 4, "FL"),
    group(
        "146",
        "Selected Altitude",
        Field("SAS", 1),
        Field("S", 2),
        Field("ALT", 13, "signed", HEIGHT_25_LSB_FT, "ft"),
    ),
    group(
        "148",
        "Final State Selected Altitude",
        *flags("MV AH AM"),
        Field("ALT", 13, "signed", HEIGHT_25_LSB_FT, "ft"),
    ),
    group(
        "150",
        "Air Speed",
        Field("IM", 1),
        Field("AS", 15, "unsigned", SPEED_LSB_NM_S, "NM/s", Switch("IM", 1 / 1000, "Mach")),
    ),
    group("151", "True Airspeed", Field("RE", 1), Field("TAS", 15, "unsigned", 1, "kt")),
    single("152", "Magnetic Heading", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    group(
        "155",
        "Barometric Vertical Rate",
        Field("RE", 1),
        Field("BVR", 15, "signed", CLIMB_LSB_FT_MIN, "ft/min"),
    ),
    group(
        "157",
        "Geometric Vertical Rate",
        Field("RE", 1),
        Field("GVR", 15, "signed", CLIMB_LSB_FT_MIN, "ft/min"),
    ),
    group(
        "160",
        "Airborne Ground Vector",
        Field("RE", 1),
        Field("GS", 15, "unsigned", SPEED_LSB_NM_S, "NM/s"),
        Field("TA", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    group("161", "Track Number", spare(4), Field("TRNUM", 12)),
    group("165", "Track Angle Rate", spare(6), Field("TAR", 10, "signed", 1 / 32, "deg/s")),
    single("170", "Target Identification", 48, "ia5"),
    group("200", "Target Status", *flags("ICF LNAV ME"), Field("PS", 3), Field("SS", 2)),
    group("210", "MOPS Version", spare(1), Field("VNS", 1), Field("VN", 3), Field("LTT", 3)),
    compound(
        "220",
        "Met Information",
        single("WS", "Wind Speed", 16, "unsigned", 1, "kt"),
        single("WD", "Wind Direction", 16, "unsigned", 1, "deg"),
        single("TMP", "Temperature", 16, "signed", 1 / 4, "degC"),
        single("TRB", "Turbulence", 8, "unsigned"),
    ),
    single("230", "Roll Angle", 16, "signed", 1 / 100, "deg"),
    repeated("250", "Mode S MB Data", Field("MB", 56, "bds"), Field("BDS", 8)),
    group(
        "260",
        "ACAS Resolution Advisory Report",
        Field("TYP", 5),
        Field("STYP", 3),
        Field("ARA", 14),
        Field("RAC", 4),
        *flags("RAT MTE"),
        Field("TTI", 2),
        Field("TID", 26),
    ),
    extended(
        "271",
        "Surface Capabilities and Characteristics",
        (spare(2), *flags("POA CDTIS B2LOW RAS IDENT")),
        (Field("LW", 4), spare(3)),
    ),
    compound(
        "295",
        "Data Ages",
        _age("AOS", "Aircraft Operational Status Age"),
        _age("TRD", "Target Report Descriptor Age"),
        _age("M3A", "Mode 3/A Age"),
        _age("QI", "Quality Indicators Age"),
        _age("TI1", "Trajectory Intent Age"),
        _age("MAM", "Message Amplitude Age"),
        _age("GH", "Geometric Height Age"),
        _age("FL", "Flight Level Age"),
        _age("SAL", "Selected Altitude Age"),
        _age("FSA", "Final State Selected Altitude Age"),
        _age("AS", "Air Speed Age"),
        _age("TAS", "True Air Speed Age"),
        _age("MH", "Magnetic Heading Age"),
        _age("BVR", "Barometric Vertical Rate Age"),
        _age("GVR", "Geometric Vertical Rate Age"),
        _age("GV", "Ground Vector Age"),
        _age("TAR", "Track Angle Rate Age"),
        _age("TI2", "Target Identification Age"),
        _age("TS", "Target Status Age"),
        _age("MET", "Met Information Age"),
        _age("ROA", "Roll Angle Age"),
        _age("ARA", "ACAS Resolution Advisory Age"),
        _age("SCC", "Surface Capabilities and Characteristics Age"),
    ),
    single("400", "Receiver ID", 8),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 040 161 015 071 130 131",  # 1 to 7
    "072 150 151 080 073 074 075",  # 8 to 14
    "076 140 090 210 070 230 145",  # 15 to 21
    "152 200 155 157 160 165 077",  # 22 to 28
    "170 020 220 146 148 110 016",  # 29 to 35
    "008 271 132 250 260 400 295",  # 36 to 42
    "- - - - - RE SP",  # 43 to 49
)

CAT021 = Category(21, "2.7", ITEMS, {"uap": UAP}, reads=("2.6", "2.5", "2.4", "2.3", "2.2"))

CAT021_2_1 = Category(
    21,
    "2.1",
    replaced(
        ITEMS,
        extended(
            "271",
            "Surface Capabilities and Characteristics",
            (spare(2), *flags("POA CDTIS B2LOW RAS IDENT")),
            (spare(4), Field("LW", 4)),
        ),
    ),
    {"uap": UAP},
)
"""Edition 2.1: I021/271 is laid out differently, and its last part has no FX bit."""
