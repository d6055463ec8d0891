"""Coming in: once, as invited, and by nobody who was not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from effort import examples
from hostile import damaged, trees
from network import ADDRESS, Network, Person
from network import card as new_card
from tracktwo.channel import invite as invites
from tracktwo.channel.card import Card
from tracktwo.channel.charter import Charter
from tracktwo.channel.envelope import FIRST_WORD, Frame, seal
from tracktwo.channel.invite import Invitation
from tracktwo.channel.keys import Keys
from tracktwo.channel.sessions import Sessions
from tracktwo.encoding import encode
from tracktwo.errors import BadInput, Malformed

INVITATION = Invitation(
    bytes([1]) * 16,
    Charter("Talks"),
    new_card("Ada")[1],
    bytes([2]) * 16,
    bytes([3]) * 16,
    bytes([4]) * 32,
    "delegate",
    "north",
    1_800_000_000,
)


def test_an_invitation_is_read_as_it_was_written() -> None:
    assert invites.read(INVITATION.encode()) == INVITATION
    assert "secret" in repr(INVITATION)


@settings(max_examples=examples(150))
@given(damaged(INVITATION.encode()))
def test_bytes_of_a_liar_are_an_invitation_or_malformed(data: bytes) -> None:
    try:
        invitation = invites.read(data)
    except Malformed:
        return
    assert invitation.encode() == data


def test_one_comes_in_as_invited(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.join("Ben", network.invite("Ada", "observer", ""))
    assert not ben.replica.is_in
    network.settle()
    assert ben.replica.is_in
    assert (ben.replica.me.card.role, ben.replica.me.card.side) == ("observer", "")
    assert ben.replica.charter == ada.replica.charter
    assert ben.names() == ada.names() == {"Ada", "Ben"}
    assert ben.store.own("founder") == ada.replica.own


def test_who_comes_later_knows_everybody_and_reads_nothing_of_before(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    ben.say("before Cleo")
    network.settle()
    cleo = network.let_in("Cleo", by="Ada")
    ben.say("after")
    network.settle()
    assert cleo.names() == {"Ada", "Ben", "Cleo"}
    assert cleo.texts() == ["after"]
    assert ada.alarms() == ben.alarms() == cleo.alarms() == []


def test_an_invitation_opens_once(network: Network) -> None:
    ada = network.found("Ada")
    invitation = network.invite("Ada")
    network.join("Ben", invitation)
    eve = network.join("Eve", invitation)
    network.settle()
    assert ada.names() == {"Ada", "Ben"}
    assert not eve.replica.is_in


def test_an_invitation_that_is_over_or_withdrawn_opens_nothing(network: Network) -> None:
    ada = network.found("Ada")
    late, withdrawn = network.invite("Ada"), network.invite("Ada")
    network.join("Ben", late)
    network.join("Cleo", withdrawn)
    assert invites.withdraw_all(ada.replica) == 2
    network.clock.pass_by(invites.LASTS)
    network.settle()
    assert ada.names() == {"Ada"}
    with pytest.raises(BadInput, match="over"):
        network.join("Dan", late)


def test_only_a_convener_or_who_began_the_channel_invites(network: Network) -> None:
    network.found("Ada", role="delegate")
    network.let_in("Ben", by="Ada")
    network.let_in("Cleo", by="Ada", role="convener", side="")
    network.let_in("Dan", by="Cleo")
    with pytest.raises(BadInput, match="convener"):
        network.invite("Ben")
    with pytest.raises(BadInput, match="side"):
        network.invite("Ada", "delegate", "")


def first_word(
    network: Network,
    invitation: Invitation,
    card: Card,
    keys: Keys,
    *,
    token: bytes | None = None,
    claimed: bytes | None = None,
    plain: object = None,
    olm: bytes | None = None,
) -> None:
    """Say any first word at all to Ada."""
    ada = network.person("Ada")
    inviter = invitation.inviter
    convener = inviter.member(invitation.channel)
    store = Person(network, f"stranger {network.number()}").store
    hello = encode(["hello", card.encode()]) if plain is None else plain
    _, pre_key = Sessions(store, keys).seal(convener, inviter, hello)
    store.die()
    said = olm if olm is not None else encode([claimed or card.curve, pre_key])
    frame = Frame(invitation.id, 0, FIRST_WORD, said)
    signed = frame.signed_with(token or invitation.token, invitation.channel, convener)
    ada.replica.accept(seal(signed, inviter.hpke))


def test_a_first_word_that_is_not_as_invited_is_refused(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    invitation = network.invite("Ada")
    keys, card = new_card("Eve", "north", "delegate")
    _, other = new_card("Eve", "north", "delegate")
    bens = ben.replica.me.card
    first_word(network, invitation, card, keys, token=bytes(32))
    first_word(network, replace(invitation, id=bytes(16)), card, keys)
    first_word(network, invitation, replace(card, role="convener"), keys)
    first_word(network, invitation, replace(card, side="south"), keys)
    first_word(network, invitation, other, keys)  # keys that are not its own
    first_word(network, invitation, other, keys, claimed=card.curve)
    first_word(network, invitation, replace(card, text=bens.text), keys)  # another's
    first_word(network, invitation, replace(card, mac=bens.mac), keys)
    first_word(network, invitation, card, keys, olm=b"")
    first_word(network, invitation, card, keys, olm=encode([card.curve, None]))
    first_word(network, invitation, card, keys, olm=encode([bytes(32), bytes(200)]))
    first_word(network, invitation, card, keys, plain=encode(["hello", b"card"]))
    first_word(network, invitation, card, keys, plain=b"\x81" * 5000)
    ada.sync()
    assert ada.names() == {"Ada", "Ben"}
    assert ada.store.one("SELECT count(*) FROM inbox WHERE state = 'refused'") == 13
    first_word(network, invitation, card, keys)  # the door stands open still
    ada.sync()
    assert ada.names() == {"Ada", "Ben", "Eve"}


@settings(max_examples=examples(20))
@given(trees(), trees())
def test_no_first_word_stops_the_queue(
    tmp_path_factory: pytest.TempPathFactory, one: object, two: object
) -> None:
    network = Network(tmp_path_factory.mktemp("word"))
    ada = network.found("Ada")
    invitation = network.invite("Ada")
    keys, card = new_card("Eve", "north", "delegate")
    first_word(network, invitation, card, keys, plain=encode(one))
    first_word(network, invitation, card, keys, plain=encode(["hello", two]))
    first_word(network, invitation, card, keys, olm=encode(two))
    network.join("Ben", network.invite("Ada"))
    network.settle()
    assert ada.names() == {"Ada", "Ben"}
    network.close()


def test_a_first_word_to_who_may_let_in_no_more_stops_nothing(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada", role="convener", side="")
    network.join("Cleo", network.invite("Ben"))
    ada.replica.say("roster.remove", {"member": ben.replica.own})
    ada.sync()
    ben.sync()
    assert not ben.replica.is_in
    network.person("Cleo").sync()
    ben.sync()
    ada.say("hello")
    network.settle()
    assert ada.names() == {"Ada"}
    assert ben.store.one("SELECT count(*) FROM inbox WHERE state = 'new'") == 0


def test_the_same_first_word_in_many_envelopes_lets_one_in(network: Network) -> None:
    ada = network.found("Ada")
    invitation = network.invite("Ada")
    keys, card = new_card("Eve", "north", "delegate")
    for _ in range(3):
        first_word(network, invitation, card, keys)
    ada.sync()
    assert [member.card.pseudonym for member in ada.replica.roster.everyone()] == ["Ada", "Eve"]


def test_one_whose_first_word_was_lost_says_it_again_the_same(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.join("Ben", network.invite("Ada"))
    network.relay.fate = lambda _: "refuse"
    ben.sync()
    network.relay.fate = lambda _: "cut"
    ben.sync()
    network.relay.fate = lambda _: "keep"
    network.settle()
    assert ada.names() == {"Ada", "Ben"}
    assert network.relay.put_bytes.count(network.relay.put_bytes[0]) == 1
    assert ben.replica.relay == ADDRESS
