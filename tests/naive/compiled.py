"""Kernels around helpers, so that a test calls the compiled helper and its code is cached.

A helper called from Python is compiled anew in every process; through these it is not.
"""

import numpy as np

from skypact.kernels import (
    consider,
    doubles,
    existence,
    freeflight,
    gate,
    geodesy,
    grid,
    height,
    imm,
    intersect,
    late,
    lifecycle,
    maps,
    relabel,
    told,
    update,
    usual,
    waking,
)
from skypact.kernels import search as search_module
from skypact.kernels._jit import allocating_kernel, kernel
from skypact.model.tracking import empty_scratch

_ecef_from_polar_one = geodesy.ecef_from_polar_one
_up_at_one = geodesy.up_at_one
_elevation_for_height_one = geodesy.elevation_for_height_one
_height_residual = height.height_residual
_update_one = update.update_one
_is_far = doubles.is_far
_same_object = doubles.same_object
_switch_weights = imm.switch_weights
_move_free = freeflight.move_free
_is_beyond = waking.is_beyond
_open_state = waking.open_state
_open_probabilities = waking.open_probabilities
_combine = imm.combine
_mix_models = imm.mix_models
_predict_models = imm.predict_models
_hypothesis = gate.hypothesis
_report_for_track = told.report_for_track
_note_told = told.note_told
_forget_told = told.forget_told
_intersect = intersect.intersect
_level_parts = intersect.level_parts
_widen_level = intersect.widen_level
_link = grid.link
_unlink = grid.unlink
_search = search_module.search
_identity_ratio = gate.identity_ratio
_coarse_reach = search_module.coarse_reach
_outranks = doubles.outranks
_inherit = doubles.inherit
_weigh_partner = doubles.weigh_partner
_count_miss = existence.count_miss
_place_at = existence.place_at
_is_over = lifecycle.is_over
_looks_slept = existence.looks_slept
_recount_misses = existence.recount_misses
_divide = late.divide
_consider_pair = consider.consider_pair
_absorb = consider.absorb
_move_sensitivities = consider.move_sensitivities
_add_biases = consider.add_biases
_usual_height = usual.usual_height
_change_prior = usual.change_prior
_keep_range = usual.keep_range
_joint_events = relabel.joint_events
_keep_likely = relabel.keep_likely
_settle_places = relabel.settle_places
_cell_of_index = grid.cell_of
_forget = late.forget
_remember = late.remember
_retrodict = late.retrodict
_bring_back = late.bring_back
_cell_of = maps.cell_of
_count_turns = maps.count_turns
_false_per_turn = maps.false_per_turn
_false_in_cell = maps.false_in_cell
_note_false = maps.note_false
_note_looks = maps.note_looks
_note_unseen = maps.note_unseen
_detection_in_cell = maps.detection_in_cell


@kernel
def ecef_from_polar_one(range_m, azimuth_rad, height_m, site, axes):
    """Compiled `geodesy.ecef_from_polar_one`."""
    return _ecef_from_polar_one(range_m, azimuth_rad, height_m, site, axes)


@kernel
def up_at_one(x, y, z):
    """Compiled `geodesy.up_at_one`."""
    return _up_at_one(x, y, z)


@kernel
def elevation_for_height_one(range_m, site_height_m, height_m):
    """Compiled `geodesy.elevation_for_height_one`."""
    return _elevation_for_height_one(range_m, site_height_m, height_m)


@kernel
def height_residual(x, z, flat):
    """Compiled `height.height_residual`."""
    return _height_residual(x, z, flat)


@allocating_kernel
def update_one(x, P, z, form, site, axes, flat):
    """Compiled `update.update_one`."""
    return _update_one(x, P, z, form, site, axes, flat, np.zeros((4, 7)))


@kernel
def switch_weights(mu, dt, motion, predicted, W):
    """Compiled `imm.switch_weights`."""
    _switch_weights(mu, dt, motion, predicted, W)


@kernel
def combine(mu, xs, Ps, x_out, P_out):
    """Compiled `imm.combine`."""
    _combine(mu, xs, Ps, x_out, P_out)


@kernel
def mix_models(mu, x, P, dt, motion, scratch):
    """Compiled `imm.mix_models`."""
    _mix_models(mu, x, P, dt, motion, scratch)


