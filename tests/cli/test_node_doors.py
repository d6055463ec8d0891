"""Coming into a channel: who may, once, and what others are told."""

from __future__ import annotations

import io
import re
import secrets
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes import (
    PASSPHRASE,
    Person,
    Relay,
    all_sync,
    channel_of,
    code_of,
    finished,
    opened,
    person,
    until,
)
from tracktwo.channel import invite as invites
from tracktwo.channel import rendezvous
from tracktwo.channel.charter import Charter
from tracktwo.channel.handing import read_link
from tracktwo.channel.post import Post
from tracktwo.errors import BadInput

SIDE = ("--side", "North")


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


@pytest.fixture
def convener(relay: Relay, tmp_path: Path) -> Person:
    """Who began a channel, and is in it alone."""
    (alone,) = channel_of(relay.address, tmp_path, pseudonyms=("Convener",))
    return alone


def _joins(who: Person, code: str | Path, *options: str) -> tuple[str | Path, ...]:
    return ("channel", "join", code, "--name", "talks", "--pseudonym", who.name, *options)


def test_one_wrong_guess_closes_the_door_for_the_right_code_too(
    convener: Person, relay: Relay, tmp_path: Path
) -> None:
    crow, heron = (person(name, tmp_path, relay.address) for name in ("Crow", "Heron"))
    inviting = convener.start("channel", "invite", "talks", *SIDE, "--json")
    code = code_of(inviting)
    number, first, second = code.split("-")
    assert "it is closed now" in crow.refused(*_joins(crow, f"{number}-{second}-{first}"))
    assert "it is closed now" in heron.refused(*_joins(heron, code))
    assert inviting.stderr is not None
    assert "somebody guessed" in inviting.stderr.readline()
    inviting.send_signal(signal.SIGINT)
    assert finished(inviting)[0] == 130
    assert [row["name"] for row in convener.json("channel", "members", "talks")] == ["Convener"]
    assert (crow.json("channel", "list"), heron.json("channel", "list")) == ([], [])
    file = tmp_path / "instead"
    convener.does("channel", "invite", "talks", *SIDE, "--file", file)
    heron.tries(*_joins(heron, file, "--wait", "0"))
    all_sync((convener, heron))
    assert heron.does(*_joins(heron, file)[:1], "list") == "talks\n"


@pytest.mark.parametrize("which", [0, 1], ids=["knocking", "answering"])
def test_a_door_that_a_stranger_took_keeps_nobody_from_reading(
    relay: Relay, tmp_path: Path, which: int
) -> None:
    convener, heron, _ = channel_of(relay.address, tmp_path)
    code = convener.json("channel", "invite", "talks", *SIDE, "--no-wait")["code"]
    _take(relay, code, which)
    heron.does("say", "talks", "Are you there?")
    tried = convener.tries("sync")
    assert tried.returncode == 5
    assert "Somebody else took the place of a code at the relay" in tried.stderr
    assert convener.texts() == ["Are you there?"]
    assert convener.tries("sync").returncode == 0  # that door is closed, and said once
    crow = person("Crow", tmp_path, relay.address)
    assert "Ask for another code." in crow.refused(*_joins(crow, code, "--wait", "0"), code=5)


def _take(relay: Relay, code: str, which: int, *, send: bytes | None = None) -> None:
    """Make one of a code's two mailboxes for a key of one's own, as anybody can."""
    box = rendezvous._boxes(code.split("-")[0])[which]
    with Post() as post:
        post.close_mailbox(relay.address, box.receive)
        post.make_mailbox(relay.address, box.receive, send or secrets.token_bytes(32))


