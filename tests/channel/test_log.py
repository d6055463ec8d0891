"""The log: nothing before what it refers to, nothing twice, and two-faced members found out."""

from __future__ import annotations

import shutil
from collections.abc import Container, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import effort
from network import FragileStore, Liar, Network, Person
from tracktwo.channel import event as events
from tracktwo.channel import log as logs
from tracktwo.channel.event import Event, Head
from tracktwo.channel.log import Log
from tracktwo.channel.roster import Roster
from tracktwo.errors import Malformed

Trio = tuple[Person, Person, Person]


def kinds(person: Person) -> set[tuple[str, bytes]]:
    """What this member was alarmed at, and about whom."""
    return {(kind, about) for kind, about, _ in person.alarms()}


def test_the_order_is_the_same_in_each_chain_and_runs_ahead_nowhere(
    network: Network, trio: Trio
) -> None:
    for at in range(4):
        for person in trio:
            person.say(f"{person.name} {at}")
            person.sync()
    network.settle()
    for person in trio:
        for other in trio:
            own = [text for text in person.texts() if text.startswith(other.name)]
            assert own == [f"{other.name} {at}" for at in range(4)]
        in_order(person)
        assert person.alarms() == []


def in_order(person: Person) -> None:
    """Every event stands after all that its author had seen, as far as it is here at all."""
    places = {ident: place for place, (ident, _) in enumerate(person.events())}
    for place, (_, event) in enumerate(person.events()):
        for ident in (event.prev, *(head.id for head in event.heads)):
            assert places.get(ident, -1) < place


