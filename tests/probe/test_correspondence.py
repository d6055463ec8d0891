"""Letters of a sitting: what the other side says of a large one is not done because it says so."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from network import ADDRESS, Network, Person
from tracktwo.channel.blob import Ticket
from tracktwo.channel.charter import Charter
from tracktwo.deal.agenda import read_agenda
from tracktwo.deal.position import read_position
from tracktwo.encoding import encode
from tracktwo.errors import PeerFault
from tracktwo.probe.asking import accept, ask
from tracktwo.probe.choice import Circuits
from tracktwo.probe.correspondence import converse
from tracktwo.probe.proposal import PART, Proposal, proposals
from tracktwo.probe.question import Question

EXAMPLE = Path(__file__).parents[2] / "examples" / "two-villages"
TEXT, UPPER, LOWER = (
    (EXAMPLE / f"{name}.toml").read_bytes() for name in ("agenda", "upper", "lower")
)
SIZE = 200_000
BENS = "http://bens.test"


@pytest.fixture
def agreed(tmp_path: Path) -> tuple[Person, Person, Proposal]:
    """A sitting that Ada has asked for and Ben agreed to; his inbox is at a relay of his own."""
    network = Network(tmp_path)
    ada = network.found("Ada", charter=Charter("Once"))
    ben = network.join("Ben", network.invite("Ada"), BENS)
    network.settle()
    agenda = read_agenda(TEXT, "agenda.toml")
    upper, lower = (read_position(data, "position", agenda) for data in (UPPER, LOWER))
    offer = Circuits(agenda).choose(Question(("exists",), "nash", 0, "packages"))
    ask(ada.replica, home(ada), offer, upper, TEXT.decode(), ben.replica.own)
    network.settle()
    (proposal,) = proposals(ben.replica)
    accept(ben.replica, home(ben), proposal, offer, lower)
    network.settle()
    return ada, ben, proposals(ada.replica)[0]


def home(of: Person) -> Path:
    return of.network.folder / of.name


def announces(ben: Person, ada: Person, proposal: Proposal, relay: str) -> None:
    """Ben's program says that a large letter waits for Ada at a relay it names."""
    keys = (secrets.token_bytes(length) for length in (16, 32, 32))
    ticket = Ticket(relay, *keys, SIZE)
    body = {"probe": proposal.id, "part": 2, "size": SIZE, "digest": bytes(32)}
    private = encode(["blob", ticket.encode()])
    ben.replica.say(PART, body, private={ada.replica.own: private})
    ben.network.settle()


def comes(ada: Person) -> list[tuple[str]]:
    return ada.store.rows("SELECT state FROM blob WHERE state = 'coming'")


def test_nothing_is_fetched_from_a_server_the_other_side_names(
    agreed: tuple[Person, Person, Proposal],
) -> None:
    ada, ben, proposal = agreed
    announces(ben, ada, proposal, "http://elsewhere.test")
    with pytest.raises(PeerFault, match="another relay"):
        converse(ada.replica, home(ada), proposal, None)
    assert comes(ada) == []


@pytest.mark.parametrize("relay", [ADDRESS, BENS, ""], ids=["ours", "the other's", "courier"])
def test_a_large_letter_comes_from_our_relay_the_others_or_by_courier(
    agreed: tuple[Person, Person, Proposal], relay: str
) -> None:
    ada, ben, proposal = agreed
    announces(ben, ada, proposal, relay)
    assert converse(ada.replica, home(ada), proposal, None) is None
    assert comes(ada) == [("coming",)]
