"""Envelopes out and in: sealed once, kept until they are acknowledged, opened in their order."""

from __future__ import annotations

import pytest

from network import Network, Person
from tracktwo.channel import mail as mails
from tracktwo.channel.envelope import BUCKETS, Frame, mid_of, seal

Pair = tuple[Person, Person]


@pytest.fixture
def pair(network: Network) -> Pair:
    ada = network.found("Ada")
    return ada, network.let_in("Ben", by="Ada")


def test_what_is_said_is_queued_under_the_name_of_its_bytes(pair: Pair) -> None:
    ada, ben = pair
    ada.say("hello")
    (letter,) = ada.replica.mail().letters()
    assert letter.mid == mid_of(letter.data)
    assert letter.send == ben.replica.me.card.send
    assert len(letter.data) in BUCKETS
    assert letter.is_event
    (again,) = ada.replica.mail().letters()
    assert again == letter


def test_letters_come_in_the_order_they_were_said_and_no_more_than_asked_for(pair: Pair) -> None:
    ada, _ = pair
    for at in range(5):
        ada.say(f"{at}")
    letters = ada.replica.mail().letters()
    assert len(letters) == 5
    assert ada.replica.mail().letters(2) == letters[:2]


def test_an_event_is_kept_until_it_was_seen_and_a_note_until_it_was_posted(
    network: Network, pair: Pair
) -> None:
    ada, ben = pair
    ada.say("hello")
    ada.note(ben, ["heads", []])
    mail = ada.replica.mail()
    letters = mail.letters()
    with ada.store.transaction():
        mail.posted(letters, network.clock())
    assert mail.letters() == []
    assert ada.store.rows("SELECT state FROM outbox") == [("posted",)]
    with ada.store.transaction():
        mail.post_again(network.clock() // 3600)
    assert mail.letters() == []
    with ada.store.transaction():
        mail.post_again(network.clock() // 3600 + 1)
    assert [letter.data for letter in mail.letters()] == [letters[0].data]
    with ada.store.transaction():
        mail.delivered(ben.replica.own, 0, 0)
        assert len(mail.letters()) == 1
        mail.delivered(ben.replica.own, 0, 2**61)
    assert ada.store.rows("SELECT state FROM outbox") == []


def test_anything_may_come_and_the_same_counts_once(network: Network, pair: Pair) -> None:
    ada, _ = pair
    mail = ada.replica.mail()
    for data in (b"", b"\x01", bytes(4095), bytes(BUCKETS[-1] + 1)):
        assert not mail.accept(data, network.clock())
    for size in BUCKETS:
        assert mail.accept(bytes(size), network.clock())
        assert not mail.accept(bytes(size), network.clock())
    assert ada.replica.read_mail() == len(BUCKETS)
    assert ada.replica.read_mail() == 0
    for size in BUCKETS:  # nor after it was read
        assert not mail.accept(bytes(size), network.clock())
    assert ada.store.rows("SELECT DISTINCT state, raw FROM inbox WHERE state = 'refused'") == [
        ("refused", None)
    ]


def test_what_came_is_opened_in_the_order_its_sender_counted(network: Network, pair: Pair) -> None:
    ada, ben = pair
    for at in range(70):
        ada.say(f"{at}")
    for letter in reversed(ada.replica.mail().letters()):
        ben.replica.accept(letter.data)
    counters = [one.frame.counter for one in ben.replica.mail().arrived() if one.frame]
    assert counters == sorted(counters)
    assert len(counters) == 70
    ben.replica.read_mail()
    assert ben.texts() == [f"{at}" for at in range(70)]


def test_of_strangers_envelopes_only_the_latest_are_held(
    network: Network, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails, "_MOST_HELD", 3)
    ada, ben = pair
    for number in range(5):
        frame = Frame(bytes([number]) * 16, 0, 1, b"x").signed_with(bytes(32), bytes(16), bytes(16))
        ben.replica.accept(seal(frame, ben.replica.me.card.hpke))
    ben.replica.read_mail()
    assert ben.store.one("SELECT count(*) FROM inbox WHERE state = 'held'") == 3
    assert ben.store.one("SELECT count(*) FROM inbox WHERE state = 'refused' AND raw IS NULL") == 2
    ada.say("still heard")
    network.settle()
    assert ben.texts() == ["still heard"]


def test_what_holds_secrets_shows_none(pair: Pair) -> None:
    mail = pair[0].replica.mail()
    assert repr(mail) == "Mail(<secret>)"
    assert repr(mail.sessions) == "Sessions(<secret>)"
    assert repr(pair[0].replica) == "Replica(<secret>)"
