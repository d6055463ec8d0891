"""What the commands do, the page does: notes, removing, leaving, burning, carrying, settling."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes import PASSPHRASE, Person, Relay, channel_of, until
from pages import Desk, Desks


@pytest.fixture
def people(relay: Relay, tmp_path: Path) -> tuple[Person, ...]:
    """A convener and two delegates in a channel."""
    return channel_of(relay.address, tmp_path)


def brings(desk: Desk, label: str, path: Path) -> None:
    desk.page.get_by_label(label).set_input_files(path)


def takes(desk: Desk, button: str, path: Path) -> Path:
    with desk.page.expect_download() as coming:
        desk.page.get_by_role("button", name=button, exact=True).click()
    coming.value.save_as(path)
    return path


def test_a_convener_notes_and_removes_and_all_else_is_told(
    desks: Desks, people: tuple[Person, ...]
) -> None:
    desk = desks.sit(people[0]).goes("talks", "Members")
    desk.page.locator("section", has_text="Otter").get_by_role("link").click()
    desk.looks().fills("Your note", "Met in March.").presses("Keep the note")
    desk.sees("Met in March.")
    desk.page.locator("section", has_text="Otter").get_by_role("link").click()
    desk.goes("Remove this member").presses("Remove").sees("Was removed.")
    heron = people[1]
    until(
        lambda: heron.does("sync") and "Otter is removed." in str(heron.json("read", "talks")), ""
    )


def test_a_delegate_reads_the_charter_leaves_and_burns(
    desks: Desks, people: tuple[Person, ...]
) -> None:
    desk = desks.sit(people[1]).goes("talks", "Charter").sees("The talks").sees("Rule of use")
    desk.goes("Leave this channel").presses("Leave").sees("You have left the channel.")
    desk.sees("you can read, and say nothing")
    desk.goes("Charter", "Destroy all you have of it").presses("Destroy it")
    desk.sees("Say that you mean it.")
    desk.page.get_by_label("Yes, I mean it").check()
    desk.presses("Destroy it").sees("You are in no channel yet.")
    assert people[1].json("channel", "list") == []


def test_a_transcript_and_letters_leave_by_the_page_and_come_in_by_it(
    desks: Desks, people: tuple[Person, ...], tmp_path: Path
) -> None:
    _, heron, otter = people
    heron.does("say", "talks", "By hand.", "--offline")
    one, two = desks.sit(heron), desks.sit(otter)
    one.goes("talks", "Carry along")
    written = takes(one, "Write it", tmp_path / "transcript.txt").read_text("utf-8")
    assert "By hand." in written
    one.chooses("Otter")
    letters = takes(one, "Make the file", tmp_path / "stick")
    two.goes("talks", "Carry along")
    brings(two, "The courier's file", tmp_path / "transcript.txt")
    two.presses("Take it in").sees("This is no courier's file.")
    brings(two, "The courier's file", letters)
    two.presses("Take it in").sees("By hand.")


def test_a_passphrase_is_changed_and_a_node_goes_to_another_machine(
    desks: Desks, people: tuple[Person, ...], tmp_path: Path
) -> None:
    desk = desks.sit(people[1]).goes("Settings", "Take another passphrase")
    desk.fills("Passphrase until now", "wrong").fills("New passphrase", "a stork in march")
    desk.fills("The same once more", "a stork in march").presses("Take it")
    desk.sees("This is not the passphrase.")
    desk.fills("Passphrase until now", PASSPHRASE).fills("New passphrase", "a stork in march")
    desk.fills("The same once more", "a stork in march").presses("Take it")
    desk.sees("Your node has another passphrase.")
    desk.goes("Make a backup")
    kept = takes(desk, "Make the file", tmp_path / "kept")
    desk.presses("Lock").unlocks().sees("This is not the passphrase.")
    other = desks.come(Person("Heron again", tmp_path / "again")).goes("Or put a backup back")
    brings(other, "The file of the backup", kept)
    other.ticks("The machine it was made on is lost, or will never open this node again.")
    other.fills("Its passphrase", "a stork in march").presses("Put it back")
    other.sees("Your channels are back.").sees("talks")


def test_a_proxy_that_cannot_be_is_refused_where_it_is_typed(
    desks: Desks, people: tuple[Person, ...]
) -> None:
    desk = desks.sit(people[1]).goes("Settings", "The way to relays")
    desk.fills("Address of the proxy", "over the hills").presses("Settle it")
    desk.sees("This is no address of a proxy.")
    desk.fills("Address of the proxy", "socks5h://127.0.0.1:9").presses("Settle it")
    desk.goes("Channels", "talks").sees("The relay does not answer")


def test_who_is_asked_for_a_file_hands_over_an_invitation(
    desks: Desks, people: tuple[Person, ...], tmp_path: Path
) -> None:
    desk = desks.sit(people[0]).goes("talks", "Invite")
    desk.chooses("By a file to hand over").presses("Invite").sees("A delegate speaks for a side.")
    desk.fills("The side a delegate speaks for", "East")
    file = takes(desk, "Invite", tmp_path / "invitation")
    stork = desks.come(Person("Stork", tmp_path / "Stork"))
    stork.fills("New passphrase", PASSPHRASE).fills("The same once more", PASSPHRASE)
    stork.presses("Make it").goes("Come into a channel")
    brings(stork, "Or the file you were given", file)
    stork.fills("What you call it", "east").fills("What the others call you", "Stork")
    stork.presses("Come in").sees("Who invites you").presses("Come in").goes("east").sees(
        "Stork comes in: delegate for East."
    )


def test_the_page_speaks_the_language_that_was_chosen_and_remembers(
    desks: Desks, people: tuple[Person, ...]
) -> None:
    desk = desks.sit(people[1]).presses("Bahasa Indonesia")
    assert desk.page.locator("html").get_attribute("lang") == "id"
    desk.restarts()
    desk.page.goto(desk.origin)
    assert desk.page.locator("html").get_attribute("lang") == "id"
