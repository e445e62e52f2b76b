"""Plain twin of kernels/smooth.py: the textbook's models over reports that are taken as told."""

from tests.naive import imm


def forward(mu, x, P, time_s, reports, form, site, axes, motion, flat):
    """States after each report (n,); the first is given. Times (n,), prepared reports (n, Z)."""
    states = [(mu, x, P)]
    for k in range(1, len(time_s)):
        predicted = imm.predict(*states[-1], time_s[k] - time_s[k - 1], motion)
        states.append(imm.update(*predicted, reports[k], form, site, axes, flat)[:3])
    return states
