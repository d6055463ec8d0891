"""What only PostgreSQL can do to a relay: break connections, lose a NOTIFY, go and come back."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import psycopg
import pytest

from loops import run
from relays import SMALL, Running, new_mid, running
from tracktwo.relay.capability import recv_id, send_id
from tracktwo.relay.connections import Connections
from tracktwo.relay.limits import Limits
from tracktwo.relay.postgresql import PostgresqlStore
from tracktwo.relay.postgresql_tables import CHANNEL
from tracktwo.relay.store import NewMailbox, Post


@pytest.fixture
def dsn(postgresql: Callable[[], str]) -> str:
    return postgresql()


def break_connections(dsn: str) -> int:
    """End every connection to the database but this one."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(ended.fetchall())


def insist(relay: Running, attempt: Callable[[], int]) -> int:
    """The first answer that is not 503; how long that may take is bounded."""
    over = time.monotonic() + 30
    for _ in itertools.count():
        status = attempt()
        if status != 503 or time.monotonic() > over:
            return status
    raise AssertionError


def test_broken_connections_cost_an_answer_of_503_and_nothing_else(
    dsn: str, tmp_path: Path
) -> None:
    with running(tmp_path, "--postgresql", dsn) as relay:
        mailbox, mids = relay.mailbox(), []
        for _ in range(4):
            assert break_connections(dsn) > 0
            mids.append(new_mid())
            put = lambda: mailbox.put(mids[-1], bytes(SMALL)).status_code  # noqa: E731
            assert insist(relay, put) in (200, 201)
            assert insist(relay, lambda: mailbox.get().status_code) == 200
        found = mailbox.read()
        assert [(frame.seq, frame.mid) for frame in found] == list(enumerate(mids, 1))
        assert insist(relay, lambda: relay.http.get("/healthz").status_code) == 200
    assert relay.log.read_text() == ""


def test_a_reader_is_woken_though_the_notice_is_lost(dsn: str, tmp_path: Path) -> None:
    with (
        running(tmp_path, "--postgresql", dsn) as first,
        running(tmp_path, "--postgresql", dsn) as second,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        mailbox = first.mailbox()
        with mailbox.at(second).reader() as reader:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^LISTEN'"
            )
            mid = mailbox.post()
            message = reader.recv(timeout=20)
            assert isinstance(message, bytes)
            assert message[8:24].hex() == mid


def test_a_batch_of_posts_is_told_by_one_notice(dsn: str) -> None:
    """Each notice takes a lock of the whole server: one a message would hold all others up."""

    nobody = "ff" * 16

    async def scenario() -> None:
        store = await PostgresqlStore.opened(dsn, Limits())
        boxes = [
            NewMailbox(recv_id(auth), send_id(auth), auth, auth, 2)
            for auth in (bytes([number]) * 32 for number in range(20))
        ]
        for box in boxes:
            await store.make_mailbox(box)
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as listening:
            await listening.execute(CHANNEL)
            posts = [
                store.put(Post(box.sid, box.send_auth, bytes([number]) * 16, bytes(SMALL)))
                for number in range(5)
                for box in boxes
            ]
            assert set(await asyncio.gather(*posts)) == {201}
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as last:
                await last.execute(f"NOTIFY tracktwo_relay, '{nobody}'")
            told = []
            async for notice in listening.notifies():
                if notice.payload == nobody:
                    break
                told.append(notice.payload)
        await store.close()
        (names,) = told
        assert sorted(names[at : at + 32] for at in range(0, len(names), 32)) == sorted(
            box.rid.hex() for box in boxes
        )

    run(scenario())


def test_who_is_cancelled_in_a_query_gives_the_connection_back(dsn: str) -> None:
    async def scenario() -> None:
        connections = Connections(dsn, 2)
        for _ in range(5):
            with anyio.move_on_after(0.2):  # as when a reader hangs up: cancelled again and again
                async with connections.one() as connection:
                    await connection.execute("SELECT pg_sleep(20)")
        async with asyncio.timeout(10), connections.one() as connection:
            assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
        await connections.close()

    run(scenario())


def test_two_relays_that_start_together_make_the_tables_once(dsn: str, tmp_path: Path) -> None:
    def turn(_: int) -> int:
        with running(tmp_path, "--postgresql", dsn) as relay:
            return relay.mailbox().make().status_code

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(turn, range(3))) == [200, 200, 200]


def test_one_mailbox_made_by_many_at_once_is_made_once(dsn: str, tmp_path: Path) -> None:
    with (
        running(tmp_path, "--postgresql", dsn) as first,
        running(tmp_path, "--postgresql", dsn) as second,
        ThreadPoolExecutor(8) as pool,
    ):
        mailbox = first.mailbox()
        mailbox.delete()
        makers = [mailbox, mailbox.at(second)] * 8
        codes = [answer.status_code for answer in pool.map(lambda one: one.make(), makers)]
    assert sorted(codes) == [200] * 15 + [201]
