"""The number read to each other: the same for the same channel, and for no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from vodozemac import AnyOlmMessage, Curve25519PublicKey, SessionCreationException

from network import Network
from network import card as new_card
from tracktwo.channel import renewal, verify
from tracktwo.channel.envelope import open_envelope
from tracktwo.channel.keys import Keys, hpke_public_of
from tracktwo.errors import BadInput


def test_all_members_have_one_number_of_sixty_digits(network: Network) -> None:
    network.found("Ada")
    network.let_in("Ben", by="Ada")
    network.let_in("Cleo", by="Ada")
    numbers = {verify.number_of(person.replica) for person in network.people.values()}
    assert len(numbers) == 1
    groups = numbers.pop().split(" ")
    assert len(groups) == 12
    assert all(len(group) == 5 and group.isdecimal() for group in groups)


@pytest.mark.parametrize(
    "change",
    [
        {name: new_card("Ben", "north", "delegate")[1].lasting()[at]}
        for at, name in enumerate(("curve", "mac", "text"))
    ]
    + [{"pseudonym": "Benn"}, {"side": "south"}, {"role": "observer"}],
    ids=["curve", "mac", "text", "pseudonym", "side", "role"],
)
def test_the_number_is_another_if_anything_lasting_is(
    network: Network, change: dict[str, Any]
) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    number = verify.number_of(ada.replica)
    changed: Any = replace(ben.replica.me.card, **change)
    ada.store.do("UPDATE member SET card = ? WHERE id = ?", changed.encode(), ben.replica.own)
    assert verify.number_of(ada.replica) != number
    with pytest.raises(BadInput, match="differ"):
        verify.compare(ada.replica, ada.member(ben), number)


def test_the_number_covers_the_charter_and_who_is_in(network: Network) -> None:
    ada = network.found("Ada")
    alone = verify.number_of(ada.replica)
    ben = network.let_in("Ben", by="Ada")
    two = verify.number_of(ada.replica)
    charter = ada.replica.charter
    ada.replica.charter = replace(charter, goal="Another")
    assert verify.number_of(ada.replica) not in (alone, two)
    ada.replica.charter = charter
    ada.replica.say("roster.remove", {"member": ben.replica.own})
    assert verify.number_of(ada.replica) == alone
    assert alone != two


def test_renewed_keys_change_neither_number_nor_what_was_verified(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    number = verify.number_of(ben.replica)
    assert not ada.member(ben).is_verified
    spoken = "  ".join(number.replace(" ", ""))
    verify.compare(ada.replica, ada.member(ben), spoken)
    renewal.renew(ben.replica)
    network.settle()
    assert verify.number_of(ada.replica) == number
    assert ada.member(ben).is_verified
    assert not ben.member(ada).is_verified


def test_a_number_that_differs_verifies_nobody(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    number = verify.number_of(ada.replica)
    wrong = ("1" if number[0] == "0" else "0") + number[1:]
    with pytest.raises(BadInput, match="differ"):
        verify.compare(ada.replica, ada.member(ben), wrong)
    for said, count in ((number[:-1], 59), (f"{number}0", 61), ("", 0), ("☎", 0), ("5", 1)):
        with pytest.raises(BadInput, match=f"{count} figure") as refused:
            verify.compare(ada.replica, ada.member(ben), said)
        assert "between you" not in str(refused.value)
    assert not ada.member(ben).is_verified


def test_the_number_is_taken_in_any_figures_with_anything_between(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    number = verify.number_of(ada.replica)
    for figures in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９"):
        for between in ("", " - ", "\u2013", "، ", "\n", "\u200e.", "\u00a0"):
            spoken = number.translate(str.maketrans("0123456789", figures))
            assert not ada.member(ben).is_verified
            verify.compare(ada.replica, ada.member(ben), spoken.replace(" ", between))
            assert ada.member(ben).is_verified
            ada.store.do("UPDATE member SET verified = NULL WHERE id = ?", ben.replica.own)


def test_only_another_who_is_in_is_verified(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    number = verify.number_of(ada.replica)
    with pytest.raises(BadInput, match="another"):
        verify.compare(ada.replica, ada.replica.me, number)
    ada.replica.say("roster.remove", {"member": ben.replica.own})
    with pytest.raises(BadInput, match="another"):
        verify.compare(ada.replica, ada.member(ben), verify.number_of(ada.replica))


def test_who_introduced_with_false_renewed_keys_reads_nothing_and_only_until_they_are_renewed(
    network: Network,
) -> None:
    """The number leaves out what changes every week: the outer box's key and the fallback key."""
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    true, false = ben.replica.me.card, Keys.draw()
    shown = replace(true, hpke=hpke_public_of(false.hpke[0]), fallback=false.fallback)
    ada.store.do("UPDATE member SET card = ? WHERE id = ?", shown.encode(), ben.replica.own)
    for one, other in ((ada, ben), (ben, ada)):  # as two whom somebody has just introduced
        with one.store.transaction():
            one.replica.mail().sessions.forget(other.replica.own)
    assert verify.number_of(ada.replica) == verify.number_of(ben.replica)

    mark = len(network.relay.put_bytes)
    ada.say("for Ben")
    ada.sync(acknowledge=False)
    (frame,) = [open_envelope(one, false.hpke) for one in network.relay.put_bytes[mark:]]
    assert frame is not None  # who has the false key sees who wrote when, and how much
    pre_key = AnyOlmMessage.from_parts(frame.type, frame.olm).to_pre_key()
    assert pre_key is not None
    speaker = Curve25519PublicKey.from_bytes(ada.replica.me.card.curve)
    with pytest.raises(SessionCreationException):  # Ben's lasting key is half of the secret
        false.account.create_inbound_session(speaker, pre_key)
    assert ben.texts() == []

    renewal.renew(ben.replica)
    network.settle()
    assert ben.texts() == ["for Ben"]
    assert ada.member(ben).card.hpke == ben.replica.me.card.hpke
