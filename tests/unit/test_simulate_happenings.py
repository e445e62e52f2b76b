"""What a scenario lets happen, as events of rules."""

from skypact.simulate import TOLD_OF, Scene, scenario_from_toml, true_events

SCENARIO = """
start_s = 1000.0

[[fleet]]
kind = "airliner"
count = 3
adsb = 1.0

[[fleet]]
kind = "airliner"
count = 2
transponder = 0.0

[[entry]]
name = "WEST"
lat = 48.0
lon = 15.0

[[entry]]
name = "EAST"
lat = 48.0
lon = 19.0

[[sensor]]
name = "north"
kind = "radar"
sac = 1
sic = 1
lat = 48.0
lon = 16.0
height_m = 200.0
range_max_m = 100000.0
period_s = 4.0

[[sensor]]
name = "ears"
kind = "adsb"
sac = 1
sic = 2
lat = 48.0
lon = 16.0
height_m = 200.0

[radar.north.drift]
step_at_s = 30.0
step_azimuth_deg = 1.0

[fault.ears]
outage = [[10.0, 20.0], [500.0, 600.0]]
clock_step_at_s = 40.0
clock_step_s = 0.5

[[gnss]]
kind = "loss"
lat = 48.0
lon = 16.0
radius_m = 10000.0
end_s = 50.0

[[gnss]]
kind = "forged"
lat = 48.0
lon = 17.0
radius_m = 10000.0
start_s = 5.0

[[ghost]]
name = "nobody"
lat = 48.0
lon = 16.0
from_lat = 48.2
from_lon = 16.0
course_deg = 90.0
icao = 0xABC

[[ghost]]
name = "twin"
lat = 48.0
lon = 16.0
from_lat = 48.4
from_lon = 16.0
course_deg = 90.0
copies = true
start_s = 1.0
"""


def test_what_the_scenario_says_happens():
    scene = Scene(scenario_from_toml(SCENARIO), 1)
    part = scene.advance(1_003.0)
    found = {(e.rule, e.names): e for e in true_events(scene, 1_060.0)}
    assert found["feed", ("ears",)][1:3] == (1_010.0, 1_020.0)
    assert found["bias", ("north",)][1:3] == (1_030.0, 1_060.0)
    assert found["bias", ("ears",)].begin_s == 1_040.0
    assert found["gnss", ()].area["type"] == "Polygon"
    assert found["drift", ()].begin_s == 1_005.0
    assert found["unconfirmed", ("000ABC",)].end_s == 1_060.0
    twins = [names for rule, names in found if rule == "identity"]
    assert [int(twin[0], 16) in part.truth.icao for twin in twins] == [True]
    assert {e.rule for e in found.values()} <= {*TOLD_OF, "identity"}
    silent = [e for e in true_events(scene, 1_060.0) if e.rule == "noncooperative"]
    assert len(silent) == 2
    assert {t for e in silent for t in e.targets} <= set(part.truth.target.tolist())
    assert len(found) == 9  # the second outage is later
