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

from nodes import Relay, person
from pages import Desk, Desks
from settled import Settled, settle

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


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay, for all tests of this process."""
    with Relay(tmp_path_factory.mktemp("relay")) as started:
        yield started


@pytest.fixture(scope="session")
def settled(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """Somebody with something on every screen, for tests that change nothing of it."""
    return settle(relay.address, tmp_path_factory.mktemp("settled"))


@pytest.fixture
def desk(desks: Desks, tmp_path: Path) -> Desk:
    """Somebody alone with an empty node, at their page, unlocked."""
    return desks.sit(person("Wren", tmp_path))
