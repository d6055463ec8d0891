"""Events: one value one spelling, chained, and read without trust."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import damaged, deep, trees
from tracktwo.channel import event as events
from tracktwo.channel.event import Event, Head
from tracktwo.encoding import encode
from tracktwo.errors import Malformed

ONE, TWO, THREE = bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16
HASH = bytes(32)
FIRST = Event(ONE, TWO, 0, 1, b"", (), "talk", {"text": "hello"}, 500_000)
LATER = replace(FIRST, seq=2, prev=HASH, heads=(Head(ONE, 0, 4, HASH), Head(THREE, 9, 1, HASH)))


def counts() -> st.SearchStrategy[int]:
    return st.integers(0, (1 << 62) - 1)


def some_events() -> st.SearchStrategy[Event]:
    heads = st.builds(Head, st.binary(min_size=16, max_size=16), counts(), counts(), st.just(HASH))
    several = st.lists(heads, max_size=4, unique_by=lambda head: head.author)
    return st.builds(
        Event,
        *(st.just(ONE), st.just(TWO), counts(), counts().filter(bool)),
        prev=st.sampled_from([b"", HASH]),
        heads=several.map(lambda found: tuple(sorted(found))),
        kind=st.text(min_size=1, max_size=32),
        body=trees(),
        hour=counts(),
    )


@given(some_events())
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    data = event.encode()
    assert events.read(data) == event
    assert events.read(data).encode() == data


@pytest.mark.parametrize(
    "change",
    [
        {"channel": THREE},
        {"author": THREE},
        {"epoch": 1},
        {"seq": 3},
        {"prev": b"\x01" * 32},
        {"heads": LATER.heads[:1]},
        {"kind": "other"},
        {"body": {"text": "hallo"}},
        {"hour": 500_001},
    ],
)
def test_the_id_changes_with_every_part(change: dict[str, Any]) -> None:
    other: Event = replace(LATER, **change)
    assert events.id_of(other.encode()) != events.id_of(LATER.encode())


@given(damaged(LATER.encode()))
def test_bytes_of_a_liar_are_an_event_or_malformed(data: bytes) -> None:
    try:
        event = events.read(data)
    except Malformed:
        return
    assert event.encode() == data
    assert 0 < event.seq < 1 << 62
    assert 0 <= event.epoch < 1 << 62


def plain(**change: object) -> bytes:
    names = [
        "version",
        "channel",
        "author",
        "epoch",
        "seq",
        "prev",
        "heads",
        "kind",
        "body",
        "hour",
    ]
    values = dict(zip(names, [1, ONE, TWO, 0, 2, HASH, [], "talk", None, 0], strict=True))
    return encode(list((values | change).values()))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"channel": ONE[:15]},
        {"author": ONE + b"\x00"},
        {"author": "x" * 16},
        {"epoch": 1 << 62},
        {"epoch": -1},
        {"epoch": True},
        {"seq": 0},
        {"seq": 1 << 70},
        {"seq": None},
        {"prev": b"\x00"},
        {"prev": None},
        {"heads": {}},
        {"heads": [[ONE, 0, 1]]},
        {"heads": [[ONE, 0, 1 << 62, HASH]]},
        {"heads": [[ONE, 0, 1, HASH[:31]]]},
        {"heads": [[TWO, 0, 1, HASH], [ONE, 0, 1, HASH]]},
        {"heads": [[ONE, 0, 1, HASH], [ONE, 0, 2, HASH]]},
        {"heads": [[at.to_bytes(16), 0, 1, HASH] for at in range(257)]},
        {"kind": ""},
        {"kind": "k" * 33},
        {"kind": b"talk"},
        {"hour": -1},
        {"hour": 1 << 64},
    ],
)
def test_an_event_with_a_part_that_cannot_be_is_malformed(change: dict[str, Any]) -> None:
    assert events.read(plain())
    with pytest.raises(Malformed):
        events.read(plain(**change))


def test_what_is_nested_too_deep_or_too_long_is_malformed() -> None:
    for levels in (10, 1000, 100_000):
        with pytest.raises(Malformed):
            events.read(deep(levels))
    with pytest.raises(Malformed):
        events.read(plain(body=bytes(events.LIMIT)))


def test_what_is_too_long_to_say_is_refused_before_it_is_said() -> None:
    assert replace(FIRST, body=bytes(events.LIMIT - 200)).encode()
    with pytest.raises(Malformed, match="too long"):
        replace(FIRST, body=bytes(events.LIMIT)).encode()
