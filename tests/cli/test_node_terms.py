"""What a person reads before a sitting in a channel is true of a channel."""

from __future__ import annotations

from pathlib import Path

from commands import EXAMPLES
from nodes import Relay, channel_of

CASE = EXAMPLES / "two-villages"


def test_before_a_sitting_in_a_channel_nothing_is_said_of_a_folder(tmp_path: Path) -> None:
    files = (str(CASE / "agenda.toml"), str(CASE / "upper.toml"))
    with Relay(tmp_path / "relay") as relay:
        _, heron, _ = channel_of(relay.address, tmp_path)
        ask = ("probe", "ask", "talks", *files, "--with", "Otter", "--ask", "exists", "--yes")
        said = " ".join(heron.tries(*ask, "--wait", "0").stderr.split())
    assert "Sitting 1 on this agenda in the channel" in said
    assert "All in the channel see that it is held" in said
    assert "folder" not in said
