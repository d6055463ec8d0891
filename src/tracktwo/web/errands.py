"""What goes on behind the page while the node is unlocked: on lines, at doors, in sittings."""

from __future__ import annotations

from tracktwo.channel.rendezvous import open_doors
from tracktwo.web.house import House
from tracktwo.web.knocking import Knocks
from tracktwo.web.rounds import Rounds
from tracktwo.web.sittings import Sittings


class Errands:
    """See the module."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.rounds = Rounds(house)
        self.knocks = Knocks(house, self.rounds)
        self.sittings = Sittings(house, self.rounds)

    def begin(self) -> None:
        """Go on with all of it."""
        self.rounds.begin()
        self.knocks.begin()

    def end(self) -> None:
        """Stop all of it, until it is begun again."""
        self.knocks.end()
        self.rounds.end()  # and with them the sittings

    def are_awaited(self) -> bool:
        """Whether somebody waits for what only goes on while the node is unlocked."""
        knocks = any(not knock.is_over for knock in self.knocks.all().values())
        return knocks or self.sittings.are_at_work() or self._is_a_door_open()

    def _is_a_door_open(self) -> bool:
        with self._house.node() as node:
            for name in node.names():
                with node.channel(name) as replica:
                    if open_doors(replica):
                        return True
        return False
