"""People at their page, in a real browser.

from pages import Desks

heron = desks.sit(person)          # `tracktwo open`, the link, the passphrase
heron.goes("Channels", "talks")    # by the names of links
heron.fills("Say to all", "Good evening.").presses("Say it")
heron.sees("Good evening.")

Names and texts are English here, and looked for in the language of the page. Every screen that is
looked at must be in that language, and must not have to be moved sideways. Where
TRACKTWO_SCREENSHOTS names a folder, pictures go there.
"""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from effort import SOAK
from nodes import PASSPHRASE, Person, finished
from tracktwo.said import said
from tracktwo.web.language import Language, catalogue_of, language

_PATIENCE = 30_000  # milliseconds
_AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}

_SHAPE = """[...[...document.querySelectorAll("main *")].map((e) => e.tagName + e.className)
    .filter((tag, at, all) => tag !== all[at - 1])].join(" ")"""
# All that a person sees or hears, but for the names of languages.
_WORDS = """[document.title, document.body.innerText,
  ...[...document.querySelectorAll("[aria-label]")].map((e) => e.ariaLabel)].join("\\n")"""
_STATE = """[document.documentElement.lang, document.documentElement.dir,
  document.documentElement.scrollWidth - document.documentElement.clientWidth]"""
_HOLE = re.compile(r"%\(\w+\)s|\{\w+\}")
_looked_at: set[str] = set()
_PICTURES = os.environ.get("TRACKTWO_SCREENSHOTS")


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

    @property
    def door(self) -> str:
        """The address below which everything is for who has come in."""
        return f"{self.origin}/{urlsplit(self.page.url).path.split('/')[1]}"

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

    @property
    def language(self) -> Language:
        """In which the page speaks."""
        return language(self.page.locator("html").get_attribute("lang") or "en")

    def says(self, text: str, **filled: object) -> str:
        """How the page says a text: a template of `said`, or one with %(holes)s."""
        if "%(" in text:
            return self.language.gettext(text) % filled
        return self.language.said(said(text, **filled))

    # What people do

    def unlocks(self, passphrase: str = PASSPHRASE) -> Self:
        """Type the passphrase."""
        return self.fills("Passphrase", passphrase).presses("Unlock")

    def goes(self, *names: str) -> Self:
        """Follow links, by their names."""
        for name in names:
            link = self.page.get_by_role("link", name=self.says(name), exact=True)
            link.first.click()
            self.looks()
        return self

    def fills(self, label: str, text: str) -> Self:
        """Type into a field."""
        self.page.get_by_label(self.says(label)).first.fill(text)
        return self

    def chooses(self, name: str) -> Self:
        """Choose one of several."""
        self.page.get_by_role("radio", name=self.says(name)).check()
        return self

    def ticks(self, name: str) -> Self:
        """Tick a box."""
        self.page.get_by_label(self.says(name)).check()
        return self

    def brings(self, label: str, path: Path) -> Self:
        """Choose a file."""
        self.page.get_by_label(self.says(label)).set_input_files(path)
        return self

    def presses(self, name: str) -> Self:
        """Press a button, and look at what is shown then."""
        with self.page.expect_navigation():
            button = self.page.get_by_role("button", name=self.says(name), exact=True)
            button.first.click()
        return self.looks()

    def sees(self, text: str, **filled: object) -> Self:
        """It is on the screen, or comes."""
        found = self.page.locator("main").get_by_text(self.says(text, **filled))
        expect(found.first).to_be_visible(timeout=_PATIENCE)
        return self

    def sees_no(self, text: str, **filled: object) -> Self:
        """It is not, or goes."""
        found = self.page.locator("main").get_by_text(self.says(text, **filled))
        expect(found).to_have_count(0, timeout=_PATIENCE)
        return self

    def looks(self) -> Self:
        """Look at the screen: its language, its width; axe-core once at each kind of screen.

        That takes a while. In the soak it looks at each kind in each language.
        """
        self.page.wait_for_load_state("load")
        if not self.has_script:
            return self  # all of it is script
        code, direction, beyond = self.page.evaluate(_STATE)
        if direction != language(code).direction:
            self.complaints.append(f"{self.page.url} runs {direction}")
        if beyond > 0:
            self.complaints.append(f"{self.page.url} ({code}) is {beyond} pixels too wide")
        for words in english_in(self.page.evaluate(_WORDS), code):
            self.complaints.append(f"{self.page.url} is not all in {code}: {words!r}")
        shape = self.page.evaluate(_SHAPE) + (code if SOAK else "")
        if shape not in _looked_at:
            _looked_at.add(shape)
            for fault in Axe().run(self.page, options=_AXE).response["violations"]:
                nodes = [node["html"] for node in fault["nodes"]]
                self.complaints.append(f"axe: {fault['help']} ({self.page.url}): {nodes}")
        return self

    def shows(self, name: str) -> Self:
        """Take a picture of the screen, if somebody wants pictures."""
        if _PICTURES:
            folder = Path(_PICTURES) / self.language.code
            number = len(list(folder.glob("*.png"))) + 1
            self.page.screenshot(path=folder / f"{number:02}-{name}.png", full_page=True)
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


def english_in(text: str, code: str) -> list[str]:
    """What of a text is in the catalogue in English, and should be in another language."""
    shown = " ".join(text.split())
    return [words for words in _english(code) if words in shown]


@functools.cache
def _english(code: str) -> list[str]:
    """The longest piece without a hole of each text that is otherwise in this language."""
    if code == "en":
        return []
    with catalogue_of(code).open("rb") as file:
        messages = [message for message in read_po(file, locale=code) if message.id]
    found = []
    for message in messages:
        told = " ".join(_texts(message.string))
        pieces = [max(_HOLE.split(text), key=len).strip() for text in _texts(message.id)]
        found += [
            words for words in pieces if len(words) > 8 and " " in words and words not in told
        ]
    return found


def _texts(of: str | tuple[str, ...]) -> tuple[str, ...]:
    return of if isinstance(of, tuple) else (of,)
