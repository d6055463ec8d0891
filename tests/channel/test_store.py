"""A channel's file: all or nothing, and noise without its key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlcipher3

from network import Crash, FragileStore, Network
from tracktwo.channel.store import Store
from tracktwo.errors import BadInput

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "channel.db"


def test_what_was_kept_is_there_when_the_file_is_opened_again(path: Path) -> None:
    store = Store(path, KEY)
    with store.transaction():
        store.keep("name", b"value")
    store.keep("name", b"later")
    store.close()
    assert Store(path, KEY).own("name") == b"later"
    assert Store(path, KEY).own("other") is None


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    store = FragileStore(path, KEY)
    store.fuse = 1
    with pytest.raises(Crash), store.transaction():  # noqa: PT012 - the whole of it is to fail
        store.keep("one", b"1")
        store.keep("two", b"2")
    store.fuse = None
    assert store.own("one") is None
    with store.transaction():
        store.keep("three", b"3")
    assert FragileStore(path, KEY).own("three") == b"3"


def test_a_transaction_inside_another_ends_with_it(path: Path) -> None:
    store = Store(path, KEY)
    with pytest.raises(Crash), store.transaction():  # noqa: PT012 - the whole of it is to fail
        with store.transaction():
            store.keep("one", b"1")
        raise Crash
    assert store.own("one") is None


def test_an_attempt_is_undone_alone(path: Path) -> None:
    store = Store(path, KEY)
    with store.transaction():
        store.keep("one", b"1")
        with pytest.raises(Crash), store.attempt():  # noqa: PT012 - the whole of it is to fail
            store.keep("one", b"2")
            with store.attempt():
                store.keep("two", b"2")
            raise Crash
        store.keep("three", b"3")
    assert [store.own(name) for name in ("one", "two", "three")] == [b"1", None, b"3"]


def test_a_commit_that_fails_leaves_no_transaction_behind(path: Path) -> None:
    """Else whatever is written next would seem durable and be part of what never ends."""
    store = Store(path, KEY)
    store.do("PRAGMA foreign_keys=ON")
    store.do("CREATE TABLE mother (id INTEGER PRIMARY KEY)")
    store.do("CREATE TABLE child (of INTEGER REFERENCES mother (id) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(sqlcipher3.IntegrityError), store.transaction():
        store.do("INSERT INTO child VALUES (7)")
    with store.transaction():
        store.keep("after", b"1")
    assert Store(path, KEY).own("after") == b"1"


def test_one_who_dies_without_a_goodbye_loses_only_what_was_not_committed(path: Path) -> None:
    store = FragileStore(path, KEY)
    store.keep("one", b"1")
    store._db.execute("BEGIN IMMEDIATE")
    store.keep("two", b"2")
    store.die()
    again = Store(path, KEY)
    assert (again.own("one"), again.own("two")) == (b"1", None)


def test_two_processes_of_one_person_see_each_other(path: Path) -> None:
    one, two = Store(path, KEY), Store(path, KEY)
    with one.transaction():
        one.keep("name", b"1")
    with two.transaction():
        two.keep("name", (two.own("name") or b"") + b"2")
    assert one.own("name") == b"12"


@pytest.mark.parametrize("key", [bytes(32), KEY[::-1]])
def test_another_key_opens_nothing_and_harms_nothing(path: Path, key: bytes) -> None:
    store = Store(path, KEY)
    store.keep("name", b"value")
    store.close()
    before = path.read_bytes()
    with pytest.raises(BadInput, match="cannot be opened"):
        Store(path, key)
    assert path.read_bytes() == before
    assert Store(path, KEY).own("name") == b"value"


@pytest.mark.parametrize("damage", [b"noise" * 2000, b"SQLite format 3\x00" * 600])
def test_a_file_that_is_none_is_named_as_such(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    with pytest.raises(BadInput, match="cannot be opened"):
        Store(path, KEY)


def test_a_file_of_a_later_version_is_refused(path: Path) -> None:
    store = Store(path, KEY)
    store.do("PRAGMA user_version=2")
    store.close()
    with pytest.raises(BadInput, match="version 2"):
        Store(path, KEY)


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    Store(path, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_word_or_name_is_on_the_disk_in_clear(tmp_path: Path) -> None:
    network = Network(tmp_path)
    network.found("MarkerAda")
    network.let_in("MarkerBen", by="MarkerAda", side="MarkerSide")
    network.person("MarkerAda").say("MarkerText " * 200)
    network.settle()
    network.person("MarkerBen").store.do("UPDATE member SET note = 'MarkerNote'")
    everything = b"".join(part.read_bytes() for part in tmp_path.iterdir())
    assert len(everything) > 100_000  # the write-ahead logs are among it
    for marker in (b"Marker", "Marker".encode("utf-16-le"), b"SQLite format", b"member", b"talk"):
        assert marker not in everything
    for envelope in network.relay.put_bytes:
        assert b"Marker" not in envelope
    network.close()


def test_the_store_shows_no_secret() -> None:
    assert "secret" in repr(Store.__new__(Store))
