"""From nothing to a verified talk, by the pages alone: no command but `tracktwo open`."""

from __future__ import annotations

import re
from pathlib import Path

from nodes import PASSPHRASE, Person, Relay
from pages import Desk, Desks


def makes_a_node(desk: Desk) -> None:
    desk.looks().fills("New passphrase", PASSPHRASE).fills("The same once more", PASSPHRASE)
    desk.presses("Make it").sees("Your node is made.")


def number_on(desk: Desk) -> str:
    return " ".join(desk.goes("Verify").page.locator(".number li").all_inner_texts())


def test_two_people_meet_by_a_code_compare_keys_and_talk(
    desks: Desks, relay: Relay, tmp_path: Path
) -> None:
    wren, heron = (desks.come(Person(name, tmp_path / name)) for name in ("Wren", "Heron"))
    for desk in (wren, heron):
        makes_a_node(desk)
    wren.goes("Begin a channel").fills("What you call it", "talks")
    wren.fills("What the others call you", "Wren").fills("Address of the relay", relay.address)
    wren.presses("Begin the channel").sees("The channel stands.")
    wren.fills("The side a delegate speaks for", "North").presses("Invite")
    code = wren.page.locator(".code").inner_text()
    assert re.fullmatch(r"\d{5}-[a-z]+-[a-z]+", code)

    heron.goes("Come into a channel").fills("The code you were told", code)
    heron.fills("Address of the relay", relay.address).fills("What you call it", "wells")
    heron.fills("What the others call you", "Heron").presses("Come in")
    heron.page.get_by_role("link", name="wells").wait_for()
    heron.goes("wells").sees("Heron comes in: delegate for North.")
    wren.goes("Talk").sees("Heron comes in")

    number = number_on(wren)
    assert number_on(heron) == number
    heron.fills("The number you heard", number[::-1]).presses("Compare")
    heron.sees("The numbers differ")
    heron.fills("The number you heard", number).presses("Compare").sees("Wren is verified.")
    heron.goes("Talk").fills("Say to all", "Good evening.").presses("Say it")
    wren.goes("Talk").sees("Good evening.").sees("unverified")
    wren.fills("Say to all", "And to you.").presses("Say it")  # an answer says that it has come
    heron.sees("And to you.").sees_no("Not delivered yet")
