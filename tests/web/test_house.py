"""Who comes in, and what is kept of what was typed meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tracktwo.channel.node import Node
from tracktwo.errors import BadInput
from tracktwo.web.app import application
from tracktwo.web.house import House

ORIGIN = "http://127.0.0.1:8000"
PASSPHRASE = "grey wagtail"  # noqa: S105 - of tests


@pytest.fixture
def house(tmp_path: Path) -> House:
    Node.make(tmp_path / "node", PASSPHRASE, memory=64)
    return House(tmp_path / "node")


def test_a_token_lets_in_once_and_a_wrong_guess_does_not_use_it_up(house: House) -> None:
    token = house.new_token()
    assert house.by_token("") is None
    assert house.by_token(token[:-1]) is None
    assert house.by_token(token) is not None
    assert house.by_token(token) is None


def test_a_new_token_takes_the_place_of_the_one_before(house: House) -> None:
    first, second = house.new_token(), house.new_token()
    assert house.by_token(first) is None
    assert house.by_token(second) is not None


def test_neither_path_nor_cookie_alone_opens_anything(house: House) -> None:
    one, other = house.come_in(), house.come_in()
    assert house.session(one.door, one.cookie) is one
    assert house.session(one.door, other.cookie) is None
    assert house.session(one.door, "") is None
    assert house.session(one.door, "\u043a") is None
    assert house.session("", one.cookie) is None


def test_the_oldest_session_makes_room_for_a_seventeenth(house: House) -> None:
    sessions = [house.come_in() for _ in range(17)]
    found = [house.session(each.door, each.cookie) for each in sessions]
    assert found == [None, *sessions[1:]]


def test_locking_forgets_the_key_and_everybody_in(house: House) -> None:
    house.unlock(PASSPHRASE)
    session = house.come_in()
    left = house.leave("/c/1", {"text": "a red line"})
    with house.node() as node:
        assert node.idents() == {}
    house.lock()
    assert house.is_locked
    assert house.session(session.door, session.cookie) is None
    assert house.left(left) is None
    with pytest.raises(BadInput, match="Your node is locked"), house.node():
        pass


def test_who_came_in_while_it_was_locked_is_out_once_it_is_unlocked(house: House) -> None:
    early = house.by_token(house.new_token())
    assert early is not None
    house.unlock(PASSPHRASE)
    assert house.session(early.door, early.cookie) is None
    late = house.come_in()
    house.unlock(PASSPHRASE)  # as from another browser
    assert house.session(late.door, late.cookie) is late


def test_a_token_drawn_while_it_was_locked_opens_nothing_once_it_is_unlocked(house: House) -> None:
    early = house.new_token()
    house.unlock(PASSPHRASE)
    assert house.by_token(early) is None
    assert house.by_token(house.new_token()) is not None  # as where a program gave the passphrase


def test_who_uses_the_token_while_it_is_being_unlocked_is_out_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lock:
        """When it is let go for the first time, the person unlocks."""

        lock, was_held = threading.Lock(), False

        def __enter__(self) -> None:
            self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()
            if not self.was_held:
                self.was_held = True
                house.unlock(PASSPHRASE)

    token = house.new_token()
    monkeypatch.setattr(house, "_lock", Lock())
    early = house.by_token(token)
    assert early is not None
    assert house.session(early.door, early.cookie) is None


def test_what_stands_in_an_address_lasts_and_is_another_in_another_node(
    house: House, tmp_path: Path
) -> None:
    house.unlock(PASSPHRASE)
    mark = house.mark("water")
    house.lock()
    with pytest.raises(BadInput):
        house.mark("water")
    house.unlock(PASSPHRASE)
    assert house.mark("water") == mark != house.mark("gate")
    Node.make(tmp_path / "other", PASSPHRASE, memory=64)
    other = House(tmp_path / "other")
    other.unlock(PASSPHRASE)
    assert other.mark("water") != mark


def test_a_wrong_passphrase_leaves_it_locked(house: House) -> None:
    with pytest.raises(BadInput, match="This is not the passphrase"):
        house.unlock("grey heron")
    assert house.is_locked


def test_what_was_typed_is_found_under_its_name_until_there_is_too_much(house: House) -> None:
    names = [house.leave("/c/1", {"text": f"word {number}"}) for number in range(17)]
    assert house.left(names[0]) is None
    left = house.left(names[-1])
    assert left is not None
    assert (left.path, left.values) == ("/c/1", {"text": "word 16"})
    assert house.leave("/c/1", {}) == ""
    assert house.leave("/c/1", {"text": "x" * ((1 << 20) + 1)}) == ""


def test_what_is_told_beforehand_outlasts_the_program_and_a_damaged_file(house: House) -> None:
    assert house.told() == {}
    house.tell(port=8000)
    house.tell(language="ar")
    assert House(house.home).told() == {"port": 8000, "language": "ar"}
    for damaged in ("", "[1]", "{", "\x00"):
        (house.home / "page.json").write_text(damaged)
        assert house.told() == {}


def asked(house: House, *bodies: dict[str, object]) -> list[httpx.Response]:
    """What somebody who is not in is answered, all at once."""

    async def at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(application(house, 8000))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            headers = {"origin": ORIGIN}
            answers = [
                client.post(str(body.pop("path")), **{"headers": headers, **body})
                for body in bodies
            ]
            return list(await asyncio.gather(*answers))

    with ThreadPoolExecutor(1) as thread:  # in this one Playwright may keep a loop running
        return thread.submit(asyncio.run, at_once()).result()


def test_many_tries_at_once_hold_one_thread_of_the_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    two, met = threading.Barrier(2), []

    def unlock(_: str) -> None:
        with suppress(threading.BrokenBarrierError):
            met.append(two.wait(0.3))
        raise BadInput("This is not the passphrase.")

    monkeypatch.setattr(house, "unlock", unlock)
    tries = [{"path": "/unlock", "data": {"passphrase": "x"}} for _ in range(3)]
    assert [answer.status_code for answer in asked(house, *tries)] == [403] * 3
    assert not met


def test_what_is_large_is_not_read_of_who_is_not_in(house: House) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    headers = {"origin": ORIGIN, "content-length": str((2 << 20) + 1)}
    for path in ("/unlock", "/language", "/x/c/1"):
        (answer,) = asked(house, {"path": path, "content": body(), "headers": headers})
        assert (answer.status_code, "too large" in answer.text) == (413, True)
    assert not read


def test_drafts_that_come_while_nobody_is_in_push_nothing_out(house: House) -> None:
    name = house.leave("/c/1", {"text": "a red line"})
    drafts = [{"path": "/x/c/1", "data": {"text": "a", "keep": "1"}} for _ in range(17)]
    assert {answer.status_code for answer in asked(house, *drafts)} == {403}
    assert house.left(name) is not None


def test_no_secret_is_in_what_is_printed_of_it(house: House) -> None:
    token = house.new_token()
    session = house.come_in()
    left = house.left(house.leave("/c/1", {"text": "a red line"}))
    printed = f"{house!r} {session!r} {left!r}"
    for secret in (token, session.door, session.cookie, session.csrf, "a red line"):
        assert secret not in printed
