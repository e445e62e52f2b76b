"""Room in which a cluster of tracks that share reports is solved, see `kernels.cluster`."""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, Longs

MOST_MEMBERS: Final = 8
MOST_COMPONENTS: Final = 96
MOST_EVENTS: Final = 4096
"""Room of a hard cluster: tracks, their reports and misses, joint events."""


class Cluster(NamedTuple):
    """Working memory of a hard cluster: A tracks, Q components, H joint events."""

    group: Longs
    """Per local track, the cluster it belongs to, -1 none (K,)."""
    size: Longs
    """Tracks of each cluster (K,)."""
    holder: Longs
    """Per report of the micro-batch, a local track that shares it (K,)."""
    member: Longs
    """Local tracks of the cluster (A,)."""
    first: Longs
    """First component of each member (A + 1,)."""
    pair: Longs
    """Pair that holds a component's state (Q,)."""
    report: Longs
    """Its report, -1 the miss (Q,)."""
    odds: Floats
    """Its weight against the miss (Q,)."""
    exists: Floats
    """Existence it leaves (Q,)."""
    shift_s: Floats
    """Time from its state to the cluster's (Q,)."""
    x: Floats
    """Its mean place and velocity (Q, 6)."""
    P: Floats
    """Its covariance (Q, 6, 6)."""
    share: Floats
    """Probability that it stands in a place (Q, A)."""
    cost: Floats
    """What it costs there (Q, A)."""
    path: Longs
    """Components chosen so far (A,)."""
    product: Floats
    """Their weights' product (A,)."""
    choice: Longs
    """Component of each member in a joint event (H, A)."""
    place: Longs
    """Place that each member takes in it (H, A)."""
    weight: Floats
    """Its probability (H,)."""
    visible: Floats
    """Existence of each member if not reported, in sight and out of sight (A,)."""
    faded: Floats
    place_exists: Floats
    """Existence of what stands in a place (A,)."""
    mean: Floats
    """Its mean (A, 6)."""
    cov: Floats
    """Its covariance (A, 6, 6)."""
    inverse: Floats
    """Scratch (6, 6)."""


def empty_cluster(capacity: int) -> Cluster:
    """Make the working memory of hard clusters among `capacity` pairs."""
    wide, q, h = MOST_MEMBERS, MOST_COMPONENTS, MOST_EVENTS

    def integers(*shape: int) -> Longs:
        return np.zeros(shape, np.int64)

    return Cluster(
        group=integers(capacity),
        size=integers(capacity),
        holder=integers(capacity),
        member=integers(wide),
        first=integers(wide + 1),
        pair=integers(q),
        report=integers(q),
        odds=np.zeros(q),
        exists=np.zeros(q),
        shift_s=np.zeros(q),
        x=np.zeros((q, 6)),
        P=np.zeros((q, 6, 6)),
        share=np.zeros((q, wide)),
        cost=np.zeros((q, wide)),
        path=integers(wide),
        product=np.zeros(wide),
        choice=integers(h, wide),
        place=integers(h, wide),
        weight=np.zeros(h),
        visible=np.zeros(wide),
        faded=np.zeros(wide),
        place_exists=np.zeros(wide),
        mean=np.zeros((wide, 6)),
        cov=np.zeros((wide, 6, 6)),
        inverse=np.zeros((6, 6)),
    )
