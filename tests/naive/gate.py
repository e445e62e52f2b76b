"""Plain twin of kernels/gate.py: every track tried, one after the other."""

import math

import numpy as np
from tests.naive import imm, intersect, late, told

from skypact.model.tracking import FLAT, SERIALS

SIGMAS = 4.0
HEIGHT_SIGMAS = 8.0
REACH_MPS2 = 20.0
LOG_CAP = 60.0
SHARED_CODES = {7001, 7002, 7004, 7010}


def reach_m(z, form):
    """The report's own part of the coarse gate: its noise twice over, and its unknown height."""
    noise = z[9]
    if form == 0:  # what is not known of the biases, range and azimuth, adds to it
        noise = np.hypot(max(z[9], z[6] * z[10]), np.hypot(np.sqrt(z[23]), z[6] * np.sqrt(z[24])))
    return 2 * SIGMAS * noise + (SIGMAS * z[11] if math.isnan(z[8]) else 0.0)


def can_be_at(pos, vel, age_s, spread_m, spread_mps, place, reach):
    """Whether a track can be at a place after `age_s`, within four sigmas and two g."""
    limit = SIGMAS * (spread_m + abs(age_s) * spread_mps) + reach + 0.5 * REACH_MPS2 * age_s**2
    return float(np.linalg.norm(pos + age_s * vel - place)) < limit


def can_be_as_high(spreads, level_spreads, rise_m, age_s, z):
    """Whether a track `rise_m` above a report can be at its height: eight sigmas and two g."""
    if math.isnan(z[8]):
        return True
    high, climb = (
        math.sqrt(max(0.0, a**2 - b**2)) for a, b in zip(spreads, level_spreads, strict=True)
    )
    room = HEIGHT_SIGMAS * (high + abs(age_s) * climb + z[11]) + 0.5 * REACH_MPS2 * age_s**2
    return abs(rise_m) < room


def is_shared(code):
    """Codes flown by many: conspicuity codes, and all that end in two zeros."""
    return code in SHARED_CODES or code % 100 == 0


def one_address(garble):
    """Log likelihood ratio of equal addresses."""
    return math.log((1 - garble) * 1e5)


def identity_ratio(own, seen, params, held=False):
    """Log likelihood ratio of (address, code, source) triples, -1 unknown; a source that begins
    with `SERIALS` is a drone's own serial number.

    An address outweighs the rest; a source is another tracker's (sensor, number), None unknown;
    `held` tells that it spoke of the track less than one and a half of its periods ago.
    """
    if own[0] >= 0 and seen[0] >= 0:
        same = one_address(params.address_garble)
        return same if own[0] == seen[0] else math.log(params.address_garble)
    ratio = 0.0
    if own[2] is not None and seen[2] is not None and own[2][0] == seen[2][0]:
        same = math.log((1 - params.number_garble) * 1000.0)
        other = math.log(params.address_garble if held else params.number_garble)
        if own[2][0] == SERIALS:
            same, other = (f(params.address_garble) for f in (one_address, math.log))
        ratio = same if own[2] == seen[2] else other
    if own[1] < 0 or seen[1] < 0:
        return ratio
    if own[1] != seen[1]:
        return ratio + math.log(params.code_garble)
    same = math.log(3.0) if is_shared(own[1]) else math.log((1 - params.code_garble) * 200.0)
    return ratio + same


def n_components(z, form):
    """Scalars of a report: one of a bearing, two of a place, height, velocity, the rarer three."""
    given = ~np.isnan(z)
    return int((1 if form == 2 else 2) + given[8] + 2 * given[12] + given[17:20].sum())


def gate_limit(z, form, ratio, params):
    """Squared-distance limit: 9, and four per component; wider where names agree."""
    n = n_components(z, form)
    agree = ratio >= math.log((1 - params.number_garble) * 1000.0)
    return (params.gate + 4.0 * n) * (params.gate_same_address if agree else 1.0)


def explained(predicted, z, form, reach, site, axes, flat):
    """Posterior of the likelier explanation: the data sheet's noise, or in 2 % five times it.

    The second is tried where the squared distance passes three and two per component and is not
    `reach`; another tracker's velocity is then as wild as its place.
    """
    plain = imm.update(*predicted, z, form, site, axes, flat)
    n = n_components(z, form)
    if plain[3] < 3.0 + 2.0 * n or plain[3] >= reach:
        return plain
    wild = z.copy()
    wild[[9, 10, 14] if z[26] == 1.0 else [9, 10]] *= 5.0
    *rest, log = imm.update(*predicted, wild, form, site, axes, flat)
    log += math.log(0.02)
    return (*rest, log) if log > plain[4] else plain


def pair(track, report, params, motion, p_detection, period_s, site, axes):
    """Weight, posterior and its time of a track given a report; None outside the gate."""
    age_s = report["time_s"] - track.time_s
    now = (track.mu, track.x, track.P)
    if age_s < -late.LATE_S:
        then = late.retrodict(track.past, report["time_s"], track.time_s, *now, motion)
        predicted = (track.mu, *then[:2])
    else:
        predicted = imm.predict(*now, age_s, motion)
    z = told.own_share(report["z"], report["time_s"], track.told, motion, params)
    own = (track.address, track.code, track.source)
    seen = (report["icao"], report["mode3a"], report["source"])
    s = report["sensor"]
    held = report["time_s"] - track.seen_s.get(s, -math.inf) < 1.5 * period_s[s]
    ratio = identity_ratio(own, seen, params, held)
    known = ratio >= math.log((1.0 - params.code_garble) * 200.0)
    limit = gate_limit(report["z"], report["form"], ratio, params)
    rest = (report["form"], math.inf if known else limit, site, axes, motion[FLAT] == 1)
    mu, xs, Ps, least, log = explained(predicted, z, *rest)
    if not least < limit:
        return None
    if z[26] == 1.0:
        flat, is_late = motion[FLAT] == 1, age_s < -late.LATE_S
        rest = (z, report["form"], site, axes, flat, is_late)
        mu, xs, Ps = intersect.intersect(predicted, mu, *rest)
    weight = log + ratio - math.log(report["clutter"] + report["birth"])
    if ratio <= math.log(params.address_garble):
        weight = min(weight, ratio)
    weight = min(LOG_CAP, max(-LOG_CAP, weight))
    kept = math.exp(-params.death_hz * max(0.0, report["time_s"] - track.existence_s))
    detected = track.visible * kept * p_detection
    psi = math.exp(weight) * detected / (1 - detected)
    if age_s < -late.LATE_S:
        return psi, late.bring_back(now, then, (mu, xs, Ps), -age_s, motion), track.time_s
    return psi, (mu, xs, Ps), report["time_s"]
