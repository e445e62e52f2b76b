import math

import pytest
from tests.naive.warned import DISTRICTS, NORTH, NOW_S, SQUARE, alert, nowhere

from skypact.encode.cap import (
    CapArea,
    CapInfo,
    CapMessage,
    cap_time,
    cap_xml,
    outline_of,
    reference_to,
)
from skypact.encode.capalert import certainty_of, districts_of, infos_of, urgency_of
from skypact.encode.caprules import pairs_of, tag, text_of
from skypact.errors import WarningError
from skypact.record.capschema import check, parse

INFO = CapInfo(
    "en", ("Safety",), "Danger", "Immediate", "Severe", "Likely", "Danger near", "It is near."
)


def message(**changed):
    made = CapMessage("north.1", "warn.north.example", NOW_S, "Actual", "Alert", "Public", (INFO,))
    return made._replace(**changed)


def read(made):
    root = parse(cap_xml(made))
    check(root)
    return root


def spoken(root):
    return {text_of(info, "language"): info for info in root.findall(tag("info"))}


def ring(*corners):
    return {"type": "Polygon", "coordinates": [list(corners)]}


def test_message_is_valid_by_the_schema_of_oasis():
    infos = infos_of(alert(), NORTH, NOW_S, DISTRICTS)
    root = read(message(infos=infos))
    assert text_of(root, "sent") == "2026-11-23T18:00:00-00:00"
    assert set(spoken(root)) == {"en", "fr"}
    info = spoken(root)["en"]
    assert text_of(info, "headline") == "Take shelter now: Vilnius, Alytus"
    assert "at about 18:05 UTC" in text_of(info, "description")
    assert text_of(info, "severity") == "Extreme"
    assert text_of(info, "urgency") == "Immediate"
    assert text_of(info, "certainty") == "Likely"
    assert text_of(info, "onset") == "2026-11-23T18:05:00-00:00"


def test_polygons_are_latitude_then_longitude_and_closed():
    root = read(message(infos=infos_of(alert(), NORTH, NOW_S)))
    area = spoken(root)["fr"].find(tag("area"))
    assert text_of(area, "areaDesc") == "la zone indiquée"
    assert text_of(area, "polygon") == "54,25 54,26 55,26 55,25 54,25"


def test_geocodes_and_heights_in_feet():
    area = CapArea("there", geocodes=(("NUTS3", "LT011"),), altitude_ft=0.0, ceiling_ft=15000.0)
    root = read(message(infos=(INFO._replace(areas=(area,)),)))
    found = spoken(root)["en"].find(tag("area"))
    assert text_of(found.find(tag("geocode")), "value") == "LT011"
    assert (text_of(found, "altitude"), text_of(found, "ceiling")) == ("0", "15000")


def test_ceiling_without_altitude_is_refused():
    area = CapArea("there", ceiling_ft=15000.0)
    with pytest.raises(WarningError, match="ceiling: expected it together with altitude"):
        cap_xml(message(infos=(INFO._replace(areas=(area,)),)))


def test_no_circle_is_ever_written():
    points = {"type": "Point", "coordinates": [25, 54]}
    for area in (SQUARE, points, None):
        assert b"circle" not in cap_xml(message(infos=infos_of(alert(area=area), NORTH, NOW_S)))


def test_point_and_line_have_no_polygon():
    line = {"type": "LineString", "coordinates": [[25, 54], [26, 54]]}
    assert outline_of(line).rings == ()
    assert outline_of({"type": "Point", "coordinates": [25, 54]}).rings == ()


def test_multipolygon_is_several_polygons():
    other = [[[1, 2], [3, 2], [3, 4], [1, 2]]]
    both = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], other]}
    assert outline_of(both).rings[1] == ((2.0, 1.0), (2.0, 3.0), (4.0, 3.0), (2.0, 1.0))
    collected = {"type": "GeometryCollection", "geometries": [both, SQUARE]}
    assert len(outline_of(collected).rings) == 3


def test_hole_is_filled_and_the_message_says_so():
    hole = [[25.4, 54.4], [25.6, 54.4], [25.6, 54.6], [25.4, 54.4]]
    holed = {"type": "Polygon", "coordinates": [*SQUARE["coordinates"], hole]}
    root = read(message(infos=infos_of(alert(area=holed), NORTH, NOW_S)))
    info = spoken(root)["en"]
    said = {text_of(p, "valueName"): text_of(p, "value") for p in info.findall(tag("parameter"))}
    assert said["skypact:holesFilled"] == "1"
    assert len(info.find(tag("area")).findall(tag("polygon"))) == 1


