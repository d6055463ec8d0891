"""The relay beside magic-wormhole's mailbox server and Redis streams: durable messages a second.

One generator for all, on the same machine: pairs of a sender and a receiver, messages of 4096
bytes. A sender at full speed posts the next message when the last is durable; at a fixed rate, by
the clock.
The magic-wormhole server is installed by this script alone, into a folder that is removed; Redis is
measured if there is a redis-server.

`python bench/relay.py [--json] [--seconds 5] [--repeat 3] [--pairs 50] [--held 5000]`
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import http.client
import json
import os
import resource
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import relay_servers as servers
import relay_wire as wire

try:
    from uvloop import run  # a generator that costs little, for all alike
except ImportError:  # not on this system
    from asyncio import run

MIB = 1 << 20
Pair = tuple[int, Callable[[], wire.Posting], int, Callable[[], wire.Counting]]


def require(right: bool) -> None:
    """What does not do what it should is not measured."""
    if not right:
        raise RuntimeError


async def connected(pairs: list[Pair]) -> list[tuple[wire.Posting, wire.Counting]]:
    """Senders and receivers, connected to their ports."""
    loop = asyncio.get_running_loop()
    made = []
    for send_port, sender, recv_port, receiver in pairs:
        _, receiving = await loop.create_connection(receiver, "127.0.0.1", recv_port)
        _, sending = await loop.create_connection(sender, "127.0.0.1", send_port)
        await receiving.open
        await sending.open
        made.append((sending, receiving))
    return made


async def load(
    pairs: list[Pair], seconds: float, rate: float | None, pids: list[int]
) -> dict[str, float]:
    """Post for so long; at a rate in messages a second, or as fast as answers come.

    Tells also what a message cost the processor: in the servers of these ids, and here.
    """
    loop = asyncio.get_running_loop()
    lines = await connected(pairs)
    before = sum(map(servers.spent, pids)), time.process_time()
    took: list[float] = []
    over = loop.time() + seconds

    def stored(sender: wire.Posting, begun: float) -> None:
        now = time.monotonic()  # the same clock as the loop's, which may count whole milliseconds
        took.append(now - begun)
        if rate is None and now < over:
            sender.post(partial(stored, sender, now))

    def by_the_clock(sender: wire.Posting, due: float) -> None:
        if rate is not None and due < over:
            sender.post(partial(stored, sender, due))
            loop.call_at(due + len(lines) / rate, by_the_clock, sender, due + len(lines) / rate)

    for number, (sender, _) in enumerate(lines):
        if rate is None:
            sender.post(partial(stored, sender, time.monotonic()))
        else:
            due = loop.time() + number / rate
            loop.call_at(due, by_the_clock, sender, due)
    await asyncio.sleep(seconds)
    acknowledged = len(took)
    while any(sender.waiting for sender, _ in lines) and loop.time() < over + 60:
        await asyncio.sleep(0.1)
    while sum(r.received for _, r in lines) < len(took) and loop.time() < over + 60:
        await asyncio.sleep(0.1)
    require(sum(receiver.received for _, receiver in lines) == len(took))
    after = sum(map(servers.spent, pids)), time.process_time()
    server, generator = (
        (end - begin) / len(took) * 1e6 for begin, end in zip(before, after, strict=True)
    )
    for sender, receiver in lines:
        sender.transport.abort()
        receiver.transport.abort()
    ordered = sorted(took)
    return {
        "rate": acknowledged / seconds,
        "p50": ordered[len(ordered) // 2] * 1000,
        "p99": ordered[int(len(ordered) * 0.99)] * 1000,
        "server": server,
        "generator": generator,
    }


def boxes(port: int, count: int) -> list[wire.Box]:
    """Mailboxes of ours."""
    made = [wire.Box() for _ in range(count)]
    line = http.client.HTTPConnection("127.0.0.1", port)
    for box in made:
        line.request("POST", "/v1/mailboxes", json.dumps(box.terms()))
        answer = line.getresponse()
        answer.read()
        require(answer.status == 201)
    line.close()
    return made


def our_pairs(ports: list[int], count: int, *, sockets: bool) -> list[Pair]:
    """Pairs of ours; where there are two relays, each sends at one and receives at the other."""
    sender = wire.SocketSender if sockets else wire.HttpSender
    receiver = wire.SocketReceiver if sockets else wire.HttpReceiver
    return [
        (
            ports[number % len(ports)],
            partial(sender, box),
            ports[(number + 1) % len(ports)],
            partial(receiver, box),
        )
        for number, box in enumerate(boxes(ports[0], count))
    ]


class Measured:
    """Kinds of servers, each measured by the same load."""

    def __init__(self, arguments: argparse.Namespace, scratch: Path) -> None:
        self.count, self.seconds = arguments.pairs, arguments.seconds
        self.scratch = scratch
        self.twist = servers.wormhole_installed(scratch / "wormhole")

    def kinds(self) -> dict[str, Callable[[float | None], dict[str, float]]]:
        """What is measured, by its name in the table."""
        kinds: dict[str, Callable[[float | None], dict[str, float]]] = {
            "TrackTwo, SQLite, WebSocket": partial(self.ours, 1, True, False),
            "TrackTwo, SQLite, HTTP": partial(self.ours, 1, False, False),
            "TrackTwo, PostgreSQL, WebSocket": partial(self.ours, 1, True, True),
            "TrackTwo, PostgreSQL, two relays": partial(self.ours, 2, True, True),
            "magic-wormhole mailbox server 0.8.0": self.wormhole,
        }
        if shutil.which("redis-server"):
            kinds["Redis streams, appendfsync always"] = self.redis
        return kinds

    def ours(
        self, relays: int, sockets: bool, shared: bool, rate: float | None
    ) -> dict[str, float]:
        """Our relay, or two of them on one PostgreSQL."""
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=self.scratch))
            options, pids = ["--store", folder], []
            if shared:
                database, pid = stack.enter_context(servers.postgresql())
                options, pids = ["--postgresql", database], [pid]
            relays_there = [stack.enter_context(servers.ours(*options)) for _ in range(relays)]
            pairs = our_pairs([port for port, _ in relays_there], self.count, sockets=sockets)
            pids += [pid for _, pid in relays_there]
            return run(load(pairs, self.seconds, rate, pids))

    def redis(self, rate: float | None) -> dict[str, float]:
        """Redis streams: XADD, XREAD, and XDEL for what ours acknowledges."""
        with servers.redis() as (port, pid):
            names = [str(number).encode() for number in range(self.count)]
            pairs: list[Pair] = [
                (port, partial(wire.RedisSender, name), port, partial(wire.RedisReceiver, name))
                for name in names
            ]
            return run(load(pairs, self.seconds, rate, [pid]))

    def wormhole(self, rate: float | None) -> dict[str, float]:
        """Two clients of each mailbox, which knows no acknowledgement."""
        with servers.wormhole(self.twist) as (port, pid):
            names = [f"box-{number}" for number in range(self.count)]
            pairs: list[Pair] = [
                (
                    port,
                    partial(wire.WormholeSender, name, "sender"),
                    port,
                    partial(wire.WormholeReceiver, name, "receiver"),
                )
                for name in names
            ]
            return run(load(pairs, self.seconds, rate, [pid]))


def memory(pid: int) -> int:
    """Bytes of a process that are in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def held(count: int) -> dict[str, float]:
    """What so many idle readers on WebSockets cost the relay."""

    async def hold(port: int, pid: int) -> dict[str, float]:
        some = boxes(port, 100)
        before, begun = memory(pid), time.monotonic()
        loop = asyncio.get_running_loop()
        receivers = []
        for number in range(count):
            receiver = partial(wire.SocketReceiver, some[number % 100])
            _, line = await loop.create_connection(receiver, "127.0.0.1", port)
            await line.open
            receivers.append(line)
        took, after = time.monotonic() - begun, memory(pid)
        _, sender = await loop.create_connection(
            partial(wire.SocketSender, some[0]), "127.0.0.1", port
        )
        await sender.open
        stored = loop.create_future()
        sender.post(lambda: stored.set_result(None))
        await stored
        while sum(line.received for line in receivers) < count // 100:
            await asyncio.sleep(0.01)
        for line in receivers:
            line.transport.abort()
        return {"connections": count, "KiB each": (after - before) / count / 1024, "seconds": took}

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder, servers.ours("--store", folder) as (port, pid):
        return run(hold(port, pid))