def test_a_number_whose_place_somebody_has_is_not_drawn(
    convener: Person, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = ("10000", "10001", "10002", "10003", "10004")
    for number, which in zip(taken, (0, 1, 0, 0, 1), strict=True):
        _take(relay, number, which)
    knocked = rendezvous._boxes("10005")[0]  # made as it is to be, and somebody stands there
    _take(relay, "10005", 0, send=knocked.send)
    with Post() as post:
        post.put(relay.address, knocked.send, bytes(16), bytes(4096))
    numbers = iter([*(0, 1, 2, 5, 7), *(0, 1, 2, 3, 4)])
    monkeypatch.setattr(rendezvous.secrets, "randbelow", lambda _: next(numbers))
    with opened(convener) as replica, Post() as post:
        first, second = (invites.invite(replica, role="delegate", side="North") for _ in range(2))
        assert rendezvous.open_door(replica, first, post).number == "10007"
        with pytest.raises(BadInput, match="Invite with a file"):
            rendezvous.open_door(replica, second, post)
        states = dict(replica.store.rows("SELECT id, state FROM invitation"))
        assert states == {first.id: "open", second.id: "closed"}


def test_a_code_is_attended_to_by_any_later_sync_and_is_good_once(
    convener: Person, relay: Relay, tmp_path: Path
) -> None:
    heron, crow = (person(name, tmp_path, relay.address) for name in ("Heron", "Crow"))
    code = convener.json("channel", "invite", "talks", *SIDE, "--no-wait")["code"]
    typed = code.upper().replace("-", " ")
    waits = heron.tries(*_joins(heron, typed, "--wait", "0"))
    assert waits.returncode == 5
    assert "has not answered yet. Run the same command again to go on." in waits.stderr
    convener.does("sync")
    assert heron.tries(*_joins(heron, code, "--wait", "0")).returncode == 5  # not let in yet
    convener.does("sync")
    assert heron.json(*_joins(heron, code))["in"] is True
    late = crow.tries(*_joins(crow, code, "--wait", "0"))
    assert (late.returncode, late.stdout) == (5, "")
    convener.does("sync")
    assert crow.tries(*_joins(crow, code, "--wait", "0")).returncode == 5
    assert len(convener.json("channel", "members", "talks")) == 2


@pytest.mark.skipif(not Path("/dev/ptmx").exists(), reason="there are no terminals here")
@pytest.mark.parametrize("by", ["code", "file"])
def test_the_charter_is_read_before_anything_is_said_and_who_says_no_is_not_in(
    relay: Relay, tmp_path: Path, by: str
) -> None:
    agreed = Charter("The talks", goal="A truce", retention="archive", custodians=("Wren", "Owl"))
    (wren,) = channel_of(relay.address, tmp_path, charter=agreed, pseudonyms=("Wren",))
    heron = person("Heron", tmp_path, relay.address)
    way: str | Path = tmp_path / "invitation"
    if by == "code":
        way = wren.json("channel", "invite", "talks", *SIDE, "--no-wait")["code"]
        heron.tries(*_joins(heron, way, "--wait", "0"))
        wren.does("sync")
    else:
        wren.does("channel", "invite", "talks", *SIDE, "--file", way)
    typed = PASSPHRASE.encode() + b"\n"
    join = _joins(heron, str(way), "--wait", "0", "--relay", relay.address)
    code, out, shown = _typed(heron, typed + b"n\n", *map(str, join))
    assert (code, out) == (130, "")
    for part in ("Wren invites you: delegate for North", "The talks", "A truce", "Wren, Owl"):
        assert part in shown
    assert "Retention: archive" in shown
    assert heron.json("channel", "list") == []
    all_sync((wren,))
    assert [row["name"] for row in wren.json("channel", "members", "talks")] == ["Wren"]
    code, _, shown = _typed(heron, typed + b"y\n", *map(str, join))  # a used code is not lost
    assert code == 5
    assert "Custodians: Wren, Owl" in shown
    all_sync((wren, heron))
    assert len(wren.json("channel", "members", "talks")) == 2
    assert "Custodians" not in heron.tries(*_joins(heron, way)).stderr


def test_who_says_yes_beforehand_and_a_program_are_shown_the_charter_and_not_asked(
    convener: Person, relay: Relay, tmp_path: Path
) -> None:
    file = tmp_path / "invitation"
    convener.does("channel", "invite", "talks", *SIDE, "--file", file)
    heron = person("Heron", tmp_path)
    done = heron.tries(*_joins(heron, file, "--wait", "0", "--yes", "--json"))
    assert (done.returncode, done.stdout) == (5, "")
    assert "Retention: keep" in done.stderr
    assert "[y/N]" not in done.stderr


def test_a_camera_reads_the_code_and_the_relay(convener: Person, relay: Relay) -> None:
    import segno

    shown = convener.does("channel", "invite", "talks", *SIDE, "--no-wait", "--qr")
    (code,) = re.findall(r"^    (\d{5}-[a-z]+-[a-z]+)$", shown, re.MULTILINE)
    drawn = io.StringIO()
    segno.make(f"tracktwo:{code}@{relay.address}", error="m").terminal(out=drawn, compact=True)
    assert drawn.getvalue() in shown
    assert read_link(f"tracktwo:{code}@{relay.address}") == (code, relay.address)


def test_two_people_with_one_file_are_not_both_let_in(
    convener: Person, relay: Relay, tmp_path: Path
) -> None:
    heron, crow = (person(name, tmp_path, relay.address) for name in ("Heron", "Crow"))
    file = tmp_path / "invitation"
    convener.does("channel", "invite", "talks", *SIDE, "--file", file)
    for each in (heron, crow):
        assert each.tries(*_joins(each, file, "--wait", "0")).returncode == 5
    all_sync((convener, heron, crow))
    assert [row["name"] for row in convener.json("channel", "members", "talks")] == [
        *("Convener", "Heron")
    ]
    left = crow.tries(*_joins(crow, file, "--wait", "0"))
    assert (left.returncode, left.stdout) == (5, "")
    assert "You were not let in yet." in left.stderr
    assert "has not let you into this channel yet" in crow.refused("say", "talks", "Caw.")
    assert "You were not let in yet." in crow.does("status")


def test_a_file_that_is_over_lets_nobody_in(convener: Person, tmp_path: Path) -> None:
    heron = person("Heron", tmp_path)
    with opened(convener) as replica:
        past = replica.now() - 2 * invites.LASTS
        old = invites.invite(replica, role="delegate", side="North", now=lambda: past)
    from base64 import encodebytes

    file = tmp_path / "invitation"
    file.write_bytes(b"tracktwo invitation 1\n" + encodebytes(old.encode()))
    assert "This invitation is over. Ask for a new one." in heron.refused(*_joins(heron, file))
    assert heron.json("channel", "list") == []
    assert not list(heron.home.glob("channel-*"))


def test_a_name_that_is_taken_comes_into_no_other_channel(
    convener: Person, relay: Relay, tmp_path: Path
) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path / "others")
    file = tmp_path / "invitation"
    convener.does("channel", "invite", "talks", *SIDE, "--file", file)
    said = heron.refused(*_joins(heron, file))
    assert "You are in a channel 'talks' already." in said
    assert "another --name" in said


