"""How soon the page shows something in a real browser, and how large it is.

`python bench/page.py [--json] [--messages N]`

A node with a channel of 10,000 messages and an agenda of a million packages, with both positions,
is opened as a person would. In another channel a probe with every question is asked of it. First
paint is what Chromium measured from the press on a link or button, in the program's answer and the
browser's drawing together; of each screen the median of five. Goal: a second, 300 kB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tracktwo.channel.charter import Charter
from tracktwo.channel.node import Node
from tracktwo.channel.talk import say
from tracktwo.deal.agenda import write_agenda
from tracktwo.probe.asking import ask
from tracktwo.probe.choice import Circuits
from tracktwo.probe.proposal import proposals
from tracktwo.probe.question import ASKS, Question
from tracktwo.web import matters
from tracktwo.web.house import House

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from matters import Matter, tight
from nodes import PASSPHRASE, Person, all_sync, channel_of, opened

TIMES = 5
BEFORE_ASKING = "before asking"
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_SIZE = "performance.getEntriesByType('navigation')[0].decodedBodySize"


def fill(scratch: Path, messages: int) -> tuple[Person, dict[str, str]]:
    """Whose node it is, and every screen's address below the door."""
    matter = tight(6, "50")
    people = channel_of("", scratch, name="table", charter=Charter("A table", probes=9))
    somebody, other, _ = people
    with closing(Node(somebody.home, PASSPHRASE)) as node:
        charter = Charter("A measurement")
        node.found("talks", charter, relay="", pseudonym="Wren", side="", role="convener")
        with node.channel("talks") as replica:
            replica.store.do("PRAGMA synchronous=OFF")
            for number in range(messages):
                say(
                    replica,
                    f"Something that was said, {number}, and is as long as most things are.",
                )
        agenda, *positions = matter
        ident = matters.add(node, agenda)
        for whose, position in zip(matters.WHOSE, positions, strict=True):
            matters.keep_position(node, ident, whose, agenda, position)
        channel = {name: ident for ident, name in node.idents().items()}
    asked(other, somebody, matter)
    all_sync(people, "table")
    with opened(somebody, "table") as replica:
        (probe,) = proposals(replica)
    house = House(somebody.home)
    house.unlock(PASSPHRASE)
    first = house.mark(agenda.issues[0].id)
    return somebody, {
        "channels": "/",
        f"talk of {messages:,} messages": f"/c/{channel['talks']}",
        "agenda": f"/a/{ident}",
        "position in words": f"/a/{ident}/own",
        "scores": f"/a/{ident}/own/issue/{first}",
        "packages to judge": f"/a/{ident}/own/judging",
        "rehearsal": f"/a/{ident}/rehearsal",
        "before agreeing": f"/c/{channel['table']}/probes/{probe.place}/accept",
        BEFORE_ASKING: f"/c/{channel['table']}/probes/ask",
    }


def asked(asker: Person, of: Person, matter: Matter) -> None:
    """Somebody asks every question of somebody."""
    agenda, _, position = matter
    offer = Circuits(agenda).choose(Question(ASKS, "nash", 0, "packages"))
    with opened(asker, "table") as replica:
        (to,) = (m.id for m in replica.roster.others() if m.card.pseudonym == of.name)
        ask(replica, asker.home, offer, position, write_agenda(agenda), to)


def sees_what_it_may_tell(page: Page) -> None:
    """Fill in all of asking, and press the button."""
    for name in ("paper", "member"):
        page.locator(f"#{name} input").first.check()
    for question in ASKS:
        page.locator(f"#ask-{question}").check()
    with page.expect_navigation():
        page.get_by_role("button", name="See what it may tell").click()


PRESSES: dict[str, Callable[[Page], None]] = {BEFORE_ASKING: sees_what_it_may_tell}
"""What is done at an address, where the screen comes by a button."""


def measure(page: Page, door: str, screens: dict[str, str]) -> list[dict[str, Any]]:
    """Milliseconds to the first paint, and bytes, of each screen."""
    rows = []
    for name, path in screens.items():
        paints = []
        for _ in range(TIMES):
            page.goto(door + path)
            PRESSES.get(name, lambda _: None)(page)
            page.wait_for_function(f"{_PAINT} > 0")
            paints.append(page.evaluate(_PAINT))
        rows.append(
            {
                "screen": name,
                "paint_milliseconds": statistics.median(paints),
                "slowest_milliseconds": max(paints),
                "bytes": page.evaluate(_SIZE),
            }
        )
    return rows


def run(messages: int) -> list[dict[str, Any]]:
    """Open it, and measure."""
    with tempfile.TemporaryDirectory() as scratch:
        somebody, screens = fill(Path(scratch), messages)
        command = [
            sys.executable,
            "-m",
            "tracktwo",
            "open",
            "--no-browser",
            "--json",
            "--port",
            "0",
        ]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "TRACKTWO_HOME": str(somebody.home),
                "TRACKTWO_PASSPHRASE": PASSPHRASE,
            },
        )
        if process.stdout is None:
            raise RuntimeError
        address = json.loads(process.stdout.readline())["address"]
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox"]
                )
                page = browser.new_page()
                page.goto(address)
                rows = measure(page, page.url.rstrip("/"), screens)
                browser.close()
        finally:
            process.terminate()
            process.wait()
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--messages", type=int, default=10_000)
    asked = parser.parse_args()
    rows = run(asked.messages)
    if asked.json:
        print(json.dumps({"rows": rows}, indent=2))
        return
    print("| screen | first paint, ms | slowest of five, ms | bytes |\n|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['screen']} | {row['paint_milliseconds']:.0f} "
            f"| {row['slowest_milliseconds']:.0f} | {row['bytes']:,} |"
        )


if __name__ == "__main__":
    main()
