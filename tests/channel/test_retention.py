"""What is past its time goes from the file; the chain, and who came and went, stay."""

from __future__ import annotations

from network import DAY, Network, Person
from tracktwo.channel.charter import Charter
from tracktwo.channel.retention import expire


def pair(network: Network) -> tuple[Person, Person]:
    network.found("Ada", charter=Charter("A test", retention="delete", days=7))
    network.let_in("Ben", by="Ada")
    return network.person("Ada"), network.person("Ben")


def test_words_older_than_the_charter_keeps_go_at_every_member_and_later_ones_stay(
    network: Network,
) -> None:
    ada, ben = pair(network)
    ada.say("old words")
    network.settle()
    network.clock.pass_by(8 * DAY)
    ada.say("new words")
    network.settle()
    for person in (ada, ben):
        kept = [data for (data,) in person.store.rows("SELECT bytes FROM event") if data]
        assert not any(b"old words" in data for data in kept)
        assert any(b"new words" in data for data in kept)
        assert person.alarms() == []


def test_talk_goes_on_after_words_were_deleted_and_nothing_is_asked_for_again(
    network: Network,
) -> None:
    ada, ben = pair(network)
    ada.say("old words")
    network.settle()
    network.clock.pass_by(8 * DAY)
    network.settle()
    ben.say("an answer")
    ada.say("another")
    network.settle()
    assert ben.replica.log.missing() == ada.replica.log.missing() == []
    visible = [
        data
        for (data,) in ada.store.rows("SELECT bytes FROM event WHERE kind = 'talk'")
        if data is not None
    ]
    assert len(visible) == 2
    assert ada.names() == ben.names() == {"Ada", "Ben"}


def test_what_a_member_has_not_got_is_kept_for_it_however_old(network: Network) -> None:
    ada, ben = pair(network)
    ada.say("for you")
    ada.sync()
    network.clock.pass_by(8 * DAY)
    ada.sync()
    assert expire(ada.replica) == 0
    ben.sync()
    assert ben.store.one("SELECT count(*) FROM event WHERE kind = 'talk' AND place IS NOT NULL")


def test_a_channel_that_keeps_deletes_nothing(network: Network) -> None:
    network.found("Ada")
    ada = network.person("Ada")
    ada.say("words")
    network.clock.pass_by(10_000 * DAY)
    assert expire(ada.replica) == 0
    assert ada.texts() == ["words"]


def test_a_newcomer_is_let_in_where_the_first_word_to_another_is_gone(network: Network) -> None:
    ada, _ = pair(network)
    ada.say("old words")
    network.settle()
    network.clock.pass_by(8 * DAY)
    network.settle()
    network.let_in("Cleo", by="Ada", side="south")
    ada.say("to all")
    network.settle()
    assert network.person("Cleo").texts() == ["to all"]
    assert network.person("Cleo").alarms() == []
