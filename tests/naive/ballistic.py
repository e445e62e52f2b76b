"""Plain twin of kernels/ballistic.py: in the inertial frame, gravity from the potential."""

import itertools
import math

import numpy as np

from skypact.kernels.ballistic import AIR_DENSITY_KGPM3, AIR_HEIGHT_M

MU = 3.986004418e14
RADIUS = 6_378_137.0
SPIN = np.array([0.0, 0.0, 7.292115e-5])


def potential(place, j2):
    """Gravitational potential (m^2/s^2) of a flattened Earth: Legendre's P2 of the latitude."""
    r = math.sqrt(place @ place)
    sine = place[2] / r
    return MU / r * (1.0 - j2 * (RADIUS / r) ** 2 * (3.0 * sine * sine - 1.0) / 2.0)


def gravity(place, j2):
    """Gradient of the potential by differences over 20 m."""
    step = 10.0 * np.eye(3)
    return np.array([potential(place + s, j2) - potential(place - s, j2) for s in step]) / 20.0


def turned(vector, angle):
    """Vector turned about the Earth's axis."""
    s, c = math.sin(angle), math.cos(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ vector


def drag(place, velocity, drag_m2pkg):
    """Deceleration against air that turns with the Earth."""
    r = math.sqrt(place @ place)
    height = r - RADIUS * (1.0 - (place[2] / r) ** 2 / 298.257223563)
    if height > 150_000.0:
        return np.zeros(3)
    density = math.exp(np.interp(height, AIR_HEIGHT_M, np.log(AIR_DENSITY_KGPM3)))
    wind = velocity - np.cross(SPIN, place)
    return 0.5 * density * drag_m2pkg * math.sqrt(wind @ wind) * wind


def fly(state, time_s, drag_m2pkg, j2, longest_s):
    """States at the times, in the Earth-fixed frame; steps of `longest_s` everywhere."""
    place, velocity = state[:3], state[3:] + np.cross(SPIN, state[:3])
    out = [state]
    for before, after in itertools.pairwise(time_s):
        count = math.ceil((after - before) / longest_s)
        for _ in range(count):
            place, velocity = stepped(place, velocity, (after - before) / count, drag_m2pkg, j2)
        angle = -SPIN[2] * (after - time_s[0])
        fixed = velocity - np.cross(SPIN, place)
        out.append(np.concatenate((turned(place, angle), turned(fixed, angle))))
    return np.array(out)


def stepped(place, velocity, h, drag_m2pkg, j2):
    """One step of the classical Runge-Kutta method."""

    def pull(p, v):
        return gravity(p, j2) - (drag(p, v, drag_m2pkg) if drag_m2pkg else 0.0)

    v1, a1 = velocity, pull(place, velocity)
    v2 = velocity + 0.5 * h * a1
    a2 = pull(place + 0.5 * h * v1, v2)
    v3 = velocity + 0.5 * h * a2
    a3 = pull(place + 0.5 * h * v2, v3)
    v4 = velocity + h * a3
    a4 = pull(place + h * v3, v4)
    mean_v, mean_a = (v1 + 2 * v2 + 2 * v3 + v4) / 6, (a1 + 2 * a2 + 2 * a3 + a4) / 6
    return place + h * mean_v, velocity + h * mean_a
