"""Staying on the line: a relay that comes back is not asked by everybody at once."""

from __future__ import annotations

from itertools import islice

import pytest

from network import Network, Relay
from tracktwo.channel.rounds import rounds
from tracktwo.errors import Unreachable


@pytest.fixture
def network(network: Network) -> Network:
    network.relay = Gone()
    network.found("Ada")
    return network


class Gone(Relay):
    """A relay that can be away."""

    away = True

    def make_mailbox(self, relay: str, receive: bytes, send: bytes) -> None:
        if self.away:
            raise Unreachable("away")
        super().make_mailbox(relay, receive, send)


def pauses(network: Network, count: int) -> list[float]:
    """How long one who is on the line waits after each of so many tries that failed."""
    waited: list[float] = []
    tries = rounds(network.person("Ada").replica, network.relay, pause=waited.append)  # type: ignore[arg-type]
    assert all(islice(tries, count + 1))
    return waited[:count]


def test_who_is_cut_off_together_comes_back_at_other_moments_and_ever_less_often(
    network: Network,
) -> None:
    everybody = [pauses(network, 9) for _ in range(30)]
    for at, steady in enumerate([1, 2, 4, 8, 16, 32, 60, 60, 60]):
        waited = [each[at] for each in everybody]
        assert len(set(waited)) == len(waited)
        assert steady / 2 <= min(waited) < 0.8 * steady
        assert 1.2 * steady < max(waited) <= steady * 1.5


def test_a_relay_that_answered_is_tried_soon_again_when_it_goes(network: Network) -> None:
    relay, waited = network.relay, list[float]()
    assert isinstance(relay, Gone)
    tries = rounds(network.person("Ada").replica, relay, pause=waited.append)  # type: ignore[arg-type]
    assert all(islice(tries, 8))
    relay.away = False
    assert next(tries) is None
    relay.away = True
    assert all(islice(tries, 2))
    assert waited[-1] <= 1.5 < waited[-2]
