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


def test_who_knocks_with_the_code_comes_in_once_it_agrees_to_the_charter(
    stork: Newcomer, relay: Relay, tmp_path: Path
) -> None:
    people = channel_of(relay.address, tmp_path / "them")
    code = invited(people)
    host = House(people[0].home)
    host.unlock(PASSPHRASE)
    answering = Rounds(host)
    answering.begin()
    stork.knocks.knock(Wish("east", code, relay.address, "Stork"))
    ident = waits(stork)
    answering.end()
    stork.ends()
    stork.knocks.begin()  # the code is used up, and what it brought was kept
    assert waits(stork) == ident
    assert stork.names() == []
    with opened(people[0]) as replica:
        assert "Stork" not in {one.card.pseudonym for one in replica.roster.everyone()}
    stork.knocks.agree(ident)
    assert stork.names() == ["east"]
    assert stork.knocks.all() == {}
    stork.ends()


def waits(stork: Newcomer) -> str:
    """What names the only invitation that waits for a yes."""
    (ident,) = stork.knocks.all()
    until(lambda: stork.knocks.all()[ident].invitation is not None, "an invitation")
    return ident


def test_who_stays_out_is_in_nothing_and_keeps_nothing(stork: Newcomer, tmp_path: Path) -> None:
    people = channel_of("", tmp_path / "them")
    with opened(people[0]) as replica:
        invitation = invites.invite(replica, role="delegate", side="East", now=replica.now)
    ident = stork.knocks.invited(Wish("east", "", "", "Stork"), invitation)
    stork.knocks.give_up(ident)
    assert stork.names() == []
    with stork.house.node() as node:
        assert node.invited("east", "") is None


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
