"""A line by itself, under a clock of our own: whoever is not there any more is let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import HTTPConnection
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.uri import parse_uri

from loops import run
from tracktwo.relay.lines import End, Line

BEAT, LINGER = 30, 10


class Wire(asyncio.Transport):
    """A socket to a client in this process, which can be cut without a word."""

    def __init__(self) -> None:
        super().__init__()
        self.client = ClientProtocol(parse_uri("ws://relay.test/v1/r/x"))
        self.reading, self.aborted = True, False
        self.seen: list[Opcode] = []

    def write(self, data: Any) -> None:  # noqa: ANN401 - what asyncio says
        self.client.receive_data(data)
        self.seen += [e.opcode for e in self.client.events_received() if isinstance(e, Frame)]

    def write_eof(self) -> None: ...

    def is_closing(self) -> bool:
        return self.aborted

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def abort(self) -> None:
        self.aborted = True


class Reader:
    """An end that takes what comes while it is willing."""

    def __init__(self) -> None:
        self.willing, self.left = True, False

    def ready(self) -> bool:
        return self.willing

    def take(self, message: bytes) -> None: ...

    def resume(self) -> None: ...

    def leave(self) -> None:
        self.left = True


class Case:
    """A line that was opened, its client, and the time."""

    def __init__(self) -> None:
        self.loop, self.now = asyncio.get_running_loop(), 1000.0
        self.loop.time = lambda: self.now  # type: ignore[method-assign]
        self.wire, self.end = Wire(), Reader()
        more: dict[str, Any] = {"config": None, "server_state": ServerState(), "app_state": None}
        self.line = Line(self._admit, **more)

    async def _admit(self, line: Line, asked: HTTPConnection) -> End:
        return self.end

    async def opened(self) -> Case:
        self.line.connection_made(self.wire)
        self.wire.client.send_request(self.wire.client.connect())
        self.answer()
        await self.turn()
        assert self.wire.client.handshake_exc is None
        return self

    def answer(self) -> None:
        """Let what the client has to say arrive."""
        for data in self.wire.client.data_to_send():
            self.line.data_received(data)

    async def turn(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def pass_by(self, seconds: float) -> None:
        self.now += seconds
        await self.turn()


def play(scenario: Callable[[Case], Any]) -> None:
    async def whole() -> None:
        await scenario(await Case().opened())

    run(whole())


def test_who_is_gone_without_a_word_is_let_go_after_two_beats() -> None:
    async def scenario(case: Case) -> None:
        await case.pass_by(BEAT + 1)
        assert case.wire.seen == [Opcode.PING]
        assert not case.end.left
        await case.pass_by(BEAT + 1)
        assert case.end.left
        assert case.wire.seen == [Opcode.PING, Opcode.CLOSE]
        assert case.wire.client.close_rcvd == Close(1011, "")
        assert not case.wire.aborted
        await case.pass_by(LINGER + 1)
        assert case.wire.aborted

    play(scenario)


def test_who_answers_stays_however_long_nothing_is_said() -> None:
    async def scenario(case: Case) -> None:
        for beat in range(1, 50):
            await case.pass_by(BEAT + 1)
            case.answer()
            assert case.wire.seen == [Opcode.PING] * beat
        assert not case.end.left
        assert not case.wire.aborted

    play(scenario)


def test_who_is_not_read_because_we_are_busy_is_not_taken_for_gone() -> None:
    async def scenario(case: Case) -> None:
        case.end.willing = False
        case.line.advance()
        assert not case.wire.reading
        for _ in range(5):
            await case.pass_by(BEAT + 1)
        assert not case.end.left
        case.end.willing = True
        case.line.advance()
        assert case.wire.reading
        await case.pass_by(BEAT + 1)
        await case.pass_by(BEAT + 1)
        assert case.end.left

    play(scenario)
