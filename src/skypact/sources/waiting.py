"""Packets between the sockets and the pipeline: bounded, in order of arrival, shared fairly.

Each source has a queue; together they hold so many packets and bytes. When they hold more, the
source with the most waiting loses its oldest ones, so that a flood displaces only itself.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final

import numpy as np

from skypact.decode.framing.blocks import LONGEST_PACKET
from skypact.decode.framing.framed import no_packets
from skypact.model.packets import PacketBatch

CROWDED_SHARE: Final = 0.5
"""Sources that can wait (files, standard input) do so beyond this part of their share."""


class _Queue:
    """What one source has waiting; `head` is the first that is not shed."""

    __slots__ = ("head", "n_bytes", "payloads", "stamps")

    def __init__(self) -> None:
        self.stamps: list[int] = []
        self.payloads: list[bytes] = []
        self.head = 0
        self.n_bytes = 0

    def __len__(self) -> int:
        return len(self.stamps) - self.head

    def drop_oldest(self) -> int:
        """Drop one; its bytes."""
        n = len(self.payloads[self.head])
        self.payloads[self.head] = b""
        self.head += 1
        self.n_bytes -= n
        if self.head > 1024 and 2 * self.head > len(self.stamps):
            del self.stamps[: self.head], self.payloads[: self.head]
            self.head = 0
        return n

    def taken(self, until_ns: int) -> tuple[list[int], list[bytes]]:
        """Take out what came before a time."""
        last = bisect_left(self.stamps, until_ns, self.head)
        stamps, payloads = self.stamps[self.head : last], self.payloads[self.head : last]
        del self.stamps[:last], self.payloads[:last]
        self.head = 0
        self.n_bytes -= sum(map(len, payloads))
        return stamps, payloads


class Waiting:
    """Queues of all sources, for one thread that takes and some that put.

    Parameters
    ----------
    n_sources : int
        Queues.
    most_packets, most_bytes : int
        What they may hold together.
    now_ns : callable
        Time of arrival; never falls.
    """

    def __init__(
        self, n_sources: int, most_packets: int, most_bytes: int, now_ns: Callable[[], int]
    ) -> None:
        self.n_dropped = [0] * n_sources
        """Packets that each source lost."""
        self._queues = [_Queue() for _ in range(n_sources)]
        self._most_packets, self._most_bytes = most_packets, most_bytes
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._n_packets = self._n_bytes = 0
        self._last_ns = -1

    def put(self, row: int, payloads: Sequence[bytes], due_ns: Sequence[int] = ()) -> int:
        """Append packets of a source.

        No two have one stamp, and none is before what `take` has asked for: the order of stamps is
        the order of arrival, for good.

        Parameters
        ----------
        row : int
            The source.
        payloads : sequence of bytes
            At least one.
        due_ns : sequence of int
            When they arrived, where that is known better than now.

        Returns
        -------
        int
            Stamp of the last one.
        """
        queue = self._queues[row]
        n_bytes = sum(map(len, payloads))
        with self._lock:
            if due_ns:
                for stamp_ns in due_ns:
                    self._last_ns = max(stamp_ns, self._last_ns + 1)
                    queue.stamps.append(self._last_ns)
            else:
                first_ns = max(self._now_ns(), self._last_ns + 1)
                queue.stamps.extend(range(first_ns, first_ns + len(payloads)))
                self._last_ns = first_ns + len(payloads) - 1
            queue.payloads.extend(payloads)
            queue.n_bytes += n_bytes
            self._n_packets += len(payloads)
            self._n_bytes += n_bytes
            if self._is_over():
                self._shed()
            return self._last_ns

    def take(self, until_ns: int) -> PacketBatch:
        """Take what arrived before a time; what is put from now on arrives later."""
        with self._lock:
            parts = [queue.taken(until_ns) for queue in self._queues]
            now_ns = self._now_ns()
            self._last_ns = max(self._last_ns, min(until_ns, now_ns) - 1)
            self._n_packets = sum(map(len, self._queues))
            self._n_bytes = sum(queue.n_bytes for queue in self._queues)
        return _joined(parts)

    def is_crowded(self, row: int) -> bool:
        """Whether a source that can wait should."""
        return self._weight(row) * len(self._queues) > CROWDED_SHARE

    def _weight(self, row: int) -> float:
        """Part of what may wait that a source takes up."""
        queue = self._queues[row]
        return max(len(queue) / self._most_packets, queue.n_bytes / self._most_bytes)

    def _is_over(self) -> bool:
        return self._n_packets > self._most_packets or self._n_bytes > self._most_bytes

    def _shed(self) -> None:
        """Let the heaviest source lose its oldest until everything fits."""
        while self._is_over():
            order = sorted(range(len(self._queues)), key=self._weight)
            row = order[-1]
            next_weight = self._weight(order[-2]) if len(order) > 1 else 0.0
            queue = self._queues[row]
            while self._is_over() and len(queue) and self._weight(row) >= next_weight:
                self._n_bytes -= queue.drop_oldest()
                self._n_packets -= 1
                self.n_dropped[row] += 1


def _joined(parts: list[tuple[list[int], list[bytes]]]) -> PacketBatch:
    """Queues' packets in one batch, in order of their stamps; row i came by link i.

    Longer ones than fit into a recorded datagram (snapshots, mostly) become several.
    """
    counts = [len(stamps) for stamps, _ in parts]
    n = sum(counts)
    if not n:
        return no_packets()
    received_ns = np.fromiter(chain.from_iterable(stamps for stamps, _ in parts), np.int64, n)
    payloads = list(chain.from_iterable(payloads for _, payloads in parts))
    link = np.repeat(np.arange(len(parts), dtype=np.int32), counts)
    if max(counts) < n:
        order = np.argsort(received_ns)
        received_ns, link = received_ns[order], link[order]
        payloads = [payloads[i] for i in order.tolist()]
    lengths = np.fromiter(map(len, payloads), np.int64, n)
    if lengths.max() > LONGEST_PACKET:
        pieces = -(-lengths // LONGEST_PACKET)
        whole = np.repeat(np.arange(n), pieces)
        nth = np.arange(whole.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        received_ns, link = received_ns[whole], link[whole]
        lengths = np.minimum(lengths[whole] - nth * LONGEST_PACKET, LONGEST_PACKET)
    end = np.cumsum(lengths)
    data = np.frombuffer(b"".join(payloads), np.uint8)
    return PacketBatch(data, end - lengths, end, received_ns, link)
