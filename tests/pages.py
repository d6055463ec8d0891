"""People at their page, in a real browser.

from pages import Desks

heron = desks.sit(person)          # `tracktwo open`, the link, the passphrase
heron.goes("Channels", "talks")    # by the names of links
heron.fills("Say to all", "Good evening.").presses("Say it")
heron.sees("Good evening.")
"""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from nodes import PASSPHRASE, Person, finished

_PATIENCE = 30_000  # milliseconds
_AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}

_SHAPE = """[document.documentElement.lang, document.title,
  ...[...document.querySelectorAll("main *")].map((e) => e.tagName + e.className)
    .filter((tag, at, all) => tag !== all[at - 1])].join(" ")"""
_looked_at: set[str] = set()


@dataclass
class Desk:
    """Somebody at their page."""

    person: Person
    context: BrowserContext
    process: subprocess.Popen[str]
    address: str
    has_script: bool = True
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Addresses that are not the page's, and may be asked in this test."""

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.set_default_timeout(_PATIENCE)
        self.context.on("request", self._asked)
        self.context.on("console", self._told)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.goto(self.address)

    @property
    def origin(self) -> str:
        """Where the page is."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def ignores(self, address: str) -> None:
        """What a foreign page does is not the person's page's doing."""
        self.foreign.append(address)
        self.context.remove_listener("console", self._told)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", *self.foreign)):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _told(self, message: ConsoleMessage) -> None:
        # a form that is shown again, and a page that wants the passphrase, are answers of 4xx;
        # and some tests end the program under its page
        said = ("the server responded with a status of 4", "net::ERR_CONNECTION", "net::ERR_EMPTY")
        is_answer = any(part in message.text for part in said)
        if message.type in ("error", "warning") and not is_answer:
            self.complaints.append(f"console: {message.text}")

    # What people do

    def unlocks(self, passphrase: str = PASSPHRASE) -> Self:
        """Type the passphrase."""
        self.page.get_by_label("Passphrase").fill(passphrase)
        return self.presses("Unlock")

    def goes(self, *names: str) -> Self:
        """Follow links, by their names."""
        for name in names:
            self.page.get_by_role("link", name=name, exact=True).first.click()
            self.looks()
        return self

    def fills(self, label: str, text: str) -> Self:
        """Type into a field."""
        self.page.get_by_label(label).first.fill(text)
        return self

    def chooses(self, name: str) -> Self:
        """Choose one of several."""
        self.page.get_by_role("radio", name=name).check()
        return self

    def presses(self, name: str) -> Self:
        """Press a button, and look at what is shown then."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).first.click()
        return self.looks()

    def sees(self, text: str) -> Self:
        """It is on the screen, or comes."""
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible(timeout=_PATIENCE)
        return self

    def sees_no(self, text: str) -> Self:
        """It is not, or goes."""
        expect(self.page.locator("main").get_by_text(text)).to_have_count(0, timeout=_PATIENCE)
        return self

    def looks(self) -> Self:
        """Let axe-core look at the screen; once at each kind of screen, for it takes a while."""
        self.page.wait_for_load_state("load")
        if not self.has_script:
            return self  # axe-core is script
        shape = self.page.evaluate(_SHAPE)
        if shape not in _looked_at:
            _looked_at.add(shape)
            for fault in Axe().run(self.page, options=_AXE).response["violations"]:
                nodes = [node["html"] for node in fault["nodes"]]
                self.complaints.append(f"axe: {fault['help']} ({self.page.url}): {nodes}")
        return self

    # The program

    def restarts(self) -> None:
        """Kill the program under the page and start it again at the same port."""
        self.stops()
        port = self.origin.rpartition(":")[2]
        self.process, self.address = started(self.person, "--port", port)

    def stops(self) -> None:
        """End the program."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        finished(self.process)

    def close(self) -> None:
        """Leave; nothing may have been wrong."""
        self.context.close()
        self.stops()
        assert not self.complaints, "\n".join(self.complaints)


class Desks:
    """All pages of a test, in one browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser, self._desks = browser, list[Desk]()

    def sit(self, person: Person, *, script: bool = True, **more: object) -> Desk:
        """Open somebody's page and unlock it."""
        desk = self.come(person, script=script, **more)
        desk.looks()
        return desk.unlocks()

    def come(self, person: Person, *, script: bool = True, **more: object) -> Desk:
        """Open somebody's page."""
        process, address = started(person)
        # axe comes by an evaluated script, which the page's own policy does not allow
        context = self._browser.new_context(java_script_enabled=script, **more)  # type: ignore[arg-type]
        desk = Desk(person, context, process, address, script)
        self._desks.append(desk)
        return desk

    def close(self) -> None:
        """All leave."""
        with ExitStack() as leaving:
            for desk in self._desks:
                leaving.callback(desk.close)


def started(person: Person, *options: str) -> tuple[subprocess.Popen[str], str]:
    """`tracktwo open`, and the address it says."""
    environment = {k: v for k, v in person.environment.items() if k != "TRACKTWO_PASSPHRASE"}
    port = () if "--port" in options else ("--port", "0")
    process = person.start("open", "--no-browser", "--json", *port, *options, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(finished(process))
    return process, str(json.loads(line)["address"])
