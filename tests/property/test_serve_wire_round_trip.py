"""What the encoder writes, the decoder reads; what it did not write, the decoder refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skypact.errors import DecodeError
from skypact.serve import wire

HEADER_BYTES = 56


@st.composite
def messages(draw: st.DrawFn) -> wire.Message:
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    tables = []
    for dtype in wire.SECTIONS.values():
        n = draw(st.integers(0, 40))
        table = np.frombuffer(random.bytes(n * dtype.itemsize), dtype).copy()
        tables.append(table)
    times = [draw(st.floats(0, 4e9)) for _ in range(3)]
    speed = draw(st.sampled_from([0.25, 1.0, 60.0]))
    kind = draw(st.sampled_from([wire.SNAPSHOT, wire.UPDATE]))
    flags, sequence = draw(st.integers(0, 7)), draw(st.integers(0, 2**32 - 1))
    return wire.Message(kind, flags, *times, speed, sequence, wire.Sections(*tables))


@given(messages())
def test_a_message_survives_the_round_trip_bit_for_bit(message: wire.Message) -> None:
    again = wire.decode(wire.encode(message))
    assert again[:-1] == message[:-1]
    for sent, got in zip(message.sections, again.sections, strict=True):
        assert sent.tobytes() == got.tobytes()


@given(messages())
def test_every_column_starts_at_a_multiple_of_eight(message: wire.Message) -> None:
    assert wire.HEADER.itemsize == HEADER_BYTES
    assert len(wire.encode(message)) % 8 == 0


@given(messages(), st.data())
def test_a_cut_message_is_refused(message: wire.Message, data: st.DataObject) -> None:
    whole = wire.encode(message)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DecodeError):
        wire.decode(whole[:cut])


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        wire.decode(data)
