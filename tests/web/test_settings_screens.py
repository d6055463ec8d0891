"""What is one's own: another way to relays is taken by all that goes on, at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nodes import until
from visits import Visit, faults_in, typed_in


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port that hangs up on everybody, and the first words of who came."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    line, _ = server.accept()
                    with line:
                        came.append(line.recv(4096))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_who_knocks_goes_by_another_proxy_once_it_is_settled(tmp_path: Path) -> None:
    visit = Visit.at(tmp_path)
    with listening() as (relay, straight), listening() as (proxy, around):
        address = f"http://127.0.0.1:{relay}"
        wish = {"code": "41377-harbor-violin", "relay": address, "name": "x", "pseudonym": "Wren"}
        visit.goes(visit.post("/join", wish))
        until(lambda: straight, "a knock")
        visit.goes(visit.post("/settings/proxy", {"proxy": f"http://127.0.0.1:{proxy}"}))
        knocks = len(straight)
        until(lambda: around, "a knock by the proxy")
        visit.leaves()
        assert len(straight) == knocks


@pytest.mark.parametrize(
    "proxy",
    [
        "over the hills",
        "http://[z",
        "http://[::1",
        "socks5h://a:99999",
        "socks5h://a:0",
        "http://:1",
    ],
)
def test_a_proxy_that_cannot_be_is_refused_at_its_field(tmp_path: Path, proxy: str) -> None:
    visit = Visit.at(tmp_path)
    answer = visit.post("/settings/proxy", {"proxy": proxy})
    assert "This is no address of a proxy." in faults_in(answer)["proxy"]
    assert proxy in typed_in(answer)


@pytest.mark.parametrize("proxy", ["", "socks5h://127.0.0.1:9050", "http://[::1]:8080", "http://a"])
def test_a_proxy_that_can_be_is_settled(tmp_path: Path, proxy: str) -> None:
    visit = Visit.at(tmp_path)
    visit.goes(visit.post("/settings/proxy", {"proxy": proxy}))
    assert proxy in typed_in(visit.get("/settings/proxy"))
