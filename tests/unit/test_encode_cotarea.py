"""Areas drawn in Cursor on Target: what a shape says, what it never says, how it goes away."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import shapely
from tests.naive.said_alerts import SQUARE, area, told
from tests.naive.track_rows import START_S
from tests.naive.warned import NOW_S, alert, warnings_in

from skypact.deploy import Output
from skypact.encode import cotarea
from skypact.encode.cot import event_xml
from skypact.encode.cotarea import MOST_CORNERS, RENEW_S, STALE_S, AreaEncoder
from skypact.errors import ConfigError
from skypact.serve.kinds import About, CotKind, Released, check_alerts

ABOUT = About("north", 25, 100, 75.0)


def read(event):
    return ET.fromstring(event_xml(event))


def corners(event):
    links = [link.get("point").split(",") for link in read(event).iter("link")]
    return [(float(lat), float(lon)) for lat, lon in links]


@pytest.fixture
def written(tmp_path):
    """Messages of an alert: the draft, the released one, an update, the all-clear."""
    out = []
    warnings = warnings_in(tmp_path, [out.append])
    warnings.append_alerts([alert()])
    warnings.release(alert().id, "anna", "release", NOW_S + 9.0)
    warnings.append_alerts([alert("updated", NOW_S + 20.0), alert("cleared", NOW_S + 30.0)])
    return [one.message for one in out]


def test_a_shape_is_the_outline_and_its_end_is_a_deletion():
    made = AreaEncoder("north")
    (event,) = made.alert(area(), START_S)
    assert corners(event) == [(lat, lon) for lon, lat in SQUARE["coordinates"][0]]
    shown = read(event)
    assert (shown.get("type"), shown.get("how")) == ("u-d-f", "m-g")
    assert shown.find("detail/contact").get("callsign") == "area Riga centre"
    assert event.stale_ms - event.time_ms == STALE_S * 1e3
    (end,) = made.alert(area("cleared"), START_S + 9.0)
    assert (end.kind, end.removes) == ("t-x-d-d", event.uid)
    assert made.renew(START_S + 10.0) == []


def test_a_shape_says_nothing_of_an_object():
    told_of = {"area": "R", "track": 77, "callsign": "BTI1", "lat_deg": 56.1, "speed_mps": 212.5}
    (event,) = AreaEncoder("north").alert(area(evidence=told_of, tracks=(77,)), START_S)
    text = event_xml(event).decode()
    for word in ("77", "BTI1", "212", "track", "a-h", "a-s"):
        assert word not in text.replace(event.uid, "").replace(str(event.time_ms), ""), word
    assert read(event).find("detail/track") is None
    point = {name: float(value) for name, value in read(event).find("point").attrib.items()}
    assert (point["lat"], point["lon"]) in corners(event)
    assert (point["ce"], point["hae"]) == (9_999_999.0, 9_999_999.0)


def test_what_is_released_alone_is_drawn_with_its_texts_until_its_end(written):
    draft, public, update, clear = written
    made = AreaEncoder("north", "Exercise")
    assert made.warning("x", draft, NOW_S) == []
    (event,) = made.warning("x", public, NOW_S + 9.0)
    assert event.callsign.startswith("EXERCISE: ")
    assert event.stale_ms == round(public.infos[0].expires_s * 1e3)
    assert "7" not in event.callsign
    (renewed,) = made.warning("x", update, NOW_S + 20.0)
    assert renewed.uid == event.uid
    (end,) = made.warning("x", clear, NOW_S + 30.0)
    assert end.removes == event.uid
    (end,) = AreaEncoder("north").warning("x", clear, NOW_S + 30.0)
    assert end.removes == event.uid, "of a run before"


def test_a_warning_in_french_alone_is_marked_in_french(written):
    french = tuple(info for info in written[1].infos if info.language.startswith("fr"))
    message = written[1]._replace(infos=french)
    (event,) = AreaEncoder("north", "Exercise").warning("x", message, NOW_S)
    assert event.callsign == f"EXERCICE: {french[0].headline}"


def test_shapes_are_sent_anew_and_those_that_are_over_are_not(written):
    made = AreaEncoder("north")
    made.alert(area(), NOW_S)
    made.warning("x", written[1], NOW_S)
    assert len(made.renew(NOW_S)) == 2
    assert made.renew(NOW_S + RENEW_S - 1.0) == []
    again = made.renew(NOW_S + RENEW_S)
    assert {e.time_ms for e in again} == {round((NOW_S + RENEW_S) * 1e3)}
    (left,) = made.renew(written[1].infos[0].expires_s + 1.0)
    assert left.callsign.startswith("area")


def test_parts_have_shapes_of_their_own_and_go_when_the_area_shrinks():
    made = AreaEncoder("north")
    moved = [[lon + 5, lat] for lon, lat in SQUARE["coordinates"][0]]
    two = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], [moved]]}
    first, second = made.alert(area(area=two), START_S)
    gone, kept = made.alert(area("updated"), START_S + 1.0)
    assert (gone.removes, kept.uid) == (second.uid, first.uid)


def test_what_has_no_area_is_counted():
    made = AreaEncoder("north")
    line = {"type": "LineString", "coordinates": [[24, 56], [25, 57]]}
    broken = {"type": "Polygon", "coordinates": [[[24, 56], [25, 99]]]}
    for shape in (None, line, broken):
        assert made.alert(area(area=shape), START_S) == []
    assert made.n_unsaid == 3
    assert made.alert(area("updated", area=None), START_S) == []
    assert made.n_unsaid == 3


def test_too_many_shapes_are_counted(monkeypatch):
    monkeypatch.setattr(cotarea, "MOST_SHAPES", 1)
    made = AreaEncoder("north")
    assert len(made.alert(area(), START_S)) == 1
    assert made.alert(area(id="other"), START_S) == []
    assert made.n_unsaid == 1
    assert len(made.alert(area("updated"), START_S)) == 1


def test_an_outline_of_many_corners_is_sent_with_fewer_and_covers_all_of_it():
    angle = np.linspace(0.0, 2.0 * math.pi, 6_000)
    radius = 1.0 + 0.01 * np.sin(300.0 * angle)
    ring = np.stack([24.0 + radius * np.cos(angle), 56.0 + radius * np.sin(angle)], axis=1)
    ring[-1] = ring[0]
    shape = {"type": "Polygon", "coordinates": [ring.tolist()]}
    (event,) = AreaEncoder("north").alert(area(area=shape), START_S)
    found = corners(event)
    assert len(found) <= MOST_CORNERS
    drawn = shapely.Polygon([(lon, lat) for lat, lon in found])
    assert drawn.buffer(1e-6).covers(shapely.Polygon(ring))
    assert drawn.area < 1.2 * shapely.Polygon(ring).area


def events_of(kind, alerts, released=()):
    forms = kind.alerts(alerts, NOW_S).form() + kind.released(released, NOW_S).form()
    return [ET.fromstring(form).get("type") for form in forms]


def test_nothing_is_drawn_unless_it_is_asked_for(written):
    all_of_it = [Released(alert().id, message) for message in written]
    assert events_of(CotKind(ABOUT), [area(), alert()], all_of_it) == []


def test_areas_of_held_rules_are_drawn_only_when_released(written):
    draft, public, *_ = (Released(alert().id, message) for message in written)
    rules = ("ballistic", "area")
    assert events_of(CotKind(ABOUT, rules=rules), [alert()], [draft]) == []
    assert events_of(CotKind(ABOUT, rules=rules), [], [public]) == ["u-d-f"]
    held = ABOUT._replace(held=("ballistic", "area"))
    assert events_of(CotKind(held, rules=rules), [area()]) == []
    assert events_of(CotKind(ABOUT, rules=rules), [area()]) == ["u-d-f"]


@pytest.mark.parametrize(
    ("kind", "rules", "word"),
    [
        ("csv", ("area",), "asterix, cot or tak"),
        ("geojson", ("area",), "asterix, cot or tak"),
        ("asterix", ("gnss",), "category 004 can say"),
        ("cot", ("area", "ballistic"), r"\[unit.warnings\]"),
        ("tak", ("nonsense",), "nonsense"),
    ],
)
def test_alerts_that_can_never_go_out_are_refused(kind, rules, word):
    output = Output(kind=kind, url="udp://127.0.0.1:9", alerts=rules)
    with pytest.raises(ConfigError, match=word):
        check_alerts(output, ABOUT)


def test_what_can_go_out_is_accepted():
    about = ABOUT._replace(status="Actual")
    for kind, rules in (("asterix", ("area",)), ("cot", ("ballistic", "slow")), ("csv", ())):
        check_alerts(Output(kind=kind, url="udp://127.0.0.1:9", alerts=rules), about)


def test_told_alerts_of_other_rules_are_not_drawn():
    assert events_of(CotKind(ABOUT, rules=("slow",)), [area(), told("gnss")]) == []
