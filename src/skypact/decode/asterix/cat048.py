"""Category 048, Monoradar Target Reports: items and profile.

Source: EUROCONTROL-SPEC-0149 Part 4, edition 1.32 (2024-07-01). Each item is the
standard's data item of the same number (``"040"`` is I048/040, chapter 5.2);
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

RHO_LSB_NM = 1 / 256  # NM: I048/040, I048/130
ANGLE_LSB_DEG = 360 / 65536  # deg: I048/040, I048/200
DISTANCE_LSB_NM = 1 / 128  # NM: I048/042, I048/210
PHASE_LSB_DEG = 360 / 8192  # deg: I048/130
SPEED_LSB_NM_S = 1 / 16384  # NM/s: I048/200, I048/210

ITEMS = (
    group("010", "Data Source Identifier", Field("SAC", 8), Field("SIC", 8)),
    extended(
        "020",
        "Target Report Descriptor",
        (Field("TYP", 3), *flags("SIM RDP SPI RAB")),
        (*flags("TST ERR XPP ME MI"), Field("FOEFRI", 2)),
        (*flags("ADSB_EP ADSB_VAL SCN_EP SCN_VAL PAI_EP PAI_VAL"), spare(1)),
        (Field("ACASXV_EP", 1), Field("ACASXV_VAL", 4), *flags("POXPR_EP POXPR_VAL")),
        (*flags("POACT_EP POACT_VAL DTFXPR_EP DTFXPR_VAL DTFACT_EP DTFACT_VAL"), spare(1)),
        (*flags("IRMXPR_EP IRMXPR_VAL IRMACT_EP IRMACT_VAL"), spare(3)),
    ),
    repeated(
        "030",
        "Warning/Error Conditions and Target Classification",
        Field("030", 7),
        counter_bytes=0,
    ),
    group(
        "040",
        "Measured Position in Polar Co-ordinates",
        Field("RHO", 16, "unsigned", RHO_LSB_NM, "NM"),
        Field("THETA", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    group(
        "042",
        "Calculated Position in Cartesian Co-ordinates",
        Field("X", 16, "signed", DISTANCE_LSB_NM, "NM"),
        Field("Y", 16, "signed", DISTANCE_LSB_NM, "NM"),
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
        "060",
        "Mode-2 Code Confidence Indicator",
        spare(4),
        *flags("QA4 QA2 QA1 QB4 QB2 QB1 QC4 QC2 QC1 QD4 QD2 QD1"),
    ),
    group("065", "Mode-1 Code Confidence Indicator", spare(3), *flags("QA4 QA2 QA1 QB2 QB1")),
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
        "Flight Level in Binary Representation",
        *flags("V G"),
        Field("FL", 14, "signed", 1 / 4, "FL"),
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
    group("110", "Height Measured by a 3D Radar", spare(2), Field("3DH", 14, "signed", 25, "ft")),
    compound(
        "120",
        "Radial Doppler Speed",
        group(
            "CAL",
            "Calculated Doppler Speed",
            Field("D", 1),
            spare(5),
            Field("CAL", 10, "signed", 1, "m/s"),
        ),
        repeated(
            "RDS",
            "Raw Doppler Speed",
            Field("DOP", 16, "unsigned", 1, "m/s"),
            Field("AMB", 16, "unsigned", 1, "m/s"),
            Field("FRQ", 16, "unsigned", 1, "MHz"),
        ),
    ),
    compound(
        "130",
        "Radar Plot Characteristics",
        single("SRL", "SSR Plot Runlength", 8, "unsigned", PHASE_LSB_DEG, "deg"),
        single("SRR", "Number of Received Replies for (M)SSR", 8, "unsigned"),
        single("SAM", "Amplitude of (M)SSR Reply", 8, "signed", 1, "dBm"),
        single("PRL", "Primary Plot Runlength", 8, "unsigned", PHASE_LSB_DEG, "deg"),
        single("PAM", "Amplitude of Primary Plot", 8, "signed", 1, "dBm"),
        single(
            "RPD", "Difference in Range Between PSR and SSR Plot", 8, "signed", RHO_LSB_NM, "NM"
        ),
        single(
            "APD", "Difference in Azimuth Between PSR and SSR Plot", 8, "signed", 360 / 16384, "deg"
        ),
    ),
    single("140", "Time of Day", 24, "unsigned", 1 / 128, "s"),
    group("161", "Track Number", spare(4), Field("TRN", 12)),
    extended(
        "170",
        "Track Status",
        (Field("CNF", 1), Field("RAD", 2), *flags("DOU MAH"), Field("CDM", 2)),
        (*flags("TRE GHO SUP TCC"), spare(3)),
    ),
    group(
        "200",
        "Calculated Track Velocity in Polar Co-ordinates",
        Field("GSP", 16, "unsigned", SPEED_LSB_NM_S, "NM/s"),
        Field("HDG", 16, "unsigned", ANGLE_LSB_DEG, "deg"),
    ),
    group(
        "210",
        "Track Quality",
        Field("SIGX", 8, "unsigned", DISTANCE_LSB_NM, "NM"),
        Field("SIGY", 8, "unsigned", DISTANCE_LSB_NM, "NM"),
        Field("SIGV", 8, "unsigned", SPEED_LSB_NM_S, "NM/s"),
        Field("SIGH", 8, "unsigned", 360 / 4096, "deg"),
    ),
    single("220", "Aircraft Address", 24),
    group(
        "230",
        "Communications/ACAS Capability and Flight Status",
        Field("COM", 3),
        Field("STAT", 3),
        Field("SI", 1),
        spare(1),
        *flags("MSSC ARC AIC B1A"),
        Field("B1B", 4),
    ),
    single("240", "Aircraft Identification", 48, "ia5"),
    repeated("250", "BDS Register Data", Field("MB", 56, "bds"), Field("BDS", 8)),
    single("260", "ACAS Resolution Advisory Report", 56),
    Item("RE", "Reserved Expansion Field", Explicit()),
    Item("SP", "Special Purpose Field", Explicit()),
)

UAP = profile(
    "010 140 020 040 070 090 130",  # 1 to 7
    "220 240 250 161 042 200 170",  # 8 to 14
    "210 030 080 100 110 120 230",  # 15 to 21
    "260 055 050 065 060 SP RE",  # 22 to 28
)

CAT048 = Category(48, "1.32", ITEMS, {"uap": UAP}, reads=("1.31", "1.30", "1.29", "1.28", "1.27"))
