"""Category 034, Transmission of Monoradar Service Messages: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 2b, edition 1.29 (2021-03-15). Each item is the
standard's data item of the same number (``"040"`` is I034/040, chapter 5.2);
the profile by field reference number is chapter 5.3.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    compound,
    flags,
    group,
    profile,
    repeated,
    single,
    spare,
)

TIME_LSB_S = 1 / 128  # s: I034/030, I034/041
RHO_LSB_NM = 1 / 256  # NM: I034/100
ANGLE_LSB_DEG = 360 / 65536  # deg: I034/100
WGS84_24_LSB_DEG = 180 / 8388608  # deg: I034/120

ITEMS = (
    single("000", "Message Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("020", "Sector Number", 8, "unsigned", 360 / 256, "deg"),
    single("030", "Time of Day", 24, "unsigned", TIME_LSB_S, "s"),
    single("041", "Antenna Rotation Speed", 16, "unsigned", TIME_LSB_S, "s"),
    compound(
        "050",
        "System Configuration and Status",
        group("COM", "Common Part", *flags("NOGO RDPC RDPR OVLRDP OVLXMT MSC TSV"), spare(1)),
        None,
        None,
        group(
            "PSR",
            "Specific Status Information for a PSR Sensor",
            Field("ANT", 1),
            Field("CHAB", 2),
            *flags("OVL MSC"),
            spare(3),
        ),
        group(
            "SSR",
            "Specific Status Information for a SSR Sensor",
            Field("ANT", 1),
            Field("CHAB", 2),
            *flags("OVL MSC"),
            spare(3),
        ),
        group(
            "MDS",
            "Specific Status Information for a Mode S Sensor",
            Field("ANT", 1),
            Field("CHAB", 2),
            *flags("OVLSUR MSC SCF DLF OVLSCF OVLDLF"),
            spare(7),
        ),
    ),
    compound(
        "060",
        "System Processing Mode",
        group("COM", "Common Part", spare(1), Field("REDRDP", 3), Field("REDXMT", 3), spare(1)),
        None,
        None,
        group(
            "PSR",
            "Specific Processing Mode Information for a PSR Sensor",
            Field("POL", 1),
            Field("REDRAD", 3),
            Field("STC", 2),
            spare(2),
        ),
        group(
            "SSR",
            "Specific Processing Mode Information for a SSR Sensor",
            Field("REDRAD", 3),
            spare(5),
        ),
        group(
            "MDS",
            "Specific Processing Mode Information for a Mode S Sensor",
            Field("REDRAD", 3),
            Field("CLU", 1),
            spare(4),
        ),
    ),
    repeated("070", "Message Count Values", Field("TYP", 5), Field("COUNT", 11, "unsigned")),
    group(
        "090",
        "Collimation Error",
        Field("RNG", 8, "signed", 1 / 128, "NM"),
        Field("AZM", 8, "signed", 360 / 16384, "deg"),
    ),
    group(
        "100",
        "Generic Polar Window",
        Field("RHOST", 16, "unsigned", RHO_LSB_NM, "NM"),
        Field("RHOEND", 16, "unsigned", RHO_LSB_NM, "NM"),
        Field("THETAST", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
        Field("THETAEND", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    single("110", "Data Filter", 8),
    group(
        "120",
        "3D-Position Of Data Source",
        Field("HGT", 16, "signed", 1, "m"),
        Field("LAT", 24, "signed", WGS84_24_LSB_DEG, "deg"),
        Field("LON", 24, "signed", WGS84_24_LSB_DEG, "deg"),
    ),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 030 020 041 050 060",  # 1 to 7
    "070 100 110 120 090 RE SP",  # 8 to 14
)

CAT034 = Category(34, "1.29", ITEMS, {"uap": UAP}, reads=("1.28", "1.27"))
