"""Killed at any moment: all that was acknowledged is read, and nothing is read twice."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from websockets.exceptions import WebSocketException

from relays import SMALL, Mailbox, Running, answers, bearer, client, new_mid, post_bytes, start

TROUBLE = (httpx.TransportError, WebSocketException, OSError, TimeoutError)


class Poster(threading.Thread):
    """Posts to one mailbox until it is told to stop, again and again until each is acknowledged.

    `relays` gives the relay to try next; it may be dead.
    """

    def __init__(self, mailbox: Mailbox, relays: Iterator[Running], *, by_socket: bool) -> None:
        super().__init__(daemon=True)
        self.mailbox, self.relays, self.by_socket = mailbox, relays, by_socket
        self.bodies: dict[str, bytes] = {}
        self.acknowledged: set[str] = set()
        self.progress = threading.Condition()
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._post_at(next(self.relays))
            except TROUBLE:
                self.stopping.wait(0.02)

    def _next(self) -> tuple[str, bytes]:
        """What was posted and not acknowledged; else something new."""
        for mid in self.bodies.keys() - self.acknowledged:
            return mid, self.bodies[mid]
        mid = new_mid()
        self.bodies[mid] = os.urandom(16).ljust(SMALL, b"\0")
        return mid, self.bodies[mid]

    def _post_at(self, relay: Running) -> None:
        mailbox = self.mailbox.at(relay)
        if self.by_socket:
            with mailbox.sender() as sender:
                while not self.stopping.is_set():
                    mid, body = self._next()
                    sender.send(post_bytes(mid, body))
                    message = sender.recv(timeout=30)
                    assert isinstance(message, bytes)
                    self._note(*answers(message)[0])
            return
        with client(relay) as http:
            while not self.stopping.is_set():
                mid, body = self._next()
                path = f"/v1/s/{mailbox.sid}/{mid}"
                answer = http.put(path, content=body, headers=bearer(mailbox.send))
                self._note(mid, answer.status_code)

    def _note(self, mid: str, status: int) -> None:
        assert status in (200, 201, 503)
        if status != 503:
            with self.progress:
                self.acknowledged.add(mid)
                self.progress.notify_all()

    def reach(self, count: int) -> None:
        """Wait until so many were acknowledged."""
        with self.progress:
            assert self.progress.wait_for(lambda: len(self.acknowledged) >= count, timeout=60)


def wait_for(posters: list[Poster], more: int) -> None:
    """Until every poster has had so many more acknowledged."""
    for poster, count in [(poster, len(poster.acknowledged)) for poster in posters]:
        poster.reach(count + more)


def finish(posters: list[Poster]) -> None:
    for poster in posters:
        poster.stopping.set()
    for poster in posters:
        poster.join(timeout=60)


def require_all_once(posters: list[Poster], relay: Running) -> None:
    for poster in posters:
        found = poster.mailbox.at(relay).read_all()
        assert [frame.seq for frame in found] == list(range(1, len(found) + 1))
        mids = [frame.mid for frame in found]
        assert len(set(mids)) == len(mids)
        assert poster.acknowledged <= set(mids) <= poster.bodies.keys()
        assert all(poster.bodies[frame.mid] == frame.body for frame in found)


def test_a_relay_killed_while_many_post_loses_and_doubles_nothing(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    options = storage()
    relays = [start(tmp_path, *options)]
    posters = [
        Poster(
            relays[0].mailbox(), (relays[-1] for _ in itertools.count()), by_socket=number % 2 == 0
        )
        for number in range(4)
    ]
    for poster in posters:
        poster.start()
    for _ in range(4):
        wait_for(posters, 10)
        relays[-1].kill()
        relays.append(start(tmp_path, *options))
    wait_for(posters, 10)
    finish(posters)
    require_all_once(posters, relays[-1])
    relays[-1].stop()


def test_of_two_relays_on_one_database_one_may_die(
    postgresql: Callable[[], str], tmp_path: Path
) -> None:
    options = ["--postgresql", postgresql()]
    with ThreadPoolExecutor(2) as pool:
        two = list(pool.map(lambda _: start(tmp_path, *options), range(2)))
    posters = [
        Poster(
            two[0].mailbox(), itertools.cycle(two[:: 1 - 2 * (number % 2)]), by_socket=number < 2
        )
        for number in range(4)
    ]
    for poster in posters:
        poster.start()
    wait_for(posters, 20)
    two[0].kill()
    wait_for(posters, 20)
    finish(posters)
    require_all_once(posters, two[1])
    two[1].stop()


def test_what_one_relay_takes_another_delivers_at_once(
    postgresql: Callable[[], str], tmp_path: Path
) -> None:
    options = ["--postgresql", postgresql()]
    first, second = start(tmp_path, *options), start(tmp_path, *options)
    mailbox, blob = first.mailbox(), first.blob(20)
    following = f"/v1/b/{blob.id}?follow=1"
    with (
        mailbox.at(second).reader() as reader,
        second.http.stream("GET", following, headers=bearer(blob.reading)) as answer,
    ):
        coming = answer.iter_raw()
        for number in range(5):
            mid = mailbox.post()
            message = reader.recv(timeout=20)
            assert isinstance(message, bytes)
            assert message[8:24].hex() == mid
            if number < 2:
                blob.append(10 * number, bytes([number]) * 10)
                assert next(coming) == bytes([number]) * 10
        assert list(coming) == []
    assert (first.stop(), second.stop()) == (0, 0)
