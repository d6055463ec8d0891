"""Staying on the line, by a false clock: what comes is not acknowledged at the moment it came.

And a relay that comes back is not asked by everybody at once.
"""

from __future__ import annotations

from itertools import islice

import pytest

from network import Network, Person, Relay
from tracktwo.channel import rounds as lines
from tracktwo.channel.post import Delivery
from tracktwo.channel.rounds import rounds
from tracktwo.errors import Unreachable


class Waiting:
    """A monotonic clock that goes on only while somebody waits for a relay, and what is said then.

    Stands in place of the module `time`, and of the relay's `get` and `put`.
    """

    def __init__(self, network: Network, speaker: Person, words: list[float]) -> None:
        self.now, self.acknowledged = 0.0, list[float]()
        self._relay, self._speaker, self._words = network.relay, speaker, words
        self._get, self._put = network.relay.get, network.relay.put

    def monotonic(self) -> float:
        return self.now

    def get(self, relay: str, receive: bytes, after: int, wait: int = 0) -> list[Delivery]:
        found = self._get(relay, receive, after)
        if found or not wait:
            return found
        until = self.now + wait
        if not self._words or self._words[0] > until:
            self.now = until
            return []
        self.now = max(self.now, self._words.pop(0))
        self._speaker.say(f"said at {self.now}")
        self._speaker.sync(acknowledge=False)
        return self._get(relay, receive, after)

    def put(self, relay: str, send: bytes, mid: bytes, envelope: bytes) -> None:
        if send == self._speaker.replica.me.card.send:
            self.acknowledged.append(self.now)
        self._put(relay, send, mid, envelope)


def acknowledged(network: Network, monkeypatch: pytest.MonkeyPatch, *words: float) -> list[float]:
    """When somebody on the line acknowledges what is said to it at these seconds."""
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    network.settle()
    time = Waiting(network, ada, list(words))
    monkeypatch.setattr(lines, "time", time)
    monkeypatch.setattr(network.relay, "get", time.get)
    monkeypatch.setattr(network.relay, "put", time.put)
    for away in rounds(ben.replica, network.relay, end=4000.0):  # type: ignore[arg-type]
        assert away is None
    assert len(ben.texts()) == len(words)
    return time.acknowledged


def test_what_comes_is_acknowledged_after_half_a_minute_to_five_whenever_it_comes(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (10, 500, 901, 1310, 1717, 2124, 2533, 2940, 3350)
    answers = acknowledged(network, monkeypatch, *words)
    assert len(answers) == len(words)
    for word, answer in zip(words, answers, strict=True):
        assert 30 <= answer - word <= 301


def test_what_comes_before_an_acknowledgement_is_due_goes_with_it(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_ACKNOWLEDGE_AFTER", (100, 100))
    assert acknowledged(network, monkeypatch, 10, 20, 109, 300) == [110, 400]


def test_what_was_there_when_somebody_came_is_acknowledged_as_late(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_ACKNOWLEDGE_AFTER", (100, 100))
    assert acknowledged(network, monkeypatch, 0) == [100]


class Gone(Relay):
    """A relay that can be away."""

    away = True

    def make_mailbox(self, relay: str, receive: bytes, send: bytes) -> None:
        if self.away:
            raise Unreachable("away")
        super().make_mailbox(relay, receive, send)


@pytest.fixture
def cut_off(network: Network) -> Network:
    """One who is on the line of a relay that is away."""
    network.relay = Gone(network.clock)
    network.found("Ada")
    return network


def pauses(cut_off: Network, count: int) -> list[float]:
    """How long one who is on the line waits after each of so many tries that failed."""
    waited: list[float] = []
    tries = rounds(cut_off.person("Ada").replica, cut_off.relay, pause=waited.append)  # type: ignore[arg-type]
    assert all(islice(tries, count + 1))
    return waited[:count]


def test_who_is_cut_off_together_comes_back_at_other_moments_and_ever_less_often(
    cut_off: Network,
) -> None:
    everybody = [pauses(cut_off, 9) for _ in range(30)]
    for at, steady in enumerate([1, 2, 4, 8, 16, 32, 60, 60, 60]):
        waited = [each[at] for each in everybody]
        assert len(set(waited)) == len(waited)
        assert steady / 2 <= min(waited) < 0.8 * steady
        assert 1.2 * steady < max(waited) <= steady * 1.5


def test_a_relay_that_answered_is_tried_soon_again_when_it_goes(cut_off: Network) -> None:
    relay, waited = cut_off.relay, list[float]()
    assert isinstance(relay, Gone)
    tries = rounds(cut_off.person("Ada").replica, relay, pause=waited.append)  # type: ignore[arg-type]
    assert all(islice(tries, 8))
    relay.away = False
    assert next(tries) is None
    relay.away = True
    assert all(islice(tries, 2))
    assert waited[-1] <= 1.5 < waited[-2]
