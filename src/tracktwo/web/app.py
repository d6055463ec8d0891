"""The page as one ASGI application: what stands before what, and every address there is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from tracktwo.web.errands import Errands
from tracktwo.web.guard import Guard
from tracktwo.web.house import House
from tracktwo.web.idle_lock import IdleLock
from tracktwo.web.page import unread
from tracktwo.web.screens import (
    agenda,
    beginning,
    carrying,
    channels,
    charter,
    inviting,
    joining,
    judging,
    lobby,
    members,
    position,
    probe,
    probe_asking,
    red_lines,
    rehearsal,
    settings,
    signing,
    talk,
    together,
)

SCREENS = [
    route
    for module in (
        *(lobby, channels, beginning, joining, settings),
        *(talk, signing, members, inviting, charter, carrying),
        *(probe_asking, probe),
        *(agenda, together, rehearsal, judging, red_lines, position),
    )
    for route in module.SCREENS
]
"""Everything below the door. The module of a new screen is added here."""


def application(house: House, port: int) -> ASGIApp:
    """The application that serves `house` at a port of this machine."""
    static = StaticFiles(directory=Path(__file__).parent / "static")
    routes = [
        *lobby.ROUTES,
        Mount("/static", static),
        Mount("/{door}", routes=SCREENS),
    ]
    refusals = {400: _unreadable, 404: _nothing_here, 405: _nothing_here, 413: _too_large}
    app = Starlette(routes=routes, exception_handlers=refusals)
    app.router.redirect_slashes = False
    app.state.house, app.state.errands = house, Errands(house)
    app.state.unlocking = asyncio.Lock()
    app.state.idle_lock = IdleLock(house, app.state.errands)
    if not house.is_locked:
        lobby.begin(app.state)
    return Guard(app, f"127.0.0.1:{port}")


async def _nothing_here(request: Request, _: Exception) -> Response:
    page = unread(request)
    sentence = page.gettext("There is no such page.")
    return page.show("error.html", status=404, sentence=sentence)


async def _unreadable(request: Request, _: Exception) -> Response:
    page = unread(request)
    sentence = page.gettext(
        "This cannot be read, or a text in it is too long. Go back in your browser, and send less"
        " at once."
    )
    return page.show("error.html", status=400, sentence=sentence)


async def _too_large(request: Request, _: Exception) -> Response:
    page = unread(request)
    sentence = page.gettext("This is too large to be sent before you unlock.")
    return page.show("error.html", status=413, sentence=sentence)
