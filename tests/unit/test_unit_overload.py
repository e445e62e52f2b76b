"""What is left out under overload: the least important first, counted, and taken in again."""

import numpy as np

from skypact.deploy import Overload
from skypact.model.packets import PacketBatch, packets_from
from skypact.runtime.overload import LOWER_S, Shedder

STEP_NS = 100_000_000
KINDS = [["radar", "adsb"], ["adsb"], ["remoteid"], []]


def each_link(n_ticks: int = 1) -> PacketBatch:
    stamps = [tick * STEP_NS for tick in range(n_ticks) for _ in KINDS]
    return packets_from([b"x"] * len(stamps), stamps, list(range(len(KINDS))) * n_ticks)


def kept(shedder: Shedder) -> list[int]:
    packets = each_link()
    return packets.link[shedder.keep(packets, STEP_NS)].tolist()


def test_nothing_is_left_out_while_the_picture_is_in_time() -> None:
    shedder = Shedder(Overload(), KINDS)
    for now_s in range(100):
        shedder.update(2.9, float(now_s))
    assert kept(shedder) == [0, 1, 2, 3]
    assert not shedder.is_overloaded
    assert shedder.n_shed.sum() == 0


def test_kinds_go_one_by_one_the_least_important_first_and_come_back() -> None:
    shedder = Shedder(Overload(lag_s=3.0), KINDS)
    seen = []
    for now_s in (0.0, 0.5, 1.0, 2.0):
        shedder.update(3.5, now_s)
        seen.append(kept(shedder))
    assert seen == [[0, 1, 2], [0, 1, 2], [0, 1], [0]]
    assert shedder.n_shed.tolist() == [0, 1, 2, 4]
    shedder.update(2.0, 30.0)
    assert kept(shedder) == [0], "it is not over before the lag is a third"
    shedder.update(0.9, 31.0)
    shedder.update(0.9, 31.0 + LOWER_S / 2)
    assert kept(shedder) == [0, 1]
    for k in range(2, 5):
        shedder.update(0.1, 31.0 + k * LOWER_S)
    assert kept(shedder) == [0, 1, 2, 3]
    assert not shedder.is_overloaded
    assert shedder.n_overloads == 1


def test_of_the_most_important_kind_every_second_tick_is_taken_in_at_the_worst() -> None:
    shedder = Shedder(Overload(lag_s=1.0), KINDS)
    for now_s in range(20):
        shedder.update(50.0, float(now_s))
    packets = each_link(6)
    taken = packets.link[shedder.keep(packets, STEP_NS)]
    assert taken.tolist() == [0, 0, 0]
    assert shedder.n_shed.tolist() == [3, 6, 6, 6]
    assert shedder.left_out.all()


def test_an_order_of_ones_own_holds() -> None:
    shedder = Shedder(Overload(keep=("remoteid", "adsb")), KINDS)
    shedder.update(5.0, 0.0)
    shedder.update(5.0, 2.0)
    assert kept(shedder) == [2]
    assert np.flatnonzero(shedder.left_out).tolist() == [0, 1, 3]
