"""Recognise a recording's framing by its content, then its suffix, and take it apart."""

from typing import Any

import numpy as np

from skypact.decode.framing import pcap, pcapng
from skypact.decode.framing.final import looks_final, read_final
from skypact.decode.framing.framed import Framed, Octets, no_packets, octets
from skypact.decode.framing.raw import read_oradis, read_raw
from skypact.kernels import capture


def recognise(data: Octets, suffix: str = "") -> str:
    """Name of the framing: magic numbers first, then envelopes that hold together, else raw."""
    magic = data[:4].tobytes()
    if magic in pcap.MAGICS:
        return "pcap"
    if magic == pcapng.MAGIC:
        return "pcapng"
    if looks_final(data) or suffix == ".ff":
        return "final"
    ends = np.array([min(data.size, 1 << 16)], np.int64)
    kind = np.empty(1, np.int64)
    capture.sniff(data, np.zeros(1, np.int64), ends, kind)
    return "oradis" if kind[0] == capture.ORADIS else "raw"


def read_framing(data: Any, suffix: str = "", date_s: float | None = None) -> Framed:  # noqa: ANN401
    """Take a recording apart in packets.

    Parameters
    ----------
    data : bytes, mmap or (m,) u1 array
        The whole recording; not copied.
    suffix : str
        The file name's suffix (``.ff``), used only where the content does not tell.
    date_s : float, optional
        UTC midnight of the recording's day; FINAL stamps hold none. Left out, they count from
        1970-01-01 and ``no_date`` is counted.
    """
    view = octets(data)
    if view.size == 0:
        return Framed(no_packets(), "empty", {}, (), ())
    framing = recognise(view, suffix.lower())
    if framing == "pcap":
        return pcap.read_pcap(view)
    if framing == "pcapng":
        return pcapng.read_pcapng(view)
    if framing == "final":
        return read_final(view, date_s)
    return read_oradis(view) if framing == "oradis" else read_raw(view)
