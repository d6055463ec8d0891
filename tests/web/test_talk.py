"""Talking by the page: said here it is read there, and what is not delivered is shown."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from nodes import Relay, channel_of, opened
from pages import Desks
from tracktwo.channel import parting, signatures


def test_two_talk_by_their_pages(desks: Desks, relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    one, two = desks.sit(heron), desks.sit(otter)
    one.goes("talks").fills("Say to all", "Good evening.").presses("Say it").sees("Good evening.")
    two.goes("talks").sees("Good evening.")
    two.fills("Say to all", "And to you.").presses("Say it")
    one.sees("And to you.")


def test_a_signed_text_shows_by_whom_and_that_the_keys_were_not_compared(
    desks: Desks, relay: Relay, tmp_path: Path
) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    with opened(heron) as replica:
        signatures.sign(replica, "Both villages keep the well.")
    one, two = desks.sit(heron), desks.sit(otter)
    one.goes("talks").sees("Both villages keep the well.").sees(
        "Signed by Heron: the signature is right."
    )
    two.goes("talks").sees("Signed by Heron, whose keys you have not compared")
    members = {m["name"]: m for m in heron.json("channel", "members", "talks")}
    two.goes("Members").sees(members["Heron"]["signs_as"])


def test_an_alarm_and_being_removed_come_to_a_page_that_is_open_and_are_told(
    desks: Desks, relay: Relay, tmp_path: Path
) -> None:
    convener, heron, _ = channel_of(relay.address, tmp_path)
    desk = desks.sit(heron).goes("talks")
    told = desk.page.get_by_role("status")
    desk.page.get_by_label("Say to all").fill("Half a word")
    with opened(heron) as replica:
        other = next(m for m in replica.roster.others() if m.card.pseudonym == "Otter")
        replica.log.alarm("fork", other.id, other.id, "", 1)
    expect(told).to_contain_text("Otter has said two different things", timeout=30_000)
    desk.sees("Otter has said two different things in one place.")
    with opened(convener) as replica:
        parting.remove(replica, next(m for m in replica.roster.others() if m.id != other.id))
    convener.does("sync")
    desk.sees("You are not in this channel now")
    expect(told).to_contain_text("You are not in this channel now")
    expect(told).not_to_contain_text("two different things")  # it was told before
    assert desk.page.get_by_label("Say to all").input_value() == "Half a word"


def test_what_is_unread_is_told_at_all_channels(desks: Desks, relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    desk = desks.sit(heron)
    told = desk.page.get_by_role("status")
    expect(told).to_be_empty()
    otter.does("say", "talks", "Good evening.")
    expect(told).to_have_text("talks 1 unread", timeout=30_000)
