"""Somebody at their page without a browser: the application itself, asked in this process.

from visits import Visit

visit = Visit.at(tmp_path)
answer = visit.post("/agendas/new", {"title": "Canal"})
faults_in(answer)                                           # field: what is said beside it
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from loops import run
from tracktwo.channel.node import Node
from tracktwo.web.app import application
from tracktwo.web.house import House
from tracktwo.web.page import cookie_of

_ORIGIN = "http://127.0.0.1:8000"


@dataclass
class Visit:
    """A node, unlocked, and who has come in."""

    house: House
    passphrase: str = "a passphrase"  # noqa: S105 - of tests

    @classmethod
    def at(cls, folder: Path) -> Self:
        """With an empty node in this folder."""
        home = folder / "node"
        Node.make(home, "a passphrase", memory=64)
        house = House(home)
        visit = cls(house)
        visit.comes_in()
        return visit

    @classmethod
    def of(cls, home: Path, passphrase: str) -> tuple[Self, str]:
        """Of somebody with one channel, and where that is."""
        visit = cls(House(home), passphrase)
        visit.comes_in()
        with visit.house.node() as node:
            (ident,) = node.idents()
        return visit, f"/c/{ident}"

    def comes_in(self) -> None:
        """Start the page anew, unlock and come in."""
        self.house = House(self.house.home)
        self._app: Any = application(self.house, 8000)
        self.house.unlock(self.passphrase)
        self._session = self.house.come_in()

    def begins(self) -> None:
        """What goes on in the background, as from when somebody unlocks."""
        self._app._app.state.errands.begin()

    def leaves(self) -> None:
        """End it, and wait until nothing is at work any more."""
        errands = self._app._app.state.errands
        errands.end()
        for sitting in errands.sittings._sittings.values():
            sitting.thread.join()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A screen."""
        return self._ask("GET", path, headers=headers)

    def post(
        self, path: str, fields: Mapping[str, str], file: bytes | None = None
    ) -> httpx.Response:
        """A form sent, with a file or without."""
        sent: dict[str, Any] = {"data": {"csrf": self._session.csrf, **fields}}
        if file is not None:
            sent["files"] = {"file": ("brought", file)}
        return self._ask("POST", path, headers={"origin": _ORIGIN}, **sent)

    def outside(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """A form sent by who is not in."""
        return self._send("POST", path, data=fields, headers={"origin": _ORIGIN})

    def goes(self, answer: httpx.Response) -> str:
        """Where a form that was done leads, below the door."""
        assert answer.status_code == 303, faults_in(answer)
        return answer.headers["location"].removeprefix(f"/{self._session.door}")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        return self._send(method, f"/{self._session.door}{path}", **more)

    def _send(self, method: str, address: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            cookies = {cookie_of(self._session.door): self._session.cookie}
            async with httpx.AsyncClient(
                transport=transport, base_url=_ORIGIN, cookies=cookies
            ) as client:
                return await client.request(method, address, **more)

        return run(sent())


def faults_in(answer: httpx.Response) -> dict[str, str]:
    """What is said beside each field, and above all ("")."""
    found = re.findall(r'<p class="fault" id="(.*?)(?:-fault)?">(.*?)</p>', answer.text)
    above = re.findall(r"<li>([^<]+)</li>\s", answer.text.partition('id="faults"')[2][:4000])
    return {name: html.unescape(said) for name, said in found} | (
        {"": html.unescape(above[0])} if above else {}
    )


def typed_in(answer: httpx.Response) -> set[str]:
    """What stands in the fields that are shown."""
    values = re.findall(r'<input (?!type="hidden")[^>]*?value="([^"]*)"', answer.text)
    areas = re.findall(r"<textarea[^>]*>\n([^<]*)</textarea>", answer.text)
    return {html.unescape(text) for text in (*values, *areas)}


def items_in(answer: httpx.Response) -> list[str]:
    """The sentences of lists."""
    found = re.findall(r"<li(?: dir=\"auto\")?>(?:<span>)?([^<]+)<", answer.text)
    return [html.unescape(text) for text in found]


def hidden_in(answer: httpx.Response) -> dict[str, str]:
    """What the forms of a screen send besides what is filled in."""
    screen = answer.text.partition("<main")[2].partition("</main>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', screen)
    return {name: html.unescape(value) for name, value in found if name != "csrf"}


def removals_in(answer: httpx.Response) -> list[str]:
    """What the buttons that remove something send, in their order."""
    return re.findall(r'name="do" value="(remove-[^"]*)"', answer.text)
