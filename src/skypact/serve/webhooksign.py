"""Signatures of webhooks: HMAC-SHA256 over identifier, time and body.

Source: Standard Webhooks specification 1.0.0 (standardwebhooks.com): headers ``webhook-id``,
``webhook-timestamp`` (seconds since 1970) and ``webhook-signature`` (``v1,`` and base64 of the HMAC
of ``ID.TIMESTAMP.BODY``), secrets of 24 to 64 bytes, perhaps as ``whsec_`` and base64. A receiver
refuses a time that is off by more than five minutes, and an identifier that it has had.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from skypact.errors import ConfigError

PREFIX: Final = "whsec_"
FEWEST_BYTES: Final = 24
MOST_BYTES: Final = 64
TOLERANCE_S: Final = 300.0


def read_secret(path: Path) -> bytes:
    """Read a secret; what is around it on the line does not count.

    Raises
    ------
    ConfigError
        None, too short or too long.
    """
    try:
        text = path.read_text("ascii").strip()
        secret = text.encode()
        if text.startswith(PREFIX):
            secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (OSError, ValueError) as error:
        raise ConfigError(f"webhook.secret: expected a secret in {path}, got {error}") from error
    if not FEWEST_BYTES <= len(secret) <= MOST_BYTES:
        raise ConfigError(
            f"webhook.secret: expected {FEWEST_BYTES} to {MOST_BYTES} bytes in {path}, got"
            f" {len(secret)}; make one with `openssl rand -hex 32`"
        )
    return secret


def signature(secret: bytes, identifier: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``."""
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def is_signed(
    secret: bytes,
    headers: Mapping[str, str],
    body: bytes,
    now_s: float,
    tolerance_s: float = TOLERANCE_S,
) -> bool:
    """Whether a request is of one who knows the secret, and of now.

    Parameters
    ----------
    secret : bytes
    headers : mapping of lower-case names
    body : bytes
    now_s : float
        UTC seconds of the receiver's clock.
    tolerance_s : float
        A time may be off by so much.
    """
    identifier, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(int(timestamp) - now_s) > tolerance_s:
        return False
    expected = signature(secret, identifier, int(timestamp), body).encode()
    given = headers.get("webhook-signature", "").encode()
    return any(hmac.compare_digest(expected, one) for one in given.split(b" "))
