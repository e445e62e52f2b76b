"""Which sources a unit listens to."""

import pytest

from skypact.config import Sensor
from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.sources.unit import unit_sensors, unit_sources

NORTH = Sensor(name="north", member="a", source="udp://239.0.0.1:8600")
SOUTH = Sensor(name="south", member="b", source="udp://239.0.0.1:8600")
ROOF = Sensor(name="roof", member="b", kind="adsb", format="beast", source="tcp://roof:30005")
TOLD = Sensor(name="told", member="b")
EVERY = (NORTH, SOUTH, ROOF, TOLD)


@pytest.mark.parametrize(
    ("unit", "names"),
    [
        (Unit(name="u"), ["north", "south", "roof", "told"]),
        (Unit(name="u", member="b"), ["south", "roof", "told"]),
        (Unit(name="u", member="b", sensors=("north", "roof")), ["north", "roof"]),
    ],
)
def test_a_unit_has_the_sensors_it_names_or_its_members(unit, names):
    assert [sensor.name for sensor in unit_sensors(unit, EVERY)] == names


def test_each_source_is_there_once_with_its_sensors_and_the_format_of_theirs():
    found = unit_sources(Unit(name="u", source=("udp://:9", "tcp://roof:30005")), EVERY)
    assert [(s.spec.url, s.spec.format, s.sensors) for s in found] == [
        ("udp://239.0.0.1:8600", "asterix", ("north", "south")),
        ("tcp://roof:30005", "beast", ("roof",)),
        ("udp://:9", "asterix", ()),
    ]


@pytest.mark.parametrize(
    ("unit", "sensors", "words"),
    [
        (Unit(name="u"), [Sensor(name="x", source="udp:1")], "sensor x: source udp:1: expected"),
        (Unit(name="u", source=("udp://:1?y",)), [], "unit u: source .* unknown option 'y'"),
        (
            Unit(name="u"),
            [NORTH, Sensor(name="z", format="avr", source=NORTH.source)],
            "sensor z: .* asterix with north, and avr here",
        ),
    ],
)
def test_a_wrong_source_is_named_with_whose_it_is(unit, sensors, words):
    with pytest.raises(ConfigError, match=words):
        unit_sources(unit, sensors)


def test_a_sensor_that_is_not_there_is_named_with_those_that_are():
    unit = Unit(name="u", sensors=("nroth",))
    with pytest.raises(ConfigError, match="no sensor 'nroth'; there are north, roof, south, told"):
        unit_sensors(unit, EVERY)
