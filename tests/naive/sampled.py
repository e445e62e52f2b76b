"""Samples made by hand, and small random ones, for the metrics of sets."""

import numpy as np

from skypact.evaluate.samples import Samples


def samples_of(truth, tracks, up=(0.0, 0.0, 1.0)):
    """Samples from one dictionary {object: place} per instant for the truth and for the tracks."""
    names = ["number", "place", "first"]
    sides = []
    for side in (truth, tracks):
        rows = [(n, here[n]) for here in side for n in sorted(here)]
        number = np.array([n for n, _ in rows], np.int64)
        place = np.zeros((len(rows), 3))
        for row, (_, at) in zip(place, rows, strict=True):
            row[: np.size(at)] = at
        first = np.cumsum([0, *map(len, side)]).astype(np.int64)
        sides.append(dict(zip(names, (number, place, first), strict=True)))
    a, b = sides
    return Samples(
        time_s=np.arange(len(truth), dtype=float),
        truth_first=a["first"],
        truth=a["number"],
        truth_place_m=a["place"],
        truth_velocity_mps=np.zeros_like(a["place"]),
        up=np.tile(np.asarray(up, float), (len(a["number"]), 1)),
        track_first=b["first"],
        track=b["number"],
        track_place_m=b["place"],
        track_velocity_mps=np.zeros_like(b["place"]),
        track_row=np.arange(len(b["number"])),
    )


def one_instant(truth, tracks):
    """Samples of one instant from lists of places."""
    return samples_of([dict(enumerate(truth))], [dict(enumerate(tracks))])


def swapped(samples):
    """The same samples with truth and tracks changed over, in a flat scene."""
    return samples._replace(
        truth_first=samples.track_first, truth=samples.track,
        truth_place_m=samples.track_place_m, truth_velocity_mps=samples.track_velocity_mps,
        up=np.tile([0.0, 0.0, 1.0], (len(samples.track), 1)),
        track_first=samples.truth_first, track=samples.truth,
        track_place_m=samples.truth_place_m, track_velocity_mps=samples.truth_velocity_mps,
    )  # fmt: skip


def random_paths(rng, n_objects, n_instants, side_m=4.0, step_m=0.7, present=0.85):
    """Random walks that come and go: one dictionary {object: (x, y)} per instant."""
    place = rng.uniform(0, side_m, (n_objects, 2))
    paths = []
    for _ in range(n_instants):
        place = place + rng.normal(0, step_m, place.shape)
        paths.append({i: tuple(place[i]) for i in range(n_objects) if rng.random() < present})
    return paths
