"""Items worked out by hand from the standard's bit layouts: bytes on one side, values on the other.

Each case names the arithmetic, so that a reader can redo it with a pencil.
"""

import pytest

from skypact.decode.asterix.records import decode_record
from skypact.decode.asterix.registry import category
from skypact.encode.asterix import encode_record

SOURCE = {"SAC": 0x19, "SIC": 0x0B}

# number, record in hexadecimal (FSPEC, I/010, item), item, value
CASES = [
    # I048/040 is FRN 4: FSPEC 1001 0000. RHO 0x4000/256 = 64 NM; THETA 0x2000/65536 of 360 = 45.
    (48, "90 190B 4000 2000", "040", {"RHO": 64.0, "THETA": 45.0}),
    # I048/140 is FRN 2: 0x2A3000 = 2,764,800; /128 = 21,600 s = 06:00 UTC.
    (48, "C0 190B 2A3000", "140", 21_600.0),
    # I048/070 is FRN 5: V=1 G=0 L=0 spare, then 111 111 000 000 = 7700.
    (48, "88 190B 8FC0", "070", {"V": 1, "G": 0, "L": 0, "MODE3A": 7700}),
    # I048/090 is FRN 6: 14 bits 00 0101 0111 1000 = 1400; /4 = FL 350.
    (48, "84 190B 0578", "090", {"V": 0, "G": 0, "FL": 350.0}),
    # The same below the sea: V=0 G=1, 14 bits all ones = -1; /4 = FL -0.25.
    (48, "84 190B 7FFF", "090", {"V": 0, "G": 1, "FL": -0.25}),
    # I048/220 is FRN 8, the first of the second octet.
    (48, "81 80 190B 4CA1B2", "220", 0x4CA1B2),
    # I048/240 is FRN 9: "BAW123  " in six bits: B 02, A 01, W 17 (hex), 1 31, 2 32, 3 33, space 20.
    # 000010 000001 010111 110001 110010 110011 100000 100000 = 08 15 F1 CB 38 20.
    (48, "81 40 190B 0815F1CB3820", "240", "BAW123"),
    # I048/030 is FRN 16: seven bits and FX: 0x21 = code 16, more; 0x02 = code 1, end.
    (48, "81 01 40 190B 21 02", "030", [16, 1]),
    # I048/250 is FRN 10: one register, 56 bits, then BDS 5,0.
    (
        48,
        "81 20 190B 01 81951536E024D4 50",
        "250",
        [{"MB": 0x81951536E024D4, "BDS": 0x50}],
    ),
    # I062/105 is FRN 5: 0x00800000 * 180 / 2^25 = 45 deg; 0xFFE00000 = -2^21 gives -11.25 deg.
    (62, "88 190B 00800000 FFE00000", "105", {"LAT": 45.0, "LON": -11.25}),
    # I062/185 is FRN 7: 0x0190 = 400; /4 = 100 m/s; 0xFE70 = -400; -100 m/s.
    (62, "82 190B 0190 FE70", "185", {"VX": 100.0, "VY": -100.0}),
    # I062/136 is FRN 17, in the third octet: 0x0578/4 = FL 350.
    (62, "81 01 20 190B 0578", "136", 350.0),
    # I062/380 is FRN 11. Subitems 1 (ADR) and 4 (IAS): primary 1001 0000. IM=0: 0x1000/2^14 NM/s.
    (62, "81 10 190B 90 4CA1B2 1000", "380", {"ADR": 0x4CA1B2, "IAS": {"IM": 0, "IAS": 0.25}}),
    # The same with IM=1: 15 bits 0x0320 = 800; /1000 = Mach 0.8.
    (62, "81 10 190B 10 8320", "380", {"IAS": {"IM": 1, "IAS": 0.8}}),
    # I010/042 is FRN 7: 0x7FFF = 32,767 m; 0x8000 = -32,768 m, where X and Y saturate.
    (10, "82 190B 7FFF 8000", "042", {"X": 32_767, "Y": -32_768}),
    # I034/120 is FRN 11: height 0x0100 = 256 m; 24 bits 0x400000 * 180 / 2^23 = 90 deg.
    (34, "81 10 190B 0100 400000 C00000", "120", {"HGT": 256, "LAT": 90.0, "LON": -90.0}),
    # RE is FRN 28 of category 048: length 3 counts itself.
    (48, "81 01 01 02 190B 03 ABCD", "RE", b"\xab\xcd"),
    # I048/020 is FRN 3: TYP 101, SPI set, then FX; TST..FOEFRI: ME set; no more.
    (
        48,
        "A0 190B A5 10",
        "020",
        {
            "TYP": 5,
            "SIM": 0,
            "RDP": 0,
            "SPI": 1,
            "RAB": 0,
            "TST": 0,
            "ERR": 0,
            "XPP": 0,
            "ME": 1,
            "MI": 0,
            "FOEFRI": 0,
        },
    ),
]


@pytest.mark.parametrize(("number", "text", "item", "value"), CASES)
def test_bytes_decode_to_the_values_worked_out_by_hand(number, text, item, value):
    data = bytes.fromhex(text)
    record, offset = decode_record(category(number), data, 0, len(data))
    assert offset == len(data)
    assert record == {"010": SOURCE, item: value}


@pytest.mark.parametrize(("number", "text", "item", "value"), CASES)
def test_values_worked_out_by_hand_encode_to_their_bytes(number, text, item, value):
    assert encode_record(category(number), {item: value, "010": SOURCE}) == bytes.fromhex(text)


def test_category_001_takes_its_profile_from_the_type_of_report():
    # TYP 0, plot: FRN 3 is I001/040, RHO 0x4000/128 = 128 NM. TYP 1, track: FRN 3 is I001/161.
    plot = bytes.fromhex("E0 190B 20 4000 2000")
    track = bytes.fromhex("E0 190B A0 0123")
    assert decode_record(category(1), plot, 0, len(plot))[0]["040"]["RHO"] == 128.0
    assert decode_record(category(1), track, 0, len(track))[0]["161"] == 0x123


def test_random_fields_are_read_by_their_reference_numbers():
    # Plot profile, FRN 21: presence 1000 0001, 0000 0001, 0000 0010; one field, FRN 4 (I001/070).
    values = {"010": SOURCE, "RFS": [("070", {"V": 0, "G": 0, "L": 0, "MODE3A": 1234})]}
    data = encode_record(category(1), values)
    assert data == bytes.fromhex("81 01 02 190B 01 04 029C")
    assert decode_record(category(1), data, 0, len(data)) == (values, len(data))


def test_last_part_of_surface_capabilities_has_no_chain_bit_in_edition_2_1():
    # I021/271 is FRN 37: the second octet's last bit belongs to LW.
    data = bytes.fromhex("81 01 01 01 01 40 190B 01 0F")
    record, offset = decode_record(category(21, "2.1"), data, 0, len(data))
    assert (record["271"]["LW"], offset) == (15, len(data))
