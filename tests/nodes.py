"""People with nodes of their own, and a relay, all run by the real commands.

from nodes import Person, Relay, channel_of

with Relay(tmp_path / "relay") as relay:
    convener, heron, otter = channel_of(relay.address, tmp_path)
    heron.does("say", "talks", "hello")
    otter.does("sync")
    assert otter.texts() == ["hello"]

`channel_of` brings a channel about by the library, which takes a tenth of the time of the commands;
that the commands do the same is for test_node_story.py to show.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from commands import COMMAND, Run
from forking import start
from tracktwo.channel import invite as invites
from tracktwo.channel.charter import Charter
from tracktwo.channel.node import Node
from tracktwo.channel.post import Post
from tracktwo.channel.replica import Replica
from tracktwo.channel.sync import settle, synchronise

PASSPHRASE = "grey wagtail"  # noqa: S105 - of tests
PATIENCE = 60.0
"""Seconds after which something that should come has not come."""
QUICK = ("--memory", "8")
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def surroundings(**more: str) -> dict[str, str]:
    """The test's environment, without anything that speaks to this program."""
    foreign = ("TRACKTWO_", "LC_", "LANG", "NO_COLOR")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return {**kept, "COLUMNS": "80", **more}


def until(holds: Callable[[], object], what: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.02)


