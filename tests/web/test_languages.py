"""Every screen in every language: nothing left in English, the right way round, on a narrow screen.

`Desk.looks` sees that a screen runs the right way, is in its language as far as the catalogue goes,
and need not be moved sideways, though it is 320 pixels wide here. What no catalogue has, is seen in
languages of other letters.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from effort import some
from nodes import Person
from pages import Desk, Desks
from settled import EXAMPLE, Settled
from tracktwo.web.language import LANGUAGES

NARROW = {"width": 320, "height": 640}
OTHER_LETTERS = ("ru", "uk", "ar")
LATIN = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")
TYPED = " ".join(path.read_text("utf-8") for path in sorted(EXAMPLE.glob("*.toml")))
"""What people write stays as they wrote it."""


@pytest.mark.always
@pytest.mark.parametrize("code", some(list(LANGUAGES), len(LANGUAGES)))
def test_every_screen_is_in_its_language(desks: Desks, settled: Settled, code: str) -> None:
    desk = desks.sit(settled.person, locale=code, viewport=NARROW)
    assert desk.language.code == code
    for path in settled.paths():
        visits(desk, path)
        if code in OTHER_LETTERS:
            assert foreign_in(desk) == [], path


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_what_stands_before_a_node_is_in_its_language(
    desks: Desks, tmp_path: Path, code: str
) -> None:
    desk = desks.come(Person("Wren", tmp_path), locale=code, viewport=NARROW).looks()
    assert desk.language.code == code
    desk.goes("Or put a backup back")
    if code in OTHER_LETTERS:
        assert foreign_in(desk) == []


def visits(desk: Desk, path: str) -> None:
    answer = desk.page.goto(f"{desk.door}{path}")
    assert answer is not None
    assert answer.status == 200, path
    desk.looks()


def foreign_in(desk: Desk) -> list[str]:
    """Three words and more in Latin letters that nobody has typed."""
    words = desk.page.locator("main").inner_text()
    return [found for found in LATIN.findall(words) if found not in TYPED]
