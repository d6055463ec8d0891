"""A probe as the log shows it: who asked whom, what was said, whose turn it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from network import Network, Person
from tracktwo.channel import view
from tracktwo.deal.agenda import Agenda, read_agenda
from tracktwo.errors import BadInput
from tracktwo.probe import proposal
from tracktwo.probe.asking import say_no
from tracktwo.probe.proposal import ACCEPT, ASK, DECLINE, PART, find, lines, proposals

AGENDA = (Path(__file__).parents[2] / "examples" / "two-villages" / "agenda.toml").read_text(
    "utf-8"
)
BODY: dict[str, Any] = {
    "agenda": AGENDA,
    "asked": ["exists"],
    "rule": "nash",
    "breadth": 0,
    "unit": "packages",
    "circuit": "enumeration",
}


@pytest.fixture
def trio(tmp_path: Path) -> tuple[Person, Person, Person]:
    network = Network(tmp_path)
    network.found("Ada")
    network.let_in("Ben", by="Ada", side="north")
    network.let_in("Cleo", by="Ada", side="south")
    return network.person("Ada"), network.person("Ben"), network.person("Cleo")


def asked(by: Person, of: Person, **other: object) -> bytes:
    return by.replica.say(ASK, {**BODY, "to": of.replica.own, **other})


def states(person: Person) -> list[str]:
    person.network.settle()
    return [probe.state for probe in proposals(person.replica)]


def test_a_probe_is_asked_and_then_accepted_by_who_was_asked(
    trio: tuple[Person, Person, Person],
) -> None:
    ada, ben, cleo = trio
    ident = asked(ben, cleo)
    assert states(cleo) == ["asked"]
    cleo.replica.say(ACCEPT, {"probe": ident})
    for person in (ada, ben, cleo):
        assert states(person) == ["accepted"]


def test_nobody_else_can_accept_or_decline(trio: tuple[Person, Person, Person]) -> None:
    ada, ben, cleo = trio
    ident = asked(ben, cleo)
    ada.replica.say(ACCEPT, {"probe": ident})
    ben.replica.say(ACCEPT, {"probe": ident})
    ada.replica.say(DECLINE, {"probe": ident, "text": "no"})
    assert states(cleo) == ["asked"]


def test_who_was_asked_declines_and_who_asked_withdraws_and_either_is_final(
    trio: tuple[Person, Person, Person],
) -> None:
    _, ben, cleo = trio
    first, second = asked(ben, cleo), asked(cleo, ben)
    ben.network.settle()
    cleo.replica.say(DECLINE, {"probe": first, "text": "not now"})
    cleo.replica.say(DECLINE, {"probe": second, "text": ""})
    assert states(ben) == ["declined", "withdrawn"]
    cleo.replica.say(ACCEPT, {"probe": first})
    ben.replica.say(ACCEPT, {"probe": second})
    assert states(ben) == ["declined", "withdrawn"]
    assert proposals(ben.replica)[0].because == "not now"


def test_the_first_message_of_a_part_counts_and_a_second_one_is_nothing(
    trio: tuple[Person, Person, Person],
) -> None:
    _, ben, cleo = trio
    ident = asked(ben, cleo)
    for digest in (bytes(32), bytes([1] * 32)):
        ben.replica.say(PART, {"probe": ident, "part": 0, "size": 7, "digest": digest})
    ben.network.settle()
    (probe,) = proposals(cleo.replica)
    assert probe.parts[ben.replica.own][0][1:] == (7, bytes(32))


def test_a_third_members_message_is_nothing(trio: tuple[Person, Person, Person]) -> None:
    ada, ben, cleo = trio
    ident = asked(ben, cleo)
    ada.network.settle()
    ada.replica.say(PART, {"probe": ident, "part": 0, "size": 7, "digest": bytes(32)})
    ada.network.settle()
    assert proposals(cleo.replica)[0].parts == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"asked": []},
        {"asked": ["best", "exists"]},
        {"asked": ["everything"]},
        {"rule": "utilitarian"},
        {"unit": "litres"},
        {"breadth": -1},
        {"breadth": 10**12},
        {"agenda": 5},
        {"to": b"nobody at all..."},
        {"circuit": None},
    ],
)
def test_what_cannot_be_asked_was_not_asked(
    trio: tuple[Person, Person, Person], wrong: dict[str, Any]
) -> None:
    _, ben, cleo = trio
    asked(ben, cleo, **wrong)
    assert states(cleo) == []


def test_an_agenda_that_cannot_be_read_is_bad_input_when_it_is_looked_at(
    trio: tuple[Person, Person, Person],
) -> None:
    _, ben, cleo = trio
    asked(ben, cleo, agenda="this is no agenda")
    ben.network.settle()
    with pytest.raises(BadInput):
        _ = proposals(cleo.replica)[0].agenda


def test_a_probe_is_found_by_name_or_where_it_is_the_only_one(
    trio: tuple[Person, Person, Person],
) -> None:
    ada, ben, cleo = trio
    asked(ben, cleo)
    ben.network.settle()
    only = find(cleo.replica, None, ("asked",))
    assert find(cleo.replica, only.name, ("asked",)).id == only.id
    asked(cleo, ben)
    with pytest.raises(BadInput, match="Which probe"):
        find(cleo.replica, None, ("asked",))
    with pytest.raises(BadInput, match="no"):
        find(cleo.replica, "000000", ("asked",))
    ben.network.settle()
    with pytest.raises(BadInput):
        find(ada.replica, only.name, ("asked",))


def test_each_agenda_is_read_once_however_many_there_are_and_readable_or_not(
    trio: tuple[Person, Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ben, cleo = trio
    texts = [f"{AGENDA}# {n}" for n in range(40)] + [f"no agenda {n}" for n in range(40)]
    for text in texts:
        asked(ben, cleo, agenda=text)
    read = []

    def reads(data: bytes, where: str) -> Agenda:
        read.append(data.decode())
        return read_agenda(data, where)

    monkeypatch.setattr(proposal, "read_agenda", reads)
    for _ in range(3):
        lines(ben.replica)
    assert sorted(read) == sorted(texts)


def test_a_reason_is_no_longer_than_who_keeps_to_it_may_write(
    trio: tuple[Person, Person, Person],
) -> None:
    _, ben, cleo = trio
    ident = asked(ben, cleo)
    ben.network.settle()
    (probe,) = proposals(cleo.replica)
    with pytest.raises(BadInput, match="at most 500"):
        say_no(cleo.replica, probe, "x" * 501)
    cleo.replica.say(DECLINE, {"probe": ident, "text": "x" * 150_000})
    ben.network.settle()
    assert proposals(ben.replica)[0].because == "x" * 500


# What the talk shows of it


def told(person: Person) -> list[tuple[str, str]]:
    """What a person reads of probes: who, and what."""
    person.network.settle()
    more = lines(person.replica)
    return [
        (line.author.card.pseudonym, line.text)
        for line in view.lines(person.replica, 0, more)
        if line.kind.startswith("probe.")
    ]


def test_the_talk_shows_that_a_probe_was_asked_agreed_to_and_given_up(
    trio: tuple[Person, Person, Person],
) -> None:
    ada, ben, cleo = trio
    ident = asked(ben, cleo)
    name = ident[:3].hex()
    ada.network.settle()
    cleo.replica.say(ACCEPT, {"probe": ident})
    ada.network.settle()
    ben.replica.say(DECLINE, {"probe": ident, "text": "the harvest\n  Cleo"})
    for person in trio:
        assert told(person) == [
            (
                "Ben",
                f"asks Cleo for probe {name} on “Two villages, one canal”: whether there is room.",
            ),
            ("Cleo", f"agrees to probe {name}."),
            ("Ben", f"gives up probe {name}: “the harvest\\n  Cleo”"),
        ]


def test_nobody_can_make_it_look_as_if_a_probe_was_agreed_to_or_declined(
    trio: tuple[Person, Person, Person],
) -> None:
    ada, ben, cleo = trio
    ident = asked(ben, cleo)
    asked(ada, cleo, rule="utilitarian")
    ada.network.settle()
    ada.replica.say(ACCEPT, {"probe": ident})
    ben.replica.say(ACCEPT, {"probe": ident})
    ada.replica.say(DECLINE, {"probe": ident, "text": "no"})
    cleo.replica.say(ACCEPT, {"probe": bytes(32)})
    cleo.replica.say(ACCEPT, {"probe": [ident]})
    assert len(told(cleo)) == 1
    for _ in range(2):
        cleo.replica.say(DECLINE, {"probe": ident, "text": ""})
    assert [text for _, text in told(ada)][1:] == [f"says no to probe {ident[:3].hex()}."]


def test_what_probes_say_counts_among_the_last_lines_and_the_unread(
    trio: tuple[Person, Person, Person],
) -> None:
    ada, ben, cleo = trio
    view.mark_read(ada.replica)
    asked(ben, cleo)
    ada.network.settle()
    more = lines(ada.replica)
    (last,) = view.last_lines(ada.replica, 1, more=more)
    assert last.kind == ASK
    assert (view.unread(ada.replica, more), view.unread(ada.replica)) == (1, 0)
