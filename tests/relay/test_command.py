"""The command: it says where it listens, what is wrong, and nothing else; and it ends when told."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from commands import Place
from relays import bearer, running, start


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def complaint(place: Place, *options: str, **variables: object) -> str:
    """What a relay that cannot start says."""
    done = place.run("relay", "--listen", "127.0.0.1:0", *options, **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tracktwo: ")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_it_says_where_it_listens(place: Place) -> None:
    options = ["--store", "here", "--listen", "127.0.0.1:0", "--check"]
    assert place.run("relay", *options).stdout.startswith("The relay listens at http://127.0.0.1:")
    assert list(place.json("relay", *options)) == ["listening"]


def test_a_port_in_use_is_named(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = place.run("relay", "--store", "here", "--listen", address)
    assert done.returncode == 2
    assert address in done.stderr
    assert "in use" in done.stderr


@pytest.mark.parametrize("address", ["8787", "localhost", "localhost:", "localhost:x", ":99999"])
def test_an_address_that_is_none_is_refused(place: Place, address: str) -> None:
    done = place.run("relay", "--store", "here", "--listen", address)
    assert (done.returncode, "HOST:PORT" in done.stderr) == (2, True)


def test_a_folder_that_cannot_be_written_is_named(place: Place) -> None:
    (place.path / "file").write_text("")
    assert str(place.path / "file") in complaint(place, "--store", str(place.path / "file" / "x"))


def test_a_file_that_is_no_store_is_refused_and_kept(place: Place) -> None:
    folder = place.path / "here"
    folder.mkdir()
    (folder / "relay.sqlite").write_bytes(b"something else" * 1000)
    assert "cannot be opened" in complaint(place, "--store", "here")
    assert (folder / "relay.sqlite").read_bytes() == b"something else" * 1000


def test_a_store_is_one_relays(place: Place, tmp_path: Path) -> None:
    with running(tmp_path, "--store", str(tmp_path / "here")):
        assert "Another relay" in complaint(place, "--store", str(tmp_path / "here"))


@pytest.mark.parametrize("options", [[], ["--store", "here", "--postgresql", "postgresql://x"]])
def test_messages_are_kept_in_one_place(place: Place, options: list[str]) -> None:
    assert "in one place" in complaint(place, *options)


def test_a_database_that_cannot_be_used_is_refused_without_its_password(place: Place) -> None:
    address = "postgresql://someone:hushhush@127.0.0.1:1/nowhere"
    assert "hushhush" not in complaint(place, "--postgresql", address)


def test_a_short_operators_token_is_refused_unseen(place: Place) -> None:
    (place.path / "token").write_text("tooshort")
    said = complaint(place, "--store", "here", "--operator-token-file", "token")
    assert "16 characters" in said
    assert "tooshort" not in said
    assert "missing" in complaint(place, "--store", "here", "--operator-token-file", "missing")


def test_what_it_keeps_is_its_users_alone(tmp_path: Path) -> None:
    with running(tmp_path, "--store", str(tmp_path / "here")) as relay:
        relay.blob(10).append(0, b"x" * 10)
        kept = [tmp_path / "here", *(tmp_path / "here").rglob("*")]
        assert len(kept) > 3
        assert [path for path in kept if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_and_cleanly_though_readers_wait(
    storage: Callable[[], list[str]], tmp_path: Path, signum: int
) -> None:
    relay = start(tmp_path, *storage())
    mailbox, blob = relay.mailbox(), relay.blob(10)
    following = f"/v1/b/{blob.id}?follow=1"
    with (
        socket.create_connection(("127.0.0.1", relay.port)) as polling,
        relay.http.stream("GET", following, headers=bearer(blob.reading)) as answer,
        mailbox.reader() as reader,
    ):
        asked = f"GET /v1/r/{mailbox.rid}?wait=25 HTTP/1.1\r\nHost: relay\r\n"
        authority = bearer(mailbox.recv)["Authorization"]
        polling.sendall(f"{asked}Authorization: {authority}\r\n\r\n".encode())
        assert relay.http.get("/healthz").status_code == 200  # it has read what came before
        begun = time.monotonic()
        relay.process.send_signal(signum)
        assert polling.recv(15) == b"HTTP/1.1 200 OK"
        assert list(answer.iter_raw()) == []
        with pytest.raises(ConnectionClosed):
            reader.recv(timeout=30)
        assert relay.process.wait(timeout=20) == 0
        assert time.monotonic() - begun < 10
    assert relay.stop() == 0
    assert relay.log.read_text() == ""


def test_what_was_stored_is_there_after_a_stop(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    options = storage()
    with running(tmp_path, *options) as relay:
        mailbox = relay.mailbox()
        mid = mailbox.post()
    with running(tmp_path, *options) as relay:
        assert [frame.mid for frame in mailbox.at(relay).read()] == [mid]


def test_the_address_of_the_database_may_come_from_the_surroundings(
    postgresql: Callable[[], str], tmp_path: Path
) -> None:
    with running(tmp_path, TRACKTWO_POSTGRESQL=postgresql()) as relay:
        assert relay.http.get("/healthz").json() == {"ok": True}
        said = Path(f"/proc/{relay.process.pid}/cmdline").read_bytes()
    assert b"postgres" not in said


def test_help_does_not_load_the_server(place: Place) -> None:
    script = "import sys; from tracktwo.cli import commands; print('starlette' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert json.loads(done.stdout.lower()) is False
