"""What the members agreed to, and ways out: leaving, burning."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tracktwo.burning import burn
from tracktwo.channel import parting
from tracktwo.channel.charter import RULES, Charter
from tracktwo.probe.question import parse_breadth
from tracktwo.show.words import so_broad
from tracktwo.web.page import Page, screen


def _show(page: Page) -> Response:
    with page.channel() as (name, replica):
        return page.show("charter.html", name=name, replica=replica, **in_words(replica.charter))


def in_words(charter: Charter) -> dict[str, Any]:
    """What shows a charter (charter_parts.html)."""
    breadth, unit = parse_breadth(charter.breadth or "0")
    told = so_broad(breadth, unit) if breadth else ""
    return {"charter": charter, "rule": RULES[charter.rule], "breadth": told}


def _ask_to_leave(page: Page) -> Response:
    with page.channel() as (name, replica):
        return page.show("leave.html", name=name, replica=replica)


def _leave(page: Page) -> Response:
    with page.channel() as (_, replica):
        parting.leave(replica)
    page.rounds.nudge(page.param("channel"))
    return page.go(page.here, page.gettext("You have left the channel."))


def _ask_to_burn(page: Page) -> Response:
    with page.node() as node:
        return page.show("burn.html", name=node.idents().get(page.param("channel"), ""))


def _burn(page: Page) -> Response | None:
    if page.form.text("sure") != "yes":
        page.form.blame("sure", page.gettext("Say that you mean it."))
        return None
    ident = page.param("channel")
    page.rounds.end(ident)
    with page.node() as node:
        burn(node, node.idents().get(ident, ""), page.house.home)
    return page.go("/", page.gettext("It is gone from this machine."))


SCREENS = [
    screen("/c/{channel}/charter", _show),
    screen("/c/{channel}/leave", _ask_to_leave, _leave),
    screen("/c/{channel}/burn", _ask_to_burn, _burn),
]
