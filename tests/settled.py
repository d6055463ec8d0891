"""A node with something on every screen of its page, and the way to each.

heron = settle(relay.address, tmp_path)
heron.paths()       # every screen there is, filled in with what is there
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import Route

from nodes import PASSPHRASE, Person, all_sync, channel_of, opened
from tracktwo.channel import invite as invites
from tracktwo.channel.node import Node
from tracktwo.channel.rendezvous import open_door
from tracktwo.channel.talk import say
from tracktwo.deal.agenda import read_agenda, write_agenda
from tracktwo.deal.position import read_position
from tracktwo.probe.asking import ask
from tracktwo.probe.choice import Circuits
from tracktwo.probe.proposal import proposals
from tracktwo.probe.question import Question
from tracktwo.web import matters
from tracktwo.web.app import SCREENS
from tracktwo.web.house import House

EXAMPLE = Path(__file__).parents[1] / "examples" / "two-villages"
_NO_SCREENS = re.compile(
    r".*/(awake|lines|said/\{place\}|file/\{format\}|shut|take|node|restore|\{probe\}/answer|\{place\}/file)|/knock/.*"
)
"""Parts of a screen, files, forms that lead elsewhere or stand before a node; and an answer, which
only a sitting brings: test_story.py has one."""


def read(name: str) -> bytes:
    """A file of the example."""
    return (EXAMPLE / f"{name}.toml").read_bytes()


def has_papers(person: Person, *sides: str) -> str:
    """The agenda is among their papers, with the position of a side and a supposed one."""
    agenda = read_agenda(read("agenda"), "agenda")
    with closing(Node(person.home, PASSPHRASE)) as node:
        ident = matters.add(node, agenda)
        for whose, side in zip(matters.WHOSE, sides, strict=False):
            position = read_position(read(side), side, agenda)
            matters.keep_position(node, ident, whose, agenda, position)
    return ident


@dataclass(frozen=True)
class Settled:
    """See the module. `parts`: what stands for each name in braces of an address."""

    person: Person
    other: Person
    parts: dict[str, tuple[str, ...]]

    def paths(self, routes: Sequence[Route] = SCREENS) -> list[str]:
        """Every screen, below the door."""
        found = []
        for route in routes:
            if not _NO_SCREENS.fullmatch(route.path):
                found += self._filled([route.path])
        return sorted(set(found))

    def _filled(self, paths: list[str]) -> list[str]:
        (first, *_) = paths
        names = re.findall(r"\{(\w+)\}", first)
        if not names:
            return paths
        more = [
            path.replace(f"{{{names[0]}}}", part) for path in paths for part in self.parts[names[0]]
        ]
        return self._filled(more)


def settle(relay: str, folder: Path) -> Settled:
    """Make it: a convener in a channel, with invitations open, an agenda, both
    positions, and a probe that somebody asks of it."""
    convener, third, other = channel_of(relay, folder)
    with opened(convener) as replica:
        say(replica, "Good evening.")
        open_door(replica, invites.invite(replica, role="delegate", side="East", now=replica.now))
        member = replica.roster.others()[0].id.hex()
    matter = has_papers(convener, "upper", "lower")
    agenda = read_agenda(read("agenda"), "agenda")
    with closing(Node(convener.home, PASSPHRASE)) as node:
        (channel,) = node.idents()
    with opened(other) as replica:
        offer = Circuits(agenda).choose(Question(("exists", "best"), "nash", 0, "packages"))
        (to,) = (m.id for m in replica.roster.others() if m.card.pseudonym == convener.name)
        position = read_position(read("lower"), "lower", agenda)
        ask(replica, other.home, offer, position, write_agenda(agenda), to)
    all_sync((convener, third, other))
    with opened(convener) as replica:
        (probe,) = (str(proposal.place) for proposal in proposals(replica))
    house = House(convener.home)
    house.unlock(PASSPHRASE)
    parts = {
        "channel": (channel,),
        "probe": (probe,),
        "member": (member,),
        "agenda": (matter,),
        "whose": matters.WHOSE,
        "issue": (house.mark(agenda.issues[0].id),),
    }
    return Settled(convener, other, parts)
