"""Talking by the page: said here it is read there, and what is not delivered is shown."""

from __future__ import annotations

from pathlib import Path

from nodes import Relay, channel_of
from pages import Desks


def test_two_talk_by_their_pages(desks: Desks, relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    one, two = desks.sit(heron), desks.sit(otter)
    one.goes("talks").fills("Say to all", "Good evening.").presses("Say it").sees("Good evening.")
    two.goes("talks").sees("Good evening.")
    two.fills("Say to all", "And to you.").presses("Say it")
    one.sees("And to you.")
