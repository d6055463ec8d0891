"""A node as a file: put back after a loss, and what is refused."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import EXAMPLES
from nodes import PASSPHRASE, Person, Relay, all_sync, channel_of

VILLAGES = EXAMPLES / "two-villages"
AGENDA, UPPER, LOWER = (VILLAGES / f"{name}.toml" for name in ("agenda", "upper", "lower"))


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


def moved(whose: Person, place: str) -> Person:
    """The same person at an empty machine."""
    return Person(whose.name, whose.home.parent / place, whose.relay)


def test_talk_goes_on_both_ways_after_a_backup_is_put_back(relay: Relay, tmp_path: Path) -> None:
    convener, heron, otter = channel_of(relay.address, tmp_path)
    heron.does("channel", "members", "talks", "--note", "Otter", "met in Bern")
    heron.does("say", "talks", "before")
    saved = tmp_path / "saved"
    assert heron.json("backup", saved) == {
        "file": str(saved),
        "channels": 1,
        "missing": [],
        "sittings_left_out": 0,
    }
    assert saved.stat().st_mode & 0o077 == 0
    assert "There is a file of that name" in heron.refused("backup", saved)
    heron.does("say", "talks", "after the backup")
    all_sync((convener, heron, otter))
    again = moved(heron, "another")
    assert again.json("restore", saved) == {"channels": 1, "missing": []}
    people = (convener, again, otter)
    all_sync(people)
    otter.does("say", "talks", "Are you back?")
    again.does("say", "talks", "I am.")
    all_sync(people)
    all_sync(people)
    assert "Are you back?" in again.texts("--all")
    assert otter.texts("--all") == ["before", "after the backup", "I am."]
    assert "met in Bern" in again.does("channel", "members", "talks")
    assert otter.json("status")["talks"]["attention"] in ([], _rewound(otter))


def _rewound(whose: Person) -> list[str]:
    said: list[str] = whose.json("status")["talks"]["attention"]
    return [sentence for sentence in said if "as after restoring a backup" in sentence]


def test_a_backup_is_put_back_twice_and_talk_goes_on(relay: Relay, tmp_path: Path) -> None:
    convener, heron, otter = channel_of(relay.address, tmp_path)
    saved = tmp_path / "saved"
    heron.does("backup", saved)
    for place in ("second", "third"):
        heron = moved(heron, place)
        heron.does("restore", saved)
        people = (convener, heron, otter)
        all_sync(people)
        heron.does("say", "talks", f"from the {place}")
        otter.does("say", "talks", f"to the {place}")
        all_sync(people)
        all_sync(people)
        assert heron.texts()[-1] == f"to the {place}"
    assert otter.texts("--all") == ["from the second", "from the third"]


def test_a_backup_never_takes_the_place_of_a_node(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    saved = tmp_path / "saved"
    heron.does("backup", saved)
    before = {p.name: p.read_bytes() for p in otter.home.iterdir()}
    said = otter.refused("restore", saved)
    assert "There is a node here already." in said
    assert "TRACKTWO_HOME" in said
    assert {p.name: p.read_bytes() for p in otter.home.iterdir()} == before


def test_a_backup_that_is_not_whole_is_refused_and_leaves_nothing(
    relay: Relay, tmp_path: Path
) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    saved, bad = tmp_path / "saved", tmp_path / "bad"
    heron.does("backup", saved)
    whole = saved.read_bytes()
    members = _members(whole)
    channel = next(name for name in members if name.startswith("channel-"))
    spoiled = {
        "nothing": b"",
        "no archive": b"no archive" * 100,
        "cut": whole[: len(whole) // 2],
        "a channel is missing": _archive({k: v for k, v in members.items() if k != channel}),
        "no key": _archive({k: v for k, v in members.items() if k != "node.key"}),
        "no list": _archive({k: v for k, v in members.items() if k != "node.db"}),
        "a changed channel": _archive(members | {channel: _spoilt(members[channel])}),
        "a changed list": _archive(members | {"node.db": _spoilt(members["node.db"])}),
        "a changed key": _archive(members | {"node.key": _spoilt(members["node.key"])}),
        "something else": _archive(members | {"../escaped": b"x"}),
    }
    again = moved(heron, "another")
    for what, data in spoiled.items():
        bad.write_bytes(data)
        done = again.tries("restore", bad)
        assert (done.returncode, done.stdout) == (2, ""), f"{what}: {done}"
        assert done.stderr.count("\n") == 1
        assert "tracktwo init" not in done.stderr, what
        assert not again.home.exists(), what
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".restoring")]
    assert not (tmp_path / "escaped").exists()
    again.more = {"TRACKTWO_PASSPHRASE": PASSPHRASE + "!"}
    assert "This is not the passphrase." in again.refused("restore", saved)
    assert "cannot be read" in again.refused("restore", tmp_path / "none")
    again.more = {}
    assert again.does("restore", saved).startswith("1 channels are back.")


def _members(archive: bytes) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        for member in opened:
            file = opened.extractfile(member)
            found[member.name] = b"" if file is None else file.read()
    return found


def _archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _spoilt(data: bytes) -> bytes:
    """Bytes as a failing disk returns them."""
    page = 4096 if len(data) > 8192 else 0
    middle = page + 20
    return (
        data[:middle]
        + bytes(byte ^ 0x55 for byte in data[middle : middle + 64])
        + (data[middle + 64 :])
    )


def test_sittings_under_way_stay_behind_and_hinder_no_later_one(
    relay: Relay, tmp_path: Path
) -> None:
    convener, heron, otter = channel_of(relay.address, tmp_path)
    ask = ("probe", "ask", "talks", AGENDA, UPPER, "--with", "Otter", "--ask", "exists")
    heron.tries(*ask, "--circuit", "frontier", "--wait", "0")  # some megabytes each way
    all_sync((heron, otter))
    otter.tries("probe", "accept", "talks", LOWER, "--wait", "0")
    heron.tries("probe", "go", "talks", "--wait", "0")
    saved = tmp_path / "saved"
    said = heron.does("backup", saved)
    assert "A sitting that is under way is not in it." in said
    assert not [name for name in _members(saved.read_bytes()) if "vault" in name]
    again = moved(heron, "another")
    again.does("restore", saved)
    people = (convener, again, otter)
    all_sync(people)
    said = again.refused("probe", "go", "talks")
    assert "is not open on this machine" in said
    assert "tracktwo probe decline" in said
    again.does("probe", "decline", "talks")
    again.does("sync")
    assert "was withdrawn" in otter.refused("probe", "go", "talks", code=3)
    asking = again.start(*ask, "--json")
    from nodes import finished, until

    def hears() -> bool:
        otter.does("sync")
        return len(otter.json("probe", "status", "talks")) == 2

    until(hears, "a question")
    assert otter.json("probe", "accept", "talks", LOWER)["answers"]["exists"] is True
    assert finished(asking)[0] == 0


def test_a_file_that_a_disk_spoilt_is_named_and_the_rest_goes_on(
    relay: Relay, tmp_path: Path
) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    heron.does("channel", "new", "other", "--pseudonym", "Rail")
    for path in sorted(heron.home.glob("channel-*.db"), key=lambda path: path.stat().st_mtime)[:1]:
        path.write_bytes(_spoilt(path.read_bytes()))
    done = heron.tries("read", "talks")
    assert (done.returncode, done.stdout) == (2, "")
    assert "channel-" in done.stderr
    heron.does("read", "other")
    heron.does("channel", "burn", "talks", "--yes")
    assert heron.json("channel", "list") == ["other"]


def _damaged(who: Person) -> None:
    """Spoil the file of "talks", and begin another channel after it."""
    (path,) = who.home.glob("channel-*.db")
    path.write_bytes(_spoilt(path.read_bytes()))
    who.does("channel", "new", "zebras", "--pseudonym", "Rail")


def test_a_damaged_channel_keeps_nobody_from_the_others(relay: Relay, tmp_path: Path) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    _damaged(heron)
    for command in ("sync", "status"):
        done = heron.tries(command)
        assert done.returncode == 2, command
        assert done.stdout.startswith("zebras: 0")
        assert done.stderr.startswith("talks: channel-")
        done = heron.tries(command, "--json")
        assert done.returncode == 2
        rows = json.loads(done.stdout)
        assert list(rows) == ["talks", "zebras"]
        assert "damaged" in str(rows["talks"])
        assert heron.tries(command, "zebras").returncode == 0
        assert "damaged" in heron.refused(command, "talks")


def test_a_damaged_channel_is_not_in_a_backup_and_the_rest_is(relay: Relay, tmp_path: Path) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    _damaged(heron)
    saved = tmp_path / "saved"
    done = heron.tries("backup", saved, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout) == {
        "file": str(saved),
        "channels": 1,
        "missing": ["talks"],
        "sittings_left_out": 0,
    }
    done = heron.tries("backup", saved, "--force")
    assert done.returncode == 2
    assert "Not in it, for it is damaged: talks." in done.stderr
    again = moved(heron, "another")
    done = again.tries("restore", saved)
    assert done.returncode == 0
    assert done.stdout.startswith("1 channels are back.")
    assert "Not in the backup: talks." in done.stderr
    assert again.json("channel", "list") == ["zebras"]
    third = moved(heron, "third")
    assert third.json("restore", saved) == {"channels": 1, "missing": ["talks"]}


def test_a_channel_damaged_where_nobody_looks_spoils_no_backup(
    relay: Relay, tmp_path: Path
) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    heron.does("say", "talks", "long " * 5000, "--offline")
    (path,) = heron.home.glob("channel-*.db")
    data = path.read_bytes()
    path.write_bytes(data[:-4000] + bytes(2000) + data[-2000:])
    heron.does("status")
    assert heron.tries("backup", tmp_path / "saved").returncode == 2
