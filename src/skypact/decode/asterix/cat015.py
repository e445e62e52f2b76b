"""Category 015, Independent Non-Cooperative Surveillance System Target Reports.

Source: EUROCONTROL-SPEC-0149, edition 1.2 (2024-05-01). Each item is the
standard's data item of the same number (``"015"`` is I015/015, chapter 5.2);
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

TIME_LSB_S = 1 / 128  # s: I015/050, I015/145
SIZE_LSB_M = 1 / 100  # m: I015/270, I015/601
AZIMUTH_LSB_DEG = 360 / 65536  # deg: I015/270, I015/627, I015/631
CORRELATION_LSB = 1 / 128  # no unit: I015/600, I015/601, I015/602 and others
INTERVAL_LSB_M = 16  # m: I015/601
SPEED_LSB_M_S = 1 / 100  # m/s: I015/602, I015/604, I015/626
ACCELERATION_LSB_M_S2 = 1 / 16  # m/s2: I015/603
RANGE_LSB_M = 1 / 10  # m: I015/625
RANGE_RATE_LSB_M_S = 1 / 10  # m/s: I015/625
RANGE_ACCELERATION_LSB_M_S2 = 1 / 64  # m/s2: I015/625, I015/626
SIGMA_LSB_DEG = 360 / 524288  # deg: I015/627, I015/628
ELEVATION_LSB_DEG = 180 / 65536  # deg: I015/627, I015/628, I015/631

ITEMS = (
    group("000", "Message Type", Field("MT", 7), Field("RG", 1)),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("015", "Service Identification", 8),
    extended(
        "020",
        "Target Report Descriptor",
        (Field("MOMU", 2), Field("TTAX", 2), Field("SCD", 2), spare(1)),
    ),
    repeated("030", "Warning/Error Conditions", Field("030", 7), counter_bytes=0),
    group("050", "Update Period", spare(2), Field("UPD", 14, "unsigned", TIME_LSB_S, "s")),
    single("145", "Time of Applicability", 24, "unsigned", TIME_LSB_S, "s"),
    single("161", "Track/Plot Number", 16, "unsigned"),
    extended(
        "170", "Track/Plot Status", (*flags("BIZ BAZ TUR"), spare(1), *flags("CSTP CSTH CNF"))
    ),
    compound(
        "270",
        "Target Size & Orientation",
        single("LEN", "Target Length", 16, "unsigned", SIZE_LSB_M, "m"),
        single("WDT", "Target Width", 16, "unsigned", SIZE_LSB_M, "m"),
        single("HGT", "Target Height", 16, "unsigned", SIZE_LSB_M, "m"),
        single("ORT", "Target Orientation", 16, "unsigned", AZIMUTH_LSB_DEG, "deg"),
    ),
    repeated(
        "300", "Object Classification", Field("CLS", 9, "unsigned"), Field("PRB", 7, "unsigned")
    ),
    group(
        "400", "Measurement Identifier", Field("PID", 16, "unsigned"), Field("ON", 24, "unsigned")
    ),
    repeated("480", "Associations", Field("480", 40)),
    compound(
        "600",
        "Horizontal Position Information",
        group(
            "P84",
            "Horizontal Position in WGS-84 Coordinates",
            Field("LATITUDE", 32, "signed", 180 / 2147483648, "deg"),
            Field("LONGITUDE", 32, "signed", 180 / 2147483648, "deg"),
        ),
        group(
            "HPR",
            "Horizontal Position Resolution",
            Field("RSHPX", 16, "unsigned", 1 / 2, "m"),
            Field("RSHPY", 16, "unsigned", 1 / 2, "m"),
            Field("CORSHPXY", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "HPP",
            "Horizontal Position Precision",
            Field("SDHPX", 16, "unsigned", 1 / 4, "m"),
            Field("SDHPY", 16, "unsigned", 1 / 4, "m"),
            Field("COSDHPXY", 8, "signed", CORRELATION_LSB),
        ),
    ),
    compound(
        "601",
        "Geometric Height Information",
        single("GH", "Geometric Height (WGS-84)", 24, "signed", SIZE_LSB_M, "m"),
        single("RSGH", "Geometric Height Resolution", 24, "unsigned", SIZE_LSB_M, "m"),
        single("SDGH", "Geometric Height Precision", 24, "unsigned", SIZE_LSB_M, "m"),
        group(
            "CI6",
            "Confidence Interval for Geometric Height (67%)",
            Field("UCI6", 12, "unsigned", INTERVAL_LSB_M, "m"),
            Field("LCI6", 12, "unsigned", INTERVAL_LSB_M, "m"),
        ),
        group(
            "CI9",
            "Confidence Interval for Geometric Height (95%)",
            Field("UCI9", 12, "unsigned", INTERVAL_LSB_M, "m"),
            Field("LCI9", 12, "unsigned", INTERVAL_LSB_M, "m"),
        ),
        group(
            "COGHHP",
            "Correlation of Geometric Height and Horizontal Position",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COGHHV",
            "Correlation of Geometric Height and Horizontal Velocity",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COGHHA",
            "Correlation of Geometric Height and Horizontal Acceleration",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
    ),
    compound(
        "602",
        "Horizontal Velocity Information",
        group(
            "HV",
            "Horizontal Velocity Vector",
            Field("X", 20, "signed", SPEED_LSB_M_S, "m/s"),
            Field("Y", 20, "signed", SPEED_LSB_M_S, "m/s"),
        ),
        group(
            "RSHV",
            "Horizontal Velocity Resolution",
            Field("X", 16, "unsigned", SPEED_LSB_M_S, "m/s"),
            Field("Y", 16, "unsigned", SPEED_LSB_M_S, "m/s"),
            Field("CORSHVXY", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "SDHV",
            "Horizontal Velocity Precision",
            Field("X", 16, "unsigned", SPEED_LSB_M_S, "m/s"),
            Field("Y", 16, "unsigned", SPEED_LSB_M_S, "m/s"),
            Field("COHVXY", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COHVHP",
            "Correlation of Horizontal Velocity and Horizontal Position",
            Field("COHVXHPX", 8, "signed", CORRELATION_LSB),
            Field("COHVXHPY", 8, "signed", CORRELATION_LSB),
            Field("COHVYHPX", 8, "signed", CORRELATION_LSB),
            Field("COHVYHPY", 8, "signed", CORRELATION_LSB),
        ),
    ),
    compound(
        "603",
        "Horizontal Acceleration Information",
        group(
            "HA",
            "Horizontal Acceleration Vector",
            Field("X", 12, "signed", ACCELERATION_LSB_M_S2, "m/s2"),
            Field("Y", 12, "signed", ACCELERATION_LSB_M_S2, "m/s2"),
        ),
        group(
            "SDHA",
            "Horizontal Acceleration Precision",
            Field("X", 12, "unsigned", ACCELERATION_LSB_M_S2, "m/s2"),
            Field("Y", 12, "unsigned", ACCELERATION_LSB_M_S2, "m/s2"),
            Field("COHAXY", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COHAHP",
            "Correlation of Horizontal Acceleration and Horizontal Position",
            Field("COHAXHPX", 8, "signed", CORRELATION_LSB),
            Field("COHAXHPY", 8, "signed", CORRELATION_LSB),
            Field("COHAYHPX", 8, "signed", CORRELATION_LSB),
            Field("COAYHPY", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COHAHV",
            "Correlation of Horizontal Acceleration and Horizontal Velocity",
            Field("COHAXHVX", 8, "signed", CORRELATION_LSB),
            Field("COHAXHVY", 8, "signed", CORRELATION_LSB),
            Field("COHAYHVX", 8, "signed", CORRELATION_LSB),
            Field("COHAYHVY", 8, "signed", CORRELATION_LSB),
        ),
    ),
    compound(
        "604",
        "Vertical Velocity Information",
        single("VV", "Vertical Velocity", 24, "signed", SPEED_LSB_M_S, "m/s"),
        single("RSVV", "Vertical Velocity Resolution", 16, "unsigned", SPEED_LSB_M_S, "m/s"),
        group(
            "SDVV",
            "Vertical Velocity Precision",
            Field("SDVV", 16, "unsigned", SPEED_LSB_M_S, "m/s"),
            Field("COVVGH", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COVVHP",
            "Correlation of Vertical Velocity and Horizontal Position",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COVVHV",
            "Correlation of Vertical Velocity and Horizontal Velocity",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COVVHA",
            "Correlation of Vertical Velocity and Horizontal Acceleration",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
    ),
    compound(
        "605",
        "Vertical Velocity Information",
        single("VA", "Vertical Acceleration", 16, "signed", 1 / 100, "m/s2"),
        group(
            "RSVA",
            "Vertical Acceleration Precision",
            Field("SDVA", 16, "unsigned", 1 / 100, "m/s2"),
            Field("COVAGH", 8, "signed", CORRELATION_LSB),
            Field("COVAVV", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COVAHP",
            "Correlation of Vertical Acceleration and Horizontal Position",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COVAHV",
            "Correlation of Vertical Acceleration and Horizontal Velocity",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "COVAHA",
            "Correlation of Vertical Acceleration and Horizontal Acceleration",
            Field("X", 8, "signed", CORRELATION_LSB),
            Field("Y", 8, "signed", CORRELATION_LSB),
        ),
    ),
    compound(
        "625",
        "Range Information",
        single("R", "Range", 24, "signed", RANGE_LSB_M, "m"),
        single("RSR", "Range Resolution", 24, "unsigned", RANGE_LSB_M, "m"),
        single("SDR", "Range Precision", 24, "unsigned", RANGE_LSB_M, "m"),
        single("RR", "Range Rate", 24, "signed", RANGE_RATE_LSB_M_S, "m/s"),
        single("RSRR", "Range Rate Resolution", 24, "unsigned", RANGE_RATE_LSB_M_S, "m/s"),
        group(
            "SDRR",
            "Range Rate Precision",
            Field("SDRR", 24, "unsigned", RANGE_RATE_LSB_M_S, "m/s"),
            Field("CORRR", 8, "signed", CORRELATION_LSB),
        ),
        single("RA", "Range Acceleration", 16, "signed", RANGE_ACCELERATION_LSB_M_S2, "m/s2"),
        group(
            "SDRA",
            "Range Acceleration Precision",
            Field("SDRA", 16, "unsigned", 1 / 128, "m/s2"),
            Field("CORAR", 8, "signed", CORRELATION_LSB),
            Field("CORARR", 8, "signed", CORRELATION_LSB),
        ),
    ),
    compound(
        "626",
        "Doppler Information",
        single("DV", "Doppler Velocity", 24, "signed", SPEED_LSB_M_S, "m/s"),
        single("SDDV", "Precision of Doppler Velocity", 16, "unsigned", 1 / 64, "m/s"),
        single("DA", "Doppler Acceleration", 16, "signed", RANGE_ACCELERATION_LSB_M_S2, "m/s2"),
        group(
            "SDDA",
            "Precision of Doppler Acceleration",
            Field("SDDA", 16, "unsigned", RANGE_ACCELERATION_LSB_M_S2, "m/s2"),
            Field("CODADV", 8, "signed", CORRELATION_LSB),
        ),
        single("CODVR", "Correlation of Doppler Velocity and Range", 8, "signed", CORRELATION_LSB),
        single(
            "CODVRR", "Correlation of Doppler Velocity and Range Rate", 8, "signed", CORRELATION_LSB
        ),
        single(
            "CODVRA",
            "Correlation of Doppler Velocity and Range Acceleration",
            8,
            "signed",
            CORRELATION_LSB,
        ),
        single(
            "CODAR", "Correlation of Doppler Acceleration and Range", 8, "signed", CORRELATION_LSB
        ),
        single(
            "CODARR",
            "Correlation of Doppler Acceleration and Range Rate",
            8,
            "signed",
            CORRELATION_LSB,
        ),
        single(
            "CODARA",
            "Correlation of Doppler Acceleration and Range Acceleration",
            8,
            "signed",
            CORRELATION_LSB,
        ),
    ),
    compound(
        "627",
        "Azimuth Information",
        single("AZ", "Azimuth", 16, "unsigned", AZIMUTH_LSB_DEG, "deg"),
        single("RSAZ", "Azimuth Resolution", 16, "unsigned", SIGMA_LSB_DEG, "deg"),
        single("SDASZ", "Standard Deviation of Azimuth", 16, "unsigned", SIGMA_LSB_DEG, "deg"),
        single("AZR", "Azimuth Rate", 16, "signed", ELEVATION_LSB_DEG, "deg"),
        group(
            "SDAZR",
            "Standard Deviation of Azimuth Rate",
            Field("SDAZR", 16, "unsigned", SIGMA_LSB_DEG, "deg"),
            Field("COAZRAZ", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "AZEX",
            "Azimuth Extent",
            Field("S", 16, "unsigned", AZIMUTH_LSB_DEG, "deg"),
            Field("E", 16, "unsigned", AZIMUTH_LSB_DEG, "deg"),
        ),
    ),
    compound(
        "628",
        "Elevation Information",
        single("EL", "Elevation", 16, "signed", ELEVATION_LSB_DEG, "deg"),
        single("RSEL", "Elevation Resolution", 16, "unsigned", SIGMA_LSB_DEG, "deg"),
        single("SDEL", "Standard Deviation of Elevation", 16, "unsigned", SIGMA_LSB_DEG, "deg"),
        single("ER", "Elevation Rate", 16, "signed", 180 / 65536, "deg/s"),
        group(
            "SDER",
            "Standard Deviation of Elevation Rate",
            Field("SDELR", 16, "unsigned", 360 / 524288, "deg/s"),
            Field("COELREL", 8, "signed", CORRELATION_LSB),
        ),
        group(
            "ELEX",
            "Elevation Extent",
            Field("S", 16, "signed", ELEVATION_LSB_DEG, "deg"),
            Field("E", 16, "signed", ELEVATION_LSB_DEG, "deg"),
        ),
    ),
    compound(
        "630",
        "Path Quality",
        single("DPP", "Direct Path - Power", 8, "signed", 1, "dB"),
        single("DPS", "Direct Path - Signal to Noise Ratio (SNR)", 8, "signed", 1, "dB"),
        group("RPP", "Reflected Path - Power", spare(7), Field("RPP", 9, "signed", 1, "dB")),
        single("RPS", "Reflected Path - Signal to Noise Ratio (SNR)", 8, "signed", 1, "dB"),
    ),
    repeated(
        "631",
        "Contour (Azimuth, Elevation Angle, Range Extent)",
        Field("AZCON", 16, "unsigned", AZIMUTH_LSB_DEG, "deg"),
        Field("ELCON", 16, "signed", ELEVATION_LSB_DEG, "deg"),
        Field("RGCONSTOP", 16, "unsigned", 625 / 4096, "m"),
        Field("RGCONSTART", 16, "unsigned", 625 / 4096, "m"),
    ),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 015 020 030 145 161",  # 1 to 7
    "170 050 270 300 400 600 601",  # 8 to 14
    "602 603 604 605 480 625 626",  # 15 to 21
    "627 628 630 631 SP - -",  # 22 to 28
)

CAT015 = Category(
    15,
    "1.2",
    ITEMS,
    {"uap": UAP},
    reads=(
        "1.1",
        "1.0",
    ),
)
