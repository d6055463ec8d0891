"""The node locks itself where nobody has done anything, and keeps what was typed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nodes import PASSPHRASE, Relay, channel_of
from pages import Desk, Desks
from tracktwo.channel import invite as invites
from tracktwo.channel.charter import Charter
from tracktwo.channel.node import Node
from tracktwo.channel.rendezvous import open_door
from tracktwo.web import idle_lock
from tracktwo.web.errands import Errands
from tracktwo.web.house import House
from tracktwo.web.idle_lock import IdleLock
from visits import Visit


class Noted(Errands):
    """It is seen whether they were ended."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.ended = threading.Event()

    def end(self) -> None:
        super().end()
        self.ended.set()


class Watched:
    """A house with its lock, and a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        Node.make(folder / "node", PASSPHRASE, memory=64)
        self.house, self.now = House(folder / "node"), 0.0
        self.house.unlock(PASSPHRASE)
        self.errands = Noted(self.house)
        self.lock = IdleLock(self.house, self.errands, lambda: self.now)

    def opens_a_door(self) -> None:
        """Somebody was invited by a code, and is not in yet."""
        with self.house.node() as node:
            node.found(
                "talks",
                Charter("The talks"),
                relay="http://127.0.0.1:1",
                pseudonym="Wren",
                side="",
                role="convener",
            )
            with node.channel("talks") as replica:
                asked = invites.invite(replica, role="delegate", side="East", now=replica.now)
                open_door(replica, asked)

    def shuts_it(self) -> None:
        """They are in, or will not come."""
        with self.house.node() as node, node.channel("talks") as replica:
            invites.withdraw_all(replica)

    def passes(self, minutes: float, *, by_hand: bool) -> bool:
        """So long after, something is asked for; whether it is locked then."""
        self.now += minutes * 60
        self.lock.attend(by_hand=by_hand)
        return self.house.is_locked


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_what_a_page_asks_by_itself_does_not_keep_it_open(watched: Watched) -> None:
    assert not watched.passes(20, by_hand=False)
    assert watched.passes(10.1, by_hand=False)
    assert watched.errands.ended.is_set()


def test_whatever_a_person_does_keeps_it_open(watched: Watched) -> None:
    assert not any(watched.passes(29, by_hand=True) for _ in range(5))


def test_who_comes_too_late_finds_it_locked_though_the_machine_slept(watched: Watched) -> None:
    assert watched.passes(8 * 60, by_hand=True)


def test_what_is_settled_holds_and_outlasts_the_program(watched: Watched) -> None:
    watched.lock.settle(5)
    assert not watched.passes(4, by_hand=True)
    later = IdleLock(watched.house, watched.errands, lambda: watched.now)
    later.begin()
    assert later.minutes == 5
    assert watched.passes(5.1, by_hand=True)


def test_while_somebody_is_awaited_the_page_alone_closes_and_nothing_stops(
    watched: Watched,
) -> None:
    watched.opens_a_door()
    session = watched.house.come_in()
    assert not watched.passes(31, by_hand=True)
    assert watched.house.session(session.door, session.cookie) is None
    assert not watched.errands.ended.is_set()
    watched.shuts_it()
    assert watched.passes(1, by_hand=False)
    assert watched.errands.ended.is_set()


def test_where_it_cannot_be_told_whether_somebody_waits_it_is_locked(watched: Watched) -> None:
    watched.opens_a_door()
    for path in watched.house.home.glob("channel-*.db*"):
        path.write_bytes(b"damaged" * 1000)
    assert watched.passes(31, by_hand=True)


def test_never_is_never(watched: Watched) -> None:
    watched.lock.settle(0)
    assert not watched.passes(1_000_000, by_hand=False)


def test_it_locks_though_no_page_asks_anything(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_lock, "_PAUSE", 0.001)
    watched.lock.begin()
    watched.now += 30 * 60 + 1
    assert watched.errands.ended.wait(30)
    assert watched.house.is_locked


def test_one_settles_it_at_the_page_and_nothing_that_is_not_offered(tmp_path: Path) -> None:
    visit = Visit.at(tmp_path)
    assert 'value="30" checked' in visit.get("/settings/idle").text
    refused = visit.post("/settings/idle", {"minutes": "7"})
    assert (refused.status_code, "Choose one of these." in refused.text) == (422, True)
    assert visit.goes(visit.post("/settings/idle", {"minutes": "240"})) == "/settings"
    assert 'value="240" checked' in visit.get("/settings/idle").text


def at_talk(desks: Desks, relay: Relay, folder: Path) -> Desk:
    """Somebody at the talk of a channel, in a browser whose clock is set by hand."""
    heron = desks.sit(channel_of(relay.address, folder)[1]).goes("talks")
    heron.page.clock.install()
    heron.page.reload()
    return heron


def test_the_screen_of_who_has_gone_is_emptied_and_what_was_typed_is_kept(
    desks: Desks, relay: Relay, tmp_path: Path
) -> None:
    heron = at_talk(desks, relay, tmp_path)
    other = heron.context.new_page()
    other.goto(f"{heron.door}/")
    heron.page.get_by_label("Say to all").fill("Half a sentence")
    other.get_by_role("button", name="Lock").click()
    expect(other.get_by_label("Passphrase")).to_be_visible()
    with heron.page.expect_navigation():
        heron.page.clock.fast_forward(100_000)
    heron.sees("What you typed is kept.").sees_no("Half a sentence")
    heron.unlocks().sees("It was not done: send it again.")
    assert heron.page.get_by_label("Say to all").input_value() == "Half a sentence"


def test_a_screen_at_which_somebody_is_at_work_is_left_alone(
    desks: Desks, relay: Relay, tmp_path: Path
) -> None:
    heron = at_talk(desks, relay, tmp_path)
    heron.restarts()
    heron.page.clock.fast_forward(50_000)
    heron.page.get_by_label("Say to all").fill("Half a sentence")
    with heron.page.expect_response(lambda answer: answer.url.endswith("/awake")):
        heron.page.clock.fast_forward(30_000)
    assert heron.page.get_by_label("Say to all").input_value() == "Half a sentence"


def test_a_page_whose_program_has_ended_says_so_by_itself(
    desks: Desks, relay: Relay, tmp_path: Path
) -> None:
    heron = at_talk(desks, relay, tmp_path)
    heron.stops()
    heron.page.clock.fast_forward(30_000)
    expect(heron.page.get_by_role("alert")).to_contain_text("The program does not answer.")
    heron.restarts()
    heron.page.clock.fast_forward(30_000)
    expect(heron.page.locator("#silent")).to_be_hidden()
