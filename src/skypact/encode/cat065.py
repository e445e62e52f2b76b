"""A unit's own state to service status messages: category 065.

Source: EUROCONTROL-SPEC-0149 Part 15, edition 1.6 (item table `decode/asterix/cat065.py`).
"""

from typing import Any, Final

from skypact.decode.asterix.registry import category
from skypact.encode.asterix import encode_record
from skypact.encode.datagrams import Sender
from skypact.errors import ConfigError
from skypact.units import DAY

NUMBER: Final = 65
STATUS_MESSAGE: Final = 1
END_OF_BATCH: Final = 2
SERVICE_MESSAGE: Final = 3
_STATUSES: Final = 3
SERVICE_REPORTS: Final = {
    "degradation": 1,
    "degradation ended": 2,
    "main radar out of service": 3,
    "interrupted by the operator": 4,
    "interrupted by contingency": 5,
    "ready to restart after contingency": 6,
    "ended by the operator": 7,
    "main radar failed": 8,
    "restarted by the operator": 9,
    "main radar operational": 10,
    "main radar degraded": 11,
    "neighbour disconnected": 12,
    "neighbour connected again": 13,
    "on the backup radar": 14,
    "on the main radar": 15,
    "main and backup radar failed": 16,
}
"""Values of I065/050 by what they say."""


def _head(message: int, time_s: float, sender: Sender) -> dict[str, Any]:
    return {
        "000": message,
        "010": {"SAC": sender.sac, "SIC": sender.sic},
        "015": sender.service,
        "030": time_s % DAY,
    }


def status_record(
    time_s: float,
    sender: Sender,
    *,
    status: int = 0,
    overload: bool = False,
    time_invalid: bool = False,
    renumbered: int = 0,
) -> bytes:
    """Return the record of a unit's own state at a time (UTC seconds).

    Parameters
    ----------
    time_s : float
        UTC seconds.
    sender : Sender
        Who sends.
    status : int
        0 operational, 1 degraded, 2 not connected.
    overload, time_invalid : bool
        Data are lost to overload; the source of time is not valid.
    renumbered : int
        Parity of how often track numbers began anew.
    """
    if status not in range(_STATUSES):
        raise ConfigError(f"unit status: expected 0, 1 or 2, got {status}")
    state = {
        "NOGO": status,
        "OVL": int(overload),
        "TSV": int(time_invalid),
        "STTN": renumbered & 1,
    }
    return encode_record(category(NUMBER), _head(STATUS_MESSAGE, time_s, sender) | {"040": state})


def end_of_batch_record(time_s: float, sender: Sender, batch: int) -> bytes:
    """Return the record that says a batch of tracks is complete; `batch` counts modulo 256."""
    values = _head(END_OF_BATCH, time_s, sender) | {"020": batch & 255}
    return encode_record(category(NUMBER), values)


def service_record(time_s: float, sender: Sender, report: str) -> bytes:
    """Return the record of an event of the service, a key of `SERVICE_REPORTS`."""
    if report not in SERVICE_REPORTS:
        known = ", ".join(SERVICE_REPORTS)
        raise ConfigError(f"service report: expected one of {known}, got {report!r}")
    values = _head(SERVICE_MESSAGE, time_s, sender) | {"050": SERVICE_REPORTS[report]}
    return encode_record(category(NUMBER), values)
