"""A real browser, and people who have opened their page in it.

Whatever a test does, it fails if the browser asked anything of another place than the page, if the
page complained on the console, or if axe-core finds a fault of accessibility on a screen shown.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from nodes import Relay
from pages import Desk, Desks

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it."""
    if _CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture
def desks(browser: Browser, tmp_path: Path) -> Iterator[Desks]:
    """Where people sit down with their pages."""
    found = Desks(browser)
    yield found
    found.close()


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """A relay."""
    with Relay(tmp_path / "relay") as started:
        yield started


@pytest.fixture
def desk(desks: Desks, tmp_path: Path) -> Desk:
    """Somebody alone with an empty node, at their page, unlocked."""
    from nodes import person

    return desks.sit(person("Wren", tmp_path))
