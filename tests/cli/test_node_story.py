"""A channel from its beginning to its burning, by the commands, as people use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes import QUICK, Person, Relay, all_sync, channel_of, code_of, finished, person


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


def test_people_meet_by_code_and_by_file_and_talk(relay: Relay, tmp_path: Path) -> None:
    convener, heron, otter = (
        Person(name, tmp_path / name, relay.address) for name in ("Convener", "Heron", "Otter")
    )
    for each in (convener, heron, otter):
        assert each.json("init", *QUICK) == {"home": str(each.home)}
    begun = convener.json("channel", "new", "talks", "--pseudonym", "Convener", "--goal", "Peace")
    assert begun["channel"] == "talks"
    assert (begun["charter"]["title"], begun["charter"]["goal"]) == ("talks", "Peace")

    inviting = convener.start("channel", "invite", "talks", "--side", "North", "--json")
    code = code_of(inviting)
    joined = heron.json("channel", "join", code, "--name", "ours", "--pseudonym", "Heron")
    assert joined == {"in": True, "charter": begun["charter"]}
    assert finished(inviting)[0] == 0

    file = tmp_path / "invitation"
    convener.does("channel", "invite", "talks", "--side", "South", "--file", file)
    assert file.stat().st_mode & 0o077 == 0
    waits = otter.tries(
        *("channel", "join", file, "--name", "talks", "--pseudonym", "Otter", "--wait", "0")
    )
    assert waits.returncode == 5
    assert "You were not let in yet. Run the same command again" in waits.stderr
    convener.does("sync")
    again = ("channel", "join", file, "--name", "talks", "--pseudonym", "Otter", "--wait", "60")
    assert "You are in: talks." in otter.does(*again)

    heron.does("sync")
    names = {row["name"] for row in heron.json("channel", "members", "ours")}
    assert names == {"Heron", "Convener", "Otter"}
    assert heron.json("say", "ours", "What would it take?") == {"place": 3, "posted": True}
    otter.does("sync", "talks")
    assert otter.texts() == ["What would it take?"]
    assert otter.texts() == []
    assert otter.texts("--all") == ["What would it take?"]


def test_keys_are_compared_and_a_wrong_number_verifies_nobody(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    number = heron.json("channel", "verify", "talks")["number"]
    assert otter.json("channel", "verify", "talks")["number"] == number
    assert [len(group) for group in number.split(" ")] == 12 * [5]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    said = heron.refused("channel", "verify", "talks", "Otter", "--number", wrong)
    assert "The numbers differ" in said
    assert not _verified(heron, "Otter")
    typed = f"  {number.replace(' ', '')} "
    assert heron.json("channel", "verify", "talks", "Otter", "--number", typed) == {
        "verified": "Otter"
    }
    assert _verified(heron, "Otter")
    assert not _verified(otter, "Heron")
    assert not _verified(heron, "Convener")


def _verified(whose: Person, name: str) -> bool:
    rows = {row["name"]: row for row in whose.json("channel", "members", "talks")}
    return bool(rows[name]["verified"])


def test_who_comes_again_is_somebody_new_and_unverified(relay: Relay, tmp_path: Path) -> None:
    convener, heron, otter = everyone = channel_of(relay.address, tmp_path)
    number = heron.json("channel", "verify", "talks")["number"]
    heron.does("channel", "verify", "talks", "Otter", "--number", number)
    assert "You have left talks." in otter.does("channel", "leave", "talks")
    otter.does("channel", "burn", "talks", "--yes")
    file = tmp_path / "again"
    convener.does("channel", "invite", "talks", "--side", "South", "--file", file)
    otter.tries("channel", "join", file, "--name", "talks", "--pseudonym", "Otter", "--wait", "0")
    all_sync(everyone)
    rows = heron.json("channel", "members", "talks")
    assert [(row["state"], row["verified"]) for row in rows if "Otter#" in row["name"]] == [
        *(("left", True), ("active", False))
    ]
    assert heron.json("channel", "verify", "talks")["number"] != number


def test_a_number_for_nobody_or_for_a_stranger_is_refused(relay: Relay, tmp_path: Path) -> None:
    convener, _, _ = channel_of(relay.address, tmp_path)
    number = convener.json("channel", "verify", "talks")["number"]
    said = convener.refused("channel", "verify", "talks", "--number", number)
    assert "Whose number is this?" in said
    assert "There is no member called 'Crane'" in convener.refused(
        *("channel", "verify", "talks", "Crane")
    )


def test_notes_on_members_stay_on_the_machine(relay: Relay, tmp_path: Path) -> None:
    convener, heron, _ = everyone = channel_of(relay.address, tmp_path)
    convener.does("channel", "members", "talks", "--note", "Heron", "Dr Grey, of the institute")
    assert "    Dr Grey, of the institute" in convener.does("channel", "members", "talks")
    all_sync(everyone)
    assert {row["note"] for row in heron.json("channel", "members", "talks")} == {""}


def test_what_is_not_delivered_is_shown_until_it_is(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = everyone = channel_of(relay.address, tmp_path)
    heron.does("say", "talks", "-", stdin="Two lines,\nand ünïcode.\n")
    (line,) = heron.json("read", "talks")
    assert line == line | {"text": "Two lines,\nand ünïcode.\n", "you": True, "kind": "talk"}
    assert line["not_yet_delivered_to"] == ["Convener", "Otter"]
    assert _late(heron) == {"Convener": 1, "Otter": 1}
    otter.does("sync")
    heron.does("sync")
    assert _late(heron) == {"Convener": 1, "Otter": 0}
    assert "[not yet delivered to Convener]" in heron.does("read", "talks", "--all")
    all_sync(everyone)
    assert _late(heron) == {"Convener": 0, "Otter": 0}
    assert "not yet delivered" not in heron.does("read", "talks", "--all")


def _late(whose: Person) -> dict[str, int]:
    members = whose.json("status")["talks"]["members"]
    return {member["name"]: member["not_yet_delivered"] for member in members}


def test_status_says_how_things_stand(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    heron.does("say", "talks", "one", "--offline")
    status = heron.json("status", "talks")["talks"]
    assert set(status) == {
        *("in", "state", "unread", "members", "queued", "waiting_for_others", "attention"),
        *("probes_asked_of_you", "signed_texts"),
    }
    assert (status["in"], status["unread"], status["queued"]) == (True, 1, 2)
    assert set(status["members"][0]) == {*("name", "verified", "last_contact", "not_yet_delivered")}
    assert heron.json("sync") == {"talks": {"posted": 2, "fetched": 0, "trouble": []}}
    otter.does("sync")
    assert otter.does("status").splitlines() == [
        "talks: 1 unread, 0 to post.",
        "  Convener (unverified): last contact just now",
        "  Heron (unverified): last contact just now",
    ]


def test_who_is_removed_reads_nothing_said_after(relay: Relay, tmp_path: Path) -> None:
    convener, heron, otter = everyone = channel_of(relay.address, tmp_path)
    assert "Only a convener" in heron.refused("channel", "remove", "talks", "Otter")
    assert "You cannot remove yourself" in convener.refused(
        *("channel", "remove", "talks", "Convener")
    )
    assert convener.json("channel", "remove", "talks", "Otter") == {"removed": "Otter"}
    convener.does("sync")
    convener.does("say", "talks", "Between us two.")
    all_sync(everyone)
    assert heron.texts() == ["Between us two."]
    assert otter.texts() == []
    rows = {row["name"]: row["state"] for row in heron.json("channel", "members", "talks")}
    assert rows == {"Heron": "active", "Convener": "active", "Otter": "removed"}
    assert "You are not in this channel any more." in otter.refused("say", "talks", "And I?")
    assert "You are not in it any more." in otter.does("status")
    assert otter.json("status")["talks"]["in"] is False
    heron.does("say", "talks", "Only you can read this.")
    all_sync(everyone)
    assert convener.texts() == ["Only you can read this."]
    assert otter.texts("--all") == []


def test_burning_leaves_no_file_of_a_channel(relay: Relay, tmp_path: Path) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    heron.does("channel", "new", "other", "--pseudonym", "Rail")
    assert len(list(heron.home.glob("channel-*.db"))) == 2
    heron.does("channel", "leave", "talks")
    assert heron.json("channel", "list") == ["other", "talks"]
    assert "--yes" in heron.refused("channel", "burn", "talks")
    assert heron.json("channel", "burn", "talks", "--yes") == {"burned": "talks"}
    assert heron.json("channel", "list") == ["other"]
    assert len(list(heron.home.glob("channel-*"))) == 1
    assert "There is no channel 'talks'." in heron.refused("read", "talks")


def test_a_charter_is_made_of_options(tmp_path: Path) -> None:
    heron = person("Heron", tmp_path)
    terms = {
        "--title": "Water",
        "--goal": "A season without quarrel",
        "--rule": "personal-capacity",
        "--delete-after": "30",
        "--languages": "id, en",
        "--probes": "2",
        "--breadth": "20points",
    }
    options = [word for pair in terms.items() for word in pair]
    heron.does("channel", "new", "water", "--pseudonym", "Heron", *options)
    assert heron.json("channel", "charter", "water") == {
        "title": "Water",
        "goal": "A season without quarrel",
        "rule": "personal-capacity",
        "retention": "delete",
        "days": 30,
        "custodians": [],
        "languages": ["id", "en"],
        "probes": 2,
        "breadth": "20points",
    }
    shown = heron.does("channel", "charter", "water")
    for words in ("Water", "All speak for themselves", "deleted after 30 days", "2 sittings"):
        assert words in shown


def test_a_charter_is_read_from_a_file(tmp_path: Path) -> None:
    heron = person("Heron", tmp_path)
    file = tmp_path / "charter.toml"
    lines = ['title = "Wasser — 水"', 'retention = "archive"', "probes = 0"]
    lines.append('custodians = ["Heron", "Otter"]')
    file.write_text("\n".join(lines), encoding="utf-8")
    heron.does("channel", "new", "water", "--pseudonym", "Heron", "--charter", file)
    agreed = heron.json("channel", "charter", "water")
    assert agreed["title"] == "Wasser — 水"
    assert (agreed["custodians"], agreed["probes"]) == (["Heron", "Otter"], 0)
    assert agreed["rule"] == "chatham-house"


def test_a_talk_is_kept_as_text_or_json(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = everyone = channel_of(relay.address, tmp_path)
    heron.does("say", "talks", "Is there room?")
    all_sync(everyone)
    written = otter.json("export", "talks", tmp_path / "talk.json")
    whole = json.loads((tmp_path / "talk.json").read_text("utf-8"))
    assert len(whole["lines"]) == written["lines"] == 2
    assert set(whole["lines"][0]) == {"place", "hour", "from", "kind", "text", "signature"}
    assert whole["charter"]["title"] == "The talks"
    otter.does("export", "talks", tmp_path / "talk.txt")
    text = (tmp_path / "talk.txt").read_text("utf-8")
    assert "Rule of use: chatham-house" in text
    assert "    Is there room?\n" in text
    assert "There is a file of that name" in otter.refused("export", "talks", tmp_path / "talk.txt")
    otter.does("export", "talks", tmp_path / "talk.txt", "--force")
