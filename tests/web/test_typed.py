"""Nothing typed is lost: not by a mistake, not when the program is restarted, not by going away."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from nodes import Relay, channel_of
from pages import Desk, Desks


@pytest.fixture
def heron(desks: Desks, relay: Relay, tmp_path: Path) -> Desk:
    """A delegate at the talk of a channel."""
    return desks.sit(channel_of(relay.address, tmp_path)[1]).goes("talks")


def test_what_was_typed_outlasts_a_restart_and_is_sent_only_by_its_person(heron: Desk) -> None:
    heron.page.get_by_label("Say to all").fill("Before the restart.")
    heron.restarts()
    heron.presses("Say it").sees("What you typed is kept.")
    heron.unlocks().sees("It was not done: send it again.")
    assert heron.page.get_by_label("Say to all").input_value() == "Before the restart."
    lines = heron.page.locator("#lines")
    expect(lines).not_to_contain_text("Before the restart.")
    heron.page.get_by_role("button", name="Say it").dblclick()
    expect(lines.get_by_text("Before the restart.")).to_have_count(1)


def test_while_the_program_is_away_the_text_stays_on_the_screen(heron: Desk) -> None:
    heron.page.get_by_label("Say to all").fill("Is anybody there?")
    heron.stops()
    heron.page.get_by_role("button", name="Say it").click()
    expect(heron.page.get_by_role("alert")).to_contain_text("What you typed is still here.")
    assert heron.page.get_by_label("Say to all").input_value() == "Is anybody there?"
    heron.restarts()


def test_a_draft_is_kept_encrypted_until_it_is_sent(heron: Desk) -> None:
    with heron.page.expect_response(lambda answer: answer.status == 204):
        heron.page.get_by_label("Say to all").fill("A thought, unfinished-kingfisher")
    heron.goes("Members").goes("Talk")
    box = heron.page.get_by_label("Say to all")
    assert box.input_value() == "A thought, unfinished-kingfisher"
    written = [path.read_bytes() for path in heron.person.home.rglob("*") if path.is_file()]
    assert not any(b"kingfisher" in data for data in written)
    heron.presses("Say it").goes("Members").goes("Talk")
    assert box.input_value() == ""


def test_a_mistake_is_said_beside_its_field_and_all_else_stays(heron: Desk) -> None:
    heron.goes("Channels", "Begin a channel")
    heron.fills("What you call it", "second").fills("What it is for", "To see.")
    heron.fills("Address of the relay", "nonsense").fills("Probes for each version", "many")
    heron.presses("Begin the channel")
    relay = heron.page.get_by_label("Address of the relay")
    assert relay.input_value() == "nonsense"
    assert relay.get_attribute("aria-invalid") == "true"
    told = [
        heron.page.locator(f"#{name}").inner_text()
        for name in (relay.get_attribute("aria-describedby") or "").split()
    ]
    assert any("This is no address of a relay." in text for text in told)
    assert heron.page.get_by_label("What it is for").input_value() == "To see."
    faults = heron.page.locator("#faults")
    expect(faults).to_be_focused()
    faults.get_by_role("link", name="nonsense").click()
    expect(relay).to_be_focused()
    assert heron.page.title().startswith("Error")


def test_without_script_the_same_holds(desks: Desks, relay: Relay, tmp_path: Path) -> None:
    _, somebody, _ = channel_of(relay.address, tmp_path)
    heron = desks.sit(somebody, script=False).goes("talks")
    heron.fills("Say to all", " ").presses("Say it").sees("There is nothing to say.")
    heron.fills("Say to all", "Without script.").presses("Say it").sees("Without script.")
    heron.fills("Say to all", "Before the restart.")
    heron.restarts()
    heron.presses("Say it").unlocks().sees("It was not done")
    assert heron.page.get_by_label("Say to all").input_value() == "Before the restart."
    assert [line["text"] for line in somebody.json("read", "talks", "--all")][-1:] == [
        "Without script."
    ]
