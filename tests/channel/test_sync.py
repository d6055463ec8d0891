"""Between a channel's file and a relay: what must not be lost while somebody is away."""

from __future__ import annotations

import pytest

from network import DAY, Network, Person


def pass_by(network: Network, *people: Person, days: int, every: int) -> None:
    """These are there every so many days."""
    for _ in range(0, days, every):
        network.clock.pass_by(every * DAY)
        for person in people:
            person.sync()


@pytest.mark.parametrize("age", [0, 6, 29, 31])
@pytest.mark.parametrize("held_up", [False, True], ids=["renewed weekly", "renewal held up"])
def test_who_comes_back_after_thirty_days_reads_all_at_once_however_old_its_inbox_was(
    network: Network, age: int, held_up: bool
) -> None:
    ada, ben = network.found("Ada"), network.let_in("Ben", by="Ada")
    if held_up:  # by a member who never comes: inboxes grow older than a week
        network.let_in("Cleo", by="Ada")
        network.people.pop("Cleo").store.die()
    pass_by(network, ada, ben, days=age, every=1)
    pass_by(network, ada, days=1, every=1)
    ada.say("said on his first day away")
    ada.sync()
    pass_by(network, ada, days=25, every=5)
    network.clock.pass_by(4 * DAY)
    ben.sync()
    assert ben.texts() == ["said on his first day away"]
