"""Coming in by a code in the background: refused once and for all, or tried again, never lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from nodes import PASSPHRASE, Person, Relay, channel_of, opened, person, until
from tracktwo.channel import invite as invites
from tracktwo.channel.node import Node
from tracktwo.channel.rendezvous import open_door
from tracktwo.web.house import House
from tracktwo.web.knocking import Knocks, Wish
from tracktwo.web.rounds import Rounds

NOBODY = "41377-harbor-violin"


class Newcomer:
    """Somebody with an empty node."""

    def __init__(self, folder: Path) -> None:
        self.person = person("Stork", folder)
        self.house = House(self.person.home)
        self.house.unlock(PASSPHRASE)
        self.rounds = Rounds(self.house)
        self.knocks = Knocks(self.house, self.rounds)

    def names(self) -> list[str]:
        with self.house.node() as node:
            return list(node.idents().values())

    def ends(self) -> None:
        self.knocks.end()
        self.rounds.end()


@pytest.fixture
def stork(tmp_path: Path) -> Newcomer:
    return Newcomer(tmp_path)


def invited(people: tuple[Person, ...]) -> str:
    with opened(people[0]) as replica:
        invitation = invites.invite(replica, role="delegate", side="East", now=replica.now)
        open_door(replica, invitation)
        number, words = replica.store.rows("SELECT number, words FROM rendezvous")[0]
    return f"{number}-{words}"


def test_who_knocks_with_the_code_comes_in(stork: Newcomer, relay: Relay, tmp_path: Path) -> None:
    people = channel_of(relay.address, tmp_path / "them")
    code = invited(people)
    host = House(people[0].home)
    host.unlock(PASSPHRASE)
    answering = Rounds(host)
    answering.begin()
    stork.knocks.knock(Wish("east", code, relay.address, "Stork"))
    until(lambda: stork.names() == ["east"], "coming in")
    until(lambda: stork.knocks.all() == {}, "an end of knocking")
    stork.ends()
    answering.end()


def test_a_knock_goes_on_after_the_program_was_ended(stork: Newcomer, relay: Relay) -> None:
    wish = Wish("east", NOBODY, relay.address, "Stork")
    stork.knocks.knock(wish)
    stork.knocks.end()
    assert stork.knocks.all() == {}
    stork.knocks.begin()
    assert [knock.wish for knock in stork.knocks.all().values()] == [wish]
    stork.ends()


def test_who_gives_up_knocks_no_more(stork: Newcomer, relay: Relay) -> None:
    stork.knocks.knock(Wish("east", NOBODY, relay.address, "Stork"))
    (ident,) = stork.knocks.all()
    stork.knocks.give_up(ident)
    stork.knocks.give_up(ident)
    assert stork.knocks.all() == {}
    again = Knocks(stork.house, stork.rounds)
    again.begin()
    assert again.all() == {}


def test_a_relay_that_is_away_is_said_and_tried_again(stork: Newcomer) -> None:
    stork.knocks.knock(Wish("east", NOBODY, "http://127.0.0.1:9", "Stork"))
    (knock,) = stork.knocks.all().values()
    until(lambda: knock.fault is not None, "why not")
    assert not knock.is_over
    stork.ends()


def test_what_can_never_be_is_over_and_no_secret_is_in_what_is_printed(
    stork: Newcomer, relay: Relay
) -> None:
    stork.knocks.knock(Wish("east", "no code at all", relay.address, "Stork"))
    (knock,) = stork.knocks.all().values()
    until(lambda: knock.is_over, "an end")
    assert knock.fault is not None
    assert "no code" not in repr(knock)
    with closing(Node(stork.person.home, PASSPHRASE)) as node:
        assert node.kept("knocks") is not None
    stork.ends()
