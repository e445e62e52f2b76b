"""Plain twin of kernels/existence.py: existence as a Markov chain's vector, looks one by one."""

import math

import numpy as np

CONFIRMED = 2


def after_a_miss(visible, faded, p_detection, params, confirmed=True, period_s=4.0):
    """(visible, faded) after one look without a report: Markov step, then Bayes' rule.

    Only what is confirmed can drop out of sight.
    """
    belief = np.array([visible, faded, max(0.0, 1.0 - visible - faded)])
    back, lost = params.reappear, params.loss
    fade = params.fade * confirmed
    if params.learn_sensors:
        slow = min(fade, max(0.2 * fade, back * (1 - p_detection) / p_detection))
        fade = np.interp(period_s, [2.0, 4.0], [fade, slow])
    chain = np.array(
        [
            [(1 - fade) * (1 - lost), fade * (1 - lost), lost],
            [back * (1 - lost), (1 - back) * (1 - lost), lost],
            [0.0, 0.0, 1.0],
        ]
    )
    belief = belief @ chain * [1.0 - p_detection, 1.0, 1.0]
    return belief[:2] / belief.sum()


def age(track, time_s, params):
    """Objects vanish at a rate."""
    kept = math.exp(-params.death_hz * max(0.0, time_s - track.existence_s))
    track.visible, track.faded = track.visible * kept, track.faded * kept
    track.existence_s = max(time_s, track.existence_s)


def miss(track, time_s, p_detection, params, period_s=4.0):
    """One look at a time without a report."""
    age(track, time_s, params)
    track.visible, track.faded = after_a_miss(
        track.visible, track.faded, p_detection, params, track.state == CONFIRMED, period_s
    )


def place_at(known, time_s):
    """Place at a time before the last of the known (time, place, velocity), which are in order."""
    if time_s < known[0][0] - 30.0:
        return np.full(3, np.nan)
    if time_s < known[0][0]:
        return known[0][1] + (time_s - known[0][0]) * known[0][2]
    times = [k[0] for k in known]
    return np.array([np.interp(time_s, times, [k[1][i] for k in known]) for i in range(3)])


def recount_misses(track, table, params):
    """After a late report: the looks since the last report of any sensor, once more."""
    for s, look_s in sorted(track.look_s.items()):
        since = max(track.seen_s.get(s, -math.inf), track.last_s)
        for _ in range(round((look_s - since) / table.period_s[s])):
            track.visible, track.faded = after_a_miss(
                track.visible,
                track.faded,
                table.p_detection[s],
                params,
                track.state == CONFIRMED,
                table.period_s[s],
            )


def miss_looks(track, now_s, table, params):
    """Count each sensor's turns that went by: one is over when 1.3 periods brought nothing."""
    for s in sorted(track.look_s):
        period = table.period_s[s]
        while now_s - track.look_s[s] > 1.3 * period:
            track.look_s[s] += period
            miss(track, track.look_s[s], table.p_detection[s], params, period)
            if track.visible + track.faded < 1e-6:
                return
