"""A channel without any line: everything by files, which may be lost, come twice, or be spoiled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from commands import EXAMPLES
from nodes import Person, channel_of, person

VILLAGES = EXAMPLES / "two-villages"
AGENDA, UPPER, LOWER = (VILLAGES / f"{name}.toml" for name in ("agenda", "upper", "lower"))


def carry(sender: Person, receiver: Person, stick: Path) -> dict[str, Any]:
    """Take a file from one to the other; what was in it."""
    sender.does("courier", "out", "talks", stick, "--for", receiver.name, "--force")
    brought: dict[str, Any] = receiver.json("courier", "in", "talks", stick)
    return brought


def test_people_meet_and_talk_by_files_alone(tmp_path: Path) -> None:
    heron, otter = person("Heron", tmp_path), person("Otter", tmp_path)
    file, stick = tmp_path / "invitation", tmp_path / "stick"
    heron.does("channel", "new", "talks", "--pseudonym", "Heron", "--side", "North")
    said = heron.refused("channel", "invite", "talks", "--side", "South")
    assert "A code needs a relay. This channel has none: use --file." in said
    heron.does("channel", "invite", "talks", "--side", "South", "--file", file)
    said = otter.does("channel", "join", file, "--name", "talks", "--pseudonym", "Otter")
    assert said == "Your first word is ready to be carried: tracktwo courier out talks FILE\n"
    written = otter.json("courier", "out", "talks", stick)
    assert written == {"file": str(stick), "letters": 1, "large": 0}
    assert heron.json("courier", "in", "talks", stick) == {"letters": 1, "large": 0}
    assert "Otter: delegate for South" in heron.does("channel", "members", "talks")
    heron.does("say", "talks", "Hello without a line")
    carry(heron, otter, stick)
    assert otter.texts() == ["Hello without a line"]
    assert heron.json("status")["talks"]["members"][0]["not_yet_delivered"] == 2
    carry(otter, heron, stick)
    assert heron.json("status")["talks"]["members"][0]["not_yet_delivered"] == 0
    assert heron.json("sync") == {"talks": {"posted": 0, "fetched": 0, "trouble": []}}


def test_files_may_be_lost_come_twice_and_in_the_wrong_order(tmp_path: Path) -> None:
    _, heron, otter = channel_of("", tmp_path)
    lost, first, second = (tmp_path / name for name in ("lost", "first", "second"))
    for text, file in (("one", lost), ("two", first), ("three", second)):
        heron.does("say", "talks", text)
        heron.does("courier", "out", "talks", file, "--for", "Otter")
    assert "There is a file of that name" in heron.refused(
        *("courier", "out", "talks", first, "--for", "Otter")
    )
    otter.does("courier", "in", "talks", second)
    assert otter.texts() == ["one", "two", "three"]
    for file in (first, second):
        assert otter.json("courier", "in", "talks", file)["letters"] == 0
    assert otter.texts("--all") == ["one", "two", "three"]
    assert otter.json("status")["talks"]["attention"] == []


def test_a_file_that_is_not_whole_or_not_ours_is_refused_and_harms_nothing(
    tmp_path: Path,
) -> None:
    convener, heron, otter = channel_of("", tmp_path)
    heron.does("say", "talks", "hello")
    stick, bad = tmp_path / "stick", tmp_path / "bad"
    said = heron.refused("courier", "out", "talks", stick)
    assert "For whom? Name the member: --for." in said
    heron.does("courier", "out", "talks", stick, "--for", "Otter")
    whole = stick.read_bytes()
    spoiled = {
        "empty": (b"", "no courier's file"),
        "cut": (whole[:-100], "on its way"),
        "a changed head": (_flip(whole, 40), "somebody else"),
        "changed": (_flip(whole, len(whole) // 2), "damaged on its way"),
        "longer": (whole + b"x", "on its way"),
    }
    for what, (data, words) in spoiled.items():
        bad.write_bytes(data)
        assert words in otter.refused("courier", "in", "talks", bad), what
    assert "for somebody else" in convener.refused("courier", "in", "talks", stick)
    assert "cannot be read" in otter.refused("courier", "in", "talks", tmp_path / "none")
    assert otter.texts() == []
    otter.does("courier", "in", "talks", stick)
    assert otter.texts() == ["hello"]


def _flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_probe_by_files_alone(tmp_path: Path) -> None:
    _, heron, otter = channel_of("", tmp_path)
    stick = tmp_path / "stick"
    ask = ("probe", "ask", "talks", AGENDA, UPPER, "--with", "Otter", "--ask", "exists,where,best")
    asking = heron.tries(*ask)
    assert asking.returncode == 5
    assert "tracktwo courier out" in asking.stderr
    carry(heron, otter, stick)
    assert otter.tries("probe", "accept", "talks", LOWER).returncode == 5
    answers: dict[str, Any] = {}
    sides = [heron, otter]
    for turn in range(10):
        receiver, sender = sides[turn % 2], sides[1 - turn % 2]
        carry(sender, receiver, stick)
        if turn == 4:  # the same stick once more
            receiver.does("courier", "in", "talks", stick)
        done = receiver.tries("probe", "go", "talks", "--json")
        if done.returncode == 0:
            answers[receiver.name] = json.loads(done.stdout)["answers"]
        if len(answers) == 2:
            break
    assert answers["Heron"] == answers["Otter"]
    clear = heron.json("study", AGENDA, UPPER, LOWER)["probe"]
    assert answers["Heron"]["where"] == clear["where"]
    assert answers["Heron"]["best"]["package"] in clear["best"]["nash"]
    left = [p for who in sides for p in who.home.rglob("*") if p.is_file()]
    assert [p for p in left if not p.name.startswith(("node.", "channel-"))] == []


def test_a_large_message_by_a_stick_that_comes_twice_leaves_nothing(tmp_path: Path) -> None:
    _, heron, otter = channel_of("", tmp_path)
    ask = ("probe", "ask", "talks", AGENDA, UPPER, "--with", "Otter", "--ask", "exists")
    heron.tries(*ask, "--circuit", "frontier")  # some megabytes each way
    stick = tmp_path / "stick"
    carry(heron, otter, stick)
    otter.tries("probe", "accept", "talks", LOWER)
    large, old, ended = 0, [], set()
    sides = [heron, otter]
    for turn in range(10):
        receiver, sender = sides[turn % 2], sides[1 - turn % 2]
        large += carry(sender, receiver, stick)["large"]
        old.append((receiver, tmp_path / f"old {turn}"))
        shutil.copy(stick, old[-1][1])
        if receiver.tries("probe", "go", "talks").returncode == 0:
            ended.add(receiver.name)
        if len(ended) == 2:
            break
    assert ended == {"Heron", "Otter"}
    assert large > 0
    for receiver, file in old[::2] + old[1:2]:
        receiver.does("courier", "in", "talks", file)
    left = [p for who in sides for p in who.home.rglob("*") if p.is_file()]
    assert [p for p in left if not p.name.startswith(("node.", "channel-"))] == []
