"""Category 004, Safety Net Messages: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 17, edition 1.13 (2024-06-04). Each item is the
standard's data item of the same number (``"015"`` is I004/015, chapter 5.2);
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

TIME_LSB_S = 1 / 128  # s: I004/020, I004/070, I004/120 and others
POSITION_LSB_M = 1 / 2  # m: I004/070, I004/075, I004/170 and others
HEIGHT_LSB_FT = 25  # ft: I004/070, I004/076, I004/170 and others
WGS84_LSB_DEG = 180 / 33554432  # deg: I004/170, I004/171
LEVEL_LSB_FL = 1 / 4  # FL: I004/170, I004/171

ITEMS = (
    single("000", "Message Type", 8),
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    repeated("015", "SDPS Identifier", Field("SAC", 8), Field("SIC", 8)),
    single("020", "Time of Message", 24, "unsigned", TIME_LSB_S, "s"),
    single("030", "Track Number 1", 16),
    single("035", "Track Number 2", 16),
    single("040", "Alert Identifier", 16),
    group(
        "045",
        "Area and Alert Status",
        Field("AREA_EP", 1),
        Field("AREA_VAL", 3),
        Field("STAT", 3),
        spare(1),
    ),
    extended(
        "060",
        "Safety Net Function and System Status",
        (*flags("MRVA RAMLD RAMHD MSAW APW CLAM STCA"),),
        (*flags("APM RIMCA ACASRA NTCA DG OF OL"),),
        (*flags("AIW PAIW OCAT SAM VCD CHAM DSAM"),),
        (*flags("DBPSMARR DBPSMDEP DBPSMTL VRAMCRM VRAMVTM VRAMVRM HAMHD"),),
        (*flags("HAMRD HAMVD HVI LTW VPM TTA CRA"),),
        (*flags("ASM IAVM FTD ITD IIA SQW CUW"),),
        (*flags("CATC NOCLR NOMOV NOH WRTY STOCC ONGOING"),),
        (Field("NTZ", 1), spare(6)),
    ),
    compound(
        "070",
        "Conflict Timing and Separation",
        single("TC", "Time to Conflict", 24, "unsigned", TIME_LSB_S, "s"),
        single("TCA", "Time to Closest Approach", 24, "unsigned", TIME_LSB_S, "s"),
        single("CHS", "Current Horizontal Separation", 24, "unsigned", POSITION_LSB_M, "m"),
        single(
            "MHS", "Estimated Minimum Horizontal Separation", 16, "unsigned", POSITION_LSB_M, "m"
        ),
        single("CVS", "Current Vertical Separation", 16, "unsigned", HEIGHT_LSB_FT, "ft"),
        single("MVS", "Estimated Minimum Vertical Separation", 16, "unsigned", HEIGHT_LSB_FT, "ft"),
    ),
    single("074", "Longitudinal Deviation", 16, "signed", 32, "m"),
    single("075", "Transversal Distance Deviation", 24, "signed", POSITION_LSB_M, "m"),
    single("076", "Vertical Deviation", 16, "signed", HEIGHT_LSB_FT, "ft"),
    compound(
        "100",
        "Area Definition",
        single("AN", "Area Name", 48, "ia5"),
        single("CAN", "Crossing Area Name", 56, "ascii"),
        single("RT1", "Runway/Taxiway Designator 1", 56, "ascii"),
        single("RT2", "Runway/Taxiway Designator 2", 56, "ascii"),
        single("SB", "Stop Bar Designator", 56, "ascii"),
        single("G", "Gate Designator", 56, "ascii"),
    ),
    repeated("110", "FDPS Sector Control Identification", Field("CEN", 8), Field("POS", 8)),
    compound(
        "120",
        "Conflict Characteristics",
        extended(
            "CN",
            "Conflict Nature",
            (*flags("MAS CAS FLD FVD TYPE CROSS DIV"),),
            (*flags("RRC RTC MRVA VRAMCRM VRAMVRM VRAMVTM HAMHD"),),
            (*flags("HAMRD HAMVD DBPSMARR DBPSMDEP DBPSMTL AIW"), spare(1)),
        ),
        group("CC", "Conflict Classification", Field("TID", 4), Field("CPC", 3), Field("CS", 1)),
        single("CP", "Conflict Probability", 8, "unsigned", 1 / 2, "%"),
        single("CD", "Conflict Duration", 24, "unsigned", TIME_LSB_S, "s"),
    ),
    compound(
        "170",
        "Aircraft Identification and Characteristics 1",
        single(
            "AI1",
            "Aircraft Identifier (in 7 Characters) of Aircraft 1 Involved in the Conflict",
            56,
            "ascii",
        ),
        group("M31", "Mode 3/A Code Aircraft 1", spare(4), Field("MODE3A", 12, "octal")),
        group(
            "CPW",
            "Predicted Conflict Position Target 1 in WGS-84 Coordinates",
            Field("LAT", 32, "signed", WGS84_LSB_DEG, "deg"),
            Field("LON", 32, "signed", WGS84_LSB_DEG, "deg"),
            Field("ALT", 16, "signed", HEIGHT_LSB_FT, "ft"),
        ),
        group(
            "CPC",
            "Predicted Conflict Position for the Aircraft 1 Involved in the Conflict",
            Field("X", 24, "signed", POSITION_LSB_M, "m"),
            Field("Y", 24, "signed", POSITION_LSB_M, "m"),
            Field("Z", 16, "signed", HEIGHT_LSB_FT, "ft"),
        ),
        single(
            "TT1",
            "Time to Runway Threshold for First Approaching Aircraft in a RIMCA",
            24,
            "unsigned",
            TIME_LSB_S,
            "s",
        ),
        single(
            "DT1",
            "Distance to Runway Threshold for Aircraft 1 Involved in a RIMCA",
            16,
            "unsigned",
            POSITION_LSB_M,
            "m",
        ),
        extended(
            "AC1",
            "Characteristics of Aircraft 1 Involved in the Conflict",
            (Field("GATOAT", 2), Field("FR1FR2", 2), Field("RVSM", 2), Field("HPR", 1)),
            (Field("CDM", 2), *flags("PRI GV"), spare(3)),
        ),
        single(
            "MS1",
            "Downlinked Aircraft Identification of Aircraft 1",
            48,
            "ia5",
        ),
        group(
            "FP1",
            "Number of the Flight Plan Correlated to Aircraft 1 Involved in the Conflict",
            spare(5),
            Field("NBR", 27, "unsigned"),
        ),
        single(
            "CF1",
            "Cleared Flight Level for Aircraft 1 Involved in the Conflict",
            16,
            "unsigned",
            LEVEL_LSB_FL,
            "FL",
        ),
    ),
    compound(
        "171",
        "Aircraft Identification and Characteristics 2",
        single(
            "AI2",
            "Aircraft Identifier (in 7 Characters) of Aircraft 2 Involved in the Conflict",
            56,
            "ascii",
        ),
        group("M32", "Mode 3/A Code Aircraft 2", spare(4), Field("MODE3A", 12, "octal")),
        group(
            "CPW",
            "Predicted Conflict Position Target 2 in WGS-84 Coordinates",
            Field("LAT", 32, "signed", WGS84_LSB_DEG, "deg"),
            Field("LON", 32, "signed", WGS84_LSB_DEG, "deg"),
            Field("ALT", 16, "signed", HEIGHT_LSB_FT, "ft"),
        ),
        group(
            "CPL",
            "Predicted Conflict Position for the Aircraft 2 Involved in the Conflict",
            Field("X", 24, "signed", POSITION_LSB_M, "m"),
            Field("Y", 24, "signed", POSITION_LSB_M, "m"),
            Field("Z", 16, "signed", HEIGHT_LSB_FT, "ft"),
        ),
        single(
            "TT2",
            "Time to Runway Threshold for Second Approaching Aircraft in a RIMCA",
            24,
            "unsigned",
            TIME_LSB_S,
            "s",
        ),
        single(
            "DT2",
            "Distance to Runway Threshold for Aircraft 2 Involved in a RIMCA",
            16,
            "unsigned",
            POSITION_LSB_M,
            "m",
        ),
        extended(
            "AC2",
            "Characteristics of Aircraft 2 Involved in the Conflict",
            (Field("GATOAT", 2), Field("FR1FR2", 2), Field("RVSM", 2), Field("HPR", 1)),
            (Field("CDM", 2), *flags("PRI GV"), spare(3)),
        ),
        single(
            "MS2",
            "Downlinked Aircraft Identification of Aircraft 2",
            48,
            "ia5",
        ),
        group(
            "FP2",
            "Number of the Flight Plan Correlated to Aircraft 2 Involved in the Conflict",
            spare(5),
            Field("NBR", 27, "unsigned"),
        ),
        single(
            "CF2",
            "Cleared Flight Level for Aircraft 2 Involved in the Conflict",
            16,
            "unsigned",
            LEVEL_LSB_FL,
            "FL",
        ),
    ),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 000 015 020 040 045 060",  # 1 to 7
    "030 170 120 070 076 074 075",  # 8 to 14
    "100 035 171 110 - RE SP",  # 15 to 21
)

CAT004 = Category(4, "1.13", ITEMS, {"uap": UAP}, reads=("1.12",))
