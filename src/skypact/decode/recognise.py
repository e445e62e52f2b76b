"""Which receiver's form a file has, by its content, then by its suffix; ASTERIX is none of them."""

from typing import Final, Literal

import numpy as np

from skypact.decode.feeds import Feed
from skypact.decode.modes.lines import row_of_csv, row_of_json
from skypact.decode.modes.receiver import ModesFeed
from skypact.decode.readsb import SnapshotFeed
from skypact.decode.remoteid.radio import RadioFeed, is_radio
from skypact.decode.remoteid.receiver import RAW_KEYS, READ_KEYS, RemoteIdFeed
from skypact.decode.sbs import KINDS, SbsFeed
from skypact.kernels import streams as kernel
from skypact.model.modes import LONG_FRAME, Octets

FeedFormat = Literal["beast", "avr", "sbs", "frames", "aircraft.json", "remoteid", "radio"]
FORMATS: Final[tuple[FeedFormat, ...]] = (
    "beast", "avr", "sbs", "frames", "aircraft.json", "remoteid", "radio",
)  # fmt: skip
SUFFIXES: Final[dict[str, FeedFormat]] = {".beast": "beast", ".avr": "avr", ".sbs": "sbs"}
HEAD_BYTES: Final = 1 << 14
"""Octets that are looked at."""
MOST_LOST: Final = 0.2
"""Share of octets in no message up to which a stream is believed to be of a form."""
_AVR_STARTS: Final = b"*@%<"


def _is_stream(head: Octets, form: FeedFormat) -> bool:
    """Whether most octets are in whole frames of a form."""
    rows = head.size // 16 + 1
    octets, length = np.empty((rows, LONG_FRAME), np.uint8), np.empty(rows, np.int8)
    stamp, counts = np.empty(rows, np.int64), np.zeros(kernel.N_STREAM_COUNTS, np.int64)
    out = (octets, length, stamp, counts)
    if form == "beast":
        n, used = kernel.scan_beast(head, *out, np.empty(kernel.HEAD + LONG_FRAME, np.uint8))
    else:
        n, used = kernel.scan_avr(head, *out)
    other = int(counts[kernel.OTHER])
    lost = int(counts[kernel.LOST]) + head.size - used if n < 3 else int(counts[kernel.LOST])
    return n > 0 and n >= other and 4 * counts[kernel.CUT] <= n and lost <= MOST_LOST * head.size


def _of_json(text: bytes, line: bytes) -> FeedFormat | None:
    """Form of JSON: snapshots have a list of aircraft, lines a frame or a drone."""
    if b'"aircraft"' in text or (b'"ac"' in text and b'"hex"' in text):
        return "aircraft.json"
    if row_of_json(line) is not None:
        return "frames"
    keys = (*RAW_KEYS, *READ_KEYS)
    return "remoteid" if any(f'"{key}"'.encode() in text for key in keys) else None


def recognise(data: Octets, suffix: str = "") -> FeedFormat | None:
    """Name of the form, None where the bytes are of none.

    Parameters
    ----------
    data : (m,) u1
        The begin of the file or all of it.
    suffix : str
        Of the file's name, used where the content does not tell.
    """
    head = data[:HEAD_BYTES]
    text = head.tobytes()
    lines = [line.strip() for line in text.split(b"\n") if line.strip()]
    if not lines:
        return None
    if is_radio(head):
        return "radio"
    if 0x1A in text[:64] and _is_stream(head, "beast"):
        return "beast"
    if lines[0][:1] in (b"{", b"["):
        return _of_json(text, lines[0])
    if lines[0][0] in _AVR_STARTS and _is_stream(head, "avr"):
        return "avr"
    if lines[0].split(b",")[0].decode("ascii", "replace") in KINDS:
        return "sbs"
    if any(b"," in line and row_of_csv(line) is not None for line in lines[:2]):
        return "frames"
    return SUFFIXES.get(suffix.lower())


def open_feed(
    form: FeedFormat,
    near_deg: tuple[float, float] | None = None,
    range_max_m: float = np.inf,
    date_s: float | None = None,
) -> Feed:
    """Make the decoder of one feed.

    Parameters
    ----------
    form : str
        One of `FORMATS`.
    near_deg, range_max_m
        Where the receiver is, in degrees, and how far it hears.
    date_s : float or None
        UTC midnight of the first day, where only a counter tells the time.
    """
    if form == "sbs":
        return SbsFeed()
    if form == "aircraft.json":
        return SnapshotFeed()
    if form == "remoteid":
        return RemoteIdFeed()
    if form == "radio":
        return RadioFeed()
    return ModesFeed(form, near_deg=near_deg, range_max_m=range_max_m, date_s=date_s)
