"""What waits for the pipeline: order, bounds, fairness; who may send, how much, and how often."""

import random
import threading
from ipaddress import ip_network

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skypact.sources.backoff import LONGEST_S, Backoff
from skypact.sources.quota import Quota, Senders
from skypact.sources.waiting import LONGEST_PACKET, Waiting

ALL = 1 << 62


class Ticks:
    """A time that goes on by one each time somebody looks."""

    def __init__(self):
        self.now = 1000

    def __call__(self):
        self.now += 1
        return self.now


def payloads(batch):
    return [batch.data[s:e].tobytes() for s, e in zip(batch.start, batch.end, strict=True)]


def test_sources_are_merged_in_the_order_in_which_they_put():
    waiting = Waiting(3, 100, 10_000, lambda: 5)  # a clock that stands still
    for i in range(30):
        waiting.put(i * 7 % 3, [bytes([i])])
    batch = waiting.take(ALL)
    assert b"".join(payloads(batch)) == bytes(range(30))
    assert batch.link.tolist() == [i * 7 % 3 for i in range(30)]
    assert (np.diff(batch.received_ns) > 0).all()


def test_what_is_put_after_a_take_is_not_before_it():
    waiting = Waiting(1, 100, 10_000, lambda: 500)
    waiting.put(0, [b"a"])
    assert payloads(waiting.take(500)) == []
    assert payloads(waiting.take(502)) == [b"a"]
    waiting.put(0, [b"b"], due_ns=[3])
    (stamp,) = waiting.take(ALL).received_ns
    assert stamp >= 500


def test_taking_everything_does_not_move_later_stamps_into_the_future():
    clock = Ticks()
    waiting = Waiting(1, 100, 10_000, clock)
    waiting.take(ALL)
    assert waiting.put(0, [b"a"]) <= clock.now


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.booleans()), max_size=60))
def test_every_packet_comes_once_and_stamps_never_fall(steps):
    clock = Ticks()
    waiting = Waiting(4, 10_000, 1 << 20, clock)
    sent, got, stamps = [[] for _ in range(4)], [[] for _ in range(4)], []
    for number, (row, n, is_taken) in enumerate(steps):
        group = [b"%d/%d" % (number, i) for i in range(n)]
        waiting.put(row, group)
        sent[row] += group
        for batch in [waiting.take(clock.now - 2)] if is_taken else []:
            stamps += batch.received_ns.tolist()
            for link, payload in zip(batch.link, payloads(batch), strict=True):
                got[link].append(payload)
    last = waiting.take(ALL)
    stamps += last.received_ns.tolist()
    for link, payload in zip(last.link, payloads(last), strict=True):
        got[link].append(payload)
    assert got == sent
    assert stamps == sorted(stamps)


def test_a_flood_displaces_only_its_own_oldest():
    waiting = Waiting(3, 100, 1 << 20, Ticks())
    waiting.put(0, [b"quiet"] * 10)
    for i in range(1000):
        waiting.put(1, [b"%d" % i])
    waiting.put(2, [b"late"] * 10)
    batch = waiting.take(ALL)
    assert batch.start.size == 100
    assert np.bincount(batch.link).tolist() == [10, 80, 10]
    assert waiting.n_dropped == [0, 920, 0]
    flood = [p for p, link in zip(payloads(batch), batch.link, strict=True) if link == 1]
    assert flood == [b"%d" % i for i in range(920, 1000)]


def test_bytes_are_bounded_as_packets_are():
    waiting = Waiting(2, 1000, 1000, Ticks())
    waiting.put(0, [b"x" * 100] * 3)
    waiting.put(1, [b"y" * 400] * 5)
    batch = waiting.take(ALL)
    assert np.bincount(batch.link).tolist() == [3, 1]
    assert waiting.n_dropped == [0, 4]
    waiting.put(0, [b"z" * 1001])
    assert waiting.take(ALL).start.size == 0
    assert waiting.n_dropped == [1, 4]


def test_two_floods_get_half_each():
    waiting = Waiting(2, 1000, 1 << 20, Ticks())
    for _ in range(30):
        waiting.put(0, [b"a"] * 90)
        waiting.put(1, [b"b"] * 100)
    counts = np.bincount(waiting.take(ALL).link)
    assert counts.sum() == 1000
    assert abs(counts[0] - counts[1]) <= 100