@kernel
def predict_models(mu, x, P, dt, motion, scratch):
    """Compiled `imm.predict_models`."""
    _predict_models(mu, x, P, dt, motion, scratch)


@kernel
def hypothesis(z, form, site, axes, flat, scratch, post):
    """Compiled `gate.hypothesis`."""
    return _hypothesis(z, form, site, axes, flat, scratch, post)


@kernel
def link(tracks, t, flat, time_s):
    """Compiled `grid.link`."""
    _link(tracks, t, flat, time_s)


@kernel
def unlink(tracks, t):
    """Compiled `grid.unlink`."""
    _unlink(tracks, t)


@kernel
def cell(flat, size, x, y, z):
    """Compiled `grid.cell_of`."""
    return _cell_of_index(flat, size, x, y, z)


@kernel
def search(tracks, z, time_s, reach_m, flat, found_out):
    """Compiled `search.search`."""
    return _search(tracks, z, time_s, reach_m, flat, found_out)


@kernel
def coarse_reach(z, form):
    """Compiled `search.coarse_reach`."""
    return _coarse_reach(z, form)


@kernel
def identity_ratio(tracks, t, m, j, period_s, p):
    """Compiled `gate.identity_ratio`."""
    return _identity_ratio(tracks, t, m, j, period_s, p)


@kernel
def same_object(tracks, a, b, now_s, p):
    """Compiled `doubles.same_object`."""
    return _same_object(tracks, a, b, now_s, p)


@kernel
def outranks(tracks, a, b):
    """Compiled `doubles.outranks`."""
    return _outranks(tracks, a, b)


@kernel
def inherit(tracks, heir, t):
    """Compiled `doubles.inherit`."""
    return _inherit(tracks, heir, t)


@kernel
def weigh_partner(tracks, t, m, j, period_s):
    """Compiled `doubles.weigh_partner`."""
    _weigh_partner(tracks, t, m, j, period_s)


@kernel
def count_miss(tracks, t, p_detection, period_s, p):
    """Compiled `existence.count_miss`."""
    _count_miss(tracks, t, p_detection, period_s, p)


@kernel
def place_at(tracks, t, time_s):
    """Compiled `existence.place_at`."""
    return _place_at(tracks, t, time_s)


@kernel
def cell_of(range_m, azimuth_rad, range_max_m):
    """Compiled `maps.cell_of`."""
    return _cell_of(range_m, azimuth_rad, range_max_m)


@kernel
def count_turns(state, time_s, period_s):
    """Compiled `maps.count_turns`."""
    _count_turns(state, time_s, period_s)


@kernel
def false_per_turn(cells, turns, sheet):
    """Compiled `maps.false_per_turn`."""
    return _false_per_turn(cells, turns, sheet)


@kernel
def false_in_cell(cells, cell, turns, sheet):
    """Compiled `maps.false_in_cell`."""
    return _false_in_cell(cells, cell, turns, sheet)


@kernel
def note_false(cells, cell, weight, turns):
    """Compiled `maps.note_false`."""
    _note_false(cells, cell, weight, turns)


@kernel
def note_looks(cells, cell, gap_s, period_s):
    """Compiled `maps.note_looks`."""
    _note_looks(cells, cell, gap_s, period_s)


@kernel
def note_unseen(cells, cell):
    """Compiled `maps.note_unseen`."""
    _note_unseen(cells, cell)


@kernel
def detection_in_cell(cells, cell, sheet):
    """Compiled `maps.detection_in_cell`."""
    return _detection_in_cell(cells, cell, sheet)


@kernel
def usual_height(speed_mps, sigma_mps, ground_m):
    """Compiled `usual.usual_height`."""
    return _usual_height(speed_mps, sigma_mps, ground_m)


@allocating_kernel
def change_prior(x, P, up, height_m, old, new):
    """Compiled `usual.change_prior`."""
    _change_prior(x, P, up, height_m, old, new, np.zeros(7))


@allocating_kernel
def keep_range(x, P, up, site, before):
    """Compiled `usual.keep_range`."""
    _keep_range(x, P, up, site, before, np.zeros(3), np.zeros(7))