def test_two_of_one_pseudonym_are_told_apart(
    convener: Person, relay: Relay, tmp_path: Path
) -> None:
    twins = [person("Heron", tmp_path / place, relay.address) for place in ("east", "west")]
    for number, each in enumerate(twins):
        file = tmp_path / f"invitation {number}"
        convener.does("channel", "invite", "talks", *SIDE, "--file", file)
        each.tries(*_joins(each, file, "--wait", "0"))
        all_sync((convener, *twins[: number + 1]))
    names = [row["name"] for row in convener.json("channel", "members", "talks")]
    assert names[0] == "Convener"
    assert len(set(names)) == 3
    assert all(name.startswith("Heron#") for name in names[1:])
    said = convener.refused("channel", "remove", "talks", "Heron")
    assert "There are several members called 'Heron'." in said
    assert names[1] in said
    convener.does("channel", "remove", "talks", names[1])
    states = {row["name"]: row["state"] for row in convener.json("channel", "members", "talks")}
    assert states == {"Convener": "active", names[1]: "removed", names[2]: "active"}


def test_a_door_needs_the_right_to_open_it(relay: Relay, tmp_path: Path) -> None:
    convener, heron, _ = channel_of(relay.address, tmp_path)
    said = heron.refused("channel", "invite", "talks", "--side", "East")
    assert "Only a convener, or who began the channel, invites." in said
    said = convener.refused("channel", "invite", "talks")
    assert "A delegate speaks for a side. Name it: --side." in said
    file = tmp_path / "taken"
    file.write_text("mine", encoding="utf-8")
    assert "taken" in convener.refused("channel", "invite", "talks", *SIDE, "--file", file)
    assert file.read_text("utf-8") == "mine"


# Passphrases


