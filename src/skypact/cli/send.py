"""``skypact simulate --send``: simulated sensors send live, as real ones would, to a unit."""

import socket
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
import numpy as np

from skypact.cli.console import say
from skypact.cli.show import Stop
from skypact.config import Union
from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.record.simulated import without_biases
from skypact.record.union_file import union_to_toml
from skypact.simulate import Scene

LEAD_S: Final = 60.0
"""Simulated before the first packet is sent: aircraft are in the air by then."""
PERIOD_S: Final = 0.05
"""Between two looks at what is due."""
UNIT: Final = "all"


def address_of(url: str) -> tuple[str, int]:
    """Read where to send.

    Raises
    ------
    ConfigError
        It is no ``udp://HOST:PORT``.
    """
    wrong = ConfigError(f"--send: expected udp://HOST:PORT, got {url}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme != "udp" or not parts.hostname or not port:
        raise wrong
    return parts.hostname, port


def write_union(union: Union, url: str, out: Path) -> None:
    """Write the union file of the scene's sensors, with one unit that hears them at `url`.

    Their biases are left out: the unit has to find them, as in reality.
    """
    unit = Unit(name=UNIT, source=(url,))
    path = out / "union.toml"
    union = msgspec.structs.replace(without_biases(union), unit=(unit,))
    path.write_text(union_to_toml(union), "utf-8")
    say(f"to hear them: skypact run {path} --unit {UNIT}")


def send(scene: Scene, address: tuple[str, int], seconds: float, stop: Stop) -> int:
    """Send what the sensors send, when they do, for so long; how many packets that were.

    Parameters
    ----------
    scene : Scene
        Begun no later than now; what it would have sent before now is left out.
    address : (str, int)
        Host and UDP port that get all of it.
    seconds : float
        How long.
    stop : Stop
        Ends it sooner.
    """
    n_sent, end_s = 0, time.monotonic() + seconds
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
    except OSError as error:
        raise ConfigError(f"--send: {address[0]} is not known: {error.strerror}") from error
    with socket.socket(*found[:3]) as sock:
        scene.advance(time.time())
        while time.monotonic() < end_s and not stop:
            packets = scene.advance(time.time()).packets
            for i in np.argsort(packets.received_ns, kind="stable").tolist():
                sock.sendto(packets.data[packets.start[i] : packets.end[i]].tobytes(), found[4])
            n_sent += packets.start.size
            stop.wait(PERIOD_S)
    return n_sent