@kernel
def consider_pair(tracks, t, s, dt, form, g, scratch):
    """Compiled `consider.consider_pair`."""
    _consider_pair(tracks, t, s, dt, form, g, scratch)


@kernel
def absorb(tracks, t, s, form, g, scratch, share):
    """Compiled `consider.absorb`."""
    _absorb(tracks, t, s, form, g, scratch, share)


@kernel
def move_sensitivities(tracks, t, dt, g):
    """Compiled `consider.move_sensitivities`."""
    _move_sensitivities(tracks, t, dt, g)


@kernel
def add_biases(tracks, t, g, P):
    """Compiled `consider.add_biases`."""
    _add_biases(tracks, t, g, P)


@allocating_kernel
def move_free(x, P, model, dt, motion, up):
    """Compiled `freeflight.move_free`."""
    _move_free(x, P, model, dt, motion, np.zeros((3, 7, 7)), up)


@kernel
def is_beyond(tracks, t, limits, sigmas):
    """Compiled `waking.is_beyond` on the earth."""
    return _is_beyond(tracks, t, limits, 0, sigmas)


@kernel
def open_state(tracks, t, z, p):
    """Compiled `waking.open_state` and `waking.open_probabilities`."""
    _open_state(tracks, t, z, p)
    _open_probabilities(z, tracks.mu[t])


@kernel
def forget(tracks, t):
    """Compiled `late.forget`."""
    _forget(tracks, t)


@kernel
def remember(tracks, t, x, P):
    """Compiled `late.remember`."""
    _remember(tracks, t, x, P)


@kernel
def retrodict(tracks, t, tau_s, motion, scratch):
    """Compiled `late.retrodict`."""
    return _retrodict(tracks, t, tau_s, motion, scratch)


@kernel
def bring_back(tracks, t, tau_s, motion, scratch, post):
    """Compiled `late.bring_back`."""
    _bring_back(tracks, t, tau_s, motion, scratch, post)


@kernel
def solve_events(c, n_members):
    """Compiled `relabel.joint_events`, `keep_likely` and `settle_places`; how many events."""
    n = _keep_likely(c, _joint_events(c, n_members), n_members)
    _settle_places(c, n, n_members)
    return n


@kernel
def count_events(c, n_members):
    """Compiled `relabel.joint_events`."""
    return _joint_events(c, n_members)


@kernel
def is_over(tracks, t, now_s, g, p):
    """Compiled `lifecycle.is_over`."""
    return _is_over(tracks, t, now_s, g, p)


@kernel
def looks_slept(look_s, now_s, back_s, period_s):
    """Compiled `existence.looks_slept`."""
    return _looks_slept(look_s, now_s, back_s, period_s)


@kernel
def recount_misses(tracks, t, since_s, g, p):
    """Compiled `existence.recount_misses`."""
    _recount_misses(tracks, t, since_s, g, p)


@allocating_kernel
def divide(C, P):
    """Compiled `late.divide`."""
    out = np.zeros((7, 7))
    _divide(C, P, np.zeros((7, 7)), out)
    return out


@kernel
def intersect_with(form, site, axes, flat, is_late, scratch, post):
    """Compiled `intersect.intersect`."""
    return _intersect(form, site, axes, flat, is_late, scratch, post)


@kernel
def widen_by(P, flat, share, scratch):
    """Compiled `intersect.widen_level`, in place, with the parts of it that it needs."""
    n = _level_parts(P, scratch.z, flat, scratch)
    _widen_level(P, scratch.work[4], scratch.work[5], n, share, scratch.work[7])


def widened(P, z, flat, share):
    """Covariance (7, 7) widened for the estimate z."""
    scratch, out = empty_scratch(), P.copy()
    scratch.z[:] = z
    widen_by(out, int(flat), share, scratch)
    return out


@kernel
def is_far(near_a, near_b, now_s, place_m):
    """Compiled `doubles.is_far`."""
    return _is_far(near_a, near_b, now_s, place_m)


@kernel
def report_for_track(z, time_s, num, motion, p, z_out):
    """Call the helper."""
    _report_for_track(z, time_s, num, motion, p, z_out)


@kernel
def note_told(z, time_s, num):
    """Call the helper."""
    _note_told(z, time_s, num)


@kernel
def forget_told(num):
    """Call the helper."""
    _forget_told(num)
