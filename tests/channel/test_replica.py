"""One member's copy: whatever the relay or a member does, delayed perhaps, and never deceived."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from hostile import LEAVES, deep, trees
from network import DAY, Crash, Liar, Network, Person
from network import card as new_card
from tracktwo.channel import renewal
from tracktwo.channel.envelope import FIRST_WORD, Frame, open_envelope, pair_key, seal
from tracktwo.channel.event import Event, Head, plain_heads
from tracktwo.channel.keys import Keys
from tracktwo.channel.membership import ADD, LEAVE, REMOVE, RENEW, read_welcome
from tracktwo.channel.signed_text import SIGN
from tracktwo.channel.sync import post_all, settle
from tracktwo.encoding import encode
from tracktwo.errors import BadInput, Malformed

Trio = tuple[Person, Person, Person]


def queued(person: Person) -> int:
    """Envelopes that are not yet known to have arrived."""
    return int(person.store.one("SELECT count(*) FROM outbox"))


def still_talk(network: Network) -> None:
    """All members hear each other."""
    people = list(network.people.values())
    words = {person: f"{person.name} still speaks {network.number()}" for person in people}
    for person, word in words.items():
        person.say(word)
    network.settle()
    for person in people:
        assert set(words.values()) <= set(person.texts())


def test_all_hear_all_and_nothing_stays_queued(network: Network, trio: Trio) -> None:
    still_talk(network)
    for person in trio:
        assert queued(person) == 0
        assert person.alarms() == []
        assert person.names() == {"Ada", "Ben", "Cleo"}


def test_an_envelope_that_comes_twice_counts_once(network: Network, trio: Trio) -> None:
    ada, ben, _ = trio
    network.relay.fate = lambda _: "double"
    still_talk(network)
    ben.say("again")
    ben.sync()
    before = list(network.relay.put_bytes)
    for envelope in before:
        ada.replica.accept(envelope)
        ben.replica.accept(envelope)
    network.settle()
    for person in trio:
        assert len(person.texts()) == len(set(person.texts())) == 4
        assert person.alarms() == []


def test_a_retry_posts_the_same_bytes(network: Network, trio: Trio) -> None:
    ada, ben, _ = trio
    network.relay.put_bytes.clear()
    network.relay.tried.clear()
    network.relay.fate = lambda _: "cut"
    ada.say("once")
    first = {letter.data for letter in ada.replica.mail().letters()}
    assert len(first) == 2
    for _ in range(3):
        ada.sync()
    network.relay.fate = lambda _: "keep"
    ada.sync()
    assert len(network.relay.tried) > 2 * len(first)
    assert set(network.relay.tried) == set(network.relay.put_bytes) == first
    network.settle()
    assert ben.texts() == ["once"]


def test_a_lost_acknowledgement_is_told_again_to_who_posts_again(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    ada.say("heard")
    ada.sync()
    network.relay.fate = lambda _: "drop"
    ben.sync()
    cleo.sync()
    network.relay.fate = lambda _: "keep"
    assert (ben.texts(), cleo.texts()) == (["heard"], ["heard"])
    network.settle()
    assert queued(ada) == 2
    network.clock.pass_by(30 * DAY)
    for person in trio:  # as when it is held up, for it would say all again
        person.store.keep("renewed", encode(network.clock()))
    network.relay.boxes.clear()  # has lost all, and takes the same for new
    network.settle()
    assert queued(ada) == 0


def test_what_comes_twice_at_once_is_not_acknowledged_twice(network: Network, trio: Trio) -> None:
    """Two would else answer each other's acknowledgements for ever."""
    network.relay.fate = lambda _: "double"
    still_talk(network)
    network.settle()
    mark = len(network.relay.put_bytes)
    network.settle(6)
    assert len(network.relay.put_bytes) == mark


