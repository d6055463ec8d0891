"""A transcript: everything that was said, in its order, however much it is."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tracktwo.channel.charter import Charter
from tracktwo.channel.node import Node
from tracktwo.channel.roster import Member, Roster
from tracktwo.channel.talk import say
from tracktwo.channel.transcript import transcript


def test_members_and_hours_are_looked_up_once_and_not_for_each_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Node.make(tmp_path, "grey wagtail", memory=64)
    read: list[int] = []
    hours: list[int] = []
    everyone = Roster.everyone

    def counted(roster: Roster) -> list[Member]:
        read.append(1)
        return everyone(roster)

    def in_words(hour: int) -> str:
        hours.append(hour)
        return f"hour {hour}"

    with closing(Node(tmp_path, "grey wagtail", now=lambda: 7200)) as node:
        charter = Charter("The talks")
        node.found("talks", charter, relay="", pseudonym="Wren", side="", role="convener")
        with node.channel("talks") as replica:
            for number in range(20):
                say(replica, f"Word {number}.")
            monkeypatch.setattr(Roster, "everyone", counted)
            count, data = transcript(replica, in_words, {}, as_json=False)
    said = [line for line in data.decode().splitlines() if line.startswith("    Word")]
    assert said == [f"    Word {number}." for number in range(20)]
    assert (count - len(said), data.count(b"hour 2  Wren")) == (0, 20)
    assert len(read) < 5
    assert hours == [2]
