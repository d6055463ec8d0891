"""How soon the page shows something in a real browser, and how large it is.

`python bench/page.py [--json] [--messages N]`

A node with a channel of 10,000 messages and an agenda of a million packages, with both positions,
is opened as a person would. First paint is what Chromium measured from the press on a link, in the
program's answer and the browser's drawing together; of each screen the median of five. Goal: a
second, 300 kB.
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
from contextlib import closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tracktwo.channel.charter import Charter
from tracktwo.channel.node import Node
from tracktwo.channel.talk import say
from tracktwo.web import matters
from tracktwo.web.house import House

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from matters import tight

PASSPHRASE = "a measurement"  # noqa: S105 - of a measurement
TIMES = 5
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_SIZE = "performance.getEntriesByType('navigation')[0].decodedBodySize"


def fill(home: Path, messages: int) -> dict[str, str]:
    """Make the node; every screen's address below the door."""
    Node.make(home, PASSPHRASE, memory=8 * 1024)
    agenda, mine, theirs = tight(6, "50")
    with closing(Node(home, PASSPHRASE)) as node:
        charter = Charter("A measurement")
        node.found("talks", charter, relay="", pseudonym="Wren", side="", role="convener")
        with node.channel("talks") as replica:
            replica.store.do("PRAGMA synchronous=OFF")
            for number in range(messages):
                say(
                    replica,
                    f"Something that was said, {number}, and is as long as most things are.",
                )
        ident = matters.add(node, agenda)
        for whose, position in zip(matters.WHOSE, (mine, theirs), strict=True):
            matters.keep_position(node, ident, whose, agenda, position)
        (channel,) = node.idents()
    house = House(home)
    house.unlock(PASSPHRASE)
    first = house.mark(agenda.issues[0].id)
    return {
        "channels": "/",
        f"talk of {messages:,} messages": f"/c/{channel}",
        "agenda": f"/a/{ident}",
        "position in words": f"/a/{ident}/own",
        "scores": f"/a/{ident}/own/issue/{first}",
        "packages to judge": f"/a/{ident}/own/judging",
        "rehearsal": f"/a/{ident}/rehearsal",
    }


def measure(page: Page, door: str, screens: dict[str, str]) -> list[dict[str, Any]]:
    """Milliseconds to the first paint, and bytes, of each screen."""
    rows = []
    for name, path in screens.items():
        paints = []
        for _ in range(TIMES):
            page.goto(door + path)
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
        home = Path(scratch) / "node"
        screens = fill(home, messages)
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
            env={**os.environ, "TRACKTWO_HOME": str(home), "TRACKTWO_PASSPHRASE": PASSPHRASE},
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
