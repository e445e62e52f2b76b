"""Tracks as an answer: a GeoJSON FeatureCollection with links (OGC API Features, 7.16)."""

import msgspec

from skypact.encode.geojson import TrackFeature


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where something is."""

    href: str
    rel: str
    type: str
    title: str = ""


class TrackCollection(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="FeatureCollection"
):
    """Track updates that were asked for."""

    features: list[TrackFeature]
    timeStamp: str
    """When the answer was made, RFC 3339."""
    numberReturned: int
    links: list[Link] = []
    time_s: float | None = None
    """Of the picture, seconds UTC since 1970; only where it is of one instant."""
