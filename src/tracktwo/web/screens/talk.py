"""Talking in a channel: what was said, what is not delivered yet, and saying something."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tracktwo.channel import view
from tracktwo.channel.replica import Replica
from tracktwo.channel.talk import say
from tracktwo.errors import BadInput
from tracktwo.probe import proposal
from tracktwo.web.cutting import beginning, last_fitting
from tracktwo.web.page import Page, screen

_AT_ONCE = 50  # lines of a page


def _show(page: Page) -> Response:
    with page.channel() as (name, replica):
        return page.show("talk.html", name=name, **_lines(page, replica))


def _news(page: Page) -> Response:
    """The lines alone, for the page's script."""
    with page.channel() as (_, replica):
        return page.show("lines.html", **_lines(page, replica))


def _lines(page: Page, replica: Replica) -> dict[str, Any]:
    before = page.request.query_params.get("before", "")
    end = int(before) if before.isdecimal() and len(before) < 16 else None
    found = view.last_lines(replica, _AT_ONCE, end, proposal.lines(replica))
    lines = found[len(found) - last_fitting([line.text for line in found]) :]
    shown = {line.place: beginning(line.text) for line in lines}
    if end is None and page.is_seen:
        view.mark_read(replica)
    return {
        "replica": replica,
        "lines": lines,
        "cut": {line.place: shown[line.place] for line in lines if shown[line.place] != line.text},
        "earlier": lines[0].place if len(found) == _AT_ONCE or len(lines) < len(found) else None,
        "is_latest": end is None,
        "line": page.rounds.line(page.param("channel")),
        "warnings": view.warnings(replica),
        "name_of": view.name_of,
        "names_of": lambda members: [view.name_of(replica, member) for member in members],
    }


def _whole(page: Page) -> Response:
    """One thing said, as a file."""
    place = page.param("place")
    with page.channel() as (_, replica):
        if place.isdecimal() and len(place) < 16:
            for line in view.last_lines(replica, 1, before=int(place) + 1):
                if line.place == int(place):
                    return page.download(line.text.encode(), f"said-{place}.txt")
    raise BadInput("There is no such page.")


def _say(page: Page) -> Response | None:
    with page.form.about("text"), page.channel() as (_, replica):
        say(replica, page.form.text("text"))
        page.rounds.nudge(page.param("channel"))
        return page.go(page.at)
    return None


SCREENS = [
    screen("/c/{channel}", _show, _say, draft=True),
    screen("/c/{channel}/lines", _news),
    screen("/c/{channel}/said/{place}", _whole),
]