def test_ring_that_crosses_itself_becomes_its_hull():
    bow = ring([0, 0], [2, 2], [2, 0], [0, 2], [0, 0])
    outline = outline_of(bow)
    assert outline.n_hulls == 1
    assert set(outline.rings[0]) == {(0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 0.0)}
    assert ("skypact:convexHulls", "1") in outline.parameters()


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (ring([0, 0], [1, 0], [1, 1], [0, 1]), "last pair to be the first"),
        (ring([0, 0], [1, 0], [0, 0]), "apart"),
        (ring([0, 0], [1e-7, 0], [0, 1e-7], [0, 0]), "apart"),
        (ring([0, 89], [1, 89], [1, 91], [0, 89]), "latitudes"),
        (ring([179, 0], [181, 0], [181, 1], [179, 0]), "longitudes"),
        (ring([math.nan, 0], [1, 0], [1, 1], [math.nan, 0]), "last pair"),
        ({"type": "Polygon", "coordinates": []}, "apart"),
    ],
)
def test_ring_that_is_no_polygon_on_the_earth_is_refused(geometry, said):
    with pytest.raises(WarningError, match=said):
        outline_of(geometry)


def test_sliver_beside_a_real_part_is_left_out():
    sliver = [[[5, 5], [5.0000001, 5], [5, 5]]]
    both = {"type": "MultiPolygon", "coordinates": [sliver, SQUARE["coordinates"]]}
    assert len(outline_of(both).rings) == 1


@pytest.mark.parametrize("text", ["1,2 3", "1,2,3 4,5", "a,b"])
def test_polygon_text_that_is_no_pairs_is_refused(text):
    with pytest.raises(WarningError, match="polygon"):
        pairs_of(text)


@pytest.mark.parametrize(("status", "en", "fr"), [
    ("Exercise", "EXERCISE: ", "EXERCICE: "), ("Test", "TEST: ", "ESSAI: "),
])  # fmt: skip
def test_exercise_never_looks_actual(status, en, fr):
    infos = infos_of(alert(), NORTH, NOW_S, DISTRICTS)
    infos = spoken(read(message(infos=infos, status=status, note="Autumn exercise")))
    for language, mark in (("en", en), ("fr", fr)):
        for name in ("event", "headline", "description", "instruction"):
            assert text_of(infos[language], name).startswith(mark)


def test_exercise_without_a_note_is_refused():
    with pytest.raises(WarningError, match="note"):
        cap_xml(message(status="Exercise"))


def test_exercise_without_its_mark_is_refused_when_received():
    xml = cap_xml(message(status="Exercise", note="Autumn exercise"))
    root = parse(xml.replace(b"<headline>EXERCISE: ", b"<headline>"))
    with pytest.raises(WarningError, match="headline: expected a text that begins with EXERCISE"):
        check(root)


def test_actual_message_that_begins_as_exercises_do_is_refused():
    with pytest.raises(WarningError, match="does not begin as those of exercises"):
        cap_xml(message(infos=(INFO._replace(headline="EXERCISE: danger"),)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scope": "Restricted"}, "restriction"),
        ({"restriction": "Not for release"}, "restriction"),
        ({"scope": "Private"}, "addresses"),
        ({"kind": "Update"}, "references"),
        ({"kind": "Cancel", "references": ("a,b",)}, "references"),
        ({"identifier": "a b"}, "identifier"),
        ({"sender": "a,b"}, "sender"),
        ({"infos": ()}, "info"),
        ({"references": ("warn.north.example,north.1,2026-11-23T18:00:00-00:00",)}, "itself"),
    ],
)
def test_message_against_a_rule_of_the_standard_is_refused(changed, said):
    with pytest.raises(WarningError, match=said):
        cap_xml(message(**changed))


@pytest.mark.parametrize("changed", [{"status": "Real"}, {"kind": "Warning"}, {"scope": "All"}])
def test_schema_refuses_words_that_cap_does_not_have(changed):
    with pytest.raises(WarningError, match="CAP line"):
        check(parse(cap_xml(message(**changed))))


def test_reference_names_sender_identifier_and_time():
    reference = "warn.north.example,north.1,2026-11-23T18:00:00-00:00"
    assert reference_to(message()) == reference
    assert text_of(read(message(identifier="north.2", kind="Update", references=(reference,))),
                   "references") == reference  # fmt: skip


def test_markup_in_texts_is_text():
    hostile = 'a <circle>54,25 1</circle> & "b" \x00\x0b'
    root = read(message(infos=(INFO._replace(headline=hostile),)))
    assert text_of(root.find(tag("info")), "headline") == 'a <circle>54,25 1</circle> & "b" '
    assert root.find(f".//{tag('circle')}") is None


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE alert [<!ENTITY a "b">]><alert>&a;</alert>',
        b'<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/a.dtd"><alert/>',
        b"<alert><!-- a --></alert>",
        b"<alert/><!-- a -->",
        b"<?b c?><alert/>",
        b"<alert>",
        b"",
        b"<alert>" + b" " * (1 << 20) + b"</alert>",
    ],
)
def test_parser_takes_no_entities_comments_or_endless_texts(xml):
    with pytest.raises(WarningError):
        parse(xml)


