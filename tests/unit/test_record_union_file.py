"""A union file that is written is read as what it was."""

from skypact.config import Biases, Member, Sensor, Union, union_from_toml
from skypact.record.simulated import without_biases
from skypact.record.union_file import union_to_toml

UNION = Union(
    title='Three "members"\nand a line',
    member=(Member(name="at", title="Österreich", countries=("040",)), Member(name="hu")),
    sensor=(
        Sensor(name="A", sac=1, sic=2, lat=48.0, lon=16.5, height_m=250.0, sigma_elevation_deg=0.3),
        Sensor(name="B", kind="mlat", sac=1, sic=3, biases=Biases(range_m=-20.0, time_s=0.1)),
    ),
)


def test_every_value_comes_back():
    assert union_from_toml(union_to_toml(UNION)) == UNION


def test_a_flat_scene_keeps_its_frame_and_places():
    flat = Union(frame="flat", sensor=(Sensor(name="P", kind="position", x_m=-3.5, y_m=1e-3),))
    assert union_from_toml(union_to_toml(flat)) == flat


def test_an_empty_union_is_an_empty_file():
    assert union_to_toml(Union()) == ""


def test_biases_are_hidden_from_the_tracker():
    assert "bias" in union_to_toml(UNION)
    assert "bias" not in union_to_toml(without_biases(UNION))
