"""Who is in: in the order of coming, once each, verified while the keys are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from network import FragileStore
from network import card as new_card
from tracktwo.channel.roster import ACTIVE, LEFT, REMOVED, Roster, fingerprint

CHANNEL = bytes(16)
CARDS = [new_card(name, "north", "delegate")[1] for name in ("Ada", "Ben", "Cleo")]
ADA, BEN, CLEO = (card.member(CHANNEL) for card in CARDS)


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    roster = Roster(FragileStore(tmp_path / "channel.db", bytes(32)), ADA)
    for card in CARDS:
        roster.put(card.member(CHANNEL), card)
    return roster


def test_members_are_in_the_order_of_coming_and_others_are_who_is_in_now(roster: Roster) -> None:
    assert [member.card for member in roster.everyone()] == CARDS
    assert [member.id for member in roster.others()] == [BEN, CLEO]
    roster.mark(BEN, REMOVED)
    roster.mark(CLEO, LEFT)
    assert roster.others() == []
    assert [member.state for member in roster.everyone()] == [ACTIVE, REMOVED, LEFT]
    assert roster.get(bytes(16)) is None


def test_other_keys_change_the_card_and_nothing_else(roster: Roster) -> None:
    roster.annotate(BEN, "met in June")
    roster.mark(BEN, LEFT)
    renewed = replace(CARDS[1], send=bytes([9]) * 32)
    roster.put(BEN, renewed)
    ben = roster.get(BEN)
    assert ben is not None
    assert (ben.card, ben.note, ben.state) == (renewed, "met in June", LEFT)
    assert len(roster.everyone()) == 3


def test_who_was_verified_is_no_more_when_anything_lasting_is_another(roster: Roster) -> None:
    ben = roster.get(BEN)
    assert ben is not None
    assert not ben.is_verified
    roster.verify(ben)
    roster.put(BEN, replace(CARDS[1], send=bytes([9]) * 32))
    again = roster.get(BEN)
    assert again is not None
    assert again.is_verified
    roster.put(BEN, replace(CARDS[1], role="convener"))
    other = roster.get(BEN)
    assert other is not None
    assert not other.is_verified


def test_a_fingerprint_stands_for_all_that_lasts_and_nothing_that_is_renewed() -> None:
    card = CARDS[0]
    assert fingerprint(replace(card, send=bytes(32), relay="")) == fingerprint(card)
    for name in ("curve", "mac", "text"):
        assert fingerprint(replace(card, **{name: bytes(32)})) != fingerprint(card)
    for name in ("pseudonym", "side", "role"):
        assert fingerprint(replace(card, **{name: "x"})) != fingerprint(card)


def test_the_plain_form_has_who_is_in_sorted_whatever_the_order_of_coming(
    roster: Roster, tmp_path: Path
) -> None:
    other = Roster(FragileStore(tmp_path / "other.db", bytes(32)), BEN)
    for card in reversed(CARDS):
        other.put(card.member(CHANNEL), card)
    assert other.plain() == roster.plain()
    roster.mark(CLEO, REMOVED)
    assert [row[0] for row in roster.plain()] == sorted([ADA, BEN])
