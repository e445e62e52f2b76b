"""Alerts as the page's stream tells them: all that live, then what becomes of them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from skypact.model.alerts import LiveAlert
from skypact.serve.watched import alive_alert

MOST_ALERTS: Final = 1_000
"""In one message; the most severe ones, of those the newest."""
_RANKS: Final = {"minor": 0, "moderate": 1, "severe": 2, "extreme": 3}


def alerts_text(alerts: Sequence[LiveAlert], *, is_whole: bool) -> str:
    """Write a text message.

    Parameters
    ----------
    alerts : sequence of LiveAlert
        In the order in which they were told.
    is_whole : bool
        They are all that live; else what became of some.
    """
    told = list(alerts)
    if is_whole and len(told) > MOST_ALERTS:
        order = sorted(told, key=lambda a: (_RANKS.get(a.record.severity, 0), a.record.time_s))
        chosen = {a.record.id for a in order[-MOST_ALERTS:]}
        told = [a for a in told if a.record.id in chosen]
    message = {
        "alerts": [alive_alert(alert) for alert in told],
        "whole": is_whole,
        "left_out": len(alerts) - len(told),
    }
    return msgspec.json.encode(message).decode()
