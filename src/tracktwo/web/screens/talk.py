"""Talking in a channel: what was said, what is not delivered yet, and saying something."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tracktwo.channel import view
from tracktwo.channel.replica import Replica
from tracktwo.channel.talk import say
from tracktwo.probe import proposal
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
    lines = view.last_lines(replica, _AT_ONCE, end, proposal.lines(replica))
    if end is None:
        view.mark_read(replica)
    return {
        "replica": replica,
        "lines": lines,
        "earlier": lines[0].place if len(lines) == _AT_ONCE else None,
        "is_latest": end is None,
        "line": page.rounds.line(page.param("channel")),
        "warnings": view.warnings(replica),
        "name_of": view.name_of,
    }


def _say(page: Page) -> Response | None:
    with page.form.about("text"), page.channel() as (_, replica):
        say(replica, page.form.text("text"))
        page.rounds.nudge(page.param("channel"))
        return page.go(page.at)
    return None


SCREENS = [
    screen("/c/{channel}", _show, _say, draft=True),
    screen("/c/{channel}/lines", _news),
]
