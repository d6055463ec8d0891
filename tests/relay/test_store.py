"""The storages from within: what ends in time, by a clock of our own, and what a full disk does."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import psycopg
import pytest

from loops import run
from tracktwo.errors import BadInput
from tracktwo.relay.capability import blob_id, recv_id, send_id
from tracktwo.relay.limits import BACKLOG, Limits
from tracktwo.relay.postgresql import PostgresqlStore
from tracktwo.relay.sqlite import SqliteStore
from tracktwo.relay.store import VERSION, Full, NewBlob, NewMailbox, Post, Progress, Store

HOUR = 3600.0
RECV, SEND = hashlib.sha256(b"recv").digest(), hashlib.sha256(b"send").digest()
MAILBOX = NewMailbox(recv_id(RECV), send_id(SEND), RECV, SEND, ttl_hours=2)
BLOB = NewBlob(blob_id(RECV, SEND), RECV, SEND, total=3000, ttl_hours=2)


class Clock:
    """Seconds since 1970, as the test says."""

    def __init__(self) -> None:
        self.now = 1000 * HOUR + 1800

    def __call__(self) -> float:
        return self.now


Opening = Callable[..., AbstractAsyncContextManager[Store]]


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Opens a storage of each kind."""
    dsn = request.getfixturevalue("postgresql")() if request.param == "postgresql" else ""

    @asynccontextmanager
    async def opening(clock: Clock, limits: Limits = Limits()) -> AsyncIterator[Store]:  # noqa: B008
        store: Store = (
            await PostgresqlStore.opened(dsn, limits, clock)
            if dsn
            else SqliteStore(tmp_path / "store", limits, clock)
        )
        try:
            yield store
        finally:
            await store.close()

    return opening


def post(mid: int = 1, body: bytes = bytes(4096)) -> Post:
    return Post(MAILBOX.sid, SEND, bytes([mid]) * 16, body)


def test_a_mailbox_and_a_blob_end_at_a_full_hour_and_are_as_if_they_had_never_been(
    opened: Opening,
) -> None:
    async def scenario() -> None:
        clock = Clock()
        async with opened(clock) as store:
            made = await store.make_mailbox(MAILBOX)
            assert (made.status, made.expires_hour) == (HTTPStatus.CREATED, 1003)
            assert (await store.blobs.make(BLOB)).expires_hour == 1003
            assert await store.put(post()) is HTTPStatus.CREATED
            assert (await store.blobs.append(BLOB.id, SEND, 0, b"x" * 100)).offset == 100
            clock.now = 1003 * HOUR - 1
            assert len(await store.fetch(MAILBOX.rid, RECV, 0, 9) or []) == 1
            assert await store.blobs.progress(BLOB.id, RECV) == Progress(100, 3000)
            clock.now = 1003 * HOUR
            assert await store.put(post()) is HTTPStatus.NOT_FOUND
            assert await store.put(post(2)) is HTTPStatus.NOT_FOUND
            assert await store.fetch(MAILBOX.rid, RECV, 0, 9) is None
            assert await store.ack(MAILBOX.rid, RECV, 1) is HTTPStatus.NOT_FOUND
            assert not await store.delete_mailbox(MAILBOX.rid, RECV)
            assert not await store.takes(MAILBOX.sid, SEND)
            assert await store.blobs.progress(BLOB.id, RECV) is None
            assert await store.blobs.read(BLOB.id, RECV, 0, 9) is None
            gone = await store.blobs.append(BLOB.id, SEND, 100, b"x")
            assert gone.status is HTTPStatus.NOT_FOUND
            assert not await store.blobs.delete(BLOB.id, RECV)

    run(scenario())


def test_a_mailbox_made_again_keeps_what_is_in_it_until_its_new_end(opened: Opening) -> None:
    async def scenario() -> None:
        clock = Clock()
        async with opened(clock) as store:
            await store.make_mailbox(MAILBOX)
            assert await store.put(post()) is HTTPStatus.CREATED
            clock.now += 2 * HOUR
            again = await store.make_mailbox(MAILBOX)
            assert (again.status, again.expires_hour) == (HTTPStatus.OK, 1005)
            clock.now += 2 * HOUR
            await store.sweep()
            assert len(await store.fetch(MAILBOX.rid, RECV, 0, 9) or []) == 1
            other = replace(MAILBOX, sid=bytes(16), send_auth=bytes(32))
            assert (await store.make_mailbox(other)).status is HTTPStatus.CONFLICT
            clock.now = 1005 * HOUR
            assert await store.fetch(MAILBOX.rid, RECV, 0, 9) is None

    run(scenario())


