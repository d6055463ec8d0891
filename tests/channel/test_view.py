"""What a person is shown: what happened, and nothing that a member only claims did."""

from __future__ import annotations

from network import Liar, Network
from network import card as new_card
from tracktwo.channel import view


def texts(network: Network, name: str, since: int = 0) -> list[str]:
    return [line.text for line in view.lines(network.person(name).replica, since)]


def test_lines_come_in_their_order_with_who_has_not_seen_them(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    ada.say("hello")
    (line,) = [x for x in view.lines(ada.replica, 0) if x.kind == "talk"]
    assert (line.text, line.author.id) == ("hello", ada.replica.own)
    assert [member.id for member in line.undelivered] == [ben.replica.own]
    assert view.undelivered(ada.replica) == {ben.replica.own: 1}
    network.settle()
    (line,) = [x for x in view.lines(ada.replica, 0) if x.kind == "talk"]
    assert line.undelivered == ()
    assert view.undelivered(ada.replica) == {}
    assert texts(network, "Ben") == ["Ben comes in: delegate for north.", "hello"]


def test_what_was_read_is_not_shown_again(network: Network) -> None:
    ada = network.found("Ada")
    assert view.read_up_to(ada.replica) == 0
    ada.say("one")
    view.mark_read(ada.replica)
    ada.say("two")
    assert texts(network, "Ada", view.read_up_to(ada.replica)) == ["two"]
    view.mark_read(ada.replica, 1)
    assert view.read_up_to(ada.replica) == 1


def test_members_that_come_and_go_are_shown(network: Network) -> None:
    ada = network.found("Ada")
    ben, cleo = network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")
    ada.replica.say("roster.remove", {"member": cleo.replica.own})
    network.settle()
    ben.replica.say("leave", None)
    network.settle()
    assert texts(network, "Ada") == [
        "Ben comes in: delegate for north.",
        "Cleo comes in: delegate for north.",
        "Cleo is removed.",
        "leaves.",
    ]


def test_who_may_not_convene_cannot_make_it_look_as_if_it_did(network: Network) -> None:
    ada = network.found("Ada")
    ben, cleo = network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")
    _, card = new_card("Dan", "south", "delegate")
    cleo.replica.say("roster.add", {"card": card.encode()})
    cleo.replica.say("roster.remove", {"member": ben.replica.own})
    network.settle()
    for name in ("Ada", "Ben"):
        assert not any("Dan" in text or "removed" in text for text in texts(network, name))
    assert ada.names() == {"Ada", "Ben", "Cleo"}


def test_nonsense_is_not_shown(network: Network) -> None:
    ada = network.found("Ada")
    for kind in ("talk", "roster.add", "roster.remove", "keys", "?"):
        for body in (None, {"text": 1}, {"text": b""}, {"card": b""}, {"member": 1}, [], 2**70):
            ada.replica.say(kind, body)
    assert texts(network, "Ada") == []


def test_each_alarm_is_a_sentence_that_names_whom_it_is_about(network: Network) -> None:
    ada = network.found("Ada")
    ben, cleo = network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")
    assert view.warnings(ada.replica) == []
    with ada.store.transaction():
        for kind in ("fork", "ahead", "rewound", "nonsense"):
            ada.replica.log.alarm(kind, cleo.replica.own, cleo.replica.own, "", 1)
        ada.replica.log.alarm("fork", cleo.replica.own, ben.replica.own, "", 1)
        ada.replica.log.alarm("fork", bytes(16), ben.replica.own, "", 1)
    found = view.warnings(ada.replica)
    assert len(found) == 6
    assert all("Cleo" in sentence for sentence in found[:5])
    assert "Ben" in found[4]
    assert "somebody" in found[5]


def test_what_waits_for_something_withheld_is_told_with_whose_it_is(network: Network) -> None:
    ada = network.found("Ada")
    ben, cleo = network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")
    Liar(cleo).tell([ada], "between us")
    cleo.sync()
    ada.sync()
    ada.say("about that")
    network.settle()
    assert "about that" not in texts(network, "Ben")
    (warning,) = view.warnings(ben.replica)
    assert "Cleo" in warning
    assert view.warnings(ada.replica) == []


def test_an_inbox_at_a_relay_that_is_not_ours_is_told_of(network: Network) -> None:
    network.found("Ada")
    ada = network.person("Ada")
    ada.sync()
    network.join("Ben", network.invite("Ada"), relay="http://elsewhere.test")
    network.settle()
    assert ada.names() == {"Ada", "Ben"}
    (warning,) = view.warnings(ada.replica)
    assert "Ben has its inbox at another relay, http://elsewhere.test" in warning