def blob(options: list[str], size: int = 100 * MIB) -> dict[str, float]:
    """Seconds to write a blob in pieces, to read it whole, and for both at once with follow."""
    with servers.ours(*options) as (port, _):
        took = {}
        for follow in (False, True):
            reading, writing = os.urandom(32), os.urandom(32)
            name = make_blob(port, reading, writing, size)
            reader = threading.Thread(target=read_blob, args=(port, name, reading, size))
            begun = time.monotonic()
            if follow:
                reader.start()
            write_blob(port, name, writing, size)
            written = time.monotonic()
            if not follow:
                reader.start()
            reader.join()
            if follow:
                took["both at once"] = time.monotonic() - begun
            else:
                took["written"] = written - begun
                took["read"] = time.monotonic() - written
        return took


def make_blob(port: int, reading: bytes, writing: bytes, size: int) -> str:
    """Make a blob; its id."""
    terms: dict[str, Any] = {"total": size, "ttl_hours": 1}
    terms["read_hash"] = hashlib.sha256(reading).hexdigest()
    terms["write_hash"] = hashlib.sha256(writing).hexdigest()
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("POST", "/v1/blobs", json.dumps(terms))
    name = json.loads(line.getresponse().read())["id"]
    line.close()
    return str(name)


def header(capability: bytes) -> dict[str, str]:
    """What says that one may."""
    name, _, value = wire.authority(capability).strip().partition(": ")
    return {name: value}


