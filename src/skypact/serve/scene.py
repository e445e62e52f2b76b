"""What does not move: the title, the members and the sensors that the page draws."""

from typing import Literal

import msgspec

from skypact.config import Union, resolve


class SceneMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the union; `countries` are ISO 3166 numeric codes, as in the border data."""

    name: str
    title: str = ""
    countries: tuple[str, ...] = ()


class SceneSensor(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor with its place in degrees; None where the recording does not tell it."""

    name: str
    kind: str
    member: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None
    range_max_m: float = 0.0
    period_s: float = 0.0


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The page's still parts; sent as JSON by ``/api/scene``."""

    title: str
    mode: Literal["live", "replay"]
    members: tuple[SceneMember, ...] = ()
    sensors: tuple[SceneSensor, ...] = ()


def scene_from_union(union: Union, mode: Literal["live", "replay"], title: str = "") -> Scene:
    """Make the scene of a union file; `title` stands in where the file has none."""
    members = tuple(
        SceneMember(name=m.name, title=m.title, countries=m.countries) for m in union.member
    )
    sensors = tuple(
        SceneSensor(
            name=s.name,
            kind=s.kind,
            member=s.member,
            lat_deg=s.lat,
            lon_deg=s.lon,
            range_max_m=resolve(s, "range_max_m"),
            period_s=resolve(s, "period_s"),
        )
        for s in union.sensor
    )
    return Scene(title=union.title or title, mode=mode, members=members, sensors=sensors)