class Relay:
    """A relay's process, which can be killed and comes back at the same address."""

    def __init__(self, folder: Path, *storage: str) -> None:
        """`storage`: options instead of a store in this folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.store, self.log = folder / "store", folder / "log"
        self.storage = list(storage) or ["--store", str(self.store)]
        self.address = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it; at the address it had, if it had one."""
        listen = self.address.removeprefix("http://") or "127.0.0.1:0"
        arguments = [COMMAND, "relay", "--listen", listen, *self.storage, "--json"]
        with self.log.open("ab") as log:
            before = log.tell()
            self.process = subprocess.Popen(
                arguments, env=surroundings(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(lambda: b"}\n" in self.log.read_bytes()[before:], "a relay")
        self.address = json.loads(self.log.read_bytes()[before:].split(b"\n")[0])["listening"]

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.send_signal(KILL)
            self.process.wait()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Killed, and back after."""
        self.kill()
        yield
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.kill()


@dataclass
class Person:
    """Somebody at a machine of their own."""

    name: str
    home: Path
    relay: str = ""
    more: dict[str, str] = field(default_factory=dict)
    """Of the environment."""

    @property
    def environment(self) -> dict[str, str]:
        """What their commands see."""
        known = {"TRACKTWO_HOME": str(self.home), "TRACKTWO_PASSPHRASE": PASSPHRASE}
        return surroundings(TRACKTWO_RELAY=self.relay, **(known | self.more))

    def start(self, *arguments: str | Path, **more: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - what Popen takes
        """Start a command."""
        settings = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "encoding": "utf-8",
            "cwd": self.home.parent,
            "env": self.environment,
        }
        process: subprocess.Popen[str]
        process = start([COMMAND, *map(str, arguments)], **(settings | more))
        return process

    def tries(self, *arguments: str | Path, stdin: str | None = None, **more: Any) -> Run:  # noqa: ANN401 - as above
        """Run a command to its end, whatever it returns; a fault of the program never."""
        if stdin is not None:
            more["stdin"] = subprocess.PIPE
        process = self.start(*arguments, **more)
        try:
            out, errors = process.communicate(stdin, timeout=2 * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError(f"{self.name} waits in vain: {arguments}") from None
        sound(errors)
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def does(self, *arguments: str | Path, **more: Any) -> str:  # noqa: ANN401 - as above
        """Run a command that must do; what it printed."""
        done = self.tries(*arguments, **more)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def json(self, *arguments: str | Path, **more: Any) -> Any:  # noqa: ANN401 - as above
        """Run a command that must do; the one JSON value it printed."""
        return json.loads(self.does(*arguments, "--json", **more))

    def refused(self, *arguments: str | Path, code: int = 2, **more: Any) -> str:  # noqa: ANN401 - as above
        """Run a command that must not do; the sentence it said."""
        done = self.tries(*arguments, **more)
        assert (done.returncode, done.stdout) == (code, ""), f"{arguments}: {done}"
        return done.stderr

    def texts(self, *options: str, channel: str = "talks") -> list[str]:
        """What others have said, as far as it is new."""
        lines = self.json("read", channel, *options)
        return [line["text"] for line in lines if line["kind"] == "talk" and not line["you"]]


def sound(errors: str) -> None:
    """Nothing in what was said on standard error is for programmers."""
    assert "Traceback" not in errors
    assert "fault of the program" not in errors
    assert "The system refused" not in errors


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a command that was started: its exit code, what it printed, what it said."""
    try:
        out, errors = process.communicate(timeout=2 * PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"in vain: {process.args!r}") from None
    sound(errors)
    return process.returncode, out, errors


def code_of(inviting: subprocess.Popen[str]) -> str:
    """The code that `channel invite --json` says before it waits."""
    assert inviting.stdout is not None
    told = ""
    while not told.endswith("}\n"):
        line = inviting.stdout.readline()
        assert line, "no code was said"
        told += line
    said = json.loads(told)
    assert set(said) == {"code", "relay", "link"}
    assert said["link"] == f"tracktwo:{said['code']}@{said['relay']}"
    return str(said["code"])


def person(name: str, folder: Path, relay: str = "") -> Person:
    """Somebody with an empty node."""
    somebody = Person(name, folder / name, relay)
    Node.make(somebody.home, PASSPHRASE, memory=8 * 1024)
    return somebody


def channel_of(
    relay: str,
    folder: Path,
    *,
    charter: Charter | None = None,
    name: str = "talks",
    pseudonyms: tuple[str, ...] = ("Convener", "Heron", "Otter"),
) -> tuple[Person, ...]:
    """A channel that a convener began and delegates are in, each a person at a home of its own.

    Everything said so far is read and acknowledged. Sides: North, South, East.
    """
    people = tuple(person(pseudonym, folder, relay) for pseudonym in pseudonyms)
    with closing(Node(people[0].home, PASSPHRASE)) as node:
        agreed = charter or Charter(title="The talks")
        node.found(name, agreed, relay=relay, pseudonym=pseudonyms[0], side="", role="convener")
        invitations = []
        for side in ("North", "South", "East")[: len(people) - 1]:
            with node.channel(name) as replica:
                invitations.append(invites.invite(replica, role="delegate", side=side))
    for newcomer, invitation in zip(people[1:], invitations, strict=True):
        with closing(Node(newcomer.home, PASSPHRASE)) as node:
            node.join(name, invitation, relay=relay, pseudonym=newcomer.name)
    all_sync(people, name)
    for each in people:
        with opened(each, name) as replica:
            place = replica.store.one("SELECT max(place) FROM event") or 0
            replica.store.keep("read up to", place.to_bytes(8))
    return people


def all_sync(people: tuple[Person, ...], name: str = "talks") -> None:
    """All post and fetch, in turn, until nothing is new; by the library."""
    moved = True
    while moved:
        moved = False
        for each in people:
            with opened(each, name) as replica:
                if replica.relay:
                    with Post() as post:
                        report = synchronise(replica, post)
                    moved = moved or bool(report.posted or report.fetched)
                else:
                    settle(replica)
                    moved = _carry_by_hand(replica, people, name) or moved


def _carry_by_hand(replica: Replica, people: tuple[Person, ...], name: str) -> bool:
    """Where there is no relay: everything in our outbox to whom it is for."""
    carried = 0
    rows = replica.store.rows("SELECT peer, bytes FROM outbox ORDER BY turn")
    replica.store.do("DELETE FROM outbox WHERE event IS NULL")
    for each in people:
        with opened(each, name) as theirs:
            for peer, data in rows:
                carried += theirs.own == peer and theirs.accept(data)
            settle(theirs)
    return bool(carried)


@contextmanager
def opened(whose: Person, name: str = "talks") -> Iterator[Replica]:
    """A person's copy of a channel, while none of their commands need it."""
    with closing(Node(whose.home, PASSPHRASE)) as node, node.channel(name) as replica:
        yield replica
