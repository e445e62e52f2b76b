"""Category 129, UAS Identification Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 29, edition 1.2 (2019-06-12). Each item is the standard's data
item of the same number (``"080"`` is I129/080, chapter 5.2); the profile by field reference number
is chapter 5.3. Table 2 gives I129/120 one octet, chapter 5.2.12 three, of which it describes the
first: three are read here.
"""

from skypact.decode.asterix.spec import (
    Category,
    Explicit,
    Field,
    Item,
    group,
    profile,
    single,
    spare,
)

WGS84_LSB_DEG = 180 / 1073741824  # deg: I129/080
ALTITUDE_LSB_M = 1 / 10  # m: I129/090, I129/100
SPEED_LSB_M_S = 1 / 100  # m/s: I129/185, I129/220

ITEMS = (
    group("010", "Data Source Identification", Field("SAC", 8), Field("SIC", 8)),
    group("015", "Data Destination Identification", Field("DAC", 8), Field("DIC", 8)),
    single("020", "UAS Manufacturer Identification", 24, "ascii"),
    single("030", "UAS Model Identification", 24, "ascii"),
    single("040", "UAS Serial Number", 96),
    single("050", "UAS Registration Country", 16, "ascii"),
    single("070", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    group(
        "080",
        "Position in WGS-84 Co-ordinates",
        Field("LAT", 32, "signed", WGS84_LSB_DEG, "deg"),
        Field("LON", 32, "signed", WGS84_LSB_DEG, "deg"),
    ),
    single("090", "Altitude above Mean Sea Level", 24, "signed", ALTITUDE_LSB_M, "m"),
    single("100", "Altitude above Ground Level", 24, "signed", ALTITUDE_LSB_M, "m"),
    single("110", "GNSS Signal Accuracy", 16, "unsigned", 1, "m"),
    group(
        "120",
        "Operational Risk Levels",
        Field("UCC", 2),
        Field("ARC", 2),
        Field("AEC", 4),
        Field("REST", 16),
    ),
    group(
        "185",
        "Horizontal Velocity",
        Field("HVX", 20, "signed", SPEED_LSB_M_S, "m/s"),
        Field("HVY", 20, "signed", SPEED_LSB_M_S, "m/s"),
    ),
    group("220", "Vertical Velocity", spare(4), Field("VV", 20, "signed", SPEED_LSB_M_S, "m/s")),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 015 020 030 040 050 070",  # 1 to 7
    "080 090 100 110 120 SP 185",  # 8 to 14
    "220 - - - - - -",  # 15 to 21
)

CAT129 = Category(129, "1.2", ITEMS, {"uap": UAP})
"""Edition 1.2. A data block holds one record (chapter 4.4)."""