def test_an_answer_waits_for_what_it_answers(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    ada.say("question")
    lose_for(network, cleo, ada)
    ben.sync(acknowledge=False)
    ben.say("answer")
    ben.sync()
    cleo.sync()
    assert cleo.texts() == []
    network.relay.release()
    cleo.sync()
    assert cleo.texts() == ["question", "answer"]


def test_an_answer_waits_even_if_the_question_was_acknowledged_before(
    network: Network, trio: Trio
) -> None:
    """An acknowledgement is no event: telling it does not make what is said later refer less."""
    ada, ben, cleo = trio
    ada.say("question")
    lose_for(network, cleo, ada)
    ben.sync(acknowledge=True)
    ben.say("answer")
    ben.sync()
    cleo.sync()
    assert cleo.texts() == []
    network.relay.release()
    cleo.sync()
    assert cleo.texts() == ["question", "answer"]
    assert network.person("Ben").texts() == ["question", "answer"]


def lose_for(network: Network, whom: Person, by: Person) -> None:
    """What `by` posts now is held back from one member."""
    inbox = whom.replica.me.card.send
    original = network.relay.put

    def put(relay: str, send: bytes, mid: bytes, envelope: bytes) -> None:
        network.relay.fate = lambda _: "hold" if send == inbox else "keep"
        original(relay, send, mid, envelope)

    network.relay.put = put  # type: ignore[method-assign]
    by.sync()
    network.relay.put = original  # type: ignore[method-assign]
    network.relay.fate = lambda _: "keep"


def test_a_gap_is_asked_for_and_filled(network: Network, trio: Trio) -> None:
    ada, ben, _ = trio
    network.relay.fate = lambda _: "drop"
    ada.say("lost")
    ada.sync()
    network.relay.fate = lambda _: "keep"
    ada.say("found")
    ada.sync()
    ben.sync()
    assert ben.texts() == []
    network.settle()
    assert ben.texts() == ["lost", "found"]


def test_an_event_under_anothers_name_or_from_another_channel_is_refused(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    log = ben.replica.log
    good = Event(
        ada.replica.channel, ada.replica.own, 0, 99, bytes(32), (), "talk", {"text": "x"}, 1
    )
    for event, author in (
        (good, cleo.replica.own),
        (Event(bytes(16), ada.replica.own, 0, 99, bytes(32), (), "talk", {}, 1), ada.replica.own),
    ):
        with pytest.raises(Malformed), ben.store.transaction():
            log.receive(event.encode(), author, starts=False, hour=1)


# Two-faced members


def test_two_things_said_to_one_member_alarm_it(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    liar = Liar(cleo)
    liar.tell([ben], "yes")
    liar.tell([ben], "no", chain="other")
    network.settle()
    assert kinds(ben) == {("fork", cleo.replica.own)}
    assert ben.texts() == ["yes"]
    assert kinds(ada) == set()


def test_two_things_said_to_two_members_alarm_them_as_soon_as_one_answers(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    liar = Liar(cleo)
    liar.tell([ada], "yes")
    liar.tell([ben], "no", chain="other")
    cleo.sync()
    for person in (ada, ben):
        person.sync(acknowledge=False)
    ada.say("I see")
    ada.sync(acknowledge=False)
    ben.sync(acknowledge=False)
    assert kinds(ben) == {("fork", cleo.replica.own)}


def test_acknowledgements_alone_find_a_fork_out(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    liar = Liar(cleo)
    liar.tell([ada], "yes")
    liar.tell([ben], "no", chain="other")
    cleo.sync()
    for person in (ada, ben, ada, ben):
        person.sync()
    assert ("fork", cleo.replica.own) in kinds(ada) | kinds(ben)


def test_an_acknowledgement_that_comes_before_the_event_finds_the_fork_out(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    liar = Liar(cleo)
    liar.tell([ada], "yes")
    cleo.sync()
    ada.sync()
    ben.sync()  # has heard from Ada what Cleo said to her
    liar.tell([ben], "no", chain="other")
    cleo.sync()
    ben.sync()
    assert kinds(ben) == {("fork", cleo.replica.own)}


def test_a_fork_is_not_hidden_by_beginning_anew_as_after_a_restored_backup(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    liar = Liar(cleo)
    common = liar.tell([ada, ben], "we agreed")
    liar.tell([ada], "to yes", start=(0, 1, common.id))
    liar.tell([ben], "to no", start=(0, 1, common.id))
    liar.tell([ada, ben], "as I said", start=(99, 0, common.id))
    network.settle()
    assert {kind for kind, _ in kinds(ada) | kinds(ben)} & {"fork", "rewound"}


def test_what_was_said_to_one_alone_is_not_hidden_by_a_late_beginning(
    network: Network, trio: Trio
) -> None:
    """Cleo came in after Ben: her chain begins at its beginning for him."""
    ada, ben, cleo = trio
    liar = Liar(cleo)
    liar.tell([ada], "between us")
    liar.tell([ada, ben], "hello all", starts=True)
    network.settle()
    ada.say("I heard")
    network.settle()
    assert ada.texts() == ["between us", "hello all", "I heard"]
    assert ben.texts() == []


def test_who_claims_we_said_what_we_did_not_is_named(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    claims = [Head(ben.replica.own, 0, 1, bytes(32))]
    assert ben.replica.log.head(ben.replica.own) is None
    Liar(cleo).tell([ben], "you said so", heads=claims)
    network.settle()
    assert ("ahead", ben.replica.own, cleo.replica.own) in ben.alarms()
    ben.say("I did not")
    network.settle()
    assert "you said so" not in ada.texts()


@pytest.fixture(scope="module")
def crowds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Network]]:
    """Channels of three to five members, to be copied."""
    crowds = {}
    for count in range(3, 6):
        network = crowds[count] = Network(tmp_path_factory.mktemp("crowd"))
        network.found("Ada")
        for name in ("Ben", "Cleo", "Dan", "Eve")[: count - 1]:
            network.let_in(name, by="Ada")
    yield crowds
    for network in crowds.values():
        network.close()


STEPS = ["say", "sync", "sync and acknowledge", "release"]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("count", [3, 4, 5])
@settings(max_examples=effort.examples(334))  # of a thousand schedules
@given(data=st.data())
def test_a_fork_is_found_out_whoever_synchronises_when_and_within_a_message_of_each_member(
    crowds: dict[int, Network],
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("fork")
    network = crowds[count].copied(folder)
    everyone = list(network.people.values())
    liar = data.draw(st.sampled_from(everyone))
    honest = data.draw(st.permutations([each for each in everyone if each is not liar]))
    cut = data.draw(st.integers(1, len(honest) - 1))
    lie = Liar(liar)
    heads = [lie.tell(honest[:cut], "yes"), lie.tell(honest[cut:], "no", chain="other")]
    told = {each.name: heads[at >= cut].id for at, each in enumerate(honest)}
    network.relay.fate = lambda _: data.draw(st.sampled_from(["keep", "hold"]))
    for step in data.draw(st.lists(st.sampled_from(STEPS), max_size=16)):
        who = data.draw(st.sampled_from(everyone))
        if step == "release":
            network.relay.release()
        elif step != "say":
            who.sync(acknowledge=step == "sync and acknowledge")
        elif who is not liar:
            who.say("on the way")
        require_alarms(honest, told)
    network.relay.fate = lambda _: "keep"
    network.relay.release()
    liar.sync()
    for speaker in data.draw(st.permutations(honest)):
        for each in data.draw(st.permutations(everyone)):
            each.sync(acknowledge=False)
        require_alarms(honest, told)
        if any(each.alarms() for each in honest):
            break
        speaker.say("at the end")
    for each in 2 * honest:
        each.sync(acknowledge=False)
    require_alarms(honest, told)
    assert {about for each in honest for _, about, _ in each.alarms()} == {liar.replica.own}
    network.close()
    shutil.rmtree(folder)


def require_alarms(honest: list[Person], told: dict[str, bytes]) -> None:
    """Who has a word of one who had heard the other version before it is alarmed by then."""
    after = {person.name: words_after(person, told[person.name]) for person in honest}
    for person in honest:
        placed = {ident for ident, _ in person.events()}
        if told[person.name] in placed and any(
            placed & after[other.name] for other in honest if told[other.name] != told[person.name]
        ):
            assert person.alarms()


def words_after(person: Person, ident: bytes) -> set[bytes]:
    """What somebody said after an event had its place there."""
    order = person.events()
    at = next((at for at, (each, _) in enumerate(order) if each == ident), len(order))
    return {each for each, event in order[at:] if event.author == person.replica.own}


# A log by itself


ONE, TWO, THREE, FOUR = (bytes([number]) * 16 for number in (1, 2, 3, 4))
CHANNEL = bytes(16)


def alone(
    folder: pytest.TempPathFactory, going: Container[bytes] = ()
) -> tuple[FragileStore, Log, list[bytes]]:
    store = FragileStore(folder.mktemp("log") / "log.db", bytes(32))
    store.do("PRAGMA synchronous=OFF")
    placed: list[bytes] = []
    for member in (ONE, TWO, THREE, FOUR):
        store.do("INSERT INTO member (id, card, state) VALUES (?, x'', 'active')", member)
    log = Log(
        store, CHANNEL, TWO, lambda ident, _: placed.append(ident), lambda member: member in going
    )
    return store, log, placed


def said(author: bytes, seq: int, prev: bytes = b"", *heads: Head) -> tuple[bytes, bytes, Head]:
    """An event: its author, its bytes, and itself as a head."""
    data = Event(CHANNEL, author, 0, seq, prev, heads, "talk", seq, 1).encode()
    return author, data, Head(author, 0, seq, events.id_of(data))


@settings(max_examples=40)
@given(st.data())
def test_a_chain_takes_its_places_once_each_in_order_however_it_comes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store, log, placed = alone(tmp_path_factory)
    chain, prev = [], b""
    for seq in range(1, data.draw(st.integers(2, 12))):
        event = Event(CHANNEL, ONE, 0, seq, prev, (), "talk", seq, 1).encode()
        prev = events.id_of(event)
        chain.append(event)
    order = data.draw(st.permutations(chain + data.draw(st.lists(st.sampled_from(chain)))))
    with store.transaction():
        for event in order:
            log.receive(event, ONE, starts=False, hour=1)
    assert placed == [events.id_of(event) for event in chain]
    assert store.rows("SELECT * FROM alarm") == []
    store.die()


def test_our_chain_begins_anew_though_the_backup_had_said_nothing_and_the_clock_is_behind(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    store, log, _ = alone(tmp_path_factory)
    with store.transaction():
        log.begin(1000)
        _, first, _ = log.append("talk", 1, 1)
        log.begin(10)
        _, second, _ = log.append("talk", 2, 1)
    assert (first.epoch, first.seq) == (1000, 1)
    assert second.epoch > 1000
    assert second.seq == 1
    store.die()


def test_an_answer_waits_for_the_words_of_who_is_going_if_they_are_all_here(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    going: list[bytes] = []
    store, log, placed = alone(tmp_path_factory, going)
    *_, lost = said(FOUR, 1)
    *word, last_word = said(THREE, 1, b"", lost)
    *answer, reply = said(ONE, 1, b"", last_word)
    with store.transaction():
        for author, data in (answer, word):
            log.receive(data, author, starts=False, hour=1)
        assert placed == []
        going += [THREE, FOUR]
        log.settle(1)
    assert placed == [last_word.id, reply.id]
    store.die()


def test_an_answer_to_lost_words_of_who_is_going_has_its_place_and_they_are_not_taken_after_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    going: list[bytes] = []
    store, log, placed = alone(tmp_path_factory, going)
    first_author, first, before = said(THREE, 1)
    author, word, last_word = said(THREE, 2, before.id)
    *answer, reply = said(ONE, 1, b"", last_word)
    with store.transaction():
        log.receive(word, author, starts=False, hour=1)
        log.receive(answer[1], answer[0], starts=False, hour=1)
        going.append(THREE)
        log.settle(1)
        assert placed == [reply.id]
        assert not log.receive(first, first_author, starts=False, hour=1)
    assert placed == [reply.id]
    store.die()


def test_what_is_missing_is_named_once_an_author(tmp_path_factory: pytest.TempPathFactory) -> None:
    store, log, _ = alone(tmp_path_factory)
    with store.transaction():
        later = Event(CHANNEL, ONE, 0, 4, bytes(32), (), "talk", 1, 1)
        log.receive(later.encode(), ONE, starts=False, hour=1)
        assert log.missing() == [(ONE, 0, 1, 3)]
        log.note_seen(TWO, Head(ONE, 0, 9, bytes(32)))
        assert log.missing() == [(ONE, 0, 1, 9)]
        log.note_seen(ONE, Head(bytes(16), 0, 9, bytes(32)))  # nobody we know
        assert log.missing() == [(ONE, 0, 1, 9)]
    assert isinstance(Roster(store, TWO), Roster)
    store.die()


def test_what_leads_nowhere_is_not_kept_without_end_and_the_next_word_is_still_taken(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("_MOST_WAITING", "_MOST_FORKED", "_MOST_SEEN", "_MOST_ALARMS"):
        monkeypatch.setattr(logs, limit, 5)
    store, log, placed = alone(tmp_path_factory)
    first_author, first, next_word = said(ONE, 1)
    with store.transaction():
        for number in range(3, 8):
            log.receive(said(ONE, number, bytes(32))[1], ONE, starts=False, hour=1)
        with pytest.raises(Malformed, match="waits already"):
            log.receive(said(ONE, 8, bytes(32))[1], ONE, starts=False, hour=1)
        log.receive(first, first_author, starts=False, hour=1)
        for seq in (1, 4, 2):  # in the place of the first, of one that waits, and after another
            for number in range(20):
                other = Event(CHANNEL, ONE, 0, seq, bytes(32), (), "talk", -number - 1, 1)
                log.receive(other.encode(), ONE, starts=False, hour=1)
        for number in range(20):
            log.alarm("fork", FOUR, ONE, str(number), 1)
            log.note_seen(ONE, Head(bytes([0, number]) * 8, 0, 1, bytes(32)))
        log.note_seen(ONE, Head(FOUR, 0, 7, bytes(32)))
    assert placed == [next_word.id]
    assert ("fork", ONE, ONE) in store.rows("SELECT kind, about, told_by FROM alarm")
    assert store.one("SELECT count(*) FROM event WHERE state = 'forked'") == 5
    assert store.one("SELECT count(*) FROM event") == 6 + 5
    assert store.one("SELECT count(*) FROM alarm") == 5
    assert store.one("SELECT count(*) FROM seen") <= 6
    assert store.one("SELECT seq FROM seen WHERE author = ?", FOUR) == 7
    store.die()
