"""Every error the package raises, and what a kernel's status codes mean.

A message says what was expected, what came, where, and what to do. Kernels never raise: they write
one of the int8 status codes below per row and the stage counts them.
"""

from typing import Final

OK: Final = 0
TRUNCATED: Final = 1
BAD_LENGTH: Final = 2
BAD_FSPEC: Final = 3
UNKNOWN_ITEM: Final = 4
BAD_PARITY: Final = 5
UNKNOWN_FORMAT: Final = 6
UNKNOWN_ADDRESS: Final = 7

STATUS_TEXT: Final[dict[int, str]] = {
    OK: "ok",
    TRUNCATED: "the bytes ended inside a record; check the recording for lost packets",
    BAD_LENGTH: "a length field disagrees with the bytes; check the category and its edition",
    BAD_FSPEC: "a field specification has no end or names no field; check the category's edition",
    UNKNOWN_ITEM: "a field the edition does not define is set; select another edition",
    BAD_PARITY: "the frame's parity is wrong: noise, or two replies at once; some are usual",
    UNKNOWN_FORMAT: "a downlink format that is not read; military and long formats are not",
    UNKNOWN_ADDRESS: "an address known only from its parity, and not heard in the clear before",
}
"""What each status code means and what to do about it."""


class SkypactError(Exception):
    """Root of every error raised on purpose."""


class ConfigError(SkypactError, ValueError):
    """A configuration, command line or union file is wrong; names the key and the remedy."""


class DecodeError(SkypactError, ValueError):
    """Bytes do not follow their standard.

    Parameters
    ----------
    message : str
        Expected, got, and what to do.
    kind : str
        Short stable word under which the error is counted (``truncated``, ``bad_length`` ...).
    where : str
        Item and standard, for example ``cat048 I048/040``.
    offset : int
        Byte offset in the buffer that was decoded, -1 where unknown.
    """

    def __init__(self, message: str, *, kind: str, where: str = "", offset: int = -1) -> None:
        place = f"{where} at byte {offset}: " if where else ""
        super().__init__(place + message)
        self.kind = kind
        self.where = where
        self.offset = offset


class SourceError(SkypactError, OSError):
    """A source of bytes cannot be opened or read; names it and the remedy."""


class RecordingError(SkypactError, ValueError):
    """A recording or an output folder cannot be read or written."""


class WarningError(SkypactError, ValueError):
    """A warning message does not follow its standard, or its signature is refused."""


class StoreError(SkypactError, OSError):
    """The store of the picture is away or full; what waits for it is written when it is back."""


class MissingExtraError(SkypactError, ImportError):
    """An optional part is not installed; the message holds the install line."""
