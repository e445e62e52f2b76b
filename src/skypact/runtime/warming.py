"""Everything a unit runs, compiled before it runs: once for each version on each machine."""

from collections.abc import Collection
from contextlib import suppress
from typing import Final

import numpy as np

from skypact.decode.asterix.reports import Decoder
from skypact.decode.recognise import open_feed
from skypact.kernels._jit import warm_mark
from skypact.record.simulated import without_biases
from skypact.runtime.pipeline import Pipeline
from skypact.simulate import Scene, load_sky_scenario

WARM_S: Final = 26
"""Simulated: longer than a window of the registration."""
_START_S: Final = 1_700_000_000.0
_FRAMES: Final = (
    b"8D40621D58C382D690C8AC2863A7", b"8D40621D58C386435CC412692AD6",
    b"8D485020994409940838175B284F", b"8D4840D6202CC371C32CE0576098",
)  # fmt: skip
"""Two positions of one aircraft, a velocity and a callsign, from J. Sun, "The 1090 Megahertz
Riddle" (2nd ed., 2021), chapters 5 to 8."""


def is_warm() -> bool:
    """Whether a unit ran on this machine with these kernels: they load from the cache in time."""
    return warm_mark().exists()


def warm_up() -> None:
    """Run a simulated scene through decoders and tracker, and note that it was done."""
    scene = Scene(load_sky_scenario("border"), 1, start_s=_START_S)
    union = without_biases(scene.union)
    decoder = Decoder(union.sensor)
    pipeline = Pipeline(list(union.sensor))
    for i in range(1, WARM_S + 1):
        packets = scene.advance(_START_S + i).packets
        pipeline.step(decoder.decode(packets).reports, _START_S + i)
    for form in ("avr", "beast"):
        feed = open_feed(form, (52.0, 4.0))
        for k, octets in enumerate(_framed(form)):
            feed.feed(np.frombuffer(octets, np.uint8), round((_START_S + k) * 1e9))
    with suppress(OSError):  # a cache that cannot be written is told of by `doctor`
        warm_mark().touch()


def _framed(form: str) -> Collection[bytes]:
    if form == "avr":
        return [b"*" + frame + b";\n" for frame in _FRAMES]
    raw = [bytes.fromhex(frame.decode()).replace(b"\x1a", b"\x1a\x1a") for frame in _FRAMES]
    return [b"\x1a3" + bytes(6) + b"\x80" + frame for frame in raw]