@pytest.mark.parametrize("swept", [False, True])
def test_what_has_ended_can_be_made_anew_and_is_empty(opened: Opening, swept: bool) -> None:
    async def scenario() -> None:
        clock = Clock()
        async with opened(clock) as store:
            for _ in range(2):
                assert (await store.make_mailbox(MAILBOX)).status is HTTPStatus.CREATED
                assert (await store.blobs.make(BLOB)).status is HTTPStatus.CREATED
                assert await store.blobs.read(BLOB.id, RECV, 0, 9) == b""
                assert await store.put(post()) is HTTPStatus.CREATED
                assert (await store.blobs.append(BLOB.id, SEND, 0, b"x")).offset == 1
                frames = await store.fetch(MAILBOX.rid, RECV, 0, 9) or []
                assert [frame.seq for frame in frames] == [1]
                clock.now += 4 * HOUR
                if swept:
                    await store.sweep()

    run(scenario())


def test_a_sweep_takes_what_has_ended_and_gives_its_room_back(opened: Opening) -> None:
    async def scenario() -> None:
        clock = Clock()
        async with opened(clock, Limits(total_bytes=12_000)) as store:
            await store.make_mailbox(MAILBOX)
            await store.blobs.make(BLOB)
            assert await store.put(post()) is HTTPStatus.CREATED
            assert await store.put(post(2)) is HTTPStatus.CREATED
            assert (await store.blobs.append(BLOB.id, SEND, 0, bytes(3000))).offset == 3000
            assert await store.put(post(3)) is HTTPStatus.INSUFFICIENT_STORAGE
            await store.sweep()
            assert len(await store.fetch(MAILBOX.rid, RECV, 0, 9) or []) == 2
            clock.now += 4 * HOUR
            rung: list[object] = []
            store.bells.listen(MAILBOX.rid, rung.append)
            await store.sweep()
            store.bells.leave(MAILBOX.rid, rung.append)
            assert rung or isinstance(store, PostgresqlStore)  # which looks by itself
        async with opened(clock, Limits(total_bytes=12_000)) as store:
            await store.make_mailbox(MAILBOX)
            for mid in (1, 2):
                assert await store.put(post(mid)) is HTTPStatus.CREATED

    run(scenario())


