"""However much there is, a page stays small: seconds are for bench/page.py to measure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from effort import SOAK
from matters import plain, tight
from tracktwo.channel.charter import Charter
from tracktwo.channel.talk import LONGEST, say
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.fitting import blank
from tracktwo.web import matters
from tracktwo.web.app import SCREENS
from visits import Visit

LARGEST = 300_000
SAID = 10_000 if SOAK else 1_000


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def founded(visit: Visit) -> str:
    """A channel of one; where it is."""
    with visit.house.node() as node:
        node.found(
            "talks", Charter("The talks"), relay="", pseudonym="Wren", side="", role="convener"
        )
        (ident,) = node.idents()
    return f"/c/{ident}"


def says(visit: Visit, texts: list[str]) -> None:
    with visit.house.node() as node, node.channel("talks") as replica:
        replica.store.do("PRAGMA synchronous=OFF")
        for text in texts:
            say(replica, text)


def earlier(text: str) -> str:
    """What leads to the page before."""
    return re.findall(r"[?]before=\d+", text)[0]


def test_a_channel_of_ten_thousand_messages_is_read_a_page_at_a_time(visit: Visit) -> None:
    path = founded(visit)
    says(visit, [f"This is what was said, {number}." for number in range(SAID)])
    for below in ("", "/lines", "/members", "/charter", "/verify"):
        assert len(visit.get(path + below).content) < LARGEST, below
    assert len(visit.get("/").content) < LARGEST
    seen, at = 0, path
    for _ in range(3):
        text = visit.get(at).text
        seen += text.count("This is what was said")
        at = path + earlier(text)
    assert seen == 150


@pytest.mark.parametrize("sign", ["<", '"', "w", "\U0001f3f3"])
def test_the_longest_words_do_not_make_a_page_large_and_are_shown_whole_elsewhere(
    visit: Visit, sign: str
) -> None:
    path = founded(visit)
    longest = sign * (LONGEST // len(sign.encode()))
    says(visit, ["A first word."] + [longest] * 12)
    answer = visit.get(path)
    assert len(answer.content) < LARGEST
    (place, *_) = answer.text.partition("/said/")[2].split('"')
    assert visit.get(f"{path}/said/{place}").content.decode() == longest
    seen, at = 0, path
    for _ in range(20):
        text = visit.get(at).text
        assert len(text.encode()) < LARGEST
        seen += text.count("/said/")
        if "A first word." in text:
            break
        at = path + earlier(text)
    assert ("A first word." in text, seen) == (True, 12)


@pytest.mark.parametrize(
    "agenda",
    [tight(6, "50")[0], tight(6, "50", seed=3)[0], plain(255, *[2] * 63), plain(*[16] * 64)],
    ids=["a million", "another million", "one long issue", "a thousand options"],
)
def test_no_screen_of_the_largest_agendas_is_large(visit: Visit, agenda: Agenda) -> None:
    with visit.house.node() as node:
        ident = matters.add(node, agenda)
        for whose in matters.WHOSE:
            matters.keep_position(node, ident, whose, agenda, blank(agenda))
    first = visit.house.mark(agenda.issues[0].id)
    for route in SCREENS:
        if route.path.startswith("/a/") and "/file/" not in route.path:
            path = route.path.format(agenda=ident, whose="own", issue=first)
            answer = visit.get(path)
            assert (answer.status_code, len(answer.content) < LARGEST) == (200, True), path


def test_the_style_and_the_script_are_small() -> None:
    static = Path(matters.__file__).parent / "static"
    assert sum(file.stat().st_size for file in static.iterdir()) < 30_000
