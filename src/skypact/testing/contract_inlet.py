"""What every `Inlet` promises, as tests: a suite for the live one, its twin, and others' own.

Make a subclass whose name begins with ``Test`` and give it `opened`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Final, Protocol

from skypact.model.packets import PacketBatch
from skypact.model.ports import Inlet

CATEGORY: Final = 48
ALL_NS: Final = 1 << 62
"""After every time of arrival."""


class Rig(Protocol):
    """An inlet with something that sends to it."""

    @property
    def inlet(self) -> Inlet:
        """Return what is tested; it has `n_sources`."""
        ...

    @property
    def n_sources(self) -> int:
        """At least 2."""
        ...

    def send(self, row: int, payload: bytes) -> None:
        """Send one message to a source; those of one source stay in order."""
        ...

    def settle(self) -> None:
        """Return when all that was sent has arrived."""
        ...

    def now_ns(self) -> int:
        """Return a time after every arrival so far and before every later one."""
        ...


def message(row: int, number: int) -> bytes:
    """Make a data block that tells its source and its number."""
    body = bytes([row]) + number.to_bytes(4, "big") + bytes(number % 50)
    return bytes([CATEGORY]) + (len(body) + 3).to_bytes(2, "big") + body


def heard(batch: PacketBatch) -> Iterator[tuple[int, int, int]]:
    """Link, source and number of every message in a batch; a packet may hold several."""
    for start, end, link in zip(batch.start, batch.end, batch.link, strict=True):
        data = batch.data[start:end].tobytes()
        while data:
            length = int.from_bytes(data[1:3], "big")
            assert data[0] == CATEGORY
            assert 8 <= length <= len(data), "packets are whole blocks"
            yield int(link), data[3], int.from_bytes(data[4:8], "big")
            data = data[length:]


class InletContract:
    """The promises; each test opens an inlet of its own."""

    def opened(self) -> AbstractContextManager[Rig]:
        """Open an inlet and its senders."""
        raise NotImplementedError

    def test_nothing_is_lost_or_comes_twice_and_each_source_keeps_its_order(self) -> None:
        """All messages, once, in the order in which a source sent them, under its own link."""
        with self.opened() as rig:
            for number in range(200):
                for row in range(rig.n_sources):
                    rig.send(row, message(row, number))
            rig.settle()
            found = list(heard(rig.inlet.take(ALL_NS)))
            assert all(link == row for link, row, _ in found)
            for row in range(rig.n_sources):
                assert [n for link, _, n in found if link == row] == list(range(200))
            assert rig.inlet.take(ALL_NS).start.size == 0

    def test_packets_lie_in_the_data_in_their_order(self) -> None:
        """A decoder takes records in the order of the bytes."""
        with self.opened() as rig:
            for number in range(50):
                rig.send(number % rig.n_sources, message(number % rig.n_sources, number))
            rig.settle()
            batch = rig.inlet.take(ALL_NS)
            assert (batch.start[1:] >= batch.end[:-1]).all()
            assert (batch.start < batch.end).all()

    def test_stamps_never_fall_from_call_to_call(self) -> None:
        """Neither within a batch nor from one to the next."""
        with self.opened() as rig:
            last_ns = 0
            for number in range(20):
                for row in range(rig.n_sources):
                    rig.send(row, message(row, number))
                if number % 3 == 0:
                    rig.settle()
                stamps = rig.inlet.take(rig.now_ns()).received_ns.tolist()
                assert stamps == sorted(stamps)
                assert not stamps or stamps[0] >= last_ns
                last_ns = max([last_ns, *stamps])

    def test_what_arrives_later_is_not_taken_and_comes_with_the_next_call(self) -> None:
        """A time between two arrivals separates them."""
        with self.opened() as rig:
            rig.send(0, message(0, 1))
            rig.settle()
            between_ns = rig.now_ns()
            rig.send(1, message(1, 2))
            rig.settle()
            first, second = rig.inlet.take(between_ns), rig.inlet.take(ALL_NS)
            assert [(row, n) for _, row, n in heard(first)] == [(0, 1)]
            assert [(row, n) for _, row, n in heard(second)] == [(1, 2)]
            assert (first.received_ns < between_ns).all()
            assert (second.received_ns >= between_ns).all()

    def test_taking_where_nothing_has_arrived_gives_an_empty_batch(self) -> None:
        """Empty columns, not an error."""
        with self.opened() as rig:
            batch = rig.inlet.take(rig.now_ns())
            assert [column.size for column in batch] == [0] * len(batch)

    def test_states_tell_each_source_in_the_order_of_its_link(self) -> None:
        """A row each; the counts are of that source alone."""
        with self.opened() as rig:
            assert len(rig.inlet.states()) == rig.n_sources
            sent = [message(1, 7), message(1, 49)]
            for payload in sent:
                rig.send(1, payload)
            rig.settle()
            other, state = rig.inlet.states()[:2]
            assert (other.n_packets, other.n_bytes, other.last_ns) == (0, 0, -1)
            assert 1 <= state.n_packets <= len(sent)
            assert state.n_bytes == sum(map(len, sent))
            assert state.state == "up"
            assert state.last_ns == rig.inlet.take(ALL_NS).received_ns.max()

    def test_closing_keeps_what_has_come(self) -> None:
        """And a second time is no error."""
        with self.opened() as rig:
            for number in range(10):
                rig.send(0, message(0, number))
            rig.settle()
            rig.inlet.close()
            rig.inlet.close()
            assert [n for _, _, n in heard(rig.inlet.take(ALL_NS))] == list(range(10))