def write_blob(port: int, name: str, writing: bytes, size: int) -> None:
    """Write a blob in pieces of a mebibyte."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    piece = os.urandom(MIB)
    for offset in range(0, size, MIB):
        headers = {**header(writing), "Upload-Offset": str(offset)}
        line.request("PATCH", f"/v1/b/{name}", piece, headers)
        answer = line.getresponse()
        answer.read()
        require(answer.status == 204)
    line.close()


def read_blob(port: int, name: str, reading: bytes, size: int) -> None:
    """Read a blob as it comes, to its end."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", f"/v1/b/{name}?follow=1", headers=header(reading))
    answer = line.getresponse()
    got = 0
    while part := answer.read(MIB):
        got += len(part)
    line.close()
    require(got == size)


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything, one after the other, in turns so that a busy minute hits all."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        kinds = Measured(arguments, Path(scratch)).kinds()
        for rate in (None, 200.0, 500.0):
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
            for _ in range(arguments.repeat if rate is None else 2):
                for name, kind in kinds.items():
                    runs[name].append(kind(rate))
            found["full speed" if rate is None else f"{rate:.0f}/s"] = runs
        found["held"] = held(arguments.held)
        found["blob, SQLite"] = blob(["--store", f"{scratch}/blob"])
        with servers.postgresql() as (database, _):
            found["blob, PostgreSQL"] = blob(["--postgresql", database])
    return found


def show(found: dict[str, Any]) -> None:
    """The tables."""
    for title in ("full speed", "200/s", "500/s"):
        print(
            f"\n{title}\n\n| server | messages/s, each run | best | p50 ms | p99 ms, each run |",
            end="",
        )
        print(" server, generator: µs of processor a message |\n|---|---|---|---|---|---|")
        for name, runs in found[title].items():
            rates = [one["rate"] for one in runs]
            each = ", ".join(f"{rate:,.0f}" for rate in rates)
            p50 = statistics.median(one["p50"] for one in runs)
            p99 = ", ".join(f"{one['p99']:.1f}" for one in runs)
            cost = (statistics.median(one[who] for one in runs) for who in ("server", "generator"))
            used = ", ".join(f"{each:.0f}" for each in cost)
            print(f"| {name} | {each} | {max(rates):,.0f} | {p50:.1f} | {p99} | {used} |")
    for title in ("held", "blob, SQLite", "blob, PostgreSQL"):
        said = ", ".join(f"{key} {value:,.2f}" for key, value in found[title].items())
        print(f"\n{title}: {said}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--held", type=int, default=5000)
    arguments = parser.parse_args()
    found = measure(arguments)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


if __name__ == "__main__":
    main()