def test_a_sweep_removes_files_and_many_messages(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Clock()
        store = SqliteStore(tmp_path, Limits(), clock)
        await store.make_mailbox(MAILBOX)
        await store.blobs.make(BLOB)
        await store.blobs.append(BLOB.id, SEND, 0, b"x")
        posts = [
            store.put(Post(MAILBOX.sid, SEND, os.urandom(16), bytes(4096))) for _ in range(1200)
        ]
        assert set(await asyncio.gather(*posts)) == {HTTPStatus.CREATED}
        (tmp_path / "blobs" / ("ab" * 16)).write_bytes(b"left by a crash")
        await store.sweep()
        assert [path.name for path in (tmp_path / "blobs").iterdir()] == [BLOB.id.hex()]
        clock.now += 4 * HOUR
        await store.sweep()
        assert list((tmp_path / "blobs").iterdir()) == []
        await store.close()

    run(scenario())
    with sqlite3.connect(tmp_path / "relay.sqlite") as database:
        for table in ("mailbox", "message", "body", "blob"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608
        assert database.execute("SELECT held FROM usage").fetchone() == (0,)
    database.close()


def test_a_nearly_full_disk_is_left_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Clock()
        store = SqliteStore(tmp_path, Limits(), clock)
        await store.make_mailbox(MAILBOX)
        await store.blobs.make(BLOB)
        assert await store.put(post()) is HTTPStatus.CREATED
        await store.close()
        store = SqliteStore(tmp_path, Limits(keep_free=1 << 60), clock)
        before = {path: path.read_bytes() for path in tmp_path.rglob("relay.sqlite*")}
        assert await store.put(post(2)) is HTTPStatus.INSUFFICIENT_STORAGE
        assert await store.put(post()) is HTTPStatus.OK
        other = NewMailbox(recv_id(SEND), send_id(RECV), SEND, RECV, 2)
        assert (await store.make_mailbox(other)).status is HTTPStatus.INSUFFICIENT_STORAGE
        piece = await store.blobs.append(BLOB.id, SEND, 0, b"x")
        assert piece.status is HTTPStatus.INSUFFICIENT_STORAGE
        assert before == {path: path.read_bytes() for path in tmp_path.rglob("relay.sqlite*")}
        assert list((tmp_path / "blobs").iterdir()) == []
        assert len(await store.fetch(MAILBOX.rid, RECV, 0, 9) or []) == 1
        assert await store.ack(MAILBOX.rid, RECV, 1) is HTTPStatus.NO_CONTENT
        await store.close()

    run(scenario())


# PostgreSQL without room answers with an error of its own, which a trigger can raise as well.
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM {table}) >= {most} THEN
        RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk();
"""


async def tell_postgresql(store: PostgresqlStore, statements: str) -> None:
    async with store._shared.connections.one() as connection:
        await connection.execute(statements.encode())


def test_a_disk_that_fills_while_writing_loses_nothing_that_was_acknowledged(
    opened: Opening,
) -> None:
    async def scenario() -> None:
        async with opened(Clock()) as store:
            await store.make_mailbox(MAILBOX)
            if isinstance(store, PostgresqlStore):
                await tell_postgresql(store, FULL.format(table="body", most=40))
            if isinstance(store, SqliteStore):
                few = "PRAGMA max_page_count = 100"
                await store._committer.submit(lambda db: db.execute(few).close())
            stored, refused = 0, 0
            for mid in range(1, 120):
                try:
                    assert await store.put(post(mid)) is HTTPStatus.CREATED
                    stored += 1
                except Full:
                    refused += 1
            assert stored > 10
            assert refused > 10
            frames = await store.fetch(MAILBOX.rid, RECV, 0, 999) or []
            assert [frame.seq for frame in frames] == list(range(1, stored + 1))
            assert await store.ack(MAILBOX.rid, RECV, stored) is HTTPStatus.NO_CONTENT
            assert await store.put(post(250)) is HTTPStatus.CREATED

    run(scenario())


def test_a_disk_that_fills_under_a_piece_leaves_the_blob_as_it_was(
    opened: Opening, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with opened(Clock()) as store:
            await store.blobs.make(BLOB)
            file = tmp_path / "store" / "blobs" / BLOB.id.hex()
            if isinstance(store, PostgresqlStore):
                await tell_postgresql(store, FULL.format(table="piece", most=0))
            elif Path("/dev/full").exists():
                file.symlink_to("/dev/full")
            else:
                pytest.skip("this system has no file that is always full")
            with pytest.raises(Full):
                await store.blobs.append(BLOB.id, SEND, 0, b"x")
            assert await store.blobs.progress(BLOB.id, RECV) == Progress(0, 3000)
            if isinstance(store, PostgresqlStore):
                await tell_postgresql(store, "DROP TRIGGER full_disk ON piece")
            else:
                file.unlink()
            assert (await store.blobs.append(BLOB.id, SEND, 0, b"x")).offset == 1

    run(scenario())


def test_one_job_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = SqliteStore(tmp_path, Limits(), Clock())
        await store.make_mailbox(MAILBOX)

        def spoil(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM mailbox")
            raise ValueError("spoiled")

        before, bad, after = store.put(post(1)), store._committer.submit(spoil), store.put(post(2))
        assert await before is await after is HTTPStatus.CREATED
        with pytest.raises(ValueError, match="spoiled"):
            await bad
        frames = await store.fetch(MAILBOX.rid, RECV, 0, 9) or []
        assert [frame.mid[0] for frame in frames] == [1, 2]
        await store.close()

    run(scenario())


def test_what_waits_for_the_disk_has_a_bound(opened: Opening) -> None:
    async def scenario() -> None:
        async with opened(Clock(), Limits(mailbox_bytes=1 << 40)) as store:
            await store.make_mailbox(MAILBOX)
            body, count = bytes(262144), BACKLOG // 262144
            posts = [
                store.put(Post(MAILBOX.sid, SEND, number.to_bytes(16, "big"), body))
                for number in range(count + 2)
            ]
            statuses = await asyncio.gather(*posts)
            assert statuses[:count] == [HTTPStatus.CREATED] * count
            assert statuses[count:] == [HTTPStatus.TOO_MANY_REQUESTS] * 2
            assert await store.put(post()) is HTTPStatus.CREATED

    run(scenario())


def test_every_commit_of_the_file_waits_for_the_disk(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = SqliteStore(tmp_path, Limits(), Clock())

        def settings(db: sqlite3.Connection) -> list[object]:
            names = ("synchronous", "journal_mode", "locking_mode")
            return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

        assert await store._committer.submit(settings) == [2, "wal", "exclusive"]
        await store.close()

    run(scenario())


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_the_store_of_a_later_program_is_refused_and_left_as_it_is(
    request: pytest.FixtureRequest, tmp_path: Path, where: str
) -> None:
    dsn = request.getfixturevalue("postgresql")() if where == "postgresql" else ""
    file = tmp_path / "relay.sqlite"

    async def opening() -> None:
        store: Store = (
            await PostgresqlStore.opened(dsn, Limits())
            if dsn
            else SqliteStore(tmp_path, Limits(), Clock())
        )
        await store.close()

    def run_statement(statement: str) -> list[tuple[int]]:
        if dsn:
            with psycopg.connect(dsn, autocommit=True) as database:
                cursor = database.execute(statement.encode())
                return list(cursor.fetchall()) if cursor.description else []
        with closing(sqlite3.connect(file, isolation_level=None)) as plain:
            return list(plain.execute(statement))

    read = "SELECT number FROM version" if dsn else "PRAGMA user_version"
    run(opening())
    assert run_statement(read) == [(VERSION,)]
    run_statement("UPDATE version SET number = 9" if dsn else "PRAGMA user_version = 9")
    with pytest.raises(BadInput, match="later program"):
        run(opening())
    assert run_statement(read) == [(9,)]
