"""Category 001, Transmission of Monoradar Data Target Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 2a, edition 1.4 (2022-08-18). Each item is the
standard's data item of the same number (``"040"`` is I001/040, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    RandomFields,
    extended,
    flags,
    group,
    profile,
    repeated,
    single,
    spare,
)

ANGLE_LSB_DEG = 360 / 65536  # deg: I001/040, I001/200
XY_LSB_NM = 1 / 64  # NM: I001/042

ITEMS = (
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    extended(
        "020",
        "Target Report Descriptor",
        (*flags("TYP SIM"), Field("SSRPSR", 2), *flags("ANT SPI RAB")),
        (Field("TST", 1), Field("DS1DS2", 2), *flags("ME MI"), spare(2)),
    ),
    repeated("030", "Warning/Error Conditions", Field("030", 7), counter_bytes=0),
    group(
        "040",
        "Measured Position in Polar Co-ordinates",
        Field("RHO", 16, "unsigned", 1 / 128, "NM"),
        Field("THETA", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    group(
        "042",
        "Calculated Position in Cartesian Co-ordinates",
        Field("X", 16, "signed", XY_LSB_NM, "NM"),
        Field("Y", 16, "signed", XY_LSB_NM, "NM"),
    ),
    group(
        "050",
        "Mode-2 Code in Octal Representation",
        *flags("V G L"),
        spare(1),
        Field("MODE2", 12, "octal"),
    ),
    group(
        "060",
        "Mode-2 Code Confidence Indicator",
        spare(4),
        *flags("QA4 QA2 QA1 QB4 QB2 QB1 QC4 QC2 QC1 QD4 QD2 QD1"),
    ),
    group(
        "070",
        "Mode-3/A Code in Octal Representation",
        *flags("V G L"),
        spare(1),
        Field("MODE3A", 12, "octal"),
    ),
    group(
        "080",
        "Mode-3/A Code Confidence Indicator",
        spare(4),
        *flags("QA4 QA2 QA1 QB4 QB2 QB1 QC4 QC2 QC1 QD4 QD2 QD1"),
    ),
    group(
        "090",
        "Mode-C Code in Binary Representation",
        *flags("V G"),
        Field("HGT", 14, "signed", 1 / 4, "FL"),
    ),
    group(
        "100",
        "Mode-C Code and Code Confidence Indicator",
        *flags("V G"),
        spare(2),
        Field("MODEC", 12),
        spare(4),
        *flags("QC1 QA1 QC2 QA2 QC4 QA4 QB1 QD1 QB2 QD2 QB4 QD4"),
    ),
    single("120", "Measured Radial Doppler Speed", 8, "signed", 1 / 256, "NM/s"),
    repeated("130", "Radar Plot Characteristics", Field("130", 7), counter_bytes=0),
    single("131", "Received Power", 8, "signed", 1, "dBm"),
    single("141", "Truncated Time of Day", 16, "unsigned", 1 / 128, "s"),
    group(
        "150",
        "Presence of X-Pulse",
        Field("XA", 1),
        spare(1),
        Field("XC", 1),
        spare(2),
        Field("X2", 1),
        spare(2),
    ),
    single("161", "Track Plot Number", 16),
    extended(
        "170",
        "Track Status",
        (*flags("CON RAD MAN DOU RDPC"), spare(1), Field("GHO", 1)),
        (Field("TRE", 1), spare(6)),
    ),
    group(
        "200",
        "Calculated Track Velocity in Polar Co-ordinates",
        Field("GSP", 16, "unsigned", 1 / 16384, "NM/s"),
        Field("HDG", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    repeated("210", "Track Quality", Field("210", 7), counter_bytes=0),
    Item("SP", "Special Purpose Field", Explicit()),
    Item("RFS", "Random Field Sequencing", RandomFields()),
)

PLOT = profile(
    "010 020 040 070 090 130 141",  # 1 to 7
    "050 120 131 080 100 060 030",  # 8 to 14
    "150 - - - - SP RFS",  # 15 to 21
)
TRACK = profile(
    "010 020 161 040 042 200 070",  # 1 to 7
    "090 141 130 131 120 170 210",  # 8 to 14
    "050 080 100 060 030 SP RFS",  # 15 to 21
    "150",  # 22 to 22
)

CAT001 = Category(
    1, "1.4", ITEMS, {"plot": PLOT, "track": TRACK}, selector=("020", "TYP"), reads=("1.3", "1.2")
)