def test_only_the_right_passphrase_opens_and_it_is_not_said_what_was_wrong(
    tmp_path: Path,
) -> None:
    heron = person("Heron", tmp_path)
    for wrong in ("gray wagtail", "", "\udcff", "é"):
        heron.more = {"TRACKTWO_PASSPHRASE": wrong}
        said = heron.refused("channel", "list")
        assert wrong == "" or wrong not in said
    heron.more = {}
    assert heron.json("channel", "list") == []
    new = Person("New", tmp_path / "New", more={"TRACKTWO_PASSPHRASE": ""})
    assert "An empty passphrase protects nothing." in new.refused("init", "--memory", "8")
    assert not (new.home / "node.key").exists()


def test_a_passphrase_comes_by_descriptor_and_never_as_an_argument(tmp_path: Path) -> None:
    heron = person("Heron", tmp_path)
    silent = {k: v for k, v in heron.environment.items() if k != "TRACKTWO_PASSPHRASE"}
    said = heron.refused("channel", "list", env=silent)
    assert "There is nobody to ask for the passphrase. Use --passphrase-fd" in said
    by_input = ("channel", "list", "--passphrase-fd", "0", "--json")
    assert heron.does(*by_input, stdin=f"{PASSPHRASE}\nmore\n", env=silent) == "[]\n"
    assert "This is not the passphrase." in heron.refused(*by_input, stdin="", env=silent)
    said = heron.refused("channel", "list", "--passphrase-fd", "77", env=silent)
    assert "Nothing can be read from descriptor 77." in said
    for option in (f"--passphrase={PASSPHRASE}", "-p"):
        assert "No such option" in heron.refused("channel", "list", option, env=silent)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_passphrase_is_in_no_list_of_processes_and_in_no_file(
    convener: Person, tmp_path: Path
) -> None:
    silent = {k: v for k, v in convener.environment.items() if k != "TRACKTWO_PASSPHRASE"}
    arguments = ("watch", "talks", "--passphrase-fd", "0", "--seconds", "60")
    process = convener.start(*arguments, stdin=subprocess.PIPE, env=silent, anew=True)
    assert process.stdin is not None
    process.stdin.write(f"{PASSPHRASE}\n")
    process.stdin.flush()
    until(lambda: list(convener.home.glob("channel-*.db-wal")), "an open channel")
    seen = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    seen += Path(f"/proc/{process.pid}/environ").read_bytes()
    files = b"".join(p.read_bytes() for p in convener.home.rglob("*") if p.is_file())
    process.send_signal(signal.SIGINT)
    assert finished(process)[0] == 130
    assert PASSPHRASE.encode() not in seen + files


def _typed(who: Person, reply: bytes, *arguments: str) -> tuple[int, str, str]:
    """Run a command at a terminal; its exit code, its output, what the terminal showed."""
    import os
    import pty

    ours, theirs = pty.openpty()
    silent = {k: v for k, v in who.environment.items() if k != "TRACKTWO_PASSPHRASE"}
    process = who.start(*arguments, stdin=theirs, stderr=theirs, env=silent)
    os.close(theirs)
    shown = b""
    for line in reply.splitlines(keepends=True):
        while not shown.endswith(b": "):  # what is typed before it is asked for may be thrown away
            shown += os.read(ours, 1)
        os.write(ours, line)
        shown += os.read(ours, 1)
    while process.poll() is None or shown[-1:] != b"\n":
        try:
            shown += os.read(ours, 4096)
        except OSError:  # how Linux says that nobody holds the other end any more
            break
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, out, shown.decode()


@pytest.mark.skipif(not Path("/dev/ptmx").exists(), reason="there are no terminals here")
def test_at_a_terminal_a_passphrase_is_asked_for_and_never_shown(tmp_path: Path) -> None:
    heron = Person("Heron", tmp_path / "Heron")
    once = PASSPHRASE.encode() + b"\n"
    code, out, shown = _typed(heron, once + once, "init", "--memory", "8")
    assert code == 0
    assert "Your node is in" in out
    assert "Repeat for confirmation" in shown
    code, out, more = _typed(heron, once, "channel", "list", "--json")
    assert (code, out) == (0, "[]\n")
    assert "Repeat" not in more
    assert PASSPHRASE not in shown + more
    code, out, shown = _typed(heron, b"another\n", "channel", "list")
    assert (code, out) == (2, "")
    assert "This is not the passphrase." in shown