def test_times_are_whole_seconds_and_expiry_is_rounded_up():
    assert cap_time(NOW_S + 0.9) == "2026-11-23T18:00:00-00:00"
    assert cap_time(NOW_S + 0.1, later=True) == "2026-11-23T18:00:01-00:00"


@pytest.mark.parametrize(
    ("left_s", "severity", "urgency"),
    [
        (60.0, "minor", "Immediate"), (1799.0, "severe", "Immediate"),
        (1801.0, "severe", "Expected"), (3601.0, "severe", "Future"),
        (math.nan, "extreme", "Immediate"), (math.nan, "moderate", "Unknown"),
    ],
)  # fmt: skip
def test_urgency_follows_the_time_that_is_left(left_s, severity, urgency):
    told = alert(event_time_s=NOW_S + left_s, severity=severity)
    assert urgency_of(told, NOW_S) == urgency


@pytest.mark.parametrize(
    ("evidence", "event_s", "certainty"),
    [
        ({"probability": 0.6}, 100.0, "Likely"), ({"probability": 0.5}, 100.0, "Possible"),
        ({"probability": 1.0}, -1.0, "Observed"), ({"probability": 1.0}, 100.0, "Likely"),
        ({}, 100.0, "Unknown"), ({"probability": math.nan}, 100.0, "Unknown"),
    ],
)  # fmt: skip
def test_certainty_follows_the_probability(evidence, event_s, certainty):
    told = alert(event_time_s=NOW_S + event_s, evidence=evidence)
    assert certainty_of(told, NOW_S) == certainty


def test_interval_and_expiry_follow_the_window():
    told = alert(evidence={"first_s": NOW_S + 240.0, "last_s": NOW_S + 3600.0})
    info = spoken(read(message(infos=infos_of(told, NORTH, NOW_S))))["en"]
    assert "between 18:04 and 19:00 UTC" in text_of(info, "description")
    assert text_of(info, "onset") == "2026-11-23T18:04:00-00:00"
    assert text_of(info, "expires") == "2026-11-23T19:15:00-00:00"


def test_districts_have_their_own_times_and_codes():
    rows = [{"name": "Vilnius", "first_s": NOW_S + 240.0, "last_s": NOW_S + 300.0},
            {"name": "Alytus"}]  # fmt: skip
    told = alert(evidence={"districts": rows})
    districts = districts_of(told, {"Vilnius": (("NUTS3", "LT011"),)})
    info = spoken(read(message(infos=infos_of(told, NORTH, NOW_S, districts))))["fr"]
    assert text_of(info, "description").endswith("Vilnius 18:04-18:05 UTC.")
    assert text_of(info.find(tag("area")), "areaDesc") == "Vilnius, Alytus"
    assert len(info.find(tag("area")).findall(tag("geocode"))) == 1


def test_part_within_another_is_left_out():
    inner = [[[25.4, 54.4], [25.6, 54.4], [25.6, 54.6], [25.4, 54.4]]]
    both = {"type": "MultiPolygon", "coordinates": [inner, SQUARE["coordinates"]]}
    assert len(outline_of(both).rings) == 1
    twice = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]] * 2}
    assert outline_of(twice).rings == outline_of(SQUARE).rings


@pytest.mark.parametrize("area", [ring([0, 0], [1, 0], [1, 1]), {"type": "Polygon"}])
def test_warning_goes_out_without_an_area_that_cap_cannot_say(area):
    xml = cap_xml(message(infos=infos_of(alert(area=area), NORTH, NOW_S)))
    check(parse(xml))
    assert b"skypact:areaLeftOut" in xml
    assert b"polygon>" not in xml


def test_alert_without_area_and_time_is_said_all_the_same():
    info = spoken(read(message(infos=infos_of(nowhere(), NORTH, NOW_S))))["en"]
    assert "at a time that is not known" in text_of(info, "description")
    assert info.find(tag("area")) is None
    assert info.find(tag("onset")) is None


def test_all_clear_says_that_it_is_over():
    infos = infos_of(alert("cleared"), NORTH, NOW_S, DISTRICTS, is_over=True)
    info = infos[0]
    assert (info.responses, info.urgency, info.instruction) == (("AllClear",), "Past", "")
    assert info.headline == "All-clear: Vilnius, Alytus"


def test_evidence_and_track_numbers_stay_inside():
    told = alert(evidence={"probability": 0.9, "sensor": "secret radar"}, tracks=(424242,))
    xml = cap_xml(message(infos=infos_of(told, NORTH, NOW_S)))
    assert b"secret" not in xml
    assert b"424242" not in xml
