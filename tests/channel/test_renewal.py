"""New keys: none is renewed so often that a member who comes late finds nobody."""

from __future__ import annotations

from network import DAY, Network, Person
from tracktwo.channel import renewal
from tracktwo.channel.keys import KEPT
from tracktwo.channel.membership import REMOVE

WEEK = 7 * DAY


def weeks_apart(network: Network, *people: Person, weeks: int) -> None:
    """Each is there every week, and nothing that one posts reaches another."""
    network.relay.fate = lambda _: "drop"
    for _ in range(weeks):
        network.clock.pass_by(WEEK)
        for person in people:
            person.sync()
    network.relay.fate = lambda _: "keep"


def test_keys_are_renewed_each_week_while_they_are_acknowledged(network: Network) -> None:
    ada = network.found("Ada")
    network.let_in("Ben", by="Ada")
    seen = set()
    for _ in range(3 * KEPT):
        network.clock.pass_by(WEEK)
        network.settle(2)
        seen.add(ada.replica.me.card.send)
    assert len(seen) == 3 * KEPT
    assert renewal.behind(ada.replica) == []


def test_two_who_did_not_hear_each_other_for_half_a_year_still_find_each_other(
    network: Network,
) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    ada.say("said before")
    ben.say("said before, too")
    weeks_apart(network, ada, ben, weeks=26)
    assert [member.card.pseudonym for member in renewal.behind(ada.replica)] == ["Ben"]
    network.clock.pass_by(31 * DAY)
    network.settle(6)
    assert "said before" in ben.texts()
    assert "said before, too" in ada.texts()
    assert renewal.behind(ada.replica) == []


def test_who_never_comes_back_holds_renewal_up_until_it_is_removed(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    weeks_apart(network, ada, weeks=KEPT)
    held = ada.replica.me.card.send
    weeks_apart(network, ada, weeks=2)
    assert ada.replica.me.card.send == held
    ada.replica.say(REMOVE, {"member": ben.replica.own})
    ada.sync()
    assert ada.replica.me.card.send != held
