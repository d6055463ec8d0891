"""Another web site, or another program on this machine, open in the same browser, can do nothing.

The attacker here is a page on another port of 127.0.0.1: closer than any foreign site can be, for
the browser takes it for the same site, and shows it cookies of the address.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from nodes import Person, person
from pages import Desk, Desks, started
from tracktwo.errors import BadInput
from tracktwo.web.house import House
from tracktwo.web.serving import listening

PATHS = ["/", "/open?token=x", "/static/page.js", "/nowhere/settings"]


@dataclass
class Attacker:
    """A page of somebody else's, and what browsers told it."""

    address: str = ""
    page: str = ""
    told: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def attacking() -> Iterator[Attacker]:
    attacker = Attacker()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            attacker.told.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(attacker.page.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    attacker.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield attacker
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def door_of(desk: Desk) -> str:
    return urlsplit(desk.page.url).path.split("/")[1]


@contextmanager
def opened(somebody: Person) -> Iterator[str]:
    """The page's process alone, and where it is; for who needs no browser."""
    process, address = started(somebody)
    try:
        parts = urlsplit(address)
        yield f"{parts.scheme}://{parts.netloc}"
    finally:
        process.terminate()
        process.communicate()


def test_a_name_that_was_pointed_here_gets_nothing(tmp_path: Path) -> None:
    with opened(person("Wren", tmp_path)) as origin, httpx.Client(base_url=origin) as client:
        port = origin.rpartition(":")[2]
        hosts = ["evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.:{port}", "[::1]"]
        hosts += [f"localhost:{port}"]
        for host in hosts:
            for path in PATHS:
                answer = client.get(path, headers={"Host": host})
                assert (answer.status_code, answer.text) == (403, "This page has another address.")
        assert "Unlock" in client.get("/").text


def test_a_port_that_another_has_is_no_place_to_type_the_passphrase(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(BadInput) as refused:
            listening(House(tmp_path / "node"), port)
        assert refused.value.where == f"127.0.0.1:{port}"
        assert "passphrase there only if you started it yourself" in str(refused.value.advice)


def test_what_another_origin_sends_is_not_done(tmp_path: Path) -> None:
    with opened(person("Wren", tmp_path)) as origin, httpx.Client(base_url=origin) as client:
        typed = {"passphrase": "grey wagtail"}
        foreign = ["http://evil.example", "null", f"{origin}1", origin.replace("http", "https"), ""]
        foreign += [f"http://localhost:{origin.rpartition(':')[2]}"]
        for other in foreign:
            headers = {"Origin": other} if other else {}
            answer = client.post("/unlock", data=typed, headers=headers)
            assert (answer.status_code, "Nothing was done" in answer.text) == (403, True), other
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-site"}
        assert client.post("/unlock", data=typed, headers=headers).status_code == 403
        assert client.post("/unlock", data=typed, headers={"Origin": origin}).status_code == 303


def test_every_answer_forbids_what_other_pages_could_do_with_it(tmp_path: Path) -> None:
    with opened(person("Wren", tmp_path)) as origin, httpx.Client(base_url=origin) as client:
        for path in PATHS:
            headers = client.get(path).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert headers["Referrer-Policy"] == "same-origin"
            assert headers["Cache-Control"] == "no-store"
            assert not any(name.lower().startswith("access-control") for name in headers)


def test_the_token_works_once_and_a_wrong_one_never(tmp_path: Path) -> None:
    somebody = person("Wren", tmp_path)
    process, address = started(somebody)
    try:
        wrong = httpx.get(address[:-4] + "AAAA")
        assert "set-cookie" not in wrong.headers
        first, second = httpx.get(address), httpx.get(address)
        cookie = first.headers["set-cookie"]
        assert first.status_code == 303
        assert "token" not in first.headers["location"]
        assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        assert f"Path={first.headers['location'].rstrip('/')}" in cookie
        assert "set-cookie" not in second.headers
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.always
def test_another_page_in_the_browser_is_shown_no_cookie_no_address_and_no_page(
    desks: Desks, tmp_path: Path
) -> None:
    desk = desks.sit(person("Wren", tmp_path))
    door = door_of(desk)
    flags = [(cookie["httpOnly"], cookie["sameSite"]) for cookie in desk.context.cookies()]
    assert set(flags) == {(True, "Strict")}
    with attacking() as attacker:
        attacker.page = f"""<img src="{desk.origin}/static/icon.svg">
            <script src="{desk.origin}/static/page.js"></script>
            <iframe src="{desk.page.url}"></iframe>
            <form id="f" method="post" action="{desk.origin}/unlock"><input name="passphrase"
            value="grey wagtail"></form>
            <script>
              window.read = fetch("{desk.page.url}", {{credentials: "include"}})
                .then((a) => a.text(), () => "refused");
              window.sent = fetch("{desk.origin}/language", {{method: "POST", mode: "no-cors",
                credentials: "include", body: new URLSearchParams({{language: "id"}})}})
                .then((a) => a.type, () => "refused");
            </script>"""
        foreign = desk.context.new_page()
        desk.ignores(attacker.address)
        # the person follows a link: it tells neither where they were nor who they are
        desk.page.evaluate("(where) => { location.href = where; }", attacker.address)
        desk.page.wait_for_url(attacker.address)
        foreign.goto(attacker.address)
        assert foreign.evaluate("window.read") == "refused"
        foreign.evaluate("window.sent")
        assert not any("TrackTwo" in frame.content() for frame in foreign.frames[1:])
        told = {name: value for headers in attacker.told for name, value in headers.items()}
        assert "Cookie" not in told
        assert door not in str(attacker.told)
        with foreign.expect_navigation():
            foreign.evaluate("document.getElementById('f').submit()")
        assert "Nothing was done" in foreign.locator("body").inner_text()
    desk.page.goto(desk.origin)
    assert desk.page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("path", ["/settings", "/c/00/invite", "/settings/backup"])
def test_without_the_cookie_the_path_opens_nothing(desks: Desks, tmp_path: Path, path: str) -> None:
    desk = desks.sit(person("Wren", tmp_path))
    answer = httpx.get(f"{desk.origin}/{door_of(desk)}{path}")
    assert (answer.status_code, "Unlock" in answer.text) == (403, True)


def test_a_cookie_laid_by_another_port_shuts_nobody_out(tmp_path: Path) -> None:
    somebody = person("Wren", tmp_path)
    with opened(somebody) as origin, httpx.Client(base_url=origin) as client:
        typed = {"passphrase": "grey wagtail"}
        answer = client.post("/unlock", data=typed, headers={"Origin": origin})
        path = answer.headers["location"]
        name = answer.headers["set-cookie"].partition("=")[0]
        mine = answer.headers["set-cookie"].partition(";")[0]
        assert path.strip("/") in name
        headers = {"Cookie": f"tracktwo=x; tracktwo-other=x; {mine}; tracktwo=x"}
        assert client.get(path, headers=headers).status_code == 200


def test_a_form_without_its_secret_is_shown_again_and_not_done(
    desks: Desks, tmp_path: Path
) -> None:
    desk = desks.sit(person("Wren", tmp_path))
    desk.goes("Settings", "The way to relays").fills("Address of the proxy", "http://127.0.0.1:9")
    desk.page.evaluate("document.querySelector('main [name=csrf]').value = 'x'")
    desk.presses("Settle it").sees("It was not done: send it again.")
    assert desk.page.get_by_label("Address of the proxy").input_value() == "http://127.0.0.1:9"
    desk.presses("Settle it").sees("It is settled.")
