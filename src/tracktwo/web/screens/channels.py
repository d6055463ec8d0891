"""All channels at a glance: last contact, what is unread, what waits, what needs attention."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from tracktwo.channel import view
from tracktwo.channel.node import Node
from tracktwo.channel.replica import Replica
from tracktwo.errors import TrackTwoError
from tracktwo.probe.proposal import lines
from tracktwo.web.page import Page, screen


@dataclass(frozen=True)
class Glance:
    """How one channel stands."""

    ident: str
    name: str
    fault: str = ""
    is_in: bool = False
    was_in: bool = False
    unread: int = 0
    others: tuple[tuple[str, str, int, bool], ...] = ()
    """Each other member: name, last contact, how many it has not got yet, whether verified."""
    attention: int = 0


def _show(page: Page) -> Response:
    with page.node() as node:
        glances = [_glance(page, node, *each) for each in node.idents().items()]
    return page.show("channels.html", glances=glances, knocks=page.knocks.all())


def _glance(page: Page, node: Node, ident: str, name: str) -> Glance:
    try:
        with node.channel(name) as replica:
            return Glance(
                ident,
                name,
                is_in=replica.is_in,
                was_in=replica.roster.get(replica.own) is not None,
                unread=view.unread(replica, lines(replica)),
                others=tuple(_others(page, replica)),
                attention=len(view.warnings(replica)),
            )
    except TrackTwoError as error:
        return Glance(ident, name, fault=page.language.error(error))


def _others(page: Page, replica: Replica) -> list[tuple[str, str, int, bool]]:
    late = view.undelivered(replica)
    return [
        (
            view.name_of(replica, member),
            page.language.ago(member.heard),
            late.get(member.id, 0),
            member.is_verified,
        )
        for member in replica.roster.others()
    ]


SCREENS = [screen("/", _show)]
