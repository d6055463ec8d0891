"""A proxy between members and relays that does to requests what bad networks do.

It drops requests and answers, sends requests twice, holds them back until others have passed, and
cuts answers short. Standing in for toxiproxy, which is no Python package.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Sequence

_LIMIT = 1 << 20
_HELD_AT_MOST = 8
FAULTS = ("drop", "lose answer", "double", "hold", "cut")


class Proxy:
    """Listens on a port of its own and forwards to the relays in turn, in a thread of its own."""

    def __init__(self, relays: Sequence[int], seed: int, rate: float) -> None:
        """`relays`: ports on this machine. `rate`: the share of requests something happens to."""
        self._relays, self._random, self._rate = list(relays), random.Random(seed), rate
        self._turn = 0
        self._held: list[bytes] = []
        self.counts = dict.fromkeys((*FAULTS, "forwarded"), 0)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    def close(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(started))
        self._loop.close()

    async def _serve(self, started: threading.Event) -> None:
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=_LIMIT)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopping.wait()
        server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = _Upstream()
        try:
            while request := await _message(reader):
                answer, goes_on = await self._pass_on(relay, request)
                writer.write(answer)
                await writer.drain()
                if not goes_on:
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:  # the end; asyncio's streams would complain of it
            pass
        finally:
            relay.close()
            writer.close()

    async def _pass_on(self, relay: _Upstream, request: bytes) -> tuple[bytes, bool]:
        """What the member gets of the answer, and whether the connection stays."""
        fault = self._random.choice(FAULTS) if self._random.random() < self._rate else "forwarded"
        self.counts[fault] += 1
        if fault == "drop":
            return b"", False
        if fault == "hold":
            self._held.append(request)
            if len(self._held) > _HELD_AT_MOST:
                await relay.ask(self._next(), self._held.pop(0))
            return b"", False
        answer = await relay.ask(self._next(), request)
        if fault == "double":
            answer = await relay.ask(self._next(), request)
        if self._held and self._random.random() < self._rate:
            late = self._held.pop(self._random.randrange(len(self._held)))
            await relay.ask(self._next(), late)
        kept = {"lose answer": 0, "cut": len(answer) // 2}.get(fault, len(answer))
        return answer[:kept], kept == len(answer)

    def _next(self) -> int:
        self._turn += 1
        return self._relays[self._turn % len(self._relays)]


class _Upstream:
    """A connection to a relay, made anew when it breaks or another relay is asked."""

    def __init__(self) -> None:
        self._port = 0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, port: int, request: bytes) -> bytes:
        if self._streams is None or port != self._port:
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT)
            self._port = port
        reader, writer = self._streams
        try:
            writer.write(request)
            await writer.drain()
            answer = await _message(reader)
        except OSError:
            self.close()
            raise
        if not answer:
            self.close()
            raise ConnectionResetError
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer; nothing at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    return head + await reader.readexactly(_length(head))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
