"""Letting somebody in: a code to say over the telephone, or a file to hand over."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from markupsafe import Markup
from starlette.responses import Response

from tracktwo.channel import invite as invites
from tracktwo.channel.handing import link_of, to_file
from tracktwo.channel.invite import Invitation
from tracktwo.channel.rendezvous import open_door, open_doors
from tracktwo.channel.replica import Replica
from tracktwo.channel.view import ROLES
from tracktwo.errors import BadInput
from tracktwo.terms import require_side
from tracktwo.web.page import Page, screen


@dataclass(frozen=True)
class Door:
    """A code that nobody has used yet, and the same for a camera."""

    code: str
    picture: Markup
    expires: int

    def __repr__(self) -> str:
        return "Door(<secret>)"


def _show(page: Page) -> Response:
    with page.channel() as (name, replica):
        return page.show(
            "invite.html",
            name=name,
            replica=replica,
            roles={role: page.language.said(text) for role, text in ROLES.items()},
            doors=_doors(replica),
            files=replica.store.one(
                "SELECT count(*) FROM invitation WHERE state = 'open' AND expires > ?",
                replica.now(),
            ),
        )


def _doors(replica: Replica) -> list[Door]:
    return [
        Door(str(code), qr(link_of(str(code), replica.relay)), expires // 3600)
        for code, expires in open_doors(replica)
    ]


def qr(text: str) -> Markup:
    """A text as a QR code, dark on white in any light."""
    drawn = segno.make(text, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704 - squares alone


def _invite(page: Page) -> Response | None:
    form = page.form
    role, side = form.text("role", "delegate"), form.line("side")
    with form.about("side"):
        require_side(side, role)
    by_file = form.text("by", "code") == "file"
    if form.faults:
        return None
    with page.channel() as (_, replica):
        with form.about("by"):
            if not by_file and not replica.relay:
                raise BadInput("A code needs a relay. This channel has none: make a file.")
        if form.faults:
            return None
        invitation = invites.invite(replica, role=role, side=side, now=replica.now)
        if not by_file:
            _open_door(page, replica, invitation)
    page.rounds.nudge(page.param("channel"))
    if by_file:
        return page.download(to_file(invitation), "tracktwo-invitation")
    return page.go(page.at)


def _open_door(page: Page, replica: Replica, invitation: Invitation) -> None:
    """Draw a code; the relay is asked for its place if it answered just now, for nobody waits."""
    if page.rounds.line(page.param("channel")).away is not None:
        open_door(replica, invitation)
        return
    with page.node() as node, page.rounds.post(node) as post:
        open_door(replica, invitation, post)


def _shut(page: Page) -> Response:
    with page.channel() as (_, replica):
        count = invites.withdraw_all(replica)
    told = page.ngettext("%(n)s door is closed.", "%(n)s doors are closed.", count)
    path = page.at.removesuffix("/shut")
    return page.go(path, told % {"n": page.language.number(count)})


SCREENS = [
    screen("/c/{channel}/invite", _show, _invite),
    screen("/c/{channel}/invite/shut", lambda page: page.go(page.at.removesuffix("/shut")), _shut),
]
