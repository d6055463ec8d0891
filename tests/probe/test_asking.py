"""Asking and agreeing: what the charter and the log allow holds also for who was quicker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from network import Network, Person
from tracktwo.channel.charter import Charter
from tracktwo.deal.agenda import read_agenda
from tracktwo.deal.position import Position, read_position
from tracktwo.errors import BadInput
from tracktwo.probe.asking import accept, ask, decline
from tracktwo.probe.choice import Circuits
from tracktwo.probe.correspondence import key_name, place_of
from tracktwo.probe.proposal import Proposal, proposals
from tracktwo.probe.question import Question

EXAMPLE = Path(__file__).parents[2] / "examples" / "two-villages"
AGENDA = read_agenda((EXAMPLE / "agenda.toml").read_bytes(), "agenda.toml")
TEXT = (EXAMPLE / "agenda.toml").read_text("utf-8")
OFFER = Circuits(AGENDA).choose(Question(("exists",), "nash", 0, "packages"))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Person, Person]:
    network = Network(tmp_path)
    network.found("Ada", charter=Charter("Once", probes=1))
    network.let_in("Ben", by="Ada", side="north")
    return network.person("Ada"), network.person("Ben")


def home(of: Person) -> Path:
    return of.network.folder / of.name


def position(name: str) -> Position:
    return read_position((EXAMPLE / f"{name}.toml").read_bytes(), name, AGENDA)


def asks(by: Person, of: Person) -> Proposal:
    return ask(by.replica, home(by), OFFER, position("upper"), TEXT, of.replica.own)


def agrees(who: Person, proposal: Proposal) -> None:
    accept(who.replica, home(who), proposal, OFFER, position("lower"))


def asked(by: Person, of: Person) -> Proposal:
    """A probe that waits, as who was asked reads it."""
    asks(by, of)
    by.network.settle()
    (proposal,) = proposals(of.replica)
    return proposal


def just_before(who: Person, does: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this be done before anything else is written, once all that is read before was read."""
    store, begin = who.store, who.store.transaction

    def transaction() -> object:
        monkeypatch.setattr(store, "transaction", begin)
        does()
        return begin()

    monkeypatch.setattr(store, "transaction", transaction)


def test_agreeing_twice_at_once_draws_no_second_seed(
    pair: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = pair
    proposal = asked(ada, ben)
    vault = place_of(home(ben), proposal.id) / "vault.db"
    kept = []

    def first() -> None:
        agrees(ben, proposal)
        kept.extend([ben.store.own(key_name(proposal.id)), vault.read_bytes()])

    just_before(ben, first, monkeypatch)
    with pytest.raises(BadInput, match="does not wait for you"):
        agrees(ben, proposal)
    assert [ben.store.own(key_name(proposal.id)), vault.read_bytes()] == kept


def test_what_was_declined_meanwhile_is_not_agreed_to(
    pair: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = pair
    proposal = asked(ada, ben)
    just_before(ben, lambda: decline(ben.replica, home(ben), proposal, ""), monkeypatch)
    with pytest.raises(BadInput, match="does not wait for you"):
        agrees(ben, proposal)
    assert not place_of(home(ben), proposal.id).exists()


def test_asking_twice_at_once_does_not_exceed_the_charter(
    pair: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = pair
    just_before(ada, lambda: asks(ada, ben), monkeypatch)
    with pytest.raises(BadInput, match="used up"):
        asks(ada, ben)
    assert [proposal.state for proposal in proposals(ada.replica)] == ["asked"]
