"""Cards: what a member shows, and that nothing else passes for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from effort import examples
from hostile import damaged, deep
from network import card as new_card
from tracktwo.channel import card as cards
from tracktwo.channel.card import Card
from tracktwo.errors import Malformed

CHANNEL = bytes(16)
KEYS, CARD = new_card("Ada", "north", "delegate")
ORDER_TWO = (2**255 - 20).to_bytes(32, "little")  # p - 1, a point of small order


def test_a_card_is_read_as_it_was_written() -> None:
    assert cards.read(CARD.encode()) == CARD


@settings(max_examples=examples(300))
@given(damaged(CARD.encode()))
def test_bytes_of_a_liar_are_a_card_or_malformed(data: bytes) -> None:
    try:
        card = cards.read(data)
    except Malformed:
        return
    assert card.encode() == data


@pytest.mark.parametrize(
    "change",
    [
        *({name: bytes(31)} for name in ("curve", "mac", "text", "fallback", "send")),
        {"hpke": CARD.hpke[:-1]},
        {"relay": "h" * 257},
        {"relay": b"http://relay.test"},
        {"pseudonym": ""},
        {"pseudonym": "Ada\nBen"},
        {"pseudonym": " Ada"},
        {"pseudonym": "Ada\u202e"},
        {"pseudonym": "A" * 65},
        {"side": "\x1b[2J"},
        {"role": "king"},
        {"role": None},
    ],
)
def test_a_card_with_a_part_that_cannot_be_is_malformed(change: dict[str, Any]) -> None:
    changed: Card = replace(CARD, **change)
    with pytest.raises(Malformed):
        cards.read(changed.encode())


@pytest.mark.parametrize(
    "point", [bytes(32), b"\x01" + bytes(31), ORDER_TWO], ids=["zero", "one", "minus one"]
)
@pytest.mark.parametrize("name", ["curve", "mac", "fallback"])
def test_a_key_that_agrees_on_nothing_secret_is_malformed(name: str, point: bytes) -> None:
    """Else one member's card makes every other's next word fail."""
    changed: Card = replace(CARD, **{name: point})  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        cards.read(changed.encode())


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
def test_a_key_for_texts_that_anything_verifies_under_is_malformed(point: bytes) -> None:
    """Else who has it could deny, or be held to, a text as it pleases."""
    with pytest.raises(Malformed):
        cards.read(replace(CARD, text=point).encode())


@pytest.mark.parametrize(
    "hpke", [b"\xff" * 1216, CARD.hpke[:1184] + bytes(32), b"\xff" * 384 + CARD.hpke[384:]]
)
def test_a_key_of_the_outer_box_that_is_none_is_malformed(hpke: bytes) -> None:
    with pytest.raises(Malformed):
        cards.read(replace(CARD, hpke=hpke).encode())


def test_what_is_nested_too_deep_or_too_long_is_malformed() -> None:
    for data in (deep(4000), bytes(cards.LIMIT + 1)):
        with pytest.raises(Malformed):
            cards.read(data)


def test_a_member_is_named_by_its_lasting_keys_and_the_channel() -> None:
    member = CARD.member(CHANNEL)
    assert len(member) == 16
    assert CARD.member(bytes([1]) * 16) != member
    for name in ("curve", "mac", "text"):
        assert replace(CARD, **{name: bytes(32)}).member(CHANNEL) != member  # type: ignore[arg-type]
    KEYS.renew()
    again = KEYS.card(relay="", pseudonym="Ada", side="north", role="delegate")
    assert again.member(CHANNEL) == member


def test_a_renewed_card_brings_keys_and_an_inbox_and_nothing_else() -> None:
    keys, old = new_card("Ada", "north", "delegate")
    keys.renew()
    new = keys.card(relay=old.relay, pseudonym="Ada", side="north", role="delegate")
    renewed = old.renewed(new)
    assert renewed == new
    assert (renewed.hpke, renewed.fallback, renewed.send) != (old.hpke, old.fallback, old.send)


@pytest.mark.parametrize(
    "change",
    [
        {"curve": bytes(32)},
        {"mac": bytes(32)},
        {"text": bytes(32)},
        {"pseudonym": "Ben"},
        {"side": "south"},
        {"role": "convener"},
        {"relay": "http://other.test"},
        {"relay": ""},
    ],
)
def test_a_member_does_not_become_another_or_move_by_renewing(change: dict[str, Any]) -> None:
    changed: Card = replace(CARD, **change)
    with pytest.raises(Malformed):
        CARD.renewed(changed)
