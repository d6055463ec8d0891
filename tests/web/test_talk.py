"""Talking by the page: said here it is read there, and what is not delivered is shown."""

from __future__ import annotations

from pathlib import Path

from nodes import Relay, channel_of, opened
from pages import Desks
from tracktwo.channel import signatures


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
