"""Category 020, Multilateration Target Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 14, edition 1.11 (2025-07-02). Each item is the
standard's data item of the same number (``"040"`` is I020/040, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    compound,
    extended,
    flags,
    group,
    profile,
    repeated,
    single,
    spare,
)

WGS84_LSB_DEG = 180 / 33554432  # deg: I020/041
POSITION_LSB_M = 1 / 2  # m: I020/042, I020/500
HEIGHT_LSB_FT = 25 / 4  # ft: I020/105, I020/110
VELOCITY_LSB_M_S = 1 / 4  # m/s: I020/202
ACCELERATION_LSB_M_S2 = 1 / 4  # m/s2: I020/210
SIGMA_LSB_M = 1 / 4  # m: I020/500

ITEMS = (
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    extended(
        "020",
        "Target Report Descriptor",
        (*flags("SSR MS HF VDL4 UAT DME OT"),),
        (*flags("RAB SPI CHN GBS CRT SIM TST"),),
        (Field("CF", 2), spare(5)),
    ),
    repeated("030", "Warning/Error Conditions", Field("030", 7), counter_bytes=0),
    group(
        "041",
        "Position In WGS-84 Coordinates",
        Field("LAT", 32, "signed", WGS84_LSB_DEG, "deg"),
        Field("LON", 32, "signed", WGS84_LSB_DEG, "deg"),
    ),
    group(
        "042",
        "Position in Cartesian Coordinates",
        Field("X", 24, "signed", POSITION_LSB_M, "m"),
        Field("Y", 24, "signed", POSITION_LSB_M, "m"),
    ),
    group(
        "050",
        "Mode-2 Code in Octal Representation",
        *flags("V G L"),
        spare(1),
        Field("MODE2", 12, "octal"),
    ),
    group("055", "Mode-1 Code in Octal Representation", *flags("V G L"), Field("MODE1", 5)),
    group(
        "070",
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
    group(
        "100",
        "Mode C Code",
        *flags("V G"),
        spare(2),
        Field("MODEC", 12),
        spare(4),
        *flags("QC1 QA1 QC2 QA2 QC4 QA4 QB1 QD1 QB2 QD2 QB4 QD4"),
    ),
    single("105", "Geometric Height (WGS-84)", 16, "signed", HEIGHT_LSB_FT, "ft"),
    single(
        "110", "Measured Height (Local Cartesian Coordinates)", 16, "signed", HEIGHT_LSB_FT, "ft"
    ),
    single("140", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    group("161", "Track Number", spare(4), Field("TRN", 12)),
    extended(
        "170",
        "Track Status",
        (*flags("CNF TRE CST"), Field("CDM", 2), *flags("MAH STH")),
        (Field("GHO", 1), spare(6)),
    ),
    group(
        "202",
        "Calculated Track Velocity in Cartesian Coordinates",
        Field("VX", 16, "signed", VELOCITY_LSB_M_S, "m/s"),
        Field("VY", 16, "signed", VELOCITY_LSB_M_S, "m/s"),
    ),
    group(
        "210",
        "Calculated Acceleration",
        Field("AX", 8, "signed", ACCELERATION_LSB_M_S2, "m/s2"),
        Field("AY", 8, "signed", ACCELERATION_LSB_M_S2, "m/s2"),
    ),
    single("220", "Target Address", 24),
    group(
        "230",
        "Communications/ACAS Capability and Flight Status",
        Field("COM", 3),
        Field("STAT", 3),
        Field("CASEVN", 2),
        *flags("MSSC ARC AIC B1A"),
        Field("B1B", 4),
    ),
    group("245", "Target Identification", Field("STI", 2), spare(6), Field("CHR", 48, "ia5")),
    repeated("250", "BDS Register Data", Field("MB", 56, "bds"), Field("BDS", 8)),
    single("260", "ACAS Resolution Advisory Report", 56),
    single("300", "Vehicle Fleet Identification", 8),
    group("310", "Pre-programmed Message", Field("TRB", 1), Field("MSG", 7)),
    repeated("400", "Contributing Devices", *flags("BIT1 BIT2 BIT3 BIT4 BIT5 BIT6 BIT7 BIT8")),
    compound(
        "500",
        "Position Accuracy",
        group(
            "DOP",
            "DOP of Position",
            Field("X", 16, "unsigned", 1 / 4),
            Field("Y", 16, "unsigned", 1 / 4),
            Field("XY", 16, "unsigned", 1 / 4),
        ),
        group(
            "SDP",
            "Standard Deviation of Position",
            Field("X", 16, "unsigned", SIGMA_LSB_M, "m"),
            Field("Y", 16, "unsigned", SIGMA_LSB_M, "m"),
            Field("XY", 16, "unsigned", 1 / 4),
        ),
        single(
            "SDH",
            "Standard Deviation of Geometric Height (WGS 84)",
            16,
            "unsigned",
            POSITION_LSB_M,
            "m",
        ),
    ),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 020 140 041 042 161 170",  # 1 to 7
    "070 202 090 100 220 245 110",  # 8 to 14
    "105 210 300 310 500 400 250",  # 15 to 21
    "230 260 030 055 050 RE SP",  # 22 to 28
)

CAT020 = Category(20, "1.11", ITEMS, {"uap": UAP}, reads=("1.10", "1.9"))
