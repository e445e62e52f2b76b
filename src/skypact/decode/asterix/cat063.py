"""Category 063, Sensor Status Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 10, edition 1.7 (2025-06-05). Each item is the
standard's data item of the same number (``"040"`` is I063/040, chapter 5.2);
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
    single,
    spare,
)

DISTANCE_LSB_NM = 1 / 128  # NM: I063/080, I063/090
ANGLE_LSB_DEG = 360 / 65536  # deg: I063/081, I063/091, I063/092

ITEMS = (
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("015", "Service Identification", 8),
    single("030", "Time of Message", 24, "unsigned", 1 / 128, "s"),
    group("050", "Sensor Identifier", Field("SAC", 8), Field("SIC", 8)),
    extended(
        "060",
        "Sensor Configuration and Status",
        (Field("CON", 2), *flags("PSR SSR MDS ADS MLT")),
        (*flags("OPS ODP OXT MSC TSV NPW"), spare(1)),
        (*flags("TTF_EP TTF_VAL SPO_EP SPO_VAL"), spare(3)),
    ),
    single("070", "Time Stamping Bias", 16, "signed", 1, "ms"),
    group(
        "080",
        "SSR / Mode S Range Gain and Bias",
        Field("SRG", 16, "signed", 1 / 100000),
        Field("SRB", 16, "signed", DISTANCE_LSB_NM, "NM"),
    ),
    single("081", "SSR Mode S Azimuth Bias", 16, "signed", ANGLE_LSB_DEG, "deg"),
    group(
        "090",
        "PSR Range Gain and Bias",
        Field("PRG", 16, "signed", 1 / 100000),
        Field("PRB", 16, "signed", DISTANCE_LSB_NM, "NM"),
    ),
    single("091", "PSR Azimuth Bias", 16, "signed", ANGLE_LSB_DEG, "deg"),
    single("092", "PSR Elevation Bias", 16, "signed", ANGLE_LSB_DEG, "deg"),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 015 030 050 060 070 080",  # 1 to 7
    "081 090 091 092 - RE SP",  # 8 to 14
)

CAT063 = Category(63, "1.7", ITEMS, {"uap": UAP}, reads=("1.6",))
