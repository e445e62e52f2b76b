"""Who may send, and how much: networks that are heard, packets and bytes a second."""

import math
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from skypact.sources.url import Network

REMEMBERED: Final = 4096
"""Senders whose answer is kept, so that an address is compared once."""


class Senders:
    """The networks from which a source is heard; all where none is given."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self._known: dict[str | bytes, bool] = {}

    def __bool__(self) -> bool:
        """Whether anybody is refused."""
        return bool(self._networks)

    def hears(self, address: str | bytes) -> bool:
        """Whether a sender is allowed, by its address in words or octets."""
        if not self._networks:
            return True
        answer = self._known.get(address)
        if answer is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            answer = self._known[address] = self._is_inside(address)
        return answer

    def _is_inside(self, address: str | bytes) -> bool:
        place = ip_address(address.partition("%")[0] if isinstance(address, str) else address)
        mapped = getattr(place, "ipv4_mapped", None)
        return any((mapped or place) in network for network in self._networks)


class Quota:
    """A bucket of packets and one of bytes; each fills in a second and holds no more than that."""

    def __init__(self, packets_per_s: float = math.inf, bytes_per_s: float = math.inf) -> None:
        self._rates = (packets_per_s, bytes_per_s)
        self._most = (max(packets_per_s, 1.0), bytes_per_s)
        self._left = list(self._most)
        self._then_s = -math.inf
        self.is_limited = min(self._rates) < math.inf

    def admitted(self, payloads: list[bytes], now_s: float) -> list[bytes]:
        """Keep the packets of these that are within the quota; `now_s` is monotonic.

        A packet larger than the bucket of bytes is let through by a full one, which then owes.
        """
        if not self.is_limited:
            return payloads
        passed_s = max(0.0, now_s - self._then_s)
        self._then_s = now_s
        for i, rate in enumerate(self._rates):
            if rate < math.inf:
                self._left[i] = min(self._most[i], self._left[i] + rate * passed_s)
        return [payload for payload in payloads if self._is_within(len(payload))]

    def _is_within(self, n_bytes: int) -> bool:
        if self._left[0] < 1.0 or self._left[1] < min(n_bytes, self._most[1]):
            return False
        self._left[0] -= 1.0
        self._left[1] -= n_bytes
        return True