def test_a_long_packet_is_cut_to_what_fits_a_datagram():
    waiting = Waiting(2, 100, 1 << 20, Ticks())
    long = random.Random(1).randbytes(2 * LONGEST_PACKET + 5)
    waiting.put(1, [b"a", long, b"b"])
    batch = waiting.take(ALL)
    assert (batch.end - batch.start).tolist() == [1, LONGEST_PACKET, LONGEST_PACKET, 5, 1]
    assert batch.data.tobytes() == b"a" + long + b"b"
    assert np.diff(batch.received_ns).tolist() == [1, 0, 0, 1]


def test_a_source_that_can_wait_is_told_when_it_should():
    waiting = Waiting(2, 100, 1 << 20, Ticks())
    waiting.put(0, [b"a"] * 25)
    assert not waiting.is_crowded(0)
    waiting.put(0, [b"a"])
    assert waiting.is_crowded(0)
    assert not waiting.is_crowded(1)


def test_nothing_is_lost_between_two_threads():
    clock = Ticks()
    waiting = Waiting(1, 1 << 20, 1 << 30, clock)
    numbers = [i.to_bytes(4, "big") for i in range(20_000)]
    thread = threading.Thread(target=lambda: [waiting.put(0, [n]) for n in numbers])
    thread.start()
    got, stamps = [], []
    while thread.is_alive() or len(got) < len(numbers):
        batch = waiting.take(clock.now)
        got += payloads(batch)
        stamps += batch.received_ns.tolist()
    assert got == numbers
    assert stamps == sorted(stamps)


def test_a_quota_lets_through_what_fits_a_second_and_fills_again():
    quota = Quota(packets_per_s=10)
    assert len(quota.admitted([b"x"] * 25, 100.0)) == 10
    assert len(quota.admitted([b"x"] * 25, 100.5)) == 5
    assert len(quota.admitted([b"x"] * 25, 200.0)) == 10


def test_a_quota_of_bytes_lets_through_one_larger_packet_and_remembers_it():
    quota = Quota(bytes_per_s=100)
    assert quota.admitted([b"x" * 60, b"y" * 60, b"z" * 40], 0.0) == [b"x" * 60, b"z" * 40]
    assert len(quota.admitted([b"x" * 300], 10.0)) == 1
    assert quota.admitted([b"x"], 11.5) == []
    assert len(quota.admitted([b"x"], 12.5)) == 1


def test_without_a_quota_everything_passes():
    assert len(Quota().admitted([b"x"] * 1000, 0.0)) == 1000


@pytest.mark.parametrize(
    ("address", "is_heard"),
    [
        ("10.1.2.3", True), ("11.0.0.1", False), ("192.0.2.7", True), ("192.0.2.8", False),
        ("::ffff:10.0.0.1", True), ("fd00::1%eth0", True), ("fe80::1", False),
        (bytes([10, 0, 0, 9]), True), (bytes(15) + b"\1", False),
    ],
)  # fmt: skip
def test_senders_are_heard_by_their_network(address, is_heard):
    senders = Senders([ip_network(n) for n in ("10.0.0.0/8", "192.0.2.7", "fd00::/8")])
    assert senders.hears(address) is is_heard
    assert senders.hears(address) is is_heard


def test_everybody_is_heard_where_nobody_is_named():
    senders = Senders(())
    assert not senders
    assert senders.hears("192.0.2.1")


def test_pauses_grow_to_the_longest_with_jitter_and_begin_again():
    backoff = Backoff(random.Random(1))
    pauses = [backoff.next_s() for _ in range(12)]
    wanted = [min(0.5 * 2**i, LONGEST_S) for i in range(12)]
    assert all(0.5 * w <= p <= w for p, w in zip(pauses, wanted, strict=True))
    assert len(set(pauses)) == 12
    backoff.reset()
    assert backoff.next_s() <= 0.5
    again = Backoff(random.Random(1))
    assert [again.next_s() for _ in range(12)] == pauses
