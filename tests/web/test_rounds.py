"""Synchronising in the background: it begins, goes on, says why not, and ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from nodes import PASSPHRASE, Person, Relay, all_sync, channel_of, opened, until
from tracktwo.channel.charter import Charter
from tracktwo.channel.node import Node
from tracktwo.channel.talk import say
from tracktwo.errors import BadInput
from tracktwo.web.house import House
from tracktwo.web.rounds import PROXY, Rounds
from visits import Visit


def unlocked(somebody: Person) -> tuple[House, str]:
    house = House(somebody.home)
    house.unlock(PASSPHRASE)
    with house.node() as node:
        (ident,) = node.idents()
    return house, ident


@pytest.fixture
def people(relay: Relay, tmp_path: Path) -> tuple[Person, ...]:
    return channel_of(relay.address, tmp_path)


def test_what_is_said_goes_out_by_a_nudge_and_comes_in_by_itself(
    people: tuple[Person, ...],
) -> None:
    (one, ident), (two, there) = unlocked(people[1]), unlocked(people[2])
    sending, hearing = Rounds(one), Rounds(two)
    hearing.begin()
    sending.begin()
    with opened(people[1]) as replica:
        say(replica, "By the way.")
    sending.nudge(ident)
    until(lambda: "By the way." in texts(people[2]), "what was said")
    until(lambda: hearing.line(there).reached is not None, "an answer of the relay")
    assert hearing.line(there).away is None
    for rounds in (sending, hearing):
        rounds.end()


def texts(somebody: Person) -> str:
    with opened(somebody) as replica:
        rows = replica.store.rows("SELECT bytes FROM event WHERE bytes IS NOT NULL")
        return str([bytes(data).decode("latin-1") for (data,) in rows])


def test_begun_twice_there_is_one_line_and_once_ended_none(people: tuple[Person, ...]) -> None:
    house, ident = unlocked(people[1])
    rounds = Rounds(house)
    rounds.begin()
    line = rounds.line(ident)
    rounds.begin()
    assert rounds.line(ident) is line
    rounds.end(ident)
    assert line.ended.is_set()
    assert rounds.line(ident) is not line
    rounds.end(ident)
    rounds.nudge(ident)


def test_a_line_that_begins_while_the_page_is_being_locked_is_refused(
    people: tuple[Person, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Visit(House(people[1].home), PASSPHRASE)
    visit.comes_in()
    rounds = visit._app._app.state.errands.rounds
    end = rounds.end

    def end_and_begin() -> None:
        end()
        with suppress(BadInput):
            rounds.begin()

    monkeypatch.setattr(rounds, "end", end_and_begin)
    visit.begins()
    assert visit.post("/lock", {}).status_code == 303
    assert rounds._lines == {}


def test_a_line_that_had_begun_to_begin_ends_with_the_others(
    people: tuple[Person, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, _ = unlocked(people[1])
    rounds = Rounds(house)
    ending = threading.Thread(target=rounds.end)
    node_of = house.node

    @contextmanager
    def node() -> Iterator[Node]:
        with node_of() as found:
            if ending.ident is None:
                ending.start()
                ending.join(0.2)  # it waits for who begins
            yield found

    monkeypatch.setattr(house, "node", node)
    rounds.begin()
    ending.join()
    assert rounds._lines == {}


def test_a_channel_without_a_relay_deletes_what_its_charter_says_by_itself(tmp_path: Path) -> None:
    brief = Charter(title="The talks", retention="delete", days=1)
    people = channel_of("", tmp_path, charter=brief)
    with opened(people[1]) as replica:
        say(replica, "By the way.")
    all_sync(people)
    with opened(people[2]) as replica:
        say(replica, "I see.")  # and with it that it has come
    all_sync(people)
    assert "By the way." in texts(people[1])
    with opened(people[1]) as replica:
        replica.store.do("UPDATE event SET hour = hour - 48")
    house, _ = unlocked(people[1])
    rounds = Rounds(house)
    rounds.begin()
    until(lambda: "By the way." not in texts(people[1]), "its end")
    rounds.end()


def test_a_relay_that_is_away_is_said_and_ends_nothing(people: tuple[Person, ...]) -> None:
    house, ident = unlocked(people[1])
    with closing(Node(people[1].home, PASSPHRASE)) as node:
        node.keep(PROXY, b"socks5h://127.0.0.1:9")
    rounds = Rounds(house)
    rounds.begin()
    until(lambda: rounds.line(ident).away is not None, "that it is away")
    assert "does not answer" in str(rounds.line(ident).away)
    assert rounds.line(ident).reached is None
    assert not rounds.line(ident).ended.is_set()
    rounds.end()


def test_a_channel_that_cannot_be_used_disturbs_no_other(
    people: tuple[Person, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, ident = unlocked(people[1])
    tried = threading.Event()

    def broken(*_: object) -> object:
        tried.set()
        raise RuntimeError("a red line")

    rounds = Rounds(house)
    monkeypatch.setattr(rounds, "post", broken)
    rounds.begin()
    assert tried.wait(30)
    until(lambda: rounds.line(ident).away is not None, "what is wrong")
    assert "red line" not in str(rounds.line(ident).away)
    rounds.end()
