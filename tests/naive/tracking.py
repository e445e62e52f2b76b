"""Plain twin of kernels/tracking.py: a list of tracks, every pair tried, dense matrices."""

import math

import numpy as np
from tests.naive import (
    associate,
    existence,
    gate,
    geodesy,
    imm,
    kalman,
    late,
    lifecycle,
    relabel,
    usual,
)

from skypact.model.sensors import SensorTable
from skypact.model.tracking import FLAT
from skypact.track.params import TrackerParams, track_params

SURE, UNLIKELY, LEAST_START = 1.0 - 1e-3, 1e-3, 0.5


class NaiveTracker:
    """Steps over prepared reports (dicts of `naive.prepare`), as `kernels.tracking.step` does."""

    def __init__(self, table: SensorTable, params: TrackerParams):
        self.table, self.params = table, params
        self.motion = track_params(params).motion[0]
        self.tracks, self.next_number, self.rows, self.mixtures = [], 1, [], 0
        self.clusters, self.last_numbers = 0, set()

    def frame(self, s):
        """Antenna (4,) and axes of a sensor."""
        t = self.table
        if self.motion[FLAT]:
            return np.array([t.lon_rad[s], t.lat_rad[s], t.height_m[s], t.height_m[s]]), np.eye(3)
        site = geodesy.ecef_from_geodetic(t.lat_rad[s], t.lon_rad[s], t.height_m[s])
        return np.array([*site, t.height_m[s]]), geodesy.enu_axes([t.lat_rad[s]], [t.lon_rad[s]])[0]

    def step(self, reports):
        """Run reports sorted by sensor and time; track numbers by report serial."""
        went = {}
        while reports:
            n = micro_batch_length(reports)
            self.micro_batch(reports[:n], went)
            look = [(r["sensor"], r["time_s"]) for r in reports[n - 1 : n + 1]]
            if self.params.frame == "flat" and look[0] != [*look, None][1]:
                self.miss_unseen(*look[0])
            reports = reports[n:]
        return went

    def miss_unseen(self, s, time_s):
        """A miss of every track that a sensor knows and its look at `time_s` did not report."""
        for track in self.tracks:
            if track.look_s.get(s, math.inf) < time_s:
                track.look_s[s] = time_s
                period_s = self.table.period_s[s]
                existence.miss(track, time_s, self.table.p_detection[s], self.params, period_s)

    def candidates(self, report):
        """Tracks that can be at the report's place at its time."""
        reach = gate.reach_m(report["z"], report["form"])
        for i, track in enumerate(self.tracks):
            x, P = track.moments()
            spreads = [math.sqrt(np.trace(block)) for block in blocks(P)]
            age_s = report["time_s"] - track.time_s
            up, z = kalman.vertical(x, self.motion[FLAT]), report["z"]
            level = [math.sqrt(s**2 - up @ B @ up) for s, B in zip(spreads, blocks(P), strict=True)]
            rise = z[3:6] @ (x[:3] + age_s * x[3:6] - z[:3])
            if gate.can_be_at(x[:3], x[3:6], age_s, *spreads, z[:3], reach) and gate.can_be_as_high(
                spreads, level, rise, age_s, z
            ):
                yield i, track

    def micro_batch(self, reports, went):
        """Pairs, marginals, updates, births."""
        pairs = []
        for j, report in enumerate(reports):
            s = report["sensor"]
            for i, track in self.candidates(report):
                made = gate.pair(
                    track,
                    report,
                    self.params,
                    self.motion,
                    self.table.p_detection[s],
                    self.table.period_s,
                    *self.frame(s),
                )
                if made is not None:
                    pairs.append((i, j, *made))
        prob = np.zeros(len(pairs))
        self.last_numbers = set()
        if pairs:
            i, j, psi, _, _ = zip(*pairs, strict=True)
            ones = np.ones(len(reports))
            prob, messages = associate.with_messages(
                np.array(i), np.array(j), psi, ones, len(self.tracks)
            )
            self.last_numbers = set()
            for members in relabel.clusters(pairs, prob, self.tracks):
                self.solve(members, pairs, prob, messages, reports, went)
        for i, track in enumerate(list(self.tracks)):
            if track.number in self.last_numbers:
                continue
            own = [
                (p, reports[j], post, at_s)
                for (k, j, _, post, at_s), p in zip(pairs, prob, strict=True)
                if k == i
            ]
            if own:
                self.update(track, own, went)
        taken = np.zeros(len(reports))
        for (_, j, _, _, _), p in zip(pairs, prob, strict=True):
            taken[j] += p
        for report, used in zip(reports, taken, strict=True):
            self.begin(report, max(0.0, 1.0 - used), went)

    def update(self, track, own, went):
        """Mixture of a track's hypotheses, model by model, at the likeliest one's time."""
        detected = sum(o[0] for o in own)
        if detected < UNLIKELY:
            return
        best, report, post, at_s = max(own, key=lambda o: o[0])
        missed, before_s = max(0.0, 1.0 - detected), track.time_s
        visible, faded = self.unseen(track, detected, report)
        if best > SURE:
            track.mu, track.x, track.P = post
        else:
            track.mu, track.x, track.P = self.mixture(track, own, missed * (visible + faded), at_s)
        track.time_s = at_s
        if before_s > track.time_s:
            back = before_s - track.time_s
            track.mu, track.x, track.P = imm.predict(track.mu, track.x, track.P, back, self.motion)
            track.time_s = before_s
        track.visible = min(1.0, detected + missed * visible)
        track.faded = missed * faded
        late.remember(track.past, track.time_s, *track.moments())
        if detected > 0.5:
            usual.assume_height(track, report, self.frame(report["sensor"])[0])
            lifecycle.note_hit(track, report, self.params)
            if at_s > report["time_s"]:
                existence.recount_misses(track, self.table, self.params)
            went[report["serial"]] = track.number
            if track.hits >= 2:
                self.rows.append((track.time_s, track.number, *track.moments()))

    def unseen(self, track, detected, report):
        """Existence, in sight and out of it, of a track that this look did not report."""
        s, flat = report["sensor"], self.params.frame == "flat"
        existence.age(track, report["time_s"], self.params)
        visible, faded = track.visible, track.faded
        if flat:
            track.look_s[s] = max(report["time_s"], track.look_s.get(s, -math.inf))
        if flat or detected > 0.5:
            # Bayes' rule for a look that did not report the object.
            seen = visible * self.table.p_detection[s]
            visible, faded = (visible - seen) / (1.0 - seen), faded / (1.0 - seen)
        return visible, faded

    def solve(self, members, pairs, prob, messages, reports, went):
        """Joint events of a hard cluster, objects in their places; exact marginals in `prob`."""
        self.clusters += 1
        options, flat_list = [], []
        for i in members:
            # The latest pair comes first, as in the kernel's lists.
            mine = [k for k in range(len(pairs)) if pairs[k][0] == i and prob[k] >= 1e-3][::-1]
            own = [(None, 1.0)]
            for k in mine:
                j = pairs[k][1]
                outside = sum(
                    messages[e]
                    for e in range(len(pairs))
                    if pairs[e][1] == j and pairs[e][0] not in members
                )
                own.append((j, pairs[k][2] / (1.0 + outside)))
            options.append(own)
            flat_list.append([None, *mine])
        starts = np.cumsum([0, *(len(own) for own in options)])
        events = [
            (tuple(starts[a] + q for a, q in enumerate(chosen)), weight)
            for chosen, weight in relabel.joint_events(options)
        ]
        used = [k for own in flat_list for k in own if k is not None]
        time_s = max(pairs[k][4] for k in used)
        posts, exists, unseen = [], [], []
        for i, own in zip(members, flat_list, strict=True):
            track = self.tracks[i]
            detected = sum(p for (t, *_), p in zip(pairs, prob, strict=True) if t == i)
            last = max(k for k in range(len(pairs)) if pairs[k][0] == i)
            unseen.append(self.unseen(track, detected, reports[pairs[last][1]]))
            age_s = time_s - track.time_s
            posts.append((imm.predict(track.mu, track.x, track.P, age_s, self.motion), 0.0))
            exists.append(min(1.0, sum(unseen[-1])))
            for k in own[1:]:
                posts.append((pairs[k][3], time_s - pairs[k][4]))
                exists.append(1.0)
        exists = np.array(exists)
        both = [relabel.moved_moments(*post) for post in posts]
        means, covs = np.array([b[0] for b in both]), np.array([b[1] for b in both])
        share = relabel.settle(events, exists, means, covs)
        for k in range(len(pairs)):
            prob[k] = 0.0 if pairs[k][0] in members else prob[k]
        flat_pairs = [k for own in flat_list for k in own]
        for q, k in enumerate(flat_pairs):
            if k is not None:
                prob[k] = share[q].sum()
        for place, i in enumerate(members):
            self.take_place(i, share[:, place], exists, posts, time_s)
            track = self.tracks[i]
            real = np.array([k is not None for k in flat_pairs])
            detected = share[real, place].sum()
            misses = share[starts[:-1], place]
            track.visible = min(1.0, detected + misses @ [u[0] for u in unseen])
            track.faded = float(misses @ [u[1] for u in unseen])
            self.last_numbers.add(track.number)
            late.remember(track.past, track.time_s, *track.moments())
            if detected > 0.5:
                q = int(np.argmax(np.where(real, share[:, place], -1.0)))
                report = reports[pairs[flat_pairs[q]][1]]
                usual.assume_height(track, report, self.frame(report["sensor"])[0])
                lifecycle.note_hit(track, report, self.params)
                if pairs[flat_pairs[q]][4] > report["time_s"]:
                    existence.recount_misses(track, self.table, self.params)
                went[report["serial"]] = track.number
                if track.hits >= 2:
                    self.rows.append((track.time_s, track.number, *track.moments()))

    def take_place(self, i, share, exists, posts, time_s):
        """Give a track the mixture of what stands in its place, model by model."""
        track, before_s = self.tracks[i], self.tracks[i].time_s
        weights = np.array(
            [w * e * post[0] for w, e, (post, _) in zip(share, exists, posts, strict=True)]
        )
        total = weights.sum(0)
        moved = []
        for (_, x, _), shift_s in posts:
            x = x.copy()
            x[:, :3] += shift_s * x[:, 3:6]
            moved.append(x)
        states = [
            imm.moments(
                weights[:, m] / total[m], [x[m] for x in moved], [post[2][m] for post, _ in posts]
            )
            for m in range(3)
        ]
        track.mu = total / total.sum()
        track.x, track.P = np.array([s[0] for s in states]), np.array([s[1] for s in states])
        track.time_s = time_s
        if before_s > time_s:
            back = before_s - time_s
            track.mu, track.x, track.P = imm.predict(track.mu, track.x, track.P, back, self.motion)
            track.time_s = before_s

    def mixture(self, track, own, unseen, time_s):
        """Model probabilities, means and covariances of the miss and all likely pairs."""
        self.mixtures += 1
        age_s = time_s - track.time_s
        parts = [(unseen, imm.predict(track.mu, track.x, track.P, age_s, self.motion))]
        for p, _, (mu, x, P), at_s in own:
            if p >= UNLIKELY:
                moved = x.copy()
                moved[:, :3] += (time_s - at_s) * x[:, 3:6]
                parts.append((p, (mu, moved, P)))
        posts = [post for _, post in parts]
        weights = np.array([p * post[0] for p, post in parts])
        total = weights.sum(0)
        states = [
            imm.moments(
                weights[:, m] / total[m], [q[1][m] for q in posts], [q[2][m] for q in posts]
            )
            for m in range(3)
        ]
        return (
            total / total.sum(),
            np.array([s[0] for s in states]),
            np.array([s[1] for s in states]),
        )

    def begin(self, report, free, went):
        """A new track where no track explains the report."""
        chance = free * report["birth"] / (report["birth"] + report["clutter"])
        if chance < LEAST_START * self.params.drop_at:
            return
        s = report["sensor"]
        new = lifecycle.begin(
            report, self.next_number, chance, self.params, self.motion, *self.frame(s)
        )
        self.next_number += 1
        late.remember(new.past, new.time_s, *new.moments())
        lifecycle.note_hit(new, report, self.params)
        went.setdefault(report["serial"], new.number)
        self.tracks.append(new)

    def sweep(self, now_s):
        """Count missed looks; end what is over; numbers of the ended."""
        for track in self.tracks:
            existence.miss_looks(track, now_s, self.table, self.params)
        over = [
            t for t in self.tracks if lifecycle.is_over(t, now_s, self.params, self.table.period_s)
        ]
        self.tracks = [t for t in self.tracks if not any(t is o for o in over)]
        return [t.number for t in over]


def blocks(P):
    """Covariances of position and velocity."""
    return P[:3, :3], P[3:6, 3:6]


def micro_batch_length(reports):
    """Reports of the first one's sensor within half a second, no position with an address twice."""
    first, seen = reports[0], set()
    for n, report in enumerate(reports):
        if report["sensor"] != first["sensor"] or report["time_s"] - first["time_s"] > 0.5:
            return n
        if report["form"] == 1 and report["icao"] in seen:
            return n
        if report["icao"] >= 0:
            seen.add(report["icao"])
    return len(reports)
