"""Scenario files: what is shipped loads, what is wrong is named."""

import pytest

from skypact.errors import ConfigError
from skypact.simulate import load_scenario, shipped_scenarios

SITE = "lat = 48.0\nlon = 17.0\nheight_m = 300.0\n"


def radar(extra: str = "", height_m: float = 300.0) -> str:
    """Scenario text with a good radar and then another."""
    good = f'[[sensor]]\nname = "A"\nsac = 1\n{SITE}'
    site = SITE.replace("300.0", str(height_m))
    return f'{good}\n[[sensor]]\nname = "B"\nsac = 2\n{site}{extra}\n'


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_shipped_scenario_loads(name: str) -> None:
    assert load_scenario(name).sensor


def test_the_border_scenario_has_three_members_six_radars_and_300_aircraft() -> None:
    border = load_scenario("border")
    kinds = [sensor.kind for sensor in border.sensor]
    assert [member.countries for member in border.member] == [("040",), ("348",), ("703",)]
    assert (kinds.count("radar"), kinds.count("mlat")) == (6, 1)
    receivers = {sensor.member for sensor in border.sensor if sensor.kind == "adsb"}
    assert receivers == {member.name for member in border.member}
    assert sum(fleet.count for fleet in border.fleet) == 300


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (radar("sigma_range_m = -5.0"), ("sensor[1].sigma_range_m", "> 0", "-5.0")),
        (radar("colour = 3"), ("sensor[1]", "colour = 3")),
        (radar("p_detection = 1.5"), ("sensor[1].p_detection", "< 1", "1.5")),
        (radar("lat_ = 1"), ("sensor[1]", "lat_ = 1")),
        (radar('kind = "smr"'), ("sensor[1].kind", "radar, mlat, adsb", "smr")),
        (radar(height_m=-20.0), ("sensor[1].height_m", "at least 45", "-20")),
        (radar("[radar.C]\nprimary = true"), ("radar.C", "name of a sensor")),
        (radar("[radar.B]\nsectors = 2"), ("radar.B.sectors", ">= 4", "2")),
        (radar().replace('"B"', '"A"'), ("name", "A twice")),
        (radar().replace("sac = 2", "sac = 1"), ("sac/sic", "1/0 twice")),
        ('[[sensor]]\nname = "A"\nsac = 1\n', ("sensor[0]", "lat and lon")),
        ("[air]\nwarm = 2.0\n", ("air.warm", "<= 0.1", "2.0")),
        ("[traffic]\ntransit = 0.8\ndomestic = 0.4\n", ("traffic", "at most 1", "1.2")),
        ('[[fleet]]\nkind = "fast"\ncount = 3\n', ("area", "at least 1", "0")),
        ("winds = 3\n", ("expected only known keys", "winds = 3")),
        ('[sensor]\nname = "A"\n', ("sensor: expected `array`", "{'name': 'A'}")),
        (radar("biases = { x = 1 }"), ("sensor[1].biases", "x = 1")),
        ("wind = \n", ("expected TOML",)),
        ("wind = " + "[" * 9_999, ("expected TOML", "recursion")),
        ("wind = " + "9" * 9_999, ("expected TOML", "digits")),
        (radar("sigma_range_m = inf"), ("sensor[1].sigma_range_m", "finite", "got inf")),
        ("[wind]\nspeed_mps = [1.0, nan]\n", ("wind.speed_mps[1]", "finite", "got nan")),
        ("start_s = inf\n", ("start_s", "finite", "got inf")),
        ("start_s = 1e18\n", ("start_s", "<= 4100000000", "1e+18")),
        ("duration_s = 60.0\n", ("sensor", "at least one", "none")),
        ("truth_period_s = 0.6\n" + radar(), ("truth_period_s", "multiple of 0.25", "0.6")),
        (radar('member = "xx"'), ("sensor[1].member", "[[member]] (none)", "'xx'")),
        (radar("period_s = 0.1"), ("sensor[1].period_s", "at least 0.25", "0.1", "several")),
        (radar("clutter_per_scan = 1e7"), ("sensor[1].clutter_per_scan", "200,000", "1e+07")),
        (
            radar("[radar.B]\nprimary_range_m = 100.0"),
            ("radar.B.primary_range_m", "at least 1000 m", "100"),
        ),
        (
            radar('kind = "adsb"\nbiases = { range_m = 5.0 }'),
            ("sensor[1].biases.range_m", "expected 0", "5", "adsb", "time_s", "leave it out"),
        ),
        (
            radar('kind = "mlat"\nbiases = { azimuth_deg = 0.5 }'),
            ("sensor[1].biases.azimuth_deg", "got 0.5", "mlat"),
        ),
    ],
)
def test_a_wrong_scenario_names_key_value_and_range(text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_scenario(text)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("kind", ["mlat", "adsb", "remoteid", "passive"])
def test_a_sensor_may_have_the_biases_that_are_measured(kind: str) -> None:
    keys = "azimuth_deg = 0.5, time_s = 0.1" if kind == "passive" else "time_s = 0.1"
    text = f'[[member]]\nname = "at"\n{radar(f"kind = {kind!r}")}member = "at"\n'
    assert load_scenario(f"{text}biases = {{ {keys} }}\n").sensor[1].biases.time_s == 0.1


def test_an_unknown_name_lists_the_shipped_scenarios() -> None:
    with pytest.raises(ConfigError, match="border"):
        load_scenario("nowhere")
