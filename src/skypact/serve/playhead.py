"""Where in the history one viewer is, and how it moves. Pure: the wall clock is passed in."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from skypact.errors import ConfigError

MAX_SPEED: Final = 600.0
"""What ``max`` means; the playhead never passes the newest step."""
END_MARGIN_S: Final = 0.5
"""A playhead this close to the newest step of a live picture follows it."""


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control message of the page (JSON)."""

    cmd: Literal["play", "pause", "speed", "seek", "live", "ack"]
    speed: Annotated[float, Meta(ge=0.25, le=60)] | Literal["max"] | None = None
    """With ``speed``."""
    time_s: float | None = None
    """With ``seek``: UTC seconds."""
    sequence: Annotated[int, Meta(ge=0)] | None = None
    """With ``ack``: the newest message drawn."""


_READER = msgspec.json.Decoder(Command)


def command_from_json(text: str | bytes) -> Command:
    """Read a control message.

    Raises
    ------
    ConfigError
        Not JSON, an unknown command, or the value a command needs is missing.
    """
    try:
        command = _READER.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ConfigError(f"control message: {error}; see docs/reference/wire.md") from error
    needed = {"speed": command.speed, "seek": command.time_s, "ack": command.sequence}
    if needed.get(command.cmd, 0) is None:
        raise ConfigError(f"control message: {command.cmd} needs its value; see the reference")
    return command


class Playhead:
    """One viewer's place in the history.

    A live viewer starts at the newest step and follows it; a replay starts at the beginning at
    speed 1.
    """

    def __init__(self, *, is_live: bool, wall_s: float) -> None:
        self.clock_s = float("nan")
        """Time shown, UTC seconds; NaN before the first step."""
        self.is_playing = True
        self.is_live = is_live
        """Follows the newest step."""
        self.speed = 1.0
        self._source_is_live = is_live
        self._wall_s = wall_s

    def apply(self, command: Command, first_s: float, last_s: float) -> bool:
        """Obey a command; true if the playhead jumped and the viewer needs a snapshot."""
        if command.cmd == "play":
            restart = not self._source_is_live and self.clock_s >= last_s
            self.is_playing = True
            if restart:
                self.clock_s = first_s
            return restart
        if command.cmd == "pause":
            self.is_playing = self.is_live = False
        elif command.cmd == "speed" and command.speed is not None:
            self.speed = MAX_SPEED if command.speed == "max" else command.speed
            self.is_live = self.is_live and self.speed == 1.0
        elif command.cmd == "seek" and command.time_s is not None:
            self.clock_s = min(max(command.time_s, first_s), last_s)
            self.is_live = False
            return True
        elif command.cmd == "live":
            self.is_live = self._source_is_live
            self.is_playing = True
            self.speed = 1.0 if self.is_live else self.speed
            self.clock_s = last_s
            return True
        return False

    def advance(self, wall_s: float, first_s: float, last_s: float, *, complete: bool) -> None:
        """Move to the wall time `wall_s`; stay within the history's span."""
        elapsed_s, self._wall_s = wall_s - self._wall_s, wall_s
        if last_s != last_s:
            return
        if self.clock_s != self.clock_s:
            self.clock_s = last_s if self._source_is_live else first_s
            return
        if self.is_live:
            self.clock_s = last_s
        elif self.is_playing:
            self.clock_s = min(self.clock_s + elapsed_s * self.speed, last_s)
            if self.clock_s >= last_s - END_MARGIN_S and self._source_is_live:
                self.is_live, self.speed, self.clock_s = True, 1.0, last_s
            if self.clock_s >= last_s and complete:
                self.is_playing = False
        self.clock_s = max(self.clock_s, first_s)