def test_what_a_relay_forgot_is_posted_again_the_same(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    network.relay.fate = lambda _: "drop"
    ada.say("lost")
    ada.sync()
    lost = set(network.relay.put_bytes)
    network.relay.put_bytes.clear()
    network.relay.fate = lambda _: "keep"
    network.settle()
    assert (ben.texts(), cleo.texts()) == ([], [])
    network.clock.pass_by(30 * DAY)
    ada.sync()
    assert len(lost & set(network.relay.put_bytes)) == 2
    network.settle()
    assert (ben.texts(), cleo.texts()) == (["lost"], ["lost"])


@settings(max_examples=examples(15))
@given(st.data())
def test_a_crash_at_any_statement_leaves_nothing_half_done(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    network = Network(tmp_path_factory.mktemp("crash"))
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    ben.say("hello")
    for at in range(3):
        ada.say(f"word {at}")
    for person in (ada, ben, ada, ben):
        person.store.fuse = data.draw(st.integers(0, 60))
        try:
            person.sync()
            person.say("more")
        except Crash:
            pass
        person.crash()
    network.settle()
    assert sorted(ada.texts()) == sorted(ben.texts())
    assert len({text for text in ada.texts() if text != "more"}) == 4
    assert ada.alarms() == ben.alarms() == []
    assert queued(ada) == queued(ben) == 0
    network.close()


# Hostile relay


@settings(max_examples=6)
@given(st.integers(0, 2**32))
def test_a_relay_that_does_as_it_pleases_delays_and_deceives_nobody(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = random.Random(seed)
    network = Network(tmp_path_factory.mktemp("relay"))
    network.found("Ada")
    for name in ("Ben", "Cleo"):
        network.let_in(name, by="Ada")

    def mischief(envelope: bytes) -> list[bytes]:
        at = draw.randrange(len(envelope) or 1)
        bit = bytearray(envelope)
        bit[at : at + 1] = bytes([draw.randrange(256)])
        return draw.choice(
            [
                [envelope],
                [],
                [envelope, envelope],
                [bytes(bit)],
                [envelope[:at]],
                [b"\x01" + bytes(4095), b"", bytes(4096)],
                [draw.choice(network.relay.put_bytes), envelope],
                [draw.choice(network.relay.put_bytes)],
            ]
        )

    for turn in range(3):
        for person in network.people.values():
            person.say(f"{person.name} {turn}")
            person.sync()
            network.relay.change(mischief)
            network.relay.reorder(lambda waiting: draw.sample(waiting, len(waiting)))
    network.heal()
    said = sorted(f"{name} {turn}" for name in network.people for turn in range(3))
    for person in network.people.values():
        assert sorted(person.texts()) == said
        assert person.alarms() == []
    network.close()


def test_envelopes_of_one_member_given_to_another_do_nothing(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    ada.say("hello")
    for letter in ada.replica.mail().letters():
        for person in trio:
            person.replica.accept(letter.data)
    assert cleo.replica.read_mail() == 2
    assert ben.replica.read_mail() == 2
    assert ada.replica.read_mail() == 2
    for person in trio:
        assert person.texts() == ["hello"]
        assert person.alarms() == []
    still_talk(network)


def test_more_out_of_order_than_a_session_keeps_keys_for_is_said_again(
    network: Network, trio: Trio
) -> None:
    """A courier brings the last first, in more than one journey."""
    ada, ben, cleo = trio
    ben.say("begin")
    network.settle()
    said = [f"word {at}" for at in range(120)]
    for word in said:
        ada.say(word)
    letters = [x.data for x in ada.replica.mail().letters() if x.send == ben.replica.me.card.send]
    assert len(letters) == 120
    for letter in reversed(letters):
        ben.replica.accept(letter)
        ben.replica.read_mail()
    network.relay.fate = lambda _: "drop"
    ada.sync()
    cleo.sync()
    network.relay.fate = lambda _: "keep"
    network.clock.pass_by(61)
    network.settle()
    assert ben.texts() == ["begin", *said]
    assert ben.alarms() == []
    still_talk(network)


# Hostile member


def test_a_member_cannot_speak_as_another(network: Network, trio: Trio) -> None:
    """It has the key of the outer box, and could begin a session: the HMAC is what stops it."""
    ada, ben, cleo = trio
    event = Event(
        ada.replica.channel, ben.replica.own, 0, 1, b"", (), "talk", {"text": "I am Ben"}, 1
    )
    note = encode(["event", event.encode(), None, True])
    with cleo.store.transaction():
        mail = cleo.replica.mail()
        kind, olm = mail.sessions.seal(ada.replica.own, cleo.member(ada).card, note)
    frame = Frame(ben.replica.own, 1, kind, olm)
    keys = Keys.load(cleo.store)
    for key in (pair_key(keys.mac, cleo.member(ada).card.mac, ada.replica.channel), bytes(32)):
        signed = frame.signed_with(key, ada.replica.channel, ada.replica.own)
        ada.replica.accept(seal(signed, cleo.member(ada).card.hpke))
    ada.replica.read_mail()
    assert ada.texts() == []
    assert set(ada.store.rows("SELECT state FROM inbox WHERE raw IS NULL")) == {
        ("read",),
        ("refused",),
    }
    still_talk(network)


def notes() -> st.SearchStrategy[Any]:
    """Notes as a liar writes them: near the real ones, and far."""
    hashes = st.sampled_from([b"", bytes(32), b"\xff" * 32, bytes(16)])
    head = st.lists(st.one_of(LEAVES, hashes), min_size=3, max_size=5)
    heads = st.one_of(st.lists(head, max_size=3), LEAVES)
    return st.one_of(
        trees(),
        st.tuples(st.just("heads"), heads).map(list),
        st.tuples(st.just("reset"), heads).map(list),
        st.tuples(st.just("resend"), LEAVES, LEAVES, LEAVES).map(list),
        st.tuples(st.just("event"), LEAVES, LEAVES, LEAVES).map(list),
        st.tuples(st.just("word"), LEAVES, LEAVES).map(list),
    )


@settings(max_examples=examples(15))
@given(st.lists(notes(), min_size=1, max_size=6))
def test_no_note_of_a_member_stops_the_queue(
    tmp_path_factory: pytest.TempPathFactory, written: list[Any]
) -> None:
    network = Network(tmp_path_factory.mktemp("notes"))
    ada = network.found("Ada")
    cleo = network.let_in("Cleo", by="Ada")
    for note in written:
        cleo.note(ada, note)
    cleo.raw_note(ada, deep(50_000))
    cleo.raw_note(ada, b"\xff" * 100)
    still_talk(network)
    network.close()


@settings(max_examples=examples(15))
@given(
    st.sampled_from([ADD, REMOVE, LEAVE, RENEW, SIGN, "talk", "roster.again", "?"]),
    st.one_of(
        trees(),
        st.dictionaries(
            st.sampled_from(["card", "member", "text", "signature", "add", "remove", "invitation"]),
            LEAVES,
        ),
    ),
    st.booleans(),
)
def test_no_event_of_a_member_stops_the_queue(
    tmp_path_factory: pytest.TempPathFactory, kind: str, body: object, is_convener: bool
) -> None:
    network = Network(tmp_path_factory.mktemp("events"))
    ada, ben = network.found("Ada"), network.let_in("Ben", by="Ada")
    role = "convener" if is_convener else "observer"
    cleo = network.let_in("Cleo", by="Ada", role=role, side="")
    told = Liar(cleo).tell([ada, ben], "", kind=kind, body=body)  # and does nothing of it itself
    cleo.sync()
    ada.say("question")
    network.settle()
    assert all(told.id in [ident for ident, _ in person.events()] for person in (ada, ben))
    ben.say("answer")
    network.settle()
    assert [text for text in ada.texts() if text in ("question", "answer")] == [
        "question",
        "answer",
    ]
    assert [text for text in ben.texts() if text in ("question", "answer")] == [
        "question",
        "answer",
    ]
    network.close()


@pytest.mark.parametrize("name", ["hpke", "curve", "fallback", "mac", "relay", "nonsense"])
def test_a_card_that_cannot_be_used_is_not_taken_and_holds_nothing_up(
    network: Network, trio: Trio, name: str
) -> None:
    ada, ben, cleo = trio
    _, card = new_card("Cleo", "south", "delegate")
    good = cleo.replica.me.card
    bad = {
        "hpke": replace(good, hpke=b"\xff" * 1216),
        "fallback": replace(good, fallback=bytes(32)),
        "curve": replace(good, curve=bytes(32)),
        "mac": replace(good, mac=bytes(32)),
        "relay": replace(good, relay="http://cleos.test"),
        "nonsense": card,
    }[name]
    before = ada.member(cleo).data
    # it waits, and comes to its place when honest words do
    waits_for = [Head(ben.replica.own, 0, 1, _next_of(ben, "a word of Ben"))]
    body = {"card": bad.encode()}
    Liar(cleo).tell([ada, ben], "", kind=RENEW, body=body, heads=waits_for)
    cleo.sync()
    ada.sync()
    ben.replica.say("talk", {"text": "a word of Ben"})
    network.settle()
    assert ada.texts() == ["a word of Ben"]
    assert ada.member(cleo).data == before
    ada.say("still here")
    network.settle()
    assert ben.texts() == ["a word of Ben", "still here"]


def _next_of(person: Person, text: str) -> bytes:
    """The id of what a person would say next."""
    with pytest.raises(Crash), person.store.transaction():  # noqa: PT012 - the whole of it is to fail
        ident = person.replica.say("talk", {"text": text})
        raise Crash
    return ident


def test_asking_again_and_again_does_not_fill_the_disk(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    for at in range(20):
        ada.say(f"word {at}")
    network.settle()
    assert queued(ada) == 0
    network.relay.put_bytes.clear()
    events = ada.store.one("SELECT count(*) FROM event WHERE author = ?", ada.replica.own)
    for turn in range(10):
        for _ in range(2):
            cleo.note(ada, ["resend", 0, 0, 2**61])
        if turn % 3 == 2:  # she claims to have heard, and asks again all the same
            cleo.note(ada, ["heads", plain_heads(ada.replica.log.heads())])
        post_all(cleo.replica, network.relay)  # type: ignore[arg-type]
        ada.sync(acknowledge=False)
        assert queued(ada) <= events
    posted = [one for one in network.relay.put_bytes if open_for(cleo, one)]
    assert events <= len(posted) <= 5 * events
    network.settle()
    assert len(ben.texts()) == len(cleo.texts()) == 20


def open_for(person: Person, envelope: bytes) -> bool:
    """Whether an envelope is for this member."""
    return open_envelope(envelope, Keys.load(person.store).hpke) is not None


def test_what_was_lost_twice_is_said_again_in_an_hour(network: Network, trio: Trio) -> None:
    """Who asks again at once is not answered again at once, but is not forgotten."""
    ada, ben, _ = trio
    network.relay.fate = lambda _: "drop"
    ada.say("lost")
    ada.sync()
    network.relay.fate = lambda _: "keep"
    ada.say("found")
    ada.sync()
    ben.sync()
    network.relay.fate = lambda _: "drop"
    ada.sync()  # says it again, in vain
    network.relay.fate = lambda _: "keep"
    for pause in (61, 2 * 3600):
        assert ben.texts() == []
        network.clock.pass_by(pause)
        network.settle(2)
    assert ben.texts() == ["lost", "found"]


def test_a_members_huge_numbers_are_kept_out(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    top = (1 << 62) - 1
    for heads in (
        [[ada.replica.own, top, top, bytes(32)]],
        [[ben.replica.own, top, top, bytes(32)]],
        [[at.to_bytes(16), top, top, bytes(32)] for at in range(256)],
        [[ada.replica.own, 2**70, 0, bytes(32)]],
        [[ada.replica.own, 0, -(2**70), bytes(32)]],
    ):
        cleo.note(ada, ["heads", heads])
    cleo.note(ada, ["resend", top, top, top])
    network.settle()
    still_talk(network)
    assert ("ahead", ada.replica.own, cleo.replica.own) in ada.alarms()


def test_a_lost_chain_of_one_holds_up_nobody_once_it_is_removed(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    Liar(cleo).tell([ada], "between us")
    cleo.sync()
    ada.sync()
    ada.say("about what Cleo said")
    network.settle()
    assert ben.texts() == []
    ada.replica.say(REMOVE, {"member": cleo.replica.own})
    network.settle()
    assert ben.texts() == ["about what Cleo said"]


# Members come, go, and change keys


def test_who_is_removed_reads_nothing_that_is_said_after(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    cleo.say("hello")
    network.settle()
    stolen = Keys.load(cleo.store)
    ada.replica.say(REMOVE, {"member": cleo.replica.own})
    network.settle(2)
    assert not cleo.replica.is_in
    network.relay.put_bytes.clear()
    ada.say("in confidence")
    ben.say("indeed")
    ada.sync()
    ben.sync()
    network.settle()
    later = list(network.relay.put_bytes)
    assert len(later) >= 2
    assert all(open_envelope(envelope, stolen.hpke) is None for envelope in later)
    for envelope in later:
        cleo.replica.accept(envelope)
    cleo.sync()
    assert cleo.texts() == ["hello"]
    assert ada.names() == ben.names() == {"Ada", "Ben"}
    with pytest.raises(BadInput):
        cleo.say("let me in")


def test_who_is_removed_is_heard_no_more(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    Liar(cleo).tell([ada, ben], "I am still here")
    ada.replica.say(REMOVE, {"member": cleo.replica.own})
    ada.sync()
    ben.sync()
    cleo.sync()
    network.settle()
    assert ada.texts() == ben.texts() == []


def test_all_take_new_keys_and_inboxes_once_somebody_left(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    before = {person.name: person.replica.me.card for person in (ada, ben)}
    cleo.replica.say(LEAVE, None)
    network.settle()
    for person, other in ((ada, ben), (ben, ada)):
        card = person.replica.me.card
        old = before[person.name]
        assert card.hpke != old.hpke
        assert card.send != old.send
        assert other.member(person).card == card
    assert ada.names() == ben.names() == {"Ada", "Ben"}
    del network.people["Cleo"]
    still_talk(network)
    cleo.store.die()


def test_only_who_may_lets_in_and_removes(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    _, card = new_card("Dan", "south", "delegate")
    cleo.replica.say(ADD, {"card": card.encode()})
    cleo.replica.say(REMOVE, {"member": ben.replica.own})
    network.settle()
    for person in (ada, ben):
        assert person.names() == {"Ada", "Ben", "Cleo"}


def test_a_convener_who_was_removed_lets_nobody_in_with_what_it_said_before(
    network: Network,
) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada", role="convener", side="")
    cleo, dan = network.let_in("Cleo", by="Ada"), network.let_in("Dan", by="Ada")
    _, card = new_card("Mole", "south", "delegate")
    ident = _next_of(dan, "later")
    Liar(ben).tell(
        [ada, cleo],
        "",
        kind=ADD,
        body={"card": card.encode()},
        heads=[Head(dan.replica.own, 0, 1, ident)],
    )
    ben.sync()
    ada.sync()
    cleo.sync()
    ada.replica.say(REMOVE, {"member": ben.replica.own})
    ada.sync()
    cleo.sync()
    Liar(dan).tell([ada, cleo], "later", heads=[])
    assert dan.store.one("SELECT count(*) FROM outbox") == 2
    network.settle()
    assert ada.names() == cleo.names() == {"Ada", "Cleo", "Dan"}
    assert ada.texts() == ["later"]


def test_who_leaves_while_somebody_comes_in_is_gone_for_both(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    invitation = network.invite("Ada")
    dan = network.join("Dan", invitation)
    dan.sync()
    cleo.replica.say(LEAVE, None)  # knows nothing of Dan
    network.relay.fate = lambda _: "hold"
    cleo.sync()
    network.relay.fate = lambda _: "keep"
    ada.sync()  # knows nothing of Cleo's leaving
    network.relay.release()
    network.settle()
    for person in (ada, ben, dan):
        assert person.names() == {"Ada", "Ben", "Dan"}


def test_what_was_said_just_before_one_came_in_holds_up_nothing_for_it(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    dan = network.join("Dan", network.invite("Ada"))
    dan.sync()
    cleo.say("not for Dan")  # who knows nothing of him
    network.relay.fate = lambda _: "hold"
    cleo.sync()
    network.relay.fate = lambda _: "keep"
    ada.sync()
    network.relay.release()
    ben.sync()
    ben.say("for all, about what Cleo said")
    network.settle()
    assert dan.texts() == ["for all, about what Cleo said"]
    assert dan.alarms() == []
    still_talk(network)


def test_two_let_in_at_once_by_two_conveners_know_each_other(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada", role="convener", side="")
    cleo = network.join("Cleo", network.invite("Ada"))
    dan = network.join("Dan", network.invite("Ben"))
    cleo.sync()
    dan.sync()
    for person in (ada, ben):  # neither has heard of the other's
        for data in network.relay.waiting():
            person.replica.accept(data)
    for person in (ada, ben):
        settle(person.replica)
    network.settle(6)
    for person in (ada, ben, cleo, dan):
        assert person.names() == {"Ada", "Ben", "Cleo", "Dan"}
        assert person.alarms() == []
    still_talk(network)


def test_envelopes_under_way_are_opened_after_the_keys_were_renewed(
    network: Network, trio: Trio
) -> None:
    ada, ben, _ = trio
    network.relay.fate = lambda _: "hold"
    ada.say("sealed to the old key")
    ada.sync()
    network.relay.fate = lambda _: "keep"
    renewal.renew(ben.replica)
    network.settle()
    network.relay.release()
    network.settle()
    assert ben.texts() == ["sealed to the old key"]


# Lost sessions, backups, clones


def test_a_lost_session_heals_and_what_could_not_be_read_is_said_again(
    network: Network, trio: Trio
) -> None:
    ada, ben, _ = trio
    ada.say("one")
    network.settle()
    with ben.store.transaction():
        ben.store.do("DELETE FROM session")
    ada.say("two")
    ada.say("three")
    network.settle()
    assert ben.texts() == ["one", "two", "three"]
    still_talk(network)


def test_a_last_word_that_could_not_be_opened_is_said_again_once_that_may_be_asked(
    network: Network, trio: Trio
) -> None:
    """Nothing is said after it that would show it to be missing."""
    ada, ben, _ = trio
    for word in ("one", "two"):
        with ben.store.transaction():
            ben.store.do("DELETE FROM session")
        ada.say(word)
        network.settle()
        if word == "one":
            ben.replica.say("an answer", None)
            network.settle()
    assert ben.texts() == ["one"]  # a reset was asked for, and may not be again so soon
    network.clock.pass_by(3600)
    network.settle(2)
    assert ben.texts() == ["one", "two"]
    assert queued(ben) == 0
    mark = len(network.relay.put_bytes)
    for _ in range(3):
        network.clock.pass_by(3600)
        network.settle(2)
    assert len(network.relay.put_bytes) == mark  # once is enough
    still_talk(network)


def test_two_who_begin_at_once_still_understand_each_other(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    network.relay.fate = lambda _: "hold"
    for person in (ben, cleo):  # neither has ever spoken to the other
        person.say(f"first word of {person.name}")
        person.sync()
    network.relay.fate = lambda _: "keep"
    network.relay.release()
    network.settle()
    for _ in range(3):
        still_talk(network)
    assert sorted(ada.texts()) == sorted(ben.texts()) == sorted(cleo.texts())


def test_a_restored_backup_loses_nothing_of_others_and_says_nothing_twice(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    ben.say("before")
    network.settle()
    copy = ben.back_up()
    ada.say("while Ben's backup grew old")
    cleo.say("me too")
    network.settle()
    network.clock.pass_by(DAY)
    ben.restore(copy)
    network.settle()
    ben.say("after")
    network.heal()
    for person in trio:
        assert sorted(person.texts()) == [
            "after",
            "before",
            "me too",
            "while Ben's backup grew old",
        ]
        assert person.alarms() == []
    still_talk(network)


def test_a_backup_from_before_the_keys_were_renewed_is_understood(
    network: Network, trio: Trio
) -> None:
    """The others seal to keys, and post to an inbox, that it has not got."""
    _, ben, _ = trio
    still_talk(network)
    copy = ben.back_up()
    renewal.renew(ben.replica)
    network.settle()
    still_talk(network)
    network.clock.pass_by(DAY)
    ben.restore(copy)
    network.settle()
    still_talk(network)


def test_what_was_sealed_to_a_key_long_gone_is_said_again(network: Network, trio: Trio) -> None:
    ada, ben, _ = trio
    network.relay.fate = lambda _: "drop"
    ada.say("lost on the way")
    ada.sync()
    network.relay.fate = lambda _: "keep"
    for _ in range(6):
        renewal.renew(ben.replica)
    network.settle()
    network.clock.pass_by(61)
    network.settle()
    assert ben.texts() == ["lost on the way"]


def test_what_waited_in_a_backup_to_be_posted_is_said_after_all(
    network: Network, trio: Trio
) -> None:
    _, ben, _ = trio
    ben.say("before")
    network.settle()
    ben.say("under way")
    copy = ben.back_up()
    network.clock.pass_by(DAY)
    ben.restore(copy)
    ben.say("after")
    network.heal()
    for person in trio:
        assert person.texts() == ["before", "under way", "after"]
        assert person.alarms() == []


def test_what_was_said_after_the_backup_is_told_to_have_been(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    ben.say("before")
    network.settle()
    copy = ben.back_up()
    ben.say("forgotten by Ben")
    network.settle()
    network.clock.pass_by(DAY)
    ben.restore(copy)
    ben.say("after")
    network.heal()
    assert ada.texts() == cleo.texts() == ["before", "forgotten by Ben", "after"]
    for person in (ada, cleo):
        assert ("rewound", ben.replica.own, ben.replica.own) in person.alarms()
        assert "fork" not in {kind for kind, _, _ in person.alarms()}
    assert ben.texts() == ["before", "after"]
    assert ("rewound", ben.replica.own) in {(kind, about) for kind, about, _ in ben.alarms()}


def test_a_restored_backup_seals_with_no_session_of_before(network: Network, trio: Trio) -> None:
    _, ben, _ = trio
    still_talk(network)
    copy = ben.back_up()
    old = set(ben.store.rows("SELECT id FROM session"))
    still_talk(network)
    ben.restore(copy)
    assert not old & set(ben.store.rows("SELECT id FROM session"))
    network.heal()
    still_talk(network)


def test_a_restored_backup_opens_no_door_again(network: Network, trio: Trio) -> None:
    """An invitation that was used after the backup would be good for another."""
    ada, _, _ = trio
    invitation = network.invite("Ada")
    copy = ada.back_up()
    network.join("Dan", invitation)
    network.settle()
    network.clock.pass_by(60)
    ada.restore(copy)
    eve = network.join("Eve", invitation)
    network.settle()
    assert "Eve" not in ada.names()
    assert not eve.replica.is_in


def test_a_clone_that_goes_on_with_our_sessions_is_not_heard_and_harms_none(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    still_talk(network)
    twin = cleo.clone("twin")
    cleo.say("I am Cleo")
    cleo.sync()
    twin.say("No, I am")
    twin.sync()
    network.heal()
    assert "No, I am" not in ada.texts() + ben.texts()
    still_talk(network)
    twin.store.die()


@pytest.mark.parametrize("is_restored", [True, False], ids=["restored", "new sessions"])
def test_a_clone_that_is_heard_is_found_out(
    network: Network, trio: Trio, is_restored: bool
) -> None:
    ada, ben, cleo = trio
    still_talk(network)
    twin = cleo.clone("twin")
    cleo.say("I am Cleo")
    cleo.sync()
    network.clock.pass_by(60)
    if is_restored:
        renewal.begin_anew(twin.replica)
    else:
        with twin.store.transaction():
            twin.store.do("DELETE FROM session")
    twin.say("No, I am")
    twin.sync()
    network.heal()
    for person in (ada, ben):
        alarmed = {(kind, about) for kind, about, _ in person.alarms()}
        assert alarmed & {("fork", cleo.replica.own), ("rewound", cleo.replica.own)}
    twin.store.die()


# Small things


def test_nothing_is_said_by_who_is_not_in(network: Network) -> None:
    network.found("Ada")
    ben = network.join("Ben", network.invite("Ada"))
    assert not ben.replica.is_in
    with pytest.raises(BadInput, match="not let you"):
        ben.say("hello?")


def test_what_is_too_long_is_refused_and_nothing_of_it_is_kept(
    network: Network, trio: Trio
) -> None:
    ada, _, _ = trio
    before = ada.store.rows("SELECT * FROM head"), queued(ada)
    with pytest.raises(Malformed, match="too long"):
        ada.say("x" * 200_000)
    with pytest.raises(Malformed, match="too long"):
        ada.replica.say("talk", {"text": "x"}, private={trio[1].replica.own: bytes(300_000)})
    assert (ada.store.rows("SELECT * FROM head"), queued(ada)) == before
    still_talk(network)


def test_a_private_part_reaches_its_member_alone(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    ident = ada.replica.say("talk", {"text": "x"}, private={ben.replica.own: b"for Ben"})
    network.settle()
    query = "SELECT bytes FROM private WHERE event = ?"
    assert ben.store.rows(query, ident) == [(b"for Ben",)]
    assert cleo.store.rows(query, ident) == []


@given(trees())
def test_a_welcome_of_a_liar_is_malformed(tree: object) -> None:
    for data in (encode(tree), encode([[b"card"], tree]), encode([tree, []])):
        try:
            members, heads = read_welcome(data)
        except Malformed:
            continue
        assert members == []
        assert len(heads) <= 256


def test_a_first_word_stays_until_somebody_reads_it_who_can(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.join("Ben", network.invite("Ada"))
    for letter in ben.replica.mail().letters():
        ada.replica.accept(letter.data)
    assert ada.replica.read_mail() == 1  # as a command that welcomes nobody in
    ada.replica.mail().release()
    network.settle()
    assert ada.names() == {"Ada", "Ben"}
    assert FIRST_WORD == 2
